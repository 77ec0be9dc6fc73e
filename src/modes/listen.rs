//! Opening what listens: every address, the lines that say so, and the port file.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::RawFd;
use std::path::Path;

use super::config::ListenConfig;
use super::{local, tls};
use crate::protocols::NOTICE;
use crate::protocols::report::{Cause, Failure};
use crate::transports::address::{Address, Family, Host, HostPort, UnixName};
use crate::transports::datagram::opening::DatagramService;
use crate::transports::dialing::listen_addresses;
use crate::transports::error::{describe, is_lack_of_resources};
use crate::transports::id::Id;
use crate::transports::info::Peer;
use crate::transports::listener::Listening;
use crate::transports::net::Net;
use crate::transports::opening::{Inherited, Stack, UnixBinding, inherit};
use crate::transports::own_file::{self, OwnFile};
use crate::transports::protocol::{DatagramProtocol, Factory};
use crate::transports::tls::TlsServer;

/// How often a port that the kernel chose for IPv4 may turn out to be taken for IPv6 before we give up.
const PORT_TRIES: usize = 16;

/// An address to listen on, its name looked up, or its descriptor taken over.
enum Place {
    Inet { asked: HostPort, addresses: Vec<SocketAddr> },
    Unix(UnixName),
    Inherited { number: RawFd, socket: Inherited },
}

/// What is to be opened, as far as that can be made ready before.
pub(super) struct Ready {
    places: Vec<Place>,
    pub(super) tls: Option<TlsServer>,
}

/// Makes TLS ready, and looks up the names of all addresses, which may take long: signals still have their default
/// effect meanwhile. Takes over what is inherited, before we open anything that could have the same number. What cannot
/// be a port file is refused here.
pub(super) fn resolve(config: &ListenConfig) -> anyhow::Result<Ready> {
    if let Some(path) = &config.port_file {
        own_file::check_replaceable(path).map_err(|error| local(&port_file_name(path), &error))?;
    }
    let tls = tls::server(config)?;
    let place = |address: &Address| {
        Ok(match address {
            Address::Inet(inet) => {
                let addresses = listen_addresses(inet, config.family, config.numeric)
                    .map_err(|error| Failure::new(Cause::Unavailable, error.to_string()))?;
                Place::Inet { asked: inet.clone(), addresses }
            }
            Address::Unix(name) => Place::Unix(name.clone()),
            Address::Fd(number) => {
                let socket = inherit(*number).map_err(|error| unavailable(address, &error))?;
                Place::Inherited { number: *number, socket }
            }
        })
    };
    let places = config.addresses.iter().map(place).collect::<anyhow::Result<_>>()?;
    Ok(Ready { places, tls })
}

/// Opens all listeners, and gives the addresses they really have.
pub(super) fn open(
    net: &mut Net,
    config: &ListenConfig,
    ready: Ready,
    listening: &Listening,
    factory: impl Fn() -> Factory,
) -> anyhow::Result<Vec<Peer>> {
    let Ready { places, tls } = ready;
    let listening = &Listening { tls, ..listening.clone() };
    let mut listeners = Vec::new();
    let v4_wildcards = wildcard_ports(&places);
    for place in places {
        match place {
            Place::Inet { asked, addresses } => {
                let stack = stack(&asked, config.family, &v4_wildcards);
                let open = |net: &mut Net, at| net.listen_tcp(at, stack, listening.clone(), factory());
                listeners.extend(open_each(net, asked.port, &addresses, open)?);
            }
            Place::Unix(name) => {
                let (mode, replace_stale) = (config.socket_mode, config.replace_stale);
                let binding = UnixBinding { mode, replace_stale, advice: config.advice };
                let id = net
                    .listen_unix(&name, binding, listening.clone(), factory())
                    .map_err(|error| unavailable(&name, &error))?;
                listeners.push(id);
            }
            Place::Inherited { number, socket } => {
                listeners.extend(open_inherited(net, number, socket, listening, &factory)?);
            }
        }
    }
    Ok(listeners.into_iter().filter_map(|id| net.listening_on(id)).collect())
}

/// Binds all datagram sockets.
pub(super) fn open_datagrams<P: DatagramProtocol + 'static>(
    net: &mut Net,
    config: &ListenConfig,
    ready: Ready,
    service: &DatagramService,
    protocol: impl Fn() -> P,
) -> anyhow::Result<Vec<Id>> {
    let mut ids = Vec::new();
    let places = ready.places;
    let v4_wildcards = wildcard_ports(&places);
    for place in places {
        match place {
            Place::Inet { asked, addresses } => {
                let stack = stack(&asked, config.family, &v4_wildcards);
                let open = |net: &mut Net, at| net.bind_udp(at, stack, service.clone(), protocol());
                ids.extend(open_each(net, asked.port, &addresses, open)?);
            }
            Place::Inherited { number, socket: Inherited::Datagrams(fd) } => {
                let adopted = net.adopt_udp(fd, service.clone(), protocol());
                ids.push(adopted.map_err(|error| unavailable(&Address::Fd(number), &error))?);
            }
            Place::Inherited { number, .. } => return Err(unusable(number, "it is not a datagram socket").into()),
            Place::Unix(_) => unreachable!("the command line gives no such address here"),
        }
    }
    Ok(ids)
}

