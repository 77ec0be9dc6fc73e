//! Tests handshakes that fail or never end: peers that do not speak TLS, are silent, stop half-way or send far too
//! much. A server goes on, and a client reports the reason.

use crate::harness::*;

/// Expects that the server still works.
#[track_caller]
fn lives(server: &mut Background, address: SocketAddr) {
    let mut peer = Tls::connect(address, client_config(None, &VERSIONS));
    peer.ping(b"hello");
    peer.end();
    assert!(peer.receive_all().is_empty());
    assert!(server.is_running() && !server.all_lines().iter().any(|line| line.contains("panicked")));
}

/// A TLS server closes a connection without TLS at once, and logs a line.
#[test]
fn plain_text_to_a_tls_port() {
    let (_issued, mut server, address) = tls_server("tls-echo", &["--handshake-timeout", "1h"]);
    let words: [&[u8]; 5] = [b"GET / HTTP/1.0\r\n\r\n", b"hello\n", b"SSH-2.0-x\r\n", &[0; 100], &[0xff; 70_000]];
    for_each(words, |word| {
        let mut peer = connect(address);
        // The server can close while the client still sends.
        let _ = peer.write_all(word);
        let answer = rest_of(&mut peer);
        assert!(answer.is_empty() || answer[0] == ALERT, "{answer:?}");
    });
    for _ in words {
        server.line("127.0.0.1");
    }
    assert_eq!(server.all_lines().len(), 1 + words.len(), "{:?}", server.all_lines());
    assert!(server.all_lines()[1].contains("not") && server.all_lines()[1].contains("TLS"), "{:?}", server.all_lines());
    lives(&mut server, address);
}

#[test]
fn connections_that_end_before_they_begin() {
    let (_issued, mut server, address) = tls_server("tls-echo", &[]);
    for way in 0..3 {
        let peer = connect(address);
        match way {
            0 => drop(peer),
            1 => reset(peer),
            _ => {
                peer.shutdown(Shutdown::Write).expect("it is connected");
                assert!(rest_of(&mut { peer }).first().is_none_or(|first| *first == ALERT));
            }
        }
    }
    lives(&mut server, address);
    assert!(server.all_lines().len() <= 4, "{:?}", server.all_lines());
}

#[test]
fn a_tls_client_at_a_plain_port() {
    for word in [&b"hello"[..], b"220 mail.example ESMTP\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", &[0; 64]] {
        for stays in [true, false] {
            let peer = Peer::serve(move |mut peer| {
                let _ = peer.write_all(word);
                if stays {
                    let _ = io::copy(&mut peer, &mut io::sink());
                }
            });
            let output = outcome(["tls-client", &peer.address.to_string()]);
            // The close is a reset if the server has not read the greeting.
            assert!(matches!(output.status.code(), Some(5)), "{}", text(&output));
            if stays {
                ended(&output, 5, "does not speak TLS");
            }
            peer.join();
        }
    }
}

/// A peer that closes or resets instead of answering.
#[test]
fn a_peer_that_leaves_during_the_handshake() {
    for way in 0..3 {
        let peer = Peer::serve(move |mut peer| {
            let mut hello = [0; 2000];
            let n = read_once(&mut peer, &mut hello).expect("a greeting");
            assert_eq!((n > 100, hello[0]), (true, HANDSHAKE));
            match way {
                0 => drop(peer),
                1 => reset(peer),
                _ => {
                    peer.shutdown(Shutdown::Write).expect("it is connected");
                    let _ = io::copy(&mut peer, &mut io::sink());
                }
            }
        });
        ended(&outcome(["tls-client", &peer.address.to_string()]), 5, HANDSHAKE_WITH);
        peer.join();
    }
}

