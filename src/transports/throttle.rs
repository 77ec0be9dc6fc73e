//! Stops the reading of data while the reader of the dump is too slow. So the memory of a dump is bounded, and the loop
//! never waits.
//!
//! ```text
//!   Free ---a read is due, and the dump is full---> Held ---the dump has caught up, or has stopped---> Free
//! ```
//!
//! A held stream sends what is written to it, and is not read. This includes stdin, which has no tap, because its
//! bytes go to a stream with a tap. Reads that show nothing go on: those of a handshake, and those of a stream that is
//! closed. The last bytes of a child are read as well. Signals and keys are always read.

use std::time::Instant;

use super::ctx::{Ctx, DatagramRef, StreamRef};
use super::dump::Throttle;
use super::handle::Transport;
use super::id::{Arena, Id};
use super::net::Slot;

impl Transport<'_> {
    /// Reads this stream even while the reader of the dump is too slow. For what a person types, which is little, and
    /// which can be the wish to leave.
    pub(crate) fn never_throttle(&mut self) {
        self.with(|stream| stream.gate.throttle = Throttle::Exempt);
    }
}

impl StreamRef<'_> {
    /// Whether the stream must not be read now. A stream that is held goes on the run queue later.
    pub(crate) fn throttle(&mut self) -> bool {
        self.cx.dump.is_some()
            && !self.state.discards()
            && !self.is_negotiating()
            && self.cx.throttle(self.id, &mut self.slot.gate.throttle)
    }
}

impl DatagramRef<'_> {
    /// Whether the socket must not be read now. A socket that is held goes on the run queue later.
    pub(crate) fn throttle(&mut self) -> bool {
        self.cx.throttle(self.id, &mut self.slot.gate.throttle)
    }
}

impl Ctx {
    /// Holds the slot `id` if it is free and the dump is full. Returns whether the slot is held.
    fn throttle(&mut self, id: Id, state: &mut Throttle) -> bool {
        if *state == Throttle::Free
            && let Some(dump) = self.dump.as_deref_mut().filter(|dump| dump.is_full())
        {
            *state = Throttle::Held;
            dump.held.push(id);
        }
        *state == Throttle::Held
    }

    /// When data of a slot last moved. A slot that waits for the reader of the dump is not idle while that reader takes
    /// text.
    pub(crate) fn last_activity(&self, own: Instant, state: Throttle) -> Instant {
        match &self.dump {
            Some(dump) if state == Throttle::Held => own.max(dump.progress),
            _ => own,
        }
    }

    /// Lets all held streams and sockets be read again.
    pub(crate) fn release_throttled(&mut self, slots: &mut Arena<Slot>) {
        for id in self.dump.as_deref_mut().map(|dump| std::mem::take(&mut dump.held)).unwrap_or_default() {
            match slots.get_mut(id) {
                Some(Slot::Stream(stream)) => {
                    stream.gate.throttle = Throttle::Free;
                    // Timers fire before the next read. A stream that drains has the start of the drain here.
                    if !stream.state.discards() {
                        stream.last_activity = self.now;
                    }
                    StreamRef { id, slot: stream, cx: self }.queue_ready();
                }
                Some(Slot::Datagram(datagram)) => {
                    datagram.gate.throttle = Throttle::Free;
                    datagram.last_activity = self.now;
                    DatagramRef { id, slot: datagram, cx: self }.queue_ready();
                }
                // The slot was freed meanwhile.
                _ => (),
            }
        }
    }
}
