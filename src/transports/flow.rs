//! How bytes leave: try to send now, keep what does not fit, and say when that is too much.
//!
//! asyncio's `_SelectorSocketTransport` and `_FlowControlMixin`. The flag of a pause is set at once; only the callback
//! waits in the queue. Reading is the loop's (`event_loop/dispatch.rs`), since it calls the protocol.

use std::io::{self, IoSlice};
use std::time::Duration;

use super::handle::Name;
use super::id::Id;
use super::net::{Call, Net, Slot};
use super::out_buf::WaterMarks;
use super::state::Phase;
use super::stream::Stream;
use super::timers::Alarm;
use crate::sys::stdio::IOV_MAX;

/// How long a closed connection waits for the peer's end, so that our close is not a reset. asyncio and nginx have 30 s
/// and 5 s for the same thing.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How often a connection that is over is asked whether the peer has everything.
const ASK_AGAIN_MIN: Duration = Duration::from_millis(10);
const ASK_AGAIN_MAX: Duration = Duration::from_secs(1);

/// A terminal that hangs up sends SIGHUP, which is on its way when we see the event, and is the better word for it.
const HANG_UP_DELAY: Duration = Duration::from_millis(100);

impl Net {
    /// Sends `bufs`, or buffers what does not fit. Nothing happens on a stream that is closing or gone.
    pub(crate) fn write(&mut self, id: Id, bufs: &[IoSlice<'_>]) {
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
        let len: usize = bufs.iter().map(|buf| buf.len()).sum();
        if len == 0 || !stream.state.accepts_writes() {
            return;
        }
        if stream.tls.is_some() {
            return self.write_by_tls(id, bufs);
        }
        let mut sent = 0;
        if stream.is_flushed() && stream.writable {
            match stream.io.write(bufs) {
                Ok(n) => sent = n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => (),
                Err(error) => return self.write_failed(id, error),
            }
            stream.totals.sent += sent as u64;
            stream.last_activity = self.now;
            if sent == len {
                return;
            }
            // One call takes only so many slices; that it was short is then no sign that there is no room.
            let cut = bufs.len() > IOV_MAX;
            stream.writable = (stream.short_counts_lie || cut) && sent > 0;
        }
        stream.out.append(bufs, sent, &mut self.spare);
        self.pause_if_over(id);
        self.flush(id);
    }

    /// Sends what is buffered, as far as it fits, and goes on with what waited for that. Where it does not fit, the latch is
    /// looked at again some time.
    pub(crate) fn flush(&mut self, id: Id) {
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
        while stream.wants_write() {
            let (pending, result) = match &stream.spliced {
                Some(spliced) => (spliced.bytes, stream.io.write_from(spliced)),
                None => (stream.out.len(), stream.io.write(&[IoSlice::new(stream.out.as_slice())])),
            };
            match result {
                Ok(0) => return self.write_failed(id, io::ErrorKind::WriteZero.into()),
                Ok(n) => {
                    if stream.tls.is_none() {
                        stream.totals.sent += n as u64;
                    }
                    stream.last_activity = self.now;
                    match stream.spliced.take() {
                        Some(spliced) if n == spliced.bytes => self.pipes.give(spliced.pipe),
                        Some(mut spliced) => {
                            spliced.bytes -= n;
                            stream.spliced = Some(spliced);
                        }
                        None => stream.out.consume(n, &mut self.spare),
                    }
                    stream.writable = n == pending || stream.short_counts_lie;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => stream.writable = false,
                Err(error) => return self.write_failed(id, error),
            }
        }
        if stream.writing_paused && stream.out.len() <= stream.marks.low() && !stream.is_handshaking() {
            stream.writing_paused = false;
            self.calls.push_back((id, Call::ResumeWriting));
        }
        self.release_source(id);
        if self.stream(id).is_some_and(Stream::is_flushed) {
            self.flushed(id);
        } else {
            self.doubt(id);
        }
    }

    /// What comes after the last buffered byte: the end of our direction, or the next step of closing.
    fn flushed(&mut self, id: Id) {
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
        if stream.is_handshaking() {
            // What was written waits for the end of that, and so do we.
            return;
        }
        let (is_ending, is_closing) = (stream.state.is_ending(), stream.state.phase() == Phase::Flushing);
        if (is_ending || is_closing) && stream.state.flushes() {
            let is_settled = stream.state.reading_ended() && stream.is_acknowledged() && stream.io.has_ended();
            let last = match &mut stream.tls {
                // A stream that is cut must not look like a whole one, and an alert is the last word.
                Some(tls) if stream.ends_in_reset || tls.has_failed() => Vec::new(),
                Some(tls) => tls.last_words(is_settled),
                None => stream.io.last_words(),
            };
            if !last.is_empty() {
                stream.out.append(&[IoSlice::new(&last)], 0, &mut self.spare);
                return self.flush(id);
            }
        }
        if is_ending && !self.end_direction(id) {
            return;
        }
        if is_closing {
            self.close_gently(id);
        } else if self.stream(id).is_some_and(|stream| stream.state.has_nothing_left()) {
            self.lose(id, None, false);
        }
    }

    /// Tells the peer that nothing more comes; false where the connection turns out to be gone.
    fn end_direction(&mut self, id: Id) -> bool {
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return false };
        stream.state.writing_ended();
        let result = stream.io.shutdown_write(&self.registry);
        log::debug!("{}: our direction has ended", Name(self, id));
        let Err(error) = result else { return true };
        // ENOTCONN: the peer has reset the connection, and a read may have taken the error already.
        let error = if error.kind() == io::ErrorKind::NotConnected {
            let reset = || io::Error::from_raw_os_error(libc::ECONNRESET);
            self.stream(id).and_then(|stream| stream.io.take_error()).unwrap_or_else(reset)
        } else {
            error
        };
        self.write_failed(id, error);
        false
    }

    /// Closes a stream whose bytes are all out: at once where nothing can be lost by it, else after the peer has ended
    /// its direction and has acknowledged all of ours.
    fn close_gently(&mut self, id: Id) {
        let Some(stream) = self.stream_mut(id) else { return };
        if stream.state.has_failed() || !stream.io.lingers() {
            return self.lose(id, None, false);
        }
        if stream.ends_in_reset {
            stream.state.drain();
            return self.await_acknowledgement(id);
        }
        if !stream.state.is_write_closed() && !self.end_direction(id) {
            return;
        }
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
        stream.state.drain();
        if stream.state.reading_ended() {
            return self.await_acknowledgement(id);
        }
        stream.readable = true;
        // One whose TLS has failed has its timer already.
        if !stream.has_failed_tls() {
            stream.phase_timer = Some(self.timers.arm(CLOSE_TIMEOUT, Some(id), Alarm::CloseTimeout));
        }
        self.queue_again(id);
    }

    /// Both directions have ended: the stream is over once the peer's system has all we sent. A reset says otherwise. There
    /// is no limit to this but TCP's own, as a slow network may have much still to deliver; but who is one of many may
    /// stand still for 5 s only.
    pub(crate) fn await_acknowledgement(&mut self, id: Id) {
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
        if let Some(timer) = stream.phase_timer.take() {
            self.timers.cancel(timer);
        }
        if let Some(error) = stream.io.take_pending_error() {
            return self.lose(id, Some(error), false);
        }
        if stream.has_failed_tls() {
            // It has read the alert, or is gone.
            return self.lose(id, None, false);
        }
        let reset = stream.ends_in_reset;
        if stream.is_acknowledged() {
            return self.lose(id, None, reset);
        }
        let quiet = self.now.duration_since(stream.last_activity);
        if (stream.one_of_many || reset) && quiet >= CLOSE_TIMEOUT {
            let error = io::Error::new(io::ErrorKind::TimedOut, "the peer has not taken all of it");
            return self.lose(id, Some(error), reset);
        }
        // An event tells of a reset, and of the last acknowledgement where ours was the second end; for the rest it is asked
        // from time to time, more seldom the longer it takes.
        let delay = (quiet / 4).clamp(ASK_AGAIN_MIN, ASK_AGAIN_MAX);
        stream.phase_timer = Some(self.timers.arm(delay, Some(id), Alarm::Acknowledgement));
    }

    /// The peer does not end its direction. That is its own affair, as long as it has everything we sent.
    pub(crate) fn close_timed_out(&mut self, id: Id) {
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
        stream.phase_timer = None;
        if stream.is_acknowledged() || stream.has_failed_tls() {
            return self.lose(id, None, false);
        }
        stream.phase_timer = Some(self.timers.arm(ASK_AGAIN_MAX, Some(id), Alarm::CloseTimeout));
    }

    /// asyncio's `close`: no more reading, what is buffered goes out, then `connection_lost(None)`.
    pub(crate) fn close(&mut self, id: Id) {
        let Some(stream) = self.stream_mut(id) else { return };
        if stream.state.phase() == Phase::Connecting || stream.is_opening() {
            return self.lose(id, None, false);
        }
        if !stream.state.close() {
            return;
        }
        if stream.state.has_failed() {
            self.close_gently(id);
        } else if stream.is_flushed() {
            self.flushed(id);
        } else {
            // What arrives meanwhile is thrown away; a latch that is set would otherwise never be looked at.
            self.queue_again(id);
        }
    }

    /// Closes once everything is sent and acknowledged, but by a reset. One that is told of the end already is left in peace.
    pub(crate) fn close_by_reset(&mut self, id: Id) {
        if let Some(stream) = self.stream_mut(id) {
            stream.ends_in_reset = true;
        }
        self.close(id);
    }

    /// asyncio's `write_eof`: the end of our direction, after what is buffered.
    pub(crate) fn write_eof(&mut self, id: Id) {
        let Some(stream) = self.stream_mut(id) else { return };
        if stream.io.can_write_eof() && stream.state.end_writing() && stream.is_flushed() {
            self.flushed(id);
        }
    }

    /// A write has failed: nothing more goes out. Bytes that arrived before may still be there to read, and are
    /// delivered before the error is reported.
    pub(crate) fn write_failed(&mut self, id: Id, error: io::Error) {
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
        if !stream.io.reads_after_write_error() || stream.state.reading_ended() || stream.state.is_closing() {
            return self.lose(id, Some(error), false);
        }
        stream.state.writing_failed(error);
        stream.out.clear(&mut self.spare);
        if let Some(spliced) = stream.spliced.take() {
            self.pipes.close(*spliced);
        }
        stream.readable = true;
        stream.end_seen = true;
        if std::mem::replace(&mut stream.writing_paused, false) {
            // The buffer is empty now; a protocol that stopped reading meanwhile must come to see the end.
            self.calls.push_back((id, Call::ResumeWriting));
        }
        self.queue_again(id);
    }

    /// A terminal has hung up, and nothing has ended us so far.
    pub(crate) fn hung_up(&mut self, id: Id) {
        let Some(stream) = self.stream_mut(id) else { return };
        let error = stream.io.broken_pipe();
        self.lose(id, Some(error), false);
    }

    /// Nobody reads what is written any more, as an event has told: the reader of a pipe has gone, or a peer that had
    /// ended its own direction before.
    pub(crate) fn sink_gone(&mut self, id: Id) {
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
        if !stream.state.flushes() {
            return;
        }
        if stream.io.writes_terminal() {
            if stream.phase_timer.is_none() {
                stream.phase_timer = Some(self.timers.arm(HANG_UP_DELAY, Some(id), Alarm::HangUp));
            }
            return;
        }
        // Without an error, and with nothing on its way, nothing is lost by it.
        let error = stream.io.take_error().or_else(|| (!stream.is_flushed()).then(|| stream.io.broken_pipe()));
        self.lose(id, error, false);
    }

    pub(crate) fn set_marks(&mut self, id: Id, marks: WaterMarks) {
        let Some(stream) = self.stream_mut(id) else { return };
        stream.marks = marks;
        self.pause_if_over(id);
    }

    pub(crate) fn pause_if_over(&mut self, id: Id) {
        let Some(stream) = self.stream_mut(id) else { return };
        if !stream.writing_paused && stream.out.len() > stream.marks.high() {
            stream.writing_paused = true;
            self.calls.push_back((id, Call::PauseWriting));
        }
    }

    pub(crate) fn set_reading(&mut self, id: Id, reading: bool) {
        let Some(stream) = self.stream_mut(id) else { return };
        stream.reading = reading;
        if stream.wants_read() {
            // No event will come for what is there already.
            self.queue_again(id);
        }
    }

    /// Notes the end of the peer's direction.
    pub(crate) fn note_eof(&mut self, id: Id) {
        let Some(stream) = self.stream_mut(id) else { return };
        stream.state.end_reading();
        stream.readable = false;
        if stream.state.has_failed() {
            self.lose(id, None, false);
        } else if stream.state.phase() == Phase::Draining {
            self.await_acknowledgement(id);
        }
    }
}
