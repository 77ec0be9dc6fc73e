//! Tests the end of sessions: with peers that are gone, with peers that stay, and with clients that wait for their
//! place.

use crate::harness::*;

/// The action of stdin once the peer is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stdin {
    HasMore,
    Ends,
    IsSilent,
}

/// Each case with each action of stdin.
fn with_stdins<T: Copy>(cases: impl IntoIterator<Item = T>) -> impl Iterator<Item = (T, Stdin)> {
    let each = |case| [Stdin::HasMore, Stdin::Ends, Stdin::IsSilent].map(|stdin| (case, stdin));
    cases.into_iter().flat_map(each)
}

/// Waits until the run has seen the end of the peer. Then does the action of stdin, and expects the right end.
#[track_caller]
fn comes_to_its_end(mut run: Background, stdin: Stdin, case: &str) {
    run.line("has ended its direction");
    let mut input = run.stdin();
    let (status, lines) = match stdin {
        Stdin::HasMore => {
            // The run can be over before it reads this.
            let _ = input.write_all(b"more");
            (4, 1)
        }
        Stdin::Ends => {
            drop(input);
            (0, 0)
        }
        Stdin::IsSilent => {
            assert_eq!(run.wait().code(), Some(0), "{case}: {:?}", run.all_lines());
            return;
        }
    };
    let output = run.finish();
    let said = text(&output).matches(" connection with ").count();
    assert_eq!((output.status.code(), said), (Some(status), lines), "{case}: {}", text(&output));
}

/// The peer has read everything, has ended its direction, and is gone by a reset. Nothing more can be delivered.
fn leaves(mut stream: TcpStream, read: usize) {
    assert_eq!(take(&mut stream, read).len(), read);
    stream.shutdown(Shutdown::Write).expect("it is connected");
    // The end of stdin comes before the reset.
    eventually("an acknowledgement of the end", || (unacknowledged(&stream) == 0).then_some(()));
    reset(stream);
}

fn tcp_run(words: &[&str]) -> (Background, TcpStream) {
    if words.iter().any(|word| word.contains("127.0.0.1:0")) {
        let mut run = Background::start(["-vv"].iter().chain(words));
        let stream = connect(run.address());
        return (run, stream);
    }
    let (listener, address) = listening();
    let address = address.to_string();
    let run = Background::start(["-vv"].iter().chain(words).map(|word| word.replace("ADDRESS", &address)));
    (run, accept(&listener))
}

const TCP_RUNS: [&[&str]; 5] = [
    &["tcp-client", "ADDRESS"],
    &["tcp-server", "127.0.0.1:0"],
    &["relay", "-", "tcp:ADDRESS"],
    &["relay", "tcp:ADDRESS", "-"],
    &["relay", "--once", "tcp-listen:127.0.0.1:0", "-"],
];

#[test]
fn stdin_is_asked_for_more_once_a_tcp_peer_is_gone() {
    for_each(with_stdins(TCP_RUNS), |(words, stdin)| {
        let (run, stream) = tcp_run(words);
        leaves(stream, 0);
        comes_to_its_end(run, stdin, &format!("{words:?} {stdin:?}"));
    });
}

fn unix_run(words: &[&str], folder: &Path) -> (Background, UnixStream) {
    let path = folder.join("sock");
    let name = path.to_str().expect("a path in UTF-8");
    let listens = words.iter().any(|word| word.contains("LISTEN"));
    let listener = (!listens).then(|| UnixListener::bind(&path).expect("a path"));
    let words = ["-vv"].iter().chain(words).map(|word| word.replace("ADDRESS", name).replace("LISTEN", name));
    let mut run = Background::start(words);
    let stream = match listener {
        Some(listener) => accept_unix(&listener),
        None => {
            run.line("listening on");
            UnixStream::connect(&path).expect("it listens")
        }
    };
    stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    (run, stream)
}

#[test]
fn stdin_is_asked_for_more_once_a_unix_peer_is_gone() {
    let runs = [
        &["unix-client", "ADDRESS"][..],
        &["unix-server", "LISTEN"],
        &["relay", "-", "unix:ADDRESS"],
        &["relay", "--once", "unix-listen:LISTEN", "-"],
    ];
    for_each(with_stdins(runs), |(words, stdin)| {
        let folder = folder();
        let (run, stream) = unix_run(words, folder.path());
        drop(stream);
        comes_to_its_end(run, stdin, &format!("{words:?} {stdin:?}"));
    });
}

