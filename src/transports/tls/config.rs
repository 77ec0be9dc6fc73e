//! TLS from a configuration of rustls that a program has made itself. `settings.rs` makes one from files.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ServerConfig};

use super::settings::CommonSettings;
use super::{TlsClient, TlsServer};

impl TlsClient {
    /// A client with this configuration, for servers whose certificate is for `name`. What the configuration trusts
    /// counts as verified.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use xport::prelude::*;
    /// use xport::transports::tls::provider;
    /// use xport::transports::tls::rustls::{ClientConfig, RootCertStore};
    ///
    /// let config = ClientConfig::builder_with_provider(provider())
    ///     .with_safe_default_protocol_versions()?
    ///     .with_root_certificates(RootCertStore::empty())
    ///     .with_no_client_auth();
    /// let tls = TlsClient::from_config(Arc::new(config), "example.org".try_into()?);
    /// # let _ = tls;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn from_config(config: Arc<ClientConfig>, name: ServerName<'static>) -> Self {
        Self { config, name, policy: CommonSettings::default().policy(), starttls: None }
    }

    /// Sets how long a handshake may take; 10 s if this is not called. asyncio's `ssl_handshake_timeout`, which is 60 s
    /// there.
    #[doc(alias = "ssl_handshake_timeout")]
    pub fn set_handshake_timeout(&mut self, timeout: Duration) {
        self.policy.handshake_timeout = timeout;
    }

    /// Sets whether a peer may end the connection without a close_notify. If not, which is the default, such an end is
    /// an error, since an attacker could have cut the stream. asyncio's `suppress_ragged_eofs`.
    #[doc(alias = "suppress_ragged_eofs")]
    pub fn allow_truncation(&mut self, allow: bool) {
        self.policy.allow_truncation = allow;
    }
}

impl TlsServer {
    /// A server with this configuration.
    ///
    /// A TLS 1.3 server sends tickets for a later session. A client that closes without having read them resets the
    /// connection. Where nothing is resumed, set `send_tls13_tickets` to 0.
    #[must_use]
    pub fn from_config(config: Arc<ServerConfig>) -> Self {
        Self { config, policy: CommonSettings::default().policy(), pin: None }
    }

    /// See [`TlsClient::set_handshake_timeout`].
    #[doc(alias = "ssl_handshake_timeout")]
    pub fn set_handshake_timeout(&mut self, timeout: Duration) {
        self.policy.handshake_timeout = timeout;
    }

    /// See [`TlsClient::allow_truncation`].
    #[doc(alias = "suppress_ragged_eofs")]
    pub fn allow_truncation(&mut self, allow: bool) {
        self.policy.allow_truncation = allow;
    }
}
