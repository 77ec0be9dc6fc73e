//! Tests peers that vanish: the link to their host goes down under open connections.
//!
//! A cable joins two networks. The tests and their sockets are at the near end, the programs at the far end, and
//! nothing crosses a cut cable.

use crate::harness::*;

/// The error of an unanswered probe or packet.
const TIMED_OUT: &str = "Connection timed out";

/// With `--keepalive 1s`, a vanished peer is given up after about this time.
const GIVEN_UP: Duration = Duration::from_millis(2500);

/// The cable between the two networks.
struct Cable {
    far: Network,
}

impl Cable {
    /// Lays the cable, from within the near network. `None`, with a note, without permission.
    fn lay() -> Option<Self> {
        let far = Network::new("", &[])?;
        if !run(&format!("ip link add near type veth peer name far netns {}", far.pid())) {
            println!("skipped: no cable can be laid here");
            return None;
        }
        far.shell("ip addr add 10.77.0.2/24 dev far && ip link set far up");
        assert!(run("ip addr add 10.77.0.1/24 dev near && ip link set near up"), "the near end cannot be set up");
        Some(Self { far })
    }

    fn pull(&self) {
        assert!(run("ip link set near down"), "the link stays up");
    }

    fn plug_in(&self) {
        assert!(run("ip link set near up"), "the link stays down");
    }

    /// The program at the far end.
    fn start(&self, args: &[&str]) -> Background {
        self.far.start(args)
    }
}

/// Runs a shell line in the network of this thread.
fn run(line: &str) -> bool {
    Command::new("sh").args(["-c", line]).status().is_ok_and(|status| status.success())
}

/// Runs `test` at the near end of a cable.
fn with_a_cable(test: impl FnOnce(&Cable) + Send) {
    in_a_network("", || {
        if let Some(cable) = Cable::lay() {
            test(&cable);
        }
    });
}

/// A listener at the near end.
fn near() -> TcpListener {
    TcpListener::bind("10.77.0.1:0").expect("a port")
}

/// A client of a program at the far end, once the network has a route.
#[track_caller]
fn connect_far(address: SocketAddr) -> TcpStream {
    eventually("the far end answers", || TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok())
}

/// The behaviour of a client after its peer has vanished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    Nothing,
    Bytes,
    End,
}

/// A client of any mode notices a vanished peer: status 4, with the error of the system. A client without probes stays.
#[test]
fn a_client_of_a_vanished_peer_ends_with_4() {
    with_a_cable(|cable| {
        let listener = near();
        let to = listener.local_addr().expect("an address").to_string();
        let endpoint = format!("tcp:{to},keepalive=1s");
        let cases: &[&[&str]] = &[
            &["tcp-client", "--half-close", "now", "--keepalive", "1s", &to],
            &["tcp-client", "--keepalive", "1s", "--recv-only", &to],
            &["relay", "--half-close", "now", "-", &endpoint],
            &["relay", "--half-close", "now", &endpoint, "-"],
        ];
        let mut programs = Vec::new();
        for (number, args) in cases.iter().enumerate() {
            // One client is silent, one sends after the peer has vanished, and one ends its direction then.
            for speaks in [Speaks::Nothing, Speaks::Bytes, Speaks::End] {
                let speaks = if number == 1 { Speaks::Nothing } else { speaks };
                let program = cable.start(args);
                programs.push((program, accept(&listener), args, speaks));
            }
        }
        let mut by_environment = cable.far.enter(program());
        by_environment.args(["tcp-client", &to]).env("XPORT_KEEPALIVE", "1s");
        programs.push((Background::spawn(by_environment), accept(&listener), &cases[0], Speaks::Nothing));
        let mut patient = cable.start(&["tcp-client", "--keepalive", "off", &to]);
        let _peer = accept(&listener);
        cable.pull();
        let start = Instant::now();
        let mut open = Vec::new();
        for (mut program, _peer, args, speaks) in programs {
            let mut stdin = program.stdin();
            if speaks == Speaks::Bytes {
                stdin.write_all(b"is anybody there?").expect("it takes the bytes");
            }
            open.push((program, stdin, args, speaks));
        }
        pass(Duration::from_millis(600), "longer than between two checks of the peer, and too short for a probe");
        let mut ends = Vec::new();
        for (program, stdin, args, speaks) in open {
            ends.push((program, (speaks != Speaks::End).then_some(stdin), args, speaks));
        }
        for (program, _stdin, args, speaks) in ends {
            let output = program.finish();
            assert!(text(&output).contains(TIMED_OUT), "{args:?}, {speaks:?}: {}", text(&output));
            ended(&output, 4, TIMED_OUT);
        }
        assert!(start.elapsed() < Duration::from_secs(40), "it took {:?}", start.elapsed());
        assert!(patient.is_running());
    });
}

