//! The tables of the completions in the language of fish.

use crate::cli::command::rows_of_top;
use crate::cli::completions::tables::{
    Branches, Fill, addresses, endpoint_options, endpoints, fill_in, join, mode_names, operands, programs, running,
    scheme_names, trailing, valued, values, with_aliases,
};
use crate::cli::modes::{MODES, ModeSpec};
use crate::cli::options::{OptSpec, rows};

pub(super) fn script() -> String {
    let candidates = |words: &Vec<String>| format!("set candidates {}", words.join(" "));
    fill_in(
        include_str!("xport.fish"),
        &[
            ("VALUED", valued().join(" ")),
            ("PROGRAMS", with_aliases(programs()).join(" ")),
            ("TRAILING", with_aliases(trailing()).join(" ")),
            ("SCHEMES", scheme_names().join("|")),
            ("RUNNING", running().join("|")),
            ("ENDPOINT_OPTIONS", cases(endpoint_options(), candidates)),
            ("ADDRESSES", cases(addresses(), |fill| action(fill, "$scheme:", "$rest"))),
            ("ENDPOINTS", cases(endpoints(), candidates)),
            ("VALUES", cases(values(), |fill| action(fill, "$before", "$part"))),
            ("MODE_NAMES", mode_names().join(" ")),
            ("MODES", modes()),
            ("OPTIONS", options()),
            ("OPERANDS", operand_lines()),
        ],
    )
}

fn modes() -> String {
    let lines = MODES.iter().flat_map(|mode| {
        mode.shown_names()
            .map(|name| format!("complete -c xport -n __xport_has_no_mode -a {name} -d {}", quote(mode.about)))
    });
    Vec::from_iter(lines).join("\n")
}

/// A line for each option and each of its meanings, with the modes that have it.
fn options() -> String {
    let mut lines = Vec::new();
    for row in rows() {
        let meanings = MODES.iter().filter(|mode| mode.has(row.id)).flat_map(|mode| {
            let meaning = (mode.help_of(row).0, Fill::of_value_in(mode, row));
            mode.names().map(move |name| (name.to_owned(), meaning.clone()))
        });
        for (modes, (help, fill)) in join(meanings) {
            lines.push(option(row, &format!("'__xport_in {}'", modes.join(" ")), help, &fill));
        }
    }
    for row in rows_of_top() {
        lines.push(option(row, "__xport_has_no_mode", row.help, &Fill::of_value(row)));
    }
    lines.push("complete -c xport -n 'not __xport_program >/dev/null' -s h -l help -d 'Print help'".to_owned());
    lines.join("\n")
}

fn option(row: &OptSpec, condition: &str, help: &str, fill: &Fill) -> String {
    let short = row.short.map(|short| format!(" -s {short}")).unwrap_or_default();
    let long = if row.has_long() { format!(" -l {}", row.name) } else { String::new() };
    // A value can be missing where an option has one without it, and fish would not offer what follows.
    let value = match fill {
        _ if !row.takes_value() => String::new(),
        Fill::Nothing => " -x".to_owned(),
        Fill::Files => " -r -F".to_owned(),
        Fill::Words(words) => format!(" -x -a {}", quote(&words.join(" "))),
        fill => format!(" -x -a {}", quote(&format!("({})", action(fill, "''", "(commandline -ct)")))),
    };
    format!("complete -c xport -n {condition}{short}{long}{value} -d {}", quote(help))
}

fn operand_lines() -> String {
    let of_modes = operands().into_iter().map(|(keys, fill)| {
        let mut modes = Vec::new();
        for key in keys {
            let name = key.split(',').next().unwrap_or_default();
            for name in MODES.iter().filter(|mode| mode.name == name).flat_map(ModeSpec::names) {
                if !modes.contains(&name) {
                    modes.push(name);
                }
            }
        }
        let offered = match &fill {
            Fill::Files => "-F".to_owned(),
            fill => format!("-a {}", quote(&format!("({})", action(fill, "''", "(commandline -ct)")))),
        };
        format!("complete -c xport -n '__xport_in {}' {offered}", modes.join(" "))
    });
    Vec::from_iter(of_modes).join("\n")
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// The branches of a `switch`.
fn cases<T>(table: Branches<T>, action: impl Fn(&T) -> String) -> String {
    let branch = |(keys, value): &(Vec<String>, T)| {
        format!("            case {}\n                {}", keys.join(" "), action(value))
    };
    Vec::from_iter(table.iter().map(branch)).join("\n")
}

/// The command that prints words. `before` is the text before each word, and `part` is what was typed of it.
fn action(fill: &Fill, before: &str, part: &str) -> String {
    match fill {
        Fill::Nothing => "true".to_owned(),
        Fill::Words(words) => {
            // Without braces, letters of the word would be taken for letters of the variable.
            let before = if before.starts_with('$') { format!("{{{before}}}") } else { before.to_owned() };
            let words = words.iter().map(|word| format!("{before}{word}"));
            format!("printf '%s\\n' {}", Vec::from_iter(words).join(" "))
        }
        Fill::Files => format!("__xport_files {before} {part}"),
        Fill::Programs => format!("__xport_programs {before} {part}"),
        Fill::Host("") => format!("__xport_hosts {before} ''"),
        Fill::Host(behind) => format!("__xport_hosts {before} {behind}"),
        Fill::OwnAddress => format!("__xport_own {before}"),
        Fill::Endpoint(place) => format!("__xport_endpoint {place}"),
        Fill::Variables => format!("printf '%s\\n' {before}(set -nx)"),
        Fill::Interfaces => format!("printf '%s\\n' {before}(string replace -r '.*/' '' -- /sys/class/net/*)"),
        Fill::Owners => format!("__xport_owners {before} {part}"),
    }
}
