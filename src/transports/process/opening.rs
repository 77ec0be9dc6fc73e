//! Starting a child, and taking note of its end.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::{Command, Stdio};

use mio::unix::SourceFd;

use super::{KILL_AFTER, Process, SIGKILL};
use crate::sys::process;
use crate::transports::channel::Channel;
use crate::transports::id::{Half, Id};
use crate::transports::net::{Call, Net, Slot};
use crate::transports::protocol::SubprocessProtocol;
use crate::transports::stream::Stream;

/// What one of a child's three standard streams is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildStdio {
    /// A pipe to us. asyncio's `PIPE`.
    Pipe,
    /// The same as ours. asyncio's `None`.
    Inherit,
    /// `/dev/null`. asyncio's `DEVNULL`.
    Null,
    /// Of stderr: the same as the child's stdout, where that is a pipe. asyncio's `STDOUT`.
    Merge,
}

impl From<ChildStdio> for Stdio {
    fn from(stdio: ChildStdio) -> Self {
        match stdio {
            ChildStdio::Pipe => Self::piped(),
            ChildStdio::Inherit | ChildStdio::Merge => Self::inherit(),
            ChildStdio::Null => Self::null(),
        }
    }
}

impl Net {
    /// Starts a child with stdin, stdout and stderr as `stdio` has them, in a process group of its own. asyncio's
    /// `subprocess_exec`.
    ///
    /// # Errors
    /// `NotFound`, `PermissionDenied` and the like of `execve(2)`; no descriptors, no processes.
    #[doc(alias = "subprocess_exec")]
    pub fn spawn(
        &mut self,
        mut command: Command,
        stdio: [ChildStdio; 3],
        protocol: impl SubprocessProtocol + 'static,
    ) -> io::Result<Id> {
        let [stdin, stdout, stderr] = stdio;
        command.stdin(stdin).stdout(stdout).stderr(stderr);
        let mut merged = None;
        if (stdout, stderr) == (ChildStdio::Pipe, ChildStdio::Merge) {
            let (ours, theirs) = io::pipe()?;
            command.stdout(theirs.try_clone()?).stderr(theirs);
            merged = Some(OwnedFd::from(ours));
        }
        let (mut child, pidfd) = process::spawn(&mut command)?;
        // It holds the child's ends of a merged pipe, which would never end.
        drop(command);
        let ends = [
            child.stdin.take().map(OwnedFd::from),
            merged.or_else(|| child.stdout.take().map(OwnedFd::from)),
            child.stderr.take().map(OwnedFd::from),
        ];
        let pid = child.id();
        let process = Process {
            pid,
            pidfd,
            pipes: [None; 3],
            status: None,
            kill_after: KILL_AFTER,
            kill_timer: None,
            exit_told: false,
            closing: false,
            over: false,
        };
        let fd = process.pidfd.as_raw_fd();
        let id = self.insert(Slot::Process(Box::new(process)));
        let registered = self.registry.register(&mut SourceFd(&fd), id.token(Half::Read), mio::Interest::READABLE);
        let opened = registered.and_then(|()| self.open_pipes(id, ends));
        if let Err(error) = opened {
            let _ = child.kill();
            let _ = child.wait();
            self.drop_process(id);
            return Err(error);
        }
        self.calls.push_back((id, Call::SetSubprocessProtocol(Box::new(protocol))));
        self.calls.push_back((id, Call::ConnectionMade));
        for pipe in self.process(id).map_or([None; 3], |process| process.pipes).into_iter().flatten() {
            self.calls.push_back((pipe, Call::ConnectionMade));
        }
        log::debug!("child {pid} has started");
        Ok(id)
    }

    /// Starts a child by the shell, which reads `text` as one reads a line of it. asyncio's `subprocess_shell`.
    ///
    /// # Errors
    /// As with [`spawn`](Self::spawn); what the shell cannot run is its own status, 126 or 127.
    #[doc(alias = "subprocess_shell")]
    pub fn spawn_shell(
        &mut self,
        text: &OsStr,
        stdio: [ChildStdio; 3],
        protocol: impl SubprocessProtocol + 'static,
    ) -> io::Result<Id> {
        self.spawn(shell_command(text), stdio, protocol)
    }

