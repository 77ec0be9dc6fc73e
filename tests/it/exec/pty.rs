//! Tests `exec --pty`: the child has a terminal, and the terminal of xport is restored at every end.

use crate::harness::*;

/// Runs `script` on a terminal of its own, with `input` as stdin.
#[track_caller]
fn shell(input: &str, script: &str) -> Output {
    outcome_with(["exec", "--pty", "--", "sh", "-c", script], input)
}

#[track_caller]
fn gave(output: &Output, status: i32, stdout: &str) {
    assert_eq!(output.status.code(), Some(status), "{}", text(output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), stdout, "{}", text(output));
    assert!(output.stderr.is_empty(), "{}", text(output));
}

/// xport with `options` on `terminal`. It runs `script` on another terminal.
fn on(terminal: &Terminal, options: &[&str], script: &str) -> Background {
    terminal.spawn(command([&["exec", "--pty"], options, &["--", "sh", "-c", script]].concat()))
}

/// Changes the settings, as another program on the terminal can do.
#[track_caller]
fn stty(terminal: &Terminal, settings: &[&str]) {
    let status = Command::new("stty").args(settings).stdin(terminal.slave.try_clone().expect("a copy")).status();
    assert!(status.expect("stty runs").success());
}

/// A script that reports that it is ready, and then waits for a line.
const WAITS: &str = "echo ready; read line";

#[test]
fn all_three_are_a_terminal_of_the_usual_size() {
    gave(&shell("", "test -t 0 && test -t 1 && test -t 2 && stty size && echo on >&2; exit 4"), 4, "24 80\r\non\r\n");
    let output = shell("", "tty <&0; tty <&1; tty <&2; tty </dev/tty");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let names: Vec<&str> = stdout.lines().collect();
    assert!(names.len() == 4 && names[0].starts_with("/dev/pts/"), "{names:?}");
    assert!(names[0] == names[1] && names[0] == names[2], "{names:?}");
    // Streams that are separate without --pty stay separate.
    let args = ["exec", "--pty", "--stderr", "null", "--", "sh", "-c", "echo x >&2; test -t 2 || echo none"];
    gave(&outcome(args), 0, "none\r\n");
}

#[test]
fn the_child_leads_a_session_in_the_foreground_of_its_terminal() {
    let output = shell("", "echo $$; cat /proc/$$/stat");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let (pid, stat) = stdout.trim().split_once("\r\n").expect("two lines");
    let fields: Vec<&str> = stat.rsplit_once(") ").expect("the name is in brackets").1.split(' ').collect();
    let (group, session, terminal, foreground) = (fields[2], fields[3], fields[4], fields[5]);
    assert_eq!((group, session, foreground), (pid, pid, pid));
    assert_ne!(terminal, "0");
}

#[test]
fn nothing_but_the_terminal_reaches_the_child_and_its_side_does_not_stay_with_us() {
    let script = "ls /proc/self/fd | wc -l; ls -l /proc/$PPID/fd | grep -c pts/; ls -l /proc/$PPID/fd | grep -c ptmx";
    let script = format!("stty -echo; {WAITS}; {script}");
    let mut run = Background::start(["exec", "--pty", "--", "sh", "-c", &script]);
    let (mut stdin, mut stdout) = (run.stdin(), run.stdout());
    // All descriptors of xport are in their final state by then.
    assert_eq!(take(&mut stdout, 7), b"ready\r\n");
    stdin.write_all(b"\n").expect("stdin takes it");
    // The fourth is the directory that `ls` reads; the master is there once for each direction.
    assert_eq!(String::from_utf8_lossy(&take_all(&mut stdout)), "4\r\n0\r\n2\r\n");
}

#[test]
fn the_status_is_the_childs() {
    for status in [0, 1, 7, 255] {
        gave(&shell("", &format!("echo {status}; exit {status}")), status, &format!("{status}\r\n"));
    }
    gave(&shell("", "kill -9 $$"), 137, "");
    gave(&shell("", "kill -TERM $$"), 143, "");
    ended(&outcome(["exec", "--pty", "--", "no-such-program"]), 127, "No such file or directory");
    ended(&outcome(["exec", "--pty", "--", "/etc/passwd"]), 126, "Permission denied");
}

#[test]
fn nothing_is_lost_of_a_child_that_leaves_in_a_hurry() {
    for _ in 0..10 {
        let output = shell("", "stty -opost; head -c 300000 /dev/zero; exit 3");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 300_000), "{}", text(&output));
    }
}

#[test]
fn a_shell_can_be_fed_by_a_pipe() {
    // Without more input, the program ends by itself, as a shell does.
    for (input, status) in [("echo h''i; exit 3\n", 3), ("echo h''i\n", 0)] {
        let output = outcome_with(["exec", "--pty", "--", "sh"], input);
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.code() == Some(status) && stdout.contains("hi\r\n"), "{stdout}: {}", text(&output));
    }
}

