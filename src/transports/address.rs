//! Addresses to connect to or to listen on, in their typed form.
//!
//! `cli/address.rs` parses the text form ("`:8080`", "`[fe80::1%eth0]:80`", "`@name`"), so an address here is well
//! formed. Each family has a file in `address/`, and is a variant of [`Address`] and of [`Peer`].

mod family;
mod inet;
mod unix;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::RawFd;
use std::path::PathBuf;

use socket2::{SockAddr, Socket};

pub(crate) use self::family::SocketFamily;
use self::inet::INET;
pub use self::inet::{Family, Host, HostPort, Stack};
pub(crate) use self::inet::{bind as bind_inet, canonical, numeric_addresses};
use self::unix::UNIX;
pub use self::unix::UnixName;
use super::keepalive::KeepAlive;
use super::own_file::OwnFile;
use super::socket_options::SocketOptions;
use super::text::{EscapedOs, escape_bytes};
use super::unix_path::UnixBinding;

/// An address to connect to or to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A host and port, of TCP or UDP.
    Inet(HostPort),
    /// A unix socket.
    Unix(UnixName),
}

impl Address {
    /// Its family.
    pub(crate) fn family(&self) -> &'static SocketFamily {
        match self {
            Self::Inet(_) => &INET,
            Self::Unix(_) => &UNIX,
        }
    }

    /// The name of its family: `tcp` or `unix`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.family().name
    }

    /// Its form for the kernel, without a look-up.
    ///
    /// # Errors
    /// It is a name that has to be looked up, or it is too long.
    pub(crate) fn sock_addr(&self) -> io::Result<SockAddr> {
        match self {
            Self::Inet(host) => Ok(only_address(host)?.into()),
            Self::Unix(name) => unix::sock_addr(name),
        }
    }

    /// Opens a socket that is bound to this address, and the file of the socket, if it has one.
    pub(crate) fn bind(
        &self,
        options: &SocketOptions,
        keepalive: KeepAlive,
        binding: UnixBinding,
    ) -> io::Result<(Socket, Option<OwnFile>)> {
        match self {
            Self::Inet(host) => Ok((bind_inet(only_address(host)?, Stack::OwnFamily, options, keepalive)?, None)),
            Self::Unix(name) => unix::bind(name, binding),
        }
    }
}

/// The address of a host that stands for one. A name and the two wildcards stand for several.
fn only_address(host: &HostPort) -> io::Result<SocketAddr> {
    match numeric_addresses(host)[..] {
        [address] => Ok(address),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a numeric address")),
    }
}

impl SocketFamily {
    /// The family of an address of the kernel.
    pub(crate) fn of(address: &SockAddr) -> &'static Self {
        if address.is_unix() { &UNIX } else { &INET }
    }
}

impl From<HostPort> for Address {
    fn from(host: HostPort) -> Self {
        Self::Inet(host)
    }
}

impl From<UnixName> for Address {
    fn from(name: UnixName) -> Self {
        Self::Unix(name)
    }
}

/// Where a socket comes from: it is opened at an address, or it is open already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place<A = Address> {
    /// An address to connect to or to listen on.
    Address(A),
    /// An inherited descriptor: a socket that listens or is connected already.
    Inherited(RawFd),
}

impl Place {
    /// The host and the port, if the place has them.
    #[must_use]
    pub fn host_port(&self) -> Option<&HostPort> {
        match self {
            Self::Address(Address::Inet(host)) => Some(host),
            _ => None,
        }
    }
}

impl<A> Place<A> {
    /// Whether the socket is open already.
    #[must_use]
    pub fn is_inherited(&self) -> bool {
        matches!(self, Self::Inherited(_))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(inet) => inet.fmt(f),
            Self::Unix(unix) => unix.fmt(f),
        }
    }
}

impl<A: fmt::Display> fmt::Display for Place<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Inherited(number) => write!(f, "fd:{number}"),
        }
    }
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

    /// The IP address, if it has one.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(address) => Some(address.ip()),
            _ => None,
        }
    }

    /// The name of its family: `tcp` or `unix`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.family().name
    }

    pub(crate) fn family(&self) -> &'static SocketFamily {
        match self {
            Self::Ip(_) => &INET,
            Self::Path(_) | Self::Abstract(_) | Self::Unnamed => &UNIX,
        }
    }

    /// Whether this peer of `socket` is on this machine.
    pub(crate) fn is_local(&self, socket: &Socket) -> bool {
        match self {
            Self::Ip(peer) => {
                let is_own = || Self::local_of(socket).and_then(|own| own.ip()) == Some(peer.ip());
                peer.ip().is_loopback() || is_own()
            }
            Self::Path(_) | Self::Abstract(_) | Self::Unnamed => true,
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

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Path(path) => EscapedOs(path).fmt(f),
            Self::Abstract(name) => write!(f, "@{}", escape_bytes(name)),
            Self::Unnamed => f.write_str("unix client"),
        }
    }
}
