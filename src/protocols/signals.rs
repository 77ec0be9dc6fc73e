//! Handles signals and the time limit of the run: for a client, a server, and the child of `exec`.
//!
//! ```text
//!   client:  any signal ends the run
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
//!       TSTP ---> the child gets the signal, and we stop ---CONT---> both go on
//! ```
//!
//! A server for one client has received nothing before that client has come: a script that stops the server must not
//! take this for a success. Signals other than INT, TERM and HUP do not let sessions finish. They are caught only
//! because files have to be removed and children have to end.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use super::pair::exec::ExecChild;
use super::quota::CountLimit;
use super::report::{Cause, Failure, Reporter};
use crate::transports::error::describe;
use crate::transports::handle::Transport;
use crate::transports::opening::BY_SYSTEM;
use crate::transports::process::handle::SubprocessTransport;
use crate::transports::process::opening::WindowSize;
use crate::transports::process::{
    SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH,
};
use crate::transports::protocol::{Eof, Protocol};
use crate::transports::timers::{TimerId, shown};

/// The protocol of the signal stream. Each byte is the number of a signal that has arrived, and whether the kernel sent
/// it.
#[derive(Debug)]
pub struct Signals {
    phase: RunPhase,
    timeout: Option<Duration>,
    timeout_timer: Option<TimerId>,
    /// `--accept-timeout`: how long to wait for the first client.
    accept_timeout: Option<Duration>,
    accept_timer: Option<TimerId>,
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
    },
    /// Only children keep the run going.
    Ending,
    /// `exec` on stdin and stdout.
    Forwarding(Forwarder),
}

/// What must have come before a signal can end a server in order.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Nothing: the server may end at any time.
    Nothing,
    /// The one client.
    Client,
    /// All datagrams of `--count`.
    Datagrams(CountLimit),
}

impl Signals {
    /// For a client: a signal ends it at once. `timeout` is for the whole run.
    #[must_use]
    pub fn of_client(timeout: Option<Duration>, reporter: Reporter) -> Self {
        let phase = RunPhase::Client;
        Self { phase, timeout, timeout_timer: None, accept_timeout: None, accept_timer: None, reporter }
    }

    /// For a server: after the first signal, sessions have `grace` to finish. A signal before `wanted` has come is no
    /// success.
    #[must_use]
    pub fn of_server(grace: Duration, wanted: Wanted, timeout: Option<Duration>, reporter: Reporter) -> Self {
        Self { phase: RunPhase::Serving { grace, wanted }, ..Self::of_client(timeout, reporter) }
    }

