//! asyncio's "UDP echo server", from its documentation of transports and protocols: prints each message, and sends it
//! back.
//!
//! `cargo run --example udp_echo_server [ADDRESS:PORT]`; 127.0.0.1:9999 if none is given, and port 0 takes a free one.
//! The echo of xport itself, `protocols::datagram_echo`, also avoids endless loops with other echo servers.

use std::net::SocketAddr;
use xport::prelude::*;

struct EchoServerProtocol;

impl DatagramProtocol for EchoServerProtocol {
    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], from: &Remote) {
        let message = String::from_utf8_lossy(data);
        println!("Received {message:?} from {from}");

        println!("Send {message:?} to {from}");
        t.sendto(data, Some(from));
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address: SocketAddr = std::env::args().nth(1).as_deref().unwrap_or("127.0.0.1:9999").parse()?;

    let mut event_loop = EventLoop::new()?;
    // One protocol serves all clients: there are no connections.
    let server =
        event_loop.net().bind_udp(address, Stack::OwnFamily, DatagramService::default(), EchoServerProtocol)?;
    if let Some(address) = event_loop.net().listening_on(server) {
        println!("Starting UDP server on {address}");
    }
    event_loop.run()?; // For ever; asyncio's serves for an hour.
    Ok(())
}
