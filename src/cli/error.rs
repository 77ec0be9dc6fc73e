//! Why a command line is refused: the reason, as it goes into the message.
//!
//! How a message looks as a whole, with the usage below it, is the business of `cli/mod.rs`.

use crate::cli::options::ValueError;

/// What is wrong with the options of a mode.
#[derive(Debug)]
pub(super) enum ConfigError {
    /// Options or addresses that do not fit: one line without the name of the program.
    Reason(String),
    /// A value that makes no sense, and the environment variable that has it. The usage of the mode would not help.
    Value(String, Option<&'static str>),
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
        Self::Value(error.describe(&option), error.variable)
    }
}
