//! Tests the life of a run: the order of clients, draining servers, interrupted clients.

use crate::harness::*;

/// The signals by which users and service managers end programs.
const SIGNALS: [i32; 2] = [libc::SIGTERM, libc::SIGINT];

/// Waits until connects are refused.
#[track_caller]
fn refuses(address: SocketAddr) {
    eventually("the listener closes", || match TcpStream::connect(address) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Some(()),
        _ => None,
    });
}

/// Waits for a program that must end at once, and not after one of its own timeouts.
#[track_caller]
fn ends_soon(program: &mut Background) -> ExitStatus {
    let start = Instant::now();
    let status = program.wait();
    assert!(start.elapsed() < Duration::from_secs(4), "it took {:?}", start.elapsed());
    status
}

/// A draining server, and one that cannot drain.
#[test]
fn servers_end_by_signals() {
    plays(&[
        // The server accepts no new client, and sessions finish.
        "tcp-echo: ping before; new; ping before; new; ping before; peer 1; say *100000; kill {TERM|INT}; refused; \
            say *200000; get *300000; ping after; go; runs; peer 2; ping after; go; runs; peer 3; ping after; go; \
            status 0 *",
        "tcp-server -k: say one; see one; kill {TERM|INT}; refused; type two; get two; say three; eof; go; see three$; \
            status 0 *",
        // A server without clients ends at once.
        "tcp-echo --grace 1h: ping gone; go; kill {TERM|INT}; clock; status 0 *; before 4000; refused",
        "{tcp-echo --once|tcp-server -k} --grace 1h: nobody; kill {TERM|INT}; clock; status 0 *; before 4000; refused",
        // A second signal, or the end of `--grace`, resets the remaining sessions.
        "tcp-echo --grace 1h: ping before; kill {TERM|INT}; refused; ping still here; kill {TERM|INT}; clock; \
            killed {TERM|INT} *; before 4000; get reset",
        "tcp-echo --grace 2s: ping before; clock; kill {TERM|INT}; hear waiting up to 2s for 1 session; \
            killed {TERM|INT} *; after 2000; get reset",
    ]);
}

/// The order of clients of a server on stdin and stdout, and of one with --once.
#[test]
fn clients_are_served_in_turn() {
    plays(&[
        "tcp-echo --once: ping hello; refused; ping still here; go; status 0",
        // All clients connect at the start. While stdin goes on, the end of a client does not mean that it has gone.
        "tcp-server -k: new; new; peer 1; say from 0; see from 0; type to 0; get to 0; reset; peer 2; say from 1; \
            see from 1; type to 1; get to 1; reset; peer 3; say from 2; see from 2; type to 2; get to 2; reset; runs; \
            kill TERM; status 0 *",
        "tcp-server -k --recv-only: new; new; peer 1; say *100000; go; see *100000; peer 2; say *100000; go; \
            see *100000; peer 3; say *100000; go; see *100000; kill TERM; status 0 *",
        "tcp-server -k: say x; see x; reset; hear Connection reset; new; say next; see next; eof; go; kill TERM; \
            status 0 *",
        // A stdin that has ended does not keep later clients from being served.
        "tcp-server -k --half-close now: eof; get $; say one; go; see one; new; get $; say two; go; see two; runs",
        "tls12|tls13-server --keep-open --recv-only: say round 0; see round 0; end; new; say round 1; see round 1; \
            end; new; say round 2; see round 2; end; runs",
        // A client that has ended is served until another client waits and stdin has nothing for it.
        "tcp-server -k: say word$; see word; type for it; get for it; go; new; say word$; see word; type for it; \
            get for it; go; new; say word$; see word; type for it; get for it; go; new; say last; see last; \
            type for the last; get for the last",
        "unix|tls12|tls13-server -k: say word$; see word; new; say word$; see word; new; say word$; see word",
        // Pending bytes of stdin go to the client that has ended, before the next client is served.
        "tcp-server -k --half-close now: end; type *20000000$; get *1000000; new; peer 1; get *19000000$; peer 2; get $",
        "relay --once TCP-LISTEN exec:cat: ping served; refused; go; status 0",
        "relay TCP-LISTEN,max-conns=1,backlog=5 exec:cat: ping first; new; say second; silence; peer 1; \
            ping first again; go; peer 2; get second",
        "exec --max-conns 1 --listen TCP-LISTEN -- sh -c 'echo up; cat': get up\n; new; say waits; rest; silence; \
            peer 1; ping served; end; get $; go; peer 2; get up\nwaits; reset; new; get up\n",
    ]);
}

/// A signal directly after the `listening on` line is neither lost nor fatal.
#[test]
fn a_signal_may_come_right_after_the_announcement() {
    let (_dir, path) = path("port");
    for (mode, status) in [("tcp-echo", Some(0)), ("tcp-server", None)].repeat(30) {
        let (mut server, _) = serve(words!("{mode} --port-file {} 127.0.0.1:0", path.display()));
        server.signal(libc::SIGTERM);
        // The second server has had no client, which is no success.
        assert_eq!(ends_soon(&mut server).code(), status, "{:?}", server.all_lines());
        assert!(!path.exists(), "the port file is left behind");
    }
}

/// A signal ends a client at once, while it connects and while it waits for a retry.
#[test]
fn a_signal_ends_a_client_that_is_not_connected_yet() {
    for signal in SIGNALS {
        let (socket, address) = refusing();
        let mut client = Background::start(words!("-v tcp-client --retry 9 --retry-delay 1h {address}"));
        client.line("trying again");
        client.signal(signal);
        assert_eq!(ends_soon(&mut client).signal(), Some(signal));

        socket.listen(0).expect("it listens");
        // The queue has room for one or two connections, so the last one hangs.
        let clients = [(); 4].map(|()| {
            let mut client = Background::start(words!("-vv tcp-client {address}"));
            client.line("connecting to");
            client
        });
        for mut client in clients {
            client.signal(signal);
            assert_eq!(ends_soon(&mut client).signal(), Some(signal));
        }
    }
}

