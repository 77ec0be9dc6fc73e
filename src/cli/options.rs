//! Options: what a row of the table says, and how texts become typed values.
//!
//! `--retry 3`, `tcp:h:80,retry=3` and `XPORT_RETRY=3` are one row of [the table](rows). The rows are in
//! `options/ends.rs`, `options/tls.rs` and `options/runs.rs`. Which end has which option is in `cli/schemes.rs`, which
//! mode in `cli/modes.rs`. What options mean together is in `cli/resolve.rs`.

mod ends;
mod runs;
mod spec;
mod tls;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use clap_complete::Shell;
use ipnet::IpNet;
use rustls::pki_types::ServerName;

use crate::cli::logger::Color;
use crate::cli::quote::quote;
use crate::protocols::half_close::HalfClose;
use crate::protocols::starttls::StartTls;
use crate::transports::address::Address;
use crate::transports::datagram::opening::Group;
use crate::transports::keepalive::KeepAlive;
use crate::transports::process::opening::ChildStdio;
use crate::transports::tls::pin::Pin;
use crate::transports::tls::settings::Version;

pub(super) use spec::{Heading, OptSpec, Repeat, Topic, Value};

/// Which option: the key of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opt {
    ListenAddress,
    ListenEndpoint,
    Grace,
    Backlog,
    KeepOpen,
    Once,
    MaxConns,
    Allow,
    Deny,
    PortFile,
    Mode,
    ReplaceStale,
    ConnectAddress,
    ConnectEndpoint,
    ConnectTimeout,
    Retry,
    RetryDelay,
    Ipv4,
    Ipv6,
    Numeric,
    Source,
    Keepalive,
    Ca,
    ServerName,
    Pin,
    Insecure,
    SelfSigned,
    ClientCa,
    Cert,
    Key,
    Alpn,
    TlsMin,
    HandshakeTimeout,
    AllowTruncation,
    Keylog,
    Starttls,
    Count,
    Join,
    Broadcast,
    Lines,
    Shell,
    Stdin,
    Stderr,
    Env,
    KillAfter,
    Pty,
    HalfClose,
    NoHalfClose,
    Linger,
    SendOnly,
    RecvOnly,
    HighWater,
    LowWater,
    Timeout,
    IdleTimeout,
    Quiet,
    Verbose,
    Color,
    Completions,
    Man,
}

/// The values of all options. An option that was not given has its default, or what [`Default`] says.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    /// The options that were given, and have neither a default nor the value of a variable.
    given: Vec<Opt>,
    pub(super) listen: Vec<OsString>,
    pub(super) grace: Duration,
    pub(super) backlog: u32,
    pub(super) keep_open: bool,
    pub(super) once: bool,
    pub(super) max_conns: Option<usize>,
    pub(super) allow: Vec<IpNet>,
    pub(super) deny: Vec<IpNet>,
    pub(super) port_file: Option<PathBuf>,
    pub(super) mode: Option<u32>,
    pub(super) replace_stale: bool,
    pub(super) connect: Option<OsString>,
    pub(super) connect_timeout: Duration,
    pub(super) retry: u32,
    pub(super) retry_delay: Duration,
    pub(super) ipv4: bool,
    pub(super) ipv6: bool,
    pub(super) numeric: bool,
    pub(super) source: Option<Address>,
    pub(super) keepalive: KeepAlive,
    pub(super) ca: Option<PathBuf>,
    pub(super) server_name: Option<ServerName<'static>>,
    pub(super) pin: Vec<Pin>,
    pub(super) insecure: bool,
    pub(super) self_signed: bool,
    pub(super) client_ca: Option<PathBuf>,
    pub(super) cert: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
    pub(super) alpn: Vec<Vec<u8>>,
    pub(super) tls_min: Version,
    pub(super) handshake_timeout: Duration,
    pub(super) allow_truncation: bool,
    pub(super) keylog: Option<PathBuf>,
    pub(super) starttls: Option<StartTls>,
    pub(super) count: Option<u64>,
    pub(super) join: Vec<Group>,
    pub(super) broadcast: bool,
    pub(super) lines: bool,
    pub(super) shell: Option<OsString>,
    pub(super) stdin: Option<ChildStdio>,
    pub(super) stderr: Option<ChildStdio>,
    pub(super) env: Vec<OsString>,
    pub(super) kill_after: Duration,
    pub(super) pty: bool,
    pub(super) half_close: Option<HalfClose>,
    pub(super) linger: Option<Duration>,
    pub(super) send_only: bool,
    pub(super) recv_only: bool,
    pub(super) high_water: usize,
    pub(super) low_water: Option<usize>,
    pub(super) timeout: Option<Duration>,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) quiet: bool,
    pub(super) verbose: u8,
    pub(super) color: Color,
    pub(super) completions: Option<Shell>,
    pub(super) man: bool,
}

