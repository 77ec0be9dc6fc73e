//! Words and options of other programs, and what xport calls them.
//!
//! A word of another program is refused, because what follows the word would mean something else too. The message names
//! the word that xport has.

use std::ffi::{OsStr, OsString};
use std::net::Ipv6Addr;

use crate::cli::address::{parse_address, parse_inet};
use crate::cli::host::find_service;
use crate::cli::modes::{Action, ModeSpec, Verb};
use crate::cli::options::{Heading, Opt, rows_of};
use crate::cli::quote::{clean, quote};
use crate::cli::schemes::{Form, Scheme, named};

/// Names of other programs, and what to write instead.
type Table = &'static [(&'static str, &'static str)];

/// Words of socat in lower case, and the endpoint to write instead.
const WORDS: Table = &[
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
const OPTIONS: Table = &[
    ("fork", "a LEFT that listens serves many clients anyway; --once limits it to one"),
    ("reuseaddr", "SO_REUSEADDR is always set"),
    ("reuseport", "a port is never shared"),
    ("bind", "a listener has its address in the endpoint, as in tcp-listen:127.0.0.1:80; a client has source=ADDR"),
    ("pf", "use 4 or 6 to choose the family"),
    ("range", "use allow=NETWORK and deny=NETWORK"),
    ("max-children", "use max-conns=N"),
    ("perm", "use mode=0600"),
    ("unlink-early", "use replace-stale, which replaces a socket that no process serves any more"),
    ("unlink-close", "the socket is always removed at the end"),
    ("forever", "use retry=N"),
    ("interval", "use retry-delay=DUR"),
    ("cafile", "use ca=FILE for the authorities of servers, client-ca=FILE for those of clients"),
    ("capath", "use one file of authorities: ca=FILE for servers, client-ca=FILE for clients"),
    ("cacert", "use ca=FILE"),
    ("verify", "servers are always verified, unless insecure is given; client-ca=FILE verifies clients"),
    ("commonname", "use server-name=NAME for the name that the certificate must have"),
    ("snihost", "use server-name=NAME, which is also sent as SNI"),
    ("servername", "use server-name=NAME"),
    ("no-sni", "use an IP address as server-name: no SNI is sent for it"),
    ("certificate", "use cert=FILE"),
    ("cipher", "ciphers cannot be chosen; tls-min=1.3 excludes those of older versions"),
    ("method", "use tls-min=VERSION for the oldest version"),
    ("min-proto-version", "use tls-min=VERSION for the oldest version"),
    ("crnl", "use crlf"),
    ("timeout", "use --timeout or --idle-timeout before the endpoints"),
    ("idle-timeout", "the option holds for the whole run: write --idle-timeout before the endpoints"),
    ("once", "the option holds for the whole run: write --once before the endpoints"),
    ("grace", "the option holds for the whole run: write --grace before the endpoints"),
];

/// Options of the netcats and of curl, and what to do instead.
const NETCAT_OPTIONS: Table = &[
    ("-b", "use --broadcast of udp-client"),
    ("-C", "use --crlf"),
    ("-c", "use exec --listen EP --shell CMD to run a shell line for each connection"),
    ("-e", "use exec --listen EP -- CMD to run a program for each connection, or exec --connect EP -- CMD for one"),
    (
        "-k",
        "tcp-server, tls-server and unix-server have -k; udp-server, echo, relay and exec serve every client anyway",
    ),
    ("-l", "to listen, use tcp-server, tls-server, unix-server or udp-server"),
    ("-N", "the end of stdin is passed on by default; --half-close sets when"),
    ("-p", "write the port in the address; --source sets the local port of a client"),
    ("-s", "use --source for the local address of a client"),
    ("-u", "for UDP, use udp-client, udp-server or udp-echo"),
    ("-U", "for unix sockets, use unix-client, unix-server or unix-echo"),
    ("-w", "use --connect-timeout, --idle-timeout, --linger or --timeout"),
    ("-z", "to try one port: xport tcp-client --send-only HOST:PORT </dev/null (status 0: it connected)"),
    ("--cacert", "use --ca FILE of tls-client, or tls:ADDRESS,ca=FILE"),
    ("--capath", "use one file of authorities: --ca FILE of tls-client, or tls:ADDRESS,ca=FILE"),
    ("--hex-dump", "use --dump FILE"),
    ("--pinnedpubkey", "use --pin sha256:HEX of tls-client, with hexadecimal digits"),
    ("--ssl", TLS_MODES),
    ("--ssl-alpn", "use --alpn LIST of the TLS modes"),
    ("--ssl-cert", "use --cert FILE of the TLS modes"),
    ("--ssl-ciphers", "ciphers cannot be chosen; --tls-min 1.3 excludes those of older versions"),
    ("--ssl-key", "use --key FILE of the TLS modes"),
    ("--ssl-servername", "use --server-name NAME of tls-client"),
    ("--ssl-trustfile", "use --ca FILE of tls-client"),
    ("--ssl-verify", "tls-client always verifies; --ca FILE trusts other authorities than those of the system"),
    ("--tls", TLS_MODES),
    ("--tlsv1.2", "use --tls-min 1.2, the default of the TLS modes"),
    ("--tlsv1.3", "use --tls-min 1.3 of the TLS modes"),
];

/// Why datagrams cannot be scanned.
pub(super) const NO_DATAGRAMS: &str =
    "UDP cannot be scanned: an open port that does not answer looks like one behind a firewall";

/// Options of other scanners, and what to do instead.
const SCAN_OPTIONS: Table = &[
    ("-p", "write the ports behind the host: xport scan HOST 22,80,8000-8010"),
    ("-u", NO_DATAGRAMS),
    ("--udp", NO_DATAGRAMS),
    ("-w", "use --connect-timeout for each port, --timeout for the whole scan"),
    ("-z", "a scan sends no data anyway"),
];

/// The reason why an end does not have `crlf`.
fn no_crlf(verb: &Verb) -> &'static str {
    match verb.action {
        Action::Echo => "an echo sends data back unchanged",
        _ => "datagrams are not lines",
    }
}

