//! The handles that protocols call: an id and a borrow of the loop's transports. asyncio's `transports.py`.
//!
//! A handle does not keep its transport alive. Every method is legal at any time, and does nothing on a lost transport.
//! The methods of streams are here. `base.rs` has the methods that all handles share, `datagram/handle.rs` those of
//! datagram transports, `process/handle.rs` those of children.

use std::io::{self, IoSlice};
use std::time::Instant;

use super::admission::Admission;
use super::ctx::{Call, Installed, StreamRef};
use super::error::TlsError;
use super::id::Id;
use super::info::{Info, Peer, PipeEnds, Totals};
use super::io::Io;
use super::keepalive::KeepAlive;
use super::net::Net;
use super::out_buf::WaterMarks;
use super::protocol::Handler;
use super::socket_options::SocketOptions;
use super::stream::{CloseMode, Stream};
use super::tls::Tls;
use super::tls::layer::TlsLayer;

/// A byte stream, as its protocol sees it. asyncio's `ReadTransport` and `WriteTransport` in one.
#[doc(alias = "BaseTransport")]
#[doc(alias = "ReadTransport")]
#[doc(alias = "WriteTransport")]
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
    /// The handle of a stream, from outside its callbacks. A stale id gives a handle that does nothing.
    pub fn transport(&mut self, id: Id) -> Transport<'_> {
        Transport { net: self, id }
    }

    /// The handle of a datagram transport, from outside its callbacks.
    pub fn datagram_transport(&mut self, id: Id) -> DatagramTransport<'_> {
        DatagramTransport { net: self, id }
    }

    /// The handle of a child, from outside its callbacks.
    pub fn subprocess_transport(&mut self, id: Id) -> SubprocessTransport<'_> {
        SubprocessTransport { net: self, id }
    }
}

