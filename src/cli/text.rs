//! The longer texts of help and manual page: description, examples, exit status, addresses.
//!
//! clap lays the texts out for `--help`, and `cli/man.rs` for the manual page.

use std::fmt::Write as _;

use crate::cli::schemes;

/// The description in one line.
pub(super) const ABOUT: &str = "The netcat that people and scripts can trust";

/// The description in a paragraph.
pub(super) const LONG_ABOUT: &str = "\
The netcat that people and scripts can trust: a mode is a transport times a protocol. stdout carries only data, byte \
for byte; messages go to stderr, one line per event.";

/// What to run for more help.
pub(super) const AFTER_HELP: &str = "'xport MODE --help' lists the options of a mode, 'xport --help' shows examples.";

/// Example commands, and what each does.
pub(super) const EXAMPLES: &[(&str, &str)] = &[
    ("xport tcp-echo :8888", "echo on the loopback, port 8888"),
    ("xport tcp-echo --listen '*:7' --max-conns 1000", "echo on every interface, for 1000 clients at once"),
    ("xport tcp-server :8888 > file", "receive a file"),
    ("xport tcp-server -k --allow 10.0.0.0/8 '*:8888'", "serve one client after the other, from one network only"),
    ("xport tcp-client host:8888 < file", "send a file"),
    ("echo PING | xport tcp-client --retry 10 localhost 6379", "ask a service as soon as it is up"),
    ("xport tls-client example.org:443", "talk to a TLS service, and verify its certificate and name"),
    ("xport tls-client --crlf --dump - example.org:443", "type HTTP by hand, and see each byte inside TLS"),
    ("xport tls-client --starttls smtp mx.example.org:25", "ask a mail server for TLS, then talk to it"),
    ("xport tls-server --self-signed '*:7000' > file", "receive a file over TLS, and print the pin for clients"),
    ("xport tls-client --pin sha256:HEX host:7000 < file", "send a file only to the server with this pin"),
    ("xport tls-echo --cert s.pem --key k.pem --client-ca ca.pem :8443", "echo for clients with a certificate"),
    (
        "xport tls-client --ca ca.pem --cert me.pem --key me.key host:8443",
        "present a certificate to a server of a private authority",
    ),
    ("xport unix-echo @test", "echo on an abstract unix socket"),
    (
        "xport unix-server --replace-stale --mode 0660 ./sock",
        "serve on a path, and replace the socket that a crash left",
    ),
    ("xport unix-client /run/app.sock", "talk to a daemon"),
    ("xport exec -- make -j4", "run a program: pass on its output, its status, and signals to its whole process group"),
    (
        "xport exec --timeout 5m --stderr merge --shell 'a | b' > log",
        "run a line with the shell, for at most 5 minutes",
    ),
    ("xport exec --pty -- vi file", "run a program on a terminal of its own"),
    (
        "while read -r x; do xport exec -- ./job \"$x\"; done < list",
        "run a program for each line; the program leaves the list for the loop",
    ),
    ("xport exec --stdin null -- ./job", "run a program that must read nothing, in a loop over a terminal or a socket"),
    ("xport exec --listen :7000 -- ./handler", "run a program for each connection, at most 100 at once"),
    ("xport exec --connect host:7000 -- ./agent", "run a program on one connection"),
    ("xport relay tcp-listen:2375 unix:/var/run/docker.sock", "let TCP clients on this machine talk to a daemon"),
    ("xport relay unix-listen:./app.sock tcp:127.0.0.1:8080", "give a TCP service a unix socket"),
    ("xport relay tls-listen:8443,cert=s.pem,key=k.pem tcp:127.0.0.1:8080", "put TLS in front of a plain service"),
    ("xport relay tcp-listen:8080 tls:host:443", "give a plain client a TLS service"),
    ("xport relay tcp-listen:2525 tls:mx.example.org:25,starttls=smtp", "give a plain client a server with STARTTLS"),
    ("xport relay --dump calls.txt tcp-listen:8080 tcp:app:80", "record what clients and a service say to each other"),
    ("xport relay udp-listen:5300 udp:127.0.0.1:53", "forward datagrams from another port"),
    ("xport relay - exec:'grep --line-buffered x'", "filter stdin to stdout through a program"),
    ("xport udp-echo --allow 192.168.0.0/16 '*:7'", "echo datagrams from one network"),
    (
        "xport udp-server --recv-only --lines '*:5140' >> log",
        "receive syslog from every host, one line for each message",
    ),
    ("xport udp-server --lines --join 239.1.2.3 '*:6666'", "listen to a multicast group"),
    ("echo 'foo:1|c' | xport udp-client localhost:8125", "send a metric to statsd"),
    ("xport udp-client --lines --send-only host:8125 < metrics", "send a metric for each line, and wait for no reply"),
    (
        r"printf 'ab\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1' | xport udp-client --count 1 ns:53",
        "ask a name server for the root servers, and exit after its answer",
    ),
    ("xport echo unix-listen:./s tcp-listen:7777", "echo on a unix socket and on the loopback at once"),
    (
        "xport listen -k tcp-listen:2003 unix-listen:./s,mode=0660 >> log",
        "receive on two endpoints, one client at a time",
    ),
    ("xport wait --for 30s db:5432 cache:6379 -- ./app", "start a program once two services are up"),
    ("xport wait tls:example.org:443", "is it up, and is its certificate good? Try once"),
    ("xport wait --for 1m --status 200,401 https://example.org/health", "wait until a page has one of two statuses"),
    ("xport wait --for 10s --any ./app.sock :8080", "wait until one of two endpoints is up"),
    ("xport wait --for 30s --gone :8080", "wait until a service has ended"),
    ("xport wait --for 5s --send ping udp:host:7777", "wait until a service replies to a datagram"),
    ("xport connect tls:host:443,ca=ca.pem", "talk to a TLS service whose authority is in a file"),
    ("xport scan localhost 22,80,8000-8010", "list the open ports among these"),
    ("xport scan --banner host 1-1024", "list open ports, with the first line that each service sends"),
    ("xport scan --connect-timeout 300ms host ssh", "ask whether one port is open: status 0 if it is, 3 if not"),
    ("xport connect unix:///run/app.sock", "talk to a daemon whose address is a URL"),
    (
        "xport udp-client --linger 3s 239.255.255.250:1900 < m-search",
        "ask all devices of this network (SSDP), and print their answers",
    ),
];

