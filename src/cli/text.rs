//! The longer texts of help and manual page: description, examples, exit status, addresses.
//!
//! clap lays the texts out for `--help`, and `cli/man.rs` for the manual page.

use std::fmt::Write as _;

use crate::cli::schemes;

/// The description in one line.
pub(super) const ABOUT: &str = "The netcat that people and scripts can trust";

/// The description in a paragraph.
pub(super) const LONG_ABOUT: &str = "\
The netcat that people and scripts can trust: a mode is a transport times a protocol. stdout carries data only, byte \
for byte; everything else goes to stderr, one line per event.";

/// What to run for more help.
pub(super) const AFTER_HELP: &str = "'xport MODE --help' has the options of a mode, 'xport --help' examples.";

/// Example commands, and what each does.
pub(super) const EXAMPLES: &[(&str, &str)] = &[
    ("xport tcp-echo :8888", "echo on the loopback, port 8888"),
    ("xport tcp-echo --listen '*:7' --max-conns 1000", "echo on every interface, for 1000 clients at once"),
    ("xport tcp-server :8888 > file", "receive a file"),
    ("xport tcp-server -k --allow 10.0.0.0/8 '*:8888'", "one client after the other, of one network only"),
    ("xport tcp-client host:8888 < file", "send it"),
    ("echo PING | xport tcp-client --retry 10 localhost 6379", "ask a service as soon as it is up"),
    ("xport tls-client example.org:443", "talk to a TLS service; the system's authorities and its name are checked"),
    ("xport tls-client --starttls smtp mx.example.org:25", "ask a mail server for TLS first, then talk to it"),
    ("xport tls-server --self-signed '*:7000' > file", "receive a file over TLS; the pin that clients need is printed"),
    ("xport tls-client --pin sha256:HEX host:7000 < file", "send it to whoever has the key with this pin, nobody else"),
    ("xport tls-echo --cert s.pem --key k.pem --client-ca ca.pem :8443", "echo for those with a certificate"),
    (
        "xport tls-client --ca ca.pem --cert me.pem --key me.key host:8443",
        "show one, to a server of one's own authority",
    ),
    ("xport unix-echo @test", "echo on an abstract unix socket"),
    ("xport unix-server --replace-stale --mode 0660 ./sock", "serve on a path, left-overs of a crash removed"),
    ("xport unix-client /run/app.sock", "talk to a daemon"),
    ("xport exec -- make -j4", "run a program: its output, its status, signals for all of it"),
    ("xport exec --timeout 5m --stderr merge --shell 'a | b' > log", "a line of the shell, for 5 minutes at most"),
    ("xport exec --pty -- vi file", "run a program on a terminal of its own"),
    (
        "while read -r x; do xport exec -- ./job \"$x\"; done < list",
        "run a program for each line; the program leaves the list to the loop",
    ),
    ("xport exec --stdin null -- ./job", "run a program that reads nothing; in a loop over a terminal or a socket"),
    ("xport exec --listen :7000 -- ./handler", "run a program for each connection, 100 at once at most"),
    ("xport exec --connect host:7000 -- ./agent", "run a program on one connection"),
    ("xport relay tcp-listen:2375 unix:/var/run/docker.sock", "let TCP clients of this machine talk to a daemon"),
    ("xport relay unix-listen:./app.sock tcp:127.0.0.1:8080", "give a TCP service a unix socket"),
    ("xport relay tls-listen:8443,cert=s.pem,key=k.pem tcp:127.0.0.1:8080", "put TLS in front of a plain service"),
    ("xport relay tcp-listen:8080 tls:host:443", "give a plain client a TLS service"),
    ("xport relay udp-listen:5300 udp:127.0.0.1:53", "serve datagrams from another port"),
    ("xport relay - exec:'grep --line-buffered x'", "filter stdin to stdout through a program"),
    ("xport udp-echo --allow 192.168.0.0/16 '*:7'", "echo for the datagrams of some networks"),
    ("xport udp-server --recv-only --lines '*:5140' >> log", "receive syslog from everyone, a line for each message"),
    ("xport udp-server --lines --join 239.1.2.3 '*:6666'", "listen to a multicast group"),
    ("echo 'foo:1|c' | xport udp-client localhost:8125", "send a metric to statsd"),
    ("xport udp-client --lines --send-only host:8125 < metrics", "send one for each line, and wait for no reply"),
    (
        r"printf 'ab\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1' | xport udp-client --count 1 ns:53",
        "ask a name server for those of the root, and leave with its answer",
    ),
    ("xport echo unix-listen:./s tcp-listen:7777", "echo on a unix socket and on the loopback at once"),
    (
        "xport listen -k tcp-listen:2003 unix-listen:./s,mode=0660 >> log",
        "receive from two places, one client at a time",
    ),
    ("xport connect tls:host:443,ca=ca.pem", "talk to a TLS service whose authority is in a file"),
    ("xport connect unix:///run/app.sock", "talk to a daemon whose address is a URL"),
    (
        "xport udp-client --linger 3s 239.255.255.250:1900 < m-search",
        "ask the devices of this network (SSDP): whoever answers is heard",
    ),
];

