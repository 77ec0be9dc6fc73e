//! Tests of the settings that TLS options make, in a mode and after an endpoint. `tests/it/` tests the messages of the
//! real program.

use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::cli::tests::{mode, parsed, the};
use crate::cli::values::parse_alpn;
use crate::modes::config::{Endpoint, ExecPlace, LeftEndpoint, Mode, TlsConnect};
use crate::transports::layer::starttls::StartTls;
use crate::transports::tls::pin::Pin;
use crate::transports::tls::settings::Version;

const PIN: &str = "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

#[track_caller]
fn refused(line: &str, reason: &str) {
    let error = parsed(line.split(' ')).expect_err(line);
    assert!(error.contains(reason), "{line}: {error:?} does not say {reason:?}");
}

fn connect(line: &str) -> TlsConnect {
    let config = match mode(line) {
        Mode::Client(config) => config,
        Mode::Relay(config) => the!(line, config.right, Endpoint::Connect(config) => config),
        Mode::Exec(config) => the!(line, config.place, ExecPlace::Connect(config) => config),
        other => panic!("{line}: {other:?}"),
    };
    config.tls.unwrap_or_else(|| panic!("{line}: without TLS"))
}

fn client(line: &str) -> ClientSettings {
    connect(line).settings
}

fn server(line: &str) -> ServerSettings {
    let config = match mode(line) {
        Mode::Server(mut ends) | Mode::Echo(mut ends) => ends.remove(0),
        Mode::Relay(config) => the!(line, config.left, LeftEndpoint::Listen(config) => config),
        Mode::Exec(config) => the!(line, config.place, ExecPlace::Listen(mut configs) => configs.remove(0)),
        other => panic!("{line}: {other:?}"),
    };
    config.tls.unwrap_or_else(|| panic!("{line}: without TLS"))
}

fn name(text: &str) -> ServerName<'static> {
    ServerName::try_from(text.to_owned()).expect("a name")
}

#[test]
fn a_client_has_the_documented_defaults() {
    for line in ["tls-client host:443", "tls host:443", "relay - tls:host:443", "exec --connect tls:host:443 cat"] {
        let TlsConnect { settings, starttls } = connect(line);
        assert!(matches!(&settings.trust, Trust::Chain { ca: None, pins } if pins.is_empty()), "{line}");
        assert!(settings.identity.is_none() && starttls.is_none() && settings.name == name("host"), "{line}");
        let common = settings.common;
        assert_eq!((common.min_version, common.handshake_timeout), (Version::Tls12, Duration::from_secs(10)), "{line}");
        assert!(common.alpn.is_empty() && !common.allow_truncation && common.keylog.is_none(), "{line}");
    }
}

#[test]
fn a_server_has_the_documented_defaults() {
    for line in [
        "tls-server --self-signed :0",
        "tls-echo --self-signed :0",
        "relay tls-listen:0,self-signed exec:a",
        "exec --listen tls-listen:0,self-signed cat",
        "exec --listen tls:0,self-signed cat",
    ] {
        let ServerSettings { common, identity, client_ca } = server(line);
        assert!(identity.is_none() && client_ca.is_none(), "{line}");
        assert_eq!((common.min_version, common.handshake_timeout), (Version::Tls12, Duration::from_secs(10)), "{line}");
        assert!(common.alpn.is_empty() && !common.allow_truncation && common.keylog.is_none(), "{line}");
    }
}

#[test]
fn no_other_mode_has_tls() {
    assert!(matches!(mode("tcp-client :1"), Mode::Client(config) if config.tls.is_none()));
    assert!(matches!(mode("tcp-server :1"), Mode::Server(ends) if ends[0].tls.is_none()));
    assert!(matches!(mode("unix-client s"), Mode::Client(config) if config.tls.is_none()));
}

