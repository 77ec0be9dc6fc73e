//! Facts about a transport: asyncio's `get_extra_info` with types. The values are copies. For facts that only the
//! descriptor can give there is [`as_fd`](super::net::Net::as_fd).

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitStatus;

use socket2::{SockAddr, Socket};

use super::id::Id;
use super::number::Number;
use super::text::Escaped;
use super::tls::TlsInfo;

/// Facts about a transport at this moment.
#[derive(Clone, Debug, Default)]
pub struct Info {
    /// The number of the connection in messages and dumps. Both ends of a pair have the same number.
    pub number: Number,
    /// The address of the other end, if this is a socket. asyncio's `peername`.
    #[doc(alias = "peername")]
    pub peer: Option<Peer>,
    /// The address of the local end, if this is a socket. asyncio's `sockname`.
    #[doc(alias = "sockname")]
    pub local: Option<Peer>,
    /// The directions of a stream that is not a socket: a pipe, a terminal, a file. asyncio's `pipe`.
    pub pipe: Option<PipeEnds>,
    /// The child, for a child and for the local ends of its pipes. asyncio's `subprocess`.
    #[doc(alias = "subprocess")]
    pub child: Option<ChildInfo>,
    /// TLS, once its handshake is done. asyncio's `ssl_object`, `peercert` and `cipher`.
    #[doc(alias = "ssl_object")]
    #[doc(alias = "peercert")]
    #[doc(alias = "cipher")]
    pub tls: Option<Box<TlsInfo>>,
    /// Whether bytes are read from a terminal.
    pub terminal: bool,
    /// Bytes so far.
    pub totals: Totals,
    /// Datagrams so far, of a datagram transport.
    pub datagrams: DatagramTotals,
}

/// The directions of a stream that is not a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipeEnds {
    /// The stream reads.
    Read,
    /// The stream writes.
    Write,
    /// The stream reads from one descriptor and writes to another one.
    Both,
}

impl PipeEnds {
    pub(crate) fn of(reads: bool, writes: bool) -> Option<Self> {
        match (reads, writes) {
            (true, true) => Some(Self::Both),
            (true, false) => Some(Self::Read),
            (false, true) => Some(Self::Write),
            (false, false) => None,
        }
    }
}

/// A child process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildInfo {
    /// The child as a transport of the loop.
    pub id: Id,
    /// The number of the process.
    pub pid: u32,
    /// How the child has ended; `None` while it runs.
    pub status: Option<ExitStatus>,
    /// Which descriptor of the child the pipe is: 0, 1 or 2. `None` for the child itself.
    pub pipe: Option<u8>,
}

/// How a connection has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionEnd {
    /// Both sides have ended cleanly.
    InOrder,
    /// By an error, by a reset, or by an abort.
    Cut,
}

/// Bytes that have crossed a transport.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Bytes that were read from the other end.
    pub received: u64,
    /// Bytes that the system has taken for the other end.
    pub sent: u64,
}

/// Datagrams that have crossed a transport, and datagrams that have not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatagramTotals {
    /// Datagrams that were received and delivered.
    pub received: u64,
    /// Datagrams that the system has taken.
    pub sent: u64,
    /// Datagrams that were dropped, at least: for lack of room in the write buffer, because the system refused them, or
    /// because they were not read in time. The system counts datagrams that it has joined as one.
    pub dropped: u64,
}

/// The address of one end of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An IP address and a port. An IPv4 address that is mapped into IPv6 is given as IPv4.
    Ip(SocketAddr),
    /// A unix socket that is bound to a path.
    Path(PathBuf),
    /// A unix socket of the abstract name space, without the `@`.
    Abstract(Vec<u8>),
    /// A unix socket without a name. Most clients have none.
    Unnamed,
}

impl Peer {
    /// The port of an IP address.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Ip(address) => Some(address.port()),
            _ => None,
        }
    }

    /// Translates the address that the system reports for an end of a socket.
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
