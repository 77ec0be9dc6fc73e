//! Options of datagram sockets. `setsockopt(2)`, `udp(7)`, `ip(7)`, `ipv6(7)`.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use crate::sys::{check, set_option};

/// Makes the system report the local address of each datagram. `IP_PKTINFO`, `IPV6_RECVPKTINFO`.
pub(crate) fn tell_local_address(fd: BorrowedFd<'_>, is_v6: bool) -> io::Result<()> {
    // An IPv6 socket can receive IPv4 too.
    set_option(fd, libc::IPPROTO_IP, libc::IP_PKTINFO, 1)?;
    if is_v6 { set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1) } else { Ok(()) }
}

/// Lets the kernel join datagrams of one size from one peer into one message, which [`RecvBatch`] splits again. This
/// saves most of the work per datagram. `UDP_GRO` of `udp(7)`.
///
/// [`RecvBatch`]: super::RecvBatch
pub(crate) fn join_received(fd: BorrowedFd<'_>) -> io::Result<()> {
    set_option(fd, libc::SOL_UDP, libc::UDP_GRO, 1)
}

/// Sets the traffic class of sent datagrams, and makes the system report that of received datagrams. `IP_TOS`,
/// `IPV6_TCLASS`. An IPv6 socket can send and receive IPv4 too.
pub(crate) fn set_traffic_class(fd: BorrowedFd<'_>, is_v6: bool, class: u8) -> io::Result<()> {
    set_option(fd, libc::IPPROTO_IP, libc::IP_TOS, class.into())?;
    set_option(fd, libc::IPPROTO_IP, libc::IP_RECVTOS, 1)?;
    if is_v6 {
        set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_TCLASS, class.into())?;
        set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVTCLASS, 1)?;
    }
    Ok(())
}

/// How many datagrams the system has dropped because the buffer was full.
pub(crate) fn dropped(fd: BorrowedFd<'_>) -> io::Result<u32> {
    /// `SK_MEMINFO_DROPS`, the last of the numbers.
    const DROPS: usize = MEMORY_NUMBERS - 1;
    Ok(memory(fd)?[DROPS])
}

/// The memory of the datagrams that wait to be received: their bytes, and some for each datagram.
pub(crate) fn unread(fd: BorrowedFd<'_>) -> io::Result<u32> {
    /// `SK_MEMINFO_RMEM_ALLOC`.
    const RECEIVED: usize = 0;
    Ok(memory(fd)?[RECEIVED])
}

const MEMORY_NUMBERS: usize = 9;

/// `SO_MEMINFO` of `sock_diag(7)`.
fn memory(fd: BorrowedFd<'_>) -> io::Result<[u32; MEMORY_NUMBERS]> {
    let mut numbers = [0; MEMORY_NUMBERS];
    let mut len = size_of_val(&numbers) as libc::socklen_t;
    let (level, option) = (libc::SOL_SOCKET, libc::SO_MEMINFO);
    // SAFETY: the numbers and their length are alive for the call, and the kernel writes at most `len` bytes.
    check(unsafe { libc::getsockopt(fd.as_raw_fd(), level, option, numbers.as_mut_ptr().cast(), &raw mut len) })?;
    Ok(numbers)
}
