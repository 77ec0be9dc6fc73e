//! Explains a TLS error in one line: which check failed, what the certificate says, and what helps.
//!
//! The text is safe to show: text of the peer is escaped.

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, CertificateError, Error, HandshakeType, InvalidMessage, OtherError, PeerIncompatible};

use super::certificate::{self, Facts, date, shown};
use super::chain::PathError;
use super::verify::{self, WrongPin};
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

/// Explains the error of a connection in one line.
#[must_use]
pub fn explain(error: &Error, situation: &Situation<'_>) -> String {
    let peer = if situation.is_server { "the client" } else { "the server" };
    match error {
        Error::InvalidCertificate(error) => {
            let refused = verify::refused();
            let certificate = situation.certificate.or(refused.as_ref()).map(AsRef::as_ref);
            RefusedCertificate { situation, certificate, facts: certificate.and_then(Facts::of) }.explain(error)
        }
        Error::AlertReceived(AlertDescription::CloseNotify) => {
            "the peer has closed the connection during the handshake without a reason (close_notify)".into()
        }
        Error::AlertReceived(AlertDescription::UserCanceled) => "the peer has cancelled the handshake".into(),
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
        Error::DecryptError => "cannot decrypt data of the peer: it was changed on its way".into(),
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

/// A certificate that was not accepted.
struct RefusedCertificate<'a> {
    situation: &'a Situation<'a>,
    certificate: Option<&'a [u8]>,
    facts: Option<Facts>,
}

impl RefusedCertificate<'_> {
    fn explain(&self, error: &CertificateError) -> String {
        let it = if self.situation.is_server { "the client's certificate" } else { "the certificate" };
        match error {
            CertificateError::ExpiredContext { not_after, .. } => {
                let is_own = self.facts.as_ref().is_none_or(|facts| facts.not_after() == *not_after);
                format!("{} has expired on {}", part(it, is_own), date(*not_after))
            }
            CertificateError::NotValidYetContext { not_before, .. } => {
                let is_own = self.facts.as_ref().is_none_or(|facts| facts.not_before() == *not_before);
                format!("{} is not valid before {}", part(it, is_own), date(*not_before))
            }
            CertificateError::Expired => format!("{it} has expired"),
            CertificateError::NotValidYet => format!("{it} is not valid yet"),
            CertificateError::UnknownIssuer => self.unknown_issuer(it),
            CertificateError::NotValidForName => format!("{it} has other names"),
            CertificateError::NotValidForNameContext { expected, .. } => self.other_names(it, &expected.to_str()),
            CertificateError::BadEncoding => format!("{it} is damaged"),
            CertificateError::BadSignature => {
                format!(
                    "a signature is wrong: {it} is forged, the peer does not have its key, or the key has an \
                     unsupported size"
                )
            }
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                let purpose = if self.situation.is_server { "clients" } else { "servers" };
                format!("{it} is not for {purpose} (its extended key usage does not include them)")
            }
            CertificateError::UnhandledCriticalExtension => {
                format!("{it} has an unknown critical extension")
            }
            CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
                format!("{it} or its chain has a signature of an unsupported algorithm, which is too weak or too rare")
            }
            CertificateError::Other(OtherError(error)) => {
                if let Some(wrong) = error.downcast_ref::<WrongPin>() {
                    return wrong.to_string();
                }
                if let Some(path) = error.downcast_ref::<PathError>() {
                    return format!("{it} is refused: {path}");
                }
                self.by_webpki(it, error.downcast_ref())
            }
            other => format!("{it} is refused: {}", words(other)),
        }
    }

    /// Explains an error of webpki that rustls does not name.
    fn by_webpki(&self, it: &str, error: Option<&webpki::Error>) -> String {
        match error {
            Some(webpki::Error::CaUsedAsEndEntity) => {
                format!("{it} is that of an authority, not of a host")
            }
            Some(webpki::Error::UnsupportedCertVersion) => self.old_version(it),
            Some(webpki::Error::NameConstraintViolation) => {
                format!("the authority of {it} must not vouch for its names (name constraints)")
            }
            Some(webpki::Error::EndEntityUsedAsCa) => {
                format!("{it} is refused: a certificate in its chain is not that of an authority (basic constraints)")
            }
            Some(webpki::Error::PathLenConstraintViolated) => {
                format!("{it} is refused: its chain is longer than an authority in it allows (pathlen)")
            }
            Some(webpki::Error::SignatureAlgorithmMismatch) => {
                format!("{it} is damaged: it names two algorithms for one signature")
            }
            Some(other) => format!("{it} is refused: {}", words(other)),
            None => format!("{it} is refused"),
        }
    }

    /// X.509 before version 3 has no host names, and cannot mark an authority.
    fn old_version(&self, it: &str) -> String {
        if self.facts.as_ref().is_some_and(Facts::is_of_version_3) {
            return format!(
                "{} has an X.509 version before 3, which cannot mark authorities: reissue it as version 3",
                part(it, false)
            );
        }
        let mut text = format!("{it} has an X.509 version before 3, without names to check");
        text += ": reissue it as version 3, with a subjectAltName";
        if !self.situation.is_server
            && let Some(pin) = self.pin()
        {
            text += &format!("; {pin} trusts its key alone, after you have compared the pin with the owner's");
        }
        text
    }

    fn unknown_issuer(&self, it: &str) -> String {
        let Some(facts) = &self.facts else { return format!("{it} is signed by an authority that is not trusted") };
        let mut text = if facts.is_self_issued() {
            format!("{it} is self-signed and not trusted: subject {}", facts.subject())
        } else {
            format!("{it} is signed by an authority that is not trusted: issuer {}", facts.issuer())
        };
        if !self.situation.is_server {
            if !facts.is_self_issued() {
                text += ", or the server has left out intermediate certificates";
            }
            let advice = self.situation.advice;
            text += &format!("; {} trusts another authority", advice.option("ca", "FILE"));
            if let Some(pin) = self.pin() {
                text +=
                    &format!(", {pin} trusts this certificate alone, after you have compared the pin with the owner's");
            }
        }
        text
    }

    /// The option that trusts this certificate alone.
    fn pin(&self) -> Option<String> {
        let pin = self.certificate.and_then(certificate::pin)?;
        Some(self.situation.advice.option("pin", &pin.to_string()).to_string())
    }

    fn other_names(&self, it: &str, wanted: &str) -> String {
        let wanted = shown(wanted);
        match self.facts.as_ref().map(|facts| (facts.names_text(), facts.subject())) {
            Some((names, subject)) if names.is_empty() => format!(
                "{it} is not for {wanted}: it has no subject alternative names (its subject, {subject}, does not count)"
            ),
            Some((names, _)) => format!("{it} is for {names}, not for {wanted}"),
            None => format!("{it} is not for {wanted}"),
        }
    }
}

