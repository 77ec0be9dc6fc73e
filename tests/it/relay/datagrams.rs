//! Tests `relay` with datagrams: boundaries, a right end for each sender, its lifetime, and ends and errors that cannot
//! be passed on.

use crate::harness::*;
use std::collections::HashSet;

/// A relay between a free port and a socket of the test.
#[track_caller]
fn to_upstream(options: &[&str], left_options: &str) -> (Background, SocketAddr, UdpSocket) {
    let upstream = udp("127.0.0.1");
    let right = format!("udp:{}", at(&upstream));
    let (relay, address) = relaying(options, &format!("udp-listen:127.0.0.1:0{left_options}"), &right);
    (relay, address, upstream)
}

/// Sends a datagram from `client` through the relay to `upstream`, and an answer back. Returns the address that
/// upstream sees.
#[track_caller]
fn exchange(client: &UdpSocket, relay: SocketAddr, upstream: &UdpSocket, data: &[u8]) -> SocketAddr {
    client.send_to(data, relay).expect("it leaves");
    let (got, from) = datagram(upstream);
    assert!(got == data, "{} bytes of {}", got.len(), data.len());
    let answer: Vec<u8> = data.iter().rev().copied().collect();
    upstream.send_to(&answer, from).expect("it leaves");
    let (got, by) = datagram(client);
    assert!(got == answer && by == relay, "{} bytes of {} from {by}", got.len(), data.len());
    from
}

#[test]
fn boundaries_are_kept_both_ways() {
    let (_relay, address, upstream) = to_upstream(&[], "");
    let client = udp("127.0.0.1");
    // An empty datagram is like any other, also as the first one for its right end.
    let sizes = [0, 1, 0, 2, 511, 512, 1471, 1472, 1473, 9000, 65_506, 65_507, 1];
    let from: HashSet<_> = sizes.iter().map(|&n| exchange(&client, address, &upstream, &pattern(n))).collect();
    assert_eq!(from.len(), 1, "one peer has one right end");
}

/// Several datagrams that come before the right end is open are delivered one by one, in order.
#[test]
fn the_first_datagrams_wait_for_their_right_end() {
    let (_relay, address, upstream) = to_upstream(&[], "");
    for _ in 0..20 {
        let client = udp("127.0.0.1");
        for number in 1..=12 {
            client.send_to(&[number; 100][..usize::from(number)], address).expect("it leaves");
        }
        for number in 1..=12 {
            assert_eq!(datagram(&upstream).0, vec![number; usize::from(number)]);
        }
    }
}

#[test]
fn each_peer_has_a_right_end_and_its_own_answers() {
    let (relay, address, upstream) = to_upstream(&[], "");
    let before = relay.fds();
    let clients: Vec<_> = (0..20_u8).map(|number| (udp("127.0.0.1"), number)).collect();
    let mut asked = Vec::new();
    for (client, number) in &clients {
        client.send_to(&[*number], address).expect("it leaves");
        let (data, from) = datagram(&upstream);
        assert_eq!(data, [*number]);
        asked.push(from);
    }
    assert_eq!(asked.iter().collect::<HashSet<_>>().len(), clients.len(), "peers share a right end: {asked:?}");
    assert_eq!(relay.fds(), before + clients.len());
    for (from, (_, number)) in asked.iter().zip(&clients).rev() {
        upstream.send_to(&[*number, 1], *from).expect("it leaves");
    }
    for (client, number) in &clients {
        assert_eq!(datagram(client), (vec![*number, 1], address));
        has_nothing(client);
    }
}

#[test]
fn an_answer_comes_from_where_was_written_to() {
    let upstream = udp("127.0.0.1");
    let right = format!("udp:{}", at(&upstream));
    let (_relay, address) = relaying(&["-v"], "udp-listen:0.0.0.0:0", &right);
    let client = udp("127.0.0.1");
    exchange(&client, SocketAddr::from(([127, 0, 0, 7], address.port())), &upstream, b"who is there");
}

#[test]
fn an_idle_peer_is_forgotten() {
    let (mut relay, address, upstream) = to_upstream(&["-v", "--idle-timeout", "300ms"], "");
    let base = relay.fds();
    let clients: Vec<_> = (0..10).map(|_| udp("127.0.0.1")).collect();
    // Only one way: at the time of an answer, its sender can be forgotten.
    let say = |client: &UdpSocket, word: &[u8]| {
        client.send_to(word, address).expect("it leaves");
        assert_eq!(datagram(&upstream).0, word);
    };
    let start = Instant::now();
    for client in &clients {
        say(client, b"once");
    }
    eventually("the sockets of idle peers are closed", || (relay.fds() == base).then_some(()));
    assert!(start.elapsed() >= Duration::from_millis(300), "after {:?} already", start.elapsed());
    relay.line("idle for 300ms");
    say(&clients[0], b"again");
}

