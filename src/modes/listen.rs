//! Opens listeners and datagram sockets, and writes the `listening on` lines. `port_file.rs` writes the port files.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{OwnedFd, RawFd};
use std::path::Path;

use super::config::{DatagramAddress, DatagramListenConfig, ListenConfig};
use super::parts::{marks, unusable};
use super::port_file::write_port_file;
use super::run::local;
use super::tls;
use crate::protocols::NOTICE;
use crate::protocols::loop_guard::MARK;
use crate::protocols::report::{Cause, Failure};
use crate::transports::address::{Address, Family, Host, HostPort, UnixName};
use crate::transports::connect::listen_addresses;
use crate::transports::datagram::opening::{DatagramOptions, DatagramService};
use crate::transports::error::{describe, is_lack_of_resources};
use crate::transports::id::Id;
use crate::transports::info::Peer;
use crate::transports::listener::Listening;
use crate::transports::net::Net;
use crate::transports::opening::{Inherited, Stack, UnixBinding, inherit};
use crate::transports::own_file::{self, OwnFile};
use crate::transports::protocol::{DatagramProtocol, Factory};
use crate::transports::tls::TlsServer;

/// How many ports are tried, because the port that the kernel chooses for IPv4 can be in use for IPv6.
const PORT_TRIES: usize = 16;

/// A host and a port to listen on, with the addresses of the host.
struct InetPlace {
    asked: HostPort,
    addresses: Vec<SocketAddr>,
}

impl InetPlace {
    fn new(asked: &HostPort, family: Family, numeric: bool) -> anyhow::Result<Self> {
        let addresses = listen_addresses(asked, family, numeric)
            .map_err(|error| Failure::new(Cause::Unavailable, error.to_string()))?;
        Ok(Self { asked: asked.clone(), addresses })
    }
}

/// An address to accept streams on, or an inherited descriptor.
enum ListenPlace {
    Inet(InetPlace),
    Unix(UnixName),
    Inherited { number: RawFd, socket: Inherited },
}

/// An address to receive datagrams on, or an inherited socket.
enum DatagramPlace {
    Inet(InetPlace),
    Inherited { number: RawFd, socket: OwnedFd },
}

/// The listeners of an end, prepared as far as is possible before anything is opened.
pub(super) struct PreparedListeners {
    places: Vec<ListenPlace>,
    pub(super) tls: Option<TlsServer>,
}

/// The datagram sockets of an end, prepared in the same way.
pub(super) struct PreparedDatagrams {
    places: Vec<DatagramPlace>,
}

/// Prepares the listeners of an end: checks the path of the port file, reads the files of TLS, looks up names, and
/// takes over inherited descriptors. A look-up can take long; signals still have their default effect then. Descriptors
/// are taken over before a new descriptor could get the same number.
pub(super) fn resolve(config: &ListenConfig) -> anyhow::Result<PreparedListeners> {
    check_port_file(config.port_file.as_deref())?;
    let tls = tls::server(config)?;
    let place = |address: &Address| {
        Ok(match address {
            Address::Inet(inet) => ListenPlace::Inet(InetPlace::new(inet, config.family, config.numeric)?),
            Address::Unix(name) => ListenPlace::Unix(name.clone()),
            Address::Fd(number) => {
                let socket = inherit(*number).map_err(|error| unavailable(address, &error))?;
                ListenPlace::Inherited { number: *number, socket }
            }
        })
    };
    let places = config.addresses.iter().map(place).collect::<anyhow::Result<_>>()?;
    Ok(PreparedListeners { places, tls })
}

/// Prepares the datagram sockets of an end in the same way.
pub(super) fn resolve_datagrams(config: &DatagramListenConfig) -> anyhow::Result<PreparedDatagrams> {
    check_port_file(config.port_file.as_deref())?;
    let place = |address: &DatagramAddress| {
        Ok(match address {
            DatagramAddress::Inet(inet) => DatagramPlace::Inet(InetPlace::new(inet, config.family, config.numeric)?),
            DatagramAddress::Inherited(number) => {
                match inherit(*number).map_err(|error| unavailable(&Address::Fd(*number), &error))? {
                    Inherited::Datagrams(socket) => DatagramPlace::Inherited { number: *number, socket },
                    Inherited::Listener(_) | Inherited::Connection(_) => {
                        return Err(unusable(*number, "not a datagram socket").into());
                    }
                }
            }
        })
    };
    Ok(PreparedDatagrams { places: config.addresses.iter().map(place).collect::<anyhow::Result<_>>()? })
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
) -> anyhow::Result<Vec<Option<OwnFile>>> {
    let mut ports: Ports<'_> = Vec::new();
    let mut opened = Vec::new();
    for (config, ready) in ends.iter().zip(ready) {
        let listening = Listening {
            backlog: config.backlog,
            limit: limit(config),
            access: config.access.clone(),
            marks: marks(&config.stream)?,
            once: !config.keep_open,
            tls: None,
            crlf: config.crlf,
            keepalive: config.keepalive,
            socket: config.socket.clone(),
        };
        let tls = ready.tls.clone();
        let names = open(net, config, ready, &listening, &factory)?;
        opened.push((config, tls, names.clone()));
        add_ports(&mut ports, config.port_file.as_deref(), names);
    }
    let port_files = announce_all(&ports)?;
    opened.iter().for_each(|(config, tls, names)| tls::tell_clients(config, tls.as_ref(), names));
    Ok(port_files)
}

/// Port files, and the addresses whose ports they have.
type Ports<'a> = Vec<(Option<&'a Path>, Vec<Peer>)>;

