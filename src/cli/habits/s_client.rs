//! Reads the line of `openssl s_client` or `openssl s_server`.

use super::typed::Typed;
use super::wish::{Job, Means, Medium, NO_PROXY, Wish};
use super::words::{Untold, own};
use crate::cli::options::Value;

/// Options by their names behind the hyphen: whether a value follows, and what the option means.
static ROWS: &[(&str, bool, Means)] = &[
    ("connect", true, Means::Place),
    ("host", true, Means::Place),
    ("port", true, Means::Port),
    ("accept", true, Means::Accept),
    ("servername", true, Means::Same("server-name")),
    ("verify_hostname", true, Means::Same("server-name")),
    ("CAfile", true, Means::Authorities),
    ("CApath", true, Means::Absent("xport reads one file of authorities: use --ca FILE")),
    ("cert", true, Means::Same("cert")),
    ("key", true, Means::Same("key")),
    ("alpn", true, Means::Same("alpn")),
    ("starttls", true, Means::Same("starttls")),
    ("keylogfile", true, Means::Same("keylog")),
    ("crlf", false, Means::Same("crlf")),
    ("showcerts", false, Means::Same("show-chain")),
    ("tls1_2", false, Means::Fixed("tls-max", "1.2")),
    ("tls1_3", false, Means::Fixed("tls-min", "1.3")),
    ("tls1_1", false, Means::Absent(OLD_TLS)),
    ("tls1", false, Means::Absent(OLD_TLS)),
    ("quiet", false, Means::Nothing),
    ("ign_eof", false, Means::Nothing),
    ("no_ign_eof", false, Means::Nothing),
    ("verify_return_error", false, Means::Nothing),
    ("verify", true, Means::Verify),
    ("Verify", true, Means::Verify),
    ("brief", false, Means::Nothing),
    ("state", false, Means::Nothing),
    ("4", false, Means::Same("4")),
    ("6", false, Means::Same("6")),
    ("proxy", true, Means::Absent(NO_PROXY)),
    ("www", false, Means::Absent("xport is not a web server")),
    ("WWW", false, Means::Absent("xport is not a web server")),
    ("cipher", true, Means::Absent("ciphers cannot be chosen; --tls-min 1.3 excludes those of older versions")),
];

const OLD_TLS: &str = "xport has TLS 1.2 and 1.3";

/// The line of xport that does what was meant. `None` if this is not a line of openssl.
pub(super) fn line(typed: &Typed<'_>) -> Option<Result<Vec<String>, Untold>> {
    let words = typed.without_mode();
    let command = words.first().map(|word| word.as_str()).filter(|word| matches!(*word, "s_client" | "s_server"));
    let has_name = |word: &&String| word.strip_prefix('-').is_some_and(|name| name.len() > 1 && find(name).is_some());
    if command.is_none() && !words.iter().any(has_name) {
        return None;
    }
    Some(read(typed, &words[usize::from(command.is_some())..], command == Some("s_server")))
}

fn find(name: &str) -> Option<&'static (&'static str, bool, Means)> {
    ROWS.iter().find(|(other, ..)| *other == name)
}

fn read(typed: &Typed<'_>, words: &[&String], is_server: bool) -> Result<Vec<String>, Untold> {
    let mut wish = Wish::of(typed.mode()).filter(|wish| wish.job != Job::Echo).ok_or(None)?;
    wish.medium = Medium::Tls;
    if is_server {
        wish.job = Job::Listen;
        wish.take(Means::Keep, String::new())?;
    }
    let mut words = words.iter().map(|word| (*word).clone());
    while let Some(word) = words.next() {
        if let Some(option) = word.strip_prefix("--") {
            let spec = own(option.split('=').next().unwrap_or_default()).ok_or(None)?;
            let needs_next = !matches!(spec.value, Value::Flag(_)) && !option.contains('=');
            wish.options.push(word.clone());
            wish.options.extend(if needs_next { words.next() } else { None });
        } else if let Some((_, has_value, means)) = word.strip_prefix('-').and_then(find) {
            let value = if *has_value { words.next().ok_or(None)? } else { String::new() };
            if matches!(means, Means::Port) && wish.job == Job::Connect {
                wish.place.push(value);
            } else {
                wish.take(*means, value)?;
            }
        } else if matches!(word.as_str(), "-v" | "-q" | "-vv") {
            wish.options.push(word);
        } else if word.starts_with('-') {
            return Err(None);
        } else {
            wish.place.push(word);
        }
    }
    wish.words()
}
