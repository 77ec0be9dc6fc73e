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

/// Sends each signal to each line, which listens and can have files in FOLDER. At its end, the folder is empty.
#[track_caller]
fn with_each(lines: &[&str], signals: &[i32], ends: impl Fn(&mut Background, i32) + Sync) {
    for_each(lines.iter().flat_map(|line| signals.iter().map(move |signal| (*line, *signal))), |(line, signal)| {
        let folder = short_directory();
        let line = line.replace("FOLDER", &folder.path().to_string_lossy());
        let mut server = Background::spawn(without_core(words!("{line}")));
        server.line("listening on");
        server.signal(signal);
        ends(&mut server, signal);
        let left = Vec::from_iter(fs::read_dir(folder.path()).expect("a folder").flatten());
        assert!(left.is_empty(), "{left:?}");
    });
}

/// A receiver without a client ends by the signal. One with a client, and a server of many, do not.
#[test]
fn a_receiver_that_nobody_came_to_ends_by_the_signal() {
    let receivers = [
        "tcp-server 127.0.0.1:0",
        "tcp-server --recv-only 127.0.0.1:0",
        "tls-server --self-signed 127.0.0.1:0",
        "unix-server FOLDER/s",
        "relay --once tcp-listen:127.0.0.1:0 -",
        "relay --once tls-listen:127.0.0.1:0,self-signed exec:cat",
        "relay --once unix-listen:FOLDER/s tcp:127.0.0.1:1",
        "exec --once --listen 127.0.0.1:0 -- cat",
        "udp-server --count 2 127.0.0.1:0",
    ];
    with_each(&receivers, &DRAINING, |server, signal| server.is_killed_by(signal));
    let of_many = [
        "tcp-server -k 127.0.0.1:0",
        "tls-server -k --self-signed 127.0.0.1:0",
        "unix-server -k FOLDER/s",
        "tcp-echo 127.0.0.1:0",
        "unix-echo FOLDER/s",
        "udp-echo 127.0.0.1:0",
        "udp-server 127.0.0.1:0",
        "relay unix-listen:FOLDER/s exec:cat",
        "exec --listen 127.0.0.1:0 -- cat",
    ];
    with_each(&of_many, &DRAINING, |server, _| server.ends_with(0));
    plays(&[
        "tcp-server: say before; see before; kill {TERM|INT|HUP}; hear waiting up to; say  after$; eof; see  after$; \
            go; status 0 *",
        "relay --once TCP-LISTEN -: say before; see before; kill {TERM|INT|HUP}; hear waiting up to; say  after$; eof; \
            see  after$; go; status 0 *",
        "exec --once --listen TCP-LISTEN -- cat: ping before; kill {TERM|INT|HUP}; hear waiting up to; say  after$; \
            eof; get  after$; go; status 0 *",
    ]);
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

#[test]
fn every_signal_that_ends_a_server_leaves_no_file_behind() {
    let lines = [
        "unix-echo FOLDER/s",
        "unix-server FOLDER/s",
        "unix-server -k FOLDER/s",
        "tcp-echo --port-file FOLDER/port 127.0.0.1:0",
        "tls-server --self-signed --port-file FOLDER/port 127.0.0.1:0",
        "udp-echo --port-file FOLDER/port 127.0.0.1:0",
        "udp-server --port-file FOLDER/port 127.0.0.1:0",
        "relay unix-listen:FOLDER/s tcp:127.0.0.1:1",
        "relay tcp-listen:127.0.0.1:0,port-file=FOLDER/port exec:cat",
        "relay udp-listen:127.0.0.1:0,port-file=FOLDER/port exec:cat",
        "exec --listen unix-listen:FOLDER/s --listen 127.0.0.1:0 --port-file FOLDER/port -- cat",
    ];
    with_each(&lines, &ending(), |server, signal| server.is_killed_by(signal));
}

/// These signals do not let sessions finish. A signal that was ignored at the start stays ignored.
#[test]
fn such_a_signal_does_not_wait_for_sessions() {
    for_each(ending(), |signal| {
        let mut server = Background::spawn(without_core(["tcp-echo", "--grace", "1h", "127.0.0.1:0"]));
        let mut client = connect(server.address());
        ping(&mut client, b"served");
        server.signal(signal);
        server.is_killed_by(signal);

        let family = Family::new();
        let child = r#"sh -c "trap '' TERM; echo up; while :; do sleep .05; done""#;
        let mark = family.variable();
        let line = words!("exec --kill-after 100ms --listen 127.0.0.1:0 --env {mark} -- {child}");
        let mut server = Background::spawn(without_core(line));
        let mut client = connect(server.address());
        assert_eq!(take(&mut client, 3), b"up\n");
        server.signal(signal);
        server.is_killed_by(signal);
        family.is_gone();
    });
    for_each(ending().into_iter().chain(DRAINING), |signal| {
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
        assert!(server.is_running());
    });
}

#[test]
fn a_child_does_not_outlive_one_that_is_killed() {
    // A child that does not end by itself, and ignores that its pipes are closed.
    let (_listener, to) = listening();
    for_each(
        [
            "exec MARK -- sh -c 'exec sleep 1000'",
            "exec MARK --pty -- sh -c 'exec sleep 1000'",
            "exec MARK --stdin pipe -- sh -c 'exec sleep 1000'",
            "exec MARK --connect PEER -- sh -c 'exec sleep 1000'",
            "exec MARK --listen 127.0.0.1:0 -- sh -c 'exec sleep 1000'",
            "relay MARK unix-listen:PATH 'exec:sleep 1000'",
            "relay MARK PEER 'exec:sleep 1000'",
            "relay MARK - 'exec:sleep 1000'",
        ],
        |line| {
            let (family, (_folder, path)) = (Family::new(), path("s"));
            let line = line.replace("MARK", &format!("--env {}", family.variable()));
            let line = line.replace("PEER", &to.to_string()).replace("PATH", &path.to_string_lossy());
            let mut run = Background::start(words!("{line}"));
            let _client = line.contains("--listen").then(|| connect(run.address()));
            let _unix = line.contains("unix-listen").then(|| {
                run.listens();
                UnixStream::connect(&path).expect("it accepts")
            });
            family.counts(1);
            eventually("it runs its program", || family.members()[0].1.starts_with("sleep").then_some(()));
            run.signal(libc::SIGKILL);
            run.is_killed_by(libc::SIGKILL);
            family.is_gone();
        },
    );
}
