//! Tests the start of a unix server at a path that is in use, or that another server takes at the same moment.

use crate::harness::*;

/// Every way to serve at a path, with `--replace-stale` if `replace`.
fn servers(path: &Path, replace: bool) -> Vec<Vec<String>> {
    let path = path.display();
    let (flag, option) = if replace { ("--replace-stale ", ",replace-stale") } else { ("", "") };
    vec![
        words!("unix-echo {flag}{path}"),
        words!("unix-server {flag}{path}"),
        words!("exec --listen unix-listen:{path}{option} -- cat"),
        words!("relay unix-listen:{path}{option} exec:cat"),
    ]
}

/// Expects that this run fails because the path is in use: status 3 and a line with `why`.
#[track_caller]
fn is_refused(args: &[String], why: &str) {
    ended(&outcome(args), 3, why);
}

/// Locks a directory or file as flock(1) would, until it is dropped.
fn locked(path: &Path) -> File {
    let file = File::open(path).expect("it can be opened");
    // SAFETY: flock takes two numbers and touches no memory.
    assert_eq!(unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX) }, 0);
    file
}

/// A lock on the directory, which any user can hold, does not keep a server from starting.
#[test]
fn a_foreign_lock_on_the_directory_is_nothing_to_wait_for() {
    let (dir, path) = path("s");
    let _lock = locked(dir.path());
    for replace in [false, true] {
        for args in servers(&path, replace) {
            if replace {
                make_stale(&path);
            }
            let mut server = Background::start(&args);
            server.line("listening on");
            server.signal(libc::SIGKILL);
            server.wait();
            fs::remove_file(&path).expect("it was bound");
        }
    }
}

/// A start at the path of a live server does not disturb it: a server of one client still waits for its client.
#[test]
fn a_look_at_a_live_server_is_no_client_of_it() {
    let (_dir, path) = path("s");
    for one_shot in [
        "unix-server PATH",
        "unix-echo --once PATH",
        "exec --listen PATH --once -- cat",
        "relay --once unix-listen:PATH exec:cat",
    ] {
        let mut first = Background::start(words!("-v {}", one_shot.replace("PATH", &path.to_string_lossy())));
        first.line("listening on");
        for replace in [false, true] {
            for args in servers(&path, replace) {
                is_refused(&args, "(by a running server)");
            }
        }
        let (mut stdin, mut stdout) = (first.stdin(), first.stdout());
        let answer = thread::spawn(move || {
            // Only `unix-server` reads stdin. The others can have ended by now.
            let _ = stdin.write_all(b"hello\n");
            drop(stdin);
            take_all(&mut stdout)
        });
        gave(&outcome_with(words!("unix-client {}", path.display()), "hello\n"), 0, "hello\n");
        let received = answer.join().expect("no panic");
        first.ends_with(0);
        assert_eq!(first.count("accepted"), 1, "{one_shot}: {:?}", first.all_lines());
        assert_eq!(received == b"hello\n", one_shot.starts_with("unix-server"), "{one_shot}");
    }
}

/// A bound socket of any kind is alive, listening or not.
#[test]
fn whatever_a_process_has_bound_is_alive() {
    let dir = short_directory();
    for (name, kind, listens) in [
        ("listening", Type::STREAM, true),
        ("bound", Type::STREAM, false),
        ("packets", Type::SEQPACKET, true),
        ("bound-packets", Type::SEQPACKET, false),
    ] {
        let path = dir.path().join(name);
        let socket = Socket::new(Domain::UNIX, kind, None).expect("a socket");
        socket.bind(&SockAddr::unix(&path).expect("a path")).expect("it is free");
        if listens {
            socket.listen(1).expect("it listens");
        }
        for args in servers(&path, true) {
            is_refused(&args, "(by a running server)");
        }
    }
    let path = dir.path().join("datagrams");
    let datagrams = UnixDatagram::bind(&path).expect("a socket");
    is_refused(&servers(&path, true)[0], "(by a running server)");
    // A socket with a peer refuses others, which is a sign of life.
    let other = UnixDatagram::bind(dir.path().join("other")).expect("a socket");
    datagrams.connect(dir.path().join("other")).expect("a peer");
    is_refused(&servers(&path, true)[0], "(by a running server)");
    drop(other);
}

