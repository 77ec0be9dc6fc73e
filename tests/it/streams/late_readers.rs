//! Tests that a peer that has ended in order still gets every byte, however late it reads. A check for a dead peer must
//! not cut this. The pauses are the lateness.

use crate::harness::*;

const ANSWER: usize = 1_500_000;

/// Sends a question, ends, and begins to read the answer after `pause`.
fn reads_late(address: SocketAddr, pause: Duration) {
    let mut client = with_deadline(connect(address));
    say_all(&mut client, b"question");
    pass(pause, "the reader is late");
    let mut answer = Vec::new();
    let end = client.read_to_end(&mut answer);
    assert_eq!((end.map_err(|error| error.kind()), answer.len()), (Ok(ANSWER), ANSWER));
}

#[test]
fn an_answer_waits_for_its_reader() {
    let script = "cat >/dev/null; head -c 1500000 /dev/zero";
    let (upstream, at) = listening();
    let to = format!("tcp:{at}");
    thread::spawn(move || {
        while let Ok((mut stream, _)) = upstream.accept() {
            thread::spawn(move || {
                let question = take_all(&mut stream);
                stream.write_all(&pattern(ANSWER)).map(|()| question)
            });
        }
    });
    let exec = |options: &[&str]| {
        Background::start([&["exec", "--listen", "127.0.0.1:0"], options, &["--", "sh", "-c", script]].concat())
    };
    let relay = |options: &[&str]| Background::start([&["relay"], options, &["tcp-listen:127.0.0.1:0", &to]].concat());
    let runs = [
        (exec(&[]), Duration::from_millis(2500)),
        (relay(&[]), Duration::from_millis(2500)),
        (exec(&["--linger", "2s"]), Duration::from_secs(4)),
        (relay(&["--linger", "2s"]), Duration::from_secs(4)),
    ];
    thread::scope(|scope| {
        for (mut server, pause) in runs {
            scope.spawn(move || {
                let address = server.address();
                reads_late(address, pause);
            });
        }
    });
}

#[test]
fn what_a_client_has_left_waits_for_the_other_side_to_come() {
    let (_folder, path) = path("s");
    let (socket, port) = refusing();
    let right = format!("tcp:{port},retry=100,retry-delay=200ms");
    let mut relay = Background::start(["relay", "--once", &format!("unix-listen:{}", path.display()), &right]);
    relay.line("listening on ");
    let mut client = eventually("it listens", || UnixStream::connect(&path).ok());
    client.write_all(&pattern(100_000)).expect("it is connected");
    drop(client);
    pass(Duration::from_millis(2500), "longer than any other wait for the end of a client that has gone");
    socket.listen(1).expect("it listens");
    assert_eq!(take_all(&mut accept(&TcpListener::from(socket))), pattern(100_000));
    relay.ends_with(0);
}

#[test]
fn a_program_that_has_done_with_its_peer_goes_on_alone() {
    let (_folder, file) = path("done");
    let script = format!("exec >&-; cat >/dev/null; sleep 1; echo done >{}", file.display());
    let mut server = Background::start([
        "exec",
        "--once",
        "--kill-after",
        "200ms",
        "--listen",
        "127.0.0.1:0",
        "--",
        "sh",
        "-c",
        &script,
    ]);
    let mut client = connect(server.address());
    assert_eq!(take_all(&mut client), b"");
    client.write_all(b"job").expect("it is read");
    drop(client);
    server.ends_with(0);
    assert!(file.exists());
}

/// The same with a peer that ends and goes without reading. Both have sent everything, so nothing has failed.
#[test]
fn a_program_that_has_done_with_its_peer_goes_on_whatever_becomes_of_that() {
    let (folder, file) = path("done");
    let script = format!("echo hello; exec >&-; sleep 1; echo done >{}", file.display());
    let child = folder.path().join("child");
    fs::write(&child, script).expect("a file");
    let right = format!("exec:sh {}", child.display());
    let mut server = Background::start(["-vv", "relay", "--once", "--no-half-close", "tcp-listen:127.0.0.1:0", &right]);
    let client = connect(server.address());
    eventually("the word of the program", || (queued(&client) == 6).then_some(()));
    client.shutdown(Shutdown::Write).expect("it is connected");
    server.line("has ended its direction");
    drop(client);
    server.ends_with(0);
    assert!(file.exists());
}
