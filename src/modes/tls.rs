//! TLS of a mode: prepares the settings before anything is opened, and tells the user about pins.

use std::net::SocketAddr;

use super::config::{ListenConfig, TlsConnect};
use crate::protocols::NOTICE;
use crate::protocols::report::{Cause, Failure};
use crate::sys::names;
use crate::transports::info::Peer;
use crate::transports::tls::settings::{ServerSettings, SettingsError, Trust};
use crate::transports::tls::show::SeenChain;
use crate::transports::tls::{TlsClient, TlsServer};

/// What becomes of the greeting of a server that is asked for TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Greeting {
    /// A user or a script speaks first inside TLS, and waits for no greeting.
    Dropped,
    /// The other end is a program that waits for the greeting.
    HandedOn,
}

/// The TLS of an end that listens, if there is any.
pub(super) fn server(config: &ListenConfig) -> anyhow::Result<Option<TlsServer>> {
    Ok(config.tls.as_ref().map(ServerSettings::prepare).transpose().map_err(usage)?)
}

/// The TLS of an end that connects, if there is any. With STARTTLS, `greeting` says what becomes of the server's words.
/// The certificates of the server go into `seen`.
pub(super) fn client(
    config: Option<&TlsConnect>,
    greeting: Greeting,
    seen: Option<SeenChain>,
) -> anyhow::Result<Option<TlsClient>> {
    let Some(config) = config else { return Ok(None) };
    let client = config.settings.prepare_noting(seen).map_err(usage)?;
    if matches!(config.settings.trust, Trust::Nobody) {
        let insecure = config.settings.common.advice.flag("insecure");
        log::warn!("{insecure}: the certificate is not verified; an attacker can read and change everything");
    }
    Ok(Some(match config.starttls {
        Some(protocol) if greeting == Greeting::HandedOn => client.asking_by(protocol).handing_on_greeting(),
        Some(protocol) => client.asking_by(protocol),
        None => client,
    }))
}

fn usage(error: SettingsError) -> Failure {
    Failure::new(Cause::Usage, error.to_string())
}

/// Says how clients can verify a server that has made its own certificate.
pub(super) fn tell_clients(config: &ListenConfig, tls: Option<&TlsServer>, names: &[Peer]) {
    let (Some(settings), Some(pin)) = (&config.tls, tls.and_then(TlsServer::pin)) else { return };
    if settings.identity.is_some() {
        return log::info!("certificate pin {pin}");
    }
    let certificate = if settings.client_ca.is_some() { " --cert FILE --key FILE" } else { "" };
    let mut ports = Vec::new();
    for name in names {
        let Peer::Ip(address) = name else { continue };
        // IPv4 and IPv6 on one port are one line.
        if !ports.contains(&address.port()) {
            ports.push(address.port());
            let place = reachable(*address);
            log::info!(target: NOTICE, "clients connect with: xport tls-client --pin {pin}{certificate} {place}");
        }
    }
    // The address of an inherited socket is unknown to clients, but they cannot get the pin elsewhere.
    if ports.is_empty() {
        log::info!(target: NOTICE, "clients verify this server with: --pin {pin}{certificate}");
    }
}

/// The address under which other machines reach this listener.
fn reachable(address: SocketAddr) -> String {
    match names::host_name() {
        Some(name) if address.ip().is_unspecified() => format!("{name}:{}", address.port()),
        // A shell can take brackets for a pattern.
        _ if address.is_ipv6() => format!("'{address}'"),
        _ => address.to_string(),
    }
}
