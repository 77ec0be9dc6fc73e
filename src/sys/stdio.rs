//! Inherited descriptors: stdin, stdout, pipes, terminals and files.
//!
//! `O_NONBLOCK` belongs to the open file description, which other processes share, so it is never set there. A pipe or
//! a terminal is opened again through `/proc/self/fd`, which makes a private description. Any other descriptor is
//! polled before each small read or write. `transports/channel.rs` decides which way is used.

use std::fs::File;
use std::io::{self, IoSlice, IsTerminal, Seek};
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::splice::is_nonblocking;
use super::{check, count, cursor, retry};

/// How many slices one call can take (`IOV_MAX` of `limits.h`).
pub(crate) const IOV_MAX: usize = 1024;

static STDOUT_WAS_CLOSED: AtomicBool = AtomicBool::new(false);

extern "C" fn look_at_stdout() {
    // SAFETY: F_GETFD takes no argument and touches no memory.
    let closed = unsafe { libc::fcntl(1, libc::F_GETFD) } < 0;
    STDOUT_WAS_CLOSED.store(closed, Ordering::Relaxed);
}

// Before `main`, the standard library replaces a closed descriptor 0, 1 or 2 by /dev/null, so that no socket becomes
// stdin. A closed stdout would then swallow data without an error. A constructor runs before that.
// SAFETY: the C runtime calls each pointer of .init_array once, before main; this one makes one system call.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK_AT_STDOUT: extern "C" fn() = look_at_stdout;

/// Whether stdout was closed (`>&-`) when the program started.
#[must_use]
pub fn stdout_was_closed() -> bool {
    STDOUT_WAS_CLOSED.load(Ordering::Relaxed)
}

/// The kind of a descriptor, as far as it matters for reading and writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FdKind {
    /// A pipe or FIFO.
    Pipe,
    /// A terminal or pseudo-terminal.
    Terminal,
    /// The controlling side of a pseudo-terminal. Opening it again would make another pseudo-terminal. `ptmx(4)`.
    Master,
    /// A stream socket of any family.
    Socket,
    /// A regular file.
    File,
    /// Anything else, such as a directory or a device.
    Other,
}

/// Asks `question` of a descriptor as of a file of the standard library.
fn ask<T>(fd: BorrowedFd<'_>, question: impl FnOnce(&File) -> T) -> T {
    // SAFETY: the descriptor is open for the whole call, and the file that seems to own it is never dropped.
    let file = ManuallyDrop::new(unsafe { File::from_raw_fd(fd.as_raw_fd()) });
    question(&file)
}

/// The kind of a descriptor, or `EBADF` if it is not open. `fstat(2)`, `isatty(3)`.
pub(crate) fn kind(fd: BorrowedFd<'_>) -> io::Result<FdKind> {
    const PTMX: u64 = libc::makedev(5, 2);
    let metadata = ask(fd, File::metadata)?;
    let kind = metadata.file_type();
    Ok(if kind.is_fifo() {
        FdKind::Pipe
    } else if kind.is_socket() {
        FdKind::Socket
    } else if kind.is_char_device() && metadata.rdev() == PTMX {
        FdKind::Master
    } else if kind.is_char_device() && fd.is_terminal() {
        FdKind::Terminal
    } else if kind.is_file() {
        FdKind::File
    } else {
        FdKind::Other
    })
}

/// Whether a descriptor was opened for reading or, with `write`, for writing. `F_GETFL` of `fcntl(2)`.
pub(crate) fn allows(fd: BorrowedFd<'_>, write: bool) -> io::Result<bool> {
    // SAFETY: F_GETFL takes no argument and touches no memory.
    let flags = check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) })?;
    let wanted = if write { libc::O_WRONLY } else { libc::O_RDONLY };
    let access = flags & libc::O_ACCMODE;
    Ok(flags & libc::O_PATH == 0 && (access == wanted || access == libc::O_RDWR))
}

/// Whether two descriptors lead to the same pipe or terminal. The number of a device is not enough, because
/// `/dev/tty` stands for another terminal. `fstat(2)`, `TIOCGDEV`.
pub(crate) fn is_same(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> io::Result<bool> {
    let of = |fd: BorrowedFd<'_>| -> io::Result<_> {
        let metadata = ask(fd, File::metadata)?;
        let terminal = if fd.is_terminal() { Some(terminal_number(fd)?) } else { None };
        Ok((metadata.dev(), metadata.ino(), metadata.rdev(), terminal))
    };
    Ok(of(one)? == of(other)?)
}

