//! What a datagram transport receives from and sends through: a closed set, so an enum.
//!
//! Only the bare calls are here. The queue, flow control and what an error means are `flow.rs`, which is the same for
//! every variant, the one of the tests included.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use mio::unix::SourceFd;
use socket2::Socket;

use crate::sys::datagram::{self, Outgoing, RecvBatch, SendBatch};
use crate::transports::id::{Direction, Id};
use crate::transports::info::Peer;
#[cfg(test)]
use crate::transports::tests::network::Memory;

/// The lowest layer of a datagram transport.
#[derive(Debug)]
pub(crate) enum DatagramIo {
    /// The peer's name is still being looked up.
    Resolving,
    /// A UDP socket.
    Socket(Socket),
    /// The simulator's socket.
    #[cfg(test)]
    Memory(Memory),
}

impl DatagramIo {
    /// Receives at most `limit` datagrams; fewer means that there were no more, or that an error is next.
    pub(crate) fn receive(&mut self, batch: &mut RecvBatch, limit: usize) -> io::Result<usize> {
        match self {
            Self::Resolving => Err(io::ErrorKind::WouldBlock.into()),
            Self::Socket(socket) => batch.receive(socket.as_fd(), limit),
            #[cfg(test)]
            Self::Memory(memory) => memory.receive(batch, limit),
        }
    }

    /// Sends as many messages as fit now; an error is that of the first one.
    pub(crate) fn send(&mut self, batch: &mut SendBatch, messages: &[Outgoing<'_>]) -> io::Result<usize> {
        match self {
            Self::Resolving => Err(io::ErrorKind::WouldBlock.into()),
            Self::Socket(socket) => batch.send(socket.as_fd(), messages),
            #[cfg(test)]
            Self::Memory(memory) => memory.send(messages),
        }
    }

    /// The descriptor.
    pub(crate) fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Socket(socket) => Some(socket.as_fd()),
            _ => None,
        }
    }

    /// Registers with epoll, edge-triggered, once and for good.
    pub(crate) fn register(&self, registry: &mio::Registry, id: Id) -> io::Result<()> {
        let Self::Socket(socket) = self else { return Ok(()) };
        let interest = mio::Interest::READABLE.add(mio::Interest::WRITABLE);
        registry.register(&mut SourceFd(&socket.as_raw_fd()), id.token(Direction::Read), interest)
    }

    /// The error of an earlier datagram that waits to be told. `SO_ERROR`, `socket(7)`.
    pub(crate) fn take_error(&self) -> Option<io::Error> {
        match self {
            Self::Resolving => None,
            Self::Socket(socket) => socket.take_error().unwrap_or_else(Some),
            #[cfg(test)]
            Self::Memory(memory) => memory.take_error(),
        }
    }

    /// Our end.
    pub(crate) fn local(&self) -> Option<Peer> {
        match self {
            Self::Socket(socket) => Peer::local_of(socket),
            _ => None,
        }
    }

    /// The other end, of a connected socket.
    pub(crate) fn peer(&self) -> Option<Peer> {
        match self {
            Self::Socket(socket) => Some(Peer::from_sock_addr(&socket.peer_addr().ok()?)),
            _ => None,
        }
    }

    /// Datagrams that the system has dropped because we did not take them in time.
    pub(crate) fn dropped(&self) -> u64 {
        match self {
            Self::Socket(socket) => datagram::dropped(socket.as_fd()).unwrap_or(0).into(),
            _ => 0,
        }
    }
}
