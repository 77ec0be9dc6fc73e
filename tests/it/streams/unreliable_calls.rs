//! Tests unreliable system calls: short counts, EINTR, wrong EAGAIN, events without a cause. All of this is allowed but
//! rare, and must not show.

use crate::harness::*;

/// Sends `n` bytes from a client through an echo server and back. Both have the same unreliable calls.
fn there_and_back(mode: &str, n: usize, faults: &[(&str, &str)], seed: &str) {
    let folder = folder();
    let (log, socket) = (folder.path().join("log"), folder.path().join("socket").display().to_string());
    let data = pattern(n);
    let faults = [faults, &[("SEED", seed)]].concat();
    let address = if mode == "unix" { &*socket } else { "127.0.0.1:0" };
    let server = command([&format!("{mode}-echo"), "--once", address]);
    let Some(server) = misbehaving(server, &faults) else { return };
    let mut server = Background::spawn(server);
    let line = server.line("listening on ");
    let address = line.rsplit_once(' ').expect("a line of several words").1;

    let mut client = misbehaving(command([&format!("{mode}-client"), address]), &faults).expect("a library");
    client.env("SHIM_LOG", &log);
    let mut client = Background::spawn(client);
    feed(client.stdin(), data.clone());
    let output = client.finish();
    ended(&output, 0, "");
    assert!(output.stdout == data, "{} bytes of {n} came back, or others", output.stdout.len());
    let misbehaved = misbehaved(&log);
    assert!(misbehaved > 5, "only {misbehaved} calls misbehaved");
    server.ends_with(0);
}

#[test]
fn none_of_it_shows() {
    let cases: [(usize, &[(&str, &str)]); 6] = [
        // Reads and writes of a few bytes at a time.
        (30_000, &[("SHORT", "7")]),
        // Calls that are cut somewhere in the middle, and buffers that fill up.
        (1_000_000, &[("SHORT", "5000")]),
        // EINTR from any call.
        (100_000, &[("EINTR", "2"), ("SHORT", "1000")]),
        // Wrong readiness of a descriptor, and events of closed descriptors.
        (300_000, &[("SPURIOUS", "2"), ("SHORT", "5000")]),
        // A wrong "not now" without a later event.
        (20_000, &[("EAGAIN", "4"), ("SHORT", "3000")]),
        // All of it at once.
        (20_000, &[("SHORT", "2000"), ("EINTR", "3"), ("EAGAIN", "5"), ("SPURIOUS", "3")]),
    ];
    let cases = cases.into_iter().flat_map(|case| ["0", "1", "2"].map(|seed| (case, seed)));
    let cases = cases.flat_map(|(case, seed)| ["tcp", "unix"].map(|mode| (mode, case, seed)));
    for_each(cases, |(mode, (n, faults), seed)| there_and_back(mode, n, faults, seed));
}
