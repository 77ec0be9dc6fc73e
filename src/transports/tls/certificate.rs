//! Reads certificates, for messages and for checks that webpki does not make. `verify.rs` decides whether to trust one.
//!
//! A certificate comes from outside: its texts are escaped, long lists are cut, and unreadable parts are `None`.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::{Duration, SystemTime};

use rustls::CertificateError;
use rustls::pki_types::UnixTime;
use x509_cert::Certificate;
use x509_cert::certificate::Version;
use x509_cert::der::asn1::{AnyRef, ObjectIdentifier};
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::oid::db::rfc5912::ANY_EXTENDED_KEY_USAGE;
use x509_cert::der::{DateTime, Decode, Reader, SliceReader, Tag, Tagged};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName};
use x509_cert::name::Name;

use super::{Pin, provider};
use crate::transports::text::escape;

/// How many names of a certificate are shown.
const NAMES_MAX: usize = 8;
/// How many characters of a text are shown.
const TEXT_MAX: usize = 256;
/// The largest certificate that webpki and rustls read.
const BYTES_MAX: usize = (1 << 16) - 1;
pub(super) const DAY: u64 = 24 * 60 * 60;

/// A parsed certificate.
#[derive(Debug)]
pub(crate) struct Facts(Certificate);

impl Facts {
    pub(crate) fn of(der: &[u8]) -> Option<Self> {
        Certificate::from_der(der).ok().map(Self)
    }

    /// The subject, in the form of RFC 4514.
    pub(crate) fn subject(&self) -> String {
        name(self.0.tbs_certificate().subject())
    }

    pub(crate) fn issuer(&self) -> String {
        name(self.0.tbs_certificate().issuer())
    }

    /// Whether subject and issuer are the same.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.0.tbs_certificate().subject() == self.0.tbs_certificate().issuer()
    }

    pub(crate) fn not_before(&self) -> UnixTime {
        UnixTime::since_unix_epoch(self.0.tbs_certificate().validity().not_before.to_unix_duration())
    }

    pub(crate) fn not_after(&self) -> UnixTime {
        UnixTime::since_unix_epoch(self.0.tbs_certificate().validity().not_after.to_unix_duration())
    }

    /// Checks that the certificate is valid at this time. The error has the limit that was missed.
    pub(crate) fn in_time(&self, time: UnixTime) -> Result<(), CertificateError> {
        let (not_before, not_after) = (self.not_before(), self.not_after());
        if time < not_before {
            return Err(CertificateError::NotValidYetContext { time, not_before });
        }
        if time > not_after {
            return Err(CertificateError::ExpiredContext { time, not_after });
        }
        Ok(())
    }

    /// Whether it has version 3 of X.509, the first version with extensions.
    pub(crate) fn is_of_version_3(&self) -> bool {
        self.0.tbs_certificate().version() == Version::V3
    }

    /// Whether it may vouch for others. An unreadable extension counts as no.
    pub(crate) fn is_authority(&self) -> bool {
        let certificate = self.0.tbs_certificate();
        if certificate.version() == Version::V1 {
            // Version 1 cannot mark authorities, but some authorities are that old. openssl accepts them too.
            return certificate.extensions().is_none() && self.is_self_issued();
        }
        // Only the first element is decoded, because the path length after it can be any number.
        let is_ca = self
            .basic_constraints()
            .is_some_and(|elements| elements.first().is_some_and(|first| first.decode_as::<bool>() == Ok(true)));
        let signs = |value| KeyUsage::from_der(value).is_ok_and(|usage| usage.key_cert_sign());
        is_ca && self.extensions(KeyUsage::OID).all(signs)
    }

    /// How many authorities may be below this one, if there is a limit. An unreadable limit counts as 0.
    pub(crate) fn path_length(&self) -> Option<u64> {
        let elements = self.basic_constraints()?;
        let length = elements.get(1)?;
        // A huge number is no limit: no chain is that long.
        let is_positive = length.tag() == Tag::Integer && length.value().first().is_some_and(|first| *first < 0x80);
        let is_huge = is_positive && length.value().len() > size_of::<u64>();
        Some(if is_huge { u64::MAX } else { length.decode_as().unwrap_or(0) })
    }

    fn basic_constraints(&self) -> Option<Vec<AnyRef<'_>>> {
        self.extensions(BasicConstraints::OID).next().map(|value| Vec::from_der(value).unwrap_or_default())
    }

    /// Whether it may be used for this purpose. A certificate without purposes may be used for all.
    pub(crate) fn is_meant_for(&self, purpose: ObjectIdentifier) -> bool {
        self.extensions(ExtendedKeyUsage::OID).all(|value| {
            let purposes = Vec::<ObjectIdentifier>::from_der(value).unwrap_or_default();
            purposes.iter().any(|one| [purpose, ANY_EXTENDED_KEY_USAGE].contains(one))
        })
    }

    /// The contents of its extensions of this kind. A forged certificate can have more than one.
    fn extensions(&self, kind: ObjectIdentifier) -> impl Iterator<Item = &[u8]> {
        let all = self.0.tbs_certificate().extensions().map_or(&[][..], Vec::as_slice);
        all.iter().filter(move |extension| extension.extn_id == kind).map(|extension| extension.extn_value.as_bytes())
    }

    /// Its subject alternative names, each with its kind: `DNS:localhost`.
    pub(crate) fn names(&self) -> Vec<String> {
        self.extensions(SubjectAltName::OID)
            .filter_map(|value| Vec::<AnyRef<'_>>::from_der(value).ok())
            .flatten()
            .map(alternative_name)
            .collect()
    }

    /// The first names as one text, which is empty if there are none.
    pub(crate) fn names_text(&self) -> String {
        let mut names = self.names();
        let more = names.len().saturating_sub(NAMES_MAX);
        names.truncate(NAMES_MAX);
        match more {
            0 => names.join(", "),
            _ => format!("{} and {more} more", names.join(", ")),
        }
    }

    /// `valid until 2026-01-02 (62 days left)`.
    fn validity(&self, now: SystemTime) -> String {
        let (not_before, not_after) = (self.not_before(), self.not_after());
        if seconds_left(not_before, now).is_ok_and(|left| left > 0) {
            return format!("not valid before {}", date(not_before));
        }
        match seconds_left(not_after, now) {
            Ok(left) if left < 2 * DAY => format!("valid until {} ({} hours left)", date(not_after), left / 3600),
            Ok(left) => format!("valid until {} ({} days left)", date(not_after), left / DAY),
            Err(over) => match over / DAY {
                0 => format!("expired today ({})", date(not_after)),
                1 => format!("expired 1 day ago ({})", date(not_after)),
                days => format!("expired {days} days ago ({})", date(not_after)),
            },
        }
    }
}

