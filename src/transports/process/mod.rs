//! One child process: its descriptor, its pipes and its end. asyncio's `base_subprocess.py`.
//!
//! ```text
//!   Running ---exits---> Exited ---all pipes lost---> over (connection_lost)
//!    | |                    ^
//!    | +---all pipes lost---+  (the other way round: it then waits for the exit)
//!    |
//!    +---cannot be killed---> given up: all pipes are closed (connection_lost with an error)
//! ```
//!
//! The pipes are ordinary streams whose callbacks the loop hands to the child's protocol (`event_loop/processes.rs`).
//! `handle.rs` has what a protocol sees of a child, `command.rs` what a child runs, `opening.rs` the start and
//! `ending.rs` the end.

pub mod command;
mod ending;
pub mod handle;
pub mod opening;

use std::os::fd::OwnedFd;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use super::id::Id;
use super::number::Number;
use super::timers::TimerId;

pub use crate::sys::signals::{
    SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH,
};

/// The pipes of a child, by the numbers of its descriptors.
pub(crate) const STDIN: u8 = 0;
pub(crate) const STDOUT: u8 = 1;
pub(crate) const STDERR: u8 = 2;

/// How long a child can take by default to end when it is asked to.
pub(crate) const KILL_AFTER: Duration = Duration::from_secs(5);

/// A child.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    /// The number of its connection in messages and dumps.
    pub(crate) number: Number,
    pub(crate) started: Instant,
    pub(crate) pidfd: OwnedFd,
    /// The name of its program, for messages.
    pub(crate) name: String,
    /// The child was started with a group of its own, which has the number of the child.
    pub(crate) leads_a_group: bool,
    /// The local ends of stdin, stdout and stderr, while they are open.
    pub(crate) pipes: [Option<Id>; 3],
    /// The status, once the child has ended.
    pub(crate) status: Option<ExitStatus>,
    /// Bytes of input that were left when no process read them.
    pub(crate) unread: usize,
    /// The child counts against the limit of a listener, in place of the connection that it is for.
    pub(crate) accepted: bool,
    /// How long the child may take to end when it is asked to.
    pub(crate) kill_after: Duration,
    /// The current step of the end.
    pub(crate) ending: Option<Ending>,
    /// The end of the time for this step.
    pub(crate) ending_timer: Option<TimerId>,
    /// `close` was called.
    pub(crate) closing: bool,
    pub(crate) told: Told,
}

/// What the protocol of a child knows, or hears by a queued call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The child runs.
    Start,
    /// `process_exited`.
    Exit,
    /// `connection_lost`.
    Loss,
}

/// A step of the end of a child. `ending.rs` has the diagram.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    /// The input ends after `unsent` bytes. While the child takes some of them, the step goes on.
    Input { unsent: usize },
    /// The child was asked to end, with its whole group.
    Asked,
    /// The child could not be killed. `error` is a number of `errno(3)`.
    GivenUp { error: i32 },
}

impl Process {
    /// The local ends that are open.
    pub(crate) fn open_pipes(&self) -> Vec<Id> {
        self.pipes.into_iter().flatten().collect()
    }

    /// Whether the child cannot be killed, so that the loop does not wait for its end.
    pub(crate) fn is_given_up(&self) -> bool {
        matches!(self.ending, Some(Ending::GivenUp { .. }))
    }
}
