//! Decides when a peer is told of the end of the input: at once, after a while, or at the end of the pair.
//!
//! Many servers take a half-close for a hang-up and drop the answer, which looks like an orderly end: nginx, Node.js,
//! asyncio, hitch, `ncat -l`, `nc -l < file`. So the end is held back where it is likely to do harm and useless to the
//! peer.
//!
//! ```text
//!   Open ---the input ends---> told at once
//!     |
//!     +-----the input ends---> Held ---no byte moves for a while---> told
//!                               |
//!                               +---the peer ends, or the session---> never told by itself
//! ```
//!
//! The owner of an `InputEnd` passes the end on.

use std::time::Duration;

use log::Level;

use crate::protocols::idle::{Activity, Fired, TimeLimit};
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::number::Number;
use crate::transports::timers::{TimerId, shown};

/// An end that is held back is told after this time without a byte, because the peer can be waiting for the end.
pub const SILENCE: Duration = Duration::from_secs(10);

/// When the end of the input is passed on: `--half-close`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HalfClose {
    /// At once, with three exceptions: the input gave nothing, what was sent begins as a request of HTTP/1, or TLS was
    /// agreed on (STARTTLS). Then the end is passed on once no byte has moved for [`SILENCE`].
    #[default]
    Auto,
    /// At once.
    Now,
    /// With the end of the pair.
    Never,
    /// Once no byte has moved in either direction for this time.
    After(Duration),
}

/// The end of one input: still to come, held back, or told.
#[derive(Debug)]
pub(super) struct InputEnd {
    policy: HalfClose,
    pub(super) request: RequestLine,
    /// Measures the silence while the end is held back.
    silence: TimeLimit,
}

impl InputEnd {
    pub(super) fn new(policy: HalfClose) -> Self {
        Self { policy, request: RequestLine::default(), silence: TimeLimit::default() }
    }

    /// Whether the next bytes of the input have to be given to `request`. It needs all bytes from the first one on.
    pub(super) fn is_looking(&self) -> bool {
        self.policy == HalfClose::Auto && !self.request.is_decided()
    }

    /// The input has ended. Returns whether the end has to be told now. If not, `owner` gets a timer for
    /// [`fired`](Self::fired). `is_doubtful` says that the peer may take the end for a hang-up whatever was sent: the
    /// input gave nothing, or TLS was agreed on.
    pub(super) fn input_ended(&mut self, owner: Id, net: &mut Net, is_doubtful: bool) -> bool {
        let limit = match self.policy {
            HalfClose::Now => return true,
            HalfClose::Never => return false,
            HalfClose::After(limit) => limit,
            HalfClose::Auto if is_doubtful || self.request.is_request() => SILENCE,
            HalfClose::Auto => return true,
        };
        self.silence = TimeLimit::new(Some(limit));
        self.silence.start(owner, net);
        false
    }

    /// A timer of the owner has fired. This says what the timer means for an end that is held back.
    ///
    /// `peer` is the number of the end to tell. If bytes have moved before, telling it is worth a warning.
    pub(super) fn fired(
        &mut self,
        owner: Id,
        net: &mut Net,
        timer: TimerId,
        activity: Activity,
        peer: Number,
        has_moved: bool,
    ) -> Fired {
        let fired = self.silence.fired(owner, net, timer, activity);
        if let Fired::Expired(limit) = fired {
            let level = if self.policy == HalfClose::Auto && has_moved { Level::Warn } else { Level::Debug };
            log::log!(level, "{peer}no byte has moved for {}: {}", shown(limit), self.why_told());
        }
        fired
    }

    /// What it means that the end is told now, and what the user can do about it. After a request of HTTP, a server
    /// that keeps the connection open can take the end for a hang-up: nginx then ends without a close_notify.
    fn why_told(&self) -> String {
        let end = "half-closing, which some servers take for a hang-up; --half-close sets the time";
        let request = "an HTTP server ends by itself after a request with 'Connection: close'";
        if self.request.is_request() { format!("{end}; {request}") } else { end.to_owned() }
    }
}

/// Logs that a peer has ended after the half-close without sending a byte: it can have taken the half-close for a
/// hang-up.
pub(super) fn log_half_close_hint(t: &Transport<'_>) {
    if !log::log_enabled!(Level::Info) || !t.is_write_closed() {
        return;
    }
    let totals = t.info().totals;
    if totals.received == 0 && totals.sent > 0 {
        log::info!(
            "{}the peer has sent nothing: some servers take a half-close for a hang-up; if so, use --half-close never",
            t.number()
        );
    }
}

