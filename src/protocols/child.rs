//! A child process joined with stdin, stdout and stderr: what `exec` does.
//!
//! [`ChildSide`] is the protocol of the child, [`InputSide`] that of stdin, and [`OutputSide`] that of stdout or
//! stderr. The protocol of the signals is in `forward_signals.rs`. If the child has our stdin or stderr itself, there
//! is no side for that stream. The run is over when the child has ended and its output is written; the status of the
//! child is that of the run.
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
use crate::transports::error::describe;
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::process::handle::SubprocessTransport;
use crate::transports::process::{SIGINT, SIGQUIT, SIGTERM};
use crate::transports::protocol::{Eof, Protocol, SubprocessProtocol};
use crate::transports::timers::TimerId;

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;

/// How long nothing must come from pipes that somebody else holds once the child has ended.
pub(super) const QUIET: Duration = Duration::from_millis(100);

/// What the sides know of each other.
#[derive(Debug, Default)]
pub struct ChildLinks {
    /// stdin, stdout and stderr, but those that the child has itself.
    console: [Cell<Option<Id>>; 3],
    pub(super) child: Cell<Option<Id>>,
    /// The last signal that we have sent to the child.
    pub(super) signal: Cell<Option<i32>>,
    /// The child is in our group, so that a key of our terminal sends its signal to both.
    pub(super) has_our_keys: Cell<bool>,
}

impl ChildLinks {
    /// Makes `stream` our stdin (0), stdout (1) or stderr (2). Due before the loop runs, like the next one.
    pub fn set_console(&self, fd: u8, stream: Id) {
        self.console[usize::from(fd)].set(Some(stream));
    }

    /// Says that the child is in our group, so that a key of our terminal sends its signal to both. Due before the
    /// loop runs.
    pub fn share_keys(&self) {
        self.has_our_keys.set(true);
    }

    /// Makes `child` the child.
    pub fn set_child(&self, child: Id) {
        self.child.set(Some(child));
    }
}

/// The child's side.
#[derive(Debug)]
pub struct ChildSide {
    ends: Rc<ChildLinks>,
    reporter: Reporter,
}

impl ChildSide {
    /// A child joined with the console of `ends`.
    #[must_use]
    pub fn new(ends: Rc<ChildLinks>, reporter: Reporter) -> Self {
        Self { ends, reporter }
    }

    fn with_stdin(&self, t: &mut SubprocessTransport<'_>, f: impl FnOnce(&mut Transport<'_>)) {
        self.with_console(t, STDIN, f);
    }

    fn with_console<T>(
        &self,
        t: &mut SubprocessTransport<'_>,
        fd: u8,
        f: impl FnOnce(&mut Transport<'_>) -> T,
    ) -> Option<T> {
        self.ends.console[usize::from(fd)].get().map(|stream| f(&mut t.peer(stream)))
    }
}

impl SubprocessProtocol for ChildSide {
    fn connection_made(&mut self, t: &mut SubprocessTransport<'_>) {
        self.with_stdin(t, |stdin| stdin.resume_reading());
    }

    fn pipe_data_received(&mut self, t: &mut SubprocessTransport<'_>, fd: u8, data: &[u8]) {
        let paused = self.with_console(t, fd, |console| {
            console.write(data);
            console.is_writing_paused()
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
            // If the child dies of the signal that we were sent, we die of the same: a shell that runs us in a loop
            // then ends the loop.
            let is_of_key = |signal| self.ends.has_our_keys.get() && matches!(signal, SIGINT | SIGQUIT);
            let is_ours = |signal: &i32| self.ends.signal.get() == Some(*signal) || is_of_key(*signal);
            let ours = status.signal().filter(is_ours);
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

    fn connection_lost(&mut self, t: &mut SubprocessTransport<'_>, error: Option<io::Error>) {
        if error.is_some() {
            // The child cannot be killed and is left running. If this is because of a time limit, that was told before.
            let signal = self.ends.signal.get().unwrap_or(SIGTERM);
            self.reporter.tell(Failure::silent(Cause::Signal(signal)));
        }
        // What has come still goes out.
        for fd in [STDIN, STDOUT, STDERR] {
            self.with_console(t, fd, |console| console.close());
        }
    }
}

/// Closes a child that has ended [`QUIET`] ago, or looks again after as long: somebody else may still write.
pub(super) fn close_when_quiet(t: &mut SubprocessTransport<'_>) {
    let now = t.net().now();
    let pipes = Vec::from_iter([STDOUT, STDERR].into_iter().filter_map(|fd| t.pipe_transport(fd)));
    for &pipe in &pipes {
        let quiet = now.duration_since(t.peer(pipe).last_activity());
        // A pipe that has not been read empty holds what the child has written, however long it takes to hand that on.
        if quiet < QUIET || t.peer(pipe).may_have_more() {
            let id = t.id();
            t.net().call_later(id, QUIET);
            return;
        }
    }
    if !pipes.is_empty() {
        log::info!("the child has ended, but another process still holds its stdout");
    }
    t.close();
}

/// The status of a shell for a child that has ended so.
pub(super) fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(255);
    u8::try_from(code).unwrap_or(u8::MAX)
}

/// Calls `f` with our end of one of the child's pipes, where that is open.
fn with_pipe(ends: &ChildLinks, t: &mut Transport<'_>, fd: u8, f: impl FnOnce(&mut Transport<'_>)) {
    let Some(child) = ends.child.get() else { return };
    if let Some(pipe) = t.net().subprocess_transport(child).pipe_transport(fd) {
        f(&mut t.peer(pipe));
    }
}

/// stdin's side.
#[derive(Debug)]
pub struct InputSide {
    ends: Rc<ChildLinks>,
}

impl InputSide {
    /// A stdin joined with the child of `ends`.
    #[must_use]
    pub fn new(ends: Rc<ChildLinks>) -> Self {
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

/// stdout's side, or stderr's.
#[derive(Debug)]
pub struct OutputSide {
    ends: Rc<ChildLinks>,
    fd: u8,
    /// `Some` if a failure of this stream is a failure of the run.
    reporter: Option<Reporter>,
}

impl OutputSide {
    /// A stdout joined with the child of `ends`.
    #[must_use]
    pub fn new(ends: Rc<ChildLinks>, reporter: Reporter) -> Self {
        Self { ends, fd: STDOUT, reporter: Some(reporter) }
    }

    /// A stderr joined with the child of `ends`. If it fails, the run goes on.
    #[must_use]
    pub fn for_stderr(ends: Rc<ChildLinks>) -> Self {
        Self { ends, fd: STDERR, reporter: None }
    }
}

impl Protocol for OutputSide {
    fn data_received(&mut self, _t: &mut Transport<'_>, _data: &[u8]) {}

    fn pause_writing(&mut self, t: &mut Transport<'_>) {
        with_pipe(&self.ends, t, self.fd, |pipe| pipe.pause_reading());
    }

    fn resume_writing(&mut self, t: &mut Transport<'_>) {
        with_pipe(&self.ends, t, self.fd, |pipe| pipe.resume_reading());
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        let Some(error) = error else { return };
        // The child learns of it as it would without us between: at its next write. It is not left behind.
        with_pipe(&self.ends, t, self.fd, |pipe| pipe.abort());
        if let Some(reporter) = &self.reporter {
            reporter.tell(Failure::of_stdio(&error));
            with_pipe(&self.ends, t, STDIN, |pipe| pipe.abort());
        }
    }
}