impl Transport<'_> {
    /// The stream, unless the handle is stale.
    pub(super) fn slot(&self) -> Option<&Stream> {
        self.net.slots.stream(self.id)
    }

    /// Calls `change` with the stream. Nothing happens on a stale handle.
    pub(crate) fn with(&mut self, change: impl FnOnce(&mut StreamRef<'_>)) {
        if let Some(mut stream) = self.net.stream_mut(self.id) {
            change(&mut stream);
        }
    }

    /// Sends as much of `data` as fits now, and buffers the rest. Never blocks. Nothing is sent before the stream is
    /// open, when it is closing, or after `write_eof`. asyncio's `write`.
    pub fn write(&mut self, data: &[u8]) {
        self.with(|stream| stream.write(&[IoSlice::new(data)]));
    }

    /// Sends several slices as one. asyncio's `writelines`.
    pub fn writelines(&mut self, data: &[IoSlice<'_>]) {
        self.with(|stream| stream.write(data));
    }

    /// Ends the writing direction after the buffered bytes. The peer can go on sending. A stream that only writes, such
    /// as a child's stdin, then ends in `connection_lost(None)`. asyncio's `write_eof`.
    ///
    /// With TLS, a close_notify ends the writing direction, and the stream is read until the close_notify of the peer.
    /// asyncio cannot end one direction of TLS.
    pub fn write_eof(&mut self) {
        self.with(|stream| stream.write_eof());
    }

    /// Whether one direction can end alone. Unlike in asyncio, TLS can. asyncio's `can_write_eof`.
    #[must_use]
    pub fn can_write_eof(&self) -> bool {
        self.slot().is_some_and(Stream::can_write_eof)
    }

    /// Whether `write_eof` was called, or writing has failed.
    #[must_use]
    pub fn is_write_closed(&self) -> bool {
        self.slot().is_none_or(|stream| stream.state.is_write_closed())
    }

    /// Whether there may be more to read at this moment.
    #[must_use]
    pub fn may_have_more(&self) -> bool {
        self.slot().is_some_and(|stream| stream.ready.readable || stream.unread.is_some() || stream.has_layer_event())
    }

    /// Whether the peer's direction has ended.
    #[must_use]
    pub fn is_at_eof(&self) -> bool {
        self.slot().is_none_or(|stream| stream.state.reading_ended())
    }

    /// Whether the connection has failed, for example by a reset. Earlier bytes can still be unread.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.slot().is_some_and(|stream| {
            // A failed write has taken the error of the socket. Then the hang-up alone is left of a reset.
            let has_lost_peer = stream.state.has_failed() && stream.io.is_hung_up();
            has_lost_peer || stream.io.has_failed() || stream.state.was_reset()
        })
    }

    /// Whether the peer is known to have closed both directions. Only a unix socket shows this at once. A TCP socket
    /// shows it as soon as both sides have ended their directions.
    #[must_use]
    pub fn is_peer_gone(&self) -> bool {
        self.slot().is_none_or(|stream| stream.io.is_hung_up())
    }

    /// Stops reading, sends the buffered bytes, then ends in `connection_lost(None)`. asyncio's `close`.
    ///
    /// `connection_lost` comes later than in asyncio, and means more:
    ///
    /// - A socket waits for the peer's end for at most 5 s, and drops arriving bytes. Closing a socket with unread
    ///   bytes resets the connection, which can destroy bytes that the peer has not read yet.
    /// - A TCP socket then waits until the peer's system has acknowledged everything. A server drops a connection
    ///   that makes no progress for 5 s. Any other stream waits for as long as the system does.
    pub fn close(&mut self) {
        self.with(|stream| stream.close(CloseMode::Lingering));
    }

    /// Closes as [`close`](Self::close) does, but does not wait for the peer's end: the stream is over as soon as the
    /// peer's system has all written bytes. A sending peer has 5 s to stop, because a reset could keep it from reading.
    /// asyncio has nothing like it.
    pub fn close_once_delivered(&mut self) {
        self.with(|stream| stream.close(CloseMode::Delivered));
    }

    /// Closes as [`close`](Self::close) does, but at the end a TCP peer sees a reset, so that a cut stream does not
    /// look complete. On a closing stream this changes nothing if the end was sent already. asyncio has nothing like
    /// it.
    pub fn close_by_reset(&mut self) {
        self.with(|stream| stream.close(CloseMode::Reset));
    }

    /// Drops the buffered bytes and ends at once in `connection_lost(None)`. asyncio's `abort`.
    ///
    /// A TCP peer sees a reset. asyncio closes the socket, which a peer can take for an orderly end.
    pub fn abort(&mut self) {
        self.with(|stream| stream.force_close(None, true));
    }

    /// Drops the buffered bytes and what has arrived, and ends at once in `connection_lost(None)`. This is for a
    /// protocol that wants nothing more from a peer and owes it nothing.
    ///
    /// Unlike with [`abort`](Self::abort), the peer sees an orderly end, with the close_notify of TLS, unless it goes
    /// on sending. Unlike with [`close`](Self::close), nothing is waited for. asyncio has nothing like it.
    pub fn leave(&mut self) {
        self.with(|stream| stream.leave());
    }

    /// Ends a connection that [`has_failed`](Self::has_failed) without reading the earlier bytes. `connection_lost`
    /// gets the failure. asyncio has nothing like it.
    pub fn fail(&mut self) {
        let error = self.slot().and_then(|stream| stream.io.take_error());
        let error = error.unwrap_or_else(|| io::Error::from_raw_os_error(libc::ECONNRESET));
        self.with(|stream| stream.force_close(Some(error), true));
    }

    /// Whether the stream is closing or closed. asyncio's `is_closing`.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.slot().is_none_or(|stream| stream.state.is_closing())
    }

    /// Stops the flow of `data_received`. Legal at any time, any number of times. asyncio's `pause_reading`.
    pub fn pause_reading(&mut self) {
        self.with(|stream| stream.set_reading(false));
    }

    /// Lets data flow again. Legal at any time, any number of times. asyncio's `resume_reading`.
    pub fn resume_reading(&mut self) {
        self.with(|stream| stream.set_reading(true));
    }

    /// Whether data is received: the stream is neither paused, nor closing, nor at the peer's end. asyncio's
    /// `is_reading`.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.slot()
            .is_some_and(|stream| !stream.gate.paused && !stream.state.is_closing() && !stream.state.reading_ended())
    }

    /// Whether the write buffer is over its high-water mark. `pause_writing` may not have been called yet.
    #[must_use]
    pub fn is_writing_paused(&self) -> bool {
        self.slot().is_some_and(|stream| stream.out.flow.is_paused())
    }

    /// Bytes buffered and not sent yet. asyncio's `get_write_buffer_size`.
    #[doc(alias = "get_write_buffer_size")]
    #[must_use]
    pub fn write_buffer_size(&self) -> usize {
        self.slot().map_or(0, |stream| stream.unsent())
    }

    /// The water marks of the write buffer. asyncio's `get_write_buffer_limits`.
    #[doc(alias = "get_write_buffer_limits")]
    #[must_use]
    pub fn write_buffer_limits(&self) -> WaterMarks {
        self.slot().map_or_else(WaterMarks::default, |stream| stream.out.flow.marks)
    }

    /// Sets the water marks of the write buffer. asyncio's `set_write_buffer_limits`.
    pub fn set_write_buffer_limits(&mut self, marks: WaterMarks) {
        self.with(|stream| stream.set_marks(marks));
    }

    /// Whether bytes are read from a terminal.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.slot().is_some_and(|stream| stream.io.reads_terminal())
    }

    /// Whether the stream is a connection. Connections have a peer; pipes, stdin and stdout have none.
    #[must_use]
    pub fn is_connection(&self) -> bool {
        self.slot().is_some_and(|stream| stream.peer.is_some())
    }

    /// Whether the stream is forwarded and not read, because its sink has no room.
    #[must_use]
    pub fn is_blocked_by_sink(&self) -> bool {
        let Some(stream) = self.slot().filter(|stream| stream.gate.blocked_by_sink) else { return false };
        let sink = stream.forward.as_deref().and_then(|forward| self.net.slots.stream(forward.to));
        // A sink with room again only queues its source.
        sink.is_none_or(|sink| sink.source_waits)
    }

    /// Facts about the stream. asyncio's `get_extra_info`.
    #[doc(alias = "get_extra_info")]
    #[must_use]
    pub fn info(&self) -> Info {
        let Some(stream) = self.slot() else { return Info::default() };
        let (local, pipe) = match &stream.io {
            Io::Socket(socket) | Io::Closed(socket) => (Peer::local_of(socket), None),
            Io::Channels(read, write) => (None, PipeEnds::of(read.is_some(), write.is_some())),
            _ => (None, None),
        };
        Info {
            number: stream.number,
            peer: stream.peer.as_deref().cloned(),
            local,
            pipe,
            child: pipe.and_then(|_| self.net.slots.child_of_pipe(self.id)),
            tls: stream.tls().and_then(TlsLayer::info).map(Box::new),
            terminal: self.is_terminal(),
            totals: stream.totals,
            ..Info::default()
        }
    }

    /// Bytes that were sent and that the system of a TCP peer has not acknowledged yet.
    #[must_use]
    pub fn on_the_way(&self) -> usize {
        self.slot().map_or(0, Stream::on_the_way)
    }

    /// Whether the peer's system has every byte that was written. The end of this direction does not count.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.slot().is_none_or(Stream::is_delivered)
    }

    /// Bytes that have arrived and were not read. With TLS they are encrypted.
    #[must_use]
    pub fn unread_bytes(&self) -> usize {
        self.slot().map_or(0, |stream| stream.io.unread())
    }

    /// When bytes last moved, in either direction.
    #[must_use]
    pub fn last_activity(&self) -> Instant {
        let Some(stream) = self.slot() else { return self.net.now() };
        self.net.cx.last_activity(stream.last_activity, stream.gate.throttle)
    }

    /// Replaces the protocol, right after the present callback. The new protocol gets no `connection_made` if the old
    /// one had it. Nothing happens on a pipe of a child: its bytes are for the protocol of the child. asyncio's
    /// `set_protocol`.
    pub fn set_protocol(&mut self, protocol: impl Into<Handler>) {
        self.net.cx.calls.push_back((self.id, Call::Install(Installed::Protocol(protocol.into()))));
    }

    /// Hands bytes back that the protocol has not used. They are delivered first, to the protocol that is installed
    /// then. Bytes that were handed back earlier come after these.
    pub fn unread(&mut self, data: &[u8]) {
        self.with(|stream| stream.unread(data));
    }

    /// Makes the system probe soon whether the peer is still there. This is for a peer that has ended its direction: a
    /// TCP peer that is gone looks the same as a peer that only listens.
    pub fn expect_vanished_peer(&mut self) {
        if let Some(stream) = self.slot() {
            stream.io.probe_peer(stream.keepalive);
        }
    }

    /// Sets when a silent TCP peer of an open connection counts as gone. Other streams ignore this.
    ///
    /// # Errors
    /// The error of `setsockopt(2)`.
    pub fn set_keepalive(&mut self, keepalive: KeepAlive) -> io::Result<()> {
        self.net.stream_mut(self.id).map_or(Ok(()), |mut stream| stream.set_keepalive(keepalive))
    }

    /// Sets the options of an open connection that can still be set: not its buffers, and not its interface. Other
    /// streams ignore this.
    ///
    /// # Errors
    /// The error of `setsockopt(2)`, or it is a unix socket, which has none of these options.
    pub fn set_socket_options(&mut self, options: &SocketOptions) -> io::Result<()> {
        self.slot().map_or(Ok(()), |stream| stream.io.set_socket_options(options))
    }

    /// Gives arriving bytes to the protocol again.
    pub fn stop_forwarding(&mut self) {
        self.with(|stream| stream.stop_forwarding());
    }

    /// Speaks TLS on this stream from now on, or once it is open. Until the handshake is done, all arriving bytes
    /// belong to it, with bytes that were handed back, and writing is paused. asyncio's `start_tls`, but the transport
    /// stays the same.
    ///
    /// If the stream is not open yet, `connection_made` comes when the handshake is done, or `connection_failed` if the
    /// handshake fails. If it is open, `tls_started` or `connection_lost` comes.
    ///
    /// # Errors
    /// The stream has TLS already, is closing or closed, or its writing direction has ended. The stream is unchanged.
    #[doc(alias = "ssl")]
    pub fn start_tls(&mut self, tls: impl Into<Tls>) -> io::Result<()> {
        match self.net.stream_mut(self.id) {
            Some(mut stream) => stream.start_tls(tls.into()),
            None => Err(TlsError::new("TLS cannot begin on a stream that is closing").into()),
        }
    }

    /// Whether TLS was agreed on with the peer on this connection before it began, as STARTTLS does.
    #[must_use]
    pub fn has_agreed_on_tls(&self) -> bool {
        self.slot().and_then(Stream::tls).is_some_and(TlsLayer::was_agreed)
    }

    /// Sends each line feed as CR LF from now on. A line feed after a CR and received bytes are unchanged. asyncio has
    /// nothing like it.
    pub fn send_crlf(&mut self) {
        self.with(|stream| stream.send_crlf());
    }

    /// Counts an inherited connection against the limits of listeners, as if a listener had accepted it.
    pub fn count_as_accepted(&mut self) {
        self.with(|stream| {
            if !std::mem::replace(&mut stream.admission, Admission::Admitted).counts() {
                stream.cx.admissions.take();
            }
        });
    }

    /// Keeps the totals of this stream for [`Net::watched_totals`] beyond its end. One stream can be watched.
    pub fn watch_totals(&mut self) {
        self.net.cx.watched = Some((self.id, Totals::default()));
    }

    /// Sets whether this stream is in the background. A stream in the background does not keep the loop running. New
    /// streams are not in the background.
    pub fn set_background(&mut self, background: bool) {
        self.with(|stream| {
            let before = std::mem::replace(&mut stream.background, background);
            stream.cx.note_background(before, background);
        });
    }
}