/// The device number of the terminal behind a descriptor.
fn terminal_number(fd: BorrowedFd<'_>) -> io::Result<libc::c_uint> {
    /// `_IOR('T', 0x32, unsigned int)` of `asm-generic/ioctls.h`.
    const TIOCGDEV: libc::Ioctl = 0x8004_5432_u32 as libc::Ioctl;
    let mut number: libc::c_uint = 0;
    // SAFETY: the request writes one unsigned int, which is alive for the call.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), TIOCGDEV, &raw mut number) })?;
    Ok(number)
}

/// Opens the same pipe or terminal again, non-blocking, with a private description.
///
/// `None` if that fails: a pipe has no reader (`ENXIO`), the user has changed (`EACCES`), or there is no `/proc`
/// (`ENOENT`).
pub(crate) fn reopen(fd: BorrowedFd<'_>, write: bool) -> Option<OwnedFd> {
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    let new = File::options().read(!write).write(write).custom_flags(flags).open(path).ok()?;
    is_same(fd, new.as_fd()).unwrap_or(false).then(|| new.into())
}

/// Gives a pipe at least this capacity in bytes. A larger pipe stays as it is. `F_SETPIPE_SZ` of `pipe(7)`.
///
/// `EPERM` beyond the limits of an unprivileged user. The pipe is unchanged then.
pub(crate) fn widen_pipe(fd: BorrowedFd<'_>, bytes: libc::c_int) -> io::Result<()> {
    // SAFETY: F_GETPIPE_SZ takes no argument and touches no memory.
    let now = check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETPIPE_SZ) })?;
    if now < bytes {
        // SAFETY: F_SETPIPE_SZ takes a number and touches no memory.
        check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETPIPE_SZ, bytes) })?;
    }
    Ok(())
}

/// Takes ownership of an inherited descriptor (`fd:3`), and keeps it from children.
///
/// `EBADF` if the descriptor is closed, was not inherited, or was taken before.
pub(crate) fn take(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: F_GETFD takes no argument and touches no memory; a closed `fd` is EBADF.
    let flags = check(unsafe { libc::fcntl(fd, libc::F_GETFD) })?;
    if flags & libc::FD_CLOEXEC != 0 {
        // execve(2) closes such a descriptor, so this process has opened it, or has taken it already.
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: F_SETFD takes a number and touches no memory.
    check(unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    // SAFETY: the descriptor is open and was inherited. This crate opens all its descriptors close-on-exec, and a
    // descriptor that was taken before is close-on-exec too. So no other owner exists here.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Closes stdin or stdout and keeps its number in use: `/dev/null` takes its place or, without `/dev`, a socket whose
/// other end is closed. `dup2(2)`.
///
/// # Errors
/// No descriptor is left. The stream is unchanged then.
pub fn replace_by_null(fd: RawFd) -> io::Result<()> {
    assert!((0..=1).contains(&fd), "{fd} is neither stdin nor stdout");
    let null: OwnedFd = match File::options().read(true).write(true).open("/dev/null") {
        Ok(null) => null.into(),
        Err(_) => UnixStream::pair()?.0.into(),
    };
    // SAFETY: `fd` is stdin or stdout, which has no owner in this process. dup2 touches no memory.
    check(unsafe { libc::dup2(null.as_raw_fd(), fd) }).map(drop)
}

/// How many bytes wait in a pipe or a connected socket to be read. `FIONREAD` of `pipe(7)` and `tcp(7)`.
pub(crate) fn unread(fd: BorrowedFd<'_>) -> usize {
    let mut bytes: libc::c_int = 0;
    // SAFETY: the request writes one int, which is alive for the call.
    let asked = check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &raw mut bytes) });
    asked.ok().and_then(|_| usize::try_from(bytes).ok()).unwrap_or(0)
}

/// Reads what is available. `read(2)`.
pub(crate) fn read(fd: BorrowedFd<'_>, buf: &mut [u8]) -> io::Result<usize> {
    retry(|| {
        // SAFETY: the pointer and the length are those of `buf`, which is borrowed for the whole call.
        count(unsafe { libc::read(fd.as_raw_fd(), buf.as_mut_ptr().cast(), buf.len()) })
    })
}

/// Writes as much of the slices as fits. `writev(2)`.
pub(crate) fn write(fd: BorrowedFd<'_>, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
    let len = libc::c_int::try_from(bufs.len().min(IOV_MAX)).unwrap_or(libc::c_int::MAX);
    let written = retry(|| {
        // SAFETY: `IoSlice` is ABI-compatible with `iovec` on Unix; the slices outlive the call, which only reads them.
        count(unsafe { libc::writev(fd.as_raw_fd(), bufs.as_ptr().cast(), len) })
    })?;
    cursor::note_shown(fd, bufs, written);
    Ok(written)
}

