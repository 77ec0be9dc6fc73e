//! The options in groups, one struct each, as clap knows them: names, forms of values, one line of help.
//!
//! Which mode has which groups is in `cli/args.rs`, which endpoint in `cli/endpoint.rs`. What options mean together is
//! in `cli/resolve.rs` and `cli/join.rs`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum, ValueHint, value_parser};
use clap_complete::Shell;
use ipnet::IpNet;
use rustls::pki_types::ServerName;

use crate::cli::tls::{Alpn, parse_alpn, parse_server_name, starttls_parser, version_parser};
use crate::cli::values::{
    parse_duration, parse_group, parse_half_close, parse_keepalive, parse_mode, parse_network, parse_positive_duration,
    parse_size,
};
use crate::protocols::half_close::HalfClose;
use crate::protocols::starttls::StartTls;
use crate::transports::datagram::opening::Group;
use crate::transports::keepalive::KeepAlive;
use crate::transports::tls::pin::Pin;
use crate::transports::tls::settings::Version;

/// The address of a TCP or UDP mode.
#[derive(Args, Debug)]
pub(super) struct InetAddress {
    /// HOST:PORT, [V6]:PORT, :PORT (loopback) or fd:N; where one listens, *:PORT (every interface)
    ///
    /// A bare PORT or :PORT is the loopback of both families, so that nothing is exposed by accident. *:PORT is
    /// every interface, for what listens. An IPv6 address goes in brackets, with %interface if it is link-local: [fe80::1%eth0]:80.
    /// PORT is a number or a service name; port 0 lets the kernel choose, where one listens. fd:N is an inherited
    /// socket.
    #[arg(value_name = "ADDRESS", value_hint = ValueHint::Hostname)]
    pub(super) address: Option<OsString>,
    /// The port, where ADDRESS is a host alone
    #[arg(value_name = "PORT")]
    pub(super) port: Option<OsString>,
}

/// The address of a unix mode.
#[derive(Args, Debug)]
pub(super) struct UnixAddress {
    /// A path, @name (abstract) or fd:N
    ///
    /// An abstract name is not in the file system and has no permissions: anyone on the machine can connect. fd:N is
    /// an inherited socket.
    #[arg(value_name = "ADDRESS", value_hint = ValueHint::FilePath)]
    pub(super) address: Option<OsString>,
}

/// The two endpoints of `relay`.
#[derive(Args, Debug)]
pub(super) struct Ends {
    /// What is opened first: KIND:ADDRESS[,OPTION]..., as 'xport relay --help' lists them; one that listens serves many
    #[arg(value_name = "LEFT")]
    pub(super) left: Option<OsString>,
    /// What is opened for it, or for each of its clients; it does not listen
    #[arg(value_name = "RIGHT")]
    pub(super) right: Option<OsString>,
}

/// Where `exec` runs its program, if not on stdin and stdout.
#[derive(Args, Debug)]
#[command(next_help_heading = "Connection")]
pub(super) struct Places {
    /// Run a program for each connection that is accepted here; may be repeated
    ///
    /// EP is an address, of TCP unless it says tls:, unix: or fd: or is a path. Options that hold for it alone follow after
    /// commas, as in unix:./sock,mode=0660 or tls:7000,cert=FILE: they win over those of the command line, networks of allow
    /// and deny add to them. 'xport relay --help' has those of tcp-listen:, tls-listen: and unix-listen:.
    #[arg(long, value_name = "EP", help_heading = "Listening")]
    pub(super) listen: Vec<OsString>,
    /// Run the program on one connection to there
    ///
    /// EP is an address, of TCP unless it says tls:, unix: or fd: or is a path. Its options follow after commas, as in
    /// host:7000,source=:99,4. 'xport relay --help' has those of tcp:, tls: and unix:.
    #[arg(long, value_name = "EP", conflicts_with = "listen")]
    pub(super) connect: Option<OsString>,
}

