//! From options to what the modes read: one mode, its addresses, and checks across options.
//!
//! The form of each value was checked when it was parsed (`cli/args.rs`); nothing is opened or looked up here.

use std::ffi::{OsStr, OsString};
use std::net::IpAddr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::time::Duration;

use clap::{ArgMatches, FromArgMatches};

use crate::cli::address::{parse_inet, parse_inet_pair, parse_source, parse_unix};
use crate::cli::args::{
    Accepting, Broadcasting, Child, Connecting, DatagramStdio, Datagrams, Idling, InetAddress, InetConnecting,
    InetFamily, InetListening, Joining, Listening, ModeSpec, Role, ServingMany, ServingOne, Stderr, Stdio, Stream,
    StreamStdio, Transport, UnixAddress, UnixListening,
};
use crate::cli::quote::quote_os;
use crate::modes::config::{
    ChildConfig, ConnectConfig, DatagramConfig, ExecConfig, ExecPlace, ListenConfig, Mode, Program, StreamConfig,
};
use crate::transports::access::AccessList;
use crate::transports::address::{Address, Family, Host, HostPort, UnixName};
use crate::transports::datagram::opening::Group;
use crate::transports::process::opening::ChildStdio;

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
        (Role::Exec, _) => Mode::Exec(resolve_child(mode, matches)?),
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

fn resolve_child(mode: &ModeSpec, matches: &mut ArgMatches) -> Result<ExecConfig, Refusal> {
    let stream = resolve_stream(mode.transport, mode.role, matches)?;
    let child = Child::from_arg_matches_mut(matches)?;
    let mut words = child.command.into_iter();
    let program = match (words.next(), child.shell) {
        (Some(program), _) if program.is_empty() => return Err("the name of the program is empty".into()),
        (Some(program), _) => Program::Argv { program, arguments: words.collect() },
        (None, Some(text)) => Program::Shell(text),
        (None, None) => return Err("no command: what is it to run?".into()),
    };
    let mut environment = Vec::new();
    for text in &child.env {
        environment.extend(parse_variable(text)?);
    }
    let stderr = match child.stderr {
        Stderr::Inherit => ChildStdio::Inherit,
        Stderr::Null => ChildStdio::Null,
        Stderr::Merge => ChildStdio::Merge,
    };
    let child = ChildConfig { program, stderr, environment, kill_after: child.kill_after, pty: false };
    Ok(ExecConfig { child, place: ExecPlace::Stdio, stream })
}

/// `NAME=VALUE`, or `NAME` for the value that it has here, if any.
fn parse_variable(text: &OsStr) -> Result<Option<(OsString, OsString)>, Refusal> {
    let bytes = text.as_bytes();
    let end = bytes.iter().position(|byte| *byte == b'=').unwrap_or(bytes.len());
    if end == 0 || bytes.contains(&0) {
        return Err(format!("invalid --env {}: it is NAME=VALUE or NAME", quote_os(text)).into());
    }
    let name = OsStr::from_bytes(&bytes[..end]);
    let value = match bytes.get(end + 1..) {
        Some(value) => Some(OsString::from_vec(value.to_vec())),
        None if end < bytes.len() => Some(OsString::new()),
        None => std::env::var_os(name),
    };
    Ok(value.map(|value| (name.to_owned(), value)))
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
    let connecting = Connecting::from_arg_matches_mut(matches)?;
    let named = connecting.connect.as_deref().map(|text| parse(transport, text)).transpose()?;
    let address = match (parse_positional(transport, matches)?, named) {
        (Some(address), None) | (None, Some(address)) => address,
        (None, None) => return Err("no address: where is it to connect to?".into()),
        (Some(_), Some(_)) => return Err("two addresses: write either ADDRESS or --connect".into()),
    };
    check_target(&address)?;
    let (mut family, mut numeric, mut source) = (Family::Any, false, None);
    if transport != Transport::Unix {
        (family, numeric) = resolve_family(matches)?;
        check_family(family, &address)?;
        if let Some(text) = InetConnecting::from_arg_matches_mut(matches)?.source {
            let parsed = parse_with(&text, parse_source).map_err(|reason| format!("invalid --source: {reason}"))?;
            check_source(&parsed, family, &address)?;
            source = Some(parsed);
        }
    }
    Ok(ConnectConfig {
        address,
        family,
        numeric,
        source,
        connect_timeout: connecting.connect_timeout,
        retry: connecting.retry,
        retry_delay: connecting.retry_delay,
        stream: resolve_stream(transport, Role::Client, matches)?,
    })
}

