//! Handles signals and the time limit of the run: for a client, a server, and the child of `exec`.
//!
//! ```text
//!   client:  any signal ends the run; with a raw terminal, TSTP stops it after the terminal is restored, and
//!            CONT makes the terminal raw again, in the foreground
//!   server:  Serving ---INT, TERM or HUP---> Draining ---another one, or grace over---> ended by the first signal
//!               |  |                            |
//!               |  |                            +---last session over---> done, status 0
//!               |  +---the same, before the one client of the server has come---> ended by the signal
//!               |  +---no client has come within --accept-timeout---> ended, status 124
//!               +---any other signal---> ended by that signal
//!   ended, but children are left ---> Ending: they were asked to end; a further signal kills them
//!
//!   exec on stdin and stdout:
//!       TERM, HUP, --timeout ---> the child is asked to end, then killed; one that cannot be killed is left running
//!       INT, QUIT, USR1, ... ---> the child gets the signal
//!       TSTP ---> the child gets the signal, and xport stops ---CONT---> both go on
//! ```
//!
//! Until its client connects, a server for one client has received nothing. A script that stops the server then must
//! not take this for a success. Signals other than INT, TERM and HUP do not let sessions finish. They are caught only
//! because files have to be removed and children have to end.

use std::time::Duration;

use super::forwarder::Forwarder;
use super::idle::TimeLimit;
use super::quota::CountLimit;
use super::report::{Cause, Failure, Reporter};
use crate::transports::handle::Transport;
use crate::transports::opening::BY_SYSTEM;
use crate::transports::process::{SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use crate::transports::protocol::{Eof, Protocol};
use crate::transports::timers::{TimerId, shown};

/// The protocol of the signal stream. Each byte is the number of a signal that has arrived, and whether the kernel sent
/// it.
#[derive(Debug)]
pub struct Signals {
    phase: RunPhase,
    timeout: TimeLimit,
    /// `--accept-timeout`: how long to wait for the first client.
    accept_timeout: TimeLimit,
    terminal: Option<RawTerminal>,
    foreground: Foreground,
    reporter: Reporter,
}

#[derive(Debug)]
enum RunPhase {
    Client,
    Serving {
        grace: Duration,
        wanted: Wanted,
    },
    Draining {
        signal: i32,
        /// The end of the grace.
        grace_timer: TimerId,
    },
    /// Only children keep the run going.
    Ending,
    /// `exec` on stdin and stdout.
    Forwarding(Forwarder),
}

/// What a server must have received before a signal can end it cleanly.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Nothing: the server may end at any time.
    Nothing,
    /// The one client.
    Client,
    /// All datagrams of `--count`.
    Datagrams(CountLimit),
}

/// A terminal that is raw during a session. The mode knows how to do these things.
#[derive(Clone, Copy, Debug)]
pub struct RawTerminal {
    /// Restores the terminal, stops this process, and returns when the process goes on.
    pub suspend: fn(),
    /// The process goes on after a stop: makes the terminal raw if it should be. Returns false in the background, where
    /// nothing is changed.
    pub resume: fn() -> bool,
}

/// Waits in the background for the foreground, because a terminal is made raw only there.
#[derive(Debug, Default)]
pub(super) struct Foreground(Option<TimerId>);

/// How often a run in the background checks whether it is in the foreground. Not every shell sends a signal.
const LOOK_FOR_FOREGROUND: Duration = Duration::from_millis(500);

impl Foreground {
    /// Makes the terminal raw, or gives `t` a timer for the next try if `enter` says that this is the background.
    pub(super) fn enter(&mut self, t: &mut Transport<'_>, enter: fn() -> bool) {
        if let Some(timer) = self.0.take() {
            t.cancel(timer);
        }
        if !enter() {
            self.0 = Some(t.call_later(LOOK_FOR_FOREGROUND));
        }
    }

    /// Whether this timer is for the next try.
    pub(super) fn is_due(&self, timer: TimerId) -> bool {
        self.0 == Some(timer)
    }
}

impl Signals {
    /// For a client: a signal ends it at once. `timeout` is for the whole run.
    #[must_use]
    pub fn of_client(timeout: Option<Duration>, reporter: Reporter) -> Self {
        Self {
            phase: RunPhase::Client,
            timeout: TimeLimit::new(timeout),
            accept_timeout: TimeLimit::default(),
            terminal: None,
            foreground: Foreground::default(),
            reporter,
        }
    }

    /// Does not leave the terminal raw while this process is stopped by SIGTSTP.
    #[must_use]
    pub fn with_terminal(self, terminal: RawTerminal) -> Self {
        Self { terminal: Some(terminal), ..self }
    }

    /// For a server: after the first signal, sessions have `grace` to finish. A signal that comes before
    /// `wanted` is not a success.
    #[must_use]
    pub fn of_server(grace: Duration, wanted: Wanted, timeout: Option<Duration>, reporter: Reporter) -> Self {
        Self { phase: RunPhase::Serving { grace, wanted }, ..Self::of_client(timeout, reporter) }
    }

