//! What could not be written yet, and the two water marks that say when that is too much.
//!
//! The rules are asyncio's (`_FlowControlMixin` in `transports.py`): pause when the size is strictly over the high
//! mark, resume when it is at or under the low one. Who is told, and when, is `write.rs`.

use std::io::{self, IoSlice};

/// asyncio's default high-water mark.
const HIGH_WATER_BYTES: usize = 64 * 1024;

/// Water marks of a write buffer, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaterMarks {
    high: usize,
    low: usize,
}

impl WaterMarks {
    /// `low` defaults to a quarter of `high`; `high = 0` forces `low = 0`. asyncio's `set_write_buffer_limits`.
    ///
    /// # Errors
    /// `InvalidInput` where `low` is over `high`.
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

/// A queue of bytes on its way out. Empty ones hold no memory.
#[derive(Debug, Default)]
pub(crate) struct OutBuf {
    bytes: Vec<u8>,
    /// How much of `bytes` has been written already.
    start: usize,
}

impl OutBuf {
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Appends what is left of `bufs` after their first `skip` bytes, in memory from `buffer_pool` where there is some.
    pub(crate) fn append(&mut self, bufs: &[IoSlice<'_>], mut skip: usize, buffer_pool: &mut BufferPool) {
        if self.bytes.capacity() == 0 {
            self.bytes = buffer_pool.take();
        }
        // Moving the rest to the front is paid for by the bytes that were written since the last time.
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
    pub(crate) fn consume(&mut self, n: usize, buffer_pool: &mut BufferPool) {
        self.start += n;
        debug_assert!(self.start <= self.bytes.len());
        if self.is_empty() {
            self.clear(buffer_pool);
        }
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self, buffer_pool: &mut BufferPool) {
        self.start = 0;
        buffer_pool.give(std::mem::take(&mut self.bytes));
    }
}

/// Memory of emptied buffers, kept for the next one that fills, so that a busy loop does not allocate.
#[derive(Debug, Default)]
pub(crate) struct BufferPool(Vec<Vec<u8>>);

impl BufferPool {
    /// More would only help a loop in which more connections than this stall and recover within one turn.
    const KEPT: usize = 16;
    /// A buffer that one burst has blown up further than this is given back to the system.
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
    fn bytes_come_out_as_they_went_in() {
        let (mut out, mut buffer_pool) = (OutBuf::default(), BufferPool::default());
        out.append(&[IoSlice::new(b"abc"), IoSlice::new(b""), IoSlice::new(b"defg")], 2, &mut buffer_pool);
        assert_eq!(out.as_slice(), b"cdefg");
        out.consume(4, &mut buffer_pool);
        out.append(&[IoSlice::new(b"hi")], 0, &mut buffer_pool);
        assert_eq!(out.as_slice(), b"ghi");
        out.consume(3, &mut buffer_pool);
        assert!(out.is_empty() && out.bytes.capacity() == 0);
        assert_eq!(buffer_pool.0.len(), 1);
    }
}
