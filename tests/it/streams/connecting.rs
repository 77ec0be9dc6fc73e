//! Tests connecting and binding: addresses that answer, refuse, hang or are wrong, and the options about them.
//!
//! `networks.rs` has the tests with private networks, and `unix_sockets.rs` those of unix sockets.

use crate::harness::*;

/// A server on one family of the loopback, its address, and a socket that keeps the same port of the other family from
/// other tests and refuses there.
fn on_one_family(option: &str, other: IpAddr) -> (Background, SocketAddr, Socket) {
    eventually("a port that is free of the other family, too", || {
        let (server, address) = serve(["tcp-echo", option, ":0"]);
        let beside = SocketAddr::new(other, address.port());
        let socket = Socket::new(Domain::for_address(beside), Type::STREAM, None).expect("a socket");
        socket.bind(&beside.into()).ok()?;
        Some((server, address, socket))
    })
}

/// The stderr of a line that must end with `status` and transfer nothing.
#[track_caller]
fn fails(line: &str, status: i32) -> String {
    let output = outcome_with(words!("{line}"), "lost");
    gave(&output, status, "");
    String::from_utf8(output.stderr).expect("text")
}

/// Runs a client against an echo server, and expects `hello` back.
#[track_caller]
fn gets_hello(line: &str) {
    gave(&outcome_with(words!("{line}"), "hello\n"), 0, "hello\n");
}

fn has_ipv6() -> Option<()> {
    TcpListener::bind("[::1]:0").map(drop).inspect_err(|error| println!("skipped: no IPv6 here: {error}")).ok()
}

/// A refused connection is status 3 at once, and the message has the address and the reason.
#[test]
fn a_refused_connection_is_reported_at_once() {
    let (_socket, address) = refusing();
    let (stderr, time) = timed(|| fails(&format!("tcp-client {address}"), 3));
    assert_eq!(stderr, format!("xport: connect {address}: Connection refused\n"));
    assert!(time < Duration::from_secs(9), "it took {time:?}");
    // The messages of the loop name the peer, and the failure is told once.
    let stderr = fails(&format!("-vvv tcp-client {address}"), 3);
    assert_eq!(stderr.matches("Connection refused").count(), 1, "{stderr}");
    assert!(stderr.contains(&format!("xport: #1 {address}: Event")) && !stderr.contains("child"), "{stderr}");
}

/// A connection attempt that hangs ends after `--connect-timeout`, with status 124.
#[test]
fn a_hanging_connection_times_out() {
    let full = full_queue();
    let (stderr, time) = timed(|| fails(&format!("tcp-client --connect-timeout 500ms {}", full.address), 124));
    assert!(stderr.starts_with(&format!("xport: connect {}: ", full.address)), "{stderr}");
    assert!(stderr.contains("timed out") && stderr.lines().count() == 1, "{stderr}");
    assert!(time >= Duration::from_millis(500) && time < Duration::from_secs(9), "it took {time:?}");
}

#[test]
fn a_connection_that_fails_later_was_never_connected() {
    let full = full_queue();
    let mut client = Background::start(words!("-vv tcp-client {}", full.address));
    client.line(&format!("connecting to {}", full.address));
    // The kernel repeats the request after a second, and finds a closed port.
    drop(full.listener);
    client.ends_with(3);
    assert!(client.count("Connection refused") > 0, "{:?}", client.all_lines());
    assert_eq!(client.count("connected"), 0, "{:?}", client.all_lines());
}

/// A name that does not resolve is status 3, and the message has the name and the operation.
#[test]
fn a_name_that_does_not_resolve_is_reported() {
    let mut command = xport(["tcp-client", "no.such.invalid:80"]);
    // This test does not wait for a name server that does not answer.
    let output = command.env("RES_OPTIONS", "timeout:1 attempts:1").output().expect("it runs");
    ended(&output, 3, "xport: resolve no.such.invalid: ");
}

