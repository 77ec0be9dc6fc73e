//! Why a command line is refused: the reason, as it goes into the message.
//!
//! How a message looks as a whole, with the usage below it, is the business of `cli/mod.rs`.

/// What is wrong with the options of a mode.
pub(super) enum ConfigError {
    /// What clap found, with the form that clap gives its messages.
    Clap(clap::Error),
    /// What we found: one line without the name of the program.
    Reason(String),
}

impl From<clap::Error> for ConfigError {
    fn from(error: clap::Error) -> Self {
        Self::Clap(error)
    }
}

impl From<String> for ConfigError {
    fn from(reason: String) -> Self {
        Self::Reason(reason)
    }
}

impl From<&str> for ConfigError {
    fn from(reason: &str) -> Self {
        Self::Reason(reason.to_owned())
    }
}
