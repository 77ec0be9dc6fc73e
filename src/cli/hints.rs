//! Reasons why xport does not have a word or an option that other programs have, or that another end has.
//!
//! `cli/habits/` finds the line that was meant.

use std::ffi::OsStr;

use crate::cli::address::{is_address, parse_address, with_port};
use crate::cli::host::{find_service, is_port};
use crate::cli::kinds::{NO_PROXY, absent, unknown_kind};
use crate::cli::modes::{Action, ModeSpec, Verb};
use crate::cli::options::Opt;
use crate::cli::quote::{is_among, quote};
use crate::cli::schemes::{Form, Scheme, scheme_called};

/// Names of other programs, separated by spaces, and what to write instead.
type Table = &'static [(&'static str, &'static str)];

/// Options of socat's addresses, and why endpoints do not have them.
const OPTIONS: Table = &[
    ("fork", "a LEFT that listens always serves many clients"),
    ("reuseaddr", "SO_REUSEADDR is always set"),
    ("reuseport", "a port is never shared"),
    ("capath", "use one file of authorities: ca=FILE for servers, client-ca=FILE for clients"),
    ("verify", "servers are always verified, unless insecure is given; client-ca=FILE verifies clients"),
    ("no-sni", "use an IP address as server-name: no SNI is sent for it"),
    ("cipher", "xport has no choice of ciphers; tls-min=1.3 excludes those of older versions"),
    ("method min-proto-version", "use tls-min=VERSION for the oldest version"),
    ("proxy", NO_PROXY),
    ("pf", "use 4 for IPv4, 6 for IPv6"),
    ("timeout", "use --timeout or --idle-timeout before the endpoints"),
    ("idle-timeout once grace", "it applies to the whole run, not to one end"),
];

/// Why datagrams cannot be scanned.
pub(super) const NO_DATAGRAMS: &str =
    "UDP cannot be scanned: an open port that does not answer looks like one behind a firewall";

/// Why a terminal is no endpoint.
pub(super) const NO_SERIAL: &str = "xport has no serial lines; use socat";

/// Options of other scanners, and what to do instead.
const SCAN_OPTIONS: Table = &[
    ("-p", "write the ports after the host: xport scan HOST 22,80,8000-8010"),
    ("-u -sU --udp", NO_DATAGRAMS),
    ("-w", "use --connect-timeout for each port, --timeout for the whole scan"),
    ("-z", "a scan sends no data anyway"),
];

/// The reason why an end does not have `crlf`.
fn no_crlf(verb: &Verb) -> &'static str {
    match verb.action {
        Action::Echo => "an echo sends data back unchanged",
        Action::Wait | Action::Scan => "no data is sent",
        _ => "datagrams are not lines; write \\r\\n with printf",
    }
}

/// Options that TLS clients do not have, and what to do instead.
const TLS_CLIENT_OPTIONS: Table = &[
    ("-k", "only servers have this option; --insecure skips the verification of the certificate"),
    ("--client-ca", "only servers have this option; --ca FILE names the authorities of servers"),
    ("--self-signed", "only servers have this option; a client verifies such a server with --pin"),
];

/// Options that TLS servers do not have, and what to do instead.
const TLS_SERVER_OPTIONS: Table = &[
    ("--ca", "use --client-ca FILE to require certificates from clients"),
    ("--insecure", "clients need no certificate, unless --client-ca is given"),
    ("--pin", "use --client-ca FILE to verify clients"),
    ("--server-name", "a server presents the certificate of --cert, whatever name a client asks for"),
    ("--starttls", "only tls-client has this option; a server speaks TLS from the start"),
];

/// Explains why a text is not an endpoint, although its author meant one. `None` if it is an endpoint or an address.
pub(super) fn explain_kind(text: &str) -> Option<String> {
    let why = absent(text).map(|why| format!(": {why}")).unwrap_or_default();
    unknown_kind(text).map(|word| format!("unknown kind of endpoint {}{why}", quote(word)))
}

/// Explains that the address of a mode with one kind of endpoint was written as an endpoint. `None` if it was not.
pub(super) fn explain_endpoint(mode: &ModeSpec, own: &Scheme, text: &str) -> Option<String> {
    let (name, rest) = text.split_once(':')?;
    let scheme = scheme_called(name).filter(|scheme| matches!(scheme.form, Form::Inet | Form::Unix))?;
    // If this fails, the address is wrong, and its kind is right.
    let is_wrong = |address: &str| parse_address(own.parse, OsStr::new(address)).is_err();
    if rest.trim_start_matches('/').is_empty() || plain_address(own, scheme, rest).is_some_and(is_wrong) {
        return None;
    }
    Some(format!("{} is an endpoint, and {} takes addresses", quote(text), mode.name))
}

