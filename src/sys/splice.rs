//! Moves bytes from one descriptor to another inside the kernel: `splice(2)`, `sendfile(2)`, and a pipe in between.
//!
//! `transports/forward.rs` decides when to use them.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use socket2::SockRef;

use super::{check, count, retry};

/// Moves up to `len` bytes. One of the descriptors must be a pipe. 0 is the end of `from`. `WouldBlock` does not say
/// which of the two was not ready. `splice(2)`.
///
/// The call does not wait for a pipe. It waits for a socket unless the socket is non-blocking.
pub(crate) fn splice(from: BorrowedFd<'_>, to: BorrowedFd<'_>, len: usize) -> io::Result<usize> {
    let (no_offset, flags) = (std::ptr::null_mut(), libc::SPLICE_F_NONBLOCK);
    retry(|| {
        // SAFETY: without offsets the call takes two descriptors and two numbers, and touches no memory.
        count(unsafe { libc::splice(from.as_raw_fd(), no_offset, to.as_raw_fd(), no_offset, len, flags) })
    })
}

/// Moves up to `len` bytes from the current offset of a regular file. 0 is the end of the file. `sendfile(2)`.
pub(crate) fn send_file(from: BorrowedFd<'_>, to: BorrowedFd<'_>, len: usize) -> io::Result<usize> {
    // SAFETY: without an offset the call takes two descriptors and a number, and touches no memory.
    retry(|| count(unsafe { libc::sendfile(to.as_raw_fd(), from.as_raw_fd(), std::ptr::null_mut(), len) }))
}

/// Whether calls on this description do not wait. `F_GETFL`.
pub(crate) fn is_nonblocking(fd: BorrowedFd<'_>) -> bool {
    SockRef::from(&fd).nonblocking().unwrap_or(false)
}

/// Whether `from` can be read, and whether `to` can be written, at this moment. `poll(2)`.
pub(crate) fn are_ready(from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> (bool, bool) {
    let poll = |fd: BorrowedFd<'_>, events| libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 };
    let mut both = [poll(from, libc::POLLIN), poll(to, libc::POLLOUT)];
    // SAFETY: two `pollfd`, alive for the call; a zero timeout never waits.
    let asked = unsafe { libc::poll(both.as_mut_ptr(), 2, 0) };
    // If poll fails, both count as ready, and the calls on them will tell.
    if asked < 0 { (true, true) } else { (both[0].revents != 0, both[1].revents != 0) }
}

/// Makes a pipe: its read end, its write end, and its capacity in bytes. A user with many pipes gets only small ones
/// (pipe-user-pages-soft of `pipe(7)`).
pub(crate) fn pipe(bytes: libc::c_int) -> io::Result<(OwnedFd, OwnedFd, usize)> {
    let (read, write) = io::pipe()?;
    // SAFETY: F_SETPIPE_SZ and F_GETPIPE_SZ take a number or nothing, and touch no memory.
    let size = unsafe {
        libc::fcntl(write.as_raw_fd(), libc::F_SETPIPE_SZ, bytes);
        check(libc::fcntl(write.as_raw_fd(), libc::F_GETPIPE_SZ))?
    };
    Ok((read.into(), write.into(), usize::try_from(size).unwrap_or(0)))
}
