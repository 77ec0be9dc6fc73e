//! Everything a protocol may touch: the arena of transports, and the queues and timers of a `Ctx`.
//!
//! No protocol is in here, and a `Transport` handle borrows only this. So a protocol cannot call itself or another
//! protocol, and the borrow checker proves it. Callbacks are queued in `calls`, and the loop makes the calls. The
//! methods here concern several transports. What concerns one stream is a method of `StreamRef`.

use std::fmt;
use std::io;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use mio::unix::SourceFd;

use super::admission::{Admission, Admissions};
use super::ctx::{Call, Ctx, DatagramRef, ProcessRef, StreamRef};
use super::datagram::socket::{Datagram, DatagramLabel};
use super::id::{Arena, Direction, Id};
use super::info::{ChildInfo, ConnectionEnd, Totals};
use super::label::StreamLabel;
use super::listener::Listener;
use super::number::Number;
use super::process::{Process, SIGTERM};
use super::stream::Stream;
use super::timers::{Due, TimerId};

/// The transports of a loop, and the methods that open them. asyncio's methods of a loop.
///
/// # Panics
/// Opening a transport panics if there are 2^31 - 1 of them already, which is more than a system has descriptors.
pub struct Net {
    pub(crate) slots: Arena<Slot>,
    pub(crate) cx: Ctx,
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

impl Slot {
    /// Whether bytes still have to be sent. This counts for streams in the background too: stdout may not have taken
    /// all bytes of an ended session.
    pub(crate) fn is_flushing(&self) -> bool {
        match self {
            Self::Stream(stream) => !stream.is_flushed(),
            Self::Datagram(datagram) => !datagram.queue.is_empty(),
            Self::Listener(_) | Self::Process(_) => false,
        }
    }

    /// Whether this is a listener that the first admitted connection closes.
    pub(crate) fn serves_one(&self) -> bool {
        matches!(self, Self::Listener(listener) if listener.options.once)
    }

    /// Registers the descriptors of an open transport with epoll.
    fn register(&mut self, registry: &mio::Registry, id: Id) -> io::Result<()> {
        let fd = match self {
            Self::Stream(stream) => return stream.io.register(registry, id),
            Self::Datagram(datagram) => return datagram.io.register(registry, id),
            Self::Listener(listener) => listener.socket.as_raw_fd(),
            Self::Process(process) => process.pidfd.as_raw_fd(),
        };
        registry.register(&mut SourceFd(&fd), id.token(Direction::Read), mio::Interest::READABLE)
    }
}

/// Look-ups that change nothing.
impl Arena<Slot> {
    pub(crate) fn stream(&self, id: Id) -> Option<&Stream> {
        if let Slot::Stream(stream) = self.get(id)? { Some(stream) } else { None }
    }

    pub(crate) fn datagram(&self, id: Id) -> Option<&Datagram> {
        if let Slot::Datagram(datagram) = self.get(id)? { Some(datagram) } else { None }
    }

    pub(crate) fn process(&self, id: Id) -> Option<&Process> {
        if let Slot::Process(process) = self.get(id)? { Some(process) } else { None }
    }

    /// The child at the other end of a pipe. This searches all slots, and only `info` of a pipe needs it.
    pub(crate) fn child_of_pipe(&self, pipe: Id) -> Option<ChildInfo> {
        self.iter().find_map(|(id, slot)| {
            let Slot::Process(process) = slot else { return None };
            let number = process.pipes.iter().position(|&own| own == Some(pipe))?;
            Some(process.info(id, Some(number as u8)))
        })
    }
}

impl Net {
    pub(crate) fn new(registry: mio::Registry, now: Instant) -> Self {
        Self { slots: Arena::new(), cx: Ctx::new(registry, now) }
    }

    /// Calls `timer_fired` of the protocol of `id` after `delay`, never earlier, unless the transport ends before.
    /// asyncio's `call_later`.
    pub fn call_later(&mut self, id: Id, delay: Duration) -> TimerId {
        if self.slots.get(id).is_none() {
            return self.cx.timers.name(self.cx.now);
        }
        self.cx.timers.arm(delay, Due::Protocol(id))
    }

    /// Calls `timer_fired` of the protocol of `id` right after the current callback, which is too soon to be cancelled.
    /// asyncio's `call_soon`.
    pub fn call_soon(&mut self, id: Id) -> TimerId {
        let timer = self.cx.timers.name(self.cx.now);
        self.cx.calls.push_back((id, Call::Timer(timer)));
        timer
    }

