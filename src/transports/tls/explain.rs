//! Explains a TLS error in one line, and says in a second one what helps. `refusal.rs` explains why a certificate was
//! not accepted.
//!
//! The text is safe to show: text of the peer is escaped.

use std::fmt;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, Error, HandshakeType, InvalidMessage, PeerIncompatible};

use super::certificate::shown;
use super::refusal::RefusedCertificate;
use crate::transports::advice::Advice;

/// The facts about a connection that explain its error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Situation<'a> {
    /// This side is the server, so a refused certificate is that of a client.
    pub is_server: bool,
    /// The peer agreed to TLS on an open connection (STARTTLS).
    pub was_agreed: bool,
    /// The first message of the peer was valid TLS: `protocol_version()` of the connection is known.
    pub has_begun: bool,
    /// The server asked for a client certificate.
    pub was_asked: bool,
    /// This side has a certificate to present.
    pub has_certificate: bool,
    /// The name that the server's certificate must have.
    pub wanted: Option<&'a ServerName<'a>>,
    /// How the text names options.
    pub advice: Advice,
    /// The peer's own certificate. `None` means the certificate that this thread refused last, which is the right one
    /// directly after the error.
    pub certificate: Option<&'a CertificateDer<'a>>,
}

/// What an error means, and what helps. Each text is one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What has failed.
    pub what: String,
    /// What the user can do about it.
    pub hint: Option<String>,
}

impl From<String> for Explanation {
    fn from(what: String) -> Self {
        Self { what, hint: None }
    }
}

impl fmt::Display for Explanation {
    /// Both texts in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

/// A close_notify has come during the handshake.
pub(super) const CLOSED_TOO_SOON: &str =
    "the peer has closed the connection during the handshake without a reason (close_notify)";

/// Explains the error of a connection.
#[must_use]
pub fn explain(error: &Error, situation: &Situation<'_>) -> Explanation {
    match error {
        Error::InvalidCertificate(error) => RefusedCertificate::of(situation).explain(error),
        error => Explanation::from(explain_connection(error, situation)),
    }
}

/// Explains an error that is not about a certificate.
fn explain_connection(error: &Error, situation: &Situation<'_>) -> String {
    let peer = if situation.is_server { "the client" } else { "the server" };
    match error {
        Error::AlertReceived(AlertDescription::CloseNotify) => CLOSED_TOO_SOON.into(),
        Error::AlertReceived(AlertDescription::UserCanceled) => "the peer has cancelled the handshake".into(),
        Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            "the peer refuses the TLS version (it supports no TLS version that is allowed here)".into()
        }
        Error::AlertReceived(alert) => {
            let hint = hint(*alert, situation).map(|hint| format!(" ({hint})")).unwrap_or_default();
            format!("the peer refuses: {}{hint}", alert_words(*alert))
        }
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge
            | InvalidMessage::InvalidEmptyPayload,
        ) if !situation.has_begun => match situation {
            Situation { is_server: true, .. } => "the peer does not speak TLS".into(),
            Situation { was_agreed: true, .. } => {
                "the server agreed to TLS and then sent something else: do not trust it".into()
            }
            Situation { advice: Advice::Arguments, .. } => {
                "the peer does not speak TLS (if it needs STARTTLS, use --starttls PROTO)".into()
            }
            // Only a mode has an option for STARTTLS.
            _ => "the peer does not speak TLS".into(),
        },
        Error::InvalidMessage(
            InvalidMessage::CertificatePayloadTooLarge | InvalidMessage::HandshakePayloadTooLarge,
        ) => "the peer has sent a message of more than 64 KiB, perhaps with too many certificates".into(),
        Error::InvalidMessage(why) => format!("the peer has sent a broken TLS message: {}", words(why)),
        Error::NoCertificatesPresented => format!("{peer} has presented no certificate"),
        Error::InappropriateHandshakeMessage { got_type: HandshakeType::ClientHello, .. } if !situation.is_server => {
            "the peer is a TLS client too, or an echo server".into()
        }
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            "the peer has sent an unexpected TLS message".into()
        }
        Error::DecryptError => "cannot decrypt data from the peer: it was changed on the way".into(),
        Error::PeerSentOversizedRecord => "the peer has sent a TLS record that is too large".into(),
        Error::NoApplicationProtocol => format!("{peer} supports none of the offered protocols (ALPN)"),
        Error::PeerIncompatible(why) => incompatible(why, peer, situation.advice),
        Error::PeerMisbehaved(why) => format!("the peer breaks the rules of TLS: {}", words(why)),
        Error::General(text) => shown(text),
        Error::UnsupportedNameType => "a certificate cannot have a name of this kind".into(),
        Error::FailedToGetCurrentTime => "cannot read the clock of the system".into(),
        Error::FailedToGetRandomBytes => "cannot get random numbers from the system".into(),
        other => shown(&other.to_string()),
    }
}

