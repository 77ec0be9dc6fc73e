//! Sends and receives many datagrams in one system call (`recvmmsg(2)`, `sendmmsg(2)`), with control messages.
//!
//! A received datagram has the local address that it was sent to (`IP_PKTINFO`, `IPV6_PKTINFO`), so that an answer can
//! come from this address, and its traffic class (`IP_RECVTOS`, `IPV6_RECVTCLASS`). Several datagrams of one size for
//! one peer are sent as one message, which the kernel cuts (`UDP_SEGMENT` of `udp(7)`). `transports/datagram/` decides
//! which datagrams go together, and what an error means.

use std::fmt;
use std::io::{self, IoSlice};
use std::mem::{offset_of, size_of, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use super::{check, retry};

/// How many messages one call sends or receives at most.
pub(crate) const BATCH: usize = 64;

/// The room for one message. The longest datagram has 65527 bytes (IPv6).
const SLOT_BYTES: usize = 65536;
/// The distance of two slots. Slots at a distance of a power of two would compete for the same cache lines.
const STRIDE_BYTES: usize = SLOT_BYTES + 192;

/// The room for control messages: addresses and classes of both families, and a segment length.
const CONTROL_BYTES: usize = 192;

/// Memory for control messages, aligned as `cmsg(3)` wants it.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control([u8; CONTROL_BYTES]);

/// Memory for a socket address of either family.
#[derive(Clone, Copy)]
#[repr(C)]
union Name {
    family: libc::sa_family_t,
    v4: libc::sockaddr_in,
    v6: libc::sockaddr_in6,
}

/// The other end of a datagram, and the local address that the datagram was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remote {
    address: SocketAddr,
    /// The local address that the datagram was sent to, and from which an answer must come. Only for a socket that is
    /// bound to every address.
    local: Option<IpAddr>,
    /// The interface of a link-local address; otherwise 0.
    interface: u32,
    traffic_class: u8,
}

impl Remote {
    /// The address of the sender. An IPv4 address can be mapped into IPv6; [`Display`](fmt::Display) shows it as IPv4.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The local address that the datagram was sent to, if the socket is bound to every address.
    #[must_use]
    pub fn local(&self) -> Option<IpAddr> {
        self.local
    }

    /// The traffic class of the received datagram (`IP_TOS`, RFC 2474), or 0 if the socket does not report it.
    #[must_use]
    pub fn traffic_class(&self) -> u8 {
        self.traffic_class
    }

    /// The same remote as a destination, without the class of the received datagram.
    pub(crate) fn without_class(self) -> Self {
        Self { traffic_class: 0, ..self }
    }
}

impl From<SocketAddr> for Remote {
    fn from(address: SocketAddr) -> Self {
        Self { address, local: None, interface: 0, traffic_class: 0 }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            SocketAddr::V6(v6) if v6.ip().to_ipv4_mapped().is_some() => {
                SocketAddr::new(self.address.ip().to_canonical(), v6.port()).fmt(f)
            }
            address => address.fmt(f),
        }
    }
}

/// Memory for one call of `recvmmsg(2)`. A loop has one, for all of its sockets.
pub(crate) struct RecvBatch {
    bytes: Box<[u8]>,
    names: Box<[Name; BATCH]>,
    controls: Box<[Control; BATCH]>,
    vectors: Box<[libc::iovec; BATCH]>,
    headers: Box<[libc::mmsghdr; BATCH]>,
    received: Vec<Received>,
}

/// A datagram in the memory of a batch.
#[derive(Clone, Copy, Debug)]
struct Received {
    start: usize,
    len: usize,
    from: Remote,
}

impl RecvBatch {
    /// Makes the memory. Its pages exist only once they are written to.
    pub(crate) fn new() -> Self {
        // SAFETY: names, vectors and headers are plain data for which all zeros is a valid value.
        let (names, vectors, headers) = unsafe { (zeroed(), zeroed(), zeroed()) };
        Self {
            bytes: vec![0; BATCH * STRIDE_BYTES].into(),
            names: Box::new(names),
            controls: Box::new([Control([0; CONTROL_BYTES]); BATCH]),
            vectors: Box::new(vectors),
            headers: Box::new(headers),
            received: Vec::with_capacity(BATCH),
        }
    }

