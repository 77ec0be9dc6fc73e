//! The contract of subprocess transports, with real children of the shell. `tests/it/exec/` tests the mode `exec`.

use super::*;
use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;

use ChildStdio::{Inherit, Merge, Null, Pipe, Pty};

/// Runs a command to its end. Returns the calls.
fn run_command(
    command: Command,
    stdio: [ChildStdio; 3],
    reaction: impl FnMut(&mut SubprocessTransport<'_>, &Told) + 'static,
) -> Vec<Told> {
    let mut event_loop = EventLoop::new().expect("a loop");
    let recorder = ChildRecorder::new(reaction);
    let log = recorder.log();
    event_loop.net().spawn(command, stdio, recorder).expect("a program");
    event_loop.run().expect("the loop runs");
    assert_eq!(event_loop.net().slots.iter().count(), 0, "slots are left");
    log.take()
}

/// A shell command.
fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

/// Runs a script in a shell. Returns the calls.
fn run(
    script: &str,
    stdio: [ChildStdio; 3],
    reaction: impl FnMut(&mut SubprocessTransport<'_>, &Told) + 'static,
) -> Vec<Told> {
    run_command(shell(script), stdio, reaction)
}

/// Runs a command to its end. Returns its stdout.
fn output_of(command: Command) -> String {
    String::from_utf8(read(&run_command(command, [Null, Pipe, Null], |_, _| ()), 1)).expect("text")
}

/// The error of a command that cannot be started. Nothing is left of it.
fn refused(command: Command) -> SpawnError {
    let mut event_loop = EventLoop::new().expect("a loop");
    let error = event_loop.net().spawn(command, [Pipe, Pipe, Pipe], ChildRecorder::new(|_, _| ()));
    event_loop.run().expect("it ends at once");
    assert_eq!(event_loop.net().slots.iter().count(), 0);
    error.expect_err("it is refused")
}

/// All bytes from one of the pipes.
fn read(told: &[Told], fd: u8) -> Vec<u8> {
    let data = told.iter().filter_map(|told| match told {
        Told::Data(of, data) if *of == fd => Some(&data[..]),
        _ => None,
    });
    data.collect::<Vec<_>>().concat()
}

fn data_on(told: &Told, fd: u8) -> bool {
    matches!(told, Told::Data(of, _) if *of == fd)
}

/// The bytes of a pipe go to the protocol of its child, whatever protocol a program sets for the pipe.
#[test]
fn a_pipe_keeps_its_child() {
    let told = run("echo hello", [Null, Pipe, Null], |t, told| {
        if *told == Told::Made {
            pipe(t, 1).set_protocol(Recorder::new());
        }
    });
    assert_eq!(read(&told, 1), b"hello\n");
    assert_eq!(told.last(), Some(&Told::Lost(Some(0))));
}

#[test]
fn all_output_comes_before_the_exit_and_both_before_the_end() {
    for _ in 0..20 {
        let told = run("head -c 300000 /dev/zero; echo oops >&2; exit 3", [Null, Pipe, Pipe], |_, _| ());
        assert_eq!((&told[0], told.last()), (&Told::Made, Some(&Told::Lost(Some(3)))));
        let exited = told.iter().position(|told| *told == Told::Exited(Some(3))).expect("it has exited");
        assert_eq!((read(&told[..exited], 1).len(), &read(&told[..exited], 2)[..]), (300_000, &b"oops\n"[..]));
        for fd in [1, 2] {
            assert_eq!(told.iter().filter(|told| **told == Told::PipeLost(fd, None)).count(), 1);
        }
    }
}

#[test]
fn a_child_is_fed_and_hears_the_end_of_its_input() {
    let told = run("cat", [Pipe, Pipe, Null], |t, told| {
        if *told == Told::Made {
            pipe(t, 0).write(&vec![b'x'; 1_000_000]);
            pipe(t, 0).close();
        }
    });
    assert_eq!((read(&told, 1).len(), told.last()), (1_000_000, Some(&Told::Lost(Some(0)))));
    // A child that reads nothing loses only its stdin.
    let told = run("exec <&-; echo done", [Pipe, Pipe, Null], |t, told| {
        if *told == Told::Made {
            pipe(t, 0).write(&vec![b'x'; 1_000_000]);
        }
    });
    assert!(told.contains(&Told::PipeLost(0, Some(io::ErrorKind::BrokenPipe))), "{told:?}");
    assert_eq!((&read(&told, 1)[..], told.last()), (&b"done\n"[..], Some(&Told::Lost(Some(0)))));
}

#[test]
fn close_kills_what_still_runs() {
    let begin = Instant::now();
    let told = run("echo; exec sleep 60", [Pipe, Pipe, Pipe], |t, told| {
        if matches!(told, Told::Data(..)) {
            assert!(t.pid().is_some() && t.returncode().is_none());
            t.close();
            assert!(t.is_closing());
        }
        if matches!(told, Told::Lost(_)) {
            assert_eq!(t.returncode().and_then(|status| status.signal()), Some(libc::SIGKILL));
        }
    });
    assert_eq!(told.last(), Some(&Told::Lost(None)));
    assert!(begin.elapsed() < Duration::from_secs(20), "nobody waited for the sleep");
}

#[test]
fn signals_reach_the_child_or_its_group_while_it_runs() {
    // The child of the child holds the pipe, and goes with the group.
    let script = "trap 'echo trapped' TERM; sleep 60 & echo ready; while :; do wait; done";
    let told = run(script, [Null, Pipe, Null], |t, told| match told {
        Told::Data(1, data) if data == b"ready\n" => t.terminate().expect("it runs"),
        Told::Data(1, data) if data == b"trapped\n" => t.send_signal_to_group(libc::SIGKILL).expect("it runs"),
        Told::Exited(_) => {
            let error = t.send_signal(libc::SIGTERM).expect_err("it has ended");
            assert_eq!(error.raw_os_error(), Some(libc::ESRCH));
        }
        _ => (),
    });
    assert!(read(&told, 1).ends_with(b"trapped\n"));
    assert_eq!(told.last(), Some(&Told::Lost(None)));
}

#[test]
fn whoever_else_holds_the_pipes_holds_up_only_the_end() {
    let begin = Instant::now();
    let told = run("sleep 20 & echo hi", [Null, Pipe, Pipe], |t, told| match told {
        Told::Exited(_) => {
            // The sleep in the background has the pipes, and keeps them.
            assert!(t.pipe_transport(1).is_some());
            t.call_later(Duration::from_millis(20));
        }
        Told::Timer => t.close(),
        _ => (),
    });
    let exited = told.iter().position(|told| *told == Told::Exited(Some(0))).expect("it has exited");
    assert_eq!(read(&told[..exited], 1), b"hi\n");
    assert_eq!(told.last(), Some(&Told::Lost(Some(0))));
    assert!(begin.elapsed() < Duration::from_secs(15), "nobody waited for the sleep");
}

#[test]
fn a_child_has_three_descriptors_that_wait_and_default_signals() {
    let script = "ls /proc/self/fd | wc -l; grep -h flags /proc/self/fdinfo/[012]; grep SigIgn /proc/self/status";
    let told = run(script, [Pipe, Pipe, Pipe], |t, told| {
        if *told == Told::Made {
            pipe(t, 0).close();
        }
    });
    let text = String::from_utf8(read(&told, 1)).expect("text");
    let mut lines = text.lines();
    // The directory that `ls` reads is the fourth.
    assert_eq!(lines.next(), Some("4"), "{text}");
    for flags in lines.by_ref().take(3) {
        let flags = flags.split_whitespace().nth(1).and_then(|flags| i32::from_str_radix(flags, 8).ok());
        assert_eq!(flags.expect("octal") & libc::O_NONBLOCK, 0, "{text}");
    }
    let ignored = lines.next().and_then(|line| u64::from_str_radix(line.split_whitespace().nth(1)?, 16).ok());
    // Signals that are ignored at the start stay ignored, except those that xport ignores itself or needs.
    for signal in [libc::SIGPIPE, libc::SIGXFSZ, libc::SIGCHLD] {
        assert_eq!(ignored.expect("hexadecimal") & (1 << (signal - 1)), 0, "{signal}: {text}");
    }
}

#[test]
fn what_cannot_be_started_says_why_and_leaves_nothing() {
    assert_eq!(refused(Command::new("/nonexistent/program")).kind(), io::ErrorKind::NotFound);
    assert_eq!(refused(Command::new("/etc/passwd")).kind(), io::ErrorKind::PermissionDenied);
    let mut nowhere = Command::new("true");
    nowhere.current_dir("/no/such/folder");
    let error = refused(nowhere);
    assert!(error.kind() == io::ErrorKind::NotFound && !error.is_of_program(), "{error}");
    // No descriptor can have this number.
    let mut odd = Command::new("true");
    odd.fd(-1, io::pipe().expect("a pipe").0);
    let error = refused(odd);
    assert!(error.error().raw_os_error() == Some(libc::EBADF) && !error.is_of_program(), "{error}");
}

#[test]
fn many_children_at_once_each_have_their_own_status() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let logs = Vec::from_iter((0..100).map(|code| {
        let child = ChildRecorder::new(|_, _| ());
        let log = child.log();
        event_loop
            .net()
            .spawn_shell(format!("echo {code}; exit {code}").as_ref(), [Null, Pipe, Pipe], child)
            .expect("a shell");
        log
    }));
    event_loop.run().expect("the loop runs");
    for (code, log) in logs.iter().enumerate() {
        let told = log.take();
        assert_eq!(read(&told, 1), format!("{code}\n").into_bytes());
        assert_eq!(told.last(), Some(&Told::Lost(Some(code as i32))));
    }
}

#[test]
fn a_child_on_a_terminal_is_typed_to_and_told_of_its_size() {
    let model = PtyModel::New(WindowSize { rows: 7, columns: 61 });
    let script = "stty -echo; stty size; cat; echo; stty size; grep SigIgn /proc/self/status; exit 3";
    for stderr in [Pty(model), Merge, Null] {
        let told = run(script, [Pty(model), Pty(model), stderr], |t, told| match (told, t.pipe_transport(0)) {
            // The child has asked for its first size by then.
            (Told::Data(1, _), Some(stdin)) => {
                t.set_window_size(9, 71).expect("it has a terminal");
                t.peer(stdin).write(b"in a line");
                t.peer(stdin).close();
            }
            (Told::PipeLost(0, None), _) => t.set_window_size(9, 71).expect("one side of it is left"),
            (Told::Lost(_), _) => assert!(t.set_window_size(1, 1).is_err()),
            _ => assert!(!data_on(told, 2), "a terminal has one output"),
        });
        let text = String::from_utf8(read(&told, 1)).expect("text");
        let (text, ignored) = text.split_once("SigIgn:").expect("the last line");
        assert_eq!(text, "7 61\r\nin a line\r\n9 71\r\n");
        let ignored = u64::from_str_radix(ignored.trim(), 16).expect("hexadecimal");
        for signal in [libc::SIGPIPE, libc::SIGXFSZ, libc::SIGCHLD] {
            assert_eq!(ignored & (1 << (signal - 1)), 0, "{signal}");
        }
        let ends = [Told::PipeLost(0, None), Told::PipeLost(1, None), Told::Lost(Some(3))];
        assert!(ends.iter().all(|end| told.contains(end)), "{told:?}");
    }
}

#[test]
fn a_terminal_that_we_close_hangs_up() {
    let begin = Instant::now();
    let pty = Pty(PtyModel::New(WindowSize::default()));
    let told = run("echo ready; exec sleep 20", [pty, pty, pty], |t, told| {
        if data_on(told, 1) {
            for pipe in [0, 1].map(|fd| t.pipe_transport(fd)).into_iter().flatten() {
                t.peer(pipe).abort();
            }
        }
    });
    // It ends by SIGHUP, not by itself.
    assert!(told.contains(&Told::Exited(None)) && begin.elapsed() < Duration::from_secs(15), "{told:?}");
}

#[test]
fn only_a_terminal_has_a_size() {
    let told = run("true", [Pipe, Pipe, Pipe], |t, told| {
        if *told == Told::Made {
            let error = t.set_window_size(1, 1).expect_err("it has none");
            assert_eq!(error.raw_os_error(), Some(libc::ENOTTY));
        }
    });
    assert_eq!(told.last(), Some(&Told::Lost(Some(0))));
}

#[test]
fn a_command_gets_what_it_was_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().canonicalize().expect("a path").display().to_string();
    let mut command = shell("echo \"$A $B ${C-none} ${HOME-none}\"; pwd");
    command.env("A", "1").envs([("B", "2")]).env_remove("HOME").current_dir(&path);
    assert_eq!(output_of(command), format!("1 2 none none\n{path}\n"));
    // The program is looked for in its own PATH, and gets the given name.
    std::os::unix::fs::symlink("/bin/sh", folder.path().join("shell-of-mine")).expect("a link");
    let mut command = Command::new("shell-of-mine");
    command.arg0("name").args(["-c", "echo $0 ${PATH#/}; command -v env"]).env_clear().env("PATH", &path);
    assert_eq!(output_of(command), format!("name {}\n", &path[1..]));
}

