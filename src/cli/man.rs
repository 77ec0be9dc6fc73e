//! The manual page and the completions, generated from the definition of the command line.
//!
//! The manual page is written out here, since it has each group of options once, with the modes that offer it.
//! They are committed as `man/` and `completions/`; a test keeps those equal to what is generated here. Help is
//! clap's own.

use clap::{Arg, Command, Id};
use clap_complete::Shell;

use crate::cli::{args, text};

/// The groups of options, in the order in which the manual page has them.
const HEADINGS: [&str; 7] = ["Connection", "Listening", "TLS", "Datagram", "Child", "Stream", "Output"];

/// The completions of a shell.
#[must_use]
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut page = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "xport", &mut page);
    page
}

/// The manual page, in roff: one page for all modes, each group of options once.
#[must_use]
pub fn man() -> Vec<u8> {
    let mut command = args::command();
    command.build();
    let mut page = String::with_capacity(16 * 1024);
    push_head(&mut page, &command);
    push_modes(&mut page, &command);
    push_terms(&mut page, "ADDRESSES", text::ADDRESSES);
    push_terms(&mut page, "ENDPOINTS", text::ENDPOINTS);
    page.push_str(&format!(".PP\n{}\n", roff(text::ENDPOINT_OPTIONS)));
    push_options(&mut page, &command);
    push_terms(&mut page, "STDIN OF A PROGRAM", text::STDIN_OF_PROGRAM);
    push_terms(&mut page, "HOW IT ENDS", text::ENDING);
    push_environment(&mut page, &command);
    push_terms(&mut page, "EXIT STATUS", text::EXIT_STATUS);
    push_terms(&mut page, "EXAMPLES", text::EXAMPLES);
    push_section(&mut page, "SEE ALSO");
    page.push_str("\\fBnc\\fR(1), \\fBsocat\\fR(1), \\fBtcp\\fR(7), \\fBudp\\fR(7), \\fBunix\\fR(7)\n");
    page.into_bytes()
}

/// There is no date: the page would differ from day to day.
fn push_head(page: &mut String, command: &Command) {
    let version = command.get_version().unwrap_or_default();
    page.push_str(&format!(".TH XPORT 1 \"\" \"xport {version}\" \"User Commands\"\n"));
    push_section(page, "NAME");
    page.push_str(&format!("xport \\- {}\n", roff(text::ABOUT)));
    push_section(page, "SYNOPSIS");
    page.push_str("\\fBxport\\fR \\fIMODE\\fR [\\fIOPTIONS\\fR] \\fIADDRESS\\fR\n.br\n");
    page.push_str("\\fBxport relay\\fR [\\fIOPTIONS\\fR] \\fILEFT\\fR \\fIRIGHT\\fR\n.br\n");
    page.push_str("\\fBxport exec\\fR [\\fIOPTIONS\\fR] \\-\\- \\fICMD\\fR [\\fIARG\\fR]...\n.br\n");
    page.push_str("\\fBxport\\fR \\fB\\-\\-completions\\fR \\fISHELL\\fR | \\fB\\-\\-man\\fR\n");
    push_section(page, "DESCRIPTION");
    page.push_str(&format!("{}\n", roff(text::LONG_ABOUT)));
}

fn push_modes(page: &mut String, command: &Command) {
    push_section(page, "MODES");
    for mode in command.get_subcommands() {
        let about = mode.get_about().map(ToString::to_string).unwrap_or_default();
        let names = std::iter::once(mode.get_name()).chain(mode.get_visible_aliases());
        push_term(page, &Vec::from_iter(names.map(bold)).join(", "), &about);
    }
}

