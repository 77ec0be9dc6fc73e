//! The options of a pair.

use std::time::Duration;

use log::Level;

use super::half_close::HalfClose;
use crate::protocols::escape::EscapeKey;
use crate::protocols::idle::{FailureScope, IdleWatch};
use crate::protocols::report::{Failure, Reporter};
use crate::transports::number::Number;

/// The options of a pair.
#[derive(Clone, Debug, Default)]
pub struct PairOptions {
    /// When the end of a direction is passed on. `Auto` holds back the end of stdin alone, and only from a connection:
    /// ends of connections, and those for a child, are passed on as they come.
    pub half_close: HalfClose,
    /// End the pair when no byte has moved for this time.
    pub idle_timeout: Option<Duration>,
    /// How long to wait for the other end once one end has ended. Datagrams have no end, so with datagrams this is how
    /// long none may move.
    pub linger: Option<Duration>,
    /// How long to wait for the other end once one end has ended and the other has received everything. Then the pair
    /// ends cleanly. No end is a child.
    pub quit_after: Option<Duration>,
    /// Gets the failure of the pair if the run is about this pair alone. `None` for one of many pairs.
    pub reporter: Option<Reporter>,
    /// The options of a session. A session has a reporter.
    pub session: Option<SessionOptions>,
}

/// The options of a session alone: a pair of one connection with stdin and stdout.
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionOptions {
    /// Drop what the peer sends, and leave once the peer has all of stdin.
    pub send_only: bool,
    /// Send nothing.
    pub recv_only: bool,
    /// The end of the peer is the end of the session, even if stdin is open.
    pub until_peer_ends: bool,
    /// Other sessions follow on the same stdin and stdout.
    pub reuse_stdio: bool,
    /// Keys of the terminal go to the peer one by one.
    pub keys: Option<KeyOptions>,
}

/// The terminal of a session with single keys. The mode knows how to do these things.
#[derive(Clone, Copy, Debug)]
pub struct KeyTerminal {
    /// Makes the terminal raw, unless it is raw. Returns false in the background, where nothing is changed.
    pub enter: fn() -> bool,
    /// Restores the terminal for good.
    pub leave: fn(),
    /// Restores the terminal, stops the process, and makes the terminal raw again when the process goes on.
    pub suspend: fn(),
    /// Shows a line to the user.
    pub show: fn(&str),
}

/// The options of a session with single keys.
#[derive(Clone, Copy, Debug)]
pub struct KeyOptions {
    /// The escape key, if there is one.
    pub escape: Option<EscapeKey>,
    /// The terminal.
    pub terminal: KeyTerminal,
}

impl PairOptions {
    /// Watches one side of a pair under these options.
    pub(super) fn watch(&self) -> IdleWatch {
        let scope = match &self.reporter {
            Some(_) if self.session.is_some_and(|session| session.reuse_stdio) => FailureScope::Warn,
            Some(reporter) => FailureScope::Run(reporter.clone()),
            None => FailureScope::Log,
        };
        IdleWatch::new(self.idle_timeout, scope)
    }

    /// Reports a failure of the pair `number`: to the reporter, or as a warning.
    pub(super) fn fail(&self, number: Number, failure: Failure) {
        let failure = failure.of(number);
        match &self.reporter {
            Some(reporter) => reporter.tell(failure),
            None if failure.message.is_empty() => (),
            None => {
                log::warn!("{failure}");
                failure.log_hint(Level::Warn);
            }
        }
    }
}
