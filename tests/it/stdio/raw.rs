//! Tests `--raw`: keys go to the peer one by one, the escape key is for xport, and the terminal is restored at every
//! end and at every stop.

use super::job_control::Shell;
use crate::harness::*;

/// The escape key.
const ESCAPE: &str = "\x1d";

fn is_raw(terminal: &Terminal) -> bool {
    terminal.settings() != Terminal::new().settings()
}

#[track_caller]
fn becomes_raw(terminal: &Terminal) {
    eventually("the terminal is raw", || is_raw(terminal).then_some(()));
}

/// A client whose terminal is raw, and its peer.
#[track_caller]
fn raw(terminal: &Terminal, options: &[&str]) -> (Background, TcpStream) {
    let (mut client, peer) = terminal.client(&[&["--raw"], options].concat());
    client.line("connected to 127.0.0.1:");
    assert!(is_raw(terminal));
    (client, peer)
}

#[test]
fn every_key_is_sent_at_once_and_shown_by_the_peer_alone() {
    let terminal = Terminal::new();
    let (mut client, mut peer) = raw(&terminal, &[]);
    // ^C, ^D, ^Q, ^S, ^Z, ^\, ^V, ^U, DEL, and Enter as a CR.
    for keys in ["a", "\x03", "\x04", "\x11\x13", "\x1a\x1c\x16\x15\x7f", "\r", "\x1b[A"] {
        terminal.type_in(keys);
        assert_eq!(String::from_utf8_lossy(&take(&mut peer, keys.len())), keys);
    }
    // Nothing was echoed before, and the line feed stays alone.
    peer.write_all(b"x\ny").expect("the client takes it");
    assert_eq!(take(&mut terminal.master.try_clone().expect("a copy"), 3), b"x\ny");
    drop(peer);
    client.ends_with(0);
    terminal.is_untouched();
}

#[test]
fn the_escape_key_leaves_and_can_be_sent_and_changed() {
    for (option, typed, sent) in [
        ("^]", "ls\x1d.", "ls"),
        ("^]", "\x1d\x1d\x1dx\x1d\x03\x1d.", "\x1d\x1dx\x1d\x03"),
        ("^a", "\x1d.\x01.", "\x1d."),
        ("^?", "\x7f.", ""),
        ("~", "a~.\r~~.\r~.", "a~.\r~.\r"),
        ("\x02", "x\x02.", "x"),
    ] {
        let terminal = Terminal::new();
        let (mut client, mut peer) = raw(&terminal, &["--escape", option]);
        terminal.type_in(typed);
        assert_eq!(String::from_utf8_lossy(&take_all(&mut peer)), sent, "{option:?}");
        client.ends_with(0);
        terminal.is_untouched();
    }
    let terminal = Terminal::new();
    let (mut client, mut peer) = raw(&terminal, &["--escape", "none"]);
    terminal.type_in("\x1d.~.\r~.");
    assert_eq!(take(&mut peer, 7), b"\x1d.~.\r~.");
    client.signal(libc::SIGTERM);
    client.is_killed_by(libc::SIGTERM);
    terminal.is_untouched();
}

/// Lines for the user return to the margin, wherever the cursor is.
#[test]
fn help_and_messages_are_readable_on_a_raw_terminal() {
    let terminal = Terminal::new();
    let (listener, address) = listening();
    let mut command = command(["tcp-client", "--raw", "-v", &address.to_string()]);
    terminal.give_to(&mut command);
    command.stderr(terminal.slave.try_clone().expect("a copy"));
    let mut client = Background::spawn_with_stderr(command);
    let peer = accept(&listener);
    terminal.shows("; ^]. quits, ^]? shows help\r\n");
    terminal.type_in("\x1d?");
    terminal.shows("\r\nxport: ^]. quits, ^]^Z suspends, ^]^] sends ^], ^]? shows this\r\n");
    drop(peer);
    terminal.shows("closed cleanly");
    terminal.shows("\r\n");
    client.ends_with(0);
}