/// With TLS, a vanished peer is a failed connection, not a cut stream.
#[test]
fn a_vanished_peer_of_tls_is_not_taken_for_somebody_who_cuts() {
    with_a_cable(|cable| {
        let mut server = Background::start(["tls-echo", "--self-signed", "10.77.0.1:0"]);
        let to = server.address().to_string();
        let clients = [false, true].map(|speaks| {
            let mut client = cable.start(&["-q", "tls-client", "--insecure", "--keepalive", "1s", &to]);
            let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
            stdin.write_all(b"hello").expect("it takes the bytes");
            assert_eq!(take(&mut stdout, 5), b"hello");
            (client, stdin, stdout, speaks)
        });
        cable.pull();
        // The outputs are empty. Each input is open until its client has ended.
        let clients = clients.map(|(client, mut stdin, stdout, speaks)| {
            if speaks {
                stdin.write_all(b"is anybody there?").expect("it takes the bytes");
            }
            (client, stdin, stdout)
        });
        for (client, _stdin, mut stdout) in clients {
            expect_end(&mut stdout);
            ended(&client.finish(), 4, TIMED_OUT);
        }
    });
}

/// A program on a connection ends with its vanished client, with and without output.
#[test]
fn a_child_goes_with_its_vanished_peer() {
    with_a_cable(|cable| {
        let listener = near();
        let to = format!("{},keepalive=1s", at(&listener));
        let programs = ["cat", "yes"].map(|script| {
            let program = cable.start(&["exec", "--kill-after", "1s", "--connect", &to, "--", script]);
            (program, accept(&listener), script)
        });
        cable.pull();
        for (program, _peer, script) in programs {
            let output = program.finish();
            assert!(text(&output).contains(TIMED_OUT) && !output.status.success(), "{script}: {}", text(&output));
        }
    });
}

/// A server of one client after the other accepts the next one.
#[test]
fn a_vanished_client_does_not_shut_a_server() {
    with_a_cable(|cable| {
        let mut servers = [false, true].map(|speaks| {
            let mut server = cable.start(&["tcp-server", "-k", "-v", "--keepalive", "1s", "10.77.0.2:0"]);
            let mut first = connect_far(server.address());
            first.write_all(b"first").expect("it takes the bytes");
            let (stdin, mut stdout) = (server.stdin(), server.stdout());
            assert_eq!(take(&mut stdout, 5), b"first");
            (server, stdin, stdout, first, speaks)
        });
        cable.pull();
        for (_, stdin, _, _, speaks) in &mut servers {
            if *speaks {
                stdin.write_all(b"is anybody there?").expect("it takes the bytes");
            }
        }
        for (server, ..) in &mut servers {
            server.line(TIMED_OUT);
        }
        cable.plug_in();
        for (server, _, stdout, ..) in &mut servers {
            let mut second = connect_far(server.listens().parse().expect("an address"));
            second.write_all(b"second").expect("it takes the bytes");
            assert_eq!(take(stdout, 6), b"second");
        }
    });
}

