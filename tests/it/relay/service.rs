//! Tests `relay` as a service: many clients, shortages and leaks, access lists, signals and time limits, inherited
//! sockets.

use crate::harness::*;

/// An echo server in this process, while the tests run.
fn echo() -> SocketAddr {
    let (listener, address) = listening();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let _ = io::copy(&mut stream.try_clone().expect("a copy"), &mut stream);
                let _ = stream.shutdown(Shutdown::Write);
            });
        }
    });
    address
}

/// A relay that listens on TCP, and its address.
#[track_caller]
fn serve_relay(right: &str) -> (Background, SocketAddr) {
    relaying(&[], "tcp-listen:127.0.0.1:0", right)
}

/// A client with this local address.
fn connect_from(ip: [u8; 4], address: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from((Ipv4Addr::from(ip), 0)).into()).expect("all of 127.0.0.0/8 is ours");
    socket.connect_timeout(&address.into(), DEADLINE)?;
    Ok(with_deadline(socket.into()))
}

/// Waits until the program has as many descriptors as before.
#[track_caller]
fn comes_back_to(relay: &Background, fds: usize, after: &str) {
    eventually(&format!("{fds} descriptors after {after}"), || (relay.fds() == fds).then_some(()));
}

/// The lines of stderr without `listening on`.
fn words(relay: &mut Background) -> Vec<String> {
    relay.all_lines().into_iter().filter(|line| !line.contains("listening on")).collect()
}

#[test]
fn many_clients_have_a_right_end_each() {
    let (upstream, at) = listening();
    let (mut relay, address) = serve_relay(&format!("tcp:{at}"));
    let base = relay.fds();
    let clients = Vec::from_iter((0..50_u8).map(|number| {
        let mut client = connect(address);
        let mut server = accept(&upstream);
        passes(&mut client, &mut server, [number; 3]);
        (client, server, number)
    }));
    for (mut client, mut server, number) in clients.into_iter().rev() {
        passes(&mut server, &mut client, [!number; 5]);
        drop(client);
        assert_eq!(take_all(&mut server), []);
    }
    comes_back_to(&relay, base, "fifty clients");
    relay.drains();
    assert_eq!(words(&mut relay), [] as [&str; 0]);
}

#[test]
fn many_clients_have_a_child_each() {
    let (relay, address) = serve_relay("exec:cat");
    let base = relay.fds();
    let mut clients: Vec<_> = (0..20).map(|_| connect(address)).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        ping(client, format!("client {number}").as_bytes());
    }
    for client in &mut clients {
        client.shutdown(Shutdown::Write).expect("it is there");
        assert_eq!(take_all(client), []);
    }
    comes_back_to(&relay, base, "twenty children");
}

/// Each client sends more than a program and its pipes hold, reads nothing, and closes. Its end comes before the reset.
#[test]
fn a_client_that_reads_nothing_and_goes_leaves_no_child() {
    let (mut relay, address) = relaying(&["-v"], "tcp-listen:127.0.0.1:0", "exec:cat");
    for _ in 0..4 {
        let mut client = connect(address);
        client.set_write_timeout(Some(Duration::from_millis(500))).expect("a time limit");
        // The writes end when all buffers are full.
        for _ in 0..16 {
            if client.write(&[b'x'; 65_536]).is_err() {
                break;
            }
        }
    }
    for _ in 0..4 {
        relay.line("has ended with status");
    }
}

#[test]
fn lines_go_through_a_program_as_they_come() {
    plays(&["relay - 'exec:grep --line-buffered x': type no\nax\n; see ax\n; type none\nxb\n; see xb\n; eof; see $; \
        status 0"]);
}

/// Each client without an upstream is closed promptly, with one log line, and a later client with an upstream is
/// served.
#[test]
fn an_upstream_that_refuses_costs_its_client_only() {
    let (_kept, closed) = refusing();
    let (mut relay, address) = serve_relay(&format!("tcp:{closed}"));
    for _ in 0..3 {
        is_turned_away(TcpStream::connect(address));
        relay.line(&format!("connect {closed}: Connection refused"));
    }
    assert!(relay.is_running());
    assert_eq!(words(&mut relay).len(), 3, "{:?}", relay.all_lines());

    let (_ground, path) = path("late");
    let (mut relay, address) = serve_relay(&format!("unix:{}", path.display()));
    is_turned_away(TcpStream::connect(address));
    relay.line("No such file or directory");
    let upstream = UnixListener::bind(&path).expect("a socket");
    let mut client = connect(address);
    client.write_all(b"now").expect("it takes the bytes");
    assert_eq!(take(&mut upstream.accept().expect("a client").0, 3), b"now");
}

