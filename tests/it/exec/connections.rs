//! Tests `exec` on connections: every byte and every end arrives, and a child has only what is meant for it. `ends.rs`
//! tests the end of children.

use super::*;

/// The answer to a client that sends `request` and ends its direction.
#[track_caller]
fn answer(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut client = connect(address);
    say_all(&mut client, request);
    take_all(&mut client)
}

#[track_caller]
fn answer_text(address: SocketAddr) -> String {
    String::from_utf8(answer(address, b"")).expect("text")
}

#[test]
fn a_crowd_has_a_child_each() {
    let (mut server, address) = serve_script(&["-v"], "echo $$; cat");
    let mut clients: Vec<TcpStream> = (0..50).map(|_| connect(address)).collect();
    let mut children: Vec<Vec<u8>> = clients.iter_mut().map(line).collect();
    children.sort();
    children.dedup();
    assert_eq!(children.len(), 50, "some share a child");
    for round in 0..2 {
        for (number, client) in clients.iter_mut().enumerate() {
            ping(client, format!("client {number}, round {round}").as_bytes());
        }
    }
    // A client that leaves does not affect others.
    for _ in 0..50 {
        let mut first = clients.remove(0);
        first.shutdown(Shutdown::Write).expect("it is connected");
        assert_eq!(take_all(&mut first), b"");
        if let Some(last) = clients.last_mut() {
            ping(last, b"still here");
        }
    }
    assert!(server.is_running(), "{:?}", server.all_lines());
}

/// One line, its end included.
#[track_caller]
fn line(stream: &mut (impl Read + AsRawFd)) -> Vec<u8> {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        let byte = take(stream, 1);
        assert_eq!(byte.len(), 1, "the end after {:?}", String::from_utf8_lossy(&line));
        line.extend(byte);
    }
    line
}

#[test]
fn everything_goes_there_and_back() {
    let (_server, address) = serve_child(&[], &["cat"]);
    let data = pattern(1 << 20);
    let mut clients = Vec::from_iter((0..8).map(|_| Leg::socket(connect(address))));
    clients.iter_mut().for_each(|client| client.send(data.clone(), true));
    for client in &mut clients {
        assert!(client.rest() == data);
    }
}

#[test]
fn nothing_is_lost_of_children_that_leave_in_a_hurry() {
    let (_server, address) = serve_script(&[], "head -c 300000 /dev/zero; exit 3");
    // All clients at once. None reads before the last one has connected.
    let mut clients: Vec<TcpStream> = (0..50).map(|_| connect(address)).collect();
    for client in &mut clients {
        assert_eq!(take_all(client).len(), 300_000);
    }
    // One after the other.
    for _ in 0..20 {
        assert_eq!(answer(address, b"").len(), 300_000);
    }
}

#[test]
fn a_child_need_not_read_what_a_client_sends() {
    for (script, expected) in [
        ("head -c 5", &b"\0\0\0\0\0"[..]),
        // The client has begun to send. The server does not wait for a client that has not.
        ("sleep .3; echo answer", b"answer\n"),
        ("exec <&-; echo early; sleep .3; echo late", b"early\nlate\n"),
    ] {
        let (_server, address) = serve_script(&[], script);
        for _ in 0..5 {
            let mut client = connect(address);
            let mut writer = client.try_clone().expect("a descriptor");
            let written = thread::spawn(move || {
                writer.write_all(&vec![0; 3_000_000])?;
                writer.shutdown(Shutdown::Write)
            });
            assert_eq!(String::from_utf8_lossy(&take_all(&mut client)), String::from_utf8_lossy(expected), "{script}");
            eventually("all to be taken", || written.is_finished().then_some(()));
            written.join().expect("no panic").expect("no reset");
        }
    }
}

/// A script that copies its stdin into a file, which appears when it is complete.
fn copying(before: &str, copy: &Path) -> String {
    format!("{before} cat > {0}.part; mv {0}.part {0}", copy.display())
}

