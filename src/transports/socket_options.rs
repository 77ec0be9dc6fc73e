//! Options of sockets that the user chooses: buffers, the interface, the marks of packets. `socket(7)`, `tcp(7)`,
//! `ip(7)`, `ipv6(7)`.
//!
//! All of them are set before `bind(2)`, `listen(2)` and `connect(2)`: the window of a TCP connection is scaled by the
//! receive buffer that its socket or its listener has by then. Accepted TCP sockets inherit the options of their
//! listener. An inherited socket is open already, so only `SocketOptions::apply_to_open` concerns it. `keepalive.rs`
//! has the probes of TCP.

use std::io;

use socket2::{Domain, Socket, Type};

use super::error::describe;

/// The options of a socket. `None` leaves an option as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SocketOptions {
    /// Whether TCP sends small writes at once. With `None`, xport's own sockets do. `TCP_NODELAY`.
    pub nodelay: Option<bool>,
    /// The size of the receive buffer in bytes. The kernel can give less. With this option, it does not
    /// adapt the size, as it otherwise does for TCP. `SO_RCVBUF`.
    pub recv_buffer: Option<usize>,
    /// The size of the send buffer in bytes, with the same restrictions. `SO_SNDBUF`.
    pub send_buffer: Option<usize>,
    /// The name of the interface that all packets take. `SO_BINDTODEVICE`.
    pub bind_device: Option<String>,
    /// The type of service (IPv4) and the traffic class (IPv6) of sent packets. TCP keeps its two lowest bits for the
    /// kernel. `IP_TOS`, `IPV6_TCLASS`.
    pub tos: Option<u8>,
    /// The time to live (IPv4) and the hop limit (IPv6) of sent packets. Never 0. `IP_TTL`, `IPV6_UNICAST_HOPS`.
    pub ttl: Option<u8>,
}

impl SocketOptions {
    /// Sets the options of a new TCP socket. Call this before `bind(2)`.
    pub(crate) fn apply_to_tcp(&self, socket: &Socket) -> io::Result<()> {
        named("nodelay", socket.set_tcp_nodelay(self.nodelay.unwrap_or(true)))?;
        self.apply_to_ip(socket)
    }

    /// Sets the options that new sockets of UDP and TCP have. Call this before `bind(2)`.
    pub(crate) fn apply_to_ip(&self, socket: &Socket) -> io::Result<()> {
        if let Some(device) = &self.bind_device {
            socket.bind_device(Some(device.as_bytes())).map_err(|error| refused_device(device, &error))?;
        }
        self.size_buffers(socket)?;
        self.mark_packets(socket)
    }

    /// Sets the sizes of the buffers. Accepted unix sockets do not inherit them.
    pub(crate) fn size_buffers(&self, socket: &Socket) -> io::Result<()> {
        if let Some(bytes) = self.recv_buffer {
            named("recv-buffer", socket.set_recv_buffer_size(bytes))?;
            note_size("recv-buffer", bytes, socket.recv_buffer_size(), "net.core.rmem_max");
        }
        if let Some(bytes) = self.send_buffer {
            named("send-buffer", socket.set_send_buffer_size(bytes))?;
            note_size("send-buffer", bytes, socket.send_buffer_size(), "net.core.wmem_max");
        }
        Ok(())
    }

    /// Sets the marks of packets. A socket of IPv6 can send IPv4 too.
    fn mark_packets(&self, socket: &Socket) -> io::Result<()> {
        if (self.tos, self.ttl) == (None, None) {
            return Ok(());
        }
        let is_v6 = socket.domain()? == Domain::IPV6;
        let has_datagrams = socket.r#type()? == Type::DGRAM;
        if let Some(tos) = self.tos {
            named("tos", socket.set_tos_v4(tos.into()))?;
            if is_v6 {
                named("tos", socket.set_tclass_v6(tos.into()))?;
            }
        }
        if let Some(ttl) = self.ttl {
            named("ttl", socket.set_ttl_v4(ttl.into()))?;
            if has_datagrams {
                named("ttl", socket.set_multicast_ttl_v4(ttl.into()))?;
            }
            if is_v6 {
                named("ttl", socket.set_unicast_hops_v6(ttl.into()))?;
            }
            if is_v6 && has_datagrams {
                named("ttl", socket.set_multicast_hops_v6(ttl.into()))?;
            }
        }
        Ok(())
    }

    /// Checks that an open socket, or the connections of an open listener, can have these options.
    ///
    /// # Errors
    /// It is a unix socket, which has none of them.
    pub(crate) fn check_open(&self, socket: &Socket) -> io::Result<()> {
        let wanted = [("nodelay", self.nodelay.is_some()), ("tos", self.tos.is_some()), ("ttl", self.ttl.is_some())];
        match wanted.into_iter().find(|(_, is_wanted)| *is_wanted) {
            Some((name, _)) if socket.domain()? == Domain::UNIX => {
                Err(io::Error::other(format!("{name}: a unix socket has no such option")))
            }
            _ => Ok(()),
        }
    }

