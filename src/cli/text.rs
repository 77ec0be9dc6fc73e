//! The longer texts of help and manual pages: description, addresses, exit status, how a run ends.
//!
//! `cli/layout.rs` lays the texts out for `--help`, and `cli/man.rs` for the manual pages.

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
pub(super) const ABOUT_ENDPOINTS: &str = "The endpoints that xport connects to and listens on";

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
    "xport connects programs, files and terminals with TCP, TLS, UDP and unix sockets. A mode names a transport and \
     what to do with the bytes: tcp-client connects over TCP and joins the connection to stdin and stdout, and \
     udp-echo returns each UDP datagram to its sender.",
    "stdout carries only data, byte for byte. Messages go to stderr, one line for each event. The exit status says \
     whether all data arrived.",
];

/// The same of the page of endpoints.
pub(super) const DESCRIPTION_OF_ENDPOINTS: &[&str] =
    &["An endpoint is one end of a connection: a socket, a program, or stdin and stdout. Its form is \
       KIND:ADDRESS[,OPTION]... xport(1) lists the forms of addresses."];

/// How to read the list of options in the manual page.
pub(super) const HOW_TO_READ_OPTIONS: &str = "\
Each option is followed by its values, its default, the environment variable that sets the default, and the modes that \
have it. *-client stands for the four clients, tcp-* for the three TCP modes.";

/// The description in a paragraph, for --help.
pub(super) const LONG_ABOUT: &str = "\
The netcat that people and scripts can trust. stdout carries only data, byte for byte. Messages go to stderr. The exit \
status says whether all data arrived.";

/// The last line of the first screen.
pub(super) const AFTER_HELP: &str = "'xport MODE -h' lists the options of a mode. 'xport --help' has more.";

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
pub(super) const HELP: &str = "Print help: one screen with -h, all of it with --help";

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
    ("PORT, :PORT", "The loopback of IPv4 and IPv6: this machine only."),
    ("*:PORT, 0.0.0.0:PORT, [::]:PORT", "Listen on every interface. * means IPv4 and IPv6."),
    ("/path, ./path, path", "A unix socket, in the unix modes."),
    ("@name", "An abstract unix socket. It has no permissions: any program on the machine can connect."),
    ("239.1.2.3:PORT", "A multicast group. A listener joins it. A client accepts answers from every host."),
    ("fd:N", "An inherited socket: a listener, a connection, or a bound datagram socket."),
];

/// The endpoints of `wait`, and what proves that each is up.
pub(super) const WAITING: &[(&str, &str)] = &[
    (
        "HOST:PORT, tcp:ADDRESS",
        "Up if it accepts a connection. xport sends nothing and closes the connection at once. A proxy in front of a \
         service can accept connections while the service is down.",
    ),
    ("/path, @name, unix:PATH", "The same for a unix socket."),
    ("tls:ADDRESS", "Up if the handshake succeeds and the certificate is verified."),
    (
        "http://HOST/PATH, https://HOST/PATH",
        "Up if the answer to one GET has a 2xx or 3xx status, or a status of --status. xport follows no redirect. \
         Write %2C for a comma in the path if a word follows that is, or nearly is, an option.",
    ),
    (
        "udp:ADDRESS",
        "With --send TEXT, up if a reply arrives. Without it, up if an empty datagram is not refused within 500ms. A \
         firewall that drops datagrams makes a closed port look up.",
    ),
];

/// How to write endpoints and their options, in paragraphs.
pub(super) const ENDPOINT_OPTIONS: &[&str] = &[
    "Options follow an address after commas, under their usual names: tcp:host:80,retry=3,source=:99. An option that \
     takes a list, such as allow, may be repeated. Write '\\,' for a comma in a value. exec: and shell: take the rest \
     of the word unchanged, commas and colons included.",
    "An option before the endpoints applies to each endpoint that has it. An option after a comma applies to that \
     endpoint only, and takes precedence there. Lists, such as the networks of allow and deny, are combined. The \
     XPORT_* variables of options work here too.",
    "A URL is an endpoint if it has only a scheme and an address: tcp://host:80, tls://host:443, unix:///run/s, \
     udp://host:53. wait also takes http: and https: URLs. There, a comma belongs to the path unless the name of an \
     option follows. NAME=VALUE is refused if NAME is nearly an option. Write %2C for such a comma in the path.",
    "Only LEFT of a relay can listen. RIGHT is then opened once for each client. In echo, listen and exec --listen, \
     every endpoint listens, so tcp: means tcp-listen: there.",
];

