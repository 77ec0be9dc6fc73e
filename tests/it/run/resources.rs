//! Tests shortages: more clients than descriptors, clients that never read, floods and leaks.

use crate::harness::*;

/// Whether this test can open `count` descriptors beside those of the other tests. Prints a note if not.
fn has_room(count: u64) -> Option<()> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is alive for both calls.
    unsafe {
        libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit);
        limit.rlim_cur = limit.rlim_max;
        libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
    }
    let has = limit.rlim_max >= count + 8000;
    if !has {
        println!("skipped: {count} descriptors more are too many here");
    }
    has.then_some(())
}

/// An echo server, and its address.
fn echo(options: &[&str]) -> (Background, SocketAddr) {
    serve([&["tcp-echo"], options, &["127.0.0.1:0"]].concat())
}

/// How many descriptors an idle server has open.
#[track_caller]
fn at_rest(server: &Background) -> usize {
    server.comes_to_rest();
    server.fds()
}

/// A connection to `address` with small buffers, which soon fill up.
fn narrow(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("SO_RCVBUF");
    socket.set_send_buffer_size(4096).expect("SO_SNDBUF");
    // Small segments keep the buffers of the other end small as well.
    socket.set_tcp_mss(1000).expect("TCP_MAXSEG");
    socket.connect_timeout(&address.into(), DEADLINE).expect("it accepts");
    with_deadline(socket.into())
}

/// Expects that nothing comes for a while.
#[track_caller]
fn is_not_served(stream: &TcpStream) {
    assert!(!has_come(stream, Duration::from_millis(300)), "this one has to wait, but {} bytes came", queued(stream));
}

/// Without descriptors, a server neither spins nor floods its log. It serves its clients, and accepts waiting ones as
/// soon as there is room, even if no new client comes.
#[test]
fn a_server_without_descriptors_waits_for_room() {
    let mut command = command(["tcp-echo", "127.0.0.1:0"]);
    limit_descriptors(&mut command, 24);
    let (mut server, address) = serve_by(command);
    let mut clients: Vec<TcpStream> = (0..32).map(|_| connect(address)).collect();
    server.line("Too many open files");
    let before = server.cpu();
    let (served, waiting) = clients.split_at_mut(8);
    served.iter_mut().for_each(|client| ping(client, b"served meanwhile"));
    pass(Duration::from_secs(2), "a server that spins would show in this time");
    assert!(server.cpu() - before < 0.1, "{} s of CPU in two seconds", server.cpu() - before);
    assert_eq!(server.count("Too many open files"), 1);
    is_not_served(waiting.last().expect("there are some"));
    clients.drain(..24);
    clients.iter_mut().for_each(|client| ping(client, b"room at last"));
}

/// At its limit, a server does not log a line for each client.
#[test]
fn a_server_at_its_limit_does_not_flood_its_log() {
    let mut command = command(["tcp-echo", "127.0.0.1:0"]);
    limit_descriptors(&mut command, 24);
    let (mut server, address) = serve_by(command);
    let start = Instant::now();
    let mut clients: std::collections::VecDeque<TcpStream> = (0..300).map(|_| connect(address)).collect();
    while let Some(mut client) = clients.pop_front() {
        ping(&mut client, b"one by one");
    }
    server.line("Too many open files");
    let seconds = start.elapsed().as_secs() as usize + 1;
    let complaints = server.count("Too many open files");
    assert!((1..=10 * seconds).contains(&complaints), "{complaints} lines in {seconds} s");
}

/// No error of `accept(2)` ends a listener: errors of one connection are skipped, and errors of the machine are one
/// line.
#[test]
fn a_listener_survives_every_error_of_accept() {
    if shim().is_none() {
        return;
    }
    let of_one = [libc::ECONNABORTED, libc::EPROTO, libc::EPERM, libc::ENETDOWN, libc::EINTR];
    let of_all = [libc::ENFILE, libc::EMFILE, libc::ENOBUFS, libc::ENOMEM];
    for_each(of_one.into_iter().chain(of_all), |error| {
        let faults = [("ACCEPT_TIMES", 3), ("ACCEPT", error)];
        let command = misbehaving(command(words!("tcp-echo 127.0.0.1:0")), &faults).expect("a library");
        let (mut server, address) = serve_by(command);
        ping(&mut connect(address), b"hello");
        let expected = usize::from(of_all.contains(&error));
        if expected > 0 {
            server.line("accept");
        }
        assert_eq!(server.count("accept"), expected, "{:?}", server.all_lines());
    });
}

