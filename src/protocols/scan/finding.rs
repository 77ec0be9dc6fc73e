//! What one try has found out about a port.

use std::error::Error;
use std::io;
use std::time::Duration;

use crate::transports::connect::{ConnectError, ConnectErrorKind};
use crate::transports::error::describe;
use crate::transports::timers::shown;

/// What a try has found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// A connection was made. The banner is empty if there is none.
    Open { banner: String },
    /// The system of the host has refused the connection.
    Closed,
    /// No connection, and no refusal of the host.
    Filtered(String),
    /// There is no way to the network of the host.
    Unreachable(String),
    /// This machine could not try.
    NotTried(String),
}

impl Finding {
    /// The finding of a connection that could not be made within `limit`. `None` if this machine lacks something, such
    /// as a descriptor, that it can have later.
    pub(super) fn of_failure(error: &ConnectError, limit: Duration) -> Option<Self> {
        let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        let text = || source.map_or_else(|| error.to_string(), describe);
        Some(match (error.kind(), source.map(io::Error::kind)) {
            (ConnectErrorKind::Local, _) => return None,
            // The service has accepted the connection before the reset.
            (ConnectErrorKind::Reset | ConnectErrorKind::Tls, _) => Self::Open { banner: String::new() },
            (ConnectErrorKind::TimedOut, _) => Self::Filtered(format!("no answer within {}", shown(limit))),
            (_, Some(io::ErrorKind::ConnectionRefused)) => Self::Closed,
            (_, Some(io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable)) => Self::Filtered(text()),
            (_, Some(io::ErrorKind::NetworkUnreachable)) => Self::Unreachable(text()),
            _ => Self::NotTried(text()),
        })
    }

    /// The finding that says most about a port has the highest rank.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Open { .. } => 3,
            Self::Closed => 2,
            Self::Filtered(_) => 1,
            Self::Unreachable(_) | Self::NotTried(_) => 0,
        }
    }

    /// The finding in words.
    pub(super) fn label(&self) -> String {
        match self {
            Self::Open { .. } => "open".to_owned(),
            Self::Closed => "closed".to_owned(),
            Self::Filtered(why) => format!("filtered ({why})"),
            Self::Unreachable(why) => format!("unreachable ({why})"),
            Self::NotTried(why) => format!("not tried ({why})"),
        }
    }
}