/// The tip for an option of TLS in a mode without TLS.
const TLS_MODES: &str = "for TLS, use tls-client, tls-server or tls-echo";

/// Options that TLS clients do not have, and what to do instead.
const TLS_CLIENT_OPTIONS: Table = &[
    ("-k", "use --insecure to skip the verification of the certificate"),
    ("--client-ca", "only servers have this option; --ca FILE has the authorities of servers"),
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

/// Options of other programs that wait for services, and what to do instead.
const WAIT_OPTIONS: Table = &[
    ("-t", "use --for DUR"),
    ("-w", "use --for DUR, or --connect-timeout DUR for one try"),
    ("--timeout", "use --for DUR"),
    ("--wait", "write the endpoint without an option"),
    ("-i", "use --every DUR"),
    ("--interval", "use --every DUR"),
    ("--retry", "use --for DUR; --every DUR sets the pause"),
    ("--retry-delay", "use --every DUR"),
    ("-s", "the program is never run after a failure anyway"),
    ("--strict", "the program is never run after a failure anyway"),
    ("-p", "write the endpoint without an option, as HOST:PORT"),
    ("--host", "write the endpoint without an option, as HOST:PORT"),
    ("--port", "write the endpoint without an option, as HOST:PORT"),
    ("-u", "for UDP, write udp:HOST:PORT"),
    ("-U", "write the path of a unix socket without an option"),
    ("-z", "this mode never sends data to a TCP service"),
];

/// Options of `openssl s_client` and `s_server`, and what to do instead.
const OPENSSL_OPTIONS: Table = &[
    ("-CAfile", "use --ca FILE for clients, --client-ca FILE for servers"),
    ("-Verify", "use --client-ca FILE to require certificates from clients"),
    ("-accept", "write the address without an option: xport tls-server ADDRESS"),
    ("-alpn", "use --alpn LIST"),
    ("-cert", "use --cert FILE"),
    ("-connect", "write the address without an option: xport tls-client HOST:PORT"),
    ("-key", "use --key FILE"),
    ("-keylogfile", "use --keylog FILE"),
    ("-port", "write the port in the address"),
    ("-servername", "use --server-name NAME"),
    ("-starttls", "use --starttls PROTO"),
    ("-verify_return_error", "certificates are always verified"),
];

/// Explains why a text without a scheme is no endpoint. `None` if the text is an address, even a bad one.
pub(super) fn explain_kind(text: &str, is_address: bool) -> Option<String> {
    let end = text.find([':', ',']).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let lower = word.to_ascii_lowercase();
    // A host can have such a name. Capitals and hyphens show that a word of another program is meant.
    if !is_address || word != lower || word.contains('-') {
        if let Some(ours) = find(WORDS, &lower) {
            return Some(format!("write '{ours}' instead of {}", quote(word)));
        }
        if let Some(ours) = named().find(|scheme| scheme.name == lower && rest.starts_with(':')) {
            return Some(format!("write '{}:' instead of {}", ours.name, quote(&format!("{word}:"))));
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
    Some(format!(
        "unknown kind of endpoint {}; the kinds are -, {} and a bare HOST:PORT",
        quote(word),
        kinds.join(", ")
    ))
}

/// Explains that the address of a mode with one kind of endpoint was written as an endpoint. `None` if it was not.
pub(super) fn explain_endpoint(mode: &ModeSpec, own: &Scheme, text: &str) -> Option<String> {
    let (name, rest) = text.split_once(':')?;
    let is_socket = |scheme: &&Scheme| matches!(scheme.form, Form::Inet | Form::Unix) && scheme.name == name;
    let scheme = named().find(is_socket)?;
    let url = rest.strip_prefix("//");
    let address = url.map_or(rest, |url| if scheme.is_unix() { url } else { url.trim_end_matches('/') });
    if address.is_empty() {
        return None;
    }
    let is_own = (scheme.form, scheme.carrier, scheme.is_tls) == (own.form, own.carrier, own.is_tls)
        && (own.listens() || !scheme.listens());
    // Options follow a comma.
    let is_plain = is_own && !address.contains(',');
    if is_plain && parse_address(own.is_unix(), OsStr::new(address)).is_err() {
        return None;
    }
    let line = if !is_plain {
        let verb = match mode.verb.action {
            Action::Connect if scheme.listens() => "listen",
            Action::Connect => "connect",
            Action::Echo => "echo",
            _ => "listen",
        };
        format!("'xport {verb} {}'", clean(text))
    } else if own.is_unix() {
        quote(address)
    } else {
        clean(address)
    };
    let other = if own.is_unix() { format!(", or './{}' for a file of that name", clean(text)) } else { String::new() };
    Some(format!("{} is an endpoint, and {} takes addresses: write {line}{other}", quote(text), mode.name))
}

/// The endpoint that was written as two words, a host and its port. `None` if the words mean something else.
pub(super) fn joined(host: &str, port: &str) -> Option<String> {
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    if !digits && find_service(port).is_none() {
        return None;
    }
    let is_kind = |scheme: &Scheme| {
        let rest = host.strip_prefix(scheme.name).filter(|_| scheme.form == Form::Inet);
        rest.is_some_and(|rest| rest.starts_with(':'))
    };
    let kind = named().find(|scheme| is_kind(scheme)).map_or(0, |scheme| scheme.name.len() + 1);
    let (kind, host) = host.split_at(kind);
    let host = if host.parse::<Ipv6Addr>().is_ok() { format!("[{host}]") } else { host.to_owned() };
    let one = format!("{host}:{port}");
    let is_half = !host.starts_with('-') && parse_inet(&host).is_err() && parse_inet(&one).is_ok();
    is_half.then(|| clean(&format!("{kind}{one}")))
}

/// Says that host and port are one word.
pub(super) fn one_word(endpoint: &str) -> String {
    format!("host and port are one word: write {endpoint}")
}

/// Whether a word has only letters, digits and hyphens, as the names of protocols do.
fn looks_like_a_kind(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'_'))
}

/// What to do instead of an option that endpoints of socat have.
pub(super) fn tip_for_option(verb: &Verb, name: &str) -> Option<&'static str> {
    if name == "crlf" { Some(no_crlf(verb)) } else { find(OPTIONS, name) }
}

