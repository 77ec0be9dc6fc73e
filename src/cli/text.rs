//! The longer texts of help and manual pages: description, addresses, exit status, how a run ends.
//!
//! `cli/help.rs` lays the texts out for `--help`, and `cli/man.rs` for the manual pages.

/// A manual page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manual {
    /// `xport(1)`.
    #[default]
    Program,
    /// `xport-endpoints(7)`.
    Endpoints,
}

/// The description in one line.
pub(super) const ABOUT: &str = "The netcat that people and scripts can trust";

/// The name of the page of endpoints in one line.
pub(super) const ABOUT_ENDPOINTS: &str = "What xport connects and listens to, and how to write it";

/// The lines of the synopsis.
pub(super) const SYNOPSIS: &[&str] = &[
    "xport MODE [OPTIONS] ADDRESS",
    "xport relay [OPTIONS] LEFT RIGHT",
    "xport exec [OPTIONS] -- CMD [ARG]...",
    "xport wait [OPTIONS] ENDPOINT... [-- CMD [ARG]...]",
    "xport scan [OPTIONS] HOST PORTS...",
    "xport connect [OPTIONS] ENDPOINT",
    "xport echo|listen [OPTIONS] ENDPOINT...",
    "xport --completions SHELL",
    "xport --man [PAGE]",
];

/// The same of the page of endpoints.
pub(super) const SYNOPSIS_OF_ENDPOINTS: &[&str] = &[
    "xport relay [OPTIONS] LEFT RIGHT",
    "xport connect [OPTIONS] ENDPOINT",
    "xport listen|echo [OPTIONS] ENDPOINT...",
    "xport exec [OPTIONS] --listen|--connect EP -- CMD [ARG]...",
];

/// The description in the manual page, in paragraphs.
pub(super) const DESCRIPTION: &[&str] = &[
    "xport connects programs, files and terminals with TCP, TLS, UDP and unix sockets. A mode combines a transport \
     with what is done with the bytes: tcp-client is TCP joined with stdin and stdout, udp-echo is UDP with an echo.",
    "stdout carries only data, byte for byte. Messages go to stderr, one line for each event. The exit status says \
     whether all data has arrived.",
];

/// The same of the page of endpoints.
pub(super) const DESCRIPTION_OF_ENDPOINTS: &[&str] =
    &["An endpoint is one end of a run: a socket, a program, or stdin \
    and stdout. It is written as KIND:ADDRESS[,OPTION]... The addresses are those of xport(1)."];

/// How to read the list of options in the manual page.
pub(super) const HOW_TO_READ_OPTIONS: &str = "\
Behind each option are its values, its default, the environment variable that sets its default, and the modes that \
have it. *-client stands for the four clients, tcp-* for the three modes of TCP.";

/// The description in a paragraph, for --help.
pub(super) const LONG_ABOUT: &str = "\
The netcat that people and scripts can trust. stdout carries only data, byte for byte. Messages go to stderr. The exit \
status says whether all data has arrived.";

/// The last line of the first screen.
pub(super) const AFTER_HELP: &str = "'xport MODE -h' shows the options of a mode, 'xport --help' everything.";

/// The last line of `xport --help`.
pub(super) const AFTER_LONG_HELP: &str =
    "'xport MODE --help' has all options of a mode. 'xport --man | man -l -' shows the manual.";

/// The last line of `xport MODE --help`.
pub(super) const AFTER_LONG_HELP_OF_MODE: &str =
    "'xport --help' has addresses and exit statuses. 'xport --man | man -l -' shows the manual.";

/// The last line of `xport MODE -h`.
pub(super) fn after_help_of(mode: &str) -> String {
    format!("'xport {mode} --help' has all options.")
}

/// The help of the option for help.
pub(super) const HELP: &str = "Print help: -h fits a screen, --help has everything";

/// What the modes for endpoints of any kind do, for the first screen.
pub(super) const ANY_ENDPOINT: &str = "The same for any endpoint";

/// Where to put the completions of a shell, and how to make them.
pub(super) const COMPLETIONS: &[(&str, &str)] = &[
    ("bash", "xport --completions bash > ~/.local/share/bash-completion/completions/xport"),
    ("zsh", "xport --completions zsh > ~/.zfunc/_xport, with fpath+=~/.zfunc before compinit in ~/.zshrc"),
    ("fish", "xport --completions fish > ~/.config/fish/completions/xport.fish"),
];

