//! The values of options: numbers, durations, sizes, permission bits, networks, groups, names for TLS.
//!
//! Each is a pure function. Its error follows "invalid value '…' for '--option'", so it says only what is wrong with
//! the text. Addresses are in `cli/address.rs`.

use std::fmt::Display;
use std::net::IpAddr;
use std::num::{IntErrorKind, ParseIntError};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net};
use rustls::pki_types::ServerName;

use crate::cli::host::{is_digits, parse_scope};
use crate::cli::quote::is_among;
use crate::protocols::escape::EscapeKey;
use crate::protocols::half_close::HalfClose;
use crate::transports::connect::Retry;
use crate::transports::datagram::opening::Group;
use crate::transports::keepalive::KeepAlive;

/// The longest duration: a thousand years. Adding such a duration to the clock cannot overflow.
const SECONDS_MAX: u128 = 1_000 * 365 * 24 * 60 * 60;

/// The longest name of a protocol in bytes: RFC 7301, section 3.1, has one byte for the length.
const ALPN_BYTES_MAX: usize = 255;

/// The longest name of an interface. `IFNAMSIZ` of `netdevice(7)`, without the zero byte.
const DEVICE_BYTES_MAX: usize = 15;

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// The largest buffer limit: 1 GiB. The limit holds for each connection.
const SIZE_BYTES_MAX: usize = 1 << 30;

/// Parses a whole number of this range.
pub(super) fn parse_number<T>(text: &str, range: RangeInclusive<T>) -> Result<T, String>
where
    T: FromStr<Err = ParseIntError> + PartialOrd + Display,
{
    let is_negative = text.strip_prefix('-').is_some_and(is_digits);
    let number = text.parse().map_err(|error: ParseIntError| match error.kind() {
        _ if is_negative => "must not be negative".to_owned(),
        IntErrorKind::PosOverflow => format!("more than {}", range.end()),
        _ => "not a whole number".to_owned(),
    })?;
    if range.contains(&number) {
        return Ok(number);
    }
    Err(format!("{number} is not from {} to {}", range.start(), range.end()))
}

/// Parses a status of HTTP, or all statuses of a class: `401`, `2xx`.
pub(super) fn parse_statuses(text: &str) -> Result<RangeInclusive<u16>, String> {
    let (first, last) = match text.to_ascii_lowercase().strip_suffix("xx") {
        Some(class) => (format!("{class}00"), format!("{class}99")),
        None => (text.to_owned(), text.to_owned()),
    };
    let number = |text: &str| text.parse().ok().filter(|status| text.len() == 3 && (100..600).contains(status));
    let statuses = number(&first).zip(number(&last)).filter(|_| is_digits(&first));
    statuses
        .map(|(first, last)| first..=last)
        .ok_or_else(|| "not a status from 100 to 599, nor a class such as 2xx".to_owned())
}

/// Parses a duration: `250ms`, `10s`, `1.5m`, `.5s`, `1h`. A bare number means seconds.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let (whole, fraction) = match number.split_once('.') {
        Some(("", fraction)) => ("0", fraction),
        Some((whole, fraction)) => (whole, fraction),
        None => (number, "0"),
    };
    let unit_nanos = match unit {
        "ms" => NANOS_PER_SECOND / 1_000,
        "s" | "" => NANOS_PER_SECOND,
        "m" => NANOS_PER_SECOND * 60,
        "h" => NANOS_PER_SECOND * 3_600,
        _ => return Err(explain_duration(text)),
    };
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(explain_duration(text));
    }
    let too_long = || "longer than 1000 years".to_owned();
    // Nine digits make nanoseconds. Further digits are dropped.
    let nanos_of_unit: u128 = format!("{:0<9.9}", fraction).parse().map_err(|_| too_long())?;
    let whole: u128 = whole.parse().map_err(|_| too_long())?;
    let fraction = nanos_of_unit * unit_nanos / NANOS_PER_SECOND;
    let nanos = whole.checked_mul(unit_nanos).and_then(|whole| whole.checked_add(fraction)).ok_or_else(too_long)?;
    let (seconds, nanos) = (nanos / NANOS_PER_SECOND, nanos % NANOS_PER_SECOND);
    if seconds > SECONDS_MAX {
        return Err(too_long());
    }
    match (u64::try_from(seconds), u32::try_from(nanos)) {
        (Ok(seconds), Ok(nanos)) => Ok(Duration::new(seconds, nanos)),
        _ => Err(too_long()),
    }
}

