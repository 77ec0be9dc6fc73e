//! The end of a stream: the end of each direction, and the close of the socket.
//!
//! ```text
//!   write_eof ---flushed---> this side ends                       (the stream goes on)
//!
//!   close     ---flushed---> this side ends ----> Draining:
//!       Lingering:   the peer's end, 5 s at most ---> acknowledged ---> lost
//!       Delivered:   acknowledged, and nothing comes ----------------> lost
//!       Reset:       (no end is told) acknowledged ------------------> lost, by a reset
//! ```
//!
//! **Invariant:** a stream is lost without an error if its peer has ended cleanly and the peer's system has every byte
//! that a protocol has written. The fate of the FIN or close_notify of this side makes no difference. `state.rs` has
//! the states, `write_failure.rs` what follows a failed write, and `tls/flow.rs` the end of TLS.

use std::io::{self, IoSlice};
use std::time::Duration;

use super::connect::Connect;
use super::connect::error::ConnectError;
use super::ctx::{Call, StreamRef};
use super::id::Direction;
use super::state::Phase;
use super::stream::{CloseMode, Stream};
use super::timers::Alarm;

/// How long a closed connection waits for the peer's end, so that the close is not a reset. asyncio waits for 30 s,
/// nginx for 5 s.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait for the acknowledgement of the FIN alone. Some hosts drop packets after their own end.
const FIN_TIMEOUT: Duration = Duration::from_secs(1);

/// How long to wait before asking again whether the peer's system has everything.
const ASK_AGAIN_MIN: Duration = Duration::from_millis(10);
const ASK_AGAIN_MAX: Duration = Duration::from_secs(1);

/// A peer that sends nothing for this time and for two round trips is not in the middle of sending.
const LULL: Duration = Duration::from_millis(100);

/// How much of what has arrived is read and dropped by a stream that leaves.
const UNREAD_CHUNK_BYTES: usize = 4096;
const UNREAD_CHUNKS_MAX: usize = 16;

