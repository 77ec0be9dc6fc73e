//! TLS that is asked for first, on streams of the simulator: what is said in the clear, and how the run ends without
//! TLS.

use super::*;

#[cfg(feature = "aws-lc-rs")]
use rustls::crypto::aws_lc_rs as crypto;
#[cfg(not(feature = "aws-lc-rs"))]
use rustls::crypto::ring as crypto;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A client that trusts nobody, for what goes wrong before that matters.
fn tls() -> TlsClient {
    let config = rustls::ClientConfig::builder_with_provider(crypto::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    TlsClient {
        config: Arc::new(config),
        name: "localhost".try_into().expect("a name"),
        policy: TlsPolicy {
            handshake_timeout: TIMEOUT,
            allow_truncation: false,
            verifies: true,
            advice: Advice::Arguments,
        },
    }
}

/// A client of `protocol`, what its inner protocol is told, and the run's failures.
fn asking(sim: &mut Sim, protocol: StartTls) -> (Id, Receiver<String>, Reports) {
    let (reporter, reports) = line();
    let (inner, told) = Recorder::new();
    let id = sim.stream(1000, StartTlsSide::new(protocol, tls(), inner, reporter));
    sim.settle();
    (id, told, reports)
}

/// Expects that the run has ended with this, and that the inner protocol has not heard of it.
#[track_caller]
fn ended(sim: &mut Sim, (id, told, reports): (Id, Receiver<String>, Reports), cause: Cause, message: &str) {
    sim.settle();
    let failure = reports.verdict().expect_err("it has failed");
    assert_eq!(failure.cause, cause, "{failure}");
    assert!(failure.message.contains(message), "{failure} does not say {message:?}");
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [""; 0]);
    assert!(sim.net().stopped, "the run goes on");
    assert_eq!(sim.wire(id).closed, Some(Closed::Reset));
    sim.run();
    assert!(sim.elapsed() <= TIMEOUT);
    sim.assert_nothing_left();
}

#[test]
fn nothing_but_the_question_is_sent_in_the_clear() {
    let mut sim = Sim::new();
    let (id, told, reports) = asking(&mut sim, StartTls::Smtp);
    assert_eq!(sim.sent(id), b"", "the server speaks first");
    for piece in ["220 a\r", "\n", "250-a\r\n", "250 STARTTLS\r\n", "220 ", "go\r\n"] {
        sim.feed(id, piece.as_bytes());
        sim.settle();
    }
    let sent = sim.sent(id);
    let rest = sent.strip_prefix(b"EHLO localhost\r\nSTARTTLS\r\n").expect("the question comes first");
    // A handshake record of TLS, and nothing else.
    assert!(rest.is_empty() || rest.starts_with(&[22, 3]), "{rest:?}");
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [""; 0], "it is not made before TLS is up");
    assert!(reports.verdict().is_ok());
}

#[test]
fn a_client_that_has_to_speak_first_does() {
    let mut sim = Sim::new();
    let run = asking(&mut sim, StartTls::Postgres);
    assert_eq!(sim.sent(run.0), [0, 0, 0, 8, 4, 210, 22, 47]);
    sim.feed(run.0, b"N");
    ended(&mut sim, run, Cause::Tls, "the server refuses TLS: \"N\"");
}

#[test]
fn a_refusal_ends_the_run_and_nothing_more_is_sent() {
    let mut sim = Sim::new();
    let run = asking(&mut sim, StartTls::Imap);
    let id = run.0;
    sim.feed(id, b"* OK\r\n");
    sim.settle();
    sim.feed(id, b"a1 NO not today\r\n");
    ended(&mut sim, run, Cause::Tls, "the server refuses STARTTLS: \"a1 NO not today\"");
    assert_eq!(sim.sent(id), b"a1 STARTTLS\r\n");
}

#[test]
fn a_consent_with_something_behind_it_ends_the_run() {
    let mut sim = Sim::new();
    let run = asking(&mut sim, StartTls::Pop3);
    let id = run.0;
    sim.feed(id, b"+OK\r\n");
    sim.settle();
    sim.feed(id, b"+OK\r\n+OK logged in\r\n");
    ended(&mut sim, run, Cause::Tls, "it is not to be trusted: \"+OK logged in\"");
    assert_eq!(sim.sent(id), b"STLS\r\n");
}

#[test]
fn silence_ends_the_run_in_time() {
    for said in ["", "220 a\r\n", "220-a\r\n220-"] {
        let mut sim = Sim::new();
        let run = asking(&mut sim, StartTls::Smtp);
        sim.feed(run.0, said.as_bytes());
        sim.pass(TIMEOUT - Duration::from_nanos(1));
        assert!(!sim.net().stopped);
        sim.pass(Duration::from_nanos(1));
        ended(&mut sim, run, Cause::TimedOut, "no consent to TLS within 10s");
    }
}

#[test]
fn an_end_or_a_reset_before_the_consent_ends_the_run() {
    let mut sim = Sim::new();
    let run = asking(&mut sim, StartTls::Ldap);
    sim.feed(run.0, b"\x30");
    sim.feed_end(run.0);
    ended(&mut sim, run, Cause::Tls, "the server has ended the connection before its consent to TLS, after \"0\"");

    let mut sim = Sim::new();
    let (id, told, reports) = asking(&mut sim, StartTls::Xmpp);
    sim.reset(id);
    sim.settle();
    let failure = reports.verdict().expect_err("it has failed");
    assert_eq!(failure.cause, Cause::Broken, "{failure}");
    assert!(failure.message.ends_with(&io::Error::from(io::ErrorKind::ConnectionReset).to_string()), "{failure}");
    assert!(sim.net().stopped && told.try_iter().next().is_none());
    sim.run();
    sim.assert_nothing_left();
}

#[test]
fn whoever_aborts_it_has_no_more_to_say() {
    let mut sim = Sim::new();
    let (id, told, reports) = asking(&mut sim, StartTls::Smtp);
    sim.net().transport(id).abort();
    sim.run();
    assert!(reports.verdict().is_ok() && told.try_iter().next().is_none());
    sim.assert_nothing_left();
}

#[test]
fn once_tls_is_up_all_is_the_inner_protocols() {
    let mut sim = Sim::new();
    let id = sim.stream(1000, Handler::buffered(Discard::default()));
    sim.settle();
    let (inner, told) = Recorder::new();
    let mut side = StartTlsSide::new(StartTls::Smtp, tls(), inner, line().0);
    let t = &mut sim.net().transport(id);
    // The handshake may be over before writing goes on, and after it has.
    side.pause_writing(t);
    side.resume_writing(t);
    side.pause_writing(t);
    side.tls_started(t);
    side.resume_writing(t);
    side.data_received(t, b"220 inside");
    side.eof_received(t);
    side.connection_lost(t, None);
    let expected = ["made", "pause at 0", "resume at 0", "data 220 inside", "eof", "lost"];
    assert_eq!(told.try_iter().collect::<Vec<_>>(), expected);
}