#[test]
fn the_terminal_is_restored_at_every_end() {
    type End = fn(&Terminal, TcpStream);
    let ends: [(&str, &[&str], i32, End); 4] = [
        ("the peer ends", &[], 0, |_, peer| drop(peer)),
        ("the peer fails", &[], 4, |_, peer| reset(peer)),
        ("a time limit", &["--timeout", "300ms"], 124, |_, mut peer| is_reset(&mut peer)),
        ("the user leaves a peer that is silent", &[], 0, |terminal, mut peer| {
            terminal.type_in("bye\x1d.");
            assert_eq!(take_all(&mut peer), b"bye");
        }),
    ];
    for (name, options, status, end) in ends {
        let terminal = Terminal::new();
        let (listener, address) = listening();
        let mut command = command([&["tcp-client", "--raw"], options, &[&address.to_string()]].concat());
        terminal.give_to(&mut command);
        let mut client = Background::spawn(command);
        let peer = accept(&listener);
        client.line("connected to");
        end(&terminal, peer);
        assert_eq!(client.wait().code(), Some(status), "{name}: {:?}", client.all_lines());
        terminal.is_untouched();
    }
}

/// What a shell writes after the run begins a line of its own.
#[test]
fn the_end_of_a_session_ends_the_line() {
    let end = "xport: the peer has ended\r\n";
    for (sent, options, signal, shown) in [
        ("$ bye", "", None, format!("$ bye\r\n{end}#")),
        ("bye\r\n", "", None, format!("bye\r\n{end}#")),
        ("down\n", "", None, format!("down\n\r\n{end}#")),
        ("$ bye", "-q", None, "$ bye\r\n#".to_owned()),
        ("$ bye", "-q", Some(libc::SIGTERM), "$ bye\r\n#".to_owned()),
        ("bye\r\n", "-q", Some(libc::SIGTERM), "bye\r\n#".to_owned()),
    ] {
        let terminal = Terminal::new();
        let (listener, address) = listening();
        let mut command = command(["tcp-client", "--raw"]);
        command.args(options.split_whitespace()).arg(address.to_string());
        terminal.give_to(&mut command);
        command.stderr(terminal.slave.try_clone().expect("a copy"));
        let mut client = Background::spawn_with_stderr(command);
        let mut peer = accept(&listener);
        becomes_raw(&terminal);
        peer.write_all(sent.as_bytes()).expect("the client takes it");
        let mut master = terminal.master.try_clone().expect("a copy");
        let mut seen = String::new();
        let mut read_to = |last: &str| {
            while !seen.ends_with(last) {
                seen.push(char::from(take(&mut master, 1)[0]));
            }
        };
        read_to(sent);
        match signal {
            Some(signal) => {
                client.signal(signal);
                client.is_killed_by(signal);
            }
            None => {
                drop(peer);
                client.ends_with(0);
            }
        }
        (&terminal.slave).write_all(b"#").expect("a terminal");
        read_to("#");
        assert!(seen.ends_with(&shown), "{sent:?} {options}: {seen:?}");
        terminal.is_untouched();
    }
}

/// Every signal that can be caught and that ends a program, those of a fault included.
#[test]
fn the_terminal_is_restored_before_any_signal_ends_the_run() {
    use libc::*;
    let harmless = [SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGPIPE, SIGXFSZ, SIGTSTP, SIGTTIN, SIGTTOU, SIGSTOP, SIGKILL];
    let exists = |signal: &c_int| *signal < 32 || [SIGRTMIN(), SIGRTMIN() + 7, SIGRTMAX()].contains(signal);
    let deadly = (1..=SIGRTMAX()).filter(|signal| exists(signal) && !harmless.contains(signal));
    for_each(deadly, |signal| {
        let terminal = Terminal::new();
        let mut command = command([""; 0]);
        // SAFETY: between fork and exec the closure makes only system calls, with values that it owns.
        unsafe {
            command.pre_exec(move || {
                let none = rlimit { rlim_cur: 0, rlim_max: 0 };
                setrlimit(RLIMIT_CORE, &raw const none);
                libc::signal(signal, SIG_DFL);
                Ok(())
            });
        }
        terminal.give_to(&mut command);
        let (mut client, _peer) = client_by(command, &["--raw"]);
        client.line("connected to");
        assert!(is_raw(&terminal));
        client.signal(signal);
        client.is_killed_by(signal);
        terminal.is_untouched();
    });
}

