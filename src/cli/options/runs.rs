//! The rows of options for datagrams, children, streams and messages, and of options without a mode.

use clap_complete::Shell;

use super::spec::*;
use super::typed::Opt::*;
use crate::cli::logger::Color;
use crate::cli::text::Manual;
use crate::cli::values::{
    parse_duration, parse_escape, parse_group, parse_half_close, parse_number, parse_positive_duration, parse_size,
};
use crate::protocols::half_close::HalfClose;
use crate::transports::process::opening::ChildStdio;

pub(super) static DATAGRAM: &[OptSpec] = &[
    number(Count, "count", "N", |o, t| put(&mut o.datagrams.count, parse_number(t, 1..=u64::MAX).map(Some)))
        .top(21)
        .help("Exit after N datagrams have arrived"),
    text(Join, "join", "GROUP[%IF]", |o, t| push(&mut o.join, parse_group(t)))
        .repeat(Repeat::List)
        .variable("XPORT_JOIN")
        .top(22)
        .help("Receive what is sent to this multicast group")
        .more(
            "GROUP is an address such as 239.1.2.3 or ff02::1%eth0. %IF names the interface. Without %IF, the kernel \
             chooses one. Listen on *:PORT, or on GROUP:PORT to receive only what is sent to the group. Listening on \
             GROUP:PORT joins the group even without this option. Several programs can listen on the same GROUP:PORT, \
             and each of them receives every datagram. Only one program can listen on *:PORT, so that no other \
             program takes datagrams for this machine.",
        ),
    flag(Broadcast, "broadcast", |o| o.broadcast = true)
        .variable("XPORT_BROADCAST")
        .top(23)
        .help("Allow a broadcast address")
        .more("Replies from every host are accepted."),
    flag(Lines, "lines", |o| o.datagrams.lines = true)
        .top(20)
        .help("Send lines as datagrams; add missing newlines")
        .more(
            "Each line of stdin is sent as one datagram, without its newline. A datagram that does not end with a \
             newline gets one on stdout. Newlines inside a datagram stay, so a sender can write what looks like \
             several datagrams.",
        ),
];

pub(super) static CHILD: &[OptSpec] = &[
    raw(Shell, "shell", "CMD", |o, t| o.shell = Some(t.to_owned()))
        .top(10)
        .help("Run this shell command instead of CMD"),
    word(
        Stdin,
        "stdin",
        "WHAT",
        &[
            ("pipe", "", |o| o.stdin = Some(ChildStdio::Pipe)),
            ("inherit", "", |o| o.stdin = Some(ChildStdio::Inherit)),
            ("null", "", |o| o.stdin = Some(ChildStdio::Null)),
        ],
    )
    .top(14)
    .help("Stdin of the program: pipe, inherit or null")
    .more(
        "'pipe': xport reads its own stdin and passes the bytes on. It reads ahead at most as much as a pipe \
             holds. 'inherit': the program gets the stdin of xport, and xport reads none of it. Bytes that the program \
             does not read are left for the next reader, as in a 'while read' loop. 'null': the program gets an empty \
             stdin, and nothing reads the stdin of xport. Without this option, the program inherits a file, a device \
             or a pipe. xport reads a terminal itself, because the program runs in the background there. It also reads \
             a socket or a non-blocking pipe itself. With --pty, xport types everything on the terminal of the \
             program. A program that inherits a terminal runs in the process group of xport. The keys reach the \
             program directly, and --timeout and signals reach only the program, not the processes that it has \
             started.",
    ),
    word(
        Stderr,
        "stderr",
        "WHERE",
        &[
            ("inherit", "", |o| o.stderr = Some(ChildStdio::Inherit)),
            ("null", "", |o| o.stderr = Some(ChildStdio::Null)),
            ("merge", "", |o| o.stderr = Some(ChildStdio::Merge)),
        ],
    )
    .variable("XPORT_STDERR")
    .top(17)
    .help("Stderr of the program: inherit, null or merge")
    .more(
        "'inherit' is the stderr of xport. 'null' discards it. 'merge' is the stdout of the program. The default \
         is inherit. It is merge if the stdout of the program goes to the stdout of xport, and the stdout and \
         stderr of xport are the same file, pipe or terminal. This keeps the order in which the program writes.",
    ),
    raw(Env, "env", "K=V", |o, t| o.env.push(t.to_owned()))
        .repeat(Repeat::Yes)
        .top(16)
        .help("Set an environment variable of the program")
        .more(
            "A name without a value is copied from the environment of xport. The program also gets PATH, HOME, USER, \
             LOGNAME, SHELL, TERM, LANG, LC_*, TZ, TMPDIR, PWD and XDG_RUNTIME_DIR. Any other variable must be named.",
        ),
    number(KillAfter, "kill-after", "DUR", |o, t| put(&mut o.kill_after, parse_duration(t)))
        .default("5s")
        .variable("XPORT_KILL_AFTER")
        .top(46)
        .help("Kill the program this long after SIGTERM")
        .more(
            "The same holds after SIGHUP. When a client has closed cleanly, the program first gets the end of its \
             input. SIGTERM follows once the program has read nothing for this long.",
        ),
    flag(Pty, "pty", |o| o.pty = true)
        .variable("XPORT_PTY")
        .top(11)
        .help("Run the program on a terminal of its own")
        .more("The terminal is its stdin, stdout and stderr."),
];

