//! Writes the manual page from the tables of the command line.
//!
//! The page has each section of options once, and names the modes that offer an option. The page is committed as
//! `man/`, and a test keeps the file up to date.

use crate::cli::modes::{MODES, ModeSpec};
use crate::cli::options::{Heading, OptSpec, Value, rows, rows_of};
use crate::cli::schemes;
use crate::cli::text;

/// The sections of options, in the order of the manual page.
const HEADINGS: [Heading; 10] = [
    Heading::Connection,
    Heading::Listening,
    Heading::Scan,
    Heading::Tls,
    Heading::Datagram,
    Heading::Child,
    Heading::Stream,
    Heading::Wait,
    Heading::Output,
    Heading::None,
];

/// The manual page in roff: one page for all modes.
#[must_use]
pub fn man() -> Vec<u8> {
    let mut page = String::with_capacity(64 * 1024);
    push_head(&mut page);
    push_modes(&mut page);
    push_terms(&mut page, "ADDRESSES", text::ADDRESSES.iter().copied());
    let endpoints = schemes::table();
    push_terms(&mut page, "ENDPOINTS", endpoints.iter().map(|(term, meaning)| (*term, meaning.as_str())));
    page.push_str(&format!(".PP\n{}\n", roff(text::ENDPOINT_OPTIONS)));
    push_terms(&mut page, "WAITING", text::WAITING.iter().copied());
    push_options(&mut page);
    push_terms(&mut page, "STDIN OF A PROGRAM", text::STDIN_OF_PROGRAM.iter().copied());
    push_terms(&mut page, "HOW IT ENDS", text::ENDING.iter().copied());
    push_environment(&mut page);
    push_terms(&mut page, "EXIT STATUS", text::EXIT_STATUS.iter().copied());
    push_terms(&mut page, "EXAMPLES", text::EXAMPLES.iter().copied());
    push_section(&mut page, "SEE ALSO");
    page.push_str("\\fBnc\\fR(1), \\fBsocat\\fR(1), \\fBtcp\\fR(7), \\fBudp\\fR(7), \\fBunix\\fR(7)\n");
    page.into_bytes()
}

/// Writes the head. It has no date, because the page must not differ from day to day.
fn push_head(page: &mut String) {
    let version = env!("CARGO_PKG_VERSION");
    page.push_str(&format!(".TH XPORT 1 \"\" \"xport {version}\" \"User Commands\"\n"));
    push_section(page, "NAME");
    page.push_str(&format!("xport \\- {}\n", roff(text::ABOUT)));
    push_section(page, "SYNOPSIS");
    page.push_str("\\fBxport\\fR \\fIMODE\\fR [\\fIOPTIONS\\fR] \\fIADDRESS\\fR\n.br\n");
    page.push_str("\\fBxport relay\\fR [\\fIOPTIONS\\fR] \\fILEFT\\fR \\fIRIGHT\\fR\n.br\n");
    page.push_str("\\fBxport exec\\fR [\\fIOPTIONS\\fR] \\-\\- \\fICMD\\fR [\\fIARG\\fR]...\n.br\n");
    page.push_str(
        "\\fBxport wait\\fR [\\fIOPTIONS\\fR] \\fIENDPOINT\\fR... [\\-\\- \\fICMD\\fR [\\fIARG\\fR]...]\n.br\n",
    );
    page.push_str("\\fBxport echo\\fR|\\fBlisten\\fR|\\fBconnect\\fR [\\fIOPTIONS\\fR] \\fIENDPOINT\\fR...\n.br\n");
    page.push_str("\\fBxport scan\\fR [\\fIOPTIONS\\fR] \\fIHOST\\fR \\fIPORTS\\fR...\n.br\n");
    page.push_str("\\fBxport\\fR \\fB\\-\\-completions\\fR \\fISHELL\\fR | \\fB\\-\\-man\\fR\n");
    push_section(page, "DESCRIPTION");
    page.push_str(&format!("{}\n", roff(text::LONG_ABOUT)));
}

fn push_modes(page: &mut String) {
    push_section(page, "MODES");
    for mode in MODES {
        let alias = mode.alias.filter(|(_, is_shown)| *is_shown).map(|(alias, _)| alias);
        let names = std::iter::once(mode.name).chain(alias);
        push_term(page, &Vec::from_iter(names.map(bold)).join(", "), mode.about);
    }
}

