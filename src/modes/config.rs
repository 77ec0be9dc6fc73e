//! The configuration of each mode. Nothing is left to parse, and no default is left to fill in.
//!
//! The command line (`cli/`) makes these types, and the modes read them. Sizes are bytes.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::protocols::escape::EscapeKey;
use crate::protocols::pair::half_close::HalfClose;
use crate::protocols::wait::http::HttpGet;
use crate::transports::access::AccessList;
use crate::transports::address::{Address, Family, Host, HostPort, Place};
use crate::transports::advice::Advice;
use crate::transports::connect::Retry;
use crate::transports::datagram::opening::Group;
use crate::transports::keepalive::KeepAlive;
use crate::transports::layer::starttls::StartTls;
use crate::transports::opening::Owner;
use crate::transports::process::opening::ChildStdio;
use crate::transports::socket_options::SocketOptions;
use crate::transports::tls::settings::{ClientSettings, ServerSettings};

/// A mode, with everything that it needs. A list of listeners is never empty; each listener can have its own options.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a run has one")]
pub enum Mode {
    /// Echo for any number of clients: `tcp-echo`, `tls-echo`, `unix-echo`, `echo`.
    Echo(Vec<ListenConfig>),
    /// stdin goes to the client, what it sends goes to stdout: `tcp-server`, `tls-server`, `unix-server`, `listen`.
    Server(Vec<ListenConfig>),
    /// stdin goes to the peer, what it sends goes to stdout: `tcp-client`, `tls-client`, `unix-client`, `connect`.
    Client(ConnectConfig),
    /// The certificates of the peer go to stdout: `--show-chain`.
    ShowChain(ConnectConfig),
    /// Each datagram is sent back: `udp-echo`, `echo`.
    DatagramEcho(Vec<DatagramListenConfig>, DatagramRun),
    /// Datagrams of all senders go to stdout, stdin to the most recent one: `udp-server`, `listen`.
    DatagramServer(Vec<DatagramListenConfig>, DatagramRun),
    /// stdin goes to the peer, what it sends goes to stdout: `udp-client`, `connect`.
    DatagramClient(DatagramConnectConfig<Place<HostPort>>, DatagramRun, StreamConfig),
    /// `exec`: a child process on stdin and stdout, or on connections.
    Exec(ExecConfig),
    /// `relay`: two endpoints, joined.
    Relay(RelayConfig),
    /// `scan`: the open ports of a host.
    Scan(ScanConfig),
    /// `wait`: tries endpoints until they are up, or gone.
    Wait(WaitConfig),
}

/// An end that listens for streams.
#[derive(Clone, Debug, Default)]
pub struct ListenConfig {
    /// Where to listen; never empty.
    pub addresses: Vec<Place>,
    /// `-4`, `-6`.
    pub family: Family,
    /// `-n`: do not look up names.
    pub numeric: bool,
    /// Whether further clients are served after the first one: `-k`, or no `--once`.
    pub keep_open: bool,
    /// `--max-conns`: clients served at once; the rest wait in the backlog. `None` is no limit.
    pub max_conns: Option<usize>,
    /// `--backlog`, as `listen(2)` takes it.
    pub backlog: u32,
    /// `--allow` and `--deny`.
    pub access: AccessList,
    /// `--mode`: permission bits of a unix socket.
    pub socket_mode: u32,
    /// `--owner`: user and group of a unix socket.
    pub owner: Owner,
    /// `--replace-stale`: remove a unix socket that no process serves.
    pub replace_stale: bool,
    /// How messages name options.
    pub advice: Advice,
    /// `--port-file`: where to write the real port once listening.
    pub port_file: Option<PathBuf>,
    /// `--grace`: how long sessions may finish after the first SIGTERM.
    pub grace: Duration,
    /// `--accept-timeout`: how long to wait for the first client.
    pub accept_timeout: Option<Duration>,
    /// `--keepalive`: when a silent TCP client counts as gone.
    pub keepalive: KeepAlive,
    /// `--nodelay`, `--recv-buffer` and further options of the sockets.
    pub socket: SocketOptions,
    /// The settings of TLS, if there is TLS.
    pub tls: Option<ServerSettings>,
    /// `--crlf`: a line feed is sent as CR LF.
    pub crlf: bool,
    /// The options of each session.
    pub stream: StreamConfig,
}

