//! asyncio's "Connecting existing sockets", from its documentation of transports and protocols: registers an open
//! socket to wait for data with a protocol.
//!
//! `cargo run --example connect_existing_socket`

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use xport::prelude::*;

struct MyProtocol;

impl Protocol for MyProtocol {
    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        println!("Received: {}", String::from_utf8_lossy(data));

        // We are done: close the transport; connection_lost will be called automatically.
        t.close();
    }

    fn connection_lost(&mut self, _t: &mut Transport<'_>, _error: Option<io::Error>) {
        println!("The socket has been closed");
    }
}

fn main() -> io::Result<()> {
    // Create a pair of connected sockets.
    let (rsock, mut wsock) = UnixStream::pair()?;

    // Register the socket to wait for data.
    let mut event_loop = EventLoop::new()?;
    event_loop.net().adopt(rsock, MyProtocol)?;

    // Simulate the reception of data from the network. Unlike asyncio's `close`, this one gives the peer some seconds
    // to end, so that the peer loses no bytes. This peer ends at once.
    wsock.write_all(b"abc")?;
    drop(wsock);

    event_loop.run()
}
