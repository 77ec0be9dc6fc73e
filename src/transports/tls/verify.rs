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
    chain: Option<Chain>,
    pins: Vec<Pin>,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
struct Chain {
    /// `None`: of what was given nothing is an authority.
    webpki: Option<Arc<WebPkiServerVerifier>>,
    /// All that was given, authorities or not. A server's own certificate among them is trusted itself: that is how a
    /// self-signed one is named.
    given: Vec<CertificateDer<'static>>,
}

impl ServerVerifier {
    /// By a chain to an authority of `given`, or as one of these, and by the name; by one of `pins` besides if there are any.
    pub(crate) fn chain(given: Vec<CertificateDer<'static>>, pins: Vec<Pin>) -> Result<Self, VerifierBuilderError> {
        let provider = provider::provider();
        let algorithms = provider.signature_verification_algorithms;
        let webpki = match authorities(&given) {
            Some(roots) => Some(WebPkiServerVerifier::builder_with_provider(roots.into(), provider).build()?),
            None => None,
        };
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
            in_itself(end_entity, FOR_SERVERS, now)?;
            return verify_server_name(&ParsedCertificate::try_from(end_entity)?, name);
        }
        let webpki = self.webpki.as_ref().ok_or(CertificateError::UnknownIssuer)?;
        let verified = webpki.verify_server_cert(end_entity, intermediates, name, ocsp, now);
        verified.map(|_| ()).map_err(|error| self_signed_first(end_entity, error))
    }
}

