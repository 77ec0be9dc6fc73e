//! Endpoints of `relay` and `exec`: one word, `KIND:ADDRESS,OPTION,OPTION=VALUE`, taken apart and understood.
//!
//! Their options are those of the modes, by the same names and from the same groups: each kind is a clap command of its
//! own, so that values, messages and defaults are the same everywhere. Which endpoints go together is in `cli/relay.rs`,
//! what is said about words of other programs in `cli/hints.rs`.

use std::error::Error as _;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use crate::cli::address::parse_inet;
use crate::cli::args::{forget_empty_variables, variable_not_utf8};
use crate::cli::error::ConfigError;
use crate::cli::groups::{
    Accepting, Broadcasting, Connecting, InetConnecting, InetFamily, InetListening, Joining, KeepingAlive, Limiting,
    TlsCommon, TlsConnecting, TlsListening, UnixListening,
};
use crate::cli::hints;
use crate::cli::kinds::{KINDS, Kind, NOT_FOR_DESCRIPTORS, Transport};
use crate::cli::quote::{clean, quote, quote_os};
use crate::cli::resolve::{check_group, connect_config, limit, listen_config, parse, parse_with};
use crate::modes::config::{ConnectConfig, DatagramConfig, ListenConfig, Program, StreamConfig};
use crate::transports::advice::Advice;

impl Kind {
    fn transport(self) -> Transport {
        match self {
            Self::Unix | Self::UnixListen => Transport::Unix,
            Self::Udp | Self::UdpListen => Transport::Udp,
            Self::Tls | Self::TlsListen => Transport::Tls,
            _ => Transport::Tcp,
        }
    }

    /// The definition of its options.
    fn command(self) -> Command {
        let command = Command::new(self.name())
            .no_binary_name(true)
            .disable_help_flag(true)
            .disable_version_flag(true)
            // What stands behind an address comes after what holds for all of them.
            .args_override_self(true);
        let command = match self {
            Self::Stdio | Self::Exec | Self::Shell => command,
            Self::Tcp | Self::Fd => KeepingAlive::augment_args(with_inet_connecting(command)),
            Self::Unix => Connecting::augment_args(command),
            Self::Udp => Broadcasting::augment_args(with_inet_connecting(command)),
            Self::Tls => {
                let command = KeepingAlive::augment_args(with_inet_connecting(command));
                TlsCommon::augment_args(TlsConnecting::augment_args(command))
            }
            Self::TlsListen => {
                let command = with_tcp_listening(command);
                TlsCommon::augment_args(TlsListening::augment_args(command))
            }
            Self::TcpListen | Self::FdListen => with_tcp_listening(command),
            Self::UnixListen => UnixListening::augment_args(Limiting::augment_args(Accepting::augment_args(command))),
            Self::UdpListen => Joining::augment_args(with_inet_listening(command)),
        };
        forget_empty_variables(command)
    }

    /// Whether an option of its definition may be written behind it.
    fn offers(self, arg: &Arg) -> bool {
        match self {
            Self::Fd => arg.get_id() == "keepalive",
            Self::FdListen => !NOT_FOR_DESCRIPTORS.contains(&arg.get_id().as_str()),
            _ => true,
        }
    }

    /// Whether it has an option with this long name.
    pub(super) fn has_option(self, name: &str) -> bool {
        self.command().get_arguments().any(|arg| self.offers(arg) && is_called(arg, name))
    }

    /// The names of its options.
    pub(super) fn options(self) -> Vec<String> {
        self.command().get_arguments().filter(|arg| self.offers(arg)).map(name_of).collect()
    }
}

fn with_inet_connecting(command: Command) -> Command {
    InetFamily::augment_args(InetConnecting::augment_args(Connecting::augment_args(command)))
}

fn with_tcp_listening(command: Command) -> Command {
    KeepingAlive::augment_args(Accepting::augment_args(with_inet_listening(command)))
}

fn with_inet_listening(command: Command) -> Command {
    InetFamily::augment_args(InetListening::augment_args(Limiting::augment_args(command)))
}

/// What the options of the mode say for its endpoints.
#[derive(Debug)]
pub(super) struct Shared {
    /// What holds for each session.
    pub(super) stream: StreamConfig,
    /// Whether further clients are served after the first one.
    pub(super) keep_open: bool,
    /// How long sessions may finish.
    pub(super) grace: Duration,
    /// Options that hold for every endpoint that has them: long names and values.
    pub(super) options: Vec<(&'static str, OsString)>,
}

/// An endpoint taken apart at its kind.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    text: &'a OsStr,
    pub(super) kind: Kind,
    /// What follows the kind: the address and its options, or a command.
    rest: &'a OsStr,
}

