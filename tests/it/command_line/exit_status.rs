//! Tests each exit status of the manual page, and two common uses: an echo and the transfer of a file.

use xport::transports::amounts::Size;

use crate::harness::*;

/// A client of an echo server gets its bytes back, as in the first example of the manual page.
#[test]
fn an_echo_server_and_a_client_say_hello() {
    let (_server, address) = serve(["tcp-echo", "127.0.0.1:0"]);
    let (address, port) = (address.to_string(), address.port().to_string());
    // The address can be an option, and two words.
    for words in [&[&*address][..], &["--connect", &address], &["127.0.0.1", &port]] {
        printed(&outcome_with([&["tcp-client"], words].concat(), "hello\n"), "hello\n");
    }
}

/// Both directions carry 64 MiB at once: no byte is lost, and none stays in memory.
#[test]
fn files_cross_both_ways_in_flat_memory() {
    const BYTES: usize = 64 << 20;
    let (mut server, address) = serve(["tcp-server", "127.0.0.1:0"]);
    let mut client = Background::start(["tcp-client", &address.to_string()]);
    let (mut to_client, mut to_server) = (server.stdin(), client.stdin());
    let (mut from_server, mut from_client) = (client.stdout(), server.stdout());
    // The session is ready once a byte has crossed in each direction.
    passes(&mut to_client, &mut from_server, b"x");
    passes(&mut to_server, &mut from_client, b"x");
    let before = [server.rss_kib(), client.rss_kib()];
    // The length differs from that of every buffer, so neighbouring parts of the stream differ.
    let block = pattern(1_000_003);
    let transfers: Vec<_> = [(to_client, from_server), (to_server, from_client)]
        .into_iter()
        .map(|(mut from, mut to)| {
            let (sent, expected) = (block.clone(), block.clone());
            let sending = thread::spawn(move || {
                let mut left = BYTES;
                while left > 0 {
                    let part = left.min(sent.len());
                    from.write_all(&sent[..part]).expect("it reads");
                    left -= part;
                }
                from
            });
            let receiving = thread::spawn(move || {
                let (mut left, mut buffer) = (BYTES, vec![0; expected.len()]);
                while left > 0 {
                    let part = left.min(expected.len());
                    to.read_exact(&mut buffer[..part]).expect("it comes out");
                    assert!(buffer[..part] == expected[..part], "{left} bytes before the end they differ");
                    left -= part;
                }
                to
            });
            (sending, receiving)
        })
        .collect();
    // stdin stays open until here, so that both programs live while they are measured.
    let mut most = before;
    eventually("both transfers", || {
        most = [most[0].max(server.rss_kib()), most[1].max(client.rss_kib())];
        transfers.iter().all(|(_, receiving)| receiving.is_finished()).then_some(())
    });
    for (before, most) in before.into_iter().zip(most) {
        assert!(most <= before + 4096, "{before} KiB at first, {most} KiB at most");
    }
    for (sending, receiving) in transfers {
        drop(sending.join().expect("it was all taken"));
        let rest = take_all(&mut receiving.join().expect("it all came out"));
        assert!(rest.is_empty(), "{} bytes too many", rest.len());
    }
    server.ends_with(0);
    client.ends_with(0);
}

#[test]
fn a_file_is_sent_and_received_by_redirection() {
    let dir = folder();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    fs::write(&from, pattern(3_000_017)).expect("a file");
    let copy = File::create(&to).expect("a file");
    let (mut server, at) = serve_by(command(["tcp-server", "127.0.0.1:0"]).stdin(Stdio::null()).stdout(copy));
    let original = File::open(&from).expect("a file");
    let mut client = Background::spawn(command(["tcp-client", &at.to_string()]).stdin(original));
    assert_eq!((client.wait().code(), server.wait().code()), (Some(0), Some(0)));
    assert!(fs::read(&from).expect("a file") == fs::read(&to).expect("a file"), "the files differ");
}

