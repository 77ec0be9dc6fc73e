//! The dump (`--dump`) shows the data of connections, datagram sockets and children as text.
//!
//! A loop has at most one [`Dump`]. Each stream and each datagram socket in a dump has a `Tap`, which counts bytes or
//! datagrams. A tap stands above TLS and below the other layers (`layer/mod.rs`). So the dump shows what TLS protects,
//! as the peer sees it.
//!
//! A dump waits for its reader, as stdout does. `../throttle.rs` stops the reading of data while too much text is
//! pending, and `sink.rs` opens and writes the target.
//!
//! If writing a dump fails, it stops with a warning. The run goes on, because its bytes matter more than the dump.

mod format;
mod sink;

use std::fmt::{self, Display};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use self::sink::Sink;
use super::error::describe;
use super::id::{Direction, Id};
use super::number::Number;
use super::text::EscapedOs;
use crate::sys::{raw_mode, signals};

/// No more data is read while more text than this is pending. The text of one read comes on top of this.
const PENDING_MAX: usize = 1 << 20;
/// A dump whose run was cut short waits this long for its reader.
const PATIENCE: Duration = Duration::from_secs(1);
/// The time between two attempts to write to a slow reader. It grows while the reader takes nothing.
const RETRY_DELAY_MIN: Duration = Duration::from_millis(1);
const RETRY_DELAY_MAX: Duration = Duration::from_millis(50);
/// A signal ends the last wait for a reader after this time at most.
const LOOK_DELAY: Duration = Duration::from_millis(50);

/// The dump of a loop. It begins to count the time when it is opened.
pub struct Dump {
    /// `None` once the dump has stopped.
    sink: Option<Sink>,
    /// The name in messages.
    name: String,
    started: Instant,
    /// Text that is not written yet.
    pending: Vec<u8>,
    /// When to write to a slow reader again.
    retry_delay: Duration,
    /// When the reader last took text.
    pub(crate) progress: Instant,
    /// Streams and datagram sockets that are not read before the reader has caught up.
    pub(crate) held: Vec<Id>,
}

/// Whether a slow reader of the dump stops the reads of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Throttle {
    #[default]
    Free,
    Held,
    /// The dump never stops the reads: signals, and the last bytes of a child.
    Exempt,
}

/// One end in a dump.
#[derive(Debug)]
pub(crate) struct Tap {
    /// The connection. Several can have the same name, such as the clients of a unix socket.
    number: Number,
    /// The name of an end that has no address.
    name: Option<Box<str>>,
    /// Bytes of a stream so far, or datagrams.
    received: u64,
    sent: u64,
}

impl Tap {
    /// A tap for one end of a connection. `name` is for an end that has no address.
    pub(crate) fn new(number: Number, name: Option<String>) -> Self {
        Self { number, name: name.map(String::into_boxed_str), received: 0, sent: 0 }
    }

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

/// The beginning of a line: the end, and the direction of the data.
struct Course<'a> {
    tap: &'a Tap,
    direction: Direction,
    end: &'a dyn Display,
}

impl Display for Course<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.direction {
            Direction::Read => "received from",
            Direction::Write => "sent to",
        };
        write!(f, "#{} {verb} ", self.tap.number.get())?;
        match &self.tap.name {
            Some(name) => f.write_str(name),
            None => self.end.fmt(f),
        }
    }
}

impl Dump {
    /// A dump into this file. A new file can be read only by its owner. A file that exists is emptied, and keeps its
    /// mode. If the file is also stderr, messages and the dump share it.
    ///
    /// # Errors
    /// The error of `open(2)`, a FIFO without a reader, or a file that is also stdin or stdout.
    pub fn to_file(path: &Path) -> io::Result<Self> {
        Ok(Self::new(Sink::open(path)?, format!("dump {}", EscapedOs(path))))
    }

    /// A dump on stderr.
    #[must_use]
    pub fn to_stderr() -> Self {
        Self::new(Sink::Stderr, "dump on stderr".to_owned())
    }

    fn new(sink: Sink, name: String) -> Self {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let first = format!("dump started at {:.6} (since 1970-01-01 UTC)\n", since_1970.as_secs_f64());
        Self {
            sink: Some(sink),
            name,
            started: Instant::now(),
            pending: first.into_bytes(),
            retry_delay: RETRY_DELAY_MIN,
            progress: Instant::now(),
            held: Vec::new(),
        }
    }