/// Before there is a peer, ^C ends the run, as without --raw.
#[test]
fn the_terminal_is_not_raw_while_there_is_no_connection() {
    let terminal = Terminal::new();
    let full = full_queue();
    let mut client = terminal.spawn(command(["tcp-client", "--raw", "-vv", &full.address.to_string()]));
    client.line("connecting");
    terminal.is_untouched();
    terminal.type_in("\x03");
    client.is_killed_by(libc::SIGINT);
    terminal.is_untouched();
}

#[test]
fn a_hang_up_ends_it_by_its_signal() {
    let terminal = Terminal::new();
    let (mut client, mut peer) = raw(&terminal, &[]);
    drop(terminal);
    client.is_killed_by(libc::SIGHUP);
    assert_eq!(take_all(&mut peer), b"");
}

/// A client that is no leader of a session can be stopped, because its parent could continue it.
#[track_caller]
fn stoppable(terminal: &Terminal) -> (Background, TcpStream) {
    let mut command = command([""; 0]);
    let stream = || terminal.slave.try_clone().expect("a copy");
    command.stdin(stream()).stdout(stream()).process_group(0);
    let (mut client, peer) = client_by(command, &["--raw"]);
    client.line("connected to");
    (client, peer)
}

#[track_caller]
fn stops(client: &Background) {
    eventually("a stop", || (state_of(client.pid()) == Some('T')).then_some(()));
}

#[test]
fn a_stop_restores_the_terminal_and_the_end_of_the_stop_makes_it_raw_again() {
    let terminal = Terminal::new();
    let (mut client, mut peer) = stoppable(&terminal);
    let stop_by_key = |_: &Background| terminal.type_in("\x1d\x1a");
    let stop_by_signal = |client: &Background| client.signal(libc::SIGTSTP);
    for stop in [&stop_by_key as &dyn Fn(&Background), &stop_by_signal, &stop_by_key] {
        assert!(is_raw(&terminal));
        stop(&client);
        stops(&client);
        terminal.is_untouched();
        client.signal(libc::SIGCONT);
        becomes_raw(&terminal);
        terminal.type_in("k");
        assert_eq!(take(&mut peer, 1), b"k");
    }
    // Nothing is told of SIGSTOP before it comes, so the terminal stays raw. A shell would repair it.
    client.signal(libc::SIGSTOP);
    stops(&client);
    let status = Command::new("stty").arg("sane").stdin(terminal.slave.try_clone().expect("a copy")).status();
    assert!(status.expect("stty runs").success());
    client.signal(libc::SIGCONT);
    eventually("a raw terminal", || {
        terminal.type_in("s");
        has_come(&peer, Duration::from_millis(50)).then_some(())
    });
    // Typed bytes are unread, so a close would be a reset.
    peer.shutdown(Shutdown::Write).expect("it is open");
    client.ends_with(0);
    terminal.is_untouched();
}

/// In the background the terminal belongs to the shell. `fg` makes it raw.
#[test]
fn a_job_in_the_background_leaves_the_terminal_alone() {
    let Some(shell) = Shell::start() else { return };
    let (listener, address) = listening();
    shell.enter(&format!("\"$X\" tcp-client --raw {address} &"));
    let mut peer = accept(&listener);
    shell.line("xport: connected to");
    for number in 0..3 {
        shell.enter(&format!("echo '>'{number}"));
        shell.line(&format!(">{number}"));
    }
    peer.write_all(b"shown\n").expect("the client takes it");
    shell.line("shown");
    shell.enter("fg");
    // bash prints the command before it gives up the terminal.
    shell.line("\"$X\" tcp-client");
    eventually("single keys", || {
        shell.terminal.type_in("k");
        has_come(&peer, Duration::from_millis(50)).then_some(())
    });
    shell.terminal.type_in("\x1d\x1a");
    shell.line("[1]+  Stopped");
    shell.enter("echo '>'stopped");
    shell.line(">stopped");
    shell.enter("fg");
    shell.line("\"$X\" tcp-client");
    peer.shutdown(Shutdown::Write).expect("it is open");
    shell.takes_foreground_back();
    shell.enter("echo '>'$?");
    assert_eq!(shell.line(">"), "0");
}