/// A wrong address is a usage error with the reason: an IPv6 address that is ambiguous or without a known interface, or
/// a bad port, which is quoted.
#[test]
fn addresses_that_are_none_are_refused() {
    refuses([
        "tcp-client ::1:80 => ambiguous",
        "tcp-client [fe80::1]:80 => needs %interface",
        "tcp-client [fe80::1%nope]:80 => no interface 'nope'",
        "tcp-client [fe80::1%]:80 => interface",
        "tcp-client [::1 => [::1",
        "tcp-client [::1] => has no port",
        "tcp-client : => port",
        "tcp-client :99999 => 99999",
        "tcp-client :-1 => -1",
        "tcp-client :0 => port 0",
        "tcp-client 127.0.0.1: => port",
        "tcp-client :80x => 80x",
        "tcp-client :no-such-service => no-such-service",
        "tcp-echo :65536 => 65536",
        "tcp-echo ':80 ' => 80 ",
        "tcp-client -4 [::1]:80 => ::1",
        "tcp-client -6 127.0.0.1:80 => 127.0.0.1",
        "tcp-echo fd:-1 => fd:-1",
        "tcp-echo fd:x => fd:x",
    ]);
}

/// An IPv6 address in brackets, a mapped IPv4 address, and an address with an interface all connect.
#[test]
fn ipv6_addresses_of_each_form_are_connected_to() {
    let Some(()) = has_ipv6() else { return };
    let mut server = Background::start(words!("tcp-echo --listen [::1%lo]:0 --listen 127.0.0.1:0"));
    let (v6, v4) = (server.address().port(), server.address().port());
    gets_hello(&format!("tcp-client [::1]:{v6}"));
    gets_hello(&format!("tcp-client ::1 {v6}"));
    gets_hello(&format!("tcp-client [::1%lo]:{v6}"));
    gets_hello(&format!("tcp-client [::ffff:127.0.0.1]:{v4}"));
}

/// An IPv4 client of an IPv6 socket is reported as IPv4, and access lists treat it as IPv4.
#[test]
fn a_mapped_client_is_shown_and_judged_as_ipv4() {
    let Some(()) = has_ipv6() else { return };
    let (mut server, address) = serve(words!("-v tcp-echo [::]:0"));
    let to = SocketAddr::from(([127, 0, 0, 1], address.port()));
    let mut client = connect(to);
    ping(&mut client, b"hello");
    server.line(&format!("accepted {} on {to}", at(&client)));

    let (mut server, address) = serve(words!("-v tcp-echo --deny 127.0.0.0/8 [::]:0"));
    let mut denied = connect(SocketAddr::from(([127, 0, 0, 1], address.port())));
    assert!(rest_of(&mut denied).is_empty());
    server.line(&format!("denied {}", at(&denied)));
    ping(&mut connect(SocketAddr::from((Ipv6Addr::LOCALHOST, address.port()))), b"still here");
}

/// The real port is in its own line, and a reader of the line can connect at once.
#[test]
fn the_port_that_the_kernel_chose_is_announced_once_it_listens() {
    for _ in 0..10 {
        let mut server = Background::start(["tcp-echo", "127.0.0.1:0"]);
        let line = server.line("listening on");
        let port = line.strip_prefix("xport: listening on 127.0.0.1:").expect("the address, and nothing else");
        let address = SocketAddr::from(([127, 0, 0, 1], port.parse().expect("a port")));
        assert_ne!(address.port(), 0);
        // Only one attempt, without retries.
        TcpStream::connect(address).expect("it listens already");
    }
}

/// A port in use is status 3, and its server is not disturbed.
#[test]
fn a_port_in_use_is_not_shared() {
    let (_first, address) = serve(["tcp-echo", "127.0.0.1:0"]);
    // If one of several addresses fails, none is served or announced.
    for line in ["tcp-echo", "tcp-server", "tcp-echo 127.0.0.1:0 --listen"] {
        let stderr = fails(&format!("{line} {address}"), 3);
        assert_eq!(stderr, format!("xport: listen {address}: Address already in use (:0 takes a free port)\n"));
    }
    ping(&mut connect(address), b"undisturbed");
}

