//! Tests `--raw`: keys go to the peer one by one, the escape key is for xport, and the terminal is restored at every
//! end and at every stop.

use super::job_control::Shell;
use crate::harness::*;

#[track_caller]
fn raw(options: &str) -> Stage {
    let mut client = stage(&format!("tcp-client --raw {options} <TTY"));
    client.plays("hear connected to 127.0.0.1:; raw");
    client
}

/// Each script ends with a look at the terminal, which is as it was.
#[test]
fn keys_are_sent_at_once_and_the_escape_key_leaves() {
    // ^C, ^D, ^Q, ^S, ^Z, ^\, ^V, ^U, DEL, and Enter as a CR.
    let keys = ["a", "\x03", "\x04", "\x11\x13", "\x1a\x1c\x16\x15\x7f", "\r", "\x1b[A"];
    let all = keys.map(|keys| format!("type {keys}; get {keys}; "));
    let typed = |escape: &str, keys: &str, sent: &str| {
        format!(
            "tcp-client --raw --escape '{escape}' <TTY: hear connected to; raw; type {keys}; get {sent}$; status 0 *"
        )
    };
    plays(&[
        // Nothing was echoed before, and the line feed of the peer stays alone.
        &format!("tcp-client --raw <TTY: hear connected to; raw; {}say x\ny; only x\ny; go; status 0 *", all.concat()),
        &typed("^]", "ls\x1d.", "ls"),
        &typed("^]", "\x1d\x1d\x1dx\x1d\x03\x1d.", "\x1d\x1dx\x1d\x03"),
        &typed("^a", "\x1d.\x01.", "\x1d."),
        &typed("^?", "\x7f.", ""),
        &typed("~", "a~.\r~~.\r~.", "a~.\r~.\r"),
        &typed("\x02", "x\x02.", "x"),
        "tcp-client --raw --escape none <TTY: hear connected to; raw; type \x1d.~.\r~.; get \x1d.~.\r~.; kill TERM; \
            killed TERM *",
        // The terminal is restored at every end.
        "tcp-client --raw <TTY: hear connected to; go; status 0 *",
        "tcp-client --raw <TTY: hear connected to; reset; status 4 *",
        "tcp-client --raw --timeout 300ms <TTY: hear connected to; get reset; status 124 *",
        "tcp-client --raw <TTY: hear connected to; type bye\x1d.; get bye$; status 0 *",
        // The escape key is read even if the peer reads nothing. A unix socket holds less than this, and so does a
        // buffer at its high-water mark. The status says that bytes are missing there.
        &format!(
            "unix-client --raw <TTY: hear connected to; {}type \x1d.; \
            hear the peer had not received everything when the user quit; status 4 *",
            format!("type {}; ", "x".repeat(1000)).repeat(400)
        ),
    ]);
}

/// Lines for the user return to the margin, wherever the cursor is.
#[test]
fn help_and_messages_are_readable_on_a_raw_terminal() {
    let mut client = stage("tcp-client --raw -v <TTY 2>&1");
    client.terminal().shows("; ^]. quits, ^]? shows help\r\n");
    client.plays("type \x1d?");
    client.terminal().shows("\r\nxport: ^]. quits, ^]^Z suspends, ^]^] sends ^], ^]? shows this\r\n");
    client.plays("go; see closed cleanly; see \r\n; status 0");
}

/// What a shell writes after the run begins a line of its own.
#[test]
fn the_end_of_a_session_ends_the_line() {
    let left = "xport: the peer has ended\r\n";
    for (sent, options, end, shown) in [
        ("$ bye", "", "go; status 0", format!("\r\n{left}#")),
        ("bye\r\n", "", "go; status 0", format!("{left}#")),
        ("down\n", "", "go; status 0", format!("\r\n{left}#")),
        ("$ bye", "-q", "go; status 0", "\r\n#".to_owned()),
        ("$ bye", "-q", "kill TERM; killed TERM", "\r\n#".to_owned()),
        ("bye\r\n", "-q", "kill TERM; killed TERM", "#".to_owned()),
    ] {
        let mut client = stage(&format!("tcp-client --raw {options} <TTY 2>&1"));
        client.plays(&format!("turns raw; say {sent}; see {sent}; {end}"));
        (&client.terminal().slave).write_all(b"#").expect("a terminal");
        client.plays(&format!("only {shown}; cooked"));
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
        assert!(terminal.is_raw());
        client.signal(signal);
        client.is_killed_by(signal);
        terminal.is_untouched();
    });
}

/// Before there is a peer, ^C ends the run, as without --raw.
#[test]
fn the_terminal_is_not_raw_while_there_is_no_connection() {
    let (terminal, full) = (Terminal::new(), full_queue());
    let mut client = terminal.spawn(command(words!("tcp-client --raw -vv {}", full.address)));
    client.line("connecting");
    terminal.is_untouched();
    terminal.type_in("\x03");
    client.is_killed_by(libc::SIGINT);
    terminal.is_untouched();
}

