//! The options by their keys, and their typed values.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap_complete::Shell;
use ipnet::IpNet;
use rustls::pki_types::ServerName;

use crate::cli::logger::Color;
use crate::cli::text::Manual;
use crate::modes::config::{DatagramRun, ListenConfig, StreamConfig, WaitConfig};
use crate::protocols::escape::EscapeKey;
use crate::protocols::half_close::HalfClose;
use crate::transports::connect::Dialing;
use crate::transports::datagram::opening::Group;
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
    Owner,
    ReplaceStale,
    AcceptTimeout,
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
    Nodelay,
    RecvBuffer,
    SendBuffer,
    BindDevice,
    Tos,
    Ttl,
    ScanTimeout,
    Parallel,
    Banner,
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
    TlsMax,
    HandshakeTimeout,
    AllowTruncation,
    Keylog,
    Starttls,
    ShowChain,
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
    QuitAfter,
    UntilPeerEnds,
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
    For,
    Every,
    Any,
    Gone,
    Status,
    Send,
    Quiet,
    Verbose,
    Color,
    LogTime,
    Completions,
    Man,
}

impl Opt {
    /// Whether the value of the option is an end: that of `--listen` or `--connect`.
    pub(in crate::cli) fn names_an_end(self) -> bool {
        matches!(self, Self::ListenAddress | Self::ListenEndpoint | Self::ConnectAddress | Self::ConnectEndpoint)
    }
}

/// The values of all options. An option that was not given has its default, or what [`Default`] says. A value that goes
/// into a configuration unchanged is in that configuration already.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Options {
    /// The options that the user gave. The others have a default, or the value of a variable.
    pub(super) given: Vec<Opt>,
    pub(in crate::cli) listen: Vec<OsString>,
    pub(in crate::cli) listening: ListenConfig,
    pub(in crate::cli) dial: Dialing,
    pub(in crate::cli) stream: StreamConfig,
    pub(in crate::cli) datagrams: DatagramRun,
    pub(in crate::cli) wait: WaitConfig,
    pub(in crate::cli) once: bool,
    pub(in crate::cli) allow: Vec<IpNet>,
    pub(in crate::cli) deny: Vec<IpNet>,
    pub(in crate::cli) connect: Option<OsString>,
    pub(in crate::cli) ipv4: bool,
    pub(in crate::cli) ipv6: bool,
    pub(in crate::cli) parallel: usize,
    pub(in crate::cli) banner: bool,
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
    pub(in crate::cli) tls_max: Version,
    pub(in crate::cli) handshake_timeout: Duration,
    pub(in crate::cli) allow_truncation: bool,
    pub(in crate::cli) keylog: Option<PathBuf>,
    pub(in crate::cli) starttls: Option<StartTls>,
    pub(in crate::cli) show_chain: bool,
    pub(in crate::cli) join: Vec<Group>,
    pub(in crate::cli) broadcast: bool,
    pub(in crate::cli) shell: Option<OsString>,
    pub(in crate::cli) stdin: Option<ChildStdio>,
    pub(in crate::cli) stderr: Option<ChildStdio>,
    pub(in crate::cli) env: Vec<OsString>,
    pub(in crate::cli) kill_after: Duration,
    pub(in crate::cli) pty: bool,
    pub(in crate::cli) half_close: Option<HalfClose>,
    pub(in crate::cli) crlf: bool,
    pub(in crate::cli) raw: bool,
    pub(in crate::cli) escape: Option<EscapeKey>,
    pub(in crate::cli) status: Vec<u16>,
    pub(in crate::cli) send: Option<OsString>,
    pub(in crate::cli) quiet: bool,
    pub(in crate::cli) verbose: u8,
    pub(in crate::cli) color: Color,
    pub(in crate::cli) log_time: bool,
    pub(in crate::cli) completions: Option<Shell>,
    pub(in crate::cli) man: Option<Manual>,
}
