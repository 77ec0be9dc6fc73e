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
        gave(&outcome_with(["tcp-client", &address], "not wanted"), 4, "");
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
    let mut run = stage("tcp-client");
    run.plays("end; type *3000000$");
    eventually("much has come", || (queued(run.peer()) > 100_000).then_some(()));
    run.plays("get *3000000$; status 0");
}
