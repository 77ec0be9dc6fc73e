//! Tests how TLS connections break: a peer that is cut off, that resets, or that says too much, and the messages about
//! it. Earlier bytes are delivered.

use crate::harness::*;

/// Expects status 5 with this message, after the data.
#[track_caller]
fn failed(client: Background, message: &str, data: &[u8]) {
    let output = client.finish();
    ended(&output, 5, message);
    gave(&output, 5, data);
}

#[test]
fn a_cut_in_the_middle_of_a_record_is_an_error_behind_its_data() {
    for (client, mut peer) in tls_clients(&[]) {
        let mut sealed = peer.sealed(b"whole");
        let part = peer.sealed(&[b'x'; 1000]);
        sealed.extend(&part[..500]);
        peer.send_raw(&sealed);
        peer.fin();
        failed(client, "connection with 127.0.0.1", b"whole");
    }
}

/// Nothing after close_notify counts: neither data nor another end, valid or not.
#[test]
fn what_comes_behind_an_end_is_ignored() {
    for (client, mut peer) in tls_clients(&[]) {
        let mut bytes = peer.sealed(b"hello");
        let end = peer.sealed_end();
        for more in [&end, &end, &record(DATA, &[7; 100]), &record(ALERT, &[1, 0]), &b"nonsense"[..].to_vec()] {
            bytes.extend(more);
        }
        peer.send_raw(&bytes);
        peer.fin();
        printed(&client.finish(), b"hello");
        assert!(peer.receive_all().is_empty());
    }
}

/// The same in separate writes, so that they are separate events.
#[test]
fn what_comes_later_than_an_end_is_ignored() {
    for (mut client, mut peer) in tls_clients(&[]) {
        peer.send(b"hello");
        let end = peer.sealed_end();
        peer.send_raw(&end);
        let mut stdout = client.stdout();
        assert_eq!(take_all(&mut stdout), b"hello");
        let mut stdin = client.stdin();
        for (more, word) in [(&end, b"one"), (&record(DATA, &[7; 1000]), b"two"), (&vec![0; 70_000], b"six")] {
            peer.send_raw(more);
            stdin.write_all(word).expect("stdin takes it");
            peer.expect(word);
        }
        client.comes_to_rest();
        drop(stdin);
        assert!(peer.receive_all().is_empty());
        drop(peer);
        ended(&client.finish(), 0, "");
    }
}

/// An unreadable record is answered by an alert, and earlier bytes are delivered.
#[test]
fn a_forged_record_is_an_error_behind_the_data_before_it() {
    for (mut client, mut peer) in tls_clients(&[]) {
        let stdin = client.stdin();
        let mut bytes = peer.sealed(b"hello");
        bytes.extend(record(DATA, &[7; 100]));
        peer.send_raw(&bytes);
        let (_, error) = peer.receive_until_broken();
        let error = error.expect("an alert").to_string();
        assert!(error.contains("fatal alert"), "{error}");
        failed(client, "connection with 127.0.0.1", b"hello");
        drop(stdin);
    }
}

/// The message quotes the alert of a peer.
#[test]
fn an_alert_in_the_middle_is_an_error() {
    let issued = Authority::server();
    let (mut client, mut peer) = client_with(&issued, VERSIONS[1], &[]);
    let stdin = client.stdin();
    peer.send(b"hello");
    // An invalid record makes rustls send a fatal alert.
    let mut nonsense = &record(DATA, &[7; 100])[..];
    peer.connection.read_tls(&mut nonsense).expect("memory");
    assert!(peer.connection.process_new_packets().is_err());
    peer.flush().expect("the alert leaves");
    failed(client, "the peer refuses", b"hello");
    drop(stdin);
}

/// No broken connection harms a server, or leaves anything behind in it.
#[test]
fn an_echo_outlives_every_way_to_break() {
    let (issued, mut server, address) = tls_server("tls-echo", &["-v"]);
    let before = server.fds();
    for version in VERSIONS {
        for way in 0..5 {
            let mut peer = Tls::connect(address, client_config(None, &[version]));
            peer.ping(b"hello");
            match way {
                0 => peer.reset(),
                1 => peer.fin(),
                2 => drop(peer),
                3 => peer.send_raw(&record(DATA, &[7; 100])),
                _ => {
                    let sealed = peer.sealed(&pattern(1 << 20));
                    feed(peer.socket.try_clone().expect("a copy"), sealed[..500_000].to_vec());
                    drop(peer);
                }
            }
        }
    }
    eventually("all are closed", || (server.fds() == before).then_some(()));
    ended(&outcome_with(client_args(&issued, &NONE, address), "hello"), 0, "");
    assert!(server.is_running());
    assert!(!server.all_lines().iter().any(|line| line.contains("panicked")), "{:?}", server.all_lines());
}

