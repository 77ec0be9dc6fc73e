//! Streams over TCP and unix sockets: connecting, moving bytes, ending.

mod connecting;
mod conversations;
mod crlf;
mod delivery;
mod dumps;
mod dumps_signals;
mod dumps_targets;
mod endings;
mod forwarding;
mod forwarding_faults;
mod half_close;
mod late_readers;
mod leaving;
mod lost_writes;
mod networks;
mod readers;
mod semantics;
mod socket_options;
mod unix_paths;
mod unix_sockets;
mod unreliable_calls;
mod vanished;
