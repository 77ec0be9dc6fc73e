//! Opens transports that open at once: listeners, inherited sockets, pipes, stdin and stdout, signals.
//!
//! Connecting takes time and is in `connect/`.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd, RawFd};

use socket2::{SockAddr, SockRef, Socket, Type};

pub use super::address::Stack;
use super::address::{Address, bind_inet};
use super::channel::Channel;
use super::ctx::{Call, Installed};
use super::dump::Throttle;
use super::id::{Direction, Id};
use super::info::Peer;
use super::io::Io;
use super::listener::{Listener, Listening};
use super::net::{Net, Slot};
use super::own_file::OwnFile;
pub use super::own_file::Owner;
use super::protocol::{Factory, Handler};
use super::state::Phase;
use super::stream::Stream;
pub use super::unix_path::UnixBinding;
use crate::sys::signals;
pub use crate::sys::signals::BY_SYSTEM;
pub(crate) use crate::sys::signals::note_signal_of_child;
use crate::sys::stdio::{self, FdKind};

/// The wanted standard streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdio {
    /// stdin and stdout.
    Both,
    /// stdin only.
    InputOnly,
    /// stdout only.
    OutputOnly,
}

impl Net {
    /// Listens on a TCP address. asyncio's `create_server`.
    ///
    /// # Errors
    /// The error of `socket(2)`, `bind(2)` or `listen(2)`.
    #[doc(alias = "create_server")]
    pub fn listen_tcp(
        &mut self,
        address: SocketAddr,
        stack: Stack,
        options: Listening,
        factory: Factory,
    ) -> io::Result<Id> {
        let socket = bind_inet(address, stack, &options.socket, options.keepalive)?;
        add_bound(self, socket, None, options, factory)
    }

    /// Listens on an address of any kind. A host must be one numeric address: a name, `*` and the loopback stand for
    /// several.
    ///
    /// For a unix socket, this is asyncio's `create_unix_server`, except that a live server keeps its path. `binding`
    /// is for unix sockets. Their bind changes the umask of the process for a moment.
    ///
    /// # Errors
    /// The error of the system. For a unix socket, `AddrInUse` describes the file at the path.
    #[doc(alias = "create_unix_server")]
    pub fn listen(
        &mut self,
        address: &Address,
        binding: UnixBinding,
        options: Listening,
        factory: Factory,
    ) -> io::Result<Id> {
        let (socket, file) = address.bind(&options.socket, options.keepalive, binding)?;
        add_bound(self, socket, file, options, factory)
    }

    /// Takes over an inherited listening socket. asyncio's `create_server(sock=…)`.
    ///
    /// # Errors
    /// It is not a stream socket (`ENOTSOCK`, `EPROTOTYPE`), it does not listen (`EINVAL`), its connections cannot have
    /// the options, or it cannot be registered.
    #[doc(alias = "create_server")]
    pub fn adopt_listener(&mut self, fd: impl Into<OwnedFd>, options: Listening, factory: Factory) -> io::Result<Id> {
        let fd = fd.into();
        if SockRef::from(&fd).r#type()? != Type::STREAM {
            return Err(io::Error::from_raw_os_error(libc::EPROTOTYPE));
        }
        let socket = Socket::from(fd);
        if !socket.is_listener()? {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        options.socket.check_open(&socket)?;
        add_listener(self, Listener::new(socket, options, true, None), factory)
    }

    /// The real address of a listener or a datagram socket, with the port that the kernel chose for 0.
    #[doc(alias = "getsockname")]
    #[must_use]
    pub fn listening_on(&mut self, id: Id) -> Option<Peer> {
        match self.slots.get(id)? {
            Slot::Datagram(datagram) => datagram.io.local(),
            Slot::Listener(listener) => Some(listener.name.clone()),
            _ => None,
        }
    }

