//! Two ends joined: what comes from the one goes to the other. socat's whole idea.
//!
//! The left end is opened first and, once it is there, opens the right one by its [`Connector`]. Then each side's
//! protocol knows the other [`End`], and nothing is shared. Bytes are forwarded (`Transport::forward_to`) and come here
//! only where one of the ends has datagrams; what is left to do is the end:
//!
//! ```text
//!   the source of a direction ends ---> its sink is told, after the last byte
//!   both have ended                ---> both are closed
//!   one end fails                  ---> the other is reset, after the last byte: a cut stream is not to look whole
//!   a child ends                   ---> its output goes out, then the other end is closed
//!   the other end of a child goes  ---> its group is asked to end, then killed
//! ```
//!
//! In the order in which to read: `end.rs` (what one does with an end, whatever it is), `stream.rs` (connections, stdin
//! and stdout), `child.rs`, `datagrams.rs`, `flows.rs`.

mod ages;
pub mod child;
pub mod conversation;
pub mod datagram;
pub mod end;
pub mod exec;
pub mod flows;
pub mod flows_side;
pub mod half_close;
pub mod lines;
mod remainder;
pub mod session;
pub mod stream;
pub mod waiting;

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

pub use self::end::End;
use self::half_close::HalfClose;
use self::session::SessionOptions;
pub use self::waiting::{FlowPlace, Waiting};
use super::report::{Failure, Reporter};
use crate::transports::connect::{ConnectError, ConnectErrorKind};
use crate::transports::id::Id;
use crate::transports::info::Info;
use crate::transports::net::Net;

/// What holds for a pair.
#[derive(Clone, Debug)]
pub struct PairOptions {
    /// When the end of a direction is passed on. `Auto` holds back the end of stdin alone, and only from a connection:
    /// ends of connections, and those for a child, are passed on as they come.
    pub half_close: HalfClose,
    /// End the pair when nothing has moved for so long.
    pub idle_timeout: Option<Duration>,
    /// How long one end is waited for when the other has ended. Datagrams have no end, so with them it is how long none
    /// moves.
    pub linger: Option<Duration>,
    /// The run is about this one pair, and this is told of its failure. `None` for one of many.
    pub reporter: Option<Reporter>,
    /// What is different for a session. A session has a reporter.
    pub session: Option<SessionOptions>,
}

impl PairOptions {
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
#[derive(Debug)]
pub struct Inbound {
    /// It.
    pub end: End,
    /// What is known of it.
    pub info: Info,
    /// What it has sent so far, where that cannot stay in the system's buffer.
    pub waiting: Waiting,
    /// Its place among many, which the right end keeps until it is gone.
    pub place: Option<FlowPlace>,
}

/// Opens the right end for a left one, and joins them as soon as it can.
#[derive(Clone)]
pub struct Connector(Rc<Open>);

type Open = dyn Fn(&mut Net, Inbound) -> Result<End, Failure>;

impl Connector {
    /// From whatever opens it.
    pub fn new(open: impl Fn(&mut Net, Inbound) -> Result<End, Failure> + 'static) -> Self {
        Self(Rc::new(open))
    }

    fn open(&self, net: &mut Net, left: Inbound) -> Result<End, Failure> {
        (self.0)(net, left)
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

/// The other end, as a side knows it.
#[derive(Debug)]
enum OtherEnd {
    /// This side is the left one, and is not open yet.
    ToOpen(Connector),
    /// This side is the right one, and is not open yet.
    ToJoin(Inbound),
    /// This side is the connection of a session and is not open yet. The other one waits already.
    ToTake(Id),
    Is {
        end: End,
        /// The right side of one among many has its place.
        _place: Option<FlowPlace>,
    },
    /// It could not be opened.
    None,
}

impl OtherEnd {
    fn joined(end: End) -> Self {
        Self::Is { end, _place: None }
    }

    fn end(&self) -> Option<End> {
        match self {
            Self::Is { end, .. } | Self::ToJoin(Inbound { end, .. }) => Some(*end),
            Self::ToOpen(_) | Self::ToTake(_) | Self::None => None,
        }
    }

    /// This side could not be opened.
    fn open_failed(&mut self, net: &mut Net, error: &ConnectError, options: &PairOptions) {
        let (left, place) = match std::mem::replace(self, Self::None) {
            Self::ToJoin(Inbound { end, waiting, place, .. }) => (end, place.map(|place| (place, waiting))),
            Self::Is { end, .. } => (end, None),
            Self::ToOpen(_) | Self::None => return options.fail(Failure::from(error)),
            Self::ToTake(_) => {
                options.fail(Failure::from(error));
                return net.stop();
            }
        };
        // One that is not there any more has not waited.
        if !left.is_there(net) {
            return;
        }
        match (left, place) {
            (End::Flow { remote, .. }, Some((place, waiting))) if error.kind() == ConnectErrorKind::Local => {
                place.hand_back(remote, waiting);
            }
            // It has made room for another one.
            (End::Flow { .. }, _) if error.is_given_up() => (),
            _ => options.fail(Failure::from(error)),
        }
        left.reset(net);
    }

    /// This side, `here`, is open: opens the other, or joins it; false where there is nothing to be joined with.
    fn open_or_join(
        &mut self,
        net: &mut Net,
        here: End,
        info: impl FnOnce(&mut Net) -> Info,
        options: &PairOptions,
    ) -> bool {
        here.pause(net);
        match std::mem::replace(self, Self::None) {
            Self::ToOpen(connector) => {
                let left = Inbound { end: here, info: info(net), waiting: Waiting::default(), place: None };
                match connector.open(net, left) {
                    Ok(end) => *self = Self::joined(end),
                    Err(failure) => options.fail(failure),
                }
                self.end().is_some()
            }
            Self::ToJoin(left) => {
                *self = Self::Is { end: left.end, _place: left.place };
                let there = left.end.is_there(net);
                if there {
                    here.join(left.end, net, options.half_close);
                    for data in left.waiting.end() {
                        here.pass(net, &data);
                    }
                    left.end.note_change(net);
                }
                there
            }
            Self::ToTake(_) | Self::Is { .. } | Self::None => false,
        }
    }
}

/// Whether TLS was agreed on with this end, as STARTTLS does. Servers of such protocols take an end before their last
/// answer for a hang-up.
fn has_agreed_on_tls(end: End, net: &mut Net) -> bool {
    matches!(end, End::Stream(id) if net.transport(id).has_agreed_on_tls())
}
