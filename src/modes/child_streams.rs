//! What the program of `exec` has for stdin and stderr, as that depends on what ours are.
//!
//! Two rules of every shell are to hold with us in between. A program that reads nothing leaves our stdin to whoever comes after it,
//! as in `while read line; do ...; done < list`. What it writes to stdout and stderr is in order where one file is behind both.

use super::config::ChildConfig;
use crate::sys::{pty, stdio};
use crate::transports::process::command::Standing;
use crate::transports::process::opening::ChildStdio;

/// stdin of a program that is joined with ours, and where the program stands because of it.
///
/// | our stdin | the program has |
/// |---|---|
/// | a file, a device, a pipe | the same: no byte is read but by the program |
/// | a terminal | a pipe from us: in the background of our terminal it could not read |
/// | a socket, or a pipe that does not wait | a pipe from us: programs do not expect such a stdin |
pub(super) fn stdin(config: &ChildConfig) -> (ChildStdio, Standing) {
    match config.stdin {
        // It has to be in the foreground where we are, to be able to read.
        Some(ChildStdio::Inherit) if pty::is_our_terminal(0) => (ChildStdio::Inherit, Standing::OurGroup),
        Some(stdin) => (stdin, Standing::OwnGroup),
        None if stdio::stdin_is_for_any_program() => (ChildStdio::Inherit, Standing::OwnGroup),
        None => (ChildStdio::Pipe, Standing::OwnGroup),
    }
}

/// stderr of a program that is joined with our stdin and stdout.
pub(super) fn stderr(config: &ChildConfig, standing: Standing) -> ChildStdio {
    match config.stderr.unwrap_or_else(stderr_beside_stdout) {
        // The terminal would stop it at its first write (`stty tostop`), as it stands in the background.
        ChildStdio::Inherit if standing == Standing::OwnGroup && pty::stops_writers_in_background(2) => {
            ChildStdio::Pipe
        }
        stderr => stderr,
    }
}

/// Our stderr, or with one file behind that and our stdout, the program's stdout: two ways to the file would not keep the order.
pub(super) fn stderr_beside_stdout() -> ChildStdio {
    if stdio::are_same(1, 2) { ChildStdio::Merge } else { ChildStdio::Inherit }
}
