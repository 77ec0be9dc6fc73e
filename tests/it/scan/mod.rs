//! Tests of `scan`: which ports of a host are open. Ranges are scanned in networks of their own only, because a scan
//! would disturb the listeners of other tests.

mod banners;
mod faults;
mod ports;

use crate::harness::*;

/// The arguments of a scan of 127.0.0.1.
fn local(options: &[&str], ports: &str) -> Vec<String> {
    [&["scan"], options, &["127.0.0.1", ports]].concat().into_iter().map(str::to_owned).collect()
}

/// The first word of each line of stdout.
fn numbers(output: &Output) -> Vec<u16> {
    let lines = std::str::from_utf8(&output.stdout).expect("it is text").lines();
    lines.map(|line| line.split(' ').next().and_then(|number| number.parse().ok()).expect("a number")).collect()
}

/// Ports as a list with commas.
fn list(ports: &[u16]) -> String {
    Vec::from_iter(ports.iter().map(u16::to_string)).join(",")
}