#[test]
fn a_hang_up_ends_it_by_its_signal() {
    let mut client = raw("");
    client.terminal = None;
    client.plays("killed HUP *; get $");
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
        assert!(terminal.is_raw());
        stop(&client);
        stops(&client);
        terminal.is_untouched();
        client.signal(libc::SIGCONT);
        terminal.becomes_raw();
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
    let peer = accept(&listener);
    shell.line("xport: connected to");
    for number in 0..3 {
        shell.enter(&format!("echo '>'{number}"));
        shell.line(&format!(">{number}"));
    }
    (&peer).write_all(b"shown\n").expect("the client takes it");
    shell.line("shown");
    shell.enter("fg");
    // bash prints the command before it gives up the terminal.
    shell.line("\"$X\" tcp-client");
    let keys_come = || {
        shell.terminal.type_in("k");
        has_come(&peer, Duration::from_millis(50)).then_some(())
    };
    eventually("single keys", keys_come);
    shell.terminal.type_in("\x1d\x1a");
    shell.line("[1]+  Stopped");
    shell.enter("echo '>'stopped");
    shell.line(">stopped");
    // Only new keys say that the job has the terminal again.
    while has_come(&peer, Duration::ZERO) {
        read_once(&mut &peer, &mut [0; 100]).expect("keys");
    }
    shell.enter("fg");
    shell.line("\"$X\" tcp-client");
    eventually("single keys again", keys_come);
    peer.shutdown(Shutdown::Write).expect("it is open");
    shell.takes_foreground_back();
    shell.enter("echo '>'$?");
    assert_eq!(shell.line(">"), "0");
}

/// A long paste arrives whole at a peer that begins to read late, and keys go on after it.
#[test]
fn a_long_paste_waits_for_the_peer() {
    let mut client = stage("unix-client --raw <TTY");
    client.plays("hear connected to");
    let pasted = Vec::from_iter(pattern(3_000_000).iter().map(|byte| byte | 0x80));
    feed(client.terminal().master.try_clone().expect("a copy"), pasted.clone());
    // xport keeps all of it, and does nothing more until the peer reads.
    client.plays("rest; memory 100000");
    client.peer().expect(&pasted);
    client.plays("type k\x1d.; get k$; status 0 *");
}

/// Whatever was pasted before: the escape key behind it is found. What is too much is dropped, and the user is told.
#[test]
fn a_peer_that_hangs_can_be_left_behind_any_paste() {
    let mut client = stage("unix-client --raw <TTY");
    client.plays("hear connected to");
    let pasted = [vec![b'x'; 18_000_000], b"\x1d.".to_vec()].concat();
    feed(client.terminal().master.try_clone().expect("a copy"), pasted);
    let told = client.program.line(" wait for the peer, which takes nothing: ");
    assert!(told.ends_with("what is typed now is dropped; ^]. quits"), "{told}");
    client.plays("status 4 ~is dropped");
    assert!(client.program.count("typed bytes were dropped") > 0, "{:?}", client.program.all_lines());
}

/// The escape key is read even if the reader of a dump takes nothing. What is left of the dump then holds up the end,
/// on a terminal whose keys are signals again.
#[test]
fn a_dump_without_a_reader_does_not_lock_the_user_in() {
    let (_folder, path) = path("dump");
    let made = Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
    assert!(made.success());
    let _reader = File::options().read(true).write(true).open(&path).expect("a pipe");
    let mut client = raw(&format!("--dump {}", path.display()));
    let mut master = client.terminal().master.try_clone().expect("a copy");
    thread::spawn(move || while let Ok(1..) = master.read(&mut [0; 65536]) {});
    client.plays("say *8000000; rest; raw; type \x1d.");
    eventually("an end of raw mode", || (!client.terminal().is_raw()).then_some(()));
    client.program.signal(libc::SIGINT);
    client.program.wait();
    client.terminal().is_untouched();
}

/// Ends quietly as without --raw, and not before the terminal is restored.
#[test]
fn a_reader_of_stdout_that_leaves_ends_the_run() {
    let terminal = Terminal::new();
    let mut command = command([""; 0]);
    command.stdin(terminal.slave.try_clone().expect("a copy"));
    let (mut client, mut peer) = client_by(command, &["--raw"]);
    client.line("connected to");
    assert!(terminal.is_raw());
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
        let mut server =
            Background::start(words!("exec --listen {listen} --pty --env 'PS1=ready> ' --env ENV= -- sh -i"));
        let terminal = Terminal::new();
        let end = format!("{scheme}:{}{options}", server.listens());
        let mut client = terminal.spawn(command(words!("connect --raw {end}")));
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
    refuses([
        "tcp-client --escape ^A 127.0.0.1:1 => --escape does nothing without --raw",
        "tcp-client --raw --recv-only 127.0.0.1:1 => --raw does nothing with --recv-only",
        "tcp-client --raw --linger 1 127.0.0.1:1 => --linger does nothing with --raw",
        "tcp-client --raw --half-close now 127.0.0.1:1 => --half-close does nothing with --raw",
        "tcp-client --raw --until-peer-ends 127.0.0.1:1 => --raw: a session on a terminal ends with the peer",
        "tcp-client --raw --progress 127.0.0.1:1 => --progress does nothing with --raw",
        "tcp-client --raw --escape . 127.0.0.1:1 => this key has another meaning",
        "tcp-client --raw --escape ^Z 127.0.0.1:1 => this key has another meaning",
        "tcp-client --raw --escape ^M 127.0.0.1:1 => this key has another meaning",
        "tcp-client --raw --escape ab 127.0.0.1:1 => must be ^X, one character, or none",
        "tcp-client --raw --escape '' 127.0.0.1:1 => must be ^X, one character, or none",
        "connect --raw udp:127.0.0.1:1 => --raw does nothing for udp:",
    ]);
    let odd = ["tcp-client".as_bytes(), b"--raw", b"--escape", b"\xff", b"127.0.0.1:1"];
    assert!(refusal(&mut xport(odd.map(OsStr::from_bytes))).contains("is not UTF-8"));
}
