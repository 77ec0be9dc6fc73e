//! A side of a relay that is a stream: a connection, or stdin and stdout.

use std::io;
use std::time::Duration;

use super::child::QUIET;
use super::half_close::{HalfClose, Held, InputEnd, hint};
use super::remainder;
use super::{Connector, End, Inbound, OtherEnd, PairOptions};
use crate::protocols::idle::{FailureScope, Fired, IdleWatch};
use crate::protocols::report::{Cause, Failure};
use crate::transports::connect::ConnectError;
use crate::transports::error::{describe, is_truncation};
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::protocol::{Eof, Protocol};
use crate::transports::timers::{TimerId, shown};

/// How long a reply may take once everything was sent to an end that cannot say that it has ended, unless that is said.
const LINGER: Duration = Duration::from_secs(1);

/// How often a peer that is not read, because its other end is not open yet or does not take its bytes, is asked
/// whether it is there at all: reading would tell, but has to wait.
const LOOK: Duration = Duration::from_secs(2);

/// The protocol of such a side.
#[derive(Debug)]
pub struct StreamSide {
    other: OtherEnd,
    options: PairOptions,
    watch: IdleWatch,
    input: InputEnd,
    linger_timer: Option<TimerId>,
    look_timer: Option<TimerId>,
    /// Both have ended what they had to say, and the other end is a child, of which we may be about to hear how it has
    /// ended.
    both_done_timer: Option<TimerId>,
}

impl StreamSide {
    /// A left side, whose other end `connector` opens.
    #[must_use]
    pub fn left(connector: Connector, options: PairOptions) -> Self {
        Self::new(OtherEnd::ToOpen(connector), options)
    }

    /// A right side, to be joined with `left`.
    #[must_use]
    pub fn right(left: Inbound, options: PairOptions) -> Self {
        Self::new(OtherEnd::ToJoin(left), options)
    }

    fn new(other: OtherEnd, options: PairOptions) -> Self {
        // Both sides watch: one may be gone while the other has not taken everything.
        let watch = watch(&options);
        let input = InputEnd::new(options.half_close);
        Self { other, watch, options, input, linger_timer: None, look_timer: None, both_done_timer: None }
    }

    /// When the end of this side is passed on.
    fn half_close(&self, t: &mut Transport<'_>) -> HalfClose {
        let is_for_a_connection = matches!(self.other.end(), Some(End::Stream(_)));
        match self.options.half_close {
            HalfClose::Auto if t.is_connection() || !is_for_a_connection => HalfClose::Now,
            policy => policy,
        }
    }

    /// Where the connection has failed, nobody waits for the other end any more: its end is due, whatever it has still
    /// to read.
    fn look(&mut self, t: &mut Transport<'_>) {
        if t.is_closing() {
            return;
        }
        let is_read = t.is_reading() && !t.is_blocked_by_sink();
        if let (Some(other), false, true) = (self.other.end(), is_read, t.has_failed()) {
            other.abort(t.net());
            return t.fail();
        }
        self.look_later(t);
    }

    /// While it waits for its other end, and as long as it may have to wait for a child.
    fn look_later(&mut self, t: &mut Transport<'_>) {
        if !t.is_reading() || matches!(self.other.end(), Some(End::Child(_))) {
            let id = t.id();
            self.look_timer = Some(t.net().call_later(id, LOOK));
        }
    }

    /// Whether it is only that a peer of one of many pairs leaves TLS without a word, as many do, once the other side
    /// has ended: that one would have gone on if it had missed something.
    fn is_routine(&self, t: &mut Transport<'_>, error: &io::Error) -> bool {
        let other_has_ended = self.other.end().is_some_and(|other| other.is_over(t.net()));
        self.options.reporter.is_none() && is_truncation(error) && other_has_ended
    }

    /// This side is gone, in order: the other one may have had more for it.
    fn ask(&self, t: &mut Transport<'_>, source: Id) {
        let peer = t.info().peer.map(|peer| peer.to_string()).unwrap_or_default();
        let reporter = self.options.reporter.clone();
        remainder::ask(t.net(), source, peer, watch(&self.options), move |failure| match &reporter {
            Some(reporter) => reporter.tell(failure),
            None => log::info!("{failure}"),
        });
    }

    /// Whether a child and its peer have both ended what they had to say. Then nobody has left the child: it may go on
    /// alone.
    fn have_parted(&self, t: &mut Transport<'_>, other: End) -> bool {
        matches!(other, End::Child(_)) && t.is_at_eof() && other.is_over(t.net())
    }

    /// Whether the pair is about to end in order, all the same whether bytes still move.
    fn is_ending(&self, t: &mut Transport<'_>) -> bool {
        // A stream that waits only for the peer's end has a time limit of its own.
        let is_told = t.is_closing() && t.write_buffer_size() == 0 && t.on_the_way() == 0;
        let here = End::Stream(t.id());
        is_told || self.other.end().is_some_and(|other| here.is_ending(other, t.net()))
    }

    /// Nothing more comes from here. The other end is given some time only, if that was asked for or if it has
    /// datagrams, as these cannot say when it has answered.
    fn linger(&mut self, t: &mut Transport<'_>, other: End) {
        let limit = self.options.linger.or_else(|| other.has_datagrams().then_some(LINGER));
        if let Some(limit) = limit {
            let id = t.id();
            self.linger_timer = Some(t.net().call_later(id, limit));
        }
    }

