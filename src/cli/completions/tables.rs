//! What completes which word of a line: tables for the scripts of all shells.

use clap::ValueHint;

use crate::cli::modes::{Action, MODES, ModeSpec};
use crate::cli::operands::{Operand, operands_of};
use crate::cli::options::{Opt, OptSpec, Value, rows};
use crate::cli::schemes::{Form, PAGES, Scheme, named};

/// What completes a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fill {
    Nothing,
    Words(Vec<&'static str>),
    Files,
    Programs,
    /// A host, and the text behind it.
    Host(&'static str),
    /// An address to listen on.
    OwnAddress,
    /// An endpoint in a [`EndpointPlace`].
    Endpoint(String),
    Variables,
    Interfaces,
    /// A user, and a group behind a colon.
    Owners,
}

impl Fill {
    /// What completes the value of an option, if that does not depend on the mode.
    pub(super) fn of_value(row: &OptSpec) -> Self {
        match (row.value, row.value_name().unwrap_or_default()) {
            (Value::File(_), _) => Self::Files,
            (Value::Word(..), _) => Self::Words(row.words()),
            (_, "CMD") => Self::Programs,
            (_, "K=V") => Self::Variables,
            (_, "IF") => Self::Interfaces,
            (_, name) if name.starts_with("USER") => Self::Owners,
            _ if row.id == Opt::Escape => Self::Words(vec!["none"]),
            _ if row.id == Opt::HalfClose => Self::Words(vec!["auto", "now", "never"]),
            // A word in small letters stands for itself, as in DUR|off.
            (_, name) => {
                let words = Vec::from_iter(name.split('|').filter(|word| word.chars().all(|c| c.is_ascii_lowercase())));
                if words.is_empty() || name.is_empty() { Self::Nothing } else { Self::Words(words) }
            }
        }
    }

    /// The same, for the options whose value depends on the mode.
    pub(super) fn of_value_in(mode: &ModeSpec, row: &OptSpec) -> Self {
        match row.id {
            Opt::ListenAddress | Opt::ConnectAddress => Self::of_operand(mode, &operands_of(mode)[0]),
            Opt::ListenEndpoint | Opt::ConnectEndpoint => Self::Endpoint(format!("{}{}", mode.name, row.flag())),
            _ => Self::of_value(row),
        }
    }

    pub(super) fn of_operand(mode: &ModeSpec, operand: &Operand) -> Self {
        match (operand.hint, mode.scheme) {
            (ValueHint::Hostname, Some(scheme)) if scheme.listens() => Self::OwnAddress,
            (ValueHint::Hostname, Some(_)) => Self::Host(":"),
            (ValueHint::Hostname, None) => Self::Host(""),
            (ValueHint::FilePath, _) => Self::Files,
            (ValueHint::Unknown, _) => Self::Endpoint(mode.name.to_owned()),
            _ => Self::Nothing,
        }
    }

    /// What completes the address of a scheme.
    pub(super) fn of_address(scheme: &Scheme) -> Self {
        match scheme.form {
            Form::Inet if scheme.listens() => Self::OwnAddress,
            Form::Inet => Self::Host(":"),
            Form::Unix => Self::Files,
            Form::Words | Form::Line => Self::Programs,
            _ => Self::Nothing,
        }
    }
}

/// A place where an endpoint is expected: a mode, or an option of `exec`.
pub(super) struct EndpointPlace {
    name: String,
    mode: &'static ModeSpec,
    /// Whether clients are awaited there, so that `tcp:` is `tcp-listen:`.
    listens: bool,
}

pub(super) fn places() -> Vec<EndpointPlace> {
    let mut places = Vec::new();
    for mode in MODES.iter().filter(|mode| mode.scheme.is_none()) {
        let place = |option: &str, listens| EndpointPlace { name: format!("{}{option}", mode.name), mode, listens };
        if mode.verb.action == Action::Exec {
            places.extend([place("--listen", true), place("--connect", false)]);
        } else if operands_of(mode).iter().any(|operand| operand.hint == ValueHint::Unknown) {
            places.push(place("", matches!(mode.verb.action, Action::Echo | Action::Listen)));
        }
    }
    places
}

impl EndpointPlace {
    /// The scheme that a word means in this place. `None` if the place does not take it.
    fn scheme(&self, scheme: &'static Scheme) -> Option<&'static Scheme> {
        let is_relay = self.mode.verb.action == Action::Relay;
        // The left side of a relay takes a descriptor that listens.
        let awaits = self.listens || (is_relay && scheme.form == Form::Descriptor);
        let scheme = if awaits { scheme.listening.unwrap_or(scheme) } else { scheme };
        let is_taken = (self.mode.verb.takes)(scheme);
        (is_taken && (is_relay || self.listens == scheme.listens())).then_some(scheme)
    }

    /// The words that an endpoint can begin with.
    fn words(&self) -> Vec<String> {
        let word = |scheme: &Scheme| match scheme.form {
            Form::Url => format!("{}://", scheme.name),
            _ => format!("{}:", scheme.name),
        };
        let words = schemes().filter(|scheme| self.scheme(scheme).is_some()).map(word);
        let stdio = (self.mode.verb.action == Action::Relay).then(|| "-".to_owned());
        words.chain(stdio).collect()
    }

    /// The options that can follow a comma. An option with a value ends with '='.
    fn options(&self, scheme: &'static Scheme) -> Vec<String> {
        let Some(scheme) = self.scheme(scheme) else { return Vec::new() };
        let is_taken = |row: &&OptSpec| self.mode.verb.end_takes(scheme, row.id);
        let option = |row: &OptSpec| format!("{}{}", row.name, if row.takes_value() { "=" } else { "" });
        scheme.rows().filter(is_taken).map(option).collect()
    }
}

/// The schemes that a word can begin with.
pub(super) fn schemes() -> impl Iterator<Item = &'static Scheme> {
    named().chain(PAGES.iter().copied())
}

/// A table: keys, and what they have in common.
pub(super) type Branches<T> = Vec<(Vec<String>, T)>;

/// Joins the keys that have the same value, in the order of their first ones.
pub(super) fn join<T: PartialEq>(pairs: impl IntoIterator<Item = (String, T)>) -> Branches<T> {
    let mut table: Branches<T> = Vec::new();
    for (key, value) in pairs {
        match table.iter_mut().find(|(_, other)| *other == value) {
            Some((keys, _)) => keys.push(key),
            None => table.push((vec![key], value)),
        }
    }
    table
}

/// The endpoints of each place.
pub(super) fn endpoints() -> Branches<Vec<String>> {
    join(places().iter().map(|place| (place.name.clone(), place.words())))
}

/// The options of each scheme in each place, by `PLACE,SCHEME`.
pub(super) fn endpoint_options() -> Branches<Vec<String>> {
    let places = places();
    let pairs = schemes().flat_map(|scheme| places.iter().map(move |place| (place, scheme)));
    let keyed = pairs.map(|(place, scheme)| (format!("{},{}", place.name, scheme.name), place.options(scheme)));
    join(keyed.filter(|(_, options)| !options.is_empty()))
}

/// What completes the address of each scheme.
pub(super) fn addresses() -> Branches<Fill> {
    let pairs = schemes().map(|scheme| (scheme.name.to_owned(), Fill::of_address(scheme)));
    join(pairs.filter(|(_, fill)| !matches!(fill, Fill::Nothing | Fill::Programs)))
}

/// What completes the value of each option that does not depend on the mode.
pub(super) fn values() -> Branches<Fill> {
    let is_fixed = |row: &&OptSpec| row.takes_value() && !row.id.names_an_end();
    let pairs = rows().filter(is_fixed).map(|row| (row.name.to_owned(), Fill::of_value(row)));
    join(pairs.filter(|(_, fill)| *fill != Fill::Nothing))
}

/// What completes each operand, by `MODE,INDEX`, or by `MODE,*` if it can be repeated.
pub(super) fn operands() -> Branches<Fill> {
    let keyed = MODES.iter().flat_map(|mode| {
        operands_of(mode).iter().enumerate().map(move |(index, operand)| {
            let index = if operand.is_list { "*".to_owned() } else { index.to_string() };
            (format!("{},{index}", mode.name), Fill::of_operand(mode, operand))
        })
    });
    join(keyed.filter(|(_, fill)| *fill != Fill::Nothing))
}

/// What completes the value of `--listen` and `--connect` in each mode.
pub(super) fn mode_values() -> Branches<Fill> {
    let pairs = MODES.iter().flat_map(|mode| {
        let row = mode.rows().find(|row| matches!(row.id, Opt::ListenAddress | Opt::ConnectAddress));
        row.map(|row| (mode.name.to_owned(), Fill::of_value_in(mode, row)))
    });
    join(pairs)
}

/// The modes that end with a program.
pub(super) fn programs() -> Vec<&'static str> {
    let has_program = |mode: &&ModeSpec| operands_of(mode).iter().any(|operand| operand.hint == PROGRAM);
    MODES.iter().filter(has_program).map(|mode| mode.name).collect()
}