    /// Receives at most `limit` messages, and returns their number. A message is one datagram, or several that the
    /// kernel has joined. A smaller number means that no more were there, or that an error is next.
    pub(crate) fn receive(&mut self, fd: BorrowedFd<'_>, limit: usize) -> io::Result<usize> {
        let limit = limit.min(BATCH);
        self.received.clear();
        for index in 0..limit {
            self.vectors[index] = libc::iovec {
                iov_base: self.bytes[index * STRIDE_BYTES..][..SLOT_BYTES].as_mut_ptr().cast(),
                iov_len: SLOT_BYTES,
            };
            let header = &mut self.headers[index].msg_hdr;
            header.msg_name = (&raw mut self.names[index]).cast();
            header.msg_namelen = size_of::<Name>() as libc::socklen_t;
            header.msg_iov = &raw mut self.vectors[index];
            header.msg_iovlen = 1;
            header.msg_control = (&raw mut self.controls[index]).cast();
            header.msg_controllen = CONTROL_BYTES;
        }
        let (headers, flags) = (self.headers.as_mut_ptr(), libc::MSG_DONTWAIT);
        let n = retry(|| {
            // SAFETY: the first `limit` headers were filled in above and point into memory of `self`, which is borrowed
            // for the whole call. Each length is that of its memory.
            check(unsafe { libc::recvmmsg(fd.as_raw_fd(), headers, limit as libc::c_uint, flags, ptr::null_mut()) })
        })?;
        for index in 0..n as usize {
            let header = &self.headers[index];
            let control = &self.controls[index].0;
            let beside = read_control(&control[..header.msg_hdr.msg_controllen.min(CONTROL_BYTES)]);
            let Beside { local, interface, traffic_class, .. } = beside;
            let from = Remote { address: self.names[index].address(), local, interface, traffic_class };
            let (mut start, mut left) = (index * STRIDE_BYTES, header.msg_len as usize);
            let most = beside.segment_bytes.filter(|bytes| *bytes > 0).unwrap_or(SLOT_BYTES);
            // An empty datagram counts, too.
            loop {
                let len = left.min(most);
                self.received.push(Received { start, len, from });
                (start, left) = (start + len, left - len);
                if left == 0 {
                    break;
                }
            }
        }
        Ok(n as usize)
    }

    /// Adds a datagram as if it had been received, for the simulator.
    #[cfg(test)]
    pub(crate) fn put(&mut self, data: &[u8], remote: Remote) {
        let start = self.received.len() * STRIDE_BYTES;
        self.bytes[start..][..data.len()].copy_from_slice(data);
        self.received.push(Received { start, len: data.len(), from: remote });
    }

    /// Removes all received datagrams, for the simulator.
    #[cfg(test)]
    pub(crate) fn clear(&mut self) {
        self.received.clear();
    }

    /// How many datagrams the last call received.
    pub(crate) fn len(&self) -> usize {
        self.received.len()
    }

    /// A datagram of the last call: its bytes and its sender.
    pub(crate) fn get(&self, index: usize) -> (&[u8], &Remote) {
        let Received { start, len, from } = &self.received[index];
        (&self.bytes[*start..][..*len], from)
    }
}

impl fmt::Debug for RecvBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvBatch").field("received", &self.received).finish_non_exhaustive()
    }
}

/// One message for [`SendBatch::send`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outgoing<'a> {
    /// The destination; `None` on a connected socket.
    pub(crate) to: Option<&'a Remote>,
    /// One datagram, or several of the same size. The last one can be shorter.
    pub(crate) datagrams: &'a [IoSlice<'a>],
}

/// Memory for one call of `sendmmsg(2)`.
pub(crate) struct SendBatch {
    names: Box<[Name; BATCH]>,
    controls: Box<[Control; BATCH]>,
    headers: Box<[libc::mmsghdr; BATCH]>,
}