impl StreamRef<'_> {
    /// Ends the stream now. Queues one call: `connection_failed` if the stream was never open, `connection_lost`
    /// otherwise. asyncio's `_force_close`.
    pub(crate) fn force_close(&mut self, error: Option<io::Error>, reset: bool) {
        self.restore_low_water();
        self.end_connecting();
        let stream = &mut *self.slot;
        let is_settled = (error.is_some() || stream.state.has_failed()) && stream.is_settled();
        let Some(phase) = stream.state.lose() else { return };
        if stream.counts_above_layers() {
            // These bytes were counted when they entered the layers, and are not sent.
            stream.totals.sent = stream.totals.sent.saturating_sub(stream.out.len() as u64);
        }
        stream.out.clear(&mut self.cx.pipes, &mut self.cx.buffer_pool);
        stream.io.close(&self.cx.registry, reset);
        if reset && stream.closing.mode != CloseMode::Reset {
            stream.closing.mode = CloseMode::Aborted;
        }
        self.disarm();
        let stream = &mut *self.slot;
        let error = stream.take_reported_error(error, is_settled);
        let error = match stream.stack.as_deref_mut() {
            Some(stack) => stack.lose(error),
            None => error,
        };
        if let Some(error) = error.as_ref().filter(|_| phase != Phase::Connecting) {
            self.show_loss(error);
        }
        let call = if phase == Phase::Connecting {
            Call::ConnectionFailed(error.map_or_else(ConnectError::given_up, ConnectError::from))
        } else if self.is_opening() {
            self.opening_failed(error)
        } else {
            Call::ConnectionLost(error)
        };
        self.call(call);
    }

    /// Ends the stream now, and lets a peer that sends nothing more see an orderly end.
    pub(crate) fn leave(&mut self) {
        let stream = &mut *self.slot;
        if stream.state.flushes() && stream.is_flushed() && !stream.is_negotiating() {
            let last = stream.take_closing_bytes(false);
            if !last.is_empty() {
                // What the system does not take now is lost.
                let _ = stream.io.write(&[IoSlice::new(&last)]);
            }
        }
        // Unread bytes would turn the close into a reset.
        let mut arrived = [0; UNREAD_CHUNK_BYTES];
        for _ in 0..UNREAD_CHUNKS_MAX {
            if !matches!(stream.io.read(&mut arrived), Ok(UNREAD_CHUNK_BYTES)) {
                break;
            }
        }
        self.force_close(None, false);
    }

    /// Ends this direction after the buffered bytes. asyncio's `write_eof`.
    pub(crate) fn write_eof(&mut self) {
        let stream = &mut *self.slot;
        if stream.can_write_eof() && stream.state.end_writing() && stream.is_flushed() {
            self.flushed();
        }
    }

    /// Reads no more, sends the buffered bytes, then calls `connection_lost(None)`. A stream that is closing already
    /// keeps its mode, except that a reset is added if the peer has not been told of an end. asyncio's `close`.
    pub(crate) fn close(&mut self, mode: CloseMode) {
        let stream = &mut *self.slot;
        if stream.state.phase() == Phase::Connecting || stream.is_opening() {
            return self.force_close(None, false);
        }
        if mode == CloseMode::Reset && stream.state.phase() == Phase::Flushing {
            stream.closing.mode = mode;
        }
        if !stream.state.close() {
            return;
        }
        stream.closing.mode = mode;
        if stream.state.has_failed() {
            self.drain();
        } else if stream.is_flushed() {
            self.flushed();
        } else {
            // Bytes that are here already get no event, so they are read and dropped.
            self.queue_ready();
        }
    }

    /// Continues after the last buffered byte: the end of this direction, or the next step of closing.
    pub(crate) fn flushed(&mut self) {
        let stream = &mut *self.slot;
        if stream.is_negotiating() {
            // The end waits until the layers are ready, as the bytes before it do.
            return;
        }
        let (is_ending, is_closing) = (stream.state.is_ending(), stream.state.phase() == Phase::Flushing);
        if (is_ending || is_closing) && stream.state.flushes() {
            let last = stream.take_closing_bytes(stream.closing.mode == CloseMode::Reset);
            if !last.is_empty() {
                stream.closing.last_bytes = u16::try_from(last.len()).unwrap_or(u16::MAX);
                stream.out.append(&[IoSlice::new(&last)], 0, &mut self.cx.buffer_pool);
                return self.flush();
            }
        }
        if is_ending && !self.end_direction() {
            return;
        }
        if is_closing {
            self.drain();
        } else if self.state.has_nothing_left() {
            self.force_close(None, false);
        }
    }

    /// Sends the end of this direction. Returns false if the connection is gone.
    fn end_direction(&mut self) -> bool {
        let stream = &mut *self.slot;
        stream.state.writing_ended();
        let result = stream.io.shutdown_write(&self.cx.registry);
        self.show_end(Direction::Write);
        log::debug!("{}: the end is sent", self.label());
        let Err(error) = result else { return true };
        // ENOTCONN means that the peer has reset the connection. A read can have taken the error already.
        let error = if error.kind() == io::ErrorKind::NotConnected {
            let reset = || io::Error::from_raw_os_error(libc::ECONNRESET);
            self.io.take_error().unwrap_or_else(reset)
        } else {
            error
        };
        self.write_failed(error);
        false
    }

    /// All bytes of a closing stream are sent. The stream waits for the peer, unless a close can destroy nothing.
    fn drain(&mut self) {
        let stream = &mut *self.slot;
        if stream.state.has_failed() {
            return self.force_close(None, false);
        }
        if !stream.io.is_socket() {
            if !stream.state.is_write_closed() {
                // The close of a pipe is its end.
                self.show_end(Direction::Write);
            }
            return self.force_close(None, false);
        }
        let mode = stream.closing.mode;
        if mode != CloseMode::Reset && !stream.state.is_write_closed() && !self.end_direction() {
            return;
        }
        let stream = &mut *self.slot;
        stream.state.drain();
        // From here on, `last_activity` is the time when the stream began to drain.
        stream.last_activity = self.cx.now;
        stream.closing.discarded = stream.totals.received > 0;
        if stream.state.reading_ended() || mode == CloseMode::Reset {
            return self.await_acknowledgement();
        }
        // The close of a socket with unread bytes resets the connection. So arriving bytes are read and dropped.
        stream.ready.readable = true;
        let has_failed = stream.has_failed_layer();
        self.queue_ready();
        if mode == CloseMode::Delivered {
            // The timer fires after the next read.
            self.arm(Duration::ZERO, Alarm::Acknowledgement);
        } else if !has_failed {
            // If a layer has failed, a timer runs already.
            self.arm(CLOSE_TIMEOUT, Alarm::CloseTimeout);
        }
    }

    /// Waits until the peer's system has everything, and for a lull if the peer is still sending. A server drops a
    /// connection that has not taken everything within 5 s. Other connections have only the limit of TCP, because a
    /// slow network can need long.
    pub(crate) fn await_acknowledgement(&mut self) {
        self.disarm();
        let stream = &mut *self.slot;
        let reset = stream.closing.mode == CloseMode::Reset;
        if let Some(error) = stream.io.take_pending_error() {
            return self.force_close(Some(error), false);
        }
        if stream.has_failed_layer() {
            // The peer has read the alert, or is gone.
            return self.force_close(None, false);
        }
        let drains_for = self.cx.now.duration_since(stream.last_activity);
        let is_delivered = stream.is_acknowledged() || (stream.is_delivered() && drains_for >= FIN_TIMEOUT);
        if is_delivered {
            let may_still_send = stream.closing.mode == CloseMode::Delivered && !stream.state.reading_ended();
            let time_to_lull = if may_still_send { stream.time_to_lull() } else { None };
            return match time_to_lull {
                Some(wait) if drains_for < CLOSE_TIMEOUT => self.arm(wait, Alarm::Acknowledgement),
                _ => self.force_close(None, reset),
            };
        }
        if (stream.closing.is_bounded || reset) && drains_for >= CLOSE_TIMEOUT {
            return self.force_close(Some(not_delivered()), reset);
        }
        // An event reports a reset, and also the last acknowledgement if the peer had ended first. In all other cases
        // the kernel must be asked, less often the longer it takes.
        let delay = (drains_for / 4).clamp(ASK_AGAIN_MIN, ASK_AGAIN_MAX);
        self.arm(delay, Alarm::Acknowledgement);
    }

    /// The peer has not ended its direction in time. If the peer's system has everything, that does not matter. A
    /// server waits no longer. Other streams go on waiting.
    pub(crate) fn close_timed_out(&mut self) {
        let stream = &mut *self.slot;
        stream.phase_timer = None;
        if stream.is_delivered() || stream.has_failed_layer() {
            return self.force_close(None, false);
        }
        if stream.closing.is_bounded {
            return self.force_close(Some(not_delivered()), false);
        }
        self.arm(ASK_AGAIN_MAX, Alarm::CloseTimeout);
    }

    /// Notes the end of the peer's direction.
    pub(crate) fn note_eof(&mut self) {
        if self.state.delivers() {
            self.show_end(Direction::Read);
        }
        let stream = &mut *self.slot;
        stream.state.end_reading();
        stream.ready.readable = false;
        if stream.state.has_failed() {
            self.force_close(None, false);
        } else if stream.state.phase() == Phase::Draining {
            self.await_acknowledgement();
        }
    }
}

