//! From the first client to the last signal: who is served when, how a server drains, how a client is interrupted.

use crate::harness::*;

/// Both signals that people and service managers end programs with.
const SIGNALS: [i32; 2] = [libc::SIGTERM, libc::SIGINT];

/// Waits until nobody can connect any more.
#[track_caller]
fn refuses(address: SocketAddr) {
    eventually("the listener closes", || match TcpStream::connect(address) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Some(()),
        _ => None,
    });
}

/// Reads until the connection fails, and says how.
#[track_caller]
fn error_of(stream: &mut TcpStream) -> ErrorKind {
    stream.read_to_end(&mut Vec::new()).expect_err("it must not look like a whole stream").kind()
}

/// Waits for a program that has been told to end and must do so at once, not at some timeout of its own.
#[track_caller]
fn ends_soon(program: &mut Background) -> ExitStatus {
    let start = Instant::now();
    let status = program.wait();
    assert!(start.elapsed() < Duration::from_secs(4), "it took {:?}", start.elapsed());
    status
}

/// After a first signal nobody new comes in, sessions finish whole, and the status is 0.
#[test]
fn a_server_drains_after_the_first_signal() {
    for signal in SIGNALS {
        let (mut server, address) = serve(["tcp-echo", "127.0.0.1:0"]);
        let mut clients = [connect(address), connect(address), connect(address)];
        clients.iter_mut().for_each(|client| ping(client, b"before"));
        let mid_transfer = pattern(300_000);
        clients[0].write_all(&mid_transfer[..100_000]).expect("it takes the bytes");
        server.signal(signal);
        refuses(address);
        clients[0].write_all(&mid_transfer[100_000..]).expect("it takes the bytes");
        let mut back = vec![0; mid_transfer.len()];
        clients[0].read_exact(&mut back).expect("they all come back");
        assert!(back == mid_transfer, "the bytes are not the same");
        for mut client in clients {
            ping(&mut client, b"after");
            assert!(server.is_running());
        }
        server.ends_with(0);
    }
}

/// A server that serves nobody ends at the first signal with status 0.
#[test]
fn an_idle_server_ends_at_once() {
    for args in [["tcp-echo"].as_slice(), &["tcp-server", "-k"], &["tcp-echo", "--once"]] {
        for signal in SIGNALS {
            let (mut server, address) = serve([args, &["--grace", "1h", "127.0.0.1:0"]].concat());
            if args == ["tcp-echo"] {
                // One session is over already.
                ping(&mut connect(address), b"gone");
            }
            server.signal(signal);
            assert_eq!(ends_soon(&mut server).code(), Some(0), "{args:?}: {:?}", server.all_lines());
            refuses(address);
        }
    }
}

/// Whoever has read the announcement may send a signal: it is neither lost nor deadly.
#[test]
fn a_signal_may_come_right_after_the_announcement() {
    let (_dir, path) = path("port");
    for (mode, status) in [("tcp-echo", Some(0)), ("tcp-server", None)].repeat(30) {
        let mut server = Background::start([mode, "--port-file", path.to_str().expect("text"), "127.0.0.1:0"]);
        server.address();
        server.signal(libc::SIGTERM);
        // Nobody has come to the second one, which is no success.
        assert_eq!(ends_soon(&mut server).code(), status, "{mode}: {:?}", server.all_lines());
        assert!(!path.exists(), "the port file is left behind");
    }
}

#[test]
fn a_second_signal_resets_what_is_left() {
    for signal in SIGNALS {
        let (mut server, address) = serve(["tcp-echo", "--grace", "1h", "127.0.0.1:0"]);
        let mut client = connect(address);
        ping(&mut client, b"before");
        server.signal(signal);
        refuses(address);
        ping(&mut client, b"still here");
        server.signal(signal);
        assert_eq!(ends_soon(&mut server).signal(), Some(signal));
        assert_eq!(error_of(&mut client), ErrorKind::ConnectionReset);
    }
}

