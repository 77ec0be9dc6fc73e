//! The configuration of modes that join endpoints with an echo, or with stdin and stdout.
//!
//! `cli/relay.rs` has the modes that join endpoints with each other or with a program.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use crate::cli::address::{is_address, parse_address, parse_two_words};
use crate::cli::endpoint::EndpointArg;
use crate::cli::ends::{EndConfig, NO_DATA, RunConfig, SchemeUse, end_config};
use crate::cli::error::ConfigError;
use crate::cli::hints;
use crate::cli::modes::Action;
use crate::cli::options::{Opt, Options, row};
use crate::cli::quote::{quote, quote_os};
use crate::cli::request::{ParsedEndpoint, Request, check_use};
use crate::cli::schemes::{Role, Scheme};
use crate::modes::config::{KeyConfig, Mode, StreamConfig};
use crate::protocols::half_close::HalfClose;
use crate::transports::advice::Advice;

/// How long a datagram client waits for a further reply, unless `--linger` says otherwise. Datagrams have no end.
const DATAGRAM_LINGER_DEFAULT: Duration = Duration::from_secs(1);

/// The configuration of a mode that is a shorthand of a verb. The operands are an address in one word or two.
pub(super) fn resolve_named(request: &Request<'_>, scheme: &'static Scheme) -> Result<Mode, ConfigError> {
    let options = request.options;
    let mut addresses = Vec::new();
    let explain = |text: &str| {
        let kind = || hints::explain_kind(text).filter(|_| !scheme.is_unix() && is_address(text));
        hints::explain_endpoint(request.mode, scheme, text).or_else(kind)
    };
    let parse = |text: &OsStr| match text.to_str().and_then(explain) {
        Some(reason) => Err(reason),
        None if scheme.is_unix() && looks_like_inet(text) => Err(format!(
            "{} is HOST:PORT, and {} takes a path, such as {}",
            quote_os(text),
            request.mode.name,
            quote(&format!("./{}", text.to_string_lossy()))
        )),
        None => parse_address(scheme.parse, text),
    };
    match request.operands {
        [] => (),
        [address] => addresses.push(parse(address)?),
        [host, port, ..] => addresses.push(parse_two_words(host, port)?),
    }
    for text in options.listen.iter().chain(&options.connect) {
        addresses.push(parse(text)?);
    }
    if addresses.is_empty() {
        let what = if scheme.listens() { "listen on" } else { "connect to" };
        return Err(format!("no address given to {what}").into());
    }
    let end = SchemeUse { scheme, addresses };
    check_use(request, std::slice::from_ref(&end))?;
    let action = request.mode.verb.action;
    let run = run_config(action, options, scheme.has_datagrams())?;
    let config = end_config(end, options, &run, Advice::Arguments)?;
    Ok(mode_config(action, options, run.stream, vec![config]))
}

/// Whether the name of a unix socket looks like host and port, and no such file exists.
fn looks_like_inet(text: &OsStr) -> bool {
    let is_inet = |text: &str| !text.starts_with("fd:") && text.contains(':') && is_address(text);
    text.to_str().is_some_and(is_inet) && Path::new(text).symlink_metadata().is_err()
}

/// The configuration of a verb with endpoints of any kind.
pub(super) fn resolve_verb(request: &Request<'_>) -> Result<Mode, ConfigError> {
    let verb = request.mode.verb;
    request.check_words()?;
    let mut parsed = Vec::new();
    for text in request.operands {
        let arg = EndpointArg::parse(text)?;
        let arg = if verb.action == Action::Connect { arg } else { arg.listening() };
        if !(verb.takes)(arg.scheme) {
            return Err(arg.with_context(&explain_scheme(request, &arg)));
        }
        parsed.push(ParsedEndpoint::new(arg, request)?);
    }
    let ends = Vec::from_iter(parsed.iter().map(ParsedEndpoint::scheme_use));
    let Some(first) = ends.first() else {
        let what = if verb.action == Action::Connect { "connect to" } else { "listen on" };
        return Err(format!("no endpoint given to {what}").into());
    };
    let has_datagrams = first.scheme.has_datagrams();
    if ends.iter().any(|end| end.scheme.has_datagrams() != has_datagrams) {
        return Err("one run cannot serve both streams and datagrams: start a second one".into());
    }
    check_use(request, &ends)?;
    let run = run_config(verb.action, request.options, has_datagrams)?;
    let configs = parsed.iter().filter_map(|parsed| parsed.config(&run).transpose()).collect::<Result<_, _>>()?;
    Ok(mode_config(verb.action, request.options, run.stream, configs))
}

