//! Opens datagram sockets: sockets that serve any sender, and sockets with one peer.
//!
//! asyncio's `create_datagram_endpoint` is two operations here: `bind_udp` for `local_addr`, `connect_udp` for
//! `remote_addr`. `connect/` has the part that `connect_udp` shares with streams.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockAddr, Socket, Type};

use super::candidates::Candidates;
use super::io::DatagramIo;
pub use super::options::{DatagramOptions, DatagramService, Group};
use super::own::OwnAddress;
use super::socket::Datagram;
use crate::sys::datagram::{self, Remote};
use crate::transports::address::{HostPort, Stack};
use crate::transports::connect::error::ConnectError;
use crate::transports::connect::options::Dialing;
use crate::transports::connect::{Connect, ConnectParts, bind_source};
use crate::transports::ctx::{Call, DatagramRef, Installed};
use crate::transports::error::describe;
use crate::transports::id::Id;
use crate::transports::net::{Net, Slot};
use crate::transports::protocol::DatagramProtocol;
use crate::transports::socket_options::SocketOptions;
use crate::transports::state::Phase;

/// The receive buffer to ask for, so that a burst is not lost. The system can give less.
const RECEIVE_BUFFER_BYTES: usize = 4 * 1024 * 1024;

impl Net {
    /// Binds a UDP socket that serves any sender. asyncio's `create_datagram_endpoint(local_addr=…)`.
    ///
    /// A socket that is bound to every address answers each datagram from the address that it was sent to. Only a
    /// socket that is bound to a multicast group shares its port with others.
    ///
    /// # Errors
    /// The error of `socket(2)`, `bind(2)` or joining a group.
    #[doc(alias = "create_datagram_endpoint")]
    pub fn bind_udp(
        &mut self,
        address: SocketAddr,
        stack: Stack,
        service: DatagramService,
        protocol: impl DatagramProtocol + 'static,
    ) -> io::Result<Id> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(stack == Stack::OwnFamily)?;
        }
        let (groups, is_of_group) = (groups_to_join(address, &service.groups), address.ip().is_multicast());
        if is_of_group {
            // All members of a group on this machine get each of its datagrams. A socket that takes unicast too must
            // not share its port: any user could bind the port of one address, and would get what is sent there.
            socket.set_reuse_address(true)?;
        }
        prepare_to_receive(&socket, &service.socket);
        set_options(&socket, &service.options)?;
        service.socket.apply_to_ip(&socket)?;
        socket.bind(&address.into()).map_err(|error| match groups.first() {
            Some(group) if error.kind() == io::ErrorKind::AddrInUse && !is_of_group => {
                let shared = SocketAddr::new(group.ip, address.port());
                let text = format!("{} (receivers of a group share {shared}, no other address)", describe(&error));
                io::Error::new(error.kind(), text)
            }
            _ => error,
        })?;
        groups.iter().try_for_each(|group| join(&socket, *group))?;
        let is_of_one_device = service.socket.bind_device.is_some();
        let id = add_service(self, socket, service, protocol)?;
        if let Some(Slot::Datagram(datagram)) = self.slots.get(id)
            && let (DatagramIo::Socket(socket), true, false) = (&datagram.io, datagram.own.is_some(), is_of_one_device)
        {
            self.cx.admissions.own.add(id, socket);
        }
        Ok(id)
    }

    /// Takes over a UDP socket that is bound already, and serves any sender. asyncio's
    /// `create_datagram_endpoint(sock=…)`.
    ///
    /// Another process can share the socket. Only what `service` asks for is changed.
    ///
    /// # Errors
    /// The descriptor is no UDP socket, or it cannot be registered.
    pub fn adopt_udp(
        &mut self,
        fd: impl Into<OwnedFd>,
        service: DatagramService,
        protocol: impl DatagramProtocol + 'static,
    ) -> io::Result<Id> {
        let socket = Socket::from(fd.into());
        if socket.r#type()? != Type::DGRAM || socket.local_addr()?.as_socket().is_none() {
            return Err(io::Error::from_raw_os_error(libc::EPROTOTYPE));
        }
        set_options(&socket, &service.options)?;
        service.socket.apply_to_open(&socket)?;
        add_service(self, socket, service, protocol)
    }

    /// Opens a UDP socket for one peer. asyncio's `create_datagram_endpoint(remote_addr=…)`.
    ///
    /// Returns at once; `connection_made` or `connection_failed` tells the outcome. Nothing is sent, so success only
    /// means that the peer has an address. The socket is connected: it gets the datagrams of the peer only, and
    /// refusals of the peer are told. If the peer is a multicast group, or with `options.broadcast`, the socket is not
    /// connected, and gets the answers of any host.
    #[doc(alias = "create_datagram_endpoint")]
    pub fn connect_udp(
        &mut self,
        target: HostPort,
        dialing: Dialing,
        options: DatagramOptions,
        protocol: impl DatagramProtocol + 'static,
    ) -> Id {
        let mut datagram = Datagram::new(DatagramIo::Resolving, Phase::Connecting, self.cx.now);
        self.cx.introduce_datagrams(&mut datagram);
        datagram.flow.marks = options.marks;
        datagram.options = options;
        let slot = Slot::Datagram(Box::new(datagram));
        self.add_connecting(slot, target.into(), dialing, Installed::Datagram(Box::new(protocol)))
    }
}

