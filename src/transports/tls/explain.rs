//! What has gone wrong with a connection, in words: which check has failed, what the certificate does say, and what
//! helps.
//!
//! One line each, and safe to show: texts of the peer are escaped.

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, CertificateError, Error, HandshakeType, InvalidMessage, OtherError, PeerIncompatible};

use super::certificate::{self, Facts, date, shown};
use super::chain::PathError;
use super::verify::{self, WrongPin};
use crate::transports::advice::Advice;

/// What is known of the connection besides its error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Situation<'a> {
    /// We are the server: what is refused is a client's certificate.
    pub is_server: bool,
    /// TLS was agreed on before, on an open connection.
    pub was_agreed: bool,
    /// The first message of the peer has been understood: `protocol_version()` of the connection is known.
    pub has_begun: bool,
    /// The server has asked for a certificate of ours.
    pub was_asked: bool,
    /// There is a certificate of ours.
    pub has_certificate: bool,
    /// Whom the server's certificate must be for.
    pub wanted: Option<&'a ServerName<'a>>,
    /// How options are named that help.
    pub advice: Advice,
    /// The peer's own certificate. `None`: the one that this thread has refused last, which is the right one if this is
    /// called right after the error.
    pub certificate: Option<&'a CertificateDer<'a>>,
}

/// The error of a connection, in one line.
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
            "the peer has closed the connection during the handshake, and does not say why (close_notify)".into()
        }
        Error::AlertReceived(AlertDescription::UserCanceled) => "the peer has given up the handshake".into(),
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
                "what the server sends after its consent is not TLS: it is not to be trusted".into()
            }
            // No endpoint can ask for it.
            Situation { advice: Advice::Endpoint, .. } => "the peer does not speak TLS".into(),
            _ => "the peer does not speak TLS (some do once they are asked: --starttls PROTO)".into(),
        },
        Error::InvalidMessage(
            InvalidMessage::CertificatePayloadTooLarge | InvalidMessage::HandshakePayloadTooLarge,
        ) => "the peer sends more in one message than fits, certificates perhaps: 64 KiB at most".into(),
        Error::InvalidMessage(why) => format!("the peer has sent a broken TLS message: {}", words(why)),
        Error::NoCertificatesPresented => format!("{peer} shows no certificate"),
        Error::InappropriateHandshakeMessage { got_type: HandshakeType::ClientHello, .. } if !situation.is_server => {
            "the peer acts as a TLS client too, or sends back what it gets".into()
        }
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            "the peer has sent a TLS message out of its turn".into()
        }
        Error::DecryptError => "what the peer has sent cannot be decrypted: something has changed it on its way".into(),
        Error::PeerSentOversizedRecord => "the peer has sent a larger TLS record than there can be".into(),
        Error::NoApplicationProtocol => format!("{peer} speaks none of our protocols (ALPN)"),
        Error::PeerIncompatible(why) => incompatible(why, peer, situation.advice),
        Error::PeerMisbehaved(why) => format!("the peer breaks the rules of TLS: {}", words(why)),
        Error::General(text) => shown(text),
        Error::UnsupportedNameType => "a certificate cannot be for a name of this kind".into(),
        Error::FailedToGetCurrentTime => "the system does not tell the time".into(),
        Error::FailedToGetRandomBytes => "the system gives no random numbers".into(),
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
            CertificateError::NotValidForName => format!("{it} is for other names"),
            CertificateError::NotValidForNameContext { expected, .. } => self.other_names(it, &expected.to_str()),
            CertificateError::BadEncoding => format!("{it} cannot be read: it is damaged"),
            CertificateError::BadSignature => {
                format!(
                    "a signature is wrong: that on {it}, or the peer does not have its key, \
                     or it is of a size that is not supported"
                )
            }
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                let purpose = if self.situation.is_server { "clients" } else { "servers" };
                format!("{it} is not meant for {purpose} (its extended key usage does not name them)")
            }
            CertificateError::UnhandledCriticalExtension => {
                format!("{it} has a critical extension that is not understood")
            }
            CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
                format!(
                    "{it} or its chain is signed by an algorithm that is not supported, as it is too weak or too rare"
                )
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

    /// What rustls has no words of its own for.
    fn by_webpki(&self, it: &str, error: Option<&webpki::Error>) -> String {
        match error {
            Some(webpki::Error::CaUsedAsEndEntity) => {
                format!("{it} is that of an authority, and so of no single host")
            }
            Some(webpki::Error::UnsupportedCertVersion) => self.old_version(it),
            Some(webpki::Error::NameConstraintViolation) => {
                format!("the authority of {it} may not vouch for its names")
            }
            Some(webpki::Error::EndEntityUsedAsCa) => {
                format!("{it} is refused: one in its chain is not that of an authority (basic constraints)")
            }
            Some(webpki::Error::PathLenConstraintViolated) => {
                format!("{it} is refused: its chain is longer than one of its authorities allows (pathlen)")
            }
            Some(webpki::Error::SignatureAlgorithmMismatch) => {
                format!("{it} names two kinds of signature for one: it is damaged")
            }
            Some(other) => format!("{it} is refused: {}", words(other)),
            None => format!("{it} is refused"),
        }
    }

    /// Before its third version, X.509 had no names of hosts, and no way to say who is an authority.
    fn old_version(&self, it: &str) -> String {
        if self.facts.as_ref().is_some_and(Facts::is_of_version_3) {
            return format!(
                "{} is of an X.509 version before 3, and may not vouch for others: \
                 reissue it as version 3",
                part(it, false)
            );
        }
        let mut text = format!("{it} is of an X.509 version before 3, which has no names to check");
        text += ": reissue it as version 3, with a subjectAltName";
        if !self.situation.is_server
            && let Some(pin) = self.pin()
        {
            text += &format!("; {pin} trusts its key as it is, if the other side says that it is its own");
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
                text += ", or the server has left out the certificates in between";
            }
            let advice = self.situation.advice;
            text += &format!("; {} trusts another authority", advice.option("ca", "FILE"));
            if let Some(pin) = self.pin() {
                text += &format!(", {pin} this certificate alone, if the other side says that it is its own");
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
            Some((names, _)) => format!("{it} is for {names} and not for {wanted}"),
            None => format!("{it} is not for {wanted}"),
        }
    }
}

