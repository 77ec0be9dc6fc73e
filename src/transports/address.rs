//! Where a transport leads: the typed form of an address, as transports and modes use it.
//!
//! The text form ("`:8080`", "`[fe80::1%eth0]:80`", "`@name`") is the command line's business and is parsed in
//! `cli/address.rs`; names are resolved by the resolver. What is here is already known to be well formed.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::RawFd;
use std::path::PathBuf;

use super::text::Escaped;

/// One end that can be connected to or listened on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A host and port, of TCP or UDP.
    Inet(HostPort),
    /// A unix socket.
    Unix(UnixName),
    /// An inherited descriptor: a socket that listens already or is connected already.
    Fd(RawFd),
}

/// A host and a port number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// Which machine or interface.
    pub host: Host,
    /// The port; 0 lets the kernel choose, where one listens.
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
    /// A port alone: this machine's loopback, both families.
    Loopback,
    /// `*`: every interface, both families.
    Any,
    /// An address; `scope` is the interface index of `%interface`, 0 where none was given.
    Ip {
        /// The address itself.
        ip: IpAddr,
        /// The interface index of a link-local IPv6 address, else 0.
        scope: u32,
    },
    /// A name to be resolved.
    Name(String),
}

/// The name of a unix socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnixName {
    /// A path in the file system.
    Path(PathBuf),
    /// Linux's abstract name space: `@name`, without the `@`. Anyone on the machine may connect.
    Abstract(Vec<u8>),
}

/// Which families of addresses may be used (`-4`, `-6`).
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
            Self::Fd(fd) => write!(f, "fd:{fd}"),
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
    /// Paths as they are but for control characters, which are escaped; abstract names with their `@`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => Escaped(&path.to_string_lossy()).fmt(f),
            Self::Abstract(name) => {
                write!(f, "@{}", Escaped(&String::from_utf8_lossy(name)))
            }
        }
    }
}
