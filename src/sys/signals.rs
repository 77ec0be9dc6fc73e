//! Signals: into a pipe while we run, and back to the system's own action when we end.
//!
//! The handler sends one byte, the signal's number, into a socket and does nothing else; the loop reads it like any
//! other stream. What a signal means is the protocols' business (`protocols/lifecycle.rs`).

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

pub use signal_hook::consts::{
    SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGPIPE, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH,
};

/// The signals that end a program and that somebody may send on purpose: one with children sees to these when they come.
pub const DELIBERATE: [i32; 7] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM];

use super::check;

/// Makes these signals readable: each arrival is one byte, its number. The self-pipe of `signal(7)`.
///
/// When the pipe is full, further arrivals are dropped: the reader is behind and already knows that it must act.
///
/// # Errors
/// No descriptors left, or a signal that cannot be caught.
pub(crate) fn pipe(signals: &[i32]) -> io::Result<OwnedFd> {
    let (read, write) = UnixStream::pair()?;
    // The handlers stay for the life of the process, and so must what they write to.
    let write = std::mem::ManuallyDrop::new(write).as_raw_fd();
    let _blocked = Blocked::all(signals)?;
    for &signal in signals {
        let byte = u8::try_from(signal).map_err(|_| io::ErrorKind::InvalidInput)?;
        let send = move || {
            // SAFETY: the byte is the closure's own, and the descriptor is never closed.
            unsafe {
                libc::send(write, (&raw const byte).cast(), 1, libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL);
            }
        };
        // SAFETY: send(2) is async-signal-safe, and signal-hook saves and restores errno around the action.
        unsafe { signal_hook::low_level::register(signal, send) }?;
    }
    Ok(read.into())
}

/// Signals held back until this is dropped: one that comes between the handler and its action would be lost. Afterwards they
/// are let through, also where whoever started us had them blocked.
struct Blocked(libc::sigset_t);

impl Blocked {
    fn all(signals: &[i32]) -> io::Result<Self> {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: the set is alive for the calls, and sigemptyset fills it.
        unsafe {
            check(libc::sigemptyset(set.as_mut_ptr()))?;
            for &signal in signals {
                check(libc::sigaddset(set.as_mut_ptr(), signal))?;
            }
            check(libc::sigprocmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut()))?;
            Ok(Self(set.assume_init()))
        }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // SAFETY: the set has been filled; no old one is asked for.
        unsafe { libc::sigprocmask(libc::SIG_UNBLOCK, &raw const self.0, std::ptr::null_mut()) };
    }
}

/// Signals that whoever started us ignores, of which children are spared; a bit for each.
static IGNORED: AtomicU64 = AtomicU64::new(0);

extern "C" fn do_nothing(_signal: libc::c_int) {}

/// Disregards a signal. To ignore it would be inherited by children; what is caught is theirs by default. `execve(2)`.
fn disregard(signal: i32) {
    let handler: extern "C" fn(libc::c_int) = do_nothing;
    // SAFETY: zeroed memory is a valid `sigaction`: no flags, an empty mask.
    let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    action.sa_sigaction = handler as libc::sighandler_t;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: the handler does nothing, which is async-signal-safe; no old action is asked for.
    unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
}

/// Sees to it, once, that children start with every signal at its default and none blocked, whatever whoever started us has
/// done. What he ignores has no effect on us all the same.
pub(crate) fn spare_children() {
    /// Up to here signals have one meaning each; job control's are left, as to ignore them has a meaning of its own.
    const LAST: i32 = 31;
    const LEFT: [i32; 5] = [SIGPIPE, libc::SIGCHLD, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU];
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for signal in (1..=LAST).filter(|signal| !LEFT.contains(signal) && is_ignored(*signal)) {
            IGNORED.fetch_or(1 << signal, Ordering::Relaxed);
            disregard(signal);
        }
        let mut none = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: SIG_DFL is a valid disposition and runs no code of ours; were SIGCHLD ignored, children would vanish without a
        // status. The set is alive for the calls, and sigemptyset fills it.
        unsafe {
            libc::signal(libc::SIGCHLD, libc::SIG_DFL);
            libc::sigemptyset(none.as_mut_ptr());
            libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut());
        }
    });
}

/// Whether a signal was ignored when we started, as under `nohup`: it must stay so. `sigaction(2)`.
#[must_use]
pub fn is_ignored(signal: i32) -> bool {
    if IGNORED.load(Ordering::Relaxed) & 1 << signal != 0 {
        return true;
    }
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: with no new action the call only fills the old one, which is alive for the call.
    let result = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: zeroed memory is a valid `sigaction`, and the kernel has filled it if the call succeeded.
    check(result).is_ok() && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// Disregards `SIGXFSZ`, so that a file at its size limit is the error `EFBIG` and not our death. `setrlimit(2)`.
pub fn ignore_file_size_signal() {
    disregard(libc::SIGXFSZ);
}

/// Ends the process by `signal` as if it had never been caught, so that whoever waits for us sees 128 + `signal`.
///
/// Returns only for a signal whose default is not to end the process.
pub fn end_by(signal: i32) {
    // SAFETY: SIG_DFL is a valid disposition and runs no code of ours; it matters for SIGPIPE, which Rust ignores.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
    // The result does not matter: if it cannot be raised, the caller goes on to exit with a status of its own.
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}
