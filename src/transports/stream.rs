//! One byte stream: its I/O, its states, its buffer and what is known of its readiness.
//!
//! mio reports edges, so readiness is latched here: `readable` and `writable` stay set until a call says otherwise, and
//! whatever stops earlier than that (a budget, a pause) must be remembered by the loop. Callbacks and queues are
//! `net.rs` and `write.rs`.

use std::fmt;
use std::time::Instant;

use super::channel::Channel;
use super::connect::state::Connecting;
use super::forward_mode::Forward;
use super::id::{Direction, Id};
use super::info::{Peer, Totals};
use super::io::Io;
use super::keepalive::KeepAlive;
use super::out_buf::{OutBuf, WaterMarks};
use super::pipe_pool::Spliced;
use super::state::{Phase, State};
use super::timers::TimerId;
use super::tls::layer::Layer;

/// One stream. The size of this is what an idle connection costs.
pub(crate) struct Stream {
    pub(crate) io: Io,
    pub(crate) state: State,
    pub(crate) out: OutBuf,
    pub(crate) marks: WaterMarks,
    /// TLS between what a protocol writes and what `out` and `io` get.
    pub(crate) tls: Option<Box<Layer>>,
    /// Bytes that a protocol has handed back. They are delivered before all others.
    pub(crate) unread: Option<Box<[u8]>>,
    /// What is kept until it is connected.
    pub(crate) connecting: Option<Box<Connecting>>,
    /// The sink of a forwarded stream, which gets the bytes instead of the protocol.
    pub(crate) forward: Option<Box<Forward>>,
    /// The stream that is forwarded to this one.
    pub(crate) source: Option<Id>,
    /// That stream waits for room here.
    pub(crate) source_waits: bool,
    /// Bytes in a pipe that are sent before those in `out`.
    pub(crate) spliced: Option<Box<Spliced>>,
    pub(crate) peer: Option<Box<Peer>>,
    pub(crate) totals: Totals,
    pub(crate) last_activity: Instant,
    /// When its peer counts as gone. Off unless the stream is a TCP connection.
    pub(crate) keepalive: KeepAlive,
    /// The timer of the present phase, if it has one.
    pub(crate) phase_timer: Option<TimerId>,
    /// Latched by an event, cleared by a read that took all there was.
    pub(crate) readable: bool,
    /// Latched by an event, cleared by a write that did not fit.
    pub(crate) writable: bool,
    /// Cleared by `pause_reading`.
    pub(crate) reading: bool,
    /// It is forwarded, and the sink has no room.
    pub(crate) blocked_by_sink: bool,
    /// Set over the high-water mark; `pause_writing` has been called or is queued.
    pub(crate) writing_paused: bool,
    /// An event has told of the peer's end (`EPOLLRDHUP`). A short read does not mean that all was read then.
    pub(crate) rdhup_seen: bool,
    /// A short read or write does not mean that no more is there: terminals give a line at a time, TCP stops at an
    /// urgent mark.
    pub(crate) distrust_short_io: bool,
    /// On the list of those that have more to do in the next turn.
    pub(crate) queued: bool,
    /// Whether epoll is to report its readiness anew.
    pub(crate) rearm: Rearm,
    /// A listener has let it in, and it counts against the limit.
    pub(crate) accepted: bool,
    /// A server drops it when its close makes no progress for 5 s, as other connections need its place.
    pub(crate) bounded_close: bool,
    pub(crate) close_mode: CloseMode,
    /// Bytes of our direction behind the last one of a protocol: a close_notify, which is one short record.
    pub(crate) closing_bytes: u16,
    /// Bytes have come that nobody wants, since the stream was last asked for a lull.
    pub(crate) discarded: bool,
    /// Does not keep the loop running by itself.
    pub(crate) background: bool,
}

/// What a stream waits for once it is closed and everything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloseMode {
    /// The peer's end, so that our close is no reset, and its acknowledgement.
    Lingering,
    /// The peer's acknowledgement alone: nothing that the peer may still say is wanted.
    Delivered,
    /// The same, and then the peer is told by a reset: what it has is not all there was.
    Reset,
    /// Nothing: we have ended it, and not in order.
    Aborted,
}

/// Whether a latch was cleared by a short count, which can be wrong. See `rearm.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rearm {
    None,
    /// In the rearm queue.
    Queued,
    /// Rearmed in this turn. An event in the next turn is the answer.
    Asked {
        turn: u64,
    },
}

impl Stream {
    pub(crate) fn new(io: Io, phase: Phase, now: Instant) -> Self {
        Self {
            // Files get no events, and a FIFO without writers may get none either: each is read once in any case. A
            // terminal is not: a read that finds nothing there stops a job in the background.
            readable: matches!(io, Io::Channels(..)) && !io.reads_terminal(),
            distrust_short_io: matches!(io, Io::Channels(..)),
            io,
            state: State::new(phase),
            out: OutBuf::default(),
            marks: WaterMarks::default(),
            tls: None,
            unread: None,
            connecting: None,
            forward: None,
            source: None,
            source_waits: false,
            spliced: None,
            peer: None,
            totals: Totals::default(),
            last_activity: now,
            keepalive: KeepAlive::OFF,
            phase_timer: None,
            writable: true,
            reading: true,
            blocked_by_sink: false,
            writing_paused: false,
            rdhup_seen: false,
            queued: false,
            rearm: Rearm::None,
            accepted: false,
            bounded_close: false,
            close_mode: CloseMode::Lingering,
            closing_bytes: 0,
            discarded: false,
            background: false,
        }
    }

