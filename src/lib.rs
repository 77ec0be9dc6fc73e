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
//! | [`protocols`] | which bytes: echo, stdin and stdout, discard | mio, system calls, the clock |
//! | [`event_loop`] | run, dispatch, budgets; the only caller of protocols | any concrete protocol |
//! | [`transports`] | how bytes move: streams, listeners, timers, names | the loop, any protocol |
//! | [`sys`] | every `unsafe` line, one file per mechanism | state, policy, logging |
//!
//! Who knows asyncio may start at [`transports::protocol`] (what a protocol is), [`transports::handle`] (what it can
//! call), and [`protocols::echo`], the smallest protocol there is. `examples/` has the documents' own programs.
#![deny(unsafe_code)] // `sys` allows it, and says why.

pub mod cli;
pub mod event_loop;
pub mod modes;
pub mod protocols;
pub mod sys;
pub mod transports;
