//! Tests the ends that scripts ask for: `--quit-after`, `--until-peer-ends`, `--accept-timeout`, `--retry forever`.

use crate::harness::*;

/// A run with an idle stdin can only end by itself. `f` says what the peer does.
#[track_caller]
fn with_server(options: &[&str], f: impl FnOnce(&mut Background, TcpStream)) {
    let words = [&["tcp-server", "127.0.0.1:0"], options].concat();
    let (mut server, address) = serve(words);
    f(&mut server, connect(address));
}

#[track_caller]
fn with_client(options: &[&str], f: impl FnOnce(&mut Background, TcpStream)) {
    let (mut run, peer) = client(options);
    f(&mut run, peer);
}

#[track_caller]
fn gives(run: Background, stdout: &str, case: &str) {
    let output = run.finish();
    let given = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!((output.status.code(), given.as_str()), (Some(0), stdout), "{case}: {}", text(&output));
}

/// The peer reads everything and answers, but does not end.
#[test]
fn a_peer_that_does_not_end_is_left_after_the_time_of_the_answer() {
    for time in ["0", "100ms"] {
        let check = |run: &mut Background, mut peer: TcpStream| {
            // 0 waits for no answer, so this answer is there before stdin ends.
            peer.write_all(b"answer").expect("it is open");
            let mut answer = [0; 6];
            let mut stdout = run.stdout();
            stdout.read_exact(&mut answer).expect("an answer");
            let mut stdin = run.stdin();
            stdin.write_all(b"question").expect("it is read");
            drop(stdin);
            expect(&mut peer, b"question");
            assert_eq!(run.wait().code(), Some(0), "{time}: {:?}", run.all_lines());
            // The question has ended in order.
            expect_end(&mut peer);
        };
        with_client(&["--quit-after", time], check);
        with_server(&["--quit-after", time], check);
    }
    let linger = ["--linger", "100ms"];
    with_client(&linger, |run, _peer| {
        drop(run.stdin());
        assert_eq!(run.wait().code(), Some(124));
    });
}

/// The whole answer is written, although its reader is slow and the time is over.
#[test]
fn what_has_arrived_in_time_is_written() {
    let (mut run, mut peer) = client(&["-v", "--quit-after", "0"]);
    let answer = pattern(300_000);
    peer.write_all(&answer).expect("it fits into the buffers");
    let mut stdout = run.stdout();
    eventually("an acknowledgement", || (unacknowledged(&peer) == 0).then_some(()));
    drop(run.stdin());
    assert_eq!(take(&mut stdout, answer.len()), answer);
    let line = run.line("has not ended within 0");
    assert!(line.contains("#1 closing: "), "{line}");
    assert_eq!(run.wait().code(), Some(0));
}

/// The time of the answer begins only once the question is delivered, however long that takes.
#[test]
fn a_question_is_delivered_whole_before_the_time_of_the_answer_begins() {
    let (mut run, mut peer) = client(&["--quit-after", "0"]);
    let question = pattern(20_000_000);
    let mut stdin = run.stdin();
    let copy = question.clone();
    let writer = thread::spawn(move || stdin.write_all(&copy));
    assert_eq!(take_all(&mut peer), question);
    writer.join().expect("no panic").expect("it is read");
    assert_eq!(run.wait().code(), Some(0));
}

/// Data that is lost is still an error.
#[test]
fn a_peer_that_does_not_take_the_question_is_an_error() {
    for option in [&["--quit-after", "0"][..], &["--quit-after", "1h"], &["--until-peer-ends"]] {
        let (mut run, peer) = client(option);
        feed(run.stdin(), pattern(20_000_000));
        eventually("bytes", || (queued(&peer) > 0).then_some(()));
        reset(peer);
        assert_eq!(run.wait().code(), Some(4), "{option:?}");
    }
}

