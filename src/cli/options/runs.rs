//! The rows of options for datagrams, children, streams and messages, and of options without a mode.

use super::spec::*;
use super::typed::Opt::*;
use super::typed::Options;
use crate::cli::logger::Color;
use crate::cli::values::{
    parse_duration, parse_group, parse_half_close, parse_number, parse_positive_duration, parse_size,
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
        .help("Exit once so many datagrams have arrived"),
    text(Join, "join", "GROUP[%IF]", |o, t| push(&mut o.join, parse_group(t)))
        .repeat(Repeat::List)
        .variable("XPORT_JOIN")
        .help("Receive what is sent to this multicast group; may be repeated")
        .more(
            "Receive what is sent to this multicast group, as in 239.1.2.3 or ff02::1%eth0; may be repeated. %IF is \
             the interface on which it is joined; without it the system chooses. The address to listen on is then \
             *:PORT, or GROUP:PORT for nothing but the group. Who listens on GROUP:PORT joins the group without this \
             option. Several programs can receive at the same GROUP:PORT, each of them everything; *:PORT is for one \
             alone, so that no other can take what is sent to this machine.",
        ),
    flag(Broadcast, "broadcast", |o| o.broadcast = true)
        .variable("XPORT_BROADCAST")
        .help("Let ADDRESS be a broadcast address, and hear whoever answers"),
    flag(Lines, "lines", |o| o.lines = true)
        .help("Each line of stdin is a datagram, without its newline; each datagram is a line of stdout"),
];

pub(super) static CHILD: &[OptSpec] = &[
    raw(Shell, "shell", "CMD", |o, t| o.shell = Some(t.to_owned())).help("Let the shell run this line, instead of CMD"),
    word(Stdin, "stdin", "WHAT", &[("pipe", ""), ("inherit", ""), ("null", "")], |o, t| put(&mut o.stdin, stdio(t)))
        .help("Stdin of the program: a pipe from xport, the stdin of xport itself, or nothing [default: by its kind]")
        .more(
            "Stdin of the program. 'pipe': xport reads its own stdin and passes it on; it reads as far ahead as a pipe \
             is long. 'inherit': the program has the stdin of xport, and xport reads nothing of it; what the program \
             does not read is left for the next reader, as in a 'while read' loop. 'null': nobody reads it. Without \
             the option, a file, a device or a pipe is inherited. xport reads a terminal, because the program stands \
             in the background there; it also reads a socket, and a pipe that is non-blocking. With --pty, everything \
             is typed on the terminal of the program. A program that inherits a terminal runs in the process group of \
             xport: it gets the keys, and --timeout and signals reach only the program, not the processes that it has \
             started.",
        ),
    word(Stderr, "stderr", "WHERE", &[("inherit", ""), ("null", ""), ("merge", "")], |o, t| {
        put(&mut o.stderr, stdio(t))
    })
    .variable("XPORT_STDERR")
    .help("Stderr of the program: that of xport, nothing, or the same as its stdout [default: inherit, or merge]")
    .more(
        "Stderr of the program: that of xport, nothing, or the same as its stdout. Without the option it is that \
             of xport. If the stdout of the program goes to the stdout of xport, and one file, pipe or terminal is \
             behind stdout and stderr of xport, then it is the same as the stdout of the program. This keeps the order \
             in which the program writes.",
    ),
    raw(Env, "env", "K=V", |o, t| o.env.push(t.to_owned()))
        .repeat(Repeat::Yes)
        .help("Give it this variable besides; a name alone has the value that it has here. May be repeated")
        .more(
            "Give it this variable besides; a name alone has the value that it has here. May be repeated. Of our \
             environment it gets PATH, HOME, USER, LOGNAME, SHELL, TERM, LANG, LC_*, TZ, TMPDIR, PWD and \
             XDG_RUNTIME_DIR; nothing else unless it is named.",
        ),
    number(KillAfter, "kill-after", "DUR", |o, t| put(&mut o.kill_after, parse_duration(t)))
        .default("5s")
        .variable("XPORT_KILL_AFTER")
        .help("Kill it if it has not ended so long after a SIGTERM or SIGHUP")
        .more(
            "Kill it if it has not ended so long after a SIGTERM or SIGHUP. Where a client has left in order, the end \
             of its input asks it first: it gets the SIGTERM when it has taken nothing for as long.",
        ),
    flag(Pty, "pty", |o| o.pty = true)
        .variable("XPORT_PTY")
        .help("Give it a terminal of its own as stdin, stdout and stderr"),
];

