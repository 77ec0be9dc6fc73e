//! From options to what the modes read: one mode, its addresses, and checks across options.
//!
//! The form of each value was checked when it was parsed (`cli/groups.rs`); nothing is opened or looked up here. Modes
//! that join endpoints are in `cli/join.rs`.

use std::ffi::{OsStr, OsString};
use std::net::IpAddr;
use std::time::Duration;

use clap::{ArgMatches, FromArgMatches};

use crate::cli::address::{parse_inet, parse_inet_pair, parse_source, parse_unix};
use crate::cli::args::{ModeSpec, Role, Transport};
use crate::cli::endpoint::NOT_FOR_DESCRIPTORS;
use crate::cli::groups::{
    Accepting, Broadcasting, ConnectAddress, Connecting, DatagramStdio, Datagrams, HalfClosing, Idling, InetAddress,
    InetConnecting, InetFamily, InetListening, Joining, KeepingAlive, Limiting, ListenAddresses, Listening,
    ServingMany, ServingOne, Stdio, Stream, StreamStdio, TlsStarting, UnixAddress, UnixListening,
};
use crate::cli::join::{is_given, resolve_exec, resolve_relay};
use crate::cli::quote::quote_os;
use crate::cli::tls::{client_settings, server_settings};
use crate::modes::config::{ConnectConfig, DatagramConfig, ListenConfig, Mode, StreamConfig, TlsConnect};
use crate::protocols::half_close::HalfClose;
use crate::transports::access::AccessList;
use crate::transports::address::{Address, Family, Host, HostPort, UnixName};
use crate::transports::advice::Advice;
use crate::transports::datagram::opening::Group;
use crate::transports::keepalive::KeepAlive;

/// How long a datagram client waits for a further reply, since there is no end that could tell.
const DATAGRAM_LINGER_DEFAULT: Duration = Duration::from_secs(1);

/// Permission bits of a unix socket unless `--mode` says otherwise: its owner only.
const SOCKET_MODE_DEFAULT: u32 = 0o600;

/// Why the options make no sense together.
pub(super) enum Refusal {
    /// clap's own reason.
    Clap(clap::Error),
    /// Ours, for the message.
    Ours(String),
}

impl From<clap::Error> for Refusal {
    fn from(error: clap::Error) -> Self {
        Self::Clap(error)
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self::Ours(reason)
    }
}

impl From<&str> for Refusal {
    fn from(reason: &str) -> Self {
        Self::Ours(reason.to_owned())
    }
}

/// Makes the configuration of a mode from its options.
pub(super) fn resolve(mode: &ModeSpec, matches: &mut ArgMatches) -> Result<Mode, Refusal> {
    Ok(match (mode.role, mode.transport) {
        (Role::Exec, _) => Mode::Exec(resolve_exec(matches)?),
        (Role::Relay, _) => Mode::Relay(resolve_relay(matches)?),
        (Role::Client, Transport::Udp) => {
            let datagrams = resolve_datagrams(mode.role, matches)?;
            Mode::DatagramClient(resolve_client(mode.transport, matches)?, datagrams)
        }
        (_, Transport::Udp) => {
            let datagrams = resolve_datagrams(mode.role, matches)?;
            let config = resolve_listener(mode, matches)?;
            for group in &datagrams.groups {
                check_group(group, &config)?;
            }
            match mode.role {
                Role::Server => Mode::DatagramServer(config, datagrams),
                _ => Mode::DatagramEcho(config, datagrams),
            }
        }
        (Role::Client, _) => Mode::Client(resolve_client(mode.transport, matches)?),
        (Role::Server, _) => Mode::Server(resolve_listener(mode, matches)?),
        (Role::Echo, _) => Mode::Echo(resolve_listener(mode, matches)?),
    })
}

fn resolve_datagrams(role: Role, matches: &mut ArgMatches) -> Result<DatagramConfig, Refusal> {
    let mut config =
        DatagramConfig { count: Datagrams::from_arg_matches_mut(matches)?.count, ..DatagramConfig::default() };
    if role == Role::Client {
        config.broadcast = Broadcasting::from_arg_matches_mut(matches)?.broadcast;
    } else {
        config.groups = Joining::from_arg_matches_mut(matches)?.join;
    }
    if role != Role::Echo {
        config.lines = matches.get_flag("lines");
        if config.count.is_some() && matches.get_flag("send_only") {
            return Err("--count counts what arrives, which --send-only throws away".into());
        }
    }
    Ok(config)
}

