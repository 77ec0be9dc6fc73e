//! Tests xport as the first process of a PID namespace, as in a container: the default action of signals does not end
//! it, and orphans become its children.

use crate::harness::*;

/// A command that runs its arguments as the first process of a namespace. `None`, with a note, without permission.
fn namespace() -> Option<Command> {
    // An ordinary user can need a user namespace.
    for first in ["--pid", "--map-root-user"] {
        let mut command = Command::new("unshare");
        command.args([first, "--pid", "--fork", "--mount-proc", "--kill-child"]);
        let tried = Command::new("unshare").args(command.get_args()).arg("true").stderr(Stdio::null()).status();
        if tried.is_ok_and(|status| status.success()) {
            command.env_remove("XPORT_LOG").env_remove("RUST_LOG").stdin(Stdio::piped()).stdout(Stdio::piped());
            return Some(command);
        }
    }
    println!("skipped: no PID namespaces here");
    None
}

/// A run of xport as the first process.
struct First {
    run: Background,
    pid: u32,
}

impl First {
    #[track_caller]
    fn start(line: &str) -> Option<Self> {
        let mut command = namespace()?;
        command.arg(program()).args(words!("{line}"));
        Some(Self::spawn(command))
    }

    /// Runs a command whose child is the first process.
    #[track_caller]
    fn spawn(command: Command) -> Self {
        let run = Background::spawn(command);
        let pid = eventually("the first process", || children_of(run.pid()).first().copied());
        Self { run, pid }
    }

    /// Sends a signal to the process by its number outside the namespace.
    fn signal(&self, signal: i32) {
        // SAFETY: the call takes two numbers and touches no memory.
        assert_eq!(unsafe { libc::kill(self.pid as libc::pid_t, signal) }, 0);
    }

    /// Waits until the process catches a signal. `proc_pid_status(5)`.
    #[track_caller]
    fn catches(&self, signal: i32) {
        eventually("the signal to be caught", || {
            let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
            let caught = u64::from_str_radix(caught.trim(), 16).ok()?;
            (caught >> (signal - 1) & 1 == 1).then_some(())
        });
    }

    /// Expects the status that a shell uses for the end by this signal.
    #[track_caller]
    fn ends_by(mut self, signal: i32) {
        self.run.ends_with(128 + signal);
    }
}

/// Signals that drain a server, and that end one at once.
const DRAINING: [i32; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP];
const ENDING: [i32; 5] = [libc::SIGQUIT, libc::SIGUSR1, libc::SIGUSR2, libc::SIGALRM, libc::SIGVTALRM];

/// Each line with each signal.
fn with_each(lines: &[&str], signals: &[i32], test: impl Fn(&str, i32) -> Option<()> + Sync) {
    let cases = lines.iter().flat_map(|line| signals.iter().map(move |signal| (*line, *signal)));
    for_each(cases, |(line, signal)| {
        // Without permission for a namespace, there is nothing to test.
        let _ = test(line, signal);
    });
}

#[test]
fn a_server_that_a_signal_ends_has_its_status() {
    let servers = [
        "tcp-echo 127.0.0.1:0",
        "tcp-server -k 127.0.0.1:0",
        "udp-echo 127.0.0.1:0",
        "udp-server 127.0.0.1:0",
        "unix-echo PATH",
        "relay unix-listen:PATH tcp:127.0.0.1:1",
        "exec --listen 127.0.0.1:0 -- cat",
    ];
    // These servers have had no client.
    let receivers = [
        "tcp-server 127.0.0.1:0",
        "unix-server PATH",
        "relay --once tcp-listen:127.0.0.1:0 -",
        "exec --once --listen 127.0.0.1:0 -- cat",
    ];
    for (lines, signals) in [(&servers[..], &ENDING[..]), (&receivers, &DRAINING)] {
        with_each(lines, signals, |line, signal| {
            let (_folder, path) = path("s");
            let mut server = First::start(&line.replace("PATH", &path.to_string_lossy()))?;
            server.run.line("listening on");
            server.signal(signal);
            server.ends_by(signal);
            assert!(!path.exists());
            Some(())
        });
    }
}

#[test]
fn a_server_that_does_not_finish_has_the_status_of_its_signal() {
    let lines = ["tcp-echo --grace 1h 127.0.0.1:0", "exec --grace 1h --listen 127.0.0.1:0 -- cat"];
    with_each(&lines, &DRAINING, |line, signal| {
        let mut server = First::start(line)?;
        let mut client = connect(server.run.address());
        ping(&mut client, b"served");
        server.signal(signal);
        server.run.line("waiting up to");
        server.signal(signal);
        server.ends_by(signal);
        Some(())
    });
}

