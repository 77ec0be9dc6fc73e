//! Everything a protocol may touch: the arena of transports, the queue of calls, the timers.
//!
//! No protocol is ever in here, and a `Transport` handle borrows only this: so a protocol cannot call itself or
//! another one, and the borrow checker proves it. What a method here causes is queued in `calls`, and the loop makes
//! the calls. How streams are opened is `opening.rs` and `connect/`, how bytes flow `write.rs`.

use std::fmt;
use std::io;
use std::time::{Duration, Instant};

use super::admission::Admission;
use super::call::Call;
use super::connect::ConnectError;
use super::ctx::{Ctx, DatagramRef, StreamRef};
use super::datagram::socket::Datagram;
use super::dump::Dump;
use super::id::{Arena, Id};
use super::listener::Listener;
use super::process::{Ending, Process, SIGTERM};
use super::stream::Stream;
use super::timers::{Alarm, TimerId};

/// The transports of a loop, and what opens them. asyncio's methods of a loop.
///
/// # Panics
/// To open a transport panics if there are 2^31 - 1 of them already, which is more than a system has descriptors.
pub struct Net {
    pub(crate) slots: Arena<Slot>,
    pub(crate) cx: Ctx,
    /// Listeners, of which there are few, and datagram sockets that serve; whoever waits for room is among them.
    pub(crate) listeners: Vec<Id>,
    /// Protocols that want to know of a client that waits for a place, by the name of the timer that tells them.
    pub(crate) client_waiters: Vec<(Id, TimerId)>,
    /// Accepted connections that are open.
    pub(crate) accepted: usize,
    /// Slots that keep the loop running: all but those in the background.
    pub(crate) foreground: usize,
    pub(crate) stopped: bool,
    /// What the run ends with.
    pub(crate) failure: Option<io::Error>,
}

/// What a slot of the arena can hold.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // Nearly every slot is a stream; a box for each would cost more than it saves.
pub(crate) enum Slot {
    Stream(Stream),
    Listener(Box<Listener>),
    Datagram(Box<Datagram>),
    Process(Box<Process>),
}

impl Net {
    pub(crate) fn new(registry: mio::Registry, now: Instant) -> Self {
        Self {
            slots: Arena::new(),
            cx: Ctx::new(registry, now),
            listeners: Vec::new(),
            client_waiters: Vec::new(),
            accepted: 0,
            foreground: 0,
            stopped: false,
            failure: None,
        }
    }

    /// Calls `timer_fired` of `id`'s protocol once `delay` has passed from this moment on, never earlier. asyncio's
    /// `call_later`.
    pub fn call_later(&mut self, id: Id, delay: Duration) -> TimerId {
        self.cx.timers.arm(delay, Some(id), Alarm::Protocol)
    }

    /// Calls `timer_fired` of `id`'s protocol right after the present callback, which is too soon to be cancelled.
    /// asyncio's `call_soon`.
    pub fn call_soon(&mut self, id: Id) -> TimerId {
        let timer = self.cx.timers.name(self.cx.now);
        self.cx.calls.push_back((id, Call::Timer(timer)));
        timer
    }

    /// Cancels a timer of `call_later`; one that has fired is left alone. asyncio's `TimerHandle.cancel`.
    pub fn cancel(&mut self, timer: TimerId) {
        self.cx.timers.cancel(timer);
    }

    /// Shows what is sent and received from now on: by new connections, new datagram sockets and new children. asyncio
    /// has nothing like it.
    pub fn set_dump(&mut self, dump: Dump) {
        self.cx.dump = Some(Box::new(dump));
    }

    /// The time of this turn of the loop. asyncio's `loop.time()`.
    #[doc(alias = "time")]
    #[must_use]
    pub fn now(&self) -> Instant {
        self.cx.now
    }

    /// Ends the loop's run after this turn, whatever is still open; a run that has not begun is not affected. asyncio's
    /// `loop.stop()`.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// Ends the loop's run as [`stop`](Self::stop) does, and [`run`] returns this error; of several it is the first
    /// one. asyncio has none: there an exception ends `run_until_complete`.
    ///
    /// [`run`]: crate::event_loop::EventLoop::run
    pub fn stop_with(&mut self, error: impl Into<io::Error>) {
        self.stop();
        self.failure.get_or_insert_with(|| error.into());
    }

