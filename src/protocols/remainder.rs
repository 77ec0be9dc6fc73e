//! A source whose peer is gone: whether it had more to say.
//!
//! A peer that is wholly gone takes nothing more, so whatever the source still has is lost. Only asking the source tells whether
//! there is anything:
//!
//! ```text
//!   Asked ---one more byte---> the session has failed: bytes are missing at the peer
//!     |
//!     +------its end, or nothing within 2 s---> the session is over, in order
//! ```

use std::io;
use std::time::Duration;

use super::report::{Cause, Failure};
use super::session::console_failure;
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::protocol::{Eof, Protocol};
use crate::transports::timers::TimerId;

/// How long a source is asked: a program that feeds a pipe may need a moment, and nobody waits longer for nothing.
const PATIENCE: Duration = Duration::from_secs(2);

/// The protocol of such a source.
pub(super) struct Remainder<F> {
    /// The peer that is gone, for messages.
    peer: String,
    fail: F,
}

/// Asks `source` whether it has more for `peer`, which is gone; `fail` is told if it has. The source is closed then, and its reader
/// is told of the end now.
pub(super) fn ask(net: &mut Net, source: Id, peer: String, fail: impl FnMut(Failure) + 'static) {
    let mut t = net.transport(source);
    t.write_eof();
    t.stop_forwarding();
    t.set_protocol(Remainder { peer, fail });
    t.resume_reading();
    net.call_later(source, PATIENCE);
}

impl<F: FnMut(Failure)> Protocol for Remainder<F> {
    fn data_received(&mut self, t: &mut Transport<'_>, _data: &[u8]) {
        let source = t.info().peer.map_or_else(|| "stdin".to_owned(), |peer| peer.to_string());
        let what = format!("connection with {}: the peer is gone, and {source} has more for it", self.peer);
        (self.fail)(Failure::new(Cause::Broken, what));
        // A sender that sees an end in order would believe that all has arrived.
        if t.is_connection() { t.abort() } else { t.close() }
    }

    fn eof_received(&mut self, _t: &mut Transport<'_>) -> Eof {
        Eof::Close
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, _timer: TimerId) {
        t.close();
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        // A connection that fails has said what it had to say. What fails on stdout was for the reader of it.
        if let (Some(error), false) = (error, t.is_connection()) {
            (self.fail)(console_failure(&error));
        }
    }
}
