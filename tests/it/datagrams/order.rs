//! Tests that datagrams are neither lost nor reordered: with a late reader of stdout, before a failure, and with
//! several traffic classes.

use super::greeted;
use crate::harness::*;

/// Lines of a thousand bytes, each with its number.
fn lines(n: usize) -> Vec<Vec<u8>> {
    (0..n).map(|number| format!("{number:0>999}\n").into_bytes()).collect()
}

/// Sends all of them, slow enough for a small receive buffer.
fn send_all(socket: &UdpSocket, to: SocketAddr, datagrams: &[Vec<u8>]) {
    for lot in datagrams.chunks(20) {
        for data in lot {
            socket.send_to(data, to).expect("it leaves");
        }
        // The sender does not wait for a program that has stopped reading because stdout is full.
        within(Duration::from_millis(200), || queued_at(to.port()) <= Some(50_000));
    }
}

/// A reader of stdout that pauses for longer than `--linger` gets every answer, even if the program was stopped when
/// there was room again.
#[test]
fn a_late_reader_finds_every_answer() {
    for_each([false, true], |stopped| {
        let (mut client, stdin, peer, address) = greeted(&["--linger", "1500ms"]);
        let mut stdout = client.stdout();
        let answers = lines(300);
        send_all(&peer, address, &answers);
        eventually("stdout to be full", || (queued(&stdout) > 60_000).then_some(()));
        // From now on, the client waits only for its reader.
        drop(stdin);
        pass(Duration::from_secs(2), "longer than --linger");
        let mut printed = Vec::new();
        if stopped {
            client.signal(libc::SIGSTOP);
            let n = queued(&stdout);
            printed = take(&mut stdout, n);
            pass(Duration::from_secs(2), "longer than --linger, while the client is stopped");
            client.signal(libc::SIGCONT);
        }
        printed.extend(take_all(&mut stdout));
        ended(&client.finish(), 0, "");
        assert_eq!(printed.len(), 300_000, "stopped: {stopped}");
        assert!(printed == answers.concat(), "stopped: {stopped}: they are in order");
    });
}

/// Datagrams from before a failure are printed, even if they are more than one turn of the loop takes.
#[test]
fn answers_before_a_failure_are_printed() {
    let (mut client, mut stdin, peer, address) = greeted(&[]);
    let mut stdout = client.stdout();
    // As many as fit into the default receive buffer.
    let answers = Vec::from_iter((0..500).map(|n| format!("{n:08}\n").into_bytes()));
    client.signal(libc::SIGSTOP);
    for data in &answers {
        peer.send_to(data, address).expect("it leaves");
    }
    refuses_from_now_on(&peer);
    stdin.write_all(b"more").expect("stdin takes it");
    drop(stdin);
    client.signal(libc::SIGCONT);
    let printed = take_all(&mut stdout);
    ended(&client.finish(), 4, "Connection refused");
    assert!(printed == answers.concat(), "{} of {} bytes", printed.len(), answers.concat().len());
}

/// The peer answers the first datagram and goes. Its answer is there when the last datagram is refused.
#[test]
fn an_answer_is_printed_although_later_datagrams_are_refused() {
    for_each(0..10, |_| {
        let peer = udp("127.0.0.1");
        let mut client = command(words!("udp-client {}", at(&peer)));
        let client = Background::spawn(client.stdin(file_with(&pattern(300_000))));
        let (_, from) = datagram(&peer);
        peer.send_to(b"answer", from).expect("it leaves");
        refuses_from_now_on(&peer);
        drop(peer);
        assert_eq!(client.finish().stdout, b"answer");
    });
}

#[test]
fn answers_before_a_failure_are_printed_however_slowly() {
    let (mut client, mut stdin, peer, address) = greeted(&[]);
    let mut stdout = client.stdout();
    let answers = lines(200);
    send_all(&peer, address, &answers);
    eventually("stdout to be full", || (queued(&stdout) > 60_000).then_some(()));
    refuses_from_now_on(&peer);
    stdin.write_all(b"more").expect("stdin takes it");
    drop(stdin);
    let printed = take_all(&mut stdout);
    assert!(printed == answers.concat(), "{} bytes", printed.len());
    ended(&client.finish(), 4, "Connection refused");
}

/// Datagrams of one peer are answered in order, whatever their traffic classes.
#[test]
fn order_is_kept_whatever_the_class() {
    let mut echo = Background::start(["udp-echo", "127.0.0.1:0"]);
    let (address, peer) = (echo.address(), udp("127.0.0.1"));
    echo.signal(libc::SIGSTOP);
    for n in 0..8_u8 {
        SockRef::from(&peer).set_tos_v4(u32::from(n % 2) * 2).expect("an option");
        peer.send_to(&[n], address).expect("it leaves");
    }
    echo.signal(libc::SIGCONT);
    let answers: Vec<u8> = (0..8).map(|_| datagram(&peer).0[0]).collect();
    assert_eq!(answers, [0, 1, 2, 3, 4, 5, 6, 7]);
}

