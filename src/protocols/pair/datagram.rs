//! A side that is a UDP socket with one peer. `flows.rs` is for a socket that serves many.

use std::io;

use super::{End, OtherEnd, PairOptions};
use crate::protocols::idle::TimeLimit;
use crate::protocols::report::{Cause, Failure};
use crate::transports::connect::ConnectError;
use crate::transports::datagram::Remote;
use crate::transports::datagram::handle::DatagramTransport;
use crate::transports::error::describe;
use crate::transports::info::Peer;
use crate::transports::protocol::DatagramProtocol;
use crate::transports::timers::TimerId;

/// What an error of a sent datagram names: the peer, or all its addresses if each of them has refused.
pub(super) fn receivers(t: &DatagramTransport<'_>) -> Option<String> {
    let refusing = t.refusing();
    if refusing.is_empty() {
        return t.info().peer.map(|peer| peer.to_string());
    }
    Some(Vec::from_iter(refusing.into_iter().map(|address| Peer::Ip(address).to_string())).join(" and "))
}

/// The protocol of a socket with one peer.
#[derive(Debug)]
pub struct DatagramSide {
    other: OtherEnd,
    options: PairOptions,
    idle: TimeLimit,
}

impl DatagramSide {
    /// A left side, whose other end a [`Connector`](super::Connector) opens, or a right side, to be joined with an
    /// [`Inbound`](super::Inbound).
    #[must_use]
    pub fn new(other: impl Into<OtherEnd>, options: PairOptions) -> Self {
        Self { other: other.into(), idle: TimeLimit::new(options.idle_timeout), options }
    }
}

impl DatagramProtocol for DatagramSide {
    fn connection_made(&mut self, t: &mut DatagramTransport<'_>) {
        if self.other.is_to_open() {
            self.idle.start(t.id(), t.net());
        }
        if !self.other.open_or_join(End::Datagrams(t.id()), t.net(), &self.options) {
            t.abort();
        }
    }

    fn connection_failed(&mut self, t: &mut DatagramTransport<'_>, error: ConnectError) {
        self.other.open_failed(t.number(), t.net(), &error, &self.options);
    }

    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], _from: &Remote) {
        let Some(other) = self.other.end() else { return };
        other.pass(t.net(), data);
        if other.is_full(t.net()) {
            t.pause_reading();
        }
    }

    fn error_received(&mut self, t: &mut DatagramTransport<'_>, error: io::Error) {
        let what = format!("send {}: {}", receivers(t).unwrap_or_else(|| Peer::Unnamed.to_string()), describe(&error));
        match &self.options.reporter {
            // The run goes on, and has this status at its end: a later datagram may arrive.
            Some(reporter) => reporter.tell(Failure::new(Cause::Broken, what).of(t.number())),
            None => log::warn!("{}{what}", t.number()),
        }
    }

    fn pause_writing(&mut self, t: &mut DatagramTransport<'_>) {
        if let Some(other) = self.other.end() {
            other.pause(t.net());
        }
    }

    fn resume_writing(&mut self, t: &mut DatagramTransport<'_>) {
        if let Some(other) = self.other.end() {
            other.resume(t.net());
        }
    }

    fn timer_fired(&mut self, t: &mut DatagramTransport<'_>, timer: TimerId) {
        self.other.idle_timer_fired(End::Datagrams(t.id()), t.net(), &mut self.idle, timer, &self.options);
    }

    fn connection_lost(&mut self, t: &mut DatagramTransport<'_>, _error: Option<io::Error>) {
        if let Some(other) = self.other.end() {
            other.finish(t.net());
        }
    }
}
