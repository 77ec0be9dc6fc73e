//! TLS, a layer of a stream (`../layer/mod.rs`). asyncio's `sslproto.py`.
//!
//! In the order in which to read: `layer.rs` (the states, encryption and decryption, without I/O), `flow.rs` (what that
//! does to a stream), `wakeups.rs` (fewer wake-ups in full flow), `settings.rs` (from what a user wants to a
//! configuration) with `pem.rs` (certificates and keys from files), `verify.rs` and `chain.rs` (trust),
//! `self_signed.rs`, `provider.rs` (cryptography), `certificate.rs` (the facts in a certificate), `explain.rs` and
//! `refusal.rs` (errors in words).

pub mod certificate;
mod chain;
mod config;
pub mod explain;
mod flow;
mod key_log;
pub(crate) mod layer;
mod pem;
pub mod pin;
mod provider;
mod refusal;
mod self_signed;
pub mod settings;
pub mod show;
mod verify;
mod wakeups;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};

pub use rustls;

pub use self::pin::Pin;
pub use self::provider::provider;
use crate::transports::advice::Advice;
use crate::transports::layer::starttls::StartTls;

/// The client's side of TLS, ready for any number of connections to one name: made from files by
/// [`ClientSettings`](settings::ClientSettings), or from a configuration of rustls. asyncio's `ssl=context` with its
/// `server_hostname`.
#[doc(alias = "SSLContext")]
#[doc(alias = "server_hostname")]
#[derive(Clone)]
pub struct TlsClient {
    pub(crate) config: Arc<rustls::ClientConfig>,
    pub(crate) name: ServerName<'static>,
    pub(crate) policy: TlsPolicy,
    pub(crate) starttls: Option<Asking>,
}

/// How a client asks for TLS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking {
    pub(crate) protocol: StartTls,
    /// Whether the protocol of the stream gets the greeting of the server.
    pub(crate) hands_on_greeting: bool,
}

/// The server's side of TLS, ready for any number of connections: made from files by
/// [`ServerSettings`](settings::ServerSettings), or from a configuration of rustls. asyncio's `ssl=context`.
#[doc(alias = "SSLContext")]
#[derive(Clone)]
pub struct TlsServer {
    pub(crate) config: Arc<rustls::ServerConfig>,
    pub(crate) policy: TlsPolicy,
    /// The pin of the certificate, if the certificate is known.
    pub(crate) pin: Option<Pin>,
}

/// Either side, as `start_tls` takes it.
#[derive(Clone, Debug)]
pub enum Tls {
    /// The client's side.
    Client(TlsClient),
    /// The server's side.
    Server(TlsServer),
}

impl From<TlsClient> for Tls {
    fn from(client: TlsClient) -> Self {
        Self::Client(client)
    }
}

impl From<TlsServer> for Tls {
    fn from(server: TlsServer) -> Self {
        Self::Server(server)
    }
}

impl Tls {
    fn policy(&self) -> TlsPolicy {
        match self {
            Self::Client(client) => client.policy,
            Self::Server(server) => server.policy,
        }
    }
}

/// Facts about a TLS connection. Texts of the peer are as the peer has sent them: escape them before you show them.
#[derive(Clone, Debug, Default)]
pub struct TlsInfo {
    /// `TLSv1.3`.
    pub version: String,
    /// `TLS_AES_128_GCM_SHA256`.
    pub cipher_suite: String,
    /// The group of the key exchange: `X25519MLKEM768`.
    pub key_exchange: String,
    /// The protocol that both sides have agreed on.
    pub alpn: Option<Vec<u8>>,
    /// SNI: the name that the client has asked for.
    pub server_name: Option<String>,
    /// The certificates that the peer has shown, its own one first, in DER.
    pub peer_chain: Vec<CertificateDer<'static>>,
    /// Whether an authority vouches for the certificate, or the certificate has a pin that was wanted.
    pub is_verified: bool,
}

/// The rules for connections of either side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TlsPolicy {
    /// asyncio's `ssl_handshake_timeout`.
    pub(crate) handshake_timeout: Duration,
    /// A connection that ends without a close_notify counts as whole.
    pub(crate) allow_truncation: bool,
    /// Certificates of peers are verified.
    pub(crate) verifies: bool,
    /// How messages name options.
    pub(crate) advice: Advice,
}

impl TlsClient {
    /// The same client, which asks for TLS in the words of `protocol` first. On a stream that is open already, the
    /// protocol of the stream has to ask.
    #[must_use]
    pub fn asking_by(self, protocol: StartTls) -> Self {
        Self { starttls: Some(Asking { protocol, hands_on_greeting: false }), ..self }
    }

    /// The same client, which hands on the greeting of a server that speaks first (SMTP, IMAP and POP3): the lines of
    /// the greeting are the first bytes that the protocol of the stream receives, although they came in the clear. A
    /// program that waits for the greeting can then speak over the stream. Without
    /// [`asking_by`](Self::asking_by), this does nothing.
    #[must_use]
    pub fn handing_on_greeting(self) -> Self {
        let starttls = self.starttls.map(|asking| Asking { hands_on_greeting: true, ..asking });
        Self { starttls, ..self }
    }
}

impl TlsServer {
    /// The pin by which a client can know the certificate of this server. `None` if the server was made from a
    /// configuration of rustls.
    #[must_use]
    pub fn pin(&self) -> Option<Pin> {
        self.pin
    }
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsClient").field("name", &self.name).field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsServer").field("pin", &self.pin).field("policy", &self.policy).finish_non_exhaustive()
    }
}
