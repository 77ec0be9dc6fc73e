//! One peer joined with stdin and stdout: what a client, and a server of the nc kind, do.
//!
//! Two protocols that know each other's id and share nothing: [`PeerSide`] on the connection and [`StdioSide`] on
//! stdin and stdout. Each direction ends on its own; the session is over when both have ended. When the peer is told of
//! stdin's end is `half_close.rs`; what becomes of a stdin whose peer is gone is `remainder.rs`. A server that goes on
//! to the next client keeps its console, which [`IdleStdio`] holds in between.

use std::io;
use std::time::Duration;

use super::idle::{Activity, FailureScope, Fired, IdleWatch};
use super::pair::half_close::{HalfClose, Held, InputEnd, hint};
use super::pair::remainder;
use super::report::{Cause, Failure, Reporter};
use crate::transports::connect::ConnectError;
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::protocol::{Eof, Protocol};
use crate::transports::timers::{TimerId, shown};

/// A server that goes on looks this often whether stdin has something for a client that has ended and holds up another
/// one.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// A program that has given something for that client may pause for so long before it gives more.
const PAUSE: Duration = Duration::from_secs(1);

/// What holds for a session.
#[derive(Clone, Copy, Debug)]
pub struct SessionOptions {
    /// Throw away what the peer sends, and leave once stdin is through.
    pub send_only: bool,
    /// Send nothing.
    pub recv_only: bool,
    /// When the peer is told that stdin has ended.
    pub half_close: HalfClose,
    /// End the session when nothing has moved for so long.
    pub idle_timeout: Option<Duration>,
    /// How long to wait for the peer's end once stdin has ended.
    pub linger: Option<Duration>,
    /// Other sessions follow on the same stdin and stdout.
    pub keep_open: bool,
}

/// The connection's side of a session.
#[derive(Debug)]
pub struct PeerSide {
    console: Id,
    options: SessionOptions,
    watch: IdleWatch,
    /// Looks whether this session holds up another client for nothing.
    place_timer: Option<TimerId>,
    reporter: Reporter,
}

impl PeerSide {
    /// A session with `console`, which waits for it.
    #[must_use]
    pub fn new(console: Id, options: SessionOptions, reporter: Reporter) -> Self {
        let blame = if options.keep_open { FailureScope::Warn } else { FailureScope::Run(reporter.clone()) };
        Self { console, options, watch: IdleWatch::new(options.idle_timeout, blame), place_timer: None, reporter }
    }

    /// A client waits, and this one has ended: stdin must have something for it, or it leaves its place.
    fn leave_place(&mut self, t: &mut Transport<'_>) {
        let is_recent = t.info().totals.sent > 0 && t.net().now().duration_since(t.last_activity()) < PAUSE;
        let stdin_has_more = t.peer(self.console).may_have_more();
        let stdin_flows = stdin_has_more || is_recent || t.write_buffer_size() > 0 || t.on_the_way() > 0;
        if stdin_flows {
            self.place_timer = Some(t.call_later(LOOK_AGAIN));
            return;
        }
        log::info!("closing: the client has ended, stdin is silent, and another client waits");
        t.peer(self.console).pause_reading();
        t.close();
    }
}