#[test]
fn clients_that_are_gone_before_they_are_accepted_do_no_harm() {
    for args in [["tcp-echo", "127.0.0.1:0"].as_slice(), &["tcp-server", "-k", "127.0.0.1:0"]] {
        let (mut server, address) = serve(args);
        let mut stdout = server.stdout();
        let before = at_rest(&server);
        server.signal(libc::SIGSTOP);
        for _ in 0..50 {
            reset(connect(address));
        }
        let mut alive = connect(address);
        server.signal(libc::SIGCONT);
        if args[0] == "tcp-echo" {
            ping(&mut alive, b"hello");
        } else {
            alive.write_all(b"hello").expect("it is accepted");
            assert_eq!(take(&mut stdout, 5), b"hello");
        }
        reset(alive);
        eventually("the descriptors are free", || (server.fds() <= before).then_some(()));
        assert!(server.is_running());
        assert_eq!(server.count("panicked"), 0, "{:?}", server.all_lines());
    }
}

/// With very few descriptors, a program works or ends with status 1 and a message. It never panics.
#[test]
fn too_few_descriptors_at_the_start_are_reported() {
    let (_keep, address) = echo(&[]);
    let client = format!("tcp-client {address}");
    for (line, works) in
        [("tcp-echo 127.0.0.1:0", "listening on"), ("tcp-server 127.0.0.1:0", "listening on"), (&client, "connected")]
    {
        let mut refused = 0;
        // Three are the standard streams, and the dynamic linker needs one more.
        for limit in 4..14 {
            let mut command = command(words!("-v {line}"));
            limit_descriptors(&mut command, limit);
            let mut program = Background::spawn(command);
            let has_ended = eventually("an end or a beginning", || {
                if !program.is_running() {
                    return Some(true);
                }
                (program.count(works) > 0).then_some(false)
            });
            if !has_ended {
                continue;
            }
            refused += 1;
            ended(&program.finish(), 1, "Too many open files");
        }
        assert!(refused > 0, "{line} needs no descriptors at all?");
    }
}

#[test]
fn a_storm_of_connections_is_served() {
    const CLIENTS: usize = 3000;
    let Some(()) = has_room(CLIENTS as u64) else { return };
    let (_server, address) = echo(&[]);
    let mut old = connect(address);
    let storm = thread::spawn(move || (0..CLIENTS).map(|_| connect(address)).collect::<Vec<_>>());
    while !storm.is_finished() {
        ping(&mut old, b"meanwhile");
    }
    let mut clients = storm.join().expect("all are accepted");
    for client in &mut clients {
        client.write_all(b"hello").expect("it takes the bytes");
    }
    ping(&mut old, b"after");
    clients.iter_mut().for_each(|client| expect(client, b"hello"));
}

/// Expects that exactly `limit` clients are served, and the next one when the first one leaves.
#[track_caller]
fn admits_exactly(limit: usize, addresses: &[SocketAddr]) {
    let connect = |i: usize| connect(addresses[i % addresses.len()]);
    let mut inside: Vec<_> = (0..limit).map(connect).collect();
    inside.iter_mut().for_each(|client| ping(client, b"inside"));
    let mut outside: Vec<_> = (0..5).map(connect).collect();
    outside.iter_mut().for_each(|client| client.write_all(b"outside").expect("the kernel takes it"));
    outside.iter().for_each(is_not_served);
    inside.iter_mut().for_each(|client| ping(client, b"still"));
    drop(inside);
    outside.iter_mut().for_each(|client| expect(client, b"outside"));
}

/// `--max-conns` clients are served at once, others wait, and the count stays right.
#[test]
fn the_number_of_clients_is_limited_and_never_drifts() {
    let (server, address) = echo(&["--max-conns", "10"]);
    let before = at_rest(&server);
    admits_exactly(10, &[address]);
    for i in 0..300 {
        let mut client = connect(address);
        match i % 3 {
            0 => drop(client),
            1 => reset(client),
            _ => {
                client.write_all(b"and away").expect("the kernel takes it");
                reset(client);
            }
        }
    }
    eventually("the descriptors are free", || (server.fds() == before).then_some(()));
    admits_exactly(10, &[address]);
}

