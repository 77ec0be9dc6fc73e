//! Builds clap's definition of the command line from the tables.
//!
//! clap splits the command line into modes, options and operands. It keeps values as texts and does not parse them.
//! Building an argument costs some thousand instructions, so a run builds only the arguments that its line names. Help,
//! completions and error messages need the other arguments and the texts as well.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};

use crate::cli::modes::{Action, MODES, ModeSpec};
use crate::cli::options::{Given, Heading, Opt, OptSpec, Repeat, Value, row, rows, rows_of};
use crate::cli::text;

/// Columns of help on a wide terminal: longer lines are hard to read.
const TERM_WIDTH_MAX: usize = 100;

/// The usage of the program as a whole.
pub(super) const USAGE: &str = "xport MODE [OPTIONS] ADDRESS\n       xport --completions SHELL | --man";

/// How much of the definition is built.
#[derive(Clone, Copy, Debug)]
pub(super) enum Detail<'a> {
    /// The modes and options that these arguments name, without texts. clap splits a correct line as it does with the
    /// full definition.
    Named(&'a [OsString]),
    /// All modes, and the options of those that these arguments name, with texts. This is for help and errors.
    Shown(&'a [OsString]),
    /// Everything.
    Full,
}

impl Detail<'_> {
    fn has_texts(self) -> bool {
        matches!(self, Self::Shown(_) | Self::Full)
    }

    /// Whether an argument can name an option. A letter can stand among other letters.
    fn has(self, row: &OptSpec) -> bool {
        let Self::Named(args) = self else { return true };
        let is_meant = |arg: &OsString| {
            let rest = arg.as_bytes().strip_prefix(b"--").and_then(|arg| arg.strip_prefix(row.name.as_bytes()));
            rest.is_some_and(|rest| matches!(rest, [] | [b'=', ..]))
        };
        row.short.is_some() || args.iter().any(is_meant)
    }

    /// Whether an argument can name a mode.
    fn has_mode(self, mode: &ModeSpec) -> bool {
        let (Self::Named(args) | Self::Shown(args)) = self else { return true };
        args.iter().any(|arg| arg.to_str().is_some_and(|arg| mode.is_called(arg)))
    }
}

/// A positional argument.
struct Operand {
    id: &'static str,
    shown: &'static str,
    hint: ValueHint,
    is_list: bool,
    help: &'static str,
    more: &'static str,
}

const INET_ADDRESS: Operand = Operand {
    id: "address",
    shown: "ADDRESS",
    hint: ValueHint::Hostname,
    is_list: false,
    help: "HOST:PORT, [V6]:PORT, :PORT (loopback), fd:N, or for a listener *:PORT (every interface)",
    more: "A bare PORT or :PORT is the loopback of IPv4 and IPv6, so that nothing is exposed by accident. *:PORT \
           listens on every interface. An IPv6 address goes in brackets; a link-local address needs %interface, as in \
           [fe80::1%eth0]:80. PORT is a number or a service name; a listener with port 0 lets the kernel choose. fd:N \
           is an inherited socket.",
};
const PORT: Operand = Operand {
    id: "port",
    shown: "PORT",
    hint: ValueHint::Unknown,
    help: "Port, if ADDRESS is only a host",
    more: "",
    ..INET_ADDRESS
};
const UNIX_ADDRESS: Operand = Operand {
    hint: ValueHint::FilePath,
    help: "A path, @name (abstract) or fd:N",
    more: "An abstract name is not in the file system and has no permissions: any program on the machine can connect. \
           fd:N is an inherited socket.",
    ..INET_ADDRESS
};
const LEFT: Operand = Operand {
    id: "left",
    shown: "LEFT",
    help: "First endpoint: KIND:ADDRESS[,OPTION]... ('xport relay --help' lists the kinds); a listener serves many \
           clients",
    ..PORT
};
const RIGHT: Operand = Operand {
    id: "right",
    shown: "RIGHT",
    help: "Second endpoint, opened for LEFT or for each client of LEFT; it cannot listen",
    ..PORT
};
const ENDPOINT: Operand = Operand {
    id: "endpoint",
    shown: "ENDPOINT",
    help: "Endpoint to connect to: tcp:, tls:, unix:, udp: or fd: with its address; a bare address means tcp:, a path \
           unix:",
    more: "Options for this endpoint alone follow after commas, as in tls:host:443,ca=FILE. 'xport relay --help' lists \
           the endpoints and their options.",
    ..PORT
};
const ENDPOINTS: Operand = Operand {
    help: "Endpoint to listen on: tcp-listen:, tls-listen:, unix-listen:, udp-listen: or fd: with its address; may be \
           repeated",
    more: "tcp:, tls:, unix:, udp:, a bare address and a path connect in other modes, and listen here. Options for one \
           endpoint alone follow after commas, as in tcp-listen:*:80,max-conns=9. 'xport relay --help' lists the \
           endpoints and their options.",
    is_list: true,
    ..ENDPOINT
};
const AWAITED: Operand = Operand {
    help: "Endpoint to wait for: HOST:PORT, a path, tcp:, tls:, unix:, udp:, http:// or https://; may be repeated",
    more: "Options for one endpoint alone follow after commas, as in tls:host:443,ca=FILE.",
    is_list: true,
    ..ENDPOINT
};
const PROGRAM: Operand = Operand {
    id: PROGRAM_ID,
    shown: "CMD",
    help: "Program that xport becomes on success, and its arguments; after a failure it is not run",
    ..CMD
};
const CMD: Operand = Operand {
    id: "command",
    shown: "CMD",
    hint: ValueHint::CommandWithArguments,
    is_list: true,
    help: "Program and its arguments, passed on unchanged: no shell reads them",
    ..PORT
};
const HOST: Operand = Operand {
    id: "host",
    shown: "HOST",
    hint: ValueHint::Hostname,
    help: "Host name or IP address; of a name, the first address of each family is tried",
    ..PORT
};
const PORTS: Operand = Operand {
    id: "ports",
    shown: "PORTS",
    help: "Ports: numbers, ranges and service names, as in 22,80,8000-8010 or ssh",
    more: "stdout has one line for each open port, in order: its number, and the name of its service if there is one. \
           A closed port refuses, and a filtered port does not answer; -v reports these on stderr. Status 0 means that \
           a port is open, 3 that none is. No data is sent. UDP cannot be scanned, because an open port of UDP does \
           not answer.",
    is_list: true,
    ..PORT
};

