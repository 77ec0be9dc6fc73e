//! Handles events and timers: reads, flushes, and calls the protocol.
//!
//! A panic in a callback ends its transport. The loop and the other transports go on. asyncio does this for an
//! exception in `data_received` (`_fatal_error`), and this loop for every callback.
//!
//! Every loop here is bounded. A slot that is cut short goes to the back of the run queue.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::EventLoop;
use crate::transports::ctx::{Call, DatagramRef, Installed, StreamRef};
use crate::transports::flow::Filled;
use crate::transports::handle::Transport;
use crate::transports::id::{Direction, Id};
use crate::transports::net::{Net, Slot};
use crate::transports::number::Number;
use crate::transports::process::STDIN;
use crate::transports::protocol::{Eof, Handler};
use crate::transports::state::Phase;
use crate::transports::timers::{Alarm, Due, TimerId};

/// Reads of one stream in one turn, so that one busy peer does not hold up the others. libuv has 32.
const READS_PER_TURN: usize = 16;
/// After this many bytes, no further read of the stream begins in a turn.
const READ_BYTES_PER_TURN: usize = 256 * 1024;

/// The readiness of one descriptor. It can be outdated, so the calls decide.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) id: Id,
    pub(super) direction: Direction,
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// The peer has ended its direction, or a read will give an error.
    pub(super) read_ended: bool,
    /// Written bytes will never be read: there is an error, or both directions are over.
    pub(super) write_dead: bool,
}

impl Event {
    pub(super) fn from_mio(event: &mio::event::Event) -> Self {
        let (id, direction) = Id::from_token(event.token());
        let read_ended = event.is_read_closed() || event.is_error();
        let write_dead = event.is_write_closed() || event.is_error();
        Self {
            id,
            readable: direction == Direction::Read && (event.is_readable() || read_ended),
            writable: event.is_writable() || write_dead,
            read_ended: direction == Direction::Read && read_ended,
            write_dead,
            direction,
        }
    }
}

impl EventLoop {
    /// Handles one event. The transport is looked up once, and again only after a callback, which can have changed
    /// anything.
    pub(super) fn event(&mut self, event: Event) {
        let id = event.id;
        match self.net.slots.get_mut(id) {
            Some(Slot::Stream(stream)) => {
                let mut stream = StreamRef { id, slot: stream, cx: &mut self.net.cx };
                // A terminal is reported as writable after each line that it has shown. If the messages of xport are
                // such lines, a message for each event would be an endless loop.
                if stream.note_event(event.readable, event.writable, event.read_ended) || event.write_dead {
                    log::trace!("{}: {event:?}", stream.label());
                }
                if stream.state.phase() == Phase::Connecting {
                    stream.race_ready();
                } else if stream.is_only_unacknowledged() {
                    stream.await_acknowledgement();
                } else if event.write_dead && stream.only_an_event_tells(event.direction) {
                    self.sink_gone(id);
                } else {
                    let filled = fill_at_once(stream, &mut self.handlers, &mut self.scratch);
                    self.read(id, filled);
                    return;
                }
                self.run_calls();
                self.stream_ready(id);
            }
            Some(Slot::Listener(listener)) => {
                listener.readable = true;
                self.accept_ready(id);
            }
            Some(Slot::Datagram(datagram)) => {
                datagram.readable |= event.readable;
                // An old error says nothing about this event.
                datagram.receive_failed &= !event.readable;
                datagram.send_failed &= !event.writable;
                datagram.writable |= event.writable;
                self.datagrams_ready(id);
            }
            Some(Slot::Process(_)) => self.process_ready(id),
            // The id is stale: its slot was freed in this turn.
            None => (),
        }
    }

    /// Runs a slot of the run queue.
    pub(super) fn run_ready(&mut self, id: Id) {
        match self.net.slots.get_mut(id) {
            Some(Slot::Stream(stream)) => {
                stream.queued = false;
                self.stream_ready(id);
            }
            Some(Slot::Listener(listener)) => {
                listener.queued = false;
                self.accept_ready(id);
            }
            Some(Slot::Datagram(datagram)) => {
                datagram.queued = false;
                self.datagrams_ready(id);
            }
            Some(Slot::Process(_)) | None => (),
        }
    }

    /// Sends what waits on a stream, and reads.
    fn stream_ready(&mut self, id: Id) {
        let Some(stream) = self.net.stream_mut(id) else { return };
        let filled = fill_at_once(stream, &mut self.handlers, &mut self.scratch);
        self.read(id, filled);
    }

