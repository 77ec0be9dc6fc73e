//! What a layer can ask of a stream, with a layer that asks for everything: an opening dialogue, frames in both
//! directions, an answer of its own, an end of its own, and no half-close. The frames are those of websocket.

use super::tls::{ENOUGH, Peer, client, server};
use super::*;
use crate::transports::layer::Opening;
use crate::transports::layer::above::Layer;
use crate::transports::layer::negotiation::{Negotiation, Step};

const HEAD: &[u8] = b"GET / HTTP/1.1\r\n\r\n";
const YES: &[u8] = b"HTTP/1.1 101 Yes\r\n\r\n";
const NO: &[u8] = b"HTTP/1.1 400 No\r\n\r\n";

const DATA: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// The opening dialogue.
#[derive(Debug)]
struct Upgrade {
    is_client: bool,
    heard: Vec<u8>,
    /// A server that has heard another request says so.
    refuses: bool,
}

/// Speaks frames once the openings before are done.
fn speak_frames(sim: &mut Sim, id: Id, is_client: bool) {
    let mut stream = sim.net().stream_mut(id).expect("a stream");
    let upgrade = Upgrade { is_client, heard: Vec::new(), refuses: false };
    stream.open_by([Opening::Negotiate(Box::new(upgrade))]);
}

impl Negotiation for Upgrade {
    fn start(&mut self) -> Vec<u8> {
        if self.is_client { HEAD.to_vec() } else { Vec::new() }
    }

    fn feed(&mut self, data: &[u8]) -> Step {
        self.heard.extend_from_slice(data);
        let Some(end) = self.heard.windows(4).position(|four| four == b"\r\n\r\n") else { return Step::Wait };
        let head: Vec<u8> = self.heard.drain(..end + 4).collect();
        let wanted: &[u8] = if self.is_client { b"HTTP/1.1 101" } else { b"GET " };
        if head.starts_with(wanted) {
            return Step::Ready;
        }
        self.refuses = !self.is_client;
        Step::Failed("no upgrade".to_owned())
    }

    fn take_layer(&mut self) -> Option<Box<dyn Layer>> {
        Some(Box::new(Frames { masks: self.is_client, held: Vec::new(), has_ended: false, is_over: false }))
    }

    fn take_last_words(&mut self) -> Vec<u8> {
        match (self.is_client, self.refuses) {
            (true, _) => Vec::new(),
            (_, true) => NO.to_vec(),
            (_, false) => YES.to_vec(),
        }
    }

    fn take_rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.heard)
    }

    fn ended(&self) -> String {
        "ended before the upgrade".to_owned()
    }

    fn time_limit(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn error(&self, why: String) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, why)
    }

    fn timed_out(&self) -> io::Error {
        io::ErrorKind::TimedOut.into()
    }
}

/// The layer. Frames of a client are masked, as websocket has it.
struct Frames {
    masks: bool,
    /// A frame that is not complete.
    held: Vec<u8>,
    /// Its close frame was sent.
    has_ended: bool,
    /// The close frame of the peer has come, or an error.
    is_over: bool,
}

impl Frames {
    fn frame(&self, kind: u8, data: &[u8], to: &mut Vec<u8>) {
        let mask = if self.masks { 0x80 } else { 0 };
        to.push(kind);
        match data.len() {
            len @ ..126 => to.push(mask | len as u8),
            len @ ..65536 => {
                to.push(mask | 126);
                to.extend((len as u16).to_be_bytes());
            }
            len => {
                to.push(mask | 127);
                to.extend((len as u64).to_be_bytes());
            }
        }
        if self.masks {
            to.extend([1, 2, 3, 4]);
        }
        to.extend(data.iter().enumerate().map(|(at, byte)| byte ^ if self.masks { at as u8 % 4 + 1 } else { 0 }));
    }

    fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let (kind, second) = (*self.held.first()?, *self.held.get(1)?);
        let (len, mut at) = match second & 0x7f {
            126 => (u16::from_be_bytes(self.held.get(2..4)?.try_into().ok()?) as usize, 4),
            127 => (u64::from_be_bytes(self.held.get(2..10)?.try_into().ok()?) as usize, 10),
            len => (len as usize, 2),
        };
        let mut mask = [0; 4];
        if second & 0x80 != 0 {
            mask = self.held.get(at..at + 4)?.try_into().ok()?;
            at += 4;
        }
        let data = self.held.get(at..at + len)?;
        let data = data.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]).collect();
        self.held.drain(..at + len);
        Some((kind, data))
    }
}

impl Layer for Frames {
    fn send(&mut self, data: &[u8], below: &mut Vec<u8>) {
        self.frame(DATA, data, below);
    }

    fn receive(&mut self, data: &[u8], above: &mut Vec<u8>, answer: &mut Vec<u8>) -> Option<io::Result<()>> {
        self.held.extend_from_slice(data);
        while !self.is_over
            && let Some((kind, data)) = self.next()
        {
            match kind {
                DATA => above.extend(data),
                CLOSE => {
                    self.is_over = true;
                    return Some(Ok(()));
                }
                PING => self.frame(PONG, &data, answer),
                PONG => (),
                _ => {
                    self.is_over = true;
                    answer.extend(self.closing_bytes());
                    return Some(Err(io::Error::new(io::ErrorKind::InvalidData, "an unknown frame")));
                }
            }
        }
        None
    }

    fn cut(&self) -> Option<io::Error> {
        (!self.is_over).then(|| io::Error::new(io::ErrorKind::InvalidData, "cut without a close frame"))
    }

    fn closing_bytes(&mut self) -> Vec<u8> {
        let mut last = Vec::new();
        if !std::mem::replace(&mut self.has_ended, true) {
            self.frame(CLOSE, b"", &mut last);
        }
        last
    }

    fn can_end_alone(&self) -> bool {
        false
    }
}

/// Carries what both streams send to the other one, in odd pieces.
fn carry(sim: &mut Sim, a: Id, b: Id, moved: &mut (usize, usize)) {
    let mut most = 1;
    loop {
        sim.settle();
        most = most * 31 % 9973 + 1;
        let (from_a, from_b) = (sim.sent(a), sim.sent(b));
        let up = &from_a[moved.0..from_a.len().min(moved.0 + most)];
        let down = &from_b[moved.1..from_b.len().min(moved.1 + most)];
        if up.is_empty() && down.is_empty() {
            return;
        }
        sim.feed(b, up);
        sim.feed(a, down);
        *moved = (moved.0 + up.len(), moved.1 + down.len());
    }
}

#[test]
fn frames_carry_both_directions() {
    for with_tls in [false, true] {
        let mut sim = Sim::new();
        let a = sim.stream(ENOUGH, Recorder::brief());
        let b = sim.stream(ENOUGH, Echo::default());
        if with_tls {
            let pin = server().pin().expect("known");
            sim.transport(a).start_tls(client(Trust::Pins(vec![pin]), false)).expect("TLS");
            sim.transport(b).start_tls(server()).expect("TLS");
        }
        speak_frames(&mut sim, a, true);
        speak_frames(&mut sim, b, false);
        let data: Vec<u8> = (0..1_000_000u32).map(|n| (n * 7 % 251) as u8).collect();
        let mut moved = (0, 0);
        for half in [&data[..500_003], &data[500_003..]] {
            sim.transport(a).write(half);
            carry(&mut sim, a, b, &mut moved);
        }
        assert_eq!(sim.transport(a).info().totals, Totals { received: 1_000_000, sent: 1_000_000 });
        assert!(!sim.transport(a).can_write_eof());
        sim.transport(a).close();
        carry(&mut sim, a, b, &mut moved);
        assert!(sim.wire(a).outbound_end && sim.wire(b).outbound_end, "tls {with_tls}");
        sim.feed_end(a);
        sim.feed_end(b);
        sim.settle();
        assert_eq!(sim.told(a), ["made", "500003 bytes", "499997 bytes", "lost"], "tls {with_tls}");
        if !with_tls {
            assert!(sim.sent(a).ends_with(&[CLOSE, 0x80, 1, 2, 3, 4]) && sim.sent(b).ends_with(&[CLOSE, 0]));
        }
    }
}

