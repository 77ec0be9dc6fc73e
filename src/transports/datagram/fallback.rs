//! Going on to another address of a peer where one refuses. The round and its diagram are `candidates.rs`.

use std::io;
use std::net::SocketAddr;

use super::candidates::{Candidates, Round};
use super::io::DatagramIo;
use super::opening::open;
use super::queue::HEADER_BYTES;
use super::socket::Datagram;
use crate::transports::call::Call;
use crate::transports::error::describe;
use crate::transports::id::Id;
use crate::transports::net::{Net, Slot};

/// What is kept of one socket's datagrams until it is settled where they go.
const KEPT_BYTES: usize = 64 * 1024;
/// The same for all sockets of a loop: a relay may have thousands.
const ALL_KEPT_BYTES: usize = 4 * 1024 * 1024;

impl Net {
    /// Keeps a datagram that is about to be sent, for other addresses of its peer.
    pub(super) fn keep_until_settled(&mut self, id: Id, data: &[u8]) {
        if self.candidates(id).is_some_and(|candidates| candidates.round == Round::Over) {
            self.begin_round(id);
        }
        let all = self.kept_bytes;
        let Some(candidates) = self.candidates(id) else { return };
        let bytes = data.len() + HEADER_BYTES;
        if candidates.kept_bytes + bytes > KEPT_BYTES || all + bytes > ALL_KEPT_BYTES {
            return self.settle(id);
        }
        candidates.kept.push(data.into());
        candidates.kept_bytes += bytes;
        self.kept_bytes += bytes;
    }

    /// The address that the socket has is the right one, or the socket is gone. Legal at any time.
    pub(crate) fn settle(&mut self, id: Id) {
        let Some(mut candidates) = self.datagram_mut(id).and_then(|datagram| datagram.candidates.take()) else {
            return;
        };
        self.kept_bytes -= candidates.forget();
    }

    /// All addresses have refused, and something is sent once more: it goes to the first one, where somebody may listen
    /// by now.
    fn begin_round(&mut self, id: Id) {
        let Some(candidates) = self.candidates(id) else { return };
        let forgotten = candidates.forget();
        candidates.round = Round::Trying;
        let (from, to) = (candidates.current, candidates.addresses[candidates.first]);
        candidates.current = candidates.first;
        self.kept_bytes -= forgotten;
        if let Err(error) = self.go_to(id, to) {
            log::debug!("connect {to}: {}", describe(&error));
            // The round begins where the socket is.
            if let Some(candidates) = self.candidates(id) {
                (candidates.current, candidates.first) = (from, from);
            }
        }
        let Some(datagram) = self.datagram_mut(id) else { return };
        let sent = (datagram.counts.sent, datagram.totals.sent);
        if let Some(candidates) = &mut datagram.candidates {
            candidates.sent_before = sent;
        }
    }

    /// An error has come back of what was sent: the next address takes over, or the protocol is told. Then what is
    /// queued is sent.
    pub(super) fn refused(&mut self, id: Id, error: io::Error) {
        if !self.next_address_takes_over(id, &error) {
            self.cx.calls.push_back((id, Call::ErrorReceived(error)));
        }
        self.flush_datagrams(id);
    }

    /// Has the next address take over where one refuses; false where there is none.
    pub(crate) fn next_address_takes_over(&mut self, id: Id, error: &io::Error) -> bool {
        if !self.datagram(id).is_some_and(|datagram| datagram.may_go_elsewhere(error)) {
            return false;
        }
        while let Some(address) = self.candidates(id).and_then(Candidates::next) {
            match self.go_to(id, address) {
                Ok(()) => {
                    self.send_again(id, address, error);
                    return true;
                }
                Err(error) => log::debug!("connect {address}: {}", describe(&error)),
            }
        }
        false
    }

    /// Turns the socket to another address: the same one, or a new one of the other family.
    fn go_to(&mut self, id: Id, address: SocketAddr) -> io::Result<()> {
        let Some(Slot::Datagram(datagram)) = self.slots.get_mut(id) else { return Ok(()) };
        let (DatagramIo::Socket(socket), Some(candidates)) = (&datagram.io, &datagram.candidates) else {
            return Ok(());
        };
        if socket.local_addr()?.is_ipv4() == address.is_ipv4() {
            socket.connect(&address.into())?;
        } else {
            let io = DatagramIo::Socket(open(address, &candidates.dialing, &datagram.options)?);
            io.register(&self.cx.registry, id)?;
            datagram.io = io;
        }
        (datagram.readable, datagram.writable, datagram.receive_failed) = (true, true, false);
        Ok(())
    }

    /// Sends to the present address what an earlier one has refused.
    fn send_again(&mut self, id: Id, address: SocketAddr, error: &io::Error) {
        let now = self.cx.now;
        let Some(datagram) = self.datagram_mut(id) else { return };
        let Some(candidates) = &datagram.candidates else { return };
        log::info!("{}; trying {address}", describe(error));
        datagram.queue.clear();
        candidates.kept.iter().for_each(|data| datagram.queue.push(data, None));
        (datagram.counts.sent, datagram.totals.sent) = candidates.sent_before;
        datagram.last_activity = now;
        self.queue_ready(id);
    }

    fn candidates(&mut self, id: Id) -> Option<&mut Candidates> {
        self.datagram_mut(id)?.candidates.as_deref_mut()
    }
}

impl Datagram {
    /// Whether an error says that nobody listens at this address, where there may be others.
    pub(super) fn may_go_elsewhere(&self, error: &io::Error) -> bool {
        use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
        self.candidates.as_ref().is_some_and(|candidates| candidates.round == Round::Trying)
            && matches!(error.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable)
    }
}
