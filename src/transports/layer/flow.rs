//! How bytes pass through the layers of a stream, and how its openings follow each other. `../tls/flow.rs` has the part
//! of TLS.

use std::fmt;
use std::io::{self, IoSlice};
use std::time::{Duration, Instant};

use super::negotiation::Step;
use super::{LayerStack, Opening, pass_down};
use crate::transports::admission::Admission;
use crate::transports::connect::error::ConnectError;
use crate::transports::ctx::{Call, StreamRef};
use crate::transports::dump::{Dump, Tap};
use crate::transports::error::{describe, hint};
use crate::transports::flow::Filled;
use crate::transports::id::Direction;
use crate::transports::info::{Peer, Totals};
use crate::transports::io::Io;
use crate::transports::state::Phase;
use crate::transports::timers::Alarm;
use crate::transports::tls::layer::RECORD_BYTES;

/// How long a peer may take to read why a layer has failed, and to close the connection.
const ALERT_TIMEOUT: Duration = Duration::from_secs(1);

/// Memory for the plaintext of one record, and for the ciphertext that completes it.
const DECRYPTED_BYTES: usize = 2 * RECORD_BYTES;

impl StreamRef<'_> {
    /// Queues openings, which delay the moment when the stream is open. A stream that is connected begins at once,
    /// unless another opening is under way.
    pub(crate) fn open_by(&mut self, openings: impl IntoIterator<Item = Opening>) {
        let stack = self.stack.get_or_insert_default();
        let is_first = stack.opening.is_none();
        stack.opening.get_or_insert_default().extend(openings);
        if is_first && self.state.phase() != Phase::Connecting {
            self.next_opening();
        }
    }

    /// Begins the next opening. The stream is open if there is none.
    pub(crate) fn next_opening(&mut self) {
        let Some(stack) = self.stack.as_deref_mut() else { return };
        if let Some(negotiation) = stack.negotiation_mut() {
            let (first, limit) = (negotiation.start(), negotiation.time_limit());
            self.arm(limit, Alarm::Opening);
            self.write_down(&[IoSlice::new(&first)]);
            return self.queue_read();
        }
        match stack.opening.as_mut().and_then(|queue| queue.pop_front()) {
            Some(Opening::Encrypt(tls)) => {
                if tls.was_agreed() {
                    log::debug!("{}: the server agrees to TLS", self.label());
                }
                self.begin_handshake(tls);
            }
            _ => self.opened(),
        }
    }

    /// Shows bytes of the stream, if there is a dump.
    pub(crate) fn show(&mut self, direction: Direction, data: &[u8]) {
        self.with_tap(|dump, tap, now, end| dump.bytes(tap, direction, now, end, data));
    }

    /// Shows the end of a direction.
    pub(crate) fn show_end(&mut self, direction: Direction) {
        self.with_tap(|dump, tap, now, end| dump.end(tap, direction, now, end));
    }

    /// Shows the error that has ended the stream.
    pub(crate) fn show_loss(&mut self, error: &io::Error) {
        self.with_tap(|dump, tap, now, end| dump.loss(tap, now, end, error));
    }

    fn with_tap(&mut self, show: impl FnOnce(&mut Dump, &mut Tap, Instant, &dyn fmt::Display)) {
        let Some(tap) = self.slot.stack.as_deref_mut().and_then(|stack| stack.tap.as_mut()) else { return };
        if let Some(dump) = &mut self.cx.dump {
            show(dump, tap, self.cx.now, self.slot.peer.as_deref().unwrap_or(&Peer::Unnamed));
        }
    }

    /// A layer is ready. The next opening begins, or the bytes that were written meanwhile are sent.
    pub(crate) fn layer_ready(&mut self) {
        let Some(stack) = self.stack.as_deref() else { return };
        if stack.opening.is_some() {
            return self.next_opening();
        }
        if !self.state.is_closing() {
            self.call(Call::TlsStarted);
        }
        self.send_early();
    }

    /// All openings are done.
    fn opened(&mut self) {
        let Some(stack) = self.stack.as_deref_mut() else { return };
        stack.opening = None;
        self.disarm();
        // Bytes of negotiations are not those of a protocol.
        self.totals = Totals::default();
        match self.admission {
            Admission::Opening(listener) => {
                self.admission = Admission::Waiting(listener);
                self.call(Call::Admit);
            }
            _ => self.call(Call::ConnectionMade),
        }
        self.send_early();
    }

    /// Sends the bytes that were written while the layers were not ready.
    fn send_early(&mut self) {
        let early = self.stack.as_deref_mut().map(|stack| std::mem::take(&mut stack.early));
        self.write_through(&[IoSlice::new(&early.unwrap_or_default())]);
        self.flush();
    }

    /// The stream is lost before it was open. Returns the call that ends it. An accepted connection is forgotten, as no
    /// protocol knows of it.
    pub(crate) fn opening_failed(&mut self, error: Option<io::Error>) -> Call {
        let what = self.stack.as_deref().map_or("connection", LayerStack::name_of_opening);
        if !self.admission.is_pending() {
            let failure = |error| ConnectError::of_opening(what, self.peer.as_deref().unwrap_or(&Peer::Unnamed), error);
            return Call::ConnectionFailed(error.map_or_else(ConnectError::given_up, failure));
        }
        self.cx.admissions.pending.retain(|waiting| *waiting != self.id);
        if let Some(error) = error {
            let (number, name) = (self.number, self.peer.as_deref().unwrap_or(&Peer::Unnamed));
            log::warn!("{number}{what} with {name}: {}", describe(&error));
            if let Some(hint) = hint(&error) {
                log::warn!("{number}{hint}");
            }
        }
        // Frees the descriptor. No protocol will ask for its address.
        self.io = Io::Connecting;
        Call::Forget
    }

    /// The current opening has taken too long.
    pub(crate) fn opening_timed_out(&mut self) {
        let Some(stack) = self.stack.as_deref() else { return };
        let error = match (stack.negotiation(), stack.tls.as_deref()) {
            (Some(negotiation), _) => negotiation.timed_out(),
            (None, Some(tls)) => tls.timed_out(),
            (None, None) => return,
        };
        self.force_close(Some(error), true);
    }

    /// A layer has failed. If the bytes that tell the peer why can still be sent, they are sent before the stream is
    /// lost.
    pub(crate) fn layer_failed(&mut self, error: io::Error, is_told: bool) {
        let stream = &mut *self.slot;
        // Nothing can be sent behind our own end.
        if !is_told || !stream.state.flushes() || !stream.state.close() {
            return self.force_close(Some(error), false);
        }
        if let Some(stack) = stream.stack.as_deref_mut() {
            (stack.failed, stack.event) = (Some(error), None);
        }
        self.arm(ALERT_TIMEOUT, Alarm::CloseTimeout);
        self.flush();
        self.queue_ready();
    }

    /// [`fill`](Self::fill) of a stream that is not bare.
    pub(crate) fn fill_by_layers(&mut self, buffer: &mut [u8]) -> Filled {
        let stream = &mut *self.slot;
        let discards = stream.state.discards();
        if stream.has_failed_layer() {
            // The peer is being told, and nothing that it sends has a receiver.
            return self.fill_up(buffer, true);
        }
        if stream.stack.as_deref().is_some_and(|stack| stack.negotiation().is_some()) {
            return self.negotiate(buffer);
        }
        if !discards && let Some(n) = self.take_unread(buffer) {
            return Filled::Bytes(n);
        }
        let Some(stack) = self.stack.as_deref_mut() else { return Filled::NotNow };
        if let Some(event) = stack.event.take() {
            return self.tell_event(event);
        }
        // TLS decrypts into the memory of a protocol, if that is large enough.
        if stack.lower.is_empty() && (stack.tls.is_none() || buffer.len() >= DECRYPTED_BYTES) {
            let filled = self.fill_up(buffer, discards);
            if let Filled::Bytes(n) = filled {
                self.note_received(&buffer[..n]);
            }
            return filled;
        }
        let mut below = vec![0; DECRYPTED_BYTES];
        match self.fill_up(&mut below, discards) {
            Filled::Bytes(n) => self.take_received(&below[..n]),
            Filled::End if !discards => return self.cut().map_or(Filled::End, Filled::Failed),
            filled => return filled,
        }
        self.take_unread(buffer).map_or(Filled::NotNow, Filled::Bytes)
    }

    /// A lower layer has found the end of the peer or an error. The bytes before it have been delivered.
    fn tell_event(&mut self, event: io::Result<()>) -> Filled {
        let Err(error) = event else { return Filled::End };
        self.fail_with_answer(error);
        Filled::NotNow
    }

    /// A layer or a negotiation has failed, and its answer is on its way. The ends of the layers follow the answer.
    fn fail_with_answer(&mut self, error: io::Error) {
        let last = self.take_closing_bytes(false);
        self.slot.out.append(&[IoSlice::new(&last)], 0, &mut self.cx.buffer_pool);
        self.layer_failed(error, true);
    }

    /// Passes received bytes up through the lower layers. They wait in the stream until its protocol reads.
    pub(crate) fn take_received(&mut self, data: &[u8]) {
        let Some(stack) = self.stack.as_deref_mut() else { return };
        let (bytes, answer) = stack.receive(data);
        let is_last = stack.event.is_some();
        let stream = &*self.slot;
        // A peer that asks and never reads must not fill the memory. Nothing follows the closing bytes.
        let has_room = is_last || !stream.out.flow.is_paused();
        if has_room && stream.state.flushes() && stream.closing.last_bytes == 0 {
            self.write_framed(&answer, 0);
        }
        self.note_received(&bytes);
        if !self.state.discards() {
            self.unread(&bytes);
        }
        self.queue_read();
    }

    /// Counts and shows received bytes of a protocol.
    fn note_received(&mut self, data: &[u8]) {
        self.totals.received += data.len() as u64;
        if !(data.is_empty() || self.state.discards()) {
            self.show(Direction::Read, data);
        }
    }

    /// Fills `buffer` through TLS, if it is there. With `discards`, the bytes are not wanted.
    fn fill_up(&mut self, buffer: &mut [u8], discards: bool) -> Filled {
        if self.tls().is_some() && !self.has_failed_layer() {
            return self.fill_by_tls(buffer, discards);
        }
        // These bytes are counted above the layers.
        self.read_uncounted(buffer)
    }

    /// Reads bytes of the peer for the current negotiation, and does its next step.
    fn negotiate(&mut self, buffer: &mut [u8]) -> Filled {
        match self.fill_up(buffer, false) {
            Filled::Bytes(n) => self.take_early(&buffer[..n]),
            Filled::End => {
                let negotiation = self.stack.as_deref().and_then(LayerStack::negotiation);
                let error = negotiation.map(|negotiation| negotiation.error(negotiation.ended()));
                self.force_close(error, true);
            }
            filled => return filled,
        }
        Filled::NotNow
    }

    /// Hands on bytes that have come with the end of an opening. They belong to what comes after it.
    pub(crate) fn hand_up(&mut self, data: &[u8]) {
        if self.is_negotiating() {
            self.unread(data);
        } else if !data.is_empty() {
            self.take_received(data);
        }
    }

    /// Takes in bytes during a negotiation or a handshake, to which they belong.
    pub(crate) fn take_early(&mut self, data: &[u8]) {
        let Some(negotiation) = self.stack.as_deref_mut().and_then(LayerStack::negotiation_mut) else {
            return self.take_early_ciphertext(data);
        };
        match negotiation.feed(data) {
            Step::Wait => (),
            Step::Send(bytes) => self.write_down(&[IoSlice::new(&bytes)]),
            Step::Failed(why) => {
                let (error, words) = (negotiation.error(why), negotiation.take_last_words());
                if words.is_empty() {
                    return self.force_close(Some(error), true);
                }
                self.write_down(&[IoSlice::new(&words)]);
                self.fail_with_answer(error);
            }
            Step::Ready => {
                let (words, rest) = (negotiation.take_last_words(), negotiation.take_rest());
                let (greeting, layer) = (negotiation.take_greeting(), negotiation.take_layer());
                self.write_down(&[IoSlice::new(&words)]);
                if let Some(stack) = self.stack.as_deref_mut() {
                    stack.greeting.extend(greeting);
                    stack.lower.extend(layer);
                    if let Some(queue) = stack.opening.as_mut() {
                        queue.pop_front();
                    }
                }
                self.next_opening();
                self.hand_up(&rest);
            }
        }
    }

    /// Hands the greeting of a negotiation to the protocol, before all other bytes. The stream is open.
    pub(crate) fn hand_on_greeting(&mut self) {
        let greeting = self.stack.as_deref_mut().map(|stack| std::mem::take(&mut stack.greeting));
        let greeting = greeting.unwrap_or_default();
        self.totals.received += greeting.len() as u64;
        self.unread(&greeting);
    }

    /// [`write`](Self::write) of a stream that is not bare.
    pub(crate) fn write_by_layers(&mut self, bufs: &[IoSlice<'_>]) {
        if !self.is_negotiating() {
            return self.write_through(bufs);
        }
        if let Some(stack) = self.stack.as_deref_mut() {
            bufs.iter().for_each(|buf| stack.early.extend_from_slice(buf));
        }
    }

    /// Sends bytes of a protocol through all layers.
    fn write_through(&mut self, bufs: &[IoSlice<'_>]) {
        let changed = self.stack.as_deref_mut().and_then(|stack| pass_down(&mut stack.upper, bufs));
        let whole = changed.as_deref().map(|bytes| [IoSlice::new(bytes)]);
        let bufs = whole.as_ref().map_or(bufs, |whole| whole);
        for buf in bufs.iter().filter(|buf| !buf.is_empty()) {
            self.show(Direction::Write, buf);
        }
        let framed = self.stack.as_deref_mut().and_then(|stack| pass_down(&mut stack.lower, bufs));
        let Some(framed) = framed else { return self.write_down(bufs) };
        self.write_framed(&framed, bufs.iter().map(|buf| buf.len() as u64).sum());
    }

    /// Sends bytes of which the total counts only those that a protocol has written.
    fn write_framed(&mut self, data: &[u8], written: u64) {
        let before = self.totals.sent;
        self.write_down(&[IoSlice::new(data)]);
        self.totals.sent = before + written;
    }

    /// Sends bytes through TLS, if it is there, to the stream.
    fn write_down(&mut self, bufs: &[IoSlice<'_>]) {
        if bufs.iter().all(|buf| buf.is_empty()) {
            return;
        }
        match self.tls() {
            Some(_) => self.write_by_tls(bufs),
            None => self.write_out(bufs),
        }
    }
}
