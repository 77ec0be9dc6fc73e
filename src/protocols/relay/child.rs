//! A side of a relay that is a child process.
//!
//! ```text
//!   Running ---exits---> its stdout closed ---------------------------> the other end is closed
//!                |                                                        ^
//!                +---somebody else holds it---> nothing comes for 100 ms -+
//! ```

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use super::{Connector, End, Inbound, OtherEnd, PairOptions};
use crate::protocols::child::{QUIET, close_when_quiet, code};
use crate::protocols::half_close::{HalfClose, Held, InputEnd};
use crate::protocols::report::{Cause, Failure};
use crate::protocols::watch::Activity;
use crate::transports::info::Info;
use crate::transports::net::Net;
use crate::transports::process::handle::SubprocessTransport;
use crate::transports::protocol::SubprocessProtocol;
use crate::transports::timers::TimerId;

const STDIN: u8 = 0;
const STDOUT: u8 = 1;

/// The protocol of such a side.
#[derive(Debug)]
pub struct ChildEnd {
    other: OtherEnd,
    options: PairOptions,
    /// The end of its stdout, as the other end is to be told of it.
    output: InputEnd,
    /// Its stdout has ended. If it has been killed, we are about to hear of it, and the other end is not told of an
    /// end.
    end_timer: Option<TimerId>,
    idle_timer: Option<TimerId>,
    /// What was on its way when that last fired.
    on_the_way: usize,
    /// The other end, for messages.
    peer: String,
    /// It has ended with a status that says so, and has left some of its input unread.
    has_failed: bool,
}

impl ChildEnd {
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
        let output = InputEnd::new(options.half_close);
        Self {
            other,
            options,
            output,
            end_timer: None,
            idle_timer: None,
            on_the_way: 0,
            peer: String::new(),
            has_failed: false,
        }
    }

    /// The left side watches that the pair does not stand still.
    fn watch(&mut self, t: &mut SubprocessTransport<'_>, quiet: Duration) {
        if let Some(limit) = self.options.idle_timeout {
            let id = t.id();
            self.idle_timer = Some(t.net().call_later(id, limit.saturating_sub(quiet)));
        }
    }

    fn look_at_the_clock(&mut self, t: &mut SubprocessTransport<'_>) {
        let (Some(other), Some(limit)) = (self.other.end(), self.options.idle_timeout) else { return };
        let here = End::Child(t.id());
        if here.ends_the_pair(other, t.net()) || other.ends_the_pair(here, t.net()) {
            return;
        }
        let (last, on_the_way) = activity(here, other, t.net());
        let quiet = last.map_or(limit, |last| t.net().now().duration_since(last));
        // A slow reader is no silent one.
        if std::mem::replace(&mut self.on_the_way, on_the_way) != on_the_way {
            return self.watch(t, Duration::ZERO);
        }
        if quiet < limit {
            return self.watch(t, quiet);
        }
        self.options.fail(Failure::new(Cause::TimedOut, format!("idle for {limit:?}")));
        other.abort(t.net());
        here.abort(t.net());
    }

    /// It goes on without its stdout.
    fn output_ended(&mut self, t: &mut SubprocessTransport<'_>) {
        let (Some(other), None) = (self.other.end(), t.returncode()) else { return };
        let here = End::Child(t.id());
        if self.options.half_close == HalfClose::Auto && !here.may_be_held_back(other, t.net()) {
            self.output = InputEnd::new(HalfClose::Now);
        }
        let id = t.id();
        // A program that closes its stdout means it, also where it has said nothing.
        if self.output.come(t.net(), id, false) {
            other.end_input(t.net());
        }
        if other.is_over(t.net()) {
            // It goes on alone.
            here.end_input(t.net());
            other.finish(t.net());
        }
    }

    /// Whether the timer was that of an end of its stdout that is held back. The other end is told when its time has
    /// come.
    fn output_stays_held(&mut self, t: &mut SubprocessTransport<'_>, timer: TimerId) -> bool {
        let (here, Some(other)) = (End::Child(t.id()), self.other.end()) else { return false };
        let (last, on_the_way) = activity(here, other, t.net());
        let last_activity = last.unwrap_or_else(|| t.net().now());
        let (id, totals) = (t.id(), other.totals(t.net()));
        match self.output.fired(t.net(), id, timer, Activity { last_activity, on_the_way }, totals) {
            Held::OtherTimer => return false,
            Held::Longer => (),
            Held::TellNow => other.end_input(t.net()),
        }
        true
    }
}

