//! Tests the protection of private keys: permissions of files, core dumps, memory, and other processes.

use crate::harness::*;

/// A user without other processes, so that its pipes do not count for other tests.
const USER: u32 = 1_234_567_890;

/// Every kind of run with a private key, with these files of certificate and key. Clients connect to `peer`.
fn runs(cert: &str, key: &str, peer: &str) -> Vec<Vec<String>> {
    let listen = format!("tls-listen:127.0.0.1:0,cert={cert},key={key}");
    let connect = format!("tls:{peer},insecure,cert={cert},key={key}");
    let pair = ["--cert", cert, "--key", key];
    let words = |words: &[&[&str]]| words.concat().into_iter().map(str::to_owned).collect();
    vec![
        words(&[&["tls-echo"], &pair, &["127.0.0.1:0"]]),
        words(&[&["tls-server"], &pair, &["127.0.0.1:0"]]),
        words(&[&["tls-client", "--insecure"], &pair, &[peer]]),
        words(&[&["exec", "--listen", &listen, "--", "cat"]]),
        words(&[&["exec", "--connect", &connect, "--", "cat"]]),
        words(&[&["relay", &listen, "exec:cat"]]),
        words(&[&["relay", "-", &connect]]),
    ]
}

/// A peer that accepts every connection and says nothing.
fn silent_peer() -> (TcpListener, String) {
    let (listener, address) = listening();
    let address = address.to_string();
    (listener, address)
}

/// A key that other users can write is refused before anything is opened. One that they can read causes a warning.
#[test]
fn a_key_that_others_can_write_is_refused() {
    let issued = Authority::server();
    let (_silent, peer) = silent_peer();
    for (cert, key) in [(issued.cert(), issued.key()), (issued.both(), issued.both())] {
        for mode in [0o620, 0o602, 0o660, 0o666, 0o622] {
            set_mode(&key, mode);
            for args in runs(&cert, &key, &peer) {
                let output = outcome(&args);
                let stderr = String::from_utf8_lossy(&output.stderr);
                assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output));
                let reason = format!("{key}: other users can write this private key (mode {mode:03o})");
                assert!(stderr.contains(&reason) && stderr.lines().count() == 1, "{args:?}: {stderr}");
            }
        }
        set_mode(&key, 0o644);
        let mut server = Background::start(&runs(&cert, &key, &peer)[0]);
        server.line("other users can access this private key (mode 644)");
        server.address();
        set_mode(&key, 0o600);
        let mut server = Background::start(&runs(&cert, &key, &peer)[0]);
        server.address();
        assert_eq!(server.all_lines().len(), 1, "{:?}", server.all_lines());
    }
}

/// Starts a program in `folder` that may dump its core, waits until it has listened or connected to `silent`, and
/// aborts it. Returns whether there is a core.
fn dumps_core(folder: &Path, args: &[String], silent: &TcpListener) -> bool {
    let mut command = command(args);
    command.current_dir(folder);
    // SAFETY: between fork and exec the closure makes two system calls on memory of its own stack.
    unsafe {
        command.pre_exec(|| {
            let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            libc::getrlimit(libc::RLIMIT_CORE, &raw mut limit);
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_CORE, &raw const limit);
            Ok(())
        });
    }
    let mut run = Background::spawn(command);
    let address = silent.local_addr().expect("an address").to_string();
    let _connection = if args.iter().any(|arg| arg.contains(&address)) {
        Some(accept(silent))
    } else {
        run.line("listening on");
        None
    };
    run.signal(libc::SIGABRT);
    let status = run.wait();
    assert_eq!(status.signal(), Some(libc::SIGABRT), "{args:?}: {:?}", run.all_lines());
    status.core_dumped()
}

/// A program with a private key leaves no core, whatever the limits are.
#[test]
fn a_key_is_in_no_core_dump() {
    let dir = folder();
    let issued = Authority::server();
    let (silent, peer) = silent_peer();
    let without_key = ["tcp-echo", "127.0.0.1:0"].map(str::to_owned);
    if !dumps_core(dir.path(), &without_key, &silent) {
        return println!("skipped: there are no core dumps here");
    }
    let mut all = runs(&issued.cert(), &issued.key(), &peer);
    all.push(["tls-echo", "--self-signed", "127.0.0.1:0"].map(str::to_owned).to_vec());
    all.push(["relay", "tls-listen:127.0.0.1:0,self-signed", "exec:cat"].map(str::to_owned).to_vec());
    for args in all {
        assert!(!dumps_core(dir.path(), &args, &silent), "{args:?}");
    }
}

/// Whether these bytes are anywhere in the writable memory of a process.
fn remembers(pid: u32, needle: &[u8]) -> bool {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).expect("it runs");
    let mut memory = File::open(format!("/proc/{pid}/mem")).expect("root may look at it");
    maps.lines().filter(|line| line.contains(" rw")).any(|line| {
        let (range, _) = line.split_once(' ').expect("a range");
        let (start, end) = range.split_once('-').expect("two ends");
        let [start, end] = [start, end].map(|end| u64::from_str_radix(end, 16).expect("a number"));
        let mut content = vec![0; usize::try_from(end - start).expect("it fits")];
        // Some regions cannot be read.
        let read = memory.seek(SeekFrom::Start(start)).and_then(|_| memory.read_exact(&mut content));
        read.is_ok() && content.windows(needle.len()).any(|window| window == needle)
    })
}

