//! Datagrams: UDP sockets as asyncio's datagram transports.
//!
//! In the order in which to read: `socket.rs` (one socket and its states), `options.rs` (how it is opened),
//! `opening.rs`, `queue.rs` and `flow.rs` (sending), `candidates.rs` and `fallback.rs` (peers with several addresses),
//! `own.rs` (forged senders), `io.rs` (system calls), `handle.rs` (what a protocol sees of it). Receiving is the loop's
//! (`event_loop/datagrams.rs`).

mod candidates;
mod fallback;
pub(crate) mod flow;
pub mod handle;
pub(crate) mod io;
pub mod opening;
mod options;
pub(crate) mod own;
mod queue;
pub(crate) mod socket;

pub use crate::sys::datagram::Remote;
pub(crate) use crate::sys::datagram::{BATCH, RecvBatch};
