//! One direction of stdin, stdout, a pipe or a child's terminal.
//!
//! A channel reads or writes its descriptor without blocking the loop, and without changing flags that other processes
//! share.

use std::fmt;
use std::fs::File;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use libc::PIPE_BUF;
use mio::unix::SourceFd;
use socket2::SockRef;

use super::id::{Direction, Id};
use super::pipe_pool::SpliceFd;
use crate::sys::stdio::{self, FdKind};
use crate::sys::{process, pty, socket, stderr};

/// What a terminal that polls as writable takes without waiting. A terminal whose reader has stopped may take less.
const TERMINAL_BUF: usize = 256;

/// The size of a pipe through which much goes. It is a quarter of the largest one, as a user may have only 64 MiB in
/// all. stdin and stdout are only two pipes, so they may be larger.
const WIDE_PIPE_BYTES: libc::c_int = 256 * 1024;
const WIDE_STDIO_BYTES: libc::c_int = 1024 * 1024;

/// What fills a pipe of the usual size. After a read or write of this many bytes, more are expected.
const MUCH_BYTES: usize = 64 * 1024;

/// One descriptor in one direction.
#[derive(Debug)]
pub(crate) struct Channel {
    fd: OwnedFd,
    access: Access,
    direction: Direction,
    /// The number of stdin or stdout, which is closed with the direction.
    standard: Option<RawFd>,
    kind: FdKind,
    /// A pipe that still has its usual size.
    narrow: bool,
    /// `Some` for the master of a child's terminal.
    master: Option<Master>,
}

/// The state of a child's terminal.
#[derive(Clone, Copy, Debug, Default)]
struct Master {
    /// The last typed byte.
    last: Option<u8>,
    /// The bytes that end the input were taken.
    input_ended: bool,
    /// The child has ended. A running child can open its terminal again, so until then a terminal that no process has
    /// open is not over.
    child_ended: bool,
}

/// How a descriptor is read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// A private, non-blocking description.
    Private,
    /// A socket: the calls themselves do not wait.
    Socket,
    /// A shared description that can block: polled before each small read or write.
    Shared,
    /// A file or device that epoll refuses: always ready.
    Always,
}

impl Access {
    /// That of a description that other processes may have.
    fn shared(kind: FdKind) -> Self {
        if kind == FdKind::Socket { Self::Socket } else { Self::Shared }
    }
}

impl Channel {
    /// stdin, for reading. It is opened again if possible.
    pub(crate) fn stdin() -> io::Result<Self> {
        Self::inherited(0, Direction::Read).map_err(|error| name_direction(Direction::Read, error))
    }

    /// stdout, for writing.
    pub(crate) fn stdout() -> io::Result<Self> {
        if stdio::stdout_was_closed() {
            return Err(name_direction(Direction::Write, io::Error::from_raw_os_error(libc::EBADF)));
        }
        Self::inherited(1, Direction::Write).map_err(|error| name_direction(Direction::Write, error))
    }

    fn new(fd: OwnedFd, access: Access, direction: Direction, kind: FdKind) -> Self {
        Self { fd, access, direction, standard: None, kind, narrow: kind == FdKind::Pipe, master: None }
    }

    fn inherited(number: RawFd, direction: Direction) -> io::Result<Self> {
        let borrowed = stdio::borrow_standard(number);
        let kind = stdio::kind(borrowed)?;
        let write = direction == Direction::Write;
        if !stdio::allows(borrowed, write)? {
            if !write && stdio::is_null(borrowed) {
                // nohup(1) gives a /dev/null that is open for writing only. It is as empty as any other.
                let (fd, access) = (File::open("/dev/null")?.into(), Access::Shared);
                return Ok(Self { standard: Some(number), ..Self::new(fd, access, direction, kind) });
            }
            // Opening a pipe again would open its other end, and xport would read its own bytes.
            return Err(io::Error::other(if write { "not open for writing" } else { "not open for reading" }));
        }
        // A regular file is not opened again: the new description would start at offset 0 and overwrite the content.
        // ENXIO (a pipe without reader), EACCES (after su) and ENOENT (no /proc) leave the shared description.
        let is_to_reopen = matches!(kind, FdKind::Pipe | FdKind::Terminal);
        let (fd, access) = match is_to_reopen.then(|| stdio::reopen(borrowed, write)).flatten() {
            Some(new) => (new, Access::Private),
            None => (borrowed.try_clone_to_owned()?, Access::shared(kind)),
        };
        Ok(Self { standard: Some(number), ..Self::new(fd, access, direction, kind) })
    }

