//! UDP: echo, client, server and relay of datagrams.

mod addresses;
mod faults;
mod forged;
mod modes;
mod multicast;
mod order;
