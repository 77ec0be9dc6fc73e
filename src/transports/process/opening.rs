//! Starts a child, and opens the local ends of its pipes. `ending.rs` has its end.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd, RawFd};

use super::command::{Command, Failed, SpawnError};
use super::{KILL_AFTER, Process, Told};
pub use crate::sys::pty::WindowSize;
use crate::sys::pty::{self, Pty};
use crate::sys::spawn::Plan;
use crate::sys::{process, stdio};
use crate::transports::channel::Channel;
use crate::transports::ctx::{Call, Installed, ProcessRef};
use crate::transports::id::{Direction, Id};
use crate::transports::net::{Net, Slot};
use crate::transports::number::Number;
use crate::transports::protocol::SubprocessProtocol;
use crate::transports::stream::Stream;
use crate::transports::text::Escaped;

/// One of the three standard streams of a child. For a file, use [`Command::fd`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildStdio {
    /// A pipe to this process. asyncio's `PIPE`.
    #[doc(alias = "PIPE")]
    Pipe,
    /// The stream of this process. asyncio's `None`.
    Inherit,
    /// `/dev/null`. asyncio's `DEVNULL`.
    #[doc(alias = "DEVNULL")]
    Null,
    /// For stderr: the child's stdout. asyncio's `STDOUT`.
    #[doc(alias = "STDOUT")]
    Merge,
    /// A new terminal for the child. Its master is a transport. Several streams share one terminal, with the model of
    /// the first stream. asyncio has nothing like it.
    Pty(PtyModel),
}

/// The size and settings of a child's new terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PtyModel {
    /// A terminal as the system makes it, of this size.
    New(WindowSize),
    /// The size and settings of stdin. If stdin is not a terminal, the defaults of the system.
    Stdin,
}

impl ChildStdio {
    fn is_pty(self) -> bool {
        self.model().is_some()
    }

    fn model(self) -> Option<PtyModel> {
        match self {
            Self::Pty(model) => Some(model),
            _ => None,
        }
    }
}

impl Net {
    /// Starts a child with stdin, stdout and stderr as `stdio` has them. asyncio's `subprocess_exec`.
    ///
    /// The call returns when the program runs, or cannot. It also affects this process:
    ///
    /// - All signals of the calling thread are blocked until the call returns.
    /// - If `SIGCHLD` is ignored, it gets its default action and keeps it. Without this, the status of a child would be
    ///   lost.
    /// - The loop takes the status of this child, and of no other child. In the first process of a PID namespace, which
    ///   is the parent of orphans, it takes all statuses.
    ///
    /// The child has these three descriptors, those of [`Command::fd`], and no other descriptor of this process, with
    /// or without close-on-exec. All its signals have their default action, except for signals of job control that are
    /// ignored here. [`Command::standing`] sets its process group, and [`Command::dies_with_us`] its fate when this
    /// process ends.
    ///
    /// On a terminal (`ChildStdio::Pty`) the child leads its own session. Its protocol sees the terminal as two pipes:
    /// bytes for the pipe of stdin are typed, and output comes from the pipe of stdout. Closing the pipe of stdin types
    /// `^D`, which is not an end on a raw terminal. Once both are closed, the terminal hangs up.
    ///
    /// # Errors
    /// The program does not exist or cannot be run (`NotFound`, `PermissionDenied` and other errors of `execve(2)`), or
    /// the system has no descriptor, no terminal, or no process for the child.
    #[doc(alias = "subprocess_exec")]
    pub fn spawn(
        &mut self,
        command: Command,
        stdio: [ChildStdio; 3],
        protocol: impl SubprocessProtocol + 'static,
    ) -> Result<Id, SpawnError> {
        let compiled = command.compile().map_err(|error| SpawnError::new(Failed::Program, error))?;
        let ChildEnds { theirs, ours, terminal } = ChildEnds::open(stdio, &command)?;
        let terminal = terminal.as_ref().map(AsFd::as_fd);
        let standard = (0..).zip(&theirs).filter_map(|(number, fd)| Some((number, fd.as_ref()?.as_fd())));
        let descriptors = Vec::from_iter(standard.chain(command.further_descriptors()));
        let plan = Plan {
            program: &compiled,
            descriptors: &descriptors,
            standing: command.standing,
            terminal,
            dies_with_us: command.dies_with_us,
        };
        let (pid, pidfd) = process::start(&plan)?;
        let leads_a_group = plan.leads_a_group();
        // Copies of the child's ends in this process would keep its pipes open.
        drop(theirs);
        let (number, started) = (self.cx.numbers.next(), self.cx.now);
        let process = Process {
            pid,
            number,
            started,
            pidfd,
            name: command.name(),
            leads_a_group,
            pipes: [None; 3],
            status: None,
            kill_after: KILL_AFTER,
            unread: 0,
            accepted: false,
            ending: None,
            ending_timer: None,
            closing: false,
            told: Told::Start,
        };
        let opened = self.add(Slot::Process(Box::new(process))).and_then(|id| open_pipes(self, id, ours).map(|()| id));
        let id = opened.map_err(|error| {
            process::end_at_once(pid, leads_a_group);
            SpawnError::new(Failed::Watch, error)
        })?;
        self.cx.calls.push_back((id, Call::Install(Installed::Subprocess(Box::new(protocol)))));
        self.cx.calls.push_back((id, Call::ConnectionMade));
        for pipe in self.slots.process(id).map(Process::open_pipes).unwrap_or_default() {
            self.cx.calls.push_back((pipe, Call::ConnectionMade));
        }
        log::info!("{number}child {pid} started: {}", Escaped(&command.name()));
        Ok(id)
    }

