//! Tests one try of each kind of service: whether it is up, what the service sees of it, and the message if it is not.

use crate::harness::*;

/// Waits once with these arguments. The run must not take the time of a lingering close, which is 5 s.
#[track_caller]
fn waits<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Output {
    let (output, time) = timed(|| xport(["wait"]).args(args).output().expect("a run"));
    assert!(output.stdout.is_empty(), "{}", text(&output));
    assert!(time < Duration::from_secs(4), "it took {time:?}");
    output
}

/// A service of HTTP that answers one request in these words, and returns the request.
fn http(answer: &'static str) -> Peer<String> {
    Peer::serve(move |mut stream| {
        let request = head_of(&mut stream);
        stream.write_all(answer.as_bytes()).expect("it takes the answer");
        request
    })
}

/// The bytes up to the empty line.
fn head_of(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        assert_eq!(stream.read(&mut byte).expect("a request in time"), 1, "{:?}", String::from_utf8_lossy(&head));
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("text")
}

#[test]
fn a_service_of_each_kind_is_up() {
    let (issued, _tls, secure) = tls_server("tls-echo", &[]);
    let (_udp, datagrams) = serve(["udp-echo", "127.0.0.1:0"]);
    let (listener, address) = listening();
    let (_folder, path) = path("s");
    let _unix = UnixListener::bind(&path).expect("a socket");
    let name = format!("@xport-wait-{}", std::process::id());
    let mut abstract_server = Background::start(["unix-echo", &name]);
    abstract_server.line("listening on");
    let (port, secure_port) = (address.port(), secure.port());
    let ca = issued.ca();
    for line in [
        format!("{address}"),
        format!(":{port}"),
        format!("{port}"),
        format!("localhost:{port}"),
        format!("tcp:{address}"),
        format!("tcp://{address}"),
        format!("tcp:localhost:{port},connect-timeout=9s,4"),
        format!("--source 127.0.0.1 -4n {address}"),
        format!("{}", path.display()),
        format!("unix:{}", path.display()),
        name.clone(),
        format!("--ca {ca} tls:localhost:{secure_port}"),
        format!("tls:localhost:{secure_port},ca={ca},alpn=x"),
        format!("tls://127.0.0.1:{secure_port},pin={}", issued.pin()),
        format!("udp:{datagrams}"),
        format!("--send ping udp:{datagrams}"),
        format!("{address} {} udp:{datagrams} tls:127.0.0.1:{secure_port},pin={}", path.display(), issued.pin()),
    ] {
        ended(&waits(line.split(' ')), 0, "");
    }
    drop(listener);
}

/// A connection carries no byte and ends in order, even if the service has sent a greeting.
#[test]
fn a_service_of_streams_sees_a_connection_that_ends_in_order() {
    let peer = Peer::serve(|mut stream| {
        stream.write_all(b"220 ready\r\n").expect("it takes the greeting");
        let mut got = Vec::new();
        stream.read_to_end(&mut got).map(|_| got)
    });
    // The greeting can come before the connection is seen, and after it.
    ended(&waits([peer.address.to_string()]), 0, "");
    assert_eq!(peer.join().expect("an end, no reset"), b"");

    let (_folder, path) = path("s");
    let listener = UnixListener::bind(&path).expect("a socket");
    ended(&waits([path.as_os_str()]), 0, "");
    let mut got = Vec::new();
    accept_unix(&listener).read_to_end(&mut got).expect("an end");
    assert_eq!(got, b"");
}

/// The service sees a whole handshake, and a close_notify.
#[test]
fn a_service_of_tls_sees_a_handshake_that_ends_in_order() {
    let issued = Authority::server();
    for version in VERSIONS {
        let peer = tls_peer(server_config(&issued, &[version]), |mut peer| {
            peer.handshake();
            let got = peer.receive_all();
            peer.expect_fin();
            got
        });
        let address = format!("tls:{}", peer.address);
        ended(&waits(["--ca", &issued.ca(), &address]), 0, "");
        assert_eq!(peer.join(), b"");
    }
}

/// The kernel can report the reset of a connection before its success.
#[test]
fn a_port_that_accepts_and_closes_at_once_is_up() {
    let (listener, address) = listening();
    let closer = thread::spawn(move || {
        for number in 0..20 {
            let (stream, _) = listener.accept().expect("a client");
            if number % 2 == 0 { drop(stream) } else { reset(stream) }
        }
        listener
    });
    for _ in 0..20 {
        ended(&waits([address.to_string()]), 0, "");
    }
    let listener = closer.join().expect("it has accepted all");
    // Without a handshake it is not up.
    let closer = thread::spawn(move || drop(listener.accept()));
    let output = waits([format!("tls:{address},insecure")]);
    assert_ne!(output.status.code(), Some(0), "{}", text(&output));
    closer.join().expect("it has accepted");
}