/// A server that was fed these pieces.
fn server_of(protocol: impl Into<Handler>, fed: &[&[u8]]) -> (Sim, Id) {
    let mut sim = Sim::new();
    let id = sim.stream(ENOUGH, protocol);
    speak_frames(&mut sim, id, false);
    for piece in fed {
        sim.settle();
        sim.feed(id, piece);
    }
    sim.settle();
    (sim, id)
}

#[test]
fn frames_behind_the_upgrade_pings_ends_and_errors() {
    // Behind the upgrade in one piece: a ping, data, half a frame.
    let behind = &[PING, 1, b'p', DATA, 2, b'h', b'i', DATA, 3, b'a'][..];
    let (mut sim, id) = server_of(Echo::default(), &[&[HEAD, behind].concat(), b"b", b"c"]);
    assert_eq!(sim.sent(id), [YES, &[PONG, 1, b'p', DATA, 2, b'h', b'i', DATA, 3, b'a', b'b', b'c']].concat());
    sim.feed(id, &[CLOSE, 0]);
    sim.run();
    assert!(sim.sent(id).ends_with(&[CLOSE, 0]) && sim.wire(id).outbound_end);
    // A frame that is refused, a stream that is cut, and a request that is no upgrade: what follows has no receiver.
    for (fed, is_cut, sent, told) in [
        (&[HEAD, &[DATA, 1, b'x', 7, 0]], false, &[YES, &[CLOSE, 0]].concat()[..], "made, x, lost: InvalidData"),
        (&[HEAD, &[DATA, 1, b'x', DATA]], true, YES, "made, x, lost: InvalidData"),
        (&[b"PUT / HTTP/1.1\r\n\r\n", HEAD], false, NO, "failed: Reset: connection with ..."),
    ] {
        let (mut sim, id) = server_of(Recorder::brief(), fed);
        if is_cut {
            sim.feed_end(id);
        }
        sim.pass(Duration::from_millis(1100));
        assert_eq!(sim.sent(id), sent);
        is_told(&sim.told(id), told);
    }
    // Little memory.
    let three = Handler::buffered(Recorder::brief().echoing());
    let (mut sim, id) = server_of(three, &[HEAD, &[DATA, 7, 1, 2, 3, 4, 5, 6, 7]]);
    assert_eq!(sim.told(id).concat(), "made\x01\x02\x03\x04\x05\x06\x07");
    assert_eq!(sim.sent(id), [YES, &[DATA, 3, 1, 2, 3, DATA, 3, 4, 5, 6, DATA, 1, 7]].concat());
    sim.abort_all();
}

#[test]
fn the_close_frame_comes_before_the_close_notify() {
    for (last, told) in [(&[CLOSE, 0][..], "eof"), (&[7, 0], "lost: InvalidData")] {
        let mut sim = Sim::new();
        let id = sim.stream(ENOUGH, Recorder::brief());
        sim.transport(id).start_tls(server()).expect("TLS");
        speak_frames(&mut sim, id, false);
        let mut peer = Peer::client();
        // The request comes in the same flight as the end of the handshake.
        peer.write(&[HEAD, &[DATA, 1, b'x']].concat());
        peer.talk(&mut sim, id);
        peer.write(last);
        peer.talk(&mut sim, id);
        if last[0] == CLOSE {
            sim.transport(id).close();
            peer.talk(&mut sim, id);
        }
        assert_eq!((&peer.received[..], peer.has_ended), (&[YES, &[CLOSE, 0]].concat()[..], true));
        sim.pass(Duration::from_millis(1100));
        let all = sim.told(id);
        assert!(all[..2] == ["made", "x"] && all.iter().any(|line| line == told), "{all:?}");
    }
}
