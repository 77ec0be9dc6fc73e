//! What the standard library does not do with files: locks, owners, and the umask of the process.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use super::{check, retry};

/// Locks this file until it is closed. Returns `false` at once if another process has the lock. `flock(2)`.
pub(crate) fn try_lock(file: &File) -> io::Result<bool> {
    // SAFETY: flock takes two numbers and touches no memory.
    match retry(|| check(unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) })) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}

/// Changes the owner or the group of a file that is open by `O_PATH`. `None` leaves one as it is. `fchownat(2)`.
pub(crate) fn set_owner(file: &File, user: Option<u32>, group: Option<u32>) -> io::Result<()> {
    let (fd, flags) = (file.as_raw_fd(), libc::AT_EMPTY_PATH);
    // -1 stands for no change.
    let (user, group) = (user.unwrap_or(u32::MAX), group.unwrap_or(u32::MAX));
    // SAFETY: the path is an empty C string, which the call only reads.
    check(unsafe { libc::fchownat(fd, c"".as_ptr(), user, group, flags) }).map(drop)
}

/// The effective user of this process. `geteuid(2)`.
pub(crate) fn user() -> u32 {
    // SAFETY: the call takes nothing and cannot fail.
    unsafe { libc::geteuid() }
}

/// Runs `f` with another umask. The umask belongs to the whole process, so no other thread may create files meanwhile.
/// `umask(2)`.
pub(crate) fn with_umask<T>(mask: libc::mode_t, f: impl FnOnce() -> T) -> T {
    // SAFETY: umask only exchanges a number and cannot fail.
    let before = unsafe { libc::umask(mask) };
    let result = f();
    // SAFETY: as above.
    unsafe { libc::umask(before) };
    result
}
