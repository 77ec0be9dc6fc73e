//! A negotiation is a dialogue with the peer before a stream is open. It does no I/O.
//!
//! `flow.rs` passes the bytes of the peer to the negotiation, in pieces of any size, and does what the answer says.

use std::fmt;
use std::io;
use std::time::Duration;

use super::above::Layer;

/// The next step of a negotiation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Wait for more from the peer.
    Wait,
    /// Send these bytes, and wait.
    Send(Vec<u8>),
    /// The negotiation is done. The next byte in either direction belongs to what comes after it.
    Ready,
    /// The negotiation has failed, for this reason.
    Failed(String),
}

/// A dialogue with a peer before a stream is open.
pub(crate) trait Negotiation: fmt::Debug {
    /// The first bytes to send. Empty if the peer speaks first.
    fn start(&mut self) -> Vec<u8>;

    /// Takes in bytes of the peer. Not called after `Ready` or `Failed`.
    fn feed(&mut self, data: &[u8]) -> Step;

    /// Takes the first bytes for the protocol of the stream: words of the peer that it needs. Called after `Ready`.
    fn take_greeting(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// Takes the layer that was agreed on. Called after `Ready`.
    fn take_layer(&mut self) -> Option<Box<dyn Layer>> {
        None
    }

    /// Takes the bytes that are sent with `Ready` or before a failure.
    fn take_last_words(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// Takes the bytes of the peer behind the end of the negotiation. They belong to what comes after it. Called after
    /// `Ready`.
    fn take_rest(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// Says what it means that the peer has ended its direction now.
    fn ended(&self) -> String;

    /// How long the negotiation may take.
    fn time_limit(&self) -> Duration;

    /// The error of a negotiation that has failed for this reason.
    fn error(&self, why: String) -> io::Error;

    /// The error of a negotiation that has taken longer than its time limit.
    fn timed_out(&self) -> io::Error;
}
