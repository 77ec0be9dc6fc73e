//! A child process joined with stdin and stdout: what `exec` does.
//!
//! [`ChildSide`] is the protocol of the child, [`InputSide`] that of stdin, [`OutputSide`] that of stdout, [`Forward`] that of the
//! signals. The run is over when the child has ended and what it has written is out; its status is the run's.
//!
//! ```text
//!   Running ---child exits---> its pipes closed ---------------------------> over
//!                 |                                                           ^
//!                 +---somebody else holds them---> nothing comes for 100 ms --+
//! ```

use std::cell::Cell;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::rc::Rc;
use std::time::Duration;

use super::report::{Cause, Failure, Reporter};
use super::session::console_failure;
use crate::transports::error::describe;
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::process::handle::SubprocessTransport;
use crate::transports::process::opening::WindowSize;
use crate::transports::process::{SIGCONT, SIGHUP, SIGTERM, SIGWINCH};
use crate::transports::protocol::{Eof, Protocol, SubprocessProtocol};
use crate::transports::timers::TimerId;

const STDIN: u8 = 0;
const STDOUT: u8 = 1;

/// How long nothing must come from pipes that somebody else holds once the child has ended.
pub(super) const QUIET: Duration = Duration::from_millis(100);

/// What the three know of each other.
#[derive(Debug, Default)]
pub struct Ends {
    stdin: Cell<Option<Id>>,
    stdout: Cell<Option<Id>>,
    child: Cell<Option<Id>>,
    /// The last signal that was handed on.
    signal: Cell<Option<i32>>,
}

impl Ends {
    /// Makes these stdin and stdout. Due before the loop runs, like the next one.
    pub fn set_console(&self, stdin: Id, stdout: Id) {
        self.stdin.set(Some(stdin));
        self.stdout.set(Some(stdout));
    }

    /// Makes `child` the child.
    pub fn set_child(&self, child: Id) {
        self.child.set(Some(child));
    }
}

/// The child's side.
#[derive(Debug)]
pub struct ChildSide {
    ends: Rc<Ends>,
    reporter: Reporter,
}

impl ChildSide {
    /// A child joined with the console of `ends`.
    #[must_use]
    pub fn new(ends: Rc<Ends>, reporter: Reporter) -> Self {
        Self { ends, reporter }
    }

    fn with_stdin(&self, t: &mut SubprocessTransport<'_>, f: impl FnOnce(&mut Transport<'_>)) {
        if let Some(stdin) = self.ends.stdin.get() {
            f(&mut t.peer(stdin));
        }
    }

    fn with_stdout<T>(&self, t: &mut SubprocessTransport<'_>, f: impl FnOnce(&mut Transport<'_>) -> T) -> Option<T> {
        self.ends.stdout.get().map(|stdout| f(&mut t.peer(stdout)))
    }
}

impl SubprocessProtocol for ChildSide {
    fn connection_made(&mut self, t: &mut SubprocessTransport<'_>) {
        self.with_stdin(t, |stdin| stdin.resume_reading());
    }

    fn pipe_data_received(&mut self, t: &mut SubprocessTransport<'_>, fd: u8, data: &[u8]) {
        let paused = self.with_stdout(t, |stdout| {
            stdout.write(data);
            stdout.is_writing_paused()
        });
        if let (Some(true), Some(pipe)) = (paused, t.pipe_transport(fd)) {
            t.peer(pipe).pause_reading();
        }
    }

    fn pipe_connection_lost(&mut self, t: &mut SubprocessTransport<'_>, fd: u8, _error: Option<io::Error>) {
        if fd == STDIN {
            // It wants no more, which is its own affair.
            self.with_stdin(t, |stdin| stdin.pause_reading());
        }
    }

