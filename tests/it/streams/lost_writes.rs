//! Tests a write that fails while the other direction goes on: the loss is told at once, and ends the run.

use crate::harness::*;

/// A peer that stops to read may still answer.
#[test]
fn a_peer_that_reads_no_more_may_still_answer() {
    let (_folder, path) = path("s");
    let listener = UnixListener::bind(&path).expect("a socket");
    let mut run = Background::start(["unix-client", &path.display().to_string()]);
    let mut peer = accept_unix(&listener);
    peer.shutdown(Shutdown::Read).expect("it is connected");
    let mut stdin = run.stdin();
    stdin.write_all(b"never read").expect("it is taken");
    // The message comes while the peer is silent.
    run.line("connection with ");
    assert!(run.is_running());
    let mut stdout = run.stdout();
    peer.write_all(b"too late").expect("it is read");
    assert_eq!(take(&mut stdout, 8), b"too late");
    drop(peer);
    run.ends_with(4);
    let lines = run.all_lines();
    assert_eq!(lines.iter().filter(|line| line.contains("Broken pipe")).count(), 1, "{lines:?}");
}

/// The peer is well, so it must not take what it has got for everything.
#[test]
fn an_error_of_this_machine_resets_the_peer() {
    for (error, text) in [
        (libc::EIO, "Input/output error"),
        (libc::ENOMEM, "Cannot allocate memory"),
        (libc::EMFILE, "Too many open files"),
    ] {
        let (listener, address) = listening();
        let mut run = command(["tcp-client", &address.to_string()]);
        run.stdin(Stdio::piped());
        let Some(run) = misbehaving(run, &[("SEND", error)]) else { return };
        let mut run = Background::spawn(run);
        let mut peer = accept(&listener);
        run.stdin().write_all(b"never sent").expect("it is taken");
        is_reset(&mut peer);
        run.ends_with(4);
        let lines = run.all_lines();
        assert_eq!(lines.iter().filter(|line| line.contains(text)).count(), 1, "{lines:?}");
    }
}

/// Both directions are full when the client resets. The server reads on only once there is room for what it sends.
#[test]
fn a_client_that_is_gone_does_not_hold_a_server_that_waits_to_send() {
    let (listener, target) = listening();
    let (mut relay, address) = relaying(&["-v"], "tcp-listen:127.0.0.1:0", &format!("tcp:{target}"));
    let mut client = connect(address);
    let mut server = accept(&listener);
    server.set_write_timeout(None).expect("no limit");
    let echo = thread::spawn(move || {
        let mut buffer = vec![0; 65536];
        while let Ok(n @ 1..) = server.read(&mut buffer) {
            if server.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
    });
    ping(&mut client, b"before");
    pass(Duration::from_millis(2200), "a client that was not read at first is looked at for 2 s");
    client.set_nonblocking(true).expect("a flag");
    let data = pattern(65536);
    let mut last = Instant::now();
    eventually("both directions are full", || {
        while (&client).write(&data).is_ok() {
            last = Instant::now();
        }
        (last.elapsed() > Duration::from_millis(300)).then_some(())
    });
    reset(client);
    relay.line("closed by");
    echo.join().expect("the server has ended");
    relay.drains();
}
