//! What the system and the program say about reading and writing: latches of readiness, and the gate of reads.
//!
//! mio reports edges, so an event sets a latch, and only a call that found nothing clears it. Listeners and datagram
//! sockets have latches of their own, because a short count means nothing for them.

use super::dump::Throttle;
use super::id::Id;
use super::timers::TimerId;

/// The latches of a stream.
#[derive(Debug)]
pub(crate) struct Readiness {
    /// Set by an event, cleared by a read that took all bytes.
    pub(crate) readable: bool,
    /// Set by an event, cleared by a write that did not fit.
    pub(crate) writable: bool,
    /// An event has reported the peer's end (`EPOLLRDHUP`). A short read then does not mean that everything was read.
    pub(crate) read_ended: bool,
    /// A short read or write does not mean that no more is there. A terminal gives a line at a time, TCP stops at an
    /// urgent mark.
    pub(crate) distrust_short_io: bool,
    /// Whether epoll must report the readiness again.
    pub(crate) rearm: Rearm,
}

/// Whether a short count, which can be wrong, has cleared a latch. See `flow.rs`.
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

/// Streams that stopped at a short read or write. They are rearmed once they are idle.
#[derive(Debug, Default)]
pub(crate) struct RearmQueue {
    pub(crate) streams: Vec<Id>,
    pub(crate) timer: Option<TimerId>,
}

impl Readiness {
    /// Notes an event of this turn. Returns whether it says something new.
    ///
    /// News directly after a rearm shows that the short count was wrong. A mere report that a socket is writable is no
    /// news.
    pub(crate) fn note_event(&mut self, readable: bool, writable: bool, read_ended: bool, turn: u64) -> bool {
        let is_news = (readable && !self.readable) || (writable && !self.writable);
        if let Rearm::Asked { turn: asked } = self.rearm {
            self.rearm = Rearm::None;
            self.distrust_short_io |= is_news && turn == asked + 1;
        }
        self.readable |= readable;
        self.writable |= writable;
        self.read_ended |= read_ended;
        is_news || read_ended
    }

    /// Whether a read that filled only a part of its buffer means that no more bytes are there.
    pub(crate) fn trusts_short_reads(&self) -> bool {
        !self.read_ended && !self.distrust_short_io
    }
}

/// What can keep a transport from being read, although bytes are there. Each reason has one owner.
#[derive(Debug, Default)]
pub(crate) struct ReadGate {
    /// The protocol wants no data: `pause_reading`.
    pub(crate) paused: bool,
    /// The stream is forwarded, and its sink has no room.
    pub(crate) blocked_by_sink: bool,
    /// Whether the reader of the dump is too slow for more bytes.
    pub(crate) throttle: Throttle,
}

impl ReadGate {
    /// Whether nothing keeps the transport from being read.
    pub(crate) fn is_open(&self) -> bool {
        !self.paused && !self.blocked_by_sink && self.throttle != Throttle::Held
    }
}
