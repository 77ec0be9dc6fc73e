//! Limits of the process: core dumps, and the number of descriptors.

use std::io;
use std::os::fd::RawFd;

use super::check;

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
