//! Admitting: a connection whose openings are done gets a place under the limit of its listener, or waits for one. The
//! states are in `admission.rs`.

use std::io;
use std::os::fd::AsFd;

use super::admission::Admission;
use super::call::Call;
use super::id::Id;
use super::net::{Net, Slot};
use super::stream::Stream;
use super::timers::TimerId;
use crate::sys::socket;

/// Pending accepts, at most: their openings last, have just failed, or are done and there is no place.
const PENDING_ACCEPTS_MAX: usize = 1024;

impl Net {
    /// Admits connections whose openings are done, as far as the limits of their listeners allow.
    pub(crate) fn admit_ready(&mut self) {
        let mut index = 0;
        while let Some(&id) = self.cx.pending_accepts.get(index) {
            let listener = match self.stream(id).map(|stream| stream.admission) {
                Some(Admission::Waiting(listener)) if self.has_place(listener) => listener,
                _ => {
                    index += 1;
                    continue;
                }
            };
            self.cx.pending_accepts.remove(index);
            if let Some(mut stream) = self.stream_mut(id) {
                stream.admission = Admission::Admitted;
                stream.call(Call::ConnectionMade);
                self.accepted += 1;
            }
            self.admitted(listener);
            index = 0;
        }
    }

    /// Makes room for one more pending accept by dropping the oldest one if there are too many. A client that never
    /// finishes its handshake must not keep others out. Returns whether there is room.
    pub(crate) fn make_room_for_pending(&mut self) -> bool {
        self.cx.pending_accepts.len() < PENDING_ACCEPTS_MAX || self.evict_slowest_pending()
    }

    /// Drops the connection whose openings have lasted longest, and returns whether there was one. A connection that
    /// has failed goes first, because it only waits for its client to read why.
    pub(crate) fn evict_slowest_pending(&mut self) -> bool {
        let pending = &self.cx.pending_accepts;
        let first = |is: fn(&Stream) -> bool| pending.iter().copied().find(|id| self.stream(*id).is_some_and(is));
        if let Some(failed) = first(Stream::has_failed_layer) {
            self.force_close(failed, None, true);
            return true;
        }
        let Some(slowest) = first(Stream::is_negotiating) else { return false };
        let error = io::Error::other("too many others are in the middle of theirs");
        self.force_close(slowest, Some(error), true);
        true
    }

    /// Drops the pending accepts of a listener that is closed.
    pub(crate) fn drop_pending_accepts(&mut self, listener: Id) {
        for id in self.cx.pending_accepts.clone() {
            if self.stream(id).is_some_and(|stream| stream.admission.listener() == Some(listener)) {
                self.force_close(id, None, true);
            }
        }
    }

    /// Calls `timer_fired` of `id`'s protocol when a client waits for a place under the limit of its listener. Calls it
    /// also when no listener is left, as the run is about to end then. asyncio has nothing like it.
    pub fn call_when_client_waits(&mut self, id: Id) -> TimerId {
        let timer = self.cx.timers.name(self.cx.now);
        self.client_waiters.push((id, timer));
        if self.listeners.is_empty() {
            self.release_places();
        } else {
            self.tell_of_waiting_clients();
        }
        timer
    }

    pub(crate) fn tell_of_waiting_clients(&mut self) {
        if !self.client_waiters.is_empty() && self.has_waiting_client() {
            self.release_places();
        }
    }

    /// Fires the timers of `call_when_client_waits`.
    pub(crate) fn release_places(&mut self) {
        let calls = self.client_waiters.drain(..).map(|(id, timer)| (id, Call::Timer(timer)));
        self.cx.calls.extend(calls);
    }

    fn has_waiting_client(&self) -> bool {
        let waits = |stream: &Stream| matches!(stream.admission, Admission::Waiting(_));
        let is_pending = self.cx.pending_accepts.iter().any(|id| self.stream(*id).is_some_and(waits));
        is_pending || self.listeners.iter().any(|id| self.has_queue(*id))
    }

    fn has_queue(&self, id: Id) -> bool {
        // A latch that is set is no proof: the last client may have been the only one.
        matches!(self.slots.get(id), Some(Slot::Listener(listener)) if socket::has_waiting(listener.socket().as_fd()))
    }

    /// Whether the limit of a listener allows one more connection.
    pub(crate) fn has_place(&mut self, id: Id) -> bool {
        let open = self.accepted;
        self.listener_mut(id).is_some_and(|listener| listener.options.limit.is_none_or(|limit| open < limit))
    }

    /// A connection is admitted.
    pub(crate) fn admitted(&mut self, id: Id) {
        if self.listener_mut(id).is_some_and(|listener| listener.options.once) {
            self.close_listeners();
        }
    }
}
