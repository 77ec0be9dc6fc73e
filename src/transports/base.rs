//! The methods that all handles share: asyncio's `BaseTransport`, and the loop.
//!
//! `handle.rs`, `datagram/handle.rs` and `process/handle.rs` have the methods of each kind.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::handle::{DatagramTransport, SubprocessTransport, Transport};
use super::id::Id;
use super::net::{Net, Slot};
use super::number::Number;
use super::timers::TimerId;

/// Gives a handle the methods that all handles have. A trait would have to be imported by each protocol.
macro_rules! base_transport {
    ($handle:ident) => {
        impl $handle<'_> {
            /// The id: it names this transport after the callback has returned.
            #[must_use]
            pub fn id(&self) -> Id {
                self.id
            }

            /// The number of the connection in messages and dumps. See [`Net::number`].
            #[must_use]
            pub fn number(&self) -> Number {
                self.net.number(self.id)
            }

            /// Everything else that can be done with the loop. asyncio's `get_running_loop`.
            #[doc(alias = "get_running_loop")]
            pub fn net(&mut self) -> &mut Net {
                self.net
            }

            /// The handle of a stream of the same loop.
            pub fn peer(&mut self, id: Id) -> Transport<'_> {
                self.net.transport(id)
            }

            /// The handle of a datagram transport of the same loop.
            pub fn datagram(&mut self, id: Id) -> DatagramTransport<'_> {
                self.net.datagram_transport(id)
            }

            /// The handle of a child of the same loop.
            pub fn subprocess(&mut self, id: Id) -> SubprocessTransport<'_> {
                self.net.subprocess_transport(id)
            }

            /// Calls this protocol's `timer_fired` once `delay` has passed. See [`Net::call_later`].
            pub fn call_later(&mut self, delay: Duration) -> TimerId {
                self.net.call_later(self.id, delay)
            }

            /// Calls this protocol's `timer_fired` right after the present callback. See [`Net::call_soon`].
            pub fn call_soon(&mut self) -> TimerId {
                self.net.call_soon(self.id)
            }

            /// Cancels a timer. See [`Net::cancel`].
            pub fn cancel(&mut self, timer: TimerId) {
                self.net.cancel(timer);
            }

            /// Lends the descriptor. See [`Net::as_fd`].
            #[must_use]
            pub fn as_fd(&self) -> Option<BorrowedFd<'_>> {
                self.net.as_fd(self.id)
            }
        }

        impl fmt::Debug for $handle<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} {:?} {:?}", stringify!($handle), self.id, self.slot())
            }
        }
    };
}

base_transport!(Transport);
base_transport!(DatagramTransport);
base_transport!(SubprocessTransport);

impl Net {
    /// Lends a descriptor, for socket options and other questions to the system: that of a socket, a listener, a pipe
    /// or a terminal, and the pidfd of a child. `None` if the transport is not open. Of stdin and stdout as one stream
    /// it is that of stdin. asyncio's `get_extra_info("socket")` and `get_extra_info("pipe")`.
    ///
    /// The loop relies on the descriptor: do not read, write or close by it, and leave `O_NONBLOCK` alone.
    #[doc(alias = "get_extra_info")]
    #[must_use]
    pub fn as_fd(&self, id: Id) -> Option<BorrowedFd<'_>> {
        match self.slots.get(id)? {
            Slot::Stream(stream) => stream.io.as_fd(),
            Slot::Listener(listener) => Some(listener.socket.as_fd()),
            Slot::Datagram(datagram) => datagram.io.as_fd(),
            Slot::Process(process) => Some(process.pidfd.as_fd()),
        }
    }
}
