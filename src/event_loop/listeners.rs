//! Events of listeners: the loop accepts connections, and makes a protocol for each.

use super::EventLoop;
use super::dispatch::guarded;
use crate::transports::accept::Accepted;
use crate::transports::ctx::{Call, Installed};
use crate::transports::error::describe;
use crate::transports::id::Id;
use crate::transports::net::{Label, Slot};

/// How many connections one listener accepts in a turn.
const ACCEPTS_PER_TURN: usize = 64;

impl EventLoop {
    /// Accepts until no client waits, none may come in, or the budget is spent.
    pub(super) fn accept_ready(&mut self, id: Id) {
        for _ in 0..ACCEPTS_PER_TURN {
            match self.net.accept(id) {
                Accepted::Stream(stream) => self.accepted(id, stream),
                Accepted::PassedOver => (),
                Accepted::NotNow => return,
            }
        }
        if let Some(Slot::Listener(listener)) = self.net.slots.get_mut(id) {
            listener.queue_ready(id, &mut self.net.cx);
        }
    }

    /// Gives a new protocol to an accepted stream, and makes its first calls.
    fn accepted(&mut self, listener: Id, stream: Id) {
        let Some(Installed::Factory(factory)) = self.handlers.get_mut(listener.index()) else {
            return self.net.remove(stream);
        };
        let handler = match guarded(factory) {
            Ok(handler) => handler,
            Err(error) => {
                self.note_panic();
                log::warn!("{}: {}", Label(&self.net, stream), describe(&error));
                return self.net.remove(stream);
            }
        };
        self.install(stream, Installed::Protocol(handler));
        self.call(stream, Call::ConnectionMade);
        self.run_calls();
    }
}
