//! Tests faults of datagrams: sizes around the limit, peers that are gone, forged or slow, tables that a stranger could
//! fill, and partial system calls.
//!
//! A test that needs root, a raw socket or its own network prints a note and passes without it.

use crate::harness::*;

const V4_BYTES_MAX: usize = 65_507;
const V6_BYTES_MAX: usize = 65_527;

/// An echo server on a port of its own.
#[track_caller]
fn echo() -> (Background, SocketAddr) {
    serve(words!("udp-echo 127.0.0.1:0"))
}

/// An empty datagram is like any other: it is answered and counted, and ends nothing.
#[test]
fn empty_datagrams_are_data() {
    let (_echo, address) = echo();
    let peer = udp("127.0.0.1");
    for data in [&b""[..], b"one", b"", b"", b"two"] {
        udp_ping(&peer, address, data);
    }
    let args = words!("udp-client --lines --count 4 --linger 60s {address}");
    printed(&outcome_with(args, "\none\n\n\n"), "\none\n\n\n");
}

#[test]
fn the_longest_datagrams_go_there_and_back() {
    for (listen, ip, most) in [("127.0.0.1:0", "127.0.0.1", V4_BYTES_MAX), ("[::1]:0", "::1", V6_BYTES_MAX)] {
        let (_echo, address) = serve(words!("udp-echo {listen}"));
        let data = pattern(most);
        udp_ping(&udp(ip), address, &data);

        // One read gets the whole file, so it is one datagram.
        let client = words!("udp-client --count 1 --linger 60s {address}");
        printed(&Background::spawn(command(client).stdin(file_with(&data))).finish(), &data);

        let (mut server, address) = serve(words!("udp-server {listen}"));
        udp(ip).send_to(&data, address).expect("it leaves");
        assert!(take(&mut server.stdout(), most) == data, "other bytes than were sent");
    }
}

/// One byte more is reported and dropped, later datagrams are sent, and the status shows it.
#[test]
fn a_datagram_that_is_too_long_is_reported_and_dropped() {
    for (listen, most) in [("127.0.0.1:0", V4_BYTES_MAX), ("[::1]:0", V6_BYTES_MAX)] {
        let (_echo, address) = serve(words!("udp-echo {listen}"));
        // A line that the system refuses, one that is longer than any read, and one of the largest size.
        for (n, whole) in [(most + 1, false), (3 * 65_536 + 7, false), (most, true)] {
            let long = "x".repeat(n);
            let lines = format!("first\n{long}\nlast\n");
            let expected = if whole { lines.clone() } else { "first\nlast\n".to_owned() };
            let (count, status, message) = if whole { (3, 0, "") } else { (2, 1, "Message too long") };
            let args = words!("udp-client --lines --count {count} --linger 60s {address}");
            let output = outcome_with(args, lines);
            ended(&output, status, message);
            gave(&output, status, expected);
        }
    }
}

/// Piped bytes have no lines to keep, so they are cut where a datagram would be too long: by one byte, by as much as a
/// read can bring, and by more than that.
#[test]
fn what_is_piped_is_cut_into_datagrams() {
    for (ip, most) in [("127.0.0.1", V4_BYTES_MAX), ("::1", V6_BYTES_MAX)] {
        let peer = udp(ip);
        for size in [most, most + 1, 65_535, 65_536, 70_000] {
            let data = pattern(size);
            let mut command = command(words!("udp-client --send-only {}", at(&peer)));
            ended(&Background::spawn(command.stdin(file_with(&data))).finish(), 0, "");
            let mut got = datagram(&peer).0;
            assert_eq!(got.len() == size, size == most, "{size}: {} bytes in the first one", got.len());
            while got.len() < size {
                got.extend(datagram(&peer).0);
            }
            assert!(got == data, "{size}: other bytes than were sent");
        }
    }
}

/// Many of them are one thing to be told, not one line for each.
#[test]
fn many_datagrams_that_are_too_long_do_not_flood_stderr() {
    let (_echo, address) = echo();
    let long = format!("{}\n", "x".repeat(V4_BYTES_MAX + 1));
    let args = words!("udp-client --lines --count 1 --linger 60s {address}");
    let output = outcome_with(args, format!("{}last\n", long.repeat(100)));
    gave(&output, 1, b"last\n");
    let lines = String::from_utf8_lossy(&output.stderr).lines().count();
    assert!(lines < 20, "{lines} lines of stderr for 100 datagrams");
}

