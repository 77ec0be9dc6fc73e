//! TLS as one end of `relay` and `exec`, or as both: every byte of either side arrives at the other, each side may end
//! first, and a side that was cut off is not taken for one that has ended.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};

use socket2::SockRef;

use crate::tls_authority::{Authority, Issued, Leaf};
use crate::tls_util::{Tls, VERSIONS, client_args, client_config, comes_back, server_config};
use crate::util::{
    Background, accept, command, connect, ended, eventually, halves, pattern, program, read_once, reset, take,
    take_all, text, try_connect, xport,
};

const TRUNCATED: &str = "without close_notify";

/// What an end of the relay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Stdio,
    Tcp,
    Unix,
    /// A program that joins its stdin and stdout with a unix socket of the test.
    Child,
    TlsConnect,
    TcpListen,
    UnixListen,
    TlsListen,
}

use Kind::{Child, Stdio, Tcp, TcpListen, TlsConnect, TlsListen, Unix, UnixListen};

/// Every pair of which one end is TLS, in each role.
const PAIRS: [(Kind, Kind); 13] = [
    (TlsListen, Stdio),
    (TlsListen, Tcp),
    (TlsListen, Unix),
    (TlsListen, Child),
    (TlsListen, TlsConnect),
    (TcpListen, TlsConnect),
    (UnixListen, TlsConnect),
    (Stdio, TlsConnect),
    (Tcp, TlsConnect),
    (Child, TlsConnect),
    (TlsConnect, Stdio),
    (TlsConnect, Unix),
    (TlsConnect, TlsConnect),
];

/// What stands beyond one end of the relay, in the hands of the test.
enum Leg {
    Plain(File, Option<File>),
    Tls(Box<Tls>),
}

impl Leg {
    fn socket(socket: impl Into<OwnedFd>) -> Self {
        let (reader, writer) = halves(socket);
        Self::Plain(reader, Some(writer))
    }

    #[track_caller]
    fn exchange(&mut self, data: &[u8], expected: usize) -> Vec<u8> {
        match self {
            Self::Tls(tls) => tls.exchange(data, expected),
            Self::Plain(reader, writer) => {
                let writer = writer.as_ref().expect("it has not ended").try_clone().expect("a copy");
                crate::util::feed(writer, data.to_vec());
                take(reader, expected)
            }
        }
    }

    #[track_caller]
    fn send(&mut self, data: &[u8]) {
        match self {
            Self::Tls(tls) => tls.send(data),
            Self::Plain(_, writer) => {
                writer.as_mut().expect("it has not ended").write_all(data).expect("it takes the bytes");
            }
        }
    }

    /// Ends its direction in order.
    fn end(&mut self) {
        match self {
            Self::Tls(tls) => tls.end(),
            Self::Plain(_, writer) => {
                let writer = writer.take().expect("it has not ended");
                let _ = SockRef::from(&writer).shutdown(std::net::Shutdown::Write);
            }
        }
    }

    /// What comes until the end in order.
    #[track_caller]
    fn rest(&mut self) -> Vec<u8> {
        match self {
            Self::Tls(tls) => {
                let rest = tls.receive_all();
                tls.expect_fin();
                rest
            }
            Self::Plain(reader, _) => take_all(reader),
        }
    }

    /// So many bytes and then a reset.
    #[track_caller]
    fn expect_reset_behind(&mut self, data: &[u8]) {
        match self {
            Self::Tls(tls) => {
                assert!(tls.receive(data.len()) == data);
                let (rest, error) = tls.receive_until_broken();
                let error = error.expect("a reset, no end");
                assert!(rest.is_empty() && error.kind() == ErrorKind::ConnectionReset, "{error}");
            }
            Self::Plain(reader, _) => {
                assert!(take(reader, data.len()) == data);
                let error = read_once(reader, &mut [0; 64]).expect_err("a reset, no end and no bytes");
                assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
            }
        }
    }

    fn tls(self) -> Tls {
        match self {
            Self::Tls(tls) => *tls,
            Self::Plain(..) => unreachable!("this one is of TLS"),
        }
    }
}

/// Where the leg of an end comes from.
enum Place {
    Console,
    Tcp(TcpListener),
    Tls(TcpListener),
    Unix(UnixListener),
    Served(String),
}

struct Pair {
    program: Background,
    left: Leg,
    right: Leg,
}

