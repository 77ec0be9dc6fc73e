//! Dismisses a child whose other end has gone. `child.rs` has the side of a child.

use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::process::{SIGTERM, STDIN, STDOUT};

/// The other end of a child has ended cleanly: the child reads its input, and should end then.
pub(super) fn leave_child(id: Id, net: &mut Net) {
    let mut child = net.subprocess_transport(id);
    let stdout = child.pipe_transport(STDOUT);
    child.end_input();
    if let Some(stdout) = stdout {
        // A child with a failed write might not read the rest.
        let mut stdout = net.transport(stdout);
        stdout.stop_forwarding();
        stdout.resume_reading();
    }
}

/// The other end of a child has failed: the child gets the buffered bytes, and is asked to end.
pub(super) fn end_child(id: Id, net: &mut Net) {
    let mut child = net.subprocess_transport(id);
    let (stdin, stdout) = (child.pipe_transport(STDIN), child.pipe_transport(STDOUT));
    child.end_group(SIGTERM);
    if let Some(stdin) = stdin {
        net.transport(stdin).close();
    }
    if let Some(stdout) = stdout {
        net.transport(stdout).abort();
    }
}
