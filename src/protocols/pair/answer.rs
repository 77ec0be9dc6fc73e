//! Limits the time of an answer: `--quit-after`.
//!
//! ```text
//!   Open ---the source ends---> Delivering ---the other end has everything---> Waiting
//!                                                                                 |
//!                                                            the time is over     |
//!   over <---everything that had arrived by then was handed on--- Collecting <----+
//! ```
//!
//! Nothing is cut: the time begins only when the question is delivered, and the part of the answer that is there in
//! time is handed on, however slow its reader is. If the other end ends before that, the usual rules hold.

use std::time::{Duration, Instant};

use super::End;
use crate::protocols::idle::Fired;
use crate::transports::id::Id;
use crate::transports::info::Info;
use crate::transports::net::Net;
use crate::transports::timers::TimerId;

/// How long an end with datagrams may take for a reply once everything was sent to it, unless `--linger` says
/// otherwise. Datagrams cannot say that the last reply has come.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// How long to wait before another look at the two ends. The wait grows with the time that it has taken so far.
const LOOK_AGAIN_MIN: Duration = Duration::from_millis(10);
const LOOK_AGAIN_MAX: Duration = Duration::from_secs(1);

/// The time of an answer.
#[derive(Debug)]
pub(super) struct AnswerClock {
    limit: Option<Duration>,
    step: AnswerStep,
    timer: Option<TimerId>,
}

#[derive(Debug)]
enum AnswerStep {
    Open,
    Delivering {
        since: Instant,
    },
    Waiting,
    Collecting {
        since: Instant,
        /// The bytes of each end that had arrived when the time was over.
        arrived: Vec<u64>,
    },
}

impl AnswerClock {
    /// A clock with this limit, or without one.
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { limit, step: AnswerStep::Open, timer: None }
    }

    /// The source of the question has ended. Returns whether there is a limit. Then `owner` gets timers for
    /// [`fired`](Self::fired).
    pub(super) fn start(&mut self, owner: Id, net: &mut Net) -> bool {
        if self.limit.is_some() {
            self.step = AnswerStep::Delivering { since: net.now() };
            self.timer = Some(net.call_soon(owner));
        }
        self.limit.is_some()
    }

    /// A timer of `owner` has fired. `others` are the ends that answer.
    pub(super) fn fired(&mut self, owner: Id, net: &mut Net, timer: TimerId, others: &[End]) -> Fired {
        let Some(limit) = self.limit.filter(|_| self.timer == Some(timer)) else { return Fired::Other };
        let wait = match &self.step {
            AnswerStep::Delivering { since } if !others.iter().all(|other| has_everything(*other, net)) => {
                look_again(net, *since)
            }
            AnswerStep::Open | AnswerStep::Delivering { .. } => {
                self.step = AnswerStep::Waiting;
                limit
            }
            AnswerStep::Waiting => {
                let arrived = others.iter().map(|other| arrived(*other, net)).collect();
                self.step = AnswerStep::Collecting { since: net.now(), arrived };
                Duration::ZERO
            }
            AnswerStep::Collecting { arrived, since } => {
                if others.iter().zip(arrived).all(|(other, arrived)| has_handed_on(*other, net, *arrived)) {
                    self.timer = None;
                    return Fired::Expired(limit);
                }
                look_again(net, *since)
            }
        };
        self.timer = Some(net.call_later(owner, wait));
        Fired::TooEarly
    }
}

fn look_again(net: &Net, since: Instant) -> Duration {
    (net.now().duration_since(since) / 4).clamp(LOOK_AGAIN_MIN, LOOK_AGAIN_MAX)
}

/// Whether `end` has received everything. Datagrams are sent at once, or with the close of their socket.
fn has_everything(end: End, net: &mut Net) -> bool {
    end.sink(net).is_none_or(|sink| net.transport(sink).is_delivered())
}

/// How many bytes of `end` have arrived, read or not. With TLS, this is more than its bytes. With datagrams, it is more
/// than their bytes: each one counts for one byte more, so that empty ones count.
fn arrived(end: End, net: &mut Net) -> u64 {
    if let End::Datagrams(id) = end {
        let socket = net.datagram_transport(id);
        return taken(&socket.info()) + socket.unread_bytes() as u64;
    }
    end.source(net).map_or(0, |source| {
        let source = net.transport(source);
        source.info().totals.received + source.unread_bytes() as u64
    })
}

/// Whether the first `arrived` bytes of `end` were read, or all that there are.
fn has_handed_on(end: End, net: &mut Net, arrived: u64) -> bool {
    if let End::Datagrams(id) = end {
        let socket = net.datagram_transport(id);
        return !socket.may_have_more() || taken(&socket.info()) >= arrived;
    }
    end.source(net).is_none_or(|source| {
        let source = net.transport(source);
        let has_more = source.may_have_more() || source.is_blocked_by_sink();
        !has_more || source.info().totals.received >= arrived
    })
}

/// The bytes of the datagrams that were received, and one for each.
fn taken(socket: &Info) -> u64 {
    socket.totals.received + socket.datagrams.received
}