#[test]
fn a_service_that_is_not_up_is_named_with_the_reason() {
    let (_socket, closed) = refusing();
    let (listener, plain) = listening();
    let speaker = thread::spawn(move || accept(&listener).write_all(b"SSH-2.0-x\r\n"));
    let (ground, missing) = path("missing");
    let (file, stale) = (ground.path().join("file"), ground.path().join("stale"));
    fs::write(&file, "").expect("a file");
    drop(UnixListener::bind(&stale).expect("a socket"));
    let datagrams = closed_udp();
    let silent = udp("127.0.0.1");
    let quiet = at(&silent);
    let refused = format!("connect {closed}: Connection refused");
    for (line, status, message) in [
        (closed.to_string(), 3, refused.clone()),
        (format!("tls:{closed},insecure"), 3, refused.clone()),
        (format!("http://{closed}/"), 3, refused),
        (missing.display().to_string(), 3, format!("connect {}: No such file or directory", missing.display())),
        (file.display().to_string(), 3, "Connection refused (it is not a socket)".to_owned()),
        (stale.display().to_string(), 3, "Connection refused".to_owned()),
        (format!("http://{plain}/x"), 3, format!("GET http://{plain}/x: the answer is not HTTP/1: 'SSH-2.0-x'")),
        (format!("udp:{datagrams}"), 3, format!("send {datagrams}: Connection refused")),
        (format!("udp:{datagrams} --send x"), 3, format!("send {datagrams}: Connection refused")),
        (format!("udp:{quiet} --send x --connect-timeout 200ms"), 3, format!("send {quiet}: no reply within 200ms")),
        ("--source 192.0.2.1 127.0.0.1:1".to_owned(), 3, "from 192.0.2.1:0: ".to_owned()),
    ] {
        let output = waits(line.split(' '));
        if line.contains("insecure") {
            assert_eq!(output.status.code(), Some(status), "{line}: {}", text(&output));
            assert!(String::from_utf8_lossy(&output.stderr).contains(&message), "{line}: {}", text(&output));
        } else {
            ended(&output, status, &message);
        }
    }
    speaker.join().expect("no panic").expect("it was sent");
    let mut command = xport(["wait", "no.such.invalid:80"]);
    let output = command.env("RES_OPTIONS", "timeout:1 attempts:1").output().expect("a run");
    ended(&output, 3, "resolve no.such.invalid: ");
}

#[test]
fn a_bad_certificate_is_status_5() {
    let (issued, _server, address) = tls_server("tls-echo", &[]);
    ended(&waits([format!("tls:{address}")]), 5, "handshake with");
    ended(&waits([format!("https://{address}/")]), 5, "handshake with");
    let wrong = format!("tls:{address},pin=sha256:{}", "00".repeat(32));
    ended(&waits([wrong]), 5, "handshake with");
    let output = waits([format!("tls:{address},ca={},server-name=wrong.example", issued.ca())]);
    ended(&output, 5, "wrong.example");
    // A certificate is no reason to take the service for gone.
    let output = waits(["--gone", &format!("tls:{address}")]);
    ended(&output, 3, &format!("tls:{address} is still up: it answered (the certificate is "));
}

