//! The configuration of one end, from its addresses and the values of its options.
//!
//! This file checks that the options of one end fit together. `cli/options.rs` has checked the form of each value
//! before. Nothing is opened or looked up here.

use std::net::{IpAddr, SocketAddr};

use crate::cli::error::ConfigError;
use crate::cli::modes::Verb;
use crate::cli::options::{Opt, Options, row};
use crate::cli::schemes::{NOT_FOR_DESCRIPTORS, Scheme};
use crate::cli::tls::{client_settings, server_settings};
use crate::modes::config::{
    ConnectConfig, DatagramConnectConfig, DatagramListenConfig, ListenConfig, StreamConfig, TlsConnect,
};
use crate::transports::access::AccessList;
use crate::transports::address::{Address, Family, Host, HostPort, Place, UnixName};
use crate::transports::advice::Advice;
use crate::transports::connect::Dialing;
use crate::transports::datagram::opening::Group;
use crate::transports::opening::UnixBinding;

/// Why an option about the data of a session is refused beside `--show-chain`.
pub(super) const NO_DATA: &str = "no data is exchanged";

/// One end, or several that listen alike.
#[derive(Debug)]
pub(super) struct SchemeUse {
    pub(super) scheme: &'static Scheme,
    pub(super) addresses: Vec<Place>,
}

impl SchemeUse {
    fn is_inherited(&self) -> bool {
        !self.addresses.is_empty() && self.addresses.iter().all(Place::is_inherited)
    }

    pub(super) fn uses(&self, verb: &Verb, opt: Opt) -> bool {
        verb.has(self.scheme, opt) && !(self.is_inherited() && NOT_FOR_DESCRIPTORS.contains(&opt))
    }
}

/// The options of a run, and what follows from them for each of its ends.
#[derive(Debug)]
pub(super) struct RunConfig<'a> {
    pub(super) options: &'a Options,
    pub(super) stream: StreamConfig,
    /// Whether further clients are served after the first one.
    pub(super) keep_open: bool,
}

/// The configuration of an end.
#[derive(Debug)]
pub(super) enum EndConfig {
    Listen(ListenConfig),
    DatagramListen(DatagramListenConfig),
    Connect(ConnectConfig),
    DatagramConnect(DatagramConnectConfig<Place<HostPort>>),
}

/// Makes the configuration of an end, from its options and from those of the run.
pub(super) fn end_config(
    end: SchemeUse,
    options: &Options,
    run: &RunConfig<'_>,
    advice: Advice,
) -> Result<EndConfig, ConfigError> {
    let SchemeUse { scheme, addresses } = end;
    if run.stream.recv_only && options.was_given(Opt::Crlf) {
        return Err(format!("{} does nothing with --recv-only: nothing is sent", advice.flag("crlf")).into());
    }
    let about_data = [Opt::Crlf, Opt::AllowTruncation].into_iter().find(|opt| options.was_given(*opt));
    if let Some(opt) = about_data.filter(|_| run.options.show_chain) {
        return Err(format!("{} does nothing with --show-chain: {NO_DATA}", advice.flag(row(opt).name)).into());
    }
    if scheme.listens() && scheme.has_datagrams() {
        return Ok(EndConfig::DatagramListen(datagram_listen_config(scheme, addresses, options, run, advice)?));
    }
    if scheme.listens() {
        return Ok(EndConfig::Listen(listen_config(scheme, addresses, options, run, advice)?));
    }
    let [address] =
        <[Place; 1]>::try_from(addresses).map_err(|_| "two addresses given: use either ADDRESS or --connect")?;
    let dial = dial_config(&address, options, advice)?;
    if scheme.has_datagrams() {
        let (target, broadcast) = (datagram_address(address)?, options.broadcast);
        return Ok(EndConfig::DatagramConnect(DatagramConnectConfig { target, dial, broadcast }));
    }
    let tls = if scheme.is_tls {
        Some(TlsConnect { settings: client_settings(&address, advice, options)?, starttls: options.starttls })
    } else {
        None
    };
    Ok(EndConfig::Connect(ConnectConfig { target: address, dial, tls, crlf: options.crlf, stream: run.stream.clone() }))
}

pub(super) fn dial_config(address: &Place, options: &Options, advice: Advice) -> Result<Dialing, ConfigError> {
    check_target(address)?;
    let family = family_of(options);
    check_family(family, address, advice)?;
    check_source(&options.dial.source, family, address, advice)?;
    Ok(Dialing { family, avoids_own_listeners: true, ..options.dial.clone() })
}

fn listen_config(
    scheme: &Scheme,
    addresses: Vec<Place>,
    options: &Options,
    run: &RunConfig<'_>,
    advice: Advice,
) -> Result<ListenConfig, ConfigError> {
    let has_path = addresses.iter().any(|address| matches!(address, Place::Address(Address::Unix(UnixName::Path(_)))));
    let of_path = [Opt::Mode, Opt::Owner, Opt::ReplaceStale];
    if let Some(opt) = of_path.into_iter().find(|opt| !has_path && options.was_given(*opt)) {
        return Err(format!("{} needs a socket with a path", advice.flag(row(opt).name)).into());
    }
    let family = family_of(options);
    for address in &addresses {
        check_family(family, address, advice)?;
    }
    let ListenConfig { grace, accept_timeout, .. } = run.options.listening;
    let Dialing { numeric, keepalive, socket, .. } = options.dial.clone();
    Ok(ListenConfig {
        addresses,
        family,
        numeric,
        keep_open: run.keep_open,
        access: AccessList::new(options.allow.clone(), options.deny.clone()),
        binding: UnixBinding { advice, ..options.listening.binding },
        grace,
        accept_timeout,
        keepalive,
        socket,
        tls: if scheme.is_tls { Some(server_settings(advice, options)?) } else { None },
        crlf: options.crlf,
        stream: run.stream.clone(),
        ..options.listening.clone()
    })
}

