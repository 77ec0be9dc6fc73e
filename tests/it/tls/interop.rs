//! Tests xport with other TLS programs on either side: OpenSSL, GnuTLS, curl and socat. Missing programs are skipped.

use crate::harness::*;

/// Another program in the background, with pipes as its streams.
fn other(program: &str, args: &[&str]) -> Background {
    Background::spawn(Command::new(program).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()))
}

/// Runs another program to its end, within a deadline, with this on stdin.
#[track_caller]
fn run(program: &str, args: &[&str], stdin: &[u8]) -> Output {
    let mut command = assert_cmd::Command::new(program);
    command.args(args).timeout(DEADLINE).write_stdin(stdin).output().expect("a run")
}

/// A free port for a program that cannot choose one. It is below the ports that the system gives to other tests.
fn port() -> u16 {
    static TURN: AtomicU32 = AtomicU32::new(0);
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let candidates = std::iter::repeat_with(|| {
        // Runs of the tests at the same time begin at different places.
        let turn = std::process::id().wrapping_mul(64).wrapping_add(TURN.fetch_add(1, Ordering::Relaxed));
        10_000 + u16::try_from(turn % 20_000).expect("it is small")
    });
    candidates.take(20_000).find(is_free).expect("a port")
}

/// Waits for a listener, without a connection that a server of one client would take.
#[track_caller]
fn listens(port: u16) -> SocketAddr {
    let pattern = format!(":{port:04X} ");
    eventually("somebody listens", || {
        ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
            let table = fs::read_to_string(table).unwrap_or_default();
            let listening = |line: &str| {
                let fields: Vec<&str> = line.split_whitespace().collect();
                fields.len() > 3 && fields[1].ends_with(pattern.trim_end()) && fields[3] == "0A"
            };
            table.lines().any(listening).then_some(())
        })
    });
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// The options of OpenSSL's two programs for each version.
const OPENSSL_VERSIONS: [&str; 2] = ["-tls1_2", "-tls1_3"];

#[test]
fn a_client_of_openssl() {
    let Some(()) = installed("openssl") else { return };
    let (issued, mut server, address) = tls_server("tls-echo", &["-v", "--alpn", "echo"]);
    for version in OPENSSL_VERSIONS {
        let address = address.to_string();
        let ca = issued.ca();
        let mut args = vec!["s_client", "-quiet", "-verify_return_error", "-CAfile", &ca, "-verify_ip", "127.0.0.1"];
        args.extend(["-servername", "localhost", "-alpn", "echo", version, "-connect", &address]);
        let mut client = other("openssl", &args);
        let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
        let data = pattern(200_000);
        // `s_client` reads nothing while it writes.
        for piece in data.chunks(10_000) {
            stdin.write_all(piece).expect("it takes the bytes");
            assert!(take(&mut stdout, piece.len()) == piece);
        }
        says(&mut server, &["SNI localhost", "ALPN echo"]);
    }
    for texts in [["TLSv1.2", "TLS_ECDHE"], ["TLSv1.3", "TLS_AES"]] {
        says(&mut server, &texts);
    }
}

/// The client of OpenSSL reports a cut stream by its status and a message.
#[test]
fn openssl_is_told_the_end_in_order() {
    let Some(()) = installed("openssl") else { return };
    let issued = Authority::server();
    for version in OPENSSL_VERSIONS {
        let (mut server, address) = served("tls-server", &issued, &[]);
        let (address, ca) = (address.to_string(), issued.ca());
        feed(server.stdin(), b"all of it".to_vec());
        let args = ["s_client", "-quiet", "-CAfile", &ca, version, "-connect", &address];
        let mut client = other("openssl", &args);
        let mut stdout = client.stdout();
        assert_eq!(take_all(&mut stdout), b"all of it");
        let status = client.wait();
        let lines = client.all_lines();
        assert!(status.success() && !lines.iter().any(|line| line.contains("unexpected eof")), "{lines:?}");
    }
}

