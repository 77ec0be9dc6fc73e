//! Settings of TLS: names of files, not their contents. `prepare` reads the files.
//!
//! A run prepares its settings once, before anything is opened, so that a bad file is reported first.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, ClientConfig, Error, InconsistentKeys, KeyLog, RootCertStore, ServerConfig,
    SupportedProtocolVersion,
};

use super::certificate::Facts;
use super::explain::{Situation, explain};
use super::key_log::AppendedKeyLog;
pub use super::pem::SettingsError;
use super::pem::{self, Pem};
use super::show::SeenChain;
use super::verify::{Asked, Verifier};
use super::{Pin, TlsClient, TlsPolicy, TlsServer, certificate, provider, self_signed};
use crate::sys::limits;
use crate::transports::advice::Advice;
use crate::transports::error;
use crate::transports::text::EscapedOs;

static SINCE_TLS12: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
static ONLY_TLS12: &[&SupportedProtocolVersion] = &[&TLS12];
static SINCE_TLS13: &[&SupportedProtocolVersion] = &[&TLS13];

/// A version of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// RFC 5246.
    #[default]
    Tls12,
    /// RFC 8446.
    Tls13,
}

/// Settings of both sides.
#[derive(Clone, Debug)]
pub struct CommonSettings {
    /// The oldest version to accept.
    pub min_version: Version,
    /// The newest version to offer. An older one than `min_version` is an error of `prepare`.
    pub max_version: Version,
    /// Protocols to negotiate (ALPN, RFC 7301), the preferred one first. An empty list negotiates nothing.
    pub alpn: Vec<Vec<u8>>,
    /// How long a handshake may take.
    #[doc(alias = "ssl_handshake_timeout")]
    pub handshake_timeout: Duration,
    /// Whether a connection that ends without a close_notify has ended cleanly.
    pub allow_truncation: bool,
    /// The file that gets the secrets of all connections, in NSS key log format, for the analysis of recorded traffic.
    pub keylog: Option<PathBuf>,
    /// How messages name options.
    pub advice: Advice,
}

/// A certificate, its chain, and its key.
#[derive(Clone, Debug)]
pub struct Identity {
    /// PEM: the certificate, then the certificates that lead to its authority.
    pub cert: PathBuf,
    /// PEM. `None` means that the key is in the file of the certificate.
    pub key: Option<PathBuf>,
}

/// Settings of a client.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// Settings of both sides.
    pub common: CommonSettings,
    /// How the client verifies the server.
    pub trust: Trust,
    /// The certificate to present when the server asks for one.
    pub identity: Option<Identity>,
    /// The name that the certificate must have. A host name is also sent (SNI).
    pub name: ServerName<'static>,
}

/// How a client verifies a server.
#[derive(Clone, Debug)]
pub enum Trust {
    /// By a chain to an authority, and by the name.
    Chain {
        /// PEM: the authorities. `None` means the authorities of the system.
        ca: Option<PathBuf>,
        /// If the list is not empty, the certificate must also have one of these pins.
        pins: Vec<Pin>,
    },
    /// By one of these pins alone.
    Pins(Vec<Pin>),
    /// Not at all.
    Nobody,
}

/// Settings of a server.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Settings of both sides.
    pub common: CommonSettings,
    /// The certificate to present. With `None`, `prepare` makes one.
    pub identity: Option<Identity>,
    /// PEM: authorities. Each client must present a certificate of one of them.
    pub client_ca: Option<PathBuf>,
}

impl ClientSettings {
    /// Reads the files and makes the configuration of a client.
    ///
    /// # Errors
    /// Names the file and says what is wrong with it.
    pub fn prepare(&self) -> Result<TlsClient, SettingsError> {
        self.prepare_noting(None)
    }

    /// The same for a client that puts the certificates of its servers into `seen`, before it verifies them.
    ///
    /// # Errors
    /// As with [`prepare`](Self::prepare).
    pub fn prepare_noting(&self, seen: Option<SeenChain>) -> Result<TlsClient, SettingsError> {
        let provider = provider();
        let verifier = self.trust.verifier(self.common.advice)?.noting(seen);
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(self.common.versions())
            .map_err(config_error)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &self.identity {
            Some(identity) => {
                let (certified, _) = identity.certified(&provider, self.common.advice)?;
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified)))
            }
            None => builder.with_no_client_auth(),
        };
        // A run has few connections, so resumption is not worth its memory.
        config.resumption = Resumption::disabled();
        config.alpn_protocols.clone_from(&self.common.alpn);
        if let Some(log) = self.common.key_log()? {
            config.key_log = log;
        }
        let verifies = !matches!(self.trust, Trust::Nobody);
        let policy = TlsPolicy { verifies, ..self.common.policy() };
        Ok(TlsClient { config: Arc::new(config), name: self.name.clone(), policy, starttls: None })
    }
}

