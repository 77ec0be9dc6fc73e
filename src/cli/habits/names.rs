//! Repairs of names: modes and options that are spelled wrongly, or called as other programs call them.

use strsim::osa_distance;

use super::reader;
use super::typed::{Typed, first_word};
use super::words::{is_list, option_called};
use crate::cli::modes::{Action, MODES, ModeSpec};
use crate::cli::options::{Heading, OptSpec, rows_of};
use crate::cli::quote::is_among;

/// Modes, and words that are tried for each.
const MODE_WORDS: &[(&str, &str)] = &[
    ("tcp-client", "tcp client tcp-connect"),
    ("udp-client", "udp udp-connect"),
    ("unix-client", "unix unix-connect"),
    ("tls-client", "ssl tls-connect ssl-client"),
    ("tcp-server", "server serve tcp-listen"),
    ("tls-server", "tls-listen ssl-server"),
    ("udp-server", "udp-listen"),
    ("unix-server", "unix-listen"),
    ("relay", "forward proxy tunnel bridge pipe"),
    ("exec", "run spawn"),
    ("wait", "check probe wait-for wait-for-it dockerize"),
    ("scan", "portscan nmap"),
];

/// An option of other programs for the same job, and the option of xport. An empty name means that none is needed.
type Renamed = &'static [(&'static str, &'static str)];

/// Options of other programs that try ports.
const SCAN: Renamed =
    &[("-w", "--connect-timeout"), ("-sV -A", "--banner"), ("-z -p -sT -sS -Pn -T3 -T4 -T5 --open", "")];

/// Options of other programs that run a program.
const EXEC: Renamed = &[("-c --command --sh-exec", "--shell"), ("-t -it --tty", "--pty"), ("-e", "--env")];

/// The option of xport for one of other programs.
fn other_name(table: Renamed, name: &str) -> Option<&'static str> {
    table.iter().find(|(names, _)| is_among(name, names)).map(|(_, own)| *own)
}

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

/// The line with the mode that is meant.
pub(super) fn with_known_mode(typed: &Typed<'_>) -> Vec<Vec<String>> {
    let word = match (typed.mode, first_word(typed.words)) {
        (None, Some(at)) => &typed.words[at],
        _ => return Vec::new(),
    };
    // A script has a folder in front and an ending.
    let base = word.rsplit('/').next().unwrap_or_default().trim_end_matches(".sh");
    let word = if base.starts_with("wait-for") { base } else { word };
    let lower = word.to_ascii_lowercase();
    let known = MODE_WORDS.iter().find(|(_, words)| is_among(&lower, words));
    let words = MODE_WORDS.iter().flat_map(|(_, words)| words.split(' '));
    let name = known.map(|(mode, _)| *mode).or_else(|| nearest(word, MODES.iter().map(|mode| mode.name).chain(words)));
    name.map(|name| typed.with_mode(name)).into_iter().collect()
}

/// The lines with a mode in front of words that only one mode has.
pub(super) fn with_missing_mode(typed: &Typed<'_>) -> Vec<Vec<String>> {
    let has = |options: &[&str]| typed.words.iter().any(|word| options.contains(&word.as_str()));
    let is_scan = || typed.words.iter().any(|word| is_list(word) || word.len() > 2 && other_name(SCAN, word).is_some());
    let mode = match typed.mode {
        Some(_) => return Vec::new(),
        None if has(&["-L"]) => "relay",
        None if has(&["-t", "-wait", "--wait", "-timeout"]) => "wait",
        None if is_scan() => "scan",
        None => return Vec::new(),
    };
    vec![[&[mode.to_owned()], typed.words].concat()]
}

/// The option of a mode, or of the program without one, that is nearly called `name`.
fn near_option(mode: Option<&ModeSpec>, name: &str) -> Option<String> {
    let rows: Vec<&'static OptSpec> = match mode {
        Some(mode) => mode.rows().collect(),
        None => rows_of(Heading::Output).iter().chain(rows_of(Heading::None)).collect(),
    };
    let names = || rows.iter().filter(|row| row.has_long()).map(|row| row.name).chain(["help", "version"]);
    let by_start = || {
        let mut starting = names().filter(|other| name.len() > 2 && other.starts_with(name));
        starting.next().filter(|_| starting.next().is_none())
    };
    let found = if reader::is_foreign(name) {
        reader::renamed(name).map(|spec| spec.name).filter(|other| names().any(|name| name == *other))?
    } else {
        nearest(name, names()).or_else(by_start)?
    };
    (found != name).then(|| found.to_owned())
}

