//! What a sender of datagrams has said before there is an end for it, and its place among all senders.
//!
//! Which sender has a place, and which one makes room, is decided in `flows.rs`.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::{Rc, Weak};

use crate::transports::datagram::Remote;
use crate::transports::id::Id;

/// Datagrams for an end that is not open yet. The sender's side has the other half.
#[derive(Debug, Default)]
pub struct Waiting(Option<Rc<Kept>>);

/// The datagrams, in order, as long as they wait.
#[derive(Debug)]
pub(super) struct Kept {
    datagrams: RefCell<Vec<Box<[u8]>>>,
    bytes: Cell<usize>,
    /// Bytes of all that wait.
    all: Rc<Cell<usize>>,
}

/// What is kept for one end. A sender that says more before there is an answer has to repeat it, as with any network.
const WAITING_DATAGRAMS: usize = 16;
const WAITING_BYTES: usize = 128 * 1024;
/// What is kept for all of them.
const ALL_WAITING_BYTES: usize = 4 * 1024 * 1024;

impl Waiting {
    /// For an end that will be open. When it is, or has failed, nothing is left of the half that is for the sender.
    pub(super) fn begin(all: Rc<Cell<usize>>) -> (Self, Weak<Kept>) {
        let kept = Rc::new(Kept { datagrams: RefCell::default(), bytes: Cell::new(0), all });
        let half = Rc::downgrade(&kept);
        (Self(Some(kept)), half)
    }

    /// How many datagrams wait.
    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |kept| kept.len())
    }

    /// The half for the sender.
    pub(super) fn half(&self) -> Weak<Kept> {
        self.0.as_ref().map(Rc::downgrade).unwrap_or_default()
    }

    /// The end is open, and takes them.
    pub(super) fn end(self) -> Vec<Box<[u8]>> {
        self.0.map(|kept| kept.datagrams.take()).unwrap_or_default()
    }
}

impl Kept {
    /// Keeps a datagram; false where there is no room for it.
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

/// A sender, as a socket that serves many knows it: the socket, and the address that the datagrams come from.
pub(super) type Key = (Id, SocketAddr);

/// The places of all senders.
#[derive(Debug)]
pub(super) struct FlowPlaces {
    taken: Cell<usize>,
    /// Right ends that are gone, which nobody has looked at yet.
    gone: RefCell<Vec<Gone>>,
}

/// The place of one sender. Its right end has it for as long as there is anything of that, descriptors included.
#[derive(Debug)]
pub struct FlowPlace {
    key: Key,
    number: u64,
    /// What the right end could not be opened for, as this machine lacks something.
    unsent: Option<(Remote, Waiting)>,
    places: Rc<FlowPlaces>,
}

/// A right end that is gone.
#[derive(Debug)]
pub(super) struct Gone {
    /// The sender that it was for.
    pub(super) key: Key,
    /// Its number: a sender may have had several.
    pub(super) number: u64,
    /// What the sender has said, if this machine lacked what it takes to open the right end.
    pub(super) unsent: Option<(Remote, Waiting)>,
}

impl FlowPlaces {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self { taken: Cell::new(0), gone: RefCell::default() })
    }

    pub(super) fn taken(&self) -> usize {
        self.taken.get()
    }

    /// A place for the right end `number`.
    pub(super) fn take(self: &Rc<Self>, key: Key, number: u64) -> FlowPlace {
        self.taken.set(self.taken.get() + 1);
        FlowPlace { key, number, unsent: None, places: Rc::clone(self) }
    }

    /// The right ends that have gone since it was last asked.
    pub(super) fn take_gone(&self) -> Vec<Gone> {
        self.gone.take()
    }
}

impl FlowPlace {
    /// The right end could not be opened for want of something on this machine: `waiting` of `remote` may have another
    /// try.
    pub(super) fn hand_back(mut self, remote: Remote, waiting: Waiting) {
        self.unsent = Some((remote, waiting));
    }
}

impl Drop for FlowPlace {
    fn drop(&mut self) {
        self.places.taken.set(self.places.taken.get() - 1);
        let gone = Gone { key: self.key, number: self.number, unsent: self.unsent.take() };
        self.places.gone.borrow_mut().push(gone);
    }
}
