//! Writes the secrets of connections to a file, for programs that decrypt recorded traffic (`SSLKEYLOGFILE`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustls::KeyLog;

use super::pem::{self, SettingsError};
use crate::sys::stdio::is_ready_within;
use crate::transports::error;
use crate::transports::text::EscapedOs;

/// How long a line waits for room in a pipe. After a first failure no line waits.
const KEYLOG_PATIENCE: Duration = Duration::from_millis(100);

/// A file to which secrets of connections are appended, one in each line.
#[derive(Debug)]
pub(super) struct AppendedKeyLog {
    file: File,
    path: PathBuf,
    /// Whether a failure was reported. It is reported once, because each connection has several lines.
    has_failed: AtomicBool,
}

impl AppendedKeyLog {
    pub(super) fn open(path: &Path) -> Result<Self, SettingsError> {
        let unopened = |error: &_| pem::fault(path, error::describe(error));
        // The checks below are about the file that is open, and opening it must not block.
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC;
        let opened = OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(flags).open(path);
        let file = opened.map_err(|error| {
            // For a FIFO without a reader the system reports ENXIO, which would mislead the user.
            let kind = fs::metadata(path).ok().and_then(|metadata| pem::check_kind(path, &metadata).err());
            kind.unwrap_or_else(|| unopened(&error))
        })?;
        let metadata = file.metadata().map_err(|error| unopened(&error))?;
        pem::check_opened(path, &file, &metadata)?;
        if metadata.is_file() {
            pem::warn_if_accessible(path, metadata.mode(), "these keys of connections");
        }
        Ok(Self { file, path: path.to_owned(), has_failed: AtomicBool::new(false) })
    }

    /// Waits for a slow reader of a pipe, but only briefly, because the loop stands still meanwhile.
    fn append(&self, line: &[u8]) -> io::Result<()> {
        match (&self.file).write_all(line) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => (),
            written => return written,
        }
        if !self.has_failed.load(Ordering::Relaxed) && is_ready_within(self.file.as_fd(), true, KEYLOG_PATIENCE) {
            return (&self.file).write_all(line);
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "no program reads the pipe"))
    }
}

impl KeyLog for AppendedKeyLog {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        // One call writes the line, so that lines of several writers do not mix.
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        if let Err(error) = self.append(line.as_bytes())
            && !self.has_failed.swap(true, Ordering::Relaxed)
        {
            log::warn!("{}: {}; the file lacks keys", EscapedOs(&self.path), error::describe(&error));
        }
    }
}
