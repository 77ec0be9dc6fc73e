//! The type of a row in the table of options.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::typed::{Opt, Options};
use crate::cli::quote::{is_among, one_of, quote_os};

/// The sections of help and manual page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Heading {
    Listening,
    Connection,
    Scan,
    Tls,
    Datagram,
    Child,
    Stream,
    Wait,
    Output,
    /// Options of any section that few people need.
    Expert,
    /// Options that need no mode.
    None,
}

impl Heading {
    pub(in crate::cli) fn title(self) -> Option<&'static str> {
        Some(match self {
            Self::Listening => "Listening",
            Self::Connection => "Connection",
            Self::Scan => "Scan",
            Self::Tls => "TLS",
            Self::Datagram => "Datagram",
            Self::Child => "Child",
            Self::Stream => "Stream",
            Self::Wait => "Waiting",
            Self::Output => "Output",
            Self::Expert => "Expert options",
            Self::None => return None,
        })
    }
}

/// How much an option matters to most people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Rank {
    /// `-h` shows the options of a mode with the smallest numbers.
    Top(u8),
    Usual,
    /// The option is in a section of its own, at the end.
    Expert,
}

/// Modes in which some options have other help texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Topic {
    /// The modes of UDP.
    Datagrams,
    /// `udp-server`.
    DatagramServer,
    Exec,
    Relay,
    Wait,
    /// The modes for endpoints of any kind.
    AnyEndpoint,
}

/// The words that an option takes, each with a help text, which may be empty, and with what it sets.
type Words = &'static [(&'static str, &'static str, fn(&mut Options))];

/// Stores a value that has to be text.
type SetText = fn(&mut Options, &str) -> Result<(), String>;

