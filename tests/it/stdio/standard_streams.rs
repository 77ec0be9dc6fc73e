//! Tests stdin, stdout and stderr of every kind: files, devices, pipes, sockets; closed, full, blocked, or without a
//! reader.
//!
//! `terminal.rs` tests terminals.

use crate::harness::*;
use std::io::pipe;

/// xport with empty input and a pipe for its output.
fn command() -> Command {
    let mut command = crate::harness::command([""; 0]);
    command.stdin(Stdio::null());
    command
}

/// Moves a few bytes both ways through a running client.
#[track_caller]
fn converse(stdin: &mut impl Write, stdout: &mut (impl Read + AsRawFd), peer: &mut TcpStream) {
    stdin.write_all(b"question").expect("stdin takes it");
    assert_eq!(take(peer, 8), b"question");
    peer.write_all(b"answer").expect("the client takes it");
    assert_eq!(take(stdout, 6), b"answer");
}

/// A client with pipes as stdin and stdout. The test keeps the inner ends open, as a shell does.
fn client_on_pipes(
    prepare: impl FnOnce(&mut Command),
) -> (Background, TcpStream, (PipeReader, PipeWriter), (PipeReader, PipeWriter)) {
    let ((input, into), (out_of, output)) = (pipe().expect("a pipe"), pipe().expect("a pipe"));
    let mut command = command();
    command.stdin(input.try_clone().expect("a copy")).stdout(output.try_clone().expect("a copy"));
    prepare(&mut command);
    let (client, peer) = client_by(command, &[]);
    (client, peer, (input, into), (out_of, output))
}

/// Pipes that a shell shares with the program never become non-blocking, neither during the run nor after its end.
#[test]
fn shared_pipes_stay_blocking() {
    for signal in [None, Some(libc::SIGKILL)] {
        let (mut client, mut peer, (input, mut into), (mut out_of, output)) = client_on_pipes(|_| ());
        converse(&mut into, &mut out_of, &mut peer);
        assert_eq!((flags(&input) | flags(&output)) & libc::O_NONBLOCK, 0, "while it runs");
        match signal {
            Some(signal) => client.signal(signal),
            None => drop((into, peer)),
        }
        let status = client.wait();
        assert_eq!(status.success(), signal.is_none(), "{status:?}");
        assert_eq!((flags(&input) | flags(&output)) & libc::O_NONBLOCK, 0, "afterwards");
    }
}

/// Pipes that cannot be opened again, as after `su`, carry all bytes, stay blocking, and do not block the program: a
/// full stdout does not stop the other direction.
#[test]
fn pipes_of_another_user_are_served_without_blocking() {
    let (client, mut peer, (input, mut into), (mut out_of, output)) = client_on_pipes(|command| {
        // SAFETY: fchmod and setuid are async-signal-safe and touch no memory.
        unsafe {
            command.pre_exec(|| {
                libc::fchmod(0, 0);
                libc::fchmod(1, 0);
                if libc::getuid() == 0 && libc::setuid(65534) != 0 {
                    return Err(io::Error::last_os_error());
                }
                Ok(())
            });
        }
    });
    converse(&mut into, &mut out_of, &mut peer);
    let data = pattern(capacity(&output) + 200_000);
    feed(peer.try_clone().expect("a copy"), data.clone());
    eventually("stdout is full", || is_full(&output).then_some(()));
    into.write_all(b"still there?").expect("stdin takes it");
    assert_eq!(take(&mut peer, 12), b"still there?");
    client.comes_to_rest();
    assert!(take(&mut out_of, data.len()) == data);
    assert_eq!((flags(&input) | flags(&output)) & libc::O_NONBLOCK, 0);
    feed(into, data.clone());
    drop(input);
    assert!(take_all(&mut peer) == data);
    drop((peer, output));
    ended(&client.finish(), 0, "");
}