/// What `exec` runs.
#[derive(Args, Debug)]
#[command(next_help_heading = "Child")]
pub(super) struct ChildCommand {
    /// The program and its arguments, as they are: no shell reads them
    #[arg(value_name = "CMD", trailing_var_arg = true, value_hint = ValueHint::CommandWithArguments)]
    pub(super) command: Vec<OsString>,
    /// Let the shell run this line, instead of CMD
    #[arg(long, value_name = "CMD", conflicts_with = "command", value_hint = ValueHint::CommandString)]
    pub(super) shell: Option<OsString>,
    /// Stdin of the program: a pipe from xport, the stdin of xport itself, or nothing [default: by its kind]
    ///
    /// Stdin of the program. 'pipe': xport reads its own stdin and passes it on; it reads as far ahead as a pipe is
    /// long. 'inherit': the program has the stdin of xport, and xport reads nothing of it; what the program does not
    /// read is left for the next reader, as in a 'while read' loop. 'null': nobody reads it. Without the option, a
    /// file, a device or a pipe is inherited. xport reads a terminal, because the program stands in the background
    /// there; it also reads a socket, and a pipe that is non-blocking. With
    /// --pty, everything is typed on the terminal of the program. A program that inherits a terminal runs in the
    /// process group of xport: it gets the keys, and --timeout and signals reach only the program, not the processes
    /// that it has started.
    #[arg(long, value_name = "WHAT", value_enum)]
    pub(super) stdin: Option<Stdin>,
}

/// What a child's stdin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Stdin {
    Pipe,
    Inherit,
    Null,
}

/// What runs a child has.
#[derive(Args, Debug)]
#[command(next_help_heading = "Child")]
pub(super) struct Child {
    /// Stderr of the program: that of xport, nothing, or the same as its stdout [default: inherit, or merge]
    ///
    /// Stderr of the program: that of xport, nothing, or the same as its stdout. Without the option it is that of
    /// xport. If the stdout of the program goes to the stdout of xport, and one file, pipe or terminal is behind
    /// stdout and stderr of xport, then it is the same as the stdout of the program. This keeps the order in which
    /// the program writes.
    #[arg(long, value_name = "WHERE", value_enum)]
    pub(super) stderr: Option<Stderr>,
    /// Give it this variable besides; a name alone has the value that it has here. May be repeated
    ///
    /// Give it this variable besides; a name alone has the value that it has here. May be repeated. Of our environment it gets PATH,
    /// HOME, USER, LOGNAME, SHELL, TERM, LANG, LC_*, TZ, TMPDIR, PWD and XDG_RUNTIME_DIR; nothing else unless it is named.
    #[arg(long, value_name = "K=V")]
    pub(super) env: Vec<OsString>,
    /// Kill it if it has not ended so long after a SIGTERM or SIGHUP
    ///
    /// Kill it if it has not ended so long after a SIGTERM or SIGHUP. Where a client has left in order, the end of its input asks it
    /// first: it gets the SIGTERM when it has taken nothing for as long.
    #[arg(long, value_name = "DUR", env = "XPORT_KILL_AFTER", default_value = "5s")]
    #[arg(value_parser = parse_duration, allow_hyphen_values = true)]
    pub(super) kill_after: Duration,
    /// Give it a terminal of its own as stdin, stdout and stderr
    #[arg(long)]
    pub(super) pty: bool,
}

/// What a child's stderr is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Stderr {
    Inherit,
    Null,
    Merge,
}

/// Where a client connects.
#[derive(Args, Debug)]
#[command(next_help_heading = "Connection")]
pub(super) struct ConnectAddress {
    /// Where to connect; the same as a bare ADDRESS
    #[arg(long, value_name = "ADDR")]
    pub(super) connect: Option<OsString>,
}

