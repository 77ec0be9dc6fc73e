//! The write buffer, and the two water marks that pause and resume writing.
//!
//! The rules are asyncio's (`_FlowControlMixin` in `transports.py`): writing pauses when the size is over the high
//! mark, and resumes when the size is at or under the low one. The calls of the protocol are queued in `flow.rs`.

use std::io::{self, IoSlice};

use super::io::Io;
use super::pipe_pool::{PipePool, Spliced};

/// asyncio's default high-water mark.
const HIGH_WATER_BYTES: usize = 64 * 1024;

/// Water marks of a write buffer, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaterMarks {
    high: usize,
    low: usize,
}

impl WaterMarks {
    /// `low` defaults to a quarter of `high`. `high = 0` forces `low = 0`. asyncio's `set_write_buffer_limits`.
    ///
    /// # Errors
    /// `InvalidInput` if `low` is over `high`.
    pub fn new(high: usize, low: Option<usize>) -> io::Result<Self> {
        let low = if high == 0 { 0 } else { low.unwrap_or(high / 4) };
        if low > high {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("low water {low} is over high {high}")));
        }
        Ok(Self { high, low })
    }

    /// Bytes over which writing pauses.
    #[must_use]
    pub fn high(self) -> usize {
        self.high
    }

    /// Bytes at which writing resumes.
    #[must_use]
    pub fn low(self) -> usize {
        self.low
    }
}

impl Default for WaterMarks {
    fn default() -> Self {
        Self { high: HIGH_WATER_BYTES, low: HIGH_WATER_BYTES / 4 }
    }
}

/// Whether a protocol was told to pause writing. Each stream and each datagram socket has one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FlowControl {
    pub(crate) marks: WaterMarks,
    is_paused: bool,
}

impl FlowControl {
    /// Whether `pause_writing` has been called or is queued.
    pub(crate) fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Pauses if `len` is over the high mark. Returns whether that is new.
    pub(crate) fn pause_at(&mut self, len: usize) -> bool {
        len > self.marks.high() && self.pause()
    }

    /// Pauses, even with few waiting bytes. Returns whether that is new.
    pub(crate) fn pause(&mut self) -> bool {
        !std::mem::replace(&mut self.is_paused, true)
    }

    /// Resumes if `len` is at or under the low mark. Returns whether that is new.
    pub(crate) fn resume_at(&mut self, len: usize) -> bool {
        len <= self.marks.low() && std::mem::replace(&mut self.is_paused, false)
    }
}

/// The unsent bytes of a stream: first those in a pipe of the pool, then those in memory. An empty buffer holds no
/// memory.
#[derive(Debug, Default)]
pub(crate) struct WriteBuffer {
    /// Only the bytes in memory count for it.
    pub(crate) flow: FlowControl,
    spliced: Option<Box<Spliced>>,
    bytes: Vec<u8>,
    /// How much of `bytes` has been written already.
    start: usize,
}

