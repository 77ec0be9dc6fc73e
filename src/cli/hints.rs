//! Words and options of other programs, and what xport calls them.
//!
//! A word of another program is refused, because what follows the word would mean something else too. The message names
//! the word that xport has.

use crate::cli::quote::quote;
use crate::cli::schemes::named;

/// Words of socat in small letters, and the endpoint to write instead.
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

/// Options of socat's addresses, and what to do instead.
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

/// Options of the netcats and of curl, and what to do instead.
pub(super) const NETCAT_OPTIONS: &[(&str, &str)] = &[
    ("-b", "udp-client has --broadcast"),
    ("-c", "exec --listen EP --shell CMD lets the shell run a line for each connection"),
    ("-e", "exec --listen EP -- CMD runs a program for each connection, exec --connect EP -- CMD on one"),
    (
        "-k",
        "udp-server hears every sender without it; tcp-server, tls-server and unix-server have it; what serves echo, \
         relay and exec need none",
    ),
    ("-l", "what listens is a mode of its own: tcp-server, tls-server, unix-server, udp-server"),
    ("-N", "the end of stdin is passed on without it; --half-close says when"),
    ("-p", "the port is a part of the address; that of a client's own end is --source"),
    ("-s", "the address of a client's own end is --source"),
    ("-u", "UDP is a mode of its own: udp-client, udp-server, udp-echo"),
    ("-U", "unix sockets have modes of their own: unix-client, unix-server, unix-echo"),
    ("-w", "--connect-timeout, --idle-timeout, --linger and --timeout are the limits there are"),
    ("-z", "there is no scan; the status of a client tells whether it could connect"),
    ("--cacert", "the authorities are --ca FILE of tls-client, or tls:ADDRESS,ca=FILE"),
    ("--capath", "the authorities are in one file: --ca FILE of tls-client, or tls:ADDRESS,ca=FILE"),
    ("--pinnedpubkey", "it is --pin of tls-client, in hexadecimal: --pin sha256:HEX"),
    ("--ssl", TLS_MODES),
    ("--ssl-alpn", "it is --alpn LIST, of the modes of TLS"),
    ("--ssl-cert", "it is --cert FILE, of the modes of TLS"),
    ("--ssl-ciphers", "--tls-min 1.3 leaves out all ciphers of older versions, there is no other choice"),
    ("--ssl-key", "it is --key FILE, of the modes of TLS"),
    ("--ssl-servername", "it is --server-name NAME, of tls-client"),
    ("--ssl-trustfile", "it is --ca FILE, of tls-client"),
    ("--ssl-verify", "tls-client verifies without it; --ca FILE is for authorities other than those of the system"),
    ("--tls", TLS_MODES),
    ("--tlsv1.2", "it is --tls-min 1.2, which is the default of the modes of TLS"),
    ("--tlsv1.3", "it is --tls-min 1.3, of the modes of TLS"),
];

/// The tip for an option of TLS in a mode without TLS.
pub(super) const TLS_MODES: &str = "TLS is a mode of its own: tls-client, tls-server, tls-echo";

/// Options that TLS clients do not have, and what to do instead.
pub(super) const TLS_CLIENT_OPTIONS: &[(&str, &str)] = &[
    ("-k", "--insecure does not verify the certificate"),
    ("--client-ca", "that is for servers; the authorities of servers are --ca FILE"),
    ("--self-signed", "that is for servers; a client knows one of these by --pin"),
];

/// Options that TLS servers do not have, and what to do instead.
pub(super) const TLS_SERVER_OPTIONS: &[(&str, &str)] = &[
    ("--ca", "clients must show a certificate of the authorities in --client-ca FILE"),
    ("--insecure", "clients need no certificate without --client-ca"),
    ("--pin", "clients are known by their authority: --client-ca FILE"),
    ("--server-name", "a server shows the certificate of --cert, whatever name a client asks for"),
    ("--starttls", "that is for tls-client; a server speaks TLS at once"),
];

/// Options of `openssl s_client` and `s_server`, and what to do instead.
pub(super) const OPENSSL_OPTIONS: &[(&str, &str)] = &[
    ("-CAfile", "it is --ca FILE for clients, --client-ca FILE for servers"),
    ("-Verify", "--client-ca FILE asks clients for a certificate"),
    ("-accept", "the address is bare: xport tls-server ADDRESS"),
    ("-alpn", "it is --alpn LIST"),
    ("-cert", "it is --cert FILE"),
    ("-connect", "the address is bare: xport tls-client HOST:PORT"),
    ("-key", "it is --key FILE"),
    ("-keylogfile", "it is --keylog FILE"),
    ("-port", "the port is a part of the address"),
    ("-servername", "it is --server-name NAME"),
    ("-starttls", "it is --starttls PROTO"),
    ("-verify_return_error", "certificates are verified without it"),
];

/// Explains why a text without a scheme is no endpoint. `None` if the text is an address, even a bad one.
pub(super) fn explain_kind(text: &str, is_address: bool) -> Option<String> {
    let end = text.find([':', ',']).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let lower = word.to_ascii_lowercase();
    // A host can have such a name. Capitals and hyphens show that a word of another program is meant.
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
    // An IPv6 address without brackets looks like this too.
    if is_port || rest.starts_with(':') {
        return None;
    }
    let kinds = Vec::from_iter(named().map(|scheme| format!("{}:", scheme.name)));
    Some(format!("{} is no kind of endpoint; there are -, {} and a bare HOST:PORT", quote(word), kinds.join(", ")))
}

/// Whether a word has only letters, digits and hyphens, as the names of protocols do.
fn looks_like_a_kind(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'_'))
}

/// What to do instead of an option that endpoints of socat have.
pub(super) fn tip_for_option(name: &str) -> Option<&'static str> {
    OPTIONS.iter().find(|(other, _)| *other == name).map(|(_, tip)| *tip)
}