#[test]
fn a_client_that_a_signal_ends_has_its_status() {
    with_each(&["-v tcp-client", "-v relay -"], &DRAINING, |line, signal| {
        let peer = Peer::serve(|stream| stream);
        let mut client = First::start(&format!("{line} {}", peer.address))?;
        client.run.line("connected to ");
        let _silent = peer.join();
        client.signal(signal);
        client.ends_by(signal);
        Some(())
    });
}

/// Every mode ends by every deadly signal while it connects, and once it is connected.
#[test]
fn every_mode_ends_by_every_deadly_signal() {
    let (_folder, unix) = path("s");
    let _unix = UnixListener::bind(&unix).expect("a socket");
    let (_listener, open) = listening();
    let (_socket, closed) = refusing();
    let (silent, full) = (udp("127.0.0.1"), full_queue());
    let (full_at, udp, unix, port) = (full.address, at(&silent), unix.display(), full.address.port());
    let modes = [
        (format!("-v tcp-client --retry forever {closed}"), "trying again in"),
        (format!("-vv tcp-client --connect-timeout 60s {full_at}"), "connecting to"),
        (format!("-v tcp-client {open}"), "connected to"),
        (format!("-vv tls-client --handshake-timeout 60s {open}"), "connecting to"),
        (format!("-vv tls-client --show-chain --handshake-timeout 60s {open}"), "connecting to"),
        (format!("-v unix-client {unix}"), "connected to"),
        (format!("-v udp-client {udp}"), ""),
        (format!("-v relay - {open}"), "connected to"),
        (format!("-v relay {open} exec:cat"), "connected to"),
        (format!("-v exec --connect {open} -- cat"), "connected to"),
        ("exec -- sh -c 'echo up >&2; exec cat'".to_owned(), "up"),
        (format!("-v wait --for 60s {closed}"), "trying again in"),
        (format!("-vv scan --connect-timeout 60s 127.0.0.1 {port}"), "looking up"),
    ];
    let seldom = [libc::SIGPROF, libc::SIGXCPU, libc::SIGIO, libc::SIGPWR, libc::SIGABRT];
    let all = Vec::from_iter(ENDING.into_iter().chain(seldom).chain([libc::SIGRTMIN(), libc::SIGRTMAX()]));
    let numbered = Vec::from_iter(modes.iter().enumerate());
    // Each mode gets three of the signals, and the first one gets all.
    let runs = numbered.into_iter().flat_map(|(number, (args, line))| {
        let count = if number == 0 { all.len() } else { 3 };
        let all = &all;
        (0..count).map(move |step| (args, line, all[(number * 3 + step) % all.len()]))
    });
    for_each(runs, |(args, line, signal)| {
        let Some(mut run) = First::start(args) else { return };
        if line.is_empty() {
            run.catches(signal);
        } else {
            run.run.line(line);
        }
        run.signal(signal);
        run.ends_by(signal);
    });
}

/// A server looks up the name of its own address before its loop runs.
#[test]
fn a_server_ends_by_a_signal_during_a_look_up() {
    let resolver = "nameserver 10.99.0.77\noptions timeout:30 attempts:1\n";
    let files = [("nsswitch.conf", "hosts: dns\n"), ("resolv.conf", resolver)];
    let Some(network) = Network::new("", &files) else { return };
    let Some(here) = namespace() else { return };
    for signal in [libc::SIGTERM, libc::SIGUSR1, libc::SIGPWR] {
        let mut command = network.enter(here.get_program());
        command.args(here.get_args()).arg(program()).args(["tcp-echo", "some.example:0"]);
        let server = First::spawn(command);
        server.catches(signal);
        server.signal(signal);
        server.ends_by(signal);
    }
}

/// `wait` as the first process ends by a signal, and the program that it becomes is the first process.
#[test]
fn a_wait_as_the_first_process_ends_by_a_signal_or_becomes_its_program() {
    let (_socket, closed) = refusing();
    for signal in DRAINING {
        let Some(mut wait) = First::start(&format!("-v wait --for 60s {closed} -- true")) else { return };
        wait.run.line("trying again in");
        wait.signal(signal);
        wait.ends_by(signal);
    }
    let (_listener, open) = listening();
    // This process can be over before anybody looks for it.
    let Some(mut command) = namespace() else { return };
    command.arg(program()).args(words!("wait {open} -- sh -c 'echo $$; exit 9'"));
    gave(&Background::spawn(command).finish(), 9, "1\n");
}

