//! What `udp-echo`, `udp-server` and `udp-client` do where nothing goes wrong: who gets what, where one datagram ends and
//! the next begins, and when a run is over, although datagrams have no end.

use crate::harness::*;

/// As a limit in the program, longer than any test; what ends much earlier has not waited for it.
const LONG: &str = "60s";

/// An echo server on a port of its own.
#[track_caller]
fn echo(options: &[&str]) -> (Background, SocketAddr) {
    server("udp-echo", options)
}

#[track_caller]
fn server(mode: &str, options: &[&str]) -> (Background, SocketAddr) {
    let (server, address) = serve([&[mode], options, &["127.0.0.1:0"]].concat());
    (server, address)
}

/// A client of a scripted peer, and that peer.
#[track_caller]
fn client(options: &[&str]) -> (Background, UdpSocket) {
    let peer = udp("127.0.0.1");
    let address = peer.local_addr().expect("an address").to_string();
    (Background::start([&["udp-client"], options, &[&address]].concat()), peer)
}

/// A client that has said `hello`, its peer, and where the client is.
#[track_caller]
fn greeted(options: &[&str]) -> (Background, ChildStdin, UdpSocket, SocketAddr) {
    let (mut client, peer) = client(options);
    let mut stdin = client.stdin();
    stdin.write_all(b"hello\n").expect("stdin takes it");
    let (data, address) = datagram(&peer);
    assert!(data.starts_with(b"hello"), "{data:?}");
    (client, stdin, peer, address)
}