#[test]
fn status_0_is_for_a_session_that_ended_in_order_and_124_for_timeouts() {
    plays(&[
        // Every byte was delivered, and both directions ended in order. Either can end first.
        "tcp-client: type all of it$; get all of it$; go; status 0",
        "tcp-client: end; type all of it$; get all of it$; status 0",
        // Each timeout, in a client that waits for a silent peer.
        "tcp-client --timeout 1s: eof; status 124 timed out after 1s; after 1000; before 60000",
        "tcp-client --idle-timeout 1s: eof; status 124 idle for 1s; after 1000; before 60000",
        "tcp-client --linger 1s: eof; status 124 within 1s of the end of stdin; after 1000; before 60000",
        // The time limit of the run also holds for a server, with and without clients.
        "tcp-echo --timeout 200ms: nobody; status 124 *",
        "tcp-server --timeout 200ms: nobody; status 124 *",
    ]);
}

/// stdout or stdin fails, and the message names the stream and the error.
#[test]
fn status_1_is_for_local_failures() {
    let peer = Peer::serve(|mut stream| {
        stream.write_all(b"lost").expect("it is connected");
        stream.read(&mut [0; 16]).map_or(0, |count| count)
    });
    let mut client = command(["tcp-client", &peer.address.to_string()]);
    let output = Background::spawn(client.stdin(Stdio::null()).stdout(device("full"))).finish();
    ended(&output, 1, "xport: stdout: No space left on device");
    peer.join();

    let peer = Peer::serve(|mut stream| stream.read(&mut [0; 16]).is_ok_and(|count| count > 0));
    let mut client = command(["tcp-client", &peer.address.to_string()]);
    let output = Background::spawn(client.stdin(File::open("/").expect("a directory"))).finish();
    ended(&output, 1, "xport: stdin: Is a directory");
}

/// After a bad option, address or number, nothing is opened, not even a good address.
#[test]
fn status_2_is_for_usage() {
    let (mut server, good) = serve(["-v", "tcp-echo", "127.0.0.1:0"]);
    for bad in ["--no-such-option", "--retry=x", "--connect-timeout=-1", "--high-water=10x"] {
        refuses([format!("tcp-client {bad} {good} => {}", bad.split('=').next().unwrap_or_default())]);
    }
    refuses([
        "tcp-client 'not an address' => not an address",
        "tcp-echo 127.0.0.1:0 --listen :99999 => port '99999' is out of range",
        // A duration beyond all bounds, and a repeated descriptor.
        "tcp-client --timeout 340282366920938463463374607431.999999999 :1 => --timeout",
        "tcp-echo --listen fd:9 --listen fd:9 => 'fd:9' is given twice",
    ]);
    // This connection is the first one that the server sees.
    let mut client = connect(good);
    ping(&mut client, b"hello");
    let from = client.local_addr().expect("an address");
    assert!(server.line("accepted").contains(&format!(" {from} on ")));
}

/// If resolving, connecting, binding or listening fails, or takes too long, stdin is not read.
#[test]
fn status_3_is_for_what_is_unavailable_and_124_for_a_slow_connect() {
    let (_socket, refused) = refusing();
    let (_server, taken) = serve(["tcp-echo", "127.0.0.1:0"]);
    let taken = taken.to_string();
    let full = full_queue();
    let silent = full.address.to_string();
    let slow = ["--connect-timeout", "100ms", &silent];
    let slow = ["tcp-client", "tls-client", "wait"].map(|mode| [&[mode][..], &slow].concat());
    for (args, status, reason) in [
        (&slow[0][..], 124, "connect "),
        (&slow[1], 124, "connect "),
        (&slow[2], 3, "connect "),
        (&["tcp-client", "-n", "some.example:80"], 3, "resolve some.example"),
        (&["tcp-client", &refused.to_string()], 3, "Connection refused"),
        (&["tcp-echo", "203.0.113.99:0"], 3, "Cannot assign requested address"),
        (&["tcp-server", &taken], 3, "Address already in use"),
        (&["unix-client", "/no/such/socket"], 3, "No such file or directory"),
        (&["unix-server", "/no/such/socket"], 3, "No such file or directory"),
    ] {
        let dir = folder();
        fs::write(dir.path().join("in"), "kept").expect("a file");
        let mut stdin = File::open(dir.path().join("in")).expect("a file");
        let stdin_of_client = stdin.try_clone().expect("a descriptor");
        ended(&Background::spawn(command(args).stdin(stdin_of_client)).finish(), status, reason);
        let mut rest = String::new();
        stdin.read_to_string(&mut rest).expect("text");
        assert_eq!(rest, "kept", "{args:?} has read stdin");
    }
}

