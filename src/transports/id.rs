//! Ids with a generation, and the arena of slots that they name.
//!
//! Each use of a slot has another generation, so an old id finds nothing. A stale id is normal and no error: an event
//! of the same batch, a late timer, a peer that has just gone. `net.rs` says what a slot holds.

use std::fmt;

/// Names one transport or listener of a loop. After the transport is lost, the id is stale and never names another one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id {
    index: u32,
    generation: u32,
}

impl Id {
    pub(crate) fn index(self) -> usize {
        self.index as usize
    }

    /// Packs the id and a direction into what mio carries through `epoll(7)`.
    pub(crate) fn token(self, direction: Direction) -> mio::Token {
        let low = (self.index << 1) | u32::from(direction == Direction::Write);
        mio::Token(((self.generation as usize) << 32) | low as usize)
    }

    /// The reverse of [`token`](Self::token).
    pub(crate) fn from_token(token: mio::Token) -> (Self, Direction) {
        let low = token.0 & 0xffff_ffff;
        let direction = if low & 1 == 0 { Direction::Read } else { Direction::Write };
        // Both halves of the token were 32 bits wide when it was made.
        (Self { index: (low >> 1) as u32, generation: (token.0 >> 32) as u32 }, direction)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot {}.{}", self.index, self.generation)
    }
}

/// Which descriptor of a transport an event is about. A socket has one descriptor for both directions: `Read`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// A vector of slots that are reused with a new generation.
#[derive(Debug)]
pub(crate) struct Arena<T> {
    slots: Vec<ArenaSlot<T>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct ArenaSlot<T> {
    generation: u32,
    value: Option<T>,
}

/// A token has room for both numbers of an id.
const _: () = assert!(usize::BITS == 64, "xport needs 64-bit tokens");

/// The number of slots. A token has 31 bits for the slot, and the last of these values is the token of the waker. No
/// machine has as many descriptors.
const SLOTS_MAX: usize = (1 << 31) - 1;

impl<T> Arena<T> {
    pub(crate) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }

    /// Puts `value` into a free slot, or a new one.
    pub(crate) fn insert(&mut self, value: T) -> Id {
        if let Some(index) = self.free.pop() {
            let slot = &mut self.slots[index as usize];
            slot.value = Some(value);
            return Id { index, generation: slot.generation };
        }
        assert!(self.slots.len() < SLOTS_MAX, "more transports than descriptors can exist");
        let index = self.slots.len() as u32;
        self.slots.push(ArenaSlot { generation: 0, value: Some(value) });
        Id { index, generation: 0 }
    }

    pub(crate) fn get(&self, id: Id) -> Option<&T> {
        let slot = self.slots.get(id.index())?;
        if slot.generation == id.generation { slot.value.as_ref() } else { None }
    }

    pub(crate) fn get_mut(&mut self, id: Id) -> Option<&mut T> {
        let slot = self.slots.get_mut(id.index())?;
        if slot.generation == id.generation { slot.value.as_mut() } else { None }
    }

    /// Two different values at once.
    pub(crate) fn get_pair_mut(&mut self, a: Id, b: Id) -> Option<(&mut T, &mut T)> {
        let [first, second] = self.slots.get_disjoint_mut([a.index(), b.index()]).ok()?;
        if (first.generation, second.generation) != (a.generation, b.generation) {
            return None;
        }
        Some((first.value.as_mut()?, second.value.as_mut()?))
    }

    /// Takes the value out. From now on `id` is stale.
    pub(crate) fn remove(&mut self, id: Id) -> Option<T> {
        let slot = self.slots.get_mut(id.index())?;
        if slot.generation != id.generation {
            return None;
        }
        let value = slot.value.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(id.index);
        Some(value)
    }

    /// All values, by slot.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Id, &T)> {
        self.slots.iter().zip(0..).filter_map(|(slot, index)| {
            let id = Id { index, generation: slot.generation };
            slot.value.as_ref().map(|value| (id, value))
        })
    }

    /// The same, to be changed.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (Id, &mut T)> {
        self.slots.iter_mut().zip(0..).filter_map(|(slot, index)| {
            let id = Id { index, generation: slot.generation };
            slot.value.as_mut().map(|value| (id, value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_a_reused_slot_is_stale() {
        let mut arena = Arena::new();
        let first = arena.insert("first");
        assert_eq!(arena.remove(first), Some("first"));
        let second = arena.insert("second");
        assert_eq!(first.index(), second.index());
        assert_eq!(arena.get(first), None);
        assert_eq!(arena.remove(first), None);
        assert_eq!(arena.get(second), Some(&"second"));
    }

    #[test]
    fn a_token_carries_id_and_half() {
        let id = Id { index: 0x7fff_fffe, generation: 0xffff_fff0 };
        for direction in [Direction::Read, Direction::Write] {
            assert_eq!(Id::from_token(id.token(direction)), (id, direction));
        }
    }
}