/// Expects status 0, no message, and this on stdout.
#[track_caller]
fn printed(output: &Output, stdout: &[u8]) {
    ended(output, 0, "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(stdout));
}

/// A question and its answer, as with a name server: the run is over with the answer, without any wait.
#[test]
fn a_query_is_over_with_its_answer() {
    let (_echo, address) = echo(&[]);
    let start = Instant::now();
    let args = ["udp-client", "--count", "1", "--linger", LONG, &address.to_string()];
    let output = outcome_with(args, "question");
    printed(&output, b"question");
    assert!(start.elapsed() < Duration::from_secs(10), "it took {:?}", start.elapsed());
    // Neither does it wait for the end of stdin.
    let (client, _stdin, peer, address) = greeted(&["--count", "2"]);
    peer.send_to(b"one", address).expect("it leaves");
    peer.send_to(b"two", address).expect("it leaves");
    peer.send_to(b"three", address).expect("it leaves");
    printed(&client.finish(), b"onetwo");
}

/// `--count` of the servers: they are over once so many datagrams have come, and the last one is answered or printed too.
#[test]
fn a_server_is_over_after_so_many_datagrams() {
    let (mut echo, address) = echo(&["--count", "2"]);
    let peer = udp("127.0.0.1");
    udp_ping(&peer, address, b"one");
    assert!(echo.is_running());
    udp_ping(&peer, address, b"two");
    echo.ends_with(0);

    let (server, address) = server("udp-server", &["--count", "3"]);
    for data in ["one", "", "two", "three"] {
        peer.send_to(data.as_bytes(), address).expect("it leaves");
    }
    gave(&server.finish(), 0, b"onetwo");
}

/// `--count` holds exactly also for what the kernel delivers in one piece.
#[test]
fn a_count_is_exact_in_a_burst() {
    let burst = "one\ntwo\nsix\nten\n";
    let (server, address) = server("udp-server", &["--lines", "--count", "3"]);
    let args = ["udp-client", "--lines", "--send-only", "--linger", "0", &address.to_string()];
    ended(&outcome_with(args, burst), 0, "");
    gave(&server.finish(), 0, b"one\ntwo\nsix\n");

    let (mut echo, address) = echo(&["--count", "3"]);
    let args = ["udp-client", "--lines", "--count", "3", "--linger", LONG, &address.to_string()];
    printed(&outcome_with(args, burst), b"one\ntwo\nsix\n");
    echo.ends_with(0);
}

/// `--count` on a server of several sockets is for all of them together.
#[test]
fn a_count_is_for_all_sockets_together() {
    let mut echo = Background::start(["udp-echo", "--count", "2", "127.0.0.1:0", "--listen", "127.0.0.1:0"]);
    let (first, second) = (echo.address(), echo.address());
    let peer = udp("127.0.0.1");
    udp_ping(&peer, first, b"one");
    udp_ping(&peer, second, b"two");
    echo.ends_with(0);
}

/// `--count`: where fewer have come one `--linger` after the end of stdin, the status says so.
#[test]
fn fewer_answers_than_asked_for_are_a_timeout() {
    let start = Instant::now();
    let (client, peer) = client(&["--count", "1", "--linger", "700ms"]);
    ended(&client.finish(), 124, "received 0 of 1 datagrams");
    assert!(start.elapsed() >= Duration::from_millis(700), "it took {:?}", start.elapsed());
    drop(peer);

    let (client, stdin, peer, address) = greeted(&["--count", "3", "--linger", "700ms"]);
    peer.send_to(b"one", address).expect("it leaves");
    drop(stdin);
    let output = client.finish();
    ended(&output, 124, "received 1 of 3 datagrams");
    assert_eq!(output.stdout, b"one");
}

/// Without an option a client waits a second for an answer, and that none has come is no failure.
#[test]
fn a_silent_peer_is_waited_for_a_second() {
    let (client, stdin, _peer, _) = greeted(&[]);
    let start = Instant::now();
    drop(stdin);
    printed(&client.finish(), b"");
    let elapsed = start.elapsed();
    // The datagram itself has moved a little earlier.
    assert!(elapsed >= Duration::from_millis(800) && elapsed < Duration::from_secs(10), "it took {elapsed:?}");
}

/// `--linger 0` does not wait; what was read is sent nevertheless.
#[test]
fn a_client_can_leave_at_once() {
    let start = Instant::now();
    let peer = udp("127.0.0.1");
    let address = peer.local_addr().expect("an address").to_string();
    let mut client = xport(["udp-client", "--linger", "0", &address]);
    let output = client.env("XPORT_LINGER", LONG).write_stdin("hello").output().expect("a run");
    printed(&output, b"");
    assert!(start.elapsed() < Duration::from_secs(10), "it took {:?}", start.elapsed());
    assert_eq!(datagram(&peer).0, b"hello");
}

/// Each answer begins the wait anew: a peer may take its time, as long as it goes on.
#[test]
fn each_answer_prolongs_the_wait() {
    let (client, stdin, peer, address) = greeted(&["--linger", "3s"]);
    let start = Instant::now();
    drop(stdin);
    thread::spawn(move || {
        for data in ["one ", "two ", "three ", "four"] {
            thread::sleep(Duration::from_millis(800));
            peer.send_to(data.as_bytes(), address).expect("it leaves");
        }
    });
    printed(&client.finish(), b"one two three four");
    assert!(start.elapsed() >= Duration::from_millis(6100), "it took {:?}", start.elapsed());
}

/// `--lines`: each line is a datagram without its newline, the last one also where it has none; and the other way round.
#[test]
fn lines_are_datagrams_and_datagrams_lines() {
    let (mut client, peer) = client(&["--lines", "--count", "4", "--linger", LONG]);
    let mut stdin = client.stdin();
    stdin.write_all(b"one\n\n  two \r\nlast").expect("stdin takes it");
    drop(stdin);
    let mut address = None;
    for line in ["one", "", "  two \r", "last"] {
        let (data, from) = datagram(&peer);
        assert_eq!(String::from_utf8_lossy(&data), line);
        address = Some(from);
    }
    for data in ["bare", "with its own\n", "", "two\nin one"] {
        peer.send_to(data.as_bytes(), address.expect("it has sent")).expect("it leaves");
    }
    printed(&client.finish(), b"bare\nwith its own\n\ntwo\nin one\n");
}

/// `--lines`: a line that arrives in pieces is one datagram nevertheless, and so are many lines that arrive at once each one.
#[test]
fn a_line_may_come_in_pieces() {
    let (mut server, address) = server("udp-server", &["--lines", "-v"]);
    let peer = udp("127.0.0.1");
    peer.send_to(b"here", address).expect("it leaves");
    let mut stdout = server.stdout();
    assert_eq!(take(&mut stdout, 5), b"here\n");
    let mut stdin = server.stdin();
    for piece in ["be", "gin", "ning\nnext"] {
        stdin.write_all(piece.as_bytes()).expect("stdin takes it");
        eventually("it is read", || (queued(&stdin) == 0).then_some(()));
    }
    assert_eq!(datagram(&peer).0, b"beginning");
    // Few enough for the buffer of the socket.
    let many: String = (0..100).map(|n| format!("\nline {n}")).collect();
    stdin.write_all(format!("{many}\n").as_bytes()).expect("stdin takes it");
    assert_eq!(datagram(&peer).0, b"next");
    (0..100).for_each(|n| assert_eq!(datagram(&peer).0, format!("line {n}").as_bytes()));
}

/// Without `--lines` stdout has the bytes of the datagrams and nothing else, and each read of stdin is a datagram, newline
/// and all.
#[test]
fn without_lines_bytes_are_left_as_they_are() {
    let (client, stdin, peer, address) = greeted(&["--count", "3"]);
    for data in ["a", "\n", "b"] {
        peer.send_to(data.as_bytes(), address).expect("it leaves");
    }
    printed(&client.finish(), b"a\nb");
    drop(stdin);
    let (mut client, peer) = self::client(&[]);
    let mut stdin = client.stdin();
    for data in ["one\n", "two\nthree"] {
        stdin.write_all(data.as_bytes()).expect("stdin takes it");
        assert_eq!(String::from_utf8_lossy(&datagram(&peer).0), data);
    }
}

/// `--send-only`: what comes is thrown away, and nothing is waited for once stdin has ended.
#[test]
fn who_only_sends_prints_nothing_and_leaves_with_stdin() {
    let (mut client, stdin, peer, address) = greeted(&["-v", "--send-only", "--linger", "12s"]);
    peer.send_to(b"thrown away", address).expect("it leaves");
    client.line("datagrams from");
    let start = Instant::now();
    drop(stdin);
    let output = client.finish();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "{}", text(&output));
    assert!(start.elapsed() < Duration::from_secs(10), "it took {:?}", start.elapsed());
}

