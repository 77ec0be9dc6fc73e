//! Tests messages on stderr: floods, readers that do not read, terminals, and filters of other programs.

use crate::harness::*;

/// How many messages of one kind are written in a second.
const LIMIT: usize = 10;

/// Both ends of a pipe that holds one page.
fn small_pipe() -> (File, File) {
    let mut ends = [0; 2];
    // SAFETY: the array is alive for the call, which fills it with two new descriptors.
    assert_eq!(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) }, 0);
    // SAFETY: the descriptors are new and have no other owner.
    let [reader, writer] = ends.map(|fd| File::from(unsafe { OwnedFd::from_raw_fd(fd) }));
    // SAFETY: F_SETPIPE_SZ takes a number and touches no memory.
    assert!(unsafe { libc::fcntl(ends[1], libc::F_SETPIPE_SZ, 4096) } > 0);
    (reader, writer)
}

/// Runs with a stderr that is not read: usage errors, and failures with and without a logger.
fn last_words() -> Vec<(Command, i32)> {
    let cases: &[(&[&str], Option<&str>, i32)] = &[
        (&["no-such-mode"], None, 2),
        (&["tcp-client"], None, 2),
        (&["relay", "a", "b"], None, 2),
        (&["tcp-client", "127.0.0.1:1"], None, 3),
        (&["-q", "tcp-client", "127.0.0.1:1"], None, 3),
        (&["tcp-client", "127.0.0.1:1"], Some("off"), 3),
    ];
    let command = |&(args, filter, status): &(&[&str], Option<&str>, i32)| {
        let mut command = command(args);
        command.stdin(Stdio::null()).envs(filter.map(|filter| ("XPORT_LOG", filter)));
        (command, status)
    };
    cases.iter().map(command).collect()
}

/// The program does not wait for a reader that never reads, and ends with the status of its error.
#[test]
fn a_full_stderr_does_not_hold_up_an_error() {
    thread::scope(|scope| {
        for (mut command, status) in last_words() {
            scope.spawn(move || {
                let (_reader, mut writer) = small_pipe();
                writer.write_all(&[b'x'; 4096]).expect("a pipe takes a page");
                assert!(is_full(&writer));
                command.stderr(writer);
                Background::spawn_with_stderr(command).ends_with(status);
            });
        }
    });
}

#[test]
fn a_slow_reader_gets_the_whole_error() {
    let long = "x".repeat(50);
    let words = Vec::from_iter((0..200).map(|n| format!("--{long}{n}")));
    for args in [vec!["tcp-echo".to_owned()], vec!["relay".to_owned(), words.concat()]] {
        let expected = outcome(&args);
        assert_eq!(expected.status.code(), Some(2));
        let (mut reader, mut writer) = small_pipe();
        writer.write_all(&[b'x'; 4096]).expect("a pipe takes a page");
        let mut run = command(&args);
        run.stdin(Stdio::null()).stderr(writer);
        let mut run = Background::spawn_with_stderr(run);
        let mut got = Vec::new();
        let mut piece = [0; 1024];
        loop {
            pass(Duration::from_millis(100), "the reader is slow");
            match reader.read(&mut piece).expect("it can be read") {
                0 => break,
                n => got.extend_from_slice(&piece[..n]),
            }
        }
        assert_eq!(String::from_utf8_lossy(&got[4096..]), String::from_utf8_lossy(&expected.stderr));
        run.ends_with(2);
    }
}

/// A terminal that is not read takes only a part of a line. The service goes on.
#[test]
fn a_terminal_that_nobody_reads_does_not_stop_an_echo() {
    let terminal = Terminal::new();
    let (_file, ports) = path("port");
    let mut command = command(["-vvv", "tcp-echo", "127.0.0.1:0", "--port-file"]);
    command.arg(&ports).stdin(Stdio::null()).stderr(terminal.slave.try_clone().expect("a copy"));
    let _server = Background::spawn_with_stderr(command);
    let address = port_in(&ports);
    let mut shown = 0;
    // Some hundred more lines came after the terminal was full.
    for round in 0.. {
        ping(&mut connect(address), b"hello");
        let before = std::mem::replace(&mut shown, queued(&terminal.master));
        if round > 100 && shown == before {
            break;
        }
        assert!(round < 10_000, "{shown} bytes, and the terminal is not full yet");
    }
    (0..50).for_each(|_| ping(&mut connect(address), b"hello"));
}

