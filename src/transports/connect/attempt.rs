//! One attempt of a race: a socket that connects to one address. `connect(2)`.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use mio::unix::SourceFd;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::options::Dialing;
use crate::sys::socket::choose_port_late;
use crate::sys::stdio::unread;
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
    /// A unix server has a full backlog: `connect(2)` says `EAGAIN` where TCP would wait.
    BacklogFull,
}

/// Starts to connect to `address`. The socket is registered under the id of its stream.
pub(super) fn start(registry: &mio::Registry, id: Id, address: &SockAddr, options: &Dialing) -> io::Result<Started> {
    let socket = open(registry, id, address, options)?;
    match socket.connect(address) {
        Ok(()) => Ok(Started::Connected(socket)),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EINPROGRESS | libc::EINTR)) => {
            Ok(Started::UnderWay(socket))
        }
        Err(error) if address.is_unix() && error.kind() == io::ErrorKind::WouldBlock => Ok(Started::BacklogFull),
        Err(error) => Err(explain(address, error)),
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
        if !peer.is_unix() && socket.local_addr().is_ok_and(|local| local == peer) {
            return Err(io::Error::from_raw_os_error(libc::ECONNREFUSED));
        }
        Ok(true)
    }
}

/// Opens a socket for `address`, bound to its source if there is one.
fn open(registry: &mio::Registry, id: Id, address: &SockAddr, options: &Dialing) -> io::Result<Socket> {
    let unix = address.is_unix();
    let protocol = (!unix).then_some(Protocol::TCP);
    let socket = Socket::new(Domain::from(i32::from(address.family())), Type::STREAM.nonblocking(), protocol)?;
    if !unix {
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

/// Adds a hint to an error of the kernel that could mislead.
fn explain(address: &SockAddr, error: io::Error) -> io::Error {
    let is_socket = |path: &Path| path.metadata().is_ok_and(|file| file.file_type().is_socket());
    let needs_scope = || {
        let v6 = address.as_socket_ipv6();
        v6.is_some_and(|v6| v6.ip().is_unicast_link_local() && v6.scope_id() == 0)
    };
    match address.as_pathname() {
        // The kernel says the same of a socket without a server.
        Some(path) if error.kind() == io::ErrorKind::ConnectionRefused && !is_socket(path) => {
            io::Error::new(error.kind(), format!("{} (it is not a socket)", describe(&error)))
        }
        None if error.raw_os_error() == Some(libc::EINVAL) && needs_scope() => {
            io::Error::other("a link-local address needs %interface")
        }
        _ => error,
    }
}
