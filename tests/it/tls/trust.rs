//! Tests verification by clients and servers: certificates, dates, names, pins, negotiated parameters, and messages. A
//! peer that fails verification gets no data.

use crate::harness::*;

/// A peer that refuses with an alert.
const REFUSED: &str = "the peer refuses";

/// The observations of the scripted server: the result of the handshake, the requested name, and the bytes after it.
type Seen = (Result<(), String>, Option<String>, Vec<u8>);

/// Runs a client with "secret" on stdin against a scripted server that answers "answer".
#[track_caller]
fn meets(config: ServerConfig, args: &[&str], host: &str) -> (Output, Seen) {
    let peer = tls_peer(config, |mut peer| {
        let shaken = peer.try_handshake().map_err(|error| error.to_string());
        let Connection::Server(connection) = &peer.connection else { unreachable!("it is a server") };
        let name = connection.server_name().map(str::to_owned);
        let mut got = Vec::new();
        if shaken.is_ok() {
            got = peer.receive_all();
            peer.send(b"answer");
            peer.end();
        }
        (shaken, name, got)
    });
    let address = format!("{host}:{}", peer.address.port());
    let output = outcome_with([&["tls-client"], args, &[&address]].concat(), "secret");
    (output, peer.join())
}

/// Expects that the client accepts the server. Returns the name that the client has requested.
#[track_caller]
fn believes(issued: &Issued, args: &[&str], host: &str) -> Option<String> {
    let (output, (shaken, name, got)) = meets(server_config(issued, &VERSIONS), args, host);
    ended(&output, 0, "");
    assert_eq!((&*output.stdout, shaken, &*got), (&b"answer"[..], Ok(()), &b"secret"[..]));
    name
}

/// Expects that the client refuses the server in either version, sends an alert, and reports the reason in one line.
#[track_caller]
fn disbelieves(issued: &Issued, args: &[&str], host: &str, why: &[&str]) {
    for version in VERSIONS {
        let (output, (shaken, _, got)) = meets(server_config(issued, &[version]), args, host);
        ended(&output, 5, HANDSHAKE_WITH);
        assert!(output.stdout.is_empty() && got.is_empty());
        let line = String::from_utf8_lossy(&output.stderr);
        assert!(why.iter().all(|why| line.contains(why)), "{line:?} does not say all of {why:?}");
        let error = shaken.expect_err("it is refused");
        assert!(error.contains("fatal alert"), "{error}");
    }
}

#[test]
fn dates_are_checked() {
    let authority = Authority::new();
    let (expired, future) = (authority.issue(&Leaf::expired()), authority.issue(&Leaf::future()));
    disbelieves(&expired, &["--ca", &expired.ca()], "localhost", &["expired", "2021"]);
    disbelieves(&future, &["--ca", &future.ca()], "localhost", &["not valid before", "2098"]);
    let of_old = Authority::valid_until(2021, "Old").issue(&Leaf::default());
    disbelieves(&of_old, &["--ca", &of_old.ca()], "localhost", &["an authority in the chain", "expired on 2021-01-01"]);
}

/// Neither the file nor the system knows the authority of this certificate, or the certificate itself.
#[test]
fn an_unknown_authority_is_refused() {
    let (issued, itself) = (Authority::server(), Issued::by_itself(&Leaf::default()));
    let other = Authority::called("Other Authority").issue(&Leaf::default());
    believes(&issued, &["--ca", &issued.ca()], "localhost");
    for options in [&["--ca", &*other.ca()][..], &[]] {
        disbelieves(&issued, options, "localhost", &["authority"]);
        disbelieves(&itself, options, "localhost", &[]);
    }
}

