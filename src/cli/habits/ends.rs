//! Repairs of endpoints and addresses: a kind that does not exist, an end in the wrong place, a word too many.

use std::path::Path;

use super::typed::Typed;
use super::words::{one_colon, option_called, url};
use super::{names, reader, socat, tls};
use crate::cli::address::{are_swapped, is_address, is_path, with_port};
use crate::cli::hints;
use crate::cli::host::is_port;
use crate::cli::kinds::{foreign, is_executable, nearly};
use crate::cli::modes::{Action, ModeSpec};
use crate::cli::options::Repeat;
use crate::cli::schemes::{Form, Role, Scheme, TCP, UNIX, scheme_called};
use crate::cli::values::parse_network;

/// An endpoint that is taken apart: its kind, and what follows.
fn parts(word: &str) -> Option<(&'static Scheme, &str)> {
    let (name, rest) = word.split_once(':')?;
    Some((scheme_called(name)?, rest))
}

/// The kind of an endpoint. A bare address has one too.
fn kind_of(word: &str) -> &'static Scheme {
    match parts(word) {
        Some((scheme, _)) => scheme,
        None if is_path(word) => &UNIX,
        None => &TCP,
    }
}

/// Repairs of one word that names an end.
static WORD_REPAIRS: &[fn(&ModeSpec, &str) -> Option<String>] = &[
    with_known_kind,
    without_url,
    |_, word| socat::endpoint(word),
    |_, word| with_brackets(word),
    |_, word| with_one_colon(word),
    |_, word| with_lists(word),
    |_, word| with_known_options(word),
    |_, word| with_unix(word),
    |_, word| with_bare_descriptor(word),
    |_, word| with_host_first(word),
    |_, word| with_shell(word),
];

/// The lines in which one word that names an end is written as it must be.
pub(super) fn words(typed: &Typed<'_>) -> Vec<Vec<String>> {
    let Some(mode) = typed.mode() else { return Vec::new() };
    let mut lines = Vec::new();
    for at in typed.places() {
        let word = &typed.words[at];
        let better = WORD_REPAIRS.iter().filter_map(|repair| repair(mode, word));
        let over_tls = with_tls(mode, word).filter(|_| typed.names_tls(word));
        lines.extend(better.chain(over_tls).filter(|other| other != word).map(|other| typed.with_word(at, other)));
        lines.extend(with_option_first(typed, at));
        if let Some(role) = mode.name.strip_prefix("unix-").filter(|_| is_address(word)) {
            lines.push(typed.with_mode(&format!("tcp-{role}")));
        }
    }
    lines
}

/// The kind of a word with its colon, the address, and the options with their comma.
fn split(word: &str) -> (&str, &str, &str) {
    let (kind, rest) = parts(word).map_or(("", word), |(_, rest)| word.split_at(word.len() - rest.len()));
    let (address, options) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
    (kind, address, options)
}

/// The program with a shell that reads its redirections.
fn with_shell(word: &str) -> Option<String> {
    let line = word.strip_prefix("exec:")?;
    hints::word_for_a_shell(line, &shell_words::split(line).ok()?)?;
    Some(format!("shell:{line}"))
}

/// The address with its host before its port.
fn with_host_first(word: &str) -> Option<String> {
    let (kind, address, options) = split(word);
    let (port, host) = address.split_once(':').filter(|(port, host)| are_swapped(port, host))?;
    Some(format!("{kind}{}{options}", with_port(host, port)?))
}

/// The address with one colon before its port, without spaces, and without the path of a page.
fn with_one_colon(word: &str) -> Option<String> {
    let (kind, address, options) = split(word);
    let address = address.rsplit('@').next().unwrap_or_default().trim();
    if let Some(address) = one_colon(address) {
        return Some(format!("{kind}{address}{options}"));
    }
    let address = ["/dev/tcp/", "//"].iter().find_map(|start| address.strip_prefix(start)).unwrap_or(address);
    let is_v6 = address.split('/').next().is_some_and(|start| start.matches(':').count() > 1);
    let mut parts = address.split([':', '/', ' ']).filter(|part| !part.is_empty());
    let (host, port) = parts.next().zip(parts.next().filter(|port| is_port(port)))?;
    let is_plain = !is_v6 && !is_path(address) && !address.contains("://") && parse_network(address).is_err();
    Some(format!("{kind}{}{options}", with_port(host, port).filter(|_| is_plain)?))
}