#[track_caller]
fn is_copied(copy: &Path) {
    let copied = eventually("the copy", || fs::read(copy).ok());
    assert!(copied == pattern(1_000_000), "{} bytes", copied.len());
}

#[test]
fn a_child_that_has_closed_its_stdout_is_fed_to_the_end() {
    let (_folder, copy) = path("copy");
    let (_server, address) = serve_script(&[], &copying("exec >&-; sleep .1;", &copy));
    let mut client = connect(address);
    // The end of the output is passed on at once.
    assert_eq!(take_all(&mut client), b"");
    say_all(&mut client, &pattern(1_000_000));
    is_copied(&copy);
}

#[test]
fn what_a_client_has_sent_before_it_closes_is_read() {
    let folder = folder();
    let (copy, path) = (folder.path().join("copy"), folder.path().join("s"));
    let listen = format!("unix:{}", path.display());
    let (mut server, address) = serve_script(&["--listen", &listen], &copying("sleep .1;", &copy));
    connect(address).write_all(&pattern(1_000_000)).expect("it takes the bytes");
    is_copied(&copy);
    fs::remove_file(&copy).expect("it is there");
    server.unix_client(&path).write_all(&pattern(1_000_000)).expect("it takes the bytes");
    is_copied(&copy);
}

#[test]
fn who_holds_the_pipes_longer_than_the_child_does_not_hold_the_client() {
    let begin = Instant::now();
    let family = Family::new();
    for script in ["sleep 30 2>&- & echo hi; exit 4", "setsid sleep 30 2>&- & echo hi"] {
        let (_server, address) = serve_script(&["--once", "--env", family.variable()], script);
        assert_eq!(answer_text(address), "hi\n");
    }
    assert!(begin.elapsed() < Duration::from_secs(20), "a sleep was waited for");
    // Later output is passed on, even to a client that has ended its direction. On a busy machine, a pause can be
    // longer than the wait.
    let (_server, address) = serve_script(&[], "(for i in 1 2 3 4; do sleep .02; echo $i; done) 2>&- & echo 0");
    eventually("all of it", || (answer_text(address) == "0\n1\n2\n3\n4\n").then_some(()));
}

#[test]
fn both_outputs_of_a_child_flow_to_its_client() {
    let script = "head -c 5000000 /dev/zero >&2 & head -c 5000000 /dev/zero; wait";
    let (mut server, address) = serve_script(&["--stderr", "merge"], script);
    let mut clients: Vec<TcpStream> = (0..2).map(|_| connect(address)).collect();
    for client in &mut clients {
        assert_eq!(take_all(client).len(), 10_000_000);
    }
    assert_eq!(server.all_lines().len(), 1, "more than where it listens: {:?}", server.all_lines());
    let (_server, address) = serve_script(&["--stderr", "merge"], "echo one; echo two >&2; echo three");
    assert_eq!(answer_text(address), "one\ntwo\nthree\n");
    let (mut server, address) = serve_script(&["--stderr", "null"], "echo one; echo two >&2; echo three");
    assert_eq!(answer_text(address), "one\nthree\n");
    assert_eq!(server.all_lines().len(), 1, "{:?}", server.all_lines());
}

#[test]
fn lines_of_children_and_of_the_log_stay_whole() {
    let mark = "x".repeat(300);
    let script = format!("i=0; while [ $i -lt 50 ]; do echo \"child {mark} $i end\" >&2; i=$((i+1)); done");
    let (mut server, address) = serve_script(&["-v"], &script);
    let mut clients: Vec<TcpStream> = (0..20).map(|_| connect(address)).collect();
    for client in &mut clients {
        assert_eq!(take_all(client), b"");
    }
    drop(clients);
    server.drains();
    let (ours, theirs): (Vec<String>, Vec<String>) =
        server.all_lines().into_iter().partition(|line| line.starts_with("xport: "));
    assert_eq!(theirs.len(), 20 * 50);
    for line in theirs {
        let rest = line.strip_prefix("child ").and_then(|line| line.strip_prefix(&mark));
        let number = rest.and_then(|rest| rest.trim().strip_suffix(" end")).and_then(|n| n.parse::<u32>().ok());
        assert!(number.is_some_and(|number| number < 50), "{line:?}");
    }
    // The log does not wait: a line is dropped if stderr has no room.
    assert!(!ours.is_empty() && ours.iter().all(|line| !line.contains("child x")), "{ours:?}");
}