    /// What a stream writes is no longer read. For the stdin of a child, this notes how much the child has left.
    fn sink_gone(&mut self, id: Id) {
        if let Some(Installed::Pipe { process, number: STDIN }) = self.handlers.get(id.index()) {
            let unread = self.net.subprocess_transport(*process).unread_input();
            if let Some(mut child) = self.net.process_mut(*process) {
                child.unread = unread;
            }
        }
        if let Some(mut stream) = self.net.stream_mut(id) {
            stream.sink_gone();
        }
    }

    /// Reads and delivers bytes until there are no more, the protocol pauses, or the budget is spent. Returns the
    /// number of bytes.
    pub(super) fn read(&mut self, id: Id, filled: Option<Filled>) -> usize {
        let first = usize::from(filled.is_some());
        let mut bytes = filled.map_or(0, |filled| self.hand_on(id, filled));
        for _ in first..READS_PER_TURN {
            if bytes >= READ_BYTES_PER_TURN {
                break;
            }
            // A queued call may install another protocol, which then gets the next bytes.
            if self.net.cx.has_calls() {
                self.run_calls();
                if self.net.cx.replaces_protocol(self.receiver(id)) {
                    break;
                }
            }
            let Some(mut stream) = self.net.stream_mut(id) else { return bytes };
            let filled = if stream.throttle() {
                None
            } else if stream.is_forwarded() {
                self.net.forward_once(id, &mut self.scratch)
            } else if stream.wants_read() {
                Some(fill(stream, &mut self.handlers, &mut self.scratch))
            } else {
                None
            };
            let Some(filled) = filled else { return bytes };
            bytes += self.hand_on(id, filled);
        }
        self.run_calls();
        if let Some(mut stream) = self.net.stream_mut(id) {
            stream.queue_read();
        }
        bytes
    }

    /// Hands the outcome of one read to the protocol. Returns the number of bytes.
    fn hand_on(&mut self, id: Id, filled: Filled) -> usize {
        match filled {
            Filled::Bytes(n) => {
                self.bytes_received(id, n);
                return n;
            }
            Filled::Gone(n) => return n,
            Filled::End => self.read_ended(id),
            Filled::NotNow => (),
            Filled::Failed(error) => {
                if let Some(mut stream) = self.net.stream_mut(id) {
                    stream.force_close(Some(error), false);
                }
            }
            Filled::Panicked(error) => self.end_after_panic(id, error),
        }
        0
    }

    /// Calls the protocol with the first `n` bytes of its own buffer or of `scratch`.
    fn bytes_received(&mut self, id: Id, n: usize) {
        let Self { net, handlers, scratch, pace, .. } = self;
        let t = &mut Transport { net, id };
        let outcome = match handlers.get_mut(id.index()) {
            Some(&mut Installed::Pipe { process, number }) => return self.pipe_data(process, number, n),
            Some(Installed::Protocol(handler)) => {
                pace.note_read(id, n);
                guarded(|| match handler {
                    Handler::Plain(protocol) => protocol.data_received(t, &scratch[..n]),
                    Handler::Buffered(protocol) => protocol.buffer_updated(t, n),
                })
            }
            _ => return,
        };
        if let Err(error) = outcome {
            self.end_after_panic(id, error);
        }
    }

    /// The peer has ended its direction.
    fn read_ended(&mut self, id: Id) {
        let Self { net, handlers, .. } = self;
        let Some(mut stream) = net.stream_mut(id) else { return };
        if stream.state.was_reset() && !stream.has_protected_end() {
            // A write has taken the error, and the rest of a reset looks like an end.
            return stream.force_close(None, false);
        }
        let discards = stream.state.discards();
        if stream.is_stdio() {
            log::debug!("stdin has ended");
        } else {
            log::debug!("{} has ended its direction", stream.label());
        }
        stream.note_eof();
        match handlers.get_mut(id.index()) {
            // Nothing more can come from a pipe of a child, so the stream ends.
            Some(Installed::Pipe { .. }) => stream.force_close(None, false),
            Some(Installed::Protocol(handler)) if !discards => {
                match guarded(|| handler.eof_received(&mut Transport { net, id })) {
                    Ok(Eof::Close) => net.transport(id).close(),
                    Ok(Eof::KeepOpen) => (),
                    Err(error) => self.end_after_panic(id, error),
                }
            }
            _ => (),
        }
    }

    /// The resolver has woken the loop.
    pub(super) fn take_answers(&mut self) {
        while let Some((id, answer)) = self.net.cx.resolver.next_answer() {
            self.net.resolved(id, answer);
            self.run_calls();
        }
    }

