//! Whom a client trusts: a chain and a name, a pin, both, or whoever comes. In every case the peer must hold the key of the
//! certificate that it shows.
//!
//! rustls tells of a refused certificate only why, so it is kept here until somebody explains: `refused`.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, VerifierBuilderError, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore, SignatureScheme,
};

use super::certificate::{self, Facts};
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
    chain: Option<Chain>,
    pins: Vec<Pin>,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
struct Chain {
    webpki: Arc<WebPkiServerVerifier>,
    /// The authorities as they were given. A server's own certificate among them is trusted too, although it may be none:
    /// that is how a self-signed one is named.
    given: Vec<CertificateDer<'static>>,
}

impl ServerVerifier {
    /// By a chain to one of `roots` and by the name, and by one of `pins` besides if there are any.
    pub(crate) fn chain(
        roots: RootCertStore,
        given: Vec<CertificateDer<'static>>,
        pins: Vec<Pin>,
    ) -> Result<Self, VerifierBuilderError> {
        let provider = provider::provider();
        let algorithms = provider.signature_verification_algorithms;
        let webpki = WebPkiServerVerifier::builder_with_provider(roots.into(), provider).build()?;
        Ok(Self { chain: Some(Chain { webpki, given }), pins, algorithms })
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
}

impl Chain {
    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<(), Error> {
        if self.given.contains(end_entity) {
            in_its_time(end_entity, now)?;
            return verify_server_name(&ParsedCertificate::try_from(end_entity)?, name);
        }
        let verified = self.webpki.verify_server_cert(end_entity, intermediates, name, ocsp, now);
        verified.map(|_| ()).map_err(|error| self_signed_first(end_entity, error))
    }
}

/// What webpki looks at in a chain; here it is for a certificate that is trusted itself.
fn in_its_time(end_entity: &CertificateDer<'_>, time: UnixTime) -> Result<(), Error> {
    let facts = Facts::of(end_entity).ok_or(CertificateError::BadEncoding)?;
    let (not_before, not_after) = (facts.not_before(), facts.not_after());
    if time < not_before {
        return Err(CertificateError::NotValidYetContext { time, not_before }.into());
    }
    if time > not_after {
        return Err(CertificateError::ExpiredContext { time, not_after }.into());
    }
    Ok(())
}

/// What matters of a self-signed certificate is that nobody else vouches for it, to the peer too, who gets the alert of that.
/// webpki objects first to what many tools make as if for an authority, or to the signature, where an authority has the same
/// name: a Debian may trust a `CN=localhost`.
fn self_signed_first(end_entity: &CertificateDer<'_>, error: Error) -> Error {
    let is_beside_the_point = match &error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(why))) => why.to_string() == "CaUsedAsEndEntity",
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
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = self.chain.as_ref();
        let verified = chain
            .map_or(Ok(()), |chain| chain.verify(end_entity, intermediates, server_name, ocsp_response, now))
            .and_then(|()| self.has_pin(end_entity));
        keeping(end_entity, verified).map(|()| ServerCertVerified::assertion())
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

/// A server's verifier of clients.
#[derive(Debug)]
pub(crate) struct ClientVerifier {
    webpki: Arc<dyn ClientCertVerifier>,
    /// As in a client's chain.
    given: Vec<CertificateDer<'static>>,
}

impl ClientVerifier {
    /// Each client must show a certificate of one of `roots`, or one that is given itself.
    pub(crate) fn new(roots: RootCertStore, given: Vec<CertificateDer<'static>>) -> Result<Self, VerifierBuilderError> {
        let webpki = WebPkiClientVerifier::builder_with_provider(roots.into(), provider::provider()).build()?;
        Ok(Self { webpki, given })
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.webpki.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = if self.given.contains(end_entity) {
            in_its_time(end_entity, now).map(|()| ClientCertVerified::assertion())
        } else {
            let verified = self.webpki.verify_client_cert(end_entity, intermediates, now);
            verified.map_err(|error| self_signed_first(end_entity, error))
        };
        keeping(end_entity, verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        keeping(cert, self.webpki.verify_tls12_signature(message, cert, dss))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        keeping(cert, self.webpki.verify_tls13_signature(message, cert, dss))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
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