/// The endpoint as the command line has it.
fn endpoint(issued: &Issued, kind: Kind, name: &str) -> (String, Place) {
    let path = issued.path(name);
    let _ = std::fs::remove_file(&path);
    let tcp = || {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        (listener.local_addr().expect("an address"), listener)
    };
    let unix = || Place::Unix(UnixListener::bind(&path).expect("a socket"));
    match kind {
        Stdio => ("-".to_owned(), Place::Console),
        Tcp => {
            let (address, listener) = tcp();
            (format!("tcp:{address}"), Place::Tcp(listener))
        }
        TlsConnect => {
            let (address, listener) = tcp();
            (format!("tls:{address},ca={}", issued.ca()), Place::Tls(listener))
        }
        Unix => (format!("unix:{path}"), unix()),
        Child => (format!("exec:'{}' -q unix-client {path}", program().display()), unix()),
        TcpListen => ("tcp-listen:127.0.0.1:0".to_owned(), Place::Served(path)),
        TlsListen => {
            (format!("tls-listen:127.0.0.1:0,cert={},key={}", issued.cert(), issued.key()), Place::Served(path))
        }
        UnixListen => (format!("unix-listen:{path}"), Place::Served(path)),
    }
}

#[track_caller]
fn leg(issued: &Issued, place: Place, kind: Kind, program: &mut Background) -> Leg {
    match place {
        Place::Console => {
            let (stdin, stdout) = (OwnedFd::from(program.stdin()), OwnedFd::from(program.stdout()));
            Leg::Plain(stdout.into(), Some(stdin.into()))
        }
        Place::Tcp(listener) => Leg::socket(accept(&listener)),
        Place::Tls(listener) => {
            let mut tls = Tls::server(accept(&listener), server_config(issued, &VERSIONS));
            tls.handshake();
            Leg::Tls(tls.into())
        }
        Place::Unix(listener) => {
            listener.set_nonblocking(true).expect("a flag");
            Leg::socket(eventually("a client", || listener.accept().ok()).0)
        }
        Place::Served(_) if kind == TcpListen => Leg::socket(connect(program.address())),
        Place::Served(_) if kind == TlsListen => {
            Leg::Tls(Tls::connect(program.address(), client_config(None, &VERSIONS)).into())
        }
        Place::Served(path) => {
            program.line("listening on");
            Leg::socket(UnixStream::connect(path).expect("it accepts"))
        }
    }
}

impl Pair {
    #[track_caller]
    fn start(issued: &Issued, left: Kind, right: Kind, options: &[&str]) -> Self {
        let (left_end, left_place) = endpoint(issued, left, "l");
        let (right_end, right_place) = endpoint(issued, right, "r");
        let once: &[&str] = if matches!(left, TcpListen | UnixListen | TlsListen) { &["--once"] } else { &[] };
        let mut program = Background::start([&["relay"], options, once, &[&left_end, &right_end]].concat());
        let left = leg(issued, left_place, left, &mut program);
        let right = leg(issued, right_place, right, &mut program);
        Self { program, left, right }
    }

    /// What it has said, but for where it listens.
    fn words(&mut self) -> Vec<String> {
        let mut lines = self.program.all_lines();
        lines.retain(|line| !line.contains("listening on"));
        lines
    }
}

/// 1 MiB each way at the same time; then one side ends, and the other, which knows it by then, has a last word.
#[track_caller]
fn converse(issued: &Issued, kinds: (Kind, Kind), left_ends_first: bool) {
    const SIZE: usize = 1 << 20;
    println!("{kinds:?}, left ends first: {left_ends_first}");
    let mut pair = Pair::start(issued, kinds.0, kinds.1, &[]);
    let (first, second) =
        if left_ends_first { (&mut pair.left, &mut pair.right) } else { (&mut pair.right, &mut pair.left) };
    let (there, back) = (pattern(SIZE), pattern(SIZE + 77).split_off(77));
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| assert!(first.exchange(&there, SIZE) == back));
        assert!(second.exchange(&back, SIZE) == there);
        sending.join().expect("all has come");
    });
    first.end();
    assert!(second.rest().is_empty());
    second.send(b"the last word");
    second.end();
    assert_eq!(first.rest(), b"the last word");
    let status = pair.program.wait();
    assert!(status.success() && pair.words().is_empty(), "{kinds:?}: {status:?}, {:?}", pair.words());
}

#[test]
fn every_pair_carries_both_directions_and_the_left_may_end_first() {
    let issued = Authority::server();
    PAIRS.into_iter().for_each(|kinds| converse(&issued, kinds, true));
}

#[test]
fn every_pair_carries_both_directions_and_the_right_may_end_first() {
    let issued = Authority::server();
    PAIRS.into_iter().for_each(|kinds| converse(&issued, kinds, false));
}