    /// Shows bytes of a stream.
    pub(crate) fn bytes(&mut self, tap: &mut Tap, direction: Direction, now: Instant, end: &dyn Display, data: &[u8]) {
        let (len, offset) = (data.len(), tap.count(direction, data.len() as u64));
        self.record(now, format_args!("{}: {len} bytes at {offset}", Course { tap, direction, end }), data, offset);
    }

    /// Shows the end of one direction of a stream.
    pub(crate) fn end(&mut self, tap: &mut Tap, direction: Direction, now: Instant, end: &dyn Display) {
        let offset = tap.count(direction, 0);
        self.record(now, format_args!("{}: the end at {offset}", Course { tap, direction, end }), b"", offset);
    }

    /// Shows the error that has ended a stream.
    pub(crate) fn loss(&mut self, tap: &Tap, now: Instant, end: &dyn Display, error: &io::Error) {
        let name: &dyn Display = tap.name.as_ref().map_or(end, |name| name);
        self.record(now, format_args!("#{} lost {name}: {}", tap.number.get(), describe(error)), b"", 0);
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
        let route = Course { tap, direction, end };
        self.record(now, format_args!("{route}: datagram {number}, {len} bytes"), data, 0);
    }

    /// Adds a line, and the data below it. The first byte of the data has this offset.
    fn record(&mut self, now: Instant, line: fmt::Arguments<'_>, data: &[u8], offset: u64) {
        let Some(sink) = &self.sink else { return };
        let is_stderr = matches!(sink, Sink::Stderr);
        let start = self.pending.len();
        let time = now.saturating_duration_since(self.started).as_secs_f64();
        // Writing to memory cannot fail.
        let _ = writeln!(self.pending, "{time:.6} {line}");
        format::hex(data, offset, &mut self.pending);
        if is_stderr && raw_mode::is_raw() && io::stderr().is_terminal() {
            // A raw terminal does not go back to the left margin at a newline.
            let lines = String::from_utf8_lossy(&self.pending[start..]).replace('\n', "\r\n");
            self.pending.truncate(start);
            self.pending.extend_from_slice(lines.as_bytes());
        }
        // Messages on the same stderr stay in order with the dump.
        if is_stderr || self.is_full() {
            self.flush();
        }
    }

    /// Whether so much text is pending that no more data should be read.
    pub(crate) fn is_full(&self) -> bool {
        self.pending.len() > PENDING_MAX
    }

    /// When to write to a slow reader again. `None` if no text is pending.
    pub(crate) fn delay(&self) -> Option<Duration> {
        (!self.pending.is_empty()).then_some(self.retry_delay)
    }

    /// Writes pending text, as far as the reader takes it now.
    pub(crate) fn flush(&mut self) {
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
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => error,
            };
            self.stop();
            let failure = describe(&failure);
            return log::warn!("{}: {failure}; the dump has stopped, and the run goes on", self.name);
        }
        self.pending.drain(..written);
        if written > 0 {
            (self.retry_delay, self.progress) = (RETRY_DELAY_MIN, Instant::now());
        } else {
            self.retry_delay = (self.retry_delay * 2).min(RETRY_DELAY_MAX);
        }
    }

    fn stop(&mut self) {
        self.sink = None;
        self.pending = Vec::new();
    }

    /// Writes the last line, and waits until the reader has taken all text. A signal that asks the program to end stops
    /// the wait, and so does `limit`. If the run `is_cut`, by a signal or a time limit, the wait is short. Returns
    /// whether the limit has stopped the wait.
    pub(crate) fn finish(&mut self, is_cut: bool, limit: Option<Instant>) -> bool {
        let signals_before = signals::deadly_arrivals();
        self.record(Instant::now(), format_args!("ended"), b"", 0);
        let patience = (is_cut || signals_before > 0).then(|| Instant::now() + PATIENCE);
        let deadline = patience.or(limit);
        self.flush();
        while !self.pending.is_empty() {
            let is_signalled = signals::deadly_arrivals() > signals_before;
            if is_signalled || deadline.is_some_and(|end| Instant::now() >= end) {
                let missing = self.pending.len();
                self.stop();
                log::warn!("{}: the reader is too slow; {missing} bytes of text are missing", self.name);
                return patience.is_none() && !is_signalled;
            }
            if let Some(sink) = &self.sink {
                sink.has_room_within(LOOK_DELAY);
            }
            self.flush();
        }
        self.stop();
        false
    }
}

/// The dump has its last line after a panic, too.
impl Drop for Dump {
    fn drop(&mut self) {
        self.finish(true, None);
    }
}

impl fmt::Debug for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dump").field("name", &self.name).field("sink", &self.sink).finish_non_exhaustive()
    }
}