#[test]
fn a_child_gets_three_descriptors_and_default_signals() {
    let script =
        "cat; ls /proc/self/fd; grep -h ^flags /proc/self/fdinfo/[012]; grep -hE '^Sig(Blk|Ign)' /proc/self/status";
    let mut run = command(["exec", "--listen", "127.0.0.1:0", "--", "sh", "-c", script]);
    // The one that reports a failed exec to the standard library can be among them, and then reports nothing.
    inherit_as(&mut run, device("null"), 3..=9);
    // SAFETY: between fork and exec the closure makes only system calls, and touches only its own stack.
    unsafe {
        run.pre_exec(|| {
            // Signals that the test itself inherits do not count.
            for signal in 1..32 {
                libc::signal(signal, libc::SIG_DFL);
            }
            let mut blocked: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&raw mut blocked);
            libc::sigprocmask(libc::SIG_SETMASK, &raw const blocked, std::ptr::null_mut());
            Ok(())
        });
    }
    let (_server, address) = serve_by(run);
    let mut clients: Vec<TcpStream> = (0..30).map(|_| connect(address)).collect();
    clients.iter_mut().for_each(|client| ping(client, b"here"));
    for client in clients.iter_mut().rev().take(3) {
        client.shutdown(Shutdown::Write).expect("it is connected");
        let report = String::from_utf8(take_all(client)).expect("text");
        let lines: Vec<&str> = report.lines().collect();
        // The fourth is the directory that `ls` reads.
        assert_eq!(lines[..4], ["0", "1", "2", "3"], "{report}");
        let values: Vec<u64> = lines[4..]
            .iter()
            .filter_map(|line| line.split_whitespace().nth(1))
            .enumerate()
            .map(|(at, value)| u64::from_str_radix(value, if at < 3 { 8 } else { 16 }).expect("a number"))
            .collect();
        assert_eq!(values.len(), 5, "{report}");
        assert!(values[..3].iter().all(|flags| flags & libc::O_NONBLOCK as u64 == 0), "{report}");
        // Only signals that a program can set: the last two bits belong to glibc.
        assert!(values[3..].iter().all(|signals| signals & 0x7fff_ffff == 0), "{report}");
    }
}

#[test]
fn a_child_has_default_signals_whatever_we_inherit() {
    let mut run =
        command(["exec", "--listen", "127.0.0.1:0", "--", "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]);
    // SAFETY: between fork and exec the closure makes only system calls, and touches only its own stack.
    unsafe {
        run.pre_exec(|| {
            let mut blocked: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&raw mut blocked);
            for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGUSR1] {
                libc::signal(signal, libc::SIG_IGN);
                libc::sigaddset(&raw mut blocked, signal);
            }
            libc::sigprocmask(libc::SIG_BLOCK, &raw const blocked, std::ptr::null_mut());
            Ok(())
        });
    }
    let mut server = Background::spawn(run);
    let report = answer_text(server.address());
    for line in report.lines() {
        let signals = line.split_whitespace().nth(1).and_then(|value| u64::from_str_radix(value, 16).ok());
        assert_eq!(signals.map(|signals| signals & 0x7fff_ffff), Some(0), "{report}");
    }
    assert_eq!(report.lines().count(), 2);
}

/// The sorted output of `env` for this client.
fn sorted(output: Vec<u8>) -> Vec<String> {
    let mut lines = Vec::from_iter(String::from_utf8(output).expect("text").lines().map(str::to_owned));
    lines.sort();
    lines
}

