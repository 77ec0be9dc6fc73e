//! The rows of options for datagrams, children, streams and messages, and of options without a mode.

use super::spec::*;
use super::typed::Opt::*;
use super::typed::Options;
use crate::cli::logger::Color;
use crate::cli::values::{
    parse_duration, parse_escape, parse_group, parse_half_close, parse_number, parse_positive_duration, parse_size,
};
use crate::protocols::half_close::HalfClose;
use crate::transports::process::opening::ChildStdio;

fn stdio(text: &str) -> Result<Option<ChildStdio>, String> {
    Ok(Some(match text {
        "pipe" => ChildStdio::Pipe,
        "inherit" => ChildStdio::Inherit,
        "null" => ChildStdio::Null,
        "merge" => ChildStdio::Merge,
        _ => return Err(String::new()),
    }))
}

fn set_color(options: &mut Options, text: &str) -> Result<(), String> {
    options.color = match text {
        "auto" => Color::Auto,
        "always" => Color::Always,
        "never" => Color::Never,
        _ => return Err(String::new()),
    };
    Ok(())
}

pub(super) static DATAGRAM: &[OptSpec] = &[
    number(Count, "count", "N", |o, t| put(&mut o.count, parse_number(t, 1..=u64::MAX).map(Some)))
        .help("Exit after N datagrams have arrived"),
    text(Join, "join", "GROUP[%IF]", |o, t| push(&mut o.join, parse_group(t)))
        .repeat(Repeat::List)
        .variable("XPORT_JOIN")
        .help("Receive datagrams sent to this multicast group; may be repeated")
        .more(
            "A group is written like 239.1.2.3 or ff02::1%eth0. %IF names the interface on which to join; without it, \
             the kernel chooses one. Listen on *:PORT, or on GROUP:PORT to receive nothing but the group; listening \
             on GROUP:PORT joins the group without this option. Several programs can listen on the same GROUP:PORT, \
             and each of them receives every datagram. Only one program can listen on *:PORT, so that no other \
             program takes datagrams for this machine.",
        ),
    flag(Broadcast, "broadcast", |o| o.broadcast = true)
        .variable("XPORT_BROADCAST")
        .help("Let ADDRESS be a broadcast address, and accept replies from any host"),
    flag(Lines, "lines", |o| o.lines = true).help(
        "Send each line of stdin as one datagram, without its newline; write each datagram as one line to stdout",
    ),
];

pub(super) static CHILD: &[OptSpec] = &[
    raw(Shell, "shell", "CMD", |o, t| o.shell = Some(t.to_owned()))
        .help("Run this line with the shell, instead of CMD"),
    word(Stdin, "stdin", "WHAT", &[("pipe", ""), ("inherit", ""), ("null", "")], |o, t| put(&mut o.stdin, stdio(t)))
        .help(
            "Stdin of the program: a pipe from xport, the stdin of xport itself, or nothing [default: depends on the \
             kind of stdin]",
        )
        .more(
            "'pipe': xport reads its own stdin and passes the bytes on; it reads ahead at most as much as a pipe \
             holds. 'inherit': the program gets the stdin of xport, and xport reads none of it; bytes that the \
             program does not read are left for the next reader, as in a 'while read' loop. 'null': the program gets \
             an empty stdin, and nothing reads the stdin of xport. Without this option, the program inherits a file, \
             a device or a pipe. xport reads a terminal itself, because the program runs in the background there; \
             xport also reads a socket or a non-blocking pipe itself. With --pty, xport types everything on the \
             terminal of the program. A program that inherits a terminal runs in the process group of xport: the keys \
             reach the program directly, and --timeout and signals reach only the program, not the processes that it \
             has started.",
        ),
    word(Stderr, "stderr", "WHERE", &[("inherit", ""), ("null", ""), ("merge", "")], |o, t| {
        put(&mut o.stderr, stdio(t))
    })
    .variable("XPORT_STDERR")
    .help("Stderr of the program: the stderr of xport, nothing, or its own stdout [default: inherit, or merge]")
    .more(
        "The default is inherit. It is merge if the stdout of the program goes to the stdout of xport, and the \
             stdout and stderr of xport are the same file, pipe or terminal. This keeps the order in which the \
             program writes.",
    ),
    raw(Env, "env", "K=V", |o, t| o.env.push(t.to_owned()))
        .repeat(Repeat::Yes)
        .help("Set an environment variable of the program; a name alone copies its value; may be repeated")
        .more(
            "The program also gets PATH, HOME, USER, LOGNAME, SHELL, TERM, LANG, LC_*, TZ, TMPDIR, PWD and \
             XDG_RUNTIME_DIR from the environment of xport. Any other variable must be named.",
        ),
    number(KillAfter, "kill-after", "DUR", |o, t| put(&mut o.kill_after, parse_duration(t)))
        .default("5s")
        .variable("XPORT_KILL_AFTER")
        .help("Kill the program if it has not ended this long after a SIGTERM or SIGHUP")
        .more(
            "When a client has left in order, the program first gets the end of its input. SIGTERM follows once the \
             program has read nothing for this long.",
        ),
    flag(Pty, "pty", |o| o.pty = true)
        .variable("XPORT_PTY")
        .help("Run the program on a terminal of its own: stdin, stdout and stderr"),
];

