//! xport inside: asyncio's idea, in Rust, on one thread. *A transport says how bytes are transmitted, a protocol says
//! which bytes.*
//!
//! The house has floors; imports run downwards only:
//!
//! ```text
//! main -> cli -> modes -> protocols  --> transports -> sys
//!                    \--> event_loop --/
//! ```
//!
//! | floor | holds | never contains |
//! |---|---|---|
//! | [`cli`] | clap definitions, value parsers, the logger | file descriptors |
//! | [`modes`] | wiring: open the ends, choose protocols, run | byte handling |
//! | [`protocols`] | which bytes: echo, stdin and stdout, discard; datagrams too | mio, system calls, the clock |
//! | [`event_loop`] | run, dispatch, budgets; the only caller of protocols | any concrete protocol |
//! | [`transports`] | how bytes move: streams, TLS, datagrams, listeners, timers, names | the loop, any protocol |
//! | [`sys`] | every `unsafe` line, one file per mechanism | state, policy, logging |
//!
//! Who knows asyncio may start at [`transports::protocol`] (what a protocol is), [`transports::handle`] (what it can
//! call), and [`protocols::echo`], the smallest protocol there is. For datagrams these are
//! [`DatagramProtocol`](transports::protocol::DatagramProtocol), [`transports::datagram::handle`] and
//! [`protocols::datagram_echo`]. `examples/` has the documents' own programs.
//!
//! ```
//! use std::io::{Read, Write};
//! use std::os::unix::net::UnixStream;
//!
//! use xport::event_loop::EventLoop;
//! use xport::transports::handle::Transport;
//! use xport::transports::protocol::Protocol;
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
//! event_loop.net().adopt(ours.into(), Shout)?;
//! theirs.write_all(b"hello")?;
//! theirs.shutdown(std::net::Shutdown::Write)?;
//! event_loop.run()?; // until nothing is left that could do anything
//!
//! let mut answer = String::new();
//! theirs.read_to_string(&mut answer)?;
//! assert_eq!(answer, "HELLO");
//! # Ok::<(), std::io::Error>(())
//! ```
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
