//! Opening what listens: every address, the lines that say so, and the port file.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::config::ListenConfig;
use super::local;
use crate::protocols::NOTICE;
use crate::protocols::report::{Cause, Failure};
use crate::transports::address::{Address, Family, Host, HostPort};
use crate::transports::dialing::listen_addresses;
use crate::transports::error::describe;
use crate::transports::id::Id;
use crate::transports::info::Peer;
use crate::transports::listener::Listening;
use crate::transports::net::Net;
use crate::transports::opening::{Inherited, Stack, UnixBinding, inherit};
use crate::transports::protocol::Factory;

/// How often a port that the kernel chose for IPv4 may turn out to be taken for IPv6 before we give up.
const PORT_TRIES: usize = 16;

/// Opens all listeners of `config`, says so, and writes the port file, which goes when the result is dropped.
pub(super) fn open(
    net: &mut Net,
    config: &ListenConfig,
    listening: &Listening,
    factory: impl Fn() -> Factory,
) -> anyhow::Result<Option<PortFile>> {
    let mut listeners = Vec::new();
    for address in &config.addresses {
        match address {
            Address::Tcp(tcp) => listeners.extend(open_tcp(net, config, tcp, listening, &factory)?),
            Address::Unix(name) => {
                let binding = UnixBinding { mode: config.socket_mode, replace_stale: config.replace_stale };
                let id = net
                    .listen_unix(name, binding, listening.clone(), factory())
                    .map_err(|error| unavailable(&name, &error))?;
                listeners.push(id);
            }
            Address::Fd(number) => match inherit(*number).map_err(|error| unavailable(address, &error))? {
                Inherited::Listener(fd) => {
                    let id = net.adopt_listener(fd, listening.clone(), factory()).map_err(|e| local("adopt", &e))?;
                    listeners.push(id);
                }
                // inetd: the one connection is the whole service.
                Inherited::Connection(fd) => {
                    let protocol = factory()();
                    let id = net.adopt(fd, protocol).map_err(|error| local("adopt", &error))?;
                    net.transport(id).set_write_buffer_limits(listening.marks);
                }
            },
        }
    }
    let names: Vec<Peer> = listeners.into_iter().filter_map(|id| net.listening_on(id)).collect();
    let port_file = match &config.port_file {
        Some(path) => Some(PortFile::write(path, &names).map_err(|e| local(&path.display().to_string(), &e))?),
        None => None,
    };
    for name in &names {
        log::info!(target: NOTICE, "listening on {name}");
    }
    Ok(port_file)
}

/// Opens one listener per address of the host. Where the kernel chooses the port, both families get the same one.
fn open_tcp(
    net: &mut Net,
    config: &ListenConfig,
    tcp: &HostPort,
    listening: &Listening,
    factory: &impl Fn() -> Factory,
) -> anyhow::Result<Vec<Id>> {
    let addresses = listen_addresses(tcp, config.family, config.numeric)
        .map_err(|error| Failure::new(Cause::Unavailable, error.to_string()))?;
    // `*` opens a socket for each family, and `-6` wants one of them only; a plain `[::]` serves both.
    let own = tcp.host == Host::Any || config.family == Family::V6;
    let stack = if own { Stack::OwnFamily } else { Stack::Both };
    for attempt in 1.. {
        let mut ids = Vec::new();
        let mut port = tcp.port;
        let mut failed = None;
        for address in &addresses {
            let at = SocketAddr::new(address.ip(), port);
            let at = if let (SocketAddr::V6(v6), SocketAddr::V6(mut at)) = (address, at) {
                at.set_scope_id(v6.scope_id());
                at.into()
            } else {
                at
            };
            match net.listen_tcp(at, stack, listening.clone(), factory()) {
                Ok(id) => {
                    if let Some(Peer::Ip(real)) = net.listening_on(id) {
                        port = real.port();
                    }
                    ids.push(id);
                }
                // A machine without IPv6 still has a loopback.
                Err(error) if addresses.len() > 1 && !ids.is_empty() && is_family_missing(&error) => {
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
            Some((_, error)) if error.kind() == io::ErrorKind::AddrInUse && tcp.port == 0 && attempt < PORT_TRIES => {
                ids.into_iter().for_each(|id| net.close_listener(id));
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
    Failure::new(Cause::Unavailable, format!("listen {endpoint}: {}", describe(error)))
}

/// The file that tells scripts which port it is. It is ours, and goes with us.
#[derive(Debug)]
pub(super) struct PortFile(PathBuf);

impl PortFile {
    /// Writes one port per line, each once, in one step: a reader sees the whole file or none.
    fn write(path: &Path, names: &[Peer]) -> io::Result<Self> {
        let mut ports: Vec<u16> = names.iter().filter_map(Peer::port).collect();
        ports.dedup();
        let text: String = ports.iter().map(|port| format!("{port}\n")).collect();
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{}.tmp", std::process::id()));
        let beside = PathBuf::from(beside);
        fs::write(&beside, text)?;
        fs::rename(&beside, path).inspect_err(|_| drop(fs::remove_file(&beside)))?;
        Ok(Self(path.to_owned()))
    }
}

impl Drop for PortFile {
    fn drop(&mut self) {
        // Somebody who has removed it already has done our work.
        let _ = fs::remove_file(&self.0);
    }
}
