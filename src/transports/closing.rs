//! How a stream ends: the end of our direction, the peer's, and what must still happen before the socket is closed.
//!
//! ```text
//!   write_eof ---flushed---> our end is told                      (the stream goes on)
//!
//!   close     ---flushed---> our end is told ---> Draining:
//!       Lingering:   the peer's end, 5 s at most ---> acknowledged ---> lost
//!       Delivered:   acknowledged, and nothing comes ----------------> lost
//!       Reset:       (no end is told) acknowledged ------------------> lost, by a reset
//! ```
//!
//! **Invariant:** a stream whose peer has ended in order, and whose peer's system has every byte that a protocol has
//! written, is lost without an error, whatever happens to our own end: a FIN or a close_notify. The states are
//! `state.rs`, what TLS does to its stream is `tls/flow.rs`.

use std::io::{self, IoSlice};
use std::time::Duration;

use super::call::Call;
use super::connect::error::ConnectError;
use super::ctx::StreamRef;
use super::error::{describe, is_tls};
use super::io::Io;
use super::state::Phase;
use super::stream::{CloseMode, Stream};
use super::timers::Alarm;
use super::tls::layer::Visibility;

/// How long a closed connection waits for the peer's end, so that our close is not a reset. asyncio and nginx have 30 s
/// and 5 s for the same thing.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long our FIN alone is waited for: all data is acknowledged, and some hosts drop what comes after their own end.
const FIN_TIMEOUT: Duration = Duration::from_secs(1);

/// How often a connection that is over is asked whether the peer has everything.
const ASK_AGAIN_MIN: Duration = Duration::from_millis(10);
const ASK_AGAIN_MAX: Duration = Duration::from_secs(1);

/// A peer that has sent nothing for this long, and for two round trips, is not in the middle of sending.
const LULL: Duration = Duration::from_millis(100);

/// A terminal that hangs up sends SIGHUP, which is on its way when we see the event, and is the better word for it.
const HANG_UP_DELAY: Duration = Duration::from_millis(100);

