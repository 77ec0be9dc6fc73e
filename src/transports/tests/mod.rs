//! The system of the simulator: the calls that move bytes and datagrams, in memory.

pub(crate) mod memory;
pub(crate) mod network;
