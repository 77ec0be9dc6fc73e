//! Every line of `docs/cookbook.md` does its job.

use super::kitchen::{DRAWN_PIN, Job, Kitchen, jobs};
use crate::harness::*;

/// What runs the lines of a job.
type Cook = fn(&Kitchen);

const COOKS: &[(usize, Cook)] = &[
    (1, receive),
    (2, send),
    (3, send_a_directory),
    (4, serve_a_file),
    (5, send_with_a_pin),
    (6, probe),
    (7, scan),
    (8, wait_and_start),
    (9, probe),
    (10, http),
    (11, https_unverified),
    (12, https),
    (13, certificate),
    (14, tls_version),
    (16, starttls),
    (17, client_certificate),
    (18, key_log),
    (19, tls_echo),
    (20, tls_in_front),
    (21, tls_behind),
    (22, forward),
    (23, socket_on_tcp),
    (24, tcp_on_socket),
    (25, control_socket),
    (26, echo),
    (27, sink),
    (28, canned_answer),
    (29, metric),
    (30, many_senders),
    (31, question),
    (32, multicast),
    (34, handler),
    (35, shell_on_a_terminal),
    (36, program_as_a_socket),
    (40, watch),
];

/// The jobs that xport cannot do. The page says so, and has no line.
const IMPOSSIBLE: [usize; 5] = [15, 33, 37, 38, 39];

const TEXT: &[u8] = b"hello\nworld\n";

#[test]
fn every_line_of_the_cookbook_does_its_job() {
    let mut jobs = jobs();
    assert_eq!(Vec::from_iter(jobs.keys().copied()), Vec::from_iter(1..=40));
    let listed = Vec::from_iter(COOKS.iter().map(|(number, _)| *number).chain(IMPOSSIBLE));
    assert_eq!(listed.len(), 40, "a job is missing or there twice: {listed:?}");
    for number in IMPOSSIBLE {
        let Job { prose, lines } = jobs.remove(&number).expect("a job of this page, once");
        assert!(
            prose.trim_start().starts_with("xport cannot do this") && prose.contains("Use ") && lines.is_empty(),
            "{number}"
        );
    }
    let jobs = Mutex::new(jobs);
    for_each(COOKS.iter().copied(), |(number, cook)| {
        let job = jobs.lock().expect("no panic").remove(&number).expect("a job of this page, once");
        let kitchen = Kitchen::new(job);
        cook(&kitchen);
        kitchen.is_done();
    });
}

/// Replaces a port on every interface or on the loopback by a free one.
fn free(port: &str) -> (&str, &'static str) {
    (port, "127.0.0.1:0")
}

fn text_of(peer: SocketAddr) -> String {
    peer.to_string()
}

/// A peer of a plain protocol: takes `asked`, and answers.
fn answers(asked: &'static [u8], answer: &'static [u8]) -> Peer<()> {
    Peer::serve(move |mut stream| {
        expect(&mut stream, asked);
        say_all(&mut stream, answer);
        rest_of(&mut stream);
    })
}

/// The same over TLS.
fn answers_by_tls(config: ServerConfig, asked: &'static [u8], answer: &'static [u8]) -> Peer<()> {
    tls_peer(config, move |mut tls| {
        tls.handshake();
        tls.expect(asked);
        tls.send(answer);
        tls.end();
    })
}

fn receive(kitchen: &Kitchen) {
    let (mut server, address) = kitchen.serve(0, &[free("'*:9899'")]);
    say_all(&mut connect(address), TEXT);
    server.ends_with(0);
    assert_eq!(kitchen.read("out"), TEXT);
}

fn send(kitchen: &Kitchen) {
    kitchen.write("in", TEXT);
    let peer = Peer::serve(|mut stream| rest_of(&mut stream));
    printed(&kitchen.run(0, &[("host:9899", &text_of(peer.address))]), "");
    assert_eq!(peer.join(), TEXT);
}

fn send_a_directory(kitchen: &Kitchen) {
    let there = kitchen.path("there");
    fs::create_dir(&there).expect("a folder");
    fs::create_dir_all(kitchen.path("dir/deep")).expect("a folder");
    kitchen.write("dir/deep/file", TEXT);
    let mut receiver = kitchen.command(0, &[free("'*:9899'")]);
    let (mut receiver, address) = serve_by(receiver.current_dir(&there));
    printed(&kitchen.run(1, &[("host:9899", &text_of(address))]), "");
    receiver.ends_with(0);
    assert_eq!(kitchen.read("there/dir/deep/file"), TEXT);
}

