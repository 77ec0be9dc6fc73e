//! The command line: turns arguments into the configuration of a mode, or into text for the user.
//!
//! Nothing is opened or written here. `main` writes the text that [`parse`] returns, or runs the mode.

mod address; // the text form of addresses
mod command; // the tables as clap knows them
pub mod completions; // for shells
mod endpoint; // one word that is an end, with its options
mod ends; // one end, and its configuration
mod error; // the reason why a command line is refused
mod examples; // the table of examples
mod habits; // the line that a wrong line meant
mod help; // the word for --help
mod hints; // reasons for words and options of other programs
mod host; // host and port, each on its own
mod kinds; // kinds of endpoints that do not exist
mod layout; // the layout of help
pub mod logger; // messages on stderr
pub mod man; // the manual page
mod modes; // the table of modes
mod operands; // the table of operands
mod options; // the table of options, and their values
mod owner; // users and groups
mod quote; // text of the user in messages
mod reach; // listeners that no client can reach
mod relay; // modes that join endpoints
mod request; // a mode with its options and operands, and whether each option does something
mod resolve; // modes with listeners or one peer
mod roff; // the language of manual pages
mod scan; // the host and the ports of a scan
pub mod schemes; // the table of endpoints
mod text; // the longer texts of help
mod tls; // settings of TLS
mod url; // the URL of a page
mod values; // durations, sizes, networks
mod wait; // the mode that waits for services

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStrExt;

use clap::ArgMatches;
use clap::error::ErrorKind;

use crate::cli::command::{Detail, command, given, operands, program, rows_of_top};
use crate::cli::endpoint::Context;
use crate::cli::error::{ConfigError, Refusal, explain};
use crate::cli::habits::Instead;
use crate::cli::modes::{Action, ModeSpec, mode_called};
use crate::cli::options::{Given, Opt, Options, row};
use crate::cli::quote::{escape_bytes, shorten};
use crate::cli::relay::{resolve_exec, resolve_relay};
use crate::cli::request::Request;
use crate::cli::resolve::{resolve_named, resolve_verb};
use crate::cli::scan::resolve_scan;
use crate::cli::wait::resolve_wait;
use crate::modes::config;

pub use crate::cli::logger::{Color, Verbosity};
/// The terminal, stdout, the death by a signal and the last words: what `main` needs of the system.
pub use crate::sys::{raw_mode, signals, stderr, stdio};

/// The longest line of a usage error in characters: room for two quotes and the words around them.
const LINE_CHARS_MAX: usize = 400;

/// A mode to run, and how to report on it.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// How much is written to stderr.
    pub verbosity: Verbosity,
    /// Whether messages are coloured.
    pub color: Color,
    /// Whether each message begins with the time.
    pub log_time: bool,
    /// What the user may not expect of the line.
    pub warning: Option<String>,
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
/// Says what is wrong with the arguments, and which line to type instead.
pub fn parse<I: IntoIterator<Item = OsString>>(args: I) -> Result<Parsed, UsageError> {
    let args = help::as_option(Vec::from_iter(args));
    let mut parsed = read(&args).map_err(|refusal| usage_error(refusal, &args))?;
    if let Parsed::Run(invocation) = &mut parsed {
        let instead = || habits::on_every_interface(&words_of(&args)?, &|words| is_accepted(&args, words));
        invocation.warning = reach::warning(&invocation.mode, instead);
    }
    Ok(parsed)
}

fn read(args: &[OsString]) -> Result<Parsed, Refusal> {
    let matches = command(Detail::Named(args)).try_get_matches_from(args);
    // Texts are built for help and for errors only. A correct line does not pay for them.
    let matches = matches.or_else(|error| match error.kind() {
        ErrorKind::DisplayVersion => Err(error),
        _ => {
            // clap shows bytes that are not UTF-8 as U+FFFD.
            let shown =
                |arg: &OsString| if arg.to_str().is_some() { arg.clone() } else { escape_bytes(arg.as_bytes()).into() };
            let shown = Vec::from_iter(args.iter().map(shown));
            let again = command(Detail::Shown(&shown)).try_get_matches_from(&shown);
            if shown == args { again } else { Err(again.err().unwrap_or(error)) }
        }
    });
    match matches {
        Ok(matches) => interpret(&matches),
        Err(error) if !error.use_stderr() => Ok(Parsed::Print(page(&error, args))),
        Err(error) => Err(explain(&error, args)),
    }
}

/// Help or the version, as clap has laid it out.
fn page(error: &clap::Error, args: &[OsString]) -> Vec<u8> {
    let text = error.render();
    // The version has no colours, and many scripts ask for it.
    if error.kind() != ErrorKind::DisplayVersion && is_page_colored(args) {
        text.ansi().to_string()
    } else {
        text.to_string()
    }
    .into_bytes()
}

