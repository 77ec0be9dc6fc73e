//! Tests `--dump` with every kind of end, and with targets that fail or are slow.

use crate::harness::*;

/// One piece of a dump.
#[derive(Debug)]
struct Piece {
    time: f64,
    /// The number of the end and its name: `#1 127.0.0.1:80`.
    end: String,
    /// `sent` or `received`.
    verb: String,
    /// `5 bytes from 0`, `the end at 5`, `datagram 1, 5 bytes`.
    what: String,
    data: Vec<u8>,
}

/// Parses a dump, and checks the form of each piece.
#[track_caller]
fn pieces(dump: &str) -> Vec<Piece> {
    let mut pieces = Vec::<Piece>::new();
    for line in dump.lines() {
        if line.contains(" #") {
            let (time, rest) = line.split_once(' ').expect("a time");
            let at = [" sent ", " received "].iter().find_map(|verb| rest.find(verb)).expect("a verb");
            let (verb, what) = rest[at + 1..].split_once(' ').expect("what it was");
            let (time, end) = (time.parse().expect("seconds"), rest[..at].to_owned());
            pieces.push(Piece { time, end, verb: verb.to_owned(), what: what.to_owned(), data: Vec::new() });
            continue;
        }
        let piece = pieces.last_mut().expect("a line of an end comes first");
        let (offset, rest) = line.split_once("  ").expect("an offset");
        let from = piece.what.split_once(" bytes from ").map_or(0, |(_, from)| from.parse().expect("an offset"));
        assert_eq!(usize::from_str_radix(offset, 16).expect("an offset"), from + piece.data.len(), "{line}");
        let (hex, text) = rest.split_once("  |").expect("bytes as text");
        let bytes = hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).expect("a byte"));
        let bytes = Vec::from_iter(bytes);
        let shown = bytes.iter().map(|byte| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' });
        assert_eq!(text.strip_suffix('|'), Some(&*shown.collect::<String>()), "{line}");
        assert!(piece.data.len().is_multiple_of(16), "only the last line is short: {line}");
        piece.data.extend(bytes);
    }
    assert!(pieces.is_sorted_by_key(|piece| piece.time), "time goes back");
    for piece in &pieces {
        let len = piece.data.len();
        let is_whole = piece.what.starts_with(&format!("{len} bytes from "))
            || piece.what.ends_with(&format!(", {len} bytes"))
            || (len == 0 && piece.what.starts_with("the end at "));
        assert!(is_whole, "{piece:?}");
    }
    pieces
}

/// All sent or received bytes of the end with this number, in order.
#[track_caller]
fn bytes(pieces: &[Piece], number: usize, verb: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in pieces.iter().filter(|piece| piece.end.starts_with(&format!("#{number} ")) && piece.verb == verb) {
        if let Some((_, from)) = piece.what.split_once(" bytes from ") {
            assert_eq!(from, bytes.len().to_string(), "{piece:?}");
        }
        if let Some(at) = piece.what.strip_prefix("the end at ") {
            assert_eq!(at, bytes.len().to_string(), "{piece:?}");
        }
        bytes.extend(&piece.data);
    }
    bytes
}

/// The number of ends of directions in the dump.
fn ends(pieces: &[Piece]) -> usize {
    pieces.iter().filter(|piece| piece.what.starts_with("the end")).count()
}

fn read(path: &Path) -> Vec<Piece> {
    pieces(&fs::read_to_string(path).expect("there is a dump"))
}

#[test]
fn a_client_shows_both_directions_inside_tls() {
    for_each([Tcp, Unix, TlsConnect], |kind| {
        let (_folder, dump) = path("dump");
        let mut pair = Pair::start(Stdio, kind, &["--crlf", "--dump", dump.to_str().expect("text")]);
        pair.left.write(b"GET /\n");
        pair.right.expect(b"GET /\r\n");
        pair.right.write(b"\x00\xff\x1b[2J\n");
        pair.left.expect(b"\x00\xff\x1b[2J\n");
        // The piece appears before the end of the run.
        let is_shown = || bytes(&read(&dump), 1, "received") == b"\x00\xff\x1b[2J\n";
        eventually("the answer is shown", || is_shown().then_some(()));
        pair.left.write(b"the end");
        pair.left.end();
        pair.right.expect(b"the end");
        pair.right.expect_end();
        pair.right.end();
        pair.ends_well();
        let pieces = read(&dump);
        assert_eq!(bytes(&pieces, 1, "sent"), b"GET /\r\nthe end");
        assert_eq!(bytes(&pieces, 1, "received"), b"\x00\xff\x1b[2J\n");
        assert_eq!(ends(&pieces), 2, "{pieces:?}");
        assert!(pieces.iter().all(|piece| piece.end.starts_with("#1 ")), "stdin and stdout are not shown: {pieces:?}");
        let mode = fs::metadata(&dump).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    });
}