/// When bytes last moved between two ends, if one of them can tell, and how many are on their way.
fn activity(one: End, other: End, net: &mut Net) -> (Option<Instant>, usize) {
    let last = one.last_activity(net).max(other.last_activity(net));
    (last, one.on_the_way(net) + other.on_the_way(net))
}

impl SubprocessProtocol for ChildEnd {
    fn connection_made(&mut self, t: &mut SubprocessTransport<'_>) {
        let here = End::Child(t.id());
        if let OtherEnd::ToOpen(_) = self.other {
            self.watch(t, Duration::ZERO);
        }
        if !self.other.open_or_join(t.net(), here, |_| Info::default(), &self.options) {
            here.finish(t.net());
        }
        self.peer = self.other.end().map(|other| other.name(t.net())).unwrap_or_default();
    }

    fn pipe_data_received(&mut self, t: &mut SubprocessTransport<'_>, fd: u8, data: &[u8]) {
        let Some(other) = self.other.end() else { return };
        if self.output.is_looking() {
            self.output.look(data);
            if !self.output.is_looking() {
                End::Child(t.id()).forward_to(other, t.net());
            }
        }
        let taken = other.deliver(t.net(), data);
        // A stream holds up what is forwarded to it by itself.
        let is_full = other.has_datagrams() && (taken < data.len() || other.is_full(t.net()));
        if let (true, Some(pipe)) = (is_full, t.pipe_transport(fd)) {
            let mut pipe = t.peer(pipe);
            pipe.pause_reading();
            pipe.unread(&data[taken..]);
        }
    }

    fn pipe_connection_lost(&mut self, t: &mut SubprocessTransport<'_>, fd: u8, _error: Option<io::Error>) {
        let Some(other) = self.other.end() else { return };
        match fd {
            STDOUT if t.returncode().is_none() => {
                let id = t.id();
                self.end_timer = Some(t.net().call_later(id, QUIET));
            }
            // It wants no more, which is its own affair.
            STDIN => other.discard(t.net()),
            _ => (),
        }
    }

    fn process_exited(&mut self, t: &mut SubprocessTransport<'_>) {
        let status = t.returncode().map_or(0, code);
        let (pid, other) = (t.pid().unwrap_or(0), &self.peer);
        self.has_failed = status != 0 && t.unread_input() > 0;
        match &self.options.reporter {
            Some(reporter) if status != 0 => reporter.tell(Failure::silent(Cause::Child(status))),
            None if self.has_failed => {
                log::warn!("{other}: child {pid} has ended with status {status} and has left input unread");
            }
            _ => log::info!("{other}: child {pid} has ended with status {status}"),
        }
        if let Some(stdin) = t.pipe_transport(STDIN) {
            t.peer(stdin).abort();
        }
        let id = t.id();
        t.net().call_later(id, QUIET);
    }

    fn resume_writing(&mut self, t: &mut SubprocessTransport<'_>) {
        // Only datagrams wait for this: what is forwarded waits by itself.
        if let Some(other) = self.other.end().filter(|other| other.has_datagrams()) {
            other.resume(t.net());
        }
    }

    fn timer_fired(&mut self, t: &mut SubprocessTransport<'_>, timer: TimerId) {
        if Some(timer) == self.end_timer {
            return self.output_ended(t);
        }
        if Some(timer) == self.idle_timer {
            return self.look_at_the_clock(t);
        }
        if self.output_stays_held(t, timer) {
            return;
        }
        close_when_quiet(t);
    }

    fn connection_lost(&mut self, t: &mut SubprocessTransport<'_>, error: Option<io::Error>) {
        if error.is_some() {
            // It cannot be killed and is left running. The log says so already.
            self.options.fail(Failure::silent(Cause::Local));
        }
        let Some(other) = self.other.end() else { return };
        // What it would have written after that is missing; or what it was sent has not arrived, whatever the sender
        // believes.
        let was_killed = t.returncode().is_some_and(|status| status.signal().is_some());
        let is_cut = was_killed || self.has_failed || error.is_some();
        if is_cut { other.reset(t.net()) } else { other.finish_alone(t.net()) }
    }
}