/// The line with every interface instead of the loopback, if it listens at one place. With several places, another one
/// could be opened to more clients than it has now.
pub(super) fn on_every_interface(typed: &Typed<'_>) -> Option<Vec<String>> {
    let is_listener = |word: &str| match parts(word) {
        Some((scheme, _)) => scheme.listens(),
        None => typed.mode().is_some_and(|mode| mode.verb.action != Action::Relay),
    };
    let mut listeners = typed.places().into_iter().filter(|at| is_listener(&typed.words[*at]));
    let (Some(at), None) = (listeners.next(), listeners.next()) else { return None };
    let mut words = typed.words.to_vec();
    let (kind, address, options) = split(&typed.words[at]);
    let port = address.rsplit(':').next().unwrap_or_default();
    words[at] = format!("{kind}*:{port}{options}");
    Some(words)
}

/// A URL as the endpoint of its server.
fn without_url(mode: &ModeSpec, word: &str) -> Option<String> {
    let (is_tls, address) = url(word)?;
    // `wait` knows pages.
    let is_page = mode.verb.action == Action::Wait && word.starts_with("http");
    let kind = if is_tls && mode.scheme.is_none() { "tls:" } else { "" };
    (!is_page).then(|| format!("{kind}{address}"))
}

/// The endpoint with a kind that exists.
fn with_known_kind(mode: &ModeSpec, word: &str) -> Option<String> {
    let (name, rest) = word.split_once(':')?;
    let scheme = nearly(name).or_else(|| foreign(name).map(|(scheme, _)| scheme))?;
    // An address that is not an endpoint is left alone.
    (mode.scheme.is_none() || scheme.form == Form::Inet).then(|| format!("{}:{rest}", scheme.name))
}

/// An IPv6 address in brackets.
fn with_brackets(word: &str) -> Option<String> {
    let (kind, address, options) = split(word);
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if is_port(port) && with_port(host, port).is_some() => (host, port),
        _ => (address, "PORT"),
    };
    if host.matches(':').count() < 2 {
        return None;
    }
    Some(format!("{kind}{}{options}", with_port(host, port)?))
}

/// The endpoint with each value of a list behind the name of its option.
fn with_lists(word: &str) -> Option<String> {
    if word.contains('\\') {
        return None;
    }
    let scheme = kind_of(word);
    let is_option = |part: &str| {
        let name = part.split('=').next().unwrap_or_default();
        scheme.rows().any(|row| row.name == name || row.word == name)
    };
    let mut list = None;
    let mut better = Vec::new();
    for (index, part) in word.split(',').enumerate() {
        match list {
            Some(name) if index > 0 && !part.is_empty() && !is_option(part) => better.push(format!("{name}={part}")),
            _ => better.push(part.to_owned()),
        }
        if let Some((name, _)) = part.split_once('=').filter(|_| index > 0) {
            let is_list = scheme.rows().any(|row| row.name == name && row.repeat == Repeat::List);
            list = is_list.then_some(name);
        }
    }
    Some(better.join(","))
}

/// The endpoint with options that it has.
fn with_known_options(word: &str) -> Option<String> {
    let scheme = kind_of(word);
    if word.contains('\\') || scheme.role == Role::Run {
        return None;
    }
    let better = word.split(',').enumerate().map(|(index, part)| {
        let part = part.strip_prefix("--").filter(|_| index > 0).unwrap_or(part);
        let (name, value) = part.split_at(part.find('=').unwrap_or(part.len()));
        let names = || scheme.rows().map(|row| row.name);
        if index == 0 || names().any(|other| other == name) {
            return part.to_owned();
        }
        let renamed = reader::renamed(name).map(|spec| spec.name).filter(|name| names().any(|other| other == *name));
        format!("{}{value}", renamed.or_else(|| names::nearest(name, names())).unwrap_or(name))
    });
    Some(Vec::from_iter(better).join(","))
}

/// The endpoint over TLS.
fn with_tls(mode: &ModeSpec, word: &str) -> Option<String> {
    let (kind, ..) = split(word);
    let tls = match kind {
        "tcp:" => "tls:",
        "tcp-listen:" => "tls-listen:",
        "" if !is_path(word) && mode.scheme.is_none() => "tls:",
        _ => return None,
    };
    Some(format!("{tls}{}", &word[kind.len()..]))
}

/// The endpoint of a unix socket with the kind that it needs.
fn with_unix(word: &str) -> Option<String> {
    let (scheme, rest) = parts(word)?;
    let is_wrong = scheme.form == Form::Inet && is_path(rest);
    is_wrong.then(|| format!("{}:{rest}", if scheme.listens() { "unix-listen" } else { "unix" }))
}

/// The address of an inherited socket without the kind before it.
fn with_bare_descriptor(word: &str) -> Option<String> {
    parts(word).map(|(_, rest)| rest.to_owned()).filter(|rest| rest.starts_with("fd:"))
}

