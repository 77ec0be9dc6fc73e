//! The two halves of a TCP or UDP address: host and port.
//!
//! `cli/address.rs` joins the halves. The form of a host name is checked here; the resolver looks the name up later.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

use crate::cli::quote::quote;
use crate::sys::names::{interface_index, service_port};
use crate::transports::address::Host;

/// The longest host name in bytes: RFC 1035 section 2.3.4 (255 bytes on the wire).
const NAME_BYTES_MAX: usize = 253;

/// The longest part between two dots in bytes, from the same section.
const LABEL_BYTES_MAX: usize = 63;

/// Parses a host on its own: a name, an address (IPv6 with or without brackets), or `*`.
pub(super) fn parse_host(text: &str) -> Result<Host, String> {
    if let Some(inside) = text.strip_prefix('[') {
        let Some(inside) = inside.strip_suffix(']') else { return Err(format!("{} has no ']'", quote(text))) };
        return parse_v6(inside);
    }
    match text {
        "" => Err("the host is empty".to_owned()),
        "*" => Ok(Host::Any),
        _ if text.contains([':', '%']) => parse_v6(text),
        _ => match text.parse() {
            Ok(ip) => Ok(Host::Ip { ip: IpAddr::V4(ip), scope: 0 }),
            Err(_) => parse_name(text),
        },
    }
}

/// Parses a port: a number, or the name of a service.
pub(super) fn parse_port(text: &str) -> Result<u16, String> {
    if text.is_empty() {
        return Err("the port is empty".to_owned());
    }
    if is_digits(text) {
        return text.parse().map_err(|_| format!("port {} is out of range: the last port is 65535", quote(text)));
    }
    if text.strip_prefix('-').is_some_and(is_digits) {
        return Err(format!("port {} is out of range: it is negative", quote(text)));
    }
    find_service(text).ok_or_else(|| format!("port {} is neither a number nor a known service", quote(text)))
}

/// Whether a text is digits and nothing else.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is a port: a number or the name of a service.
pub(super) fn is_port(text: &str) -> bool {
    parse_port(text).is_ok()
}

/// Finds the port of a service. Text that cannot be the name of a service is not looked up.
pub(super) fn find_service(name: &str) -> Option<u16> {
    // RFC 6335 section 5.1 has shorter names with fewer characters. Older names do not keep to it.
    let plausible = name.len() <= LABEL_BYTES_MAX
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+/".contains(&byte))
        && name.bytes().any(|byte| byte.is_ascii_alphabetic())
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if !plausible {
        return None;
    }
    SERVICES.with_borrow_mut(|known| *known.entry(name.to_owned()).or_insert_with(|| service_port(name)))
}

thread_local! {
    /// The ports that were looked up before. A line that is refused is parsed in many ways, and a look-up can ask a
    /// directory service.
    static SERVICES: RefCell<BTreeMap<String, Option<u16>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Parses an IPv6 address with an optional `%interface`.
fn parse_v6(text: &str) -> Result<Host, String> {
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (text, None),
    };
    let Ok(ip) = address.parse::<Ipv6Addr>() else { return Err(format!("{} is not an IPv6 address", quote(address))) };
    let scope = match zone {
        Some(zone) => parse_scope(zone)?,
        None if ip.is_unicast_link_local() => {
            return Err(format!("{} needs %interface, as in {address}%eth0", quote(address)));
        }
        None => 0,
    };
    Ok(Host::Ip { ip: IpAddr::V6(ip), scope })
}

/// Parses what follows `%`: the number or the name of an interface.
pub(super) fn parse_scope(zone: &str) -> Result<u32, String> {
    if zone.is_empty() {
        return Err("the interface after '%' is empty".to_owned());
    }
    let index = if is_digits(zone) {
        zone.parse().ok().filter(|index| *index > 0)
    } else if zone.contains(|c: char| c.is_control() || c.is_whitespace() || c == '/') {
        None
    } else {
        interface_index(zone)
    };
    index.ok_or_else(|| format!("no interface {}", quote(zone)))
}

/// Checks the form of a host name.
fn parse_name(text: &str) -> Result<Host, String> {
    if text.len() > NAME_BYTES_MAX + usize::from(text.ends_with('.')) {
        return Err(format!("host {} is {} bytes, limit {NAME_BYTES_MAX}", quote(text), text.len()));
    }
    if let Some(odd) = text.chars().find(|c| !is_name_char(*c)) {
        return Err(format!("host {} has the character {}", quote(text), quote(&odd.to_string())));
    }
    for label in text.strip_suffix('.').unwrap_or(text).split('.') {
        if label.is_empty() {
            return Err(format!("host {} has an empty part", quote(text)));
        }
        if label.len() > LABEL_BYTES_MAX {
            return Err(format!("host part {} is {} bytes, limit {LABEL_BYTES_MAX}", quote(label), label.len()));
        }
    }
    // RFC 6761 section 6.3: this name means the loopback, even if a name server says otherwise.
    if text.eq_ignore_ascii_case("localhost") { Ok(Host::Loopback) } else { Ok(Host::Name(text.to_owned())) }
}

/// Whether a name can have this character. The resolver decides about letters beyond ASCII.
fn is_name_char(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') } else { c.is_alphanumeric() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, reason: &str) {
        let error = parse_host(text).expect_err(text);
        assert!(error.contains(reason), "{text}: {error}");
    }

    #[test]
    fn names_are_checked_for_their_form_only() {
        for name in ["example.com", "example.com.", "a_b-c", "999.1.1.1", "1.2.3.4.5", "grün.example"] {
            assert_eq!(parse_host(name), Ok(Host::Name(name.to_owned())));
        }
        assert_eq!(parse_host("LocalHost"), Ok(Host::Loopback));
        let longest = vec!["a".repeat(63); 4].join(".");
        assert!(parse_host(&longest[..253]).is_ok());
        refused(&longest, "is 255 bytes, limit 253");
        refused(&"a".repeat(100_000), "is 100000 bytes");
        refused(&"a".repeat(64), "is 64 bytes, limit 63");
        refused("a..b", "empty part");
        refused(".", "empty part");
        refused("a b", "the character ' '");
        refused("a\0b", "the character '\\u{0}'");
        refused("user@host", "the character '@'");
        refused("host/path", "the character '/'");
    }

    #[test]
    fn a_scope_is_a_number_or_an_interface() {
        let scoped = |scope| Ok(Host::Ip { ip: "fe80::1".parse().expect("an address"), scope });
        assert_eq!(parse_host("fe80::1%lo"), scoped(1));
        assert_eq!(parse_host("[fe80::1%7]"), scoped(7));
        refused("fe80::1", "needs %interface");
        refused("fe80::1%", "interface after '%' is empty");
        refused("fe80::1%nope", "no interface 'nope'");
        refused("fe80::1%0", "no interface '0'");
        refused("fe80::1%99999999999", "no interface");
        refused("::1%nope", "no interface 'nope'");
        refused("127.0.0.1%lo", "not an IPv6 address");
    }

    #[test]
    fn ports_are_numbers_in_range_or_services() {
        assert_eq!(parse_port("0"), Ok(0));
        assert_eq!(parse_port("65535"), Ok(65535));
        for (text, reason) in [
            ("", "empty"),
            ("65536", "out of range"),
            ("99999999999999999999", "out of range"),
            ("-1", "'-1' is out of range"),
            ("-", "'-' is neither"),
            ("80x", "'80x' is neither"),
            ("+80", "'+80' is neither"),
            ("1e9", "'1e9' is neither"),
            ("no such\nservice", "'no such\\nservice' is neither"),
        ] {
            let error = parse_port(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
