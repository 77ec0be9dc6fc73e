//! Timers, in the order in which they are due, and then in the order in which they were armed.
//!
//! A turn of the loop has one time for all its work, and this time gets old in a long turn. A timer counts from the
//! moment in which it is armed, so it never fires early. The simulator sets the clock. A jump of the wall clock changes
//! nothing, because `Instant` is monotonic.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::id::Id;

/// Names one timer until it fires or is cancelled. asyncio's `TimerHandle`.
#[doc(alias = "TimerHandle")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerId {
    deadline: Instant,
    /// Orders timers with the same deadline: first armed, first fired.
    sequence: u64,
}

/// A duration for messages, as a user writes it: `250ms`, `1.5s`, and `0s` for none.
#[must_use]
pub fn shown(duration: Duration) -> String {
    if duration.is_zero() { "0s".to_owned() } else { format!("{duration:?}") }
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// The streams of the rearm queue are due.
    Rearm,
    /// The loop looks for peers that have vanished.
    LookAtPeers,
    /// `timer_fired` of the protocol of this slot.
    Protocol(Id),
    /// An alarm of the transport or listener in this slot.
    Slot(Id, Alarm),
}

impl Due {
    /// The slot that the timer ends with.
    fn owner(self) -> Option<Id> {
        match self {
            Self::Protocol(id) | Self::Slot(id, _) => Some(id),
            Self::Rearm | Self::LookAtPeers => None,
        }
    }
}

/// What a transport or a listener does when its timer is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// A connection is tried again, or the next address of a race is (RFC 8305).
    ConnectNext,
    /// A try to connect has taken too long.
    ConnectTimeout,
    /// A datagram socket that closes has waited long enough for a refusal.
    Refusal,
    /// A listener that could not accept tries again.
    AcceptRetry,
    /// A child has had its time for one step of its end.
    Ending,
    /// An opening has taken too long: a negotiation or a handshake.
    Opening,
    /// A connection in full flow may have paused.
    FlowIdle,
    /// A closing connection has waited long enough for the peer's end.
    CloseTimeout,
    /// The peer's system may have acknowledged everything.
    Acknowledgement,
    /// The reader of a stream has gone for too long: a terminal that has hung up, or a pipe.
    HangUp,
    /// After a failed write, the peer has had time for its answer.
    LostWrite,
}

/// The longest delay. The clock cannot express more.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 86400);

/// The source of time.
#[derive(Debug, Default)]
pub(crate) enum Clock {
    /// `CLOCK_MONOTONIC`, `clock_gettime(2)`.
    #[default]
    System,
    /// The clock of the simulator, which stands still until it is set.
    #[cfg(test)]
    Manual(Instant),
}

impl Clock {
    fn now(&self) -> Instant {
        match self {
            Self::System => Instant::now(),
            #[cfg(test)]
            Self::Manual(now) => *now,
        }
    }
}

/// All timers of a loop.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    pub(crate) clock: Clock,
    due: BTreeMap<TimerId, Due>,
    /// The timers of slots, by slot and sequence.
    owned: BTreeMap<(Id, u64), TimerId>,
    sequence: u64,
}

impl Timers {
    /// Arms a timer that fires once `delay` has passed from this moment on.
    pub(crate) fn arm(&mut self, delay: Duration, due: Due) -> TimerId {
        let now = self.clock.now();
        let id = self.name(now.checked_add(delay).unwrap_or(now + CENTURY));
        self.due.insert(id, due);
        if let Some(owner) = due.owner() {
            self.owned.insert((owner, id.sequence), id);
        }
        id
    }

    /// Disarms a timer. Nothing happens if it has fired already.
    pub(crate) fn cancel(&mut self, id: TimerId) {
        self.take(id);
    }

    /// Disarms all timers of a slot that is gone.
    pub(crate) fn cancel_all(&mut self, owner: Id) {
        let own = Vec::from_iter(self.owned.range((owner, 0)..=(owner, u64::MAX)).map(|(_, id)| *id));
        own.into_iter().for_each(|id| self.cancel(id));
    }

    fn take(&mut self, id: TimerId) -> Option<(TimerId, Due)> {
        let due = self.due.remove(&id)?;
        if let Some(owner) = due.owner() {
            self.owned.remove(&(owner, id.sequence));
        }
        Some((id, due))
    }

    /// When the next timer is due.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.due.keys().next().map(|id| id.deadline)
    }

    /// The number of the timer that was armed last, for [`pop_due`](Self::pop_due).
    pub(crate) fn newest(&self) -> u64 {
        self.sequence
    }

    /// Removes one timer that is due by `now` and was not armed after `newest`. Call this until there is none.
    pub(crate) fn pop_due(&mut self, now: Instant, newest: u64) -> Option<(TimerId, Due)> {
        let mut due = self.due.iter().take_while(|(id, _)| id.deadline <= now);
        let id = *due.find(|(id, _)| id.sequence <= newest)?.0;
        self.take(id)
    }

    /// A name for a timer that is never armed, because it fires at once.
    pub(crate) fn name(&mut self, deadline: Instant) -> TimerId {
        self.sequence += 1;
        TimerId { deadline, sequence: self.sequence }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transports::id::Arena;

    #[test]
    fn the_timers_of_an_owner_end_together_and_no_others() {
        let (mut timers, hour) = (Timers::default(), Duration::from_secs(3600));
        let mut arena = Arena::new();
        let [first, second] = [(), ()].map(|()| arena.insert(()));
        let [of_first, of_second] = [first, second].map(Due::Protocol);
        for due in [Due::Rearm, of_first, of_second, of_first] {
            timers.arm(hour, due);
        }
        let fired = timers.arm(Duration::ZERO, of_first);
        let newest = timers.newest();
        assert_eq!(timers.pop_due(Instant::now(), newest), Some((fired, of_first)));
        timers.cancel_all(first);
        assert_eq!((timers.len(), timers.owned.len()), (2, 1));
        timers.cancel_all(second);
        timers.cancel_all(second);
        assert_eq!((timers.len(), timers.owned.len()), (1, 0));
    }

    #[test]
    fn never_early_in_order_and_not_after_cancel() {
        let start = Instant::now();
        let mut timers = Timers { clock: Clock::Manual(start), ..Timers::default() };
        let at = |ms| start + Duration::from_millis(ms);
        let after = Duration::from_millis;
        let late = timers.arm(after(20), Due::Rearm);
        let first = timers.arm(after(10), Due::Rearm);
        let second = timers.arm(after(10), Due::LookAtPeers);
        let gone = timers.arm(after(10), Due::Rearm);
        timers.cancel(gone);
        let newest = timers.newest();
        let new = timers.arm(after(0), Due::Rearm);
        assert_eq!(timers.pop_due(at(9), newest), None, "armed after the turn began to fire them");

        assert_eq!(timers.pop_due(at(9), timers.newest()), Some((new, Due::Rearm)));
        assert_eq!(timers.next_deadline(), Some(at(10)));
        assert_eq!(timers.pop_due(at(9), newest), None);
        assert_eq!(timers.pop_due(at(10), newest), Some((first, Due::Rearm)));
        assert_eq!(timers.pop_due(at(10), newest), Some((second, Due::LookAtPeers)));
        assert_eq!(timers.pop_due(at(10), newest), None);
        assert_eq!(timers.pop_due(at(5_000_000_000), newest), Some((late, Due::Rearm)));
        assert_eq!(timers.len(), 0);
    }
}
