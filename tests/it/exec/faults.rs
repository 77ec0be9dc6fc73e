//! Tests `exec` when the system refuses something: a failure of xport is not blamed on the program, no descriptor
//! leaks, and a program that cannot be signalled is ended in another way, or is named and left running.

use crate::harness::*;

/// A command with these settings of the shim. `None` without a compiler.
fn refused(settings: &[(&str, libc::c_int)], args: &[&str]) -> Option<Command> {
    misbehaving(command(args), settings)
}

#[test]
fn our_own_failures_are_not_the_programs() {
    let (_folder, trace) = path("trace");
    let trace = trace.display().to_string();
    let plain = ["exec", "--"].as_slice();
    let pty = &["exec", "--pty", "--"];
    for (setting, error, options, message) in [
        ("PIDFD_OPEN", libc::ENOSYS, plain, "exec touch: cannot watch the child: Function not implemented"),
        ("PIDFD_OPEN", libc::EPERM, plain, "exec touch: cannot watch the child: Operation not permitted"),
        ("PIDFD_OPEN", libc::EMFILE, plain, "Too many open files"),
        ("OPENPT", libc::ENOENT, pty, "exec touch: no terminal for it: No such file or directory"),
        ("OPENPT", libc::EACCES, pty, "exec touch: no terminal for it: Permission denied"),
        ("OPENPT", libc::ENOSPC, pty, "exec touch: no terminal for it: No space left on device"),
        ("CLONE", libc::EAGAIN, plain, "exec touch: Resource temporarily unavailable"),
        ("CLONE", libc::EPERM, plain, "exec touch: Operation not permitted"),
        ("CLONE", libc::ENOMEM, pty, "exec touch: Cannot allocate memory"),
    ] {
        let args = [options, &["touch", &trace]].concat();
        let Some(mut run) = refused(&[(setting, error)], &args) else { return };
        ended(&run.output().expect("a run"), 125, message);
        assert!(!Path::new(&trace).exists(), "{setting}: the program has run");
    }
    // A relay has no status of a program.
    let relay = format!("exec:touch {trace}");
    let Some(mut run) = refused(&[("PIDFD_OPEN", libc::ENOSYS)], &["relay", "-", &relay]) else { return };
    ended(&run.output().expect("a run"), 1, "exec touch: cannot watch the child");
    assert!(!Path::new(&trace).exists(), "the program has run");
}

/// The program runs already when its end turns out to be unobservable.
#[test]
fn a_program_that_was_started_in_vain_is_ended_with_its_group() {
    for (settings, message) in [
        (&[("PIDFD_AFTER", 1), ("PIDFD_OPEN", libc::ENFILE)][..], "Too many open files in system"),
        (&[("EPOLL", libc::ENOSPC)], "cannot watch the child: No space left on device"),
    ] {
        for options in [[].as_slice(), &["--pty"], &["--stdin", "inherit"]] {
            let family = Family::new();
            let script = "sleep 1000 & sleep 1000";
            let args = [&["exec", "--env", family.variable()], options, &["--", "sh", "-c", script]].concat();
            let Some(mut run) = refused(settings, &args) else { return };
            ended(&run.output().expect("a run"), 125, message);
            family.is_gone();
        }
    }
    // A server goes on, and leaves no zombie.
    let args = ["exec", "--listen", "127.0.0.1:0", "--", "sleep", "1000"];
    let Some(run) = refused(&[("EPOLL", libc::ENOSPC)], &args) else { return };
    let (mut server, address) = serve_by(run);
    for _ in 0..3 {
        // An end or a reset.
        let end = read_once(&mut connect(address), &mut [0]);
        assert!(!matches!(end, Ok(1)), "{end:?}");
    }
    server.line("cannot watch the child");
    assert!(children(&server).is_empty(), "{:?}", children(&server));
}

