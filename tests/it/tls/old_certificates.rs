//! Tests certificates of X.509 version 1, which old appliances make. They have no names, and no chain can verify them,
//! but a pin can.

use crate::harness::*;
use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

/// One certificate for each kind of key that rcgen can make.
fn old_ones() -> Vec<Issued> {
    let kinds = [&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384, &PKCS_ED25519];
    kinds.into_iter().map(Issued::in_version_1).collect()
}

/// The ways to connect by TLS.
const WAYS: [&str; 3] = ["tls-client", "relay", "exec echo secret"];

/// Runs a client against a scripted server with this certificate. Returns the bytes of the client if the handshake was
/// done.
fn meets(issued: &Issued, version: Version, way: &str, options: &[(&str, &str)]) -> (Output, Option<Vec<u8>>) {
    let peer = tls_peer(server_config(issued, &[version]), |mut peer| {
        peer.try_handshake().ok()?;
        let got = peer.receive_all();
        if !got.is_empty() {
            // A client that refuses the certificate is gone already, and `exec` once its child has ended. Other clients
            // wait for this.
            peer.try_close_notify();
        }
        Some(got)
    });
    let output = outcome_with(tls_line(way, peer.text(), options), "secret\n");
    (output, peer.join())
}

/// `--insecure` and `--pin` check only the key, so the version does not matter.
#[test]
fn its_key_is_enough_where_nothing_else_is_looked_at() {
    for issued in old_ones() {
        for version in VERSIONS {
            for way in WAYS {
                let pin = issued.pin();
                for options in [&[("insecure", "")][..], &[("pin", &pin)]] {
                    let (output, got) = meets(&issued, version, way, options);
                    assert_eq!(output.status.code(), Some(0), "{way} {options:?}: {}", text(&output));
                    assert_eq!(got.as_deref(), Some(&b"secret\n"[..]), "{way} {options:?}");
                }
            }
        }
    }
}

#[test]
fn its_key_must_be_the_one_that_signs_and_the_one_that_is_pinned() {
    for issued in old_ones() {
        let pin = issued.pin();
        let other = Issued::in_version_1(&PKCS_ECDSA_P256_SHA256);
        let other_pin = other.pin();
        for version in VERSIONS {
            let (output, got) = meets(&issued, version, "tls-client", &[("pin", &other_pin)]);
            ended(&output, 5, "the certificate has another pin");
            assert_eq!(got, None);
        }
        // A certificate can be copied, but its key cannot.
        let stolen = issued.with_key_of(&other);
        for version in VERSIONS {
            for options in [&[("insecure", "")][..], &[("pin", &pin)]] {
                let (output, got) = meets(&stolen, version, "tls-client", options);
                assert_eq!(output.status.code(), Some(5), "{options:?}: {}", text(&output));
                assert!(output.stdout.is_empty() && got.is_none(), "{options:?}");
            }
        }
    }
    // That is so in any version of X.509.
    let stolen = Authority::server().with_key_of(&Authority::server());
    for version in VERSIONS {
        let (output, got) = meets(&stolen, version, "tls-client", &[("insecure", "")]);
        assert_eq!(output.status.code(), Some(5), "{}", text(&output));
        assert!(got.is_none());
    }
}

/// With a chain, the certificate is refused, even if it is in the file of authorities. The message says what to do.
#[test]
fn where_a_chain_is_wanted_the_refusal_says_what_to_do() {
    let issued = Issued::in_version_1(&PKCS_ECDSA_P256_SHA256);
    let (pin, other) = (issued.pin(), Authority::server());
    for version in VERSIONS {
        for way in WAYS {
            for ca in [issued.ca(), other.ca()] {
                for options in [&[("ca", ca.as_str())][..], &[("ca", &ca), ("pin", &pin)]] {
                    let (output, got) = meets(&issued, version, way, options);
                    let option = if way == "tls-client" { format!("--pin {pin}") } else { format!(" pin={pin}") };
                    for text in [HANDSHAKE_WITH, "has an X.509 version before 3, without names to check", &option] {
                        ended(&output, 5, text);
                    }
                    ended(&output, 5, "reissue it as version 3, with a subjectAltName");
                    assert_eq!(got, None);
                }
            }
        }
    }
}

/// An intermediate of version 1 is no authority.
#[test]
fn an_old_authority_in_between_vouches_for_nobody() {
    let root = Authority::called("Root");
    let issued = root.below("A", |_| ()).issue(&Leaf::default());
    let issued = issued.old_in_between(&root);
    for version in VERSIONS {
        let (output, got) = meets(&issued, version, "tls-client", &[("ca", &issued.ca())]);
        ended(&output, 5, "an authority in the chain of the certificate has an X.509 version before 3");
        assert_eq!(got, None);
    }
}

