//! Tests `--show-chain`: what is written, the exit status, and what the server sees.

use rcgen::PKCS_ED25519;

use crate::harness::*;

/// Runs xport with these arguments against a server with this certificate. Returns the output, and whether the server
/// saw an orderly end without data. That is `None` if the handshake has failed.
fn ask(issued: &Issued, version: Version, args: impl Fn(&str) -> Vec<String>) -> (Output, Option<bool>) {
    let peer = tls_peer(server_config(issued, &[version]), |mut peer| {
        peer.try_handshake().is_ok().then(|| peer.receive_all().is_empty())
    });
    let output = outcome_with(args(&peer.text()), "not for the server\n");
    (output, peer.join())
}

/// The arguments of `tls-client` with these options.
fn client(options: &[&str], address: &str) -> Vec<String> {
    [&["tls-client", "--show-chain"], options, &[address]].concat().into_iter().map(str::to_owned).collect()
}

/// The values of the facts with this name, in order.
fn facts<'a>(output: &'a str, name: &str) -> Vec<&'a str> {
    output.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect()
}

#[test]
fn a_chain_is_shown_whether_it_is_accepted_or_not() {
    let root = Authority::called("Root");
    let middle = root.below("Middle", |_| ());
    let cases = [
        (middle.issue(&Leaf { cn: Some("good"), ..Leaf::default() }), 0, "", ""),
        (middle.issue(&Leaf::expired()), 5, "the certificate has expired on 2021-01-01", "expired"),
        (middle.issue(&Leaf::future()), 5, "the certificate is not valid before 2098-01-01", "not valid yet"),
        (middle.issue(&Leaf::named(&["other.example"])), 5, "the certificate is for DNS:other.example, not for", ""),
        (Authority::called("Stranger").issue(&Leaf::default()), 5, "an authority that is not trusted: CN=Stranger", ""),
        (Issued::by_itself(&Leaf { cn: Some("me"), ..Leaf::default() }), 5, "self-signed and not trusted: CN=me", ""),
        (Issued::in_version_1(&PKCS_ED25519), 5, "has an X.509 version before 3", ""),
    ];
    let ca = middle.issue(&Leaf::default());
    for (issued, status, what, why) in &cases {
        for version in VERSIONS {
            for is_verb in [false, true] {
                let (output, seen) = ask(issued, version, |address| match is_verb {
                    true => vec!["connect".into(), "--show-chain".into(), format!("tls:{address},ca={}", ca.ca())],
                    false => client(&["--ca", &ca.ca()], address),
                });
                let text = String::from_utf8(output.stdout.clone()).expect("text");
                ended(&output, *status, what);
                assert_eq!(seen, (*status == 0).then_some(true), "{what}: no data, and an end in order");
                let blocks = Vec::from_iter(issued.chain.iter().map(|der| pem("CERTIFICATE", der)));
                assert!(blocks.iter().all(|block| text.contains(block)), "{what}: {text}");
                assert_eq!(text.matches("-----BEGIN").count(), blocks.len(), "{text}");
                let days = facts(&text, "days left");
                assert_eq!(days.len(), blocks.len(), "{text}");
                assert!(days.iter().all(|days| days.parse::<i64>().is_ok()), "{days:?}");
                assert_eq!(facts(&text, "state").first().copied().unwrap_or_default(), *why, "{text}");
                assert_eq!(facts(&text, "pin")[0], issued.pin());
            }
        }
    }
    let (output, _) = ask(&cases[0].0, VERSIONS[0], |address| client(&["--insecure", "-q"], address));
    let text = String::from_utf8(output.stdout).expect("text");
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
    assert_eq!(
        (facts(&text, "subject"), facts(&text, "issuer")),
        (vec!["CN=good", "CN=Middle"], vec!["CN=Middle", "CN=Root"])
    );
    assert_eq!(facts(&text, "names")[0], "DNS:localhost, IP:127.0.0.1, IP:::1");
    // Programs that read PEM, xport among them, skip the facts.
    let file = ca.write("shown.pem", &text);
    let (mut server, address) = served("tls-echo", &cases[0].0, &[]);
    printed(&outcome_with(["tls-client", "--ca", &file, &format!("localhost:{}", address.port())], "hello"), "hello");
    server.drains();
}

/// The script for cron on the page about TLS writes a line if a certificate expires soon, and nothing otherwise.
#[test]
fn the_script_for_cron_tells_of_certificates_that_expire() {
    let page = include_str!("../../../docs/tls.md");
    let block = page.split("```sh\n").find(|block| block.starts_with("days=")).expect("the script is on the page");
    let script = block.split("```").next().unwrap_or_default();
    let root = Authority::called("Root");
    let good = root.issue(&Leaf::default());
    let cron = |address: &str| {
        let line = format!("--ca {} {address}", good.ca());
        let script = script.replace("xport ", "$PROGRAM ").replace("example.org:443", &line);
        let mut command = assert_cmd::Command::new("sh");
        let output = command.args(["-c", &script]).env("PROGRAM", program()).timeout(DEADLINE).output();
        String::from_utf8(output.expect("a run").stdout).expect("text")
    };
    for (issued, start) in [(&good, ""), (&root.issue(&Leaf::expired()), "example.org: -")] {
        let peer = tls_peer(server_config(issued, &VERSIONS), |mut peer| peer.try_handshake().is_ok());
        let said = cron(&peer.text());
        assert!(said.starts_with(start) && said.is_empty() == start.is_empty(), "{said:?}");
        peer.join();
    }
    let (_refusing, address) = refusing();
    assert_eq!(cron(&address.to_string()), "example.org: unknown number of days left\n");
}

