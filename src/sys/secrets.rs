//! Keeps what is in our memory from others: core dumps, and other processes of the same user.

use std::io;

use super::check;

/// From now on there is no core dump of us, and of other processes only root can look at our memory or attach to us.
/// `PR_SET_DUMPABLE`, `prctl(2)`.
///
/// What we open of ourselves through `/proc/self` stays open to us. A program that we start begins anew.
///
/// # Errors
/// What the kernel said.
pub fn keep_memory_to_ourselves() -> io::Result<()> {
    // SAFETY: the request takes a number and touches no memory of ours.
    check(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) }).map(drop)
}
