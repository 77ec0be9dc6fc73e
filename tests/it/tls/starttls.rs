//! Tests `--starttls` of a client, a relay and a program, with a scripted server for each protocol.
//! `src/transports/layer/starttls/tests.rs` tests other answers byte by byte.

use crate::harness::*;

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

    fn args(protocol: &str, issued: &Issued, options: &[&str], address: SocketAddr) -> Vec<String> {
        let starttls = ["--starttls", protocol, "--server-name", "localhost"];
        client_args(issued, &[&starttls, options].concat(), address)
    }

    /// Runs a client with a server that answers `last` to the request for TLS. Also returns what the client sent after
    /// that.
    fn answered(self, issued: &Issued, last: Vec<u8>) -> (Output, Vec<u8>) {
        let protocol = self.protocol;
        let server = Peer::serve(move |mut socket| {
            self.play(&mut socket);
            socket.write_all(&last).expect("the client reads");
            rest_of(&mut socket)
        });
        let output = outcome_with(Self::args(protocol, issued, &[], server.address), "a secret");
        (output, server.join())
    }
}

#[test]
fn every_protocol_gets_to_tls_and_the_session_is_inside() {
    let issued = Authority::server();
    for script in scripts() {
        // Without this option, the end of stdin is held back.
        let protocol = script.protocol;
        let config = server_config(&issued, &VERSIONS);
        let server = Peer::serve(move |socket| {
            let mut tls = script.play_into_tls(socket, config);
            let said = tls.receive_all();
            tls.send(&said);
            tls.end();
            said
        });
        let args = Script::args(protocol, &issued, &["--half-close", "now"], server.address);
        let output = outcome_with(&args, "hello");
        assert_eq!(output.stdout, b"hello", "{protocol}: {}", text(&output));
        ended(&output, 0, "");
        assert_eq!(server.join(), b"hello", "{protocol}");
    }
}

#[test]
fn a_refusal_is_shown_and_nothing_is_sent_in_the_clear() {
    let issued = Authority::server();
    for script in scripts() {
        let (protocol, quoted, last) = (script.protocol, script.quoted, script.refusal.clone());
        let (output, rest) = script.answered(&issued, last);
        ended(&output, 5, quoted);
        assert!(output.stdout.is_empty() && rest.is_empty(), "{protocol}: {}, {rest:?}", text(&output));
    }
}

#[test]
fn what_follows_the_consent_in_the_clear_ends_the_run() {
    let issued = Authority::server();
    for script in scripts() {
        let (protocol, last) = (script.protocol, [&script.consent, &b"250 injected\r\n"[..]].concat());
        let (output, rest) = script.answered(&issued, last);
        ended(&output, 5, INJECTED);
        assert!(output.stdout.is_empty() && rest.is_empty(), "{protocol}: {}, {rest:?}", text(&output));
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
        let output = outcome_with(Script::args(protocol, &issued, &[], server.address), "a secret");
        ended(&output, 5, "the server agreed to TLS and then sent something else");
        assert!(output.stdout.is_empty(), "{protocol}: {}", text(&output));
        server.join();
    }
}

#[test]
fn a_server_that_says_no_more_is_given_up() {
    let issued = Authority::server();
    let given_up = |script: Script| {
        let (protocol, missing) = (script.protocol, script.missing);
        let server = Peer::serve(move |mut socket| {
            script.play(&mut socket);
            rest_of(&mut socket)
        });
        let output =
            outcome_with(Script::args(protocol, &issued, &["--handshake-timeout", "3s"], server.address), "a secret");
        ended(&output, 124, &format!("{missing}; --handshake-timeout sets the limit"));
        assert_eq!(server.join(), b"", "nothing more is sent in the clear");
    };
    thread::scope(|scope| {
        for script in scripts() {
            scope.spawn(|| given_up(script));
        }
    });
}