/// An end that receives datagrams from any sender.
#[derive(Clone, Debug)]
pub struct DatagramListenConfig {
    /// Where to listen; never empty.
    pub addresses: Vec<Place<HostPort>>,
    /// `-4`, `-6`.
    pub family: Family,
    /// `-n`: do not look up names.
    pub numeric: bool,
    /// `--max-conns`: senders served at once by a relay. `None` is for the relay to choose.
    pub max_conns: Option<usize>,
    /// `--allow` and `--deny`.
    pub access: AccessList,
    /// `--port-file`: where to write the real port once listening.
    pub port_file: Option<PathBuf>,
    /// `--join`: groups whose datagrams are wanted.
    pub groups: Vec<Group>,
    /// `--recv-buffer` and further options of the sockets.
    pub socket: SocketOptions,
    /// `--grace`: how long writing buffered data may take after the first SIGTERM.
    pub grace: Duration,
    /// The options of each session.
    pub stream: StreamConfig,
}

/// How to connect.
#[derive(Clone, Debug, Default)]
pub struct DialConfig {
    /// `-4`, `-6`.
    pub family: Family,
    /// `-n`: do not look up names.
    pub numeric: bool,
    /// `--source`: the local address to connect from, and the local port unless that is 0.
    pub source: Option<HostPort>,
    /// `--connect-timeout`: how long one try may take, looking the name up included.
    pub connect_timeout: Duration,
    /// `--retry`: how many tries follow a first one that failed.
    pub retry: Retry,
    /// `--retry-delay`: the pause between two tries.
    pub retry_delay: Duration,
    /// `--keepalive`: when a silent TCP peer counts as gone.
    pub keepalive: KeepAlive,
    /// `--nodelay`, `--recv-buffer` and further options of the socket.
    pub socket: SocketOptions,
}

/// An end that connects a stream.
#[derive(Clone, Debug)]
pub struct ConnectConfig {
    /// Where to connect. `fd:N` is a connection that was open when xport started.
    pub target: Place,
    /// How to connect to the peer.
    pub dial: DialConfig,
    /// The settings of TLS, if there is TLS.
    pub tls: Option<TlsConnect>,
    /// `--crlf`: a line feed is sent as CR LF.
    pub crlf: bool,
    /// The options of the session.
    pub stream: StreamConfig,
}

/// An end that sends datagrams to a peer. `A` is the type of its address.
#[derive(Clone, Debug)]
pub struct DatagramConnectConfig<A> {
    /// The peer.
    pub target: A,
    /// How the name of the peer is looked up, and the source.
    pub dial: DialConfig,
    /// `--broadcast`: the peer can be a broadcast address.
    pub broadcast: bool,
}

/// TLS of an end that connects.
#[derive(Clone, Debug)]
pub struct TlsConnect {
    /// The settings.
    pub settings: ClientSettings,
    /// `--starttls`: the protocol that asks the peer to begin TLS.
    pub starttls: Option<StartTls>,
}

/// A child process.
#[derive(Clone, Debug)]
pub struct ChildConfig {
    /// The program.
    pub program: Program,
    /// `--stdin`: a pipe, the stdin of xport, or nothing. With `None` the mode chooses.
    pub stdin: Option<ChildStdio>,
    /// `--stderr`. With `None` the mode chooses.
    pub stderr: Option<ChildStdio>,
    /// `--env`: further variables of the child.
    pub environment: Vec<(OsString, OsString)>,
    /// `--kill-after`: how long a child may take to end after it was asked to.
    pub kill_after: Duration,
    /// `--pty`: the child has its own terminal as stdin, stdout and stderr.
    pub pty: bool,
}

/// The program of a child.
#[derive(Clone, Debug)]
pub enum Program {
    /// A program and its arguments, as they are.
    Argv {
        /// A path, or a name to look for in `PATH`.
        program: OsString,
        /// Its arguments.
        arguments: Vec<OsString>,
    },
    /// `--shell`: a line for the shell.
    Shell(OsString),
}

/// `exec`.
#[derive(Clone, Debug)]
pub struct ExecConfig {
    /// The program.
    pub child: ChildConfig,
    /// The other end of the program.
    pub place: ExecPlace,
    /// The options of the pipes and of the run.
    pub stream: StreamConfig,
}

/// The other end of the program of `exec`.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a run has one")]
pub enum ExecPlace {
    /// stdin and stdout.
    Stdio,
    /// `--listen`: a program runs for each connection. Never empty; each listener can have its own options.
    Listen(Vec<ListenConfig>),
    /// `--connect`: one program on one connection.
    Connect(ConnectConfig),
}

