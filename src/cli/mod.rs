//! The command line: from arguments to what the modes read, or to text that answers the user.
//!
//! Nothing is opened here and nothing is written: `main` writes what [`parse`] returns and runs the mode.

mod address; // the text form of addresses
mod args; // the modes, as clap knows them
mod endpoint; // one end of a relay, with its options
mod error; // why a command line is refused
mod groups; // the options, as clap knows them
mod hints; // what other programs call an endpoint
mod host; // host and port, each on its own
mod kinds; // the kinds of endpoints and modes
pub mod logger; // messages on stderr
pub mod man; // manual page and completions
mod quote; // text of unknown origin, made fit for a line
mod relay; // modes that join endpoints
mod resolve; // from options to the configuration of a mode
mod text; // descriptions, examples, exit status
mod tls; // what is wanted of TLS
mod values; // durations, sizes, networks

use std::error::Error;
use std::ffi::OsString;
use std::fmt;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, FromArgMatches};

use crate::cli::args::{MODES, ModeSpec};
use crate::cli::error::ConfigError;
use crate::cli::groups::{Output, Pages};
use crate::cli::kinds::{Role, Transport};
use crate::cli::quote::{QUOTED_CHARS_MAX, escape, quote_os, shorten};
use crate::cli::relay::{resolve_exec, resolve_relay};
use crate::cli::resolve::{check_group, resolve_client, resolve_datagrams, resolve_listener};
use crate::modes::config::Mode;

pub use crate::cli::logger::{Color, Verbosity};

/// The longest line of a usage error: room for what clap says around a quote or two.
const LINE_CHARS_MAX: usize = 400;

/// A mode to run, and how to report on it.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// How much is reported.
    pub verbosity: Verbosity,
    /// Whether it is coloured.
    pub color: Color,
    /// What to do.
    pub mode: Mode,
}

/// What the arguments ask for.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
pub enum Parsed {
    /// Run a mode.
    Run(Invocation),
    /// Write this to stdout and exit with 0: help, version, completions or manual page.
    Print(Vec<u8>),
}

/// Arguments that make no sense. Its text is for stderr as it is, newline included; the exit status is 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for UsageError {}

/// Understands the arguments, the first of which is the name of the program.
///
/// # Errors
/// Says what is wrong with them, and how they should look.
pub fn parse<I: IntoIterator<Item = OsString>>(args: I) -> Result<Parsed, UsageError> {
    let args = Vec::from_iter(args);
    // Long texts are for those who ask.
    let mut command = if args.iter().any(|arg| arg == "--help") { command() } else { args::command() };
    let mut matches = match command.try_get_matches_from_mut(&args) {
        Ok(matches) => matches,
        Err(error) => return answer(error, &args),
    };
    let mode = matches.remove_subcommand();
    let name = mode.as_ref().map(|(name, _)| name.clone());
    let error = match interpret(&mut matches, mode) {
        Ok(parsed) => return Ok(parsed),
        Err(ConfigError::Clap(error)) => error,
        Err(ConfigError::Reason(reason)) => {
            // The error shows the usage of the mode that it belongs to.
            match name.and_then(|name| command.find_subcommand_mut(name)) {
                Some(mode) => mode.error(ErrorKind::ValueValidation, reason),
                None => command.error(ErrorKind::ValueValidation, reason),
            }
        }
    };
    answer(error, &args)
}

/// The definition of the command line, as the manual page, the completions and tests need it.
#[must_use]
pub fn command() -> Command {
    args::command().after_long_help(text::after_long_help())
}

fn interpret(matches: &mut ArgMatches, mode: Option<(String, ArgMatches)>) -> Result<Parsed, ConfigError> {
    let pages = Pages::from_arg_matches_mut(matches)?;
    if let Some(shell) = pages.completions {
        return Ok(Parsed::Print(man::completions(shell)));
    }
    if pages.man {
        return Ok(Parsed::Print(man::man()));
    }
    // The logger would pass it over without a word.
    if std::env::var_os("XPORT_LOG").is_some_and(|value| value.to_str().is_none()) {
        return Err("the value of the environment variable XPORT_LOG is not UTF-8".into());
    }
    let Some((name, mut options)) = mode else { return Err("no mode given".into()) };
    let Some(mode) = MODES.iter().find(|mode| mode.name == name) else { return Err("no such mode".into()) };
    let color_is_after = options.value_source("color") == Some(ValueSource::CommandLine);
    let (before, after) = (Output::from_arg_matches_mut(matches)?, Output::from_arg_matches_mut(&mut options)?);
    Ok(Parsed::Run(Invocation {
        verbosity: verbosity(before.quiet || after.quiet, before.verbose.saturating_add(after.verbose))?,
        color: if color_is_after { after.color } else { before.color },
        mode: resolve(mode, &mut options)?,
    }))
}

