//! An authority for tests, and its certificates in files. Each run makes new ones, so that none expires.
#![allow(unreachable_pub)] // A binary exports nothing: `pub` here is for the tests.

use super::*;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PublicKeyData, SanType, SignatureAlgorithm, SigningKey,
    date_time_ymd,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::PrivatePkcs8KeyDer;
use x509_cert::der::asn1::{AnyRef, BitStringRef};
use x509_cert::der::{Decode, Encode, Tag};

/// The content of a certificate. The default is a server at `localhost`, `127.0.0.1` and `::1`.
#[derive(Clone, Debug)]
pub struct Leaf {
    pub names: Vec<&'static str>,
    pub ips: Vec<&'static str>,
    pub cn: Option<&'static str>,
    /// The first of January of these years.
    pub not_before: i32,
    pub not_after: i32,
    /// The certificate is for clients, not for servers.
    pub client: bool,
    /// Bytes of an unknown extension.
    pub ballast: usize,
}

impl Default for Leaf {
    fn default() -> Self {
        Self {
            names: vec!["localhost"],
            ips: vec!["127.0.0.1", "::1"],
            cn: None,
            not_before: 2020,
            not_after: 2100,
            client: false,
            ballast: 0,
        }
    }
}

impl Leaf {
    /// The certificate of a client with this name.
    pub fn client(cn: &'static str) -> Self {
        Self { names: Vec::new(), ips: Vec::new(), cn: Some(cn), client: true, ..Self::default() }
    }

    pub fn expired() -> Self {
        Self { not_before: 2019, not_after: 2021, ..Self::default() }
    }

    pub fn future() -> Self {
        Self { not_before: 2098, not_after: 2099, ..Self::default() }
    }

    /// A certificate for these names, without an address.
    pub fn named(names: &[&'static str]) -> Self {
        Self { names: names.to_vec(), ips: Vec::new(), ..Self::default() }
    }

    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        let names = self.names.iter().map(|name| SanType::DnsName((*name).try_into().expect("a name")));
        let ips = self.ips.iter().map(|ip| SanType::IpAddress(ip.parse::<IpAddr>().expect("an address")));
        params.subject_alt_names = names.chain(ips).collect();
        params.distinguished_name = named(self.cn);
        params.not_before = date_time_ymd(self.not_before, 1, 1);
        params.not_after = date_time_ymd(self.not_after, 1, 1);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let usage = if self.client { ExtendedKeyUsagePurpose::ClientAuth } else { ExtendedKeyUsagePurpose::ServerAuth };
        params.extended_key_usages = vec![usage];
        if self.ballast > 0 {
            // An octet string, so that parsers accept it.
            let length = u32::try_from(self.ballast).expect("few bytes").to_be_bytes();
            let content = [&[0x04, 0x84], &length[..], &vec![0; self.ballast]].concat();
            params.custom_extensions = vec![CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99_999, 1], content)];
        }
        params
    }
}

fn named(cn: Option<&str>) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    if let Some(cn) = cn {
        name.push(DnType::CommonName, cn);
    }
    name
}

/// The authority of the certificates of a test.
pub struct Authority {
    name: String,
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// The certificates that a server sends after its own: this one and those above, without the root.
    chain: Vec<CertificateDer<'static>>,
    root: CertificateDer<'static>,
}

/// A certificate with its key, both in files: `ca.pem`, `cert.pem`, `key.pem`, `both.pem`.
pub struct Issued {
    dir: TempDir,
    pub chain: Vec<CertificateDer<'static>>,
    pub authority: CertificateDer<'static>,
    key: KeyPair,
}

impl Authority {
    pub fn new() -> Self {
        Self::called("Test Authority")
    }

    pub fn called(cn: &str) -> Self {
        Self::valid_until(2100, cn)
    }

    /// Until the first day of this year.
    pub fn valid_until(year: i32, cn: &str) -> Self {
        Self::with(cn, |params| params.not_after = date_time_ymd(year, 1, 1))
    }

    /// A certificate that differs in this point.
    pub fn with(cn: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(Self::params(cn, change), key).expect("a certificate");
        Self { name: cn.to_owned(), chain: Vec::new(), root: issuer.der().clone(), issuer }
    }

    /// An authority below this one.
    pub fn below(&self, cn: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::signed_by(Self::params(cn, change), key, &self.issuer).expect("a certificate");
        let chain = [vec![issuer.der().clone()], self.chain.clone()].concat();
        Self { name: cn.to_owned(), chain, root: self.root.clone(), issuer }
    }

    /// Another certificate with the same key and name, signed by `above` or by itself.
    pub fn renewed(
        &self,
        above: Option<&Self>,
        change: impl FnOnce(&mut CertificateParams),
    ) -> CertificateDer<'static> {
        let params = Self::params(&self.name, change);
        let renewed = match above {
            Some(above) => params.signed_by(self.issuer.key(), &above.issuer),
            None => params.self_signed(self.issuer.key()),
        };
        renewed.expect("a certificate").der().clone()
    }

    pub fn der(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }

    fn params(cn: &str, change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(Some(cn));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2100, 1, 1);
        change(&mut params);
        params
    }

    pub fn issue(&self, leaf: &Leaf) -> Issued {
        let key = KeyPair::generate().expect("a key");
        let certificate = leaf.params().signed_by(&key, &self.issuer).expect("a certificate");
        let chain = [vec![certificate.der().clone()], self.chain.clone()].concat();
        Issued::new(chain, self.root.clone(), key)
    }

    /// The default certificate of an authority of its own.
    pub fn server() -> Issued {
        Self::new().issue(&Leaf::default())
    }
}