/// The lines with a host to which a port has to be added.
pub(super) fn with_ports_to_fill(typed: &Typed<'_>) -> Vec<Vec<String>> {
    let better = |at: usize| Some(typed.with_word(at, with_port_to_fill(&typed.words[at])?));
    typed.places().into_iter().filter_map(better).collect()
}

/// A host with a port to fill in.
fn with_port_to_fill(word: &str) -> Option<String> {
    parts(word).is_none_or(|(scheme, _)| scheme.form == Form::Inet).then_some(())?;
    let (kind, host, options) = split(word);
    Some(format!("{kind}{}{options}", with_port(host, "PORT")?))
}

/// The line with an option of the run before the endpoints, if it stands after a comma.
fn with_option_first(typed: &Typed<'_>, at: usize) -> Option<Vec<String>> {
    let mode = typed.mode()?;
    let (start, word) = (typed.after_mode().start, &typed.words[at]);
    let part = word.split(',').skip(1).find(|part| {
        let is_of_run =
            |name: &str| option_called(name).is_some_and(|spec| mode.has(spec.id) && !mode.is_of_ends(spec.id));
        part.split('=').next().is_some_and(is_of_run)
    })?;
    let mut words = typed.with_word(at, word.replacen(&format!(",{part}"), "", 1));
    words.insert(start, format!("--{part}"));
    Some(words)
}

/// The lines in which an endpoint is where its kind belongs.
pub(super) fn with_other_mode(typed: &Typed<'_>) -> Vec<Vec<String>> {
    let Some(mode) = typed.mode() else { return Vec::new() };
    let places = typed.places();
    let [at, ..] = places[..] else { return Vec::new() };
    let word = &typed.words[at];
    let mut lines = Vec::new();
    let option = at.checked_sub(1).filter(|at| matches!(&*typed.words[*at], "--listen" | "--connect"));
    let Some((scheme, rest)) = parts(word) else { return lines };
    if let Some(own) = mode.scheme {
        let plain = hints::plain_address(own, scheme, rest);
        lines.extend(plain.map(|address| typed.with_word(at, address.to_owned())));
        lines.extend(tls::without_tcp(own, word).map(|address| typed.with_word(at, address)));
        let verb = match mode.verb.action {
            Action::Connect if !scheme.listens() => "connect",
            Action::Echo => "echo",
            _ => "listen",
        };
        // A verb has its endpoints without an option.
        lines.push(typed.with_mode_without(verb, option.as_slice()));
        return lines;
    }
    match (mode.verb.action, scheme.role) {
        (Action::Connect, Role::Listen) => lines.push(typed.with_mode("listen")),
        (Action::Connect, Role::Run) => {
            let mut words = typed.with_mode("relay");
            words.insert(at, "-".to_owned());
            lines.push(words);
        }
        (Action::Exec, Role::Listen) => {
            lines.extend(option.map(|option| typed.with_word(option, "--listen".to_owned())));
        }
        _ => (),
    }
    if scheme.is_tls && scheme.listens() || mode.verb.action != Action::Connect && scheme.name == "tls" {
        lines.push(typed.with_word(at, format!("{word},self-signed")));
    }
    lines
}

/// The line with the option that is missing before the address of `exec`.
pub(super) fn with_listen_or_connect(typed: &Typed<'_>) -> Option<Vec<String>> {
    typed.mode().filter(|mode| mode.verb.action == Action::Exec)?;
    let next = |at: usize| typed.words.get(at + 1).map(String::as_str);
    let at = typed.after_mode().find(|at| hints::is_place(&typed.words[*at], next(*at)))?;
    let word = &typed.words[at];
    let host = split(word).1.rsplit_once(':').map_or("", |(host, _)| host);
    let listens =
        matches!(host, "" | "*" | "0.0.0.0" | "[::]") || parts(word).is_some_and(|(scheme, _)| scheme.listens());
    let option = if listens { "--listen" } else { "--connect" };
    let dashes = if next(at).is_none_or(|next| next.starts_with("--")) { "" } else { "--" };
    let mut words = typed.with_words(at, &[option.to_owned(), word.clone(), dashes.to_owned()]);
    words.retain(|word| !word.is_empty());
    Some(words)
}