pub(super) static STREAM: &[OptSpec] = &[
    number(HalfClose, "half-close", "WHEN", |o, t| put(&mut o.half_close, parse_half_close(t).map(Some)))
        .default("auto")
        .variable("XPORT_HALF_CLOSE")
        .help("When to tell the peer that stdin has ended: auto, now, never, or after DUR without traffic")
        .more(
            "'never' tells it only with the end of the session. Many servers take a half-close for a hang-up and drop \
             their answer. So 'auto' waits for 10s without traffic in three cases: stdin was empty, the bytes sent \
             begin like an HTTP/1 request, or --starttls was used. Otherwise 'auto' tells the peer at once.",
        )
        .instead_with(
            Topic::Relay,
            "When to tell one side that the other has ended: auto, now, never, or after DUR without traffic",
            "'never' tells it only with the end of the pair. 'auto' passes the end of a connection on at once. It \
             also passes the end of stdin, or of the output of a program, on to a connection at once, except in three \
             cases, in which it waits for 10s without traffic: nothing was sent, the bytes sent begin like an HTTP/1 \
             request, or --starttls was used.",
        ),
    flag(NoHalfClose, "no-half-close", |o| o.half_close = Some(HalfClose::Never))
        .not_with(HalfClose)
        .help("Same as --half-close never"),
    number(Linger, "linger", "DUR", |o, t| put(&mut o.linger, parse_duration(t).map(Some)))
        .variable("XPORT_LINGER")
        .help("After stdin ends, wait at most this long for the peer to end [default: no limit]")
        .instead(
            Topic::DatagramServer,
            "After stdin ends, exit once no datagram has moved for this long; stdin is read only after a first \
             datagram [default: stay]",
        )
        .instead(Topic::Datagrams, "After stdin ends, exit once no datagram has moved for this long [default: 1s]")
        .instead(
            Topic::Exec,
            "After the peer ends its direction, wait at most this long for the program to end [default: no limit]",
        )
        .instead(
            Topic::Relay,
            "After one side ends, wait at most this long for the other; with datagrams, until none has moved for this \
             long [default: no limit; 1s with datagrams]",
        )
        .instead(
            Topic::AnyEndpoint,
            "After stdin ends, wait at most this long for the peer to end; with datagrams, until none has moved for \
             this long [default: no limit; 1s when sending datagrams]",
        ),
    number(QuitAfter, "quit-after", "DUR", |o, t| put(&mut o.quit_after, parse_duration(t).map(Some)))
        .not_with(Linger)
        .variable("XPORT_QUIT_AFTER")
        .help("After stdin ends, wait at most this long for the answer, then exit with 0 [default: no limit]")
        .more(
            "The time begins once the peer has received all of stdin; before that, the session does not end. Data \
             that has arrived in time is written, and the rest of the answer is dropped. With 0, the session ends as \
             soon as the peer has received everything. --linger is strict: it exits with 124.",
        )
        .instead(
            Topic::Datagrams,
            "After stdin ends, exit with 0 after this long, even if datagrams still arrive [default: see --linger]",
        )
        .instead_with(
            Topic::Relay,
            "After one side ends, wait at most this long for the other, then end the pair in order",
            "The time begins once the other side has received everything. --linger is strict: it exits with 124. A \
             program has no such limit: see --kill-after.",
        )
        .instead_with(
            Topic::AnyEndpoint,
            "After stdin ends, wait at most this long for the answer, then exit with 0 [default: no limit]",
            "The time begins once the peer has received all of stdin; before that, the session does not end. Data \
             that has arrived in time is written, and the rest of the answer is dropped. With 0, the session ends as \
             soon as the peer has received everything. --linger is strict: it exits with 124.",
        ),
    flag(UntilPeerEnds, "until-peer-ends", |o| o.until_peer_ends = true)
        .variable("XPORT_UNTIL_PEER_ENDS")
        .help("End the session in order when the peer has ended, even if stdin is still open")
        .more(
            "What was read from stdin before is still sent, and it is an error (4) if the peer does not take it. \
             Nothing more is read from stdin. A server with -k goes on with the next client, which gets the rest of \
             stdin. A session whose stdin is a terminal always ends like this.",
        ),
    flag(SendOnly, "send-only", |o| o.send_only = true)
        .not_with(RecvOnly)
        .help("Discard everything that the peer sends")
        .instead(Topic::Datagrams, "Discard received datagrams, and exit once stdin has ended"),
    flag(RecvOnly, "recv-only", |o| o.recv_only = true).help("Do not read stdin"),
    flag(Crlf, "crlf", |o| o.crlf = true)
        .variable("XPORT_CRLF")
        .help("Send each line feed as CR LF; received data is unchanged")
        .more("SMTP, HTTP and other protocols of lines need this. A line feed after a CR is sent unchanged.")
        .instead_with(
            Topic::Relay,
            "Send each line feed to a socket as CR LF; received data is unchanged",
            "SMTP, HTTP and other protocols of lines need this. A line feed after a CR is sent unchanged. Before the \
             endpoints, the option applies to each stream socket; after a comma, to one endpoint.",
        ),
    flag(Raw, "raw", |o| o.raw = true).help("Send each key of the terminal at once, ^C included; ^]. leaves").more(
        "This is for a program with a terminal at the other end: a shell, an editor, a console. Start it there with \
             'xport exec --listen EP --pty -- bash -li'. Keys are neither echoed nor edited here, and Enter sends a \
             CR. What the peer sends is shown unchanged. The terminal is raw from the connection on, and it is \
             restored at every end of the run. Only SIGKILL leaves it raw; 'stty sane' repairs it. ^]^Z or SIGTSTP \
             suspends xport, with the terminal restored. The other end does not learn the size of this window: type \
             'stty rows R cols C' there. Stdin must be a terminal.",
    ),
    text(Escape, "escape", "KEY", |o, t| put(&mut o.escape, parse_escape(t)))
        .default("^]")
        .variable("XPORT_ESCAPE")
        .help("The key before a command in --raw: ^X, a character, or none")
        .more(
            "The escape key and '.' leave: the peer gets what was typed before, and the status is 0 if it has taken \
             all of it within a second. The escape key twice sends it once. The escape key and '?' show help. After \
             the escape key and any other key, both are sent. A control character is the escape key anywhere; a \
             printable character, such as ~, only at the beginning of a line. With 'none', xport ends only with the \
             peer or by a signal.",
        ),
    file(Dump, "dump", |o| &mut o.dump)
        .help("Write sent and received data to FILE, in hexadecimal and as text; '-' is stderr")
        .more(
            "The dump shows the data of connections, datagram sockets and programs. Each piece has the time since \
             the start, the number and the name of the end, and its offset in that direction or the number of the \
             datagram. The last line is 'ended'; without it the dump is not complete. Data is shown before TLS \
             encrypts it and after --crlf has changed it. A new FILE can be read only by its owner. A FILE that \
             exists is emptied first, and keeps its mode. FILE cannot be the file of stdin or stdout. A dump is five \
             to ten times as long as the data, and slow. If its reader is slow, such as a pager, the run waits for \
             it. If writing the dump fails, the dump stops with a warning, and the run goes on. The dump does not \
             show what a program reads from an inherited stdin.",
        ),
    flag(Progress, "progress", |o| o.progress = true)
        .variable("XPORT_PROGRESS")
        .help("Show on stderr how much has moved and how fast, if stderr is a terminal")
        .more(
            "The line appears after a second, and its last state stays. If stdin is a file, it shows per cent and the \
             time left as well. It goes away as soon as the peer's data is shown on the same terminal, and it is not \
             drawn in the background. -q does not suppress it. Nothing is drawn if stderr is not a terminal or if TERM \
             is 'dumb'.",
        ),
    number(HighWater, "high-water", "SIZE", |o, t| put(&mut o.high_water, parse_size(t)))
        .default("64K")
        .variable("XPORT_HIGH_WATER")
        .help("Pause reading while more than this many bytes wait to be written"),
    number(LowWater, "low-water", "SIZE", |o, t| put(&mut o.low_water, parse_size(t).map(Some)))
        .variable("XPORT_LOW_WATER")
        .help("Resume reading once at most this many bytes wait [default: a quarter of --high-water]"),
    number(Timeout, "timeout", "DUR", |o, t| put(&mut o.timeout, parse_positive_duration(t).map(Some)))
        .variable("XPORT_TIMEOUT")
        .help("End the run after this long"),
    number(IdleTimeout, "idle-timeout", "DUR", |o, t| put(&mut o.idle_timeout, parse_positive_duration(t).map(Some)))
        .variable("XPORT_IDLE_TIMEOUT")
        .help("End a session when no byte has moved for this long")
        .instead(Topic::Datagrams, "Fail when no datagram has moved for this long while stdin is open")
        .instead(Topic::Exec, "End a connection when no byte has moved for this long")
        .instead(Topic::Relay, "End a pair when no byte has moved for this long [default: 60s if LEFT is udp-listen]"),
];