/// The forms of an address, and what each means.
pub(super) const ADDRESSES: &[(&str, &str)] = &[
    ("HOST:PORT, [V6]:PORT, HOST PORT", "a host name or an IP address; the port is a number or a service name"),
    ("[fe80::1%eth0]:PORT", "a link-local address needs its interface"),
    ("PORT, :PORT", "the loopback of IPv4 and IPv6"),
    ("*:PORT, 0.0.0.0:PORT, [::]:PORT", "every interface; * means IPv4 and IPv6"),
    ("/path, ./path, path", "a unix socket, in the unix modes"),
    ("@name", "an abstract unix socket: no permissions, any program on the machine can connect"),
    (
        "239.1.2.3:PORT",
        "a multicast group: a UDP mode that listens joins it; one that sends takes answers from every host",
    ),
    ("fd:N", "an inherited socket: a listener, a connection, or a bound datagram socket"),
];

/// The endpoints of `wait`, and what proves that each is up.
pub(super) const WAITING: &[(&str, &str)] = &[
    (
        "HOST:PORT, tcp:ADDRESS",
        "up if it accepts a connection, which is closed at once; nothing is sent. A proxy in front of a service can \
         accept while the service is down",
    ),
    ("/path, @name, unix:PATH", "the same for a unix socket"),
    ("tls:ADDRESS", "up if the handshake succeeds and the certificate is verified"),
    (
        "http://HOST/PATH, https://HOST/PATH",
        "up if one GET is answered with a wanted status; a redirect is not followed",
    ),
    (
        "udp:ADDRESS",
        "with --send TEXT, up if a reply comes; otherwise up if an empty datagram is not refused within 500ms, which a \
         firewall can feign",
    ),
];

