//! The configuration of `scan`: a host, and ports in the forms in which people write them.

use std::ffi::OsString;

use crate::cli::address::{is_host_alone, parse_inet, parse_with};
use crate::cli::ends::dial_config;
use crate::cli::error::ConfigError;
use crate::cli::hints::NO_DATAGRAMS;
use crate::cli::host::{find_service, is_digits, parse_host};
use crate::cli::modes::Action;
use crate::cli::quote::quote;
use crate::cli::request::Request;
use crate::cli::resolve::run_config;
use crate::cli::schemes::{Form, scheme_called};
use crate::modes::config::ScanConfig;
use crate::transports::address::{Host, HostPort, Place};
use crate::transports::advice::Advice;

/// The configuration of a scan. The operands are a host, and ports in any number of words.
pub(super) fn resolve_scan(request: &Request<'_>) -> Result<ScanConfig, ConfigError> {
    let Some((host, words)) = request.operands.split_first() else { return Err("no host given".into()) };
    if let [ports] = words
        && parse_ports(std::slice::from_ref(host)).is_ok()
        && ports.to_str().is_some_and(is_host_alone)
    {
        return Err("host and ports are swapped".into());
    }
    let host = parse_with(host, parse_target).map_err(|reason| format!("invalid host: {reason}"))?;
    let ports =
        parse_ports(words).map_err(|reason| ConfigError::from(format!("invalid ports: {reason}")).complete())?;
    let Some(&port) = ports.first() else { return Err("no ports given".into()) };
    let options = request.options;
    let address = Place::Address(HostPort { host: host.clone(), port }.into());
    Ok(ScanConfig {
        dial: dial_config(&address, options, Advice::Arguments)?,
        host,
        ports,
        parallel: options.parallel,
        banners: options.banner,
        stream: run_config(Action::Scan, options, false)?.stream,
    })
}

/// Parses the host. The reason for an endpoint or a network is its own.
fn parse_target(text: &str) -> Result<Host, String> {
    if let Some((kind, _)) = text.split_once(':')
        && let Some(scheme) = scheme_called(kind)
    {
        let why = if scheme.has_datagrams() {
            NO_DATAGRAMS
        } else if scheme.form == Form::Inet {
            "a scan takes a host without a kind"
        } else {
            "only a host has TCP ports"
        };
        return Err(format!("{} is an endpoint: {why}", quote(text)));
    }
    if text.contains("://") {
        return Err(format!("{} is a URL", quote(text)));
    }
    if text.contains(':') && parse_inet(text).is_ok() {
        return Err(format!("{} has a port: ports are words of their own", quote(text)));
    }
    if let Some((host, size)) = text.rsplit_once('/')
        && size.bytes().all(|byte| byte.is_ascii_digit())
        && parse_host(host).is_ok()
    {
        return Err(format!("{} is a network: a scan has one host", quote(text)));
    }
    parse_host(text)
}

/// Parses lists of ports with commas. The result is in order, and has each port once.
fn parse_ports(words: &[OsString]) -> Result<Vec<u16>, String> {
    let mut wanted = vec![false; usize::from(u16::MAX) + 1];
    for word in words {
        let parsed = parse_with(word, |list| list.split(',').map(parse_range).collect::<Result<Vec<_>, _>>());
        for (first, last) in parsed? {
            wanted[usize::from(first)..=usize::from(last)].fill(true);
        }
    }
    Ok((0..=u16::MAX).filter(|port| wanted[usize::from(*port)]).collect())
}

/// Parses one part of a list: a port, the name of a service, or two ports with a hyphen between them.
fn parse_range(text: &str) -> Result<(u16, u16), String> {
    if text.is_empty() {
        return Err("a port in the list is empty".to_owned());
    }
    // The name of a service can have a hyphen.
    if let Some(port) = find_service(text) {
        return Ok((port, port));
    }
    let Some((first, last)) = text.split_once('-') else {
        let port = parse_port(text)?;
        return Ok((port, port));
    };
    let is_range = [first, last].iter().all(|part| part.starts_with(|c: char| c.is_ascii_digit()));
    if !is_range {
        return Err(format!("{} is neither a range such as 8000-8010 nor a known service", quote(text)));
    }
    let within = |reason: String| format!("{reason}, in {}", quote(text));
    let (first, last) = (parse_port(first).map_err(within)?, parse_port(last).map_err(within)?);
    if first > last {
        return Err(format!("the range {} is reversed", quote(text)));
    }
    Ok((first, last))
}

