//! Tests what `--dump` shows, with every kind of end. `dumps_targets.rs` tests where a dump goes.

use std::time::SystemTime;

use crate::harness::*;

/// One piece of a dump.
#[derive(Debug)]
pub(super) struct Piece {
    time: f64,
    number: usize,
    /// `sent` or `received`.
    verb: String,
    /// The name of the end: `127.0.0.1:80`.
    end: String,
    /// `5 bytes at 0`, `the end at 5`, `datagram 1, 5 bytes`.
    what: String,
    data: Vec<u8>,
}

/// Parses a dump from the first to the last line, and checks the form of each piece.
#[track_caller]
pub(super) fn pieces(dump: &str) -> Vec<Piece> {
    let (pieces, ends) = parsed(dump);
    assert!(ends, "the last line is missing");
    pieces
}

/// Parses a dump. Returns whether it has its last line.
#[track_caller]
fn parsed(dump: &str) -> (Vec<Piece>, bool) {
    let (mut pieces, mut has_last) = (Vec::<Piece>::new(), false);
    let mut lines = dump.lines().peekable();
    let first = lines.next().unwrap_or_default().strip_prefix("dump started at ").expect("the first line");
    let started = first.strip_suffix(" (since 1970-01-01 UTC)").expect("the first line");
    let age =
        SystemTime::UNIX_EPOCH.elapsed().expect("a time").as_secs_f64() - started.parse::<f64>().expect("seconds");
    assert!((-1.0..600.0).contains(&age), "{first}");
    while let Some(line) = lines.next() {
        if let Some(time) = line.strip_suffix(" ended") {
            assert!(pieces.last().is_none_or(|piece| piece.time <= time.parse().expect("seconds")));
            assert_eq!(lines.peek(), None, "nothing follows the last line");
            has_last = true;
            continue;
        }
        if let Some((time, rest)) = line.split_once(" #") {
            let (number, rest) = rest.split_once(' ').expect("a number");
            let (verb, rest) = rest.split_once(' ').expect("a verb");
            let rest = rest.strip_prefix(if verb == "sent" { "to " } else { "from " }).expect("a direction");
            let (end, what) = rest.rsplit_once(": ").expect("a name");
            let (time, number) = (time.parse().expect("seconds"), number.parse().expect("a number"));
            let [verb, end, what] = [verb, end, what].map(str::to_owned);
            pieces.push(Piece { time, number, verb, end, what, data: Vec::new() });
            continue;
        }
        let piece = pieces.last_mut().expect("a line of an end comes first");
        let (offset, rest) = line.split_once("  ").expect("an offset");
        let from = piece.what.split_once(" bytes at ").map_or(0, |(_, from)| from.parse().expect("an offset"));
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
        let is_whole = piece.what.starts_with(&format!("{len} bytes at "))
            || piece.what.ends_with(&format!(", {len} bytes"))
            || (len == 0 && piece.what.starts_with("the end at "));
        assert!(is_whole, "{piece:?}");
    }
    (pieces, has_last)
}

/// All sent or received bytes of the connection with this number, in order. One of its ends is shown.
#[track_caller]
pub(super) fn bytes(pieces: &[Piece], number: usize, verb: &str) -> Vec<u8> {
    bytes_of(pieces.iter().filter(|piece| piece.number == number && piece.verb == verb))
}

/// All sent or received bytes of one end of the only connection. The ends are counted from 0, in the order in which
/// they are shown first.
#[track_caller]
fn bytes_of_end(pieces: &[Piece], index: usize, verb: &str) -> Vec<u8> {
    assert!(pieces.iter().all(|piece| piece.number == 1), "there are several connections: {pieces:?}");
    let mut ends = Vec::new();
    for piece in pieces {
        if !ends.contains(&&piece.end) {
            ends.push(&piece.end);
        }
    }
    bytes_of(pieces.iter().filter(|piece| piece.end == *ends[index] && piece.verb == verb))
}

