//! From options to what the modes read: one end, its addresses, and checks across options.
//!
//! The form of each value was checked when it was read (`cli/options.rs`); nothing is opened or looked up here. Modes
//! that join two ends are in `cli/relay.rs`.

use std::ffi::OsString;
use std::net::IpAddr;
use std::time::Duration;

use crate::cli::address::{parse_address, parse_two_words};
use crate::cli::error::ConfigError;
use crate::cli::modes::{Action, ModeSpec, Verb};
use crate::cli::options::{Given, Heading, Opt, Options};
use crate::cli::schemes::{NOT_FOR_DESCRIPTORS, Role, Scheme};
use crate::cli::tls::{client_settings, server_settings};
use crate::modes::config::{self, ConnectConfig, DatagramConfig, ListenConfig, StreamConfig, TlsConnect};
use crate::protocols::half_close::HalfClose;
use crate::transports::access::AccessList;
use crate::transports::address::{Address, Family, Host, HostPort, UnixName};
use crate::transports::advice::Advice;
use crate::transports::datagram::opening::Group;

/// How long a datagram client waits for a further reply, since there is no end that could tell.
const DATAGRAM_LINGER_DEFAULT: Duration = Duration::from_secs(1);

/// Permission bits of a unix socket unless `--mode` says otherwise: its owner only.
const SOCKET_MODE_DEFAULT: u32 = 0o600;

/// Options that keep clients out. A user may rely on one for every listener, so each listener must have it.
const GUARDS: &[Opt] = &[Opt::Allow, Opt::Deny, Opt::ClientCa];

/// One end, or several that listen alike.
#[derive(Debug)]
pub(super) struct SchemeUse {
    pub(super) scheme: &'static Scheme,
    pub(super) addresses: Vec<Address>,
}

impl SchemeUse {
    fn is_inherited(&self) -> bool {
        !self.addresses.is_empty() && self.addresses.iter().all(|address| matches!(address, Address::Fd(_)))
    }

    fn uses(&self, verb: &Verb, opt: Opt) -> bool {
        verb.has(self.scheme, opt) && !(self.is_inherited() && NOT_FOR_DESCRIPTORS.contains(&opt))
    }
}

/// The one check that nothing is given that does nothing: each option counts for an end, for the mode, or for the run.
pub(super) fn check_use(mode: &ModeSpec, given: &[Given], ends: &[SchemeUse]) -> Result<(), ConfigError> {
    let is_of_run = |opt| mode.verb.has_of_run(None, opt);
    let is_place =
        |opt| matches!(opt, Opt::ListenAddress | Opt::ListenEndpoint | Opt::ConnectAddress | Opt::ConnectEndpoint);
    for row in given.iter().map(|given| given.row).filter(|row| row.heading != Heading::Output && !is_place(row.id)) {
        let (users, others): (Vec<&SchemeUse>, Vec<&SchemeUse>) =
            ends.iter().partition(|end| end.uses(mode.verb, row.id));
        let unguarded = others.iter().filter(|end| GUARDS.contains(&row.id) && end.scheme.listens());
        let unguarded = Vec::from_iter(unguarded.map(|end| end.scheme));
        let reason = if !unguarded.is_empty() {
            format!("for {}", list(&unguarded))
        } else if users.is_empty() && !is_of_run(row.id) {
            explain_useless(mode, row.id, ends)
        } else {
            continue;
        };
        return Err(format!("{} does nothing {reason}", row.flag()).into());
    }
    Ok(())
}

/// What an option would need.
fn explain_useless(mode: &ModeSpec, opt: Opt, ends: &[SchemeUse]) -> String {
    let verb = mode.verb;
    if let Some(end) = ends.iter().find(|end| verb.has(end.scheme, opt))
        && mode.scheme.is_some()
        && let [address, ..] = &end.addresses[..]
    {
        return format!("for '{address}', which is open already");
    }
    let roles = [Role::Listen, Role::Connect, Role::Run];
    let is_wanted = |role: &Role| verb.schemes().any(|scheme| scheme.role == *role && verb.has(scheme, opt));
    let wanted = Vec::from_iter(roles.into_iter().filter(is_wanted));
    let is_there = ends.iter().any(|end| wanted.contains(&end.scheme.role));
    match (verb.action, &wanted[..]) {
        (Action::Exec, [Role::Listen]) if !is_there => "without --listen".to_owned(),
        (Action::Exec, [Role::Connect]) if !is_there => "without --connect".to_owned(),
        (Action::Exec, _) if !is_there => "without --listen or --connect".to_owned(),
        (_, [Role::Listen]) if !is_there => "where LEFT does not listen".to_owned(),
        (_, [Role::Connect]) if !is_there => "where no side connects".to_owned(),
        (_, [Role::Run]) if !is_there => "without exec: or shell:".to_owned(),
        _ => format!("for {}", list(&Vec::from_iter(ends.iter().map(|end| end.scheme)))),
    }
}

fn list(schemes: &[&Scheme]) -> String {
    let mut names = Vec::from_iter(schemes.iter().map(|scheme| match scheme.role {
        Role::Stdio => scheme.name.to_owned(),
        _ => format!("{}:", scheme.name),
    }));
    names.dedup();
    names.join(" and ")
}