/// The forms of an address, and what each means.
pub(super) const ADDRESSES: &[(&str, &str)] = &[
    ("HOST:PORT, [V6]:PORT, HOST PORT", "a host name or address; the port is a number or a service name"),
    ("[fe80::1%eth0]:PORT", "a link-local address needs its interface"),
    ("PORT, :PORT", "the loopback of both families"),
    ("*:PORT, 0.0.0.0:PORT, [::]:PORT", "every interface; * is both families"),
    ("/path, ./path, path", "a unix socket, in the unix modes"),
    ("@name", "an abstract unix socket: no permissions, anyone on the machine can connect"),
    ("239.1.2.3:PORT", "a multicast group: joined where a UDP mode receives; where it sends, all are heard who answer"),
    ("fd:N", "an inherited socket that listens, is connected already, or is bound for datagrams"),
];

/// How to write options behind an endpoint.
pub(super) const ENDPOINT_OPTIONS: &str = "\
Options follow an address after commas, by the names that they have elsewhere: tcp:host:80,retry=3,source=:99. Those \
with a list, such as allow, may be repeated. A comma of the text itself is written '\\,'. exec: and shell: take the \
rest of the word as it is, commas and colons included. An option before the endpoints holds for each endpoint that has \
it, and one after a comma for that endpoint alone, where it wins; networks of allow and deny, and other lists, add up. \
The XPORT_* variables of options count here too. URLs are endpoints where they say no more than an endpoint: \
tcp://host:80, tls://host:443, unix:///run/s, udp://host:53. Only LEFT of a relay can listen: then RIGHT is opened \
anew for each of its clients. In echo and listen, and behind --listen of exec, every word listens: tcp: is tcp-listen: \
there.";

/// The exit statuses, and what each means.
pub(super) const EXIT_STATUS: &[(&str, &str)] = &[
    (
        "0",
        "every byte was handed over and each direction ended in order, or a signal stopped a server that drained; \
         not a server for one client that had no client",
    ),
    ("1", "local: stdin, stdout or a file failed, resources are lacking, or anything else; 125 with exec"),
    ("2", "usage: a bad option, address or number, or a bad, unreadable or mismatched PEM file; nothing was opened"),
    ("3", "unavailable: cannot resolve, connect, bind or listen; nothing was transferred, it is safe to retry"),
    ("4", "broken: established, then reset or killed, or a datagram met a closed port; data may be incomplete"),
    (
        "5",
        "TLS: the handshake failed, the certificate was refused, the peer does not speak TLS, or the stream was cut \
         without close_notify",
    ),
    ("124", "a timeout that can be set has fired; also where fewer datagrams than --count came"),
    (
        "125, 126, 127",
        "exec: xport itself failed; the program cannot be executed; it is not found (these two with relay as well)",
    ),
    (
        "the program's",
        "otherwise with exec, or with a program on a side of a relay: its status, 128+n if signal n ended it",
    ),
    (
        "128+n",
        "ended by signal n; also a server for one client that a signal ends before the client has come. The first \
         process of a PID namespace (PID 1) cannot die of its own signal and exits with this status",
    ),
];

