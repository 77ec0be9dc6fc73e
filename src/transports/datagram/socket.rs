//! One datagram socket: its states, its queue and what is known of its readiness. The inside of asyncio's
//! `_SelectorDatagramTransport`.
//!
//! ```text
//!                resolved            made             close             flushed
//!   Resolving ------------> Open ----------> Running ----------> Flushing ---------> Lost
//!       |                    |                  |                    |                |
//!       +--------------------+------------------+------ abort -------+--------------->+
//! ```
//!
//! A socket that has sent what it had stays in Flushing for a moment while a refusal would send its datagrams to another
//! address (`fallback.rs`).
//!
//! No direction of it ends alone. No error ends it either: its protocol is told, and the socket goes on. What it does
//! is in the other files of this folder.

use std::fmt;
use std::time::Instant;

use super::candidates::Candidates;
use super::io::DatagramIo;
use super::options::DatagramOptions;
use super::own::Own;
use super::queue::Queue;
use crate::sys::datagram::Remote;
use crate::transports::access::AccessList;
use crate::transports::connect::state::Connecting;
use crate::transports::dump::Tap;
use crate::transports::info::{DatagramTotals, Totals};
use crate::transports::out_buf::FlowControl;

/// Messages received in the first call, since each may have 64 KiB.
const FIRST_BATCH_LEN: usize = 8;

/// Where a socket is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DatagramPhase {
    /// The name of its peer is being looked up.
    Resolving,
    /// Open; `connection_made` is queued.
    Open,
    /// `connection_made` has been called.
    Running,
    /// `close` was called: what is queued still goes out, what arrives is left alone.
    Flushing,
    /// Closed. `connection_lost` is queued or has been called.
    Lost,
}

/// One datagram socket.
#[derive(Debug)]
pub(crate) struct Datagram {
    pub(crate) io: DatagramIo,
    phase: DatagramPhase,
    pub(crate) queue: Queue,
    pub(crate) flow: FlowControl,
    pub(crate) options: DatagramOptions,
    /// What is kept until the addresses of its peer are known.
    pub(crate) connecting: Option<Box<Connecting>>,
    /// Other addresses of its peer, as long as it is not settled which one is right.
    pub(crate) candidates: Option<Box<Candidates>>,
    /// Where datagrams without an address of their own go; a connected socket knows by itself.
    pub(crate) default_to: Option<Remote>,
    /// Errors of earlier datagrams are told, and only the peer's datagrams arrive.
    pub(crate) connected: bool,
    pub(crate) access: AccessList,
    /// Shows the datagrams.
    pub(crate) tap: Option<Box<Tap>>,
    /// Its address, where nobody else can have that: what claims to come from there is not delivered.
    pub(crate) own: Option<Box<Own>>,
    /// What came in one call and was not delivered before a pause, to be delivered first.
    pub(crate) undelivered: Vec<(Box<[u8]>, Remote)>,
    pub(crate) totals: Totals,
    pub(crate) counts: DatagramTotals,
    pub(crate) last_activity: Instant,
    /// Latched by an event, cleared by a call that took all there was.
    pub(crate) readable: bool,
    /// The last call that receives has failed: a second failure in a row is news only with an event.
    pub(crate) receive_failed: bool,
    /// Latched by an event, cleared by a call that did not fit.
    pub(crate) writable: bool,
    /// Messages to receive in one call: few at first, more while they are short.
    pub(crate) batch_len: usize,
    /// Cleared by `pause_reading`.
    pub(crate) reading: bool,
    /// On the list of those that have more to do in the next turn.
    pub(crate) queued: bool,
    /// On the list of those that send once the present callbacks are through.
    pub(crate) corked: bool,
    /// The kernel cuts what leaves together; cleared where it says that it cannot.
    pub(crate) segments: bool,
    /// Does not keep the loop running by itself.
    pub(crate) background: bool,
}

impl Datagram {
    pub(crate) fn new(io: DatagramIo, phase: DatagramPhase, now: Instant) -> Self {
        Self {
            io,
            phase,
            queue: Queue::default(),
            flow: FlowControl::default(),
            options: DatagramOptions::default(),
            connecting: None,
            candidates: None,
            default_to: None,
            connected: false,
            access: AccessList::default(),
            tap: None,
            own: None,
            undelivered: Vec::new(),
            totals: Totals::default(),
            counts: DatagramTotals::default(),
            last_activity: now,
            readable: false,
            receive_failed: false,
            batch_len: FIRST_BATCH_LEN,
            writable: true,
            reading: true,
            queued: false,
            corked: false,
            segments: true,
            background: false,
        }
    }

    pub(crate) fn phase(&self) -> DatagramPhase {
        self.phase
    }

    pub(crate) fn opened(&mut self) {
        debug_assert_eq!(self.phase, DatagramPhase::Resolving);
        self.phase = DatagramPhase::Open;
    }

    pub(crate) fn made(&mut self) {
        if self.phase == DatagramPhase::Open {
            self.phase = DatagramPhase::Running;
        }
    }

    /// Begins to close; false where that has begun already.
    pub(crate) fn close(&mut self) -> bool {
        let closes = matches!(self.phase, DatagramPhase::Open | DatagramPhase::Running);
        if closes {
            self.phase = DatagramPhase::Flushing;
        }
        closes
    }

    /// Ends everything; the phase it ended in, or `None` if it had ended before.
    pub(crate) fn lose(&mut self) -> Option<DatagramPhase> {
        let before = std::mem::replace(&mut self.phase, DatagramPhase::Lost);
        (before != DatagramPhase::Lost).then_some(before)
    }

    pub(crate) fn is_closing(&self) -> bool {
        matches!(self.phase, DatagramPhase::Flushing | DatagramPhase::Lost)
    }

    /// Whether datagrams are taken from a protocol.
    pub(crate) fn accepts_writes(&self) -> bool {
        matches!(self.phase, DatagramPhase::Open | DatagramPhase::Running)
    }

    /// Whether what arrives goes to the protocol.
    pub(crate) fn delivers(&self) -> bool {
        self.phase == DatagramPhase::Running && self.reading
    }

    /// Whether a call that receives would lead anywhere now.
    pub(crate) fn wants_read(&self) -> bool {
        self.delivers() && (self.readable || !self.undelivered.is_empty())
    }

    /// Whether there is something to send now, or the end of a close.
    pub(crate) fn wants_flush(&self) -> bool {
        self.wants_write() || (self.phase == DatagramPhase::Flushing && self.queue.is_empty())
    }

    /// Whether a call that sends would lead anywhere now.
    pub(crate) fn wants_write(&self) -> bool {
        self.writable
            && !self.queue.is_empty()
            && matches!(self.phase, DatagramPhase::Open | DatagramPhase::Running | DatagramPhase::Flushing)
    }
}

/// The name of a datagram socket in messages.
pub(crate) struct DatagramLabel<'a>(pub(crate) &'a Datagram);

impl fmt::Display for DatagramLabel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.io.peer().or_else(|| self.0.io.local()) {
            Some(end) => write!(f, "udp {end}"),
            None => f.write_str("udp"),
        }
    }
}
