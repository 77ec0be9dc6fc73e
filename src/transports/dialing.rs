//! Connecting: from an address to an open stream, over names, races, time limits and further tries.
//!
//! All sockets of one race are registered under the id of the stream that will have the winner, so that nothing needs
//! to be registered again. The order of attempts is `dial.rs`.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::time::Duration;

use mio::unix::SourceFd;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::address::{Address, Family, Host, HostPort, UnixName};
use super::call::{Call, Installed};
use super::dial::{ATTEMPT_DELAY, Attempt, ConnectError, ConnectErrorKind, Dial, Dialing, Race};
use super::error::describe;
use super::id::{Direction, Id};
use super::info::Peer;
use super::io::Io;
use super::net::{Net, Slot};
use super::protocol::Handler;
use super::resolver::{self, Answer};
use super::sockaddr::{numeric_addresses, unix_address};
use super::state::Phase;
use super::stream::Stream;
use super::timers::Alarm;
use crate::sys::socket::choose_port_late;
use crate::sys::stdio::unread;

/// How soon a unix socket whose backlog is full is tried again; there is no event for it.
const BACKLOG_DELAY: Duration = Duration::from_millis(10);

impl Net {
    /// Connects to a TCP host and port. asyncio's `create_connection`.
    ///
    /// Returns at once; `connection_made` or `connection_failed` tells the outcome.
    pub fn connect_tcp(&mut self, target: HostPort, options: Dialing, protocol: impl Into<Handler>) -> Id {
        self.dial(Address::Inet(target), options, protocol.into())
    }

    /// Connects to a unix socket. asyncio's `create_unix_connection`.
    pub fn connect_unix(&mut self, target: UnixName, options: Dialing, protocol: impl Into<Handler>) -> Id {
        self.dial(Address::Unix(target), options, protocol.into())
    }

    fn dial(&mut self, target: Address, options: Dialing, protocol: Handler) -> Id {
        let mut stream = Stream::new(Io::Connecting, Phase::Connecting, self.cx.now);
        stream.dial = Some(Box::new(Dial {
            target,
            retries_left: options.retry,
            options,
            race: Race::new(Vec::new()),
            next_timer: None,
        }));
        let id = self.insert(Slot::Stream(stream));
        self.cx.calls.push_back((id, Call::Install(Installed::Protocol(protocol))));
        self.start_dial(id);
        id
    }

    /// Begins one try: resolves what needs it, and starts the race.
    fn start_dial(&mut self, id: Id) {
        let deadline_timer = |net: &mut Self, timeout| net.cx.timers.arm(timeout, Some(id), Alarm::DialTimeout);
        let Some(dial) = self.dial_mut(id) else { return };
        let (target, options) = (dial.target.clone(), dial.options.clone());
        let timer = deadline_timer(self, options.timeout);
        if let Some(mut stream) = self.stream_mut(id) {
            stream.phase_timer = Some(timer);
        }
        match &target {
            Address::Inet(HostPort { host: Host::Name(name), port }) => {
                if options.numeric {
                    return self.dial_failed(id, format!("resolve {name}: not a numeric address"));
                }
                self.look_up(id, name, *port, options.family);
            }
            Address::Inet(tcp) => {
                self.race_over(id, &numeric_addresses(tcp));
            }
            Address::Unix(name) => match unix_address(name) {
                Ok(address) => self.race(id, vec![address]),
                Err(error) => self.dial_failed(id, format!("connect {target}: {}", describe(&error))),
            },
            Address::Fd(_) => self.dial_failed(id, format!("{target} is not something to connect to")),
        }
    }

    /// Asks the resolver.
    fn look_up(&mut self, id: Id, name: &str, port: u16, family: Family) {
        if let Err(error) = self.cx.resolver.look_up(&self.cx.registry, id, name, port, family) {
            let error = ConnectError::new(format!("resolve {name}: {}", describe(&error)));
            self.try_again_or(id, error.with_kind(ConnectErrorKind::Local));
        }
    }

    /// The resolver has answered.
    pub(crate) fn resolved(&mut self, id: Id, answer: Answer) {
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
        let Some(dial) = &stream.dial else { return };
        let target = dial.target.clone();
        match answer {
            Ok(addresses) => {
                log::debug!("{target} is {addresses:?}");
                self.race_over(id, &addresses);
            }
            Err(error) => {
                let Address::Inet(HostPort { host: Host::Name(name), .. }) = &target else { return };
                self.try_again_or(id, error.about(name));
            }
        }
    }

    /// Races over those of these addresses that may be tried.
    fn race_over(&mut self, id: Id, addresses: &[SocketAddr]) {
        let Some(dial) = self.dial_mut(id) else { return };
        let admitted = addresses.iter().filter(|address| dial.options.admits(address));
        let admitted = Vec::from_iter(admitted.map(|address| SockAddr::from(*address)));
        if admitted.is_empty() {
            let error = dial.options.no_address(&dial.target);
            return self.try_again_or(id, error);
        }
        self.race(id, admitted);
    }

