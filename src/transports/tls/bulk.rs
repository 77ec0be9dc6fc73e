//! Fewer wake-ups for a connection in full flow.
//!
//! A loop that is quicker than the peer is woken for every few records, and pays more for that than for decrypting them. So once much
//! has come without a lull, the kernel is told to wake us for a good deal only (`SO_RCVLOWAT`, `socket(7)`): a third of the CPU, and more
//! throughput (measured against a sender that encrypts on another core). The end of the flow is at most a lull late; an end of the
//! connection wakes us at once.
//!
//! ```text
//!   Little ---much has come without a lull---> Much ---a lull---> Little
//! ```

use std::os::fd::AsFd;

use super::layer::CIPHERTEXT_BYTES;
use super::low_water::{LULL, LowWaterMode};
use crate::sys::socket::set_receive_low_water;
use crate::transports::id::Id;
use crate::transports::info::Peer;
use crate::transports::io::Io;
use crate::transports::label::Label;
use crate::transports::net::{Net, Slot};
use crate::transports::timers::Alarm;

impl Net {
    /// Notes ciphertext that has come.
    pub(crate) fn note_bulk(&mut self, id: Id, bytes: usize) {
        let now = self.now;
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
        // Other sockets wake us for every byte, whatever they are told.
        let Some(Peer::Ip(_)) = stream.peer.as_deref() else { return };
        let (Some(tls), Io::Socket(socket)) = (&mut stream.tls, &stream.io) else { return };
        if tls.bulk.note(bytes, now) && set_receive_low_water(socket.as_fd(), CIPHERTEXT_BYTES).is_ok() {
            tls.bulk.timer = Some(self.timers.arm(LULL, Some(id), Alarm::Lull));
            log::debug!("{}: in full flow", Label(self, id));
        }
    }

    /// Looks whether the flow has ended.
    pub(crate) fn look_for_a_lull(&mut self, id: Id) {
        let now = self.now;
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
        let (Some(tls), Io::Socket(socket)) = (&mut stream.tls, &stream.io) else { return };
        let last = tls.bulk.last.unwrap_or(now);
        let quiet = now.duration_since(last);
        if quiet < LULL {
            tls.bulk.timer = Some(self.timers.arm(LULL - quiet, Some(id), Alarm::Lull));
            return;
        }
        tls.bulk = LowWaterMode::default();
        // This makes an event of what is there already. If it fails, which it has not before, epoll is asked in another way.
        if set_receive_low_water(socket.as_fd(), 1).is_err() {
            stream.readable = true;
            self.queue_ready(id);
        }
    }

    /// Leaves a socket that is to be closed as it was: others may have it too.
    pub(crate) fn end_bulk(&mut self, id: Id) {
        let Some(stream) = self.stream_mut(id) else { return };
        let (Some(tls), Io::Socket(socket)) = (&mut stream.tls, &stream.io) else { return };
        if let Some(timer) = tls.bulk.timer.take() {
            // What refuses this has refused the other too.
            let _ = set_receive_low_water(socket.as_fd(), 1);
            self.timers.cancel(timer);
        }
    }
}
