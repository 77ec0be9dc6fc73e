//! The rows of what an end has: listening and connecting.

use super::Opt;
use super::spec::{Heading, OptSpec, Repeat, Topic, Value, push, put};
use crate::cli::address::parse_source;
use crate::cli::values::{
    parse_duration, parse_keepalive, parse_mode, parse_network, parse_number, parse_positive_duration,
};

const fn listening(id: Opt, name: &'static str, value: Value, help: &'static str) -> OptSpec {
    OptSpec::new(id, name, Heading::Listening, value, help)
}

const fn connection(id: Opt, name: &'static str, value: Value, help: &'static str) -> OptSpec {
    OptSpec::new(id, name, Heading::Connection, value, help)
}

pub(super) static ROWS: &[OptSpec] = &[
    listening(
        Opt::ListenAddress,
        "listen",
        Value::Raw("ADDR", |o, text| o.listen.push(text.to_owned())),
        "Where to listen; may be repeated, and adds to a bare ADDRESS",
    )
    .repeat(Repeat::Yes),
    listening(
        Opt::ListenEndpoint,
        "listen",
        Value::Raw("EP", |o, text| o.listen.push(text.to_owned())),
        "Run a program for each connection that is accepted here; may be repeated",
    )
    .repeat(Repeat::Yes)
    .more(
        "EP is an address, of TCP unless it says tls:, unix: or fd: or is a path. Options that hold for it alone \
         follow after commas, as in unix:./sock,mode=0660 or tls:7000,cert=FILE: they win over those of the command \
         line, networks of allow and deny add to them. 'xport relay --help' has those of tcp-listen:, tls-listen: and \
         unix-listen:.",
    ),
    listening(
        Opt::Grace,
        "grace",
        Value::Number("DUR", |o, text| put(&mut o.grace, parse_duration(text))),
        "After a first SIGTERM, let sessions go on for at most so long",
    )
    .default("10s")
    .variable("XPORT_GRACE")
    .instead(&[(
        Topic::Datagrams,
        "After a first SIGTERM, wait at most so long for what is still to be written",
        "",
    )]),
    listening(
        Opt::Backlog,
        "backlog",
        Value::Number("N", |o, text| put(&mut o.backlog, parse_number(text, 1..=i32::MAX as u32))),
        "Connections that may wait to be accepted, up to what the kernel allows",
    )
    .default("4096")
    .variable("XPORT_BACKLOG"),
    listening(
        Opt::KeepOpen,
        "keep-open",
        Value::Flag(|o| o.keep_open = true),
        "When a client has left, accept the next one",
    )
    .short('k'),
    listening(Opt::Once, "once", Value::Flag(|o| o.once = true), "Serve one client, then exit").instead(&[(
        Topic::Relay,
        "Serve one client of LEFT, then exit",
        "",
    )]),
    listening(
        Opt::MaxConns,
        "max-conns",
        Value::Number("N", |o, text| {
            // A number too large for this machine's counters is no limit to it either.
            put(&mut o.max_conns, parse_number(text, 1..=u32::MAX).map(|max| usize::try_from(max).ok()))
        }),
        "Serve at most so many clients at once; the others wait to be accepted",
    )
    .variable("XPORT_MAX_CONNS")
    .instead(&[(
        Topic::Exec,
        "Serve at most so many clients at once; the others wait to be accepted [default: 100]",
        "",
    )]),
    listening(
        Opt::Allow,
        "allow",
        Value::Text("CIDR", |o, text| push(&mut o.allow, parse_network(text))),
        "Let in only clients of these networks (10.0.0.0/8,::1); may be repeated",
    )
    .repeat(Repeat::List)
    .variable("XPORT_ALLOW"),
    listening(
        Opt::Deny,
        "deny",
        Value::Text("CIDR", |o, text| push(&mut o.deny, parse_network(text))),
        "Turn away clients of these networks, allowed or not; may be repeated",
    )
    .repeat(Repeat::List)
    .variable("XPORT_DENY"),
    listening(
        Opt::PortFile,
        "port-file",
        Value::File(|o| &mut o.port_file),
        "Write the port to this file once listening, and remove it at the end",
    )
    .variable("XPORT_PORT_FILE")
    .more(
        "Write the port to this file once listening, and remove it at the end. A file that is there is replaced, not \
         written to. What is no regular file, a symbolic link for one, is refused.",
    ),
    listening(
        Opt::Mode,
        "mode",
        Value::Number("MODE", |o, text| put(&mut o.mode, parse_mode(text).map(Some))),
        "Permission bits of the socket, in octal [default: 0600]",
    )
    .variable("XPORT_MODE"),
    listening(
        Opt::ReplaceStale,
        "replace-stale",
        Value::Flag(|o| o.replace_stale = true),
        "Replace a socket that nobody serves any more; never a live one, never another file",
    )
    .variable("XPORT_REPLACE_STALE"),
    connection(
        Opt::ConnectAddress,
        "connect",
        Value::Raw("ADDR", |o, text| o.connect = Some(text.to_owned())),
        "Where to connect; the same as a bare ADDRESS",
    ),
    connection(
        Opt::ConnectEndpoint,
        "connect",
        Value::Raw("EP", |o, text| o.connect = Some(text.to_owned())),
        "Run the program on one connection to there",
    )
    .not_with(Opt::ListenEndpoint)
    .more(
        "EP is an address, of TCP unless it says tls:, unix: or fd: or is a path. Its options follow after commas, as \
         in host:7000,source=:99,4. 'xport relay --help' has those of tcp:, tls: and unix:.",
    ),
    connection(
        Opt::ConnectTimeout,
        "connect-timeout",
        Value::Number("DUR", |o, text| put(&mut o.connect_timeout, parse_positive_duration(text))),
        "Give up a try that has not connected after so long, looking the name up included",
    )
    .default("10s")
    .variable("XPORT_CONNECT_TIMEOUT")
    .instead(&[(Topic::Datagrams, "Give up looking the name up after so long", "")]),
    connection(
        Opt::Retry,
        "retry",
        Value::Number("N", |o, text| put(&mut o.retry, parse_number(text, 0..=u32::MAX))),
        "Try so many times more if connecting fails",
    )
    .default("0")
    .variable("XPORT_RETRY")
    .more("Try so many times more if connecting fails. Only connecting is retried; a failed TLS handshake is not.")
    .instead(&[(Topic::Datagrams, "Try so many times more if the name cannot be looked up", "")]),
    connection(
        Opt::RetryDelay,
        "retry-delay",
        Value::Number("DUR", |o, text| put(&mut o.retry_delay, parse_duration(text))),
        "Wait so long before each further try",
    )
    .default("1s")
    .variable("XPORT_RETRY_DELAY"),
    connection(Opt::Ipv4, "4", Value::Flag(|o| o.ipv4 = true), "IPv4 only")
        .short('4')
        .word("ipv4")
        .variable("XPORT_IPV4")
        .not_with(Opt::Ipv6),
    connection(
        Opt::Ipv6,
        "6",
        Value::Flag(|o| o.ipv6 = true),
        "IPv6 \
                                                                only",
    )
    .short('6')
    .word("ipv6")
    .variable("XPORT_IPV6"),
    connection(Opt::Numeric, "numeric", Value::Flag(|o| o.numeric = true), "Hosts are addresses: look no name up")
        .short('n')
        .variable("XPORT_NUMERIC"),
    connection(
        Opt::Source,
        "source",
        Value::Text("ADDR", |o, text| put(&mut o.source, parse_source(text).map(Some))),
        "Connect from this address of the machine: IP, IP:PORT, [V6]:PORT or :PORT",
    )
    .variable("XPORT_SOURCE")
    .instead(&[(Topic::Datagrams, "Send from this address of the machine: IP, IP:PORT, [V6]:PORT or :PORT", "")]),
    connection(
        Opt::Keepalive,
        "keepalive",
        Value::Number("DUR|off", |o, text| put(&mut o.keepalive, parse_keepalive(text))),
        "Probe a TCP peer after this time of silence, and give it up after as much again; 'off' never does",
    )
    .default("60s")
    .variable("XPORT_KEEPALIVE")
    .more(
        "Probe a TCP peer after this time of silence, and give the connection up when the peer has not answered for as \
         much time again: a host that loses its power or its network says nothing. A peer that does not acknowledge \
         what it was sent is given up after the same time. A peer that answers is kept, even if it does not read for \
         long. With 'off', an idle connection is never given up.",
    ),
];
