//! Tests the loop on streams and datagram sockets in memory, and on a few real descriptors: the contract row by row,
//! and properties. `sim.rs` is the simulator. `tests/it/` tests the whole program.

mod datagram_properties;
mod datagram_sending;
mod datagrams;
mod forwarding;
mod frames;
mod layers;
mod library;
mod misuse;
mod panics;
mod processes;
mod properties;
mod recorder;
mod script;
mod sessions;
mod sim;
mod starttls;
mod streams;
mod tls;
mod tls_properties;

use super::dispatch::Event;
use super::*;
use crate::prelude::*;
use crate::protocols::discard::Discard;
use crate::protocols::echo::Echo;
use crate::protocols::pair::half_close::HalfClose;
use crate::protocols::pair::session::IdleStdio;
use crate::protocols::pair::stdio::session_connector;
use crate::protocols::pair::stream::StreamSide;
use crate::protocols::pair::{PairOptions, SessionOptions};
use crate::protocols::report::{self, Cause, Reporter, Reports};
use crate::protocols::signals::{Signals, Wanted};
use crate::transports::access::AccessList;
use crate::transports::advice::Advice;
use crate::transports::connect::Retry;
use crate::transports::ctx::Call;
use crate::transports::datagram::BATCH;
use crate::transports::datagram::io::DatagramIo;
use crate::transports::datagram::socket::Datagram;
use crate::transports::error::{describe, is_tls};
use crate::transports::id::Direction;
use crate::transports::info::{ChildInfo, DatagramTotals, PipeEnds, Totals};
use crate::transports::io::Io;
use crate::transports::layer::starttls::StartTls;
use crate::transports::process::command::Standing;
use crate::transports::process::opening::{PtyModel, WindowSize};
use crate::transports::state::Phase;
use crate::transports::stream::Stream;
use crate::transports::tests::memory::{Closed, Faults, Memory, Wire};
use crate::transports::tests::network::Network;
use crate::transports::timers::Clock;
use crate::transports::tls::Tls;
use crate::transports::tls::pin::Pin;
use crate::transports::tls::settings::{ClientSettings, CommonSettings, ServerSettings, Trust};
use recorder::*;
use script::*;
use sim::*;
use std::io::{IoSlice, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

/// A real loop with one stream, and the other end of that stream.
fn real(protocol: impl Into<Handler>) -> (EventLoop, Id, UnixStream) {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (id, theirs) = adopt(&mut event_loop, protocol);
    (event_loop, id, theirs)
}

/// A further stream of a real loop, and its other end.
fn adopt(event_loop: &mut EventLoop, protocol: impl Into<Handler>) -> (Id, UnixStream) {
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    (event_loop.net().adopt(ours, protocol).expect("a stream"), theirs)
}