fn resolve_client(transport: Transport, matches: &mut ArgMatches) -> Result<ConnectConfig, Refusal> {
    let named = ConnectAddress::from_arg_matches_mut(matches)?.connect;
    let named = named.map(|text| parse(transport, &text)).transpose()?;
    let address = match (parse_positional(transport, matches)?, named) {
        (Some(address), None) | (None, Some(address)) => address,
        (None, None) => return Err("no address: where is it to connect to?".into()),
        (Some(_), Some(_)) => return Err("two addresses: write either ADDRESS or --connect".into()),
    };
    check_inherited(std::slice::from_ref(&address), matches)?;
    let stream = resolve_session(transport, Role::Client, matches)?;
    let mut config = connect_config(transport, address, stream, Advice::Arguments, matches)?;
    if let Some(tls) = &mut config.tls {
        tls.starttls = TlsStarting::from_arg_matches_mut(matches)?.starttls;
    }
    Ok(config)
}

/// What connects to `address`, from the options of whatever connects.
pub(super) fn connect_config(
    transport: Transport,
    address: Address,
    stream: StreamConfig,
    advice: Advice,
    matches: &mut ArgMatches,
) -> Result<ConnectConfig, Refusal> {
    let connecting = Connecting::from_arg_matches_mut(matches)?;
    check_target(&address)?;
    let (mut family, mut numeric, mut source) = (Family::Any, false, None);
    if transport != Transport::Unix {
        (family, numeric) = resolve_family(matches)?;
        check_family(family, &address, advice)?;
        if let Some(text) = InetConnecting::from_arg_matches_mut(matches)?.source {
            let parsed = parse_with(&text, parse_source)
                .map_err(|reason| format!("invalid {}: {reason}", advice.flag("source")))?;
            check_source(&parsed, family, &address, advice)?;
            source = Some(parsed);
        }
    }
    let keepalive = resolve_keepalive(transport, matches)?;
    let tls = match transport {
        Transport::Tls => Some(TlsConnect { settings: client_settings(&address, advice, matches)?, starttls: None }),
        _ => None,
    };
    Ok(ConnectConfig {
        address,
        family,
        numeric,
        source,
        connect_timeout: connecting.connect_timeout,
        retry: connecting.retry,
        retry_delay: connecting.retry_delay,
        keepalive,
        tls,
        stream,
    })
}

fn resolve_listener(mode: &ModeSpec, matches: &mut ArgMatches) -> Result<ListenConfig, Refusal> {
    let named = ListenAddresses::from_arg_matches_mut(matches)?.listen;
    let mut addresses = Vec::from_iter(parse_positional(mode.transport, matches)?);
    for text in &named {
        addresses.push(parse(mode.transport, text)?);
    }
    check_descriptors(&addresses)?;
    if addresses.is_empty() {
        return Err("no address: where is it to listen?".into());
    }
    check_inherited(&addresses, matches)?;
    let grace = Listening::from_arg_matches_mut(matches)?.grace;
    let (keep_open, max_conns) = match mode.role {
        _ if mode.transport == Transport::Udp => (true, None),
        Role::Echo => (!ServingMany::from_arg_matches_mut(matches)?.once, limit(matches)?),
        _ => (ServingOne::from_arg_matches_mut(matches)?.keep_open, None),
    };
    let stream = resolve_session(mode.transport, mode.role, matches)?;
    let config = listen_config(mode.transport, addresses, stream, Advice::Arguments, matches)?;
    Ok(ListenConfig { keep_open, max_conns, grace, ..config })
}