    /// Cancels a timer of `call_later`, unless it has fired already. asyncio's `TimerHandle.cancel`.
    pub fn cancel(&mut self, timer: TimerId) {
        self.cx.timers.cancel(timer);
    }

    /// The time of this turn of the loop. asyncio's `loop.time()`.
    #[doc(alias = "time")]
    #[must_use]
    pub fn now(&self) -> Instant {
        self.cx.now
    }

    /// Ends the loop's run after this turn, whatever is still open. A run that has not begun is not affected. asyncio's
    /// `loop.stop()`.
    pub fn stop(&mut self) {
        self.cx.stopped = true;
    }

    /// Whether the run ends after this turn. Callbacks of this turn go on, and nothing new should begin in them.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.cx.stopped
    }

    /// Ends the loop's run as [`stop`](Self::stop) does, and [`run`] returns the first such error. In asyncio,
    /// an exception ends `run_until_complete`.
    ///
    /// [`run`]: crate::event_loop::EventLoop::run
    pub fn stop_with(&mut self, error: impl Into<io::Error>) {
        self.cx.stop_with(error.into());
    }

    /// Closes every listener at once, so that new connections are refused. Open connections go on. Datagram sockets
    /// that serve clients are closed too, after their queued datagrams.
    pub fn close_listeners(&mut self) {
        while let Some(&id) = self.cx.admissions.listeners.first() {
            self.close_listener(id);
        }
        self.cx.release_waiters();
    }

    /// Closes one listener, and resets the connections that it has accepted and that are not admitted yet. A datagram
    /// socket is closed cleanly instead. It no longer counts as listening from this call on. asyncio's `Server.close`.
    #[doc(alias = "Server")]
    pub fn close_listener(&mut self, id: Id) {
        let Some(index) = self.cx.admissions.listeners.iter().position(|&listener| listener == id) else { return };
        self.cx.admissions.listeners.remove(index);
        if let Some(mut datagram) = self.datagram_mut(id) {
            return datagram.close();
        }
        self.remove(id);
        for pending in self.cx.admissions.pending.clone() {
            if let Some(mut stream) = self.stream_mut(pending)
                && stream.admission.listener() == Some(id)
            {
                stream.force_close(None, true);
            }
        }
    }

    /// Aborts every datagram socket and every stream that is not in the background. TCP peers see a reset. Children are
    /// asked to end.
    pub fn abort_all(&mut self) {
        let cx = &mut self.cx;
        for (id, slot) in self.slots.iter_mut() {
            match slot {
                Slot::Stream(stream) if !stream.background => {
                    StreamRef { id, slot: stream, cx }.force_close(None, true)
                }
                Slot::Datagram(datagram) => DatagramRef { id, slot: datagram, cx }.force_close(),
                Slot::Process(process) => ProcessRef { id, slot: process, cx }.ask_to_end(SIGTERM),
                Slot::Stream(_) | Slot::Listener(_) => (),
            }
        }
    }

    /// Kills every child that is left, with its group.
    pub fn kill_children(&mut self) {
        let children = self.slots.iter().filter(|(_, slot)| matches!(slot, Slot::Process(_)));
        for id in children.map(|(id, _)| id).collect::<Vec<Id>>() {
            self.subprocess_transport(id).kill_group();
        }
    }

    /// Whether there are children that have not ended. Children that cannot be killed do not count.
    #[must_use]
    pub fn has_children(&self) -> bool {
        self.slots.iter().any(|(_, slot)| matches!(slot, Slot::Process(process) if process.runs()))
    }

    /// Counts a child against the limits of listeners instead of its connection, as the child may live longer.
    pub fn count_child_instead(&mut self, connection: Id, child: Id) {
        let Some(mut stream) = self.stream_mut(connection) else { return };
        let accepted = std::mem::replace(&mut stream.admission, Admission::None).counts();
        match self.process_mut(child) {
            Some(mut child) => child.accepted = accepted,
            None => self.cx.admissions.taken -= usize::from(accepted),
        }
    }

    /// The listeners, and the connections that they have let in. asyncio's `Server`.
    #[must_use]
    pub fn admissions(&self) -> &Admissions {
        &self.cx.admissions
    }

    /// The number of a transport in messages. It is [`Number::NONE`] if the transport has none, or is lost.
    #[must_use]
    pub fn number(&self, id: Id) -> Number {
        match self.slots.get(id) {
            Some(Slot::Stream(stream)) => stream.number,
            Some(Slot::Datagram(datagram)) => datagram.number,
            Some(Slot::Process(process)) => process.number,
            Some(Slot::Listener(_)) | None => Number::NONE,
        }
    }