/// When `--grace` is over the sessions are reset, not before, and the server ends by the signal.
#[test]
fn grace_ends_what_does_not_finish() {
    let mut server = Background::start(["tcp-echo", "--grace", "2s", "127.0.0.1:0"]);
    let mut client = connect(server.address());
    ping(&mut client, b"before");
    let start = Instant::now();
    server.signal(libc::SIGTERM);
    ping(&mut client, b"within");
    server.is_killed_by(libc::SIGTERM);
    assert!(start.elapsed() >= Duration::from_secs(2), "it took {:?}", start.elapsed());
    assert_eq!(error_of(&mut client), ErrorKind::ConnectionReset);
}

#[test]
fn a_session_on_stdin_and_stdout_drains_too() {
    let (mut server, address) = serve(["tcp-server", "-k", "127.0.0.1:0"]);
    let (mut stdin, mut stdout) = (server.stdin(), server.stdout());
    let mut client = connect(address);
    client.write_all(b"one").expect("it reads");
    assert_eq!(take(&mut stdout, 3).len(), 3);
    server.signal(libc::SIGTERM);
    refuses(address);
    stdin.write_all(b"two").expect("it reads");
    client.read_exact(&mut [0; 3]).expect("it comes out");
    client.write_all(b"three").expect("it reads");
    drop(stdin);
    drop(client);
    assert_eq!(take_all(&mut stdout), b"three");
    server.ends_with(0);
}

/// A signal ends a client at once, by that signal, while it connects and while it waits for its next try.
#[test]
fn a_signal_ends_a_client_that_is_not_connected_yet() {
    for signal in SIGNALS {
        let (socket, address) = refusing();
        let mut client =
            Background::start(["-v", "tcp-client", "--retry", "9", "--retry-delay", "1h", &address.to_string()]);
        client.line("trying again");
        client.signal(signal);
        assert_eq!(ends_soon(&mut client).signal(), Some(signal));

        socket.listen(0).expect("it listens");
        // The queue has room for one or two; the last of these hangs.
        let clients: Vec<Background> = (0..4)
            .map(|_| {
                let mut client = Background::start(["-vv", "tcp-client", &address.to_string()]);
                client.line("connecting to");
                client
            })
            .collect();
        for mut client in clients {
            client.signal(signal);
            assert_eq!(ends_soon(&mut client).signal(), Some(signal));
        }
    }
}

/// A signal ends a client at once, by that signal, while nothing moves and while both ways are blocked.
#[test]
fn a_signal_ends_a_connected_client() {
    for signal in SIGNALS {
        let peer = Peer::serve(|stream| stream);
        let mut client = Background::start(["-v", "tcp-client", &peer.address.to_string()]);
        client.line("connected");
        let _silent = peer.join();
        client.signal(signal);
        assert_eq!(ends_soon(&mut client).signal(), Some(signal));

        // The peer never reads, nobody reads stdout, and there is always more to send.
        let peer = Peer::serve(|stream| {
            let mut zeros = File::open("/dev/zero").expect("a device");
            stream.set_write_timeout(Some(Duration::from_millis(300))).expect("a timeout");
            io::copy(&mut zeros, &mut &stream).expect_err("it gets stuck");
            stream
        });
        let mut client = Background::spawn(
            command(["tcp-client", &peer.address.to_string()]).stdin(File::open("/dev/zero").expect("a device")),
        );
        let _stuck = peer.join();
        client.signal(signal);
        assert_eq!(ends_soon(&mut client).signal(), Some(signal));
        assert!(client.all_lines().is_empty(), "{:?}", client.all_lines());
    }
}

#[test]
fn a_signal_ends_a_blocked_server() {
    for twice in [false, true] {
        let grace = if twice { "1h" } else { "100ms" };
        let mut server = Background::spawn(
            command(["tcp-server", "--grace", grace, "127.0.0.1:0"]).stdin(File::open("/dev/zero").expect("a device")),
        );
        let mut client = connect(server.address());
        // It has been accepted: otherwise the kernel alone would take bytes until it gets stuck.
        assert_eq!(take(&mut client, 1), [0]);
        client.set_write_timeout(Some(Duration::from_millis(300))).expect("a timeout");
        let mut zeros = File::open("/dev/zero").expect("a device");
        io::copy(&mut zeros, &mut &client).expect_err("it gets stuck");
        server.signal(libc::SIGTERM);
        if twice {
            server.line("waiting up to");
            server.signal(libc::SIGTERM);
        }
        assert_eq!(ends_soon(&mut server).signal(), Some(libc::SIGTERM));
    }
}