/// With `-vvv` on the terminal of stdin and stdout, messages cause no further messages.
#[test]
fn a_terminal_does_not_feed_its_own_messages() {
    let terminal = Terminal::new();
    let mut command = command([""; 0]);
    terminal.give_to(&mut command);
    let (listener, address) = listening();
    command.args(["-vvv", "tcp-client", &address.to_string()]).stderr(terminal.slave.try_clone().expect("a copy"));
    let _client = Background::spawn_with_stderr(command);
    let mut peer = accept(&listener);
    peer.write_all(b"hello\n").expect("it takes the bytes");
    terminal.type_in("question\n");
    expect(&mut peer, b"question\n");
    let mut master = terminal.master.try_clone().expect("a copy");
    let mut read_for = |time: Duration| {
        let (end, mut bytes) = (Instant::now() + time, 0);
        while has_come(&master, end.saturating_duration_since(Instant::now())) && Instant::now() < end {
            bytes += master.read(&mut [0; 65536]).expect("it can be read");
        }
        bytes
    };
    read_for(Duration::from_millis(500));
    let late = read_for(Duration::from_secs(1));
    assert!(late < 2000, "{late} bytes of messages in a second in which nothing happened");
}

/// An action on a server.
type Flood = fn(SocketAddr);

/// The lines of a server with many clients at once, after it was stopped.
fn lines_of_a_flood(options: &[&str], mode: &[&str], flood: Flood) -> (Vec<String>, usize) {
    let (mut server, address) = serve([options, mode].concat());
    let start = Instant::now();
    flood(address);
    server.comes_to_rest();
    // A new second has a limit of its own.
    let seconds = start.elapsed().as_secs() as usize + 2;
    server.drains();
    (server.all_lines(), seconds)
}

/// Each kind of line is limited at every verbosity, and suppressed lines are counted.
#[test]
fn each_kind_of_message_is_limited() {
    const CLIENTS: usize = 1000;
    let of_tcp = |address| (0..CLIENTS).for_each(|_| drop(connect(address)));
    let of_udp = |address| {
        // The sockets are kept, so that no two have the same port.
        let mut senders = Vec::new();
        for _ in 0..CLIENTS {
            let sender = udp("127.0.0.1");
            sender.send_to(b"x", address).expect("it leaves");
            senders.push(sender);
        }
    };
    let cases: &[(&str, &[&str], Flood, &[&str])] = &[
        ("-v", &["tcp-echo", "127.0.0.1:0"], of_tcp, &["accepted ", " closed cleanly "]),
        ("-vv", &["tcp-echo", "127.0.0.1:0"], of_tcp, &["accepted ", " has ended its direction"]),
        ("-v", &["tcp-echo", "--deny", "127.0.0.0/8", "127.0.0.1:0"], of_tcp, &["denied "]),
        ("-v", &["udp-echo", "127.0.0.1:0"], of_udp, &["datagrams from "]),
    ];
    for (verbosity, mode, flood, kinds) in cases {
        let (lines, seconds) = lines_of_a_flood(&[verbosity], mode, *flood);
        for kind in *kinds {
            let count = lines.iter().filter(|line| line.contains(kind)).count();
            assert!((1..=seconds * LIMIT).contains(&count), "{mode:?}: {count} times {kind:?} in {seconds} s");
        }
        let suppressed: usize = lines
            .iter()
            .filter_map(|line| {
                line.strip_suffix(" similar messages suppressed")?.rsplit(' ').next()?.parse::<usize>().ok()
            })
            .sum();
        assert!(suppressed + seconds * LIMIT >= CLIENTS, "{mode:?}: {suppressed} were counted: {lines:?}");
        assert_eq!(lines.iter().filter(|line| line.contains("listening on")).count(), 1);
    }
}

