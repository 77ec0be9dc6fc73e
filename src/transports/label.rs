//! The names of streams in messages.

use std::fmt;

use super::id::Id;
use super::io::Io;
use super::number::Number;
use super::stream::Stream;

/// The name of a stream in messages, with its number.
pub(crate) struct StreamLabel<'a>(pub(crate) &'a Stream, pub(crate) Id);

impl fmt::Display for StreamLabel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(stream, id) = self;
        stream.number.fmt(f)?;
        match (&stream.peer, &stream.connecting) {
            (Some(peer), _) => peer.fmt(f),
            (None, Some(connecting)) => connecting.target.fmt(f),
            (None, None) if stream.is_stdio() => f.write_str("stdin and stdout"),
            (None, None) if stream.number != Number::NONE => f.write_str("pipe of the child"),
            (None, None) => write!(f, "{id:?}"),
        }
    }
}

impl Stream {
    /// Whether the stream is stdin and stdout. The pipes of a child have a number.
    pub(crate) fn is_stdio(&self) -> bool {
        self.peer.is_none() && self.number == Number::NONE && matches!(self.io, Io::Channels(..))
    }
}
