//! What a word of a line is: an option of xport, a port, a path, a host.

use std::net::Ipv6Addr;

use crate::cli::address::{parse_inet, parse_with};
use crate::cli::host::find_service;
use crate::cli::kinds::is_address;
use crate::cli::options::{Opt, OptSpec, rows};

/// Why a line is not translated: the reason, if the user should know it.
pub(super) type Untold = Option<&'static str>;

/// The row of an option of xport.
pub(super) fn own(name: &str) -> Option<&'static OptSpec> {
    let is_place =
        |id| matches!(id, Opt::ListenAddress | Opt::ListenEndpoint | Opt::ConnectAddress | Opt::ConnectEndpoint);
    rows().find(|row| row.name == name && !is_place(row.id))
}

/// The option of xport with this letter.
pub(super) fn own_letter(letter: char) -> Option<&'static OptSpec> {
    rows().find(|spec| spec.short == Some(letter))
}

/// Host and port in one word. A host that is not a host is refused.
pub(super) fn with_port(host: &str, port: &str) -> Result<String, Untold> {
    let host = match host {
        host if host.parse::<Ipv6Addr>().is_ok() => format!("[{host}]"),
        host => host.to_owned(),
    };
    let is_number = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_digit());
    let is_half = !is_number && (host.is_empty() || parse_with(host.as_ref(), parse_inet).is_err());
    let address = format!("{host}:{port}");
    let is_whole = port == "PORT" && is_address(&format!("{host}:1")) || is_address(&address);
    if is_half && is_whole { Ok(address) } else { Err(None) }
}

/// Whether a text is a port: a number or the name of a service.
pub(super) fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok() && text.bytes().all(|byte| byte.is_ascii_digit()) || find_service(text).is_some()
}

/// Whether a text is the path or the name of a unix socket.
pub(super) fn is_path(text: &str) -> bool {
    ["/", "./", "../", "@"].iter().any(|start| text.starts_with(start))
}
