//! Tests how TLS connections break: a peer that is cut off, that resets, or that says too much, and the messages about
//! it. Earlier bytes are delivered.

use crate::harness::*;

#[test]
fn a_cut_in_the_middle_of_a_record_is_an_error_behind_its_data() {
    let issued = Authority::server();
    for version in VERSIONS {
        let (client, mut peer) = client_with(&issued, version, &[]);
        let mut sealed = peer.sealed(b"whole");
        let part = peer.sealed(&[b'x'; 1000]);
        sealed.extend(&part[..500]);
        peer.send_raw(&sealed);
        peer.fin();
        let output = client.finish();
        ended(&output, 5, "connection with 127.0.0.1");
        assert_eq!(output.stdout, b"whole");
    }
}

/// Nothing after close_notify counts: neither data nor another end, valid or not.
#[test]
fn what_comes_behind_an_end_is_ignored() {
    let issued = Authority::server();
    for version in VERSIONS {
        let (client, mut peer) = client_with(&issued, version, &[]);
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
    let issued = Authority::server();
    for version in VERSIONS {
        let (mut client, mut peer) = client_with(&issued, version, &[]);
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
    let issued = Authority::server();
    for version in VERSIONS {
        let (mut client, mut peer) = client_with(&issued, version, &[]);
        let stdin = client.stdin();
        let mut bytes = peer.sealed(b"hello");
        bytes.extend(record(DATA, &[7; 100]));
        peer.send_raw(&bytes);
        let (_, error) = peer.receive_until_broken();
        let error = error.expect("an alert").to_string();
        assert!(error.contains("fatal alert"), "{error}");
        let output = client.finish();
        drop(stdin);
        ended(&output, 5, "connection with 127.0.0.1");
        assert_eq!(output.stdout, b"hello");
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
    let output = client.finish();
    drop(stdin);
    ended(&output, 5, "the peer refuses");
    assert_eq!(output.stdout, b"hello");
}

/// No broken connection harms a server, or leaves anything behind in it.
#[test]
fn an_echo_outlives_every_way_to_break() {
    let issued = Authority::server();
    let (mut server, address) = served("tls-echo", &issued, &["-v"]);
    let before = {
        let mut peer = Tls::connect(address, client_config(None, &VERSIONS));
        peer.ping(b"x");
        peer.end();
        peer.receive_all();
        drop(peer);
        says(&mut server, &["closed"]);
        server.fds()
    };
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
    let issued_client = outcome_with(client_args(&issued, &NONE, address), "hello");
    ended(&issued_client, 0, "");
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

/// The answer to a client that has sent everything, and its end, with its last flight.
#[track_caller]
fn answer(address: SocketAddr, question: &[u8], with_fin: bool) -> Vec<u8> {
    let mut peer = Tls::client(connect(address), client_config(None, &[VERSIONS[1]]));
    peer.handshake_and_end(question);
    if with_fin {
        peer.fin();
    }
    peer.receive_all()
}

const QUESTIONS: [(&[u8], bool); 4] = [(b"", false), (b"", true), (b"question", false), (b"question", true)];

#[test]
fn an_echo_answers_whoever_ends_with_its_last_flight() {
    let issued = Authority::server();
    let (_server, address) = served("tls-echo", &issued, &[]);
    for (question, with_fin) in QUESTIONS {
        assert_eq!(answer(address, question, with_fin), question);
    }
}

#[test]
fn a_server_answers_whoever_ends_with_its_last_flight() {
    let issued = Authority::server();
    for (question, with_fin) in QUESTIONS {
        let (mut server, address) = served("tls-server", &issued, &[]);
        let (mut stdin, mut stdout) = (server.stdin(), server.stdout());
        thread::spawn(move || {
            // The answer comes after the end of the question.
            assert_eq!(take_all(&mut stdout), question);
            stdin.write_all(b"answer").expect("stdin takes it");
        });
        assert_eq!(answer(address, question, with_fin), b"answer");
        server.ends_with(0);
    }
}

#[test]
fn a_child_answers_whoever_ends_with_its_last_flight() {
    let issued = Authority::server();
    let listen = format!("tls-listen:127.0.0.1:0,cert={},key={}", issued.cert(), issued.key());
    let (_server, address) = serve(["exec", "--listen", &listen, "--shell", "cat; echo answer"]);
    for (question, with_fin) in QUESTIONS {
        assert_eq!(answer(address, question, with_fin), [question, b"answer\n"].concat());
    }
}

#[test]
fn a_relay_answers_whoever_ends_with_its_last_flight() {
    let issued = Authority::server();
    let listen = format!("tls-listen:127.0.0.1:0,cert={},key={}", issued.cert(), issued.key());
    for (question, with_fin) in QUESTIONS {
        let (behind, at) = listening();
        let target = format!("tcp:{at}");
        let answering = thread::spawn(move || {
            let mut leg = accept(&behind);
            assert_eq!(take_all(&mut leg), question);
            leg.write_all(b"answer").expect("it takes the bytes");
        });
        let mut relay = Background::start(["relay", "--once", &listen, &target]);
        assert_eq!(answer(relay.address(), question, with_fin), b"answer");
        answering.join().expect("it gets the question");
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