/// A server presents any certificate that its key belongs to, and its clients decide.
#[test]
fn a_server_shows_an_old_certificate() {
    for issued in old_ones() {
        for version in VERSIONS {
            let (mut server, address) = served("tls-echo", &issued, &[]);
            let mut peer = Tls::connect(address, client_config(None, &[version]));
            peer.ping(b"hello");
            peer.end();
            ended(&outcome_with(tls_line("tls-client", address, &[("pin", &issued.pin())]), "hello"), 0, "");
            assert!(server.is_running());
        }
    }
    // The server does not start with another key.
    let wrong = Issued::in_version_1(&PKCS_ED25519).with_key_of(&Authority::server());
    let line = format!("tls-echo {} 127.0.0.1:0", wrong.options().join(" "));
    refuses([format!("{line} => the private key does not belong to the certificate in")]);
}

/// A server refuses an old certificate of a client, and reports it. The client can present it.
#[test]
fn a_client_with_an_old_certificate_is_refused() {
    let (own, old) = (Authority::server(), Issued::in_version_1(&PKCS_ECDSA_P256_SHA256));
    let (mut server, address) = served("tls-echo", &own, &["--client-ca", &own.ca()]);
    let output = outcome_with(client_args(&own, &old.options(), address), "hello");
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    let line = server.line(HANDSHAKE_WITH);
    assert!(line.contains("the client's certificate has an X.509 version before 3"), "{line}");
    assert!(!line.contains("pin"), "{line}");
}

/// RSA, and the tool that makes such certificates: `openssl req -x509` with a bare configuration.
#[test]
fn a_certificate_of_openssl_with_an_rsa_key() {
    let dir = folder();
    let path = |name: &str| dir.path().join(name).to_str().expect("text").to_owned();
    fs::write(path("bare"), "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=localhost\n").expect("a file");
    let (cert, key) = (path("cert"), path("key"));
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-config", &path("bare")]);
    openssl.args(["-keyout", &key, "-out", &cert]).stderr(Stdio::null());
    match openssl.status() {
        Ok(status) => assert!(status.success()),
        Err(error) => return println!("skipped: openssl: {error}"),
    }
    let (mut server, address) = serve(["tls-echo", "-v", "--cert", &cert, "--key", &key, "127.0.0.1:0"]);
    let line = server.line("certificate pin ");
    let pin = line.rsplit(' ').next().expect("a word").to_owned();
    let options = [("pin", &*pin), ("insecure", "")];
    for option in options {
        gave(&outcome_with(tls_line("tls-client", address, &[option]), "hello"), 0, "hello");
    }
    for version in ["-tls1_2", "-tls1_3"] {
        let mut peer = Command::new("openssl");
        peer.args(["s_server", "-accept", "127.0.0.1:0", "-rev", "-cert", &cert, "-key", &key, version]);
        let mut peer = Background::spawn(peer.stdin(Stdio::null()).stdout(Stdio::piped()));
        let lines = lines(peer.stdout());
        let port = eventually("where it listens", || {
            let line = lines.try_recv().ok()?;
            line.strip_prefix("ACCEPT 127.0.0.1:").map(str::to_owned)
        });
        for option in options {
            let mut client = Background::start(tls_line("tls-client", format!("localhost:{port}"), &[option]));
            let mut stdin = client.stdin();
            stdin.write_all(b"hello\n").expect("it reads");
            assert_eq!(take(&mut client.stdout(), 6), b"olleh\n", "{version} {option:?}");
        }
    }
}

/// A certificate with ten thousand names is used, or reported as too large for TLS.
#[test]
fn a_certificate_with_very_many_names() {
    let names = |suffix: &str| {
        let mut names = Vec::from_iter((0..9999).map(|index| format!("{index}{suffix}")));
        names.push("localhost".to_owned());
        // The leaked text lives as long as the program.
        names.into_iter().map(|name| &*name.leak()).collect::<Vec<&'static str>>()
    };
    let authority = Authority::new();
    let fits = authority.issue(&Leaf { names: names(""), ips: Vec::new(), ..Leaf::default() });
    assert!(fits.chain[0].len() < 65_000, "{} bytes", fits.chain[0].len());
    let (_server, address) = served("tls-echo", &fits, &[]);
    let at = format!("localhost:{}", address.port());
    printed(&outcome_with(client_args(&fits, &NONE, &at), "hello"), b"hello");
    ended(&outcome(client_args(&fits, &["--server-name", "x.example"], &at)), 5, "and 9992 more, not for x.example");

    let too_large = Issued::by_itself(&Leaf { names: names(".example"), ips: Vec::new(), ..Leaf::default() });
    let (mut server, address) = served("tls-echo", &too_large, &[]);
    assert!(server.all_lines()[0].contains("the certificate is larger than 64 KiB, which most peers refuse"));
    let at = format!("localhost:{}", address.port());
    let output = outcome(["tls-client", "--pin", &too_large.pin(), &at]);
    ended(&output, 5, "the peer has sent a message of more than 64 KiB, perhaps with too many certificates");
    let output = outcome(client_args(&too_large, &NONE, &at));
    ended(&output, 2, "cannot read any certificate in this file: they are larger than 64 KiB");
    let mixed = too_large.write("mixed.pem", too_large.read("ca.pem") + &fits.read("ca.pem"));
    let output = outcome(["tls-client", "--ca", &mixed, "-n", "a.example:1"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("ignoring 1 of 2 certificates, which cannot be read (some are larger than 64 KiB)"),
        "{stderr}"
    );
    assert!(!stderr.contains("damaged"), "{stderr}");
}
