//! One peer joined with stdin and stdout: what a client, and a server of the nc kind, do.
//!
//! Two protocols that know each other's id and share nothing: [`PeerSide`] on the connection and [`ConsoleSide`] on
//! stdin and stdout. Each direction ends on its own; the session is over when both have ended. A server that goes on
//! to the next client keeps its console, which [`Waiting`] holds in between.

use std::io;
use std::time::Duration;

use super::report::{Cause, Failure, Reporter};
use super::watch::{Blame, Fired, Pulse, Watch};
use crate::transports::dial::{ConnectError, ConnectErrorKind};
use crate::transports::error::describe;
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::protocol::{Eof, Protocol};
use crate::transports::timers::TimerId;

/// How long a peer may be silent before it is told in any case that stdin was empty.
const SILENCE: Duration = Duration::from_secs(10);

/// When the peer is told that stdin has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HalfClose {
    /// At once.
    Always,
    /// At once, but not before the peer has been silent for a while if nothing was sent: there are peers that take it for the end of
    /// both directions, as TLS had it before RFC 8446, section 6.1; a server with nothing to say is not to cut them short.
    UnlessEmpty,
    /// With the end of the session.
    Never,
}

/// What holds for a session.
#[derive(Clone, Copy, Debug)]
pub struct SessionOptions {
    /// Throw away what the peer sends, and leave once stdin is through.
    pub send_only: bool,
    /// Send nothing.
    pub recv_only: bool,
    /// Tell the peer when stdin has ended.
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
    watch: Watch,
    reporter: Reporter,
}

impl PeerSide {
    /// A session with `console`, which waits for it.
    #[must_use]
    pub fn new(console: Id, options: SessionOptions, reporter: Reporter) -> Self {
        let blame = if options.keep_open { Blame::Warn } else { Blame::Run(reporter.clone()) };
        Self { console, options, watch: Watch::new(options.idle_timeout, blame), reporter }
    }
}

impl PeerSide {
    /// stdin was empty, and the peer was not told so far. Where it is silent too, nobody would ever end.
    fn look_for_silence(&self, t: &mut Transport<'_>) {
        let quiet = t.net().now().duration_since(t.last_activity());
        if quiet < SILENCE {
            let id = t.id();
            t.net().call_later(id, SILENCE - quiet);
            return;
        }
        input_ended(t, &SessionOptions { half_close: HalfClose::Always, ..self.options });
    }

    /// A peer that has ended without a word once we had: it may have taken our end for that of everything.
    fn hint(&self, t: &Transport<'_>) {
        let info = t.info();
        if info.tls.is_some() && t.is_write_closed() && info.totals.received == 0 && info.totals.sent > 0 {
            log::info!("the peer has sent nothing: some take a half-close for the end; --no-half-close keeps it back");
        }
    }
}

impl Protocol for PeerSide {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        self.watch.made(t);
        let peer = t.id();
        let (options, reporter) = (self.options, self.reporter.clone());
        let mut console = t.peer(self.console);
        console.set_background(false);
        console.set_protocol(ConsoleSide { peer, options, reporter });
        console.forward_to(peer);
        if !options.send_only {
            t.forward_to(self.console);
        }
        let mut console = t.peer(self.console);
        if options.recv_only {
            return;
        }
        if console.is_at_eof() {
            input_ended(t, &options);
        } else {
            console.resume_reading();
        }
    }

    fn connection_failed(&mut self, t: &mut Transport<'_>, error: ConnectError) {
        self.reporter.tell(connection_failure(&error));
        t.net().stop();
    }

    fn data_received(&mut self, _t: &mut Transport<'_>, _data: &[u8]) {
        // It is forwarded, or thrown away.
    }

    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        self.hint(t);
        let console = t.peer(self.console);
        // Nobody is made to press ^D to leave a conversation that is over.
        let nothing_to_send = console.is_at_eof() || console.is_terminal();
        if nothing_to_send || t.is_write_closed() || t.is_peer_gone() {
            // What is left of stdin is for whoever comes after us.
            t.peer(self.console).pause_reading();
            return Eof::Close;
        }
        if !self.options.keep_open {
            t.peer(self.console).write_eof();
        }
        t.expect_vanished_peer();
        Eof::KeepOpen
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        // Either end may be the slower one.
        let pulse = Pulse::of(t).and(Pulse::of(&t.peer(self.console)));
        match self.watch.fired(t, timer, pulse) {
            Fired::TooEarly => return,
            Fired::Expired => (),
            // The other timer is that of `--linger`, and the peer may have ended just in time.
            Fired::Other if t.is_at_eof() => return,
            // Or it is that of an end which is held back.
            Fired::Other if is_held_back(t, &self.options) => return self.look_for_silence(t),
            Fired::Other => {
                let limit = self.options.linger.unwrap_or_default();
                self.watch.fail(t, Cause::TimedOut, &format_args!("no end from the peer within {limit:?} of our own"));
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
            console.set_protocol(Waiting { reporter });
        } else {
            // What has come from the peer still goes out.
            console.close();
        }
    }
}

