//! The command line: turns arguments into the configuration of a mode, or into text for the user.
//!
//! Nothing is opened or written here. `main` writes the text that [`parse`] returns, or runs the mode.

mod address; // the text form of addresses
mod command; // the tables as clap knows them
pub mod completions; // for shells
mod endpoint; // one word that is an end, with its options
mod ends; // one end, and its configuration
mod error; // the reason why a command line is refused
mod hints; // words and options of other programs
mod host; // host and port, each on its own
pub mod logger; // messages on stderr
pub mod man; // the manual page
mod modes; // the table of modes
mod options; // the table of options, and their values
mod quote; // text of the user in messages
mod relay; // modes that join endpoints
mod request; // a mode with its options and operands, and whether each option does something
mod resolve; // modes with listeners or one peer
pub mod schemes; // the table of endpoints
mod text; // descriptions, examples, exit status
mod tls; // settings of TLS
mod url; // the URL of a page
mod values; // durations, sizes, networks
mod wait; // the mode that waits for services

use std::error::Error;
use std::ffi::OsString;
use std::fmt;

use clap::ArgMatches;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::command::{Detail, USAGE, command, given, operands, program, rows_of_top};
use crate::cli::endpoint::Context;
use crate::cli::error::ConfigError;
use crate::cli::modes::{Action, MODES, ModeSpec};
use crate::cli::options::{Opt, Options};
use crate::cli::quote::{QUOTED_CHARS_MAX, escape, shorten};
use crate::cli::relay::{resolve_exec, resolve_relay};
use crate::cli::request::Request;
use crate::cli::resolve::{resolve_named, resolve_verb};
use crate::cli::wait::resolve_wait;
use crate::modes::config;

pub use crate::cli::logger::{Color, Verbosity};
/// The terminal, the death by a signal and the last words: what `main` needs of the system.
pub use crate::sys::{raw_mode, signals, stderr};

/// The longest line of a usage error in characters: room for two quotes and the words around them.
const LINE_CHARS_MAX: usize = 400;

/// A mode to run, and how to report on it.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// How much is written to stderr.
    pub verbosity: Verbosity,
    /// Whether messages are coloured.
    pub color: Color,
    /// What to do.
    pub mode: config::Mode,
}

/// The result of parsing the arguments.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
pub enum Parsed {
    /// Run a mode.
    Run(Invocation),
    /// Write this to stdout and exit with 0: help, version, completions or manual page.
    Print(Vec<u8>),
}

/// The error of a wrong command line. The text is complete, with its newline, for stderr. The exit status is 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for UsageError {}

/// Parses the arguments. The first one is the name of the program.
///
/// # Errors
/// Says what is wrong with the arguments, and shows the usage.
pub fn parse<I: IntoIterator<Item = OsString>>(args: I) -> Result<Parsed, UsageError> {
    let args = Vec::from_iter(args);
    let matches = command(Detail::Named(&args)).try_get_matches_from(&args);
    // Texts are built for help and for errors only. A correct line does not pay for them.
    let matches = matches.or_else(|error| match error.kind() {
        ErrorKind::DisplayVersion => Err(error),
        _ => command(Detail::Shown(&args)).try_get_matches_from(&args),
    });
    match matches {
        Ok(matches) => interpret(&matches),
        Err(error) => answer(error, &args),
    }
}

fn interpret(matches: &ArgMatches) -> Result<Parsed, UsageError> {
    let mode = matches.subcommand().and_then(|(name, matches)| {
        let mode = MODES.iter().find(|mode| mode.name == name);
        mode.map(|mode| (mode, matches))
    });
    run(matches, mode).map_err(|error| refuse(error, mode.map(|(mode, _)| mode)))
}