/// An inherited descriptor without close-on-exec does not reach a program, even on an old or strict system.
#[test]
fn inherited_descriptors_stay_here_whatever_the_system_refuses() {
    for settings in [
        &[("CLOSE_RANGE", libc::ENOSYS)][..],
        &[("CLOSE_RANGE", libc::EPERM)],
        &[("CLOSE_RANGE", libc::EINVAL)],
        &[("CLOSE_RANGE", libc::ENOSYS), ("PROC", 1)],
    ] {
        let args = ["exec", "--", "sh", "-c", "ls /proc/self/fd"];
        let Some(mut run) = refused(settings, &args) else { return };
        inherit_as(&mut run, device("null"), [3, 7, 200]);
        let output = run.output().expect("a run");
        // The fourth is the directory that `ls` reads.
        assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n1\n2\n3\n", "{settings:?}: {}", text(&output));
    }
}

/// A child that has moved to the group of xport cannot be reached by its group number.
const LEAVES_ITS_GROUP: &str = "import os, signal, sys, time
os.setpgid(0, os.getpgid(os.getppid()))
if len(sys.argv) > 1: signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_DFL)
print('ready', flush=True)
time.sleep(1000)";

/// A run with a child that has left its group, and these settings of the shim.
#[track_caller]
fn without_group(
    settings: &[(&str, libc::c_int)],
    options: &[&str],
    arguments: &[&str],
) -> Option<(Background, ChildStdout)> {
    let args = [&["exec"], options, &["--", "python3", "-c", LEAVES_ITS_GROUP], arguments].concat();
    let mut run = if settings.is_empty() { command(args) } else { refused(settings, &args)? };
    // xport gets its own group, so that signals for the group do not reach the test.
    run.process_group(0);
    let mut run = Background::spawn(run);
    let mut stdout = run.stdout();
    assert_eq!(take(&mut stdout, 6), b"ready\n");
    Some((run, stdout))
}

#[test]
fn a_child_that_has_left_its_group_is_signalled_all_the_same() {
    let Some(()) = installed("python3") else { return };
    // python3 must be ready before the time is up.
    let timed_out = thread::spawn(|| {
        if let Some((mut run, _stdout)) = without_group(&[], &["--timeout", "8s"], &[]) {
            run.ends_with(124);
        }
    });
    // Filters of containers can refuse the newer call.
    let filters = [&[][..], &[("PIDFD_SEND", libc::ENOSYS)], &[("PIDFD_SEND", libc::EPERM)]];
    for_each(filters, |settings| {
        for signal in [libc::SIGTERM, libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGUSR1] {
            let Some((mut run, _stdout)) = without_group(settings, &[], &[]) else { return };
            let begin = Instant::now();
            run.signal(signal);
            let status = run.wait();
            assert!(status.signal() == Some(signal), "{signal}: {status:?}, {:?}", run.all_lines());
            assert!(begin.elapsed() < Duration::from_secs(4), "it had to be killed");
        }
        let Some((mut run, _stdout)) = without_group(settings, &["--kill-after", "100ms"], &["stubborn"]) else {
            return;
        };
        run.signal(libc::SIGTERM);
        run.ends_with(137);
    });
    timed_out.join().expect("the time limit ends it");
}

/// An ordinary user, with a program that becomes another user, as `sudo` does, so that the ordinary user cannot signal
/// it.
struct Ordinary {
    everyone: Everyone,
    user: u32,
}

/// Becomes root completely, and then runs its arguments.
const BECOMES_ROOT: &str = "#define _GNU_SOURCE
#include <unistd.h>
int main(int n, char **words) {
    if (n < 2 || setresuid(0, 0, 0) != 0) return 99;
    execvp(words[1], words + 1);
    return 98;
}";

impl Ordinary {
    /// `None`, with a note, without root, without a compiler, or on a file system that ignores set-user-ID.
    fn new() -> Option<Self> {
        let ordinary = Self { everyone: Everyone::new()?, user: stranger() };
        let (source, helper) = (ordinary.everyone.path("root.c"), ordinary.helper());
        fs::write(&source, BECOMES_ROOT).expect("a file");
        let compiled = Command::new("cc").arg("-o").arg(&helper).arg(&source).status();
        if !compiled.is_ok_and(|status| status.success()) {
            println!("skipped: no C compiler here");
            return None;
        }
        set_mode(&helper, 0o4755);
        assert_eq!(fs::metadata(&helper).expect("it is there").uid(), 0);
        let tried = Command::new(&helper).arg("true").uid(ordinary.user).gid(ordinary.user).status();
        if !tried.expect("it runs").success() {
            println!("skipped: set-user-ID programs are not honoured here");
            return None;
        }
        Some(ordinary)
    }