/// stdin and stdout's side of a session.
#[derive(Debug)]
pub struct ConsoleSide {
    peer: Id,
    options: SessionOptions,
    reporter: Reporter,
}

impl Protocol for ConsoleSide {
    fn data_received(&mut self, _t: &mut Transport<'_>, _data: &[u8]) {
        // It is forwarded.
    }

    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        input_ended(&mut t.peer(self.peer), &self.options);
        // The connection's end closes it.
        Eof::KeepOpen
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        if let Some(error) = error {
            // A reset, not a clean end: the peer must not take what it has for all there was.
            t.peer(self.peer).abort();
            console_failed(t, &self.reporter, &error);
        }
    }
}

/// stdin and stdout while nobody is connected: nothing is read.
#[derive(Debug)]
pub struct Waiting {
    reporter: Reporter,
}

impl Waiting {
    /// A console that waits for its first peer.
    #[must_use]
    pub fn new(reporter: Reporter) -> Self {
        Self { reporter }
    }
}

impl Protocol for Waiting {
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
            console_failed(t, &self.reporter, &error);
        }
    }
}

/// stdin has ended: the peer is told, after what is still on its way.
fn input_ended(peer: &mut Transport<'_>, options: &SessionOptions) {
    let held_back = is_held_back(peer, options);
    if held_back {
        let id = peer.id();
        peer.net().call_later(id, SILENCE);
    } else if options.half_close != HalfClose::Never {
        peer.write_eof();
    }
    let peer_ended = peer.is_at_eof();
    if options.send_only || peer_ended {
        peer.close();
    }
    if let (Some(linger), false, false) = (options.linger, peer_ended, held_back) {
        let id = peer.id();
        peer.net().call_later(id, linger);
    }
}

/// Whether the end of stdin, which has come, is not to be told yet.
fn is_held_back(peer: &Transport<'_>, options: &SessionOptions) -> bool {
    options.half_close == HalfClose::UnlessEmpty && !peer.is_write_closed() && peer.info().totals.sent == 0
}

/// What a connection that could not be made means for the run.
pub(super) fn connection_failure(error: &ConnectError) -> Failure {
    let cause = match error.kind() {
        ConnectErrorKind::Unavailable => Cause::Unavailable,
        ConnectErrorKind::TimedOut => Cause::TimedOut,
        ConnectErrorKind::Local => Cause::Local,
        ConnectErrorKind::Reset => Cause::Broken,
        ConnectErrorKind::Tls => Cause::Tls,
    };
    Failure::new(cause, error.to_string())
}

/// What a failure of stdin or stdout means for the run.
pub(super) fn console_failure(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure::silent(Cause::ReaderGone)
    } else {
        Failure::new(Cause::Local, describe(error))
    }
}

/// stdin or stdout has failed, and with it the run.
pub(super) fn console_failed(t: &mut Transport<'_>, reporter: &Reporter, error: &io::Error) {
    reporter.tell(console_failure(error));
    t.net().stop();
}
