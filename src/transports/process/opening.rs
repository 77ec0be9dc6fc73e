//! Starting a child, and taking note of its end.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::{Command, Stdio};

use mio::unix::SourceFd;

use super::{Ending, KILL_AFTER, Process, SIGCONT, SIGKILL, SIGTERM};
pub use crate::sys::pty::WindowSize;
use crate::sys::pty::{self, Pty};
use crate::sys::{process, stdio};
use crate::transports::channel::Channel;
use crate::transports::id::{Half, Id};
use crate::transports::net::{Call, Net, Slot};
use crate::transports::protocol::SubprocessProtocol;
use crate::transports::stream::{CloseMode, Stream};
use crate::transports::timers::Alarm;

/// What one of a child's three standard streams is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildStdio {
    /// A pipe to us. asyncio's `PIPE`.
    Pipe,
    /// The same as ours. asyncio's `None`.
    Inherit,
    /// `/dev/null`. asyncio's `DEVNULL`.
    Null,
    /// Of stderr: the same as the child's stdout, where that is a pipe or a terminal of its own. asyncio's `STDOUT`.
    Merge,
    /// A terminal of its own, whose other side is ours; all that say so share one, and the first says which. asyncio has none.
    Pty(PtyModel),
}

/// What a child's terminal is like when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PtyModel {
    /// As the system makes them, of this size.
    New(WindowSize),
    /// Of the size, and with the settings, of the terminal that is our stdin; as a new one where that is none.
    Stdin,
}

impl ChildStdio {
    fn is_pty(self) -> bool {
        matches!(self, Self::Pty(_))
    }

    /// What the child is given for it.
    fn theirs(self, pty: Option<&Pty>) -> io::Result<Stdio> {
        Ok(match (self, pty) {
            (Self::Pty(_), Some(pty)) => pty.slave.try_clone()?.into(),
            (Self::Pipe, _) => Stdio::piped(),
            (Self::Inherit | Self::Merge, _) => Stdio::inherit(),
            (Self::Null | Self::Pty(_), _) => Stdio::null(),
        })
    }
}

