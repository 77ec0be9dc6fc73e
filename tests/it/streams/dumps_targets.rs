//! Tests the targets of `--dump`: files in use, and readers that fail or are slow.

use super::dumps::{bytes, pieces, read};
use crate::harness::*;

#[test]
fn a_file_that_was_there_is_emptied_and_keeps_its_mode() {
    let (_folder, dump) = path("dump");
    fs::write(&dump, "old").expect("a file");
    fs::set_permissions(&dump, fs::Permissions::from_mode(0o644)).expect("a mode");
    stage(&format!("tcp-client --dump {}", dump.display())).plays("type new$; get new$; go; status 0");
    assert_eq!(bytes(&read(&dump), 1, "sent"), b"new");
    assert_eq!(fs::metadata(&dump).expect("a file").permissions().mode() & 0o777, 0o644);
}

/// Expects that nobody has connected.
#[track_caller]
fn is_left_alone(listener: &TcpListener) {
    listener.set_nonblocking(true).expect("a flag");
    assert_eq!(listener.accept().expect_err("nobody has connected").kind(), ErrorKind::WouldBlock);
}

/// Nothing is connected if the file cannot be opened.
#[test]
fn a_dump_that_cannot_be_opened_is_told_before_anything_is_opened() {
    let (listener, address) = listening();
    let (folder, fifo) = path("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status().expect("mkfifo is everywhere");
    assert!(made.success());
    let socket = folder.path().join("socket");
    let _socket = UnixListener::bind(&socket).expect("a socket");
    for (file, message) in [
        (folder.path().join("none/dump"), "No such file or directory"),
        (folder.path().to_owned(), "Is a directory"),
        (fifo, "no process reads from it"),
        // The error of `open(2)` is the same for a terminal that is not there.
        (socket, "No such device or address"),
    ] {
        let (name, runs) = (file.display(), [("tcp-client", "TO", 1), ("tcp-echo", ":0", 1), ("exec", "-- true", 125)]);
        for (mode, end, status) in runs {
            let end = end.replace("TO", &address.to_string());
            ended(&outcome(words!("{mode} --dump {name} {end}")), status, &format!("dump {name}: {message}"));
        }
    }
    is_left_alone(&listener);
}

/// Expects that the client of an echo server does its work, and ends in order.
#[track_caller]
fn goes_on(client: &mut Background) {
    let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
    for _ in 0..3 {
        stdin.write_all(b"hello").expect("it reads");
        expect(&mut stdout, b"hello");
    }
    drop(stdin);
    expect_end(&mut stdout);
    client.ends_with(0);
}

/// A failing dump gives one warning and costs no byte.
#[test]
fn a_full_device_stops_the_dump_and_nothing_else() {
    let (_server, address) = serve(words!("tcp-echo :0"));
    let mut client = Background::start(words!("tcp-client --dump /dev/full {address}"));
    goes_on(&mut client);
    let lines = client.all_lines();
    let expected = "dump /dev/full: No space left on device; the dump has stopped, and the run goes on";
    assert!(lines.len() == 1 && lines[0].ends_with(expected), "{lines:?}");
}

#[test]
fn a_stderr_that_nobody_reads_stops_the_dump_and_nothing_else() {
    let (_server, mut client, reader) = dumping_client("");
    drop(reader);
    goes_on(&mut client);
}

/// A run with its dump on stderr, which is a pipe.
pub(super) fn dumping(line: &str) -> (Background, PipeReader) {
    let (reader, writer) = io::pipe().expect("a pipe");
    let mut run = command(words!("{line}"));
    run.stderr(writer);
    (Background::spawn_with_stderr(run), reader)
}

/// The same for the client of an echo server.
fn dumping_client(options: &str) -> (Background, Background, PipeReader) {
    let (server, address) = serve(words!("tcp-echo :0"));
    let (client, reader) = dumping(&format!("tcp-client --dump - {options} {address}"));
    (server, client, reader)
}

/// The rest of a dump.
#[track_caller]
pub(super) fn rest(mut reader: PipeReader) -> String {
    String::from_utf8(take_all(&mut reader)).expect("text")
}

/// A pager is slow, and stops reading for as long as a user looks at a page. Meanwhile the run waits, and at its end
/// nothing is missing.
#[test]
fn a_slow_reader_gets_all_of_a_dump() {
    const SIZE: usize = 2 << 20;
    let (_server, mut client, reader) = dumping_client("");
    feed(client.stdin(), pattern(SIZE));
    let mut stdout = client.stdout();
    // No byte moves any more once the pipe, the memory of the dump and all buffers are full. The text of all bytes
    // would be twenty megabytes.
    let used = || memory_of(&client);
    let (mut before, mut since) = (usize::MAX, Instant::now());
    eventually("the run waits for the reader", || {
        let now = used();
        if now != before {
            (before, since) = (now, Instant::now());
        }
        (since.elapsed() > Duration::from_millis(500)).then_some(())
    });
    assert!(before < 15 << 10, "{before} KiB are in use");
    let reading = thread::spawn(move || rest(reader));
    assert!(take(&mut stdout, SIZE) == pattern(SIZE), "other bytes");
    client.ends_with(0);
    let pieces = pieces(&reading.join().expect("a dump"));
    for verb in ["sent", "received"] {
        assert!(bytes(&pieces, 1, verb) == pattern(SIZE), "other bytes: {verb}");
    }
}

/// The anonymous memory of a process in KiB. `proc(5)`.
fn memory_of(program: &Background) -> usize {
    let text = fs::read_to_string(format!("/proc/{}/status", program.pid())).expect("it runs");
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("Linux tells it");
    line.trim_end_matches("kB").trim().parse().expect("a number")
}

/// At the end of a run, the dump waits for its reader, and a signal ends this wait.
#[test]
fn the_last_text_waits_for_the_reader_until_a_signal() {
    for_each([false, true], |has_signal| {
        let (_server, mut client, reader) = dumping_client("");
        let mut stdout = client.stdout();
        // The text is longer than a pipe, and shorter than what can be pending.
        feed(client.stdin(), pattern(50_000));
        expect(&mut stdout, &pattern(50_000));
        pass(Duration::from_millis(1500), "a run that does not wait for its reader would end in this time");
        assert!(client.is_running(), "the text is lost");
        if has_signal {
            client.signal(libc::SIGTERM);
            client.ends_with(0);
        }
        let dump = rest(reader);
        if has_signal {
            assert!(!dump.contains(" ended"), "{} bytes", dump.len());
        } else {
            client.ends_with(0);
            assert!(bytes(&pieces(&dump), 1, "received") == pattern(50_000), "other bytes");
        }
    });
}

/// The loop goes on while a reader takes nothing.
#[test]
fn signals_and_time_limits_end_a_run_whose_dump_is_not_read() {
    // With the smaller size, only the last text waits for its reader.
    for_each([("--timeout 1s", 4 << 20), ("--timeout 1s", 40_000), ("", 4 << 20)], |(options, size)| {
        let (_server, mut client, mut reader) = dumping_client(options);
        feed(client.stdin(), pattern(size));
        // The first data is shown.
        take(&mut reader, 1000);
        if options.is_empty() {
            client.signal(libc::SIGTERM);
            client.is_killed_by(libc::SIGTERM);
        } else {
            client.ends_with(124);
        }
    });
}

/// A session that waits for the reader of its dump is not idle while that reader takes text.
#[test]
fn a_slow_reader_of_a_dump_is_not_idle() {
    const SIZE: usize = 300_000;
    let (_server, mut client, mut reader) = dumping_client("--idle-timeout 1s");
    feed(client.stdin(), pattern(SIZE));
    let mut stdout = client.stdout();
    let slow = thread::spawn(move || {
        let mut chunk = vec![0; 1 << 14];
        while reader.read(&mut chunk).expect("text") > 0 {
            pass(Duration::from_millis(20), "the reader is slow");
        }
    });
    assert!(take(&mut stdout, SIZE) == pattern(SIZE), "other bytes");
    client.ends_with(0);
    slow.join().expect("the reader has all");
}

/// A reader that leaves in the middle stops the dump. The run, which waited for the reader, goes on.
#[test]
fn a_reader_that_leaves_releases_the_run() {
    const SIZE: usize = 4 << 20;
    let (_server, mut client, mut reader) = dumping_client("");
    feed(client.stdin(), pattern(SIZE));
    let mut stdout = client.stdout();
    take(&mut reader, 1 << 20);
    drop(reader);
    assert!(take(&mut stdout, SIZE) == pattern(SIZE), "other bytes");
    client.ends_with(0);
}

/// Datagrams wait in the system while the reader is slow.
#[test]
fn a_slow_reader_gets_all_of_a_dump_of_datagrams() {
    const COUNT: usize = 500;
    let (_folder, file) = path("port");
    let port = file.display();
    let (mut server, reader) = dumping(&format!("udp-echo --count {COUNT} --port-file {port} --dump - 127.0.0.1:0"));
    let address = port_in(&file);
    let client = udp("127.0.0.1");
    client.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
    let (held, is_held) = channel();
    let reading = thread::spawn(move || {
        // 1 MiB is pending after about 100 datagrams, and then the server answers no more.
        let _ = is_held.recv_timeout(DEADLINE);
        rest(reader)
    });
    let mut echoed = 0;
    while echoed < COUNT {
        client.send_to(&pattern(1000), address).expect("it leaves");
        match client.recv(&mut [0; 2000]) {
            Ok(_) => echoed += 1,
            Err(_) => drop(held.send(())),
        }
        if !server.is_running() {
            break;
        }
    }
    server.ends_with(0);
    let text = reading.join().expect("a dump");
    let dump = text.lines().filter(|line| !line.starts_with("xport: ")).collect::<Vec<_>>().join("\n");
    assert_eq!(pieces(&dump).len(), 2 * COUNT);
}

/// A file that holds the input or the output is not emptied.
#[test]
fn a_file_in_use_is_refused() {
    let (listener, address) = listening();
    let (folder, file) = path("data");
    fs::write(&file, "input").expect("a file");
    let link = folder.path().join("link");
    symlink(&file, &link).expect("a link");
    let name = link.display();
    for stream in ["stdin", "stdout"] {
        let mut client = command(words!("tcp-client --dump {name} {address}"));
        if stream == "stdin" {
            client.stdin(File::open(&file).expect("a file"));
        } else {
            client.stdin(Stdio::null()).stdout(File::options().append(true).open(&file).expect("a file"));
        }
        let mut client = Background::spawn(client);
        client.ends_with(1);
        let expected = format!("xport: dump {name}: the file is also {stream}");
        assert_eq!(client.all_lines(), [expected]);
        assert_eq!(fs::read(&file).expect("a file"), b"input");
    }
    is_left_alone(&listener);
}

/// The messages in a file of stderr stay, and the dump follows them.
#[test]
fn a_dump_into_the_file_of_stderr_is_appended() {
    let (_folder, file) = path("log");
    for name in [file.to_str().expect("text"), "/dev/stderr"] {
        fs::write(&file, "old\n").expect("a file");
        let server = Peer::serve(|mut socket| rest_of(&mut socket));
        let mut client = command(["tcp-client", "-v", "--half-close", "now", "--dump", name, &server.text()]);
        client.stdin(Stdio::null()).stderr(File::options().append(true).open(&file).expect("a file"));
        Background::spawn_with_stderr(client).ends_with(0);
        assert_eq!(server.join(), b"");
        let text = fs::read_to_string(&file).expect("a file");
        assert!(text.starts_with("old\ndump started at "), "{text}");
        assert!(text.contains("xport: ") && text.ends_with(" ended\n"), "{text}");
    }
}

/// A stream that is lost says why.
#[test]
fn a_lost_stream_tells_its_error() {
    let (_folder, dump) = path("dump");
    let mut client = stage(&format!("tcp-client --dump {}", dump.display()));
    let address = at(&client.peer().copy());
    client.plays("type hello; get hello; reset; status 4 *");
    let text = fs::read_to_string(&dump).expect("a dump");
    let [.., lost, ended] = &Vec::from_iter(text.lines())[..] else { panic!("{text}") };
    let why = format!(" #1 lost {address}: Connection reset by peer");
    assert!(lost.ends_with(&why) && ended.ends_with(" ended"), "{text}");
}

/// All output of a program is shown and handed on before its exit, however slow the reader is.
#[test]
fn a_slow_reader_costs_no_output_of_a_program() {
    const SIZE: usize = 2 << 20;
    let (mut exec, mut reader) = dumping("exec --dump - -- sh -c 'cat; exit 7'");
    feed(exec.stdin(), pattern(SIZE));
    let mut stdout = exec.stdout();
    let output = thread::spawn(move || take_all(&mut stdout));
    // The reader takes a little, and stops.
    let mut dump = take(&mut reader, 100_000);
    exec.comes_to_rest();
    dump.extend(take_all(&mut reader));
    exec.ends_with(7);
    assert!(output.join().expect("an output") == pattern(SIZE), "other bytes");
    let pieces = pieces(&String::from_utf8(dump).expect("text"));
    assert!(bytes(&pieces, 1, "received") == pattern(SIZE), "other bytes");
}
