//! Changes to the next address of a peer when the present one refuses. The diagram is in `candidates.rs`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::candidates::Round;
use super::io::DatagramIo;
use super::opening::open;
use super::queue::HEADER_BYTES;
use super::socket::Datagram;
use crate::transports::ctx::{Call, DatagramRef};
use crate::transports::error::describe;
use crate::transports::timers::{Alarm, Due};

/// How many sent bytes one socket keeps for further addresses.
const KEPT_BYTES: usize = 64 * 1024;
/// The same for all sockets of a loop together: a relay can have thousands.
const ALL_KEPT_BYTES: usize = 4 * 1024 * 1024;

/// How long a closing socket waits for a refusal. A network seldom takes longer to answer, and a machine only under
/// overload.
const REFUSAL_TIMEOUT: Duration = Duration::from_millis(250);

impl DatagramRef<'_> {
    /// Keeps a copy of a datagram for further addresses of the peer.
    pub(super) fn keep_until_settled(&mut self, data: &[u8]) {
        if self.candidates.as_ref().is_some_and(|candidates| candidates.round == Round::Over) {
            self.begin_round();
        }
        let Some(candidates) = &mut self.slot.candidates else { return };
        let bytes = data.len() + HEADER_BYTES;
        if candidates.kept_bytes + bytes > KEPT_BYTES || self.cx.cork.kept_bytes + bytes > ALL_KEPT_BYTES {
            return self.settle();
        }
        candidates.kept.push(data.into());
        candidates.kept_bytes += bytes;
        self.cx.cork.kept_bytes += bytes;
    }

    /// Stops keeping datagrams: the present address is the right one, or the socket is lost. Legal at any time.
    pub(crate) fn settle(&mut self) {
        if let Some(mut candidates) = self.candidates.take() {
            self.cx.cork.kept_bytes -= candidates.forget();
            if let Some(timer) = candidates.refusal_timer {
                self.cx.timers.cancel(timer);
            }
        }
    }

    /// Starts a new round with the first address. All addresses have refused, but a peer may listen there by now.
    fn begin_round(&mut self) {
        let sent = (self.counts.sent, self.totals.sent);
        let Some(candidates) = &mut self.slot.candidates else { return };
        self.cx.cork.kept_bytes -= candidates.forget();
        candidates.round = Round::Trying;
        candidates.sent_before = sent;
        let (from, to) = (candidates.current, candidates.addresses[candidates.first]);
        candidates.current = candidates.first;
        if let Err(error) = self.go_to(to) {
            log::debug!("{}connect {to}: {}", self.number, describe(&error));
            // The round begins with the present address instead.
            if let Some(candidates) = &mut self.candidates {
                (candidates.current, candidates.first) = (from, from);
            }
        }
    }

    /// Handles an error of a sent datagram: changes to the next address, or tells the protocol. Then it sends queued
    /// datagrams.
    pub(super) fn refused(&mut self, error: io::Error) {
        if !self.next_address_takes_over(&error) {
            self.call(Call::ErrorReceived(error));
        }
        self.flush();
    }

    /// Everything is sent, and the socket closes. With another address left, it first waits for a refusal.
    pub(super) fn close_unless_refused(&mut self) {
        if let Some(error) = self.candidates.is_some().then(|| self.io.take_error()).flatten() {
            return self.refused(error);
        }
        let quiet = self.cx.now.duration_since(self.last_activity);
        match (&mut self.slot.candidates, REFUSAL_TIMEOUT.checked_sub(quiet)) {
            (Some(candidates), Some(rest)) if candidates.has_next() => {
                if candidates.refusal_timer.is_none() {
                    candidates.refusal_timer = Some(self.cx.timers.arm(rest, Due::Slot(self.id, Alarm::Refusal)));
                    log::debug!("{}: everything is sent, waiting for a refusal", self.label());
                }
            }
            _ => self.force_close(),
        }
    }

    /// A closing socket has waited long enough for a refusal.
    pub(crate) fn refusal_timed_out(&mut self) {
        match self.io.take_error() {
            Some(error) if self.next_address_takes_over(&error) => self.flush(),
            Some(error) => {
                self.call(Call::ErrorReceived(error));
                self.force_close();
            }
            None => self.force_close(),
        }
    }

    /// Changes to the next address if the error is a refusal. Returns false if there is no next address.
    pub(crate) fn next_address_takes_over(&mut self, error: &io::Error) -> bool {
        if !self.may_go_elsewhere(error) {
            return false;
        }
        while let Some(address) = self.candidates.as_mut().and_then(|candidates| candidates.next()) {
            match self.go_to(address) {
                Ok(()) => {
                    self.send_again(address, error);
                    return true;
                }
                Err(error) => log::debug!("{}connect {address}: {}", self.number, describe(&error)),
            }
        }
        false
    }

    /// Connects the socket to another address. For an address of the other family, a new socket replaces it.
    fn go_to(&mut self, address: SocketAddr) -> io::Result<()> {
        let (DatagramIo::Socket(socket), Some(candidates)) = (&self.io, &self.candidates) else { return Ok(()) };
        if socket.local_addr()?.is_ipv4() == address.is_ipv4() {
            socket.connect(&address.into())?;
        } else {
            let io = DatagramIo::Socket(open(address, &candidates.dialing, &self.options)?);
            io.register(&self.cx.registry, self.id)?;
            self.io = io;
        }
        (self.readable, self.writable) = (true, true);
        (self.receive_failed, self.send_failed) = (false, false);
        Ok(())
    }

    /// Queues the datagrams that the previous address has refused for the current address.
    fn send_again(&mut self, address: SocketAddr, error: &io::Error) {
        let datagram = &mut *self.slot;
        let Some(candidates) = &mut datagram.candidates else { return };
        if let Some(timer) = candidates.refusal_timer.take() {
            self.cx.timers.cancel(timer);
        }
        log::info!("{}{}; trying {address}", datagram.number, describe(error));
        datagram.queue.clear();
        candidates.kept.iter().for_each(|data| datagram.queue.push(data, None));
        (datagram.counts.sent, datagram.totals.sent) = candidates.sent_before;
        datagram.last_activity = self.cx.now;
        self.queue_ready();
    }
}

impl Datagram {
    /// Whether an error is a refusal of the present address, and further addresses may be left.
    pub(super) fn may_go_elsewhere(&self, error: &io::Error) -> bool {
        use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
        self.candidates.as_ref().is_some_and(|candidates| candidates.round == Round::Trying)
            && matches!(error.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable)
    }
}