/// The first line of what was sent, while it can be a request of HTTP/1: a method, a target and a version (RFC 9112,
/// section 3). Bytes after the `1.` of the version do not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum RequestLine {
    #[default]
    Start,
    /// In the method, after this many characters.
    Method(u8),
    /// In the target, after this many characters.
    Target(u16),
    /// In [`VERSION`], after this many characters.
    Version(u8),
    Request,
    Other,
}

/// The text after the target.
const VERSION: &[u8] = b"HTTP/1.";
/// The longest method that has a name has 17 characters.
const METHOD_MAX: u8 = 32;
/// Servers refuse longer targets.
const TARGET_MAX: u16 = 16_384;

impl RequestLine {
    fn is_decided(self) -> bool {
        matches!(self, Self::Request | Self::Other)
    }

    fn is_request(self) -> bool {
        self == Self::Request
    }

    pub(super) fn feed(&mut self, data: &[u8]) {
        for byte in data {
            if self.is_decided() {
                return;
            }
            *self = self.next(*byte);
        }
    }

    fn next(self, byte: u8) -> Self {
        match self {
            Self::Start if byte.is_ascii_alphabetic() => Self::Method(1),
            Self::Method(_) if byte == b' ' => Self::Target(0),
            Self::Method(n) if n < METHOD_MAX && (byte.is_ascii_alphabetic() || byte == b'-') => Self::Method(n + 1),
            Self::Target(1..) if byte == b' ' => Self::Version(0),
            Self::Target(n) if n < TARGET_MAX && byte > b' ' && byte != 0x7f => Self::Target(n + 1),
            Self::Version(n) if VERSION[usize::from(n)] == byte => {
                if usize::from(n) + 1 == VERSION.len() {
                    Self::Request
                } else {
                    Self::Version(n + 1)
                }
            }
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(pieces: &[&[u8]]) -> RequestLine {
        let mut line = RequestLine::default();
        pieces.iter().for_each(|piece| line.feed(piece));
        line
    }

    #[test]
    fn a_request_is_told_by_its_first_line() {
        for text in [
            &b"GET / HTTP/1.0\r\nHost: h\r\n\r\n"[..],
            b"GET http://h/a?b=c HTTP/1.1\n",
            b"OPTIONS * HTTP/1.1\r\n",
            b"M-SEARCH * HTTP/1.1\r\n",
            b"CONNECT h:443 HTTP/1.1\r\n",
            b"get /\xc3\xa4 HTTP/1.\xff",
        ] {
            assert_eq!(line(&[text]), RequestLine::Request, "{}", text.escape_ascii());
            let bytes: Vec<&[u8]> = text.chunks(1).collect();
            assert_eq!(line(&bytes), RequestLine::Request, "byte by byte: {}", text.escape_ascii());
        }
    }

    #[test]
    fn the_message_of_an_end_after_a_request_says_how_a_server_ends_by_itself() {
        for (input, is_request) in [("GET / HTTP/1.1\r\nHost: h\r\n\r\n", true), ("", false), ("EHLO h\r\n", false)] {
            let mut end = InputEnd::new(HalfClose::Auto);
            end.request.feed(input.as_bytes());
            assert_eq!(end.why_told().ends_with("with 'Connection: close'"), is_request, "{input:?}");
            assert!(end.why_told().contains("--half-close sets the time"), "{input:?}");
        }
    }

    #[test]
    fn nothing_else_is_a_request() {
        for text in [
            &b"GET /\r\n"[..],
            b"GET / HTTP/2.0\r\n",
            b"GET  / HTTP/1.0\r\n",
            b" GET / HTTP/1.0\r\n",
            b"hello\n",
            b"hello world\nGET / HTTP/1.0\r\n",
            b"\r\nGET / HTTP/1.0\r\n",
            b"\x16\x03\x01\x02\x00",
            b"GET /a\tb HTTP/1.0\r\n",
            b"Abcdefghijklmnopqrstuvwxyzabcdefghi",
        ] {
            assert_eq!(line(&[text]), RequestLine::Other, "{}", text.escape_ascii());
        }
        let long = [b"GET /", &[b'x'; 20_000][..], b" HTTP/1.0"].concat();
        assert_eq!(line(&[&long]), RequestLine::Other, "a target that no server takes");
        assert!(!line(&[b"GET / HTTP"]).is_decided() && !line(&[]).is_decided());
    }
}
