//! Decides which sender makes room for a new one: the one that has been silent for longest. If one address has far more
//! than its share, the sender is one of that address, so that a flood from one place does not drive out all others.
//!
//! An age is noted when its flow begins. [`Ages::touch`] updates it only when that flow is about to make room. So a
//! datagram costs nothing here, and making room costs as much as there was activity since the last time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use super::waiting::Key;

/// When a flow was last known to be active, and a number that makes ages of one moment differ.
pub(super) type Age<T = Instant> = (T, u64);

/// This many flows are a fair share for any address.
const FAIR: usize = 4;

/// The bits of an IPv6 address that name the network. A host can choose the other bits.
const NETWORK_BITS: u32 = 64;

/// All flows by age, and the flows of each address. `T` is a moment.
#[derive(Debug)]
pub(super) struct Ages<T = Instant> {
    all: BTreeMap<Age<T>, Key>,
    of_source: HashMap<IpAddr, BTreeSet<Age<T>>>,
    /// How many flows each address has.
    sizes: BTreeSet<(usize, IpAddr)>,
    last: u64,
}

impl<T> Default for Ages<T> {
    fn default() -> Self {
        Self { all: BTreeMap::new(), of_source: HashMap::new(), sizes: BTreeSet::new(), last: 0 }
    }
}

impl<T: Ord + Copy> Ages<T> {
    /// Adds a flow that begins now.
    pub(super) fn insert(&mut self, key: Key, now: T) -> Age<T> {
        self.last += 1;
        let age = (now, self.last);
        self.all.insert(age, key);
        self.change(source(key.address), |ages| ages.insert(age));
        age
    }

    /// Removes a flow.
    pub(super) fn remove(&mut self, age: Age<T>) {
        if let Some(key) = self.all.remove(&age) {
            self.change(source(key.address), |ages| ages.remove(&age));
        }
    }

    /// Updates the age of a flow.
    pub(super) fn touch(&mut self, age: Age<T>, active: T) -> Age<T> {
        match self.all.get(&age).copied() {
            Some(key) => {
                self.remove(age);
                self.insert(key, active)
            }
            None => age,
        }
    }

    /// The flow that has to make room next, by the ages that are known here.
    pub(super) fn next(&self) -> Option<(Age<T>, Key)> {
        let of_all = self.all.first_key_value();
        let (most, from) = *self.sizes.last()?;
        let is_unfair = most >= FAIR && most * self.sizes.len() > 2 * self.all.len();
        let of_source = self.of_source.get(&from).filter(|_| is_unfair).and_then(BTreeSet::first);
        let next = of_source.and_then(|age| self.all.get_key_value(age)).or(of_all)?;
        Some((*next.0, *next.1))
    }

    /// Applies `change` to the ages of one address, and updates its size.
    fn change(&mut self, from: IpAddr, change: impl FnOnce(&mut BTreeSet<Age<T>>) -> bool) {
        let ages = self.of_source.entry(from).or_default();
        self.sizes.remove(&(ages.len(), from));
        change(ages);
        if ages.is_empty() {
            self.of_source.remove(&from);
        } else {
            self.sizes.insert((ages.len(), from));
        }
    }
}

/// The source that counts as one: an address of IPv4, or a network of IPv6.
pub(super) fn source(address: SocketAddr) -> IpAddr {
    match address.ip().to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> NETWORK_BITS << NETWORK_BITS).into()),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transports::id::Arena;

    struct Bench {
        ages: Ages<u64>,
        known: HashMap<SocketAddr, Age<u64>>,
        socket: crate::transports::id::Id,
    }

    impl Bench {
        fn new() -> Self {
            let socket = Arena::new().insert(());
            Self { ages: Ages::default(), known: HashMap::new(), socket }
        }

        fn add(&mut self, address: &str, second: u64) {
            let address: SocketAddr = address.parse().expect("an address");
            let age = self.ages.insert(Key { socket: self.socket, address }, second);
            self.known.insert(address, age);
        }

        fn touch(&mut self, address: &str, second: u64) {
            let address: SocketAddr = address.parse().expect("an address");
            let age = self.ages.touch(self.known[&address], second);
            self.known.insert(address, age);
        }

        fn evict(&mut self) -> Option<String> {
            let (age, key) = self.ages.next()?;
            self.ages.remove(age);
            Some(key.address.to_string())
        }

        fn is_empty(&self) -> bool {
            self.ages.all.is_empty() && self.ages.of_source.is_empty() && self.ages.sizes.is_empty()
        }
    }

    #[test]
    fn who_has_been_silent_for_longest_goes_first() {
        let mut bench = Bench::new();
        assert_eq!(bench.evict(), None);
        for (address, second) in [("10.0.0.1:1", 1), ("10.0.0.2:1", 2), ("10.0.0.3:1", 3), ("10.0.0.1:2", 4)] {
            bench.add(address, second);
        }
        bench.touch("10.0.0.1:1", 5);
        bench.touch("10.0.0.3:1", 3);
        let order = Vec::from_iter(std::iter::from_fn(|| bench.evict()));
        assert_eq!(order, ["10.0.0.2:1", "10.0.0.3:1", "10.0.0.1:2", "10.0.0.1:1"]);
        assert!(bench.is_empty());
    }

    #[test]
    fn an_address_with_far_more_than_its_share_makes_room_for_its_own() {
        let mut bench = Bench::new();
        for n in 1..=100 {
            bench.add(&format!("10.0.0.{n}:1"), n);
        }
        for n in 0..1000 {
            // They are all younger than the others.
            bench.add(&format!("10.9.9.9:{}", 1000 + n), 1000 + n);
        }
        for n in 0..2000 {
            assert_eq!(bench.evict(), Some(format!("10.9.9.9:{}", 1000 + n)));
            bench.add(&format!("10.9.9.9:{}", 2000 + n), 2000 + n);
        }
        // An IPv6 network is one source, and a mapped address counts as IPv4.
        for n in 1..=2000 {
            bench.add(&format!("[fd00:1::{n:x}]:1"), 5000 + n);
        }
        assert_eq!(bench.evict(), Some("[fd00:1::1]:1".to_owned()));
        assert_eq!(source("[::ffff:10.0.0.1]:1".parse().expect("an address")).to_string(), "10.0.0.1");
    }

    #[test]
    fn shares_that_differ_a_little_are_no_matter() {
        let mut bench = Bench::new();
        for n in 1..=50 {
            bench.add(&format!("10.0.0.{n}:1"), n);
        }
        for port in 1..=3 {
            bench.add(&format!("10.0.1.1:{port}"), 100);
        }
        assert_eq!(bench.evict(), Some("10.0.0.1:1".to_owned()));
        // With equal shares, the age decides.
        let mut bench = Bench::new();
        for n in 1..=20 {
            for port in 1..=20 {
                bench.add(&format!("10.0.0.{n}:{port}"), port * 100 + n);
            }
        }
        assert_eq!(bench.evict(), Some("10.0.0.1:1".to_owned()));
        assert_eq!(bench.evict(), Some("10.0.0.2:1".to_owned()));
    }
}