/// The operand that follows `--` and nothing else.
const PROGRAM_ID: &str = "program";

fn operands_of(mode: &ModeSpec) -> &'static [Operand] {
    match (mode.verb.action, mode.scheme) {
        (Action::Relay, _) => &[LEFT, RIGHT],
        (Action::Scan, _) => &[HOST, PORTS],
        (Action::Exec, _) => &[CMD],
        (Action::Connect, None) => &[ENDPOINT],
        (Action::Wait, _) => &[AWAITED, PROGRAM],
        (_, None) => &[ENDPOINTS],
        (_, Some(scheme)) if scheme.is_unix() => &[UNIX_ADDRESS],
        _ => &[INET_ADDRESS, PORT],
    }
}

/// The command line.
pub(super) fn command(detail: Detail<'_>) -> Command {
    let rows = rows_of_top().filter(|row| detail.has(row));
    let top = Command::new("xport")
        .bin_name("xport")
        .version(env!("CARGO_PKG_VERSION"))
        .override_usage(USAGE)
        .disable_help_subcommand(true)
        .args(rows.map(|row| arg(row, detail, (row.help, row.more))))
        .subcommands(MODES.iter().filter_map(|mode| command_of(mode, detail)));
    if !detail.has_texts() {
        return top;
    }
    top.about(text::ABOUT)
        .long_about(text::LONG_ABOUT)
        .after_help(text::AFTER_HELP)
        .after_long_help(text::after_long_help())
        .max_term_width(TERM_WIDTH_MAX)
        .subcommand_help_heading("Modes")
        .subcommand_value_name("MODE")
}

/// The options that are accepted before a mode.
pub(super) fn rows_of_top() -> impl Iterator<Item = &'static OptSpec> {
    rows_of(Heading::Output).iter().chain(rows_of(Heading::None))
}

/// Builds a mode, if it is needed.
fn command_of(mode: &ModeSpec, detail: Detail<'_>) -> Option<Command> {
    let is_named = detail.has_mode(mode);
    if !is_named && !detail.has_texts() {
        return None;
    }
    let command = Command::new(mode.name).override_usage(mode.usage());
    let command = match mode.alias {
        Some((alias, true)) => command.visible_alias(alias),
        Some((alias, false)) => command.alias(alias),
        None => command,
    };
    if !is_named {
        return Some(command.about(mode.about));
    }
    // The options that only `exec` or `wait` is about come first in its help.
    let first = match mode.verb.action {
        Action::Exec => Heading::Child,
        Action::Wait => Heading::Wait,
        _ => Heading::None,
    };
    let is_first = |row: &&OptSpec| row.heading() == first;
    let (first, others): (Vec<_>, Vec<_>) =
        rows().filter(|row| detail.has(row) && mode.has(row.id)).partition(is_first);
    let is_hidden = |row: &OptSpec| mode.verb.action == Action::Relay && mode.is_of_ends(row.id);
    let build = |row: &'static OptSpec| arg(row, detail, mode.help_of(row)).hide_short_help(is_hidden(row));
    let command = command
        .args(operands_of(mode).iter().map(|operand| operand.arg(detail)))
        .args(first.into_iter().chain(others).map(build));
    if !detail.has_texts() {
        return Some(command);
    }
    Some(command.about(mode.about).after_long_help(text::after_help_of(mode.name)).max_term_width(TERM_WIDTH_MAX))
}