impl SendBatch {
    pub(crate) fn new() -> Self {
        // SAFETY: names and headers are plain data for which all zeros is a valid value.
        let (names, headers) = unsafe { (zeroed(), zeroed()) };
        let controls = Box::new([Control([0; CONTROL_BYTES]); BATCH]);
        Self { names: Box::new(names), controls, headers: Box::new(headers) }
    }

    /// Sends at most [`BATCH`] messages, and returns how many were sent. An error is that of the first message. The
    /// call never blocks and never raises a signal.
    pub(crate) fn send(&mut self, fd: BorrowedFd<'_>, messages: &[Outgoing<'_>]) -> io::Result<usize> {
        let n = messages.len().min(BATCH);
        for (index, message) in messages[..n].iter().enumerate() {
            let header = &mut self.headers[index].msg_hdr;
            header.msg_iov = message.datagrams.as_ptr().cast::<libc::iovec>().cast_mut();
            header.msg_iovlen = message.datagrams.len();
            (header.msg_name, header.msg_namelen) = (ptr::null_mut(), 0);
            if let Some(to) = message.to {
                header.msg_namelen = self.names[index].set(to.address);
                header.msg_name = (&raw mut self.names[index]).cast();
            }
            let mut control = Writer { memory: &mut self.controls[index], used: 0 };
            if let Some(to) = message.to {
                control.push_source(to);
            }
            if let [first, _, ..] = message.datagrams {
                // A datagram is shorter than 64 KiB.
                control.push(libc::SOL_UDP, libc::UDP_SEGMENT, &(first.len() as u16).to_ne_bytes());
            }
            header.msg_controllen = control.used;
            header.msg_control =
                if header.msg_controllen == 0 { ptr::null_mut() } else { (&raw mut self.controls[index]).cast() };
        }
        let (headers, flags) = (self.headers.as_mut_ptr(), libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL);
        let sent = retry(|| {
            // SAFETY: the first `n` headers were filled in above: names and controls are memory of `self`, the vectors
            // are those of `messages` (`IoSlice` is ABI-compatible with `iovec`), and both are borrowed for the whole
            // call, which writes nothing but the lengths in the headers.
            check(unsafe { libc::sendmmsg(fd.as_raw_fd(), headers, n as libc::c_uint, flags) })
        })?;
        Ok(sent as usize)
    }
}

impl fmt::Debug for SendBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendBatch").finish_non_exhaustive()
    }
}

impl Name {
    /// Stores an address, and returns its length for the system.
    fn set(&mut self, address: SocketAddr) -> libc::socklen_t {
        match address {
            SocketAddr::V4(v4) => {
                self.v4 = libc::sockaddr_in {
                    sin_family: libc::AF_INET as libc::sa_family_t,
                    sin_port: v4.port().to_be(),
                    sin_addr: in_addr(*v4.ip()),
                    sin_zero: [0; 8],
                };
                size_of::<libc::sockaddr_in>() as libc::socklen_t
            }
            SocketAddr::V6(v6) => {
                self.v6 = libc::sockaddr_in6 {
                    sin6_family: libc::AF_INET6 as libc::sa_family_t,
                    sin6_port: v6.port().to_be(),
                    sin6_flowinfo: v6.flowinfo(),
                    sin6_addr: in6_addr(*v6.ip()),
                    sin6_scope_id: v6.scope_id(),
                };
                size_of::<libc::sockaddr_in6>() as libc::socklen_t
            }
        }
    }

    /// The address that the system has stored.
    fn address(&self) -> SocketAddr {
        // SAFETY: every bit pattern is a valid value of each field, and all of the union is initialised from the start.
        let (family, v4, v6) = unsafe { (libc::c_int::from(self.family), self.v4, self.v6) };
        if family == libc::AF_INET6 {
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            SocketAddrV6::new(ip, u16::from_be(v6.sin6_port), v6.sin6_flowinfo, v6.sin6_scope_id).into()
        } else {
            SocketAddrV4::new(ipv4(v4.sin_addr), u16::from_be(v4.sin_port)).into()
        }
    }
}

fn in_addr(ip: Ipv4Addr) -> libc::in_addr {
    libc::in_addr { s_addr: u32::from_ne_bytes(ip.octets()) }
}

fn in6_addr(ip: Ipv6Addr) -> libc::in6_addr {
    libc::in6_addr { s6_addr: ip.octets() }
}

