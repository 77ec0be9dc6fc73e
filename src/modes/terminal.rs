//! The terminal that we were started on, while a child with a terminal of its own has its keys.
//!
//! Here is when it is raw; how, and what else restores it, is `sys/raw_mode.rs`.

use std::sync::Once;

use crate::sys::{pty, raw_mode};
use crate::transports::error::describe;
use crate::transports::process::opening::WindowSize;

/// Our terminal is raw, or will be once we are in the foreground, until this is dropped.
#[derive(Debug)]
pub(super) struct RawTerminal(());

impl RawTerminal {
    pub(super) fn enter() -> Self {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let report = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                // Before the report, which is to be read.
                raw_mode::restore();
                report(info);
            }));
        });
        enter();
        Self(())
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        raw_mode::restore();
    }
}

/// Takes note of what may have happened to our terminal: its size, and a shell that has had it while we were stopped.
pub(super) fn look() -> Option<WindowSize> {
    enter();
    pty::window_size_of_stdin()
}

fn enter() {
    // The child can be talked to all the same: a line at a time.
    match raw_mode::enter() {
        Ok(true) => (),
        Ok(false) => log::debug!("the terminal belongs to another process group now"),
        Err(error) => log::warn!("cannot switch the terminal to raw mode: {}", describe(&error)),
    }
}
