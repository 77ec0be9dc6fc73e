//! A side that is a stream: a connection, or stdin and stdout. The rules of the pair are in `mod.rs`.

use std::io;
use std::time::Duration;

use super::answer::{AnswerClock, LINGER};
use super::child::QUIET;
use super::half_close::{HalfClose, InputEnd, log_half_close_hint};
use super::remainder;
use super::session::{IdleStdio, leave_place, warn_of_spent_stdin};
use super::{End, OtherEnd, PairOptions, SessionOptions, has_agreed_on_tls};
use crate::protocols::idle::{Fired, IdleWatch};
use crate::protocols::report::{Cause, Failure};
use crate::transports::connect::ConnectError;
use crate::transports::error::{describe, is_truncation};
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::number::Number;
use crate::transports::protocol::{Eof, Protocol};
use crate::transports::timers::{TimerId, shown};

/// How often a peer that is not read is probed, because its other end is not open yet or takes nothing. Reading would
/// tell that the peer is gone, but has to wait.
const PROBE: Duration = Duration::from_secs(2);

/// The protocol of a connection, or of stdin and stdout.
#[derive(Debug)]
pub struct StreamSide {
    other: OtherEnd,
    options: PairOptions,
    watch: IdleWatch,
    input: InputEnd,
    answer: AnswerClock,
    linger_timer: Option<TimerId>,
    probe_timer: Option<TimerId>,
    /// Both directions have ended. The other end is a child, whose exit may be reported next.
    both_done_timer: Option<TimerId>,
    /// The peer has ended, and the next client of the server may wait for its place.
    place_timer: Option<TimerId>,
}

impl StreamSide {
    /// A left side, whose other end a [`Connector`](super::Connector) opens, or a right side, to be joined with an
    /// [`Inbound`](super::Inbound).
    #[must_use]
    pub fn new(other: impl Into<OtherEnd>, options: PairOptions) -> Self {
        // Both sides of a relay watch: one may be gone while the other has not taken everything.
        let watch = options.watch();
        let (input, answer) = (InputEnd::new(options.half_close), AnswerClock::new(options.quit_after));
        Self {
            other: other.into(),
            options,
            watch,
            input,
            answer,
            linger_timer: None,
            probe_timer: None,
            both_done_timer: None,
            place_timer: None,
        }
    }

    /// The other end, once it is known.
    pub(super) fn other_end(&self) -> Option<End> {
        self.other.end()
    }

    /// Reports a failure of the pair `number`.
    pub(super) fn fail(&self, number: Number, failure: Failure) {
        self.options.fail(number, failure);
    }

    /// The options of the session, if this side is its connection.
    fn as_peer(&self, t: &Transport<'_>) -> Option<SessionOptions> {
        self.options.session.filter(|_| t.is_connection())
    }

    /// The options of the session, if this side is its stdin and stdout.
    fn as_stdio(&self, t: &Transport<'_>) -> Option<SessionOptions> {
        self.options.session.filter(|_| !t.is_connection())
    }

    /// When the end of this side is passed on.
    fn half_close(&self, t: &Transport<'_>) -> HalfClose {
        // The other end may not be open yet, and only an open stream says whether it is a connection.
        let is_for_a_connection = matches!(self.other.end(), Some(End::Stream(_)));
        match self.options.half_close {
            HalfClose::Auto if t.is_connection() || !is_for_a_connection => HalfClose::Now,
            _ if self.as_peer(t).is_some() => HalfClose::Now,
            policy => policy,
        }
    }

    /// Ends a pair whose connection has failed. Its other end need not read what came before.
    fn probe(&mut self, t: &mut Transport<'_>) {
        if t.is_closing() {
            return;
        }
        let is_read = t.is_reading() && !t.is_blocked_by_sink();
        if let Some(other) = self.other.end()
            && !is_read
            && t.has_failed()
        {
            other.abort(t.net());
            return t.fail();
        }
        self.probe_later(t);
    }

