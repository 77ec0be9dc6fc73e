//! Tests the ends that scripts ask for: `--quit-after`, `--until-peer-ends`, `--accept-timeout`, `--retry forever`.

use crate::harness::*;

/// stdin and the peer would go on. Only the run ends by itself.
#[test]
fn a_run_ends_after_the_time_of_the_answer() {
    plays(&[
        // The peer reads everything and answers, but does not end. 0 waits for no answer, so the answer is there before
        // stdin ends. The question has ended in order.
        "tcp-{client|server} --quit-after {0|100ms}: say answer; see answer; type question$; get question; status 0; \
            get $",
        "tcp-client --linger 100ms: eof; status 124 *",
        // The whole answer is written, although its reader is slow and the time is over.
        "tcp-client -v --quit-after 0: say *300000; arrived; eof; see *300000; \
            hear #1 closing: … has not ended within 0; status 0 *",
        // The time of the answer begins only once the question is delivered, however long that takes.
        "tcp-client --quit-after 0: type *20000000$; get *20000000$; status 0",
        // Data that is lost is still an error.
        "tcp-client {--quit-after 0|--quit-after 1h|--until-peer-ends}: type *20000000$; flows; reset; status 4 *",
        // The peer ends in time: nothing is different.
        "tcp-client --quit-after 1h --half-close now {</dev/null|<*0}: get $; say answer; go; see answer$; status 0",
        "{unix-client|relay - UNIX|connect UNIX} --quit-after 50ms: type question$; get question; status 0; get $",
        // A server of one client after the other goes on.
        "tcp-server -k --quit-after 50ms: eof; say x; get $; new; say x; get $; runs",
        // Only the end of stdin starts the time: an upload goes on after its peer has ended.
        "relay - TCP --quit-after 0: end; see $; rest; type upload; get upload; eof; get $; status 0",
        // The variable can be meant for other runs. Either side of a relay of sockets goes on as long as it likes.
        "XPORT_QUIT_AFTER=0 relay TCP-LISTEN TCP: peer 1; end; peer 2; get $; peer 1; silence; peer 2; say upload$; \
            peer 1; get upload$; runs",
        "XPORT_QUIT_AFTER=0 relay TCP-LISTEN TCP: end; peer 1; get $; peer 2; silence; peer 1; say upload$; \
            peer 2; get upload$; runs",
    ]);
}

/// stdin is open and idle.
#[test]
fn the_end_of_the_peer_is_the_end_of_the_session() {
    plays(&[
        // Our side ends in order.
        "tcp-{client|server} --until-peer-ends: type question; get question; say answer; end; get $; status 0; \
            see answer$",
        "tcp-{client|server} --until-peer-ends --send-only: type question; get question; say answer; end; get $; \
            status 0; see $",
        // The peer has ended and does not read for a while. What stdin has given before is sent all the same.
        "tcp-client -vv --until-peer-ends: type *200000; taken; end; hear has ended its direction; get *200000$; \
            status 0 *",
        "tcp-client --until-peer-ends {|</dev/null|<&-}: say hello; go; see hello$; status 0",
        // Each client that ends makes room, and no other client waits. The rest of stdin is for the next one.
        "tcp-server -k --until-peer-ends: say one$; get $; see one; new; say two$; get $; see two; type rest; new; \
            get rest",
    ]);
}

#[test]
fn a_server_that_nobody_comes_to_ends_by_its_time_limit() {
    let (_folder, path) = path("sock");
    let unix = format!("unix-server {} --accept-timeout", path.display());
    for_each(
        [
            "tcp-server 127.0.0.1:0 --accept-timeout 100ms",
            "tcp-server -k 127.0.0.1:0 --accept-timeout 100ms",
            "tcp-echo 127.0.0.1:0 --accept-timeout 100ms",
            &format!("{unix} 100ms"),
            "tls-server --self-signed 127.0.0.1:0 --accept-timeout 100ms",
            "relay tcp-listen:127.0.0.1:0 tcp:127.0.0.1:1 --accept-timeout 100ms",
            "relay --once tcp-listen:127.0.0.1:0 - --accept-timeout 100ms",
            "exec --listen 127.0.0.1:0 --accept-timeout 100ms -- cat",
            "echo tcp-listen:127.0.0.1:0 tcp-listen:127.0.0.1:0 --accept-timeout 100ms",
        ],
        |line| {
            let output = outcome(words!("{line}"));
            assert_eq!(output.status.code(), Some(124), "{}", text(&output));
            assert_eq!(text(&output).lines().last(), Some("xport: no client connected within 100ms"));
        },
    );
    assert!(!path.exists());
}

/// A client that has come ends the wait for good. A denied one and one without a handshake have not come.
#[test]
fn only_a_client_that_is_let_in_has_come() {
    let (mut server, address) = serve(words!("tcp-echo 127.0.0.1:0 --accept-timeout 1s"));
    // Each client comes before the next server starts, which can take long.
    ping(&mut connect(address), b"hello");
    let (mut tls, tls_address) = serve(words!("tls-echo --self-signed 127.0.0.1:0 --accept-timeout 1s"));
    let _silent = connect(tls_address);
    let (mut closed, closed_address) = serve(words!("tcp-echo --deny 127.0.0.0/8 127.0.0.1:0 --accept-timeout 1s"));
    let _denied = try_connect(closed_address);
    tls.ends_with(124);
    closed.ends_with(124);
    assert!(server.is_running());
    ping(&mut connect(address), b"again");
}

#[test]
fn a_connect_is_tried_again_for_as_long_as_it_takes() {
    let (reserved, address) = refusing();
    let mut run = Background::start(words!("-v tcp-client --retry forever --retry-delay 10ms {address}"));
    run.line("trying again every 10ms");
    for _ in 0..3 {
        run.line("trying again in 10ms");
    }
    reserved.listen(1).expect("it is bound");
    let listener = TcpListener::from(reserved);
    drop(run.stdin());
    let _peer = accept(&listener);
    run.line("connected");
    // Only the run's own limit ends it otherwise.
    let output = outcome(words!("tcp-client --retry forever --retry-delay 0 --timeout 1s 127.0.0.1:1"));
    gave(&output, 124, "");
    // The pause has a minimum, so that the tries do not keep a processor busy.
    assert!(text(&output).contains("; trying again every 10ms\n"), "{}", text(&output));
    assert!(text(&output).ends_with("xport: timed out after 1s\n"), "{}", text(&output));
}

/// stdin is shared. A client that comes after it has ended gets nothing, which it cannot know.
#[test]
fn a_client_that_gets_nothing_of_stdin_is_worth_a_warning() {
    plays(&[
        "tcp-server -v -k {|--send-only}: type a photo$; end; get a photo$; new; end; get $; kill TERM; \
            status 0 ~#2 stdin has ended: this client gets nothing from it; status 0 ~stdin has ended",
        "tcp-server -v -k {|--send-only}: eof; end; get $; new; end; get $; kill TERM; status 0 !stdin has ended",
        "tcp-server -v -k --recv-only: type a photo$; end; get $; new; end; get $; kill TERM; \
            status 0 !stdin has ended",
    ]);
}

/// ^D is the end of a terminal.
#[test]
fn a_terminal_has_an_end_too() {
    plays(&["tcp-client --quit-after 50ms <TTY: type question\n; get question\n; type \x04; get $; status 0"]);
}
