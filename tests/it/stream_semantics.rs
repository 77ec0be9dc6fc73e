//! What a byte stream promises: every byte, each direction's own end, and an honest status when it breaks.
//!
//! The options that change this are in `stream_options.rs`. The numbers are those of the catalogue of faults.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::util::{
    Background, DEADLINE, client, client_by, connect, ended, eventually, feed, is_full, pattern, ping, program, queued,
    reset, take, take_all, xport,
};

/// `unix-client` in the background, and the peer it has connected to.
#[track_caller]
fn unix_client(options: &[&str]) -> (Background, UnixStream) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).expect("a socket");
    listener.set_nonblocking(true).expect("a flag");
    let mut command = Command::new(program());
    command.arg("unix-client").args(options).arg(&path).stdin(Stdio::piped()).stdout(Stdio::piped());
    let client = Background::spawn(command);
    let peer = eventually("a client", || listener.accept().ok()).0;
    peer.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    peer.set_write_timeout(Some(DEADLINE)).expect("a timeout");
    (client, peer)
}

/// 21: the end of stdin is passed on, and the answer that comes after it is printed.
#[test]
fn an_answer_that_waits_for_our_end_is_printed() {
    let (mut client, mut peer) = client(&[]);
    feed(client.stdin(), b"hello".to_vec());
    assert_eq!(take_all(&mut peer), b"hello");
    peer.write_all(b"got 5").expect("the client waits for the answer");
    drop(peer);
    let output = client.finish();
    ended(&output, 0, "");
    assert_eq!(output.stdout, b"got 5");
}

/// 21: the same on a unix socket.
#[test]
fn an_answer_that_waits_for_our_end_is_printed_from_a_unix_socket() {
    let (mut client, mut peer) = unix_client(&[]);
    feed(client.stdin(), b"hello".to_vec());
    assert_eq!(take_all(&mut peer), b"hello");
    peer.write_all(b"got 5").expect("the client waits for the answer");
    drop(peer);
    let output = client.finish();
    ended(&output, 0, "");
    assert_eq!(output.stdout, b"got 5");
}

/// 21: a server's stdin that ends before its client does leaves the other direction open.
#[test]
fn a_server_prints_what_comes_after_its_own_end() {
    let mut server = Background::start(["tcp-server", "127.0.0.1:0"]);
    let mut peer = connect(server.address());
    feed(server.stdin(), b"question".to_vec());
    assert_eq!(take_all(&mut peer), b"question");
    peer.write_all(b"answer").expect("the server takes it");
    drop(peer);
    assert_eq!(take_all(&mut server.stdout()), b"answer");
    assert!(server.wait().success());
}

/// 22: no hidden timer cuts off an answer that takes its time after our end.
#[test]
fn a_late_answer_is_waited_for() {
    let (client, mut peer) = client(&[]);
    let answering = thread::spawn(move || {
        assert_eq!(take_all(&mut peer), b"");
        // The time it takes is the point: longer than socat waits (0.5 s), and than our own bounded close (5 s).
        thread::sleep(Duration::from_secs(6));
        peer.write_all(b"sorry, I am late").expect("the client still waits");
    });
    let output = client.finish();
    answering.join().expect("the peer gets its answer through");
    ended(&output, 0, "");
    assert_eq!(output.stdout, b"sorry, I am late");
}

/// 23: the peer's end is passed on to stdout, and stdin still goes out whole after it.
#[test]
fn sending_goes_on_after_the_end_of_the_peer() {
    let (mut client, mut peer) = client(&[]);
    peer.write_all(b"hello\n").and_then(|()| peer.shutdown(Shutdown::Write)).expect("the client takes it");
    assert_eq!(take_all(&mut client.stdout()), b"hello\n");
    let data = pattern(1_000_000);
    feed(client.stdin(), data.clone());
    assert!(take_all(&mut peer) == data);
    ended(&client.finish(), 0, "");
}

/// 23: the same on a unix socket.
#[test]
fn sending_goes_on_after_the_end_of_a_unix_peer() {
    let (mut client, mut peer) = unix_client(&[]);
    peer.write_all(b"hello\n").and_then(|()| peer.shutdown(Shutdown::Write)).expect("the client takes it");
    assert_eq!(take_all(&mut client.stdout()), b"hello\n");
    let data = pattern(1_000_000);
    feed(client.stdin(), data.clone());
    assert!(take_all(&mut peer) == data);
    ended(&client.finish(), 0, "");
}

/// 23: a unix peer that is wholly gone ends the session at once, though stdin goes on.
#[test]
fn a_unix_peer_that_is_wholly_gone_ends_the_session() {
    let (mut client, mut peer) = unix_client(&[]);
    let stdin = client.stdin();
    peer.write_all(b"bye").expect("the client takes it");
    drop(peer);
    let output = client.finish();
    drop(stdin);
    ended(&output, 0, "");
    assert_eq!(output.stdout, b"bye");
}

