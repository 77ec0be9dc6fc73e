//! The side of stdin and stdout in a session with single keys (`--raw`).
//!
//! It is the side of any session (`stream.rs`) with three differences: the terminal is raw while the two ends are
//! joined, typed bytes pass the filter of the escape key (`protocols/escape.rs`), and they are never forwarded past
//! this protocol. What "raw" means for a terminal is the business of the mode.
//!
//! The terminal is read even while the peer takes nothing, because the escape key has to be found behind any amount of
//! pasted text: a peer that hangs is the best reason to leave. So what is typed waits in memory. Beyond a limit it is
//! dropped, which the user is told, and which makes the run a failure.
//!
//! Leaving by the escape key is what the user wants, and not a failure. The terminal is restored at once, the peer gets
//! what was typed before, and the connection is closed:
//!
//! ```text
//!   Joined ---escape key, "."---> Leaving ---the system of the peer has all keys---> over, in order
//!                                    |
//!                                    +---not within 1 s---> aborted; a failure if keys are missing at the peer
//! ```

use std::io;
use std::time::Duration;

use super::End;
use super::options::KeyOptions;
use super::stream::StreamSide;
use crate::protocols::NOTICE;
use crate::protocols::escape::{EscapeFilter, KeyCommand};
use crate::protocols::report::{Cause, Failure};
use crate::protocols::signals::Foreground;
use crate::transports::amounts::Size;
use crate::transports::connect::ConnectError;
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::number::Number;
use crate::transports::protocol::{Eof, Protocol};
use crate::transports::timers::TimerId;

/// How long a peer may take to acknowledge the last keys after the user has left.
const LEAVING: Duration = Duration::from_secs(1);

/// The most bytes that wait for a peer that does not read: more than people paste.
const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The protocol of stdin and stdout.
#[derive(Debug)]
pub(super) struct KeySide {
    side: StreamSide,
    filter: EscapeFilter,
    options: KeyOptions,
    phase: KeyPhase,
    foreground: Foreground,
    room: Room,
}

/// Whether there is room for typed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    Left,
    /// Too many bytes wait for the peer. The user knows that further ones are dropped, until half of them are gone.
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyPhase {
    /// The connection is open, and the two ends are about to be joined.
    Joining,
    /// The terminal is raw, or becomes raw in the foreground.
    Joined,
    Leaving(TimerId),
}

impl KeySide {
    pub(super) fn new(side: StreamSide, options: KeyOptions) -> Self {
        let filter = EscapeFilter::new(options.escape);
        Self { side, filter, options, phase: KeyPhase::Joining, foreground: Foreground::default(), room: Room::Left }
    }

    /// Makes the terminal raw as soon as this process is in the foreground.
    fn enter(&mut self, t: &mut Transport<'_>) {
        self.phase = KeyPhase::Joined;
        self.foreground.enter(t, self.options.terminal.enter);
    }

    /// Tells the user that keys count from now on, and how to leave.
    fn greet(&self, t: &mut Transport<'_>) {
        let peer = self.peer().and_then(|peer| t.peer(peer).info().peer);
        let peer = peer.map_or_else(String::new, |peer| format!(" to {peer}"));
        match self.options.escape {
            Some(key) => log::info!(target: NOTICE, "connected{peer}; {key}. quits, {key}? shows help"),
            None => log::info!(target: NOTICE, "connected{peer}; there is no escape key"),
        }
    }

    /// The connection.
    fn peer(&self) -> Option<Id> {
        match self.side.other_end() {
            Some(End::Stream(peer)) => Some(peer),
            _ => None,
        }
    }

    fn obey(&mut self, t: &mut Transport<'_>, command: KeyCommand) {
        match command {
            KeyCommand::Leave => self.leave(t),
            KeyCommand::Suspend => {
                (self.options.terminal.suspend)();
                self.enter(t);
            }
            KeyCommand::Help => {
                let Some(key) = self.options.escape else { return };
                (self.options.terminal.show)(&format!(
                    "{key}. quits, {key}^Z suspends, {key}{key} sends {key}, {key}? shows this"
                ));
            }
        }
    }

