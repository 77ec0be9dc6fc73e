//! One binary of integration tests: the real program, through `assert_cmd`.

mod cli;
mod connecting;
mod datagram_faults;
mod datagram_order;
mod datagrams;
mod delivery;
mod endpoints;
mod examples;
mod exec;
mod exec_connections;
mod exit_status;
mod generated;
mod lifecycle;
mod netns;
mod oracle;
mod pty;
mod resources;
mod standard_streams;
mod stream_options;
mod stream_semantics;
mod terminal;
mod tidy;
mod unix_sockets;
mod unreliable_calls;
mod util;
