//! How a message names an option that helps. The same option is written in two ways, and a message has to name the one
//! that the user of this run can write. Which options there are is the business of the command line.

use std::fmt;

/// Where the user of this transport writes its options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Advice {
    /// As arguments of a mode: `--ca FILE`.
    #[default]
    Arguments,
    /// Behind the address of an endpoint, after a comma: `ca=FILE`.
    Endpoint,
}

impl Advice {
    /// An option without a value.
    #[must_use]
    pub fn flag(self, name: &str) -> Named<'_> {
        Named { advice: self, name, value: None }
    }

    /// An option that has only a letter.
    #[must_use]
    pub fn letter(self, letter: &str) -> String {
        if self == Self::Endpoint { format!("'{letter}'") } else { format!("-{letter}") }
    }

    /// An option with its value, or with what stands for it.
    #[must_use]
    pub fn option<'a>(self, name: &'a str, value: &'a str) -> Named<'a> {
        Named { advice: self, name, value: Some(value) }
    }
}

/// An option by its name, to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    advice: Advice,
    name: &'a str,
    value: Option<&'a str>,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { advice, name, value } = self;
        match (advice, value) {
            (Advice::Arguments, None) => write!(f, "--{name}"),
            (Advice::Arguments, Some(value)) => write!(f, "--{name} {value}"),
            (Advice::Endpoint, None) => write!(f, "{name}"),
            (Advice::Endpoint, Some(value)) => write!(f, "{name}={value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_named_as_it_is_written() {
        assert_eq!(Advice::Arguments.option("ca", "FILE").to_string(), "--ca FILE");
        assert_eq!(Advice::Endpoint.option("ca", "FILE").to_string(), "ca=FILE");
        assert_eq!(Advice::Arguments.flag("insecure").to_string(), "--insecure");
        assert_eq!(Advice::Endpoint.flag("insecure").to_string(), "insecure");
        assert_eq!((Advice::Arguments.letter("4"), Advice::Endpoint.letter("4")), ("-4".into(), "'4'".into()));
    }
}
