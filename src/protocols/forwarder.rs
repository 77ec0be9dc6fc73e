//! Passes signals on to the child of `exec` on stdin and stdout. The diagram is in `signals.rs`.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use super::pair::exec::ExecChild;
use super::report::{Cause, Failure, Reporter};
use crate::transports::error::describe;
use crate::transports::handle::Transport;
use crate::transports::opening;
use crate::transports::process::handle::SubprocessTransport;
use crate::transports::process::opening::WindowSize;
use crate::transports::process::{
    SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH,
};
use crate::transports::timers::TimerId;

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
    /// The end of the child's time, once the child was asked.
    end_timer: Option<TimerId>,
    /// Asks the terminal of xport for the size of the child's terminal.
    terminal: Option<fn() -> Option<WindowSize>>,
    /// Stops this process, and returns when the process goes on.
    stop: Option<fn()>,
}

impl Forwarder {
    /// Forwards to `child`, which must have the same `kill_after`.
    #[must_use]
    pub fn new(child: Rc<ExecChild>, kill_after: Duration) -> Self {
        Self { child, kill_after, asked: SIGTERM, end_timer: None, terminal: None, stop: None }
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

    pub(super) fn signal(&mut self, t: &mut Transport<'_>, signal: i32, by_system: bool, reporter: &Reporter) {
        // A hang-up is no key: the child has to end after it.
        let is_key = by_system && matches!(signal, SIGINT | SIGQUIT | SIGTSTP);
        let has_it = is_key && self.child.has_our_keys.get();
        match (signal, self.terminal, self.stop) {
            (SIGCHLD, ..) => self.explain_stop(t),
            (SIGWINCH | SIGCONT, Some(look), _) => self.resize(t, look()),
            (SIGTSTP, _, Some(stop)) => self.stop(t, stop, has_it),
            // A child in the same group gets this signal anyway. A second one could come after the next stop.
            (SIGCONT, ..) if self.child.has_our_keys.get() => (),
            // The child can have ended, or can belong to another user.
            (SIGCONT, ..) => drop(self.to_child(t, SIGCONT)),
            _ if has_it && self.runs(t) => {
                self.child.signal.set(Some(signal));
                opening::note_signal_of_child();
            }
            _ => self.forward(t, signal, reporter),
        }
    }

    pub(super) fn forward(&mut self, t: &mut Transport<'_>, signal: i32, reporter: &Reporter) {
        if !self.runs(t) {
            // The output is not read, or another process goes on writing.
            self.asked = signal;
            return self.give_up(t, reporter);
        }
        self.child.signal.set(Some(signal));
        if matches!(signal, SIGTERM | SIGHUP) {
            return self.ask_to_end(t, signal);
        }
        // A process that is stopped gets the signal only when it goes on.
        let sent = self.to_child(t, signal).and_then(|()| self.to_child(t, SIGCONT));
        let Err(error) = sent else { return opening::note_signal_of_child() };
        let is_key = matches!(signal, SIGINT | SIGQUIT);
        let level = if is_key { log::Level::Info } else { log::Level::Warn };
        log::log!(level, "{}: signal {signal}: {}", self.child.name(t.net()), describe(&error));
        if is_key {
            // After ^C, a user should not have to wait for a child that has not got the signal.
            self.ask_to_end(t, signal);
        }
    }

    fn with_child<T>(&self, t: &mut Transport<'_>, f: impl FnOnce(&mut SubprocessTransport<'_>) -> T) -> Option<T> {
        self.child.child.get().map(|child| f(&mut t.net().subprocess_transport(child)))
    }

    fn to_child(&self, t: &mut Transport<'_>, signal: i32) -> io::Result<()> {
        self.with_child(t, |child| child.send_signal_to_group(signal)).unwrap_or(Ok(()))
    }

    /// Asks the child to end. It is killed if that takes too long. Its output may have no reader.
    fn ask_to_end(&mut self, t: &mut Transport<'_>, signal: i32) {
        self.with_child(t, |child| child.end_group(signal));
        self.asked = signal;
        if let Some(before) = self.end_timer.replace(t.call_later(self.kill_after)) {
            t.cancel(before);
        }
    }

    /// The child has had `kill_after` to end. A child that still runs was killed just now, or cannot be killed: it gets
    /// the same time again. Otherwise the run is given up.
    pub(super) fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId, reporter: &Reporter) {
        if self.end_timer != Some(timer) {
            return;
        }
        if self.runs(t) {
            self.end_timer = Some(t.call_later(self.kill_after));
        } else {
            self.give_up(t, reporter);
        }
    }

    /// Stops the child and this process. In an orphaned process group `stop` returns at once, and the child goes on as
    /// well.
    fn stop(&self, t: &mut Transport<'_>, stop: fn(), has_it: bool) {
        if has_it {
            // A shell lets both go on.
            return stop();
        }
        // The child can have ended, or can belong to another user.
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
            "{} is stopped: it tried {why} the terminal from the background; \
             use --pty for a terminal of its own, or --stdin inherit for the keys of this terminal",
            self.child.name(t.net())
        );
    }

    fn resize(&self, t: &mut Transport<'_>, size: Option<WindowSize>) {
        let Some(WindowSize { rows, columns }) = size else { return };
        if let Some(Err(error)) = self.with_child(t, |child| child.set_window_size(rows, columns)) {
            log::debug!("{}: size of its terminal: {}", self.child.name(t.net()), describe(&error));
        }
    }

    /// Ends the run although some output is not written.
    fn give_up(&self, t: &mut Transport<'_>, reporter: &Reporter) {
        reporter.tell(Failure::silent(Cause::Signal(self.asked)));
        t.net().abort_all();
        t.net().stop();
    }
}
