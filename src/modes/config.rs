//! What a mode is to do, resolved: no text to parse, no defaults to fill in.
//!
//! The command line (`cli/`) makes these; the modes read them. Durations are `std::time::Duration`, sizes are bytes.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::protocols::half_close::HalfClose;
use crate::protocols::starttls::StartTls;
use crate::transports::access::AccessList;
use crate::transports::address::{Address, Family};
use crate::transports::advice::Advice;
use crate::transports::datagram::opening::Group;
use crate::transports::keepalive::KeepAlive;
use crate::transports::process::opening::ChildStdio;
use crate::transports::tls::settings::{ClientSettings, ServerSettings};

/// What the command line asked for.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
pub enum Mode {
    /// `tcp-echo`, `tls-echo`, `unix-echo`: serve echo to any number of clients.
    Echo(ListenConfig),
    /// `tcp-server`, `tls-server`, `unix-server`: stdin goes to the client, what it sends goes to stdout.
    Server(ListenConfig),
    /// `tcp-client`, `tls-client`, `unix-client`: stdin goes to the peer, what it sends goes to stdout.
    Client(ConnectConfig),
    /// `udp-echo`: send each datagram back.
    DatagramEcho(ListenConfig, DatagramConfig),
    /// `udp-server`: datagrams of all senders go to stdout, stdin to the most recent one.
    DatagramServer(ListenConfig, DatagramConfig),
    /// `udp-client`: stdin goes to the peer, what it sends goes to stdout.
    DatagramClient(ConnectConfig, DatagramConfig),
    /// `exec`: a child process on stdin and stdout, or on connections.
    Exec(ExecConfig),
    /// `relay`: two endpoints, joined.
    Relay(RelayConfig),
}

/// Listening modes.
#[derive(Clone, Debug)]
pub struct ListenConfig {
    /// Where to listen; never empty.
    pub addresses: Vec<Address>,
    /// `-4`, `-6`.
    pub family: Family,
    /// `-n`: no look-ups by name.
    pub numeric: bool,
    /// Whether further clients are served after the first one: `-k`, and every echo mode without `--once`.
    pub keep_open: bool,
    /// `--max-conns`: clients served at once; the rest wait in the backlog. `None` is no limit.
    pub max_conns: Option<usize>,
    /// `--backlog`, as `listen(2)` takes it.
    pub backlog: u32,
    /// `--allow` and `--deny`.
    pub access: AccessList,
    /// `--mode`: permission bits of a unix socket.
    pub socket_mode: u32,
    /// `--replace-stale`: remove a unix socket that nobody serves any more.
    pub replace_stale: bool,
    /// How messages name options.
    pub advice: Advice,
    /// `--port-file`: where to write the real port once listening.
    pub port_file: Option<PathBuf>,
    /// `--grace`: how long sessions may finish after the first SIGTERM.
    pub grace: Duration,
    /// `--keepalive`: when a TCP client that is silent counts as gone.
    pub keepalive: KeepAlive,
    /// TLS, where that is spoken.
    pub tls: Option<ServerSettings>,
    /// What holds for each session.
    pub stream: StreamConfig,
}

/// Connecting modes.
#[derive(Clone, Debug)]
pub struct ConnectConfig {
    /// Where to connect.
    pub address: Address,
    /// `-4`, `-6`.
    pub family: Family,
    /// `-n`: no look-ups by name.
    pub numeric: bool,
    /// `--source`: the local address, and port unless 0, to connect from.
    pub source: Option<Address>,
    /// `--connect-timeout`: resolving and connecting together, each try of its own.
    pub connect_timeout: Duration,
    /// `--retry`: further tries after the first one failed.
    pub retry: u32,
    /// `--retry-delay`: the pause between two tries.
    pub retry_delay: Duration,
    /// `--keepalive`: when a TCP peer that is silent counts as gone.
    pub keepalive: KeepAlive,
    /// TLS, where that is spoken.
    pub tls: Option<TlsConnect>,
    /// What holds for the session.
    pub stream: StreamConfig,
}

/// TLS of what connects.
#[derive(Clone, Debug)]
pub struct TlsConnect {
    /// How.
    pub settings: ClientSettings,
    /// `--starttls`: the protocol in which TLS is asked for first.
    pub starttls: Option<StartTls>,
}