/// Parses `--half-close`: `auto`, `now`, `never`, or a duration.
pub(super) fn parse_half_close(text: &str) -> Result<HalfClose, String> {
    match text {
        "auto" => Ok(HalfClose::Auto),
        "now" => Ok(HalfClose::Now),
        "never" => Ok(HalfClose::Never),
        _ => parse_duration(text).map(HalfClose::After).map_err(|error| format!("{error}, nor auto, now or never")),
    }
}

/// Parses `--escape`: `^X`, a character, or `none`.
pub(super) fn parse_escape(text: &str) -> Result<Option<EscapeKey>, String> {
    let byte = match text.as_bytes() {
        b"none" => return Ok(None),
        [byte] => *byte,
        // ^@ to ^_ are the letters without the two bits above them, and ^? is DEL.
        [b'^', letter @ (b'?'..=b'_' | b'a'..=b'z')] => letter.to_ascii_uppercase() ^ 0x40,
        _ => return Err("must be ^X, one character, or none".to_owned()),
    };
    EscapeKey::new(byte).map(Some).ok_or_else(|| "this key has another meaning in --raw".to_owned())
}

/// Parses a duration that must not be zero.
pub(super) fn parse_positive_duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err("must be more than zero".to_owned()),
        duration => Ok(duration),
    }
}

/// Parses `--keepalive`: a duration that the kernel can count, or `off`.
pub(super) fn parse_keepalive(text: &str) -> Result<KeepAlive, String> {
    if text == "off" {
        return Ok(KeepAlive::OFF);
    }
    let starts_like_a_number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    if !starts_like_a_number {
        return Err("not a duration such as 10s or 2m, nor 'off'".to_owned());
    }
    let idle = parse_duration(text)?;
    if idle < Duration::from_secs(1) {
        return Err("less than 1s, the shortest time of the kernel ('off' disables probes)".to_owned());
    }
    KeepAlive::after(idle).ok_or_else(|| format!("longer than {}s, the limit of the kernel", KeepAlive::MAX.as_secs()))
}

/// Parses a size: `64K`, `1MiB`, `1G`. K is always 1024, and a bare number means bytes.
pub(super) fn parse_size(text: &str) -> Result<usize, String> {
    let number_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let shift = match unit {
        "" | "B" => 0,
        "K" | "k" | "KiB" => 10,
        "M" | "m" | "MiB" => 20,
        "G" | "g" | "GiB" => 30,
        _ => return Err(explain_size(text)),
    };
    if !is_digits(number) {
        return Err(explain_size(text));
    }
    number
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_mul(1 << shift))
        .filter(|bytes| *bytes <= SIZE_BYTES_MAX)
        .ok_or_else(|| "more than 1 GiB".to_owned())
}

/// Parses a size that must not be zero.
pub(super) fn parse_positive_size(text: &str) -> Result<usize, String> {
    match parse_size(text)? {
        0 => Err("must be more than zero".to_owned()),
        size => Ok(size),
    }
}

/// Parses `--retry`: a number of tries, or `forever`.
pub(super) fn parse_retry(text: &str) -> Result<Retry, String> {
    match text {
        "forever" => Ok(Retry::Forever),
        _ if is_digits(text) => parse_number(text, 0..=u32::MAX).map(Retry::Times),
        _ => Err("must be 0 or more, or forever".to_owned()),
    }
}

/// Parses `--tos`: a byte, in decimal or, with `0x`, in hexadecimal.
pub(super) fn parse_tos(text: &str) -> Result<u8, String> {
    match text.strip_prefix("0x") {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            u8::from_str_radix(digits, 16).map_err(|_| "more than 0xff".to_owned())
        }
        _ => parse_number(text, 0..=u8::MAX),
    }
}

/// Parses the name of a network interface. The interface need not exist yet.
pub(super) fn parse_device(text: &str) -> Result<String, String> {
    match text {
        "" => Err("the name is empty".to_owned()),
        "." | ".." => Err("not the name of an interface such as eth0".to_owned()),
        _ if text.len() > DEVICE_BYTES_MAX => Err(format!("longer than {DEVICE_BYTES_MAX} bytes")),
        _ if text.contains(|c: char| c.is_whitespace() || c.is_control() || "/:".contains(c)) => {
            Err("not the name of an interface such as eth0".to_owned())
        }
        _ => Ok(text.to_owned()),
    }
}

/// Parses permission bits in octal, `0600`.
pub(super) fn parse_mode(text: &str) -> Result<u32, String> {
    let octal = !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    match u32::from_str_radix(text, 8) {
        Ok(mode) if octal && mode <= 0o777 => Ok(mode),
        _ => Err("not permission bits in octal, 0000 to 0777".to_owned()),
    }
}