/// The certificate is trusted without an authority. Its names and dates still count.
#[test]
fn a_certificate_that_is_given_itself_is_believed_for_what_it_is() {
    let (good, other) = (Issued::by_itself(&Leaf::default()), Authority::server());
    let bundle = good.write("bundle.pem", other.read("ca.pem") + &good.read("ca.pem"));
    for ca in [good.ca(), bundle] {
        believes(&good, &["--ca", &ca], "localhost");
        disbelieves(&good, &["--ca", &ca, "--server-name", "x.example"], "localhost", &["x.example"]);
        // Beside an authority or alone, the certificate vouches for no other.
        disbelieves(
            &Issued::by_itself(&Leaf::default()),
            &["--ca", &ca],
            "localhost",
            &["self-signed and not trusted"],
        );
    }
    let expired = Issued::by_itself(&Leaf::expired());
    disbelieves(&expired, &["--ca", &expired.ca()], "localhost", &["expired"]);
    let a_client = Issued::by_itself(&Leaf { client: true, ..Leaf::default() });
    disbelieves(&a_client, &["--ca", &a_client.ca()], "localhost", &["not for servers"]);
    for (shown, welcome) in [(&a_client, true), (&good, false), (&expired, false)] {
        let (mut server, address) = served("tls-echo", &other, &["--client-ca", &shown.ca()]);
        is_let_in(&mut server, client_args(&other, &shown.options(), address), welcome);
    }
}

/// The variables of the system name its authorities.
#[test]
fn the_authorities_of_the_system_are_asked() {
    let issued = Authority::server();
    let peer = tls_peer(server_config(&issued, &VERSIONS), |mut peer| {
        peer.handshake();
        assert!(peer.receive_all().is_empty());
        peer.end();
    });
    let mut client = xport(["tls-client", "--half-close", "now", &peer.text()]);
    ended(&client.env("SSL_CERT_FILE", issued.ca()).output().expect("a run"), 0, "");
    peer.join();
}

#[test]
fn names_are_checked() {
    let authority = Authority::new();
    let named = authority.issue(&Leaf::named(&["localhost", "*.a.example", "b.example"]));
    let ca = named.ca();
    disbelieves(&named, &["--ca", &ca], "127.0.0.1", &["127.0.0.1", "localhost"]);
    disbelieves(&named, &["--ca", &ca, "--server-name", "other.example"], "localhost", &["other.example", "b.example"]);
    disbelieves(&named, &["--ca", &ca, "--server-name", "c.b.a.example"], "localhost", &["c.b.a.example"]);
    disbelieves(&named, &["--ca", &ca, "--server-name", "a.example"], "localhost", &["a.example"]);
    for name in ["localhost", "c.a.example", "B.Example"] {
        let sni = believes(&named, &["--ca", &ca, "--server-name", name], "127.0.0.1");
        assert_eq!(sni.map(|sni| sni.to_lowercase()), Some(name.to_lowercase()));
    }
    // The common name does not count.
    let common =
        authority.issue(&Leaf { names: Vec::new(), ips: Vec::new(), cn: Some("localhost"), ..Leaf::default() });
    disbelieves(&common, &["--ca", &common.ca()], "localhost", &[]);
}

/// An IP address is checked as an address, and no name is sent.
#[test]
fn addresses_are_checked_and_not_asked_for() {
    let authority = Authority::new();
    let issued = authority.issue(&Leaf::default());
    let ca = issued.ca();
    assert_eq!(believes(&issued, &["--ca", &ca], "127.0.0.1"), None);
    assert_eq!(believes(&issued, &["--ca", &ca, "--server-name", "::1"], "127.0.0.1"), None);
    // An address without a host means localhost.
    for host in ["localhost", ""] {
        assert_eq!(believes(&issued, &["--ca", &ca], host).as_deref(), Some("localhost"));
    }
    disbelieves(&issued, &["--ca", &ca, "--server-name", "127.0.0.2"], "localhost", &["127.0.0.2"]);
    // An address in the names does not count.
    let wrong = authority.issue(&Leaf::named(&["127.0.0.1"]));
    disbelieves(&wrong, &["--ca", &wrong.ca()], "127.0.0.1", &[]);
}

#[test]
fn whoever_wants_no_check_is_warned_and_gets_none() {
    for issued in [Issued::by_itself(&Leaf::expired()), Authority::new().issue(&Leaf::named(&["other.example"]))] {
        let (output, (shaken, _, got)) = meets(server_config(&issued, &VERSIONS), &["--insecure"], "localhost");
        ended(&output, 0, "--insecure");
        assert_eq!((&*output.stdout, shaken, &*got), (&b"answer"[..], Ok(()), &b"secret"[..]));
    }
}

