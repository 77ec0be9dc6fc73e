//! Opens listeners and datagram sockets, and writes the `listening on` lines. A port file tells other programs where a
//! server listens.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{OwnedFd, RawFd};
use std::path::Path;

use super::config::{DatagramListenConfig, ListenConfig};
use super::parts::{marks, unusable};
use super::run::local;
use super::tls;
use crate::protocols::NOTICE;
use crate::protocols::loop_guard::MARK;
use crate::protocols::report::{Cause, Failure};
use crate::transports::address::{Address, Family, Host, HostPort, Place};
use crate::transports::connect::listen_addresses;
use crate::transports::datagram::opening::{DatagramOptions, DatagramService};
use crate::transports::error::{describe, is_lack_of_resources};
use crate::transports::id::Id;
use crate::transports::info::Peer;
use crate::transports::listener::Listening;
use crate::transports::net::Net;
use crate::transports::opening::{Inherited, Stack, inherit};
use crate::transports::own_file::{self, OwnFile};
use crate::transports::protocol::{DatagramProtocol, Factory};
use crate::transports::text::EscapedOs;
use crate::transports::tls::TlsServer;

/// How many ports are tried, because the port that the kernel chooses for IPv4 can be in use for IPv6.
const PORT_TRIES: usize = 16;

/// A place to listen on: a host and a port, with the addresses of the host, or something else.
pub(super) enum ListenPlace<O> {
    Inet(HostPort, Vec<SocketAddr>),
    Other(O),
}

/// Where streams are accepted, apart from hosts.
enum StreamPlace {
    Address(Address),
    Inherited(RawFd, Inherited),
}

/// The listeners of an end, prepared as far as is possible before anything is opened.
pub(super) struct PreparedListeners {
    places: Vec<ListenPlace<StreamPlace>>,
    tls: Option<TlsServer>,
}

/// The datagram sockets of an end, prepared in the same way.
pub(super) type PreparedDatagrams = Vec<ListenPlace<(RawFd, OwnedFd)>>;

/// Prepares the listeners of ends: checks the paths of port files, reads the files of TLS, looks up names, and takes
/// over inherited descriptors. A look-up can take long; signals still end the run at once then. Descriptors are
/// taken over before a new descriptor could get the same number.
pub(super) fn resolve(ends: &[ListenConfig]) -> anyhow::Result<Vec<PreparedListeners>> {
    let prepare = |config: &ListenConfig| {
        check_port_file(config.port_file.as_deref())?;
        let tls = tls::server(config)?;
        let place = |place: &Place| {
            Ok(match place {
                Place::Address(Address::Inet(inet)) => inet_place(inet, config.family, config.numeric)?,
                Place::Address(address) => ListenPlace::Other(StreamPlace::Address(address.clone())),
                Place::Inherited(number) => {
                    let socket = inherit(*number).map_err(|error| unavailable(place, &error))?;
                    ListenPlace::Other(StreamPlace::Inherited(*number, socket))
                }
            })
        };
        let places = config.addresses.iter().map(place).collect::<anyhow::Result<_>>()?;
        Ok(PreparedListeners { places, tls })
    };
    ends.iter().map(prepare).collect()
}

/// Prepares the datagram sockets of ends in the same way.
pub(super) fn resolve_datagrams(ends: &[DatagramListenConfig]) -> anyhow::Result<Vec<PreparedDatagrams>> {
    let prepare = |config: &DatagramListenConfig| {
        check_port_file(config.port_file.as_deref())?;
        let place = |place: &Place<HostPort>| match place {
            Place::Address(inet) => inet_place(inet, config.family, config.numeric),
            Place::Inherited(number) => match inherit(*number).map_err(|error| unavailable(place, &error))? {
                Inherited::Datagrams(socket) => Ok(ListenPlace::Other((*number, socket))),
                Inherited::Listener(_) | Inherited::Connection(_) => {
                    Err(unusable(*number, "not a datagram socket").into())
                }
            },
        };
        config.addresses.iter().map(place).collect()
    };
    ends.iter().map(prepare).collect()
}

