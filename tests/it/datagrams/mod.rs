//! UDP: echo, client, server and relay of datagrams.

mod addresses;
mod faults;
mod forged;
mod modes;
mod multicast;
mod order;

use crate::harness::*;

/// A client of a scripted peer, and that peer.
#[track_caller]
fn client(options: &[&str]) -> (Background, UdpSocket) {
    let peer = udp("127.0.0.1");
    (Background::start([&["udp-client"], options, &[&at(&peer).to_string()]].concat()), peer)
}

/// A client that has sent `hello`, its peer, and the address of the client.
#[track_caller]
fn greeted(options: &[&str]) -> (Background, ChildStdin, UdpSocket, SocketAddr) {
    let (mut client, peer) = client(options);
    let mut stdin = client.stdin();
    stdin.write_all(b"hello\n").expect("stdin takes it");
    let (data, address) = datagram(&peer);
    assert!(data.starts_with(b"hello"), "{data:?}");
    (client, stdin, peer, address)
}
