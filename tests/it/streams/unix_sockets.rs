//! Tests unix sockets: the file, its permissions, and other files at the path.

use crate::harness::*;

/// A client that was served.
#[track_caller]
fn ping(path: &Path) -> Leg {
    let mut client = Leg::socket(UnixStream::connect(path).expect("it accepts"));
    pings(&mut client);
    client
}

#[track_caller]
fn pings(client: &mut Leg) {
    client.write(b"hello");
    client.expect(b"hello");
}

/// A listening server on `path`.
#[track_caller]
fn serve(options: &str, path: &Path) -> Background {
    let mut server = Background::start(words!("unix-echo {options} {}", path.display()));
    server.line("listening on");
    server
}

/// The stderr of a line that must end with `status`.
#[track_caller]
fn fails(line: &str, path: impl AsRef<Path>, status: i32) -> String {
    let output = outcome(words!("{line} {}", path.as_ref().display()));
    gave(&output, status, "");
    let stderr = String::from_utf8(output.stderr).expect("text");
    // A usage error also shows the usage.
    assert!(stderr.starts_with("xport: ") && (status == 2 || stderr.lines().count() == 1), "{stderr}");
    stderr
}

/// A path of 107 bytes works, and one of 108 bytes is a usage error with the limit.
#[test]
fn a_path_is_taken_whole_or_not_at_all() {
    let dir = short_directory();
    let name = |length: usize| dir.path().join("x".repeat(length - dir.path().as_os_str().len() - 1));
    let longest = name(107);
    let _server = serve("", &longest);
    ping(&longest);
    for length in [108, 125, 4000] {
        for mode in ["unix-echo", "unix-server", "unix-client"] {
            let stderr = fails(mode, name(length), 2);
            assert!(stderr.contains(&format!("path is {length} bytes, limit 107")), "{stderr}");
        }
    }
    assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 1, "something was bound under another name");
}

/// A file that is no socket is never removed, even with `--replace-stale`: status 3.
#[test]
fn a_file_at_the_path_is_left_alone() {
    let dir = short_directory();
    let (file, link, sub) = (dir.path().join("file"), dir.path().join("link"), dir.path().join("sub"));
    fs::write(&file, "precious").expect("a file");
    symlink(&file, &link).expect("a link");
    fs::create_dir(&sub).expect("a directory");
    for mode in ["unix-server", "unix-echo"] {
        for path in [&file, &link, &sub] {
            let stderr = fails(mode, path, 3);
            assert!(stderr.contains(path.to_str().expect("text")), "{stderr}");
            fails(&format!("{mode} --replace-stale"), path, 3);
        }
    }
    assert_eq!(fs::read_to_string(&link).expect("the link and the file are there"), "precious");
    assert!(sub.is_dir());
}

#[test]
fn a_stale_socket_is_replaced_on_demand() {
    let (_dir, path) = path("s");
    make_stale(&path);
    let before = fs::metadata(&path).expect("a file").ino();
    let stderr = fails("unix-echo", &path, 3);
    assert!(stderr.contains("--replace-stale"), "{stderr}");
    assert_eq!(fs::metadata(&path).expect("it is still there").ino(), before);
    let _server = serve("--replace-stale", &path);
    ping(&path);
}

/// A second server does not start on the path of a live one, even with `--replace-stale`, and the first goes on.
#[test]
fn a_live_server_keeps_its_path() {
    let (_dir, path) = path("s");
    let mut first = serve("", &path);
    let mut client = ping(&path);
    for line in ["unix-echo", "unix-echo --replace-stale", "unix-server --replace-stale"] {
        fails(line, &path, 3);
    }
    pings(&mut client);
    ping(&path);
    assert!(first.is_running());
}

/// A live server with a full queue is alive, and so is one for datagrams.
#[test]
fn a_busy_server_keeps_its_path() {
    let (dir, path) = path("s");
    let _full = full_queue(&path);
    fails("unix-echo --replace-stale", &path, 3);
    let path = dir.path().join("d");
    let datagrams = UnixDatagram::bind(&path).expect("a socket");
    fails("unix-echo --replace-stale", &path, 3);
    UnixDatagram::unbound().expect("a socket").send_to(b"x", &path).expect("it is still there");
    assert_eq!(datagrams.recv(&mut [0; 8]).expect("a datagram"), 1);
}

/// A server removes its socket at every orderly end: SIGTERM, SIGINT, or the end of its client.
#[test]
fn a_server_removes_its_socket() {
    let (_dir, path) = path("s");
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
        let mut server = serve("", &path);
        server.signal(signal);
        server.ends_with(0);
        assert!(!path.exists(), "left behind after signal {signal}");
    }
    // Sessions go on, but no new client can connect.
    let mut server = serve("", &path);
    let mut client = ping(&path);
    server.signal(libc::SIGTERM);
    eventually("the path is free while a session goes on", || (!path.exists()).then_some(()));
    pings(&mut client);
    server.signal(libc::SIGTERM);
    server.is_killed_by(libc::SIGTERM);
    // The session is over.
    let mut server = serve("--once", &path);
    ping(&path);
    server.ends_with(0);
    assert!(!path.exists(), "left behind after --once");
}

/// A server that fails to start removes the sockets that it has made.
#[test]
fn a_server_that_fails_to_start_leaves_nothing_behind() {
    let (dir, path) = path("s");
    fails(&format!("unix-echo --listen {} --listen", path.display()), dir.path().join("no/s"), 3);
    assert!(!path.exists(), "left behind by a failed start");
}