    /// Makes streams of our ends of the pipes.
    fn open_pipes(&mut self, process: Id, ends: [Option<OwnedFd>; 3]) -> io::Result<()> {
        for (number, end) in ends.into_iter().enumerate() {
            let Some(end) = end else { continue };
            let stream = match number {
                0 => Stream::write_end(Channel::own(end, Half::Write)?, self.now),
                _ => Stream::read_end(Channel::own(end, Half::Read)?, self.now),
            };
            let id = self.add_stream(stream)?;
            self.calls.push_back((id, Call::SetPipe { process, number: number as u8 }));
            if let Some(process) = self.process_mut(process) {
                process.pipes[number] = Some(id);
            }
        }
        Ok(())
    }

    /// Takes a child that could not be set up out again, and its pipes.
    fn drop_process(&mut self, id: Id) {
        for pipe in self.process(id).map_or([None; 3], |process| process.pipes).into_iter().flatten() {
            self.remove(pipe);
        }
        self.remove(id);
    }

    /// Asks for the status of a child that may have ended; whether it has just become known.
    pub(crate) fn ask_for_status(&mut self, id: Id) -> bool {
        let Some(process) = self.process_mut(id).filter(|process| process.status.is_none()) else { return false };
        if process.kill_timer.is_some() && process::has_ended(process.pid).unwrap_or(false) {
            // While it is not reaped, the number of its group is nobody else's. Whoever is left there was asked to end as well.
            let _ = process::signal_group(process.pid, SIGKILL);
        }
        match process::status(process.pid) {
            Ok(None) => false,
            Ok(Some(status)) => {
                log::debug!("child {}: {status}", process.pid);
                process.status = Some(status);
                true
            }
            Err(error) => {
                // Somebody else has asked for it. That it has ended is still true.
                log::warn!("child {}: {}", process.pid, crate::transports::error::describe(&error));
                process.status = Some(std::os::unix::process::ExitStatusExt::from_raw(255 << 8));
                true
            }
        }
    }

    /// A child that was asked to end has had its time.
    pub(crate) fn kill_group(&mut self, id: Id) {
        let Some(process) = self.process(id).filter(|process| process.status.is_none()) else { return };
        log::info!("child {}: killed, as it has not ended within {:?}", process.pid, process.kill_after);
        // It may have ended this moment.
        let _ = process::signal_group(process.pid, SIGKILL);
    }

    /// Queues `process_exited`, and what may be due after it.
    pub(crate) fn tell_exit(&mut self, id: Id) {
        let Some(process) = self.process_mut(id) else { return };
        process.exit_told = true;
        self.calls.push_back((id, Call::ProcessExited));
        self.end_process_if_over(id);
    }

    /// Notes that a pipe of a child is lost.
    pub(crate) fn pipe_lost(&mut self, process: Id, number: u8) {
        if let Some(process) = self.process_mut(process) {
            process.pipes[usize::from(number)] = None;
        }
        self.end_process_if_over(process);
    }

    /// Queues `connection_lost` once the exit is told and all pipes are lost.
    pub(crate) fn end_process_if_over(&mut self, id: Id) {
        let Some(process) = self.process_mut(id).filter(|process| process.is_over() && !process.over) else { return };
        process.over = true;
        self.calls.push_back((id, Call::ConnectionLost(None)));
    }

    pub(crate) fn process(&self, id: Id) -> Option<&Process> {
        match self.slots.get(id) {
            Some(Slot::Process(process)) => Some(process),
            _ => None,
        }
    }

    pub(crate) fn process_mut(&mut self, id: Id) -> Option<&mut Process> {
        match self.slots.get_mut(id) {
            Some(Slot::Process(process)) => Some(process),
            _ => None,
        }
    }
}

/// The shell, told to run `text` as one line of it. What else it is to have can still be set.
#[must_use]
pub fn shell_command(text: &OsStr) -> Command {
    let mut command = Command::new(SHELL);
    command.arg("-c").arg(text);
    command
}

/// POSIX's own.
pub const SHELL: &str = "/bin/sh";
