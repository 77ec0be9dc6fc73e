//! Tests the options of streams: directions, and limits of time and space.

use crate::harness::*;
use std::io::pipe;

/// The status of a timeout.
const TIMED_OUT: i32 = 124;

/// `--recv-only`: stdin is not read, and the end of the peer ends the run.
#[test]
fn recv_only_leaves_stdin_alone() {
    let (input, mut into) = pipe().expect("a pipe");
    into.write_all(b"for somebody else").expect("the pipe takes it");
    let (client, mut peer) = client_by(
        Command::new(program()).stdin(input.try_clone().expect("a copy")).stdout(Stdio::piped()),
        &["--recv-only"],
    );
    peer.write_all(b"data").and_then(|()| peer.shutdown(Shutdown::Write)).expect("the client takes it");
    printed(&client.finish(), b"data");
    assert_eq!(take_all(&mut peer), b"");
    assert_eq!(queued(&input), 17);
}

/// Expects that `client` goes on while `something_moves` now and then, and ends as idle `limit` after that.
#[track_caller]
fn is_idle_in_the_end(mut client: Background, limit: Duration, mut something_moves: impl FnMut()) {
    let start = Instant::now();
    let mut last = start;
    while start.elapsed() < limit + Duration::from_millis(300) {
        last = Instant::now();
        something_moves();
        pass(Duration::from_millis(100), "something moves now and then");
    }
    client.wait();
    assert!(last.elapsed() >= limit, "ended after {:?}", last.elapsed());
    ended(&client.finish(), TIMED_OUT, "idle");
}

/// `--idle-timeout` counts both directions: the session ends with status 124 only when neither moves.
#[test]
fn an_idle_timeout_counts_both_directions() {
    let (options, limit) = (["--idle-timeout", "3s"], Duration::from_secs(3));
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut client, mut peer) = client(&options);
            let mut stdin = client.stdin();
            is_idle_in_the_end(client, limit, || {
                passes(&mut stdin, &mut peer, b"x");
            });
        });
        let (mut client, mut peer) = client(&options);
        let mut stdout = client.stdout();
        is_idle_in_the_end(client, limit, || {
            passes(&mut peer, &mut stdout, b"y");
        });
    });
}

/// `--idle-timeout` of an echo server ends the idle connection, and neither another one nor the server.
#[test]
fn an_idle_timeout_of_an_echo_ends_that_connection_only() {
    let (mut server, address) = serve(["tcp-echo", "--idle-timeout", "4s", "127.0.0.1:0"]);
    let (mut idle, mut busy) = (connect(address), connect(address));
    let start = Instant::now();
    ping(&mut idle, b"once");
    idle.set_nonblocking(true).expect("a flag");
    eventually("the end of the idle one", || {
        ping(&mut busy, b"again");
        let gone = !matches!(idle.read(&mut [0; 8]), Err(error) if error.kind() == ErrorKind::WouldBlock);
        gone.then_some(())
    });
    assert!(start.elapsed() >= Duration::from_secs(4), "after {:?}", start.elapsed());
    ping(&mut busy, b"and again");
    assert!(server.is_running());
}

/// `--timeout` ends a busy run with 124, client or server.
#[test]
fn a_timeout_ends_the_whole_run() {
    // The run can be over when its peer comes.
    let servers = ["tcp-echo", "tcp-server"].map(|mode| {
        let (server, address) = serve([mode, "--timeout", "600ms", "127.0.0.1:0"]);
        (mode, server, try_connect(address))
    });
    let start = Instant::now();
    let (mut client, peer) = client(&["--timeout", "3s"]);
    let mut busy = peer.try_clone().expect("a copy");
    thread::spawn(move || while busy.write_all(b"z").is_ok() {});
    let mut stdout = client.stdout();
    thread::spawn(move || while stdout.read(&mut [0; 4096]).is_ok_and(|n| n > 0) {});
    client.wait();
    assert!(start.elapsed() >= Duration::from_secs(3));
    ended(&client.finish(), TIMED_OUT, "xport: timed out after 3s");

    for (mode, mut server, _peer) in servers {
        assert_eq!(server.wait().code(), Some(TIMED_OUT), "{mode}");
    }
}

/// `--high-water 0`: nothing is read while bytes wait to be written, and all bytes still arrive both ways.
#[test]
fn without_a_buffer_everything_still_goes_through() {
    let (_server, address) = serve(["tcp-echo", "--high-water", "0", "127.0.0.1:0"]);
    let data = pattern(3 << 20);
    printed(&outcome_with(["tcp-client", "--high-water", "0", &address.to_string()], data.clone()), data);
}

/// `--high-water`: a reader that takes nothing makes the peer wait at the mark.
#[test]
fn high_water_limits_what_is_held_for_a_slow_reader() {
    let (out_of, output) = pipe().expect("a pipe");
    let (client, peer) = client_by(
        Command::new(program()).stdin(Stdio::null()).stdout(output.try_clone().expect("a copy")),
        &["--high-water", "1K"],
    );
    feed(peer, pattern(64 << 20));
    eventually("stdout is full", || is_full(&output).then_some(()));
    client.comes_to_rest();
    assert!(client.rss_kib() < 24 * 1024, "{} KiB", client.rss_kib());
    drop(out_of);
}