    /// The read end of a pipe, a file or a device.
    pub(crate) fn read_end(channel: Channel, now: Instant) -> Self {
        let mut stream = Self::new(Io::Channels(Some(channel), None), Phase::Open, now);
        stream.state.writing_ended();
        stream
    }

    /// The write end of one.
    pub(crate) fn write_end(channel: Channel, now: Instant) -> Self {
        let mut stream = Self::new(Io::Channels(None, Some(channel)), Phase::Open, now);
        stream.state.write_only();
        stream
    }

    /// Whether a read would lead anywhere now.
    pub(crate) fn wants_read(&self) -> bool {
        let (news, handshakes) =
            self.tls.as_deref().map_or((false, false), |tls| (tls.has_peer_event(), tls.is_handshaking()));
        if self.state.discards() {
            // What is left on stdin is for whoever comes after us.
            return news || (self.readable && self.io.needs_lingering_close());
        }
        if handshakes && matches!(self.state.phase(), Phase::Open | Phase::Running) {
            return news || self.readable;
        }
        self.state.delivers()
            && self.reading
            && !self.blocked_by_sink
            && (news || self.readable || self.unread.is_some())
    }

    /// Whether a write would lead anywhere now.
    pub(crate) fn wants_write(&self) -> bool {
        self.writable && !self.is_flushed() && self.state.flushes()
    }

    /// Whether nothing that was written still waits to be sent.
    pub(crate) fn is_flushed(&self) -> bool {
        self.out.is_empty() && self.spliced.is_none()
    }

    /// Bytes that were written and wait to be sent.
    pub(crate) fn unsent(&self) -> usize {
        let early = self.tls.as_deref().map_or(0, Layer::early);
        early + self.out.len() + self.spliced.as_ref().map_or(0, |spliced| spliced.bytes)
    }

    /// Bytes of a TCP stream, our end included, that the peer's system has not acknowledged. Other streams hand over at
    /// once.
    pub(crate) fn on_the_way(&self) -> usize {
        if matches!(self.peer.as_deref(), Some(Peer::Ip(_))) { self.io.unacknowledged() } else { 0 }
    }

    /// Whether what is written is received on this machine: by a unix socket, or over TCP by an address of our own.
    pub(crate) fn is_local(&self) -> bool {
        match (self.peer.as_deref(), &self.io) {
            (Some(Peer::Ip(peer)), Io::Socket(socket)) => {
                peer.ip().is_loopback()
                    || matches!(Peer::local_of(socket), Some(Peer::Ip(own)) if own.ip() == peer.ip())
            }
            _ => true,
        }
    }

    /// Whether both directions are over, and only the peer's last word on our bytes is awaited.
    pub(crate) fn is_only_unacknowledged(&self) -> bool {
        self.state.phase() == Phase::Draining && self.state.reading_ended()
    }

    /// Whether no read will tell that nobody reads what we write: `direction` is a pipe's write end, or a socket whose
    /// peer has ended its direction already.
    pub(crate) fn only_an_event_tells(&self, direction: Direction) -> bool {
        // A child's terminal is over when the child is.
        (direction == Direction::Write && self.io.as_master().is_none())
            || (self.state.reading_ended() && self.io.needs_lingering_close())
    }

    /// Whether what arrives now goes to another stream.
    pub(crate) fn is_forwarded(&self) -> bool {
        self.forward.is_some() && !self.state.discards() && !self.is_handshaking()
    }

    /// Notes what an event says; whether that is news.
    pub(crate) fn latch(&mut self, readable: bool, writable: bool, read_ended: bool) -> bool {
        let is_news = (readable && !self.readable) || (writable && !self.writable) || read_ended;
        self.readable |= readable;
        self.writable |= writable;
        self.rdhup_seen |= read_ended;
        is_news
    }

    /// Whether its TLS is in the middle of a handshake.
    pub(crate) fn is_handshaking(&self) -> bool {
        self.tls.as_deref().is_some_and(Layer::is_handshaking)
    }

    /// Whether it is not open yet, and will be once its TLS is, or would have been.
    pub(crate) fn is_opening(&self) -> bool {
        self.tls.as_deref().is_some_and(Layer::is_opening)
    }

    /// Whether its TLS has failed, and the peer is being told.
    pub(crate) fn has_failed_tls(&self) -> bool {
        self.tls.as_deref().is_some_and(Layer::has_failed)
    }

    /// Whether a listener has accepted it, and has no place for it yet.
    pub(crate) fn awaits_admission(&self) -> bool {
        self.tls.as_deref().is_some_and(Layer::awaits_admission)
    }

    /// Notes a successful read of `n` bytes into a buffer of `space`; true where a latch was cleared on it.
    pub(crate) fn note_read(&mut self, n: usize, space: usize, now: Instant) -> bool {
        if self.state.phase() == Phase::Draining {
            self.discarded = true;
        } else {
            self.last_activity = now;
        }
        let drained = n < space && !self.rdhup_seen && !self.distrust_short_io && !self.io.is_read_always_ready();
        if drained {
            self.readable = false;
        }
        drained
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("state", &self.state)
            .field("readable", &self.readable)
            .field("writable", &self.writable)
            .field("reading", &self.reading)
            .field("writing_paused", &self.writing_paused)
            .field("buffered", &self.out.len())
            .finish_non_exhaustive()
    }
}