/// A server can restart on its port while old connections are in TIME_WAIT.
#[test]
fn a_server_restarts_while_old_connections_linger() {
    let (mut server, address) =
        serve_by(command(["tcp-server", "--half-close", "now", "127.0.0.1:0"]).stdin(Stdio::null()));
    let mut client = connect(address);
    assert_eq!(read_once(&mut client, &mut [0]).expect("its end comes first"), 0);
    drop(client);
    server.ends_with(0);
    // `local_address` in hex, state 06: TIME_WAIT.
    let lingering = format!(":{:04X}", address.port());
    let lingers = eventually("TIME_WAIT", || {
        let table = fs::read_to_string("/proc/net/tcp").expect("a table");
        let rows = table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
        let states = Vec::from_iter(rows.filter(|row| row[1].ends_with(&lingering)).map(|row| row[3] == "06"));
        states.iter().all(|is_waiting| *is_waiting).then_some(!states.is_empty())
    });
    if !lingers {
        return println!("skipped: the connection has left no TIME_WAIT behind");
    }
    let mut again = Background::start(["tcp-echo", &address.to_string()]);
    assert_eq!(again.address(), address);
    ping(&mut connect(address), b"again");
}

#[test]
fn a_privileged_port_is_refused() {
    let lowest = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap_or_default();
    if lowest.trim().parse::<u16>().is_ok_and(|port| port <= 80) {
        return println!("skipped: every port is for everyone here");
    }
    let Some(everyone) = Everyone::new() else { return };
    let command = everyone.command(["tcp-echo", "127.0.0.1:80"]);
    ended(&Background::spawn(command).finish(), 3, "listen 127.0.0.1:80: Permission denied");
}

/// Listening on or connecting from a foreign address is status 3.
#[test]
fn an_address_of_another_machine_is_refused() {
    let stderr = fails("tcp-echo 203.0.113.99:0", 3);
    assert_eq!(stderr, "xport: listen 203.0.113.99:0: Cannot assign requested address\n");
    let (_socket, address) = refusing();
    let stderr = fails(&format!("tcp-client --source 203.0.113.99 {address}"), 3);
    assert!(stderr.contains("Cannot assign requested address"), "{stderr}");
    // A bad source is reported differently from a peer that refuses.
    assert!(stderr.contains("203.0.113.99"), "the message does not name the source: {stderr}");
}

#[test]
fn the_source_address_is_what_the_peer_sees() {
    // Without an address, the port must be free on every address.
    let (_reserved, free) = reserve(Ipv4Addr::UNSPECIFIED.into());
    let port = free.port();
    for source in ["127.0.0.76".to_owned(), format!("127.0.0.77:{port}"), format!(":{port}")] {
        let peer = Peer::serve(|stream| stream.peer_addr().expect("an address"));
        gave(&outcome(words!("tcp-client --source {source} {}", peer.address)), 0, "");
        let seen = peer.join().to_string();
        assert!(seen.contains(&source), "{source}: {seen}");
    }
}

/// `--source :PORT` has no family, so it works for IPv6 and for IPv4.
#[test]
fn a_source_port_alone_serves_ipv6_too() {
    let Some(()) = has_ipv6() else { return };
    let (_reserved, free) = reserve(Ipv6Addr::UNSPECIFIED.into());
    let free = free.port();
    let (mut server, address) = serve(["-v", "tcp-echo", "[::1]:0"]);
    gets_hello(&format!("tcp-client --source :{free} {address}"));
    assert!(server.line("accepted ").contains(&format!("accepted [::1]:{free} on ")));
}

/// `--retry` goes on until the server is there. The session is then like any other.
#[test]
fn a_server_that_appears_later_is_found() {
    let (socket, address) = refusing();
    let mut client = Background::start(words!("-v tcp-client --retry 1000 --retry-delay 20ms {address}"));
    client.line("trying again");
    client.stdin().write_all(b"at last").expect("it waits");
    socket.listen(8).expect("it listens");
    let mut served = accept(&TcpListener::from(socket));
    assert_eq!(take_all(&mut served), b"at last");
    drop(served);
    client.ends_with(0);
}

