//! What went wrong, told to the mode that started it all.
//!
//! Protocols cannot return anything to whoever runs the loop, so they send it; the mode looks once the run is over, and
//! the first failure decides. Exit statuses are the command line's business, not this file's.

use std::fmt;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::transports::connect::{ConnectError, ConnectErrorKind};
use crate::transports::error::{describe, is_handshake_timeout, is_tls};
use crate::transports::handle::Transport;

/// Why a run did not end in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// stdin, stdout or this machine failed.
    Local,
    /// What the user has given us is no good, a file for one: nothing was opened.
    Usage,
    /// It could not be resolved, connected, bound or listened on; nothing was transferred.
    Unavailable,
    /// Established, then reset or broken: data may be incomplete.
    Broken,
    /// TLS: the handshake, a certificate, an alert, or a stream that was cut.
    Tls,
    /// A time limit that the user can set has passed.
    TimedOut,
    /// Whoever reads our stdout has gone: end quietly, as `cat` does.
    ReaderGone,
    /// A signal ends the run.
    Signal(i32),
    /// The status of the child is the run's, or what a run with a child has instead of one.
    Child(u8),
}

impl Cause {
    /// What an error means that a connection was lost by.
    #[must_use]
    pub fn of(error: &io::Error) -> Self {
        match error {
            error if is_tls(error) => Self::Tls,
            error if is_handshake_timeout(error) => Self::TimedOut,
            _ => Self::Broken,
        }
    }
}

/// A cause and the words for it.
#[derive(Debug)]
pub struct Failure {
    /// Which kind.
    pub cause: Cause,
    /// One line for the user: operation, endpoint, cause. Empty where nothing is to be said.
    pub message: String,
}

impl Failure {
    /// A failure with something to say.
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self { cause, message: message.into() }
    }

    /// A failure that needs no words.
    #[must_use]
    pub fn silent(cause: Cause) -> Self {
        Self { cause, message: String::new() }
    }

    /// What a failure of stdin or stdout means for the run.
    pub(super) fn of_stdio(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::silent(Cause::ReaderGone)
        } else {
            Self::new(Cause::Local, describe(error))
        }
    }
}

impl From<&ConnectError> for Failure {
    /// What it means for the run that a connection could not be made.
    fn from(error: &ConnectError) -> Self {
        let cause = match error.kind() {
            ConnectErrorKind::Unavailable => Cause::Unavailable,
            ConnectErrorKind::TimedOut => Cause::TimedOut,
            ConnectErrorKind::Local => Cause::Local,
            ConnectErrorKind::Reset => Cause::Broken,
            ConnectErrorKind::Tls => Cause::Tls,
        };
        Self::new(cause, error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// The protocols' end of the line.
#[derive(Clone, Debug)]
pub struct Reporter(SyncSender<Failure>);

impl Reporter {
    /// Tells the mode, which wants the first failure only: there is room for no other.
    pub fn tell(&self, failure: Failure) {
        let _ = self.0.try_send(failure);
    }

    /// Ends the run, as stdin or stdout has failed.
    pub(super) fn stdio_failed(&self, t: &mut Transport<'_>, error: &io::Error) {
        self.tell(Failure::of_stdio(error));
        t.net().stop();
    }
}

/// The mode's end of the line.
#[derive(Debug)]
pub struct Reports(Receiver<Failure>);

impl Reports {
    /// The first failure, which decides; `Ok` if there was none.
    ///
    /// # Errors
    /// That failure.
    pub fn verdict(&self) -> Result<(), Failure> {
        self.0.try_recv().map_or(Ok(()), Err)
    }
}

/// A line from the protocols to the mode.
#[must_use]
pub fn line() -> (Reporter, Reports) {
    let (sender, receiver) = sync_channel(1);
    (Reporter(sender), Reports(receiver))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_decides_and_no_other_is_kept() {
        let (reporter, reports) = line();
        reporter.tell(Failure::new(Cause::Broken, "first"));
        (0..1000).for_each(|_| reporter.clone().tell(Failure::silent(Cause::Local)));
        assert_eq!(reports.verdict().map_err(|failure| failure.cause), Err(Cause::Broken));
        assert!(reports.verdict().is_ok(), "a run of any length needs room for one");
    }
}