/// Makes the configuration of a mode from its options.
fn resolve(mode: &ModeSpec, matches: &mut ArgMatches) -> Result<Mode, ConfigError> {
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

fn verbosity(quiet: bool, verbose: u8) -> Result<Verbosity, ConfigError> {
    Ok(match (quiet, verbose) {
        (true, 0) => Verbosity::Quiet,
        (true, _) => return Err("-q and -v contradict each other".into()),
        (false, 0) => Verbosity::Normal,
        (false, 1) => Verbosity::Verbose,
        (false, 2) => Verbosity::Debug,
        (false, _) => Verbosity::Trace,
    })
}

/// Turns clap's "errors" into what they are: text for stdout, or an error in our form.
fn answer(mut error: clap::Error, args: &[OsString]) -> Result<Parsed, UsageError> {
    if !error.use_stderr() {
        return Ok(Parsed::Print(error.render().to_string().into_bytes()));
    }
    let variable = variable_at_fault(&error, args);
    make_printable(&mut error);
    if let Some(tip) = tip_for(&error, args) {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    let text = match error.kind() {
        ErrorKind::InvalidUtf8 => what_is_not_utf8(args).unwrap_or_else(|| error.render().to_string()),
        _ => error.render().to_string(),
    };
    let mut lines = text.trim_end().lines();
    let first = lines.next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let mut text = match first.strip_prefix("unrecognized subcommand ") {
        Some(rest) => format!("xport: no such mode: {rest}\n"),
        None => format!("xport: {}\n", shorten(first, LINE_CHARS_MAX)),
    };
    if let Some(name) = variable {
        text.push_str(&format!("\n  note: the value is that of the environment variable {name}\n"));
    }
    for line in lines {
        // What clap calls a subcommand is a mode here.
        let line = line.replace(" similar subcommand", " similar mode");
        text.push_str(&shorten(&escape(&line), LINE_CHARS_MAX));
        text.push('\n');
    }
    Err(UsageError(text))
}

/// clap does not say which argument, or which variable, is not UTF-8.
fn what_is_not_utf8(args: &[OsString]) -> Option<String> {
    let mut command = args::command();
    // The options of a mode are there once they are needed.
    command.build();
    let is_meant = |mode: &&Command| {
        args.iter().skip(1).any(|arg| mode.get_name_and_visible_aliases().iter().any(|name| arg == name))
    };
    let is_given = |arg: &clap::Arg| {
        let option = format!("--{}", arg.get_long().unwrap_or_default());
        args.iter().any(|given| given.to_string_lossy().split('=').next() == Some(&option))
    };
    let mut places = command.get_subcommands().filter(is_meant).chain([&command]);
    if let Some(name) = places.find_map(|place| args::variable_not_utf8(place, |arg| !is_given(arg))) {
        return Some(format!("error: the value of the environment variable {name} is not UTF-8"));
    }
    let arg = args.iter().find(|arg| arg.to_str().is_none())?;
    Some(format!("error: {} is not UTF-8", quote_os(arg)))
}

/// Escapes and cuts what clap quotes of the user's text.
fn make_printable(error: &mut clap::Error) {
    let texts = [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand];
    for kind in texts {
        let Some(ContextValue::String(text)) = error.get(kind) else { continue };
        let printable = shorten(&escape(text), QUOTED_CHARS_MAX);
        error.insert(kind, ContextValue::String(printable));
    }
    // clap proposes "-- TEXT" with the text as it is, which helps nobody where it is odd or long.
    if let Some(ContextValue::StyledStrs(tips)) = error.get(ContextKind::Suggested) {
        let tips = tips.iter().map(|tip| shorten(&escape(&tip.to_string()), LINE_CHARS_MAX).into()).collect();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
}

/// Where an option belongs that a mode does not have: to its endpoints, to another mode, to another program.
fn tip_for(error: &clap::Error, args: &[OsString]) -> Option<String> {
    let option = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(option)) if error.kind() == ErrorKind::UnknownArgument => option.as_str(),
        _ => return None,
    };
    let is_meant = |arg: &OsString, mode: &ModeSpec| arg == mode.name || (arg == "tls" && mode.name == "tls-client");
    let mode = args.iter().find_map(|arg| MODES.iter().find(|mode| is_meant(arg, mode)));
    let of = |table: &[(&str, &str)]| table.iter().find(|(name, _)| option == *name).map(|(_, tip)| (*tip).to_owned());
    let of_mode = match mode.map(|mode| (mode.transport, mode.role)) {
        Some((Transport::Tls, Role::Client)) => openssl_tip(args).or_else(|| of(text::TLS_CLIENT_OPTIONS)),
        Some((Transport::Tls, _)) => openssl_tip(args).or_else(|| of(text::TLS_SERVER_OPTIONS)),
        Some((Transport::Any, _)) => endpoint::tip_for(option),
        Some(_) => is_of_tls(option).then(|| text::TLS_MODES.to_owned()),
        None => None,
    };
    of_mode.or_else(|| of(text::NETCAT_OPTIONS))
}

/// What openssl's clients and servers call otherwise. clap has only the first letter of a word with one hyphen.
fn openssl_tip(args: &[OsString]) -> Option<String> {
    let found = args.iter().find_map(|arg| text::OPENSSL_OPTIONS.iter().find(|(name, _)| arg == name));
    found.map(|(_, tip)| (*tip).to_owned())
}

fn is_of_tls(option: &str) -> bool {
    option.strip_prefix("--").is_some_and(|name| name == "starttls" || endpoint::tls_kind_with(name, false).is_some())
}

/// The environment variable that a bad value came from: clap names only the option.
fn variable_at_fault(error: &clap::Error, args: &[OsString]) -> Option<String> {
    let (Some(ContextValue::String(arg)), Some(ContextValue::String(value))) =
        (error.get(ContextKind::InvalidArg), error.get(ContextKind::InvalidValue))
    else {
        return None;
    };
    let option = arg.split(' ').next()?;
    let name = format!("XPORT_{}", option.strip_prefix("--")?.replace('-', "_").to_uppercase());
    let given = args.iter().any(|arg| arg.to_string_lossy().starts_with(option));
    (!given && std::env::var_os(&name)?.to_string_lossy() == value.as_str()).then_some(name)
}

#[cfg(test)]
mod tests;
