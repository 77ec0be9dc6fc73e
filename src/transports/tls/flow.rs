//! How bytes go through TLS, and what a handshake and an end of TLS do to a stream. `layer.rs` has the states of TLS,
//! and `../layer/flow.rs` what comes before and after a handshake.
//!
//! **Invariant:** when control leaves this file, all that TLS has to send is sent or in the write buffer. So the write
//! buffer holds ciphertext, and water marks, half-close and close are those of any stream (`../flow.rs`).

use std::io::{self, IoSlice, Write};
use std::time::SystemTime;

use rustls::pki_types::CertificateDer;

use super::explain::{self, Explanation};
use super::layer::{CIPHERTEXT_BYTES, RECORD_BYTES, TlsFailure, TlsLayer};
use super::{Tls, certificate};
use crate::transports::ctx::{Call, StreamRef};
use crate::transports::error::TlsError;
use crate::transports::flow::Filled;
use crate::transports::handle::Transport;
use crate::transports::info::Totals;
use crate::transports::layer::starttls::AskForTls;
use crate::transports::layer::{Opening, tls_of};
use crate::transports::out_buf::{BufferPool, WriteBuffer};
use crate::transports::state::Phase;
use crate::transports::timers::Alarm;

/// Plaintext that is encrypted at once. Together with its ciphertext it fits into the fastest caches.
const PLAINTEXT_BYTES: usize = 128 * 1024;

impl Transport<'_> {
    /// [`start_tls`](Self::start_tls) for a stream that nothing may cross without TLS: a stream that refuses ends with
    /// that error. A stream that has failed already keeps its own error.
    pub fn require_tls(&mut self, tls: impl Into<Tls>) {
        if let Err(error) = self.start_tls(tls) {
            self.with(|stream| stream.force_close(Some(error), true));
        }
    }
}