fn inet_place<O>(asked: &HostPort, family: Family, numeric: bool) -> anyhow::Result<ListenPlace<O>> {
    let found = listen_addresses(asked, family, numeric);
    let addresses = found.map_err(|error| Failure::new(Cause::Unavailable, error.to_string()))?;
    Ok(ListenPlace::Inet(asked.clone(), addresses))
}

fn check_port_file(path: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    own_file::check_replaceable(path).map_err(|error| local(&port_file_name(path), &error))
}

/// Opens the listeners of all ends, and reports their addresses. The port files are removed when the result is dropped.
/// `limit` returns how many clients an end serves at once, and `None` is no limit.
pub(super) fn open_all(
    net: &mut Net,
    ends: &[ListenConfig],
    ready: Vec<PreparedListeners>,
    limit: impl Fn(&ListenConfig) -> Option<usize>,
    factory: impl Fn() -> Factory,
) -> anyhow::Result<Vec<OwnFile>> {
    let mut opened = Vec::new();
    for (config, PreparedListeners { places, tls }) in ends.iter().zip(ready) {
        let listening = Listening {
            backlog: config.backlog,
            limit: limit(config),
            access: config.access.clone(),
            marks: marks(&config.stream)?,
            once: !config.keep_open,
            tls: tls.clone(),
            crlf: config.crlf,
            keepalive: config.keepalive,
            socket: config.socket.clone(),
        };
        let open = |net: &mut Net, at, stack| net.listen_tcp(at, stack, listening.clone(), factory());
        let ids = open_places(net, config.family, places, open, |net, place| match place {
            StreamPlace::Address(address) => {
                let opened = net.listen(&address, config.binding, listening.clone(), factory());
                Ok(Some(opened.map_err(|error| unavailable(&address, &error))?))
            }
            StreamPlace::Inherited(number, socket) => open_inherited(net, number, socket, &listening, &factory),
        })?;
        opened.push((config, tls, names_of(net, &ids)));
    }
    let port_files = announce(opened.iter().map(|(config, _, names)| (config.port_file.as_deref(), names.clone())))?;
    opened.iter().for_each(|(config, tls, names)| tls::tell_clients(config, tls.as_ref(), names));
    Ok(port_files)
}

/// Binds the datagram sockets of all ends. Returns the ids of each end, in the order of `ends`. `protocol` makes the
/// protocol of a socket.
pub(super) fn open_datagrams<P: DatagramProtocol + 'static>(
    net: &mut Net,
    ends: &[DatagramListenConfig],
    ready: Vec<PreparedDatagrams>,
    protocol: impl Fn() -> P,
) -> anyhow::Result<Vec<Vec<Id>>> {
    let mut ids_of_ends = Vec::new();
    for (config, places) in ends.iter().zip(ready) {
        let service = DatagramService {
            access: config.access.clone(),
            groups: config.groups.clone(),
            socket: config.socket.clone(),
            options: DatagramOptions { marks: marks(&config.stream)?, broadcast: false, traffic_class: Some(MARK) },
        };
        let open = |net: &mut Net, at, stack| net.bind_udp(at, stack, service.clone(), protocol());
        ids_of_ends.push(open_places(net, config.family, places, open, |net, (number, socket)| {
            let adopted = net.adopt_udp(socket, service.clone(), protocol());
            Ok(Some(adopted.map_err(|error| unavailable(&Place::<Address>::Inherited(number), &error))?))
        })?);
    }
    Ok(ids_of_ends)
}

