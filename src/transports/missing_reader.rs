//! What becomes of a stream when an event reports that written bytes will not be read. No write has failed yet: that
//! is `write_failure.rs`.
//!
//! ```text
//!   a terminal has hung up                              ---> fails after 100 ms, unless a SIGHUP ends the run
//!   bears_missing_reader, and all bytes are written     ---> fails after 1 s, unless write_eof or close comes first
//!   otherwise                                           ---> fails at once, or is over if nothing is lost
//! ```

use std::io;
use std::time::Duration;

use super::ctx::StreamRef;
use super::handle::Transport;
use super::timers::Alarm;

/// How long to wait for the SIGHUP of a terminal that has hung up. The signal tells more than the error of a write.
const HANG_UP_DELAY: Duration = Duration::from_millis(100);

/// How long a stream that bears a missing reader goes on without one. See [`Transport::bear_missing_reader`].
const MISSING_READER_DELAY: Duration = Duration::from_secs(1);

impl Transport<'_> {
    /// Lets a stream go on for 1 s after the reader of its pipe has gone, if every byte was written by then. The stream
    /// fails earlier if another byte is written, and not at all if `write_eof` or `close` comes first. asyncio has
    /// nothing like it.
    pub fn bear_missing_reader(&mut self) {
        self.with(|stream| stream.closing.bears_missing_reader = true);
    }
}

impl StreamRef<'_> {
    /// An event has reported that written bytes will not be read: the reader of a pipe has gone, or a peer that had
    /// ended its direction before.
    pub(crate) fn sink_gone(&mut self) {
        let stream = &mut *self.slot;
        if !stream.state.flushes() {
            return;
        }
        if stream.io.writes_terminal() {
            return self.hang_up_after(HANG_UP_DELAY);
        }
        // If there is no error and everything was sent, nothing is lost.
        let error = stream.io.take_error().or_else(|| (!stream.is_flushed()).then(|| stream.io.broken_pipe()));
        let is_missing_reader = error.as_ref().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        if is_missing_reader && stream.closing.bears_missing_reader && stream.is_flushed() {
            return self.hang_up_after(MISSING_READER_DELAY);
        }
        self.force_close(error, false);
    }

    /// Ends a stream whose reader has gone: the SIGHUP of a terminal that has hung up, or the end of what is written,
    /// has not come in time.
    pub(crate) fn hung_up(&mut self) {
        let stream = &mut *self.slot;
        stream.phase_timer = None;
        if stream.state.flushes() {
            let error = stream.io.broken_pipe();
            self.force_close(Some(error), false);
        }
    }

    /// Arms the timer of [`hung_up`](Self::hung_up), unless it runs already. An event can come again.
    fn hang_up_after(&mut self, delay: Duration) {
        if self.phase_timer.is_none() {
            log::debug!("{}: the reader has gone", self.label());
            self.arm(delay, Alarm::HangUp);
        }
    }
}
