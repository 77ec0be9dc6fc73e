//! explain: in the making.

use rustls::pki_types::{CertificateDer, ServerName};

/// In the making.
pub(crate) fn explain(
    error: &rustls::Error,
    _handshaking: bool,
    _chain: Option<&[CertificateDer<'static>]>,
    _name: Option<&ServerName<'static>>,
) -> String {
    error.to_string()
}
