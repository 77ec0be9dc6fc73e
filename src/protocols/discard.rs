//! Discard: what comes in is counted and thrown away. RFC 863.
//!
//! A [`BufferedProtocol`], since the bytes are wanted nowhere: one buffer of its own is filled over and over, and
//! nothing is handed along.

use crate::transports::handle::Transport;
use crate::transports::protocol::BufferedProtocol;

/// Room for one read; allocated with the first one.
const BUFFER_BYTES: usize = 64 * 1024;

/// Throws away what it receives, and closes when the peer has ended.
#[derive(Debug, Default)]
pub struct Discard {
    buffer: Vec<u8>,
    total: u64,
}

impl Discard {
    /// Bytes thrown away so far.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }
}

impl BufferedProtocol for Discard {
    fn get_buffer(&mut self, size_hint: usize) -> &mut [u8] {
        self.buffer.resize(size_hint.clamp(1, BUFFER_BYTES), 0);
        &mut self.buffer
    }

    fn buffer_updated(&mut self, _t: &mut Transport<'_>, n_bytes: usize) {
        self.total += n_bytes as u64;
    }
}