/// What listens on `addresses`, from the options of whatever listens. How many clients it serves, and how it ends, is
/// for the caller to fill in.
pub(super) fn listen_config(
    transport: Transport,
    addresses: Vec<Address>,
    stream: StreamConfig,
    advice: Advice,
    matches: &mut ArgMatches,
) -> Result<ListenConfig, Refusal> {
    let mut config = ListenConfig {
        addresses,
        family: Family::Any,
        numeric: false,
        keep_open: true,
        max_conns: None,
        backlog: 0,
        access: AccessList::default(),
        socket_mode: SOCKET_MODE_DEFAULT,
        replace_stale: false,
        advice,
        port_file: None,
        grace: Duration::ZERO,
        keepalive: resolve_keepalive(transport, matches)?,
        tls: None,
        stream,
    };
    if transport == Transport::Unix {
        let unix = UnixListening::from_arg_matches_mut(matches)?;
        let has_path = config.addresses.iter().any(|address| matches!(address, Address::Unix(UnixName::Path(_))));
        if !has_path && (unix.mode.is_some() || unix.replace_stale) {
            let [mode, replace] = ["mode", "replace-stale"].map(|name| advice.flag(name));
            return Err(format!("{mode} and {replace} are for sockets with a path").into());
        }
        config.socket_mode = unix.mode.unwrap_or(SOCKET_MODE_DEFAULT);
        config.replace_stale = unix.replace_stale;
    } else {
        (config.family, config.numeric) = resolve_family(matches)?;
        for address in &config.addresses {
            check_family(config.family, address, advice)?;
        }
        let inet = InetListening::from_arg_matches_mut(matches)?;
        config.access = AccessList::new(inet.allow, inet.deny);
        config.port_file = inet.port_file;
    }
    if transport == Transport::Tls {
        config.tls = Some(server_settings(advice, matches)?);
    }
    if transport != Transport::Udp {
        config.backlog = Accepting::from_arg_matches_mut(matches)?.backlog;
    }
    Ok(config)
}

/// `--keepalive`, where there is TCP.
fn resolve_keepalive(transport: Transport, matches: &mut ArgMatches) -> Result<KeepAlive, Refusal> {
    Ok(match transport {
        Transport::Tcp | Transport::Tls => KeepingAlive::from_arg_matches_mut(matches)?.keepalive,
        Transport::Unix | Transport::Udp | Transport::Any => KeepAlive::default(),
    })
}

/// `--max-conns`.
pub(super) fn limit(matches: &mut ArgMatches) -> Result<Option<usize>, Refusal> {
    let max = Limiting::from_arg_matches_mut(matches)?.max_conns;
    // A number too large for this machine's counters is no limit to it either.
    Ok(max.and_then(|max| usize::try_from(max).ok()))
}

