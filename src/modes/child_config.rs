//! The configuration of a child process. `config.rs` has that of everything else.

use std::ffi::OsString;
use std::time::Duration;

use crate::transports::process::opening::ChildStdio;

/// A child process.
#[derive(Clone, Debug)]
pub struct ChildConfig {
    /// The program.
    pub program: Program,
    /// `--stdin`: a pipe, the stdin of xport, or nothing. With `None` the mode chooses.
    pub stdin: Option<ChildStdio>,
    /// `--stderr`. With `None` the mode chooses.
    pub stderr: Option<ChildStdio>,
    /// `--env`: further variables of the child.
    pub environment: Vec<(OsString, OsString)>,
    /// `--kill-after`: how long a child may take to end after it was asked to.
    pub kill_after: Duration,
    /// `--pty`: the child has its own terminal as stdin, stdout and stderr.
    pub pty: bool,
}

/// The program of a child.
#[derive(Clone, Debug)]
pub enum Program {
    /// A program and its arguments, as they are.
    Argv {
        /// A path, or a name to look for in `PATH`.
        program: OsString,
        /// Its arguments.
        arguments: Vec<OsString>,
    },
    /// `--shell`: a line for the shell.
    Shell(OsString),
}
