//! Addresses as a user types them, parsed into `transports::address::Place`.
//!
//! The functions are pure, but for two look-ups on this machine: the names of services and of interfaces. The parsers
//! for a host and for a port are in `cli/host.rs`.

use std::ffi::OsStr;
use std::net::Ipv6Addr;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::cli::host::{find_service, is_digits, parse_host, parse_port};
use crate::cli::quote::{quote, quote_os};
use crate::transports::address::{Address, Host, HostPort, Place, UnixName};

/// The longest name of a unix socket in bytes. `sun_path` has 108, and one of them ends a path or starts an abstract
/// name.
const UNIX_NAME_BYTES_MAX: usize = 107;

/// Parses the address of a scheme. An error says which part of the text is wrong.
pub(super) type Parser = fn(&OsStr) -> Result<Place, String>;

/// Parses one word as the address of a scheme.
///
/// # Errors
/// Quotes the text, and says which part of it is wrong.
pub(super) fn parse_address(parse: Parser, text: &OsStr) -> Result<Place, String> {
    parse(text).map_err(|reason| describe(text, &reason))
}

/// The same for host and port in two words.
///
/// # Errors
/// Quotes the text, and says which part of it is wrong.
pub(super) fn parse_two_words(host: &OsStr, port: &OsStr) -> Result<Place, String> {
    let parse_pair = |host: &str| parse_with(port, |port| parse_inet_pair(host, port));
    parse_with(host, parse_pair).map_err(|reason| {
        let mut both = host.to_owned();
        both.push(" ");
        both.push(port);
        describe(&both, &reason)
    })
}

/// Parses text that has to be UTF-8.
pub(super) fn parse_with<T>(text: &OsStr, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T, String> {
    match text.to_str() {
        Some(text) => parse(text),
        None => Err(format!("{} is not UTF-8", quote_os(text))),
    }
}

fn describe(text: &OsStr, reason: &str) -> String {
    let quoted = quote_os(text);
    // Many reasons begin with the same quote, which is then said once.
    match reason.strip_prefix(&quoted) {
        Some(rest) => format!("invalid address: {quoted}{rest}"),
        None => format!("invalid address {quoted}: {reason}"),
    }
}

/// Parses a TCP or UDP address in one word: `HOST:PORT`, `[V6]:PORT`, `*:PORT`, `:PORT`, `PORT` or `fd:N`.
///
/// # Errors
/// Says which part of the text is wrong.
pub(super) fn parse_inet(text: &str) -> Result<Place, String> {
    if let Some(fd) = text.strip_prefix("fd:") {
        return parse_fd(fd);
    }
    if text.starts_with(['/', '@']) || text.starts_with("./") {
        return Err("this is a unix socket: use a unix mode".to_owned());
    }
    let (host, port) = split_host_port(text)?;
    if are_swapped(host, port) {
        return Err(SWAPPED.to_owned());
    }
    let host = if host.is_empty() { Host::Loopback } else { parse_host(host)? };
    Ok(inet(host, parse_port(port)?))
}

/// Parses a TCP or UDP address given as two words, `HOST PORT`.
///
/// # Errors
/// Says which part of the text is wrong.
fn parse_inet_pair(host: &str, port: &str) -> Result<Place, String> {
    match parse_host(host) {
        Ok(_) if are_swapped(host, port) => Err(SWAPPED.to_owned()),
        Ok(host) => Ok(inet(host, parse_port(port)?)),
        Err(_) if parse_inet(host).is_ok() => {
            Err(format!("{} is a complete address, but {} follows", quote(host), quote(port)))
        }
        Err(error) => Err(error),
    }
}

fn inet(host: Host, port: u16) -> Place {
    Place::Address(Address::Inet(HostPort { host, port }))
}

/// The error for a port that stands before its host.
pub(super) const SWAPPED: &str = "host and port are swapped";

/// Whether a number stands where a host belongs, and a host where a port belongs.
pub(super) fn are_swapped(host: &str, port: &str) -> bool {
    is_digits(host) && host.parse::<u16>().is_ok() && is_host_alone(port)
}

/// Whether a text is a host and no port.
pub(super) fn is_host_alone(text: &str) -> bool {
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic());
    parse_port(text).is_err() && parse_host(text).is_ok_and(|host| is_name || matches!(host, Host::Ip { .. }))
}

