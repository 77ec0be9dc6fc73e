//! Writes messages without waiting, because a full stderr must not stop the loop.
//!
//! stderr is shared with other processes, so its flags stay as they are. A pipe or a terminal is opened again through
//! `/proc`, and a write to that private description never waits. Anything else is polled first.
//!
//! On a terminal, the last line can be a drawing (`modes/progress.rs`). It is erased before anything else is written
//! there.

use std::io::{self, IoSlice, IsTerminal};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use libc::PIPE_BUF;

use super::stdio::{self, FdKind};
use super::{pty, socket};

/// How stderr is written.
enum Way {
    /// To a private, non-blocking description.
    Private(OwnedFd),
    /// With calls that do not wait.
    Socket,
    /// After a poll. A pipe that polls as writable takes `PIPE_BUF` bytes without waiting.
    Polled,
}

impl Way {
    /// The way for this stderr, which the first message finds out.
    fn get() -> &'static Self {
        static WAY: OnceLock<Way> = OnceLock::new();
        WAY.get_or_init(|| {
            let fd = stdio::borrow_standard(2);
            match stdio::kind(fd) {
                Ok(FdKind::Socket) => Self::Socket,
                Ok(FdKind::Pipe | FdKind::Terminal) if stdio::allows(fd, true).unwrap_or(false) => {
                    stdio::reopen(fd, true).map_or(Self::Polled, Self::Private)
                }
                _ => Self::Polled,
            }
        })
    }

    fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Private(fd) => fd.as_fd(),
            Self::Socket | Self::Polled => stdio::borrow_standard(2),
        }
    }

    /// Writes as much as fits now, at most `PIPE_BUF` bytes: such a write to a pipe is atomic. `pipe(7)`.
    fn write(&self, text: &[u8]) -> io::Result<usize> {
        let piece = [IoSlice::new(&text[..text.len().min(PIPE_BUF)])];
        match self {
            Self::Private(fd) => stdio::write(fd.as_fd(), &piece),
            Self::Socket => socket::send(self.fd(), &piece),
            Self::Polled if !stdio::is_ready(self.fd(), true) => Err(io::ErrorKind::WouldBlock.into()),
            Self::Polled => stdio::write(self.fd(), &piece),
        }
    }
}

/// Writes one line, cut at one page, or drops the line if stderr cannot take it now.
///
/// A terminal or a socket can take only the beginning of a line. A newline then precedes the next message.
///
/// # Errors
/// `WouldBlock` if the line was dropped, or the error of `write(2)`.
pub fn write(line: &[u8]) -> io::Result<()> {
    static IS_CUT: AtomicBool = AtomicBool::new(false);
    let line = &line[..line.len().min(PIPE_BUF)];
    let way = Way::get();
    erase();
    if IS_CUT.load(Ordering::Relaxed) {
        way.write(b"\n")?;
        IS_CUT.store(false, Ordering::Relaxed);
    }
    let mut written = way.write(line)?;
    while written < line.len() {
        match way.write(&line[written..]) {
            Ok(n) if n > 0 => written += n,
            _ => {
                IS_CUT.store(true, Ordering::Relaxed);
                break;
            }
        }
    }
    Ok(())
}

/// Writes a whole text for a reader that can be slow. The rest is dropped if the reader takes nothing for as long as
/// `patience`.
///
/// # Errors
/// `WouldBlock` if the reader took nothing for that time, or the error of `write(2)`.
pub fn write_all(mut text: &[u8], patience: Duration) -> io::Result<()> {
    let way = Way::get();
    erase();
    while !text.is_empty() {
        match way.write(text) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => text = &text[n..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if !stdio::is_ready_within(way.fd(), true, patience) {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Writes as much of a text as fits now, at most one page.
///
/// # Errors
/// `WouldBlock` if nothing fits now, or the error of `write(2)`.
pub(crate) fn write_some(text: &[u8]) -> io::Result<usize> {
    erase();
    Way::get().write(text)
}

/// Whether the last line of the terminal is a drawing.
static IS_DRAWN: AtomicBool = AtomicBool::new(false);

/// Draws a line in place of the line that was drawn before. The cursor stays in the line. Nothing is drawn if the
/// terminal takes nothing now, as after `^S`.
pub fn draw(line: &str) {
    if Way::get().write(format!("\r{line}").as_bytes()).is_ok() {
        IS_DRAWN.store(true, Ordering::Relaxed);
    }
}

/// Erases the drawn line, if there is one.
pub fn erase() {
    if IS_DRAWN.swap(false, Ordering::Relaxed) {
        // Back to the margin, and clear the rest of the line.
        let _ = Way::get().write(b"\r\x1b[K");
    }
}

/// Ends the drawn line, if there is one, so that it stays.
pub fn keep_drawn() {
    if IS_DRAWN.swap(false, Ordering::Relaxed) {
        let _ = Way::get().write(b"\n");
    }
}

/// How many characters a line of the terminal on stderr has. `None` if stderr is no terminal, or this process is in the
/// background there.
#[must_use]
pub fn columns() -> Option<u16> {
    let fd = stdio::borrow_standard(2);
    let size = pty::window_size(fd).ok().filter(|_| !pty::is_in_background(fd))?;
    // Some terminals do not know their size.
    Some(if size.columns == 0 { pty::WindowSize::default().columns } else { size.columns })
}

/// Waits until stderr can take a line, but at most for `patience`. A slow reader then gets the last message of a run.
/// Returns whether stderr can take one.
pub fn await_room(patience: Duration) -> bool {
    stdio::is_ready_within(Way::get().fd(), true, patience)
}

/// Whether stderr is a terminal.
#[must_use]
pub fn is_terminal() -> bool {
    stdio::borrow_standard(2).is_terminal()
}