/// `--recv-only`: stdin is left alone, and its end means nothing.
#[test]
fn who_only_receives_leaves_stdin_alone() {
    let (mut server, address) = server("udp-server", &["--recv-only", "--count", "2"]);
    let peer = udp("127.0.0.1");
    let mut stdin = server.stdin();
    stdin.write_all(b"unread").expect("the pipe has room");
    peer.send_to(b"one", address).expect("it leaves");
    let mut stdout = server.stdout();
    assert_eq!(take(&mut stdout, 3), b"one");
    peer.send_to(b"two", address).expect("it leaves");
    server.ends_with(0);
    assert_eq!(take_all(&mut stdout), b"two");
    has_nothing(&peer);

    // Of the client nothing is heard, so it has to be found.
    let source = closed_udp();
    let options = ["-vv", "--recv-only", "--count", "1", "--linger", "0", "--source", &source.to_string()];
    let (mut client, peer) = client(&options);
    drop(client.stdin());
    client.line("sending to");
    peer.send_to(b"unasked", source).expect("it leaves");
    gave(&client.finish(), 0, b"unasked");
    has_nothing(&peer);
}

/// `--idle-timeout` is for a run whose stdin goes on: status 124 once nothing moves, and not before.
#[test]
fn nothing_moving_for_long_is_a_timeout() {
    let (mut client, mut stdin, peer, address) = greeted(&["--idle-timeout", "2500ms"]);
    let mut stdout = client.stdout();
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(3500) {
        peer.send_to(b"x", address).expect("it leaves");
        assert_eq!(take(&mut stdout, 1), b"x");
        stdin.write_all(b"y").expect("stdin takes it");
        assert_eq!(datagram(&peer).0, b"y");
        thread::sleep(Duration::from_millis(50));
    }
    let start = Instant::now();
    client.ends_with(124);
    assert!(start.elapsed() >= Duration::from_millis(1500), "ended after {:?}", start.elapsed());
    ended(&client.finish(), 124, "no datagram for 2.5s");

    let (mut server, _) = server("udp-server", &["--idle-timeout", "300ms"]);
    let _stdin = server.stdin();
    server.line("no datagram for 300ms");
    server.ends_with(124);
}

/// `--timeout` is for the whole run, of any mode.
#[test]
fn a_timeout_ends_the_whole_run() {
    for (mode, address) in [("udp-echo", "127.0.0.1:0"), ("udp-server", "127.0.0.1:0"), ("udp-client", "127.0.0.1:9")] {
        let mut program = Background::start([mode, "--timeout", "200ms", address]);
        let _stdin = program.stdin();
        program.line("xport: timed out after 200ms");
        assert_eq!(program.wait().code(), Some(124), "{mode}");
    }
}

