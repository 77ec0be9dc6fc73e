//! What an event or a queued call does to a datagram socket: receive a batch, and call the protocol for each.
//!
//! What the protocol sends meanwhile is collected, and leaves together at the end of the batch. The rest of the
//! dispatch is `dispatch.rs`.

use std::io;

use super::EventLoop;
use super::guard::guarded;
use crate::transports::call::{Call, Installed};
use crate::transports::ctx::DatagramRef;
use crate::transports::datagram::handle::DatagramTransport;
use crate::transports::datagram::{BATCH, RecvBatch, Remote};
use crate::transports::error::describe;
use crate::transports::id::{Direction, Id};
use crate::transports::label::Label;
use crate::transports::net::{Net, Slot};
use crate::transports::protocol::DatagramProtocol;

/// Calls that receive from one socket in one turn: more would let one busy port hold up all the others.
const RECEIVES_PER_TURN: usize = 8;
/// Bytes received from one socket in one turn, for the same reason.
const BYTES_PER_TURN: usize = 256 * 1024;

impl EventLoop {
    /// Sends what waits, then receives until there is no more, nobody wants it, or the budget is spent.
    pub(super) fn datagrams_ready(&mut self, id: Id) {
        if let Some(mut datagram) = self.net.datagram_mut(id).filter(|datagram| datagram.wants_flush()) {
            datagram.flush();
        }
        let mut bytes = 0;
        for _ in 0..RECEIVES_PER_TURN {
            self.run_calls();
            if self.net.cx.replaces(id) || bytes >= BYTES_PER_TURN {
                break;
            }
            if !self.net.datagram(id).is_some_and(|datagram| datagram.wants_read()) {
                return;
            }
            bytes += self.receive_batch(id);
        }
        self.run_calls();
        if let Some(mut datagram) = self.net.datagram_mut(id) {
            datagram.queue_read();
        }
    }

    /// Receives once, and hands what has come to the protocol. How many bytes it was.
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
                // A connected socket may have the error of an earlier datagram next, for which no event would come.
                datagram.readable = n == batch_len || datagram.connected;
                let bytes = (0..batch.len()).map(|index| batch.get(index).0.len()).sum();
                datagram.batch_len = next_batch_len(batch_len, n, bytes);
                datagram.settle();
                self.pace.note_datagrams(batch.len(), bytes);
                self.deliver(id);
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

    /// Hands over the datagrams of the batch, one by one. A pause on the way holds the rest for later.
    fn deliver(&mut self, id: Id) {
        let Some(batch) = self.batch.take() else { return };
        for index in 0..batch.len() {
            let (data, from) = batch.get(index);
            if !self.deliver_one(id, data, from) {
                hold(&mut self.net, id, &batch, index);
                break;
            }
        }
        self.batch = Some(batch);
    }

    /// The same for what a pause has left over.
    fn deliver_held(&mut self, id: Id) -> usize {
        let Some(mut datagram) = self.net.datagram_mut(id) else { return 0 };
        let undelivered = std::mem::take(&mut datagram.undelivered);
        let (mut bytes, mut delivered) = (0, 0);
        while let Some((data, from)) = undelivered.get(delivered) {
            if !self.deliver_one(id, data, from) {
                break;
            }
            bytes += data.len();
            delivered += 1;
        }
        if let Some(mut datagram) = self.net.datagram_mut(id).filter(|datagram| !datagram.is_closing()) {
            datagram.undelivered = undelivered.into_iter().skip(delivered).collect();
        }
        bytes
    }

