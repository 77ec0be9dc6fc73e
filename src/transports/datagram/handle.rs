//! What a datagram protocol calls. asyncio's `DatagramTransport`.
//!
//! As with streams, a handle does not keep its transport alive, and every method is legal at any time.

use std::fmt;
use std::time::Instant;

use super::socket::Datagram;
use crate::sys::datagram::Remote;
use crate::transports::call::{Call, Installed};
pub use crate::transports::handle::DatagramTransport;
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::info::{Info, Peer, canonical};
use crate::transports::net::Net;
use crate::transports::out_buf::WaterMarks;
use crate::transports::protocol::DatagramProtocol;

impl DatagramTransport<'_> {
    /// The id, to be kept by whoever wants to reach this transport later.
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// Everything else that can be done with the loop.
    pub fn net(&mut self) -> &mut Net {
        self.net
    }

    /// The handle of a stream of the same loop.
    pub fn peer(&mut self, id: Id) -> Transport<'_> {
        Transport { net: self.net, id }
    }

    /// Sends one datagram, an empty one too: to `to`, or where the transport was connected to. Never blocks. It leaves
    /// right after the present callback, together with others; while more than the high-water mark waits, it is dropped
    /// and counted. What the system has against it comes as `error_received`. asyncio's `sendto`.
    ///
    /// A [`Remote`] from `datagram_received` is answered from the address that it wrote to; a `SocketAddr` turns into
    /// one by `into`.
    pub fn sendto(&mut self, data: &[u8], to: Option<&Remote>) {
        self.net.sendto(self.id, data, to.copied());
    }

    /// Receives nothing more, sends what is queued, then ends in `connection_lost(None)`. asyncio's `close`.
    pub fn close(&mut self) {
        self.net.cforce_close_datagrams(self.id);
    }

    /// Drops what is queued and ends at once in `connection_lost(None)`. asyncio's `abort`.
    pub fn abort(&mut self) {
        self.net.force_close_datagrams(self.id);
    }

    /// Whether it is closing or closed. asyncio's `is_closing`.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.net.datagram(self.id).is_none_or(Datagram::is_closing)
    }

    /// Leaves what arrives in the system's buffer, which drops what no longer fits. asyncio has no such thing for
    /// datagrams, and so nothing to do about a sink that is slower than the network.
    pub fn pause_reading(&mut self) {
        self.net.set_datagram_reading(self.id, false);
    }

    /// Lets datagrams come again. Legal at any time, any number of times.
    pub fn resume_reading(&mut self) {
        self.net.set_datagram_reading(self.id, true);
    }

    /// Whether datagrams that have arrived may not have been delivered yet, and still will be.
    #[must_use]
    pub fn may_have_more(&self) -> bool {
        let has_more = |datagram: &Datagram| datagram.readable || !datagram.undelivered.is_empty();
        self.net.datagram(self.id).is_some_and(|datagram| !datagram.is_closing() && has_more(datagram))
    }

    /// Whether the buffer is over its high-water mark, even if `pause_writing` has not been called yet.
    #[must_use]
    pub fn is_writing_paused(&self) -> bool {
        self.net.datagram(self.id).is_some_and(|datagram| datagram.flow.is_paused())
    }

    /// Bytes queued and not sent yet, with eight for the header of each datagram. asyncio's `get_write_buffer_size`.
    #[doc(alias = "get_write_buffer_size")]
    #[must_use]
    pub fn write_buffer_size(&self) -> usize {
        self.net.datagram(self.id).map_or(0, |datagram| datagram.queue.size())
    }

    /// The water marks of the write buffer. asyncio's `get_write_buffer_limits`.
    #[doc(alias = "get_write_buffer_limits")]
    #[must_use]
    pub fn write_buffer_limits(&self) -> WaterMarks {
        self.net.datagram(self.id).map_or_else(WaterMarks::default, |datagram| datagram.flow.marks)
    }

    /// Sets the water marks of the write buffer. asyncio's `set_write_buffer_limits`.
    pub fn set_write_buffer_limits(&mut self, marks: WaterMarks) {
        self.net.set_datagram_marks(self.id, marks);
    }

    /// Facts about the transport. asyncio's `get_extra_info`.
    #[doc(alias = "get_extra_info")]
    #[must_use]
    pub fn info(&self) -> Info {
        let Some(datagram) = self.net.datagram(self.id) else { return Info::default() };
        let mut datagrams = datagram.counts;
        datagrams.dropped += datagram.io.dropped();
        Info {
            peer: datagram.io.peer().or_else(|| Some(Peer::Ip(canonical(datagram.default_to?.address())))),
            tls: None,
            local: datagram.io.local(),
            terminal: false,
            totals: datagram.totals,
            datagrams,
        }
    }

    /// When a datagram last moved, in either direction.
    #[must_use]
    pub fn last_activity(&self) -> Instant {
        self.net.datagram(self.id).map_or_else(|| self.net.now(), |datagram| datagram.last_activity)
    }

    /// Replaces the protocol, right after the present callback. The new one gets no `connection_made` if the old one
    /// had it. asyncio's `set_protocol`.
    pub fn set_protocol(&mut self, protocol: impl DatagramProtocol + 'static) {
        self.net.cx.calls.push_back((self.id, Call::Install(Installed::Datagram(Box::new(protocol)))));
    }

    /// Whether this transport keeps the loop running by itself; all do at first.
    pub fn set_background(&mut self, background: bool) {
        self.net.set_background(self.id, background);
    }
}

impl fmt::Debug for DatagramTransport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatagramTransport {:?} {:?}", self.id, self.net.datagram(self.id))
    }
}