/// Whether a text is host and port.
pub(super) fn is_address(text: &str) -> bool {
    parse_inet(text).is_ok()
}

/// Host and port in one word. `None` if they make no address, or if the host has a port already. `PORT` stands for a
/// port that the user has to fill in.
pub(super) fn with_port(host: &str, port: &str) -> Option<String> {
    let host = if host.parse::<Ipv6Addr>().is_ok() { format!("[{host}]") } else { host.to_owned() };
    let is_host = !is_digits(&host) && !host.starts_with('-') && !is_address(&host);
    let address = format!("{host}:{port}");
    let is_whole = is_address(&address) || port == "PORT" && is_address(&format!("{host}:1"));
    (is_host && is_whole).then_some(address)
}

/// Parses `--source`: an address of this machine without or with a port, or a port alone.
///
/// # Errors
/// Says which part of the text is wrong. A name is refused because it can stand for several addresses.
pub(super) fn parse_source(text: &str) -> Result<HostPort, String> {
    // Without brackets, several colons make an IPv6 address, and a single colon separates the port.
    let is_host = if text.starts_with('[') { text.ends_with(']') } else { text.matches(':').count() != 1 };
    let (host, port) = match text.rsplit_once(':').filter(|_| !is_host) {
        Some(("", port)) => ("*", port),
        Some(both) => both,
        None => (text, "0"),
    };
    match parse_host(host)? {
        host @ (Host::Any | Host::Ip { .. }) => Ok(HostPort { host, port: parse_port(port)? }),
        Host::Loopback | Host::Name(_) => Err(format!("{} is a name, not an address", quote(host))),
    }
}

/// Parses the address of a unix socket: `@name`, `fd:N`, or a path, which is any other text.
///
/// # Errors
/// Says what is wrong with the name.
pub(super) fn parse_unix(text: &OsStr) -> Result<Place, String> {
    let bytes = text.as_bytes();
    if let Some(fd) = bytes.strip_prefix(b"fd:") {
        return parse_fd(&String::from_utf8_lossy(fd));
    }
    if bytes.contains(&0) {
        return Err("the name of a unix socket must not have a zero byte".to_owned());
    }
    let (kind, name) = match bytes.strip_prefix(b"@") {
        Some(name) => ("abstract name", name),
        None => ("path", bytes),
    };
    if name.is_empty() {
        return Err(format!("the {kind} is empty"));
    }
    if name.len() > UNIX_NAME_BYTES_MAX {
        return Err(format!("{kind} is {} bytes, limit {UNIX_NAME_BYTES_MAX}", name.len()));
    }
    let name = if kind == "path" { UnixName::Path(PathBuf::from(text)) } else { UnixName::Abstract(name.to_vec()) };
    Ok(Place::Address(name.into()))
}

/// Whether a text without a scheme is the path or the abstract name of a unix socket.
pub(super) fn is_path(text: impl AsRef<[u8]>) -> bool {
    [&b"/"[..], b"./", b"../", b"@"].iter().any(|start| text.as_ref().starts_with(start))
}

/// Parses the number of an inherited descriptor.
fn parse_fd(text: &str) -> Result<Place, String> {
    match text.parse::<RawFd>() {
        Ok(fd) if is_digits(text) => Ok(Place::Inherited(fd)),
        _ => Err(format!("{} is not the number of a descriptor", quote(text))),
    }
}

/// Splits an address at the colon before its port. The host is empty if there is only a port.
fn split_host_port(text: &str) -> Result<(&str, &str), String> {
    if text.is_empty() {
        return Err("the address is empty".to_owned());
    }
    if let Some(end) = text.starts_with('[').then(|| text.find(']')).flatten() {
        let (host, rest) = text.split_at(end + 1);
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, port)),
            None if rest.is_empty() => Err(format!("{} has no port", quote(text))),
            None => Err(format!("{} follows the ']' instead of :PORT", quote(rest))),
        };
    }
    match (text.split_once(':'), text.rsplit_once(':')) {
        (Some(first), Some(last)) if first == last && !text.contains("://") => Ok(last),
        (_, Some((host, _))) => Err(explain_colons(text, host)),
        _ if is_digits(text) || text.starts_with('-') => Ok(("", text)),
        _ if find_service(text).is_some() => Ok(("", text)),
        _ => Err(format!("{} has no port", quote(text))),
    }
}

