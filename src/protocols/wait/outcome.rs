//! The outcome of a try, and the box in which the watch finds it.
//!
//! A try cannot call the watch: only the loop calls protocols. So it puts its outcome into the box and wakes the watch.

use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;

use crate::protocols::report::Failure;
use crate::transports::connect::{ConnectError, ConnectErrorKind};
use crate::transports::error::describe;
use crate::transports::id::Id;
use crate::transports::net::Net;

/// What a try has found out.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The service is up.
    Up,
    /// No service is there: refused, without a host, silent, or without a name.
    Absent(Failure),
    /// The service has answered, but not as a service that is up. The text says how.
    Answered(Failure, String),
    /// The service is not up, but something is there, or this machine has failed.
    NotUp(Failure),
}

impl Outcome {
    /// The outcome of a try that could not connect. `is_plain` says that a connection alone proves that the service is
    /// up.
    pub(super) fn of_connecting(error: &ConnectError, is_plain: bool) -> Self {
        match error.kind() {
            // The peer has accepted, and has reset the connection since.
            ConnectErrorKind::Reset if is_plain => Self::Up,
            _ if error.is_absent() => Self::Absent(Failure::from(error)),
            ConnectErrorKind::Tls => {
                let why = error.source().and_then(|source| source.downcast_ref()).map(describe);
                let answer = why.map(|why| format!("it answered ({why})")).unwrap_or_default();
                Self::Answered(Failure::from(error), answer)
            }
            _ => Self::NotUp(Failure::from(error)),
        }
    }
}

/// The outcomes that the watch has not seen yet.
#[derive(Debug)]
pub(super) struct Outbox {
    watch: Id,
    outcomes: RefCell<Vec<(usize, Outcome)>>,
}

impl Outbox {
    /// A box that wakes `watch`.
    pub(super) fn new(watch: Id) -> Rc<Self> {
        Rc::new(Self { watch, outcomes: RefCell::default() })
    }

    /// Takes all outcomes, each with the number of its service.
    pub(super) fn take(&self) -> Vec<(usize, Outcome)> {
        self.outcomes.take()
    }
}

/// The right of a try to tell its outcome, once.
#[derive(Debug)]
pub(super) struct Slip(Option<(Rc<Outbox>, usize)>);

impl Slip {
    pub(super) fn new(outbox: &Rc<Outbox>, service: usize) -> Self {
        Self(Some((Rc::clone(outbox), service)))
    }

    /// Whether the outcome was told.
    pub(super) fn is_used(&self) -> bool {
        self.0.is_none()
    }

    /// Tells the outcome. Only the first one counts.
    pub(super) fn tell(&mut self, net: &mut Net, outcome: Outcome) {
        let Some((outbox, service)) = self.0.take() else { return };
        outbox.outcomes.borrow_mut().push((service, outcome));
        net.call_soon(outbox.watch);
    }
}