#[test]
fn a_peer_that_never_answers_is_given_up() {
    let (listener, address) = silent();
    for args in [&["--handshake-timeout", "300ms"][..], &["--handshake-timeout", "300ms", "--insecure"]] {
        let output = outcome([&["tls-client"], args, &[&address]].concat());
        assert_eq!(output.status.code(), Some(124), "{}", text(&output));
        assert!(String::from_utf8_lossy(&output.stderr).contains("handshake"), "{}", text(&output));
    }
    // Also with the option from the environment.
    let mut run = xport(["tls-client", &address]);
    let output = run.env("XPORT_HANDSHAKE_TIMEOUT", "300ms").output().expect("a run");
    assert_eq!(output.status.code(), Some(124), "{}", text(&output));
    drop(listener);
}

/// A port that accepts and says nothing.
fn silent() -> (TcpListener, String) {
    let (listener, address) = listening();
    let address = address.to_string();
    (listener, address)
}

/// Fifty clients stop at different places. The server serves others, and closes each of the fifty in the end.
#[test]
fn handshakes_that_stop_do_not_stop_the_others() {
    let (_issued, mut server, address) = tls_server("tls-echo", &["--handshake-timeout", "4s"]);
    lives(&mut server, address);
    let hello = hello(VERSIONS[1]);
    let mut stopped: Vec<TcpStream> = (0..50)
        .map(|number| {
            let mut peer = connect(address);
            peer.write_all(&hello[..number * hello.len() / 50]).expect("it takes the bytes");
            peer
        })
        .collect();
    for _ in 0..5 {
        lives(&mut server, address);
    }
    for peer in &mut stopped {
        rest_of(peer);
    }
    lives(&mut server, address);
    let lines = eventually("a word on a handshake", || {
        let lines = server.all_lines();
        lines.iter().any(|line| line.contains("handshake")).then_some(lines)
    });
    assert!(lines.len() <= 51, "{lines:?}");
}

/// A client that sends a byte now and then gets no more time.
#[test]
fn a_handshake_a_byte_at_a_time_does_not_last_for_ever() {
    let (_issued, mut server, address) = tls_server("tls-echo", &["--handshake-timeout", "3s"]);
    let mut peer = connect(address);
    let mut other = peer.try_clone().expect("a copy");
    let hello = hello(VERSIONS[1]);
    thread::spawn(move || {
        for byte in hello {
            pass(Duration::from_millis(50), "all bytes together take longer than the limit");
            if other.write_all(&[byte]).is_err() {
                return;
            }
        }
    });
    rest_of(&mut peer);
    lives(&mut server, address);
}

/// The first message of a client.
fn hello(version: Version) -> Vec<u8> {
    let (listener, _) = silent();
    let socket = TcpStream::connect(listener.local_addr().expect("an address")).expect("it accepts");
    let mut client = Tls::client(socket, client_config(None, &[version]));
    let mut bytes = Vec::new();
    while client.connection.wants_write() {
        client.connection.write_tls(&mut bytes).expect("memory");
    }
    bytes
}

/// The one client of a server is the first with a handshake, not the first connection.
#[test]
fn a_stalled_connection_is_not_the_one_client() {
    let (_issued, mut server, address) = tls_server("tls-server", &[]);
    let stalled = connect(address);
    let mut plain = connect(address);
    plain.write_all(b"GET / HTTP/1.0\r\n\r\n").expect("it takes the bytes");
    rest_of(&mut plain);
    let mut refusing = Tls::client_of(connect(address), client_config(None, &VERSIONS), "localhost");
    refusing.flush().expect("it takes the bytes");
    refusing.reset();
    server.line("127.0.0.1");
    let mut peer = Tls::connect(address, client_config(None, &VERSIONS));
    peer.send(b"the real one");
    peer.end();
    drop(server.stdin());
    assert_eq!(take_all(&mut server.stdout()), b"the real one");
    assert!(peer.receive_all().is_empty());
    drop(peer);
    server.ends_with(0);
    drop(stalled);
}

