//! Names an option in a message in the form that the user of this transport writes. Users of the command line know
//! options. Users of the library know the fields of settings.

use std::fmt;

/// The form in which the user of this transport writes options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Advice {
    /// In a program, as fields of settings: `ca`.
    #[default]
    Settings,
    /// As arguments of a mode: `--ca FILE`.
    Arguments,
    /// After the address of an endpoint and a comma: `ca=FILE`.
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

    /// An option with its value, or with a placeholder.
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
            (Advice::Settings, None) => write!(f, "the setting {}", field(name)),
            (Advice::Settings, Some(value)) => write!(f, "the setting {} = {value}", field(name)),
            (Advice::Arguments, None) => write!(f, "--{name}"),
            (Advice::Arguments, Some(value)) => write!(f, "--{name} {value}"),
            (Advice::Endpoint, None) => write!(f, "{name}"),
            (Advice::Endpoint, Some(value)) => write!(f, "{name}={value}"),
        }
    }
}

/// The field of the settings that an option of the command line sets.
fn field(option: &str) -> String {
    match option {
        "pin" => "pins".to_owned(),
        "server-name" => "name".to_owned(),
        "tls-min" => "min_version".to_owned(),
        "tls-max" => "max_version".to_owned(),
        _ => option.replace('-', "_"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_named_as_it_is_written() {
        assert_eq!(Advice::Arguments.option("ca", "FILE").to_string(), "--ca FILE");
        assert_eq!(Advice::Endpoint.option("ca", "FILE").to_string(), "ca=FILE");
        assert_eq!(Advice::Settings.option("ca", "FILE").to_string(), "the setting ca = FILE");
        assert_eq!(Advice::Settings.flag("tls-min").to_string(), "the setting min_version");
        assert_eq!(Advice::Settings.flag("allow-truncation").to_string(), "the setting allow_truncation");
        assert_eq!(Advice::Arguments.flag("insecure").to_string(), "--insecure");
        assert_eq!(Advice::Endpoint.flag("insecure").to_string(), "insecure");
        assert_eq!((Advice::Arguments.letter("4"), Advice::Endpoint.letter("4")), ("-4".into(), "'4'".into()));
    }
}
