//! What the rest of a stream asks of its layers. Only `layer/` and `tls/` know which layers there are.

use super::crlf::Crlf;
use super::{Layer, tls_of};
use crate::transports::stream::Stream;
use crate::transports::tls::layer::TlsLayer;

impl Stream {
    /// Whether nothing stands between the protocol and the `Io`.
    pub(crate) fn is_bare(&self) -> bool {
        self.stack.is_none()
    }

    /// TLS of the stream.
    pub(crate) fn tls(&self) -> Option<&TlsLayer> {
        self.stack.as_deref()?.tls()
    }

    /// Whether the stream is connected, and its protocol does not know of that yet.
    pub(crate) fn is_opening(&self) -> bool {
        self.admission.is_pending() || self.stack.as_deref().is_some_and(|stack| stack.opening.is_some())
    }

    /// Whether a negotiation or a handshake is under way. All bytes that arrive belong to it, and bytes of a protocol
    /// wait.
    pub(crate) fn is_negotiating(&self) -> bool {
        let Some(stack) = self.stack.as_deref() else { return false };
        stack.negotiation().is_some() || stack.tls().is_some_and(TlsLayer::is_handshaking)
    }

    /// Whether a layer has failed, and the peer is being told.
    pub(crate) fn has_failed_layer(&self) -> bool {
        self.tls().is_some_and(TlsLayer::has_failed)
    }

    /// Whether a layer has to report something that no read brings.
    pub(crate) fn has_layer_event(&self) -> bool {
        self.tls().is_some_and(TlsLayer::has_peer_event)
    }

    /// Whether a layer knows by itself that the peer's direction has ended cleanly.
    pub(crate) fn has_protected_end(&self) -> bool {
        self.tls().is_some()
    }

    /// Whether the write buffer holds other bytes than a protocol has written, such as ciphertext. The total of sent
    /// bytes then counts bytes when they enter the layers.
    pub(crate) fn counts_above_layers(&self) -> bool {
        self.tls().is_some()
    }

    /// Sends each line feed as CR LF from now on.
    pub(crate) fn send_crlf(&mut self) {
        let stack = self.stack.get_or_insert_default();
        if !stack.layers.iter().any(|layer| matches!(layer, Layer::Crlf(_))) {
            stack.push(Layer::Crlf(Crlf::default()));
        }
    }

    /// Bytes that a protocol has written and that have not entered the layers.
    pub(crate) fn early(&self) -> usize {
        self.stack.as_deref().map_or(0, |stack| stack.early.len())
    }

    /// The bytes that end this direction, of the layers and of `Io`. A second call returns none.
    pub(crate) fn take_closing_bytes(&mut self, is_cut: bool) -> Vec<u8> {
        match tls_of(&mut self.stack) {
            // A stream that is cut must not look complete, and nothing may follow an alert.
            Some(tls) if is_cut || tls.has_failed() => Vec::new(),
            Some(tls) => tls.closing_bytes(),
            None => self.io.closing_bytes(),
        }
    }
}
