//! One child process: its descriptor, its pipes and what is known of its end. asyncio's `base_subprocess.py`.
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
use std::time::Duration;

use super::id::Id;
use super::timers::TimerId;

pub use crate::sys::signals::{
    SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH,
};

/// How long a child may take to end when it is asked to, unless that is set.
pub(crate) const KILL_AFTER: Duration = Duration::from_secs(5);

/// A child.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) pidfd: OwnedFd,
    /// The name of its program, for messages.
    pub(crate) name: String,
    /// It was started with a group of its own, which has its number.
    pub(crate) leads_a_group: bool,
    /// Our ends of its stdin, stdout and stderr, as long as they are open.
    pub(crate) pipes: [Option<Id>; 3],
    /// Its status, once it has ended.
    pub(crate) status: Option<ExitStatus>,
    /// Bytes of its input that were left when nobody read it any more.
    pub(crate) unread: usize,
    /// It counts against the limit of a listener, for a connection that was admitted.
    pub(crate) accepted: bool,
    /// How long it may take to end when it is asked to.
    pub(crate) kill_after: Duration,
    /// Somebody wants it to end.
    pub(crate) ending: Option<Ending>,
    /// `process_exited` has been queued.
    pub(crate) exit_told: bool,
    /// `close` was called.
    pub(crate) closing: bool,
    /// `connection_lost` has been queued.
    pub(crate) over: bool,
}

/// How far it is with the end of a child.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    /// Its input ends after so many bytes that it has still to take; as long as it takes some, it is left alone.
    Input { unsent: usize, timer: TimerId },
    /// It was asked to end, with all of its group.
    Asked { timer: TimerId },
    /// It could not be killed. `error` is a number of `errno(3)`.
    GivenUp { error: i32 },
}

impl Ending {
    pub(crate) fn timer(self) -> Option<TimerId> {
        match self {
            Self::Input { timer, .. } | Self::Asked { timer } => Some(timer),
            Self::GivenUp { .. } => None,
        }
    }
}

impl Process {
    /// Whether nothing is left of it, nor to be told but that: `connection_lost` is due.
    pub(crate) fn is_over(&self) -> bool {
        (self.exit_told || self.is_given_up()) && self.pipes.iter().all(Option::is_none)
    }

    /// Whether it cannot be killed, so that the loop does not wait for its end.
    pub(crate) fn is_given_up(&self) -> bool {
        matches!(self.ending, Some(Ending::GivenUp { .. }))
    }
}
