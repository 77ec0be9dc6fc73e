//! Tests a terminal as stdin, stdout and stderr: flags and settings, ^D, ^C, a hang-up, and the end of a session.

use crate::harness::*;

/// Both directions were used, so the client has made all its changes to the terminal.
const CONVERSE: &str = "type question\n; get question\n; say answer\n; see answer\r\n";

/// A terminal that a shell shares with the program never becomes non-blocking, and keeps its settings, neither during
/// the run nor after its end. Each script ends with a look at it.
#[test]
fn sessions_on_a_terminal_end_and_leave_it_as_it_was() {
    plays(&[
        // With a terminal as stdin, the end of the peer ends the run, without a ^D.
        &format!("tcp-client <TTY: {CONVERSE}; cooked; go; status 0"),
        &format!("tcp-client <TTY: {CONVERSE}; say bye\n$; see bye\r\n; status 0; get $"),
        &format!("tcp-client <TTY: {CONVERSE}; cooked; kill {{TERM|KILL}}; killed {{TERM|KILL}}"),
        // ^D in an empty line ends the direction of stdin, and the answer is shown. In a line with text, it only sends
        // the text.
        "tcp-client <TTY: type no newline\x04; get no newline; type line\n\x04; get line\n$; say answer\n; \
            see answer\r\n; go; status 0",
        // ^C ends the program by SIGINT, without a message.
        &format!("tcp-client <TTY: {CONVERSE}; type \x03; killed INT"),
        // A session keeps a server going after ^C. The message says how to end it now.
        &format!(
            "tcp-server <TTY: {CONVERSE}; type \x03; \
            hear waiting up to 10s for 1 session to finish…press Ctrl-C again to end now; type \x03; killed INT *"
        ),
    ]);
}

/// A hang-up of the terminal ends the program by SIGHUP, without a busy loop.
#[test]
fn a_hang_up_ends_it_by_its_signal() {
    let mut client = stage("tcp-client <TTY");
    client.plays(CONVERSE);
    client.terminal = None;
    client.program.is_killed_by(libc::SIGHUP);
}

/// If SIGHUP is ignored, as under `nohup`, a hang-up is an error of stdin and stdout.
#[test]
fn a_hang_up_without_its_signal_ends_it_as_well() {
    let terminal = Terminal::new();
    let mut command = by_shell("trap '' HUP; exec \"$0\" \"$@\"");
    command.stdin(terminal.slave.try_clone().expect("a copy")).stdout(terminal.slave.try_clone().expect("a copy"));
    let mut client = stage_by(command, "tcp-client");
    client.terminal = Some(terminal);
    client.plays(CONVERSE);
    client.terminal = None;
    let status = client.program.wait();
    assert!(status.code() == Some(1) || status.signal() == Some(libc::SIGPIPE), "{status:?}");
}

/// The last bytes of the peer are shown completely, even on a slow terminal.
#[test]
fn a_slow_terminal_shows_everything_before_the_end() {
    let terminal = Terminal::new();
    let (client, mut peer) = terminal.client(&[]);
    let text: String = (0..20_000).map(|i| format!("line {i}\n")).collect();
    peer.write_all(text.as_bytes()).expect("the client takes it");
    drop(peer);
    client.comes_to_rest();
    let shown = lines(terminal.master.try_clone().expect("a copy"));
    for i in 0..20_000 {
        let line = shown.recv_timeout(DEADLINE).expect("a line");
        assert_eq!(line.trim_end(), format!("line {i}"));
    }
    ended(&client.finish(), 0, "");
}