impl StreamRef<'_> {
    /// Ends a stream now. Queues `connection_lost`, or `connection_failed` for a stream that was never open, and only
    /// once. asyncio's `_force_close`.
    pub(crate) fn force_close(&mut self, error: Option<io::Error>, reset: bool) {
        self.restore_low_water();
        let stream = &mut *self.stream;
        if let Some(mut connecting) = stream.connecting.take() {
            self.cx.resolver.give_up(self.id);
            connecting.cancel_timers(&mut self.cx.timers);
        }
        let is_settled = (error.is_some() || stream.state.has_failed()) && stream.is_settled();
        let Some(phase) = stream.state.lose() else { return };
        if stream.tls.is_some() {
            // Counted when it was written, and never sent.
            stream.totals.sent = stream.totals.sent.saturating_sub(stream.unsent() as u64);
        }
        stream.out.clear(&mut self.cx.buffer_pool);
        if let Some(spliced) = stream.spliced.take() {
            self.cx.pipes.close(*spliced);
        }
        stream.io.close(&self.cx.registry, reset);
        if reset && stream.close_mode != CloseMode::Reset {
            stream.close_mode = CloseMode::Aborted;
        }
        if let Some(timer) = stream.phase_timer.take() {
            self.cx.timers.cancel(timer);
        }
        // What happened first is what is reported: a failed write, then a failed read. But what the peer says of TLS is
        // why both fail.
        let error = match error {
            Some(error) if is_tls(&error) => Some(error),
            // A panic of the protocol is no failure of the connection.
            Some(error) if error.kind() == io::ErrorKind::Other => Some(error),
            error => stream.state.take_write_error().or(error).filter(|_| !is_settled),
        };
        let (visibility, error) = match &mut stream.tls {
            Some(tls) => tls.lose(error),
            None => (Visibility::Open, error),
        };
        let call = match visibility {
            _ if phase == Phase::Connecting => {
                Call::ConnectionFailed(error.map_or_else(ConnectError::given_up, ConnectError::from))
            }
            Visibility::Open => Call::ConnectionLost(error),
            Visibility::Opening { listener: None } => {
                let failure = |error| ConnectError::of_handshake(&self.label(), error);
                Call::ConnectionFailed(error.map_or_else(ConnectError::given_up, failure))
            }
            Visibility::Opening { listener: Some(_) } => {
                self.cx.pending_accepts.retain(|waiting| *waiting != self.id);
                if let Some(error) = error {
                    log::warn!("handshake with {}: {}", self.label(), describe(&error));
                }
                // Its descriptor is needed, and no protocol asks for its address.
                self.stream.io = Io::Connecting;
                Call::Forget
            }
        };
        self.call(call);
    }

    /// asyncio's `write_eof`: the end of our direction, after what is buffered.
    pub(crate) fn write_eof(&mut self) {
        let stream = &mut *self.stream;
        if stream.io.can_write_eof() && stream.state.end_writing() && stream.is_flushed() {
            self.flushed();
        }
    }

    /// asyncio's `close`: no more reading, what is buffered goes out, then `connection_lost(None)`. A stream that is
    /// closing already keeps its mode, but a reset is added as long as the peer was not told of an end.
    pub(crate) fn close(&mut self, mode: CloseMode) {
        let stream = &mut *self.stream;
        if stream.state.phase() == Phase::Connecting || stream.is_opening() {
            return self.force_close(None, false);
        }
        if mode == CloseMode::Reset && stream.state.phase() == Phase::Flushing {
            stream.close_mode = mode;
        }
        if !stream.state.close() {
            return;
        }
        stream.close_mode = mode;
        if stream.state.has_failed() {
            self.drain();
        } else if stream.is_flushed() {
            self.flushed();
        } else {
            // What arrives meanwhile is thrown away; a latch that is set would otherwise never be looked at.
            self.queue_ready();
        }
    }

    /// What comes after the last buffered byte: the end of our direction, or the next step of closing.
    pub(crate) fn flushed(&mut self) {
        let stream = &mut *self.stream;
        if stream.is_handshaking() {
            // What was written waits for the end of the handshake, and so does the end.
            return;
        }
        let (is_ending, is_closing) = (stream.state.is_ending(), stream.state.phase() == Phase::Flushing);
        if (is_ending || is_closing) && stream.state.flushes() {
            let last = match &mut stream.tls {
                // A stream that is cut must not look like a whole one, and an alert is the last word.
                Some(tls) if stream.close_mode == CloseMode::Reset || tls.has_failed() => Vec::new(),
                Some(tls) => tls.closing_bytes(),
                None => stream.io.closing_bytes(),
            };
            if !last.is_empty() {
                stream.closing_bytes = u16::try_from(last.len()).unwrap_or(u16::MAX);
                stream.out.append(&[IoSlice::new(&last)], 0, &mut self.cx.buffer_pool);
                return self.flush();
            }
        }
        if is_ending && !self.end_direction() {
            return;
        }
        if is_closing {
            self.drain();
        } else if self.stream.state.has_nothing_left() {
            self.force_close(None, false);
        }
    }

    /// Tells the peer that nothing more comes; false where the connection turns out to be gone.
    fn end_direction(&mut self) -> bool {
        let stream = &mut *self.stream;
        stream.state.writing_ended();
        let result = stream.io.shutdown_write(&self.cx.registry);
        log::debug!("{}: our direction has ended", self.label());
        let Err(error) = result else { return true };
        // ENOTCONN: the peer has reset the connection, and a read may have taken the error already.
        let error = if error.kind() == io::ErrorKind::NotConnected {
            let reset = || io::Error::from_raw_os_error(libc::ECONNRESET);
            self.stream.io.take_error().unwrap_or_else(reset)
        } else {
            error
        };
        self.write_failed(error);
        false
    }

    /// All bytes of a closing stream are out: it is lost at once where nothing can be lost by it, or waits for the
    /// peer.
    fn drain(&mut self) {
        let stream = &mut *self.stream;
        if stream.state.has_failed() || !stream.io.needs_lingering_close() {
            return self.force_close(None, false);
        }
        let mode = stream.close_mode;
        if mode != CloseMode::Reset && !stream.state.is_write_closed() && !self.end_direction() {
            return;
        }
        let now = self.cx.now;
        let stream = &mut *self.stream;
        stream.state.drain();
        // From here on it is the time since which the stream drains.
        stream.last_activity = now;
        stream.discarded = stream.totals.received > 0;
        if stream.state.reading_ended() || mode == CloseMode::Reset {
            return self.await_acknowledgement();
        }
        // What comes is read and thrown away: to close a socket with unread bytes resets the connection.
        stream.readable = true;
        let has_failed = stream.has_failed_tls();
        self.queue_ready();
        if mode == CloseMode::Delivered {
            // After the next read.
            self.arm_phase(Duration::ZERO, Alarm::Acknowledgement);
        } else if !has_failed {
            // A stream whose TLS has failed has a timer already.
            self.arm_phase(CLOSE_TIMEOUT, Alarm::CloseTimeout);
        }
    }

    /// Nothing is awaited of the peer any more but its system's word that everything has arrived, and, where bytes of
    /// the peer still come, a lull in these. A connection of one peer has no limit but TCP's own, as a slow network may
    /// have much still to deliver. A server drops a connection that has not taken everything within 5 s.
    pub(crate) fn await_acknowledgement(&mut self) {
        let stream = &mut *self.stream;
        if let Some(timer) = stream.phase_timer.take() {
            self.cx.timers.cancel(timer);
        }
        let reset = stream.close_mode == CloseMode::Reset;
        if let Some(error) = stream.io.take_pending_error() {
            return self.force_close(Some(error), false);
        }
        if stream.has_failed_tls() {
            // The peer has read the alert, or is gone.
            return self.force_close(None, false);
        }
        let drains_for = self.cx.now.duration_since(stream.last_activity);
        let is_delivered = stream.is_acknowledged() || (stream.is_delivered() && drains_for >= FIN_TIMEOUT);
        if is_delivered {
            let may_still_send = stream.close_mode == CloseMode::Delivered && !stream.state.reading_ended();
            let lull = if may_still_send { stream.lacks_a_lull() } else { None };
            return match lull {
                Some(wait) if drains_for < CLOSE_TIMEOUT => self.arm_phase(wait, Alarm::Acknowledgement),
                _ => self.force_close(None, reset),
            };
        }
        if (stream.bounded_close || reset) && drains_for >= CLOSE_TIMEOUT {
            return self.force_close(Some(not_taken()), reset);
        }
        // An event tells of a reset, and of the last acknowledgement where ours was the second end. The rest is asked
        // from time to time, more seldom the longer it takes.
        let delay = (drains_for / 4).clamp(ASK_AGAIN_MIN, ASK_AGAIN_MAX);
        self.arm_phase(delay, Alarm::Acknowledgement);
    }

    /// The peer does not end its direction. That does not matter where it has everything that was sent, and a server
    /// waits no longer: its system goes on with what it has taken.
    pub(crate) fn close_timed_out(&mut self) {
        let stream = &mut *self.stream;
        stream.phase_timer = None;
        if stream.is_delivered() || stream.has_failed_tls() {
            return self.force_close(None, false);
        }
        if stream.bounded_close {
            return self.force_close(Some(not_taken()), false);
        }
        self.arm_phase(ASK_AGAIN_MAX, Alarm::CloseTimeout);
    }

    fn arm_phase(&mut self, delay: Duration, alarm: Alarm) {
        let timer = self.cx.timers.arm(delay, Some(self.id), alarm);
        let stream = &mut *self.stream;
        if let Some(before) = stream.phase_timer.replace(timer) {
            self.cx.timers.cancel(before);
        }
    }

    /// A write has failed: nothing more goes out. Bytes that arrived before may still be there to read, and are
    /// delivered before the error is reported.
    pub(crate) fn write_failed(&mut self, error: io::Error) {
        let stream = &mut *self.stream;
        if !stream.io.reads_after_write_error() || stream.state.reading_ended() || stream.state.is_closing() {
            return self.force_close(Some(error), false);
        }
        stream.state.writing_failed(error, stream.is_delivered());
        stream.out.clear(&mut self.cx.buffer_pool);
        if let Some(spliced) = stream.spliced.take() {
            self.cx.pipes.close(*spliced);
        }
        stream.readable = true;
        stream.rdhup_seen = true;
        if std::mem::replace(&mut stream.writing_paused, false) {
            // The buffer is empty now; a protocol that stopped reading meanwhile must come to see the end.
            self.call(Call::ResumeWriting);
        }
        self.queue_ready();
    }

    /// A terminal has hung up, and nothing has ended us so far.
    pub(crate) fn hung_up(&mut self) {
        let stream = &mut *self.stream;
        let error = stream.io.broken_pipe();
        self.force_close(Some(error), false);
    }

    /// Nobody reads what is written any more, as an event has told: the reader of a pipe has gone, or a peer that had
    /// ended its own direction before.
    pub(crate) fn sink_gone(&mut self) {
        let stream = &mut *self.stream;
        if !stream.state.flushes() {
            return;
        }
        if stream.io.writes_terminal() {
            if stream.phase_timer.is_none() {
                self.arm_phase(HANG_UP_DELAY, Alarm::HangUp);
            }
            return;
        }
        // Without an error, and with nothing on its way, nothing is lost by it.
        let error = stream.io.take_error().or_else(|| (!stream.is_flushed()).then(|| stream.io.broken_pipe()));
        self.force_close(error, false);
    }

    /// Notes the end of the peer's direction.
    pub(crate) fn note_eof(&mut self) {
        let stream = &mut *self.stream;
        stream.state.end_reading();
        stream.readable = false;
        if stream.state.has_failed() {
            self.force_close(None, false);
        } else if stream.state.phase() == Phase::Draining {
            self.await_acknowledgement();
        }
    }
}