    /// Hands over one datagram; false where the protocol does not want it now.
    fn deliver_one(&mut self, id: Id, data: &[u8], from: &Remote) -> bool {
        if !self.net.cx.calls.is_empty() {
            self.run_calls();
            if self.net.cx.replaces(id) {
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
            log::debug!("{}: a datagram from {from} is denied", Label(net, id));
            return true;
        }
        if datagram.own.as_mut().is_some_and(|own| own.is(from, net.cx.now)) {
            log::info!("{}: no answer to {from}: the datagram claims to come from this socket", Label(net, id));
            return true;
        }
        datagram.last_activity = net.cx.now;
        datagram.counts.received += 1;
        datagram.totals.received += data.len() as u64;
        DatagramRef { id, datagram, cx: &mut net.cx }.show(Direction::Read, Some(from), data);
        log::trace!("{}: {} bytes from {from}", Label(net, id), data.len());
        if let Err(error) = guarded(|| protocol.datagram_received(&mut DatagramTransport { net, id }, data, from)) {
            self.end_after_panic(id, error);
        }
        true
    }

    /// Makes one call about a datagram socket.
    pub(super) fn datagram_call(&mut self, id: Id, call: Call) {
        let ends = call.is_last();
        let Self { net, handlers, .. } = self;
        let Some(Installed::Datagram(protocol)) = handlers.get_mut(id.index()) else { return };
        let told = guarded(|| socket_call(net, id, &mut **protocol, call));
        if ends {
            self.forget(id);
        } else if let Err(error) = told {
            self.end_after_panic(id, error);
        }
    }
}

/// Makes one call about a datagram socket.
fn socket_call(net: &mut Net, id: Id, protocol: &mut dyn DatagramProtocol, call: Call) {
    let t = &mut DatagramTransport { net, id };
    match call {
        Call::ConnectionMade => {
            if let Some(mut datagram) = t.net.datagram_mut(id) {
                datagram.made();
            }
            log_opened(t);
            protocol.connection_made(t);
            // What was there before may have had its event already.
            if let Some(mut datagram) = net.datagram_mut(id) {
                datagram.queue_read();
            }
        }
        Call::PauseWriting => {
            log::debug!("{}: {} bytes wait, pausing", Label(t.net, id), t.write_buffer_size());
            protocol.pause_writing(t);
        }
        Call::ResumeWriting => {
            log::debug!("{}: {} bytes wait, resuming", Label(t.net, id), t.write_buffer_size());
            protocol.resume_writing(t);
        }
        Call::Timer(timer) => protocol.timer_fired(t, timer),
        Call::ErrorReceived(error) => {
            log::debug!("{}: {}", Label(t.net, id), describe(&error));
            protocol.error_received(t, error);
        }
        Call::ConnectionFailed(error) => protocol.connection_failed(t, error),
        Call::ConnectionLost(error) => {
            log_closed(t);
            protocol.connection_lost(t, error);
        }
        // What does not go with this kind of slot.
        _ => (),
    }
}

/// How many messages to receive at once after `received` of `batch_len`, which had `bytes`: as many as fit into the
/// budget, since a pause may make us hold them.
fn next_batch_len(batch_len: usize, received: usize, bytes: usize) -> usize {
    if bytes > BYTES_PER_TURN {
        (received * BYTES_PER_TURN / bytes).max(1)
    } else if received == batch_len && bytes * 2 <= BYTES_PER_TURN {
        (batch_len * 2).min(BATCH)
    } else {
        batch_len
    }
}

/// Keeps what is left of a batch from `first` on, unless the socket is closing.
fn hold(net: &mut Net, id: Id, batch: &RecvBatch, first: usize) {
    let Some(mut datagram) = net.datagram_mut(id).filter(|datagram| !datagram.is_closing()) else { return };
    let rest = (first..batch.len()).map(|index| batch.get(index));
    datagram.undelivered.extend(rest.map(|(data, from)| (data.into(), *from)));
}

fn log_opened(t: &DatagramTransport<'_>) {
    if !log::log_enabled!(log::Level::Info) {
        return;
    }
    if let Some(peer) = t.info().peer {
        let hears_all = t.net.datagram(t.id).is_some_and(|datagram| !datagram.connected);
        log::info!("sending to {peer}{}", if hears_all { ", accepting answers from any host" } else { "" });
    }
}

fn log_closed(t: &DatagramTransport<'_>) {
    let Some(datagram) = t.net.datagram(t.id) else { return };
    let (counts, name) = (datagram.counts, Label(t.net, t.id));
    let lost = datagram.io.dropped();
    if lost > 0 {
        log::warn!("{name}: lost at least {lost} datagrams: the receive buffer was full");
    }
    let dropped = if counts.dropped > 0 { format!(", {} dropped", counts.dropped) } else { String::new() };
    log::info!("closed {name}: {} datagrams received, {} sent{dropped}", counts.received, counts.sent);
}
