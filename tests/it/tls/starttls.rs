//! Tests `--starttls` of a client, a relay and a program, with a scripted server for each protocol.
//! `src/transports/layer/starttls/tests.rs` tests other answers byte by byte.

use crate::harness::*;

const NO_OPTION: (&str, &str) = ("", "");
const LIMIT: (&str, &str) = ("handshake-timeout", "3s");

const INJECTED: &str = "the server has sent bytes between its consent and TLS, and they may be forged";

/// The lines of a server of one protocol, each after what it expects from the client.
struct Script {
    protocol: &'static str,
    /// Expected and sent lines before the request for TLS.
    turns: Vec<(Vec<u8>, Vec<u8>)>,
    question: Vec<u8>,
    consent: Vec<u8>,
    refusal: Vec<u8>,
    /// What the message says if the server does not answer the question.
    missing: &'static str,
    /// The part of the refusal that the message shows.
    quoted: &'static str,
}

fn scripts() -> Vec<Script> {
    let stream = b"<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
        xmlns:stream='http://etherx.jabber.org/streams'>";
    let features = b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' version='1.0' from='localhost'>\
        <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>";
    let script = |protocol, turns: &[(&[u8], &[u8])], question: &[u8], consent: &[u8], refusal: &[u8], quoted| Script {
        protocol,
        turns: turns.iter().map(|(expected, said)| (expected.to_vec(), said.to_vec())).collect(),
        question: question.to_vec(),
        consent: consent.to_vec(),
        refusal: refusal.to_vec(),
        quoted,
        missing: match protocol {
            "smtp" | "imap" => "no answer to STARTTLS within 3s",
            "pop3" => "no answer to STLS within 3s",
            "postgres" => "no answer to SSLRequest within 3s",
            "ldap" => "no answer to StartTLS within 3s",
            _ => "no answer to <starttls> within 3s",
        },
    };
    vec![
        script(
            "smtp",
            &[
                (b"", b"220-mx.example ESMTP\r\n220 hello\r\n"),
                (b"EHLO localhost\r\n", b"250-mx.example\r\n250-STARTTLS\r\n250 HELP\r\n"),
            ],
            b"STARTTLS\r\n",
            b"220 go ahead\r\n",
            b"454 4.7.0 TLS not available\r\n",
            "\"454 4.7.0 TLS not available\"",
        ),
        script(
            "imap",
            &[(b"", b"* OK IMAP4rev2 ready\r\n")],
            b"a1 STARTTLS\r\n",
            b"* CAPABILITY IMAP4rev2\r\na1 OK begin\r\n",
            b"a1 BAD unknown\r\n",
            "\"a1 BAD unknown\"",
        ),
        script("pop3", &[(b"", b"+OK POP3\r\n")], b"STLS\r\n", b"+OK begin\r\n", b"-ERR no\r\n", "\"-ERR no\""),
        script("postgres", &[], &[0, 0, 0, 8, 4, 210, 22, 47], b"S", b"N", "\"N\""),
        script(
            "ldap",
            &[],
            b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037",
            b"\x30\x84\x00\x00\x00\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00",
            b"\x30\x10\x02\x01\x01\x78\x0b\x0a\x01\x34\x04\x00\x04\x04busy",
            "result 52, \"busy\"",
        ),
        script(
            "xmpp",
            &[(stream, features)],
            b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
            b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
            b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>",
            "\"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>\"",
        ),
    ]
}

impl Script {
    /// The greeting as a relay and a program get it. It is empty if the client speaks first.
    fn greeting(&self) -> Vec<u8> {
        match self.turns.first() {
            Some((expected, said)) if expected.is_empty() => said.clone(),
            _ => Vec::new(),
        }
    }

    /// Plays the script up to the client's request for TLS.
    fn play(&self, socket: &mut TcpStream) {
        for (expected, said) in &self.turns {
            self.expect(socket, expected);
            socket.write_all(said).expect("the client reads");
        }
        self.expect(socket, &self.question);
    }

    /// Plays the whole script, and does the handshake of a server.
    fn play_into_tls(&self, mut socket: TcpStream, config: ServerConfig) -> Tls {
        self.play(&mut socket);
        socket.write_all(&self.consent).expect("the client reads");
        let mut tls = Tls::server(socket, config);
        tls.handshake();
        tls
    }

    fn expect(&self, socket: &mut TcpStream, expected: &[u8]) {
        let mut got = vec![0; expected.len()];
        socket.read_exact(&mut got).unwrap_or_else(|error| panic!("{} wants {expected:?}: {error}", self.protocol));
        assert_eq!(got.escape_ascii().to_string(), expected.escape_ascii().to_string(), "{}", self.protocol);
    }

