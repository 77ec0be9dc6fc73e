//! Events and queued calls of datagram sockets: the loop receives a batch, and calls the protocol for each datagram.
//!
//! Datagrams that the protocol sends meanwhile leave together at the end of the batch. Events of other transports are
//! in `dispatch.rs`.

use std::io;

use super::EventLoop;
use super::dispatch::guarded;
use crate::transports::amounts::{Moved, Size, Span};
use crate::transports::ctx::{Call, DatagramRef, Installed};
use crate::transports::datagram::handle::DatagramTransport;
use crate::transports::datagram::socket::Datagram;
use crate::transports::datagram::{BATCH, RecvBatch, Remote};
use crate::transports::error::describe;
use crate::transports::id::{Direction, Id};
use crate::transports::info::{ConnectionEnd, DatagramTotals, Info};
use crate::transports::net::{Label, Net, Slot};
use crate::transports::protocol::DatagramProtocol;

/// How many calls receive from one socket in one turn. With more, one busy port would hold up the other transports.
const RECEIVES_PER_TURN: usize = 8;
/// After this many bytes, no further call receives from the socket in a turn.
const BYTES_PER_TURN: usize = 256 * 1024;

impl EventLoop {
    /// Sends queued datagrams, then receives until there are no more, the protocol pauses, or the budget is spent.
    pub(super) fn datagrams_ready(&mut self, id: Id) {
        if let Some(mut datagram) = self.net.datagram_mut(id).filter(|datagram| datagram.wants_flush()) {
            datagram.flush();
        }
        let mut bytes = 0;
        for _ in 0..RECEIVES_PER_TURN {
            self.run_calls();
            if self.net.cx.replaces_protocol(id) || bytes >= BYTES_PER_TURN {
                break;
            }
            let Some(mut datagram) = self.net.datagram_mut(id) else { return };
            if datagram.throttle() || !datagram.wants_read() {
                return;
            }
            bytes += self.receive_batch(id);
        }
        self.run_calls();
        if let Some(mut datagram) = self.net.datagram_mut(id) {
            datagram.queue_read();
        }
    }

    /// Receives once, and delivers the datagrams. Returns the number of bytes.
    fn receive_batch(&mut self, id: Id) -> usize {
        let Some(mut datagram) = self.net.datagram_mut(id) else { return 0 };
        if !datagram.undelivered.is_empty() {
            return self.deliver_held(id);
        }
        let batch = self.batch.get_or_insert_with(|| Box::new(RecvBatch::new()));
        let batch_len = datagram.batch_len;
        match datagram.io.receive(batch, batch_len) {
            Ok(n) => {
                datagram.receive_failed = false;
                // The next call on a connected socket can return the error of an earlier datagram, without an event.
                datagram.readable = n == batch_len || datagram.connected;
                let bytes = (0..batch.len()).map(|index| batch.get(index).0.len()).sum();
                datagram.batch_len = next_batch_len(batch_len, n, bytes);
                datagram.settle();
                self.pace.note_datagrams(batch.len(), bytes);
                self.deliver_batch(id);
                bytes
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                datagram.readable = false;
                0
            }
            Err(error) => {
                if datagram.next_address_takes_over(&error) {
                    datagram.flush();
                } else {
                    datagram.readable = !std::mem::replace(&mut datagram.receive_failed, true);
                    datagram.call(Call::ErrorReceived(error));
                }
                0
            }
        }
    }

    /// Delivers the batch. A pause holds back the rest.
    fn deliver_batch(&mut self, id: Id) {
        let Some(batch) = self.batch.take() else { return };
        let delivered = self.deliver(id, (0..batch.len()).map(|index| batch.get(index)));
        let rest = (delivered..batch.len()).map(|index| batch.get(index));
        self.hold(id, rest.map(|(data, from)| (data.into(), *from)));
        self.batch = Some(batch);
    }

    /// Delivers the datagrams that a pause has held back. Returns the number of bytes.
    fn deliver_held(&mut self, id: Id) -> usize {
        let Some(mut datagram) = self.net.datagram_mut(id) else { return 0 };
        let held = std::mem::take(&mut datagram.undelivered);
        let delivered = self.deliver(id, held.iter().map(|(data, from)| (&data[..], from)));
        let bytes = held[..delivered].iter().map(|(data, _)| data.len()).sum();
        self.hold(id, held.into_iter().skip(delivered));
        bytes
    }