/// Each group once; an option that not every mode has names those which do.
fn push_options(page: &mut String, command: &Command) {
    push_section(page, "OPTIONS");
    page.push_str(&roff(text::VALUES));
    page.push('\n');
    let modes = Vec::from_iter(command.get_subcommands());
    for heading in HEADINGS {
        page.push_str(&format!(".SS \"{heading}\"\n"));
        let mut seen = Vec::new();
        for arg in modes.iter().flat_map(|mode| mode.get_arguments()) {
            if arg.get_help_heading() != Some(heading) || seen.contains(&meaning(arg)) {
                continue;
            }
            seen.push(meaning(arg));
            let has_arg = |mode: &&&Command| mode.get_arguments().any(|other| meaning(other) == meaning(arg));
            let names = Vec::from_iter(modes.iter().filter(has_arg).map(|mode| mode.get_name()));
            push_option(page, arg, if names.len() == modes.len() { &[] } else { &names });
        }
    }
    page.push_str(".SS \"Without a mode\"\n");
    for arg in command.get_arguments().filter(|arg| arg.get_help_heading() != Some("Output")) {
        push_option(page, arg, &[]);
    }
}

/// What makes two modes' options one: `--linger` is not the same for streams and datagrams.
fn meaning(arg: &Arg) -> (&Id, Option<String>) {
    (arg.get_id(), arg.get_help().map(ToString::to_string))
}

fn push_option(page: &mut String, arg: &Arg, modes: &[&str]) {
    let short = arg.get_short().map(|short| bold(&format!("-{short}")));
    let long = arg.get_long().map(|long| bold(&format!("--{long}")));
    let mut term = Vec::from_iter(short.into_iter().chain(long)).join(", ");
    if arg.get_action().takes_values() {
        for name in arg.get_value_names().unwrap_or_default() {
            term.push_str(&format!(" \\fI{}\\fR", roff(name)));
        }
    }
    let mut help = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let values = arg.get_possible_values();
    if arg.get_action().takes_values() && !values.is_empty() {
        let names = Vec::from_iter(values.iter().map(|value| value.get_name()));
        help.push_str(&format!(" [possible values: {}]", names.join(", ")));
    }
    if let (true, [default]) = (arg.get_action().takes_values(), arg.get_default_values()) {
        help.push_str(&format!(" [default: {}]", default.to_string_lossy()));
    }
    if !modes.is_empty() {
        help.push_str(&format!(" ({})", modes.join(", ")));
    }
    push_term(page, &term, &help);
}

fn push_environment(page: &mut String, command: &Command) {
    push_section(page, "ENVIRONMENT");
    let mut names = Vec::new();
    for arg in command.get_subcommands().flat_map(|mode| mode.get_arguments()) {
        let Some((name, long)) = arg.get_env().and_then(|name| name.to_str()).zip(arg.get_long()) else { continue };
        if !names.contains(&name) {
            names.push(name);
            push_term(page, &bold(name), &format!("The default of --{long}. Empty is as good as unset."));
        }
    }
    for (name, meaning) in text::ENVIRONMENT {
        push_term(page, &bold(name), meaning);
    }
}

fn push_terms(page: &mut String, title: &str, rows: &[(&str, &str)]) {
    push_section(page, title);
    for (term, meaning) in rows {
        push_term(page, &bold(term), meaning);
    }
}

fn push_section(page: &mut String, title: &str) {
    page.push_str(&format!(".SH \"{title}\"\n"));
}

/// The term is roff already, the meaning is text.
fn push_term(page: &mut String, term: &str, meaning: &str) {
    page.push_str(&format!(".TP\n{term}\n{}\n", roff(meaning)));
}

fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", roff(text))
}

/// Escapes what roff would take as its own.
fn roff(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    if escaped.starts_with('.') { format!("\\&{escaped}") } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_of_every_mode_is_in_the_manual_page() {
        let page = String::from_utf8(man()).expect("roff is text");
        let mut command = args::command();
        command.build();
        for arg in command.get_subcommands().flat_map(|mode| mode.get_arguments()) {
            let Some(long) = arg.get_long() else { continue };
            assert!(page.contains(&bold(&format!("--{long}"))), "{long}");
        }
    }

    #[test]
    fn text_cannot_become_a_request() {
        assert_eq!(roff(".SH 'a-b\\"), "\\&.SH \\(aqa\\-b\\e");
    }
}
