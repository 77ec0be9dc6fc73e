//! Tests of settings from files, and of real handshakes with them.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use rcgen::{CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair, SanType};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{ClientConnection, Connection, ServerConnection};
use tempfile::TempDir;

use super::*;

/// Any bytes as PEM.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for bytes in der.chunks(3) {
        let bits = (0..3).fold(0, |bits, index| bits << 8 | usize::from(*bytes.get(index).unwrap_or(&0)));
        for index in 0..4 {
            let digit = char::from(DIGITS[bits >> (18 - 6 * index) & 63]);
            text.push(if index > bytes.len() { '=' } else { digit });
        }
        if text.len() % 65 == 64 {
            text.push('\n');
        }
    }
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", text.trim_end())
}

struct Files {
    folder: TempDir,
    authority: CertifiedIssuer<'static, KeyPair>,
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn authority(common_name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = of_authority(&[]);
    params.distinguished_name = named(common_name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Parameters with these names and addresses.
fn params(names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::from_iter(names.iter().map(|name| (*name).to_owned()))).unwrap();
    params.distinguished_name = named("subject");
    params
}

impl Files {
    fn new() -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap(), authority: authority("test ca") };
        files.write("ca.pem", &pem("CERTIFICATE", files.authority.der()));
        files.write("other.pem", &pem("CERTIFICATE", authority("other ca").der()));
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        options.open(self.path(name)).unwrap().write_all(text.as_bytes()).unwrap();
        self.path(name)
    }

    fn identity(&self, name: &str, certificate: &[u8], key: &KeyPair) -> Identity {
        let text = pem("CERTIFICATE", certificate) + &pem("PRIVATE KEY", &key.serialize_der());
        Identity { cert: self.write(name, &text), key: None }
    }

    /// An identity that the authority has signed.
    fn signed(&self, params: &CertificateParams) -> Identity {
        self.signed_in("own.pem", params)
    }

    fn signed_in(&self, name: &str, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        self.identity(name, params.signed_by(&key, &self.authority).unwrap().der(), &key)
    }

    /// A server with a certificate for `localhost` of the authority.
    fn localhost(&self) -> ServerSettings {
        server(self.signed(&params(&["localhost"])))
    }

    /// A self-signed identity.
    fn alone(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        self.identity("alone.pem", params.self_signed(&key).unwrap().der(), &key)
    }

    /// A client that expects a server of this name, and trusts the authority.
    fn client(&self, name: &str) -> ClientSettings {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        ClientSettings { common: common(), trust: by(self.path("ca.pem")), identity: None, name }
    }
}

/// Trust in the certificates of this file.
fn by(path: impl Into<PathBuf>) -> Trust {
    Trust::Chain { ca: Some(path.into()), pins: Vec::new() }
}

/// Parameters of a certificate that says it is an authority.
fn of_authority(names: &[&str]) -> CertificateParams {
    let mut params = params(names);
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params
}

fn common() -> CommonSettings {
    CommonSettings { advice: Advice::Arguments, ..CommonSettings::default() }
}

fn server(identity: Identity) -> ServerSettings {
    ServerSettings { common: common(), identity: Some(identity), client_ca: None }
}

/// The error of each side of a handshake, if there is one.
#[derive(Debug)]
struct Outcome {
    client: Option<String>,
    server: Option<String>,
    was_asked: bool,
    alpn: Option<Vec<u8>>,
}

fn shake(client: &ClientSettings, server: &ServerSettings) -> Outcome {
    let (client, server) = (client.prepare().unwrap(), server.prepare().unwrap());
    shake_with(&client, Arc::clone(&server.config))
}

fn shake_with(client: &TlsClient, server: Arc<ServerConfig>) -> Outcome {
    let (config, asked) = client.for_connection();
    let mut ours = Connection::from(ClientConnection::new(config, client.name.clone()).unwrap());
    let mut theirs = Connection::from(ServerConnection::new(server).unwrap());
    let mut outcome = Outcome { client: None, server: None, was_asked: false, alpn: None };
    for _ in 0..20 {
        let advice = Advice::Arguments;
        carry(&mut ours, &mut theirs, &mut outcome.server, |has_begun| Situation {
            is_server: true,
            has_begun,
            advice,
            ..Situation::default()
        });
        carry(&mut theirs, &mut ours, &mut outcome.client, |has_begun| {
            let was_asked = asked.load(Ordering::Relaxed);
            Situation { was_asked, has_begun, wanted: Some(&client.name), advice, ..Situation::default() }
        });
    }
    outcome.was_asked = asked.load(Ordering::Relaxed);
    outcome.alpn = ours.alpn_protocol().map(<[u8]>::to_vec);
    if outcome.client.is_none() && outcome.server.is_none() {
        assert!(!ours.is_handshaking() && !theirs.is_handshaking());
    }
    outcome
}