    /// A connection could not be made, and its protocol does nothing about that. What we did not want any more is no
    /// error.
    pub(crate) fn not_handled(&mut self, error: ConnectError) {
        if !error.is_given_up() {
            self.stop_with(error);
        }
    }

    /// Closes every listener at once, so that new connections are refused. The sessions go on. Datagram sockets that
    /// serve whoever comes are closed too, once what they have queued is out.
    pub fn close_listeners(&mut self) {
        for id in std::mem::take(&mut self.listeners) {
            self.stop_listening(id);
        }
        self.release_places();
    }

    /// Closes one listener. asyncio's `Server.close`.
    #[doc(alias = "Server")]
    pub fn close_listener(&mut self, id: Id) {
        if self.listeners.contains(&id) {
            self.stop_listening(id);
        }
    }

    fn stop_listening(&mut self, id: Id) {
        match self.slots.get(id) {
            Some(Slot::Datagram(_)) => self.datagram_transport(id).close(),
            _ => {
                self.remove(id);
                self.drop_pending_accepts(id);
            }
        }
    }

    /// Aborts every stream but those in the background, and every datagram socket; TCP peers see a reset. Children are
    /// asked to end.
    pub fn abort_all(&mut self) {
        let doomed = self.slots.iter().filter(|(_, slot)| match slot {
            Slot::Stream(stream) => !stream.background,
            Slot::Datagram(_) | Slot::Process(_) => true,
            Slot::Listener(_) => false,
        });
        for id in doomed.map(|(id, _)| id).collect::<Vec<Id>>() {
            self.ask_to_end(id, SIGTERM);
            self.force_close(id, None, true);
            if let Some(mut datagram) = self.datagram_mut(id) {
                datagram.force_close();
            }
        }
    }

    /// Kills every child that is left, with its group.
    pub fn kill_children(&mut self) {
        let children = self.slots.iter().filter(|(_, slot)| matches!(slot, Slot::Process(_)));
        for id in children.map(|(id, _)| id).collect::<Vec<Id>>() {
            self.kill_group(id);
        }
    }

    /// Whether there are children that have not ended. Children that cannot be killed do not count.
    #[must_use]
    pub fn has_children(&self) -> bool {
        self.slots.iter().any(|(_, slot)| matches!(slot, Slot::Process(process) if process.runs()))
    }