pub(super) static OUTPUT: &[OptSpec] = &[
    flag(Quiet, "quiet", |o| o.quiet = true).short('q').not_with(Verbose).help("Report errors only"),
    flag(Verbose, "verbose", |o| o.verbose = o.verbose.saturating_add(1))
        .short('v')
        .repeat(Repeat::Yes)
        .help("Report connections; -vv adds decisions, -vvv everything"),
    word(
        Color,
        "color",
        "WHEN",
        &[("auto", "On a terminal, unless the environment says otherwise"), ("always", "Always"), ("never", "Never")],
        set_color,
    )
    .default("auto")
    .variable("XPORT_COLOR")
    .help("Colour messages"),
    flag(LogTime, "log-time", |o| o.log_time = true)
        .variable("XPORT_LOG_TIME")
        .help("Begin each message with the time, in UTC"),
];

pub(super) static PAGES: &[OptSpec] = &[
    word(
        Completions,
        "completions",
        "SHELL",
        &[("bash", ""), ("elvish", ""), ("fish", ""), ("powershell", ""), ("zsh", "")],
        |o, t| put(&mut o.completions, t.parse().map(Some)),
    )
    .help("Print the completion script of a shell"),
    flag(Man, "man", |o| o.man = true).not_with(Completions).help("Print the manual page as roff"),
];
