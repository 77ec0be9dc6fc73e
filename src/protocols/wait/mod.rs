//! Waits until services are up, or until they are gone.
//!
//! [`Watch`] is the protocol of the stream of signals: it needs no connection of its own, and it outlives all tries. A
//! try is a transport with a protocol of `tries.rs`, which connects, tells its outcome and leaves. Names are looked up
//! again at each try.
//!
//! ```text
//!             there is room                as wanted
//!   Queued ------------------> Trying ------------------> Met
//!     ^  ^                     |  |  |
//!     |  +---no descriptors----+  |  +---not as wanted, without --for---> Failed
//!     |                           |
//!     +---the pause is over--- Pausing (not as wanted, with --for)
//! ```
//!
//! The run is over when all services are `Met` (with `--any`: one of them), when none can still be met, at the end
//! of `--for`, and at a signal.
//!
//! **Gone** is not the opposite of up. A service is gone if no peer answers at its address: the peer refuses, its host
//! is unreachable or does not react, or the socket or the name does not exist. A service with a wrong certificate or
//! the wrong status is neither up nor gone, and neither is a service that this machine has failed to try, for example
//! without a route.

pub mod http;
mod outcome;
mod service;
mod tries;

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

pub use self::service::{Proof, Service};

use self::outcome::{Outbox, Outcome, Slip};
use super::report::{Cause, Failure, Reporter};
use super::signals::Signals;
use crate::transports::handle::Transport;
use crate::transports::protocol::{Eof, Protocol};
use crate::transports::timers::{TimerId, shown};

/// The longest pause between two tries, unless `--every` is longer.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// A try that takes at least this long is worth a message when the run ends. A shorter one says less than the failure
/// before it.
const LONG_TRY: Duration = Duration::from_millis(250);

/// What a watch waits for, and for how long.
#[derive(Clone, Debug)]
pub struct WatchOptions {
    /// How long to try again. With `None`, each service is tried once.
    pub limit: Option<Duration>,
    /// The pause after the first failed try of a service. Each pause is half as long again as the one before, up to
    /// 2 s.
    pub every: Duration,
    /// Whether one service is enough.
    pub any: bool,
    /// Whether to wait until the services are gone.
    pub gone: bool,
    /// How many tries may be under way at the same time.
    pub at_once: usize,
}

/// The protocol of the stream of signals of a run that waits for services.
#[derive(Debug)]
pub struct Watch {
    options: WatchOptions,
    services: Vec<Watched>,
    /// The services to try next, by their numbers.
    queue: VecDeque<usize>,
    /// How many tries are under way.
    running: usize,
    /// The outcomes of tries. `None` before the start and after the end.
    outbox: Option<Rc<Outbox>>,
    /// The end of `limit`.
    deadline: Option<TimerId>,
    /// What a signal does: it ends the run, as with any client.
    signals: Signals,
    reporter: Reporter,
}

#[derive(Debug)]
struct Watched {
    service: Service,
    step: WatchStep,
    pause: Duration,
    /// The failure of the last try.
    last: Option<Failure>,
}

#[derive(Clone, Copy, Debug)]
enum WatchStep {
    Queued,
    Trying { since: Instant },
    Pausing(TimerId),
    Met,
    Failed,
}

impl Watch {
    /// A watch over these services; there is at least one.
    #[must_use]
    pub fn new(services: Vec<Service>, options: WatchOptions, reporter: Reporter) -> Self {
        let queue = (0..services.len()).collect();
        let watched = |service| Watched { service, step: WatchStep::Queued, pause: options.every, last: None };
        let services = services.into_iter().map(watched).collect();
        let signals = Signals::of_client(None, reporter.clone());
        Self { options, services, queue, running: 0, outbox: None, deadline: None, signals, reporter }
    }

    /// Starts tries while there is room for them.
    fn start_tries(&mut self, t: &mut Transport<'_>) {
        while self.running < self.options.at_once {
            let (Some(outbox), Some(number)) = (&self.outbox, self.queue.pop_front()) else { return };
            let watched = &mut self.services[number];
            watched.step = WatchStep::Trying { since: t.net().now() };
            let slip = Slip::new(outbox, number);
            watched.service.start_try(t.net(), slip, self.options.limit.is_some());
            self.running += 1;
        }
    }

    /// A try has ended.
    fn tried(&mut self, t: &mut Transport<'_>, number: usize, outcome: Outcome) {
        self.running -= 1;
        let watched = &mut self.services[number];
        let name = &watched.service.name;
        let failure = match (outcome, self.options.gone) {
            (Outcome::Up, false) => {
                log::info!("{name} is up");
                watched.step = WatchStep::Met;
                return;
            }
            (Outcome::Absent(failure), true) => {
                log::info!("{name} is gone: {failure}");
                watched.step = WatchStep::Met;
                return;
            }
            (Outcome::Up, true) => Failure::new(Cause::Unavailable, format!("{name} is still up")),
            (Outcome::Answered(_, how), true) => Failure::new(Cause::Unavailable, format!("{name} is still up: {how}")),
            (Outcome::Absent(failure) | Outcome::Answered(failure, _) | Outcome::NotUp(failure), _) => failure,
        };
        if failure.cause == Cause::Local && self.running > 0 {
            // The tries under way hold the descriptors that this one lacks.
            log::debug!("{failure}; trying {} endpoints at once instead", self.running);
            self.options.at_once = self.running;
            watched.step = WatchStep::Queued;
            return self.queue.push_front(number);
        }
        if self.options.limit.is_none() {
            watched.step = WatchStep::Failed;
        } else {
            log::info!("{failure}; trying again in {}", shown(watched.pause));
            watched.step = WatchStep::Pausing(t.call_later(watched.pause));
            watched.pause = longer(watched.pause, PAUSE_MAX.max(self.options.every));
        }
        watched.last = Some(failure);
    }

