//! Tests UDP peers with several addresses: a refusal leads to the next address.

use std::net::SocketAddrV6;

use crate::harness::*;

/// A socket on the loopback of one family, with a port that is free in the other family.
fn on_one_family(ip: &str) -> (UdpSocket, u16) {
    static LAST: AtomicU16 = AtomicU16::new(0);
    for _ in 0..1000 {
        // The ports are below those that the system chooses. Another run of the tests begins elsewhere.
        let port = 10_000 + (std::process::id() as u16 % 9 * 1000 + LAST.fetch_add(1, Ordering::Relaxed)) % 9000;
        if let Ok(socket) = UdpSocket::bind((ip, port)) {
            socket.set_read_timeout(Some(DEADLINE)).expect("a timeout");
            return (socket, port);
        }
    }
    panic!("no port at {ip}");
}

/// Answers `count` datagrams in capitals, on a thread, and returns them.
fn answer(server: UdpSocket, count: usize) -> JoinHandle<Vec<Vec<u8>>> {
    thread::spawn(move || {
        let one = |_| {
            let (data, from) = datagram(&server);
            server.send_to(&data.to_ascii_uppercase(), from).expect("it leaves");
            data
        };
        (0..count).map(one).collect()
    })
}

/// If only one address of a host is served, the refusal of the other address leads a client there: nothing is lost, and
/// the status is 0.
#[test]
fn the_address_that_is_served_is_found() {
    let is_here = |ip: &&str| {
        let bound = UdpSocket::bind((*ip, 0));
        bound.inspect_err(|error| println!("skipped: {ip}: {error}")).is_ok()
    };
    let ips = ["127.0.0.1", "::1"].into_iter().filter(is_here);
    // stdin ends at once, or once the answer was seen. A run with a short --linger then ends by itself. A busy machine
    // can need longer for the answer, so the others wait long, and end by --count or by a signal.
    let cases = [
        ("udp-client --count 1 --linger 60s", true, 0),
        ("udp-client --count 1 --linger 60s --source :SOURCE", true, 0),
        ("udp-client --linger 300ms", false, 0),
        ("udp-client --linger 60s", true, libc::SIGTERM),
        ("relay --linger 300ms -", false, 0),
        ("relay --linger 60s -", true, libc::SIGTERM),
        ("relay --linger 2s --idle-timeout 2s -", true, 0),
    ];
    let cases = cases.into_iter().flat_map(|case| ["localhost", ""].map(|host| (case, host)));
    let cases = Vec::from_iter(cases);
    for_each(
        ips.clone().flat_map(|ip| cases.iter().map(move |case| (ip, *case))),
        |(ip, ((line, at_once, signal), host))| {
            let ((_free, source), (server, port)) = (on_one_family(ip), on_one_family(ip));
            let answers = answer(server, 1);
            let line = line.replace("SOURCE", &(source + 9000).to_string());
            let scheme = if line.starts_with("relay") { "udp:" } else { "" };
            let mut run = Background::start(words!("{line} {scheme}{host}:{port}"));
            let (mut stdin, mut stdout) = (run.stdin(), run.stdout());
            stdin.write_all(b"hello").expect("stdin takes it");
            let stdin = (!at_once).then_some(stdin);
            expect(&mut stdout, b"HELLO");
            assert_eq!(answers.join().expect("it answers"), [b"hello"]);
            drop(stdin);
            if signal == 0 {
                printed(&run.finish(), "");
            } else {
                run.signal(signal);
                run.is_killed_by(signal);
            }
            expect_end(&mut stdout);
        },
    );
    // Several datagrams that are sent before the first refusal arrives, without answers.
    for ip in ips {
        let (server, port) = on_one_family(ip);
        let lines = Vec::from_iter((0..50).map(|n| format!("line {n}")));
        ended(&outcome_with(words!("udp-client --lines --send-only localhost:{port}"), lines.join("\n")), 0, "");
        for line in &lines {
            assert_eq!(String::from_utf8_lossy(&datagram(&server).0), *line);
        }
        has_nothing(&server);
    }
}

/// The same for each client of a relay.
#[test]
fn a_relay_finds_the_address_that_is_served() {
    let (server, port) = on_one_family("127.0.0.1");
    drop(server);
    let Ok(server) = UdpSocket::bind(("::1", port)) else { return println!("skipped: no IPv6 here") };
    server.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    let answers = answer(server, 10);
    let (_relay, address) = serve(["relay", "udp-listen:127.0.0.1:0", &format!("udp:localhost:{port}")]);
    for _ in 0..10 {
        let client = udp("127.0.0.1");
        client.send_to(b"hello", address).expect("it leaves");
        assert_eq!(datagram(&client).0, b"HELLO");
    }
    answers.join().expect("it answers");
}

/// The refusal of the last address is reported, once. Then the first address is tried again.
#[test]
fn an_error_is_told_when_all_addresses_have_refused() {
    let (server, port) = on_one_family("127.0.0.1");
    drop(server);
    let address = format!("localhost:{port}");
    let output = outcome_with(["udp-client", &address], "x");
    ended(&output, 4, "Connection refused");
    if UdpSocket::bind("[::1]:0").is_ok() {
        let said = text(&output);
        let names = ["127.0.0.1", "[::1]"].map(|ip| said.contains(&format!("{ip}:{port}")));
        assert_eq!(names, [true, true], "each address that was tried is named: {said}");
    }
    // A listener that comes later, at either address, gets the later datagrams.
    for ip in ["127.0.0.1", "::1"] {
        let mut client = Background::start(["udp-client", "--lines", &address]);
        let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
        stdin.write_all(b"nobody\n").expect("it takes the line");
        client.line("Connection refused");
        let Ok(server) = UdpSocket::bind((ip, port)) else {
            println!("skipped: no {ip} here");
            continue;
        };
        let answers = answer(server, 1);
        stdin.write_all(b"somebody\n").expect("it takes the line");
        assert_eq!(take(&mut stdout, 9), b"SOMEBODY\n");
        assert_eq!(answers.join().expect("it answers"), [b"somebody"]);
        drop(stdin);
        assert_eq!(client.finish().status.code(), Some(4));
    }
}

