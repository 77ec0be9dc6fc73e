//! Tests that text of users and peers on stderr cannot drive a terminal, end a line, or reverse the order of a line.

use crate::harness::*;

/// Characters that change how a line is shown: controls, overrides of direction, separators, invisible characters.
const ODD: &str = "\
    \u{1b}\n\r\u{7f}\u{85}\u{9b}\u{61c}\u{200b}\u{200e}\u{200f}\
    \u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}\u{feff}";

/// Expects that odd characters appear, and only in escaped form.
#[track_caller]
fn is_harmless(stderr: &str, what: &str) {
    assert!(stderr.contains("\\u{"), "{what}: not shown at all: {stderr:?}");
    for c in ODD.chars().filter(|c| *c != '\n') {
        assert!(!stderr.contains(c), "{what}: {c:?} in {stderr:?}");
    }
    for line in stderr.lines().filter(|line| !line.trim().is_empty()) {
        // The line to type has a prefix of its own.
        let is_ours = ["xport: ", "try: xport "].iter().any(|start| line.starts_with(start));
        assert!(is_ours, "{what}: {line:?}");
    }
}

#[track_caller]
fn stderr_of<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> String {
    String::from_utf8(outcome_with(args, "hello").stderr).expect("text")
}

/// Text from the command line: addresses, values, names of files and programs, endpoints.
#[test]
fn what_the_user_types_is_shown_harmlessly() {
    // Long text is cut.
    let all = Vec::from_iter(ODD.chars());
    for some in all.chunks(4) {
        what_the_user_types(&format!("a\u{61c}{}b", String::from_iter(some)));
    }
}

fn what_the_user_types(odd: &str) {
    let path = format!("/tmp/{odd}");
    let endpoint = format!("unix:{path}");
    let options = format!("tcp:h:1,{odd}=1");
    for args in [
        vec!["tcp-client", &format!("{odd}:80")],
        vec!["tcp-client", "--linger", odd, ":80"],
        vec!["tcp-client", &format!("--{odd}")],
        vec![odd],
        vec!["unix-client", &path],
        vec!["unix-echo", &format!("{path}/s")],
        vec!["tcp-echo", "--port-file", &format!("{path}/p"), "127.0.0.1:0"],
        vec!["tls-echo", "--cert", &path, "127.0.0.1:0"],
        vec!["tls-client", "--ca", &path, "localhost:1"],
        vec!["exec", "--", &path],
        vec!["relay", "-", &endpoint],
        vec!["relay", "-", &options],
        vec!["relay", "-", &format!("exec:'{path}'")],
    ] {
        is_harmless(&stderr_of(&args), &format!("{args:?}"));
    }
}

/// Text from a peer: its certificate, and its words before TLS.
#[test]
fn what_a_peer_says_is_shown_harmlessly() {
    let odd: &'static str = Box::leak(format!("a{ODD}b").into_boxed_str());
    let issued = Authority::called(odd).issue(&Leaf { cn: Some(odd), ..Leaf::default() });
    for options in [vec![], vec!["--insecure", "-v"]] {
        let peer = tls_peer(server_config(&issued, &VERSIONS), |mut peer| {
            if peer.try_handshake().is_ok() {
                let _ = peer.receive_all();
                peer.end();
            }
        });
        let text = peer.text();
        is_harmless(&stderr_of([&["tls-client"], &options[..], &[text.as_str()]].concat()), &format!("{options:?}"));
        peer.join();
    }
    for protocol in ["smtp", "imap", "pop3"] {
        let (listener, address) = listening();
        let address = address.to_string();
        let mut client = Background::start(["tls-client", "--starttls", protocol, "--insecure", &address]);
        let mut peer = accept(&listener);
        // The name is on one line, because the other characters would end it.
        let greeting = ODD.replace(['\n', '\r'], "");
        peer.write_all(format!("554 -ERR no {greeting}\r\n").as_bytes()).expect("it reads");
        drop(peer);
        client.wait();
        is_harmless(&client.all_lines().join("\n"), protocol);
    }
}

/// The name of the socket of a client of a unix server.
#[test]
fn the_path_of_a_client_is_shown_harmlessly() {
    let dir = tempfile::Builder::new().prefix("xp").tempdir_in("/tmp").expect("a directory");
    let (path, own) = (dir.path().join("s"), dir.path().join(format!("a{}b", &ODD)));
    let mut server = Background::start(["-v".as_ref(), "unix-echo".as_ref(), path.as_os_str()]);
    server.line("listening on");
    let client = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
    client.bind(&SockAddr::unix(&own).expect("a path")).expect("it is free");
    client.connect(&SockAddr::unix(&path).expect("a path")).expect("it accepts");
    is_harmless(&server.line("accepted"), "a path");
}