/// The same if the server does not greet, or does not go on after its consent: the handshake has its own time limit.
#[test]
fn silence_is_given_up_at_any_point() {
    let issued = Authority::server();
    let client = |address| {
        let options = ["--starttls", "smtp", "--server-name", "localhost", "--handshake-timeout", "3s"];
        outcome_with(client_args(&issued, &options, address), "a secret")
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            let server = Peer::serve(|mut socket| rest_of(&mut socket));
            ended(&client(server.address), 124, "the server has sent no greeting within 3s");
            assert_eq!(server.join(), b"");
        });
        let script = scripts().swap_remove(0);
        let server = Peer::serve(move |mut socket| {
            script.play(&mut socket);
            socket.write_all(&script.consent).expect("the client reads");
            rest_of(&mut socket)
        });
        ended(&client(server.address), 124, "connection with 127.0.0.1:");
        let hello = server.join();
        assert!(hello.starts_with(&[22, 3]), "a handshake of TLS, and nothing in the clear: {hello:?}");
    });
}

#[test]
fn an_end_and_a_reset_in_the_clear_are_told_apart() {
    let issued = Authority::server();
    let run = |address| {
        let options = ["--starttls", "smtp", "--server-name", "localhost"];
        Background::start(client_args(&issued, &options, address))
    };
    let server = Peer::serve(|mut socket| socket.write_all(b"220 hel").expect("the client reads"));
    let output = run(server.address).finish();
    ended(&output, 5, "the server has ended the connection before its consent to TLS, after \"220 hel\"");
    server.join();

    let server = Peer::serve(|mut socket| {
        socket.write_all(b"220 hello\r\n").expect("the client reads");
        socket.read_exact(&mut [0; 4]).expect("EHLO");
        reset(socket);
    });
    ended(&run(server.address).finish(), 4, "Connection reset by peer");
    server.join();
}

/// The certificate is verified as without `--starttls`.
#[test]
fn a_server_that_consents_is_not_trusted_for_that() {
    let (issued, other) = (Authority::server(), Authority::server());
    let config = server_config(&other, &VERSIONS);
    let script = scripts().swap_remove(2);
    let protocol = script.protocol;
    let server = Peer::serve(move |mut socket| {
        script.play(&mut socket);
        socket.write_all(&script.consent).expect("the client reads");
        Tls::server(socket, config).try_handshake().is_err()
    });
    let output = outcome_with(Script::args(protocol, &issued, &[], server.address), "a secret");
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    assert!(output.stdout.is_empty());
    server.join();
}

/// An endpoint of TLS that is asked for, and what must be behind it for a run that ends well.
fn endpoint(protocol: &str, issued: &Issued, address: SocketAddr, options: &str) -> String {
    format!("tls:{address},ca={},server-name=localhost,starttls={protocol}{options}", issued.ca())
}

