//! The modes as clap knows them: for each the groups of options that apply to it.
//!
//! An option is offered only by the modes that act on it. The groups themselves are in `cli/groups.rs`, longer texts
//! in `cli/text.rs`.

use clap::builder::Resettable;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command};

use crate::cli::groups::{
    Accepting, Broadcasting, Child, ChildCommand, ConnectAddress, Connecting, DatagramStdio, Datagrams, Ends,
    HalfClosing, Idling, InetAddress, InetConnecting, InetFamily, InetListening, Joining, KeepingAlive, Limiting,
    ListenAddresses, Listening, Output, Pages, Places, ServingMany, ServingOne, Stdio, Stream, StreamStdio, TlsCommon,
    TlsConnecting, TlsListening, TlsStarting, UnixAddress, UnixListening,
};
use crate::cli::kinds::{Role, Transport};
use crate::cli::text;

/// Columns of help on a wide terminal: longer lines are hard to read.
const TERM_WIDTH_MAX: usize = 100;

/// One mode: a transport times a protocol.
pub(super) struct ModeSpec {
    pub(super) name: &'static str,
    about: &'static str,
    pub(super) transport: Transport,
    pub(super) role: Role,
}

/// All modes, in the order of `--help`.
pub(super) const MODES: [ModeSpec; 14] = [
    ModeSpec {
        name: "tcp-echo",
        about: "Serve echo over TCP to any number of clients",
        transport: Transport::Tcp,
        role: Role::Echo,
    },
    ModeSpec {
        name: "tcp-server",
        about: "Accept a TCP client: stdin goes to it, what it sends goes to stdout",
        transport: Transport::Tcp,
        role: Role::Server,
    },
    ModeSpec {
        name: "tcp-client",
        about: "Connect over TCP: stdin goes to the peer, what it sends goes to stdout",
        transport: Transport::Tcp,
        role: Role::Client,
    },
    ModeSpec {
        name: "tls-echo",
        about: "Serve echo over TLS to any number of clients",
        transport: Transport::Tls,
        role: Role::Echo,
    },
    ModeSpec {
        name: "tls-server",
        about: "Accept a TLS client: stdin goes to it, what it sends goes to stdout",
        transport: Transport::Tls,
        role: Role::Server,
    },
    ModeSpec {
        name: "tls-client",
        about: "Connect over TLS, verified: stdin goes to the peer, what it sends goes to stdout",
        transport: Transport::Tls,
        role: Role::Client,
    },
    ModeSpec {
        name: "unix-echo",
        about: "Serve echo on a unix socket to any number of clients",
        transport: Transport::Unix,
        role: Role::Echo,
    },
    ModeSpec {
        name: "unix-server",
        about: "Accept a client on a unix socket: stdin goes to it, what it sends goes to stdout",
        transport: Transport::Unix,
        role: Role::Server,
    },
    ModeSpec {
        name: "unix-client",
        about: "Connect to a unix socket: stdin goes to the peer, what it sends goes to stdout",
        transport: Transport::Unix,
        role: Role::Client,
    },
    ModeSpec {
        name: "udp-echo",
        about: "Send UDP datagrams back to whoever sent them, from port 1024 on",
        transport: Transport::Udp,
        role: Role::Echo,
    },
    ModeSpec {
        name: "udp-server",
        about: "Receive UDP datagrams: all go to stdout, stdin goes to the most recent sender",
        transport: Transport::Udp,
        role: Role::Server,
    },
    ModeSpec {
        name: "udp-client",
        about: "Send UDP datagrams: each read of stdin is one, replies go to stdout",
        transport: Transport::Udp,
        role: Role::Client,
    },
    ModeSpec {
        name: "exec",
        about: "Run a program: on stdin and stdout, its status is ours; or for each connection, or on one",
        transport: Transport::Any,
        role: Role::Exec,
    },
    ModeSpec {
        name: "relay",
        about: "Join any two endpoints: sockets, programs, stdin and stdout; one that listens serves many",
        transport: Transport::Any,
        role: Role::Relay,
    },
];

