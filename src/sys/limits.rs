//! Properties of the process: core dumps, the limit of descriptors, the user and the umask; and locks and owners of
//! files.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, RawFd};

use super::{check, retry};

/// Disables core dumps of this process. Only root can read its memory or attach to it from now on. `PR_SET_DUMPABLE` of
/// `prctl(2)`.
///
/// The process can still open its own files in `/proc/self`. A program that it starts is not protected.
///
/// # Errors
/// The error of the kernel.
pub fn disable_core_dumps() -> io::Result<()> {
    // SAFETY: the request takes a number and touches no memory.
    check(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) }).map(drop)
}

/// Raises the soft limit of open descriptors to the hard limit. `RLIMIT_NOFILE` of `setrlimit(2)`.
///
/// # Errors
/// The error of the kernel. The limit is unchanged then.
pub fn raise_open_files() -> io::Result<()> {
    let mut limit = limit_of_open_files()?;
    if limit.rlim_cur == limit.rlim_max {
        return Ok(());
    }
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: the structure is alive for the call, which only reads it.
    check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }).map(drop)
}

/// How many descriptors can be open. `RLIMIT_NOFILE` of `getrlimit(2)`.
#[must_use]
pub fn open_files() -> usize {
    match limit_of_open_files() {
        Ok(limit) => usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX),
        // The call cannot fail for this limit. 1024 is the usual one.
        Err(_) => 1024,
    }
}

/// One more than the largest number that a descriptor can have. `RLIMIT_NOFILE` of `getrlimit(2)`.
pub(crate) fn open_files_max() -> RawFd {
    // The caller tries each number, so an infinite limit needs a bound.
    const ENOUGH: RawFd = 1 << 20;
    let max = limit_of_open_files().ok().and_then(|limit| RawFd::try_from(limit.rlim_max).ok());
    max.map_or(ENOUGH, |max| max.min(ENOUGH))
}

/// `getrlimit(2)`, `RLIMIT_NOFILE`.
fn limit_of_open_files() -> io::Result<libc::rlimit> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is alive for the call, which fills it.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) }).map(|_| limit)
}

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
