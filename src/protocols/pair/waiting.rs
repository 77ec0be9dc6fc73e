//! Datagrams that wait for a right end, and the places of all senders.
//!
//! `flows.rs` decides which sender has a place, and which one makes room.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::{Rc, Weak};

use crate::transports::datagram::Remote;
use crate::transports::id::Id;
use crate::transports::number::Number;

/// Datagrams for a right end that is not open yet. The left side has the other half, and adds to them.
#[derive(Debug, Default)]
pub struct Waiting(Option<Rc<Kept>>);

/// The datagrams in order, while they wait.
#[derive(Debug)]
pub(super) struct Kept {
    datagrams: RefCell<Vec<Box<[u8]>>>,
    bytes: Cell<usize>,
    /// Bytes that wait for all right ends together.
    all: Rc<Cell<usize>>,
}

/// Limits for one right end. A sender that sends more before there is an answer has to repeat it, as in any network.
const WAITING_DATAGRAMS: usize = 16;
const WAITING_BYTES: usize = 128 * 1024;
/// Limit for all right ends together.
const ALL_WAITING_BYTES: usize = 4 * 1024 * 1024;

impl Waiting {
    /// Two halves: one for the right end, and one for the left side. The second is dead once the right end is open or
    /// has failed.
    pub(super) fn begin(all: Rc<Cell<usize>>) -> (Self, Weak<Kept>) {
        let kept = Rc::new(Kept { datagrams: RefCell::default(), bytes: Cell::new(0), all });
        let half = Rc::downgrade(&kept);
        (Self(Some(kept)), half)
    }

    /// How many datagrams wait.
    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |kept| kept.len())
    }

    /// The half for the left side.
    pub(super) fn half(&self) -> Weak<Kept> {
        self.0.as_ref().map(Rc::downgrade).unwrap_or_default()
    }

    /// Takes the datagrams, because the right end is open.
    pub(super) fn end(self) -> Vec<Box<[u8]>> {
        self.0.map(|kept| kept.datagrams.take()).unwrap_or_default()
    }
}

impl Kept {
    /// Keeps a datagram. Returns false if there is no room.
    pub(super) fn keep(&self, data: &[u8]) -> bool {
        let (bytes, all) = (self.bytes.get() + data.len(), self.all.get() + data.len());
        let mut datagrams = self.datagrams.borrow_mut();
        let fits = datagrams.len() < WAITING_DATAGRAMS && bytes <= WAITING_BYTES && all <= ALL_WAITING_BYTES;
        if fits {
            datagrams.push(data.into());
            self.bytes.set(bytes);
            self.all.set(all);
        }
        fits
    }

    /// How many datagrams wait.
    pub(super) fn len(&self) -> usize {
        self.datagrams.borrow().len()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.all.set(self.all.get() - self.bytes.get());
    }
}

/// A sender: the socket that serves it, and its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) socket: Id,
    pub(super) address: SocketAddr,
}

/// The place of one sender. Its right end keeps the place until everything of it is gone, descriptors included.
#[derive(Debug)]
pub struct FlowPlace {
    /// The right end, which is added to the list when the place is free.
    gone: Option<Gone>,
    places: Rc<FlowPlaces>,
}

/// The places of all senders.
#[derive(Debug, Default)]
pub(super) struct FlowPlaces {
    taken: Cell<usize>,
    /// The right ends that are gone.
    gone: RefCell<Vec<Gone>>,
}

impl FlowPlaces {
    /// How many places are taken.
    pub(super) fn taken(&self) -> usize {
        self.taken.get()
    }

    /// Takes the list of the right ends that are gone.
    pub(super) fn take_gone(&self) -> Vec<Gone> {
        self.gone.take()
    }
}

/// A right end that is gone.
#[derive(Debug)]
pub(super) struct Gone {
    /// The sender of the right end.
    pub(super) key: Key,
    /// The number of the right end: a sender can have had several.
    pub(super) number: Number,
    /// The datagrams of the sender, if this machine lacked something to open the right end.
    pub(super) unsent: Option<(Remote, Waiting)>,
}

impl FlowPlace {
    /// A place for the right end `number`.
    pub(super) fn new(key: Key, number: Number, places: &Rc<FlowPlaces>) -> Self {
        places.taken.set(places.taken.get() + 1);
        Self { gone: Some(Gone { key, number, unsent: None }), places: Rc::clone(places) }
    }

    /// The right end could not be opened because this machine lacked something. The datagrams in `waiting` can be tried
    /// again.
    pub(super) fn hand_back(mut self, remote: Remote, waiting: Waiting) {
        if let Some(gone) = &mut self.gone {
            gone.unsent = Some((remote, waiting));
        }
    }
}

impl Drop for FlowPlace {
    fn drop(&mut self) {
        self.places.taken.set(self.places.taken.get() - 1);
        self.places.gone.borrow_mut().extend(self.gone.take());
    }
}