fn ipv4(address: libc::in_addr) -> Ipv4Addr {
    Ipv4Addr::from(address.s_addr.to_ne_bytes())
}

/// The distance from a control message to its data. `CMSG_DATA` of `cmsg(3)`.
const CONTROL_HEADER_BYTES: usize = aligned(size_of::<libc::cmsghdr>());

/// Rounds a length up to the alignment of control messages. `CMSG_ALIGN` of `cmsg(3)`.
const fn aligned(bytes: usize) -> usize {
    bytes.next_multiple_of(size_of::<usize>())
}

/// Appends control messages to their memory.
struct Writer<'a> {
    memory: &'a mut Control,
    used: usize,
}

impl Writer<'_> {
    fn push(&mut self, level: libc::c_int, kind: libc::c_int, data: &[u8]) {
        let len = CONTROL_HEADER_BYTES + data.len();
        let (header, rest) = self.memory.0[self.used..][..aligned(len)].split_at_mut(CONTROL_HEADER_BYTES);
        header[offset_of!(libc::cmsghdr, cmsg_len)..][..size_of::<usize>()].copy_from_slice(&len.to_ne_bytes());
        header[offset_of!(libc::cmsghdr, cmsg_level)..][..4].copy_from_slice(&level.to_ne_bytes());
        header[offset_of!(libc::cmsghdr, cmsg_type)..][..4].copy_from_slice(&kind.to_ne_bytes());
        rest[..data.len()].copy_from_slice(data);
        self.used += aligned(len);
    }

    /// Sends the datagram from the address that the peer has written to. `ip(7)`, `ipv6(7)`.
    fn push_source(&mut self, to: &Remote) {
        match to.local {
            Some(IpAddr::V4(ip)) => {
                // An `in_pktinfo`: no interface, the source, and a field that is not read.
                let mut info = [0; 12];
                info[4..8].copy_from_slice(&ip.octets());
                self.push(libc::IPPROTO_IP, libc::IP_PKTINFO, &info);
            }
            Some(IpAddr::V6(ip)) => {
                // An `in6_pktinfo`: the source, and its interface.
                let mut info = [0; 20];
                info[..16].copy_from_slice(&ip.octets());
                info[16..].copy_from_slice(&to.interface.to_ne_bytes());
                self.push(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info);
            }
            None => (),
        }
    }
}

/// The content of the control messages of a received message.
#[derive(Debug, Default)]
struct Beside {
    /// The local address that the message was sent to, if an answer can come from it.
    local: Option<IpAddr>,
    interface: u32,
    traffic_class: u8,
    /// The length of each datagram but the last, if the kernel has joined several.
    segment_bytes: Option<usize>,
}

/// Reads control messages in the layout of `cmsg(3)`. A truncated message is skipped.
fn read_control(mut memory: &[u8]) -> Beside {
    let mut beside = Beside::default();
    while let Some((header, rest)) = memory.split_at_checked(CONTROL_HEADER_BYTES) {
        let number = |at: usize| array(header, at).map(libc::c_int::from_ne_bytes);
        let Some(len) = array(header, offset_of!(libc::cmsghdr, cmsg_len)).map(usize::from_ne_bytes) else { break };
        let Some(data) = len.checked_sub(CONTROL_HEADER_BYTES).and_then(|len| rest.get(..len)) else { break };
        let kind = (number(offset_of!(libc::cmsghdr, cmsg_level)), number(offset_of!(libc::cmsghdr, cmsg_type)));
        beside.take(kind, data);
        memory = rest.get(aligned(data.len())..).unwrap_or_default();
    }
    beside
}