#[test]
fn key_updates_in_between() {
    let issued = Authority::server();
    let (mut client, mut peer) = client_with(&issued, VERSIONS[1], &[]);
    let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
    for round in 0..20 {
        peer.connection.refresh_traffic_keys().expect("it is of TLS 1.3");
        let word = format!("round {round:2}");
        peer.send(word.as_bytes());
        assert_eq!(take(&mut stdout, word.len()), word.as_bytes());
        stdin.write_all(word.as_bytes()).expect("stdin takes it");
        peer.expect(word.as_bytes());
    }
    drop(stdin);
    assert!(peer.receive_all().is_empty());
    peer.end();
    ended(&client.finish(), 0, "");
}

/// Unread tickets of a server after the handshake do not turn a close into a reset.
#[test]
fn tickets_that_nobody_reads_destroy_nothing() {
    let issued = Authority::server();
    for _ in 0..10 {
        let mut config = server_config(&issued, &[VERSIONS[1]]);
        config.send_tls13_tickets = 10;
        let peer = tls_peer(config, |mut peer| {
            peer.handshake();
            let got = peer.receive_all();
            // The client wants no bytes, and can be gone already.
            peer.expect_fin();
            got
        });
        let args = client_args(&issued, &["--send-only"], peer.address);
        ended(&outcome_with(args, "last words"), 0, "");
        assert_eq!(peer.join(), b"last words");
    }
}

/// Expects this answer to a client that sends the question, and perhaps a FIN, with its last flight.
#[track_caller]
fn answers(address: SocketAddr, (question, with_fin): (&[u8], bool), answer: &[u8]) {
    let mut peer = Tls::client(connect(address), client_config(None, &[VERSIONS[1]]));
    peer.handshake_and_end(question);
    if with_fin {
        peer.fin();
    }
    assert_eq!(peer.receive_all(), answer, "{question:?} {with_fin}");
}

/// Every server answers a client that sends everything, and its end, with its last flight.
#[test]
fn a_client_that_ends_with_its_last_flight_is_answered() {
    let (issued, _echo, echo) = tls_server("tls-echo", &[]);
    let listen = issued.endpoint();
    let (_program, program) = serve(["exec", "--listen", &listen, "--shell", "cat; echo answer"]);
    for case in [(&b""[..], false), (b"", true), (b"question", false), (b"question", true)] {
        answers(echo, case, case.0);
        answers(program, case, &[case.0, b"answer\n"].concat());

        // The answer comes after the end of the question.
        let (mut server, address) = served("tls-server", &issued, &[]);
        let (mut stdin, mut stdout) = (server.stdin(), server.stdout());
        thread::spawn(move || {
            assert_eq!(take_all(&mut stdout), case.0);
            stdin.write_all(b"answer").expect("stdin takes it");
        });
        answers(address, case, b"answer");
        server.ends_with(0);

        let target = Peer::serve(move |mut leg| {
            assert_eq!(take_all(&mut leg), case.0);
            leg.write_all(b"answer").expect("it takes the bytes");
        });
        let (mut relay, address) = relaying(&["--once"], &listen, &format!("tcp:{}", target.address));
        answers(address, case, b"answer");
        target.join();
        relay.ends_with(0);
    }
}

#[test]
fn a_server_that_ends_with_its_last_flight_is_listened_to() {
    let issued = Authority::server();
    for version in VERSIONS {
        for data in [&b""[..], b"news"] {
            let mut config = server_config(&issued, &[version]);
            config.send_half_rtt_data = true;
            let peer = tls_peer(config, |mut peer| {
                peer.handshake_and_end(data);
                peer.receive_all()
            });
            let mut client = Background::start(client_args(&issued, &NONE, peer.address));
            let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
            assert_eq!(take_all(&mut stdout), data, "{version:?}");
            stdin.write_all(b"still here").expect("stdin takes it");
            drop(stdin);
            assert_eq!(peer.join(), b"still here", "{version:?}");
            ended(&client.finish(), 0, "");
        }
    }
}
