//! How a datagram socket is opened, as the caller wants it.

use std::net::IpAddr;

use crate::transports::access::AccessList;
use crate::transports::out_buf::WaterMarks;

/// What holds for a datagram socket.
#[derive(Clone, Copy, Debug, Default)]
pub struct DatagramOptions {
    /// Water marks of the write buffer.
    pub marks: WaterMarks,
    /// Whether datagrams may go to a broadcast address. `SO_BROADCAST`, `socket(7)`.
    #[doc(alias = "allow_broadcast")]
    pub broadcast: bool,
    /// The traffic class of what is sent; that of what is received is then told. `IP_TOS`, RFC 2474.
    pub traffic_class: Option<u8>,
}

/// What holds besides for a socket that serves whoever comes.
#[derive(Clone, Debug, Default)]
pub struct DatagramService {
    /// Whose datagrams are delivered; those of others are dropped unseen.
    pub access: AccessList,
    /// Groups whose datagrams are wanted, those of the socket's family at least.
    pub groups: Vec<Group>,
    /// What holds for the socket.
    pub options: DatagramOptions,
}

/// A multicast group, and the interface on which its datagrams are wanted: 0 lets the system choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The group's address.
    pub ip: IpAddr,
    /// The index of the interface.
    pub interface: u32,
}