impl ServerSettings {
    /// Reads the files, or makes a certificate, and makes the configuration of a server.
    ///
    /// # Errors
    /// Names the file and says what is wrong with it.
    pub fn prepare(&self) -> Result<TlsServer, SettingsError> {
        let provider = provider();
        let (certified, pin) = match &self.identity {
            Some(identity) => identity.certified(&provider, self.common.advice)?,
            None => self_signed(&provider)?,
        };
        let builder = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(self.common.versions())
            .map_err(config_error)?;
        let builder = match &self.client_ca {
            Some(path) => builder.with_client_cert_verifier(Arc::new(Verifier::of_clients(authorities(path)?))),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        // No ticket is sent: a ticket that a client never reads turns its close into a reset.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        // All suites are good, and they are ordered by their speed here.
        config.ignore_client_order = true;
        config.alpn_protocols.clone_from(&self.common.alpn);
        if let Some(log) = self.common.key_log()? {
            config.key_log = log;
        }
        Ok(TlsServer { config: Arc::new(config), policy: self.common.policy(), pin: Some(pin) })
    }
}

impl TlsClient {
    /// The configuration of one connection, and a flag that is set when its server asks for a certificate.
    pub(crate) fn for_connection(&self) -> (Arc<ClientConfig>, Arc<AtomicBool>) {
        let mut config = ClientConfig::clone(&self.config);
        let (resolver, asked) = Asked::new(Arc::clone(&config.client_auth_cert_resolver));
        config.client_auth_cert_resolver = Arc::new(resolver);
        (Arc::new(config), asked)
    }
}

impl Default for CommonSettings {
    fn default() -> Self {
        Self {
            min_version: Version::Tls12,
            max_version: Version::Tls13,
            alpn: Vec::new(),
            handshake_timeout: Duration::from_secs(10),
            allow_truncation: false,
            keylog: None,
            advice: Advice::default(),
        }
    }
}

impl CommonSettings {
    fn versions(&self) -> &'static [&'static SupportedProtocolVersion] {
        match (self.min_version, self.max_version) {
            (Version::Tls12, Version::Tls13) => SINCE_TLS12,
            (Version::Tls13, Version::Tls13) => SINCE_TLS13,
            (Version::Tls12, Version::Tls12) => ONLY_TLS12,
            // rustls refuses an empty list.
            (Version::Tls13, Version::Tls12) => &[],
        }
    }

    pub(super) fn policy(&self) -> TlsPolicy {
        TlsPolicy {
            handshake_timeout: self.handshake_timeout,
            allow_truncation: self.allow_truncation,
            verifies: true,
            advice: self.advice,
        }
    }

    fn key_log(&self) -> Result<Option<Arc<dyn KeyLog>>, SettingsError> {
        let Some(path) = &self.keylog else { return Ok(None) };
        Ok(Some(Arc::new(AppendedKeyLog::open(path)?)))
    }
}

impl Trust {
    fn verifier(&self, advice: Advice) -> Result<Verifier, SettingsError> {
        let (given, pins) = match self {
            Self::Nobody => return Ok(Verifier::pins(Vec::new())),
            // An empty list would accept every certificate, which only `Nobody` may do.
            Self::Pins(pins) if pins.is_empty() => return Err(SettingsError("no pin is given".into())),
            Self::Pins(pins) => return Ok(Verifier::pins(pins.clone())),
            Self::Chain { ca: Some(path), pins } => (authorities(path)?, pins),
            Self::Chain { ca: None, pins } => (authorities_of_the_system(advice)?, pins),
        };
        Ok(Verifier::chain(given, pins.clone()))
    }
}

impl Identity {
    /// The certificate with its key, and its pin.
    fn certified(&self, provider: &CryptoProvider, advice: Advice) -> Result<(CertifiedKey, Pin), SettingsError> {
        protect_key();
        // A file is read only once, because it can be a pipe.
        let cert = Pem::read(&self.cert, pem::OWN_MAX)?;
        let chain = cert.certificates()?;
        let key = match &self.key {
            Some(path) => Pem::read(path, pem::OWN_MAX)?.key()?,
            None if cert.has_key() => cert.key()?,
            None => {
                let option = advice.option("key", "FILE");
                let reason = format!("no private key in this file: add {option}");
                return Err(pem::fault(&self.cert, reason));
            }
        };
        let key_path = self.key.as_ref().unwrap_or(&self.cert);
        let key = provider.key_provider.load_private_key(key).map_err(|_| {
            pem::fault(key_path, "cannot use the private key: it is damaged, too weak, or of an unsupported kind")
        })?;
        let own = chain.first().ok_or_else(|| pem::fault(&self.cert, "no certificate in this file"))?;
        if let Some(Err(error)) = Facts::of(own).map(|facts| facts.in_time(UnixTime::now())) {
            let situation = Situation { certificate: Some(own), ..Situation::default() };
            log::warn!("{}: {}", EscapedOs(&self.cert), explain(&error.into(), &situation).what);
        }
        if certificate::is_too_large(own) {
            log::warn!("{}: the certificate is larger than 64 KiB, which most peers refuse", EscapedOs(&self.cert));
        }
        let certified = CertifiedKey::new(chain, key);
        match keys_match(&certified) {
            Ok(pin) => Ok((certified, pin)),
            Err(Error::InconsistentKeys(_)) => Err(self.mismatch(&certified, key_path)),
            Err(error) => Err(pem::fault(&self.cert, explain(&error, &Situation::default()).what)),
        }
    }