/// `--once` on an echo server: one client is served to its end, nobody else is let in, and the status is 0.
#[test]
fn once_serves_one_client() {
    let (mut server, address) = serve(["tcp-echo", "--once", "127.0.0.1:0"]);
    let mut client = connect(address);
    ping(&mut client, b"hello");
    refuses(address);
    ping(&mut client, b"still here");
    drop(client);
    server.ends_with(0);
}

#[test]
fn a_server_takes_one_client() {
    let mut server = Background::start(["tcp-server", "--listen", "127.0.0.1:0", "--listen", "127.0.0.2:0"]);
    let (one, two) = (server.address(), server.address());
    let mut client = connect(two);
    refuses(one);
    refuses(two);
    client.write_all(b"to stdout").expect("it reads");
    drop(server.stdin());
    drop(client);
    assert_eq!(take_all(&mut server.stdout()), b"to stdout");
    server.ends_with(0);
}

/// `-k`: clients are served one after the other, those who come early wait, and a signal ends it with status 0.
#[test]
fn keep_open_serves_clients_in_turn() {
    let (mut server, address) = serve(["tcp-server", "-k", "127.0.0.1:0"]);
    let (mut stdin, mut stdout) = (server.stdin(), server.stdout());
    // All of them are there from the start.
    let clients = [connect(address), connect(address), connect(address)];
    for (number, mut client) in clients.into_iter().enumerate() {
        let (to, from) = (format!("to {number}"), format!("from {number}"));
        client.write_all(from.as_bytes()).expect("it is accepted");
        assert_eq!(String::from_utf8_lossy(&take(&mut stdout, from.len())), from);
        stdin.write_all(to.as_bytes()).expect("it reads");
        let mut received = vec![0; to.len()];
        client.read_exact(&mut received).expect("it is this one's turn");
        assert_eq!(String::from_utf8_lossy(&received), to);
        // While stdin goes on, an end alone does not say that the client has gone.
        reset(client);
    }
    assert!(server.is_running());
    server.drains();
}

/// `-k --recv-only`: what clients send is collected in the order in which they came, whole, one after the other.
#[test]
fn keep_open_collects_what_clients_send() {
    let (mut server, address) = serve(["tcp-server", "-k", "--recv-only", "127.0.0.1:0"]);
    let mut stdout = server.stdout();
    for mut client in [connect(address), connect(address), connect(address)] {
        client.write_all(&pattern(100_000)).expect("it reads, or will");
        drop(client);
        assert!(take(&mut stdout, 100_000) == pattern(100_000), "the bytes are not the same");
    }
    server.drains();
}

/// `-k` with several addresses: stdin and stdout are for one client at a time, whichever door it comes through.
#[test]
fn keep_open_serves_one_client_at_a_time_through_all_doors() {
    let args = ["tcp-server", "-k", "--listen", "127.0.0.1:0", "--listen", "127.0.0.2:0"];
    let mut server = Background::start(args);
    let (one, two) = (server.address(), server.address());
    let (mut stdin, mut stdout) = (server.stdin(), server.stdout());
    let mut first = connect(one);
    first.write_all(b"1").expect("it is accepted");
    assert_eq!(take(&mut stdout, 1).len(), 1);
    let mut second = connect(two);
    second.write_all(b"2").expect("the kernel takes it");
    // Time enough for the second one to be let in, if it is.
    second.set_read_timeout(Some(Duration::from_millis(300))).expect("a timeout");
    assert!(read_once(&mut second, &mut [0]).is_err(), "nothing was sent");
    stdin.write_all(b"for the first").expect("it reads");
    first.read_exact(&mut [0; 13]).expect("the session of the first one goes on");
    reset(first);
    assert_eq!(take(&mut stdout, 1), b"2");
}

