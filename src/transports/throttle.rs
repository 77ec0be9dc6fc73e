//! Stops the reading of data while the reader of the dump is too slow. So the memory of a dump is bounded, and the loop
//! never waits.
//!
//! ```text
//!   Free ---a read is due, and the dump is full---> Held ---the dump has caught up, or has stopped---> Free
//! ```
//!
//! A held stream sends what is written to it, and is not read. This includes stdin, which has no tap, because its
//! bytes go to a stream with a tap. Reads that show nothing go on: those of a handshake, and those of a stream that is
//! closed. The last bytes of a child are read as well, and signals always.

use super::ctx::{Ctx, DatagramRef, StreamRef};
use super::dump::{Dump, Throttle};
use super::id::Arena;
use super::net::Slot;

impl StreamRef<'_> {
    /// Whether the stream must not be read now. A stream that is held goes on the run queue later.
    pub(crate) fn throttle(&mut self) -> bool {
        if self.stream.state.discards() || self.stream.is_negotiating() {
            return false;
        }
        if self.stream.throttle == Throttle::Free
            && let Some(dump) = self.cx.dump.as_deref_mut().filter(|dump| dump.is_full())
        {
            self.stream.throttle = Throttle::Held;
            dump.hold(self.id);
        }
        self.stream.throttle == Throttle::Held
    }
}

impl DatagramRef<'_> {
    /// Whether the socket must not be read now. A socket that is held goes on the run queue later.
    pub(crate) fn throttle(&mut self) -> bool {
        if self.datagram.throttle == Throttle::Free
            && let Some(dump) = self.cx.dump.as_deref_mut().filter(|dump| dump.is_full())
        {
            self.datagram.throttle = Throttle::Held;
            dump.hold(self.id);
        }
        self.datagram.throttle == Throttle::Held
    }
}

impl Ctx {
    /// Lets all held streams and sockets be read again.
    pub(crate) fn release_throttled(&mut self, slots: &mut Arena<Slot>) {
        for id in self.dump.as_deref_mut().map(Dump::take_held).unwrap_or_default() {
            match slots.get_mut(id) {
                Some(Slot::Stream(stream)) => {
                    stream.throttle = Throttle::Free;
                    // Timers fire before the next read. A stream that drains has the start of the drain here.
                    if !stream.state.discards() {
                        stream.last_activity = self.now;
                    }
                    StreamRef { id, stream, cx: self }.queue_ready();
                }
                Some(Slot::Datagram(datagram)) => {
                    datagram.throttle = Throttle::Free;
                    datagram.last_activity = self.now;
                    DatagramRef { id, datagram, cx: self }.queue_ready();
                }
                // The slot was freed meanwhile.
                _ => (),
            }
        }
    }
}
