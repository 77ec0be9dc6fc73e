//! What a connection is watched for: that it does not stand still for too long, and how it ends.
//!
//! Bytes in either direction count against `--idle-timeout`. The timer is not re-armed with every byte: when it is due
//! it looks at when bytes last moved, and sleeps on for the rest. Where the run is about this one connection, its
//! failure is the run's; where a server serves many, it is a line in the log.

use std::fmt::Display;
use std::io;
use std::time::{Duration, Instant};

use super::report::{Cause, Failure, Reporter};
use crate::transports::connect::ConnectError;
use crate::transports::error::describe;
use crate::transports::handle::Transport;
use crate::transports::net::Net;
use crate::transports::timers::TimerId;

/// What a timer that fired has meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fired {
    /// It was not the idle timer.
    Other,
    /// Bytes have moved meanwhile: the connection lives on.
    TooEarly,
    Expired,
}

/// Where a failure of the connection goes.
#[derive(Debug, Default)]
pub(super) enum FailureScope {
    /// It is one of many, and nobody's bytes but its peer's are lost.
    #[default]
    Log,
    /// The run goes on, but bytes of ours may be lost.
    Warn,
    /// It is the run's failure.
    Run(Reporter),
}

/// Watches over one connection.
#[derive(Debug, Default)]
pub(super) struct IdleWatch {
    idle_timeout: Option<Duration>,
    timer: Option<TimerId>,
    stillness: Stillness,
    blame: FailureScope,
}

/// For how long no byte has moved, asked from time to time.
#[derive(Debug, Default)]
pub(super) struct Stillness {
    /// What was on its way when it was last asked.
    on_the_way: usize,
}

impl Stillness {
    pub(super) fn lasts(&mut self, net: &Net, pulse: Activity) -> Duration {
        // A slow reader is no silent one: the system may feed it for long from what we have sent long ago.
        if std::mem::replace(&mut self.on_the_way, pulse.on_the_way) != pulse.on_the_way {
            return Duration::ZERO;
        }
        net.now().duration_since(pulse.last_activity)
    }
}

/// What shows that a connection lives, of both its ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Activity {
    /// When bytes last moved.
    pub(super) last_activity: Instant,
    /// Bytes that were sent and not taken yet.
    pub(super) on_the_way: usize,
}

impl Activity {
    pub(super) fn of(t: &Transport<'_>) -> Self {
        Self { last_activity: t.last_activity(), on_the_way: t.on_the_way() }
    }

    /// That of two ends together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            last_activity: self.last_activity.max(other.last_activity),
            on_the_way: self.on_the_way + other.on_the_way,
        }
    }
}

impl IdleWatch {
    pub(super) fn new(idle_timeout: Option<Duration>, blame: FailureScope) -> Self {
        Self { idle_timeout, timer: None, stillness: Stillness::default(), blame }
    }

    /// To be called from `connection_made`.
    pub(super) fn made(&mut self, t: &mut Transport<'_>) {
        if let Some(limit) = self.idle_timeout {
            let id = t.id();
            self.timer = Some(t.net().call_later(id, limit));
        }
    }

    /// To be called from `timer_fired`. An expired connection has been aborted.
    pub(super) fn fired(&mut self, t: &mut Transport<'_>, timer: TimerId, pulse: Activity) -> Fired {
        let (Some(limit), true) = (self.idle_timeout, self.timer == Some(timer)) else { return Fired::Other };
        let still = self.stillness.lasts(t.net(), pulse);
        if still < limit {
            let id = t.id();
            self.timer = Some(t.net().call_later(id, limit - still));
            return Fired::TooEarly;
        }
        self.timer = None;
        self.fail(t, Cause::TimedOut, &format_args!("idle for {limit:?}"));
        t.abort();
        Fired::Expired
    }

    /// To be called from `connection_failed`, where the run may be about this one connection: an inherited one, by TLS.
    pub(super) fn not_made(&self, error: &ConnectError) {
        match &self.blame {
            FailureScope::Log | FailureScope::Warn => log::warn!("{error}"),
            FailureScope::Run(reporter) => reporter.tell(Failure::from(error)),
        }
    }

    /// To be called from `connection_lost`.
    pub(super) fn lost(&mut self, t: &mut Transport<'_>, error: Option<&io::Error>) {
        if let Some(timer) = self.timer.take() {
            t.net().cancel(timer);
        }
        if let Some(error) = error {
            self.fail(t, Cause::of(error), &describe(error));
        }
    }

    /// Reports or logs what has gone wrong with the connection. That somebody may have cut it is always worth a
    /// warning.
    pub(super) fn fail(&self, t: &Transport<'_>, cause: Cause, what: &dyn Display) {
        let level = match (&self.blame, cause) {
            (FailureScope::Log, Cause::Tls) | (FailureScope::Warn, _) => log::Level::Warn,
            (FailureScope::Log, _) => log::Level::Info,
            (FailureScope::Run(_), _) => log::Level::Error,
        };
        if !log::log_enabled!(level) && !matches!(self.blame, FailureScope::Run(_)) {
            return;
        }
        let name = match t.info().peer {
            Some(peer) => format!("connection with {peer}"),
            None => "stdin and stdout".to_owned(),
        };
        match &self.blame {
            FailureScope::Log | FailureScope::Warn => log::log!(level, "{name}: {what}"),
            FailureScope::Run(reporter) => reporter.tell(Failure::new(cause, format!("{name}: {what}"))),
        }
    }
}