/// The error of a close whose time limit has passed.
fn not_delivered() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the peer has not received all data")
}

impl Stream {
    /// The error that ends the stream. The first failure is reported: a failed write comes before a failed read. No
    /// failure is reported if everything `is_settled`.
    fn take_reported_error(&mut self, error: Option<io::Error>, is_settled: bool) -> Option<io::Error> {
        match error {
            // An error of a layer (`InvalidData`) is the cause of a failed write as well. xport itself makes errors of
            // the kind `Other`: a protocol has panicked, or has given an empty buffer. The system has neither kind.
            Some(error) if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::Other) => Some(error),
            error => self.state.take_write_error().or(error).filter(|_| !is_settled),
        }
    }

    /// Whether the peer's system has every byte that a protocol has written. The own end does not count. A unix socket
    /// delivers at once. TCP acknowledges later, and never after a reset.
    pub(crate) fn is_delivered(&self) -> bool {
        let fin = usize::from(self.state.has_told_end());
        self.unsent() + self.on_the_way() <= usize::from(self.closing.last_bytes) + fin
    }

    /// Whether the peer has ended cleanly and its system has everything. Our own end does not matter then.
    pub(crate) fn is_settled(&self) -> bool {
        self.io.is_socket() && self.state.reading_ended() && !self.state.has_lost_bytes() && self.is_delivered()
    }

    /// Whether the peer's system has everything, the own end included.
    fn is_acknowledged(&self) -> bool {
        self.is_flushed() && self.on_the_way() == 0
    }

    /// How much longer the peer must be silent before a close in the middle of its direction. `None` means that the
    /// lull is long enough. A reset would keep a sending peer from reading its bytes.
    fn time_to_lull(&mut self) -> Option<Duration> {
        if self.ready.readable {
            return Some(ASK_AGAIN_MIN);
        }
        if self.totals.received == 0 {
            return None;
        }
        match self.io.since_last_byte() {
            Some((quiet, round_trip)) => LULL.max(round_trip * 2).checked_sub(quiet).filter(|wait| !wait.is_zero()),
            None => std::mem::take(&mut self.closing.discarded).then_some(LULL),
        }
    }
}