/// Adds the addresses of an end. Ends with the same port file share it.
fn add_ports<'a>(ports: &mut Ports<'a>, port_file: Option<&'a Path>, names: Vec<Peer>) {
    match ports.iter_mut().find(|(path, _)| *path == port_file) {
        Some((_, of_path)) => of_path.extend(names),
        None => ports.push((port_file, names)),
    }
}

fn announce_all(ports: &Ports<'_>) -> anyhow::Result<Vec<Option<OwnFile>>> {
    ports.iter().map(|(path, names)| announce(names, *path)).collect()
}

/// Opens the listeners of an end, and returns their addresses with the ports that the kernel chose.
fn open(
    net: &mut Net,
    config: &ListenConfig,
    ready: PreparedListeners,
    listening: &Listening,
    factory: impl Fn() -> Factory,
) -> anyhow::Result<Vec<Peer>> {
    let PreparedListeners { places, tls } = ready;
    let listening = &Listening { tls, ..listening.clone() };
    let mut listeners = Vec::new();
    let v4_wildcards = wildcard_ports(places.iter().filter_map(|place| match place {
        ListenPlace::Inet(place) => Some(place),
        _ => None,
    }));
    for place in places {
        match place {
            ListenPlace::Inet(InetPlace { asked, addresses }) => {
                let stack = stack(&asked, config.family, &v4_wildcards);
                let open = |net: &mut Net, at| net.listen_tcp(at, stack, listening.clone(), factory());
                listeners.extend(open_each(net, asked.port, &addresses, open)?);
            }
            ListenPlace::Unix(name) => {
                let (mode, replace_stale) = (config.socket_mode, config.replace_stale);
                let binding = UnixBinding { mode, owner: config.owner, replace_stale, advice: config.advice };
                let id = net
                    .listen_unix(&name, binding, listening.clone(), factory())
                    .map_err(|error| unavailable(&name, &error))?;
                listeners.push(id);
            }
            ListenPlace::Inherited { number, socket } => {
                listeners.extend(open_inherited(net, number, socket, listening, &factory)?);
            }
        }
    }
    Ok(listeners.into_iter().filter_map(|id| net.listening_on(id)).collect())
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
    for (config, PreparedDatagrams { places }) in ends.iter().zip(ready) {
        let service = DatagramService {
            access: config.access.clone(),
            groups: config.groups.clone(),
            socket: config.socket.clone(),
            options: DatagramOptions { marks: marks(&config.stream)?, broadcast: false, traffic_class: Some(MARK) },
        };
        let mut ids = Vec::new();
        let v4_wildcards = wildcard_ports(places.iter().filter_map(|place| match place {
            DatagramPlace::Inet(place) => Some(place),
            DatagramPlace::Inherited { .. } => None,
        }));
        for place in places {
            match place {
                DatagramPlace::Inet(InetPlace { asked, addresses }) => {
                    let stack = stack(&asked, config.family, &v4_wildcards);
                    let open = |net: &mut Net, at| net.bind_udp(at, stack, service.clone(), protocol());
                    ids.extend(open_each(net, asked.port, &addresses, open)?);
                }
                DatagramPlace::Inherited { number, socket } => {
                    let adopted = net.adopt_udp(socket, service.clone(), protocol());
                    ids.push(adopted.map_err(|error| unavailable(&Address::Fd(number), &error))?);
                }
            }
        }
        ids_of_ends.push(ids);
    }
    Ok(ids_of_ends)
}

/// Reports the addresses of datagram sockets. The port files are removed when the result is dropped.
pub(super) fn announce_datagrams(
    net: &mut Net,
    ends: &[DatagramListenConfig],
    ids_of_ends: &[Vec<Id>],
) -> anyhow::Result<Vec<Option<OwnFile>>> {
    let mut ports: Ports<'_> = Vec::new();
    for (config, ids) in ends.iter().zip(ids_of_ends) {
        let names = ids.iter().filter_map(|id| net.listening_on(*id)).collect();
        add_ports(&mut ports, config.port_file.as_deref(), names);
    }
    announce_all(&ports)
}

/// The families that a socket serves. `*` opens a socket for each family, and `-6` opens only that of IPv6. `[::]`
/// serves both families, unless another address serves IPv4 on the same port.
fn stack(asked: &HostPort, family: Family, v4_wildcards: &[u16]) -> Stack {
    let own = asked.host == Host::Any || family == Family::V6 || v4_wildcards.contains(&asked.port);
    if own { Stack::OwnFamily } else { Stack::Both }
}

/// The ports for which `0.0.0.0` is given.
fn wildcard_ports<'a>(places: impl Iterator<Item = &'a InetPlace>) -> Vec<u16> {
    let wildcard = Host::Ip { ip: Ipv4Addr::UNSPECIFIED.into(), scope: 0 };
    places
        .map(|place| &place.asked)
        .filter(|asked| asked.host == wildcard && asked.port != 0)
        .map(|asked| asked.port)
        .collect()
}

/// Writes the port file and the `listening on` lines. Everything must be ready before, because a script can react at
/// once. The port file is removed when the result is dropped.
fn announce(names: &[Peer], port_file: Option<&Path>) -> anyhow::Result<Option<OwnFile>> {
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

/// Serves an inherited socket: a listener, or one connection, as under inetd.
fn open_inherited(
    net: &mut Net,
    number: RawFd,
    socket: Inherited,
    listening: &Listening,
    factory: &impl Fn() -> Factory,
) -> anyhow::Result<Option<Id>> {
    let refused = |error| unavailable(&Address::Fd(number), &error);
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
            net.count_as_accepted(id);
            if listening.limit.is_some_and(|limit| net.accepted() > limit) {
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
