//! What a datagram socket receives from and sends to.
//!
//! Only the calls are here. The queue, flow control and the meaning of errors are in `flow.rs`, which is the same for
//! every variant.

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
    /// There is no socket yet: the name of the peer is looked up.
    Resolving,
    /// A UDP socket.
    Socket(Socket),
    /// The simulator's socket.
    #[cfg(test)]
    Memory(Memory),
}

impl DatagramIo {
    /// Receives at most `limit` messages. A smaller number means that no more were there, or that an error is next.
    pub(crate) fn receive(&mut self, batch: &mut RecvBatch, limit: usize) -> io::Result<usize> {
        match self {
            Self::Resolving => Err(io::ErrorKind::WouldBlock.into()),
            Self::Socket(socket) => batch.receive(socket.as_fd(), limit),
            #[cfg(test)]
            Self::Memory(memory) => memory.receive(batch, limit),
        }
    }

    /// Sends as many messages as the system takes. An error is that of the first message.
    pub(crate) fn send(&mut self, batch: &mut SendBatch, messages: &[Outgoing<'_>]) -> io::Result<usize> {
        match self {
            Self::Resolving => Err(io::ErrorKind::WouldBlock.into()),
            Self::Socket(socket) => batch.send(socket.as_fd(), messages),
            #[cfg(test)]
            Self::Memory(memory) => memory.send(messages),
        }
    }

    fn socket(&self) -> Option<&Socket> {
        match self {
            Self::Socket(socket) => Some(socket),
            _ => None,
        }
    }

    /// The descriptor.
    pub(crate) fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.socket().map(AsFd::as_fd)
    }

    /// Registers the socket with epoll, edge-triggered.
    pub(crate) fn register(&self, registry: &mio::Registry, id: Id) -> io::Result<()> {
        let Some(socket) = self.socket() else { return Ok(()) };
        let interest = mio::Interest::READABLE.add(mio::Interest::WRITABLE);
        registry.register(&mut SourceFd(&socket.as_raw_fd()), id.token(Direction::Read), interest)
    }

    /// Takes the error of an earlier datagram. `SO_ERROR` of `socket(7)`.
    pub(crate) fn take_error(&self) -> Option<io::Error> {
        match self {
            Self::Resolving => None,
            Self::Socket(socket) => socket.take_error().unwrap_or_else(Some),
            #[cfg(test)]
            Self::Memory(memory) => memory.take_error(),
        }
    }

    /// Our address.
    pub(crate) fn local(&self) -> Option<Peer> {
        self.socket().and_then(Peer::local_of)
    }

    /// The address of the peer, if the socket is connected.
    pub(crate) fn peer(&self) -> Option<Peer> {
        Some(Peer::from_sock_addr(&self.socket()?.peer_addr().ok()?))
    }

    /// How many datagrams the system has dropped because the receive buffer was full.
    pub(crate) fn dropped(&self) -> u64 {
        self.as_fd().map_or(0, |fd| datagram::dropped(fd).unwrap_or(0).into())
    }

    /// The memory of the datagrams that wait in the system, in bytes.
    pub(crate) fn unread(&self) -> usize {
        self.as_fd().map_or(0, |fd| datagram::unread(fd).unwrap_or(0) as usize)
    }
}
