//! Whom a client trusts: a chain and a name, a pin, both, or whoever comes. In every case the peer must hold the key of the
//! certificate that it shows.
//!
//! rustls tells of a refused certificate only why, so it is kept here until somebody explains: `refused`.

use std::cell::Cell;
use std::fmt;
use std::ops::RangeInclusive;
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
use x509_cert::der::asn1::ObjectIdentifier;

use super::certificate::{self, FOR_CLIENTS, FOR_SERVERS, Facts};
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
    chain: Option<Trusted<Arc<WebPkiServerVerifier>>>,
    pins: Vec<Pin>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerVerifier {
    /// By a chain to an authority of `given`, or as one of these, and by the name; by one of `pins` besides if there are any.
    pub(crate) fn chain(given: Vec<CertificateDer<'static>>, pins: Vec<Pin>) -> Result<Self, VerifierBuilderError> {
        let build = |roots: RootCertStore| {
            WebPkiServerVerifier::builder_with_provider(roots.into(), provider::provider()).build()
        };
        Ok(Self { chain: Some(Trusted::new(given, build)?), ..Self::pins(pins) })
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

/// What was given to be trusted, and webpki's verifier of chains that end in it: `V`.
#[derive(Debug)]
struct Trusted<V> {
    /// All that was given, authorities or not. A peer's own certificate among them is trusted itself: that is how a
    /// self-signed one is named.
    given: Vec<CertificateDer<'static>>,
    /// `None`: of what was given nothing is an authority.
    webpki: Option<V>,
    /// When all authorities are valid, in seconds of UNIX time: webpki does not look at that.
    valid: RangeInclusive<u64>,
    build: Build<V>,
}

type Build<V> = fn(RootCertStore) -> Result<V, VerifierBuilderError>;

impl<V> Trusted<V> {
    fn new(given: Vec<CertificateDer<'static>>, build: Build<V>) -> Result<Self, VerifierBuilderError> {
        let authorities = Vec::from_iter(authorities(&given));
        let since = authorities.iter().map(|(_, facts)| facts.not_before().as_secs()).max();
        let until = authorities.iter().map(|(_, facts)| facts.not_after().as_secs()).min();
        let webpki = roots(authorities.iter().map(|(der, _)| *der)).map(build).transpose()?;
        Ok(Self { webpki, valid: since.unwrap_or(0)..=until.unwrap_or(u64::MAX), given, build })
    }

    /// `by` asks the verifier.
    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        purpose: ObjectIdentifier,
        now: UnixTime,
        by: impl Fn(&V) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.given.contains(end_entity) {
            return in_itself(end_entity, purpose, now);
        }
        let webpki = self.webpki.as_ref().ok_or(CertificateError::UnknownIssuer)?;
        by(webpki).map_err(|error| self_signed_first(end_entity, error))?;
        if self.valid.contains(&now.as_secs()) { Ok(()) } else { self.verify_in_time(now, by) }
    }

    /// The same by those authorities alone whose time it is.
    fn verify_in_time(&self, now: UnixTime, by: impl Fn(&V) -> Result<(), Error>) -> Result<(), Error> {
        let by_these = |these: &[&CertificateDer<'static>]| {
            let roots = roots(these.iter().copied()).ok_or(CertificateError::UnknownIssuer)?;
            by(&(self.build)(roots).map_err(|error| Error::General(error.to_string()))?)
        };
        let (valid, others): (Vec<_>, Vec<_>) =
            authorities(&self.given).partition(|(_, facts)| in_time(facts, now).is_ok());
        let result = by_these(&Vec::from_iter(valid.iter().map(|(der, _)| *der)));
        if result.is_ok() {
            return result;
        }
        // One of the others has vouched for it: what is wrong with that one is the reason.
        match others.iter().find(|(der, _)| by_these(&[*der]).is_ok()) {
            Some((_, facts)) => in_time(facts, now),
            None => result,
        }
    }
}

/// Those that may vouch for others; webpki would let any do so.
fn authorities<'a>(given: &'a [CertificateDer<'static>]) -> impl Iterator<Item = (&'a CertificateDer<'static>, Facts)> {
    let known = given.iter().filter_map(|der| Some((der, Facts::of(der)?)));
    known.filter(|(_, facts)| facts.is_authority())
}

/// These for webpki. `None`: it can read none of them.
fn roots<'a>(authorities: impl Iterator<Item = &'a CertificateDer<'static>>) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities.cloned());
    (!roots.is_empty()).then_some(roots)
}

/// What webpki looks at in a chain; here it is for a certificate that is trusted itself.
fn in_itself(end_entity: &CertificateDer<'_>, purpose: ObjectIdentifier, now: UnixTime) -> Result<(), Error> {
    let facts = Facts::of(end_entity).ok_or(CertificateError::BadEncoding)?;
    in_time(&facts, now)?;
    if !facts.is_meant_for(purpose) {
        return Err(CertificateError::InvalidPurpose.into());
    }
    Ok(())
}

fn in_time(facts: &Facts, time: UnixTime) -> Result<(), Error> {
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
        let by = |webpki: &Arc<WebPkiServerVerifier>| {
            webpki.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).map(drop)
        };
        let of_chain = |chain: &Trusted<_>| {
            chain.verify(end_entity, FOR_SERVERS, now, by)?;
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
    trusted: Trusted<Arc<dyn ClientCertVerifier>>,
    /// What a client with several certificates chooses by: the names of all that were given, of which some have signed
    /// themselves.
    hints: Vec<DistinguishedName>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientVerifier {
    /// Each client must show a certificate of an authority of `given`, or one of these itself.
    pub(crate) fn new(given: Vec<CertificateDer<'static>>) -> Result<Self, VerifierBuilderError> {
        let build = |roots: RootCertStore| {
            WebPkiClientVerifier::builder_with_provider(roots.into(), provider::provider()).build()
        };
        let hints = roots(given.iter()).map(|all| all.subjects()).unwrap_or_default();
        let algorithms = provider::provider().signature_verification_algorithms;
        Ok(Self { trusted: Trusted::new(given, build)?, hints, algorithms })
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
        let by =
            |webpki: &Arc<dyn ClientCertVerifier>| webpki.verify_client_cert(end_entity, intermediates, now).map(drop);
        let verified = self.trusted.verify(end_entity, FOR_CLIENTS, now, by);
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