/// All rows, in the order of help.
pub(super) fn rows() -> impl Iterator<Item = &'static OptSpec> {
    ends::ROWS.iter().chain(tls::ROWS).chain(runs::ROWS)
}

/// The row of an option.
pub(super) fn row(id: Opt) -> &'static OptSpec {
    rows().find(|row| row.id == id).expect("each option has a row; a test looks")
}

/// An option that was given, with its value. That of a flag is empty.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) row: &'static OptSpec,
    pub(super) text: OsString,
}

/// Where the values of variables come from.
pub(super) type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// A variable of this process. An empty one is as good as none: that is how a script or a unit file switches one off.
pub(super) fn variable_of_process(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// A value that makes no sense.
#[derive(Debug)]
pub(super) struct ValueError {
    pub(super) row: &'static OptSpec,
    /// The variable that has the value, if it was not given.
    pub(super) variable: Option<&'static str>,
    text: OsString,
    reason: String,
}

impl ValueError {
    /// What is wrong, with the name that the option has where it was written.
    pub(super) fn describe(&self, option: &str) -> String {
        let (text, reason) = (&self.text, &self.reason);
        match (text.to_str(), &self.variable) {
            (Some(text), _) => format!("invalid value {} for '{option}': {reason}", quote(text)),
            (None, Some(name)) => format!("the value of the environment variable {name} is not UTF-8"),
            (None, None) => format!("invalid value for '{option}': {reason}"),
        }
    }
}

impl Options {
    /// Reads the values of `rows`: what was given, else the variable, else the default.
    pub(super) fn read(
        rows: &[&'static OptSpec],
        given: &[Given],
        variables: Variables<'_>,
    ) -> Result<Self, ValueError> {
        let mut options = Self::default();
        for row in rows.iter().copied() {
            if given.iter().any(|given| given.row.id == row.id) {
                options.given.push(row.id);
                for Given { text, .. } in given.iter().filter(|given| given.row.id == row.id) {
                    options.take(row, text, None)?;
                }
                continue;
            }
            // What is given wins over a variable that contradicts it.
            let wins = |given: &Given| given.row.contradicts(row) || row.yields_to.contains(&given.row.id);
            let variable = row.variable.filter(|_| !given.iter().any(wins));
            if let Some((name, value)) = variable.and_then(|name| Some((name, variables(name)?))) {
                options.take_variable(row, name, &value)?;
            } else if let Some(default) = row.default {
                options.take(row, OsStr::new(default), None)?;
            }
        }
        Ok(options)
    }

    /// Whether an option was given.
    pub(super) fn was_given(&self, opt: Opt) -> bool {
        self.given.contains(&opt)
    }

    fn take(&mut self, row: &'static OptSpec, text: &OsStr, variable: Option<&'static str>) -> Result<(), ValueError> {
        row.store(self, text).map_err(|(text, reason)| ValueError { row, variable, text, reason })
    }

    /// A flag is switched on by 1, and off by 0.
    fn take_variable(&mut self, row: &'static OptSpec, name: &'static str, value: &OsStr) -> Result<(), ValueError> {
        match (row.value, value.as_bytes()) {
            (Value::Flag(_), b"0") => Ok(()),
            (Value::Flag(_), b"1") => self.take(row, OsStr::new(""), None),
            (Value::Flag(_), _) => {
                let reason = "it is 1 for on, or 0 for off".to_owned();
                Err(ValueError { row, variable: Some(name), text: value.to_owned(), reason })
            }
            _ => self.take(row, value, Some(name)),
        }
    }
}

#[cfg(test)]
mod tests;
