//! Whether a connection is in full flow, so that the kernel wakes the loop for large amounts only. `wakeups.rs` says
//! why.

use std::time::{Duration, Instant};

use crate::transports::timers::TimerId;

/// A flow pauses when no byte comes for this time. A flow slower than `CIPHERTEXT_BYTES` in this time gains nothing.
pub(crate) const FLOW_IDLE: Duration = Duration::from_millis(2);

/// The mode begins after this many bytes without a pause and without an answer. Then the peer does not wait for an
/// answer, or the flow takes long anyway and one more pause costs little.
const MUCH_BYTES: usize = 2 * 1024 * 1024;

/// How many bytes have come without a pause, and whether the mode is on.
#[derive(Debug, Default)]
pub(crate) struct LowWaterMode {
    bytes: usize,
    pub(crate) last: Option<Instant>,
    /// Looks for a pause. Set while the mode is on.
    pub(crate) timer: Option<TimerId>,
}

impl LowWaterMode {
    /// Notes that bytes were sent, which may be an answer.
    pub(crate) fn note_sent(&mut self) {
        self.bytes = 0;
    }

    /// Notes bytes that have come. Returns whether the mode begins now.
    pub(crate) fn note(&mut self, bytes: usize, now: Instant) -> bool {
        let paused = self.last.replace(now).is_none_or(|last| now.duration_since(last) > FLOW_IDLE);
        self.bytes = if paused { bytes } else { self.bytes.saturating_add(bytes) };
        self.bytes >= MUCH_BYTES && self.timer.is_none()
    }
}