/// The three runs that can ask: a relay of stdin and stdout, a relay for a client, and a program. `None` is a relay for
/// clients.
fn arguments(run: &str, endpoint: &str) -> Vec<String> {
    let words: &[&str] = match run {
        "relay" => &["relay", "--half-close", "now", "-", endpoint],
        "serve" => &["relay", "--once", "tcp-listen:127.0.0.1:0", endpoint],
        _ => &["exec", "--connect", endpoint, "--", "cat"],
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

const RUNS: [&str; 3] = ["relay", "serve", "exec"];

/// A relay and a program get the greeting as their first bytes, since a plain client waits for it.
#[test]
fn a_relay_and_a_program_ask_for_tls_too() {
    let issued = Authority::server();
    let cases = RUNS.into_iter().flat_map(|run| (0..scripts().len()).map(move |index| (run, index)));
    for_each(cases, |(run, index)| {
        let script = scripts().swap_remove(index);
        let (protocol, config) = (script.protocol, server_config(&issued, &VERSIONS));
        let first = [&script.greeting()[..], b"hello"].concat();
        let server = Peer::serve(move |socket| {
            let mut tls = script.play_into_tls(socket, config);
            tls.send(b"hello");
            tls.close_notify();
            let said = tls.receive_all();
            tls.fin();
            said
        });
        let endpoint = endpoint(protocol, &issued, server.address, "");
        let mut program = Background::start(arguments(run, &endpoint));
        match run {
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
        let said = if run == "exec" { &first[..] } else { b"hello" };
        assert_eq!(server.join(), said, "{run} {protocol}");
        program.ends_with(0);
    });
}

/// Lines behind the greeting may be forged, so no client gets them. Nothing passes if a line hides another one.
#[test]
fn only_the_greeting_is_handed_on() {
    let issued = Authority::server();
    let server = Peer::serve({
        let config = server_config(&issued, &VERSIONS);
        move |mut socket| {
            socket.write_all(b"* OK ready\n* CAPABILITY FORGED\r\n* 1 EXISTS\r\n").expect("the client reads");
            assert_eq!(take(&mut socket, 13), b"a1 STARTTLS\r\n");
            socket.write_all(b"* CAPABILITY FORGED\r\na1 OK\r\n").expect("the client reads");
            let mut tls = Tls::server(socket, config);
            tls.handshake();
            tls.send(b"inside");
            tls.end();
        }
    });
    let output = outcome(["relay", "-", &endpoint("imap", &issued, server.address, "")]);
    assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"* OK ready\r\ninside"[..]), "{}", text(&output));
    server.join();

    for greeting in ["220 hello\r250 forged\r\n", "220 hello\r\r\n"] {
        let server = Peer::serve(move |mut socket| {
            socket.write_all(greeting.as_bytes()).expect("the client reads");
            rest_of(&mut socket)
        });
        let output = outcome(["relay", "-", &endpoint("smtp", &issued, server.address, "")]);
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
    let config = server_config(&issued, &VERSIONS);
    let script = scripts().swap_remove(0);
    let server = Peer::serve(move |socket| {
        let mut tls = script.play_into_tls(socket, config);
        tls.expect(b"noop\r\n");
        tls.send(b"250 still here\r\n");
        tls.expect(b"quit\r\n");
        tls.send(b"221 bye\r\n");
        tls.end();
        tls.receive_all();
    });
    let mut relay = Background::start(arguments("serve", &endpoint("smtp", &issued, server.address, "")));
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

/// Whatever goes wrong before TLS is the run's failure, with the words that a client has for it, and nothing of the bytes
/// that were to be protected is sent.
#[test]
fn what_goes_wrong_before_tls_ends_a_relay_and_a_program() {
    let issued = Authority::server();
    let injected = |script: &Script| [&script.consent, &b"250 injected\r\n"[..]].concat();
    type Last = Option<fn(&Script) -> Vec<u8>>;
    let faults: [(Last, i32, Option<&str>); 3] =
        [(Some(|script| script.refusal.clone()), 5, None), (Some(injected), 5, Some(INJECTED)), (None, 124, None)];
    let cases = RUNS.into_iter().flat_map(|run| (0..scripts().len()).map(move |index| (run, index)));
    for_each(cases, |(run, index)| {
        for (last, status, message) in faults {
            let script = scripts().swap_remove(index);
            let silent = format!("{}; handshake-timeout sets the limit", script.missing);
            let own = if last.is_some() { script.quoted } else { &silent };
            let (protocol, message) = (script.protocol, message.unwrap_or(own));
            let server = Peer::serve(move |mut socket| {
                script.play(&mut socket);
                if let Some(last) = last {
                    socket.write_all(&last(&script)).expect("the client reads");
                }
                rest_of(&mut socket)
            });
            let limit = if last.is_none() { ",handshake-timeout=3s" } else { "" };
            let endpoint = endpoint(protocol, &issued, server.address, limit);
            let mut program = Background::start(arguments(run, &endpoint));
            let _client = match run {
                "relay" => {
                    // The run can be over before it reads this.
                    let _ = program.stdin().write_all(b"a secret");
                    None
                }
                "serve" => {
                    let mut client = connect(program.address());
                    let _ = client.write_all(b"a secret");
                    Some(client)
                }
                _ => None,
            };
            assert_eq!(server.join(), b"", "{run} {protocol}: nothing more is sent in the clear");
            program.ends_with(status);
            let lines = program.all_lines();
            let says = |line: &&String| line.contains(message) && line.contains(": connection with 127.0.0.1:");
            assert_eq!(lines.iter().filter(says).count(), 1, "{run} {protocol}: {lines:?}");
        }
    });
}

/// A relay for many clients goes on when one of its servers does not consent.
#[test]
fn a_refusal_costs_a_relay_of_many_one_pair() {
    let issued = Authority::server();
    let (listener, address) = listening();
    let mut program = Background::start(["relay", "tcp-listen:127.0.0.1:0", &endpoint("pop3", &issued, address, "")]);
    let at = program.address();
    let mut refused = connect(at);
    let mut server = accept(&listener);
    let script = scripts().swap_remove(2);
    script.play(&mut server);
    server.write_all(&script.refusal).expect("it reads");
    assert_eq!(rest_of(&mut refused), b"");
    program.line("the server refuses STLS");

    let mut served = connect(at);
    let mut server = accept(&listener);
    script.play(&mut server);
    server.write_all(&script.consent).expect("it reads");
    let mut tls = Tls::server(server, server_config(&issued, &VERSIONS));
    tls.handshake();
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
    for_each(["client", "relay", "exec"], |run| {
        let script = scripts().swap_remove(0);
        let config = server_config(&issued, &VERSIONS);
        let server = Peer::serve(move |socket| {
            let mut tls = script.play_into_tls(socket, config);
            tls.expect(b"QUIT\r\n");
            assert!(!has_come(&tls.socket, Duration::from_secs(1)), "the end has come before the answer");
            tls.send(b"221 bye\r\n");
            tls.end();
            tls.receive_all();
        });
        let endpoint = endpoint("smtp", &issued, server.address, "");
        let output = match run {
            "client" => outcome_with(Script::args("smtp", &issued, &[], server.address), "QUIT\r\n"),
            "relay" => outcome_with(["relay", "-", &endpoint], "QUIT\r\n"),
            _ => outcome(["exec", "--connect", &endpoint, "--shell", "printf 'QUIT\\r\\n'; exec >&-; cat >/dev/null"]),
        };
        assert_eq!(output.status.code(), Some(0), "{run}: {}", text(&output));
        if run != "exec" {
            let greeting: &[u8] = if run == "relay" { b"220-mx.example ESMTP\r\n220 hello\r\n" } else { b"" };
            assert_eq!(output.stdout, [greeting, b"221 bye\r\n"].concat(), "{run}");
        }
        server.join();
    });
}

/// A dump shows what is said inside TLS, and not how TLS was asked for.
#[test]
fn a_dump_begins_inside_tls() {
    let issued = Authority::server();
    let script = scripts().swap_remove(0);
    let config = server_config(&issued, &VERSIONS);
    let server = Peer::serve(move |socket| {
        let mut tls = script.play_into_tls(socket, config);
        let said = tls.receive_all();
        tls.send(b"inside");
        tls.end();
        said
    });
    let options = ["--crlf", "--dump", "-", "--half-close", "now"];
    let server_address = server.address;
    let output = outcome_with(Script::args("smtp", &issued, &options, server_address), "EHLO me\n");
    assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"inside"[..]), "{}", text(&output));
    assert_eq!(server.join(), b"EHLO me\r\n");
    let dump = text(&output);
    let said = |what: &str, len| dump.contains(&format!("{what} {server_address}: {len} bytes at 0"));
    assert!(said("sent to", 9) && said("received from", 6), "{dump}");
    assert!(!dump.contains("STARTTLS") && !dump.contains("220 "), "{dump}");
}
