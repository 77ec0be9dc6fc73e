//! How bytes go through TLS, and what its handshake and its end do to a stream. What a handshake is made of is
//! `layer.rs`.
//!
//! **Invariant:** whatever TLS has to send is in the stream's write buffer, or sent, whenever control leaves this file.
//! So water marks, half-close and close are those of any stream (`transports/write.rs`): what waits there is
//! ciphertext.

use std::io::{self, IoSlice};
use std::time::{Duration, SystemTime};

use rustls::pki_types::CertificateDer;

use super::layer::{CIPHERTEXT_BYTES, Layer, Progress, RECORD_BYTES, TlsFailure, Visibility};
use super::sinks::{ToBuffer, ToIo};
use super::{Tls, TlsServer, certificate, explain};
use crate::transports::call::Call;
use crate::transports::error::TlsError;
use crate::transports::id::Id;
use crate::transports::label::Label;
use crate::transports::net::{Net, Slot};
use crate::transports::read::Filled;
use crate::transports::state::Phase;
use crate::transports::stream::Stream;
use crate::transports::timers::Alarm;

/// Plaintext that is encrypted at once. It fits into the fastest caches together with its ciphertext.
const PLAINTEXT_BYTES: usize = 128 * 1024;

/// How long a peer may take to read the alert that it is told by, and to close the connection.
const ALERT_TIMEOUT: Duration = Duration::from_secs(1);

impl Net {
    /// asyncio's `start_tls`.
    pub(crate) fn start_tls(&mut self, id: Id, tls: Tls) -> io::Result<()> {
        let refused = |what: &str| Err(TlsError::new(what).into());
        let Some(stream) = self.stream(id).filter(|stream| !stream.state.is_closing()) else {
            return refused("TLS cannot begin on a stream that is closing");
        };
        if stream.tls.is_some() {
            return refused("TLS is spoken on this stream already");
        }
        if stream.state.is_write_closed() {
            return refused("TLS cannot begin behind the end of our direction");
        }
        let progress = match stream.state.phase() {
            Phase::Connecting | Phase::Open => Progress::Opening { listener: None },
            _ => Progress::Upgrading,
        };
        self.begin_tls(id, tls, progress);
        Ok(())
    }

    /// The same for a stream that `listener` has accepted and is not to know the protocol before the handshake is done.
    pub(crate) fn accept_tls(&mut self, id: Id, listener: Id, server: TlsServer) {
        self.pending_accepts.push(id);
        self.begin_tls(id, server.into(), Progress::Opening { listener: Some(listener) });
    }

    fn begin_tls(&mut self, id: Id, tls: Tls, progress: Progress) {
        let Some(stream) = self.stream_mut(id) else { return };
        match Layer::new(tls, progress) {
            Ok(layer) => stream.tls = Some(Box::new(layer)),
            Err(error) => {
                self.pending_accepts.retain(|waiting| *waiting != id);
                return self.force_close(id, Some(error.into()), true);
            }
        }
        if stream.state.phase() != Phase::Connecting {
            self.begin_handshake(id);
        }
    }

    /// The stream is there: the handshake begins. What was handed back before is a part of it.
    pub(crate) fn begin_handshake(&mut self, id: Id) {
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
        let Some(tls) = &stream.tls else { return };
        let timeout = tls.policy.handshake_timeout;
        stream.phase_timer = Some(self.timers.arm(timeout, Some(id), Alarm::Handshake));
        if !tls.is_opening() && !std::mem::replace(&mut stream.writing_paused, true) {
            self.calls.push_back((id, Call::PauseWriting));
        }
        let early = stream.unread.take().unwrap_or_default();
        self.send_tls(id);
        self.take_early(id, &early);
        if self.stream(id).is_some_and(Stream::wants_read) {
            self.queue_ready(id);
        }
    }

    /// Takes in ciphertext that somebody else has read.
    pub(crate) fn take_early(&mut self, id: Id, ciphertext: &[u8]) {
        if !ciphertext.is_empty() {
            let mut buffer = vec![0; ciphertext.len() + RECORD_BYTES];
            // Nothing of it is for a protocol yet; what is, waits.
            let _ = self.decrypt(id, ciphertext, &mut buffer);
        }
    }

    /// The handshake has taken too long.
    pub(crate) fn handshake_timed_out(&mut self, id: Id) {
        let Some(limit) = self.tls(id).map(|tls| tls.policy.handshake_timeout) else { return };
        self.force_close(id, Some(TlsError::timed_out(limit).into()), true);
    }

    pub(crate) fn tls(&mut self, id: Id) -> Option<&mut Layer> {
        self.stream_mut(id)?.tls.as_deref_mut()
    }

