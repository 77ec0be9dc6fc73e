//! Reads the line of a netcat: nc, ncat, and options of curl that people try.
//!
//! Options of xport are kept. The same letter means different things to different netcats; the most common one counts.

use super::typed::Typed;
use super::wish::{Job, Means, NO_PROXY, Runs, Wish};
use super::words::{Untold, is_path, own, own_letter};
use crate::cli::options::{OptSpec, Value};

/// An option of a netcat.
struct NetcatOption {
    letter: Option<char>,
    name: &'static str,
    has_value: bool,
    means: Means,
}

const fn flag(letter: char, name: &'static str, means: Means) -> NetcatOption {
    NetcatOption { letter: Some(letter), name, has_value: false, means }
}

const fn value(letter: char, name: &'static str, means: Means) -> NetcatOption {
    NetcatOption { has_value: true, ..flag(letter, name, means) }
}

const fn long(name: &'static str, means: Means) -> NetcatOption {
    NetcatOption { letter: None, name, has_value: false, means }
}

const fn long_value(name: &'static str, means: Means) -> NetcatOption {
    NetcatOption { has_value: true, ..long(name, means) }
}

const NO_BROKER: &str = "xport does not pass on what one client says to the others";
const NO_TELNET: &str = "xport does not negotiate as telnet does";
const NO_SUCH_MEDIUM: &str = "xport has TCP, TLS, UDP and unix sockets";
const NO_CIPHERS: &str = "ciphers cannot be chosen; --tls-min 1.3 excludes those of older versions";

static ROWS: &[NetcatOption] = &[
    flag('l', "listen", Means::Listen),
    flag('u', "udp", Means::Udp),
    flag('U', "unixsock", Means::Unix),
    flag('z', "zero", Means::Try),
    flag('k', "keep-open", Means::Keep),
    value('e', "exec", Means::Program),
    value('c', "sh-exec", Means::ShellLine),
    value('p', "source-port", Means::Port),
    value('s', "source", Means::Source),
    value('w', "wait", Means::Wait),
    value('q', "", Means::Quit),
    value('i', "", Means::Same("idle-timeout")),
    flag('C', "", Means::Same("crlf")),
    flag('d', "", Means::Same("recv-only")),
    flag('b', "", Means::Same("broadcast")),
    flag('N', "", Means::Nothing),
    flag('r', "", Means::Nothing),
    flag('D', "", Means::Nothing),
    flag('R', "", Means::Nothing),
    flag('t', "telnet", Means::Absent(NO_TELNET)),
    flag('Z', "sctp", Means::Absent(NO_SUCH_MEDIUM)),
    flag('S', "", Means::Absent("xport does not sign segments (TCP MD5)")),
    value('o', "output", Means::Same("dump")),
    value('x', "hex-dump", Means::DumpOrProxy),
    value('X', "proxy", Means::Absent(NO_PROXY)),
    value('P', "proxy-auth", Means::Absent(NO_PROXY)),
    value('m', "max-conns", Means::MaxConns),
    value('M', "", Means::Same("ttl")),
    value('T', "", Means::Same("tos")),
    value('I', "", Means::Same("recv-buffer")),
    value('O', "", Means::Same("send-buffer")),
    value('W', "", Means::Same("count")),
    long("append-output", Means::Nothing),
    long("no-shutdown", Means::Same("no-half-close")),
    long("nodns", Means::Same("numeric")),
    long("broker", Means::Absent(NO_BROKER)),
    long("chat", Means::Absent(NO_BROKER)),
    long("vsock", Means::Absent(NO_SUCH_MEDIUM)),
    long_value("proxy-type", Means::Absent(NO_PROXY)),
    long_value("proxy-dns", Means::Absent(NO_PROXY)),
    long_value("lua-exec", Means::Absent("xport runs programs, and no Lua")),
    long_value("delay", Means::Absent("xport does not slow down what it sends")),
    long_value("allowfile", Means::Absent("xport reads no file of networks: use --allow NETWORK")),
    long_value("denyfile", Means::Absent("xport reads no file of networks: use --deny NETWORK")),
    long("ssl", Means::Tls),
    long("ssl-verify", Means::Verify),
    long("tls", Means::Tls),
    long_value("ssl-cert", Means::Same("cert")),
    long_value("ssl-key", Means::Same("key")),
    long_value("ssl-trustfile", Means::Authorities),
    long_value("ssl-servername", Means::Same("server-name")),
    long_value("ssl-alpn", Means::Same("alpn")),
    long_value("ssl-ciphers", Means::Absent(NO_CIPHERS)),
    long_value("cacert", Means::Authorities),
    long_value("cafile", Means::Authorities),
    long_value("capath", Means::Absent("xport reads one file of authorities: use --ca FILE")),
    long_value("pinnedpubkey", Means::Absent("use --pin sha256:HEX, with hexadecimal digits")),
    long("tlsv1.2", Means::Fixed("tls-min", "1.2")),
    long("tlsv1.3", Means::Fixed("tls-min", "1.3")),
];

