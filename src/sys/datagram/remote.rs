//! The other end of a datagram.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

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
