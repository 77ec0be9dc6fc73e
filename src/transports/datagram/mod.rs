//! Datagrams: UDP sockets as asyncio's datagram transports.
//!
//! Read the files in this order: `socket.rs` (one socket and its states), `options.rs` and `opening.rs` (how it is
//! opened), `queue.rs` and `flow.rs` (sending), `candidates.rs` and `fallback.rs` (peers with several addresses),
//! `own.rs` (forged senders), `io.rs` (system calls), `handle.rs` (what a protocol calls). The loop receives
//! (`event_loop/datagrams.rs`).

mod candidates;
mod fallback;
mod flow;
pub mod handle;
pub(crate) mod io;
pub mod opening;
mod options;
pub(crate) mod own;
mod queue;
pub(crate) mod socket;

pub use crate::sys::datagram::Remote;
pub(crate) use crate::sys::datagram::{BATCH, RecvBatch};
