//! Raw mode of the terminal on stdin: each key is a byte, no key is a signal, and nothing is echoed.
//!
//! A terminal that stays raw is of no use to the next program. So the earlier settings are kept in a static, where
//! every way out finds them, signal handlers and panics included. The modes decide when to switch.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use libc::{SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGIO, SIGPROF, SIGSEGV, SIGSYS, SIGTRAP, SIGVTALRM, SIGXCPU};

use super::{check, cursor, pty, signals, stdio};

/// Signals that end a program, and that a run does not catch.
const DEADLY: [i32; 11] =
    [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGIO, SIGPROF, SIGSEGV, SIGSYS, SIGTRAP, SIGVTALRM, SIGXCPU];

/// The settings before raw mode.
static BEFORE: OnceLock<libc::termios> = OnceLock::new();

/// Whether this process has made the terminal raw.
static IS_RAW: AtomicBool = AtomicBool::new(false);

/// Makes the terminal raw, also after another program has changed it. Returns `false`, and changes nothing, if stdin is
/// no terminal or this process is in the background. From now on, every signal that ends the process restores the
/// terminal first, unless nothing can catch the signal.
///
/// # Errors
/// The error of `tcsetattr(3)` or `sigaction(2)`.
pub fn enter() -> io::Result<bool> {
    if !stdio::stdin_is_terminal() || is_in_background() {
        return Ok(false);
    }
    let before = match BEFORE.get() {
        Some(before) => before,
        None => {
            let now = pty::settings(stdio::borrow_standard(0))?;
            restore_before_death()?;
            BEFORE.get_or_init(|| now)
        }
    };
    let mut raw = *before;
    // SAFETY: the settings are alive for the call.
    unsafe { libc::cfmakeraw(&raw mut raw) };
    raw.c_cc[libc::VMIN] = 1;
    raw.c_cc[libc::VTIME] = 0;
    // The flag is set before the change, because a signal can come directly after the change.
    IS_RAW.store(true, Ordering::SeqCst);
    set(&raw).inspect_err(|_| IS_RAW.store(false, Ordering::SeqCst))?;
    cursor::follow(true);
    Ok(true)
}

/// Restores the terminal if this process has made it raw. A signal handler may call this.
pub fn restore() {
    if !IS_RAW.swap(false, Ordering::SeqCst) {
        return;
    }
    cursor::follow(false);
    // In the background, the terminal belongs to another program, which has its own settings.
    if let Some(before) = BEFORE.get().filter(|_| !is_in_background()) {
        // An error means that the terminal has hung up, which leaves nothing to restore.
        let _ = set(before);
    }
}

/// Whether this process has made the terminal raw.
#[must_use]
pub fn is_raw() -> bool {
    IS_RAW.load(Ordering::Relaxed)
}

/// Changes the settings at once. Waiting for pending output could take forever after `^S`. `tcsetattr(3)`.
fn set(settings: &libc::termios) -> io::Result<()> {
    // SAFETY: the settings are alive for the call, which only reads them.
    super::retry(|| check(unsafe { libc::tcsetattr(0, libc::TCSANOW, settings) })).map(drop)
}

/// Whether another process group has the terminal. A change would stop this process then.
fn is_in_background() -> bool {
    pty::is_in_background(stdio::borrow_standard(0))
}

fn restore_before_death() -> io::Result<()> {
    for signal in DEADLY.into_iter().filter(|&signal| !signals::is_ignored(signal)) {
        let end = move || {
            restore();
            signals::die_of(signal);
        };
        // SAFETY: the action changes two atomics, reads a `OnceLock` that is set before a terminal is raw, makes system
        // calls that signal-safety(7) lists, and ends the process. It takes no lock and allocates nothing. It never
        // returns to the instruction of a fault, which is why `register` refuses such signals.
        unsafe { signal_hook_registry::register_signal_unchecked(signal, end) }?;
        signals::use_own_stack(signal)?;
    }
    Ok(())
}
