//! A panic in a callback ends its transport. The loop and the other transports go on.
//!
//! asyncio does this for an exception in `data_received` (`_fatal_error`), and this loop for every callback. The panic
//! hook has reported the panic already.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::EventLoop;
use crate::transports::ctx::{DatagramRef, StreamRef};
use crate::transports::id::Id;
use crate::transports::net::{Net, Slot};

/// Makes a call of a protocol. A panic in it is an error, with the message of the panic.
pub(super) fn guarded<R>(call: impl FnOnce() -> R) -> io::Result<R> {
    // After a panic, a protocol hears of nothing but the end, so that its own state does not matter. Transports are
    // consistent whenever a protocol is called.
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| io::Error::other(message(&*payload)))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("a callback has panicked: {}", text.unwrap_or("no message"))
}

impl EventLoop {
    /// Ends the transport whose protocol has panicked. A stream is reset, so that it does not look complete. A child is
    /// killed.
    pub(super) fn end_after_panic(&mut self, id: Id, error: io::Error) {
        #[cfg(test)]
        {
            self.has_panicked = true;
        }
        // Calls that wait for this protocol are dropped, except its last one.
        self.net.cx.calls.retain(|(whose, call)| *whose != id || call.is_last());
        let Net { slots, cx } = &mut self.net;
        match slots.get_mut(id) {
            Some(Slot::Stream(stream)) => StreamRef { id, stream, cx }.force_close(Some(error), true),
            Some(Slot::Datagram(datagram)) => DatagramRef { id, datagram, cx }.force_close(),
            Some(Slot::Process(_)) => self.net.subprocess_transport(id).close(),
            Some(Slot::Listener(_)) | None => (),
        }
    }
}