/// How a run ends, for the manual page: an event, and what follows.
pub(super) const ENDING: &[(&str, &str)] = &[
    (
        "stdin ends",
        "Everything read from it is sent, then the peer is told (a half-close), and its answer is awaited, however \
         long it takes. Many servers take a half-close for a hang-up and drop their answer. So the peer is told only \
         once no byte has moved for 10s where stdin gave nothing at all, where what was sent begins as a request of \
         HTTP/1, and after --starttls. --half-close says otherwise: now, never, or how long.",
    ),
    (
        "the peer ends",
        "stdout is flushed and closed. Where stdin is a terminal, the run is over; else stdin is sent to its end.",
    ),
    (
        "TLS ends",
        "Each direction ends with a close_notify, which TLS protects: a half-close is one, and so is the answer to it. \
         Where the connection ends without, somebody may have cut it, and what came may not be all: the run says so \
         and ends with status 5, unless --allow-truncation is given. What came before has been written. A server logs \
         it, as it does a handshake that fails, and goes on listening. Once the peer has ended, and has everything, \
         nothing that happens to our own end counts.",
    ),
    (
        "a TCP peer vanishes",
        "A host that loses its power or its network says nothing. A peer that has been silent for the time of \
         --keepalive, which is 60s unless set, is probed. When it has not answered for as much time again, the \
         connection has failed: 'Connection timed out', and status 4 where the run is about this connection. So does a \
         connection whose peer acknowledges nothing for twice that time. A peer that answers but does not read is \
         waited for.",
    ),
    ("both have ended", "The run is over once the peer's system has acknowledged every byte."),
    (
        "stdin ends, and datagrams were sent",
        "They have no end that could be passed on, and nothing says that they have arrived. udp-client leaves once no \
         datagram has moved for --linger, which is 1s unless set, and at once with --send-only; --idle-timeout no \
         longer counts. udp-server stays, unless --linger is given; it reads stdin once somebody has sent.",
    ),
    (
        "--count datagrams have arrived",
        "The run ends with status 0 once stdout has them; udp-echo has answered them by then, and udp-server has sent \
         what stdin had. Where --linger or another timeout comes first, it ends with status 124.",
    ),
    (
        "nobody takes a datagram",
        "Where the peer's system says so, because the port is closed, what was sent goes to the next address of the \
         host, unless something has been received. Where all refuse, udp-client says it and ends with status 4 as soon \
         as stdin has ended: what follows may find somebody. For udp-server and udp-echo it is no reason to end.",
    ),
    (
        "the program of exec ends",
        "What it has written is printed, then its status is ours. Whoever outlives it and holds its stdout is waited \
         for only while something comes. HUP, INT, QUIT, TERM, USR1, USR2 and ALRM are handed on to its process \
         group, and to the program if it has left that group; TERM and HUP are followed by SIGKILL after \
         --kill-after. If it dies of one of these, so does xport. A program that has become another user, as sudo \
         does, cannot be killed: after --kill-after a message names it, it is left running, and the run ends by the \
         signal, or with 124 after --timeout.",
    ),
    (
        "exec gets SIGTSTP",
        "The key ^Z stops the program and xport; SIGCONT (fg, bg) lets both go on. With --pty the key goes to the \
         terminal of the program.",
    ),
    (
        "xport is killed by SIGKILL",
        "The system kills the programs that xport has started as well, but not a program that has become another \
         user, and not the processes that those programs have started.",
    ),
    (
        "a server gets SIGTERM, SIGINT or SIGHUP",
        "It closes its listeners at once and lets sessions finish. A second signal, or --grace, resets them, and \
         asks children to end; a third kills these. A server for one client to which no client has come, and \
         udp-server before the last datagram of --count, end by the signal at once.",
    ),
    (
        "a server gets another signal that ends programs",
        "It ends by that signal at once, and removes its socket and its --port-file.",
    ),
    (
        "one side of a relay ends",
        "The other is told once everything that came is out. When both have ended, so has the pair, and if LEFT does \
         not listen, the run. Datagrams have no end: where one side has them, the pair ends once the other has ended \
         and nothing has moved for --linger, which is 1s unless set; a sender that udp-listen serves is forgotten \
         after --idle-timeout.",
    ),
    (
        "one side of a relay fails",
        "The other gets what came before, then a reset, so that it cannot take a cut stream for a whole one. Where \
         LEFT listens this is a line of the log, else the status of the run.",
    ),
    (
        "a connection with a program ends",
        "The program that ends closes its connection, once its output is out. The end of what the client sends is the \
         end of its stdin. A client that is gone altogether ends it: SIGTERM to its process group, then SIGKILL after \
         --kill-after; where the client has not failed, it has as long before that to take its input. That a TCP \
         client has gone, and not only stopped sending, shows when something is sent to it, or after a minute or so; \
         --linger sets a limit. A program that was killed, or that failed and has left input unread, resets the \
         connection.",
    ),
    ("a client gets one of these", "It ends at once. A signal that was ignored at the start stays ignored."),
    ("whoever reads stdout is gone", "The run ends quietly by SIGPIPE, as that of cat does."),
    ("a timeout fires", "The run ends with status 124; a server with -k, and an echo server, ends that session only."),
];

