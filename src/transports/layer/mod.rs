//! The parts of a stream between its protocol and its `Io`: layers, and openings that come before the stream is open.
//!
//! ```text
//!   protocol   Transport::write                               data_received
//!                     |                                             ^
//!   layers     [ Crlf changes lines ]                               |
//!                     |                                             |
//!              [ tap shows bytes ]                         [ tap shows bytes ]
//!                     |                                             |
//!              [ Tls encrypts ]                             [ Tls decrypts ]
//!                     v                                             |
//!   stream     write buffer, Io::write                          Io::read
//! ```
//!
//! Most streams have none of this. They are *bare*, and the one question about that is `Stream::is_bare`. The kernel
//! can move bytes between bare streams.
//!
//! A stream is open, and its protocol is told so, once its queue of `Opening`s is done:
//!
//! ```text
//!   connected --> Opening --> Opening ... --> open: connection_made, or for an accepted connection: admission.rs
//!                    |           |
//!                    +-----------+--> failed: connection_failed, or nothing for an accepted connection
//! ```
//!
//! In the order in which to read: `queries.rs` (what the rest of a stream asks), `flow.rs` (how bytes pass, and how
//! openings follow each other), `negotiation.rs` (a dialogue without I/O), `starttls/` (such dialogues). `crlf.rs` is a
//! layer: a trait object, so that no other file knows it. `../tls/` is the lowest layer and encrypts in place, so it is
//! no trait object. `../dump/` has the tap.

mod crlf;
mod flow;
pub(crate) mod negotiation;
mod queries;
pub mod starttls;

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use self::negotiation::Negotiation;
use super::dump::Tap;
use super::tls::layer::TlsLayer;

/// A layer above TLS. It does no I/O: `flow.rs` passes bytes through it, and does what its answers say.
pub(crate) trait Layer {
    /// Whether the layer stands above the tap. A dump then shows what the layer sends.
    fn is_above_tap(&self) -> bool {
        false
    }

    /// Appends to `below` what the layer sends for `data`, which is not empty.
    fn send(&mut self, data: &[u8], below: &mut Vec<u8>);

    /// Whether received bytes go through [`receive`](Self::receive). The totals then count bytes above the layer.
    fn changes_received(&self) -> bool {
        false
    }

    /// Takes in all of `data`, in pieces of any size. Appends to `above` the bytes for the layer above, and to `answer`
    /// the bytes that the layer answers by itself. `Ok` is the end of the peer, behind the bytes in `above`. After an
    /// error, the peer gets the answer and then an end.
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

/// Something that is done before a stream is open.
pub(crate) enum Opening {
    /// Talk to the peer.
    Negotiate(Box<dyn Negotiation>),
    /// Put TLS below all layers, and wait for its handshake.
    Encrypt(Box<TlsLayer>),
}

/// The layers of a stream that is not bare.
#[derive(Default)]
pub(crate) struct LayerStack {
    /// TLS, the lowest layer.
    pub(crate) tls: Option<Box<TlsLayer>>,
    /// The layers above TLS. The lowest one comes first.
    layers: Vec<Box<dyn Layer>>,
    /// Shows the bytes between the layers on its two sides.
    pub(crate) tap: Option<Tap>,
    /// What has still to be done before the stream is open. `None` once it is open. A stream that has failed before is
    /// never open.
    opening: Option<VecDeque<Opening>>,
    /// Bytes that a protocol has written while a negotiation or a handshake lasts.
    early: Vec<u8>,
    /// The greeting of a negotiation, which the protocol gets as its first bytes once the stream is open.
    greeting: Vec<u8>,
    /// What a layer above TLS has found behind the bytes that it gave: the end of the peer, or an error.
    event: Option<io::Result<()>>,
    /// A layer has failed with this error. The peer is told why, and then the stream is lost.
    failed: Option<io::Error>,
}

impl LayerStack {
    /// Puts a layer on top of those on its side of the tap.
    fn push(&mut self, layer: Box<dyn Layer>) {
        let above = self.layers.len();
        let place =
            if layer.is_above_tap() { above } else { self.layers.partition_point(|other| !other.is_above_tap()) };
        self.layers.insert(place, layer);
    }

