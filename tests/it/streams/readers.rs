//! Tests sessions whose reader of stdout leaves: the peer has a moment to end in order, and data without a reader is
//! never a success.
//!
//! The first byte shows that the two ends are joined.

use crate::harness::*;

/// tar leaves after the end mark of the archive, and the sender ends a moment later: all data is complete.
#[test]
fn a_peer_that_ends_after_the_reader_of_stdout_ends_in_order() {
    plays(&[
        "tcp|unix|tls12|tls13-{client|server} -vv: say a; see a; leave; hear the reader has gone; end; eof; get $; \
            status 0 *",
        "tcp|unix-client -vv: type b$; get b$; say a; see a; leave; hear the reader has gone; go; status 0 *",
        "tcp-client -vv --recv-only: say a; see a; leave; hear the reader has gone; end; get $; status 0 *",
        "relay -vv {- TCP|TCP -|--once UNIX-LISTEN -}: say a; see a; leave; hear the reader has gone; end; eof; get $; \
            status 0 *",
        "tcp-client: say a; see a; leave; end; eof; get $; status 0",
        // The second is for the peer alone. stdin has its usual time.
        "tcp-client: say a; see a; leave; end; sleep 1300; type b$; get b$; status 0",
    ]);
}

/// A reader that knows the length, as tar does, leaves in the instant in which it has the last byte. The kernel moves
/// this much data, and what comes next finds nothing to move and no reader. Each try hits that instant by chance.
#[test]
fn a_reader_that_leaves_with_the_last_byte_has_missed_nothing() {
    const BYTES: usize = 2_000_000;
    let data = pattern(BYTES);
    for _ in 0..25 {
        let mut server = Background::start(["tcp-server", "--recv-only", "127.0.0.1:0"]);
        let mut sender = connect(server.address());
        let mut stdout = server.stdout();
        thread::scope(|scope| {
            scope.spawn(|| sender.write_all(&data).expect("the server takes all"));
            let mut received = vec![0; BYTES];
            stdout.read_exact(&mut received).expect("all data");
            drop(stdout);
            assert!(received == data, "other data");
        });
        sender.shutdown(Shutdown::Write).expect("a half-close");
        server.ends_with(0);
    }
}

/// The other direction goes on meanwhile.
#[test]
fn stdin_is_sent_although_stdout_has_no_reader() {
    plays(&[
        "tcp|unix|tls13-{client|server} -vv: say a; see a; leave; hear the reader has gone; type b; get b; type c$; \
            get c$; end; status 0 *",
        "relay -vv - UNIX: say a; see a; leave; hear the reader has gone; type b$; get b$; end; status 0 *",
    ]);
}

/// A byte without a reader fails the run even if the end follows, and a sender learns of it.
#[test]
fn a_peer_that_goes_on_sending_is_reset() {
    plays(&[
        "tcp|tls12|tls13-{client|server} -vv: say a; see a; leave; hear the reader has gone; say x; get reset; \
            killed PIPE *",
        "relay -vv {- TCP|TCP -}: say a; see a; leave; hear the reader has gone; say x; get reset; killed PIPE *",
        "tcp|unix|tls12|tls13-{client|server} -vv: say a; see a; leave; hear reader has gone; stop; say x$; cont; \
            killed PIPE *",
    ]);
}

#[test]
fn a_silent_peer_has_a_second() {
    plays(&[
        "tcp|tls12|tls13-client: say a; see a; clock; leave; get reset; killed PIPE; after 900; before 4000",
        "tcp|tls13-server: say a; see a; clock; leave; get reset; killed PIPE *; after 900; before 4000",
        "unix-client: say a; see a; clock; leave; killed PIPE; after 900; before 4000",
        "relay - TCP: say a; see a; clock; leave; get reset; killed PIPE; after 900; before 4000",
        // What stdin has meanwhile does not lengthen it.
        "tcp-client: say a; see a; clock; leave; sleep 600; type b; get b; get reset; killed PIPE; before 1600",
    ]);
}

/// A server with -k has lost the stdout of all its clients, so it ends at once, as any server without a client.
#[test]
fn a_server_for_more_clients_ends_as_soon_as_its_reader_has_left() {
    plays(&[
        "tcp-server -k: say a; see a; clock; leave; get reset; killed PIPE *; before 900",
        "tcp-server: nobody; clock; leave; killed PIPE *; before 900",
    ]);
}
