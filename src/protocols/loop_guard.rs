//! Keeps two echo servers from talking to each other without end.
//!
//! One forged datagram from one echo server to another would make the two send it back and forth at full speed
//! (CVE-2024-2169, CVE-1999-0103). There are three measures, and each is cheap:
//!
//! - Every datagram of xport's echo has a mark in its traffic class, which a client does not copy into its next
//!   datagram. A datagram with the mark comes from such an echo server and gets no answer, so a loop ends at its first
//!   turn.
//! - A port below 1024 belongs to a service (echo, chargen, DNS, NTP, …), not to a client, and gets no answer.
//! - Other echo servers return every datagram. A sender of very many datagrams without a pause gets no answer now and
//!   then. This ends the loop, however many datagrams go round in it. A client loses one answer in some thousands,
//!   which it must expect of UDP anyway.
//!
//! Relays can form a loop too, in which each relay takes the datagram of another one for that of a new client. So a
//! relay counts hops in the traffic class of what it passes on, and passes nothing on after some hops. A way over
//! streams, or over other programs, loses the count.

use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::transports::datagram::Remote;

/// The mark: a code point for local use (RFC 2474, pool 2, `000011`), which routers treat as no class at all.
pub const MARK: u8 = 0b0000_1100;
/// The bits of a traffic class that are the code point. The other bits tell of congestion (RFC 3168).
const CLASS_BITS: u8 = 0b1111_1100;

/// The number of hops is above these bits of a traffic class, if they are [`MARK`]. An answer has no hops.
const HOP_SHIFT: u32 = 4;
/// The most relays that one datagram passes through. People chain two or three.
const HOPS_MAX: u8 = 8;

/// The first port that is not reserved for services.
const PORT_MIN: u16 = 1024;

/// After this many datagrams without a pause, a sender can be a loop: about two seconds of one on one machine.
const SUSPECT: u32 = 65536;
/// Of this many datagrams of a suspect, one is not answered.
const DROPPED_ONE_IN: u32 = 4096;
/// A sender that is silent for this time has paused.
const PAUSE: Duration = Duration::from_millis(100);

/// Number of counters. Senders that share a counter are counted together, so a sender cannot hide by changing its
/// address.
const COUNTERS: usize = 1024;

/// Whether a datagram carries the mark: a service like this one has sent it as an answer.
pub(super) fn is_marked(from: &Remote) -> bool {
    from.traffic_class() & CLASS_BITS == MARK
}

/// How many relays have passed a datagram on.
fn hops(from: &Remote) -> u8 {
    let class = from.traffic_class() & CLASS_BITS;
    if class & ((1 << HOP_SHIFT) - 1) == MARK { class >> HOP_SHIFT } else { 0 }
}

/// Whether a datagram has passed through more relays than people chain, so that it goes round.
pub(super) fn goes_round(from: &Remote) -> bool {
    hops(from) >= HOPS_MAX
}

/// The traffic class of a datagram from `from` that a relay passes on: with one hop more.
pub(super) fn hop_mark(from: &Remote) -> u8 {
    (hops(from).min(HOPS_MAX) + 1) << HOP_SHIFT | MARK
}

/// The counters of all senders.
#[derive(Debug)]
pub(super) struct LoopGuard {
    counters: Vec<Counter>,
    /// Random keys, so that a sender cannot choose with whom it shares a counter.
    keys: RandomState,
    /// When the first datagram came. Times are counted from then.
    start: Option<Instant>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    last: Duration,
    /// Datagrams since the last pause.
    count: u32,
}

/// The reason why a datagram gets no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It has the mark.
    Marked,
    /// It comes from the port of a service.
    ServicePort,
    /// Its sender never pauses.
    Loop,
}

impl LoopGuard {
    pub(super) fn new() -> Self {
        Self { counters: vec![Counter::default(); COUNTERS], keys: RandomState::new(), start: None }
    }

    /// The reason not to answer a datagram from `from`, if there is one.
    pub(super) fn refusal(&mut self, from: &Remote, now: Instant) -> Option<Refused> {
        obvious_refusal(from).or_else(|| {
            let start = *self.start.get_or_insert(now);
            self.feeds_a_loop(from.address(), now.duration_since(start)).then_some(Refused::Loop)
        })
    }

    /// Counts a datagram. Returns whether it is one of those that a suspect gets no answer to.
    fn feeds_a_loop(&mut self, from: SocketAddr, now: Duration) -> bool {
        let place = self.keys.hash_one(from) % COUNTERS as u64;
        let Counter { last, count } = &mut self.counters[place as usize];
        if now - *last >= PAUSE {
            *count = 0;
        }
        *last = now;
        *count = count.wrapping_add(1);
        *count > SUSPECT && *count % DROPPED_ONE_IN == 0
    }
}

/// The reason that one datagram shows by itself.
fn obvious_refusal(from: &Remote) -> Option<Refused> {
    if is_marked(from) {
        return Some(Refused::Marked);
    }
    (from.address().port() < PORT_MIN).then_some(Refused::ServicePort)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn services_get_no_answer() {
        let refusal = |port| obvious_refusal(&Remote::from(address(port)));
        assert_eq!(refusal(7), Some(Refused::ServicePort));
        assert_eq!(refusal(1023), Some(Refused::ServicePort));
        assert_eq!(refusal(1024), None);
    }

    #[test]
    fn a_loop_ends_however_many_datagrams_go_round() {
        for datagrams in [1, 2, 10] {
            let (mut guard, mut now) = (LoopGuard::new(), Duration::ZERO);
            let (mut round, mut answers) = (datagrams, 0);
            while round > 0 {
                answers += round;
                round -= (0..round).filter(|_| guard.feeds_a_loop(address(7001), now)).count();
                now += Duration::from_micros(30);
                assert!(answers < 200_000, "{datagrams} go round for ever");
            }
        }
    }

    #[test]
    fn who_pauses_is_never_suspected() {
        let (mut guard, mut now) = (LoopGuard::new(), Duration::ZERO);
        for _ in 0..4 {
            assert!((0..SUSPECT).all(|_| !guard.feeds_a_loop(address(40000), now)));
            now += PAUSE;
        }
        let refused = (0..SUSPECT * 2).filter(|_| guard.feeds_a_loop(address(40000), now)).count();
        assert_eq!(refused, (SUSPECT / DROPPED_ONE_IN) as usize);
    }
}