fn run(matches: &ArgMatches, mode: Option<(&'static ModeSpec, &ArgMatches)>) -> Result<Parsed, ConfigError> {
    let variables = &options::variable_of_process;
    let rows = Vec::from_iter(rows_of_top());
    let before = Options::read(&rows, &given(&rows, matches), variables)?;
    if let Some(shell) = before.completions {
        return Ok(Parsed::Print(completions::completions(shell)));
    }
    if before.man {
        return Ok(Parsed::Print(man::man()));
    }
    // The logger would ignore the variable without a message.
    if std::env::var_os("XPORT_LOG").is_some_and(|value| value.to_str().is_none()) {
        return Err("the value of the environment variable XPORT_LOG is not UTF-8".into());
    }
    let Some((mode, matches)) = mode else { return Err("no mode given".into()) };
    let rows = Vec::from_iter(mode.rows());
    let given = given(&rows, matches);
    let (of_ends, of_run): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| mode.is_of_ends(row.id));
    let options = Options::read(&of_run, &given, variables)?;
    // Each end reads these options again, together with its own. Here a bad value is named as the user wrote it.
    Options::read(&of_ends, &given, &|_| None)?;
    let operands = operands(mode, matches);
    let context = Context { verb: mode.verb, given: &given, variables };
    let program = program(mode, matches);
    let request = Request { mode, operands: &operands, program: &program, context, options: &options };
    let invocation = Invocation {
        verbosity: verbosity(before.quiet || options.quiet, before.verbose.saturating_add(options.verbose))?,
        color: if options.was_given(Opt::Color) { options.color } else { before.color },
        mode: match (mode.verb.action, mode.scheme) {
            (Action::Exec, _) => config::Mode::Exec(resolve_exec(&request)?),
            (Action::Relay, _) => config::Mode::Relay(resolve_relay(&request)?),
            (Action::Wait, _) => config::Mode::Wait(resolve_wait(&request)?),
            (_, Some(scheme)) => resolve_named(&request, scheme)?,
            (_, None) => resolve_verb(&request)?,
        },
    };
    // A variable must make sense even if no end uses it.
    Options::read(&of_ends, &given, variables)?;
    Ok(Parsed::Run(invocation))
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

/// Formats a [`ConfigError`] as clap formats its errors.
fn refuse(error: ConfigError, mode: Option<&ModeSpec>) -> UsageError {
    let (reason, usage) = match error {
        ConfigError::Value(reason) => (reason, String::new()),
        ConfigError::Reason(reason) => {
            let usage = mode.map_or_else(|| USAGE.to_owned(), ModeSpec::usage);
            (reason, format!("\nUsage: {usage}\n"))
        }
    };
    let reason = shorten(&reason, LINE_CHARS_MAX);
    UsageError(format!("xport: {reason}\n{usage}\nFor more information, try '--help'.\n"))
}

/// Turns an error of clap into text for stdout, which is help or version, or into a [`UsageError`].
fn answer(mut error: clap::Error, args: &[OsString]) -> Result<Parsed, UsageError> {
    if !error.use_stderr() {
        return Ok(Parsed::Print(error.render().to_string().into_bytes()));
    }
    make_printable(&mut error);
    if let Some(tip) = tip_for(&error, args) {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    let text = error.render().to_string();
    let mut lines = text.trim_end().lines();
    let first = lines.next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let mut text = match first.strip_prefix("unrecognized subcommand ") {
        Some(rest) => format!("xport: no such mode: {rest}\n"),
        None => format!("xport: {}\n", shorten(first, LINE_CHARS_MAX)),
    };
    for line in lines {
        // A subcommand of clap is a mode of xport.
        let line = line.replace(" similar subcommand", " similar mode");
        text.push_str(&shorten(&escape(&line), LINE_CHARS_MAX));
        text.push('\n');
    }
    Err(UsageError(text))
}

/// Escapes and shortens the text of the user that clap quotes.
fn make_printable(error: &mut clap::Error) {
    let texts = [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand];
    for kind in texts {
        let Some(ContextValue::String(text)) = error.get(kind) else { continue };
        let printable = shorten(&escape(text), QUOTED_CHARS_MAX);
        error.insert(kind, ContextValue::String(printable));
    }
    // clap proposes "-- TEXT" with the text as it was typed.
    if let Some(ContextValue::StyledStrs(tips)) = error.get(ContextKind::Suggested) {
        let tips = tips.iter().map(|tip| shorten(&escape(&tip.to_string()), LINE_CHARS_MAX).into()).collect();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
}

/// A tip for an option that the mode does not have.
fn tip_for(error: &clap::Error, args: &[OsString]) -> Option<String> {
    let flag = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) if error.kind() == ErrorKind::UnknownArgument => flag,
        _ => return None,
    };
    let is_meant = |arg: &OsString, mode: &ModeSpec| arg.to_str().is_some_and(|arg| mode.is_called(arg));
    let named = args.iter().enumerate().skip(1).find_map(|(index, arg)| {
        let mode = MODES.iter().find(|mode| is_meant(arg, mode))?;
        Some((index, mode))
    });
    let mode = named.map(|(_, mode)| mode);
    let rest = named.filter(|(_, mode)| mode.scheme.is_none()).map_or(&[][..], |(index, _)| &args[index + 1..]);
    let joined = rest.windows(2).find_map(|words| hints::joined(words[0].to_str()?, words[1].to_str()?));
    match joined {
        Some(endpoint) if !flag.starts_with('-') || flag == "-" => Some(hints::one_word(&endpoint)),
        _ => hints::tip_for_flag(mode, flag, args).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests;
