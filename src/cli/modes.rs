//! The table of modes, and the verbs behind them.
//!
//! A verb says what happens to endpoints, which endpoints it takes, and which options its run has. A mode with a scheme
//! is a shorthand of a verb: `tcp-echo A` is `echo tcp-listen:A`.

use crate::cli::options::{Opt, OptSpec, Rank, Topic, rows};
use crate::cli::schemes::{
    Form, Role, Scheme, TCP, TCP_LISTEN, TLS, TLS_LISTEN, UDP, UDP_LISTEN, UNIX, UNIX_LISTEN, schemes,
};
use Opt::*;

/// What a verb does with endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Send back what comes.
    Echo,
    /// Join stdin and stdout with clients.
    Listen,
    /// Join stdin and stdout with a peer.
    Connect,
    /// Run a program.
    Exec,
    /// Join two endpoints.
    Relay,
    /// Find the open ports of a host.
    Scan,
    /// Try endpoints until they are up.
    Wait,
}

/// The kind of end that an option of the run needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Stream,
    Datagrams,
    Listener,
    /// A listener that accepts connections.
    Acceptor,
    Program,
    TlsClient,
    /// stdin and stdout.
    Stdio,
}

impl Need {
    fn is_met_by(self, scheme: &Scheme) -> bool {
        match self {
            Self::Stream => !scheme.has_datagrams(),
            Self::Datagrams => scheme.has_datagrams(),
            Self::Listener => scheme.listens(),
            Self::Acceptor => scheme.listens() && !scheme.has_datagrams(),
            Self::Program => scheme.role == Role::Run,
            Self::TlsClient => scheme.is_tls && !scheme.listens(),
            Self::Stdio => scheme.role == Role::Stdio,
        }
    }
}

/// A verb: an action, its endpoints, and the options of its run.
#[derive(Debug)]
pub(super) struct Verb {
    pub(super) action: Action,
    /// Whether it takes endpoints of this scheme.
    pub(super) takes: fn(&Scheme) -> bool,
    /// Options of the run with any ends.
    always: &'static [Opt],
    /// Options of the run with certain ends.
    with: &'static [(Need, &'static [Opt])],
    /// Options of ends that this verb does not use.
    without: &'static [(Need, &'static [Opt])],
}

impl Verb {
    /// All schemes that this verb takes.
    pub(super) fn schemes(&self) -> impl Iterator<Item = &'static Scheme> {
        schemes().filter(|scheme| (self.takes)(scheme))
    }

    /// Whether the verb uses this option of an end.
    pub(super) fn end_takes(&self, scheme: &Scheme, opt: Opt) -> bool {
        scheme.has(opt) && !self.without.iter().any(|(need, opts)| need.is_met_by(scheme) && opts.contains(&opt))
    }

    /// Whether a run with this end takes an option for the run as a whole. With `None`, the end does not matter.
    pub(super) fn run_takes(&self, scheme: Option<&Scheme>, opt: Opt) -> bool {
        let is_met = |need: &Need| scheme.is_some_and(|scheme| need.is_met_by(scheme));
        self.always.contains(&opt) || self.with.iter().any(|(need, opts)| is_met(need) && opts.contains(&opt))
    }

    /// What its modes do, for the first screen.
    pub(super) fn brief(&self) -> &'static str {
        match self.action {
            Action::Echo => "Send back what clients send",
            Action::Listen => "Serve a client from stdin",
            Action::Connect => "Talk to a server",
            Action::Exec => "Run a program",
            Action::Relay => "Join two endpoints",
            Action::Scan => "Find open ports",
            Action::Wait => "Wait for a service",
        }
    }

    /// Whether an option does something for this end or for its run.
    pub(super) fn has(&self, scheme: &Scheme, opt: Opt) -> bool {
        self.end_takes(scheme, opt) || self.run_takes(Some(scheme), opt)
    }
}

/// Options for the ends of streams.
const ENDING: &[Opt] = &[HalfClose, NoHalfClose, Linger, QuitAfter];
/// Options for the end of a session over datagrams.
const CONVERSATION: &[Opt] = &[Count, Lines, Linger, QuitAfter];
const PROGRAM: &[Opt] = &[Stderr, Env, KillAfter, Pty];

