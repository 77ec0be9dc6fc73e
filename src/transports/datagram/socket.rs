//! One datagram socket: its states, its queue and its readiness. The state of asyncio's `_SelectorDatagramTransport`.
//!
//! ```text
//!                resolved            made             close             flushed
//!  Connecting ------------> Open ----------> Running ----------> Flushing ---------> Lost
//!       |                    |                  |                    |                |
//!       +--------------------+------------------+------ abort -------+--------------->+
//! ```
//!
//! The transitions are those of a stream (`../state.rs`), without the states of its directions.
//!
//! A socket that has sent everything stays in Flushing for a moment if a refusal would send its datagrams to another
//! address (`fallback.rs`).
//!
//! A datagram socket has no half-close. An error does not end it: the protocol is told, and the socket goes on. The
//! other files of this folder have what a socket does.

use std::fmt;
use std::time::Instant;

use super::candidates::Candidates;
use super::io::DatagramIo;
use super::options::DatagramOptions;
use super::own::OwnAddress;
use super::queue::Queue;
use crate::sys::datagram::{Remote, SendBatch};
use crate::transports::access::AccessList;
use crate::transports::connect::state::Connecting;
use crate::transports::dump::Tap;
use crate::transports::id::Id;
use crate::transports::info::{DatagramTotals, Totals};
use crate::transports::number::Number;
use crate::transports::out_buf::FlowControl;
use crate::transports::readiness::ReadGate;
use crate::transports::state::{Phase, State};

/// How many messages the first call receives. Each can have 64 KiB.
const FIRST_BATCH_LEN: usize = 8;

/// One datagram socket.
#[derive(Debug)]
pub(crate) struct Datagram {
    pub(crate) io: DatagramIo,
    /// The number in messages and dumps.
    pub(crate) number: Number,
    pub(crate) state: State,
    pub(crate) queue: Queue,
    pub(crate) flow: FlowControl,
    pub(crate) options: DatagramOptions,
    /// The state of connecting, until the addresses of the peer are known.
    pub(crate) connecting: Option<Box<Connecting>>,
    /// The addresses of the peer, until it is settled which one is right.
    pub(crate) candidates: Option<Box<Candidates>>,
    /// The destination of datagrams without an address, if the socket is not connected.
    pub(crate) default_to: Option<Remote>,
    /// Whether the system knows the peer. Then it tells the errors of earlier datagrams, and drops datagrams of others.
    pub(crate) connected: bool,
    pub(crate) access: AccessList,
    /// Shows the datagrams.
    pub(crate) tap: Option<Box<Tap>>,
    pub(crate) gate: ReadGate,
    /// The socket's own address, unless other sockets share it. Datagrams from there are forged.
    pub(crate) own: Option<Box<OwnAddress>>,
    /// Datagrams of the last call that a pause has held back. They are delivered first.
    pub(crate) undelivered: Vec<(Box<[u8]>, Remote)>,
    pub(crate) totals: Totals,
    pub(crate) counts: DatagramTotals,
    pub(crate) last_activity: Instant,
    /// When the socket was opened.
    pub(crate) opened: Instant,
    /// Set by an event, cleared by a call that has received everything.
    pub(crate) readable: bool,
    /// The last call that receives has failed. A second failure in a row counts only after an event.
    pub(crate) receive_failed: bool,
    /// The same of calls that send.
    pub(crate) send_failed: bool,
    /// Set by an event, cleared by a call that the system had no room for.
    pub(crate) writable: bool,
    /// How many messages one call receives: few at first, more while they are short.
    pub(crate) batch_len: usize,
    /// Whether the socket is on the run queue.
    pub(crate) queued: bool,
    /// Whether the socket is on the list of those that send after the present callbacks.
    pub(crate) corked: bool,
    /// Whether several datagrams can leave as one message, which the kernel cuts. Cleared when the kernel refuses.
    pub(crate) segments: bool,
    /// Whether the loop may end while the socket is open.
    pub(crate) background: bool,
}

impl Datagram {
    pub(crate) fn new(io: DatagramIo, phase: Phase, now: Instant) -> Self {
        Self {
            io,
            number: Number::NONE,
            state: State::new(phase),
            queue: Queue::default(),
            flow: FlowControl::default(),
            options: DatagramOptions::default(),
            connecting: None,
            candidates: None,
            default_to: None,
            connected: false,
            access: AccessList::default(),
            tap: None,
            gate: ReadGate::default(),
            own: None,
            undelivered: Vec::new(),
            totals: Totals::default(),
            counts: DatagramTotals::default(),
            last_activity: now,
            opened: now,
            readable: false,
            receive_failed: false,
            send_failed: false,
            batch_len: FIRST_BATCH_LEN,
            writable: true,
            queued: false,
            corked: false,
            segments: true,
            background: false,
        }
    }

    /// Whether the protocol gets what arrives.
    pub(crate) fn delivers(&self) -> bool {
        self.state.delivers() && !self.gate.paused
    }

    /// Whether there may be something to receive now.
    pub(crate) fn wants_read(&self) -> bool {
        self.delivers() && self.gate.is_open() && (self.readable || !self.undelivered.is_empty())
    }

    /// Whether there is something to send now, or a close to finish.
    pub(crate) fn wants_flush(&self) -> bool {
        self.wants_write() || (self.state.phase() == Phase::Flushing && self.queue.is_empty())
    }

    /// Whether there is something to send, and room for it.
    pub(crate) fn wants_write(&self) -> bool {
        self.writable && !self.queue.is_empty() && self.state.flushes()
    }
}

/// What the datagram sockets of a loop share.
#[derive(Default)]
pub(crate) struct Cork {
    /// Sockets that send after the present callbacks.
    pub(crate) sockets: Vec<Id>,
    /// Memory for sending. It is made for the first datagram.
    pub(crate) batch: Option<Box<SendBatch>>,
    /// Bytes of datagrams that are kept for further addresses of their peers.
    pub(crate) kept_bytes: usize,
}

/// The name of a datagram socket in messages.
pub(crate) struct DatagramLabel<'a>(pub(crate) &'a Datagram);

impl fmt::Display for DatagramLabel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.0.number;
        match self.0.io.peer().or_else(|| self.0.io.local()) {
            Some(end) => write!(f, "{number}udp {end}"),
            None => write!(f, "{number}udp"),
        }
    }
}
