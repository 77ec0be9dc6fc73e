//! STARTTLS on streams of the simulator: the bytes before TLS, and failures.

use super::*;

#[cfg(feature = "aws-lc-rs")]
use rustls::crypto::aws_lc_rs as crypto;
#[cfg(not(feature = "aws-lc-rs"))]
use rustls::crypto::ring as crypto;

/// A client that asks for TLS by this protocol. It trusts no authority: the tests are about failures before that.
pub(super) fn asking(protocol: &str) -> TlsClient {
    let config = rustls::ClientConfig::builder_with_provider(crypto::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let protocol = match protocol {
        "smtp" => StartTls::Smtp,
        "imap" => StartTls::Imap,
        "pop3" => StartTls::Pop3,
        "postgres" => StartTls::Postgres,
        "ldap" => StartTls::Ldap,
        "xmpp" => StartTls::Xmpp,
        _ => panic!("{protocol:?} is no protocol"),
    };
    let mut client = TlsClient::from_config(config.into(), "localhost".try_into().expect("a name"));
    client.policy.advice = Advice::Arguments;
    client.asking_by(protocol)
}

#[test]
fn nothing_but_the_question_is_sent_in_the_clear() {
    plays(&[
        // Bytes that are written too early wait for TLS.
        "asks smtp: sent ; do write secret; buffered 6; feed 220 a\r; settle; feed \n; settle; feed 250-a\r\n; settle; \
            feed 250 STARTTLS\r\n; settle; feed 220 ; settle; feed go\r\n; settle; \
            clear EHLO localhost\r\nSTARTTLS\r\n; unsent secret; await ; do abort",
        // A client that has to speak first does.
        "asks postgres: sent \0\0\0\x08\x04\u{d2}\x16/; feed N; fails Tls the server refuses TLS: \"N\"; within 10000",
    ]);
}

#[test]
fn a_refusal_is_the_end_and_nothing_more_is_sent() {
    plays(&[
        "asks imap: feed * OK\r\n; settle; feed a1 NO not today\r\n; \
            fails Tls the server refuses STARTTLS: \"a1 NO not today\"; within 10000; sent a1 STARTTLS\r\n",
        // A consent with something behind it is not trusted.
        "asks pop3: feed +OK\r\n; settle; feed +OK\r\n+OK logged in\r\n; \
            fails Tls they may be forged: \"+OK logged in\"; within 10000; sent STLS\r\n",
    ]);
}

#[test]
fn silence_is_given_up_in_time() {
    for (said, missing) in [
        ("", "the server has sent no greeting"),
        ("220-a\r\n220-", "the server has sent no greeting"),
        ("220 a\r\n", "no answer to EHLO"),
    ] {
        plays(&[&format!(
            "asks smtp: feed {said}; pass 9999.999999; await ; pass .000001; \
            fails TimedOut {missing} within 10s;_--handshake-timeout sets the limit; took 10000"
        )]);
    }
    // The handshake has its own time limit.
    plays(&["asks postgres: pass 9999.999999; feed S; pass 9999.999999; await ; pass .000001; \
            fails TimedOut the handshake did not finish within 10s;_--handshake-timeout sets the limit"]);
}

#[test]
fn an_end_or_a_reset_before_the_consent_is_the_end() {
    plays(&[
        "asks ldap: feed \x30; end; \
            fails Tls the server has ended the connection before its consent to TLS, after \"0\"; within 10000",
        "asks xmpp: reset; fails Reset connection reset",
        // A client that is aborted or closed has no more to say.
        "asks smtp: do abort; run; await failed: given up",
        "asks smtp: do close; run; await failed: given up",
    ]);
}

#[test]
fn tls_is_asked_for_once() {
    let mut sim = Sim::new();
    let id = sim.stream(1000, Recorder::new());
    sim.transport(id).start_tls(asking("smtp")).expect("it begins");
    sim.settle();
    let error = sim.transport(id).start_tls(asking("smtp")).expect_err("it has begun already");
    assert_eq!(error.to_string(), "TLS is spoken on this stream already");
    sim.abort_all();
    // A protocol that has asked for TLS itself begins TLS on an open stream, without another request.
    plays(&["open: do ask postgres; await made, pause; clear ; do abort"]);
}