/// The forms of an address, and what each means.
pub(super) const ADDRESSES: &[(&str, &str)] = &[
    ("HOST:PORT, [V6]:PORT, HOST PORT", "A host name or an IP address. The port is a number or a service name."),
    ("[fe80::1%eth0]:PORT", "A link-local address needs its interface."),
    ("PORT, :PORT", "The loopback of IPv4 and IPv6."),
    ("*:PORT, 0.0.0.0:PORT, [::]:PORT", "Every interface, to listen on. * means IPv4 and IPv6."),
    ("/path, ./path, path", "A unix socket, in the unix modes."),
    ("@name", "An abstract unix socket. It has no permissions: any program on the machine can connect."),
    ("239.1.2.3:PORT", "A multicast group. A listener joins it; a client takes answers from every host."),
    ("fd:N", "An inherited socket: a listener, a connection, or a bound datagram socket."),
];

/// The endpoints of `wait`, and what proves that each is up.
pub(super) const WAITING: &[(&str, &str)] = &[
    (
        "HOST:PORT, tcp:ADDRESS",
        "Up if it accepts a connection, which is closed at once. Nothing is sent. A proxy in front of a service can \
         accept while the service is down.",
    ),
    ("/path, @name, unix:PATH", "The same for a unix socket."),
    ("tls:ADDRESS", "Up if the handshake succeeds and the certificate is verified."),
    (
        "http://HOST/PATH, https://HOST/PATH",
        "Up if one GET is answered with a wanted status. A redirect is not followed. Before a word that is, or nearly \
         is, an option, a comma in the path is written %2C.",
    ),
    (
        "udp:ADDRESS",
        "With --send TEXT, up if a reply comes. Otherwise up if an empty datagram is not refused within 500ms, which a \
         firewall can feign.",
    ),
];

/// How to write endpoints and their options, in paragraphs.
pub(super) const ENDPOINT_OPTIONS: &[&str] = &[
    "Options follow an address after commas, under their usual names: tcp:host:80,retry=3,source=:99. An option that \
     takes a list, such as allow, may be repeated. Write '\\,' for a comma in a value. exec: and shell: take the rest \
     of the word unchanged, commas and colons included.",
    "An option before the endpoints holds for each endpoint that has it. An option after a comma holds for that \
     endpoint alone and wins there. Lists, such as networks of allow and deny, add up. The XPORT_* variables of \
     options work here too.",
    "A URL is an endpoint if it has only a scheme and an address: tcp://host:80, tls://host:443, unix:///run/s, \
     udp://host:53. wait takes http: and https: URLs too. There, a comma belongs to the path unless the name of an \
     option follows, and NAME=VALUE is refused if NAME is nearly an option. A comma of the path can be written %2C.",
    "Only LEFT of a relay can listen; RIGHT is then opened for each client. In echo, listen and exec --listen, every \
     endpoint listens: tcp: means tcp-listen: there.",
];

/// The exit statuses, and what each means.
pub(super) const EXIT_STATUS: &[(&str, &str)] = &[
    (
        "0",
        "Every byte was delivered, and each direction ended in order. A server that a signal stops ends with 0 too, \
         once its sessions have finished.",
    ),
    ("1", "A local failure: stdin, stdout or a file failed, or resources ran out. exec has 125 instead."),
    ("2", "Wrong usage: a bad option, address or number, or a bad PEM file. Nothing was opened."),
    (
        "3",
        "Unavailable: xport cannot resolve, connect, bind or listen. Nothing was transferred, so a retry is safe. With \
         wait, the one try has failed. With scan, no port is open.",
    ),
    ("4", "Broken: the connection was reset or killed, or a datagram met a closed port. Data may be incomplete."),
    (
        "5",
        "TLS: the handshake failed, the certificate was refused, the peer does not speak TLS, or the stream ended \
         without close_notify.",
    ),
    (
        "124",
        "A time limit of an option was reached, or fewer datagrams than --count arrived. wait has it for --for only.",
    ),
    (
        "125, 126, 127",
        "exec: xport itself failed, the program cannot be executed, or it is not found. relay and wait have 126 and \
         127 too.",
    ),
    (
        "the program's",
        "exec, and relay with a program: the status of the program, or 128+n if signal n ended it. wait becomes its \
 program.",
    ),
    (
        "128+n",
        "Signal n ended the run, or ended a server for one client before that client came. The first process of a PID \
         namespace (PID 1) cannot die of its own signal, and exits with this status.",
    ),
];