/// Opens the places of an end. Returns the ids of its listeners, with the ports that the kernel chose.
fn open_places<O>(
    net: &mut Net,
    family: Family,
    places: Vec<ListenPlace<O>>,
    mut open: impl FnMut(&mut Net, SocketAddr, Stack) -> io::Result<Id>,
    mut open_other: impl FnMut(&mut Net, O) -> anyhow::Result<Option<Id>>,
) -> anyhow::Result<Vec<Id>> {
    let v4_wildcards = wildcard_ports(&places);
    let mut ids = Vec::new();
    for place in places {
        match place {
            ListenPlace::Inet(asked, addresses) => {
                let stack = stack(&asked, family, &v4_wildcards);
                ids.extend(open_each(net, asked.port, &addresses, |net, at| open(net, at, stack))?);
            }
            ListenPlace::Other(place) => ids.extend(open_other(net, place)?),
        }
    }
    Ok(ids)
}

fn names_of(net: &mut Net, ids: &[Id]) -> Vec<Peer> {
    ids.iter().filter_map(|id| net.listening_on(*id)).collect()
}

/// Reports the addresses of datagram sockets. The port files are removed when the result is dropped.
pub(super) fn announce_datagrams(
    net: &mut Net,
    ends: &[DatagramListenConfig],
    ids_of_ends: &[Vec<Id>],
) -> anyhow::Result<Vec<OwnFile>> {
    announce(ends.iter().zip(ids_of_ends).map(|(config, ids)| (config.port_file.as_deref(), names_of(net, ids))))
}

/// Writes the port files and the `listening on` lines. Everything must be ready before, because a script can react at
/// once. The port files are removed when the result is dropped.
fn announce<'a>(ends: impl Iterator<Item = (Option<&'a Path>, Vec<Peer>)>) -> anyhow::Result<Vec<OwnFile>> {
    // Ends with the same port file share it.
    let mut ports: Vec<(Option<&Path>, Vec<Peer>)> = Vec::new();
    for (port_file, names) in ends {
        match ports.iter_mut().find(|(path, _)| *path == port_file) {
            Some((_, of_path)) => of_path.extend(names),
            None => ports.push((port_file, names)),
        }
    }
    let mut port_files = Vec::new();
    for (path, names) in ports {
        if let Some(path) = path {
            port_files.push(write_port_file(path, &names).map_err(|error| local(&port_file_name(path), &error))?);
        }
        names.iter().for_each(|name| log::info!(target: NOTICE, "listening on {name}"));
    }
    Ok(port_files)
}

/// The families that a socket serves. `*` opens a socket for each family, and `-6` opens only that of IPv6. `[::]`
/// serves both families, unless another address serves IPv4 on the same port.
fn stack(asked: &HostPort, family: Family, v4_wildcards: &[u16]) -> Stack {
    let own = asked.host == Host::Any || family == Family::V6 || v4_wildcards.contains(&asked.port);
    if own { Stack::OwnFamily } else { Stack::Both }
}

/// The ports for which `0.0.0.0` is given.
fn wildcard_ports<O>(places: &[ListenPlace<O>]) -> Vec<u16> {
    let wildcard = Host::Ip { ip: Ipv4Addr::UNSPECIFIED.into(), scope: 0 };
    let port = |place: &ListenPlace<O>| match place {
        ListenPlace::Inet(asked, _) if asked.host == wildcard && asked.port != 0 => Some(asked.port),
        _ => None,
    };
    places.iter().filter_map(port).collect()
}

/// Writes the ports to the file, one in each line, and each port once.
fn write_port_file(path: &Path, names: &[Peer]) -> io::Result<OwnFile> {
    let mut ports: Vec<u16> = Vec::new();
    for port in names.iter().filter_map(Peer::port) {
        if !ports.contains(&port) {
            ports.push(port);
        }
    }
    if ports.is_empty() {
        return Err(io::Error::other("no listener has a port"));
    }
    let text: String = ports.iter().map(|port| format!("{port}\n")).collect();
    OwnFile::write(path, text.as_bytes())
}

fn port_file_name(path: &Path) -> String {
    format!("port file {}", EscapedOs(path))
}