/// Passes on this many bytes in this direction, and then ends both.
fn cut(server: SocketAddr, of_the_client: bool, after: Arc<AtomicUsize>) -> SocketAddr {
    proxy(server, move |client, server| {
        let (mut cut_from, mut cut_to) = if of_the_client { (&client, &server) } else { (&server, &client) };
        let (other_from, other_to) = (cut_to.try_clone().expect("a copy"), cut_from.try_clone().expect("a copy"));
        let other = thread::spawn(move || pump(other_from, other_to));
        let mut left = after.load(Ordering::Relaxed);
        let mut buffer = [0; 4096];
        while left > 0 {
            let room = left.min(buffer.len());
            let Ok(n @ 1..) = cut_from.read(&mut buffer[..room]) else { break };
            left -= n;
            if cut_to.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
        let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
        let _ = other.join();
    })
}

/// A client fails if its flight or that of the server is cut, at many places, and the server goes on.
#[test]
fn a_handshake_may_be_cut_anywhere() {
    let (issued, mut server, address) = tls_server("tls-echo", &[]);
    let fds = {
        lives(&mut server, address);
        eventually("it is closed", || (server.fds() > 0).then(|| server.fds()))
    };
    for of_the_client in [true, false] {
        let after = Arc::new(AtomicUsize::new(0));
        let through = cut(address, of_the_client, Arc::clone(&after));
        // A scripted client is cut at every fifth byte, for the server.
        for k in (0..if of_the_client { 300 } else { 700 }).step_by(5) {
            after.store(k, Ordering::Relaxed);
            let version = VERSIONS[k / 5 % 2];
            let mut peer = Tls::client(connect(through), client_config(None, &[version]));
            let shaken = peer.try_handshake();
            let _ = peer.socket.shutdown(Shutdown::Write);
            let _ = shaken.map(|()| peer.receive_until_broken());
        }
        // The real client is cut at fewer places, because its greeting alone has more than a thousand bytes.
        let last = if of_the_client { 1400 } else { 1900 };
        for k in [0, 1, 4, 5, 6, 9, 100].into_iter().chain((201..last).step_by(199)) {
            after.store(k, Ordering::Relaxed);
            let output = outcome_with(client_args(&issued, &NONE, through), "hello");
            assert!(matches!(output.status.code(), Some(5)), "cut at {k}: {}", text(&output));
            assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "cut at {k}: {}", text(&output));
        }
    }
    lives(&mut server, address);
    eventually("nothing is left open", || (server.fds() <= fds + 1).then_some(()));
    server.comes_to_rest();
}

/// A client that sends one of these instead of a handshake, or in the middle of it, gets an alert or a close.
#[test]
fn nonsense_from_a_client() {
    let (_issued, mut server, address) = tls_server("tls-echo", &["--handshake-timeout", "1h"]);
    lives(&mut server, address);
    let before = server.peak_kib();
    let hello = hello(VERSIONS[1]);
    let floods: Vec<(&str, Vec<u8>)> = vec![
        ("a fatal alert", [&hello[..], &record(ALERT, &[2, 40])].concat()),
        ("close_notify", record(ALERT, &[1, 0])),
        ("close_notify behind hello", [&hello[..], &record(ALERT, &[1, 0])].concat()),
        ("an oversized record", [&[HANDSHAKE, 3, 3, 0xff, 0xff][..], &[1; 70_000]].concat()),
        ("an oversized record behind hello", [&hello[..], &[DATA, 3, 3, 0x48, 0x01], &[1; 70_000]].concat()),
        ("empty records", record(HANDSHAKE, &[]).repeat(100_000)),
        ("empty records of data", record(DATA, &[]).repeat(100_000)),
        ("alerts", record(ALERT, &[1, 90]).repeat(100_000)),
        ("alerts behind hello", [hello.clone(), record(ALERT, &[1, 90]).repeat(100_000)].concat()),
        ("changes of cipher", record(20, &[1]).repeat(100_000)),
        ("changes of cipher behind hello", [hello.clone(), record(20, &[1]).repeat(100_000)].concat()),
        (
            "a huge message",
            [&record(HANDSHAKE, &[1, 0xff, 0xff, 0xff])[..], &record(HANDSHAKE, &[0; 16_000]).repeat(100)].concat(),
        ),
        ("hello twice", hello.repeat(2)),
        ("data before its time", [&hello[..], &record(DATA, b"hello")].concat()),
    ];
    for (name, bytes) in floods {
        println!("{name}");
        let mut peer = connect(address);
        let _ = peer.write_all(&bytes);
        rest_of(&mut peer);
        drop(peer);
        lives(&mut server, address);
    }
    let more = server.peak_kib() - before;
    assert!(more < 3 << 10, "{more} KiB more than at the start");
}