/// Passes on what one side says. Stores the error of the other side.
fn carry<'a>(
    from: &mut Connection,
    to: &mut Connection,
    failure: &mut Option<String>,
    situation: impl Fn(bool) -> Situation<'a>,
) {
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes).unwrap();
    }
    let mut input = &bytes[..];
    while !input.is_empty() && failure.is_none() {
        to.read_tls(&mut input).unwrap();
        let error = to.process_new_packets().err();
        let situation = situation(to.protocol_version().is_some());
        *failure = error.map(|error| explain(&error, &situation).to_string());
    }
}

impl Outcome {
    #[track_caller]
    fn is_good(&self) {
        assert!(self.client.is_none() && self.server.is_none(), "{self:?}");
    }

    #[track_caller]
    fn client_says(&self, parts: &[&str]) {
        says(self.client.as_ref().expect("an error of the client"), parts);
    }

    #[track_caller]
    fn server_says(&self, parts: &[&str]) {
        says(self.server.as_ref().expect("an error of the server"), parts);
    }
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert!(!text.contains(char::is_control), "{text}");
}

#[track_caller]
fn fails<T>(result: Result<T, SettingsError>, parts: &[&str]) {
    says(&result.err().expect("an error").to_string(), parts);
}

fn own_pin(identity: &Identity) -> Pin {
    server(identity.clone()).prepare().unwrap().pin().expect("it is known")
}

#[test]
fn a_chain_and_a_name_are_enough() {
    let files = Files::new();
    let identity = files.signed(&params(&["localhost", "127.0.0.1", "::1", "*.a.example"]));
    for name in ["localhost", "LOCALHOST", "127.0.0.1", "::1", "b.a.example"] {
        shake(&files.client(name), &server(identity.clone())).is_good();
    }
    let mut client = files.client("localhost");
    client.common.min_version = Version::Tls13;
    shake(&client, &server(identity)).is_good();
}

#[test]
fn another_name_is_refused_with_those_that_would_do() {
    let files = Files::new();
    let identity = files.signed(&params(&["localhost", "*.a.example"]));
    for name in ["127.0.0.1", "other", "b.c.a.example", "a.example", "::1"] {
        let outcome = shake(&files.client(name), &server(identity.clone()));
        outcome.client_says(&["the certificate is for DNS:localhost, DNS:*.a.example, not for ", name]);
        outcome.server_says(&["the peer refuses: bad certificate"]);
    }
    let mut common_name_only = params(&[]);
    common_name_only.distinguished_name = named("localhost");
    let outcome = shake(&files.client("localhost"), &server(files.signed(&common_name_only)));
    outcome.client_says(&["not for localhost", "no subject alternative names", "CN=localhost"]);
    let many = params(&Vec::from_iter((0..200).map(|index| &*format!("host{index}.example").leak())));
    let outcome = shake(&files.client("localhost"), &server(files.signed(&many)));
    outcome.client_says(&["DNS:host7.example and 192 more, not for localhost"]);
}

#[test]
fn an_unknown_authority_is_named_with_what_helps() {
    let files = Files::new();
    let signed = files.signed(&params(&["localhost"]));
    let mut client = files.client("localhost");
    client.trust = by(files.path("other.pem"));
    let outcome = shake(&client, &server(signed.clone()));
    let pin = own_pin(&signed).to_string();
    outcome.client_says(&["an authority that is not trusted: CN=test ca", "--ca FILE", "--pin", &pin]);
    outcome.server_says(&["the peer refuses: unknown authority"]);
    let alone = files.alone(&params(&["localhost"]));
    shake(&client, &server(alone)).client_says(&["self-signed and not trusted: CN=subject", "--pin sha256:"]);
    let outcome = shake(&client, &server(files.alone(&of_authority(&["localhost"]))));
    outcome.client_says(&["self-signed and not trusted: CN=subject"]);
    outcome.server_says(&["unknown authority (it does not trust the authority of this side's certificate)"]);
}

