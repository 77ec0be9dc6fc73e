//! The lowest layer of a stream, which reads and writes. The set is closed, so it is an enum.
//!
//! Only the bare calls are here. Buffering, flow control and the order of callbacks are in `flow.rs`, and are the same
//! for every variant, that of the tests included.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Duration;

use mio::unix::SourceFd;
use socket2::Socket;

use super::channel::Channel;
use super::id::{Direction, Id};
use super::keepalive::KeepAlive;
use super::pipe_pool::{SpliceFd, Spliced};
use super::socket_options::SocketOptions;
#[cfg(test)]
use super::tests::memory::Memory;
use crate::sys::socket;
use crate::sys::splice::splice;
use crate::sys::stdio::unread;

/// The lowest layer of a stream.
#[derive(Debug)]
pub(crate) enum Io {
    /// Not connected yet. The sockets of the race are in the stream's `Connecting`.
    Connecting,
    /// A connected TCP or unix socket.
    Socket(Socket),
    /// Two descriptors that make one duplex stream (stdin and stdout), or one of them alone (a pipe).
    Channels(Option<Channel>, Option<Channel>),
    /// The socket of a stream that is lost. It can still be asked for its address. The descriptor is closed after
    /// `connection_lost`.
    Closed(Socket),
    /// The simulator's stream.
    #[cfg(test)]
    Memory(Memory),
}

