//! The names of streams in messages.

use std::fmt;

use super::id::Id;
use super::info::Peer;
use super::io::Io;
use super::stream::Stream;

/// The name of a connection in messages, if only its peer is at hand.
pub(crate) struct EndName<'a> {
    pub(crate) peer: Option<&'a Peer>,
    pub(crate) id: Id,
}

impl fmt::Display for EndName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.peer {
            Some(peer) => peer.fmt(f),
            None => write!(f, "{:?}", self.id),
        }
    }
}

/// The name of a stream in messages.
pub(crate) struct StreamLabel<'a>(pub(crate) &'a Stream, pub(crate) Id);

impl fmt::Display for StreamLabel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.peer {
            Some(peer) => peer.fmt(f),
            None if self.0.is_stdio() => f.write_str("stdin and stdout"),
            None => write!(f, "{:?}", self.1),
        }
    }
}

impl Stream {
    /// Whether the stream is stdin and stdout. Other streams of two descriptors have a name.
    pub(crate) fn is_stdio(&self) -> bool {
        self.peer.is_none() && matches!(self.io, Io::Channels(..))
    }
}