/// `--retry N` makes N more attempts, `--retry-delay` apart, and then reports the last failure with status 3.
#[test]
fn tries_are_counted_and_spaced() {
    let (_socket, address) = refusing();
    let (stderr, time) = timed(|| fails(&format!("-v tcp-client --retry 3 --retry-delay 100ms {address}"), 3));
    assert!(time >= Duration::from_millis(300), "it took {time:?}");
    assert_eq!(stderr.matches("trying again").count(), 3, "{stderr}");
    assert!(stderr.ends_with(&format!("xport: #1 connect {address}: Connection refused\n")), "{stderr}");
    assert_eq!(stderr.lines().count(), 4, "{stderr}");
}

/// A client from this address.
fn connect_from(source: [u8; 4], address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from((source, 0)).into()).expect("a source");
    socket.connect_timeout(&address.into(), DEADLINE).expect("the kernel accepts");
    with_deadline(socket.into())
}

/// Whether an echo server with these options serves a client from `source`.
fn is_served(options: &str, source: [u8; 4]) -> bool {
    let (_server, address) = serve(words!("tcp-echo {options} 127.0.0.1:0"));
    let mut client = connect_from(source, address);
    // The connection can be closed already.
    let _ = client.write_all(b"?").and_then(|()| client.shutdown(Shutdown::Write));
    rest_of(&mut client) == b"?"
}

/// An allowed client is served. A client that is denied or not allowed is closed without a byte. Deny wins.
#[test]
fn access_lists_decide_who_is_served() {
    let (one, two) = ([127, 0, 0, 1], [127, 0, 0, 2]);
    for (options, source, served) in [
        ("", one, true),
        ("--deny 127.0.0.0/8", one, false),
        ("--deny 127.0.0.2", one, true),
        ("--deny 127.0.0.2", two, false),
        ("--allow 127.0.0.1/32", one, true),
        ("--allow 127.0.0.1/32", two, false),
        ("--allow 10.0.0.0/8,127.0.0.2", two, true),
        ("--allow 127.0.0.0/8 --deny 127.0.0.2/32", one, true),
        ("--allow 127.0.0.2/32 --deny 127.0.0.0/8", two, false),
        ("--allow 0.0.0.0/0", two, true),
        ("--deny 0.0.0.0/0", two, false),
        ("--deny ::/0", one, true),
    ] {
        assert_eq!(is_served(options, source), served, "{options:?} from {source:?}");
    }
}

#[test]
fn a_denied_client_does_not_use_up_the_session() {
    let (mut server, address) = serve(words!("tcp-server --deny 127.0.0.2 127.0.0.1:0"));
    server.stdin().write_all(b"for the right one").expect("it waits");
    is_turned_away(Ok(connect_from([127, 0, 0, 2], address)));
    assert_eq!(take_all(&mut connect(address)), b"for the right one");
    server.ends_with(0);
}

/// `-4` and `-6` select one family of the loopback. By default, both families have the same port.
#[test]
fn the_family_can_be_chosen() {
    if has_ipv6().is_none() {
        assert!(Background::start(["tcp-echo", "-4", ":0"]).address().is_ipv4());
        return;
    }
    let (_server, v4, _refuses) = on_one_family("-4", Ipv6Addr::LOCALHOST.into());
    assert!(v4.is_ipv4());
    // Nothing listens on the other family.
    TcpStream::connect(("::1", v4.port())).expect_err("nobody listens on IPv6");
    let port = v4.port();
    gets_hello(&format!("tcp-client -4 localhost {port}"));
    gets_hello(&format!("tcp-client localhost {port}"));
    fails(&format!("tcp-client -6 localhost {port}"), 3);

    let (_server, v6, _refuses) = on_one_family("-6", Ipv4Addr::LOCALHOST.into());
    assert!(v6.is_ipv6());
    gets_hello(&format!("tcp-client -6 localhost {}", v6.port()));
    gets_hello(&format!("tcp-client {}", v6.port()));

    let mut server = Background::start(words!("tcp-echo :0"));
    let (one, other) = (server.address(), server.address());
    assert_eq!(one.port(), other.port());
    assert_ne!(one.is_ipv4(), other.is_ipv4());
    assert!(one.ip().is_loopback() && other.ip().is_loopback());
}