    /// Explains that the key belongs to another certificate, perhaps to one in the same file.
    fn mismatch(&self, certified: &CertifiedKey, key_path: &Path) -> SettingsError {
        let whose = certified.key.public_key().map(|public| Pin(provider::sha256(&public)));
        let position = certified.cert.iter().position(|other| certificate::pin(other) == whose);
        let hint = match position {
            Some(index) => format!(", but to certificate number {} in this file, which must come first", index + 1),
            None => String::new(),
        };
        let (cert, key) = (EscapedOs(&self.cert), EscapedOs(key_path));
        SettingsError(format!("{key}: the private key does not belong to the certificate in {cert}{hint}"))
    }
}

/// The pin of the certificate, if the key belongs to it. webpki cannot read certificates of old X.509 versions or of a
/// large size. Such a certificate is presented all the same, and the peer decides whether to accept it.
fn keys_match(certified: &CertifiedKey) -> Result<Pin, Error> {
    let damaged = || Error::from(CertificateError::BadEncoding);
    let own = certified.cert.first().ok_or_else(damaged)?;
    let pin = certificate::pin(own).ok_or_else(damaged)?;
    match certified.keys_match() {
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => return Ok(pin),
        Err(error @ Error::InconsistentKeys(_)) => return Err(error),
        Err(error) if certificate::is_unreadable_by_webpki(own) => {
            log::debug!("the certificate is not read further: {error}")
        }
        Err(error) => return Err(error),
    }
    match certified.key.public_key() {
        Some(public) if Pin(provider::sha256(&public)) != pin => Err(InconsistentKeys::KeyMismatch.into()),
        _ => Ok(pin),
    }
}

/// Keeps the private key, which is read next, out of core dumps.
fn protect_key() {
    if let Err(error) = limits::disable_core_dumps() {
        log::warn!("cannot disable core dumps: {}; they would contain the private key", error::describe(&error));
    }
}

fn self_signed(provider: &CryptoProvider) -> Result<(CertifiedKey, Pin), SettingsError> {
    protect_key();
    let unmade = |error: &dyn fmt::Display| SettingsError(format!("cannot make a certificate: {error}"));
    let (certificate, key) = self_signed::make().map_err(|error| unmade(&error))?;
    let pin = certificate::pin(&certificate).ok_or_else(|| unmade(&"it has no pin"))?;
    let certified = CertifiedKey::from_der(vec![certificate], key, provider).map_err(|error| unmade(&error))?;
    Ok((certified, pin))
}

/// The certificates in a file of authorities.
fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let given = Pem::read(path, pem::BUNDLE_MAX)?.certificates()?;
    // Two libraries read these certificates, and both must understand each one.
    let unusable = |der: &&CertificateDer<'_>| {
        RootCertStore::empty().add((**der).clone().into_owned()).is_err() || Facts::of(der).is_none()
    };
    let (count, all) = (given.iter().filter(unusable).count(), given.len());
    if count == 0 {
        return Ok(given);
    }
    let too_large = given.iter().any(|der| certificate::is_too_large(der));
    if count == all {
        let why = if too_large { "they are larger than 64 KiB" } else { "they are damaged" };
        return Err(pem::fault(path, format!("cannot read any certificate in this file: {why}")));
    }
    let why = if too_large { " (some are larger than 64 KiB)" } else { "" };
    log::warn!("{}: ignoring {count} of {all} certificates, which cannot be read{why}", EscapedOs(path));
    Ok(given)
}

fn authorities_of_the_system(advice: Advice) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        log::warn!("authorities of the system: {error}");
    }
    if found.certs.iter().any(|der| RootCertStore::empty().add(der.clone()).is_ok()) {
        return Ok(found.certs);
    }
    let why = found.errors.first().map(|error| match &error.kind {
        rustls_native_certs::ErrorKind::Io { inner, path } => {
            format!(" ({}: {})", EscapedOs(path), error::describe(inner))
        }
        _ => format!(" ({error})"),
    });
    let why = why.unwrap_or_default();
    let option = advice.option("ca", "FILE");
    Err(SettingsError(format!("this system has no certificate authorities{why}: add {option}")))
}

/// An error of rustls about the settings themselves. No user can cause it.
fn config_error(error: Error) -> SettingsError {
    SettingsError(error.to_string())
}

#[cfg(test)]
pub(super) mod tests;