impl Issued {
    fn new(chain: Vec<CertificateDer<'static>>, authority: CertificateDer<'static>, key: KeyPair) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let issued = Self { dir, chain, authority, key };
        let cert: String = issued.chain.iter().map(|der| pem("CERTIFICATE", der)).collect();
        let key = pem("PRIVATE KEY", issued.key.serialized_der());
        issued.write("ca.pem", pem("CERTIFICATE", &issued.authority));
        issued.private("both.pem", format!("{key}{cert}"));
        issued.write("cert.pem", cert);
        issued.private("key.pem", key);
        issued
    }

    /// A self-signed certificate, which is its own authority.
    pub fn by_itself(leaf: &Leaf) -> Self {
        let key = KeyPair::generate().expect("a key");
        let certificate = leaf.params().self_signed(&key).expect("a certificate");
        Self::new(vec![certificate.der().clone()], certificate.der().clone(), key)
    }

    /// The same with `extra` unrelated certificates after it.
    pub fn with_chain(mut self, extra: usize) -> Self {
        let other = self.authority.clone();
        self.chain.extend(std::iter::repeat_n(other, extra));
        Self::new(self.chain, self.authority, self.key)
    }

    /// The default certificate in version 1 of X.509, which has no extensions, self-signed, with a key of this kind.
    pub fn in_version_1(kind: &'static SignatureAlgorithm) -> Self {
        let key = KeyPair::generate_for(kind).expect("a key");
        let leaf = Leaf { cn: Some("localhost"), ..Leaf::default() };
        let newer = leaf.params().self_signed(&key).expect("a certificate");
        let old = without_extensions(newer.der(), &key);
        Self::new(vec![old.clone()], old, key)
    }

    /// The same certificate beside the wrong key.
    pub fn with_key_of(self, other: &Self) -> Self {
        let key = KeyPair::try_from(other.key.serialized_der()).expect("a key");
        Self::new(self.chain, self.authority, key)
    }

    /// The same with the direct authority in version 1 of X.509, signed by `root`.
    pub fn old_in_between(self, root: &Authority) -> Self {
        let old = without_extensions(&self.chain[1], root.issuer.key());
        self.sent_with(&[old])
    }

    /// Replaces the authorities in `ca.pem`.
    pub fn trust(&mut self, authorities: String) {
        self.write("ca.pem", authorities);
    }

    /// The same with only these certificates after its own.
    pub fn sent_with(self, behind: &[CertificateDer<'static>]) -> Self {
        let chain = [&self.chain[..1], behind].concat();
        Self::new(chain, self.authority, self.key)
    }

    /// The same with an unrelated certificate after it.
    pub fn followed_by(mut self, other: &Self) -> Self {
        self.chain.extend(other.chain.clone());
        Self::new(self.chain, self.authority, self.key)
    }

    /// The path of one of its files.
    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).into_os_string().into_string().expect("text")
    }

    pub fn folder(&self) -> &Path {
        self.dir.path()
    }

    pub fn ca(&self) -> String {
        self.path("ca.pem")
    }

    pub fn cert(&self) -> String {
        self.path("cert.pem")
    }

    pub fn key(&self) -> String {
        self.path("key.pem")
    }

    pub fn both(&self) -> String {
        self.path("both.pem")
    }

    /// Writes one more file beside the others, and returns its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).expect("a file");
        // Independent of the umask.
        set_mode(&path, 0o644);
        path
    }

    /// The same, readable by its owner alone.
    pub fn private(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.write(name, content);
        set_mode(&path, 0o600);
        path
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    /// The pin of the key.
    pub fn pin(&self) -> String {
        let digest = crypto::cipher_suite::TLS13_AES_128_GCM_SHA256.tls13().expect("it is of TLS 1.3");
        let digest = digest.common.hash_provider.hash(&self.key.subject_public_key_info());
        let digits: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{digits}")
    }

    pub fn key_der(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialized_der().to_vec()).into()
    }

    /// The endpoint of a server with it, on a free port.
    pub fn endpoint(&self) -> String {
        format!("tls-listen:127.0.0.1:0,cert={},key={}", self.cert(), self.key())
    }

    /// `--cert FILE --key FILE`
    pub fn options(&self) -> [String; 4] {
        ["--cert".into(), self.cert(), "--key".into(), self.key()]
    }
}

pub fn set_mode(path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
}

/// Turns a certificate of version 3 into version 1, signed again by `key`.
pub fn without_extensions(der: &[u8], key: &KeyPair) -> CertificateDer<'static> {
    let sequence = |parts: &[AnyRef<'_>]| {
        let parts: Vec<u8> = parts.iter().flat_map(|part| part.to_der().expect("it is short")).collect();
        AnyRef::new(Tag::Sequence, &parts).and_then(|all| all.to_der()).expect("it is short")
    };
    let certificate = Vec::<AnyRef<'_>>::from_der(der).expect("three parts");
    let to_be_signed = certificate[0].to_der().expect("it was read");
    let fields = Vec::<AnyRef<'_>>::from_der(&to_be_signed).expect("its fields");
    // The fields between the version and the extensions.
    let signed = sequence(&fields[1..fields.len() - 1]);
    let signature = key.sign(&signed).expect("a signature");
    let signature = BitStringRef::from_bytes(&signature).and_then(|bits| bits.to_der()).expect("it is short");
    let parts = [&signed, &signature].map(|part| AnyRef::from_der(part).expect("it was written"));
    sequence(&[parts[0], certificate[1], parts[1]]).into()
}

/// A block of a PEM file.
pub fn pem(label: &str, der: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in der.chunks(3) {
        let number =
            three.iter().fold(0, |number: u32, byte| number << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = ALPHABET[(number >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= three.len() { char::from(letter) } else { '=' });
        }
    }
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