impl Operand {
    fn arg(&self, detail: Detail<'_>) -> Arg {
        let arg = Arg::new(self.id).value_parser(value_parser!(OsString)).value_name(self.shown);
        let arg = match (self.is_list, self.id) {
            (true, PROGRAM_ID) => arg.num_args(1..).last(true),
            (true, "command") => with_conflict(arg.num_args(1..).trailing_var_arg(true), Opt::Shell, detail),
            (true, _) => arg.num_args(1..),
            _ => arg,
        };
        if detail.has_texts() { with_texts(arg.value_hint(self.hint), self.help, self.more) } else { arg }
    }
}

/// Makes clap refuse an argument together with another option, if that option is built.
fn with_conflict(arg: Arg, other: Opt, detail: Detail<'_>) -> Arg {
    let other = row(other);
    if detail.has(other) { arg.conflicts_with(other.word) } else { arg }
}

/// Adds help texts. `--help` has the longer text below the line.
fn with_texts(arg: Arg, help: &'static str, more: &'static str) -> Arg {
    let arg = arg.help(help);
    match more {
        "" => arg,
        _ => arg.long_help(format!("{help}\n\n{more}")),
    }
}

/// Builds an option with these help texts.
fn arg(row: &'static OptSpec, detail: Detail<'_>, (help, more): (&'static str, &'static str)) -> Arg {
    let mut arg = Arg::new(row.word).value_parser(value_parser!(OsString));
    if row.has_long() {
        arg = arg.long(row.name);
    }
    if let Some(short) = row.short {
        arg = arg.short(short);
    }
    if let Some(other) = row.not_with {
        arg = with_conflict(arg, other, detail);
    }
    arg = match (row.value, row.repeat) {
        (Value::Flag(_), Repeat::No) => arg.action(ArgAction::SetTrue).value_parser(value_parser!(bool)),
        (Value::Flag(_), _) => arg.action(ArgAction::Count).value_parser(value_parser!(u8)),
        (_, Repeat::No) => arg,
        _ => arg.action(ArgAction::Append),
    };
    arg = match row.value {
        Value::Number(..) => arg.allow_hyphen_values(true),
        Value::Word(_, words, _) => {
            let value = |(name, help): &(&'static str, &'static str)| match *help {
                "" => PossibleValue::new(*name),
                _ => PossibleValue::new(*name).help(*help),
            };
            arg.value_parser(PossibleValuesParser::new(words.iter().map(value)))
        }
        _ => arg,
    };
    if let Some(name) = row.value_name() {
        arg = arg.value_name(name);
    }
    if !detail.has_texts() {
        return arg;
    }
    arg = match row.value {
        Value::File(_) => arg.value_hint(ValueHint::FilePath),
        Value::Raw("CMD", _) => arg.value_hint(ValueHint::CommandString),
        _ => arg,
    };
    if let Some(variable) = row.variable {
        arg = arg.env(variable);
    }
    if let Some(default) = row.default {
        arg = arg.default_value(default);
    }
    if let Some(title) = row.heading().title() {
        arg = arg.help_heading(title);
    }
    with_texts(arg, help, more)
}

/// The options of `rows` that the command line has.
pub(super) fn given(rows: &[&'static OptSpec], matches: &ArgMatches) -> Vec<Given> {
    // An option that the line does not name has not been built.
    let is_given = |row: &&&OptSpec| {
        matches.try_contains_id(row.word).is_ok() && matches.value_source(row.word) == Some(ValueSource::CommandLine)
    };
    let mut found = Vec::new();
    for row in rows.iter().copied().filter(|row| is_given(&row)) {
        match (row.value, row.repeat) {
            (Value::Flag(_), Repeat::No) => found.push(Given { row, text: String::new().into() }),
            (Value::Flag(_), _) => {
                let once = || Given { row, text: String::new().into() };
                found.extend((0..matches.get_count(row.word)).map(|_| once()));
            }
            _ => {
                let texts = matches.get_raw(row.word).into_iter().flatten();
                found.extend(texts.map(|text| Given { row, text: text.to_owned() }));
            }
        }
    }
    found
}

/// The operands: the arguments that are neither options nor their values. [`program`] has those behind `--` of `wait`.
pub(super) fn operands(mode: &ModeSpec, matches: &ArgMatches) -> Vec<OsString> {
    let before = operands_of(mode).iter().filter(|operand| operand.id != PROGRAM_ID);
    let texts = before.filter_map(|operand| matches.get_many::<OsString>(operand.id));
    texts.flatten().cloned().collect()
}

/// The program behind `--` of `wait`, and its arguments.
pub(super) fn program(mode: &ModeSpec, matches: &ArgMatches) -> Vec<OsString> {
    let is_taken = operands_of(mode).iter().any(|operand| operand.id == PROGRAM_ID);
    let words = if is_taken { matches.get_many::<OsString>(PROGRAM_ID) } else { None };
    words.into_iter().flatten().cloned().collect()
}
