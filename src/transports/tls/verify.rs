//! Verifies certificates: by a chain and a name, by a pin, by both, or not at all. In every case the peer must hold the
//! key of the certificate that it presents. `chain.rs` verifies chains.
//!
//! An error of rustls does not contain the refused certificate. [`refused`] has it, for the text of the error.

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
use x509_cert::der::oid::db::rfc5912::{ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};

use super::certificate::{self, Facts};
use super::chain::{Authorities, to_rustls_error};
use super::show::SeenChain;
use super::{Pin, provider};

thread_local! {
    static REFUSED: Cell<Option<CertificateDer<'static>>> = const { Cell::new(None) };
}

/// Takes the certificate that this thread refused last. Call it directly after the error.
pub(crate) fn refused() -> Option<CertificateDer<'static>> {
    REFUSED.take()
}

/// Keeps the certificate for [`refused`] if the result is an error.
fn keep_refused<T>(certificate: &CertificateDer<'_>, result: Result<T, Error>) -> Result<T, Error> {
    REFUSED.set(result.is_err().then(|| certificate.clone().into_owned()));
    result
}

/// The certificate has none of the wanted pins, but this one.
#[derive(Debug)]
pub(crate) struct WrongPin(pub(crate) Option<Pin>);

impl fmt::Display for WrongPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(pin) => {
                write!(f, "the certificate has another pin: {pin}")
            }
            None => f.write_str("the certificate cannot be read, so it has no pin"),
        }
    }
}

impl std::error::Error for WrongPin {}

/// Verifies servers for a client, or clients for a server.
#[derive(Debug)]
pub(crate) struct Verifier {
    chain: Option<Trusted>,
    pins: Vec<Pin>,
    algorithms: WebPkiSupportedAlgorithms,
    /// Gets the certificates that are verified.
    seen: Option<SeenChain>,
    /// The names of all trusted certificates. A client with several certificates chooses one by these names.
    hints: Vec<DistinguishedName>,
}

impl Verifier {
    /// Verifies by a chain to an authority in `given`, or accepts a certificate in `given` itself. The name must match,
    /// and a pin too if there are any.
    pub(crate) fn chain(given: Vec<CertificateDer<'static>>, pins: Vec<Pin>) -> Self {
        Self { chain: Some(Trusted::new(given)), ..Self::pins(pins) }
    }

    /// For a server: each client must present a certificate from an authority in `given`, or a certificate in `given`
    /// itself.
    pub(crate) fn of_clients(given: Vec<CertificateDer<'static>>) -> Self {
        let mut named = RootCertStore::empty();
        named.add_parsable_certificates(given.iter().cloned());
        Self { hints: named.subjects(), ..Self::chain(given, Vec::new()) }
    }

    /// Verifies by one of `pins` alone. Without pins, every certificate is accepted.
    pub(crate) fn pins(pins: Vec<Pin>) -> Self {
        let algorithms = provider().signature_verification_algorithms;
        Self { chain: None, pins, algorithms, seen: None, hints: Vec::new() }
    }

    /// The same verifier, which puts the certificates that it verifies into `seen`.
    pub(crate) fn noting(self, seen: Option<SeenChain>) -> Self {
        Self { seen, ..self }
    }

    fn has_pin(&self, end_entity: &CertificateDer<'_>) -> Result<(), Error> {
        let pin = certificate::pin(end_entity);
        if self.pins.is_empty() || pin.is_some_and(|pin| self.pins.contains(&pin)) {
            return Ok(());
        }
        Err(CertificateError::Other(OtherError(Arc::new(WrongPin(pin)))).into())
    }

