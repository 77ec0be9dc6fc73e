//! Chains: from a peer's own certificate over those that it sends beside it to an authority that was given.
//!
//! webpki finds the paths and checks their signatures, times, names and purposes. It leaves out the key usage of
//! authorities, and all that an authority that was given says of itself. So each path that it finds is looked at here,
//! and where one is refused, webpki looks for another. What a peer sends is held to the same rules as what is given.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use rustls::{CertificateError, Error, OtherError};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath, anchor_from_trusted_cert};

use super::certificate::Facts;
use super::provider;

/// An authority of a chain does not vouch for what is below it.
#[derive(Debug)]
pub(crate) enum PathError {
    /// The certificate of this subject, which the peer has sent, is not that of an authority, or cannot be read in
    /// every way.
    NoAuthority(String),
    /// The authority of this subject allows so many authorities below it, and there are more.
    TooLong { subject: String, allowed: u64, found: u64 },
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAuthority(subject) => {
                write!(f, "{subject} in its chain may not sign certificates (basic constraints, key usage)")
            }
            Self::TooLong { subject, allowed, found } => {
                write!(
                    f,
                    "its chain is too long: {subject} allows {allowed} authorities below it (pathlen), not {found}"
                )
            }
        }
    }
}

impl std::error::Error for PathError {}

impl From<PathError> for Error {
    fn from(error: PathError) -> Self {
        CertificateError::Other(OtherError(Arc::new(error))).into()
    }
}

/// The authorities that were given.
#[derive(Debug)]
pub(crate) struct Authorities {
    /// As webpki has them; more than one may be equal, as a certificate can be renewed with the same key.
    anchors: Vec<TrustAnchor<'static>>,
    /// Each of these, in the same order, and what it says of itself.
    facts: Vec<Facts>,
}

impl Authorities {
    /// Those of `given` that may vouch for others.
    pub(crate) fn of(given: &[CertificateDer<'static>]) -> Self {
        let (mut anchors, mut facts) = (Vec::new(), Vec::new());
        for der in given {
            let known = Facts::of(der).filter(Facts::is_authority);
            if let (Some(known), Ok(anchor)) = (known, anchor_from_trusted_cert(der)) {
                anchors.push(anchor.to_owned());
                facts.push(known);
            }
        }
        Self { anchors, facts }
    }

    /// Whether one of them vouches for `end_entity`, by way of `intermediates` or directly, for this purpose and at
    /// this time.
    pub(crate) fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        purpose: KeyUsage,
        now: UnixTime,
    ) -> Result<(), Error> {
        let algorithms = provider::provider().signature_verification_algorithms.all;
        let end_entity = EndEntityCert::try_from(end_entity).map_err(in_words_of_rustls)?;
        // webpki has no place for it in its own error.
        let refused = Cell::new(None);
        let check = |path: &VerifiedPath<'_>| {
            self.check(path, now).map_err(|error| {
                refused.set(Some(error));
                webpki::Error::UnknownIssuer
            })
        };
        let found =
            end_entity.verify_for_usage(algorithms, &self.anchors, intermediates, now, purpose, None, Some(&check));
        match (found, refused.take()) {
            (Ok(_), _) => Ok(()),
            // It was a whole path, so this is nearer to the truth than what is wrong with pieces of others.
            (Err(_), Some(error)) => Err(error),
            (Err(error), None) => Err(in_words_of_rustls(error)),
        }
    }

    /// What webpki leaves out, RFC 5280, section 6.1.4, (l) to (n), and the time of the authority that was given.
    fn check(&self, path: &VerifiedPath<'_>, now: UnixTime) -> Result<(), Error> {
        let mut below = 0;
        for certificate in path.intermediate_certificates() {
            let facts = Facts::of(&certificate.der()).ok_or(CertificateError::BadEncoding)?;
            if !facts.is_authority() {
                return Err(PathError::NoAuthority(facts.subject()).into());
            }
            below += u64::from(!facts.is_self_issued());
        }
        let mut result = Err(CertificateError::UnknownIssuer.into());
        for (_, facts) in self.anchors.iter().zip(&self.facts).filter(|(anchor, _)| *anchor == path.anchor()) {
            result = facts.in_time(now).map_err(Error::from).and_then(|()| match facts.path_length() {
                Some(allowed) if below > allowed => {
                    Err(PathError::TooLong { subject: facts.subject(), allowed, found: below }.into())
                }
                _ => Ok(()),
            });
            if result.is_ok() {
                break;
            }
        }
        result
    }
}

/// An error of webpki as rustls has it, so that the peer gets the same alert.
pub(crate) fn in_words_of_rustls(error: webpki::Error) -> Error {
    use webpki::Error as Webpki;
    let error = match error {
        Webpki::BadDer | Webpki::BadDerTime | Webpki::TrailingData(_) => CertificateError::BadEncoding,
        Webpki::CertNotValidYet { time, not_before } => CertificateError::NotValidYetContext { time, not_before },
        Webpki::CertExpired { time, not_after } => CertificateError::ExpiredContext { time, not_after },
        Webpki::InvalidCertValidity => CertificateError::Expired,
        Webpki::UnknownIssuer => CertificateError::UnknownIssuer,
        Webpki::InvalidSignatureForPublicKey => CertificateError::BadSignature,
        Webpki::UnsupportedSignatureAlgorithmContext(context) => {
            CertificateError::UnsupportedSignatureAlgorithmContext {
                signature_algorithm_id: context.signature_algorithm_id,
                supported_algorithms: context.supported_algorithms,
            }
        }
        Webpki::UnsupportedSignatureAlgorithmForPublicKeyContext(context) => {
            CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
                signature_algorithm_id: context.signature_algorithm_id,
                public_key_algorithm_id: context.public_key_algorithm_id,
            }
        }
        Webpki::RequiredEkuNotFoundContext(_) => CertificateError::InvalidPurpose,
        other => CertificateError::Other(OtherError(Arc::new(other))),
    };
    error.into()
}