/// How to write options behind an endpoint.
pub(super) const ENDPOINT_OPTIONS: &str = "\
Options follow an address after commas, under their usual names: tcp:host:80,retry=3,source=:99. Options that take a \
list, such as allow, may be repeated. Write '\\,' for a comma in a value. exec: and shell: take the rest of the word \
unchanged, commas and colons included. An option before the endpoints holds for each endpoint that has it. An option \
after a comma holds for that endpoint alone and wins there; lists, such as networks of allow and deny, add up. The \
XPORT_* variables of options work here too. A URL is an endpoint if it has only a scheme and an address: \
tcp://host:80, tls://host:443, unix:///run/s, udp://host:53. Only LEFT of a relay can listen; RIGHT is then opened for \
each client. In echo, listen and exec --listen, every endpoint listens: tcp: means tcp-listen: there.";

/// The exit statuses, and what each means.
pub(super) const EXIT_STATUS: &[(&str, &str)] = &[
    (
        "0",
        "every byte was delivered and each direction ended in order, or a signal stopped a server and its sessions \
         finished; a server for one client that a signal stops before any client came does not end with 0",
    ),
    ("1", "local: stdin, stdout or a file failed, resources ran out, or anything else; 125 with exec"),
    ("2", "usage: a bad option, address or number, or a bad, unreadable or mismatched PEM file; nothing was opened"),
    (
        "3",
        "unavailable: cannot resolve, connect, bind or listen; nothing was transferred, so a retry is safe. With wait: \
         the one try has failed. With scan: no port is open",
    ),
    ("4", "broken: the connection was reset or killed, or a datagram met a closed port; data may be incomplete"),
    (
        "5",
        "TLS: the handshake failed, the certificate was refused, the peer does not speak TLS, or the stream ended \
         without close_notify",
    ),
    (
        "124",
        "a timeout from an option has fired, or fewer datagrams than --count arrived; with wait only the timeout of \
         --for",
    ),
    (
        "125, 126, 127",
        "exec: xport itself failed; the program cannot be executed; the program is not found (126, 127: relay and \
         wait too)",
    ),
    (
        "the program's",
        "otherwise, with exec or with a program on a side of a relay: its status, or 128+n if signal n ended it; with \
         wait, xport becomes the program",
    ),
    (
        "128+n",
        "signal n ended the run, or ended a server for one client before that client came. The first process of a \
         PID namespace (PID 1) cannot die of its own signal and exits with this status",
    ),
];

/// How a run ends, for the manual page: an event, and what follows.
pub(super) const ENDING: &[(&str, &str)] = &[
    (
        "stdin ends",
        "xport sends everything that it has read, tells the peer (a half-close), and waits for the answer without a \
         limit. Many servers take a half-close for a hang-up and drop their answer. So xport first waits until no \
         byte has moved for 10s if stdin was empty, if the bytes sent begin like an HTTP/1 request, or after \
         --starttls. --half-close changes this. --linger (then 124) and --quit-after (then 0) limit the wait.",
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
        "--count datagrams have arrived",
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
    (
        "a scan has tried every port",
        "The status is 0 if a port is open, and 3 if none is; a message then says how many ports are closed and \
         filtered. Ports that this machine could not try, for example without a route, are reported once. A scan that \
         --timeout ends writes the open ports that it knows, and ends with status 124.",
    ),
    ("a client gets a signal", "The client ends at once. A signal that was ignored at the start stays ignored."),
    ("the reader of stdout is gone", "The run ends by SIGPIPE without a message, as cat does."),
    ("a timeout fires", "The run ends with status 124. A server with -k and an echo server end only that session."),
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

/// Other environment variables, and what each does.
pub(super) const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "XPORT_LOG",
        "a filter of messages in the syntax of env_logger, instead of -q and -v; RUST_LOG works too if it names xport \
         (RUST_LOG=xport=debug), because a filter for other programs must not hide warnings",
    ),
    (
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "where the authorities of the system are, for TLS without --ca; SSLKEYLOGFILE does nothing: use --keylog",
    ),
    ("NO_COLOR, CLICOLOR_FORCE", "no colour, or colour even if stderr is not a terminal"),
];

/// The forms of values.
pub(super) const VALUES: &str = "\
A duration (DUR) is 250ms, .5s, 10s, 1.5m or 1h; a bare number means seconds. A size (SIZE) is 4096, 64K, 1MiB or \
1G; K is always 1024. The variable of an option without a value is 1 for on or 0 for off.";

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
    text.push_str("\n'xport MODE --help' lists the options of a mode.");
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
    if mode == "wait" {
        push_table(&mut text, "Endpoints", WAITING.iter().copied());
        text.push('\n');
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
