//! Echo: sends received bytes back. RFC 862, and the first example of asyncio's documentation.
//!
//! Copy this file for a new protocol: it has flow control in two lines, and nothing about sockets.

use std::io;
use std::time::Duration;

use super::idle::{Activity, FailureScope, IdleWatch};
use super::report::Reporter;
use crate::transports::connect::ConnectError;
use crate::transports::handle::Transport;
use crate::transports::protocol::Protocol;
use crate::transports::timers::TimerId;

/// Sends back what it receives, and closes when the peer has ended.
#[derive(Debug, Default)]
pub struct Echo {
    watch: IdleWatch,
}

impl Echo {
    /// An echo that aborts a connection on which no byte has moved for `idle_timeout`. With a `reporter`, the run fails
    /// when this connection fails.
    #[must_use]
    pub fn new(idle_timeout: Option<Duration>, reporter: Option<Reporter>) -> Self {
        Self { watch: IdleWatch::new(idle_timeout, reporter.map_or(FailureScope::Log, FailureScope::Run)) }
    }
}

impl Protocol for Echo {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        self.watch.made(t);
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
        let activity = Activity::of(t);
        self.watch.fired(t, t.number(), timer, activity);
    }

    fn connection_failed(&mut self, t: &mut Transport<'_>, error: ConnectError) {
        self.watch.not_made(t, &error);
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        self.watch.lost(t, error.as_ref());
    }
}
