//! Children: `exec` on stdio and on connections.

mod connections;
mod ends;
mod faults;
mod pty;
mod runs;
mod starts;
mod streams;
