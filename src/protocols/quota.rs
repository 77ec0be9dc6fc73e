//! How many datagrams a run waits for (`--count`). The protocols of all its sockets share the count.

use std::cell::Cell;
use std::rc::Rc;

/// Counts datagrams. Clones share the count.
#[derive(Clone, Debug)]
pub struct CountLimit {
    wanted: Option<u64>,
    received: Rc<Cell<u64>>,
}

impl CountLimit {
    /// `None` is never used up.
    #[must_use]
    pub fn new(wanted: Option<u64>) -> Self {
        Self { wanted, received: Rc::default() }
    }

    /// Counts one. Returns true for the last one.
    pub(super) fn takes_last(&self) -> bool {
        let Some(wanted) = self.wanted else { return false };
        self.received.set(self.received.get() + 1);
        self.received.get() == wanted
    }

    /// Whether all datagrams have come.
    pub(super) fn is_used_up(&self) -> bool {
        self.wanted.is_some_and(|wanted| self.received.get() >= wanted)
    }

    /// How many datagrams have come and how many were wanted, if some are missing.
    pub(super) fn shortfall(&self) -> Option<(u64, u64)> {
        let wanted = self.wanted?;
        (self.received.get() < wanted).then_some((self.received.get(), wanted))
    }
}
