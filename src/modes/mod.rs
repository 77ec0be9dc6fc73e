//! Modes: each opens its ends, chooses the protocols, and runs the loop.
//!
//! No events and no bytes are handled here.

mod child_config;
mod child_streams;
mod children;
pub mod config;
mod datagrams;
mod echo;
mod exec;
mod listen;
mod open;
mod pair;
mod progress;
mod scan;
mod show_chain;
mod terminal;
mod tls;
mod wait;

use std::io;
use std::os::fd::{OwnedFd, RawFd};
use std::time::{Duration, Instant};

use crate::event_loop::{EventLoop, RunEnd};
use crate::protocols::pair::{PairOptions, SessionOptions};
use crate::protocols::report::{Cause, Failure, Reporter, Reports, line};
use crate::protocols::signals::{Signals, Wanted};
use crate::sys::{process, raw_mode, signals};
use crate::transports::connect::{Dialing, source_addresses};
use crate::transports::dump::Dump;
use crate::transports::error::describe;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::opening::{Inherited, Stdio, inherit};
use crate::transports::out_buf::WaterMarks;
use crate::transports::protocol::Handler;
use config::{DialConfig, DumpTarget, Mode, StreamConfig};
use progress::ProgressLine;

/// Runs a mode to its end.
///
/// # Errors
/// A [`Failure`], which has the exit status, or another error, whose exit status is 1.
pub fn run(mode: &Mode) -> anyhow::Result<()> {
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

/// An event loop, and the channel for failures of its protocols.
struct Run {
    event_loop: EventLoop,
    reporter: Reporter,
    reports: Reports,
    /// The end of `--timeout`.
    deadline: Option<Instant>,
    progress: Option<ProgressLine>,
}

impl Run {
    /// Opens the dump, if there is one, before anything else is opened.
    fn new(stream: &StreamConfig) -> anyhow::Result<Self> {
        signals::ignore_file_size_signal();
        let (reporter, reports) = line();
        let mut event_loop = EventLoop::new().map_err(|error| local("event loop", &error))?;
        match &stream.dump {
            None => (),
            Some(DumpTarget::Stderr) => event_loop.set_dump(Dump::to_stderr()),
            Some(DumpTarget::File(path)) => {
                let opened = Dump::to_file(path);
                let dump = opened.map_err(|error| local(&format!("dump {}", path.display()), &error))?;
                event_loop.set_dump(dump);
            }
        }
        let deadline = stream.timeout.and_then(|limit| Instant::now().checked_add(limit));
        Ok(Self { event_loop, reporter, reports, deadline, progress: None })
    }

    /// A run that a signal ends at once. With a child, all signals are caught that would end this process, because the
    /// child must not be left behind. With a raw terminal they are caught too, because the terminal must be restored.
    /// Without either, INT, TERM and HUP are enough.
    fn of_client(stream: &StreamConfig, has_child: bool) -> anyhow::Result<Self> {
        let mut run = Self::new(stream)?;
        let own = Signals::of_client(stream.timeout, run.reporter.clone());
        if stream.keys.is_some() {
            let signals = [&all_deadly()[..], &[signals::SIGTSTP, signals::SIGCONT]].concat();
            run.watch(&signals, own.with_terminal(terminal::SIGNALS))?;
        } else if has_child {
            run.watch(&all_deadly(), own)?;
        } else {
            run.watch(&[signals::SIGINT, signals::SIGTERM, signals::SIGHUP], own)?;
        }
        Ok(run)
    }

    /// A run that lets sessions finish after the first signal. A signal before `wanted` has come is no success. The
    /// files of a server must not be left behind, so all signals are caught that would end this process.
    fn of_server(
        grace: Duration,
        accept_timeout: Option<Duration>,
        stream: &StreamConfig,
        wanted: Wanted,
    ) -> anyhow::Result<Self> {
        let mut run = Self::new(stream)?;
        let own = Signals::of_server(grace, wanted, stream.timeout, run.reporter.clone());
        let own = own.with_accept_timeout(accept_timeout);
        run.watch(&all_deadly(), own)?;
        Ok(run)
    }

    /// Hands the signals of `wanted` to `own`.
    fn watch(&mut self, wanted: &[i32], own: impl Into<Handler>) -> anyhow::Result<()> {
        let caught = caught(wanted);
        self.event_loop.net().signals_with_origin(&caught, own).map_err(|error| local("signals", &error))?;
        Ok(())
    }

    /// Shows the progress of `stdio`, if the user wants that.
    fn show_progress(&mut self, stdio: Id, stream: &StreamConfig) {
        self.progress = ProgressLine::new(self.event_loop.net(), stdio, stream);
    }

    /// Runs the loop to its end, with a look at the progress from time to time.
    fn run_loop(&mut self) -> io::Result<()> {
        let Some(progress) = &mut self.progress else { return self.event_loop.run() };
        loop {
            let begins = |event_loop: &mut EventLoop| progress.has_begun(event_loop.net());
            let ended = self.event_loop.run_until(progress.next_look(), begins);
            match ended {
                Ok(RunEnd::Deadline | RunEnd::Condition) => progress.look(self.event_loop.net()),
                _ => {
                    progress.finish(self.event_loop.net());
                    return ended.map(drop);
                }
            }
        }
    }

    /// Runs the loop to its end. The first failure is the result.
    fn run(mut self) -> anyhow::Result<()> {
        let ended = self.run_loop().map_err(|error| local("event loop", &error));
        let mut verdict = ended.and_then(|()| self.reports.verdict());
        if let Some(mut dump) = self.event_loop.take_dump() {
            // The reader of the dump can be slow, and must not keep peers waiting. Keys must be signals meanwhile.
            drop(self.event_loop);
            raw_mode::restore();
            let is_cut =
                verdict.as_ref().is_err_and(|failure| matches!(failure.cause, Cause::Signal(_) | Cause::TimedOut));
            if dump.finish(is_cut, self.deadline) && verdict.is_ok() {
                verdict = Err(Failure::silent(Cause::TimedOut));
            }
        }
        Ok(verdict?)
    }
}

/// All signals that would end this process.
fn all_deadly() -> Vec<i32> {
    [&signals::DELIBERATE[..], &signals::other_deadly()].concat()
}

/// The signals of `wanted` that are caught: all that were not ignored when xport was started. SIGCHLD is caught even if
/// it was ignored. The first process of a PID namespace catches SIGCHLD always, because it must reap orphans.
fn caught(wanted: &[i32]) -> Vec<i32> {
    let of_init = process::is_init().then_some(signals::SIGCHLD).filter(|signal| !wanted.contains(signal));
    let is_wanted = |signal: &i32| *signal == signals::SIGCHLD || !signals::is_ignored(*signal);
    wanted.iter().copied().chain(of_init).filter(is_wanted).collect()
}

/// The failure of an operation on this machine, which is not the fault of a peer.
fn local(operation: &str, error: &io::Error) -> Failure {
    Failure::new(Cause::Local, format!("{operation}: {}", describe(error)))
}

/// The water marks of the write buffers.
fn marks(stream: &StreamConfig) -> anyhow::Result<WaterMarks> {
    Ok(WaterMarks::new(stream.high_water, stream.low_water)?)
}

/// How to connect, as the transports take it.
fn dialing(config: &DialConfig) -> Dialing {
    Dialing {
        family: config.family,
        numeric: config.numeric,
        source: config.source.as_ref().map(source_addresses).unwrap_or_default(),
        timeout: config.connect_timeout,
        retry: config.retry,
        retry_delay: config.retry_delay,
        keepalive: config.keepalive,
        socket: config.socket.clone(),
    }
}

/// Takes over an inherited descriptor. `wanted` returns `None` for a socket that the mode cannot use.
fn take_over(number: RawFd, name: &str, wanted: impl FnOnce(Inherited) -> Option<OwnedFd>) -> anyhow::Result<OwnedFd> {
    let socket = inherit(number).map_err(|error| unusable(number, &describe(&error)))?;
    Ok(wanted(socket).ok_or_else(|| unusable(number, &format!("not {name}")))?)
}

/// The failure of a mode that cannot use an inherited descriptor.
fn unusable(number: RawFd, why: &str) -> Failure {
    Failure::new(Cause::Unavailable, format!("fd:{number}: {why}"))
}

/// The options of a pair. Without a `reporter` the pair is one of many.
fn pair_options(stream: &StreamConfig, reporter: Option<Reporter>, session: Option<SessionOptions>) -> PairOptions {
    let StreamConfig { half_close, idle_timeout, linger, quit_after, .. } = *stream;
    PairOptions { half_close, idle_timeout, linger, quit_after, reporter, session }
}

/// What is different for a session. With `reuse_stdio`, other sessions follow.
fn session_options(stream: &StreamConfig, reuse_stdio: bool) -> SessionOptions {
    let StreamConfig { send_only, recv_only, until_peer_ends, .. } = *stream;
    let keys = stream.keys.map(terminal::key_options);
    SessionOptions { send_only, recv_only, until_peer_ends, reuse_stdio, keys }
}

/// Opens stdin, stdout, or both as one stream.
fn stdio(net: &mut Net, which: Stdio, marks: WaterMarks, protocol: impl Into<Handler>) -> Result<Id, Failure> {
    let opened = net.stdio(which, protocol);
    prepare_stdio(net, opened, marks)
}

/// Sets the water marks of a standard stream that was opened. An error of opening it names the stream already.
fn prepare_stdio(net: &mut Net, opened: io::Result<Id>, marks: WaterMarks) -> Result<Id, Failure> {
    let id = opened.map_err(|error| Failure::new(Cause::Local, describe(&error)))?;
    net.transport(id).set_write_buffer_limits(marks);
    Ok(id)
}

/// The standard streams that a session needs.
fn stdio_of(stream: &StreamConfig) -> Stdio {
    match (stream.send_only, stream.recv_only) {
        (true, _) => Stdio::InputOnly,
        (_, true) => Stdio::OutputOnly,
        _ => Stdio::Both,
    }
}