    /// Starts a shell that runs `text` as a line. asyncio's `subprocess_shell`.
    ///
    /// # Errors
    /// As with [`spawn`](Self::spawn). A program that the shell cannot run is a status of the shell, 126 or 127.
    #[doc(alias = "subprocess_shell")]
    pub fn spawn_shell(
        &mut self,
        text: &OsStr,
        stdio: [ChildStdio; 3],
        protocol: impl SubprocessProtocol + 'static,
    ) -> Result<Id, SpawnError> {
        self.spawn(shell_command(text), stdio, protocol)
    }

    pub(crate) fn process_mut(&mut self, id: Id) -> Option<ProcessRef<'_>> {
        match self.slots.get_mut(id) {
            Some(Slot::Process(process)) => Some(ProcessRef { id, slot: process, cx: &mut self.cx }),
            _ => None,
        }
    }
}

/// Makes streams of the local ends of a child's pipes. If one fails, the child and its pipes are removed again.
fn open_pipes(net: &mut Net, process: Id, ends: [Option<PipeEnd>; 3]) -> io::Result<()> {
    for (number, end) in ends.into_iter().enumerate() {
        let Some(end) = end else { continue };
        let pipe = open_pipe(net, process, number, end).inspect_err(|_| drop_process(net, process))?;
        if let Some(mut child) = net.process_mut(process) {
            child.pipes[number] = Some(pipe);
        }
    }
    Ok(())
}

fn open_pipe(net: &mut Net, process: Id, number: usize, end: PipeEnd) -> io::Result<Id> {
    let mut stream = match number {
        0 => Stream::write_end(end.channel(Direction::Write)?, net.cx.now),
        _ => Stream::read_end(end.channel(Direction::Read)?, net.cx.now),
    };
    let (pid, of_child) = net.slots.process(process).map_or((0, Number::NONE), |process| (process.pid, process.number));
    let name = if number == 2 { format!("stderr of child {pid}") } else { format!("child {pid}") };
    net.cx.introduce_as(&mut stream, of_child, Some(name));
    let id = net.add(Slot::Stream(stream))?;
    net.cx.calls.push_back((id, Call::Install(Installed::Pipe { process, number: number as u8 })));
    Ok(id)
}

fn drop_process(net: &mut Net, id: Id) {
    for pipe in net.slots.process(id).map(Process::open_pipes).unwrap_or_default() {
        net.remove(pipe);
    }
    net.remove(id);
}

/// The standard streams of the child, and their local ends.
#[derive(Default)]
struct ChildEnds {
    /// `None`: the child has the stream of this process.
    theirs: [Option<OwnedFd>; 3],
    ours: [Option<PipeEnd>; 3],
    /// The child's side of its terminal, if it has a terminal.
    terminal: Option<OwnedFd>,
}

impl ChildEnds {
    fn open([stdin, stdout, mut stderr]: [ChildStdio; 3], command: &Command) -> Result<Self, SpawnError> {
        if stdout.is_pty() && stderr == ChildStdio::Merge {
            stderr = stdout;
        }
        let stdio = [stdin, stdout, stderr];
        let mut ends = Self::default();
        let pty = match stdio.into_iter().find_map(ChildStdio::model) {
            Some(model) => Some(open_pty(model).map_err(|error| SpawnError::new(Failed::Terminal, error))?),
            None => None,
        };
        let connected = (0..3).try_for_each(|number| match command.descriptor(number as RawFd) {
            Some(given) => given.try_clone().map(|fd| ends.theirs[number] = Some(fd)),
            None => ends.connect(number, stdio[number], pty.as_ref()),
        });
        connected.map_err(|error| SpawnError::new(Failed::Pipe, error))?;
        if let Some(Pty { master, slave }) = pty {
            let shown = if stdout.is_pty() { 1 } else { 2 };
            ends.ours[shown] = Some(PipeEnd::Master(master));
            ends.terminal = Some(slave);
        }
        Ok(ends)
    }

    /// Opens one standard stream.
    fn connect(&mut self, number: usize, wanted: ChildStdio, pty: Option<&Pty>) -> io::Result<()> {
        self.theirs[number] = match (wanted, pty) {
            (ChildStdio::Inherit, _) => None,
            (ChildStdio::Merge, _) => match &self.theirs[1] {
                Some(stdout) => Some(stdout.try_clone()?),
                None => Some(stdio::borrow_standard(1).try_clone_to_owned()?),
            },
            (ChildStdio::Pty(_), Some(pty)) => {
                if number == 0 {
                    self.ours[0] = Some(PipeEnd::Master(pty.master.try_clone()?));
                }
                Some(pty.slave.try_clone()?)
            }
            (ChildStdio::Null | ChildStdio::Pty(_), _) => {
                Some(File::options().read(number == 0).write(number != 0).open("/dev/null")?.into())
            }
            (ChildStdio::Pipe, _) => {
                let (read, write) = io::pipe()?;
                let (read, write) = (OwnedFd::from(read), OwnedFd::from(write));
                let (ours, theirs) = if number == 0 { (write, read) } else { (read, write) };
                self.ours[number] = Some(PipeEnd::Pipe(ours));
                Some(theirs)
            }
        };
        Ok(())
    }
}

/// The local end of one of a child's standard streams.
enum PipeEnd {
    Pipe(OwnedFd),
    Master(OwnedFd),
}

impl PipeEnd {
    fn channel(self, direction: Direction) -> io::Result<Channel> {
        match self {
            Self::Pipe(fd) => Channel::own(fd, direction),
            Self::Master(fd) => Channel::master(fd, direction),
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

/// A command that has the shell run `text` as a line.
#[must_use]
pub fn shell_command(text: &OsStr) -> Command {
    let mut command = Command::new(SHELL);
    command.arg("-c").arg(text);
    command
}

/// The shell of POSIX.
pub const SHELL: &str = "/bin/sh";
