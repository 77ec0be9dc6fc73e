//! Child processes: starting one with nothing of ours but what it is given, and hearing of its end through a descriptor.
//!
//! The standard library starts them (by `posix_spawn(3)` where it can, which is everywhere but on a terminal of its own); here is
//! what it leaves to its caller. What the pipes carry is `transports/process/`.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};

use super::{check, retry, signals};

/// Starts a child in a process group of its own, with default signals and no descriptor of ours but 0 to 2, and a descriptor that
/// becomes readable when it has ended. `pidfd_open(2)`. With a `terminal` it gets a session of its own, too, which has that terminal.
pub(crate) fn spawn(command: &mut Command, terminal: Option<BorrowedFd<'_>>) -> io::Result<(Child, OwnedFd)> {
    signals::spare_children();
    close_on_exec();
    match terminal {
        Some(terminal) => lead_session(command, terminal.as_raw_fd()),
        None => {
            command.process_group(0);
        }
    }
    let mut child = command.spawn()?;
    // A child whose end nobody has asked for keeps its number, so this is the one that was started.
    // SAFETY: the call takes two numbers and touches no memory.
    let pidfd = unsafe { libc::syscall(libc::SYS_pidfd_open, child.id() as libc::pid_t, 0) };
    let pidfd = check(pidfd as libc::c_int).inspect_err(|_| {
        // Nobody would ever hear of its end.
        let _ = child.kill();
        let _ = child.wait();
    })?;
    // SAFETY: the descriptor is new and nobody else's. It is closed on exec, as pidfd_open(2) says.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    Ok((child, pidfd))
}

/// Makes the child the leader of a session with `terminal`, which is to be open until it has started. Its group is a new one
/// with that. `setsid(2)`, `TIOCSCTTY` of `ioctl_tty(2)`.
fn lead_session(command: &mut Command, terminal: RawFd) {
    let lead = move || {
        // SAFETY: the call takes nothing and touches no memory.
        check(unsafe { libc::setsid() })?;
        // SAFETY: the request takes a number and touches no memory of ours.
        check(unsafe { libc::ioctl(terminal, libc::TIOCSCTTY, 0) }).map(drop)
    };
    // SAFETY: between fork and exec this makes two system calls and allocates nothing.
    unsafe { command.pre_exec(lead) };
}

/// Marks everything but stdin, stdout and stderr to be closed in children, what we inherited ourselves included.
fn close_on_exec() {
    // Where the kernel lacks the call, what is ours is closed on exec all the same.
    // SAFETY: the call takes three numbers and touches no memory.
    let _ = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
}

/// Whether a child has ended, without taking note of it: its number, and that of its group, stay its own. `waitid(2)`, WNOWAIT.
pub(crate) fn has_ended(pid: u32) -> io::Result<bool> {
    // SAFETY: `siginfo_t` is plain data for which all zeros is a value.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: the info is alive for the call.
    retry(|| check(unsafe { libc::waitid(libc::P_PID, pid, &raw mut info, flags) }))?;
    // SAFETY: the call has filled it, or has left it at zero where the child runs.
    Ok(unsafe { info.si_pid() } != 0)
}

/// The status of a child that has ended, which is asked for once; `None` while it runs. `waitpid(2)`.
pub(crate) fn status(pid: u32) -> io::Result<Option<ExitStatus>> {
    let mut status = 0;
    // SAFETY: the status is alive for the call.
    let ended = retry(|| check(unsafe { libc::waitpid(pid as libc::pid_t, &raw mut status, libc::WNOHANG) }))?;
    Ok((ended != 0).then(|| ExitStatus::from_raw(status)))
}

/// Sends a signal to one child, which has not been asked for its status. `pidfd_send_signal(2)`.
pub(crate) fn signal(pidfd: BorrowedFd<'_>, signal: i32) -> io::Result<()> {
    let no_info = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: without an info the call takes three numbers and touches no memory.
    let result = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), signal, no_info, 0) };
    check(result as libc::c_int).map(drop)
}

/// Sends a signal to a child's whole group. `killpg(3)`.
pub(crate) fn signal_group(pid: u32, signal: i32) -> io::Result<()> {
    // SAFETY: the call takes two numbers and touches no memory.
    check(unsafe { libc::killpg(pid as libc::pid_t, signal) }).map(drop)
}

/// Makes a description that nobody shares non-blocking: our end of a pipe.
pub(crate) fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    let mut yes: libc::c_int = 1;
    // SAFETY: the request reads one int, which is alive for the call.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONBIO, &raw mut yes) }).map(drop)
}
