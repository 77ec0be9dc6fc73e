//! What ends a run from outside: signals, and the time limit of the whole run.
//!
//! ```text
//!   server:  Serving ---INT, TERM or HUP---> Draining ---another one, or grace over---> ended by the first signal
//!               |  |                            |
//!               |  |                            +---last session over---> done, status 0
//!               |  +---the same, before the one client of the server has come---> ended by the signal
//!               +---any other signal---> ended by that signal
//!   client:  any signal ends it
//!
//!   ended, but children are left ---> Ending: they were asked to end; a further signal kills them
//! ```
//!
//! A server for one client has received nothing before that client has come: a script that stops the server must not
//! take this for a success. Signals other than INT, TERM and HUP do not let sessions finish. They are caught only
//! because files have to be removed and children have to end.
//!
//! It is the protocol of the signal stream: each byte is the number of a signal that has arrived.

use std::time::Duration;

use super::quota::CountLimit;
use super::report::{Cause, Failure, Reporter};
use crate::transports::handle::Transport;
use crate::transports::process::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use crate::transports::protocol::{Eof, Protocol};
use crate::transports::timers::{TimerId, shown};

/// Watches over one run.
#[derive(Debug)]
pub struct Lifecycle {
    phase: RunPhase,
    timeout: Option<Duration>,
    timeout_timer: Option<TimerId>,
    wanted: Wanted,
    reporter: Reporter,
}

/// What must have come before a signal may end a server in order.
#[derive(Clone, Debug)]
enum Wanted {
    Nothing,
    /// The one client.
    Client,
    /// All datagrams of `--count`.
    Datagrams(CountLimit),
}

#[derive(Clone, Copy, Debug)]
enum RunPhase {
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
        Self { phase: RunPhase::Client, timeout, timeout_timer: None, wanted: Wanted::Nothing, reporter }
    }

    /// For a server: after the first signal, sessions have `grace` to finish.
    #[must_use]
    pub fn server(grace: Duration, timeout: Option<Duration>, reporter: Reporter) -> Self {
        Self { phase: RunPhase::Serving { grace }, timeout, timeout_timer: None, wanted: Wanted::Nothing, reporter }
    }

    /// Says that the server is there for one client: a signal before that client has come is no success.
    #[must_use]
    pub fn for_one_client(self) -> Self {
        Self { wanted: Wanted::Client, ..self }
    }

    /// Says that the server is there for so many datagrams: a signal before the last one is no success.
    #[must_use]
    pub fn for_datagrams(self, quota: CountLimit) -> Self {
        Self { wanted: Wanted::Datagrams(quota), ..self }
    }

    fn signal(&mut self, t: &mut Transport<'_>, signal: i32) {
        if signal == SIGCHLD {
            return t.net().reap_orphans();
        }
        let drains = matches!(signal, SIGINT | SIGTERM | SIGHUP) && !self.waits(t);
        match self.phase {
            RunPhase::Ending => t.net().kill_children(),
            RunPhase::Draining { signal } if drains => self.cut(t, signal),
            RunPhase::Serving { grace } if drains => {
                self.phase = RunPhase::Draining { signal };
                t.net().close_listeners();
                if let Some(sessions) = open_sessions(t) {
                    log::info!(target: super::NOTICE, "waiting up to {} for {sessions} to finish", shown(grace));
                }
                t.call_later(grace);
            }
            RunPhase::Client | RunPhase::Serving { .. } | RunPhase::Draining { .. } => {
                self.end(t, Failure::silent(Cause::Signal(signal)));
            }
        }
    }

    /// Whether the server still waits for what it is there for.
    fn waits(&self, t: &mut Transport<'_>) -> bool {
        match &self.wanted {
            Wanted::Nothing => false,
            Wanted::Client => t.net().is_listening(),
            Wanted::Datagrams(quota) => quota.shortfall().is_some(),
        }
    }

    /// Ends the sessions that have not finished in time.
    fn cut(&mut self, t: &mut Transport<'_>, signal: i32) {
        if let Some(sessions) = open_sessions(t) {
            log::warn!("{sessions} cut short");
        }
        self.end(t, Failure::silent(Cause::Signal(signal)));
    }

    /// Ends the run now, or as soon as all children have ended; TCP peers see a reset.
    fn end(&mut self, t: &mut Transport<'_>, failure: Failure) {
        self.reporter.tell(failure);
        self.phase = RunPhase::Ending;
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
            self.timeout_timer = Some(t.call_later(timeout));
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
        } else if let RunPhase::Draining { signal } = self.phase {
            self.cut(t, signal);
        }
    }
}

/// How many sessions are open, in words; `None` for none.
fn open_sessions(t: &mut Transport<'_>) -> Option<String> {
    match t.net().accepted() {
        0 => None,
        1 => Some("1 session".to_owned()),
        many => Some(format!("{many} sessions")),
    }
}
