//! asyncio's "loop.subprocess_exec() and SubprocessProtocol", from its documentation of transports and protocols: runs
//! `date`, and prints its output after both its end and the end of its pipe.
//!
//! `cargo run --example subprocess_exec`

use std::io;
use xport::prelude::*;

struct DateProtocol {
    output: Vec<u8>,
}

impl SubprocessProtocol for DateProtocol {
    fn pipe_data_received(&mut self, _t: &mut SubprocessTransport<'_>, _fd: u8, data: &[u8]) {
        self.output.extend_from_slice(data);
    }

    fn connection_lost(&mut self, t: &mut SubprocessTransport<'_>, _error: Option<io::Error>) {
        // asyncio's example has to wait for two events. Here, the last callback means both.
        assert!(t.returncode().is_some(), "a child that is lost has ended");
    }
}

fn main() -> io::Result<()> {
    let mut event_loop = EventLoop::new()?;
    let stdio = [ChildStdio::Null, ChildStdio::Pipe, ChildStdio::Inherit];
    let child = event_loop.net().spawn(Command::new("date"), stdio, DateProtocol { output: Vec::new() })?;
    event_loop.keep_protocol(child);
    event_loop.run()?; // Until the child is lost: nothing is left to do then.

    let Some(DateProtocol { output }) = event_loop.protocol(child) else { unreachable!("it was kept") };
    println!("Current date: {}", String::from_utf8_lossy(output).trim_end());
    Ok(())
}
