//! Children: `exec` on stdio and on connections.

mod connections;
mod ends;
mod faults;
mod pty;
mod runs;
mod starts;
mod streams;

use crate::harness::*;

/// A server that runs `child` for each client, and its address.
#[track_caller]
fn serve_child(options: &[&str], child: &[&str]) -> (Background, SocketAddr) {
    serve([&["exec", "--listen", "127.0.0.1:0"], options, &["--"], child].concat())
}

/// The same with a shell script.
#[track_caller]
fn serve_script(options: &[&str], script: &str) -> (Background, SocketAddr) {
    serve_child(options, &["sh", "-c", script])
}
