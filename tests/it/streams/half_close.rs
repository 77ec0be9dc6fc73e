//! Tests peers that take a half-close for a hang-up, as many servers do: the answer must be complete, or the status
//! must show that it is not. Scripted peers come first, then real ones if they are installed.

use crate::harness::*;

const REQUEST: &[u8] = b"GET / HTTP/1.0\r\nHost: h\r\n\r\n";
const PIECES: usize = 20;
const PIECE: usize = 200_000;

/// Answers a request in pieces after a while, and drops the rest after a half-close.
fn answer_until_hang_up(place: Place, pause: Duration) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut peer = place.accept();
        peer.expect(REQUEST);
        pass(pause, "the peer takes its time");
        for _ in 0..PIECES {
            if peer.has_ended_now() {
                return;
            }
            peer.write(&pattern(PIECE));
        }
        peer.end();
    })
}

/// Runs a line against such a server. The run must end well.
#[track_caller]
fn answered(
    ground: &Ground,
    kind: Kind,
    line: &str,
    pause: Duration,
    run: impl FnOnce(Vec<String>) -> Output,
) -> Vec<u8> {
    let words = words!("{line}");
    let (args, place) = ground.arguments(kind, &Vec::from_iter(words.iter().map(String::as_str)));
    let serving = answer_until_hang_up(place, pause);
    let output = run(args);
    eventually("the server's end", || serving.is_finished().then_some(()));
    serving.join().expect("the server does not panic");
    ended(&output, 0, "");
    output.stdout
}

#[track_caller]
fn is_whole(answer: &[u8]) {
    assert!(answer == pattern(PIECE).repeat(PIECES), "{} bytes", answer.len());
}

#[test]
fn an_http_request_gets_its_whole_answer() {
    for (kind, line) in [
        (Tcp, "tcp-client ADDRESS"),
        (Tcp, "relay - ENDPOINT"),
        (Tcp, "relay ENDPOINT -"),
        (Unix, "unix-client ADDRESS"),
        (Unix, "relay - ENDPOINT"),
        (TlsConnect, "tls-client --ca CA ADDRESS"),
        (TlsConnect, "relay - ENDPOINT"),
    ] {
        for versions in [&VERSIONS[..1], &VERSIONS[1..]] {
            let run = |args: Vec<String>| outcome_with(args, REQUEST);
            is_whole(&answered(&Ground::of(versions), kind, line, Duration::ZERO, run));
        }
    }
    let from_file = |args: Vec<String>| Background::spawn(command(args).stdin(file_with(REQUEST))).finish();
    is_whole(&answered(&Ground::new(), Tcp, "tcp-client ADDRESS", Duration::ZERO, from_file));
}

/// A program that closes its stdout has ended its direction, by the same rules.
#[test]
fn a_request_of_a_program_gets_its_whole_answer() {
    let (_folder, path) = path("answer");
    let ask = format!("printf \"GET / HTTP/1.0\\r\\nHost: h\\r\\n\\r\\n\"; exec >&-; cat > {}", path.display());
    for line in [
        format!("exec --connect ADDRESS -- sh -c '{ask}'"),
        format!("relay 'shell:{ask}' ENDPOINT"),
        format!("relay ENDPOINT 'shell:{ask}'"),
        format!("relay --half-close 1h 'shell:{ask}' ENDPOINT"),
    ] {
        // The end of the stdout of a program counts after a moment.
        answered(&Ground::new(), Tcp, &line, Duration::from_millis(500), outcome);
        is_whole(&fs::read(&path).expect("a file"));
    }
}

/// Output of a program that is no request ends at once.
#[test]
fn the_end_of_a_program_is_told_at_once_otherwise() {
    plays(&[
        "exec --connect TCP -- sh -c 'printf hello; exec >&-; cat >/dev/null': get hello$; go; status 0 *",
        "relay 'shell:printf hello; exec >&-; cat >/dev/null' TCP: get hello$; go; status 0 *",
        // A program that closes its stdout means it, even without output.
        "exec --connect TCP -- sh -c 'exec >&-; cat >/dev/null': get $; before 8000; go; status 0 *",
        "relay 'shell:exec >&-; cat >/dev/null' TCP: get $; before 8000; go; status 0 *",
    ]);
}