/// `-n` looks up no name: an address connects, and a name is refused at once, with the reason.
#[test]
fn numeric_means_no_look_ups() {
    let (_server, address) = serve(words!("tcp-echo -n 127.0.0.1:0"));
    gets_hello(&format!("tcp-client -n {address}"));
    for mode in ["tcp-client", "tcp-echo"] {
        let stderr = fails(&format!("{mode} -n some.example:80"), 3);
        assert_eq!(stderr, "xport: resolve some.example: not a numeric address\n");
    }
}

/// `--listen` can be repeated: one program announces and serves every address.
#[test]
fn several_addresses_are_served() {
    let mut server = Background::start(words!("tcp-echo 127.0.0.1:0 --listen 127.0.0.2:0 --listen 127.0.0.3:0"));
    for ip in ["127.0.0.1", "127.0.0.2", "127.0.0.3"] {
        let address = server.address();
        assert_eq!(address.ip().to_string(), ip);
        ping(&mut connect(address), b"here too");
    }
}

/// `fd:N` can be a listener: it is served like any other, and its flags stay as they were.
#[test]
fn an_inherited_listener_is_served() {
    let (listener, address) = listening();
    // This connection is in the queue before the program starts.
    let mut early = connect(address);
    let mut command = command(["tcp-echo", &format!("fd:{}", listener.as_raw_fd())]);
    pass_on(&mut command, &listener);
    let mut server = Background::spawn(command);
    assert_eq!(server.address(), address);
    ping(&mut early, b"early");
    ping(&mut connect(address), b"late");
    assert!(!SockRef::from(&listener).nonblocking().expect("flags"), "O_NONBLOCK is set on a shared description");
}

#[test]
fn nothing_is_opened_of_what_is_inherited() {
    let lines = [
        "tcp-client --retry 3",
        "tcp-client --retry-delay 3s",
        "tcp-client --connect-timeout 3s",
        "tcp-client --source :3",
        "tcp-client --numeric",
        "tls-client --insecure --retry 3",
        "udp-client -4",
        "unix-client --retry 3",
        "tcp-echo -6",
        "tcp-server --backlog 3",
        "tls-server --self-signed --backlog 3",
    ];
    refuses(lines.map(|line| {
        let option = line.split(' ').rfind(|word| word.starts_with('-')).expect("there is one");
        format!("{line} fd:9 => xport: {option} does nothing for 'fd:9', which is open already")
    }));
    // A variable is a default for all runs.
    let mut run = xport(["tcp-client", "fd:9"]);
    gave(&run.env("XPORT_CONNECT_TIMEOUT", "3s").output().expect("it runs"), 3, "");
}

/// `fd:N` can be a connection: a client uses it as its peer, an echo server as its only client. As under inetd, the
/// connection can be stdin.
#[test]
fn an_inherited_connection_is_used() {
    for line in ["tcp-echo fd:N", "tcp-client fd:N", "tcp-echo fd:0"] {
        let (listener, address) = listening();
        let theirs = connect(address);
        let mut ours = accept(&listener);
        let mut command = command(words!("{}", line.replace('N', &theirs.as_raw_fd().to_string())));
        if line.ends_with("fd:0") {
            command.stdin(OwnedFd::from(theirs.try_clone().expect("a copy")));
        } else {
            pass_on(&mut command, &theirs);
        }
        let mut program = Background::spawn(&mut command);
        drop((theirs, command));
        if line.starts_with("tcp-echo") {
            ping(&mut ours, b"inetd");
        } else {
            feed(program.stdin(), b"to the peer".to_vec());
            assert_eq!(take_all(&mut ours), b"to the peer");
        }
        drop(ours);
        program.ends_with(0);
    }
}

/// `fd:N` that is not open, or of the wrong kind, is status 3, and the message has its number.
#[test]
fn an_unfit_descriptor_is_refused() {
    let stderr = fails("tcp-echo fd:99", 3);
    assert!(stderr.contains("fd:99") && stderr.contains("Bad file descriptor"), "{stderr}");
    let stderr = fails("tcp-echo fd:0", 3);
    assert!(stderr.contains("fd:0") && stderr.contains("not a socket") | stderr.contains("non-socket"), "{stderr}");
}