/// Of many that start at once at a stale socket, one serves at the path, and all others see it alive.
/// Nothing else is left in the directory.
#[test]
fn of_many_that_replace_a_stale_socket_at_once_one_serves() {
    for round in 0..6 {
        let (dir, path) = path("s");
        make_stale(&path);
        // They start when the gate opens: the shell waits for the end of its stdin.
        let mut starters = Vec::new();
        for _ in 0..16 {
            let mut shell = by_shell("read -r gate; exec \"$0\" \"$@\"");
            starters.push(Background::spawn(shell.args(["unix-echo", "--replace-stale"]).arg(&path)));
        }
        let gates: Vec<_> = starters.iter_mut().map(Background::stdin).collect();
        drop(gates);
        eventually("all but one have ended", || {
            let running = starters.iter_mut().filter_map(|starter| starter.is_running().then_some(())).count();
            assert!(running >= 1, "round {round}: nobody serves");
            (running == 1).then_some(())
        });
        for starter in &mut starters {
            if starter.is_running() {
                starter.line("listening on");
                continue;
            }
            starter.ends_with(3);
            let lines = starter.all_lines();
            assert!(lines.len() == 1 && lines[0].contains("Address already in use"), "round {round}: {lines:?}");
        }
        xport([OsStr::new("unix-client"), path.as_os_str()]).write_stdin("hello").assert().code(0).stdout("hello");
        assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 1, "round {round}");
    }
}

/// A slow server that removes a stale socket removes no other one: no server can replace that socket meanwhile.
#[test]
fn a_slow_starter_removes_no_live_socket() {
    let dir = short_directory();
    let (path, here) = (dir.path().join("s"), dir.path().join("here"));
    make_stale(&path);
    let Some(slow) = misbehaving(command(&servers(&path, true)[0]), &[("UNLINK", here.display())]) else { return };
    let mut slow = Background::spawn(slow);
    eventually("it is about to remove the socket", || here.exists().then_some(()));
    for args in servers(&path, true) {
        is_refused(&args, "(another server is starting there)");
    }
    fs::remove_file(&here).expect("it is there");
    slow.line("listening on");
    xport([OsStr::new("unix-client"), path.as_os_str()]).write_stdin("hello").assert().code(0).stdout("hello");
}

/// Clients see the path of the command line as the address, even after a stale socket was replaced.
#[test]
fn clients_see_the_path_that_was_asked_for() {
    let (_dir, path) = path("s");
    for replace in [false, true] {
        if replace {
            make_stale(&path);
        }
        let mut server = Background::start(&servers(&path, replace)[0]);
        assert_eq!(server.line("listening on"), format!("xport: listening on {}", path.display()));
        let client = UnixStream::connect(&path).expect("it accepts");
        assert_eq!(client.peer_addr().expect("a name").as_pathname(), Some(path.as_path()));
        server.signal(libc::SIGTERM);
        drop(client);
        server.ends_with(0);
    }
}

/// The path of the lock file for removing a stale socket.
fn lock_beside(path: &Path) -> PathBuf {
    path.with_file_name(format!(".{}.xport-lock", path.file_name().expect("a name").to_str().expect("text")))
}

/// Another file at the path of the lock file is never waited for long, trusted or written to. The message names it.
#[test]
fn what_is_in_the_way_of_replacing_is_named() {
    let (dir, path) = path("s");
    make_stale(&path);
    let (before, lock) = (fs::metadata(&path).expect("a socket").ino(), lock_beside(&path));
    let make = |mode: u32| {
        File::options().write(true).create_new(true).mode(0o600).open(&lock).expect("a file");
        fs::set_permissions(&lock, fs::Permissions::from_mode(mode)).expect("it is ours");
    };

    // Other users could hold the lock.
    make(0o666);
    is_refused(&servers(&path, true)[0], &format!("{} is in the way: others can open it", lock.display()));
    fs::remove_file(&lock).expect("it is kept");

    fs::write(dir.path().join("victim"), "precious").expect("a file");
    symlink("victim", &lock).expect("a link");
    is_refused(&servers(&path, true)[0], &format!("{} is in the way", lock.display()));
    assert_eq!(fs::read_to_string(dir.path().join("victim")).expect("it is there"), "precious");
    fs::remove_file(&lock).expect("it is kept");

    // Another server that holds the lock and hangs.
    make(0o600);
    let held = locked(&lock);
    is_refused(&servers(&path, true)[0], "(another server is starting there)");
    assert_eq!(fs::metadata(&path).expect("a socket").ino(), before, "it was replaced without the right to it");
    drop(held);

    // The lock file of a killed server disturbs no other server.
    let mut server = Background::start(&servers(&path, true)[0]);
    server.line("listening on");
    assert!(!lock.exists(), "the lock was left behind");
}
