//! Tests more senders of datagrams than a relay has room for: which sender is replaced, and that no datagram is lost.

use crate::harness::*;
use std::collections::HashMap;

/// A relay of datagrams with these options after its left end, to a socket of the test.
fn relay_to(upstream: &UdpSocket, options: &str) -> (Background, SocketAddr) {
    relaying(&[], &format!("udp-listen:127.0.0.1:0{options}"), &format!("udp:{}", at(upstream)))
}

/// `count` senders at `ip` send one datagram each, and go. Only a few are under way at once, so that no buffer of the
/// system overflows.
#[track_caller]
fn each_sends_one(count: usize, ip: &str, address: SocketAddr, upstream: &UdpSocket) {
    const LOT: usize = 25;
    for lot in 0..count / LOT {
        for number in 0..LOT {
            let text = format!("{lot} {number}");
            udp(ip).send_to(text.as_bytes(), address).expect("it leaves");
        }
        let mut got = Vec::from_iter((0..LOT).map(|_| String::from_utf8(datagram(upstream).0).expect("text")));
        let mut expected = Vec::from_iter((0..LOT).map(|number| format!("{lot} {number}")));
        got.sort();
        expected.sort();
        assert_eq!(got, expected);
    }
}

/// Metrics, log lines and name queries come from ever new ports. All arrive, even with room for few senders, and the
/// limit holds.
#[test]
fn thousands_of_senders_of_one_datagram_each_lose_none() {
    for (options, most) in [("", 8192), (",max-conns=100", 100), (",max-conns=1", 1)] {
        let upstream = udp("127.0.0.1");
        let (mut relay, address) = relay_to(&upstream, options);
        let before = relay.fds();
        each_sends_one(5000, "127.0.0.1", address, &upstream);
        has_nothing(&upstream);
        // One sender can be about to go.
        assert!(relay.fds() <= before + most + 1, "{} descriptors for {most} senders", relay.fds() - before);
        relay.drains();
        let said = relay.all_lines();
        assert!(!said.iter().any(|line| line.contains("lost")), "{said:?}");
        // A replaced sender can miss an answer, which is reported once.
        let told = said.iter().filter(|line| line.contains("a new sender replaces the one")).count();
        assert_eq!(told, usize::from(most < 5000), "{said:?}");
    }
}

/// The same if descriptors run out before the limit.
#[test]
fn a_lack_of_descriptors_is_a_limit_like_any_other() {
    for options in ["", ",max-conns=1000"] {
        let upstream = udp("127.0.0.1");
        let right = format!("udp:{}", at(&upstream));
        let mut relay = command(["relay", &format!("udp-listen:127.0.0.1:0{options}"), &right]);
        limit_descriptors(&mut relay, 100);
        let (mut relay, address) = serve_by(relay);
        each_sends_one(1000, "127.0.0.1", address, &upstream);
        relay.drains();
        assert!(!relay.all_lines().iter().any(|line| line.contains("lost")), "{:?}", relay.all_lines());
    }
}

#[test]
fn a_newcomer_waits_for_the_place_of_a_child() {
    for most in [1, 4] {
        let left = format!("udp-listen:127.0.0.1:0,max-conns={most}");
        let (mut relay, address) = serve(["relay", &left, "exec:cat"]);
        let clients = Vec::from_iter((0..100).map(|number: usize| (udp("127.0.0.1"), number)));
        for (client, number) in &clients {
            // Several datagrams of each sender: the later ones wait with the first one.
            for part in 0..3 {
                client.send_to(format!("{number}.{part} ").as_bytes(), address).expect("it leaves");
            }
            if number % 10 == 0 {
                all_are_read(address);
            }
        }
        for (client, number) in &clients {
            let expected = format!("{number}.0 {number}.1 {number}.2 ");
            let mut got = String::new();
            while got.len() < expected.len() {
                got.push_str(&String::from_utf8(datagram(client).0).expect("text"));
            }
            assert_eq!(got, expected);
        }
        relay.drains();
        assert!(!relay.all_lines().iter().any(|line| line.contains("lost")), "{:?}", relay.all_lines());
    }
}

/// Asks upstream through the relay, and returns the address that upstream sees.
#[track_caller]
fn ask(client: &UdpSocket, relay: SocketAddr, upstream: &UdpSocket) -> SocketAddr {
    client.send_to(b"question", relay).expect("it leaves");
    let (data, from) = datagram(upstream);
    assert_eq!(data, b"question");
    from
}

/// Answers, and waits until the answer has arrived.
#[track_caller]
fn reply(client: &UdpSocket, upstream: &UdpSocket, to: SocketAddr) {
    upstream.send_to(b"answer", to).expect("it leaves");
    assert_eq!(datagram(client).0, b"answer");
}