/// A closed port is status 4, even if no answer is awaited.
#[test]
fn a_closed_port_is_reported() {
    let closed = closed_udp();
    for options in ["", "--linger 0", "--lines", "--send-only", "--count 1"] {
        let output = outcome_with(words!("udp-client {options} {closed}"), "hello\n");
        ended(&output, 4, &format!("send {closed}: Connection refused"));
    }
    // Later datagrams can reach a later listener. The status shows the loss.
    let late = closed_udp();
    let mut client = Background::start(words!("udp-client --count 1 {late}"));
    let mut stdin = client.stdin();
    stdin.write_all(b"hello\n").expect("stdin takes it");
    client.line("Connection refused");
    let (mut echo, _) = serve(words!("udp-echo {late}"));
    stdin.write_all(b"again\n").expect("stdin takes it");
    gave(&client.finish(), 4, b"again\n");
    assert!(echo.is_running());
}

#[test]
fn clients_that_vanish_do_no_harm() {
    let (_echo, address) = echo();
    let peer = udp("127.0.0.1");
    for n in 0..100_u32 {
        udp(TRANSIENT).send_to(&n.to_be_bytes(), address).expect("it leaves");
        if n % 10 == 0 {
            udp_ping(&peer, address, b"still there");
        }
    }
    udp_ping(&peer, address, b"still there");

    let (mut server, address) = serve(words!("udp-server --lines 127.0.0.1:0"));
    let (mut stdin, mut stdout) = (server.stdin(), server.stdout());
    for n in 100..200 {
        let gone = udp(TRANSIENT);
        gone.send_to(n.to_string().as_bytes(), address).expect("it leaves");
        drop(gone);
        assert_eq!(take(&mut stdout, 4), format!("{n}\n").as_bytes());
        stdin.write_all(b"for nobody\n").expect("stdin takes it");
        eventually("stdin is read", || (queued(&stdin) == 0).then_some(()));
    }
    peer.send_to(b"here", address).expect("it leaves");
    assert_eq!(take(&mut stdout, 5), b"here\n");
    stdin.write_all(b"for you\n").expect("stdin takes it");
    assert_eq!(datagram(&peer).0, b"for you");
}

/// Each of several peers gets its own datagrams back, in order.
#[test]
fn each_of_many_peers_gets_its_own() {
    let (_echo, address) = echo();
    let peers: Vec<UdpSocket> = (0..20).map(|_| udp("127.0.0.1")).collect();
    let data = |peer: usize, n: usize| vec![peer as u8; 1 + n % 3].into_iter().chain([n as u8]).collect::<Vec<_>>();
    for round in 0..10 {
        let turns = || (0..5).flat_map(|n| (0..peers.len()).map(move |peer| (peer, round * 5 + n)));
        for (peer, n) in turns() {
            peers[peer].send_to(&data(peer, n), address).expect("it leaves");
        }
        for (peer, n) in turns() {
            let (back, from) = datagram(&peers[peer]);
            assert_eq!((back, from), (data(peer, n), address), "{peer}, {n}");
        }
    }
}

/// The stdin of a server goes to the last sender, on any of its sockets.
#[test]
fn the_most_recent_sender_is_answered() {
    let mut server = Background::start(["udp-server", "--lines", ":0"]);
    let (v4, v6) = (server.address(), server.address());
    let (mut stdin, mut stdout) = (server.stdin(), server.stdout());
    let peers = [(udp("127.0.0.1"), v4), (udp("::1"), v6), (udp("127.0.0.1"), v4)];
    for (n, who) in [0, 1, 2, 1, 1, 0, 2, 0].into_iter().enumerate() {
        let (peer, address) = &peers[who];
        peer.send_to(format!("{n}").as_bytes(), address).expect("it leaves");
        assert_eq!(take(&mut stdout, 2), format!("{n}\n").as_bytes());
        stdin.write_all(format!("answer {n}\n").as_bytes()).expect("stdin takes it");
        assert_eq!(datagram(peer), (format!("answer {n}").into_bytes(), *address));
    }
    peers.iter().for_each(|(peer, _)| has_nothing(peer));
}

