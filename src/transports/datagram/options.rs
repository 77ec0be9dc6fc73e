//! The caller's options for a datagram socket.

use std::net::IpAddr;

use crate::transports::access::AccessList;
use crate::transports::out_buf::WaterMarks;
use crate::transports::socket_options::SocketOptions;

/// Options of a datagram socket.
#[derive(Clone, Copy, Debug, Default)]
pub struct DatagramOptions {
    /// Water marks of the write buffer.
    pub marks: WaterMarks,
    /// Whether datagrams may go to a broadcast address. `SO_BROADCAST` of `socket(7)`.
    #[doc(alias = "allow_broadcast")]
    pub broadcast: bool,
    /// The traffic class of sent datagrams. With this option, [`Remote`](super::Remote) has that of received datagrams.
    /// `IP_TOS`, RFC 2474.
    pub traffic_class: Option<u8>,
}

/// Options of a socket that serves any sender.
#[derive(Clone, Debug, Default)]
pub struct DatagramService {
    /// Senders whose datagrams are delivered. All other datagrams are dropped.
    pub access: AccessList,
    /// Multicast groups to join. Groups of the other family are ignored.
    pub groups: Vec<Group>,
    /// Options of datagrams.
    pub options: DatagramOptions,
    /// Options of the socket. A `tos` replaces [`DatagramOptions::traffic_class`] for sent datagrams.
    pub socket: SocketOptions,
}

/// A multicast group on one interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The address of the group.
    pub ip: IpAddr,
    /// The index of the interface; 0 lets the system choose.
    pub interface: u32,
}