#[test]
fn the_end_of_stdin_is_typed_as_the_end() {
    for (input, read) in [("", "0"), ("line\n", "5"), ("in a line", "9"), ("line\r", "5"), ("one\ntwo", "7")] {
        let output = shell(input, "cat | wc -c");
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        // The echo of the terminal comes first.
        assert!(output.status.success() && stdout.trim_end().ends_with(read), "{input:?}: {stdout:?}");
    }
}

#[test]
fn the_end_comes_after_all_that_waits_before_it() {
    let mut run = Background::start(["exec", "--pty", "--", "sh", "-c", "stty -echo; echo ready; sha256sum"]);
    let (stdin, mut stdout) = (run.stdin(), run.stdout());
    assert_eq!(take(&mut stdout, 7), b"ready\r\n");
    let lines: String = (0..100_000).map(|i| format!("line {i}\n")).collect();
    let sum = Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map(|mut sum| {
        sum.stdin.take().expect("a pipe").write_all(lines.as_bytes()).expect("it takes them");
        sum.wait_with_output().expect("a sum").stdout
    });
    feed(stdin, lines.into_bytes());
    let shown = String::from_utf8(take_all(&mut stdout)).expect("text");
    assert_eq!(shown.trim_end(), String::from_utf8(sum.expect("a program")).expect("text").trim_end());
    run.ends_with(0);
}

#[test]
fn what_is_typed_reaches_the_child() {
    plays(&[
        // Every byte goes through a raw terminal.
        "exec --pty -- sh -c 'stty raw -echo; echo ready; head -c 102400': see ready\n; type *102400$; see *102400$; \
            status 0",
        // The child can close its terminal, which is no end, and can open it again.
        "exec --pty -- sh -c 'stty -echo; echo ready; exec <&- >&- 2>&-; sleep .2; exec <>/dev/tty >&0; \
            test -t 1 && echo back; until test \"$line\" = last; do read line; done; echo \"<$line>\"; exit 6': \
            see ready\r\n; type x\n; see back\r\n; type last\n; see <last>\r\n$; status 6",
    ]);
}

#[test]
fn nothing_is_typed_for_the_end_on_a_raw_terminal() {
    // A read waits for the first byte, then gives up after half a second, which `cat` takes for the end.
    let script = "stty raw -echo; echo ready; head -c 3; echo; stty min 0 time 5; cat | od -An -c";
    let mut run = Background::start(["exec", "--pty", "--", "sh", "-c", script]);
    let (mut stdin, mut stdout) = (run.stdin(), run.stdout());
    // The bytes follow at once.
    assert_eq!(take(&mut stdout, 6), b"ready\n");
    stdin.write_all(b"abc").expect("stdin takes it");
    drop(stdin);
    assert_eq!(String::from_utf8_lossy(&take_all(&mut stdout)), "abc\n");
    run.ends_with(0);
}

#[test]
fn the_size_is_ours_and_follows_it() {
    let terminal = Terminal::new();
    terminal.resize(33, 101);
    let script = "stty size; trap 'stty size' WINCH; echo ready; while :; do sleep .05; done";
    let run = on(&terminal, &[], script);
    terminal.shows("33 101\r\nready\r\n");
    terminal.becomes_raw();
    terminal.resize(40, 120);
    terminal.shows("40 120\r\n");
    terminal.resize(41, 121);
    terminal.shows("41 121\r\n");
    drop(run);
}

#[test]
fn the_settings_are_ours() {
    let terminal = Terminal::new();
    stty(&terminal, &["erase", "^H", "iutf8"]);
    let before = terminal.settings();
    let mut run = on(&terminal, &[], "stty -a | grep -c -e 'erase = ^H' -e ' iutf8'");
    terminal.shows("2\r\n");
    run.ends_with(0);
    assert_eq!(terminal.settings(), before);
}

/// The terminal must be raw, and seen as raw, before the time is up.
#[test]
fn our_terminal_is_raw_while_the_child_runs_and_restored_after() {
    plays(&[
        "exec --pty --timeout 5s -- sh -c 'echo ready; read line' <TTY: see ready\r\n; turns raw; status 124 *",
        "exec --pty -- sh -c 'echo ready; read line; exit 0' <TTY: see ready\r\n; turns raw; type \n; status 0 *",
        "exec --pty -- sh -c 'echo ready; read line; exit 5' <TTY: see ready\r\n; turns raw; type \r; status 5 *",
        "exec --pty -- sh -c 'echo ready; read line; kill -9 $$' <TTY: see ready\r\n; turns raw; type \n; status 137 *",
        "exec --pty -- sh -c 'echo ready; read line; exec <&- >&- 2>&-; exit 6' <TTY: see ready\r\n; turns raw; \
            type \n; status 6 *",
        // It ends as its child does. The last two signals are not passed on.
        "exec --pty -- sh -c 'echo ready; read line' <TTY: see ready\r\n; turns raw; \
            kill {TERM|INT|HUP|QUIT|VTALRM|ABRT}; killed {TERM|INT|HUP|QUIT|VTALRM|ABRT} *",
        "exec --pty -- no-such-program <TTY: status 127 *",
    ]);
}

