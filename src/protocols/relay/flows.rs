//! A side of a relay that is a UDP socket which serves many: a right end for each peer.
//!
//! Datagrams have no end that could be passed on, so a flow is over when nothing has moved in it for long. Their senders can be
//! forged: there are at most so many flows, and what is kept for right ends that are not open yet is bounded as a whole.

use std::cell::Cell;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use super::{End, Kept, Left, Opener, Terms, Waiting};
use crate::transports::datagram::Remote;
use crate::transports::datagram::handle::DatagramTransport;
use crate::transports::error::describe;
use crate::transports::info::{Info, Peer, canonical};
use crate::transports::net::Net;
use crate::transports::protocol::DatagramProtocol;
use crate::transports::timers::TimerId;

/// Where there are as many flows as there may be, one that has been silent for so long makes room for a new one.
const STALE: Duration = Duration::from_secs(5);

/// Flows are looked through no more often than this when there are too many.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// What holds for the flows of all sockets of a run together.
#[derive(Clone, Debug)]
pub struct FlowLimits {
    idle_timeout: Duration,
    flows_max: usize,
    /// How many there are, those that are about to end included.
    flows: Rc<Cell<usize>>,
    /// Bytes for right ends that are not open yet.
    waiting: Rc<Cell<usize>>,
}

impl FlowLimits {
    /// At most `flows_max` at once; one is over when nothing has moved for `idle_timeout`.
    #[must_use]
    pub fn new(idle_timeout: Duration, flows_max: usize) -> Self {
        Self { idle_timeout, flows_max, flows: Rc::default(), waiting: Rc::default() }
    }

    fn place(&self) -> Option<Place> {
        let taken = self.flows.get();
        (taken < self.flows_max).then(|| {
            self.flows.set(taken + 1);
            Place(Rc::clone(&self.flows))
        })
    }
}

/// A place among the flows, free again when this is dropped.
#[derive(Debug)]
struct Place(Rc<Cell<usize>>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// What belongs to one peer.
#[derive(Debug)]
struct Flow {
    right: End,
    /// For a right end that is not open yet.
    waiting: Weak<Kept>,
    /// When the peer last sent something.
    heard: Instant,
    place: Place,
}

impl Flow {
    fn last_activity(&self, net: &mut Net) -> Instant {
        self.right.last_activity(net).map_or(self.heard, |moved| moved.max(self.heard))
    }
}

/// The protocol of such a socket.
#[derive(Debug)]
pub struct FlowsSide {
    opener: Opener,
    terms: Terms,
    limits: FlowLimits,
    flows: HashMap<SocketAddr, Flow>,
    /// Right ends that have been told to end and take their time: children.
    leaving: Vec<(End, Place)>,
    sweep_timer: Option<TimerId>,
    swept: Option<Instant>,
}

impl FlowsSide {
    /// A right end of `opener` for each peer.
    #[must_use]
    pub fn new(opener: Opener, terms: Terms, limits: FlowLimits) -> Self {
        let (flows, leaving) = (HashMap::new(), Vec::new());
        Self { opener, terms, limits, flows, leaving, sweep_timer: None, swept: None }
    }

    fn open(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], remote: &Remote) {
        let Some(place) = self.limits.place().or_else(|| self.make_room(t)) else {
            log::info!("{remote}: one flow too many");
            return;
        };
        let (waiting, kept) = Waiting::begin(Rc::clone(&self.limits.waiting));
        if let Some(kept) = kept.upgrade() {
            kept.keep(data);
        }
        let left = Left { end: End::Flow { socket: t.id(), remote: *remote }, info: info(t, remote), waiting };
        match self.opener.open(t.net(), left) {
            Ok(right) => {
                let heard = t.net().now();
                self.flows.insert(remote.address(), Flow { right, waiting: kept, heard, place });
                self.arm_sweep(t);
            }
            Err(failure) => self.terms.fail(failure),
        }
    }

    /// A place, if one can be had: of a flow that is over, or else of the one that has been silent for longest.
    fn make_room(&mut self, t: &mut DatagramTransport<'_>) -> Option<Place> {
        self.leaving.retain(|(right, _)| right.is_there(t.net()));
        if !self.leaving.is_empty() {
            // A place is coming.
            return self.limits.place();
        }
        let now = t.net().now();
        if self.swept.is_none_or(|swept| now.duration_since(swept) >= SWEEP_INTERVAL) {
            self.sweep(t);
        }
        if let Some(place) = self.limits.place() {
            return Some(place);
        }
        let oldest = self.flows.iter().min_by_key(|(_, flow)| flow.heard).map(|(address, flow)| (*address, flow.heard));
        let (address, heard) = oldest?;
        if now.duration_since(heard) < STALE {
            return None;
        }
        self.leave(t.net(), address);
        self.limits.place()
    }

    /// All right ends, those that are about to end included.
    fn rights(&self) -> impl Iterator<Item = End> {
        let leaving = self.leaving.iter().map(|(right, _)| *right);
        self.flows.values().map(|flow| flow.right).chain(leaving)
    }

    /// Ends the flow of a peer.
    fn leave(&mut self, net: &mut Net, address: SocketAddr) {
        let Some(flow) = self.flows.remove(&address) else { return };
        flow.right.finish(net);
        if flow.right.is_there(net) {
            self.leaving.push((flow.right, flow.place));
        }
    }

    fn arm_sweep(&mut self, t: &mut DatagramTransport<'_>) {
        if self.sweep_timer.is_none() {
            let id = t.id();
            // So none stays for more than half as long again.
            self.sweep_timer = Some(t.net().call_later(id, self.limits.idle_timeout / 2));
        }
    }

    /// Ends the flows that are over or have been idle for too long.
    fn sweep(&mut self, t: &mut DatagramTransport<'_>) {
        let (now, limit) = (t.net().now(), self.limits.idle_timeout);
        self.swept = Some(now);
        let is_over = |address: &SocketAddr, flow: &Flow, net: &mut Net| {
            let is_idle = now.duration_since(flow.last_activity(net)) >= limit;
            if is_idle {
                log::info!("{address}: idle for {limit:?}");
            }
            is_idle || !flow.right.takes_input(net)
        };
        let over = self.flows.iter().filter(|(address, flow)| is_over(address, flow, t.net()));
        for address in over.map(|(address, _)| *address).collect::<Vec<_>>() {
            self.leave(t.net(), address);
        }
        self.leaving.retain(|(right, _)| right.is_there(t.net()));
    }
}

