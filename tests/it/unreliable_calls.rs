//! System calls that do less than they were asked for: short counts, EINTR, EAGAIN although there is data, events without
//! a cause. All of it is allowed, little of it happens by itself, and none of it may show.
//!
//! A small library, `shim.c`, is compiled with `cc` and preloaded into the program.

use std::process::Command;

use crate::util::{Background, ended, pattern, program, shim, xport};

const SEEDS: u64 = 3;

/// Sends `n` bytes from a client through an echo server and back, both with the same unreliable calls.
#[track_caller]
fn there_and_back(n: usize, faults: &[(&str, &str)]) {
    let Some(shim) = shim("shim") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (log, socket) = (folder.path().join("log"), folder.path().join("socket"));
    let data = pattern(n);
    for seed in 0..SEEDS {
        let seed = seed.to_string();
        for (client_mode, server_mode) in [("tcp-client", "tcp-echo"), ("unix-client", "unix-echo")] {
            let address = if server_mode == "unix-echo" { socket.as_os_str() } else { "127.0.0.1:0".as_ref() };
            let mut command = Command::new(program());
            command.env("LD_PRELOAD", &shim).env("SHIM_SEED", &seed).envs(faults.iter().copied());
            command.args([server_mode, "--once"]).arg(address);
            let mut server = Background::spawn(command);
            let line = server.line("listening on ");
            let address = line.rsplit_once(' ').expect("a line of several words").1;

            let mut client = xport([client_mode, address]);
            client.env("LD_PRELOAD", &shim).env("SHIM_SEED", &seed).env("SHIM_LOG", &log).envs(faults.iter().copied());
            let output = client.write_stdin(data.clone()).output().expect("a run");
            ended(&output, 0, "");
            assert!(output.stdout == data, "{} bytes of {n} came back, or others", output.stdout.len());

            let misbehaved = std::fs::read_to_string(&log).expect("the library writes a log");
            assert!(misbehaved.trim().parse::<u64>().expect("a number") > 5, "only {misbehaved} calls misbehaved");
            assert!(server.wait().success(), "{:?}", server.all_lines());
        }
    }
}

/// Reads and writes of a few bytes at a time lose nothing.
#[test]
fn short_reads_and_writes_lose_nothing() {
    there_and_back(30_000, &[("SHIM_SHORT", "7")]);
}

/// The same where calls are cut somewhere in the middle, and buffers fill up.
#[test]
fn reads_and_writes_cut_in_the_middle_lose_nothing() {
    there_and_back(1_000_000, &[("SHIM_SHORT", "5000")]);
}

/// EINTR from any call changes nothing.
#[test]
fn interrupted_calls_change_nothing() {
    there_and_back(100_000, &[("SHIM_EINTR", "2"), ("SHIM_SHORT", "1000")]);
}

/// A descriptor that is reported as ready and is not makes no error and no hang, and neither does a stale event.
#[test]
fn spurious_readiness_is_no_error() {
    there_and_back(300_000, &[("SHIM_SPURIOUS", "2"), ("SHIM_SHORT", "5000")]);
}

/// A call that says "not now" although it could go on, and that no event will follow, is tried again.
#[test]
fn a_call_that_is_not_ready_after_its_event_is_tried_again() {
    there_and_back(20_000, &[("SHIM_EAGAIN", "4"), ("SHIM_SHORT", "3000")]);
}

/// All of it at once.
#[test]
fn everything_at_once_still_gets_through() {
    there_and_back(
        20_000,
        &[("SHIM_SHORT", "2000"), ("SHIM_EINTR", "3"), ("SHIM_EAGAIN", "5"), ("SHIM_SPURIOUS", "3")],
    );
}
