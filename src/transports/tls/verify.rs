//! Whom a client trusts: a chain and a name, a pin, both, or whoever comes. In every case the peer must hold the key of
//! the certificate that it shows. Chains are `chain.rs`.
//!
//! rustls tells of a refused certificate only why, so it is kept here until somebody explains: `refused`.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, verify_server_name};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, PeerMisbehaved, RootCertStore,
    SignatureScheme,
};
use webpki::{KeyUsage, RawPublicKeyEntity};
use x509_cert::der::asn1::ObjectIdentifier;

use super::certificate::{self, FOR_CLIENTS, FOR_SERVERS, Facts};
use super::chain::{Authorities, in_words_of_rustls};
use super::{Pin, provider};

thread_local! {
    static REFUSED: Cell<Option<CertificateDer<'static>>> = const { Cell::new(None) };
}

/// The peer's own certificate, right after a connection of this thread has failed because of it; once.
pub(crate) fn refused() -> Option<CertificateDer<'static>> {
    REFUSED.take()
}

/// Keeps the certificate for whoever explains the error, if it is one.
fn keeping<T>(certificate: &CertificateDer<'_>, result: Result<T, Error>) -> Result<T, Error> {
    REFUSED.set(result.is_err().then(|| certificate.clone().into_owned()));
    result
}

/// The certificate has none of the pins that were wanted, but this one.
#[derive(Debug)]
pub(crate) struct WrongPin(pub(crate) Option<Pin>);

impl fmt::Display for WrongPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(pin) => write!(f, "the certificate has another pin: {pin}; the server has another key, or is another"),
            None => f.write_str("the certificate cannot be read, so it has no pin"),
        }
    }
}

impl std::error::Error for WrongPin {}

/// A client's verifier.
#[derive(Debug)]
pub(crate) struct ServerVerifier {
    chain: Option<Trusted>,
    pins: Vec<Pin>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerVerifier {
    /// By a chain to an authority of `given`, or as one of these, and by the name; by one of `pins` besides if there
    /// are any.
    pub(crate) fn chain(given: Vec<CertificateDer<'static>>, pins: Vec<Pin>) -> Self {
        Self { chain: Some(Trusted::new(given)), ..Self::pins(pins) }
    }

    /// By one of `pins` alone, or not at all where there are none.
    pub(crate) fn pins(pins: Vec<Pin>) -> Self {
        Self { chain: None, pins, algorithms: provider::provider().signature_verification_algorithms }
    }

    fn has_pin(&self, end_entity: &CertificateDer<'_>) -> Result<(), Error> {
        let pin = certificate::pin(end_entity);
        if self.pins.is_empty() || pin.is_some_and(|pin| self.pins.contains(&pin)) {
            return Ok(());
        }
        Err(CertificateError::Other(OtherError(Arc::new(WrongPin(pin)))).into())
    }

    /// The key by which the peer must sign, where that is all that is looked at in its certificate: of any version of
    /// X.509, and the same bytes as the pin is made of.
    fn key_alone(&self, certificate: &CertificateDer<'_>) -> Option<Result<SubjectPublicKeyInfoDer<'static>, Error>> {
        if self.chain.is_some() && self.pins.is_empty() {
            return None;
        }
        let key = certificate::public_key(certificate).map(|key| SubjectPublicKeyInfoDer::from(key.to_vec()));
        Some(key.ok_or_else(|| CertificateError::BadEncoding.into()))
    }
}

/// What was given to be trusted.
#[derive(Debug)]
struct Trusted {
    /// All that was given, authorities or not. A peer's own certificate among them is trusted itself: that is how a
    /// self-signed one is named.
    given: Vec<CertificateDer<'static>>,
    authorities: Authorities,
}

impl Trusted {
    fn new(given: Vec<CertificateDer<'static>>) -> Self {
        Self { authorities: Authorities::of(&given), given }
    }

    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        purpose: Purpose,
        now: UnixTime,
    ) -> Result<(), Error> {
        if self.given.contains(end_entity) {
            return in_itself(end_entity, purpose, now);
        }
        let verified = self.authorities.verify(end_entity, intermediates, purpose.key_usage(), now);
        verified.map_err(|error| self_signed_first(end_entity, error))
    }
}

/// What a certificate is shown for.
#[derive(Clone, Copy, Debug)]
enum Purpose {
    Server,
    Client,
}

impl Purpose {
    fn key_usage(self) -> KeyUsage {
        match self {
            Self::Server => KeyUsage::server_auth(),
            Self::Client => KeyUsage::client_auth(),
        }
    }

