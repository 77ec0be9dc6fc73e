//! Tests `exec`: output, status and signals of a child are passed on unchanged, whatever the child does with its pipes.

use crate::harness::*;

#[track_caller]
fn shell(options: &[&str], script: &str) -> Output {
    outcome([&["exec"], options, &["--", "sh", "-c", script]].concat())
}

/// Expects this status and stdout, and nothing on stderr.
#[track_caller]
fn gave(output: &Output, status: i32, stdout: impl AsRef<[u8]>) {
    crate::harness::gave(output, status, stdout);
    assert!(!text(output).contains("xport:"), "{}", text(output));
}

#[test]
fn what_cannot_be_run_has_the_statuses_of_a_shell() {
    let run = |program: &str| outcome(["exec", "--", program]);
    ended(&run("no-such-program"), 127, "exec no-such-program: No such file or directory");
    ended(&run("/no/such/program"), 127, "exec /no/such/program: No such file or directory");
    ended(&run("/etc/passwd"), 126, "exec /etc/passwd: Permission denied");
    ended(&run("/etc"), 126, "exec /etc: Permission denied");
    let (_folder, script) = path("script");
    write_script(&script, "echo no first line says who reads this\n");
    ended(&run(script.to_str().expect("text")), 126, "Exec format error");
    let long = "x".repeat(3_000_000);
    assert_eq!(xport(["exec", "--", "true", &long]).output().map(|output| output.status.code()).ok(), None);
    gave(&outcome(["exec", "--shell", "no-such-program 2>&-"]), 127, "");
}

#[test]
fn the_status_is_the_childs() {
    for status in [0, 1, 2, 7, 125, 255] {
        gave(&shell(&[], &format!("echo {status}; exit {status}")), status, format!("{status}\n"));
    }
    gave(&shell(&[], "kill -9 $$"), 137, "");
    gave(&shell(&[], "kill -TERM $$"), 143, "");
    // The parent of xport can ignore SIGCHLD.
    let mut run = command(["exec", "--", "sh", "-c", "exit 7"]);
    // SAFETY: between fork and exec the closure makes one system call and touches no memory.
    unsafe {
        run.pre_exec(|| {
            libc::signal(libc::SIGCHLD, libc::SIG_IGN);
            Ok(())
        });
    }
    gave(&run.output().expect("a run"), 7, "");
}

#[test]
fn nothing_is_lost_of_a_child_that_leaves_in_a_hurry() {
    for _ in 0..20 {
        let output = shell(&[], "head -c 1000000 /dev/zero; exit 3");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 1_000_000));
    }
}

#[test]
fn a_child_is_fed_to_the_end() {
    let data = pattern(3_000_000);
    let output = outcome_with(["exec", "--", "cat"], data.clone());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(output.stdout == data);
    // A program that has closed its stdout still runs.
    let (_folder, copy) = path("copy");
    let script = format!("exec >&-; cat > {}; exit 5", copy.display());
    let output = outcome_with(["exec", "--", "sh", "-c", &script], data.clone());
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    assert!(fs::read(&copy).expect("a file") == data);
}

#[test]
fn a_child_need_not_read_all_of_its_stdin() {
    for _ in 0..5 {
        let mut run = Background::spawn(command(["exec", "--", "head", "-c5"]).stdin(device("zero")));
        assert_eq!(take_all(&mut run.stdout()), [0; 5]);
        run.ends_with(0);
    }
}

#[test]
fn who_holds_the_pipes_longer_than_the_child_is_not_waited_for() {
    let begin = Instant::now();
    gave(&shell(&[], "sleep 30 2>&- & echo hi; exit 4"), 4, "hi\n");
    gave(&shell(&[], "setsid sleep 30 2>&- & echo hi"), 0, "hi\n");
    assert!(begin.elapsed() < Duration::from_secs(20), "a sleep was waited for");
    // Later output is printed. On a busy machine, a pause can be longer than the wait.
    let script = "(for i in 1 2 3 4; do sleep .02; echo $i; done) & echo 0";
    eventually("all of it", || (shell(&[], script).stdout == b"0\n1\n2\n3\n4\n").then_some(()));
}

