//! Reads: first bytes that were handed back, then bytes from the `Io`.
//!
//! The loop passes the bytes to the protocol (`event_loop/dispatch.rs`). Bytes of a forwarded stream go to its sink
//! (`forward.rs`). `layer/flow.rs` moves bytes through layers.

use std::io;

use super::ctx::StreamRef;

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
    /// Fills `buffer` with received bytes.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Filled {
        if !self.stream.is_bare() {
            return self.fill_by_layers(buffer);
        }
        if !self.stream.state.discards()
            && let Some(n) = self.take_unread(buffer)
        {
            return Filled::Bytes(n);
        }
        self.read(buffer)
    }

    /// Reads from the `Io` of the stream.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Filled {
        match self.stream.io.read(buffer) {
            Ok(0) => Filled::End,
            Ok(n) => {
                self.stream.totals.received += n as u64;
                log::trace!("{}: read {n} bytes", self.label());
                if self.stream.note_read(n, buffer.len(), self.cx.now) {
                    self.schedule_rearm();
                }
                Filled::Bytes(n)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.stream.readable = false;
                self.schedule_rearm();
                Filled::NotNow
            }
            Err(error) => Filled::Failed(error),
        }
    }

    /// Fills `buffer` with bytes that were handed back, if there are any.
    pub(crate) fn take_unread(&mut self, buffer: &mut [u8]) -> Option<usize> {
        let unread = self.stream.unread.as_deref()?;
        let n = unread.len().min(buffer.len());
        buffer[..n].copy_from_slice(&unread[..n]);
        self.stream.unread = (n < unread.len()).then(|| unread[n..].into());
        Some(n)
    }

    /// Hands bytes back, to be delivered before all others.
    pub(crate) fn unread(&mut self, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        if self.stream.is_negotiating() {
            return self.take_early(data);
        }
        let mut bytes = data.to_vec();
        bytes.extend_from_slice(self.stream.unread.as_deref().unwrap_or_default());
        self.stream.unread = Some(bytes.into());
        self.queue_ready();
    }
}