/// The places of vanished clients are free again: with programs, echo, a relay and TLS.
#[test]
fn vanished_clients_give_up_their_places() {
    with_a_cable(|cable| {
        let listener = near();
        let upstream = format!("tcp:{}", at(&listener));
        let place = ["--max-conns", "2", "--keepalive", "1s"];
        let cases: &[&[&str]] = &[
            &["exec", "--listen", "10.77.0.2:0,max-conns=2,keepalive=1s", "--", "cat"],
            &["exec", "--listen", "10.77.0.2:0,max-conns=2,keepalive=1s", "--kill-after", "1s", "--", "yes"],
            &[&["tcp-echo"], &place[..], &["10.77.0.2:0"]].concat(),
            &["relay", "tcp-listen:10.77.0.2:0,max-conns=2,keepalive=1s", &upstream],
        ];
        let servers = Vec::from_iter(cases.iter().map(|args| {
            let mut server = cable.start(args);
            let address = server.address();
            let before = server.fds();
            let crowd = [(); 2].map(|()| connect_far(address));
            eventually("both are let in", || (server.fds() >= before + 2).then_some(()));
            (server, address, before, crowd)
        }));
        cable.pull();
        for (server, _, before, _) in &servers {
            eventually("their places are free", || (server.fds() <= *before).then_some(()));
        }
        cable.plug_in();
        for (server, address, before, _) in &servers {
            let _third = connect_far(*address);
            eventually("the next one is let in", || (server.fds() > *before).then_some(()));
        }
    });
}

#[test]
fn an_inherited_connection_is_probed() {
    with_a_cable(|cable| {
        let mut server = cable.start(&["tcp-server", "10.77.0.2:0"]);
        let connection = connect_far(server.address());
        let number = connection.as_raw_fd();
        let mut command = command(["relay", "-", "fd:3,keepalive=1s"]);
        // SAFETY: between fork and exec the closure makes one system call and touches only values that it owns.
        unsafe {
            command.pre_exec(move || {
                // The descriptor can have this number already, and must not be closed then.
                if libc::dup2(number, 3) < 0 || libc::fcntl(3, libc::F_SETFD, 0) < 0 {
                    return Err(io::Error::last_os_error());
                }
                Ok(())
            });
        }
        let mut program = Background::spawn(command);
        let (mut stdin, mut stdout) = (program.stdin(), server.stdout());
        // The program has the connection once it passes bytes on.
        stdin.write_all(b"hello").expect("it takes the bytes");
        assert_eq!(take(&mut stdout, 5), b"hello");
        cable.pull();
        ended(&program.finish(), 4, TIMED_OUT);
        drop(stdin);
    });
}

#[test]
fn what_came_before_is_not_lost() {
    const SIZE: usize = 3_000_000;
    with_a_cable(|cable| {
        let listener = near();
        let to = listener.local_addr().expect("an address").to_string();
        let mut program = cable.start(&["tcp-client", "--keepalive", "1s", &to]);
        let mut peer = accept(&listener);
        let data = pattern(SIZE);
        // stdout is not read yet, so most bytes stay in the kernel.
        peer.set_nonblocking(true).expect("a flag");
        let mut sent = 0;
        eventually("no more is taken", || {
            let before = sent;
            while let Ok(n) = peer.write(&data[sent..]) {
                sent += n;
                if n == 0 {
                    break;
                }
            }
            pass(Duration::from_millis(100), "a window in which a byte would be taken");
            (before == sent).then_some(())
        });
        let delivered = sent - unacknowledged(&peer);
        cable.pull();
        let mut stdin = program.stdin();
        stdin.write_all(b"is anybody there?").expect("it takes the bytes");
        pass(GIVEN_UP * 2, "the program gives the peer up before its output is read");
        let output = program.finish();
        assert!(output.stdout.len() >= delivered, "{} bytes of {delivered}", output.stdout.len());
        assert!(output.stdout == data[..output.stdout.len()], "other bytes, or in another order");
        ended(&output, 4, TIMED_OUT);
    });
}

