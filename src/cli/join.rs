//! `exec` and `relay`: which endpoints go together, and which options say something for them.
//!
//! One endpoint on its own is understood in `cli/endpoint.rs`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches};

use crate::cli::endpoint::{Kind, Shared, Word};
use crate::cli::groups::{
    Child, ChildCommand, Ends, Idling, Listening, Places, ServingMany, Stderr, Stdin, StreamStdio,
};
use crate::cli::quote::quote_os;
use crate::cli::resolve::{Refusal, check_descriptors, resolve_half_close, resolve_stream};
use crate::modes::config::{ChildConfig, ConnectConfig, Endpoint, ExecConfig, ExecPlace, Program, RelayConfig};
use crate::protocols::half_close::HalfClose;
use crate::transports::address::Address;
use crate::transports::process::opening::ChildStdio;

/// Options of `exec` that hold for each `--listen`, by id and long name.
const OF_LISTENERS: [(&str, &str); 5] = [
    ("allow", "allow"),
    ("deny", "deny"),
    ("port_file", "port-file"),
    ("backlog", "backlog"),
    ("max_conns", "max-conns"),
];

/// Those of `--connect`.
const OF_CONNECTION: [(&str, &str); 3] =
    [("connect_timeout", "connect-timeout"), ("retry", "retry"), ("retry_delay", "retry-delay")];

/// Those of either, for what is TCP of it.
const OF_BOTH: [(&str, &str); 1] = [("keepalive", "keepalive")];

pub(super) fn resolve_exec(matches: &mut ArgMatches) -> Result<ExecConfig, Refusal> {
    check_exec(matches)?;
    let mut stream = resolve_stream(matches)?;
    let places = Places::from_arg_matches_mut(matches)?;
    if places.connect.is_some() || !places.listen.is_empty() {
        stream.idle_timeout = Idling::from_arg_matches_mut(matches)?.idle_timeout;
        stream.linger = StreamStdio::from_arg_matches_mut(matches)?.linger;
        stream.half_close = HalfClose::Auto;
    }
    let options = if places.connect.is_some() { &OF_CONNECTION[..] } else { &OF_LISTENERS };
    let shared = Shared {
        stream: stream.clone(),
        keep_open: !ServingMany::from_arg_matches_mut(matches)?.once,
        grace: Listening::from_arg_matches_mut(matches)?.grace,
        options: [given(matches, options), given(matches, &OF_BOTH)].concat(),
    };
    let command = ChildCommand::from_arg_matches_mut(matches)?;
    let mut words = command.command.into_iter();
    let program = match (words.next(), command.shell) {
        (Some(program), _) if program.is_empty() => return Err("the name of the program is empty".into()),
        (Some(program), _) => Program::Argv { program, arguments: words.collect() },
        (None, Some(text)) => Program::Shell(text),
        (None, None) => return Err("no command: what is it to run?".into()),
    };
    let mut child = resolve_child(program, matches)?;
    child.stdin = command.stdin.map(|stdin| match stdin {
        Stdin::Pipe => ChildStdio::Pipe,
        Stdin::Inherit => ChildStdio::Inherit,
        Stdin::Null => ChildStdio::Null,
    });
    let place = match places.connect {
        Some(text) => connecting_place(&text, &shared)?,
        None if places.listen.is_empty() => ExecPlace::Stdio,
        None => listening_place(&places.listen, &shared)?,
    };
    Ok(ExecConfig { child, place, stream })
}

/// Nothing is given that would do nothing.
fn check_exec(matches: &ArgMatches) -> Result<(), Refusal> {
    let (listens, connects) = (is_given(matches, "listen"), is_given(matches, "connect"));
    let of_listeners = OF_LISTENERS.iter().chain(&[("once", "once"), ("grace", "grace")]);
    if let Some((_, name)) = of_listeners.into_iter().find(|(id, _)| !listens && is_given(matches, id)) {
        return Err(format!("--{name} does nothing without --listen").into());
    }
    if let Some((_, name)) = OF_CONNECTION.iter().find(|(id, _)| !connects && is_given(matches, id)) {
        return Err(format!("--{name} does nothing without --connect").into());
    }
    let of_both = [("idle_timeout", "idle-timeout"), ("linger", "linger")];
    let mut of_both = of_both.iter().chain(&OF_BOTH);
    if let Some((_, name)) = of_both.find(|(id, _)| !listens && !connects && is_given(matches, id)) {
        return Err(format!("--{name} does nothing without --listen or --connect").into());
    }
    let stdin = matches.get_one::<Stdin>("stdin");
    if (listens || connects) && stdin.is_some() {
        return Err("--stdin does nothing with --listen or --connect: a program there reads its connection".into());
    }
    if stdin == Some(&Stdin::Inherit) && matches.get_flag("pty") {
        return Err("--stdin inherit does nothing with --pty, which gives the program a stdin of its own".into());
    }
    check_stderr(matches)
}