/// A stream that was cut is reset on the other side, where nobody can take it for a whole one.
#[test]
fn a_cut_on_one_side_is_a_reset_on_the_other() {
    let issued = Authority::server();
    let data = pattern(200_000);
    for (left, right, left_is_cut) in [
        (TlsListen, Tcp, true),
        (TlsListen, TlsConnect, true),
        (TlsListen, TlsConnect, false),
        (TcpListen, TlsConnect, false),
        (Tcp, TlsConnect, false),
    ] {
        println!("{left:?} {right:?}, left is cut: {left_is_cut}");
        let mut pair = Pair::start(&issued, left, right, &[]);
        let (source, sink) =
            if left_is_cut { (&mut pair.left, &mut pair.right) } else { (&mut pair.right, &mut pair.left) };
        source.send(&data);
        if let Leg::Tls(tls) = source {
            tls.fin();
        }
        sink.expect_reset_behind(&data);
        assert_eq!(pair.program.wait().code(), Some(5), "{:?}", pair.words());
        let words = pair.words();
        assert!(words.len() == 1 && words[0].contains(TRUNCATED), "{words:?}");
    }
}

/// What has no resets, a unix socket or stdout, gets an end; the status and a line say that it was none.
#[test]
fn a_cut_is_told_by_the_status_too() {
    let issued = Authority::server();
    for (left, right) in [(UnixListen, TlsConnect), (Stdio, TlsConnect), (Child, TlsConnect)] {
        println!("{left:?} {right:?}");
        let mut pair = Pair::start(&issued, left, right, &[]);
        pair.right.send(b"some of it");
        if let Leg::Tls(tls) = &mut pair.right {
            tls.fin();
        }
        let Leg::Plain(reader, _) = &mut pair.left else { unreachable!("it is plain") };
        assert_eq!(take_all(reader), b"some of it");
        assert_eq!(pair.program.wait().code(), Some(5), "{:?}", pair.words());
        assert!(pair.words().iter().any(|line| line.contains(TRUNCATED)), "{:?}", pair.words());
    }
}

#[test]
fn a_cut_may_be_allowed_at_one_end() {
    let issued = Authority::server();
    let (target, place) = endpoint(&issued, TlsConnect, "r");
    let target = format!("{target},allow-truncation");
    let mut program = Background::start(["relay", "--once", "tcp-listen:127.0.0.1:0", &target]);
    let mut left = connect(program.address());
    let mut right = leg(&issued, place, TlsConnect, &mut program).tls();
    right.send(b"all of it");
    right.fin();
    assert_eq!(take_all(&mut left), b"all of it");
    drop(left);
    assert!(right.receive_all().is_empty());
    assert_eq!(program.wait().code(), Some(0), "{:?}", program.all_lines());
}

/// A reset is passed on as one, into TLS and out of it, behind every byte that came before it.
#[test]
fn a_reset_is_passed_on_behind_the_bytes_before_it() {
    let issued = Authority::server();
    let data = pattern(200_000);
    for (left, right) in [(TlsListen, Tcp), (TlsListen, TlsConnect), (TcpListen, TlsConnect)] {
        for left_resets in [true, false] {
            println!("{left:?} {right:?}, left resets: {left_resets}");
            let mut pair = Pair::start(&issued, left, right, &[]);
            let (mut source, mut sink) = if left_resets { (pair.left, pair.right) } else { (pair.right, pair.left) };
            source.send(&data);
            let socket: TcpStream = match source {
                Leg::Tls(tls) => tls.socket,
                Leg::Plain(reader, writer) => {
                    drop(writer);
                    OwnedFd::from(reader).into()
                }
            };
            eventually("it has arrived", || (crate::util::unacknowledged(&socket) == 0).then_some(()));
            reset(socket);
            sink.expect_reset_behind(&data);
            assert_eq!(pair.program.wait().code(), Some(4), "{:?}", pair.program.all_lines());
        }
    }
}