#[test]
fn a_file_that_was_there_is_emptied_and_closed_to_others() {
    let (_folder, dump) = path("dump");
    fs::write(&dump, "old").expect("a file");
    fs::set_permissions(&dump, fs::Permissions::from_mode(0o644)).expect("a mode");
    let server = Peer::serve(|mut socket| rest_of(&mut socket));
    let output = outcome_with(["tcp-client", "--dump", dump.to_str().expect("text"), &server.text()], "new");
    ended(&output, 0, "");
    assert_eq!(server.join(), b"new");
    assert_eq!(bytes(&read(&dump), 1, "sent"), b"new");
    assert_eq!(fs::metadata(&dump).expect("a file").permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_server_shows_each_client_by_its_number() {
    let (_folder, dump) = path("dump");
    let mut server = command(["tcp-echo", "--dump", dump.to_str().expect("text"), ":0"]);
    let (mut server, address) = serve_by(&mut server);
    let mut clients = [connect(address), connect(address)];
    for (index, client) in clients.iter_mut().enumerate() {
        ping(client, format!("client {index}").as_bytes());
    }
    ping(&mut clients[0], b" again");
    let names = clients.each_ref().map(|client| client.local_addr().expect("an address"));
    drop(clients);
    eventually("both have left", || (ends(&read(&dump)) == 4).then_some(()));
    server.drains();
    let pieces = read(&dump);
    for (number, said) in [(1, "client 0 again"), (2, "client 1")] {
        assert_eq!(bytes(&pieces, number, "received"), said.as_bytes());
        assert_eq!(bytes(&pieces, number, "sent"), said.as_bytes());
        let end = format!("#{number} {}", names[number - 1]);
        assert!(pieces.iter().any(|piece| piece.end == end), "no {end}: {pieces:?}");
    }
}

/// Spliced bytes cannot be shown, so a dump, and only a dump, rules out splicing.
#[test]
fn a_relay_copies_while_there_is_a_dump_and_only_then() {
    const SIZE: usize = 4 << 20;
    for has_dump in [false, true] {
        let (_folder, dump) = path("dump");
        let options = ["-vv", "--dump", dump.to_str().expect("text")];
        let mut pair = Pair::start(TcpListen, Tcp, if has_dump { &options } else { &options[..1] });
        let data = pattern(SIZE);
        pair.left.send(data.clone(), true);
        pair.right.expect(&data);
        pair.right.expect_end();
        pair.right.write(b"an answer");
        pair.right.end();
        pair.left.expect(b"an answer");
        pair.left.expect_end();
        let (status, lines) = pair.wait();
        assert!(status.success(), "{lines:?}");
        let splices = lines.iter().any(|line| line.contains("Splice"));
        assert_eq!(splices, !has_dump, "{lines:?}");
        if has_dump {
            let pieces = read(&dump);
            for (number, verb) in [(1, "received"), (2, "sent")] {
                assert!(bytes(&pieces, number, verb) == data, "other bytes: {number} {verb}");
            }
            for (number, verb) in [(2, "received"), (1, "sent")] {
                assert_eq!(bytes(&pieces, number, verb), b"an answer");
            }
            assert_eq!(ends(&pieces), 4);
        }
    }
}

#[test]
fn programs_are_ends_too() {
    let output = outcome_with(["exec", "--stdin", "pipe", "--dump", "-", "--", "tr", "a-z", "A-Z"], "hello");
    assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"HELLO"[..]));
    let pieces = pieces(&String::from_utf8_lossy(&output.stderr));
    assert_eq!(bytes(&pieces, 1, "sent"), b"hello");
    assert_eq!(bytes(&pieces, 2, "received"), b"HELLO");
    let is_named = |piece: &Piece| piece.end.starts_with("#1 child ") && piece.end.ends_with(" stdin");
    assert!(pieces.iter().any(is_named), "{pieces:?}");

    let (_folder, dump) = path("dump");
    let server = Peer::serve(|mut socket| {
        socket.write_all(b"a question").expect("it reads");
        socket.shutdown(Shutdown::Write).expect("an end");
        rest_of(&mut socket)
    });
    let place = ["--dump", dump.to_str().expect("text"), "--connect", &server.address.to_string()];
    ended(&outcome([&["exec"][..], &place, &["--", "cat"]].concat()), 0, "");
    assert_eq!(server.join(), b"a question");
    let pieces = read(&dump);
    // The connection, and stdin and stdout of the program.
    for (number, verb) in [(1, "received"), (2, "sent"), (3, "received"), (1, "sent")] {
        assert_eq!(bytes(&pieces, number, verb), b"a question", "{number} {verb}");
    }
}

