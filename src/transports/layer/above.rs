//! What a stream asks of a layer above TLS. `mod.rs` has the stack of layers, and `flow.rs` passes bytes through it.

use std::io;

/// A layer above TLS. It does no I/O: `flow.rs` passes bytes through it. Pieces are never empty.
pub(crate) trait Layer {
    /// Appends to `below` what the layer sends for `data`.
    fn send(&mut self, data: &[u8], below: &mut Vec<u8>);

    /// Takes in received bytes, cut anywhere. Appends to `above` those for the layer above, and to `answer` what the
    /// layer answers by itself. `Some(Ok)` is the end of the peer. `Some(Err)` fails the stream: the peer gets the
    /// answer and our end, and the layer gets no more bytes. An answer without either is dropped while the write buffer
    /// is over high water. Not called above the tap.
    fn receive(&mut self, data: &[u8], above: &mut Vec<u8>, _answer: &mut Vec<u8>) -> Option<io::Result<()>> {
        above.extend_from_slice(data);
        None
    }

    /// The error of a connection that has ended without the end of this layer. `None` if the layer has no end.
    fn cut(&self) -> Option<io::Error> {
        None
    }

    /// The bytes that end our direction. A second call gives none.
    fn closing_bytes(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// Whether our direction can end while the peer goes on.
    fn can_end_alone(&self) -> bool {
        true
    }
}
