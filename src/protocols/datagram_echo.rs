//! Echo over datagrams: each datagram goes back to its sender. RFC 862, and an example of asyncio's documents.

use std::io;

use log::Level;

use super::loop_guard::{LoopGuard, Refused};
use super::quota::CountLimit;
use super::senders::Senders;
use crate::transports::datagram::Remote;
use crate::transports::datagram::handle::DatagramTransport;
use crate::transports::error::describe;
use crate::transports::protocol::DatagramProtocol;

/// Sends each datagram back, unless an echo server seems to have sent it.
#[derive(Debug)]
pub struct DatagramEcho {
    guard: LoopGuard,
    quota: CountLimit,
    senders: Senders,
}

impl DatagramEcho {
    /// An echo. It ends all sockets that serve on its loop once `quota` is used up. Its transport must mark what it
    /// sends with [`MARK`](super::loop_guard::MARK).
    #[must_use]
    pub fn new(quota: CountLimit) -> Self {
        Self { guard: LoopGuard::new(), quota, senders: Senders::default() }
    }
}

impl DatagramProtocol for DatagramEcho {
    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], from: &Remote) {
        let is_new = self.senders.note(t, from);
        if let Some(refusal) = self.guard.refusal(from, t.net().now()) {
            let why = match refusal {
                Refused::Marked => "an echo server sent the datagram",
                Refused::ServicePort => "a port below 1024 belongs to a service",
                Refused::Loop => "many datagrams without a pause look like a loop",
            };
            // A stranger must not be able to fill the log.
            let level = if is_new || refusal != Refused::ServicePort { Level::Info } else { Level::Debug };
            log::log!(level, "{}no answer to {from}: {why}", t.number());
            return;
        }
        t.sendto(data, Some(from));
        if self.quota.takes_last() {
            t.net().close_listeners();
            t.close();
        }
    }

    fn error_received(&mut self, t: &mut DatagramTransport<'_>, error: io::Error) {
        log::info!("{}cannot send an answer: {}", t.number(), describe(&error));
    }

    fn pause_writing(&mut self, t: &mut DatagramTransport<'_>) {
        t.pause_reading();
    }

    fn resume_writing(&mut self, t: &mut DatagramTransport<'_>) {
        t.resume_reading();
    }
}