    /// A pipe end, file or device of the caller. asyncio's `connect_read_pipe`, `connect_write_pipe`.
    pub(crate) fn adopt(fd: OwnedFd, direction: Direction) -> io::Result<Self> {
        if !stdio::allows(fd.as_fd(), direction == Direction::Write)? {
            return Err(io::Error::from_raw_os_error(libc::EBADF));
        }
        let kind = stdio::kind(fd.as_fd())?;
        Ok(Self::new(fd, Access::shared(kind), direction, kind))
    }

    /// The local end of a new pipe. No other process shares its description.
    pub(crate) fn own(fd: OwnedFd, direction: Direction) -> io::Result<Self> {
        process::set_nonblocking(fd.as_fd())?;
        Ok(Self::new(fd, Access::Private, direction, FdKind::Pipe))
    }

    /// One direction of the master of a child's terminal, which no other process shares either. It does not count as a
    /// terminal, because only the child is affected by its state.
    pub(crate) fn master(fd: OwnedFd, direction: Direction) -> io::Result<Self> {
        let master = Some(Master::default());
        Ok(Self { kind: FdKind::Other, narrow: false, master, ..Self::own(fd, direction)? })
    }

    /// Registers with epoll. A file that epoll refuses (`EPERM`) is always ready from then on.
    pub(crate) fn register(&mut self, registry: &mio::Registry, id: Id) -> io::Result<()> {
        match registry.register(&mut SourceFd(&self.fd.as_raw_fd()), id.token(self.direction), self.interest()) {
            Err(error) if error.raw_os_error() == Some(libc::EPERM) => self.access = Access::Always,
            result => result?,
        }
        Ok(())
    }

    /// Makes epoll report the current state again, as an event.
    pub(crate) fn rearm(&self, registry: &mio::Registry, id: Id) -> io::Result<()> {
        if self.access == Access::Always {
            return Ok(());
        }
        registry.reregister(&mut SourceFd(&self.fd.as_raw_fd()), id.token(self.direction), self.interest())
    }

    fn interest(&self) -> mio::Interest {
        if self.direction == Direction::Read { mio::Interest::READABLE } else { mio::Interest::WRITABLE }
    }

    /// Leaves epoll. This must come before the close, as another process may keep the description open.
    pub(crate) fn deregister(&self, registry: &mio::Registry) {
        if self.access != Access::Always {
            // There is nothing to do about an error.
            let _ = registry.deregister(&mut SourceFd(&self.fd.as_raw_fd()));
        }
    }

    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Whether it is ready at any time, so that no event will ever come.
    pub(crate) fn is_always_ready(&self) -> bool {
        self.access == Access::Always
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.kind == FdKind::Terminal
    }

    /// The pending error of a socket.
    pub(crate) fn take_error(&self) -> Option<io::Error> {
        let error = (self.access == Access::Socket).then(|| SockRef::from(&self.fd).take_error())?;
        error.unwrap_or_else(Some).map(|error| self.name(error))
    }

    /// The descriptor, if the kernel can move bytes from or to it by itself. Terminals, and descriptions that are
    /// shared and may block, are left out.
    pub(crate) fn raw(&self) -> Option<(SpliceFd, BorrowedFd<'_>)> {
        let raw = match (self.kind, self.access) {
            (FdKind::Pipe, Access::Private) => SpliceFd::Pipe,
            (FdKind::Socket, Access::Socket) => SpliceFd::Socket,
            (FdKind::File, Access::Always) => SpliceFd::File,
            _ => return None,
        };
        Some((raw, self.fd.as_fd()))
    }

    pub(crate) fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let fd = self.fd.as_fd();
        if self.kind == FdKind::Terminal && pty::is_in_background(fd) {
            // Another process group has the keys, and a read would stop xport (SIGTTIN). In the foreground, a key is a
            // new event.
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let result = match self.access {
            Access::Socket => socket::recv(fd, buf),
            Access::Shared if !stdio::is_ready(fd, false) => return Err(io::ErrorKind::WouldBlock.into()),
            Access::Private | Access::Shared | Access::Always => stdio::read(fd, buf),
        };
        if let (Some(master), Err(error)) = (self.master, &result)
            && is_hang_up(error)
        {
            // No process has the other side open, and all output has been read.
            return if master.child_ended { Ok(0) } else { Err(io::ErrorKind::WouldBlock.into()) };
        }
        if self.kind == FdKind::Master && result.as_ref().is_err_and(is_hang_up) {
            // The program at the other side has left the terminal.
            return Ok(0);
        }
        self.note(result)
    }