/// The number of remembered senders is bounded, also with -v.
#[test]
fn senders_do_not_fill_the_memory() {
    for_each(["udp-echo", "udp-echo -v", "udp-server -v --lines"], |line| {
        let (mut server, address) = serve(words!("{line} 127.0.0.1:0"));
        let peer = udp("127.0.0.1");
        let mut stdout = server.stdout();
        let mut round = |n: usize| {
            for _ in 0..n {
                // Each socket has another port.
                udp(TRANSIENT).send_to(b"x", address).expect("it leaves");
            }
            if line.starts_with("udp-echo") {
                udp_ping(&peer, address, b"x");
            } else {
                peer.send_to(b"x", address).expect("it leaves");
                assert_eq!(take(&mut stdout, 2 * (n + 1)).len(), 2 * (n + 1));
            }
        };
        (0..15).for_each(|_| round(200));
        let before = server.rss_kib();
        (0..85).for_each(|_| round(200));
        let after = server.rss_kib();
        assert!(after < before + 512, "{line}: {before} KiB after 3000 senders, {after} after 20000");
        // A line is dropped if stderr has no room.
        let stderr = File::open(format!("/proc/{}/fd/2", server.pid())).expect("it runs");
        eventually("its lines to be read", || (queued(&stderr) == 0).then_some(()));
        server.drains();
        assert!(line == "udp-echo" || server.count(": 20100 datagrams, ") > 0, "{:?}", server.all_lines().last());
    });
}

/// An IPv4 packet with a datagram between any addresses. The kernel fills in the checksum of the header.
fn forged(from: SocketAddr, to: SocketAddr, data: &[u8]) -> Vec<u8> {
    let (IpAddr::V4(source), IpAddr::V4(target)) = (from.ip(), to.ip()) else { panic!("of IPv4 only") };
    let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, libc::IPPROTO_UDP as u8, 0, 0];
    packet.extend(source.octets());
    packet.extend(target.octets());
    packet.extend(from.port().to_be_bytes());
    packet.extend(to.port().to_be_bytes());
    packet.extend((8 + data.len() as u16).to_be_bytes());
    // No checksum.
    packet.extend([0, 0]);
    packet.extend(data);
    packet
}

/// A forged datagram makes no echo server talk to another one or to itself.
#[test]
fn forged_datagrams_start_no_loop_of_echo_servers() {
    let raw = match Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(libc::IPPROTO_RAW))) {
        Ok(raw) => raw,
        Err(error) => return println!("skipped: no raw sockets here: {error}"),
    };
    for (listen, same) in [("127.0.0.1:0", false), ("127.0.0.1:0", true), ("0.0.0.0:0", false)] {
        let local = |address: SocketAddr| SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()));
        let (mut first, a) = serve(words!("udp-echo -v {listen}"));
        let (second, b) = serve(words!("udp-echo -v {listen}"));
        let (a, b) = (local(a), if same { local(a) } else { local(b) });
        for n in 0..10 {
            let packet = forged(a, b, format!("forged {n}").as_bytes());
            raw.send_to(&packet, &b.into()).expect("it leaves");
        }
        first.line("no answer to");
        first.comes_to_rest();
        second.comes_to_rest();
        let cpu = first.cpu() + second.cpu();
        assert!(cpu < 0.5, "{cpu} seconds for ten datagrams");
        [a, b].iter().for_each(|server| udp_ping(&udp("127.0.0.1"), *server, b"an honest one"));
    }
}

/// A sender with the port of a service gets no answer, because it is no client.
#[test]
fn the_ports_of_services_get_no_answer() {
    let service = (600..1024).rev().find_map(|port| UdpSocket::bind(("127.0.0.1", port)).ok());
    let Some(service) = service else { return println!("skipped: no right to a port below 1024") };
    let (_echo, address) = echo();
    service.send_to(b"hello", address).expect("it leaves");
    udp_ping(&udp("127.0.0.1"), address, b"hello");
    has_nothing(&service);
}