/// The modes whose first operand is a program.
pub(super) fn trailing() -> Vec<&'static str> {
    let begins = |mode: &&ModeSpec| operands_of(mode).first().is_some_and(|operand| operand.hint == PROGRAM);
    MODES.iter().filter(begins).map(|mode| mode.name).collect()
}

/// The hint of a program with its arguments.
pub(super) const PROGRAM: ValueHint = ValueHint::CommandWithArguments;

/// The names of all modes that help shows.
pub(super) fn mode_names() -> Vec<&'static str> {
    MODES.iter().flat_map(ModeSpec::shown_names).collect()
}

/// The other names of modes, and the names in the tables.
pub(super) fn aliases() -> impl Iterator<Item = (&'static str, &'static str)> {
    MODES.iter().filter_map(|mode| mode.alias.map(|(alias, _)| (alias, mode.name)))
}

/// Modes by all of their names.
pub(super) fn with_aliases(modes: Vec<&'static str>) -> Vec<&'static str> {
    MODES.iter().filter(|mode| modes.contains(&mode.name)).flat_map(ModeSpec::names).collect()
}

/// The names of schemes.
pub(super) fn scheme_names() -> Vec<&'static str> {
    schemes().map(|scheme| scheme.name).collect()
}

/// The schemes whose address is a program.
pub(super) fn running() -> Vec<&'static str> {
    schemes().filter(|scheme| Fill::of_address(scheme) == Fill::Programs).map(|scheme| scheme.name).collect()
}

