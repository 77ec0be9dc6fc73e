//! Two ends joined: what comes from one end goes to the other.
//!
//! Everything with two ends is a pair: `relay`, clients and servers with stdin and stdout (a *session*), `exec`, and
//! the clients and servers of datagrams. These are the rules of all pairs:
//!
//! ```text
//!   the left end opens ---> its connector opens the right end ---> the right end opens ---> joined
//!
//!   joined:
//!     the source of a direction ends ---> its sink is told, after the last byte (or later: half_close.rs)
//!     both have ended                ---> both are closed, after the last byte
//!     no byte moves for --idle-timeout                       ---> both are aborted: status 124
//!     one has ended, the other does not within --linger      ---> both are aborted: status 124
//!     one has ended, the other does not within --quit-after  ---> both are closed, after the last byte (answer.rs)
//!     the peer has ended, with --until-peer-ends             ---> both are closed, after the last byte
//!     one is gone cleanly, the other may have more for it   ---> the other is asked, for 2 s (remainder.rs)
//!     one fails                      ---> the other is reset, after the last byte: a cut stream must not look whole
//!     a child ends                   ---> its output goes out, then the other end is closed
//!     the reader of stdout goes      ---> its peer may end cleanly within 1 s (missing_reader.rs)
//!     the other end of a child goes  ---> the group of the child is asked to end, then killed
//! ```
//!
//! Each end has a *side*: the protocol of its transport, which knows the other [`End`] and shares nothing with it.
//! Bytes are forwarded (`Transport::forward_to`), by the kernel if that pays. They come to a protocol only if one of
//! the ends has datagrams, or if the first bytes decide when the end is told.
//!
//! | file | what it has |
//! |---|---|
//! | `options.rs`, `end.rs` | the options, and what one side does with the other end |
//! | `stream.rs`, `session.rs` | the side of a connection, or of stdin and stdout; what is different for a session |
//! | `keys.rs`, `stdio.rs` | stdin and stdout of a session with single keys (`--raw`); the choice between the two |
//! | `child.rs`, `exec.rs` | the side of a child; what is different for `exec` on stdin and stdout |
//! | `dismissal.rs` | the end of a child whose other end has gone |
//! | `datagram.rs` | the side of a UDP socket with one peer |
//! | `flows.rs`, `flows_side.rs`, `ages.rs`, `waiting.rs` | a UDP socket that serves many: a pair for each sender |
//! | `conversation.rs`, `lines.rs` | UDP sockets with stdin and stdout: the last sender is the other end |
//! | `half_close.rs`, `remainder.rs` | when an end is told; whether a source has more data for a peer that is gone |
//! | `answer.rs`, `missing_reader.rs` | how long the other end may go on: after its question, or without stdout |

mod ages;
mod answer;
pub mod child;
pub mod conversation;
pub mod datagram;
mod dismissal;
pub mod end;
pub mod exec;
pub mod flows;
pub mod flows_side;
pub mod half_close;
mod keys;
pub mod lines;
mod missing_reader;
pub mod options;
mod remainder;
pub mod session;
pub mod stdio;
pub mod stream;
pub mod waiting;

use std::fmt;
use std::rc::Rc;

pub use self::end::End;
use self::half_close::InputEnd;
pub use self::options::{KeyOptions, KeyTerminal, PairOptions, SessionOptions};
pub use self::waiting::{FlowPlace, Waiting};
use super::idle::{Fired, TimeLimit};
use super::report::{Cause, Failure};
use crate::transports::connect::{ConnectError, ConnectErrorKind};
use crate::transports::handle::Transport;
use crate::transports::info::Info;
use crate::transports::net::Net;
use crate::transports::number::Number;
use crate::transports::timers::{TimerId, shown};

