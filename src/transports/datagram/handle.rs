//! The methods that a datagram protocol calls. asyncio's `DatagramTransport`.
//!
//! As with streams, a handle does not keep its transport alive, and every method is legal at any time.

use std::net::SocketAddr;
use std::time::Instant;

use super::socket::Datagram;
use crate::sys::datagram::Remote;
use crate::transports::ctx::{Call, DatagramRef, Installed};
pub use crate::transports::handle::DatagramTransport;
use crate::transports::info::{Info, Peer, canonical};
use crate::transports::out_buf::WaterMarks;
use crate::transports::protocol::DatagramProtocol;

/// The length of a packet has sixteen bits. It counts the 8 bytes of UDP, and over IPv4 the 20 bytes of IP too. RFC
/// 768, RFC 791, RFC 8200.
const V4_BYTES_MAX: usize = 65_507;
const V6_BYTES_MAX: usize = 65_527;

impl DatagramTransport<'_> {
    /// The socket, unless the handle is stale.
    pub(crate) fn slot(&self) -> Option<&Datagram> {
        self.net.slots.datagram(self.id)
    }

    /// Sends one datagram, which may be empty, to `to`, or to the peer that the transport is connected to. Never
    /// blocks. The datagram leaves right after the present callback, together with others. If the system refuses it,
    /// `error_received` says so. asyncio's `sendto`.
    ///
    /// The queue is bounded: while it holds more than the high-water mark, a datagram is dropped and counted
    /// (`info().datagrams.dropped`). asyncio's queue grows without end.
    ///
    /// A [`Remote`] from `datagram_received` is answered from the address that it wrote to. A `SocketAddr` turns into a
    /// `Remote` by `into`.
    pub fn sendto(&mut self, data: &[u8], to: Option<&Remote>) {
        self.with(|datagram| datagram.sendto(data, to.copied()));
    }

    /// How many bytes a datagram to `to`, or to the peer, can have: 65507 over IPv4, 65527 over IPv6.
    #[must_use]
    pub fn longest(&self, to: Option<&Remote>) -> usize {
        let to = to.map(|to| Peer::Ip(canonical(to.address())));
        match to.or_else(|| self.info().peer) {
            Some(Peer::Ip(SocketAddr::V6(_))) => V6_BYTES_MAX,
            _ => V4_BYTES_MAX,
        }
    }

    /// Receives nothing more, sends the queued datagrams, then ends in `connection_lost(None)`. asyncio's `close`.
    pub fn close(&mut self) {
        self.with(|datagram| datagram.close());
    }

    /// Drops the queued datagrams and ends at once in `connection_lost(None)`. asyncio's `abort`.
    pub fn abort(&mut self) {
        self.with(|datagram| datagram.force_close());
    }

    /// Whether it is closing or closed. asyncio's `is_closing`.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.slot().is_none_or(|datagram| datagram.state.is_closing())
    }

    /// Leaves datagrams in the buffer of the system, which drops them when it is full. asyncio cannot
    /// pause datagrams.
    pub fn pause_reading(&mut self) {
        self.with(|datagram| datagram.set_reading(false));
    }

    /// Lets datagrams come again. Legal at any time, any number of times.
    pub fn resume_reading(&mut self) {
        self.with(|datagram| datagram.set_reading(true));
    }

    /// Whether datagrams have arrived that are not delivered yet.
    #[must_use]
    pub fn may_have_more(&self) -> bool {
        let has_more = |datagram: &Datagram| datagram.readable || !datagram.undelivered.is_empty();
        self.slot().is_some_and(|datagram| !datagram.state.is_closing() && has_more(datagram))
    }

    /// At least the bytes of the datagrams that have arrived and are not delivered yet, and one for each.
    #[must_use]
    pub fn unread_bytes(&self) -> usize {
        let Some(datagram) = self.slot() else { return 0 };
        let undelivered = datagram.undelivered.iter().map(|(data, _)| data.len() + 1).sum::<usize>();
        datagram.io.unread() + undelivered
    }

    /// Whether the queue is over its high-water mark. `pause_writing` may not have been called yet.
    #[must_use]
    pub fn is_writing_paused(&self) -> bool {
        self.slot().is_some_and(|datagram| datagram.flow.is_paused())
    }

    /// Bytes queued and not sent yet, with eight for the header of each datagram. asyncio's `get_write_buffer_size`.
    #[doc(alias = "get_write_buffer_size")]
    #[must_use]
    pub fn write_buffer_size(&self) -> usize {
        self.slot().map_or(0, |datagram| datagram.queue.size())
    }

    /// The water marks of the write buffer. asyncio's `get_write_buffer_limits`.
    #[doc(alias = "get_write_buffer_limits")]
    #[must_use]
    pub fn write_buffer_limits(&self) -> WaterMarks {
        self.slot().map_or_else(WaterMarks::default, |datagram| datagram.flow.marks)
    }

    /// Sets the water marks of the write buffer. asyncio's `set_write_buffer_limits`.
    pub fn set_write_buffer_limits(&mut self, marks: WaterMarks) {
        self.with(|datagram| datagram.set_marks(marks));
    }

    /// The addresses of the peer that have refused, if the peer has several and all of them have. Otherwise the list is
    /// empty, and an error concerns the peer of [`info`](Self::info).
    #[must_use]
    pub fn refusing(&self) -> Vec<SocketAddr> {
        let candidates = self.slot().and_then(|datagram| datagram.candidates.as_ref());
        candidates.map(|candidates| candidates.refusing().map(canonical).collect()).unwrap_or_default()
    }

    /// Facts about the transport. asyncio's `get_extra_info`.
    #[doc(alias = "get_extra_info")]
    #[must_use]
    pub fn info(&self) -> Info {
        let Some(datagram) = self.slot() else { return Info::default() };
        let mut datagrams = datagram.counts;
        datagrams.dropped += datagram.io.dropped();
        Info {
            number: datagram.number,
            peer: datagram.io.peer().or_else(|| Some(Peer::Ip(canonical(datagram.default_to?.address())))),
            local: datagram.io.local(),
            totals: datagram.totals,
            datagrams,
            ..Info::default()
        }
    }

    /// When a datagram last moved, in either direction.
    #[must_use]
    pub fn last_activity(&self) -> Instant {
        let Some(datagram) = self.slot() else { return self.net.now() };
        self.net.cx.last_activity(datagram.last_activity, datagram.gate.throttle)
    }

    /// Replaces the protocol, right after the present callback. The new one gets no `connection_made` if the old one
    /// had it. asyncio's `set_protocol`.
    pub fn set_protocol(&mut self, protocol: impl DatagramProtocol + 'static) {
        self.net.cx.calls.push_back((self.id, Call::Install(Installed::Datagram(Box::new(protocol)))));
    }

    /// Sets whether this transport is in the background. A transport in the background does not keep the loop running.
    /// New transports are not in the background.
    pub fn set_background(&mut self, background: bool) {
        self.with(|datagram| {
            let before = std::mem::replace(&mut datagram.background, background);
            datagram.cx.note_background(before, background);
        });
    }

    /// Calls `change` with the socket. Nothing happens on a stale handle.
    pub(crate) fn with(&mut self, change: impl FnOnce(&mut DatagramRef<'_>)) {
        if let Some(mut datagram) = self.net.datagram_mut(self.id) {
            change(&mut datagram);
        }
    }
}
