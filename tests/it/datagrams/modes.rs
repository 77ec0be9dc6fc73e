//! Tests `udp-echo`, `udp-server` and `udp-client` without faults: receivers, boundaries of datagrams, and the end of a
//! run.

use std::os::fd::AsFd;

use super::{client, greeted};
use crate::harness::*;

/// A limit that is longer than any test. A run that ends much earlier has not waited for it.
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

#[test]
fn runs_end() {
    // The slowest come first, so that the others run beside them.
    plays(&[
        // An answer that came in time is printed, even if the client was stopped until the time was over.
        "udp-client --linger 4s: type question$; get question; rest; stop; say answer; sleep 4000; cont; see answer$; \
            status 0",
        // Each answer restarts the wait.
        "udp-client --linger 3s: type hello; get hello; clock; eof; sleep 800; say one; sleep 800; say two; sleep 800; \
            say three; sleep 800; say four; see onetwothreefour$; status 0; after 6100",
        // The run does not wait for the end of stdin.
        "udp-client --count 2: type hello; get hello; say one; say two; say three; see onetwo$; status 0",
        "udp-echo --count 2: say one; get one; runs; say two; get two; status 0",
        "udp-server --count 3: say one; say ; say two; say three; eof; see onetwo$; status 0",
        // Fewer answers than `--count` are a status, one `--linger` after the end of stdin.
        "udp-client --count 1 --linger 700ms: eof; see $; status 124 received 0 of 1 datagrams; after 700",
        "udp-client --count 3 --linger 700ms: type hello; get hello; say one; eof; see one$; \
            status 124 received 1 of 3 datagrams",
        // A client waits a second for a silent peer, which is no failure. The datagram moved a little earlier.
        "udp-client: type hello; get hello; clock; eof; see $; status 0; after 800; before 10000",
        "XPORT_LINGER=60s udp-client --linger 0: type hello$; see $; status 0; before 10000; get hello",
        // `--quit-after` is for the whole wait: an answer does not restart it.
        "udp-client --quit-after 600ms: type hello; get hello; clock; eof; say one; see one$; status 0; after 550; \
            before 10000",
        "udp-client --quit-after 900ms: type hello; get hello; clock; eof; sleep 500; say one; see one$; status 0; \
            after 850; before 1350",
        "udp-client --count 2 --quit-after 300ms: type hello; get hello; eof; say one; see one$; \
            status 124 received 1 of 2 datagrams",
        "XPORT_LINGER=60s udp-client --quit-after 0: type hello$; see $; status 0; before 10000; get hello",
        "udp-server --quit-after 300ms: say one; type reply; get reply; eof; see one$; status 0; before 10000",
        "udp-client -v --send-only --linger 12s: type hello; get hello; say thrown away; hear datagrams from; clock; \
            eof; see $; status 0 *; before 10000",
        "udp-server --recv-only --count 2: type unread; say one; see one; say two; status 0; see two$; silence",
        "udp-server --count 1: type answer; say question; say one more; get answer; see question$; status 0",
        "udp-server -vv: eof; rest; say hello; see hello; rest; say hello; see hello; runs",
        "udp-server --idle-timeout 300ms: hear no datagram for 300ms; status 124 *",
        "udp-{echo|server|client} --timeout 200ms: status 124 timed out after 200ms",
        "udp-{echo|server} -v: say hello; hear datagrams from; kill {TERM|INT}; status 0 *",
        "udp-client: type hello; get hello; kill {TERM|INT}; killed {TERM|INT}",
        // A reader that closes stdout (`| head -c1`).
        "udp-client: type hello; get hello; say seen; see seen; leave; say unseen; killed PIPE",
        "udp-server: leave; say unseen; killed PIPE",
    ]);
}

/// The boundaries and the order of datagrams.
#[test]
fn boundaries_are_kept() {
    let lines = |n: usize| (0..n).map(|n| format!("\nline {n}")).collect::<String>();
    let each = |n: usize| (0..n).map(|n| format!("; get line {n}")).collect::<String>();
    plays(&[
        // A datagram is not changed, and gets a newline if it lacks one: a sender can write what looks like several.
        "udp-server --lines --count 2: say one\ntwo; say three\n; see one\ntwo\nthree\n$; status 0",
        // Each line is a datagram without its newline, the last line too if it has none; and the other way round.
        "udp-client --lines --count 4 --linger 60s: type one\n\n  two \r\nlast$; get one; get ; get   two \r; \
            get last; say bare; say with its own\n; say ; say two\nin one; see bare\nwith its own\n\ntwo\nin one\n$; \
            status 0",
        // A line can come in pieces, and many lines at once. All fit into the buffer of the socket.
        &format!(
            "udp-server --lines -v: say here; see here\n; type be; taken; type gin; taken; type ning\nnext; taken; \
            get beginning; type {}\n; get next{}",
            lines(100),
            each(100)
        ),
        // Without `--lines`, each read of stdin is a datagram, with its newlines.
        "udp-client --count 3: type hello\n; get hello\n; say a; say \n; say b; see a\nb$; status 0",
        "udp-client: type one\n; get one\n; type two\nthree; get two\nthree",
        "udp-client --count 1: type hello; get hello; stranger not me; say me; see me$; status 0",
        // Datagrams from before the refusal are printed, whichever is seen first.
        "udp-client: type question; get question; stop; {say answer; type another|type another; say answer}; refuse; \
            eof; cont; see answer$; status 4 Connection refused",
    ]);
}

