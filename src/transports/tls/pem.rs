//! Certificates and keys from files, in PEM. The only file that names rustls-pemfile.
//!
//! What is wrong with a file is said in one line that names it. What stands in a key's file is never shown.

use std::fs::{self, File, Metadata};
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls_pemfile::{Error, Item};

use super::settings::SettingsError;
use crate::transports::{error, own_file};

/// A certificate with its chain, or a key, is far smaller.
pub(crate) const OWN_MAX: u64 = 1 << 20;
/// All authorities of the world need a quarter of a megabyte.
pub(crate) const BUNDLE_MAX: u64 = 16 << 20;

/// A file that was read, taken apart.
pub(crate) struct Pem<'a> {
    path: &'a Path,
    sections: Vec<Section>,
    mode: Option<u32>,
}

/// From a BEGIN line to its END line.
struct Section {
    label: String,
    line: usize,
    text: String,
}

impl Section {
    fn is_key(&self) -> bool {
        self.label.ends_with("PRIVATE KEY")
    }

    /// PKCS#8 says so in its label, the older ones in a header.
    fn is_encrypted(&self) -> bool {
        self.label == "ENCRYPTED PRIVATE KEY" || self.text.lines().any(|line| line == "Proc-Type: 4,ENCRYPTED")
    }
}

/// The error of a file.
pub(crate) fn fault(path: &Path, reason: impl std::fmt::Display) -> SettingsError {
    SettingsError(format!("{}: {reason}", path.display()))
}

impl<'a> Pem<'a> {
    /// Reads a file of `max` bytes at most.
    pub(crate) fn read(path: &'a Path, max: u64) -> Result<Self, SettingsError> {
        let (bytes, metadata) = read(path, max)?;
        let mode = metadata.is_file().then(|| metadata.mode());
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        if bytes.trim_ascii().is_empty() {
            return Err(fault(path, "the file is empty"));
        }
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err(fault(path, "this is text in UTF-16, PEM is in ASCII"));
        }
        let sections = sections(&String::from_utf8_lossy(bytes));
        if sections.is_empty() {
            return Err(fault(path, without_sections(path, bytes)));
        }
        Ok(Self { path, sections, mode })
    }

    /// All certificates, at least one.
    pub(crate) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
        let mut certificates = Vec::new();
        for section in self.sections.iter().filter(|section| section.label == "CERTIFICATE") {
            if let Item::X509Certificate(certificate) = self.item(section)? {
                certificates.push(certificate);
            }
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
        if section.is_encrypted() {
            let path = self.path.display();
            return Err(fault(format!(
                "the private key is encrypted; openssl pkey -in {path} -out FILE writes it without its passphrase"
            )));
        }
        if !["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"].contains(&section.label.as_str()) {
            return Err(fault(format!(
                "the private key is of the kind {}; what is understood is PRIVATE KEY, RSA PRIVATE KEY and EC PRIVATE KEY",
                presentable(&section.label)
            )));
        }
        let key = match self.item(section)? {
            Item::Pkcs1Key(key) => key.into(),
            Item::Pkcs8Key(key) => key.into(),
            Item::Sec1Key(key) => key.into(),
            _ => return Err(fault(format!("no private key in it ({})", self.contents()))),
        };
        if let Some(mode) = self.mode {
            warn_of_others(self.path, mode, "this private key");
        }
        Ok(key)
    }

    fn item(&self, section: &Section) -> Result<Item, SettingsError> {
        let Section { label, line, .. } = section;
        let reason = match rustls_pemfile::read_one_from_slice(section.text.as_bytes()) {
            Ok(Some((item, _))) => return Ok(item),
            Err(Error::MissingSectionEnd { .. }) => {
                format!("the file is cut off: -----END {label}----- is missing (for line {line})")
            }
            Err(Error::Base64Decode(_)) => format!("what follows -----BEGIN {label}----- (line {line}) is not base64"),
            Ok(None) | Err(Error::IllegalSectionStart { .. }) => {
                format!("the {label} in line {line} cannot be read")
            }
        };
        Err(fault(self.path, reason))
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

/// Cuts a text at its BEGIN and END lines. What stands between sections is passed over, and so is white space around lines:
/// files from elsewhere end lines in their own ways.
fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let label = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"));
        if let Some(label) = label {
            sections.push(Section { label: label.to_owned(), line: index + 1, text: String::new() });
            inside = true;
        }
        if let Some(section) = sections.last_mut().filter(|_| inside) {
            section.text.push_str(line);
            section.text.push('\n');
            inside = !line.starts_with("-----END ");
        }
    }
    sections
}