/// The peer ends in time: nothing is different.
#[test]
fn a_peer_that_ends_in_time_is_waited_for_no_longer() {
    for input in [device("null"), tempfile::tempfile().expect("a file")] {
        let (listener, address) = listening();
        let mut command = command(["tcp-client", "--quit-after", "1h", "--half-close", "now", &address.to_string()]);
        command.stdin(input);
        let run = Background::spawn(command);
        let mut peer = accept(&listener);
        expect_end(&mut peer);
        peer.write_all(b"answer").expect("it is open");
        drop(peer);
        gives(run, "answer", "an empty stdin");
    }
}

#[test]
fn unix_sockets_and_a_relay_with_stdin_end_after_the_time_of_the_answer() {
    let (_folder, path) = path("sock");
    let listener = UnixListener::bind(&path).expect("a path");
    for words in [
        vec!["unix-client".to_owned(), path.display().to_string()],
        vec!["relay".to_owned(), "-".to_owned(), format!("unix:{}", path.display())],
        vec!["connect".to_owned(), format!("unix:{}", path.display())],
    ] {
        let mut run = Background::start(words.iter().map(String::as_str).chain(["--quit-after", "50ms"]));
        let mut peer = accept_unix(&listener);
        feed(run.stdin(), b"question".to_vec());
        expect(&mut peer, b"question");
        assert_eq!(run.wait().code(), Some(0), "{words:?}");
        expect_end(&mut peer);
    }
}

/// Only the end of stdin starts the time: an upload goes on after its peer has ended.
#[test]
fn an_upload_through_a_relay_is_never_cut() {
    let (listener, address) = listening();
    let mut run = Background::start(["relay", "-", &format!("tcp:{address}"), "--quit-after", "0"]);
    let (mut peer, mut stdin) = (accept(&listener), run.stdin());
    peer.shutdown(Shutdown::Write).expect("it is open");
    expect_end(&mut run.stdout());
    run.comes_to_rest();
    stdin.write_all(b"upload").expect("it is read");
    expect(&mut peer, b"upload");
    drop(stdin);
    expect_end(&mut peer);
    run.ends_with(0);
    // The variable can be meant for other runs. Either side of a relay of sockets goes on as long as it likes.
    let mut relay = command(["relay", "tcp-listen:127.0.0.1:0", &format!("tcp:{address}")]);
    relay.env("XPORT_QUIT_AFTER", "0");
    let (_relay, left) = serve_by(relay);
    for is_left_first in [true, false] {
        let (mut left, mut right) = (connect(left), accept(&listener));
        let (first, second) = if is_left_first { (&mut left, &mut right) } else { (&mut right, &mut left) };
        first.shutdown(Shutdown::Write).expect("it is open");
        expect_end(second);
        assert!(!has_come(first, Duration::from_millis(50)), "the second side has not ended");
        second.write_all(b"upload").expect("it is open");
        expect(first, b"upload");
        second.shutdown(Shutdown::Write).expect("it is open");
        expect_end(first);
    }
}

#[test]
fn a_server_of_one_after_the_other_goes_on_after_the_time_of_the_answer() {
    let (mut server, address) = serve(["tcp-server", "-k", "--quit-after", "50ms", "127.0.0.1:0"]);
    drop(server.stdin());
    for _ in 0..2 {
        let mut client = connect(address);
        client.write_all(b"x").expect("it is open");
        expect_end(&mut client);
    }
    assert!(server.is_running());
}

/// stdin is open and idle.
#[test]
fn the_end_of_the_peer_is_the_end_of_the_session() {
    for options in [&["--until-peer-ends"][..], &["--until-peer-ends", "--send-only"]] {
        let received = if options.contains(&"--send-only") { "" } else { "answer" };
        let check = |run: &mut Background, mut peer: TcpStream| {
            let mut stdin = run.stdin();
            stdin.write_all(b"question").expect("it is read");
            expect(&mut peer, b"question");
            peer.write_all(b"answer").expect("it is open");
            peer.shutdown(Shutdown::Write).expect("it is open");
            // Our side ends in order, although stdin is open.
            expect_end(&mut peer);
            assert_eq!(run.wait().code(), Some(0), "{options:?}: {:?}", run.all_lines());
            let mut given = String::new();
            run.stdout().read_to_string(&mut given).expect("text");
            assert_eq!(given, received, "{options:?}");
        };
        with_client(options, check);
        with_server(options, check);
    }
}