    /// Probes a connection while it waits for its other end, and as long as it may have to wait for a child. The other
    /// end of a session is open already.
    fn probe_later(&mut self, t: &mut Transport<'_>) {
        if !t.is_connection() || self.options.session.is_some() {
            return;
        }
        if !t.is_reading() || matches!(self.other.end(), Some(End::Child(_))) {
            self.probe_timer = Some(t.call_later(PROBE));
        }
    }

    /// Whether an error is only that a peer has closed TLS without a close_notify after the other side had ended. Many
    /// peers do that. If such a peer had missed something, it would have gone on. The only pair of a run reports the
    /// error anyway.
    fn is_routine(&self, t: &mut Transport<'_>, error: &io::Error) -> bool {
        let other_has_ended = self.other.end().is_some_and(|other| other.is_over(t.net()));
        self.options.reporter.is_none() && is_truncation(error) && other_has_ended
    }

    /// Whether the end of the peer is the end of the session: `--until-peer-ends`.
    fn ends_with_peer(&self, t: &Transport<'_>) -> bool {
        self.as_peer(t).is_some_and(|session| session.until_peer_ends)
    }

    /// The stream of the other end that can have more data for this side, which is gone.
    fn source_to_ask(&self, t: &mut Transport<'_>, other: End) -> Option<Id> {
        if self.ends_with_peer(t) { None } else { other.source_to_ask(t.net()) }
    }

    /// Whether both directions between a child and its peer have ended. Then neither has left the other, and the child
    /// may go on alone.
    fn have_parted(&self, t: &mut Transport<'_>, other: End) -> bool {
        matches!(other, End::Child(_)) && t.is_at_eof() && other.is_over(t.net())
    }

    /// Whether the pair is about to end cleanly, even if no byte moves.
    fn is_ending(&self, t: &mut Transport<'_>) -> bool {
        // A stream that waits only for the peer's end has a time limit of its own.
        let is_told = t.is_closing() && t.write_buffer_size() == 0 && t.on_the_way() == 0;
        let here = End::Stream(t.id());
        is_told || self.other.end().is_some_and(|other| here.is_ending(other, t.net()))
    }

    /// Nothing more comes from here. The other end has a time limit if the user has set one, or if it has datagrams, as
    /// datagrams cannot say that all is answered.
    fn linger(&mut self, t: &mut Transport<'_>, other: End) {
        // The peer of a connection would take a cut for the end.
        if !t.is_connection() && self.answer.start(t.id(), t.net()) {
            return;
        }
        if let Some(limit) = self.options.linger.or_else(|| other.has_datagrams().then_some(LINGER)) {
            self.linger_timer = Some(t.call_later(limit));
        }
    }

    /// This side has ended, and the other end may go on. `--linger` or the next client of a server limits its time.
    fn wait_for(&mut self, t: &mut Transport<'_>, other: End) {
        match self.as_peer(t) {
            Some(session) if session.reuse_stdio => {
                let id = t.id();
                self.place_timer = Some(t.net().call_when_client_waits(id));
            }
            Some(_) => (),
            None => self.linger(t, other),
        }
        t.expect_vanished_peer();
    }