/// The first bytes are inspected. They are more than the peer takes at once, and the rest still flows.
#[test]
fn an_input_that_is_looked_at_flows_on_behind_a_slow_peer() {
    let (_folder, path) = path("data");
    let data = pattern(30_000_000);
    fs::write(&path, &data).expect("a file");
    for line in ["tcp-client TO", "relay - tcp:TO", "relay 'shell:cat FILE' tcp:TO"] {
        let (listener, address) = narrow_listener();
        let line = line.replace("TO", &address.to_string()).replace("FILE", &path.to_string_lossy());
        let mut command = command(words!("-vvv {line}"));
        let run = Background::spawn(command.stdin(File::open(&path).expect("it is there")));
        let mut peer = accept(&listener);
        run.comes_to_rest();
        SockRef::from(&peer).set_recv_buffer_size(1_000_000).expect("SO_RCVBUF");
        assert!(take_all(&mut peer) == data, "other bytes");
        drop(peer);
        assert!(run.finish().status.success());
    }
}

#[test]
fn the_end_is_told_when_it_does_no_harm_or_as_was_chosen() {
    const REQUEST: &str = "GET / HTTP/1.0\r\nHost: h\r\n\r\n";
    let told = |command: &str, input: &str| {
        format!("{command}: type {input}$; get {input}$; say answer; go; see answer$; status 0")
    };
    let held = |command: &str, input: &str| format!("{command}: type {input}$; get {input}; silence; go; status 0");
    let hint = "some servers take a half-close for a hang-up";
    plays(&[
        // Input that is neither empty nor a request ends at once, because many peers wait for the end before they
        // answer.
        &told("tcp-client", "show stat\n"),
        &told("tcp-client", "GET /\r\n"),
        &told("tcp-client", "\0binary"),
        &told("tcp-client", &"x".repeat(100_000)),
        &told("tcp-client --half-close now", REQUEST),
        &told("tcp-client --half-close now", ""),
        &told("tcp-client --half-close 300ms", "hello"),
        &told("tcp-client --half-close 0", REQUEST),
        &told("XPORT_HALF_CLOSE=now tcp-client", ""),
        &held("tcp-client --half-close auto", REQUEST),
        &held("tcp-client --half-close never", "hello"),
        &held("tcp-client --half-close 1h", "hello"),
        &held("tcp-client --no-half-close", "hello"),
        // A hint is logged for a peer that leaves without an answer.
        &format!("tcp|unix-client -v: type hello$; get hello$; go; status 0 ~{hint}"),
        &format!("tcp-client -v: type hello$; get hello$; say a word; go; status 0 !{hint}"),
    ]);
}

#[test]
fn a_relay_between_sockets_passes_ends_on_as_they_come() {
    let request = "GET / HTTP/1.0\r\nHost: h\r\n\r\n";
    for request in ["", request] {
        let script =
            format!("peer 1; say {request}$; peer 2; get {request}$; say answer; go; peer 1; get answer$; runs");
        plays(&[&format!("relay TCP-LISTEN TCP: {script}")]);
    }
}

/// A program gets the end of an empty stdin at once, because it would wait for it.
#[test]
fn a_program_is_told_of_an_empty_input_at_once() {
    for args in [&["relay", "-", "exec:cat"][..], &["exec", "--", "cat"]] {
        ended(&xport(args).timeout(Duration::from_secs(8)).write_stdin("").output().expect("a run"), 0, "");
    }
}

/// A server that closes directly after its close_notify resets the connection, because it has not read the client's
/// close_notify. Everything has been transferred by then.
#[test]
fn what_follows_close_notify_is_no_error() {
    let issued = Authority::server();
    for version in VERSIONS {
        for microseconds in (0..2_000).step_by(40) {
            let input = if microseconds % 80 == 0 { REQUEST } else { b"question" };
            let (mut client, mut peer) = client_with(&issued, version, &[]);
            feed(client.stdin(), input.to_vec());
            peer.receive(input.len());
            peer.send(&pattern(50_000));
            peer.close_notify();
            spin(Duration::from_micros(microseconds));
            drop(peer);
            let output = client.finish();
            ended(&output, 0, "");
            assert_eq!(output.stdout.len(), 50_000, "{microseconds} µs");
        }
    }
}

/// A busy wait is more exact than a sleep.
fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// nginx with a large file, a slow backend, and a rate limit. Dropping this stops nginx.
struct Nginx {
    folder: TempDir,
    child: Child,
    http: u16,
    https: u16,
}

impl Nginx {
    const BYTES: usize = 10_000_000;

