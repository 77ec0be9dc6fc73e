//! Tests which intermediate authorities can vouch for a certificate. `openssl verify` and `certtool --verify` of GnuTLS
//! check the same chains.

use crate::harness::*;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};

/// A chain, with certificates for servers and clients, and the expected result.
struct Case {
    name: &'static str,
    issued: Issued,
    /// A part of the reason why the chain is refused. Empty if the chain is accepted.
    refusal: &'static str,
    /// Whether the other programs check the chain too. Not if their result depends on their version.
    compare: bool,
}

fn plain(_: &mut CertificateParams) {}

fn path_length(length: u8) -> impl FnOnce(&mut CertificateParams) {
    move |params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(length))
}

fn usages(usages: &'static [KeyUsagePurpose]) -> impl FnOnce(&mut CertificateParams) {
    move |params| params.key_usages = usages.to_vec()
}

/// A certificate for a server at localhost that is also a client.
fn leaf() -> Leaf {
    Leaf { cn: Some("leaf"), ..Leaf::default() }
}

const NO_AUTHORITY: &str = "must not sign certificates (basic constraints, key usage)";
const TOO_LONG: &str = "its chain is too long: CN=Root allows";

/// Each kind of chain, with this kind of certificate at its end.
fn cases(leaf: &Leaf) -> Vec<Case> {
    let root = |change: fn(&mut CertificateParams)| Authority::with("Root", change);
    let case = |name, issued, refusal| Case { name, issued, refusal, compare: true };
    let good = root(plain);
    let mut cases = vec![
        case("no authority in between", good.issue(leaf), ""),
        case("one", good.below("A", plain).issue(leaf), ""),
        case("three", good.below("A", plain).below("B", plain).below("C", plain).issue(leaf), ""),
        case("one without a key usage", good.below("A", usages(&[])).issue(leaf), ""),
    ];

    // The key usage of the authority directly above, and of one further up.
    let cannot = || usages(&[KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::CrlSign]);
    cases.push(case("without keyCertSign", good.below("A", cannot()).issue(leaf), NO_AUTHORITY));
    let further_up = good.below("A", cannot()).below("B", plain).issue(leaf);
    cases.push(case("without keyCertSign, further up", further_up, NO_AUTHORITY));
    let no_authority = |params: &mut CertificateParams| params.is_ca = IsCa::ExplicitNoCa;
    let wrong = "a certificate in its chain is not that of an authority";
    cases.push(case("CA:FALSE with keyCertSign", good.below("A", no_authority).issue(leaf), wrong));
    let silent = |params: &mut CertificateParams| params.is_ca = IsCa::NoCa;
    cases.push(case("no basic constraints", good.below("A", silent).issue(leaf), wrong));

    // The path length of the root, and of the intermediates.
    let none_below = || Authority::with("Root", path_length(0));
    cases.push(case("pathlen 0 of the root, none", none_below().issue(leaf), ""));
    cases.push(case("pathlen 0 of the root, one", none_below().below("A", plain).issue(leaf), TOO_LONG));
    let one_below = Authority::with("Root", path_length(1));
    cases.push(case("pathlen 1 of the root, one", one_below.below("A", plain).issue(leaf), ""));
    cases.push(case("pathlen 1 of the root, two", one_below.below("A", plain).below("B", plain).issue(leaf), TOO_LONG));
    let sent = good.below("A", path_length(0));
    cases.push(case("pathlen 0 of one that is sent, none", sent.issue(leaf), ""));
    let sent = sent.below("B", plain).issue(leaf);
    cases.push(case("pathlen 0 of one that is sent, one", sent, "its chain is longer than an authority in it allows"));

    // A trusted root without the right to sign, and a root with its limit in a renewed certificate.
    let root = Authority::with("Root", cannot());
    cases.push(case("a root without keyCertSign", root.below("A", plain).issue(leaf), "not trusted"));
    let root = none_below();
    let mut issued = root.below("A", plain).issue(leaf);
    let both = issued.read("ca.pem") + &pem("CERTIFICATE", &root.renewed(None, plain));
    issued.trust(both);
    cases.push(Case { compare: false, ..case("a root renewed without its limit", issued, "") });

    // One of two paths is good, in either order.
    let a = good.below("A", cannot());
    let renewed = a.renewed(Some(&good), plain);
    for order in [[a.der(), renewed.clone()], [renewed, a.der()]] {
        let issued = a.issue(leaf).sent_with(&order);
        cases.push(Case { compare: false, ..case("one of two ways", issued, "") });
    }
    // Neither path is good: one is too long, and the other has a certificate that must not sign.
    let root = none_below();
    let a = root.below("A", plain);
    let order = [a.der(), a.renewed(Some(&root), cannot())];
    cases.push(Case { compare: false, ..case("neither of two ways", a.issue(leaf).sent_with(&order), "its chain") });
    cases
}