/// How a run ends, for the manual page: an event, and what follows.
pub(super) const ENDING: &[(&str, &str)] = &[
    (
        "stdin ends",
        "xport sends everything that it has read, tells the peer (a half-close), and waits for the answer without a \
         limit. --half-close says when the peer is told. --linger (then 124) and --quit-after (then 0) set a limit.",
    ),
    (
        "the peer ends",
        "xport writes the rest to stdout and closes it. If stdin is a terminal, or with --until-peer-ends, the run is \
         over once the peer has what was read from stdin; otherwise xport sends stdin to its end.",
    ),
    (
        "TLS ends",
        "Each direction ends with a close_notify, which TLS protects; a half-close and the answer to it are \
         close_notify messages. If the connection ends without one, an attacker may have cut it, and the data may be \
         incomplete: the run reports this and ends with status 5, unless --allow-truncation is given. The bytes that \
         arrived have been written. A server logs such an end, or a failed handshake, and goes on listening. Once the \
         peer has ended and has received everything, errors of the remaining close do not count.",
    ),
    (
        "a TCP peer vanishes",
        "A host that loses its power or its network sends nothing. After the time of --keepalive (60s unless set) \
         without traffic, xport probes the peer. If the peer does not answer for as long again, the connection fails \
         with 'Connection timed out', and with status 4 if the run is about this connection. A connection also fails \
         if its peer acknowledges nothing for twice that time. xport waits for a peer that answers but does not read.",
    ),
    ("both have ended", "The run is over once the system of the peer has acknowledged every byte."),
    (
        "stdin ends, and datagrams were sent",
        "Datagrams have no end to pass on, and no acknowledgement. udp-client exits once no datagram has moved for \
         --linger (1s unless set), or at once with --send-only; --idle-timeout does not count any more. udp-server \
         stays, unless --linger is given; it reads stdin once the first datagram has arrived.",
    ),
    (
        "as many datagrams as --count says have arrived",
        "The run ends with status 0 once the datagrams are written to stdout; udp-echo has answered them by then, and \
         udp-server has sent what stdin had. If --linger or another timeout comes first, the status is 124.",
    ),
    (
        "a port for datagrams is closed",
        "When the system of the peer reports a closed port, udp-client sends the same datagrams to the next address of \
         the host, unless an answer has arrived. If all addresses refuse, udp-client reports it and ends with status \
         4 once stdin has ended, because a later datagram may still be taken. udp-server and udp-echo go on.",
    ),
    (
        "the program of exec ends",
        "xport prints the rest of the output and exits with the status of the program. A process that outlives the \
         program and holds its stdout is waited for only while it writes. xport passes HUP, INT, QUIT, TERM, USR1, \
         USR2 and ALRM on to the process group of the program, and to the program itself if it has left that group; \
         SIGKILL follows TERM and HUP after --kill-after. If the program dies of such a signal, so does xport. A \
         program that has become another user, as under sudo, cannot be killed: after --kill-after, a message names \
         the program, which is left running, and the run ends by the signal, or with 124 after --timeout.",
    ),
    (
        "exec gets SIGTSTP",
        "The key ^Z stops the program and xport; SIGCONT (fg, bg) continues both. With --pty, the key goes to the \
         terminal of the program.",
    ),
    (
        "xport is killed by SIGKILL",
        "The kernel also kills the programs that xport has started, but not a program that has become another user, \
         and not the processes that those programs have started.",
    ),
    (
        "a server gets SIGTERM, SIGINT or SIGHUP",
        "The server closes its listeners at once and lets sessions finish. A second signal, or the end of --grace, \
         resets the sessions and asks children to end; a third signal kills the children. A server for one client \
         that has had no client, and udp-server before the last datagram of --count, end by the signal at once.",
    ),
    (
        "a server gets another signal that ends programs",
        "The server ends by that signal at once, and removes its socket and its --port-file.",
    ),
    (
        "a scan has tried every port",
        "The status is 0 if a port is open, and 3 if none is. A message then says how many ports are closed and \
         filtered. Ports that this machine could not try, for example without a route, are reported once. A scan that \
         --timeout ends writes the open ports that it knows, and ends with status 124.",
    ),
    ("a client gets a signal", "The client ends at once. A signal that was ignored at the start stays ignored."),
    ("the reader of stdout is gone", "The run ends by SIGPIPE without a message, as cat does."),
    ("a timeout fires", "The run ends with status 124. A server with -k and an echo server end only that session."),
];