#[test]
fn both_outputs_flow_at_once() {
    let script = "head -c 20000000 /dev/zero >&2 & head -c 20000000 /dev/zero; wait";
    let mut run = command(["exec", "--", "sh", "-c", script]);
    let mut run = run.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a run");
    let mut stderr = run.stderr.take().expect("a pipe");
    let errors = thread::spawn(move || io::copy(&mut stderr, &mut io::sink()).expect("bytes"));
    let (mut output, mut stdout) = (run.stdout.take().expect("a pipe"), Vec::new());
    eventually("stdout to be full", || (queued(&output) > 60_000).then_some(()));
    output.read_to_end(&mut stdout).expect("bytes");
    assert_eq!((stdout.len(), errors.join().expect("no panic")), (20_000_000, 20_000_000));
    assert_eq!(run.wait().expect("an end").code(), Some(0));
}

#[test]
fn stderr_goes_where_it_is_told() {
    let script = "echo one; echo two >&2; echo three";
    let output = shell(&[], script);
    assert_eq!((&output.stdout[..], &output.stderr[..]), (&b"one\nthree\n"[..], &b"two\n"[..]));
    let output = shell(&["--stderr", "null"], script);
    assert_eq!((&output.stdout[..], &output.stderr[..]), (&b"one\nthree\n"[..], &b""[..]));
    let output = shell(&["--stderr", "merge"], script);
    assert_eq!((&output.stdout[..], &output.stderr[..]), (&b"one\ntwo\nthree\n"[..], &b""[..]));
}

#[test]
fn a_signal_reaches_the_child_once() {
    let traps = "exec -- sh -c \"trap 'echo got; exit 9' TERM; trap 'echo int; exit 8' INT; \
        trap 'echo hup; exit 6' HUP; echo ready; while :; do sleep .05; done\"";
    let sleeps = "exec -- sh -c 'echo ready; exec sleep 60'";
    plays(&[
        &format!("{traps}: see ready\n; kill TERM; see got\n$; status 9 *"),
        &format!("{traps}: see ready\n; kill INT; see int\n$; status 8 *"),
        &format!("{traps}: see ready\n; kill HUP; see hup\n$; status 6 *"),
        // A shell leaves its loop then, as for any program that a key has ended.
        &format!("{sleeps}: see ready\n; kill INT; killed INT"),
        &format!("{sleeps}: see ready\n; kill TERM; killed TERM"),
        &format!("{sleeps}: see ready\n; kill QUIT; killed QUIT"),
        &format!("{sleeps}: see ready\n; kill USR1; killed USR1"),
        &format!("{sleeps}: see ready\n; kill USR2; killed USR2"),
        &format!("{sleeps}: see ready\n; kill ALRM; killed ALRM"),
        "exec --kill-after 200ms -- sh -c \"trap '' TERM; echo ready; while :; do sleep .05; done\": see ready\n; \
            kill TERM; status 137 *",
        "exec -- yes: see y\n; leave; killed PIPE",
    ]);
}

