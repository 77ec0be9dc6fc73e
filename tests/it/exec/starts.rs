//! Tests `exec` on connections when a child cannot or must not start, or is the only one: statuses, shortages, access
//! lists.

use super::*;

/// Limits a resource of a process. The number 0 is the calling process.
fn limit(pid: u32, resource: libc::__rlimit_resource_t, value: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: value, rlim_max: libc::RLIM_INFINITY };
    limit_to(pid, resource, limit)
}

fn limit_to(pid: u32, resource: libc::__rlimit_resource_t, limit: libc::rlimit) -> io::Result<()> {
    // SAFETY: the limit is alive for the call, which only reads it.
    match unsafe { libc::prlimit(pid as libc::pid_t, resource, &raw const limit, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[test]
fn what_cannot_be_run_is_told_before_anything_is_opened() {
    let (folder, file) = path("file");
    fs::write(&file, "").expect("a file");
    let file = file.to_str().expect("text");
    let port_file = folder.path().join("port");
    let port = port_file.to_str().expect("text");
    for end in [["--listen", "127.0.0.1:0", "--port-file", port].as_slice(), &["--connect", "127.0.0.1:1"]] {
        for (name, status, message) in [
            ("no-such-program", 127, "exec no-such-program: No such file or directory"),
            ("/no/such/program", 127, "exec /no/such/program: No such file or directory"),
            ("./no-such-program", 127, "exec ./no-such-program: No such file or directory"),
            (file, 126, "Permission denied"),
            ("/etc", 126, "exec /etc: Permission denied"),
        ] {
            ended(&outcome([&["exec"], end, &["--", name]].concat()), status, message);
        }
    }
    assert!(!port_file.exists());
}

#[test]
fn a_program_that_vanishes_costs_its_clients_only() {
    let (_folder, script) = path("script");
    let write = || write_script(&script, "#!/bin/sh\necho hi\n");
    write();
    let (mut server, address) = serve_child(&[], &[script.to_str().expect("text")]);
    let before = server.fds();
    assert_eq!(take_all(&mut connect(address)), b"hi\n");
    fs::remove_file(&script).expect("it is there");
    for _ in 0..20 {
        is_turned_away(try_connect(address));
    }
    server.line("exec ");
    all_is_closed(&server, before);
    write();
    assert_eq!(take_all(&mut connect(address)), b"hi\n");
}

#[test]
fn arguments_that_are_too_long_cost_their_client_only() {
    let long = "x".repeat(100_000);
    let many: Vec<&str> = std::iter::once("true").chain(std::iter::repeat_n(long.as_str(), 6)).collect();
    let (mut server, address) = serve_child(&[], &many);
    let before = server.fds();
    assert_eq!(take_all(&mut connect(address)), b"");
    // A quarter of the stack is the limit for arguments and environment.
    limit(server.pid(), libc::RLIMIT_STACK, 1 << 20).expect("it runs");
    for _ in 0..20 {
        is_turned_away(try_connect(address));
    }
    server.line("Argument list too long");
    all_is_closed(&server, before);
    limit(server.pid(), libc::RLIMIT_STACK, 8 << 20).expect("it runs");
    assert_eq!(take_all(&mut connect(address)), b"");
}

#[test]
fn arguments_that_are_too_long_are_a_failure_of_the_one_run() {
    let (_folder, path) = path("s");
    let to = format!("unix:{}", path.display());
    let long = "x".repeat(100_000);
    let mut args = vec!["exec", "--retry", "1000", "--retry-delay", "20ms", "--connect", &to, "--", "true"];
    args.extend([long.as_str(); 6]);
    let mut client = Background::start(args);
    client.line("connect");
    limit(client.pid(), libc::RLIMIT_STACK, 1 << 20).expect("it runs");
    let _listener = UnixListener::bind(&path).expect("a socket");
    client.line("Argument list too long");
    client.ends_with(126);
}

#[test]
fn no_working_directory_and_no_path() {
    let folder = folder();
    let script = |rest: &str| {
        let gone = folder.path().join("gone").display().to_string();
        let script = format!("mkdir {gone} && cd {gone} && rmdir {gone} && {rest}");
        let output = Command::new("sh").args(["-c", &script, "sh"]).arg(program()).output();
        output.expect("a shell")
    };
    gave(&script("exec \"$1\" exec -- /bin/echo hi"), 0, b"hi\n");
    ended(&script("exec \"$1\" exec -- ./echo hi"), 127, "exec ./echo: No such file or directory");
    ended(&script("PATH= exec \"$1\" exec -- echo hi"), 127, "exec echo: No such file or directory");
    ended(&script("PATH= exec \"$1\" exec --listen 127.0.0.1:0 -- echo hi"), 127, "exec echo: No such file");
    let output = outcome(["exec", "--env", "PATH=/no/such/folder", "--listen", "127.0.0.1:0", "--", "echo", "hi"]);
    ended(&output, 127, "exec echo: No such file or directory");
}

#[test]
fn without_a_path_the_same_is_found_for_a_connection_as_for_stdin() {
    let mut on_stdin = xport(["exec", "--", "echo", "hi"]);
    let output = on_stdin.env_remove("PATH").output().expect("a run");
    let found = output.status.code() == Some(0);
    assert!(found || output.status.code() == Some(127), "{}", text(&output));
    let mut server =
        Background::spawn(command(["exec", "--listen", "127.0.0.1:0", "--", "echo", "hi"]).env_remove("PATH"));
    if found {
        assert_eq!(take_all(&mut connect(server.address())), b"hi\n");
    } else {
        server.ends_with(127);
    }
}

#[test]
fn without_descriptors_a_client_is_turned_away_and_the_next_one_served() {
    let mut run = command(["exec", "--listen", "127.0.0.1:0", "--kill-after", "1s", "--", "cat"]);
    limit_descriptors(&mut run, 24);
    let (server, address) = serve_by(run);
    let before = server.fds();
    let mut first = connect(address);
    ping(&mut first, b"served");
    drop(first);
    all_is_closed(&server, before);
    for _ in 0..3 {
        // A denied client can get the reset during its connect.
        let mut clients: Vec<TcpStream> = (0..12).filter_map(|_| try_connect(address).ok()).collect();
        // Clients with a child keep it.
        clients.iter_mut().take(2).for_each(|client| ping(client, b"served"));
        server.comes_to_rest();
        assert!(children(&server).len() < 12, "descriptors for all of them");
        ping(&mut clients[0], b"served still");
        drop(clients);
        all_is_closed(&server, before);
        let mut client = connect(address);
        ping(&mut client, b"served again");
    }
}

#[test]
fn without_processes_a_client_is_turned_away_and_the_next_one_served() {
    let Some(everyone) = Everyone::new() else { return };
    // A user who has no processes yet.
    let nobody = stranger();
    let mut run = everyone.command(["exec", "--listen", "127.0.0.1:0", "--kill-after", "1s", "--", "cat"]);
    run.current_dir("/").uid(nobody).gid(nobody);
    // SAFETY: the closure makes only system calls, with values that it owns.
    unsafe {
        run.pre_exec(|| limit_to(0, libc::RLIMIT_NPROC, libc::rlimit { rlim_cur: 4, rlim_max: 4 }));
    }
    let (mut server, address) = serve_by(run);
    let mut clients: Vec<TcpStream> = (0..3).map(|_| connect(address)).collect();
    clients.iter_mut().for_each(|client| ping(client, b"served"));
    let before = server.fds();
    for _ in 0..20 {
        is_turned_away(try_connect(address));
    }
    server.line("exec cat: Resource temporarily unavailable");
    eventually("theirs to be closed", || (server.fds() == before).then_some(()));
    clients.iter_mut().for_each(|client| ping(client, b"served still"));
    clients.pop().expect("there are some").shutdown(Shutdown::Write).expect("it is connected");
    eventually("its child to be gone", || (children(&server).len() == 2).then_some(()));
    ping(&mut connect(address), b"served again");
}

#[test]
fn who_is_denied_gets_no_child() {
    let (_folder, trace) = path("trace");
    let script = format!("echo x >> {}; echo hi", trace.display());
    for options in [
        ["--deny", "127.0.0.0/8"].as_slice(),
        &["--allow", "10.0.0.0/8"],
        &["--allow", "127.0.0.1", "--deny", "127.0.0.1/32"],
    ] {
        let (server, address) = serve_script(options, &script);
        let before = server.fds();
        is_turned_away(try_connect(address));
        let clients: Vec<TcpStream> = (0..300).map(|_| connect(address)).collect();
        clients.into_iter().for_each(|client| is_turned_away(Ok(client)));
        all_is_closed(&server, before);
        assert!(!trace.exists(), "{options:?}");
    }
    let (_server, address) = serve_script(&["--allow", "127.0.0.1/32"], &script);
    assert_eq!(take_all(&mut connect(address)), b"hi\n");
    assert!(trace.exists());
}

#[test]
fn the_status_of_a_server_for_one_is_that_of_its_child() {
    for (script, status) in [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -TERM $$", 143)] {
        let (mut server, address) = serve_script(&["--once"], &format!("head -c 300000 /dev/zero; {script}"));
        let mut client = connect(address);
        client.read_exact(&mut [0]).expect("its child says something");
        // Not at the end, when the port can belong to another program.
        TcpStream::connect(address).expect_err("it serves one");
        let mut all = Vec::new();
        // The client of a killed child can get a reset.
        let end = client.read_to_end(&mut all);
        assert!(end.is_ok() || status > 128, "{script}: {end:?}");
        assert_eq!(all.len(), 299_999, "{script}");
        drop(client);
        assert_eq!(server.wait().code(), Some(status), "{script}: {:?}", server.all_lines());
    }
}

#[test]
fn what_a_killed_child_has_said_does_not_look_whole() {
    for (options, child) in [(["--once"].as_slice(), "kill -9 $$"), (&[], "head -c 300000 /dev/zero; kill -9 $$")] {
        let (_server, address) = serve_script(options, child);
        // The reset can come before the connect returns.
        let end = try_connect(address).and_then(|mut client| client.read_to_end(&mut Vec::new()));
        let error = end.expect_err("an end in order");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}

/// Its output ends before the program, and so do the bytes of its client. xport waits for the status.
#[test]
fn what_is_killed_has_not_ended_in_order_although_both_have_said_all() {
    let (_server, address) = serve_script(&[], "exec >&- 2>&-; sleep .06; kill -9 $$");
    let client_of_killed = || {
        let mut client = connect(address);
        client.write_all(b"hi").expect("it is connected");
        pass(Duration::from_millis(20), "the output of the child has ended by then, which only xport sees");
        // A busy machine can be late.
        let _ = client.shutdown(Shutdown::Write);
        client.read_to_end(&mut Vec::new()).is_err()
    };
    // The wait is short, and a busy machine can need longer.
    assert!((0..10).any(|_| client_of_killed()), "each has ended in order");
}

/// A client must get a reset if a failed program has left input unread. A program that succeeds can leave input unread.
#[test]
fn a_program_that_fails_with_its_input_unread_resets_the_connection() {
    for (script, fails) in [("exit 3", true), ("exit 0", false)] {
        let (mut server, address) = serve_script(&[], &format!("head -c 100; echo; read line; {script}"));
        let mut client = connect(address);
        client.write_all(&[b'a'; 100]).expect("it is connected");
        assert_eq!(take(&mut client, 100), [b'a'; 100]);
        client.write_all(&[b"\n", [b'b'; 9_999].as_slice()].concat()).expect("it is connected");
        let end = client.read_to_end(&mut Vec::new()).map_err(|error| error.kind()).map(drop);
        assert_eq!(end, if fails { Err(ErrorKind::ConnectionReset) } else { Ok(()) }, "{script}");
        if fails {
            server.line("has ended with status 3 and has left input unread");
        }
    }
}

#[test]
fn the_one_connection_has_the_status_of_its_child() {
    for (script, status) in [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)] {
        let peer = Peer::serve(move |mut stream| {
            say_all(&mut stream, &pattern(500_000));
            let mut all = Vec::new();
            let end = stream.read_to_end(&mut all);
            assert!(end.is_ok() || status > 128, "{end:?}");
            all
        });
        let script = format!("cat; {script}");
        let address = peer.address.to_string();
        let output = outcome(["exec", "--connect", &address, "--", "sh", "-c", &script]);
        let all = peer.join();
        assert!(all == pattern(500_000), "{script}: {} bytes", all.len());
        assert_eq!(output.status.code(), Some(status), "{script}: {}", text(&output));
        assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{}", text(&output));
    }
}

#[test]
fn a_connection_that_does_not_come_about_starts_no_child() {
    let (_folder, trace) = path("trace");
    let trace = trace.display().to_string();
    let connect =
        |options: &[&str], to: &str| outcome([&["exec"], options, &["--connect", to, "--", "touch", &trace]].concat());
    let (_socket, address) = refusing();
    ended(&connect(&[], &address.to_string()), 3, &format!("connect {address}: Connection refused"));
    ended(&connect(&[], "unix:/no/such/socket"), 3, "connect /no/such/socket: No such file or directory");
    let full = full_queue();
    let begin = Instant::now();
    ended(&connect(&["--connect-timeout", "300ms"], &full.address.to_string()), 124, "connect ");
    assert!(begin.elapsed() >= Duration::from_millis(300));
    assert!(!Path::new(&trace).exists());
}

#[test]
fn a_peer_that_resets_ends_the_child_of_the_one_connection() {
    let family = Family::new();
    let peer = Peer::serve(|mut stream| {
        assert_eq!(take(&mut stream, 3), b"up\n");
        reset(stream);
    });
    let address = peer.address.to_string();
    let script = "sleep 1000 & echo up; wait";
    let run = outcome(["exec", "--env", family.variable(), "--connect", &address, "--", "sh", "-c", script]);
    peer.join();
    ended(&run, 4, "Connection reset by peer");
    family.is_gone();
}

#[test]
fn the_one_connection_ends_in_time_and_by_a_signal() {
    let cases = [
        (["--timeout", "2s"].as_slice(), None, Some(124)),
        (&["--idle-timeout", "2s"], None, Some(124)),
        (&[], Some(libc::SIGTERM), None),
    ];
    for_each(cases, |(options, signal, status)| {
        let family = Family::new();
        let (up, is_up) = channel();
        let peer = Peer::serve(move |mut stream| {
            // On a busy machine, the time can be over before the first output of the child.
            if stream.read_exact(&mut [0; 3]).is_ok() {
                let _ = up.send(());
            }
            // Held until the other side ends it.
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let address = peer.address.to_string();
        let fixed = ["exec", "--kill-after", "200ms", "--env", family.variable(), "--connect", &address];
        let child = ["--", "sh", "-c", "(trap '' TERM; echo up; exec sleep 1000) & wait"];
        let mut run = Background::start([&fixed, options, &child].concat());
        if let Some(signal) = signal {
            // Two processes exist before one of them has set its signal handler.
            is_up.recv_timeout(DEADLINE).expect("it is up");
            family.counts(2);
            run.signal(signal);
        }
        let ended = run.wait();
        assert_eq!(ended.code(), status, "{options:?}: {ended:?}, {:?}", run.all_lines());
        assert_eq!(ExitStatusExt::signal(&ended), signal, "{options:?}");
        family.is_gone();
        peer.join();
    });
}
