//! Parses an endpoint: a word of the form `SCHEME:ADDRESS,OPTION,OPTION=VALUE`, or a URL.
//!
//! The row of the scheme says which options there are. `cli/options.rs` reads their values, as it does for modes.
//! `cli/ends.rs` makes the configuration of an end, and `cli/hints.rs` explains words of other programs.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use strsim::osa_distance;

use crate::cli::address::{is_path, parse_address, parse_with};
use crate::cli::error::ConfigError;
use crate::cli::hints;
use crate::cli::kinds::absent;
use crate::cli::modes::Verb;
use crate::cli::options::{Given, OptSpec, Options, Repeat, Variables};
use crate::cli::quote::{clean, clean_os, quote, quote_os};
use crate::cli::schemes::{Form, NOT_FOR_DESCRIPTORS, PAGES, STDIO, Scheme, TCP, UNIX, scheme_called, tls_scheme_with};
use crate::cli::url::{PageUrl, parse_url};
use crate::modes::config::Program;
use crate::transports::address::Place;

/// What an endpoint depends on besides its own word.
pub(super) struct Context<'a> {
    pub(super) verb: &'static Verb,
    /// Options before the endpoints. They apply to each endpoint that has them.
    pub(super) given: &'a [Given],
    pub(super) variables: Variables<'a>,
}

/// An endpoint taken apart at its colon.
#[derive(Clone, Debug)]
pub(super) struct EndpointArg<'a> {
    text: &'a OsStr,
    pub(super) scheme: &'static Scheme,
    /// What follows the scheme: the address and its options, or a command.
    rest: &'a OsStr,
    /// Whether the endpoint was written as a URL.
    is_url: bool,
}

impl<'a> EndpointArg<'a> {
    /// Finds the scheme of an endpoint.
    pub(super) fn parse(text: &'a OsStr) -> Result<Self, ConfigError> {
        let bytes = text.as_bytes();
        let of = |scheme, rest: &'a [u8], is_url| Self { text, scheme, rest: OsStr::from_bytes(rest), is_url };
        match bytes {
            b"" => return Err(with_context(text, "must not be empty")),
            b"-" | b"stdio" => return Ok(of(&STDIO, b"", false)),
            _ if bytes.starts_with(b"-,") || bytes.starts_with(b"stdio,") => {
                return Err(with_context(text, "stdin and stdout take no options"));
            }
            // /dev/tty itself is the terminal of the user.
            _ if bytes.starts_with(b"/dev/tty") && bytes != b"/dev/tty" => {
                return Err(with_context(text, hints::NO_SERIAL).complete());
            }
            _ if is_path(bytes) => return Ok(of(&UNIX, bytes, false)),
            _ => (),
        }
        let parts = bytes.iter().position(|byte| *byte == b':').map(|at| (&bytes[..at], &bytes[at + 1..]));
        let known = parts.and_then(|(name, rest)| Some((scheme_called(str::from_utf8(name).ok()?)?, rest)));
        if let Some((scheme, rest)) = known {
            return match rest.strip_prefix(b"//") {
                Some(url) if matches!(scheme.form, Form::Inet | Form::Unix) => {
                    check_url(scheme, url).map_err(|reason| with_context(text, &reason))?;
                    Ok(of(scheme, url, true))
                }
                _ => Ok(of(scheme, rest, false)),
            };
        }
        let Some(reason) = text.to_str().and_then(hints::explain_kind) else { return Ok(of(&TCP, bytes, false)) };
        let error = with_context(text, &reason);
        // The reason why xport lacks a kind is all that can be said.
        Err(if text.to_str().and_then(absent).is_some() { error.complete() } else { error })
    }

    /// The meaning of the endpoint in a place that awaits clients: `tcp:` means `tcp-listen:` there.
    pub(super) fn listening(self) -> Self {
        Self { scheme: self.scheme.listening.unwrap_or(self.scheme), ..self }
    }

    /// The endpoint as the user wrote it, for a line to type.
    pub(super) fn shown(&self) -> String {
        clean_os(self.text)
    }

