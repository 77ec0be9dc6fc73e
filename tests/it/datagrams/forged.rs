//! Tests datagrams with a forged sender: none makes services talk to each other, or to themselves, for ever.
//!
//! Forging takes a raw socket. The tests are skipped without permission.

use crate::harness::*;

/// The traffic class of an answer from a service.
const MARK: u32 = 0x0c;

/// Sends a datagram that claims to come from `from`. Returns false, with a note, without permission.
fn forge(from: SocketAddr, to: SocketAddr, data: &[u8]) -> bool {
    let raw = match Socket::new(Domain::for_address(to), Type::RAW, Some(Protocol::from(libc::IPPROTO_RAW))) {
        Ok(raw) => raw,
        Err(error) => {
            println!("skipped: no raw sockets here: {error}");
            return false;
        }
    };
    let length = 8 + data.len() as u16;
    let mut datagram = [from.port().to_be_bytes(), to.port().to_be_bytes(), length.to_be_bytes(), [0; 2]].concat();
    datagram.extend_from_slice(data);
    let packet = match (from.ip(), to.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            // The kernel fills in length and checksum; UDP needs none over IPv4.
            let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, libc::IPPROTO_UDP as u8, 0, 0];
            packet.extend([from.octets(), to.octets()].concat());
            [packet, datagram].concat()
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let sum = checksum(from, to, &datagram);
            datagram[6..8].copy_from_slice(&sum.to_be_bytes());
            let mut packet = vec![0x60, 0, 0, 0];
            packet.extend(length.to_be_bytes());
            packet.extend([libc::IPPROTO_UDP as u8, 64]);
            packet.extend([from.octets(), to.octets()].concat());
            [packet, datagram].concat()
        }
        _ => panic!("{from} and {to} have different families"),
    };
    // For a raw socket, the port of the destination is a protocol number.
    raw.send_to(&packet, &SockAddr::from(SocketAddr::new(to.ip(), 0))).expect("it leaves");
    true
}

