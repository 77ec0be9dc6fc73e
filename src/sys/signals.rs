//! Signals become bytes in a pipe while the program runs, and get their default action when it ends or stops.
//!
//! The handler sends one byte, the signal's number, into a socket and does nothing else; the loop reads it like any
//! other stream. What a signal means is the protocols' business (`protocols/signals.rs`).

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

pub use libc::{
    SIGALRM, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGPIPE, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1,
    SIGUSR2, SIGWINCH,
};

use super::check;

/// The signals that end a program and that users send on purpose. A run with children handles them.
pub const DELIBERATE: [i32; 7] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM];

/// Signals that have no effect by default, that xport ignores, that stop a process, or that nothing can catch.
const HARMLESS: [i32; 11] = [
    SIGCHLD,
    SIGCONT,
    libc::SIGURG,
    SIGWINCH,
    SIGPIPE,
    libc::SIGXFSZ,
    SIGTSTP,
    SIGTTIN,
    SIGTTOU,
    libc::SIGSTOP,
    SIGKILL,
];

/// All other signals that end a program unless it catches them, real-time signals included. Signals of a fault, such as
/// `SIGSEGV`, are not in the list, because the instruction that caused the fault would run again.
#[must_use]
pub fn other_deadly() -> Vec<i32> {
    use libc::{SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
    const FAULTS: [i32; 6] = [SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP];
    // Numbers between the named signals and the real-time signals belong to the C library.
    let exists = |signal: &i32| *signal < 32 || *signal >= libc::SIGRTMIN();
    let is_named = |signal: &i32| [&FAULTS[..], &HARMLESS, &DELIBERATE].iter().any(|list| list.contains(signal));
    (1..=libc::SIGRTMAX()).filter(|signal| exists(signal) && !is_named(signal)).collect()
}

/// How many caught signals have asked the program to end.
static DEADLY_ARRIVALS: AtomicUsize = AtomicUsize::new(0);

/// How many caught signals have asked the program to end: all that would end it by default, except those that it has
/// passed on. A wait outside the loop checks this, because nothing reads the pipe of signals there.
#[must_use]
pub(crate) fn deadly_arrivals() -> usize {
    DEADLY_ARRIVALS.load(Ordering::Relaxed)
}

/// Notes that a deadly signal was for a child, which has got it. The program itself was not asked to end. Call this
/// once for each such signal: otherwise the program does not wait long for the reader of its dump.
pub(crate) fn note_signal_of_child() {
    DEADLY_ARRIVALS.fetch_sub(1, Ordering::Relaxed);
}

/// This bit is set in the byte of a signal that the kernel sent, and not a process. A key of a terminal is an example.
pub const BY_SYSTEM: u8 = 0x80;

/// Catches these signals, and gives a descriptor from which each arrival is read as one byte, its number. This is the
/// self-pipe of `signal(7)`. `with_origin` adds [`BY_SYSTEM`] to signals of the kernel.
///
/// When the pipe is full, further arrivals are dropped. The reader knows already that it must act.
///
/// # Errors
/// No descriptors left, or a signal that cannot be caught.
pub(crate) fn pipe(signals: &[i32], with_origin: bool) -> io::Result<OwnedFd> {
    let (read, write) = UnixStream::pair()?;
    // The handlers stay for the life of the process, so the descriptor that they write to must stay open.
    let write = std::mem::ManuallyDrop::new(write).as_raw_fd();
    let _blocked = Blocked::all(signals)?;
    for &signal in signals {
        if action_of(signal)?.sa_sigaction == exit_by as extern "C" fn(_) as libc::sighandler_t {
            // The registry would call the earlier handler before the action.
            set_default(signal);
        }
        let number = u8::try_from(signal).map_err(|_| io::ErrorKind::InvalidInput)?;
        let asks_to_end = !HARMLESS.contains(&signal);
        let send = move |info: &libc::siginfo_t| {
            if asks_to_end {
                DEADLY_ARRIVALS.fetch_add(1, Ordering::Relaxed);
            }
            let by_system = with_origin && info.si_code == libc::SI_KERNEL;
            let byte = if by_system { number | BY_SYSTEM } else { number };
            // SAFETY: the byte is the closure's own, and the descriptor is never closed.
            unsafe {
                libc::send(write, (&raw const byte).cast(), 1, libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL);
            }
        };
        // SAFETY: send(2) is async-signal-safe, and the registry saves and restores errno around the action.
        unsafe { signal_hook_registry::register_sigaction(signal, send) }?;
    }
    Ok(read.into())
}

/// Signals that are blocked until this value is dropped. A signal between the registration of the handler and that of
/// its action would be lost. The drop unblocks the signals, even if they were blocked when the program started.
struct Blocked(libc::sigset_t);

impl Blocked {
    fn all(signals: &[i32]) -> io::Result<Self> {
        let set = set_of(signals)?;
        // SAFETY: the set has been filled; no old one is asked for.
        check(unsafe { libc::sigprocmask(libc::SIG_BLOCK, &raw const set, null_mut()) })?;
        Ok(Self(set))
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        let_through(&self.0);
    }
}

fn set_of(signals: &[i32]) -> io::Result<libc::sigset_t> {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the set is alive for the calls, and sigemptyset fills it.
    unsafe {
        check(libc::sigemptyset(set.as_mut_ptr()))?;
        for &signal in signals {
            check(libc::sigaddset(set.as_mut_ptr(), signal))?;
        }
        Ok(set.assume_init())
    }
}

fn let_through(set: &libc::sigset_t) {
    // SAFETY: the set has been filled; no old one is asked for.
    unsafe { libc::sigprocmask(libc::SIG_UNBLOCK, set, null_mut()) };
}

/// The current action of a signal. `sigaction(2)`.
fn action_of(signal: i32) -> io::Result<libc::sigaction> {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: with no new action the call only fills the old one, which is alive for the call.
    check(unsafe { libc::sigaction(signal, null(), action.as_mut_ptr()) })?;
    // SAFETY: zeroed memory is a valid `sigaction`, and the kernel has filled it.
    Ok(unsafe { action.assume_init() })
}

/// Makes the system keep the status of a child until it is taken. If SIGCHLD was ignored when the program started,
/// children would vanish without a status.
pub(crate) fn keep_statuses() {
    let keeps = action_of(SIGCHLD)
        .is_ok_and(|action| action.sa_sigaction != libc::SIG_IGN && action.sa_flags & libc::SA_NOCLDWAIT == 0);
    if !keeps {
        set_default(SIGCHLD);
    }
}

/// Whether a signal is ignored, as under `nohup`. Such a signal must stay ignored.
#[must_use]
pub fn is_ignored(signal: i32) -> bool {
    action_of(signal).is_ok_and(|action| action.sa_sigaction == libc::SIG_IGN)
}

/// Whether `SIGXFSZ` had its default action when the process started.
static WAS_FILE_SIZE_DEADLY: AtomicBool = AtomicBool::new(false);

/// Ignores `SIGXFSZ`, so that a file at its size limit causes the error `EFBIG` and does not end the process. Children
/// have the default action. `setrlimit(2)`.
pub fn ignore_file_size_signal() {
    // SAFETY: SIG_IGN is a valid disposition and runs no code.
    let before = unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    if before == libc::SIG_DFL {
        WAS_FILE_SIZE_DEADLY.store(true, Ordering::Relaxed);
    }
}

/// Gives `SIGXFSZ` the action that it had when the process started.
pub(super) fn restore_file_size_signal() {
    if WAS_FILE_SIZE_DEADLY.load(Ordering::Relaxed) {
        set_default(libc::SIGXFSZ);
    }
}

/// Lets these signals end the process with the status 128 + signal until [`pipe`] catches them. The first process of a
/// PID namespace needs this, because the default action of a signal does not end it. `pid_namespaces(7)`.
pub(crate) fn exit_by_each(signals: &[i32]) {
    for &signal in signals {
        // SAFETY: the handler makes one system call, which signal-safety(7) lists, and does not return.
        unsafe { libc::signal(signal, exit_by as extern "C" fn(_) as libc::sighandler_t) };
    }
}

extern "C" fn exit_by(signal: libc::c_int) {
    // SAFETY: the call ends the process and touches no memory.
    unsafe { libc::_exit(128 + signal) }
}

/// Gives a signal its default action.
pub fn set_default(signal: i32) {
    // SAFETY: SIG_DFL is a valid disposition and runs no code.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

/// Ends the process by `signal` as if the signal had never been caught, so that a shell sees 128 + `signal`.
///
/// This returns if the signal does not end the process: in the first process of a PID namespace, the default action of
/// a signal from inside does nothing. `pid_namespaces(7)`. A signal handler may call this.
pub fn end_by(signal: i32) {
    // SIGPIPE needs this too, because Rust ignores it.
    set_default(signal);
    raise(signal);
}

/// Runs the handler of a signal on the stack that the standard library keeps for handlers, because the usual stack can
/// have overflowed. `sigaltstack(2)`.
pub(super) fn use_own_stack(signal: i32) -> io::Result<()> {
    let mut action = action_of(signal)?;
    action.sa_flags |= libc::SA_ONSTACK;
    // SAFETY: the action is the present one but for a flag that says where it runs.
    check(unsafe { libc::sigaction(signal, &raw const action, null_mut()) }).map(drop)
}

/// Ends the process by `signal`, or else with the status 128 + `signal`. A signal handler may call this.
pub(super) fn die_of(signal: i32) -> ! {
    end_by(signal);
    // SAFETY: the call ends the process and touches no memory.
    unsafe { libc::_exit(128 + signal) }
}

/// Stops the process by the default action of `SIGTSTP`, and returns when the process continues. The kernel does not
/// stop a process of an orphaned group (`setpgid(2)`), because no shell could continue it; then this returns soon.
pub fn stop() {
    let (Ok(caught), Ok(blocked)) = (action_of(SIGTSTP), Blocked::all(&[SIGTSTP])) else { return };
    set_default(SIGTSTP);
    // SAFETY: the call takes a number and touches no memory. The signal is blocked, so it waits.
    unsafe { libc::raise(SIGTSTP) };
    // Only this call unblocks the signal. Another SIGTSTP, directly after the process continues, waits for the handler.
    let soon = libc::timespec { tv_sec: 0, tv_nsec: 10_000_000 };
    if let Ok(others) = mask_without(SIGTSTP) {
        // SAFETY: there is no descriptor to poll; the time and the set are alive for the call, which only reads them.
        unsafe { libc::ppoll(null_mut(), 0, &raw const soon, &raw const others) };
    }
    // SAFETY: the action is the one that the kernel has given above.
    unsafe { libc::sigaction(SIGTSTP, &raw const caught, null_mut()) };
    drop(blocked);
}

/// The signals that are blocked now, without this one. `sigprocmask(2)`.
fn mask_without(signal: i32) -> io::Result<libc::sigset_t> {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: without a new set the call only fills the old one, which is alive for the calls.
    unsafe {
        check(libc::sigprocmask(libc::SIG_BLOCK, null(), set.as_mut_ptr()))?;
        check(libc::sigdelset(set.as_mut_ptr(), signal))?;
        Ok(set.assume_init())
    }
}

/// Sends a signal to this thread, unblocked. Its action has happened when this returns.
fn raise(signal: i32) {
    if let Ok(set) = set_of(&[signal]) {
        let_through(&set);
    }
    // SAFETY: the call takes a number and touches no memory.
    unsafe { libc::raise(signal) };
}
