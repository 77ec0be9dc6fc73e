//! How many datagrams a run is for (`--count`): shared by the protocols of all its sockets.

use std::cell::Cell;
use std::rc::Rc;

/// Counts datagrams; clones count together.
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

    /// Counts one; true where that was the last one.
    pub(super) fn takes_last(&self) -> bool {
        let Some(wanted) = self.wanted else { return false };
        self.received.set(self.received.get() + 1);
        self.received.get() == wanted
    }

    /// Whether all have come.
    pub(super) fn is_used_up(&self) -> bool {
        self.wanted.is_some_and(|wanted| self.received.get() >= wanted)
    }

    /// How many have come, and how many should have, where that is more.
    pub(super) fn shortfall(&self) -> Option<(u64, u64)> {
        let wanted = self.wanted?;
        (self.received.get() < wanted).then_some((self.received.get(), wanted))
    }
}