/// How a pair of endpoints ends, for the manual page: an event, and what follows.
pub(super) const ENDING_OF_PAIRS: &[(&str, &str)] = &[
    (
        "one side of a relay ends",
        "xport writes everything that has arrived to the other side, then ends that direction. The pair ends when both \
         sides have ended, and so does the run if LEFT does not listen. Datagrams have no end: a pair with datagrams \
         on one side ends once the other side has ended and nothing has moved for --linger (1s unless set). \
         udp-listen forgets a sender after --idle-timeout.",
    ),
    (
        "one side of a relay fails",
        "The other side gets the bytes that came before, then a reset, so that it cannot take a cut stream for a \
         complete one. If LEFT listens, the failure is logged; otherwise it decides the status of the run.",
    ),
    (
        "a connection with a program ends",
        "When the program ends, xport sends the rest of its output and closes the connection. When the client ends \
         its direction, xport closes the stdin of the program. When the client is gone altogether, xport ends the \
         program: SIGTERM to its process group, then SIGKILL after --kill-after; if the client has not failed, the \
         program first gets as long to read its input. A TCP client that is gone looks like one that has only \
         stopped sending, until something is sent to it or about a minute has passed; --linger sets a limit. A \
         program that was killed, or that failed and left input unread, resets the connection.",
    ),
];

/// The stdin of the program of `exec`, for the manual page: the stdin of xport, and what the program gets.
pub(super) const STDIN_OF_PROGRAM: &[(&str, &str)] = &[
    ("a file, a device, a pipe", "The program inherits it, and xport reads none of it, as with --stdin inherit."),
    (
        "a terminal",
        "xport reads it while xport is in the foreground, and the program gets a pipe, as with --stdin pipe. xport \
         reads typed keys even if the program does not.",
    ),
    (
        "a socket, or a non-blocking pipe",
        "xport reads it, and the program gets a pipe, as with --stdin pipe. xport can read some hundred kilobytes more \
         than the program does.",
    ),
    (
        "anything, with --pty",
        "xport reads it and types it on the terminal of the program. With --stdin null, xport reads nothing.",
    ),
];

/// The variables of a program, and what each says. A program on stdin and stdout gets the first row only.
pub(super) const ENVIRONMENT_OF_PROGRAM: &[(&str, &str)] = &[
    (
        "PATH, HOME, USER, LOGNAME, SHELL, TERM, LANG, LC_*, TZ, TMPDIR, PWD, XDG_RUNTIME_DIR",
        "From the environment of xport. --env adds others.",
    ),
    ("XPORT_PROTO", "On a connection: tcp, tls, unix or udp."),
    ("XPORT_REMOTE_ADDR, XPORT_REMOTE_PORT", "The peer, in numbers."),
    ("XPORT_LOCAL_ADDR, XPORT_LOCAL_PORT", "This end, in numbers. Unix sockets have neither."),
    ("XPORT_PEER_PIN", "The pin of the certificate of the peer, if it was verified."),
];

/// Other environment variables, and what each does.
pub(super) const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "XPORT_...",
        "The default of an option, as --help of a mode shows. An empty value counts as unset. For an option without a \
         value, 1 is on and 0 is off.",
    ),
    (
        "XPORT_LOG",
        "A filter of messages in the syntax of env_logger, instead of -q and -v. RUST_LOG works too if it names xport, \
         as in RUST_LOG=xport=debug. A filter for other programs must not hide warnings.",
    ),
    (
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "Where the authorities of the system are, for TLS without --ca. SSLKEYLOGFILE does nothing; use --keylog.",
    ),
    ("NO_COLOR, CLICOLOR_FORCE", "No colour, or colour even without a terminal."),
    ("COLUMNS", "The width of help, instead of the width of the terminal."),
];

/// The forms of values.
pub(super) const VALUES: &str = "\
A duration (DUR) is 250ms, .5s, 10s, 1.5m or 1h. A bare number means seconds. A size (SIZE) is 4096, 64K, 1MiB or 1G. \
K is always 1024.";