/// A question and an answer, as with a name server: the run ends with the answer.
#[test]
fn a_query_is_over_with_its_answer() {
    let (_echo, address) = echo(&[]);
    let client = || outcome_with(words!("udp-client --count 1 --linger {LONG} {address}"), "question");
    let (output, time) = timed(client);
    printed(&output, b"question");
    assert!(time < Duration::from_secs(10), "it took {time:?}");
}

/// `--count` is exact even for datagrams that the kernel delivers together.
#[test]
fn a_count_is_exact_in_a_burst() {
    let burst = "one\ntwo\nsix\nten\n";
    let (server, address) = server("udp-server", &["--lines", "--count", "3"]);
    ended(&outcome_with(words!("udp-client --lines --send-only --linger 0 {address}"), burst), 0, "");
    gave(&server.finish(), 0, b"one\ntwo\nsix\n");

    let (mut echo, address) = echo(&["--count", "3"]);
    let args = words!("udp-client --lines --count 3 --linger {LONG} {address}");
    printed(&outcome_with(args, burst), b"one\ntwo\nsix\n");
    echo.ends_with(0);
}

#[test]
fn a_count_is_for_all_sockets_together() {
    let mut echo = Background::start(["udp-echo", "--count", "2", "127.0.0.1:0", "--listen", "127.0.0.1:0"]);
    let (first, second) = (echo.address(), echo.address());
    let peer = udp("127.0.0.1");
    udp_ping(&peer, first, b"one");
    udp_ping(&peer, second, b"two");
    echo.ends_with(0);
}

/// `--recv-only`: stdin is not read, and its end means nothing.
#[test]
fn who_only_receives_leaves_stdin_alone() {
    // The client sends nothing, so the test has to find it.
    let source = closed_udp();
    let options = ["-vv", "--recv-only", "--count", "1", "--source", &source.to_string()];
    let (mut client, peer) = client(&options);
    drop(client.stdin());
    client.line("sending to");
    peer.send_to(b"unasked", source).expect("it leaves");
    gave(&client.finish(), 0, b"unasked");
    has_nothing(&peer);
}

/// `--idle-timeout` works while stdin is open: status 124 once nothing moves, and not before.
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
        pass(Duration::from_millis(50), "something moves now and then");
    }
    let start = Instant::now();
    client.ends_with(124);
    assert!(start.elapsed() >= Duration::from_millis(1500), "ended after {:?}", start.elapsed());
    ended(&client.finish(), 124, "no datagram for 2.5s");
}

/// A look-up that has failed is repeated as a connection is: the first failure is told, and the last one.
#[test]
fn a_look_up_is_tried_again() {
    for mode in ["tcp-client", "udp-client"] {
        let output = outcome(words!("{mode} -n --retry 3 --retry-delay 10ms no.such.invalid:1"));
        gave(&output, 3, "");
        let error = "xport: resolve no.such.invalid: not a numeric address";
        let said = format!("{error}; trying again every 10ms\n{error}\n");
        assert_eq!(String::from_utf8_lossy(&output.stderr), said, "{mode}");
    }
}

/// `--allow`, `--deny`: datagrams of other senders are neither answered nor printed, and stdin does not go to them.
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
        for word in ["one", "two", "three"] {
            friend.send_to(word.as_bytes(), address).expect("it leaves");
            stranger.send_to(b"let me in", address).expect("it leaves");
        }
        let mut stdout = server.stdout();
        expect(&mut stdout, b"one\ntwo\nthree\n");
        server.stdin().write_all(b"for a friend\n").expect("stdin takes it");
        assert_eq!(datagram(&friend).0, b"for a friend");
        has_nothing(&stranger);
    }
}