#[test]
fn dates_are_told() {
    let files = Files::new();
    let mut past = params(&["localhost"]);
    past.not_before = rcgen::date_time_ymd(2020, 1, 1);
    past.not_after = rcgen::date_time_ymd(2024, 1, 1);
    let outcome = shake(&files.client("localhost"), &server(files.signed(&past)));
    outcome.client_says(&["the certificate has expired on 2024-01-01"]);
    outcome.server_says(&["the peer refuses: certificate expired"]);
    let mut future = params(&["localhost"]);
    future.not_before = rcgen::date_time_ymd(2090, 2, 3);
    let outcome = shake(&files.client("localhost"), &server(files.signed(&future)));
    outcome.client_says(&["the certificate is not valid before 2090-02-03"]);
    // The same for a certificate that is trusted without a chain.
    let mut client = files.client("localhost");
    for (params, says) in [(past, "has expired on 2024-01-01"), (future, "is not valid before 2090-02-03")] {
        let alone = files.alone(&params);
        client.trust = by(alone.cert.clone());
        shake(&client, &server(alone)).client_says(&[says]);
    }
}

#[test]
fn a_certificate_among_the_authorities_is_trusted_itself() {
    let files = Files::new();
    for params in [params(&["localhost"]), of_authority(&["localhost"])] {
        let alone = files.alone(&params);
        let trust = by(alone.cert.clone());
        shake(&ClientSettings { trust: trust.clone(), ..files.client("localhost") }, &server(alone.clone())).is_good();
        let outcome = shake(&ClientSettings { trust, ..files.client("other") }, &server(alone));
        outcome.client_says(&["the certificate is for DNS:localhost, not for other"]);
    }
}

#[test]
fn what_is_no_authority_vouches_for_nobody() {
    let files = Files::new();
    let given = CertifiedIssuer::self_signed(params(&["localhost"]), KeyPair::generate().unwrap()).unwrap();
    let path = files.write("given.pem", &pem("CERTIFICATE", given.der()));
    let key = KeyPair::generate().unwrap();
    let mut forged = params(&["localhost"]);
    forged.distinguished_name = named("forged");
    let forged = files.identity("forged.pem", forged.signed_by(&key, &given).unwrap().der(), &key);
    let trust = by(path.clone());
    let client = ClientSettings { trust, identity: Some(forged.clone()), ..files.client("localhost") };
    let outcome = shake(&client, &server(forged));
    outcome.client_says(&["an authority that is not trusted: CN=subject"]);
    outcome.server_says(&["unknown authority"]);
    let strict = ServerSettings { client_ca: Some(path), ..files.localhost() };
    let client = ClientSettings { trust: files.client("localhost").trust, ..client };
    shake(&client, &strict).server_says(&["an authority that is not trusted: CN=subject"]);
    let client = ClientSettings { identity: Some(files.alone(&params(&[]))), ..client };
    shake(&client, &strict).server_says(&["the client's certificate is self-signed and not trusted"]);
}

#[test]
fn a_pin_is_enough_or_one_thing_more() {
    let files = Files::new();
    let lone = ServerSettings { identity: None, ..files.localhost() };
    // `prepare` is called once, because each call makes another certificate.
    let tls_server = lone.prepare().unwrap();
    let (pin, other) = (tls_server.pin().expect("it is known"), Pin([7; 32]));
    let meet = |trust| {
        let client = ClientSettings { trust, ..files.client("whatever.example") }.prepare().unwrap();
        shake_with(&client, Arc::clone(&tls_server.config))
    };
    meet(Trust::Pins(vec![other, pin])).is_good();
    meet(Trust::Nobody).is_good();
    meet(Trust::Pins(vec![other])).client_says(&["the certificate has another pin: sha256:", &pin.to_string()]);
    fails(ClientSettings { trust: Trust::Pins(Vec::new()), ..files.client("a") }.prepare(), &["no pin is given"]);

    let signed = files.signed(&params(&["localhost"]));
    let with = |pins, name: &str| {
        let trust = Trust::Chain { ca: Some(files.path("ca.pem")), pins };
        shake(&ClientSettings { trust, ..files.client(name) }, &server(signed.clone()))
    };
    with(vec![own_pin(&signed)], "localhost").is_good();
    with(vec![pin], "localhost").client_says(&["another pin"]);
    with(vec![own_pin(&signed)], "other").client_says(&["not for other"]);
}