/// The configuration of a mode that is a verb said shorter. `words` is the address in one word or two.
pub(super) fn resolve_named(
    mode: &ModeSpec,
    scheme: &'static Scheme,
    words: &[OsString],
    given: &[Given],
    options: &Options,
) -> Result<config::Mode, ConfigError> {
    let is_client = mode.verb.action == Action::Connect;
    let named = if is_client { options.connect.as_slice() } else { &options.listen };
    let mut addresses = Vec::new();
    match words {
        [] => (),
        [address] => addresses.push(parse_address(scheme.is_unix(), address)?),
        [host, port, ..] => addresses.push(parse_two_words(host, port)?),
    }
    for text in named {
        addresses.push(parse_address(scheme.is_unix(), text)?);
    }
    match (is_client, &addresses[..]) {
        (true, []) => return Err("no address: where is it to connect to?".into()),
        (false, []) => return Err("no address: where is it to listen?".into()),
        (true, [_, _, ..]) => return Err("two addresses: write either ADDRESS or --connect".into()),
        _ => check_descriptors(&addresses)?,
    }
    let end = SchemeUse { scheme, addresses };
    check_use(mode, given, std::slice::from_ref(&end))?;
    resolve_end(mode.verb.action, end, options, options, Advice::Arguments)
}

/// One end joined with stdin and stdout, or with an echo. `run` has the options of the run, `options` those of the end.
fn resolve_end(
    action: Action,
    end: SchemeUse,
    run: &Options,
    options: &Options,
    advice: Advice,
) -> Result<config::Mode, ConfigError> {
    let mut stream = stream_config(run)?;
    let SchemeUse { scheme, mut addresses } = end;
    if scheme.has_datagrams() && run.count.is_some() && run.send_only {
        return Err("--count counts what arrives, which --send-only throws away".into());
    }
    let datagrams = DatagramConfig { lines: run.lines, count: run.count, ..datagram_config(options) };
    if action == Action::Connect {
        if scheme.has_datagrams() {
            stream.linger = stream.linger.or(Some(DATAGRAM_LINGER_DEFAULT));
        }
        let config = connect_config(scheme, addresses.remove(0), options, stream, advice)?;
        return Ok(match scheme.has_datagrams() {
            true => config::Mode::DatagramClient(config, datagrams),
            false => config::Mode::Client(config),
        });
    }
    let mut config = listen_config(scheme, addresses, options, stream, advice)?;
    config.grace = run.grace;
    config.keep_open = match action {
        _ if scheme.has_datagrams() => true,
        Action::Echo => !run.once,
        _ => run.keep_open,
    };
    Ok(match (action, scheme.has_datagrams()) {
        (Action::Echo, true) => config::Mode::DatagramEcho(config, datagrams),
        (Action::Echo, false) => config::Mode::Echo(config),
        (_, true) => config::Mode::DatagramServer(config, datagrams),
        (_, false) => config::Mode::Server(config),
    })
}

/// What connects to `address`, from the options of an end.
pub(super) fn connect_config(
    scheme: &Scheme,
    address: Address,
    options: &Options,
    stream: StreamConfig,
    advice: Advice,
) -> Result<ConnectConfig, ConfigError> {
    check_target(&address)?;
    let family = family_of(options);
    check_family(family, &address, advice)?;
    if let Some(source) = &options.source {
        check_source(source, family, &address, advice)?;
    }
    let tls = match scheme.is_tls {
        true => Some(TlsConnect { settings: client_settings(&address, advice, options)?, starttls: options.starttls }),
        false => None,
    };
    Ok(ConnectConfig {
        address,
        family,
        numeric: options.numeric,
        source: options.source.clone(),
        connect_timeout: options.connect_timeout,
        retry: options.retry,
        retry_delay: options.retry_delay,
        keepalive: options.keepalive,
        tls,
        stream,
    })
}

/// What listens on `addresses`, from the options of an end. How many clients it serves, and how it ends, is for the
/// caller to fill in.
pub(super) fn listen_config(
    scheme: &Scheme,
    addresses: Vec<Address>,
    options: &Options,
    stream: StreamConfig,
    advice: Advice,
) -> Result<ListenConfig, ConfigError> {
    let has_path = addresses.iter().any(|address| matches!(address, Address::Unix(UnixName::Path(_))));
    if !has_path && [Opt::Mode, Opt::ReplaceStale].iter().any(|opt| options.was_given(*opt)) {
        let [mode, replace] = ["mode", "replace-stale"].map(|name| advice.flag(name));
        return Err(format!("{mode} and {replace} are for sockets with a path").into());
    }
    let family = family_of(options);
    for address in &addresses {
        check_family(family, address, advice)?;
    }
    let config = ListenConfig {
        addresses,
        family,
        numeric: options.numeric,
        keep_open: true,
        max_conns: options.max_conns,
        backlog: options.backlog,
        access: AccessList::new(options.allow.clone(), options.deny.clone()),
        socket_mode: options.mode.unwrap_or(SOCKET_MODE_DEFAULT),
        replace_stale: options.replace_stale,
        advice,
        port_file: options.port_file.clone(),
        grace: Duration::ZERO,
        keepalive: options.keepalive,
        tls: if scheme.is_tls { Some(server_settings(advice, options)?) } else { None },
        stream,
    };
    for group in &options.join {
        check_group(group, &config)?;
    }
    Ok(config)
}