/// A live peer that does not read answers every probe, and is waited for.
#[test]
fn a_peer_that_only_does_not_read_has_not_vanished() {
    const SIZE: usize = 8_000_000;
    let (mut program, mut peer) = client(&["--keepalive", "1s"]);
    let data = pattern(SIZE);
    feed(program.stdin(), data.clone());
    pass(GIVEN_UP * 2, "a vanished peer would be given up");
    assert!(take_all(&mut peer) == data, "other bytes than were sent");
    peer.shutdown(Shutdown::Write).expect("it is there");
    ended(&program.finish(), 0, "");
}

/// The same for a peer of a relay with others.
#[test]
fn a_client_that_only_does_not_read_keeps_its_place() {
    const SIZE: usize = 6_000_000;
    let data = pattern(SIZE);
    let sent = data.clone();
    let source = Peer::serve(move |mut source| {
        say_all(&mut source, &sent);
        take_all(&mut source)
    });
    let right = format!("tcp:{},keepalive=1s", source.address);
    let mut relay = Background::start(["relay", "tcp-listen:127.0.0.1:0,keepalive=1s", &right]);
    let mut client = connect(relay.address());
    pass(GIVEN_UP * 2, "a vanished client would be given up");
    client.shutdown(Shutdown::Write).expect("it is there");
    assert!(take_all(&mut client) == data, "other bytes than were sent");
    source.join();
}

/// A peer that has ended and has everything can vanish before the last FIN arrives. The session is still in order, and
/// the run does not wait until TCP gives up.
#[test]
fn our_own_end_is_not_waited_for_where_the_peer_has_ended_and_has_everything() {
    with_a_cable(|cable| {
        let listener = near();
        let to = listener.local_addr().expect("an address").to_string();
        let endpoint = format!("tcp:{to}");
        let issued = Authority::server();
        let authority = issued.ca();
        let cases: &[&[&str]] = &[
            &["-vv", "tcp-client", &to],
            &["-vv", "tcp-client", "--half-close", "never", &to],
            &["-vv", "relay", "-", &endpoint],
            &["-vv", "relay", &endpoint, "-"],
            &["-vv", "tls-client", "--ca", &authority, "--server-name", "localhost", &to],
        ];
        let sessions = Vec::from_iter(cases.iter().map(|args| {
            let mut program = cable.start(args);
            let peer = accept(&listener);
            let mut stdin = program.stdin();
            stdin.write_all(b"question").expect("it takes the bytes");
            let peer = if args.contains(&"tls-client") {
                let mut tls = Tls::server(peer, server_config(&issued, &[VERSIONS[0]]));
                tls.handshake();
                tls.expect(b"question");
                tls.send(b"answer");
                tls.end();
                tls.socket
            } else {
                let mut peer = peer;
                assert_eq!(take(&mut peer, 8), b"question");
                say_all(&mut peer, b"answer");
                peer
            };
            program.line("has ended its direction");
            eventually("the end is acknowledged", || (unacknowledged(&peer) == 0).then_some(()));
            (program, stdin, peer, args)
        }));
        cable.pull();
        let start = Instant::now();
        let ending = sessions.into_iter().map(|(program, stdin, peer, args)| {
            drop(stdin);
            (program, peer, args)
        });
        for (program, _peer, args) in Vec::from_iter(ending) {
            let output = program.finish();
            assert_eq!(
                (output.status.code(), &output.stdout[..]),
                (Some(0), &b"answer"[..]),
                "{args:?}: {}",
                text(&output)
            );
            assert!(start.elapsed() < Duration::from_secs(10), "{args:?}: it took {:?}", start.elapsed());
        }
    });
}