/// `relay`.
#[derive(Clone, Debug)]
pub struct RelayConfig {
    /// The side that is opened first.
    pub left: LeftEndpoint,
    /// The side that is opened for the left one, or for each of its clients.
    pub right: Endpoint,
    /// The options of each pair and of the run.
    pub stream: StreamConfig,
}

/// The left side of a relay.
#[derive(Clone, Debug)]
pub enum LeftEndpoint {
    /// `tcp-listen:A`, `tls-listen:A`, `unix-listen:A`, and `fd:N`, which can be connected already. Each client makes a
    /// pair.
    Listen(ListenConfig),
    /// `udp-listen:A`.
    DatagramListen(DatagramListenConfig),
    /// A side that does not listen: there is one pair.
    Single(Endpoint),
}

/// A side of a relay that does not listen.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a run has two")]
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

/// `scan`.
#[derive(Clone, Debug)]
pub struct ScanConfig {
    /// The host.
    pub host: Host,
    /// The ports, in order, each once. Never empty.
    pub ports: Vec<u16>,
    /// How to connect to each port.
    pub dial: DialConfig,
    /// `--parallel`: how many connections are made at the same time.
    pub parallel: usize,
    /// `--banner`: show the first line of each service.
    pub banners: bool,
    /// The options of the run.
    pub stream: StreamConfig,
}

/// `wait`.
#[derive(Clone, Debug, Default)]
pub struct WaitConfig {
    /// The endpoints; never empty.
    pub services: Vec<AwaitedService>,
    /// `--for`: how long to try again. `None` is for one try.
    pub limit: Option<Duration>,
    /// `--every`: the pause after the first failed try. Later pauses are longer.
    pub every: Duration,
    /// `--any`: one endpoint is enough.
    pub any: bool,
    /// `--gone`: wait until the endpoints are gone.
    pub gone: bool,
    /// The program that xport becomes at the end, and its arguments.
    pub command: Option<(OsString, Vec<OsString>)>,
    /// The options of the run.
    pub stream: StreamConfig,
}

/// An endpoint to wait for.
#[derive(Clone, Debug)]
pub struct AwaitedService {
    /// The endpoint as the user wrote it.
    pub name: String,
    /// Where it is, and what proves that it is up.
    pub kind: AwaitedKind,
}

/// Where an endpoint is, and what proves that it is up.
#[derive(Clone, Debug)]
pub enum AwaitedKind {
    /// `tcp:`, `unix:`, `tls:`: a connection, and with TLS a verified handshake.
    Connects(Address, DialConfig, Option<TlsConnect>),
    /// `http:`, `https:`: the status of an answer.
    Answers(HostPort, DialConfig, Option<TlsConnect>, HttpGet),
    /// `udp:`: with a text, a reply to it. Without one, no refusal.
    Replies(HostPort, DialConfig, Option<Vec<u8>>),
}

/// Further options of a run over datagrams.
#[derive(Clone, Copy, Debug, Default)]
pub struct DatagramRun {
    /// `--lines`: each line of stdin is a datagram, and each datagram on stdout ends with a newline.
    pub lines: bool,
    /// `--count`: the run ends once this many datagrams have arrived.
    pub count: Option<u64>,
}

/// The options of every session.
#[derive(Clone, Debug, Default)]
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
    /// `--idle-timeout`: how long no byte may move in either direction.
    pub idle_timeout: Option<Duration>,
    /// `--linger`: how long to wait, once stdin has ended, for the end of the peer or for its next datagram.
    pub linger: Option<Duration>,
    /// `--quit-after`: how long the answer may take, once stdin has ended and the peer has all of it.
    pub quit_after: Option<Duration>,
    /// `--until-peer-ends`: the end of the peer ends the session.
    pub until_peer_ends: bool,
    /// `--timeout`: how long the run may take.
    pub timeout: Option<Duration>,
    /// `--dump`: the file of the dump. `-` is stderr.
    pub dump: Option<PathBuf>,
    /// `--raw`: keys of the terminal go to the peer one by one.
    pub keys: Option<KeyConfig>,
    /// `--progress`: how much has moved is shown on stderr.
    pub progress: bool,
}

/// Keys that go to the peer one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyConfig {
    /// `--escape`: the key before a command to xport, if there is one.
    pub escape: Option<EscapeKey>,
}