/// What datagrams have besides, from the options of an end.
pub(super) fn datagram_config(options: &Options) -> DatagramConfig {
    DatagramConfig { broadcast: options.broadcast, groups: options.join.clone(), ..DatagramConfig::default() }
}

/// What holds for each session.
pub(super) fn stream_config(options: &Options) -> Result<StreamConfig, ConfigError> {
    if let Some(low) = options.low_water.filter(|low| *low > options.high_water) {
        return Err(format!("--low-water {low} is more than --high-water {}", options.high_water).into());
    }
    Ok(StreamConfig {
        send_only: options.send_only,
        recv_only: options.recv_only,
        half_close: options.half_close.unwrap_or(HalfClose::Now),
        high_water: options.high_water,
        low_water: options.low_water,
        idle_timeout: options.idle_timeout,
        linger: options.linger,
        timeout: options.timeout,
    })
}

/// A descriptor can be taken over once only.
pub(super) fn check_descriptors<'a>(addresses: impl IntoIterator<Item = &'a Address>) -> Result<(), ConfigError> {
    let mut seen = Vec::new();
    for address in addresses {
        if !matches!(address, Address::Fd(_)) {
            continue;
        }
        if seen.contains(&address) {
            return Err(format!("'{address}' is given twice").into());
        }
        seen.push(address);
    }
    Ok(())
}

/// Options that contradict each other were refused when they were read.
fn family_of(options: &Options) -> Family {
    match (options.ipv4, options.ipv6) {
        (true, _) => Family::V4,
        (_, true) => Family::V6,
        _ => Family::Any,
    }
}

/// A client needs a place to go to.
fn check_target(address: &Address) -> Result<(), ConfigError> {
    match address {
        Address::Inet(HostPort { host: Host::Any, .. }) => {
            Err(format!("invalid address '{address}': '*' is for listening, a client needs one host").into())
        }
        Address::Inet(HostPort { port: 0, .. }) => {
            Err(format!("invalid address '{address}': port 0 cannot be connected to").into())
        }
        _ => Ok(()),
    }
}

/// What is sent to a group arrives only where the socket is bound to every address, or to the group's own.
fn check_group(group: &Group, config: &ListenConfig) -> Result<(), ConfigError> {
    let receives = |address: &Address| match address {
        Address::Inet(HostPort { host: Host::Any, .. }) => match config.family {
            Family::Any => true,
            Family::V4 => group.ip.is_ipv4(),
            Family::V6 => group.ip.is_ipv6(),
        },
        Address::Inet(HostPort { host: Host::Ip { ip, .. }, .. }) => {
            *ip == group.ip || (ip.is_unspecified() && ip.is_ipv4() == group.ip.is_ipv4())
        }
        _ => false,
    };
    if config.addresses.iter().any(receives) {
        return Ok(());
    }
    let (ip, advice) = (group.ip, config.advice);
    match (config.family, ip.is_ipv4()) {
        (Family::V4, false) => return Err(format!("{} excludes the group '{ip}'", advice.letter("4")).into()),
        (Family::V6, true) => return Err(format!("{} excludes the group '{ip}'", advice.letter("6")).into()),
        _ => (),
    }
    let own = if ip.is_ipv6() { format!("[{ip}]:PORT") } else { format!("{ip}:PORT") };
    let ip = ip.to_string();
    let join = advice.option("join", &ip);
    Err(format!("{join} needs '*:PORT' or '{own}' as an address: no other one receives what is sent to a group").into())
}

/// `-4` and `-6` leave something of an address.
fn check_family(family: Family, address: &Address, advice: Advice) -> Result<(), ConfigError> {
    let excluding = match (family, ip_of(address)) {
        (Family::V4, Some(IpAddr::V6(_))) => advice.letter("4"),
        (Family::V6, Some(IpAddr::V4(_))) => advice.letter("6"),
        _ => return Ok(()),
    };
    Err(format!("{excluding} excludes the address '{address}'").into())
}

/// The source can be bound for this address at all.
fn check_source(source: &Address, family: Family, address: &Address, advice: Advice) -> Result<(), ConfigError> {
    check_family(family, source, advice)?;
    match (ip_of(source), ip_of(address)) {
        (Some(from), Some(to)) if from.is_ipv4() != to.is_ipv4() => {
            let option = advice.flag("source");
            Err(format!("{option} '{source}' and '{address}' are of different families").into())
        }
        _ => Ok(()),
    }
}

fn ip_of(address: &Address) -> Option<IpAddr> {
    match address {
        Address::Inet(HostPort { host: Host::Ip { ip, .. }, .. }) => Some(*ip),
        _ => None,
    }
}
