//! Protocols decide which bytes are transmitted: asyncio's `protocols.py`, and protocols on top of it.
//!
//! Nothing here knows how bytes move: no mio, no system calls, no clock but that of the loop.

// The smallest one there is.
pub mod discard;
pub mod echo;
pub mod show_chain;
// Two ends that are joined.
pub mod escape;
mod idle;
pub mod pair;
pub use self::pair::half_close;
// Datagrams.
pub mod datagram_echo;
pub mod loop_guard;
pub mod quota;
mod senders;
// Connections that tell only whether they can be made.
pub mod scan;
// Whether services are up.
pub mod wait;
// What ends a run, and how the mode learns of it.
pub mod forwarder;
pub mod report;
pub mod signals;

/// The log target of messages that every user gets, such as `listening on`.
pub const NOTICE: &str = "xport::notice";
