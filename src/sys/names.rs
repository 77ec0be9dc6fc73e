//! Names that this machine knows: services, interfaces, and its own name and addresses.
//!
//! `transports/connect/resolver.rs` looks up host names, because that can take seconds.

use std::ffi::CString;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ptr;

use super::check;

/// The port of a service in `/etc/services`: that of TCP, or that of UDP if TCP has none. `getservbyname(3)`.
#[must_use]
pub fn service_port(name: &str) -> Option<u16> {
    [libc::SOCK_STREAM, libc::SOCK_DGRAM].into_iter().find_map(|socktype| {
        let hints = dns_lookup::AddrInfoHints { socktype, ..Default::default() };
        let mut found = dns_lookup::getaddrinfo(None, Some(name), Some(hints)).ok()?;
        Some(found.next()?.ok()?.sockaddr.port())
    })
}

/// The name of the TCP service that a port is for, in `/etc/services`. `getnameinfo(3)`.
#[must_use]
pub fn service_name(port: u16) -> Option<String> {
    // The address makes no difference, and is not looked up.
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let (_, name) = dns_lookup::getnameinfo(&address, libc::NI_NUMERICHOST).ok()?;
    // A port without a name is given back as a number.
    (name != port.to_string()).then_some(name)
}

/// The name of this machine. `gethostname(2)`.
#[must_use]
pub fn host_name() -> Option<String> {
    dns_lookup::get_hostname().ok().filter(|name| !name.is_empty())
}

/// The addresses of all network interfaces. `getifaddrs(3)`.
pub(crate) fn local_addresses() -> io::Result<Vec<IpAddr>> {
    let mut first: *mut libc::ifaddrs = ptr::null_mut();
    // SAFETY: the pointer is alive for the call, which sets it to a list.
    check(unsafe { libc::getifaddrs(&raw mut first) })?;
    let mut addresses = Vec::new();
    let mut next = first;
    // SAFETY: every pointer of the list is null or points to an entry, which lives until the list is freed.
    while let Some(entry) = unsafe { next.as_ref() } {
        // SAFETY: the address of an entry is null, or one whose family says how long it is.
        match unsafe { entry.ifa_addr.as_ref() }.map(|address| libc::c_int::from(address.sa_family)) {
            Some(libc::AF_INET) => {
                // SAFETY: the family says that the address has this type. It need not be aligned, so it is copied.
                let v4 = unsafe { entry.ifa_addr.cast::<libc::sockaddr_in>().read_unaligned() };
                addresses.push(Ipv4Addr::from(v4.sin_addr.s_addr.to_ne_bytes()).into());
            }
            Some(libc::AF_INET6) => {
                // SAFETY: as above.
                let v6 = unsafe { entry.ifa_addr.cast::<libc::sockaddr_in6>().read_unaligned() };
                addresses.push(Ipv6Addr::from(v6.sin6_addr.s6_addr).into());
            }
            _ => (),
        }
        next = entry.ifa_next;
    }
    // SAFETY: the list comes from the call above, and is not used any more.
    unsafe { libc::freeifaddrs(first) };
    Ok(addresses)
}

/// The index of a network interface. `if_nametoindex(3)`.
#[must_use]
pub fn interface_index(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: the name is a C string that outlives the call.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => None,
        index => Some(index),
    }
}
