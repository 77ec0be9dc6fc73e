//! Words before a colon that are not a kind of endpoint, although the user meant one.
//!
//! Such a word must not be taken for the name of a host, which would be looked up. Capitals, hyphens and small
//! differences from the name of a scheme show that a kind is meant. A host with such a name needs `tcp:` before it.
//! `cli/schemes.rs` lists the kinds.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use strsim::osa_distance;

use crate::cli::address::is_address;
use crate::cli::schemes::{Scheme, named, scheme_called};

/// Kinds of addresses of socat, and words for listeners and clients that people try, in lower case. A row has the
/// beginning of the word, the kind of endpoint that xport has instead, the option that limits it to one family of
/// addresses (or nothing), and the ends of the word.
static FOREIGN: &[(&str, &str, &str, &[&str])] = &[
    ("connect", "tcp", "", &[""]),
    ("tcp", "tcp", "", &["-connect"]),
    ("tcp4", "tcp", "4", &["", "-connect"]),
    ("tcp6", "tcp", "6", &["", "-connect"]),
    ("listen", "tcp-listen", "", &[""]),
    ("tcp", "tcp-listen", "", &["-l"]),
    ("tcp4", "tcp-listen", "4", &["-l", "-listen"]),
    ("tcp6", "tcp-listen", "6", &["-l", "-listen"]),
    ("openssl", "tls", "", &["", "-connect"]),
    ("ssl", "tls", "", &["", "-connect"]),
    ("tls", "tls", "", &["-connect"]),
    ("openssl", "tls-listen", "", &["-listen"]),
    ("ssl", "tls-listen", "", &["-l", "-listen"]),
    ("tls", "tls-listen", "", &["-l"]),
    ("unix", "unix", "", &["-connect", "-client"]),
    ("unix", "unix-listen", "", &["-l", "-server"]),
    ("abstract", "unix", "", &["", "-connect", "-client"]),
    ("abstract", "unix-listen", "", &["-listen"]),
    ("udp", "udp", "", &["-connect", "-sendto", "-datagram"]),
    ("udp4", "udp", "4", &["", "-connect", "-sendto", "-datagram"]),
    ("udp6", "udp", "6", &["", "-connect", "-sendto"]),
    ("udp", "udp-listen", "", &["-l", "-recv", "-recvfrom"]),
    ("udp4", "udp-listen", "4", &["-listen", "-recv", "-recvfrom"]),
    ("udp6", "udp-listen", "6", &["-listen", "-recv", "-recvfrom"]),
    ("system", "shell", "", &[""]),
];

/// Kinds of addresses of socat that xport does not have, and why.
const ABSENT: &[(&str, &str)] = &[
    ("pty", "exec --pty runs a program on a terminal"),
    ("file", NO_FILES),
    ("open", NO_FILES),
    ("gopen", NO_FILES),
    ("create", NO_FILES),
    ("socks4", NO_PROXY),
    ("socks4a", NO_PROXY),
    ("socks5", NO_PROXY),
    ("proxy", NO_PROXY),
    ("ws", NO_WEBSOCKET),
    ("wss", NO_WEBSOCKET),
    ("tun", "xport has no network interfaces of its own"),
    ("interface", "xport sends no packets of its own"),
    ("sctp", "xport has TCP, TLS, UDP and unix sockets"),
    ("sctp-listen", "xport has TCP, TLS, UDP and unix sockets"),
    ("vsock-connect", "xport has TCP, TLS, UDP and unix sockets"),
    ("vsock-listen", "xport has TCP, TLS, UDP and unix sockets"),
];

const NO_FILES: &str = "write - and redirect it: < FILE or > FILE";

/// Why xport has no endpoint for a WebSocket.
const NO_WEBSOCKET: &str = "xport has no WebSocket; use websocat";

/// Why xport has no endpoint for a proxy.
pub(super) const NO_PROXY: &str = "xport does not connect through a proxy; use ncat --proxy";

/// Why xport does not have the kind of an endpoint of socat. A host can have the same name in small letters.
pub(super) fn absent(text: &str) -> Option<&'static str> {
    let word = &text[..text.find([':', ',']).unwrap_or(text.len())];
    let (_, why) = ABSENT.iter().find(|(name, _)| word.eq_ignore_ascii_case(name))?;
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
    let lower = word.to_ascii_lowercase();
    let is_meant = |(start, _, _, ends): &&(&str, &str, &str, &[&str])| {
        lower.strip_prefix(start).is_some_and(|end| ends.contains(&end))
    };
    let (_, name, family, _) = FOREIGN.iter().find(is_meant)?;
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