/// The loop on the page about the exit status goes on after 3 and 124, and ends after any other status.
#[test]
fn the_loop_for_scripts_retries_a_run_that_never_started() {
    let page = include_str!("../../../docs/exit-status.md");
    let block = page.split("```sh\n").find(|block| block.starts_with("until ")).expect("the loop is on the page");
    let body = block.split("```").next().unwrap_or_default();
    for (statuses, expected, tries) in [("0", 0, 1), ("3 124 3 0", 0, 4), ("124 4", 1, 2), ("5 0", 1, 1)] {
        let fakes = "tries=0; trap 'echo $tries' EXIT; sleep() { :; }; \
                     xport() { tries=$((tries + 1)); return $(echo $statuses | cut -d' ' -f$tries); }";
        let script = format!("{fakes}\n{body}");
        let mut command = assert_cmd::Command::new("sh");
        let folder = folder();
        fs::write(folder.path().join("dump"), "").expect("a file");
        let output = command.args(["-c", &script]).env("statuses", statuses).current_dir(folder.path());
        let output = output.timeout(DEADLINE).output().expect("a run");
        assert_eq!(output.status.code(), Some(expected), "{statuses}: {}", text(&output));
        assert_eq!(output.stdout, format!("{tries}\n").as_bytes(), "{statuses}");
    }
}

#[test]
fn a_server_that_drains_has_status_0_and_another_that_of_its_signal() {
    plays(&[
        "tcp-echo: ping hello; kill TERM; hear waiting up to; go; status 0 *",
        // The failure of one connection does not end a server of many.
        "tcp-echo -v: ping hello; reset; hear closed; kill TERM; status 0 *",
        "tcp-echo --grace 0: ping hello; kill TERM; hear waiting up to; hear 1 session cut short; killed TERM *",
        "tcp-echo --grace 100ms: ping hello; kill TERM; hear waiting up to; hear 1 session cut short; killed TERM *",
        "tcp-echo --grace 1h: ping hello; kill TERM; hear waiting up to; kill TERM; hear 1 session cut short; \
            killed TERM *",
    ]);
}

/// When the reader of stdout has gone, the run ends by SIGPIPE without a message, as `cat` does.
#[test]
fn a_reader_that_leaves_is_no_error() {
    plays(&["tcp-client: say *8M; see *2; leave; killed PIPE"]);
}

/// A descriptor that was not inherited is refused, even if the program has one of this number.
#[test]
fn a_descriptor_of_our_own_cannot_be_asked_for() {
    for number in 3..12 {
        let output = outcome(["tcp-client", &format!("fd:{number}")]);
        assert_eq!(output.status.code(), Some(3), "{number}: {}", text(&output));
    }
}

/// Bytes for stdout are written even if the server ends before stdout can take them.
#[test]
fn a_drained_server_has_written_everything() {
    let (mut server, address) = serve(["-v", "tcp-server", "-k", "--idle-timeout", "3s", "127.0.0.1:0"]);
    let data = pattern(8_000_000);
    let mut stream = connect(address);
    stream.set_nonblocking(true).expect("a flag");
    let mut sent = 0;
    while sent < data.len() {
        match stream.write(&data[sent..]) {
            Ok(n) => sent += n,
            Err(_) => break,
        }
    }
    // The session ends because it is idle: no program reads stdout.
    let closed = server.line(" closed by abort after ");
    server.signal(15);
    let output = take_all(&mut server.stdout());
    assert!(output.len() > 64 * 1024, "more than the high-water mark: {}", output.len());
    assert!(closed.contains(&format!(": {} in", Size(output.len() as u64))), "{} bytes: {closed}", output.len());
    assert!(output == data[..output.len()], "not what the session has received");
    server.ends_with(0);
}