    /// Delivers datagrams one by one, until the protocol pauses. Returns the number of datagrams.
    fn deliver<'a>(&mut self, id: Id, datagrams: impl Iterator<Item = (&'a [u8], &'a Remote)>) -> usize {
        datagrams.take_while(|(data, from)| self.deliver_one(id, data, from)).count()
    }

    /// Holds back datagrams for later, unless the socket is closing.
    fn hold(&mut self, id: Id, rest: impl Iterator<Item = (Box<[u8]>, Remote)>) {
        if let Some(mut datagram) = self.net.datagram_mut(id).filter(|datagram| !datagram.state.is_closing()) {
            datagram.undelivered.extend(rest);
        }
    }

    /// Delivers one datagram. Returns false if the protocol does not want it now.
    fn deliver_one(&mut self, id: Id, data: &[u8], from: &Remote) -> bool {
        if !self.net.cx.calls.is_empty() {
            self.run_calls();
            if self.net.cx.replaces_protocol(id) {
                return false;
            }
        }
        let Self { net, handlers, .. } = self;
        let Some(Slot::Datagram(datagram)) = net.slots.get_mut(id) else { return false };
        let Some(Installed::Datagram(protocol)) = handlers.get_mut(id.index()) else { return false };
        if !datagram.delivers() {
            return false;
        }
        if !datagram.access.admits(from.address().ip()) {
            log::debug!("{}: denied a datagram from {from}", Label(net, id));
            return true;
        }
        if datagram.own.as_mut().is_some_and(|own| own.is_sender(from, net.cx.now)) {
            log::info!("{}: no answer to {from}: the datagram claims to come from this socket", Label(net, id));
            return true;
        }
        datagram.last_activity = net.cx.now;
        datagram.counts.received += 1;
        datagram.totals.received += data.len() as u64;
        DatagramRef { id, slot: datagram, cx: &mut net.cx }.show(Direction::Read, Some(from), data);
        log::trace!("{}: {} bytes from {from}", Label(net, id), data.len());
        if let Err(error) = guarded(|| protocol.datagram_received(&mut DatagramTransport { net, id }, data, from)) {
            self.end_after_panic(id, error);
        }
        true
    }
}

/// Makes one call of `protocol`.
pub(super) fn datagram_call(net: &mut Net, id: Id, protocol: &mut dyn DatagramProtocol, call: Call) {
    let t = &mut DatagramTransport { net, id };
    match call {
        Call::ConnectionMade => {
            if let Some(mut datagram) = t.net.datagram_mut(id) {
                datagram.state.made();
            }
            log_opened(t);
            protocol.connection_made(t);
            // Datagrams that are here already can have had their event.
            if let Some(mut datagram) = net.datagram_mut(id) {
                datagram.queue_read();
            }
        }
        Call::PauseWriting => {
            log::debug!("{}: {} wait, pausing", Label(t.net, id), Size(t.write_buffer_size() as u64));
            protocol.pause_writing(t);
        }
        Call::ResumeWriting => {
            log::debug!("{}: {} wait, resuming", Label(t.net, id), Size(t.write_buffer_size() as u64));
            protocol.resume_writing(t);
        }
        Call::Timer(timer) => protocol.timer_fired(t, timer),
        Call::ErrorReceived(error) => {
            log::debug!("{}: {}", Label(t.net, id), describe(&error));
            protocol.error_received(t, error);
        }
        Call::ConnectionFailed(error) => protocol.connection_failed(t, error),
        Call::ConnectionLost(error) => {
            t.net.cx.last_end = Some(ConnectionEnd::InOrder);
            log_closed(t);
            protocol.connection_lost(t, error);
        }
        // Datagram sockets have no such calls.
        _ => (),
    }
}

/// How many messages to receive by the next call. The last call received `received` of at most `batch_len` messages,
/// with `bytes` bytes in all. A batch must fit into the budget, because a pause holds back all of it.
fn next_batch_len(batch_len: usize, received: usize, bytes: usize) -> usize {
    if bytes > BYTES_PER_TURN {
        (received * BYTES_PER_TURN / bytes).max(1)
    } else if received == batch_len && bytes * 2 <= BYTES_PER_TURN {
        (batch_len * 2).min(BATCH)
    } else {
        batch_len
    }
}

fn log_opened(t: &DatagramTransport<'_>) {
    if !log::log_enabled!(log::Level::Info) {
        return;
    }
    if let Info { number, peer: Some(peer), local: Some(local), .. } = t.info() {
        let hears_all = t.net.slots.datagram(t.id).is_some_and(|datagram| !datagram.connected);
        let answers = if hears_all { ", accepting answers from any host" } else { "" };
        log::info!("{number}sending to udp {peer} from {local}{answers}");
    }
}

fn log_closed(t: &DatagramTransport<'_>) {
    let Some(datagram) = t.net.slots.datagram(t.id) else { return };
    let name = Label(t.net, t.id);
    let lost = datagram.io.dropped();
    if lost > 0 {
        log::warn!("{name}: at least {lost} datagrams are lost: the receive buffer was full");
    }
    if !log::log_enabled!(log::Level::Info) {
        return;
    }
    let Datagram { counts: DatagramTotals { received, sent, dropped }, totals, .. } = datagram;
    let time = t.net.now().duration_since(datagram.opened);
    let bytes_in = Moved { bytes: totals.received, direction: "in", time };
    let bytes_out = Moved { bytes: totals.sent, direction: "out", time };
    let rest = if *dropped > 0 { format!("; {dropped} dropped") } else { String::new() };
    let [received, sent] = [received, sent].map(|n| format!("{n} datagram{}", if *n == 1 { "" } else { "s" }));
    log::info!("{name} closed after {}: {received}, {bytes_in}; {sent}, {bytes_out}{rest}", Span(time));
}