/// The whole command line but for the end of its long help; the options of a mode are defined only once the mode is
/// known. Every run pays for what is built here.
pub(super) fn command() -> Command {
    let mut top = Output::augment_args(Pages::augment_args(Command::new("xport")))
        .bin_name("xport")
        .version(env!("CARGO_PKG_VERSION"))
        .about(text::ABOUT)
        .long_about(text::LONG_ABOUT)
        .override_usage("xport MODE [OPTIONS] ADDRESS\n       xport --completions SHELL | --man")
        .after_help(text::AFTER_HELP)
        .max_term_width(TERM_WIDTH_MAX)
        .disable_help_subcommand(true)
        .subcommand_help_heading("Modes")
        .subcommand_value_name("MODE");
    for mode in &MODES {
        let mut command = Command::new(mode.name).about(mode.about).defer(augment_mode);
        command = match mode.name {
            "exec" => command.alias("subprocess"),
            "tls-client" => command.visible_alias("tls"),
            _ => command,
        };
        top = top.subcommand(command);
    }
    forget_empty_variables(top)
}

/// Adds to a mode the groups that apply to it.
fn augment_mode(command: Command) -> Command {
    let Some(mode) = MODES.iter().find(|mode| mode.name == command.get_name()) else { return command };
    let (command, address) = match (mode.role, mode.transport) {
        (Role::Exec, _) => (augment_exec(command), "-- CMD [ARG]..."),
        (Role::Relay, _) => (augment_relay(command), "LEFT RIGHT"),
        (_, Transport::Unix) => (augment_socket_mode(mode, UnixAddress::augment_args(command)), "ADDRESS"),
        _ => (augment_socket_mode(mode, InetAddress::augment_args(command)), "ADDRESS [PORT]"),
    };
    let command = Output::augment_args(command)
        // The groups have left their own descriptions here.
        .about(mode.about)
        .long_about(None)
        .override_usage(format!("xport {} [OPTIONS] {address}", mode.name))
        .after_long_help(text::after_help_of(mode.name))
        .max_term_width(TERM_WIDTH_MAX);
    forget_empty_variables(command)
}

/// The modes that have one socket, or several that listen alike.
fn augment_socket_mode(mode: &ModeSpec, mut command: Command) -> Command {
    command = match mode.role {
        Role::Client => Connecting::augment_args(ConnectAddress::augment_args(command)),
        _ => Listening::augment_args(ListenAddresses::augment_args(command)),
    };
    command = match (mode.role, mode.transport) {
        (Role::Client, _) | (_, Transport::Udp) => command,
        (Role::Server, _) => ServingOne::augment_args(Accepting::augment_args(command)),
        _ => Limiting::augment_args(ServingMany::augment_args(Accepting::augment_args(command))),
    };
    command = match (mode.transport, mode.role) {
        (Transport::Unix, Role::Client) => command,
        (Transport::Unix, _) => UnixListening::augment_args(command),
        (_, Role::Client) => InetConnecting::augment_args(InetFamily::augment_args(command)),
        _ => InetFamily::augment_args(InetListening::augment_args(command)),
    };
    if matches!(mode.transport, Transport::Tcp | Transport::Tls) {
        command = KeepingAlive::augment_args(command);
    }
    command = match (mode.transport, mode.role) {
        (Transport::Tls, Role::Client) => {
            TlsStarting::augment_args(TlsCommon::augment_args(TlsConnecting::augment_args(command)))
        }
        (Transport::Tls, _) => TlsCommon::augment_args(TlsListening::augment_args(command)),
        _ => command,
    };
    command = match (mode.transport, mode.role) {
        (Transport::Udp, Role::Echo) => Joining::augment_args(Datagrams::augment_args(command)),
        (Transport::Udp, Role::Server) => {
            DatagramStdio::augment_args(Joining::augment_args(Datagrams::augment_args(command)))
        }
        (Transport::Udp, _) => {
            DatagramStdio::augment_args(Broadcasting::augment_args(Datagrams::augment_args(command)))
        }
        (_, Role::Echo) => command,
        _ => StreamStdio::augment_args(HalfClosing::augment_args(command)),
    };
    if mode.role != Role::Echo {
        command = Stdio::augment_args(command);
    }
    command = Stream::augment_args(command);
    match (mode.transport, mode.role) {
        (Transport::Udp, Role::Echo) => reword_for_datagrams(command, mode.role),
        (Transport::Udp, _) => reword_for_datagrams(Idling::augment_args(command), mode.role),
        _ => Idling::augment_args(command),
    }
}

