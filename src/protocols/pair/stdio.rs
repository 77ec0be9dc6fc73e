//! Gives stdin and stdout of a session the protocol for the next connection.

use super::keys::KeySide;
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
        let side = StreamSide::new(left, options.clone());
        match options.session.and_then(|session| session.keys) {
            Some(keys) => t.set_protocol(KeySide::new(side, keys)),
            None => t.set_protocol(side),
        }
        // An open stream does not tell its new protocol of that.
        net.call_soon(stdio);
        Ok(End::Stream(stdio))
    })
}
