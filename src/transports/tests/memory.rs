//! A stream in memory, for the simulator. Only the lowest layer differs from other streams.
//!
//! It behaves as badly as a socket under an edge-triggered epoll can: reads and writes are cut short, return "not now"
//! without a reason, and an edge is reported only once. The test holds the other end, a [`Wire`].

use std::collections::VecDeque;
use std::io::{self, IoSlice, Read};
use std::sync::{Arc, Mutex, MutexGuard};

/// Both directions of a stream in memory, in the view of the other end.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    /// Bytes for the stream that it has not read yet.
    pub(crate) inbound: VecDeque<u8>,
    /// The other end has ended its direction.
    pub(crate) inbound_end: bool,
    /// The error of reads after `inbound`.
    pub(crate) read_error: Option<io::ErrorKind>,
    /// Sent by the stream.
    pub(crate) outbound: Vec<u8>,
    /// The stream has ended its direction.
    pub(crate) outbound_end: bool,
    /// Bytes the "kernel" still takes before it says "not now".
    pub(crate) room: usize,
    /// The error of every write.
    pub(crate) write_error: Option<io::ErrorKind>,
    /// The other end is gone after this many questions about that. `None` means never.
    pub(crate) leaves_after: Option<u32>,
    /// The stream has closed, with or without a reset.
    pub(crate) closed: Option<Closed>,
    /// Edges that have not been reported yet.
    pub(crate) readable_edge: bool,
    pub(crate) writable_edge: bool,
    /// The seed of all faults. 0 means none.
    pub(crate) faults: Faults,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    Gently,
    Reset,
}

/// How badly a wire behaves.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) seed: u64,
    /// Calls move at most this many bytes. 0 means no limit.
    pub(crate) chunk_max: usize,
    /// One call in this many returns "not now" without a reason. 0 means none.
    pub(crate) not_now_one_in: u64,
}

impl Faults {
    /// The next number of a sequence that the seed determines (splitmix64).
    pub(crate) fn next(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn cut(&mut self, n: usize) -> usize {
        if self.chunk_max == 0 { n } else { n.min(1 + self.below(self.chunk_max)) }
    }

    pub(crate) fn not_now(&mut self) -> bool {
        self.not_now_one_in != 0 && self.next().is_multiple_of(self.not_now_one_in)
    }
}

/// The stream's end.
#[derive(Debug)]
pub(crate) struct Memory(Arc<Mutex<Wire>>);

impl Memory {
    pub(crate) fn new(wire: Arc<Mutex<Wire>>) -> Self {
        Self(wire)
    }

    fn wire(&self) -> MutexGuard<'_, Wire> {
        self.0.lock().expect("no test panics while it holds a wire")
    }

    pub(crate) fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut wire = self.wire();
        if wire.faults.not_now() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        if wire.inbound.is_empty() {
            return match wire.read_error {
                Some(kind) => Err(kind.into()),
                None if wire.inbound_end => Ok(0),
                None => Err(io::ErrorKind::WouldBlock.into()),
            };
        }
        let n = buf.len().min(wire.inbound.len());
        let n = wire.faults.cut(n);
        wire.inbound.read(&mut buf[..n])
    }

    pub(crate) fn write(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut wire = self.wire();
        assert!(!wire.outbound_end, "a write after the end of the direction");
        if let Some(kind) = wire.write_error {
            return Err(kind.into());
        }
        if wire.room == 0 || wire.faults.not_now() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let len: usize = bufs.iter().map(|buf| buf.len()).sum();
        let room = wire.room;
        let n = wire.faults.cut(len.min(room));
        let mut left = n;
        for buf in bufs {
            let (taken, _) = buf.split_at(left.min(buf.len()));
            wire.outbound.extend_from_slice(taken);
            left -= taken.len();
        }
        wire.room -= n;
        Ok(n)
    }

    pub(crate) fn is_hung_up(&self) -> bool {
        match &mut self.wire().leaves_after {
            Some(0) => true,
            Some(questions) => {
                *questions -= 1;
                false
            }
            None => false,
        }
    }

    pub(crate) fn shutdown_write(&mut self) -> io::Result<()> {
        self.wire().outbound_end = true;
        Ok(())
    }

    /// `EPOLL_CTL_MOD`: the current state is reported as new.
    pub(crate) fn rearm(&mut self) {
        let mut wire = self.wire();
        wire.readable_edge |= !wire.inbound.is_empty() || wire.inbound_end || wire.read_error.is_some();
        wire.writable_edge |= wire.room > 0 || wire.write_error.is_some();
    }

    pub(crate) fn take_error(&self) -> Option<io::Error> {
        self.wire().write_error.map(io::Error::from)
    }

    pub(crate) fn close(&mut self, reset: bool) {
        self.wire().closed = Some(if reset { Closed::Reset } else { Closed::Gently });
    }
}