    /// The program, run by that user.
    fn run(&self, args: &[&str]) -> Command {
        let mut command = self.everyone.command(args);
        command.uid(self.user).gid(self.user).current_dir("/").stdin(Stdio::piped());
        command
    }

    fn helper(&self) -> String {
        self.everyone.path("becomes-root").display().to_string()
    }
}

/// The process number in the message about a program that is left running. The process must exist, and is killed here.
#[track_caller]
fn ends_what_is_left(line: &str) {
    let (_, rest) = line.split_once("child ").expect("a child");
    let pid: u32 = rest.split(' ').next().and_then(|number| number.parse().ok()).expect("a number");
    assert!(state_of(pid).is_some_and(|state| state != 'Z'), "{line}: it does not run");
    // SAFETY: the call takes two numbers and touches no memory.
    assert_eq!(unsafe { libc::kill(pid as libc::pid_t, libc::SIGKILL) }, 0);
}

const LEFT: &str = "(becomes-root) cannot be killed and is left running: Operation not permitted";

#[test]
fn a_child_that_may_not_be_signalled_does_not_hold_us_up() {
    let Some(ordinary) = Ordinary::new() else { return };
    it_may_end_in_its_time(&ordinary);
    let helper = ordinary.helper();
    let script = ["sh", "-c", "echo ready; exec sleep 1000"];
    for (options, signal, status) in [
        (["--timeout", "1s"].as_slice(), None, Some(124)),
        (&[], Some(libc::SIGTERM), None),
        (&[], Some(libc::SIGHUP), None),
        (&[], Some(libc::SIGINT), None),
        (&["--stdin", "pipe"], Some(libc::SIGQUIT), None),
        (&["--pty"], Some(libc::SIGTERM), None),
    ] {
        let args = [&["exec", "--kill-after", "300ms"], options, &["--", &helper], &script].concat();
        let mut run = ordinary.run(&args);
        // SAFETY: between fork and exec the closure makes one system call and touches no memory.
        unsafe {
            run.pre_exec(|| {
                let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
                libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
                Ok(())
            });
        }
        let mut run = Background::spawn(run);
        let mut stdout = run.stdout();
        assert_eq!(take(&mut stdout, 5), b"ready");
        let begin = Instant::now();
        if let Some(signal) = signal {
            run.signal(signal);
        }
        let line = run.line(LEFT);
        let end = run.wait();
        assert_eq!((end.code(), end.signal()), (status, signal), "{options:?}");
        assert!(begin.elapsed() >= Duration::from_millis(300), "it had no time to end by itself");
        if options != ["--pty"] {
            ends_what_is_left(&line);
        }
    }
}

/// A program that ends by itself in time has its status.
fn it_may_end_in_its_time(ordinary: &Ordinary) {
    let helper = ordinary.helper();
    let script = ["sh", "-c", "echo ready; read line; exit 7"];
    let args = [&["exec", "--kill-after", "1h", "--", &helper], &script[..]].concat();
    let mut run = Background::spawn(ordinary.run(&args));
    let (mut stdin, mut stdout) = (run.stdin(), run.stdout());
    assert_eq!(take(&mut stdout, 6), b"ready\n");
    run.signal(libc::SIGTERM);
    stdin.write_all(b"\n").expect("it reads");
    run.ends_with(7);
}

