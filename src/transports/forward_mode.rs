//! The current method of moving the bytes of a forwarded stream, and when it changes.
//!
//! This is only the state. `forward.rs` moves the bytes.

use super::id::Id;
use super::trial::Trial;

/// A read of at least `LARGE_BYTES` is large. A move of less than `SMALL_BYTES` is small.
const LARGE_BYTES: usize = 32 * 1024;
const SMALL_BYTES: usize = 16 * 1024;
/// Switch methods after this many in a row.
const STREAK: u8 = 4;

/// The target of the bytes of a forwarded stream.
#[derive(Debug)]
pub(crate) struct Forward {
    pub(crate) to: Id,
    pub(crate) mode: ForwardMode,
    /// Moves in a row that speak for the other method.
    pub(crate) streak: u8,
    /// Finds out whether sending or copying is faster. Only for a file that goes to a receiver on this machine.
    pub(crate) trial: Option<Box<Trial>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForwardMode {
    /// Read and write, for the time being.
    Copy,
    /// The kernel moves the bytes.
    Splice(SpliceRoute),
    /// Read and write for good: the kernel has refused to move the bytes.
    CopyOnly,
}

/// Which system calls move the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpliceRoute {
    /// `sendfile(2)` from a file.
    File,
    /// One `splice(2)`. The sink is a pipe.
    ToPipe,
    /// Two `splice(2)`, through a pipe of the pool.
    Sockets,
}

impl Forward {
    /// Notes the size of a move. Returns whether the method changes.
    pub(crate) fn note(&mut self, bytes: usize) -> bool {
        let unusual = match self.mode {
            ForwardMode::Copy => bytes >= LARGE_BYTES,
            ForwardMode::Splice(SpliceRoute::File) | ForwardMode::CopyOnly => false,
            ForwardMode::Splice(_) => bytes < SMALL_BYTES,
        };
        self.streak = if unusual { self.streak + 1 } else { 0 };
        self.streak >= STREAK
    }
}
