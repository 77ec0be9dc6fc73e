//! Modes: each opens its ends, chooses the protocols, and runs the loop.
//!
//! No events and no bytes are handled here.

mod child_streams;
mod children;
pub mod config;
mod datagrams;
mod echo;
mod exec;
mod listen;
mod open;
mod pair;
mod parts;
mod progress;
mod run;
mod scan;
mod show_chain;
mod terminal;
mod tls;
mod wait;

use config::Mode;

/// Runs a mode to its end.
///
/// # Errors
/// A [`Failure`](crate::protocols::report::Failure), which has the exit status, or another error, whose exit status
/// is 1.
pub fn run(mode: &Mode) -> anyhow::Result<()> {
    run::end_by_signals(&[]);
    match mode {
        Mode::Echo(configs) => echo::echo(configs),
        Mode::Server(configs) => pair::server(configs),
        Mode::Client(config) => pair::client(config),
        Mode::ShowChain(config) => show_chain::show_chain(config),
        Mode::DatagramEcho(configs, options) => datagrams::echo(configs, *options),
        Mode::DatagramServer(configs, options) => datagrams::server(configs, *options),
        Mode::DatagramClient(config, options, stream) => datagrams::client(config, *options, stream),
        Mode::Exec(config) => exec::exec(config),
        Mode::Relay(config) => pair::relay(config),
        Mode::Scan(config) => scan::scan(config),
        Mode::Wait(config) => wait::wait(config),
    }
}