/// What a certificate says is one line for each fact, and drives no terminal.
#[test]
fn text_of_a_certificate_is_escaped() {
    let leaf = Leaf { cn: Some("a\u{1b}[31m\nissuer: CN=Trusted\u{202e}"), ..Leaf::default() };
    let (output, _) = ask(&Issued::by_itself(&leaf), VERSIONS[0], |address| client(&[], address));
    let text = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(5));
    assert!(facts(&text, "issuer").len() == 1 && !text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(said.lines().count() == 2 && !said.contains(['\u{1b}', '\u{202e}']), "{said:?}");
}

#[test]
fn where_there_is_no_chain_nothing_is_written() {
    let plain = Peer::serve(|mut socket| socket.write_all(b"220 hello\r\n").and_then(|()| socket.read(&mut [0; 1])));
    let output = outcome(["tls-client", "--show-chain", &plain.text()]);
    ended(&output, 5, "the peer does not speak TLS");
    assert!(output.stdout.is_empty());
    let _ = plain.join();
    let (_refusing, address) = refusing();
    let output = outcome(["tls-client", "--show-chain", "--server-name", "x.example", &address.to_string()]);
    ended(&output, 3, "Connection refused");
    refuses([
        "connect --show-chain tcp:localhost:1 => --show-chain does nothing for tcp:",
        "connect --show-chain --crlf tls:localhost:1 => crlf does nothing with --show-chain",
        "tls-client --show-chain --linger 1s localhost:1 => --linger does nothing with --show-chain",
        "tls-client --show-chain --raw localhost:1 => --raw does nothing with --show-chain",
        "tcp-client --show-chain localhost:1 => '--show-chain'",
        "tls-server --show-chain --self-signed :0 => '--show-chain'",
        "relay - tls:localhost:1,show-chain => has no option 'show-chain'",
    ]);
}

/// A failure of the certificate matters more than one of stdout.
#[test]
fn a_stdout_that_fails_is_told() {
    let issued = Authority::server();
    for (options, status, what) in [
        (&["--ca", &issued.ca()][..], 1, "stdout: No space left on device"),
        (&[], 5, "an authority that is not trusted"),
    ] {
        let peer = tls_peer(server_config(&issued, &VERSIONS), |mut peer| peer.try_handshake().is_ok());
        let mut client = command([&["tls-client", "--show-chain"], options, &[&peer.text()]].concat());
        client.stdin(Stdio::null()).stdout(device("full"));
        ended(&client.output().expect("a run"), status, what);
        peer.join();
    }
}

#[test]
fn a_server_is_asked_for_tls_first() {
    let issued = Authority::server();
    let config = server_config(&issued, &VERSIONS);
    let peer = Peer::serve(move |mut socket| {
        for (said, expected) in [("220 hello\r\n", "EHLO"), ("250-me\r\n250 STARTTLS\r\n", "STARTTLS")] {
            socket.write_all(said.as_bytes()).expect("it reads");
            let line = BufReader::new(socket.try_clone().expect("a copy")).lines().next();
            assert!(line.expect("a line").expect("text").starts_with(expected));
        }
        socket.write_all(b"220 go\r\n").expect("it reads");
        let mut tls = Tls::server(socket, config);
        tls.handshake();
        tls.receive_all().is_empty()
    });
    let output = outcome(["tls-client", "--show-chain", "--starttls", "smtp", "--ca", &issued.ca(), &peer.text()]);
    ended(&output, 0, "");
    assert!(text(&output).contains("bytes on stdout") && output.stdout.ends_with(b"-----END CERTIFICATE-----\n"));
    assert!(peer.join(), "no data");
}

/// A server can keep the connection open, and can send its session tickets late.
#[test]
fn a_server_that_stays_is_not_waited_for() {
    let issued = Authority::server();
    for version in VERSIONS {
        let (done, is_done) = channel::<()>();
        let peer = tls_peer(server_config(&issued, &[version]), move |mut peer| {
            peer.try_handshake().expect("a handshake");
            let _ = is_done.recv_timeout(Duration::from_secs(20));
        });
        let (output, took) = timed(|| outcome(client(&["--ca", &issued.ca()], &peer.text())));
        done.send(()).expect("the server stays");
        peer.join();
        ended(&output, 0, "");
        assert!(took < Duration::from_secs(4), "it took {took:?}");
    }
}
