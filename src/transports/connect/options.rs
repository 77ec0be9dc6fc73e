//! How to connect: the limits of a try, and which addresses of the peer and of this machine may be used.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::SockAddr;

use super::error::ConnectError;
use crate::transports::address::Family;
use crate::transports::keepalive::KeepAlive;
use crate::transports::socket_options::SocketOptions;

/// The shortest pause between tries without a limit, so that they do not keep a processor busy.
const PAUSE_MIN: Duration = Duration::from_millis(10);

/// How to connect to a peer.
#[derive(Clone, Debug)]
pub struct Dialing {
    /// The allowed families.
    pub family: Family,
    /// Whether only numeric addresses are accepted. A name is not looked up, and fails.
    pub numeric: bool,
    /// Local addresses to connect from. The first one with the family of the peer is used. With port 0, the kernel
    /// chooses the port.
    #[doc(alias = "local_addr")]
    pub source: Vec<SocketAddr>,
    /// How long one try may take, from the look-up to the connection.
    pub timeout: Duration,
    /// How many further tries follow a failed one.
    pub retry: Retry,
    /// The pause between tries. With [`Retry::Forever`], it is at least 10 ms.
    pub retry_delay: Duration,
    /// Whether an address that leads back to a listener of the same loop is refused, because each connection would make
    /// another one without end. Off by default.
    pub avoids_own_listeners: bool,
    /// When a TCP peer that is silent counts as gone.
    pub keepalive: KeepAlive,
    /// The options of the socket.
    pub socket: SocketOptions,
}

/// How many tries follow a failed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// At most this many.
    Times(u32),
    /// One after the other, until one succeeds.
    Forever,
}

impl Default for Retry {
    /// None.
    fn default() -> Self {
        Self::Times(0)
    }
}

impl Default for Dialing {
    fn default() -> Self {
        Self {
            family: Family::Any,
            numeric: false,
            source: Vec::new(),
            timeout: Duration::from_secs(10),
            retry: Retry::default(),
            retry_delay: Duration::from_secs(1),
            avoids_own_listeners: false,
            keepalive: KeepAlive::default(),
            socket: SocketOptions::default(),
        }
    }
}

impl Dialing {
    /// The pause before the next try.
    pub(super) fn pause(&self) -> Duration {
        match self.retry {
            Retry::Times(_) => self.retry_delay,
            Retry::Forever => self.retry_delay.max(PAUSE_MIN),
        }
    }

    /// The local address to reach `address` from.
    pub(crate) fn source_for(&self, address: SocketAddr) -> Option<SocketAddr> {
        self.source.iter().copied().find(|source| source.is_ipv4() == address.is_ipv4())
    }

    /// The allowed addresses of `target`.
    ///
    /// # Errors
    /// No address is allowed.
    pub(super) fn admitted(
        &self,
        target: &dyn fmt::Display,
        mut addresses: Vec<SockAddr>,
    ) -> Result<Vec<SockAddr>, ConnectError> {
        addresses.retain(|address| match address.as_socket() {
            Some(ip) => self.family.admits(&ip) && (self.source.is_empty() || self.source_for(ip).is_some()),
            // A unix socket has no family to choose.
            None => true,
        });
        if !addresses.is_empty() {
            return Ok(addresses);
        }
        let why = match &self.source[..] {
            [source] => {
                let family = if source.is_ipv4() { "IPv4" } else { "IPv6" };
                format!("it has no {family} address, and the source {} needs one", source.ip())
            }
            _ => "no address of that family".to_owned(),
        };
        Err(ConnectError::connect(target, &why))
    }
}