    /// The timer of [`linger`](Self::linger) has fired.
    fn lingered(&mut self, t: &mut Transport<'_>) {
        let Some(other) = self.other.end() else { return };
        let send_only = self.options.session.is_some_and(|session| session.send_only);
        if t.is_closing() || (other.is_over(t.net()) && !send_only) {
            // The other end has ended in time, and only its last bytes are still on their way.
            return;
        }
        let limit = self.options.linger.unwrap_or(LINGER);
        if !other.has_datagrams() {
            let (limit, number) = (shown(limit), self.other.pair_number(t));
            if let (false, End::Stream(peer)) = (t.is_connection(), other) {
                let what = if send_only { "received all data" } else { "ended its side" };
                let what = format_args!("the peer has not {what} within {limit} of the end of stdin");
                self.watch.fail(&t.peer(peer), number, Cause::TimedOut, &what);
            } else {
                let what = format_args!("the other side did not end within {limit} after this one");
                self.watch.fail(t, number, Cause::TimedOut, &what);
            }
            other.abort(t.net());
            return self.cut(t, End::Stream(t.id()));
        }
        let activity = End::Stream(t.id()).activity(Some(other), t.net());
        let quiet = match other {
            // The end is not silent: its datagrams wait until this side takes more.
            End::Datagrams(socket) if t.datagram(socket).may_have_more() => Duration::ZERO,
            _ => t.net().now().duration_since(activity.last_activity),
        };
        if quiet < limit {
            self.linger_timer = Some(t.call_later(limit - quiet));
            return;
        }
        other.finish(t.net());
        t.close();
    }

    /// The time of the answer is over: the pair ends cleanly, although the other end has not ended.
    fn quit(&mut self, t: &mut Transport<'_>, other: End, limit: Duration) {
        if t.is_closing() || other.is_over(t.net()) {
            return;
        }
        let (number, name) = (other.number(t.net()), other.name(t.net()));
        log::info!("{number}closing: {name} has not ended within {}", shown(limit));
        other.finish_alone(t.net());
        if other.has_datagrams() {
            t.close();
        }
    }

    /// The pair has run into a time limit: `end`, the one that is left, is over too.
    fn cut(&self, t: &mut Transport<'_>, end: End) {
        match self.options.session {
            Some(session) if session.reuse_stdio => (),
            // What stdout has not taken by now is lost, and the status says so.
            Some(_) => t.net().stop(),
            None => end.abort(t.net()),
        }
    }

    /// The pair has ended cleanly.
    fn finish(&self, t: &mut Transport<'_>, other: End) {
        match self.as_peer(t) {
            // The rest of stdin is for the next client.
            Some(session) if session.reuse_stdio => other.pause(t.net()),
            _ => other.finish(t.net()),
        }
    }
}