    /// A new number, for a connection that has no transport of its own yet.
    pub fn new_number(&mut self) -> Number {
        self.cx.numbers.new_one()
    }

    /// Calls `open`. The transports that it opens belong to the connection `number`. With [`Number::NONE`], each of
    /// them is a new connection.
    pub fn with_number<T>(&mut self, number: Number, open: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.cx.numbers.shared, number);
        let result = open(self);
        self.cx.numbers.shared = before;
        result
    }

    /// A stream, with the parts of the loop that it needs.
    pub(crate) fn stream_mut(&mut self, id: Id) -> Option<StreamRef<'_>> {
        match self.slots.get_mut(id) {
            Some(Slot::Stream(stream)) => Some(StreamRef { id, slot: stream, cx: &mut self.cx }),
            _ => None,
        }
    }

    /// A datagram socket, with the parts of the loop that it needs.
    pub(crate) fn datagram_mut(&mut self, id: Id) -> Option<DatagramRef<'_>> {
        match self.slots.get_mut(id) {
            Some(Slot::Datagram(datagram)) => Some(DatagramRef { id, slot: datagram, cx: &mut self.cx }),
            _ => None,
        }
    }

    /// Puts an open transport into the arena and registers it.
    pub(crate) fn add(&mut self, slot: Slot) -> io::Result<Id> {
        self.cx.foreground += 1;
        let id = self.slots.insert(slot);
        let registered = self.slots.get_mut(id).map_or(Ok(()), |slot| slot.register(&self.cx.registry, id));
        registered.inspect_err(|_| self.remove(id))?;
        Ok(id)
    }

    /// The bytes that have crossed the watched stream, and whether the stream is in the background, or lost. `None`
    /// without a watched stream.
    #[must_use]
    pub fn watched_totals(&self) -> Option<(Totals, bool)> {
        let (id, totals) = self.cx.watched?;
        Some(self.slots.stream(id).map_or((totals, true), |stream| (stream.totals, stream.background)))
    }

    /// How the last connection has ended since this was asked before. `None` if none has.
    pub fn take_last_end(&mut self) -> Option<ConnectionEnd> {
        self.cx.last_end.take()
    }

    /// Frees a slot. Listeners that wait for a descriptor or for a place are woken.
    pub(crate) fn remove(&mut self, id: Id) {
        let Some(slot) = self.slots.remove(id) else { return };
        let (background, accepted) = match &slot {
            Slot::Stream(stream) => (stream.background, stream.admission.counts()),
            Slot::Listener(_) => (false, false),
            Slot::Datagram(datagram) => (datagram.background, false),
            Slot::Process(process) => (process.is_given_up(), process.accepted),
        };
        if !background {
            self.cx.foreground -= 1;
        }
        self.cx.timers.cancel_all(id);
        if matches!(slot, Slot::Listener(_) | Slot::Datagram(_)) {
            self.cx.admissions.listeners.retain(|listener| *listener != id);
            self.cx.admissions.own.remove(id);
        }
        self.cx.admissions.waiters.retain(|(waiter, _)| *waiter != id);
        if matches!(&slot, Slot::Stream(stream) if stream.admission.is_pending()) {
            self.cx.admissions.pending.retain(|pending| *pending != id);
        }
        let source = if let Slot::Stream(stream) = &slot { stream.source } else { None };
        if let (Some((watched, totals)), Slot::Stream(stream)) = (&mut self.cx.watched, &slot)
            && *watched == id
        {
            *totals = stream.totals;
        }
        // The descriptors are closed before a listener tries to use them.
        drop(slot);
        // A source goes on without its sink, because a lost sink would never have room again.
        if let Some(mut source) = source.and_then(|source| self.stream_mut(source))
            && source.is_forwarded_to(id)
        {
            source.stop_forwarding();
        }
        if accepted {
            self.cx.admissions.taken -= 1;
        }
        self.wake_listeners();
    }
}

/// The name of a transport in messages. It is looked up only if the message is written.
pub(crate) struct Label<'a>(pub(crate) &'a Net, pub(crate) Id);

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let &Self(net, id) = self;
        if let Some(datagram) = net.slots.datagram(id) {
            return DatagramLabel(datagram).fmt(f);
        }
        match net.slots.stream(id) {
            Some(stream) => StreamLabel(stream, id).fmt(f),
            None => write!(f, "{id:?}"),
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
