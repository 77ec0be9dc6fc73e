//! Tests relays that lead back to themselves: neither connections nor datagrams go round without end.

use crate::harness::*;

/// Each connection would make another one, until no descriptor is left.
#[test]
fn a_relay_does_not_connect_to_itself() {
    for (listen, connect_to) in [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("0.0.0.0", "127.0.0.1")] {
        let (_reserved, address) = reserve(listen.parse().expect("an address"));
        let port = address.port();
        let (mut relay, _) = relaying(&[], &format!("tcp-listen:{listen}:{port}"), &format!("tcp:{connect_to}:{port}"));
        for _ in 0..2 {
            is_turned_away(try_connect(SocketAddr::new([127, 0, 0, 1].into(), port)));
            relay.line("it leads back to the listener of this process");
        }
        relay.comes_to_rest();
        relay.drains();
    }
}

#[test]
fn a_unix_relay_does_not_connect_to_itself() {
    let (_folder, path) = path("s");
    let path = path.display().to_string();
    let mut relay = Background::start(["relay", &format!("unix-listen:{path}"), &format!("unix:{path}")]);
    relay.listens();
    let mut client = UnixStream::connect(&path).expect("it listens");
    let _ = client.read(&mut [0]);
    relay.line("it leads back to the listener of this process");
    relay.drains();
}

/// One datagram is enough for a loop.
#[test]
fn a_datagram_does_not_go_round() {
    let client = udp("127.0.0.1");
    let address = closed_udp();
    let right = format!("udp:{address}");
    let (mut relay, _) = relaying(&[], &format!("udp-listen:{address}"), &right);
    client.send_to(b"round and round", address).expect("it leaves");
    relay.line("it leads back to the listener of this process");
    relay.comes_to_rest();
    relay.drains();

    // A relay does not see through another process, but the hops are counted.
    let first = closed_udp();
    let (mut second, second_at) = relaying(&[], "udp-listen:127.0.0.1:0", &format!("udp:{first}"));
    let (mut first, first_at) = relaying(&[], &format!("udp-listen:{first}"), &format!("udp:{second_at}"));
    client.send_to(b"to and fro", first_at).expect("it leaves");
    // It comes from the second relay to the first one after an even number of hops.
    first.line("it goes round between relays");
    for relay in [&mut first, &mut second] {
        relay.comes_to_rest();
        relay.drains();
    }
}

/// People chain relays, and this still works.
#[test]
fn a_chain_of_relays_is_no_circle() {
    let upstream = udp("127.0.0.1");
    let mut at = at(&upstream);
    let mut relays = Vec::new();
    for _ in 0..8 {
        let (relay, address) = relaying(&[], "udp-listen:127.0.0.1:0", &format!("udp:{at}"));
        relays.push(relay);
        at = address;
    }
    let client = udp("127.0.0.1");
    client.send_to(b"question", at).expect("it leaves");
    let (data, from) = datagram(&upstream);
    assert_eq!(data, b"question");
    upstream.send_to(b"answer", from).expect("it leaves");
    assert_eq!(datagram(&client).0, b"answer");
}
