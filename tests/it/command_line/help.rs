//! Tests the help of the program and of each mode: what fits a screen, what is where, widths and colours.
//!
//! The modes are read from the help itself, so a new mode is tested without a line here.

use crate::harness::*;

/// A screen, with a line for the prompt.
const SCREEN_LINES: usize = 23;
const SCREEN_COLUMNS: usize = 80;

/// The lines of the help of a mode. Most terminals have more lines than a screen of old.
const MODE_LINES: usize = 31;

/// The longest lines of help on a wide terminal.
const COLUMNS_MAX: usize = 100;

fn help_with(args: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(program());
    command.args(args).env_clear().envs(variables.iter().copied()).stdin(Stdio::null());
    let output = command.output().expect("the program starts");
    assert!(output.status.success() && output.stderr.is_empty(), "{args:?}: {}", text(&output));
    String::from_utf8(output.stdout).expect("text")
}

fn help(args: &[&str]) -> String {
    help_with(args, &[])
}

/// The lines below a heading.
#[track_caller]
fn section<'a>(help: &'a str, heading: &str) -> Vec<&'a str> {
    let start = help.lines().skip_while(|line| *line != heading);
    let lines = Vec::from_iter(start.skip(1).take_while(|line| line.is_empty() || line.starts_with(' ')));
    assert!(!lines.is_empty(), "no {heading} in {help}");
    lines.into_iter().filter(|line| !line.trim().is_empty()).collect()
}

fn modes() -> Vec<String> {
    let help = help(&["--help"]);
    let lines = section(&help, "Modes:").into_iter().filter(|line| !line.starts_with("   "));
    let modes = Vec::from_iter(lines.map(|line| line.split_whitespace().next().expect("a mode").to_owned()));
    assert!(modes.len() >= 17, "{modes:?}");
    modes
}

/// The options of a page, by the first word that begins with a hyphen in their lines.
fn flags(help: &str) -> Vec<&str> {
    let is_option = |line: &&str| line.trim_start().starts_with('-') && line.starts_with("  ");
    let lines = help.lines().filter(is_option).filter(|line| line.find('-').is_some_and(|at| at <= 6));
    lines
        .map(|line| line.split_whitespace().find(|word| word.starts_with("--")).unwrap_or_else(|| line.trim()))
        .collect()
}

fn width(help: &str) -> usize {
    help.lines().map(|line| line.trim_end().chars().count()).max().unwrap_or(0)
}

#[test]
fn the_first_screen_fits_and_answers_what_people_ask() {
    let help = help(&["-h"]);
    assert!(help.lines().count() <= SCREEN_LINES && width(&help) <= SCREEN_COLUMNS, "{help}");
    for part in ["receive a file", "send a file", "TLS", "forward a port", "a web server", "Usage: xport MODE "] {
        assert!(help.contains(part), "{part}: {help}");
    }
    let shown = section(&help, "Modes:").join(" ");
    for mode in modes() {
        assert!(shown.split(' ').any(|word| word == mode), "{mode}: {help}");
    }
}

#[test]
fn the_help_of_every_mode_fits_a_screen() {
    for mode in modes() {
        let help = help(&[&mode, "-h"]);
        assert!(help.lines().count() <= MODE_LINES && width(&help) <= SCREEN_COLUMNS, "{mode}: {help}");
        assert!(help.contains(&format!("Usage: xport {mode} [OPTIONS] ")), "{mode}: {help}");
        let examples = section(&help, "Examples:").into_iter().filter(|line| line.contains(&format!("xport {mode} ")));
        assert_eq!(examples.count(), 3, "{mode}: {help}");
        let options = section(&help, "Options:").into_iter().filter(|line| line.trim_start().starts_with('-'));
        assert!((4..=13).contains(&options.count()), "{mode}: {help}");
        assert!(help.contains("--verbose"), "{mode}: {help}");
        assert!(help.ends_with(&format!("'xport {mode} --help' has all options.\n")), "{mode}: {help}");
    }
}

/// The short pages have what people look for there.
#[test]
fn short_pages_answer_what_people_ask() {
    for (mode, parts) in [
        (
            "wait",
            &["--status <LIST>", "--connect-timeout <DUR>", "--ca <FILE>", " https://", " tls:example.org:443"][..],
        ),
        (
            "tls-client",
            &["--crlf", "--send-only", "--timeout <DUR>", "--tls-min <", "--tls-max <", "--ca <", "--pin <"],
        ),
        ("tcp-server", &["-k, --keep-open", "one at a time"]),
        ("exec", &["xport exec --listen :2003 --shell 'cat > /dev/null'"]),
        ("udp-server", &["add missing newlines"]),
    ] {
        let help = help(&[mode, "-h"]);
        for part in parts {
            assert!(help.contains(part), "{mode}: {part}: {help}");
        }
    }
}

