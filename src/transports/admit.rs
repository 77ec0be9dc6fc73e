//! Admitting: a connection whose openings are done gets a place under the limit of its listener, or waits for one. The
//! states are in `admission.rs`.

use std::io;
use std::os::fd::AsFd;

use super::admission::{Admission, Admissions};
use super::ctx::{Call, Ctx};
use super::id::Id;
use super::net::{Net, Slot};
use super::stream::Stream;
use super::timers::TimerId;
use crate::sys::socket;

impl Net {
    /// Admits connections whose openings are done, as far as the limits of their listeners allow.
    pub(crate) fn admit_ready(&mut self) {
        let mut index = 0;
        while let Some(&id) = self.cx.admissions.pending.get(index) {
            let has_place = |listener| match self.slots.get(listener) {
                Some(Slot::Listener(listener)) => listener.has_place(self.cx.admissions.taken),
                _ => false,
            };
            let listener = match self.slots.stream(id).map(|stream| stream.admission) {
                Some(Admission::Waiting(listener)) if has_place(listener) => listener,
                _ => {
                    index += 1;
                    continue;
                }
            };
            self.cx.admissions.pending.remove(index);
            if let Some(mut stream) = self.stream_mut(id) {
                stream.admission = Admission::Admitted;
                stream.call(Call::ConnectionMade);
                self.cx.admissions.take();
            }
            if self.slots.get(listener).is_some_and(Slot::serves_one) {
                self.close_listeners();
            }
            index = 0;
        }
    }

    /// Drops the connection whose openings have lasted longest, and returns whether there was one. A connection that
    /// has failed goes first, because it only waits for its client to read why.
    pub(crate) fn evict_slowest_pending(&mut self) -> bool {
        let pending = &self.cx.admissions.pending;
        let first = |is: fn(&Stream) -> bool| pending.iter().copied().find(|id| self.slots.stream(*id).is_some_and(is));
        let (id, error) = match first(Stream::has_failed_layer) {
            Some(failed) => (failed, None),
            None => {
                let Some(slowest) = first(Stream::is_negotiating) else { return false };
                (slowest, Some(io::Error::other("too many other connections are being opened")))
            }
        };
        if let Some(mut stream) = self.stream_mut(id) {
            stream.force_close(error, true);
        }
        true
    }

    /// Calls `timer_fired` of `id`'s protocol when a client waits for a place under the limit of its listener. Calls it
    /// also when no listener is left, as the run is about to end then. asyncio has nothing like it.
    pub fn call_when_client_waits(&mut self, id: Id) -> TimerId {
        let timer = self.cx.timers.name(self.cx.now);
        self.cx.admissions.waiters.push((id, timer));
        if self.cx.admissions.listeners.is_empty() {
            self.cx.release_waiters();
        }
        self.tell_of_waiting_clients();
        timer
    }

    /// Fires the timers of [`call_when_client_waits`](Self::call_when_client_waits) if a client waits.
    pub(crate) fn tell_of_waiting_clients(&mut self) {
        let waits = |id: &Id| match self.slots.get(*id) {
            Some(Slot::Stream(stream)) => matches!(stream.admission, Admission::Waiting(_)),
            // A latch that is set is no proof: the last client may have been the only one.
            Some(Slot::Listener(listener)) => socket::has_waiting(listener.socket.as_fd()),
            _ => false,
        };
        let Admissions { listeners, pending, waiters, .. } = &self.cx.admissions;
        if !waiters.is_empty() && (pending.iter().any(waits) || listeners.iter().any(waits)) {
            self.cx.release_waiters();
        }
    }
}

impl Ctx {
    /// Fires the timers of `call_when_client_waits`.
    pub(crate) fn release_waiters(&mut self) {
        let calls = self.admissions.waiters.drain(..).map(|(id, timer)| (id, Call::Timer(timer)));
        self.calls.extend(calls);
    }
}
