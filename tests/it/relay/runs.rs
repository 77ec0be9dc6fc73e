//! Tests the end of `relay`: the status of a single pair, signals, time limits and children; inherited sockets, words
//! with shell syntax, and a terminal.

use crate::harness::*;

/// Runs `relay` with this on stdin.
fn run(args: &[&str], stdin: &str) -> Output {
    xport(["relay"]).args(args).write_stdin(stdin).output().expect("a run")
}

/// The output of a shell script in which `$XPORT` is the program.
fn shell(script: &str) -> Output {
    let mut command = assert_cmd::Command::new("bash");
    command.args(["-c", script]).env("XPORT", program()).timeout(DEADLINE);
    command.env_remove("XPORT_LOG").env_remove("RUST_LOG").output().expect("a run")
}

#[test]
fn an_end_that_is_not_there_is_status_3() {
    let (_kept, closed) = refusing();
    let refused = format!("connect {closed}: Connection refused");
    let end = format!("tcp:{closed}");
    for ends in [["-", &end], [&end, "-"], [&end, "exec:cat"], ["exec:cat", &end]] {
        ended(&run(&ends, "lost"), 3, &refused);
    }
    ended(&run(&["-", "unix:/nonexistent/socket"], ""), 3, "/nonexistent/socket");
    // A slow name server must not cause a timeout.
    ended(&run(&["-", "tcp:no.such.host.invalid:80,connect-timeout=50s"], ""), 3, "no.such.host.invalid");
    let (_listener, taken) = listening();
    ended(&run(&[&format!("tcp-listen:{taken}"), "exec:cat"], ""), 3, "Address already in use");
    plays(&["relay TCP TCP: end; peer 1; end; status 0 *"]);
    // An open left end gets its end or reset.
    let peer = Peer::serve(|mut left| read_once(&mut left, &mut [0; 16]).map_err(|error| error.kind()));
    ended(&run(&[&format!("tcp:{}", peer.address), &end], ""), 3, &refused);
    assert_eq!(peer.join(), Err(ErrorKind::ConnectionReset));
}

#[test]
fn a_child_decides_with_its_status() {
    ended(&run(&["-", "exec:sh -c 'cat; exit 7'"], "data"), 7, "");
    ended(&run(&["exec:sh -c 'exit 7'", "-"], ""), 7, "");
    ended(&run(&["-", "shell:cat; exit 8"], "data"), 8, "");
    ended(&run(&["-", "exec:sh -c 'kill -9 $$'"], ""), 128 + 9, "");
    ended(&run(&["-", "exec:true"], ""), 0, "");
    ended(&run(&["-", "exec:/nonexistent/program"], ""), 127, "/nonexistent/program");
    ended(&run(&["exec:no-such-program-anywhere", "-"], ""), 127, "no-such-program-anywhere");
    ended(&run(&["-", "exec:/etc/passwd"], ""), 126, "/etc/passwd");
    gave(&run(&["-", "exec:sh -c 'head -c 3; echo +; exit 5'"], "abcdef"), 5, b"abc+\n");
}

#[test]
fn stdout_decides_when_it_fails() {
    ended(&shell("set -o pipefail; yes | $XPORT relay - exec:cat | head -c 10 >/dev/null"), 141, "");
    ended(&shell("echo x | $XPORT relay - exec:cat >/dev/full"), 1, "No space left on device");
    let peer = Peer::serve(|mut peer| {
        peer.write_all(b"for a full disk").expect("it takes the bytes");
        is_reset(&mut peer);
    });
    let args = ["relay", &format!("tcp:{}", peer.address), "-"];
    let mut relay = Background::spawn(command(args).stdout(device("full")));
    // Its end would be passed on.
    let _stdin = relay.stdin();
    ended(&relay.finish(), 1, "No space left on device");
    peer.join();
}

