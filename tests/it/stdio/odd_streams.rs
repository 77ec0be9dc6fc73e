//! Tests odd streams: the master of a terminal, and descriptors of the wrong direction.

use crate::harness::*;

/// Output of a program on a terminal comes from the master, and is sent. The end of the program is the end of stdin.
#[test]
fn a_master_as_stdin_is_read_as_it_is() {
    let Terminal { master, slave } = Terminal::new();
    let mut command = command([""; 0]);
    command.stdin(Stdio::from(master.try_clone().expect("a copy")));
    let (client, mut peer) = client_by(command, &[]);
    let mut shown = slave;
    shown.write_all(b"from a program\n").expect("the terminal takes it");
    assert_eq!(take(&mut peer, 16), b"from a program\r\n");
    drop(shown);
    assert_eq!(take(&mut peer, 1), b"", "nobody is left at the other side of the terminal");
    drop(peer);
    ended(&client.finish(), 0, "");
    drop(master);
}

/// Bytes from the peer are typed on the terminal if its master is stdout.
#[test]
fn a_master_as_stdout_is_written_as_it_is() {
    let Terminal { master, slave } = Terminal::new();
    let mut command = command([""; 0]);
    command.stdout(Stdio::from(master.try_clone().expect("a copy")));
    let (client, mut peer) = client_by(command, &[]);
    peer.write_all(b"typed\n").expect("the client takes it");
    assert_eq!(take(&mut slave.try_clone().expect("a copy"), 6), b"typed\n");
    drop(peer);
    ended(&client.finish(), 0, "");
    drop((master, slave));
}

/// The other end of a pipe is not opened by mistake: the program would read its own output.
#[test]
fn a_descriptor_of_the_wrong_direction_is_refused_by_name() {
    let pin = format!("sha256:{}", "0".repeat(64));
    let modes: &[&[&str]] = &[
        &["tcp-client", "127.0.0.1:9"],
        &["tcp-server", "127.0.0.1:0"],
        &["unix-client", "@nobody"],
        &["tls-client", "--pin", &pin, "127.0.0.1:9"],
        &["udp-client", "127.0.0.1:9"],
        &["udp-server", "127.0.0.1:0"],
        &["relay", "-", "tcp:127.0.0.1:9"],
        // Without the option, the program would have the descriptor itself.
        &["exec", "--stdin", "pipe", "--", "cat"],
    ];
    for mode in modes {
        let status = if mode[0] == "exec" { 125 } else { 1 };
        let (_reader, writer) = io::pipe().expect("a pipe");
        let output = Background::spawn(command(*mode).stdin(writer.try_clone().expect("a copy"))).finish();
        ended(&output, status, "stdin: not open for reading");

        let (reader, _writer) = io::pipe().expect("a pipe");
        let output = Background::spawn(command(*mode).stdout(reader.try_clone().expect("a copy"))).finish();
        ended(&output, status, "stdout: not open for writing");

        let output = Background::spawn(command(*mode).stdout(device("null"))).finish();
        ended(&output, status, "stdout: not open for writing");
    }
}

/// `nohup` on a terminal makes stdin a write-only `/dev/null`, which counts as an empty stdin.
#[test]
fn the_stdin_of_nohup_is_empty() {
    let mut command = command([""; 0]);
    command.stdin(File::options().write(true).open("/dev/null").expect("it is everywhere"));
    let (client, mut peer) = client_by(command, &[]);
    peer.write_all(b"answer").expect("the client takes it");
    drop(peer);
    gave(&client.finish(), 0, b"answer");
}

/// A shell makes this with `<&1` in a pipeline.
#[test]
fn stdin_that_is_the_shells_own_output_is_refused() {
    let script = "\"$0\" tcp-client 127.0.0.1:9 <&1 | cat";
    let mut shell = Command::new("bash");
    shell.args(["-o", "pipefail", "-c", script]).arg(program()).stdin(Stdio::null()).stdout(Stdio::piped());
    let output = match shell.stderr(Stdio::piped()).output() {
        Ok(output) => output,
        Err(error) => return println!("skipped: bash: {error}"),
    };
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("stdin: not open for reading"), "{}", text(&output));
}

/// If only one direction is used, the other stream can be anything.
#[test]
fn a_stream_that_is_not_used_is_not_looked_at() {
    let (reader, writer) = io::pipe().expect("a pipe");
    let mut command = command([""; 0]);
    command.stdin(writer);
    let (mut client, mut peer) = client_by(command, &["--recv-only"]);
    peer.write_all(b"x").expect("the client takes it");
    drop(peer);
    let mut shown = Vec::new();
    client.stdout().read_to_end(&mut shown).expect("an end");
    assert_eq!(shown, b"x");
    client.ends_with(0);
    drop(reader);
}
