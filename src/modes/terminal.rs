//! The terminal that xport was started on, while its keys go one by one to a child or to a peer.
//!
//! This file decides when the terminal is raw. `sys/raw_mode.rs` makes it raw and restores it. A stop by SIGSTOP or a
//! death by SIGKILL leaves the terminal raw, because nothing can be done before them.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::config::KeyConfig;
use crate::protocols::NOTICE;
use crate::protocols::pair::{KeyOptions, KeyTerminal};
use crate::protocols::report::{Cause, Failure};
use crate::protocols::signals::RawTerminal;
use crate::sys::{cursor, pty, raw_mode, signals, stderr, stdio};
use crate::transports::error::describe;
use crate::transports::process::opening::WindowSize;

/// How long a line for the user waits for room on the terminal.
const PATIENCE: Duration = Duration::from_millis(100);

/// Whether the terminal should be raw, also while it is restored because this process is stopped.
static IS_WANTED: AtomicBool = AtomicBool::new(false);

/// While this exists, the terminal of xport can be raw. It is restored when this is dropped, and before the report of a
/// panic.
#[derive(Debug)]
pub(super) struct TerminalGuard(());

impl TerminalGuard {
    pub(super) fn new() -> Self {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let report = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                // The terminal has to be restored before the report, which a person reads.
                raw_mode::restore();
                report(info);
            }));
        });
        Self(())
    }

    /// Makes the terminal raw now, or once xport is in the foreground.
    pub(super) fn entered() -> Self {
        let guard = Self::new();
        enter();
        guard
    }

    /// For a session whose keys go to the peer one by one.
    pub(super) fn for_keys() -> Result<Self, Failure> {
        if stdio::stdin_is_terminal() {
            Ok(Self::new())
        } else {
            Err(Failure::new(Cause::Usage, "--raw needs a terminal as stdin"))
        }
    }
}

/// A session with single keys has ended. What is shown next, such as the prompt of a shell, begins a line of its own.
/// `is_told` says that the end has a message of its own.
pub(super) fn session_is_over(is_told: bool) {
    // The user who has left by the key knows it.
    let was_left = !IS_WANTED.load(Ordering::Relaxed);
    leave();
    if cursor::is_in_line() && stderr::is_terminal() {
        show_raw("\n");
    }
    if !was_left && !is_told && !log::log_enabled!(log::Level::Info) {
        log::info!(target: NOTICE, "the peer has ended");
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        leave();
    }
}

/// Looks at the terminal again, and returns its size. The size may have changed, and a shell may have left raw mode
/// while xport was stopped.
pub(super) fn refresh() -> Option<WindowSize> {
    enter();
    pty::window_size_of_stdin()
}

/// What a session with single keys does with the terminal.
pub(super) fn key_options(config: KeyConfig) -> KeyOptions {
    let terminal = KeyTerminal { enter: enter_once, leave: leave_by_key, suspend, show };
    KeyOptions { escape: config.escape, terminal }
}

/// What signals do with the terminal of such a session.
pub(super) const SIGNALS: RawTerminal = RawTerminal { suspend, resume };

/// Makes the terminal raw. Returns false in the background.
fn enter() -> bool {
    IS_WANTED.store(true, Ordering::Relaxed);
    // Without raw mode the keys come a line at a time.
    match raw_mode::enter() {
        Ok(true) => true,
        Ok(false) => {
            log::debug!("the terminal belongs to another process group now");
            false
        }
        Err(error) => {
            log::warn!("cannot switch the terminal to raw mode: {}", describe(&error));
            true
        }
    }
}

fn enter_once() -> bool {
    raw_mode::is_raw() || enter()
}

fn resume() -> bool {
    !IS_WANTED.load(Ordering::Relaxed) || enter()
}

fn leave() {
    IS_WANTED.store(false, Ordering::Relaxed);
    raw_mode::restore();
}

fn suspend() {
    raw_mode::restore();
    signals::stop();
}

/// The user has left. What a shell writes next begins a line of its own.
fn leave_by_key() {
    leave();
    if stderr::is_terminal() {
        show_raw("\n");
    }
}

/// Writes a line for the user. On a terminal, the cursor can be anywhere in a line.
fn show(text: &str) {
    let (before, after) = if stderr::is_terminal() { ("\r\n", "\r\n") } else { ("", "\n") };
    show_raw(&format!("{before}xport: {text}{after}"));
}

fn show_raw(text: &str) {
    // A terminal that takes nothing shows nothing.
    let _ = stderr::write_all(text.as_bytes(), PATIENCE);
}