fn augment_exec(mut command: Command) -> Command {
    command = Child::augment_args(ChildCommand::augment_args(command));
    command = KeepingAlive::augment_args(Connecting::augment_args(Places::augment_args(command)));
    command = ServingMany::augment_args(Accepting::augment_args(Listening::augment_args(command)));
    command = InetListening::augment_args(Limiting::augment_args(command));
    command = Idling::augment_args(Stream::augment_args(StreamStdio::augment_args(command)));
    reword(
        command,
        &[
            (
                "linger",
                "Once the peer has ended its direction, give the program at most so long to end [default: for ever]",
            ),
            ("max_conns", "Serve at most so many clients at once; the others wait to be accepted [default: 100]"),
            ("idle_timeout", "End a connection on which no byte moved for so long"),
        ],
    )
}

fn augment_relay(mut command: Command) -> Command {
    command = ServingMany::augment_args(Listening::augment_args(Ends::augment_args(command)));
    command = Child::augment_args(command);
    command = StreamStdio::augment_args(HalfClosing::augment_args(command));
    command = Idling::augment_args(Stream::augment_args(command));
    reword(
        command,
        &[
            ("once", "Serve one client of LEFT, then exit"),
            (
                "half_close",
                "When to tell the other side that one has ended: auto, now, never, or once no byte has moved for so long (DUR)",
            ),
            (
                "linger",
                "Once one side has ended, wait at most so long for the other; datagrams: while one moves [default: for ever; \
                 datagrams: 1s]",
            ),
            ("idle_timeout", "End a pair in which no byte moved for so long [default: 60s where LEFT is udp-listen]"),
        ],
    )
}

/// What options mean where there are no connections.
fn reword_for_datagrams(command: Command, role: Role) -> Command {
    let linger_of_server =
        "Once stdin, which waits for a first datagram, has ended, leave when none moved for so long [default: stay]";
    let words = [
        ("connect_timeout", "Give up looking the name up after so long"),
        ("retry", "Try so many times more if the name cannot be looked up"),
        ("source", "Send from this address of the machine: IP, IP:PORT, [V6]:PORT or :PORT"),
        ("grace", "After a first SIGTERM, wait at most so long for what is still to be written"),
        ("send_only", "Throw away what arrives, and leave once stdin has ended"),
        ("idle_timeout", "Fail when no datagram moved for so long, while stdin is open"),
        ("linger", if role == Role::Server { linger_of_server } else { "" }),
    ];
    reword(command, &words)
}

/// Gives options another help than that of their group, unless it is empty.
fn reword(command: Command, words: &[(&str, &'static str)]) -> Command {
    command.mut_args(|arg| match words.iter().find(|(id, help)| arg.get_id() == id && !help.is_empty()) {
        Some((_, help)) => arg.help(*help),
        None => arg,
    })
}

/// An empty `XPORT_*` variable is as good as none: that is how a script or a unit file switches one off.
pub(super) fn forget_empty_variables(command: Command) -> Command {
    command.mut_args(|arg| {
        let empty = arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
        if empty { arg.env(Resettable::Reset) } else { arg }
    })
}

/// The `XPORT_*` variable of one of these options that is not UTF-8, if `counts` says that the option takes its value from there.
pub(super) fn variable_not_utf8(command: &Command, counts: impl Fn(&Arg) -> bool) -> Option<String> {
    let mut named = command.get_arguments().filter_map(|arg| Some((arg, arg.get_env()?)));
    let (_, name) = named
        .find(|(arg, name)| counts(arg) && std::env::var_os(name).is_some_and(|value| value.to_str().is_none()))?;
    Some(name.to_string_lossy().into_owned())
}

/// Whether an option was written, as opposed to one from the environment or by default.
pub(super) fn is_given(matches: &ArgMatches, id: &str) -> bool {
    matches.value_source(id) == Some(ValueSource::CommandLine)
}
