//! The configuration of `exec` and `relay`: which endpoints go together.
//!
//! `cli/endpoint.rs` parses each endpoint by itself.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileTypeExt;

use crate::cli::endpoint::EndpointArg;
use crate::cli::ends::EndConfig;
use crate::cli::error::ConfigError;
use crate::cli::hints;
use crate::cli::modes::{Action, Verb};
use crate::cli::options::{Opt, Options};
use crate::cli::quote::{quote, quote_os};
use crate::cli::request::{ParsedEndpoint, Request, check_use};
use crate::cli::resolve::run_config;
use crate::cli::schemes::{FD, Role};
use crate::modes::config::{
    ChildConfig, ConnectConfig, DatagramConnectConfig, Endpoint, ExecConfig, ExecPlace, LeftEndpoint, Program,
    RelayConfig,
};
use crate::transports::address::Place;
use crate::transports::process::opening::ChildStdio;

pub(super) fn resolve_exec(request: &Request<'_>) -> Result<ExecConfig, ConfigError> {
    let options = request.options;
    let run = run_config(Action::Exec, options, false)?;
    let listens = options.listen.iter().map(|text| listening(text, request.mode.verb));
    let connects = options.connect.iter().map(|text| connecting(text, request.mode.verb));
    let places = listens.chain(connects).map(|arg| ParsedEndpoint::new(arg?, request));
    let places = places.collect::<Result<Vec<_>, ConfigError>>()?;
    let ends = Vec::from_iter(places.iter().map(ParsedEndpoint::scheme_use));
    check_use(request, &ends)?;
    if options.stdin.is_some() && !ends.is_empty() {
        return Err("--stdin does nothing with --listen or --connect: the program reads its connection".into());
    }
    if options.stdin == Some(ChildStdio::Inherit) && options.pty {
        return Err("--stdin inherit does nothing with --pty, which gives the program a stdin of its own".into());
    }
    let program = match (request.operands, &options.shell) {
        ([program, ..], _) if program.is_empty() => return Err("the program name is empty".into()),
        ([program, rest @ ..], _)
            if program
                .to_str()
                .is_some_and(|word| hints::is_place(word, rest.first().and_then(|next| next.to_str()))) =>
        {
            let reason = "is an address, not a program: --listen or --connect is missing";
            return Err(format!("{} {reason}", quote_os(program)).into());
        }
        ([program, arguments @ ..], _) => Program::Argv { program: program.clone(), arguments: arguments.to_vec() },
        ([], Some(text)) => Program::Shell(text.clone()),
        ([], None) => return Err("no command given".into()),
    };
    let child = ChildConfig { stdin: options.stdin, ..child_config(program, options)? };
    let mut place = ExecPlace::Stdio;
    let mut listeners = Vec::new();
    for parsed in places {
        match parsed.config(&run)? {
            Some(EndConfig::Connect(config)) => place = ExecPlace::Connect(config),
            Some(EndConfig::Listen(config)) => listeners.push(config),
            Some(EndConfig::DatagramListen(_) | EndConfig::DatagramConnect(_)) | None => {
                return Err(parsed.arg.with_context("exec needs a stream"));
            }
        }
    }
    if !listeners.is_empty() {
        place = ExecPlace::Listen(listeners);
    }
    Ok(ExecConfig { child, place, stream: run.stream })
}

/// Parses an endpoint of `--listen`.
fn listening<'a>(text: &'a OsStr, verb: &Verb) -> Result<EndpointArg<'a>, ConfigError> {
    let arg = EndpointArg::parse(text)?.listening();
    if arg.scheme.listens() && (verb.takes)(arg.scheme) {
        Ok(arg)
    } else {
        Err(arg.with_context(&format!("exec listens on {} only", kinds(verb, Role::Listen))))
    }
}

/// Parses an endpoint of `--connect`.
fn connecting<'a>(text: &'a OsStr, verb: &Verb) -> Result<EndpointArg<'a>, ConfigError> {
    let arg = EndpointArg::parse(text)?;
    match arg.scheme.role {
        Role::Connect if !arg.scheme.has_datagrams() => Ok(arg),
        Role::Listen if !arg.scheme.has_datagrams() => Err(arg.with_context("this endpoint listens")),
        _ => Err(arg.with_context(&format!("exec connects to {} only", kinds(verb, Role::Connect)))),
    }
}

/// The kinds of endpoints with this role that a verb takes, for a list.
fn kinds(verb: &Verb, role: Role) -> String {
    let kinds = verb.schemes().filter(|scheme| scheme.role == role).map(|scheme| format!("{}:", scheme.name));
    let kinds = Vec::from_iter(kinds);
    match kinds.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => kinds.concat(),
    }
}

