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
        match (&self.0.peer, &self.0.io) {
            (Some(peer), _) => peer.fmt(f),
            (None, Io::Channels(..)) => f.write_str("stdin and stdout"),
            _ => write!(f, "{:?}", self.1),
        }
    }
}
