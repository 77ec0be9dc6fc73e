//! How bytes move in and out of one stream: what an event means, reads, writes, and rearming.
//!
//! The loop passes received bytes to the protocol (`event_loop/dispatch.rs`). `closing.rs` continues after the last
//! byte. `layer/flow.rs` moves bytes through layers, `forward.rs` moves them from one stream to another. Pausing is
//! asyncio's `_FlowControlMixin`: the flag of a pause is set at once, and only the callback waits in the queue.
//!
//! **Rearming.** A short read nearly always means that no more bytes are there, and a short write that no more fit. To
//! believe a short count saves a system call per message. A short count can be wrong: TCP stops a read at an urgent
//! mark with bytes behind it, and a preloaded library may cut calls short. An edge-triggered epoll would never report
//! those bytes again. So each stream that stopped at a short count is queued. Once the stream has been idle for a
//! while, one call makes epoll report its state again. A report that comes at once shows that the short count was
//! wrong. From then on the short counts of that stream are not believed.

use std::io::{self, IoSlice};
use std::time::Duration;

use super::ctx::{Call, Ctx, StreamRef};
use super::id::Arena;
use super::net::Slot;
use super::out_buf::WaterMarks;
use super::readiness::Rearm;
use super::state::Phase;
use super::stream::Stream;
use super::timers::Due;
use crate::sys::stdio::IOV_MAX;

/// Long enough that no busy stream is rearmed, short enough that no user takes the wait for a hang.
const REARM_IDLE: Duration = Duration::from_millis(50);

/// The outcome of one attempt to fill a buffer.
pub(crate) enum Filled {
    /// This many bytes are in the buffer.
    Bytes(usize),
    /// This many bytes are not for the protocol: they were forwarded or dropped.
    Gone(usize),
    /// The peer has ended its direction.
    End,
    /// No bytes are there now, or there is no room for them.
    NotNow,
    /// The stream has failed, also after a close: a reset then means that the peer has not read all bytes.
    Failed(io::Error),
    /// The protocol has panicked when it was asked for memory.
    Panicked(io::Error),
}