/// Explains why a text with several colons and no brackets is refused.
fn explain_colons(text: &str, host: &str) -> String {
    let is_v6 = |text: &str| text.split('%').next().is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    if text.contains("://") {
        format!("{} is a URL, not HOST:PORT", quote(text))
    } else if is_v6(host) {
        format!("{} is ambiguous: an IPv6 address needs brackets", quote(text))
    } else if is_v6(text) {
        format!("{} has no port, and an IPv6 address needs brackets", quote(text))
    } else {
        format!("{} has too many colons", quote(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Host {
        Host::Ip { ip: text.parse().expect("an address"), scope: 0 }
    }

    #[track_caller]
    fn refused<T: std::fmt::Debug>(parsed: Result<T, String>, reason: &str) {
        let error = parsed.expect_err(reason);
        assert!(error.contains(reason), "{error:?} does not say {reason:?}");
        assert!(error.chars().count() < 300 && !error.contains(char::is_control), "{error:?}");
    }

    #[test]
    fn every_form_of_a_tcp_address_is_understood_and_shown_as_it_parses() {
        let scoped = Host::Ip { ip: "fe80::1".parse().expect("an address"), scope: 1 };
        for (text, address) in [
            ("example.com:80", inet(Host::Name("example.com".into()), 80)),
            ("127.0.0.1:65535", inet(ip("127.0.0.1"), 65535)),
            ("[::1]:80", inet(ip("::1"), 80)),
            ("[::]:80", inet(ip("::"), 80)),
            ("[::ffff:127.0.0.1]:80", inet(ip("::ffff:127.0.0.1"), 80)),
            ("[fe80::1%lo]:80", inet(scoped.clone(), 80)),
            ("[fe80::1%1]:80", inet(scoped, 80)),
            ("8080", inet(Host::Loopback, 8080)),
            (":8080", inet(Host::Loopback, 8080)),
            ("localhost:8080", inet(Host::Loopback, 8080)),
            (":0", inet(Host::Loopback, 0)),
            ("*:8080", inet(Host::Any, 8080)),
            ("0.0.0.0:8080", inet(ip("0.0.0.0"), 8080)),
            ("1.2.3.4.5:80", inet(Host::Name("1.2.3.4.5".into()), 80)),
            ("fd:0", Place::Inherited(0)),
            ("fd:2147483647", Place::Inherited(2_147_483_647)),
        ] {
            assert_eq!(parse_inet(text).as_ref(), Ok(&address), "{text}");
            assert_eq!(parse_inet(&address.to_string()), Ok(address), "{text}");
        }
        // Only a list of services on this machine can tell the names of services from those of hosts.
        if find_service("http") == Some(80) {
            for (text, host) in [("http", Host::Loopback), (":http", Host::Loopback), ("[::1]:http", ip("::1"))] {
                assert_eq!(parse_inet(text), Ok(inet(host, 80)), "{text}");
            }
        }
    }

    #[test]
    fn two_words_are_host_and_port() {
        assert_eq!(parse_inet_pair("localhost", "80"), Ok(inet(Host::Loopback, 80)));
        assert_eq!(parse_inet_pair("::1", "80"), Ok(inet(ip("::1"), 80)));
        assert_eq!(parse_inet_pair("[::1]", "80"), Ok(inet(ip("::1"), 80)));
        refused(parse_inet_pair("", "80"), "the host is empty");
        refused(parse_inet_pair("localhost:80", "80"), "'localhost:80' is a complete address, but '80' follows");
        refused(parse_inet_pair("80", "localhost"), "host and port are swapped");
        refused(parse_inet_pair("localhost", ":80"), "port ':80' is neither");
    }

    #[test]
    fn what_is_no_tcp_address_is_refused_with_its_bad_part() {
        for (text, reason) in [
            ("", "the address is empty"),
            (":", "the port is empty"),
            ("localhost:", "the port is empty"),
            (":99999", "port '99999' is out of range"),
            ("99999", "port '99999' is out of range"),
            (":-1", "port '-1' is out of range"),
            ("-1", "port '-1' is out of range"),
            ("localhost:80x", "port '80x' is neither"),
            ("80:localhost", "host and port are swapped"),
            ("80:127.0.0.1", "host and port are swapped"),
            ("80:81x", "port '81x' is neither"),
            ("localhost", "'localhost' has no port"),
            ("a:b:c", "'a:b:c' has too many colons"),
            ("::1:80", "'::1:80' is ambiguous: an IPv6 address needs brackets"),
            ("fe80::1%lo:80", "ambiguous: an IPv6 address needs brackets"),
            ("2001:db8::", "has no port, and an IPv6 address needs brackets"),
            ("::", "has no port, and"),
            ("[::1]", "'[::1]' has no port"),
            ("[::1]80", "'80' follows the ']'"),
            ("[::1:80", "too many colons"),
            ("[]:80", "'' is not an IPv6 address"),
            ("[127.0.0.1]:80", "'127.0.0.1' is not an IPv6 address"),
            ("[localhost]:80", "'localhost' is not an IPv6 address"),
            ("[fe80::1]:80", "needs %interface"),
            ("[fe80::1%nope]:80", "no interface 'nope'"),
            ("http://example.com:80", "is a URL"),
            ("http://example.com/", "is a URL"),
            ("/tmp/sock", "unix socket"),
            ("@name", "unix socket"),
            ("a b:80", "the character ' '"),
            ("a\u{1b}[31m:80", "'\\u{1b}'"),
            ("fd:", "'' is not the number of a descriptor"),
            ("fd:-1", "'-1' is not the number"),
            ("fd:+1", "'+1' is not the number"),
            ("fd:2147483648", "is not the number"),
        ] {
            refused(parse_inet(text), reason);
        }
        refused(parse_inet(&format!("{}:80", "a".repeat(100_000))), "100000 bytes");
        refused(parse_inet(&"\n".repeat(100_000)), "has no port");
    }

    #[test]
    fn a_source_is_an_address_or_a_port() {
        for (text, address) in [
            ("127.0.0.1", HostPort { host: ip("127.0.0.1"), port: 0 }),
            ("127.0.0.1:99", HostPort { host: ip("127.0.0.1"), port: 99 }),
            ("::1", HostPort { host: ip("::1"), port: 0 }),
            ("[::1]", HostPort { host: ip("::1"), port: 0 }),
            ("[::1]:99", HostPort { host: ip("::1"), port: 99 }),
            (":99", HostPort { host: Host::Any, port: 99 }),
        ] {
            assert_eq!(parse_source(text), Ok(address), "{text}");
        }
        for (text, reason) in [
            ("", "empty"),
            ("localhost", "'localhost' is a name, not an address"),
            ("localhost:1", "'localhost' is a name, not an address"),
            ("example.com:1", "is a name, not an address"),
            ("8080", "is a name, not an address"),
            ("127.0.0.1:x y", "port 'x y'"),
            ("fe80::1", "needs %interface"),
            ("[::1", "has no ']'"),
        ] {
            refused(parse_source(text), reason);
        }
    }

    #[test]
    fn every_form_of_a_unix_address_is_understood() {
        let path = |text: &str| Place::Address(UnixName::Path(text.into()).into());
        for (text, address) in [
            ("/tmp/sock", path("/tmp/sock")),
            ("./sock", path("./sock")),
            ("sock", path("sock")),
            ("localhost:80", path("localhost:80")),
            ("@name", Place::Address(UnixName::Abstract(b"name".to_vec()).into())),
            ("@a b", Place::Address(UnixName::Abstract(b"a b".to_vec()).into())),
            ("fd:3", Place::Inherited(3)),
            ("./fd:3", path("./fd:3")),
        ] {
            assert_eq!(parse_unix(OsStr::new(text)).as_ref(), Ok(&address), "{text}");
            assert_eq!(parse_unix(OsStr::new(&address.to_string())), Ok(address), "{text}");
        }
        let bytes = OsStr::from_bytes(b"/tmp/\xff");
        assert_eq!(parse_unix(bytes), Ok(Place::Address(UnixName::Path(bytes.into()).into())));
    }

    #[test]
    fn unix_names_have_limits() {
        let of = |text: &str| parse_unix(OsStr::new(text));
        assert!(of(&"a".repeat(107)).is_ok() && of(&format!("@{}", "a".repeat(107))).is_ok());
        refused(of(&"a".repeat(108)), "path is 108 bytes, limit 107");
        refused(of(&format!("@{}", "a".repeat(108))), "abstract name is 108 bytes, limit 107");
        refused(of(""), "the path is empty");
        refused(of("@"), "the abstract name is empty");
        refused(of("a\0b"), "must not have a zero byte");
        refused(of("fd:x"), "'x' is not the number");
    }
}