#[test]
fn a_large_pipe_stays_large() {
    let prepare = |command: &mut Command| {
        command.env("XPORT_HALF_CLOSE", "now");
    };
    let (client, mut peer, (input, into), (mut out_of, output)) = client_on_pipes(prepare);
    // SAFETY: F_SETPIPE_SZ takes a number and touches no memory.
    unsafe { libc::fcntl(output.as_raw_fd(), libc::F_SETPIPE_SZ, 1 << 20) };
    let (before, data) = (capacity(&output), pattern(4 << 20));
    feed(peer.try_clone().expect("a copy"), data.clone());
    assert!(take(&mut out_of, data.len()) == data);
    assert!(capacity(&output) >= before, "{} bytes, from {before}", capacity(&output));
    drop((input, into));
    assert_eq!(take_all(&mut peer), b"");
    drop(peer);
    ended(&client.finish(), 0, "");
}

#[test]
fn each_kind_of_stdin_and_stdout_is_used_or_named() {
    plays(&[
        "tcp-client <*1000000: get *1000000$; say got it; go; see got it$; status 0",
        // `/dev/null` as stdin is an end at once, and so is a closed stdin. The answer of the peer is still printed.
        "tcp-client --half-close now {</dev/null|<&-}: get $; say hello; go; see hello$; status 0",
        // With a closed stderr the program works, and no message goes to a socket.
        "tcp-client -vvv <*4 2>&-: get *4$; say hello; go; see hello$; status 0",
        "tcp-client </dev/null >&-: nobody; status 1 xport: stdout: Bad file descriptor",
        "tcp-client </: nobody; status 1 xport: stdin: Is a directory",
        // The peer gets a reset, not an end.
        "tcp-client >/dev/full: say hello; get reset; status 1 xport: stdout: No space left on device",
        // An endless stdin with a peer that never reads costs no memory, and no CPU time once the buffers are full.
        "tcp-client </dev/zero: flows; rest; memory 32768",
        // A reader that closes stdout (`| head -1`) ends the program by SIGPIPE, without a message.
        "tcp-client: say *10000000; see *1; leave; killed PIPE",
    ]);
    // What is open as 0 is a stream without bytes.
    let client = stage("tcp-client <&-");
    let stdin = fs::read_link(format!("/proc/{}/fd/0", client.program.pid()));
    assert_eq!(stdin.expect("0 is open").to_str(), Some("/dev/null"));
}

#[test]
fn a_file_as_stdout_is_appended_to_where_it_stands() {
    let mut file = file_with(b"");
    file.write_all(b"before ").expect("it takes the bytes");
    let mut command = command();
    command.stdout(file.try_clone().expect("a copy"));
    stage_by(command, "tcp-client").plays("say after; go; status 0");
    file.rewind().expect("a file");
    assert_eq!(take_all(&mut file), b"before after");
}

/// A peer that leaves during a write ends its own connection, never the server.
#[test]
fn a_server_survives_a_peer_that_does_not_read_its_answer() {
    let (mut server, address) = serve(["tcp-echo", "127.0.0.1:0"]);
    let mut healthy = connect(address);
    for _ in 0..20 {
        let mut rude = connect(address);
        rude.write_all(&pattern(60_000)).expect("the server takes it");
        eventually("an echo", || (queued(&rude) > 0).then_some(()));
        reset(rude);
    }
    ping(&mut healthy, b"still there?");
    assert!(server.is_running());
}

