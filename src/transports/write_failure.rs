//! What follows a failed write. Nothing more goes out, but the peer may have answered before.
//!
//! ```text
//!   the write of a connection fails
//!      |
//!      +---by an error of this machine (EIO, ENOMEM) ---> lost at once, by a reset
//!      |
//!      +---the peer has ended already, or the stream is closing ---> lost at once
//!      |
//!      +---the peer takes nothing more, but all is delivered ---> the peer's end ---> lost
//!      |
//!      +---the peer takes nothing more, and bytes are lost ---> writing_failed ---> the peer's end ---> lost
//!                                                                   |
//!                                                                   +---no byte for 10 s, and none waits ---> lost
//! ```
//!
//! A pipe or a terminal is lost at once. `missing_reader.rs` has the case that no write has failed yet.

use std::io;
use std::time::Duration;

use super::ctx::{Call, StreamRef};
use super::error::{copy, is_of_connection};
use super::stream::Stream;
use super::timers::Alarm;

/// How long a peer that reads nothing may be silent before the stream is lost. Its answer may be on its way.
const SILENCE: Duration = Duration::from_secs(10);

impl StreamRef<'_> {
    /// A write has failed, and nothing more goes out. Bytes that arrived before are delivered before the stream is
    /// lost.
    pub(crate) fn write_failed(&mut self, error: io::Error) {
        let stream = &mut *self.slot;
        if stream.io.is_socket() && !is_of_connection(&error) {
            // The peer is there, and would take an orderly end for the end of the bytes.
            return self.force_close(Some(error), true);
        }
        if !stream.io.is_socket() || stream.state.reading_ended() || stream.state.is_closing() {
            return self.force_close(Some(error), false);
        }
        let told = copy(&error);
        stream.state.writing_failed(error, stream.is_delivered());
        stream.out.clear(&mut self.cx.pipes, &mut self.cx.buffer_pool);
        stream.ready.readable = true;
        stream.ready.read_ended = true;
        if stream.out.resume_if_under() {
            // A protocol that does not read while writing is paused must come to see the end.
            self.call(Call::ResumeWriting);
        }
        if self.state.has_lost_bytes() {
            if !self.is_opening() {
                self.call(Call::WritingFailed(told));
            }
            if self.phase_timer.is_none() {
                self.arm(SILENCE, Alarm::LostWrite);
            }
        }
        self.queue_ready();
    }

    /// A peer that reads nothing has been given time to send the rest of its answer.
    pub(crate) fn check_lost_write(&mut self) {
        let stream = &mut *self.slot;
        stream.phase_timer = None;
        if !stream.state.has_failed() {
            return;
        }
        let silence = if stream.has_unread() { Duration::ZERO } else { self.cx.now - stream.last_activity };
        match SILENCE.checked_sub(silence).filter(|rest| !rest.is_zero()) {
            Some(rest) => self.arm(rest, Alarm::LostWrite),
            None => self.force_close(None, false),
        }
    }
}

impl Stream {
    /// Whether bytes have arrived that the protocol has not got yet, because it does not read.
    fn has_unread(&self) -> bool {
        self.unread.is_some() || self.has_layer_event() || self.io.unread() > 0
    }
}
