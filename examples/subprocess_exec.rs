//! asyncio's "loop.subprocess_exec() and SubprocessProtocol", from its documents on transports and protocols: runs
//! `date`, and prints what it has written once it has ended and its pipe is closed, whichever comes first.

use std::error::Error;
use std::io;
use std::sync::mpsc::{Sender, channel};

use xport::event_loop::EventLoop;
use xport::transports::process::command::Command;
use xport::transports::process::handle::SubprocessTransport;
use xport::transports::process::opening::ChildStdio;
use xport::transports::protocol::SubprocessProtocol;

struct DateProtocol {
    output: Vec<u8>,
    /// Tells `main` what was written; asyncio's future `exit_future`.
    exited: Sender<Vec<u8>>,
}

impl SubprocessProtocol for DateProtocol {
    fn pipe_data_received(&mut self, _t: &mut SubprocessTransport<'_>, _fd: u8, data: &[u8]) {
        self.output.extend_from_slice(data);
    }

    fn connection_lost(&mut self, t: &mut SubprocessTransport<'_>, _error: Option<io::Error>) {
        // asyncio's example has to wait for two events; here the last callback means both.
        assert!(t.returncode().is_some(), "a child that is lost has ended");
        let _ = self.exited.send(std::mem::take(&mut self.output));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut event_loop = EventLoop::new()?;
    let (exited, exit_future) = channel();
    let protocol = DateProtocol { output: Vec::new(), exited };
    let stdio = [ChildStdio::Null, ChildStdio::Pipe, ChildStdio::Inherit];
    event_loop.net().spawn(Command::new("date"), stdio, protocol)?;
    event_loop.run()?; // Until the child is lost: nothing is left to do then.

    println!("Current date: {}", String::from_utf8_lossy(&exit_future.try_recv()?).trim_end());
    Ok(())
}
