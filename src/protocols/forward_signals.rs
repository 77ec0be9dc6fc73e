//! Signals of `exec` on stdin and stdout: xport hands them on to the child. Signals of job control stop and continue
//! both.
//!
//! ```text
//!   TERM, HUP, --timeout ---> the child is asked to end, then killed; a child that cannot be killed is left running
//!   INT, QUIT, USR1, ... ---> the child gets the signal
//!   TSTP ---> the child gets the signal, and we stop ---CONT---> both go on
//! ```
//!
//! The child leads a group of its own, so the keys of a terminal send signals to us only. If the child is in our
//! group, it has got the signal of a key already, and must not get it twice. `lifecycle.rs` has what signals mean for
//! a server or a client.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use super::pair::exec::ExecChild;
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
use crate::transports::timers::TimerId;

/// The protocol of the signal stream. Its bytes also say whether the kernel has sent the signal. The child must have
/// the same `kill_after`.
#[derive(Debug)]
pub struct SignalForwarder {
    child: Rc<ExecChild>,
    kill_after: Duration,
    timeout: Option<Duration>,
    timeout_timer: Option<TimerId>,
    /// The last signal that asked the child to end.
    asked: Cell<i32>,
    /// Looks at the terminal of ours that the child's is like.
    terminal: Option<fn() -> Option<WindowSize>>,
    /// Stops this process until it is to go on.
    stop: Option<fn()>,
    reporter: Reporter,
}

impl SignalForwarder {
    /// Forwards to the child of `ends`. `timeout` is for the whole run.
    #[must_use]
    pub fn new(child: Rc<ExecChild>, kill_after: Duration, timeout: Option<Duration>, reporter: Reporter) -> Self {
        Self {
            child,
            kill_after,
            timeout,
            timeout_timer: None,
            asked: Cell::new(SIGTERM),
            terminal: None,
            stop: None,
            reporter,
        }
    }

    /// Keeps the child's terminal as large as the one that `look` looks at, which is done whenever that has changed
    /// its size, or we have been stopped and do not know what was done to it meanwhile.
    #[must_use]
    pub fn with_terminal(self, look: fn() -> Option<WindowSize>) -> Self {
        Self { terminal: Some(look), ..self }
    }

    /// Stops the child with us: `stop` stops this process, and returns when it goes on.
    #[must_use]
    pub fn with_job_control(self, stop: fn()) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// Whether the child still runs. If not, only its output keeps us.
    fn runs(&self, t: &mut Transport<'_>) -> bool {
        self.child.child().is_some_and(|child| {
            let child = t.net().subprocess_transport(child);
            child.pid().is_some() && child.returncode().is_none() && !child.is_closing()
        })
    }

    fn signal(&self, t: &mut Transport<'_>, signal: i32, by_system: bool) {
        // A hang-up is no key: the child has to end after it.
        let is_key = by_system && matches!(signal, SIGINT | SIGQUIT | SIGTSTP);
        let has_it = is_key && self.child.has_our_keys();
        match (signal, self.terminal, self.stop) {
            (SIGCHLD, ..) => self.look_at_children(t),
            (SIGWINCH | SIGCONT, Some(look), _) => self.resize(t, look()),
            (SIGTSTP, _, Some(stop)) => self.stop(t, stop, has_it),
            // In our group, the child gets this as we do. By way of us it could come after the next stop.
            (SIGCONT, ..) if self.child.has_our_keys() => (),
            // The child may have ended, or be another user.
            (SIGCONT, ..) => drop(self.to_child(t, SIGCONT)),
            _ if has_it && self.runs(t) => self.child.note_signal(signal),
            _ => self.forward(t, signal),
        }
    }

    fn forward(&self, t: &mut Transport<'_>, signal: i32) {
        if !self.runs(t) {
            // Nobody reads the output, or another process goes on writing.
            self.asked.set(signal);
            return self.give_up(t);
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
                // After ^C, nobody should have to wait for a child that has not got the signal.
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

    /// The child is killed if it takes too long. Its output may have no reader.
    fn ask_to_end(&self, t: &mut Transport<'_>, signal: i32) {
        self.with_child(t, |child| child.end_group(signal));
        self.asked.set(signal);
        self.watch_its_end(t);
    }

    fn watch_its_end(&self, t: &mut Transport<'_>) {
        t.call_later(self.kill_after);
    }

    /// Stops the child and us. In an orphaned process group `stop` returns at once, and the child goes on as well.
    fn stop(&self, t: &mut Transport<'_>, stop: fn(), has_it: bool) {
        if has_it {
            // A shell lets both go on.
            return stop();
        }
        // The child may have ended, or be another user.
        let _ = self.to_child(t, SIGTSTP);
        stop();
        let _ = self.to_child(t, SIGCONT);
    }

    /// A child has ended or was stopped. Another event tells of the end of a known child.
    fn look_at_children(&self, t: &mut Transport<'_>) {
        t.net().reap_orphans();
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

    /// Ends the run although not all of the output is out.
    fn give_up(&self, t: &mut Transport<'_>) {
        self.reporter.tell(Failure::silent(Cause::Signal(self.asked.get())));
        t.net().abort_all();
        t.net().stop();
    }
}

impl Protocol for SignalForwarder {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        if let Some(timeout) = self.timeout {
            self.timeout_timer = Some(t.call_later(timeout));
        }
    }

    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        for &byte in data {
            self.signal(t, i32::from(byte & !BY_SYSTEM), byte & BY_SYSTEM != 0);
        }
    }

    fn eof_received(&mut self, _t: &mut Transport<'_>) -> Eof {
        // The other end of the self-pipe is ours, and is never closed.
        Eof::KeepOpen
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        if Some(timer) == self.timeout_timer {
            let limit = self.timeout.unwrap_or_default();
            self.reporter.tell(Failure::new(Cause::TimedOut, format!("timed out after {limit:?}")));
            self.forward(t, SIGTERM);
        } else if self.runs(t) {
            self.watch_its_end(t);
        } else {
            self.give_up(t);
        }
    }
}