/// Serves an inherited socket: a listener, or one connection, as under inetd.
fn open_inherited(
    net: &mut Net,
    number: RawFd,
    socket: Inherited,
    listening: &Listening,
    factory: &impl Fn() -> Factory,
) -> anyhow::Result<Option<Id>> {
    let refused = |error| unavailable(&Place::<Address>::Inherited(number), &error);
    match socket {
        Inherited::Datagrams(_) => Err(unusable(number, "a datagram socket, not a stream socket").into()),
        Inherited::Listener(fd) => Ok(Some(net.adopt_listener(fd, listening.clone(), factory()).map_err(refused)?)),
        Inherited::Connection(fd) => {
            let protocol = factory()();
            let id = net.adopt(fd, protocol).map_err(refused)?;
            let peer = net.transport(id).info().peer.unwrap_or(Peer::Unnamed);
            if !listening.access.admits_peer(&peer) {
                return Err(unusable(number, "the peer is denied").into());
            }
            net.transport(id).count_as_accepted();
            if listening.limit.is_some_and(|limit| net.admissions().accepted() > limit) {
                return Err(unusable(number, "too many connections").into());
            }
            net.transport(id).set_keepalive(listening.keepalive).map_err(refused)?;
            net.transport(id).set_socket_options(&listening.socket).map_err(refused)?;
            net.transport(id).set_write_buffer_limits(listening.marks);
            if listening.crlf {
                net.transport(id).send_crlf();
            }
            if let Some(tls) = listening.tls.clone() {
                net.transport(id).start_tls(tls).map_err(refused)?;
            }
            Ok(None)
        }
    }
}

/// Opens one listener for each address of a host. If the kernel chooses the port, both families get the same one.
fn open_each(
    net: &mut Net,
    asked_port: u16,
    addresses: &[SocketAddr],
    mut open: impl FnMut(&mut Net, SocketAddr) -> io::Result<Id>,
) -> anyhow::Result<Vec<Id>> {
    let mut tries = 0;
    loop {
        tries += 1;
        let mut ids = Vec::new();
        let Err((at, error)) = open_on_one_port(net, asked_port, addresses, &mut open, &mut ids) else {
            return Ok(ids);
        };
        let can_change_port = asked_port == 0 && error.kind() == io::ErrorKind::AddrInUse;
        if !can_change_port || tries == PORT_TRIES {
            return Err(unavailable(&at, &error).into());
        }
        ids.into_iter().for_each(|id| net.remove(id));
    }
}

/// Opens a listener for each address, all on the port of the first one. Adds to `ids` what was opened before an error.
fn open_on_one_port(
    net: &mut Net,
    mut port: u16,
    addresses: &[SocketAddr],
    open: &mut impl FnMut(&mut Net, SocketAddr) -> io::Result<Id>,
    ids: &mut Vec<Id>,
) -> Result<(), (SocketAddr, io::Error)> {
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
            // The machine lacks this family. The other family is enough.
            Err(error) if (!is_last || !ids.is_empty()) && is_family_missing(&error) => {
                log::info!("listen {at}: {}", describe(&error));
            }
            Err(error) => return Err((at, error)),
        }
    }
    Ok(())
}

/// Whether this machine has no addresses of the family.
fn is_family_missing(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT))
}

fn unavailable(endpoint: &impl std::fmt::Display, error: &io::Error) -> Failure {
    let cause = if is_lack_of_resources(error) { Cause::Local } else { Cause::Unavailable };
    let hint = hint_for(&endpoint.to_string(), error);
    Failure::new(cause, format!("listen {endpoint}: {}{hint}", describe(error)))
}

/// What helps against an error about the port of an endpoint. Unix sockets have no port, and errors of their own.
fn hint_for(endpoint: &str, error: &io::Error) -> &'static str {
    let port = endpoint.parse::<SocketAddr>().ok().map(|address| address.port());
    match (error.raw_os_error(), port) {
        (Some(libc::EADDRINUSE), Some(_)) => " (:0 takes a free port)",
        (Some(libc::EACCES), Some(1..1024)) => " (a port below 1024 needs root or CAP_NET_BIND_SERVICE)",
        _ => "",
    }
}
