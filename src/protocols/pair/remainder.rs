//! Asks a source whose peer is gone for one more byte.
//!
//! A peer that is gone receives nothing more, so the rest of the source is lost. Only a read shows whether there is a
//! rest:
//!
//! ```text
//!   Asked ---one more byte---> the session has failed: bytes are missing at the peer
//!     |
//!     +------its end, or nothing within 2 s---> the session has ended cleanly
//! ```

use std::io;
use std::time::Duration;

use super::PairOptions;
use crate::protocols::idle::{Activity, IdleWatch};
use crate::protocols::report::{Cause, Failure};
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::info::Peer;
use crate::transports::net::Net;
use crate::transports::number::Number;
use crate::transports::protocol::Protocol;
use crate::transports::timers::TimerId;

/// The time limit of the read. A program that feeds a pipe can need a moment, and a longer wait would annoy.
const PATIENCE: Duration = Duration::from_secs(2);

/// The protocol of a source that is asked.
struct Remainder {
    /// The peer that is gone, and the number of its pair, for messages.
    peer: Option<Peer>,
    number: Number,
    /// Ends the question. The protocol before this one may have left other timers.
    patience: TimerId,
    /// Watches the source, because bytes can be on their way to it as well.
    watch: IdleWatch,
    options: PairOptions,
}

/// Asks `source` for one more byte for `peer`, which is gone. The pair has failed if there is one. Then the source is
/// closed. The end is passed on to the source at once, and the idle timeout goes on.
pub(super) fn ask(net: &mut Net, source: Id, number: Number, peer: Option<Peer>, options: &PairOptions) {
    let mut watch = options.watch();
    let patience = net.call_later(source, PATIENCE);
    let mut t = net.transport(source);
    t.write_eof();
    t.stop_forwarding();
    watch.made(&mut t);
    t.set_protocol(Remainder { peer, number, patience, watch, options: options.clone() });
    t.resume_reading();
}

impl Remainder {
    fn fail(&self, failure: Failure) {
        let failure = failure.of(self.number);
        match &self.options.reporter {
            Some(reporter) => reporter.tell(failure),
            None => log::info!("{failure}"),
        }
    }
}

impl Protocol for Remainder {
    fn data_received(&mut self, t: &mut Transport<'_>, _data: &[u8]) {
        let source = t.info().peer.map_or_else(|| "stdin".to_owned(), |peer| peer.to_string());
        let peer = self.peer.as_ref().map(ToString::to_string).unwrap_or_default();
        let what = format!("connection with {peer}: the peer is gone, and {source} has more data");
        self.fail(Failure::new(Cause::Broken, what));
        // After an orderly end, the sender would believe that everything has arrived.
        if t.is_connection() { t.abort() } else { t.close() }
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        if timer == self.patience {
            return t.close();
        }
        // The idle timeout is only for bytes on their way to the source. Silence of the source itself answers the
        // question.
        if t.write_buffer_size() > 0 || t.on_the_way() > 0 {
            let activity = Activity::of(t);
            self.watch.fired(t, t.number(), timer, activity);
        }
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        // Bytes on their way to the source can be lost.
        match error {
            Some(error) if !t.is_connection() => self.fail(Failure::of_stdio(&error)),
            error => self.watch.lost(t, error.as_ref()),
        }
    }
}
