//! Tests TLS as one end or both ends of `relay` and `exec`: every byte arrives, either side can end first, and a cut
//! side does not look like one that has ended.

use crate::harness::*;

const TRUNCATED: &str = "without close_notify";

/// Every pair with TLS at one end, in each role.
const PAIRS: [(Kind, Kind); 13] = [
    (TlsListen, Stdio),
    (TlsListen, Tcp),
    (TlsListen, Unix),
    (TlsListen, Child),
    (TlsListen, TlsConnect),
    (TcpListen, TlsConnect),
    (UnixListen, TlsConnect),
    (Stdio, TlsConnect),
    (Tcp, TlsConnect),
    (Child, TlsConnect),
    (TlsConnect, Stdio),
    (TlsConnect, Unix),
    (TlsConnect, TlsConnect),
];

#[test]
fn every_pair_carries_both_directions_and_the_left_may_end_first() {
    PAIRS.into_iter().for_each(|(left, right)| converse(left, right, true, false));
}

#[test]
fn every_pair_carries_both_directions_and_the_right_may_end_first() {
    PAIRS.into_iter().for_each(|(left, right)| converse(left, right, false, false));
}

#[test]
fn a_cut_on_one_side_is_a_reset_on_the_other() {
    let data = pattern(200_000);
    for (left, right, left_is_cut) in [
        (TlsListen, Tcp, true),
        (TlsListen, TlsConnect, true),
        (TlsListen, TlsConnect, false),
        (TcpListen, TlsConnect, false),
        (Tcp, TlsConnect, false),
    ] {
        println!("{left:?} {right:?}, left is cut: {left_is_cut}");
        let mut pair = Pair::start(left, right, &[]);
        let (source, sink) = pair.sides(left_is_cut);
        source.write(&data);
        source.tls().fin();
        sink.expect(&data);
        sink.expect_reset();
        pair.fails(5, TRUNCATED);
    }
}

/// A unix socket and stdout have no resets and get an end. The status and a message report the failure.
#[test]
fn a_cut_is_told_by_the_status_too() {
    for (left, right) in [(UnixListen, TlsConnect), (Stdio, TlsConnect), (Child, TlsConnect)] {
        println!("{left:?} {right:?}");
        let mut pair = Pair::start(left, right, &[]);
        pair.right.write(b"some of it");
        pair.right.tls().fin();
        assert_eq!(pair.left.rest(), b"some of it");
        let (status, words) = pair.wait();
        assert!(status.code() == Some(5) && words.iter().any(|line| line.contains(TRUNCATED)), "{status:?}: {words:?}");
    }
}

#[test]
fn a_cut_may_be_allowed_at_one_end() {
    let ground = Ground::new();
    let (target, place) = ground.endpoint(TlsConnect, "r");
    let target = format!("{target},allow-truncation");
    let (mut program, address) = serve(["relay", "--once", "tcp-listen:127.0.0.1:0", &target]);
    let (mut left, mut right) = (connect(address), place.accept());
    right.write(b"all of it");
    right.tls().fin();
    assert_eq!(take_all(&mut left), b"all of it");
    drop(left);
    assert!(right.tls().receive_all().is_empty());
    program.ends_with(0);
}

#[test]
fn a_reset_is_passed_on_behind_the_bytes_before_it() {
    let data = pattern(200_000);
    for (left, right) in [(TlsListen, Tcp), (TlsListen, TlsConnect), (TcpListen, TlsConnect)] {
        for left_resets in [true, false] {
            println!("{left:?} {right:?}, left resets: {left_resets}");
            let mut pair = Pair::start(left, right, &[]);
            let (source, sink) = pair.sides(left_resets);
            source.write(&data);
            source.is_acknowledged();
            source.reset();
            sink.expect(&data);
            sink.expect_reset();
            assert_eq!(pair.wait().0.code(), Some(4), "{:?}", pair.program.all_lines());
        }
    }
}

