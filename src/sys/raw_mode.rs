//! Raw mode of the terminal that is our stdin: each key is a byte, nothing is echoed, and none of them is a signal.
//!
//! A terminal that is left so is of no use to whoever comes after us. What it was like before is kept here, once for
//! the process, because it must be found on every way out: in a signal's handler and in a panic too. When to do it is
//! the modes' business.

use std::io;
use std::os::fd::AsFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use libc::{SIGABRT, SIGBUS, SIGIO, SIGPROF, SIGSYS, SIGTRAP, SIGVTALRM, SIGXCPU};

use super::{check, pty, signals, stdio};

/// What end a program unless it catches them. Those that a run does catch do not end us in the middle of it.
const DEADLY: [i32; 8] = [SIGABRT, SIGBUS, SIGIO, SIGPROF, SIGSYS, SIGTRAP, SIGVTALRM, SIGXCPU];

/// What the terminal was like before.
static BEFORE: OnceLock<libc::termios> = OnceLock::new();

/// Whether it is raw now, by us.
static IS_RAW: AtomicBool = AtomicBool::new(false);

/// Makes the terminal raw, or makes it raw again after somebody else has had it. Whether it is now: it stays as it is
/// where stdin is no terminal, or where we are in the background and it is not ours to change. From now on every signal
/// that ends the process, and can be caught, restores it first.
///
/// # Errors
/// What `tcsetattr(3)` or `sigaction(2)` said.
pub fn enter() -> io::Result<bool> {
    if !stdio::stdin_is_terminal() || is_in_background() {
        return Ok(false);
    }
    let before = match BEFORE.get() {
        Some(before) => before,
        None => {
            let now = pty::settings(stdio::borrow_standard(0).as_fd())?;
            restore_before_death()?;
            BEFORE.get_or_init(|| now)
        }
    };
    let mut raw = *before;
    // SAFETY: the settings are alive for the call.
    unsafe { libc::cfmakeraw(&raw mut raw) };
    raw.c_cc[libc::VMIN] = 1;
    raw.c_cc[libc::VTIME] = 0;
    // Before the change: a signal may come right after it.
    IS_RAW.store(true, Ordering::SeqCst);
    set(&raw).inspect_err(|_| IS_RAW.store(false, Ordering::SeqCst))?;
    Ok(true)
}

/// Gives the terminal back as it was, if it is raw by us; else it does nothing. It can be called from anywhere, a
/// signal's handler included.
pub fn restore() {
    if !IS_RAW.swap(false, Ordering::SeqCst) {
        return;
    }
    // In the background it is somebody else's by now, who has made it what it is to be.
    if let Some(before) = BEFORE.get().filter(|_| !is_in_background()) {
        // It may have hung up, which leaves nothing to restore.
        let _ = set(before);
    }
}

/// Whether the terminal is raw, by us.
#[must_use]
pub fn is_raw() -> bool {
    IS_RAW.load(Ordering::Relaxed)
}

/// At once: waiting for what has been written would wait for ever where the output is held up (`^S`). `tcsetattr(3)`.
fn set(settings: &libc::termios) -> io::Result<()> {
    // SAFETY: the settings are alive for the call, which only reads them.
    super::retry(|| check(unsafe { libc::tcsetattr(0, libc::TCSANOW, settings) })).map(drop)
}

/// Whether another group than ours has the terminal: changing it would then stop us.
fn is_in_background() -> bool {
    pty::is_in_background(stdio::borrow_standard(0))
}

fn restore_before_death() -> io::Result<()> {
    for signal in DEADLY.into_iter().filter(|&signal| !signals::is_ignored(signal)) {
        let end = move || {
            restore();
            signals::die_of(signal);
        };
        // SAFETY: the action reads two statics and makes system calls that are all async-signal-safe, as
        // signal-safety(7) has them. Then it ends the process.
        unsafe { signal_hook_registry::register(signal, end) }?;
    }
    Ok(())
}
