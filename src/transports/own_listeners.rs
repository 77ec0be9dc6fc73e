//! The addresses that this loop serves, so that a connection does not lead back here: each such connection would make
//! another one, without end.
//!
//! [`Dialing::avoids_own_listeners`] turns this on. Three kinds of listeners are left out, because the same address
//! can belong to another program: inherited ones (another network namespace), those of one interface, and UDP sockets
//! that share their port. Nothing here recognises a way back over another program: see `protocols/loop_guard.rs`.
//!
//! [`Dialing::avoids_own_listeners`]: super::connect::Dialing::avoids_own_listeners

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Instant;

use socket2::{SockAddr, Socket, Type};

use super::datagram::Remote;
use super::datagram::own::OwnAddress;
use super::id::Id;
use super::own_file::identity;

/// The addresses that this loop serves.
#[derive(Debug, Default)]
pub(crate) struct OwnListeners(Vec<OwnListener>);

#[derive(Debug)]
struct OwnListener {
    id: Id,
    kind: Type,
    address: SockAddr,
    /// The address of an IP socket.
    own: Option<OwnAddress>,
    only_v6: bool,
}

impl OwnListeners {
    /// Adds the address of a bound socket. A socket that cannot tell its address is left out.
    pub(crate) fn add(&mut self, id: Id, socket: &Socket) {
        let (Ok(kind), Ok(address)) = (socket.r#type(), socket.local_addr()) else { return };
        let only_v6 = address.is_ipv6() && socket.only_v6().unwrap_or(true);
        let own = address.as_socket().map(OwnAddress::new);
        self.0.push(OwnListener { id, kind, address, own, only_v6 });
    }

    pub(crate) fn remove(&mut self, id: Id) {
        self.0.retain(|listener| listener.id != id);
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a socket of this kind that connects to `address` would reach this loop.
    pub(crate) fn serve(&mut self, kind: Type, address: &SockAddr, now: Instant) -> bool {
        self.0.iter_mut().filter(|listener| listener.kind == kind).any(|listener| listener.serves(address, now))
    }
}

impl OwnListener {
    fn serves(&mut self, address: &SockAddr, now: Instant) -> bool {
        match (&mut self.own, address.as_socket()) {
            (Some(own), Some(ip)) => {
                let is_apart =
                    self.only_v6 && ip.ip().to_canonical().is_ipv4() || are_of_two_links(self.address.as_socket(), ip);
                !is_apart && own.is_sender(&Remote::from(reached(ip)), now)
            }
            (None, None) => self.address == *address || is_same_file(&self.address, address),
            _ => false,
        }
    }
}

/// Whether the paths of two unix sockets name the same file.
fn is_same_file(one: &SockAddr, other: &SockAddr) -> bool {
    let file = |address: &SockAddr| Some(identity(&fs::metadata(address.as_pathname()?).ok()?));
    file(one).is_some_and(|one| file(other) == Some(one))
}

/// Whether two link-local addresses belong to two interfaces. Many routers have the same one on each.
fn are_of_two_links(one: Option<SocketAddr>, other: SocketAddr) -> bool {
    match (one, other) {
        (Some(SocketAddr::V6(one)), SocketAddr::V6(other)) => {
            one.scope_id() != 0 && other.scope_id() != 0 && one.scope_id() != other.scope_id()
        }
        _ => false,
    }
}

/// The address that the system connects to: the unspecified address means this machine.
fn reached(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use socket2::Domain;

    use super::*;
    use crate::transports::id::Arena;

    #[test]
    fn an_address_is_recognised_in_each_form_and_no_other_one_is() {
        let now = Instant::now();
        for (bound, only_v6, own, other) in [
            ("127.0.0.1:0", false, &["127.0.0.1", "0.0.0.0", "::ffff:127.0.0.1"][..], &["127.0.0.2", "::1"][..]),
            ("0.0.0.0:0", false, &["127.0.0.1", "127.0.0.9", "0.0.0.0"], &["::1", "192.0.2.1"]),
            ("[::1]:0", true, &["::1", "::"], &["127.0.0.1"]),
            ("[::]:0", true, &["::1", "::"], &["127.0.0.1", "0.0.0.0", "2001:db8::1"]),
            ("[::]:0", false, &["::1", "127.0.0.1"], &["2001:db8::1"]),
        ] {
            let bound: SocketAddr = bound.parse().expect("an address");
            let socket = Socket::new(Domain::for_address(bound), Type::STREAM, None).expect("a socket");
            if bound.is_ipv6() {
                socket.set_only_v6(only_v6).expect("an option");
            }
            if socket.bind(&bound.into()).is_err() {
                println!("skipped: no {bound}");
                continue;
            }
            let port = socket.local_addr().ok().and_then(|local| local.as_socket()).expect("an address").port();
            let (mut listeners, id) = (OwnListeners::default(), Arena::new().insert(()));
            listeners.add(id, &socket);
            let mut serves = |kind, ip: &str, port| {
                let address = SocketAddr::new(ip.parse().expect("an address"), port);
                listeners.serve(kind, &address.into(), now)
            };
            for ip in own {
                assert!(serves(Type::STREAM, ip, port), "{bound} {only_v6}: {ip}");
                assert!(!serves(Type::DGRAM, ip, port), "{bound}: {ip} for UDP");
                assert!(!serves(Type::STREAM, ip, port ^ 1), "{bound}: {ip} with another port");
            }
            for ip in other {
                assert!(!serves(Type::STREAM, ip, port), "{bound} {only_v6}: {ip}");
            }
            listeners.remove(id);
            assert!(!listeners.serve(Type::STREAM, &SocketAddr::new(bound.ip(), port).into(), now), "{bound}: closed");
        }
    }
}
