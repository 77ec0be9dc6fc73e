//! A source whose peer is gone: has it more to say?
//!
//! A peer that is wholly gone takes nothing more, so what the source still has is lost. Only reading the source tells
//! whether it has anything:
//!
//! ```text
//!   Asked ---one more byte---> the session has failed: bytes are missing at the peer
//!     |
//!     +------its end, or nothing within 2 s---> the session is over, in order
//! ```

use std::io;
use std::time::Duration;

use crate::protocols::idle::{Activity, IdleWatch};
use crate::protocols::report::{Cause, Failure};
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::protocol::{Eof, Protocol};
use crate::transports::timers::TimerId;

/// How long a source is read for this. A program that feeds a pipe may need a moment, and a longer wait for nothing
/// would annoy.
const PATIENCE: Duration = Duration::from_secs(2);

/// The protocol of such a source.
pub(super) struct Remainder<F> {
    /// The name of the peer that is gone, for messages.
    peer: String,
    /// Ends the question. The protocol before this one may have left other timers.
    patience: TimerId,
    /// Watches the source, which may also be the sink of bytes that are still on their way to it.
    watch: IdleWatch,
    fail: F,
}

/// Asks `source` whether it has more for `peer`, which is gone, and calls `fail` if it has. Then the source is closed.
/// Its reader is told of the end now. `watch` goes on watching the source.
pub(super) fn ask(net: &mut Net, source: Id, peer: String, mut watch: IdleWatch, fail: impl FnMut(Failure) + 'static) {
    let patience = net.call_later(source, PATIENCE);
    let mut t = net.transport(source);
    t.write_eof();
    t.stop_forwarding();
    watch.made(&mut t);
    t.set_protocol(Remainder { peer, patience, watch, fail });
    t.resume_reading();
}

impl<F: FnMut(Failure) + 'static> Protocol for Remainder<F> {
    fn data_received(&mut self, t: &mut Transport<'_>, _data: &[u8]) {
        let source = t.info().peer.map_or_else(|| "stdin".to_owned(), |peer| peer.to_string());
        let what = format!("connection with {}: the peer is gone, and {source} has more for it", self.peer);
        (self.fail)(Failure::new(Cause::Broken, what));
        // A sender that sees an end in order would believe that everything has arrived.
        if t.is_connection() { t.abort() } else { t.close() }
    }

    fn eof_received(&mut self, _t: &mut Transport<'_>) -> Eof {
        Eof::Close
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        if timer == self.patience {
            return t.close();
        }
        // If no bytes are on their way to the source, its silence is the end that this waits for.
        if t.write_buffer_size() > 0 || t.on_the_way() > 0 {
            let pulse = Activity::of(t);
            self.watch.fired(t, timer, pulse);
        }
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        // Bytes on their way to the source may be lost with it.
        match error {
            Some(error) if !t.is_connection() => (self.fail)(Failure::of_stdio(&error)),
            error => self.watch.lost(t, error.as_ref()),
        }
    }
}
