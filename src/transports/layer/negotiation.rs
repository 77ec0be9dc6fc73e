//! A negotiation is a dialogue with a peer before a stream is open. It does no I/O.
//!
//! It runs while a stream opens (`flow.rs`). It gets the bytes of the peer in pieces of any size, and the stream does
//! the step that it returns.

use std::fmt;
use std::time::Duration;

/// The next step.
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
    /// The bytes to send at once. Empty if the peer speaks first.
    fn start(&mut self) -> Vec<u8>;

    /// Takes in bytes of the peer. Not called after `Ready` or `Failed`.
    fn feed(&mut self, data: &[u8]) -> Step;

    /// The error if the peer ends its direction now.
    fn ended(&self) -> String;

    /// The time limit of the negotiation.
    fn time_limit(&self) -> Duration;

    /// The error after the time limit.
    fn missing(&self) -> &'static str;
}