/// The line with an option that the mode has, or with its options behind the mode.
pub(super) fn with_known_options(typed: &Typed<'_>) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    let end = typed.after_mode().end;
    for (at, word) in typed.words[..end].iter().enumerate() {
        let one_hyphen = word.strip_prefix('-').filter(|name| name.len() > 1 && option_called(name).is_some());
        if let Some(name) = one_hyphen {
            lines.push(typed.with_word(at, format!("--{name}")));
        }
        let Some(option) = word.strip_prefix("--").filter(|option| !option.is_empty()) else { continue };
        let (name, value) = option.split_once('=').map_or((option, ""), |(name, _)| (name, &option[name.len()..]));
        if let Some(near) = near_option(typed.mode(), name) {
            lines.push(typed.with_word(at, format!("--{near}{value}")));
        }
    }
    if let Some((at, _)) = typed.mode.filter(|(at, _)| *at > 0) {
        // Options stood before the mode.
        let (before, rest) = typed.words.split_at(at);
        lines.push([&rest[..1], before, &rest[1..]].concat());
    }
    let role = typed.mode().and_then(|mode| mode.name.strip_prefix("tcp-"));
    lines.extend(role.filter(|_| typed.names_tls("")).map(|role| typed.with_mode(&format!("tls-{role}"))));
    lines
}

/// The line with options of `scan` or `exec` for those that other programs call otherwise.
pub(super) fn with_renamed_options(typed: &Typed<'_>) -> Vec<Vec<String>> {
    let table = match typed.mode().map(|mode| mode.verb.action) {
        Some(Action::Scan) => SCAN,
        Some(Action::Exec) => EXEC,
        _ => return Vec::new(),
    };
    let better = |word: &String| {
        let (name, value) = word.split_at(word.find('=').unwrap_or(word.len()));
        let letters = word.strip_prefix('-').filter(|letters| letters.chars().all(|c| "zvn46".contains(c)));
        match other_name(table, name) {
            Some(own) => format!("{own}{value}"),
            None if table == EXEC => word.clone(),
            None if letters.is_some_and(|letters| letters.contains('z')) => word.replace('z', ""),
            None if word == "-p-" => "1-65535".to_owned(),
            None => word.strip_prefix("-p").unwrap_or(word).to_owned(),
        }
    };
    let (before, rest) = typed.words.split_at(typed.after_mode().start);
    let (own, behind) = rest.split_at(typed.after_mode().len());
    let is_kept = |(word, better): &(&String, String)| word.is_empty() || !better.is_empty();
    let own = own.iter().map(|word| (word, better(word))).filter(is_kept).map(|(_, better)| better);
    vec![before.iter().cloned().chain(own).chain(behind.iter().cloned()).collect()]
}

/// The line with words in capitals for what is missing.
pub(super) fn with_operands(typed: &Typed<'_>) -> Vec<Vec<String>> {
    let Some(mode) = typed.mode() else { return Vec::new() };
    for (option, place) in [("--listen", ":PORT"), ("--connect", "HOST:PORT")] {
        let range = typed.after_mode();
        let at = range.clone().find(|at| typed.words[*at] == option).filter(|at| at + 1 == range.end);
        if let Some(at) = at {
            return vec![typed.with_words(at, &[option.to_owned(), place.to_owned()])];
        }
    }
    let places = typed.places().len();
    let more: &[&str] = match (mode.verb.action, places) {
        _ if mode.scheme.is_some() => return Vec::new(),
        (Action::Exec, _) if typed.words.last().is_some_and(|word| word == "--") => &["CMD"],
        (Action::Exec, _) => &["--", "CMD"],
        (Action::Relay, 0) => &["tcp-listen:PORT", "HOST:PORT"],
        (Action::Relay, 1) | (Action::Connect | Action::Wait, 0) => &["HOST:PORT"],
        (Action::Scan, 0) => &["HOST", "PORTS"],
        (Action::Scan, 1) => &["PORTS"],
        (Action::Echo | Action::Listen, 0) => &["tcp-listen:PORT"],
        _ => return Vec::new(),
    };
    let more = more.iter().map(|word| (*word).to_owned());
    vec![typed.words.iter().cloned().chain(more).collect()]
}