    fn process_exited(&mut self, t: &mut SubprocessTransport<'_>) {
        let status = t.returncode().unwrap_or_default();
        if !status.success() {
            // Who dies of the signal that we were sent has us do the same: a shell that runs us in a loop then leaves that too.
            let ours = status.signal().filter(|_| status.signal() == self.ends.signal.get());
            self.reporter.tell(Failure::silent(ours.map_or_else(|| Cause::Child(code(status)), Cause::Signal)));
        }
        if let Some(stdin) = t.pipe_transport(STDIN) {
            t.peer(stdin).abort();
        }
        let id = t.id();
        t.net().call_later(id, QUIET);
    }

    fn pause_writing(&mut self, t: &mut SubprocessTransport<'_>) {
        self.with_stdin(t, |stdin| stdin.pause_reading());
    }

    fn resume_writing(&mut self, t: &mut SubprocessTransport<'_>) {
        self.with_stdin(t, |stdin| stdin.resume_reading());
    }

    fn timer_fired(&mut self, t: &mut SubprocessTransport<'_>, _timer: TimerId) {
        close_when_quiet(t);
    }

    fn connection_lost(&mut self, t: &mut SubprocessTransport<'_>, _error: Option<io::Error>) {
        // What has come still goes out.
        self.with_stdout(t, |stdout| stdout.close());
        self.with_stdin(t, |stdin| stdin.close());
    }
}

/// Closes a child that has ended [`QUIET`] ago, or looks again after as long: somebody else may still write.
pub(super) fn close_when_quiet(t: &mut SubprocessTransport<'_>) {
    let now = t.net().now();
    let Some(pipe) = t.pipe_transport(STDOUT) else { return t.close() };
    let quiet = now.duration_since(t.peer(pipe).last_activity());
    // A pipe that has not been read empty holds what the child has written, however long it takes to hand that on.
    if quiet < QUIET || t.peer(pipe).may_have_more() {
        let id = t.id();
        t.net().call_later(id, QUIET);
        return;
    }
    log::info!("the child has ended; somebody else still holds its stdout");
    t.close();
}

/// The status of a shell for a child that has ended so.
pub(super) fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(255);
    u8::try_from(code).unwrap_or(u8::MAX)
}

/// Calls `f` with our end of one of the child's pipes, where that is open.
fn with_pipe(ends: &Ends, t: &mut Transport<'_>, fd: u8, f: impl FnOnce(&mut Transport<'_>)) {
    let Some(child) = ends.child.get() else { return };
    if let Some(pipe) = t.net().subprocess_transport(child).pipe_transport(fd) {
        f(&mut t.peer(pipe));
    }
}

/// stdin's side.
#[derive(Debug)]
pub struct InputSide {
    ends: Rc<Ends>,
}

impl InputSide {
    /// A stdin joined with the child of `ends`.
    #[must_use]
    pub fn new(ends: Rc<Ends>) -> Self {
        Self { ends }
    }
}

impl Protocol for InputSide {
    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        with_pipe(&self.ends, t, STDIN, |pipe| pipe.write(data));
    }

    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        with_pipe(&self.ends, t, STDIN, |pipe| pipe.close());
        // The child's end closes it.
        Eof::KeepOpen
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        let Some(error) = error else { return };
        // As of a program that is told to read what it cannot: it may do without.
        log::warn!("{}", describe(&error));
        with_pipe(&self.ends, t, STDIN, |pipe| pipe.close());
    }
}

/// stdout's side.
#[derive(Debug)]
pub struct OutputSide {
    ends: Rc<Ends>,
    reporter: Reporter,
}

impl OutputSide {
    /// A stdout joined with the child of `ends`.
    #[must_use]
    pub fn new(ends: Rc<Ends>, reporter: Reporter) -> Self {
        Self { ends, reporter }
    }
}

