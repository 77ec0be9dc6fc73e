//! The control messages of datagrams: layout, sending and reading. `cmsg(3)`.
//!
//! Everything here is safe code on bytes. `mod.rs` makes the calls.

use std::mem::{offset_of, size_of};
use std::net::{IpAddr, Ipv6Addr};

use super::remote::Remote;

/// The room for control messages: addresses and classes of both families, and a segment length.
pub(super) const CONTROL_BYTES: usize = 192;

/// Memory for control messages, aligned as `cmsg(3)` wants it.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(super) struct Control(pub(super) [u8; CONTROL_BYTES]);

/// The distance from a control message to its data. `CMSG_DATA` of `cmsg(3)`.
const CONTROL_HEADER_BYTES: usize = aligned(size_of::<libc::cmsghdr>());

/// Rounds a length up to the alignment of control messages. `CMSG_ALIGN` of `cmsg(3)`.
const fn aligned(bytes: usize) -> usize {
    bytes.next_multiple_of(size_of::<usize>())
}

/// Appends control messages to their memory.
pub(super) struct Writer<'a> {
    pub(super) memory: &'a mut Control,
    pub(super) used: usize,
}

impl Writer<'_> {
    pub(super) fn push(&mut self, level: libc::c_int, kind: libc::c_int, data: &[u8]) {
        let len = CONTROL_HEADER_BYTES + data.len();
        let (header, rest) = self.memory.0[self.used..][..aligned(len)].split_at_mut(CONTROL_HEADER_BYTES);
        header[offset_of!(libc::cmsghdr, cmsg_len)..][..size_of::<usize>()].copy_from_slice(&len.to_ne_bytes());
        header[offset_of!(libc::cmsghdr, cmsg_level)..][..4].copy_from_slice(&level.to_ne_bytes());
        header[offset_of!(libc::cmsghdr, cmsg_type)..][..4].copy_from_slice(&kind.to_ne_bytes());
        rest[..data.len()].copy_from_slice(data);
        self.used += aligned(len);
    }

    /// Sends the datagram from the address that the peer has written to. `ip(7)`, `ipv6(7)`.
    pub(super) fn push_source(&mut self, to: &Remote) {
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
pub(super) struct Ancillary {
    /// The local address that the message was sent to, if an answer can come from it.
    pub(super) local: Option<IpAddr>,
    pub(super) interface: u32,
    pub(super) traffic_class: u8,
    /// The length of each datagram but the last, if the kernel has joined several.
    pub(super) segment_bytes: Option<usize>,
}

/// Reads control messages in the layout of `cmsg(3)`. A truncated message is skipped.
pub(super) fn read_control(mut memory: &[u8]) -> Ancillary {
    let mut ancillary = Ancillary::default();
    while let Some((header, rest)) = memory.split_at_checked(CONTROL_HEADER_BYTES) {
        let number = |at: usize| array(header, at).map(libc::c_int::from_ne_bytes);
        let Some(len) = array(header, offset_of!(libc::cmsghdr, cmsg_len)).map(usize::from_ne_bytes) else { break };
        let Some(data) = len.checked_sub(CONTROL_HEADER_BYTES).and_then(|len| rest.get(..len)) else { break };
        let kind = (number(offset_of!(libc::cmsghdr, cmsg_level)), number(offset_of!(libc::cmsghdr, cmsg_type)));
        ancillary.take(kind, data);
        memory = rest.get(aligned(data.len())..).unwrap_or_default();
    }
    ancillary
}

impl Ancillary {
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