/// The stdin of the program of `exec`, for the manual page: our stdin, and what the program gets.
pub(super) const STDIN_OF_PROGRAM: &[(&str, &str)] = &[
    ("a file, a device, a pipe", "The program has it itself, and xport reads none of it: as --stdin inherit."),
    (
        "a terminal",
        "xport reads it while xport is in the foreground, and the program has a pipe: as --stdin pipe. xport reads \
         what is typed even if the program does not want it.",
    ),
    (
        "a socket, or a pipe that is non-blocking",
        "xport reads it, and the program has a pipe: as --stdin pipe. xport may read some hundred kilobytes more \
         than the program wants.",
    ),
    (
        "anything, with --pty",
        "xport reads it and types it on the terminal of the program. With --stdin null, xport reads nothing.",
    ),
];

/// Other environment variables, and what each does.
pub(super) const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "XPORT_LOG",
        "which messages are written, in env_logger's syntax, instead of -q and -v; RUST_LOG counts likewise where it \
         names xport (RUST_LOG=xport=debug), since one that was set for other programs must not hide warnings",
    ),
    (
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "where the authorities of the system are, for TLS without --ca; SSLKEYLOGFILE does nothing, --keylog does",
    ),
    ("NO_COLOR, CLICOLOR_FORCE", "no colour, or colour even where stderr is no terminal"),
];

/// The forms of values.
pub(super) const VALUES: &str = "\
A duration (DUR) is 250ms, .5s, 10s, 1.5m or 1h; a bare number is seconds. A size (SIZE) is 4096, 64K, 1MiB or 1G; K \
is 1024 always. The variable of an option without a value is 1 for on, and 0 for off.";

/// The width of a table. clap would wrap longer lines without indenting them.
const TABLE_COLUMNS: usize = 80;

/// The text after the options in `xport --help`.
pub(super) fn after_long_help() -> String {
    let mut text = String::with_capacity(4096);
    push_table(&mut text, "Addresses", ADDRESSES.iter().copied());
    text.push('\n');
    text.push_str(VALUES);
    text.push_str("\n\n");
    push_examples(&mut text, EXAMPLES.iter());
    text.push('\n');
    push_table(&mut text, "Exit status", EXIT_STATUS.iter().copied());
    text.push('\n');
    push_table(&mut text, "Environment, besides the XPORT_* variables of the options", ENVIRONMENT.iter().copied());
    text.push_str("\n'xport MODE --help' has the options of a mode.");
    text
}

/// The text after the options in `xport MODE --help`.
pub(super) fn after_help_of(mode: &str) -> String {
    let mut text = String::new();
    if mode == "relay" {
        let endpoints = schemes::table();
        push_table(&mut text, "Endpoints", endpoints.iter().map(|(term, meaning)| (*term, meaning.as_str())));
        text.push('\n');
        text.push_str(ENDPOINT_OPTIONS);
        text.push_str("\n\n");
    }
    let run = format!("xport {mode} ");
    push_examples(&mut text, EXAMPLES.iter().filter(|(line, _)| line.contains(&run)));
    text.push('\n');
    text.push_str(VALUES);
    text
}

/// Lays a table out in two columns.
fn push_table<'a>(text: &mut String, title: &str, rows: impl Iterator<Item = (&'a str, &'a str)> + Clone) {
    let width = rows.clone().map(|(term, _)| term.len()).max().unwrap_or(0);
    text.push_str(title);
    text.push(':');
    for (term, meaning) in rows {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n  {term:<width$} ");
        let mut column = width + 3;
        for word in meaning.split(' ') {
            if column + 1 + word.len() > TABLE_COLUMNS {
                let _ = write!(text, "\n{:indent$}", "", indent = width + 3);
                column = width + 3;
            }
            text.push(' ');
            text.push_str(word);
            column += 1 + word.len();
        }
    }
    text.push('\n');
}

fn push_examples<'a>(text: &mut String, examples: impl Iterator<Item = &'a (&'a str, &'a str)>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "Examples:");
    for (line, meaning) in examples {
        let _ = writeln!(text, "  {line}\n      {meaning}");
    }
}