    pub(crate) fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let fd = self.fd.as_fd();
        if self.kind == FdKind::Terminal {
            stderr::erase();
        }
        let result = match self.access {
            Access::Socket => socket::send(fd, bufs),
            Access::Shared if !stdio::is_ready(fd, true) => return Err(io::ErrorKind::WouldBlock.into()),
            Access::Shared => {
                let first = bufs.iter().find(|buf| !buf.is_empty()).map_or(&[][..], |buf| buf);
                let is_terminal = matches!(self.kind, FdKind::Terminal | FdKind::Master);
                // A pipe that polls as writable takes `PIPE_BUF` bytes without waiting. `pipe(7)`.
                let most = if is_terminal { TERMINAL_BUF } else { PIPE_BUF };
                stdio::write(fd, &[IoSlice::new(&first[..first.len().min(most)])])
            }
            Access::Private | Access::Always => stdio::write(fd, bufs),
        };
        if let Some(master) = &mut self.master {
            match &result {
                Ok(n) => master.last = last_of(bufs, *n).or(master.last),
                // No process has the other side open. Keys that no process waits for are lost on any terminal.
                Err(error) if is_hang_up(error) => return Ok(bufs.iter().map(|buf| buf.len()).sum()),
                Err(_) => (),
            }
        }
        self.note(result)
    }

    /// Notes the result of a read or a write. A busy pipe is made larger, once. Then its two ends wake each other less
    /// often, which saves a third of the CPU.
    fn note(&mut self, result: io::Result<usize>) -> io::Result<usize> {
        if self.narrow && matches!(result, Ok(n) if n >= MUCH_BYTES) {
            self.narrow = false;
            // A user over the limit of the system keeps the smaller pipe.
            let bytes = if self.standard.is_some() { WIDE_STDIO_BYTES } else { WIDE_PIPE_BYTES };
            let _ = stdio::widen_pipe(self.fd.as_fd(), bytes);
        }
        result.map_err(|error| self.name(error))
    }

    /// The bytes that tell the other end that this direction ends: the keys for that on a child's terminal. Ask for
    /// them after everything else has been written. They are given once.
    pub(crate) fn closing_bytes(&mut self) -> Vec<u8> {
        match &mut self.master {
            Some(master) if !master.input_ended => {
                master.input_ended = true;
                // A terminal that cannot tell has hung up.
                pty::end_of_input(self.fd.as_fd(), master.last).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// The descriptor, if it is the master of a child's terminal.
    pub(crate) fn as_master(&self) -> Option<BorrowedFd<'_>> {
        self.master.map(|_| self.fd.as_fd())
    }

    /// Notes that the child with this terminal has ended.
    pub(crate) fn child_ended(&mut self) {
        if let Some(master) = &mut self.master {
            master.child_ended = true;
        }
    }

    /// Ends this direction. xport keeps no copy of the description, so the other end of the pipe sees the end.
    pub(crate) fn close(self, registry: &mio::Registry) -> io::Result<()> {
        self.deregister(registry);
        if self.access == Access::Socket && self.direction == Direction::Write {
            // stdin can be the same socket, and goes on. A peer that is gone already does not need the end.
            let _ = SockRef::from(&self.fd).shutdown(Shutdown::Write);
        }
        match self.standard {
            Some(number) => stdio::replace_by_null(number).map_err(|error| self.name(error)),
            None => Ok(()),
        }
    }

    /// Adds the name of stdin or stdout to an error.
    pub(crate) fn name(&self, error: io::Error) -> io::Error {
        // WouldBlock is no failure. Only stdin and stdout have names.
        if self.standard.is_none() || error.kind() == io::ErrorKind::WouldBlock {
            return error;
        }
        name_direction(self.direction, error)
    }
}

/// The error of a master while no process has the other side open. `pty(7)`.
fn is_hang_up(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EIO)
}

/// The last of the first `n` bytes of `bufs`.
fn last_of(bufs: &[IoSlice<'_>], n: usize) -> Option<u8> {
    bufs.iter().flat_map(|buf| buf.iter()).nth(n.checked_sub(1)?).copied()
}

fn name_direction(direction: Direction, source: io::Error) -> io::Error {
    io::Error::new(source.kind(), StdioError { direction, source })
}

/// An error of stdin or stdout with the name of the stream.
#[derive(Debug)]
pub(crate) struct StdioError {
    direction: Direction,
    source: io::Error,
}

impl fmt::Display for StdioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.direction == Direction::Read { "stdin" } else { "stdout" };
        write!(f, "{name}: {}", super::error::describe(&self.source))
    }
}

impl std::error::Error for StdioError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
