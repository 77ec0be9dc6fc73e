//! The dump (`--dump`) shows the data of connections, datagram sockets and children as text.
//!
//! A loop has at most one [`Dump`]. Each stream and each datagram socket in a dump has a `Tap`, which counts bytes or
//! datagrams. A tap stands above TLS and below the other layers (`layer/mod.rs`). So the dump shows what TLS protects,
//! as the peer sees it.
//!
//! If writing a dump fails, it stops with a warning. The run goes on, because its bytes matter more than the dump.

mod format;

use std::fmt::{self, Display};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use super::error::describe;
use super::id::Direction;
use crate::sys::stdio::is_ready_within;
use crate::sys::{raw_mode, stderr};

/// This much text can wait for a slow reader, such as a pager. More text makes the run wait, up to [`PATIENCE`].
const PENDING_MAX: usize = 1 << 20;
/// A dump stops when its reader takes nothing for this time.
const PATIENCE: Duration = Duration::from_secs(1);
/// The time between two attempts to write to a slow reader.
pub(crate) const RETRY_DELAY: Duration = Duration::from_millis(50);

/// Where a dump goes.
#[derive(Debug)]
enum Sink {
    /// A non-blocking description that no other process shares.
    File(File),
    Stderr,
}

/// The dump of a loop. It begins to count the time when it is opened.
pub struct Dump {
    /// `None` once the dump has stopped.
    sink: Option<Sink>,
    /// The name in messages.
    name: String,
    started: Instant,
    /// Text that is not written yet.
    pending: Vec<u8>,
    /// The number of taps so far.
    taps: u32,
}

/// One end in a dump.
#[derive(Debug)]
pub(crate) struct Tap {
    /// Ends can have the same name, such as the clients of a unix socket.
    number: u32,
    /// The name of an end that has no address.
    name: Option<Box<str>>,
    /// Bytes of a stream so far, or datagrams.
    received: u64,
    sent: u64,
}

impl Tap {
    /// Adds `n` to a count, and returns the previous count.
    fn count(&mut self, direction: Direction, n: u64) -> u64 {
        let count = match direction {
            Direction::Read => &mut self.received,
            Direction::Write => &mut self.sent,
        };
        let before = *count;
        *count += n;
        before
    }
}

