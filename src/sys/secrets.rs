//! Protects the memory of this process from core dumps and from other processes of the same user.

use std::io;

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
