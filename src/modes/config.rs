//! What a mode is to do, resolved: no text to parse, no defaults to fill in.
//!
//! The command line (`cli/`) makes these; the modes read them. Durations are `std::time::Duration`, sizes are bytes.

use std::ffi::OsString;
use std::os::fd::RawFd;
use std::path::PathBuf;
use std::time::Duration;

use crate::protocols::half_close::HalfClose;
use crate::protocols::starttls::StartTls;
use crate::transports::access::AccessList;
use crate::transports::address::{Address, Family, HostPort, UnixName};
use crate::transports::advice::Advice;
use crate::transports::datagram::opening::Group;
use crate::transports::keepalive::KeepAlive;
use crate::transports::process::opening::ChildStdio;
use crate::transports::tls::settings::{ClientSettings, ServerSettings};

/// What the command line asked for. Where a mode has several listeners, each may have options of its own, and there is
/// at least one.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
pub enum Mode {
    /// Echo for any number of clients: `tcp-echo`, `tls-echo`, `unix-echo`, `echo`.
    Echo(Vec<ListenConfig>),
    /// stdin goes to the client, what it sends goes to stdout: `tcp-server`, `tls-server`, `unix-server`, `listen`.
    Server(Vec<ListenConfig>),
    /// stdin goes to the peer, what it sends goes to stdout: `tcp-client`, `tls-client`, `unix-client`, `connect`.
    Client(ConnectConfig),
    /// Each datagram is sent back: `udp-echo`, `echo`.
    DatagramEcho(Vec<DatagramListenConfig>, DatagramRun),
    /// Datagrams of all senders go to stdout, stdin to the most recent one: `udp-server`, `listen`.
    DatagramServer(Vec<DatagramListenConfig>, DatagramRun),
    /// stdin goes to the peer, what it sends goes to stdout: `udp-client`, `connect`.
    DatagramClient(DatagramConnectConfig<DatagramAddress>, DatagramRun, StreamConfig),
    /// `exec`: a child process on stdin and stdout, or on connections.
    Exec(ExecConfig),
    /// `relay`: two endpoints, joined.
    Relay(RelayConfig),
}

/// What listens for streams.
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

/// What receives datagrams.
#[derive(Clone, Debug)]
pub struct DatagramListenConfig {
    /// Where to listen; never empty.
    pub addresses: Vec<DatagramAddress>,
    /// `-4`, `-6`.
    pub family: Family,
    /// `-n`: no look-ups by name.
    pub numeric: bool,
    /// `--max-conns`: senders served at once by a relay. `None` is for the relay to choose.
    pub max_conns: Option<usize>,
    /// `--allow` and `--deny`.
    pub access: AccessList,
    /// `--port-file`: where to write the real port once listening.
    pub port_file: Option<PathBuf>,
    /// `--join`: groups whose datagrams are wanted.
    pub groups: Vec<Group>,
    /// `--grace`: how long what is still to be written may take after the first SIGTERM.
    pub grace: Duration,
    /// What holds for each session.
    pub stream: StreamConfig,
}

/// How something is connected to.
#[derive(Clone, Debug)]
pub struct DialConfig {
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
}

/// What connects to a stream.
#[derive(Clone, Debug)]
pub struct ConnectConfig {
    /// Where to connect.
    pub target: Target,
    /// How.
    pub dial: DialConfig,
    /// TLS, where that is spoken.
    pub tls: Option<TlsConnect>,
    /// What holds for the session.
    pub stream: StreamConfig,
}

/// The other end of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A peer that is connected to.
    Peer(StreamPeer),
    /// `fd:N`: a connection that is there already.
    Inherited(RawFd),
}

/// A peer that can be connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamPeer {
    /// TCP.
    Inet(HostPort),
    /// A unix socket.
    Unix(UnixName),
}

/// What sends datagrams to a peer, which is one of `A`.
#[derive(Clone, Debug)]
pub struct DatagramConnectConfig<A> {
    /// Where to.
    pub target: A,
    /// How its name is looked up, and from where it is sent.
    pub dial: DialConfig,
    /// `--broadcast`: the peer may be everyone.
    pub broadcast: bool,
}

/// The address of a datagram socket, own or other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatagramAddress {
    /// UDP.
    Inet(HostPort),
    /// `fd:N`: a socket that is there already.
    Inherited(RawFd),
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
    /// What is opened first.
    pub left: LeftEndpoint,
    /// What is opened for each left.
    pub right: Endpoint,
    /// What holds for each pair, and for the run.
    pub stream: StreamConfig,
}

/// The left side of a relay.
#[derive(Clone, Debug)]
pub enum LeftEndpoint {
    /// `tcp-listen:A`, `tls-listen:A`, `unix-listen:A`; `fd:N`, which may turn out to be connected already. It is opened
    /// anew for each of its clients.
    Listen(ListenConfig),
    /// `udp-listen:A`.
    DatagramListen(DatagramListenConfig),
    /// What is there once.
    Single(Endpoint),
}

/// A side of a relay that does not listen.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there are two of it in a run")]
pub enum Endpoint {
    /// `-`, `stdio`.
    Stdio,
    /// `tcp:A`, `tls:A`, `unix:A`, `fd:N`.
    Connect(ConnectConfig),
    /// `udp:A`.
    Datagrams(DatagramConnectConfig<HostPort>),
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

/// What a run over datagrams has besides.
#[derive(Clone, Copy, Debug, Default)]
pub struct DatagramRun {
    /// `--lines`: each line of stdin is a datagram, each datagram a line of stdout.
    pub lines: bool,
    /// `--count`: leave after so many datagrams have arrived.
    pub count: Option<u64>,
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