    fn identifier(self) -> ObjectIdentifier {
        match self {
            Self::Server => FOR_SERVERS,
            Self::Client => FOR_CLIENTS,
        }
    }
}

/// Whether `signature` is one by this key, TLS 1.2. One scheme stands for several curves there.
fn verify_tls12_signature_with_raw_key(
    message: &[u8],
    key: &SubjectPublicKeyInfoDer<'_>,
    signature: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let candidates = algorithms.mapping.iter().find(|(scheme, _)| *scheme == signature.scheme);
    let (_, candidates) = candidates.ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
    let key = RawPublicKeyEntity::try_from(key).map_err(in_words_of_rustls)?;
    let mut result = Err(CertificateError::BadSignature.into());
    for algorithm in *candidates {
        match key.verify_signature(*algorithm, message, signature.signature()) {
            Ok(()) => return Ok(HandshakeSignatureValid::assertion()),
            // It is of another curve.
            Err(error @ webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)) => {
                result = Err(in_words_of_rustls(error));
            }
            Err(error) => return Err(in_words_of_rustls(error)),
        }
    }
    result
}

/// What webpki looks at in a chain; here it is for a certificate that is trusted itself.
fn in_itself(end_entity: &CertificateDer<'_>, purpose: Purpose, now: UnixTime) -> Result<(), Error> {
    let facts = Facts::of(end_entity).ok_or(CertificateError::BadEncoding)?;
    facts.in_time(now)?;
    if !facts.is_meant_for(purpose.identifier()) {
        return Err(CertificateError::InvalidPurpose.into());
    }
    Ok(())
}

/// What matters of a self-signed certificate is that nobody else vouches for it, to the peer too, who gets the alert of
/// that. webpki objects first to what many tools make as if for an authority, or to the signature, where an authority
/// has the same name: a Debian may trust a `CN=localhost`.
fn self_signed_first(end_entity: &CertificateDer<'_>, error: Error) -> Error {
    let is_beside_the_point = match &error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(why))) => {
            why.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
        }
        Error::InvalidCertificate(error) => matches!(
            error,
            CertificateError::BadSignature
                | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
                | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
        ),
        _ => false,
    };
    if is_beside_the_point && Facts::of(end_entity).is_some_and(|facts| facts.is_self_issued()) {
        return CertificateError::UnknownIssuer.into();
    }
    error
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let of_chain = |chain: &Trusted| {
            chain.verify(end_entity, intermediates, Purpose::Server, now)?;
            // What is trusted itself is so for its names alone, too.
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)
        };
        let verified = self.chain.as_ref().map_or(Ok(()), of_chain).and_then(|()| self.has_pin(end_entity));
        keeping(end_entity, verified).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = match self.key_alone(cert) {
            Some(key) => key.and_then(|key| verify_tls12_signature_with_raw_key(message, &key, dss, &self.algorithms)),
            None => rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms),
        };
        keeping(cert, verified)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = match self.key_alone(cert) {
            Some(key) => key.and_then(|key| {
                rustls::crypto::verify_tls13_signature_with_raw_key(message, &key, dss, &self.algorithms)
            }),
            None => rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms),
        };
        keeping(cert, verified)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// A server's verifier of clients.
#[derive(Debug)]
pub(crate) struct ClientVerifier {
    trusted: Trusted,
    /// What a client with several certificates chooses by: the names of all that were given, of which some have signed
    /// themselves.
    hints: Vec<DistinguishedName>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientVerifier {
    /// Each client must show a certificate of an authority of `given`, or one of these itself.
    pub(crate) fn new(given: Vec<CertificateDer<'static>>) -> Self {
        let mut named = RootCertStore::empty();
        named.add_parsable_certificates(given.iter().cloned());
        let algorithms = provider::provider().signature_verification_algorithms;
        Self { hints: named.subjects(), trusted: Trusted::new(given), algorithms }
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.trusted.verify(end_entity, intermediates, Purpose::Client, now);
        keeping(end_entity, verified).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        keeping(cert, rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        keeping(cert, rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// What a client shows, and whether it was asked: in TLS 1.3 a server that misses a certificate says so only after the
/// client's handshake is done.
#[derive(Debug)]
pub(crate) struct Asked {
    inner: Arc<dyn ResolvesClientCert>,
    asked: Arc<AtomicBool>,
}

impl Asked {
    pub(crate) fn new(inner: Arc<dyn ResolvesClientCert>) -> (Self, Arc<AtomicBool>) {
        let asked = Arc::new(AtomicBool::new(false));
        (Self { inner, asked: Arc::clone(&asked) }, asked)
    }
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, root_hints: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.inner.resolve(root_hints, schemes)
    }

    fn has_certs(&self) -> bool {
        self.inner.has_certs()
    }
}

#[cfg(test)]
mod tests;