/// A relay goes on with others when one handshake fails, on either side.
#[test]
fn a_relay_outlives_handshakes_that_fail() {
    let issued = Authority::server();
    let mut echo = Background::start(["tcp-echo", "127.0.0.1:0"]);
    let (listen, _) = endpoint(&issued, TlsListen, "l");
    let mut front = Background::start(["relay", &listen, &format!("tcp:{}", echo.address())]);
    let address = front.address();
    let mut plain = connect(address);
    plain.write_all(b"hello, is this TLS?\n").expect("it takes the bytes");
    front.line("127.0.0.1");
    drop(plain);
    let output = xport(client_args(&issued, &[], address)).write_stdin("hello").output().expect("a run");
    ended(&output, 0, "");
    assert_eq!(output.stdout, b"hello");

    // A server that nobody believes: the client on the other side gets nothing but a reset.
    let other = Authority::called("Other").issue(&Leaf::default());
    let target = format!("tls:{address},ca={}", other.ca());
    let mut back = Background::start(["relay", "tcp-listen:127.0.0.1:0", &target]);
    let entry = back.address();
    for _ in 0..2 {
        // The reset may come before we know of the connection.
        let end = try_connect(entry).and_then(|mut client| read_once(&mut client, &mut [0; 10]));
        assert!(!matches!(end, Ok(1..)), "{end:?}");
        back.line("authority");
    }
    assert!(back.is_running() && front.is_running());
}

/// One whose own end fails before anything begins says so by its status.
#[test]
fn a_handshake_that_fails_ends_a_relay_of_one_pair() {
    let (issued, other) = (Authority::server(), Authority::called("Other").issue(&Leaf::default()));
    let (target, place) = endpoint(&other, TlsConnect, "r");
    let Place::Tls(listener) = place else { unreachable!("it is TLS") };
    let mut program = Background::start(["relay", "-", &target]);
    let mut peer = Tls::server(accept(&listener), server_config(&issued, &VERSIONS));
    peer.try_handshake().expect_err("nobody believes it");
    assert_eq!(program.wait().code(), Some(5), "{:?}", program.all_lines());
    assert_eq!(program.all_lines().len(), 1, "{:?}", program.all_lines());
}

/// Neither file nor endpoint is opened when one of them is not good.
#[test]
fn files_are_read_before_anything_is_opened() {
    let issued = Authority::server();
    let missing = issued.path("missing.pem");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    for (left, right) in [
        ("tcp-listen:127.0.0.1:0".to_owned(), format!("tls:{address},ca={missing}")),
        (format!("tls-listen:127.0.0.1:0,cert={missing}"), format!("tcp:{address}")),
        (format!("tcp:{address}"), format!("tls:{address},ca={missing}")),
    ] {
        let output = xport(["relay", &left, &right]).output().expect("a run");
        assert_eq!(output.status.code(), Some(2), "{left} {right}: {}", text(&output));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(&missing) && !said.contains("listening on"), "{said}");
    }
    listener.set_nonblocking(true).expect("a flag");
    assert!(listener.accept().is_err(), "a connection was opened");
}

/// A server of `exec` behind TLS.
#[track_caller]
fn serve(issued: &Issued, options: &str, child: &[&str]) -> (Background, SocketAddr) {
    let endpoint = format!("tls-listen:127.0.0.1:0,cert={},key={}{options}", issued.cert(), issued.key());
    let mut server = Background::start([&["exec", "--listen", &endpoint, "--"], child].concat());
    let address = server.address();
    (server, address)
}

#[test]
fn a_child_gets_and_gives_everything() {
    let issued = Authority::server();
    let (_server, address) = serve(&issued, "", &["cat"]);
    let data = pattern(1 << 20);
    comes_back(address, &data);
    let output = xport(client_args(&issued, &[], address)).write_stdin(data.clone()).output().expect("a run");
    ended(&output, 0, "");
    assert!(output.stdout == data);
}

/// What a child says and leaves is delivered whole, with an end in order, whether or not its client has ended.
#[test]
fn a_child_may_end_first() {
    let issued = Authority::server();
    let (_server, address) = serve(&issued, "", &["sh", "-c", "head -c 1048576 /dev/zero; exit 3"]);
    for version in VERSIONS {
        let mut peer = Tls::connect(address, client_config(None, &[version]));
        assert!(peer.receive_all() == vec![0; 1 << 20]);
    }
}

#[test]
fn a_child_on_a_connection_that_we_open() {
    let issued = Authority::server();
    let (target, place) = endpoint(&issued, TlsConnect, "r");
    let mut program = Background::start(["exec", "--connect", &target, "--", "cat"]);
    let mut peer = leg(&issued, place, TlsConnect, &mut program).tls();
    let data = pattern(1 << 20);
    assert!(peer.exchange(&data, data.len()) == data);
    peer.end();
    assert!(peer.receive_all().is_empty());
    assert_eq!(program.wait().code(), Some(0), "{:?}", program.all_lines());
}

