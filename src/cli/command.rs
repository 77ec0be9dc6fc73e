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

use crate::cli::layout;
use crate::cli::modes::{Action, MODES, ModeSpec};
use crate::cli::operands::{Operand, PORT, PROGRAM_ID, operands_of, usage_of};
use crate::cli::options::{Given, Heading, Opt, OptSpec, Repeat, Value, row, rows, rows_of};
use crate::cli::text;

/// The usage of the program as a whole.
pub(super) const USAGE: &str = "xport MODE [OPTIONS] ADDRESS";

/// The usage without a mode.
const USAGE_OF_PAGES: &str = "\n       xport --completions SHELL | --man [PAGE]";

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

    /// Whether the help is that of `--help`. The help of `-h` fits a screen.
    fn is_long(self) -> bool {
        match self {
            Self::Named(_) => false,
            Self::Shown(args) => args.iter().any(|arg| arg == "--help"),
            Self::Full => true,
        }
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
    let top = with_help(top.about(text::ABOUT)).subcommand_help_heading("Modes").subcommand_value_name("MODE");
    if !detail.is_long() {
        return top.help_template(layout::TEMPLATE_OF_TOP).after_help(layout::first_screen());
    }
    top.override_usage(format!("{USAGE}{USAGE_OF_PAGES}"))
        .long_about(text::LONG_ABOUT)
        .before_help(layout::examples())
        .after_help(layout::after_options())
}

/// Adds what all pages of help have.
fn with_help(command: Command) -> Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help(text::HELP);
    command
        .term_width(layout::columns())
        .help_template(layout::TEMPLATE)
        .disable_help_flag(true)
        .arg(help.help_heading(Heading::Output.title()).hide_short_help(true))
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
    let command = Command::new(mode.name).override_usage(usage_of(mode));
    let command = match mode.alias {
        Some((alias, true)) => command.visible_alias(alias),
        Some((alias, false)) => command.alias(alias),
        None => command,
    };
    if !is_named {
        return Some(command.about(mode.about));
    }
    // What a mode is for comes first: the program of `exec`, the waiting of `wait`. Options for experts come last.
    let section = |row: &&OptSpec| match row.heading() {
        Heading::Child if mode.verb.action == Action::Exec => 0,
        Heading::Wait | Heading::Scan => 0,
        Heading::Expert => 2,
        _ => 1,
    };
    let mut rows = Vec::from_iter(rows().filter(|row| detail.has(row) && mode.has(row.id)));
    let command = command.args(operands_of(mode).iter().map(|operand| operand_arg(operand, detail)));
    if !detail.has_texts() {
        return Some(command.args(rows.into_iter().map(|row| arg(row, detail, mode.help_of(row)))));
    }
    rows.sort_by_key(section);
    let is_long = detail.is_long();
    let top = if is_long { Vec::new() } else { mode.top_rows(layout::OPTIONS_MAX) };
    let build = |row: &'static OptSpec| {
        let is_shown = is_long || top.iter().any(|other| other.id == row.id);
        arg(row, detail, mode.help_of(row)).hide_short_help(!is_shown)
    };
    let command = command.about(mode.about).args(rows.into_iter().map(build));
    let after = if is_long { layout::after_options_of(mode) } else { text::after_help_of(mode.name) };
    Some(with_help(command).before_help(layout::examples_of(mode.name, is_long)).after_help(after))
}

/// Builds an operand.
fn operand_arg(operand: &Operand, detail: Detail<'_>) -> Arg {
    let arg = Arg::new(operand.id).value_parser(value_parser!(OsString)).value_name(operand.shown);
    let arg = match (operand.is_list, operand.id) {
        (true, PROGRAM_ID) => arg.num_args(1..).last(true),
        (true, "command") => with_conflict(arg.num_args(1..).trailing_var_arg(true), Opt::Shell, detail),
        (true, _) => arg.num_args(1..),
        _ => arg,
    };
    if !detail.has_texts() {
        return arg;
    }
    // Most people write the port behind the host.
    with_texts(arg.value_hint(operand.hint).hide_short_help(operand.id == PORT.id), operand.help, operand.more)
}

/// Makes clap refuse an argument together with another option, if that option is built.
fn with_conflict(arg: Arg, other: Opt, detail: Detail<'_>) -> Arg {
    let other = row(other);
    if detail.has(other) { arg.conflicts_with(other.word) } else { arg }
}

/// Adds help texts. `--help` has the longer text below the line.
fn with_texts(arg: Arg, help: &str, more: &str) -> Arg {
    let arg = arg.help(help.to_owned());
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
        Value::Word(_, words) => arg.value_parser(PossibleValuesParser::new(words.iter().map(|(name, help, _)| {
            let value = PossibleValue::new(*name);
            if help.is_empty() { value } else { value.help(*help) }
        }))),
        _ => arg,
    };
    if let Some(name) = row.value_name() {
        arg = arg.value_name(name);
    }
    if let Some(value) = row.bare {
        arg = arg.num_args(0..=1).default_missing_value(value);
    }
    if !detail.has_texts() {
        return arg;
    }
    arg = match row.value {
        Value::File(_) => arg.value_hint(ValueHint::FilePath),
        Value::Raw("CMD", _) => arg.value_hint(ValueHint::CommandString),
        _ => arg,
    };
    if let Some(default) = row.default {
        arg = arg.default_value(default);
    }
    if !detail.is_long() {
        return arg.hide_possible_values(row.takes_value()).help(help);
    }
    if let Some(variable) = row.variable {
        arg = arg.env(variable);
    }
    if let Some(title) = row.heading().title() {
        arg = arg.help_heading(title);
    }
    match (row.value_name(), row.repeat) {
        (None, _) | (_, Repeat::No) => with_texts(arg, help, more),
        _ => with_texts(arg, &format!("{help} [may be repeated]"), more),
    }
}

/// The options of `rows` that the command line has.
pub(super) fn given(rows: &[&'static OptSpec], matches: &ArgMatches) -> Vec<Given> {
    // An option that the line does not name has not been built.
    let is_given = |row: &&&'static OptSpec| {
        matches.try_contains_id(row.word).is_ok() && matches.value_source(row.word) == Some(ValueSource::CommandLine)
    };
    let texts = |row: &OptSpec| match (row.value, row.repeat) {
        (Value::Flag(_), Repeat::No) => vec![OsString::new()],
        (Value::Flag(_), _) => vec![OsString::new(); usize::from(matches.get_count(row.word))],
        _ => matches.get_raw(row.word).into_iter().flatten().map(ToOwned::to_owned).collect(),
    };
    let given = rows.iter().filter(is_given);
    given.flat_map(|row| texts(row).into_iter().map(move |text| Given { row, text })).collect()
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