/// What everything that connects has.
#[derive(Args, Debug)]
#[command(next_help_heading = "Connection")]
pub(super) struct Connecting {
    /// Give up a try that has not connected after so long, looking the name up included
    #[arg(long, value_name = "DUR", env = "XPORT_CONNECT_TIMEOUT", default_value = "10s")]
    #[arg(value_parser = parse_positive_duration, allow_hyphen_values = true)]
    pub(super) connect_timeout: Duration,
    /// Try so many times more if connecting fails
    ///
    /// Try so many times more if connecting fails. Whoever has connected is not tried again, also where the TLS handshake fails.
    #[arg(long, value_name = "N", env = "XPORT_RETRY", default_value = "0", allow_hyphen_values = true)]
    pub(super) retry: u32,
    /// Wait so long before each further try
    #[arg(long, value_name = "DUR", env = "XPORT_RETRY_DELAY", default_value = "1s")]
    #[arg(value_parser = parse_duration, allow_hyphen_values = true)]
    pub(super) retry_delay: Duration,
}

/// What a TCP or UDP client has besides.
#[derive(Args, Debug)]
#[command(next_help_heading = "Connection")]
pub(super) struct InetConnecting {
    /// Connect from this address of the machine: IP, IP:PORT, [V6]:PORT or :PORT
    #[arg(long, value_name = "ADDR")]
    pub(super) source: Option<OsString>,
}

/// What everything that speaks TCP has.
#[derive(Args, Debug)]
#[command(next_help_heading = "Connection")]
pub(super) struct KeepingAlive {
    /// Probe a TCP peer after this time of silence, and give it up after as much again; 'off' never does
    ///
    /// Probe a TCP peer after this time of silence, and give the connection up when the peer has not answered for as much time
    /// again: a host that loses its power or its network says nothing. A peer that does not acknowledge what it was sent is given
    /// up after the same time. A peer that answers is kept, even if it does not read for long. With 'off', an idle connection is
    /// never given up.
    #[arg(long, value_name = "DUR|off", env = "XPORT_KEEPALIVE", default_value = "60s")]
    #[arg(value_parser = parse_keepalive, allow_hyphen_values = true)]
    pub(super) keepalive: KeepAlive,
}

/// Which addresses of a name are used.
#[derive(Args, Debug)]
#[command(next_help_heading = "Connection")]
pub(super) struct InetFamily {
    /// IPv4 only
    #[arg(short = '4', conflicts_with = "ipv6")]
    pub(super) ipv4: bool,
    /// IPv6 only
    #[arg(short = '6')]
    pub(super) ipv6: bool,
    /// Hosts are addresses: look no name up
    #[arg(short, long)]
    pub(super) numeric: bool,
}

/// Where a server listens.
#[derive(Args, Debug)]
#[command(next_help_heading = "Listening")]
pub(super) struct ListenAddresses {
    /// Where to listen; may be repeated, and adds to a bare ADDRESS
    #[arg(long, value_name = "ADDR")]
    pub(super) listen: Vec<OsString>,
}

/// What everything that listens has.
#[derive(Args, Debug)]
#[command(next_help_heading = "Listening")]
pub(super) struct Listening {
    /// After a first SIGTERM, let sessions go on for at most so long
    #[arg(long, value_name = "DUR", env = "XPORT_GRACE", default_value = "10s")]
    #[arg(value_parser = parse_duration, allow_hyphen_values = true)]
    pub(super) grace: Duration,
}

/// What accepts connections has besides.
#[derive(Args, Debug)]
#[command(next_help_heading = "Listening")]
pub(super) struct Accepting {
    /// Connections that may wait to be accepted, up to what the kernel allows
    #[arg(long, value_name = "N", env = "XPORT_BACKLOG", default_value = "4096", allow_hyphen_values = true)]
    #[arg(value_parser = value_parser!(u32).range(1..=i64::from(i32::MAX)))]
    pub(super) backlog: u32,
}

/// What serves any number of clients has besides.
#[derive(Args, Debug)]
#[command(next_help_heading = "Listening")]
pub(super) struct ServingMany {
    /// Serve one client, then exit
    #[arg(long)]
    pub(super) once: bool,
}

