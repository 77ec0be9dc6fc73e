//! What a transport needs of the loop ([`Ctx`]), the callbacks that it queues there ([`Call`]), and references to one
//! transport together with the `Ctx`.
//!
//! `Net` is the arena of transports and a [`Ctx`]. No transport is in a `Ctx`, so a stream and the `Ctx` can be
//! borrowed at the same time. A [`SlotRef`] holds both. The loop looks the transport of an event up once. What concerns
//! this transport alone is a method of the reference, and what concerns several transports is a method of `Net`.

use std::collections::VecDeque;
use std::io;
use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use super::admission::Admissions;
use super::connect::error::ConnectError;
use super::connect::resolver::{Answer, Resolver};
use super::datagram::socket::{Cork, Datagram, DatagramLabel};
use super::dump::{Dump, Tap};
use super::id::Id;
use super::info::{ConnectionEnd, Totals};
use super::keepalive::Looks;
use super::label::StreamLabel;
use super::number::{Number, Numbers};
use super::out_buf::BufferPool;
use super::pipe_pool::PipePool;
use super::process::Process;
use super::protocol::{DatagramProtocol, Factory, Handler, SubprocessProtocol};
use super::readiness::RearmQueue;
use super::stream::Stream;
use super::timers::{Alarm, Due, TimerId, Timers};

/// The receiver of a slot's callbacks.
#[derive(Default)]
pub(crate) enum Installed {
    #[default]
    Nothing,
    Protocol(Handler),
    Factory(Factory),
    Datagram(Box<dyn DatagramProtocol>),
    Subprocess(Box<dyn SubprocessProtocol>),
    /// A pipe of the child `process`: the protocol of the child is called.
    Pipe {
        process: Id,
        number: u8,
    },
}

/// A callback in the queue.
pub(crate) enum Call {
    /// Callbacks go to this protocol from now on.
    Install(Installed),
    ConnectionMade,
    ConnectionFailed(ConnectError),
    PauseWriting,
    ResumeWriting,
    /// A write has failed, and bytes are lost. The stream goes on reading.
    WritingFailed(io::Error),
    Timer(TimerId),
    ErrorReceived(io::Error),
    TlsStarted,
    /// The answer to a look-up.
    Resolved(Answer),
    /// A connection awaits admission. No protocol is called.
    Admit,
    ProcessExited,
    ConnectionLost(Option<io::Error>),
    /// The end of a stream that no protocol knows of.
    Forget,
}

impl Call {
    /// Whether the slot is free once the call is made.
    pub(crate) fn is_last(&self) -> bool {
        matches!(self, Self::ConnectionFailed(_) | Self::ConnectionLost(_) | Self::Forget)
    }
}

/// The clock, the queues, the timers and the pools of a loop.
pub(crate) struct Ctx {
    /// Queued callbacks, in order. asyncio's `call_soon` queue.
    pub(crate) calls: VecDeque<(Id, Call)>,
    /// The run queue: slots that stopped before `WouldBlock`. The loop takes them up in the next turn without an event.
    pub(crate) ready: Vec<Id>,
    pub(crate) timers: Timers,
    /// The time of this turn of the loop.
    pub(crate) now: Instant,
    /// Counts turns of the loop.
    pub(crate) turn: u64,
    pub(crate) registry: mio::Registry,
    pub(crate) buffer_pool: BufferPool,
    /// Pipes through which the kernel moves bytes between sockets.
    pub(crate) pipes: PipePool,
    /// A buffer for ciphertext. It is empty until a stream uses TLS.
    pub(crate) ciphertext: Box<[u8]>,
    pub(crate) rearm: RearmQueue,
    /// When the loop looks for peers that have vanished.
    pub(crate) looks: Looks,
    pub(crate) numbers: Numbers,
    pub(crate) resolver: Resolver,
    /// The listeners, and the connections that count against their limits.
    pub(crate) admissions: Admissions,
    /// Datagram sockets that send together after the present callbacks.
    pub(crate) cork: Cork,
    /// How many slots keep the loop running.
    pub(crate) foreground: usize,
    /// [`Net::stop`](super::net::Net::stop) was called.
    pub(crate) stopped: bool,
    /// The error that the run returns.
    pub(crate) failure: Option<io::Error>,
    /// Shows the bytes of streams and datagrams (`--dump`).
    pub(crate) dump: Option<Box<Dump>>,
    /// The stream whose totals are wanted beyond its end.
    pub(crate) watched: Option<(Id, Totals)>,
    /// How the last connection has ended.
    pub(crate) last_end: Option<ConnectionEnd>,
}

impl Ctx {
    pub(crate) fn new(registry: mio::Registry, now: Instant) -> Self {
        Self {
            calls: VecDeque::new(),
            ready: Vec::new(),
            timers: Timers::default(),
            now,
            turn: 0,
            registry,
            buffer_pool: BufferPool::default(),
            pipes: PipePool::default(),
            ciphertext: Box::default(),
            rearm: RearmQueue::default(),
            looks: Looks::default(),
            numbers: Numbers::default(),
            resolver: Resolver::default(),
            admissions: Admissions::default(),
            cork: Cork::default(),
            foreground: 0,
            stopped: false,
            failure: None,
            dump: None,
            watched: None,
            last_end: None,
        }
    }

