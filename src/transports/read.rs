//! How bytes come in: those handed back first, then what the kernel moves on by itself, then what is read.
//!
//! What becomes of them, and of the end, is the loop's (`event_loop/dispatch.rs`), since it calls the protocol.

use std::io;

use super::forward::SpliceOutcome;
use super::id::Id;
use super::label::Label;
use super::net::{Net, Slot};

/// The outcome of one attempt to fill a buffer.
pub(crate) enum Filled {
    /// This many bytes are in the buffer.
    Bytes(usize),
    /// This many bytes went to the sink of a forwarded stream.
    Forwarded(usize),
    /// The peer has ended its direction.
    End,
    /// There is nothing at present, or nowhere to put it.
    NotNow,
    /// The stream has failed. Also where we have closed already: a reset then means that not all of our bytes were
    /// read.
    Failed(io::Error),
}

impl Net {
    /// Fills `buffer` with what has arrived, or forwards it. More bytes than fit are read only if they are forwarded.
    pub(crate) fn fill(&mut self, id: Id, buffer: &mut [u8]) -> Filled {
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return Filled::NotNow };
        let discards = stream.state.discards();
        if !discards && !stream.is_handshaking() {
            if !self.sink_ready(id) {
                return Filled::NotNow;
            }
            let Some(stream) = self.stream_mut(id) else { return Filled::NotNow };
            if let Some(unread) = &stream.unread {
                let n = unread.len().min(buffer.len());
                buffer[..n].copy_from_slice(&unread[..n]);
                stream.unread = (n < unread.len()).then(|| unread[n..].into());
                return if self.forward_bytes(id, &buffer[..n]) { Filled::Forwarded(n) } else { Filled::Bytes(n) };
            }
            match self.splice(id) {
                SpliceOutcome::Bytes(n) => return Filled::Forwarded(n),
                SpliceOutcome::NotNow => return Filled::NotNow,
                SpliceOutcome::Failed(error) => return Filled::Failed(error),
                SpliceOutcome::Copy => (),
            }
        }
        let now = self.now;
        let Some(stream) = self.stream_mut(id) else { return Filled::NotNow };
        if stream.tls.is_some() && !stream.has_failed_tls() {
            return match self.fill_by_tls(id, buffer, discards) {
                Filled::Bytes(n) if !discards && self.forward_bytes(id, &buffer[..n]) => Filled::Forwarded(n),
                filled => filled,
            };
        }
        match stream.io.read(buffer) {
            Ok(0) => Filled::End,
            Ok(n) => {
                stream.totals.received += n as u64;
                log::trace!("{}: read {n} bytes", Label(self, id));
                if self.stream_mut(id).is_some_and(|stream| stream.note_read(n, buffer.len(), now)) {
                    self.schedule_rearm(id);
                }
                if !discards && self.forward_bytes(id, &buffer[..n]) { Filled::Forwarded(n) } else { Filled::Bytes(n) }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                stream.readable = false;
                self.schedule_rearm(id);
                Filled::NotNow
            }
            Err(error) => Filled::Failed(error),
        }
    }
}