fn datagram_listen_config(
    scheme: &Scheme,
    addresses: Vec<Place>,
    options: &Options,
    run: &RunConfig<'_>,
    advice: Advice,
) -> Result<DatagramListenConfig, ConfigError> {
    let config = listen_config(scheme, addresses, options, run, advice)?;
    let ListenConfig { addresses, family, numeric, max_conns, access, port_file, socket, grace, stream, .. } = config;
    let groups = options.join.clone();
    for group in &groups {
        check_group(group, family, &addresses, advice)?;
    }
    let addresses = addresses.into_iter().map(datagram_address).collect::<Result<_, _>>()?;
    Ok(DatagramListenConfig { addresses, family, numeric, max_conns, access, port_file, groups, socket, grace, stream })
}

fn datagram_address(place: Place) -> Result<Place<HostPort>, ConfigError> {
    match place {
        Place::Address(Address::Inet(target)) => Ok(Place::Address(target)),
        Place::Inherited(number) => Ok(Place::Inherited(number)),
        Place::Address(other) => Err(format!("'{other}' is a {} socket: UDP needs HOST:PORT", other.kind()).into()),
    }
}

/// The families that `-4` and `-6` allow. Both together have been refused before.
fn family_of(options: &Options) -> Family {
    match (options.ipv4, options.ipv6) {
        (true, _) => Family::V4,
        (_, true) => Family::V6,
        _ => Family::Any,
    }
}

/// Checks that a client can connect to an address.
fn check_target(address: &Place) -> Result<(), ConfigError> {
    match address.host_port() {
        Some(HostPort { host: Host::Any, .. }) => {
            Err(format!("invalid address '{address}': a client needs one host, '*' is for listening").into())
        }
        Some(HostPort { port: 0, .. }) => Err(format!("invalid address '{address}': cannot connect to port 0").into()),
        _ => Ok(()),
    }
}

/// Checks that datagrams for a group arrive: a socket must be bound to every address, or to that of the group.
fn check_group(group: &Group, family: Family, addresses: &[Place], advice: Advice) -> Result<(), ConfigError> {
    let receives = |address: &Place| match address.host_port() {
        Some(HostPort { host: Host::Any, .. }) => excluding(family, group.ip, advice).is_none(),
        Some(HostPort { host: Host::Ip { ip, .. }, .. }) => {
            *ip == group.ip || (ip.is_unspecified() && ip.is_ipv4() == group.ip.is_ipv4())
        }
        _ => false,
    };
    if addresses.iter().any(receives) {
        return Ok(());
    }
    let ip = group.ip;
    if let Some(option) = excluding(family, ip, advice) {
        return Err(format!("{option} excludes the group '{ip}'").into());
    }
    let own = if ip.is_ipv6() { format!("[{ip}]:PORT") } else { format!("{ip}:PORT") };
    let ip = ip.to_string();
    let join = advice.option("join", &ip);
    Err(format!("{join} needs '*:PORT' or '{own}' as an address: no other address receives datagrams for a group")
        .into())
}

/// Checks that `-4` or `-6` does not exclude an address.
fn check_family(family: Family, address: &Place, advice: Advice) -> Result<(), ConfigError> {
    match ip_of(address).and_then(|ip| excluding(family, ip, advice)) {
        Some(option) => Err(format!("{option} excludes the address '{address}'").into()),
        None => Ok(()),
    }
}

/// The option that excludes an address, if one does: `-4` or `-6`.
fn excluding(family: Family, ip: IpAddr, advice: Advice) -> Option<String> {
    let is_admitted = family.admits(&SocketAddr::new(ip, 0));
    (!is_admitted).then(|| advice.letter(if ip.is_ipv6() { "4" } else { "6" }))
}

/// Checks that a source and an address have the same family. A port alone is one for both families.
fn check_source(source: &[SocketAddr], family: Family, address: &Place, advice: Advice) -> Result<(), ConfigError> {
    let [source] = source else { return Ok(()) };
    if let Some(option) = excluding(family, source.ip(), advice) {
        return Err(format!("{option} excludes the address '{source}'").into());
    }
    match ip_of(address) {
        Some(to) if source.is_ipv4() != to.is_ipv4() => {
            let option = advice.flag("source");
            Err(format!("{option} '{source}' and '{address}' have different families").into())
        }
        _ => Ok(()),
    }
}

fn ip_of(address: &Place) -> Option<IpAddr> {
    match address.host_port() {
        Some(HostPort { host: Host::Ip { ip, .. }, .. }) => Some(*ip),
        _ => None,
    }
}