    fn lingered(&mut self, t: &mut Transport<'_>) {
        let Some(other) = self.other.end() else { return };
        if t.is_closing() || other.is_over(t.net()) {
            // It has come to an end in time, and only what it has said is still on its way.
            return;
        }
        let limit = self.options.linger.unwrap_or(LINGER);
        if !other.has_datagrams() {
            let limit = shown(limit);
            self.watch.fail(t, Cause::TimedOut, &format_args!("no end of the other side within {limit} of this one"));
            other.abort(t.net());
            return t.abort();
        }
        let activity = End::Stream(t.id()).activity(Some(other), t.net());
        let quiet = t.net().now().duration_since(activity.last_activity);
        if quiet < limit {
            let id = t.id();
            self.linger_timer = Some(t.net().call_later(id, limit - quiet));
            return;
        }
        other.finish(t.net());
        t.close();
    }
}

/// What one side of a pair under these options is watched for.
fn watch(options: &PairOptions) -> IdleWatch {
    let blame = options.reporter.clone().map_or(FailureScope::Log, FailureScope::Run);
    IdleWatch::new(options.idle_timeout, blame)
}

impl Protocol for StreamSide {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        self.watch.made(t);
        let id = t.id();
        if !self.other.open_or_join(t.net(), End::Stream(id), |net| net.transport(id).info(), &self.options) {
            // Not in order: nothing of what it sends has a place to go.
            return t.abort();
        }
        self.input = InputEnd::new(self.half_close(t));
        self.look_later(t);
    }

    fn connection_failed(&mut self, t: &mut Transport<'_>, error: ConnectError) {
        self.other.open_failed(t.net(), &error, &self.options);
    }

    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        let Some(other) = self.other.end() else { return };
        if self.input.is_looking() {
            self.input.look(data);
            if !self.input.is_looking() {
                End::Stream(t.id()).forward_to(other, t.net());
            }
        }
        let taken = other.deliver(t.net(), data);
        // A stream holds up what is forwarded to it by itself.
        if other.has_datagrams() && (taken < data.len() || other.is_full(t.net())) {
            t.pause_reading();
            t.unread(&data[taken..]);
        }
    }

    fn resume_writing(&mut self, t: &mut Transport<'_>) {
        // Only datagrams wait for this: what is forwarded waits by itself.
        if let Some(other) = self.other.end().filter(|other| other.has_datagrams()) {
            other.resume(t.net());
        }
    }

    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        let Some(other) = self.other.end() else { return Eof::Close };
        if other.is_stdio(t.net()) {
            hint(t);
        }
        let (id, gave_nothing) = (t.id(), t.info().totals.received == 0);
        let is_doubtful = gave_nothing || other.has_agreed_on_tls(t.net());
        if self.input.come(t.net(), id, is_doubtful) {
            other.end_input(t.net());
        }
        if other.is_over(t.net()) {
            // A child may go on: it has done with its peer, and its peer with it.
            other.end_input(t.net());
            if matches!(other, End::Child(_)) {
                self.both_done_timer = Some(t.net().call_later(id, QUIET));
                return Eof::KeepOpen;
            }
        } else if t.is_peer_gone() && other.to_be_asked(t.net()).is_some() {
            return Eof::Close;
        } else if !other.is_terminal(t.net()) && !t.is_peer_gone() {
            self.linger(t, other);
            t.expect_vanished_peer();
            return Eof::KeepOpen;
        }
        if !self.have_parted(t, other) {
            other.finish(t.net());
        }
        Eof::Close
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        let pulse = End::Stream(t.id()).activity(self.other.end(), t.net());
        let (id, totals) = (t.id(), t.info().totals);
        match (self.input.fired(t.net(), id, timer, pulse, totals), self.other.end()) {
            (Held::TellNow, Some(other)) => return other.end_input(t.net()),
            (Held::OtherTimer, _) => (),
            _ => return,
        }
        if Some(timer) == self.linger_timer {
            self.lingered(t);
        } else if Some(timer) == self.look_timer {
            self.look(t);
        } else if Some(timer) == self.both_done_timer {
            t.close();
        } else if self.both_done_timer.is_none() && !self.is_ending(t) {
            let fired = self.watch.fired(t, timer, pulse);
            if let (Fired::Expired(_), Some(other)) = (fired, self.other.end()) {
                other.abort(t.net());
            }
        }
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        // Whoever goes after both have said all has not failed, and the child may go on.
        let error = error.filter(|_| self.both_done_timer.is_none());
        let timers = [self.linger_timer.take(), self.look_timer.take(), self.both_done_timer.take()];
        for timer in timers.into_iter().flatten() {
            t.net().cancel(timer);
        }
        let is_console = !t.is_connection();
        let other = self.other.end();
        match &error {
            Some(error) if is_console => self.options.fail(Failure::of_stdio(error)),
            Some(error) if self.is_routine(t, error) => {
                let peer = t.info().peer.map(|peer| peer.to_string()).unwrap_or_default();
                log::info!("connection with {peer}: {}, after the other side had ended", describe(error));
            }
            error => self.watch.lost(t, error.as_ref()),
        }
        let Some(other) = other else { return };
        match error {
            Some(_) => other.reset(t.net()),
            None if self.have_parted(t, other) => (),
            None => match other.to_be_asked(t.net()) {
                Some(source) => self.ask(t, source),
                None => other.finish(t.net()),
            },
        }
    }
}
