//! Tests of verification, with certificates that the tests make.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SigningKey, date_time_ymd,
};
use rustls::CertificateError::{ExpiredContext, InvalidPurpose, NotValidYetContext, UnknownIssuer};
use x509_cert::der::asn1::{AnyRef, BitStringRef};
use x509_cert::der::{Decode, Encode, Tag};

use super::*;

type Der = CertificateDer<'static>;

/// A certificate, and its key to sign others.
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

    /// The same certificate in version 1 of X.509, which has no extensions, signed by the key of `by`.
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
    let verifier = Verifier::chain(given.iter().map(|der| (*der).clone()).collect(), Vec::new());
    let name = ServerName::try_from(name).unwrap();
    verifier.verify_server_cert(shown, &[], &name, &[], UnixTime::now()).map(drop)
}

fn client(given: &[&Der], shown: &Der) -> Result<(), Error> {
    let verifier = Verifier::of_clients(given.iter().map(|der| (*der).clone()).collect());
    verifier.verify_client_cert(shown, &[], UnixTime::now()).map(drop)
}

/// Refused as the certificate of a server and of a client, for this reason.
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
        // CA:TRUE, pathlen:2147483647, as Java writes it.
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
            // The authority is alone in its file, or beside others.
            for given in [vec![&party.der], vec![&elsewhere.der, &junk, &party.der]] {
                match is_authority {
                    true => is_believed(&given, &signed.der),
                    false => is_refused(&given, &signed.der, &UnknownIssuer),
                }
                // The same name with another key is not enough.
                is_refused(&given, &Party::alone(self::params("party")).der, &UnknownIssuer);
            }
        }
    }
    // Such a certificate can still be trusted itself, also beside authorities.
    for params in &others[..5] {
        let party = Party::alone(params.clone());
        is_believed(&[&party.der], &party.der);
        is_believed(&[&elsewhere.der, &party.der, &junk], &party.der);
        is_believed(&[&party.der, &elsewhere.der], &elsewhere.signs(self::params("somebody")).der);
    }
}

/// An unreadable limit counts as the strictest one.
#[test]
fn how_many_authorities_may_be_below_one() {
    for (content, expected) in [
        (&b"\x30\x03\x01\x01\xff"[..], None),
        (b"\x30\x06\x01\x01\xff\x02\x01\x00", Some(0)),
        (b"\x30\x06\x01\x01\xff\x02\x01\x7f", Some(127)),
        (b"\x30\x09\x01\x01\xff\x02\x04\x7f\xff\xff\xff", Some(0x7fff_ffff)),
        (b"\x30\x10\x01\x01\xff\x02\x0b\x01\0\0\0\0\0\0\0\0\0\0", Some(u64::MAX)),
        (b"\x30\x06\x01\x01\xff\x02\x01\x80", Some(0)),
        (b"\x30\x10\x01\x01\xff\x02\x0b\x80\0\0\0\0\0\0\0\0\0\0", Some(0)),
        (b"\x30\x06\x01\x01\xff\x04\x01\x05", Some(0)),
    ] {
        let extension = CustomExtension::from_oid_content(&[2, 5, 29, 19], content.to_vec());
        let party = Party::alone(with(|params| params.custom_extensions = vec![extension]));
        let facts = Facts::of(&party.der).unwrap();
        assert!(facts.is_authority(), "{content:?}");
        assert_eq!(facts.path_length(), expected, "{content:?}");
    }
}

/// A trusted certificate that an authority has signed is no authority itself.
#[test]
fn a_certificate_that_is_given_does_not_vouch_for_another() {
    let authority = Party::alone(with(an_authority));
    let given = authority.signs(params("given"));
    let forged = given.signs(params("forged"));
    for file in [vec![&given.der], vec![&authority.der, &given.der]] {
        is_refused(&file, &forged.der, &UnknownIssuer);
        is_believed(&file, &given.der);
    }
    // A trusted certificate is not accepted under another name.
    assert!(server(&[&given.der], &given.der, "other").is_err());
}

/// As in openssl, a version 1 certificate is an authority only if it is self-signed.
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
    assert!(server(&[&broken.der], &broken.der, "localhost").is_err() && client(&[&broken.der], &broken.der).is_err());
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
fn an_authority_must_be_in_its_time() {
    let at = |not_before, not_after| {
        Party::alone(with(|params| {
            an_authority(params);
            (params.not_before, params.not_after) = (not_before, not_after);
        }))
    };
    let (past, future) = (date_time_ymd(2024, 1, 1), date_time_ymd(3024, 1, 1));
    let (expired, early, valid) = (at(past, past), at(future, future), at(past, future));
    for (out_of_time, is_expired) in [(&expired, true), (&early, false)] {
        let (signed, good) = (out_of_time.signs(params("signed")), valid.signs(params("good")));
        // The authority is alone in its file, or beside others.
        for given in [vec![&out_of_time.der], vec![&valid.der, &out_of_time.der]] {
            for result in [server(&given, &signed.der, "localhost"), client(&given, &signed.der)] {
                let Err(Error::InvalidCertificate(why)) = result else { panic!("{result:?}") };
                assert_eq!(matches!(why, ExpiredContext { .. }), is_expired, "{why:?}");
                assert_eq!(matches!(why, NotValidYetContext { .. }), !is_expired, "{why:?}");
            }
        }
        // A valid authority beside it still counts, and another error is more important than the time.
        is_believed(&[&out_of_time.der, &valid.der], &good.der);
        is_refused(&[&out_of_time.der], &good.der, &CertificateError::BadSignature);
    }
    // Of two certificates with one key, the valid one counts.
    let mut renewed = with(an_authority);
    renewed.not_after = future;
    let renewed = renewed.self_signed(expired.issuer.key()).unwrap().der().clone();
    is_believed(&[&expired.der, &renewed], &expired.signs(params("signed")).der);
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
        let (count, verifier) = (given.len(), Verifier::of_clients(given));
        assert_eq!(ClientCertVerifier::root_hint_subjects(&verifier).len(), count);
        assert!(
            verifier.client_auth_mandatory() && !ClientCertVerifier::supported_verify_schemes(&verifier).is_empty()
        );
    }
}
