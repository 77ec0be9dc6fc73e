//! What the rest of a stream asks of its layers. Only `layer/` and `tls/` know which layers there are.

use std::io;

use super::LayerStack;
use super::crlf::Crlf;
use crate::transports::stream::Stream;
use crate::transports::tls::layer::TlsLayer;

impl Stream {
    /// Whether nothing stands between the protocol and the `Io`.
    pub(crate) fn is_bare(&self) -> bool {
        self.stack.is_none()
    }

    /// TLS of the stream.
    pub(crate) fn tls(&self) -> Option<&TlsLayer> {
        self.stack.as_deref()?.tls.as_deref()
    }

    /// Whether the stream is connected, and its protocol does not know of that yet.
    pub(crate) fn is_opening(&self) -> bool {
        self.admission.is_pending() || self.stack.as_deref().is_some_and(|stack| stack.opening.is_some())
    }

    /// Whether a negotiation or a handshake is under way. All bytes that arrive belong to it, and bytes of a protocol
    /// wait.
    pub(crate) fn is_negotiating(&self) -> bool {
        let Some(stack) = self.stack.as_deref().filter(|stack| stack.failed.is_none()) else { return false };
        stack.negotiation().is_some() || stack.is_handshaking()
    }

    /// Whether a layer has failed, and the peer is being told.
    pub(crate) fn has_failed_layer(&self) -> bool {
        self.stack.as_deref().is_some_and(|stack| stack.failed.is_some())
    }

    /// Whether a layer has to report something that no read brings.
    pub(crate) fn has_layer_event(&self) -> bool {
        let Some(stack) = self.stack.as_deref() else { return false };
        stack.event.is_some() || stack.tls.as_deref().is_some_and(TlsLayer::has_peer_event)
    }

    /// Whether a layer knows by itself that the peer's direction has ended cleanly.
    pub(crate) fn has_protected_end(&self) -> bool {
        self.counts_above_layers()
    }

    /// Whether the write buffer holds other bytes than a protocol has written, such as ciphertext. The total of sent
    /// bytes then counts bytes when they enter the layers.
    pub(crate) fn counts_above_layers(&self) -> bool {
        self.stack.as_deref().is_some_and(|stack| stack.tls.is_some() || !stack.lower.is_empty())
    }

    /// The error of an end below a layer that has its own end.
    pub(crate) fn cut(&self) -> Option<io::Error> {
        self.stack.as_deref()?.lower.iter().find_map(|layer| layer.cut())
    }

    /// Whether one direction can end while the other goes on.
    pub(crate) fn can_write_eof(&self) -> bool {
        let can_end_alone = |stack: &LayerStack| stack.lower.iter().all(|layer| layer.can_end_alone());
        self.io.can_write_eof() && self.stack.as_deref().is_none_or(can_end_alone)
    }

    /// Sends each line feed as CR LF from now on.
    pub(crate) fn send_crlf(&mut self) {
        let stack = self.stack.get_or_insert_default();
        // A second layer would find a CR before each line feed.
        if stack.upper.is_empty() {
            stack.upper.push(Box::<Crlf>::default());
        }
    }

    /// Bytes that a protocol has written and that have not entered the layers.
    pub(crate) fn early(&self) -> usize {
        self.stack.as_deref().map_or(0, |stack| stack.early.len())
    }

    /// The bytes that end this direction, of the layers and of `Io`. A second call returns none.
    pub(crate) fn take_closing_bytes(&mut self, is_cut: bool) -> Vec<u8> {
        let last = match self.stack.as_deref_mut() {
            // A stream that is cut must not look complete, and nothing may follow an alert.
            Some(stack) if !(is_cut || stack.failed.is_some()) => stack.closing_bytes(),
            _ => Vec::new(),
        };
        if self.counts_above_layers() { last } else { self.io.closing_bytes() }
    }
}