/// A server of `env` with only these variables in its environment.
fn environment_server(listen: &str, options: &[&str]) -> Background {
    let mut run = command([&["exec", "--listen", listen], options, &["--", "env"]].concat());
    run.env_clear().env("PATH", std::env::var_os("PATH").expect("a PATH")).env("LC_ALL", "C").env("HOME", "/h");
    run.envs([("SECRET", "x"), ("SHOWN", "yes"), ("LD_LIBRARY_PATH", "/nowhere"), ("SSLKEYLOGFILE", "/nowhere")]);
    run.envs([("RUST_BACKTRACE", "1"), ("XPORT_GRACE", "9s"), ("XPORT_REMOTE_ADDR", "192.0.2.1"), ("XPORT_SHA", "x")]);
    Background::spawn(run)
}

#[test]
fn a_child_is_told_of_its_client_and_no_more_than_is_meant_for_it() {
    let common = |more: &[String]| {
        let path = format!("PATH={}", std::env::var("PATH").expect("a PATH"));
        let mut all = [&["HOME=/h".into(), "LC_ALL=C".into(), path], more].concat();
        all.sort();
        all
    };
    let told = |client: &TcpStream| {
        let (local, peer) = (client.local_addr().expect("an address"), client.peer_addr().expect("an address"));
        vec![
            "XPORT_PROTO=tcp".to_owned(),
            format!("XPORT_REMOTE_ADDR={}", local.ip()),
            format!("XPORT_REMOTE_PORT={}", local.port()),
            format!("XPORT_LOCAL_ADDR={}", peer.ip()),
            format!("XPORT_LOCAL_PORT={}", peer.port()),
        ]
    };
    let mut server = environment_server("127.0.0.1:0", &["--env", "A=1=2", "--env", "SHOWN", "--env", "ABSENT"]);
    let mut client = connect(server.address());
    let expected = [told(&client), vec!["A=1=2".into(), "SHOWN=yes".into()]].concat();
    assert_eq!(sorted(take_all(&mut client)), common(&expected));

    let mut server = environment_server("[::1]:0", &[]);
    if TcpListener::bind("[::1]:0").is_ok() {
        let mut client = connect(server.address());
        assert_eq!(sorted(take_all(&mut client)), common(&told(&client)));
        // A socket for both families reports an IPv4 address as such.
        let mut server = environment_server("[::]:0", &[]);
        let port = server.address().port();
        let mut client = connect(SocketAddr::from(([127, 0, 0, 1], port)));
        assert_eq!(sorted(take_all(&mut client)), common(&told(&client)));
    } else {
        println!("skipped: no IPv6 here");
    }

    let (_folder, path) = path("s");
    let mut server = environment_server(&format!("unix:{}", path.display()), &[]);
    assert_eq!(sorted(take_all(&mut server.unix_client(&path))), common(&["XPORT_PROTO=unix".into()]));
}

#[test]
fn no_shell_reads_arguments_unless_it_is_asked_for() {
    let (folder, trap) = path("trap");
    let trap = trap.display().to_string();
    let arguments =
        [&format!("$(touch {trap})"), "`id`", &format!(";touch {trap}"), "a  b", "*", "", "~", "$HOME", "\\", "'"];
    let (_server, address) = serve_child(&[], &[&["printf", "%s\\n"][..], &arguments].concat());
    assert_eq!(answer_text(address), arguments.map(|argument| format!("{argument}\n")).concat());
    assert!(!folder.path().join("trap").exists());
    let mut server = Background::start(["exec", "--listen", "127.0.0.1:0", "--shell", "echo $((1+1)) | cat; exit 3"]);
    assert_eq!(answer_text(server.address()), "2\n");
}