/// `--allow`, `--deny`: datagrams of others are neither answered nor printed, and nobody else's answers go to them.
#[test]
fn strangers_are_not_heard() {
    let lists: [&[&str]; 2] = [&["--deny", "127.0.0.2/31"], &["--allow", "127.0.0.1"]];
    for (list, listen) in lists.into_iter().flat_map(|list| [(list, "0.0.0.0:0"), (list, "[::]:0")]) {
        let (stranger, friend) = (udp("127.0.0.2"), udp("127.0.0.1"));
        let mut echo = Background::start([&["udp-echo"], list, &[listen]].concat());
        let address = SocketAddr::from(([127, 0, 0, 1], echo.address().port()));
        stranger.send_to(b"let me in", address).expect("it leaves");
        udp_ping(&friend, address, b"hello");
        has_nothing(&stranger);

        let mut server = Background::start([&["udp-server", "--lines"], list, &[listen]].concat());
        let address = SocketAddr::from(([127, 0, 0, 1], server.address().port()));
        friend.send_to(b"one", address).expect("it leaves");
        stranger.send_to(b"let me in", address).expect("it leaves");
        friend.send_to(b"two", address).expect("it leaves");
        stranger.send_to(b"let me in", address).expect("it leaves");
        friend.send_to(b"three", address).expect("it leaves");
        let mut stdout = server.stdout();
        assert_eq!(String::from_utf8_lossy(&take(&mut stdout, 14)), "one\ntwo\nthree\n");
        server.stdin().write_all(b"for a friend\n").expect("stdin takes it");
        assert_eq!(datagram(&friend).0, b"for a friend");
        has_nothing(&stranger);
    }
}

/// `--port-file` has the port while the server is there.
#[test]
fn the_port_is_in_the_file() {
    let folder = folder();
    let file = folder.path().join("port");
    for mode in ["udp-echo", "udp-server"] {
        let mut server = Background::start([mode, "--port-file", file.to_str().expect("text"), ":0"]);
        let (v4, v6) = (server.address(), server.address());
        assert_eq!(fs::read_to_string(&file).expect("a file"), format!("{}\n", v4.port()));
        assert_eq!((v4.port(), v4.is_ipv4(), v6.is_ipv4()), (v6.port(), true, false));
        server.signal(libc::SIGTERM);
        assert_eq!(server.wait().code(), Some(0), "{mode}: {:?}", server.all_lines());
        assert!(!file.exists(), "the file stays behind");
    }
}

/// A bare port is served on the loopback of both families, a name leads to one of them.
#[test]
fn both_families_are_served() {
    let mut echo = Background::start(["udp-echo", "0"]);
    let (v4, v6) = (echo.address(), echo.address());
    udp_ping(&udp("127.0.0.1"), v4, b"four");
    udp_ping(&udp("::1"), v6, b"six");
    for family in ["-4", "-6"] {
        let port = v4.port().to_string();
        let args = ["udp-client", family, "--count", "1", "--linger", LONG, "localhost", &port];
        printed(&outcome_with(args, "by name"), b"by name");
    }
    ended(&outcome(["udp-client", "-n", "no.such.invalid:1"]), 3, "resolve no.such.invalid: not a numeric address");
}

/// `--source` is where a client sends from, and where it is answered.
#[test]
fn a_client_sends_from_its_source() {
    let (client, _stdin, peer, address) = greeted(&["--count", "1", "--source", "127.0.0.3"]);
    assert_eq!(address.ip().to_string(), "127.0.0.3");
    peer.send_to(b"found", address).expect("it leaves");
    printed(&client.finish(), b"found");

    let taken = udp("127.0.0.1");
    let source = taken.local_addr().expect("an address").to_string();
    ended(
        &outcome(["udp-client", "--source", &source, "127.0.0.1:9"]),
        3,
        &format!("from {source}: Address already in use"),
    );
}

/// A datagram that cannot be sent is told with where it should have gone, also to a group, which nobody connects to.
#[test]
fn a_failure_names_where_the_datagram_should_go() {
    in_a_network("", || {
        let run = |to: &str| outcome_with(["udp-client", to], "hello");
        ended(&run("10.1.1.1:9"), 3, "connect 10.1.1.1:9: Network is unreachable");
        ended(&run("239.1.1.1:9"), 3, "send 239.1.1.1:9: Network is unreachable");
    });
}

/// A client hears its peer and nobody else.
#[test]
fn a_client_hears_its_peer_only() {
    let (client, _stdin, peer, address) = greeted(&["--count", "1"]);
    udp("127.0.0.1").send_to(b"not me", address).expect("it leaves");
    peer.send_to(b"me", address).expect("it leaves");
    printed(&client.finish(), b"me");
}