    /// Ends the run if no client has been admitted after this time.
    #[must_use]
    pub fn with_accept_timeout(self, accept_timeout: Option<Duration>) -> Self {
        Self { accept_timeout: TimeLimit::new(accept_timeout), ..self }
    }

    /// For `exec` on stdin and stdout: `forwarder` passes signals on to the child.
    #[must_use]
    pub fn of_exec(forwarder: Forwarder, timeout: Option<Duration>, reporter: Reporter) -> Self {
        Self { phase: RunPhase::Forwarding(forwarder), ..Self::of_client(timeout, reporter) }
    }

    fn signal(&mut self, t: &mut Transport<'_>, signal: i32, by_system: bool) {
        if signal == SIGCHLD {
            t.net().reap_orphans();
        }
        match (signal, self.terminal) {
            (SIGTSTP, Some(terminal)) => {
                (terminal.suspend)();
                return self.foreground.enter(t, terminal.resume);
            }
            (SIGCONT, Some(terminal)) => return self.foreground.enter(t, terminal.resume),
            _ => (),
        }
        match &mut self.phase {
            RunPhase::Forwarding(forwarder) => forwarder.signal(t, signal, by_system, &self.reporter),
            _ if signal == SIGCHLD => (),
            RunPhase::Ending => t.net().kill_children(),
            RunPhase::Draining { signal: first, .. } if drains(signal) => {
                let first = *first;
                self.cut(t, first);
            }
            RunPhase::Serving { grace, wanted } if drains(signal) && wanted.has_come(t) => {
                let grace = *grace;
                self.phase = RunPhase::Draining { signal, grace_timer: t.call_later(grace) };
                t.net().close_listeners();
                if let Some(sessions) = open_sessions(t) {
                    let is_key = by_system && signal == SIGINT;
                    let at_once =
                        if is_key { "press Ctrl-C again to end now" } else { "a second signal ends the run at once" };
                    let grace = shown(grace);
                    log::info!(target: super::NOTICE, "waiting up to {grace} for {sessions} to finish; {at_once}");
                }
            }
            RunPhase::Client | RunPhase::Serving { .. } | RunPhase::Draining { .. } => {
                self.end(t, Failure::silent(Cause::Signal(signal)));
            }
        }
    }

    /// The time for the first client is up. A client that is still in its handshake does not count.
    fn accept_timed_out(&mut self, t: &mut Transport<'_>, limit: Duration) {
        if !matches!(self.phase, RunPhase::Serving { .. }) || t.net().admissions().has_served() {
            return;
        }
        self.end(t, Failure::new(Cause::TimedOut, format!("no client connected within {}", shown(limit))));
    }

    /// Ends the sessions that have not finished in time.
    fn cut(&mut self, t: &mut Transport<'_>, signal: i32) {
        if let Some(sessions) = open_sessions(t) {
            log::warn!("{sessions} cut short");
        }
        self.end(t, Failure::silent(Cause::Signal(signal)));
    }

    /// Ends the run now, or as soon as all children have ended. TCP peers see a reset.
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

impl Protocol for Signals {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        self.timeout.start(t.id(), t.net());
        self.accept_timeout.start(t.id(), t.net());
    }

    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        for &byte in data {
            self.signal(t, i32::from(byte & !BY_SYSTEM), byte & BY_SYSTEM != 0);
        }
    }

    fn eof_received(&mut self, _t: &mut Transport<'_>) -> Eof {
        // The other end of the self-pipe is in this process and is never closed.
        Eof::KeepOpen
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        if let Some(terminal) = self.terminal.filter(|_| self.foreground.is_due(timer)) {
            return self.foreground.enter(t, terminal.resume);
        }
        if let Some(limit) = self.timeout.of(timer) {
            let failure = Failure::new(Cause::TimedOut, format!("timed out after {}", shown(limit)));
            let RunPhase::Forwarding(forwarder) = &mut self.phase else { return self.end(t, failure) };
            self.reporter.tell(failure);
            return forwarder.forward(t, SIGTERM, &self.reporter);
        }
        if let Some(limit) = self.accept_timeout.of(timer) {
            return self.accept_timed_out(t, limit);
        }
        match &mut self.phase {
            &mut RunPhase::Draining { signal, grace_timer } if grace_timer == timer => self.cut(t, signal),
            RunPhase::Forwarding(forwarder) => forwarder.timer_fired(t, timer, &self.reporter),
            RunPhase::Client | RunPhase::Serving { .. } | RunPhase::Draining { .. } | RunPhase::Ending => (),
        }
    }
}

impl Wanted {
    fn has_come(&self, t: &mut Transport<'_>) -> bool {
        match self {
            Self::Nothing => true,
            Self::Client => !t.net().admissions().is_listening(),
            Self::Datagrams(quota) => quota.shortfall().is_none(),
        }
    }
}

/// Whether a signal lets the sessions of a server finish.
fn drains(signal: i32) -> bool {
    matches!(signal, SIGINT | SIGTERM | SIGHUP)
}

/// How many sessions are open, in words; `None` for none.
fn open_sessions(t: &mut Transport<'_>) -> Option<String> {
    match t.net().admissions().accepted() {
        0 => None,
        1 => Some("1 session".to_owned()),
        many => Some(format!("{many} sessions")),
    }
}
