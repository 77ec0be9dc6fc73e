//! What a wrong command line meant, as a line to type.
//!
//! A repair changes the words of a line in one way. The repairs are tried one after the other, and on the results of
//! each other, until the program accepts a line. So a line that is shown is a line that is not refused. All of this
//! happens only when an error is written.

mod ends; // endpoints that are written wrongly
mod line; // the line of xport for what another program would do
mod names; // modes and options that are spelled wrongly
mod reader; // lines of netcats, curl, wget and openssl
mod scan; // hosts and ports
mod socat; // lines of socat
mod tls; // what a line says of TLS
mod typed; // a wrong line, taken apart
mod waiting; // lines of programs that wait for services
mod wish; // what a line of another program asks for
mod words; // what a word is

use std::path::Path;

use crate::cli::address::is_path;
use crate::cli::host::is_port;
use crate::cli::modes::Action;
use crate::cli::quote::shell_word;
use crate::cli::{hints, kinds};
use typed::Typed;

/// How many lines are tried at most.
const TRIES_MAX: usize = 60;

/// The longest line that is shown, in characters. A longer one is not read.
const LINE_CHARS_MAX: usize = 300;

/// A way to change a line. Several results are tried in their order.
type Repair = fn(&Typed<'_>) -> Vec<Vec<String>>;

/// The repairs. Those that change least come first.
static REPAIRS: &[Repair] = &[
    |typed| reader::read_marked(typed).and_then(|reading| reading.line).into_iter().collect(),
    names::with_known_mode,
    |typed| waiting::line(typed).into_iter().collect(),
    scan::with_ordered_operands,
    ends::relay_ends,
    ends::words,
    socat::line,
    ends::with_other_mode,
    |typed| ends::with_listen_or_connect(typed).into_iter().collect(),
    names::with_known_options,
    names::with_renamed_options,
    ends::with_joined_words,
    tls::with_server_name,
    names::with_operands,
    |typed| reader::read(typed).line.into_iter().collect(),
    ends::with_ports_to_fill,
    names::with_missing_mode,
];

/// What to write instead of a wrong line.
pub(super) struct Instead {
    /// The line to type.
    pub(super) line: String,
    /// What the user may not expect of the line.
    pub(super) note: Option<String>,
}

/// The line to type instead of `words`. `flag` is the option that the mode does not have. `is_accepted` says whether
/// the program takes a line. Words in capitals stand for what the user has not written.
pub(super) fn answer(words: &[String], flag: Option<&str>, is_accepted: &dyn Fn(&[String]) -> bool) -> Option<Instead> {
    if let Some(line) = page(words, flag) {
        return Some(Instead { line: line.to_owned(), note: None });
    }
    let is_long = words.iter().map(|word| word.len()).sum::<usize>() > LINE_CHARS_MAX;
    if is_long || socat::lacks_authorities(words) {
        return None;
    }
    // Another repair would drop what xport does not have.
    if reader::read_marked(&Typed::new(words)).is_some_and(|reading| reading.lacks.is_some()) {
        return None;
    }
    let Some(found) = mend(words, is_accepted) else { return from_file(words, is_accepted) };
    let line = as_typed(&found)?;
    let is_insecure = |word: &String| word.contains("insecure");
    // A user who has named a mode knows what a bare port is.
    let note = match Typed::new(words).mode {
        _ if found.iter().any(is_insecure) && !words.iter().any(is_insecure) => {
            Some("--insecure skips the verification of the certificate".to_owned())
        }
        None => note_for(words, &found),
        Some(_) => None,
    };
    (line.chars().count() <= LINE_CHARS_MAX).then_some(Instead { line, note })
}

/// The line that prints the page which a line asks for. Only a line without a mode asks for the version by an option.
fn page(words: &[String], flag: Option<&str>) -> Option<&'static str> {
    let is_last = |page: &[&str]| words.last().is_some_and(|word| page.contains(&word.as_str()));
    match words.first().map(String::as_str) {
        _ if matches!(flag, Some("-V" | "--version")) || is_last(&["version", "-version"]) => Some("xport -V"),
        Some("man") => Some("xport --man | man -l -"),
        _ => None,
    }
}

