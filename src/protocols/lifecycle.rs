//! What ends a run from outside: signals, and the time limit of the whole run.
//!
//! ```text
//!   server:  Serving ---signal---> Draining ---second signal, or grace over---> ended by the first signal
//!                                     |
//!                                     +---last session over---> done, status 0
//!   client:  any signal ends it
//!
//!   ended, but children are left ---> Ending: they were asked to end; a further signal kills them
//! ```
//!
//! It is the protocol of the signal stream: each byte is the number of a signal that has arrived.

use std::time::Duration;

use super::report::{Cause, Failure, Reporter};
use crate::transports::handle::Transport;
use crate::transports::protocol::{Eof, Protocol};
use crate::transports::timers::{TimerId, shown};

/// Watches over one run.
#[derive(Debug)]
pub struct Lifecycle {
    phase: Phase,
    timeout: Option<Duration>,
    timeout_timer: Option<TimerId>,
    reporter: Reporter,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// A client is at work.
    Client,
    Serving {
        grace: Duration,
    },
    Draining {
        signal: i32,
    },
    /// Only children keep us.
    Ending,
}

impl Lifecycle {
    /// For a client: a signal ends it at once. `timeout` is for the whole run.
    #[must_use]
    pub fn client(timeout: Option<Duration>, reporter: Reporter) -> Self {
        Self { phase: Phase::Client, timeout, timeout_timer: None, reporter }
    }

    /// For a server: after the first signal, sessions have `grace` to finish.
    #[must_use]
    pub fn server(grace: Duration, timeout: Option<Duration>, reporter: Reporter) -> Self {
        Self { phase: Phase::Serving { grace }, timeout, timeout_timer: None, reporter }
    }

    fn signal(&mut self, t: &mut Transport<'_>, signal: i32) {
        match self.phase {
            Phase::Client => self.end(t, Failure::silent(Cause::Signal(signal))),
            Phase::Draining { signal } => self.end(t, Failure::silent(Cause::Signal(signal))),
            Phase::Ending => t.net().kill_children(),
            Phase::Serving { grace } => {
                self.phase = Phase::Draining { signal };
                t.net().close_listeners();
                let open = t.net().accepted();
                if open > 0 {
                    let plural = if open == 1 { "" } else { "s" };
                    log::info!(target: super::NOTICE, "waiting up to {} for {open} session{plural} to finish", shown(grace));
                }
                let id = t.id();
                t.net().call_later(id, grace);
            }
        }
    }

    /// Ends the run now, or as soon as all children have ended; TCP peers see a reset.
    fn end(&mut self, t: &mut Transport<'_>, failure: Failure) {
        self.reporter.tell(failure);
        self.phase = Phase::Ending;
        t.net().close_listeners();
        t.net().abort_all();
        if !t.net().has_children() {
            t.net().stop();
        }
    }
}

impl Protocol for Lifecycle {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        if let Some(timeout) = self.timeout {
            let id = t.id();
            self.timeout_timer = Some(t.net().call_later(id, timeout));
        }
    }

    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        for &number in data {
            self.signal(t, i32::from(number));
        }
    }

    fn eof_received(&mut self, _t: &mut Transport<'_>) -> Eof {
        // The other end of the self-pipe is ours, and is never closed.
        Eof::KeepOpen
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        if Some(timer) == self.timeout_timer {
            let limit = self.timeout.unwrap_or_default();
            self.end(t, Failure::new(Cause::TimedOut, format!("timed out after {limit:?}")));
        } else if let Phase::Draining { signal } = self.phase {
            self.end(t, Failure::silent(Cause::Signal(signal)));
        }
    }
}
