//! Tests `--crlf`: a line feed that is typed, piped or relayed is CR LF on the wire, and received data is unchanged.

use crate::harness::*;

/// The expected bytes on the wire.
fn with_crlf(data: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    for byte in data {
        if *byte == b'\n' && wire.last() != Some(&b'\r') {
            wire.push(b'\r');
        }
        wire.push(*byte);
    }
    wire
}

#[test]
fn lines_are_changed_on_their_way_out_and_only_there() {
    plays(&[
        // CR and LF in two writes, too.
        "tcp|unix|tls12|tls13-client --crlf: type a\nb\r\n\nc\r; get a\r\nb\r\n\r\nc\r; type \nd\n; get \nd\r\n; \
            say x\ny\r\n\r; see x\ny\r\n\r; eof; get $; say z\n$; see z\n$; status 0",
        "tcp|unix|tls12|tls13-server --crlf: say x\ny\r\n; see x\ny\r\n; type a\nb\r\n; get a\r\nb\r\n; eof; get $; \
            say z\n$; see z\n$; status 0",
        "XPORT_CRLF=1 tcp-client: type a\n$; get a\r\n$; say b\n; end; see b\n$; status 0",
        "XPORT_CRLF=0 tcp-client: type a\n$; get a\n$; end; status 0",
        "tcp-client --crlf --send-only: type a\n$; get a\r\n$; status 0",
        // Behind the address of an endpoint, and before the endpoints.
        "connect TCP,crlf: type a\n$; get a\r\n$; end; status 0",
        "connect --crlf TLS13: type a\n$; get a\r\n$; end; status 0",
        "listen UNIX-LISTEN,crlf: type a\n$; get a\r\n$; end; status 0",
        "relay - TCP,crlf: type a\n$; get a\r\n$; say b\n$; see b\n$; status 0",
        "relay --crlf - UNIX: type a\n$; get a\r\n$; say b\n$; see b\n$; status 0",
        "relay - TLS12,crlf: type a\n$; get a\r\n$; say b\n; end; see b\n$; status 0",
        "relay --once TCP-LISTEN,crlf exec:cat: say a\nb\r\n$; get a\r\nb\r\n$; status 0",
        "exec --connect TCP,crlf -- cat: say a\n; get a\r\n; end; get $; status 0",
        "exec --once --listen TLS13-LISTEN --crlf -- cat: say a\n; get a\r\n; end; get $; status 0",
    ]);
}

/// Each end has its own layer. With both, both directions change.
#[test]
fn each_end_of_a_relay_changes_what_goes_to_it() {
    let kinds = [Tcp, Unix, TlsConnect];
    for_each(kinds, |kind| {
        let mut pair = Pair::start(TcpListen, kind, &["--crlf"]);
        pair.left.write(b"to the right\n");
        pair.right.expect(b"to the right\r\n");
        pair.right.write(b"to the left\n");
        pair.left.expect(b"to the left\r\n");
        pair.ends_one_by_one();
    });
}

/// Much data in both directions, with readers of all speeds and small buffers. Each direction ends by itself.
#[test]
fn no_byte_of_much_is_lost() {
    const SIZE: usize = 1 << 20;
    let cases = [Tcp, Unix, TlsConnect].into_iter().flat_map(|kind| [(kind, "100"), (kind, "64K")]);
    for_each(cases, |(kind, high_water)| {
        let mut pair = Pair::start(Stdio, kind, &["--crlf", "--half-close", "now", "--high-water", high_water]);
        // Lines differ in length.
        let there = Vec::from_iter(pattern(SIZE).into_iter().map(|byte| if byte % 7 == 0 { b'\n' } else { byte }));
        let (back, wire) = (pattern(SIZE), with_crlf(&there));
        pair.left.send(there, true);
        pair.right.expect(&wire);
        pair.right.expect_end();
        pair.right.send(back.clone(), true);
        pair.left.expect(&back);
        pair.left.expect_end();
        pair.ends_well();
    });
}

/// The water marks are for the bytes on their way, which can be twice the typed bytes.
#[test]
fn a_slow_reader_holds_up_the_lines() {
    const SIZE: usize = 12 << 20;
    let mut pair = Pair::start(Stdio, Tcp, &["--crlf"]);
    pair.left.send(vec![b'\n'; SIZE], true);
    pair.program.comes_to_rest();
    assert!(pair.program.peak_kib() < 24 * 1024, "{} KiB", pair.program.peak_kib());
    let wire = pair.right.rest();
    assert!(wire == b"\r\n".repeat(SIZE));
    pair.right.end();
    pair.ends_well();
}
