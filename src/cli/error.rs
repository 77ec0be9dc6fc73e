//! The reason why a command line is refused.
//!
//! `cli/mod.rs` makes a message of it, with the usage of the mode below.

use crate::cli::options::ValueError;

/// The reason why a command line is refused.
#[derive(Debug)]
pub(super) enum ConfigError {
    /// Options or addresses do not fit. The text is one line, without the name of the program.
    Reason(String),
    /// A value makes no sense. The text is one line, and no usage is shown.
    Value(String),
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

impl From<ValueError> for ConfigError {
    fn from(error: ValueError) -> Self {
        let option = match error.row.value_name() {
            Some(value) => format!("{} <{value}>", error.row.flag()),
            None => error.row.flag(),
        };
        Self::Value(error.describe(&option))
    }
}