#[test]
fn datagrams_are_shown_by_their_numbers() {
    let (_folder, dump) = path("dump");
    let file = dump.to_str().expect("text");
    let (mut server, address) = serve(["udp-echo", "--count", "3", "--dump", file, ":0"]);
    let clients = ["127.0.0.1", "127.0.0.1"].map(udp);
    udp_ping(&clients[0], address, b"one");
    udp_ping(&clients[1], address, b"two");
    udp_ping(&clients[0], address, b"");
    server.ends_with(0);
    let said = |pieces: &[Piece], verb: &str| {
        let of_verb = pieces.iter().filter(|piece| piece.verb == verb);
        Vec::from_iter(of_verb.map(|piece| (piece.what.clone(), piece.data.clone())))
    };
    let expected = [("datagram 1, 3 bytes", "one"), ("datagram 2, 3 bytes", "two"), ("datagram 3, 0 bytes", "")];
    let expected = expected.map(|(what, data)| (what.to_owned(), data.as_bytes().to_vec()));
    let pieces = read(&dump);
    assert_eq!(said(&pieces, "received"), expected);
    assert_eq!(said(&pieces, "sent"), expected);
    for (index, client) in [0, 1, 0].into_iter().enumerate() {
        let sent = pieces.iter().filter(|piece| piece.verb == "sent").nth(index).expect("three were sent");
        assert_eq!(sent.end, format!("#1 {}", at(&clients[client])));
    }

    let peer = udp("127.0.0.1");
    let to = at(&peer).to_string();
    let answering = thread::spawn(move || {
        let (data, from) = datagram(&peer);
        peer.send_to(&[&data[..], b"!"].concat(), from).expect("it leaves");
    });
    let output = outcome_with(["udp-client", "--lines", "--count", "1", "--dump", file, &to], "hello\n");
    ended(&output, 0, "");
    assert_eq!(output.stdout, b"hello!\n");
    answering.join().expect("an answer");
    let pieces = read(&dump);
    assert_eq!(said(&pieces, "sent"), [("datagram 1, 5 bytes".to_owned(), b"hello".to_vec())]);
    assert_eq!(said(&pieces, "received"), [("datagram 1, 6 bytes".to_owned(), b"hello!".to_vec())]);
    assert!(pieces.iter().all(|piece| piece.end == format!("#1 {to}")), "{pieces:?}");

    let mut pair = Pair::start(UdpListen, Udp, &["--idle-timeout", "20s", "--dump", file]);
    pair.left.write(b"in");
    pair.right.expect(b"in");
    pair.right.write(b"out");
    pair.left.expect(b"out");
    let pieces = eventually("the answer is shown", || Some(read(&dump)).filter(|pieces| pieces.len() == 4));
    assert_eq!(bytes(&pieces, 1, "received"), b"in");
    assert_eq!(bytes(&pieces, 2, "sent"), b"in");
    assert_eq!(bytes(&pieces, 2, "received"), b"out");
    assert_eq!(bytes(&pieces, 1, "sent"), b"out");
}