/// A pin alone is the only check. With --ca it is one more check.
#[test]
fn a_certificate_is_known_by_its_pin() {
    let expired = Issued::by_itself(&Leaf { names: vec!["other.example"], ..Leaf::expired() });
    let (good, other) = (Authority::server(), Authority::server());
    believes(&expired, &["--pin", &expired.pin()], "localhost");
    believes(&expired, &["--pin", &other.pin(), "--pin", &expired.pin()], "127.0.0.1");
    disbelieves(&expired, &["--pin", &other.pin()], "localhost", &[&expired.pin()]);
    believes(&good, &["--pin", &good.pin(), "--ca", &good.ca()], "localhost");
    disbelieves(&good, &["--pin", &other.pin(), "--ca", &good.ca()], "localhost", &[]);
    disbelieves(&good, &["--pin", &good.pin(), "--ca", &other.ca()], "localhost", &[]);
    disbelieves(&good, &["--pin", &good.pin(), "--ca", &good.ca(), "--server-name", "x.example"], "localhost", &[]);
    // The pin must be that of the certificate itself, because anybody can send another one after it.
    let behind = Issued::by_itself(&Leaf::default());
    let config = server_config(&expired.followed_by(&behind), &VERSIONS);
    let (output, (shaken, ..)) = meets(config, &["--pin", &behind.pin()], "localhost");
    ended(&output, 5, HANDSHAKE_WITH);
    assert!(shaken.is_err());
}

/// The command that a server with its own certificate prints for clients works as it is.
#[test]
fn the_command_that_a_self_signed_server_prints_works() {
    for mode in ["tls-echo", "tls-server"] {
        let (mut server, address) = serve_by(command([mode, "--self-signed", "127.0.0.1:0"]).stdin(Stdio::null()));
        let line = server.line("clients connect with: ");
        let (_, told) = line.split_once("clients connect with: ").expect("it has been looked for");
        assert!(told.starts_with("xport tls-client --pin sha256:") && told.ends_with(&address.to_string()), "{told}");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folder = program().parent().expect("a folder").to_owned();
        let path = std::env::join_paths([folder].into_iter().chain(std::env::split_paths(&path))).expect("a path");
        let mut shell = assert_cmd::Command::new("sh");
        let output = shell.args(["-c", told]).env("PATH", path).env_remove("XPORT_LOG").env_remove("RUST_LOG");
        let output = output.timeout(DEADLINE).write_stdin("hello").output().expect("a run");
        ended(&output, 0, "");
        assert_eq!(output.stdout, if mode == "tls-echo" { &b"hello"[..] } else { b"" });
    }
}

/// Each run has another key, and `-q` does not print the pin.
#[test]
fn a_self_signed_certificate_is_made_anew() {
    let mut pins = Vec::new();
    for _ in 0..2 {
        let (mut server, address) = serve(["tls-echo", "--self-signed", "127.0.0.1:0"]);
        let line = server.line("clients connect with: ");
        let pin = line.split_whitespace().find(|word| word.starts_with("sha256:")).expect("a pin").to_owned();
        // Without a trusted authority or pin, every server is refused.
        ended(&outcome(["tls-client", &address.to_string()]), 5, HANDSHAKE_WITH);
        pins.push(pin);
    }
    assert_ne!(pins[0], pins[1]);
}

/// A server that requires certificates: the `args` of a client, and whether it gets its echo.
#[track_caller]
fn is_let_in(server: &mut Background, args: Vec<String>, welcome: bool) -> Vec<String> {
    let before = server.all_lines().len();
    for data in [&b""[..], b"hello", &[b'x'; 1_000_000]] {
        let output = xport(&args).env("XPORT_HALF_CLOSE", "now").write_stdin(data).output().expect("a run");
        if welcome {
            printed(&output, data);
        } else {
            // An expired certificate also causes a warning.
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.code() == Some(5) && said.contains(REFUSED), "{}", text(&output));
            assert!(output.stdout.is_empty());
        }
    }
    assert!(server.is_running(), "{:?}", server.all_lines());
    server.all_lines().split_off(before)
}