/// Whether this program accepts the chain. `None` if the program is not installed.
fn believed_by(mut command: Command) -> Option<bool> {
    match command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status() {
        Ok(status) => Some(status.success()),
        Err(error) => {
            println!("skipped: {command:?}: {error}");
            None
        }
    }
}

/// The other programs agree: they refuse what xport refuses, and accept what it accepts.
#[test]
fn other_programs_judge_chains_alike() {
    for Case { name, issued, refusal, compare } in cases(&leaf()) {
        if !compare {
            continue;
        }
        let of = |ders: &[CertificateDer<'_>]| ders.iter().map(|der| pem("CERTIFICATE", der)).collect::<String>();
        let own = issued.write("own.pem", of(&issued.chain[..1]));
        let between = issued.write("between.pem", of(&issued.chain[1..]));
        let mut openssl = Command::new("openssl");
        openssl.args(["verify", "-no-CApath", "-no-CAstore", "-CAfile", &issued.ca()]);
        if issued.chain.len() > 1 {
            openssl.args(["-untrusted", &between]);
        }
        openssl.arg(own);
        let mut certtool = Command::new("certtool");
        let chain = issued.cert();
        certtool.args(["--verify", "--load-ca-certificate", &issued.ca(), "--infile", &chain]);
        for (program, command) in [("openssl", openssl), ("certtool", certtool)] {
            if let Some(believed) = believed_by(command) {
                assert_eq!(believed, refusal.is_empty(), "{program}: {name}");
            }
        }
    }
}

#[test]
fn a_client_judges_each_authority_of_a_server() {
    for Case { name, issued, refusal, .. } in cases(&leaf()) {
        for version in VERSIONS {
            let peer = tls_peer(server_config(&issued, &[version]), |mut peer| {
                if peer.try_handshake().is_ok() {
                    assert_eq!(peer.receive_all(), b"hello");
                    peer.end();
                }
            });
            let output = outcome_with(client_args(&issued, &NONE, peer.text()), "hello");
            println!("{name}: {}", text(&output));
            let (status, told) = if refusal.is_empty() { (0, "") } else { (5, HANDSHAKE_WITH) };
            ended(&output, status, told);
            ended(&output, status, refusal);
            peer.join();
        }
    }
}

/// The same for a relay or a program that connects by TLS.
#[test]
fn whatever_connects_judges_the_authorities() {
    let cases = cases(&leaf()).into_iter().filter(|case| case.name.contains("keyCertSign"));
    let cases = Vec::from_iter(cases);
    assert!(!cases.is_empty());
    for Case { name, issued, refusal, .. } in cases {
        for way in ["relay", "exec true"] {
            let peer = tls_peer(server_config(&issued, &VERSIONS), |mut peer| peer.try_handshake().is_ok());
            ended(&outcome(tls_line(way, peer.text(), &[("ca", &issued.ca())])), 5, refusal);
            assert!(!peer.join(), "{way}: {name}");
        }
    }
}

/// A server verifies the certificates of clients by the same rules.
#[test]
fn a_server_judges_each_authority_of_a_client() {
    let own = Authority::server();
    let client = Leaf::client("leaf");
    for Case { name, issued, refusal, .. } in cases(&client) {
        let (mut server, address) = served("tls-echo", &own, &["-v", "--client-ca", &issued.ca()]);
        for version in VERSIONS {
            let mut peer = Tls::client(connect(address), client_config(Some(&issued), &[version]));
            let mut result = peer.try_handshake();
            if result.is_ok() && !refusal.is_empty() {
                // In TLS 1.3, the handshake of a client succeeds before the server has verified its certificate.
                result = peer.receive_until_broken().1.map_or(Ok(()), Err);
            }
            assert_eq!(result.is_ok(), refusal.is_empty(), "{name}: {result:?}");
            // The server reports the failure once the client has gone.
            drop(peer);
            let line = server.line(if refusal.is_empty() { "accepted" } else { HANDSHAKE_WITH });
            assert!(line.contains(refusal), "{name}: {line}");
        }
    }
}

/// A certificate cannot have a purpose that its authority does not have.
#[test]
fn an_authority_for_something_else_vouches_for_no_server() {
    let root = Authority::called("Root");
    let other =
        |params: &mut CertificateParams| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    let issued = root.below("A", other).issue(&leaf());
    let peer = tls_peer(server_config(&issued, &VERSIONS), |mut peer| peer.try_handshake().is_ok());
    ended(&outcome(client_args(&issued, &NONE, peer.text())), 5, "is not for servers");
    assert!(!peer.join());
}
