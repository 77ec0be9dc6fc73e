//! asyncio's "UDP echo client", from its documents on transports and protocols: sends `Hello World!`, prints the
//! answer, and closes the transport.
//!
//! `cargo run --example udp_echo_client [ADDRESS:PORT]`; 127.0.0.1:9999 if none is given.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Sender, channel};

use xport::event_loop::EventLoop;
use xport::transports::address::HostPort;
use xport::transports::connect::{ConnectError, Dialing};
use xport::transports::datagram::Remote;
use xport::transports::datagram::handle::DatagramTransport;
use xport::transports::datagram::opening::DatagramOptions;
use xport::transports::protocol::DatagramProtocol;

struct EchoClientProtocol {
    message: &'static str,
    error: Option<io::Error>,
    /// Tells `main` how it ended; asyncio's future `on_con_lost`.
    outcome: Sender<Result<(), Box<dyn Error>>>,
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

        // An error does not end the transport, and no answer will come: asyncio's waits for it all the same.
        self.error = Some(error);
        t.close();
    }

    fn connection_lost(&mut self, _t: &mut DatagramTransport<'_>, _error: Option<io::Error>) {
        println!("Connection closed");
        let _ = self.outcome.send(self.error.take().map_or(Ok(()), |error| Err(error.into())));
    }

    fn connection_failed(&mut self, _t: &mut DatagramTransport<'_>, error: ConnectError) {
        let _ = self.outcome.send(Err(error.into()));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = std::env::args().nth(1).as_deref().unwrap_or("127.0.0.1:9999").parse()?;
    let target = HostPort::from(address);

    let mut event_loop = EventLoop::new()?;
    let (outcome, on_con_lost) = channel();
    let protocol = EchoClientProtocol { message: "Hello World!", error: None, outcome };
    event_loop.net().connect_udp(target, Dialing::default(), DatagramOptions::default(), protocol);
    event_loop.run()?; // Until the transport is closed: nothing is left to do then.
    on_con_lost.try_recv()?
}