#[test]
fn clients_without_a_certificate_that_is_wanted_are_refused() {
    let (issued, authority, other) = (Authority::server(), Authority::new(), Authority::new());
    let alice = authority.issue(&Leaf::client("alice"));
    let mallory = other.issue(&Leaf::client("mallory"));
    let old = authority.issue(&Leaf { not_before: 2019, not_after: 2021, ..Leaf::client("old") });
    let no_client = authority.issue(&Leaf::default());
    let (mut server, address) = served("tls-echo", &issued, &["-v", "--client-ca", &alice.ca()]);
    for shown in [None, Some(&mallory), Some(&old), Some(&no_client)] {
        let options: Vec<String> = shown.iter().flat_map(|shown| shown.options()).collect();
        is_let_in(&mut server, client_args(&issued, &options, address), false);
        for version in VERSIONS {
            let config = client_config(shown, &[version]);
            let mut peer = Tls::client(connect(address), config);
            // In TLS 1.3, the handshake of a client succeeds before the server has verified its certificate.
            let error = match peer.try_handshake() {
                Ok(()) => peer.receive_until_broken().1.expect("an alert"),
                Err(error) => error,
            };
            assert!(error.to_string().contains("fatal alert"), "{error}");
        }
    }
    let options = alice.options();
    // The server has reached its limit of messages for this second.
    eventually("a word on who was let in", || {
        let lines = is_let_in(&mut server, client_args(&issued, &options, address), true);
        let has = |text: &str| lines.iter().any(|line| line.contains(text));
        (has("CN=alice") && has(&alice.pin())).then_some(())
    });
    // Key and certificate can be in one file.
    let both = alice.both();
    is_let_in(&mut server, client_args(&issued, &["--cert", &both], address), true);
}

#[test]
fn each_refused_client_is_one_line() {
    let (issued, alice) = (Authority::server(), Authority::new().issue(&Leaf::client("alice")));
    let (mut server, address) = served("tls-echo", &issued, &["--client-ca", &alice.ca()]);
    for count in 1..=3 {
        ended(&outcome_with(client_args(&issued, &NONE, address), "hello"), 5, REFUSED);
        server.line(HANDSHAKE_WITH);
        assert_eq!(server.all_lines().len(), 1 + count, "{:?}", server.all_lines());
    }
}

/// The refusal comes after the handshake of the client has succeeded, and ends the client at once, whatever stdin does.
#[test]
fn a_client_that_is_refused_after_its_handshake_ends() {
    let (issued, other) = (Authority::server(), Authority::server());
    let mallory = Authority::new().issue(&Leaf::client("mallory"));
    for version in VERSIONS {
        for shown in [None, Some(&mallory)] {
            for stdin_is_open in [true, false] {
                let config = strict_server_config(&issued, &other, &[version]);
                let peer = tls_peer(config, |mut peer| {
                    let error = peer.try_handshake().expect_err("nobody is let in");
                    // The alert must not be lost on the way.
                    peer.fin();
                    let _ = io::copy(&mut peer.socket, &mut io::sink());
                    error.to_string()
                });
                let options: Vec<String> = shown.iter().flat_map(|shown| shown.options()).collect();
                let mut client = Background::start(client_args(&issued, &options, peer.address));
                let mut stdin = client.stdin();
                // The peer can be gone already.
                let _ = stdin.write_all(b"hello");
                let stdin = stdin_is_open.then_some(stdin);
                client.wait();
                drop(stdin);
                ended(&client.finish(), 5, REFUSED);
                peer.join();
            }
        }
    }
}

/// In TLS 1.2, the server verifies the certificate before the handshake is done, so a later reset is a reset.
#[test]
fn a_reset_after_a_certificate_was_accepted_is_no_refusal() {
    let (issued, alice) = (Authority::server(), Authority::new().issue(&Leaf::client("alice")));
    let peer = tls_peer(strict_server_config(&issued, &alice, &VERSIONS[..1]), |mut peer| {
        peer.handshake();
        peer.expect(b"hello");
        reset(peer.socket);
    });
    let mut client = Background::start(client_args(&issued, &alice.options(), peer.address));
    let mut stdin = client.stdin();
    stdin.write_all(b"hello").expect("stdin takes it");
    ended(&client.finish(), 4, "Connection reset by peer");
    peer.join();
}

#[test]
fn the_right_certificate_is_shown_to_a_scripted_server() {
    let (issued, alice) = (Authority::server(), Authority::new().issue(&Leaf::client("alice")));
    for version in VERSIONS {
        let config = strict_server_config(&issued, &alice, &[version]);
        let args = ["--ca", &issued.ca(), "--cert", &alice.cert(), "--key", &alice.key()];
        let (output, (shaken, _, got)) = meets(config, &args, "localhost");
        ended(&output, 0, "");
        assert_eq!((&*output.stdout, shaken, &*got), (&b"answer"[..], Ok(()), &b"secret"[..]));
    }
}