/// The checksum of UDP over IPv6. RFC 8200, section 8.1.
fn checksum(from: Ipv6Addr, to: Ipv6Addr, datagram: &[u8]) -> u16 {
    let mut bytes = [from.octets(), to.octets()].concat();
    bytes.extend((datagram.len() as u32).to_be_bytes());
    bytes.extend([0, 0, 0, libc::IPPROTO_UDP as u8]);
    bytes.extend_from_slice(datagram);
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    let mut sum: u32 = bytes.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// A service that answers every datagram: the program, and its address.
struct Service {
    program: Background,
    address: SocketAddr,
    /// The socket that gives its answers, if there is one.
    _upstream: Option<Background>,
}

const KINDS: [&str; 4] = ["echo", "relay to a program", "relay to an echo", "server"];

impl Service {
    #[track_caller]
    fn start(kind: &str, at: &str) -> Self {
        let (mut upstream, mut right) = (None, String::new());
        if kind == "relay to an echo" {
            let (echo, address) = serve(words!("udp-echo 127.0.0.1:0"));
            (upstream, right) = (Some(echo), format!("udp:{address}"));
        }
        let (mut program, address) = serve(match kind {
            "echo" => words!("-v udp-echo {at}:0"),
            "relay to a program" => words!("-v relay udp-listen:{at}:0 exec:cat"),
            "relay to an echo" => words!("-v relay udp-listen:{at}:0 {right}"),
            _ => words!("-v udp-server {at}:0"),
        });
        if kind == "server" {
            // The output of the service is sent back.
            let (mut stdin, mut stdout) = (program.stdin(), program.stdout());
            thread::spawn(move || {
                let mut buffer = [0; 65536];
                while let Ok(n @ 1..) = stdout.read(&mut buffer) {
                    if stdin.write_all(&buffer[..n]).is_err() {
                        return;
                    }
                }
            });
        }
        Self { program, address, _upstream: upstream }
    }

    fn at(&self, ip: &str) -> SocketAddr {
        SocketAddr::new(ip.parse().expect("an address"), self.address.port())
    }

    /// Expects that a client is served, and that nothing goes round: the service has received few datagrams.
    #[track_caller]
    fn stays_sane(mut self, client_at: &str, most: u64, what: &str) {
        let client = udp(client_at);
        client.send_to(b"a client", self.at(client_at)).expect("it leaves");
        // A server can have older bytes of stdin, which has no boundaries.
        let mut answer = String::new();
        while !answer.contains("a client") {
            answer.push_str(&String::from_utf8(datagram(&client).0).expect("text"));
        }
        self.program.comes_to_rest();
        self.program.signal(libc::SIGTERM);
        self.program.wait();
        let line = self.program.line(&format!("udp {} closed after ", self.address));
        let count = line.split(" datagram").next().and_then(|text| text.rsplit(' ').next()?.parse::<u64>().ok());
        let count = count.unwrap_or_else(|| panic!("no number in {line:?}"));
        assert!((1..=most).contains(&count), "{what}: {line}");
    }
}

/// A LAND datagram: the sender is the service itself.
#[test]
fn no_service_answers_itself() {
    let has_v6 = UdpSocket::bind("[::1]:0").is_ok();
    let ways = [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.2", "127.0.0.1"),
        ("[::1]", "::1", "::1"),
        ("[::]", "::1", "::1"),
        ("[::]", "127.0.0.1", "127.0.0.1"),
    ];
    let ways = ways.into_iter().filter(|(at, ..)| has_v6 || !at.starts_with('['));
    for_each(ways.flat_map(|way| KINDS.map(|kind| (kind, way))), |(kind, (at, from, to))| {
        let service = Service::start(kind, at);
        if forge(service.at(from), service.at(to), b"from yourself") {
            service.stays_sane(to, 2, &format!("{kind} at {at}, from {from}"));
        }
    });
}

/// A forged datagram from one service to another.
#[test]
fn no_two_services_answer_each_other() {
    let pairs = [
        ("echo", "echo"),
        ("relay to a program", "relay to a program"),
        ("server", "server"),
        ("relay to an echo", "server"),
        ("echo", "relay to a program"),
    ];
    for_each(pairs, |(one, other)| {
        let services = [Service::start(one, "127.0.0.1"), Service::start(other, "127.0.0.1")];
        if !forge(services[0].address, services[1].address, b"from him") {
            return;
        }
        for service in services {
            service.stays_sane("127.0.0.1", 4, &format!("{one} and {other}"));
        }
    });
}

/// Many datagrams at once also come to an end.
#[test]
fn a_flood_of_them_comes_to_rest() {
    let service = Service::start("relay to a program", "0.0.0.0");
    for n in 0..100 {
        if !forge(service.at(&format!("127.0.0.{}", n + 1)), service.at("127.0.0.1"), b"from yourself") {
            return;
        }
    }
    service.stays_sane("127.0.0.1", 2, "a flood");
}

/// A relay refuses an answer of another service, and reports it. A server prints it, and does not answer.
#[test]
fn what_is_marked_as_an_answer_is_not_answered() {
    let (marked, plain) = (udp("127.0.0.1"), udp("127.0.0.1"));
    SockRef::from(&marked).set_tos_v4(MARK).expect("an option");

    let mut relay = Service::start("relay to a program", "127.0.0.1");
    marked.send_to(b"an answer", relay.address).expect("it leaves");
    relay.program.line("refused a datagram from 127.0.0.1:");
    udp_ping(&plain, relay.address, b"a question");
    has_nothing(&marked);

    let (mut server, address) = serve(words!("udp-server --lines 127.0.0.1:0"));
    let (mut stdin, mut stdout) = (server.stdin(), server.stdout());
    plain.send_to(b"a question", address).expect("it leaves");
    assert_eq!(take(&mut stdout, 11), b"a question\n");
    marked.send_to(b"an answer", address).expect("it leaves");
    assert_eq!(take(&mut stdout, 10), b"an answer\n");
    stdin.write_all(b"word\n").expect("it takes the line");
    assert_eq!(datagram(&plain).0, b"word");
    has_nothing(&marked);
}

/// A client with the port of the service at another address is not the service.
#[test]
fn a_client_with_the_port_of_the_service_is_served() {
    for kind in KINDS {
        let service = Service::start(kind, "127.0.0.1");
        let Ok(client) = UdpSocket::bind(service.at("127.0.0.9")) else { continue };
        client.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        eventually("an answer", || {
            client.send_to(b"the same port", service.address).expect("it leaves");
            (datagram(&client).0 == b"the same port").then_some(())
        });
    }
}
