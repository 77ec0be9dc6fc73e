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
    let (folder, path) = path("s");
    let link = folder.path().join("link");
    symlink(&path, &link).expect("a link");
    let other_spelling = folder.path().join(".").join("s");
    for right in [&path, &link, &other_spelling] {
        let ends = [format!("unix-listen:{}", path.display()), format!("unix:{}", right.display())];
        let mut relay = Background::start(["relay", &ends[0], &ends[1]]);
        let _ = relay.unix_client(&path).read(&mut [0]);
        relay.line("it leads back to the listener of this process");
        relay.drains();
    }
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
}
