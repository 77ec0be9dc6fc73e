//! TLS of one stream, without I/O. rustls does the work: it takes ciphertext and gives plaintext, and the other way
//! round.
//!
//! Only the buffered API of rustls is used. `complete_io` would do I/O, so it is not. rustls never gets more than it
//! can hold: each piece of ciphertext is decrypted, and its plaintext taken out, before the next piece goes in.
//! `flow.rs` says when bytes go through.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{Connection, ServerConnection};

use super::explain::{Explanation, Situation, explain};
use super::{Tls, TlsInfo, TlsPolicy, verify};
use crate::transports::error::{TlsError, describe, is_handshake_timeout, is_tls};
use crate::transports::timers::TimerId;

/// The length of the longest record, RFC 5246, section 6.2.3. One more byte can complete a record and make all of it
/// plaintext.
pub(crate) const RECORD_BYTES: usize = 5 + (1 << 14) + 2048;

/// Ciphertext that is read at once. Together with its plaintext it fits into the fastest caches.
pub(crate) const CIPHERTEXT_BYTES: usize = 256 * 1024;

/// The type of a record that has an alert. RFC 8446, section 5.1.
const ALERT: u8 = 21;

/// The alert that ends a direction. RFC 8446, section 6.
const CLOSE_NOTIFY: u8 = 0;

/// How far TLS is.
///
/// ```text
///   Handshaking ---> Established
///       |                |
///       +----------------+---> Lost
/// ```
#[derive(Debug)]
pub(crate) enum Progress {
    Handshaking,
    Established,
    Lost,
}

/// TLS has failed.
#[derive(Debug)]
pub(crate) struct TlsFailure {
    pub(crate) error: TlsError,
    /// There is an alert that tells the peer why.
    pub(crate) has_alert: bool,
    /// The certificate of the peer, if the failure is about that.
    pub(crate) refused: Option<CertificateDer<'static>>,
}

/// TLS of one stream.
pub(crate) struct TlsLayer {
    session: Connection,
    progress: Progress,
    /// The peer has agreed to TLS on a connection that was there before.
    was_agreed: bool,
    /// What the peer has said behind the plaintext that was taken out. `Ok` is its end, by a close_notify.
    peer_event: Option<Result<(), TlsFailure>>,
    pub(crate) policy: TlsPolicy,
    /// Of a client: the name that the certificate of the server must have.
    name: Option<ServerName<'static>>,
    /// Of a client: whether the server has asked for a certificate.
    asked: Option<Arc<AtomicBool>>,
    /// Of a client: whether it has a certificate.
    has_certificate: bool,
    /// Whether the peer has sent anything since the handshake.
    has_heard: bool,
    pub(crate) low_water: LowWaterMode,
}

impl TlsLayer {
    /// TLS whose handshake has not begun.
    pub(crate) fn new(tls: Tls) -> Result<Self, TlsError> {
        let policy = tls.policy();
        let mut has_certificate = false;
        let (session, name, asked) = match tls {
            Tls::Client(client) => {
                has_certificate = client.config.client_auth_cert_resolver.has_certs();
                let (config, asked) = client.for_connection();
                let session = rustls::ClientConnection::new(config, client.name.clone());
                (session.map(Connection::from), Some(client.name), Some(asked))
            }
            Tls::Server(server) => (ServerConnection::new(server.config).map(Connection::from), None, None),
        };
        let mut session = session.map_err(|error| TlsError::new(explain(&error, &Situation::default()).what))?;
        // The stream's own water marks rule: what rustls has to send is taken out at once.
        session.set_buffer_limit(None);
        Ok(Self {
            session,
            progress: Progress::Handshaking,
            was_agreed: false,
            peer_event: None,
            policy,
            name,
            asked,
            has_certificate,
            has_heard: false,
            low_water: LowWaterMode::default(),
        })
    }

    /// The same layer for a connection on which the peer has agreed to TLS.
    pub(crate) fn agreed(self) -> Self {
        Self { was_agreed: true, ..self }
    }

    pub(crate) fn is_client(&self) -> bool {
        self.name.is_some()
    }

    pub(crate) fn was_agreed(&self) -> bool {
        self.was_agreed
    }

    /// Whether the handshake is under way.
    pub(crate) fn is_handshaking(&self) -> bool {
        matches!(self.progress, Progress::Handshaking)
    }

    /// Whether the peer has said something that was not told yet.
    pub(crate) fn has_peer_event(&self) -> bool {
        self.peer_event.is_some()
    }

