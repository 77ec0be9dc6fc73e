//! A side of a relay that is a UDP socket with one peer. One that serves many is `flows.rs`.

use std::io;
use std::time::Duration;

use super::{Connector, End, Inbound, OtherEnd, PairOptions};
use crate::protocols::report::{Cause, Failure};
use crate::transports::connect::ConnectError;
use crate::transports::datagram::Remote;
use crate::transports::datagram::handle::DatagramTransport;
use crate::transports::error::describe;
use crate::transports::info::Peer;
use crate::transports::protocol::DatagramProtocol;
use crate::transports::timers::TimerId;

/// The protocol of a socket with one peer.
#[derive(Debug)]
pub struct DatagramSide {
    other: OtherEnd,
    options: PairOptions,
}

impl DatagramSide {
    /// A left side, whose other end `connector` opens.
    #[must_use]
    pub fn left(connector: Connector, options: PairOptions) -> Self {
        Self { other: OtherEnd::ToOpen(connector), options }
    }

    /// A right side, to be joined with `left`.
    #[must_use]
    pub fn right(left: Inbound, options: PairOptions) -> Self {
        Self { other: OtherEnd::ToJoin(left), options }
    }

    fn watch(&self, t: &mut DatagramTransport<'_>, quiet: Duration) {
        if let Some(limit) = self.options.idle_timeout {
            let id = t.id();
            t.net().call_later(id, limit.saturating_sub(quiet));
        }
    }
}

impl DatagramProtocol for DatagramSide {
    fn connection_made(&mut self, t: &mut DatagramTransport<'_>) {
        let here = End::Datagrams(t.id());
        let info = t.info();
        if let OtherEnd::ToOpen(_) = self.other {
            self.watch(t, Duration::ZERO);
        }
        if !self.other.open_or_join(t.net(), here, |_| info, &self.options) {
            t.abort();
        }
    }

    fn connection_failed(&mut self, t: &mut DatagramTransport<'_>, error: ConnectError) {
        self.other.open_failed(t.net(), &error, &self.options);
    }

    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], _from: &Remote) {
        let Some(other) = self.other.end() else { return };
        other.pass(t.net(), data);
        if other.is_full(t.net()) {
            t.pause_reading();
        }
    }

    fn error_received(&mut self, t: &mut DatagramTransport<'_>, error: io::Error) {
        let peer = t.info().peer.unwrap_or(Peer::Unnamed);
        let what = format!("send {peer}: {}", describe(&error));
        match &self.options.reporter {
            // It says so at the end: what follows may find somebody.
            Some(reporter) => reporter.tell(Failure::new(Cause::Broken, what)),
            None => log::warn!("{what}"),
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

    fn timer_fired(&mut self, t: &mut DatagramTransport<'_>, _timer: TimerId) {
        let Some(limit) = self.options.idle_timeout else { return };
        let end = End::Datagrams(t.id());
        if self.other.end().is_some_and(|other| other.ends_the_pair(end, t.net())) {
            return;
        }
        let here = t.last_activity();
        let there = self.other.end().and_then(|other| other.last_activity(t.net()));
        let last = there.map_or(here, |there| there.max(here));
        let quiet = t.net().now().duration_since(last);
        if quiet < limit {
            return self.watch(t, quiet);
        }
        self.options.fail(Failure::new(Cause::TimedOut, format!("idle for {limit:?}")));
        if let Some(other) = self.other.end() {
            other.abort(t.net());
        }
        t.abort();
    }

    fn connection_lost(&mut self, t: &mut DatagramTransport<'_>, _error: Option<io::Error>) {
        if let Some(other) = self.other.end() {
            other.finish(t.net());
        }
    }
}
