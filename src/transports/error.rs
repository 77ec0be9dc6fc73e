//! The text of I/O errors in messages, and their kinds.
//!
//! The code at the origin of an error decides its consequences.

use std::fmt;
use std::io;
use std::time::Duration;

use super::advice::Advice;
use super::timers::shown;

/// The text of the system for an error, without the number that the standard library adds.
#[must_use]
pub fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) if error.raw_os_error().is_some() => text[..end].to_owned(),
        _ => text,
    }
}

/// Whether this machine lacks something: descriptors, memory or buffers.
#[must_use]
pub fn is_lack_of_resources(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM | libc::ENOBUFS))
}

/// Whether an error says that the connection or its peer is gone, or that the peer reads no more. Any other error is
/// one of this machine.
#[must_use]
pub(crate) fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::*;
    matches!(
        error.kind(),
        BrokenPipe
            | ConnectionReset
            | ConnectionAborted
            | NotConnected
            | TimedOut
            | HostUnreachable
            | NetworkUnreachable
    )
}

/// An error of the system with the same number, or one of the same kind.
pub(crate) fn copy(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// An error of TLS, as text. It is inside an [`io::Error`], like all errors of streams.
#[derive(Debug)]
pub struct TlsError {
    text: String,
    /// What the user can do about it.
    hint: Option<String>,
    kind: TlsErrorKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TlsErrorKind {
    /// A certificate, an alert, a message that makes no sense.
    Failed,
    /// The connection has ended without a close_notify.
    Truncated,
    /// The handshake has taken too long.
    TimedOut,
}

impl TlsError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), hint: None, kind: TlsErrorKind::Failed }
    }

    pub(crate) fn with_hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    /// The connection has ended without a close_notify.
    pub(crate) fn truncated(text: impl Into<String>) -> Self {
        Self { text: text.into(), hint: None, kind: TlsErrorKind::Truncated }
    }

    /// The handshake, or the consent to it, has taken too long. `what` says what has not happened.
    pub(crate) fn timed_out(what: &str, limit: Duration, advice: Advice) -> Self {
        let option = advice.flag("handshake-timeout");
        let text = format!("{what} within {}; {option} sets the limit", shown(limit));
        Self { text, hint: None, kind: TlsErrorKind::TimedOut }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for TlsError {}

impl From<TlsError> for io::Error {
    fn from(error: TlsError) -> Self {
        let timed_out = error.kind == TlsErrorKind::TimedOut;
        let kind = if timed_out { io::ErrorKind::TimedOut } else { io::ErrorKind::InvalidData };
        Self::new(kind, error)
    }
}

fn as_tls(error: &io::Error) -> Option<&TlsError> {
    error.get_ref()?.downcast_ref()
}

/// What the user can do about an error of TLS, in one line.
#[must_use]
pub fn hint(error: &io::Error) -> Option<&str> {
    as_tls(error)?.hint.as_deref()
}

/// Whether TLS has failed: by a certificate, an alert, or a stream that was cut.
#[must_use]
pub fn is_tls(error: &io::Error) -> bool {
    as_tls(error).is_some_and(|error| error.kind != TlsErrorKind::TimedOut)
}

/// Whether a stream with TLS was cut: it has ended without a close_notify.
#[must_use]
pub fn is_truncation(error: &io::Error) -> bool {
    as_tls(error).is_some_and(|error| error.kind == TlsErrorKind::Truncated)
}

/// Whether a handshake has taken too long.
#[must_use]
pub fn is_handshake_timeout(error: &io::Error) -> bool {
    as_tls(error).is_some_and(|error| error.kind == TlsErrorKind::TimedOut)
}

/// Whether a datagram was too long for the network, or for UDP. `EMSGSIZE`, `udp(7)`.
#[must_use]
pub fn is_too_long(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EMSGSIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_left_out() {
        assert_eq!(describe(&io::Error::from_raw_os_error(libc::ECONNREFUSED)), "Connection refused");
        assert_eq!(describe(&io::Error::other("as it is (os error x)")), "as it is (os error x)");
    }
}