#[test]
fn a_child_that_does_not_read_holds_up_nobody_else() {
    let script = "read word; case $word in stuck) echo ready; exec sleep 1000;; *) echo served; esac";
    let family = Family::new();
    let (server, address) = serve_script(&["--env", family.variable()], script);
    let mut stuck: Vec<TcpStream> = (0..4).map(|_| connect(address)).collect();
    for client in &mut stuck {
        client.write_all(b"stuck\n").expect("it takes the word");
        assert_eq!(take(client, 6), b"ready\n");
    }
    let before = server.rss_kib();
    for client in &stuck {
        feed(client.try_clone().expect("a descriptor"), vec![0; 64 << 20]);
    }
    eventually("all to be stuck", || stuck.iter().all(is_full).then_some(()));
    for _ in 0..5 {
        let mut client = connect(address);
        client.write_all(b"serve\n").expect("it takes the word");
        assert_eq!(take_all(&mut client), b"served\n");
    }
    server.comes_to_rest();
    let more = server.rss_kib().saturating_sub(before);
    assert!(more < 4 * 320 + 2048, "{more} KiB more for four clients");
    // The threads end with the connections.
    stuck.iter().for_each(|client| client.shutdown(Shutdown::Both).expect("it is connected"));
}

#[test]
fn a_client_that_does_not_read_holds_up_its_child_only() {
    let (server, address) = serve_script(&[], "read word; case $word in all) yes;; *) echo x; esac");
    let before = server.rss_kib();
    let mut stuck = connect(address);
    stuck.write_all(b"all\n").expect("it takes the word");
    server.comes_to_rest();
    let more = server.rss_kib().saturating_sub(before);
    assert!(more < 320 + 2048, "{more} KiB more");
    assert_eq!(answer(address, b"one\n"), b"x\n");
    assert_eq!(take(&mut stuck, 1_000_000).len(), 1_000_000);
}

#[test]
fn a_path_is_a_unix_socket_for_whom_its_mode_says() {
    let (_folder, path) = path("s");
    for (options, mode) in [("", 0o600), (",mode=0660", 0o660)] {
        let listen = format!("unix:{}{options}", path.display());
        let mut server = Background::start(["exec", "--listen", &listen, "--", "cat"]);
        let mut client = Leg::socket(server.unix_client(&path));
        assert_eq!(path.metadata().expect("it is there").mode() & 0o777, mode, "{options}");
        let data = pattern(1 << 20);
        client.send(data.clone(), true);
        assert!(client.rest() == data);
        drop(client);
        server.drains();
        assert!(!path.exists(), "the file is left");
    }
}

#[test]
fn several_listeners_and_a_port_file() {
    let folder = folder();
    let (port, path) = (folder.path().join("port"), folder.path().join("s"));
    let listen = format!("unix:{}", path.display());
    let port_file = port.display().to_string();
    let (mut server, address) = serve_child(&["--listen", &listen, "--port-file", &port_file], &["echo", "hi"]);
    let number = eventually("the port", || fs::read_to_string(&port).ok().filter(|text| !text.is_empty()));
    assert_eq!(number.trim(), address.port().to_string());
    assert_eq!(answer_text(address), "hi\n");
    assert_eq!(take_all(&mut server.unix_client(&path)), b"hi\n");
    server.drains();
    assert!(!port.exists() && !path.exists());
}

#[test]
fn the_help_says_how_many_are_served_at_once() {
    let output = outcome(["exec", "--help"]);
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(help.split("--max-conns").nth(1).is_some_and(|rest| rest.contains("[default: 100]")), "{}", text(&output));
    let (server, address) = serve_child(&[], &["cat"]);
    let mut clients: Vec<TcpStream> = (0..100).map(|_| connect(address)).collect();
    clients.iter_mut().for_each(|client| ping(client, b"served"));
    // Only now, because the last one that connects need not be the last one that is accepted.
    let mut last = connect(address);
    last.write_all(b"waits").expect("it takes the bytes");
    server.comes_to_rest();
    assert_eq!(children(&server).len(), 100);
    assert_eq!(queued(&last), 0);
    clients.pop();
    assert_eq!(take(&mut last, 5), b"waits");
}
