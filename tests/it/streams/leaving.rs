//! Tests the end of sessions: with peers that are gone, with peers that stay, and with clients that wait for their
//! place.

use crate::harness::*;

/// A peer that has read everything and has ended is gone, so nothing more can be delivered. stdin decides what that
/// means: it has more, which fails the run, or it ends, or it is silent.
#[test]
fn stdin_is_asked_for_more_once_the_peer_is_gone() {
    let stdin = "hear has ended its direction; {offer more; eof; status 4 ~ connection with |\
        eof; status 0 ! connection with |status 0 *}";
    plays(&[
        // The end of the peer comes before the reset.
        &format!("-vv tcp-{{client|server}}: end; arrived; reset; {stdin}"),
        &format!("-vv relay {{- TCP|TCP -|--once TCP-LISTEN -}}: end; arrived; reset; {stdin}"),
        &format!("-vv unix-{{client|server}}: go; {stdin}"),
        &format!("-vv relay {{- UNIX|--once UNIX-LISTEN -}}: go; {stdin}"),
        &format!("-vv tls12|tls13-client: notify; arrived; reset; {stdin}"),
    ]);
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
        gave(&run.finish(), 4, "");
    }
}

/// With a terminal as stdin, the session is over at once.
#[test]
fn a_terminal_is_not_asked_for_more() {
    plays(&["{unix-client|relay - UNIX} <TTY: go; status 0"]);
}

/// A relay of sockets asks the other side for more: these bytes cannot be delivered, and the other side must see that.
#[test]
fn the_other_side_of_a_relay_is_asked_for_more() {
    plays(&["-v relay TCP-LISTEN UNIX: go; peer 1; get $; end; hear closed cleanly; runs"]);
    let mut relay = stage("-v relay TCP-LISTEN UNIX");
    relay.plays("go; peer 1; get $; say more");
    let mut left = relay.peer().copy();
    let error = eventually("a reset", || left.write(b"x").err());
    assert!(matches!(error.raw_os_error(), Some(libc::ECONNRESET | libc::EPIPE)), "{error}");
    relay.plays("hear the peer is gone, and ; runs");
}

/// With --send-only, the run ends once the peer has everything, whether the peer closes or not. Otherwise each of these
/// runs would wait for 5 s.
#[test]
fn a_peer_of_which_nothing_is_wanted_is_not_waited_for() {
    // No program accepts: the system has the connections, and takes their bytes.
    let (_listener, address) = listening();
    let (_folder, path) = path("sock");
    let _unix = UnixListener::bind(&path).expect("a path");
    let start = Instant::now();
    for line in [
        "tcp-client --send-only TCP",
        "exec --connect TCP -- true",
        "exec --connect TCP -- echo hello",
        "relay tcp:TCP exec:true",
        "unix-client --send-only UNIX",
        "exec --connect UNIX -- echo hello",
    ] {
        let line = line.replace("UNIX", &path.to_string_lossy()).replace("TCP", &address.to_string());
        ended(&outcome_with(words!("{line}"), "hello"), 0, "");
    }
    assert!(start.elapsed() < Duration::from_secs(15), "six runs took {:?}", start.elapsed());
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

/// A relay between a peer that has sent everything and gone, and a receiver that has not read it.
fn owing(left_is_gone: bool, options: &[&str]) -> (Background, TcpStream, Ground) {
    let ground = Ground::new();
    let (unix, source) = ground.endpoint(Unix, "source");
    let (receiver, address) = narrow_listener();
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

/// The bytes for a side that fails are lost, whichever side it is. A side that takes nothing stands still.
#[test]
fn bytes_that_are_owed_to_a_side_end_with_it() {
    for_each([true, false], |left_is_gone| {
        let (run, peer, _ground) = owing(left_is_gone, &[]);
        reset(peer);
        let output = run.finish();
        gave(&output, 4, "");
        assert!(text(&output).contains("Connection reset by peer"), "{}", text(&output));

        let (run, _peer, _ground) = owing(left_is_gone, &["--idle-timeout", "700ms"]);
        let output = run.finish();
        gave(&output, 124, "");
        assert!(text(&output).contains("idle for 700ms"), "{}", text(&output));
    });
}

/// No other timer of the session shortens the wait for stdin: a program feeds it late, but in time.
#[test]
fn stdin_is_asked_for_as_long_as_it_is_due() {
    plays(&["-vv relay --idle-timeout 1s {- UNIX|UNIX -}: go; hear has ended its direction; sleep 1500; type more; \
            status 4 *"]);
}

/// A failed peer fails the run, although its bytes could not be read any more.
#[test]
fn a_peer_that_fails_while_nobody_reads_it_is_told_of() {
    plays(&[
        "{exec --connect TCP -- sh -c \"|relay TCP \"shell:}trap 'exit 0' TERM; sleep 100 & wait\": say *400000; \
            reset; status 4 Connection reset by peer",
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
    let (_listener, address) = narrow_listener();
    let output = outcome_with(words!("tcp-client --send-only --linger 500ms {address}"), pattern(60_000));
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