#[track_caller]
fn bytes_of<'a>(pieces: impl Iterator<Item = &'a Piece>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in pieces {
        if let Some((_, from)) = piece.what.split_once(" bytes at ") {
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

pub(super) fn read(path: &Path) -> Vec<Piece> {
    pieces(&fs::read_to_string(path).expect("there is a dump"))
}

/// The pieces so far, while the run goes on. The last line can be incomplete.
fn read_early(path: &Path) -> Vec<Piece> {
    let text = fs::read_to_string(path).expect("there is a dump");
    let whole = text.rfind('\n').map_or("", |at| &text[..at]);
    if whole.is_empty() { Vec::new() } else { parsed(whole).0 }
}

#[test]
fn a_client_shows_both_directions_inside_tls() {
    for_each([Tcp, Unix, TlsConnect], |kind| {
        let (_folder, dump) = path("dump");
        let mut pair = Pair::start(Stdio, kind, &["--crlf", "--dump", &dump.to_string_lossy()]);
        pair.left.write(b"GET /\n");
        pair.right.expect(b"GET /\r\n");
        pair.right.write(b"\x00\xff\x1b[2J\n");
        pair.left.expect(b"\x00\xff\x1b[2J\n");
        // The piece appears before the end of the run.
        let is_shown = || bytes(&read_early(&dump), 1, "received") == b"\x00\xff\x1b[2J\n";
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
        assert!(pieces.iter().all(|piece| piece.number == 1), "stdin and stdout are not shown: {pieces:?}");
        let mode = fs::metadata(&dump).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    });
}

#[test]
fn a_server_shows_each_client_by_its_number() {
    let (_folder, dump) = path("dump");
    let (mut server, address) = serve(words!("tcp-echo --dump {} :0", dump.display()));
    let mut clients = [connect(address), connect(address)];
    for (index, client) in clients.iter_mut().enumerate() {
        ping(client, format!("client {index}").as_bytes());
    }
    ping(&mut clients[0], b" again");
    let names = clients.each_ref().map(at);
    drop(clients);
    eventually("both have left", || (ends(&read_early(&dump)) == 4).then_some(()));
    server.drains();
    let pieces = read(&dump);
    for (number, said) in [(1, "client 0 again"), (2, "client 1")] {
        assert_eq!(bytes(&pieces, number, "received"), said.as_bytes());
        assert_eq!(bytes(&pieces, number, "sent"), said.as_bytes());
        let end = names[number - 1].to_string();
        assert!(pieces.iter().any(|piece| (piece.number, &piece.end) == (number, &end)), "no {end}: {pieces:?}");
    }
}

/// Spliced bytes cannot be shown, so a dump, and only a dump, rules out splicing.
#[test]
fn a_relay_copies_while_there_is_a_dump_and_only_then() {
    // Splicing begins after some data. A dump takes ten times as much text.
    for_each([(false, 4 << 20), (true, 1 << 20)], |(has_dump, size)| {
        let (_folder, dump) = path("dump");
        let options = ["-vv", "--dump", dump.to_str().expect("text")];
        let mut pair = Pair::start(TcpListen, Tcp, if has_dump { &options } else { &options[..1] });
        let data = pattern(size);
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
            // Both ends have the number of their connection.
            for (end, verb) in [(0, "received"), (1, "sent")] {
                assert!(bytes_of_end(&pieces, end, verb) == data, "other bytes: {end} {verb}");
            }
            for (end, verb) in [(1, "received"), (0, "sent")] {
                assert_eq!(bytes_of_end(&pieces, end, verb), b"an answer");
            }
            assert_eq!(ends(&pieces), 4);
        }
    });
}

#[test]
fn programs_are_ends_too() {
    let output = outcome_with(words!("exec --stdin pipe --dump - -- tr a-z A-Z"), "hello");
    gave(&output, 0, "HELLO");
    let pieces = pieces(&String::from_utf8_lossy(&output.stderr));
    assert_eq!(bytes(&pieces, 1, "sent"), b"hello");
    assert_eq!(bytes(&pieces, 1, "received"), b"HELLO");
    let is_number = |text: &str| text.parse::<u32>().is_ok();
    assert!(pieces.iter().all(|piece| piece.end.strip_prefix("child ").is_some_and(is_number)), "{pieces:?}");
    let whats = Vec::from_iter(pieces.iter().map(|piece| (piece.number, &*piece.verb, &*piece.what)));
    assert!(
        whats.contains(&(1, "sent", "the end at 5")) && whats.contains(&(1, "received", "the end at 5")),
        "{whats:?}"
    );

    let (_folder, dump) = path("dump");
    stage(&format!("exec --connect TCP --dump {} -- cat", dump.display()))
        .plays("say a question$; get a question$; go; status 0");
    let pieces = read(&dump);
    // The peer, and the program.
    for (end, verb) in [(0, "received"), (1, "sent"), (1, "received"), (0, "sent")] {
        assert_eq!(bytes_of_end(&pieces, end, verb), b"a question", "{end} {verb}");
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
        assert_eq!((sent.number, &*sent.end), (1, &*at(&clients[client]).to_string()));
    }

    let peer = udp("127.0.0.1");
    let to = at(&peer).to_string();
    let answering = thread::spawn(move || {
        let (data, from) = datagram(&peer);
        peer.send_to(&[&data[..], b"!"].concat(), from).expect("it leaves");
    });
    printed(&outcome_with(words!("udp-client --lines --count 1 --dump {file} {to}"), "hello\n"), "hello!\n");
    answering.join().expect("an answer");
    let pieces = read(&dump);
    assert_eq!(said(&pieces, "sent"), [("datagram 1, 5 bytes".to_owned(), b"hello".to_vec())]);
    assert_eq!(said(&pieces, "received"), [("datagram 1, 6 bytes".to_owned(), b"hello!".to_vec())]);
    assert!(pieces.iter().all(|piece| (piece.number, &piece.end) == (1, &to)), "{pieces:?}");

    let mut pair = Pair::start(UdpListen, Udp, &["--idle-timeout", "20s", "--dump", file]);
    pair.left.write(b"in");
    pair.right.expect(b"in");
    pair.right.write(b"out");
    pair.left.expect(b"out");
    let pieces = eventually("the answer is shown", || Some(read_early(&dump)).filter(|pieces| pieces.len() == 4));
    assert_eq!(bytes(&pieces, 1, "received"), b"in");
    assert_eq!(bytes(&pieces, 2, "sent"), b"in");
    assert_eq!(bytes(&pieces, 2, "received"), b"out");
    assert_eq!(bytes(&pieces, 1, "sent"), b"out");
}

/// The dump has all moved bytes, whatever ends the run.
#[test]
fn a_signal_ends_a_dump_as_it_ends_the_run() {
    for signal in ["TERM", "INT", "QUIT"] {
        let (_folder, dump) = path("dump");
        let mut client = stage(&format!("tcp-client --dump {}", dump.display()));
        client.plays("say some bytes; see some bytes");
        eventually("it is shown", || (bytes(&read_early(&dump), 1, "received") == b"some bytes").then_some(()));
        client.plays(&format!("kill {signal}; killed {signal} *"));
        // A client does not catch SIGQUIT, so nothing can write the last line.
        let pieces = if signal == "QUIT" { read_early(&dump) } else { read(&dump) };
        assert_eq!(bytes(&pieces, 1, "received"), b"some bytes");
    }
}

/// Messages on the same stderr are in order with the pieces.
#[test]
fn messages_keep_their_places_in_a_dump_on_stderr() {
    let server = Peer::serve(|mut socket| {
        socket.write_all(b"a").expect("it reads");
        take(&mut socket, 1);
    });
    let output = outcome_with(words!("tcp-client -v --dump - {}", server.address), "b");
    server.join();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what:?} in {text}"));
    assert!(place("connected ") < place(" sent to "), "{text}");
    assert!(place(" received from ") < place("closed "), "{text}");
    let dump = text.lines().filter(|line| !line.starts_with("xport: ")).collect::<Vec<_>>().join("\n");
    assert_eq!(bytes(&pieces(&dump), 1, "received"), b"a");
}
