//! Tests the ends that scripts ask for over TLS, and the newest version of TLS.

use crate::harness::*;

/// The peer does not end. It sees an orderly end all the same.
#[test]
fn a_peer_that_does_not_end_is_left_after_the_time_of_the_answer() {
    let issued = Authority::server();
    for version in VERSIONS {
        for time in ["0", "50ms"] {
            let (mut client, mut peer) = client_with(&issued, version, &["--quit-after", time]);
            let mut stdout = client.stdout();
            peer.send(b"answer");
            assert_eq!(take(&mut stdout, 6), b"answer");
            feed(client.stdin(), b"question".to_vec());
            peer.expect(b"question");
            assert!(peer.receive_all().is_empty());
            peer.expect_fin();
            assert_eq!(client.wait().code(), Some(0), "{time}: {:?}", client.all_lines());
        }
    }
}

/// stdin is open and idle. Only an orderly end of the peer is an end.
#[test]
fn the_end_of_the_peer_is_the_end_of_the_session() {
    let issued = Authority::server();
    for version in VERSIONS {
        for is_cut in [false, true] {
            let (mut client, mut peer) = client_with(&issued, version, &["--until-peer-ends"]);
            let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
            stdin.write_all(b"question").expect("it is read");
            peer.expect(b"question");
            peer.send(b"answer");
            if is_cut {
                peer.fin()
            } else {
                peer.end()
            }
            assert_eq!(take_all(&mut stdout), b"answer");
            let status = if is_cut { 5 } else { 0 };
            assert_eq!(client.wait().code(), Some(status), "{:?}", client.all_lines());
        }
    }
}

/// A version that both sides allow is agreed on. Otherwise the handshake fails, and the message names the options.
#[test]
fn no_newer_version_than_the_newest_is_spoken() {
    let issued = Authority::server();
    let (_server, address) = served("tls-echo", &issued, &["--tls-max", "1.2"]);
    let at = address.to_string();
    let ca = issued.ca();
    for (options, version) in
        [(&[][..], Some("TLS 1.2")), (&["--tls-max", "1.2"], Some("TLS 1.2")), (&["--tls-min", "1.3"], None)]
    {
        let words = [&["-v", "tls-client", "--ca", &ca], options, &[&at]].concat();
        let output = outcome_with(words, "hello");
        let said = text(&output);
        match version {
            Some(version) => {
                assert_eq!((output.status.code(), &output.stdout[..]), (Some(0), &b"hello"[..]), "{said}");
                assert!(said.to_lowercase().replace("tlsv", "tls ").contains(&version.to_lowercase()), "{said}");
            }
            None => assert_eq!(output.status.code(), Some(5), "{said}"),
        }
    }
    let (_server, address) = served("tls-echo", &issued, &["--tls-min", "1.3"]);
    let output = outcome(["tls-client", "--ca", &ca, "--tls-max", "1.2", &address.to_string()]);
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    // Behind a comma too.
    let endpoint = format!("tls:{address},ca={ca},tls-max=1.2");
    assert_eq!(outcome(["connect", &endpoint]).status.code(), Some(5));
}

/// A user who has sent and received nothing wants to know whether the server is up.
#[test]
fn a_cut_without_data_is_answered_by_the_line_that_tests_a_server() {
    let issued = Authority::server();
    let test = "to test a server, use: xport wait tls:HOST:PORT";
    let accept = "--allow-truncation accepts this from peers that never send one";
    for version in VERSIONS {
        for (sent, received, hint) in [("", "", test), ("question", "", accept), ("", "answer", accept)] {
            let (mut client, mut peer) = client_with(&issued, version, &["--half-close", "now"]);
            feed(client.stdin(), sent.as_bytes().to_vec());
            peer.expect(sent.as_bytes());
            assert!(peer.receive_all().is_empty());
            peer.send(received.as_bytes());
            peer.fin();
            assert_eq!(take_all(&mut client.stdout()), received.as_bytes());
            assert_eq!(client.wait().code(), Some(5));
            let said = client.all_lines().join("\n");
            let both = [test, accept].map(|text| said.contains(text));
            assert_eq!(both, [hint == test, hint == accept], "{sent:?} {received:?}: {said}");
        }
    }
}