/// Why there is no BEGIN line.
fn without_sections(path: &Path, bytes: &[u8]) -> String {
    let path = path.display();
    // All of these are a SEQUENCE, and its first element tells them apart: a certificate has another SEQUENCE there, a key the
    // number of its version, and PFX has the number 3.
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
fn read(path: &Path, max: u64) -> Result<(Vec<u8>, Metadata), SettingsError> {
    let unreadable = |error| fault(path, error::describe(&error));
    check_kind(path, &fs::metadata(path).map_err(unreadable)?)?;
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > max {
        return Err(fault(path, format!("the file is too large: more than {} MiB", max >> 20)));
    }
    Ok((bytes, metadata))
}

/// Tells of secrets that are for their owner alone.
pub(crate) fn warn_of_others(path: &Path, mode: u32, what: &str) {
    if mode & 0o077 != 0 {
        let mode = mode & 0o777;
        log::warn!("{}: others than its owner can get at {what} (mode {mode:03o})", path.display());
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
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use rcgen::KeyPair;

    use super::*;
    use crate::transports::tls::settings::tests::pem;

    struct Case(tempfile::TempDir);

    impl Case {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn certificates(&self, content: impl AsRef<[u8]>) -> Result<usize, String> {
            let path = self.0.path().join("it.pem");
            fs::write(&path, content).unwrap();
            let read = Pem::read(&path, OWN_MAX).and_then(|pem| pem.certificates());
            read.map(|all| all.len()).map_err(|error| error.to_string())
        }

        fn key(&self, content: impl AsRef<[u8]>) -> Result<(), String> {
            let path = self.0.path().join("it.pem");
            fs::write(&path, content).unwrap();
            Pem::read(&path, OWN_MAX).and_then(|pem| pem.key()).map(drop).map_err(|error| error.to_string())
        }
    }

    #[track_caller]
    fn says<T: std::fmt::Debug>(result: Result<T, String>, part: &str) {
        let text = result.unwrap_err();
        assert!(text.contains("it.pem: ") && text.contains(part) && !text.contains('\n'), "{part} is not in: {text}");
    }

    fn certificate() -> String {
        pem("CERTIFICATE", b"whatever it is")
    }

    fn key() -> String {
        pem("PRIVATE KEY", &KeyPair::generate().unwrap().serialize_der())
    }

    #[test]
    fn what_editors_and_other_systems_do_to_files_is_borne() {
        let (case, good) = (Case::new(), certificate());
        assert_eq!(case.certificates(&good), Ok(1));
        assert_eq!(case.certificates(good.replace('\n', "\r\n")), Ok(1));
        assert_eq!(case.certificates(format!("\u{feff}{good}")), Ok(1));
        assert_eq!(case.certificates(format!("Bag Attributes\n  name: \u{e9}\n{good}trailing\n{good}")), Ok(2));
        assert_eq!(case.certificates(good.replace("\n", "\n    ")), Ok(1));
        assert_eq!(case.certificates(good.trim_end()), Ok(1));
        assert_eq!(case.certificates([b"\xff in Latin-1\n", good.as_bytes()].concat()), Ok(1));
        assert_eq!(case.certificates(key() + &good), Ok(1));
        assert_eq!(case.key(key() + &good), Ok(()));
        assert_eq!(case.key(pem("EC PARAMETERS", b"curve") + &pem("EC PRIVATE KEY", b"key")), Ok(()));
        assert_eq!(case.key(pem("RSA PRIVATE KEY", b"key")), Ok(()));
    }

    #[test]
    fn each_bad_file_has_its_reason() {
        let (case, good) = (Case::new(), certificate());
        says(case.certificates(""), "the file is empty");
        says(case.certificates("\u{feff} \r\n"), "the file is empty");
        says(case.certificates("some text\n"), "not PEM: no -----BEGIN line");
        says(case.certificates(good.replace("-----END CERTIFICATE-----", "")), "is missing (for line 1)");
        says(case.certificates(good.clone() + &good.replace("-----END", "")), "is missing (for line 4)");
        says(case.certificates(good.replace("d2", "!!")), "not base64");
        says(case.certificates(key()), "no certificate in it (it has a private key)");
        says(case.key(&good), "no private key in it (it has a certificate)");
        says(case.key(pem("PUBLIC KEY", b"x")), "no private key in it (it has PUBLIC KEY)");
        says(case.key(key() + &key()), "2 private keys in it, one is needed");
        says(case.certificates(pem("TRUSTED CERTIFICATE", b"x")), "it has TRUSTED CERTIFICATE");
        says(case.certificates(pem("my pass word", b"x")), "it has something unknown");
        says(case.key(pem("OPENSSH PRIVATE KEY", b"x")), "of the kind OPENSSH PRIVATE KEY");
        let utf16 = Vec::from_iter("\u{feff}-----BEGIN".encode_utf16().flat_map(u16::to_le_bytes));
        says(case.certificates(utf16), "UTF-16");
    }

    #[test]
    fn an_encrypted_key_is_told_with_the_cure() {
        let (case, cure) = (Case::new(), "the private key is encrypted; openssl pkey -in ");
        says(case.key(pem("ENCRYPTED PRIVATE KEY", b"x")), cure);
        let header = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n";
        let old = pem("RSA PRIVATE KEY", b"x").replace("-----BEGIN RSA PRIVATE KEY-----\n", header);
        says(case.key(&old), cure);
        // It is not in the way of a certificate.
        assert_eq!(case.certificates(old + &certificate()), Ok(1));
    }

    #[test]
    fn der_is_told_with_the_cure() {
        let case = Case::new();
        let own = rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap();
        says(case.certificates(own.cert.der()), "this is DER, not PEM; openssl x509 -inform DER -in ");
        says(case.key(own.signing_key.serialize_der()), "this is a key in DER, not PEM; openssl pkey ");
        says(case.key(b"\x30\x82\x09\x00\x02\x01\x03\x30\x82"), "this is PKCS#12");
    }

    #[test]
    fn only_files_of_a_sane_size_are_read() {
        let case = Case::new();
        says(case.certificates(vec![b'x'; 10 << 20]), "the file is too large: more than 1 MiB");
        let read = |path: &Path| Pem::read(path, OWN_MAX).err().unwrap().to_string();
        assert!(read(case.0.path()).contains("this is a directory, not a file"));
        assert!(read(Path::new("/dev/null")).contains("/dev/null: this is a device, not a file"));
        let socket = case.0.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert!(read(&socket).contains("this is a socket, not a file"));
        let fifo = case.0.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        assert!(read(&fifo).contains("this is a FIFO, not a file"));
        assert!(read(&case.0.path().join("nosuch")).contains("nosuch: No such file or directory"));
    }

    #[test]
    fn a_pipe_that_a_shell_gives_is_read() {
        use std::io::Write;
        use std::os::fd::AsRawFd;
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(certificate().as_bytes()).unwrap();
        drop(writer);
        let path = format!("/dev/fd/{}", reader.as_raw_fd());
        let pem = Pem::read(Path::new(&path), OWN_MAX).unwrap();
        assert_eq!(pem.certificates().unwrap().len(), 1);
    }

    #[test]
    fn the_mode_of_a_key_is_looked_at() {
        let case = Case::new();
        assert_eq!(case.key(key()), Ok(()));
        let path = case.0.path().join("it.pem");
        for mode in [0o600, 0o640, 0o604] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let pem = Pem::read(&path, OWN_MAX).unwrap();
            assert_eq!(pem.mode.map(|mode| mode & 0o777), Some(mode));
            assert!(pem.key().is_ok());
        }
    }
}
