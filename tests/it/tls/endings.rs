//! Tests the ends that scripts ask for over TLS, and the newest version of TLS.

use crate::harness::*;

#[test]
fn a_session_over_tls_ends_when_it_was_asked_to() {
    plays(&[
        // The peer does not end. It sees an orderly end all the same.
        "tls12|tls13-client --quit-after 0: say answer; see answer; type question$; get question$; status 0",
        "tls12|tls13-client --quit-after 50ms: say answer; see answer; type question$; get question$; status 0",
        // stdin is open and idle. Only an orderly end of the peer is an end.
        "tls12|tls13-client --until-peer-ends: type question; get question; say answer$; see answer$; status 0",
        "tls12|tls13-client --until-peer-ends: type question; get question; say answer; cut; see answer$; \
            status 5 without close_notify",
    ]);
}

/// A version that both sides allow is agreed on. Otherwise the handshake fails, and the message names the options.
#[test]
fn no_newer_version_than_the_newest_is_spoken() {
    let (issued, _server, address) = tls_server("tls-echo", &["--tls-max", "1.2"]);
    for (options, version) in
        [(&["-v"][..], Some("TLS 1.2")), (&["-v", "--tls-max", "1.2"], Some("TLS 1.2")), (&["--tls-min", "1.3"], None)]
    {
        let output = outcome_with(client_args(&issued, options, address), "hello");
        let said = text(&output);
        match version {
            Some(version) => {
                gave(&output, 0, "hello");
                assert!(said.to_lowercase().replace("tlsv", "tls ").contains(&version.to_lowercase()), "{said}");
            }
            None => assert_eq!(output.status.code(), Some(5), "{said}"),
        }
    }
    let (_server, address) = served("tls-echo", &issued, &["--tls-min", "1.3"]);
    let output = outcome(client_args(&issued, &["--tls-max", "1.2"], address));
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    // Behind a comma too.
    let endpoint = format!("tls:{address},ca={},tls-max=1.2", issued.ca());
    assert_eq!(outcome(["connect", &endpoint]).status.code(), Some(5));
}

/// A user who has sent and received nothing wants to know whether the server is up.
#[test]
fn a_cut_without_data_is_answered_by_the_line_that_tests_a_server() {
    let test = "to test a server, use: xport wait tls:HOST:PORT";
    let accept = "--allow-truncation accepts this from peers that never send one";
    plays(&[
        &format!("tls12|tls13-client --half-close now: eof; get $; cut; see $; status 5 ~{test}; status 5 !{accept}"),
        &format!(
            "tls12|tls13-client --half-close now: type question$; get question$; cut; see $; status 5 ~{accept}; \
                status 5 !{test}"
        ),
        &format!(
            "tls12|tls13-client --half-close now: eof; get $; say answer; cut; see answer$; status 5 ~{accept}; \
                status 5 !{test}"
        ),
    ]);
}
