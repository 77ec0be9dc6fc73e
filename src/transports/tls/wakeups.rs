//! Fewer wake-ups for a connection in full flow.
//!
//! A loop that is faster than the peer is woken for every few records. The wake-ups cost more than decrypting the
//! records. So after many bytes without a pause, the kernel wakes the loop for large amounts only (`SO_RCVLOWAT`,
//! `socket(7)`). This saves a quarter of the CPU and gives more throughput, measured against a sender that encrypts on
//! another core. The last bytes of a flow come at most `FLOW_IDLE` late. The end of the connection wakes the loop at
//! once.
//!
//! ```text
//!   every byte wakes ---MUCH_BYTES without a pause---> large amounts wake ---a pause---> every byte wakes
//! ```

use std::os::fd::AsFd;

use super::layer::{CIPHERTEXT_BYTES, FLOW_IDLE, LowWaterMode};
use crate::sys::socket::set_receive_low_water;
use crate::transports::ctx::StreamRef;
use crate::transports::io::Io;
use crate::transports::layer::tls_of;
use crate::transports::timers::{Alarm, Due};

impl StreamRef<'_> {
    /// Notes ciphertext that has come.
    pub(crate) fn note_flow(&mut self, bytes: usize) {
        let now = self.cx.now;
        let stream = &mut *self.slot;
        // Other sockets ignore the option and wake the loop for every byte.
        if !stream.has_tcp_peer() {
            return;
        }
        let (Some(tls), Io::Socket(socket)) = (tls_of(&mut stream.stack), &stream.io) else { return };
        if tls.low_water.note(bytes, now) && set_receive_low_water(socket.as_fd(), CIPHERTEXT_BYTES).is_ok() {
            tls.low_water.timer = Some(self.cx.timers.arm(FLOW_IDLE, Due::Slot(self.id, Alarm::FlowIdle)));
            log::debug!("{}: in full flow, waking up less often", self.label());
        }
    }

    /// Ends the mode if the flow has paused.
    pub(crate) fn check_flow(&mut self) {
        let now = self.cx.now;
        let stream = &mut *self.slot;
        let (Some(tls), Io::Socket(socket)) = (tls_of(&mut stream.stack), &stream.io) else { return };
        let last = tls.low_water.last.unwrap_or(now);
        let quiet = now.duration_since(last);
        if quiet < FLOW_IDLE {
            tls.low_water.timer = Some(self.cx.timers.arm(FLOW_IDLE - quiet, Due::Slot(self.id, Alarm::FlowIdle)));
            return;
        }
        tls.low_water = LowWaterMode::default();
        // This makes an event for bytes that are here already. A failure is not expected, as an earlier call has
        // succeeded. After one, the stream counts as readable.
        if set_receive_low_water(socket.as_fd(), 1).is_err() {
            stream.ready.readable = true;
            self.queue_ready();
        }
    }

    /// Restores the low-water mark of a socket that is about to be closed, as other processes may have the socket too.
    pub(crate) fn restore_low_water(&mut self) {
        let stream = &mut *self.slot;
        let (Some(tls), Io::Socket(socket)) = (tls_of(&mut stream.stack), &stream.io) else { return };
        if let Some(timer) = tls.low_water.timer.take() {
            // A socket that refuses this has refused the higher mark too.
            let _ = set_receive_low_water(socket.as_fd(), 1);
            self.cx.timers.cancel(timer);
        }
    }
}
