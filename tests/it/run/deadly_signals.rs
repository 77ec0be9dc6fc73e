//! Tests signals that end a run early or at once: the status, and that no file and no child stays behind.

use crate::harness::*;

/// Signals after which a server lets sessions finish.
const DRAINING: [i32; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP];

/// Signals that end any run at once. Real-time signals have only numbers.
fn ending() -> Vec<i32> {
    let named = [libc::SIGQUIT, libc::SIGUSR1, libc::SIGUSR2, libc::SIGALRM];
    let of_machine = cfg!(target_arch = "x86_64").then_some(16); // SIGSTKFLT.
    let seldom = [libc::SIGVTALRM, libc::SIGPROF, libc::SIGXCPU, libc::SIGIO, libc::SIGABRT];
    named.into_iter().chain(seldom).chain(of_machine).chain([libc::SIGRTMIN(), libc::SIGRTMAX()]).collect()
}

/// A command that leaves no core, and starts with the default action of every signal.
fn without_core<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Command {
    let mut command = command(args);
    let every = 1..=libc::SIGRTMAX();
    // SAFETY: between fork and exec the closure makes only system calls, with values that it owns.
    unsafe {
        command.pre_exec(move || {
            let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
            for signal in every.clone() {
                libc::signal(signal, libc::SIG_DFL);
            }
            Ok(())
        });
    }
    command
}

/// The servers for one client, with and without TLS.
fn receivers(path: &str) -> Vec<Vec<String>> {
    let unix = format!("unix-listen:{path}");
    let lines: [&[&str]; 9] = [
        &["tcp-server", "127.0.0.1:0"],
        &["tcp-server", "--recv-only", "127.0.0.1:0"],
        &["tls-server", "--self-signed", "127.0.0.1:0"],
        &["unix-server", path],
        &["relay", "--once", "tcp-listen:127.0.0.1:0", "-"],
        &["relay", "--once", "tls-listen:127.0.0.1:0,self-signed", "exec:cat"],
        &["relay", "--once", &unix, "tcp:127.0.0.1:1"],
        &["exec", "--once", "--listen", "127.0.0.1:0", "--", "cat"],
        &["udp-server", "--count", "2", "127.0.0.1:0"],
    ];
    lines.into_iter().map(|line| line.iter().map(|&word| word.to_owned()).collect()).collect()
}

/// A receiver without a client ends by the signal. One with a client, and a server of many, do not.
#[test]
fn a_receiver_that_nobody_came_to_ends_by_the_signal() {
    a_receiver_whose_client_has_come_drains();
    a_server_of_many_may_be_stopped_at_any_time();
    let (_folder, path) = path("s");
    let path = path.display().to_string();
    for args in receivers(&path) {
        for signal in DRAINING {
            let args = Vec::from_iter(args.iter().map(String::as_str));
            let mut server = Background::spawn(without_core(&args));
            server.line("listening on");
            server.signal(signal);
            assert_eq!(server.wait().signal(), Some(signal), "{args:?}: {:?}", server.all_lines());
            assert!(!Path::new(&path).exists(), "{args:?}");
        }
    }
}

#[test]
fn a_shell_sees_that_nobody_came() {
    // An interrupted `wait` returns 128 + USR1.
    let script = "trap 'kill -TERM $!' USR1; \"$0\" tcp-server 127.0.0.1:0 > /dev/null & \
        wait $!; status=$?; test $status = 143 || { wait $!; status=$?; }; exit $status";
    let mut shell = Background::spawn(by_shell(script));
    shell.line("listening on");
    shell.signal(libc::SIGUSR1);
    assert_eq!(shell.wait().code(), Some(128 + libc::SIGTERM));
}

fn a_receiver_whose_client_has_come_drains() {
    let signals = ["TERM", "INT", "HUP"].map(|signal| {
        let waiting = format!("kill {signal}; hear waiting up to; say  after$");
        [
            format!("tcp-server: say before; see before; {waiting}; eof; see  after$; go; status 0 *"),
            format!("relay --once TCP-LISTEN -: say before; see before; {waiting}; eof; see  after$; go; status 0 *"),
            format!("exec --once --listen TCP-LISTEN -- cat: ping before; {waiting}; eof; get  after$; go; status 0 *"),
        ]
    });
    plays(&Vec::from_iter(signals.iter().flatten().map(String::as_str)));
}

/// A connection without a finished handshake is no client.
#[test]
fn a_handshake_that_is_not_over_is_no_client() {
    let (mut server, address) = serve_by(without_core(["-vv", "tls-server", "--self-signed", "127.0.0.1:0"]));
    let _silent = connect(address);
    server.line("127.0.0.1:");
    server.signal(libc::SIGTERM);
    server.is_killed_by(libc::SIGTERM);
}

#[test]
fn a_receiver_of_datagrams_that_has_all_of_them_ends_in_order() {
    plays(&[
        "udp-server --count 2: say x; see x; kill TERM; killed TERM *",
        "udp-server --count 2: say x; see x; say x; see x; status 0 *",
    ]);
}