impl Dump {
    /// A dump into this file. The file is made, or emptied, and only its owner can read it.
    ///
    /// # Errors
    /// The error of `open(2)`. `ENXIO` means a FIFO without a reader.
    pub fn to_file(path: &Path) -> io::Result<Self> {
        // Neither opening a FIFO nor writing to a pipe may block.
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC;
        let file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).custom_flags(flags).open(path);
        let file = file.map_err(|error| match error.raw_os_error() {
            Some(libc::ENXIO) => io::Error::other("no process reads from it"),
            _ => error,
        })?;
        let metadata = file.metadata()?;
        if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
            // The file can have existed with other permissions.
            file.set_permissions(Permissions::from_mode(0o600))?;
        }
        Ok(Self::new(Sink::File(file), format!("dump {}", path.display())))
    }

    /// A dump on stderr.
    #[must_use]
    pub fn to_stderr() -> Self {
        Self::new(Sink::Stderr, "dump on stderr".to_owned())
    }

    fn new(sink: Sink, name: String) -> Self {
        Self { sink: Some(sink), name, started: Instant::now(), pending: Vec::new(), taps: 0 }
    }

    /// A tap for one more end. `name` is for an end that has no address.
    pub(crate) fn tap(&mut self, name: Option<String>) -> Tap {
        self.taps += 1;
        Tap { number: self.taps, name: name.map(String::into_boxed_str), received: 0, sent: 0 }
    }

    /// Shows bytes of a stream.
    pub(crate) fn bytes(&mut self, tap: &mut Tap, direction: Direction, now: Instant, end: &dyn Display, data: &[u8]) {
        let offset = tap.count(direction, data.len() as u64);
        let len = data.len();
        self.record(tap, direction, now, end, &format_args!("{len} bytes from {offset}"), data, offset);
    }

    /// Shows the end of one direction of a stream.
    pub(crate) fn end(&mut self, tap: &mut Tap, direction: Direction, now: Instant, end: &dyn Display) {
        let offset = tap.count(direction, 0);
        self.record(tap, direction, now, end, &format_args!("the end at {offset}"), b"", offset);
    }

    /// Shows a datagram. `end` is its peer.
    pub(crate) fn datagram(
        &mut self,
        tap: &mut Tap,
        direction: Direction,
        now: Instant,
        end: &dyn Display,
        data: &[u8],
    ) {
        let (number, len) = (tap.count(direction, 1) + 1, data.len());
        self.record(tap, direction, now, end, &format_args!("datagram {number}, {len} bytes"), data, 0);
    }

    #[expect(clippy::too_many_arguments, reason = "these are the columns of a line")]
    fn record(
        &mut self,
        tap: &Tap,
        direction: Direction,
        now: Instant,
        end: &dyn Display,
        what: &dyn Display,
        data: &[u8],
        offset: u64,
    ) {
        let Some(sink) = &self.sink else { return };
        let is_stderr = matches!(sink, Sink::Stderr);
        let time = now.saturating_duration_since(self.started).as_secs_f64();
        let verb = match direction {
            Direction::Read => "received",
            Direction::Write => "sent",
        };
        let start = self.pending.len();
        // Writing to memory cannot fail.
        let _ = match &tap.name {
            Some(name) => writeln!(self.pending, "{time:.6} #{} {name} {verb} {what}", tap.number),
            None => writeln!(self.pending, "{time:.6} #{} {end} {verb} {what}", tap.number),
        };
        format::hex(data, offset, &mut self.pending);
        if is_stderr && raw_mode::is_raw() && io::stderr().is_terminal() {
            // A raw terminal does not go back to the left margin at a newline.
            let lines = String::from_utf8_lossy(&self.pending[start..]).replace('\n', "\r\n");
            self.pending.truncate(start);
            self.pending.extend_from_slice(lines.as_bytes());
        }
        // Messages on the same stderr stay in order with the dump.
        if is_stderr || self.pending.len() > PENDING_MAX {
            self.flush();
        }
    }

    /// Writes pending text. Waits for a slow reader only if too much is pending.
    pub(crate) fn flush(&mut self) {
        self.write_pending(PENDING_MAX);
    }

    /// Writes all pending text.
    pub(crate) fn finish(&mut self) {
        self.write_pending(0);
    }

    /// Whether text is pending for a slow reader.
    pub(crate) fn is_behind(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Writes pending text, and leaves at most `rest` bytes to a later call.
    fn write_pending(&mut self, rest: usize) {
        let Some(sink) = &mut self.sink else { return };
        let mut written = 0;
        while written < self.pending.len() {
            let failure = match sink.write(&self.pending[written..]) {
                Ok(n @ 1..) => {
                    written += n;
                    continue;
                }
                Ok(0) => io::ErrorKind::WriteZero.into(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.pending.len() - written <= rest {
                        break;
                    }
                    if sink.has_room_within(PATIENCE) {
                        continue;
                    }
                    io::Error::other("no process reads from it")
                }
                Err(error) => error,
            };
            self.sink = None;
            self.pending = Vec::new();
            let failure = describe(&failure);
            return log::warn!("{}: {failure}; the dump has stopped, and the run goes on", self.name);
        }
        self.pending.drain(..written);
    }
}

impl Sink {
    /// Writes as much as fits now.
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(text),
            Self::Stderr => stderr::write_some(text),
        }
    }

    fn has_room_within(&self, patience: Duration) -> bool {
        match self {
            Self::File(file) => is_ready_within(file.as_fd(), true, patience),
            Self::Stderr => stderr::await_room(patience),
        }
    }
}

/// The dump is complete after a panic, too.
impl Drop for Dump {
    fn drop(&mut self) {
        self.finish();
    }
}

impl fmt::Debug for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dump").field("name", &self.name).field("sink", &self.sink).finish_non_exhaustive()
    }
}