/// The exit statuses, and what each means.
pub(super) const EXIT_STATUS: &[(&str, &str)] = &[
    (
        "0",
        "Every byte was delivered, and both directions closed cleanly. A server that a signal stops also exits with \
         0, once its sessions have finished.",
    ),
    ("1", "A local failure: stdin, stdout or a file failed, or resources ran out. exec uses 125 instead."),
    ("2", "Usage error: a bad option, address or number, or a bad PEM file. Nothing was opened."),
    (
        "3",
        "Unavailable: xport cannot resolve, connect, bind or listen. Nothing was transferred, so a retry is safe. \
         wait without --for: the only try failed or took too long. scan: no port is open.",
    ),
    ("4", "Broken: an established connection failed, or a datagram reached a closed port. Data may be incomplete."),
    (
        "5",
        "TLS: the handshake failed, the certificate was refused, the peer does not speak TLS, or the stream ended \
         without close_notify.",
    ),
    (
        "124",
        "The time limit of an option was reached, or fewer datagrams than --count arrived. If connecting takes longer \
         than --connect-timeout (10s unless set), nothing was transferred, so a retry is safe. wait: the time of --for \
         was up.",
    ),
    (
        "125, 126, 127",
        "exec: xport itself failed (125), the program cannot be executed (126), or it was not found (127). relay and \
         wait use 126 and 127 too.",
    ),
    (
        "the program's",
        "exec, and relay with a program, exit with the status of the program, or with 128+n if signal n ended it. \
         wait becomes its program.",
    ),
    (
        "128+n",
        "Signal n ended the run, or ended a server that was still waiting for its one client. xport dies of the \
         signal, and the shell shows 128+n. As PID 1 of a container, xport exits with this status instead.",
    ),
];

/// How a run ends, for the manual page: an event, and what follows.
pub(super) const ENDING: &[(&str, &str)] = &[
    (
        "stdin ends",
        "xport sends everything that it has read, half-closes the connection, and waits for the answer without a time \
         limit. --half-close says when to half-close. --linger (then 124) and --quit-after (then 0) set a limit.",
    ),
    (
        "the peer ends",
        "xport writes the rest to stdout and closes stdout. If stdin is a terminal, or with --until-peer-ends, the \
         run ends once the peer has received what was read from stdin. Otherwise xport sends stdin to its end.",
    ),
    (
        "TLS ends",
        "Each direction ends with a close_notify message, which TLS protects. So a half-close is a close_notify too. \
         If the connection ends without one, an attacker may have cut it. xport then writes the bytes that arrived, \
         reports that data may be missing, and exits with 5, unless --allow-truncation is given. A server logs such \
         an end, or a failed handshake, and goes on listening. Once the peer has sent its close_notify and has \
         received everything, later errors do not count.",
    ),
    (
        "a TCP peer vanishes",
        "A host that loses power or its network sends nothing. After --keepalive (60s unless set) without traffic, \
         xport probes the peer. If the peer does not answer for as long again, the connection fails with 'Connection \
         timed out', and a run with one connection exits with 4. A connection also fails if the peer acknowledges \
         nothing for twice that time. xport waits for a peer that answers but does not read.",
    ),
    ("both have ended", "The run ends once the peer's system has acknowledged every byte."),
    (
        "stdin ends, and datagrams were sent",
        "Datagrams have neither an end nor an acknowledgement. udp-client exits once no datagram has moved for \
         --linger (1s unless set), or at once with --send-only. --idle-timeout no longer counts then. udp-server \
         stays, unless --linger is given. It reads stdin only after the first datagram has arrived.",
    ),
    (
        "all datagrams of --count have arrived",
        "The run exits with 0 once the datagrams are on stdout. By then, udp-echo has answered them, and udp-server \
         has sent the data of stdin. If --linger or another time limit comes first, the status is 124.",
    ),
    (
        "a datagram reaches a closed port",
        "When the peer's system reports a closed port, udp-client sends the same datagrams to the next address of the \
         host, unless an answer has arrived. If all addresses refuse, udp-client reports the refusal. It goes on \
         while stdin is open, because the receiver may come back, and then exits with 4. udp-server and udp-echo go \
         on.",
    ),
    (
        "the program of exec ends",
        "xport prints the rest of the output and exits with the status of the program. If another process still holds \
         the program's stdout, xport waits only while that process writes. xport passes on HUP, INT, QUIT, TERM, \
         USR1, USR2 and ALRM to the process group of the program, and to the program itself if it has left that \
         group. SIGKILL follows TERM and HUP after --kill-after. If the program dies of such a signal, so does xport. \
         xport cannot kill a program that has become another user, as under sudo. After --kill-after, xport names the \
         program in a message and leaves it running. The run then ends by the signal, or with 124 after --timeout.",
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
         resets the sessions and sends SIGTERM to programs. A third signal kills the programs. A server that still \
         waits for its one client ends by the first signal at once. So does udp-server before the last datagram of \
         --count.",
    ),
    (
        "a server gets another fatal signal",
        "The server ends by that signal at once, and removes its socket and its --port-file.",
    ),
    (
        "a scan has tried every port",
        "The status is 0 if a port is open, and 3 if none is. With no open port, a message says how many ports are \
         closed and filtered. Ports that this machine cannot try, for example for lack of a route, are reported once. \
         When --timeout ends a scan, xport writes the open ports found so far and exits with 124.",
    ),
    ("a client gets a signal", "The client ends at once. A signal that was ignored at the start stays ignored."),
    ("the reader of stdout is gone", "The run ends by SIGPIPE without a message, as cat does."),
    ("a timeout fires", "The run ends with status 124. A server with -k and an echo server end only that session."),
];