/// What follows an option, and how it is stored. The first field is the name of the value in help texts.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) enum Value {
    /// Nothing follows.
    Flag(fn(&mut Options)),
    /// A number, with or without a unit. A text that begins with a hyphen is taken as the value, and then explained.
    Number(&'static str, SetText),
    /// Any other text.
    Text(&'static str, SetText),
    /// One of these words.
    Word(&'static str, Words),
    /// The path of a file.
    File(fn(&mut Options) -> &mut Option<PathBuf>),
    /// Bytes of any kind.
    Raw(&'static str, fn(&mut Options, &OsStr)),
}

/// What happens to an option that is given more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Repeat {
    /// It is refused.
    No,
    /// Each value counts.
    Yes,
    /// Each value counts, and a value is a list with commas.
    List,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct OptSpec {
    pub(in crate::cli) id: Opt,
    /// The long name, which is also the name after a comma. An option without a long name has its letter here.
    pub(in crate::cli) name: &'static str,
    pub(in crate::cli) short: Option<char>,
    /// The name in words. It differs from `name` only for an option that is a letter.
    pub(in crate::cli) word: &'static str,
    pub(in crate::cli) value: Value,
    pub(in crate::cli) default: Option<&'static str>,
    /// The environment variable that has the default, if there is one.
    pub(in crate::cli) variable: Option<&'static str>,
    pub(in crate::cli) repeat: Repeat,
    /// The option that contradicts this one. Only one of the two rows names the other.
    pub(in crate::cli) not_with: Option<Opt>,
    /// The value that the option has if no value follows it.
    pub(in crate::cli) bare: Option<&'static str>,
    pub(in crate::cli) rank: Rank,
    /// Words that people try, separated by spaces, and why they are not among those of the option.
    refused: Option<&'static (&'static str, &'static str)>,
    /// If one of these options is given, the variable of this option is ignored.
    pub(super) yields_to: &'static [Opt],
    /// The help text in one line.
    pub(in crate::cli) help: &'static str,
    /// What `--help` and the manual page add to the line. It is empty if the line says everything.
    pub(in crate::cli) more: &'static str,
    /// Other texts for some modes: the line, and what is added to it.
    pub(in crate::cli) instead: &'static [(Topic, &'static str, &'static str)],
}

impl OptSpec {
    const fn new(id: Opt, name: &'static str, value: Value) -> Self {
        Self {
            id,
            name,
            short: None,
            word: name,
            value,
            default: None,
            variable: None,
            repeat: Repeat::No,
            not_with: None,
            bare: None,
            rank: Rank::Usual,
            refused: None,
            yields_to: &[],
            help: "",
            more: "",
            instead: &[],
        }
    }

    pub(super) const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    pub(super) const fn short(self, short: char) -> Self {
        Self { short: Some(short), ..self }
    }

    pub(super) const fn word(self, word: &'static str) -> Self {
        Self { word, ..self }
    }

    pub(super) const fn default(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    pub(super) const fn variable(self, name: &'static str) -> Self {
        Self { variable: Some(name), ..self }
    }

    pub(super) const fn repeat(self, repeat: Repeat) -> Self {
        Self { repeat, ..self }
    }

    pub(super) const fn not_with(self, other: Opt) -> Self {
        Self { not_with: Some(other), ..self }
    }

    pub(super) const fn yields_to(self, others: &'static [Opt]) -> Self {
        Self { yields_to: others, ..self }
    }

    pub(super) const fn bare(self, value: &'static str) -> Self {
        Self { bare: Some(value), ..self }
    }

    pub(super) const fn top(self, place: u8) -> Self {
        Self { rank: Rank::Top(place), ..self }
    }

    pub(super) const fn expert(self) -> Self {
        Self { rank: Rank::Expert, ..self }
    }

    pub(super) const fn refused(self, words_and_why: &'static (&'static str, &'static str)) -> Self {
        Self { refused: Some(words_and_why), ..self }
    }

    pub(super) const fn more(self, more: &'static str) -> Self {
        Self { more, ..self }
    }

    pub(super) const fn instead(self, instead: &'static [(Topic, &'static str, &'static str)]) -> Self {
        Self { instead, ..self }
    }

    /// The option as it is written before an address: `--retry`, `-4`.
    pub(in crate::cli) fn flag(&self) -> String {
        if self.has_long() { format!("--{}", self.name) } else { format!("-{}", self.name) }
    }

    /// Whether it has a long name.
    pub(in crate::cli) fn has_long(&self) -> bool {
        self.name.len() > 1
    }

    /// The name of its value, unless it is a flag.
    pub(in crate::cli) fn value_name(&self) -> Option<&'static str> {
        match self.value {
            Value::Flag(_) => None,
            Value::File(_) => Some("FILE"),
            Value::Number(name, _) | Value::Text(name, _) | Value::Word(name, _) | Value::Raw(name, _) => Some(name),
        }
    }

    /// Whether a value follows.
    pub(in crate::cli) fn takes_value(&self) -> bool {
        self.value_name().is_some()
    }

    /// The words that it takes, if it takes nothing else.
    pub(in crate::cli) fn words(&self) -> Vec<&'static str> {
        match self.value {
            Value::Word(_, words) => words.iter().map(|(word, ..)| *word).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the two cannot hold at once.
    pub(in crate::cli) fn contradicts(&self, other: &Self) -> bool {
        self.not_with == Some(other.id) || other.not_with == Some(self.id)
    }

    /// Stores a value. An error has the wrong part of the text, and the reason.
    pub(in crate::cli) fn store(&self, options: &mut Options, text: &OsStr) -> Result<(), (OsString, String)> {
        let wrong = |reason: String| (text.to_owned(), reason);
        let utf8 = || text.to_str().ok_or_else(|| wrong(format!("{} is not UTF-8", quote_os(text))));
        match self.value {
            Value::Flag(set) => set(options),
            Value::File(_) if text.is_empty() => return Err(wrong("the file name is empty".into())),
            Value::File(place) => *place(options) = Some(PathBuf::from(text)),
            Value::Raw(_, set) => set(options, text),
            Value::Word(_, words) => {
                let text = utf8()?;
                let Some((_, _, set)) = words.iter().find(|(word, ..)| *word == text) else {
                    let refused = self.refused.filter(|(words, _)| is_among(text, words));
                    let why = refused.map(|(_, why)| format!(": {why}")).unwrap_or_default();
                    return Err(wrong(format!("must be {}{why}", one_of(&self.words()))));
                };
                set(options);
            }
            Value::Number(_, set) | Value::Text(_, set) if self.repeat == Repeat::List => {
                for part in utf8()?.split(',') {
                    set(options, part).map_err(|reason| (part.into(), reason))?;
                }
            }
            Value::Number(_, set) | Value::Text(_, set) => set(options, utf8()?).map_err(wrong)?,
        }
        Ok(())
    }
}

/// Stores a value that was parsed.
pub(super) fn put<T>(place: &mut T, value: Result<T, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}

pub(super) fn push<T>(list: &mut Vec<T>, value: Result<T, String>) -> Result<(), String> {
    list.push(value?);
    Ok(())
}

pub(super) const fn flag(id: Opt, name: &'static str, set: fn(&mut Options)) -> OptSpec {
    OptSpec::new(id, name, Value::Flag(set))
}

pub(super) const fn number(id: Opt, name: &'static str, shown: &'static str, set: SetText) -> OptSpec {
    OptSpec::new(id, name, Value::Number(shown, set))
}

pub(super) const fn text(id: Opt, name: &'static str, shown: &'static str, set: SetText) -> OptSpec {
    OptSpec::new(id, name, Value::Text(shown, set))
}

pub(super) const fn word(id: Opt, name: &'static str, shown: &'static str, words: Words) -> OptSpec {
    OptSpec::new(id, name, Value::Word(shown, words))
}

pub(super) const fn file(id: Opt, name: &'static str, place: fn(&mut Options) -> &mut Option<PathBuf>) -> OptSpec {
    OptSpec::new(id, name, Value::File(place))
}

pub(super) const fn raw(id: Opt, name: &'static str, shown: &'static str, set: fn(&mut Options, &OsStr)) -> OptSpec {
    OptSpec::new(id, name, Value::Raw(shown, set))
}
