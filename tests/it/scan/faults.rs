//! Faults: stdout, time limits, signals, descriptors, routes.

use super::*;

#[test]
fn a_full_stdout_is_status_1() {
    let (_listener, address) = listening();
    let mut command = command(local(&[], &address.port().to_string()));
    command.stdout(device("full"));
    ended(&Background::spawn(command).finish(), 1, "stdout: No space left on device");
}

#[test]
fn a_closed_stdout_is_status_1() {
    let mut shell = by_shell("exec \"$0\" scan 127.0.0.1 1 >&-");
    shell.stdin(Stdio::null());
    ended(&Background::spawn(shell).finish(), 1, "stdout: Bad file descriptor");
}

/// The run ends as `cat` does when the reader of stdout has gone, also while the ports do not answer.
#[test]
fn without_a_reader_the_scan_ends_by_sigpipe() {
    let (full, (_listener, open)) = (full_queue(), listening());
    for ports in [list(&[open.port()]), list(&[full.address.port()])] {
        let (reader, writer) = io::pipe().expect("a pipe");
        let mut command = command(local(&["--connect-timeout", "60s"], &ports));
        command.stdout(writer);
        drop(reader);
        killed(&Background::spawn(command).finish(), libc::SIGPIPE);
    }
}

/// The time limit ends the scan. Open ports that are known are written, although a port before them is not known.
#[test]
fn a_time_limit_ends_the_scan() {
    let full = full_queue();
    let silent = full.address.port();
    let open: Vec<_> = (0..4).map(|_| listening()).collect();
    let mut ports = Vec::from_iter(open.iter().map(|(_, address)| address.port()));
    let wanted = list(&[&[silent], &ports[..]].concat());
    let output = outcome(local(&["--connect-timeout", "60s", "--timeout", "500ms"], &wanted));
    let done = ports.iter().filter(|port| **port < silent).count();
    let message = format!("scan 127.0.0.1: timed out after 500ms, with {done} of 5 ports done");
    ended(&output, 124, &message);
    ports.sort_unstable();
    assert_eq!(numbers(&output), ports);
}

#[test]
fn a_signal_ends_the_scan_at_once() {
    let (full, (_listener, open)) = (full_queue(), listening());
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let ports = list(&[full.address.port(), open.port()]);
        let mut scan = Background::start(local(&["-v", "--connect-timeout", "60s"], &ports));
        scan.line("connected");
        scan.signal(signal);
        scan.is_killed_by(signal);
    }
}

/// The connects that are under way end with the run, and no other one takes their place.
#[test]
fn no_connect_begins_after_the_request_to_end() {
    let full = [(); 4].map(|()| full_queue());
    let ports = list(&full.each_ref().map(|queue| queue.address.port()));
    let mut scan = Background::start(local(&["-vv", "--parallel", "1", "--connect-timeout", "60s"], &ports));
    scan.line("connecting to ");
    scan.signal(libc::SIGINT);
    scan.is_killed_by(libc::SIGINT);
    let lines = scan.all_lines();
    assert_eq!(lines.iter().filter(|line| line.contains("connecting to ")).count(), 1, "{lines:?}");
}

/// Descriptors that are used up make the scan slower, and nothing else.
#[test]
fn without_descriptors_fewer_ports_are_tried_at_once() {
    let (full, open) = (full_queue(), (0..20).map(|_| listening()).collect::<Vec<_>>());
    let mut ports = Vec::from_iter(open.iter().map(|(_, address)| address.port()));
    ports.sort_unstable();
    let wanted = list(&[&ports[..], &[full.address.port()]].concat());
    let mut command = command(local(&["-vv", "--banner", "--connect-timeout", "100ms"], &wanted));
    // The program does not know of the descriptors that it inherits, so it expects to have more than there are.
    inherit_as(&mut command, device("null"), 10..40);
    limit_descriptors(&mut command, 45);
    let output = Background::spawn(command).finish();
    assert_eq!((output.status.code(), numbers(&output)), (Some(0), ports), "{}", text(&output));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("Too many open files; at most"), "{stderr}");
}

/// A scan that lacks a descriptor says so. It never calls a port closed that it has not tried.
#[test]
fn without_any_descriptor_the_scan_fails() {
    let (_listener, open) = listening();
    let ends = (4..=16).map(|limit| {
        let mut command = command(local(&[], &open.port().to_string()));
        limit_descriptors(&mut command, limit);
        let output = Background::spawn(command).finish();
        if output.status.code() == Some(0) {
            assert_eq!(numbers(&output), [open.port()], "{limit}");
            return "open".to_owned();
        }
        ended(&output, 1, "Too many open files");
        String::from_utf8_lossy(&output.stderr).into_owned()
    });
    let ends = Vec::from_iter(ends);
    assert!(
        ends.iter().any(|end| end.contains("connect 127.0.0.1:")) && ends.iter().any(|end| end == "open"),
        "{ends:?}"
    );
}

/// A failure of this machine is told once, and not once for each port.
#[test]
fn local_failures_are_told_once() {
    let output = outcome(["scan", "--source", "192.0.2.1", "127.0.0.1", "1-2000"]);
    let reason = "2000 not tried (from 192.0.2.1:0: Cannot assign requested address)";
    ended(&output, 3, &format!("scan 127.0.0.1: none of 2000 ports is open: {reason}"));
    let Some(network) = Network::new("ip route add prohibit 10.98.2.0/24", &[]) else { return };
    let [denied, unreachable] = ["not tried (Permission denied)", "unreachable (Network is unreachable)"];
    for (host, reason) in [("10.98.2.1", denied), ("10.98.4.1", unreachable)] {
        let output = network.run(&["scan", host, "1-1000"]);
        ended(&output, 3, &format!("scan {host}: none of 1000 ports is open: 1000 {reason}"));
    }
    let output = network.run(&["scan", "-n", "name", "22"]);
    ended(&output, 3, "resolve name: not a numeric address");
}

/// A look-up that hangs ends by the time limit and by a signal.
#[test]
fn a_look_up_that_hangs_can_be_ended() {
    let files = [("nsswitch.conf", "hosts: dns\n"), ("resolv.conf", "nameserver 10.99.0.77\n")];
    let Some(network) = Network::new("", &files) else { return };
    let output = network.run(&["scan", "--timeout", "300ms", "silent.test", "22"]);
    ended(&output, 124, "scan silent.test: timed out after 300ms, with 0 of 1 ports done");
    let mut scan = network.start(&["scan", "-vv", "silent.test", "22"]);
    scan.line("looking up");
    scan.signal(libc::SIGINT);
    scan.is_killed_by(libc::SIGINT);
}
