//! TLS inside a stream, in the simulator: what is asked for at the wrong moment, and what goes wrong behind an end.

use std::io;
use std::time::Duration;

use super::sim::Sim;
use super::tls_tests::{ENOUGH, Peer, Recorder, events, server, serving};
use crate::protocols::half_close::HalfClose;
use crate::protocols::report::line;
use crate::protocols::session::{IdleStdio, PeerSide, SessionOptions};
use crate::transports::error::describe;
use crate::transports::id::Id;

/// An open stream without TLS so far, and what its protocol is told.
fn open(room: usize) -> (Sim, Id, std::sync::mpsc::Receiver<String>) {
    let mut sim = Sim::new();
    let (recorder, log) = Recorder::new(|_| ());
    let id = sim.stream(room, recorder);
    sim.settle();
    (sim, id, log)
}

/// A record that nobody could have encrypted.
const NONSENSE: &[u8] = b"\x17\x03\x03\x00\x20nobody can have encrypted this..";

#[test]
fn a_cut_is_no_end_where_a_write_has_failed_before() {
    let (mut sim, id, mut peer, log) = serving(|_| ());
    peer.write(b"half of it");
    peer.talk(&mut sim, id);
    sim.feed_end(id);
    sim.wire(id).write_error = Some(io::ErrorKind::BrokenPipe);
    sim.net().transport(id).write(b"to nobody");
    sim.run();
    assert_eq!(events(&log), ["made", "half of it", "lost: BrokenPipe"], "and no eof");
    sim.assert_nothing_left();
}

#[test]
fn nonsense_behind_our_own_end_is_the_end() {
    let (mut sim, id, mut peer, log) = serving(|t| t.write_eof());
    peer.talk(&mut sim, id);
    sim.feed(id, NONSENSE);
    sim.settle();
    let log = events(&log);
    assert!(log[1].starts_with("lost: what the peer has sent cannot be decrypted"), "{log:?}");
    sim.run();
    sim.assert_nothing_left();
}

#[test]
fn nonsense_while_output_waits_is_told_in_time() {
    let (mut sim, id, mut peer, log) = serving(|_| ());
    peer.talk(&mut sim, id);
    sim.wire(id).room = 10;
    sim.net().transport(id).write(&[0; 100_000]);
    sim.feed(id, NONSENSE);
    sim.pass(Duration::from_millis(1_100));
    let log = events(&log);
    assert!(log.last().is_some_and(|last| last.starts_with("lost: what the peer")), "{log:?}");
    sim.run();
    sim.assert_nothing_left();
}

#[test]
fn what_is_handed_back_during_a_handshake_is_no_plaintext() {
    let (mut sim, id, log) = open(ENOUGH);
    sim.net().transport(id).start_tls(server()).expect("TLS begins");
    sim.net().transport(id).unread(b"injected, and long enough to be a record");
    let mut peer = Peer::client();
    peer.write(b"real");
    peer.talk(&mut sim, id);
    sim.run();
    assert!(!events(&log).concat().contains("injected"));
    sim.assert_nothing_left();
}

#[test]
fn tls_does_not_begin_behind_our_own_end() {
    let (mut sim, id, log) = open(ENOUGH);
    sim.net().transport(id).write_eof();
    let error = sim.net().transport(id).start_tls(server()).expect_err("refused");
    assert_eq!(describe(&error), "TLS cannot begin behind the end of our direction");
    sim.net().transport(id).abort();
    sim.run();
    assert_eq!(events(&log), ["made", "lost"]);
    sim.assert_nothing_left();
}

#[test]
fn what_is_aborted_before_it_was_made_has_failed_and_no_more() {
    let (mut sim, id, _, log) = serving(|_| ());
    sim.net().transport(id).abort();
    sim.run();
    assert_eq!(events(&log), ["failed: Unavailable"]);
    sim.assert_nothing_left();
}

#[test]
fn a_close_during_the_handshake_waits_for_it_and_nobody_is_told_of_it() {
    let (mut sim, id, log) = open(ENOUGH);
    let mut t = sim.net().transport(id);
    t.start_tls(server()).expect("TLS begins");
    t.write(b"words");
    t.close();
    let mut peer = Peer::client();
    peer.talk(&mut sim, id);
    assert_eq!((&peer.received[..], peer.has_ended), (&b"words"[..], true));
    sim.feed_end(id);
    sim.run();
    let log = events(&log);
    assert!(log.last().is_some_and(|last| last == "lost") && !log.contains(&"started".to_owned()), "{log:?}");
    sim.assert_nothing_left();
}

#[test]
fn an_end_that_is_held_back_is_told_once_the_peer_is_silent() {
    let mut sim = Sim::new();
    let (reporter, reports) = line();
    let console = sim.stream(ENOUGH, IdleStdio::new(reporter.clone()));
    sim.net().transport(console).pause_reading();
    let options = SessionOptions {
        send_only: false,
        recv_only: false,
        half_close: HalfClose::Auto,
        idle_timeout: None,
        linger: None,
        keep_open: false,
    };
    let peer = sim.stream(ENOUGH, PeerSide::new(console, options, reporter));
    sim.feed_end(console);
    sim.pass(Duration::from_secs(8));
    sim.feed(peer, b"still there");
    sim.pass(Duration::from_secs(8));
    assert!(!sim.wire(peer).outbound_end, "it has spoken 8 s ago");
    sim.pass(Duration::from_secs(3));
    assert!(sim.wire(peer).outbound_end);
    sim.feed_end(peer);
    sim.run();
    assert!(reports.verdict().is_ok() && sim.sent(console) == b"still there");
    sim.assert_nothing_left();
}