/// The address of an endpoint without its kind, if its kind is `own` and no options follow. `rest` follows the colon.
pub(super) fn plain_address<'a>(own: &Scheme, scheme: &Scheme, rest: &'a str) -> Option<&'a str> {
    let of_url = |url: &'a str| if scheme.is_unix() { url } else { url.trim_end_matches('/') };
    let address = rest.strip_prefix("//").map_or(rest, of_url);
    let is_own = (scheme.form, scheme.carrier, scheme.is_tls) == (own.form, own.carrier, own.is_tls)
        && (own.listens() || !scheme.listens());
    // Options follow a comma.
    (is_own && !address.contains(',')).then_some(address)
}

/// The endpoint that was written as two words, a host and its port. `None` if the words mean something else.
pub(super) fn joined(host: &str, port: &str) -> Option<String> {
    let kind_end = host.find(':').filter(|at| scheme_called(&host[..*at]).is_some_and(|kind| kind.form == Form::Inet));
    let (kind, host) = host.split_at(kind_end.map_or(0, |at| at + 1));
    let address = with_port(host, port).filter(|_| is_port(port))?;
    Some(format!("{kind}{address}"))
}

/// Whether the word in the place of a program is an address or an endpoint. A number needs the dashes behind it.
pub(super) fn is_place(program: &str, next: Option<&str>) -> bool {
    let kind = program.split_once(':').and_then(|(kind, _)| scheme_called(kind));
    match kind {
        Some(scheme) => scheme.is_socket(),
        None => is_address(program) && (program.contains(':') || next == Some("--")),
    }
}

/// The word of a command line of `exec:` that only a shell understands: a redirection, a pipe or `&&`. A word in quotes
/// is meant as it is.
pub(super) fn word_for_a_shell<'a>(line: &str, words: &'a [String]) -> Option<&'a str> {
    let is_special = |word: &str| word == "&&" || ["<", ">", "2>", "|"].iter().any(|start| word.starts_with(start));
    let is_bare = |word: &str| line.split_whitespace().any(|other| other == word);
    words.iter().map(String::as_str).find(|word| is_special(word) && is_bare(word))
}

/// Whether a word is the name of a service and nothing else, such as `ssh`.
pub(super) fn is_bare_service(word: &str) -> bool {
    !word.contains([':', '/']) && find_service(word).is_some()
}

/// Whether LEFT of a relay is a bare port or every interface, as a listener is written. Such a LEFT would connect.
pub(super) fn awaits_clients(left: &str, right: &str) -> bool {
    let address = left.strip_prefix(':').unwrap_or(left);
    let is_any = |host: &str| matches!(host, "*" | "0.0.0.0" | "[::]");
    let is_listener = is_port(address) || left.rsplit_once(':').is_some_and(|(host, _)| is_any(host));
    is_listener && !matches!(right, "-" | "stdio")
}

/// The reason why an endpoint does not have an option, or what to do instead.
pub(super) fn reason_for_option(verb: &Verb, name: &str) -> Option<&'static str> {
    if name == "crlf" { Some(no_crlf(verb)) } else { find(OPTIONS, name) }
}

/// The reason why a mode does not have an option of TLS, or of another program.
pub(super) fn reason_for_flag(mode: &ModeSpec, flag: &str) -> Option<&'static str> {
    if matches!(flag, "-C" | "--crlf") && !mode.has(Opt::Crlf) {
        return Some(no_crlf(mode.verb));
    }
    match mode.scheme {
        Some(scheme) if scheme.is_tls && scheme.listens() => find(TLS_SERVER_OPTIONS, flag),
        Some(scheme) if scheme.is_tls => find(TLS_CLIENT_OPTIONS, flag),
        Some(_) => None,
        None if mode.verb.action == Action::Scan => find(SCAN_OPTIONS, flag),
        None => reason_for_option(mode.verb, flag.strip_prefix("--")?),
    }
}

fn find(table: Table, name: &str) -> Option<&'static str> {
    table.iter().find(|(names, _)| is_among(name, names)).map(|(_, tip)| *tip)
}