#[test]
fn nonsense_behind_the_handshake() {
    let (_issued, mut server, address) = tls_server("tls-echo", &[]);
    lives(&mut server, address);
    let before = server.peak_kib();
    for version in VERSIONS {
        for (name, bytes) in [
            ("junk", vec![0xaa; 70_000]),
            ("an oversized record", [&[DATA, 3, 3, 0x48, 0x01][..], &[1; 70_000]].concat()),
            ("empty records", record(DATA, &[]).repeat(100_000)),
            ("alerts", record(ALERT, &[1, 90]).repeat(100_000)),
            ("changes of cipher", record(20, &[1]).repeat(100_000)),
            ("a handshake", hello(version)),
        ] {
            println!("{name}, {version:?}");
            let mut peer = Tls::connect(address, client_config(None, &[version]));
            let _ = peer.socket.write_all(&bytes);
            peer.receive_until_broken();
            drop(peer);
            lives(&mut server, address);
        }
    }
    let more = server.peak_kib() - before;
    assert!(more < 3 << 10, "{more} KiB more than at the start");
}

/// So many key updates that the answers alone would be megabytes.
#[test]
fn a_flood_of_key_updates_is_bounded() {
    let (_issued, mut server, address) = tls_server("tls-echo", &[]);
    lives(&mut server, address);
    let before = server.peak_kib();
    let mut peer = Tls::connect(address, client_config(None, &[VERSIONS[1]]));
    for _ in 0..100 {
        let mut failed = false;
        for _ in 0..300 {
            failed |= peer.connection.refresh_traffic_keys().is_err();
        }
        if failed || peer.flush().is_err() {
            break;
        }
    }
    let more = server.peak_kib() - before;
    assert!(more < 3 << 10, "{more} KiB more than at the start");
    server.comes_to_rest();
    drop(peer);
    lives(&mut server, address);
}

/// A server that sends nonsense: the client ends, and reports what came.
#[test]
fn nonsense_from_a_server() {
    let empty = record(HANDSHAKE, &[]).repeat(100_000);
    for (name, bytes) in [
        ("close_notify", record(ALERT, &[1, 0])),
        ("a fatal alert", record(ALERT, &[2, 40])),
        ("an oversized record", [&[HANDSHAKE, 3, 3, 0xff, 0xff][..], &[1; 70_000]].concat()),
        ("empty records", empty),
        ("alerts", record(ALERT, &[1, 90]).repeat(100_000)),
        ("changes of cipher", record(20, &[1]).repeat(100_000)),
        ("data", record(DATA, b"hello")),
        ("a huge message", record(HANDSHAKE, &[2, 0xff, 0xff, 0xff])),
    ] {
        println!("{name}");
        let peer = Peer::serve(move |mut peer| {
            let _ = peer.write_all(&bytes);
            let _ = peer.shutdown(Shutdown::Write);
            let _ = io::copy(&mut peer, &mut io::sink());
        });
        ended(&outcome(["tls-client", &peer.address.to_string()]), 5, HANDSHAKE_WITH);
        peer.join();
    }
}

/// A close_notify in the handshake is its end, although the peer keeps the connection open.
#[test]
fn a_close_notify_in_the_handshake_ends_it() {
    let peer = Peer::serve(|mut peer| {
        let _ = peer.write_all(&record(ALERT, &[1, 0]));
        let _ = io::copy(&mut peer, &mut io::sink());
    });
    let output = outcome(words!("tls-client --handshake-timeout 1h {}", peer.address));
    ended(&output, 5, "without a reason (close_notify)");
    peer.join();
}

