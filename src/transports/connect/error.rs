//! The error of a connection that could not be made: a message for people, and a kind for programs.

use std::fmt;
use std::io;

use super::resolver::NoAddress;
use crate::transports::error::{self, describe, is_handshake_timeout, is_lack_of_resources, is_tls};

/// The error of a connection that could not be made.
#[derive(Debug)]
pub struct ConnectError {
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) kind: ConnectErrorKind,
    pub(super) is_given_up: bool,
    pub(super) is_absent: bool,
    /// The system's error of the last attempt.
    pub(super) source: Option<io::Error>,
}

/// The kind of the failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectErrorKind {
    /// The peer does not answer, or there is no such peer.
    Unavailable,
    /// The time limit of the caller has passed.
    TimedOut,
    /// This machine lacks descriptors or memory.
    Local,
    /// The connection was made, and reset before the stream was open. A refusal is [`Unavailable`](Self::Unavailable).
    Reset,
    /// The connection was made, but its TLS handshake has failed.
    Tls,
}

impl ConnectErrorKind {
    /// The kind of a failed system call.
    pub(crate) fn of(error: &io::Error) -> Self {
        match error {
            _ if error.kind() == io::ErrorKind::ConnectionReset => Self::Reset,
            _ if is_lack_of_resources(error) => Self::Local,
            _ => Self::Unavailable,
        }
    }
}

impl ConnectError {
    pub(crate) fn new(message: String) -> Self {
        let kind = ConnectErrorKind::Unavailable;
        Self { message, hint: None, kind, is_given_up: false, is_absent: false, source: None }
    }

    /// `name` has no addresses.
    pub(crate) fn resolve(name: &str, why: &str) -> Self {
        Self::new(format!("resolve {name}: {why}"))
    }

    /// `name` has no addresses, or no answer has come.
    pub(super) fn unresolved(name: &str, why: &NoAddress) -> Self {
        Self { is_absent: why.is_certain, ..Self::resolve(name, &why.text) }
    }

    /// `target`, or one of its addresses, cannot be connected to.
    pub(crate) fn connect(target: &dyn fmt::Display, why: &str) -> Self {
        Self::new(format!("connect {target}: {why}"))
    }

    /// An attempt has failed with `error`.
    pub(crate) fn of_attempt(address: &dyn fmt::Display, error: io::Error) -> Self {
        let (kind, is_absent) = (ConnectErrorKind::of(&error), says_absent(&error));
        let failed = Self::connect(address, &describe(&error));
        Self { kind, is_absent, source: Some(error), ..failed }
    }

    /// This machine cannot look up `name`.
    pub(crate) fn no_resolver(name: &str, error: io::Error) -> Self {
        let failed = Self::resolve(name, &describe(&error));
        Self { kind: ConnectErrorKind::Local, source: Some(error), ..failed }
    }

    /// The connection with `peer` was made, and the stream did not become open. `what` is the part that has failed.
    pub(crate) fn of_opening(what: &str, peer: &dyn fmt::Display, error: io::Error) -> Self {
        let kind = match &error {
            error if is_handshake_timeout(error) => ConnectErrorKind::TimedOut,
            error if is_tls(error) => ConnectErrorKind::Tls,
            _ => ConnectErrorKind::Reset,
        };
        let message = format!("{what} with {peer}: {}", describe(&error));
        let hint = error::hint(&error).map(str::to_owned);
        Self { hint, kind, source: Some(error), ..Self::new(message) }
    }

    /// The caller has closed the transport before it was open.
    pub(crate) fn given_up() -> Self {
        Self { is_given_up: true, ..Self::new("closed before it was connected".to_owned()) }
    }

    /// Whether the caller has closed the transport before it was open.
    #[must_use]
    pub fn is_given_up(&self) -> bool {
        self.is_given_up
    }

    /// What the user can do about it, in one line.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Whether no peer answers at the address: the peer refuses, its host is unreachable or does not react to the
    /// request, or the name or the unix socket does not exist. A failure on this machine says nothing about the peer.
    /// The same is true of a network that is unreachable, and of a name server that does not answer.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.is_absent
    }

    /// The kind of the failure.
    #[must_use]
    pub fn kind(&self) -> ConnectErrorKind {
        self.kind
    }
}

/// Whether the error of an attempt says that no peer answers at the address.
pub(super) fn says_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, NotADirectory, NotFound, TimedOut};
    matches!(error.kind(), ConnectionRefused | HostUnreachable | NotADirectory | NotFound | TimedOut)
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        let failed = Self::new(describe(&error));
        Self { source: Some(error), ..failed }
    }
}

/// The kind is that of the system's error. The connect error itself is inside, with its text.
impl From<ConnectError> for io::Error {
    fn from(error: ConnectError) -> Self {
        let kind = match (&error.source, error.kind) {
            (Some(source), _) => source.kind(),
            (None, ConnectErrorKind::TimedOut) => io::ErrorKind::TimedOut,
            (None, _) => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConnectError {
    /// The [`io::Error`] of the last attempt, if there was one. The message has its text already.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}