pub(super) static STREAM: &[OptSpec] = &[
    number(HalfClose, "half-close", "WHEN", |o, t| put(&mut o.half_close, parse_half_close(t).map(Some)))
        .default("auto")
        .variable("XPORT_HALF_CLOSE")
        .help(
            "When to tell the peer that stdin has ended: auto, now, never, or once no byte has moved for so long (DUR)",
        )
        .more(
            "When to tell the peer that stdin has ended: now, never (only with the session), or once no byte has moved \
             in either direction for DUR. Many servers take that end for a hang-up and drop their answer. So auto has \
             three cases in which it waits until no byte has moved for 10s: stdin gave nothing, what was sent begins \
             as a request of HTTP/1, or --starttls was used. Otherwise it tells the end at once.",
        )
        .instead_with(
            Topic::Relay,
            "When to tell the other side that one has ended: auto, now, never, or once no byte has moved for so long \
             (DUR)",
            "When to tell the other side that one has ended: now, never (only with the pair), or once no byte has \
             moved in either direction for DUR. With auto, the end of a connection is passed on at once. The end of \
             stdin, or of the output of a program, is passed on to a connection at once too, but for two cases in \
             which auto waits until no byte has moved for 10s: nothing was sent, or what was sent begins as a request \
             of HTTP/1.",
        ),
    flag(NoHalfClose, "no-half-close", |o| o.half_close = Some(HalfClose::Never))
        .not_with(HalfClose)
        .help("The same as --half-close never"),
    number(Linger, "linger", "DUR", |o, t| put(&mut o.linger, parse_duration(t).map(Some)))
        .variable("XPORT_LINGER")
        .help("Once stdin has ended, wait at most so long for the peer to end [default: for ever]")
        .instead(
            Topic::DatagramServer,
            "Once stdin, which waits for a first datagram, has ended, leave when none moved for so long [default: \
             stay]",
        )
        .instead(Topic::Datagrams, "Once stdin has ended, leave when no datagram moved for so long [default: 1s]")
        .instead(
            Topic::Exec,
            "Once the peer has ended its direction, give the program at most so long to end [default: for ever]",
        )
        .instead(
            Topic::Relay,
            "Once one side has ended, wait at most so long for the other; datagrams: while one moves [default: for \
             ever; datagrams: 1s]",
        )
        .instead(
            Topic::AnyEndpoint,
            "Once stdin has ended, wait at most so long for the peer to end; datagrams: while one moves [default: for \
             ever; sending datagrams: 1s]",
        ),
    flag(SendOnly, "send-only", |o| o.send_only = true)
        .not_with(RecvOnly)
        .help("Throw away what the peer sends")
        .instead(Topic::Datagrams, "Throw away what arrives, and leave once stdin has ended"),
    flag(RecvOnly, "recv-only", |o| o.recv_only = true).help("Do not read stdin"),
    number(HighWater, "high-water", "SIZE", |o, t| put(&mut o.high_water, parse_size(t)))
        .default("64K")
        .variable("XPORT_HIGH_WATER")
        .help("Pause reading while more bytes than this wait to be written"),
    number(LowWater, "low-water", "SIZE", |o, t| put(&mut o.low_water, parse_size(t).map(Some)))
        .variable("XPORT_LOW_WATER")
        .help("Resume reading once no more bytes than this wait [default: a quarter of high water]"),
    number(Timeout, "timeout", "DUR", |o, t| put(&mut o.timeout, parse_positive_duration(t).map(Some)))
        .variable("XPORT_TIMEOUT")
        .help("End the whole run after so long"),
    number(IdleTimeout, "idle-timeout", "DUR", |o, t| put(&mut o.idle_timeout, parse_positive_duration(t).map(Some)))
        .variable("XPORT_IDLE_TIMEOUT")
        .help("End a session in which no byte moved for so long")
        .instead(Topic::Datagrams, "Fail when no datagram moved for so long, while stdin is open")
        .instead(Topic::Exec, "End a connection on which no byte moved for so long")
        .instead(Topic::Relay, "End a pair in which no byte moved for so long [default: 60s where LEFT is udp-listen]"),
];

pub(super) static OUTPUT: &[OptSpec] = &[
    flag(Quiet, "quiet", |o| o.quiet = true).short('q').not_with(Verbose).help("Report errors only"),
    flag(Verbose, "verbose", |o| o.verbose = o.verbose.saturating_add(1))
        .short('v')
        .repeat(Repeat::Yes)
        .help("Report connections; twice: decisions, three times: everything"),
    word(
        Color,
        "color",
        "WHEN",
        &[("auto", "On a terminal, unless the environment says otherwise"), ("always", "Always"), ("never", "Never")],
        set_color,
    )
    .default("auto")
    .variable("XPORT_COLOR")
    .help("Colour in messages"),
];

pub(super) static PAGES: &[OptSpec] = &[
    word(
        Completions,
        "completions",
        "SHELL",
        &[("bash", ""), ("elvish", ""), ("fish", ""), ("powershell", ""), ("zsh", "")],
        |o, t| put(&mut o.completions, t.parse().map(Some)),
    )
    .help("Print the completions of a shell"),
    flag(Man, "man", |o| o.man = true).not_with(Completions).help("Print the manual page, in roff"),
];
