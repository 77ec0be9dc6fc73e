//! A pool of pipes through which the kernel moves bytes from one socket to another (`splice(2)`).
//!
//! The pool bounds the number and the size of the pipes, as the system limits what one user may have. `forward.rs`
//! decides when bytes go through a pipe.

use std::os::fd::OwnedFd;

use crate::sys::splice::pipe;

/// The size of a pooled pipe, and of the first few pipes. Wide pipes take half the calls and a tenth less CPU, but a
/// user may have only 64 MiB in all.
const PIPE_BYTES: libc::c_int = 256 * 1024;
const WIDE_PIPE_BYTES: libc::c_int = 1024 * 1024;
const WIDE_PIPES: usize = 4;
/// A smaller pipe is slower than copying. Users over the system's limit get such pipes.
const PIPE_BYTES_MIN: usize = 64 * 1024;
/// The most pipes with bytes in them: a quarter of the limit of an unprivileged user.
const PIPES_MAX: usize = 64;
/// How many empty pipes are kept.
const PIPES_KEPT: usize = 8;

/// The kinds of descriptors that `splice(2)` treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpliceFd {
    Socket,
    Pipe,
    File,
}

/// A pipe of the pool, and the number of bytes in it. They are on their way to a stream.
#[derive(Debug)]
pub(crate) struct Spliced {
    pub(crate) pipe: Pipe,
    pub(crate) bytes: usize,
}

/// A pipe.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) read: OwnedFd,
    pub(crate) write: OwnedFd,
}

/// The pool.
#[derive(Debug, Default)]
pub(crate) struct PipePool {
    empty: Vec<Pipe>,
    /// Pipes that are in use.
    used: usize,
}

impl PipePool {
    /// How many pipes are in use.
    #[cfg(test)]
    pub(crate) fn in_use(&self) -> usize {
        self.used
    }

    /// Returns an empty pipe, unless too many are in use.
    pub(crate) fn take(&mut self) -> Option<Pipe> {
        if self.used == PIPES_MAX {
            return None;
        }
        let bytes = if self.used < WIDE_PIPES { WIDE_PIPE_BYTES } else { PIPE_BYTES };
        let pipe = self.empty.pop().or_else(|| match pipe(bytes) {
            Ok((read, write, size)) if size >= PIPE_BYTES_MIN => Some(Pipe { read, write }),
            Ok(_) | Err(_) => None,
        })?;
        self.used += 1;
        Some(pipe)
    }

    /// Takes an empty pipe back.
    pub(crate) fn give(&mut self, pipe: Pipe) {
        self.used -= 1;
        if self.empty.len() < PIPES_KEPT {
            self.empty.push(pipe);
        }
    }

    /// Closes a pipe with bytes that are no longer needed.
    pub(crate) fn close(&mut self, spliced: Spliced) {
        self.used -= 1;
        drop(spliced);
    }
}