    /// Sets the options that still have an effect on an open socket: not its buffers, and not its interface.
    ///
    /// # Errors
    /// The kernel refuses an option. A unix socket has none of them, and UDP has no `nodelay`.
    pub(crate) fn apply_to_open(&self, socket: &Socket) -> io::Result<()> {
        self.check_open(socket)?;
        if let Some(on) = self.nodelay {
            named("nodelay", socket.set_tcp_nodelay(on))?;
        }
        self.mark_packets(socket)
    }
}

/// Adds the name of the option to an error of the kernel.
fn named(name: &str, result: io::Result<()>) -> io::Result<()> {
    result.map_err(|error| io::Error::new(error.kind(), format!("{name}: {}", describe(&error))))
}

fn refused_device(device: &str, error: &io::Error) -> io::Error {
    let why = match error.raw_os_error() {
        Some(libc::ENODEV) => "there is no such interface".to_owned(),
        Some(libc::EPERM) => {
            format!("{} (before Linux 5.7, this needs root or CAP_NET_RAW)", describe(error))
        }
        _ => describe(error),
    };
    io::Error::new(error.kind(), format!("bind-device {device}: {why}"))
}

/// Tells a user who asks for details that the kernel gave less than was asked for. The kernel doubles the number, to
/// have room for its own records.
fn note_size(name: &str, asked: usize, doubled: io::Result<usize>, limit: &str) {
    if let Ok(given) = doubled.map(|doubled| doubled / 2)
        && given < asked
    {
        log::info!("{name}: the kernel gives {given} bytes instead of {asked}; {limit} is its limit");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> SocketOptions {
        SocketOptions {
            nodelay: Some(false),
            recv_buffer: Some(20_000),
            send_buffer: Some(30_000),
            bind_device: None,
            tos: Some(0x48),
            ttl: Some(7),
        }
    }

    #[test]
    fn a_socket_has_what_was_asked_for() {
        for domain in [Domain::IPV4, Domain::IPV6] {
            let Ok(tcp) = Socket::new(domain, Type::STREAM, None) else { continue };
            all().apply_to_tcp(&tcp).expect("options");
            assert!(!tcp.tcp_nodelay().expect("an option"));
            let udp = Socket::new(domain, Type::DGRAM, None).expect("a socket");
            all().apply_to_ip(&udp).expect("options");
            for socket in [&tcp, &udp] {
                assert_eq!(socket.recv_buffer_size().expect("an option"), 40_000);
                assert_eq!(socket.send_buffer_size().expect("an option"), 60_000);
                assert_eq!((socket.tos_v4().expect("an option"), socket.ttl_v4().expect("an option")), (0x48, 7));
                if domain == Domain::IPV6 {
                    let v6 = (socket.tclass_v6().expect("an option"), socket.unicast_hops_v6().expect("an option"));
                    assert_eq!(v6, (0x48, 7));
                }
            }
            assert_eq!(udp.multicast_ttl_v4().expect("an option"), 7);
            if domain == Domain::IPV6 {
                assert_eq!(udp.multicast_hops_v6().expect("an option"), 7);
            }
        }
    }

    #[test]
    fn a_tcp_socket_without_options_sends_at_once() {
        let tcp = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        SocketOptions::default().apply_to_tcp(&tcp).expect("options");
        assert!(tcp.tcp_nodelay().expect("an option"));
    }

    #[test]
    fn an_open_socket_keeps_its_buffers() {
        let tcp = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let before = tcp.recv_buffer_size().expect("an option");
        SocketOptions::default().apply_to_open(&tcp).expect("nothing to do");
        assert!(!tcp.tcp_nodelay().expect("an option"), "it is not ours");
        all().apply_to_open(&tcp).expect("options");
        assert_eq!((tcp.recv_buffer_size().expect("an option"), tcp.ttl_v4().expect("an option")), (before, 7));
        let unix = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
        let error = all().apply_to_open(&unix).expect_err("a unix socket");
        assert_eq!(error.to_string(), "nodelay: a unix socket has no such option");
    }

    #[test]
    fn a_missing_interface_is_named() {
        let options = SocketOptions { bind_device: Some("xport-none".into()), ..SocketOptions::default() };
        let tcp = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let error = options.apply_to_tcp(&tcp).expect_err("no such interface").to_string();
        assert!(error.starts_with("bind-device xport-none: "), "{error}");
    }
}
