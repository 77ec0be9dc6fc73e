//! Words before a colon that are not a kind of endpoint, although the user meant one.
//!
//! Such a word must not be taken for the name of a host, which would be looked up. Capitals, hyphens and small
//! differences from the name of a scheme show that a kind is meant. A host with such a name needs `tcp:` before it.
//! `cli/schemes.rs` lists the kinds.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use strsim::osa_distance;

use crate::cli::address::is_address;
use crate::cli::quote::is_among;
use crate::cli::schemes::{Scheme, named, scheme_called};

/// Kinds of addresses of socat, and words for listeners and clients that people try, in lower case and separated by
/// spaces. A row has the kind of endpoint that xport has instead, and the option that limits it to one family of
/// addresses, or nothing.
const FOREIGN: &[(&str, &str, &str)] = &[
    ("connect tcp-connect", "tcp", ""),
    ("tcp4 tcp4-connect", "tcp", "4"),
    ("tcp6 tcp6-connect", "tcp", "6"),
    ("listen tcp-l", "tcp-listen", ""),
    ("tcp4-l tcp4-listen", "tcp-listen", "4"),
    ("tcp6-l tcp6-listen", "tcp-listen", "6"),
    ("openssl openssl-connect ssl ssl-connect tls-connect", "tls", ""),
    ("openssl-listen ssl-l ssl-listen tls-l", "tls-listen", ""),
    ("unix-connect unix-client abstract abstract-connect abstract-client", "unix", ""),
    ("unix-l unix-server abstract-listen", "unix-listen", ""),
    ("udp-connect udp-sendto udp-datagram", "udp", ""),
    ("udp4 udp4-connect udp4-sendto udp4-datagram", "udp", "4"),
    ("udp6 udp6-connect udp6-sendto", "udp", "6"),
    ("udp-l udp-recv udp-recvfrom", "udp-listen", ""),
    ("udp4-listen udp4-recv udp4-recvfrom", "udp-listen", "4"),
    ("udp6-listen udp6-recv udp6-recvfrom", "udp-listen", "6"),
    ("system", "shell", ""),
];

/// Kinds of addresses of socat that xport does not have, separated by spaces, and why.
const ABSENT: &[(&str, &str)] = &[
    ("pty", "exec --pty runs a program on a terminal"),
    ("file open gopen create", NO_FILES),
    ("socks4 socks4a socks5 proxy", NO_PROXY),
    ("ws wss", NO_WEBSOCKET),
    ("tun", "xport has no network interfaces of its own"),
    ("interface", "xport sends no packets of its own"),
    ("sctp sctp-listen vsock-connect vsock-listen", "xport has TCP, TLS, UDP and unix sockets"),
];

const NO_FILES: &str = "write - and redirect it: < FILE or > FILE";

/// Why xport has no endpoint for a WebSocket.
const NO_WEBSOCKET: &str = "xport has no WebSocket; use websocat";

/// Why xport has no endpoint for a proxy.
pub(super) const NO_PROXY: &str = "xport does not connect through a proxy; use ncat --proxy";

/// Why xport does not have the kind of an endpoint of socat. A host can have the same name in small letters.
pub(super) fn absent(text: &str) -> Option<&'static str> {
    let word = &text[..text.find([':', ',']).unwrap_or(text.len())];
    let (_, why) = ABSENT.iter().find(|(names, _)| is_among(&word.to_ascii_lowercase(), names))?;
    let is_kind = word.len() < text.len() && !is_address(text) || word.bytes().all(|byte| !byte.is_ascii_lowercase());
    is_kind.then_some(*why)
}

/// Protocols that stand before a hyphen in kinds of other programs.
const PROTOCOLS: &[&str] = &[
    "tcp", "tcp4", "tcp6", "tls", "ssl", "openssl", "dtls", "udp", "udp4", "udp6", "unix", "abstract", "ws", "wss",
    "http", "https", "quic", "sctp", "dccp", "vsock", "socks", "socks4", "socks5", "ftp", "ssh", "fd",
];

/// What such a protocol does: the word after the hyphen.
const ROLES: &[&str] = &["listen", "l", "connect", "accept", "server", "client", "recv", "recvfrom", "sendto"];

/// The kind that another program calls `word`, and the option for its family of addresses.
pub(super) fn foreign(word: &str) -> Option<(&'static Scheme, &'static str)> {
    let (_, name, family) = FOREIGN.iter().find(|(names, ..)| is_among(&word.to_ascii_lowercase(), names))?;
    Some((scheme_called(name)?, family))
}

/// The kind of endpoint that is nearly spelled like `word`. `None` if it is spelled like it.
pub(super) fn nearly(word: &str) -> Option<&'static Scheme> {
    let plain = word.to_ascii_lowercase().replace('_', "-");
    let distance = |scheme: &Scheme| osa_distance(&plain, scheme.name);
    // Short names are near to many words.
    let is_near = |scheme: &&Scheme| distance(scheme) <= usize::from(scheme.name.len() > 2);
    named().filter(is_near).min_by_key(|scheme| distance(scheme)).filter(|scheme| scheme.name != word)
}

/// Whether a word for stdin and stdout is meant.
pub(super) fn is_stdio(word: &str) -> bool {
    ["stdio", "stdin", "stdout"].iter().any(|other| word.eq_ignore_ascii_case(other))
}

/// The word before the colon, if it is not a kind of endpoint although one is meant.
pub(super) fn unknown_kind(text: &str) -> Option<&str> {
    let word = &text[..text.find([':', ',']).unwrap_or(text.len())];
    if is_stdio(word) || absent(text).is_some() {
        return Some(word);
    }
    let rest = text[word.len()..].strip_prefix(':')?;
    if !looks_like_a_kind(word) || scheme_called(word).is_some() {
        return None;
    }
    let address = &text[..text.find(',').unwrap_or(text.len())];
    if !is_address(address) {
        let is_port =
            rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'_' | b','));
        let is_known = foreign(word).is_some() || nearly(word).is_some();
        // An IPv6 address without brackets and a host with a wrong port look like this too.
        return (!rest.starts_with(':') && (!is_port || is_known && word.len() > 3)).then_some(word);
    }
    let lower = word.to_ascii_lowercase().replace('_', "-");
    let is_near = |scheme: &Scheme| scheme.name.len() > 3 || scheme.name == lower;
    let is_known = foreign(&lower).is_some() || nearly(word).is_some_and(is_near);
    let has_role = lower.split_once('-').is_some_and(|(protocol, role)| {
        PROTOCOLS.contains(&protocol) && (ROLES.contains(&role) || role.ends_with("-listen"))
    });
    let is_marked = word != lower || lower.contains('-');
    let is_verb = matches!(&*lower, "listen" | "connect");
    (is_verb || has_role || is_marked && is_known).then_some(word)
}

/// Whether a word has only letters, digits and hyphens, as the names of protocols do.
fn looks_like_a_kind(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'_'))
}

/// Whether a path is that of a program: a file that can be executed. A socket at the path would be an endpoint.
pub(super) fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