/// The peer has ended and does not read for a while. What stdin has given before is sent all the same.
#[test]
fn what_stdin_has_given_is_sent_to_a_peer_that_has_ended() {
    let (mut run, mut peer) = client(&["-vv", "--until-peer-ends"]);
    let mut stdin = run.stdin();
    let data = pattern(200_000);
    stdin.write_all(&data).expect("it is read");
    eventually("all bytes", || (queued(&stdin) == 0).then_some(()));
    peer.shutdown(Shutdown::Write).expect("it is open");
    run.line("has ended its direction");
    assert_eq!(take_all(&mut peer), data);
    assert_eq!(run.wait().code(), Some(0));
}

#[test]
fn the_kind_of_stdin_does_not_matter_once_the_peer_has_ended() {
    let hung = |words: &[&str]| {
        let (listener, address) = listening();
        let mut command = by_shell(format!("exec \"$0\" {} --until-peer-ends {address} {}", words[0], words[1]));
        // The pipe of stdin stays open and idle.
        command.stdin(Stdio::piped());
        let mut run = Background::spawn(command);
        let _stdin = run.stdin();
        let mut peer = accept(&listener);
        peer.write_all(b"hello").expect("it is open");
        drop(peer);
        run
    };
    for words in [["tcp-client", ""], ["tcp-client", "</dev/null"], ["tcp-client", "<&-"]] {
        gives(hung(&words), "hello", &format!("{words:?}"));
    }
}

/// Each client that ends makes room, and the rest of stdin is for the next one.
#[test]
fn a_server_goes_on_with_the_next_client_when_one_has_ended() {
    let (mut server, address) = serve(["tcp-server", "-k", "--until-peer-ends", "127.0.0.1:0"]);
    let (mut stdin, mut stdout) = (server.stdin(), server.stdout());
    for text in [b"one", b"two"] {
        let mut client = connect(address);
        client.write_all(text).expect("it is open");
        client.shutdown(Shutdown::Write).expect("it is open");
        // No other client waits.
        expect_end(&mut client);
        assert_eq!(take(&mut stdout, 3), text);
    }
    stdin.write_all(b"rest").expect("it is open");
    let mut client = connect(address);
    expect(&mut client, b"rest");
}

#[test]
fn a_server_that_nobody_comes_to_ends_by_its_time_limit() {
    let folder = short_directory();
    let path = folder.path().join("sock");
    let unix = path.to_str().expect("text");
    for_each(
        [
            vec!["tcp-server", "127.0.0.1:0"],
            vec!["tcp-server", "-k", "127.0.0.1:0"],
            vec!["tcp-echo", "127.0.0.1:0"],
            vec!["unix-server", unix],
            vec!["tls-server", "--self-signed", "127.0.0.1:0"],
            vec!["relay", "tcp-listen:127.0.0.1:0", "tcp:127.0.0.1:1"],
            vec!["relay", "--once", "tcp-listen:127.0.0.1:0", "-"],
            vec!["exec", "--listen", "127.0.0.1:0", "--", "cat"],
            vec!["echo", "tcp-listen:127.0.0.1:0", "tcp-listen:127.0.0.1:0"],
        ],
        |words| {
            let at = words.iter().position(|word| *word == "--").unwrap_or(words.len());
            let words = [&words[..at], &["--accept-timeout", "100ms"], &words[at..]].concat();
            let output = outcome(&words);
            assert_eq!(output.status.code(), Some(124), "{words:?}: {}", text(&output));
            let last = text(&output).lines().last().map(str::to_owned).unwrap_or_default();
            assert_eq!(last, "xport: no client connected within 100ms", "{words:?}");
        },
    );
    assert!(!path.exists());
}