/// Adds a bound socket that serves any sender.
fn add_service(
    net: &mut Net,
    socket: Socket,
    service: DatagramService,
    protocol: impl DatagramProtocol + 'static,
) -> io::Result<Id> {
    let local = socket.local_addr()?.as_socket();
    if local.is_some_and(|local| local.port() == 0) {
        return Err(io::Error::new(io::ErrorKind::AddrNotAvailable, "it is bound to no port"));
    }
    if local.is_some_and(|local| local.ip().is_unspecified()) {
        datagram::tell_local_address(socket.as_fd(), local.is_some_and(|local| local.is_ipv6()))?;
    }
    let mut datagram = Datagram::new(DatagramIo::Resolving, Phase::Open, net.cx.now);
    net.cx.introduce_datagrams(&mut datagram);
    datagram.access = service.access;
    datagram.flow.marks = service.options.marks;
    datagram.options = service.options;
    datagram.connected = socket.peer_addr().is_ok();
    // If the port is shared, other sockets of this machine can send from there.
    let is_shared =
        datagram.connected || socket.reuse_address().unwrap_or(false) || socket.reuse_port().unwrap_or(false);
    datagram.own = local.filter(|_| !is_shared).map(|local| Box::new(OwnAddress::new(local)));
    datagram.io = DatagramIo::Socket(socket);
    let id = net.add(Slot::Datagram(Box::new(datagram)))?;
    net.cx.admissions.listeners.push(id);
    net.cx.calls.push_back((id, Call::Install(Installed::Datagram(Box::new(protocol)))));
    net.cx.calls.push_back((id, Call::ConnectionMade));
    Ok(id)
}

impl Connect for DatagramRef<'_> {
    fn parts(&mut self) -> ConnectParts<'_> {
        let Datagram { number, state, connecting, .. } = &mut *self.slot;
        ConnectParts { id: self.id, number: *number, state, connecting, cx: self.cx }
    }

    fn kind(&self) -> Type {
        Type::DGRAM
    }

    /// Opens a socket for the first address that this machine can reach. The other addresses are kept, because the
    /// first one can have no listener.
    fn try_addresses(&mut self, addresses: Vec<SockAddr>) {
        let addresses = Vec::from_iter(addresses.iter().filter_map(SockAddr::as_socket));
        let Some(connecting) = &self.connecting else { return };
        let options = &self.options;
        let mut failure = ConnectError::new("no address to try".to_owned());
        for (index, &address) in addresses.iter().enumerate() {
            let opened = open(address, &connecting.options, options).map(DatagramIo::Socket);
            match opened.and_then(|io| io.register(&self.cx.registry, self.id).map(|()| io)) {
                Ok(io) => return self.opened(io, addresses, index),
                Err(error) => {
                    failure = ConnectError::of_attempt(&address, explain(address, options, error));
                    log::debug!("{}{failure}", self.number);
                }
            }
        }
        self.try_failed(failure);
    }

    /// A datagram socket does not race.
    fn next_attempt(&mut self) {}
}

impl DatagramRef<'_> {
    /// The socket for `addresses[index]` is open.
    fn opened(&mut self, io: DatagramIo, addresses: Vec<SocketAddr>, index: usize) {
        let Some(connecting) = self.end_connecting() else { return };
        self.io = io;
        self.connected = is_for_one(addresses[index], &self.options);
        if self.connected {
            self.candidates = Candidates::new(addresses, index, connecting.options);
        } else {
            self.default_to = Some(Remote::from(addresses[index]));
        }
        (self.last_activity, self.opened) = (self.cx.now, self.cx.now);
        self.state.opened();
        self.call(Call::ConnectionMade);
    }
}

