//! Shows certificates as text: the facts for a person, and PEM for programs (RFC 7468).
//!
//! Programs that read PEM skip the facts, which stand outside of its blocks.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use base64ct::{Base64, Encoding};
use rustls::pki_types::{CertificateDer, UnixTime};

use super::certificate::{self, DAY, Facts, date, seconds_left};

/// A line of PEM has 64 characters, which are 48 bytes.
const PEM_LINE_BYTES: usize = 48;
const PEM_LINE_CHARS: usize = 64;

/// The certificates that a server has shown last, accepted or not. The server's own one comes first.
#[derive(Clone, Debug, Default)]
pub struct SeenChain(Arc<Mutex<Vec<CertificateDer<'static>>>>);

impl SeenChain {
    pub(super) fn note(&self, end_entity: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) {
        let chain = std::iter::once(end_entity).chain(intermediates).map(|der| der.clone().into_owned());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = chain.collect();
    }

    /// Takes the certificates.
    #[must_use]
    pub fn take(&self) -> Vec<CertificateDer<'static>> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The text of a chain: for each certificate its facts, one a line, and the certificate as PEM.
#[must_use]
pub fn show(chain: &[CertificateDer<'_>], now: SystemTime) -> String {
    let mut text = String::new();
    for (index, der) in chain.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        text += &format!("certificate {} of {}\n", index + 1, chain.len());
        match Facts::of(der) {
            Some(facts) => add_facts(&mut text, &facts, now),
            None => text.push_str("subject: (cannot be read)\n"),
        }
        if let Some(pin) = certificate::pin(der) {
            text += &format!("pin: {pin}\n");
        }
        add_pem(&mut text, der);
    }
    text
}

fn add_facts(text: &mut String, facts: &Facts, now: SystemTime) {
    let names = facts.names().join(", ");
    // Writing to memory cannot fail.
    let _ = writeln!(text, "subject: {}\nissuer: {}", facts.subject(), facts.issuer());
    if !names.is_empty() {
        let _ = writeln!(text, "names: {names}");
    }
    let (start, end) = (facts.not_before(), facts.not_after());
    let (days, state) = days_left(start, end, now);
    let _ = writeln!(text, "valid: {} to {}\ndays left: {days}", date(start), date(end));
    if let Some(state) = state {
        let _ = writeln!(text, "state: {state}");
    }
}

/// The whole days until the end, which are negative after it, and what is wrong with the time. The days stand alone on
/// their line, so that a script can compare them.
fn days_left(start: UnixTime, end: UnixTime, now: SystemTime) -> (i64, Option<&'static str>) {
    let days = |secs: u64| i64::try_from(secs / DAY).unwrap_or(i64::MAX);
    match (seconds_left(start, now), seconds_left(end, now)) {
        (_, Err(over)) => (-days(over), Some("expired")),
        (Ok(1..), Ok(left)) => (days(left), Some("not valid yet")),
        (_, Ok(left)) => (days(left), None),
    }
}

fn add_pem(text: &mut String, der: &[u8]) {
    text.push_str("-----BEGIN CERTIFICATE-----\n");
    for line in der.chunks(PEM_LINE_BYTES) {
        let mut buffer = [0; PEM_LINE_CHARS];
        // The buffer has room for each line.
        text.push_str(Base64::encode(line, &mut buffer).unwrap_or_default());
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn days_are_counted_to_the_end_and_beyond() {
        let at = |secs| UnixTime::since_unix_epoch(Duration::from_secs(secs));
        let left = |now| days_left(at(10 * DAY), at(20 * DAY), SystemTime::UNIX_EPOCH + Duration::from_secs(now));
        assert_eq!(left(10 * DAY - 1), (10, Some("not valid yet")));
        assert_eq!(left(10 * DAY), (10, None));
        assert_eq!(left(10 * DAY + 1), (9, None));
        assert_eq!(left(20 * DAY), (0, None));
        assert_eq!(left(20 * DAY + 1), (0, Some("expired")));
        assert_eq!(left(23 * DAY), (-3, Some("expired")));
        assert_eq!(days_left(at(0), at(u64::MAX), SystemTime::UNIX_EPOCH).0, (u64::MAX / DAY).cast_signed());
    }

    #[test]
    fn what_is_no_certificate_is_shown_as_pem_all_the_same() {
        let text = show(&[CertificateDer::from(vec![7; 49]), CertificateDer::from(Vec::new())], SystemTime::now());
        let line = "BwcH".repeat(16);
        assert_eq!(
            text,
            format!(
                "certificate 1 of 2\nsubject: (cannot be read)\n-----BEGIN CERTIFICATE-----\n{line}\nBw==\n\
                 -----END CERTIFICATE-----\n\ncertificate 2 of 2\nsubject: (cannot be read)\n\
                 -----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"
            )
        );
    }
}