pub(super) static STREAM: &[OptSpec] = &[
    number(HalfClose, "half-close", "WHEN", |o, t| put(&mut o.half_close, parse_half_close(t).map(Some)))
        .default("auto")
        .variable("XPORT_HALF_CLOSE")
        .top(45)
        .help("When to tell the peer that stdin has ended")
        .more(
            "WHEN is auto, now, never, or a time without traffic. 'never' waits for the end of the session. Many \
             servers take a half-close for a hang-up and drop their answer. So 'auto' waits for 10s without traffic \
             in three cases: stdin was empty, the bytes sent begin like an HTTP/1 request, or --starttls was used. \
             Otherwise 'auto' tells the peer at once.",
        )
        .instead(&[(
            Topic::Relay,
            "When to tell one side that the other has ended",
            "WHEN is auto, now, never, or a time without traffic. 'never' waits for the end of the pair. 'auto' \
             passes on the end of a connection at once. It also passes on the end of stdin, or of a program's output, \
             at once, with three exceptions. It waits for 10s without traffic if nothing was sent, if the bytes sent \
             begin like an HTTP/1 request, or if --starttls was used.",
        )]),
    flag(NoHalfClose, "no-half-close", |o| o.half_close = Some(HalfClose::Never))
        .not_with(HalfClose)
        .help("Same as --half-close never"),
    number(Linger, "linger", "DUR", |o, t| put(&mut o.stream.linger, parse_duration(t).map(Some)))
        .variable("XPORT_LINGER")
        .top(42)
        .help("After stdin ends, wait this long for the peer")
        .more("After that, the run ends with status 124. Without this option, the wait has no limit.")
        .instead(&[
            (
                Topic::DatagramServer,
                "Exit once no datagram has moved for this long",
                "The time counts once stdin has ended. xport reads stdin only after the first datagram. Without this \
                 option, the server stays.",
            ),
            (
                Topic::Datagrams,
                "After stdin ends, wait for replies [default: 1s]",
                "The run ends once no datagram has moved for this long.",
            ),
            (
                Topic::Exec,
                "After the peer ends, wait this long for the program",
                "The peer has half-closed and can still receive. Without this option, the wait has no limit.",
            ),
            (
                Topic::Relay,
                "After one side ends, wait this long for the other",
                "With datagrams, the pair ends once none has moved for this long, and the default is 1s. Without \
                 datagrams, the default is no limit.",
            ),
            (
                Topic::AnyEndpoint,
                "After stdin ends, wait this long for the other end",
                "With datagrams, the run ends once none has moved for this long. The default is 1s if datagrams \
                 are sent, and no limit otherwise.",
            ),
        ]),
    number(QuitAfter, "quit-after", "DUR", |o, t| put(&mut o.stream.quit_after, parse_duration(t).map(Some)))
        .not_with(Linger)
        .variable("XPORT_QUIT_AFTER")
        .top(34)
        .help("After stdin ends, wait this long, then exit with 0")
        .more(
            "The time begins once the peer has received all of stdin. Data that arrives in time is written. The rest \
             of the answer is dropped. With 0, the session ends as soon as the peer has received everything. A peer \
             that never stops sending can delay the exit by 5s. --linger is strict: it exits with 124.",
        )
        .instead(&[
            (
                Topic::Datagrams,
                "After stdin ends, exit with 0 after this long",
                "Datagrams that still arrive do not delay the exit. Without this option, --linger decides.",
            ),
            (
                Topic::Relay,
                "After stdin ends, wait this long, then exit with 0",
                "One side must be stdin and stdout (-). The other side must not be a program. The time begins once \
                 the other side has received all of stdin. Data that arrives in time is written. The rest of the \
                 answer is dropped. --linger is strict: it exits with 124.",
            ),
        ]),
    flag(UntilPeerEnds, "until-peer-ends", |o| o.stream.until_peer_ends = true)
        .variable("XPORT_UNTIL_PEER_ENDS")
        .help("End the session when the peer closes its side")
        .more(
            "The session ends cleanly, even if stdin is still open. xport still sends what it has read from stdin, \
             and exits with 4 if the peer does not take it. It reads nothing more. A server with -k goes on with the \
             next client, which gets the rest of stdin. A session whose stdin is a terminal always ends like this.",
        ),
    flag(SendOnly, "send-only", |o| o.stream.send_only = true)
        .not_with(RecvOnly)
        .top(32)
        .help("Discard what the peer sends")
        .instead(&[(Topic::Datagrams, "Discard replies, and exit when stdin ends", "")]),
    flag(RecvOnly, "recv-only", |o| o.stream.recv_only = true).top(33).help("Do not read stdin"),
    flag(Crlf, "crlf", |o| o.crlf = true)
        .variable("XPORT_CRLF")
        .top(31)
        .help("Send each line feed as CR LF")
        .more(
            "SMTP, HTTP and other line-based protocols need this. A line feed after a CR is sent unchanged. Received \
             data is unchanged.",
        )
        .instead(&[(
            Topic::Relay,
            "Send each line feed to a socket as CR LF",
            "SMTP, HTTP and other line-based protocols need this. A line feed after a CR is sent unchanged. Received \
             data is unchanged. Before the endpoints, the option applies to each stream socket. After a comma, it \
             applies to one endpoint.",
        )]),
    flag(Raw, "raw", |o| o.raw = true).top(34).help("Send each key at once; '^]' then '.' quits").more(
        "Use it to work in a shell, an editor or a console at the other end. Start the program there with 'xport exec \
         --listen EP --pty -- bash -li'. Keys, ^C included, are neither echoed nor edited here, and Enter sends a CR. \
         What the peer sends is shown unchanged. The terminal becomes raw when the connection is up, and xport \
         restores it however the run ends. Only SIGKILL leaves it raw; 'stty sane' repairs it. ^]^Z or SIGTSTP \
         suspends xport, with the terminal restored. The other end does not learn the size of this window: type 'stty \
         rows R cols C' there. Stdin must be a terminal.",
    ),
    text(Escape, "escape", "KEY", |o, t| put(&mut o.escape, parse_escape(t)))
        .default("^]")
        .variable("XPORT_ESCAPE")
        .help("The escape key of --raw")
        .more(
            "KEY is ^X, a character, or none. The escape key, then '.', ends the session: the peer gets what was \
             typed before, and the status is 0 if the peer takes all of it within a second. The escape key, then '?', \
             shows help. To send the escape key itself, type it twice. Before any other key, the escape key is sent \
             too. A control character works anywhere. A printable character, such as ~, works only at the beginning \
             of a line. With 'none', only the peer or a signal ends the session.",
        ),
    file(Dump, "dump", |o| &mut o.stream.dump).top(44).help("Write all data to FILE, in hexadecimal and text").more(
        "'-' is stderr. The dump shows the data of connections, datagram sockets and programs. Each piece has the \
         time since the start, the number and the name of the end, and its offset in that direction or the number of \
         the datagram. The last line is 'ended'. Without it the dump is not complete. Data is shown before TLS \
         encrypts it and after --crlf has changed it. A new FILE can be read only by its owner. An existing FILE is \
         emptied first, and keeps its mode. FILE cannot be the file of stdin or stdout. A dump is five to ten times \
         as long as the data, and slow. If its reader is slow, such as a pager, the run waits for it. If writing the \
         dump fails, the dump stops with a warning, and the run goes on. The dump does not show what a program reads \
         from an inherited stdin.",
    ),
    flag(Progress, "progress", |o| o.stream.progress = true)
        .variable("XPORT_PROGRESS")
        .top(48)
        .help("Show how much has moved and how fast")
        .more(
            "xport draws one line on stderr if stderr is a terminal. The line appears after a second, and its last \
             state stays. If stdin is a file, the line also shows the percentage and the time left. It disappears \
             when the peer's data appears on the same terminal, and it is not drawn in the background. -q does not \
             suppress it. Nothing is drawn if TERM is 'dumb'.",
        ),
    number(HighWater, "high-water", "SIZE", |o, t| put(&mut o.stream.high_water, parse_size(t)))
        .default("64K")
        .variable("XPORT_HIGH_WATER")
        .expert()
        .help("Pause reading while more than SIZE waits to be written"),
    number(LowWater, "low-water", "SIZE", |o, t| put(&mut o.stream.low_water, parse_size(t).map(Some)))
        .variable("XPORT_LOW_WATER")
        .expert()
        .help("Resume reading once at most SIZE waits")
        .more("The default is a quarter of --high-water."),
    number(Timeout, "timeout", "DUR", |o, t| put(&mut o.stream.timeout, parse_positive_duration(t).map(Some)))
        .variable("XPORT_TIMEOUT")
        .top(40)
        .help("End the run after this long, with status 124"),
    number(IdleTimeout, "idle-timeout", "DUR", |o, t| {
        put(&mut o.stream.idle_timeout, parse_positive_duration(t).map(Some))
    })
    .variable("XPORT_IDLE_TIMEOUT")
    .top(41)
    .help("End a session after this long without traffic")
    .instead(&[
        (Topic::Datagrams, "Fail after this long without a datagram", "The time counts while stdin is open."),
        (Topic::Exec, "End a connection after this long without traffic", ""),
        (
            Topic::Relay,
            "End a pair after this long without traffic",
            "The default is 60s if LEFT is udp-listen, and no limit otherwise.",
        ),
    ]),
];