    fn race(&mut self, id: Id, addresses: Vec<SockAddr>) {
        let Some(dial) = self.dial_mut(id) else { return };
        dial.race = Race::new(addresses);
        self.next_attempt(id);
    }

    /// Starts attempts until one is under way, and arms the timer for the next.
    fn next_attempt(&mut self, id: Id) {
        loop {
            let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
            let Some(dial) = &mut stream.dial else { return };
            if let Some(timer) = dial.next_timer.take() {
                self.cx.timers.cancel(timer);
            }
            let Some(address) = dial.race.next() else { break };
            log::debug!("connecting to {}", Peer::from_sock_addr(&address));
            match start_attempt(&self.cx.registry, id, &address, &dial.options) {
                Ok(Started::Connected(socket)) => return self.dialed(id, Attempt { socket, address }),
                Ok(Started::UnderWay(socket)) => {
                    dial.race.running.push(Attempt { socket, address });
                    if dial.race.has_more() {
                        dial.next_timer = Some(self.cx.timers.arm(ATTEMPT_DELAY, Some(id), Alarm::DialNext));
                    }
                    return;
                }
                Ok(Started::BacklogFull) => {
                    dial.race.put_back(address);
                    dial.next_timer = Some(self.cx.timers.arm(BACKLOG_DELAY, Some(id), Alarm::DialNext));
                    return;
                }
                Err(error) => dial.race.failed(Peer::from_sock_addr(&address).to_string(), error),
            }
        }
        self.judge(id);
    }

    /// Fails the whole try once nobody is running and nobody is left.
    fn judge(&mut self, id: Id) {
        let Some(dial) = self.dial_mut(id) else { return };
        if dial.race.is_lost() {
            let error = ConnectError::new(format!("connect {}: {}", dial.target, dial.race.verdict()));
            let error = error.with_kind(dial.race.kind());
            self.try_again_or(id, error);
        }
    }

    /// An event has come for one of the sockets in the race: ask them all, they are few.
    pub(crate) fn dial_ready(&mut self, id: Id) {
        let Some(dial) = self.dial_mut(id) else { return };
        let mut failed = false;
        for index in (0..dial.race.running.len()).rev() {
            let attempt = &dial.race.running[index];
            match outcome(&attempt.socket) {
                Ok(true) => {
                    let winner = dial.race.running.swap_remove(index);
                    return self.dialed(id, winner);
                }
                Ok(false) => (),
                Err(error) => {
                    let name = Peer::from_sock_addr(&attempt.address).to_string();
                    log::debug!("connect {name}: {}", describe(&error));
                    dial.race.failed(name, error);
                    dial.race.running.swap_remove(index);
                    failed = true;
                }
            }
        }
        if failed {
            self.next_attempt(id);
        }
    }

    /// One attempt has won: the stream is open.
    fn dialed(&mut self, id: Id, winner: Attempt) {
        let Some(mut stream) = self.stream_mut(id) else { return };
        let Some(dial) = stream.dial.take() else { return };
        for timer in [dial.next_timer, stream.phase_timer.take()].into_iter().flatten() {
            stream.cx.timers.cancel(timer);
        }
        stream.peer = Some(Box::new(Peer::from_sock_addr(&winner.address)));
        stream.io = Io::Socket(winner.socket);
        stream.last_activity = stream.cx.now;
        // Events of those that lost the race are not about this one.
        stream.rdhup_seen = false;
        stream.state.opened();
        stream.watch_peer(dial.options.keepalive);
        if stream.is_opening() {
            return stream.next_opening();
        }
        stream.call(Call::ConnectionMade);
    }

    /// A try has failed: the next one follows after a pause, or the caller is told.
    fn dial_failed(&mut self, id: Id, message: String) {
        self.try_again_or(id, ConnectError::new(message));
    }

    /// The time limit of a try has passed.
    pub(crate) fn dial_timed_out(&mut self, id: Id) {
        let Some(dial) = self.dial_mut(id) else { return };
        let message = format!("connect {}: timed out after {:?}", dial.target, dial.options.timeout);
        self.try_again_or(id, ConnectError::new(message).with_kind(ConnectErrorKind::TimedOut));
    }

    fn try_again_or(&mut self, id: Id, error: ConnectError) {
        let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
        let Some(dial) = &mut stream.dial else { return };
        self.cx.resolver.give_up(id);
        for timer in [stream.phase_timer.take(), dial.next_timer.take()].into_iter().flatten() {
            self.cx.timers.cancel(timer);
        }
        dial.race = Race::new(Vec::new());
        if dial.retries_left > 0 {
            dial.retries_left -= 1;
            let delay = dial.options.retry_delay;
            if dial.options.retry == dial.retries_left + 1 {
                log::warn!("{error}; trying again every {delay:?}");
            } else {
                log::info!("{error}; trying again in {delay:?}");
            }
            dial.next_timer = Some(self.cx.timers.arm(delay, Some(id), Alarm::DialNext));
            return;
        }
        stream.dial = None;
        stream.state.lose();
        self.cx.calls.push_back((id, Call::ConnectionFailed(error)));
    }

