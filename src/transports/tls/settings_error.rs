//! Why TLS cannot be set up as a user wants it.

use std::fmt;

/// Why settings cannot be made ready: the file, and what is wrong with it, in one line.
#[derive(Debug)]
pub struct SettingsError(pub(crate) String);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SettingsError {}