fn a_server_of_many_may_be_stopped_at_any_time() {
    let (_folder, path) = path("s");
    let path = path.display().to_string();
    let unix = format!("unix-listen:{path}");
    let lines: [&[&str]; 9] = [
        &["tcp-server", "-k", "127.0.0.1:0"],
        &["tls-server", "-k", "--self-signed", "127.0.0.1:0"],
        &["unix-server", "-k", &path],
        &["tcp-echo", "127.0.0.1:0"],
        &["unix-echo", &path],
        &["udp-echo", "127.0.0.1:0"],
        &["udp-server", "127.0.0.1:0"],
        &["relay", &unix, "exec:cat"],
        &["exec", "--listen", "127.0.0.1:0", "--", "cat"],
    ];
    for args in lines {
        for signal in DRAINING {
            let mut server = Background::spawn(without_core(args));
            server.line("listening on");
            server.signal(signal);
            assert_eq!(server.wait().code(), Some(0), "{args:?}: {:?}", server.all_lines());
            assert!(!Path::new(&path).exists(), "{args:?}");
        }
    }
}

#[test]
fn every_signal_that_ends_a_server_leaves_no_file_behind() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (path, port, unix) = (at("s"), at("port"), format!("unix-listen:{}", at("s")));
    let tcp = format!("tcp-listen:127.0.0.1:0,port-file={port}");
    let lines: [&[&str]; 11] = [
        &["unix-echo", &path],
        &["unix-server", &path],
        &["unix-server", "-k", &path],
        &["tcp-echo", "--port-file", &port, "127.0.0.1:0"],
        &["tls-server", "--self-signed", "--port-file", &port, "127.0.0.1:0"],
        &["udp-echo", "--port-file", &port, "127.0.0.1:0"],
        &["udp-server", "--port-file", &port, "127.0.0.1:0"],
        &["relay", &unix, "tcp:127.0.0.1:1"],
        &["relay", &tcp, "exec:cat"],
        &["relay", &format!("udp-listen:127.0.0.1:0,port-file={port}"), "exec:cat"],
        &["exec", "--listen", &unix, "--listen", "127.0.0.1:0", "--port-file", &port, "--", "cat"],
    ];
    for args in lines {
        for signal in ending() {
            let mut server = Background::spawn(without_core(args));
            server.line("listening on");
            server.signal(signal);
            assert_eq!(server.wait().signal(), Some(signal), "{args:?}: {:?}", server.all_lines());
            let left = Vec::from_iter(fs::read_dir(folder.path()).expect("a folder").flatten());
            assert!(left.is_empty(), "{args:?}, signal {signal}: {left:?}");
        }
    }
}

/// These signals do not let sessions finish. A signal that was ignored at the start stays ignored.
#[test]
fn such_a_signal_does_not_wait_for_sessions() {
    what_was_ignored_stays_ignored();
    for signal in ending() {
        let mut server = Background::spawn(without_core(["tcp-echo", "--grace", "1h", "127.0.0.1:0"]));
        let mut client = connect(server.address());
        ping(&mut client, b"served");
        server.signal(signal);
        server.is_killed_by(signal);

        let family = Family::new();
        let args = ["exec", "--kill-after", "100ms", "--listen", "127.0.0.1:0", "--env", family.variable(), "--"];
        let child = ["sh", "-c", "trap '' TERM; echo up; while :; do sleep .05; done"];
        let mut server = Background::spawn(without_core([&args[..], &child].concat()));
        let mut client = connect(server.address());
        assert_eq!(take(&mut client, 3), b"up\n");
        server.signal(signal);
        server.is_killed_by(signal);
        family.is_gone();
    }
}

fn what_was_ignored_stays_ignored() {
    for signal in ending().into_iter().chain(DRAINING) {
        let mut run = without_core(["tcp-echo", "127.0.0.1:0"]);
        // SAFETY: between fork and exec the closure makes one system call and touches no memory.
        unsafe {
            CommandExt::pre_exec(&mut run, move || {
                libc::signal(signal, libc::SIG_IGN);
                Ok(())
            });
        }
        let (mut server, address) = serve_by(run);
        server.signal(signal);
        ping(&mut connect(address), b"still there");
        assert!(server.is_running(), "{signal}");
    }
}

/// A child that does not end by itself, and ignores that its pipes are closed.
const UNAWARE: [&str; 4] = ["--", "sh", "-c", "exec sleep 1000"];

#[test]
fn a_child_does_not_outlive_one_that_is_killed() {
    let (_folder, path) = path("s");
    let path = path.display().to_string();
    let (_listener, to) = listening();
    let to = to.to_string();
    let unix = format!("unix-listen:{path}");
    for (args, client) in [
        (vec!["exec"], None),
        (vec!["exec", "--pty"], None),
        (vec!["exec", "--stdin", "pipe"], None),
        (vec!["exec", "--connect", &to], None),
        (vec!["exec", "--listen", "127.0.0.1:0"], Some(connect as fn(SocketAddr) -> TcpStream)),
        (vec!["relay", &unix, "exec:sleep 1000"], None),
        (vec!["relay", &to, "exec:sleep 1000"], None),
        (vec!["relay", "-", "exec:sleep 1000"], None),
    ] {
        let family = Family::new();
        let is_exec = args[0] == "exec";
        let end = if is_exec { UNAWARE.as_slice() } else { &[] };
        // The options come before the two ends of a relay.
        let line = [&args[..1], &["--env", family.variable()], &args[1..], end].concat();
        let mut run = Background::start(&line);
        let connected = client.map(|connect| connect(run.address()));
        let on_unix = args.contains(&unix.as_str()).then(|| {
            run.line("listening on");
            UnixStream::connect(&path).expect("it accepts")
        });
        family.counts(1);
        eventually("it runs its program", || family.members()[0].1.starts_with("sleep").then_some(()));
        run.signal(libc::SIGKILL);
        run.is_killed_by(libc::SIGKILL);
        family.is_gone();
        drop((connected, on_unix));
        let _ = fs::remove_file(&path);
    }
}
