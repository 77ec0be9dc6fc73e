//! The child of `exec` on stdin and stdout: the differences from a child of a relay.
//!
//! xport stands between the child and the files that the child would have without xport, and the child should not
//! notice. So a failure of one of these files does not end the child:
//!
//! ```text
//!   stdin cannot be read       ---> the child's stdin ends, with a warning
//!   stdout cannot be written   ---> the child's stdout and stdin are closed: its next write fails; the run has failed
//!   stderr cannot be written   ---> the child's stderr is closed
//!   a signal that xport sent ends the child ---> the same signal ends xport
//! ```
//!
//! stdin, stdout and stderr are a stream each, so that a stdin that cannot be read does not cost the output.

use std::cell::Cell;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::rc::Rc;

use crate::protocols::report::{Failure, Reporter};
use crate::transports::error::describe;
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::process::{SIGINT, SIGQUIT, STDIN, STDOUT};
use crate::transports::protocol::{Eof, Protocol};

/// The state that the side of the child, the standard streams and the signals share.
#[derive(Debug, Default)]
pub struct ExecChild {
    /// The child. Set before the loop runs.
    pub child: Cell<Option<Id>>,
    /// The stream for the child's stderr, if it needs one. Set before the loop runs.
    pub stderr: Cell<Option<Id>>,
    /// The last signal that the child got from xport, or together with xport.
    pub(in crate::protocols) signal: Cell<Option<i32>>,
    /// Whether the child is in the process group of xport, so that a key of the terminal signals both. Set before the
    /// loop runs.
    pub has_our_keys: Cell<bool>,
}

impl ExecChild {
    /// The name of the child in messages.
    pub(in crate::protocols) fn name(&self, net: &mut Net) -> String {
        let Some(child) = self.child.get() else { return "the child".to_owned() };
        let child = net.subprocess_transport(child);
        format!("{}child {}", child.number(), child.pid().unwrap_or(0))
    }

    /// The signal that has ended the child and that xport got too. xport dies of the same signal, so that a shell ends
    /// a loop with xport in it.
    pub(super) fn shared_signal(&self, status: ExitStatus) -> Option<i32> {
        let is_key = |signal| self.has_our_keys.get() && matches!(signal, SIGINT | SIGQUIT);
        status.signal().filter(|signal| self.signal.get() == Some(*signal) || is_key(*signal))
    }

    pub(super) fn join_stderr(&self, net: &mut Net, pipe: Id) {
        if let Some(stderr) = self.stderr.get() {
            net.transport(pipe).forward_to(stderr);
        }
    }

    pub(super) fn close_stderr(&self, net: &mut Net) {
        if let Some(stderr) = self.stderr.get() {
            net.transport(stderr).close();
        }
    }

    /// Calls `f` with this side of one of the child's pipes, if it is open.
    fn with_pipe(&self, t: &mut Transport<'_>, fd: u8, f: impl FnOnce(&mut Transport<'_>)) {
        let Some(child) = self.child.get() else { return };
        if let Some(pipe) = t.net().subprocess_transport(child).pipe_transport(fd) {
            f(&mut t.peer(pipe));
        }
    }
}

/// The protocol of stdin, stdout or stderr of xport beside the child.
#[derive(Debug)]
pub struct ExecStream {
    child: Rc<ExecChild>,
    fd: u8,
    reporter: Reporter,
}

impl ExecStream {
    /// The stream with the descriptor `fd`: 0, 1 or 2.
    #[must_use]
    pub fn new(child: Rc<ExecChild>, fd: u8, reporter: Reporter) -> Self {
        Self { child, fd, reporter }
    }
}

impl Protocol for ExecStream {
    fn data_received(&mut self, _t: &mut Transport<'_>, _data: &[u8]) {
        // Bytes of stdin are forwarded. They come here once the child has closed its stdin.
    }

    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        self.child.with_pipe(t, STDIN, |pipe| pipe.close());
        // The end of the child closes stdin.
        Eof::KeepOpen
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        let Some(error) = error else { return };
        if self.fd == STDIN {
            log::warn!("{}", describe(&error));
            return self.child.with_pipe(t, STDIN, |pipe| pipe.close());
        }
        self.child.with_pipe(t, self.fd, |pipe| pipe.abort());
        if self.fd == STDOUT {
            self.reporter.tell(Failure::of_stdio(&error));
            self.child.with_pipe(t, STDIN, |pipe| pipe.abort());
        }
    }
}