#[test]
fn stdin_is_asked_for_more_once_a_tls_peer_is_gone() {
    let issued = Authority::server();
    for_each(with_stdins(VERSIONS), |(version, stdin)| {
        let (run, mut peer) = client_with(&issued, version, &["-vv"]);
        peer.close_notify();
        eventually("an acknowledgement", || (unacknowledged(&peer.socket) == 0).then_some(()));
        peer.reset();
        comes_to_its_end(run, stdin, &format!("{stdin:?}"));
    });
}

#[test]
fn a_file_for_a_server_that_closes_at_once_has_not_arrived() {
    let (_folder, path) = path("sock");
    let listener = UnixListener::bind(&path).expect("a path");
    // Like gzip, the program needs a moment before its first output.
    let script = "{ sleep .1; head -c 10000000 /dev/zero; } | \"$0\" unix-client \"$1\"";
    for _ in 0..10 {
        let run = Background::spawn(by_shell(script).arg(&path));
        drop(accept_unix(&listener));
        let output = run.finish();
        assert_eq!(output.status.code(), Some(4), "{}", text(&output));
    }
}

/// With a terminal as stdin, the session is over at once.
#[test]
fn a_terminal_is_not_asked_for_more() {
    let (_folder, path) = path("sock");
    let listener = UnixListener::bind(&path).expect("a path");
    for words in [&["unix-client", "SOCK"][..], &["relay", "-", "unix:SOCK"]] {
        let terminal = Terminal::new();
        let args = words.iter().map(|word| word.replace("SOCK", path.to_str().expect("a path in UTF-8")));
        let run = terminal.spawn(command(args));
        drop(accept_unix(&listener));
        ended(&run.finish(), 0, "");
    }
}

/// A relay of sockets asks the other side for more: these bytes cannot be delivered, and the other side must see that.
#[test]
fn the_other_side_of_a_relay_is_asked_for_more() {
    for has_more in [false, true] {
        let (_folder, path) = path("sock");
        let target = UnixListener::bind(&path).expect("a path");
        let right = format!("unix:{}", path.display());
        let mut relay = Background::start(["-v", "relay", "tcp-listen:127.0.0.1:0", &right]);
        let mut left = connect(relay.address());
        drop(accept_unix(&target));
        assert_eq!(take(&mut left, 1), b"", "the end is passed on");
        if has_more {
            left.write_all(b"more").expect("it takes it");
            let error = eventually("a reset", || left.write(b"x").err());
            assert!(matches!(error.raw_os_error(), Some(libc::ECONNRESET | libc::EPIPE)), "{error}");
            relay.line("the peer is gone, and ");
        } else {
            left.shutdown(Shutdown::Write).expect("it is connected");
            relay.line("closed cleanly");
        }
        assert!(relay.is_running());
    }
}

/// With --send-only, the run ends once the peer has everything, whether the peer closes or not. Otherwise each of these
/// runs would wait for 5 s.
#[test]
fn a_peer_of_which_nothing_is_wanted_is_not_waited_for() {
    let (listener, address) = listening();
    let address = address.to_string();
    let (_folder, path) = path("sock");
    let unix = UnixListener::bind(&path).expect("a path");
    let sock = path.to_str().expect("a path in UTF-8");
    let start = Instant::now();
    // No program accepts: the system has the connections, and takes their bytes.
    let runs: &[&[&str]] = &[
        &["tcp-client", "--send-only", &address],
        &["exec", "--connect", &address, "--", "true"],
        &["exec", "--connect", &address, "--", "echo", "hello"],
        &["relay", &format!("tcp:{address}"), "exec:true"],
        &["unix-client", "--send-only", sock],
        &["exec", "--connect", sock, "--", "echo", "hello"],
    ];
    for args in runs {
        ended(&outcome_with(*args, "hello"), 0, "");
    }
    assert!(start.elapsed() < Duration::from_secs(15), "six runs took {:?}", start.elapsed());
    drop((listener, unix));
}

/// A peer that still sends when a program ends gets all output of the program. A reset could overtake its reader.
#[test]
fn a_peer_that_is_sending_gets_the_last_words_of_a_program() {
    let (_server, address) = serve(["exec", "--listen", "127.0.0.1:0", "--", "sh", "-c", "echo bye"]);
    for _ in 0..50 {
        let mut client = connect(address);
        say_all(&mut client, &[0; 1_000_000]);
        assert_eq!(take_all(&mut client), b"bye\n");
    }
}

/// A listener with small buffers for its connections.
fn hesitant() -> (TcpListener, String) {
    let (listener, address) = listening();
    SockRef::from(&listener).set_recv_buffer_size(4096).expect("SO_RCVBUF");
    (listener, address.to_string())
}