impl Beside {
    /// Reads one control message of this level and type.
    fn take(&mut self, kind: (Option<libc::c_int>, Option<libc::c_int>), data: &[u8]) {
        let (Some(level), Some(kind)) = kind else { return };
        match (level, kind) {
            // For a multicast or broadcast datagram, the second field of an `in_pktinfo` is the address of the
            // interface.
            (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                if let Some(ip) = array::<4>(data, offset_of!(libc::in_pktinfo, ipi_spec_dst)) {
                    self.local = Some(IpAddr::from(ip));
                }
            }
            (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                let interface = array(data, offset_of!(libc::in6_pktinfo, ipi6_ifindex)).map(u32::from_ne_bytes);
                if let (Some(ip), Some(interface)) = (array::<16>(data, 0).map(Ipv6Addr::from), interface)
                    // For an IPv4 datagram, `IP_PKTINFO` says more.
                    && !ip.is_multicast()
                    && ip.to_ipv4_mapped().is_none()
                {
                    self.local = Some(IpAddr::V6(ip));
                    self.interface = if ip.is_unicast_link_local() { interface } else { 0 };
                }
            }
            (libc::IPPROTO_IP, libc::IP_TOS) => self.traffic_class = data.first().copied().unwrap_or(0),
            (libc::IPPROTO_IPV6, libc::IPV6_TCLASS) => {
                let class = array(data, 0).map(libc::c_int::from_ne_bytes);
                self.traffic_class = class.and_then(|class| class.try_into().ok()).unwrap_or(0);
            }
            (libc::SOL_UDP, libc::UDP_GRO) => {
                let bytes = array(data, 0).map(libc::c_int::from_ne_bytes);
                self.segment_bytes = bytes.and_then(|bytes| bytes.try_into().ok());
            }
            _ => (),
        }
    }
}

/// The `N` bytes from `at` on, if they exist.
fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// Makes the system report the local address of each datagram. `IP_PKTINFO`, `IPV6_RECVPKTINFO`.
pub(crate) fn tell_local_address(fd: BorrowedFd<'_>, is_v6: bool) -> io::Result<()> {
    // An IPv6 socket can receive IPv4 too.
    set(fd, libc::IPPROTO_IP, libc::IP_PKTINFO, 1)?;
    if is_v6 { set(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1) } else { Ok(()) }
}

/// Lets the kernel join datagrams of one size from one peer into one message, which [`RecvBatch`] splits again. This
/// saves most of the work per datagram. `UDP_GRO` of `udp(7)`.
pub(crate) fn join_received(fd: BorrowedFd<'_>) -> io::Result<()> {
    set(fd, libc::SOL_UDP, libc::UDP_GRO, 1)
}

/// Sets the traffic class of sent datagrams, and makes the system report that of received datagrams. `IP_TOS`,
/// `IPV6_TCLASS`. An IPv6 socket can send and receive IPv4 too.
pub(crate) fn set_traffic_class(fd: BorrowedFd<'_>, is_v6: bool, class: u8) -> io::Result<()> {
    set(fd, libc::IPPROTO_IP, libc::IP_TOS, class.into())?;
    set(fd, libc::IPPROTO_IP, libc::IP_RECVTOS, 1)?;
    if is_v6 {
        set(fd, libc::IPPROTO_IPV6, libc::IPV6_TCLASS, class.into())?;
        set(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVTCLASS, 1)?;
    }
    Ok(())
}

fn set(fd: BorrowedFd<'_>, level: libc::c_int, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
    let len = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the value is an int, alive for the call, and the length is its own.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), level, option, (&raw const value).cast(), len) }).map(drop)
}

