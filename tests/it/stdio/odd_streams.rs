//! Tests odd streams: the master of a terminal, and descriptors of the wrong direction.

use crate::harness::*;

/// Output of a program on a terminal comes from the master, and is sent. The end of the program is the end of stdin.
#[test]
fn a_master_as_stdin_is_read_as_it_is() {
    let Terminal { master, mut slave } = Terminal::new();
    let mut command = command([""; 0]);
    command.stdin(master.try_clone().expect("a copy"));
    let mut client = stage_by(command, "tcp-client");
    slave.write_all(b"from a program\n").expect("the terminal takes it");
    client.plays("get from a program\r\n");
    // Nobody is left at the other side of the terminal.
    drop(slave);
    client.plays("get $; go; status 0");
}

/// Bytes from the peer are typed on the terminal if its master is stdout.
#[test]
fn a_master_as_stdout_is_written_as_it_is() {
    let Terminal { master, mut slave } = Terminal::new();
    let mut command = command([""; 0]);
    command.stdout(master.try_clone().expect("a copy"));
    let mut client = stage_by(command, "tcp-client");
    client.plays("say typed\n");
    expect(&mut slave, b"typed\n");
    client.plays("go; eof; status 0");
}

/// The other end of a pipe is not opened by mistake: the program would read its own output.
#[test]
fn a_descriptor_of_the_wrong_direction_is_refused_by_name() {
    let pin = format!("sha256:{}", "0".repeat(64));
    let (reader, writer) = io::pipe().expect("a pipe");
    for_each(
        [
            "tcp-client 127.0.0.1:9",
            "tcp-server 127.0.0.1:0",
            "unix-client @nobody",
            &format!("tls-client --pin {pin} 127.0.0.1:9"),
            "udp-client 127.0.0.1:9",
            "udp-server 127.0.0.1:0",
            "relay - tcp:127.0.0.1:9",
            // Without the option, the program would have the descriptor itself.
            "exec --stdin pipe -- cat",
        ],
        |line| {
            let status = if line.starts_with("exec") { 125 } else { 1 };
            let run = || command(words!("{line}"));
            let output = Background::spawn(run().stdin(writer.try_clone().expect("a copy"))).finish();
            ended(&output, status, "stdin: not open for reading");
            for output in [OwnedFd::from(reader.try_clone().expect("a copy")), device("null").into()] {
                let output = Background::spawn(run().stdout(output)).finish();
                ended(&output, status, "stdout: not open for writing");
            }
        },
    );
}

/// `nohup` on a terminal makes stdin a write-only `/dev/null`, which counts as an empty stdin. A stream that is not
/// used can be anything.
#[test]
fn a_write_only_stdin_can_be_an_empty_one_or_unused() {
    let mut command = command([""; 0]);
    command.stdin(File::options().write(true).open("/dev/null").expect("it is everywhere"));
    stage_by(command, "tcp-client").plays("say answer; go; see answer$; status 0 *");
    let (_reader, writer) = io::pipe().expect("a pipe");
    let mut command = crate::harness::command([""; 0]);
    command.stdin(writer);
    stage_by(command, "tcp-client --recv-only").plays("say x; go; see x$; status 0 *");
}

/// A shell makes this with `<&1` in a pipeline.
#[test]
fn stdin_that_is_the_shells_own_output_is_refused() {
    let script = "\"$0\" tcp-client 127.0.0.1:9 <&1 | cat";
    let mut shell = Command::new("bash");
    shell.args(["-o", "pipefail", "-c", script]).arg(program()).stdin(Stdio::null()).stdout(Stdio::piped());
    let Some(()) = installed("bash") else { return };
    let output = Background::spawn(shell).finish();
    gave(&output, 1, "");
    assert!(text(&output).contains("stdin: not open for reading"), "{}", text(&output));
}