    /// The pause before the next attempt, or before the next try, is over.
    pub(crate) fn dial_next(&mut self, id: Id) {
        let Some(dial) = self.dial_mut(id) else { return };
        dial.next_timer = None;
        if dial.race.is_lost() { self.start_dial(id) } else { self.next_attempt(id) }
    }

    fn dial_mut(&mut self, id: Id) -> Option<&mut Dial> {
        let stream = self.stream_mut(id)?.stream;
        stream.dial.as_deref_mut()
    }
}

/// How an attempt has begun.
enum Started {
    Connected(Socket),
    UnderWay(Socket),
    /// Unix only: `connect(2)` gives `EAGAIN` where TCP would wait.
    BacklogFull,
}

fn start_attempt(registry: &mio::Registry, id: Id, address: &SockAddr, options: &Dialing) -> io::Result<Started> {
    let unix = address.is_unix();
    let protocol = (!unix).then_some(Protocol::TCP);
    let socket = Socket::new(Domain::from(i32::from(address.family())), Type::STREAM.nonblocking(), protocol)?;
    if !unix {
        socket.set_tcp_nodelay(true)?;
        options.keepalive.apply(&socket)?;
    }
    if let Some(source) = options.source.iter().find(|source| SockAddr::from(**source).family() == address.family()) {
        if source.port() == 0 {
            // A kernel without this has fewer ports to give; it is asked all the same.
            let _ = choose_port_late(socket.as_fd());
        } else {
            // Without it a fixed source port would be refused for a minute after its last use.
            socket.set_reuse_address(true)?;
        }
        let bound = socket.bind(&(*source).into());
        bound.map_err(|error| io::Error::new(error.kind(), format!("from {source}: {}", describe(&error))))?;
    }
    let interest = mio::Interest::READABLE.add(mio::Interest::WRITABLE);
    registry.register(&mut SourceFd(&socket.as_raw_fd()), id.token(Direction::Read), interest)?;
    match socket.connect(address) {
        Ok(()) => Ok(Started::Connected(socket)),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EINPROGRESS | libc::EINTR)) => {
            Ok(Started::UnderWay(socket))
        }
        Err(error) if unix && error.kind() == io::ErrorKind::WouldBlock => Ok(Started::BacklogFull),
        Err(error) if unix && error.kind() == io::ErrorKind::ConnectionRefused => Err(refused_by(address, error)),
        // A link-local address names no interface by itself; the kernel's word for it would help nobody.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) && needs_scope(address) => {
            Err(io::Error::other("a link-local address needs %interface"))
        }
        Err(error) => Err(error),
    }
}

/// The kernel says the same of a socket without a server and of what is no socket at all.
fn refused_by(address: &SockAddr, error: io::Error) -> io::Error {
    let is_socket = |path: &Path| path.metadata().is_ok_and(|file| file.file_type().is_socket());
    match address.as_pathname() {
        Some(path) if !is_socket(path) => {
            io::Error::new(error.kind(), format!("{} (it is no socket)", describe(&error)))
        }
        _ => error,
    }
}

fn needs_scope(address: &SockAddr) -> bool {
    matches!(address.as_socket_ipv6(), Some(v6) if v6.ip().is_unicast_link_local() && v6.scope_id() == 0)
}

/// Whether a socket has connected; `SO_ERROR` is asked first, as only it tells a failure from waiting. `connect(2)`.
fn outcome(socket: &Socket) -> io::Result<bool> {
    // A peer that has sent something was connected. A reset may have followed. Its error is left to the reads.
    if unread(socket.as_fd()) > 0 {
        return Ok(true);
    }
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
    // A port of the ephemeral range on this host can be given to us as our own: TCP's simultaneous open then connects
    // the socket to itself, which is nobody.
    if !peer.is_unix() && socket.local_addr().is_ok_and(|local| local == peer) {
        return Err(io::Error::from_raw_os_error(libc::ECONNREFUSED));
    }
    Ok(true)
}

/// The local addresses that `--source` names: one, or one for each family where it is only a port.
#[must_use]
pub fn source_addresses(address: &Address) -> Vec<SocketAddr> {
    match address {
        Address::Inet(tcp) => numeric_addresses(tcp),
        Address::Unix(_) | Address::Fd(_) => Vec::new(),
    }
}

/// All addresses that a listener on this host has, names looked up here and now.
///
/// # Errors
/// `resolve NAME: …` where the name has none.
pub fn listen_addresses(tcp: &HostPort, family: Family, numeric: bool) -> Result<Vec<SocketAddr>, ConnectError> {
    let found = match &tcp.host {
        Host::Name(name) if numeric => {
            return Err(ConnectError::new(format!("resolve {name}: not a numeric address")));
        }
        Host::Name(name) => resolver::resolve(name, tcp.port, family)
            .map_err(|text| ConnectError::new(format!("resolve {name}: {text}")))?,
        _ => numeric_addresses(tcp),
    };
    let admitted: Vec<SocketAddr> = found.into_iter().filter(|address| family.admits(address)).collect();
    if admitted.is_empty() {
        return Err(ConnectError::new(format!("listen {tcp}: no address of that family")));
    }
    Ok(admitted)
}
