//! The parts of help that clap does not lay out: the first screen, examples and tables.
//!
//! `cli/command.rs` gives these parts to clap, and `cli/text.rs` has the longer texts. Lines are as wide as the
//! terminal. Escape sequences are always written; `cli/mod.rs` removes them where no colour is wanted.

use std::fmt::Write as _;

use clap::builder::styling::{Style, Styles};

use crate::cli::examples::{EXAMPLES, Example, Shown};
use crate::cli::modes::{Action, MODES, ModeSpec};
use crate::cli::schemes;
use crate::cli::text;
use crate::sys::pty;

/// Columns of help on a wide terminal: longer lines are hard to read.
const COLUMNS_MAX: usize = 100;

/// Columns where no terminal tells its width, as in a pipe.
const COLUMNS: usize = 80;

/// A narrower terminal wraps the lines itself.
const COLUMNS_MIN: usize = 40;

/// How many examples and options of a mode fit on a screen.
pub(super) const EXAMPLES_MAX: usize = 3;
pub(super) const OPTIONS_MAX: usize = 10;

/// The order of a short page and of a long one. A page of a mode has its arguments and options behind the examples.
pub(super) const TEMPLATE: &str =
    "{about-with-newline}\n{usage-heading} {usage}\n\n{before-help}{all-args}{after-help}";
pub(super) const TEMPLATE_OF_TOP: &str = "{about-with-newline}\n{usage-heading} {usage}{after-help}";

/// The styles of clap.
const STYLES: Styles = Styles::styled();

/// How many columns help has: `COLUMNS`, or the width of the terminal.
pub(super) fn columns() -> usize {
    let variable = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|columns| *columns > 0);
    let terminal = || pty::columns_of_any_stream().map(usize::from);
    variable.or_else(terminal).unwrap_or(COLUMNS).clamp(COLUMNS_MIN, COLUMNS_MAX)
}

/// The first screen, after the usage.
pub(super) fn first_screen() -> String {
    Layout::new()
        .examples(EXAMPLES.iter().filter(|example| example.shown == Shown::First))
        .table("Modes", kinds_of_modes().iter().map(|(names, meaning)| (names.as_str(), *meaning)))
        .paragraph(text::AFTER_HELP)
        .text
}

/// The names of modes that do the same, and what they do.
fn kinds_of_modes() -> Vec<(String, &'static str)> {
    let has_shorthands = |mode: &ModeSpec| MODES.iter().any(|other| other.is_short_for(mode));
    let mut kinds: Vec<(String, &str)> = Vec::new();
    for mode in MODES {
        let meaning = if has_shorthands(mode) { text::ANY_ENDPOINT } else { mode.verb.brief() };
        match kinds.iter_mut().find(|(_, other)| *other == meaning) {
            Some((names, _)) => *names = format!("{names} {}", mode.name),
            None => kinds.push((mode.name.to_owned(), meaning)),
        }
    }
    kinds
}

/// The examples in `xport --help`.
pub(super) fn examples() -> String {
    Layout::new().examples(EXAMPLES.iter().filter(|example| example.shown != Shown::Page)).text
}

/// The examples in the help of a mode.
pub(super) fn examples_of(mode: &str, is_long: bool) -> String {
    let most = if is_long { usize::MAX } else { EXAMPLES_MAX };
    Layout::new().examples(EXAMPLES.iter().filter(|example| example.runs(mode)).take(most)).text
}

/// The text after the options in `xport --help`.
pub(super) fn after_options() -> String {
    Layout::new()
        .table("Addresses", text::ADDRESSES.iter().copied())
        .section("Values", text::VALUES)
        .table("Exit status", text::EXIT_STATUS.iter().copied())
        .table("Environment", text::ENVIRONMENT.iter().copied())
        .table("Completions", text::COMPLETIONS.iter().copied())
        .paragraph(text::AFTER_LONG_HELP)
        .text
}

/// The text after the options in `xport MODE --help`.
pub(super) fn after_options_of(mode: &ModeSpec) -> String {
    let page = match mode.verb.action {
        Action::Relay => {
            let endpoints = schemes::table();
            let rows = endpoints.iter().map(|(term, meaning)| (*term, meaning.as_str()));
            text::ENDPOINT_OPTIONS
                .iter()
                .fold(Layout::new().table("Endpoints", rows), |page, text| page.paragraph(text))
        }
        Action::Wait => Layout::new().table("Endpoints", text::WAITING.iter().copied()),
        Action::Exec => Layout::new().table("Environment of the program", text::ENVIRONMENT_OF_PROGRAM.iter().copied()),
        _ => Layout::new(),
    };
    page.section("Values", text::VALUES).paragraph(text::AFTER_LONG_HELP_OF_MODE).text
}

/// Text that is laid out for a terminal.
struct Layout {
    text: String,
    columns: usize,
}

impl Layout {
    fn new() -> Self {
        Self { text: String::with_capacity(4096), columns: columns() }
    }

    fn heading(&mut self, title: &str) {
        self.gap();
        self.styled(STYLES.get_header(), &format!("{title}:"));
        self.text.push('\n');
    }

    fn section(mut self, title: &str, text: &str) -> Self {
        self.heading(title);
        self.text.push_str("  ");
        self.words(text, 2);
        self
    }

    fn paragraph(mut self, text: &str) -> Self {
        self.gap();
        self.words(text, 0);
        self
    }

    fn examples<'a>(self, examples: impl Iterator<Item = &'a Example>) -> Self {
        self.table("Examples", examples.map(|example| (example.line, example.meaning)))
    }

    /// Two columns. A term that is wider than its column is followed by its meaning at once.
    fn table<'a>(mut self, title: &str, rows: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let rows = Vec::from_iter(rows);
        let column = self.column(&rows);
        self.heading(title);
        for (term, meaning) in rows {
            self.text.push_str("  ");
            self.styled(STYLES.get_literal(), term);
            let indent = column.map(|column| column.max(term.len() + 4));
            match indent {
                Some(indent) => self.spaces(indent - term.len() - 2),
                None => self.text.push_str("\n      "),
            }
            self.words(meaning, indent.unwrap_or(6));
        }
        self
    }

    /// The widest second column that has room for each meaning. `None` if meanings go below their terms.
    fn column(&self, rows: &[(&str, &str)]) -> Option<usize> {
        let has_room = |column: usize, (term, meaning): &(&str, &str)| {
            let start = column.max(term.len() + 4);
            start + meaning.len() <= self.columns || start <= self.columns / 2
        };
        let mut columns = Vec::from_iter(rows.iter().map(|(term, _)| term.len() + 4));
        columns.sort_unstable();
        columns.into_iter().rev().find(|column| rows.iter().all(|row| has_room(*column, row)))
    }

    /// Writes words from the column `indent` on, and continues lines there. A newline ends them.
    fn words(&mut self, text: &str, indent: usize) {
        let mut column = indent;
        for (index, word) in text.split(' ').enumerate() {
            let length = word.chars().count();
            if index > 0 && column + 1 + length > self.columns {
                self.text.push('\n');
                self.spaces(indent);
                column = indent;
            } else if index > 0 {
                self.text.push(' ');
                column += 1;
            }
            self.text.push_str(word);
            column += length;
        }
        self.text.push('\n');
    }

    /// Writes an empty line, except at the beginning.
    fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn spaces(&mut self, count: usize) {
        self.text.extend(std::iter::repeat_n(' ', count));
    }

    fn styled(&mut self, style: &Style, text: &str) {
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{style}{text}{style:#}");
    }
}
