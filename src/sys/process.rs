//! Child processes: starts one that inherits no other descriptors, reports its end through a descriptor, and sends
//! signals.
//!
//! `spawn.rs` has the start itself. `transports/process/` reads and writes the pipes.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use super::spawn::{Failed, Plan, spawn};
use super::{check, retry, signals};

/// Starts a child with default signals. Returns its number, and a descriptor that becomes readable when the child has
/// ended. `pidfd_open(2)`.
///
/// An ignored SIGCHLD gets its default action, because otherwise the system would keep no status.
pub(crate) fn start(plan: &Plan<'_>) -> Result<(u32, OwnedFd), (Failed, io::Error)> {
    signals::keep_statuses();
    // If the system has no such descriptor, or no room for one, the program is not started at all.
    let place_held = open_pidfd(std::process::id()).map_err(|error| (Failed::Watch, error))?;
    let pid = spawn(plan)?;
    drop(place_held);
    // A child keeps its number until its status is taken, so the number still belongs to the child.
    let pidfd = open_pidfd(pid).map_err(|error| {
        end_at_once(pid, plan.leads_a_group());
        (Failed::Watch, error)
    })?;
    Ok((pid, pidfd))
}

fn open_pidfd(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: the call takes two numbers and touches no memory.
    let pidfd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.cast_signed(), 0) };
    let pidfd = check(pidfd as libc::c_int)?;
    // SAFETY: the descriptor is new and has no other owner. It is closed on exec, as pidfd_open(2) says.
    Ok(unsafe { OwnedFd::from_raw_fd(pidfd) })
}

/// Kills a child that cannot be watched, with its group, and waits for its end.
pub(crate) fn end_at_once(pid: u32, leads_a_group: bool) {
    if leads_a_group {
        let _ = signal_group(pid, libc::SIGKILL);
    }
    let pid = pid.cast_signed();
    // SAFETY: the call takes two numbers and touches no memory.
    unsafe { libc::kill(pid, libc::SIGKILL) };
    // SAFETY: no status is asked for, and the call touches no other memory.
    let _ = retry(|| check(unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) }));
}

/// Whether a child has ended. Its status is not taken, so the child keeps its number and that of its group.
/// `waitid(2)`, WNOWAIT.
pub(crate) fn has_ended(pid: u32) -> io::Result<bool> {
    Ok(look(libc::P_PID, pid, libc::WEXITED | libc::WNOWAIT)?.is_some())
}

/// The number of any child that has ended and whose status was not taken. `waitid(2)`, WNOWAIT.
pub(crate) fn any_ended() -> Option<u32> {
    // Without any child the call fails, which means the same to the caller.
    let info = look(libc::P_ALL, 0, libc::WEXITED | libc::WNOWAIT).ok()??;
    // SAFETY: the call has filled it for a child.
    u32::try_from(unsafe { info.si_pid() }).ok()
}

/// The signal that has stopped a child, or `None` if the child is not stopped or this stop was reported before.
/// `waitid(2)`, WSTOPPED.
pub(crate) fn newly_stopped_by(pid: u32) -> Option<i32> {
    let info = look(libc::P_PID, pid, libc::WSTOPPED).ok()??;
    // SAFETY: the call has filled it for a child.
    Some(unsafe { info.si_status() })
}

/// Looks for a child whose state has changed. With `WNOWAIT` the change can be found again.
fn look(which: libc::idtype_t, id: u32, states: libc::c_int) -> io::Result<Option<libc::siginfo_t>> {
    // SAFETY: `siginfo_t` is plain data for which all zeros is a value.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let flags = states | libc::WNOHANG;
    // SAFETY: the info is alive for the call.
    retry(|| check(unsafe { libc::waitid(which, id, &raw mut info, flags) }))?;
    // SAFETY: the call has filled it, or has left it at zero where there is none.
    Ok((unsafe { info.si_pid() } != 0).then_some(info))
}

/// Takes the status of a child that has ended; `None` while the child runs. `waitpid(2)`.
pub(crate) fn status(pid: u32) -> io::Result<Option<ExitStatus>> {
    let mut status = 0;
    // SAFETY: the status is alive for the call.
    let ended = retry(|| check(unsafe { libc::waitpid(pid.cast_signed(), &raw mut status, libc::WNOHANG) }))?;
    Ok((ended != 0).then(|| ExitStatus::from_raw(status)))
}

/// Whether a child is still in the group that has its number. Its status must not have been taken. `getpgid(2)`.
pub(crate) fn leads_its_group(pid: u32) -> bool {
    let pid = pid.cast_signed();
    // SAFETY: the call takes a number and touches no memory.
    unsafe { libc::getpgid(pid) == pid }
}

/// Sends a signal to one child; the signal 0 only asks whether signals are allowed. The status of the child must not
/// have been taken. `pidfd_send_signal(2)`, `kill(2)`.
pub(crate) fn signal(pid: u32, pidfd: BorrowedFd<'_>, signal: i32) -> io::Result<()> {
    let no_info = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: without an info the call takes three numbers and touches no memory.
    let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), signal, no_info, 0) };
    if sent == 0 {
        return Ok(());
    }
    // Filters of containers can refuse that call. The number still belongs to the child.
    // SAFETY: the call takes two numbers and touches no memory.
    check(unsafe { libc::kill(pid.cast_signed(), signal) }).map(drop)
}

/// Sends a signal to the whole process group of a child. `killpg(3)`.
pub(crate) fn signal_group(pid: u32, signal: i32) -> io::Result<()> {
    // SAFETY: the call takes two numbers and touches no memory.
    check(unsafe { libc::killpg(pid.cast_signed(), signal) }).map(drop)
}

/// Whether this process is the first one of a PID namespace: it becomes the parent of every process whose parent ends.
/// `pid_namespaces(7)`.
#[must_use]
pub(crate) fn is_init() -> bool {
    std::process::id() == 1
}

/// Makes a private description non-blocking, such as the own end of a pipe.
pub(crate) fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    let mut yes: libc::c_int = 1;
    // SAFETY: the request reads one int, which is alive for the call.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONBIO, &raw mut yes) }).map(drop)
}
