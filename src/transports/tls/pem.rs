//! Reads certificates and keys from PEM files. This is the only file that uses rustls-pemfile.
//!
//! An error is one line that names the file. The content of a key file is never shown. It is wiped from memory as soon
//! as it has been read: the bytes of the file, the base64 text, and the key. So keys are decoded here, because
//! rustls-pemfile leaves copies in memory.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use rustls_pemfile::{Error, Item};
use zeroize::Zeroizing;

use crate::transports::text::EscapedOs;
use crate::transports::{error, own_file};

/// The largest file with a certificate and its chain, or with a key. Real files are far smaller.
pub(crate) const OWN_MAX: usize = 1 << 20;
/// The largest file of authorities. All public authorities together need a quarter of a megabyte.
pub(crate) const BUNDLE_MAX: usize = 16 << 20;
/// The mark that some editors put before UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// The beginnings of the lines around a section.
const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";

/// A file that was read and split into sections.
pub(crate) struct Pem<'a> {
    path: &'a Path,
    bytes: Zeroizing<Vec<u8>>,
    sections: Vec<Section>,
    mode: Option<u32>,
}

/// The lines from a BEGIN line to its END line.
struct Section {
    label: String,
    line: usize,
    /// The bytes of these lines in the file.
    place: Range<usize>,
}

impl Section {
    fn is_key(&self) -> bool {
        self.label.ends_with("PRIVATE KEY")
    }

    /// Its lines without surrounding white space. Files of other systems have other line ends.
    fn lines<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        bytes[self.place.clone()].split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii)
    }

    /// PKCS#8 marks encryption in the label, older formats in a header.
    fn is_encrypted(&self, bytes: &[u8]) -> bool {
        self.label == "ENCRYPTED PRIVATE KEY" || self.lines(bytes).any(|line| line == b"Proc-Type: 4,ENCRYPTED")
    }
}

/// The reason why TLS settings cannot be used, in one line that names the file.
#[derive(Debug)]
pub struct SettingsError(pub(crate) String);

impl std::fmt::Display for SettingsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SettingsError {}

/// The error of a file.
pub(crate) fn fault(path: &Path, reason: impl std::fmt::Display) -> SettingsError {
    SettingsError(format!("{}: {reason}", EscapedOs(path)))
}

