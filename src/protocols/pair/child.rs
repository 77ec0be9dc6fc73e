//! A side that is a child process.
//!
//! ```text
//!   Running ---exits---> its stdout closed ------------------------------------> the other end is closed
//!                |                                                                ^
//!                +---another process holds it---> nothing comes for 100 ms -------+
//! ```
//!
//! A pipe of the child can fail (`EIO`, `ENOMEM`). Then bytes are lost, which no side may take for an end:
//!
//! ```text
//!   its stdin is closed (EPIPE) ---> no failure: a child need not read all of its input
//!   a pipe fails                ---> the run has failed, the other end is reset, the child is asked to end
//!   a pipe of `exec` on stdin and stdout fails ---> the run has failed, the pipe is closed
//! ```
//!
//! The child of `exec` on stdin and stdout also has an [`ExecChild`], which says what is different there.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::rc::Rc;
use std::time::Duration;

use super::exec::ExecChild;
use super::half_close::{HalfClose, InputEnd};
use super::{End, Inbound, OtherEnd, PairOptions, has_agreed_on_tls};
use crate::protocols::idle::TimeLimit;
use crate::protocols::report::{Cause, Failure, Reporter};
use crate::transports::amounts::Span;
use crate::transports::error::describe;
use crate::transports::info::Info;
use crate::transports::process::handle::SubprocessTransport;
use crate::transports::process::{SIGTERM, STDERR, STDIN, STDOUT};
use crate::transports::protocol::SubprocessProtocol;
use crate::transports::timers::TimerId;

/// After the child has ended, pipes that another process holds must be silent for this time.
pub(super) const QUIET: Duration = Duration::from_millis(100);

/// The protocol of a child.
#[derive(Debug)]
pub struct ChildEnd {
    other: OtherEnd,
    options: PairOptions,
    exec: Option<Rc<ExecChild>>,
    /// The end of the child's stdout, to be passed on to the other end.
    output: InputEnd,
    /// Fires a moment after the end of the child's stdout. The exit of a killed child comes before, and then the other
    /// end does not see an orderly end.
    end_timer: Option<TimerId>,
    /// Fires [`QUIET`] after the exit of the child, and again while another process writes to its pipes.
    quiet_timer: Option<TimerId>,
    idle: TimeLimit,
    /// The name of the other end in messages.
    peer: String,
    /// A pipe has failed, or the child has ended with a status other than 0 and has not read all of its input.
    has_failed: bool,
}

impl ChildEnd {
    /// The child of `exec`, to be joined with `stdio`, the stdin and stdout of xport.
    #[must_use]
    pub fn of_exec(stdio: End, reporter: Reporter, exec: Rc<ExecChild>) -> Self {
        let options = PairOptions { half_close: HalfClose::Now, reporter: Some(reporter), ..PairOptions::default() };
        Self { exec: Some(exec), ..Self::new(Inbound::new(stdio, Info::default()), options) }
    }

    /// A left side, whose other end a [`Connector`](super::Connector) opens, or a right side, to be joined with an
    /// [`Inbound`].
    #[must_use]
    pub fn new(other: impl Into<OtherEnd>, options: PairOptions) -> Self {
        Self {
            other: other.into(),
            output: InputEnd::new(options.half_close),
            idle: TimeLimit::new(options.idle_timeout),
            options,
            exec: None,
            end_timer: None,
            quiet_timer: None,
            peer: String::new(),
            has_failed: false,
        }
    }

    /// The child's stdout has ended and the child goes on.
    fn output_ended(&mut self, t: &mut SubprocessTransport<'_>) {
        let (Some(other), None) = (self.other.end(), t.returncode()) else { return };
        let here = End::Child(t.id());
        if self.options.half_close == HalfClose::Auto && !here.may_be_held_back(other, t.net()) {
            self.output = InputEnd::new(HalfClose::Now);
        }
        // A program closes its stdout on purpose, even if it has written nothing.
        let is_doubtful = has_agreed_on_tls(other, t.net());
        if self.output.input_ended(t.id(), t.net(), is_doubtful) {
            other.end_input(t.net());
        }
        if other.is_over(t.net()) {
            here.end_input(t.net());
            other.finish(t.net());
        }
    }

    /// A pipe of the child has failed, and bytes are lost.
    fn pipe_failed(&mut self, t: &mut SubprocessTransport<'_>, fd: u8, error: &io::Error) {
        let (pid, error) = (t.pid().unwrap_or(0), describe(error));
        let what = match fd {
            STDIN => "cannot write to its stdin",
            STDOUT => "cannot read its stdout",
            _ => "cannot read its stderr",
        };
        self.options.fail(t.number(), Failure::new(Cause::Local, format!("child {pid}: {what}: {error}")));
        self.has_failed = true;
        if let (Some(other), None) = (self.other.end(), &self.exec) {
            other.reset(t.net());
            End::Child(t.id()).reset(t.net());
        }
    }