    /// Passes bytes of a protocol through the layers on one side of the tap. `None` means that there are none.
    fn send(&mut self, bufs: &[IoSlice<'_>], is_above_tap: bool) -> Option<Vec<u8>> {
        let mut changed: Option<Vec<u8>> = None;
        for layer in self.layers.iter_mut().rev().filter(|layer| layer.is_above_tap() == is_above_tap) {
            let mut below = Vec::new();
            match &changed {
                Some(bytes) => send(layer, bytes, &mut below),
                None => bufs.iter().for_each(|buf| send(layer, buf, &mut below)),
            }
            changed = Some(below);
        }
        changed
    }

    /// Whether a layer above TLS changes received bytes.
    fn changes_received(&self) -> bool {
        self.layers.iter().any(|layer| layer.changes_received())
    }

    /// Passes received bytes up. Returns the bytes for the protocol, and what the layers answer by themselves.
    fn receive(&mut self, data: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (mut bytes, mut answers) = (data.to_vec(), Vec::new());
        for place in 0..self.layers.len() {
            let (below, [layer, ..]) = self.layers.split_at_mut(place) else { break };
            let (mut above, mut answer) = (Vec::new(), Vec::new());
            let event = layer.receive(&bytes, &mut above, &mut answer);
            for lower in below.iter_mut().rev() {
                let mut changed = Vec::new();
                send(lower, &answer, &mut changed);
                answer = changed;
            }
            answers.extend(answer);
            self.event = self.event.take().or(event);
            bytes = above;
        }
        (bytes, answers)
    }

    /// The bytes that end our direction, through all layers. A second call gives none.
    fn closing_bytes(&mut self) -> Vec<u8> {
        let mut last = Vec::new();
        for layer in self.layers.iter_mut().rev() {
            let mut below = Vec::new();
            send(layer, &last, &mut below);
            below.extend(layer.closing_bytes());
            last = below;
        }
        match &mut self.tls {
            Some(tls) => tls.closing_bytes(&last),
            None => last,
        }
    }

    /// The current negotiation. One that is queued behind a handshake has not begun.
    fn negotiation(&self) -> Option<&dyn Negotiation> {
        match self.opening.as_ref()?.front()? {
            Opening::Negotiate(negotiation) if !self.is_handshaking() => Some(&**negotiation),
            _ => None,
        }
    }

    fn negotiation_mut(&mut self) -> Option<&mut (dyn Negotiation + 'static)> {
        let is_handshaking = self.is_handshaking();
        match self.opening.as_mut()?.front_mut()? {
            Opening::Negotiate(negotiation) if !is_handshaking => Some(&mut **negotiation),
            _ => None,
        }
    }

    /// Whether the handshake of TLS is under way.
    fn is_handshaking(&self) -> bool {
        self.tls.as_deref().is_some_and(TlsLayer::is_handshaking)
    }

    /// Notes that the stream is lost. Returns the reason in the view of the layers.
    pub(crate) fn lose(&mut self, error: Option<io::Error>) -> Option<io::Error> {
        let error = self.failed.take().or(error);
        match &mut self.tls {
            Some(tls) => tls.lose(error),
            None => error,
        }
    }

    /// What has failed if the stream does not open.
    pub(crate) fn name_of_opening(&self) -> &'static str {
        // With STARTTLS, the handshake is only a part of opening the connection.
        if self.tls.as_deref().is_some_and(|tls| !tls.was_agreed()) { "handshake" } else { "connection" }
    }
}

/// TLS of a stream, to be changed while other fields of the stream are in use.
pub(crate) fn tls_of(stack: &mut Option<Box<LayerStack>>) -> Option<&mut TlsLayer> {
    stack.as_deref_mut()?.tls.as_deref_mut()
}

/// Passes bytes down through a layer, if there are any.
fn send(layer: &mut Box<dyn Layer>, data: &[u8], below: &mut Vec<u8>) {
    if !data.is_empty() {
        layer.send(data, below);
    }
}