    /// A server that answers `last` to the request for TLS, and gives the bytes after that.
    fn answers(self, last: Vec<u8>) -> Peer<Vec<u8>> {
        Peer::serve(move |mut socket| {
            self.play(&mut socket);
            socket.write_all(&last).expect("the client reads");
            rest_of(&mut socket)
        })
    }

    /// A server that goes into TLS, and then does the rest.
    fn into_tls<T: Send + 'static>(self, issued: &Issued, rest: impl FnOnce(Tls) -> T + Send + 'static) -> Peer<T> {
        let config = server_config(issued, &VERSIONS);
        Peer::serve(move |socket| rest(self.play_into_tls(socket, config)))
    }
}

/// The script of a protocol.
fn script(protocol: &str) -> Script {
    scripts().into_iter().find(|script| script.protocol == protocol).expect("it is there")
}

/// What can ask for TLS: a client, a relay of stdin and stdout, a relay for a client, and a program.
const WAYS: [&str; 4] = ["tls-client", "relay", "serve", "exec cat"];

/// A line that asks for TLS in this way, with one more option.
fn line(way: &str, protocol: &str, issued: &Issued, address: SocketAddr, option: (&str, &str)) -> Vec<String> {
    let ca = issued.ca();
    let options = [("ca", &*ca), ("server-name", "localhost"), ("starttls", protocol), option];
    let count = if option.0.is_empty() { 3 } else { 4 };
    let mut line = tls_line(if way == "serve" { "relay" } else { way }, address, &options[..count]);
    if way == "serve" {
        line.splice(1..2, ["--once", "tcp-listen:127.0.0.1:0"].map(str::to_owned));
    }
    line
}

#[test]
fn every_protocol_gets_to_tls_and_the_session_is_inside() {
    let issued = Authority::server();
    for script in scripts() {
        let protocol = script.protocol;
        let server = script.into_tls(&issued, |mut tls| {
            let said = tls.receive_all();
            tls.send(&said);
            tls.end();
            said
        });
        // Without this option, the end of stdin is held back.
        let line = line("tls-client", protocol, &issued, server.address, ("half-close", "now"));
        printed(&outcome_with(line, "hello"), "hello");
        assert_eq!(server.join(), b"hello", "{protocol}");
    }
}

/// The same if the bytes come later, when TLS has begun at the client.
#[test]
fn what_comes_in_the_clear_instead_of_tls_ends_the_run() {
    let issued = Authority::server();
    for script in scripts() {
        let protocol = script.protocol;
        let server = Peer::serve(move |mut socket| {
            script.play(&mut socket);
            socket.write_all(&script.consent).expect("the client reads");
            assert_eq!(take(&mut socket, 1), [22], "a handshake of TLS");
            socket.write_all(b"250 injected\r\n").expect("the client reads");
            rest_of(&mut socket)
        });
        let output = outcome_with(line("tls-client", protocol, &issued, server.address, NO_OPTION), "a secret");
        ended(&output, 5, "the server agreed to TLS and then sent something else");
        assert!(output.stdout.is_empty(), "{protocol}: {}", text(&output));
        server.join();
    }
}

/// Silence after the greeting or after the consent is given up too. The handshake has its own time limit.
#[test]
fn silence_is_given_up_at_any_point() {
    let issued = Authority::server();
    let client = |address| outcome_with(line("tls-client", "smtp", &issued, address, LIMIT), "a secret");
    thread::scope(|scope| {
        scope.spawn(|| {
            let server = Peer::serve(|mut socket| rest_of(&mut socket));
            ended(&client(server.address), 124, "the server has sent no greeting within 3s");
            assert_eq!(server.join(), b"");
        });
        let consent = script("smtp").consent;
        let server = script("smtp").answers(consent);
        ended(&client(server.address), 124, "connection with 127.0.0.1:");
        let hello = server.join();
        assert!(hello.starts_with(&[22, 3]), "a handshake of TLS, and nothing in the clear: {hello:?}");
    });
}

#[test]
fn an_end_and_a_reset_in_the_clear_are_told_apart() {
    let issued = Authority::server();
    let run = |address| Background::start(line("tls-client", "smtp", &issued, address, NO_OPTION)).finish();
    let server = Peer::serve(|mut socket| socket.write_all(b"220 hel").expect("the client reads"));
    let output = run(server.address);
    ended(&output, 5, "the server has ended the connection before its consent to TLS, after \"220 hel\"");
    server.join();

    let server = Peer::serve(|mut socket| {
        socket.write_all(b"220 hello\r\n").expect("the client reads");
        socket.read_exact(&mut [0; 4]).expect("EHLO");
        reset(socket);
    });
    ended(&run(server.address), 4, "Connection reset by peer");
    server.join();
}

