//! Settings of TLS from the options of an end: which options go together, and which name a certificate must have.
//!
//! The settings only name files. `prepare` of the settings reads the files, before anything is opened.

use std::net::Ipv4Addr;

use rustls::pki_types::ServerName;

use crate::cli::error::ConfigError;
use crate::cli::options::Options;
use crate::cli::quote::quote;
use crate::cli::values::parse_server_name;
use crate::transports::address::{Host, HostPort, Place};
use crate::transports::advice::Advice;
use crate::transports::tls::settings::{ClientSettings, CommonSettings, Identity, ServerSettings, Trust};

/// The longest list of `--alpn` in bytes, with one byte for the length of each name. A hello has 64 KiB.
const ALPN_LIST_BYTES_MAX: usize = 4096;

/// The settings of an end that connects to `address`.
pub(super) fn client_settings(
    address: &Place,
    advice: Advice,
    options: &Options,
) -> Result<ClientSettings, ConfigError> {
    let [ca_option, pin_option, insecure_option] = ["ca", "pin", "insecure"].map(|name| advice.flag(name));
    let Options { ca, server_name, pin, insecure, .. } = options.clone();
    let trust = match (insecure, ca, pin) {
        (true, None, pins) if pins.is_empty() => Trust::Nobody,
        (true, Some(_), _) => {
            return Err(format!(
                "{ca_option} and {insecure_option} contradict each other: {insecure_option} verifies nothing"
            )
            .into());
        }
        (true, None, _) => {
            return Err(format!(
                "{pin_option} and {insecure_option} contradict each other: {pin_option} alone needs no authority"
            )
            .into());
        }
        (false, None, pins) if !pins.is_empty() => Trust::Pins(pins),
        (false, ca, pins) => Trust::Chain { ca, pins },
    };
    // XMPP sends the name before TLS begins.
    let says_name = options.starttls.is_some();
    let name = match server_name {
        Some(name) => name,
        None if says_name || matches!(trust, Trust::Chain { .. }) => name_of(address, advice)?,
        // Any name will do: a pin is checked instead, and an address is not sent (SNI, RFC 6066, section 3).
        None => name_of(address, advice).unwrap_or_else(|_| ServerName::IpAddress(Ipv4Addr::UNSPECIFIED.into())),
    };
    let (common, identity) = common_settings(advice, options)?;
    Ok(ClientSettings { common, trust, identity, name })
}

/// The settings of an end that listens.
pub(super) fn server_settings(advice: Advice, options: &Options) -> Result<ServerSettings, ConfigError> {
    let self_signed = options.self_signed;
    if self_signed && (options.cert.is_some() || options.key.is_some()) {
        let [own, cert, key] = ["self-signed", "cert", "key"].map(|name| advice.flag(name));
        return Err(format!("{own} makes a certificate and its key: remove {own}, or {cert} and {key}").into());
    }
    let (common, identity) = common_settings(advice, options)?;
    if identity.is_none() && !self_signed {
        let (cert, key) = (advice.option("cert", "FILE"), advice.option("key", "FILE"));
        let own = advice.flag("self-signed");
        return Err(format!("a TLS server needs {cert} (and {key}), or {own}").into());
    }
    Ok(ServerSettings { common, identity, client_ca: options.client_ca.clone() })
}

fn common_settings(advice: Advice, options: &Options) -> Result<(CommonSettings, Option<Identity>), ConfigError> {
    let Options { cert, key, alpn, tls_min, tls_max, handshake_timeout, allow_truncation, keylog, .. } =
        options.clone();
    let identity = match (cert, key) {
        (Some(cert), key) => Some(Identity { cert, key }),
        (None, Some(_)) => {
            let (key, cert) = (advice.flag("key"), advice.option("cert", "FILE"));
            return Err(format!("{key} needs its certificate: add {cert}").into());
        }
        (None, None) => None,
    };
    let bytes: usize = alpn.iter().map(|name| name.len() + 1).sum();
    if bytes > ALPN_LIST_BYTES_MAX {
        let option = advice.flag("alpn");
        return Err(format!("{option} has {bytes} bytes of names, limit {ALPN_LIST_BYTES_MAX}").into());
    }
    if tls_min > tls_max {
        let [min, max] = ["tls-min", "tls-max"].map(|name| advice.flag(name));
        return Err(format!("{min} and {max} leave no version: 1.3 is newer than 1.2").into());
    }
    let common = CommonSettings {
        min_version: tls_min,
        max_version: tls_max,
        alpn,
        handshake_timeout,
        allow_truncation,
        keylog,
        advice,
    };
    Ok((common, identity))
}

/// The name that the certificate of this address must have.
fn name_of(address: &Place, advice: Advice) -> Result<ServerName<'static>, ConfigError> {
    let option = advice.option("server-name", "NAME");
    let Some(HostPort { host, .. }) = address.host_port() else {
        let reason = format!("'{address}' has no name that the certificate must have: add {option}");
        return Err(reason.into());
    };
    let name = match host {
        // Certificates have no scope: it names an interface of this machine.
        Host::Ip { ip, .. } => return Ok(ServerName::IpAddress((*ip).into())),
        Host::Name(name) => name,
        Host::Loopback | Host::Any => "localhost",
    };
    parse_server_name(name).map_err(|_| {
        let name = quote(name);
        format!("no certificate can have the name {name}: add {option}").into()
    })
}

#[cfg(test)]
mod tests;