pub(super) fn resolve_relay(request: &Request<'_>) -> Result<RelayConfig, ConfigError> {
    let [left, right] = request.operands else {
        return Err("relay needs two endpoints: LEFT and RIGHT".into());
    };
    request.check_words()?;
    if let Some((left, right)) = left.to_str().zip(right.to_str())
        && hints::awaits_clients(left, right)
    {
        let quoted = quote(left);
        return Err(format!("endpoint {quoted}: a bare address connects; a LEFT that listens needs its kind").into());
    }
    let (mut left, right) = (EndpointArg::parse(left)?, EndpointArg::parse(right)?);
    if left.scheme == &FD {
        left = left.listening();
    }
    if right.scheme.listens() {
        return Err(right.with_context("only LEFT can listen"));
    }
    let roles = [left.scheme.role, right.scheme.role];
    if roles == [Role::Stdio; 2] {
        return Err("only one side can be stdin and stdout".into());
    }
    if request.options.pty && roles.contains(&Role::Stdio) && roles.contains(&Role::Run) {
        return Err("--pty does nothing with stdin and stdout: exec runs a program on a terminal of its own".into());
    }
    let has_program = roles.contains(&Role::Run);
    let can_quit = roles.contains(&Role::Stdio) && !has_program;
    if request.options.was_given(Opt::QuitAfter) && !can_quit {
        let why = if has_program { "does nothing for a program" } else { "needs stdin and stdout (-) as one side" };
        return Err(format!("--quit-after {why}: --linger limits the time").into());
    }
    let mut run = run_config(Action::Relay, request.options, false)?;
    if !can_quit {
        // A variable can have set it.
        run.stream.quit_after = None;
    }
    let sides = [ParsedEndpoint::new(left, request)?, ParsedEndpoint::new(right, request)?];
    let ends = sides.each_ref().map(ParsedEndpoint::scheme_use);
    check_use(request, &ends)?;
    let [left, right] = &sides;
    [left, right].into_iter().try_for_each(check_socket)?;
    let left = match left.config(&run)? {
        Some(EndConfig::Listen(config)) => LeftEndpoint::Listen(config),
        Some(EndConfig::DatagramListen(config)) => LeftEndpoint::DatagramListen(config),
        config => LeftEndpoint::Single(endpoint(left, config, request.options)?),
    };
    let right = endpoint(right, right.config(&run)?, request.options)?;
    check_once(&left, &right, run.keep_open)?;
    Ok(RelayConfig { left, right, stream: run.stream })
}

/// The configuration of a side that does not listen.
fn endpoint(
    parsed: &ParsedEndpoint<'_>,
    config: Option<EndConfig>,
    options: &Options,
) -> Result<Endpoint, ConfigError> {
    let arg = &parsed.arg;
    Ok(match config {
        None if arg.scheme.role == Role::Run => Endpoint::Child(child_config(arg.program()?, options)?),
        None => Endpoint::Stdio,
        Some(EndConfig::Connect(config)) => Endpoint::Connect(config),
        Some(EndConfig::DatagramConnect(DatagramConnectConfig { target, dial, broadcast })) => match target {
            Place::Address(target) => Endpoint::Datagrams(DatagramConnectConfig { target, dial, broadcast }),
            Place::Inherited(_) => {
                return Err(arg.with_context("a relay cannot use an inherited datagram socket: use udp-client"));
            }
        },
        Some(EndConfig::Listen(_) | EndConfig::DatagramListen(_)) => {
            return Err(arg.with_context("only LEFT can listen"));
        }
    })
}

/// Checks that the path of a client is no file of another kind. A missing file can be there later.
fn check_socket(side: &ParsedEndpoint<'_>) -> Result<(), ConfigError> {
    let Some(path) = side.path_to_connect() else { return Ok(()) };
    let what = match path.metadata().map(|metadata| metadata.file_type()) {
        Ok(kind) if kind.is_dir() => "a directory",
        Ok(kind) if kind.is_socket() => return Ok(()),
        Ok(kind) if kind.is_char_device() => "a device",
        Ok(_) => "a file",
        Err(_) => return Ok(()),
    };
    Err(side.arg.with_context(&format!("this is {what}, not a socket")))
}

/// Checks that many clients do not share what exists only once.
fn check_once(left: &LeftEndpoint, right: &Endpoint, many: bool) -> Result<(), ConfigError> {
    if matches!(left, LeftEndpoint::DatagramListen(_)) && !many {
        return Err("--once needs clients that connect: datagrams do not tell when a client has finished".into());
    }
    let single = match right {
        Endpoint::Stdio => "stdin and stdout",
        Endpoint::Connect(ConnectConfig { target: Place::Inherited(_), .. }) => "an inherited connection",
        _ => return Ok(()),
    };
    match left {
        LeftEndpoint::DatagramListen(_) => Err(format!("{single} can serve only one peer").into()),
        // An inherited socket can be a connection, and then has one client only.
        LeftEndpoint::Listen(config) if many && !config.addresses.iter().any(Place::is_inherited) => {
            Err(format!("{single} can serve only one client").into())
        }
        _ => Ok(()),
    }
}

/// The configuration of a child, from the options of the run.
fn child_config(program: Program, options: &Options) -> Result<ChildConfig, ConfigError> {
    let has_output = matches!(options.stderr, Some(ChildStdio::Merge | ChildStdio::Inherit));
    if options.was_given(Opt::Stderr) && options.pty && has_output {
        return Err("--stderr can only be null with --pty: the program writes everything to its terminal".into());
    }
    let mut environment = Vec::new();
    for text in &options.env {
        environment.extend(parse_variable(text)?);
    }
    let Options { stderr, kill_after, pty, .. } = *options;
    Ok(ChildConfig { program, stdin: None, stderr, environment, kill_after, pty })
}

/// Parses `--env`: `NAME=VALUE`, or `NAME` for its value in the environment of xport, if there is one.
fn parse_variable(text: &OsStr) -> Result<Option<(OsString, OsString)>, ConfigError> {
    let bytes = text.as_bytes();
    let end = bytes.iter().position(|byte| *byte == b'=').unwrap_or(bytes.len());
    if end == 0 || bytes.contains(&0) {
        return Err(format!("invalid --env {}: must be NAME=VALUE or NAME", quote_os(text)).into());
    }
    let name = OsStr::from_bytes(&bytes[..end]);
    let value = match bytes.get(end + 1..) {
        Some(value) => Some(OsString::from_vec(value.to_vec())),
        None => std::env::var_os(name),
    };
    Ok(value.map(|value| (name.to_owned(), value)))
}

#[cfg(test)]
mod tests;