/// Runs both sides with `-v`, and returns the lines of either.
#[track_caller]
fn talk(issued: &Issued, server_options: &[&str], client_options: &[&str]) -> (Output, Vec<String>, Background) {
    let (mut server, address) = served("tls-echo", issued, &[&["-v"], server_options].concat());
    let args = client_args(issued, &[&["-v"], client_options].concat(), format!("localhost:{}", address.port()));
    let output = outcome_with(args, "hello");
    let lines = String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect();
    says(&mut server, &["closed"]);
    (output, lines, server)
}

#[track_caller]
fn has(lines: &[String], texts: &[&str]) {
    assert!(lines.iter().any(|line| texts.iter().all(|text| line.contains(text))), "no {texts:?} in {lines:?}");
}

#[test]
fn protocols_are_agreed_on() {
    let issued = Authority::server();
    for (server_options, client_options, agreed) in [
        (&["--alpn", "h2,http/1.1"][..], &["--alpn", "http/1.1"][..], Some("ALPN http/1.1")),
        (&["--alpn", "h2,http/1.1"], &["--alpn", "http/1.1,h2"], Some("ALPN h2")),
        (&[], &["--alpn", "h2"], None),
        (&["--alpn", "h2"], &[], None),
    ] {
        let (output, lines, mut server) = talk(&issued, server_options, client_options);
        assert!(output.status.success() && output.stdout == b"hello", "{}", text(&output));
        for lines in [&lines, &server.all_lines()] {
            match agreed {
                Some(agreed) => has(lines, &["TLSv1.3", agreed]),
                None => assert!(!lines.iter().any(|line| line.contains("ALPN h")), "{lines:?}"),
            }
        }
    }
    let (mut server, address) = served("tls-echo", &issued, &["--alpn", "h2"]);
    ended(&outcome_with(client_args(&issued, &["--alpn", "smtp,x"], address), "x"), 5, HANDSHAKE_WITH);
    server.line(HANDSHAKE_WITH);
    assert!(server.all_lines().len() == 2 && server.is_running(), "{:?}", server.all_lines());
}

#[test]
fn an_older_version_than_is_wanted_is_refused() {
    let issued = Authority::server();
    let args = ["--ca", &issued.ca(), "--tls-min", "1.3"];
    let (output, (shaken, ..)) = meets(server_config(&issued, &[&TLS12]), &args, "localhost");
    ended(&output, 5, HANDSHAKE_WITH);
    assert!(shaken.is_err());
    let (output, _) = meets(server_config(&issued, &[&TLS13]), &args, "localhost");
    ended(&output, 0, "");

    let (mut server, address) = served("tls-echo", &issued, &["--tls-min", "1.3"]);
    let mut peer = Tls::client(connect(address), client_config(None, &[&TLS12]));
    let error = peer.try_handshake().expect_err("it is refused");
    assert!(error.to_string().contains("ProtocolVersion"), "{error}");
    server.line(HANDSHAKE_WITH);
    let mut peer = Tls::connect(address, client_config(None, &[&TLS13]));
    peer.ping(b"hello");
}

/// `-v` reports the negotiated parameters and the certificate. Without it, nothing is reported.
#[test]
fn facts_are_told_to_whoever_wants_them() {
    let issued = Authority::called("Authority of facts").issue(&Leaf { cn: Some("facts"), ..Leaf::default() });
    let (output, lines, mut server) = talk(&issued, &[], &[]);
    assert!(output.status.success(), "{}", text(&output));
    has(&lines, &["#1 127.0.0.1:", "TLSv1.3", "TLS_AES_128_GCM_SHA256", "SNI localhost"]);
    has(&lines, &["#1 127.0.0.1:", ": certificate subject CN=facts, names DNS:localhost, IP:127.0.0.1"]);
    has(&lines, &["#1 127.0.0.1:", ": certificate issuer CN=Authority of facts"]);
    has(&lines, &["#1 127.0.0.1:", ": certificate valid until ", " days left)"]);
    has(&lines, &["#1 127.0.0.1:", ": certificate pin ", &issued.pin()]);
    has(&server.all_lines(), &["#1 127.0.0.1:", "TLSv1.3", "SNI localhost"]);
    let (mut quiet, address) = served("tls-echo", &issued, &[]);
    ended(&outcome(client_args(&issued, &["--half-close", "now"], address)), 0, "");
    assert_eq!(quiet.all_lines().len(), 1, "{:?}", quiet.all_lines());
}

