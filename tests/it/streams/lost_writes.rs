//! Tests a write that fails while the other direction goes on: the loss is told at once, and ends the run.

use crate::harness::*;

/// A peer that stops to read may still answer. The message comes while the peer is silent.
#[test]
fn a_peer_that_reads_no_more_may_still_answer() {
    plays(&["unix-client: deaf; type never read; hear connection with ; runs; say too late; see too late; go; \
        status 4 ~Broken pipe"]);
}

/// The peer is well, so it must not take what it has got for everything.
#[test]
fn an_error_of_this_machine_resets_the_peer() {
    for (error, text) in [
        (libc::EIO, "Input/output error"),
        (libc::ENOMEM, "Cannot allocate memory"),
        (libc::EMFILE, "Too many open files"),
    ] {
        let Some(run) = misbehaving(command([""; 0]), &[("SEND", error)]) else { return };
        stage_by(run, "tcp-client").plays(&format!("type never sent; get reset; status 4 ~{text}"));
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