static ECHO: Verb = Verb {
    action: Action::Echo,
    takes: Scheme::listens,
    always: &[Grace, HighWater, LowWater, Timeout, Dump],
    with: &[(Need::Stream, &[Once, IdleTimeout, AcceptTimeout]), (Need::Datagrams, &[Count])],
    // An echo sends data back unchanged.
    without: &[(Need::Datagrams, &[MaxConns]), (Need::Stream, &[Crlf])],
};
static LISTEN: Verb = Verb {
    action: Action::Listen,
    takes: Scheme::listens,
    always: &[Grace, SendOnly, RecvOnly, HighWater, LowWater, Timeout, IdleTimeout, Dump, Progress],
    with: &[
        (Need::Stream, ENDING),
        (Need::Stream, &[KeepOpen, UntilPeerEnds, AcceptTimeout]),
        (Need::Datagrams, CONVERSATION),
    ],
    // stdin and stdout serve one client at a time.
    without: &[(Need::Listener, &[MaxConns])],
};
static CONNECT: Verb = Verb {
    action: Action::Connect,
    takes: |scheme| scheme.role == Role::Connect && !scheme.is_page(),
    always: &[SendOnly, RecvOnly, HighWater, LowWater, Timeout, IdleTimeout, Dump, Progress],
    with: &[
        (Need::Stream, ENDING),
        (Need::Stream, &[UntilPeerEnds, Raw, Escape]),
        (Need::Datagrams, CONVERSATION),
        (Need::TlsClient, &[ShowChain]),
    ],
    without: &[],
};
static EXEC: Verb = Verb {
    action: Action::Exec,
    takes: |scheme| scheme.is_socket() && !scheme.has_datagrams() && !scheme.is_page(),
    always: &[Shell, Stdin, Stderr, Env, KillAfter, Pty, HighWater, LowWater, Timeout, Dump],
    with: &[(Need::Stream, &[IdleTimeout, Linger]), (Need::Acceptor, &[Once, Grace, AcceptTimeout])],
    without: &[],
};
static RELAY: Verb = Verb {
    action: Action::Relay,
    takes: |scheme| !scheme.is_page(),
    always: &[HighWater, LowWater, Timeout, IdleTimeout, Dump],
    with: &[
        (Need::Listener, &[Once, Grace]),
        (Need::Acceptor, &[AcceptTimeout]),
        (Need::Program, PROGRAM),
        (Need::Stream, ENDING),
        (Need::Stdio, &[Progress]),
    ],
    without: &[],
};
static SCAN: Verb = Verb {
    action: Action::Scan,
    takes: |_| false,
    always: &[ScanTimeout, Ipv4, Ipv6, Numeric, Source, BindDevice, Tos, Ttl, Parallel, Banner, Timeout],
    with: &[],
    without: &[],
};

static WAIT: Verb = Verb {
    action: Action::Wait,
    // An inherited socket is open already.
    takes: |scheme| scheme.role == Role::Connect && scheme.form != Form::Descriptor,
    always: &[For, Every, Any, Gone],
    with: &[(Need::Datagrams, &[Send])],
    // A try ends as soon as the peer has answered, and the mode itself tries again.
    without: &[
        (Need::Stream, &[Retry, RetryDelay, Keepalive, Crlf, AllowTruncation, Nodelay, RecvBuffer, SendBuffer]),
        (Need::Datagrams, &[Retry, RetryDelay, Broadcast, RecvBuffer, SendBuffer]),
    ],
};

/// One row of the table.
#[derive(Debug)]
pub(super) struct ModeSpec {
    pub(super) name: &'static str,
    /// Another name, and whether help shows it.
    pub(super) alias: Option<(&'static str, bool)>,
    pub(super) about: &'static str,
    pub(super) verb: &'static Verb,
    /// The scheme of its addresses, if the mode is a shorthand of a verb.
    pub(super) scheme: Option<&'static Scheme>,
    /// The topics of its help texts. The first topic that an option has a text for counts.
    pub(super) topics: &'static [Topic],
    /// The options of its short page. If there are none, their ranks choose them.
    short: &'static [Opt],
}

impl ModeSpec {
    /// The rows of the options of this mode, in the order of help.
    pub(super) fn rows(&self) -> impl Iterator<Item = &'static OptSpec> {
        rows().filter(|row| self.has(row.id))
    }

    /// The rows of the options that matter most, in the order of help. Options of endpoints are after commas.
    pub(super) fn top_rows(&self, most: usize) -> Vec<&'static OptSpec> {
        if !self.short.is_empty() {
            return self.rows().filter(|row| self.short.contains(&row.id)).collect();
        }
        let place = |row: &'static OptSpec| match row.rank {
            Rank::Top(place) if !self.is_of_ends(row.id) => Some((place, row.id)),
            _ => None,
        };
        let mut top = Vec::from_iter(self.rows().filter_map(place));
        top.sort_by_key(|(place, _)| *place);
        top.truncate(most);
        self.rows().filter(|row| top.iter().any(|(_, id)| *id == row.id)).collect()
    }

    /// Whether this mode has an option.
    pub(super) fn has(&self, opt: Opt) -> bool {
        match opt {
            Quiet | Verbose | Color | LogTime => true,
            ListenAddress => self.scheme.is_some_and(Scheme::listens),
            ConnectAddress => self.scheme.is_some_and(|scheme| !scheme.listens()),
            ListenEndpoint | ConnectEndpoint => self.verb.action == Action::Exec,
            _ => match self.scheme {
                Some(scheme) => self.verb.has(scheme, opt),
                None => self.verb.run_takes(None, opt) || self.verb.schemes().any(|scheme| self.verb.has(scheme, opt)),
            },
        }
    }

    /// Whether each endpoint of this mode reads an option for itself.
    pub(super) fn is_of_ends(&self, opt: Opt) -> bool {
        self.scheme.is_none() && self.verb.schemes().any(|scheme| scheme.has(opt))
    }

    /// Whether its operands are endpoints.
    pub(super) fn takes_endpoints(&self) -> bool {
        self.scheme.is_none() && self.verb.action != Action::Exec
    }

    /// The help texts of an option in this mode: the line, and what is added to it.
    pub(super) fn help_of(&self, row: &OptSpec) -> (&'static str, &'static str) {
        let of_topic = |topic: &Topic| row.instead.iter().find(|(other, ..)| other == topic);
        self.topics.iter().find_map(of_topic).map_or((row.help, row.more), |(_, help, more)| (*help, *more))
    }

    /// Its names.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.alias.map(|(alias, _)| alias))
    }

    /// Its names that help shows.
    pub(super) fn shown_names(&self) -> impl Iterator<Item = &'static str> {
        self.names().take(if self.alias.is_some_and(|(_, is_shown)| is_shown) { 2 } else { 1 })
    }

    /// Whether `name` is a name of this mode.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.names().any(|own| own == name)
    }

    /// Whether this mode is the shorthand of a mode for endpoints of any kind.
    pub(super) fn is_short_for(&self, mode: &Self) -> bool {
        self.scheme.is_some() && mode.scheme.is_none() && mode.verb.action == self.verb.action
    }
}

