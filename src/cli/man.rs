//! Writes the manual pages from the tables of the command line.
//!
//! `xport(1)` has every option once, with the modes that have it. `xport-endpoints(7)` has the endpoints, and the modes
//! that join them. The pages are committed as `man/`, and a test keeps the files up to date.

use crate::cli::examples::{Example, Shown};
use crate::cli::modes::{MODES, ModeSpec};
use crate::cli::options::{GROUPS, Heading, OptSpec, Repeat, rows};
use crate::cli::roff::{Roff, bold, roff};
use crate::cli::schemes;
use crate::cli::text;

pub use crate::cli::text::Manual;

/// A manual page in roff.
#[must_use]
pub fn man(page: Manual) -> Vec<u8> {
    match page {
        Manual::Program => program(),
        Manual::Endpoints => endpoints(),
    }
    .text
    .into_bytes()
}

fn program() -> Roff {
    let mut page = Roff::new("xport", 1, text::ABOUT, text::SYNOPSIS, text::DESCRIPTION);
    page.examples(&|example| example.shown != Shown::Page);
    page.terms("EXIT STATUS", text::EXIT_STATUS);
    push_modes(&mut page);
    push_options(&mut page);
    page.terms("ADDRESSES", text::ADDRESSES);
    page.terms("WAITING", text::WAITING);
    page.terms("ENVIRONMENT", text::ENVIRONMENT);
    page.terms("ENVIRONMENT OF THE PROGRAM", text::ENVIRONMENT_OF_PROGRAM);
    page.terms("STDIN OF A PROGRAM", text::STDIN_OF_PROGRAM);
    page.terms("HOW A RUN ENDS", text::ENDING);
    page.terms("COMPLETIONS", text::COMPLETIONS);
    page.title = "MORE EXAMPLES";
    page.examples(&|example| example.shown == Shown::Page && !is_of_endpoints(example));
    page.section("SEE ALSO");
    page.see(&[("xport-endpoints", 7), ("nc", 1), ("socat", 1), ("tcp", 7), ("udp", 7), ("unix", 7)]);
    page
}

fn endpoints() -> Roff {
    let (about, synopsis) = (text::ABOUT_ENDPOINTS, text::SYNOPSIS_OF_ENDPOINTS);
    let mut page = Roff::new("xport-endpoints", 7, about, synopsis, text::DESCRIPTION_OF_ENDPOINTS);
    page.examples(&|example| example.shown == Shown::Page && is_of_endpoints(example));
    let table = schemes::table();
    page.terms("KINDS", &Vec::from_iter(table.iter().map(|(term, meaning)| (*term, meaning.as_str()))));
    page.section("OPTIONS");
    page.paragraphs(text::ENDPOINT_OPTIONS);
    page.terms("HOW A PAIR ENDS", text::ENDING_OF_PAIRS);
    page.section("SEE ALSO");
    page.see(&[("xport", 1)]);
    page
}

/// Whether an example belongs to the page of endpoints.
fn is_of_endpoints(example: &Example) -> bool {
    MODES.iter().any(|mode| mode.takes_endpoints() && example.runs(mode.name))
}

fn push_modes(page: &mut Roff) {
    page.section("MODES");
    for mode in MODES {
        page.term(&Vec::from_iter(mode.shown_names().map(bold)).join(", "), &format!("{}.", mode.about));
    }
}

/// Writes the sections of options. The section for experts is the last one but that of options without a mode.
fn push_options(page: &mut Roff) {
    page.section("OPTIONS");
    page.paragraphs(&[text::VALUES, text::HOW_TO_READ_OPTIONS]);
    let mut headings = Vec::from_iter(GROUPS.iter().map(|(heading, _)| *heading));
    headings.insert(headings.len() - 1, Heading::Expert);
    // Options of the same name are one option for a reader.
    let mut names: Vec<&str> = Vec::new();
    for heading in headings {
        page.subsection(heading.title().unwrap_or("Without a mode"));
        for row in rows().filter(|row| row.heading() == heading) {
            if !names.contains(&row.name) {
                names.push(row.name);
                push_option(page, row);
            }
        }
    }
}