#[test]
fn the_long_help_has_examples_first_and_expert_options_last() {
    let top = help(&["--help"]);
    let headings = |help: &str| {
        let is_heading = |line: &&str| line.ends_with(':') && !line.starts_with(' ') && line.split(' ').count() < 3;
        Vec::from_iter(help.lines().filter(is_heading).map(str::to_owned))
    };
    let expected = [
        "Examples:",
        "Modes:",
        "Options:",
        "Output:",
        "Addresses:",
        "Values:",
        "Exit status:",
        "Environment:",
        "Completions:",
    ];
    assert_eq!(headings(&top), expected);
    for part in ["\n  124  ", "[fe80::1%eth0]:PORT", "250ms", "XPORT_LOG", "--completions bash >"] {
        assert!(top.contains(part), "{part}");
    }
    for mode in modes() {
        let help = help(&[&mode, "--help"]);
        let headings = headings(&help);
        assert_eq!(headings[..2], ["Examples:", "Arguments:"], "{mode}");
        // A mode without such options ends with those of output.
        let expert = headings.iter().any(|heading| heading == "Expert options:");
        let last = if expert { "Expert options:" } else { "Output:" };
        let at = headings.iter().position(|heading| heading == last).expect("every mode has this section");
        let after = &headings[at + 1..];
        let rest: &[&str] =
            if ["relay", "wait"].contains(&mode.as_str()) { &["Endpoints:", "Values:"] } else { &["Values:"] };
        assert_eq!(after, rest, "{mode}: {headings:?}");
        let expert = if expert { section(&help, "Expert options:").join("\n") } else { String::new() };
        for flag in ["--high-water", "--low-water", "--backlog", "--keepalive"] {
            assert_eq!(help.matches(&format!(" {flag} <")).count(), expert.matches(&format!(" {flag} <")).count());
        }
        // The short help has only options of the long one, each once.
        let short = self::help(&[&mode, "-h"]);
        for flag in flags(&short) {
            assert_eq!(flags(&help).iter().filter(|other| **other == flag).count(), 1, "{mode}: {flag}");
        }
    }
}

#[test]
fn help_is_as_wide_as_the_terminal_up_to_a_limit() {
    for (columns, widest) in [("500", COLUMNS_MAX), ("90", 90), ("", SCREEN_COLUMNS), ("0", 80), ("x", 80), ("-1", 80)]
    {
        for args in [&["--help"][..], &["tls-client", "--help"], &["relay", "--help"], &["connect", "-h"]] {
            let help = help_with(args, &[("COLUMNS", columns)]);
            // The texts of short help do not fill every terminal.
            let is_filled = args.contains(&"-h") || width(&help) + 12 > widest;
            assert!(width(&help) <= widest && is_filled, "{columns} {args:?}: {}", width(&help));
        }
    }
    // A narrow terminal wraps text between words. Nothing is lost.
    let words = |columns| {
        Vec::from_iter(help_with(&["relay", "--help"], &[("COLUMNS", columns)]).split_whitespace().map(str::to_owned))
    };
    for columns in ["1", "40", "60"] {
        assert_eq!(words(columns), words("100"), "{columns}");
    }
    // Without the variable, the terminal decides.
    let terminal = Terminal::new();
    terminal.resize(40, 60);
    let mut command = Command::new(program());
    command.args(["tcp-client", "--help"]).env_remove("COLUMNS").env("NO_COLOR", "1").stdin(Stdio::null());
    let output = command.stderr(terminal.slave.try_clone().expect("a copy")).output().expect("a run");
    let help = String::from_utf8(output.stdout).expect("text");
    assert!(width(&help) <= 60 && width(&help) > 50, "{}", width(&help));
}

#[test]
fn help_is_coloured_as_messages_are() {
    let colored = |args: &[&str], variables: &[(&str, &str)]| {
        let help = help_with(args, variables);
        assert_eq!(help.contains("\x1b[1m\x1b[4mExamples:"), help.contains('\x1b'), "{help}");
        help.contains('\x1b')
    };
    for page in [&["--help"][..], &["-h"], &["tcp-echo", "--help"], &["tcp-echo", "-h"]] {
        assert!(!colored(page, &[]), "{page:?} in a pipe");
        for (options, variables, expected) in [
            (&["--color", "always"][..], &[("NO_COLOR", "1")][..], true),
            (&["--color=always"], &[], true),
            (&[], &[("CLICOLOR_FORCE", "1")], true),
            (&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
            (&[], &[("XPORT_COLOR", "always")], true),
            (&["--color", "never"], &[("XPORT_COLOR", "always")], false),
        ] {
            let args =
                Vec::from_iter(page[..page.len() - 1].iter().chain(options).chain(&page[page.len() - 1..]).copied());
            assert_eq!(colored(&args, variables), expected, "{args:?} {variables:?}");
        }
    }
    for (term, expected) in [("xterm", true), ("dumb", false)] {
        let terminal = Terminal::new();
        let mut command = Command::new(program());
        command.arg("-h").env_clear().env("TERM", term).stdin(Stdio::null());
        command.stdout(terminal.slave.try_clone().expect("a copy"));
        let mut run = command.spawn().expect("a run");
        assert!(run.wait().expect("an end").success());
        let shown = String::from_utf8(take(&mut terminal.master.try_clone().expect("a copy"), 60)).expect("text");
        assert_eq!(shown.contains("\x1b["), expected, "{term}: {shown:?}");
    }
}

/// The variables that a program on a connection gets are in the help of `exec`, in the manual page, and in the program.
#[test]
fn the_environment_of_a_program_is_told() {
    let output = outcome(["exec", "--listen", "127.0.0.1:0", "--help"]);
    let help = String::from_utf8(output.stdout).expect("text");
    let page = fs::read_to_string("man/xport.1").expect("the page");
    assert!(help.contains("Environment of the program:"), "{help}");
    let source = fs::read_to_string("src/modes/children.rs").expect("the source");
    let names = source.split('"').filter(|text| text.starts_with("XPORT_"));
    let names = std::collections::BTreeSet::from_iter(names);
    assert!(names.len() > 4, "{names:?}");
    for name in names {
        assert!(help.contains(name) && page.contains(name), "{name}");
    }
}