#[test]
fn options_reach_the_settings() {
    let common = "--alpn h2,http/1.1 --tls-min 1.3 --handshake-timeout 250ms --allow-truncation --keylog l";
    let behind = r"alpn=h2\,http/1.1,tls-min=1.3,handshake-timeout=250ms,allow-truncation,keylog=l";
    let clients = [
        client(&format!("tls-client --ca a.pem --cert c.pem --key k.pem --server-name b.example {common} host:443")),
        client(&format!("relay - tls:host:443,ca=a.pem,cert=c.pem,key=k.pem,server-name=b.example,{behind}")),
        client(
            "relay - tls:h:1,ca=a.pem,cert=c.pem,key=k.pem,server-name=b.example,alpn=h2,alpn=http/1.1,tls-min=1.3,\
                handshake-timeout=250ms,allow-truncation,keylog=l",
        ),
    ];
    for settings in clients {
        assert!(matches!(&settings.trust, Trust::Chain { ca: Some(ca), .. } if ca == &PathBuf::from("a.pem")));
        assert_eq!(settings.name, name("b.example"));
        check_common(&settings.common, settings.identity.as_ref());
    }
    for settings in [
        server(&format!("tls-echo --cert c.pem --key k.pem --client-ca a.pem {common} :0")),
        server(&format!("relay tls-listen:0,cert=c.pem,key=k.pem,client-ca=a.pem,{behind} exec:a")),
    ] {
        assert_eq!(settings.client_ca, Some(PathBuf::from("a.pem")));
        check_common(&settings.common, settings.identity.as_ref());
    }
    // The key can be in the file of the certificate.
    let identity = client("tls-client --cert both.pem host:443").identity.expect("one");
    assert_eq!((identity.cert, identity.key), (PathBuf::from("both.pem"), None));
    let identity = server("tls-server --cert both.pem :443").identity.expect("one");
    assert_eq!((identity.cert, identity.key), (PathBuf::from("both.pem"), None));
}

fn check_common(common: &CommonSettings, identity: Option<&Identity>) {
    assert_eq!(common.alpn, [b"h2".to_vec(), b"http/1.1".to_vec()]);
    assert_eq!((common.min_version, common.handshake_timeout), (Version::Tls13, Duration::from_millis(250)));
    assert!(common.allow_truncation && common.keylog == Some(PathBuf::from("l")));
    let identity = identity.expect("one");
    assert_eq!((&identity.cert, &identity.key), (&PathBuf::from("c.pem"), &Some(PathBuf::from("k.pem"))));
}

#[test]
fn trust_is_in_authorities_or_in_pins_or_in_both_or_in_nobody() {
    let pin: Pin = PIN.parse().expect("a pin");
    assert!(matches!(client("tls-client --insecure h:1").trust, Trust::Nobody));
    assert!(matches!(client("relay - tls:h:1,insecure").trust, Trust::Nobody));
    let other = PIN.replace("00", "ff");
    for line in [format!("tls-client --pin {PIN} --pin {other} h:1"), format!("relay - tls:h:1,pin={PIN},pin={other}")]
    {
        let pins = the!(line, client(&line).trust, Trust::Pins(pins) => pins);
        assert_eq!(pins, [pin, other.parse().expect("a pin")], "{line}");
    }
    let line = format!("tls-client --ca a --pin {PIN} h:1");
    assert_eq!(the!(line, client(&line).trust, Trust::Chain { ca: Some(_), pins } => pins), [pin]);
    refused("tls-client --ca a --insecure h:1", "--ca and --insecure contradict each other");
    refused(&format!("tls-client --pin {PIN} --insecure h:1"), "--pin and --insecure contradict each other");
    refused(&format!("tls-client --pin {PIN} --ca a --insecure h:1"), "contradict each other");
    refused("tls-client --pin sha256:00 h:1", "64 hexadecimal digits, not 2");
}