/// Nothing is connected if the file cannot be opened.
#[test]
fn a_dump_that_cannot_be_opened_is_told_before_anything_is_opened() {
    let (listener, address) = listening();
    let (folder, fifo) = path("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status().expect("mkfifo is everywhere");
    assert!(made.success());
    for (file, message) in [
        (folder.path().join("none/dump"), "No such file or directory"),
        (folder.path().to_owned(), "Is a directory"),
        (fifo, "no process reads from it"),
    ] {
        let name = file.to_str().expect("text");
        let output = outcome(["tcp-client", "--dump", name, &address.to_string()]);
        ended(&output, 1, &format!("dump {name}: {message}"));
        ended(&outcome(["tcp-echo", "--dump", name, ":0"]), 1, &format!("dump {name}: {message}"));
        ended(&outcome(["exec", "--dump", name, "--", "true"]), 125, &format!("dump {name}: {message}"));
    }
    listener.set_nonblocking(true).expect("a flag");
    let error = listener.accept().expect_err("nobody has connected");
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
}

/// A failing dump gives one warning and costs no byte.
#[test]
fn a_full_device_stops_the_dump_and_nothing_else() {
    let (server, address) = serve(["tcp-echo", ":0"]);
    let mut client = Background::start(["tcp-client", "--dump", "/dev/full", &address.to_string()]);
    let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
    for _ in 0..3 {
        stdin.write_all(b"hello").expect("it reads");
        assert_eq!(take(&mut stdout, 5), b"hello");
    }
    drop(stdin);
    expect_end(&mut stdout);
    client.ends_with(0);
    let lines = client.all_lines();
    let expected = "dump /dev/full: No space left on device; the dump has stopped, and the run goes on";
    assert!(lines.len() == 1 && lines[0].ends_with(expected), "{lines:?}");
    drop(server);
}

#[test]
fn a_stderr_that_nobody_reads_stops_the_dump_and_nothing_else() {
    let (_server, address) = serve(["tcp-echo", ":0"]);
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    let mut client = command(["tcp-client", "--dump", "-", &address.to_string()]);
    client.stderr(writer);
    let mut client = Background::spawn_with_stderr(client);
    let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
    for _ in 0..3 {
        stdin.write_all(b"hello").expect("it reads");
        assert_eq!(take(&mut stdout, 5), b"hello");
    }
    drop(stdin);
    expect_end(&mut stdout);
    client.ends_with(0);
}

/// A pager is slow. Text for it waits, up to a limit, and does not delay other data.
#[test]
fn a_slow_reader_gets_all_of_a_dump_and_one_that_never_reads_stops_it() {
    let (_server, address) = serve(["tcp-echo", ":0"]);
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let run = |writer: PipeWriter| {
        let mut client = command(["tcp-client", "--dump", "-", &address.to_string()]);
        client.stderr(writer);
        Background::spawn_with_stderr(client)
    };
    let echo = |client: &mut Background, size: usize| {
        let (stdin, mut stdout) = (client.stdin(), client.stdout());
        feed(stdin, pattern(size));
        assert!(take(&mut stdout, size) == pattern(size), "other bytes");
    };
    let mut client = run(writer);
    // The text of both directions is ten times as long, which is more than a pipe holds.
    echo(&mut client, 50_000);
    let mut dump = String::new();
    reader.read_to_string(&mut dump).expect("text");
    client.ends_with(0);
    let pieces = pieces(&dump);
    assert!(bytes(&pieces, 1, "received") == pattern(50_000), "other bytes");

    let (reader, writer) = io::pipe().expect("a pipe");
    let mut client = run(writer);
    echo(&mut client, 4 << 20);
    client.ends_with(0);
    drop(reader);
}

/// The dump has all moved bytes, whatever ends the run.
#[test]
fn a_signal_ends_a_dump_as_it_ends_the_run() {
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGQUIT] {
        let (_folder, dump) = path("dump");
        let server = Peer::serve(|mut socket| {
            socket.write_all(b"some bytes").expect("it reads");
            rest_of(&mut socket);
        });
        let mut client = Background::start(["tcp-client", "--dump", dump.to_str().expect("text"), &server.text()]);
        let mut stdout = client.stdout();
        assert_eq!(take(&mut stdout, 10), b"some bytes");
        eventually("it is shown", || (bytes(&read(&dump), 1, "received") == b"some bytes").then_some(()));
        client.signal(signal);
        client.is_killed_by(signal);
        assert_eq!(bytes(&read(&dump), 1, "received"), b"some bytes");
        server.join();
    }
}

/// Messages on the same stderr are in order with the pieces.
#[test]
fn messages_keep_their_places_in_a_dump_on_stderr() {
    let server = Peer::serve(|mut socket| {
        socket.write_all(b"a").expect("it reads");
        take(&mut socket, 1);
    });
    let output = outcome_with(["tcp-client", "-v", "--dump", "-", &server.text()], "b");
    server.join();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what:?} in {text}"));
    assert!(place("connected ") < place("sent 1 bytes from 0"), "{text}");
    assert!(place("received 1 bytes from 0") < place("closed "), "{text}");
    let dump = text.lines().filter(|line| !line.starts_with("xport: ")).collect::<Vec<_>>().join("\n");
    assert_eq!(bytes(&pieces(&dump), 1, "received"), b"a");
}