/// Parses the number of a port. Nothing can listen on port 0.
fn parse_port(text: &str) -> Result<u16, String> {
    if !is_digits(text) {
        return Err(format!("{} is neither a number nor a known service", quote(text)));
    }
    match text.parse() {
        Ok(port @ 1..) => Ok(port),
        _ => Err(format!("{} is out of range, 1 to 65535", quote(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(words: &[&str]) -> Result<Vec<u16>, String> {
        parse_ports(&Vec::from_iter(words.iter().map(OsString::from)))
    }

    #[test]
    fn ports_are_in_order_and_each_is_there_once() {
        for (words, expected) in [
            (&["80"][..], &[80][..]),
            (&["80,22"], &[22, 80]),
            (&["8000-8003,22,8001"], &[22, 8000, 8001, 8002, 8003]),
            (&["443", "80,22", "80"], &[22, 80, 443]),
            (&["7-7", "00080"], &[7, 80]),
            (&[], &[]),
        ] {
            assert_eq!(ports(words).as_deref(), Ok(expected), "{words:?}");
        }
        assert_eq!(ports(&["1-65535"]).map(|ports| ports.len()), Ok(65535));
        assert_eq!(
            ports(&[&"1-65535,".repeat(1000), "1"].map(|text| text.trim_end_matches(','))).map(|p| p.len()),
            Ok(65535)
        );
        // Not every machine has a list of services.
        if find_service("ssh") == Some(22) {
            assert_eq!(ports(&["ssh,21"]).as_deref(), Ok(&[21, 22][..]));
        }
    }

    #[test]
    fn what_is_no_port_is_refused_with_its_bad_part() {
        for (text, reason) in [
            ("", "a port in the list is empty"),
            ("22,,80", "a port in the list is empty"),
            ("22,", "a port in the list is empty"),
            ("0", "'0' is out of range, 1 to 65535"),
            ("65536", "'65536' is out of range"),
            ("99999999999999999999", "'99999999999999999999' is out of range"),
            ("0-10", "'0' is out of range, 1 to 65535, in '0-10'"),
            ("1-65536", "'65536' is out of range, 1 to 65535, in '1-65536'"),
            ("90-80", "the range '90-80' is reversed"),
            ("80-", "'80-' is neither a range"),
            ("-80", "'-80' is neither a range"),
            ("1-2-3", "'2-3' is neither a number nor a known service, in '1-2-3'"),
            ("no-such-service", "'no-such-service' is neither a range such as 8000-8010 nor a known service"),
            ("nosuchservice", "'nosuchservice' is neither a number nor a known service"),
            ("22:80", "'22:80' is neither a number"),
            ("1e3", "'1e3' is neither a number"),
            ("２２", "is neither a number"),
            ("\u{1b}[31m", "'\\u{1b}[31m' is neither"),
        ] {
            let error = ports(&[text]).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn a_host_is_alone() {
        for (host, reason) in [
            ("h:22", "'h:22' has a port"),
            (":22", "':22' has a port"),
            ("[::1]:22", "'[::1]:22' has a port"),
            ("udp:h", "UDP cannot be scanned"),
            ("udp-listen:h", "UDP cannot be scanned"),
            ("tcp:h", "'tcp:h' is an endpoint: a scan takes a host without a kind"),
            ("gopher://h/", "'gopher://h/' is a URL"),
            ("unix:/run/s", "'unix:/run/s' is an endpoint: only a host has TCP ports"),
            ("fd:3", "only a host has TCP ports"),
            ("10.0.0.0/8", "'10.0.0.0/8' is a network: a scan has one host"),
            ("", "the host is empty"),
            ("a b", "has the character ' '"),
        ] {
            let error = parse_target(host).expect_err(host);
            assert!(error.contains(reason), "{host}: {error}");
        }
        assert!(parse_target("::1").is_ok());
    }
}