#[test]
fn a_server_of_openssl() {
    let Some(()) = installed("openssl") else { return };
    let issued = Authority::server();
    let clients = Authority::new().issue(&Leaf::client("alice"));
    for version in OPENSSL_VERSIONS {
        let port = port();
        let (accept, cert, key, ca) = (port.to_string(), issued.cert(), issued.key(), clients.ca());
        // The server sends each line back in reverse.
        let args = ["s_server", "-rev", "-accept", &accept, "-cert", &cert, "-key", &key, version];
        let mut server = other("openssl", &[&args[..], &["-Verify", "1", "-CAfile", &ca]].concat());
        listens(port);
        let output = with(&issued, &clients, &["-v"], port, b"hello\n");
        assert_eq!(output.stdout, b"olleh\n", "{version}: {}", text(&output));
        let expected = if version == "-tls1_2" { "TLSv1.2" } else { "TLSv1.3" };
        assert!(String::from_utf8_lossy(&output.stderr).contains(expected), "{}", text(&output));
        assert!(server.is_running());
    }
}

/// A client of xport with a certificate, which ends after the first line, because the server does not end.
fn with(issued: &Issued, shown: &Issued, options: &[&str], port: u16, line: &[u8]) -> Output {
    let (cert, key) = (shown.cert(), shown.key());
    let options = [options, &["--cert", &cert, "--key", &key, "--no-half-close"]].concat();
    let mut client = Background::start(client_args(issued, &options, format!("127.0.0.1:{port}")));
    let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
    stdin.write_all(line).expect("stdin takes it");
    let got = take(&mut stdout, line.len());
    client.signal(libc::SIGTERM);
    drop(stdin);
    let status = client.wait();
    let stderr = client.all_lines().join("\n").into_bytes();
    Output { status, stdout: got, stderr }
}