/// Those that may vouch for others; webpki would let any do so. `None`: there are none.
fn authorities(given: &[CertificateDer<'static>]) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let authorities = given.iter().filter(|der| Facts::of(der).is_some_and(|facts| facts.is_authority()));
    roots.add_parsable_certificates(authorities.cloned());
    (!roots.is_empty()).then_some(roots)
}

/// What webpki looks at in a chain; here it is for a certificate that is trusted itself.
fn in_itself(end_entity: &CertificateDer<'_>, purpose: ObjectIdentifier, time: UnixTime) -> Result<(), Error> {
    let facts = Facts::of(end_entity).ok_or(CertificateError::BadEncoding)?;
    let (not_before, not_after) = (facts.not_before(), facts.not_after());
    if time < not_before {
        return Err(CertificateError::NotValidYetContext { time, not_before }.into());
    }
    if time > not_after {
        return Err(CertificateError::ExpiredContext { time, not_after }.into());
    }
    if !facts.is_meant_for(purpose) {
        return Err(CertificateError::InvalidPurpose.into());
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
    /// As in a client's chain.
    webpki: Option<Arc<dyn ClientCertVerifier>>,
    /// Likewise.
    given: Vec<CertificateDer<'static>>,
    /// What a client with several certificates chooses by: the names of all that were given, of which some have signed
    /// themselves.
    hints: Vec<DistinguishedName>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientVerifier {
    /// Each client must show a certificate of an authority of `given`, or one of these itself.
    pub(crate) fn new(given: Vec<CertificateDer<'static>>) -> Result<Self, VerifierBuilderError> {
        let provider = provider::provider();
        let algorithms = provider.signature_verification_algorithms;
        let mut all = RootCertStore::empty();
        all.add_parsable_certificates(given.iter().cloned());
        let webpki = match authorities(&given) {
            Some(roots) => Some(WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build()?),
            None => None,
        };
        Ok(Self { webpki, given, hints: all.subjects(), algorithms })
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
        let verified = if self.given.contains(end_entity) {
            in_itself(end_entity, FOR_CLIENTS, now).map(|()| ClientCertVerified::assertion())
        } else if let Some(webpki) = &self.webpki {
            let verified = webpki.verify_client_cert(end_entity, intermediates, now);
            verified.map_err(|error| self_signed_first(end_entity, error))
        } else {
            Err(CertificateError::UnknownIssuer.into())
        };
        keeping(end_entity, verified)
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
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
        Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SigningKey, date_time_ymd,
    };
    use rustls::CertificateError::{ExpiredContext, InvalidPurpose, UnknownIssuer};
    use x509_cert::der::asn1::{AnyRef, BitStringRef};
    use x509_cert::der::{Decode, Encode, Tag};

    use super::*;

    type Der = CertificateDer<'static>;

    /// A certificate, and who could sign others with its key.
    struct Party {
        der: Der,
        issuer: Issuer<'static, KeyPair>,
    }

    fn params(common_name: &str) -> CertificateParams {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params
    }

    fn with(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
        let mut params = params("party");
        change(&mut params);
        params
    }

    fn an_authority(params: &mut CertificateParams) {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }

    impl Party {
        fn alone(params: CertificateParams) -> Self {
            let key = KeyPair::generate().unwrap();
            Self { der: params.self_signed(&key).unwrap().der().clone(), issuer: Issuer::new(params, key) }
        }

        fn signs(&self, params: CertificateParams) -> Self {
            let key = KeyPair::generate().unwrap();
            Self { der: params.signed_by(&key, &self.issuer).unwrap().der().clone(), issuer: Issuer::new(params, key) }
        }

        /// The same in the first version of X.509, which has no extensions; signed again by the key of `by`.
        fn in_version_1(mut self, by: Option<&Self>) -> Self {
            let sequence = |parts: &[AnyRef<'_>]| {
                let parts = Vec::from_iter(parts.iter().flat_map(|part| part.to_der().unwrap()));
                AnyRef::new(Tag::Sequence, &parts).unwrap().to_der().unwrap()
            };
            let certificate = Vec::<AnyRef<'_>>::from_der(&self.der).unwrap();
            let fields = Vec::<AnyRef<'_>>::from_der(&certificate[0].to_der().unwrap()).unwrap().len();
            let all = certificate[0].to_der().unwrap();
            let signed = sequence(&Vec::<AnyRef<'_>>::from_der(&all).unwrap()[1..fields - 1]);
            let signature = by.unwrap_or(&self).issuer.key().sign(&signed).unwrap();
            let signature = BitStringRef::from_bytes(&signature).unwrap().to_der().unwrap();
            let parts = [AnyRef::from_der(&signed).unwrap(), certificate[1], AnyRef::from_der(&signature).unwrap()];
            self.der = sequence(&parts).into();
            self
        }
    }

    fn server(given: &[&Der], shown: &Der, name: &str) -> Result<(), Error> {
        let verifier = ServerVerifier::chain(given.iter().map(|der| (*der).clone()).collect(), Vec::new()).unwrap();
        let name = ServerName::try_from(name).unwrap();
        verifier.verify_server_cert(shown, &[], &name, &[], UnixTime::now()).map(drop)
    }

    fn client(given: &[&Der], shown: &Der) -> Result<(), Error> {
        let verifier = ClientVerifier::new(given.iter().map(|der| (*der).clone()).collect()).unwrap();
        verifier.verify_client_cert(shown, &[], UnixTime::now()).map(drop)
    }

    /// Both as a server and as a client.
    #[track_caller]
    fn is_refused(given: &[&Der], shown: &Der, why: &CertificateError) {
        assert_eq!(server(given, shown, "localhost"), Err(why.clone().into()));
        assert_eq!(client(given, shown), Err(why.clone().into()));
    }

    #[track_caller]
    fn is_believed(given: &[&Der], shown: &Der) {
        assert_eq!(server(given, shown, "localhost"), Ok(()));
        assert_eq!(client(given, shown), Ok(()));
    }

    #[test]
    fn only_an_authority_vouches_for_others() {
        use KeyUsagePurpose::{CrlSign, DigitalSignature, KeyCertSign};
        let basic = |content: &[u8]| CustomExtension::from_oid_content(&[2, 5, 29, 19], content.to_vec());
        let authorities = [
            with(an_authority),
            with(|params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0))),
            with(|params| (an_authority(params), params.key_usages = vec![DigitalSignature, KeyCertSign]).1),
            // CA:TRUE, pathlen:2147483647, as Java has it.
            with(|params| params.custom_extensions = vec![basic(b"\x30\x09\x01\x01\xff\x02\x04\x7f\xff\xff\xff")]),
        ];
        let others = [
            with(|params| params.is_ca = IsCa::NoCa),
            with(|params| params.is_ca = IsCa::ExplicitNoCa),
            with(|params| params.key_usages = vec![KeyCertSign]),
            with(|params| (params.is_ca = IsCa::ExplicitNoCa, params.key_usages = vec![KeyCertSign]).1),
            with(|params| (an_authority(params), params.key_usages = vec![DigitalSignature, CrlSign]).1),
            with(|params| params.custom_extensions = vec![basic(b"\x30\x03\x02\x01\x01")]),
            with(|params| params.custom_extensions = vec![basic(b"\x30\x03\x01\x01")]),
            with(|params| params.custom_extensions = vec![basic(b"")]),
        ];
        let mut elsewhere = params("elsewhere");
        an_authority(&mut elsewhere);
        let elsewhere = Party::alone(elsewhere);
        let junk = Der::from(b"nothing of the kind".to_vec());
        for (parties, is_authority) in [(&authorities[..], true), (&others[..], false)] {
            for (index, params) in parties.iter().enumerate() {
                let party = Party::alone(params.clone());
                let signed = party.signs(self::params("somebody"));
                println!("{is_authority}, number {index}");
                // Alone in its file, or not.
                for given in [vec![&party.der], vec![&elsewhere.der, &junk, &party.der]] {
                    match is_authority {
                        true => is_believed(&given, &signed.der),
                        false => is_refused(&given, &signed.der, &UnknownIssuer),
                    }
                    // Who has only its name is nobody.
                    is_refused(&given, &Party::alone(self::params("party")).der, &UnknownIssuer);
                }
            }
        }
        // They are trusted themselves all the same, and beside those that vouch.
        for params in &others[..5] {
            let party = Party::alone(params.clone());
            is_believed(&[&party.der], &party.der);
            is_believed(&[&elsewhere.der, &party.der, &junk], &party.der);
            is_believed(&[&party.der, &elsewhere.der], &elsewhere.signs(self::params("somebody")).der);
        }
    }

    /// The hole that there was: a certificate that some authority has signed, given to be trusted itself.
    #[test]
    fn a_certificate_that_is_given_does_not_vouch_for_another() {
        let authority = Party::alone(with(an_authority));
        let given = authority.signs(params("given"));
        let forged = given.signs(params("forged"));
        for file in [vec![&given.der], vec![&authority.der, &given.der]] {
            is_refused(&file, &forged.der, &UnknownIssuer);
            is_believed(&file, &given.der);
        }
        // Nor for what is given itself by another name.
        assert!(server(&[&given.der], &given.der, "other").is_err());
    }

    /// openssl takes it for an authority only where it has signed itself.
    #[test]
    fn an_authority_of_the_first_version() {
        let root = Party::alone(params("root")).in_version_1(None);
        is_believed(&[&root.der], &root.signs(params("somebody")).der);
        let above = Party::alone(with(an_authority));
        let leaf = above.signs(params("leaf")).in_version_1(Some(&above));
        is_refused(&[&leaf.der], &leaf.signs(params("somebody")).der, &UnknownIssuer);
    }

    #[test]
    fn a_certificate_that_is_given_must_suit_its_purpose() {
        use ExtendedKeyUsagePurpose::{Any, ClientAuth, CodeSigning, ServerAuth};
        for (usages, for_servers, for_clients) in [
            (vec![], true, true),
            (vec![ServerAuth], true, false),
            (vec![CodeSigning, ClientAuth], false, true),
            (vec![ServerAuth, ClientAuth], true, true),
            (vec![CodeSigning], false, false),
            (vec![CodeSigning, Any], true, true),
        ] {
            for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
                let party = Party::alone(with(|params| {
                    (params.extended_key_usages, params.is_ca) = (usages.clone(), is_ca);
                }));
                let expected = |is_good| if is_good { Ok(()) } else { Err(InvalidPurpose.into()) };
                assert_eq!(server(&[&party.der], &party.der, "localhost"), expected(for_servers), "{usages:?}");
                assert_eq!(client(&[&party.der], &party.der), expected(for_clients), "{usages:?}");
            }
        }
        let content = CustomExtension::from_oid_content(&[2, 5, 29, 37], b"\x30\x03?".to_vec());
        let broken = Party::alone(with(|params| params.custom_extensions = vec![content]));
        assert!(
            server(&[&broken.der], &broken.der, "localhost").is_err() && client(&[&broken.der], &broken.der).is_err()
        );
    }

    #[test]
    fn a_certificate_that_is_given_must_be_in_its_time() {
        for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
            let expired = Party::alone(with(|params| {
                (params.is_ca, params.not_after) = (is_ca, date_time_ymd(2024, 1, 1));
            }));
            for result in [server(&[&expired.der], &expired.der, "localhost"), client(&[&expired.der], &expired.der)] {
                assert!(matches!(result, Err(Error::InvalidCertificate(ExpiredContext { .. }))), "{result:?}");
            }
        }
    }

    #[test]
    fn names_that_an_authority_may_not_vouch_for() {
        let constrained = Party::alone(with(|params| {
            an_authority(params);
            let permitted_subtrees = vec![GeneralSubtree::DnsName("a.example".into())];
            params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
        }));
        let named = |name: &str| {
            let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            let signed = constrained.signs(params);
            server(&[&constrained.der], &signed.der, name)
        };
        assert_eq!(named("b.a.example"), Ok(()));
        let error = named("b.example").unwrap_err();
        assert!(format!("{error:?}").contains("NameConstraintViolation"), "{error:?}");
    }

    #[test]
    fn clients_are_told_all_names_that_were_given() {
        let (authority, leaf) = (Party::alone(with(an_authority)), Party::alone(params("leaf")));
        for given in [vec![authority.der.clone(), leaf.der.clone()], vec![leaf.der.clone()]] {
            let (count, verifier) = (given.len(), ClientVerifier::new(given).unwrap());
            assert_eq!(verifier.root_hint_subjects().len(), count);
            assert!(verifier.client_auth_mandatory() && !verifier.supported_verify_schemes().is_empty());
        }
    }
}
