//! How many datagrams a run is for (`--count`): shared by the protocols of all its sockets.

use std::cell::Cell;
use std::rc::Rc;

/// Counts datagrams down; clones count together.
#[derive(Clone, Debug)]
pub struct Quota(Option<Rc<Cell<u64>>>);

impl Quota {
    /// `None` is never used up.
    #[must_use]
    pub fn new(count: Option<u64>) -> Self {
        Self(count.map(|count| Rc::new(Cell::new(count))))
    }

    /// Takes one; true where that was the last one.
    pub(super) fn takes_last(&self) -> bool {
        let Some(left) = &self.0 else { return false };
        left.set(left.get().saturating_sub(1));
        left.get() == 0
    }

    /// How many are still to come, if that matters.
    pub(super) fn left(&self) -> u64 {
        self.0.as_ref().map_or(0, |left| left.get())
    }
}
