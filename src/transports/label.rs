//! How messages name a transport.

use std::fmt;

use super::datagram::socket::DatagramLabel;
use super::id::Id;
use super::info::Peer;
use super::io::Io;
use super::net::Net;
use super::stream::Stream;

/// The name of a transport in messages. It is looked up only if the message is written.
pub(crate) struct Label<'a>(pub(crate) &'a Net, pub(crate) Id);

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(datagram) = self.0.datagram(self.1) {
            return DatagramLabel(datagram).fmt(f);
        }
        match self.0.stream(self.1) {
            Some(stream) => StreamLabel(stream, self.1).fmt(f),
            None => write!(f, "{:?}", self.1),
        }
    }
}

/// The same for a connection of which only the peer is at hand.
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

/// The same for a stream that is at hand.
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
