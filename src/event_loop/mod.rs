//! The event loop: the only caller of protocols.
//!
//! Protocols live here and transports in [`Net`], in two disjoint fields, so a callback gets `&mut` to both and can
//! re-enter neither. Nothing in here knows any concrete protocol or mode; what an event does to a stream is
//! `dispatch.rs`.

mod calls;
mod datagrams;
mod dispatch;
mod guard;
mod pace;
mod processes;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::time::{Duration, Instant};

use crate::transports::call::Installed;
use crate::transports::datagram::RecvBatch;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::protocol::{DatagramProtocol, Handler};
use dispatch::Event;
use pace::Pace;

/// Room for one read. Large, because each write wakes the peer: a stream in four pieces costs a third more CPU than in
/// one.
const SCRATCH_BYTES: usize = 512 * 1024;

/// Events taken from the system at once; the rest come with the next turn.
const EVENTS_PER_TURN: usize = 1024;

/// A single-threaded loop over transports and their protocols. asyncio's event loop.
pub struct EventLoop {
    poll: mio::Poll,
    net: Net,
    /// The protocol or factory of each slot of `net`, by the same index.
    handlers: Vec<Installed>,
    /// One buffer for all reads: idle connections hold none.
    scratch: Box<[u8]>,
    /// The same for datagrams, from the first one on.
    batch: Option<Box<RecvBatch>>,
    pace: Pace,
    /// A callback has panicked, which in a simulation is a test that has failed.
    #[cfg(test)]
    has_panicked: bool,
}

impl EventLoop {
    /// A loop with nothing to do.
    ///
    /// # Errors
    /// No descriptor left for `epoll_create1(2)`.
    pub fn new() -> io::Result<Self> {
        let poll = mio::Poll::new()?;
        let net = Net::new(poll.registry().try_clone()?, Instant::now());
        Ok(Self {
            poll,
            net,
            handlers: Vec::new(),
            scratch: vec![0; SCRATCH_BYTES].into(),
            batch: None,
            pace: Pace::new(),
            #[cfg(test)]
            has_panicked: false,
        })
    }

    /// Where transports are opened.
    pub fn net(&mut self) -> &mut Net {
        &mut self.net
    }

    /// The protocol that is installed for a transport. asyncio's `get_protocol`, from outside callbacks.
    #[doc(alias = "get_protocol")]
    pub fn protocol(&mut self, id: Id) -> Option<&mut Handler> {
        self.net.slots.get(id)?;
        match self.handlers.get_mut(id.index()) {
            Some(Installed::Protocol(handler)) => Some(handler),
            _ => None,
        }
    }

    /// The same for a datagram transport.
    pub fn datagram_protocol(&mut self, id: Id) -> Option<&mut dyn DatagramProtocol> {
        self.net.datagram(id)?;
        match self.handlers.get_mut(id.index()) {
            Some(Installed::Datagram(protocol)) => Some(&mut **protocol),
            _ => None,
        }
    }

    /// Runs until [`Net::stop`], or until nothing is left that could ever do anything: no listener, and no stream but
    /// those in the background. asyncio's `run_forever`, with an end.
    ///
    /// # Errors
    /// `epoll_wait(2)` failed for a reason other than a signal.
    pub fn run(&mut self) -> io::Result<()> {
        let mut events = mio::Events::with_capacity(EVENTS_PER_TURN);
        self.net.stopped = false;
        self.run_calls();
        while !self.is_over() {
            self.net.cx.flush_dump();
            match self.poll.poll(&mut events, self.poll_timeout()) {
                // Asked again, and not taken for a turn without events: timers must not overtake what came while we
                // were stopped.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            }
            self.begin_turn(Instant::now());
            for event in &events {
                if event.token() == crate::transports::WAKE {
                    self.take_answers();
                } else {
                    self.event(Event::from_mio(event));
                }
            }
            self.fire_timers();
            self.end_turn();
            if let Some(nap) = self.pace.end_turn(self.net.cx.now) {
                std::thread::sleep(nap);
            }
        }
        self.net.cx.flush_dump();
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.net.stopped || (self.net.foreground == 0 && self.net.cx.calls.is_empty() && !self.net.is_flushing())
    }

    /// How long the system may keep us waiting; `None` is for ever.
    fn poll_timeout(&self) -> Option<Duration> {
        if !self.net.cx.ready.is_empty() || !self.net.cx.calls.is_empty() || !self.net.corked.is_empty() {
            return Some(Duration::ZERO);
        }
        let due = self.net.cx.timers.next_deadline();
        let delay = due.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        delay.into_iter().chain(self.net.cx.dump_delay()).min()
    }

    /// Takes note of the time, which stands still for the rest of the turn.
    fn begin_turn(&mut self, now: Instant) {
        self.net.cx.now = now;
        self.net.cx.turn += 1;
    }

    /// Fires what is due, after the events: bytes that have come in time must not be cut off by a process that was
    /// late. Timers that are armed by these wait for the next turn, so that none can keep the others from theirs.
    fn fire_timers(&mut self) {
        let newest = self.net.cx.timers.newest();
        while let Some((timer, owner, alarm)) = self.net.cx.timers.pop_due(self.net.cx.now, newest) {
            self.alarm(timer, owner, alarm);
            self.run_calls();
        }
    }

    /// Takes up once more those that stopped before the system said "not now".
    fn end_turn(&mut self) {
        for id in std::mem::take(&mut self.net.cx.ready) {
            self.run_ready(id);
        }
        self.run_calls();
    }
}

impl fmt::Debug for EventLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLoop").field("net", &self.net).finish_non_exhaustive()
    }
}