/// At the limit of descriptors, clients without a right end are closed, others are served, and all descriptors are free
/// in the end.
#[test]
fn without_descriptors_for_the_right_end_a_client_is_turned_away() {
    let upstream = format!("tcp:{}", echo());
    let mut complaints = Vec::new();
    for limit in [24, 25] {
        let mut command = command(["relay", "tcp-listen:127.0.0.1:0", &upstream]);
        limit_descriptors(&mut command, limit);
        let (mut relay, address) = serve_by(command);
        let base = relay.fds();
        ping(&mut connect(address), b"warm");
        comes_back_to(&relay, base, "a client");
        let mut served = connect(address);
        ping(&mut served, b"first");
        let crowd: Vec<_> = (0..32).map(|_| try_connect(address)).collect();
        complaints.push(relay.line("Too many open files"));
        ping(&mut served, b"still there");
        drop(crowd);
        eventually("a new client is served", || {
            let mut client = try_connect(address).ok()?;
            client.write_all(b"x").ok()?;
            (read_once(&mut client, &mut [0]).ok()? == 1).then_some(())
        });
        ping(&mut served, b"still there");
        drop(served);
        eventually("no descriptors are open for nobody", || (relay.fds() < 12).then_some(()));
    }
    assert!(complaints.iter().any(|line| !line.contains("accept")), "no right end was without: {complaints:?}");
}

#[test]
fn no_client_leaves_a_descriptor_behind() {
    const CLIENTS: usize = 200;
    let upstream = format!("tcp:{}", echo());
    let (_kept, closed) = refusing();
    let (relay, address) = serve_relay(&upstream);
    ping(&mut connect(address), b"warm");
    let (turned_away, refused) = serve_relay(&format!("tcp:{closed}"));
    let (denying, denied) = relaying(&[], "tcp-listen:127.0.0.1:0,allow=10.0.0.0/8", &upstream);
    comes_back_to(&relay, turned_away.fds(), "a first client");
    let base = relay.fds();
    for _ in 0..CLIENTS {
        ping(&mut connect(address), b"one of many");
        let mut vanishing = connect(address);
        vanishing.write_all(b"gone before there is an answer").expect("it takes the bytes");
        reset(vanishing);
        is_turned_away(TcpStream::connect(refused));
        is_turned_away(TcpStream::connect(denied));
    }
    comes_back_to(&relay, base, "clients that were served or vanished");
    comes_back_to(&turned_away, base, "clients whose upstream has refused");
    comes_back_to(&denying, base, "clients that were denied");
}

#[test]
fn an_access_list_is_asked_before_anything_is_opened() {
    let (upstream, at) = listening();
    let right = format!("tcp:{at}");
    let left = "tcp-listen:127.0.0.1:0,allow=127.0.0.2/31,allow=127.0.0.9,deny=127.0.0.3";
    let (_relay, address) = relaying(&[], left, &right);
    for (last, allowed) in [(1, false), (2, true), (3, false), (9, true), (8, false)] {
        let client = connect_from([127, 0, 0, last], address);
        if !allowed {
            is_turned_away(client);
            continue;
        }
        let mut client = client.expect("it is let in");
        client.write_all(&[last]).expect("it takes the byte");
        // The first connection upstream is that of the admitted client. Denied clients open nothing.
        assert_eq!(take(&mut accept(&upstream), 1), [last]);
    }
    upstream.set_nonblocking(true).expect("a flag");
    assert_eq!(upstream.accept().expect_err("for a client that was denied").kind(), ErrorKind::WouldBlock);
    let (mut nobody, address) = relaying(&["-v"], "tcp-listen:127.0.0.1:0,deny=0.0.0.0/0", &right);
    is_turned_away(TcpStream::connect(address));
    nobody.line("denied 127.0.0.1:");
}

#[test]
fn a_unix_socket_has_the_mode_and_takes_the_place_that_were_asked_for() {
    let (_ground, path) = path("s");
    make_stale(&path);
    let upstream = format!("tcp:{}", echo());
    let left = format!("unix-listen:{}", path.display());
    let output = outcome(["relay", &left, &upstream]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    for (options, mode) in [(",replace-stale", 0o600), (",mode=0620", 0o620)] {
        let mut relay = Background::start(["relay", &format!("{left}{options}"), &upstream]);
        let mut client = relay.unix_client(&path);
        assert_eq!(fs::metadata(&path).expect("it is there").mode() & 0o777, mode);
        ping(&mut client, b"hello");
        drop(client);
        relay.drains();
        assert!(!path.exists(), "the socket is left behind");
    }
}

#[test]
fn the_port_file_of_an_endpoint_has_its_port() {
    let (_ground, path) = path("port");
    let left = format!("tcp-listen:127.0.0.1:0,port-file={}", path.display());
    let (mut relay, address) = relaying(&[], &left, &format!("tcp:{}", echo()));
    assert_eq!(fs::read_to_string(&path).expect("it is there").trim(), address.port().to_string());
    relay.drains();
    assert!(!path.exists(), "the port file is left behind");
}

#[test]
fn the_options_of_what_connects_are_its_own() {
    let full = full_queue();
    let output = outcome(["relay", "-", &format!("tcp:{},connect-timeout=300ms", full.address)]);
    ended(&output, 124, &full.address.to_string());
    let (upstream, at) = listening();
    let right = format!("tcp:{at},source=127.0.0.5");
    let (_relay, address) = serve_relay(&right);
    let _client = connect(address);
    assert_eq!(accept(&upstream).peer_addr().expect("an address").ip(), Ipv4Addr::new(127, 0, 0, 5));
}
