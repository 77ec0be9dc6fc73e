//! Decides which peers may connect (`--allow`, `--deny`), before any byte is read or sent.
//!
//! A denied peer is refused even if it is allowed too. Without an allow list, all other peers are admitted. An IPv4
//! address that is mapped into IPv6 (`::ffff:127.0.0.1`) counts as IPv4.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::info::Peer;

/// A list of allowed and one of denied networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessList {
    allow: Vec<IpNet>,
    deny: Vec<IpNet>,
}

impl AccessList {
    /// Makes the lists. An empty `allow` allows all peers.
    #[must_use]
    pub fn new(allow: Vec<IpNet>, deny: Vec<IpNet>) -> Self {
        Self { allow, deny }
    }

    /// Whether a peer with this address may connect.
    #[must_use]
    pub fn admits(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        let listed = |list: &[IpNet]| list.iter().any(|net| net.contains(&peer));
        !listed(&self.deny) && (self.allow.is_empty() || listed(&self.allow))
    }

    /// Whether networks are allowed, and no address of the loopback is in any of them.
    #[must_use]
    pub fn allows_only_others(&self) -> bool {
        let has_loopback = |net: &IpNet| {
            let first: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            net.addr().to_canonical().is_loopback() || first.iter().any(|address| net.contains(address))
        };
        !self.allow.is_empty() && !self.allow.iter().any(has_loopback)
    }

    /// Whether a peer of any kind may connect. A peer without an IP address is on no list, so it is admitted only
    /// without an allow list.
    #[must_use]
    pub fn admits_peer(&self, peer: &Peer) -> bool {
        peer.ip().map_or(self.allow.is_empty(), |ip| self.admits(ip))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nets(list: &[&str]) -> Vec<IpNet> {
        list.iter().map(|text| text.parse().expect("a network")).collect()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn no_list_admits_everyone() {
        assert!(AccessList::default().admits(ip("203.0.113.9")));
        assert!(AccessList::default().admits_peer(&Peer::Unnamed));
        assert!(!AccessList::new(nets(&["0.0.0.0/0"]), Vec::new()).admits_peer(&Peer::Unnamed));
    }

    #[test]
    fn networks_with_and_without_the_loopback() {
        for (list, expected) in [
            (&[][..], false),
            (&["10.0.0.0/8"], true),
            (&["10.0.0.0/8", "2001:db8::/32"], true),
            (&["10.0.0.0/8", "127.0.0.5/32"], false),
            (&["0.0.0.0/0"], false),
            (&["::/0"], false),
            (&["::1/128"], false),
        ] {
            assert_eq!(AccessList::new(nets(list), Vec::new()).allows_only_others(), expected, "{list:?}");
        }
    }

    #[test]
    fn deny_wins_over_allow() {
        let list = AccessList::new(nets(&["10.0.0.0/8"]), nets(&["10.1.0.0/16"]));
        assert!(list.admits(ip("10.2.3.4")));
        assert!(!list.admits(ip("10.1.3.4")));
        assert!(!list.admits(ip("192.0.2.1")));
    }

    #[test]
    fn a_mapped_address_is_matched_as_ipv4() {
        let list = AccessList::new(Vec::new(), nets(&["127.0.0.0/8"]));
        assert!(!list.admits(ip("::ffff:127.0.0.1")));
        assert!(list.admits(ip("::1")));
    }

    #[test]
    fn whole_and_single_networks() {
        assert!(!AccessList::new(Vec::new(), nets(&["0.0.0.0/0"])).admits(ip("8.8.8.8")));
        let single = AccessList::new(nets(&["192.0.2.7/32"]), Vec::new());
        assert!(single.admits(ip("192.0.2.7")) && !single.admits(ip("192.0.2.8")));
    }
}
