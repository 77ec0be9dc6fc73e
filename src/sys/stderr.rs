//! Writing messages without being held up: a full stderr must not stop the loop.
//!
//! stderr is shared with the program that started us, so its flags stay as they are. A pipe or a terminal is opened
//! anew through `/proc`, and a write to that description never waits. Anything else is polled first. What the lines say
//! is the logger's business.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::socket;
use super::stdio::{self, FdKind};

/// A pipe takes at most this much in one piece, whole or not at all (`PIPE_BUF`, `pipe(7)`).
const PAGE: usize = 4096;

/// How stderr is written.
enum Way {
    /// To a non-blocking description of our own.
    Private(OwnedFd),
    /// By calls that do not wait.
    Socket,
    /// After a poll. A pipe that polls as writable takes one page without waiting.
    Polled,
}

impl Way {
    /// The way for the present stderr, found at the first message.
    fn get() -> &'static Self {
        static WAY: OnceLock<Way> = OnceLock::new();
        WAY.get_or_init(|| {
            let fd = stdio::borrow_standard(2);
            match stdio::kind(fd) {
                Ok(FdKind::Socket) => Self::Socket,
                Ok(FdKind::Pipe | FdKind::Terminal) if stdio::allows(fd, true).unwrap_or(false) => {
                    let anew = stdio::reopen(fd, true).ok();
                    let same = anew.filter(|anew| stdio::is_same(fd, anew.as_fd()).unwrap_or(false));
                    same.map_or(Self::Polled, Self::Private)
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

    /// Writes what fits now of at most one page.
    fn write(&self, text: &[u8]) -> io::Result<usize> {
        let piece = [IoSlice::new(&text[..text.len().min(PAGE)])];
        match self {
            Self::Private(fd) => stdio::write(fd.as_fd(), &piece),
            Self::Socket => socket::send(self.fd(), &piece),
            Self::Polled if !stdio::is_ready(self.fd(), true) => Err(io::ErrorKind::WouldBlock.into()),
            Self::Polled => stdio::write(self.fd(), &piece),
        }
    }
}

/// Writes one line, cut at one page, or drops it where stderr cannot take it now.
///
/// A terminal or a socket may take only the beginning of a line. The next line then begins on a line of its own.
///
/// # Errors
/// `WouldBlock` where the line was dropped; else what `write(2)` said.
pub fn write(line: &[u8]) -> io::Result<()> {
    static IS_CUT: AtomicBool = AtomicBool::new(false);
    let line = &line[..line.len().min(PAGE)];
    let way = Way::get();
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

/// Writes all of a text, in pieces, for a reader that may be slow. A reader that takes nothing for as long as
/// `patience` does not get the rest.
///
/// # Errors
/// `WouldBlock` if the reader took nothing for that time; else what `write(2)` said.
pub fn write_all(mut text: &[u8], patience: Duration) -> io::Result<()> {
    let way = Way::get();
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

/// Writes what fits now of a text, at most one page.
///
/// # Errors
/// `WouldBlock` if nothing fits now; else what `write(2)` said.
pub(crate) fn write_some(text: &[u8]) -> io::Result<usize> {
    Way::get().write(text)
}

/// Waits until stderr takes a line, `patience` at most: a slow reader should not miss the last words of a run. Returns
/// whether stderr takes one.
pub fn await_room(patience: Duration) -> bool {
    stdio::is_ready_within(Way::get().fd(), true, patience)
}