/// `RUST_LOG` is often set for another program. Only a filter that names xport changes its messages.
#[test]
fn filters_of_other_programs_change_nothing() {
    let stderr = |variables: &[(&str, &str)]| {
        // The connect fails. The warning before the failure matters.
        let mut command = xport(["tls-client", "--insecure", "--connect-timeout", "1s", "127.0.0.1:1"]);
        let output = command.envs(variables.iter().copied()).write_stdin("").output().expect("a run");
        String::from_utf8(output.stderr).expect("text")
    };
    let plain = stderr(&[]);
    assert!(plain.contains("Connection refused") && plain.lines().count() == 2, "{plain}");
    for filter in ["off", "error", "info", "debug", "trace", "hyper=debug", "hyper=off,tokio=trace", "a/b/c", "x=loud"]
    {
        assert_eq!(stderr(&[("RUST_LOG", filter)]), plain, "RUST_LOG={filter}");
        let both = [("RUST_LOG", filter), ("XPORT_LOG", "")];
        assert_eq!(stderr(&both), plain, "RUST_LOG={filter} and an empty XPORT_LOG");
    }
    for variables in [("RUST_LOG", "xport=debug"), ("RUST_LOG", "hyper=off,xport::transports=debug,xport=warn")] {
        assert!(stderr(&[variables]).contains("connecting to 127.0.0.1:1"), "{variables:?}");
    }
    assert!(stderr(&[("XPORT_LOG", "debug"), ("RUST_LOG", "off")]).contains("connecting to 127.0.0.1:1"));
    assert_eq!(stderr(&[("XPORT_LOG", "error")]).lines().count(), 1);
    // An unreadable filter is reported, and silences nothing.
    for filter in ["xport=debgu", "trash=="] {
        let said = stderr(&[("XPORT_LOG", filter)]);
        assert!(said.contains("ignoring") && said.contains("--insecure"), "XPORT_LOG={filter}: {said}");
    }
}

/// The other end of stdin and stdout is no peer.
#[test]
fn the_end_of_stdin_is_called_so() {
    let (_server, address) = serve(["tcp-echo", "127.0.0.1:0"]);
    let output = outcome_with(["-vv", "tcp-client", &address.to_string()], "hello");
    gave(&output, 0, "hello");
    let messages = text(&output);
    assert!(messages.contains("stdin has ended"), "{messages}");
    assert!(!messages.contains("stdin and stdout has ended"), "{messages}");
    assert!(
        messages.lines().any(|line| line.contains("127.0.0.1:") && line.ends_with(" has ended its direction")),
        "{messages}"
    );
}

/// A path that is not UTF-8 is shown with its bytes, so that the user finds the file.
#[test]
fn paths_that_are_not_text_are_shown_by_their_bytes() {
    for (line, status, message) in [
        (r"unix-client ./a\xff", 3, r"connect ./a\xff: No such file or directory"),
        (r"unix-server ./a\xff/s", 3, r"listen ./a\xff/s: No such file or directory"),
        (r"wait --for 1ms unix:./a\xff", 124, r"connect ./a\xff: No such file or directory"),
        (r"tls-client --ca a\xff 127.0.0.1:1", 2, r"a\xff: No such file or directory"),
        (r"tls-server --cert a\xff 0", 2, r"a\xff: No such file or directory"),
        (r"tcp-client --dump a\xff/d 127.0.0.1:1", 1, r"dump a\xff/d: No such file or directory"),
        (r"tcp-server --port-file a\xff/p 0", 1, r"port file a\xff/p: No such file or directory"),
        (r"exec -- ./a\xff", 127, r"exec ./a\xff: No such file or directory"),
    ] {
        // A character up to U+00FF stands for its byte.
        let bytes = Vec::from_iter(line.replace(r"\xff", "\u{ff}").chars().map(|c| c as u8));
        let output = outcome(bytes.split(|byte| *byte == b' ').map(OsStr::from_bytes));
        ended(&output, status, message);
    }
}