    /// Whether the handshake has ended just now.
    pub(crate) fn take_finished(&mut self) -> bool {
        let is_finished = self.is_handshaking() && !self.session.is_handshaking();
        if is_finished {
            self.progress = Progress::Established;
        }
        is_finished
    }

    /// The error of a handshake that has taken too long.
    pub(crate) fn timed_out(&self) -> io::Error {
        let TlsPolicy { handshake_timeout, advice, .. } = self.policy;
        TlsError::timed_out("the handshake did not finish", handshake_timeout, advice).into()
    }

    /// The stream is lost. Gives the reason as TLS sees it.
    pub(crate) fn lose(&mut self, error: Option<io::Error>) -> Option<io::Error> {
        match (std::mem::replace(&mut self.progress, Progress::Lost), error) {
            (_, Some(error)) if is_tls(&error) || is_handshake_timeout(&error) => Some(error),
            (Progress::Handshaking, Some(error)) => Some(TlsError::new(describe(&error)).into()),
            (_, Some(error)) if self.is_refused_by(&error) => {
                let (cert, key) = (self.policy.advice.flag("cert"), self.policy.advice.flag("key"));
                let text = format!("{} after the server had asked for a certificate ({cert}, {key})", describe(&error));
                Some(TlsError::new(text).into())
            }
            (_, error) => error,
        }
    }

    /// Decrypts `ciphertext` into `buffer`, and gives the number of bytes there. `buffer` has room for [`RECORD_BYTES`]
    /// more than the ciphertext. [`take_peer_event`](Self::take_peer_event) gives what else the peer has said.
    pub(crate) fn decrypt(&mut self, mut ciphertext: &[u8], buffer: &mut [u8]) -> usize {
        let mut len = 0;
        let gives_up = self.session.is_handshaking() && ends_with_close_notify(ciphertext);
        while !ciphertext.is_empty() && !self.has_peer_event() {
            self.has_heard |= !self.session.is_handshaking();
            if let Err(error) = self.session.read_tls(&mut ciphertext) {
                // There is room, so the message is longer than any may be.
                let error = TlsError::new(error.to_string());
                self.peer_event = Some(Err(TlsFailure { error, has_alert: false, refused: None }));
                break;
            }
            let result = self.session.process_new_packets();
            // Bytes before an error are valid.
            while let Ok(n @ 1..) = self.session.reader().read(&mut buffer[len..]) {
                len += n;
            }
            self.peer_event = match result {
                Err(error) => {
                    // Other records have been taken out before, so this one is the alert.
                    let has_alert = self.session.wants_write();
                    let refused = verify::refused();
                    Some(Err(TlsFailure { error: self.explain(&error, refused.as_ref()), has_alert, refused }))
                }
                Ok(state) if state.peer_has_closed() || (gives_up && ciphertext.is_empty()) => Some(Ok(())),
                Ok(_) => None,
            };
        }
        // After a long record rustls holds memory for a whole one, and gives it back at the next read. An idle
        // connection must not keep it. This read finds nothing, which is not an error.
        let _ = self.session.read_tls(&mut Nothing);
        len
    }

    fn explain(&self, error: &rustls::Error, refused: Option<&CertificateDer<'_>>) -> TlsError {
        let situation = Situation {
            is_server: matches!(self.session, Connection::Server(_)),
            was_agreed: self.was_agreed,
            has_begun: self.session.protocol_version().is_some(),
            was_asked: self.was_asked(),
            has_certificate: self.has_certificate,
            wanted: self.name.as_ref(),
            advice: self.policy.advice,
            certificate: refused,
        };
        let Explanation { what, hint } = explain(error, &situation);
        TlsError::new(what).with_hint(hint)
    }