    /// Closes a child that ended [`QUIET`] ago. If another process still writes to its pipes, this looks again later.
    fn close_when_quiet(&mut self, t: &mut SubprocessTransport<'_>) {
        let now = t.net().now();
        let pipes = Vec::from_iter([STDOUT, STDERR].into_iter().filter_map(|fd| t.pipe_transport(fd)));
        for &pipe in &pipes {
            let quiet = now.duration_since(t.peer(pipe).last_activity());
            // Bytes in a pipe are the child's, however long the other end takes to read them.
            if quiet < QUIET || t.peer(pipe).may_have_more() {
                self.quiet_timer = Some(t.call_later(QUIET));
                return;
            }
        }
        if !pipes.is_empty() {
            let (number, pid) = (t.number(), t.pid().unwrap_or(0));
            log::info!("{number}child {pid} has ended, but another process still holds its stdout");
        }
        t.close();
    }
}

/// The status that a shell reports for a child: its exit code, or 128 and the number of the signal.
fn shell_status(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(255);
    u8::try_from(code).unwrap_or(u8::MAX)
}

impl SubprocessProtocol for ChildEnd {
    fn connection_made(&mut self, t: &mut SubprocessTransport<'_>) {
        let here = End::Child(t.id());
        if self.other.is_to_open() {
            self.idle.start(t.id(), t.net());
        }
        if !self.other.open_or_join(here, t.net(), &self.options) {
            here.finish(t.net());
        }
        self.peer = self.other.end().map(|other| other.name(t.net())).unwrap_or_default();
        if let (Some(pipe), Some(exec)) = (t.pipe_transport(STDERR), &self.exec) {
            exec.join_stderr(t.net(), pipe);
        }
    }

    fn pipe_data_received(&mut self, t: &mut SubprocessTransport<'_>, fd: u8, data: &[u8]) {
        if fd == STDOUT {
            self.other.hand_on(End::Child(t.id()), t.net(), &mut self.output, data);
        }
    }

    fn pipe_connection_lost(&mut self, t: &mut SubprocessTransport<'_>, fd: u8, error: Option<io::Error>) {
        let is_unread = |error: &io::Error| fd == STDIN && error.kind() == io::ErrorKind::BrokenPipe;
        if let Some(error) = error.filter(|error| !is_unread(error)) {
            self.pipe_failed(t, fd, &error);
        }
        let Some(other) = self.other.end() else { return };
        match fd {
            STDOUT if t.returncode().is_none() => {
                self.end_timer = Some(t.call_later(QUIET));
            }
            // A child need not read all of its input.
            STDIN => other.discard(t.net()),
            _ => (),
        }
    }

    fn process_exited(&mut self, t: &mut SubprocessTransport<'_>) {
        let status = t.returncode().unwrap_or_default();
        let (code, pid, other) = (shell_status(status), t.pid().unwrap_or(0), &self.peer);
        let leaves_input = code != 0 && t.unread_input() > 0;
        self.has_failed |= leaves_input;
        let (number, time) = (t.number(), Span(t.age()));
        match &self.options.reporter {
            Some(reporter) if code != 0 => {
                let signal = self.exec.as_ref().and_then(|exec| exec.shared_signal(status));
                reporter.tell(Failure::silent(signal.map_or(Cause::Child(code), Cause::Signal)));
            }
            _ => (),
        }
        if leaves_input && self.options.reporter.is_none() {
            log::warn!("{number}{other}: child {pid} has ended with status {code} and has left input unread");
        } else {
            log::info!("{number}child {pid} has ended with status {code} after {time}");
        }
        if let Some(stdin) = t.pipe_transport(STDIN) {
            t.peer(stdin).abort();
        }
        self.quiet_timer = Some(t.call_later(QUIET));
    }

    fn resume_writing(&mut self, t: &mut SubprocessTransport<'_>) {
        self.other.resume(t.net());
    }

    fn timer_fired(&mut self, t: &mut SubprocessTransport<'_>, timer: TimerId) {
        let (here, options) = (End::Child(t.id()), &self.options);
        if Some(timer) == self.end_timer {
            self.output_ended(t);
        } else if Some(timer) == self.quiet_timer {
            self.close_when_quiet(t);
        } else if !self.other.idle_timer_fired(here, t.net(), &mut self.idle, timer, options) {
            self.other.input_timer_fired(here, t.net(), &mut self.output, timer);
        }
    }

    fn connection_lost(&mut self, t: &mut SubprocessTransport<'_>, error: Option<io::Error>) {
        if error.is_some() {
            // The child cannot be killed and is left running. The log has said so, and the time limit too.
            let signal = self.exec.as_ref().map(|exec| exec.signal.get().unwrap_or(SIGTERM));
            self.options.fail(t.number(), Failure::silent(signal.map_or(Cause::Local, Cause::Signal)));
        }
        if let Some(exec) = &self.exec {
            exec.close_stderr(t.net());
        }
        let Some(other) = self.other.end() else { return };
        // Either the child had more to write, or it has not read what the other end believes to be delivered.
        let was_killed = t.returncode().is_some_and(|status| status.signal().is_some());
        let is_cut = was_killed || self.has_failed || error.is_some();
        if is_cut { other.reset(t.net()) } else { other.finish_alone(t.net()) }
    }
}
