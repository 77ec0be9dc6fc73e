//! What a byte stream promises: every byte, each direction's own end, and an honest status when it breaks.
//!
//! The options that change this are in `stream_options.rs`. The numbers are those of the catalogue of faults.

use std::io::{PipeReader, PipeWriter, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::util::{
    Background, DEADLINE, Peer, client, client_by, connect, ended, eventually, feed, is_full, pattern, ping, program,
    queued, read_once, reset, take, take_all, text, unacknowledged, xport,
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

/// Sends the beginning of `data` until the client's stdout, whose two ends these are, takes no more; how much that was.
#[track_caller]
fn fill_stdout(peer: &mut TcpStream, data: &[u8], (out_of, output): (&PipeReader, &PipeWriter)) -> usize {
    let mut sent = 0;
    while !is_full(output) {
        peer.write_all(&data[sent..sent + 16_384]).expect("the client takes it");
        sent += 16_384;
        eventually("stdout gets it", || (is_full(output) || queued(out_of) == sent).then_some(()));
    }
    sent
}

/// The end of stdin is passed on, and the answer that comes after it is printed.
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

/// The same on a unix socket.
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

/// A server's stdin that ends before its client does leaves the other direction open.
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

/// No hidden timer cuts off an answer that takes its time after our end.
#[test]
fn a_late_answer_is_waited_for() {
    let (client, mut peer) = client(&["--half-close", "now"]);
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

/// The peer's end is passed on to stdout, and stdin still goes out whole after it.
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

/// The same on a unix socket.
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

/// A unix peer that is wholly gone ends the session at once, though stdin goes on.
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

/// A unix peer that ends one direction first and goes wholly later ends the session when it goes.
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

/// Bytes for a peer that has ended and turns out to be wholly gone are a broken connection, while stdin is still open.
#[test]
fn bytes_for_a_peer_that_is_gone_are_reported() {
    let (mut client, peer) = client(&[]);
    let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
    drop(peer);
    assert_eq!(take_all(&mut stdout), b"");
    stdin.write_all(b"anybody there?").expect("stdin takes it");
    client.wait();
    ended(&client.finish(), 4, "connection with 127.0.0.1");
}

/// The same where stdin ends later: bytes that a reset has destroyed are never a success.
#[test]
fn bytes_lost_on_a_peer_that_is_gone_are_no_success() {
    let (mut client, peer) = client(&[]);
    let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
    drop(peer);
    assert_eq!(take_all(&mut stdout), b"");
    stdin.write_all(b"anybody there?").expect("stdin takes it");
    client.comes_to_rest();
    drop(stdin);
    client.wait();
    ended(&client.finish(), 4, "connection with 127.0.0.1");
}

/// A burst of data with the end right behind it is delivered whole.
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

/// Bytes that arrived before a reset are printed, then the reset is reported.
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

/// The same where stdout takes nothing when the reset arrives.
#[test]
fn bytes_before_a_reset_are_delivered_to_a_slow_reader() {
    let (mut out_of, output) = std::io::pipe().expect("a pipe");
    let mut command = Command::new(program());
    command.stdin(Stdio::piped()).stdout(output.try_clone().expect("a copy"));
    let (client, mut peer) = client_by(command, &[]);
    let data = pattern(600_000);
    let sent = fill_stdout(&mut peer, &data, (&out_of, &output));
    let data = &data[..sent + 35_000];
    peer.write_all(&data[sent..]).expect("the kernel takes it");
    eventually("everything is on the client's side", || (unacknowledged(&peer) == 0).then_some(()));
    reset(peer);
    client.comes_to_rest();
    drop(output);
    assert!(take_all(&mut out_of) == data);
    ended(&client.finish(), 4, "Connection reset by peer");
}

/// A reset right after connecting is a broken connection with a message, never a quiet success.
#[test]
fn a_reset_at_once_is_reported() {
    for _ in 0..20 {
        let peer = Peer::serve(reset);
        let output = xport(["tcp-client", &peer.address.to_string()]).output().expect("a run");
        peer.join();
        ended(&output, 4, "Connection reset by peer");
        assert!(output.stdout.is_empty());
    }
}

/// A client that resets ends a server on stdin and stdout with the same status.
#[test]
fn a_server_reports_that_its_client_has_reset() {
    let mut server = Background::start(["tcp-server", "127.0.0.1:0"]);
    let mut peer = connect(server.address());
    peer.write_all(b"data").expect("the server takes it");
    let mut stdout = server.stdout();
    assert_eq!(take(&mut stdout, 4), b"data");
    reset(peer);
    assert_eq!(server.wait().code(), Some(4));
    assert!(
        server.all_lines().iter().any(|line| line.contains("Connection reset by peer")),
        "{:?}",
        server.all_lines()
    );
}

/// A peer that closes without having read our bytes loses them: its answer is printed, and the loss is reported.
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
    ended(&client.finish(), 4, "connection with 127.0.0.1");
}

/// The same on a unix socket, whose client learns of it by the next write alone.
#[test]
fn a_unix_peer_that_closes_without_reading_is_reported() {
    let (mut client, mut peer) = unix_client(&[]);
    feed(client.stdin(), pattern(1_000_000));
    eventually("bytes of the client", || (queued(&peer) > 0).then_some(()));
    peer.write_all(b"no, thanks").expect("the client takes it");
    let mut stdout = client.stdout();
    assert_eq!(take(&mut stdout, 10), b"no, thanks");
    drop(peer);
    client.wait();
    ended(&client.finish(), 4, "connection with");
}

/// A server that leaves first (`--send-only`) does not destroy its last words by closing on unread bytes.
#[test]
fn a_server_that_leaves_first_gets_its_last_words_through() {
    let data = pattern(1_000_000);
    for _ in 0..20 {
        let mut server = Background::start(["tcp-server", "--send-only", "127.0.0.1:0"]);
        let mut peer = connect(server.address());
        server.stdin().write_all(b"bye").expect("stdin takes it");
        peer.write_all(&data).expect("the server takes it");
        assert_eq!(take_all(&mut peer), b"bye");
        drop(peer);
        assert!(server.wait().success());
    }
}

/// An echo gets everything back to a client that sends first, ends, and reads only then.
#[test]
fn an_echo_gets_everything_back_to_a_client_that_reads_late() {
    let mut server = Background::start(["tcp-echo", "127.0.0.1:0"]);
    let address = server.address();
    let data = pattern(200_000);
    for _ in 0..20 {
        let mut peer = connect(address);
        peer.write_all(&data).and_then(|()| peer.shutdown(Shutdown::Write)).expect("the server takes it");
        eventually("an echo", || (queued(&peer) > 0).then_some(()));
        assert!(take_all(&mut peer) == data);
    }
}

/// A write that fails does not stop reading: all that the peer sends is printed, then the failure is reported.
#[test]
fn a_failed_write_does_not_stop_reading() {
    let (mut client, mut peer) = unix_client(&[]);
    peer.shutdown(Shutdown::Read).expect("a socket");
    feed(client.stdin(), pattern(1_000_000));
    let data = pattern(1 << 20);
    let answer = data.clone();
    thread::spawn(move || peer.write_all(&answer));
    let mut stdout = client.stdout();
    assert!(take_all(&mut stdout) == data);
    let output = client.finish();
    // The answer may be over before a write fails: then stdin, which is not, is what tells.
    let said = ["Broken pipe", "the peer is gone, and stdin has more for it"]
        .iter()
        .any(|words| text(&output).contains(words));
    assert!(output.status.code() == Some(4) && said, "{}", text(&output));
}

/// A peer that takes a little at a time gets everything.
#[test]
fn a_slow_reader_gets_everything() {
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    listener.set_recv_buffer_size(4096).expect("SO_RCVBUF");
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    listener.bind(&any.into()).and_then(|()| listener.listen(1)).expect("a port");
    let listener = TcpListener::from(listener);
    let address = listener.local_addr().expect("an address").to_string();
    let data = pattern(2 << 20);
    let mut client = Background::start(["tcp-client", &address]);
    let mut peer = crate::util::accept(&listener);
    feed(client.stdin(), data.clone());
    let mut received = Vec::new();
    let mut piece = [0; 1000];
    while let n @ 1.. = read_once(&mut peer, &mut piece).expect("the client sends") {
        received.extend_from_slice(&piece[..n]);
    }
    assert!(received == data);
    drop(peer);
    ended(&client.finish(), 0, "");
}

/// After a pause, what waits in the kernel is taken up again although nothing new arrives, and so is the end.
#[test]
fn a_pause_is_followed_by_all_that_has_come_meanwhile() {
    for high_water in ["4K", "1", "0"] {
        let (mut out_of, output) = std::io::pipe().expect("a pipe");
        let mut command = Command::new(program());
        command.stdin(Stdio::null()).stdout(output.try_clone().expect("a copy"));
        let (client, mut peer) = client_by(command, &["--high-water", high_water]);
        // A full pipe, one chunk in the client, and the rest in the kernel.
        let data = pattern(600_000);
        let sent = fill_stdout(&mut peer, &data, (&out_of, &output));
        let data = &data[..sent + 115_000];
        peer.write_all(&data[sent..]).and_then(|()| peer.shutdown(Shutdown::Write)).expect("the kernel takes it");
        eventually("everything is on the client's side", || (unacknowledged(&peer) == 0).then_some(()));
        client.comes_to_rest();
        drop(output);
        let start = Instant::now();
        assert!(take_all(&mut out_of) == data);
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
        ended(&client.finish(), 0, "");
    }
}

/// The same in the other direction: a peer that reads nothing for a while gets everything in the end.
#[test]
fn a_peer_that_reads_nothing_for_a_while_gets_everything() {
    let (mut client, mut peer) = client(&[]);
    let data = pattern(16 << 20);
    feed(client.stdin(), data.clone());
    client.comes_to_rest();
    assert!(take_all(&mut peer) == data);
    drop(peer);
    ended(&client.finish(), 0, "");
}

/// A client that sends as fast as it can does not keep the others waiting.
#[test]
fn one_busy_client_does_not_starve_the_others() {
    let mut server = Background::start(["tcp-echo", "127.0.0.1:0"]);
    let address = server.address();
    let mut into = connect(address);
    let mut out_of = into.try_clone().expect("a copy");
    thread::spawn(move || while into.write_all(&[b'z'; 65536]).is_ok() {});
    thread::spawn(move || while out_of.read(&mut [0; 65536]).is_ok_and(|n| n > 0) {});
    let mut others: Vec<TcpStream> = (0..20).map(|_| connect(address)).collect();
    for round in 0..20 {
        for other in &mut others {
            let start = Instant::now();
            ping(other, &[round; 100]);
            assert!(start.elapsed() < Duration::from_secs(20), "{:?} for a ping", start.elapsed());
        }
    }
}

/// Nothing to send is an end and nothing else, and the answer to it is printed.
#[test]
fn empty_input_is_an_end_and_nothing_else() {
    let (mut client, mut peer) = client(&["--half-close", "now"]);
    drop(client.stdin());
    assert_eq!(take_all(&mut peer), b"");
    peer.write_all(b"nothing?").expect("the client takes it");
    drop(peer);
    let output = client.finish();
    ended(&output, 0, "");
    assert_eq!(output.stdout, b"nothing?");
}

/// Every byte value goes through as it is, both ways: no line ends, no telnet, no escapes.
#[test]
fn every_byte_goes_through_as_it_is() {
    let mut data: Vec<u8> = (0..=255_u8).flat_map(|high| (0..=255_u8).flat_map(move |low| [high, low])).collect();
    data.extend_from_slice(b"\r\n\n\r\0\xff\xf4\xff\xfd\x06\x04\x03\x1a~.");
    let mut server = Background::start(["tcp-echo", "127.0.0.1:0"]);
    let output =
        xport(["tcp-client", &server.address().to_string()]).write_stdin(data.clone()).output().expect("a run");
    ended(&output, 0, "");
    assert!(output.stdout == data);
}

/// Sizes around those of buffers and pages, there and back.
#[test]
fn sizes_at_boundaries_go_there_and_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("socket").into_os_string().into_string().expect("text");
    let mut tcp = Background::start(["tcp-echo", "127.0.0.1:0"]);
    let mut unix = Background::start(["unix-echo", &path]);
    unix.line("listening on");
    for (mode, address) in [("tcp-client", tcp.address().to_string()), ("unix-client", path.clone())] {
        for n in [0, 1, 4095, 4096, 4097, 8192, 8193, 65535, 65536, 65537, 219_263, 219_264, 1_000_000] {
            let data = pattern(n);
            let output =
                xport([mode, "--half-close", "now", &address]).write_stdin(data.clone()).output().expect("a run");
            ended(&output, 0, "");
            assert!(output.stdout == data, "{mode}, {n} bytes");
        }
    }
}

/// A link that dies is noticed some time, since the kernel probes connections that are quiet.
#[test]
fn quiet_connections_are_probed_by_the_kernel() {
    let (_client, peer) = client(&[]);
    let client_port = peer.peer_addr().expect("an address").port();
    let mut server = Background::start(["tcp-echo", "127.0.0.1:0"]);
    let address = server.address();
    let mut other = connect(address);
    ping(&mut other, b"accepted");
    for (local, remote) in [(client_port, None), (address.port(), Some(other.local_addr().expect("an address").port()))]
    {
        eventually("a keepalive timer", || has_keepalive_timer(local, remote).then_some(()));
    }
}

/// Looks into `/proc/net/tcp` for an established connection whose only timer is that of keepalive.
fn has_keepalive_timer(local: u16, remote: Option<u16>) -> bool {
    const ESTABLISHED: &str = "01";
    const KEEPALIVE: &str = "02:";
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the table of connections");
    table.lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields[1].ends_with(&format!(":{local:04X}"))
            && remote.is_none_or(|remote| fields[2].ends_with(&format!(":{remote:04X}")))
            && fields[3] == ESTABLISHED
            && fields[5].starts_with(KEEPALIVE)
    })
}
