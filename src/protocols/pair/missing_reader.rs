//! Gives a connection a moment to end after the reader of stdout has gone.
//!
//! The reader may have read enough before the peer ends: tar exits after the end mark of its archive. So the peer has a
//! moment to end cleanly. A byte that comes later has no reader, and the peer must learn of that:
//!
//! ```text
//!   Joined ---the reader goes, and nothing waits for stdout---> Unread ---the peer ends---> ended cleanly, as always
//!     |                                                           |
//!     +---the reader goes, and bytes wait---> failed <------------+ another byte comes, or 1 s passes
//! ```
//!
//! A failed run is quiet (status 141), and the peer is reset. Until then, stdin goes to the peer. The stream of stdin
//! and stdout has these states itself: `Transport::bear_missing_reader`.

use super::end::End;
use super::options::PairOptions;
use crate::transports::net::Net;

/// Lets stdout lose its reader, if one of the ends is stdin and stdout, and the other is a connection. A server with
/// more clients to come has lost the stdout of all of them, so it ends at once.
pub(super) fn bear(net: &mut Net, here: End, other: End, options: &PairOptions) {
    if options.session.is_some_and(|session| session.reuse_stdio) {
        return;
    }
    for (connection, stdio) in [(here, other), (other, here)] {
        if let End::Stream(id) = stdio
            && stdio.is_stdio(net)
            && connection.is_connection(net)
        {
            net.transport(id).bear_missing_reader();
        }
    }
}
