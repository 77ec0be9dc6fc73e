//! Layers other than TLS alone, on streams of the simulator: random bytes and random faults, from a seed.

use super::properties::{LENGTHS, echo_ends, shovel};
use super::tls::{Peer as TlsPeer, patient_server};
use super::*;
use crate::transports::dump::Dump;

/// Bytes of which many end a line, or look like it.
fn lines(sim: &mut Sim) -> Vec<u8> {
    let bytes = sim.some_bytes(LENGTHS).into_iter();
    let line = |byte: u8| match byte % 8 {
        0 | 1 => b'\n',
        2 => b'\r',
        _ => byte,
    };
    bytes.map(line).collect()
}

fn with_crlf(data: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    for byte in data {
        if *byte == b'\n' && wire.last() != Some(&b'\r') {
            wire.push(b'\r');
        }
        wire.push(*byte);
    }
    wire
}

#[test]
fn a_stream_without_layers_is_bare() {
    let (mut sim, id) = Sim::with_stream(1000, Echo::default());
    assert!(sim.net().slots.stream(id).is_some_and(Stream::is_bare));
    sim.transport(id).send_crlf();
    assert!(!sim.net().slots.stream(id).is_some_and(Stream::is_bare));
    sim.transport(id).send_crlf();
    sim.feed(id, b"a\nb\r\n");
    sim.settle();
    assert_eq!(sim.sent(id), b"a\r\nb\r\n", "a second layer changes nothing");
    sim.abort_all();
}

fn echo_by_crlf(sim: &mut Sim, resets: bool) {
    let id = sim.stream(0, Echo::default());
    sim.transport(id).send_crlf();
    sim.spoil(id);
    let data = lines(sim);
    let wire = with_crlf(&data);
    shovel(sim, id, &data, id);
    echo_ends(sim, id, &wire, resets);
}

#[test]
fn echo_by_crlf_gives_back_each_line_with_one_cr() {
    for_each_seed(|sim| echo_by_crlf(sim, false));
}

#[test]
fn echo_by_crlf_to_a_peer_that_resets_gave_back_a_prefix() {
    for_each_seed(|sim| echo_by_crlf(sim, true));
}

/// The order in which the two come makes no difference: TLS is below.
#[test]
fn lines_are_changed_inside_tls() {
    for tls_first in [false, true] {
        let mut sim = Sim::new();
        let id = sim.stream(1 << 20, Echo::default());
        if tls_first {
            sim.transport(id).start_tls(patient_server()).expect("TLS begins");
        }
        sim.transport(id).send_crlf();
        if !tls_first {
            sim.transport(id).start_tls(patient_server()).expect("TLS begins");
        }
        let mut peer = TlsPeer::client();
        peer.write(b"a\nb\r\n\n");
        loop {
            sim.settle();
            peer.look(&sim, id);
            let words = peer.take();
            if words.is_empty() {
                break;
            }
            sim.feed(id, &words);
        }
        assert_eq!(peer.received, b"a\r\nb\r\n\r\n");
        // What a protocol has written counts, as its peer gets it.
        assert_eq!(sim.transport(id).info().totals, Totals { received: 6, sent: 8 });
        sim.abort_all();
    }
}

/// All bytes in a dump, by direction.
fn shown(dump: &str, verb: &str) -> Vec<u8> {
    let (mut bytes, mut is_wanted) = (Vec::new(), false);
    for line in dump.lines() {
        if line.contains(" #1 ") {
            is_wanted = line.contains(&format!(" {verb} "));
            if let Some((_, from)) = line.split_once(" bytes at ").filter(|_| is_wanted) {
                assert_eq!(from, bytes.len().to_string(), "{line}");
            }
        } else if is_wanted && line.contains('|') {
            let hex = line[10..58].split_whitespace();
            bytes.extend(hex.map(|byte| u8::from_str_radix(byte, 16).expect("a byte")));
        }
    }
    bytes
}

#[test]
fn a_dump_shows_each_byte_once_whatever_the_network_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("dump");
    for seed in 1..=32 {
        let mut sim = Sim::with_seed(seed);
        sim.event_loop.set_dump(Dump::to_file(&path).expect("a file"));
        let id = sim.stream(0, Echo::default());
        sim.spoil(id);
        let data = lines(&mut sim);
        shovel(&mut sim, id, &data, id);
        sim.feed_end(id);
        sim.give_room(id, data.len());
        sim.run();
        assert_eq!(sim.sent(id), data);
        sim.net().cx.dump = None;
        let dump = std::fs::read_to_string(&path).expect("a dump");
        assert!(shown(&dump, "received") == data && shown(&dump, "sent") == data, "other bytes: {seed}");
        assert_eq!(dump.matches(" the end at ").count(), 2, "{seed}");
    }
}
