//! Names that only this machine knows: services and interfaces.
//!
//! Host names are the resolver's (`transports/resolver.rs`), since those can take seconds.

use std::ffi::CString;

/// The port of a service name as `/etc/services` has it: that of TCP, or of UDP where there is no other. `getservbyname(3)`.
#[must_use]
pub fn service_port(name: &str) -> Option<u16> {
    [libc::SOCK_STREAM, libc::SOCK_DGRAM].into_iter().find_map(|socktype| {
        let hints = dns_lookup::AddrInfoHints { socktype, ..Default::default() };
        let mut found = dns_lookup::getaddrinfo(None, Some(name), Some(hints)).ok()?;
        Some(found.next()?.ok()?.sockaddr.port())
    })
}

/// The name of this machine, as others may know it. `gethostname(2)`.
#[must_use]
pub fn host_name() -> Option<String> {
    dns_lookup::get_hostname().ok().filter(|name| !name.is_empty())
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
