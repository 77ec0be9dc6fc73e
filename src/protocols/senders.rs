//! Names the senders of datagrams for `-v`: each sender once, until it has been silent for long.
//!
//! The addresses of datagrams can be forged, so the memory for them is bounded. The table has two halves. When the
//! young half is full, or old, it becomes the old half, and the old half is forgotten.

use std::collections::HashSet;
use std::mem::take;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::transports::datagram::Remote;
use crate::transports::datagram::handle::DatagramTransport;

/// Senders in one half of the table.
const HALF: usize = 1024;
/// The age at which the young half becomes the old one.
const HALF_LIFE: Duration = Duration::from_secs(60);

/// The senders of recent datagrams.
#[derive(Debug, Default)]
pub(super) struct Senders {
    young: HashSet<SocketAddr>,
    old: HashSet<SocketAddr>,
    /// When the first sender was noted.
    start: Option<Instant>,
    /// How much later the present young half began.
    since: Duration,
}

impl Senders {
    /// Notes a sender, and logs it if it is new. Returns whether it is new. Without `-v` no sender is noted or new.
    pub(super) fn note(&mut self, t: &mut DatagramTransport<'_>, from: &Remote) -> bool {
        if !log::log_enabled!(log::Level::Info) {
            return false;
        }
        let now = t.net().now();
        let start = *self.start.get_or_insert(now);
        let is_new = self.is_new(from.address(), now.duration_since(start));
        if is_new {
            log::info!("{}datagrams from {from}", t.number());
        }
        is_new
    }

    fn is_new(&mut self, address: SocketAddr, now: Duration) -> bool {
        if self.young.contains(&address) {
            return false;
        }
        if self.young.len() >= HALF || now - self.since >= HALF_LIFE {
            self.old = take(&mut self.young);
            self.since = now;
        }
        self.young.insert(address);
        !self.old.contains(&address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: usize) -> SocketAddr {
        SocketAddr::from(([10, 0, (n >> 8) as u8, n as u8], 1234))
    }

    #[test]
    fn each_is_new_once_and_the_table_is_bounded() {
        let (mut senders, now) = (Senders::default(), Duration::ZERO);
        for n in 0..20_000 {
            assert!(senders.is_new(address(n), now), "{n}");
            assert!(!senders.is_new(address(n), now), "{n}");
            assert!(senders.young.len() <= HALF && senders.old.len() <= HALF);
        }
        assert!(!senders.is_new(address(19_000), now), "heard of lately");
        assert!(senders.is_new(address(0), now), "forgotten for younger ones");
    }

    #[test]
    fn who_is_silent_for_long_is_forgotten() {
        let (mut senders, now) = (Senders::default(), Duration::ZERO);
        assert!(senders.is_new(address(1), now));
        assert!(senders.is_new(address(2), now + HALF_LIFE));
        assert!(!senders.is_new(address(1), now + HALF_LIFE));
        assert!(senders.is_new(address(3), now + HALF_LIFE * 2));
        assert!(senders.is_new(address(4), now + HALF_LIFE * 3));
        assert!(senders.is_new(address(1), now + HALF_LIFE * 3));
    }
}
