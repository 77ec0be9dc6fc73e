//! Discard: what comes in is counted and dropped. RFC 863.
//!
//! It is a [`BufferedProtocol`], because one buffer can be filled again and again if the bytes are not needed.

use crate::transports::handle::Transport;
use crate::transports::protocol::BufferedProtocol;

/// Room for one read, allocated at the first read.
const BUFFER_BYTES: usize = 64 * 1024;

/// Drops what it receives, and closes when the peer has ended.
#[derive(Debug, Default)]
pub struct Discard {
    buffer: Vec<u8>,
    total: u64,
}

impl Discard {
    /// Bytes dropped so far.
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