impl<'a> Word<'a> {
    /// Finds the kind of an endpoint.
    pub(super) fn parse(text: &'a OsStr) -> Result<Self, ConfigError> {
        let refuse = |reason: String| Err(blame(text, &reason).into());
        let bytes = text.as_bytes();
        if bytes == b"-" || bytes == b"stdio" {
            return Ok(Self { text, kind: Kind::Stdio, rest: OsStr::new("") });
        }
        if bytes.starts_with(b"-,") || bytes.starts_with(b"stdio,") {
            return refuse("stdin and stdout have no options".into());
        }
        if bytes.is_empty() {
            return refuse("it is empty".into());
        }
        if is_path(bytes) {
            return Ok(Self { text, kind: Kind::Unix, rest: text });
        }
        let colon = bytes.iter().position(|byte| *byte == b':');
        let kind = colon.and_then(|at| KINDS.iter().find(|(name, _)| name.as_bytes() == &bytes[..at]));
        if let (Some((_, kind)), Some(at)) = (kind, colon) {
            return Ok(Self { text, kind: *kind, rest: OsStr::from_bytes(&bytes[at + 1..]) });
        }
        let address = split_options(text).0;
        let is_address = parse_with(&address, parse_inet).is_ok();
        match text.to_str().and_then(|text| hints::explain_kind(text, is_address)) {
            Some(reason) => refuse(reason),
            None => Ok(Self { text, kind: Kind::Tcp, rest: text }),
        }
    }