impl DatagramProtocol for FlowsSide {
    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], from: &Remote) {
        let now = t.net().now();
        match self.flows.get_mut(&from.address()) {
            Some(flow) if flow.right.takes_input(t.net()) => {
                flow.heard = now;
                match flow.waiting.upgrade() {
                    Some(kept) => kept.keep(data),
                    // What a slow right end cannot take is dropped, as by any network.
                    None if flow.right.is_full(t.net()) => (),
                    None => flow.right.pass(t.net(), data),
                }
            }
            // It listens no more, as a child that has closed its stdin; but it is there.
            Some(flow) if flow.right.is_there(t.net()) => (),
            Some(_) => {
                self.leave(t.net(), from.address());
                self.open(t, data, from);
            }
            None => self.open(t, data, from),
        }
    }

    fn error_received(&mut self, _t: &mut DatagramTransport<'_>, error: io::Error) {
        log::info!("an answer was not sent: {}", describe(&error));
    }

    fn pause_writing(&mut self, t: &mut DatagramTransport<'_>) {
        self.rights().for_each(|right| right.pause(t.net()));
    }

    fn resume_writing(&mut self, t: &mut DatagramTransport<'_>) {
        self.rights().for_each(|right| right.resume(t.net()));
    }

    fn timer_fired(&mut self, t: &mut DatagramTransport<'_>, _timer: TimerId) {
        self.sweep_timer = None;
        self.sweep(t);
        if !self.flows.is_empty() || !self.leaving.is_empty() {
            self.arm_sweep(t);
        }
    }

    fn connection_lost(&mut self, t: &mut DatagramTransport<'_>, _error: Option<io::Error>) {
        for right in self.rights() {
            // One that waits for room would wait for ever.
            right.resume(t.net());
            right.finish(t.net());
        }
    }
}

/// What is known of a peer, and of the address that it wrote to.
fn info(t: &DatagramTransport<'_>, remote: &Remote) -> Info {
    let mut info = t.info();
    if let (Some(ip), Some(Peer::Ip(bound))) = (remote.local(), &mut info.local) {
        bound.set_ip(ip);
    }
    info.peer = Some(Peer::Ip(canonical(remote.address())));
    info
}