    /// A timer is due.
    pub(super) fn fire(&mut self, timer: TimerId, due: Due) {
        match due {
            Due::LookAtPeers => self.net.cx.look_at_peers(&mut self.net.slots),
            Due::Rearm => self.net.cx.rearm_idle(&mut self.net.slots),
            Due::Protocol(id) => self.call(id, Call::Timer(timer)),
            Due::Slot(id, alarm) => slot_alarm(&mut self.net, id, alarm),
        }
    }

    /// Puts right what a panic in a callback can leave behind.
    pub(super) fn note_panic(&mut self) {
        #[cfg(test)]
        {
            self.has_panicked = true;
        }
        // The panic may have left `Net::with_number`.
        self.net.cx.numbers.shared = Number::NONE;
    }

    /// Ends the transport whose protocol has panicked. A stream is reset, so that it does not look complete. A child is
    /// killed.
    pub(super) fn end_after_panic(&mut self, id: Id, error: io::Error) {
        self.note_panic();
        // Calls that wait for this protocol are dropped, except its last one.
        self.net.cx.calls.retain(|(whose, call)| *whose != id || call.is_last());
        let Net { slots, cx } = &mut self.net;
        match slots.get_mut(id) {
            Some(Slot::Stream(stream)) => StreamRef { id, slot: stream, cx }.force_close(Some(error), true),
            Some(Slot::Datagram(datagram)) => DatagramRef { id, slot: datagram, cx }.force_close(),
            Some(Slot::Process(_)) => self.net.subprocess_transport(id).close(),
            Some(Slot::Listener(_)) | None => (),
        }
    }
}

/// Makes a call of a protocol. A panic in it is an error, with the message of the panic.
pub(super) fn guarded<R>(call: impl FnOnce() -> R) -> io::Result<R> {
    // After a panic, a protocol hears of nothing but the end, so that its own state does not matter. Transports are
    // consistent whenever a protocol is called.
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| io::Error::other(message(&*payload)))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("a callback has panicked: {}", text.unwrap_or("no message"))
}

/// An alarm of the transport or listener in a slot is due.
fn slot_alarm(net: &mut Net, id: Id, alarm: Alarm) {
    match alarm {
        Alarm::ConnectNext => net.with_connecting(id, |transport| transport.connect_next()),
        Alarm::ConnectTimeout => net.with_connecting(id, |transport| transport.connect_timed_out()),
        Alarm::Ending => net.subprocess_transport(id).go_on_ending(),
        Alarm::Opening => net.transport(id).with(|stream| stream.opening_timed_out()),
        Alarm::FlowIdle => net.transport(id).with(|stream| stream.check_flow()),
        Alarm::CloseTimeout => net.transport(id).with(|stream| stream.close_timed_out()),
        Alarm::Acknowledgement => net.transport(id).with(|stream| stream.await_acknowledgement()),
        Alarm::HangUp => net.transport(id).with(|stream| stream.hung_up()),
        Alarm::LostWrite => net.transport(id).with(|stream| stream.check_lost_write()),
        Alarm::Refusal => net.datagram_transport(id).with(|datagram| datagram.refusal_timed_out()),
        Alarm::AcceptRetry => {
            if let Some(Slot::Listener(listener)) = net.slots.get_mut(id) {
                listener.retry(id, &mut net.cx);
            }
        }
    }
}

/// Sends buffered bytes, and reads unless a callback or another stream comes first.
fn fill_at_once(mut stream: StreamRef<'_>, handlers: &mut [Installed], scratch: &mut [u8]) -> Option<Filled> {
    if stream.wants_write() {
        stream.flush();
    } else if stream.source_waits {
        stream.wake_source();
    }
    let reads = stream.cx.calls.is_empty() && !stream.is_forwarded() && !stream.throttle() && stream.wants_read();
    reads.then(|| fill(stream, handlers, scratch))
}

/// Reads once, into the memory of a `BufferedProtocol` or into `scratch`.
fn fill(mut stream: StreamRef<'_>, handlers: &mut [Installed], scratch: &mut [u8]) -> Filled {
    let discards = stream.state.discards();
    let protocol_reads = !discards && !stream.is_negotiating();
    let len = scratch.len();
    let buffer = match handlers.get_mut(stream.id.index()) {
        Some(Installed::Protocol(Handler::Buffered(protocol))) if protocol_reads => {
            match guarded(|| protocol.get_buffer(len)) {
                Ok([]) => {
                    let error = io::Error::other("get_buffer has given an empty buffer");
                    stream.force_close(Some(error), true);
                    return Filled::NotNow;
                }
                Ok(buffer) => buffer,
                Err(error) => return Filled::Panicked(error),
            }
        }
        _ => scratch,
    };
    match stream.fill(buffer) {
        Filled::Bytes(n) if discards => Filled::Gone(n),
        filled => filled,
    }
}
