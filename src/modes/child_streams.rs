//! Chooses stdin and stderr of the program of `exec`, which depend on those of xport.
//!
//! Two rules of a shell must hold with xport in between. Bytes that a program does not read are left for the next
//! reader, as in `while read line; do ...; done < list`. Output to stdout and stderr is in order if both are one file.

use super::config::ChildConfig;
use crate::sys::{pty, stdio};
use crate::transports::process::command::Standing;
use crate::transports::process::opening::ChildStdio;

/// The stdin of a program on stdin and stdout, and the process group that the program needs for it.
///
/// | stdin of xport | the program has |
/// |---|---|
/// | a file, a device, a pipe | the same: only the program reads it |
/// | a terminal | a pipe from xport: the program is in the background there and could not read |
/// | a socket, or a pipe that is non-blocking | a pipe from xport: programs do not expect such a stdin |
pub(super) fn stdin(config: &ChildConfig) -> (ChildStdio, Standing) {
    match config.stdin {
        // To read, the program must be in the foreground with xport.
        Some(ChildStdio::Inherit) if pty::is_our_terminal(0) => (ChildStdio::Inherit, Standing::OurGroup),
        Some(stdin) => (stdin, Standing::OwnGroup),
        None if stdio::stdin_is_for_any_program() => (ChildStdio::Inherit, Standing::OwnGroup),
        None => (ChildStdio::Pipe, Standing::OwnGroup),
    }
}

/// The stderr of a program on stdin and stdout.
pub(super) fn stderr(config: &ChildConfig, standing: Standing) -> ChildStdio {
    match config.stderr.unwrap_or_else(stderr_beside_stdout) {
        // The terminal would stop the program at its first write (`stty tostop`), because the program is in the
        // background. xport is not, so it writes for the program.
        ChildStdio::Inherit if standing == Standing::OwnGroup && pty::stops_writers_in_background(2) => {
            ChildStdio::Pipe
        }
        stderr => stderr,
    }
}

/// The stderr of a program whose stdout goes to that of xport: its own stdout if stdout and stderr of xport are one
/// file, because two ways to one file would not keep the order.
pub(super) fn stderr_beside_stdout() -> ChildStdio {
    if stdio::are_same(1, 2) { ChildStdio::Merge } else { ChildStdio::Inherit }
}