impl<'a> Pem<'a> {
    /// Reads a file of at most `max` bytes.
    pub(crate) fn read(path: &'a Path, max: usize) -> Result<Self, SettingsError> {
        let (bytes, metadata) = read(path, max)?;
        let mode = metadata.is_file().then(|| metadata.mode());
        let content = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
        if content.trim_ascii().is_empty() {
            return Err(fault(path, "the file is empty"));
        }
        if content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff") {
            return Err(fault(path, "this file is UTF-16 text; PEM is ASCII"));
        }
        let sections = sections(&bytes);
        if sections.is_empty() {
            return Err(fault(path, explain_missing_sections(path, content)));
        }
        Ok(Self { path, bytes, sections, mode })
    }

    /// All certificates, at least one.
    pub(crate) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
        let mut certificates = Vec::new();
        for section in self.sections.iter().filter(|section| section.label == "CERTIFICATE") {
            certificates.push(self.certificate(section)?);
        }
        if certificates.is_empty() {
            return Err(fault(self.path, format!("no certificate in this file ({})", self.contents())));
        }
        Ok(certificates)
    }

    pub(crate) fn has_key(&self) -> bool {
        self.sections.iter().any(Section::is_key)
    }

    /// The one private key.
    pub(crate) fn key(&self) -> Result<PrivateKeyDer<'static>, SettingsError> {
        let fault = |reason: String| fault(self.path, reason);
        let keys = Vec::from_iter(self.sections.iter().filter(|section| section.is_key()));
        let section = match keys[..] {
            [section] => section,
            [] => return Err(fault(format!("no private key in this file ({})", self.contents()))),
            _ => return Err(fault(format!("{} private keys in this file, one is needed", keys.len()))),
        };
        if section.is_encrypted(&self.bytes) {
            let path = EscapedOs(&self.path);
            return Err(fault(format!(
                "the private key is encrypted; decrypt it with openssl pkey -in {path} -out FILE"
            )));
        }
        // Another user could replace the key.
        if let Some(mode) = self.mode.filter(|mode| mode & 0o022 != 0) {
            let mode = mode & 0o777;
            return Err(fault(format!(
                "other users can write this private key (mode {mode:03o}); run chmod go-w {}",
                EscapedOs(&self.path)
            )));
        }
        let key = match section.label.as_str() {
            "PRIVATE KEY" => PrivatePkcs8KeyDer::from(self.secret(section)?).into(),
            "RSA PRIVATE KEY" => PrivatePkcs1KeyDer::from(self.secret(section)?).into(),
            "EC PRIVATE KEY" => PrivateSec1KeyDer::from(self.secret(section)?).into(),
            label => {
                let supported = "supported are PRIVATE KEY, RSA PRIVATE KEY and EC PRIVATE KEY";
                let label = presentable(label);
                return Err(fault(format!("unsupported kind of private key: {label}; {supported}")));
            }
        };
        if let Some(mode) = self.mode {
            warn_if_accessible(self.path, mode, "this private key");
        }
        Ok(key)
    }

    fn certificate(&self, section: &Section) -> Result<CertificateDer<'static>, SettingsError> {
        let mut text = Vec::new();
        for line in section.lines(&self.bytes) {
            text.extend_from_slice(line);
            text.push(b'\n');
        }
        match rustls_pemfile::read_one_from_slice(&text) {
            Ok(Some((Item::X509Certificate(certificate), _))) => Ok(certificate),
            Err(Error::MissingSectionEnd { .. }) => Err(self.cut_off(section)),
            Err(Error::Base64Decode(_)) => Err(self.not_base64(section)),
            _ => {
                let Section { label, line, .. } = section;
                Err(fault(self.path, format!("cannot read the {label} in line {line}")))
            }
        }
    }

    /// Decodes a section. The caller must wipe the result; no other copy stays in memory.
    fn secret(&self, section: &Section) -> Result<Vec<u8>, SettingsError> {
        // The buffer has its final capacity from the start: growing would leave a copy behind.
        let mut content = Zeroizing::new(Vec::with_capacity(section.place.len()));
        let end = format!("-----END {}-----", section.label);
        let mut lines = section.lines(&self.bytes).skip(1);
        loop {
            match lines.next() {
                Some(line) if line == end.as_bytes() => break,
                Some(line) if !line.starts_with(END) => {
                    content.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
                }
                _ => return Err(self.cut_off(section)),
            }
        }
        let decoded = Base64::decode_in_place(&mut content).map(<[u8]>::len);
        let length = decoded.map_err(|_| self.not_base64(section))?;
        content.truncate(length);
        Ok(std::mem::take(&mut content))
    }

    fn cut_off(&self, Section { label, line, .. }: &Section) -> SettingsError {
        fault(self.path, format!("the file is truncated: -----END {label}----- is missing for line {line}"))
    }

    fn not_base64(&self, Section { label, line, .. }: &Section) -> SettingsError {
        fault(self.path, format!("the text after -----BEGIN {label}----- in line {line} is not base64"))
    }

    /// The kinds of sections in the file, for an error.
    fn contents(&self) -> String {
        let mut kinds: Vec<&str> = Vec::new();
        for section in &self.sections {
            let kind = match section.label.as_str() {
                "CERTIFICATE" => "a certificate",
                _ if section.is_key() => "a private key",
                label => presentable(label),
            };
            if !kinds.contains(&kind) && kinds.len() < 4 {
                kinds.push(kind);
            }
        }
        format!("it has {}", kinds.join(", "))
    }
}

/// Labels are short and in capitals. Any other text could be a part of a key, and is not shown.
fn presentable(label: &str) -> &str {
    let plain = label.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ');
    if plain && label.len() <= 40 { label } else { "something unknown" }
}

/// Splits a text at its BEGIN and END lines. Text between sections is skipped.
fn sections(bytes: &[u8]) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut inside = false;
    let mut start = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    for (index, whole) in bytes[start..].split(|byte| *byte == b'\n').enumerate() {
        let (line, end) = (whole.trim_ascii(), start + whole.len());
        if let Some(label) = line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(b"-----")) {
            let label = String::from_utf8_lossy(label).into_owned();
            sections.push(Section { label, line: index + 1, place: start..end });
            inside = true;
        }
        if let Some(section) = sections.last_mut().filter(|_| inside) {
            section.place.end = end;
            inside = !line.starts_with(END);
        }
        start = end + 1;
    }
    sections
}

