//! What went wrong: protocols tell the mode that runs them.
//!
//! Protocols cannot return a value to the code that runs the loop, so they send it. The mode looks once the run is
//! over, and the first failure decides. `main.rs` turns it into an exit status.

use std::fmt;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use log::Level;

use crate::transports::connect::{ConnectError, ConnectErrorKind};
use crate::transports::error::{describe, is_handshake_timeout, is_tls};
use crate::transports::handle::Transport;
use crate::transports::number::Number;

/// The reason why a run did not end cleanly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// stdin, stdout or this machine failed.
    Local,
    /// A file or a value from the user cannot be used. Nothing was opened.
    Usage,
    /// An endpoint could not be resolved, connected, bound or listened on. Nothing was transferred.
    Unavailable,
    /// A connection was established, then reset or broken. Data may be incomplete.
    Broken,
    /// TLS failed: the handshake, a certificate, an alert, or a stream without close_notify.
    Tls,
    /// A time limit of an option has passed.
    TimedOut,
    /// The reader of stdout has gone. The run ends quietly, as `cat` does.
    ReaderGone,
    /// A signal ends the run.
    Signal(i32),
    /// The status of the run is that of the child, or the one that a run has when it could not start its child.
    Child(u8),
}

impl Cause {
    /// The cause that the error of a lost connection stands for.
    #[must_use]
    pub fn of(error: &io::Error) -> Self {
        match error {
            error if is_tls(error) => Self::Tls,
            error if is_handshake_timeout(error) => Self::TimedOut,
            _ => Self::Broken,
        }
    }
}

/// A cause and its message.
#[derive(Debug)]
pub struct Failure {
    /// The kind of the failure.
    pub cause: Cause,
    /// One line for the user: operation, endpoint, cause. Empty if there is nothing to say.
    pub message: String,
    /// A second line: what the user can do about it.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure with a message.
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self { cause, message: message.into(), hint: None }
    }

    /// The same failure with a second line, if there is one.
    #[must_use]
    pub fn with_hint(self, hint: Option<&str>) -> Self {
        Self { hint: hint.map(str::to_owned), ..self }
    }

    /// The same failure as that of the connection `number`.
    #[must_use]
    pub fn of(self, number: Number) -> Self {
        let with_number = |text: String| if text.is_empty() { text } else { format!("{number}{text}") };
        Self { message: with_number(self.message), hint: self.hint.map(with_number), ..self }
    }

    /// Logs the second line, if there is one. The first line is logged where the failure has happened, because each
    /// kind of line has its own limit of lines in a second.
    pub(super) fn log_hint(&self, level: Level) {
        if let Some(hint) = &self.hint {
            log::log!(level, "{hint}");
        }
    }

    /// A failure without a message.
    #[must_use]
    pub fn silent(cause: Cause) -> Self {
        Self { cause, message: String::new(), hint: None }
    }

    /// The failure of a run whose stdin or stdout has failed.
    pub(super) fn of_stdio(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::silent(Cause::ReaderGone)
        } else {
            Self::new(Cause::Local, describe(error))
        }
    }
}

impl From<&ConnectError> for Failure {
    /// The failure of a run whose connection could not be made.
    fn from(error: &ConnectError) -> Self {
        let cause = match error.kind() {
            ConnectErrorKind::Unavailable => Cause::Unavailable,
            ConnectErrorKind::TimedOut => Cause::TimedOut,
            ConnectErrorKind::Local => Cause::Local,
            ConnectErrorKind::Reset => Cause::Broken,
            ConnectErrorKind::Tls => Cause::Tls,
        };
        Self::new(cause, error.to_string()).with_hint(error.hint())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// The protocols' end of the channel.
#[derive(Clone, Debug)]
pub struct Reporter(SyncSender<Failure>);

impl Reporter {
    /// Tells the mode. The mode wants the first failure only, so there is room for one.
    pub fn tell(&self, failure: Failure) {
        let _ = self.0.try_send(failure);
    }

    /// Tells the mode, and shows the message now, as the run can go on for a while. Nothing is shown if there was a
    /// failure before, which decides.
    pub(super) fn tell_at_once(&self, failure: Failure) {
        if !log::log_enabled!(Level::Error) {
            return self.tell(failure);
        }
        if self.0.try_send(Failure::silent(failure.cause)).is_ok() {
            log::error!("{failure}");
            failure.log_hint(Level::Error);
        }
    }

    /// Ends the run because stdin or stdout has failed.
    pub(super) fn stdio_failed(&self, t: &mut Transport<'_>, error: &io::Error) {
        self.tell(Failure::of_stdio(error));
        t.net().stop();
    }
}

/// The mode's end of the channel.
#[derive(Debug)]
pub struct Reports(Receiver<Failure>);

impl Reports {
    /// The first failure, which decides. `Ok` if there was none.
    ///
    /// # Errors
    /// That failure.
    pub fn verdict(&self) -> Result<(), Failure> {
        self.0.try_recv().map_or(Ok(()), Err)
    }
}

/// A channel from the protocols to the mode.
#[must_use]
pub fn channel() -> (Reporter, Reports) {
    let (sender, receiver) = sync_channel(1);
    (Reporter(sender), Reports(receiver))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_decides_and_no_other_is_kept() {
        let (reporter, reports) = channel();
        reporter.tell(Failure::new(Cause::Broken, "first"));
        (0..1000).for_each(|_| reporter.clone().tell(Failure::silent(Cause::Local)));
        assert_eq!(reports.verdict().map_err(|failure| failure.cause), Err(Cause::Broken));
        assert!(reports.verdict().is_ok(), "a run of any length needs room for one");
    }
}