/// The certificate is verified as without `--starttls`.
#[test]
fn a_server_that_consents_is_not_trusted_for_that() {
    let (issued, other) = (Authority::server(), Authority::server());
    let config = server_config(&other, &VERSIONS);
    let server = Peer::serve(move |mut socket| {
        script("pop3").play(&mut socket);
        socket.write_all(&script("pop3").consent).expect("the client reads");
        Tls::server(socket, config).try_handshake().is_err()
    });
    let output = outcome_with(line("tls-client", "pop3", &issued, server.address, NO_OPTION), "a secret");
    gave(&output, 5, "");
    server.join();
}

/// A relay and a program get the greeting as their first bytes, since a plain client waits for it.
#[test]
fn a_relay_and_a_program_ask_for_tls_too() {
    let issued = Authority::server();
    let cases = WAYS[1..].iter().flat_map(|way| scripts().into_iter().map(move |script| (*way, script.protocol)));
    for_each(cases, |(way, protocol)| {
        let first = [&script(protocol).greeting()[..], b"hello"].concat();
        let server = script(protocol).into_tls(&issued, |mut tls| {
            tls.send(b"hello");
            tls.close_notify();
            let said = tls.receive_all();
            tls.fin();
            said
        });
        let mut words = line(way, protocol, &issued, server.address, NO_OPTION);
        if way == "relay" {
            words.splice(1..1, ["--half-close", "now"].map(str::to_owned));
        }
        let mut program = Background::start(words);
        match way {
            "relay" => {
                assert_eq!(take(&mut program.stdout(), first.len()), first, "{protocol}");
                program.stdin().write_all(b"hello").expect("it reads");
            }
            "serve" => {
                let mut client = connect(program.address());
                assert_eq!(take(&mut client, first.len()), first, "{protocol}");
                expect_end(&mut client);
                client.write_all(b"hello").expect("it reads");
            }
            _ => (),
        }
        let said = if way == "exec cat" { &first[..] } else { b"hello" };
        assert_eq!(server.join(), said, "{way} {protocol}");
        program.ends_with(0);
    });
}

/// Lines behind the greeting may be forged, so no client gets them. Nothing passes if a line hides another one.
#[test]
fn only_the_greeting_is_handed_on() {
    let issued = Authority::server();
    let config = server_config(&issued, &VERSIONS);
    let server = Peer::serve(move |mut socket| {
        socket.write_all(b"* OK ready\n* CAPABILITY FORGED\r\n* 1 EXISTS\r\n").expect("the client reads");
        assert_eq!(take(&mut socket, 13), b"a1 STARTTLS\r\n");
        socket.write_all(b"* CAPABILITY FORGED\r\na1 OK\r\n").expect("the client reads");
        let mut tls = Tls::server(socket, config);
        tls.handshake();
        tls.send(b"inside");
        tls.end();
    });
    let output = outcome(line("relay", "imap", &issued, server.address, NO_OPTION));
    gave(&output, 0, "* OK ready\r\ninside");
    server.join();

    for greeting in ["220 hello\r250 forged\r\n", "220 hello\r\r\n"] {
        let server = Peer::serve(move |mut socket| {
            socket.write_all(greeting.as_bytes()).expect("the client reads");
            rest_of(&mut socket)
        });
        let output = outcome(line("relay", "smtp", &issued, server.address, NO_OPTION));
        ended(&output, 5, "a carriage return in the greeting may hide a forged answer: \"220 hello");
        assert!(output.stdout.is_empty() && server.join().is_empty(), "{}", text(&output));
    }
}

