//! Resource limits: as many descriptors as we may have.

use std::io;

use super::check;

/// Raises the soft limit of open descriptors to the hard one. `setrlimit(2)`, `RLIMIT_NOFILE`.
///
/// # Errors
/// What the kernel said; nothing is changed then.
pub fn raise_open_files() -> io::Result<()> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is alive for the call, which fills it.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) })?;
    if limit.rlim_cur == limit.rlim_max {
        return Ok(());
    }
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: the structure is alive for the call, which only reads it.
    check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }).map(drop)
}
