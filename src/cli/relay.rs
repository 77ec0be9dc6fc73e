//! `exec` and `relay`: which endpoints go together, and what they become.
//!
//! One endpoint on its own is understood in `cli/endpoint.rs`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::cli::endpoint::{Context, EndpointArg};
use crate::cli::error::ConfigError;
use crate::cli::modes::{ModeSpec, Verb};
use crate::cli::options::{Given, Options, Variables};
use crate::cli::quote::quote_os;
use crate::cli::resolve::{
    SchemeUse, check_descriptors, check_use, connect_config, datagram_config, listen_config, stream_config,
};
use crate::cli::schemes::{FD, Role, Scheme};
use crate::modes::config::{
    ChildConfig, ConnectConfig, Endpoint, ExecConfig, ExecPlace, ListenConfig, Program, RelayConfig, StreamConfig,
};
use crate::transports::address::Address;
use crate::transports::advice::Advice;
use crate::transports::process::opening::ChildStdio;

/// What a user asked of a mode that takes endpoints.
pub(super) struct Request<'a> {
    pub(super) mode: &'static ModeSpec,
    /// What stands there without an option before it.
    pub(super) operands: &'a [OsString],
    pub(super) given: &'a [Given],
    pub(super) variables: Variables<'a>,
    /// The values of the options before the endpoints.
    pub(super) options: &'a Options,
}

/// An endpoint whose options have been read.
struct ParsedEndpoint<'a> {
    arg: EndpointArg<'a>,
    /// None where it is no socket.
    socket: Option<(Address, Options)>,
}

impl<'a> ParsedEndpoint<'a> {
    fn new(arg: EndpointArg<'a>, request: &Request<'_>) -> Result<Self, ConfigError> {
        let context = Context { verb: request.mode.verb, given: request.given, variables: request.variables };
        let is_socket = matches!(arg.scheme.role, Role::Connect | Role::Listen);
        let socket = is_socket.then(|| arg.parse_options(&context)).transpose()?;
        Ok(Self { arg, socket })
    }

    fn end(&self) -> SchemeUse {
        SchemeUse {
            scheme: self.arg.scheme,
            addresses: self.socket.iter().map(|(address, _)| address.clone()).collect(),
        }
    }

    /// What it becomes.
    fn endpoint(self, request: &Request<'_>, stream: &StreamConfig) -> Result<Endpoint, ConfigError> {
        let Self { arg, socket } = self;
        let scheme = arg.scheme;
        let Some((address, options)) = socket else {
            return Ok(match scheme.role {
                Role::Run => Endpoint::Child(child_config(arg.program()?, request.options)?),
                _ => Endpoint::Stdio,
            });
        };
        let (stream, datagrams) = (stream.clone(), datagram_config(&options));
        if scheme.listens() {
            let config = listen_config(scheme, vec![address], &options, stream, Advice::Endpoint);
            let config = config.map_err(|error| arg.explain(error))?;
            let config = ListenConfig { keep_open: !request.options.once, grace: request.options.grace, ..config };
            return Ok(match scheme.has_datagrams() {
                true => Endpoint::DatagramListen(config, datagrams),
                false => Endpoint::Listen(config),
            });
        }
        let config = connect_config(scheme, address, &options, stream, Advice::Endpoint);
        let config = config.map_err(|error| arg.explain(error))?;
        Ok(match scheme.has_datagrams() {
            true => Endpoint::DatagramConnect(config, datagrams),
            false => Endpoint::Connect(config),
        })
    }
}

pub(super) fn resolve_exec(request: &Request<'_>) -> Result<ExecConfig, ConfigError> {
    let options = request.options;
    let stream = stream_config(options)?;
    let places = match &options.connect {
        Some(text) => vec![ParsedEndpoint::new(connecting(text)?, request)?],
        None => {
            let texts = options.listen.iter();
            texts
                .map(|text| ParsedEndpoint::new(listening(text, request.mode.verb)?, request))
                .collect::<Result<_, _>>()?
        }
    };
    let ends = Vec::from_iter(places.iter().map(ParsedEndpoint::end));
    check_use(request.mode, request.given, &ends)?;
    if options.stdin.is_some() && !ends.is_empty() {
        return Err("--stdin does nothing with --listen or --connect: a program there reads its connection".into());
    }
    if options.stdin == Some(ChildStdio::Inherit) && options.pty {
        return Err("--stdin inherit does nothing with --pty, which gives the program a stdin of its own".into());
    }
    let program = match (request.operands, &options.shell) {
        ([program, ..], _) if program.is_empty() => return Err("the name of the program is empty".into()),
        ([program, arguments @ ..], _) => Program::Argv { program: program.clone(), arguments: arguments.to_vec() },
        ([], Some(text)) => Program::Shell(text.clone()),
        ([], None) => return Err("no command: what is it to run?".into()),
    };
    let child = ChildConfig { stdin: options.stdin, ..child_config(program, options)? };
    check_descriptors(ends.iter().flat_map(|end| &end.addresses))?;
    let mut place = ExecPlace::Stdio;
    let mut listeners = Vec::new();
    for parsed in places {
        match parsed.endpoint(request, &stream)? {
            Endpoint::Connect(config) => place = ExecPlace::Connect(config),
            Endpoint::Listen(config) => listeners.push(config),
            _ => (),
        }
    }
    if !listeners.is_empty() {
        place = ExecPlace::Listen(listeners);
    }
    Ok(ExecConfig { child, place, stream })
}