impl Protocol for PeerSide {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        self.watch.made(t);
        let (peer, options, reporter) = (t.id(), self.options, self.reporter.clone());
        let mut side = StdioSide { peer, options, input: InputEnd::new(options.half_close), reporter };
        if !options.send_only {
            t.forward_to(self.console);
        }
        let mut console = t.peer(self.console);
        console.set_background(false);
        if options.recv_only {
            return console.set_protocol(side);
        }
        if console.is_at_eof() {
            side.input_ended(&mut console);
        } else {
            if !side.input.is_looking() {
                console.forward_to(peer);
            }
            console.resume_reading();
        }
        t.peer(self.console).set_protocol(side);
    }

    fn connection_failed(&mut self, t: &mut Transport<'_>, error: ConnectError) {
        self.reporter.tell(Failure::from(&error));
        t.net().stop();
    }

    fn data_received(&mut self, _t: &mut Transport<'_>, _data: &[u8]) {
        // It is forwarded, or thrown away.
    }

    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        hint(t);
        let console = t.peer(self.console);
        // Nobody is made to press ^D to leave a conversation that is over.
        let nothing_to_send = console.is_at_eof() || console.is_terminal();
        if nothing_to_send || t.is_write_closed() || t.is_peer_gone() {
            // What is left of stdin is for the next client, or is asked for.
            t.peer(self.console).pause_reading();
            return Eof::Close;
        }
        let id = t.id();
        if self.options.keep_open {
            self.place_timer = Some(t.net().call_when_client_waits(id));
        } else {
            t.peer(self.console).write_eof();
        }
        t.expect_vanished_peer();
        Eof::KeepOpen
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        if self.place_timer == Some(timer) {
            return self.leave_place(t);
        }
        // Either end may be the slower one.
        let pulse = Activity::of(t).and(Activity::of(&t.peer(self.console)));
        match self.watch.fired(t, timer, pulse) {
            Fired::TooEarly => return,
            Fired::Expired(_) => (),
            // The other timer is that of `--linger`, and the peer may have ended just in time.
            Fired::Other if t.is_at_eof() && !self.options.send_only => return,
            Fired::Other => {
                let limit = shown(self.options.linger.unwrap_or_default());
                let what = if self.options.send_only { "the peer has not taken all" } else { "no end from the peer" };
                self.watch.fail(t, Cause::TimedOut, &format_args!("{what} within {limit} of stdin's end"));
                t.abort();
            }
        }
        if !self.options.keep_open {
            // What stdout has not taken by now is lost, and the status says so.
            t.net().stop();
        }
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        self.watch.lost(t, error.as_ref());
        let reporter = self.reporter.clone();
        let mut console = t.peer(self.console);
        if self.options.keep_open {
            console.pause_reading();
            console.set_background(true);
            console.set_protocol(IdleStdio { reporter });
        } else if error.is_none() && !self.options.recv_only && !console.is_at_eof() && !console.is_terminal() {
            let peer = t.info().peer.map(|peer| peer.to_string()).unwrap_or_default();
            remainder::ask(t.net(), self.console, peer, IdleWatch::default(), move |failure| reporter.tell(failure));
        } else {
            // What has come from the peer still goes out.
            console.close();
        }
    }
}

/// stdin and stdout's side of a session.
#[derive(Debug)]
pub struct StdioSide {
    peer: Id,
    options: SessionOptions,
    input: InputEnd,
    reporter: Reporter,
}

impl StdioSide {
    /// stdin has ended, which `t` has noticed: the peer is told, after what is still on its way.
    fn input_ended(&mut self, t: &mut Transport<'_>) {
        let console = t.id();
        let mut peer = t.peer(self.peer);
        self.limit_linger(&mut peer);
        if self.options.send_only {
            return peer.close_once_delivered();
        }
        let gave_nothing = peer.info().totals.sent == 0 && peer.write_buffer_size() == 0;
        if self.input.come(peer.net(), console, gave_nothing) {
            peer.write_eof();
        }
        if peer.is_at_eof() {
            peer.close();
        }
    }

    /// Arms the timer of `--linger`.
    fn limit_linger(&self, peer: &mut Transport<'_>) {
        if let (Some(linger), false) = (self.options.linger, peer.is_at_eof() && !self.options.send_only) {
            peer.call_later(linger);
        }
    }
}

impl Protocol for StdioSide {
    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        // Only the first bytes come here: what follows is forwarded.
        self.input.look(data);
        t.peer(self.peer).write(data);
        if !self.input.is_looking() {
            t.forward_to(self.peer);
        }
    }

    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        self.input_ended(t);
        // The connection's end closes it.
        Eof::KeepOpen
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        let pulse = Activity::of(t).and(Activity::of(&t.peer(self.peer)));
        let (console, totals) = (t.id(), t.info().totals);
        if self.input.fired(t.net(), console, timer, pulse, totals) == Held::TellNow {
            t.peer(self.peer).write_eof();
        }
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        if let Some(error) = error {
            // A reset, not a clean end: the peer must not take what it has for all there was.
            t.peer(self.peer).abort();
            self.reporter.stdio_failed(t, &error);
        }
    }
}

/// stdin and stdout while nobody is connected: nothing is read.
#[derive(Debug)]
pub struct IdleStdio {
    reporter: Reporter,
}

impl IdleStdio {
    /// A console that waits for its first peer.
    #[must_use]
    pub fn new(reporter: Reporter) -> Self {
        Self { reporter }
    }
}

impl Protocol for IdleStdio {
    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        // It was read in the very turn in which its session ended, and is for the next one.
        t.unread(data);
        t.pause_reading();
    }

    fn eof_received(&mut self, _t: &mut Transport<'_>) -> Eof {
        Eof::KeepOpen
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        if let Some(error) = error {
            self.reporter.stdio_failed(t, &error);
        }
    }
}
