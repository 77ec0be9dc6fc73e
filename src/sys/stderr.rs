//! Writing a message without ever waiting: a full stderr must not stop the loop.
//!
//! stderr is shared with whoever started us, so its flags are left alone: it is polled first, and a line of at most
//! one page is then taken whole or dropped. What the line says is the logger's business.

use std::io::{self, IoSlice};

use super::stdio;

/// A pipe that polls as writable takes at least this much without waiting (`PIPE_BUF`, `pipe(7)`).
const PAGE: usize = 4096;

/// Writes one line, cut at one page, or drops it where stderr cannot take it now.
///
/// # Errors
/// `WouldBlock` where the line was dropped; else what `write(2)` said.
pub fn write(line: &[u8]) -> io::Result<()> {
    let fd = stdio::borrow_standard(2);
    if !stdio::is_ready(fd, true) {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    stdio::write(fd, &[IoSlice::new(&line[..line.len().min(PAGE)])]).map(drop)
}