/// What serves many clients at once has besides.
#[derive(Args, Debug)]
#[command(next_help_heading = "Listening")]
pub(super) struct Limiting {
    /// Serve at most so many clients at once; the others wait to be accepted
    #[arg(long, value_name = "N", env = "XPORT_MAX_CONNS", allow_hyphen_values = true)]
    #[arg(value_parser = value_parser!(u32).range(1..))]
    pub(super) max_conns: Option<u32>,
}

/// What a server on stdin and stdout has besides.
#[derive(Args, Debug)]
#[command(next_help_heading = "Listening")]
pub(super) struct ServingOne {
    /// When a client has left, accept the next one
    #[arg(short, long)]
    pub(super) keep_open: bool,
}

/// What listens on TCP or UDP has besides.
#[derive(Args, Debug)]
#[command(next_help_heading = "Listening")]
pub(super) struct InetListening {
    /// Let in only clients of these networks (10.0.0.0/8,::1); may be repeated
    #[arg(long, value_name = "CIDR", value_delimiter = ',', value_parser = parse_network)]
    pub(super) allow: Vec<IpNet>,
    /// Turn away clients of these networks, allowed or not; may be repeated
    #[arg(long, value_name = "CIDR", value_delimiter = ',', value_parser = parse_network)]
    pub(super) deny: Vec<IpNet>,
    /// Write the port to this file once listening, and remove it at the end
    ///
    /// Write the port to this file once listening, and remove it at the end. A file that is there is replaced, not written to. What
    /// is no regular file, a symbolic link for one, is refused.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) port_file: Option<PathBuf>,
}

/// What listens on a unix socket has besides.
#[derive(Args, Debug)]
#[command(next_help_heading = "Listening")]
pub(super) struct UnixListening {
    /// Permission bits of the socket, in octal [default: 0600]
    #[arg(long, value_name = "MODE", value_parser = parse_mode, allow_hyphen_values = true)]
    pub(super) mode: Option<u32>,
    /// Replace a socket that nobody serves any more; never a live one, never another file
    #[arg(long)]
    pub(super) replace_stale: bool,
}

/// What connects over TLS has.
#[derive(Args, Debug)]
#[command(next_help_heading = "TLS")]
pub(super) struct TlsConnecting {
    /// Trust the authorities in this file (PEM) instead of those of the system
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) ca: Option<PathBuf>,
    /// Whom the certificate must be for, also sent as SNI [default: the host of the address]
    ///
    /// Whom the certificate must be for: a host name, which is also sent to the server (SNI), or an IP address. Without it, it is the
    /// host of the address; an inherited socket (fd:N) has none.
    #[arg(long, value_name = "NAME", value_parser = parse_server_name)]
    pub(super) server_name: Option<ServerName<'static>>,
    /// Accept only a certificate with this pin; may be repeated, for any of them
    ///
    /// Accept only a certificate with this pin, as a server with --self-signed and -v say it: SHA-256 of the public key. May be
    /// repeated, for any of them. It is the only check then: neither authorities nor names nor dates count, unless --ca is given
    /// besides.
    #[arg(long, value_name = "sha256:HEX", value_parser = Pin::from_str)]
    pub(super) pin: Vec<Pin>,
    /// Do not verify the certificate at all: whoever is in between can read and change everything
    #[arg(long)]
    pub(super) insecure: bool,
}

/// What listens for TLS has.
#[derive(Args, Debug)]
#[command(next_help_heading = "TLS")]
pub(super) struct TlsListening {
    /// Make a key and a certificate for this run; clients know it by its pin
    ///
    /// Make a key and a certificate for this run, instead of --cert. No authority vouches for it: clients know it by its pin. The
    /// command for them is written to stderr.
    #[arg(long)]
    pub(super) self_signed: bool,
    /// Let in only clients with a certificate of one of the authorities in this file (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) client_ca: Option<PathBuf>,
}