#[test]
fn clients_are_asked_for_a_certificate() {
    let files = Files::new();
    let mut server = files.localhost();
    let mut client = files.client("localhost");
    client.identity = Some(files.signed_in("good.pem", &params(&[])));
    let outcome = shake(&client, &server);
    outcome.is_good();
    assert!(!outcome.was_asked);
    server.client_ca = Some(files.path("ca.pem"));
    let outcome = shake(&client, &server);
    outcome.is_good();
    assert!(outcome.was_asked);

    client.identity = Some(files.alone(&params(&[])));
    let outcome = shake(&client, &server);
    outcome.server_says(&["the client's certificate is self-signed and not trusted: CN=subject"]);
    outcome.client_says(&[
        "the peer refuses: unknown authority (it does not know the authority of this side's certificate)",
    ]);
    // The certificate can be trusted itself, even if it is marked as that of an authority.
    client.identity = Some(files.alone(&of_authority(&[])));
    shake(&client, &server).server_says(&["the client's certificate is self-signed and not trusted"]);
    server.client_ca = Some(files.path("alone.pem"));
    shake(&client, &server).is_good();
    server.client_ca = Some(files.path("ca.pem"));
    client.identity = None;
    let outcome = shake(&client, &server);
    outcome.server_says(&["the client has presented no certificate"]);
    outcome.client_says(&["the peer refuses: certificate required (present one with --cert FILE and --key FILE)"]);
    assert!(outcome.was_asked);
    let mut expired = params(&[]);
    expired.not_after = rcgen::date_time_ymd(2024, 1, 1);
    client.identity = Some(files.signed_in("expired.pem", &expired));
    shake(&client, &server).server_says(&["the client's certificate has expired on 2024-01-01"]);
}

/// A configuration for TLS 1.2 only, with the certificate of `server`.
fn old(server: &TlsServer, verifier: Arc<dyn ClientCertVerifier>) -> Arc<ServerConfig> {
    let config = ServerConfig::builder_with_provider(provider()).with_protocol_versions(&[&TLS12]).unwrap();
    let resolver = Arc::clone(&server.config.cert_resolver);
    config.with_client_cert_verifier(verifier).with_cert_resolver(resolver).into()
}

#[test]
fn tls12_asks_for_certificates_too() {
    let files = Files::new();
    let given = authorities(&files.path("ca.pem")).unwrap();
    let server = ServerSettings { client_ca: Some(files.path("ca.pem")), ..files.localhost() }.prepare().unwrap();
    let old = old(&server, Arc::new(Verifier::of_clients(given)));
    let mut client = files.client("localhost");
    let outcome = shake_with(&client.prepare().unwrap(), Arc::clone(&old));
    outcome.server_says(&["the client has presented no certificate"]);
    assert!(outcome.was_asked);
    client.identity = Some(files.signed(&params(&[])));
    shake_with(&client.prepare().unwrap(), old).is_good();
}