fn serve_a_file(kitchen: &Kitchen) {
    kitchen.write("file", TEXT);
    let (mut server, address) = kitchen.serve(0, &[free("'*:9899'")]);
    assert_eq!(rest_of(&mut connect(address)), TEXT);
    server.ends_with(0);
}

fn send_with_a_pin(kitchen: &Kitchen) {
    kitchen.write("in", TEXT);
    let (mut server, address) = kitchen.serve(0, &[free("'*:7000'")]);
    let line = server.line("--pin");
    let pin = line.split_whitespace().find(|word| word.starts_with("sha256:")).expect("a pin");
    printed(&kitchen.run(1, &[(DRAWN_PIN, pin), ("host:7000", &text_of(address))]), "");
    server.ends_with(0);
    assert_eq!(kitchen.read("out"), TEXT);
}

/// The service gets no byte.
fn probe(kitchen: &Kitchen) {
    let printed_host = ["host:5432", "localhost:53"].into_iter().find(|host| kitchen.shows(host)).expect("one");
    let peer = Peer::serve(|mut stream| rest_of(&mut stream));
    printed(&kitchen.run(0, &[(printed_host, &text_of(peer.address))]), "");
    assert_eq!(peer.join(), b"");
    let (_bound, address) = refusing();
    ended(&kitchen.run(0, &[(printed_host, &text_of(address))]), 3, "Connection refused");
}

/// One port is open, and the next one is closed.
fn scan(kitchen: &Kitchen) {
    let (_listener, open) = listening();
    let (_bound, closed) = refusing();
    let ports = format!("127.0.0.1 {},{}", open.port(), closed.port());
    let output = kitchen.run(0, &[("host 20-30", &ports)]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(printed.split_whitespace().next(), Some(open.port().to_string().as_str()), "{printed}");
    assert_eq!(printed.lines().count(), 1, "{printed}");
    gave(&kitchen.run(0, &[("host 20-30", &format!("127.0.0.1 {}", closed.port()))]), 3, "");
}

fn wait_and_start(kitchen: &Kitchen) {
    kitchen.script("app", "#!/bin/sh\necho started\n");
    let (socket, address) = refusing();
    let app = kitchen.start(0, &[("db:5432", &text_of(address))]);
    // The first try may be over already. Another one follows.
    socket.listen(8).expect("a listener");
    let output = app.finish();
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(0), &b"started\n"[..]), "{}", text(&output));
    drop(socket);

    let (_bound, address) = refusing();
    gave(&kitchen.run(0, &[("db:5432", &text_of(address)), ("30s", "100ms")]), 124, "");
}

