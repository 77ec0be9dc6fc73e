//! The end of a child: asking for it, killing the child, giving the child up, and taking its status.
//!
//! ```text
//!   (runs) ---its input ends---> Input ---takes nothing---> Asked ---has not ended---> killed
//!      |                                                    ^  |
//!      +---is asked, with its group ------------------------+  +---cannot be killed---> GivenUp
//! ```
//!
//! Each step but the last lasts for `kill_after` at most. A child that has become another user, as `sudo` does,
//! cannot be killed. Such a child is left running: its protocol is told of an error, and the loop does not wait for
//! it. If the child ends later, its status is taken, so that no zombie stays.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use super::handle::SubprocessTransport;
use super::{Ending, Process, SIGCONT, SIGKILL, SIGTERM, Told};
use crate::sys::{process, stdio};
use crate::transports::ctx::{Call, ProcessRef};
use crate::transports::error::describe;
use crate::transports::net::{Net, Slot};
use crate::transports::stream::{CloseMode, Stream};
use crate::transports::text::Escaped;
use crate::transports::timers::{Alarm, Due, shown};

impl Process {
    /// Whether the child runs and the loop waits for its end.
    pub(crate) fn runs(&self) -> bool {
        self.status.is_none() && !self.is_given_up()
    }

    /// Sends a signal to the child, and to the whole group if the child has a group of its own. An error says that
    /// the child itself did not get the signal. Other members of the group may not get it without an error.
    pub(crate) fn signal_all(&self, signal: i32) -> io::Result<()> {
        let to_group = self.leads_a_group && process::signal_group(self.pid, signal).is_ok();
        // The child may have gone to another group (`setpgid(2)`). If it has not, it must not get the signal twice:
        // then the signal 0 only asks whether the child can get signals.
        let got_it = to_group && process::leads_its_group(self.pid);
        process::signal(self.pid, self.pidfd.as_fd(), if got_it { 0 } else { signal })
    }
}

impl ProcessRef<'_> {
    /// Asks for the status of a child that can have ended. Returns whether the status has just become known.
    pub(crate) fn ask_for_status(&mut self) -> bool {
        let process = &mut *self.slot;
        if process.status.is_some() {
            return false;
        }
        let was_asked = matches!(process.ending, Some(Ending::Asked));
        if was_asked && process.leads_a_group && process::has_ended(process.pid).unwrap_or(false) {
            // Until its status is taken, no other group has this number. The rest of the group was asked to end as
            // well.
            let _ = process::signal_group(process.pid, SIGKILL);
        }
        let status = match process::status(process.pid) {
            Ok(None) => return false,
            Ok(Some(status)) => {
                log::debug!("{}child {}: {status}", process.number, process.pid);
                status
            }
            Err(error) => {
                // Other code of this process has taken the status. The child has ended all the same.
                log::warn!("{}child {}: {}", process.number, process.pid, describe(&error));
                ExitStatus::from_raw(255 << 8)
            }
        };
        process.status = Some(status);
        true
    }

    /// Asks a child and its group to end by `signal`. The first time begins the time that it has for that.
    pub(crate) fn ask_to_end(&mut self, signal: i32) {
        let process = &*self.slot;
        if !process.runs() {
            return;
        }
        match process.signal_all(signal) {
            // A process that is stopped gets the signal only when it goes on.
            Ok(()) => drop(process.signal_all(SIGCONT)),
            // The child can still end by itself. If not, it is given up when its time is over.
            Err(error) => {
                let (number, pid) = (process.number, process.pid);
                log::debug!("{number}child {pid}: signal {signal}: {}", describe(&error));
            }
        }
        if !matches!(process.ending, Some(Ending::Asked)) {
            self.end_by(Ending::Asked);
        }
    }

    /// Begins the next step of the end, which has `kill_after`.
    fn end_by(&mut self, step: Ending) {
        self.set_ending(step);
        self.ending_timer = Some(self.cx.timers.arm(self.kill_after, Due::Slot(self.id, Alarm::Ending)));
    }

    fn set_ending(&mut self, step: Ending) {
        self.ending = Some(step);
        if let Some(timer) = self.ending_timer.take() {
            self.cx.timers.cancel(timer);
        }
    }

    /// Queues `process_exited`, and `connection_lost` if it is due.
    pub(crate) fn tell_exit(&mut self) {
        self.told = Told::Exit;
        self.call(Call::ProcessExited);
        self.end_if_over();
    }

    /// Notes that a pipe of the child is lost.
    pub(crate) fn pipe_lost(&mut self, number: u8) {
        self.pipes[usize::from(number)] = None;
        self.end_if_over();
    }

    /// Queues `connection_lost` once all pipes are lost, and the exit is told or will never be.
    fn end_if_over(&mut self) {
        let Process { told, pipes, .. } = &*self.slot;
        let is_due = *told == Told::Exit || (*told == Told::Start && self.is_given_up());
        if !is_due || pipes.iter().any(Option::is_some) {
            return;
        }
        self.told = Told::Loss;
        let error = match self.ending {
            Some(Ending::GivenUp { error }) => Some(io::Error::from_raw_os_error(error)),
            _ => None,
        };
        self.call(Call::ConnectionLost(error));
    }
}

