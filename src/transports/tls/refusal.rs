//! Explains why a certificate was not accepted: in one line what is wrong, in a second one what to do about it.
//!
//! The text is safe to show: text of the peer is escaped. `explain.rs` has the other errors of TLS.

use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{CertificateError, OtherError};

use super::certificate::{self, Facts, date, shown};
use super::chain::PathError;
use super::explain::{Explanation, Situation, words};
use super::verify::{self, WrongPin};

/// A certificate that was not accepted.
pub(super) struct RefusedCertificate<'a> {
    situation: &'a Situation<'a>,
    certificate: Option<CertificateDer<'a>>,
    facts: Option<Facts>,
}

impl<'a> RefusedCertificate<'a> {
    /// The certificate of this situation.
    pub(super) fn of(situation: &'a Situation<'a>) -> Self {
        let refused = verify::refused();
        let certificate = situation.certificate.cloned().or(refused);
        let facts = certificate.as_deref().and_then(Facts::of);
        Self { situation, certificate, facts }
    }

    /// Explains the error of this certificate.
    pub(super) fn explain(&self, error: &CertificateError) -> Explanation {
        let what = self.what(error);
        // A server can do nothing about the certificate of a client.
        let hint = if self.situation.is_server { None } else { self.hint(error) };
        Explanation { what, hint }
    }

    fn what(&self, error: &CertificateError) -> String {
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
            CertificateError::UnknownIssuer => match &self.facts {
                None => format!("{it} is signed by an authority that is not trusted"),
                Some(facts) if facts.is_self_issued() => {
                    format!("{it} is self-signed and not trusted: {}", facts.subject())
                }
                Some(facts) => format!("{it} is signed by an authority that is not trusted: {}", facts.issuer()),
            },
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
            Some(webpki::Error::UnsupportedCertVersion) if self.is_of_version_3() => {
                format!("{} has an X.509 version before 3, which cannot mark authorities", part(it, false))
            }
            Some(webpki::Error::UnsupportedCertVersion) => {
                format!("{it} has an X.509 version before 3, without names to check")
            }
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

    fn is_of_version_3(&self) -> bool {
        self.facts.as_ref().is_some_and(Facts::is_of_version_3)
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

    /// What the user of a client can do.
    fn hint(&self, error: &CertificateError) -> Option<String> {
        let advice = self.situation.advice;
        match error {
            CertificateError::UnknownIssuer => {
                let is_self_issued = self.facts.as_ref().is_some_and(Facts::is_self_issued);
                let left_out = if self.facts.is_some() && !is_self_issued {
                    "; perhaps the server has left out intermediate certificates"
                } else {
                    ""
                };
                let ca = advice.option("ca", "FILE");
                let pin = self.pin().map(|pin| format!("; {pin}")).unwrap_or_default();
                Some(format!("{ca} trusts another authority{pin}{left_out}"))
            }
            CertificateError::NotValidForNameContext { .. } | CertificateError::NotValidForName => {
                Some(format!("{} checks for another name", advice.option("server-name", "NAME")))
            }
            CertificateError::ExpiredContext { .. } | CertificateError::Expired => {
                Some(format!("the server needs a new certificate, unless the clock here is wrong ({})", today()))
            }
            CertificateError::NotValidYetContext { .. } | CertificateError::NotValidYet => {
                Some(format!("wait, or check the clock here ({}) and that of the issuer", today()))
            }
            CertificateError::Other(OtherError(error)) if error.is::<WrongPin>() => {
                Some("the server has a new key, or is another server: ask its owner for the pin".to_owned())
            }
            CertificateError::Other(OtherError(error))
                if error.downcast_ref() == Some(&webpki::Error::UnsupportedCertVersion) =>
            {
                let reissue = "reissue it as version 3";
                match self.pin() {
                    _ if self.is_of_version_3() => Some(reissue.to_owned()),
                    Some(pin) => Some(format!("{reissue}, with a subjectAltName; {pin}")),
                    None => Some(format!("{reissue}, with a subjectAltName")),
                }
            }
            _ => None,
        }
    }

    /// How to trust this certificate alone.
    fn pin(&self) -> Option<String> {
        let pin = self.certificate.as_deref().and_then(certificate::pin)?.to_string();
        let option = self.situation.advice.option("pin", &pin);
        Some(format!("{option} trusts this certificate alone, once its owner has confirmed the pin"))
    }
}

/// Names the certificate that is at fault: the peer's own, or one of its chain.
fn part(it: &str, is_own: bool) -> String {
    if is_own { it.to_owned() } else { format!("an authority in the chain of {it}") }
}

/// The date of the clock here.
fn today() -> String {
    format!("today is {}", date(UnixTime::now()))
}