fn http(kitchen: &Kitchen) {
    let peer = answers(b"GET / HTTP/1.0\r\nHost: h\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\nhi");
    printed(&kitchen.run(0, &[("h:80", &text_of(peer.address))]), "HTTP/1.0 200 OK\r\n\r\nhi");
    peer.join();
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

fn https_unverified(kitchen: &Kitchen) {
    let config = server_config(&Authority::server(), &VERSIONS);
    let peer = answers_by_tls(config, GET, b"HTTP/1.1 200 OK\r\n\r\nhi");
    let output = kitchen.run(0, &[("h:443", &text_of(peer.address))]);
    gave(&output, 0, "HTTP/1.1 200 OK\r\n\r\nhi");
    ended(&output, 0, "not verified");
    peer.join();
}

fn https(kitchen: &Kitchen) {
    let issued = Authority::server();
    let peer = answers_by_tls(server_config(&issued, &VERSIONS), GET, b"HTTP/1.1 200 OK\r\n\r\nhi");
    let trusting = |mut command: Command| Background::spawn(command.env("SSL_CERT_FILE", issued.ca())).finish();
    let output = trusting(kitchen.command(0, &[("h:443", &text_of(peer.address))]));
    printed(&output, "HTTP/1.1 200 OK\r\n\r\nhi");
    peer.join();

    let config = server_config(&Authority::called("Stranger").issue(&Leaf::default()), &VERSIONS);
    let stranger = tls_peer(config, |mut tls| drop(tls.try_handshake()));
    ended(&trusting(kitchen.command(0, &[("h:443", &text_of(stranger.address))])), 5, "authority");
}

fn certificate(kitchen: &Kitchen) {
    let issued = Authority::server();
    let peer = tls_peer(server_config(&issued, &VERSIONS), |mut tls| {
        tls.handshake();
        tls.receive_until_broken();
    });
    let mut command = kitchen.command(0, &[("h:443", &text_of(peer.address))]);
    let output = Background::spawn(command.env("SSL_CERT_FILE", issued.ca())).finish();
    ended(&output, 0, "");
    let lines = String::from_utf8_lossy(&output.stdout);
    let pin = issued.pin();
    let facts = [pin.as_str(), "2100", "localhost", "days left", "-----BEGIN CERTIFICATE-----"];
    assert!(facts.iter().all(|fact| lines.contains(fact)), "{lines}");
}

fn tls_version(kitchen: &Kitchen) {
    let issued = Authority::server();
    for (line, version, status) in [(0, &TLS13, 0), (0, &TLS12, 5), (1, &TLS12, 0), (1, &TLS13, 5)] {
        let peer = tls_peer(server_config(&issued, &[version]), |mut tls| {
            if tls.try_handshake().is_ok() {
                tls.receive_until_broken();
            }
        });
        let mut command = kitchen.command(line, &[("h:443", &text_of(peer.address))]);
        let output = Background::spawn(command.env("SSL_CERT_FILE", issued.ca())).finish();
        gave(&output, status, "");
    }
}

fn starttls(kitchen: &Kitchen) {
    let issued = Authority::server();
    let config = server_config(&issued, &VERSIONS);
    let server = Peer::serve(move |mut stream| {
        stream.write_all(b"220 mx ESMTP\r\n").expect("it takes the greeting");
        let hello = take(&mut stream, 5);
        assert_eq!(hello, b"EHLO ");
        while take(&mut stream, 1) != b"\n" {}
        stream.write_all(b"250-mx\r\n250 STARTTLS\r\n").expect("it takes the answer");
        expect(&mut stream, b"STARTTLS\r\n");
        stream.write_all(b"220 go\r\n").expect("it takes the consent");
        let mut tls = Tls::server(stream, config);
        tls.handshake();
        tls.expect(b"NOOP\r\nQUIT\r\n");
        tls.send(b"221 bye\r\n");
        tls.end();
    });
    let mut command = kitchen.command(0, &[("mx:25", &text_of(server.address))]);
    let mut client = Background::spawn(command.env("SSL_CERT_FILE", issued.ca()).stdin(Stdio::piped()));
    feed(client.stdin(), b"NOOP\nQUIT\n".to_vec());
    printed(&client.finish(), "221 bye\r\n");
    server.join();
}

fn client_certificate(kitchen: &Kitchen) {
    let authority = Authority::new();
    let (server, client) = (authority.issue(&Leaf::default()), authority.issue(&Leaf::client("me")));
    kitchen.keep(&client, "c.pem", "k.pem");
    fs::copy(server.ca(), kitchen.path("ca.pem")).expect("a copy");
    let peer = answers_by_tls(strict_server_config(&server, &client, &VERSIONS), b"who", b"you");
    printed(&kitchen.run_with(0, &[("h:443", &text_of(peer.address))], b"who"), "you");
    peer.join();
}

fn key_log(kitchen: &Kitchen) {
    let issued = Authority::server();
    let peer = answers_by_tls(server_config(&issued, &[&TLS13]), b"who", b"you");
    let mut command = kitchen.command(0, &[("h:443", &text_of(peer.address))]);
    let mut client = Background::spawn(command.env("SSL_CERT_FILE", issued.ca()).stdin(Stdio::piped()));
    feed(client.stdin(), b"who".to_vec());
    gave(&client.finish(), 0, "you");
    let keys = String::from_utf8(kitchen.read("k.log")).expect("it is text");
    assert!(keys.contains("CLIENT_TRAFFIC_SECRET_0 "), "{keys}");
}

fn tls_echo(kitchen: &Kitchen) {
    let (_server, address) = kitchen.serve(0, &[free(":8443")]);
    Tls::connect(address, client_config(None, &VERSIONS)).ping(TEXT);
}

fn tls_in_front(kitchen: &Kitchen) {
    let issued = Authority::server();
    kitchen.keep(&issued, "s.pem", "k.pem");
    let peer = answers(b"who", b"you");
    let (_relay, address) = kitchen.serve(0, &[free("*:8443"), ("127.0.0.1:8080", &text_of(peer.address))]);
    let mut client = Tls::connect(address, client_config(None, &VERSIONS));
    client.send(b"who");
    assert_eq!(client.receive(3), b"you");
}

fn tls_behind(kitchen: &Kitchen) {
    let issued = Authority::server();
    let peer = answers_by_tls(server_config(&issued, &VERSIONS), b"who", b"you");
    let mut relay = kitchen.command(0, &[free("8080"), ("h:443", &text_of(peer.address))]);
    let (_relay, address) = serve_by(relay.env("SSL_CERT_FILE", issued.ca()));
    let mut client = connect(address);
    say_all(&mut client, b"who");
    assert_eq!(rest_of(&mut client), b"you");
}

/// Two clients at once. The answer is late, and is not cut.
fn forward(kitchen: &Kitchen) {
    let (listener, address) = listening();
    let (_relay, relay) = kitchen.serve(0, &[free("*:8080"), ("host:80", &text_of(address))]);
    let mut pairs = Vec::from_iter((0..2).map(|_| (connect(relay), accept(&listener))));
    for (client, _) in &mut pairs {
        say_all(client, b"who");
    }
    for (client, server) in &mut pairs {
        assert_eq!(rest_of(server), b"who");
        say_all(server, b"you");
        assert_eq!(rest_of(client), b"you");
    }
}

fn socket_on_tcp(kitchen: &Kitchen) {
    let socket = kitchen.place("docker.sock");
    let daemon = UnixListener::bind(&socket).expect("a socket");
    let (_relay, address) = kitchen.serve(0, &[free("2375"), ("/var/run/docker.sock", &socket)]);
    let mut client = connect(address);
    say_all(&mut client, b"who");
    let mut server = accept_unix(&daemon);
    assert_eq!(take_all(&mut server), b"who");
    say_all(&mut server, b"you");
    assert_eq!(rest_of(&mut client), b"you");
}

/// The socket of a run that has crashed is there already.
fn tcp_on_socket(kitchen: &Kitchen) {
    let socket = kitchen.place("app.sock");
    make_stale(Path::new(&socket));
    let peer = answers(b"who", b"you");
    let mut relay = kitchen.start(0, &[("/tmp/app.sock", &socket), ("127.0.0.1:8080", &text_of(peer.address))]);
    relay.listens();
    let mut client = UnixStream::connect(&socket).expect("it listens");
    client.write_all(b"who").expect("it takes the bytes");
    assert_eq!(take(&mut client, 3), b"you");
    assert_eq!(fs::metadata(&socket).expect("a socket").mode() & 0o777, 0o600);
}

fn control_socket(kitchen: &Kitchen) {
    let socket = kitchen.place("haproxy.sock");
    let daemon = UnixListener::bind(&socket).expect("a socket");
    let client = kitchen.start(0, &[("/run/haproxy.sock", &socket)]);
    let mut server = accept_unix(&daemon);
    assert_eq!(take_all(&mut server), b"show stat\n");
    say_all(&mut server, b"some numbers\n");
    printed(&client.finish(), "some numbers\n");
}

fn echo(kitchen: &Kitchen) {
    let (_server, address) = kitchen.serve(0, &[free(":7777")]);
    let mut clients = [connect(address), connect(address)];
    clients.iter_mut().for_each(|client| ping(client, TEXT));
}

fn sink(kitchen: &Kitchen) {
    let (mut server, address) = kitchen.serve(0, &[free("'*:2003'")]);
    for _ in 0..2 {
        let mut client = connect(address);
        say_all(&mut client, bulk());
        assert_eq!(rest_of(&mut client), b"");
    }
    server.drains();
}

fn canned_answer(kitchen: &Kitchen) {
    let (mut server, address) = kitchen.serve(0, &[free(":8080")]);
    for _ in 0..2 {
        let mut client = connect(address);
        client.write_all(GET).expect("it takes the bytes");
        let answer = String::from_utf8(rest_of(&mut client)).expect("it is text");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nhi"), "{answer:?}");
    }
    server.drains();
}

fn metric(kitchen: &Kitchen) {
    let statsd = udp("127.0.0.1");
    printed(&kitchen.run(0, &[("localhost:8125", &text_of(at(&statsd)))]), "");
    assert_eq!(datagram(&statsd).0, b"foo:1|c\n");
}

fn many_senders(kitchen: &Kitchen) {
    let (server, address) = kitchen.serve(0, &[free("'*:5140'")]);
    for word in ["one", "two", "three"] {
        udp("127.0.0.1").send_to(word.as_bytes(), address).expect("it leaves");
    }
    eventually("the log", || (kitchen.read("log").len() == b"one\ntwo\nthree\n".len()).then_some(()));
    let log = String::from_utf8(kitchen.read("log")).expect("it is text");
    assert!(["one\n", "two\n", "three\n"].iter().all(|line| log.contains(line)), "{log:?}");
    drop(server);
}

fn question(kitchen: &Kitchen) {
    let server = udp("127.0.0.1");
    let client = kitchen.start(0, &[("time.nist.gov:123", &text_of(at(&server)))]);
    let (question, from) = datagram(&server);
    assert_eq!(question, format!("c{:47}", "").into_bytes());
    server.send_to(b"\x24\x01\xff", from).expect("it leaves");
    printed(&client.finish(), " 24 01 ff\n");
}

fn multicast(kitchen: &Kitchen) {
    // The loopback has multicast without a network.
    let replaced = [("224.1.0.1", "239.7.7.13%lo"), ("'*:6666'", "0.0.0.0:0")];
    let (mut server, address) = kitchen.serve(0, &replaced);
    let sender = Socket::from(udp("127.0.0.1"));
    sender.set_multicast_if_v4(&Ipv4Addr::LOCALHOST).expect("an option");
    let group = SocketAddr::from(([239, 7, 7, 13], address.port()));
    sender.send_to(b"news", &group.into()).expect("it leaves");
    expect(&mut server.stdout(), b"news\n");
}

fn handler(kitchen: &Kitchen) {
    kitchen.script("handler", "#!/bin/sh\nread -r x\necho \"$x from $XPORT_REMOTE_ADDR\"\n");
    let (mut server, address) = kitchen.serve(0, &[free("'*:7000'")]);
    for _ in 0..2 {
        let mut client = connect(address);
        say_all(&mut client, b"call\n");
        assert_eq!(rest_of(&mut client), b"call from 127.0.0.1\n");
    }
    server.drains();
}

/// The shell has a terminal, gets single keys, and the terminal of the user is as before.
fn shell_on_a_terminal(kitchen: &Kitchen) {
    let Some(()) = installed("bash") else {
        kitchen.skip();
        return;
    };
    let (_server, address) = kitchen.serve(0, &[free(":4444")]);
    let terminal = Terminal::new();
    let mut client = terminal.spawn(kitchen.command(1, &[("localhost:4444", &text_of(address))]));
    let before = Terminal::new().settings();
    eventually("a raw terminal", || (terminal.settings() != before).then_some(()));
    terminal.type_in("PS1=; test -t 0 && echo $((6 * 7))\r");
    terminal.shows("42\r\n");
    terminal.type_in("exit\r");
    client.ends_with(0);
    assert_eq!(terminal.settings(), before);
}

/// A stand-in for ssh runs the command here.
fn program_as_a_socket(kitchen: &Kitchen) {
    kitchen.script("ssh", "#!/bin/sh\nshift\nexec \"$@\"\n");
    let socket = kitchen.place("x.sock");
    let daemon = UnixListener::bind(&socket).expect("a socket");
    let client = kitchen.start(0, &[("/run/x.sock", &socket)]);
    let mut server = accept_unix(&daemon);
    say_all(&mut server, b"you");
    printed(&client.finish(), "you");
}

fn watch(kitchen: &Kitchen) {
    let peer = answers(b"who", b"you");
    let (mut relay, address) = kitchen.serve(0, &[free("8080"), ("host:80", &text_of(peer.address))]);
    let mut client = connect(address);
    say_all(&mut client, b"who");
    assert_eq!(rest_of(&mut client), b"you");
    relay.line("77 68 6f");
    relay.line("79 6f 75");
}
