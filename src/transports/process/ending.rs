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

use super::{Ending, Process, SIGCONT, SIGKILL, SIGTERM};
use crate::sys::{process, stdio};
use crate::transports::call::Call;
use crate::transports::error::describe;
use crate::transports::id::Id;
use crate::transports::net::{Net, Slot};
use crate::transports::stream::{CloseMode, Stream};
use crate::transports::text::Escaped;
use crate::transports::timers::{Alarm, shown};

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

impl Net {
    /// Asks for the status of a child that may have ended; whether it has just become known.
    pub(crate) fn ask_for_status(&mut self, id: Id) -> bool {
        let Some(process) = self.process_mut(id).filter(|process| process.status.is_none()) else { return false };
        let was_asked = matches!(process.ending, Some(Ending::Asked { .. }));
        if was_asked && process.leads_a_group && process::has_ended(process.pid).unwrap_or(false) {
            // Until its status is taken, no other group has this number. The rest of the group was asked to end as
            // well.
            let _ = process::signal_group(process.pid, SIGKILL);
        }
        let status = match process::status(process.pid) {
            Ok(None) => return false,
            Ok(Some(status)) => {
                log::debug!("child {}: {status}", process.pid);
                status
            }
            Err(error) => {
                // Other code of this process has taken the status. The child has ended all the same.
                log::warn!("child {}: {}", process.pid, describe(&error));
                ExitStatus::from_raw(255 << 8)
            }
        };
        process.status = Some(status);
        // This child may have hidden others.
        self.reap_orphans();
        true
    }

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
        let timer = self.cx.timers.arm(kill_after, Some(id), Alarm::Ending);
        self.set_ending(id, Ending::Input { unsent, timer });
        if let Some(mut stdin) = stdin.and_then(|stdin| self.stream_mut(stdin)) {
            stdin.close(CloseMode::Lingering);
        }
    }

    /// Asks a child and its group to end by `signal`. The first time begins the time that it has for that.
    pub(crate) fn ask_to_end(&mut self, id: Id, signal: i32) {
        let Some(process) = self.process(id).filter(|process| process.runs()) else { return };
        match process.signal_all(signal) {
            // A process that is stopped gets the signal only when it goes on.
            Ok(()) => drop(process.signal_all(SIGCONT)),
            // The child may still end by itself. If not, it is given up when its time is over.
            Err(error) => log::debug!("signal {signal} for child {}: {}", process.pid, describe(&error)),
        }
        if matches!(process.ending, Some(Ending::Asked { .. })) {
            return;
        }
        let timer = self.cx.timers.arm(process.kill_after, Some(id), Alarm::Ending);
        self.set_ending(id, Ending::Asked { timer });
    }

    fn set_ending(&mut self, id: Id, ending: Ending) {
        let Some(process) = self.process_mut(id) else { return };
        if let Some(timer) = process.ending.replace(ending).and_then(Ending::timer) {
            self.cx.timers.cancel(timer);
        }
    }

    /// A child has had its time for the present step of its end.
    pub(crate) fn go_on_ending(&mut self, id: Id) {
        let Some(process) = self.process(id).filter(|process| process.runs()) else { return };
        let (stdin, kill_after) = (process.pipes[0], process.kill_after);
        match process.ending {
            Some(Ending::Input { unsent: before, .. }) => {
                let unsent = stdin.map_or(0, |stdin| self.transport(stdin).write_buffer_size());
                if unsent < before {
                    let timer = self.cx.timers.arm(kill_after, Some(id), Alarm::Ending);
                    return self.set_ending(id, Ending::Input { unsent, timer });
                }
                self.ask_to_end(id, SIGTERM);
            }
            Some(Ending::Asked { .. }) => {
                log::info!(
                    "child {}: killed, because it has not ended within {}",
                    process.pid,
                    shown(process.kill_after)
                );
                self.kill_group(id);
            }
            Some(Ending::GivenUp { .. }) | None => (),
        }
    }

    /// Kills a child with its group, or gives the child up if it cannot be killed.
    pub(crate) fn kill_group(&mut self, id: Id) {
        let killed = match self.process(id) {
            Some(process) if process.runs() => process.signal_all(SIGKILL),
            _ => return,
        };
        if let Err(error) = killed {
            self.give_up(id, &error);
        }
    }

    /// Leaves a child running that cannot be killed. Its pipes are closed, and then its protocol is told of the error.
    pub(crate) fn give_up(&mut self, id: Id, error: &io::Error) {
        let Some(process) = self.process(id).filter(|process| process.runs()) else { return };
        let (pid, name, pipes) = (process.pid, &process.name, process.pipes);
        log::error!("child {pid} ({}) cannot be killed and is left running: {}", Escaped(name), describe(error));
        self.set_ending(id, Ending::GivenUp { error: error.raw_os_error().unwrap_or(libc::EPERM) });
        // The child no longer keeps the loop running.
        self.cx.foreground -= 1;
        for pipe in pipes.into_iter().flatten() {
            self.transport(pipe).abort();
        }
        self.end_process_if_over(id);
    }

    /// Queues `process_exited`, and what may be due after it.
    pub(crate) fn tell_exit(&mut self, id: Id) {
        let Some(process) = self.process_mut(id) else { return };
        process.exit_told = true;
        self.cx.calls.push_back((id, Call::ProcessExited));
        self.end_process_if_over(id);
    }

    /// Notes that a pipe of a child is lost.
    pub(crate) fn pipe_lost(&mut self, process: Id, number: u8) {
        if let Some(process) = self.process_mut(process) {
            process.pipes[usize::from(number)] = None;
        }
        self.end_process_if_over(process);
    }

    /// Queues `connection_lost` once all pipes are lost, and the exit is told or will never be.
    pub(crate) fn end_process_if_over(&mut self, id: Id) {
        let Some(process) = self.process_mut(id).filter(|process| process.is_over() && !process.over) else { return };
        process.over = true;
        let error = match process.ending {
            Some(Ending::GivenUp { error }) => Some(io::Error::from_raw_os_error(error)),
            _ => None,
        };
        self.cx.calls.push_back((id, Call::ConnectionLost(error)));
    }
}