/// A run with one connection does not wait for such a child either, and does not end with success.
#[test]
fn a_single_connection_is_not_held_up() {
    let Some(ordinary) = Ordinary::new() else { return };
    let helper = ordinary.helper();
    let script = "trap '' HUP PIPE TERM; echo up; exec sleep 1000";
    let path = ordinary.everyone.path("socket").display().to_string();
    let listener = UnixListener::bind(&path).expect("a socket");
    set_mode(&path, 0o666);
    let to = format!("unix:{path}");
    let relay = format!("exec:{helper} sh -c \"{script}\"");
    for (args, child, status) in [
        (vec!["exec", "--kill-after", "200ms", "--connect", &to, "--"], vec![&*helper, "sh", "-c", script], 125),
        (vec!["relay", "--kill-after", "200ms", &to, &relay], Vec::new(), 1),
    ] {
        let mut run = Background::spawn(ordinary.run(&[args, child].concat()));
        expect(&mut accept_unix(&listener), b"up\n");
        let line = run.line(LEFT);
        run.ends_with(status);
        ends_what_is_left(&line);
    }
}

/// A server gives up such a child, goes on, ends on its signal, and names each program that is left.
#[test]
fn a_server_is_not_held_up_either() {
    let Some(ordinary) = Ordinary::new() else { return };
    let helper = ordinary.helper();
    let script = "echo up; trap '' HUP PIPE; exec sleep 1000";
    let relay = format!("exec:{helper} sh -c \"{script}\"");
    for (args, child) in [
        (vec!["exec", "--kill-after", "200ms", "--listen", "127.0.0.1:0", "--"], vec![&*helper, "sh", "-c", script]),
        (vec!["relay", "--kill-after", "200ms", "tcp-listen:127.0.0.1:0", &relay], Vec::new()),
    ] {
        let (mut server, address) = serve_by(ordinary.run(&[args, child].concat()));
        let served = || {
            let mut client = connect(address);
            assert_eq!(take(&mut client, 3), b"up\n");
            client
        };
        reset(served());
        let line = server.line(LEFT);
        let pid: u32 = children(&server)[0];
        ends_what_is_left(&line);
        eventually("its status to be asked for", || (!children(&server).contains(&pid)).then_some(()));
        let _client: TcpStream = served();
        server.signal(libc::SIGTERM);
        server.line("waiting up to");
        server.signal(libc::SIGTERM);
        let line = server.line(LEFT);
        server.is_killed_by(libc::SIGTERM);
        ends_what_is_left(&line);
    }
}

/// A program on a connection has no access to the terminal: no keys, no echo, and no way to type there (`TIOCSTI`).
#[test]
fn a_program_on_a_connection_has_no_terminal() {
    const SHOWS: &str = "cut -d ' ' -f 1,5,6,7 /proc/self/stat >&2; echo $$ >&2; (: </dev/tty) && echo open >&2";
    let (_folder, path) = path("s");
    let path = path.display().to_string();
    let (unix_listen, shell) = (format!("unix-listen:{path}"), format!("shell:{SHOWS}"));
    let (listener, to) = listening();
    let to = to.to_string();
    let cases: [&[&str]; 6] = [
        &["exec", "--listen", "127.0.0.1:0", "--shell", SHOWS],
        &["exec", "--connect", &to, "--shell", SHOWS],
        &["relay", "tcp-listen:127.0.0.1:0", &shell],
        &["relay", &unix_listen, &shell],
        &["relay", "udp-listen:127.0.0.1:0", &shell],
        &["relay", &to, &shell],
    ];
    for args in cases {
        let terminal = Terminal::new();
        let mut run = terminal.spawn(command(args));
        let is_listening = args.iter().any(|word| word.contains("listen"));
        let _client: Box<dyn std::any::Any> = if args.contains(&unix_listen.as_str()) {
            run.line("listening on");
            Box::new(UnixStream::connect(&path).expect("it accepts"))
        } else if args.iter().any(|word| word.starts_with("udp")) {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
            socket.send_to(b"x", run.address()).expect("it leaves");
            Box::new(socket)
        } else if is_listening {
            Box::new(connect(run.address()))
        } else {
            Box::new(listener.accept().expect("a client"))
        };
        // `cut` has its own process number, the session of the shell, and no terminal.
        let stat = run.line(" ");
        let leader = run.line("");
        let fields = Vec::from_iter(stat.split(' '));
        assert_eq!((fields[1], fields[2], fields[3]), (&*leader, &*leader, "0"), "{args:?}");
        run.line("/dev/tty");
        run.signal(libc::SIGQUIT);
        run.wait();
        assert!(!run.all_lines().iter().any(|line| line == "open"), "{args:?}");
        let _ = fs::remove_file(&path);
    }
    // A program on stdin and stdout keeps the terminal.
    Terminal::new().spawn(command(["exec", "--", "sh", "-c", "exec </dev/tty && echo open >&2"])).line("open");
}