    /// The same endpoint as another kind, where the place that it has says more than its word.
    pub(super) fn taken_for(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// Puts the endpoint before what is wrong with it.
    pub(super) fn blame(&self, reason: &str) -> ConfigError {
        blame(self.text, reason).into()
    }

    /// The same for what is said about addresses of any mode.
    fn blame_in(&self, refusal: ConfigError) -> ConfigError {
        match refusal {
            ConfigError::Reason(reason) if self.rest == self.text && reason.contains(" has no port: ") => {
                self.blame(&format!("{reason}, or ./{} for a unix socket", clean_os(&split_options(self.text).0)))
            }
            ConfigError::Reason(reason) => self.blame(&reason),
            ConfigError::Clap(_) => refusal,
        }
    }

    /// What `exec:` and `shell:` run.
    pub(super) fn program(&self) -> Result<Program, ConfigError> {
        if self.rest.as_bytes().trim_ascii().is_empty() {
            return Err(self.blame("no command: what is it to run?"));
        }
        if self.kind == Kind::Shell {
            return Ok(Program::Shell(self.rest.to_owned()));
        }
        let Some(line) = self.rest.to_str() else {
            return Err(self.blame("it is not UTF-8, which exec: needs for splitting it into words; shell: does not"));
        };
        let words = shell_words::split(line).map_err(|_| self.blame("a quote is not closed"))?;
        let mut words = words.into_iter().map(OsString::from);
        match words.next() {
            Some(program) if !program.is_empty() => Ok(Program::Argv { program, arguments: words.collect() }),
            _ => Err(self.blame("the name of the program is empty")),
        }
    }

    /// What connects to a stream or, for `udp:`, sends datagrams.
    pub(super) fn connect(&self, shared: &Shared) -> Result<(ConnectConfig, DatagramConfig), ConfigError> {
        let (address, mut matches) = self.understand(shared)?;
        let transport = self.kind.transport();
        let config = parse(transport, &address)
            .and_then(|address| {
                connect_config(transport, address, shared.stream.clone(), Advice::Endpoint, &mut matches)
            })
            .map_err(|refusal| self.blame_in(refusal))?;
        let mut datagrams = DatagramConfig::default();
        if self.kind == Kind::Udp {
            datagrams.broadcast = Broadcasting::from_arg_matches_mut(&mut matches)?.broadcast;
        }
        Ok((config, datagrams))
    }

    /// What listens.
    pub(super) fn listen(&self, shared: &Shared) -> Result<(ListenConfig, DatagramConfig), ConfigError> {
        let (address, mut matches) = self.understand(shared)?;
        let transport = self.kind.transport();
        let max_conns = limit(&mut matches)?;
        let config = parse(transport, &address)
            .and_then(|address| {
                listen_config(transport, vec![address], shared.stream.clone(), Advice::Endpoint, &mut matches)
            })
            .map_err(|refusal| self.blame_in(refusal))?;
        let config = ListenConfig { keep_open: shared.keep_open, grace: shared.grace, max_conns, ..config };
        let mut datagrams = DatagramConfig::default();
        if self.kind == Kind::UdpListen {
            datagrams.groups = Joining::from_arg_matches_mut(&mut matches)?.join;
            for group in &datagrams.groups {
                check_group(group, &config).map_err(|refusal| self.blame_in(refusal))?;
            }
        }
        Ok((config, datagrams))
    }

    /// Its address, and its options as clap has understood them.
    fn understand(&self, shared: &Shared) -> Result<(OsString, ArgMatches), ConfigError> {
        let (mut address, options) = split_options(self.rest);
        if matches!(self.kind, Kind::Fd | Kind::FdListen) {
            // It is a form of address as well.
            address = OsString::from_vec([b"fd:", address.as_bytes()].concat());
        }
        if address.as_bytes().starts_with(b"//") && self.kind.transport() != Transport::Unix {
            return Err(self.blame(&format!("this is a URL: write {}:HOST:PORT", self.kind.name())));
        }
        let is_descriptor = address.as_bytes().starts_with(b"fd:");
        let is_tls = self.kind.transport() == Transport::Tls;
        let takes_descriptors = is_tls || matches!(self.kind, Kind::Fd | Kind::FdListen | Kind::UdpListen);
        if !takes_descriptors && is_descriptor {
            return Err(self.blame(&format!("an inherited socket is written {} alone", clean_os(&address))));
        }
        if self.kind.transport() != Transport::Unix && is_path(address.as_bytes()) {
            let listen = if self.kind.listens() { "-listen" } else { "" };
            return Err(self.blame(&format!("this is a unix socket: write unix{listen}:{}", clean_os(&address))));
        }
        let mut command = self.kind.command();
        let (mut words, mut given) = (Vec::new(), Vec::new());
        for (name, value) in &shared.options {
            if self.kind.has_option(name) {
                words.push(option(name, value.as_bytes()));
                given.push((*name).to_owned());
            }
        }
        let mut own = Vec::new();
        for text in options {
            let (arg, word) = self.word(&command, text.as_bytes()).map_err(|reason| self.blame(&reason))?;
            let name = name_of(arg);
            if own.contains(&name) && !matches!(arg.get_action(), ArgAction::Append) {
                return Err(self.blame(&format!("'{name}' is given twice")));
            }
            if is_tls && is_descriptor && NOT_FOR_DESCRIPTORS.contains(&arg.get_id().as_str()) {
                let reason = format!("'{name}' does nothing for {}, which is open already", clean_os(&address));
                return Err(self.blame(&reason));
            }
            own.push(name);
            words.push(word);
        }
        given.append(&mut own);
        match command.try_get_matches_from_mut(words) {
            Ok(matches) => Ok((address, matches)),
            Err(error) => Err(self.blame(&explain(error, &command, &given))),
        }
    }

    /// One option behind an address: its definition, and what it is as an argument.
    fn word<'c>(&self, command: &'c Command, text: &[u8]) -> Result<(&'c Arg, OsString), String> {
        let (name, value) = match text.iter().position(|byte| *byte == b'=') {
            Some(at) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        let name = String::from_utf8_lossy(name);
        if name.is_empty() {
            return Err("an option lacks its name: a comma in a name or path is written '\\,'".into());
        }
        let found = command.get_arguments().find(|arg| self.kind.offers(arg) && is_called(arg, &name));
        let Some(arg) = found else { return Err(self.explain_option(&name)) };
        let takes_value = arg.get_action().takes_values();
        match (value, arg.get_long()) {
            (Some([]) | None, Some(long)) if takes_value => {
                let values = arg.get_value_names().unwrap_or_default();
                let value = values.first().map(|value| value.as_str()).unwrap_or_default();
                Err(format!("'{long}' needs a value: write {long}={value}"))
            }
            (Some(_), _) if !takes_value => Err(format!("'{name}' takes no value")),
            (Some(value), Some(long)) => Ok((arg, option(long, value))),
            (_, Some(long)) => Ok((arg, format!("--{long}").into())),
            (_, None) => Ok((arg, format!("-{}", name_of(arg)).into())),
        }
    }

    fn explain_option(&self, name: &str) -> String {
        let kind = self.kind.name();
        let mut text = format!("{kind}: has no option {}", quote(name));
        if let Some(tip) = hints::tip_for_option(name) {
            return format!("{text}: {tip}");
        }
        if let Some(other) = tls_kind_with(name, self.kind.listens()) {
            return format!("{text}: {other}: has it");
        }
        let options = self.kind.options();
        text.push_str(&match &options[..] {
            [] => ", it has none at all".to_owned(),
            [one] => format!("; there is only {one}"),
            several => format!("; there are {}", several.join(", ")),
        });
        text
    }
}

/// The kind that has an option which only TLS has, by its long name. Most are on both sides: the one that is meant is first.
pub(super) fn tls_kind_with(name: &str, listens: bool) -> Option<&'static str> {
    let kinds = if listens { [Kind::TlsListen, Kind::Tls] } else { [Kind::Tls, Kind::TlsListen] };
    let is_plain = Kind::Tcp.has_option(name) || Kind::TcpListen.has_option(name);
    kinds.into_iter().find(|kind| !is_plain && kind.has_option(name)).map(Kind::name)
}