/// A child is told that it is behind TLS, and of a client that has shown a certificate, which one it was.
#[test]
fn a_child_knows_who_is_there() {
    let (issued, alice) = (Authority::server(), Authority::new().issue(&Leaf::client("alice")));
    let variables = |address: SocketAddr, shown: Option<&Issued>| {
        let mut peer = Tls::connect(address, client_config(shown, &VERSIONS));
        peer.end();
        String::from_utf8(peer.receive_all()).expect("text")
    };
    let has = |text: &str, line: &str| text.lines().any(|other| other == line);
    let (_server, address) = serve(&issued, "", &["env"]);
    for shown in [None, Some(&alice)] {
        let text = variables(address, shown);
        assert!(has(&text, "XPORT_PROTO=tls") && !text.contains("XPORT_PEER_PIN"), "{text}");
    }
    let (_strict, address) = serve(&issued, &format!(",client-ca={}", alice.ca()), &["env"]);
    let text = variables(address, Some(&alice));
    assert!(has(&text, "XPORT_PROTO=tls") && has(&text, &format!("XPORT_PEER_PIN={}", alice.pin())), "{text}");
}

/// A client that was cut off is no client that has ended, as the log says; the server goes on.
#[test]
fn a_cut_client_of_a_child_is_told() {
    let issued = Authority::server();
    let listen = endpoint(&issued, TlsListen, "l").0;
    let mut server = Background::start(["exec", "-v", "--listen", &listen, "--", "cat"]);
    let address = server.address();
    for version in VERSIONS {
        let mut peer = Tls::connect(address, client_config(None, &[version]));
        peer.send(b"hello");
        peer.expect(b"hello");
        peer.fin();
        peer.receive_until_broken();
        server.line(TRUNCATED);
    }
    assert!(server.is_running());
}

/// Who may not connect is closed without a word of TLS.
#[test]
fn the_access_list_comes_first() {
    let issued = Authority::server();
    let (listen, _) = endpoint(&issued, TlsListen, "l");
    let listen = format!("{listen},deny=127.0.0.1");
    let mut relays = Background::start(["relay", &listen, "tcp:127.0.0.1:1"]);
    let mut execs = Background::start(["exec", "--listen", &listen, "--", "cat"]);
    for server in [&mut relays, &mut execs] {
        let mut peer = Tls::client(connect(server.address()), client_config(None, &VERSIONS));
        let _ = peer.flush();
        let end = read_once(&mut peer.socket, &mut [0; 10]);
        assert!(!matches!(end, Ok(1..)), "{end:?}");
        assert!(server.is_running());
    }
}

/// An inherited connection is to be spoken TLS on like any other, on whichever side it is.
#[test]
fn tls_is_spoken_on_what_is_inherited() {
    let issued = Authority::server();
    let end = format!("tls:fd:0,server-name=localhost,ca={}", issued.ca());
    for words in
        [&["relay", &end, "exec:cat"][..], &["relay", "exec:cat", &end], &["exec", "--connect", &end, "--", "cat"]]
    {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let theirs = connect(listener.local_addr().expect("an address"));
        let mut command = command(words);
        command.stdin(OwnedFd::from(theirs));
        let mut program = Background::spawn(command);
        let mut peer = Tls::server(accept(&listener), server_config(&issued, &VERSIONS));
        peer.handshake();
        peer.send(b"hello");
        peer.expect(b"hello");
        peer.end();
        assert_eq!(program.wait().code(), Some(0), "{words:?}: {:?}", program.all_lines());
    }
}

/// Of what is inherited the address does not say who it is: a pin does, and a server that makes its own certificate tells it.
#[test]
fn a_pin_is_enough_on_what_is_inherited() {
    let (ours, theirs) = UnixStream::pair().expect("sockets");
    let mut command = command(["tls-echo", "--self-signed", "fd:0"]);
    command.stdin(OwnedFd::from(theirs));
    let mut server = Background::spawn(command);
    let line = server.line("clients know this server by: --pin ");
    let (_, pin) = line.split_once("--pin ").expect("it has been looked for");
    let mut command = crate::util::command(["relay", "-", &format!("tls:fd:2,pin={pin}")]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).stderr(OwnedFd::from(ours));
    let mut client = command.spawn().expect("it runs");
    let mut stdin = client.stdin.take().expect("it is piped");
    stdin.write_all(b"hello").expect("stdin takes it");
    drop(stdin);
    assert_eq!(take_all(&mut client.stdout.take().expect("it is piped")), b"hello");
    assert!(client.wait().expect("it ends").success());
    assert!(server.wait().success(), "{:?}", server.all_lines());
}
