//! The only floor that knows the operating system: every `unsafe` line of the crate, one file per mechanism.
//!
//! Each function here is one system call or one small, safe idea built from a few, with `EINTR` dealt with. There is
//! no state, no policy and no logging: who calls decides what a result means. Linux is what is here; another system
//! would be another folder with the same function names.
#![allow(unsafe_code)] // The crate denies it everywhere else.

pub(crate) mod datagram;
pub mod limits;
pub mod names;
pub(crate) mod process;
pub mod pty;
pub mod raw_mode;
pub mod secrets;
pub mod signals;
pub(crate) mod socket;
pub(crate) mod spawn;
pub(crate) mod splice;
pub mod stderr;
pub mod stdio;

use std::io;

/// Calls `f` until it ends with something other than `EINTR`.
pub(crate) fn retry<T>(mut f: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match f() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            result => return result,
        }
    }
}

/// What a system call of the `ssize_t` kind returned, as a count.
fn count(result: libc::ssize_t) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// What a system call of the `int` kind returned, as success or `errno`.
fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