/// Whether a certificate is too large for webpki and rustls.
pub(crate) fn is_too_large(der: &[u8]) -> bool {
    der.len() > BYTES_MAX && Facts::of(der).is_some()
}

/// Whether webpki cannot read this certificate although it is correct.
pub(crate) fn is_unreadable_by_webpki(der: &[u8]) -> bool {
    Facts::of(der).is_some_and(|facts| !facts.is_of_version_3() || der.len() > BYTES_MAX)
}

/// Describes a certificate in four short lines: its subject and names, its issuer, its validity, its pin. `None` if it
/// cannot be read.
#[must_use]
pub fn describe(der: &[u8], now: SystemTime) -> Option<[String; 4]> {
    let (facts, pin) = (Facts::of(der)?, pin(der)?);
    let names = match facts.names_text() {
        names if names.is_empty() => "no names".to_owned(),
        names => format!("names {names}"),
    };
    Some([
        format!("subject {}, {names}", facts.subject()),
        format!("issuer {}", facts.issuer()),
        facts.validity(now),
        format!("pin {pin}"),
    ])
}

/// The pin of a certificate, even if the rest cannot be read.
#[must_use]
pub fn pin(der: &[u8]) -> Option<Pin> {
    public_key(der).map(|key| Pin(provider::sha256(key)))
}

/// The key of a certificate (SubjectPublicKeyInfo), even if the rest cannot be read.
pub(crate) fn public_key(der: &[u8]) -> Option<&[u8]> {
    let certificate = AnyRef::from_der(der).ok()?;
    let to_be_signed = AnyRef::from_der(SliceReader::new(certificate.value()).ok()?.tlv_bytes().ok()?).ok()?;
    let mut fields = SliceReader::new(to_be_signed.value()).ok()?;
    // Version 1 is left out. The other fields are serial number, algorithm, issuer, validity and subject.
    let before = if to_be_signed.value().first() == Some(&0xa0) { 6 } else { 5 };
    for _ in 0..before {
        fields.tlv_bytes().ok()?;
    }
    fields.tlv_bytes().ok()
}

/// The seconds from `now` until `time`, or else the seconds since then.
pub(super) fn seconds_left(time: UnixTime, now: SystemTime) -> Result<u64, u64> {
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    time.as_secs().checked_sub(now).ok_or_else(|| now - time.as_secs())
}

/// `2026-01-02`, in UTC.
pub(crate) fn date(time: UnixTime) -> String {
    DateTime::from_unix_duration(Duration::from_secs(time.as_secs())).map_or_else(
        |_| "a day beyond the year 9999".to_owned(),
        |date| format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day()),
    )
}

/// Makes a text of a peer safe to show: escaped, so that it cannot end a line or drive a terminal, and cut.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => escape(&text[..end]) + "...",
        None => escape(text),
    }
}

fn name(name: &Name) -> String {
    if name.is_empty() { "(empty)".to_owned() } else { shown(&name.to_string()) }
}

/// Formats a name by its tag, so that a name of an unknown kind does not hide the others.
fn alternative_name(name: AnyRef<'_>) -> String {
    let value = name.value();
    // A comma separates names, so a comma inside a name is escaped.
    let text = || shown(&String::from_utf8_lossy(value)).replace(',', "\\,");
    match name.tag().number().value() {
        1 => format!("email:{}", text()),
        2 => format!("DNS:{}", text()),
        4 => Name::from_der(value).map_or_else(|_| "DirName".to_owned(), |dn| format!("DirName:{}", self::name(&dn))),
        6 => format!("URI:{}", text()),
        7 => match (<[u8; 4]>::try_from(value), <[u8; 16]>::try_from(value)) {
            (Ok(v4), _) => format!("IP:{}", Ipv4Addr::from(v4)),
            (_, Ok(v6)) => format!("IP:{}", Ipv6Addr::from(v6)),
            _ => format!("IP of {} bytes", value.len()),
        },
        kind => format!("name of kind {kind}"),
    }
}
