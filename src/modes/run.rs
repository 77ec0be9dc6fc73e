//! What every mode runs in: an event loop with its signals, its dump, its progress and its verdict.

use std::io;
use std::time::{Duration, Instant};

use super::config::StreamConfig;
use super::progress::ProgressLine;
use super::terminal;
use crate::event_loop::{EventLoop, RunEnd};
use crate::protocols::report::{self, Cause, Failure, Reporter, Reports};
use crate::protocols::signals::{Signals, Wanted};
use crate::sys::{process, raw_mode, signals};
use crate::transports::dump::Dump;
use crate::transports::error::describe;
use crate::transports::id::Id;
use crate::transports::protocol::Handler;
use crate::transports::text::EscapedOs;

/// An event loop, and the channel for failures of its protocols.
pub(super) struct Run {
    pub(super) event_loop: EventLoop,
    pub(super) reporter: Reporter,
    pub(super) reports: Reports,
    /// The end of `--timeout`.
    pub(super) deadline: Option<Instant>,
    pub(super) progress: Option<ProgressLine>,
}

impl Run {
    /// Opens the dump, if there is one, before anything else is opened.
    pub(super) fn new(stream: &StreamConfig) -> anyhow::Result<Self> {
        signals::ignore_file_size_signal();
        let (reporter, reports) = report::channel();
        let mut event_loop = EventLoop::new().map_err(|error| local("event loop", &error))?;
        if let Some(path) = &stream.dump {
            let opened = if path.as_os_str() == "-" { Ok(Dump::to_stderr()) } else { Dump::to_file(path) };
            event_loop.set_dump(opened.map_err(|error| local(&format!("dump {}", EscapedOs(path)), &error))?);
        }
        let deadline = stream.timeout.and_then(|limit| Instant::now().checked_add(limit));
        Ok(Self { event_loop, reporter, reports, deadline, progress: None })
    }

    /// A run that a signal ends at once. With a child, all signals are caught that would end this process, because the
    /// child must not be left behind. With a raw terminal they are caught too, because the terminal must be restored.
    /// Without either, INT, TERM and HUP are enough; [`caught`] adds more for the first process.
    pub(super) fn of_client(stream: &StreamConfig, has_child: bool) -> anyhow::Result<Self> {
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

    /// A run that lets sessions finish after the first signal. A signal that comes before `wanted` is not a
    /// success. The files of a server must not be left behind, so all signals are caught that would end this process.
    pub(super) fn of_server(
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
    pub(super) fn watch(&mut self, wanted: &[i32], own: impl Into<Handler>) -> anyhow::Result<()> {
        let caught = caught(wanted);
        self.event_loop.net().signals_with_origin(&caught, own).map_err(|error| local("signals", &error))?;
        Ok(())
    }

    /// Shows the progress of `stdio`, if the user wants that.
    pub(super) fn show_progress(&mut self, stdio: Id, stream: &StreamConfig) {
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
                _ => return ended.map(drop),
            }
        }
    }

    /// Runs the loop to its end. The first failure is the result.
    pub(super) fn run(mut self) -> anyhow::Result<()> {
        let ended = self.run_loop().map_err(|error| local("event loop", &error));
        let mut verdict = ended.and_then(|()| self.reports.verdict());
        if let Some(progress) = &mut self.progress {
            progress.finish(self.event_loop.net(), verdict.is_err());
        }
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
pub(super) fn all_deadly() -> Vec<i32> {
    [&signals::DELIBERATE[..], &signals::other_deadly()].concat()
}

/// The signals that are caught for a run that wants `wanted`: those that were not ignored when xport was started.
/// SIGCHLD is caught even if it was ignored.
///
/// The default action of a signal does not end the first process of a PID namespace. So this process catches every
/// deadly signal in every mode. It also catches SIGCHLD, because it must reap orphans.
pub(super) fn caught(wanted: &[i32]) -> Vec<i32> {
    let mut signals = wanted.to_vec();
    if process::is_init() {
        let of_init = all_deadly().into_iter().chain([signals::SIGCHLD]);
        signals.extend(of_init.filter(|signal| !wanted.contains(signal)));
    }
    signals.retain(|signal| *signal == signals::SIGCHLD || !signals::is_ignored(*signal));
    signals
}

/// Lets the signals that are caught for a run that wants `wanted` end this process while no loop handles them: looking
/// up a name or reading a file can take long. The first process of a PID namespace needs handlers for that.
pub(super) fn end_by_signals(wanted: &[i32]) {
    let mut ending = caught(wanted);
    ending.retain(|signal| *signal != signals::SIGCHLD);
    if process::is_init() {
        signals::exit_by_each(&ending);
    } else {
        ending.into_iter().for_each(signals::set_default);
    }
}

/// The failure of an operation on this machine, which is not the fault of a peer.
pub(super) fn local(operation: &str, error: &io::Error) -> Failure {
    Failure::new(Cause::Local, format!("{operation}: {}", describe(error)))
}