    fn start(issued: &Issued, backend: u16) -> Self {
        let folder = folder();
        let root = folder.path().display();
        fs::write(folder.path().join("big"), pattern(Self::BYTES)).expect("a file");
        // nginx reads files as another user.
        let open = PermissionsExt::from_mode(0o755);
        fs::set_permissions(folder.path(), open).expect("a mode");
        // The ports are below those that the system chooses, so that no other test gets them.
        let http = 12_000 + (std::process::id() % 4_000) as u16 * 2;
        let https = http + 1;
        let (cert, key) = (issued.cert(), issued.key());
        let config = format!(
            "daemon off; master_process off; pid {root}/pid; error_log {root}/error.log; events {{}}
            http {{
                access_log off; client_body_temp_path {root}/a; proxy_temp_path {root}/b; fastcgi_temp_path {root}/c;
                uwsgi_temp_path {root}/d; scgi_temp_path {root}/e;
                server {{
                    listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl;
                    ssl_certificate {cert}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3; root {root};
                    location /slow {{ limit_rate 10m; alias {root}/big; }}
                    location /proxy {{ proxy_pass http://127.0.0.1:{backend}/; }}
                }}
            }}"
        );
        let path = folder.path().join("nginx.conf");
        fs::write(&path, config).expect("a file");
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&path).stdin(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("it starts");
        for port in [http, https] {
            eventually("nginx", || TcpStream::connect(("127.0.0.1", port)).ok());
        }
        Self { folder, child, http, https }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = &self.folder;
    }
}

/// A web server that takes its time.
fn slow_backend() -> u16 {
    let (listener, port) = listening();
    let port = port.port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            thread::spawn(move || {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                pass(Duration::from_secs(1), "the server takes its time");
                let body = pattern(100_000);
                let head = format!("HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
            });
        }
    });
    port
}

#[test]
fn nginx_is_asked_by_hand() {
    let Some(()) = installed("nginx") else { return };
    let issued = Authority::server();
    let nginx = Nginx::start(&issued, slow_backend());
    let (plain, tls) = (format!("127.0.0.1:{}", nginx.http), format!("localhost:{}", nginx.https));
    let ca = issued.ca();
    let ways: &[&[&str]] = &[
        &["tcp-client", &plain],
        &["tls-client", "--ca", &ca, &tls],
        &["relay", "-", &format!("tcp:{plain}")],
        &["relay", "-", &format!("tls:{tls},ca={ca}")],
    ];
    for_each(ways, |way| {
        for (path, bytes, times) in [("/big", Nginx::BYTES, 5), ("/slow", Nginx::BYTES, 1), ("/proxy", 100_000, 1)] {
            for _ in 0..times {
                let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
                let output = outcome_with(*way, request);
                ended(&output, 0, "");
                let body = output.stdout.len().saturating_sub(bytes);
                assert!(output.stdout[body..] == pattern(bytes), "{way:?} {path}: {} bytes", output.stdout.len());
            }
        }
    });
}

/// A receiver in the background of a script has an empty stdin, which no sender may take for an end.
#[test]
fn a_receiver_in_the_background_gets_all() {
    let folder = folder();
    let path = |name: &str| -> PathBuf { folder.path().join(name) };
    let data = pattern(3_000_000);
    fs::write(path("original"), &data).expect("a file");
    fs::write(path("sender.py"), SENDER).expect("a file");
    for (name, sender) in [
        ("busybox", "busybox nc 127.0.0.1 $PORT"),
        ("nc.openbsd", "nc.openbsd -N 127.0.0.1 $PORT"),
        ("nc.traditional", "nc.traditional -q 0 127.0.0.1 $PORT"),
        ("ncat", "ncat 127.0.0.1 $PORT"),
        ("socat", "socat - TCP:127.0.0.1:$PORT"),
        ("python3", "python3 sender.py $PORT"),
    ] {
        if installed(name).is_none() {
            continue;
        }
        let script = format!(
            "rm -f port; \"$0\" -q tcp-server 127.0.0.1:0 --port-file port > copy & receiver=$!
            until test -s port; do sleep .01; done; PORT=$(cat port)
            {sender} < original > /dev/null; wait $receiver"
        );
        let output = Background::spawn(by_shell(script).current_dir(folder.path())).finish();
        assert_eq!(output.status.code(), Some(0), "{name}: {}", text(&output));
        let copy = fs::read(path("copy")).expect("a file");
        assert!(copy == data, "{name}: {} bytes of {}", copy.len(), data.len());
    }
}

/// Behaves as programs on asyncio do, and takes the half-close for the end.
const SENDER: &str = "
import asyncio, sys
async def main():
    reader, writer = await asyncio.open_connection('127.0.0.1', int(sys.argv[1]))
    data = sys.stdin.buffer.read()
    for start in range(0, len(data), 65536):
        writer.write(data[start:start + 65536])
        await writer.drain()
    writer.close()
    await writer.wait_closed()
asyncio.run(main())
";

/// The line about a late half-close names the connection, although the timer belongs to stdin.
#[test]
fn a_late_half_close_names_its_connection() {
    plays(&["{tcp-client|relay - TCP} -vv --half-close 20ms: eof; hear #1 no byte has moved for 20ms; get $; go; \
            status 0 *"]);
}