/// A chain is refused for any of its certificates.
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
            format!("{peer} speaks no version of TLS that is allowed here ({})", advice.flag("tls-min"))
        }
        PeerIncompatible::NoCipherSuitesInCommon => format!("there is no cipher suite that {peer} has too"),
        PeerIncompatible::NoKxGroupsInCommon => format!("there is no key exchange that {peer} has too"),
        PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
            format!("there is no kind of signature that {peer} understands and our key can make")
        }
        other => format!("the TLS of {peer} does not fit: {}", words(other)),
    }
}

/// What can be done about an alert.
fn hint(alert: AlertDescription, situation: &Situation<'_>) -> Option<String> {
    let is_client = !situation.is_server;
    let misses_ours = is_client && situation.was_asked && !situation.has_certificate;
    let advice = situation.advice;
    let ours = || format!("name yours with {} and {}", advice.option("cert", "FILE"), advice.option("key", "FILE"));
    let hint = match alert {
        AlertDescription::CertificateRequired if is_client && !situation.has_certificate => return Some(ours()),
        AlertDescription::HandshakeFailure
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied
            if misses_ours =>
        {
            return Some(format!("it has asked for a certificate: {}", ours()));
        }
        AlertDescription::HandshakeFailure => "often there is no version, cipher or key that both sides can use",
        AlertDescription::UnknownCA if is_client => "it does not know the authority of our certificate",
        AlertDescription::UnknownCA => "it does not trust the authority of our certificate",
        AlertDescription::CertificateUnknown if !is_client => "it does not trust our certificate",
        AlertDescription::BadCertificate if !is_client => "our certificate, perhaps its names, does not suit it",
        AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateExpired
            if is_client =>
        {
            "our certificate"
        }
        AlertDescription::CertificateExpired => "our certificate, or its clock is wrong",
        AlertDescription::ProtocolVersion => "it speaks none of the TLS versions that are allowed here",
        AlertDescription::NoApplicationProtocol => {
            return Some(format!("it speaks none of the protocols of {}", advice.flag("alpn")));
        }
        AlertDescription::UnrecognisedName if is_client => {
            let name = situation.wanted.map(|name| format!(" {}", shown(&name.to_str()))).unwrap_or_default();
            let another = advice.option("server-name", "NAME");
            return Some(format!("it does not know the name{name}; {another} asks for another"));
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// What is said of a stream with TLS that has ended without its close_notify.
pub(crate) fn truncated(advice: Advice) -> String {
    format!(
        "peer closed without close_notify (data may be truncated); some peers never send one, as ncat before 7.96: {} \
         is for those",
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
        let client = Situation { wanted: Some(&name), ..Situation::default() };
        let says = |alert, situation| explain(&Error::AlertReceived(alert), situation);
        assert_eq!(says(AlertDescription::InternalError, &client), "the peer refuses: internal error");
        assert_eq!(says(AlertDescription::Unknown(200), &client), "the peer refuses: alert 200");
        assert!(says(AlertDescription::UnrecognisedName, &client).contains("it does not know the name a.example"));
        assert!(!says(AlertDescription::HandshakeFailure, &client).contains("--cert"));
        let asked = Situation { was_asked: true, ..client };
        assert!(says(AlertDescription::HandshakeFailure, &asked).contains("--cert FILE and --key FILE"));
        let certified = Situation { has_certificate: true, ..asked };
        assert!(!says(AlertDescription::CertificateRequired, &certified).contains("--cert"));
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
            "the TLS of the server does not fit: null compression required"
        );
        assert_eq!(says(Error::General("a\nb".into())), "a\\nb");
        let expired = Error::InvalidCertificate(CertificateError::Expired);
        assert_eq!(says(expired), "the certificate has expired");
        let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert_eq!(says(unknown), "the certificate is signed by an authority that is not trusted");
    }
}