/// An echo server of another program is cut off in the end, and is answered again later.
#[test]
fn a_loop_with_another_kind_of_echo_server_ends() {
    let (mut echo, address) = serve(words!("udp-echo -v 127.0.0.1:0"));
    let mirror = udp("127.0.0.1");
    let done = AtomicBool::new(false);
    let turns = thread::scope(|scope| {
        let reflecting = scope.spawn(|| {
            let mut buffer = [0; 64];
            let mut turns = 0_u32;
            mirror.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
            // Several datagrams are under way at once, so that each turn has several.
            for _ in 0..8 {
                mirror.send_to(b"ping", address).expect("it leaves");
            }
            // Longer than the wait below, but not endless.
            let end = Instant::now() + DEADLINE * 2;
            while Instant::now() < end {
                match mirror.recv_from(&mut buffer) {
                    Ok((n, from)) => {
                        mirror.send_to(&buffer[..n], from).expect("it leaves");
                        turns += 1;
                    }
                    Err(_) if done.load(Ordering::Relaxed) => break,
                    Err(_) => (),
                }
            }
            turns
        });
        echo.line("without a pause look like a loop");
        echo.comes_to_rest();
        done.store(true, Ordering::Relaxed);
        reflecting.join().expect("it does not panic")
    });
    assert!(turns > 1000, "cut off after {turns} turns only");
    mirror.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    mirror.send_to(b"something else", address).expect("it leaves");
    // Datagrams of the loop can still be under way.
    while datagram(&mirror).0 != b"something else" {}
}

/// A server on every address answers from the address that was asked. A connected socket hears no other.
#[test]
fn answers_come_from_the_address_that_was_asked() {
    for listen in ["0.0.0.0:0", "*:0", "[::]:0"] {
        let v4 = ["127.0.0.2", "127.0.0.1", "127.9.8.7"];
        let v6 = if listen == "0.0.0.0:0" { &[][..] } else { &["::1"] };
        let ips = || v4.iter().chain(v6).map(|ip| ip.parse::<IpAddr>().expect("an address"));
        let connected = |ip: IpAddr, port: u16| {
            let socket = udp(if ip.is_ipv4() { "127.0.0.1" } else { "::1" });
            socket.connect((ip, port)).expect("it has one peer");
            socket
        };
        let (_echo, address) = serve(words!("udp-echo {listen}"));
        for ip in ips() {
            udp_ping(&connected(ip, address.port()), SocketAddr::new(ip, address.port()), b"hello");
        }
        let (mut server, address) = serve(words!("udp-server --lines {listen}"));
        let (mut stdin, mut stdout) = (server.stdin(), server.stdout());
        for ip in ips() {
            let socket = connected(ip, address.port());
            socket.send(b"hello").expect("it leaves");
            assert_eq!(take(&mut stdout, 6), b"hello\n");
            stdin.write_all(b"answer\n").expect("stdin takes it");
            assert_eq!(datagram(&socket).0, b"answer");
        }
    }
}

/// The end of stdin ends neither an answer nor a server.
#[test]
fn the_end_of_stdin_leaves_time_for_answers() {
    let (_echo, address) = echo();
    for_each(["--idle-timeout 1s", "--idle-timeout 1s --linger 1500ms"], |options| {
        printed(&outcome_with(words!("udp-client {options} {address}"), "hi\n"), b"hi\n");
    });
}

/// A peer that reads nothing: the system drops datagrams, and the run still ends.
#[test]
fn a_peer_that_takes_nothing_stops_nobody() {
    let peer = udp("127.0.0.1");
    let mut client = Background::start(words!("udp-client --lines --linger 0 {}", at(&peer)));
    let mut stdin = client.stdin();
    let line = format!("{}\n", "x".repeat(999));
    stdin.write_all(line.repeat(30_000).as_bytes()).expect("stdin takes it");
    let rss = client.rss_kib();
    assert!(rss < 24 * 1024, "{rss} KiB");
    drop(stdin);
    ended(&client.finish(), 0, "");
}

