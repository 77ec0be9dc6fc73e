//! What stands in for the system in the simulator: the calls that move bytes and datagrams, on memory.

pub(crate) mod memory;
pub(crate) mod network;
