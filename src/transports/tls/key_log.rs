//! Secrets of connections, for programs that decrypt recorded traffic (`SSLKEYLOGFILE`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustls::KeyLog;

use super::pem;
use super::settings_error::SettingsError;
use crate::sys::stdio::is_ready_within;
use crate::transports::error;

/// How long a line of keys waits for room, until one has waited in vain.
const KEYLOG_PATIENCE: Duration = Duration::from_millis(100);

/// Secrets of connections, a line each, at the end of a file.
#[derive(Debug)]
pub(super) struct AppendedKeyLog {
    file: File,
    path: PathBuf,
    /// Told once: each connection has several lines.
    has_failed: AtomicBool,
}

impl AppendedKeyLog {
    pub(super) fn open(path: &Path) -> Result<Self, SettingsError> {
        let unopened = |error: &_| pem::fault(path, error::describe(error));
        // What is looked at is what is open then, and nothing makes us wait.
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC;
        let opened = OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(flags).open(path);
        let file = opened.map_err(|error| {
            // Of a FIFO that nobody reads the system says that there is no such device.
            let kind = fs::metadata(path).ok().and_then(|metadata| pem::check_kind(path, &metadata).err());
            kind.unwrap_or_else(|| unopened(&error))
        })?;
        let metadata = file.metadata().map_err(|error| unopened(&error))?;
        pem::check_opened(path, &file, &metadata)?;
        if metadata.is_file() {
            pem::warn_of_others(path, metadata.mode(), "these keys of connections");
        }
        Ok(Self { file, path: path.to_owned(), has_failed: AtomicBool::new(false) })
    }

    /// A pipe whose reader is slow is waited for, but not for long: nothing else goes on meanwhile.
    fn append(&self, line: &[u8]) -> io::Result<()> {
        match (&self.file).write_all(line) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => (),
            written => return written,
        }
        if !self.has_failed.load(Ordering::Relaxed) && is_ready_within(self.file.as_fd(), true, KEYLOG_PATIENCE) {
            return (&self.file).write_all(line);
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "nobody reads it"))
    }
}

impl KeyLog for AppendedKeyLog {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        // In one call, so that lines of several writers do not mix.
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        if let Err(error) = self.append(line.as_bytes())
            && !self.has_failed.swap(true, Ordering::Relaxed)
        {
            log::warn!("{}: {}; keys are missing there", self.path.display(), error::describe(&error));
        }
    }
}