/// Writes an option. Two rows with one name are one option, whose value differs.
fn push_option(page: &mut Roff, row: &OptSpec) {
    let alike = Vec::from_iter(rows().filter(|other| other.name == row.name));
    let meanings = meanings(&alike);
    page.line(".TP");
    page.line(&term(row, &alike));
    let modes = |names: &[&str]| format!("\\fI{}\\fR", roff(&in_short(names)));
    let mut said: Vec<String> = Vec::new();
    for (index, Meaning { help, more, default, names }) in meanings.iter().enumerate() {
        if index > 0 {
            page.line(".IP");
        }
        if meanings.len() > 1 {
            page.line(&format!("{}:", modes(names)));
        }
        // The second meaning does not repeat what the first one says.
        for sentence in sentences(help).into_iter().chain(sentences(more)) {
            if !said.contains(&sentence) {
                page.text_line(&sentence);
                said.push(sentence);
            }
        }
        if let Some(default) = default {
            page.text_line(&format!("[{default}]"));
        }
    }
    let has_defaults = meanings.iter().any(|meaning| meaning.default.is_some());
    for fact in facts(row).iter().filter(|fact| !has_defaults || !fact.starts_with("default: ")) {
        page.text_line(&format!("[{fact}]"));
    }
    if let [Meaning { names, .. }] = &meanings[..]
        && !names.is_empty()
    {
        page.line(".br");
        page.line(&modes(names));
    }
}

/// An option as it is typed: its letter, its long name, and its value.
fn term(row: &OptSpec, alike: &[&OptSpec]) -> String {
    let short = row.short.map(|short| bold(&format!("-{short}")));
    let long = row.has_long().then(|| bold(&row.flag()));
    let term = Vec::from_iter(short.into_iter().chain(long)).join(", ");
    let mut values = Vec::from_iter(alike.iter().filter_map(|row| row.value_name()));
    values.dedup();
    let value = format!("\\fI{}\\fR", roff(&values.join("|")));
    match (values.is_empty(), row.bare) {
        (true, _) => term,
        (false, None) => format!("{term} {value}"),
        (false, Some(_)) => format!("{term} [{value}]"),
    }
}

/// What an option means in some modes.
struct Meaning {
    help: &'static str,
    more: &'static str,
    /// The default, if it is not that of the row in all modes.
    default: Option<String>,
    names: Vec<&'static str>,
}

/// The meanings of an option, which can differ from mode to mode.
fn meanings(alike: &[&OptSpec]) -> Vec<Meaning> {
    let have_defaults = alike.iter().any(|row| row.default != alike[0].default);
    let mut meanings = Vec::new();
    for row in alike {
        let others = row.instead.iter().map(|(_, help, more)| (*help, *more));
        for text in std::iter::once((row.help, row.more)).chain(others) {
            let has_meaning = |mode: &&ModeSpec| mode.has(row.id) && mode.help_of(row) == text;
            let names = Vec::from_iter(MODES.iter().filter(has_meaning).map(|mode| mode.name));
            if names.is_empty() && (row.heading() != Heading::None || !meanings.is_empty()) {
                continue;
            }
            // The line of an option can end with a default.
            let (help, default) = match text.0.split_once(" [") {
                Some((help, default)) => (help, Some(default.trim_end_matches(']').to_owned())),
                None => {
                    let default = row.default.filter(|_| have_defaults);
                    (text.0, default.map(|default| format!("default: {default}")))
                }
            };
            meanings.push(Meaning { help, more: text.1, default, names });
        }
    }
    meanings
}

/// The facts about an option that hold in every mode.
fn facts(row: &OptSpec) -> Vec<String> {
    let mut facts = Vec::new();
    if !row.words().is_empty() {
        facts.push(format!("values: {}", row.words().join(", ")));
    }
    if row.takes_value() && row.repeat != Repeat::No {
        facts.push("may be repeated".to_owned());
    }
    facts.extend(row.default.map(|default| format!("default: {default}")));
    facts.extend(row.variable.map(|name| format!("env: {name}")));
    facts
}

