//! The methods that the protocol of a child calls. asyncio's `SubprocessTransport`.

use std::io;
use std::os::fd::AsFd;
use std::process::ExitStatus;
use std::time::Duration;

use super::{Process, Told};
use crate::sys::process;
use crate::sys::pty::{self, WindowSize};
use crate::transports::ctx::{Call, Installed};
pub use crate::transports::handle::SubprocessTransport;
use crate::transports::id::Id;
use crate::transports::info::{ChildInfo, Info};
use crate::transports::protocol::SubprocessProtocol;

impl SubprocessTransport<'_> {
    /// The child, unless the handle is stale.
    pub(crate) fn slot(&self) -> Option<&Process> {
        self.net.slots.process(self.id)
    }

    /// The number of the process, which is also that of its group. asyncio's `get_pid`.
    #[doc(alias = "get_pid")]
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.slot().map(|process| process.pid)
    }

    /// How long ago the child was started.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.slot().map_or(Duration::ZERO, |process| self.net.now().duration_since(process.started))
    }

    /// How the child has ended; `None` while it runs. asyncio's `get_returncode`.
    #[doc(alias = "get_returncode")]
    #[must_use]
    pub fn returncode(&self) -> Option<ExitStatus> {
        self.slot()?.status
    }

    /// The local end of the child's stdin (0), stdout (1) or stderr (2), if it is an open pipe or terminal of the
    /// child. asyncio's `get_pipe_transport`.
    #[doc(alias = "get_pipe_transport")]
    #[must_use]
    pub fn pipe_transport(&self, fd: u8) -> Option<Id> {
        *self.slot()?.pipes.get(usize::from(fd))?
    }

    /// Facts about the child. asyncio's `get_extra_info`.
    #[doc(alias = "get_extra_info")]
    #[must_use]
    pub fn info(&self) -> Info {
        let child = self.slot().map(|process| process.info(self.id, None));
        Info { number: self.number(), child, ..Info::default() }
    }

    /// Replaces the protocol, right after the present callback. The new protocol gets no `connection_made` if the old
    /// one had it. asyncio's `set_protocol`.
    pub fn set_protocol(&mut self, protocol: impl SubprocessProtocol + 'static) {
        self.net.cx.calls.push_back((self.id, Call::Install(Installed::Subprocess(Box::new(protocol)))));
    }

    /// Sets the size of the child's own terminal. If the size changes, the foreground of the terminal gets SIGWINCH.
    /// asyncio has nothing like it.
    ///
    /// # Errors
    /// The child has no terminal of its own, or the master of the terminal is closed (`ENOTTY`).
    pub fn set_window_size(&mut self, rows: u16, columns: u16) -> io::Result<()> {
        let pipes = self.slot().map(Process::open_pipes).unwrap_or_default();
        let mut streams = pipes.into_iter().filter_map(|pipe| self.net.slots.stream(pipe));
        let master = streams.find_map(|stream| stream.io.as_master());
        let master = master.ok_or_else(|| io::Error::from_raw_os_error(libc::ENOTTY))?;
        pty::set_window_size(master, WindowSize { rows, columns })
    }

    /// The signal that has stopped the child; `None` if the child is not stopped, or if this stop was told before.
    /// SIGCHLD says when to ask. asyncio has nothing like it.
    #[must_use]
    pub fn newly_stopped_by(&self) -> Option<i32> {
        process::newly_stopped_by(self.unreaped().ok()?.pid)
    }

    /// The child, unless its status was taken (`ESRCH`).
    fn unreaped(&self) -> io::Result<&Process> {
        let process = self.slot().filter(|process| process.status.is_none());
        process.ok_or_else(|| io::Error::from_raw_os_error(libc::ESRCH))
    }

    /// Sends a signal to the child. asyncio's `send_signal`.
    ///
    /// # Errors
    /// The child has ended (`ESRCH`), the signal does not exist (`EINVAL`), or the child has become another user
    /// (`EPERM`).
    pub fn send_signal(&mut self, signal: i32) -> io::Result<()> {
        self.unreaped().and_then(|process| process::signal(process.pid, process.pidfd.as_fd(), signal))
    }

    /// Sends a signal to the child and to its whole group, unless the child has ended. A child that has left its
    /// group gets the signal as well.
    ///
    /// # Errors
    /// As with [`send_signal`](Self::send_signal). They are about the child only, not about other members of its group.
    pub fn send_signal_to_group(&mut self, signal: i32) -> io::Result<()> {
        self.unreaped().and_then(|process| process.signal_all(signal))
    }

    /// Asks the child and its whole group to end by `signal`, as `systemd.kill(5)` does. What is left of the group when
    /// the child has ended, or when the time of [`set_kill_after`](Self::set_kill_after) has passed, is killed. Nothing
    /// happens if the child has ended already.
    ///
    /// A child that has become another user cannot be killed. It is left running, and `connection_lost` of its
    /// protocol gets the error.
    pub fn end_group(&mut self, signal: i32) {
        if let Some(mut child) = self.net.process_mut(self.id) {
            child.ask_to_end(signal);
        }
    }

    /// Sets how long the child may take to end when [`end_group`](Self::end_group) asks it to: 5 s if this is not
    /// called.
    pub fn set_kill_after(&mut self, kill_after: Duration) {
        if let Some(mut process) = self.net.process_mut(self.id) {
            process.kill_after = kill_after;
        }
    }

    /// Asks the child to end, by SIGTERM. asyncio's `terminate`.
    ///
    /// # Errors
    /// As with [`send_signal`](Self::send_signal).
    pub fn terminate(&mut self) -> io::Result<()> {
        self.send_signal(libc::SIGTERM)
    }

    /// Kills the child, by SIGKILL. asyncio's `kill`.
    ///
    /// # Errors
    /// As with [`send_signal`](Self::send_signal).
    pub fn kill(&mut self) -> io::Result<()> {
        self.send_signal(libc::SIGKILL)
    }

    /// Kills the child if it has not ended, and closes its pipes. asyncio's `close`.
    pub fn close(&mut self) {
        let Some(mut process) = self.net.process_mut(self.id) else { return };
        if std::mem::replace(&mut process.closing, true) {
            return;
        }
        if process.runs()
            && let Err(error) = self.kill()
        {
            return self.give_up(&error);
        }
        self.abort_pipes();
    }

    pub(super) fn abort_pipes(&mut self) {
        for pipe in self.slot().map(Process::open_pipes).unwrap_or_default() {
            self.peer(pipe).abort();
        }
    }

    /// Whether `close` was called, or nothing is left of the child. asyncio's `is_closing`.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.slot().is_none_or(|process| process.closing || process.told == Told::Loss)
    }
}

impl Process {
    pub(crate) fn info(&self, id: Id, pipe: Option<u8>) -> ChildInfo {
        ChildInfo { id, pid: self.pid, status: self.status, pipe }
    }
}