/// `exec`.
#[derive(Clone, Debug)]
pub struct ExecConfig {
    /// What is run.
    pub child: ChildConfig,
    /// What it is joined with.
    pub place: ExecPlace,
    /// What holds for its pipes, and for the run.
    pub stream: StreamConfig,
}

/// What the child of `exec` is joined with.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
pub enum ExecPlace {
    /// stdin and stdout.
    Stdio,
    /// `--listen`: a child for each connection. Never empty; each may have options of its own.
    Listen(Vec<ListenConfig>),
    /// `--connect`: one child on one connection.
    Connect(ConnectConfig),
}

/// `relay`.
#[derive(Clone, Debug)]
pub struct RelayConfig {
    /// What is opened first. One that listens is opened anew for each of its clients.
    pub left: Endpoint,
    /// What is opened for each left. Never one that listens.
    pub right: Endpoint,
    /// What holds for each pair, and for the run.
    pub stream: StreamConfig,
}

/// One side of a relay.
#[derive(Clone, Debug)]
pub enum Endpoint {
    /// `-`, `stdio`.
    Stdio,
    /// `tcp:A`, `tls:A`, `unix:A`; `fd:N` on the right.
    Connect(ConnectConfig),
    /// `udp:A`.
    DatagramConnect(ConnectConfig, DatagramConfig),
    /// `tcp-listen:A`, `tls-listen:A`, `unix-listen:A`; `fd:N` on the left, which may turn out to be connected already.
    Listen(ListenConfig),
    /// `udp-listen:A`.
    DatagramListen(ListenConfig, DatagramConfig),
    /// `exec:CMD`, `shell:CMD`.
    Child(ChildConfig),
}

/// A child process.
#[derive(Clone, Debug)]
pub struct ChildConfig {
    /// What is run.
    pub program: Program,
    /// `--stdin`: a pipe, ours, or nothing. `None` is for the mode to choose.
    pub stdin: Option<ChildStdio>,
    /// `--stderr`. `None` is for the mode to choose.
    pub stderr: Option<ChildStdio>,
    /// `--env`: names and values that the child gets besides.
    pub environment: Vec<(OsString, OsString)>,
    /// `--kill-after`: how long a child that was asked to end may take for it.
    pub kill_after: Duration,
    /// `--pty`: a terminal of its own is its stdin, stdout and stderr.
    pub pty: bool,
}

/// What a child runs.
#[derive(Clone, Debug)]
pub enum Program {
    /// A program and its arguments, as they are.
    Argv {
        /// A path, or a name to be looked for in `PATH`.
        program: OsString,
        /// What it gets.
        arguments: Vec<OsString>,
    },
    /// `--shell`: a line for the shell.
    Shell(OsString),
}

/// What datagrams have besides.
#[derive(Clone, Debug, Default)]
pub struct DatagramConfig {
    /// `--lines`: each line of stdin is a datagram, each datagram a line of stdout.
    pub lines: bool,
    /// `--count`: leave after so many datagrams have arrived.
    pub count: Option<u64>,
    /// `--broadcast`: the peer may be everyone.
    pub broadcast: bool,
    /// `--join`: groups whose datagrams are wanted.
    pub groups: Vec<Group>,
}

/// What holds for every session.
#[derive(Clone, Debug)]
pub struct StreamConfig {
    /// `--send-only`: what the peer sends is thrown away.
    pub send_only: bool,
    /// `--recv-only`: stdin is not read.
    pub recv_only: bool,
    /// `--half-close`: when the end of stdin is passed on to the peer.
    pub half_close: HalfClose,
    /// `--high-water`: bytes that may wait to be written before reading pauses.
    pub high_water: usize,
    /// `--low-water`: bytes at which reading resumes; `None` is a quarter of high water.
    pub low_water: Option<usize>,
    /// `--idle-timeout`: no byte either way for so long ends the session.
    pub idle_timeout: Option<Duration>,
    /// `--linger`: how long to wait for the peer's end, or for its next datagram, once stdin has ended.
    pub linger: Option<Duration>,
    /// `--timeout`: the whole run.
    pub timeout: Option<Duration>,
}
