//! Facts about a transport: asyncio's `get_extra_info` with types. The values are copies. For facts that only the
//! descriptor can give there is [`as_fd`](super::net::Net::as_fd).

use std::process::ExitStatus;

pub use super::address::Peer;
pub(crate) use super::address::canonical;
use super::id::Id;
use super::number::Number;
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