/// A relay goes on with other clients after a failed handshake on either side.
#[test]
fn a_relay_outlives_handshakes_that_fail() {
    let ground = Ground::new();
    let (_echo, upstream) = serve(["tcp-echo", "127.0.0.1:0"]);
    let (listen, _) = ground.endpoint(TlsListen, "l");
    let (mut front, address) = serve(["relay", &listen, &format!("tcp:{upstream}")]);
    let mut plain = connect(address);
    plain.write_all(b"hello, is this TLS?\n").expect("it takes the bytes");
    front.line("127.0.0.1");
    drop(plain);
    printed(&outcome_with(client_args(ground.issued(), &NONE, address), "hello"), b"hello");

    // If the certificate of the server is refused, the client on the other side gets only a reset.
    let other = Authority::called("Other").issue(&Leaf::default());
    let target = format!("tls:{address},ca={}", other.ca());
    let (mut back, entry) = serve(["relay", "tcp-listen:127.0.0.1:0", &target]);
    for _ in 0..2 {
        // The reset can come before the connect returns.
        let end = try_connect(entry).and_then(|mut client| read_once(&mut client, &mut [0; 10]));
        assert!(!matches!(end, Ok(1..)), "{end:?}");
        back.line("authority");
    }
    assert!(back.is_running() && front.is_running());
}

/// A run that fails before anything begins reports it by its status.
#[test]
fn a_handshake_that_fails_ends_a_relay_of_one_pair() {
    let (issued, other) = (Authority::server(), Authority::called("Other").issue(&Leaf::default()));
    let (listener, address) = listening();
    let mut program = Background::start(["relay", "-", &format!("tls:{address},ca={}", other.ca())]);
    let mut peer = Tls::server(accept(&listener), server_config(&issued, &VERSIONS));
    peer.try_handshake().expect_err("nobody believes it");
    program.ends_with(5);
    assert_eq!(program.all_lines().len(), 2, "what, and what to do: {:?}", program.all_lines());
}

/// No endpoint is opened if one file is bad.
#[test]
fn files_are_read_before_anything_is_opened() {
    let issued = Authority::server();
    let missing = issued.path("missing.pem");
    let (listener, address) = listening();
    for (left, right) in [
        ("tcp-listen:127.0.0.1:0".to_owned(), format!("tls:{address},ca={missing}")),
        (format!("tls-listen:127.0.0.1:0,cert={missing}"), format!("tcp:{address}")),
        (format!("tcp:{address}"), format!("tls:{address},ca={missing}")),
    ] {
        let output = outcome(["relay", &left, &right]);
        assert_eq!(output.status.code(), Some(2), "{left} {right}: {}", text(&output));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(&missing) && !said.contains("listening on"), "{said}");
    }
    listener.set_nonblocking(true).expect("a flag");
    assert!(listener.accept().is_err(), "a connection was opened");
}

/// A server of `exec` behind TLS.
#[track_caller]
fn served_child(issued: &Issued, options: &str, child: &[&str]) -> (Background, SocketAddr) {
    let endpoint = format!("tls-listen:127.0.0.1:0,cert={},key={}{options}", issued.cert(), issued.key());
    serve([&["exec", "--listen", &endpoint, "--"], child].concat())
}

#[test]
fn a_child_gets_and_gives_everything() {
    let issued = Authority::server();
    let (_server, address) = served_child(&issued, "", &["cat"]);
    let data = pattern(1 << 20);
    comes_back(address, &data);
    let output = outcome_with(client_args(&issued, &NONE, address), data.clone());
    printed(&output, &data);
}

/// The output of a child is delivered completely and ends in order, whether or not its client has ended.
#[test]
fn a_child_may_end_first() {
    let issued = Authority::server();
    let (_server, address) = served_child(&issued, "", &["sh", "-c", "head -c 1048576 /dev/zero; exit 3"]);
    for version in VERSIONS {
        let mut peer = Tls::connect(address, client_config(None, &[version]));
        assert!(peer.receive_all() == vec![0; 1 << 20]);
    }
}