    /// Whether a listener or a datagram socket is open for clients. A listener for one client closes when that client
    /// is admitted.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        !self.listeners.is_empty()
    }

    /// Counts a connection against the limits of listeners, as if one of them had let it in: one that was inherited.
    pub fn count_as_accepted(&mut self, id: Id) {
        let Some(mut stream) = self.stream_mut(id) else { return };
        if !std::mem::replace(&mut stream.admission, Admission::Admitted).counts() {
            self.accepted += 1;
        }
    }

    /// Counts a child against the limits of listeners instead of the connection that it is for: it may live longer.
    pub fn count_child_instead(&mut self, connection: Id, child: Id) {
        let Some(mut stream) = self.stream_mut(connection) else { return };
        let accepted = std::mem::replace(&mut stream.admission, Admission::None).counts();
        match self.process_mut(child) {
            Some(process) => process.accepted = accepted,
            None => self.accepted -= usize::from(accepted),
        }
    }

    /// How many connections, or children in their stead, count against the limits of listeners.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.accepted
    }

    /// Whether bytes still have to go out, if only in the background: stdout has not taken all of a session that is
    /// over.
    pub(crate) fn is_flushing(&self) -> bool {
        self.slots.iter().any(|(_, slot)| match slot {
            Slot::Stream(stream) => !stream.is_flushed(),
            Slot::Datagram(datagram) => !datagram.queue.is_empty(),
            Slot::Listener(_) | Slot::Process(_) => false,
        })
    }

    pub(crate) fn stream(&self, id: Id) -> Option<&Stream> {
        match self.slots.get(id) {
            Some(Slot::Stream(stream)) => Some(stream),
            _ => None,
        }
    }

    /// One stream and what it needs of the loop.
    pub(crate) fn stream_mut(&mut self, id: Id) -> Option<StreamRef<'_>> {
        match self.slots.get_mut(id) {
            Some(Slot::Stream(stream)) => Some(StreamRef { id, stream, cx: &mut self.cx }),
            _ => None,
        }
    }

    /// Ends a stream now. See [`StreamRef::force_close`].
    pub(crate) fn force_close(&mut self, id: Id, error: Option<io::Error>, reset: bool) {
        if let Some(mut stream) = self.stream_mut(id) {
            stream.force_close(error, reset);
        }
    }

    pub(crate) fn datagram(&self, id: Id) -> Option<&Datagram> {
        match self.slots.get(id) {
            Some(Slot::Datagram(datagram)) => Some(datagram),
            _ => None,
        }
    }

    /// One datagram socket and what it needs of the loop.
    pub(crate) fn datagram_mut(&mut self, id: Id) -> Option<DatagramRef<'_>> {
        match self.slots.get_mut(id) {
            Some(Slot::Datagram(datagram)) => Some(DatagramRef { id, datagram, cx: &mut self.cx }),
            _ => None,
        }
    }

    pub(crate) fn listener_mut(&mut self, id: Id) -> Option<&mut Listener> {
        match self.slots.get_mut(id) {
            Some(Slot::Listener(listener)) => Some(listener),
            _ => None,
        }
    }

    pub(crate) fn insert(&mut self, slot: Slot) -> Id {
        self.foreground += 1;
        self.slots.insert(slot)
    }

    /// Frees a slot. Whoever waits for a descriptor, or for a place under a listener's limit, is woken.
    pub(crate) fn remove(&mut self, id: Id) {
        let Some(slot) = self.slots.remove(id) else { return };
        let (background, accepted, timer) = match &slot {
            Slot::Stream(stream) => (stream.background, stream.admission.counts(), stream.phase_timer),
            Slot::Listener(listener) => (false, false, listener.retry_timer()),
            Slot::Datagram(datagram) => (datagram.background, false, None),
            Slot::Process(process) => (process.is_given_up(), process.accepted, process.ending.and_then(Ending::timer)),
        };
        if !background {
            self.foreground -= 1;
        }
        if let Some(timer) = timer {
            self.cx.timers.cancel(timer);
        }
        if matches!(slot, Slot::Listener(_) | Slot::Datagram(_)) {
            self.listeners.retain(|listener| *listener != id);
        }
        self.client_waiters.retain(|(waiter, _)| *waiter != id);
        if matches!(&slot, Slot::Stream(stream) if stream.admission.is_pending()) {
            self.cx.pending_accepts.retain(|pending| *pending != id);
        }
        let source = if let Slot::Stream(stream) = &slot { stream.source } else { None };
        // What was in it is closed before anyone tries to have its place.
        drop(slot);
        if let Some(source) = source {
            self.sink_removed(id, source);
        }
        if accepted {
            self.accepted -= 1;
        }
        self.room_for_listeners();
    }

    /// Whether a slot keeps the loop running by itself.
    pub(crate) fn set_background(&mut self, id: Id, background: bool) {
        let before = match self.slots.get_mut(id) {
            Some(Slot::Stream(stream)) => std::mem::replace(&mut stream.background, background),
            Some(Slot::Datagram(datagram)) => std::mem::replace(&mut datagram.background, background),
            _ => return,
        };
        match (before, background) {
            (false, true) => self.foreground -= 1,
            (true, false) => self.foreground += 1,
            (true, true) | (false, false) => (),
        }
    }

    /// Puts `id` on the run queue: the loop takes it up in the next turn, or later in this one.
    pub(crate) fn queue_ready(&mut self, id: Id) {
        let queues = match self.slots.get_mut(id) {
            Some(Slot::Stream(stream)) => !std::mem::replace(&mut stream.queued, true),
            Some(Slot::Listener(listener)) => listener.queue(),
            Some(Slot::Datagram(datagram)) => !std::mem::replace(&mut datagram.queued, true),
            Some(Slot::Process(_)) | None => false,
        };
        if queues {
            self.cx.ready.push(id);
        }
    }
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Net")
            .field("slots", &self.slots)
            .field("calls", &self.cx.calls.len())
            .field("ready", &self.cx.ready)
            .field("timers", &self.cx.timers)
            .finish_non_exhaustive()
    }
}
