//! The URL of a page: `http://HOST[:PORT][/PATH][?QUERY]`. RFC 3986, RFC 9110 section 4.2.
//!
//! URLs that are only another form of an endpoint, such as `tcp://host:80`, are parsed in `cli/endpoint.rs`.

use crate::cli::host::{parse_host, parse_port};
use crate::cli::quote::{clean, quote};
use crate::transports::address::{Host, HostPort};

/// The longest path, with its query, in bytes. Many servers refuse a longer one.
const PATH_BYTES_MAX: usize = 8 * 1024;

/// The parts of the URL of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageUrl {
    pub(super) address: HostPort,
    /// The value of the header `Host`.
    pub(super) host: String,
    /// The path and the query, as they are sent.
    pub(super) path: String,
}

/// Parses what follows `http:` or `https:`.
///
/// # Errors
/// Says which part of the URL is wrong.
pub(super) fn parse_url(scheme: &str, text: &str) -> Result<PageUrl, String> {
    let Some(rest) = text.strip_prefix("//") else {
        return Err(format!("a URL begins with {scheme}://"));
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if authority.contains('@') {
        return Err("the URL has a user, but no credentials are sent".to_owned());
    }
    if let Some((_, fragment)) = path.split_once('#') {
        return Err(format!("the URL has a fragment, '#{}', which is never sent", clean(fragment)));
    }
    let (name, port) = match authority.rfind(':').filter(|at| !authority[*at..].contains(']')) {
        Some(at) => (&authority[..at], Some(&authority[at + 1..])),
        None => (authority, None),
    };
    let default = if scheme == "https" { 443 } else { 80 };
    let port = port.filter(|port| !port.is_empty()).map_or(Ok(default), parse_port)?;
    if name.contains(':') && !name.starts_with('[') {
        return Err(format!("an IPv6 address needs brackets: write [{}]", clean(name)));
    }
    let host = match parse_host(name)? {
        Host::Any => return Err("a client needs one host, '*' is for listening".to_owned()),
        host => host,
    };
    // A server knows nothing of the interfaces of this machine.
    let shown = match name.split_once('%') {
        Some((address, _)) => format!("{address}]"),
        None => name.to_owned(),
    };
    let shown = if port == default { shown } else { format!("{shown}:{port}") };
    Ok(PageUrl { address: HostPort { host, port }, host: shown, path: encode(path)? })
}

/// The path and the query as they are sent: in visible ASCII.
fn encode(path: &str) -> Result<String, String> {
    let mut encoded = String::with_capacity(path.len() + 1);
    if !path.starts_with('/') {
        encoded.push('/');
    }
    for c in path.chars() {
        match c {
            '!'..='~' => encoded.push(c),
            _ if c.is_ascii() || c.is_control() => {
                return Err(format!(
                    "the URL has the character {}: write it as %{:02X}",
                    quote(&c.to_string()),
                    c as u32
                ));
            }
            _ => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| encoded.push_str(&format!("%{byte:02X}"))),
        }
    }
    if encoded.len() > PATH_BYTES_MAX {
        return Err(format!("the path of the URL has {} bytes, limit {PATH_BYTES_MAX}", encoded.len()));
    }
    Ok(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transports::address::Address;

    #[test]
    fn a_url_has_a_host_a_port_and_a_path() {
        for (scheme, text, address, host, path) in [
            ("http", "//example.com", "example.com:80", "example.com", "/"),
            ("https", "//example.com/", "example.com:443", "example.com", "/"),
            ("http", "//h:8080/a/b?c=d/e:f@g", "h:8080", "h:8080", "/a/b?c=d/e:f@g"),
            ("http", "//h:80?x", "h:80", "h", "/?x"),
            ("https", "//h:80", "h:80", "h:80", "/"),
            ("http", "//h:/", "h:80", "h", "/"),
            ("http", "//[::1]:81/", "[::1]:81", "[::1]:81", "/"),
            ("http", "//[::1]", "[::1]:80", "[::1]", "/"),
            ("http", "//[fe80::1%lo]/", "[fe80::1%1]:80", "[fe80::1]", "/"),
            ("http", "//127.0.0.1:65535//x", "127.0.0.1:65535", "127.0.0.1:65535", "//x"),
            ("http", "//h/ü%20", "h:80", "h", "/%C3%BC%20"),
        ] {
            let url = parse_url(scheme, text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(Address::Inet(url.address).to_string(), address, "{text}");
            assert_eq!((url.host.as_str(), url.path.as_str()), (host, path), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_asked_for_is_refused_with_its_reason() {
        for (text, reason) in [
            ("h/", "begins with http://"),
            ("", "begins with http://"),
            ("/h/", "begins with http://"),
            ("//", "the host is empty"),
            ("//:80/", "the host is empty"),
            ("///path", "the host is empty"),
            ("//u:p@h/", "has a user"),
            ("//h/#top", "has a fragment, '#top'"),
            ("//h:99999/", "out of range"),
            ("//h:x y/", "port 'x y'"),
            ("//::1/", "needs brackets: write [:"),
            ("//*/", "needs one host"),
            ("//h/a b", "the character ' ': write it as %20"),
            ("//h/a\r\nb", "write it as %0D"),
            ("//h/\u{85}", "the character"),
            ("//h h/", "the character ' '"),
        ] {
            let error = parse_url("http", text).expect_err(text);
            assert!(error.contains(reason) && !error.contains(char::is_control), "{text}: {error}");
        }
        assert!(parse_url("http", &format!("//h/{}", "x".repeat(9_000))).is_err());
    }
}
