//! The addresses of a peer that has several. Perhaps the peer listens on one of them only. UDP makes no connection that
//! would show which one, but an address without a listener refuses what is sent to it.
//!
//! ```text
//!            an address refuses: the next one gets everything that was sent in this round
//!              +---+
//!              v   |
//!   sent ---> Trying --- the last address refuses: the protocol is told ---> Over --- sent: a new round ---> Trying
//!                |
//!                +--- something is received, or too much was sent to be kept ---> settled: the address stays
//! ```
//!
//! A peer that refuses has read nothing, and an address that has answered is never changed. So no peer gets anything
//! twice. `opening.rs` opens the first address, `fallback.rs` changes to another one.

use std::net::SocketAddr;

use crate::transports::connect::options::Dialing;
use crate::transports::timers::TimerId;

/// The addresses of a peer, and what was sent to the present one.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    pub(crate) addresses: Vec<SocketAddr>,
    /// The index of the address that the socket is connected to.
    pub(crate) current: usize,
    /// The index of the address with which the round began.
    pub(crate) first: usize,
    pub(crate) round: Round,
    pub(crate) dialing: Dialing,
    /// The datagrams sent in this round, in order.
    pub(crate) kept: Vec<Box<[u8]>>,
    /// The bytes of that, with a header for each datagram.
    pub(crate) kept_bytes: usize,
    /// The end of the wait for a refusal, if the socket is closing.
    pub(crate) refusal_timer: Option<TimerId>,
    /// How many datagrams and bytes had been sent when the round began.
    pub(crate) sent_before: (u64, u64),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Round {
    #[default]
    Trying,
    /// Every address has refused, and the protocol was told.
    Over,
}

impl Candidates {
    /// The candidates of a socket that is connected to `addresses[current]`; `None` if that is the only address.
    pub(crate) fn new(addresses: Vec<SocketAddr>, current: usize, dialing: Dialing) -> Option<Box<Self>> {
        let is_one_of_several = addresses.len() > 1;
        let candidates = Self { addresses, current, first: current, dialing, ..Self::default() };
        is_one_of_several.then(|| Box::new(candidates))
    }

    /// Whether another address would get what was sent if the present one refused it.
    pub(crate) fn has_next(&self) -> bool {
        let is_last = (self.current + 1) % self.addresses.len() == self.first;
        self.round == Round::Trying && !self.kept.is_empty() && !is_last
    }

    /// Takes the next address of this round.
    pub(crate) fn next(&mut self) -> Option<SocketAddr> {
        let next = (self.current + 1) % self.addresses.len();
        if next == self.first {
            self.round = Round::Over;
            return None;
        }
        self.current = next;
        Some(self.addresses[next])
    }

    /// The addresses that have refused, in the order of the round; none before all of them have.
    pub(crate) fn refusing(&self) -> impl Iterator<Item = SocketAddr> {
        let all = if self.round == Round::Over { &self.addresses[..] } else { &[] };
        all.iter().cycle().skip(self.first).take(all.len()).copied()
    }

    /// Forgets what was sent. Returns how many bytes that was.
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
                assert_eq!(candidates.refusing().count(), 0);
            }
            assert_eq!(candidates.round, Round::Over);
            assert!(candidates.refusing().eq(tried.iter().map(|index| addresses[*index])));
            tried.sort_unstable();
            assert_eq!(tried, [0, 1, 2], "from {first} on");
        }
    }
}