fn not_taken() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the peer has not taken all of it")
}

impl Stream {
    /// Whether the peer's system has every byte that a protocol has written, whatever becomes of our own end. Only TCP
    /// keeps us waiting; a unix socket hands over at once. After a reset it is the last word: nothing is acknowledged
    /// any more.
    pub(crate) fn is_delivered(&self) -> bool {
        let fin = usize::from(self.state.has_told_end());
        self.unsent() + self.on_the_way() <= usize::from(self.closing_bytes) + fin
    }

    /// Whether the peer has ended in order, and has everything: what becomes of our own end is of no interest then.
    pub(crate) fn is_settled(&self) -> bool {
        self.io.needs_lingering_close()
            && self.state.reading_ended()
            && !self.state.has_lost_bytes()
            && self.is_delivered()
    }

    /// Whether the peer's system has all of that, and our own end.
    fn is_acknowledged(&self) -> bool {
        self.is_flushed() && self.on_the_way() == 0
    }

    /// How long bytes of the peer must not come before it can be left in the middle of its direction; `None` is no
    /// longer. A reset would keep a peer that is sending from reading what it was sent.
    fn lacks_a_lull(&mut self) -> Option<Duration> {
        if self.readable {
            return Some(ASK_AGAIN_MIN);
        }
        if self.totals.received == 0 {
            return None;
        }
        match self.io.since_last_byte() {
            Some((quiet, round_trip)) => LULL.max(round_trip * 2).checked_sub(quiet).filter(|wait| !wait.is_zero()),
            None => std::mem::take(&mut self.discarded).then_some(LULL),
        }
    }
}
