//! Shows the certificates of a server, and leaves: `--show-chain`.
//!
//! Nothing is sent. The certificates are shown even if they are refused, because they say why.

use std::time::SystemTime;

use super::report::{Failure, Reporter};
use crate::transports::connect::ConnectError;
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::protocol::Protocol;
use crate::transports::tls::show::{SeenChain, show};

/// The protocol of a connection over TLS whose peer has to show its certificates.
#[derive(Debug)]
pub struct ShowChain {
    seen: SeenChain,
    stdout: Id,
    reporter: Reporter,
}

impl ShowChain {
    /// Writes what is in `seen` to `stdout`, a stream in the background, once the handshake is over.
    #[must_use]
    pub fn new(seen: SeenChain, stdout: Id, reporter: Reporter) -> Self {
        Self { seen, stdout, reporter }
    }

    fn write(&self, net: &mut Net) {
        let chain = self.seen.take();
        if chain.is_empty() {
            return;
        }
        let mut stdout = net.transport(self.stdout);
        // The run lasts until stdout has taken everything.
        stdout.set_background(false);
        stdout.write(show(&chain, SystemTime::now()).as_bytes());
        stdout.close();
    }
}

impl Protocol for ShowChain {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        self.write(t.net());
        // Nothing of the server is wanted, so its end is not waited for.
        t.close_once_delivered();
    }

    fn data_received(&mut self, _t: &mut Transport<'_>, _data: &[u8]) {
        // The connection is closing: nothing that a server says is wanted.
    }

    fn connection_failed(&mut self, t: &mut Transport<'_>, error: ConnectError) {
        self.reporter.tell(Failure::from(&error).of(t.number()));
        self.write(t.net());
    }
}