/// The option of xport that another program calls `name`, if the values are the same.
pub(super) fn renamed(name: &str) -> Option<&'static OptSpec> {
    match ROWS.iter().find(|row| row.name == name)?.means {
        Means::Same(name) => own(name),
        Means::Authorities => own("ca"),
        Means::DumpOrProxy => own("dump"),
        _ => None,
    }
}

/// The line of xport that does what was meant.
pub(super) fn line(typed: &Typed<'_>) -> Result<Vec<String>, Untold> {
    let mut wish = Wish::of(typed.mode()).ok_or(None)?;
    let mut words = Cursor { words: typed.without_mode(), at: 0 };
    while let Some(word) = words.next() {
        if word == "--" {
            wish.runs = Runs::Words(words.rest());
        } else if let Some(option) = word.strip_prefix("--") {
            take_name(&mut wish, option, &mut words)?;
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            take_letters(&mut wish, letters, &mut words, typed.mode().is_some())?;
        } else {
            wish.place.push(word);
        }
    }
    let is_endpoint = |place: &String| place.contains(',') && !is_path(place);
    let is_empty = matches!(&wish.runs, Runs::Words(words) if words.is_empty());
    if is_empty || wish.place.iter().any(is_endpoint) {
        return Err(None);
    }
    // Without a mode, an option alone does not say enough.
    if typed.mode().is_none() && wish.job == Job::Connect && wish.place.is_empty() {
        return Err(None);
    }
    wish.words()
}

/// The words of a line, one after the other.
struct Cursor<'a> {
    words: Vec<&'a String>,
    at: usize,
}

impl Cursor<'_> {
    fn next(&mut self) -> Option<String> {
        let word = self.words.get(self.at).map(|word| (*word).clone());
        self.at += 1;
        word
    }

    fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.next()).collect()
    }

    /// The next word, as the value of an option.
    fn value(&mut self) -> Result<String, Untold> {
        self.next().ok_or(None)
    }

    fn is_number_next(&self) -> bool {
        self.words.get(self.at).is_some_and(|word| is_number(word))
    }
}

fn is_number(text: &str) -> bool {
    text.parse::<i64>().is_ok()
}

/// Takes an option by its name.
fn take_name(wish: &mut Wish, option: &str, words: &mut Cursor<'_>) -> Result<(), Untold> {
    let (name, attached) = match option.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (option, None),
    };
    if let Some(row) = ROWS.iter().find(|row| row.name == name && !name.is_empty()) {
        let value = match attached {
            Some(value) => value,
            None if row.has_value => words.value()?,
            None => String::new(),
        };
        // The address can be attached to `--listen`.
        if matches!(row.means, Means::Listen) && !value.is_empty() {
            wish.place.push(value.clone());
        }
        return wish.take(row.means, value);
    }
    if name == "connect" {
        wish.job = Job::Connect;
        wish.place.push(attached.map_or_else(|| words.value(), Ok)?);
        return Ok(());
    }
    let spec = own(name).ok_or(None)?;
    wish.note(spec);
    wish.options.push(format!("--{option}"));
    if !matches!(spec.value, Value::Flag(_)) && attached.is_none() {
        wish.options.push(words.value()?);
    }
    Ok(())
}

/// Takes the letters of one word. The rest of the word, or the next word, is the value of a letter that has one.
fn take_letters(wish: &mut Wish, letters: &str, words: &mut Cursor<'_>, has_mode: bool) -> Result<(), Untold> {
    let mut verbose = 0;
    let mut rest = letters;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        // The letter of xport has no value.
        let is_quiet = letter == 'q' && if rest.is_empty() { !words.is_number_next() } else { !is_number(rest) };
        if letter == 'v' {
            verbose += 1;
        } else if let Some(row) = ROWS.iter().find(|row| row.letter == Some(letter)).filter(|_| !is_quiet) {
            // In a long word such as `-noverify`, the letters behind it are no value but a misspelled name.
            let is_word = row.has_value && rest.len() > 1 && rest.bytes().all(|byte| byte.is_ascii_alphabetic());
            if is_word || letter == 'o' && (has_mode || !rest.is_empty()) {
                return Err(None);
            }
            let value = match (row.has_value, std::mem::take(&mut rest)) {
                (false, others) => {
                    rest = others;
                    String::new()
                }
                (true, "") => words.value()?,
                (true, attached) => attached.to_owned(),
            };
            wish.take(row.means, value)?;
        } else {
            let spec = own_letter(letter).ok_or(None)?;
            wish.options.push(format!("-{}", spec.short.unwrap_or(letter)));
        }
    }
    if verbose > 0 {
        wish.options.push(format!("-{}", "v".repeat(verbose)));
    }
    Ok(())
}
