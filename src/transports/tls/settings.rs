//! What is wanted of TLS, as a user says it: names of files, not their contents. Made ready by `prepare`, which reads these.
//!
//! That is done once in a run and before anything is opened, so that whatever is wrong with a file is known first.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use rustls::pki_types::ServerName;

use super::{Pin, TlsClient, TlsServer};

/// The versions there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// RFC 5246.
    #[default]
    Tls12,
    /// RFC 8446.
    Tls13,
}

/// What either side has.
#[derive(Clone, Debug)]
pub struct CommonSettings {
    /// The oldest version that is spoken.
    pub min_version: Version,
    /// Protocols to be agreed on (ALPN, RFC 7301), the best one first. None is none at all.
    pub alpn: Vec<Vec<u8>>,
    /// How long a handshake may take.
    pub handshake_timeout: Duration,
    /// A peer that ends the connection without saying so (close_notify) has ended in order.
    pub allow_truncation: bool,
    /// Where the keys of all connections are appended to, for whoever analyses what was recorded. NSS key log format.
    pub keylog: Option<PathBuf>,
}

/// A certificate, its chain, and its key.
#[derive(Clone, Debug)]
pub struct Identity {
    /// PEM: the certificate, then those that lead to its authority.
    pub cert: PathBuf,
    /// PEM. `None`: it is in the same file.
    pub key: Option<PathBuf>,
}

/// A client's side.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// What either side has.
    pub common: CommonSettings,
    /// Whom the client trusts, and how it knows the server.
    pub trust: Trust,
    /// What the client shows, if it is asked.
    pub identity: Option<Identity>,
    /// Whom the certificate must be for; also sent (SNI), unless it is an address.
    pub name: ServerName<'static>,
}

/// How a client knows a server.
#[derive(Clone, Debug)]
pub enum Trust {
    /// By a chain to an authority, and by its name.
    Chain {
        /// PEM: the authorities. `None` is those of the system.
        ca: Option<PathBuf>,
        /// If there are any, the certificate must have one of these besides.
        pins: Vec<Pin>,
    },
    /// By one of these pins alone.
    Pins(Vec<Pin>),
    /// Not at all.
    Nobody,
}

/// A server's side.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// What either side has.
    pub common: CommonSettings,
    /// What the server shows. `None`: a certificate that it makes for itself now.
    pub identity: Option<Identity>,
    /// PEM: authorities, one of which must vouch for each client.
    pub client_ca: Option<PathBuf>,
}

/// Why settings cannot be made ready: the file, and what is wrong with it, in one line.
#[derive(Debug)]
pub struct SettingsError(pub(crate) String);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SettingsError {}

impl ClientSettings {
    /// Reads the files and makes a client of it.
    ///
    /// # Errors
    /// What is wrong with which file.
    pub fn prepare(&self) -> Result<TlsClient, SettingsError> {
        Err(SettingsError("not made yet".into()))
    }
}

impl ServerSettings {
    /// Reads the files, or makes a certificate, and makes a server of it.
    ///
    /// # Errors
    /// What is wrong with which file.
    pub fn prepare(&self) -> Result<TlsServer, SettingsError> {
        Err(SettingsError("not made yet".into()))
    }
}