#[test]
fn a_peer_must_hold_the_key_of_its_certificate() {
    let files = Files::new();
    let shown = files.localhost().prepare().unwrap();
    let chain = Pem::read(&files.path("own.pem"), pem::OWN_MAX).unwrap().certificates().unwrap();
    let key = KeyPair::generate().unwrap();
    let stolen = provider()
        .key_provider
        .load_private_key(rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap();
    let stolen = SingleCertAndKey::from(CertifiedKey::new(chain, stolen));
    let mut config = ServerConfig::clone(&shown.config);
    config.cert_resolver = Arc::new(stolen);
    for trust in [files.client("a").trust, Trust::Pins(vec![shown.pin().expect("it is known")]), Trust::Nobody] {
        let client = ClientSettings { trust, ..files.client("localhost") }.prepare().unwrap();
        shake_with(&client, Arc::new(config.clone())).client_says(&["the peer does not have its key"]);
    }
}

#[test]
fn what_both_do_not_have_is_said() {
    let files = Files::new();
    let (mut server, mut client) = (files.localhost(), files.client("localhost"));
    client.common.alpn = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    server.common.alpn = vec![b"http/1.1".to_vec()];
    let outcome = shake(&client, &server);
    outcome.is_good();
    assert_eq!(outcome.alpn.as_deref(), Some(&b"http/1.1"[..]));
    server.common.alpn = vec![b"x".to_vec()];
    let outcome = shake(&client, &server);
    outcome.server_says(&["the client supports none of the offered protocols (ALPN)"]);
    outcome.client_says(&["the peer refuses: no application protocol (it supports none of the protocols of --alpn)"]);

    server.common.alpn.clear();
    let old = old(&server.prepare().unwrap(), WebPkiClientVerifier::no_client_auth());
    client.common.min_version = Version::Tls13;
    let outcome = shake_with(&client.prepare().unwrap(), Arc::clone(&old));
    assert!(outcome.client.is_some() && outcome.server.is_some(), "{outcome:?}");
    says(&format!("{outcome:?}"), &["version"]);
    client.common.min_version = Version::Tls12;
    shake_with(&client.prepare().unwrap(), old).is_good();
}

#[test]
fn who_does_not_speak_tls_is_told_apart() {
    let files = Files::new();
    let client = files.client("localhost").prepare().unwrap();
    let ours = || Connection::from(ClientConnection::new(client.for_connection().0, client.name.clone()).unwrap());
    let words = |mut hearer: Connection, mut said: &[u8], situation: Situation<'_>| {
        hearer.read_tls(&mut said).unwrap();
        explain(&hearer.process_new_packets().unwrap_err(), &situation).what
    };
    let with_advice = Situation { advice: Advice::Arguments, ..Situation::default() };
    for text in
        ["HTTP/1.1 400 Bad Request\r\n\r\n", "220 mail.example ESMTP\r\n", "SSH-2.0-OpenSSH\r\n", "\0\0\0\0\0\0"]
    {
        says(&words(ours(), text.as_bytes(), with_advice), &["the peer does not speak TLS", "--starttls"]);
        assert_eq!(words(ours(), text.as_bytes(), Situation::default()), "the peer does not speak TLS");
    }
    let mut echoed = Vec::new();
    let mut echo = ours();
    echo.write_tls(&mut echoed).unwrap();
    says(&words(echo, &echoed, Situation::default()), &["is a TLS client too, or an echo server"]);
    let theirs = ServerConnection::new(files.localhost().prepare().unwrap().config).unwrap().into();
    let situation = Situation { is_server: true, ..with_advice };
    assert_eq!(words(theirs, b"GET / HTTP/1.0\r\n\r\n", situation), "the peer does not speak TLS");
}

#[test]
fn a_key_must_belong_to_the_first_certificate() {
    let files = Files::new();
    let own = files.signed(&params(&["localhost"]));
    let foreign = files.write("key.pem", &pem("PRIVATE KEY", &KeyPair::generate().unwrap().serialize_der()));
    let of_server = |identity, parts: &[&str]| fails(server(identity).prepare(), parts);
    let identity = Identity { key: Some(foreign), ..own.clone() };
    let why = "key.pem: the private key does not belong to the certificate in ";
    of_server(identity.clone(), &[why, "own.pem"]);
    let client = ClientSettings { identity: Some(identity), ..files.client("localhost") };
    fails(client.prepare(), &["does not belong"]);
    let text = fs::read_to_string(files.path("ca.pem")).unwrap() + &fs::read_to_string(&own.cert).unwrap();
    let turned = Identity { cert: files.write("turned.pem", &text), key: None };
    of_server(turned, &["but to certificate number 2 in this file"]);
    let alone = Identity { cert: files.path("ca.pem"), key: None };
    of_server(alone, &["ca.pem: no private key in this file: add --key FILE"]);
    let damaged = files.write("damaged.pem", &pem("PRIVATE KEY", b"nothing of the kind"));
    of_server(Identity { key: Some(damaged), ..own.clone() }, &["damaged.pem: cannot use the private key"]);
    let garbage = files.identity("garbage.pem", b"no certificate", &KeyPair::generate().unwrap());
    of_server(garbage, &["garbage.pem: the certificate is damaged"]);
    let client = ClientSettings { trust: by(files.path("garbage.pem")), ..files.client("a") };
    fails(client.prepare(), &["garbage.pem: cannot read any certificate in this file"]);
    let client_ca = Some(files.path("nosuch.pem"));
    fails(ServerSettings { client_ca, ..server(own) }.prepare(), &["nosuch.pem: No such file or directory"]);
}

