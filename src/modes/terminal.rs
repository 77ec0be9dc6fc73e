//! The terminal that xport was started on, while a child with a terminal of its own gets its keys.
//!
//! This file decides when the terminal is raw. `sys/raw_mode.rs` makes it raw and restores it.

use std::sync::Once;

use crate::sys::{pty, raw_mode};
use crate::transports::error::describe;
use crate::transports::process::opening::WindowSize;

/// While this exists, the terminal of xport is raw, or becomes raw once xport is in the foreground.
#[derive(Debug)]
pub(super) struct RawTerminal(());

impl RawTerminal {
    pub(super) fn enter() -> Self {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let report = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                // The terminal has to be restored before the report, which a person reads.
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

/// Looks at the terminal again, and returns its size. The size may have changed, and a shell may have left raw mode
/// while xport was stopped.
pub(super) fn refresh() -> Option<WindowSize> {
    enter();
    pty::window_size_of_stdin()
}

fn enter() {
    // Without raw mode the child gets its input a line at a time.
    match raw_mode::enter() {
        Ok(true) => (),
        Ok(false) => log::debug!("the terminal belongs to another process group now"),
        Err(error) => log::warn!("cannot switch the terminal to raw mode: {}", describe(&error)),
    }
}