/// If stdout is not read, the system drops datagrams, and xport does not store them.
#[test]
fn a_slow_reader_does_not_fill_the_memory() {
    let (out_of, output) = io::pipe().expect("a pipe");
    let mut server = command(words!("udp-server 127.0.0.1:0"));
    server.stdin(Stdio::null()).stdout(output.try_clone().expect("a copy"));
    let (mut server, address) = serve_by(server);
    let peer = udp("127.0.0.1");
    let data = vec![b'x'; 8000];
    for _ in 0..20_000 {
        peer.send_to(&data, address).expect("it leaves");
    }
    eventually("stdout is full", || is_full(&output).then_some(()));
    server.comes_to_rest();
    // One batch of the longest datagrams, plus the water mark: far less than was sent.
    assert!(server.rss_kib() < 24 * 1024, "{} KiB", server.rss_kib());
    drop((out_of, output));
    peer.send_to(b"one more", address).expect("it leaves");
    server.is_killed_by(libc::SIGPIPE);
}

/// The linger time is about the peer, not about stdout: a late reader still gets all datagrams.
#[test]
fn a_slow_reader_gets_all_of_the_answers() {
    let peer = udp("127.0.0.1");
    let mut client = Background::start(words!("udp-client --high-water 8K --linger 300ms {}", at(&peer)));
    let mut stdin = client.stdin();
    stdin.write_all(b"question").expect("stdin takes it");
    let (_, address) = datagram(&peer);
    // More than a pipe holds, and less than the socket buffer.
    let data = pattern(120_000);
    for chunk in data.chunks(3000) {
        peer.send_to(chunk, address).expect("it leaves");
    }
    let mut stdout = client.stdout();
    eventually("stdout to be full", || (queued(&stdout) > 40_000).then_some(()));
    // From now on, the client waits only for its reader.
    drop(stdin);
    client.comes_to_rest();
    // Room and the end of the time come together.
    client.signal(libc::SIGSTOP);
    let waiting = queued(&stdout);
    let mut taken = take(&mut stdout, waiting);
    pass(Duration::from_millis(400), "the time is over while the client is stopped");
    client.signal(libc::SIGCONT);
    taken.extend(take_all(&mut stdout));
    ended(&client.finish(), 0, "");
    assert!(taken == data, "{} bytes of {}, or others", taken.len(), data.len());
}

/// Partial calls, and calls that return "not now", neither lose nor reorder datagrams.
#[test]
fn calls_that_do_less_than_asked_lose_nothing() {
    let log = tempfile::NamedTempFile::new().expect("a file");
    // The lengths go up and down, so that groups of one size are cut at every place. All fit into a socket.
    let lines: Vec<String> = (0..150).map(|n| format!("{n} {}", "y".repeat(n / 7 * 13 % 17))).collect();
    let all: String = lines.iter().map(|line| format!("{line}\n")).collect();
    for faults in [
        &[("SEND_MOST", "1")][..],
        &[("SEND_EAGAIN", "2")],
        &[("SEND_EAGAIN", "3"), ("SEND_MOST", "2"), ("SEND_EINTR", "2")],
        &[("RECV_EINTR", "2"), ("RECV_MOST", "2")],
        &[("RECV_MOST", "1")],
        &[("RECV_MOST", "3"), ("RECV_EINTR", "3"), ("SEND_EAGAIN", "2"), ("SEND_MOST", "1")],
    ] {
        let faults = [faults, &[("LOG", log.path().to_str().expect("text"))]].concat();
        let Some(echo) = misbehaving(command(words!("udp-echo 127.0.0.1:0")), &faults) else { return };
        let (_echo, address) = serve_by(echo);
        // A small buffer makes stdin wait for room.
        let args = words!("udp-client --lines --count 150 --linger 60s --high-water 256 {address}");
        let mut client = Background::spawn(misbehaving(command(args), &faults).expect("a library"));
        feed(client.stdin(), all.clone().into_bytes());
        let output = client.finish();
        ended(&output, 0, "");
        assert_eq!(String::from_utf8_lossy(&output.stdout), all, "{faults:?}");
        assert!(misbehaved(log.path()) > 1, "{faults:?}: hardly any call has misbehaved");
    }
}

/// A link on which one neighbour has every address.
const LINK: &str = "
    ip link add veth0 type veth peer name veth1
    ip link set veth0 up
    ip link set veth1 up
    ip addr add 10.99.0.1/24 brd 10.99.0.255 dev veth0
    ip neigh add 10.99.0.77 lladdr 02:00:00:00:00:99 dev veth0
