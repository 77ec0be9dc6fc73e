//! asyncio's transports and protocols in Rust, on one thread. *A transport is concerned with how bytes are transmitted,
//! a protocol determines which bytes to transmit.*
//!
//! The loop calls the protocol, and the protocol calls its transport. Nothing here is `async`, and a program needs no
//! runtime. This protocol answers in capitals:
//!
//! ```
//! use std::io::{Read, Write};
//! use std::os::unix::net::UnixStream;
//! use xport::prelude::*;
//!
//! /// Answers once, and closes.
//! struct Shout;
//!
//! impl Protocol for Shout {
//!     fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
//!         t.write(&data.to_ascii_uppercase());
//!         t.close();
//!     }
//! }
//!
//! let (ours, mut theirs) = UnixStream::pair()?;
//! let mut event_loop = EventLoop::new()?;
//! event_loop.net().adopt(ours, Shout)?;
//! theirs.write_all(b"hello")?;
//! theirs.shutdown(std::net::Shutdown::Write)?;
//! event_loop.run()?; // Returns when nothing is left to do.
//!
//! let mut answer = String::new();
//! theirs.read_to_string(&mut answer)?;
//! assert_eq!(answer, "HELLO");
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Where to start
//!
//! - [`Net`](transports::net::Net) opens transports: connections, listeners, datagram sockets, pipes, children.
//! - [`transports::protocol`] has the traits of protocols, [`transports::handle`] the methods that a protocol can call.
//! - [`protocols::echo`] is a small protocol to copy, [`protocols::datagram_echo`] the same for datagrams.
//! - [`EventLoop`](event_loop::EventLoop) runs them.
//! - `examples/` has the programs of asyncio's documents.
//!
//! Names are asyncio's where asyncio has one: search for `create_connection` or `get_extra_info`. A method that behaves
//! differently from asyncio's says so.
//!
//! # Features
//!
//! - `cli` (default): the program `xport` and its parser of command lines. A library needs neither.
//! - `aws-lc-rs` (default) or `ring`: the cryptography of TLS. With both, `aws-lc-rs` is used.
//!
//! For a small library, use `default-features = false, features = ["ring"]`.
//!
//! # Floors
//!
//! Imports run downwards only:
//!
//! ```text
//! main -> cli -> modes -> protocols  --> transports -> sys
//!                    \--> event_loop --/
//! ```
//!
//! | floor | holds | must not contain |
//! |---|---|---|
//! | `main`, `cli` | options, endpoints and modes as tables, the logger, exit statuses | file descriptors |
//! | `modes` | wiring: open the ends, choose protocols, run | loops over events, byte handling |
//! | [`protocols`] | which bytes: echo, discard, stdin and stdout, children, relays | mio, system calls, the clock |
//! | [`event_loop`] | run, dispatch, budgets; the only caller of protocols | any concrete protocol or mode |
//! | [`transports`] | how bytes move: streams, TLS, datagrams, children, timers | the loop, any concrete protocol |
//! | `sys` | every `unsafe` line, one file for each mechanism of the system | policy, logging |
#![deny(unsafe_code)] // `sys` allows it, and says why.

#[cfg(feature = "cli")]
#[doc(hidden)] // For the program and its tests only.
pub mod cli;
pub mod event_loop;
#[cfg(feature = "cli")]
#[doc(hidden)] // For the program only.
pub mod modes;
pub mod protocols;
#[allow(unreachable_pub)] // Its items are for the other floors, and a few of them are re-exported there.
#[cfg_attr(not(feature = "cli"), allow(dead_code))] // Only the program has a terminal, signals and a last word.
mod sys;
pub mod transports;

/// What most programs need: `use xport::prelude::*`.
pub mod prelude {
    pub use crate::event_loop::{EventLoop, RunEnd};
    pub use crate::transports::address::{Host, HostPort, UnixName};
    pub use crate::transports::connect::{ConnectError, Dialing};
    pub use crate::transports::datagram::Remote;
    pub use crate::transports::datagram::opening::{DatagramOptions, DatagramService};
    pub use crate::transports::handle::{DatagramTransport, SubprocessTransport, Transport};
    pub use crate::transports::id::Id;
    pub use crate::transports::info::{Info, Peer};
    pub use crate::transports::listener::Listening;
    pub use crate::transports::net::Net;
    pub use crate::transports::opening::{Stack, Stdio, UnixBinding};
    pub use crate::transports::out_buf::WaterMarks;
    pub use crate::transports::process::command::{Command, SpawnError};
    pub use crate::transports::process::opening::ChildStdio;
    pub use crate::transports::protocol::{
        BufferedProtocol, DatagramProtocol, Eof, Factory, Handler, Protocol, SubprocessProtocol, factory,
    };
    pub use crate::transports::timers::TimerId;
    pub use crate::transports::tls::{TlsClient, TlsServer};
}