    /// Ends the run if nothing is left to wait for.
    fn end_if_over(&mut self, t: &mut Transport<'_>) {
        let count = |wanted: fn(&WatchStep) -> bool| self.services.iter().filter(|one| wanted(&one.step)).count();
        let met = count(|step| matches!(step, WatchStep::Met));
        let failed = count(|step| matches!(step, WatchStep::Failed));
        let is_met = met == self.services.len() || (self.options.any && met > 0);
        if is_met {
            self.end(t);
        } else if met + failed == self.services.len() {
            self.report(None);
            self.end(t);
        }
    }

    /// The time of `--for` is over.
    fn time_is_over(&mut self, t: &mut Transport<'_>, limit: Duration) {
        let now = t.net().now();
        for watched in &mut self.services {
            let WatchStep::Trying { since } = watched.step else { continue };
            if watched.last.is_none() || now.duration_since(since) >= LONG_TRY {
                let text = format!("{}: no answer by then", watched.service.name);
                watched.last = Some(Failure::new(Cause::TimedOut, text));
            }
        }
        self.report(Some(limit));
        self.end(t);
    }

    /// Reports each service that is not met, in the order of the command line. The first one decides the status, unless
    /// the time limit has ended the run.
    fn report(&mut self, limit: Option<Duration>) {
        let wanted = if self.options.gone { "gone" } else { "up" };
        let mut failures = Vec::new();
        for watched in self.services.iter_mut().filter(|one| !matches!(one.step, WatchStep::Met)) {
            let last = watched.last.take().unwrap_or_else(|| {
                let text = format!("{}: not tried in time", watched.service.name);
                Failure::new(Cause::Local, text)
            });
            failures.push(match limit {
                Some(limit) => {
                    let message = format!("not {wanted} after {}: {}", shown(limit), last.message);
                    Failure { cause: Cause::TimedOut, message, ..last }
                }
                // A try that was not answered tells the same as one that was refused.
                None if last.cause == Cause::TimedOut => Failure { cause: Cause::Unavailable, ..last },
                None => last,
            });
        }
        let cause = failures.first().map(|failure| failure.cause);
        // The last line is that of the run itself.
        if let (Some(cause), Some(last)) = (cause, failures.pop()) {
            for failure in &failures {
                log::error!("{failure}");
                failure.log_hint(log::Level::Error);
            }
            self.reporter.tell(Failure { cause, ..last });
        }
    }

    /// Ends the run. Tries that are under way end with it.
    fn end(&mut self, t: &mut Transport<'_>) {
        self.outbox = None;
        t.net().stop();
    }
}

/// The pause after this one: half as long again, in whole milliseconds.
fn longer(pause: Duration, longest: Duration) -> Duration {
    let millis = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(millis.saturating_add(millis.div_ceil(2)).max(1)).clamp(pause.min(longest), longest)
}

impl Protocol for Watch {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        // In a pause, nothing else keeps the loop running.
        t.set_background(false);
        self.outbox = Some(Outbox::new(t.id()));
        self.deadline = self.options.limit.map(|limit| t.call_later(limit));
        self.start_tries(t);
    }

    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        self.signals.data_received(t, data);
        if t.net().is_stopping() {
            self.outbox = None;
        }
    }

    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        self.signals.eof_received(t)
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        let Some(outbox) = self.outbox.clone() else { return };
        for (number, outcome) in outbox.take() {
            self.tried(t, number, outcome);
        }
        let is_over = |one: &Watched| matches!(one.step, WatchStep::Pausing(pause) if pause == timer);
        if let Some(number) = self.services.iter().position(is_over) {
            self.services[number].step = WatchStep::Queued;
            self.queue.push_back(number);
        }
        self.end_if_over(t);
        match self.options.limit {
            Some(limit) if self.deadline == Some(timer) && self.outbox.is_some() => self.time_is_over(t, limit),
            _ => self.start_tries(t),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest_one() {
        let pauses = |every: Duration| {
            let longest = PAUSE_MAX.max(every);
            Vec::from_iter(std::iter::successors(Some(every), |pause| Some(longer(*pause, longest))).take(30))
        };
        let millis = |pauses: Vec<Duration>| Vec::from_iter(pauses.iter().map(Duration::as_millis));
        let usual = millis(pauses(Duration::from_millis(250)));
        assert_eq!(usual[..7], [250, 375, 563, 845, 1268, 1902, 2000]);
        assert!(usual[7..].iter().all(|pause| *pause == 2000));
        assert_eq!(millis(pauses(Duration::from_nanos(1)))[29], 2000);
        for every in [Duration::from_secs(3), Duration::from_secs(1 << 40)] {
            assert!(pauses(every).iter().all(|pause| *pause == every), "{every:?}");
        }
    }
}