/// A client of `localhost`, whose first address is served at first, and the sockets at both addresses.
fn client_of_two() -> Option<(Background, ChildStdin, UdpSocket, UdpSocket)> {
    let (first, port) = on_one_family("127.0.0.1");
    let second = UdpSocket::bind(("::1", port)).inspect_err(|error| println!("skipped: no IPv6 here: {error}")).ok()?;
    let mut client = Background::start(words!("udp-client --lines localhost:{port}"));
    let stdin = client.stdin();
    Some((client, stdin, first, second))
}

/// An address that has answered is kept. If it refuses later, no other address gets the datagrams.
#[test]
fn a_peer_that_has_answered_is_not_exchanged() {
    let Some((mut client, mut stdin, first, second)) = client_of_two() else { return };
    stdin.write_all(b"question\n").expect("it takes the line");
    let (data, from) = datagram(&first);
    assert_eq!(data, b"question");
    first.send_to(b"answer", from).expect("it leaves");
    let mut stdout = client.stdout();
    expect(&mut stdout, b"answer\n");
    refuses_from_now_on(&first);
    stdin.write_all(b"secret\n").expect("it takes the line");
    client.line("Connection refused");
    has_nothing(&second);
    drop(stdin);
    client.ends_with(4);
}

/// Sent datagrams are kept for other addresses up to a limit. An address that has taken more without a refusal is kept.
#[test]
fn a_peer_that_has_taken_much_is_not_exchanged() {
    let Some((mut client, mut stdin, first, second)) = client_of_two() else { return };
    let line = vec![b'x'; 9000];
    for _ in 0..8 {
        stdin.write_all(&[&line[..], b"\n"].concat()).expect("it takes the line");
        assert_eq!(datagram(&first).0, line);
    }
    refuses_from_now_on(&first);
    stdin.write_all(b"more\n").expect("it takes the line");
    client.line("Connection refused");
    has_nothing(&second);
}

/// For a name with addresses of one family, the socket stays, and so does its port.
#[test]
fn several_addresses_of_one_family_are_tried_in_turn() {
    let hosts = "127.0.0.1 many\n127.0.0.2 many\n127.0.0.3 many\n";
    let Some(network) = Network::new("", &[("nsswitch.conf", "hosts: files\n"), ("hosts", hosts)]) else { return };
    for served in ["127.0.0.1", "127.0.0.2", "127.0.0.3"] {
        let mut server = network.start(&["udp-echo", &format!("{served}:0")]);
        let port = server.address().port().to_string();
        let mut client = network.start(&["udp-client", "--source", ":5555", "--count", "1", "many", &port]);
        client.stdin().write_all(b"hello").expect("it takes the bytes");
        gave(&client.finish(), 0, b"hello");
    }
}

/// An ICMPv6 message: nobody listens at the port to which this datagram was sent. RFC 4443, section 3.1.
fn port_unreachable(from: SocketAddrV6, to: SocketAddrV6) -> Vec<u8> {
    let mut message = vec![1, 4, 0, 0, 0, 0, 0, 0];
    // The header of the datagram: version 6, 8 bytes of UDP, hop limit 64.
    message.extend([0x60, 0, 0, 0, 0, 8, 17, 64]);
    message.extend(from.ip().octets().iter().chain(&to.ip().octets()));
    for number in [from.port(), to.port(), 8, 0] {
        message.extend(number.to_be_bytes());
    }
    message
}

/// The first address refuses when everything is sent and stdin has ended. The client has waited for that.
#[test]
fn a_client_that_only_sends_hears_a_late_refusal() {
    let hosts = "fd00:99::77 many\n10.99.0.1 many\n";
    let Some(network) = Network::new("", &[("nsswitch.conf", "hosts: files\n"), ("hosts", hosts)]) else { return };
    let mut sockets = None;
    network.inside(|| {
        let icmp = Socket::new(Domain::IPV6, Type::RAW, Some(Protocol::ICMPV6));
        sockets = icmp.ok().map(|icmp| (icmp, udp("10.99.0.1")));
    });
    let Some((icmp, server)) = sockets else { return println!("skipped: no ICMPv6 here") };
    let own = "fd00:99::1".parse().expect("an address");
    let port = server.local_addr().expect("an address").port();
    let silent = SocketAddrV6::new("fd00:99::77".parse().expect("an address"), port, 0, 0);
    let refusal = port_unreachable(SocketAddrV6::new(own, 5555, 0, 0), silent);
    // On a busy machine this may come too late, as the client waits for a moment only.
    for _ in 0..10 {
        let args = ["-vv", "udp-client", "--send-only", "--source", ":5555", "many", &port.to_string()];
        let mut client = network.start(&args);
        client.stdin().write_all(b"hello").expect("it takes the bytes");
        client.line("waiting for a refusal");
        icmp.send_to(&refusal, &SocketAddrV6::new(own, 0, 0, 0).into()).expect("it leaves");
        let output = client.finish();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        if text(&output).contains("trying 10.99.0.1") {
            assert_eq!(datagram(&server).0, b"hello");
            return;
        }
    }
    panic!("the refusal is not heard");
}
