//! STARTTLS on streams of the simulator: the bytes before TLS, and failures.

use super::*;

#[cfg(feature = "aws-lc-rs")]
use rustls::crypto::aws_lc_rs as crypto;
#[cfg(not(feature = "aws-lc-rs"))]
use rustls::crypto::ring as crypto;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A client without trusted authorities, for failures before verification.
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
        starttls: None,
    }
}

/// Records each call as a line.
struct Told(Sender<String>);

impl Protocol for Told {
    fn connection_made(&mut self, _t: &mut Transport<'_>) {
        self.0.send("made".to_owned()).expect("the test listens");
    }
    fn connection_failed(&mut self, _t: &mut Transport<'_>, error: ConnectError) {
        let text = if error.is_given_up() { "given up".to_owned() } else { format!("{:?}: {error}", error.kind()) };
        self.0.send(text).expect("the test listens");
    }
    fn data_received(&mut self, _t: &mut Transport<'_>, data: &[u8]) {
        self.0.send(format!("data {data:?}")).expect("the test listens");
    }
    fn connection_lost(&mut self, _t: &mut Transport<'_>, _error: Option<io::Error>) {
        self.0.send("lost".to_owned()).expect("the test listens");
    }
}

/// A client of `protocol`, and the calls of its protocol.
fn asking(sim: &mut Sim, protocol: StartTls) -> (Id, Receiver<String>) {
    let (told, calls) = channel();
    let id = sim.stream(1000, Told(told));
    sim.net().transport(id).start_tls(tls().asking_by(protocol)).expect("it begins");
    sim.settle();
    (id, calls)
}

/// Expects that the stream has failed with this, and that there was no other call.
#[track_caller]
fn failed(sim: &mut Sim, (id, calls): (Id, Receiver<String>), kind: &str, message: &str) {
    sim.settle();
    let told = events(&calls);
    let [failure] = &told[..] else { panic!("{told:?}") };
    assert!(failure.starts_with(&format!("{kind}: connection with ")), "{failure}");
    assert!(failure.contains(message), "{failure} does not say {message:?}");
    assert_eq!(sim.wire(id).closed, Some(Closed::Reset));
    sim.run();
    assert!(sim.elapsed() <= TIMEOUT);
    sim.assert_nothing_left();
}

#[test]
fn nothing_but_the_question_is_sent_in_the_clear() {
    let mut sim = Sim::new();
    let (id, calls) = asking(&mut sim, StartTls::Smtp);
    assert_eq!(sim.sent(id), b"", "the server speaks first");
    // Bytes that are written too early wait for TLS.
    sim.net().transport(id).write(b"secret");
    assert_eq!(sim.net().transport(id).write_buffer_size(), 6);
    for piece in ["220 a\r", "\n", "250-a\r\n", "250 STARTTLS\r\n", "220 ", "go\r\n"] {
        sim.feed(id, piece.as_bytes());
        sim.settle();
    }
    let sent = sim.sent(id);
    let rest = sent.strip_prefix(b"EHLO localhost\r\nSTARTTLS\r\n").expect("the question comes first");
    assert!(rest.starts_with(&[22, 3]), "a handshake record of TLS, and nothing else: {rest:?}");
    assert!(!sent.windows(6).any(|bytes| bytes == b"secret"));
    assert_eq!(events(&calls), [""; 0], "it is not made before TLS is up");
}

#[test]
fn a_client_that_has_to_speak_first_does() {
    let mut sim = Sim::new();
    let client = asking(&mut sim, StartTls::Postgres);
    assert_eq!(sim.sent(client.0), [0, 0, 0, 8, 4, 210, 22, 47]);
    sim.feed(client.0, b"N");
    failed(&mut sim, client, "Tls", "the server refuses TLS: \"N\"");
}

#[test]
fn a_refusal_is_the_end_and_nothing_more_is_sent() {
    let mut sim = Sim::new();
    let client = asking(&mut sim, StartTls::Imap);
    let id = client.0;
    sim.feed(id, b"* OK\r\n");
    sim.settle();
    sim.feed(id, b"a1 NO not today\r\n");
    failed(&mut sim, client, "Tls", "the server refuses STARTTLS: \"a1 NO not today\"");
    assert_eq!(sim.sent(id), b"a1 STARTTLS\r\n");
}