/// A client that has come ends the wait for good. A denied one and one without a handshake have not come.
#[test]
fn only_a_client_that_is_let_in_has_come() {
    let options = ["--accept-timeout", "1s"];
    let (mut server, address) = serve([&["tcp-echo", "127.0.0.1:0"], &options[..]].concat());
    // Each client comes before the next server starts, which can take long.
    ping(&mut connect(address), b"hello");
    let (mut tls, tls_address) = serve([&["tls-echo", "--self-signed", "127.0.0.1:0"], &options[..]].concat());
    let _silent = connect(tls_address);
    let (mut closed, closed_address) =
        serve([&["tcp-echo", "--deny", "127.0.0.0/8", "127.0.0.1:0"], &options[..]].concat());
    let _denied = try_connect(closed_address);
    assert_eq!(tls.wait().code(), Some(124), "{:?}", tls.all_lines());
    assert_eq!(closed.wait().code(), Some(124), "{:?}", closed.all_lines());
    assert!(server.is_running());
    ping(&mut connect(address), b"again");
}

#[test]
fn a_connect_is_tried_again_for_as_long_as_it_takes() {
    let (reserved, address) = refusing();
    let at = address.to_string();
    let mut run = Background::start(["-v", "tcp-client", "--retry", "forever", "--retry-delay", "10ms", &at]);
    run.line("trying again every 10ms");
    for _ in 0..3 {
        run.line("trying again in 10ms");
    }
    reserved.listen(1).expect("it is bound");
    let listener = TcpListener::from(reserved);
    drop(run.stdin());
    let _peer = accept(&listener);
    run.line("connected");
    // Only the run's own limit ends it otherwise.
    let words = ["tcp-client", "--retry", "forever", "--retry-delay", "0", "--timeout", "200ms", "127.0.0.1:1"];
    let output = outcome(words);
    assert_eq!(output.status.code(), Some(124), "{}", text(&output));
    // The pause has a minimum, so that the tries do not keep a processor busy.
    assert!(text(&output).contains("; trying again every 10ms\n"), "{}", text(&output));
    assert!(text(&output).ends_with("xport: timed out after 200ms\n"), "{}", text(&output));
}

/// stdin is shared. A client that comes after it has ended gets nothing, which it cannot know.
#[test]
fn a_client_that_gets_nothing_of_stdin_is_worth_a_warning() {
    let what = "stdin has ended: this client gets nothing from it";
    for (input, option, has_warning) in [
        ("a photo", None, true),
        ("a photo", Some("--send-only"), true),
        ("", None, false),
        ("", Some("--send-only"), false),
        ("a photo", Some("--recv-only"), false),
    ] {
        let (mut server, address) = serve(["-v", "tcp-server", "-k", "127.0.0.1:0"].into_iter().chain(option));
        feed(server.stdin(), input.into());
        for sent in [if option == Some("--recv-only") { "" } else { input }, ""] {
            let mut client = connect(address);
            client.shutdown(Shutdown::Write).expect("it is open");
            assert_eq!(take_all(&mut client), sent.as_bytes(), "{option:?}");
        }
        server.signal(libc::SIGTERM);
        server.ends_with(0);
        let lines = server.all_lines();
        let warnings = Vec::from_iter(lines.iter().filter(|line| line.contains(what)));
        assert_eq!(warnings.len(), usize::from(has_warning), "{input} {option:?}: {lines:?}");
        assert!(warnings.iter().all(|line| line.contains("#2")), "{warnings:?}");
    }
}

/// ^D is the end of a terminal.
#[test]
fn a_terminal_has_an_end_too() {
    let terminal = Terminal::new();
    let (mut run, mut peer) = terminal.client(&["--quit-after", "50ms"]);
    terminal.type_in("question\n");
    expect(&mut peer, b"question\n");
    terminal.type_in("\x04");
    expect_end(&mut peer);
    assert_eq!(run.wait().code(), Some(0), "{:?}", run.all_lines());
    terminal.is_untouched();
}
