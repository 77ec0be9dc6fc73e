//! The table of options, and how the texts of a user become typed values.
//!
//! `--retry 3`, `tcp:h:80,retry=3` and `XPORT_RETRY=3` are one row of [the table](rows). The rows are in
//! `options/sockets.rs`, `options/tls.rs`, `options/scan.rs`, `options/wait.rs` and `options/runs.rs`. `cli/schemes.rs`
//! says which end has which option, and `cli/modes.rs` says the same of modes. `cli/ends.rs` checks options against
//! each other.

mod runs;
mod scan;
mod sockets;
mod spec;
mod tls;
mod typed;
mod wait;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::cli::quote::quote;

pub(super) use spec::{Heading, OptSpec, Rank, Repeat, Topic, Value};
pub(super) use typed::{Opt, Options};

/// All rows by their sections, in the order of help.
pub(super) static GROUPS: &[(Heading, &[OptSpec])] = &[
    (Heading::Listening, sockets::LISTENING),
    (Heading::Connection, sockets::CONNECTION),
    (Heading::Scan, scan::SCAN),
    (Heading::Tls, tls::TLS),
    (Heading::Datagram, runs::DATAGRAM),
    (Heading::Child, runs::CHILD),
    (Heading::Stream, runs::STREAM),
    (Heading::Wait, wait::WAIT),
    (Heading::Output, runs::OUTPUT),
    (Heading::None, runs::PAGES),
];

/// All rows, in the order of help.
pub(super) fn rows() -> impl Iterator<Item = &'static OptSpec> {
    GROUPS.iter().flat_map(|(_, rows)| rows.iter())
}

/// The rows of a section.
pub(super) fn rows_of(heading: Heading) -> &'static [OptSpec] {
    GROUPS.iter().find(|(other, _)| *other == heading).map_or(&[], |(_, rows)| rows)
}

impl OptSpec {
    /// The section of help that has this row.
    pub(super) fn heading(&self) -> Heading {
        if self.rank == Rank::Expert {
            return Heading::Expert;
        }
        let has_this = |(_, rows): &&(Heading, &[Self])| rows.iter().any(|row| row.id == self.id);
        GROUPS.iter().find(has_this).map_or(Heading::None, |(heading, _)| *heading)
    }
}

/// The row of an option.
pub(super) fn row(id: Opt) -> &'static OptSpec {
    rows().find(|row| row.id == id).expect("a test checks that each option has a row")
}

/// An option that the user gave, with its value. The value of a flag is empty.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) row: &'static OptSpec,
    pub(super) text: OsString,
}

/// Where the values of variables come from.
pub(super) type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// A variable of this process. An empty variable counts as unset, so that a script or a unit file can switch it off.
pub(super) fn variable_of_process(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// A value that makes no sense.
#[derive(Debug)]
pub(super) struct ValueError {
    pub(super) row: &'static OptSpec,
    /// The environment variable that the value comes from, if the user did not give the option.
    pub(super) variable: Option<&'static str>,
    text: OsString,
    reason: String,
}

impl ValueError {
    /// Says what is wrong. `option` is the name of the option as the user wrote it.
    pub(super) fn describe(&self, option: &str) -> String {
        let (text, reason) = (self.text.to_str(), &self.reason);
        let origin = self.variable.map(|name| format!(" (from the environment variable {name})")).unwrap_or_default();
        match (text, self.variable) {
            (Some(text), _) => format!("invalid value {} for '{option}': {reason}{origin}", quote(text)),
            (None, Some(name)) => format!("the value of the environment variable {name} is not UTF-8"),
            (None, None) => format!("invalid value for '{option}': {reason}"),
        }
    }
}

impl Options {
    /// Reads the values of `rows`. A given value wins over the variable, and the variable wins over the default.
    pub(super) fn read(
        rows: &[&'static OptSpec],
        given: &[Given],
        variables: Variables<'_>,
    ) -> Result<Self, ValueError> {
        let mut options = Self::default();
        for row in rows.iter().copied() {
            if given.iter().any(|given| given.row.id == row.id) {
                options.given.push(row.id);
                for Given { text, .. } in given.iter().filter(|given| given.row.id == row.id) {
                    options.take(row, text, None)?;
                }
                continue;
            }
            // An option that was given wins over a variable that contradicts it.
            let wins = |given: &Given| given.row.contradicts(row) || row.yields_to.contains(&given.row.id);
            let variable = row.variable.filter(|_| !given.iter().any(wins));
            if let Some((name, value)) = variable.and_then(|name| Some((name, variables(name)?))) {
                options.take_variable(row, name, &value)?;
            } else if let Some(default) = row.default {
                options.take(row, OsStr::new(default), None)?;
            }
        }
        Ok(options)
    }

    /// Whether an option was given.
    pub(super) fn was_given(&self, opt: Opt) -> bool {
        self.given.contains(&opt)
    }

    fn take(&mut self, row: &'static OptSpec, text: &OsStr, variable: Option<&'static str>) -> Result<(), ValueError> {
        row.store(self, text).map_err(|(text, reason)| ValueError { row, variable, text, reason })
    }

    /// Takes the value of a variable. 1 switches a flag on, and 0 switches it off.
    fn take_variable(&mut self, row: &'static OptSpec, name: &'static str, value: &OsStr) -> Result<(), ValueError> {
        match (row.value, value.as_bytes()) {
            (Value::Flag(_), b"0") => Ok(()),
            (Value::Flag(_), b"1") => self.take(row, OsStr::new(""), None),
            (Value::Flag(_), _) => {
                let reason = "must be 1 for on or 0 for off".to_owned();
                Err(ValueError { row, variable: Some(name), text: value.to_owned(), reason })
            }
            _ => self.take(row, value, Some(name)),
        }
    }
}

#[cfg(test)]
mod tests;
