//! Repairs of names: modes and options that are spelled wrongly, or called as other programs call them.

use strsim::osa_distance;

use super::netcat;
use super::typed::{Typed, first_word};
use super::words::own;
use crate::cli::modes::{Action, MODES, ModeSpec};
use crate::cli::options::{Heading, OptSpec, rows_of};

/// Programs that people name before their line.
const PROGRAMS: &[&str] =
    &["xport", "nc", "ncat", "netcat", "nc.openbsd", "nc.traditional", "socat", "telnet", "curl", "openssl"];

/// Words that are no mode, and the mode that is meant.
const MODE_WORDS: &[(&str, &str)] = &[
    ("tcp", "tcp-client"),
    ("udp", "udp-client"),
    ("unix", "unix-client"),
    ("ssl", "tls-client"),
    ("client", "tcp-client"),
    ("server", "tcp-server"),
    ("serve", "tcp-server"),
    ("tcp-connect", "tcp-client"),
    ("tcp-listen", "tcp-server"),
    ("tls-connect", "tls-client"),
    ("tls-listen", "tls-server"),
    ("ssl-client", "tls-client"),
    ("ssl-server", "tls-server"),
    ("udp-connect", "udp-client"),
    ("udp-listen", "udp-server"),
    ("unix-connect", "unix-client"),
    ("unix-listen", "unix-server"),
    ("forward", "relay"),
    ("proxy", "relay"),
    ("tunnel", "relay"),
    ("bridge", "relay"),
    ("pipe", "relay"),
    ("run", "exec"),
    ("spawn", "exec"),
    ("check", "wait"),
    ("probe", "wait"),
    ("wait-for", "wait"),
    ("wait-for-it", "wait"),
    ("portscan", "scan"),
];

/// An option of other programs for the same job, and the option of xport. An empty name means that none is needed.
type Renamed = &'static [(&'static str, &'static str)];

/// Options of other programs that try ports.
const SCANNERS: Renamed = &[("-w", "--connect-timeout"), ("-z", ""), ("-p", "")];

/// How many letters may be wrong in a name.
fn slips(name: &str) -> usize {
    match name.len() {
        0..=3 => 0,
        4..=6 => 1,
        _ => 2,
    }
}

/// The name without what people leave out.
fn squashed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The nearest of these names.
pub(super) fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = word.to_ascii_lowercase().replace('_', "-");
    let distance = |name: &str| if squashed(name) == squashed(word) { 0 } else { osa_distance(&plain, name) };
    let near = names.map(|name| (distance(name), name)).filter(|(distance, name)| *distance <= slips(name));
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// The line without the name of another program before it.
pub(super) fn without_program(words: &[String]) -> &[String] {
    match words {
        [first, rest @ ..] if PROGRAMS.contains(&first.as_str()) => rest,
        _ => words,
    }
}

/// The line with the mode that is meant.
pub(super) fn mode(typed: &Typed<'_>) -> Vec<Vec<String>> {
    let word = match (typed.mode, first_word(typed.words)) {
        (None, Some(at)) => &typed.words[at],
        _ => return Vec::new(),
    };
    let known = MODE_WORDS.iter().find(|(other, _)| *other == word.to_ascii_lowercase()).map(|(_, mode)| *mode);
    let names = MODES.iter().map(|mode| mode.name).chain(MODE_WORDS.iter().map(|(other, _)| *other));
    let name = known.or_else(|| nearest(word, names));
    name.map(|name| typed.with_mode(name)).into_iter().collect()
}

/// The option of a mode, or of the program without one, that is nearly called `name`.
fn near_option(mode: Option<&ModeSpec>, name: &str) -> Option<String> {
    let rows: Vec<&'static OptSpec> = match mode {
        Some(mode) => mode.rows().collect(),
        None => rows_of(Heading::Output).iter().chain(rows_of(Heading::None)).collect(),
    };
    let names = || rows.iter().filter(|row| row.has_long()).map(|row| row.name).chain(["help", "version"]);
    let renamed = || netcat::renamed(name).map(|spec| spec.name).filter(|other| names().any(|name| name == *other));
    let by_start = || {
        let mut starting = names().filter(|other| name.len() > 2 && other.starts_with(name));
        starting.next().filter(|_| starting.next().is_none())
    };
    let found = renamed().or_else(|| nearest(name, names())).or_else(by_start)?;
    (found != name).then(|| found.to_owned())
}

