//! Names that this machine knows: services, interfaces, users, and its own name and addresses.
//!
//! `transports/connect/resolver.rs` looks up host names, because that can take seconds.

use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
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
        let family = if entry.ifa_addr.is_null() {
            None
        } else {
            // SAFETY: an address that is not null begins with its family. It need not be aligned, so the family is
            // copied.
            Some(unsafe { (&raw const (*entry.ifa_addr).sa_family).read_unaligned() })
        };
        match family.map(libc::c_int::from) {
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
    // SAFETY: the list comes from the call above, and is no longer used.
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

/// The longest entry of a user or a group in bytes. A group can have thousands of members.
const ENTRY_BYTES_MAX: usize = 1 << 20;

/// The numbers of a user and of the user's own group. `getpwnam_r(3)`.
///
/// # Errors
/// The error of the user database. An unknown name is no error.
pub fn user(name: &str) -> io::Result<Option<(u32, u32)>> {
    let Ok(name) = CString::new(name) else { return Ok(None) };
    // SAFETY: the name is a C string, and the others come from `entry`, which keeps them alive for the call.
    let look_up = |entry: *mut _, buffer, len, found: *mut _| unsafe {
        libc::getpwnam_r(name.as_ptr(), entry, buffer, len, found)
    };
    entry(look_up, |user: &libc::passwd| (user.pw_uid, user.pw_gid))
}

/// The number of the own group of the user with this number. `getpwuid_r(3)`.
///
/// # Errors
/// The error of the user database. An unknown user is no error.
pub fn group_of_user(user: u32) -> io::Result<Option<u32>> {
    // SAFETY: as above.
    let look_up =
        |entry: *mut _, buffer, len, found: *mut _| unsafe { libc::getpwuid_r(user, entry, buffer, len, found) };
    entry(look_up, |user: &libc::passwd| user.pw_gid)
}

/// The number of a group. `getgrnam_r(3)`.
///
/// # Errors
/// The error of the group database. An unknown name is no error.
pub fn group(name: &str) -> io::Result<Option<u32>> {
    let Ok(name) = CString::new(name) else { return Ok(None) };
    // SAFETY: as above.
    let look_up = |entry: *mut _, buffer, len, found: *mut _| unsafe {
        libc::getgrnam_r(name.as_ptr(), entry, buffer, len, found)
    };
    entry(look_up, |group: &libc::group| group.gr_gid)
}

/// Looks up an entry in a buffer that grows until the entry fits, and takes numbers out of it.
fn entry<E, T>(
    look_up: impl Fn(*mut E, *mut libc::c_char, libc::size_t, *mut *mut E) -> libc::c_int,
    take: impl FnOnce(&E) -> T,
) -> io::Result<Option<T>> {
    let mut buffer = vec![0; 1024];
    loop {
        let mut place = MaybeUninit::<E>::uninit();
        let mut found = ptr::null_mut();
        match look_up(place.as_mut_ptr(), buffer.as_mut_ptr(), buffer.len(), &raw mut found) {
            // SAFETY: the pointer is null, or points to `place`, which the call has filled.
            0 => return Ok(unsafe { found.as_ref() }.map(take)),
            libc::EINTR => (),
            libc::ERANGE if buffer.len() < ENTRY_BYTES_MAX => buffer.resize(buffer.len() * 2, 0),
            // Systems report an unknown name in one of these ways too. `getpwnam(3)`.
            libc::ENOENT | libc::ESRCH | libc::EBADF | libc::EPERM => return Ok(None),
            error => return Err(io::Error::from_raw_os_error(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_groups_have_numbers() {
        assert_eq!(user("root").expect("a database"), Some((0, 0)));
        assert_eq!(group("root").expect("a database"), Some(0));
        assert_eq!(group_of_user(0).expect("a database"), Some(0));
        for unknown in ["", "no such user", "0", "\0"] {
            assert_eq!(user(unknown).expect("a database"), None, "{unknown:?}");
            assert_eq!(group(unknown).expect("a database"), None, "{unknown:?}");
        }
        assert_eq!(group_of_user(u32::MAX - 7).expect("a database"), None);
    }
}