/// `*` opens a socket for each family, and `-6` wants one of them only; a plain `[::]` serves both, where nothing else
/// is to serve IPv4 on that port.
fn stack(asked: &HostPort, family: Family, v4_wildcards: &[u16]) -> Stack {
    let own = asked.host == Host::Any || family == Family::V6 || v4_wildcards.contains(&asked.port);
    if own { Stack::OwnFamily } else { Stack::Both }
}

fn unusable(number: RawFd, why: &str) -> Failure {
    Failure::new(Cause::Unavailable, format!("fd:{number}: {why}"))
}

/// The ports on which every IPv4 interface is asked for by itself.
fn wildcard_ports(places: &[Place]) -> Vec<u16> {
    let wildcard = Host::Ip { ip: Ipv4Addr::UNSPECIFIED.into(), scope: 0 };
    let port = |place: &Place| match place {
        Place::Inet { asked, .. } if asked.host == wildcard && asked.port != 0 => Some(asked.port),
        _ => None,
    };
    places.iter().filter_map(port).collect()
}

/// Tells the world, once everything is ready for whatever it may do then, a signal included. The port file goes when
/// the result is dropped.
pub(super) fn announce(names: &[Peer], port_file: Option<&Path>) -> anyhow::Result<Option<OwnFile>> {
    let port_file = match port_file {
        Some(path) => Some(write_port_file(path, names).map_err(|error| local(&port_file_name(path), &error))?),
        None => None,
    };
    for name in names {
        log::info!(target: NOTICE, "listening on {name}");
    }
    Ok(port_file)
}

fn port_file_name(path: &Path) -> String {
    format!("port file {}", path.display())
}

/// Serves an inherited socket: a listener, or one connection, which is then the whole service, as under inetd.
fn open_inherited(
    net: &mut Net,
    number: RawFd,
    socket: Inherited,
    listening: &Listening,
    factory: &impl Fn() -> Factory,
) -> anyhow::Result<Option<Id>> {
    let refused = |error| unavailable(&Address::Fd(number), &error);
    match socket {
        Inherited::Datagrams(_) => Err(unusable(number, "it is a datagram socket").into()),
        Inherited::Listener(fd) => Ok(Some(net.adopt_listener(fd, listening.clone(), factory()).map_err(refused)?)),
        Inherited::Connection(fd) => {
            let protocol = factory()();
            let id = net.adopt(fd, protocol).map_err(refused)?;
            let peer = net.transport(id).info().peer.unwrap_or(Peer::Unnamed);
            if !listening.access.admits_peer(&peer) {
                return Err(Failure::new(Cause::Unavailable, format!("fd:{number}: its peer is denied")).into());
            }
            net.count_as_accepted(id);
            if listening.limit.is_some_and(|limit| net.accepted() > limit) {
                return Err(Failure::new(Cause::Unavailable, format!("fd:{number}: one connection too many")).into());
            }
            net.transport(id).set_keepalive(listening.keepalive).map_err(refused)?;
            net.transport(id).set_write_buffer_limits(listening.marks);
            if let Some(tls) = listening.tls.clone() {
                net.transport(id).start_tls(tls).map_err(refused)?;
            }
            Ok(None)
        }
    }
}

/// Opens one listener per address of the host, each by `open`. Where the kernel chooses the port, both families get the
/// same one.
fn open_each(
    net: &mut Net,
    asked_port: u16,
    addresses: &[SocketAddr],
    mut open: impl FnMut(&mut Net, SocketAddr) -> io::Result<Id>,
) -> anyhow::Result<Vec<Id>> {
    for attempt in 1.. {
        let mut ids = Vec::new();
        let mut port = asked_port;
        let mut failed = None;
        for (index, address) in addresses.iter().enumerate() {
            let is_last = index + 1 == addresses.len();
            let mut at = *address;
            at.set_port(port);
            match open(net, at) {
                Ok(id) => {
                    if let Some(Peer::Ip(real)) = net.listening_on(id) {
                        port = real.port();
                    }
                    ids.push(id);
                }
                // A machine without one of the families still has the other.
                Err(error) if (!is_last || !ids.is_empty()) && is_family_missing(&error) => {
                    log::info!("listen {at}: {}", describe(&error));
                }
                Err(error) => {
                    failed = Some((at, error));
                    break;
                }
            }
        }
        match failed {
            None => return Ok(ids),
            Some((_, error)) if error.kind() == io::ErrorKind::AddrInUse && asked_port == 0 && attempt < PORT_TRIES => {
                ids.into_iter().for_each(|id| net.remove(id));
            }
            Some((at, error)) => return Err(unavailable(&at, &error).into()),
        }
    }
    unreachable!("the loop above returns at the last attempt at the latest")
}

fn is_family_missing(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT))
}

fn unavailable(endpoint: &impl std::fmt::Display, error: &io::Error) -> Failure {
    let cause = if is_lack_of_resources(error) { Cause::Local } else { Cause::Unavailable };
    Failure::new(cause, format!("listen {endpoint}: {}", describe(error)))
}

/// Writes one port per line, each once.
fn write_port_file(path: &Path, names: &[Peer]) -> io::Result<OwnFile> {
    let mut ports: Vec<u16> = Vec::new();
    for port in names.iter().filter_map(Peer::port) {
        if !ports.contains(&port) {
            ports.push(port);
        }
    }
    if ports.is_empty() {
        return Err(io::Error::other("nothing listens on a port"));
    }
    let text: String = ports.iter().map(|port| format!("{port}\n")).collect();
    OwnFile::write(path, text.as_bytes())
}
