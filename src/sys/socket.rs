//! `recv(2)` and `sendmsg(2)` that never block and never signal, whatever the flags of the description say.
//!
//! `MSG_DONTWAIT` on each call stands in for `O_NONBLOCK`, so a socket shared with another process (inetd, a shell's
//! coprocess) keeps its flags. Making sockets and setting options is socket2's business and not here.

use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use super::{check, count, retry};

/// Receives what is there, at most `buf.len()` bytes; 0 is the peer's end of its direction. `recv(2)`.
pub(crate) fn recv(fd: BorrowedFd<'_>, buf: &mut [u8]) -> io::Result<usize> {
    retry(|| {
        // SAFETY: the pointer and the length are those of `buf`, which is borrowed for the whole call.
        count(unsafe { libc::recv(fd.as_raw_fd(), buf.as_mut_ptr().cast(), buf.len(), libc::MSG_DONTWAIT) })
    })
}

/// Sends from one slice or several, as much as fits; a closed peer is `EPIPE`, never `SIGPIPE`. `send(2)`,
/// `sendmsg(2)`.
pub(crate) fn send(fd: BorrowedFd<'_>, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
    const FLAGS: libc::c_int = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    if let [buf] = bufs {
        // SAFETY: the pointer and the length are those of `buf`, which is borrowed for the whole call.
        return retry(|| count(unsafe { libc::send(fd.as_raw_fd(), buf.as_ptr().cast(), buf.len(), FLAGS) }));
    }
    // SAFETY: `msghdr` is plain data for which all zeros is the documented empty value.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = bufs.as_ptr().cast::<libc::iovec>().cast_mut();
    message.msg_iovlen = bufs.len().min(super::stdio::IOV_MAX);
    retry(|| {
        // SAFETY: `IoSlice` is ABI-compatible with `iovec` on Unix; the slices outlive the call, which only reads them.
        count(unsafe { libc::sendmsg(fd.as_raw_fd(), &raw const message, FLAGS) })
    })
}

/// Whether the peer of a stream socket is wholly gone: both directions shut, which `poll(2)` reports as `POLLHUP`.
pub(crate) fn hung_up(fd: BorrowedFd<'_>) -> bool {
    is_reported(fd, libc::POLLHUP)
}

/// Whether an error waits on a socket, as after a reset; it is left there. `poll(2)`, `POLLERR`.
pub(crate) fn has_failed(fd: BorrowedFd<'_>) -> bool {
    is_reported(fd, libc::POLLERR)
}

/// Whether `poll(2)` reports one of the conditions that need not be asked for.
fn is_reported(fd: BorrowedFd<'_>, condition: libc::c_short) -> bool {
    let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events: 0, revents: 0 };
    // SAFETY: one `pollfd`, alive for the call; a zero timeout never waits.
    unsafe { libc::poll(&raw mut poll, 1, 0) == 1 && poll.revents & condition != 0 }
}

/// Bytes of a TCP socket, its own end included, that the peer's system has not acknowledged yet. `SIOCOUTQ`, `tcp(7)`.
pub(crate) fn unacknowledged(fd: BorrowedFd<'_>) -> io::Result<usize> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: the request writes one int, which is alive for the call. (SIOCOUTQ has the number of TIOCOUTQ.)
    check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::TIOCOUTQ, &raw mut bytes) })?;
    Ok(usize::try_from(bytes).unwrap_or(0))
}

/// Asks the kernel about a TCP connection. `TCP_INFO`, `tcp(7)`.
fn tcp_info(fd: BorrowedFd<'_>) -> io::Result<libc::tcp_info> {
    // SAFETY: `tcp_info` is plain data for which all zeros is a value.
    let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
    let mut len = libc::socklen_t::try_from(size_of_val(&info)).unwrap_or_default();
    let (level, option) = (libc::IPPROTO_TCP, libc::TCP_INFO);
    // SAFETY: the value and its length are alive for the call, and the kernel writes at most `len` bytes.
    check(unsafe { libc::getsockopt(fd.as_raw_fd(), level, option, (&raw mut info).cast(), &raw mut len) })?;
    Ok(info)
}

/// How long a TCP peer has been silent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Silence {
    /// The time since anything of it has arrived, a mere acknowledgement included.
    pub(crate) time: Duration,
    /// It has been asked for an answer meanwhile: bytes were sent again, or its window of zero was probed more than
    /// once.
    pub(crate) is_unanswered: bool,
}

/// When the kernel last heard of a TCP peer.
pub(crate) fn silence(fd: BorrowedFd<'_>) -> io::Result<Silence> {
    let info = tcp_info(fd)?;
    // Every probe of a window of zero counts until something arrives, so the latest one may just have left.
    let is_unanswered = (info.tcpi_unacked > 0 && info.tcpi_retransmits > 0) || info.tcpi_probes > 1;
    let time = info.tcpi_last_ack_recv.min(info.tcpi_last_data_recv);
    Ok(Silence { time: Duration::from_millis(time.into()), is_unanswered })
}

/// How long ago the last bytes of a TCP peer have come, or since when it is connected where none have, and the smoothed
/// round-trip time.
pub(crate) fn since_last_byte(fd: BorrowedFd<'_>) -> io::Result<(Duration, Duration)> {
    let info = tcp_info(fd)?;
    let quiet = Duration::from_millis(info.tcpi_last_data_recv.into());
    Ok((quiet, Duration::from_micros(info.tcpi_rtt.into())))
}

/// From how many bytes on a socket is ready to be read; its end makes it ready in any case. `SO_RCVLOWAT`, `socket(7)`.
pub(crate) fn set_receive_low_water(fd: BorrowedFd<'_>, bytes: usize) -> io::Result<()> {
    let bytes = libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX);
    let len = libc::socklen_t::try_from(size_of_val(&bytes)).unwrap_or_default();
    let (level, option) = (libc::SOL_SOCKET, libc::SO_RCVLOWAT);
    // SAFETY: the option reads one int, which is alive for the call, and the length is its.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), level, option, (&raw const bytes).cast(), len) }).map(drop)
}

/// Lets a socket be bound to an address alone, and its port be chosen by `connect(2)`: then the same port serves for
/// several destinations. `IP_BIND_ADDRESS_NO_PORT`, `ip(7)`, for both families.
pub(crate) fn choose_port_late(fd: BorrowedFd<'_>) -> io::Result<()> {
    let on: libc::c_int = 1;
    let len = libc::socklen_t::try_from(size_of_val(&on)).unwrap_or_default();
    let (level, option) = (libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT);
    // SAFETY: the option reads one int, which is alive for the call, and the length is its.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), level, option, (&raw const on).cast(), len) }).map(drop)
}

/// Whether a listening socket has a connection waiting, asked before `accept(2)` on a description that may block.
pub(crate) fn has_waiting(fd: BorrowedFd<'_>) -> bool {
    super::stdio::is_ready(fd, false)
}

/// Whether this descriptor is a socket that listens. `SO_ACCEPTCONN`, `socket(7)`.
pub(crate) fn is_listening(fd: BorrowedFd<'_>) -> io::Result<bool> {
    let mut value: libc::c_int = 0;
    let mut len = libc::socklen_t::try_from(size_of::<libc::c_int>()).unwrap_or(4);
    // SAFETY: the value and its length are alive for the call, and the kernel writes at most `len` bytes.
    check(unsafe {
        libc::getsockopt(fd.as_raw_fd(), libc::SOL_SOCKET, libc::SO_ACCEPTCONN, (&raw mut value).cast(), &raw mut len)
    })?;
    Ok(value != 0)
}
