//! When nothing has moved for too long: `--idle-timeout`.
//!
//! Bytes in either direction count. The timer is not re-armed with every byte: when it is due it looks at when bytes
//! last moved, and sleeps on for the rest.

use std::time::Duration;

use crate::transports::handle::Transport;
use crate::transports::timers::TimerId;

/// The idle timer of one transport; without a limit it does nothing.
#[derive(Debug, Default)]
pub(super) struct Idle {
    limit: Option<Duration>,
    timer: Option<TimerId>,
}

impl Idle {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { limit, timer: None }
    }

    pub(super) fn start(&mut self, t: &mut Transport<'_>) {
        if let Some(limit) = self.limit {
            let id = t.id();
            self.timer = Some(t.net().call_later(id, limit));
        }
    }

    pub(super) fn stop(&mut self, t: &mut Transport<'_>) {
        if let Some(timer) = self.timer.take() {
            t.net().cancel(timer);
        }
    }

    /// Whether `fired` was this timer.
    pub(super) fn is(&self, fired: TimerId) -> bool {
        self.timer == Some(fired)
    }

    /// Whether `fired` is this timer, and the limit has really been reached.
    pub(super) fn has_expired(&mut self, t: &mut Transport<'_>, fired: TimerId) -> bool {
        let (Some(limit), true) = (self.limit, self.timer == Some(fired)) else { return false };
        let quiet = t.net().now().duration_since(t.last_activity());
        if quiet >= limit {
            self.timer = None;
            return true;
        }
        let id = t.id();
        self.timer = Some(t.net().call_later(id, limit - quiet));
        false
    }
}