/// The line with its listeners on every interface, not on the loopback.
pub(super) fn on_every_interface(words: &[String], is_accepted: &dyn Fn(&[String]) -> bool) -> Option<String> {
    let better = ends::on_every_interface(&Typed::new(words))?;
    (better != words && is_accepted(&better)).then(|| as_typed(&better)).flatten()
}

/// The line that reads the file which is named as a third operand of a client.
fn from_file(words: &[String], is_accepted: &dyn Fn(&[String]) -> bool) -> Option<Instead> {
    let typed = Typed::new(words);
    typed.mode().filter(|mode| mode.verb.action == Action::Connect)?;
    let (at, others) = typed.places().split_last().map(|(at, others)| (*at, others.len()))?;
    let file = &words[at];
    if others == 0 || !Path::new(file).is_file() && !is_path(file) {
        return None;
    }
    let mut words = words.to_vec();
    words.remove(at);
    if !is_accepted(&words) {
        return None;
    }
    Some(Instead { line: format!("{} < {}", as_typed(&words)?, shell_word(file)?), note: None })
}

/// The line as it is typed into a shell. `None` if a word cannot be typed.
fn as_typed(words: &[String]) -> Option<String> {
    let words = words.iter().map(|word| shell_word(word)).collect::<Option<Vec<_>>>()?;
    Some(format!("xport {}", words.join(" ")))
}

/// Says how to listen on every interface, if the line listens on the loopback. Other programs do so by default.
fn note_for(words: &[String], found: &[String]) -> Option<String> {
    let mode = found.first()?;
    let serves = ["-server", "-echo"].iter().any(|role| mode.ends_with(role));
    let is_listener = |at: usize| serves && at + 1 == found.len() || at > 0 && found[at - 1] == "--listen";
    let of_word = |(at, word): (usize, &String)| {
        let (kind, address) = match word.split_once("-listen:") {
            Some((kind, _)) if !kind.contains(':') => word.split_at(kind.len() + "-listen:".len()),
            _ if is_listener(at) => ("", word.as_str()),
            _ => return None,
        };
        let port = address.split(',').next().map(|address| address.strip_prefix(':').unwrap_or(address))?;
        let is_written = |word: &String| if kind.is_empty() { word == address } else { word.starts_with(kind) };
        (is_port(port) && !words.iter().any(is_written)).then(|| format!("'{kind}*:{port}'"))
    };
    let other = found.iter().enumerate().find_map(of_word)?;
    Some(format!("a port alone is on the loopback, {other} on every interface"))
}

/// The first line that is accepted: `words`, or the result of some repairs. No repair takes TLS away.
fn mend(words: &[String], is_accepted: &dyn Fn(&[String]) -> bool) -> Option<Vec<String>> {
    let bare = Typed::new(words).words;
    if is_accepted(bare) {
        return Some(bare.to_vec());
    }
    let mut lines = vec![words.to_vec()];
    let mut at = 0;
    while at < lines.len() {
        let typed = lines[at].clone();
        for line in REPAIRS.iter().flat_map(|repair| repair(&Typed::new(&typed))) {
            if lines.contains(&line) || lines.len() > TRIES_MAX || tls::is_lost(words, &line) {
                continue;
            }
            if is_accepted(&filled_in(&line)) {
                return Some(line);
            }
            lines.push(line);
        }
        at += 1;
    }
    None
}

/// The line with something in the place of each word in capitals.
fn filled_in(words: &[String]) -> Vec<String> {
    let places = [("PATH", "./s"), ("PORTS", "1-2"), ("PORT", "1"), ("HOST", "localhost")];
    let fill = |word: &String| places.iter().fold(word.clone(), |word, (place, filling)| word.replace(place, filling));
    words.iter().map(fill).collect()
}

/// The reason why xport does not do what another program does. `None` if none is known.
pub(super) fn reason_for(words: &[String]) -> Option<&'static str> {
    if socat::lacks_authorities(words) {
        return Some(socat::CLIENT_CA);
    }
    if words.iter().any(|word| word.starts_with("-sU")) {
        return Some(hints::NO_DATAGRAMS);
    }
    if words.first().is_some_and(|word| word == "ssh") {
        return Some("xport does not speak SSH");
    }
    let absent = words.iter().find_map(|word| kinds::absent(word));
    absent.or_else(|| reader::read(&Typed::new(words)).lacks)
}