    /// [`fill`](Self::fill) of a stream with TLS, after what was handed back. `discards` where nobody wants the bytes.
    pub(crate) fn fill_by_tls(&mut self, id: Id, buffer: &mut [u8], discards: bool) -> Filled {
        if let Some(filled) = self.tell_peer_event(id) {
            return filled;
        }
        if buffer.len() < 2 * RECORD_BYTES {
            return self.fill_small_by_tls(id, buffer, discards);
        }
        let mut ciphertext = std::mem::take(&mut self.ciphertext);
        if ciphertext.is_empty() {
            ciphertext = vec![0; CIPHERTEXT_BYTES].into();
        }
        let room = ciphertext.len().min(buffer.len() - RECORD_BYTES);
        let filled = match self.read_ciphertext(id, &mut ciphertext[..room], discards) {
            Ok(n) => self.decrypt(id, &ciphertext[..n], buffer),
            Err(filled) => filled,
        };
        self.ciphertext = ciphertext;
        filled
    }

    /// The same for a protocol that provides little memory: what does not fit is kept, as if it had been handed back.
    fn fill_small_by_tls(&mut self, id: Id, buffer: &mut [u8], discards: bool) -> Filled {
        let mut room = vec![0; 2 * RECORD_BYTES];
        let filled = self.fill_by_tls(id, &mut room, discards);
        let Filled::Bytes(len) = filled else { return filled };
        let n = len.min(buffer.len());
        buffer[..n].copy_from_slice(&room[..n]);
        if let (Some(stream), true) = (self.stream_mut(id), n < len) {
            stream.unread = Some(room[n..len].into());
        }
        Filled::Bytes(n)
    }

    fn read_ciphertext(&mut self, id: Id, ciphertext: &mut [u8], discards: bool) -> Result<usize, Filled> {
        let now = self.now;
        let Some(stream) = self.stream_mut(id) else { return Err(Filled::NotNow) };
        match stream.io.read(ciphertext) {
            Ok(0) => Err(self.tls_cut(id, discards)),
            Ok(n) => {
                if stream.note_read(n, ciphertext.len(), now) {
                    self.schedule_rearm(id);
                }
                log::trace!("{}: read {n} bytes of TLS", Label(self, id));
                self.note_flow(id, n);
                Ok(n)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                stream.readable = false;
                self.schedule_rearm(id);
                Err(Filled::NotNow)
            }
            Err(error) => Err(Filled::Failed(error)),
        }
    }

    /// The connection has ended, and the peer has not said so before.
    fn tls_cut(&mut self, id: Id, discards: bool) -> Filled {
        let Some(stream) = self.stream(id) else { return Filled::NotNow };
        let Some(tls) = &stream.tls else { return Filled::End };
        if tls.is_handshaking() {
            return Filled::Failed(TlsError::new("the peer has closed the connection during the handshake").into());
        }
        if stream.state.has_failed() {
            // The write that has failed is the better word for it. No end: what came may not be all.
            self.force_close(id, None, false);
            return Filled::NotNow;
        }
        // Where nobody wants more, nothing is missing.
        if discards || tls.policy.allow_truncation {
            return Filled::End;
        }
        Filled::Failed(TlsError::truncated(explain::truncated(tls.policy.advice)).into())
    }

    fn decrypt(&mut self, id: Id, ciphertext: &[u8], buffer: &mut [u8]) -> Filled {
        let Some(stream) = self.stream_mut(id) else { return Filled::NotNow };
        let Some(tls) = stream.tls.as_deref_mut() else { return Filled::NotNow };
        let n = tls.decrypt(ciphertext, buffer);
        stream.totals.received += n as u64;
        let finished = tls.take_finished();
        self.send_tls(id);
        if let Some(visibility) = finished {
            // Its protocol has to hear of that before it hears of anything that came with it.
            self.transport(id).unread(&buffer[..n]);
            self.handshake_done(id, visibility);
            return Filled::NotNow;
        }
        if n > 0 { Filled::Bytes(n) } else { self.tell_peer_event(id).unwrap_or(Filled::NotNow) }
    }

    /// What the peer has said besides bytes, once these have been told.
    fn tell_peer_event(&mut self, id: Id) -> Option<Filled> {
        match self.tls(id)?.take_peer_event()? {
            Ok(()) => Some(Filled::End),
            Err(failure) => {
                self.tls_failed(id, failure);
                Some(Filled::NotNow)
            }
        }
    }

