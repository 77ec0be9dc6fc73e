//! The right end that is stdin and stdout: open from the start, and joined with one connection after the other.

use super::stream::StreamSide;
use super::{Connector, End, PairOptions};
use crate::transports::id::Id;

/// Joins each connection with stdin and stdout, which are open and have the protocol
/// [`IdleStdio`](super::session::IdleStdio).
#[must_use]
pub fn session_connector(stdio: Id, options: PairOptions) -> Connector {
    Connector::new(move |net, left| {
        let mut t = net.transport(stdio);
        t.set_background(false);
        t.set_protocol(StreamSide::new(left, options.clone()));
        // An open stream does not tell its new protocol of that.
        net.call_soon(stdio);
        Ok(End::Stream(stdio))
    })
}
