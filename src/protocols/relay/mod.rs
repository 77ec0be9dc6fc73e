//! Two ends joined: what comes from the one goes to the other. socat's whole idea.
//!
//! The left end is opened first and, once it is there, opens the right one by its [`Opener`]. Then each side's protocol knows the
//! other [`End`], and nothing is shared. Bytes are forwarded (`Transport::forward_to`) and come here only where one of the ends has
//! datagrams; what is left to do is the end:
//!
//! ```text
//!   the source of a direction ends ---> its sink is told, after the last byte
//!   both have ended                ---> both are closed
//!   one end fails                  ---> the other is reset, after the last byte: a cut stream is not to look whole
//!   a child ends                   ---> its output goes out, then the other end is closed
//!   the other end of a child goes  ---> its group is asked to end, then killed
//! ```
//!
//! In the order in which to read: `end.rs` (what one does with an end, whatever it is), `stream.rs` (connections, stdin and
//! stdout), `child.rs`, `datagrams.rs`.

pub mod child;
pub mod datagrams;
pub mod end;
pub mod stream;

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

pub use self::end::End;
use super::report::{Failure, Reporter};
use crate::transports::info::Info;
use crate::transports::net::Net;

/// What holds for a pair.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Pass the end of a direction on.
    pub half_close: bool,
    /// End the pair when nothing has moved for so long.
    pub idle_timeout: Option<Duration>,
    /// The run is about this one pair, and this is told of its failure. `None` for one of many.
    pub reporter: Option<Reporter>,
}

impl Terms {
    /// The pair has failed.
    fn fail(&self, failure: Failure) {
        match &self.reporter {
            Some(reporter) => reporter.tell(failure),
            None if failure.message.is_empty() => (),
            None => log::warn!("{failure}"),
        }
    }
}

/// A left end, to be joined.
#[derive(Clone, Debug)]
pub struct Left {
    /// It.
    pub end: End,
    /// What is known of it.
    pub info: Info,
    /// What it has sent so far, where that cannot stay in the system's buffer.
    pub waiting: Waiting,
}

/// Datagrams for an end that is not open yet.
#[derive(Clone, Debug, Default)]
pub struct Waiting(Rc<RefCell<Option<Kept>>>);

/// They, in order.
type Kept = Vec<Box<[u8]>>;

/// How many are kept. Whoever sends more before there is an answer has to repeat it, as with any network.
const WAITING_MAX: usize = 16;

impl Waiting {
    /// For an end that will be open.
    fn begin() -> Self {
        Self(Rc::new(RefCell::new(Some(Vec::new()))))
    }

    /// Keeps a datagram; false where the end is open.
    fn keep(&self, data: &[u8]) -> bool {
        let mut kept = self.0.borrow_mut();
        let Some(kept) = kept.as_mut() else { return false };
        if kept.len() < WAITING_MAX {
            kept.push(data.into());
        }
        true
    }

    /// The end is open.
    fn end(&self) -> Kept {
        self.0.borrow_mut().take().unwrap_or_default()
    }
}

/// Opens the right end for a left one, and joins them as soon as it can.
#[derive(Clone)]
pub struct Opener(Rc<Open>);

type Open = dyn Fn(&mut Net, Left) -> Result<End, Failure>;

impl Opener {
    /// From whatever opens it.
    pub fn new(open: impl Fn(&mut Net, Left) -> Result<End, Failure> + 'static) -> Self {
        Self(Rc::new(open))
    }

    fn open(&self, net: &mut Net, left: Left) -> Result<End, Failure> {
        (self.0)(net, left)
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener")
    }
}

/// The other end, as a side knows it.
#[derive(Debug)]
enum Other {
    /// This side is the left one, and is not open yet.
    ToOpen(Opener),
    /// This side is the right one, and is not open yet.
    ToJoin(Left),
    Is(End),
    /// It could not be opened.
    None,
}

impl Other {
    fn end(&self) -> Option<End> {
        match self {
            Self::Is(end) | Self::ToJoin(Left { end, .. }) => Some(*end),
            Self::ToOpen(_) | Self::None => None,
        }
    }

    /// This side, `here`, is open: opens the other, or joins it; false where there is nothing to be joined with.
    fn meet(&mut self, net: &mut Net, here: End, info: impl FnOnce(&mut Net) -> Info, terms: &Terms) -> bool {
        here.pause(net);
        match std::mem::replace(self, Self::None) {
            Self::ToOpen(opener) => {
                let left = Left { end: here, info: info(net), waiting: Waiting::default() };
                match opener.open(net, left) {
                    Ok(end) => *self = Self::Is(end),
                    Err(failure) => terms.fail(failure),
                }
                self.end().is_some()
            }
            Self::ToJoin(left) => {
                *self = Self::Is(left.end);
                let there = left.end.is_there(net);
                if there {
                    here.join(left.end, net);
                    for data in left.waiting.end() {
                        here.deliver(net, &data);
                    }
                }
                there
            }
            Self::Is(_) | Self::None => false,
        }
    }
}