    /// Gives a number to a new connection, and adds the connection to the dump, if there is one.
    pub(crate) fn introduce(&mut self, stream: &mut Stream) {
        let number = self.numbers.next();
        self.introduce_as(stream, number, None);
    }

    /// The same for a stream of a connection that has a number. `name` is for a stream without an address.
    pub(crate) fn introduce_as(&mut self, stream: &mut Stream, number: Number, name: Option<String>) {
        stream.number = number;
        if self.dump.is_some() {
            stream.stack.get_or_insert_default().tap = Some(Tap::new(number, name));
        }
    }

    /// The same for a datagram socket.
    pub(crate) fn introduce_datagrams(&mut self, datagram: &mut Datagram) {
        datagram.number = self.numbers.next();
        datagram.tap = self.dump.is_some().then(|| Box::new(Tap::new(datagram.number, None)));
    }

    /// How long to wait before writing to a slow reader of the dump again. `None` if no text is pending.
    pub(crate) fn dump_delay(&self) -> Option<Duration> {
        self.dump.as_ref()?.delay()
    }

    /// Ends the run with `error`, unless there was another error before.
    pub(crate) fn stop_with(&mut self, error: io::Error) {
        self.stopped = true;
        self.failure.get_or_insert(error);
    }

    /// Ends the run: a connection could not be made, and its protocol has no `connection_failed` of its own. It is no
    /// error that a connection was closed on this side.
    pub(crate) fn not_handled(&mut self, error: ConnectError) {
        if !error.is_given_up() {
            self.stop_with(error.into());
        }
    }

    /// Counts a slot that moves into the background, where it does not keep the loop running, or out of it.
    pub(crate) fn note_background(&mut self, was_background: bool, is_background: bool) {
        self.foreground += usize::from(was_background);
        self.foreground -= usize::from(is_background);
    }

    /// Whether callbacks are queued, or datagrams that callbacks have sent.
    pub(crate) fn has_calls(&self) -> bool {
        !self.calls.is_empty() || !self.cork.sockets.is_empty()
    }

    /// Whether a queued call gives `id` another protocol, which gets the next bytes.
    pub(crate) fn replaces_protocol(&self, id: Id) -> bool {
        let is_protocol = |installed: &Installed| {
            matches!(installed, Installed::Protocol(_) | Installed::Datagram(_) | Installed::Subprocess(_))
        };
        self.calls.iter().any(|(of, call)| *of == id && matches!(call, Call::Install(new) if is_protocol(new)))
    }
}

/// The value in a slot, and the parts of the loop that it needs. The value stays in its slot while the reference lives:
/// only `Net` frees slots.
pub(crate) struct SlotRef<'a, T> {
    pub(crate) id: Id,
    pub(crate) slot: &'a mut T,
    pub(crate) cx: &'a mut Ctx,
}

pub(crate) type StreamRef<'a> = SlotRef<'a, Stream>;
pub(crate) type DatagramRef<'a> = SlotRef<'a, Datagram>;
pub(crate) type ProcessRef<'a> = SlotRef<'a, Process>;

impl<T> SlotRef<'_, T> {
    /// Queues a callback of the protocol.
    pub(crate) fn call(&mut self, call: Call) {
        self.cx.calls.push_back((self.id, call));
    }
}

impl<T> Deref for SlotRef<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.slot
    }
}

impl<T> DerefMut for SlotRef<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.slot
    }
}

impl StreamRef<'_> {
    /// Puts the stream on the run queue: the loop takes it up in the next turn, or later in this one.
    pub(crate) fn queue_ready(&mut self) {
        if !std::mem::replace(&mut self.queued, true) {
            self.cx.ready.push(self.id);
        }
    }

    /// Puts the stream on the run queue if a read is useful now. No event comes for bytes that have arrived before.
    pub(crate) fn queue_read(&mut self) {
        if self.wants_read() {
            self.queue_ready();
        }
    }

    /// Arms the timer of the stream's current phase. It replaces the timer of the phase before.
    pub(crate) fn arm(&mut self, delay: Duration, alarm: Alarm) {
        self.disarm();
        self.phase_timer = Some(self.cx.timers.arm(delay, Due::Slot(self.id, alarm)));
    }

    /// Cancels the timer of the current phase, if there is one.
    pub(crate) fn disarm(&mut self) {
        if let Some(timer) = self.phase_timer.take() {
            self.cx.timers.cancel(timer);
        }
    }

    /// The name of the stream in messages, with the number.
    pub(crate) fn label(&self) -> StreamLabel<'_> {
        StreamLabel(self.slot, self.id)
    }
}

impl DatagramRef<'_> {
    /// Puts the socket on the run queue: the loop takes it up in the next turn, or later in this one.
    pub(crate) fn queue_ready(&mut self) {
        if !std::mem::replace(&mut self.queued, true) {
            self.cx.ready.push(self.id);
        }
    }

    /// Puts the socket on the run queue if a read is useful now. No event comes for datagrams that have arrived before.
    pub(crate) fn queue_read(&mut self) {
        if self.wants_read() {
            self.queue_ready();
        }
    }

    /// The name of the socket in messages.
    pub(crate) fn label(&self) -> DatagramLabel<'_> {
        DatagramLabel(self.slot)
    }
}