/// A child gets variables about TLS, and about the certificate of the client.
#[test]
fn a_child_knows_who_is_there() {
    let (issued, alice) = (Authority::server(), Authority::new().issue(&Leaf::client("alice")));
    let variables = |address: SocketAddr, shown: Option<&Issued>| {
        let mut peer = Tls::connect(address, client_config(shown, &VERSIONS));
        peer.end();
        String::from_utf8(peer.receive_all()).expect("text")
    };
    let has = |text: &str, line: &str| text.lines().any(|other| other == line);
    let (_server, address) = served_child(&issued, "", &["env"]);
    for shown in [None, Some(&alice)] {
        let text = variables(address, shown);
        assert!(has(&text, "XPORT_PROTO=tls") && !text.contains("XPORT_PEER_PIN"), "{text}");
    }
    let (_strict, address) = served_child(&issued, &format!(",client-ca={}", alice.ca()), &["env"]);
    let text = variables(address, Some(&alice));
    assert!(has(&text, "XPORT_PROTO=tls") && has(&text, &format!("XPORT_PEER_PIN={}", alice.pin())), "{text}");
}

/// A denied client is closed without a byte of TLS.
#[test]
fn the_access_list_comes_first() {
    let ground = Ground::new();
    let listen = format!("{},deny=127.0.0.1", ground.endpoint(TlsListen, "l").0);
    for args in [&["relay", &listen, "tcp:127.0.0.1:1"][..], &["exec", "--listen", &listen, "--", "cat"]] {
        let (mut server, address) = serve(args);
        let mut peer = Tls::client(connect(address), client_config(None, &VERSIONS));
        let _ = peer.flush();
        let end = read_once(&mut peer.socket, &mut [0; 10]);
        assert!(!matches!(end, Ok(1..)), "{args:?}: {end:?}");
        assert!(server.is_running(), "{args:?}");
    }
}

#[test]
fn tls_is_spoken_on_what_is_inherited() {
    let issued = Authority::server();
    let end = format!("tls:fd:0,server-name=localhost,ca={}", issued.ca());
    for words in
        [&["relay", &end, "exec:cat"][..], &["relay", "exec:cat", &end], &["exec", "--connect", &end, "--", "cat"]]
    {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let theirs = connect(listener.local_addr().expect("an address"));
        let mut program = Background::spawn(command(words).stdin(OwnedFd::from(theirs)));
        let mut peer = Tls::server(accept(&listener), server_config(&issued, &VERSIONS));
        peer.handshake();
        peer.ping(b"hello");
        peer.end();
        assert_eq!(program.wait().code(), Some(0), "{words:?}: {:?}", program.all_lines());
    }
}

/// An inherited socket has no name to verify, but a pin works. A server with its own certificate prints its pin.
#[test]
fn a_pin_is_enough_on_what_is_inherited() {
    let (ours, theirs) = UnixStream::pair().expect("sockets");
    let mut server = Background::spawn(command(["tls-echo", "--self-signed", "fd:0"]).stdin(OwnedFd::from(theirs)));
    let line = server.line("clients verify this server with: --pin ");
    let (_, pin) = line.split_once("--pin ").expect("it has been looked for");
    let mut command = command(["relay", "-", &format!("tls:fd:2,pin={pin}")]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(OwnedFd::from(ours));
    let mut client = command.spawn().expect("it runs");
    let mut stdin = client.stdin.take().expect("it is piped");
    stdin.write_all(b"hello").expect("stdin takes it");
    drop(stdin);
    assert_eq!(take_all(&mut client.stdout.take().expect("it is piped")), b"hello");
    assert!(client.wait().expect("it ends").success());
    server.ends_with(0);
}
