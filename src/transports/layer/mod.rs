//! The parts of a stream between its protocol and its `Io`: layers, and openings that come before the stream is open.
//!
//! ```text
//!   protocol   Transport::write                               data_received
//!                     |                                             ^
//!   upper      [ Crlf changes lines ]                               |
//!                     |                                             |
//!              [ tap shows bytes ]                         [ tap shows bytes ]
//!                     |                                             |
//!   lower      [ layers of negotiations ]              [ layers of negotiations ]
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
//! openings follow each other), `above.rs` (what a layer answers), `negotiation.rs` (a dialogue without I/O),
//! `starttls/` (such dialogues). `crlf.rs` is a layer, `../tls/` another one, and `../dump/` has the tap. TLS does not
//! implement `Layer`, because it encrypts into the write buffer and decrypts into the memory of the protocol, without a
//! copy.

pub(crate) mod above;
mod crlf;
mod flow;
pub(crate) mod negotiation;
mod queries;
pub mod starttls;

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use self::above::Layer;
use self::negotiation::Negotiation;
use super::dump::Tap;
use super::tls::layer::TlsLayer;

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
    /// The lowest layer.
    pub(crate) tls: Option<Box<TlsLayer>>,
    /// The layers between TLS and the tap, the lowest one first. They change what a stream sends and receives, so the
    /// totals count bytes above them.
    lower: Vec<Box<dyn Layer>>,
    pub(crate) tap: Option<Tap>,
    /// The layers above the tap. They change only what a stream sends.
    upper: Vec<Box<dyn Layer>>,
    /// What has still to be done before the stream is open. `None` once it is open. A stream that has failed before is
    /// never open.
    opening: Option<VecDeque<Opening>>,
    /// Bytes that a protocol has written while a negotiation or a handshake lasts.
    early: Vec<u8>,
    /// The greeting of a negotiation, which the protocol gets as its first bytes once the stream is open.
    greeting: Vec<u8>,
    /// What a lower layer has found behind the bytes that it gave: the end of the peer, or an error.
    event: Option<io::Result<()>>,
    /// A layer has failed with this error. The peer is told why, and then the stream is lost.
    failed: Option<io::Error>,
}

impl LayerStack {
    /// Passes received bytes up. Returns the bytes for the protocol, and what the layers answer by themselves.
    fn receive(&mut self, data: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (mut bytes, mut answers) = (data.to_vec(), Vec::new());
        for place in 0..self.lower.len() {
            if bytes.is_empty() {
                break;
            }
            let (mut above, mut answer) = (Vec::new(), Vec::new());
            let event = self.lower[place].receive(&bytes, &mut above, &mut answer);
            answers.extend(pass_down(&mut self.lower[..place], &[IoSlice::new(&answer)]).unwrap_or(answer));
            self.event = self.event.take().or(event);
            bytes = above;
        }
        (bytes, answers)
    }

    /// The bytes that end our direction, of all layers. A second call gives none.
    fn closing_bytes(&mut self) -> Vec<u8> {
        let mut last = Vec::new();
        for place in (0..self.lower.len()).rev() {
            let own = self.lower[place].closing_bytes();
            last.extend(pass_down(&mut self.lower[..place], &[IoSlice::new(&own)]).unwrap_or(own));
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

/// Passes bytes down through layers. `None` means that there are none.
fn pass_down(layers: &mut [Box<dyn Layer>], bufs: &[IoSlice<'_>]) -> Option<Vec<u8>> {
    let (top, lower) = layers.split_last_mut()?;
    let mut bytes = Vec::new();
    bufs.iter().filter(|buf| !buf.is_empty()).for_each(|buf| top.send(buf, &mut bytes));
    Some(pass_down(lower, &[IoSlice::new(&bytes)]).unwrap_or(bytes))
}