/// A terminal has one output.
fn check_stderr(matches: &ArgMatches) -> Result<(), Refusal> {
    match matches.get_one::<Stderr>("stderr") {
        Some(Stderr::Merge | Stderr::Inherit) if is_given(matches, "stderr") && matches.get_flag("pty") => {
            Err("--stderr does nothing with --pty but for null: the program writes all to its terminal".into())
        }
        _ => Ok(()),
    }
}

fn listening_place(texts: &[OsString], shared: &Shared) -> Result<ExecPlace, Refusal> {
    let mut words = Vec::new();
    for text in texts {
        let word = Word::parse(text)?;
        let kind = match word.kind {
            Kind::Tcp | Kind::TcpListen => Kind::TcpListen,
            Kind::Tls | Kind::TlsListen => Kind::TlsListen,
            Kind::Unix | Kind::UnixListen => Kind::UnixListen,
            Kind::Fd => Kind::FdListen,
            _ => return Err(word.blame("exec listens on tcp-listen:, tls-listen:, unix-listen: and fd: only")),
        };
        words.push(word.taken_for(kind));
    }
    check_use(&words, shared)?;
    let mut listeners = Vec::new();
    for word in &words {
        listeners.push(word.listen(shared)?.0);
    }
    check_descriptors(listeners.iter().flat_map(|config| &config.addresses))?;
    Ok(ExecPlace::Listen(listeners))
}

fn connecting_place(text: &OsStr, shared: &Shared) -> Result<ExecPlace, Refusal> {
    let word = Word::parse(text)?;
    match word.kind {
        Kind::Tcp | Kind::Tls | Kind::Unix | Kind::Fd => (),
        Kind::TcpListen | Kind::TlsListen | Kind::UnixListen => return Err(word.blame("that is for --listen")),
        _ => return Err(word.blame("exec connects to tcp:, tls:, unix: and fd: only")),
    }
    check_use(std::slice::from_ref(&word), shared)?;
    Ok(ExecPlace::Connect(word.connect(shared)?.0))
}

/// Each option that holds for all endpoints says something for one of them at least; one that keeps clients out, for all:
/// who writes it may rely on it.
fn check_use(words: &[Word<'_>], shared: &Shared) -> Result<(), Refusal> {
    for (name, _) in &shared.options {
        let without = Vec::from_iter(words.iter().filter(|word| !word.kind.has_option(name)));
        if without.len() == words.len() || (["allow", "deny"].contains(name) && !without.is_empty()) {
            let mut kinds = Vec::from_iter(without.iter().map(|word| format!("{}:", word.kind.name())));
            kinds.dedup();
            return Err(format!("--{name} does nothing for {}", kinds.join(" and ")).into());
        }
    }
    Ok(())
}

pub(super) fn resolve_relay(matches: &mut ArgMatches) -> Result<RelayConfig, Refusal> {
    let ends = Ends::from_arg_matches_mut(matches)?;
    let (Some(left), Some(right)) = (&ends.left, &ends.right) else {
        return Err(
            "relay needs two endpoints: LEFT and RIGHT, as in 'xport relay tcp-listen:8080 unix:./app.sock'".into()
        );
    };
    let (mut left, right) = (Word::parse(left)?, Word::parse(right)?);
    if left.kind == Kind::Fd {
        left = left.taken_for(Kind::FdListen);
    }
    check_relay(&left, &right, matches)?;

    let mut stream = resolve_stream(matches)?;
    stream.linger = StreamStdio::from_arg_matches_mut(matches)?.linger;
    stream.half_close = resolve_half_close(matches)?;
    stream.idle_timeout = Idling::from_arg_matches_mut(matches)?.idle_timeout;
    let shared = Shared {
        stream: stream.clone(),
        keep_open: !ServingMany::from_arg_matches_mut(matches)?.once,
        grace: Listening::from_arg_matches_mut(matches)?.grace,
        options: Vec::new(),
    };
    let endpoint = |word: &Word<'_>| -> Result<Endpoint, Refusal> {
        Ok(match word.kind {
            Kind::Stdio => Endpoint::Stdio,
            Kind::Exec | Kind::Shell => Endpoint::Child(resolve_child(word.program()?, matches)?),
            Kind::Tcp | Kind::Tls | Kind::Unix | Kind::Fd => Endpoint::Connect(word.connect(&shared)?.0),
            Kind::TcpListen | Kind::TlsListen | Kind::UnixListen | Kind::FdListen => {
                Endpoint::Listen(word.listen(&shared)?.0)
            }
            Kind::Udp => word.connect(&shared).map(|(config, more)| Endpoint::DatagramConnect(config, more))?,
            Kind::UdpListen => word.listen(&shared).map(|(config, more)| Endpoint::DatagramListen(config, more))?,
        })
    };
    let config = RelayConfig { left: endpoint(&left)?, right: endpoint(&right)?, stream };
    check_descriptors([&config.left, &config.right].into_iter().flat_map(addresses_of))?;
    check_once(&left, &config, shared.keep_open)?;
    Ok(config)
}

