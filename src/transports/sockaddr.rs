//! Turns addresses of users into those of the kernel, if no name has to be looked up.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::linux::net::SocketAddrExt;

use socket2::SockAddr;

use super::address::{Host, HostPort, UnixName};

/// Whether a socket on `[::]` takes IPv4 too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// IPv6 only.
    OwnFamily,
    /// IPv4 as well. IPv4 addresses are shown as such.
    Both,
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

/// The local addresses that `--source` names: one, or one for each family if only a port is given.
#[must_use]
pub fn source_addresses(source: &HostPort) -> Vec<SocketAddr> {
    numeric_addresses(source)
}

/// The socket address of a unix name.
pub(crate) fn unix_address(name: &UnixName) -> io::Result<SockAddr> {
    match name {
        UnixName::Path(path) => SockAddr::unix(path),
        UnixName::Abstract(name) => {
            // For socket2, a path with a NUL at its start is an abstract name. The standard library checks the length.
            std::os::unix::net::SocketAddr::from_abstract_name(name)?;
            let mut bytes = vec![0];
            bytes.extend_from_slice(name);
            SockAddr::unix(std::path::PathBuf::from(std::ffi::OsString::from(
                <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&bytes),
            )))
        }
    }
}
