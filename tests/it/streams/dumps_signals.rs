//! Signals and the last wait of a run for the reader of its dump.

use super::dumps::pieces;
use super::dumps_targets::{dumping, rest};
use crate::harness::*;

/// More text than a pipe holds, and less than what can be pending.
const SIZE: usize = 50_000;

/// Waits until the loop has ended, so that only the reader of the dump is waited for.
#[track_caller]
fn waits_for_its_reader(run: &mut Background) {
    eventually("the loop is gone", || {
        assert!(run.is_running(), "the text is lost");
        let open = fs::read_dir(format!("/proc/{}/fd", run.pid())).expect("it runs").flatten();
        let targets = Vec::from_iter(open.filter_map(|fd| fs::read_link(fd.path()).ok()));
        let has_loop = targets.iter().any(|target| target.to_string_lossy().contains("eventpoll"));
        (!has_loop && !targets.is_empty()).then_some(())
    });
}

/// A server for one client, in its last wait. Its dump goes to the pipe.
fn server() -> (Background, PipeReader) {
    let (_folder, file) = path("port");
    let (mut server, reader) = dumping(&format!("tcp-echo --once --dump - --port-file {} :0", file.display()));
    ping(&mut connect(port_in(&file)), &pattern(SIZE));
    waits_for_its_reader(&mut server);
    (server, reader)
}

/// A program that survives `signal`, and then writes. The run is in its last wait. Its dump goes to the pipe.
fn program_that_survives(signal: i32) -> (Background, PipeReader) {
    let script = format!(
        "trap seen=1 {signal}; echo ready; while [ -z \"$seen\" ]; do sleep 0.05; done; head -c {SIZE} /dev/zero"
    );
    let (mut run, reader) = dumping(&format!("exec --stderr null --dump - -- sh -c '{script}'"));
    let mut stdout = run.stdout();
    assert_eq!(take(&mut stdout, 6), b"ready\n");
    run.signal(signal);
    take(&mut stdout, SIZE);
    waits_for_its_reader(&mut run);
    (run, reader)
}

/// A signal that the program of `exec` gets, and survives, does not ask xport to end.
#[test]
fn a_signal_that_the_program_has_got_does_not_cut_the_dump() {
    for_each([libc::SIGINT, libc::SIGQUIT, libc::SIGUSR1, libc::SIGALRM], |signal| {
        let (mut run, reader) = program_that_survives(signal);
        pass(Duration::from_millis(1500), "a run that was cut short waits for a second");
        assert!(run.is_running(), "the text is lost");
        let dump = rest(reader);
        run.ends_with(0);
        pieces(&dump);
    });
}

/// Every signal that would end the program ends its last wait. The run itself was complete.
#[test]
fn a_deadly_signal_ends_the_last_wait() {
    let signals = [libc::SIGHUP, libc::SIGINT, libc::SIGUSR1, libc::SIGUSR2, libc::SIGALRM, libc::SIGXCPU];
    for_each(signals, |signal| {
        let (mut server, reader) = server();
        server.signal(signal);
        server.ends_with(0);
        let dump = rest(reader);
        assert!(!dump.contains(" ended"), "{} bytes", dump.len());
    });
    for_each([libc::SIGINT, libc::SIGUSR1], |signal| {
        let (mut run, _reader) = program_that_survives(signal);
        run.signal(signal);
        run.ends_with(0);
    });
}