fn resolve_listener(mode: &ModeSpec, matches: &mut ArgMatches) -> Result<ListenConfig, Refusal> {
    let listening = Listening::from_arg_matches_mut(matches)?;
    let mut addresses = Vec::from_iter(parse_positional(mode.transport, matches)?);
    for text in &listening.listen {
        addresses.push(parse(mode.transport, text)?);
    }
    let twice =
        |(index, address): (usize, &Address)| matches!(address, Address::Fd(_)) && addresses[..index].contains(address);
    if let Some(index) = addresses.iter().enumerate().position(twice) {
        return Err(format!("'{}' is given twice", addresses[index]).into());
    }
    if addresses.is_empty() {
        return Err("no address: where is it to listen?".into());
    }
    let (mut family, mut numeric, mut access, mut port_file) = (Family::Any, false, AccessList::default(), None);
    let (mut socket_mode, mut replace_stale) = (SOCKET_MODE_DEFAULT, false);
    match mode.transport {
        Transport::Child => (),
        Transport::Tcp | Transport::Udp => {
            (family, numeric) = resolve_family(matches)?;
            for address in &addresses {
                check_family(family, address)?;
            }
            let inet = InetListening::from_arg_matches_mut(matches)?;
            access = AccessList::new(inet.allow, inet.deny);
            port_file = inet.port_file;
        }
        Transport::Unix => {
            let unix = UnixListening::from_arg_matches_mut(matches)?;
            let has_path = addresses.iter().any(|address| matches!(address, Address::Unix(UnixName::Path(_))));
            if !has_path && (unix.mode.is_some() || unix.replace_stale) {
                return Err("--mode and --replace-stale are for sockets with a path".into());
            }
            socket_mode = unix.mode.unwrap_or(SOCKET_MODE_DEFAULT);
            replace_stale = unix.replace_stale;
        }
    }
    let backlog = match mode.transport {
        Transport::Udp | Transport::Child => 0,
        Transport::Tcp | Transport::Unix => Accepting::from_arg_matches_mut(matches)?.backlog,
    };
    let (keep_open, max_conns) = match mode.role {
        _ if mode.transport == Transport::Udp => (true, None),
        Role::Echo => {
            let many = ServingMany::from_arg_matches_mut(matches)?;
            // A number too large for this machine's counters is no limit to it either.
            (!many.once, many.max_conns.and_then(|max| usize::try_from(max).ok()))
        }
        Role::Server | Role::Client | Role::Exec => (ServingOne::from_arg_matches_mut(matches)?.keep_open, None),
    };
    Ok(ListenConfig {
        addresses,
        family,
        numeric,
        keep_open,
        max_conns,
        backlog,
        access,
        socket_mode,
        replace_stale,
        port_file,
        grace: listening.grace,
        stream: resolve_stream(mode.transport, mode.role, matches)?,
    })
}

fn resolve_stream(transport: Transport, role: Role, matches: &mut ArgMatches) -> Result<StreamConfig, Refusal> {
    let stream = Stream::from_arg_matches_mut(matches)?;
    if let Some(low) = stream.low_water.filter(|low| *low > stream.high_water) {
        return Err(format!("--low-water {low} is more than --high-water {}", stream.high_water).into());
    }
    let mut config = StreamConfig {
        send_only: false,
        recv_only: false,
        half_close: true,
        high_water: stream.high_water,
        low_water: stream.low_water,
        idle_timeout: None,
        linger: None,
        timeout: stream.timeout,
    };
    if !matches!(role, Role::Echo | Role::Exec) {
        let stdio = Stdio::from_arg_matches_mut(matches)?;
        config.send_only = stdio.send_only;
        config.recv_only = stdio.recv_only;
        if transport == Transport::Udp {
            let linger = DatagramStdio::from_arg_matches_mut(matches)?.linger;
            config.linger = linger.or_else(|| (role == Role::Client).then_some(DATAGRAM_LINGER_DEFAULT));
        } else {
            let streams = StreamStdio::from_arg_matches_mut(matches)?;
            config.half_close = !streams.no_half_close;
            config.linger = streams.linger;
        }
    }
    if role != Role::Exec && (transport, role) != (Transport::Udp, Role::Echo) {
        config.idle_timeout = Idling::from_arg_matches_mut(matches)?.idle_timeout;
    }
    Ok(config)
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
        Transport::Child => return Ok(None),
        Transport::Unix => (UnixAddress::from_arg_matches_mut(matches)?.address, None),
        Transport::Tcp | Transport::Udp => {
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
fn parse(transport: Transport, text: &OsStr) -> Result<Address, Refusal> {
    let parsed = match transport {
        Transport::Tcp | Transport::Udp | Transport::Child => parse_with(text, parse_inet),
        Transport::Unix => parse_unix(text),
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
fn parse_with<T>(text: &OsStr, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T, String> {
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
fn check_group(group: &Group, config: &ListenConfig) -> Result<(), Refusal> {
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
    let ip = group.ip;
    match (config.family, ip.is_ipv4()) {
        (Family::V4, false) => return Err(format!("-4 excludes the group '{ip}'").into()),
        (Family::V6, true) => return Err(format!("-6 excludes the group '{ip}'").into()),
        _ => (),
    }
    let own = if ip.is_ipv6() { format!("[{ip}]:PORT") } else { format!("{ip}:PORT") };
    Err(format!("--join {ip} needs '*:PORT' or '{own}' as an address: no other one receives what is sent to a group")
        .into())
}

/// `-4` and `-6` leave something of an address.
fn check_family(family: Family, address: &Address) -> Result<(), Refusal> {
    let excluded = match (family, ip_of(address)) {
        (Family::V4, Some(IpAddr::V6(_))) => "-4",
        (Family::V6, Some(IpAddr::V4(_))) => "-6",
        _ => return Ok(()),
    };
    Err(format!("{excluded} excludes the address '{address}'").into())
}

/// The source can be bound for this address at all.
fn check_source(source: &Address, family: Family, address: &Address) -> Result<(), Refusal> {
    if matches!(address, Address::Fd(_)) {
        return Err(format!("--source does nothing for '{address}', which is connected already").into());
    }
    check_family(family, source)?;
    match (ip_of(source), ip_of(address)) {
        (Some(from), Some(to)) if from.is_ipv4() != to.is_ipv4() => {
            Err(format!("--source '{source}' and '{address}' are of different families").into())
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
