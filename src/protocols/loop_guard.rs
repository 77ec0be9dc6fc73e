//! Keeps an echo server from talking to another one for ever.
//!
//! One forged datagram, from one echo server to another, would make the two send it back and forth at full speed (CVE-2024-2169,
//! CVE-1999-0103). Three signs of it, each cheap:
//!
//! - What we send carries a mark in its traffic class, which a client does not copy into its next datagram. What arrives with the
//!   mark was sent by an echo server of our kind, and is not answered: with one of those a loop ends at its first turn.
//! - A port below 1024 is that of a service (echo, chargen, DNS, NTP, …), not of a client, and is not answered.
//! - Other echo servers return what we send and do nothing else. A peer that has done that many times in a row, one datagram at a
//!   time, gets one answer less: a loop of one datagram ends by that, and a client that is as monotonous has to repeat itself.

use crate::transports::datagram::Remote;

/// The mark: a code point for local use (RFC 2474, pool 2, `000011`), which routers treat as no class at all.
pub const MARK: u8 = 0b0000_1100;

/// The bits of a traffic class that are the code point; the others tell of congestion (RFC 3168).
const CLASS_BITS: u8 = 0b1111_1100;

/// The first port that is not reserved for services.
const PORT_MIN: u16 = 1024;

/// Turns after which a loop is broken: two seconds or so on one machine.
const TURNS_MAX: u32 = 65536;

/// Peers remembered at once, each in the place that its port gives it.
const PLACES: usize = 256;
/// Bytes of a datagram that are compared, besides its length.
const COMPARED_BYTES: usize = 16;

/// What is known of the peers. One that shares its place with another one takes turns with it, and both are then no loop.
#[derive(Debug)]
pub(super) struct LoopGuard {
    peers: Vec<Peer>,
}

#[derive(Clone, Debug)]
struct Peer {
    from: Option<Remote>,
    len: usize,
    beginning: [u8; COMPARED_BYTES],
    turns: u32,
}

/// Why a datagram is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It carries our mark.
    Marked,
    /// It comes from a service's port.
    ServicePort,
    /// Its sender has returned what we sent too many times.
    Loop,
}

impl LoopGuard {
    pub(super) fn new() -> Self {
        let peer = Peer { from: None, len: 0, beginning: [0; COMPARED_BYTES], turns: 0 };
        Self { peers: vec![peer; PLACES] }
    }

    /// Why this datagram should not be answered, if it should not.
    pub(super) fn refusal(&mut self, data: &[u8], from: &Remote) -> Option<Refusal> {
        if from.traffic_class() & CLASS_BITS == MARK {
            return Some(Refusal::Marked);
        }
        let port = from.address().port();
        if port < PORT_MIN {
            return Some(Refusal::ServicePort);
        }
        let peer = &mut self.peers[usize::from(port) % PLACES];
        let compared = data.len().min(COMPARED_BYTES);
        let same = peer.from.as_ref() == Some(from)
            && peer.len == data.len()
            && peer.beginning[..compared] == data[..compared];
        if !same {
            (peer.from, peer.len, peer.turns) = (Some(*from), data.len(), 0);
            peer.beginning[..compared].copy_from_slice(&data[..compared]);
            return None;
        }
        peer.turns += 1;
        if peer.turns < TURNS_MAX {
            return None;
        }
        peer.turns = 0;
        Some(Refusal::Loop)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn remote(port: u16) -> Remote {
        Remote::from(SocketAddr::from(([127, 0, 0, 1], port)))
    }

    #[test]
    fn services_get_no_answer() {
        let mut guard = LoopGuard::new();
        assert_eq!(guard.refusal(b"x", &remote(7)), Some(Refusal::ServicePort));
        assert_eq!(guard.refusal(b"x", &remote(1023)), Some(Refusal::ServicePort));
        assert_eq!(guard.refusal(b"x", &remote(1024)), None);
    }

    #[test]
    fn a_loop_ends_and_a_conversation_does_not() {
        let mut guard = LoopGuard::new();
        let answered = |guard: &mut LoopGuard, datagram: fn(u32) -> u32| {
            (0..2 * TURNS_MAX)
                .filter(|turn| guard.refusal(&datagram(*turn).to_be_bytes(), &remote(7001)).is_none())
                .count()
        };
        assert_eq!(answered(&mut guard, |_| 5), 2 * TURNS_MAX as usize - 1);
        assert_eq!(answered(&mut guard, |turn| turn), 2 * TURNS_MAX as usize);
    }
}
