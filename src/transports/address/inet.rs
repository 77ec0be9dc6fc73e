//! Addresses of IP: TCP, and UDP in parts. `connect/resolver.rs` looks up names.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::family::SocketFamily;
use crate::transports::keepalive::KeepAlive;
use crate::transports::socket_options::SocketOptions;
use crate::transports::text::Escaped;

/// A host and a port number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// The machine, or the interface.
    pub host: Host,
    /// The port. To listen on 0 lets the kernel choose.
    pub port: u16,
}

impl From<SocketAddr> for HostPort {
    fn from(address: SocketAddr) -> Self {
        let scope = match address {
            SocketAddr::V4(_) => 0,
            SocketAddr::V6(v6) => v6.scope_id(),
        };
        Self { host: Host::Ip { ip: address.ip(), scope }, port: address.port() }
    }
}

/// The host part of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// The loopback of this machine, both families. The text form is a port alone.
    Loopback,
    /// Every interface, both families. The text form is `*`.
    Any,
    /// A numeric address.
    Ip {
        /// The address itself.
        ip: IpAddr,
        /// The index of the interface of a link-local IPv6 address (`%eth0`); otherwise 0.
        scope: u32,
    },
    /// A name to look up.
    Name(String),
}

/// The allowed families of addresses (`-4`, `-6`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Family {
    /// Both.
    #[default]
    Any,
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

impl Family {
    /// Whether an address of this family may be used.
    #[must_use]
    pub fn admits(self, address: &SocketAddr) -> bool {
        match self {
            Self::Any => true,
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
        }
    }
}

/// Whether a socket on `[::]` takes IPv4 too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// IPv6 only.
    OwnFamily,
    /// IPv4 as well. IPv4 addresses are shown as such.
    Both,
}

/// The facts about TCP sockets.
pub(super) static INET: SocketFamily =
    SocketFamily { name: "tcp", protocol: Some(Protocol::TCP), is_tcp: true, refuses_when_full: false, explain };

fn explain(address: &SockAddr, error: io::Error) -> io::Error {
    let v6 = address.as_socket_ipv6();
    let needs_scope = || v6.is_some_and(|v6| v6.ip().is_unicast_link_local() && v6.scope_id() == 0);
    if error.raw_os_error() == Some(libc::EINVAL) && needs_scope() {
        return io::Error::other("a link-local address needs %interface");
    }
    error
}

/// The addresses of a host, the preferred one first; none for a name, which has to be looked up.
pub(crate) fn numeric_addresses(tcp: &HostPort) -> Vec<SocketAddr> {
    let (v6, v4): (IpAddr, IpAddr) = match &tcp.host {
        Host::Loopback => (Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()),
        Host::Any => (Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into()),
        Host::Ip { ip: IpAddr::V6(v6), scope } => {
            return vec![std::net::SocketAddrV6::new(*v6, tcp.port, 0, *scope).into()];
        }
        Host::Ip { ip, .. } => return vec![SocketAddr::new(*ip, tcp.port)],
        Host::Name(_) => return Vec::new(),
    };
    vec![SocketAddr::new(v4, tcp.port), SocketAddr::new(v6, tcp.port)]
}

/// Opens a socket that is bound to `address`. Accepted sockets inherit its options, which saves system calls for each.
pub(crate) fn bind(
    address: SocketAddr,
    stack: Stack,
    options: &SocketOptions,
    keepalive: KeepAlive,
) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(stack == Stack::OwnFamily)?;
    }
    options.apply_to_tcp(&socket)?;
    keepalive.apply(&socket)?;
    socket.bind(&address.into())?;
    Ok(socket)
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

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.port;
        match &self.host {
            Host::Loopback => write!(f, "localhost:{port}"),
            Host::Any => write!(f, "*:{port}"),
            Host::Name(name) => write!(f, "{}:{port}", Escaped(name)),
            Host::Ip { ip, scope } => match ip {
                IpAddr::V4(v4) => write!(f, "{v4}:{port}"),
                IpAddr::V6(v6) if *scope == 0 => write!(f, "[{v6}]:{port}"),
                IpAddr::V6(v6) => write!(f, "[{v6}%{scope}]:{port}"),
            },
        }
    }
}