#[test]
fn a_child_stands_where_it_was_put() {
    const NUMBERS: &str = "cut -d ' ' -f 5,6 /proc/$$/stat; echo $$";
    for standing in [Standing::OwnGroup, Standing::OwnSession, Standing::OurGroup] {
        let mut command = shell(NUMBERS);
        command.standing(standing);
        let text = output_of(command);
        let numbers = Vec::from_iter(text.split_whitespace());
        let (group, session, child) = (numbers[0], numbers[1], numbers[2]);
        assert_eq!(group == child, standing != Standing::OurGroup, "{standing:?}: {text}");
        assert_eq!(session == child, standing == Standing::OwnSession, "{standing:?}: {text}");
    }
}

#[test]
fn signals_to_a_child_in_our_group_go_to_that_child_alone() {
    let mut command = shell("trap 'echo usr1' USR1; trap 'exit 7' TERM; echo ready; while :; do sleep .01; done");
    command.standing(Standing::OurGroup);
    let told = run_command(command, [Null, Pipe, Null], |t, told| match told {
        Told::Data(1, data) if data == b"ready\n" => t.send_signal_to_group(libc::SIGUSR1).expect("it runs"),
        Told::Data(1, data) if data == b"usr1\n" => t.end_group(libc::SIGTERM),
        _ => (),
    });
    // The test still runs to see it.
    assert_eq!(told.last(), Some(&Told::Lost(Some(7))));
}

