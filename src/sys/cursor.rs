//! Whether the cursor of the terminal is in the middle of a line, so that a run can end the line.
//!
//! No terminal tells this without a conversation. So the bytes that this process shows are looked at, from the first
//! time on that it makes the terminal raw. What other programs show is unknown.

use std::io::{IoSlice, IsTerminal};
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// Whether the terminal is raw, once it was.
static FOLLOWED: AtomicU8 = AtomicU8::new(NEVER);
const NEVER: u8 = 0;
const RAW: u8 = 1;
const COOKED: u8 = 2;

static IS_IN_LINE: AtomicBool = AtomicBool::new(false);

/// Follows the cursor from now on. `is_raw` says what a line feed does. A signal handler may call this.
pub(super) fn follow(is_raw: bool) {
    FOLLOWED.store(if is_raw { RAW } else { COOKED }, Ordering::Relaxed);
}

/// Whether the cursor is in the middle of a line.
#[must_use]
pub fn is_in_line() -> bool {
    IS_IN_LINE.load(Ordering::Relaxed)
}

/// Notes where the cursor is after the first `written` bytes of a write.
pub(super) fn note_shown(fd: BorrowedFd<'_>, bufs: &[IoSlice<'_>], mut written: usize) {
    let followed = FOLLOWED.load(Ordering::Relaxed);
    if followed == NEVER || !fd.is_terminal() {
        return;
    }
    let mut is_in_line = is_in_line();
    for bytes in bufs {
        let shown = &bytes[..bytes.len().min(written)];
        written -= shown.len();
        is_in_line = after(is_in_line, shown, followed == RAW);
    }
    IS_IN_LINE.store(is_in_line, Ordering::Relaxed);
}

/// Whether the cursor is in the middle of a line after these bytes.
fn after(is_in_line: bool, shown: &[u8], is_raw: bool) -> bool {
    match shown.last() {
        None => is_in_line,
        Some(b'\n') if !is_raw => false,
        // A raw terminal takes a line feed for a move down in the same column.
        Some(_) => match shown.iter().rposition(|byte| *byte != b'\n') {
            Some(last) => shown[last] != b'\r',
            None => is_in_line,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_raw_terminal_ends_by_a_carriage_return() {
        for (before, shown, raw, cooked) in [
            (false, "", false, false),
            (true, "", true, true),
            (false, "$ ", true, true),
            (true, "x\r\n", false, false),
            (true, "x\r", false, false),
            (false, "x\n", true, false),
            (true, "\n\n", true, false),
            (false, "\n", false, false),
        ] {
            assert_eq!(after(before, shown.as_bytes(), true), raw, "{shown:?}");
            assert_eq!(after(before, shown.as_bytes(), false), cooked, "{shown:?}");
        }
    }
}
