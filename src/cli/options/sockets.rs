//! The rows of options for listening and connecting.

use super::spec::*;
use super::typed::Opt::*;
use crate::cli::address::parse_source;
use crate::cli::values::{
    parse_duration, parse_keepalive, parse_mode, parse_network, parse_number, parse_positive_duration,
};

pub(super) static LISTENING: &[OptSpec] = &[
    raw(ListenAddress, "listen", "ADDR", |o, t| o.listen.push(t.to_owned()))
        .repeat(Repeat::Yes)
        .help("Listen on this address too; same as a bare ADDRESS"),
    raw(ListenEndpoint, "listen", "EP", |o, t| o.listen.push(t.to_owned()))
        .repeat(Repeat::Yes)
        .top(12)
        .help("Run the program for each client of EP")
        .more(
            "EP is an endpoint: TCP, unless it begins with tls:, unix: or fd:, or is a path. Its options follow after \
             commas, as in unix:./sock,mode=0660 or tls:7000,cert=FILE. 'xport relay --help' lists them.",
        ),
    number(Grace, "grace", "DUR", |o, t| put(&mut o.grace, parse_duration(t)))
        .default("10s")
        .variable("XPORT_GRACE")
        .top(49)
        .help("After SIGTERM, let sessions go on this long")
        .more("A second signal ends them at once.")
        .instead(Topic::Datagrams, "After SIGTERM, write buffered data for this long"),
    number(Backlog, "backlog", "N", |o, t| put(&mut o.backlog, parse_number(t, 1..=i32::MAX as u32)))
        .default("4096")
        .variable("XPORT_BACKLOG")
        .expert()
        .help("How many connections can wait to be accepted")
        .more("The kernel can lower the limit."),
    flag(KeepOpen, "keep-open", |o| o.keep_open = true)
        .short('k')
        .top(10)
        .help("Accept the next client when one has left"),
    flag(Once, "once", |o| o.once = true)
        .top(10)
        .help("Serve one client, then exit")
        .instead(Topic::Relay, "Serve one client of LEFT, then exit"),
    number(MaxConns, "max-conns", "N", |o, t| {
        // A number that this machine cannot count to is no limit.
        put(&mut o.max_conns, parse_number(t, 1..=u32::MAX).map(|max| usize::try_from(max).ok()))
    })
    .variable("XPORT_MAX_CONNS")
    .top(31)
    .help("Serve at most N clients at once")
    .more("Other clients wait to be accepted.")
    .instead_with(
        Topic::Exec,
        "Serve at most N clients at once [default: 100]",
        "Other clients wait to be accepted.",
    ),
    text(Allow, "allow", "CIDR", |o, t| push(&mut o.allow, parse_network(t)))
        .repeat(Repeat::List)
        .variable("XPORT_ALLOW")
        .top(30)
        .help("Accept clients of these networks only")
        .more("A list of networks looks like 10.0.0.0/8,::1."),
    text(Deny, "deny", "CIDR", |o, t| push(&mut o.deny, parse_network(t)))
        .repeat(Repeat::List)
        .variable("XPORT_DENY")
        .top(50)
        .help("Reject clients of these networks")
        .more("A network of --deny is rejected even if --allow has it."),
    file(PortFile, "port-file", |o| &mut o.port_file)
        .variable("XPORT_PORT_FILE")
        .top(34)
        .help("Write the port to FILE once listening")
        .more(
            "FILE is removed at the end. A regular file that exists is replaced, not overwritten. Anything else, such \
             as a symbolic link, is refused.",
        ),
    number(Mode, "mode", "MODE", |o, t| put(&mut o.mode, parse_mode(t).map(Some)))
        .variable("XPORT_MODE")
        .top(20)
        .help("Permission bits of the socket [default: 0600]")
        .more("They are octal digits, as chmod takes them."),
    flag(ReplaceStale, "replace-stale", |o| o.replace_stale = true)
        .variable("XPORT_REPLACE_STALE")
        .top(21)
        .help("Replace a socket that no process serves")
        .more("A live socket is never replaced, and no other kind of file."),
];

pub(super) static CONNECTION: &[OptSpec] = &[
    raw(ConnectAddress, "connect", "ADDR", |o, t| o.connect = Some(t.to_owned()))
        .help("Connect to this address; same as a bare ADDRESS"),
    raw(ConnectEndpoint, "connect", "EP", |o, t| o.connect = Some(t.to_owned()))
        .not_with(ListenEndpoint)
        .top(13)
        .help("Run the program on one connection to EP")
        .more("EP is an endpoint, as for --listen, with options such as those in host:7000,source=:99."),
    number(ConnectTimeout, "connect-timeout", "DUR", |o, t| put(&mut o.connect_timeout, parse_positive_duration(t)))
        .default("10s")
        .variable("XPORT_CONNECT_TIMEOUT")
        .top(43)
        .help("Time limit of a try to connect")
        .more("The time includes the name look-up.")
        .instead(Topic::Datagrams, "Time limit of the name look-up")
        .instead_with(
            Topic::Wait,
            "Time limit of a try to connect, and of its answer",
            "The time includes the name look-up.",
        ),
    number(Retry, "retry", "N", |o, t| put(&mut o.retry, parse_number(t, 0..=u32::MAX)))
        .default("0")
        .variable("XPORT_RETRY")
        .top(30)
        .help("Retry a failed connect N times")
        .more("Only connecting is retried. A failed TLS handshake is not.")
        .instead(Topic::Datagrams, "Retry a failed name look-up N times"),
    number(RetryDelay, "retry-delay", "DUR", |o, t| put(&mut o.retry_delay, parse_duration(t)))
        .default("1s")
        .variable("XPORT_RETRY_DELAY")
        .help("Wait this long before each retry"),
    flag(Ipv4, "4", |o| o.ipv4 = true)
        .short('4')
        .word("ipv4")
        .variable("XPORT_IPV4")
        .not_with(Ipv6)
        .help("Use IPv4 only"),
    flag(Ipv6, "6", |o| o.ipv6 = true).short('6').word("ipv6").variable("XPORT_IPV6").help("Use IPv6 only"),
    flag(Numeric, "numeric", |o| o.numeric = true)
        .short('n')
        .variable("XPORT_NUMERIC")
        .help("Do not look up host names")
        .more("Every host must be an IP address."),
    text(Source, "source", "ADDR", |o, t| put(&mut o.source, parse_source(t).map(Some)))
        .variable("XPORT_SOURCE")
        .top(47)
        .help("Connect from this local address")
        .more("It is IP, IP:PORT, [V6]:PORT or :PORT.")
        .instead_with(Topic::Datagrams, "Send from this local address", "It is IP, IP:PORT, [V6]:PORT or :PORT."),
    number(Keepalive, "keepalive", "DUR|off", |o, t| put(&mut o.keepalive, parse_keepalive(t)))
        .default("60s")
        .variable("XPORT_KEEPALIVE")
        .expert()
        .help("Probe a TCP peer after this long without traffic")
        .more(
            "xport gives a peer up if no answer comes for as long again. A peer that answers is kept, even if it does \
             not read for a long time. 'off' disables probes. An idle connection is then never given up.",
        ),
];
