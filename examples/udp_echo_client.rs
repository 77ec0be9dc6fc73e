//! asyncio's "UDP echo client", from its documentation of transports and protocols: sends `Hello World!`, prints the
//! answer, and closes the transport.
//!
//! `cargo run --example udp_echo_client [ADDRESS:PORT]`; 127.0.0.1:9999 if none is given.

use std::io;
use std::net::SocketAddr;
use xport::prelude::*;

struct EchoClientProtocol {
    message: &'static str,
    error: Option<io::Error>,
}

impl DatagramProtocol for EchoClientProtocol {
    fn connection_made(&mut self, t: &mut DatagramTransport<'_>) {
        println!("Send: {:?}", self.message);
        t.sendto(self.message.as_bytes(), None);
    }

    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], _from: &Remote) {
        println!("Received: {:?}", String::from_utf8_lossy(data));

        println!("Close the socket");
        t.close();
    }

    fn error_received(&mut self, t: &mut DatagramTransport<'_>, error: io::Error) {
        println!("Error received: {error}");

        // An error does not end the transport, and no answer will come. asyncio's example would still wait for it.
        self.error = Some(error);
        t.close();
    }

    fn connection_lost(&mut self, t: &mut DatagramTransport<'_>, _error: Option<io::Error>) {
        println!("Connection closed");
        if let Some(error) = self.error.take() {
            t.net().stop_with(error);
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address: SocketAddr = std::env::args().nth(1).as_deref().unwrap_or("127.0.0.1:9999").parse()?;

    let mut event_loop = EventLoop::new()?;
    let protocol = EchoClientProtocol { message: "Hello World!", error: None };
    event_loop.net().connect_udp(address.into(), Dialing::default(), DatagramOptions::default(), protocol);
    event_loop.run()?; // Until the transport is closed: nothing is left to do then.
    Ok(())
}
