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
        .help("Where to listen; may be repeated, and adds to a bare ADDRESS"),
    raw(ListenEndpoint, "listen", "EP", |o, t| o.listen.push(t.to_owned()))
        .repeat(Repeat::Yes)
        .help("Run a program for each connection that is accepted here; may be repeated")
        .more(
            "EP is an address, of TCP unless it says tls:, unix: or fd: or is a path. Options that hold for it alone \
             follow after commas, as in unix:./sock,mode=0660 or tls:7000,cert=FILE: they win over those of the \
             command line, networks of allow and deny add to them. 'xport relay --help' has those of tcp-listen:, \
             tls-listen: and unix-listen:.",
        ),
    number(Grace, "grace", "DUR", |o, t| put(&mut o.grace, parse_duration(t)))
        .default("10s")
        .variable("XPORT_GRACE")
        .help("After a first SIGTERM, let sessions go on for at most so long")
        .instead(Topic::Datagrams, "After a first SIGTERM, wait at most so long for what is still to be written"),
    number(Backlog, "backlog", "N", |o, t| put(&mut o.backlog, parse_number(t, 1..=i32::MAX as u32)))
        .default("4096")
        .variable("XPORT_BACKLOG")
        .help("Connections that may wait to be accepted, up to what the kernel allows"),
    flag(KeepOpen, "keep-open", |o| o.keep_open = true).short('k').help("When a client has left, accept the next one"),
    flag(Once, "once", |o| o.once = true)
        .help("Serve one client, then exit")
        .instead(Topic::Relay, "Serve one client of LEFT, then exit"),
    number(MaxConns, "max-conns", "N", |o, t| {
        // A number that this machine cannot count to is no limit.
        put(&mut o.max_conns, parse_number(t, 1..=u32::MAX).map(|max| usize::try_from(max).ok()))
    })
    .variable("XPORT_MAX_CONNS")
    .help("Serve at most so many clients at once; the others wait to be accepted")
    .instead(Topic::Exec, "Serve at most so many clients at once; the others wait to be accepted [default: 100]"),
    text(Allow, "allow", "CIDR", |o, t| push(&mut o.allow, parse_network(t)))
        .repeat(Repeat::List)
        .variable("XPORT_ALLOW")
        .help("Let in only clients of these networks (10.0.0.0/8,::1); may be repeated"),
    text(Deny, "deny", "CIDR", |o, t| push(&mut o.deny, parse_network(t)))
        .repeat(Repeat::List)
        .variable("XPORT_DENY")
        .help("Turn away clients of these networks, allowed or not; may be repeated"),
    file(PortFile, "port-file", |o| &mut o.port_file)
        .variable("XPORT_PORT_FILE")
        .help("Write the port to this file once listening, and remove it at the end")
        .more(
            "Write the port to this file once listening, and remove it at the end. A file that is there is replaced, \
             not written to. Anything but a regular file, such as a symbolic link, is refused.",
        ),
    number(Mode, "mode", "MODE", |o, t| put(&mut o.mode, parse_mode(t).map(Some)))
        .variable("XPORT_MODE")
        .help("Permission bits of the socket, in octal [default: 0600]"),
    flag(ReplaceStale, "replace-stale", |o| o.replace_stale = true)
        .variable("XPORT_REPLACE_STALE")
        .help("Replace a socket that nobody serves any more; never a live one, never another file"),
];

pub(super) static CONNECTION: &[OptSpec] = &[
    raw(ConnectAddress, "connect", "ADDR", |o, t| o.connect = Some(t.to_owned()))
        .help("Where to connect; the same as a bare ADDRESS"),
    raw(ConnectEndpoint, "connect", "EP", |o, t| o.connect = Some(t.to_owned()))
        .not_with(ListenEndpoint)
        .help("Run the program on one connection to there")
        .more(
            "EP is an address, of TCP unless it says tls:, unix: or fd: or is a path. Its options follow after commas, \
             as in host:7000,source=:99,4. 'xport relay --help' has those of tcp:, tls: and unix:.",
        ),
    number(ConnectTimeout, "connect-timeout", "DUR", |o, t| put(&mut o.connect_timeout, parse_positive_duration(t)))
        .default("10s")
        .variable("XPORT_CONNECT_TIMEOUT")
        .help("Give up a try that has not connected after so long, looking the name up included")
        .instead(Topic::Datagrams, "Give up looking the name up after so long"),
    number(Retry, "retry", "N", |o, t| put(&mut o.retry, parse_number(t, 0..=u32::MAX)))
        .default("0")
        .variable("XPORT_RETRY")
        .help("Try so many times more if connecting fails")
        .more("Try so many times more if connecting fails. Only connecting is retried; a failed TLS handshake is not.")
        .instead(Topic::Datagrams, "Try so many times more if the name cannot be looked up"),
    number(RetryDelay, "retry-delay", "DUR", |o, t| put(&mut o.retry_delay, parse_duration(t)))
        .default("1s")
        .variable("XPORT_RETRY_DELAY")
        .help("Wait so long before each further try"),
    flag(Ipv4, "4", |o| o.ipv4 = true).short('4').word("ipv4").variable("XPORT_IPV4").not_with(Ipv6).help("IPv4 only"),
    flag(Ipv6, "6", |o| o.ipv6 = true).short('6').word("ipv6").variable("XPORT_IPV6").help("IPv6 only"),
    flag(Numeric, "numeric", |o| o.numeric = true)
        .short('n')
        .variable("XPORT_NUMERIC")
        .help("Hosts are addresses: look no name up"),
    text(Source, "source", "ADDR", |o, t| put(&mut o.source, parse_source(t).map(Some)))
        .variable("XPORT_SOURCE")
        .help("Connect from this address of the machine: IP, IP:PORT, [V6]:PORT or :PORT")
        .instead(Topic::Datagrams, "Send from this address of the machine: IP, IP:PORT, [V6]:PORT or :PORT"),
    number(Keepalive, "keepalive", "DUR|off", |o, t| put(&mut o.keepalive, parse_keepalive(t)))
        .default("60s")
        .variable("XPORT_KEEPALIVE")
        .help("Probe a TCP peer after this time of silence, and give it up after as much again; 'off' never does")
        .more(
            "Probe a TCP peer after this time of silence, and give the connection up when the peer has not answered \
             for as much time again: a host that loses its power or its network says nothing. A peer that does not \
             acknowledge what it was sent is given up after the same time. A peer that answers is kept, even if it \
             does not read for long. With 'off', an idle connection is never given up.",
        ),
];