/// An active sender is kept, whichever direction moves.
#[test]
fn a_peer_that_is_not_idle_is_kept() {
    let (_relay, address, upstream) = to_upstream(&["--idle-timeout", "5s"], "");
    let client = udp("127.0.0.1");
    let from = exchange(&client, address, &upstream, b"hello");
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(6) {
        upstream.send_to(b"news", from).expect("it leaves");
        assert_eq!(datagram(&client).0, b"news");
        pass(Duration::from_millis(100), "news comes now and then");
    }
    assert_eq!(exchange(&client, address, &upstream, b"still here"), from);
}

#[test]
fn many_peers_leave_no_descriptor_behind() {
    let (relay, address, upstream) = to_upstream(&["--idle-timeout", "200ms"], "");
    let base = relay.fds();
    for _ in 0..200 {
        // Only one way: at the time of an answer, its sender can be forgotten.
        udp("127.0.0.1").send_to(b"x", address).expect("it leaves");
        assert_eq!(datagram(&upstream).0, b"x");
    }
    eventually("all of them are forgotten", || (relay.fds() == base).then_some(()));
}

#[test]
fn an_upstream_that_refuses_ends_nothing() {
    let address = closed_udp();
    let (mut relay, at) = relaying(&[], "udp-listen:127.0.0.1:0", &format!("udp:{address}"));
    let client = udp("127.0.0.1");
    for _ in 0..5 {
        client.send_to(b"nobody is there", at).expect("it leaves");
    }
    let Ok(upstream) = UdpSocket::bind(address) else { return println!("skipped: {address} is somebody else's now") };
    upstream.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
    let from = eventually("the upstream that is there now is heard", || {
        client.send_to(b"now", at).expect("it leaves");
        upstream.recv_from(&mut [0; 64]).ok()
    });
    upstream.send_to(b"yes", from.1).expect("it leaves");
    assert_eq!(datagram(&client).0, b"yes");
    assert!(relay.is_running());
}

#[test]
fn lists_and_port_files_are_for_datagrams_too() {
    let (_ground, file) = path("port");
    let options = format!(",allow=127.0.0.2,port-file={}", file.display());
    let (mut relay, address, upstream) = to_upstream(&[], &options);
    assert_eq!(fs::read_to_string(&file).expect("it is there").trim(), address.port().to_string());
    udp("127.0.0.1").send_to(b"denied", address).expect("it leaves");
    exchange(&udp("127.0.0.2"), address, &upstream, b"allowed");
    has_nothing(&upstream);
    relay.drains();
    assert!(!file.exists(), "the port file is left behind");
    let right = format!("udp:{},source=127.0.0.9", at(&upstream));
    let (_relay, address) = relaying(&[], "udp-listen:127.0.0.1:0", &right);
    let from = exchange(&udp("127.0.0.1"), address, &upstream, b"from where");
    assert_eq!(from.ip().to_string(), "127.0.0.9");
}

/// There is nothing to drain: a sender can be silent for a minute.
#[test]
fn a_signal_ends_the_service_with_0() {
    let (mut relay, address, upstream) = to_upstream(&[], "");
    exchange(&udp("127.0.0.1"), address, &upstream, b"x");
    relay.signal(libc::SIGTERM);
    let start = Instant::now();
    let status = relay.wait();
    assert!(status.success() && start.elapsed() < Duration::from_secs(30), "{status:?} after {:?}", start.elapsed());
}

#[test]
fn a_peer_that_refuses_the_only_pair_is_status_4() {
    let address = closed_udp();
    ended(&outcome_with(["relay", "-", &format!("udp:{address}")], "x"), 4, &format!("{address}: Connection refused"));
}

