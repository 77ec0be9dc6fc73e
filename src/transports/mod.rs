//! Transports: how bytes move. asyncio's `transports.py` and the lower half of its event loops.
//!
//! Nothing here knows a protocol but by its trait, and nothing here calls one: callbacks are queued, and the loop
//! (`event_loop`) makes the calls. In the order in which to read:

// What a protocol is, and what it holds of a transport.
pub mod handle;
pub mod protocol;
// The arena of transports and what can be done with it.
pub mod net;
pub mod id;
pub mod timers;
pub mod opening;
pub mod dialing;
pub mod dial;
pub mod listener;
mod unix_path;
mod resolver;
// One stream, from its states down to its descriptors.
pub(crate) mod stream;
pub(crate) mod state;
mod flow;
mod second_look;
pub mod out_buf;
mod io;
mod channel;
#[cfg(test)]
pub(crate) mod memory;
// Plain values.
pub mod access;
pub mod address;
pub mod error;
pub mod info;

pub(crate) use resolver::WAKE;