/// How many datagrams the system has dropped because the buffer was full. `SO_MEMINFO` of `sock_diag(7)`.
pub(crate) fn dropped(fd: BorrowedFd<'_>) -> io::Result<u32> {
    /// `SK_MEMINFO_DROPS`, the last of nine numbers.
    const DROPS: usize = 8;
    let mut numbers = [0_u32; DROPS + 1];
    let mut len = size_of_val(&numbers) as libc::socklen_t;
    let (level, option) = (libc::SOL_SOCKET, libc::SO_MEMINFO);
    // SAFETY: the numbers and their length are alive for the call, and the kernel writes at most `len` bytes.
    check(unsafe { libc::getsockopt(fd.as_raw_fd(), level, option, numbers.as_mut_ptr().cast(), &raw mut len) })?;
    Ok(numbers[DROPS])
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::os::fd::AsFd;

    use super::*;

    fn pair(from: &str, to: &str) -> (UdpSocket, UdpSocket, SocketAddr) {
        let (sender, receiver) = (UdpSocket::bind(from).expect("a port"), UdpSocket::bind(to).expect("a port"));
        let port = receiver.local_addr().expect("its address").port();
        let to: SocketAddr = SocketAddr::new(sender.local_addr().expect("its address").ip(), port);
        (sender, receiver, to)
    }

    fn texts(batch: &RecvBatch) -> Vec<String> {
        (0..batch.len()).map(|index| String::from_utf8_lossy(batch.get(index).0).into_owned()).collect()
    }

    #[test]
    fn what_was_joined_on_the_way_is_taken_apart() {
        let (sender, receiver, to) = pair("127.0.0.1:0", "127.0.0.1:0");
        let to = Remote::from(to);
        let row = |texts: &[&'static str]| texts.iter().map(|text| IoSlice::new(text.as_bytes())).collect::<Vec<_>>();
        let (joined, alone) = (row(&["aa", "bb", "c"]), row(&[""]));
        let messages = [&joined, &alone, &joined].map(|datagrams| Outgoing { to: Some(&to), datagrams });
        let (mut sending, mut receiving) = (SendBatch::new(), RecvBatch::new());

        // The kernel cuts the message for a receiver without UDP_GRO.
        assert_eq!(sending.send(sender.as_fd(), &messages).expect("room"), 3);
        assert_eq!(receiving.receive(receiver.as_fd(), 5).expect("datagrams"), 5);
        assert_eq!(receiving.receive(receiver.as_fd(), BATCH).expect("datagrams"), 2);
        assert_eq!(texts(&receiving), ["bb", "c"]);

        join_received(receiver.as_fd()).expect("a kernel of this decade");
        assert_eq!(sending.send(sender.as_fd(), &messages).expect("room"), 3);
        assert_eq!(receiving.receive(receiver.as_fd(), BATCH).expect("datagrams"), 3);
        assert_eq!(texts(&receiving), ["aa", "bb", "c", "", "aa", "bb", "c"]);
        assert_eq!(receiving.get(6).1.address(), sender.local_addr().expect("its address"));
    }

    #[test]
    fn an_answer_comes_from_the_address_that_was_asked_and_shows_its_class() {
        for (from, to) in [("127.0.0.1:0", "0.0.0.0:0"), ("127.0.0.1:0", "[::]:0"), ("[::1]:0", "[::]:0")] {
            if to.starts_with('[') && UdpSocket::bind("[::1]:0").is_err() {
                println!("skipped for {from} to {to}: no IPv6 here");
                continue;
            }
            let (client, server, mut at) = pair(from, to);
            let is_v6 = to.starts_with('[');
            if at.is_ipv4() {
                // The server must answer from this address, although nothing tells it to but the control message.
                at.set_ip(Ipv4Addr::new(127, 0, 0, 2).into());
            }
            client.connect(at).expect("an address");
            tell_local_address(server.as_fd(), is_v6).expect("an option");
            set_traffic_class(server.as_fd(), is_v6, 0x0c).expect("an option");
            set_traffic_class(client.as_fd(), at.is_ipv6(), 0x30).expect("an option");
            client.send(b"question").expect("a datagram");

            let (mut sending, mut receiving) = (SendBatch::new(), RecvBatch::new());
            receiving.receive(server.as_fd(), BATCH).expect("a datagram");
            let (_, asker) = receiving.get(0);
            assert_eq!(asker.local().map(|ip| ip.to_canonical()), Some(at.ip()), "{to}");
            assert_eq!(asker.traffic_class(), 0x30, "{to}");
            assert_eq!(asker.to_string(), client.local_addr().expect("its address").to_string());
            let answer = [IoSlice::new(b"answer")];
            let message = Outgoing { to: Some(asker), datagrams: &answer };
            assert_eq!(sending.send(server.as_fd(), &[message]).expect("room"), 1, "{to}");

            // A connected socket takes no answer from another address.
            receiving.receive(client.as_fd(), BATCH).expect("the answer");
            assert_eq!((receiving.get(0).0, receiving.get(0).1.traffic_class()), (&b"answer"[..], 0x0c), "{to}");
        }
    }
}
