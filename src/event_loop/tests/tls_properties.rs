//! Properties of TLS on any network: random bytes and random faults, from a seed.

use super::tls::ENOUGH;
use super::tls::Peer;
use super::tls::patient_server;
use super::*;

/// Sends `words` in pieces, gives room in pieces, and lets the peer read.
fn shovel(sim: &mut Sim, id: Id, peer: &mut Peer) {
    // Long enough for all rearms after short counts.
    const A_WHILE: Duration = Duration::from_secs(300);
    loop {
        sim.pass(A_WHILE);
        peer.look(sim, id);
        let words = peer.take();
        let mut rest = &words[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(1 + sim.below(rest.len()));
            sim.feed(id, piece);
            rest = after;
            for _ in 0..sim.below(3) {
                sim.turn();
                let room = sim.below(5000);
                sim.give_room(id, room);
            }
        }
        // All bytes before the end need room first.
        sim.give_room(id, 300_000);
        sim.pass(A_WHILE);
        if words.is_empty() {
            return;
        }
    }
}

#[test]
fn echo_by_tls_gives_back_what_it_got() {
    for_each_seed(|sim| {
        let id = sim.stream(0, Echo::default());
        sim.transport(id).start_tls(patient_server()).expect("TLS begins");
        sim.spoil(id);
        let mut peer = Peer::client();
        let data = sim.some_bytes([0, 1, 100, 20_000, 100_000]);
        peer.write(&data);
        shovel(sim, id, &mut peer);
        peer.session.send_close_notify();
        shovel(sim, id, &mut peer);
        sim.feed_end(id);
        sim.run();
        peer.look(sim, id);
        assert!(peer.received == data && peer.has_ended, "{} of {}", peer.received.len(), data.len());
    });
}

#[test]
fn a_connection_that_is_cut_anywhere_leaves_nothing_and_looks_like_no_whole_one() {
    for_each_seed(|sim| {
        let id = sim.stream(ENOUGH, Recorder::brief());
        sim.transport(id).start_tls(patient_server()).expect("TLS begins");
        sim.spoil(id);
        let mut peer = Peer::client();
        peer.write(&sim.some_bytes([0, 1, 100, 20_000, 100_000]));
        let mut left = sim.below(3000);
        loop {
            sim.settle();
            peer.look(sim, id);
            let words = peer.take();
            let n = words.len().min(left);
            sim.feed(id, &words[..n]);
            left -= n;
            if words.is_empty() || left == 0 {
                break;
            }
        }
        if sim.below(2) == 0 {
            sim.feed_end(id)
        } else {
            sim.reset(id)
        }
        sim.run();
        let last = sim.told(id).pop().expect("it is told of the end");
        assert!(last.starts_with("failed: Tls") || last.starts_with("lost: "), "{last}");
    });
}
