//! Words of other programs where an endpoint is expected: what they are called here.
//!
//! They are not accepted, since what follows them would not mean the same either; whoever writes them out of habit is
//! told the word. The same for options of netcat is in `cli/text.rs`.

use crate::cli::quote::quote;
use crate::cli::schemes::named;

/// What socat calls otherwise, in small letters, and how it is written here.
const WORDS: [(&str, &str); 43] = [
    ("stdio", "-"),
    ("stdin", "-"),
    ("stdout", "-"),
    ("tcp-connect", "tcp:HOST:PORT"),
    ("tcp4", "tcp:HOST:PORT,4"),
    ("tcp4-connect", "tcp:HOST:PORT,4"),
    ("tcp6", "tcp:HOST:PORT,6"),
    ("tcp6-connect", "tcp:HOST:PORT,6"),
    ("tcp-l", "tcp-listen:PORT"),
    ("tcp4-listen", "tcp-listen:PORT,4"),
    ("tcp6-listen", "tcp-listen:PORT,6"),
    ("openssl", "tls:HOST:PORT"),
    ("openssl-connect", "tls:HOST:PORT"),
    ("ssl", "tls:HOST:PORT"),
    ("ssl-connect", "tls:HOST:PORT"),
    ("tls-connect", "tls:HOST:PORT"),
    ("openssl-listen", "tls-listen:PORT,cert=FILE"),
    ("ssl-l", "tls-listen:PORT,cert=FILE"),
    ("ssl-listen", "tls-listen:PORT,cert=FILE"),
    ("tls-l", "tls-listen:PORT,cert=FILE"),
    ("unix-connect", "unix:PATH"),
    ("unix-client", "unix:PATH"),
    ("unix-l", "unix-listen:PATH"),
    ("abstract", "unix:@NAME"),
    ("abstract-connect", "unix:@NAME"),
    ("abstract-client", "unix:@NAME"),
    ("abstract-listen", "unix-listen:@NAME"),
    ("udp-connect", "udp:HOST:PORT"),
    ("udp-sendto", "udp:HOST:PORT"),
    ("udp4", "udp:HOST:PORT,4"),
    ("udp4-connect", "udp:HOST:PORT,4"),
    ("udp4-sendto", "udp:HOST:PORT,4"),
    ("udp6", "udp:HOST:PORT,6"),
    ("udp6-connect", "udp:HOST:PORT,6"),
    ("udp6-sendto", "udp:HOST:PORT,6"),
    ("udp-l", "udp-listen:PORT"),
    ("udp-recv", "udp-listen:PORT"),
    ("udp-recvfrom", "udp-listen:PORT"),
    ("udp4-listen", "udp-listen:PORT,4"),
    ("udp4-recvfrom", "udp-listen:PORT,4"),
    ("udp6-listen", "udp-listen:PORT,6"),
    ("udp6-recvfrom", "udp-listen:PORT,6"),
    ("system", "shell:CMD"),
];

/// Options of socat's addresses, and what there is instead.
const OPTIONS: [(&str, &str); 29] = [
    ("fork", "a LEFT that listens serves many clients without it; --once is for one"),
    ("reuseaddr", "it is always set"),
    ("reuseport", "a port is never shared"),
    ("bind", "where something listens, the address is a part of it, as in tcp-listen:127.0.0.1:80"),
    ("pf", "4 and 6 choose the family"),
    ("range", "allow=NETWORK and deny=NETWORK choose who is let in"),
    ("max-children", "max-conns=N is the limit"),
    ("perm", "mode=0600 sets the permission bits"),
    ("unlink-early", "replace-stale removes a socket that nobody serves any more"),
    ("unlink-close", "the socket is removed at the end without it"),
    ("forever", "retry=N is for as many tries"),
    ("interval", "retry-delay=DUR is the pause between two tries"),
    ("cafile", "ca=FILE has the authorities of servers, client-ca=FILE those of clients"),
    ("capath", "the authorities are in one file: ca=FILE, of clients client-ca=FILE"),
    ("cacert", "it is ca=FILE"),
    ("verify", "servers are verified without it, unless insecure is given; clients with client-ca=FILE"),
    ("commonname", "server-name=NAME is whom the certificate must be for"),
    ("snihost", "server-name=NAME is whom the certificate must be for, and is sent as SNI"),
    ("servername", "it is server-name=NAME"),
    ("no-sni", "with an IP address as server-name none is sent"),
    ("certificate", "it is cert=FILE"),
    ("cipher", "tls-min=1.3 leaves out all ciphers of older versions, there is no other choice"),
    ("method", "tls-min=VERSION is the oldest version"),
    ("min-proto-version", "tls-min=VERSION is the oldest version"),
    ("starttls", "it is an option of tls-client and connect only"),
    ("timeout", "it is an option of the run, --timeout, and so is --idle-timeout"),
    ("idle-timeout", "it holds for all: write --idle-timeout before the endpoints"),
    ("once", "it holds for all: write --once before the endpoints"),
    ("grace", "it holds for all: write --grace before the endpoints"),
];

/// Why a text that starts with no kind of ours is no endpoint; `None` if it is an address, be it a bad one.
pub(super) fn explain_kind(text: &str, is_address: bool) -> Option<String> {
    let end = text.find([':', ',']).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let lower = word.to_ascii_lowercase();
    // A host may have such a name; one in capitals is a habit, and so is one with a hyphen.
    if !is_address || word != lower || word.contains('-') {
        if let Some((_, ours)) = WORDS.iter().find(|(name, _)| *name == lower) {
            return Some(format!("{} is written '{ours}' here", quote(word)));
        }
        if let Some(ours) = named().find(|scheme| scheme.name == lower && rest.starts_with(':')) {
            return Some(format!("{} is written '{}:' here", quote(&format!("{word}:")), ours.name));
        }
    }
    let rest = rest.strip_prefix(':')?;
    if is_address || !looks_like_a_kind(word) {
        return None;
    }
    let is_port = rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'_' | b','));
    // Without brackets, an IPv6 address has such colons.
    if is_port || rest.starts_with(':') {
        return None;
    }
    let kinds = Vec::from_iter(named().map(|scheme| format!("{}:", scheme.name)));
    Some(format!("{} is no kind of endpoint; there are -, {} and a bare HOST:PORT", quote(word), kinds.join(", ")))
}

/// Letters, digits and hyphens, as in the names of protocols.
fn looks_like_a_kind(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'_'))
}

/// What there is instead of an option that some endpoint elsewhere has.
pub(super) fn tip_for_option(name: &str) -> Option<&'static str> {
    OPTIONS.iter().find(|(other, _)| *other == name).map(|(_, tip)| *tip)
}