/// Explains a file without a BEGIN line.
fn explain_missing_sections(path: &Path, bytes: &[u8]) -> String {
    let path = EscapedOs(path);
    // Each format is a SEQUENCE, and its first element shows the kind: a certificate has another SEQUENCE there, a key
    // has the number of its version, and PFX has the number 3.
    match bytes {
        [0x30, 0x82, _, _, 2, 1, 3, ..] => {
            format!("this file is PKCS#12, not PEM; convert it with openssl pkcs12 -in {path} -noenc -out FILE")
        }
        [0x30, 0x82, _, _, 2, ..] | [0x30, 0x81, _, 2, ..] | [0x30, _, 2, 1, ..] => {
            format!("this file is a key in DER, not PEM; convert it with openssl pkey -inform DER -in {path} -out FILE")
        }
        [0x30, 0x82, _, _, 0x30, ..] | [0x30, 0x81, _, 0x30, ..] => {
            format!(
                "this file is DER, not PEM; convert a certificate with openssl x509 -inform DER -in {path} -out FILE"
            )
        }
        _ => "this file is not PEM: it has no -----BEGIN line".to_owned(),
    }
}

/// Reads a file, or a pipe that the user named (`<(...)`).
fn read(path: &Path, max: usize) -> Result<(Zeroizing<Vec<u8>>, Metadata), SettingsError> {
    let unreadable = |error| fault(path, error::describe(&error));
    check_kind(path, &fs::metadata(path).map_err(unreadable)?)?;
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let size = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    let bytes = read_all(&file, size, max).map_err(unreadable)?;
    if bytes.len() > max {
        return Err(fault(path, format!("the file is too large: more than {} MiB", max >> 20)));
    }
    Ok((bytes, metadata))
}

/// Reads the whole file, or one byte more than `max`, and leaves no copy behind. `size` is the probable length.
fn read_all(mut file: &File, size: usize, max: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; size.min(max) + 1]);
    let mut filled = 0;
    while filled <= max {
        if filled == bytes.len() {
            let mut larger = Zeroizing::new(vec![0; (2 * filled).clamp(4096, max + 1)]);
            larger[..filled].copy_from_slice(&bytes);
            bytes = larger;
        }
        match file.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// Warns of a secret that other users can access.
pub(crate) fn warn_if_accessible(path: &Path, mode: u32, what: &str) {
    if mode & 0o077 != 0 {
        let mode = mode & 0o777;
        log::warn!("{}: other users can access {what} (mode {mode:03o})", EscapedOs(path));
    }
}

/// Refuses a FIFO, because opening it could wait forever. A pipe without a name is open already.
pub(crate) fn check_kind(path: &Path, metadata: &Metadata) -> Result<(), SettingsError> {
    check(path, metadata, is_nameless(path))
}

/// The same check for an open file, whatever the path leads to by now.
pub(crate) fn check_opened(path: &Path, file: &File, metadata: &Metadata) -> Result<(), SettingsError> {
    check(path, metadata, is_nameless(&path_of(file)))
}

/// The path by which an open file can be opened again.
fn path_of(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

fn check(path: &Path, metadata: &Metadata, is_nameless: bool) -> Result<(), SettingsError> {
    let kind = metadata.file_type();
    if kind.is_file() || kind.is_fifo() && is_nameless {
        return Ok(());
    }
    Err(fault(path, format!("this is {}, not a file", own_file::name_of_kind(kind))))
}

/// Whether the path leads to a pipe through `/proc/self/fd`, as the shell's `<(...)` and `/dev/stdin` do.
fn is_nameless(path: &Path) -> bool {
    let mut path = path.to_owned();
    for _ in 0..8 {
        let Ok(target) = fs::read_link(&path) else { return false };
        if target.to_str().is_some_and(|target| target.starts_with("pipe:[")) {
            return true;
        }
        path = path.parent().unwrap_or_else(|| Path::new("/")).join(target);
    }
    false
}

#[cfg(test)]
mod tests;
