//! The idle timeout of a pair, and the report of a failed connection.
//!
//! Bytes in either direction count as activity. They do not re-arm the timer: when the timer fires, it looks at the
//! time of the last byte, and waits for the rest of the limit.

use std::fmt::Display;
use std::io;
use std::time::{Duration, Instant};

use super::report::{Cause, Failure, Reporter};
use crate::transports::connect::ConnectError;
use crate::transports::error::{describe, hint};
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::number::Number;
use crate::transports::timers::{TimerId, shown};

/// The activity of a pair.
#[derive(Clone, Copy, Debug)]
pub(super) struct Activity {
    /// The time at which bytes last moved.
    pub(super) last_activity: Instant,
    /// Sent bytes that the receiving system has not taken yet.
    pub(super) on_the_way: usize,
}

impl Activity {
    pub(super) fn of(t: &Transport<'_>) -> Self {
        Self { last_activity: t.last_activity(), on_the_way: t.on_the_way() }
    }
}

/// The meaning of a timer that fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fired {
    /// The timer was another one.
    Other,
    /// It is not time yet. The timer is armed again.
    TooEarly,
    /// The time is over. It was this long.
    Expired(Duration),
}

/// A limit of a time, or of the time without traffic, and the timer of its owner.
#[derive(Debug, Default)]
pub(super) struct TimeLimit {
    limit: Option<Duration>,
    timer: Option<TimerId>,
    /// The bytes on their way at the last check.
    on_the_way: usize,
}

impl TimeLimit {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { limit, ..Self::default() }
    }

    pub(super) fn start(&mut self, owner: Id, net: &mut Net) {
        self.timer = self.limit.map(|limit| net.call_later(owner, limit));
    }

    /// The limit, if this is its timer.
    pub(super) fn of(&self, timer: TimerId) -> Option<Duration> {
        self.limit.filter(|_| self.timer == Some(timer))
    }

    /// The meaning of this timer for a limit of the time without traffic.
    pub(super) fn fired(&mut self, owner: Id, net: &mut Net, timer: TimerId, activity: Activity) -> Fired {
        let Some(limit) = self.of(timer) else { return Fired::Other };
        // A slow reader is not idle: its system can still feed it with bytes that were sent long ago.
        let is_moving = std::mem::replace(&mut self.on_the_way, activity.on_the_way) != activity.on_the_way;
        let still = if is_moving { Duration::ZERO } else { net.now().duration_since(activity.last_activity) };
        if still >= limit {
            self.timer = None;
            return Fired::Expired(limit);
        }
        self.timer = Some(net.call_later(owner, limit - still));
        Fired::TooEarly
    }
}

/// The meaning of the failure of one connection.
#[derive(Debug, Default)]
pub(super) enum FailureScope {
    /// The connection is one of many, and only its own peer loses bytes.
    #[default]
    Log,
    /// The run goes on, but bytes of stdin or for stdout can be lost.
    Warn,
    /// The run has failed.
    Run(Reporter),
}

/// Watches one connection: limits its idle time, and reports its failure.
#[derive(Debug, Default)]
pub(super) struct IdleWatch {
    clock: TimeLimit,
    scope: FailureScope,
    /// A failed write was reported. The end of the connection has the same error.
    has_told_write: bool,
}

impl IdleWatch {
    pub(super) fn new(idle_timeout: Option<Duration>, scope: FailureScope) -> Self {
        Self { clock: TimeLimit::new(idle_timeout), scope, has_told_write: false }
    }

    /// Call this from `connection_made`.
    pub(super) fn made(&mut self, t: &mut Transport<'_>) {
        self.clock.start(t.id(), t.net());
    }

    /// Call this from `timer_fired`. It aborts a connection that has expired. `number` is that of the pair.
    pub(super) fn fired(&mut self, t: &mut Transport<'_>, number: Number, timer: TimerId, activity: Activity) -> Fired {
        let fired = self.clock.fired(t.id(), t.net(), timer, activity);
        if let Fired::Expired(limit) = fired {
            self.fail(t, number, Cause::TimedOut, &format_args!("idle for {}", shown(limit)));
            t.abort();
        }
        fired
    }

    /// Call this from `connection_failed`. An inherited connection can fail like this, by TLS.
    pub(super) fn not_made(&self, t: &Transport<'_>, error: &ConnectError) {
        let failure = Failure::from(error).of(t.number());
        match &self.scope {
            FailureScope::Log | FailureScope::Warn => {
                log::warn!("{failure}");
                failure.log_hint(log::Level::Warn);
            }
            FailureScope::Run(reporter) => reporter.tell(failure),
        }
    }

    /// Call this from `connection_lost`.
    pub(super) fn lost(&self, t: &Transport<'_>, error: Option<&io::Error>) {
        if let Some(error) = error.filter(|_| !self.has_told_write) {
            self.report(t, t.number(), Cause::of(error), &describe(error), hint(error));
        }
    }

    /// Call this from `writing_failed`. The report comes at once, as the connection can go on for a while.
    pub(super) fn write_failed(&mut self, t: &Transport<'_>, error: &io::Error) {
        // With TLS, an alert of the peer can tell the cause at the end.
        if t.info().tls.is_some() || std::mem::replace(&mut self.has_told_write, true) {
            return;
        }
        let (cause, what, hint) = (Cause::of(error), describe(error), hint(error));
        match &self.scope {
            FailureScope::Run(reporter) => reporter.tell_at_once(failure(t, t.number(), cause, &what, hint)),
            FailureScope::Log | FailureScope::Warn => self.report(t, t.number(), cause, &what, hint),
        }
    }

    /// Reports or logs a failure of the pair `number`.
    pub(super) fn fail(&self, t: &Transport<'_>, number: Number, cause: Cause, what: &dyn Display) {
        self.report(t, number, cause, what, None);
    }

    /// Reports or logs a failure, with what the user can do about it. A failure of TLS is always a warning, because an
    /// attacker can have cut the connection.
    fn report(&self, t: &Transport<'_>, number: Number, cause: Cause, what: &dyn Display, hint: Option<&str>) {
        let level = match (&self.scope, cause) {
            (FailureScope::Log, Cause::Tls) | (FailureScope::Warn, _) => log::Level::Warn,
            (FailureScope::Log, _) => log::Level::Info,
            (FailureScope::Run(_), _) => log::Level::Error,
        };
        if !log::log_enabled!(level) && !matches!(self.scope, FailureScope::Run(_)) {
            return;
        }
        let failure = failure(t, number, cause, what, hint);
        match &self.scope {
            FailureScope::Log | FailureScope::Warn => {
                log::log!(level, "{failure}");
                failure.log_hint(level);
            }
            FailureScope::Run(reporter) => reporter.tell(failure),
        }
    }
}

/// The failure of the connection of `t`, which belongs to the pair `number`.
fn failure(t: &Transport<'_>, number: Number, cause: Cause, what: &dyn Display, hint: Option<&str>) -> Failure {
    let name = match t.info().peer {
        Some(peer) => format!("connection with {peer}"),
        None => "stdin and stdout".to_owned(),
    };
    Failure::new(cause, format!("{name}: {what}")).with_hint(hint).of(number)
}