/// A terminal, a client that sends its keys over a unix socket, and the peer.
fn raw_unix_client() -> (Terminal, Background, UnixStream) {
    let (_folder, path) = path("s");
    let listener = UnixListener::bind(&path).expect("a socket");
    let terminal = Terminal::new();
    let mut client = terminal.spawn(command([OsStr::new("unix-client"), OsStr::new("--raw"), path.as_os_str()]));
    let peer = accept_unix(&listener);
    client.line("connected to");
    (terminal, client, peer)
}

/// The escape key is read even if the peer reads nothing. The status says that bytes are missing there.
#[test]
fn a_peer_that_does_not_read_can_be_left() {
    let (terminal, mut client, _peer) = raw_unix_client();
    // More than a unix socket holds, and more than the high-water mark.
    for _ in 0..400 {
        terminal.type_in(&"x".repeat(1000));
    }
    terminal.type_in(&format!("{ESCAPE}."));
    client.line("the peer had not received everything when the user quit");
    client.ends_with(4);
    terminal.is_untouched();
}

/// A long paste arrives whole at a peer that begins to read late, and keys go on after it.
#[test]
fn a_long_paste_waits_for_the_peer() {
    const BYTES: usize = 3_000_000;
    let (terminal, mut client, mut peer) = raw_unix_client();
    feed(terminal.master.try_clone().expect("a copy"), pattern(BYTES).iter().map(|byte| byte | 0x80).collect());
    // xport keeps all of it, and does nothing more until the peer reads.
    client.comes_to_rest();
    assert!(client.rss_kib() < 100_000, "{}", client.rss_kib());
    let expected = Vec::from_iter(pattern(BYTES).iter().map(|byte| byte | 0x80));
    assert!(take(&mut peer, BYTES) == expected);
    terminal.type_in("k\x1d.");
    assert_eq!(take_all(&mut peer), b"k");
    client.ends_with(0);
    terminal.is_untouched();
}

