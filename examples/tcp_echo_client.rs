//! asyncio's "TCP echo client", from its documents on transports and protocols: sends `Hello World!`, prints what comes
//! back, and waits for the server to close.
//!
//! `cargo run --example tcp_echo_client [ADDRESS:PORT]`; 127.0.0.1:8888 if none is given.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Sender, channel};

use xport::event_loop::EventLoop;
use xport::transports::address::HostPort;
use xport::transports::connect::{ConnectError, Dialing};
use xport::transports::handle::Transport;
use xport::transports::protocol::Protocol;

struct EchoClientProtocol {
    message: &'static str,
    /// Tells `main` how it ended; asyncio's future `on_con_lost`.
    outcome: Sender<Result<(), Box<dyn Error>>>,
}

impl Protocol for EchoClientProtocol {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        t.write(self.message.as_bytes());
        println!("Data sent: {:?}", self.message);
    }

    fn data_received(&mut self, _t: &mut Transport<'_>, data: &[u8]) {
        println!("Data received: {:?}", String::from_utf8_lossy(data));
    }

    fn connection_lost(&mut self, _t: &mut Transport<'_>, error: Option<io::Error>) {
        println!("The server closed the connection");
        let _ = self.outcome.send(error.map_or(Ok(()), |error| Err(error.into())));
    }

    fn connection_failed(&mut self, _t: &mut Transport<'_>, error: ConnectError) {
        let _ = self.outcome.send(Err(error.into()));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = std::env::args().nth(1).as_deref().unwrap_or("127.0.0.1:8888").parse()?;
    let target = HostPort::from(address);

    let mut event_loop = EventLoop::new()?;
    let (outcome, on_con_lost) = channel();
    let protocol = EchoClientProtocol { message: "Hello World!", outcome };
    event_loop.net().connect_tcp(target, Dialing::default(), protocol);
    event_loop.run()?; // Until the connection is lost: nothing is left to do then.
    on_con_lost.try_recv()?
}
