//! Whether a connection is in full flow, so that the kernel wakes us for much only. What that is good for is `bulk.rs`.

use std::time::{Duration, Instant};

use crate::transports::timers::TimerId;

/// So long without a byte is a lull. A flow that is slower than `CIPHERTEXT_BYTES` in this time has nothing to gain.
pub(crate) const LULL: Duration = Duration::from_millis(2);

/// So much at a stretch, and nothing sent meanwhile, is no message that somebody waits to have answered, or one for which a lull more
/// is little.
const MUCH_BYTES: usize = 2 * 1024 * 1024;

/// What has come at a stretch.
#[derive(Debug, Default)]
pub(crate) struct LowWaterMode {
    bytes: usize,
    pub(crate) last: Option<Instant>,
    /// Set while the kernel wakes us for much only; it looks for the lull.
    pub(crate) timer: Option<TimerId>,
}

impl LowWaterMode {
    /// Notes that something was sent: an answer, for all we know.
    pub(crate) fn note_sent(&mut self) {
        self.bytes = 0;
    }

    /// Notes what has come; true where it has become much.
    pub(crate) fn note(&mut self, bytes: usize, now: Instant) -> bool {
        let lull = self.last.replace(now).is_none_or(|last| now.duration_since(last) > LULL);
        self.bytes = if lull { bytes } else { self.bytes.saturating_add(bytes) };
        self.bytes >= MUCH_BYTES && self.timer.is_none()
    }
}
