//! A service to wait for: where it is, and what proves that it is up.

use std::time::Duration;

use super::http::HttpGet;
use super::outcome::Slip;
use super::tries::{DatagramTry, REFUSAL_TIMEOUT, StreamTry};
use crate::transports::address::{Address, HostPort};
use crate::transports::connect::Dialing;
use crate::transports::datagram::opening::DatagramOptions;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::tls::TlsClient;

/// How long one of many tries waits for the reply to a datagram. The datagram or its reply can be lost.
const REPLY_TIMEOUT: Duration = Duration::from_secs(2);

/// A service to wait for.
#[derive(Clone, Debug)]
pub struct Service {
    /// The name of the service in messages.
    pub name: String,
    /// How to connect. The time limit is that of the whole try, with a handshake and an answer.
    pub dialing: Dialing,
    /// Where the service is, and what proves that it is up.
    pub proof: Proof,
}

/// Where a service is, and what proves that it is up.
#[derive(Clone, Debug)]
pub enum Proof {
    /// A connection, and with TLS a handshake.
    Stream(Address, Option<TlsClient>),
    /// A wanted status in the answer to a request.
    Http(HostPort, Option<TlsClient>, HttpGet),
    /// A reply to this text. Without a text, no refusal of an empty datagram.
    Datagram(HostPort, Option<Vec<u8>>),
}

impl Service {
    /// Starts a try. `is_repeated` says that further tries can follow.
    pub(super) fn start_try(&self, net: &mut Net, slip: Slip, is_repeated: bool) -> Id {
        let dialing = self.dialing.clone();
        let limit = dialing.timeout;
        let name = self.name.clone();
        let (id, tls) = match &self.proof {
            Proof::Stream(at, tls) => {
                let own = StreamTry::new(slip, name, limit, tls.is_none(), None);
                (net.connect_stream(at.clone(), dialing, own), tls)
            }
            Proof::Http(at, tls, get) => {
                let own = StreamTry::new(slip, name, limit, false, Some(get.clone()));
                (net.connect_tcp(at.clone(), dialing, own), tls)
            }
            Proof::Datagram(at, text) => {
                let limit = match text {
                    None => REFUSAL_TIMEOUT.min(limit),
                    Some(_) if is_repeated => REPLY_TIMEOUT.min(limit),
                    Some(_) => limit,
                };
                let own = DatagramTry { slip, name: at.to_string(), text: text.clone(), limit };
                (net.connect_udp(at.clone(), dialing, DatagramOptions::default(), own), &None)
            }
        };
        if let Some(tls) = tls {
            net.transport(id).require_tls(tls.clone());
        }
        if tls.is_some() || matches!(self.proof, Proof::Http(..)) {
            // Connecting has a time limit of its own, which began before this one.
            net.call_later(id, limit);
        }
        id
    }
}