/// How an option that only endpoints have is written, by what somebody wrote: `--retry` or `-4`.
pub(super) fn tip_for(option: &str) -> Option<String> {
    let option = option.split(['=', ' ']).next().unwrap_or_default();
    let name = option.strip_prefix("--").or_else(|| option.strip_prefix('-'))?;
    KINDS.iter().find_map(|(kind_name, kind)| {
        let command = kind.command();
        let is_meant =
            |arg: &&Arg| name_of(arg) == name || arg.get_short().is_some_and(|short| short.to_string() == name);
        let arg = command.get_arguments().find(is_meant)?;
        let value = arg.get_value_names().and_then(|names| names.first()).filter(|_| arg.get_action().takes_values());
        let value = value.map(|value| format!("={value}")).unwrap_or_default();
        Some(format!("endpoints have it, after the address: {kind_name}:ADDRESS,{}{value}", name_of(arg)))
    })
}

fn blame(text: &OsStr, reason: &str) -> String {
    format!("endpoint {}: {reason}", quote_os(text))
}

/// A unix socket can be told from a TCP address by how it starts.
fn is_path(text: &[u8]) -> bool {
    [&b"/"[..], b"./", b"../", b"@"].iter().any(|start| text.starts_with(start))
}

fn clean_os(text: &OsStr) -> String {
    clean(&text.to_string_lossy())
}

/// The name of an option behind an address: the long one, else the letter.
fn name_of(arg: &Arg) -> String {
    match (arg.get_long(), arg.get_short()) {
        (Some(long), _) => long.to_owned(),
        (None, Some(short)) => short.to_string(),
        _ => arg.get_id().to_string(),
    }
}

/// Options without a long name have a letter and, so that one can read it, a word.
fn is_called(arg: &Arg, name: &str) -> bool {
    name_of(arg) == name || (arg.get_long().is_none() && arg.get_id() == name)
}

fn option(long: &str, value: &[u8]) -> OsString {
    OsString::from_vec([b"--", long.as_bytes(), b"=", value].concat())
}

/// Splits at commas, the first part is the address. A comma of the text itself is written `\,`.
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

/// What clap says about an option, with the name that it has behind an address.
fn explain(error: clap::Error, command: &Command, given: &[String]) -> String {
    let text_of = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let shown = text_of(ContextKind::InvalidArg).unwrap_or_default();
    let arg = command.get_arguments().find(|arg| shown.split(' ').next() == Some(&format!("--{}", name_of(arg))));
    match (error.kind(), arg, text_of(ContextKind::InvalidValue)) {
        (ErrorKind::ValueValidation | ErrorKind::InvalidValue, Some(arg), Some(value)) => {
            let name = name_of(arg);
            let mut text = format!("invalid value {} for '{name}'", quote(&value));
            if let Some(reason) = error.source() {
                text.push_str(&format!(": {reason}"));
            } else if let Some(ContextValue::Strings(values)) = error.get(ContextKind::ValidValue) {
                text.push_str(&format!(": it is {}", values.join(" or ")));
            }
            if let (false, Some(variable)) = (given.contains(&name), arg.get_env()) {
                text.push_str(&format!(" (it is that of the environment variable {})", variable.to_string_lossy()));
            }
            text
        }
        (ErrorKind::ArgumentConflict, ..) => {
            let other = text_of(ContextKind::PriorArg).unwrap_or_default();
            format!("'{}' and '{}' contradict each other", shown.trim_matches('-'), other.trim_matches('-'))
        }
        (ErrorKind::InvalidUtf8, ..) => match variable_not_utf8(command, |arg| !given.contains(&name_of(arg))) {
            Some(variable) => format!("the value of the environment variable {variable} is not UTF-8"),
            None => "the value of an option is not UTF-8".to_owned(),
        },
        _ => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            clean(first.strip_prefix("error: ").unwrap_or(first))
        }
    }
}

#[cfg(test)]
mod tests;
