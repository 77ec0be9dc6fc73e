//! Sides of a relay that are UDP sockets: one with one peer, and one that serves many.
//!
//! [`FlowsSide`] opens a right end for each peer that sends something, and closes it when nothing has moved between the two for
//! long: datagrams have no end that could be passed on. Boundaries are kept where the right end has datagrams as well.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::{End, Left, Opener, Other, Terms, Waiting};
use crate::protocols::report::{Cause, Failure};
use crate::protocols::session::connection_failure;
use crate::transports::datagram::Remote;
use crate::transports::datagram::handle::DatagramTransport;
use crate::transports::dial::ConnectError;
use crate::transports::error::describe;
use crate::transports::info::Peer;
use crate::transports::protocol::DatagramProtocol;
use crate::transports::timers::TimerId;

/// The protocol of a socket that serves many peers.
#[derive(Debug)]
pub struct FlowsSide {
    opener: Opener,
    terms: Terms,
    idle_timeout: Duration,
    limit: usize,
    flows: HashMap<SocketAddr, Flow>,
    sweep_timer: Option<TimerId>,
}

/// What belongs to one peer.
#[derive(Debug)]
struct Flow {
    right: End,
    waiting: Waiting,
}

impl FlowsSide {
    /// A right end of `opener` for each peer, of which there are at most `limit`. One is forgotten when nothing has moved for
    /// `idle_timeout`.
    #[must_use]
    pub fn new(opener: Opener, terms: Terms, idle_timeout: Duration, limit: usize) -> Self {
        Self { opener, terms, idle_timeout, limit, flows: HashMap::new(), sweep_timer: None }
    }

    /// The flow of a peer, if it is new and there may be one more of them.
    fn open(&mut self, t: &mut DatagramTransport<'_>, remote: Remote) -> Option<&Flow> {
        if self.flows.len() >= self.limit {
            self.sweep(t);
        }
        if self.flows.len() >= self.limit {
            log::info!("{remote}: one flow too many");
            return None;
        }
        let mut info = t.info();
        let address = match (Peer::Ip(remote.address()), remote.local(), &info.local) {
            (peer, Some(ip), Some(Peer::Ip(bound))) => (peer, Some(Peer::Ip(SocketAddr::new(ip, bound.port())))),
            (peer, _, bound) => (peer, bound.clone()),
        };
        (info.peer, info.local) = (Some(address.0), address.1);
        let waiting = Waiting::begin();
        let left = Left { end: End::Flow { socket: t.id(), remote }, info, waiting: waiting.clone() };
        match self.opener.open(t.net(), left) {
            Ok(right) => {
                self.arm_sweep(t);
                Some(self.flows.entry(remote.address()).insert_entry(Flow { right, waiting }).into_mut())
            }
            Err(failure) => {
                self.terms.fail(failure);
                None
            }
        }
    }

    fn arm_sweep(&mut self, t: &mut DatagramTransport<'_>) {
        if self.sweep_timer.is_none() {
            let id = t.id();
            // So none stays for more than half as long again.
            self.sweep_timer = Some(t.net().call_later(id, self.idle_timeout / 2));
        }
    }

    /// Forgets the flows that are over or have been idle for too long.
    fn sweep(&mut self, t: &mut DatagramTransport<'_>) {
        let (now, limit) = (t.net().now(), self.idle_timeout);
        self.flows.retain(|address, flow| {
            if now.duration_since(flow.right.last_activity(t.net())) >= limit {
                log::info!("{address}: idle for {limit:?}");
                flow.right.finish(t.net());
            }
            flow.right.is_there(t.net())
        });
    }
}

impl DatagramProtocol for FlowsSide {
    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], from: &Remote) {
        let known = self.flows.get(&from.address()).filter(|flow| flow.right.is_there(t.net()));
        // The borrow checker does not see that an early return ends the loan.
        let flow = if known.is_some() { self.flows.get(&from.address()) } else { self.open(t, *from) };
        let Some(flow) = flow else { return };
        // What a slow right end cannot take is dropped, as by any network.
        if !flow.waiting.keep(data) && !flow.right.is_full(t.net()) {
            flow.right.deliver(t.net(), data);
        }
    }

    fn error_received(&mut self, _t: &mut DatagramTransport<'_>, error: io::Error) {
        log::info!("an answer was not sent: {}", describe(&error));
    }

    fn timer_fired(&mut self, t: &mut DatagramTransport<'_>, _timer: TimerId) {
        self.sweep_timer = None;
        self.sweep(t);
        if !self.flows.is_empty() {
            self.arm_sweep(t);
        }
    }

    fn connection_lost(&mut self, t: &mut DatagramTransport<'_>, _error: Option<io::Error>) {
        for flow in self.flows.values() {
            flow.right.finish(t.net());
        }
    }
}

/// The protocol of a socket with one peer.
#[derive(Debug)]
pub struct DatagramSide {
    other: Other,
    terms: Terms,
}

impl DatagramSide {
    /// A left side, whose other end `opener` opens.
    #[must_use]
    pub fn left(opener: Opener, terms: Terms) -> Self {
        Self { other: Other::ToOpen(opener), terms }
    }

    /// A right side, to be joined with `left`.
    #[must_use]
    pub fn right(left: Left, terms: Terms) -> Self {
        Self { other: Other::ToJoin(left), terms }
    }

    fn watch(&self, t: &mut DatagramTransport<'_>, quiet: Duration) {
        if let Some(limit) = self.terms.idle_timeout {
            let id = t.id();
            t.net().call_later(id, limit.saturating_sub(quiet));
        }
    }
}

impl DatagramProtocol for DatagramSide {
    fn connection_made(&mut self, t: &mut DatagramTransport<'_>) {
        let here = End::Datagrams(t.id());
        let info = t.info();
        if let Other::ToOpen(_) = self.other {
            self.watch(t, Duration::ZERO);
        }
        if !self.other.meet(t.net(), here, |_| info, &self.terms) {
            t.abort();
        }
    }

    fn connection_failed(&mut self, t: &mut DatagramTransport<'_>, error: ConnectError) {
        self.terms.fail(connection_failure(&error));
        if let Some(left) = self.other.end() {
            left.reset(t.net());
        }
    }

    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], _from: &Remote) {
        let Some(other) = self.other.end() else { return };
        if !other.deliver(t.net(), data) {
            t.pause_reading();
        }
    }

    fn error_received(&mut self, t: &mut DatagramTransport<'_>, error: io::Error) {
        let peer = t.info().peer.unwrap_or(Peer::Unnamed);
        let what = format!("send {peer}: {}", describe(&error));
        match &self.terms.reporter {
            // It says so at the end: what follows may find somebody.
            Some(reporter) => reporter.tell(Failure::new(Cause::Broken, what)),
            None => log::info!("{what}"),
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
        let Some(limit) = self.terms.idle_timeout else { return };
        let last = t.last_activity();
        let quiet = t.net().now().duration_since(last);
        if quiet < limit {
            return self.watch(t, quiet);
        }
        self.terms.fail(Failure::new(Cause::TimedOut, format!("idle for {limit:?}")));
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
