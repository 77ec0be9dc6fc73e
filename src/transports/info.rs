//! What is known of a transport. asyncio's `get_extra_info`, typed.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use socket2::{SockAddr, Socket};

use super::text::Escaped;
use super::tls::TlsInfo;

/// Facts about a transport at the time of asking.
#[derive(Clone, Debug, Default)]
pub struct Info {
    /// The other end, of sockets. asyncio's `peername`.
    pub peer: Option<Peer>,
    /// Our end, of sockets. asyncio's `sockname`.
    pub local: Option<Peer>,
    /// TLS, once the handshake is done. asyncio's `ssl_object`, `peercert`, `cipher`.
    pub tls: Option<Box<TlsInfo>>,
    /// Whether bytes are read from a terminal.
    pub terminal: bool,
    /// Bytes so far.
    pub totals: Totals,
    /// Datagrams so far, of datagram transports.
    pub datagrams: DatagramTotals,
}

/// Bytes that have crossed a transport.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Read from the other end.
    pub received: u64,
    /// Taken by the system on their way to the other end.
    pub sent: u64,
}

/// Datagrams that have crossed a transport, or have not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatagramTotals {
    /// Received and delivered.
    pub received: u64,
    /// Taken by the system.
    pub sent: u64,
    /// Dropped at least: by us, because too much waited to be sent or the system refused it; or by the system, because
    /// we did not take it in time. The system counts several that it has joined as one.
    pub dropped: u64,
}

/// One end of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An IP address and port; an IPv4 address that came mapped into IPv6 is given as IPv4.
    Ip(SocketAddr),
    /// A unix socket bound to a path.
    Path(PathBuf),
    /// A unix socket of the abstract name space, without the `@`.
    Abstract(Vec<u8>),
    /// A unix socket without a name, as clients have.
    Unnamed,
}

impl Peer {
    /// The port, of an IP address.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Ip(address) => Some(address.port()),
            _ => None,
        }
    }

    /// Reads what the system says of a socket's end.
    pub(crate) fn from_sock_addr(address: &SockAddr) -> Self {
        if let Some(ip) = address.as_socket() {
            return Self::Ip(canonical(ip));
        }
        if let Some(path) = address.as_pathname() {
            return Self::Path(path.to_owned());
        }
        address.as_abstract_namespace().map_or(Self::Unnamed, |name| Self::Abstract(name.to_vec()))
    }

    pub(crate) fn local_of(socket: &Socket) -> Option<Self> {
        socket.local_addr().ok().map(|address| Self::from_sock_addr(&address))
    }
}

/// `[::ffff:1.2.3.4]:5` as `1.2.3.4:5`.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(v4) => SocketAddr::from((v4, v6.port())),
            None => address,
        },
        SocketAddr::V4(_) => address,
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Path(path) => Escaped(&path.to_string_lossy()).fmt(f),
            Self::Abstract(name) => write!(f, "@{}", name.escape_ascii()),
            Self::Unnamed => f.write_str("unix client"),
        }
    }
}