impl Net {
    /// Starts a child with stdin, stdout and stderr as `stdio` has them, in a process group of its own. asyncio's
    /// `subprocess_exec`.
    ///
    /// On a terminal it leads a session of its own, too. The terminal is to its protocol two pipes: what is written to stdin's is
    /// typed, what is shown comes from stdout's. To close stdin's is to type `^D`, unless the terminal is raw, where nothing
    /// stands for an end; once both are closed, it hangs up.
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
        let [stdin, stdout, mut stderr] = stdio;
        if stdout.is_pty() && stderr == ChildStdio::Merge {
            stderr = stdout;
        }
        let model = [stdin, stdout, stderr].into_iter().find_map(|stdio| match stdio {
            ChildStdio::Pty(model) => Some(model),
            _ => None,
        });
        let pty = model.map(open_pty).transpose()?;
        let theirs = |stdio: ChildStdio| stdio.theirs(pty.as_ref());
        command.stdin(theirs(stdin)?).stdout(theirs(stdout)?).stderr(theirs(stderr)?);
        let typed = pty.as_ref().filter(|_| stdin.is_pty()).map(|pty| pty.master.try_clone()).transpose()?;
        let mut merged = None;
        if (stdout, stderr) == (ChildStdio::Pipe, ChildStdio::Merge) {
            let (ours, theirs) = io::pipe()?;
            command.stdout(theirs.try_clone()?).stderr(theirs);
            merged = Some(OwnedFd::from(ours));
        }
        let (mut child, pidfd) = process::spawn(&mut command, pty.as_ref().map(|pty| pty.slave.as_fd()))?;
        // It holds the child's ends of a merged pipe and of a terminal, which would never end.
        drop(command);
        let mut ends = [
            child.stdin.take().map(OwnedFd::from).map(End::Pipe).or_else(|| typed.map(End::Master)),
            merged.or_else(|| child.stdout.take().map(OwnedFd::from)).map(End::Pipe),
            child.stderr.take().map(OwnedFd::from).map(End::Pipe),
        ];
        if let Some(pty) = pty {
            let shown = if stdout.is_pty() { 1 } else { 2 };
            ends[shown] = Some(End::Master(pty.master));
        }
        let pid = child.id();
        let process = Process {
            pid,
            pidfd,
            pipes: [None; 3],
            status: None,
            kill_after: KILL_AFTER,
            unread: 0,
            accepted: false,
            ending: None,
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
    fn open_pipes(&mut self, process: Id, ends: [Option<End>; 3]) -> io::Result<()> {
        for (number, end) in ends.into_iter().enumerate() {
            let Some(end) = end else { continue };
            let stream = match number {
                0 => Stream::write_end(end.channel(Half::Write)?, self.now),
                _ => Stream::read_end(end.channel(Half::Read)?, self.now),
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
        if matches!(process.ending, Some(Ending::Asked { .. })) && process::has_ended(process.pid).unwrap_or(false) {
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

    /// Bytes of a child's input that nobody has read.
    pub(crate) fn unread_input(&self, id: Id) -> usize {
        let Some(process) = self.process(id) else { return 0 };
        let in_pipe = |stream: &Stream| stream.io.raw_sink().map_or(0, |(_, fd)| stdio::unread(fd));
        let stdin = process.pipes[0].and_then(|stdin| self.stream(stdin));
        stdin.map_or(process.unread, |stream| stream.unsent() + in_pipe(stream))
    }

    /// Nobody reads a child's stdin any more: takes note of what is left there.
    pub(crate) fn note_unread_input(&mut self, id: Id) {
        let unread = self.unread_input(id);
        if let Some(process) = self.process_mut(id) {
            process.unread = unread;
        }
    }

    /// Ends the input of a child, which is expected to end after that.
    pub(crate) fn end_input_of_child(&mut self, id: Id) {
        let Some(process) = self.process(id).filter(|process| process.ending.is_none()) else { return };
        let (stdin, kill_after) = (process.pipes[0], process.kill_after);
        let unsent = stdin.map_or(0, |stdin| self.transport(stdin).write_buffer_size());
        let timer = self.timers.arm(kill_after, Some(id), Alarm::Ending);
        self.set_ending(id, Ending::Input { unsent, timer });
        if let Some(stdin) = stdin {
            self.close(stdin, CloseMode::Lingering);
        }
    }

    /// Asks a child and its group to end by `signal`, if it has not been asked before.
    pub(crate) fn ask_to_end(&mut self, id: Id, signal: i32) {
        let mut child = self.subprocess_transport(id);
        if child.send_signal_to_group(signal).is_err() {
            return;
        }
        // One that is stopped gets it only when it goes on.
        let _ = child.send_signal_to_group(SIGCONT);
        let Some(process) = self.process(id) else { return };
        if matches!(process.ending, Some(Ending::Asked { .. })) {
            return;
        }
        let timer = self.timers.arm(process.kill_after, Some(id), Alarm::Ending);
        self.set_ending(id, Ending::Asked { timer });
    }

    fn set_ending(&mut self, id: Id, ending: Ending) {
        let Some(process) = self.process_mut(id) else { return };
        if let Some(before) = process.ending.replace(ending) {
            self.timers.cancel(before.timer());
        }
    }

    /// A child has had its time for the present step of its end.
    pub(crate) fn go_on_ending(&mut self, id: Id) {
        let Some(process) = self.process(id).filter(|process| process.status.is_none()) else { return };
        let (stdin, kill_after) = (process.pipes[0], process.kill_after);
        match process.ending {
            Some(Ending::Input { unsent: before, .. }) => {
                let unsent = stdin.map_or(0, |stdin| self.transport(stdin).write_buffer_size());
                if unsent < before {
                    let timer = self.timers.arm(kill_after, Some(id), Alarm::Ending);
                    return self.set_ending(id, Ending::Input { unsent, timer });
                }
                self.ask_to_end(id, SIGTERM);
            }
            Some(Ending::Asked { .. }) => {
                log::info!("child {}: killed, as it has not ended within {:?}", process.pid, process.kill_after);
                // It may have ended this moment.
                let _ = process::signal_group(process.pid, SIGKILL);
            }
            None => (),
        }
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

/// Our end of one of a child's standard streams.
enum End {
    Pipe(OwnedFd),
    Master(OwnedFd),
}

impl End {
    fn channel(self, half: Half) -> io::Result<Channel> {
        match self {
            Self::Pipe(fd) => Channel::own(fd, half),
            Self::Master(fd) => Channel::master(fd, half),
        }
    }
}

fn open_pty(model: PtyModel) -> io::Result<Pty> {
    let pty = Pty::open()?;
    let size = match model {
        PtyModel::New(size) => size,
        PtyModel::Stdin => match pty::window_size_of_stdin() {
            None => WindowSize::default(),
            Some(size) => {
                pty.behave_like_stdin()?;
                size
            }
        },
    };
    pty::set_window_size(pty.master.as_fd(), size)?;
    Ok(pty)
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