#[test]
fn datagrams_become_a_stream_and_its_bytes_datagrams() {
    let (_ground, path) = path("s");
    let (tcp, unix) = (TcpListener::bind("127.0.0.1:0").expect("a port"), UnixListener::bind(&path).expect("a socket"));
    let client = udp("127.0.0.1");
    let bytes = b"two datagrams";
    let send = |address| [&bytes[..4], &bytes[4..]].map(|part| client.send_to(part, address).expect("it leaves"));

    let right = format!("tcp:{}", at(&tcp));
    let (relay, address) = relaying(&["--idle-timeout", "4s"], "udp-listen:127.0.0.1:0", &right);
    let base = relay.fds();
    send(address);
    let mut server = accept(&tcp);
    assert_eq!(take(&mut server, bytes.len()), bytes);
    server.write_all(b"an answer").expect("it takes the bytes");
    assert_eq!(datagram(&client), (b"an answer".to_vec(), address));
    // After the idle time, it ends in order.
    assert_eq!(take_all(&mut server), []);
    drop(server);
    eventually("the connection is closed", || (relay.fds() == base).then_some(()));

    let (_relay, address) = relaying(&[], "udp-listen:127.0.0.1:0", &format!("unix:{}", path.display()));
    send(address);
    let mut server = unix.accept().expect("a client").0;
    assert_eq!(take(&mut server, bytes.len()), bytes);
    server.write_all(b"an answer").expect("it takes the bytes");
    assert_eq!(datagram(&client), (b"an answer".to_vec(), address));

    let (_relay, address) = relaying(&[], "udp-listen:127.0.0.1:0", "exec:cat");
    for _ in 0..3 {
        udp_ping(&client, address, b"through a child");
    }
}

#[test]
fn a_stream_becomes_datagrams_and_they_its_bytes() {
    let upstream = udp("127.0.0.1");
    let right = format!("udp:{}", at(&upstream));
    let (mut relay, address) = relaying(&["--linger", "4s"], "tcp-listen:127.0.0.1:0", &right);
    let mut clients = [(); 2].map(|()| connect(address));
    let asked = clients.each_mut().map(|client| {
        client.write_all(b"question").expect("it takes the bytes");
        let (data, from) = datagram(&upstream);
        assert_eq!(data, b"question");
        from
    });
    for (client, from) in clients.iter_mut().zip(&asked).rev() {
        upstream.send_to(b"answer", from).expect("it leaves");
        assert_eq!(take(client, 6), b"answer");
        client.shutdown(Shutdown::Write).expect("it is there");
        upstream.send_to(b", late", from).expect("it leaves");
    }
    for client in &mut clients {
        // After the end of its right side, a sender is not kept for long.
        assert_eq!(take_all(client), b", late");
    }
    relay.drains();
}

/// A large read becomes several datagrams of a valid size.
#[test]
fn a_long_write_is_cut_to_datagrams() {
    const SIZE: usize = 150_000;
    let upstream = udp("127.0.0.1");
    let right = format!("udp:{}", at(&upstream));
    let data = pattern(SIZE);
    let sent = data.clone();
    let peer = Peer::serve(move |mut peer| {
        say_all(&mut peer, &sent);
        take_all(&mut peer)
    });
    let mut relay = Background::start(["relay", &format!("tcp:{}", peer.address), &right]);
    let mut got = Vec::new();
    while got.len() < SIZE {
        got.extend(datagram(&upstream).0);
    }
    assert!(got == data, "other bytes, or in another order");
    assert_eq!(peer.join(), []);
    relay.ends_with(0);
}

/// Datagrams have no end, so the pair ends when nothing moves after the end of stdin. This is an orderly end even if
/// the idle limit is due at the same time or earlier.
#[test]
fn the_end_of_stdin_goes_before_the_idle_timeout() {
    let mut runs = Vec::new();
    for idle in ["3s", "300ms"] {
        for stdin_is_left in [true, false] {
            let server = udp("127.0.0.1");
            let end = format!("udp:{}", at(&server));
            let ends = if stdin_is_left { ["-", &end] } else { [&end[..], "-"] };
            let mut relay = command([&["relay", "--idle-timeout", idle, "--linger", "3s"], &ends[..]].concat());
            let mut question = tempfile::tempfile().expect("a file");
            question.write_all(b"question").and_then(|()| question.rewind()).expect("it takes the bytes");
            relay.stdin(question);
            runs.push((Background::spawn(relay), server));
        }
    }
    for (_, server) in &runs {
        let (data, from) = datagram(server);
        assert_eq!(data, b"question");
        server.send_to(b"answer", from).expect("it leaves");
    }
    for (relay, _) in runs {
        printed(&relay.finish(), b"answer");
    }
}
