//! The event loop: the only caller of protocols.
//!
//! Protocols live in one field and transports ([`Net`]) in another one. A callback gets `&mut` to its protocol and to
//! the transports, so it can re-enter neither. No concrete protocol or mode is known here. `dispatch.rs` handles the
//! events of a transport.

mod calls;
mod datagrams;
mod dispatch;
mod dump;
mod listeners;
mod pace;
mod processes;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::time::{Duration, Instant};

use crate::transports::ctx::Installed;
use crate::transports::datagram::RecvBatch;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::protocol::Handler;
use dispatch::Event;
use pace::Pace;

/// Room for one read. It is large because each write wakes the peer: four small writes cost a third more CPU than one
/// large write.
const SCRATCH_BYTES: usize = 512 * 1024;

/// The most events in one turn. The rest come with the next turn.
const EVENTS_PER_TURN: usize = 1024;

/// How many rounds of the call queue run between two reads.
const CALL_ROUNDS: usize = 4;

/// Why a run has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// Nothing is left to do.
    Over,
    /// [`Net::stop`] was called.
    Stopped,
    /// The condition holds.
    Condition,
    /// The deadline has passed.
    Deadline,
}

/// A single-threaded loop over transports and their protocols. asyncio's event loop.
#[doc(alias = "AbstractEventLoop")]
pub struct EventLoop {
    poll: mio::Poll,
    net: Net,
    /// The protocol or factory of each slot of `net`, by the same index.
    handlers: Vec<Installed>,
    /// One buffer for all reads, so that idle connections need none.
    scratch: Box<[u8]>,
    /// The same for datagrams, from the first one on.
    batch: Option<Box<RecvBatch>>,
    pace: Pace,
    /// Protocols to be kept after their transports are lost.
    kept: BTreeMap<Id, Installed>,
    /// Room for the events of a turn, from the first turn on.
    events: Option<mio::Events>,
    /// Whether a callback has panicked. A simulation fails then.
    #[cfg(test)]
    has_panicked: bool,
}