/// An end directly after the handshake is in order. A FIN before the last message of the handshake is not.
#[test]
fn an_end_right_behind_the_handshake() {
    let issued = Authority::server();
    for version in VERSIONS {
        let (client, mut peer) = client_with(&issued, version, &[]);
        peer.end();
        ended(&client.finish(), 0, "");
        let (listener, address) = listening();
        let mut client = Background::start(client_args(&issued, &NONE, address));
        // The flight, and a FIN directly after it.
        let mut peer = Tls::server(accept(&listener), server_config(&issued, &[version]));
        let mut buffer = [0; 4096];
        let n = read_once(&mut peer.socket, &mut buffer).expect("a greeting");
        peer.connection.read_tls(&mut &buffer[..n]).expect("memory");
        peer.connection.process_new_packets().expect("a good greeting");
        peer.flush().expect("the client takes it");
        peer.fin();
        client.wait();
        let output = client.finish();
        assert!(output.status.code() == Some(5) && !output.stderr.is_empty(), "{}", text(&output));
    }
}

/// Anybody can send an unprotected close_notify in the middle of a handshake. It is ignored: the handshake keeps its
/// time limit, and costs no CPU while it waits.
#[test]
fn an_end_in_the_middle_of_the_handshake() {
    let issued = Authority::server();
    let end = record(ALERT, &[1, 0]);
    let (mut server, address) = served("tls-echo", &issued, &["--handshake-timeout", "3s"]);
    let waiting = [end.clone(), [hello(VERSIONS[1]), end.clone()].concat(), [hello(VERSIONS[0]), end.clone()].concat()];
    let mut waiting = waiting.map(|bytes| {
        let mut peer = connect(address);
        peer.write_all(&bytes).expect("it takes the bytes");
        peer
    });
    server.comes_to_rest();
    for peer in &mut waiting {
        rest_of(peer);
    }
    lives(&mut server, address);
    let peer = Peer::serve(move |mut peer| {
        peer.write_all(&end).expect("it takes the bytes");
        let _ = io::copy(&mut peer, &mut io::sink());
    });
    let args = ["tls-client", "--handshake-timeout", "500ms", &peer.address.to_string()];
    let output = outcome(args);
    assert!(matches!(output.status.code(), Some(5 | 124)), "{}", text(&output));
    peer.join();
}

/// A child is not started before the handshake of its client is done.
#[test]
fn nobody_unknown_starts_a_child() {
    let (issued, authority) = (Authority::server(), Authority::new());
    let alice = authority.issue(&Leaf::client("alice"));
    let old = authority.issue(&Leaf { not_before: 2019, not_after: 2021, ..Leaf::client("old") });
    let mallory = Authority::new().issue(&Leaf::client("mallory"));
    let file = issued.folder().join("ran");
    let endpoint =
        format!("tls-listen:127.0.0.1:0,cert={},key={},client-ca={}", issued.cert(), issued.key(), alice.ca());
    let (mut server, address) = serve_by(command(["exec", "-v", "--listen", &endpoint, "--", "touch"]).arg(&file));
    for version in VERSIONS {
        for shown in [None, Some(&old), Some(&mallory)] {
            let mut peer = Tls::client(connect(address), client_config(shown, &[version]));
            let result = peer.try_handshake();
            let _ = result.map(|()| peer.send(b"some input")).map(|()| peer.receive_until_broken());
        }
        // A client that would be admitted leaves half-way.
        let mut peer = Tls::client(connect(address), client_config(Some(&alice), &[version]));
        peer.flush().expect("it takes the bytes");
        read_once(&mut peer.socket, &mut [0; 10]).expect("an answer");
        peer.reset();
        let mut plain = connect(address);
        plain.write_all(b"some input").and_then(|()| plain.shutdown(Shutdown::Write)).expect("it takes the bytes");
        rest_of(&mut plain);
    }
    assert!(!file.exists(), "a child has run: {:?}", server.all_lines());
    let mut peer = Tls::connect(address, client_config(Some(&alice), &VERSIONS));
    peer.end();
    assert!(peer.receive_all().is_empty());
    eventually("the child of a known client runs", || file.exists().then_some(()));
    says(&mut server, &["CN=alice"]);
}