#[test]
fn a_child_that_is_killed_resets_the_connection() {
    let peer = Peer::serve(|mut peer| {
        expect(&mut peer, b"some\n");
        is_reset(&mut peer);
    });
    ended(&run(&[&format!("tcp:{}", peer.address), "exec:sh -c 'echo some; kill -9 $$'"], ""), 137, "");
    peer.join();
}

/// The child gets all bytes of a client that has sent everything and gone, and can finish its work.
#[test]
fn a_child_takes_all_of_what_came_in_order() {
    let ground = folder();
    let (socket, out) = (ground.path().join("s"), ground.path().join("out"));
    // The child begins to read after its client has gone.
    let go = ground.path().join("go");
    let script = |close: &str| {
        let [go, out] = [&go, &out].map(|path| path.display().to_string());
        format!("shell:{close}until [ -e {go} ]; do sleep 0.02; done; cat >{out}; echo all >>{out}")
    };
    let check = |mut relay: Background, what: &str| {
        pass(Duration::from_millis(300), "the child would be asked to end in this time");
        fs::write(&go, "").expect("a file");
        let status = relay.wait();
        assert!(status.success(), "{what}: {status:?}");
        assert_eq!(fs::read_to_string(&out).expect("it is there"), "data all\n", "{what}");
        fs::remove_file(&go).expect("it is there");
    };

    let options = ["--once", "--kill-after", "60s"];
    let (relay, address) = relaying(&options, "tcp-listen:127.0.0.1:0", &script("exec >&-; "));
    let mut client = connect(address);
    assert_eq!(take_all(&mut client), []);
    client.write_all(b"data ").expect("it takes the bytes");
    drop(client);
    check(relay, "after the child's own end");

    let left = format!("unix-listen:{}", socket.display());
    let mut relay = Background::start([&["relay"], &options[..], &[&left, &script("")]].concat());
    relay.unix_client(&socket).write_all(b"data ").expect("it takes the bytes");
    check(relay, "a unix client that has gone");
}

#[test]
fn two_directions_that_are_over_are_a_pair_that_is_over() {
    let output = run(&["--timeout", "5s", "--no-half-close", "-", "exec:sh -c 'exec >&-; cat >/dev/null'"], "x");
    // This test does not say how a child ends that never got the end of its stdin.
    assert!(matches!(output.status.code(), Some(0 | 143)), "{}", text(&output));
}

#[test]
fn time_limits_are_status_124() {
    plays(&[
        // The time counts from the start, so both connections must exist by then.
        "relay --timeout 3s TCP TCP: get reset; peer 1; get reset; status 124 timed out after 3s",
        "relay --idle-timeout 300ms TCP TCP: get reset; peer 1; get reset; status 124 idle for 300ms",
        "relay --idle-timeout 200ms - exec:cat: status 124 idle for 200ms",
        // A child on the left is not watched.
        "relay --idle-timeout 200ms {'exec:sleep 30' -|- 'exec:sleep 30'}: status 124 *",
    ]);
    ended(&run(&["--timeout", "200ms", "tcp-listen:127.0.0.1:0", "exec:cat", "-q"], ""), 124, "timed out");
}

#[test]
fn an_idle_pair_among_others_is_alone_in_its_end() {
    let (upstream, at) = listening();
    let (mut relay, address) =
        relaying(&["-v", "--idle-timeout", "4s"], "tcp-listen:127.0.0.1:0", &format!("tcp:{at}"));
    let (mut idle, mut idle_server) = (connect(address), accept(&upstream));
    let (mut busy, mut busy_server) = (connect(address), accept(&upstream));
    idle.set_nonblocking(true).expect("a flag");
    let kind = eventually("the idle one ends", || {
        passes(&mut busy, &mut busy_server, b"x");
        match idle.read(&mut [0]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            result => Some(result.map_err(|error| error.kind())),
        }
    });
    assert_eq!(kind, Err(ErrorKind::ConnectionReset));
    is_reset(&mut idle_server);
    relay.line("idle for 4s");
    passes(&mut busy_server, &mut busy, b"still here");
    assert!(relay.is_running());
}