impl StreamRef<'_> {
    /// Notes an event. Returns whether it says something new.
    pub(crate) fn note_event(&mut self, readable: bool, writable: bool, read_ended: bool) -> bool {
        self.slot.ready.note_event(readable, writable, read_ended, self.cx.turn)
    }

    /// Fills `buffer` with received bytes.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Filled {
        if !self.is_bare() {
            return self.fill_by_layers(buffer);
        }
        if !self.state.discards()
            && let Some(n) = self.take_unread(buffer)
        {
            return Filled::Bytes(n);
        }
        self.read(buffer)
    }

    /// Reads bytes of the protocol from the `Io` of the stream.
    fn read(&mut self, buffer: &mut [u8]) -> Filled {
        let filled = self.read_uncounted(buffer);
        if let Filled::Bytes(n) = filled {
            self.totals.received += n as u64;
        }
        filled
    }

    /// The same, but the bytes are counted elsewhere.
    pub(crate) fn read_uncounted(&mut self, buffer: &mut [u8]) -> Filled {
        match self.read_io(buffer) {
            Ok(0) => Filled::End,
            Ok(n) => {
                log::trace!("{}: read {n} bytes", self.label());
                Filled::Bytes(n)
            }
            Err(filled) => filled,
        }
    }

    /// Reads from the `Io` of the stream, below all layers. The number of bytes is 0 at the end.
    pub(crate) fn read_io(&mut self, buffer: &mut [u8]) -> Result<usize, Filled> {
        match self.io.read(buffer) {
            Ok(0) => Ok(0),
            Ok(n) => {
                self.note_read(n, buffer.len());
                Ok(n)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.ready.readable = false;
                self.schedule_rearm();
                Err(Filled::NotNow)
            }
            Err(error) => Err(Filled::Failed(error)),
        }
    }

    /// Notes a read of `n` bytes into a buffer of `space` bytes. A short count clears the latch.
    fn note_read(&mut self, n: usize, space: usize) {
        let stream = &mut *self.slot;
        if stream.state.phase() == Phase::Draining {
            stream.closing.discarded = true;
        } else {
            stream.last_activity = self.cx.now;
        }
        if n < space && stream.ready.trusts_short_reads() && !stream.io.is_read_always_ready() {
            stream.ready.readable = false;
            self.schedule_rearm();
        }
    }

    /// Fills `buffer` with bytes that were handed back, if there are any.
    pub(crate) fn take_unread(&mut self, buffer: &mut [u8]) -> Option<usize> {
        let unread = self.unread.as_deref()?;
        let n = unread.len().min(buffer.len());
        buffer[..n].copy_from_slice(&unread[..n]);
        self.unread = (n < unread.len()).then(|| unread[n..].into());
        Some(n)
    }

    /// Hands bytes back, to be delivered before all others.
    pub(crate) fn unread(&mut self, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        if self.is_negotiating() {
            return self.take_early(data);
        }
        let mut bytes = data.to_vec();
        bytes.extend_from_slice(self.unread.as_deref().unwrap_or_default());
        self.unread = Some(bytes.into());
        self.queue_ready();
    }

    /// Sends as much of `bufs` as fits now, and buffers the rest. Nothing happens on a stream that is closing or gone.
    pub(crate) fn write(&mut self, bufs: &[IoSlice<'_>]) {
        if !self.state.accepts_writes() || bufs.iter().all(|buf| buf.is_empty()) {
            return;
        }
        if self.is_bare() { self.write_out(bufs) } else { self.write_by_layers(bufs) }
    }

    /// Writes to the `Io` of the stream, below all layers. At least one of `bufs` is not empty.
    pub(crate) fn write_out(&mut self, bufs: &[IoSlice<'_>]) {
        let stream = &mut *self.slot;
        let len: usize = bufs.iter().map(|buf| buf.len()).sum();
        let mut sent = 0;
        if stream.is_flushed() && stream.ready.writable {
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
            stream.ready.writable = (stream.ready.distrust_short_io || cut) && sent > 0;
        }
        stream.out.append(bufs, sent, &mut self.cx.buffer_pool);
        self.pause_if_over();
        self.flush();
    }

    /// Sends buffered bytes as far as they fit, and continues with the next step. A short write schedules a rearm.
    pub(crate) fn flush(&mut self) {
        let stream = &mut *self.slot;
        while stream.wants_write() {
            match stream.out.write_to(&mut stream.io, &mut self.cx.pipes, &mut self.cx.buffer_pool) {
                Ok((0, _)) => return self.write_failed(io::ErrorKind::WriteZero.into()),
                Ok((n, is_all)) => {
                    if !stream.counts_above_layers() {
                        stream.totals.sent += n as u64;
                    }
                    stream.last_activity = self.cx.now;
                    stream.ready.writable = is_all || stream.ready.distrust_short_io;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => stream.ready.writable = false,
                Err(error) => return self.write_failed(error),
            }
        }
        if !stream.is_negotiating() && stream.out.resume_if_under() {
            self.call(Call::ResumeWriting);
        }
        if self.source_waits {
            self.wake_source();
        }
        if self.is_flushed() {
            self.flushed();
        } else {
            self.schedule_rearm();
        }
    }

    pub(crate) fn set_marks(&mut self, marks: WaterMarks) {
        self.out.flow.marks = marks;
        self.pause_if_over();
    }

    pub(crate) fn pause_if_over(&mut self) {
        if self.out.pause_if_over() {
            self.call(Call::PauseWriting);
        }
    }

    pub(crate) fn set_reading(&mut self, reading: bool) {
        self.gate.paused = !reading;
        self.queue_read();
    }

    /// Queues the stream to be rearmed, unless it is queued already.
    pub(crate) fn schedule_rearm(&mut self) {
        if self.ready.rearm == Rearm::Queued {
            return;
        }
        self.ready.rearm = Rearm::Queued;
        self.cx.rearm.streams.push(self.id);
        if self.cx.rearm.timer.is_none() {
            self.cx.rearm.timer = Some(self.cx.timers.arm(REARM_IDLE, Due::Rearm));
        }
    }
}

impl Stream {
    /// Whether a read is useful now.
    pub(crate) fn wants_read(&self) -> bool {
        let has_layer_event = self.has_layer_event();
        if self.state.discards() {
            // Bytes that are left on stdin are for the next program.
            return has_layer_event || (self.ready.readable && self.io.is_socket());
        }
        if self.is_negotiating() && matches!(self.state.phase(), Phase::Open | Phase::Running) {
            return has_layer_event || self.ready.readable;
        }
        self.state.delivers()
            && self.gate.is_open()
            && (has_layer_event || self.ready.readable || self.unread.is_some())
    }

    /// Whether a write is useful now.
    pub(crate) fn wants_write(&self) -> bool {
        self.ready.writable && !self.is_flushed() && self.state.flushes()
    }
}

impl Ctx {
    /// Rearms the streams that have been idle since they were queued. The others stay queued.
    pub(crate) fn rearm_idle(&mut self, slots: &mut Arena<Slot>) {
        let Self { rearm, timers, registry, now, turn, .. } = self;
        rearm.streams.retain(|&id| {
            let Some(Slot::Stream(stream)) = slots.get_mut(id) else { return false };
            if now.duration_since(stream.last_activity) < REARM_IDLE {
                return true;
            }
            stream.ready.rearm = Rearm::Asked { turn: *turn };
            // EPOLL_CTL_MOD can fail only without memory. The stream then waits for its next event.
            let _ = stream.io.rearm(registry, id);
            false
        });
        rearm.timer = (!rearm.streams.is_empty()).then(|| timers.arm(REARM_IDLE, Due::Rearm));
    }
}