impl Protocol for OutputSide {
    fn data_received(&mut self, _t: &mut Transport<'_>, _data: &[u8]) {}

    fn pause_writing(&mut self, t: &mut Transport<'_>) {
        with_pipe(&self.ends, t, STDOUT, |pipe| pipe.pause_reading());
    }

    fn resume_writing(&mut self, t: &mut Transport<'_>) {
        with_pipe(&self.ends, t, STDOUT, |pipe| pipe.resume_reading());
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        let Some(error) = error else { return };
        self.reporter.tell(console_failure(&error));
        // The child learns of it as it would without us between: at its next write. It is not left behind.
        with_pipe(&self.ends, t, STDOUT, |pipe| pipe.abort());
        with_pipe(&self.ends, t, STDIN, |pipe| pipe.abort());
    }
}

/// Hands signals on to the child's group, each once; one that asks to end is followed by one that cannot be refused. The
/// child's own `kill_after` is to be the same.
#[derive(Debug)]
pub struct Forward {
    ends: Rc<Ends>,
    kill_after: Duration,
    timeout: Option<Duration>,
    timeout_timer: Option<TimerId>,
    /// The last signal that asked the child to end.
    asked: Cell<i32>,
    /// Looks at the terminal of ours that the child's is like.
    terminal: Option<fn() -> Option<WindowSize>>,
    reporter: Reporter,
}

impl Forward {
    /// Forwards to the child of `ends`. `timeout` is for the whole run.
    #[must_use]
    pub fn new(ends: Rc<Ends>, kill_after: Duration, timeout: Option<Duration>, reporter: Reporter) -> Self {
        Self { ends, kill_after, timeout, timeout_timer: None, asked: Cell::new(SIGTERM), terminal: None, reporter }
    }

    /// Keeps the child's terminal as large as the one that `look` looks at, which is done whenever that has changed its size, or
    /// we have been stopped and do not know what was done to it meanwhile.
    #[must_use]
    pub fn with_terminal(self, look: fn() -> Option<WindowSize>) -> Self {
        Self { terminal: Some(look), ..self }
    }

    /// Whether the child still runs. If not, only its output keeps us.
    fn runs(&self, t: &mut Transport<'_>) -> bool {
        self.ends.child.get().is_some_and(|child| {
            let child = t.net().subprocess_transport(child);
            child.pid().is_some() && child.returncode().is_none()
        })
    }

    fn forward(&self, t: &mut Transport<'_>, signal: i32) {
        if let (Some(look), SIGWINCH | SIGCONT) = (self.terminal, signal) {
            return self.resize(t, look());
        }
        if !self.runs(t) {
            // Whoever is to read the output does not, or somebody else goes on writing.
            self.asked.set(signal);
            return self.give_up(t);
        }
        let Some(child) = self.ends.child.get() else { return };
        self.ends.signal.set(Some(signal));
        let mut child = t.net().subprocess_transport(child);
        if matches!(signal, SIGTERM | SIGHUP) {
            child.end_group(signal);
            self.asked.set(signal);
            self.watch_its_end(t);
        } else {
            // One that is stopped gets it only when it goes on.
            let sent = child.send_signal_to_group(signal).and_then(|()| child.send_signal_to_group(SIGCONT));
            if let Err(error) = sent {
                log::debug!("signal {signal} for the child: {}", describe(&error));
            }
        }
    }

    /// It is killed if it takes too long; and its output may find no reader.
    fn watch_its_end(&self, t: &mut Transport<'_>) {
        let id = t.id();
        t.net().call_later(id, self.kill_after);
    }

    fn resize(&self, t: &mut Transport<'_>, size: Option<WindowSize>) {
        let (Some(child), Some(WindowSize { rows, columns })) = (self.ends.child.get(), size) else { return };
        if let Err(error) = t.net().subprocess_transport(child).set_window_size(rows, columns) {
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

impl Protocol for Forward {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        if let Some(timeout) = self.timeout {
            let id = t.id();
            self.timeout_timer = Some(t.net().call_later(id, timeout));
        }
    }

    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        for &number in data {
            self.forward(t, i32::from(number));
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