/// Odd certificates are accepted or refused, and their text cannot drive the terminal.
#[test]
fn odd_certificates() {
    let authority = Authority::new();
    let evil = authority.issue(&Leaf { cn: Some("a\x1b[31m\nxport: b\r\x07"), ..Leaf::default() });
    let nameless = Issued::by_itself(&Leaf { names: Vec::new(), ips: Vec::new(), ..Leaf::default() });
    let large = authority.issue(&Leaf { ballast: 50_000, ..Leaf::default() });
    let huge = authority.issue(&Leaf { ballast: 100_000, ..Leaf::default() });
    let long = authority.issue(&Leaf::default()).with_chain(200);
    for (issued, expected) in [(&evil, Some(0)), (&nameless, Some(5)), (&large, None), (&huge, None), (&long, None)] {
        let peer = tls_peer(server_config(issued, &VERSIONS), |mut peer| {
            if peer.try_handshake().is_ok() {
                peer.receive_until_broken();
                peer.end();
            }
        });
        let output = outcome(client_args(issued, &["-v", "--half-close", "now"], peer.text()));
        peer.join();
        let status = output.status.code();
        assert!(status == expected || expected.is_none() && matches!(status, Some(0 | 5)), "{}", text(&output));
        assert!(output.stderr.iter().all(|byte| *byte == b'\n' || !byte.is_ascii_control()), "{}", text(&output));
        let lines = String::from_utf8_lossy(&output.stderr);
        assert!(!lines.contains("panicked") && !lines.contains("\nxport: b"), "{lines}");
    }
}

#[test]
fn contradictions_are_usage_errors() {
    let issued = Authority::server();
    let (ca, cert, key, pin) = (issued.ca(), issued.cert(), issued.key(), issued.pin());
    refuses([
        format!("tls-client --insecure --pin {pin} :1 => --pin and --insecure contradict each other"),
        format!("tls-client --insecure --ca {ca} :1 => --ca and --insecure contradict each other"),
        format!("tls-client --key {key} :1 => --key needs its certificate"),
        "tls-client --pin sha256:00 :1 => a pin is sha256: and 64 hexadecimal digits".into(),
        "tls-client --pin md5:00 :1 => a pin is sha256: and 64 hexadecimal digits".into(),
        "tls-client --alpn '' :1 => a name in the list is empty".into(),
        "tls-client --alpn a,,b :1 => a name in the list is empty".into(),
        "tls-client --tls-min 1.1 :1 => must be 1.2 or 1.3".into(),
        "tls-client --handshake-timeout 0 :1 => must be more than zero".into(),
        "tls-client --server-name 'not a name' :1 => not a host name or IP address".into(),
        "tls-client --server-name '' :1 => not a host name or IP address".into(),
        format!("tls-client --client-ca {ca} :1 => unexpected argument '--client-ca'"),
        "tls-client --self-signed :1 => unexpected argument '--self-signed'".into(),
        format!("tls-client --ca {ca} fd:3 => --server-name"),
    ]);
    for mode in ["tls-echo", "tls-server"] {
        refuses([
            format!("{mode} :0 => a TLS server needs --cert FILE"),
            format!("{mode} --key {key} :0 => --key needs its certificate"),
            format!("{mode} --self-signed --cert {cert} :0 => remove --self-signed, or --cert and --key"),
            format!("{mode} --self-signed --key {key} :0 => remove --self-signed, or --cert and --key"),
            format!("{mode} --cert {cert} --key {key} --insecure :0 => unexpected argument '--insecure'"),
            format!("{mode} --cert {cert} --key {key} --pin {pin} :0 => unexpected argument '--pin'"),
            format!("{mode} --cert {cert} --key {key} --server-name a :0 => unexpected argument '--server-name'"),
        ]);
    }
}
