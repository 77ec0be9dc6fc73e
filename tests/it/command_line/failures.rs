//! Tests that a failure is reported once, also with `-v`, and with advice that fits the mode.

use crate::harness::*;

/// The behaviour of a peer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Deed {
    /// Resets it after a byte.
    Resets,
    /// Speaks no TLS.
    IsPlain,
    /// Ends it without close_notify, after its handshake.
    Cuts,
    /// Resets it after its handshake.
    ResetsTls,
    /// Sends close_notify instead of its part of the handshake.
    GivesUp,
    /// Waits for ever.
    IsSilent,
}

/// A server that treats its only client like this.
fn serve(deed: Deed, issued: &Issued, run: impl FnOnce(&str) -> Vec<String>) -> Vec<String> {
    match deed {
        Deed::Resets | Deed::IsPlain | Deed::GivesUp | Deed::IsSilent => {
            let peer = Peer::serve(move |mut socket| {
                let _ = socket.read(&mut [0]);
                match deed {
                    Deed::Resets => reset(socket),
                    Deed::IsPlain => drop(socket.write_all(b"220 hello, who is there?\r\n")),
                    // A fatal close_notify, which some peers send.
                    Deed::GivesUp => drop(socket.write_all(&record(21, &[2, 0]))),
                    _ => drop(socket.read_to_end(&mut Vec::new())),
                }
            });
            run(&peer.address.to_string())
        }
        Deed::Cuts | Deed::ResetsTls => {
            let peer = tls_peer(server_config(issued, &VERSIONS), move |mut peer| {
                peer.handshake();
                peer.send(b"data");
                match deed {
                    Deed::Cuts => peer.fin(),
                    _ => return peer.reset(),
                }
                let _ = peer.receive_until_broken();
            });
            let lines = run(&peer.address.to_string());
            peer.join();
            lines
        }
    }
}

/// The lines of a run with `-v` that has bytes to send.
fn lines_of(args: &[&str]) -> Vec<String> {
    let mut run = Background::spawn(command([&["-v"], args].concat()).stdout(Stdio::null()));
    // stdin stays open to the end, so that its end causes nothing here.
    let mut stdin = run.stdin();
    let _ = stdin.write_all(b"hello");
    run.wait();
    run.all_lines()
}

/// Expects that no two lines end with the same words, and that one line has these words.
#[track_caller]
fn told_once(lines: &[String], what: &str, case: &str) {
    assert!(lines.iter().any(|line| line.contains(what)), "{case}: no {what:?} in {lines:#?}");
    for (index, line) in lines.iter().enumerate() {
        let told = line.rsplit(": ").next().unwrap_or_default();
        let again = lines[index + 1..].iter().find(|other| told.len() > 4 && other.contains(told));
        assert!(again.is_none(), "{case}: {told:?} is told twice: {lines:#?}");
    }
}

const TRUNCATED: &str = "peer closed without close_notify (data may be truncated)";
const RESET: &str = "Connection reset by peer";

/// Every way to connect: a mode, a relay, a program.
#[test]
fn what_befalls_a_client_is_told_once() {
    let issued = Authority::server();
    for (deed, tls, what) in [
        (Deed::Resets, false, RESET),
        (Deed::IsSilent, false, "idle for 500ms"),
        (Deed::IsPlain, true, "the peer does not speak TLS"),
        (Deed::Cuts, true, TRUNCATED),
        (Deed::ResetsTls, true, RESET),
        (Deed::GivesUp, true, "the peer has closed the connection during the handshake without a reason"),
    ] {
        for kind in ["mode", "relay", "exec"] {
            let lines = serve(deed, &issued, |address| {
                let (tcp, tls_end) = (format!("tcp:{address}"), format!("tls:{address},insecure"));
                let end = if tls { &tls_end } else { &tcp };
                let idle = ["--idle-timeout", "500ms"];
                match (kind, tls) {
                    ("mode", false) => lines_of(&[&["tcp-client"], &idle[..], &[address]].concat()),
                    ("mode", true) => lines_of(&["tls-client", "--insecure", address]),
                    ("relay", _) => lines_of(&[&["relay"], &idle[..], &["-", end]].concat()),
                    _ => {
                        lines_of(&[&["exec", "--connect", end], &idle[..], &["--", "sh", "-c", "echo x; cat"]].concat())
                    }
                }
            });
            // A relay with stdin reports on the pair.
            let what = if kind == "relay" && deed == Deed::IsSilent { "idle for 500ms" } else { what };
            told_once(&lines, what, &format!("{deed:?} {kind}"));
        }
    }
}

/// Every way to listen.
#[test]
fn what_befalls_a_server_is_told_once() {
    let issued = Authority::server();
    let listen = issued.endpoint();
    let own = issued.options();
    let own = own.each_ref().map(String::as_str);
    for mode in [
        [&["tls-echo"], &own[..], &["127.0.0.1:0"]].concat(),
        [&["tls-server"], &own[..], &["127.0.0.1:0"]].concat(),
        [&["tls-server", "-k"], &own[..], &["127.0.0.1:0"]].concat(),
        vec!["relay", &listen, "exec:cat"],
        vec!["relay", "--once", &listen, "exec:cat"],
        vec!["exec", "--listen", &listen, "--", "cat"],
    ] {
        for (deed, what) in
            [(Deed::Cuts, TRUNCATED), (Deed::ResetsTls, RESET), (Deed::IsPlain, "the peer does not speak TLS")]
        {
            let (mut server, address) = serve_by(command([&["-v"], &mode[..]].concat()).stdout(Stdio::null()));
            match deed {
                Deed::IsPlain => connect(address).write_all(b"GET / HTTP/1.0\r\n\r\n").expect("it reads"),
                _ => {
                    let mut peer = Tls::connect(address, client_config(None, &VERSIONS));
                    peer.send(b"hello");
                    if deed == Deed::Cuts { peer.fin() } else { peer.reset() }
                }
            }
            let mut lines = vec![server.line(what)];
            lines.splice(0..0, server.all_lines().into_iter().filter(|line| *line != lines[0]).collect::<Vec<_>>());
            told_once(&lines, what, &format!("{deed:?} {mode:?}"));
        }
    }
}