/// A socket that has replaced that of the server is not removed.
#[test]
fn a_foreign_socket_at_our_path_is_kept() {
    let (_dir, path) = path("s");
    let mut server = serve("", &path);
    fs::remove_file(&path).expect("it is there");
    let _other = UnixListener::bind(&path).expect("the path is free");
    server.drains();
    assert!(fs::metadata(&path).expect("it is still there").file_type().is_socket());
}

/// A socket is for its owner alone, whatever the umask. `--mode` sets other bits exactly.
#[test]
fn the_mode_of_the_socket_is_what_was_asked_for() {
    let dir = short_directory();
    for (umask, options, mode) in [
        (0o000, "", 0o600),
        (0o022, "", 0o600),
        (0o022, "--mode 0660", 0o660),
        (0o077, "--mode 0666", 0o666),
        (0o000, "--mode 0640", 0o640),
    ] {
        let path = dir.path().join("s");
        let mut command = command(words!("unix-echo {options} {}", path.display()));
        // SAFETY: between fork and exec the closure makes one system call that cannot fail and touches no memory.
        unsafe {
            command.pre_exec(move || {
                libc::umask(umask);
                Ok(())
            });
        }
        let mut server = Background::spawn(command);
        server.line("listening on");
        let real = fs::metadata(&path).expect("a socket").mode() & 0o777;
        assert_eq!(format!("{real:o}"), format!("{mode:o}"), "{options:?} under umask {umask:o}");
        server.signal(libc::SIGTERM);
        server.wait();
    }
}

/// Other users cannot connect, with status 3, unless `--mode` allows it.
#[test]
fn other_users_are_kept_out() {
    let Some(everyone) = Everyone::new() else { return };
    let (closed, open) = (everyone.path("closed"), everyone.path("open"));
    let _servers = (serve("", &closed), serve("--mode 0666", &open));
    let connect = |path: &Path| {
        Background::spawn(everyone.command(words!("unix-client --send-only {}", path.display()))).finish()
    };
    ended(&connect(&closed), 3, &format!("connect {}: Permission denied", closed.display()));
    ended(&connect(&open), 0, "");
}

/// A failed connect is status 3, with the path and the error of the system.
#[test]
fn what_is_no_server_is_named_with_the_reason() {
    let dir = short_directory();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("file"), "").expect("a file");
    make_stale(&path("orphan"));
    let _datagrams = UnixDatagram::bind(path("datagrams")).expect("a socket");
    for (name, reason) in [
        ("missing", "No such file or directory"),
        ("file", "Connection refused (it is not a socket)"),
        ("file/below", "Not a directory"),
        ("", "Connection refused (it is not a socket)"),
        ("orphan", "Connection refused"),
        ("datagrams", "Protocol wrong type for socket"),
    ] {
        let stderr = fails("unix-client", path(name), 3);
        assert_eq!(stderr, format!("xport: connect {}: {reason}\n", path(name).display()));
    }
}

/// A listener at `path` with a full queue.
fn full_queue(path: &Path) -> (Socket, Vec<Socket>) {
    let listener = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
    listener.bind(&SockAddr::unix(path).expect("a path")).expect("it is free");
    listener.listen(0).expect("it listens");
    let mut queued = Vec::new();
    for _ in 0..16 {
        let client = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None).expect("a socket");
        match client.connect(&SockAddr::unix(path).expect("a path")) {
            Ok(()) => queued.push(client),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                return (listener, queued);
            }
        }
    }
    panic!("the queue is not full");
}

/// A client waits for a full queue up to `--connect-timeout`, which is status 124.
#[test]
fn a_full_queue_is_waited_for() {
    let (_dir, path) = path("s");
    let (listener, queued) = full_queue(&path);
    let (stderr, time) = timed(|| fails("unix-client --connect-timeout 300ms", &path, 124));
    assert!(time >= Duration::from_millis(300), "after {time:?}: {stderr}");
    // Once there is room, the client connects.
    let mut client = Background::spawn(command(["-vv", "unix-client"]).arg(&path));
    client.line("connecting to");
    let listener = UnixListener::from(OwnedFd::from(listener));
    SockRef::from(&listener).set_read_timeout(Some(DEADLINE)).expect("a timeout, which holds for accept(2) too");
    for _ in &queued {
        listener.accept().expect("it was queued");
    }
    let (served, _) = listener.accept().expect("the client has come");
    drop(client.stdin());
    drop(served);
    client.ends_with(0);
}

/// An abstract name is announced as given, leaves no file, and is in use until the end.
#[test]
fn an_abstract_name_works_and_leaves_no_file() {
    let dir = short_directory();
    let name = format!("@xport-test-{}", std::process::id());
    let mut server = Background::spawn(command(["unix-echo", &name]).current_dir(dir.path()));
    assert_eq!(server.line("listening on"), format!("xport: listening on {name}"));
    xport(["unix-client", &name]).write_stdin("hello\n").assert().code(0).stdout("hello\n");
    assert!(fails("unix-echo", &name, 3).contains("Address already in use"));
    assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 0);
    server.drains();
    assert!(fails("unix-client", &name, 3).contains("Connection refused"));
    fails("unix-echo", "@", 2);
}

/// The answer arrives whenever stdin happens to end: before, while or after the client connects.
#[test]
fn the_end_of_stdin_never_costs_the_answer() {
    let name = format!("@xport-test-answer-{}", std::process::id());
    let _server = serve("", Path::new(&name));
    // The moment cannot be chosen, so the test tries often.
    for _ in 0..100 {
        let mut client = Background::start(["unix-client", &name]);
        client.stdin().write_all(b"hello").expect("it reads");
        printed(&client.finish(), b"hello");
    }
}