/// A tip for an option that the mode does not have. All arguments are searched for options of openssl, because clap
/// reports only the first letter of `-connect`.
pub(super) fn tip_for_flag(mode: Option<&ModeSpec>, flag: &str, args: &[OsString]) -> Option<&'static str> {
    if let ("-C" | "--crlf", Some(mode)) = (flag, mode)
        && !mode.has(Opt::Crlf)
    {
        return Some(no_crlf(mode.verb));
    }
    if mode.is_some_and(|mode| mode.verb.action == Action::Scan)
        && let Some(tip) = find(SCAN_OPTIONS, flag)
    {
        return Some(tip);
    }
    let openssl = || args.iter().find_map(|arg| find(OPENSSL_OPTIONS, arg.to_str()?));
    let of_mode = mode.and_then(|mode| match mode.scheme {
        Some(scheme) if scheme.is_tls && scheme.listens() => openssl().or_else(|| find(TLS_SERVER_OPTIONS, flag)),
        Some(scheme) if scheme.is_tls => openssl().or_else(|| find(TLS_CLIENT_OPTIONS, flag)),
        Some(_) => rows_of(Heading::Tls).iter().any(|row| row.flag() == flag).then_some(TLS_MODES),
        None if mode.verb.action == Action::Wait => find(WAIT_OPTIONS, flag),
        None => find(NETCAT_OPTIONS, flag).or_else(|| tip_for_option(mode.verb, flag.strip_prefix("--")?)),
    });
    of_mode.or_else(|| find(NETCAT_OPTIONS, flag))
}

fn find(table: Table, name: &str) -> Option<&'static str> {
    table.iter().find(|(other, _)| *other == name).map(|(_, tip)| *tip)
}