fn incompatible(why: &PeerIncompatible, peer: &str, advice: Advice) -> String {
    match why {
        PeerIncompatible::ServerDoesNotSupportTls12Or13 => "the server speaks neither TLS 1.2 nor 1.3".into(),
        PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled
        | PeerIncompatible::SupportedVersionsExtensionRequired
        // Clients that are older than TLS 1.2 do not send it.
        | PeerIncompatible::SignatureAlgorithmsExtensionRequired => {
            let [min, max] = ["tls-min", "tls-max"].map(|name| advice.flag(name));
            format!("{peer} supports no TLS version that is allowed here ({min}, {max})")
        }
        PeerIncompatible::NoCipherSuitesInCommon => format!("no cipher suite in common with {peer}"),
        PeerIncompatible::NoKxGroupsInCommon => format!("no key exchange in common with {peer}"),
        PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
            format!("no signature scheme in common with {peer} that this key can make")
        }
        other => format!("{peer} is not compatible: {}", words(other)),
    }
}

/// Explains an alert, or says what to do about it.
fn hint(alert: AlertDescription, situation: &Situation<'_>) -> Option<String> {
    let is_client = !situation.is_server;
    let misses_ours = is_client && situation.was_asked && !situation.has_certificate;
    let advice = situation.advice;
    let ours = || format!("present one with {} and {}", advice.option("cert", "FILE"), advice.option("key", "FILE"));
    let hint = match alert {
        AlertDescription::CertificateRequired if is_client && !situation.has_certificate => return Some(ours()),
        AlertDescription::HandshakeFailure
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied
            if misses_ours =>
        {
            return Some(format!("it asked for a certificate: {}", ours()));
        }
        AlertDescription::HandshakeFailure => "perhaps the two sides share no TLS version, cipher or key exchange",
        AlertDescription::UnknownCA if is_client => "it does not know the authority of this side's certificate",
        AlertDescription::UnknownCA => "it does not trust the authority of this side's certificate",
        AlertDescription::CertificateUnknown if !is_client => "it does not trust this side's certificate",
        AlertDescription::BadCertificate if !is_client => {
            "it does not accept this side's certificate, perhaps for its names"
        }
        AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateExpired
            if is_client =>
        {
            "this side's certificate"
        }
        AlertDescription::CertificateExpired => "this side's certificate, or the clock of the peer is wrong",
        AlertDescription::NoApplicationProtocol => {
            return Some(format!("it supports none of the protocols of {}", advice.flag("alpn")));
        }
        AlertDescription::UnrecognisedName if is_client => {
            let name = situation.wanted.map(|name| format!(" {}", shown(&name.to_str()))).unwrap_or_default();
            let another = advice.option("server-name", "NAME");
            return Some(format!("it does not know the name{name}; {another} asks for another name"));
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// Explains that a stream with TLS has ended without a close_notify. `is_probe` says that it is one of a client, and
/// that no data was sent or received.
pub(crate) fn truncated(advice: Advice, is_probe: bool) -> Explanation {
    let option = advice.flag("allow-truncation");
    let hint = if is_probe && advice != Advice::Settings {
        "to test a server, use: xport wait tls:HOST:PORT".to_owned()
    } else {
        format!("{option} accepts this from peers that never send one, such as ncat before 7.96")
    };
    Explanation { what: "peer closed without close_notify (data may be truncated)".to_owned(), hint: Some(hint) }
}

/// Alerts as the standards call them.
fn alert_words(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnknownCA => "unknown authority".into(),
        AlertDescription::BadRecordMac => "bad record".into(),
        AlertDescription::UnrecognisedName => "unrecognised name".into(),
        AlertDescription::NoApplicationProtocol => "no application protocol".into(),
        AlertDescription::UnknownPSKIdentity => "unknown pre-shared key".into(),
        AlertDescription::Unknown(number) => format!("alert {number}"),
        other => words(&other),
    }
}

/// The name of a variant, without what is inside, as words: `CertificateRequired` is "certificate required".
pub(super) fn words(variant: &dyn fmt::Debug) -> String {
    let debug = format!("{variant:?}");
    let name = debug.trim_matches('"').split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let mut words = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use rustls::{CertificateError, PeerMisbehaved};

    use super::*;

    #[test]
    fn every_alert_has_words_and_some_a_hint() {
        let name = ServerName::try_from("a.example").unwrap();
        for number in 0..=255 {
            let alert = AlertDescription::from(number);
            for bits in 0..8 {
                let [is_server, was_asked, has_certificate] = [1, 2, 4].map(|bit| bits & bit != 0);
                let wanted = Some(&name);
                let situation = Situation { is_server, was_asked, has_certificate, wanted, ..Situation::default() };
                let text = explain(&Error::AlertReceived(alert), &situation).what;
                let is_refusal = !matches!(alert, AlertDescription::CloseNotify | AlertDescription::UserCanceled);
                assert_eq!(text.starts_with("the peer refuses"), is_refusal, "{text}");
                assert!(text.starts_with("the peer ") && !text.contains(['{', '\n']), "{text}");
            }
        }
        let client = Situation { wanted: Some(&name), advice: Advice::Arguments, ..Situation::default() };
        let says = |alert, situation| explain(&Error::AlertReceived(alert), situation).what;
        assert_eq!(says(AlertDescription::InternalError, &client), "the peer refuses: internal error");
        assert_eq!(says(AlertDescription::Unknown(200), &client), "the peer refuses: alert 200");
        assert!(says(AlertDescription::UnrecognisedName, &client).contains("it does not know the name a.example"));
        assert!(!says(AlertDescription::HandshakeFailure, &client).contains("--cert"));
        let asked = Situation { was_asked: true, ..client };
        assert!(says(AlertDescription::HandshakeFailure, &asked).contains("--cert FILE and --key FILE"));
        let certified = Situation { has_certificate: true, ..asked };
        assert!(!says(AlertDescription::CertificateRequired, &certified).contains("--cert"));
        // A program that uses the library has no command line.
        let text = says(AlertDescription::HandshakeFailure, &Situation { advice: Advice::default(), ..asked });
        assert!(text.contains("the setting cert = FILE") && !text.contains("--"), "{text}");
    }

    #[test]
    fn what_is_left_is_told_in_words() {
        let says = |error| explain(&error, &Situation { has_begun: true, ..Situation::default() }).what;
        let broken = InvalidMessage::MissingData("KeyShare");
        assert_eq!(says(broken.into()), "the peer has sent a broken TLS message: missing data");
        assert_eq!(
            says(InvalidMessage::InvalidContentType.into()),
            "the peer has sent a broken TLS message: invalid content type"
        );
        assert_eq!(
            says(PeerMisbehaved::TooManyKeyUpdateRequests.into()),
            "the peer breaks the rules of TLS: too many key update requests"
        );
        assert_eq!(
            says(Error::PeerIncompatible(PeerIncompatible::NullCompressionRequired)),
            "the server is not compatible: null compression required"
        );
        assert_eq!(says(Error::General("a\nb".into())), "a\\nb");
        let expired = Error::InvalidCertificate(CertificateError::Expired);
        assert_eq!(says(expired), "the certificate has expired");
        let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert_eq!(says(unknown), "the certificate is signed by an authority that is not trusted");
    }
}
