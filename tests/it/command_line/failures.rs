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
fn lines_of<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Vec<String> {
    let mut run = Background::spawn(command(["-v"]).args(args).stdout(Stdio::null()));
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

const INSECURE: &[(&str, &str)] = &[("insecure", "")];
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
        for way in ["tls-client", "relay", "exec echo x; cat"] {
            let lines = serve(deed, &issued, |address| {
                if tls {
                    return lines_of(tls_line(way, address, INSECURE));
                }
                let line = tls_line(way, address, &[]).into_iter().map(|word| word.replacen("tls", "tcp", 1));
                let mut line = Vec::from_iter(line);
                line.splice(1..1, ["--idle-timeout", "500ms"].map(str::to_owned));
                lines_of(line)
            });
            told_once(&lines, what, &format!("{deed:?} {way}"));
        }
    }
}

/// Every way to listen.
#[test]
fn what_befalls_a_server_is_told_once() {
    let issued = Authority::server();
    let listen = issued.endpoint();
    let own = issued.options().join(" ");
    for mode in [
        format!("tls-echo {own} 127.0.0.1:0"),
        format!("tls-server {own} 127.0.0.1:0"),
        format!("tls-server -k {own} 127.0.0.1:0"),
        format!("relay {listen} exec:cat"),
        format!("relay --once {listen} exec:cat"),
        format!("exec --listen {listen} -- cat"),
    ] {
        for (deed, what) in
            [(Deed::Cuts, TRUNCATED), (Deed::ResetsTls, RESET), (Deed::IsPlain, "the peer does not speak TLS")]
        {
            let (mut server, address) = serve_by(command(["-v"]).args(mode.split(' ')).stdout(Stdio::null()));
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
            told_once(&lines, what, &format!("{deed:?} {mode}"));
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
    for (way, [ca, pin, unwanted]) in [
        ("tls-client", ["--ca FILE trusts another authority", "--pin sha256:", " ca="]),
        ("relay", [" ca=FILE trusts another authority", " pin=sha256:", "--"]),
        ("exec true", [" ca=FILE trusts another authority", " pin=sha256:", "--"]),
    ] {
        let peer = tls_peer(server_config(&issued, &VERSIONS), |mut peer| peer.try_handshake().is_ok());
        let lines = lines_of(tls_line(way, peer.text(), &[]));
        peer.join();
        // The second line says what to do.
        let line = lines.iter().skip_while(|line| !line.contains(authority)).nth(1).expect("a refusal");
        assert!(line.contains(ca) && line.contains(pin) && !line.contains(unwanted), "{way}: {line}");
    }
    for (deed, mode, endpoint, unwanted) in [
        (
            Deed::Cuts,
            " --allow-truncation accepts this from peers",
            " allow-truncation accepts this from peers",
            "--allow",
        ),
        (Deed::IsPlain, "(if it needs STARTTLS, use --starttls PROTO)", "the peer does not speak TLS", "starttls"),
    ] {
        for way in ["tls-client", "relay", "exec cat"] {
            let lines = serve(deed, &issued, |address| lines_of(tls_line(way, address, INSECURE)));
            let is_mode = way == "tls-client";
            let wanted = if is_mode { mode } else { endpoint };
            assert!(lines.iter().any(|line| line.contains(wanted)), "{way}: {lines:#?}");
            let names_option = |line: &String| line.contains(unwanted) || line.contains("--insecure");
            assert!(is_mode || !lines.iter().any(names_option), "{way}: {lines:#?}");
        }
    }
    // A server that requires a client certificate.
    for (way, advice) in [("tls-client", "--cert FILE and --key FILE"), ("relay", "with cert=FILE and key=FILE")] {
        let config = strict_server_config(&issued, &Authority::server(), &VERSIONS);
        let peer = tls_peer(config, |mut peer| {
            let _ = peer.try_handshake();
            peer.fin();
            let _ = io::copy(&mut peer.socket, &mut io::sink());
        });
        let lines = lines_of(tls_line(way, peer.text(), INSECURE));
        assert!(lines.iter().any(|line| line.contains(advice)), "{way}: {lines:#?}");
    }
}
