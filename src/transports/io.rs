//! What a stream reads from and writes to: a closed set, so an enum.
//!
//! Only the bare calls are here. Buffering, flow control and the order of callbacks are `flow.rs`, which is the same
//! for every variant, the one of the tests included.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Duration;

use mio::unix::SourceFd;
use socket2::Socket;

use super::channel::Channel;
use super::id::{Direction, Id};
use super::keepalive::KeepAlive;
#[cfg(test)]
use super::memory::Memory;
use super::pipe_pool::{SpliceFd, Spliced};
use crate::sys::socket;
use crate::sys::splice::splice;

/// The lowest layer of a stream.
#[derive(Debug)]
pub(crate) enum Io {
    /// Not connected yet: the sockets of the race are in the stream's `Dial`.
    Pending,
    /// A connected TCP or unix socket.
    Socket(Socket),
    /// Two descriptors that make one duplex stream (stdin and stdout), or one of them alone (a pipe).
    Pair(Option<Channel>, Option<Channel>),
    /// A socket that is over. It is closed once its protocol has heard of that, and can still be asked for its address.
    Over(Socket),
    /// The simulator's stream.
    #[cfg(test)]
    Memory(Memory),
}

impl Io {
    /// Reads what is there, at most `buf.len()` bytes; 0 is the end of this direction.
    pub(crate) fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Pending | Self::Over(_) => Err(io::ErrorKind::WouldBlock.into()),
            Self::Socket(fd) => socket::recv(fd.as_fd(), buf),
            Self::Pair(read, _) => read.as_mut().map_or(Ok(0), |channel| channel.read(buf)),
            #[cfg(test)]
            Self::Memory(memory) => memory.read(buf),
        }
    }

    /// Writes as much as fits now.
    pub(crate) fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Pending | Self::Over(_) => Err(io::ErrorKind::WouldBlock.into()),
            Self::Socket(fd) => socket::send(fd.as_fd(), bufs),
            Self::Pair(_, write) => match write {
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

    /// Adds to an error of reading which of stdin and stdout it was.
    pub(crate) fn name_source(&self, error: io::Error) -> io::Error {
        match self {
            Self::Pair(Some(read), _) => read.name(error),
            _ => error,
        }
    }

    /// The same for an error of writing.
    pub(crate) fn name_sink(&self, error: io::Error) -> io::Error {
        match self {
            Self::Pair(_, Some(write)) => write.name(error),
            _ => error,
        }
    }

    /// What the kernel could read from by itself.
    pub(crate) fn raw_source(&self) -> Option<(SpliceFd, BorrowedFd<'_>)> {
        match self {
            Self::Socket(fd) => Some((SpliceFd::Socket, fd.as_fd())),
            Self::Pair(Some(read), _) => read.raw(),
            _ => None,
        }
    }

    /// What the kernel could write to by itself.
    pub(crate) fn raw_sink(&self) -> Option<(SpliceFd, BorrowedFd<'_>)> {
        match self {
            Self::Socket(fd) => Some((SpliceFd::Socket, fd.as_fd())),
            Self::Pair(_, Some(write)) => write.raw().filter(|(raw, _)| *raw != SpliceFd::File),
            _ => None,
        }
    }

    /// What must be written last, after all else, for our direction to end. Asked a second time there is nothing.
    pub(crate) fn last_words(&mut self) -> Vec<u8> {
        match self {
            Self::Pair(_, Some(write)) => write.last_words(),
            _ => Vec::new(),
        }
    }

    /// Our side of a child's terminal, if it is that.
    pub(crate) fn as_master(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Pair(read, write) => [read, write].into_iter().flatten().find_map(Channel::as_master),
            _ => None,
        }
    }

    /// Notes that the child at the other end has ended.
    pub(crate) fn child_ended(&mut self) {
        if let Self::Pair(read, write) = self {
            [read, write].into_iter().flatten().for_each(Channel::child_ended);
        }
    }

    /// Ends our direction: `shutdown(SHUT_WR)`, or the close of a pipe.
    pub(crate) fn shutdown_write(&mut self, registry: &mio::Registry) -> io::Result<()> {
        match self {
            Self::Pending | Self::Over(_) => Ok(()),
            Self::Socket(fd) => fd.shutdown(Shutdown::Write),
            Self::Pair(_, write) => write.take().map_or(Ok(()), |channel| channel.close(registry)),
            #[cfg(test)]
            Self::Memory(memory) => memory.shutdown_write(),
        }
    }

    /// Registers with epoll, edge-triggered, once and for good.
    pub(crate) fn register(&mut self, registry: &mio::Registry, id: Id) -> io::Result<()> {
        match self {
            Self::Pending | Self::Over(_) => Ok(()),
            Self::Socket(fd) => registry.register(&mut SourceFd(&fd.as_raw_fd()), id.token(Direction::Read), BOTH),
            Self::Pair(read, write) => {
                for channel in [read, write].into_iter().flatten() {
                    channel.register(registry, id)?;
                }
                Ok(())
            }
            #[cfg(test)]
            Self::Memory(_) => Ok(()),
        }
    }

    /// Asks epoll to report the present state again, as a new edge.
    pub(crate) fn rearm(&mut self, registry: &mio::Registry, id: Id) -> io::Result<()> {
        match self {
            Self::Pending | Self::Over(_) => Ok(()),
            Self::Socket(fd) => registry.reregister(&mut SourceFd(&fd.as_raw_fd()), id.token(Direction::Read), BOTH),
            Self::Pair(read, write) => {
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

    /// Ends everything. With `reset`, a TCP peer gets a reset, so that it cannot take a cut stream for a whole one. A socket is
    /// closed when this is dropped.
    pub(crate) fn close(&mut self, registry: &mio::Registry, reset: bool) {
        match std::mem::replace(self, Self::Pending) {
            Self::Pending => (),
            Self::Socket(fd) => {
                if reset {
                    // Fails only for what is no TCP socket, where there is no reset to be sent.
                    let _ = fd.set_linger(Some(Duration::ZERO));
                }
                *self = Self::Over(fd);
            }
            Self::Over(fd) => *self = Self::Over(fd),
            Self::Pair(read, write) => {
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
            Self::Pending | Self::Over(_) => false,
            Self::Socket(_) => true,
            Self::Pair(_, write) => write.is_some(),
            #[cfg(test)]
            Self::Memory(_) => true,
        }
    }

    /// Whether reading can ever block: files cannot, and get no events.
    pub(crate) fn is_read_always_ready(&self) -> bool {
        matches!(self, Self::Pair(Some(read), _) if read.is_always_ready())
    }

    /// Whether what is read comes from a terminal.
    pub(crate) fn reads_terminal(&self) -> bool {
        matches!(self, Self::Pair(Some(read), _) if read.is_terminal())
    }

    /// Whether what is written goes to a terminal.
    pub(crate) fn writes_terminal(&self) -> bool {
        matches!(self, Self::Pair(_, Some(write)) if write.is_terminal())
    }

    /// Whether closing with unread bytes would destroy what the peer has still to read, as with sockets.
    pub(crate) fn lingers(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Pending | Self::Over(_) | Self::Pair(..) => false,
            #[cfg(test)]
            Self::Memory(_) => true,
        }
    }

    /// Bytes of a TCP stream, our end included, that the peer's system has not acknowledged; one that cannot tell has none.
    pub(crate) fn unacknowledged(&self) -> usize {
        match self {
            Self::Socket(fd) => socket::unacknowledged(fd.as_fd()).unwrap_or(0),
            _ => 0,
        }
    }

    /// Of a TCP stream: how long ago the last bytes of the peer have come, and how long bytes take there and back.
    pub(crate) fn since_last_byte(&self) -> Option<(Duration, Duration)> {
        match self {
            Self::Socket(fd) => socket::since_last_byte(fd.as_fd()).ok(),
            _ => None,
        }
    }

    /// Whether the two directions fail apart. A broken stdout ends stdin too; a socket may still have bytes to read.
    pub(crate) fn reads_after_write_error(&self) -> bool {
        self.lingers()
    }

    /// Probes the peer of a TCP socket. Elsewhere there is nothing to probe.
    pub(crate) fn set_keepalive(&self, keepalive: KeepAlive) -> io::Result<()> {
        match self {
            Self::Socket(fd) => keepalive.apply(fd),
            _ => Ok(()),
        }
    }

    /// Probes the peer soon from now on, and often. TCP only; elsewhere there is nothing to probe.
    pub(crate) fn probe_peer(&self, keepalive: KeepAlive) {
        if let Self::Socket(fd) = self {
            // What is no TCP socket refuses, and has no need of it.
            let _ = keepalive.apply_soon(fd);
        }
    }

    /// Takes nothing more from the peer: after what has arrived, the end is read.
    pub(crate) fn stop_receiving(&self) {
        if let Self::Socket(fd) = self {
            // One that is not connected any more has ended already.
            let _ = fd.shutdown(Shutdown::Read);
        }
    }

    /// The error that waits to be fetched from a socket, if there is one.
    pub(crate) fn take_pending_error(&self) -> Option<io::Error> {
        match self {
            Self::Pair(..) | Self::Pending | Self::Over(_) => None,
            _ => self.take_error(),
        }
    }

    /// The error that an event has told of. A pipe has none but that nobody reads it; a socket's peer may have gone in
    /// order. `SO_ERROR`, `socket(7)`.
    pub(crate) fn take_error(&self) -> Option<io::Error> {
        match self {
            Self::Socket(fd) => fd.take_error().unwrap_or_else(Some),
            #[cfg(test)]
            Self::Memory(memory) => memory.take_error(),
            Self::Pair(_, Some(write)) => Some(write.take_error().unwrap_or_else(|| self.broken_pipe())),
            _ => Some(self.broken_pipe()),
        }
    }

    /// What a write fails with if nobody reads any more: `EPIPE`, but `EIO` on a terminal that has hung up.
    pub(crate) fn broken_pipe(&self) -> io::Error {
        match self {
            Self::Pair(_, Some(write)) => {
                let code = if write.is_terminal() { libc::EIO } else { libc::EPIPE };
                write.name(io::Error::from_raw_os_error(code))
            }
            _ => io::Error::from_raw_os_error(libc::EPIPE),
        }
    }

    /// Whether a socket has failed, which a read will tell once it comes to it.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(self, Self::Socket(fd) if socket::has_failed(fd.as_fd()))
    }

    /// Whether the peer is known to be wholly gone, and not only to have ended its direction.
    pub(crate) fn is_hung_up(&self) -> bool {
        match self {
            Self::Socket(fd) => socket::hung_up(fd.as_fd()),
            _ => false,
        }
    }
}

const BOTH: mio::Interest = mio::Interest::READABLE.add(mio::Interest::WRITABLE);
