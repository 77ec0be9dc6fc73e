//! The rows of datagrams, and of what a run has: its child, its streams, its messages, and what needs no mode.

use super::spec::{Heading, OptSpec, Repeat, Topic, Value, push, put};
use super::{Opt, Options};
use crate::cli::logger::Color;
use crate::cli::values::{
    parse_duration, parse_group, parse_half_close, parse_number, parse_positive_duration, parse_size,
};
use crate::protocols::half_close::HalfClose;
use crate::transports::process::opening::ChildStdio;

const fn datagram(id: Opt, name: &'static str, value: Value, help: &'static str) -> OptSpec {
    OptSpec::new(id, name, Heading::Datagram, value, help)
}

const fn child(id: Opt, name: &'static str, value: Value, help: &'static str) -> OptSpec {
    OptSpec::new(id, name, Heading::Child, value, help)
}

const fn stream(id: Opt, name: &'static str, value: Value, help: &'static str) -> OptSpec {
    OptSpec::new(id, name, Heading::Stream, value, help)
}

const fn output(id: Opt, name: &'static str, value: Value, help: &'static str) -> OptSpec {
    OptSpec::new(id, name, Heading::Output, value, help)
}

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

pub(super) static ROWS: &[OptSpec] = &[
    datagram(
        Opt::Count,
        "count",
        Value::Number("N", |o, text| put(&mut o.count, parse_number(text, 1..=u64::MAX).map(Some))),
        "Exit once so many datagrams have arrived",
    ),
    datagram(
        Opt::Join,
        "join",
        Value::Text("GROUP[%IF]", |o, text| push(&mut o.join, parse_group(text))),
        "Receive what is sent to this multicast group; may be repeated",
    )
    .repeat(Repeat::List)
    .variable("XPORT_JOIN")
    .more(
        "Receive what is sent to this multicast group, as in 239.1.2.3 or ff02::1%eth0; may be repeated. %IF is the \
         interface on which it is joined; without it the system chooses. The address to listen on is then *:PORT, or \
         GROUP:PORT for nothing but the group. Who listens on GROUP:PORT joins the group without this option. Several \
         programs can receive at the same GROUP:PORT, each of them everything; *:PORT is for one alone, so that no \
         other can take what is sent to this machine.",
    ),
    datagram(
        Opt::Broadcast,
        "broadcast",
        Value::Flag(|o| o.broadcast = true),
        "Let ADDRESS be a broadcast address, and hear whoever answers",
    )
    .variable("XPORT_BROADCAST"),
    datagram(
        Opt::Lines,
        "lines",
        Value::Flag(|o| o.lines = true),
        "Each line of stdin is a datagram, without its newline; each datagram is a line of stdout",
    ),
    child(
        Opt::Shell,
        "shell",
        Value::Raw("CMD", |o, text| o.shell = Some(text.to_owned())),
        "Let the shell run this line, instead of CMD",
    ),
    child(
        Opt::Stdin,
        "stdin",
        Value::Word("WHAT", &[("pipe", ""), ("inherit", ""), ("null", "")], |o, text| put(&mut o.stdin, stdio(text))),
        "Stdin of the program: a pipe from xport, the stdin of xport itself, or nothing [default: by its kind]",
    )
    .more(
        "Stdin of the program. 'pipe': xport reads its own stdin and passes it on; it reads as far ahead as a pipe is \
         long. 'inherit': the program has the stdin of xport, and xport reads nothing of it; what the program does not \
         read is left for the next reader, as in a 'while read' loop. 'null': nobody reads it. Without the option, a \
         file, a device or a pipe is inherited. xport reads a terminal, because the program stands in the background \
         there; it also reads a socket, and a pipe that is non-blocking. With --pty, everything is typed on the \
         terminal of the program. A program that inherits a terminal runs in the process group of xport: it gets the \
         keys, and --timeout and signals reach only the program, not the processes that it has started.",
    ),
    child(
        Opt::Stderr,
        "stderr",
        Value::Word("WHERE", &[("inherit", ""), ("null", ""), ("merge", "")], |o, text| {
            put(&mut o.stderr, stdio(text))
        }),
        "Stderr of the program: that of xport, nothing, or the same as its stdout [default: inherit, or merge]",
    )
    .variable("XPORT_STDERR")
    .more(
        "Stderr of the program: that of xport, nothing, or the same as its stdout. Without the option it is that of \
         xport. If the stdout of the program goes to the stdout of xport, and one file, pipe or terminal is behind \
         stdout and stderr of xport, then it is the same as the stdout of the program. This keeps the order in which \
         the program writes.",
    ),
    child(
        Opt::Env,
        "env",
        Value::Raw("K=V", |o, text| o.env.push(text.to_owned())),
        "Give it this variable besides; a name alone has the value that it has here. May be repeated",
    )
    .repeat(Repeat::Yes)
    .more(
        "Give it this variable besides; a name alone has the value that it has here. May be repeated. Of our \
         environment it gets PATH, HOME, USER, LOGNAME, SHELL, TERM, LANG, LC_*, TZ, TMPDIR, PWD and XDG_RUNTIME_DIR; \
         nothing else unless it is named.",
    ),
    child(
        Opt::KillAfter,
        "kill-after",
        Value::Number("DUR", |o, text| put(&mut o.kill_after, parse_duration(text))),
        "Kill it if it has not ended so long after a SIGTERM or SIGHUP",
    )
    .default("5s")
    .variable("XPORT_KILL_AFTER")
    .more(
        "Kill it if it has not ended so long after a SIGTERM or SIGHUP. Where a client has left in order, the end of \
         its input asks it first: it gets the SIGTERM when it has taken nothing for as long.",
    ),
    child(Opt::Pty, "pty", Value::Flag(|o| o.pty = true), "Give it a terminal of its own as stdin, stdout and stderr")
        .variable("XPORT_PTY"),
    stream(
        Opt::HalfClose,
        "half-close",
        Value::Number("WHEN", |o, text| put(&mut o.half_close, parse_half_close(text).map(Some))),
        "When to tell the peer that stdin has ended: auto, now, never, or once no byte has moved for so long (DUR)",
    )
    .default("auto")
    .variable("XPORT_HALF_CLOSE")
    .more(
        "When to tell the peer that stdin has ended: now, never (only with the session), or once no byte has moved in \
         either direction for DUR. Many servers take that end for a hang-up and drop their answer. So auto tells it at \
         once, but once no byte has moved for 10s where stdin gave nothing, where what was sent begins as a request of \
         HTTP/1, and after --starttls.",
    )
    .instead(&[(
        Topic::Relay,
        "When to tell the other side that one has ended: auto, now, never, or once no byte has moved for so long (DUR)",
        "When to tell the other side that one has ended: now, never (only with the pair), or once no byte has moved in \
         either direction for DUR. With auto, the end of a socket or a program is passed on at once, and that of stdin \
         as 'xport connect --help' says.",
    )]),
    stream(
        Opt::NoHalfClose,
        "no-half-close",
        Value::Flag(|o| o.half_close = Some(HalfClose::Never)),
        "The same as --half-close never",
    )
    .not_with(Opt::HalfClose),
    stream(
        Opt::Linger,
        "linger",
        Value::Number("DUR", |o, text| put(&mut o.linger, parse_duration(text).map(Some))),
        "Once stdin has ended, wait at most so long for the peer to end [default: for ever]",
    )
    .variable("XPORT_LINGER")
    .instead(&[
        (
            Topic::DatagramServer,
            "Once stdin, which waits for a first datagram, has ended, leave when none moved for so long [default: \
             stay]",
            "",
        ),
        (Topic::Datagrams, "Once stdin has ended, leave when no datagram moved for so long [default: 1s]", ""),
        (
            Topic::Exec,
            "Once the peer has ended its direction, give the program at most so long to end [default: for ever]",
            "",
        ),
        (
            Topic::Relay,
            "Once one side has ended, wait at most so long for the other; datagrams: while one moves [default: for \
             ever; datagrams: 1s]",
            "",
        ),
        (
            Topic::AnyEndpoint,
            "Once stdin has ended, wait at most so long for the peer to end; datagrams: while one moves [default: for \
             ever; sending datagrams: 1s]",
            "",
        ),
    ]),
    stream(Opt::SendOnly, "send-only", Value::Flag(|o| o.send_only = true), "Throw away what the peer sends")
        .not_with(Opt::RecvOnly)
        .instead(&[(Topic::Datagrams, "Throw away what arrives, and leave once stdin has ended", "")]),
    stream(Opt::RecvOnly, "recv-only", Value::Flag(|o| o.recv_only = true), "Do not read stdin"),
    stream(
        Opt::HighWater,
        "high-water",
        Value::Number("SIZE", |o, text| put(&mut o.high_water, parse_size(text))),
        "Pause reading while more bytes than this wait to be written",
    )
    .default("64K")
    .variable("XPORT_HIGH_WATER"),
    stream(
        Opt::LowWater,
        "low-water",
        Value::Number("SIZE", |o, text| put(&mut o.low_water, parse_size(text).map(Some))),
        "Resume reading once no more bytes than this wait [default: a quarter of high water]",
    )
    .variable("XPORT_LOW_WATER"),
    stream(
        Opt::Timeout,
        "timeout",
        Value::Number("DUR", |o, text| put(&mut o.timeout, parse_positive_duration(text).map(Some))),
        "End the whole run after so long",
    )
    .variable("XPORT_TIMEOUT"),
    stream(
        Opt::IdleTimeout,
        "idle-timeout",
        Value::Number("DUR", |o, text| put(&mut o.idle_timeout, parse_positive_duration(text).map(Some))),
        "End a session in which no byte moved for so long",
    )
    .variable("XPORT_IDLE_TIMEOUT")
    .instead(&[
        (Topic::Datagrams, "Fail when no datagram moved for so long, while stdin is open", ""),
        (Topic::Exec, "End a connection on which no byte moved for so long", ""),
        (Topic::Relay, "End a pair in which no byte moved for so long [default: 60s where LEFT is udp-listen]", ""),
    ]),
    output(
        Opt::Quiet,
        "quiet",
        Value::Flag(|o| o.quiet = true),
        "Report errors \
                                                                  only",
    )
    .short('q')
    .not_with(Opt::Verbose),
    output(
        Opt::Verbose,
        "verbose",
        Value::Flag(|o| o.verbose = o.verbose.saturating_add(1)),
        "Report connections; twice: decisions, three times: everything",
    )
    .short('v')
    .repeat(Repeat::Yes),
    output(
        Opt::Color,
        "color",
        Value::Word(
            "WHEN",
            &[
                (
                    "auto",
                    "On a terminal, unless the environment says \
                        otherwise",
                ),
                ("always", "Always"),
                ("never", "Never"),
            ],
            set_color,
        ),
        "Colour in messages",
    )
    .default("auto")
    .variable("XPORT_COLOR"),
    OptSpec::new(
        Opt::Completions,
        "completions",
        Heading::None,
        Value::Word(
            "SHELL",
            &[("bash", ""), ("elvish", ""), ("fish", ""), ("powershell", ""), ("zsh", "")],
            |o, text| put(&mut o.completions, text.parse().map(Some)),
        ),
        "Print the completions of a shell",
    ),
    OptSpec::new(Opt::Man, "man", Heading::None, Value::Flag(|o| o.man = true), "Print the manual page, in roff")
        .not_with(Opt::Completions),
];