/// The options that a value follows, each once.
pub(super) fn valued() -> Vec<String> {
    let mut flags = Vec::new();
    for row in rows().filter(|row| row.takes_value()) {
        if !flags.contains(&row.flag()) {
            flags.push(row.flag());
        }
    }
    flags
}

/// The options of a mode as they are typed.
pub(super) fn flags(row: &OptSpec) -> Vec<String> {
    let short = row.short.filter(|_| row.has_long()).map(|short| format!("-{short}"));
    short.into_iter().chain(std::iter::once(row.flag())).collect()
}

/// The branches of a `case` in bash and zsh. `before` is the text before each pattern.
pub(super) fn cases<T>(before: &str, table: Branches<T>, action: impl Fn(&T) -> String) -> String {
    let branch = |(keys, value): &(Vec<String>, T)| format!("{before}{}) {} ;;", keys.join("|"), action(value));
    Vec::from_iter(table.iter().map(branch)).join("\n")
}

/// A pattern of bash and zsh for a word that begins with one of these schemes.
pub(super) fn with_colon(schemes: Vec<&str>) -> String {
    Vec::from_iter(schemes.iter().map(|name| format!("{name}:*"))).join("|")
}

/// Puts the tables into a template. A name within a line is replaced by a list, and a line of its own by lines.
pub(super) fn fill_in(template: &str, tables: &[(&str, String)]) -> String {
    let mut script = template.to_owned();
    for (name, text) in tables {
        script = script.replace(&format!("@{name}@"), text);
    }
    script
}