impl StreamRef<'_> {
    /// asyncio's `start_tls`. On a stream that is not open yet, a client with STARTTLS asks for TLS first.
    pub(crate) fn start_tls(&mut self, tls: Tls) -> io::Result<()> {
        let refused = |what: &str| Err(TlsError::new(what).into());
        let stream = &*self.slot;
        if stream.state.is_closing() {
            return refused("TLS cannot begin on a stream that is closing");
        }
        if stream.tls().is_some() || stream.is_opening() {
            return refused("TLS is spoken on this stream already");
        }
        if stream.state.is_write_closed() {
            return refused("TLS cannot begin behind the end of our direction");
        }
        let asked = match &tls {
            Tls::Client(client) => client.starttls.map(|starttls| {
                let (name, limit) = (client.name.to_str(), client.policy.handshake_timeout);
                let asking = AskForTls::new(starttls.protocol, &name, limit, client.policy.advice);
                let asking = if starttls.hands_on_greeting { asking.keeping_greeting() } else { asking };
                Opening::Negotiate(Box::new(asking))
            }),
            Tls::Server(_) => None,
        };
        let is_open = !matches!(stream.state.phase(), Phase::Connecting | Phase::Open);
        let layer = match TlsLayer::new(tls) {
            Ok(layer) if is_open || asked.is_some() => Box::new(layer.agreed()),
            Ok(layer) => Box::new(layer),
            Err(error) => {
                self.force_close(Some(error.into()), true);
                return Ok(());
            }
        };
        if is_open {
            self.begin_handshake(layer);
        } else {
            self.open_by(asked.into_iter().chain([Opening::Encrypt(layer)]));
        }
        Ok(())
    }

    /// Puts TLS below all layers, and begins its handshake. Bytes that were handed back before are a part of it.
    pub(crate) fn begin_handshake(&mut self, tls: Box<TlsLayer>) {
        self.arm(tls.policy.handshake_timeout, Alarm::Opening);
        self.stack.get_or_insert_default().tls = Some(tls);
        if !self.is_opening() && self.out.flow.pause() {
            self.call(Call::PauseWriting);
        }
        let early = self.unread.take().unwrap_or_default();
        self.send_tls();
        self.take_early_ciphertext(&early);
        self.queue_read();
    }

    /// Takes in ciphertext that was read before the layer was there.
    pub(crate) fn take_early_ciphertext(&mut self, ciphertext: &[u8]) {
        if !ciphertext.is_empty() {
            let mut buffer = vec![0; ciphertext.len() + RECORD_BYTES];
            // Plaintext waits in the stream until its protocol reads.
            let _ = self.decrypt(ciphertext, &mut buffer);
        }
    }

    /// [`fill`](Self::fill) of a stream with TLS, without the bytes that were handed back, into at least
    /// 2 * `RECORD_BYTES`. `discards` if the bytes are thrown away.
    pub(crate) fn fill_by_tls(&mut self, buffer: &mut [u8], discards: bool) -> Filled {
        if let Some(filled) = self.tell_peer_event() {
            return filled;
        }
        let mut ciphertext = std::mem::take(&mut self.cx.ciphertext);
        if ciphertext.is_empty() {
            ciphertext = vec![0; CIPHERTEXT_BYTES].into();
        }
        let room = ciphertext.len().min(buffer.len() - RECORD_BYTES);
        let filled = match self.read_ciphertext(&mut ciphertext[..room], discards) {
            Ok(n) => self.decrypt(&ciphertext[..n], buffer),
            Err(filled) => filled,
        };
        self.cx.ciphertext = ciphertext;
        filled
    }

    fn read_ciphertext(&mut self, ciphertext: &mut [u8], discards: bool) -> Result<usize, Filled> {
        let n = self.read_io(ciphertext)?;
        if n == 0 {
            return Err(self.tls_cut(discards));
        }
        log::trace!("{}: read {n} bytes of TLS", self.label());
        self.note_flow(n);
        Ok(n)
    }

    /// The connection has ended without a close_notify.
    fn tls_cut(&mut self, discards: bool) -> Filled {
        let stream = &*self.slot;
        let Some(tls) = stream.tls() else { return Filled::End };
        if tls.is_handshaking() {
            return Filled::Failed(TlsError::new("the peer has closed the connection during the handshake").into());
        }
        if stream.state.has_failed() {
            // The failed write says more about it. This is not an end, since what came may not be all.
            self.force_close(None, false);
            return Filled::NotNow;
        }
        // Nothing is missing if the bytes are thrown away.
        if discards || tls.policy.allow_truncation {
            return Filled::End;
        }
        let is_probe = tls.is_client() && stream.totals == Totals::default();
        let Explanation { what, hint } = explain::truncated(tls.policy.advice, is_probe);
        Filled::Failed(TlsError::truncated(what).with_hint(hint).into())
    }

    fn decrypt(&mut self, ciphertext: &[u8], buffer: &mut [u8]) -> Filled {
        let stream = &mut *self.slot;
        let Some(tls) = tls_of(&mut stream.stack) else { return Filled::NotNow };
        let n = tls.decrypt(ciphertext, buffer);
        let is_finished = tls.take_finished();
        self.send_tls();
        if is_finished {
            self.handshake_done();
            // The protocol hears of the handshake before it gets bytes that came with it.
            self.hand_up(&buffer[..n]);
            self.hand_on_greeting();
            return Filled::NotNow;
        }
        if n > 0 { Filled::Bytes(n) } else { self.tell_peer_event().unwrap_or(Filled::NotNow) }
    }

    /// What the peer has said besides bytes. The bytes before it have been delivered.
    fn tell_peer_event(&mut self) -> Option<Filled> {
        let tls = tls_of(&mut self.stack)?;
        let is_handshaking = tls.is_handshaking();
        match tls.take_peer_event()? {
            Ok(()) if is_handshaking => Some(Filled::Failed(TlsError::new(explain::CLOSED_TOO_SOON).into())),
            Ok(()) => Some(Filled::End),
            Err(failure) => {
                self.tls_failed(failure);
                Some(Filled::NotNow)
            }
        }
    }

    /// The handshake is done.
    fn handshake_done(&mut self) {
        if self.state.phase() == Phase::Lost {
            return;
        }
        self.disarm();
        self.layer_ready();
    }

    /// Reports what both sides have agreed on.
    pub(crate) fn log_tls(&self) {
        if !log::log_enabled!(log::Level::Info) {
            return;
        }
        let Some(info) = self.tls().and_then(TlsLayer::info) else { return };
        let mut text = format!("{}, {}, {}", info.version, info.cipher_suite, info.key_exchange);
        match &info.alpn {
            Some(alpn) => text.push_str(&format!(", ALPN {}", alpn.escape_ascii())),
            None => text.push_str(", no ALPN"),
        }
        if let Some(name) = &info.server_name {
            text.push_str(&format!(", SNI {name}"));
        }
        log::info!("{}: {text}", self.label());
        self.log_certificate(info.peer_chain.first());
    }

    fn log_certificate(&self, der: Option<&CertificateDer<'_>>) {
        if !log::log_enabled!(log::Level::Info) {
            return;
        }
        let Some(lines) = der.and_then(|der| certificate::describe(der, SystemTime::now())) else { return };
        let [subject, issuer, validity, pin] = lines;
        let name = self.label();
        // Each kind of line has its own limit of lines in a second.
        log::info!("{name}: certificate {subject}");
        log::info!("{name}: certificate {issuer}");
        log::info!("{name}: certificate {validity}");
        log::info!("{name}: certificate {pin}");
    }

    /// TLS has failed. If there is an alert that can still be sent, the peer gets it before the stream is lost.
    fn tls_failed(&mut self, failure: TlsFailure) {
        let TlsFailure { error, has_alert, refused } = failure;
        self.log_certificate(refused.as_ref());
        self.layer_failed(error.into(), has_alert);
    }

    /// Encrypts and sends `bufs`, or buffers the rest.
    pub(crate) fn write_by_tls(&mut self, bufs: &[IoSlice<'_>]) {
        for piece in bufs.iter().flat_map(|buf| buf.chunks(PLAINTEXT_BYTES)) {
            let stream = &mut *self.slot;
            let (Some(tls), true) = (tls_of(&mut stream.stack), stream.state.flushes()) else { return };
            if let Err(error) = tls.encrypt(piece) {
                return self.force_close(Some(error.into()), true);
            }
            tls.low_water.note_sent();
            stream.totals.sent += piece.len() as u64;
            self.send_tls();
        }
        self.pause_if_over();
        if !self.is_flushed() {
            self.flush();
        }
    }

    /// Sends what TLS has to send. What does not fit now goes into the write buffer.
    fn send_tls(&mut self) {
        let stream = &mut *self.slot;
        while let Some(tls) = tls_of(&mut stream.stack).filter(|tls| tls.wants_write()) {
            if !stream.state.flushes() {
                // Our direction has ended, so it cannot be sent.
                let _ = tls.write_to(&mut io::sink());
                continue;
            }
            if !stream.ready.writable || !stream.out.is_empty() {
                buffer_tls(tls, &mut stream.out, &mut self.cx.buffer_pool);
                continue;
            }
            let mut offered = 0;
            let written = tls.write_to(&mut WriteTo(|bufs: &[IoSlice<'_>]| {
                offered = bufs.iter().map(|buf| buf.len()).sum();
                stream.io.write(bufs)
            }));
            match written {
                Ok(n) => {
                    stream.ready.writable = n == offered || stream.ready.distrust_short_io;
                    stream.last_activity = self.cx.now;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => stream.ready.writable = false,
                Err(error) => {
                    // The failure is about the bytes that were not sent.
                    buffer_tls(tls, &mut stream.out, &mut self.cx.buffer_pool);
                    return self.write_failed(error);
                }
            }
        }
        if !self.is_flushed() {
            self.schedule_rearm();
        }
    }
}

/// Moves what TLS has to send into the write buffer.
fn buffer_tls(tls: &mut TlsLayer, out: &mut WriteBuffer, buffer_pool: &mut BufferPool) {
    // Writing to memory cannot fail.
    let _ = tls.write_to(&mut WriteTo(|bufs: &[IoSlice<'_>]| {
        out.append(bufs, 0, buffer_pool);
        Ok(bufs.iter().map(|buf| buf.len()).sum())
    }));
}

/// A function to which rustls writes ciphertext, all records in one call.
struct WriteTo<F>(F);

impl<F: FnMut(&[IoSlice<'_>]) -> io::Result<usize>> Write for WriteTo<F> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(buf)])
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        (self.0)(bufs)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