#[test]
fn nobody_unknown_gets_what_is_on_stdin() {
    let (issued, alice) = (Authority::server(), Authority::new().issue(&Leaf::client("alice")));
    let (mut server, address) = served("tls-server", &issued, &["--client-ca", &alice.ca()]);
    let mut stdin = server.stdin();
    stdin.write_all(b"for alice").expect("stdin takes it");
    for version in VERSIONS {
        let mut peer = Tls::client(connect(address), client_config(None, &[version]));
        let got = peer.try_handshake().map_or_else(|_| Vec::new(), |()| peer.receive_until_broken().0);
        assert!(got.is_empty(), "{got:?}");
    }
    drop(stdin);
    let mut peer = Tls::connect(address, client_config(Some(&alice), &VERSIONS));
    assert_eq!(peer.receive_all(), b"for alice");
    peer.end();
    server.ends_with(0);
}

/// A denied client is closed before any byte of TLS.
#[test]
fn the_access_list_comes_before_the_handshake() {
    let (issued, mut server, address) = tls_server("tls-echo", &["--deny", "127.0.0.0/8"]);
    let mut peer = with_deadline(connect(address));
    let _ = peer.write_all(&hello(VERSIONS[1]));
    assert!(rest_of(&mut peer).is_empty());
    assert!(server.is_running());
    let start = Instant::now();
    let output = outcome(client_args(&issued, &NONE, address));
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    assert!(start.elapsed() < Duration::from_secs(8), "it has waited for something");
}

/// Only the signature of an authority makes a certificate of a client valid.
#[test]
fn a_certificate_of_a_namesake_is_refused() {
    let (real, namesake): (Issued, Issued) =
        (Authority::called("Same").issue(&Leaf::default()), Authority::called("Same").issue(&Leaf::default()));
    let (_server, address) = served("tls-echo", &namesake, &[]);
    ended(&outcome(client_args(&real, &NONE, address)), 5, HANDSHAKE_WITH);
}

/// Silent connections can take all descriptors, but do not keep out clients that do their handshakes.
#[test]
fn silent_clients_that_take_every_descriptor_give_way() {
    let issued = Authority::server();
    let own = issued.options();
    let mut command =
        command(["tls-echo", "--handshake-timeout", "60s"].into_iter().chain(own.iter().map(String::as_str)));
    command.arg("127.0.0.1:0");
    limit_descriptors(&mut command, 40);
    let (server, address) = serve_by(command);
    let silent = Vec::from_iter((0..100).map(|_| try_connect(address)));
    for _ in 0..3 {
        printed(&outcome_with(client_args(&issued, &NONE, address), "hello"), b"hello");
    }
    drop(silent);
    server.comes_to_rest();
}

/// A client that fails gets an alert and time to read it, but not at the cost of other clients.
#[test]
fn failed_handshakes_keep_nobody_out() {
    let issued = Authority::server();
    let own = issued.options();
    let mut command = command(["tls-echo"].into_iter().chain(own.iter().map(String::as_str)));
    // The slow client keeps its place until the others are refused.
    command.args(["--handshake-timeout", "60s", "127.0.0.1:0"]);
    limit_descriptors(&mut command, 40);
    let (mut server, address) = serve_by(command);
    let mut slow = Tls::client(connect(address), client_config(None, &[VERSIONS[1]]));
    slow.flush().expect("it takes the hello");
    let others = Vec::from_iter((0..100).map(|_| {
        let mut other = connect(address);
        other.write_all(b"GET / HTTP/1.0\r\n\r\n").expect("it is connected");
        // The client got its alert, and its connection is still open.
        assert_eq!(take(&mut other, 1), [ALERT]);
        other
    }));
    slow.handshake();
    slow.ping(b"hello");
    drop(others);
    server.comes_to_rest();
    let lines = server.all_lines();
    assert!(!lines.iter().any(|line| line.contains("too many other connections")), "{lines:?}");
}