#[test]
fn a_consent_with_something_behind_it_is_not_trusted() {
    let mut sim = Sim::new();
    let client = asking(&mut sim, StartTls::Pop3);
    let id = client.0;
    sim.feed(id, b"+OK\r\n");
    sim.settle();
    sim.feed(id, b"+OK\r\n+OK logged in\r\n");
    failed(&mut sim, client, "Tls", "they may be forged: \"+OK logged in\"");
    assert_eq!(sim.sent(id), b"STLS\r\n");
}

#[test]
fn silence_is_given_up_in_time() {
    for (said, missing) in [
        ("", "the server has sent no greeting"),
        ("220-a\r\n220-", "the server has sent no greeting"),
        ("220 a\r\n", "no answer to EHLO"),
    ] {
        let mut sim = Sim::new();
        let client = asking(&mut sim, StartTls::Smtp);
        sim.feed(client.0, said.as_bytes());
        sim.pass(TIMEOUT - Duration::from_nanos(1));
        assert_eq!(events(&client.1), [""; 0]);
        sim.pass(Duration::from_nanos(1));
        failed(&mut sim, client, "TimedOut", &format!("{missing} within 10s; --handshake-timeout"));
    }
}

/// The handshake has its own time limit.
#[test]
fn silence_after_the_consent_is_given_up_in_time() {
    let mut sim = Sim::new();
    let client = asking(&mut sim, StartTls::Postgres);
    sim.pass(TIMEOUT - Duration::from_nanos(1));
    sim.feed(client.0, b"S");
    sim.pass(TIMEOUT - Duration::from_nanos(1));
    assert_eq!(events(&client.1), [""; 0]);
    sim.pass(Duration::from_nanos(1));
    let told = events(&client.1).concat();
    assert!(told.starts_with("TimedOut: connection with "), "{told}");
    assert!(told.ends_with("the handshake did not finish within 10s; --handshake-timeout sets the limit"), "{told}");
    sim.run();
    sim.assert_nothing_left();
}

#[test]
fn an_end_or_a_reset_before_the_consent_is_the_end() {
    let mut sim = Sim::new();
    let client = asking(&mut sim, StartTls::Ldap);
    sim.feed(client.0, b"\x30");
    sim.feed_end(client.0);
    let message = "the server has ended the connection before its consent to TLS, after \"0\"";
    failed(&mut sim, client, "Tls", message);

    let mut sim = Sim::new();
    let (id, calls) = asking(&mut sim, StartTls::Xmpp);
    sim.reset(id);
    sim.settle();
    let failure = events(&calls).concat();
    assert!(failure.starts_with("Reset: connection with "), "{failure}");
    assert!(failure.ends_with(&io::Error::from(io::ErrorKind::ConnectionReset).to_string()), "{failure}");
    sim.run();
    sim.assert_nothing_left();
}

#[test]
fn a_client_that_is_aborted_or_closed_has_no_more_to_say() {
    for closes in [|t: &mut Transport<'_>| t.abort(), |t: &mut Transport<'_>| t.close()] {
        let mut sim = Sim::new();
        let (id, calls) = asking(&mut sim, StartTls::Smtp);
        closes(&mut sim.net().transport(id));
        sim.run();
        assert_eq!(events(&calls), ["given up"]);
        sim.assert_nothing_left();
    }
}

#[test]
fn tls_is_asked_for_once() {
    let mut sim = Sim::new();
    let (id, _calls) = asking(&mut sim, StartTls::Smtp);
    let error = sim.net().transport(id).start_tls(tls()).expect_err("it has begun already");
    assert_eq!(error.to_string(), "TLS is spoken on this stream already");
}

/// A protocol that has asked for TLS itself begins TLS on an open stream, without another request.
#[test]
fn an_open_stream_does_not_ask() {
    let mut sim = Sim::new();
    let (told, calls) = channel();
    let id = sim.stream(1000, Told(told));
    sim.settle();
    sim.net().transport(id).start_tls(tls().asking_by(StartTls::Postgres)).expect("it begins");
    sim.settle();
    assert_eq!(events(&calls), ["made"]);
    assert!(sim.sent(id).starts_with(&[22, 3]));
}