/// With several addresses, `--max-conns` counts the clients of the whole server.
#[test]
fn the_number_of_clients_is_that_of_all_listeners_together() {
    let mut server = Background::start(["tcp-echo", "--max-conns", "6", "127.0.0.1:0", "--listen", "127.0.0.2:0"]);
    let addresses = [server.address(), server.address()];
    admits_exactly(6, &addresses);
}

/// An idle connection costs no more than 16 KiB and no CPU, and gives its descriptor back.
#[test]
fn idle_connections_cost_little() {
    const CLIENTS: usize = 2000;
    let Some(()) = has_room(CLIENTS as u64) else { return };
    let (server, address) = echo(&[]);
    ping(&mut connect(address), b"everything is in place");
    let (fds, rss) = (at_rest(&server), server.rss_kib());
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| connect(address)).collect();
    clients.iter_mut().for_each(|client| ping(client, b"hello"));
    assert!(server.rss_kib() <= rss + 16 * CLIENTS as u64, "{rss} KiB at first, {} KiB now", server.rss_kib());
    server.comes_to_rest();
    // The server can look idle only because other processes ran.
    eventually("it uses no CPU time", || {
        let cpu = server.cpu();
        pass(Duration::from_secs(1), "a window in which CPU time would show");
        (server.cpu() - cpu < 0.05).then_some(())
    });
    ping(&mut connect(address), b"one more");
    drop(clients);
    eventually("the descriptors are free", || (server.fds() <= fds).then_some(()));
}

/// Denied clients leave no descriptors behind.
#[test]
fn denied_clients_leak_nothing() {
    let (mut server, address) = echo(&["--allow", "10.0.0.0/8"]);
    let before = at_rest(&server);
    for _ in 0..2000 {
        is_turned_away(try_connect(address));
    }
    eventually("the descriptors are free", || (server.fds() <= before).then_some(()));
    assert!(server.all_lines().len() <= 10, "{} lines", server.all_lines().len());
}

#[test]
fn served_clients_leak_nothing() {
    let (server, address) = echo(&[]);
    let round = |count: usize| {
        for i in 0..count {
            let mut client = connect(address);
            ping(&mut client, b"hello");
            if i % 2 == 0 {
                reset(client);
            }
        }
    };
    let before = at_rest(&server);
    round(500);
    eventually("the descriptors are free", || (server.fds() <= before).then_some(()));
    let rss = server.rss_kib();
    round(1500);
    eventually("the descriptors are free", || (server.fds() <= before).then_some(()));
    assert!(server.rss_kib() <= rss + 1024, "{rss} KiB after 500 clients, {} KiB after 2000", server.rss_kib());
}

/// Writes until nothing more fits, at most `limit` bytes, and returns the count.
fn stuff(mut client: &TcpStream, limit: usize, patience: Duration) -> usize {
    let block = [b'x'; 65536];
    client.set_write_timeout(Some(patience)).expect("a timeout");
    let mut sent = 0;
    while sent < limit {
        match client.write(&block) {
            Ok(count) => sent += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => (),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
            Err(error) => panic!("after {sent} bytes: {error}"),
        }
    }
    sent
}

/// A client that never reads costs no memory, and gets everything once it reads.
#[test]
fn a_client_that_never_reads_has_to_wait() {
    const MANY: usize = 200 << 20;
    let (server, address) = echo(&[]);
    ping(&mut connect(address), b"everything is in place");
    let before = server.rss_kib();
    let mut client = connect(address);
    let sent = stuff(&client, MANY, Duration::from_millis(500));
    assert!(sent < MANY, "nobody stopped the sender");
    assert!(server.rss_kib() <= before + 2048, "{before} KiB at first, {} KiB now", server.rss_kib());
    server.comes_to_rest();
    ping(&mut connect(address), b"others are served");
    client.shutdown(Shutdown::Write).expect("it is connected");
    assert_eq!(take_all(&mut client).len(), sent);
}

