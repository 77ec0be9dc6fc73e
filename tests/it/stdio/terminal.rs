//! Tests a terminal as stdin, stdout and stderr: flags and settings, ^D, ^C, a hang-up, and the end of a session.

use crate::harness::*;

/// Both directions were used, so the client has made all its changes to the terminal.
#[track_caller]
fn converse(terminal: &Terminal, peer: &mut TcpStream) {
    terminal.type_in("question\n");
    assert_eq!(take(peer, 9), b"question\n");
    peer.write_all(b"answer\n").expect("the client takes it");
    terminal.shows("answer\r\n");
}

/// A terminal that a shell shares with the program never becomes non-blocking, neither during the run nor after its
/// end.
#[test]
fn the_terminal_stays_blocking_and_keeps_its_settings() {
    for signal in [None, Some(libc::SIGTERM), Some(libc::SIGKILL)] {
        let terminal = Terminal::new();
        let (mut client, mut peer) = terminal.client(&[]);
        converse(&terminal, &mut peer);
        terminal.is_untouched();
        match signal {
            Some(signal) => client.signal(signal),
            None => drop(peer),
        }
        assert_eq!(client.wait().signal(), signal);
        terminal.is_untouched();
    }
}

/// ^D in an empty line ends the direction of stdin, and the answer is shown. In a line with text, it only sends the
/// text.
#[test]
fn control_d_ends_one_direction_only() {
    let terminal = Terminal::new();
    let (client, mut peer) = terminal.client(&[]);
    terminal.type_in("no newline\x04");
    assert_eq!(take(&mut peer, 10), b"no newline");
    terminal.type_in("line\n\x04");
    assert_eq!(take_all(&mut peer), b"line\n");
    peer.write_all(b"answer\n").expect("the client takes it");
    terminal.shows("answer\r\n");
    drop(peer);
    ended(&client.finish(), 0, "");
    terminal.is_untouched();
}

/// ^C ends the program by SIGINT, without a message, and leaves the terminal as it was.
#[test]
fn control_c_ends_it_by_its_signal() {
    let terminal = Terminal::new();
    let (mut client, mut peer) = terminal.client(&[]);
    converse(&terminal, &mut peer);
    terminal.type_in("\x03");
    client.wait();
    killed(&client.finish(), libc::SIGINT);
    terminal.is_untouched();
}

/// A session keeps a server going after ^C. The message says how to end it now.
#[test]
fn control_c_at_a_server_says_what_ends_it_now() {
    let terminal = Terminal::new();
    let mut server = terminal.spawn(command(["tcp-server", "127.0.0.1:0"]));
    let mut peer = connect(server.address());
    converse(&terminal, &mut peer);
    terminal.type_in("\x03");
    server.line("waiting up to 10s for 1 session to finish; press Ctrl-C again to end now");
    terminal.type_in("\x03");
    server.is_killed_by(libc::SIGINT);
}

/// A hang-up of the terminal ends the program by SIGHUP, without a busy loop.
#[test]
fn a_hang_up_ends_it_by_its_signal() {
    let terminal = Terminal::new();
    let (mut client, mut peer) = terminal.client(&[]);
    converse(&terminal, &mut peer);
    drop(terminal);
    client.is_killed_by(libc::SIGHUP);
}

/// If SIGHUP is ignored, as under `nohup`, a hang-up is an error of stdin and stdout.
#[test]
fn a_hang_up_without_its_signal_ends_it_as_well() {
    let terminal = Terminal::new();
    let mut command = by_shell("trap '' HUP; exec \"$0\" \"$@\"");
    command.stdin(terminal.slave.try_clone().expect("a copy")).stdout(terminal.slave.try_clone().expect("a copy"));
    let (mut client, mut peer) = client_by(command, &[]);
    converse(&terminal, &mut peer);
    drop(terminal);
    let status = client.wait();
    assert!(status.code() == Some(1) || status.signal() == Some(libc::SIGPIPE), "{status:?}");
}

/// With a terminal as stdin, the end of the peer ends the run, without a ^D.
#[test]
fn a_conversation_on_a_terminal_ends_with_its_peer() {
    let terminal = Terminal::new();
    let (client, mut peer) = terminal.client(&[]);
    converse(&terminal, &mut peer);
    peer.write_all(b"bye\n").and_then(|()| peer.shutdown(Shutdown::Write)).expect("the client takes it");
    terminal.shows("bye\r\n");
    ended(&client.finish(), 0, "");
    assert_eq!(take_all(&mut peer), b"");
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
