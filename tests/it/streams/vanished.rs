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
    fn start(&self, line: &str) -> Background {
        let mut command = self.far.enter(program());
        command.args(words!("{line}"));
        Background::spawn(command)
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
        let to = at(&listener);
        let cases = [
            format!("tcp-client --half-close now --keepalive 1s {to}"),
            format!("tcp-client --keepalive 1s --recv-only {to}"),
            format!("relay --half-close now - tcp:{to},keepalive=1s"),
            format!("relay --half-close now tcp:{to},keepalive=1s -"),
        ];
        let mut programs = Vec::new();
        for line in &cases {
            // One client is silent, one sends after the peer has vanished, and one ends its direction then.
            for speaks in [Speaks::Nothing, Speaks::Bytes, Speaks::End] {
                let speaks = if line.contains("--recv-only") { Speaks::Nothing } else { speaks };
                programs.push((cable.start(line), accept(&listener), line, speaks));
            }
        }
        let mut by_environment = cable.far.enter(program());
        by_environment.args(words!("tcp-client {to}")).env("XPORT_KEEPALIVE", "1s");
        programs.push((Background::spawn(by_environment), accept(&listener), &cases[0], Speaks::Nothing));
        let mut patient = cable.start(&format!("tcp-client --keepalive off {to}"));
        let _peer = accept(&listener);
        cable.pull();
        let start = Instant::now();
        let open = Vec::from_iter(programs.into_iter().map(|(mut program, _peer, line, speaks)| {
            let mut stdin = program.stdin();
            if speaks == Speaks::Bytes {
                stdin.write_all(b"is anybody there?").expect("it takes the bytes");
            }
            (program, stdin, line, speaks)
        }));
        pass(Duration::from_millis(600), "longer than between two checks of the peer, and too short for a probe");
        let ends = open
            .into_iter()
            .map(|(program, stdin, line, speaks)| (program, (speaks != Speaks::End).then_some(stdin), line, speaks));
        for (program, _stdin, line, speaks) in Vec::from_iter(ends) {
            println!("{line}, {speaks:?}");
            ended(&program.finish(), 4, TIMED_OUT);
        }
        assert!(start.elapsed() < Duration::from_secs(40), "it took {:?}", start.elapsed());
        assert!(patient.is_running());
    });
}

/// With TLS, a vanished peer is a failed connection, not a cut stream.
#[test]
fn a_vanished_peer_of_tls_is_not_taken_for_somebody_who_cuts() {
    with_a_cable(|cable| {
        let (_server, to) = serve(words!("tls-echo --self-signed 10.77.0.1:0"));
        let clients = [false, true].map(|speaks| {
            let mut client = cable.start(&format!("-q tls-client --insecure --keepalive 1s {to}"));
            let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
            stdin.write_all(b"hello").expect("it takes the bytes");
            expect(&mut stdout, b"hello");
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
        let to = at(&listener);
        let programs = ["cat", "yes"].map(|script| {
            let program = cable.start(&format!("exec --kill-after 1s --connect {to},keepalive=1s -- {script}"));
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
            let mut server = cable.start("tcp-server -k -v --keepalive 1s 10.77.0.2:0");
            let mut first = connect_far(server.address());
            first.write_all(b"first").expect("it takes the bytes");
            let (stdin, mut stdout) = (server.stdin(), server.stdout());
            expect(&mut stdout, b"first");
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
            expect(stdout, b"second");
        }
    });
}

/// The places of vanished clients are free again: with programs, echo, a relay and TLS.
#[test]
fn vanished_clients_give_up_their_places() {
    with_a_cable(|cable| {
        let listener = near();
        let cases = [
            "exec --listen 10.77.0.2:0,max-conns=2,keepalive=1s -- cat",
            "exec --listen 10.77.0.2:0,max-conns=2,keepalive=1s --kill-after 1s -- yes",
            "tcp-echo --max-conns 2 --keepalive 1s 10.77.0.2:0",
            &format!("relay tcp-listen:10.77.0.2:0,max-conns=2,keepalive=1s tcp:{}", at(&listener)),
        ];
        let servers = Vec::from_iter(cases.iter().map(|line| {
            let mut server = cable.start(line);
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
        let mut server = cable.start("tcp-server 10.77.0.2:0");
        let connection = connect_far(server.address());
        let mut command = command(words!("relay - fd:{},keepalive=1s", connection.as_raw_fd()));
        pass_on(&mut command, &connection);
        let mut program = Background::spawn(command);
        let (mut stdin, mut stdout) = (program.stdin(), server.stdout());
        // The program has the connection once it passes bytes on.
        stdin.write_all(b"hello").expect("it takes the bytes");
        expect(&mut stdout, b"hello");
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
        let mut program = cable.start(&format!("tcp-client --keepalive 1s {}", at(&listener)));
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

/// A live peer that does not read answers every probe, and is waited for: the peer of a client, and one of a relay with
/// others.
#[test]
fn a_peer_that_only_does_not_read_has_not_vanished() {
    let mut run = stage("tcp-client --keepalive 1s");
    let mut relay = stage("relay TCP-LISTEN,keepalive=1s TCP,keepalive=1s");
    run.plays("type *8000000$");
    relay.plays("say *6000000$; peer 1");
    pass(GIVEN_UP * 2, "a vanished peer would be given up");
    run.plays("get *8000000$; end; status 0");
    relay.plays("get *6000000$; end; peer 2; get $");
}

/// A peer that has ended and has everything can vanish before the last FIN arrives. The session is still in order, and
/// the run does not wait until TCP gives up.
#[test]
fn our_own_end_is_not_waited_for_where_the_peer_has_ended_and_has_everything() {
    with_a_cable(|cable| {
        let (listener, issued) = (near(), Authority::server());
        let (to, authority) = (at(&listener), issued.ca());
        let cases = [
            format!("-vv tcp-client {to}"),
            format!("-vv tcp-client --half-close never {to}"),
            format!("-vv relay - tcp:{to}"),
            format!("-vv relay tcp:{to} -"),
            format!("-vv tls-client --ca {authority} --server-name localhost {to}"),
        ];
        let sessions = Vec::from_iter(cases.iter().map(|line| {
            let mut program = cable.start(line);
            let mut peer = accept(&listener);
            let mut stdin = program.stdin();
            stdin.write_all(b"question").expect("it takes the bytes");
            if line.contains("tls-client") {
                let mut tls = Tls::server(peer, server_config(&issued, &[VERSIONS[0]]));
                tls.handshake();
                tls.expect(b"question");
                tls.send(b"answer");
                tls.end();
                peer = tls.socket;
            } else {
                expect(&mut peer, b"question");
                say_all(&mut peer, b"answer");
            }
            program.line("has ended its direction");
            eventually("the end is acknowledged", || (unacknowledged(&peer) == 0).then_some(()));
            (program, stdin, peer)
        }));
        cable.pull();
        let start = Instant::now();
        let ending = sessions.into_iter().map(|(program, _stdin, peer)| (program, peer));
        for ((program, _peer), line) in Vec::from_iter(ending).into_iter().zip(&cases) {
            gave(&program.finish(), 0, "answer");
            assert!(start.elapsed() < Duration::from_secs(10), "{line}: it took {:?}", start.elapsed());
        }
    });
}