impl EventLoop {
    /// A loop with nothing to do.
    ///
    /// # Errors
    /// No descriptor left for `epoll_create1(2)`.
    #[doc(alias = "new_event_loop")]
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
            kept: BTreeMap::new(),
            events: None,
            #[cfg(test)]
            has_panicked: false,
        })
    }

    /// The transports of the loop, and the methods that open them.
    pub fn net(&mut self) -> &mut Net {
        &mut self.net
    }

    /// The protocol of a stream, a datagram transport or a child, from outside its callbacks. `None` if the transport
    /// has a protocol of another type, or is lost without [`keep_protocol`](Self::keep_protocol). asyncio's
    /// `get_protocol`.
    #[doc(alias = "get_protocol")]
    pub fn protocol<P: 'static>(&mut self, id: Id) -> Option<&mut P> {
        let installed = match self.net.slots.get(id) {
            Some(_) => self.handlers.get_mut(id.index()),
            None => self.kept.get_mut(&id),
        };
        let protocol: &mut dyn Any = match installed? {
            Installed::Protocol(Handler::Plain(protocol)) => &mut **protocol,
            Installed::Protocol(Handler::Buffered(protocol)) => &mut **protocol,
            Installed::Datagram(protocol) => &mut **protocol,
            Installed::Subprocess(protocol) => &mut **protocol,
            Installed::Nothing | Installed::Factory(_) | Installed::Pipe { .. } => return None,
        };
        protocol.downcast_mut()
    }

    /// Keeps the protocol that a transport has at its end, so that [`protocol`](Self::protocol) finds it after the run,
    /// for example with the bytes that a client has received. The protocol lives as long as the loop. Nothing is kept
    /// for a transport that is lost already.
    pub fn keep_protocol(&mut self, id: Id) {
        if self.net.slots.get(id).is_some() {
            self.kept.entry(id).or_default();
        }
    }

    /// Takes the protocol of a lost transport out of the table. It is kept if `keep_protocol` asks for that.
    fn uninstall(&mut self, id: Id) {
        let installed = self.handlers.get_mut(id.index()).map(std::mem::take).unwrap_or_default();
        if let Some(kept) = self.kept.get_mut(&id) {
            *kept = installed;
        }
    }

    /// Runs until [`Net::stop`], or until nothing is left to do: there is no listener, and every transport is in the
    /// background. asyncio's `run_forever`, with an end.
    ///
    /// # Errors
    /// - A connection could not be made, and its protocol has no `connection_failed`.
    /// - A protocol has called [`Net::stop_with`].
    /// - `epoll_wait(2)` has failed for a reason other than a signal.
    ///
    /// `run` returns after that turn. Open transports stay open, and a further run goes on with them.
    #[doc(alias = "run_forever")]
    pub fn run(&mut self) -> io::Result<()> {
        self.run_until(None, |_| false).map(drop)
    }

    /// Runs until `condition` holds, until `deadline`, or until [`run`](Self::run) would return, whichever comes first.
    /// asyncio's `run_until_complete`.
    ///
    /// The condition is checked before the first turn and after each turn. The run never ends before the deadline, and
    /// events that have come by then are handled in one last turn, so callbacks can delay the end. A deadline in the
    /// past gives one turn that does not wait.
    ///
    /// ```
    /// # use xport::prelude::*;
    /// # use std::time::{Duration, Instant};
    /// # let mut event_loop = EventLoop::new()?;
    /// # struct Silent;
    /// # impl Protocol for Silent {
    /// #     fn data_received(&mut self, _t: &mut Transport<'_>, _data: &[u8]) {}
    /// # }
    /// # let (ours, _theirs) = std::os::unix::net::UnixStream::pair()?;
    /// # event_loop.net().adopt(ours, Silent)?;
    /// let deadline = Instant::now() + Duration::from_millis(10);
    /// let end = event_loop.run_until(Some(deadline), |event_loop| event_loop.net().admissions().accepted() == 3)?;
    /// assert_eq!(end, RunEnd::Deadline);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// As with [`run`](Self::run).
    #[doc(alias = "run_until_complete")]
    pub fn run_until(
        &mut self,
        deadline: Option<Instant>,
        mut condition: impl FnMut(&mut Self) -> bool,
    ) -> io::Result<RunEnd> {
        self.begin_run();
        let mut is_late = false;
        loop {
            if let Some(error) = self.net.cx.failure.take() {
                return Err(error);
            }
            if self.net.cx.stopped {
                return Ok(RunEnd::Stopped);
            }
            if condition(self) {
                return Ok(RunEnd::Condition);
            }
            if self.is_over() {
                return Ok(RunEnd::Over);
            }
            if is_late {
                return Ok(RunEnd::Deadline);
            }
            self.turn(deadline)?;
            is_late = deadline.is_some_and(|deadline| deadline <= self.net.cx.now);
        }
    }

    /// Makes one turn: waits for work for at most `timeout`, and does it. `None` waits forever. A turn handles each
    /// ready transport within its budget, so more work can be left. A turn can also do nothing. This is for programs
    /// with their own loop. asyncio has nothing like it.
    ///
    /// Returns whether a further turn can do anything. It returns `false` when [`run`](Self::run) would return.
    ///
    /// # Errors
    /// As with [`run`](Self::run).
    pub fn poll_once(&mut self, timeout: Option<Duration>) -> io::Result<bool> {
        self.begin_run();
        if !self.is_over() {
            self.turn(timeout.and_then(|timeout| Instant::now().checked_add(timeout)))?;
        }
        self.net.cx.failure.take().map_or_else(|| Ok(!self.is_over()), Err)
    }

    /// Forgets how the last run ended, and makes the calls that were queued before this one.
    fn begin_run(&mut self) {
        self.net.cx.stopped = false;
        self.net.cx.failure = None;
        self.run_calls();
        self.flush_dump();
    }

    /// One turn. It waits until `deadline` at most.
    fn turn(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        let mut events = self.events.take().unwrap_or_else(|| mio::Events::with_capacity(EVENTS_PER_TURN));
        loop {
            match self.poll.poll(&mut events, self.poll_timeout(deadline)) {
                // A signal does not end the wait. Otherwise timers could fire before the events that came while the
                // process was stopped.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                result => break result?,
            }
        }
        self.begin_turn(Instant::now());
        for event in &events {
            if event.token() == crate::transports::WAKE {
                self.take_answers();
            } else {
                self.event(Event::from_mio(event));
            }
        }
        self.events = Some(events);
        self.fire_timers();
        self.end_turn();
        self.flush_dump();
        if let Some(nap) = self.pace.end_turn(self.net.cx.now) {
            std::thread::sleep(nap);
        }
        Ok(())
    }

    /// Whether a further turn could do nothing, or the run was stopped.
    fn is_over(&self) -> bool {
        self.net.cx.stopped
            || (self.net.cx.foreground == 0
                && self.net.cx.calls.is_empty()
                && !self.net.slots.iter().any(|(_, slot)| slot.is_flushing()))
    }

    /// How long to wait for events. `None` means forever.
    fn poll_timeout(&self, deadline: Option<Instant>) -> Option<Duration> {
        if !self.net.cx.ready.is_empty() || self.net.cx.has_calls() {
            return Some(Duration::ZERO);
        }
        let next = earlier(deadline, self.net.cx.timers.next_deadline());
        let delay = next.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        earlier(delay, self.net.cx.dump_delay())
    }

    /// Sets the time of the turn.
    fn begin_turn(&mut self, now: Instant) {
        self.net.cx.now = now;
        self.net.cx.turn += 1;
    }

    /// Fires the timers that are due. Events come first, because a late process must not cut off bytes that have come
    /// in time. A timer that is armed meanwhile waits for the next turn, so that timers cannot hold up each other.
    fn fire_timers(&mut self) {
        let newest = self.net.cx.timers.newest();
        while let Some((timer, due)) = self.net.cx.timers.pop_due(self.net.cx.now, newest) {
            self.fire(timer, due);
            self.run_calls();
        }
    }

    /// Makes the queued calls, and for a few rounds the calls that these cause. A protocol that calls itself forever
    /// (`call_soon`) does not keep the others from their events.
    fn run_calls(&mut self) {
        for _ in 0..CALL_ROUNDS {
            self.flush_corked();
            if self.net.cx.calls.is_empty() {
                return;
            }
            for _ in 0..self.net.cx.calls.len() {
                let Some((id, call)) = self.net.cx.calls.pop_front() else { return };
                self.call(id, call);
            }
        }
    }

    /// Sends the datagrams of the callbacks.
    fn flush_corked(&mut self) {
        while let Some(id) = self.net.cx.cork.sockets.pop() {
            if let Some(mut datagram) = self.net.datagram_mut(id) {
                datagram.corked = false;
                datagram.flush();
            }
        }
    }

    /// Continues with the slots that stopped before `WouldBlock`.
    fn end_turn(&mut self) {
        for id in std::mem::take(&mut self.net.cx.ready) {
            self.run_ready(id);
        }
        self.run_calls();
    }
}

/// The smaller of two limits. `None` is no limit.
fn earlier<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

impl fmt::Debug for EventLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLoop").field("net", &self.net).finish_non_exhaustive()
    }
}