#[test]
fn a_signal_ends_sessions_or_lets_them_finish() {
    plays(&[
        "relay TCP-LISTEN TCP: peer 1; say hello; peer 2; get hello; kill TERM; hear waiting up to 10s for; clock; \
            refused; before 4000; say bye; peer 1; get bye; end; peer 2; get $; say !; end; peer 1; get !$; status 0 *",
        // A second signal or the end of grace resets them.
        "relay TCP-LISTEN TCP: peer 1; say hello; peer 2; get hello; kill TERM; hear waiting up to 10s for; clock; \
            refused; before 4000; kill TERM; get reset; peer 1; get reset; killed TERM *",
        "relay --grace 200ms TCP-LISTEN TCP: peer 1; say hello; peer 2; get hello; kill TERM; get reset; peer 1; \
            get reset; killed TERM *",
        // One signal ends a single pair.
        "relay TCP TCP: kill INT; get reset; peer 1; get reset; killed INT",
    ]);
}

/// A program with this socket as descriptor 0.
fn with_socket(socket: impl Into<OwnedFd>, args: &[&str]) -> Background {
    Background::spawn(command([&["relay"], args].concat()).stdin(Stdio::from(socket.into())))
}

#[test]
fn an_inherited_socket_is_an_end_like_others() {
    for (left, right) in [("fd:0", "exec:cat"), ("exec:cat", "fd:0")] {
        let (ours, theirs) = UnixStream::pair().expect("sockets");
        let mut relay = with_socket(theirs, &[left, right]);
        let mut ours = ours;
        say_all(&mut ours, b"through cat");
        assert_eq!(take_all(&mut ours), b"through cat", "{left} {right}");
        relay.ends_with(0);
    }
    for (options, clients) in [(&[][..], 2), (&["--once"], 1)] {
        let (listener, address) = listening();
        let mut relay = with_socket(listener, &[options, &["fd:0", "exec:cat"]].concat());
        relay.line(&format!("listening on {address}"));
        (0..clients).for_each(|_| ping(&mut connect(address), b"one after the other"));
        if clients == 1 { relay.ends_with(0) } else { relay.drains() }
    }
    let relay = with_socket(File::open("/dev/null").expect("a file"), &["fd:0", "exec:cat"]);
    assert_eq!(relay.finish().status.code(), Some(3));
}

#[test]
fn no_shell_sees_what_is_given() {
    let (_ground, made) = path("made");
    let made = made.to_str().expect("text");
    for word in
        [format!("x;touch {made}"), format!("$(touch {made})"), format!("`touch {made}`"), format!("|touch {made}")]
    {
        let output = run(&["-", &format!("exec:printf %s '{word}'")], "");
        gave(&output, 0, &word);
        for end in [format!("tcp:{word}:80"), format!("udp:{word}:80"), format!("unix:{word}"), word.clone()] {
            let output = run(&["-", &end], "");
            assert!(matches!(output.status.code(), Some(2 | 3)), "{end}: {}", text(&output));
        }
        let output = run(&["-", &format!("exec:{word}")], "");
        assert!(matches!(output.status.code(), Some(2 | 126 | 127)), "{word}: {}", text(&output));
        assert!(!Path::new(made).exists(), "{word} has been run");
    }
}

/// With a terminal on stdin, the relay ends with its other end, without a ^D.
#[test]
fn a_terminal_does_not_keep_a_relay_whose_other_end_has_ended() {
    let peer = Peer::serve(|mut peer| peer.write_all(b"bye\n").expect("it takes the bytes"));
    let output = shell(&format!("script -qec '$XPORT relay - tcp:{}' /dev/null", peer.address));
    if output.status.code() == Some(127) {
        return println!("skipped: script: {}", text(&output));
    }
    peer.join();
    assert!(output.status.success() && output.stdout.starts_with(b"bye"), "{}", text(&output));
}