impl Net {
    /// Takes the statuses of orphans that have ended: processes that are our children because their own parents have
    /// ended. Only the first process of a PID namespace has orphans; it has to call this when SIGCHLD has come. In
    /// other processes this does nothing. `pid_namespaces(7)`.
    pub fn reap_orphans(&mut self) {
        while let Some(pid) = process::is_init().then(process::any_ended).flatten() {
            let is_known = |process: &Process| process.pid == pid && process.status.is_none();
            let is_ours = |slot: &Slot| matches!(slot, Slot::Process(process) if is_known(process));
            if self.slots.iter().any(|(_, slot)| is_ours(slot)) {
                // The event of its descriptor comes next, and takes its status. Then this is called again.
                return;
            }
            match process::status(pid) {
                Ok(_) => log::debug!("orphan {pid} has ended"),
                Err(error) => return log::debug!("orphan {pid}: {}", describe(&error)),
            }
        }
    }
}

impl SubprocessTransport<'_> {
    /// Bytes that were written to the child's stdin and that no process has read: those in the pipe, and those that did
    /// not fit there.
    #[must_use]
    pub fn unread_input(&self) -> usize {
        let Some(process) = self.slot() else { return 0 };
        let in_pipe = |stream: &Stream| stream.io.raw_sink().map_or(0, |(_, fd)| stdio::unread(fd));
        let stdin = process.pipes[0].and_then(|stdin| self.net.slots.stream(stdin));
        stdin.map_or(process.unread, |stream| stream.unsent() + in_pipe(stream))
    }

    /// Ends the child's input after all that was written, and expects the child to end. If the child does not end, and
    /// has taken no input for the time of [`set_kill_after`](Self::set_kill_after), this goes on as
    /// [`end_group`](Self::end_group) with `SIGTERM`.
    pub fn end_input(&mut self) {
        let Some(process) = self.slot().filter(|process| process.ending.is_none()) else { return };
        let stdin = process.pipes[0];
        let unsent = stdin.and_then(|stdin| self.net.slots.stream(stdin)).map_or(0, Stream::unsent);
        if let Some(mut process) = self.net.process_mut(self.id) {
            process.end_by(Ending::Input { unsent });
        }
        if let Some(mut stdin) = stdin.and_then(|stdin| self.net.stream_mut(stdin)) {
            stdin.close(CloseMode::Lingering);
        }
    }

    /// A child has had its time for the current step of its end.
    pub(crate) fn go_on_ending(&mut self) {
        let Some(process) = self.slot().filter(|process| process.runs()) else { return };
        let stdin = process.pipes[0].and_then(|stdin| self.net.slots.stream(stdin));
        let unsent = stdin.map_or(0, Stream::unsent);
        let Some(mut child) = self.net.process_mut(self.id) else { return };
        match child.ending {
            Some(Ending::Input { unsent: before }) if unsent < before => {
                child.end_by(Ending::Input { unsent });
            }
            Some(Ending::Input { .. }) => child.ask_to_end(SIGTERM),
            Some(Ending::Asked) => {
                let (number, pid, time) = (child.number, child.pid, shown(child.kill_after));
                log::info!("{number}child {pid} killed: it has not ended within {time}");
                self.kill_group();
            }
            Some(Ending::GivenUp { .. }) | None => (),
        }
    }

    /// Kills a child with its group, or gives the child up if it cannot be killed.
    pub(crate) fn kill_group(&mut self) {
        let process = self.slot().filter(|process| process.runs());
        if let Some(Err(error)) = process.map(|process| process.signal_all(SIGKILL)) {
            self.give_up(&error);
        }
    }

    /// Leaves a child running that cannot be killed. Its pipes are closed, and then its protocol is told of the error.
    pub(crate) fn give_up(&mut self, error: &io::Error) {
        let Some(mut child) = self.net.process_mut(self.id).filter(|child| child.runs()) else { return };
        let Process { number, pid, name, .. } = &*child;
        log::error!(
            "{number}child {pid} ({}) cannot be killed and is left running: {}",
            Escaped(name),
            describe(error)
        );
        child.set_ending(Ending::GivenUp { error: error.raw_os_error().unwrap_or(libc::EPERM) });
        child.cx.note_background(false, true);
        child.end_if_over();
        self.abort_pipes();
    }
}
