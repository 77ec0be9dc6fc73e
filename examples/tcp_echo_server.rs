//! asyncio's "TCP echo server", from its documentation of transports and protocols: prints the message of a client,
//! sends it back, and closes.
//!
//! `cargo run --example tcp_echo_server [ADDRESS:PORT]`; 127.0.0.1:8888 if none is given, and port 0 takes a free one.

use std::net::SocketAddr;
use xport::prelude::*;

struct EchoServerProtocol;

impl Protocol for EchoServerProtocol {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        if let Some(peer) = t.info().peer {
            println!("Connection from {peer}");
        }
    }

    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        let message = String::from_utf8_lossy(data);
        println!("Data received: {message:?}");

        println!("Send: {message:?}");
        t.write(data);

        println!("Close the client socket");
        t.close();
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address: SocketAddr = std::env::args().nth(1).as_deref().unwrap_or("127.0.0.1:8888").parse()?;

    let mut event_loop = EventLoop::new()?;
    let factory = factory(|| EchoServerProtocol);
    let server = event_loop.net().listen_tcp(address, Stack::OwnFamily, Listening::default(), factory)?;
    if let Some(address) = event_loop.net().listening_on(server) {
        println!("Serving on {address}");
    }
    event_loop.run()?; // Does not return, because a listener keeps the loop running.
    Ok(())
}