/// Writes all of `text` to stdout. The standard library would ignore a stdout that cannot be written. `write(2)`.
///
/// # Errors
/// `EBADF` if stdout was closed when the program started, or is open for reading only; the error of the write.
pub fn write_all_to_stdout(mut text: &[u8]) -> io::Result<()> {
    if stdout_was_closed() {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    while !text.is_empty() {
        match write(borrow_standard(1), &[IoSlice::new(text)])? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => text = &text[written..],
        }
    }
    Ok(())
}

/// Whether a read or, with `write`, a write would not wait now. Errors and hang-ups count as ready. `poll(2)`.
pub(crate) fn is_ready(fd: BorrowedFd<'_>, write: bool) -> bool {
    is_ready_within(fd, write, Duration::ZERO)
}

/// The same, but waits for it for a while. `poll(2)`.
pub(crate) fn is_ready_within(fd: BorrowedFd<'_>, write: bool, patience: Duration) -> bool {
    let events = if write { libc::POLLOUT } else { libc::POLLIN };
    let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 };
    let patience = libc::c_int::try_from(patience.as_millis()).unwrap_or(libc::c_int::MAX);
    // A signal restarts the wait.
    // SAFETY: one `pollfd`, alive for the call, which ends after `patience`.
    retry(|| check(unsafe { libc::poll(&raw mut poll, 1, patience) })).is_ok_and(|ready| ready == 1)
}

/// Borrows stdin (0), stdout (1) or stderr (2), which are open for as long as the program runs.
pub(crate) fn borrow_standard(fd: RawFd) -> BorrowedFd<'static> {
    assert!((0..=2).contains(&fd), "{fd} is no standard stream");
    // SAFETY: the standard library sees to it that 0, 1 and 2 are open before main; nothing here ever closes them.
    unsafe { BorrowedFd::borrow_raw(fd) }
}

/// Whether a descriptor is `/dev/null`. `null(4)`.
pub(crate) fn is_null(fd: BorrowedFd<'_>) -> bool {
    const NULL: u64 = libc::makedev(1, 3);
    ask(fd, File::metadata).is_ok_and(|file| file.file_type().is_char_device() && file.rdev() == NULL)
}

/// Whether any program can use this stdin, also in the background. A terminal can be read only in the foreground. A
/// socket or the master of a terminal cannot be opened by its name (`/dev/stdin`). Few programs can read a non-blocking
/// pipe.
#[must_use]
pub fn stdin_is_for_any_program() -> bool {
    let stdin = borrow_standard(0);
    match kind(stdin) {
        Ok(FdKind::File | FdKind::Other) => true,
        Ok(FdKind::Pipe) => !is_nonblocking(stdin),
        Ok(FdKind::Terminal | FdKind::Master | FdKind::Socket) | Err(_) => false,
    }
}

/// Whether two standard streams are the same file, pipe, socket or terminal. `fstat(2)`.
#[must_use]
pub fn are_same(one: RawFd, other: RawFd) -> bool {
    is_same(borrow_standard(one), borrow_standard(other)).unwrap_or(false)
}

/// Whether stdin is a terminal.
#[must_use]
pub fn stdin_is_terminal() -> bool {
    borrow_standard(0).is_terminal()
}

/// Whether stdout is a terminal.
#[must_use]
pub fn stdout_is_terminal() -> bool {
    borrow_standard(1).is_terminal()
}

/// How many bytes of stdin are left to read, if stdin is a regular file. `lseek(2)`.
#[must_use]
pub fn rest_of_stdin() -> Option<u64> {
    ask(borrow_standard(0), |mut file| {
        let metadata = file.metadata().ok().filter(|metadata| metadata.is_file())?;
        metadata.len().checked_sub(file.stream_position().ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_inherited_descriptor_is_taken_and_only_once() {
        let refusal = |fd| take(fd).err().and_then(|error| error.raw_os_error());
        let own = File::open("/dev/null").expect("a descriptor");
        assert_eq!(refusal(own.as_raw_fd()), Some(libc::EBADF), "this process has opened it");
        assert!(own.metadata().is_ok(), "it is still open");
        // SAFETY: the call takes a number and touches no memory.
        let inherited = unsafe { libc::dup(own.as_raw_fd()) };
        // The copy is not close-on-exec, as an inherited descriptor is not.
        let taken = take(inherited).expect("nothing owns it");
        assert_eq!(refusal(inherited), Some(libc::EBADF), "it was taken");
        assert!(File::from(taken).metadata().is_ok(), "its owner has it");
        assert_eq!(refusal(-1), Some(libc::EBADF), "it is not open");
    }
}