/// Explains why a verb does not take an endpoint.
fn explain_scheme(request: &Request<'_>, arg: &EndpointArg<'_>) -> String {
    let name = request.mode.name;
    match (request.mode.verb.action, arg.scheme.role) {
        (Action::Connect, Role::Listen) => "this endpoint listens".to_owned(),
        (Action::Connect, Role::Run) => "this endpoint is a program".to_owned(),
        (_, Role::Run) => {
            "a program cannot listen: 'xport exec --listen EP -- CMD' runs a program for each client".to_owned()
        }
        (Action::Echo, _) => "stdin and stdout cannot listen".to_owned(),
        _ => format!("{name} uses stdin and stdout already: name an endpoint to join with them"),
    }
}

/// The configuration of a mode from those of its ends. There is at least one.
fn mode_config(action: Action, options: &Options, stream: StreamConfig, configs: Vec<EndConfig>) -> Mode {
    let datagrams = options.datagrams;
    let (mut listeners, mut receivers) = (Vec::new(), Vec::new());
    for config in configs {
        match config {
            EndConfig::Connect(config) if options.show_chain => return Mode::ShowChain(config),
            EndConfig::Connect(config) => return Mode::Client(config),
            EndConfig::DatagramConnect(config) => return Mode::DatagramClient(config, datagrams, stream),
            EndConfig::Listen(config) => listeners.push(config),
            EndConfig::DatagramListen(config) => receivers.push(config),
        }
    }
    match (action, receivers.is_empty()) {
        (Action::Echo, true) => Mode::Echo(listeners),
        (Action::Echo, false) => Mode::DatagramEcho(receivers, datagrams),
        (_, true) => Mode::Server(listeners),
        (_, false) => Mode::DatagramServer(receivers, datagrams),
    }
}

/// What the ends of a run share, once its options are known to fit together.
pub(super) fn run_config(action: Action, options: &Options, has_datagrams: bool) -> Result<RunConfig<'_>, ConfigError> {
    let mut stream = options.stream.clone();
    if has_datagrams && options.datagrams.count.is_some() && stream.send_only {
        return Err("--count needs received datagrams, which --send-only discards".into());
    }
    if let Some(low) = stream.low_water.filter(|low| *low > stream.high_water) {
        return Err(format!("--low-water {low} is more than --high-water {}", stream.high_water).into());
    }
    check_pairs(options)?;
    stream.half_close = match options.half_close {
        // The end of a raw terminal is that of the session, whatever was typed.
        _ if options.raw => HalfClose::Now,
        Some(half_close) => half_close,
        // The output of a program on a connection ends by the rules for stdin.
        None if action == Action::Exec => HalfClose::Auto,
        None => HalfClose::Now,
    };
    if has_datagrams && action == Action::Connect && stream.quit_after.is_none() {
        stream.linger.get_or_insert(DATAGRAM_LINGER_DEFAULT);
    }
    stream.keys = options.raw.then_some(KeyConfig { escape: options.escape });
    stream.progress &= !options.raw;
    let keep_open = if action == Action::Listen { options.listening.keep_open } else { !options.once };
    Ok(RunConfig { options, stream, keep_open })
}

/// Checks that no two options of the run contradict each other.
fn check_pairs(options: &Options) -> Result<(), ConfigError> {
    use Opt::*;
    /// Options about the end of a stream.
    const ENDS: &[Opt] = &[HalfClose, NoHalfClose, Linger, QuitAfter, UntilPeerEnds];
    /// Options about the data of a session.
    const DATA: &[Opt] = &[SendOnly, RecvOnly, Raw, Escape, Progress, Dump, HighWater, LowWater, IdleTimeout];
    /// An option, others that do nothing beside it, and why. The first row that is true of a line is reported.
    const USELESS: &[(Opt, &[Opt], &str)] = &[
        (ShowChain, ENDS, NO_DATA),
        (ShowChain, DATA, NO_DATA),
        (RecvOnly, ENDS, "stdin is not read"),
        (SendOnly, &[HalfClose, NoHalfClose, QuitAfter], "the connection is closed when stdin ends"),
        (RecvOnly, &[Raw], "stdin is not read"),
        (Raw, &[Progress], "the terminal shows what the peer sends"),
        (Raw, ENDS, "a session on a terminal ends with the peer"),
    ];
    for (opt, others, why) in USELESS.iter().filter(|(opt, ..)| options.was_given(*opt)) {
        if let Some(other) = others.iter().find(|other| options.was_given(**other)) {
            return Err(format!("{} does nothing with {}: {why}", row(*other).flag(), row(*opt).flag()).into());
        }
    }
    if options.stream.linger.is_some() && options.stream.quit_after.is_some() {
        return Err("XPORT_LINGER and XPORT_QUIT_AFTER contradict each other: one must be empty".into());
    }
    if options.was_given(Escape) && !options.raw {
        return Err("--escape does nothing without --raw".into());
    }
    Ok(())
}
