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
    fn start(args: &[&str]) -> Option<Self> {
        let mut command = namespace()?;
        command.arg(program()).args(args);
        let run = Background::spawn(command);
        let pid = eventually("the first process", || children_of(run.pid()).first().copied());
        Some(Self { run, pid })
    }

    /// Sends a signal to the process by its number outside the namespace.
    fn signal(&self, signal: i32) {
        // SAFETY: the call takes two numbers and touches no memory.
        assert_eq!(unsafe { libc::kill(self.pid as libc::pid_t, signal) }, 0);
    }

    /// Expects the status that a shell uses for the end by this signal.
    #[track_caller]
    fn ends_by(mut self, signal: i32, case: &str) {
        assert_eq!(self.run.wait().code(), Some(128 + signal), "{case}: {:?}", self.run.all_lines());
    }
}

/// Signals that drain a server, and that end one at once.
const DRAINING: [i32; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP];
const ENDING: [i32; 5] = [libc::SIGQUIT, libc::SIGUSR1, libc::SIGUSR2, libc::SIGALRM, libc::SIGVTALRM];

#[test]
fn a_server_that_a_signal_ends_has_its_status() {
    let (_folder, path) = path("s");
    let path = path.display().to_string();
    let relay_path = format!("unix-listen:{path}");
    let servers: [&[&str]; 7] = [
        &["tcp-echo", "127.0.0.1:0"],
        &["tcp-server", "-k", "127.0.0.1:0"],
        &["udp-echo", "127.0.0.1:0"],
        &["udp-server", "127.0.0.1:0"],
        &["unix-echo", &path],
        &["relay", &relay_path, "tcp:127.0.0.1:1"],
        &["exec", "--listen", "127.0.0.1:0", "--", "cat"],
    ];
    for args in servers {
        for signal in ENDING {
            let Some(mut server) = First::start(args) else { return };
            server.run.line("listening on");
            server.signal(signal);
            server.ends_by(signal, &format!("{args:?}"));
            assert!(!Path::new(&path).exists(), "{args:?}");
        }
    }
    // These servers have had no client.
    let receivers: [&[&str]; 4] = [
        &["tcp-server", "127.0.0.1:0"],
        &["unix-server", &path],
        &["relay", "--once", "tcp-listen:127.0.0.1:0", "-"],
        &["exec", "--once", "--listen", "127.0.0.1:0", "--", "cat"],
    ];
    for args in receivers {
        for signal in DRAINING {
            let Some(mut server) = First::start(args) else { return };
            server.run.line("listening on");
            server.signal(signal);
            server.ends_by(signal, &format!("{args:?}"));
        }
    }
}

#[test]
fn a_server_that_does_not_finish_has_the_status_of_its_signal() {
    for args in [
        ["tcp-echo", "--grace", "1h", "127.0.0.1:0"].as_slice(),
        &["exec", "--grace", "1h", "--listen", "127.0.0.1:0", "--", "cat"],
    ] {
        for signal in DRAINING {
            let Some(mut server) = First::start(args) else { return };
            let mut client = connect(server.run.address());
            ping(&mut client, b"served");
            server.signal(signal);
            server.run.line("waiting up to");
            server.signal(signal);
            server.ends_by(signal, &format!("{args:?}"));
        }
    }
}

#[test]
fn a_client_that_a_signal_ends_has_its_status() {
    for signal in DRAINING {
        for mode in ["tcp-client", "relay"] {
            let peer = Peer::serve(|stream| stream);
            let address = peer.address.to_string();
            let args = if mode == "relay" { vec!["-v", mode, "-", &address] } else { vec!["-v", mode, &address] };
            let Some(mut client) = First::start(&args) else { return };
            client.run.line("connected to ");
            let _silent = peer.join();
            client.signal(signal);
            client.ends_by(signal, mode);
        }
    }
}

/// `wait` as the first process ends by a signal, and the program that it becomes is the first process.
#[test]
fn a_wait_as_the_first_process_ends_by_a_signal_or_becomes_its_program() {
    let (_socket, closed) = refusing();
    for signal in DRAINING {
        let Some(mut wait) = First::start(&["-v", "wait", "--for", "60s", &closed.to_string(), "--", "true"]) else {
            return;
        };
        wait.run.line("trying again in");
        wait.signal(signal);
        wait.ends_by(signal, "wait");
    }
    let (_listener, open) = listening();
    let Some(mut command) = namespace() else { return };
    command.arg(program()).args(["wait", &open.to_string(), "--", "sh", "-c", "echo $$; exit 9"]);
    gave(&Background::spawn(command).finish(), 9, "1\n");
}

#[test]
fn exec_has_the_status_of_the_signal_that_its_child_died_of() {
    for signal in DRAINING.into_iter().chain([libc::SIGQUIT, libc::SIGUSR1]) {
        // The child sends the signal to the first process, as any script in a container can.
        let script = format!("kill -{signal} 1; exec sleep 60");
        let Some(mut command) = namespace() else { return };
        command.arg(program()).args(["exec", "--", "sh", "-c", &script]);
        let mut run = Background::spawn(command);
        assert_eq!(run.wait().code(), Some(128 + signal), "{:?}", run.all_lines());
    }
}

#[test]
fn a_reader_that_has_gone_is_the_status_of_a_broken_pipe() {
    let Some(mut run) = First::start(&["exec", "--", "yes"]) else { return };
    let mut stdout = run.run.stdout();
    assert_eq!(take(&mut stdout, 2), b"y\n");
    drop(stdout);
    run.ends_by(libc::SIGPIPE, "exec");

    let peer = Peer::serve(|mut stream| while stream.write_all(&[b'x'; 1000]).is_ok() {});
    let Some(mut run) = First::start(&["tcp-client", &peer.address.to_string()]) else { return };
    let mut stdout = run.run.stdout();
    assert_eq!(take(&mut stdout, 1), b"x");
    drop(stdout);
    run.ends_by(libc::SIGPIPE, "tcp-client");
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
    let address = peer.address.to_string();
    let runs: [(&[&str], &str); 3] = [
        (&["tcp-echo", "127.0.0.1:0"], "listening on"),
        (&["-v", "tcp-client", &address], "connected"),
        (&["exec", "--", "sh", "-c", "echo up >&2; exec sleep 60"], "up"),
    ];
    for (number, (args, line)) in runs.into_iter().enumerate() {
        let Some(mut command) = namespace() else { return };
        command.args(["sh", "-c", WITH_ORPHANS]).arg(format!("{base}{number}")).arg(program()).args(args);
        let mut run = Background::spawn(command);
        run.line(line);
        let pid = eventually("the first process", || children_of(run.pid()).first().copied());
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
    let args = ["exec", "--listen", "127.0.0.1:0", "-v", "--", "sh", "-c", script];
    let Some(mut server) = First::start(&args) else { return };
    let address = server.run.address();
    for lot in 0..2 {
        if lot > 0 {
            pass(Duration::from_millis(1100), "at most ten messages of a kind are written in a second");
        }
        let clients: Vec<TcpStream> = (0..10)
            .map(|number| {
                let mut client = connect(address);
                client.write_all(number.to_string().as_bytes()).expect("it is connected");
                client
            })
            .collect();
        for mut client in clients {
            assert_eq!(take_all(&mut client), b"");
        }
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