impl Protocol for StreamSide {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        // stdin and stdout serve further sessions, and must not expire with one of them.
        if self.as_stdio(t).is_none() {
            self.watch.made(t);
        }
        if !self.other.open_or_join(End::Stream(t.id()), t.net(), &self.options) {
            // Not in order: nothing of what it sends has a place to go.
            return t.abort();
        }
        self.input = InputEnd::new(self.half_close(t));
        if t.is_at_eof() && self.as_stdio(t).is_some_and(|session| !session.recv_only) {
            warn_of_spent_stdin(t, self.other.end());
            self.eof_received(t);
        }
        self.probe_later(t);
    }

    fn connection_failed(&mut self, t: &mut Transport<'_>, error: ConnectError) {
        self.other.open_failed(t.number(), t.net(), &error, &self.options);
    }

    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        if !self.as_peer(t).is_some_and(|session| session.send_only) {
            self.other.hand_on(End::Stream(t.id()), t.net(), &mut self.input, data);
        }
    }

    fn resume_writing(&mut self, t: &mut Transport<'_>) {
        self.other.resume(t.net());
    }

    fn writing_failed(&mut self, t: &mut Transport<'_>, error: &io::Error) {
        self.watch.write_failed(t, error);
        // A peer at the other end may wait for room for what it sends. It would read no further, and the rest of this
        // stream would have no place to go.
        if let Some(other) = self.other.end().filter(|other| other.is_connection(t.net())) {
            other.discard(t.net());
        }
    }

    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        let Some(other) = self.other.end() else { return Eof::Close };
        let (peer, stdio) = (self.as_peer(t), self.as_stdio(t));
        let reuses_stdio = self.options.session.is_some_and(|session| session.reuse_stdio);
        if stdio.is_some_and(|session| session.send_only) {
            self.linger(t, other);
            other.finish_alone(t.net());
            return Eof::KeepOpen;
        }
        if other.is_stdio(t.net()) {
            log_half_close_hint(t);
        }
        let is_doubtful = other.got_nothing(t.net()) || has_agreed_on_tls(other, t.net());
        if self.input.input_ended(t.id(), t.net(), is_doubtful) && !(peer.is_some() && reuses_stdio) {
            other.end_input(t.net());
        }
        if other.is_over(t.net()) {
            // A child may go on: it has done with its peer, and its peer with it.
            if matches!(other, End::Child(_)) {
                other.end_input(t.net());
                self.both_done_timer = Some(t.call_later(QUIET));
                return Eof::KeepOpen;
            }
        } else {
            // This is asked once, because the peer can go between two questions.
            let is_gone = t.is_peer_gone();
            if is_gone && self.source_to_ask(t, other).is_some() {
                return Eof::Close;
            }
            if !is_gone && !self.ends_with_peer(t) && !other.is_terminal(t.net()) {
                self.wait_for(t, other);
                return Eof::KeepOpen;
            }
        }
        if !self.have_parted(t, other) {
            self.finish(t, other);
        }
        if stdio.is_some() && reuses_stdio { Eof::KeepOpen } else { Eof::Close }
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        if self.other.is_to_join() {
            // stdin and stdout of a session are open before they get this protocol.
            return self.connection_made(t);
        }
        let here = End::Stream(t.id());
        if self.other.input_timer_fired(here, t.net(), &mut self.input, timer) {
            return;
        }
        if let Some(other) = self.other.end() {
            match self.answer.fired(t.id(), t.net(), timer, &[other]) {
                Fired::Other => (),
                Fired::TooEarly => return,
                Fired::Expired(limit) => return self.quit(t, other, limit),
            }
        }
        if Some(timer) == self.linger_timer {
            self.lingered(t);
        } else if Some(timer) == self.probe_timer {
            self.probe(t);
        } else if Some(timer) == self.place_timer {
            let Some(End::Stream(stdio)) = self.other.end() else { return };
            self.place_timer = leave_place(t, stdio);
        } else if Some(timer) == self.both_done_timer {
            t.close();
        } else if self.both_done_timer.is_none() && !self.is_ending(t) {
            let (number, activity) = (self.other.pair_number(t), here.activity(self.other.end(), t.net()));
            let fired = self.watch.fired(t, number, timer, activity);
            if let (Fired::Expired(_), Some(other)) = (fired, self.other.end()) {
                self.cut(t, other);
            }
        }
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        // Nothing has failed once both directions have ended, and the child may go on.
        let error = error.filter(|_| self.both_done_timer.is_none());
        match &error {
            Some(error) if !t.is_connection() => self.options.fail(Number::NONE, Failure::of_stdio(error)),
            Some(error) if self.is_routine(t, error) => {
                let (number, peer) = (t.number(), t.info().peer.map(|peer| peer.to_string()).unwrap_or_default());
                log::info!("{number}connection with {peer}: {}, after the other side had ended", describe(error));
            }
            error => self.watch.lost(t, error.as_ref()),
        }
        let Some(other) = self.other.end() else { return };
        if let (Some(SessionOptions { reuse_stdio: true, .. }), End::Stream(stdio), Some(reporter)) =
            (self.as_peer(t), other, self.options.reporter.clone())
        {
            return IdleStdio::new(reporter).take_back(&mut t.peer(stdio));
        }
        match error {
            Some(_) if self.as_stdio(t).is_some() => {
                other.abort(t.net());
                t.net().stop();
            }
            Some(_) => other.reset(t.net()),
            None if self.have_parted(t, other) => (),
            None => match self.source_to_ask(t, other) {
                Some(source) => {
                    let (number, peer) = (t.number(), t.info().peer);
                    remainder::ask(t.net(), source, number, peer, &self.options);
                }
                None => other.finish(t.net()),
            },
        }
    }
}