    /// Takes over a connected stream socket, inherited or made elsewhere. asyncio's `create_connection(sock=…)`.
    ///
    /// # Errors
    /// It is not a socket, or not connected.
    #[doc(alias = "create_connection")]
    #[doc(alias = "connect_accepted_socket")]
    pub fn adopt(&mut self, fd: impl Into<OwnedFd>, protocol: impl Into<Handler>) -> io::Result<Id> {
        let socket = Socket::from(fd.into());
        if socket.r#type()? != Type::STREAM {
            return Err(io::Error::from_raw_os_error(libc::EPROTOTYPE));
        }
        let peer = Peer::from_sock_addr(&socket.peer_addr()?);
        let mut stream = Stream::new(Io::Socket(socket), Phase::Open, self.cx.now);
        stream.peer = Some(Box::new(peer));
        self.cx.introduce(&mut stream);
        self.add_made(stream, protocol.into())
    }

    /// Reads from a pipe, file or device. asyncio's `connect_read_pipe`.
    ///
    /// # Errors
    /// The descriptor is not open for reading (`EBADF`), or cannot be registered.
    pub fn connect_read_pipe(&mut self, fd: impl Into<OwnedFd>, protocol: impl Into<Handler>) -> io::Result<Id> {
        let channel = Channel::adopt(fd.into(), Direction::Read)?;
        self.add_made(Stream::read_end(channel, self.cx.now), protocol.into())
    }

    /// Writes to a pipe, file or device. asyncio's `connect_write_pipe`.
    ///
    /// # Errors
    /// The descriptor is not open for writing (`EBADF`), or cannot be registered.
    pub fn connect_write_pipe(&mut self, fd: impl Into<OwnedFd>, protocol: impl Into<Handler>) -> io::Result<Id> {
        let channel = Channel::adopt(fd.into(), Direction::Write)?;
        self.add_made(Stream::write_end(channel, self.cx.now), protocol.into())
    }

    /// Two pipes as one duplex stream: a child's stdout for reading, and its stdin for writing. TLS works on it.
    ///
    /// # Errors
    /// A descriptor is not open for its direction (`EBADF`), or cannot be registered.
    pub fn connect_pipes(
        &mut self,
        read: impl Into<OwnedFd>,
        write: impl Into<OwnedFd>,
        protocol: impl Into<Handler>,
    ) -> io::Result<Id> {
        let (read, write) =
            (Channel::adopt(read.into(), Direction::Read)?, Channel::adopt(write.into(), Direction::Write)?);
        self.add_made(Stream::new(Io::Channels(Some(read), Some(write)), Phase::Open, self.cx.now), protocol.into())
    }

    /// stdin and stdout as one duplex stream, or one of them alone. Nothing is read before `resume_reading`.
    ///
    /// # Errors
    /// `stdout: Bad file descriptor` and the like.
    pub fn stdio(&mut self, which: Stdio, protocol: impl Into<Handler>) -> io::Result<Id> {
        let stdin = (which != Stdio::OutputOnly).then(Channel::stdin).transpose()?;
        let stdout = (which != Stdio::InputOnly).then(Channel::stdout).transpose()?;
        let no_input = stdin.is_none();
        let mut stream = Stream::new(Io::Channels(stdin, stdout), Phase::Open, self.cx.now);
        stream.gate.paused = true;
        if no_input {
            stream.state.write_only();
        }
        self.add_made(stream, protocol.into())
    }

    /// stderr as a stream for writing. Other processes share its description.
    ///
    /// # Errors
    /// No descriptors left.
    pub fn stderr(&mut self, protocol: impl Into<Handler>) -> io::Result<Id> {
        self.connect_write_pipe(stdio::borrow_standard(2).try_clone_to_owned()?, protocol)
    }

    /// Signals as a stream in the background: each arrival is one byte, its number. asyncio's `add_signal_handler`.
    ///
    /// # Errors
    /// No descriptors left.
    #[doc(alias = "add_signal_handler")]
    pub fn signals(&mut self, numbers: &[i32], protocol: impl Into<Handler>) -> io::Result<Id> {
        add_signals(self, signals::pipe(numbers, false)?, protocol.into())
    }

    /// The same, with [`BY_SYSTEM`] set in the byte of a signal of the kernel: a key of a terminal, or its hang-up.
    ///
    /// # Errors
    /// As with [`signals`](Self::signals).
    pub fn signals_with_origin(&mut self, numbers: &[i32], protocol: impl Into<Handler>) -> io::Result<Id> {
        add_signals(self, signals::pipe(numbers, true)?, protocol.into())
    }

    fn add_made(&mut self, stream: Stream, protocol: Handler) -> io::Result<Id> {
        let id = self.add(Slot::Stream(stream))?;
        self.cx.calls.push_back((id, Call::Install(Installed::Protocol(protocol))));
        self.cx.calls.push_back((id, Call::ConnectionMade));
        Ok(id)
    }
}

