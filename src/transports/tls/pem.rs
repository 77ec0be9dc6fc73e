//! Certificates and keys from files, in PEM. The only file that names rustls-pemfile.
//!
//! What is wrong with a file is said in one line that names it. What stands in a key's file is never shown, and wiped
//! from our memory as soon as it has been read: the file's bytes, the base64 in it, and the key. So keys are decoded
//! here, as rustls-pemfile keeps copies that nobody wipes.

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

use super::settings_error::SettingsError;
use crate::transports::{error, own_file};

/// A certificate with its chain, or a key, is far smaller.
pub(crate) const OWN_MAX: usize = 1 << 20;
/// All authorities of the world need a quarter of a megabyte.
pub(crate) const BUNDLE_MAX: usize = 16 << 20;
/// What some editors put before a text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// How the lines around a section begin.
const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";

/// A file that was read, taken apart.
pub(crate) struct Pem<'a> {
    path: &'a Path,
    bytes: Zeroizing<Vec<u8>>,
    sections: Vec<Section>,
    mode: Option<u32>,
}

/// From a BEGIN line to its END line.
struct Section {
    label: String,
    line: usize,
    /// Where both of these lines and what is between them stand in the file.
    place: Range<usize>,
}

impl Section {
    fn is_key(&self) -> bool {
        self.label.ends_with("PRIVATE KEY")
    }

    /// Its lines, without the white space around them: files from elsewhere end lines in their own ways.
    fn lines<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        bytes[self.place.clone()].split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii)
    }

    /// PKCS#8 says so in its label, the older ones in a header.
    fn is_encrypted(&self, bytes: &[u8]) -> bool {
        self.label == "ENCRYPTED PRIVATE KEY" || self.lines(bytes).any(|line| line == b"Proc-Type: 4,ENCRYPTED")
    }
}

/// The error of a file.
pub(crate) fn fault(path: &Path, reason: impl std::fmt::Display) -> SettingsError {
    SettingsError(format!("{}: {reason}", path.display()))
}

impl<'a> Pem<'a> {
    /// Reads a file of `max` bytes at most.
    pub(crate) fn read(path: &'a Path, max: usize) -> Result<Self, SettingsError> {
        let (bytes, metadata) = read(path, max)?;
        let mode = metadata.is_file().then(|| metadata.mode());
        let content = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
        if content.trim_ascii().is_empty() {
            return Err(fault(path, "the file is empty"));
        }
        if content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff") {
            return Err(fault(path, "this is text in UTF-16, PEM is in ASCII"));
        }
        let sections = sections(&bytes);
        if sections.is_empty() {
            return Err(fault(path, without_sections(path, content)));
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
            return Err(fault(self.path, format!("no certificate in it ({})", self.contents())));
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
            [] => return Err(fault(format!("no private key in it ({})", self.contents()))),
            _ => return Err(fault(format!("{} private keys in it, one is needed", keys.len()))),
        };
        if section.is_encrypted(&self.bytes) {
            let path = self.path.display();
            return Err(fault(format!(
                "the private key is encrypted; openssl pkey -in {path} -out FILE writes it without its passphrase"
            )));
        }
        // The owner of the file is not the only one that can choose the key.
        if let Some(mode) = self.mode.filter(|mode| mode & 0o022 != 0) {
            let mode = mode & 0o777;
            return Err(fault(format!(
                "others than its owner can write this private key (mode {mode:03o}); chmod go-w {} forbids that",
                self.path.display()
            )));
        }
        let key = match section.label.as_str() {
            "PRIVATE KEY" => PrivatePkcs8KeyDer::from(self.secret(section)?).into(),
            "RSA PRIVATE KEY" => PrivatePkcs1KeyDer::from(self.secret(section)?).into(),
            "EC PRIVATE KEY" => PrivateSec1KeyDer::from(self.secret(section)?).into(),
            label => {
                let what_is_understood = "what is understood is PRIVATE KEY, RSA PRIVATE KEY and EC PRIVATE KEY";
                let label = presentable(label);
                return Err(fault(format!("the private key is of the kind {label}; {what_is_understood}")));
            }
        };
        if let Some(mode) = self.mode {
            warn_of_others(self.path, mode, "this private key");
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
                Err(fault(self.path, format!("the {label} in line {line} cannot be read")))
            }
        }
    }

    /// What a section has, decoded. The result is to be wiped by its user; nothing else of it stays in memory.
    fn secret(&self, section: &Section) -> Result<Vec<u8>, SettingsError> {
        // There is room for all of it from the beginning: what grows leaves a copy behind.
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
        fault(self.path, format!("the file is cut off: -----END {label}----- is missing (for line {line})"))
    }

    fn not_base64(&self, Section { label, line, .. }: &Section) -> SettingsError {
        fault(self.path, format!("what follows -----BEGIN {label}----- (line {line}) is not base64"))
    }

    /// What is there instead of what was looked for.
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

/// Labels are short and in capitals; anything else in their place is not for the eyes of others.
fn presentable(label: &str) -> &str {
    let plain = label.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ');
    if plain && label.len() <= 40 { label } else { "something unknown" }
}

/// Cuts a text at its BEGIN and END lines. What stands between sections is passed over.
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

/// Why there is no BEGIN line.
fn without_sections(path: &Path, bytes: &[u8]) -> String {
    let path = path.display();
    // All of these are a SEQUENCE, and its first element tells them apart: a certificate has another SEQUENCE there, a
    // key the number of its version, and PFX has the number 3.
    match bytes {
        [0x30, 0x82, _, _, 2, 1, 3, ..] => {
            format!("this is PKCS#12, not PEM; openssl pkcs12 -in {path} -noenc -out FILE converts it")
        }
        [0x30, 0x82, _, _, 2, ..] | [0x30, 0x81, _, 2, ..] | [0x30, _, 2, 1, ..] => {
            format!("this is a key in DER, not PEM; openssl pkey -inform DER -in {path} -out FILE converts it")
        }
        [0x30, 0x82, _, _, 0x30, ..] | [0x30, 0x81, _, 0x30, ..] => {
            format!("this is DER, not PEM; openssl x509 -inform DER -in {path} -out FILE converts a certificate")
        }
        _ => "this is not PEM: no -----BEGIN line in it".to_owned(),
    }
}

/// Reads a file, or a pipe that was given on purpose (`<(...)`).
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

/// All of it, or one byte more than `max`; no copy is left behind. A file is probably as long as `size`, a pipe is not.
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

/// Tells of secrets that are for their owner alone.
pub(crate) fn warn_of_others(path: &Path, mode: u32, what: &str) {
    if mode & 0o077 != 0 {
        let mode = mode & 0o777;
        log::warn!("{}: other users can access {what} (mode {mode:03o})", path.display());
    }
}

/// Opening a FIFO waits for its other end, for ever if need be; a pipe without a name always has had one.
pub(crate) fn check_kind(path: &Path, metadata: &Metadata) -> Result<(), SettingsError> {
    check(path, metadata, is_nameless(path))
}

/// The same for what is open already, wherever the path leads to by now.
pub(crate) fn check_opened(path: &Path, file: &File, metadata: &Metadata) -> Result<(), SettingsError> {
    check(path, metadata, is_nameless(&path_of(file)))
}

/// By which an open file can be opened anew.
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

/// Whether the path leads to a pipe by way of `/proc/self/fd`, as the shell's `<(...)` and `/dev/stdin` do.
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