impl Io {
    /// Reads at most `buf.len()` bytes. 0 is the end of this direction.
    pub(crate) fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Connecting | Self::Closed(_) => Err(io::ErrorKind::WouldBlock.into()),
            Self::Socket(fd) => socket::recv(fd.as_fd(), buf),
            Self::Channels(read, _) => read.as_mut().map_or(Ok(0), |channel| channel.read(buf)),
            #[cfg(test)]
            Self::Memory(memory) => memory.read(buf),
        }
    }

    /// Writes as much as fits now.
    pub(crate) fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Connecting | Self::Closed(_) => Err(io::ErrorKind::WouldBlock.into()),
            Self::Socket(fd) => socket::send(fd.as_fd(), bufs),
            Self::Channels(_, write) => match write {
                Some(channel) => channel.write(bufs),
                None => Err(io::ErrorKind::BrokenPipe.into()),
            },
            #[cfg(test)]
            Self::Memory(memory) => memory.write(bufs),
        }
    }

    /// Writes from a pipe of the pool, as much as fits now.
    pub(crate) fn write_from(&self, spliced: &Spliced) -> io::Result<usize> {
        match self.raw_sink() {
            Some((_, fd)) => {
                splice(spliced.pipe.read.as_fd(), fd, spliced.bytes).map_err(|error| self.name_sink(error))
            }
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Adds the name of stdin to an error of reading.
    pub(crate) fn name_source(&self, error: io::Error) -> io::Error {
        match self {
            Self::Channels(Some(read), _) => read.name(error),
            _ => error,
        }
    }

    /// Adds the name of stdout to an error of writing.
    pub(crate) fn name_sink(&self, error: io::Error) -> io::Error {
        match self {
            Self::Channels(_, Some(write)) => write.name(error),
            _ => error,
        }
    }

    /// The connected socket.
    pub(crate) fn socket(&self) -> Option<&Socket> {
        match self {
            Self::Socket(socket) => Some(socket),
            _ => None,
        }
    }

    /// Whether this is a connected socket: its directions fail separately, and a close with unread bytes would destroy
    /// bytes that the peer has not read yet.
    pub(crate) fn is_socket(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Connecting | Self::Closed(_) | Self::Channels(..) => false,
            #[cfg(test)]
            Self::Memory(_) => true,
        }
    }

    /// The descriptor. Of two, it is the one for reading.
    pub(crate) fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Socket(fd) | Self::Closed(fd) => Some(fd.as_fd()),
            Self::Channels(read, write) => read.as_ref().or(write.as_ref()).map(Channel::as_fd),
            _ => None,
        }
    }

    /// The descriptor that the kernel can read from by itself.
    pub(crate) fn raw_source(&self) -> Option<(SpliceFd, BorrowedFd<'_>)> {
        match self {
            Self::Socket(fd) => Some((SpliceFd::Socket, fd.as_fd())),
            Self::Channels(Some(read), _) => read.raw(),
            _ => None,
        }
    }

    /// The descriptor that the kernel can write to by itself.
    pub(crate) fn raw_sink(&self) -> Option<(SpliceFd, BorrowedFd<'_>)> {
        match self {
            Self::Socket(fd) => Some((SpliceFd::Socket, fd.as_fd())),
            Self::Channels(_, Some(write)) => write.raw().filter(|(raw, _)| *raw != SpliceFd::File),
            _ => None,
        }
    }

    /// Bytes that end this direction, to be written after all others. A second call returns none.
    pub(crate) fn closing_bytes(&mut self) -> Vec<u8> {
        match self {
            Self::Channels(_, Some(write)) => write.closing_bytes(),
            _ => Vec::new(),
        }
    }

    /// The master of a child's terminal, if it is one.
    pub(crate) fn as_master(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Channels(read, write) => [read, write].into_iter().flatten().find_map(Channel::as_master),
            _ => None,
        }
    }

    /// Notes that the child at the other end has ended.
    pub(crate) fn child_ended(&mut self) {
        if let Self::Channels(read, write) = self {
            [read, write].into_iter().flatten().for_each(Channel::child_ended);
        }
    }

    /// Ends this direction: `shutdown(SHUT_WR)`, or the close of a pipe.
    pub(crate) fn shutdown_write(&mut self, registry: &mio::Registry) -> io::Result<()> {
        match self {
            Self::Connecting | Self::Closed(_) => Ok(()),
            Self::Socket(fd) => fd.shutdown(Shutdown::Write),
            Self::Channels(_, write) => write.take().map_or(Ok(()), |channel| channel.close(registry)),
            #[cfg(test)]
            Self::Memory(memory) => memory.shutdown_write(),
        }
    }

    /// Registers with epoll, edge-triggered. This happens once.
    pub(crate) fn register(&mut self, registry: &mio::Registry, id: Id) -> io::Result<()> {
        match self {
            Self::Connecting | Self::Closed(_) => Ok(()),
            Self::Socket(fd) => registry.register(&mut SourceFd(&fd.as_raw_fd()), id.token(Direction::Read), BOTH),
            Self::Channels(read, write) => {
                for channel in [read, write].into_iter().flatten() {
                    channel.register(registry, id)?;
                }
                Ok(())
            }
            #[cfg(test)]
            Self::Memory(_) => Ok(()),
        }
    }

    /// Makes epoll report the current state again, as a new edge.
    pub(crate) fn rearm(&mut self, registry: &mio::Registry, id: Id) -> io::Result<()> {
        match self {
            Self::Connecting | Self::Closed(_) => Ok(()),
            Self::Socket(fd) => registry.reregister(&mut SourceFd(&fd.as_raw_fd()), id.token(Direction::Read), BOTH),
            Self::Channels(read, write) => {
                for channel in [read, write].into_iter().flatten() {
                    channel.rearm(registry, id)?;
                }
                Ok(())
            }
            #[cfg(test)]
            Self::Memory(memory) => {
                memory.rearm();
                Ok(())
            }
        }
    }

    /// Ends everything. With `reset`, a TCP peer gets a reset, so that a cut stream does not look complete. A socket is
    /// closed when this is dropped.
    pub(crate) fn close(&mut self, registry: &mio::Registry, reset: bool) {
        match std::mem::replace(self, Self::Connecting) {
            Self::Connecting => (),
            Self::Socket(fd) => {
                if reset {
                    // The call cannot fail for an open socket. A unix socket has no reset and ignores the option.
                    let _ = fd.set_linger(Some(Duration::ZERO));
                }
                *self = Self::Closed(fd);
            }
            Self::Closed(fd) => *self = Self::Closed(fd),
            Self::Channels(read, write) => {
                for channel in [read, write].into_iter().flatten() {
                    channel.deregister(registry);
                }
            }
            #[cfg(test)]
            Self::Memory(mut memory) => memory.close(reset),
        }
    }

    /// Whether one direction can end while the other goes on. asyncio's `can_write_eof`.
    pub(crate) fn can_write_eof(&self) -> bool {
        match self {
            Self::Connecting | Self::Closed(_) => false,
            Self::Socket(_) => true,
            Self::Channels(_, write) => write.is_some(),
            #[cfg(test)]
            Self::Memory(_) => true,
        }
    }

    /// Whether a read never blocks, as with files, which get no events.
    pub(crate) fn is_read_always_ready(&self) -> bool {
        matches!(self, Self::Channels(Some(read), _) if read.is_always_ready())
    }

    /// Whether bytes are read from a terminal.
    pub(crate) fn reads_terminal(&self) -> bool {
        matches!(self, Self::Channels(Some(read), _) if read.is_terminal())
    }

    /// Whether bytes are written to a terminal.
    pub(crate) fn writes_terminal(&self) -> bool {
        matches!(self, Self::Channels(_, Some(write)) if write.is_terminal())
    }

    /// Bytes of a TCP stream, the FIN included, that the peer's system has not acknowledged. 0 if the socket cannot
    /// tell.
    pub(crate) fn unacknowledged(&self) -> usize {
        self.socket().map_or(0, |socket| socket::unacknowledged(socket.as_fd()).unwrap_or(0))
    }

    /// Bytes of a socket that have arrived and were not read.
    pub(crate) fn unread(&self) -> usize {
        self.socket().map_or(0, |socket| unread(socket.as_fd()))
    }

    /// The time since the last bytes of a TCP peer have come, and the round-trip time.
    pub(crate) fn since_last_byte(&self) -> Option<(Duration, Duration)> {
        socket::since_last_byte(self.socket()?.as_fd()).ok()
    }

    /// Makes the kernel probe the peer of a TCP socket.
    pub(crate) fn set_keepalive(&self, keepalive: KeepAlive) -> io::Result<()> {
        self.socket().map_or(Ok(()), |socket| keepalive.apply(socket))
    }

    /// Sets options of an open socket. Pipes and files have none.
    pub(crate) fn set_socket_options(&self, options: &SocketOptions) -> io::Result<()> {
        self.socket().map_or(Ok(()), |socket| options.apply_to_open(socket))
    }

    /// Makes the kernel probe the peer of a TCP socket soon and often.
    pub(crate) fn probe_peer(&self, keepalive: KeepAlive) {
        // A unix socket refuses, and does not need it.
        let _ = self.socket().map(|socket| keepalive.apply_soon(socket));
    }

    /// Takes nothing more from the peer. After the bytes that are here, the end is read.
    pub(crate) fn stop_receiving(&self) {
        // A socket that is no longer connected has ended already.
        let _ = self.socket().map(|socket| socket.shutdown(Shutdown::Read));
    }

    /// The pending error of a socket.
    pub(crate) fn take_pending_error(&self) -> Option<io::Error> {
        match self {
            Self::Channels(..) | Self::Connecting | Self::Closed(_) => None,
            _ => self.take_error(),
        }
    }

    /// The error that an event has reported. For a pipe it is always the lack of a reader. A socket has none if its
    /// peer has gone cleanly. `SO_ERROR`, `socket(7)`.
    pub(crate) fn take_error(&self) -> Option<io::Error> {
        match self {
            Self::Socket(fd) => fd.take_error().unwrap_or_else(Some),
            #[cfg(test)]
            Self::Memory(memory) => memory.take_error(),
            Self::Channels(_, Some(write)) => Some(write.take_error().unwrap_or_else(|| self.broken_pipe())),
            _ => Some(self.broken_pipe()),
        }
    }

    /// The error of a write without a reader: `EPIPE`, or `EIO` on a terminal that has hung up.
    pub(crate) fn broken_pipe(&self) -> io::Error {
        match self {
            Self::Channels(_, Some(write)) => {
                let code = if write.is_terminal() { libc::EIO } else { libc::EPIPE };
                write.name(io::Error::from_raw_os_error(code))
            }
            _ => io::Error::from_raw_os_error(libc::EPIPE),
        }
    }

    /// Whether a socket has failed. A read tells the error after the bytes before it.
    pub(crate) fn has_failed(&self) -> bool {
        self.socket().is_some_and(|socket| socket::has_failed(socket.as_fd()))
    }

    /// Whether the peer is known to be gone, and has not only ended its direction.
    pub(crate) fn is_hung_up(&self) -> bool {
        match self {
            Self::Socket(fd) => socket::hung_up(fd.as_fd()),
            #[cfg(test)]
            Self::Memory(memory) => memory.is_hung_up(),
            _ => false,
        }
    }
}

const BOTH: mio::Interest = mio::Interest::READABLE.add(mio::Interest::WRITABLE);