#[test]
fn a_page_is_up_by_its_status() {
    for (answer, options, status, message) in [
        ("HTTP/1.1 200 OK\r\n\r\n", "", 0, ""),
        ("HTTP/1.0 204\n", "", 0, ""),
        ("HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\n\r\n", "", 0, ""),
        ("HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "", 0, ""),
        ("HTTP/1.1 401 No\r\n\r\n", "--status 200,401", 0, ""),
        ("HTTP/1.1 401 No\r\n\r\n", "--status 200 --status 401", 0, ""),
        ("HTTP/1.1 404 No\r\n\r\n", "--status 200,4xx", 0, ""),
        ("HTTP/1.1 302 Found\r\n\r\n", "--status 2XX,401", 3, "status 302, not 2xx,401"),
        ("HTTP/1.1 503 Busy\r\n\r\n", "", 3, "status 503, not 2xx or 3xx"),
        ("HTTP/1.1 200 OK\r\n\r\n", "--status 204,401", 3, "status 200, not 204,401"),
        ("", "", 3, "the server has closed the connection without an answer"),
        ("HTTP/1.1 20", "", 3, "the answer ends before its status: 'HTTP/1.1 20'"),
        ("\u{1b}]0;x\u{7}\r\n", "", 3, "the answer is not HTTP/1: '\\u{1b}]0;x\\u{7}"),
    ] {
        let peer = http(answer);
        let url = format!("http://{}/health?a=b", peer.address);
        let output = waits(options.split_whitespace().chain([&*url]));
        let message = if message.is_empty() { String::new() } else { format!("GET {url}: {message}") };
        ended(&output, status, &message);
        let request = peer.join();
        assert!(request.starts_with("GET /health?a=b HTTP/1.1\r\nHost: 127.0.0.1:"), "{request}");
        assert!(
            request.contains("\r\nUser-Agent: xport/") && request.contains("\r\nConnection: close\r\n"),
            "{request}"
        );
    }
    // An option behind the URL.
    let peer = http("HTTP/1.1 404 No\r\n\r\n");
    ended(&waits([format!("http://{}/a\\,b,status=404", peer.address)]), 0, "");
    assert!(peer.join().starts_with("GET /a,b HTTP/1.1\r\n"));
    // A comma that is not before the name of an option is a part of the path.
    for (path, sent, status) in
        [("x?a=1,2", "x?a=1,2", 0), (",,b,c=d,status=404", ",,b,c=d", 3), ("x%2Ccaa=1,id=3", "x%2Ccaa=1,id=3", 0)]
    {
        let peer = http("HTTP/1.1 200 OK\r\n\r\n");
        let output = waits([format!("http://{}/{path}", peer.address)]);
        assert_eq!(output.status.code(), Some(status), "{}", text(&output));
        assert!(peer.join().starts_with(&format!("GET /{sent} HTTP/1.1\r\n")));
    }
    let peer = http("HTTP/1.1 500 No\r\n\r\n");
    let url = format!("http://{}/", peer.address);
    ended(&waits(["--gone", &url]), 3, &format!("{url} is still up: it answered with status 500"));
    peer.join();
}

#[test]
fn a_page_over_tls_is_up_if_its_certificate_is_good() {
    let issued = Authority::server();
    let peer = tls_peer(server_config(&issued, &VERSIONS), |mut peer| {
        peer.handshake();
        let request = peer.receive(16);
        // A server that ends without a close_notify has answered, too.
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n");
        peer.fin();
        request
    });
    let url = format!("https://localhost:{}/", peer.address.port());
    ended(&waits(["--ca", &issued.ca(), &url]), 0, "");
    assert_eq!(peer.join(), b"GET / HTTP/1.1\r\n");
}

/// A service that accepts and then says nothing is given up.
#[test]
fn silence_ends_a_try() {
    let (_listener, address) = listening();
    let output = waits(["--connect-timeout", "200ms", &format!("http://{address}/")]);
    ended(&output, 3, &format!("GET http://{address}/: no answer within 200ms"));
    for options in ["--handshake-timeout 200ms", "--connect-timeout 200ms", "--connect-timeout 200ms --gone"] {
        for endpoint in [format!("tls:{address}"), format!("https://{address}/")] {
            let output = waits(options.split(' ').chain([&*endpoint]));
            ended(&output, 3, "within 200ms");
        }
    }
    let full = full_queue();
    let output = waits(["--connect-timeout", "200ms", &full.address.to_string()]);
    ended(&output, 3, &format!("connect {}: timed out after 200ms", full.address));
}

/// A unix socket with a full backlog is up as soon as its server has room.
#[test]
fn a_full_backlog_is_waited_for() {
    let (_folder, path) = path("s");
    let server = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
    server.bind(&SockAddr::unix(&path).expect("a path")).expect("it is free");
    server.listen(0).expect("it listens");
    let server = UnixListener::from(OwnedFd::from(server));
    let mut queued = Vec::new();
    loop {
        let client = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None).expect("a socket");
        if client.connect(&SockAddr::unix(&path).expect("a path")).is_err() {
            break;
        }
        queued.push(client);
    }
    let output = waits([OsStr::new("--connect-timeout"), OsStr::new("100ms"), path.as_os_str()]);
    ended(&output, 3, "timed out after 100ms");
    // The server is there, so it is not gone.
    let output = waits([OsStr::new("--gone"), OsStr::new("--connect-timeout=100ms"), path.as_os_str()]);
    ended(&output, 3, "timed out after 100ms");
    let mut run = Background::start([OsStr::new("wait"), path.as_os_str()]);
    while !queued.is_empty() {
        drop(accept_unix(&server));
        queued.pop();
    }
    run.ends_with(0);
}