/// The line with an option that the mode has, or with its options behind the mode.
pub(super) fn option(typed: &Typed<'_>) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    let end = typed.after_mode().end;
    for (at, word) in typed.words[..end].iter().enumerate() {
        let Some(option) = word.strip_prefix("--").filter(|option| !option.is_empty()) else { continue };
        let (name, value) = option.split_once('=').map_or((option, ""), |(name, _)| (name, &option[name.len()..]));
        if let Some(near) = near_option(typed.mode(), name) {
            lines.push(typed.with_word(at, format!("--{near}{value}")));
        }
    }
    lines.extend(behind_mode(typed));
    if let (Some(mode), Some(tls)) = (typed.mode(), typed.mode().and_then(tls_mode)) {
        let is_of_tls = |word: &String| {
            own(word.strip_prefix("--").unwrap_or_default()).is_some_and(|spec| spec.heading() == Heading::Tls)
        };
        if mode.scheme.is_some() && typed.words[typed.after_mode()].iter().any(is_of_tls) {
            lines.push(typed.with_mode(tls));
        }
    }
    lines
}

/// The lines with an option of `scan` for one that other programs call otherwise.
pub(super) fn renamed(typed: &Typed<'_>) -> Vec<Vec<String>> {
    if typed.mode().is_none_or(|mode| mode.verb.action != Action::Scan) {
        return Vec::new();
    }
    let better = |at: usize| {
        let word = &typed.words[at];
        let (name, value) = word.split_at(word.find('=').unwrap_or(word.len()));
        let letters =
            word.strip_prefix('-').filter(|letters| letters.len() > 1 && letters.chars().all(|c| "zvn46".contains(c)));
        if let Some(letters) = letters.filter(|letters| letters.contains('z')) {
            return Some(typed.with_word(at, format!("-{}", letters.replace('z', ""))));
        }
        let (_, own) = SCANNERS.iter().find(|(other, _)| *other == name)?;
        let mut words = typed.with_word(at, format!("{own}{value}"));
        if own.is_empty() {
            words.remove(at);
        }
        Some(words)
    };
    typed.after_mode().filter_map(better).collect()
}

/// The mode over TLS that does the same.
fn tls_mode(mode: &ModeSpec) -> Option<&'static str> {
    let name = mode.name.strip_prefix("tcp-")?;
    MODES.iter().map(|mode| mode.name).find(|other| other.strip_prefix("tls-") == Some(name))
}

/// The line with the options that were written before the mode behind it.
fn behind_mode(typed: &Typed<'_>) -> Option<Vec<String>> {
    let (at, _) = typed.mode?;
    let (before, rest) = typed.words.split_at(at);
    (!before.is_empty()).then(|| [&rest[..1], before, &rest[1..]].concat())
}

/// The line with words in capitals for what is missing.
pub(super) fn missing(typed: &Typed<'_>) -> Vec<Vec<String>> {
    let Some(mode) = typed.mode() else { return Vec::new() };
    for (option, place) in [("--listen", ":PORT"), ("--connect", "HOST:PORT")] {
        let range = typed.after_mode();
        let at = range.clone().find(|at| typed.words[*at] == option).filter(|at| at + 1 == range.end);
        if let Some(at) = at {
            return vec![typed.with_words(at, &[option.to_owned(), place.to_owned()])];
        }
    }
    if mode.scheme.is_some() {
        return Vec::new();
    }
    let places = typed.places().len();
    let more: &[&str] = match (mode.verb.action, mode.name, places) {
        (Action::Exec, ..) => &["--", "CMD"],
        (Action::Relay, _, 0) => &["tcp-listen:PORT", "HOST:PORT"],
        (Action::Relay, _, 1) => &["HOST:PORT"],
        (Action::Connect, _, 0) => &["HOST:PORT"],
        (_, "wait", 0) => &["HOST:PORT"],
        (_, "scan", 0) => &["HOST", "PORTS"],
        (_, "scan", 1) => &["PORTS"],
        (Action::Echo | Action::Listen, _, 0) => &["tcp-listen:PORT"],
        _ => return Vec::new(),
    };
    let more = more.iter().map(|word| (*word).to_owned());
    vec![typed.words.iter().cloned().chain(more).collect()]
}
