//! The facts that all stream sockets of one family share. Each family has a file beside this one with its values.

use std::io;

use socket2::{Protocol, SockAddr};

/// A family of addresses of stream sockets.
pub(crate) struct SocketFamily {
    /// Its name, as a program on a connection gets it in `XPORT_PROTO`.
    pub(crate) name: &'static str,
    /// The protocol of its streams, for `socket(2)`.
    pub(crate) protocol: Option<Protocol>,
    /// Whether its streams are TCP: the kernel probes idle peers and marks packets, accepted sockets inherit the
    /// options of their listener, and a peer that does not answer is absent.
    pub(crate) is_tcp: bool,
    /// Whether `connect(2)` says `EAGAIN` about a full backlog, where TCP would wait.
    pub(crate) refuses_when_full: bool,
    /// Adds a hint to an error of `connect(2)` that could mislead.
    pub(crate) explain: fn(&SockAddr, io::Error) -> io::Error,
}