/// A broadcast question is answered from the machine's own address.
#[test]
fn a_question_to_everyone_is_answered() {
    for listen in ["0.0.0.0:0", "*:0", "[::]:0"] {
        let mut echo = Background::start(["udp-echo", listen]);
        let (port, peer) = (echo.address().port(), udp("127.0.0.1"));
        peer.set_broadcast(true).expect("an option");
        peer.send_to(b"anybody?", (Ipv4Addr::new(127, 255, 255, 255), port)).expect("it leaves");
        let (data, from) = datagram(&peer);
        assert_eq!((&data[..], from), (&b"anybody?"[..], SocketAddr::from(([127, 0, 0, 1], port))), "{listen}");
    }
}

/// A denied datagram is no activity.
#[test]
fn the_noise_of_strangers_does_not_prolong_a_run() {
    let line = "udp-server --deny 127.0.0.0/8 --idle-timeout 300ms --recv-only 127.0.0.1:0";
    let ((mut server, address), stranger) = (serve(words!("{line}")), udp("127.0.0.1"));
    eventually("the end despite strangers", || {
        stranger.send_to(b"noise", address).expect("it leaves");
        (!server.is_running()).then_some(())
    });
    server.ends_with(124);
    assert!(server.count("no datagram for 300ms") > 0, "{:?}", server.all_lines());
}

/// A client needs a peer, but an inherited socket can have none, not even an address of its own.
#[test]
fn a_socket_without_a_peer_is_refused_by_a_client() {
    let unbound = Socket::new(Domain::IPV4, Type::DGRAM, None).expect("a socket");
    for (socket, reason) in [(udp("127.0.0.1"), "not connected"), (unbound.into(), "it is bound to no port")] {
        let fd = socket.as_raw_fd();
        let mut client = command(words!("udp-client fd:{fd}"));
        pass_on(&mut client, &socket);
        ended(&Background::spawn(client).finish(), 3, &format!("xport: fd:{fd}: {reason}"));
    }
}

#[test]
fn a_port_that_one_family_lacks_is_given_up() {
    let Some(command) = misbehaving(command(words!("udp-server '*:0'")), &[("BIND_IN_USE", 2)]) else { return };
    let (mut server, address) = serve_by(command);
    let peer = udp("127.0.0.1");
    let to = SocketAddr::from(([127, 0, 0, 1], address.port()));
    let mut stdout = server.stdout();
    peer.send_to(b"question", to).expect("it leaves");
    assert_eq!(take(&mut stdout, 8), b"question");
    feed(server.stdin(), b"answer".to_vec());
    assert_eq!(datagram(&peer), (b"answer".to_vec(), to));
    let sockets = fs::read_dir(format!("/proc/{}/fd", server.pid())).expect("it runs").filter_map(Result::ok);
    let sockets = sockets.filter_map(|fd| fs::read_link(fd.path()).ok());
    let sockets = sockets.filter(|link| link.to_string_lossy().starts_with("socket:")).count();
    // Two of them are for signals.
    assert_eq!(sockets, 4, "the sockets of both families and of signals, and no other");
}

/// A large file is cut into the longest datagrams, and all of it arrives.
#[test]
fn bulk_is_cut_and_arrives_whole() {
    let (peer, data) = (udp("127.0.0.1"), pattern(300_000));
    let mut client = command(words!("udp-client --send-only {}", at(&peer)));
    client.stdin(file_with(&data));
    // The receive buffer is the bottleneck.
    SockRef::from(&peer).set_recv_buffer_size(1 << 20).expect("an option");
    let client = Background::spawn(client);
    let mut received = Vec::new();
    while received.len() < data.len() {
        received.extend(datagram(&peer).0);
    }
    assert!(received == data);
    ended(&client.finish(), 0, "");
}

/// Several programs on one machine can listen on the address of a group.
#[test]
fn a_group_has_room_for_several() {
    in_a_network("ip link set lo multicast on; ip route add 239.0.0.0/8 dev lo", || {
        let listen =
            |address: &str| Background::start(words!("udp-server --recv-only --count 1 --join 239.1.2.3 {address}"));
        let mut first = listen("239.1.2.3:0");
        let port = first.address().port();
        let mut second = listen(&format!("239.1.2.3:{port}"));
        second.line("listening on");
        let peer = udp("127.0.0.1");
        peer.send_to(b"to all", (Ipv4Addr::new(239, 1, 2, 3), port)).expect("it leaves");
        for server in [first, second] {
            assert_eq!(server.finish().stdout, b"to all");
        }
    });
}
