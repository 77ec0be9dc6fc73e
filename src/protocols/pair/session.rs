//! A session joins one connection with stdin and stdout. Clients, and servers for one client at a time, run sessions.
//!
//! A session is a pair of two streams (`stream.rs`), and differs from such a pair of a relay in this:
//!
//! - stdin and stdout are opened first, so that their failure is told before anything is connected. They wait with the
//!   protocol [`IdleStdio`].
//! - The end of the peer is passed on to stdout at once. `--half-close` is about the other direction.
//! - Only the end of stdin starts `--linger` and `--quit-after`.
//! - With `--until-peer-ends`, the end of the peer ends the session: bytes that were read from stdin are still sent,
//!   and stdin is not asked for more. A terminal as stdin has the same effect.
//! - A failure of stdout ends the run at once. The peer sees a reset.
//! - A server that goes on reuses stdin and stdout. A client that has ended leaves its place only when the next client
//!   waits, and stdin has nothing more for it.

use std::io;
use std::time::Duration;

use super::End;
use crate::protocols::report::Reporter;
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::number::Number;
use crate::transports::protocol::{Eof, Protocol};
use crate::transports::timers::TimerId;

/// While the next client waits, a server asks this often whether stdin has data for a client that has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// A program that sends data to that client can pause for this long.
const PAUSE: Duration = Duration::from_secs(1);

/// Whether `stdio` still has bytes for the client of `t`, which has ended.
fn stdin_flows(t: &mut Transport<'_>, stdio: Id) -> bool {
    let is_recent = t.info().totals.sent > 0 && t.net().now().duration_since(t.last_activity()) < PAUSE;
    is_recent || t.peer(stdio).may_have_more() || t.write_buffer_size() > 0 || t.on_the_way() > 0
}

/// Closes a client that has ended, in favour of the next client. If stdin still has something for the client, the timer
/// says when to try again.
pub(super) fn leave_place(t: &mut Transport<'_>, stdio: Id) -> Option<TimerId> {
    if stdin_flows(t, stdio) {
        return Some(t.call_later(LOOK_AGAIN));
    }
    log::info!("{}closing: the client has ended, stdin is silent, and another client waits", t.number());
    t.peer(stdio).pause_reading();
    t.close();
    None
}

/// Earlier clients have had all of stdin. Warns if there was anything in it, because `client` may expect the same.
pub(super) fn warn_of_spent_stdin(stdio: &mut Transport<'_>, client: Option<End>) {
    if stdio.info().totals.received > 0 {
        let number = client.map_or(Number::NONE, |client| client.number(stdio.net()));
        log::warn!("{number}stdin has ended: this client gets nothing from it");
    }
}

/// stdin and stdout without a connection: nothing is read.
#[derive(Debug)]
pub struct IdleStdio {
    reporter: Reporter,
}

impl IdleStdio {
    /// stdin and stdout that wait for the first connection.
    #[must_use]
    pub fn new(reporter: Reporter) -> Self {
        Self { reporter }
    }

    /// Takes stdin and stdout back from a connection that is gone.
    pub(super) fn take_back(self, stdio: &mut Transport<'_>) {
        stdio.pause_reading();
        stdio.set_background(true);
        stdio.set_protocol(self);
    }
}

impl Protocol for IdleStdio {
    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        // These bytes were read in the turn in which their session ended. They are for the next session.
        t.unread(data);
        t.pause_reading();
    }

    fn eof_received(&mut self, _t: &mut Transport<'_>) -> Eof {
        Eof::KeepOpen
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        if let Some(error) = error {
            self.reporter.stdio_failed(t, &error);
        }
    }
}