/// The system would kill the children of a thread with the thread, and a loop can run on any thread.
#[test]
fn a_child_outlives_the_thread_that_has_started_it() {
    let thread = thread::spawn(move || {
        let mut event_loop = EventLoop::new().expect("a loop");
        let mut command = shell("exec sleep 1000");
        command.standing(Standing::OwnSession).dies_with_us(true);
        let child = ChildRecorder::new(|_, _| ());
        let id = event_loop.net().spawn(command, [Null, Null, Null], child).expect("a shell");
        let pid = event_loop.net().subprocess_transport(id).pid().expect("it runs");
        (pid, std::fs::canonicalize("/proc/thread-self").expect("there is /proc"))
    });
    let (pid, thread) = thread.join().expect("no panic");
    while thread.exists() {
        thread::yield_now();
    }
    let state = || std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it is our child");
    let is_alive = |stat: &str| !stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'));
    // The system has seen the end of the thread, and a process takes a moment to end.
    thread::sleep(Duration::from_millis(100));
    assert!(is_alive(&state()), "{}", state());
    let killed = std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status();
    assert!(killed.expect("kill runs").success());
}

#[test]
fn stderr_may_be_the_stdout_that_is_inherited() {
    // The stdout of the test is that of all tests, so the child compares its own two streams.
    let told = run("test /proc/self/fd/2 -ef /proc/self/fd/1; exit $?", [Null, Inherit, Merge], |_, _| ());
    assert_eq!(told.last(), Some(&Told::Lost(Some(0))));
}

