//! The state of a connection while it is made. It is the same for streams and datagram sockets.
//!
//! ```text
//!               addresses are known         a socket is connected
//!   Resolving ----------------------> Racing -----------------------> open: the state is dropped
//!    ^      |                           |
//!    |      +------- the try fails -----+
//!    |                    |
//!    |                    +--- a try is left -----> Pausing ---+
//!    |                    |                                    |
//!    |                    +--- none is left ------> connection_failed
//!    |                                                         |
//!    +--------------------- retry_delay -----------------------+
//! ```
//!
//! A try fails when its name has no address, when its last attempt has failed, and when its time limit has passed. Only
//! streams race. A datagram socket is open as soon as its addresses are known: UDP makes no connection that could fail.

use super::options::{Dialing, Retry};
use super::race::Race;
use crate::transports::address::Address;
use crate::transports::timers::{TimerId, Timers};

/// A connection that is being made.
#[derive(Debug)]
pub(crate) struct Connecting {
    pub(crate) target: Address,
    pub(crate) options: Dialing,
    /// How many tries have failed.
    pub(super) failed: u32,
    pub(super) step: ConnectStep,
    /// The time limit of the current try.
    pub(super) limit: Option<TimerId>,
    /// The next attempt of a race, or the end of a pause.
    pub(super) next: Option<TimerId>,
}

/// The event that a connecting transport waits for.
#[derive(Debug)]
pub(crate) enum ConnectStep {
    /// The addresses of the peer.
    Resolving,
    /// The first of several sockets to connect.
    Racing(Race),
    /// The next try.
    Pausing,
}

impl Connecting {
    pub(super) fn new(target: Address, options: Dialing) -> Box<Self> {
        Box::new(Self { target, options, failed: 0, step: ConnectStep::Resolving, limit: None, next: None })
    }

    /// The race of a stream, while there is one.
    pub(super) fn race(&mut self) -> Option<&mut Race> {
        match &mut self.step {
            ConnectStep::Racing(race) => Some(race),
            ConnectStep::Resolving | ConnectStep::Pausing => None,
        }
    }

    /// Counts a failed try, and closes its sockets. Returns false if it was the last one.
    pub(super) fn pause(&mut self, timers: &mut Timers) -> bool {
        self.cancel_timers(timers);
        let goes_on = match self.options.retry {
            Retry::Times(times) => self.failed < times,
            Retry::Forever => true,
        };
        self.failed = self.failed.saturating_add(1);
        if goes_on {
            self.step = ConnectStep::Pausing;
        }
        goes_on
    }

    pub(crate) fn cancel_timers(&mut self, timers: &mut Timers) {
        for timer in [self.limit.take(), self.next.take()].into_iter().flatten() {
            timers.cancel(timer);
        }
    }
}