/// A left end that is open and waits for its right end.
#[derive(Debug)]
pub struct Inbound {
    /// The end.
    pub end: End,
    /// The addresses and the TLS facts of the end.
    pub info: Info,
    /// Datagrams that it has sent so far. Bytes of a stream stay in the system's buffer instead.
    pub waiting: Waiting,
    /// Its place among many senders of datagrams. The right end keeps the place until it is gone.
    pub place: Option<FlowPlace>,
}

impl Inbound {
    fn new(end: End, info: Info) -> Self {
        Self { end, info, waiting: Waiting::default(), place: None }
    }
}

/// Opens the right end for a left end. The right end joins the two as soon as it is open.
#[derive(Clone)]
pub struct Connector(Rc<OpenRight>);

type OpenRight = dyn Fn(&mut Net, Inbound) -> Result<End, Failure>;

impl Connector {
    /// A connector that opens right ends by `open`.
    pub fn new(open: impl Fn(&mut Net, Inbound) -> Result<End, Failure> + 'static) -> Self {
        Self(Rc::new(open))
    }

    /// Opens the right end of `left`.
    ///
    /// # Errors
    /// Why that could not be begun.
    pub fn open(&self, net: &mut Net, left: Inbound) -> Result<End, Failure> {
        // Both ends are one connection to the user.
        net.with_number(left.info.number, |net| (self.0)(net, left))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

/// The other end, in the view of a side.
#[derive(Debug)]
pub struct OtherEnd(Link);

#[derive(Debug)]
enum Link {
    /// This side is the left one, and is not open yet.
    ToOpen(Connector),
    /// This side is the right one, and is not open yet.
    ToJoin(Inbound),
    Known {
        end: End,
        /// Among many senders, the right side keeps the place of its left end.
        _place: Option<FlowPlace>,
    },
    /// The other end could not be opened.
    Unavailable,
}

impl From<Connector> for OtherEnd {
    /// The other end of a left side.
    fn from(connector: Connector) -> Self {
        Self(Link::ToOpen(connector))
    }
}

impl From<Inbound> for OtherEnd {
    /// The other end of a right side.
    fn from(left: Inbound) -> Self {
        Self(Link::ToJoin(left))
    }
}

impl OtherEnd {
    fn end(&self) -> Option<End> {
        match &self.0 {
            Link::Known { end, .. } | Link::ToJoin(Inbound { end, .. }) => Some(*end),
            Link::ToOpen(_) | Link::Unavailable => None,
        }
    }

    /// Whether this side is the left one, and is not open yet.
    fn is_to_open(&self) -> bool {
        matches!(self.0, Link::ToOpen(_))
    }

    /// Whether this side is the right one, and is not open yet.
    fn is_to_join(&self) -> bool {
        matches!(self.0, Link::ToJoin(_))
    }

    /// The number of the pair. `t` is this side: stdin and stdout have no number of their own.
    fn pair_number(&self, t: &mut Transport<'_>) -> Number {
        match (t.number(), self.end()) {
            (Number::NONE, Some(other)) => other.number(t.net()),
            (number, _) => number,
        }
    }

    /// This side, `number`, could not be opened.
    fn open_failed(&mut self, number: Number, net: &mut Net, error: &ConnectError, options: &PairOptions) {
        let (left, place) = match std::mem::replace(&mut self.0, Link::Unavailable) {
            Link::ToJoin(Inbound { end, waiting, place, .. }) => (end, place.map(|place| (place, waiting))),
            Link::Known { end, .. } => (end, None),
            Link::ToOpen(_) | Link::Unavailable => return options.fail(number, Failure::from(error)),
        };
        // A left end that is gone no longer waits for this one.
        if !left.is_there(net) {
            return;
        }
        match (left, place) {
            (End::Flow { remote, .. }, Some((place, waiting))) if error.kind() == ConnectErrorKind::Local => {
                place.hand_back(remote, waiting);
            }
            // The sender has made room for another one.
            (End::Flow { .. }, _) if error.is_given_up() => (),
            _ => options.fail(number, Failure::from(error)),
        }
        left.reset(net);
    }

    /// This side, `here`, is open: opens the other end, or joins the two. Returns false if there is nothing to join it
    /// with.
    fn open_or_join(&mut self, here: End, net: &mut Net, options: &PairOptions) -> bool {
        here.pause(net);
        match std::mem::replace(&mut self.0, Link::Unavailable) {
            Link::ToOpen(connector) => {
                let left = Inbound::new(here, here.info(net));
                let number = left.info.number;
                match connector.open(net, left) {
                    Ok(end) => self.0 = Link::Known { end, _place: None },
                    Err(failure) => options.fail(number, failure),
                }
                self.end().is_some()
            }
            Link::ToJoin(left) => {
                self.0 = Link::Known { end: left.end, _place: left.place };
                let is_there = left.end.is_there(net);
                if is_there {
                    here.join(left.end, net, options);
                    missing_reader::bear(net, here, left.end, options);
                    for data in left.waiting.end() {
                        here.pass(net, &data);
                    }
                    left.end.note_change(net);
                }
                is_there
            }
            Link::Known { .. } | Link::Unavailable => false,
        }
    }

    /// Hands on bytes of `here` that came to its protocol. Bytes that the other end does not take now are handed back,
    /// and reading pauses until [`resume`](Self::resume).
    fn hand_on(&self, here: End, net: &mut Net, input: &mut InputEnd, data: &[u8]) {
        let Some(other) = self.end() else { return };
        if input.is_looking() {
            input.request.feed(data);
            if !input.is_looking() {
                here.forward_to(other, net);
            }
        }
        let taken = other.deliver(net, data);
        // A stream has room for these bytes, and holds up those that are forwarded.
        let has_more = other.has_datagrams() && (taken < data.len() || other.is_full(net));
        if has_more && let Some(source) = here.source(net) {
            let mut source = net.transport(source);
            source.pause_reading();
            source.unread(&data[taken..]);
        }
    }

    /// This side takes bytes again, so the other end may send.
    fn resume(&self, net: &mut Net) {
        // Forwarded bytes wait without the help of a protocol.
        if let Some(other) = self.end().filter(|other| other.has_datagrams()) {
            other.resume(net);
        }
    }

    /// Tells the other end of an end of `here` that was held back, if it is time. Returns false if the timer was not
    /// that of such an end.
    fn input_timer_fired(&self, here: End, net: &mut Net, input: &mut InputEnd, timer: TimerId) -> bool {
        let Some(other) = self.end() else { return false };
        let (activity, has_moved) = (here.activity(Some(other), net), other.has_moved(net));
        match input.fired(here.transport(), net, timer, activity, other.number(net), has_moved) {
            Fired::Other => return false,
            Fired::TooEarly => (),
            Fired::Expired(_) => other.end_input(net),
        }
        true
    }

    /// Ends the pair of `here` if the timer says that it has been idle for too long. Returns false if the timer was not
    /// that of the idle timeout.
    fn idle_timer_fired(
        &self,
        here: End,
        net: &mut Net,
        idle: &mut TimeLimit,
        timer: TimerId,
        options: &PairOptions,
    ) -> bool {
        let other = self.end();
        let activity = here.activity(other, net);
        match idle.fired(here.transport(), net, timer, activity) {
            Fired::Other => return false,
            Fired::TooEarly => (),
            Fired::Expired(_) if other.is_some_and(|other| here.is_ending(other, net)) => (),
            Fired::Expired(limit) => {
                options.fail(here.number(net), Failure::new(Cause::TimedOut, format!("idle for {}", shown(limit))));
                [other, Some(here)].into_iter().flatten().for_each(|end| end.abort(net));
            }
        }
        true
    }
}

/// Whether TLS was agreed on with this end, as STARTTLS does. Servers of such protocols take an end before their last
/// answer for a hang-up.
fn has_agreed_on_tls(end: End, net: &mut Net) -> bool {
    matches!(end, End::Stream(id) if net.transport(id).has_agreed_on_tls())
}
