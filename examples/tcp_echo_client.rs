//! asyncio's "TCP echo client", from its documentation of transports and protocols: sends `Hello World!`, prints the
//! answer, and waits for the server to close.
//!
//! `cargo run --example tcp_echo_client [ADDRESS:PORT]`; 127.0.0.1:8888 if none is given.

use std::io;
use std::net::SocketAddr;
use xport::prelude::*;

struct EchoClientProtocol {
    message: &'static str,
}

impl Protocol for EchoClientProtocol {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        t.write(self.message.as_bytes());
        println!("Data sent: {:?}", self.message);
    }

    fn data_received(&mut self, _t: &mut Transport<'_>, data: &[u8]) {
        println!("Data received: {:?}", String::from_utf8_lossy(data));
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        println!("The server closed the connection");
        if let Some(error) = error {
            t.net().stop_with(error);
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address: SocketAddr = std::env::args().nth(1).as_deref().unwrap_or("127.0.0.1:8888").parse()?;

    let mut event_loop = EventLoop::new()?;
    let protocol = EchoClientProtocol { message: "Hello World!" };
    event_loop.net().connect_tcp(address.into(), Dialing::default(), protocol);
    event_loop.run()?; // Until the connection is lost. A connection that is refused is an error of the run.
    Ok(())
}
