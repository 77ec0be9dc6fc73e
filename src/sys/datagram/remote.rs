//! The other end of a datagram, in Rust's and in the system's form.

use std::fmt;
use std::mem::size_of;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// The other end of a datagram, and the local address that the datagram was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remote {
    pub(super) address: SocketAddr,
    /// The local address that the datagram was sent to, and from which an answer must come. Only for a socket that is
    /// bound to every address.
    pub(super) local: Option<IpAddr>,
    /// The interface of a link-local address; otherwise 0.
    pub(super) interface: u32,
    pub(super) traffic_class: u8,
}

impl Remote {
    /// The address of the sender. An IPv4 address can be mapped into IPv6; [`Display`](fmt::Display) shows it as IPv4.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The local address that the datagram was sent to, if the socket is bound to every address.
    #[must_use]
    pub fn local(&self) -> Option<IpAddr> {
        self.local
    }

    /// The traffic class of the received datagram (`IP_TOS`, RFC 2474), or 0 if the socket does not report it.
    #[must_use]
    pub fn traffic_class(&self) -> u8 {
        self.traffic_class
    }

    /// The same remote as a destination, without the class of the received datagram.
    pub(crate) fn without_class(self) -> Self {
        Self { traffic_class: 0, ..self }
    }
}

impl From<SocketAddr> for Remote {
    fn from(address: SocketAddr) -> Self {
        Self { address, local: None, interface: 0, traffic_class: 0 }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            SocketAddr::V6(v6) if v6.ip().to_ipv4_mapped().is_some() => {
                SocketAddr::new(self.address.ip().to_canonical(), v6.port()).fmt(f)
            }
            address => address.fmt(f),
        }
    }
}

/// Memory for a socket address of either family.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) union Name {
    family: libc::sa_family_t,
    v4: libc::sockaddr_in,
    v6: libc::sockaddr_in6,
}

impl Name {
    /// Stores an address, and returns its length for the system.
    pub(super) fn set(&mut self, address: SocketAddr) -> libc::socklen_t {
        match address {
            SocketAddr::V4(v4) => {
                self.v4 = libc::sockaddr_in {
                    sin_family: libc::AF_INET as libc::sa_family_t,
                    sin_port: v4.port().to_be(),
                    sin_addr: in_addr(*v4.ip()),
                    sin_zero: [0; 8],
                };
                size_of::<libc::sockaddr_in>() as libc::socklen_t
            }
            SocketAddr::V6(v6) => {
                self.v6 = libc::sockaddr_in6 {
                    sin6_family: libc::AF_INET6 as libc::sa_family_t,
                    sin6_port: v6.port().to_be(),
                    sin6_flowinfo: v6.flowinfo(),
                    sin6_addr: in6_addr(*v6.ip()),
                    sin6_scope_id: v6.scope_id(),
                };
                size_of::<libc::sockaddr_in6>() as libc::socklen_t
            }
        }
    }

    /// The address that the system has stored.
    pub(super) fn address(&self) -> SocketAddr {
        // SAFETY: every bit pattern is a valid value of each field, and all of the union is initialised from the start.
        let (family, v4, v6) = unsafe { (libc::c_int::from(self.family), self.v4, self.v6) };
        if family == libc::AF_INET6 {
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            SocketAddrV6::new(ip, u16::from_be(v6.sin6_port), v6.sin6_flowinfo, v6.sin6_scope_id).into()
        } else {
            SocketAddrV4::new(ipv4(v4.sin_addr), u16::from_be(v4.sin_port)).into()
        }
    }
}

fn in_addr(ip: Ipv4Addr) -> libc::in_addr {
    libc::in_addr { s_addr: u32::from_ne_bytes(ip.octets()) }
}

fn in6_addr(ip: Ipv6Addr) -> libc::in6_addr {
    libc::in6_addr { s6_addr: ip.octets() }
}

fn ipv4(address: libc::in_addr) -> Ipv4Addr {
    Ipv4Addr::from(address.s_addr.to_ne_bytes())
}
