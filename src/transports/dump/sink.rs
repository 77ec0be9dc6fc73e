//! The target of a dump: a file that nothing else uses, or stderr. What is written there is not known here.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use crate::sys::stderr;
use crate::sys::stdio::{borrow_standard, is_ready_within, is_same};

/// Where a dump goes.
#[derive(Debug)]
pub(super) enum Sink {
    /// A non-blocking description that no other process shares.
    File(File),
    Stderr,
}

impl Sink {
    /// Opens a file or FIFO. A regular file is made or emptied, but not if it is stdin, stdout or stderr.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        // Neither opening a FIFO nor writing to a pipe may block.
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC;
        let file = OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(flags).open(path);
        let file = file.map_err(|error| match error.raw_os_error() {
            Some(libc::ENXIO) if is_fifo(path) => io::Error::other("no process reads from it"),
            _ => error,
        })?;
        if !file.metadata()?.is_file() {
            return Ok(Self::File(file));
        }
        let is_standard = |number| is_same(file.as_fd(), borrow_standard(number)).unwrap_or(false);
        for (number, name) in [(0, "stdin"), (1, "stdout")] {
            if is_standard(number) {
                return Err(io::Error::other(format!("the file is also {name}")));
            }
        }
        if is_standard(2) {
            // Two descriptions would write over each other's text, because stderr has a position of its own.
            return Ok(Self::Stderr);
        }
        file.set_len(0)?;
        Ok(Self::File(file))
    }

    /// Writes as much as fits now.
    pub(super) fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(text),
            Self::Stderr => stderr::write_some(text),
        }
    }

    pub(super) fn has_room_within(&self, patience: Duration) -> bool {
        match self {
            Self::File(file) => is_ready_within(file.as_fd(), true, patience),
            Self::Stderr => stderr::await_room(patience),
        }
    }
}

fn is_fifo(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}