/// Endpoints that cannot be opened, and a stdout that fails.
#[test]
fn what_goes_wrong_here_is_told_once() {
    let (_refusing, address) = refusing();
    let address = address.to_string();
    let to = |kind: &str| format!("{kind}:{address}");
    for (args, what) in [
        (vec!["tcp-client", &address], "Connection refused"),
        (vec!["tls-client", &address], "Connection refused"),
        (vec!["relay", "-", &to("tcp")], "Connection refused"),
        (vec!["exec", "--connect", &to("tcp"), "--", "cat"], "Connection refused"),
        (vec!["tcp-client", "-n", "a.example:1"], "not a numeric address"),
        (vec!["udp-client", "-n", "a.example:1"], "not a numeric address"),
        (vec!["unix-client", "/nowhere/s"], "No such file or directory"),
        (vec!["unix-echo", "/nowhere/s"], "No such file or directory"),
        (vec!["exec", "--", "/nowhere"], "No such file or directory"),
        (vec!["relay", "-", "exec:/nowhere"], "No such file or directory"),
        (vec!["tls-client", "--ca", "/nowhere", &address], "No such file or directory"),
        (vec!["tcp-echo", "--port-file", "/nowhere/p", "127.0.0.1:0"], "No such file or directory"),
    ] {
        told_once(&lines_of(&args), what, &format!("{args:?}"));
    }
    let issued = Authority::server();
    let lines = serve(Deed::Cuts, &issued, |address| {
        let args = ["-v", "tls-client", "--insecure", address];
        let mut run = Background::spawn(command(args).stdout(device("full")));
        run.wait();
        run.all_lines()
    });
    told_once(&lines, "No space left on device", "stdout");
}

/// A message names options in the form of the mode, and no others.
#[test]
fn advice_names_options_that_there_are() {
    let issued = Authority::server();
    let authority = "signed by an authority that is not trusted";
    // A certificate of an unknown authority.
    let refused = |args: &dyn Fn(&str) -> Vec<String>| {
        let peer = tls_peer(server_config(&issued, &VERSIONS), |mut peer| peer.try_handshake().is_ok());
        let args = args(&peer.text());
        let lines = lines_of(&Vec::from_iter(args.iter().map(String::as_str)));
        peer.join();
        // The second line says what to do.
        lines.into_iter().skip_while(|line| !line.contains(authority)).nth(1).expect("a refusal")
    };
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let line = refused(&|address| words(&["tls-client", address]));
    assert!(line.contains("--ca FILE trusts another authority") && line.contains("--pin sha256:"), "{line}");
    let line = refused(&|address| words(&["relay", "-", &format!("tls:{address}")]));
    assert!(line.contains(" ca=FILE trusts another authority") && line.contains(" pin=sha256:"), "{line}");
    let line = refused(&|address| words(&["exec", "--connect", &format!("tls:{address}"), "--", "true"]));
    assert!(line.contains(" ca=FILE trusts another authority") && !line.contains("--"), "{line}");

    for (deed, mode, endpoint, unwanted) in [
        (
            Deed::Cuts,
            " --allow-truncation accepts this from peers",
            " allow-truncation accepts this from peers",
            "--allow",
        ),
        (Deed::IsPlain, "(if it needs STARTTLS, use --starttls PROTO)", "the peer does not speak TLS", "starttls"),
    ] {
        let lines = serve(deed, &issued, |address| lines_of(&["tls-client", "--insecure", address]));
        assert!(lines.iter().any(|line| line.contains(mode)), "{lines:#?}");
        for kind in ["relay", "exec"] {
            let lines = serve(deed, &issued, |address| {
                let end = format!("tls:{address},insecure");
                if kind == "relay" {
                    lines_of(&["relay", "-", &end])
                } else {
                    lines_of(&["exec", "--connect", &end, "--", "cat"])
                }
            });
            assert!(lines.iter().any(|line| line.contains(endpoint)), "{kind}: {lines:#?}");
            assert!(
                !lines.iter().any(|line| line.contains(unwanted) || line.contains("--insecure")),
                "{kind}: {lines:#?}"
            );
        }
    }
    // A server that requires a client certificate.
    for kind in ["mode", "relay"] {
        let clients = Authority::server();
        let config = strict_server_config(&issued, &clients, &VERSIONS);
        let peer = tls_peer(config, |mut peer| {
            let _ = peer.try_handshake();
            peer.fin();
            let _ = io::copy(&mut peer.socket, &mut io::sink());
        });
        let end = format!("tls:{},insecure", peer.text());
        let lines = match kind {
            "mode" => lines_of(&["tls-client", "--insecure", &peer.text()]),
            _ => lines_of(&["relay", "-", &end]),
        };
        let advice = if kind == "mode" { "--cert FILE and --key FILE" } else { "with cert=FILE and key=FILE" };
        assert!(lines.iter().any(|line| line.contains(advice)), "{kind}: {lines:#?}");
    }
}