/// Parses a network, such as `10.0.0.0/8`. A bare address is a network with one host.
pub(super) fn parse_network(text: &str) -> Result<IpNet, String> {
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text.parse::<IpNet>().map_err(|_| "not a network such as 10.0.0.0/8 or fd00::/8".to_owned())?,
    };
    Ok(unmap(network)?.trunc())
}

/// Parses a multicast group with an optional `%interface`.
pub(super) fn parse_group(text: &str) -> Result<Group, String> {
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (text, None),
    };
    let ip: IpAddr = address.parse().map_err(|_| "not an address such as 239.1.2.3 or ff02::1%eth0".to_owned())?;
    if !ip.is_multicast() {
        return Err("not a multicast group, which is 224.0.0.0 to 239.255.255.255 or begins with ff".to_owned());
    }
    Ok(Group { ip, interface: zone.map(parse_scope).transpose()?.unwrap_or(0) })
}

/// Turns a network of IPv4-mapped IPv6 addresses into IPv4. The addresses of peers are turned in the same way before
/// they are matched. So a mapped network with other addresses in it would match no peer, and is refused.
fn unmap(network: IpNet) -> Result<IpNet, String> {
    let IpNet::V6(v6) = network else { return Ok(network) };
    let Some(address) = v6.addr().to_ipv4_mapped() else { return Ok(network) };
    let mapped = v6.prefix_len().checked_sub(96).and_then(|prefix| Ipv4Net::new(address, prefix).ok());
    let refusal = || "not a network of IPv4: write it as 10.0.0.0/8, or with a prefix of 96 or more".to_owned();
    mapped.map(IpNet::V4).ok_or_else(refusal)
}

/// Names of units, in lower case, and how much each is in milliseconds.
const TIMES: &[(&str, f64)] = &[
    ("ms msec msecs millis millisecond milliseconds", 1.0),
    ("s sec secs second seconds", 1e3),
    ("m min mins minute minutes", 60e3),
    ("h hr hrs hour hours", 3600e3),
    ("d day days", 24.0 * 3600e3),
];

/// Names of units, in lower case, and how much each is in bytes.
const SIZES: &[(&str, f64)] = &[
    ("b byte bytes", 1.0),
    ("k kb kib", 1024.0),
    ("m mb mib", 1024.0 * 1024.0),
    ("g gb gib", 1024.0 * 1024.0 * 1024.0),
];

/// Explains why a text is no duration. The answer has a duration of other programs in the right form.
fn explain_duration(text: &str) -> String {
    let units = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    explain_amount(text, "a duration", "250ms, 10s, 2m or 1h", TIMES, &units)
}

/// The same for sizes.
fn explain_size(text: &str) -> String {
    let units = [("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10), ("", 1)];
    explain_amount(text, "a size", "4096, 64K or 1MiB", SIZES, &units)
}

/// Explains why a text is not an amount. If the amount is clear, it is shown in the largest of the units that fits.
fn explain_amount(text: &str, what: &str, such: &str, names: &[(&str, f64)], units: &[(&str, u64)]) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') => "must not be negative".to_owned(),
        _ => match amount(text, names).filter(|amount| *amount >= 1.0 && amount.fract() == 0.0 && *amount < 1e12) {
            Some(amount) => {
                // The cast is exact below 1e12.
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
                let amount = amount as u64;
                let fits = |unit: &&(&str, u64)| amount.is_multiple_of(unit.1);
                let (unit, size) = units.iter().find(fits).copied().unwrap_or(("", 1));
                format!("not {what}: write {}{unit}", amount / size)
            }
            None => format!("not {what} such as {such}"),
        },
    }
}

/// Adds up numbers with units, such as `1m30s`, `5 s` or `1.5 MB`.
fn amount(text: &str, names: &[(&str, f64)]) -> Option<f64> {
    let text = text.trim().to_ascii_lowercase();
    let mut rest = &*text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let (number, behind) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let behind = behind.trim_start();
        let (unit, behind) = behind.split_at(behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len()));
        let (_, size) = names.iter().find(|(names, _)| is_among(unit, names))?;
        sum += number.parse::<f64>().ok()? * size;
        rest = behind.trim_start();
    }
    Some(sum)
}

/// Parses one protocol of `--alpn`.
pub(super) fn parse_alpn(text: &str) -> Result<Vec<u8>, String> {
    match text.len() {
        0 => Err("a name in the list is empty".to_owned()),
        1..=ALPN_BYTES_MAX => Ok(text.into()),
        len => Err(format!("a name of {len} bytes, limit {ALPN_BYTES_MAX}")),
    }
}

