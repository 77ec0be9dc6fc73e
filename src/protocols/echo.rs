//! Echo: what comes in goes out. RFC 862, and the first example of asyncio's documents.
//!
//! Also the file to copy for a new protocol: flow control in two lines, and nothing about sockets.

use std::time::Duration;

use super::idle::Idle;
use crate::transports::handle::Transport;
use crate::transports::protocol::Protocol;
use crate::transports::timers::TimerId;

/// Sends back what it receives, and closes when the peer has ended.
#[derive(Debug, Default)]
pub struct Echo {
    idle: Idle,
}

impl Echo {
    /// An echo that aborts a connection on which nothing has moved for `idle_timeout`.
    #[must_use]
    pub fn new(idle_timeout: Option<Duration>) -> Self {
        Self { idle: Idle::new(idle_timeout) }
    }
}

impl Protocol for Echo {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        self.idle.start(t);
    }

    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        t.write(data);
    }

    fn pause_writing(&mut self, t: &mut Transport<'_>) {
        t.pause_reading();
    }

    fn resume_writing(&mut self, t: &mut Transport<'_>) {
        t.resume_reading();
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        if self.idle.has_expired(t, timer) {
            t.abort();
        }
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, _error: Option<std::io::Error>) {
        self.idle.stop(t);
    }
}