/// What either side of TLS has.
#[derive(Args, Debug)]
#[command(next_help_heading = "TLS")]
pub(super) struct TlsCommon {
    /// Show the peer this certificate: PEM, followed by those that lead to its authority
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) cert: Option<PathBuf>,
    /// The key of --cert (PEM), where it is not in the same file
    ///
    /// The key of --cert (PEM), where it is not in the same file. A file that others than its owner can write is refused, and one
    /// that they can read is warned of. Once there is a key in memory, there are no core dumps.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) key: Option<PathBuf>,
    /// Protocols to be agreed on (h2,http/1.1), the best one first
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = parse_alpn)]
    pub(super) alpn: Vec<Alpn>,
    /// The oldest version that is spoken
    #[arg(long, value_name = "VERSION", value_parser = version_parser(), default_value = "1.2")]
    pub(super) tls_min: Version,
    /// Give up a handshake that has not finished after so long
    #[arg(long, value_name = "DUR", env = "XPORT_HANDSHAKE_TIMEOUT", default_value = "10s")]
    #[arg(value_parser = parse_positive_duration, allow_hyphen_values = true)]
    pub(super) handshake_timeout: Duration,
    /// Take a connection that ends without close_notify for whole
    ///
    /// Take a connection that ends without close_notify for whole, as some peers never send it, ncat before 7.96 among them. Without
    /// this option it is an error, since anyone in between can cut a connection.
    #[arg(long)]
    pub(super) allow_truncation: bool,
    /// Append the keys of all connections to this file, for a network analyser
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) keylog: Option<PathBuf>,
}

/// What a TLS client on stdin and stdout has besides.
#[derive(Args, Debug)]
#[command(next_help_heading = "TLS")]
pub(super) struct TlsStarting {
    /// Ask for TLS in this protocol first
    #[arg(long, value_name = "PROTO", value_parser = starttls_parser())]
    pub(super) starttls: Option<StartTls>,
}

/// What every datagram mode has.
#[derive(Args, Debug)]
#[command(next_help_heading = "Datagram")]
pub(super) struct Datagrams {
    /// Exit once so many datagrams have arrived
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    #[arg(value_parser = value_parser!(u64).range(1..))]
    pub(super) count: Option<u64>,
}

/// What receives datagrams from whoever sends has besides.
#[derive(Args, Debug)]
#[command(next_help_heading = "Datagram")]
pub(super) struct Joining {
    /// Receive what is sent to this multicast group; may be repeated
    ///
    /// Receive what is sent to this multicast group, as in 239.1.2.3 or ff02::1%eth0; may be repeated. %IF is the
    /// interface on which it is joined; without it the system chooses. The address to listen on is then *:PORT, or
    /// GROUP:PORT for nothing but the group. Who listens on GROUP:PORT joins the group without this option. Several
    /// programs can receive at the same GROUP:PORT, each of them everything; *:PORT is for one alone, so that no other
    /// can take what is sent to this machine.
    #[arg(long, value_name = "GROUP[%IF]", value_parser = parse_group)]
    pub(super) join: Vec<Group>,
}

/// What sends datagrams to a given peer has besides.
#[derive(Args, Debug)]
#[command(next_help_heading = "Datagram")]
pub(super) struct Broadcasting {
    /// Let ADDRESS be a broadcast address, and hear whoever answers
    #[arg(long)]
    pub(super) broadcast: bool,
}

/// What joins datagrams to stdin and stdout has.
#[derive(Args, Debug)]
#[command(next_help_heading = "Datagram")]
pub(super) struct DatagramStdio {
    /// Each line of stdin is a datagram, without its newline; each datagram is a line of stdout
    #[arg(long)]
    pub(super) lines: bool,
    /// Once stdin has ended, leave when no datagram moved for so long [default: 1s]
    #[arg(long, value_name = "DUR", env = "XPORT_LINGER", value_parser = parse_duration, allow_hyphen_values = true)]
    pub(super) linger: Option<Duration>,
}