/// An endpoint of `--listen`.
fn listening<'a>(text: &'a OsStr, verb: &Verb) -> Result<EndpointArg<'a>, ConfigError> {
    let arg = EndpointArg::parse(text)?.listening();
    match verb.listens.contains(&arg.scheme) {
        true => Ok(arg),
        false => Err(arg.with_context("exec listens on tcp-listen:, tls-listen:, unix-listen: and fd: only")),
    }
}

/// An endpoint of `--connect`.
fn connecting(text: &OsStr) -> Result<EndpointArg<'_>, ConfigError> {
    let arg = EndpointArg::parse(text)?;
    match arg.scheme.role {
        Role::Connect if !arg.scheme.has_datagrams() => Ok(arg),
        Role::Listen if !arg.scheme.has_datagrams() => Err(arg.with_context("that is for --listen")),
        _ => Err(arg.with_context("exec connects to tcp:, tls:, unix: and fd: only")),
    }
}

pub(super) fn resolve_relay(request: &Request<'_>) -> Result<RelayConfig, ConfigError> {
    let [left, right] = request.operands else {
        return Err(
            "relay needs two endpoints: LEFT and RIGHT, as in 'xport relay tcp-listen:8080 unix:./app.sock'".into()
        );
    };
    let (mut left, right) = (EndpointArg::parse(left)?, EndpointArg::parse(right)?);
    if left.scheme == &FD {
        left = left.listening();
    }
    if right.scheme.listens() {
        return Err(right.with_context("only LEFT can listen, and this is RIGHT"));
    }
    let roles = [left.scheme.role, right.scheme.role];
    if roles == [Role::Stdio; 2] {
        return Err("one side only can be stdin and stdout".into());
    }
    if request.options.pty && roles.contains(&Role::Stdio) && roles.contains(&Role::Run) {
        return Err("a program on a terminal of its own, with stdin and stdout, is 'xport exec --pty -- CMD'".into());
    }
    let stream = stream_config(request.options)?;
    let scheme = left.scheme;
    let sides = [ParsedEndpoint::new(left, request)?, ParsedEndpoint::new(right, request)?];
    let ends = sides.each_ref().map(ParsedEndpoint::end);
    check_use(request.mode, request.given, &ends)?;
    check_descriptors(ends.iter().flat_map(|end| &end.addresses))?;
    let [left, right] = sides;
    let (left, right) = (left.endpoint(request, &stream)?, right.endpoint(request, &stream)?);
    let config = RelayConfig { left, right, stream };
    check_once(scheme, &config, !request.options.once)?;
    Ok(config)
}

/// What there is only once is not to be had by many.
fn check_once(left: &Scheme, config: &RelayConfig, many: bool) -> Result<(), ConfigError> {
    if left.listens() && left.has_datagrams() && !many {
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
    match (left.listens(), left.has_datagrams()) {
        (true, true) => Err(format!("{single} for one peer only: udp-server serves many").into()),
        (true, false) if many && !is_inherited => Err(format!("{single} for one client only: add --once").into()),
        _ => Ok(()),
    }
}

fn addresses_of(endpoint: &Endpoint) -> &[Address] {
    match endpoint {
        Endpoint::Connect(config) | Endpoint::DatagramConnect(config, _) => std::slice::from_ref(&config.address),
        Endpoint::Listen(config) | Endpoint::DatagramListen(config, _) => &config.addresses,
        Endpoint::Stdio | Endpoint::Child(_) => &[],
    }
}

/// A child, from the options of the run.
fn child_config(program: Program, options: &Options) -> Result<ChildConfig, ConfigError> {
    let mut environment = Vec::new();
    for text in &options.env {
        environment.extend(parse_variable(text)?);
    }
    let Options { stderr, kill_after, pty, .. } = *options;
    Ok(ChildConfig { program, stdin: None, stderr, environment, kill_after, pty })
}

/// `NAME=VALUE`, or `NAME` for the value that it has here, if any.
fn parse_variable(text: &OsStr) -> Result<Option<(OsString, OsString)>, ConfigError> {
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