const fn mode(name: &'static str, verb: &'static Verb, scheme: &'static Scheme, about: &'static str) -> ModeSpec {
    ModeSpec { name, alias: None, about, verb, scheme: Some(scheme), topics: &[], short: &[] }
}

const fn general(name: &'static str, verb: &'static Verb, topics: &'static [Topic], about: &'static str) -> ModeSpec {
    ModeSpec { name, alias: None, about, verb, scheme: None, topics, short: &[] }
}

/// The mode with this name.
pub(super) fn mode_called(name: &str) -> Option<&'static ModeSpec> {
    MODES.iter().find(|mode| mode.is_called(name))
}

/// All modes, in the order of `--help`.
pub(super) static MODES: &[ModeSpec] = &[
    mode("tcp-client", &CONNECT, &TCP, "Connect over TCP and join the server to stdin and stdout"),
    mode("tcp-server", &LISTEN, &TCP_LISTEN, "Accept a TCP client and join it to stdin and stdout"),
    mode("tcp-echo", &ECHO, &TCP_LISTEN, "Send back over TCP what clients send"),
    ModeSpec {
        alias: Some(("tls", true)),
        short: &[
            Ca, ServerName, Pin, Insecure, Cert, Starttls, ShowChain, TlsMin, TlsMax, Crlf, SendOnly, Timeout, Verbose,
        ],
        ..mode("tls-client", &CONNECT, &TLS, "Connect over TLS, verify the server, and join it to stdin and stdout")
    },
    mode("tls-server", &LISTEN, &TLS_LISTEN, "Accept a TLS client and join it to stdin and stdout"),
    mode("tls-echo", &ECHO, &TLS_LISTEN, "Send back over TLS what clients send"),
    mode("unix-client", &CONNECT, &UNIX, "Connect to a unix socket and join the server to stdin and stdout"),
    mode("unix-server", &LISTEN, &UNIX_LISTEN, "Accept a client on a unix socket and join it to stdin and stdout"),
    mode("unix-echo", &ECHO, &UNIX_LISTEN, "Send back on a unix socket what clients send"),
    ModeSpec {
        topics: &[Topic::Datagrams],
        ..mode("udp-client", &CONNECT, &UDP, "Send each read of stdin as a UDP datagram, and write replies to stdout")
    },
    ModeSpec {
        topics: &[Topic::DatagramServer, Topic::Datagrams],
        ..mode("udp-server", &LISTEN, &UDP_LISTEN, "Write UDP datagrams to stdout, and send stdin to the last sender")
    },
    ModeSpec {
        topics: &[Topic::Datagrams],
        ..mode("udp-echo", &ECHO, &UDP_LISTEN, "Send UDP datagrams back, unless the sender has a port below 1024")
    },
    general("connect", &CONNECT, &[Topic::AnyEndpoint], "Connect to any endpoint and join it to stdin and stdout"),
    general(
        "listen",
        &LISTEN,
        &[Topic::AnyEndpoint],
        "Accept a client on any endpoint and join it to stdin and stdout",
    ),
    general("echo", &ECHO, &[Topic::AnyEndpoint], "Send back what clients of any endpoint send"),
    general("relay", &RELAY, &[Topic::Relay], "Join two endpoints: sockets, programs, stdin and stdout"),
    ModeSpec {
        alias: Some(("subprocess", false)),
        ..general("exec", &EXEC, &[Topic::Exec], "Run a program and exit with its status, or run it on connections")
    },
    general("scan", &SCAN, &[], "Find the open TCP ports of a host; no data is sent"),
    ModeSpec {
        short: &[For, Every, Any, Gone, Status, Send, ConnectTimeout, Ca, Verbose],
        ..general("wait", &WAIT, &[Topic::Wait], "Wait until services are up, or gone, and then run a program")
    },
];
