//! How datagrams leave: collect what the callbacks of one batch send, send it in one call, and say when too much waits.
//!
//! asyncio's `_SelectorDatagramTransport.sendto`, with two differences: what is sent leaves right after the present
//! callbacks, so that it can leave together; and what is sent while the buffer is over its high-water mark is dropped
//! and counted, as a network would, so that the buffer is bounded whatever a protocol does.

use std::fmt::Display;
use std::io;

use super::socket::{Datagram, DatagramPhase};
use crate::sys::datagram::{BATCH, Remote, SendBatch};
use crate::transports::call::Call;
use crate::transports::connect::error::ConnectError;
use crate::transports::ctx::Ctx;
use crate::transports::id::{Direction, Id};
use crate::transports::label::Label;
use crate::transports::net::{Net, Slot};
use crate::transports::out_buf::WaterMarks;

/// The length of a datagram has sixteen bits. RFC 768.
const BYTES_MAX: usize = 65_535;

impl Net {
    /// Queues a datagram, to be sent right after the present callbacks, or now where much is queued already.
    pub(crate) fn sendto(&mut self, id: Id, data: &[u8], to: Option<Remote>) {
        let Some(Slot::Datagram(datagram)) = self.slots.get_mut(id) else { return };
        if !datagram.accepts_writes() {
            return;
        }
        if datagram.flow.is_paused() {
            datagram.counts.dropped += 1;
            log::debug!("{}: a datagram of {} bytes is dropped, as too much waits", Label(self, id), data.len());
            return;
        }
        if data.len() > BYTES_MAX {
            // What no network carries would only take up memory until the system says so.
            datagram.counts.dropped += 1;
            self.cx.calls.push_back((id, Call::ErrorReceived(io::Error::from_raw_os_error(libc::EMSGSIZE))));
            return;
        }
        if datagram.candidates.is_some() {
            self.keep_until_settled(id, data);
        }
        let Some(Slot::Datagram(datagram)) = self.slots.get_mut(id) else { return };
        let to = to.or(datagram.default_to);
        datagram.show(&mut self.cx, Direction::Write, to.as_ref(), data);
        datagram.queue.push(data, to.map(|to| to.without_class()));
        if !std::mem::replace(&mut datagram.corked, true) {
            self.corked.push(id);
        }
        if datagram.queue.len() >= BATCH || datagram.queue.size() > datagram.flow.marks.high() {
            self.flush_datagrams(id);
            self.pause_datagrams_if_over(id);
        }
    }

    /// Sends what the callbacks so far have queued.
    pub(crate) fn flush_corked(&mut self) {
        while let Some(id) = self.corked.pop() {
            if let Some(datagram) = self.datagram_mut(id) {
                datagram.corked = false;
                self.flush_datagrams(id);
            }
        }
    }

