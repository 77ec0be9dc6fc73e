//! Writes: sends now if possible, buffers the rest, and pauses the protocol.
//!
//! asyncio's `_SelectorSocketTransport` and `_FlowControlMixin`. The flag of a pause is set at once, and only the
//! callback waits in the queue. `closing.rs` continues after the last byte. `layer/flow.rs` moves bytes through layers.

use std::io::{self, IoSlice};

use super::ctx::{Call, StreamRef};
use super::out_buf::WaterMarks;
use crate::sys::stdio::IOV_MAX;

impl StreamRef<'_> {
    /// Sends `bufs`, or buffers the rest. Nothing happens on a stream that is closing or gone.
    pub(crate) fn write(&mut self, bufs: &[IoSlice<'_>]) {
        if !self.stream.state.accepts_writes() || bufs.iter().all(|buf| buf.is_empty()) {
            return;
        }
        if self.stream.is_bare() { self.write_out(bufs) } else { self.write_by_layers(bufs) }
    }

    /// Writes to the `Io` of the stream, below all layers. At least one of `bufs` is not empty.
    pub(crate) fn write_out(&mut self, bufs: &[IoSlice<'_>]) {
        let stream = &mut *self.stream;
        let len: usize = bufs.iter().map(|buf| buf.len()).sum();
        let mut sent = 0;
        if stream.is_flushed() && stream.writable {
            match stream.io.write(bufs) {
                Ok(n) => sent = n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => (),
                Err(error) => {
                    // The unsent bytes are lost with the failure.
                    stream.out.append(bufs, 0, &mut self.cx.buffer_pool);
                    return self.write_failed(error);
                }
            }
            stream.totals.sent += sent as u64;
            stream.last_activity = self.cx.now;
            if sent == len {
                return;
            }
            // One call takes only a limited number of slices, so a short count does not mean that the socket is full.
            let cut = bufs.len() > IOV_MAX;
            stream.writable = (stream.distrust_short_io || cut) && sent > 0;
        }
        stream.out.append(bufs, sent, &mut self.cx.buffer_pool);
        self.pause_if_over();
        self.flush();
    }

    /// Sends buffered bytes as far as they fit, and continues with the next step. A short write schedules a rearm.
    pub(crate) fn flush(&mut self) {
        let stream = &mut *self.stream;
        while stream.wants_write() {
            match stream.out.write_to(&mut stream.io, &mut self.cx.pipes, &mut self.cx.buffer_pool) {
                Ok((0, _)) => return self.write_failed(io::ErrorKind::WriteZero.into()),
                Ok((n, is_all)) => {
                    if !stream.counts_above_layers() {
                        stream.totals.sent += n as u64;
                    }
                    stream.last_activity = self.cx.now;
                    stream.writable = is_all || stream.distrust_short_io;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => stream.writable = false,
                Err(error) => return self.write_failed(error),
            }
        }
        if !stream.is_negotiating() && stream.out.resume_if_under() {
            self.call(Call::ResumeWriting);
        }
        self.wake_source();
        if self.stream.is_flushed() {
            self.flushed();
        } else {
            self.schedule_rearm();
        }
    }

    pub(crate) fn set_marks(&mut self, marks: WaterMarks) {
        self.stream.out.flow.marks = marks;
        self.pause_if_over();
    }

    pub(crate) fn pause_if_over(&mut self) {
        if self.stream.out.pause_if_over() {
            self.call(Call::PauseWriting);
        }
    }

    pub(crate) fn set_reading(&mut self, reading: bool) {
        self.stream.reading = reading;
        self.queue_read();
    }
}
