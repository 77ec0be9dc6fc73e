//! One attempt of a race: a socket that connects to one address. `connect(2)`.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};

use mio::unix::SourceFd;
use socket2::{Domain, SockAddr, Socket, Type};

use super::options::Dialing;
use crate::sys::socket::choose_port_late;
use crate::sys::stdio::unread;
use crate::transports::address::SocketFamily;
use crate::transports::error::describe;
use crate::transports::id::{Direction, Id};

/// A socket that connects.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(super) socket: Socket,
    pub(super) address: SockAddr,
}

/// How an attempt has begun.
pub(super) enum Started {
    Connected(Socket),
    UnderWay(Socket),
    /// The server has a full backlog, and a family in which `connect(2)` does not wait for room.
    BacklogFull,
}

/// Starts to connect to `address`. The socket is registered under the id of its stream.
pub(super) fn start(registry: &mio::Registry, id: Id, address: &SockAddr, options: &Dialing) -> io::Result<Started> {
    let family = SocketFamily::of(address);
    let socket = open(registry, id, address, family, options)?;
    match socket.connect(address) {
        Ok(()) => Ok(Started::Connected(socket)),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EINPROGRESS | libc::EINTR)) => {
            Ok(Started::UnderWay(socket))
        }
        Err(error) if family.refuses_when_full && error.kind() == io::ErrorKind::WouldBlock => Ok(Started::BacklogFull),
        Err(error) => Err((family.explain)(address, error)),
    }
}

impl Attempt {
    /// Whether the socket has connected. An error is that of the attempt.
    pub(super) fn outcome(&self) -> io::Result<bool> {
        let socket = &self.socket;
        // A peer that has sent bytes was connected. A reset can have followed. The reads get its error.
        if unread(socket.as_fd()) > 0 {
            return Ok(true);
        }
        // Only `SO_ERROR` tells a failure from an attempt that is under way.
        match socket.take_error()? {
            // The peer has accepted, ended its direction and reset the connection since.
            Some(error) if error.raw_os_error() == Some(libc::EPIPE) => return Ok(true),
            Some(error) => return Err(error),
            None => (),
        }
        let peer = match socket.peer_addr() {
            Ok(peer) => peer,
            Err(error) if error.kind() == io::ErrorKind::NotConnected => return Ok(false),
            Err(error) => return Err(error),
        };
        // The kernel can choose the port of the peer as the local port, if both are on this host. TCP's simultaneous
        // open then connects the socket to itself.
        if SocketFamily::of(&peer).is_tcp && socket.local_addr().is_ok_and(|local| local == peer) {
            return Err(io::Error::from_raw_os_error(libc::ECONNREFUSED));
        }
        Ok(true)
    }
}

/// Opens a socket for `address`, bound to its source if there is one.
fn open(
    registry: &mio::Registry,
    id: Id,
    address: &SockAddr,
    family: &SocketFamily,
    options: &Dialing,
) -> io::Result<Socket> {
    let domain = Domain::from(i32::from(address.family()));
    let socket = Socket::new(domain, Type::STREAM.nonblocking(), family.protocol)?;
    if family.is_tcp {
        options.socket.apply_to_tcp(&socket)?;
        options.keepalive.apply(&socket)?;
    } else {
        options.socket.size_buffers(&socket)?;
    }
    if let Some(source) = address.as_socket().and_then(|address| options.source_for(address)) {
        if source.port() == 0 {
            // An old kernel without this option has fewer ports to give.
            let _ = choose_port_late(socket.as_fd());
        } else {
            // Without this, a fixed source port would be refused for a minute after its last use.
            socket.set_reuse_address(true)?;
        }
        bind_source(&socket, source)?;
    }
    let interest = mio::Interest::READABLE.add(mio::Interest::WRITABLE);
    registry.register(&mut SourceFd(&socket.as_raw_fd()), id.token(Direction::Read), interest)?;
    Ok(socket)
}

/// Binds a socket to its source address. The message of an error names the source.
pub(crate) fn bind_source(socket: &Socket, source: SocketAddr) -> io::Result<()> {
    let bound = socket.bind(&source.into());
    bound.map_err(|error| io::Error::new(error.kind(), format!("from {source}: {}", describe(&error))))
}