/// Opens a socket for one peer.
pub(super) fn open(address: SocketAddr, dialing: &Dialing, options: &DatagramOptions) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
    prepare_to_receive(&socket, &dialing.socket);
    set_options(&socket, options)?;
    // A `tos` replaces the traffic class.
    dialing.socket.apply_to_ip(&socket)?;
    if let Some(source) = dialing.source_for(address) {
        if matches!(address, SocketAddr::V6(v6) if v6.ip().to_ipv4_mapped().is_none()) {
            // A socket for both families would block the same port for the socket for IPv4.
            socket.set_only_v6(true)?;
        }
        bind_source(&socket, source)?;
    }
    if is_for_one(address, options) {
        socket.connect(&address.into())?;
    }
    Ok(socket)
}

/// Adds a hint to an error of the kernel that could mislead.
fn explain(address: SocketAddr, options: &DatagramOptions, error: io::Error) -> io::Error {
    if error.raw_os_error() == Some(libc::EACCES) && address.is_ipv4() && !options.broadcast {
        let text = format!("{} (a broadcast address needs the option broadcast)", describe(&error));
        return io::Error::new(error.kind(), text);
    }
    error
}

/// Whether only the peer can answer.
fn is_for_one(address: SocketAddr, options: &DatagramOptions) -> bool {
    !options.broadcast && !address.ip().is_multicast()
}

/// Makes a new socket receive as much as possible, unless the user has chosen the size of its buffer.
fn prepare_to_receive(socket: &Socket, options: &SocketOptions) {
    if options.recv_buffer.is_none() {
        // A smaller buffer is enough to work with.
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES);
    }
    // A system without this option delivers datagrams one by one.
    let _ = datagram::join_received(socket.as_fd());
}

fn set_options(socket: &Socket, options: &DatagramOptions) -> io::Result<()> {
    if options.broadcast {
        socket.set_broadcast(true)?;
    }
    if let Some(class) = options.traffic_class {
        let is_v6 = socket.local_addr()?.is_ipv6();
        datagram::set_traffic_class(socket.as_fd(), is_v6, class)?;
    }
    Ok(())
}

/// The wanted groups of the family of `address`, each once. A socket that is bound to a group also joins that group.
fn groups_to_join(address: SocketAddr, wanted: &[Group]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for group in wanted.iter().filter(|group| group.ip.is_ipv6() == address.is_ipv6()) {
        if !groups.contains(group) {
            groups.push(*group);
        }
    }
    if address.ip().is_multicast() && !groups.iter().any(|group| group.ip == address.ip()) {
        groups.push(Group { ip: address.ip(), interface: scope_of(address) });
    }
    groups
}

fn join(socket: &Socket, group: Group) -> io::Result<()> {
    let joined = match group.ip {
        IpAddr::V4(ip) => socket.join_multicast_v4_n(&ip, &InterfaceIndexOrAddress::Index(group.interface)),
        IpAddr::V6(ip) => socket.join_multicast_v6(&ip, group.interface),
    };
    joined.map_err(|error| {
        let is_routed = error.raw_os_error() != Some(libc::ENODEV);
        let hint = if is_routed { "" } else { " (no route to it: name its interface, as in %eth0)" };
        io::Error::new(error.kind(), format!("join {}: {}{hint}", group.ip, describe(&error)))
    })
}

fn scope_of(address: SocketAddr) -> u32 {
    match address {
        SocketAddr::V4(_) => 0,
        SocketAddr::V6(v6) => v6.scope_id(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tos_replaces_the_traffic_class() {
        for (tos, expected) in [(None, 0x0c), (Some(0x48), 0x48)] {
            let dialing = Dialing { socket: SocketOptions { tos, ..SocketOptions::default() }, ..Dialing::default() };
            let options = DatagramOptions { traffic_class: Some(0x0c), ..DatagramOptions::default() };
            let socket = open(SocketAddr::from(([127, 0, 0, 1], 9)), &dialing, &options).expect("a socket");
            assert_eq!(socket.tos_v4().expect("an option"), expected);
        }
    }
}