/// The run ends at once, although both directions are blocked.
#[test]
fn a_signal_ends_a_connected_client() {
    for signal in SIGNALS {
        // Neither the peer nor the reader of stdout reads, and there is always more to send.
        let peer = Peer::serve(|stream| {
            stream.set_write_timeout(Some(Duration::from_millis(300))).expect("a timeout");
            io::copy(&mut device("zero"), &mut &stream).expect_err("it gets stuck");
            stream
        });
        let mut client = Background::spawn(command(["tcp-client", &peer.address.to_string()]).stdin(device("zero")));
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
        let (mut server, address) =
            serve_by(command(["tcp-server", "--grace", grace, "127.0.0.1:0"]).stdin(device("zero")));
        let mut client = connect(address);
        // The connection was accepted. Otherwise only the kernel would take bytes.
        assert_eq!(take(&mut client, 1), [0]);
        client.set_write_timeout(Some(Duration::from_millis(300))).expect("a timeout");
        io::copy(&mut device("zero"), &mut &client).expect_err("it gets stuck");
        server.signal(libc::SIGTERM);
        if twice {
            server.line("waiting up to 3600s for 1 session to finish; a second signal ends the run at once");
            server.signal(libc::SIGTERM);
        }
        assert_eq!(ends_soon(&mut server).signal(), Some(libc::SIGTERM));
    }
}

#[test]
fn a_server_takes_one_client() {
    let mut server = Background::start(words!("tcp-server --listen 127.0.0.1:0 --listen 127.0.0.2:0"));
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

/// `-k` with several addresses: stdin and stdout serve one client at a time, on whichever address it comes.
#[test]
fn keep_open_serves_one_client_at_a_time_through_all_doors() {
    let mut server = Background::start(words!("tcp-server -k --listen 127.0.0.1:0 --listen 127.0.0.2:0"));
    let (one, two) = (server.address(), server.address());
    let (mut stdin, mut stdout) = (server.stdin(), server.stdout());
    let mut first = connect(one);
    first.write_all(b"1").expect("it is accepted");
    assert_eq!(take(&mut stdout, 1).len(), 1);
    let mut second = connect(two);
    second.write_all(b"2").expect("the kernel takes it");
    // A wrong server would admit the second client in this time.
    second.set_read_timeout(Some(Duration::from_millis(300))).expect("a timeout");
    assert!(read_once(&mut second, &mut [0]).is_err(), "nothing was sent");
    stdin.write_all(b"for the first").expect("it reads");
    first.read_exact(&mut [0; 13]).expect("the session of the first one goes on");
    reset(first);
    assert_eq!(take(&mut stdout, 1), b"2");
}

/// `--port-file`: the port in the file accepts as soon as the file exists. The file goes with the server.
#[test]
fn the_port_file_appears_with_the_port_and_goes_with_the_server() {
    let (dir, path) = path("port");
    for (signals, code) in [(1, Some(0)), (2, None)] {
        let mut server = Background::start(words!("tcp-echo --port-file {} 127.0.0.1:0", path.display()));
        // The test waits for the file, not for the line on stderr.
        let address = port_in(&path);
        let mut client = connect(address);
        ping(&mut client, b"hello");
        assert_eq!(server.address(), address);
        if code.is_some() {
            drop(client);
        }
        for _ in 0..signals {
            server.signal(libc::SIGTERM);
            refuses(address);
        }
        assert_eq!(server.wait().code(), code, "{:?}", server.all_lines());
        assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 0, "left behind");
    }
}

#[test]
fn a_port_file_that_cannot_be_written_is_an_error() {
    let output = outcome(words!("tcp-echo --port-file /no/such/dir/port 127.0.0.1:0"));
    gave(&output, 1, "");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(stderr, "xport: port file /no/such/dir/port: No such file or directory\n");
}

/// A client that fails and retries without a delay still handles signals.
#[test]
fn a_client_that_tries_without_a_pause_ends_by_a_signal() {
    let mut client = Background::start(words!("-v unix-client --retry 4294967295 --retry-delay 0 /no/such/socket"));
    client.line("trying again");
    client.signal(15);
    client.is_killed_by(15);
}

/// SIGTERM works even if it was blocked at the start.
#[test]
fn a_signal_that_the_parent_had_blocked_is_let_through() {
    let mut command = command(["tcp-echo", "127.0.0.1:0"]);
    // SAFETY: between fork and exec the closure makes only system calls on memory of its own stack.
    unsafe {
        CommandExt::pre_exec(&mut command, || {
            let mut set = std::mem::zeroed();
            libc::sigemptyset(&raw mut set);
            libc::sigaddset(&raw mut set, libc::SIGTERM);
            libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
            Ok(())
        });
    }
    serve_by(command).0.drains();
}

/// `--port-file` of several listeners has one line for each port, in the order of the command line.
#[test]
fn the_port_file_has_every_port() {
    let (_dir, path) = path("port");
    let file = path.display();
    let mut server =
        Background::start(words!("tcp-server -k --port-file {file} --listen 127.0.0.1:0 --listen 127.0.0.2:0"));
    let ports = [server.address().port(), server.address().port()];
    let text = fs::read_to_string(&path).expect("it is there before the lines");
    assert_eq!(text, format!("{}\n{}\n", ports[0], ports[1]));
    // A server for many can end without a client.
    server.drains();
    assert!(!path.exists());
}