";

/// A broadcast address without `--broadcast` is refused, with a hint.
#[test]
fn a_broadcast_has_to_be_asked_for() {
    let is_refused = |address: &str| {
        let why = "Permission denied (a broadcast address needs the option broadcast)";
        ended(&outcome_with(["udp-client", address], "hello"), 3, &format!("connect {address}: {why}"));
    };
    is_refused("255.255.255.255:9");
    in_a_network(LINK, || is_refused("10.99.0.255:9"));
}

#[test]
fn a_broadcast_is_delivered_and_answered() {
    in_a_network(&format!("{LINK}\nip route add default dev veth0"), || {
        for to in ["10.99.0.255", "255.255.255.255"] {
            let (_echo, address) = serve(words!("udp-echo 0.0.0.0:0"));
            let args = words!("udp-client --broadcast --count 1 --linger 60s {to}:{}", address.port());
            printed(&outcome_with(args, "who is there"), b"who is there");
        }
    });
}

/// Datagrams for a group arrive with `--join`, and by listening on the group. Answers reach the sender.
#[test]
fn groups_are_joined() {
    // IPv6 needs an address that is not tentative any more.
    let group_link = format!("{LINK}\nip route add 224.0.0.0/4 dev veth0\nip addr add fe80::99/64 dev veth0 nodad");
    in_a_network(&group_link, || {
        for (options, listen, group) in [
            ("--join 239.1.2.3", "*:0", "239.1.2.3"),
            ("--join 239.1.2.3%veth0 --join 239.1.2.4", "0.0.0.0:0", "239.1.2.4"),
            ("", "239.1.2.3:0", "239.1.2.3"),
            ("--join ff12::7%veth0", "[::]:0", "[ff12::7%veth0]"),
            ("", "[ff12::7%veth0]:0", "[ff12::7%veth0]"),
        ] {
            for (mode, wait) in [("udp-server", "--linger 0"), ("udp-echo", "--linger 20s --count 1")] {
                let (server, address) = serve(words!("{mode} {options} --count 1 {listen}"));
                let sent = outcome_with(words!("udp-client {wait} {group}:{}", address.port()), "hello all");
                ended(&sent, 0, "");
                let output = server.finish();
                gave(&output, 0, if mode == "udp-echo" { "" } else { "hello all" });
                gave(&sent, 0, if mode == "udp-echo" { "hello all" } else { "" });
            }
        }
    });
}

/// A group that cannot be joined is a usage error or status 3, and nothing is opened.
#[test]
fn what_cannot_be_joined_is_refused() {
    let cases = [
        "--join 10.0.0.1 '*:0' => not a multicast group",
        "--join 239.1.1.1 :5000 => --join 239.1.1.1 needs",
        "--join 239.1.1.1%nope '*:0' => nope",
        "--join ff02::1 0.0.0.0:0 => --join ff02::1 needs",
    ];
    refuses(cases.into_iter().flat_map(|case| ["echo", "server"].map(|role| format!("udp-{role} {case}"))));
}

/// On a link slower than stdin, the buffer of the socket fills up, stdin waits, and every datagram leaves in the end.
#[test]
fn a_slow_link_makes_stdin_wait() {
    let slow = format!("{LINK}\ntc qdisc add dev veth0 root tbf rate 80mbit burst 20k limit 2mb 2>/dev/null");
    in_a_network(&slow, || {
        let mut client =
            Background::start(["-v", "udp-client", "--lines", "--linger", "0", "10.99.0.77:9", "--idle-timeout", "5s"]);
        let mut stdin = client.stdin();
        let line = format!("{}\n", "x".repeat(1199));
        let start = Instant::now();
        stdin.write_all(line.repeat(4000).as_bytes()).expect("stdin takes it");
        // The link takes 480 ms for all of it, and buffers 260 KiB.
        assert!(start.elapsed() > Duration::from_millis(200), "{:?}: not the link's pace", start.elapsed());
        let rss = client.rss_kib();
        assert!(rss < 24 * 1024, "{rss} KiB");
        drop(stdin);
        let output = client.finish();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{stderr}");
        assert!(stderr.contains("0 datagrams received, 4000 sent") && !stderr.contains("dropped"), "{stderr}");
    });
}
