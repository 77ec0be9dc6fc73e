//! Verifies the chain from a peer's certificate, over the intermediates that the peer sends, to a trusted authority.
//!
//! webpki finds paths and checks their signatures, times, names and purposes. It ignores the key usage of authorities,
//! and the limits in the certificate of a trusted authority. So this file checks each path that webpki finds. If it
//! refuses a path, webpki looks for another one.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use rustls::{CertificateError, Error, OtherError};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath, anchor_from_trusted_cert};

use super::certificate::Facts;
use super::provider;

/// An authority in a chain must not vouch for the certificates below it.
#[derive(Debug)]
pub(crate) enum PathError {
    /// The certificate of this subject, which the peer sent, is not that of an authority.
    NoAuthority(String),
    /// The authority of this subject allows fewer authorities below it than there are.
    TooLong { subject: String, allowed: u64, found: u64 },
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAuthority(subject) => {
                write!(f, "{subject} in its chain must not sign certificates (basic constraints, key usage)")
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

/// The trusted authorities.
#[derive(Debug)]
pub(crate) struct Authorities {
    /// The authorities in webpki's form. Some can be equal, because a certificate can be renewed with the same key.
    anchors: Vec<TrustAnchor<'static>>,
    /// The content of each certificate, in the same order.
    facts: Vec<Facts>,
}

impl Authorities {
    /// The certificates in `given` that may vouch for others.
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

    /// Checks that an authority vouches for `end_entity`, directly or through `intermediates`, for this purpose and at
    /// this time.
    pub(crate) fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        purpose: KeyUsage,
        now: UnixTime,
    ) -> Result<(), Error> {
        let algorithms = provider().signature_verification_algorithms.all;
        let end_entity = EndEntityCert::try_from(end_entity).map_err(to_rustls_error)?;
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
            // This error is about a complete path, so it explains more than errors of partial paths.
            (Err(_), Some(error)) => Err(error),
            (Err(error), None) => Err(to_rustls_error(error)),
        }
    }

    /// Checks what webpki ignores: RFC 5280, section 6.1.4, (l) to (n), and the validity of the trusted authority.
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

/// Turns an error of webpki into that of rustls, so that the peer gets the same alert.
pub(crate) fn to_rustls_error(error: webpki::Error) -> Error {
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