/// Listens on a bound socket.
fn add_bound(
    net: &mut Net,
    socket: Socket,
    file: Option<OwnFile>,
    options: Listening,
    factory: Factory,
) -> io::Result<Id> {
    socket.listen(i32::try_from(options.backlog).unwrap_or(i32::MAX))?;
    add_listener(net, Listener::new(socket, options, false, file), factory)
}

fn add_listener(net: &mut Net, listener: Listener, factory: Factory) -> io::Result<Id> {
    // An inherited listener may have a queue already. epoll reports the queue as soon as the listener is registered.
    let id = net.add(Slot::Listener(Box::new(listener)))?;
    net.cx.admissions.listeners.push(id);
    if let Some(Slot::Listener(listener)) = net.slots.get(id)
        && !listener.shared
        && listener.options.socket.bind_device.is_none()
    {
        net.cx.admissions.own.add(id, &listener.socket);
    }
    net.cx.calls.push_back((id, Call::Install(Installed::Factory(factory))));
    Ok(id)
}

fn add_signals(net: &mut Net, pipe: OwnedFd, protocol: Handler) -> io::Result<Id> {
    let mut stream = Stream::new(Io::Socket(Socket::from(pipe)), Phase::Open, net.cx.now);
    stream.gate.throttle = Throttle::Exempt;
    let id = net.add_made(stream, protocol)?;
    net.transport(id).set_background(true);
    Ok(id)
}

/// The kind of an inherited descriptor.
#[derive(Debug)]
pub enum Inherited {
    /// A socket that listens.
    Listener(OwnedFd),
    /// A socket that is connected.
    Connection(OwnedFd),
    /// A UDP socket.
    Datagrams(OwnedFd),
}

/// Takes over the inherited descriptor `number`. `sd_listen_fds(3)`, inetd.
///
/// # Errors
/// It is not open, was not inherited, was taken over before, or is neither a stream socket nor a UDP socket.
pub fn inherit(number: RawFd) -> io::Result<Inherited> {
    // Standard streams stay open under their own numbers.
    let fd = match number {
        0..=2 => stdio::borrow_standard(number).try_clone_to_owned()?,
        _ => stdio::take(number)?,
    };
    if stdio::kind(fd.as_fd())? != FdKind::Socket {
        return Err(io::Error::from_raw_os_error(libc::ENOTSOCK));
    }
    let kind = SockRef::from(&fd).r#type()?;
    if kind == Type::DGRAM && SockRef::from(&fd).local_addr()?.as_socket().is_some() {
        return Ok(Inherited::Datagrams(fd));
    }
    if kind != Type::STREAM {
        return Err(io::Error::from_raw_os_error(libc::EPROTOTYPE));
    }
    if SockRef::from(&fd).is_listener()? {
        return Ok(Inherited::Listener(fd));
    }
    let peer: SockAddr = SockRef::from(&fd).peer_addr()?;
    log::debug!("fd:{number} is connected to {}", Peer::from_sock_addr(&peer));
    Ok(Inherited::Connection(fd))
}
