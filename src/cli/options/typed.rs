//! The options by their keys, and their typed values.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap_complete::Shell;
use ipnet::IpNet;
use rustls::pki_types::ServerName;

use crate::cli::logger::Color;
use crate::protocols::escape::EscapeKey;
use crate::protocols::half_close::HalfClose;
use crate::transports::address::Address;
use crate::transports::datagram::opening::Group;
use crate::transports::keepalive::KeepAlive;
use crate::transports::layer::starttls::StartTls;
use crate::transports::process::opening::ChildStdio;
use crate::transports::tls::pin::Pin;
use crate::transports::tls::settings::Version;

/// The key of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Opt {
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
    Crlf,
    Raw,
    Escape,
    Dump,
    Progress,
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
pub(in crate::cli) struct Options {
    /// The options that the user gave. The others have a default, or the value of a variable.
    pub(super) given: Vec<Opt>,
    pub(in crate::cli) listen: Vec<OsString>,
    pub(in crate::cli) grace: Duration,
    pub(in crate::cli) backlog: u32,
    pub(in crate::cli) keep_open: bool,
    pub(in crate::cli) once: bool,
    pub(in crate::cli) max_conns: Option<usize>,
    pub(in crate::cli) allow: Vec<IpNet>,
    pub(in crate::cli) deny: Vec<IpNet>,
    pub(in crate::cli) port_file: Option<PathBuf>,
    pub(in crate::cli) mode: Option<u32>,
    pub(in crate::cli) replace_stale: bool,
    pub(in crate::cli) connect: Option<OsString>,
    pub(in crate::cli) connect_timeout: Duration,
    pub(in crate::cli) retry: u32,
    pub(in crate::cli) retry_delay: Duration,
    pub(in crate::cli) ipv4: bool,
    pub(in crate::cli) ipv6: bool,
    pub(in crate::cli) numeric: bool,
    pub(in crate::cli) source: Option<Address>,
    pub(in crate::cli) keepalive: KeepAlive,
    pub(in crate::cli) ca: Option<PathBuf>,
    pub(in crate::cli) server_name: Option<ServerName<'static>>,
    pub(in crate::cli) pin: Vec<Pin>,
    pub(in crate::cli) insecure: bool,
    pub(in crate::cli) self_signed: bool,
    pub(in crate::cli) client_ca: Option<PathBuf>,
    pub(in crate::cli) cert: Option<PathBuf>,
    pub(in crate::cli) key: Option<PathBuf>,
    pub(in crate::cli) alpn: Vec<Vec<u8>>,
    pub(in crate::cli) tls_min: Version,
    pub(in crate::cli) handshake_timeout: Duration,
    pub(in crate::cli) allow_truncation: bool,
    pub(in crate::cli) keylog: Option<PathBuf>,
    pub(in crate::cli) starttls: Option<StartTls>,
    pub(in crate::cli) count: Option<u64>,
    pub(in crate::cli) join: Vec<Group>,
    pub(in crate::cli) broadcast: bool,
    pub(in crate::cli) lines: bool,
    pub(in crate::cli) shell: Option<OsString>,
    pub(in crate::cli) stdin: Option<ChildStdio>,
    pub(in crate::cli) stderr: Option<ChildStdio>,
    pub(in crate::cli) env: Vec<OsString>,
    pub(in crate::cli) kill_after: Duration,
    pub(in crate::cli) pty: bool,
    pub(in crate::cli) half_close: Option<HalfClose>,
    pub(in crate::cli) linger: Option<Duration>,
    pub(in crate::cli) send_only: bool,
    pub(in crate::cli) recv_only: bool,
    pub(in crate::cli) crlf: bool,
    pub(in crate::cli) raw: bool,
    pub(in crate::cli) escape: Option<EscapeKey>,
    pub(in crate::cli) dump: Option<PathBuf>,
    pub(in crate::cli) progress: bool,
    pub(in crate::cli) high_water: usize,
    pub(in crate::cli) low_water: Option<usize>,
    pub(in crate::cli) timeout: Option<Duration>,
    pub(in crate::cli) idle_timeout: Option<Duration>,
    pub(in crate::cli) quiet: bool,
    pub(in crate::cli) verbose: u8,
    pub(in crate::cli) color: Color,
    pub(in crate::cli) completions: Option<Shell>,
    pub(in crate::cli) man: bool,
}