    /// The key with which the peer must sign, if nothing else in the certificate counts. The certificate can have any
    /// X.509 version. The key is the same bytes that the pin is made of.
    fn key_alone(&self, certificate: &CertificateDer<'_>) -> Option<Result<SubjectPublicKeyInfoDer<'static>, Error>> {
        if self.chain.is_some() && self.pins.is_empty() {
            return None;
        }
        let key = certificate::public_key(certificate).map(|key| SubjectPublicKeyInfoDer::from(key.to_vec()));
        Some(key.ok_or_else(|| CertificateError::BadEncoding.into()))
    }
}

/// The certificates that the user trusts.
#[derive(Debug)]
struct Trusted {
    /// All of them, authorities or not. A peer with one of these certificates is trusted without an authority, which is
    /// how a user trusts a self-signed certificate.
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
            return check_end_entity(end_entity, purpose, now);
        }
        let verified = self.authorities.verify(end_entity, intermediates, purpose.key_usage(), now);
        verified.map_err(|error| prefer_unknown_issuer(end_entity, error))
    }
}

/// The purpose of a presented certificate.
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
            Self::Server => ID_KP_SERVER_AUTH,
            Self::Client => ID_KP_CLIENT_AUTH,
        }
    }
}

/// Verifies a TLS 1.2 signature by this key. In TLS 1.2, one scheme can mean several curves.
fn verify_tls12_signature_with_raw_key(
    message: &[u8],
    key: &SubjectPublicKeyInfoDer<'_>,
    signature: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let candidates = algorithms.mapping.iter().find(|(scheme, _)| *scheme == signature.scheme);
    let (_, candidates) = candidates.ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
    let key = RawPublicKeyEntity::try_from(key).map_err(to_rustls_error)?;
    let mut result = Err(CertificateError::BadSignature.into());
    for algorithm in *candidates {
        match key.verify_signature(*algorithm, message, signature.signature()) {
            Ok(()) => return Ok(HandshakeSignatureValid::assertion()),
            // The key has another curve.
            Err(error @ webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)) => {
                result = Err(to_rustls_error(error));
            }
            Err(error) => return Err(to_rustls_error(error)),
        }
    }
    result
}

/// Checks a certificate that is trusted itself, as webpki checks one in a chain: its times and its purpose.
fn check_end_entity(end_entity: &CertificateDer<'_>, purpose: Purpose, now: UnixTime) -> Result<(), Error> {
    let facts = Facts::of(end_entity).ok_or(CertificateError::BadEncoding)?;
    facts.in_time(now)?;
    if !facts.is_meant_for(purpose.identifier()) {
        return Err(CertificateError::InvalidPurpose.into());
    }
    Ok(())
}

/// Turns the error of a self-signed certificate into "unknown issuer", which is what matters to the user and, as an
/// alert, to the peer. webpki can report something else first: many tools mark such certificates as authorities, and
/// the system can trust an authority of the same name, such as `CN=localhost` on Debian, whose signature does not fit.
fn prefer_unknown_issuer(end_entity: &CertificateDer<'_>, error: Error) -> Error {
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

/// Both traits of verifiers have these methods, which say how a peer proves that it holds the key.
macro_rules! signatures {
    () => {
        fn verify_tls12_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            dss: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let verified = match self.key_alone(cert) {
                Some(key) => {
                    key.and_then(|key| verify_tls12_signature_with_raw_key(message, &key, dss, &self.algorithms))
                }
                None => rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms),
            };
            keep_refused(cert, verified)
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
            keep_refused(cert, verified)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.algorithms.supported_schemes()
        }
    };
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(seen) = &self.seen {
            seen.note(end_entity, intermediates);
        }
        let of_chain = |chain: &Trusted| {
            chain.verify(end_entity, intermediates, Purpose::Server, now)?;
            // A certificate that is trusted itself must have the right name, too.
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)
        };
        let verified = self.chain.as_ref().map_or(Ok(()), of_chain).and_then(|()| self.has_pin(end_entity));
        keep_refused(end_entity, verified).map(|()| ServerCertVerified::assertion())
    }

    signatures!();
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let of_chain = |chain: &Trusted| chain.verify(end_entity, intermediates, Purpose::Client, now);
        let verified = self.chain.as_ref().map_or(Ok(()), of_chain).and_then(|()| self.has_pin(end_entity));
        keep_refused(end_entity, verified).map(|()| ClientCertVerified::assertion())
    }

    signatures!();
}

/// Presents the client's certificate, and notes whether the server asked for one. In TLS 1.3 a server complains about a
/// missing certificate only after the client's handshake is done.
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