/// Names the certificate that is at fault: the peer's own, or one of its chain.
fn part(it: &str, is_own: bool) -> String {
    if is_own { it.to_owned() } else { format!("an authority in the chain of {it}") }
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
        AlertDescription::HandshakeFailure => "often, both sides have no version, cipher or key in common",
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
        AlertDescription::ProtocolVersion => "it supports no TLS version that is allowed here",
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

/// Explains that a stream with TLS has ended without a close_notify.
pub(crate) fn truncated(advice: Advice) -> String {
    format!(
        "peer closed without close_notify (data may be truncated); {} accepts this from peers that never send one, \
         such as ncat before 7.96",
        advice.flag("allow-truncation")
    )
}

/// Alerts as the standards call them.
fn alert_words(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnknownCA => "unknown authority".into(),
        AlertDescription::BadRecordMac => "bad record".into(),
        AlertDescription::UnrecognisedName => "unrecognised name".into(),
        AlertDescription::NoApplicationProtocol => "no application protocol".into(),
        AlertDescription::UnknownPSKIdentity => "unknown pre-shared key".into(),
        AlertDescription::ProtocolVersion => "protocol version".into(),
        AlertDescription::Unknown(number) => format!("alert {number}"),
        other => words(&other),
    }
}

/// The name of a variant, without what is inside, as words: `CertificateRequired` is "certificate required".
fn words(variant: &dyn std::fmt::Debug) -> String {
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
    use rustls::PeerMisbehaved;

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
                let text = explain(&Error::AlertReceived(alert), &situation);
                let is_refusal = !matches!(alert, AlertDescription::CloseNotify | AlertDescription::UserCanceled);
                assert_eq!(text.starts_with("the peer refuses: "), is_refusal, "{text}");
                assert!(text.starts_with("the peer ") && !text.contains(['{', '\n']), "{text}");
            }
        }
        let client = Situation { wanted: Some(&name), advice: Advice::Arguments, ..Situation::default() };
        let says = |alert, situation| explain(&Error::AlertReceived(alert), situation);
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
        let says = |error| explain(&error, &Situation { has_begun: true, ..Situation::default() });
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