/// How a pair of endpoints ends, for the manual page: an event, and what follows.
pub(super) const ENDING_OF_PAIRS: &[(&str, &str)] = &[
    (
        "one side of a relay ends",
        "xport writes everything that has arrived to the other side, then closes that direction. The pair ends when \
         both directions have closed. If LEFT does not listen, the run ends too. Datagrams have no end: a pair with \
         datagrams on one side ends once the other side has ended and nothing has moved for --linger (1s unless set). \
         udp-listen forgets a sender after --idle-timeout.",
    ),
    (
        "one side of a relay fails",
        "The other side gets the bytes that came before, then a reset. So a TCP peer cannot mistake a cut stream for a \
         complete one. A unix peer sees a plain end, because unix sockets have no reset. If LEFT listens, xport goes \
         on; it reports a reset or a failed program only with -v. Otherwise the failure decides the exit status.",
    ),
    (
        "a connection with a program ends",
        "When the program ends, xport sends the rest of its output and closes the connection. When the client \
         half-closes, xport closes the stdin of the program. When the client is gone, xport sends SIGTERM to the \
         process group of the program, and SIGKILL after --kill-after. If the client has closed cleanly, the program \
         first gets the same time to read its input. A TCP client that is gone looks like one that has half-closed, \
         until something is sent to it or about a minute has passed. --linger sets a limit. A program that was \
         killed, or that failed and left input unread, resets the connection.",
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
        "xport reads it, and the program gets a pipe, as with --stdin pipe. xport can read a few hundred kilobytes \
         more than the program does.",
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
    ("XPORT_PEER_PIN", "The pin of the peer's certificate, if it was verified."),
];

/// Other environment variables, and what each does.
pub(super) const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "XPORT_...",
        "The default of an option. 'xport MODE --help' shows the names. An empty value counts as unset. For an option \
         without a value, 1 means on and 0 means off.",
    ),
    (
        "XPORT_LOG",
        "A filter for messages in the syntax of env_logger, instead of -q and -v. RUST_LOG works too, but only if it \
         names xport, as in RUST_LOG=xport=debug.",
    ),
    (
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "Where to find the authorities of the system, for TLS without --ca. SSLKEYLOGFILE does nothing; use --keylog.",
    ),
    ("NO_COLOR, CLICOLOR_FORCE", "No colour, or colour even without a terminal."),
    ("COLUMNS", "The width of help, instead of the width of the terminal."),
];

/// The forms of values.
pub(super) const VALUES: &str = "\
A duration (DUR) is 250ms, .5s, 10s, 1.5m or 1h. A bare number means seconds. A size (SIZE) is 4096, 64K, 1MiB or 1G. \
K is always 1024.";