/// `-k`: a client that resets its connection is no reason to leave; it is reported, and the next one is served.
#[test]
fn keep_open_survives_a_reset() {
    let (mut server, address) = serve(["tcp-server", "-k", "127.0.0.1:0"]);
    let mut stdout = server.stdout();
    let mut client = connect(address);
    client.write_all(b"x").expect("it is accepted");
    assert_eq!(take(&mut stdout, 1).len(), 1);
    reset(client);
    server.line("Connection reset");
    let mut next = connect(address);
    next.write_all(b"next").expect("it is accepted");
    assert_eq!(take(&mut stdout, 4), b"next");
    drop(server.stdin());
    drop(next);
    server.drains();
}

/// `-k`: what stdin had to say and its end do not keep a later client from being served.
#[test]
fn keep_open_goes_on_after_the_end_of_stdin() {
    let (mut server, address) =
        serve_by(command(["tcp-server", "-k", "--half-close", "now", "127.0.0.1:0"]).stdin(Stdio::null()));
    let mut stdout = server.stdout();
    for text in [b"one", b"two"] {
        let mut client = connect(address);
        assert_eq!(read_once(&mut client, &mut [0]).expect("an end"), 0);
        client.write_all(text).expect("the other direction is open");
        drop(client);
        assert_eq!(take(&mut stdout, 3), text);
    }
    assert!(server.is_running());
}

/// `--port-file`: once the file is there the port in it accepts, and it goes when the server does.
#[test]
fn the_port_file_appears_with_the_port_and_goes_with_the_server() {
    let (dir, path) = path("port");
    for (signals, code) in [(1, Some(0)), (2, None)] {
        let file = path.to_str().expect("text");
        let mut server = Background::start(["tcp-echo", "--port-file", file, "127.0.0.1:0"]);
        // Not the line on stderr: the file alone has to be enough.
        let text = eventually("the file", || fs::read_to_string(&path).ok());
        let port: u16 = text.strip_suffix('\n').expect("a whole line").parse().expect("a port");
        let mut client = with_deadline(TcpStream::connect(("127.0.0.1", port)).expect("it listens already"));
        ping(&mut client, b"hello");
        assert_eq!(server.address().port(), port);
        if code.is_some() {
            drop(client);
        }
        for _ in 0..signals {
            server.signal(libc::SIGTERM);
            refuses(SocketAddr::from(([127, 0, 0, 1], port)));
        }
        assert_eq!(server.wait().code(), code, "{:?}", server.all_lines());
        assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 0, "left behind");
    }
}

#[test]
fn a_port_file_that_cannot_be_written_is_an_error() {
    let output = outcome(["tcp-echo", "--port-file", "/no/such/dir/port", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(stderr, "xport: port file /no/such/dir/port: No such file or directory\n");
}

/// A client that fails at once and tries again at once still listens to signals.
#[test]
fn a_client_that_tries_without_a_pause_ends_by_a_signal() {
    let mut client =
        Background::start(["-v", "unix-client", "--retry", "4294967295", "--retry-delay", "0", "/no/such/socket"]);
    client.line("trying again");
    client.signal(15);
    client.is_killed_by(15);
}

/// SIGTERM counts also where whoever started us had it blocked.
#[test]
fn a_signal_that_the_parent_had_blocked_is_let_through() {
    let mut command = command(["tcp-echo", "127.0.0.1:0"]);
    // SAFETY: between fork and exec it makes system calls on memory of its own stack only.
    unsafe {
        CommandExt::pre_exec(&mut command, || {
            let mut set = std::mem::zeroed();
            libc::sigemptyset(&raw mut set);
            libc::sigaddset(&raw mut set, libc::SIGTERM);
            libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
            Ok(())
        });
    }
    let mut server = Background::spawn(command);
    server.address();
    server.signal(15);
    server.ends_with(0);
}

/// `--port-file` of several listeners has a line for each port, in the order in which they were given.
#[test]
fn the_port_file_has_every_port() {
    let (_dir, path) = path("port");
    let file = path.to_str().expect("text");
    let args = ["tcp-server", "-k", "--port-file", file, "--listen", "127.0.0.1:0", "--listen", "127.0.0.2:0"];
    let mut server = Background::start(args);
    let ports = [server.address().port(), server.address().port()];
    let text = fs::read_to_string(&path).expect("it is there before the lines");
    assert_eq!(text, format!("{}\n{}\n", ports[0], ports[1]));
    // A server for many may go without a client.
    server.drains();
    assert!(!path.exists());
}
