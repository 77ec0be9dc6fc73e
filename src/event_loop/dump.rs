//! The dump of a loop: it is set, written at the end of each turn, and taken out.
//!
//! `transports/dump/` has the text of a dump, and `transports/throttle.rs` stops reads while its reader is too slow.

use super::EventLoop;
use crate::transports::dump::Dump;

impl EventLoop {
    /// Dumps the data of new connections, new datagram sockets and new children from now on. asyncio has nothing like
    /// it.
    pub fn set_dump(&mut self, dump: Dump) {
        drop(self.take_dump());
        self.net.cx.dump = Some(Box::new(dump));
    }

    /// Takes the dump out of the loop. After that, nothing is shown and nothing is held.
    pub(crate) fn take_dump(&mut self) -> Option<Box<Dump>> {
        self.net.cx.release_throttled(&mut self.net.slots);
        self.net.cx.dump.take()
    }

    /// Writes pending text of the dump, as far as its reader takes it. Held streams and sockets go on when not much is
    /// left.
    pub(super) fn flush_dump(&mut self) {
        let Some(dump) = self.net.cx.dump.as_deref_mut() else { return };
        dump.flush();
        if !dump.is_full() {
            self.net.cx.release_throttled(&mut self.net.slots);
        }
    }
}
