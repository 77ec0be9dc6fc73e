//! The only floor that knows the operating system. It has every `unsafe` line of the crate, one file per mechanism.
//!
//! Each function is one system call, or a small and safe combination of a few, and handles `EINTR`. There is no policy
//! and no logging: the caller decides what a result means. The only state is what exists once per process, such as the
//! settings of the terminal before raw mode. The system is Linux. Another system would be another folder with the same
//! function names.
#![allow(unsafe_code)] // The crate denies it everywhere else.

pub mod cursor;
pub(crate) mod datagram;
pub(crate) mod files;
pub mod limits;
pub mod names;
pub(crate) mod process;
pub mod pty;
pub mod raw_mode;
pub mod signals;
pub(crate) mod socket;
pub(crate) mod spawn;
pub(crate) mod splice;
pub mod stderr;
pub mod stdio;

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Calls `f` until it returns anything but `EINTR`.
pub(crate) fn retry<T>(mut f: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match f() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            result => return result,
        }
    }
}

/// Turns the result of a system call that returns `ssize_t` into a count.
fn count(result: libc::ssize_t) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// Turns the result of a system call that returns `int` into success or `errno`.
fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Sets an option of a socket that is an int. `setsockopt(2)`.
fn set_option(fd: BorrowedFd<'_>, level: libc::c_int, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
    let len = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the value is an int, alive for the call, and the length is its own.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), level, option, (&raw const value).cast(), len) }).map(drop)
}