/// The program writes one line, and a second one after it has learnt from the fifo that the first one has arrived.
fn two_lines(go_on: &Path) -> String {
    format!("echo one; read _ < {}; echo two", go_on.display())
}

/// A relay, `exec`, or a server for one client, each with a child whose pipe fails.
fn with_failing_pipe(settings: &[(&str, libc::c_int)], place: &[&str], script: &str) -> Option<Command> {
    let shell = format!("shell:{script}");
    let args = match place {
        ["relay", ..] => [place, &[shell.as_str()]].concat(),
        _ => [place, &["--", "sh", "-c", script]].concat(),
    };
    refused(settings, &args)
}

/// A read error on a pipe of a child is not its end: the output is cut, and the status says so.
#[test]
fn output_that_cannot_be_read_is_a_failure() {
    let (_folder, fifo) = path("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status().expect("mkfifo is everywhere");
    assert!(made.success());
    let script = two_lines(&fifo);
    for (error, text) in [(libc::EIO, "Input/output error"), (libc::ENOMEM, "Cannot allocate memory")] {
        let settings = [("PIPE_READ", error), ("PIPE_READ_AFTER", 1)];
        let message = format!("cannot read its stdout: {text}");
        for (place, status) in [
            (&["relay", "-"][..], 1),
            (&["exec"], 125),
            (&["exec", "--stdin", "null"], 125),
            (&["exec", "--stderr", "merge"], 125),
        ] {
            let Some(run) = with_failing_pipe(&settings, place, &script) else { return };
            let mut run = Background::spawn(run);
            let mut stdout = run.stdout();
            assert_eq!(take(&mut stdout, 4), b"one\n", "{place:?}");
            fs::write(&fifo, "\n").expect("the program waits");
            run.line(&message);
            run.ends_with(status);
        }
        // The client of a server sees a cut stream.
        let Some(run) = with_failing_pipe(&settings, &["exec", "--once", "--listen", "127.0.0.1:0"], &script) else {
            return;
        };
        let (mut server, address) = serve_by(run);
        let mut client = connect(address);
        assert_eq!(take(&mut client, 4), b"one\n");
        fs::write(&fifo, "\n").expect("the program waits");
        is_reset(&mut client);
        server.line(&message);
        server.ends_with(125);
    }
}

/// Only EPIPE says that the program does not read on.
#[test]
fn input_that_cannot_be_written_is_a_failure() {
    for (error, text) in [(libc::EIO, "Input/output error"), (libc::ENOMEM, "Cannot allocate memory")] {
        let message = format!("cannot write to its stdin: {text}");
        for (place, status) in [(&["relay", "-"][..], 1), (&["exec", "--stdin", "pipe"], 125)] {
            let Some(run) = with_failing_pipe(&[("PIPE_WRITE", error)], place, "cat >&2") else { return };
            let mut run = Background::spawn(run);
            run.stdin().write_all(b"never read").expect("it is taken");
            run.line(&message);
            run.ends_with(status);
        }
        let place = ["exec", "--once", "--listen", "127.0.0.1:0"];
        let Some(run) = with_failing_pipe(&[("PIPE_WRITE", error)], &place, "cat") else { return };
        let (mut server, address) = serve_by(run);
        let mut client = connect(address);
        client.write_all(b"never read").expect("it is sent");
        is_reset(&mut client);
        server.line(&message);
        server.ends_with(125);
    }
}