#[test]
fn the_port_is_in_the_file() {
    let (_folder, file) = path("port");
    for mode in ["udp-echo", "udp-server"] {
        let mut server = Background::start(words!("{mode} --port-file {} :0", file.display()));
        let (v4, v6) = (server.address(), server.address());
        assert_eq!(fs::read_to_string(&file).expect("a file"), format!("{}\n", v4.port()));
        assert_eq!((v4.port(), v4.is_ipv4(), v6.is_ipv4()), (v6.port(), true, false));
        server.drains();
        assert!(!file.exists(), "the file stays behind");
    }
}

/// A bare port is served on the loopback of both families, and a name leads to one of them.
#[test]
fn both_families_are_served() {
    let mut echo = Background::start(["udp-echo", "0"]);
    let (v4, v6) = (echo.address(), echo.address());
    udp_ping(&udp("127.0.0.1"), v4, b"four");
    udp_ping(&udp("::1"), v6, b"six");
    for family in ["-4", "-6"] {
        let args = words!("udp-client {family} --count 1 --linger {LONG} localhost {}", v4.port());
        printed(&outcome_with(args, "by name"), b"by name");
    }
    ended(&outcome(["udp-client", "-n", "no.such.invalid:1"]), 3, "resolve no.such.invalid: not a numeric address");
}

/// `--source` is the address from which a client sends, and at which it gets answers.
#[test]
fn a_client_sends_from_its_source() {
    let (client, _stdin, peer, address) = greeted(&["--count", "1", "--source", "127.0.0.3"]);
    assert_eq!(address.ip().to_string(), "127.0.0.3");
    peer.send_to(b"found", address).expect("it leaves");
    printed(&client.finish(), b"found");

    let taken = udp("127.0.0.1");
    let output = outcome(words!("udp-client --source {} 127.0.0.1:9", at(&taken)));
    ended(&output, 3, &format!("from {}: Address already in use", at(&taken)));
}

/// The error of a datagram names its destination, also for a group, which is not connected.
#[test]
fn a_failure_names_where_the_datagram_should_go() {
    in_a_network("", || {
        let run = |to: &str| outcome_with(["udp-client", to], "hello");
        ended(&run("10.1.1.1:9"), 3, "connect 10.1.1.1:9: Network is unreachable");
        ended(&run("239.1.1.1:9"), 3, "send 239.1.1.1:9: Network is unreachable");
    });
}

/// `-v` names each sender once, and reports the totals at the end.
#[test]
fn each_sender_is_named_once() {
    let (mut echo, address) = echo(&["-v"]);
    let peers = [udp("127.0.0.1"), udp("127.0.0.1"), udp("127.0.0.1")];
    (0..4).for_each(|_| peers.iter().for_each(|peer| udp_ping(peer, address, b"hello")));
    echo.drains();
    let lines = echo.all_lines();
    for peer in &peers {
        let line = format!("xport: #1 datagrams from {}", at(peer));
        assert_eq!(lines.iter().filter(|other| **other == line).count(), 1, "{lines:?}");
    }
    let (start, end) = (format!("#1 udp {address} closed after "), ": 12 datagrams, 60 B in; 12 datagrams, 60 B out");
    assert!(lines.iter().any(|line| line.contains(&start) && line.ends_with(end)), "{lines:?}");
}

/// The program with an inherited socket as `fd:N`.
fn with_socket(args: &[&str], socket: &impl AsRawFd) -> Command {
    let mut command = command(args);
    command.arg(format!("fd:{}", socket.as_raw_fd()));
    pass_on(&mut command, socket);
    command
}

/// `fd:N` is an inherited socket, bound or connected. Its flags stay as they were.
#[test]
fn an_inherited_socket_is_used() {
    let (theirs, ours) = (udp("127.0.0.1"), udp("127.0.0.1"));
    let address = at(&theirs);
    // This datagram waits before the program starts.
    ours.send_to(b"early", address).expect("it leaves");
    let mut echo = Background::spawn(with_socket(&["udp-echo"], &theirs));
    assert_eq!(echo.address(), address);
    assert_eq!(datagram(&ours).0, b"early");
    udp_ping(&ours, address, b"late");
    let nonblocking = flags(&theirs) & libc::O_NONBLOCK != 0;
    assert!(!nonblocking, "O_NONBLOCK is set on a shared description");
    drop(echo);
    // The next user of the socket gets each datagram by itself, although the kernel could join them.
    ended(&outcome_with(words!("udp-client --lines --send-only {address}"), "one\ntwo\nsix\n"), 0, "");
    for line in ["one", "two", "six"] {
        assert_eq!(String::from_utf8_lossy(&datagram(&theirs).0), line);
    }

    let theirs = udp("127.0.0.1");
    let server = Background::spawn(with_socket(&["udp-server", "--count", "1"], &theirs));
    ours.send_to(b"to a server", at(&theirs)).expect("it leaves");
    gave(&server.finish(), 0, b"to a server");

    let (theirs, ours) = (udp("127.0.0.1"), udp("127.0.0.1"));
    theirs.connect(at(&ours)).expect("it has one peer");
    let mut client = Background::spawn(with_socket(&["udp-client", "--count", "1", "--linger", LONG], &theirs));
    client.stdin().write_all(b"from a client").expect("stdin takes it");
    let (data, from) = datagram(&ours);
    assert_eq!((&data[..], from), (&b"from a client"[..], at(&theirs)));
    ours.send_to(b"answer", from).expect("it leaves");
    printed(&client.finish(), b"answer");
}