/// Whether help on stdout is coloured. clap stops at an option for help, so options are read from the arguments here.
fn is_page_colored(args: &[OsString]) -> bool {
    let flag = row(Opt::Color).flag();
    let mut values = args.iter().enumerate().filter_map(|(index, arg)| match arg.to_str()?.strip_prefix(&flag)? {
        "" => args.get(index + 1)?.to_str(),
        rest => rest.strip_prefix('='),
    });
    let given = Vec::from_iter(values.next_back().map(|text| Given { row: row(Opt::Color), text: text.into() }));
    let options = Options::read(&[row(Opt::Color)], &given, &options::variable_of_process).unwrap_or_default();
    logger::is_colored(options.color, &std::io::stdout())
}

fn interpret(matches: &ArgMatches) -> Result<Parsed, Refusal> {
    let mode = matches.subcommand().and_then(|(name, matches)| Some((mode_called(name)?, matches)));
    run(matches, mode).map_err(|error| Refusal { error, mode: mode.map(|(mode, _)| mode), flag: None })
}

fn run(matches: &ArgMatches, mode: Option<(&'static ModeSpec, &ArgMatches)>) -> Result<Parsed, ConfigError> {
    let variables = &options::variable_of_process;
    let rows = Vec::from_iter(rows_of_top());
    let before = Options::read(&rows, &given(&rows, matches), variables)?;
    if let Some(shell) = before.completions {
        return Ok(Parsed::Print(completions::completions(shell)));
    }
    if let Some(page) = before.man {
        return Ok(Parsed::Print(man::man(page)));
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
    if !of_ends.is_empty() {
        Options::read(&of_ends, &given, &|_| None)?;
    }
    let operands = operands(mode, matches);
    let context = Context { verb: mode.verb, given: &given, variables };
    let program = program(mode, matches);
    let request = Request { mode, operands: &operands, program: &program, context, options: &options };
    let invocation = Invocation {
        verbosity: verbosity(before.quiet || options.quiet, before.verbose.saturating_add(options.verbose))?,
        color: if options.was_given(Opt::Color) { options.color } else { before.color },
        log_time: options.log_time || before.log_time,
        warning: None,
        mode: match (mode.verb.action, mode.scheme) {
            (Action::Exec, _) => config::Mode::Exec(resolve_exec(&request)?),
            (Action::Relay, _) => config::Mode::Relay(resolve_relay(&request)?),
            (Action::Scan, _) => config::Mode::Scan(resolve_scan(&request)?),
            (Action::Wait, _) => config::Mode::Wait(resolve_wait(&request)?),
            (_, Some(scheme)) => resolve_named(&request, scheme)?,
            (_, None) => resolve_verb(&request)?,
        },
    };
    // A variable must make sense even if no end uses it.
    if !of_ends.is_empty() {
        Options::read(&of_ends, &given, variables)?;
    }
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

/// Formats a refusal: the error, and a line to type. The line shows help if no other line is known.
fn usage_error(refusal: Refusal, args: &[OsString]) -> UsageError {
    let Refusal { error: ConfigError { mut reason, is_complete }, mode, flag } = refusal;
    let words = words_of(args);
    let is_accepted = |words: &[String]| is_accepted(args, words);
    let answer = words.as_ref().and_then(|words| habits::answer(words, flag.as_deref(), &is_accepted));
    let of_flag = || flag.as_deref().zip(mode).and_then(|(flag, mode)| hints::reason_for_flag(mode, flag));
    let of_habit = || words.as_ref().and_then(|words| habits::reason_for(words));
    let line = match answer {
        Some(Instead { line, note }) => {
            reason.extend(note.map(|note| format!("; {note}")));
            Some(line)
        }
        None if is_complete => None,
        None => match of_flag().or_else(of_habit) {
            Some(why) => {
                reason.push_str(&format!(": {why}"));
                None
            }
            None => Some(match mode {
                Some(mode) => format!("xport {} --help", mode.name),
                None => "xport --help".to_owned(),
            }),
        },
    };
    let line = line.map(|line| format!("try: {line}\n")).unwrap_or_default();
    UsageError(format!("xport: {}\n{line}", shorten(&reason, LINE_CHARS_MAX)))
}

/// The words behind the name of the program, if all of them are UTF-8.
fn words_of(args: &[OsString]) -> Option<Vec<String>> {
    args.iter().skip(1).map(|arg| arg.to_str().map(str::to_owned)).collect()
}

/// Whether the program takes the line of these words. `args` has its name.
fn is_accepted(args: &[OsString], words: &[String]) -> bool {
    let args = Vec::from_iter(args.iter().take(1).cloned().chain(words.iter().map(OsString::from)));
    match command(Detail::Named(&args)).try_get_matches_from(&args) {
        Ok(matches) => interpret(&matches).is_ok(),
        // In `-host h`, the letter of help is no wish for help.
        Err(error) => !error.use_stderr() && words.last().is_some_and(|word| word.starts_with("--")),
    }
}

#[cfg(test)]
mod tests;