    /// An error about this endpoint.
    pub(super) fn with_context(&self, reason: &str) -> ConfigError {
        with_context(self.text, reason)
    }

    /// Adds this endpoint to an error about its address.
    pub(super) fn explain(&self, error: ConfigError) -> ConfigError {
        let ConfigError { reason, is_complete: false } = &error else { return error };
        if self.rest == self.text && reason.ends_with(" has no port") {
            return self.with_context(&format!("{reason}; the path of a unix socket begins with ./ or /"));
        }
        self.with_context(reason)
    }

    /// The program of `exec:` and `shell:`.
    pub(super) fn program(&self) -> Result<Program, ConfigError> {
        if self.rest.as_bytes().trim_ascii().is_empty() {
            return Err(self.with_context("no command given"));
        }
        if self.scheme.form == Form::Line {
            return Ok(Program::Shell(self.rest.to_owned()));
        }
        let Some(line) = self.rest.to_str() else {
            let reason = "exec: needs UTF-8 to split the words: use shell: instead";
            return Err(self.with_context(reason));
        };
        let words = shell_words::split(line).map_err(|_| self.with_context("a quote is not closed"))?;
        if let Some(word) = hints::word_for_a_shell(line, &words) {
            let reason = format!("exec: runs no shell, so {} would be an argument: use shell:", quote(word));
            return Err(self.with_context(&reason));
        }
        let mut words = words.into_iter().map(OsString::from);
        match words.next() {
            Some(program) if !program.is_empty() => Ok(Program::Argv { program, arguments: words.collect() }),
            _ => Err(self.with_context("the program name is empty")),
        }
    }

    /// Its address, and the values of its options.
    pub(super) fn parse_options(&self, context: &Context<'_>) -> Result<(Place, Options), ConfigError> {
        let (mut address, options) = self.split()?;
        if self.is_url && self.scheme.form == Form::Inet {
            // The path of a URL may be empty, and a slash says the same.
            let bytes = address.as_bytes();
            address = OsStr::from_bytes(bytes.strip_suffix(b"/").unwrap_or(bytes)).to_owned();
        }
        let address = self.address(address)?;
        let is_inherited = address.is_inherited();
        let mut own: Vec<Given> = Vec::new();
        for text in options {
            let given = self.option(context.verb, text.as_bytes())?;
            let name = given.row.name;
            if given.row.repeat == Repeat::No && own.iter().any(|other| other.row.id == given.row.id) {
                return Err(self.with_context(&format!("'{name}' is given twice")));
            }
            if let Some(other) = own.iter().find(|other| other.row.contradicts(given.row)) {
                let reason = format!("'{}' and '{name}' contradict each other", other.row.name);
                return Err(self.with_context(&reason));
            }
            if is_inherited && NOT_FOR_DESCRIPTORS.contains(&given.row.id) {
                let reason = format!("'{name}' does nothing for {address}, which is open already");
                return Err(self.with_context(&reason));
            }
            own.push(given);
        }
        let counts = |shared: &&Given| {
            let replaces = |own: &Given| own.row.id == shared.row.id && own.row.repeat == Repeat::No;
            !own.iter().any(|own| replaces(own) || own.row.contradicts(shared.row))
        };
        let given = Vec::from_iter(context.given.iter().filter(counts).chain(&own).cloned());
        let values = Options::read(&Vec::from_iter(self.rows(context.verb)), &given, context.variables);
        Ok((address, values.map_err(|error| self.with_context(&error.describe(error.row.name)))?))
    }

    /// Its address and its options. In the path of a page, a comma begins an option only before the name of one. A
    /// name that is nearly one is refused, because the server would get an option as a part of the path.
    fn split(&self) -> Result<(OsString, Vec<OsString>), ConfigError> {
        let (address, mut options) = split_options(self.rest);
        let mut address = address.into_vec();
        let has_path = |url: &[u8]| url.iter().skip("//".len()).any(|byte| matches!(byte, b'/' | b'?'));
        if self.scheme.is_page() && has_path(&address) {
            let first = options.iter().position(|option| is_option(option.as_bytes())).unwrap_or(options.len());
            for part in options.drain(..first) {
                if let Some((name, near)) = self.misspelled(&part) {
                    let (scheme, name) = (self.scheme.name, quote(name));
                    let reason = format!("{scheme}: has no option {name}, but {near}; a comma in the path is %2C");
                    return Err(self.with_context(&reason));
                }
                address.push(b',');
                address.extend(part.into_vec());
            }
        }
        Ok((OsString::from_vec(address), options))
    }

