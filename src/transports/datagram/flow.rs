//! Sends datagrams: collects the datagrams of the callbacks of one batch, sends them in one call, and pauses the
//! protocol when too many wait.
//!
//! This is asyncio's `_SelectorDatagramTransport.sendto` with two differences. Datagrams leave right after the present
//! callbacks, so that several can leave in one call. Datagrams that are sent while the buffer is over its high-water
//! mark are dropped and counted, as a network would do, so the buffer is bounded whatever a protocol does.

use std::fmt::Display;
use std::io;

use crate::sys::datagram::{BATCH, Remote, SendBatch};
use crate::transports::connect::Connect;
use crate::transports::connect::error::ConnectError;
use crate::transports::ctx::{Call, DatagramRef};
use crate::transports::id::Direction;
use crate::transports::out_buf::WaterMarks;
use crate::transports::state::Phase;

/// The length of a datagram has sixteen bits. RFC 768.
const BYTES_MAX: usize = 65_535;

impl DatagramRef<'_> {
    /// Queues a datagram. It is sent right after the present callbacks, or now if much is queued already.
    pub(crate) fn sendto(&mut self, data: &[u8], to: Option<Remote>) {
        if !self.state.accepts_writes() {
            return;
        }
        if self.flow.is_paused() {
            self.counts.dropped += 1;
            log::debug!("{}: dropped a datagram of {} bytes: the queue is full", self.label(), data.len());
            return;
        }
        if data.len() > BYTES_MAX {
            // No network carries such a datagram, so it is dropped now.
            self.counts.dropped += 1;
            return self.call(Call::ErrorReceived(io::Error::from_raw_os_error(libc::EMSGSIZE)));
        }
        self.keep_until_settled(data);
        let to = to.or(self.default_to);
        self.show(Direction::Write, to.as_ref(), data);
        self.queue.push(data, to.map(|to| to.without_class()));
        if !std::mem::replace(&mut self.corked, true) {
            self.cx.cork.sockets.push(self.id);
        }
        if self.queue.len() >= BATCH || self.queue.size() > self.flow.marks.high() {
            self.flush();
            self.pause_if_over();
        }
    }

    /// Sends queued datagrams, as many as the system takes. Then resumes the protocol, or continues a close.
    pub(crate) fn flush(&mut self) {
        let datagram = &mut *self.slot;
        let batch = self.cx.cork.batch.get_or_insert_with(|| Box::new(SendBatch::new()));
        // An error can be about an earlier datagram. The same error a second time is about the present one.
        let mut earlier = None;
        while datagram.wants_write() {
            let plan = datagram.queue.plan(datagram.segments);
            let io = &mut datagram.io;
            match datagram.queue.send(&plan, |messages| io.send(batch, messages)) {
                Ok((count, bytes)) => {
                    datagram.counts.sent += count as u64;
                    datagram.totals.sent += bytes as u64;
                    datagram.last_activity = self.cx.now;
                    datagram.send_failed = false;
                    earlier = None;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    datagram.writable = !std::mem::replace(&mut datagram.send_failed, true);
                }
                Err(error) if plan.joins_first() && may_be_about_joining(&error) => datagram.segments = false,
                Err(error) if datagram.may_go_elsewhere(&error) => return self.refused(error),
                Err(error) if datagram.connected && is_told_of_earlier(&error) && earlier.is_none() => {
                    earlier = error.raw_os_error();
                    self.cx.calls.push_back((self.id, Call::ErrorReceived(error)));
                }
                Err(error) => {
                    datagram.queue.drop_first();
                    datagram.counts.dropped += 1;
                    if error.raw_os_error() != earlier {
                        self.cx.calls.push_back((self.id, Call::ErrorReceived(error)));
                    }
                    earlier = None;
                }
            }
        }
        let size = self.queue.size();
        if self.flow.resume_at(size) {
            self.call(Call::ResumeWriting);
        }
        if self.queue.is_empty() && self.state.phase() == Phase::Flushing {
            self.close_unless_refused();
        }
    }

    /// Receives nothing more, sends the queued datagrams, then queues `connection_lost(None)`. An error of an earlier
    /// datagram is told before. asyncio's `close`.
    pub(crate) fn close(&mut self) {
        if self.state.phase() == Phase::Connecting {
            return self.force_close();
        }
        if self.state.close() {
            self.undelivered = Vec::new();
            self.flush();
        }
    }

    /// Ends the socket now, and queues `connection_lost`, or `connection_failed` if the socket was never open.
    pub(crate) fn force_close(&mut self) {
        let Some(phase) = self.state.lose() else { return };
        if phase == Phase::Flushing
            && let Some(error) = self.io.take_error()
        {
            self.call(Call::ErrorReceived(error));
        }
        self.queue.clear();
        self.undelivered = Vec::new();
        self.end_connecting();
        self.settle();
        self.call(if phase == Phase::Connecting {
            Call::ConnectionFailed(ConnectError::given_up())
        } else {
            Call::ConnectionLost(None)
        });
    }

    pub(crate) fn set_marks(&mut self, marks: WaterMarks) {
        self.flow.marks = marks;
        self.pause_if_over();
    }

    fn pause_if_over(&mut self) {
        let size = self.queue.size();
        if self.flow.pause_at(size) {
            self.call(Call::PauseWriting);
        }
    }

    pub(crate) fn set_reading(&mut self, reading: bool) {
        if reading && self.gate.paused {
            // The peer was not idle while reading was paused.
            self.last_activity = self.cx.now;
        }
        self.gate.paused = !reading;
        self.queue_read();
    }
}

impl DatagramRef<'_> {
    /// Shows a datagram from or to `other`, or to the peer of a connected socket.
    pub(crate) fn show(&mut self, direction: Direction, other: Option<&Remote>, data: &[u8]) {
        let (Some(dump), Some(tap)) = (self.cx.dump.as_deref_mut(), self.slot.tap.as_deref_mut()) else { return };
        let peer = self.slot.io.peer();
        let end: &dyn Display = match (other, &peer) {
            (Some(other), _) => other,
            (None, Some(peer)) => peer,
            (None, None) => &"udp",
        };
        dump.datagram(tap, direction, self.cx.now, end, data);
    }
}

/// Whether the datagrams may pass one by one: the device cannot cut the message, or the network takes shorter packets
/// only. `UDP_SEGMENT` of `udp(7)`.
fn may_be_about_joining(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EIO | libc::EINVAL | libc::EMSGSIZE | libc::EOPNOTSUPP))
}

/// Whether an error can be about an earlier datagram, as an ICMP message has come back. `udp(7)`.
fn is_told_of_earlier(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    matches!(error.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable)
        || matches!(error.raw_os_error(), Some(libc::EHOSTDOWN | libc::EPROTO | libc::ENOPROTOOPT | libc::EOPNOTSUPP))
}