/// `fd:N` of the wrong kind is refused, with its number, before anything is sent.
#[test]
fn a_socket_of_another_kind_is_refused() {
    let ((stream, _), datagrams) = (listening(), udp("127.0.0.1"));
    for role in ["echo", "server", "client"] {
        for (kind, socket) in [("udp", stream.as_fd()), ("tcp", datagrams.as_fd())] {
            let output = Background::spawn(with_socket(&[&format!("{kind}-{role}")], &socket)).finish();
            ended(&output, 3, &format!("fd:{}", socket.as_raw_fd()));
        }
        ended(&outcome(words!("udp-{role} fd:99")), 3, "Bad file descriptor");
    }
}

/// A port in use is refused, and its owner keeps it.
#[test]
fn a_second_server_on_a_port_is_refused() {
    let (_first, address) = echo(&[]);
    for mode in ["udp-echo", "udp-server"] {
        ended(&outcome([mode, &address.to_string()]), 3, &format!("listen {address}: Address already in use"));
    }
    udp_ping(&udp("127.0.0.1"), address, b"still the first");
}

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
    // The pipe is too small for all of it.
    let mut stdout = server.stdout();
    eventually("stdout to be full", || (queued(&stdout) > 60_000).then_some(()));
    server.comes_to_rest();
    server.signal(libc::SIGTERM);
    let printed = take_all(&mut stdout);
    server.ends_with(0);
    assert!(data.starts_with(&printed) && printed.len() >= 64 * 1024, "{} bytes", printed.len());
}

/// A stdout on a full disk is status 1.
#[test]
fn a_full_disk_is_a_failure() {
    let (_echo, address) = echo(&[]);
    let mut client = command(words!("udp-client --count 1 --linger {LONG} {address}"));
    let mut client = Background::spawn(client.stdout(device("full")));
    client.stdin().write_all(b"hello").expect("stdin takes it");
    ended(&client.finish(), 1, "xport: stdout: No space left on device");

    let (mut server, address) =
        serve_by(command(["udp-server", "127.0.0.1:0"]).stdout(device("full")).stdin(Stdio::null()));
    udp("127.0.0.1").send_to(b"hello", address).expect("it leaves");
    server.line("xport: stdout: No space left on device");
    server.ends_with(1);
}

#[test]
fn a_client_and_a_server_talk() {
    let (mut server, address) = server("udp-server", &["--lines"]);
    let mut client = Background::start(words!("udp-client --lines {address}"));
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

/// Datagrams that have arrived in time are written, although stdout is read only after the time is over.
#[test]
fn datagrams_that_have_arrived_in_time_are_written() {
    let cases = ["udp-client --quit-after 300ms", "relay --quit-after 300ms -", "relay --linger 300ms -"];
    for_each(cases, |case| {
        let peer = udp("127.0.0.1");
        let scheme = if case.starts_with("relay") { "udp:" } else { "" };
        let mut run = Background::start(words!("{case} {scheme}{}", at(&peer)));
        let (mut stdin, mut stdout) = (run.stdin(), run.stdout());
        stdin.write_all(b"question").expect("it is read");
        let (_, from) = datagram(&peer);
        let start = Instant::now();
        drop(stdin);
        for number in 0..300_u16 {
            peer.send_to(&[number.to_be_bytes()[1]; 1000], from).expect("it leaves");
        }
        pass(Duration::from_millis(700).saturating_sub(start.elapsed()), "stdout is read after the time is over");
        let answer = take_all(&mut stdout);
        assert_eq!(answer.len(), 300_000, "{case}");
        assert!(answer.chunks(1000).zip(0..300_u16).all(|(part, number)| part == [number.to_be_bytes()[1]; 1000]));
        run.ends_with(0);
    });
}