/// A full stdout does not delay stdin, and memory does not grow.
#[test]
fn a_blocked_stdout_does_not_block_stdin() {
    let (mut out_of, output) = pipe().expect("a pipe");
    let (mut client, mut peer) =
        client_by(command().stdin(Stdio::piped()).stdout(output.try_clone().expect("a copy")), &[]);
    let data = pattern(32 << 20);
    feed(peer.try_clone().expect("a copy"), data.clone());
    eventually("stdout is full", || is_full(&output).then_some(()));
    let mut stdin = client.stdin();
    for i in 0..20_u8 {
        let start = Instant::now();
        stdin.write_all(&[i]).expect("stdin takes it");
        assert_eq!(take(&mut peer, 1), [i]);
        assert!(start.elapsed() < Duration::from_secs(20), "{:?} for one byte", start.elapsed());
    }
    client.comes_to_rest();
    assert!(client.rss_kib() < 24 * 1024, "{} KiB", client.rss_kib());
    drop((output, stdin));
    assert!(take(&mut out_of, data.len()) == data);
    drop(peer);
    ended(&client.finish(), 0, "");
}

#[test]
fn being_stopped_and_continued_loses_nothing() {
    let mut client = stage("tcp-client <*8388608");
    for _ in 0..8 {
        client.plays("stop");
        eventually("it is stopped", || (state_of(client.program.pid()) == Some('T')).then_some(()));
        client.plays("cont; get *500000");
    }
    client.plays("get *4388608$; go; status 0");
}

/// One socket as stdin and stdout, as under inetd: it is half-closed, not closed, and its flags stay.
#[test]
fn a_socket_serves_as_stdin_and_stdout() {
    let (mut ours, theirs) = UnixStream::pair().expect("a pair");
    ours.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    let end = || Stdio::from(OwnedFd::from(theirs.try_clone().expect("a copy")));
    let (client, mut peer) = client_by(command().stdin(end()).stdout(end()), &[]);
    let mut into = ours.try_clone().expect("a copy");
    converse(&mut into, &mut ours, &mut peer);

    peer.write_all(b"last words").and_then(|()| peer.shutdown(Shutdown::Write)).expect("the client takes it");
    assert_eq!(take_all(&mut ours), b"last words", "the end of the peer is passed on by shutdown");
    let data = pattern(1_000_000);
    feed_half(ours, data.clone());
    assert!(take_all(&mut peer) == data);
    ended(&client.finish(), 0, "");
    assert_eq!(flags(&theirs) & libc::O_NONBLOCK, 0);
}

/// Writes `data` on a thread of its own, then ends that direction.
fn feed_half(mut sink: UnixStream, data: Vec<u8>) {
    thread::spawn(move || sink.write_all(&data).and_then(|()| sink.shutdown(Shutdown::Write)));
}

/// A file at its size limit is an error, and SIGXFSZ does not kill the program.
#[test]
fn a_file_size_limit_is_an_error() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let mut command = by_shell("ulimit -f 1; exec \"$0\" \"$@\" >\"$OUT\"");
    command.env("OUT", file.path()).stdin(Stdio::null());
    stage_by(command, "tcp-client").plays("say *10000000; status 1 xport: stdout: File too large");
    let written = file.as_file().metadata().expect("a file").len();
    assert!([512, 1024].contains(&written), "{written} bytes");
}

/// A stderr without a reader does not stop the program, however many messages there are.
#[test]
fn a_full_stderr_does_not_stop_an_echo() {
    let (quiet, full) = pipe().expect("a pipe");
    let mut command = by_shell("exec \"$0\" \"$@\" 2>&1 >/dev/null");
    let (_folder, file) = path("port");
    command.args(words!("-vvv tcp-echo --port-file {} 127.0.0.1:0", file.display()));
    command.stdin(Stdio::null()).stdout(full.try_clone().expect("a copy"));
    let _server = Background::spawn(command);
    let address = port_in(&file);
    let mut peers = 0;
    while !is_full(&full) {
        ping(&mut connect(address), &pattern(1000));
        peers += 1;
        assert!(peers < 10_000, "stderr never fills up");
    }
    for _ in 0..10 {
        ping(&mut connect(address), b"still there?");
    }
    assert!(queued(&quiet) > 0);
    let first = lines(quiet).recv_timeout(DEADLINE).expect("a line");
    assert!(first.starts_with("xport: "), "{first:?}");
}
