//! Sends and receives many datagrams in one system call (`recvmmsg(2)`, `sendmmsg(2)`), with control messages.
//!
//! A received datagram has the local address that it was sent to (`IP_PKTINFO`, `IPV6_PKTINFO`), so that an answer can
//! come from this address, and its traffic class (`IP_RECVTOS`, `IPV6_RECVTCLASS`). Several datagrams of one size for
//! one peer are sent as one message, which the kernel cuts (`UDP_SEGMENT` of `udp(7)`). `transports/datagram/` decides
//! which datagrams go together, and what an error means.

mod control;
mod options;
mod remote;

use std::io::{self, IoSlice};
use std::mem::{replace, zeroed};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use socket2::{SockAddr, SockAddrStorage};

use self::control::{Ancillary, CONTROL_BYTES, Control, Writer, read_control};
pub(crate) use self::options::{dropped, join_received, set_traffic_class, tell_local_address, unread};
pub use self::remote::Remote;
use super::{check, retry};

/// How many messages one call sends or receives at most.
pub(crate) const BATCH: usize = 64;

/// The room for one message. The longest datagram has 65527 bytes (IPv6).
const SLOT_BYTES: usize = 65536;
/// The distance of two slots. Slots at a distance of a power of two would compete for the same cache lines.
const STRIDE_BYTES: usize = SLOT_BYTES + 192;

/// Memory for one call of `recvmmsg(2)`. A loop has one, for all of its sockets.
pub(crate) struct RecvBatch {
    bytes: Box<[u8]>,
    names: Box<[SockAddrStorage; BATCH]>,
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
        // SAFETY: vectors and headers are plain data for which all zeros is a valid value.
        let (vectors, headers) = unsafe { (zeroed(), zeroed()) };
        Self {
            bytes: vec![0; BATCH * STRIDE_BYTES].into(),
            names: Box::new([(); BATCH].map(|()| SockAddrStorage::zeroed())),
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
            header.msg_namelen = self.names[index].size_of();
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
            let libc::mmsghdr { msg_hdr: header, msg_len } = self.headers[index];
            let control = &self.controls[index].0;
            let ancillary = read_control(&control[..header.msg_controllen.min(CONTROL_BYTES)]);
            let Ancillary { local, interface, traffic_class, .. } = ancillary;
            let from = Remote { address: self.address(index), local, interface, traffic_class };
            let (mut start, mut left) = (index * STRIDE_BYTES, msg_len as usize);
            let most = ancillary.segment_bytes.filter(|bytes| *bytes > 0).unwrap_or(SLOT_BYTES);
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

    /// The address that the system has stored for a message.
    fn address(&mut self, index: usize) -> SocketAddr {
        let name = replace(&mut self.names[index], SockAddrStorage::zeroed());
        // SAFETY: the memory was initialised from the start, and the system has stored an address of this length.
        let name = unsafe { SockAddr::new(name, self.headers[index].msg_hdr.msg_namelen) };
        name.as_socket().unwrap_or_else(|| (Ipv4Addr::UNSPECIFIED, 0).into())
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
    names: Vec<SockAddr>,
    controls: Box<[Control; BATCH]>,
    headers: Box<[libc::mmsghdr; BATCH]>,
}

impl SendBatch {
    pub(crate) fn new() -> Self {
        // SAFETY: headers are plain data for which all zeros is a valid value.
        let headers = Box::new(unsafe { zeroed() });
        let controls = Box::new([Control([0; CONTROL_BYTES]); BATCH]);
        Self { names: Vec::with_capacity(BATCH), controls, headers }
    }

    /// Sends at most [`BATCH`] messages, and returns how many were sent. An error is that of the first message. The
    /// call never blocks and never raises a signal.
    pub(crate) fn send(&mut self, fd: BorrowedFd<'_>, messages: &[Outgoing<'_>]) -> io::Result<usize> {
        let n = messages.len().min(BATCH);
        self.names.clear();
        self.names.extend(messages[..n].iter().filter_map(|message| message.to).map(|to| SockAddr::from(to.address)));
        let mut names = self.names.iter();
        for (index, message) in messages[..n].iter().enumerate() {
            let header = &mut self.headers[index].msg_hdr;
            header.msg_iov = message.datagrams.as_ptr().cast::<libc::iovec>().cast_mut();
            header.msg_iovlen = message.datagrams.len();
            (header.msg_name, header.msg_namelen) = (ptr::null_mut(), 0);
            let mut control = Writer { memory: &mut self.controls[index], used: 0 };
            if let (Some(to), Some(name)) = (message.to, names.next()) {
                (header.msg_name, header.msg_namelen) = (name.as_ptr().cast_mut().cast(), name.len());
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

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
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