/// Splits a text into sentences. The first line of an option has no full stop.
fn sentences(text: &str) -> Vec<String> {
    let parts = text.split(". ").map(|part| part.trim_end_matches('.')).filter(|part| !part.is_empty());
    parts.map(|part| format!("{part}.")).collect()
}

/// A list of modes, which is short where it names most of them: `every mode`, `all but exec`, `tcp-*`, `*-client`.
fn in_short(modes: &[&str]) -> String {
    let others = Vec::from_iter(MODES.iter().map(|mode| mode.name).filter(|name| !modes.contains(name)));
    match &others[..] {
        [] => return "every mode".to_owned(),
        [one] => return format!("all but {one}"),
        [one, two] => return format!("all but {one} and {two}"),
        _ => (),
    }
    let named = || MODES.iter().filter(|mode| mode.scheme.is_some()).map(|mode| mode.name);
    let mut left = modes.to_vec();
    let mut parts = Vec::new();
    // A pattern stands for all modes of a role or of a family, if there is more than one.
    let halves = named().filter_map(|name| name.split_once('-'));
    let patterns = Vec::from_iter(halves.flat_map(|(family, role)| [format!("*-{role}"), format!("{family}-*")]));
    let stands_for = |pattern: &str, name: &str| match pattern.strip_prefix('*') {
        Some(role) => name.ends_with(role),
        None => name.starts_with(pattern.trim_end_matches('*')),
    };
    let whole =
        patterns.iter().filter(|pattern| named().all(|name| modes.contains(&name) || !stands_for(pattern, name)));
    let whole = Vec::from_iter(whole);
    let gain = |pattern: &str, left: &[&str]| left.iter().filter(|name| stands_for(pattern, name)).count();
    // `max_by_key` gives the last one of several.
    while let Some(pattern) = whole.iter().rev().max_by_key(|pattern| gain(pattern, &left))
        && gain(pattern, &left) > 1
    {
        parts.push((*pattern).clone());
        left.retain(|name| !stands_for(pattern, name));
    }
    parts.extend(left.into_iter().map(str::to_owned));
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::examples::EXAMPLES;

    #[test]
    fn every_option_is_in_the_manual_page_once() {
        let page = program().text;
        let mut terms = Vec::from_iter(page.lines().collect::<Vec<_>>().windows(2).filter_map(|lines| match lines {
            [".TP", term] if term.starts_with("\\fB\\-") => Some((*term).to_owned()),
            _ => None,
        }));
        for row in rows() {
            let flag = bold(&row.flag());
            let found = terms.iter().filter(|term| term.split(' ').any(|word| word.trim_end_matches(',') == flag));
            assert_eq!(found.count(), 1, "{}", row.name);
        }
        terms.sort_unstable();
        terms.dedup();
        let names = std::collections::BTreeSet::from_iter(rows().map(|row| row.name));
        assert_eq!(terms.len(), names.len(), "{terms:?}");
    }

    #[test]
    fn every_endpoint_and_every_example_is_in_one_of_the_pages_once() {
        let kinds = endpoints().text;
        let pages = program().text + &kinds;
        for scheme in schemes::SCHEMES {
            assert_eq!(kinds.matches(&format!("\n{}\n", bold(scheme.term))).count(), 1, "{}", scheme.name);
        }
        for example in EXAMPLES {
            assert_eq!(pages.matches(&format!("\n{}\n", bold(example.line))).count(), 1, "{}", example.line);
        }
    }

    #[test]
    fn a_list_of_modes_is_short() {
        let names = Vec::from_iter(MODES.iter().map(|mode| mode.name));
        assert_eq!(in_short(&names), "every mode");
        assert_eq!(in_short(&names[1..]), format!("all but {}", names[0]));
        assert_eq!(in_short(&["tcp-echo", "tcp-server", "tcp-client", "exec"]), "tcp-*, exec");
        assert_eq!(in_short(&["tcp-client", "tls-client", "unix-client", "udp-client"]), "*-client");
        assert_eq!(in_short(&["tls-client", "exec"]), "tls-client, exec");
    }
}