    fn leave(&mut self, t: &mut Transport<'_>) {
        (self.options.terminal.leave)();
        let number = self.peer().map_or(Number::NONE, |peer| t.net().number(peer));
        log::info!("{number}closing: the user has quit");
        t.pause_reading();
        if let Some(peer) = self.side.other_end() {
            peer.finish_alone(t.net());
        }
        self.phase = KeyPhase::Leaving(t.call_later(LEAVING));
    }

    /// The peer has not acknowledged everything in time.
    fn abandon(&self, t: &mut Transport<'_>) {
        let Some(peer) = self.peer() else { return };
        let connection = t.peer(peer);
        if connection.write_buffer_size() > 0 || connection.on_the_way() > 0 {
            self.fail(&connection, "the peer had not received everything when the user quit");
        }
        t.peer(peer).abort();
    }

    /// Reports that bytes are missing at the peer.
    fn fail(&self, connection: &Transport<'_>, why: &str) {
        let name = connection.info().peer.map(|peer| format!(" with {peer}")).unwrap_or_default();
        self.side.fail(connection.number(), Failure::new(Cause::Broken, format!("connection{name}: {why}")));
    }

    /// Sends typed bytes to the peer, or drops them if too much waits for it.
    fn send(&mut self, t: &mut Transport<'_>, typed: &[u8]) {
        let (Some(other), Some(peer)) = (self.side.other_end(), self.peer()) else { return };
        let waiting = t.peer(peer).write_buffer_size();
        // Once bytes are missing, a few that would still fit are of no use.
        let limit = if self.room == Room::Left { WAITING_BYTES_MAX } else { WAITING_BYTES_MAX / 2 };
        if waiting + typed.len() <= limit {
            self.room = Room::Left;
            other.deliver(t.net(), typed);
        } else if std::mem::replace(&mut self.room, Room::Full) == Room::Left {
            let leaving = self.options.escape.map(|key| format!("; {key}. quits")).unwrap_or_default();
            let waiting = Size(waiting as u64);
            (self.options.terminal.show)(&format!(
                "{waiting} wait for the peer, which takes nothing: what is typed now is dropped{leaving}"
            ));
            self.fail(&t.peer(peer), "typed bytes were dropped, because the peer had taken nothing");
        }
    }
}

impl Protocol for KeySide {
    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        if matches!(self.phase, KeyPhase::Leaving(_)) {
            return;
        }
        let (mut typed, mut sent) = (data, Vec::with_capacity(data.len()));
        while !typed.is_empty() && !matches!(self.phase, KeyPhase::Leaving(_)) {
            let (command, taken) = self.filter.take(typed, &mut sent);
            typed = &typed[taken..];
            if !sent.is_empty() {
                self.send(t, &sent);
                sent.clear();
            }
            if let Some(command) = command {
                self.obey(t, command);
            }
        }
        if self.phase == KeyPhase::Joined {
            // Bytes come in the foreground only, and not every shell tells when that begins.
            self.enter(t);
        }
    }

    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        self.side.eof_received(t)
    }

    fn pause_writing(&mut self, t: &mut Transport<'_>) {
        self.side.pause_writing(t);
    }

    fn resume_writing(&mut self, t: &mut Transport<'_>) {
        self.side.resume_writing(t);
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        match self.phase {
            KeyPhase::Joining => {
                self.side.timer_fired(t, timer);
                if !t.is_closing() {
                    t.never_throttle();
                    self.enter(t);
                    self.greet(t);
                }
            }
            KeyPhase::Joined if self.foreground.is_due(timer) => self.enter(t),
            KeyPhase::Leaving(own) if own == timer => self.abandon(t),
            _ => self.side.timer_fired(t, timer),
        }
    }

    fn connection_failed(&mut self, t: &mut Transport<'_>, error: ConnectError) {
        self.side.connection_failed(t, error);
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        self.side.connection_lost(t, error);
    }
}