/// Writes the sections of options. An option names its modes, unless every mode has it.
fn push_options(page: &mut String) {
    push_section(page, "OPTIONS");
    page.push_str(&roff(text::VALUES));
    page.push('\n');
    for heading in HEADINGS {
        page.push_str(&format!(".SS \"{}\"\n", heading.title().unwrap_or("Without a mode")));
        for row in rows_of(heading) {
            // An option with another meaning in some modes is listed once for each meaning.
            let mut meanings = vec![(row.help, row.more)];
            meanings.extend(row.instead.iter().flatten());
            for meaning in meanings {
                let has_meaning = |mode: &&ModeSpec| mode.has(row.id) && mode.help_of(row) == meaning;
                let names = Vec::from_iter(MODES.iter().filter(has_meaning).map(|mode| mode.name));
                if !names.is_empty() || heading == Heading::None {
                    push_option(page, row, meaning, if names.len() == MODES.len() { &[] } else { &names });
                }
            }
        }
    }
}

fn push_option(page: &mut String, row: &OptSpec, (help, more): (&str, &str), modes: &[&str]) {
    let short = row.short.map(|short| bold(&format!("-{short}")));
    let long = row.has_long().then(|| bold(&row.flag()));
    let mut term = Vec::from_iter(short.into_iter().chain(long)).join(", ");
    if let Some(name) = row.value_name() {
        term.push_str(&format!(" \\fI{}\\fR", roff(name)));
    }
    let mut help = if more.is_empty() { help.to_owned() } else { format!("{help}. {more}") };
    if let Value::Word(_, words, _) = row.value {
        let names = Vec::from_iter(words.iter().map(|(name, _)| *name));
        help.push_str(&format!(" [possible values: {}]", names.join(", ")));
    }
    if let Some(default) = row.default {
        help.push_str(&format!(" [default: {default}]"));
    }
    if !modes.is_empty() {
        help.push_str(&format!(" ({})", modes.join(", ")));
    }
    push_term(page, &term, &help);
}

fn push_environment(page: &mut String) {
    push_section(page, "ENVIRONMENT");
    let mut named = Vec::new();
    for row in rows() {
        // Some modes have an option with the same name and another default.
        let Some(name) = row.variable.filter(|name| !named.contains(name)) else { continue };
        named.push(name);
        let meaning = match row.value {
            Value::Flag(_) => {
                format!("1 switches {} on, 0 switches it off. An empty value counts as unset.", row.flag())
            }
            _ => format!("The default of {}. An empty value counts as unset.", row.flag()),
        };
        push_term(page, &bold(name), &meaning);
    }
    for (name, meaning) in text::ENVIRONMENT {
        push_term(page, &bold(name), meaning);
    }
}

fn push_terms<'a>(page: &mut String, title: &str, rows: impl Iterator<Item = (&'a str, &'a str)>) {
    push_section(page, title);
    for (term, meaning) in rows {
        push_term(page, &bold(term), meaning);
    }
}

fn push_section(page: &mut String, title: &str) {
    page.push_str(&format!(".SH \"{title}\"\n"));
}

/// Writes a term, which is roff already, and its meaning, which is text.
fn push_term(page: &mut String, term: &str, meaning: &str) {
    page.push_str(&format!(".TP\n{term}\n{}\n", roff(meaning)));
}

fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", roff(text))
}

/// Escapes the characters that are special in roff.
fn roff(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    if escaped.starts_with('.') { format!("\\&{escaped}") } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_and_every_endpoint_is_in_the_manual_page() {
        let page = String::from_utf8(man()).expect("roff is text");
        for row in rows() {
            assert!(page.contains(&bold(&row.flag())), "{}", row.name);
        }
        for scheme in schemes::SCHEMES {
            assert!(page.contains(&bold(scheme.term)), "{}", scheme.name);
        }
    }

    #[test]
    fn text_cannot_become_a_request() {
        assert_eq!(roff(".SH 'a-b\\"), "\\&.SH \\(aqa\\-b\\e");
    }
}