    fn was_asked(&self) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.load(Ordering::Relaxed))
    }

    /// What the peer has said behind its last byte. `Ok` is its end.
    pub(crate) fn take_peer_event(&mut self) -> Option<Result<(), TlsFailure>> {
        self.peer_event.take()
    }

    /// Encrypts bytes of the protocol. The handshake is done.
    pub(crate) fn encrypt(&mut self, mut plaintext: &[u8]) -> Result<(), TlsError> {
        while !plaintext.is_empty() {
            match self.session.writer().write(plaintext) {
                Ok(n @ 1..) => plaintext = &plaintext[n..],
                // TLS 1.2 has no way to renew the keys.
                Ok(0) => {
                    return Err(TlsError::new("the usage limit of the keys is reached, and TLS 1.2 cannot renew them"));
                }
                Err(error) => return Err(TlsError::new(error.to_string())),
            }
        }
        Ok(())
    }

    /// Whether there is ciphertext to be sent.
    pub(crate) fn wants_write(&self) -> bool {
        self.session.wants_write()
    }

    /// Sends ciphertext.
    pub(crate) fn write_to(&mut self, sink: &mut dyn Write) -> io::Result<usize> {
        self.session.write_tls(sink)
    }

    /// The bytes that end our direction: `last` of the layers above, and the end of TLS. The second call gives no end.
    pub(crate) fn closing_bytes(&mut self, last: &[u8]) -> Vec<u8> {
        // Keys that are used up cannot say more. The peer then sees the end alone.
        let _ = self.encrypt(last);
        self.session.send_close_notify();
        let mut words = Vec::new();
        while self.session.wants_write() {
            // Writing to memory cannot fail.
            let _ = self.session.write_tls(&mut words);
        }
        words
    }

    /// Whether this is a reset that answers our certificate, or the lack of one. In TLS 1.3 the server judges a
    /// certificate after the handshake, and a reset can destroy its alert.
    fn is_refused_by(&self, error: &io::Error) -> bool {
        let is_reset = matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe);
        let is_judged_late = self.session.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3);
        is_reset && is_judged_late && !self.has_heard && self.was_asked()
    }

    /// The facts about the session, once the handshake is done.
    pub(crate) fn info(&self) -> Option<TlsInfo> {
        let session = &self.session;
        let version = match session.protocol_version()? {
            rustls::ProtocolVersion::TLSv1_2 => "TLSv1.2".to_owned(),
            rustls::ProtocolVersion::TLSv1_3 => "TLSv1.3".to_owned(),
            other => format!("{other:?}"),
        };
        let server_name = match session {
            Connection::Server(server) => server.server_name().map(str::to_owned),
            Connection::Client(_) => match &self.name {
                Some(ServerName::DnsName(name)) => Some(name.as_ref().to_owned()),
                _ => None,
            },
        };
        Some(TlsInfo {
            version,
            cipher_suite: session.negotiated_cipher_suite().map(|suite| name_of(suite.suite())).unwrap_or_default(),
            key_exchange: session
                .negotiated_key_exchange_group()
                .map(|group| format!("{:?}", group.name()))
                .unwrap_or_default(),
            alpn: session.alpn_protocol().map(<[u8]>::to_vec),
            server_name,
            peer_chain: session.peer_certificates().unwrap_or_default().to_vec(),
            is_verified: self.policy.verifies && session.peer_certificates().is_some(),
        })
    }
}

/// Whether a close_notify in the clear comes last. rustls takes it for a warning without effect during a handshake. RFC
/// 8446, section 6.1: it ends the connection.
fn ends_with_close_notify(ciphertext: &[u8]) -> bool {
    matches!(ciphertext, [.., ALERT, 3, _, 0, 2, _, CLOSE_NOTIFY])
}

/// A flow pauses when no byte comes for this time. A flow slower than `CIPHERTEXT_BYTES` in this time gains nothing.
pub(super) const FLOW_IDLE: Duration = Duration::from_millis(2);

/// The mode begins after this many bytes without a pause and without an answer. Then the peer does not wait for an
/// answer, or the flow takes long anyway and one more pause costs little.
const MUCH_BYTES: usize = 2 * 1024 * 1024;

/// Whether the connection is in full flow, so that the kernel wakes the loop for large amounts only. `wakeups.rs` says
/// why.
#[derive(Debug, Default)]
pub(crate) struct LowWaterMode {
    bytes: usize,
    pub(super) last: Option<Instant>,
    /// Looks for a pause. Set while the mode is on.
    pub(super) timer: Option<TimerId>,
}

impl LowWaterMode {
    /// Notes that bytes were sent, which may be an answer.
    pub(crate) fn note_sent(&mut self) {
        self.bytes = 0;
    }

    /// Notes bytes that have come. Returns whether the mode begins now.
    pub(super) fn note(&mut self, bytes: usize, now: Instant) -> bool {
        let paused = self.last.replace(now).is_none_or(|last| now.duration_since(last) > FLOW_IDLE);
        self.bytes = if paused { bytes } else { self.bytes.saturating_add(bytes) };
        self.bytes >= MUCH_BYTES && self.timer.is_none()
    }
}

/// The name of a cipher suite in its RFC.
fn name_of(suite: rustls::CipherSuite) -> String {
    format!("{suite:?}").replacen("TLS13_", "TLS_", 1)
}

/// A source that has nothing now.
struct Nothing;

impl Read for Nothing {
    fn read(&mut self, _buf: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}