/// The kernel's facts about a descriptor of this process.
fn flags(fd: &impl AsRawFd) -> String {
    std::fs::read_to_string(format!("/proc/self/fdinfo/{}", fd.as_raw_fd())).expect("it is open")
}

#[test]
fn a_child_has_the_descriptors_that_it_is_given_and_no_other() {
    let (folder, (_reader, writer)) = (tempfile::tempdir().expect("a folder"), io::pipe().expect("a pipe"));
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a write");
        std::fs::File::options().read(true).write(true).open(path).expect("a file")
    };
    // A descriptor that a child would inherit.
    let inheritable = file("inheritable", "");
    socket2::SockRef::from(&inheritable).set_cloexec(false).expect("a flag");
    let before = flags(&inheritable);
    let (input, output, more) = (file("input", "from a file\n"), file("output", ""), file("more", "more\n"));
    // The numbers are those of the files here, swapped, so a wrong order of copies would overwrite a source.
    let (first, second) = (input.as_raw_fd(), more.as_raw_fd());
    let third = first.max(second) + 1;
    let script = format!("cat; cat /proc/self/fd/{first} /proc/self/fd/{third}; cd /proc/self/fd && echo * >&2");
    let mut command = shell(&script);
    command.fd(0, input.try_clone().expect("a copy")).fd(1, output);
    command.fd(first, more).fd(second, input).fd(third, file("third", "third\n"));
    let told = run_command(command, [Pipe, Pipe, Pipe], |_, _| ());
    assert_eq!(std::fs::read_to_string(folder.path().join("output")).expect("text"), "from a file\nmore\nthird\n");
    let open = String::from_utf8(read(&told, 2)).expect("text");
    let mut expected = BTreeSet::from([0, 1, 2, first, second, third]);
    // The shell has the folder open while it lists that.
    expected.extend((3..).find(|number| !expected.contains(number)));
    let open = BTreeSet::from_iter(open.split_whitespace().map(|number| number.parse().expect("a number")));
    assert_eq!(open, expected);
    assert_eq!(flags(&inheritable), before, "this process has its descriptors as before");
    drop(writer);
}

#[test]
fn a_descriptor_is_closed_here_once_the_child_has_it() {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let mut command = shell("echo text >&3");
    command.fd(3, writer);
    assert_eq!(output_of(command), "");
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("an end");
    assert_eq!(text, "text\n");
}