/// Whatever was pasted before: the escape key behind it is found. What is too much is dropped, and the user is told.
#[test]
fn a_peer_that_hangs_can_be_left_behind_any_paste() {
    let (terminal, mut client, _peer) = raw_unix_client();
    let mut pasted = vec![b'x'; 18_000_000];
    pasted.extend_from_slice(format!("{ESCAPE}.").as_bytes());
    feed(terminal.master.try_clone().expect("a copy"), pasted);
    let told = client.line(" wait for the peer, which takes nothing: ");
    assert!(told.ends_with("what is typed now is dropped; ^]. quits"), "{told}");
    client.ends_with(4);
    let lines = client.all_lines();
    assert!(lines.iter().any(|line| line.contains("typed bytes were dropped")), "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.contains("is dropped")).count(), 1, "{lines:?}");
    terminal.is_untouched();
}

/// The escape key is read even if the reader of a dump takes nothing. What is left of the dump then holds up the end,
/// on a terminal whose keys are signals again.
#[test]
fn a_dump_without_a_reader_does_not_lock_the_user_in() {
    let (_folder, path) = path("dump");
    let made = Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
    assert!(made.success());
    let _reader = File::options().read(true).write(true).open(&path).expect("a pipe");
    let terminal = Terminal::new();
    let (mut client, peer) = raw(&terminal, &["--dump", path.to_str().expect("text")]);
    let mut master = terminal.master.try_clone().expect("a copy");
    thread::spawn(move || while let Ok(1..) = master.read(&mut [0; 65536]) {});
    feed(peer.try_clone().expect("a copy"), vec![b'z'; 8_000_000]);
    client.comes_to_rest();
    assert!(is_raw(&terminal));
    terminal.type_in("\x1d.");
    eventually("an end of raw mode", || (!is_raw(&terminal)).then_some(()));
    client.signal(libc::SIGINT);
    client.wait();
    terminal.is_untouched();
}

/// Ends quietly as without --raw, and not before the terminal is restored.
#[test]
fn a_reader_of_stdout_that_leaves_ends_the_run() {
    let terminal = Terminal::new();
    let mut command = command([""; 0]);
    command.stdin(terminal.slave.try_clone().expect("a copy"));
    let (mut client, mut peer) = client_by(command, &["--raw"]);
    client.line("connected to");
    assert!(is_raw(&terminal));
    drop(client.stdout());
    // The client can have noticed already.
    let _ = peer.write_all(b"x");
    client.is_killed_by(libc::SIGPIPE);
    terminal.is_untouched();
}

/// A shell at the other end, on a terminal of its own. The keys of signals reach its programs.
#[test]
fn a_shell_on_a_terminal_can_be_used() {
    for scheme in ["tcp", "tls", "unix"] {
        let (_folder, path) = path("s");
        let (listen, options) = match scheme {
            "tcp" => ("tcp-listen:127.0.0.1:0".to_owned(), ""),
            "tls" => ("tls-listen:127.0.0.1:0,self-signed".to_owned(), ",insecure"),
            _ => (format!("unix-listen:{}", path.display()), ""),
        };
        let args = ["exec", "--listen", &listen, "--pty", "--env", "PS1=ready> ", "--env", "ENV=", "--", "sh", "-i"];
        let mut server = Background::start(args);
        let at = server.listens();
        let terminal = Terminal::new();
        let mut client = terminal.spawn(command(["connect", "--raw", &format!("{scheme}:{at}{options}")]));
        terminal.shows("ready> ");
        client.line("connected to");
        terminal.type_in("stty size\r");
        terminal.shows("stty size\r\n24 80\r\nready> ");
        // The shell itself can miss a signal that comes while it starts a program.
        terminal.type_in("sh -c 'echo up; exec sleep 1000'\r");
        terminal.shows("\r\nup\r\n");
        terminal.type_in("\x03");
        terminal.shows("ready> ");
        terminal.type_in("echo $?\r");
        terminal.shows("echo $?\r\n130\r\nready> ");
        terminal.type_in("exit\r");
        client.ends_with(0);
        terminal.is_untouched();
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for stdin in ["</dev/null", "<&-", "</etc/passwd", ": |"] {
        let mut run = by_shell(format!("{stdin} \"$0\" tcp-client --raw 127.0.0.1:1"));
        ended(&run.stderr(Stdio::piped()).output().expect("a run"), 2, "--raw needs a terminal as stdin");
    }
    let refused: [(&[&str], &str); 11] = [
        (&["--escape", "^A"], "--escape does nothing without --raw"),
        (&["--raw", "--recv-only"], "--raw does nothing with --recv-only"),
        (&["--raw", "--linger", "1"], "--linger does nothing with --raw"),
        (&["--raw", "--half-close", "now"], "--half-close does nothing with --raw"),
        (&["--raw", "--until-peer-ends"], "--raw: a session on a terminal ends with the peer"),
        (&["--raw", "--progress"], "--progress does nothing with --raw"),
        (&["--raw", "--escape", "."], "this key has another meaning"),
        (&["--raw", "--escape", "^Z"], "this key has another meaning"),
        (&["--raw", "--escape", "^M"], "this key has another meaning"),
        (&["--raw", "--escape", "ab"], "must be ^X, one character, or none"),
        (&["--raw", "--escape", ""], "must be ^X, one character, or none"),
    ];
    let is_refused = |output: Output, message: &str| {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && stderr.contains(message), "{stderr:?} does not say {message:?}");
    };
    for (options, message) in refused {
        is_refused(outcome([&["tcp-client"], options, &["127.0.0.1:1"]].concat()), message);
    }
    is_refused(outcome(["connect", "--raw", "udp:127.0.0.1:1"]), "--raw does nothing for udp:");
    let odd = ["tcp-client".as_bytes(), b"--raw", b"--escape", b"\xff", b"127.0.0.1:1"];
    is_refused(outcome(odd.map(OsStr::from_bytes)), "is not UTF-8");
}