/// 23: a unix peer that ends one direction first and goes wholly later ends the session when it goes.
#[test]
fn a_unix_peer_that_goes_after_its_end_ends_the_session() {
    let (mut client, mut peer) = unix_client(&[]);
    let stdin = client.stdin();
    peer.write_all(b"bye").and_then(|()| peer.shutdown(Shutdown::Write)).expect("the client takes it");
    let mut stdout = client.stdout();
    assert_eq!(take_all(&mut stdout), b"bye");
    assert!(client.is_running(), "the peer still listens");
    drop(peer);
    let output = client.finish();
    drop(stdin);
    ended(&output, 0, "");
}

/// 23: bytes for a peer that has ended and turns out to be wholly gone are a broken connection, while stdin is still open.
#[test]
fn bytes_for_a_peer_that_is_gone_are_reported() {
    let (mut client, peer) = client(&[]);
    let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
    drop(peer);
    assert_eq!(take_all(&mut stdout), b"");
    stdin.write_all(b"anybody there?").expect("stdin takes it");
    client.wait();
    ended(&client.finish(), 4, "Connection reset by peer");
}

/// 24: a burst of data with the end right behind it is delivered whole.
#[test]
fn a_burst_with_its_end_behind_it_is_delivered_whole() {
    let data = pattern(1 << 20);
    for _ in 0..10 {
        let (client, mut peer) = client(&[]);
        let burst = data.clone();
        thread::spawn(move || peer.write_all(&burst).and_then(|()| peer.shutdown(Shutdown::Write)).map(|()| peer));
        let output = client.finish();
        ended(&output, 0, "");
        assert!(output.stdout == data);
    }
}

/// 25: bytes that arrived before a reset are printed, then the reset is reported.
#[test]
fn bytes_before_a_reset_are_delivered_and_the_reset_is_reported() {
    let (client, mut peer) = client(&[]);
    // Stopped, so that data and reset are both there when it looks.
    client.signal(libc::SIGSTOP);
    let data = pattern(30_000);
    peer.write_all(&data).expect("the kernel takes it");
    reset(peer);
    client.signal(libc::SIGCONT);
    let output = client.finish();
    ended(&output, 4, "Connection reset by peer");
    assert_eq!(output.stdout, data);
}

/// 25: the same where stdout takes nothing when the reset arrives.
#[test]
fn bytes_before_a_reset_are_delivered_to_a_slow_reader() {
    let (mut out_of, output) = std::io::pipe().expect("a pipe");
    let mut command = Command::new(program());
    command.stdin(Stdio::piped()).stdout(output.try_clone().expect("a copy"));
    let (client, mut peer) = client_by(command, &[]);
    let data = pattern(100_000);
    peer.write_all(&data).expect("the client takes it");
    eventually("stdout is full", || is_full(&output).then_some(()));
    reset(peer);
    client.comes_to_rest();
    drop(output);
    assert!(take_all(&mut out_of) == data);
    ended(&client.finish(), 4, "Connection reset by peer");
}

/// 26: a reset right after connecting is a broken connection with a message, never a quiet success.
#[test]
fn a_reset_at_once_is_reported() {
    for _ in 0..20 {
        let (client, peer) = client(&[]);
        reset(peer);
        let output = client.finish();
        ended(&output, 4, "Connection reset by peer");
        assert!(output.stdout.is_empty());
    }
}

/// 26: a client that resets ends a server on stdin and stdout with the same status.
#[test]
fn a_server_reports_that_its_client_has_reset() {
    let mut server = Background::start(["tcp-server", "127.0.0.1:0"]);
    let mut peer = connect(server.address());
    peer.write_all(b"data").expect("the server takes it");
    let mut stdout = server.stdout();
    assert_eq!(take(&mut stdout, 4), b"data");
    reset(peer);
    assert_eq!(server.wait().code(), Some(4));
    assert!(server.all_lines().iter().any(|line| line.contains("Connection reset by peer")), "{:?}", server.all_lines());
}

/// 27: a peer that closes without having read our bytes loses them: its answer is printed, and the loss is reported.
#[test]
fn a_peer_that_closes_without_reading_is_reported_after_its_answer() {
    let (mut client, mut peer) = client(&[]);
    feed(client.stdin(), pattern(1_000_000));
    eventually("bytes of the client", || (queued(&peer) > 0).then_some(()));
    peer.write_all(b"no, thanks").expect("the client takes it");
    let mut stdout = client.stdout();
    assert_eq!(take(&mut stdout, 10), b"no, thanks");
    drop(peer);
    client.wait();
    let output = client.finish();
    assert!(String::from_utf8_lossy(&output.stderr).contains("onnection") || String::from_utf8_lossy(&output.stderr).contains("roken pipe"));
    ended(&output, 4, "");
}