/// What joins a peer to stdin and stdout has.
#[derive(Args, Debug)]
#[command(next_help_heading = "Stream")]
pub(super) struct Stdio {
    /// Throw away what the peer sends
    #[arg(long, conflicts_with = "recv_only")]
    pub(super) send_only: bool,
    /// Do not read stdin
    #[arg(long)]
    pub(super) recv_only: bool,
}

/// What joins streams has.
#[derive(Args, Debug)]
#[command(next_help_heading = "Stream")]
pub(super) struct HalfClosing {
    /// When to tell the peer that stdin has ended: auto, now, never, or once no byte has moved for so long (DUR)
    ///
    /// When to tell the peer that stdin has ended: now, never (only with the session), or once no byte has moved in either
    /// direction for DUR. Many servers take that end for a hang-up and drop their answer. So auto has three cases in which it
    /// waits until no byte has moved for 10s: stdin gave nothing, what was sent begins as a request of HTTP/1, or --starttls was
    /// used. Otherwise it tells the end at once.
    #[arg(long, value_name = "WHEN", env = "XPORT_HALF_CLOSE", default_value = "auto")]
    #[arg(value_parser = parse_half_close, allow_hyphen_values = true)]
    pub(super) half_close: HalfClose,
    /// The same as --half-close never
    #[arg(long)]
    pub(super) no_half_close: bool,
}

/// What joins a stream to stdin and stdout has besides.
#[derive(Args, Debug)]
#[command(next_help_heading = "Stream")]
pub(super) struct StreamStdio {
    /// Once stdin has ended, wait at most so long for the peer to end [default: for ever]
    #[arg(long, value_name = "DUR", env = "XPORT_LINGER", value_parser = parse_duration, allow_hyphen_values = true)]
    pub(super) linger: Option<Duration>,
}

/// What every mode has for the flow of its bytes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Stream")]
pub(super) struct Stream {
    /// Pause reading while more bytes than this wait to be written
    #[arg(long, value_name = "SIZE", env = "XPORT_HIGH_WATER", default_value = "64K")]
    #[arg(value_parser = parse_size, allow_hyphen_values = true)]
    pub(super) high_water: usize,
    /// Resume reading once no more bytes than this wait [default: a quarter of high water]
    #[arg(long, value_name = "SIZE", env = "XPORT_LOW_WATER", value_parser = parse_size, allow_hyphen_values = true)]
    pub(super) low_water: Option<usize>,
    /// End the whole run after so long
    #[arg(long, value_name = "DUR", env = "XPORT_TIMEOUT")]
    #[arg(value_parser = parse_positive_duration, allow_hyphen_values = true)]
    pub(super) timeout: Option<Duration>,
}

/// What has sessions, or is one, has besides.
#[derive(Args, Debug)]
#[command(next_help_heading = "Stream")]
pub(super) struct Idling {
    /// End a session in which no byte moved for so long
    #[arg(long, value_name = "DUR", env = "XPORT_IDLE_TIMEOUT")]
    #[arg(value_parser = parse_positive_duration, allow_hyphen_values = true)]
    pub(super) idle_timeout: Option<Duration>,
}

/// What is accepted before and after the mode.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub(super) struct Output {
    /// Report errors only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Report connections; twice: decisions, three times: everything
    #[arg(short, long, action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Colour in messages
    #[arg(long, value_name = "WHEN", env = "XPORT_COLOR", value_enum, default_value = "auto")]
    pub(super) color: Color,
}

/// What needs no mode.
#[derive(Args, Debug)]
pub(super) struct Pages {
    /// Print the completions of a shell
    #[arg(long, value_name = "SHELL")]
    pub(super) completions: Option<Shell>,
    /// Print the manual page, in roff
    #[arg(long, conflicts_with = "completions")]
    pub(super) man: bool,
}

/// Whether messages are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