/// Python's client of SMTP knows nothing of TLS here, and works through a relay.
#[test]
fn a_plain_client_works_through_a_relay() {
    if installed("python3").is_none() {
        return;
    }
    let issued = Authority::server();
    let server = script("smtp").into_tls(&issued, |mut tls| {
        tls.expect(b"noop\r\n");
        tls.send(b"250 still here\r\n");
        tls.expect(b"quit\r\n");
        tls.send(b"221 bye\r\n");
        tls.end();
        tls.receive_all();
    });
    let mut relay = Background::start(line("serve", "smtp", &issued, server.address, NO_OPTION));
    let code = "import smtplib, sys\n\
        client = smtplib.SMTP('127.0.0.1', int(sys.argv[1]), local_hostname='me', timeout=20)\n\
        print(client.noop(), client.quit())";
    let port = relay.address().port().to_string();
    let output = Command::new("python3").args(["-c", code, &port]).output().expect("python3 starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said, "(250, b'still here') (221, b'bye')\n", "{}", String::from_utf8_lossy(&output.stderr));
    server.join();
    relay.ends_with(0);
}

/// Whatever goes wrong before TLS is the run's failure, with the same words in every way. Nothing of the bytes that
/// were to be protected is sent or printed.
#[track_caller]
fn fails(issued: &Issued, way: &str, protocol: &str, last: Vec<u8>, message: &str) {
    let (status, option) = if last.is_empty() { (124, LIMIT) } else { (5, NO_OPTION) };
    let server = script(protocol).answers(last);
    let mut program = Background::start(line(way, protocol, issued, server.address, option));
    // The run can be over before it reads this.
    let _client = match way {
        "exec cat" => None,
        "serve" => {
            let mut client = connect(program.address());
            let _ = client.write_all(b"a secret");
            Some(client)
        }
        _ => {
            let _ = program.stdin().write_all(b"a secret");
            None
        }
    };
    assert_eq!(server.join(), b"", "{way} {protocol}: nothing more is sent in the clear");
    let output = program.finish();
    gave(&output, status, "");
    if way != "serve" {
        ended(&output, status, message);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let says = |line: &&str| line.contains(message) && line.contains(": connection with 127.0.0.1:");
    assert_eq!(said.lines().filter(says).count(), 1, "{way} {protocol}: {said}");
}

#[test]
fn a_refusal_and_forged_bytes_end_the_run() {
    let issued = Authority::server();
    let cases = WAYS.iter().flat_map(|way| scripts().into_iter().map(move |script| (*way, script.protocol)));
    for_each(cases, |(way, protocol)| {
        let Script { refusal, quoted, consent, .. } = script(protocol);
        fails(&issued, way, protocol, refusal, quoted);
        fails(&issued, way, protocol, [&consent[..], b"250 injected\r\n"].concat(), INJECTED);
    });
}

#[test]
fn a_server_that_says_no_more_is_given_up() {
    let issued = &Authority::server();
    thread::scope(|scope| {
        for way in WAYS {
            for Script { protocol, missing, .. } in scripts() {
                let dashes = if way == "tls-client" { "--" } else { "" };
                let message = format!("{missing}; {dashes}handshake-timeout sets the limit");
                scope.spawn(move || fails(issued, way, protocol, Vec::new(), &message));
            }
        }
    });
}

/// A relay for many clients goes on when one of its servers does not consent.
#[test]
fn a_refusal_costs_a_relay_of_many_one_pair() {
    let issued = Authority::server();
    let (listener, address) = listening();
    let mut words = line("serve", "pop3", &issued, address, NO_OPTION);
    words.remove(1);
    let (mut program, at) = serve(words);
    let mut refused = connect(at);
    let mut server = accept(&listener);
    let script = script("pop3");
    script.play(&mut server);
    server.write_all(&script.refusal).expect("it reads");
    assert_eq!(rest_of(&mut refused), b"");
    program.line("the server refuses STLS");

    let mut served = connect(at);
    let mut tls = script.play_into_tls(accept(&listener), server_config(&issued, &VERSIONS));
    served.write_all(b"ping").expect("it reads");
    tls.expect(b"ping");
    tls.send(b"pong");
    assert_eq!(take(&mut served, 14), b"+OK POP3\r\npong");
    assert!(program.is_running());
}

/// Servers of these protocols take an end before their last answer for a hang-up. So the end of stdin and of a program
/// is held back, as that of a client is.
#[test]
fn the_end_before_the_last_answer_is_held_back() {
    let issued = Authority::server();
    for_each(["tls-client", "relay", "exec printf 'QUIT\\r\\n'; exec >&-; cat >/dev/null"], |way| {
        let server = script("smtp").into_tls(&issued, |mut tls| {
            tls.expect(b"QUIT\r\n");
            assert!(!has_come(&tls.socket, Duration::from_secs(1)), "the end has come before the answer");
            tls.send(b"221 bye\r\n");
            tls.end();
            tls.receive_all();
        });
        let output = outcome_with(line(way, "smtp", &issued, server.address, NO_OPTION), "QUIT\r\n");
        let expected = match way {
            "tls-client" => "221 bye\r\n",
            "relay" => "220-mx.example ESMTP\r\n220 hello\r\n221 bye\r\n",
            _ => "",
        };
        gave(&output, 0, expected);
        server.join();
    });
}

/// A dump shows what is said inside TLS, and not how TLS was asked for.
#[test]
fn a_dump_begins_inside_tls() {
    let issued = Authority::server();
    let server = script("smtp").into_tls(&issued, |mut tls| {
        let said = tls.receive_all();
        tls.send(b"inside");
        tls.end();
        said
    });
    let mut words = line("tls-client", "smtp", &issued, server.address, ("half-close", "now"));
    words.splice(1..1, ["--crlf", "--dump", "-"].map(str::to_owned));
    let output = outcome_with(words, "EHLO me\n");
    gave(&output, 0, "inside");
    let address = server.address;
    assert_eq!(server.join(), b"EHLO me\r\n");
    let dump = text(&output);
    let said = |what: &str, len| dump.contains(&format!("{what} {address}: {len} bytes at 0"));
    assert!(said("sent to", 9) && said("received from", 6), "{dump}");
    assert!(!dump.contains("STARTTLS") && !dump.contains("220-"), "{dump}");
}
