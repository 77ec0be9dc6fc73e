//! The first line of a service, and how a scan leaves it.

use super::*;

/// A service that sends these pieces, and then waits for the end of its client. It gives what the client has sent.
fn service(pieces: Vec<&'static [u8]>) -> (u16, JoinHandle<io::Result<Vec<u8>>>) {
    let (listener, address) = listening();
    let served = thread::spawn(move || {
        let mut stream = with_deadline(accept(&listener));
        for piece in pieces {
            stream.write_all(piece)?;
        }
        let mut received = Vec::new();
        stream.read_to_end(&mut received)?;
        Ok(received)
    });
    (address.port(), served)
}

/// The part of the line of stdout that follows the port and the name of its service.
fn banner(output: &Output) -> String {
    let line = std::str::from_utf8(&output.stdout).expect("it is text").trim_end_matches('\n');
    line.splitn(3, ' ').nth(2).unwrap_or_default().to_owned()
}

#[test]
fn the_first_line_is_shown_escaped_and_the_connection_ends_in_order() {
    for_each(
        [
            (vec![&b"SSH-2.0-Test\r\n"[..]], "SSH-2.0-Test"),
            (vec![b"220 ", b"mail", b" ready\n250 more\n"], "220 mail ready"),
            (vec![b"\x1b[31mred\xff\x00\n"], "\\x1b[31mred\\xff\\x00"),
            (vec!["grün ✓\n".as_bytes()], "grün ✓"),
            (vec![b"login: "], "login: "),
            (vec![b"\r\n"], ""),
            (vec![], ""),
        ],
        |(pieces, expected)| {
            let (port, served) = service(pieces);
            let (output, time) = timed(|| outcome(local(&["--banner"], &port.to_string())));
            ended(&output, 0, "");
            assert_eq!((numbers(&output), banner(&output).as_str()), (vec![port], expected), "{}", text(&output));
            let received = served.join().expect("it serves");
            assert_eq!(received.expect("an end in order"), b"", "nothing is sent");
            assert!(time < Duration::from_secs(30), "it took {time:?}");
        },
    );
}

/// A service that sends without an end is cut in what is shown, and does not hold up the scan.
#[test]
fn an_endless_service_is_left() {
    let (listener, address) = listening();
    thread::spawn(move || {
        let mut stream = accept(&listener);
        while stream.write_all(&[b'x'; 8192]).is_ok() {}
    });
    let (output, time) = timed(|| outcome(local(&["--banner"], &address.port().to_string())));
    ended(&output, 0, "");
    assert_eq!(banner(&output), "x".repeat(200) + "…");
    assert!(time < Duration::from_secs(4), "it took {time:?}");
}

/// Services that are silent are waited for together, and closed ports are tried meanwhile.
#[test]
fn silent_services_do_not_add_up() {
    let silent: Vec<_> = (0..20).map(|_| listening()).collect();
    let ports = Vec::from_iter(silent.iter().map(|(_, address)| address.port()));
    let (output, time) = timed(|| outcome(local(&["--banner", "--parallel", "1"], &list(&ports))));
    ended(&output, 0, "");
    assert_eq!(numbers(&output).len(), 20);
    assert!(time < Duration::from_secs(10), "it took {time:?}");
    // With descriptors for half of them, the others have their turn after that.
    let mut command = command(local(&["--banner"], &list(&ports)));
    limit_descriptors(&mut command, 36);
    let output = Background::spawn(command).finish();
    ended(&output, 0, "");
    assert_eq!(numbers(&output).len(), 20);
}

/// Without `--banner`, a service that never ends its own direction does not hold up the end.
#[test]
fn a_plain_scan_does_not_wait_for_services() {
    for pieces in [vec![], vec![&b"hello\n"[..]]] {
        let (port, served) = service(pieces);
        let (output, time) = timed(|| outcome(local(&[], &port.to_string())));
        ended(&output, 0, "");
        assert_eq!((numbers(&output), banner(&output).as_str()), (vec![port], ""));
        assert!(time < Duration::from_secs(4), "it took {time:?}");
        // What the service sends after the end of its client can meet a closed socket.
        let _ = served.join();
    }
}

/// A connection that is reset at once was made.
#[test]
fn a_service_that_resets_is_open() {
    let (listener, address) = listening();
    thread::spawn(move || reset(accept(&listener)));
    let output = outcome(local(&["--banner"], &address.port().to_string()));
    ended(&output, 0, "");
    assert_eq!(numbers(&output), [address.port()]);
}
