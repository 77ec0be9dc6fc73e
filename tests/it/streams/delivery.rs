//! Tests the promise of status 0: the system of the peer has every byte.

use crate::harness::*;

/// A peer that closes without reading refuses the bytes, before or after the end of stdin.
#[test]
fn bytes_that_a_closed_peer_refuses_are_a_failure() {
    let (listener, address) = listening();
    let address = address.to_string();
    for _ in 0..20 {
        let closing = listener.try_clone().expect("a descriptor");
        let peer = thread::spawn(move || drop(accept(&closing)));
        let output = outcome_with(["tcp-client", &address], "not wanted");
        assert_eq!(output.status.code(), Some(4), "{}", text(&output));
        peer.join().expect("it accepts");
    }
}

/// Megabytes in the own buffers are not delivered: the run waits for the acknowledgement.
#[test]
fn bytes_in_our_own_send_buffer_are_not_delivered() {
    let (mut client, peer) = client(&["--high-water", "64M"]);
    peer.shutdown(Shutdown::Write).expect("it is connected");
    let mut stdin = client.stdin();
    stdin.write_all(&pattern(3_000_000)).expect("all of it fits between us and the kernel");
    drop(stdin);
    eventually("the peer's queue is full", || (queued(&peer) > 100_000).then_some(()));
    assert!(client.is_running());
    drop(peer);
    // "Connection reset by peer" or "Broken pipe", depending on the kernel.
    ended(&client.finish(), 4, "connection with");
}

#[test]
fn a_slow_peer_that_ended_first_gets_everything() {
    let peer = Peer::serve(|mut stream| {
        stream.shutdown(Shutdown::Write).expect("it is connected");
        eventually("much has come", || (queued(&stream) > 100_000).then_some(()));
        let mut received = Vec::new();
        stream.read_to_end(&mut received).expect("bytes and an end");
        received
    });
    let address = peer.address.to_string();
    let data = pattern(3_000_000);
    let output = outcome_with(["tcp-client", &address], data.clone());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(peer.join() == data, "not the same bytes");
}