/// Neither the text of a key nor its bytes stay in memory after reading, from a file or from a pipe.
#[test]
fn a_key_is_wiped_once_it_is_understood() {
    if !is_root() {
        return println!("skipped: only root can look at the memory of a program with a key");
    }
    let issued = Authority::server();
    let text = issued.read("key.pem");
    let lines = Vec::from_iter(text.lines().filter(|line| !line.starts_with("-----")));
    // The last lines contain the public key.
    let first = &lines[0].as_bytes()[..60];
    let der = issued.key_der();
    let both = issued.read("both.pem");
    let piped = ["tls-echo", "--cert", "/dev/stdin", "127.0.0.1:0"].map(str::to_owned);
    let mut kinds = vec![(piped.to_vec(), both.as_str())];
    for (cert, key) in [(issued.cert(), issued.key()), (issued.both(), issued.both())] {
        kinds.push((runs(&cert, &key, "")[0].clone(), ""));
    }
    for (args, stdin) in kinds {
        let mut server = Background::start(&args);
        server.stdin().write_all(stdin.as_bytes()).expect("it reads");
        server.address();
        let pid = server.pid();
        // The search does find bytes that are there.
        assert!(remembers(pid, &issued.chain[0][20..80]), "{args:?}: not even the certificate");
        assert!(!remembers(pid, first), "{args:?}: the text of the key");
        assert!(!remembers(pid, &der.secret_der()[..64]), "{args:?}: the bytes of the key");
    }
}

/// A shell line that runs the program with its arguments in a pipeline, and prints the number of its process.
const RUN: &str = "sh -c 'echo pid $$ >&2; exec ./xport \"$@\"' sh";

/// A process that is killed when the test ends. It is not a child of the test.
struct Kept(u32);

impl Drop for Kept {
    fn drop(&mut self) {
        // SAFETY: the call takes two numbers and touches no memory.
        unsafe { libc::kill(self.0 as libc::pid_t, libc::SIGKILL) };
    }
}

/// The shell, and the program that it runs by [`RUN`].
fn started(shell: Command) -> (Background, Kept) {
    let mut shell = Background::spawn(shell);
    let pid = shell.line("pid ").rsplit(' ').next().and_then(|pid| pid.parse().ok()).expect("a number");
    (shell, Kept(pid))
}

/// A key changes nothing else for an ordinary user: stdin and stdout are opened again, files can be pipes, and children
/// are the same.
#[test]
fn an_ordinary_user_with_a_key_opens_everything_anew() {
    let Some(everyone) = Everyone::new() else { return };
    let issued = Authority::server();
    let folder = everyone.folder();
    let both = folder.join("both.pem");
    fs::write(&both, issued.read("both.pem")).expect("a file");
    set_mode(both.to_str().expect("text"), 0o600);
    std::os::unix::fs::chown(&both, Some(USER), Some(USER)).expect("it is ours");
    let shell = |script: &str| {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).current_dir(folder).uid(USER).gid(USER);
        shell.env_remove("XPORT_LOG").env_remove("RUST_LOG").stdin(Stdio::piped()).stdout(Stdio::piped());
        shell
    };

    // The pipes of the shell belong to the user. Those of the test would not.
    let (mut server, xport_in_pipes) =
        started(shell(&format!("cat | {RUN} tls-server --cert both.pem 127.0.0.1:0 | cat")));
    server.address();
    let pid = xport_in_pipes.0;
    let link = |fd: &str| fs::read_link(format!("/proc/{pid}/fd/{fd}")).expect("it is open");
    let open = || fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs").filter_map(|entry| entry.ok());
    let links = Vec::from_iter(open().filter_map(|entry| fs::read_link(entry.path()).ok()));
    // Another process of the same user cannot look at it.
    let mut look = shell(&format!("cat /proc/{pid}/environ"));
    assert!(!look.stderr(Stdio::null()).status().expect("a run").success());
    for standard in ["0", "1"] {
        let same = links.iter().filter(|other| **other == link(standard)).count();
        assert_eq!(same, 2, "descriptor {standard} is not opened anew: {links:?}");
    }
    drop(xport_in_pipes);
    server.finish();

    // A certificate and its key from a pipe.
    let (mut server, xport_behind_a_pipe) =
        started(shell(&format!("cat both.pem | {RUN} tls-echo --cert /dev/stdin 127.0.0.1:0")));
    let address = server.address();
    let echoed = xport(["tls-client", "-q", "--insecure", &address.to_string()]).write_stdin("hello").output();
    assert_eq!(echoed.expect("a run").stdout, b"hello");
    drop(xport_behind_a_pipe);
    server.finish();

    // A child has its three descriptors, and the one that lists them.
    let with_child = "exec ./xport exec --listen tls-listen:127.0.0.1:0,cert=both.pem -- ls /proc/self/fd";
    let (_server, address) = serve_by(shell(with_child));
    let listed = outcome(["tls-client", "-q", "--insecure", &address.to_string()]);
    assert_eq!(listed.stdout, b"0\n1\n2\n3\n", "{}", text(&listed));
}