#[test]
fn a_reader_that_has_gone_ends_it_and_restores_our_terminal() {
    let terminal = Terminal::new();
    let mut command = command(["exec", "--pty", "--", "sh", "-c", "echo $$; exec yes"]);
    terminal.give_to(&mut command);
    command.stdout(Stdio::piped());
    let mut run = Background::spawn(command);
    let mut stdout = run.stdout();
    let mut first = Vec::new();
    while !first.ends_with(b"\r\n") {
        first.extend(take(&mut stdout, 1));
    }
    terminal.becomes_raw();
    drop(stdout);
    run.is_killed_by(libc::SIGPIPE);
    terminal.is_untouched();
    let child = String::from_utf8(first).expect("text").trim_end().to_owned();
    eventually("the child is gone", || (!fs::exists(format!("/proc/{child}")).expect("proc")).then_some(()));
}

#[test]
fn keys_that_are_signals_reach_the_child_once_and_not_us() {
    plays(&[
        // Only the terminal of the child echoes.
        "exec --pty -- sh -c 'trap \"echo int\" INT; trap \"echo quit\" QUIT; echo ready; while :; do read line && \
            echo \"<$line>\"; done' <TTY: see ready\r\n; turns raw; type \x03; see ^Cint\r\n; type one\r; \
            see one\r\n<one>\r\n; type \x1c; see ^\\quit\r\n; type two\r; only two\r\n<two>\r\n",
        "exec --pty -- sh -c 'echo ready; exec sleep 60' <TTY: see ready\r\n; turns raw; type \x03; status 130",
    ]);
}

#[test]
fn a_hang_up_of_our_terminal_ends_the_child() {
    let terminal = Terminal::new();
    let mut run = on(&terminal, &[], "echo ready; exec sleep 60");
    terminal.shows("ready\r\n");
    drop(terminal);
    let status = run.wait();
    assert_eq!(status.signal(), Some(libc::SIGHUP), "{status:?} {:?}", run.all_lines());
}

#[test]
fn a_terminal_of_somebody_else_is_left_alone() {
    // A shell with job control has put xport into the background.
    let terminal = Terminal::new();
    let script = "set -m; \"$0\" exec --pty -- sh -c 'echo ready; exec sleep 60' & wait";
    let mut shell = terminal.spawn(by_shell(script));
    // Both terminals translate the newline.
    terminal.shows("ready\r\r\n");
    let child = eventually("the shell's child", || {
        let children = fs::read_to_string(format!("/proc/{}/task/{0}/children", shell.pid())).ok()?;
        Some(children.split_whitespace().next()?.to_owned())
    });
    terminal.resize(50, 90);
    shell.comes_to_rest();
    terminal.is_untouched();
    let status = Command::new("kill").arg(child).status();
    assert!(status.expect("kill runs").success());
    shell.wait();
    terminal.is_untouched();
}

#[test]
fn our_terminal_is_raw_again_after_a_stop() {
    let terminal = Terminal::new();
    let saved = Command::new("stty").arg("-g").stdin(terminal.slave.try_clone().expect("a copy")).output();
    let saved = saved.expect("stty runs");
    let mut run = on(&terminal, &[], WAITS);
    terminal.shows("ready\r\n");
    terminal.becomes_raw();
    run.signal(libc::SIGSTOP);
    eventually("it is stopped", || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", run.pid())).ok()?;
        stat.contains(") T ").then_some(())
    });
    // A shell changes the settings when it gets its terminal back.
    stty(&terminal, &[String::from_utf8(saved.stdout).expect("text").trim()]);
    assert!(!terminal.is_raw());
    run.signal(libc::SIGCONT);
    terminal.becomes_raw();
    terminal.type_in("\r");
    run.ends_with(0);
    terminal.is_untouched();
}

#[test]
fn messages_on_a_raw_terminal_return_to_the_margin() {
    let terminal = Terminal::new();
    let script = "exec \"$0\" exec -vv --pty -- sh -c 'echo ready; read line; exit 3' 2>&1";
    let mut shell = terminal.spawn(by_shell(script));
    terminal.shows("ready\r\n");
    terminal.becomes_raw();
    terminal.type_in("\r");
    terminal.shows(": exit status: 3\r\n");
    shell.ends_with(3);
}

#[test]
fn a_stdin_that_is_no_terminal_leaves_ours_alone() {
    let terminal = Terminal::new();
    let mut command = command(["exec", "--pty", "--", "sh", "-c", "stty size; echo ready; exec sleep 60"]);
    terminal.resize(50, 90);
    command.stdin(File::open("/dev/null").expect("a device")).stdout(terminal.slave.try_clone().expect("a copy"));
    let run = Background::spawn(command);
    terminal.shows("24 80\r\r\nready\r\r\n");
    run.comes_to_rest();
    terminal.is_untouched();
}