impl WriteBuffer {
    /// Bytes that wait, in the pipe and in memory.
    pub(crate) fn len(&self) -> usize {
        self.in_memory() + self.spliced.as_ref().map_or(0, |spliced| spliced.bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.in_memory() == 0 && self.spliced.is_none()
    }

    /// Whether bytes wait in a pipe.
    pub(crate) fn is_spliced(&self) -> bool {
        self.spliced.is_some()
    }

    fn in_memory(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Pauses writing if too much waits. Returns whether that is new.
    pub(crate) fn pause_if_over(&mut self) -> bool {
        self.flow.pause_at(self.in_memory())
    }

    /// Resumes writing if little enough waits. Returns whether that is new.
    pub(crate) fn resume_if_under(&mut self) -> bool {
        self.flow.resume_at(self.in_memory())
    }

    /// Adds bytes that are in a pipe. Nothing else waits.
    pub(crate) fn splice(&mut self, spliced: Spliced) {
        debug_assert!(self.is_empty());
        self.spliced = Some(Box::new(spliced));
    }

    /// Writes with one call. Returns how much was written, and whether the call got everything.
    pub(crate) fn write_to(
        &mut self,
        io: &mut Io,
        pipes: &mut PipePool,
        buffer_pool: &mut BufferPool,
    ) -> io::Result<(usize, bool)> {
        let Some(spliced) = &mut self.spliced else {
            let n = io.write(&[IoSlice::new(&self.bytes[self.start..])])?;
            let is_all = n == self.in_memory();
            self.consume(n, buffer_pool);
            return Ok((n, is_all));
        };
        let n = io.write_from(spliced)?;
        spliced.bytes -= n;
        if spliced.bytes > 0 {
            return Ok((n, false));
        }
        if let Some(spliced) = self.spliced.take() {
            pipes.give(spliced.pipe);
        }
        Ok((n, true))
    }

    /// Appends `bufs` without their first `skip` bytes, in memory from `buffer_pool` if it has some.
    pub(crate) fn append(&mut self, bufs: &[IoSlice<'_>], mut skip: usize, buffer_pool: &mut BufferPool) {
        if self.bytes.capacity() == 0 {
            self.bytes = buffer_pool.take();
        }
        // The bytes written since the last move pay for moving the rest to the front.
        if self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        for buf in bufs {
            let from = skip.min(buf.len());
            skip -= from;
            self.bytes.extend_from_slice(&buf[from..]);
        }
    }

    /// Notes that the first `n` bytes have been written.
    fn consume(&mut self, n: usize, buffer_pool: &mut BufferPool) {
        self.start += n;
        debug_assert!(self.start <= self.bytes.len());
        if self.in_memory() == 0 {
            self.start = 0;
            buffer_pool.give(std::mem::take(&mut self.bytes));
        }
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self, pipes: &mut PipePool, buffer_pool: &mut BufferPool) {
        self.consume(self.in_memory(), buffer_pool);
        if let Some(spliced) = self.spliced.take() {
            pipes.close(*spliced);
        }
    }
}

/// The memory of emptied buffers, kept for the next one that fills, so that a busy loop does not allocate.
#[derive(Debug, Default)]
pub(crate) struct BufferPool(Vec<Vec<u8>>);

impl BufferPool {
    /// More would only help if more connections than this stall and recover within one turn.
    const KEPT: usize = 16;
    /// A buffer that a burst has made larger than this is freed.
    const BYTES_MAX: usize = 1024 * 1024;

    fn take(&mut self) -> Vec<u8> {
        self.0.pop().unwrap_or_default()
    }

    fn give(&mut self, mut bytes: Vec<u8>) {
        if bytes.capacity() != 0 && bytes.capacity() <= Self::BYTES_MAX && self.0.len() < Self::KEPT {
            bytes.clear();
            self.0.push(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn water_marks_follow_asyncio() {
        let marks = |high, low| WaterMarks::new(high, low).map(|marks| (marks.high(), marks.low())).ok();
        assert_eq!(WaterMarks::default(), WaterMarks::new(65536, None).expect("the default"));
        assert_eq!(marks(1000, None), Some((1000, 250)));
        assert_eq!(marks(0, None), Some((0, 0)));
        assert_eq!(marks(0, Some(10)), Some((0, 0)));
        assert_eq!(marks(10, Some(10)), Some((10, 10)));
        assert_eq!(marks(10, Some(11)), None);
    }

    #[test]
    fn writing_pauses_over_the_high_mark_and_resumes_at_the_low_one() {
        let mut flow = FlowControl { marks: WaterMarks::new(10, Some(5)).expect("marks"), ..FlowControl::default() };
        assert!(!flow.pause_at(10) && flow.pause_at(11) && !flow.pause_at(12) && flow.is_paused());
        assert!(!flow.resume_at(6) && flow.resume_at(5) && !flow.resume_at(0) && !flow.is_paused());
    }

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let (mut out, mut buffer_pool) = (WriteBuffer::default(), BufferPool::default());
        out.append(&[IoSlice::new(b"abc"), IoSlice::new(b""), IoSlice::new(b"defg")], 2, &mut buffer_pool);
        assert_eq!(&out.bytes[out.start..], b"cdefg");
        out.consume(4, &mut buffer_pool);
        out.append(&[IoSlice::new(b"hi")], 0, &mut buffer_pool);
        assert_eq!(&out.bytes[out.start..], b"ghi");
        out.consume(3, &mut buffer_pool);
        assert!(out.is_empty() && out.bytes.capacity() == 0);
        assert_eq!(buffer_pool.0.len(), 1);
    }
}