#[test]
fn a_certificate_must_be_for_the_host_unless_another_name_is_given() {
    for (address, expected) in [
        ("example.org:443", "example.org"),
        ("a_b.example:443", "a_b.example"),
        ("127.0.0.1:443", "127.0.0.1"),
        ("[::1]:443", "::1"),
        ("[fe80::1%lo]:443", "fe80::1"),
        (":443", "localhost"),
        ("443", "localhost"),
        ("LOCALHOST:443", "localhost"),
    ] {
        assert_eq!(client(&format!("tls-client {address}")).name, name(expected), "{address}");
        assert_eq!(client(&format!("relay - tls:{address}")).name, name(expected), "{address}");
    }
    assert!(matches!(client("tls-client ::1 443").name, ServerName::IpAddress(_)));
    // A given name is used for any address, and also with a pin alone, because it is sent.
    for line in [
        "tls-client --server-name a.example 127.0.0.1:443",
        "tls-client --server-name a.example fd:3",
        "tls-client --server-name a.example 1.2.3.4.5:443",
        &format!("tls-client --server-name a.example --pin {PIN} :443"),
    ] {
        assert_eq!(client(line).name, name("a.example"), "{line}");
    }
    for line in [
        "tls-client fd:3",
        "tls-client --insecure --starttls xmpp fd:3",
        &format!("tls-client --ca a --pin {PIN} fd:3"),
    ] {
        refused(line, "'fd:3' has no name that the certificate must have: add --server-name NAME");
    }
    for host in ["1.2.3.4.5", "-a.example", "gr\u{fc}n.example"] {
        refused(&format!("tls-client --connect={host}:443"), &format!("no certificate can have the name '{host}'"));
    }
    for text in ["a:443", "[::1]:443", "[localhost]", "fe80::1%lo", "*", "*.example", "gr\u{fc}n.example", "a b"] {
        assert!(parse_server_name(text).is_err(), "{text}");
    }
}

#[test]
fn a_server_has_exactly_one_certificate() {
    const NEEDS: &str = "a TLS server needs --cert FILE (and --key FILE), or --self-signed";
    for line in ["tls-server :0", "tls-echo --client-ca a :0"] {
        refused(line, NEEDS);
    }
    for line in ["relay tls-listen:0 exec:a", "exec --listen tls:0 cat"] {
        refused(line, "a TLS server needs cert=FILE (and key=FILE), or self-signed");
    }
    for line in ["tls-echo --self-signed --cert c :0", "tls-echo --self-signed --key k :0"] {
        refused(line, "--self-signed makes a certificate and its key: remove --self-signed, or --cert and --key");
    }
    for line in ["tls-echo --key k :0", "tls-client --key k h:1"] {
        refused(line, "--key needs its certificate: add --cert FILE");
    }
    refused("relay - tls:h:1,key=k", "key needs its certificate: add cert=FILE");
    assert!(server("tls-echo --self-signed --client-ca a :0").client_ca.is_some());
}

#[test]
fn options_of_tls_may_stand_before_the_endpoints() {
    assert!(matches!(client("relay --insecure - tls:h:1").trust, Trust::Nobody));
    assert!(matches!(client("exec --ca a --connect tls:h:1 cat").trust, Trust::Chain { ca: Some(_), .. }));
    assert!(server("exec --self-signed --client-ca a --listen tls:0 cat").client_ca.is_some());
    assert_eq!(client("connect --server-name a.example tls:h:1,server-name=b.example").name, name("b.example"));
}

#[test]
fn names_of_protocols_have_a_length() {
    assert_eq!(parse_alpn("h2"), Ok(b"h2".to_vec()));
    assert!(parse_alpn(&"a".repeat(255)).is_ok());
    assert_eq!(parse_alpn(&"a".repeat(256)), Err("a name of 256 bytes, limit 255".into()));
    assert!(parse_alpn("").is_err());
    let long = vec!["a".repeat(255); 17].join(",");
    refused(&format!("tls-client --alpn {long} h:1"), "--alpn has 4352 bytes of names, limit 4096");
    assert_eq!(client(&format!("tls-client --alpn {} h:1", &long[..255 * 15])).common.alpn.len(), 15);
}

#[test]
fn a_client_may_ask_for_tls_first() {
    for (text, protocol) in [
        ("smtp", StartTls::Smtp),
        ("imap", StartTls::Imap),
        ("pop3", StartTls::Pop3),
        ("postgres", StartTls::Postgres),
        ("ldap", StartTls::Ldap),
        ("xmpp", StartTls::Xmpp),
    ] {
        assert_eq!(connect(&format!("tls-client --starttls {text} h:1")).starttls, Some(protocol), "{text}");
    }
    for line in [
        "connect tls:h:1,starttls=smtp",
        "connect --starttls smtp tls://h:1",
        "relay - tls:h:1,starttls=smtp",
        "relay --starttls smtp tcp-listen:1 tls:h:1",
        "exec --connect tls:h:1,starttls=smtp -- a",
        "exec --connect tls:h:1 --starttls smtp -- a",
    ] {
        assert_eq!(connect(line).starttls, Some(StartTls::Smtp), "{line}");
    }
}