    /// Ends the run if no client has been admitted after this time.
    #[must_use]
    pub fn with_accept_timeout(self, accept_timeout: Option<Duration>) -> Self {
        Self { accept_timeout, ..self }
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
        match &mut self.phase {
            RunPhase::Forwarding(forwarder) => forwarder.signal(t, signal, by_system, &self.reporter),
            _ if signal == SIGCHLD => (),
            RunPhase::Ending => t.net().kill_children(),
            RunPhase::Draining { signal: first } if drains(signal) => {
                let first = *first;
                self.cut(t, first);
            }
            RunPhase::Serving { grace, wanted } if drains(signal) && wanted.has_come(t) => {
                let grace = *grace;
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

    /// The time for the first client is over. A client whose handshake goes on has not come.
    fn accept_timed_out(&mut self, t: &mut Transport<'_>) {
        if !matches!(self.phase, RunPhase::Serving { .. }) || t.net().has_served() {
            return;
        }
        let limit = shown(self.accept_timeout.unwrap_or_default());
        self.end(t, Failure::new(Cause::TimedOut, format!("no client has come within {limit}")));
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
        if let Some(timeout) = self.timeout {
            self.timeout_timer = Some(t.call_later(timeout));
        }
        if let Some(timeout) = self.accept_timeout {
            self.accept_timer = Some(t.call_later(timeout));
        }
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
        if Some(timer) == self.timeout_timer {
            let failure =
                Failure::new(Cause::TimedOut, format!("timed out after {:?}", self.timeout.unwrap_or_default()));
            let RunPhase::Forwarding(forwarder) = &mut self.phase else { return self.end(t, failure) };
            self.reporter.tell(failure);
            return forwarder.forward(t, SIGTERM, &self.reporter);
        }
        if Some(timer) == self.accept_timer {
            return self.accept_timed_out(t);
        }
        match &self.phase {
            RunPhase::Draining { signal } => {
                let signal = *signal;
                self.cut(t, signal);
            }
            RunPhase::Forwarding(forwarder) => forwarder.time_is_over(t, &self.reporter),
            RunPhase::Client | RunPhase::Serving { .. } | RunPhase::Ending => (),
        }
    }
}

impl Wanted {
    fn has_come(&self, t: &mut Transport<'_>) -> bool {
        match self {
            Self::Nothing => true,
            Self::Client => !t.net().is_listening(),
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
    match t.net().accepted() {
        0 => None,
        1 => Some("1 session".to_owned()),
        many => Some(format!("{many} sessions")),
    }
}

/// Passes signals on to the child of `exec`.
///
/// The child leads a group of its own, so the keys of a terminal send signals only to xport. If the child is in the
/// group of xport, it has got the signal of a key already, and must not get it twice.
#[derive(Debug)]
pub struct Forwarder {
    child: Rc<ExecChild>,
    kill_after: Duration,
    /// The last signal that asked the child to end.
    asked: i32,
    /// Asks the terminal of xport for the size of the child's terminal.
    terminal: Option<fn() -> Option<WindowSize>>,
    /// Stops this process, and returns when the process goes on.
    stop: Option<fn()>,
}

impl Forwarder {
    /// Forwards to `child`, which must have the same `kill_after`.
    #[must_use]
    pub fn new(child: Rc<ExecChild>, kill_after: Duration) -> Self {
        Self { child, kill_after, asked: SIGTERM, terminal: None, stop: None }
    }

    /// Keeps the child's terminal as large as the one that `look` looks at. `look` is called when that one has changed
    /// its size, and when this process goes on after a stop.
    #[must_use]
    pub fn with_terminal(self, look: fn() -> Option<WindowSize>) -> Self {
        Self { terminal: Some(look), ..self }
    }

    /// Stops the child together with this process. `stop` stops this process, and returns when the process goes on.
    #[must_use]
    pub fn with_job_control(self, stop: fn()) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// Whether the child still runs. If not, only its output keeps the run going.
    fn runs(&self, t: &mut Transport<'_>) -> bool {
        let runs = |child: &mut SubprocessTransport<'_>| {
            child.pid().is_some() && child.returncode().is_none() && !child.is_closing()
        };
        self.with_child(t, runs) == Some(true)
    }

    fn signal(&mut self, t: &mut Transport<'_>, signal: i32, by_system: bool, reporter: &Reporter) {
        // A hang-up is no key: the child has to end after it.
        let is_key = by_system && matches!(signal, SIGINT | SIGQUIT | SIGTSTP);
        let has_it = is_key && self.child.has_our_keys();
        match (signal, self.terminal, self.stop) {
            (SIGCHLD, ..) => self.explain_stop(t),
            (SIGWINCH | SIGCONT, Some(look), _) => self.resize(t, look()),
            (SIGTSTP, _, Some(stop)) => self.stop(t, stop, has_it),
            // A child in the same group gets this signal anyway. A second one could come after the next stop.
            (SIGCONT, ..) if self.child.has_our_keys() => (),
            // The child can have ended, or be another user.
            (SIGCONT, ..) => drop(self.to_child(t, SIGCONT)),
            _ if has_it && self.runs(t) => self.child.note_signal(signal),
            _ => self.forward(t, signal, reporter),
        }
    }

    fn forward(&mut self, t: &mut Transport<'_>, signal: i32, reporter: &Reporter) {
        if !self.runs(t) {
            // The output is not read, or another process goes on writing.
            self.asked = signal;
            return self.give_up(t, reporter);
        }
        self.child.note_signal(signal);
        if matches!(signal, SIGTERM | SIGHUP) {
            return self.ask_to_end(t, signal);
        }
        // A process that is stopped gets the signal only when it goes on.
        let sent = self.to_child(t, signal).and_then(|()| self.to_child(t, SIGCONT));
        match sent {
            Err(error) if matches!(signal, SIGINT | SIGQUIT) => {
                log::info!("signal {signal} for the child: {}", describe(&error));
                // After ^C, a user should not have to wait for a child that has not got the signal.
                self.ask_to_end(t, signal);
            }
            Err(error) => log::warn!("signal {signal} for the child: {}", describe(&error)),
            Ok(()) => (),
        }
    }

    fn with_child<T>(&self, t: &mut Transport<'_>, f: impl FnOnce(&mut SubprocessTransport<'_>) -> T) -> Option<T> {
        self.child.child().map(|child| f(&mut t.net().subprocess_transport(child)))
    }

    fn to_child(&self, t: &mut Transport<'_>, signal: i32) -> io::Result<()> {
        self.with_child(t, |child| child.send_signal_to_group(signal)).unwrap_or(Ok(()))
    }

    /// Asks the child to end. It is killed if that takes too long. Its output may have no reader.
    fn ask_to_end(&mut self, t: &mut Transport<'_>, signal: i32) {
        self.with_child(t, |child| child.end_group(signal));
        self.asked = signal;
        self.watch_its_end(t);
    }

    fn watch_its_end(&self, t: &mut Transport<'_>) {
        t.call_later(self.kill_after);
    }

    /// The child has had `kill_after` to end.
    fn time_is_over(&self, t: &mut Transport<'_>, reporter: &Reporter) {
        if self.runs(t) { self.watch_its_end(t) } else { self.give_up(t, reporter) }
    }

    /// Stops the child and this process. In an orphaned process group `stop` returns at once, and the child goes on as
    /// well.
    fn stop(&self, t: &mut Transport<'_>, stop: fn(), has_it: bool) {
        if has_it {
            // A shell lets both go on.
            return stop();
        }
        // The child can have ended, or be another user.
        let _ = self.to_child(t, SIGTSTP);
        stop();
        let _ = self.to_child(t, SIGCONT);
    }

    /// A child was stopped, or has ended. Another event tells of the end of a known child.
    fn explain_stop(&self, t: &mut Transport<'_>) {
        let why = match self.with_child(t, |child| child.newly_stopped_by()).flatten() {
            Some(SIGTTIN) => "to read from",
            Some(SIGTTOU) => "to write to, or to set,",
            _ => return,
        };
        log::warn!(
            "the program is stopped: it tried {why} the terminal from the background; \
             use --pty for a terminal of its own, or --stdin inherit for the keys of this terminal"
        );
    }

    fn resize(&self, t: &mut Transport<'_>, size: Option<WindowSize>) {
        let Some(WindowSize { rows, columns }) = size else { return };
        if let Some(Err(error)) = self.with_child(t, |child| child.set_window_size(rows, columns)) {
            log::debug!("size of the child's terminal: {}", describe(&error));
        }
    }

    /// Ends the run although some output is not written.
    fn give_up(&self, t: &mut Transport<'_>, reporter: &Reporter) {
        reporter.tell(Failure::silent(Cause::Signal(self.asked)));
        t.net().abort_all();
        t.net().stop();
    }
}
