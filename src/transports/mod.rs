//! Transports move bytes: asyncio's `transports.py` and the lower half of its event loops.
//!
//! Transports know protocols only by their traits, and do not call them: callbacks are queued, and the loop
//! (`event_loop`) makes the calls. The files, in the order in which to read them:

// Protocols, and their handles of transports.
mod base;
pub mod handle;
pub(crate) mod label;
pub mod number;
pub mod protocol;
// The arena of transports and its operations.
pub(crate) mod accept;
pub mod admission;
mod admit;
pub mod connect;
pub(crate) mod ctx;
pub mod id;
pub mod listener;
pub mod net;
pub mod opening;
pub mod own_file;
mod own_listeners;
pub mod socket_options;
pub mod timers;
mod unix_path;
// One stream, from its states down to its descriptors.
mod channel;
mod closing;
pub(crate) mod flow;
mod forward;
mod forward_mode;
pub(crate) mod io;
pub mod keepalive;
mod liveness;
mod missing_reader;
pub mod out_buf;
mod pipe_pool;
pub(crate) mod readiness;
pub(crate) mod state;
pub(crate) mod stream;
mod throttle;
mod trial;
mod write_failure;
// The layers inside it, TLS among them, and the picture of what passes.
pub mod dump;
pub mod layer;
pub mod tls;
// Datagrams.
pub mod datagram;
// Children.
pub mod process;
// Plain values.
pub mod access;
pub mod address;
pub mod advice;
pub mod amounts;
pub mod error;
pub mod info;
#[cfg(test)]
pub(crate) mod tests;
pub mod text;

pub(crate) use connect::resolver::WAKE;