#[test]
fn exec_has_the_status_of_the_signal_that_its_child_died_of() {
    for signal in DRAINING.into_iter().chain([libc::SIGQUIT, libc::SIGUSR1]) {
        // The child sends the signal to the first process, as any script in a container can.
        let Some(mut command) = namespace() else { return };
        command.arg(program()).args(words!("exec -- sh -c 'kill -{signal} 1; exec sleep 60'"));
        Background::spawn(command).ends_with(128 + signal);
    }
}

#[test]
fn a_reader_that_has_gone_is_the_status_of_a_broken_pipe() {
    let peer = Peer::serve(|mut stream| while stream.write_all(b"y\n").is_ok() {});
    for line in ["exec -- yes", &format!("tcp-client {}", peer.address)] {
        let Some(mut run) = First::start(line) else { return };
        assert_eq!(take(&mut run.run.stdout(), 2), b"y\n");
        run.ends_by(libc::SIGPIPE);
    }
    peer.join();
}

/// Waits until the first process has no zombie. At first it has at least one live child.
#[track_caller]
fn reaps(pid: u32) {
    eventually("its orphans to be gone", || {
        children_of(pid).iter().all(|&child| state_of(child) != Some('Z')).then_some(())
    });
}

#[test]
fn orphans_do_not_stay_zombies() {
    // The subshells, which are their parents, end at once. The processes end with the stdin of the test.
    const WITH_ORPHANS: &str =
        "mkfifo \"$0.fifo\"; for i in 1 2 3; do (cat <\"$0.fifo\" & ); done; exec 9>\"$0.fifo\"; exec \"$@\"";
    let (_folder, base) = path("x");
    let base = base.display().to_string();
    let peer = Peer::serve(|mut stream| drop(stream.read(&mut [0])));
    let runs = [
        (words!("tcp-echo 127.0.0.1:0"), "listening on"),
        (words!("-v tcp-client {}", peer.address), "connected"),
        (words!("exec -- sh -c 'echo up >&2; exec sleep 60'"), "up"),
    ];
    for (number, (args, line)) in runs.into_iter().enumerate() {
        let Some(mut command) = namespace() else { return };
        command.args(["sh", "-c", WITH_ORPHANS]).arg(format!("{base}{number}")).arg(program()).args(&args);
        let First { mut run, pid } = First::spawn(command);
        run.line(line);
        let orphans = eventually("three orphans", || {
            let orphans = children_of(pid);
            let is_cat = |child: &u32| fs::read(format!("/proc/{child}/comm")).is_ok_and(|name| name == b"cat\n");
            let orphans = Vec::from_iter(orphans.into_iter().filter(is_cat));
            (orphans.len() == 3).then_some(orphans)
        });
        for orphan in &orphans {
            // SAFETY: the call takes two numbers and touches no memory.
            assert_eq!(unsafe { libc::kill(*orphan as libc::pid_t, libc::SIGKILL) }, 0);
        }
        reaps(pid);
        eventually("none of them to be left", || {
            orphans.iter().all(|orphan| !children_of(pid).contains(orphan)).then_some(())
        });
        assert!(run.is_running(), "{args:?}: {:?}", run.all_lines());
    }
}

/// Many orphans and children end at once, and each child keeps its own status.
#[test]
fn orphans_do_not_take_the_place_of_children() {
    // Three orphans that end at about the same time as the child.
    let script = "for i in 1 2 3; do (sleep .05 & ); done; sleep .05; exit $(head -c 1 | tr -d '\\n')";
    let line = format!("exec --listen 127.0.0.1:0 -v -- sh -c '{}'", script.replace('\'', "'\\''"));
    let Some(mut server) = First::start(&line) else { return };
    let address = server.run.address();
    for lot in 0..2 {
        if lot > 0 {
            pass(Duration::from_millis(1100), "at most ten messages of a kind are written in a second");
        }
        let mut clients = [(); 10].map(|()| connect(address));
        for (number, client) in clients.iter_mut().enumerate() {
            client.write_all(number.to_string().as_bytes()).expect("it is connected");
        }
        clients.iter_mut().for_each(expect_end);
        let mut seen = [0; 10];
        for _ in 0..10 {
            let line = server.run.line("has ended with status ");
            let (_, rest) = line.rsplit_once("status ").expect("it has been looked for");
            let (status, _) = rest.split_once(" after ").expect("a time");
            seen[status.parse::<usize>().expect("a number")] += 1;
        }
        assert_eq!(seen, [1; 10]);
    }
    reaps(server.pid);
}
