//! What a word of a line is: an option of xport, a port, a path, a host.

use std::net::Ipv6Addr;

use crate::cli::address::{is_address, with_port};
use crate::cli::host::is_port;
use crate::cli::options::{OptSpec, rows};
use crate::cli::quote::is_among;

/// Programs that people name before their line.
const PROGRAMS: &str = "xport nc ncat netcat nc.openbsd nc.traditional socat telnet curl wget s_client s_server";

/// The row of an option of xport.
pub(super) fn option_called(name: &str) -> Option<&'static OptSpec> {
    rows().find(|row| row.name == name && !row.id.names_an_end())
}

/// Host and port with one colon between them, if there are two.
pub(super) fn one_colon(text: &str) -> Option<String> {
    let (host, port) = text.split_once("::").filter(|(host, port)| !host.contains(':') && is_port(port))?;
    if text.parse::<Ipv6Addr>().is_ok() { None } else { with_port(host, port) }
}

/// Schemes of URLs that a connection is made for, and the port of each.
const URLS: &[(&str, &str)] = &[
    ("http", "80"),
    ("https", "443"),
    ("telnet", "23"),
    ("postgres", "5432"),
    ("postgresql", "5432"),
    ("mysql", "3306"),
    ("redis", "6379"),
    ("amqp", "5672"),
    ("mongodb", "27017"),
    ("ssh", "22"),
    ("smtp", "25"),
    ("ldap", "389"),
];

/// A URL as the address of its server, and whether it needs TLS.
pub(super) fn url(word: &str) -> Option<(bool, String)> {
    let (scheme, rest) = word.split_once("://")?;
    let (scheme, port) = URLS.iter().find(|(name, _)| name.eq_ignore_ascii_case(scheme))?;
    let address = rest.split(['/', '?', '#']).next().filter(|address| !address.is_empty())?;
    let address = address.rsplit('@').next().unwrap_or_default();
    let is_whole = is_address(address) && !is_port(address);
    let address = if is_whole { address.to_owned() } else { with_port(address, port)? };
    Some((*scheme == "https", address))
}

/// Whether a text is a list or a range of ports, and not one port.
pub(super) fn is_list(text: impl AsRef<str>) -> bool {
    let text = text.as_ref();
    text.contains([',', '-']) && text.split([',', '-']).all(|part| part.parse::<u16>().is_ok())
}

/// The port that a program takes if none is written.
pub(super) fn port_of(program: &str) -> &'static str {
    match program {
        "telnet" => "23",
        "curl" | "wget" => "80",
        _ => "PORT",
    }
}

/// The name of another program before a line, and the line without it.
pub(super) fn split_program(words: &[String]) -> (Option<&str>, &[String]) {
    match words {
        [first, rest @ ..] if first == "openssl" && matches!(rest, [second, ..] if second.starts_with("s_")) => {
            split_program(rest)
        }
        [first, rest @ ..] if is_among(first, PROGRAMS) => (Some(first), rest),
        _ => (None, words),
    }
}
