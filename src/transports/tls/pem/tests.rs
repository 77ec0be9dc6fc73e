//! Tests of reading PEM files: good files, and the error of each bad one.

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
        // Independent of the umask.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
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
    says(case.certificates("some text\n"), "not PEM: it has no -----BEGIN line");
    says(case.certificates(good.replace("-----END CERTIFICATE-----", "")), "is missing for line 1");
    says(case.certificates(good.clone() + &good.replace("-----END", "")), "is missing for line 4");
    says(case.certificates(good.replace("d2", "!!")), "not base64");
    says(case.certificates(key()), "no certificate in this file (it has a private key)");
    says(case.key(&good), "no private key in this file (it has a certificate)");
    says(case.key(pem("PUBLIC KEY", b"x")), "no private key in this file (it has PUBLIC KEY)");
    says(case.key(key() + &key()), "2 private keys in this file, one is needed");
    says(case.certificates(pem("TRUSTED CERTIFICATE", b"x")), "it has TRUSTED CERTIFICATE");
    says(case.certificates(pem("my pass word", b"x")), "it has something unknown");
    says(case.key(pem("OPENSSH PRIVATE KEY", b"x")), "unsupported kind of private key: OPENSSH PRIVATE KEY");
    let utf16 = Vec::from_iter("\u{feff}-----BEGIN".encode_utf16().flat_map(u16::to_le_bytes));
    says(case.certificates(utf16), "UTF-16");
}

#[test]
fn an_encrypted_key_is_told_with_the_cure() {
    let (case, cure) = (Case::new(), "the private key is encrypted; decrypt it with openssl pkey -in ");
    says(case.key(pem("ENCRYPTED PRIVATE KEY", b"x")), cure);
    let header = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n";
    let old = pem("RSA PRIVATE KEY", b"x").replace("-----BEGIN RSA PRIVATE KEY-----\n", header);
    says(case.key(&old), cure);
    // An encrypted key does not matter for the certificate.
    assert_eq!(case.certificates(old + &certificate()), Ok(1));
}

#[test]
fn der_is_told_with_the_cure() {
    let case = Case::new();
    let own = rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap();
    says(
        case.certificates(own.cert.der()),
        "this file is DER, not PEM; convert a certificate with openssl x509 -inform DER -in ",
    );
    says(
        case.key(own.signing_key.serialize_der()),
        "this file is a key in DER, not PEM; convert it with openssl pkey ",
    );
    says(case.key(b"\x30\x82\x09\x00\x02\x01\x03\x30\x82"), "this file is PKCS#12");
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
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(certificate().as_bytes()).unwrap();
    drop(writer);
    let path = format!("/dev/fd/{}", reader.as_raw_fd());
    let pem = Pem::read(Path::new(&path), OWN_MAX).unwrap();
    assert_eq!(pem.certificates().unwrap().len(), 1);
}

#[test]
fn the_mode_of_a_key_is_looked_at() {
    let case = Case::new();
    assert_eq!(case.key(key() + &certificate()), Ok(()));
    let path = case.0.path().join("it.pem");
    for mode in [0o600, 0o640, 0o604, 0o644, 0o620, 0o602, 0o660, 0o666] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let pem = Pem::read(&path, OWN_MAX).unwrap();
        assert_eq!(pem.mode.map(|mode| mode & 0o777), Some(mode));
        let key = pem.key().map(drop).map_err(|error| error.to_string());
        match mode & 0o022 {
            0 => assert_eq!(key, Ok(())),
            _ => says(key, &format!("other users can write this private key (mode {mode:03o})")),
        }
        // A certificate is no secret.
        assert_eq!(pem.certificates().unwrap().len(), 1);
    }
}

#[test]
fn a_file_is_read_whole_whatever_size_it_was_said_to_have() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("it");
    let content = Vec::from_iter((0..20_000).map(|index| (index % 251) as u8));
    fs::write(&path, &content).unwrap();
    for size in [0, 1, 4095, 4096, 19_999, 20_000, 20_001, 1 << 20] {
        let read = |max| read_all(&File::open(&path).unwrap(), size, max).unwrap();
        assert_eq!(*read(OWN_MAX), content, "{size}");
        assert_eq!(*read(20_000), content, "{size}");
        assert_eq!(*read(19_999), content, "{size}");
        assert_eq!(read(10_000).len(), 10_001, "{size}");
    }
}

#[test]
fn a_key_is_decoded_from_any_lines() {
    let case = Case::new();
    let (der, good) = (KeyPair::generate().unwrap().serialize_der(), |text: &str| case.key(text));
    let text = pem("PRIVATE KEY", &der);
    assert_eq!(good(&text), Ok(()));
    assert_eq!(good(&text.replace('\n', "\r\n")), Ok(()));
    assert_eq!(good(&text.replace('\n', "\n  \t")), Ok(()));
    let path = case.0.path().join("it.pem");
    fs::write(&path, format!("\u{feff}{text}after")).unwrap();
    assert_eq!(Pem::read(&path, OWN_MAX).unwrap().key().unwrap().secret_der(), der);
    says(good(&text.replace("-----END PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----")), "is missing for line 1");
    says(good(&text.replace("-----END", "")), "is missing for line 1");
    for odd in ["=", "*", "\u{e9}", "A"] {
        says(good(&text.replacen('\n', &format!("\n{odd}"), 1)), "is not base64");
    }
}