/// A recently active sender stays. The sender that has been silent longest is replaced.
#[test]
fn the_one_that_has_been_silent_for_longest_makes_room() {
    let upstream = udp("127.0.0.1");
    let (_relay, address) = relay_to(&upstream, ",max-conns=3");
    let clients = [(); 3].map(|()| udp("127.0.0.1"));
    let first = clients.each_ref().map(|client| ask(client, address, &upstream));
    // Sender 0 sends once more, 1 is answered, 2 neither.
    assert_eq!(ask(&clients[0], address, &upstream), first[0]);
    reply(&clients[1], &upstream, first[1]);
    let newcomer = udp("127.0.0.1");
    let of_newcomer = ask(&newcomer, address, &upstream);
    reply(&newcomer, &upstream, of_newcomer);
    for number in [0, 1] {
        assert_eq!(ask(&clients[number], address, &upstream), first[number], "client {number}");
    }
    assert_ne!(ask(&clients[2], address, &upstream), first[2]);
}

/// A flooding address takes room only from its own senders.
#[test]
fn a_flood_from_one_address_drives_out_nobody_else() {
    let upstream = udp("127.0.0.1");
    let (_relay, address) = relay_to(&upstream, ",max-conns=50");
    let clients = Vec::from_iter((1..=10).map(|n| udp(&format!("127.0.7.{n}"))));
    let first = Vec::from_iter(clients.iter().map(|client| ask(client, address, &upstream)));
    each_sends_one(1000, "127.0.9.9", address, &upstream);
    for (client, from) in clients.iter().zip(&first) {
        reply(client, &upstream, *from);
        assert_eq!(ask(client, address, &upstream), *from);
    }
}

/// Lost datagrams are counted, and reported when the loss begins and at the end.
#[test]
fn what_is_lost_is_told_and_counted() {
    const SENDERS: usize = 2000;
    // A child without a client has its time before it is killed.
    let mut relay =
        Background::start(["relay", "--kill-after", "2s", "udp-listen:127.0.0.1:0,max-conns=1", "exec:sleep 600"]);
    let address = relay.address();
    for _ in 0..SENDERS / 40 {
        let senders = Vec::from_iter((0..40).map(|_| udp("127.0.0.1")));
        for sender in &senders {
            sender.send_to(b"x", address).expect("it leaves");
        }
        all_are_read(address);
    }
    relay.line("datagrams are lost: limit of 1 senders reached, and too many new senders wait");
    relay.signal(libc::SIGTERM);
    relay.wait();
    let line = relay.line("there was no room for them");
    let count =
        line.split_once(" datagrams are lost").and_then(|(start, _)| start.rsplit(' ').next()?.parse::<usize>().ok());
    let count = count.unwrap_or_else(|| panic!("no number in {line:?}"));
    // A few datagrams were delivered.
    assert!((SENDERS - 100..SENDERS).contains(&count), "{count} of {SENDERS}");
}

/// The same for a right end that does not take its datagrams.
#[test]
fn what_a_slow_right_end_does_not_take_is_told_and_counted() {
    let (listener, at) = listening();
    let right = format!("tcp:{at}");
    let (mut relay, address) = serve(["relay", "udp-listen:127.0.0.1:0", &right]);
    let client = udp("127.0.0.1");
    client.send_to(b"first", address).expect("it leaves");
    let _slow = with_deadline(accept(&listener));
    let (stop, sender) = (Arc::new(AtomicBool::new(false)), client.try_clone().expect("a copy"));
    let stopped = Arc::clone(&stop);
    let sending = thread::spawn(move || {
        // A socket without a peer reports no refusal, so the end of the relay would not end this loop.
        while !stopped.load(Ordering::Relaxed) {
            sender.send_to(&[b'x'; 8000], address).expect("it leaves");
        }
    });
    relay.line("are lost: the other side does not take them in time");
    stop.store(true, Ordering::Relaxed);
    sending.join().expect("all left");
    // Two signals that are pending would be one, and the test cannot see the first one arrive.
    eventually("the end", || {
        if relay.is_running() {
            relay.signal(libc::SIGTERM);
        }
        (!relay.is_running()).then_some(())
    });
    relay.line("there was no room for them");
}

/// A burst of many senders at once: boundaries, order and senders stay right, although senders replace each other.
#[test]
fn a_crowd_that_changes_places_mixes_nothing_up() {
    const CLIENTS: usize = 60;
    let upstream = udp("127.0.0.1");
    let (_relay, address) = relay_to(&upstream, ",max-conns=20");
    let clients = Vec::from_iter((0..CLIENTS).map(|_| udp("127.0.0.1")));
    for round in 0..20 {
        for (number, client) in clients.iter().enumerate() {
            for part in 0..2 {
                client.send_to(format!("{number} {round}.{part}").as_bytes(), address).expect("it leaves");
            }
            if number % 20 == 19 {
                all_are_read(address);
            }
        }
        let mut of_client: HashMap<usize, Vec<String>> = HashMap::new();
        for _ in 0..CLIENTS * 2 {
            let text = String::from_utf8(datagram(&upstream).0).expect("text");
            let (number, part) = text.split_once(' ').expect("two words");
            of_client.entry(number.parse().expect("a number")).or_default().push(part.to_owned());
        }
        for number in 0..CLIENTS {
            assert_eq!(of_client[&number], [format!("{round}.0"), format!("{round}.1")], "client {number}");
        }
    }
}