    /// The handshake is done: the stream is open, or the protocol is told.
    fn handshake_done(&mut self, id: Id, visibility: Visibility) {
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
        if stream.state.phase() == Phase::Lost {
            return;
        }
        let is_closing = stream.state.is_closing();
        if let Some(timer) = stream.phase_timer.take() {
            self.timers.cancel(timer);
        }
        match visibility {
            Visibility::Opening { listener: None } => self.calls.push_back((id, Call::ConnectionMade)),
            Visibility::Opening { listener: Some(_) } => self.admit_ready(),
            Visibility::Open if is_closing => (),
            Visibility::Open => self.calls.push_back((id, Call::TlsStarted)),
        }
        self.flush(id);
    }

    /// Says what was agreed on, for whoever wants to know.
    pub(crate) fn log_tls(&self, id: Id) {
        if !log::log_enabled!(log::Level::Info) {
            return;
        }
        let Some(info) = self.stream(id).and_then(|stream| stream.tls.as_ref()?.info()) else { return };
        let mut text = format!("{}, {}, {}", info.version, info.cipher_suite, info.key_exchange);
        match &info.alpn {
            Some(alpn) => text.push_str(&format!(", ALPN {}", alpn.escape_ascii())),
            None => text.push_str(", no ALPN"),
        }
        if let Some(name) = &info.server_name {
            text.push_str(&format!(", SNI {name}"));
        }
        log::info!("TLS with {}: {text}", Label(self, id));
        self.log_certificate(id, info.peer_chain.first());
    }

    fn log_certificate(&self, id: Id, der: Option<&CertificateDer<'_>>) {
        if !log::log_enabled!(log::Level::Info) {
            return;
        }
        if let Some(text) = der.and_then(|der| certificate::describe(der, SystemTime::now())) {
            log::info!("certificate of {}: {text}", Label(self, id));
        }
    }

    /// TLS has failed. The peer is told why, if that is any use, before the stream is lost.
    fn tls_failed(&mut self, id: Id, failure: TlsFailure) {
        let TlsFailure { error, has_alert, refused } = failure;
        self.log_certificate(id, refused.as_ref());
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
        // Behind our own end nothing can be said any more.
        if !has_alert || !stream.state.flushes() || !stream.state.close() {
            return self.force_close(id, Some(error.into()), false);
        }
        let timer = self.timers.arm(ALERT_TIMEOUT, Some(id), Alarm::CloseTimeout);
        if let Some(timer) = stream.phase_timer.replace(timer) {
            self.timers.cancel(timer);
        }
        if let Some(tls) = &mut stream.tls {
            tls.fail(error);
        }
        self.flush(id);
        self.queue_ready(id);
    }

    /// Encrypts and sends `bufs`, or buffers what does not fit.
    pub(crate) fn write_by_tls(&mut self, id: Id, bufs: &[IoSlice<'_>]) {
        for piece in bufs.iter().flat_map(|buf| buf.chunks(PLAINTEXT_BYTES)) {
            let Some(stream) = self.stream_mut(id) else { return };
            let (Some(tls), true) = (&mut stream.tls, stream.state.accepts_writes()) else { return };
            if let Err(error) = tls.encrypt(piece) {
                return self.force_close(id, Some(error.into()), true);
            }
            tls.low_water.note_sent();
            stream.totals.sent += piece.len() as u64;
            self.send_tls(id);
        }
        self.pause_if_over(id);
        if self.stream(id).is_some_and(|stream| !stream.is_flushed()) {
            self.flush(id);
        }
    }

    /// Sends what TLS has to send; what does not fit now goes into the write buffer.
    fn send_tls(&mut self, id: Id) {
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
        while let Some(tls) = stream.tls.as_deref_mut().filter(|tls| tls.wants_write()) {
            if !stream.state.flushes() {
                // It has nowhere to go: our direction has ended.
                let _ = tls.write_to(&mut io::sink());
                continue;
            }
            if !stream.writable || !stream.out.is_empty() || stream.spliced.is_some() {
                let mut sink = ToBuffer { out: &mut stream.out, buffer_pool: &mut self.buffer_pool };
                // Writing to memory cannot fail.
                let _ = tls.write_to(&mut sink);
                continue;
            }
            let mut sink = ToIo { io: &mut stream.io, offered: 0 };
            match tls.write_to(&mut sink) {
                Ok(n) => {
                    stream.writable = n == sink.offered || stream.distrust_short_io;
                    stream.last_activity = self.now;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => stream.writable = false,
                Err(error) => {
                    // What has not gone out is what the failure is about.
                    let mut sink = ToBuffer { out: &mut stream.out, buffer_pool: &mut self.buffer_pool };
                    // Writing to memory cannot fail.
                    let _ = tls.write_to(&mut sink);
                    return self.write_failed(id, error);
                }
            }
        }
        if self.stream(id).is_some_and(|stream| !stream.is_flushed()) {
            self.schedule_rearm(id);
        }
    }
}