/// A relay between a peer that has sent everything and gone, and a receiver that has not read it.
fn owing(left_is_gone: bool, options: &[&str]) -> (Background, TcpStream, Ground) {
    let ground = Ground::new();
    let (unix, source) = ground.endpoint(Unix, "source");
    let (receiver, address) = hesitant();
    let tcp = format!("tcp:{address}");
    let (left, right) = if left_is_gone { (unix, tcp) } else { (tcp, unix) };
    let mut run = Background::start([&["-vv", "relay"], options, &[&left, &right]].concat());
    // The relay reads until its buffer is full, and the system holds the rest.
    let feeding = thread::spawn(move || source.accept().write(&pattern(400_000)));
    let peer = accept(&receiver);
    run.line("has ended its direction");
    feeding.join().expect("the relay takes it");
    (run, peer, ground)
}

/// The bytes for the failed side are lost, whichever side it is.
#[test]
fn bytes_that_are_owed_to_a_side_that_fails_are_lost() {
    for left_is_gone in [true, false] {
        let (run, peer, _ground) = owing(left_is_gone, &[]);
        reset(peer);
        let output = run.finish();
        assert_eq!(output.status.code(), Some(4), "{left_is_gone}: {}", text(&output));
        assert!(text(&output).contains("Connection reset by peer"), "{left_is_gone}: {}", text(&output));
    }
}

#[test]
fn a_side_that_takes_nothing_of_what_is_owed_stands_still() {
    for left_is_gone in [true, false] {
        let (run, _peer, _ground) = owing(left_is_gone, &["--idle-timeout", "700ms"]);
        let output = run.finish();
        assert_eq!(output.status.code(), Some(124), "{left_is_gone}: {}", text(&output));
        assert!(text(&output).contains("idle for 700ms"), "{left_is_gone}: {}", text(&output));
    }
}

/// No other timer of the session shortens the wait for stdin: a program feeds it late, but in time.
#[test]
fn stdin_is_asked_for_as_long_as_it_is_due() {
    plays(&[
        "-vv relay --idle-timeout 1s - UNIX: go; hear has ended its direction; sleep 1500; type more; status 4 *",
        "-vv relay --idle-timeout 1s UNIX -: go; hear has ended its direction; sleep 1500; type more; status 4 *",
    ]);
}

/// A failed peer fails the run, although its bytes could not be read any more.
#[test]
fn a_peer_that_fails_while_nobody_reads_it_is_told_of() {
    plays(&[
        "exec --connect TCP -- sh -c \"trap 'exit 0' TERM; sleep 100 & wait\": say *400000; reset; \
            status 4 Connection reset by peer",
        "relay TCP \"shell:trap 'exit 0' TERM; sleep 100 & wait\": say *400000; reset; \
            status 4 Connection reset by peer",
    ]);
}

/// The same while the other side is still connecting to a full queue.
#[test]
fn a_peer_that_fails_before_the_other_side_is_open_is_told_of() {
    let (_folder, path) = path("sock");
    let full = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
    full.bind(&SockAddr::unix(&path).expect("a path")).and_then(|()| full.listen(0)).expect("a listener");
    let _first = UnixStream::connect(&path).expect("there is room for one");
    let script = "say anything; reset; status 4 Connection reset by peer";
    plays(&[&format!("relay TCP unix:{},connect-timeout=1h: {script}", path.display())]);
}

/// The kernel delivers the rest to a client, and the next client is served.
#[test]
fn a_client_that_takes_nothing_does_not_keep_its_place_after_the_end() {
    let ground = Ground::new();
    let (unix, backend) = ground.endpoint(Unix, "backend");
    let (_relay, to) = relaying(&[], "tcp-listen:127.0.0.1:0,max-conns=1", &unix);
    let client = Socket::new(Domain::for_address(to), Type::STREAM, None).expect("a socket");
    client.set_recv_buffer_size(2048).and_then(|()| client.connect(&to.into())).expect("it listens");
    backend.accept().write(&pattern(8_000));
    let _second = connect(to);
    backend.accept();
    // The first client loses no byte.
    assert!(take_all(&mut with_deadline(client.into())) == pattern(8_000));
}

/// --linger also limits the time for a peer of --send-only to take everything.
#[test]
fn the_end_of_what_is_only_sent_can_be_waited_for_for_so_long() {
    let (_listener, address) = hesitant();
    let output = outcome_with(["tcp-client", "--send-only", "--linger", "500ms", &address], pattern(60_000));
    ended(&output, 124, "has not received all data within 500ms");
}

/// A server that drains does not wait for a client that has ended, while stdin has nothing for it.
#[test]
fn a_client_that_has_ended_does_not_hold_up_the_end_of_its_server() {
    plays(&[
        "tcp-server -k: say word; see word; end; new; say word; see word; kill TERM; hear waiting up to; end; get $; \
        status 0 *",
    ]);
}
