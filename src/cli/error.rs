//! The reason why a command line is refused.
//!
//! `cli/mod.rs` makes a message of it, with a line to type below.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::modes::{ModeSpec, mode_called};
use crate::cli::options::{OptSpec, Options, ValueError, rows};
use crate::cli::quote::{clean, escape, escape_bytes, one_of, quote};

/// A line that is refused.
pub(super) struct Refusal {
    pub(super) error: ConfigError,
    pub(super) mode: Option<&'static ModeSpec>,
    /// The option that the mode does not have.
    pub(super) flag: Option<String>,
}

/// The reason why a command line is refused.
#[derive(Debug)]
pub(super) struct ConfigError {
    /// One line, without the name of the program.
    pub(super) reason: String,
    /// Whether the reason says what is right. Then the message does not point at the help.
    pub(super) is_complete: bool,
}

impl ConfigError {
    /// The same error, which says what is right.
    pub(super) fn complete(self) -> Self {
        Self { is_complete: true, ..self }
    }
}

impl From<String> for ConfigError {
    fn from(reason: String) -> Self {
        Self { reason, is_complete: false }
    }
}

impl From<&str> for ConfigError {
    fn from(reason: &str) -> Self {
        reason.to_owned().into()
    }
}

impl From<ValueError> for ConfigError {
    fn from(error: ValueError) -> Self {
        let option = match error.row.value_name() {
            Some(value) => format!("{} <{value}>", error.row.flag()),
            None => error.row.flag(),
        };
        Self::from(error.describe(&option)).complete()
    }
}

/// Examples of values, by the names that help has for these.
const EXAMPLES: &[(&str, &str)] = &[
    ("DUR", "10s"),
    ("DUR|off", "10s"),
    ("SIZE", "64K"),
    ("N", "3"),
    ("N|forever", "3"),
    ("CIDR", "10.0.0.0/8"),
    ("IF", "eth0"),
    ("MODE", "0600"),
];

/// Says in a sentence why clap refuses a line.
pub(super) fn explain(error: &clap::Error, args: &[OsString]) -> Refusal {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(" and "),
        _ => String::new(),
    };
    let (argument, value) = (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue));
    let row = rows().find(|row| row.flag() == name_of(&argument));
    let reason = match error.kind() {
        ErrorKind::InvalidSubcommand => match &*text(ContextKind::InvalidSubcommand) {
            "help" => "help is followed by one mode and nothing else".to_owned(),
            word => format!("no such mode: {}", quote(word)),
        },
        ErrorKind::UnknownArgument => format!("unexpected argument {}", quote(&word_with(&argument, args))),
        ErrorKind::InvalidValue => invalid_value(row, &argument, &value),
        ErrorKind::TooManyValues => format!("{} takes no value, but {} follows", name_of(&argument), quote(&value)),
        ErrorKind::ArgumentConflict if text(ContextKind::PriorArg) == argument => {
            format!("{} is given twice", name_of(&argument))
        }
        ErrorKind::ArgumentConflict => {
            format!("{} and {} contradict each other", name_of(&argument), name_of(&text(ContextKind::PriorArg)))
        }
        _ => {
            let text = error.render().to_string();
            let first = text.lines().next().unwrap_or_default();
            escape(first.strip_prefix("error: ").unwrap_or(first))
        }
    };
    let is_unknown = error.kind() == ErrorKind::UnknownArgument;
    Refusal {
        error: ConfigError { reason, is_complete: error.kind() == ErrorKind::InvalidValue },
        mode: args.iter().skip(1).find_map(|arg| mode_called(arg.to_str()?)),
        flag: is_unknown.then_some(argument),
    }
}

/// The name of an argument that clap shows with its value, or in brackets: `--timeout <DUR>`, `[CMD]...`.
fn name_of(shown: &str) -> &str {
    let name = shown.split([' ', '=']).next().unwrap_or_default();
    name.trim_end_matches("...").trim_matches(['[', ']', '<', '>'])
}

/// The word of the line that has an unexpected argument. clap names one letter of a word with several.
fn word_with(argument: &str, args: &[OsString]) -> String {
    let letter = argument.strip_prefix('-').filter(|rest| rest.chars().count() == 1 && *rest != "-");
    let is_cluster = |word: &String| word.starts_with('-') && !word.starts_with("--");
    let mut words = args.iter().map(|arg| escape_bytes(arg.as_bytes())).filter(is_cluster);
    let word = letter.and_then(|letter| words.find(|word| word.contains(letter)));
    word.unwrap_or_else(|| argument.to_owned())
}

/// Says that the value of an option is missing, or which words are right.
fn invalid_value(row: Option<&'static OptSpec>, argument: &str, value: &str) -> String {
    if !value.is_empty() {
        let reason = row.and_then(|row| row.store(&mut Options::default(), OsStr::new(value)).err());
        let reason = reason.map(|(_, reason)| reason).unwrap_or_default();
        return format!("invalid value {} for '{}': {reason}", quote(value), clean(argument));
    }
    let what = match row {
        Some(row) if !row.words().is_empty() => one_of(&row.words()),
        _ => argument.split_once('<').map_or("", |(_, name)| name.trim_end_matches('>')).to_owned(),
    };
    let example = EXAMPLES.iter().find(|(name, _)| *name == what);
    let example = example.map(|(_, example)| format!(", such as {example}")).unwrap_or_default();
    format!("{} needs a value: {what}{example}", name_of(argument))
}
