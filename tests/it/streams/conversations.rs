//! Scripts over all kinds of streams: every byte arrives, each direction has its own end, and the status is right when
//! a stream breaks. `semantics.rs` and `tls/` have the tests that scripts cannot express.

use crate::harness::*;

#[test]
fn directions_end_by_themselves() {
    // The slowest come first, so that the others run beside them.
    plays(&[
        "relay --linger 6s - UDP: type q$; get q; sleep 1300; say a late answer; see a late answer$; status 0; \
            after 7300; before 25000",
        // No hidden timer cuts an answer: the pause is longer than the wait of socat (0.5 s) and than the bounded close
        // (5 s).
        "tcp-client --half-close now: eof; get $; sleep 6000; say sorry, I am late; go; see sorry, I am late$; \
            status 0",
        "relay --linger 4s - UDP: type question$; get question; say answer; see answer$; status 0; after 4000; \
            before 30000",
        "tcp|unix-client: type hello$; get hello$; say got 5; go; see got 5$; status 0",
        "tls12|tls13-client: type hello$; get hello$; say got 5$; see got 5$; status 0",
        "tcp-server: type question$; get question$; say answer; go; see answer$; status 0",
        "tls12|tls13-server: type question$; get question$; say answer$; see answer$; status 0",
        "tcp|unix-client: say hello$; see hello$; type *1000000$; get *1000000$; status 0",
        "tls12|tls13-client: say hello$; see hello$; type still; get still; type *1000000$; get *1000000$; go; \
            status 0",
        // A close_notify without a FIN.
        "tls12|tls13-client: say hello; notify; see hello$; type on; get on; type *1000000$; get *1000000$; go; \
            status 0",
        // An empty stdin is only an end, and the answer to it is printed.
        "tcp-client --half-close now: eof; get $; say nothing?; go; see nothing?$; status 0",
        "tls12|tls13-client --half-close now: eof; get $; end; see $; status 0",
        "tcp-client: type question; get question; eof; get $; sleep 400; say answer; go; see answer$; status 0",
        "tcp-client --no-half-close: type hello$; get hello; silence; say still here; go; see still here$; status 0",
        "tcp-client --send-only: say *100000; type hello$; get hello$; go; see $; status 0",
        // With --send-only, the run does not wait for the end of the peer.
        "tcp|tls12|tls13-client --send-only: type hello$; get hello$; status 0",
        "tls12|tls13-client --recv-only: say news; see news; end; get $; status 0",
        // `--linger` limits the wait for the end of the peer, and only after the end of stdin.
        "tcp-client --linger 700ms: say answer; see answer; type hello$; get hello; status 124 700ms; after 700",
        "tcp-client --linger 300ms: type hello; get hello; sleep 600; runs; end; go; eof; status 0",
        "tcp-client --linger 0: type x$; status 124 within 0s of the end of stdin; get x",
        "udp-client --linger 0 --count 1: type x$; status 124 no more for 0s",
        "relay --linger 0 - TCP: type x$; status 124 within 0s of the end of stdin",
        "relay --linger 300ms - TCP: type all there is$; get all there is$; see $; status 124 *; after 250; \
            before 30000",
        // The run waits for an answer, for a second or for --linger.
        "relay - UDP: type q$; get q; see $; status 0; after 1000; before 20000",
        // The end of a program is orderly, although its peer does not end its direction.
        "relay --idle-timeout 500ms TCP 'exec:echo said': get said\n$; status 0",
        "unix-server: type question$; get question$; say answer; go; see answer$; status 0",
    ]);
}