#[test]
fn a_child_that_will_not_end_is_killed() {
    let begin = Instant::now();
    let args = ["exec", "--timeout", "200ms", "--", "sleep", "30"];
    ended(&outcome(args), 124, "timed out after 200ms");
    assert!(begin.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_late_reader_finds_all_of_it() {
    for n in [150_000, 200_000, 300_000] {
        let mut run = Background::start(["exec", "--", "head", "-c", &n.to_string(), "/dev/zero"]);
        let mut stdout = run.stdout();
        let children = format!("/proc/{}/task/{0}/children", run.pid());
        eventually("the child to be gone or to wait", || {
            let gone = fs::read_to_string(&children).is_ok_and(|children| children.is_empty());
            (queued(&stdout) > 60_000 && (gone || n > 260_000)).then_some(())
        });
        // xport is stopped while there is room again, and the time runs out.
        run.signal(libc::SIGSTOP);
        let first = queued(&stdout);
        let mut all = take(&mut stdout, first);
        pass(Duration::from_millis(200), "the time is over while xport is stopped");
        run.signal(libc::SIGCONT);
        all.extend(take_all(&mut stdout));
        assert_eq!(all.len(), n);
        run.ends_with(0);
    }
}

#[test]
fn a_run_that_is_told_to_end_does_so_whoever_reads() {
    // stdout is not read, or another process goes on writing. The shell writes first, because the run could end before
    // the other process starts.
    for script in ["head -c 1400000 /dev/zero", "echo x; (while :; do echo x; sleep .02; done) & exit 3"] {
        let mut run = Background::start(["exec", "--kill-after", "100ms", "--", "sh", "-c", script]);
        let stdout = run.stdout();
        eventually("output", || (queued(&stdout) > 0).then_some(()));
        eventually("the shell to have ended, or to wait for room", || {
            (children(&run).is_empty() || queued(&stdout) > 60_000).then_some(())
        });
        run.signal(libc::SIGTERM);
        let status = run.wait();
        // The status of the program counts if it had ended, otherwise that of the signal.
        assert!(
            status.signal() == Some(libc::SIGTERM) || matches!(status.code(), Some(3 | 143)),
            "{script}: {status:?}"
        );
    }
    let begin = Instant::now();
    let mut run = Background::start(["exec", "--timeout", "300ms", "--kill-after", "100ms", "--", "yes"]);
    let _unread = run.stdout();
    run.ends_with(124);
    assert!(begin.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_stdin_that_cannot_be_read_costs_no_output() {
    let mut run = command(["exec", "--", "sh", "-c", "sleep .1; echo hi"]);
    // The stdin that nohup makes of a terminal.
    run.stdin(File::options().write(true).open("/dev/null").expect("a device"));
    gave(&run.output().expect("a run"), 0, b"hi\n");
}

#[test]
fn a_child_that_is_stopped_is_woken_to_end() {
    let begin = Instant::now();
    let output =
        xport(["exec", "--timeout", "200ms", "--kill-after", "15s", "--", "sh", "-c", "kill -STOP $$"]).output();
    ended(&output.expect("a run"), 124, "timed out after 200ms");
    assert!(begin.elapsed() < Duration::from_secs(12), "it had to be killed");
}

#[test]
fn a_child_gets_three_descriptors_that_wait() {
    let script = "ls /proc/self/fd | wc -l; grep -h flags /proc/self/fdinfo/0 /proc/self/fdinfo/1";
    let mut run = command(["exec", "--", "sh", "-c", script]);
    inherit_as(&mut run, device("null"), [7]);
    let output = run.output().expect("a run");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = stdout.lines();
    // The fourth is the directory that `ls` reads.
    assert_eq!(lines.next(), Some("4"), "{}", text(&output));
    for flags in lines {
        let flags = flags.split_whitespace().nth(1).and_then(|flags| i32::from_str_radix(flags, 8).ok());
        assert_eq!(flags.expect("octal") & libc::O_NONBLOCK, 0, "{stdout}");
    }
}

#[test]
fn a_child_gets_no_more_of_the_environment_than_is_meant_for_it() {
    let mut run = xport(["exec", "--env", "A=1=2", "--env", "SHOWN", "--env", "ABSENT", "--", "env"]);
    let output = run.env("SECRET", "x").env("SHOWN", "yes").env("LC_ALL", "C").output().expect("a run");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in ["A=1=2", "SHOWN=yes", "LC_ALL=C"] {
        assert!(stdout.lines().any(|other| other == line), "{line}: {stdout}");
    }
    assert!(stdout.contains("PATH=") && !stdout.contains("SECRET") && !stdout.contains("ABSENT"), "{stdout}");
}

#[test]
fn a_reader_that_has_gone_ends_the_child_too() {
    let mut full = command(["exec", "--", "echo", "x"]);
    full.stdout(device("full"));
    ended(&full.output().expect("a run"), 125, "stdout: No space left on device");
}

#[test]
fn a_conversation_with_a_child_goes_line_by_line() {
    let mut run = Background::start(["subprocess", "sed", "-u", "s/^/> /"]);
    let (mut stdin, mut stdout) = (run.stdin(), run.stdout());
    for word in ["one", "two"] {
        writeln!(stdin, "{word}").expect("stdin takes it");
        assert_eq!(String::from_utf8_lossy(&take(&mut stdout, 6)), format!("> {word}\n"));
    }
    run.comes_to_rest();
    drop(stdin);
    run.ends_with(0);
    // No child is left behind.
    eventually("the child to be gone", || {
        let children = fs::read_to_string(format!("/proc/{}/task/{0}/children", run.pid()));
        children.map_or(true, |children| children.is_empty()).then_some(())
    });
}

#[test]
fn what_makes_no_sense_is_refused() {
    refuses([
        "exec => no command",
        "exec --shell true -- true => --shell and CMD contradict each other",
        "exec --env =x -- true => invalid --env '=x'",
        "exec --stderr nowhere -- true => 'nowhere'",
        "exec --listen nope -- true => 'nope' has no port",
    ]);
}