/// The lines in which both ends of a relay are where they belong.
pub(super) fn relay_ends(typed: &Typed<'_>) -> Vec<Vec<String>> {
    let places = typed.places();
    let is_relay = typed.mode().is_some_and(|mode| mode.verb.action == Action::Relay);
    if let ([at], true) = (&places[..], is_relay) {
        let ends = forwarded(&typed.words[*at]);
        let line = ends.map(|ends| typed.with_words(*at, &ends).into_iter().filter(|word| word != "-L").collect());
        return line.into_iter().collect();
    }
    let ([left_at, right_at], true) = (&places[..], is_relay) else { return Vec::new() };
    let (left, right) = (&typed.words[*left_at], &typed.words[*right_at]);
    let with = |left: String, right: String| {
        let mut words = typed.with_word(*left_at, left);
        words[*right_at] = right;
        words
    };
    let mut lines = Vec::new();
    if left == "-" && right == "-" {
        lines.push(with("-".to_owned(), "HOST:PORT".to_owned()));
    }
    let listens = |word: &str| parts(word).is_some_and(|(scheme, _)| scheme.listens());
    if listens(right) {
        if left == "-" {
            lines.push(typed.with_mode_without("listen", &[*left_at]));
        } else if !listens(left) {
            lines.push(with(right.clone(), left.clone()));
        }
    }
    for (at, word) in [(*right_at, right), (*left_at, left)] {
        lines.extend(program(word).map(|program| typed.with_word(at, program)));
    }
    if hints::awaits_clients(left, right) {
        let is_bare = parts(right).is_none() && right != "-" && !is_path(right);
        let right = if is_bare { format!("tcp:{right}") } else { right.clone() };
        lines.push(with(format!("tcp-listen:{}", left.trim_start_matches(':')), right));
    }
    if let Some((scheme, command)) = parts(right).filter(|(scheme, _)| left == "-" && scheme.role == Role::Run) {
        let exec = typed.with_mode_without("exec", &[*left_at, *right_at]);
        let program = match scheme.form {
            _ if command.trim().is_empty() => Some(vec!["--".to_owned(), "CMD".to_owned()]),
            Form::Line => Some(vec!["--shell".to_owned(), command.to_owned()]),
            _ => shell_words::split(command).ok().map(|words| [vec!["--".to_owned()], words].concat()),
        };
        lines.extend(program.map(|program| [exec, program].concat()));
    }
    if let Some((scheme, address)) = parts(left).filter(|(scheme, _)| scheme.listens() && right == "-") {
        if scheme.has_datagrams() {
            let server = typed.with_mode_without("udp-server", &[*left_at, *right_at]);
            lines.push([server, vec![address.to_owned()]].concat());
        }
        let mut words = typed.words.to_vec();
        words.insert(typed.after_mode().start, "--once".to_owned());
        lines.push(words);
    }
    lines
}

/// The two endpoints of a port that is forwarded, as ssh writes them in one word: `8080:localhost:80`.
fn forwarded(word: &str) -> Option<[String; 2]> {
    let (left, rest) = parts(word).map_or(("tcp-listen", word), |(scheme, rest)| (scheme.name, rest));
    let (port, right) = rest.split_once(':').filter(|(port, right)| is_port(port) && right.contains(':'))?;
    let is_listener = scheme_called(left).is_some_and(|scheme| scheme.listens() && scheme.form == Form::Inet);
    let kind = if left.starts_with("udp") { "udp:" } else { "" };
    (is_listener && is_address(right)).then(|| [format!("{left}:{port}"), format!("{kind}{right}")])
}

/// The endpoint that runs a program, if `word` is the name of a program.
fn program(word: &str) -> Option<String> {
    let path = word.strip_prefix("unix:").unwrap_or(word);
    is_program(path).then(|| format!("exec:{}", shell_words::quote(path)))
}

/// Whether a word is the path of a program, or its name in `PATH`.
pub(super) fn is_program(word: &str) -> bool {
    if is_path(word) {
        return is_executable(Path::new(word));
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    !word.contains(['/', ':', ',']) && std::env::split_paths(&folders).any(|folder| is_executable(&folder.join(word)))
}

/// The lines in which a host and its port are one word.
pub(super) fn with_joined_words(typed: &Typed<'_>) -> Vec<Vec<String>> {
    let places = typed.places();
    if let [port, host] = places[..]
        && are_swapped(&typed.words[port], &typed.words[host])
    {
        let mut words = typed.words.to_vec();
        words.swap(port, host);
        return vec![words];
    }
    // A host and ports are two words of a scan.
    if typed.mode().is_none_or(|mode| mode.scheme.is_some() || mode.verb.action == Action::Scan) {
        return Vec::new();
    }
    let pairs = places.windows(2).filter_map(|pair| {
        let one = hints::joined(&typed.words[pair[0]], &typed.words[pair[1]])?;
        let mut words = typed.with_word(pair[0], one);
        words.remove(pair[1]);
        Some(words)
    });
    pairs.collect()
}
