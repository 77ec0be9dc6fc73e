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
//! layer, `../tls/` another one, and `../dump/` has the tap.

mod crlf;
mod flow;
pub(crate) mod negotiation;
mod queries;
pub mod starttls;

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use self::crlf::Crlf;
use self::negotiation::Negotiation;
use super::dump::Tap;
use super::tls::TlsPolicy;
use super::tls::layer::TlsLayer;

/// A layer of a stream.
pub(crate) enum Layer {
    Tls(Box<TlsLayer>),
    Crlf(Crlf),
}

/// Something that is done before a stream is open.
pub(crate) enum Opening {
    /// Talk to the peer.
    Negotiate(Box<dyn Negotiation>),
    /// Put this layer on top of the others, and wait until it is ready.
    Push(Layer),
}

/// The layers of a stream that is not bare.
#[derive(Default)]
pub(crate) struct LayerStack {
    /// The lowest layer comes first.
    layers: Vec<Layer>,
    /// Shows the bytes between TLS and the other layers.
    pub(crate) tap: Option<Tap>,
    /// What has still to be done before the stream is open. `None` once it is open. A stream that has failed before is
    /// never open.
    opening: Option<VecDeque<Opening>>,
    /// Bytes that a protocol has written while a negotiation or a handshake lasts.
    early: Vec<u8>,
    /// The greeting of a negotiation, which the protocol gets as its first bytes once the stream is open.
    greeting: Vec<u8>,
}

impl LayerStack {
    /// TLS, which is the lowest layer if it is there.
    pub(crate) fn tls(&self) -> Option<&TlsLayer> {
        match self.layers.first()? {
            Layer::Tls(tls) => Some(tls),
            Layer::Crlf(_) => None,
        }
    }

    /// The rules of TLS, also if its turn has not come yet.
    fn tls_policy(&self) -> Option<TlsPolicy> {
        let waiting = self.opening.iter().flatten().find_map(|opening| match opening {
            Opening::Push(Layer::Tls(tls)) => Some(&**tls),
            _ => None,
        });
        self.tls().or(waiting).map(|tls| tls.policy)
    }

    fn tls_mut(&mut self) -> Option<&mut TlsLayer> {
        match self.layers.first_mut()? {
            Layer::Tls(tls) => Some(tls),
            Layer::Crlf(_) => None,
        }
    }

    /// Puts a layer on the stack: TLS below the others, any other layer on top.
    fn push(&mut self, layer: Layer) {
        match layer {
            Layer::Tls(_) => self.layers.insert(0, layer),
            Layer::Crlf(_) => self.layers.push(layer),
        }
    }

    /// Passes bytes of a protocol through the layer above the tap. `None` means that there is none.
    fn send(&mut self, bufs: &[IoSlice<'_>]) -> Option<Vec<u8>> {
        let crlf = self.layers.iter_mut().find_map(|layer| match layer {
            Layer::Crlf(crlf) => Some(crlf),
            Layer::Tls(_) => None,
        })?;
        let mut changed = Vec::new();
        bufs.iter().for_each(|buf| crlf.send(buf, &mut changed));
        Some(changed)
    }

    /// The current negotiation.
    fn negotiation(&self) -> Option<&dyn Negotiation> {
        match self.opening.as_ref()?.front()? {
            Opening::Negotiate(negotiation) => Some(&**negotiation),
            Opening::Push(_) => None,
        }
    }

    fn negotiation_mut(&mut self) -> Option<&mut (dyn Negotiation + 'static)> {
        match self.opening.as_mut()?.front_mut()? {
            Opening::Negotiate(negotiation) => Some(&mut **negotiation),
            Opening::Push(_) => None,
        }
    }

    /// Notes that the stream is lost. Returns the reason in the view of the layers.
    pub(crate) fn lose(&mut self, error: Option<io::Error>) -> Option<io::Error> {
        match self.tls_mut() {
            Some(tls) => tls.lose(error),
            None => error,
        }
    }

    /// What has failed if the stream does not open.
    pub(crate) fn name_of_opening(&self) -> &'static str {
        // With STARTTLS, the handshake is only a part of opening the connection.
        if self.tls().is_some_and(|tls| !tls.was_agreed()) { "handshake" } else { "connection" }
    }
}

/// TLS of a stream, to be changed while other fields of the stream are in use.
pub(crate) fn tls_of(stack: &mut Option<Box<LayerStack>>) -> Option<&mut TlsLayer> {
    stack.as_deref_mut()?.tls_mut()
}