    /// Sends what is queued as far as it fits, and goes on with what waited for that.
    pub(crate) fn flush_datagrams(&mut self, id: Id) {
        let Some(Slot::Datagram(datagram)) = self.slots.get_mut(id) else { return };
        let batch = self.send_batch.get_or_insert_with(|| Box::new(SendBatch::new()));
        // The number of an error that was about an earlier datagram: the same one again is about the present one.
        let mut earlier = None;
        while datagram.wants_write() {
            let plan = datagram.queue.plan(datagram.segments);
            let io = &mut datagram.io;
            match datagram.queue.send(&plan, |messages| io.send(batch, messages)) {
                Ok((count, bytes)) => {
                    datagram.counts.sent += count as u64;
                    datagram.totals.sent += bytes as u64;
                    datagram.last_activity = self.cx.now;
                    earlier = None;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => datagram.writable = false,
                Err(error) if plan.joins_first() && may_be_about_joining(&error) => datagram.segments = false,
                Err(error) if datagram.may_go_elsewhere(&error) => return self.refused(id, error),
                Err(error) if datagram.connected && is_told_of_earlier(&error) && earlier.is_none() => {
                    earlier = error.raw_os_error();
                    self.cx.calls.push_back((id, Call::ErrorReceived(error)));
                }
                Err(error) => {
                    datagram.queue.drop_first();
                    datagram.counts.dropped += 1;
                    if error.raw_os_error() != earlier {
                        self.cx.calls.push_back((id, Call::ErrorReceived(error)));
                    }
                    earlier = None;
                }
            }
        }
        if datagram.flow.resume_at(datagram.queue.size()) {
            self.cx.calls.push_back((id, Call::ResumeWriting));
        }
        if datagram.queue.is_empty() && datagram.phase() == DatagramPhase::Flushing {
            // A refusal that has come meanwhile is the last that can be heard of.
            let error = datagram.candidates.is_some().then(|| datagram.io.take_error()).flatten();
            match error {
                Some(error) => self.refused(id, error),
                None => self.force_close_datagrams(id),
            }
        }
    }

    /// asyncio's `close`: nothing more is received, what is queued goes out, then `connection_lost(None)`. An error
    /// that an earlier datagram has met is told before.
    pub(crate) fn cforce_close_datagrams(&mut self, id: Id) {
        let Some(datagram) = self.datagram_mut(id) else { return };
        if datagram.phase() == DatagramPhase::Resolving {
            return self.force_close_datagrams(id);
        }
        if datagram.close() {
            datagram.undelivered = Vec::new();
            self.flush_datagrams(id);
        }
    }

    /// Ends a socket now. `connection_lost`, or `connection_failed` where it was never open, is queued, once.
    pub(crate) fn force_close_datagrams(&mut self, id: Id) {
        let Some(Slot::Datagram(datagram)) = self.slots.get_mut(id) else { return };
        let Some(phase) = datagram.lose() else { return };
        if phase == DatagramPhase::Flushing
            && let Some(error) = datagram.io.take_error()
        {
            self.cx.calls.push_back((id, Call::ErrorReceived(error)));
        }
        datagram.queue.clear();
        datagram.undelivered = Vec::new();
        self.end_connecting(id);
        self.settle(id);
        self.cx.calls.push_back((
            id,
            if phase == DatagramPhase::Resolving {
                Call::ConnectionFailed(ConnectError::given_up())
            } else {
                Call::ConnectionLost(None)
            },
        ));
    }

    pub(crate) fn set_datagram_marks(&mut self, id: Id, marks: WaterMarks) {
        let Some(datagram) = self.datagram_mut(id) else { return };
        datagram.flow.marks = marks;
        self.pause_datagrams_if_over(id);
    }

    fn pause_datagrams_if_over(&mut self, id: Id) {
        let Some(datagram) = self.datagram_mut(id) else { return };
        if datagram.flow.pause_at(datagram.queue.size()) {
            self.cx.calls.push_back((id, Call::PauseWriting));
        }
    }

    pub(crate) fn set_datagram_reading(&mut self, id: Id, reading: bool) {
        let Some(Slot::Datagram(datagram)) = self.slots.get_mut(id) else { return };
        if reading && !datagram.reading {
            // Nobody was silent while we did not listen.
            datagram.last_activity = self.cx.now;
        }
        datagram.reading = reading;
        if datagram.wants_read() {
            // No event will come for what is there already.
            self.queue_ready(id);
        }
    }
}

impl Datagram {
    /// Shows a datagram from or to `other`, or to the peer of a connected socket.
    pub(crate) fn show(&mut self, cx: &mut Ctx, direction: Direction, other: Option<&Remote>, data: &[u8]) {
        let (Some(dump), Some(tap)) = (cx.dump.as_deref_mut(), self.tap.as_deref_mut()) else { return };
        let peer = self.io.peer();
        let end: &dyn Display = match (other, &peer) {
            (Some(other), _) => other,
            (None, Some(peer)) => peer,
            (None, None) => &"udp",
        };
        dump.datagram(tap, direction, cx.now, end, data);
    }
}

/// Whether each for itself may do: the device cannot cut, or the network takes shorter packets. `udp(7)`,
/// `UDP_SEGMENT`.
fn may_be_about_joining(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EIO | libc::EINVAL | libc::EMSGSIZE | libc::EOPNOTSUPP))
}

/// Whether this can be the system's word on a datagram that has left already: an ICMP message has come back. `udp(7)`.
fn is_told_of_earlier(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    matches!(error.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable)
        || matches!(error.raw_os_error(), Some(libc::EHOSTDOWN | libc::EPROTO | libc::ENOPROTOOPT | libc::EOPNOTSUPP))
}
