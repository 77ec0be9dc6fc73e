//! Makes the certificate of `--self-signed`. No authority vouches for it; clients verify its pin.
//!
//! The key exists only in memory, so each run has another key.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType};
use rustls::pki_types::{CertificateDer, DnsName, PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use crate::sys::names;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Makes a P-256 certificate for this machine, and its key, which the caller must wipe. The certificate is valid for a
/// year from yesterday, because clocks differ.
pub(crate) fn make() -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
    let mut params = CertificateParams::new(host_names())?;
    params.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    params.subject_alt_names.push(SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)));
    params.distinguished_name = rcgen::DistinguishedName::new();
    // If an authority had the same name, clients would check the signature against that authority.
    params.distinguished_name.push(DnType::CommonName, "self-signed by xport");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    params.not_before = rcgen::date_time_ymd(1970, 1, 1) + now.saturating_sub(DAY);
    params.not_after = params.not_before + 366 * DAY;
    let key = Zeroizing::new(KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?);
    let certificate = params.self_signed(&*key)?;
    Ok((certificate.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
}

/// `localhost`, and the name of the machine if a certificate can have it.
fn host_names() -> Vec<String> {
    let mut found = vec!["localhost".to_owned()];
    let own = names::host_name().unwrap_or_default().to_ascii_lowercase();
    if own != "localhost" && DnsName::try_from(own.as_str()).is_ok() {
        found.push(own);
    }
    found
}