    /// The name in `NAME=VALUE`, and the option of the scheme that it nearly is.
    fn misspelled<'b>(&self, part: &'b OsStr) -> Option<(&'b str, &'static str)> {
        let (name, _) = part.to_str()?.split_once('=')?;
        let is_near = |option: &&str| match (name.len(), osa_distance(name, option)) {
            // A short word is near to many others. A letter too many and two swapped letters are slips.
            (2..=3, 1) => name.len() > option.len() || name.len() == option.len() && are_swapped(name, option),
            (4..=6, 1) | (7.., 1..=2) => true,
            _ => false,
        };
        let near = self.scheme.rows().map(|row| row.name).filter(is_near);
        near.min_by_key(|option| osa_distance(name, option)).map(|option| (name, option))
    }

    /// The rows of its options that do something in this mode.
    fn rows(&self, verb: &'static Verb) -> impl Iterator<Item = &'static OptSpec> {
        let scheme = self.scheme;
        scheme.rows().filter(move |row| verb.end_takes(scheme, row.id))
    }

    /// A page, if the endpoint is the URL of one.
    pub(super) fn page(text: &'a OsStr) -> Option<Self> {
        // The scheme of a URL may be in capitals. RFC 3986, section 3.1.
        let is_page = |scheme: &&&Scheme| {
            let (name, rest) = text.as_bytes().split_at_checked(scheme.name.len()).unwrap_or_default();
            name.eq_ignore_ascii_case(scheme.name.as_bytes()) && rest.starts_with(b":")
        };
        let scheme = PAGES.iter().copied().find(|scheme| is_page(&scheme))?;
        let rest = OsStr::from_bytes(&text.as_bytes()[scheme.name.len() + 1..]);
        Some(Self { text, scheme, rest, is_url: true })
    }

    /// The parts of the URL of a page. The scheme has shown that it is one.
    pub(super) fn url(&self) -> Result<PageUrl, ConfigError> {
        let (url, _) = self.split()?;
        parse_with(&url, |url| parse_url(self.scheme.name, url)).map_err(|reason| self.with_context(&reason))
    }

    fn address(&self, mut text: OsString) -> Result<Place, ConfigError> {
        let scheme = self.scheme;
        if scheme.is_page() {
            return Ok(Place::Address(self.url()?.address.into()));
        }
        if scheme.form == Form::Descriptor {
            // `fd:N` is a form of address too.
            text = OsString::from_vec([b"fd:", text.as_bytes()].concat());
        }
        let takes_descriptors = scheme.has_datagrams() || scheme.is_tls || scheme.form == Form::Descriptor;
        if !takes_descriptors && text.as_bytes().starts_with(b"fd:") {
            return Err(self.with_context("an inherited socket has no kind before fd:"));
        }
        if !scheme.is_unix() && is_path(text.as_bytes()) {
            let unix = if scheme.listens() { "unix-listen" } else { "unix" };
            return Err(self.with_context(&format!("this is a unix socket, which needs {unix}:")));
        }
        parse_address(scheme.parse, &text).map_err(|reason| self.explain(reason.into()))
    }

    /// Parses an option behind an address.
    fn option(&self, verb: &'static Verb, text: &[u8]) -> Result<Given, ConfigError> {
        let (name, value) = match text.iter().position(|byte| *byte == b'=') {
            Some(at) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        let name = String::from_utf8_lossy(name);
        if name.is_empty() {
            return Err(self.with_context("an option has no name; a comma in a name or path is '\\,'"));
        }
        let Some(row) = self.rows(verb).find(|row| row.name == name || row.word == name) else {
            return Err(self.explain_option(verb, &name));
        };
        let text = match (value, row.value_name()) {
            (Some([]) | None, Some(value)) => {
                let reason = format!("'{name}' needs a value, as in {name}={value}", name = row.name);
                return Err(self.with_context(&reason));
            }
            (Some(_), None) => return Err(self.with_context(&format!("'{name}' takes no value"))),
            (value, _) => OsString::from_vec(value.unwrap_or_default().to_vec()),
        };
        Ok(Given { row, text })
    }

    fn explain_option(&self, verb: &'static Verb, name: &str) -> ConfigError {
        let scheme = self.scheme.name;
        let text = format!("{scheme}: has no option {}", quote(name));
        if let Some(tip) = hints::reason_for_option(verb, name) {
            return self.with_context(&format!("{text}: {tip}")).complete();
        }
        let row = crate::cli::options::rows().find(|row| row.name == name);
        if let Some(other) = row.and_then(|row| tls_scheme_with(row, self.scheme.listens())) {
            return self.with_context(&format!("{text}, but {}: does", other.name));
        }
        self.with_context(&match &Vec::from_iter(self.rows(verb).map(|row| row.name))[..] {
            [] => format!("{scheme}: has no options at all"),
            [one] => format!("{text}; its only option is {one}"),
            several => format!("{text}; its options are {}", several.join(", ")),
        })
    }
}

fn with_context(text: &OsStr, reason: &str) -> ConfigError {
    format!("endpoint {}: {reason}", quote_os(text)).into()
}

/// Checks a URL after its `SCHEME://`. A part that the scheme does not have, such as a query, is refused.
fn check_url(scheme: &Scheme, url: &[u8]) -> Result<(), String> {
    let (address, name) = (split_options(OsStr::from_bytes(url)).0.into_vec(), scheme.name);
    let part_at = |wanted: &[u8]| address.iter().position(|byte| wanted.contains(byte));
    let refuse = |part: &str, at: usize| {
        let text = clean(&String::from_utf8_lossy(&address[at..]));
        Err(format!("the URL has a {part}, '{text}', which {name}: does not support"))
    };
    if scheme.is_unix() {
        if !address.starts_with(b"/") {
            return Err(format!("a URL needs an absolute path, as in {name}:///run/s"));
        }
        if part_at(b"%").is_some() {
            return Err(format!("'%' is not decoded in a URL of {name}:"));
        }
    } else {
        if part_at(b"@").is_some_and(|at| part_at(b"/?#").is_none_or(|end| at < end)) {
            return Err(format!("the URL has a user, which {name}: does not support"));
        }
        let is_last = |at: usize| at + 1 == address.len();
        if let Some(at) =
            part_at(b"/").filter(|at| !is_last(*at)).filter(|at| part_at(b"?#").is_none_or(|end| *at < end))
        {
            return refuse("path", at);
        }
    }
    match part_at(b"?#") {
        Some(at) if address[at] == b'?' => refuse("query", at),
        Some(at) => refuse("fragment", at),
        None => Ok(()),
    }
}

/// Whether a text after a comma begins with the name of an option.
fn is_option(text: &[u8]) -> bool {
    let name = text.split(|byte| *byte == b'=').next().unwrap_or_default();
    crate::cli::options::rows().any(|row| row.name.as_bytes() == name || row.word.as_bytes() == name)
}

/// Whether two different words of one length have the same letters.
fn are_swapped(one: &str, other: &str) -> bool {
    one.chars().all(|c| other.contains(c))
}

/// Splits a text at its commas. The first part is the address. `\,` is a comma that does not split.
fn split_options(text: &OsStr) -> (OsString, Vec<OsString>) {
    let mut parts = vec![Vec::new()];
    let mut bytes = text.as_bytes().iter().peekable();
    while let Some(byte) = bytes.next() {
        let escaped = *byte == b'\\' && bytes.next_if(|next| **next == b',').is_some();
        match parts.last_mut() {
            Some(part) if escaped => part.push(b','),
            Some(part) if *byte != b',' => part.push(*byte),
            _ => parts.push(Vec::new()),
        }
    }
    let mut parts = parts.into_iter().map(OsString::from_vec);
    (parts.next().unwrap_or_default(), parts.collect())
}

#[cfg(test)]
mod tests;
