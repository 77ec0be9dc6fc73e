//! One byte stream: its I/O, states, buffer and readiness.
//!
//! mio reports edges, so readiness is latched here: `readable` and `writable` stay set until a call shows otherwise. A
//! stream that stops earlier, for a budget or a pause, goes on the run queue. The operations are methods of `StreamRef`
//! (`ctx.rs`), in the files `flow.rs`, `closing.rs`, `forward.rs` and so on.

use std::fmt;
use std::time::Instant;

use super::admission::Admission;
use super::channel::Channel;
use super::connect::state::Connecting;
use super::forward_mode::Forward;
use super::id::{Direction, Id};
use super::info::{Peer, Totals};
use super::io::Io;
use super::keepalive::KeepAlive;
use super::layer::LayerStack;
use super::number::Number;
use super::out_buf::WriteBuffer;
use super::readiness::{ReadGate, Readiness, Rearm};
use super::state::{Phase, State};
use super::timers::TimerId;

/// One stream. Its size is the cost of an idle connection.
pub(crate) struct Stream {
    pub(crate) io: Io,
    /// The number of its connection in messages and dumps.
    pub(crate) number: Number,
    pub(crate) state: State,
    pub(crate) out: WriteBuffer,
    /// Layers between a protocol and `out` and `io`. A bare stream has none.
    pub(crate) stack: Option<Box<LayerStack>>,
    /// Bytes that a protocol has handed back. They are delivered first.
    pub(crate) unread: Option<Box<[u8]>>,
    /// The state of connecting, until the stream is connected.
    pub(crate) connecting: Option<Box<Connecting>>,
    /// The sink of a forwarded stream, which gets the bytes instead of the protocol.
    pub(crate) forward: Option<Box<Forward>>,
    /// The stream that is forwarded to this one.
    pub(crate) source: Option<Id>,
    /// `source` is not read until there is room here.
    pub(crate) source_waits: bool,
    pub(crate) peer: Option<Box<Peer>>,
    pub(crate) totals: Totals,
    /// When bytes last moved in either direction. While the stream drains: when that began.
    pub(crate) last_activity: Instant,
    /// When the stream was connected.
    pub(crate) opened: Instant,
    /// When the peer of a TCP connection counts as gone.
    pub(crate) keepalive: KeepAlive,
    /// The timer of the present phase, of which there is at most one: of a handshake or of closing. Set by
    /// [`StreamRef::arm`](super::ctx::StreamRef::arm).
    pub(crate) phase_timer: Option<TimerId>,
    pub(crate) ready: Readiness,
    pub(crate) gate: ReadGate,
    pub(crate) closing: Closing,
    /// On the run queue.
    pub(crate) queued: bool,
    /// Whether a listener has accepted the stream, and whether the stream counts against the limit.
    pub(crate) admission: Admission,
    /// Does not keep the loop running by itself.
    pub(crate) background: bool,
}

/// How a stream closes.
#[derive(Debug, Default)]
pub(crate) struct Closing {
    pub(crate) mode: CloseMode,
    /// A server drops a closing connection that makes no progress for 5 s, because others need its place.
    pub(crate) is_bounded: bool,
    /// Bytes that follow the last byte of a protocol: a close_notify, which is one short record.
    pub(crate) last_bytes: u16,
    /// Bytes have arrived and were dropped since the last check for a lull.
    pub(crate) discarded: bool,
    /// Goes on for a while without a reader of what it writes, if nothing is left to be written.
    pub(crate) bears_missing_reader: bool,
}

/// What a closed stream waits for once everything is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CloseMode {
    /// For the peer's end, so that the close is not a reset, and for the acknowledgement.
    #[default]
    Lingering,
    /// For the acknowledgement alone. No more bytes of the peer are needed.
    Delivered,
    /// For the acknowledgement. Then a reset tells the peer that the stream is not complete.
    Reset,
    /// For nothing. The stream was aborted.
    Aborted,
}

impl Stream {
    pub(crate) fn new(io: Io, phase: Phase, now: Instant) -> Self {
        Self {
            ready: Readiness {
                // Files get no events, and a FIFO without writers can get none, so each is read once. A terminal is
                // not: a read without input stops a job in the background.
                readable: matches!(io, Io::Channels(..)) && !io.reads_terminal(),
                writable: true,
                read_ended: false,
                distrust_short_io: matches!(io, Io::Channels(..)),
                rearm: Rearm::None,
            },
            gate: ReadGate::default(),
            closing: Closing::default(),
            io,
            number: Number::NONE,
            state: State::new(phase),
            out: WriteBuffer::default(),
            stack: None,
            unread: None,
            connecting: None,
            forward: None,
            source: None,
            source_waits: false,
            peer: None,
            totals: Totals::default(),
            last_activity: now,
            opened: now,
            keepalive: KeepAlive::OFF,
            phase_timer: None,
            queued: false,
            admission: Admission::None,
            background: false,
        }
    }

    /// The read end of a pipe, a file or a device.
    pub(crate) fn read_end(channel: Channel, now: Instant) -> Self {
        let mut stream = Self::new(Io::Channels(Some(channel), None), Phase::Open, now);
        stream.state.writing_ended();
        stream
    }

    /// The write end of a pipe, a file or a device.
    pub(crate) fn write_end(channel: Channel, now: Instant) -> Self {
        let mut stream = Self::new(Io::Channels(None, Some(channel)), Phase::Open, now);
        stream.state.write_only();
        stream
    }

    /// Whether arriving bytes go to another stream.
    pub(crate) fn is_forwarded(&self) -> bool {
        self.forward.is_some() && !self.state.discards() && !self.is_negotiating()
    }

    /// Whether the write buffer is empty.
    pub(crate) fn is_flushed(&self) -> bool {
        self.out.is_empty()
    }

    /// Bytes that were written and wait to be sent.
    pub(crate) fn unsent(&self) -> usize {
        self.early() + self.out.len()
    }

    /// How many bytes of a TCP stream, the FIN included, the peer's system has not acknowledged. 0 for other streams.
    pub(crate) fn on_the_way(&self) -> usize {
        if self.has_tcp_peer() { self.io.unacknowledged() } else { 0 }
    }

    /// Whether the peer is one of TCP.
    pub(crate) fn has_tcp_peer(&self) -> bool {
        self.peer.as_deref().is_some_and(|peer| peer.family().is_tcp)
    }

    /// Whether the receiver is on this machine: a unix socket, or a TCP peer with an address of this machine.
    pub(crate) fn is_local(&self) -> bool {
        match (self.peer.as_deref(), &self.io) {
            (Some(peer), Io::Socket(socket)) => peer.is_local(socket),
            _ => true,
        }
    }

    /// Whether both directions are over, and only the acknowledgement is missing.
    pub(crate) fn is_only_unacknowledged(&self) -> bool {
        self.state.phase() == Phase::Draining && self.state.reading_ended()
    }

    /// Whether only an event can show that written bytes are not read: `direction` is the write end of a pipe, or the
    /// peer of a socket has ended its direction already.
    pub(crate) fn only_an_event_tells(&self, direction: Direction) -> bool {
        // A child's terminal ends with the child.
        (direction == Direction::Write && self.io.as_master().is_none())
            || (self.state.reading_ended() && self.io.is_socket())
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("state", &self.state)
            .field("ready", &self.ready)
            .field("gate", &self.gate)
            .field("out", &self.out)
            .finish_non_exhaustive()
    }
}