/// `-v` names each sender once, however often it sends, and sums up at the end.
#[test]
fn each_sender_is_named_once() {
    let (mut echo, address) = echo(&["-v"]);
    let peers = [udp("127.0.0.1"), udp("127.0.0.1"), udp("127.0.0.1")];
    (0..4).for_each(|_| peers.iter().for_each(|peer| udp_ping(peer, address, b"hello")));
    echo.drains();
    let lines = echo.all_lines();
    for peer in &peers {
        let line = format!("xport: datagrams from {}", at(&peer));
        assert_eq!(lines.iter().filter(|other| **other == line).count(), 1, "{lines:?}");
    }
    let summary = format!("closed udp {address}: 12 datagrams received, 12 sent");
    assert!(lines.iter().any(|line| line.ends_with(&summary)), "{lines:?}");
}

/// The program with a socket handed over as `fd:N`.
fn with_socket(args: &[&str], socket: &impl AsRawFd) -> Command {
    let fd = socket.as_raw_fd();
    let mut command = command(args);
    command.arg(format!("fd:{fd}"));
    // SAFETY: between fork and exec it makes one system call and touches no memory.
    unsafe {
        command.pre_exec(move || {
            if libc::fcntl(fd, libc::F_SETFD, 0) == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
        });
    }
    command
}

/// `fd:N` is a socket that somebody else has bound or connected; its flags stay as they were.
#[test]
fn an_inherited_socket_is_used() {
    let (theirs, ours) = (udp("127.0.0.1"), udp("127.0.0.1"));
    let address = theirs.local_addr().expect("an address");
    // This one waits before the program even starts.
    ours.send_to(b"early", address).expect("it leaves");
    let mut echo = Background::spawn(with_socket(&["udp-echo"], &theirs));
    assert_eq!(echo.address(), address);
    assert_eq!(datagram(&ours).0, b"early");
    udp_ping(&ours, address, b"late");
    let nonblocking = flags(&theirs) & libc::O_NONBLOCK != 0;
    assert!(!nonblocking, "O_NONBLOCK is set on a shared description");
    drop(echo);
    // Whoever has it next gets each datagram for itself, also where the kernel could join them.
    let args = ["udp-client", "--lines", "--send-only", &address.to_string()];
    ended(&outcome_with(args, "one\ntwo\nsix\n"), 0, "");
    for line in ["one", "two", "six"] {
        assert_eq!(String::from_utf8_lossy(&datagram(&theirs).0), line);
    }

    let theirs = udp("127.0.0.1");
    let address = theirs.local_addr().expect("an address");
    let server = Background::spawn(with_socket(&["udp-server", "--count", "1"], &theirs));
    ours.send_to(b"to a server", address).expect("it leaves");
    gave(&server.finish(), 0, b"to a server");

    let (theirs, ours) = (udp("127.0.0.1"), udp("127.0.0.1"));
    theirs.connect(ours.local_addr().expect("an address")).expect("it has one peer");
    let mut client = Background::spawn(with_socket(&["udp-client", "--count", "1", "--linger", LONG], &theirs));
    client.stdin().write_all(b"from a client").expect("stdin takes it");
    let (data, from) = datagram(&ours);
    assert_eq!((&data[..], from), (&b"from a client"[..], theirs.local_addr().expect("an address")));
    ours.send_to(b"answer", from).expect("it leaves");
    printed(&client.finish(), b"answer");
}

/// `fd:N` of the wrong kind is refused and named, before anything is sent.
#[test]
fn a_socket_of_another_kind_is_refused() {
    let stream = TcpListener::bind("127.0.0.1:0").expect("a port");
    let datagrams = udp("127.0.0.1");
    for mode in ["udp-echo", "udp-server", "udp-client"] {
        ended(&Background::spawn(with_socket(&[mode], &stream)).finish(), 3, &format!("fd:{}", stream.as_raw_fd()));
    }
    for mode in ["tcp-echo", "tcp-server", "tcp-client"] {
        ended(
            &Background::spawn(with_socket(&[mode], &datagrams)).finish(),
            3,
            &format!("fd:{}", datagrams.as_raw_fd()),
        );
    }
    for mode in ["udp-echo", "udp-server", "udp-client"] {
        ended(&outcome([mode, "fd:99"]), 3, "Bad file descriptor");
    }
}