/// A peer that is completely gone ends the session although stdin is open, unless stdin has more bytes.
#[test]
fn peers_leave() {
    plays(&[
        "unix-client: say bye; go; see bye$; status 0",
        "unix-client: say bye$; see bye$; runs; go; status 0",
        "tcp-client: go; see $; type anybody there?; status 4 connection with 127.0.0.1",
        // Bytes lost by a reset are never a success.
        "tcp-client: go; see $; type anybody there?; rest; eof; status 4 connection with 127.0.0.1",
        "tls13-client: end; go; see $; type anybody there?$; status 4 connection with 127.0.0.1",
        "tcp-client -vv: go; hear has ended its direction; type too late$; status 4 *",
        // A peer that closes with unread bytes loses them.
        "tcp-client: type *1000000$; flows; say no, thanks; see no, thanks; go; status 4 connection with 127.0.0.1",
        "unix-client: type *1000000$; flows; say no, thanks; see no, thanks; go; status 4 connection with",
        // A missing reader of stdout is noticed although the peer is silent.
        "tcp-client: leave; killed PIPE",
        "tcp-server: leave; killed PIPE *",
        "tcp-client -v: hear connected; clock; kill {TERM|INT|HUP}; killed {TERM|INT|HUP} *; before 4000",
    ]);
}

/// Bytes from before a reset or a cut are printed, then the failure is reported.
#[test]
fn connections_break() {
    plays(&[
        // The program is stopped, so that it finds data and reset together.
        "tcp-client: stop; say *30000; reset; cont; eof; see *30000$; status 4 Connection reset by peer",
        "tls12|tls13-client: stop; say *30000; arrived; reset; cont; see *30000$; status 4 Connection reset by peer",
        "20x tcp-client: reset; eof; see $; status 4 Connection reset by peer",
        "tcp-client: say before; see before; type ok; get ok; reset; status 4 Connection reset by peer",
        "tcp-server: say data; see data; reset; status 4 ~Connection reset by peer",
        // An attacker can send a FIN without close_notify.
        "tls12|tls13-client: say *300000; cut; {|eof; }see *300000$; \
            status 5 without close_notify (data may be truncated)",
        "tls12|tls13-server: say hello; cut; see hello$; \
            status 5 ~peer closed without close_notify (data may be truncated)",
        "tls12|tls13-{client|server} --allow-truncation: say hello; cut; eof; see hello$; status 0",
        "tls13-client --allow-truncation: say hello; cut; see hello$; type answer$; get answer$; go; status 0",
        // A reset is an error even with --allow-truncation.
        "tls13-client --allow-truncation: say hello; see hello; reset; status 4 Connection reset by peer",
        // A server of many goes on, and reports the cut stream.
        "tls12|tls13-echo: say hello; cut; hear peer closed without close_notify; new; ping hello; runs",
        "tls12|tls13-echo: ping half of it; cut; hear peer closed without close_notify; new; ping hello; runs",
        "exec -v --listen TLS12|TLS13-LISTEN -- cat: ping hello; cut; hear without close_notify; runs",
    ]);
}

/// Many bytes at once, with the end directly after them.
#[test]
fn all_of_it_arrives() {
    plays(&[
        "10x tcp-client: say *1M$; eof; see *1M$; status 0",
        // A close with unread bytes would destroy its last bytes.
        "20x tcp-server --send-only: type bye$; say *1000000; get bye$; go; status 0",
        "20x tcp-echo: say *200000$; flows; get *200000$",
        "tcp-client: type *16M$; rest; get *16M$; go; status 0",
        // All bytes are decrypted already, or wait in the kernel, and no further event comes.
        "tls12|tls13-client --high-water {64K|1K|1|0}: stop; say *200000; cont; see *200000; say more; see more; end; \
            eof; status 0",
        // stdout takes nothing at first.
        "tls12|tls13-client --high-water {4K|0}: say *200000; end; arrived; rest; see *200000$; eof; status 0",
        "tls12|tls13-client: type *5000000$; say *5000000$; get *5000000$; see *5000000$; status 0",
        "exec --connect TLS12|TLS13 -- cat: say *1M; get *1M; end; get $; status 0",
        // A program with a terminal.
        "exec --pty --listen TCP-LISTEN -- sh -c 'test -t 0 && stty size': get 24 80\r\n$",
        "relay --pty TCP \"exec:sh -c 'test -t 0 && stty size; :'\": get 24 80\r\n$; end; status 0",
        "relay TCP \"exec:sh -c 'test -t 0 && stty size; :'\": get $; end; status 0",
    ]);
}