pub(super) static OUTPUT: &[OptSpec] = &[
    flag(Quiet, "quiet", |o| o.quiet = true).short('q').not_with(Verbose).help("Report errors only"),
    flag(Verbose, "verbose", |o| o.verbose = o.verbose.saturating_add(1))
        .short('v')
        .repeat(Repeat::Yes)
        .top(0)
        .help("Report connections; -vv and -vvv report more")
        .more("-vv adds the decisions of xport, and -vvv adds everything else."),
    word(
        Color,
        "color",
        "WHEN",
        &[
            ("auto", "", |o| o.color = Color::Auto),
            ("always", "", |o| o.color = Color::Always),
            ("never", "", |o| o.color = Color::Never),
        ],
    )
    .default("auto")
    .variable("XPORT_COLOR")
    .help("Colour messages and help")
    .more("auto colours on a terminal, unless NO_COLOR is set or TERM is dumb."),
    flag(LogTime, "log-time", |o| o.log_time = true)
        .variable("XPORT_LOG_TIME")
        .help("Begin each message with the time, in UTC"),
];

pub(super) static PAGES: &[OptSpec] = &[
    word(
        Completions,
        "completions",
        "SHELL",
        &[
            ("bash", "", |o| o.completions = Some(Shell::Bash)),
            ("elvish", "", |o| o.completions = Some(Shell::Elvish)),
            ("fish", "", |o| o.completions = Some(Shell::Fish)),
            ("powershell", "", |o| o.completions = Some(Shell::PowerShell)),
            ("zsh", "", |o| o.completions = Some(Shell::Zsh)),
        ],
    )
    .help("Print the completions of a shell"),
    word(
        Man,
        "man",
        "PAGE",
        &[("xport", "", |o| o.man = Some(Manual::Program)), ("endpoints", "", |o| o.man = Some(Manual::Endpoints))],
    )
    .bare("xport")
    .not_with(Completions)
    .help("Print a manual page as roff")
    .more("The pages are xport(1) and xport-endpoints(7)."),
];