/// Hundreds of clients that never read cost only their water marks, and other clients are served.
#[test]
fn a_crowd_that_never_reads_has_to_wait() {
    const CLIENTS: usize = 300;
    let (server, address) = echo(&["--high-water", "32K"]);
    ping(&mut connect(address), b"everything is in place");
    let before = server.rss_kib();
    let clients: Vec<TcpStream> = (0..CLIENTS).map(|_| narrow(address)).collect();
    let mut sent = vec![0; CLIENTS];
    // More than the kernel buffers for one client at both ends.
    const MANY: usize = 64 << 20;
    // All clients write in turns until none of them can write any more.
    let stuck = |sent: &mut Vec<usize>| {
        let total: usize = sent.iter().sum();
        for (client, sent) in clients.iter().zip(sent.iter_mut()).filter(|(_, sent)| **sent < MANY) {
            client.set_nonblocking(true).expect("a flag");
            *sent += stuff(client, 256 << 10, Duration::from_secs(1));
        }
        sent.iter().sum::<usize>() == total
    };
    eventually("everyone is stuck", || {
        thread::park_timeout(Duration::from_millis(50));
        // Nothing was taken, but perhaps the server has only not run.
        (stuck(&mut sent) && clients.iter().all(is_full)).then_some(())
    });
    assert!(sent.iter().all(|sent| *sent < MANY), "somebody was not stopped");
    let each = 32 + 512; // High water, and what one read gives.
    let limit = before + each * CLIENTS as u64 + 2048;
    assert!(server.rss_kib() <= limit, "{before} KiB at first, {} KiB now", server.rss_kib());
    server.comes_to_rest();
    ping(&mut connect(address), b"others are served");
}

/// A fast writer and a slow reader: all bytes arrive, without much memory or CPU time.
#[test]
fn a_slow_reader_gets_everything() {
    const BYTES: usize = 20 << 20;
    let mut server = Background::start(["tcp-server", "127.0.0.1:0"]);
    let mut client = connect(server.address());
    let before = server.rss_kib();
    let data = pattern(BYTES);
    feed(server.stdin(), data.clone());
    let mut received = vec![0; BYTES];
    let mut most = before;
    for part in received.chunks_mut(256 << 10) {
        client.read_exact(part).expect("the next part");
        most = most.max(server.rss_kib());
        pass(Duration::from_millis(10), "the reader is slow");
    }
    assert!(received == data, "the bytes are not the same");
    assert!(most <= before + 2048, "{before} KiB at first, {most} KiB at most");
    assert!(server.cpu() < 2.0, "{} s of CPU", server.cpu());
    drop(client);
    server.ends_with(0);
}

#[test]
fn failing_connections_do_not_flood_the_log() {
    let (mut server, address) = echo(&[]);
    for i in 0..3000 {
        let mut client = connect(address);
        if i % 2 == 0 {
            client.write_all(b"and away").expect("the kernel takes it");
        }
        reset(client);
    }
    ping(&mut connect(address), b"hello");
    let lines = server.all_lines();
    assert!(lines.len() <= 10, "{} lines, such as {:?}", lines.len(), lines.last());
}

/// Connections from one --source share its ports: each destination can use all ports, and other programs keep theirs.
#[test]
fn a_source_without_a_port_uses_no_ports_up() {
    const PORTS: usize = 20;
    // A private network without other users of ports.
    let few_ports = format!("echo 40000 {} > /proc/sys/net/ipv4/ip_local_port_range", 40_000 + PORTS - 1);
    in_a_network(&few_ports, || {
        // The connections stay, so that no port becomes free.
        let mut open = Vec::new();
        for ip in ["127.0.0.1", "::1"] {
            let at = |port: u16| SocketAddr::new(ip.parse().expect("an address"), port);
            let source = if ip == "::1" { "::1" } else { "127.0.0.5" };
            for destination in [5001, 5002] {
                let upstream = TcpListener::bind(at(destination)).expect("a port");
                let left = format!("tcp-listen:{}", at(destination + 1000));
                let right = format!("tcp:{},source={source}", at(destination));
                let (_relay, address) = serve(["relay", &left, &right]);
                for number in 0..PORTS {
                    let client = TcpStream::connect(address);
                    open.push(client.unwrap_or_else(|error| panic!("client {number} of {address}: {error}")));
                    let client = accept(&upstream);
                    assert_eq!(client.peer_addr().expect("it is there").ip().to_string(), source);
                    open.push(client);
                }
            }
        }
    });
}