/// What there is only once is not to be had by many.
fn check_once(left: &Word<'_>, config: &RelayConfig, many: bool) -> Result<(), Refusal> {
    if left.kind == Kind::UdpListen && !many {
        return Err(
            "--once is for clients that connect: datagrams have no end that could tell when one is through".into()
        );
    }
    let single = match &config.right {
        Endpoint::Stdio => "stdin and stdout are",
        Endpoint::Connect(ConnectConfig { address: Address::Fd(_), .. }) => "an inherited connection is",
        _ => return Ok(()),
    };
    // A socket that is inherited may turn out to be one client already.
    let is_inherited = addresses_of(&config.left).iter().any(|address| matches!(address, Address::Fd(_)));
    match left.kind {
        Kind::UdpListen => Err(format!("{single} for one peer only: udp-server serves many").into()),
        Kind::TcpListen | Kind::TlsListen | Kind::UnixListen if many && !is_inherited => {
            Err(format!("{single} for one client only: add --once").into())
        }
        _ => Ok(()),
    }
}

/// The two can be joined, and nothing is given that would do nothing.
fn check_relay(left: &Word<'_>, right: &Word<'_>, matches: &ArgMatches) -> Result<(), Refusal> {
    if right.kind.listens() {
        return Err(right.blame("only LEFT can listen, and this is RIGHT"));
    }
    if left.kind == Kind::Stdio && right.kind == Kind::Stdio {
        return Err("one side only can be stdin and stdout".into());
    }
    if (left.kind == Kind::Stdio || right.kind == Kind::Stdio) && is_given(matches, "pty") {
        return Err("a program on a terminal of its own, with stdin and stdout, is 'xport exec --pty -- CMD'".into());
    }
    for id in ["once", "grace"] {
        if !left.kind.listens() && is_given(matches, id) {
            return Err(format!("--{id} does nothing where LEFT does not listen").into());
        }
    }
    let has_end = |word: &Word<'_>| !matches!(word.kind, Kind::Udp | Kind::UdpListen);
    for (id, name) in [("half_close", "half-close"), ("no_half_close", "no-half-close"), ("linger", "linger")] {
        if !has_end(left) && !has_end(right) && is_given(matches, id) {
            return Err(format!("--{name} does nothing for datagrams, which have no end").into());
        }
    }
    for (id, name) in [("stderr", "stderr"), ("env", "env"), ("kill_after", "kill-after"), ("pty", "pty")] {
        if !left.kind.is_child() && !right.kind.is_child() && is_given(matches, id) {
            return Err(format!("--{name} does nothing without exec: or shell:").into());
        }
    }
    check_stderr(matches)
}

fn addresses_of(endpoint: &Endpoint) -> &[Address] {
    match endpoint {
        Endpoint::Connect(config) | Endpoint::DatagramConnect(config, _) => std::slice::from_ref(&config.address),
        Endpoint::Listen(config) | Endpoint::DatagramListen(config, _) => &config.addresses,
        Endpoint::Stdio | Endpoint::Child(_) => &[],
    }
}

/// Whether an option was written, as opposed to one from the environment or by default.
pub(super) fn is_given(matches: &ArgMatches, id: &str) -> bool {
    matches.value_source(id) == Some(ValueSource::CommandLine)
}

/// Those of these options that were written: long names and values.
fn given(matches: &ArgMatches, options: &[(&str, &'static str)]) -> Vec<(&'static str, OsString)> {
    let mut found = Vec::new();
    for (id, name) in options.iter().filter(|(id, _)| is_given(matches, id)) {
        found.extend(matches.get_raw(id).into_iter().flatten().map(|value| (*name, value.to_owned())));
    }
    found
}

fn resolve_child(program: Program, matches: &ArgMatches) -> Result<ChildConfig, Refusal> {
    let child = Child::from_arg_matches(matches)?;
    let mut environment = Vec::new();
    for text in &child.env {
        environment.extend(parse_variable(text)?);
    }
    let stderr = child.stderr.map(|stderr| match stderr {
        Stderr::Inherit => ChildStdio::Inherit,
        Stderr::Null => ChildStdio::Null,
        Stderr::Merge => ChildStdio::Merge,
    });
    Ok(ChildConfig { program, stdin: None, stderr, environment, kill_after: child.kill_after, pty: child.pty })
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

#[cfg(test)]
mod tests;
