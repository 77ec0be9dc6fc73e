//! What a protocol calls: an id and a borrow. asyncio's `transports.py`.
//!
//! A handle does not keep its transport alive, and a stale one does nothing: every method is legal at any time. The
//! methods of a stream are here. Those of datagrams are `datagram/handle.rs`, those of a child `process/handle.rs`.

use std::fmt;
use std::io::{self, IoSlice};
use std::time::Instant;

use super::call::{Call, Installed};
use super::ctx::StreamRef;
use super::error::TlsError;
use super::id::Id;
use super::info::{Info, Peer};
use super::io::Io;
use super::keepalive::KeepAlive;
use super::net::Net;
use super::out_buf::WaterMarks;
use super::protocol::Handler;
use super::stream::{CloseMode, Stream};
use super::tls::Tls;
use super::tls::layer::TlsLayer;

/// A transport, as its protocol sees it. asyncio's `BaseTransport`, `ReadTransport` and `WriteTransport` in one.
pub struct Transport<'a> {
    pub(crate) net: &'a mut Net,
    pub(crate) id: Id,
}

/// A datagram transport, as its protocol sees it. asyncio's `DatagramTransport`.
pub struct DatagramTransport<'a> {
    pub(crate) net: &'a mut Net,
    pub(crate) id: Id,
}

/// A child, as its protocol sees it. asyncio's `SubprocessTransport`.
pub struct SubprocessTransport<'a> {
    pub(crate) net: &'a mut Net,
    pub(crate) id: Id,
}

impl Net {
    /// The handle of a transport, from outside its own callbacks. A stale id gives a handle that does nothing.
    pub fn transport(&mut self, id: Id) -> Transport<'_> {
        Transport { net: self, id }
    }

    /// The handle of a datagram transport, likewise.
    pub fn datagram_transport(&mut self, id: Id) -> DatagramTransport<'_> {
        DatagramTransport { net: self, id }
    }

    /// The handle of a child, likewise.
    pub fn subprocess_transport(&mut self, id: Id) -> SubprocessTransport<'_> {
        SubprocessTransport { net: self, id }
    }
}

