//! A peer with several addresses, where only some may be listened on. UDP has no connection that would tell which: it
//! shows when an address refuses what was sent to it.
//!
//! ```text
//!            an address refuses: the next one gets all that was sent in this round
//!              +---+
//!              v   |
//!   sent ---> Trying ---the last one refuses: the error is told---> Over ---sent: the first one again---> Trying
//!                |
//!                +---something is received, or more was sent than is kept---> settled: that address it is
//! ```
//!
//! A peer that refuses has read nothing, and a peer that has answered is not exchanged. So nobody is told anything
//! twice. Opening the first address is `opening.rs`, going on to another one `fallback.rs`.

use std::net::SocketAddr;

use crate::transports::connect::options::Dialing;
use crate::transports::timers::TimerId;

/// The addresses of a peer, and what was sent to one of them.
#[derive(Debug)]
pub(crate) struct Candidates {
    pub(crate) addresses: Vec<SocketAddr>,
    /// Which of them datagrams go to.
    pub(crate) current: usize,
    /// Where the round began.
    pub(crate) first: usize,
    pub(crate) round: Round,
    pub(crate) dialing: Dialing,
    /// What was sent in this round, in order.
    pub(crate) kept: Vec<Box<[u8]>>,
    /// Its bytes, a header for each included.
    pub(crate) kept_bytes: usize,
    /// The socket closes, and waits for a refusal until then.
    pub(crate) refusal_timer: Option<TimerId>,
    /// Datagrams and bytes that had been sent before.
    pub(crate) sent_before: (u64, u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Round {
    Trying,
    /// Every address has refused, and that was told.
    Over,
}

impl Candidates {
    /// For a socket that goes to `addresses[current]`; `None` where there is no other.
    pub(crate) fn new(addresses: Vec<SocketAddr>, current: usize, dialing: Dialing) -> Option<Box<Self>> {
        (addresses.len() > 1).then(|| {
            let (kept, kept_bytes, sent_before) = (Vec::new(), 0, (0, 0));
            let (first, round) = (current, Round::Trying);
            Box::new(Self {
                addresses,
                current,
                first,
                round,
                dialing,
                kept,
                kept_bytes,
                refusal_timer: None,
                sent_before,
            })
        })
    }

    /// Whether a refusal would have another address get what was sent.
    pub(crate) fn has_next(&self) -> bool {
        let is_last = (self.current + 1) % self.addresses.len() == self.first;
        self.round == Round::Trying && !self.kept.is_empty() && !is_last
    }

    /// Goes on to the next address of this round.
    pub(crate) fn next(&mut self) -> Option<SocketAddr> {
        let next = (self.current + 1) % self.addresses.len();
        if next == self.first {
            self.round = Round::Over;
            return None;
        }
        self.current = next;
        Some(self.addresses[next])
    }

    /// Forgets what was sent; how many bytes it was.
    pub(crate) fn forget(&mut self) -> usize {
        self.kept = Vec::new();
        std::mem::take(&mut self.kept_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_has_every_address_once_wherever_it_begins() {
        let addresses = Vec::from_iter((0..3).map(|n| SocketAddr::from(([127, 0, 0, n], 1))));
        let new = |n: usize, current| Candidates::new(addresses[..n].to_vec(), current, Dialing::default());
        assert!(new(0, 0).is_none() && new(1, 0).is_none());
        for first in 0..3 {
            let mut candidates = new(3, first).expect("several");
            let mut tried = vec![candidates.current];
            while candidates.next().is_some() {
                tried.push(candidates.current);
            }
            assert_eq!(candidates.round, Round::Over);
            tried.sort_unstable();
            assert_eq!(tried, [0, 1, 2], "from {first} on");
        }
    }
}