/// Versions that are too old, and unknown protocols.
#[test]
fn openssl_with_too_little_in_common() {
    let Some(()) = installed("openssl") else { return };
    let (_issued, mut server, address) = tls_server("tls-echo", &["--alpn", "echo"]);
    let address = address.to_string();
    for (count, options) in
        [&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"][..], &["-alpn", "x"], &["-tls1_2", "-cipher", "AES128-SHA"]]
            .into_iter()
            .enumerate()
    {
        let args = [&["s_client", "-connect", &address], options].concat();
        let output = run("openssl", &args, b"hello\n");
        assert!(!output.status.success(), "{options:?}: {}", text(&output));
        assert!(String::from_utf8_lossy(&output.stderr).contains("alert"), "{options:?}: {}", text(&output));
        server.line(HANDSHAKE_WITH);
        assert!(server.is_running() && server.all_lines().len() == 2 + count, "{:?}", server.all_lines());
    }
}

/// A child that answers one request of HTTP, behind TLS.
fn web_server(issued: &Issued, options: &str) -> Background {
    let endpoint = format!("tls-listen:127.0.0.1:0,cert={},key={}{options}", issued.cert(), issued.key());
    let answer = r#"printf "HTTP/1.0 200 OK\r\n\r\nhi""#;
    Background::start(["exec", "--listen", &endpoint, "--shell", answer])
}

#[test]
fn curl() {
    let Some(()) = installed("curl") else { return };
    let issued = Authority::server();
    let mut server = web_server(&issued, "");
    let port = server.address().port();
    for version in [&["--tlsv1.2", "--tls-max", "1.2"][..], &["--tlsv1.3"]] {
        for host in ["localhost", "127.0.0.1"] {
            let (ca, url) = (issued.ca(), format!("https://{host}:{port}/"));
            let args = [&["-sS", "--noproxy", "*", "--cacert", &ca], version, &[&url]].concat();
            let output = run("curl", &args, b"");
            assert!(output.status.success() && output.stdout == b"hi", "{version:?}, {host}: {}", text(&output));
        }
    }
}

#[test]
fn curl_with_a_certificate() {
    let Some(()) = installed("curl") else { return };
    let (issued, alice) = (Authority::server(), Authority::new().issue(&Leaf::client("alice")));
    let mut server = web_server(&issued, &format!(",client-ca={}", alice.ca()));
    let port = server.address().port();
    let (ca, url, cert, key) = (issued.ca(), format!("https://localhost:{port}/"), alice.cert(), alice.key());
    let common = ["-sS", "--noproxy", "*", "--cacert", &ca, &url];
    let output = run("curl", &[&common[..], &["--cert", &cert, "--key", &key]].concat(), b"");
    assert!(output.status.success() && output.stdout == b"hi", "{}", text(&output));
    let output = run("curl", &common, b"");
    assert!(!output.status.success() && output.stdout.is_empty(), "{}", text(&output));
}

#[test]
fn a_client_of_gnutls() {
    let Some(()) = installed("gnutls-cli") else { return };
    let issued = Authority::server();
    for version in ["NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3"] {
        // Sometimes the program closes directly after the end of xport.
        let (mut server, address) = served("tls-server", &issued, &["--allow-truncation"]);
        let priority = format!("--priority={version}");
        let file = format!("--x509cafile={}", issued.ca());
        let mut client = other("gnutls-cli", &[&priority, &file, "-p", &address.port().to_string(), "localhost"]);
        let mut stdout = server.stdout();
        feed(client.stdin(), b"hello\n".to_vec());
        assert_eq!(take(&mut stdout, 6), b"hello\n");
        feed(server.stdin(), b"good bye\n".to_vec());
        assert!(String::from_utf8_lossy(&take_all(&mut client.stdout())).contains("good bye"), "{version}");
        assert!(take_all(&mut stdout).is_empty());
        assert_eq!(server.wait().code(), Some(0), "{version}: {:?}", server.all_lines());
    }
}

/// socat ends each direction with close_notify, as xport does.
#[test]
fn a_client_of_socat() {
    let Some(()) = installed("socat") else { return };
    let (issued, _server, address) = tls_server("tls-echo", &[]);
    let data = pattern(300_000);
    for version in ["TLS1.2", "TLS1.3"] {
        let versions = format!("openssl-min-proto-version={version},openssl-max-proto-version={version}");
        let target = format!("OPENSSL:localhost:{},pf=ip4,cafile={},{versions}", address.port(), issued.ca());
        let output = run("socat", &["-t", "15", "-", &target], &data);
        assert!(output.status.success(), "{version}: {}", text(&output));
        assert!(output.stdout == data, "{version}: {}", text(&output));
    }
}

#[test]
fn a_server_of_socat() {
    let Some(()) = installed("socat") else { return };
    let (issued, alice) = (Authority::server(), Authority::new().issue(&Leaf::client("alice")));
    let data = pattern(300_000);
    for version in ["TLS1.2", "TLS1.3"] {
        let port = port();
        let versions = format!("openssl-min-proto-version={version},openssl-max-proto-version={version}");
        let files = format!("cert={},key={},cafile={}", issued.cert(), issued.key(), alice.ca());
        let listen = format!("OPENSSL-LISTEN:{port},bind=127.0.0.1,verify=1,{files},{versions}");
        let mut server = other("socat", &["-t", "15", &listen, "EXEC:cat"]);
        let address = listens(port);
        let (cert, key) = (alice.cert(), alice.key());
        let args = client_args(&issued, &["--cert", &cert, "--key", &key], address);
        let output = outcome_with(args, data.clone());
        printed(&output, &data);
        server.ends_with(0);
    }
}

/// A relay adds TLS to a plain program, and removes it for another.
#[test]
fn openssl_through_relays() {
    let Some(()) = installed("openssl") else { return };
    let issued = Authority::server();
    let mut plain = Background::start(["tcp-echo", "127.0.0.1:0"]);
    let listen = issued.endpoint();
    let mut front = Background::start(["relay", &listen, &format!("tcp:{}", plain.address())]);
    let (address, ca) = (front.address().to_string(), issued.ca());
    let args = ["s_client", "-quiet", "-verify_return_error", "-CAfile", &ca, "-connect", &address];
    let mut client = other("openssl", &args);
    client.stdin().write_all(b"hello\n").expect("it takes the bytes");
    assert_eq!(take(&mut client.stdout(), 6), b"hello\n");

    let port = port();
    let (accept, cert, key) = (port.to_string(), issued.cert(), issued.key());
    let _server = other("openssl", &["s_server", "-rev", "-accept", &accept, "-cert", &cert, "-key", &key]);
    listens(port);
    let target = format!("tls:127.0.0.1:{port},ca={ca}");
    let mut back = Background::start(["relay", "tcp-listen:127.0.0.1:0", &target]);
    let mut peer = connect(back.address());
    peer.write_all(b"hello\n").expect("it takes the bytes");
    assert_eq!(take(&mut peer, 6), b"olleh\n");
}
