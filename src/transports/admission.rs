//! Which accepted connections have a place under the limit of their listener, and which ones wait for a place.
//!
//! ```text
//!                  openings done                a place is free
//!   Opening(listener) -------> Waiting(listener) -----------> Admitted: counts against the limit, connection_made
//!       |                          |
//!       +------ lost, evicted -----+---> forgotten: no protocol hears of it
//! ```
//!
//! A connection without openings is admitted at once. All others are *pending accepts* first, so that a client without
//! a valid handshake takes no place. `layer/mod.rs` defines openings, and `admit.rs` admits.

use super::id::Id;
use super::own_listeners::OwnListeners;
use super::timers::TimerId;

/// The listeners of a loop, the places under their limits, and the connections that want a place.
#[derive(Debug, Default)]
pub struct Admissions {
    /// Listeners, and datagram sockets that serve clients.
    pub(crate) listeners: Vec<Id>,
    /// The addresses of those that belong to no other program.
    pub(crate) own: OwnListeners,
    /// How many connections, or children in their stead, have a place.
    pub(crate) taken: usize,
    /// Whether a connection has ever had a place.
    pub(crate) has_served: bool,
    /// Accepted connections without a place, the oldest first.
    pub(crate) pending: Vec<Id>,
    /// Protocols that want to know when a client waits for a place, with the timers that tell them.
    pub(crate) waiters: Vec<(Id, TimerId)>,
}

impl Admissions {
    /// Whether a listener or a datagram socket is open for clients. A listener for one client closes when that client
    /// is admitted.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        !self.listeners.is_empty()
    }

    /// Whether a client has ever been admitted. asyncio has nothing like it.
    #[must_use]
    pub fn has_served(&self) -> bool {
        self.has_served
    }

    /// How many connections, or children in their place, count against the limits of listeners.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.taken
    }

    /// A connection has got a place.
    pub(crate) fn take(&mut self) {
        self.taken += 1;
        self.has_served = true;
    }
}

/// How the limits of listeners concern a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// The limits do not concern the stream.
    None,
    /// This listener has accepted the connection, and the openings are not done.
    Opening(Id),
    /// The openings are done, and the connection waits for a place.
    Waiting(Id),
    Admitted,
}

impl Admission {
    /// The listener of a connection that is not admitted yet.
    pub(crate) fn listener(self) -> Option<Id> {
        match self {
            Self::Opening(listener) | Self::Waiting(listener) => Some(listener),
            Self::None | Self::Admitted => None,
        }
    }

    pub(crate) fn is_pending(self) -> bool {
        self.listener().is_some()
    }

    /// Whether the stream counts against the limits of listeners.
    pub(crate) fn counts(self) -> bool {
        self == Self::Admitted
    }
}
