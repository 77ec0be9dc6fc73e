//! Addresses to connect to or to listen on, in their typed form.
//!
//! `cli/address.rs` parses the text form ("`:8080`", "`[fe80::1%eth0]:80`", "`@name`"), so an address here is well
//! formed. `connect/resolver.rs` looks up names.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::RawFd;
use std::path::PathBuf;

use super::text::Escaped;

/// An address to connect to or to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A host and port, of TCP or UDP.
    Inet(HostPort),
    /// A unix socket.
    Unix(UnixName),
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

/// The name of a unix socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnixName {
    /// A path in the file system.
    Path(PathBuf),
    /// A name of Linux's abstract name space, without the `@`. Every user of the machine can connect to it.
    Abstract(Vec<u8>),
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

impl fmt::Display for UnixName {
    /// Control characters are escaped. Abstract names have their `@`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => Escaped(&path.to_string_lossy()).fmt(f),
            Self::Abstract(name) => {
                write!(f, "@{}", Escaped(&String::from_utf8_lossy(name)))
            }
        }
    }
}