impl Transport<'_> {
    /// The id, to be kept by whoever wants to reach this transport later.
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// Everything else that can be done with the loop.
    pub fn net(&mut self) -> &mut Net {
        self.net
    }

    /// Nothing happens on a stale handle.
    fn with(&mut self, change: impl FnOnce(&mut StreamRef<'_>)) {
        if let Some(mut stream) = self.net.stream_mut(self.id) {
            change(&mut stream);
        }
    }

    /// The handle of another transport of the same loop.
    pub fn peer(&mut self, id: Id) -> Transport<'_> {
        Transport { net: self.net, id }
    }

    /// The handle of a datagram transport of the same loop.
    pub fn datagram(&mut self, id: Id) -> DatagramTransport<'_> {
        DatagramTransport { net: self.net, id }
    }

    /// Sends `data`, or buffers what does not fit now. Never blocks. Nothing happens before the stream is open, once it
    /// is closing, or after `write_eof`. asyncio's `write`.
    pub fn write(&mut self, data: &[u8]) {
        self.with(|stream| stream.write(&[IoSlice::new(data)]));
    }

    /// Sends several slices as one. asyncio's `writelines`.
    pub fn writelines(&mut self, data: &[IoSlice<'_>]) {
        self.with(|stream| stream.write(data));
    }

    /// Ends our direction once everything buffered is out; the peer may go on sending. The write end of a pipe, a
    /// child's stdin among them, has no other direction: it then ends in `connection_lost(None)`. asyncio's
    /// `write_eof`.
    pub fn write_eof(&mut self) {
        self.with(|stream| stream.write_eof());
    }

    /// Whether one direction can end alone. asyncio's `can_write_eof`.
    #[must_use]
    pub fn can_write_eof(&self) -> bool {
        self.net.stream(self.id).is_some_and(|stream| stream.io.can_write_eof())
    }

    /// Whether `write_eof` was called, or writing has failed.
    #[must_use]
    pub fn is_write_closed(&self) -> bool {
        self.net.stream(self.id).is_none_or(|stream| stream.state.is_write_closed())
    }

    /// Whether there may be more to read at this moment, delivered or not.
    #[must_use]
    pub fn may_have_more(&self) -> bool {
        self.net
            .stream(self.id)
            .is_some_and(|stream| stream.readable || stream.unread.is_some() || stream.has_layer_event())
    }

    /// Whether the peer's direction has ended.
    #[must_use]
    pub fn is_at_eof(&self) -> bool {
        self.net.stream(self.id).is_none_or(|stream| stream.state.reading_ended())
    }

    /// Whether the connection has failed, by a reset for one, although what came before has not been read yet.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.net.stream(self.id).is_some_and(|stream| stream.io.has_failed() || stream.state.was_reset())
    }

    /// Whether the peer is known to be wholly gone, both its directions. Only unix sockets can tell; TCP can once our
    /// own direction has ended, and then it is no more than that both have.
    #[must_use]
    pub fn is_peer_gone(&self) -> bool {
        self.net.stream(self.id).is_none_or(|stream| stream.io.is_hung_up())
    }

    /// Stops reading, sends what is buffered, then ends in `connection_lost(None)`. asyncio's `close`.
    ///
    /// A socket whose peer has not ended yet is given up to 5 s for that, its bytes thrown away: closing a socket with
    /// unread bytes would reset the connection, and could destroy what the peer was about to read. A TCP peer's system
    /// must then have acknowledged everything, as it may still refuse it; one of many accepted connections is given 5 s
    /// for that too.
    pub fn close(&mut self) {
        self.with(|stream| stream.close(CloseMode::Lingering));
    }

    /// As [`close`](Self::close), for a peer of which nothing more is wanted: the stream is over as soon as the peer's
    /// system has everything that was written, whether the peer ends or not. A peer that is in the middle of sending is
    /// given up to 5 s, as a reset could keep the peer from reading what it was sent. asyncio has no such thing.
    pub fn close_once_delivered(&mut self) {
        self.with(|stream| stream.close(CloseMode::Delivered));
    }

    /// As [`close`](Self::close), but once a TCP peer has everything that was written, it sees a reset: a stream that
    /// is cut must not look like a whole one. A stream that is closing already keeps to how that was begun. asyncio has
    /// no such thing.
    pub fn close_by_reset(&mut self) {
        self.with(|stream| stream.close(CloseMode::Reset));
    }

    /// Drops what is buffered and ends at once in `connection_lost(None)`; a TCP peer sees a reset. asyncio's `abort`.
    pub fn abort(&mut self) {
        self.with(|stream| stream.force_close(None, true));
    }

    /// Ends a connection that [`has_failed`](Self::has_failed) without reading what came before: `connection_lost`
    /// tells of the failure. asyncio has no such thing.
    pub fn fail(&mut self) {
        let error = self.net.stream(self.id).and_then(|stream| stream.io.take_error());
        let error = error.unwrap_or_else(|| io::Error::from_raw_os_error(libc::ECONNRESET));
        self.with(|stream| stream.force_close(Some(error), true));
    }

    /// Whether it is closing or closed. asyncio's `is_closing`.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.net.stream(self.id).is_none_or(|stream| stream.state.is_closing())
    }

    /// Stops the flow of `data_received`. Legal at any time, any number of times. asyncio's `pause_reading`.
    pub fn pause_reading(&mut self) {
        self.with(|stream| stream.set_reading(false));
    }

    /// Lets data flow again. Legal at any time, any number of times. asyncio's `resume_reading`.
    pub fn resume_reading(&mut self) {
        self.with(|stream| stream.set_reading(true));
    }

    /// Whether data is being received: neither paused, nor closing, nor at the peer's end. asyncio's `is_reading`.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.net
            .stream(self.id)
            .is_some_and(|stream| stream.reading && !stream.state.is_closing() && !stream.state.reading_ended())
    }

    /// Whether the buffer is over its high-water mark, even if `pause_writing` has not been called yet.
    #[must_use]
    pub fn is_writing_paused(&self) -> bool {
        self.net.stream(self.id).is_some_and(|stream| stream.out.flow.is_paused())
    }

    /// Bytes buffered and not sent yet. asyncio's `get_write_buffer_size`.
    #[doc(alias = "get_write_buffer_size")]
    #[must_use]
    pub fn write_buffer_size(&self) -> usize {
        self.net.stream(self.id).map_or(0, |stream| stream.unsent())
    }

    /// The water marks of the write buffer. asyncio's `get_write_buffer_limits`.
    #[doc(alias = "get_write_buffer_limits")]
    #[must_use]
    pub fn write_buffer_limits(&self) -> WaterMarks {
        self.net.stream(self.id).map_or_else(WaterMarks::default, |stream| stream.out.flow.marks)
    }

    /// Sets the water marks of the write buffer. asyncio's `set_write_buffer_limits`.
    pub fn set_write_buffer_limits(&mut self, marks: WaterMarks) {
        self.with(|stream| stream.set_marks(marks));
    }

    /// Whether bytes are read from a terminal.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.net.stream(self.id).is_some_and(|stream| stream.io.reads_terminal())
    }

    /// Whether it is a connection, which has a peer; a pipe, stdin and stdout have none.
    #[must_use]
    pub fn is_connection(&self) -> bool {
        self.net.stream(self.id).is_some_and(|stream| stream.peer.is_some())
    }

    /// Whether it is forwarded, and not read because there is no room where it goes.
    #[must_use]
    pub fn is_blocked_by_sink(&self) -> bool {
        let Some(stream) = self.net.stream(self.id).filter(|stream| stream.blocked_by_sink) else { return false };
        let sink = stream.forward.as_deref().and_then(|forward| self.net.stream(forward.to));
        // A sink with room again only queues its source.
        sink.is_none_or(|sink| sink.source_waits)
    }

    /// Facts about the transport. asyncio's `get_extra_info`.
    #[doc(alias = "get_extra_info")]
    #[must_use]
    pub fn info(&self) -> Info {
        let Some(stream) = self.net.stream(self.id) else { return Info::default() };
        Info {
            peer: stream.peer.as_deref().cloned(),
            local: match &stream.io {
                Io::Socket(socket) | Io::Closed(socket) => Peer::local_of(socket),
                _ => None,
            },
            tls: stream.tls().and_then(TlsLayer::info).map(Box::new),
            terminal: self.is_terminal(),
            totals: stream.totals,
            datagrams: super::info::DatagramTotals::default(),
        }
    }

    /// Bytes on their way to a TCP peer, whose system has not taken them yet: it may do so long after they were sent.
    #[must_use]
    pub fn on_the_way(&self) -> usize {
        self.net.stream(self.id).map_or(0, Stream::on_the_way)
    }

    /// When bytes last moved, in either direction.
    #[must_use]
    pub fn last_activity(&self) -> Instant {
        self.net.stream(self.id).map_or_else(|| self.net.now(), |stream| stream.last_activity)
    }

    /// Replaces the protocol, right after the present callback. The new one gets no `connection_made` if the old one
    /// had it. asyncio's `set_protocol`.
    pub fn set_protocol(&mut self, protocol: impl Into<Handler>) {
        self.net.cx.calls.push_back((self.id, Call::Install(Installed::Protocol(protocol.into()))));
    }

    /// Hands bytes back, to be delivered first to whoever is the protocol then: what a protocol has not used when it
    /// hands over to another one. Bytes handed back earlier come after these.
    pub fn unread(&mut self, data: &[u8]) {
        self.with(|stream| stream.unread(data));
    }

    /// The peer has ended its direction and we go on: have the system probe soon whether it is still there at all,
    /// since a TCP peer that is wholly gone looks the same as one that only listens.
    pub fn expect_vanished_peer(&mut self) {
        if let Some(stream) = self.net.stream(self.id) {
            stream.io.probe_peer(stream.keepalive);
        }
    }

    /// When a TCP peer that is silent counts as gone, for a connection that is open. Elsewhere it means nothing.
    ///
    /// # Errors
    /// What `setsockopt(2)` said.
    pub fn set_keepalive(&mut self, keepalive: KeepAlive) -> io::Result<()> {
        self.net.stream_mut(self.id).map_or(Ok(()), |mut stream| stream.set_keepalive(keepalive))
    }

    /// Sends what arrives to `to` from now on, by the shortest way there is, and not to the protocol, whose
    /// `data_received` is not called any more. All else is as before: the end is told by `eof_received`, and passing it
    /// on is the protocol's business; `pause_reading` holds; what `to` cannot take now is waited for, so that no more
    /// is read than its high-water mark and what one read gives. What goes wrong with `to` is told to the protocol of
    /// `to`; once that was told of the end (`connection_lost`), what arrives goes to the protocol here again, as it
    /// does where `to` has gone already. A stream takes from one other at a time: a stream that was forwarded to `to`
    /// before is not read any more. A stream cannot be its own target. asyncio's `sendfile`, for whatever there is.
    #[doc(alias = "sendfile")]
    pub fn forward_to(&mut self, to: Id) {
        self.net.forward(self.id, to);
    }

    /// Hands what arrives to the protocol again.
    pub fn stop_forwarding(&mut self) {
        self.net.stop_forwarding(self.id);
    }

    /// Speaks TLS on this stream from now on; on one that is not open yet, as soon as it is. What arrives before the
    /// handshake is done belongs to it, bytes that were handed back included. Writing is paused meanwhile.
    ///
    /// A stream that was not open yet is made (`connection_made`) when the handshake is done, or has failed to be
    /// (`connection_failed`); an open one is told by `tls_started`, or is lost. asyncio's `start_tls`, in place.
    ///
    /// # Errors
    /// TLS is spoken on it already, it is closing or closed, or our direction has ended. The stream is left as it is.
    pub fn start_tls(&mut self, tls: impl Into<Tls>) -> io::Result<()> {
        match self.net.stream_mut(self.id) {
            Some(mut stream) => stream.start_tls(tls.into()),
            None => Err(TlsError::new("TLS cannot begin on a stream that is closing").into()),
        }
    }

    /// Whether TLS was agreed on with the peer on this connection before it began, as STARTTLS does.
    #[must_use]
    pub fn has_agreed_on_tls(&self) -> bool {
        self.net.stream(self.id).and_then(Stream::tls).is_some_and(TlsLayer::was_agreed)
    }

    /// Sends each line feed as CR LF from now on, below whatever the protocol writes and above TLS. A line feed behind a
    /// CR stays as it is, and so does what arrives. asyncio has nothing like it.
    pub fn send_crlf(&mut self) {
        if let Some(mut stream) = self.net.stream_mut(self.id) {
            stream.send_crlf();
        }
    }

    /// Whether this transport keeps the loop running by itself; all do at first.
    pub fn set_background(&mut self, background: bool) {
        self.net.set_background(self.id, background);
    }
}

impl fmt::Debug for Transport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transport {:?} {:?}", self.id, self.net.stream(self.id))
    }
}