/// A descriptor can be taken over once only.
pub(super) fn check_descriptors<'a>(addresses: impl IntoIterator<Item = &'a Address>) -> Result<(), Refusal> {
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

/// Where all is inherited, nothing is given that is about what is opened.
fn check_inherited(addresses: &[Address], matches: &ArgMatches) -> Result<(), Refusal> {
    let [Address::Fd(number), others @ ..] = addresses else { return Ok(()) };
    let useless = |id: &&str| matches.try_contains_id(id).is_ok() && is_given(matches, id);
    match NOT_FOR_DESCRIPTORS.into_iter().find(useless) {
        Some(id) if others.iter().all(|address| matches!(address, Address::Fd(_))) => {
            let name = match id {
                "ipv4" => "-4".to_owned(),
                "ipv6" => "-6".to_owned(),
                other => format!("--{}", other.replace('_', "-")),
            };
            Err(format!("{name} does nothing for 'fd:{number}', which is open already").into())
        }
        _ => Ok(()),
    }
}

/// What holds for a session of a mode with one socket.
fn resolve_session(transport: Transport, role: Role, matches: &mut ArgMatches) -> Result<StreamConfig, Refusal> {
    let mut config = resolve_stream(matches)?;
    if role != Role::Echo {
        let stdio = Stdio::from_arg_matches_mut(matches)?;
        config.send_only = stdio.send_only;
        config.recv_only = stdio.recv_only;
        check_direction(&config, matches)?;
        if transport == Transport::Udp {
            let linger = DatagramStdio::from_arg_matches_mut(matches)?.linger;
            config.linger = linger.or_else(|| (role == Role::Client).then_some(DATAGRAM_LINGER_DEFAULT));
        } else {
            config.half_close = resolve_half_close(matches)?;
            config.linger = StreamStdio::from_arg_matches_mut(matches)?.linger;
        }
    }
    if (transport, role) != (Transport::Udp, Role::Echo) {
        config.idle_timeout = Idling::from_arg_matches_mut(matches)?.idle_timeout;
    }
    Ok(config)
}

/// Nothing is given about an end that does not come.
fn check_direction(config: &StreamConfig, matches: &ArgMatches) -> Result<(), Refusal> {
    for (id, name) in [("half_close", "half-close"), ("no_half_close", "no-half-close"), ("linger", "linger")] {
        let is_given = matches!(matches.try_contains_id(id), Ok(true)) && is_given(matches, id);
        if is_given && config.recv_only {
            return Err(format!("--{name} does nothing with --recv-only: stdin is not read").into());
        }
        if is_given && config.send_only && id != "linger" {
            return Err(
                format!("--{name} does nothing with --send-only: the connection is closed after stdin's end").into()
            );
        }
    }
    Ok(())
}

/// When the end of stdin, or of a side, is passed on.
pub(super) fn resolve_half_close(matches: &mut ArgMatches) -> Result<HalfClose, Refusal> {
    let is_given = is_given(matches, "half_close");
    match HalfClosing::from_arg_matches_mut(matches)? {
        HalfClosing { no_half_close: true, .. } if is_given => {
            Err("--no-half-close is the same as --half-close never: give one of the two".into())
        }
        HalfClosing { no_half_close: true, .. } => Ok(HalfClose::Never),
        HalfClosing { half_close, .. } => Ok(half_close),
    }
}

/// What every mode has for the flow of its bytes; the rest is as if no option had been given.
pub(super) fn resolve_stream(matches: &mut ArgMatches) -> Result<StreamConfig, Refusal> {
    let stream = Stream::from_arg_matches_mut(matches)?;
    if let Some(low) = stream.low_water.filter(|low| *low > stream.high_water) {
        return Err(format!("--low-water {low} is more than --high-water {}", stream.high_water).into());
    }
    Ok(StreamConfig {
        send_only: false,
        recv_only: false,
        half_close: HalfClose::Now,
        high_water: stream.high_water,
        low_water: stream.low_water,
        idle_timeout: None,
        linger: None,
        timeout: stream.timeout,
    })
}

fn resolve_family(matches: &mut ArgMatches) -> Result<(Family, bool), Refusal> {
    let InetFamily { ipv4, ipv6, numeric } = InetFamily::from_arg_matches_mut(matches)?;
    // Both together were refused when they were parsed.
    let family = match (ipv4, ipv6) {
        (true, _) => Family::V4,
        (_, true) => Family::V6,
        _ => Family::Any,
    };
    Ok((family, numeric))
}

/// The address given without an option, in one word or two.
fn parse_positional(transport: Transport, matches: &mut ArgMatches) -> Result<Option<Address>, Refusal> {
    let (address, port) = match transport {
        Transport::Unix => (UnixAddress::from_arg_matches_mut(matches)?.address, None),
        _ => {
            let InetAddress { address, port } = InetAddress::from_arg_matches_mut(matches)?;
            (address, port)
        }
    };
    let Some(address) = address else { return Ok(None) };
    let Some(port) = port else { return parse(transport, &address).map(Some) };
    let parse_pair = |host: &str| parse_with(&port, |port| parse_inet_pair(host, port));
    let parsed = parse_with(&address, parse_pair).map_err(|reason| describe(&join(&address, &port), &reason))?;
    Ok(Some(parsed))
}

fn join(address: &OsStr, port: &OsStr) -> OsString {
    let mut both = address.to_owned();
    both.push(" ");
    both.push(port);
    both
}

/// Parses one word as an address of the transport.
pub(super) fn parse(transport: Transport, text: &OsStr) -> Result<Address, Refusal> {
    let parsed = match transport {
        Transport::Unix => parse_unix(text),
        _ => parse_with(text, parse_inet),
    };
    parsed.map_err(|reason| describe(text, &reason).into())
}

fn describe(text: &OsStr, reason: &str) -> String {
    let quoted = quote_os(text);
    // The reason often starts with the very same quote.
    match reason.strip_prefix(&quoted) {
        Some(rest) => format!("invalid address: {quoted}{rest}"),
        None => format!("invalid address {quoted}: {reason}"),
    }
}

/// Parses text that has to be UTF-8.
pub(super) fn parse_with<T>(text: &OsStr, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T, String> {
    match text.to_str() {
        Some(text) => parse(text),
        None => Err(format!("{} is not UTF-8", quote_os(text))),
    }
}

/// A client needs a place to go to.
fn check_target(address: &Address) -> Result<(), Refusal> {
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
pub(super) fn check_group(group: &Group, config: &ListenConfig) -> Result<(), Refusal> {
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
fn check_family(family: Family, address: &Address, advice: Advice) -> Result<(), Refusal> {
    let excluding = match (family, ip_of(address)) {
        (Family::V4, Some(IpAddr::V6(_))) => advice.letter("4"),
        (Family::V6, Some(IpAddr::V4(_))) => advice.letter("6"),
        _ => return Ok(()),
    };
    Err(format!("{excluding} excludes the address '{address}'").into())
}

/// The source can be bound for this address at all.
fn check_source(source: &Address, family: Family, address: &Address, advice: Advice) -> Result<(), Refusal> {
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
