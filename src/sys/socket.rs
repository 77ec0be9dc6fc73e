//! Calls on sockets that never block and never raise a signal, and questions that socket2 does not ask.
//!
//! Each call has `MSG_DONTWAIT` in place of `O_NONBLOCK`, so a socket that another process shares keeps its flags.
//! socket2 makes sockets and sets the usual options.

use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use socket2::SockRef;

use super::{check, count, retry, set_option};

/// Receives what is available, at most `buf.len()` bytes. 0 means that the peer has ended its direction. `recv(2)`.
pub(crate) fn recv(fd: BorrowedFd<'_>, buf: &mut [u8]) -> io::Result<usize> {
    retry(|| {
        // SAFETY: the pointer and the length are those of `buf`, which is borrowed for the whole call.
        count(unsafe { libc::recv(fd.as_raw_fd(), buf.as_mut_ptr().cast(), buf.len(), libc::MSG_DONTWAIT) })
    })
}

/// Sends as much of the slices as fits. A closed peer is the error `EPIPE`, never `SIGPIPE`. `send(2)`, `sendmsg(2)`.
pub(crate) fn send(fd: BorrowedFd<'_>, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
    const FLAGS: libc::c_int = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    if let [buf] = bufs {
        return retry(|| SockRef::from(&fd).send_with_flags(buf, FLAGS));
    }
    let bufs = &bufs[..bufs.len().min(super::stdio::IOV_MAX)];
    retry(|| SockRef::from(&fd).send_vectored_with_flags(bufs, FLAGS))
}

/// Whether both directions of a stream socket are shut, which `poll(2)` reports as `POLLHUP`.
pub(crate) fn hung_up(fd: BorrowedFd<'_>) -> bool {
    is_reported(fd, libc::POLLHUP)
}

/// Whether a socket has a pending error, such as a reset. The error stays pending. `POLLERR` of `poll(2)`.
pub(crate) fn has_failed(fd: BorrowedFd<'_>) -> bool {
    is_reported(fd, libc::POLLERR)
}

/// Whether `poll(2)` reports a condition that it reports without being asked.
fn is_reported(fd: BorrowedFd<'_>, condition: libc::c_short) -> bool {
    let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events: 0, revents: 0 };
    // SAFETY: one `pollfd`, alive for the call; a zero timeout never waits.
    unsafe { libc::poll(&raw mut poll, 1, 0) == 1 && poll.revents & condition != 0 }
}

/// How many bytes, the FIN included, the system of the peer has not acknowledged yet. `SIOCOUTQ` of `tcp(7)`.
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
    /// The time since anything arrived, even a mere acknowledgement.
    pub(crate) time: Duration,
    /// Whether the kernel has asked for an answer since: it sent bytes again, or probed a window of zero twice.
    pub(crate) is_unanswered: bool,
}

/// When the kernel last heard of a TCP peer.
pub(crate) fn silence(fd: BorrowedFd<'_>) -> io::Result<Silence> {
    let info = tcp_info(fd)?;
    // The last probe can have left just now, so one probe does not count.
    let is_unanswered = (info.tcpi_unacked > 0 && info.tcpi_retransmits > 0) || info.tcpi_probes > 1;
    let time = info.tcpi_last_ack_recv.min(info.tcpi_last_data_recv);
    Ok(Silence { time: Duration::from_millis(time.into()), is_unanswered })
}

/// The time since the last bytes of a TCP peer arrived, or since the connect if none have arrived, and the smoothed
/// round-trip time.
pub(crate) fn since_last_byte(fd: BorrowedFd<'_>) -> io::Result<(Duration, Duration)> {
    let info = tcp_info(fd)?;
    let quiet = Duration::from_millis(info.tcpi_last_data_recv.into());
    Ok((quiet, Duration::from_micros(info.tcpi_rtt.into())))
}

/// Makes a socket readable only from this many bytes on, or at its end. `SO_RCVLOWAT` of `socket(7)`.
pub(crate) fn set_receive_low_water(fd: BorrowedFd<'_>, bytes: usize) -> io::Result<()> {
    let bytes = libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX);
    set_option(fd, libc::SOL_SOCKET, libc::SO_RCVLOWAT, bytes)
}

/// Lets `bind(2)` set the address alone, and `connect(2)` choose the port, so that one port can serve several
/// destinations. `IP_BIND_ADDRESS_NO_PORT` of `ip(7)`, for both families.
pub(crate) fn choose_port_late(fd: BorrowedFd<'_>) -> io::Result<()> {
    set_option(fd, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, 1)
}

/// Whether a connection waits on a listening socket. Asked before `accept(2)` on a description that can block.
pub(crate) fn has_waiting(fd: BorrowedFd<'_>) -> bool {
    super::stdio::is_ready(fd, false)
}