/// A port that is taken stays with whoever has it.
#[test]
fn a_second_server_on_a_port_is_refused() {
    let (_first, address) = echo(&[]);
    for mode in ["udp-echo", "udp-server"] {
        ended(&outcome([mode, &address.to_string()]), 3, &format!("listen {address}: Address already in use"));
    }
    udp_ping(&udp("127.0.0.1"), address, b"still the first");
}

/// A signal ends a server in order, and a client as it ends every other program.
#[test]
fn a_signal_ends_a_run() {
    for signal in [libc::SIGTERM, libc::SIGINT] {
        for mode in ["udp-echo", "udp-server"] {
            let (mut server, address) = server(mode, &["-v"]);
            udp("127.0.0.1").send_to(b"hello", address).expect("it leaves");
            server.line("datagrams from");
            server.signal(signal);
            assert_eq!(server.wait().code(), Some(0), "{mode}: {:?}", server.all_lines());
        }
        let (mut client, _stdin, _peer, _) = greeted(&[]);
        client.signal(signal);
        client.is_killed_by(signal);
    }
}

/// What has come before the signal that ends a server is printed.
#[test]
fn a_server_prints_what_it_has_before_it_ends() {
    let (mut server, address) = server("udp-server", &["-v"]);
    let peer = udp("127.0.0.1");
    let data = pattern(300 * 1024);
    for (n, chunk) in data.chunks(30 * 1024).enumerate() {
        peer.send_to(chunk, address).expect("it leaves");
        if n == 0 {
            server.line("datagrams from");
        }
    }
    // The pipe has no room for all of it.
    let mut stdout = server.stdout();
    eventually("stdout to be full", || (queued(&stdout) > 60_000).then_some(()));
    server.comes_to_rest();
    server.signal(libc::SIGTERM);
    let printed = take_all(&mut stdout);
    let output = server.finish();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(data.starts_with(&printed) && printed.len() >= 64 * 1024, "{} bytes, {}", printed.len(), text(&output));
}

/// A reader who has seen enough (`| head -c1`) ends the program by SIGPIPE, without a word.
#[test]
fn it_ends_quietly_once_its_reader_has_gone() {
    let (mut client, _stdin, peer, address) = greeted(&[]);
    let mut stdout = client.stdout();
    peer.send_to(b"seen", address).expect("it leaves");
    assert_eq!(take(&mut stdout, 4), b"seen");
    drop(stdout);
    peer.send_to(b"unseen", address).expect("it leaves");
    killed(&client.finish(), libc::SIGPIPE);

    let (mut server, address) = server("udp-server", &[]);
    drop(server.stdout());
    peer.send_to(b"unseen", address).expect("it leaves");
    server.is_killed_by(libc::SIGPIPE);
    assert_eq!(server.all_lines().len(), 1, "nothing but where it listens: {:?}", server.all_lines());
}

/// A stdout that takes nothing because its disk is full is status 1.
#[test]
fn a_full_disk_is_a_failure() {
    let full = || File::options().write(true).open("/dev/full").expect("a device");
    let (_echo, address) = echo(&[]);
    let mut client = command(["udp-client", "--count", "1", "--linger", LONG, &address.to_string()]);
    client.stdout(full());
    let mut client = Background::spawn(client);
    client.stdin().write_all(b"hello").expect("stdin takes it");
    ended(&client.finish(), 1, "xport: stdout: No space left on device");

    let mut server = command(["udp-server", "127.0.0.1:0"]);
    server.stdout(full()).stdin(Stdio::null());
    let (mut server, address) = serve_by(server);
    udp("127.0.0.1").send_to(b"hello", address).expect("it leaves");
    server.line("xport: stdout: No space left on device");
    server.ends_with(1);
}

/// Client and server talk to each other, stdin to stdout in both directions.
#[test]
fn a_client_and_a_server_talk() {
    let (mut server, address) = server("udp-server", &["--lines"]);
    let mut client = Background::start(["udp-client", "--lines", &address.to_string()]);
    let (mut to_client, mut to_server) = (server.stdin(), client.stdin());
    let (mut of_server, mut of_client) = (server.stdout(), client.stdout());
    for n in 100..150 {
        to_server.write_all(format!("{n} there\n").as_bytes()).expect("stdin takes it");
        assert_eq!(take(&mut of_server, 10), format!("{n} there\n").as_bytes());
        to_client.write_all(format!("{n} back\n").as_bytes()).expect("stdin takes it");
        assert_eq!(take(&mut of_client, 9), format!("{n} back\n").as_bytes());
    }
    drop(to_server);
    printed(&client.finish(), b"");
    assert!(server.is_running(), "a server stays");
}