#[test]
fn keys_of_connections_go_to_the_end_of_a_file_of_ones_own() {
    use std::os::unix::fs::PermissionsExt;
    let files = Files::new();
    let server = files.localhost();
    let mut client = files.client("localhost");
    client.common.keylog = Some(files.path("keys"));
    let lines = || fs::read_to_string(files.path("keys")).unwrap().lines().count();
    shake(&client, &server).is_good();
    let first = lines();
    shake(&client, &server).is_good();
    assert_eq!((first >= 4, lines()), (true, 2 * first));
    let text = fs::read_to_string(files.path("keys")).unwrap();
    assert!(text.starts_with("CLIENT_HANDSHAKE_TRAFFIC_SECRET "), "{text}");
    assert_eq!(fs::metadata(files.path("keys")).unwrap().permissions().mode() & 0o777, 0o600);
    client.common.keylog = Some(files.folder.path().to_owned());
    fails(client.prepare(), &["this is a directory, not a file"]);
    client.common.keylog = Some(Path::new("/nosuch/keys").to_owned());
    fails(client.prepare(), &["/nosuch/keys: No such file or directory"]);
}

#[test]
fn a_certificate_of_ones_own_has_all_names_of_this_machine() {
    let (certificate, _) = self_signed::make().unwrap();
    let text = certificate::describe(&certificate, SystemTime::now()).unwrap().join(", ");
    says(
        &text,
        &[
            "subject CN=self-signed by xport, names DNS:localhost",
            "IP:127.0.0.1, IP:::1",
            ", issuer CN=self-signed by xport, valid until ",
        ],
    );
    says(&text, &["valid until ", " days left), pin sha256:"]);
    let server = ServerSettings { identity: None, ..server(Identity { cert: PathBuf::new(), key: None }) };
    assert_ne!(
        server.prepare().unwrap().pin().expect("it is known"),
        server.prepare().unwrap().pin().expect("it is known")
    );
}

#[test]
fn what_certificates_say_is_shown_with_care() {
    let describe = |params: &CertificateParams| {
        let der = params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
        for cut in 0..der.len().min(1000) {
            assert_eq!(certificate::describe(&der[..cut], SystemTime::now()), None);
            let _ = certificate::pin(&der[..cut]);
        }
        for at in 0..der.len().min(1000) {
            let mut odd = der.clone();
            odd[at] ^= 0xff;
            says(&certificate::describe(&odd, SystemTime::now()).unwrap_or_default().concat(), &[]);
            says(
                &super::super::show::show(&[odd.clone().into()], SystemTime::now()).replace('\n', ""),
                &["-----BEGIN"],
            );
            let _ = certificate::pin(&odd);
        }
        let text = certificate::describe(&der, SystemTime::now()).unwrap().join(", ");
        says(&text, &[]);
        text
    };
    let mut odd = params(&["localhost", "2001:db8::1"]);
    odd.distinguished_name = DistinguishedName::new();
    odd.subject_alt_names.push(SanType::Rfc822Name("me@a.example".try_into().unwrap()));
    odd.subject_alt_names.push(SanType::URI("https://a.example/".try_into().unwrap()));
    says(
        &describe(&odd),
        &["subject (empty), names DNS:localhost, IP:2001:db8::1, email:me@a.example", ", issuer (empty), valid"],
    );
    odd.subject_alt_names = vec![SanType::DnsName("a, DNS:localhost".try_into().unwrap())];
    says(&describe(&odd), &[r"names DNS:a\, DNS:localhost, issuer"]);
    odd.distinguished_name = named("a\u{1b}[31m\nxport: all is well\u{202e}, `id`");
    says(&describe(&odd), &[r"CN=a\1b[31m\0axport: all is well\u{202e}\, `id`, names"]);
    odd.distinguished_name = named(&"long".repeat(1000));
    assert!(describe(&odd).len() < 1000);
    odd.not_after = rcgen::date_time_ymd(2024, 1, 1);
    says(&describe(&odd), &["days ago (2024-01-01)"]);
    odd.not_before = rcgen::date_time_ymd(2090, 1, 1);
    says(&describe(&odd), &["not valid before 2090-01-01"]);
    says(&describe(&params(&[])), &["subject CN=subject, no names, issuer CN=subject, valid until "]);
}
