//! A child process joined with stdin and stdout: what `exec` does.
//!
//! [`ChildSide`] is the protocol of the child, [`ConsoleSide`] that of stdin and stdout, [`Forward`] that of the signals. The run is
//! over when the child has ended and what it has written is out; its status is the run's.
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
use crate::transports::process::{SIGHUP, SIGKILL, SIGTERM};
use crate::transports::protocol::{Eof, Protocol, SubprocessProtocol};
use crate::transports::timers::TimerId;

const STDIN: u8 = 0;
const STDOUT: u8 = 1;

/// How long nothing must come from pipes that somebody else holds once the child has ended.
const QUIET: Duration = Duration::from_millis(100);

/// What the three know of each other.
#[derive(Debug, Default)]
pub struct Ends {
    console: Cell<Option<Id>>,
    child: Cell<Option<Id>>,
}

impl Ends {
    /// Makes `console` stdin and stdout. Due before the loop runs, like the next one.
    pub fn set_console(&self, console: Id) {
        self.console.set(Some(console));
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

    fn with_console<T>(&self, t: &mut SubprocessTransport<'_>, f: impl FnOnce(&mut Transport<'_>) -> T) -> Option<T> {
        self.ends.console.get().map(|console| f(&mut t.peer(console)))
    }
}

impl SubprocessProtocol for ChildSide {
    fn connection_made(&mut self, t: &mut SubprocessTransport<'_>) {
        self.with_console(t, |console| console.resume_reading());
    }

    fn pipe_data_received(&mut self, t: &mut SubprocessTransport<'_>, fd: u8, data: &[u8]) {
        let paused = self.with_console(t, |console| {
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
            self.with_console(t, |console| console.pause_reading());
        }
    }

    fn process_exited(&mut self, t: &mut SubprocessTransport<'_>) {
        let status = t.returncode().map_or(0, code);
        if status != 0 {
            self.reporter.tell(Failure::silent(Cause::Child(status)));
        }
        if let Some(stdin) = t.pipe_transport(STDIN) {
            t.peer(stdin).abort();
        }
        let id = t.id();
        t.net().call_later(id, QUIET);
    }

    fn pause_writing(&mut self, t: &mut SubprocessTransport<'_>) {
        self.with_console(t, |console| console.pause_reading());
    }

    fn resume_writing(&mut self, t: &mut SubprocessTransport<'_>) {
        self.with_console(t, |console| console.resume_reading());
    }

    fn timer_fired(&mut self, t: &mut SubprocessTransport<'_>, _timer: TimerId) {
        let now = t.net().now();
        let Some(pipe) = t.pipe_transport(STDOUT) else { return t.close() };
        let quiet = now.duration_since(t.peer(pipe).last_activity());
        if quiet < QUIET || self.with_console(t, |console| console.is_writing_paused()) == Some(true) {
            let id = t.id();
            t.net().call_later(id, QUIET);
            return;
        }
        log::info!("the child has ended; somebody else still holds its stdout");
        t.close();
    }

    fn connection_lost(&mut self, t: &mut SubprocessTransport<'_>, _error: Option<io::Error>) {
        // What has come still goes out.
        self.with_console(t, |console| console.close());
    }
}

/// The status of a shell for a child that has ended so.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(255);
    u8::try_from(code).unwrap_or(u8::MAX)
}

/// stdin and stdout's side.
#[derive(Debug)]
pub struct ConsoleSide {
    ends: Rc<Ends>,
    reporter: Reporter,
}

impl ConsoleSide {
    /// A console joined with the child of `ends`.
    #[must_use]
    pub fn new(ends: Rc<Ends>, reporter: Reporter) -> Self {
        Self { ends, reporter }
    }

    /// Calls `f` with our end of one of the child's pipes, where that is open.
    fn with_pipe(&self, t: &mut Transport<'_>, fd: u8, f: impl FnOnce(&mut Transport<'_>)) {
        let Some(child) = self.ends.child.get() else { return };
        if let Some(pipe) = t.net().subprocess_transport(child).pipe_transport(fd) {
            f(&mut t.peer(pipe));
        }
    }
}

impl Protocol for ConsoleSide {
    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        self.with_pipe(t, STDIN, |pipe| pipe.write(data));
    }

    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        self.with_pipe(t, STDIN, |pipe| pipe.close());
        // The child's end closes it.
        Eof::KeepOpen
    }

    fn pause_writing(&mut self, t: &mut Transport<'_>) {
        self.with_pipe(t, STDOUT, |pipe| pipe.pause_reading());
    }

    fn resume_writing(&mut self, t: &mut Transport<'_>) {
        self.with_pipe(t, STDOUT, |pipe| pipe.resume_reading());
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        let Some(error) = error else { return };
        self.reporter.tell(if error.kind() == io::ErrorKind::BrokenPipe {
            Failure::silent(Cause::ReaderGone)
        } else {
            Failure::new(Cause::Local, describe(&error))
        });
        // The child learns of it as it would without us between: at its next write. It is not left behind.
        self.with_pipe(t, STDOUT, |pipe| pipe.abort());
        self.with_pipe(t, STDIN, |pipe| pipe.abort());
    }
}

/// Hands signals on to the child's group, each once; one that asks to end is followed by one that cannot be refused.
#[derive(Debug)]
pub struct Forward {
    ends: Rc<Ends>,
    kill_after: Duration,
    timeout: Option<Duration>,
    timeout_timer: Option<TimerId>,
    reporter: Reporter,
}

impl Forward {
    /// Forwards to the child of `ends`. `timeout` is for the whole run.
    #[must_use]
    pub fn new(ends: Rc<Ends>, kill_after: Duration, timeout: Option<Duration>, reporter: Reporter) -> Self {
        Self { ends, kill_after, timeout, timeout_timer: None, reporter }
    }

    fn forward(&self, t: &mut Transport<'_>, signal: i32) {
        let Some(child) = self.ends.child.get() else { return };
        if let Err(error) = t.net().subprocess_transport(child).send_signal_to_group(signal) {
            log::debug!("signal {signal} for the child: {}", describe(&error));
        }
        if matches!(signal, SIGTERM | SIGHUP) {
            let id = t.id();
            t.net().call_later(id, self.kill_after);
        }
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
        } else {
            self.forward(t, SIGKILL);
        }
    }
}