/// Parses the name that a certificate must have.
pub(super) fn parse_server_name(text: &str) -> Result<ServerName<'static>, String> {
    // An address has brackets where a port can follow. The brackets are no part of the address.
    let address = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).and_then(|text| text.parse().ok());
    if let Some(address) = address {
        return Ok(ServerName::IpAddress(IpAddr::V6(address).into()));
    }
    let name = ServerName::try_from(text.to_owned());
    name.map_err(|_| "not a host name or IP address that a certificate can have".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_and_fractions() {
        for (text, millis) in [
            ("0", 0),
            ("10", 10_000),
            ("250ms", 250),
            ("10s", 10_000),
            ("1.5s", 1_500),
            ("1.5", 1_500),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("0.5h", 1_800_000),
            (".1", 100),
            (".5s", 500),
            (".25m", 15_000),
            (".001", 1),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        assert_eq!(parse_duration("0.0001s"), Ok(Duration::from_micros(100)));
        assert_eq!(parse_duration("0.0000000001"), Ok(Duration::ZERO));
        assert_eq!(parse_duration("31536000000"), Ok(Duration::from_secs(31_536_000_000)));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "", "x", "10x", "1e9", "1.", ".", ".s", "..5", ".5.", "1.2.3", "+1", " 1", "1 s", "1S", "s", "0x10", "NaN",
            "inf", "1m30", "1s2x",
        ] {
            let error = parse_duration(text).expect_err(text);
            assert!(error.starts_with("not a duration"), "{text}: {error}");
        }
        for (text, better) in [
            ("1m30s", "90s"),
            ("30sec", "30s"),
            ("5 s", "5s"),
            ("1h 30m", "90m"),
            ("2 Hours", "2h"),
            ("1d", "24h"),
            ("1.5 min", "90s"),
            ("1s500ms", "1500ms"),
        ] {
            assert_eq!(parse_duration(text), Err(format!("not a duration: write {better}")));
            assert!(parse_duration(better).is_ok());
        }
        for text in ["-1", "-1s", "-0", "-.5"] {
            assert_eq!(parse_duration(text), Err("must not be negative".to_owned()), "{text}");
        }
        for text in ["584000y", "31536000001", "99999999999999999999", &"9".repeat(100), "9999999999999999999h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        assert_eq!(parse_positive_duration("0ms"), Err("must be more than zero".to_owned()));
        assert_eq!(parse_positive_duration("1ms"), Ok(Duration::from_millis(1)));
    }

    #[test]
    fn sizes_count_in_1024() {
        for (text, bytes) in [
            ("0", 0),
            ("1", 1),
            ("512B", 512),
            ("64K", 65_536),
            ("64k", 65_536),
            ("1KiB", 1_024),
            ("1M", 1 << 20),
            ("1MiB", 1 << 20),
            ("1G", 1 << 30),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "K", "10x", "1e9", "1.5M", "-1", "+1", "1KB", "1kib", "2G", "99999999999999999999", "1 K"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
        for (text, better) in [("64KB", "64K"), ("1.5M", "1536K"), ("1 MiB", "1M"), ("100 bytes", "100"), ("1gb", "1G")]
        {
            assert_eq!(parse_size(text), Err(format!("not a size: write {better}")));
            assert!(parse_size(better).is_ok());
        }
        assert_eq!(parse_size("18446744073709551615G"), Err("more than 1 GiB".to_owned()));
        assert_eq!(parse_size("-1"), Err("must not be negative".to_owned()));
    }

    #[test]
    fn modes_are_octal() {
        assert_eq!(parse_mode("0600"), Ok(0o600));
        assert_eq!(parse_mode("777"), Ok(0o777));
        assert_eq!(parse_mode("0"), Ok(0));
        for text in ["", "0800", "1777", "+600", "-1", "0o600", "rw", "777777777777777"] {
            assert!(parse_mode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn networks_are_truncated_and_unmapped() {
        for (text, network) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("127.0.0.1", "127.0.0.1/32"),
            ("::1", "::1/128"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("::ffff:127.0.0.1", "127.0.0.1/32"),
            ("::ffff:127.0.0.0/104", "127.0.0.0/8"),
        ] {
            assert_eq!(parse_network(text).map(|network| network.to_string()), Ok(network.to_owned()), "{text}");
        }
        for text in [
            "",
            "::ffff:127.0.0.0/8",
            "::ffff:0.0.0.0/95",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "::/129",
            "localhost",
            "10.0.0/8",
            "10.0.0.0/",
            "fe80::1%lo/64",
        ] {
            assert!(parse_network(text).is_err(), "{text}");
        }
    }
}
