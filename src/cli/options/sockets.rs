//! The rows of options for listening and connecting.

use super::spec::*;
use super::typed::Opt::*;
use crate::cli::address::parse_source;
use crate::cli::owner::parse_owner;
use crate::cli::values::{
    parse_device, parse_duration, parse_keepalive, parse_mode, parse_network, parse_number, parse_positive_duration,
    parse_positive_size, parse_retry, parse_tos,
};
use crate::transports::address::numeric_addresses;

pub(super) static LISTENING: &[OptSpec] = &[
    raw(ListenAddress, "listen", "ADDR", |o, t| o.listen.push(t.to_owned()))
        .repeat(Repeat::Yes)
        .help("Listen on this address too; same as a bare ADDRESS"),
    raw(ListenEndpoint, "listen", "EP", |o, t| o.listen.push(t.to_owned()))
        .repeat(Repeat::Yes)
        .top(12)
        .help("Run the program for each client of EP")
        .more(
            "EP is an endpoint: TCP, unless it begins with tls:, unix: or fd:, or is a path. Its options follow \
             commas, as in unix:./sock,mode=0660 or tls:7000,cert=FILE. 'xport relay --help' lists them.",
        ),
    number(Grace, "grace", "DUR", |o, t| put(&mut o.listening.grace, parse_duration(t)))
        .default("10s")
        .variable("XPORT_GRACE")
        .top(49)
        .help("After SIGTERM, let sessions continue for this long")
        .more("A second signal ends them at once.")
        .instead(&[(Topic::Datagrams, "After SIGTERM, write buffered data for this long", "")]),
    number(Backlog, "backlog", "N", |o, t| put(&mut o.listening.backlog, parse_number(t, 1..=i32::MAX as u32)))
        .default("4096")
        .variable("XPORT_BACKLOG")
        .expert()
        .help("How many connections can wait to be accepted")
        .more("The kernel can lower the limit."),
    flag(KeepOpen, "keep-open", |o| o.listening.keep_open = true)
        .short('k')
        .top(10)
        .help("Serve the next client after this one, one at a time")
        .more(
            "The clients share stdin: a later client gets only what is left of it. To send the same file to each \
             client, use 'xport exec --listen ADDR -- cat FILE'.",
        ),
    flag(Once, "once", |o| o.once = true).top(10).help("Serve one client, then exit").instead(&[(
        Topic::Relay,
        "Serve one client of LEFT, then exit",
        "",
    )]),
    number(MaxConns, "max-conns", "N", |o, t| {
        // A number that this machine cannot count to is no limit.
        put(&mut o.listening.max_conns, parse_number(t, 1..=u32::MAX).map(|max| usize::try_from(max).ok()))
    })
    .variable("XPORT_MAX_CONNS")
    .top(31)
    .help("Serve at most N clients at once")
    .more("Other clients wait to be accepted.")
    .instead(&[(
        Topic::Exec,
        "Serve at most N clients at once [default: 100]",
        "Other clients wait to be accepted.",
    )]),
    text(Allow, "allow", "CIDR", |o, t| push(&mut o.allow, parse_network(t)))
        .repeat(Repeat::List)
        .variable("XPORT_ALLOW")
        .top(30)
        .help("Accept clients from these networks only")
        .more("CIDR is a network or a list of networks, such as 10.0.0.0/8,::1."),
    text(Deny, "deny", "CIDR", |o, t| push(&mut o.deny, parse_network(t)))
        .repeat(Repeat::List)
        .variable("XPORT_DENY")
        .top(50)
        .help("Reject clients from these networks")
        .more("--deny takes precedence over --allow."),
    file(PortFile, "port-file", |o| &mut o.listening.port_file)
        .variable("XPORT_PORT_FILE")
        .top(34)
        .help("Write the port to FILE once listening")
        .more(
            "xport removes FILE when it exits. An existing file is replaced only if it belongs to the user of xport, \
             and is empty or an old port file. Anything else is refused.",
        ),
    number(Mode, "mode", "MODE", |o, t| put(&mut o.listening.binding.mode, parse_mode(t)))
        .variable("XPORT_MODE")
        .top(20)
        .help("Permission bits of the socket [default: 0600]")
        .more("MODE is octal, as for chmod."),
    text(Owner, "owner", "USER[:GROUP]", |o, t| put(&mut o.listening.binding.owner, parse_owner(t)))
        .variable("XPORT_OWNER")
        .help("Owner and group of the socket, as for chown")
        .more(
            "The forms are USER, USER:, USER:GROUP and :GROUP, with names or numbers. 'USER:' also sets the user's \
             own group. The owner is set before a client can connect. Only root can name another user. Other users \
             can name only their own groups.",
        ),
    flag(ReplaceStale, "replace-stale", |o| o.listening.binding.replace_stale = true)
        .variable("XPORT_REPLACE_STALE")
        .top(21)
        .help("Replace a socket that no process serves")
        .more("xport never replaces a live socket or another kind of file."),
    number(AcceptTimeout, "accept-timeout", "DUR", |o, t| {
        put(&mut o.listening.accept_timeout, parse_positive_duration(t).map(Some))
    })
    .variable("XPORT_ACCEPT_TIMEOUT")
    .top(51)
    .help("Exit with 124 if no client comes in time")
    .more(
        "The time counts from the start. A TLS client counts once its handshake is done. A client that --allow or \
         --deny rejects does not count. After the first client, the option has no further effect, even in a server \
         for many clients.",
    ),
];

pub(super) static CONNECTION: &[OptSpec] = &[
    raw(ConnectAddress, "connect", "ADDR", |o, t| o.connect = Some(t.to_owned()))
        .help("Connect to this address; same as a bare ADDRESS"),
    raw(ConnectEndpoint, "connect", "EP", |o, t| o.connect = Some(t.to_owned()))
        .not_with(ListenEndpoint)
        .top(13)
        .help("Run the program on one connection to EP")
        .more("EP is an endpoint, as for --listen, with options such as those in host:7000,source=:99."),
    number(ConnectTimeout, "connect-timeout", "DUR", |o, t| put(&mut o.dial.timeout, parse_positive_duration(t)))
        .default("10s")
        .variable("XPORT_CONNECT_TIMEOUT")
        .top(43)
        .help("Time limit for one attempt to connect")
        .more("The time includes the name look-up.")
        .instead(&[
            (Topic::Datagrams, "Time limit for the name look-up", ""),
            (Topic::Wait, "Time limit for one try, its answer included", "The time includes the name look-up."),
        ]),
    number(Retry, "retry", "N|forever", |o, t| put(&mut o.dial.retry, parse_retry(t)))
        .default("0")
        .variable("XPORT_RETRY")
        .top(30)
        .help("Retry a failed connect N times")
        .more("'forever' has no limit. Only connecting is retried. A failed TLS handshake is not.")
        .instead(&[(Topic::Datagrams, "Retry a failed name look-up N times, or forever", "")]),
    number(RetryDelay, "retry-delay", "DUR", |o, t| put(&mut o.dial.retry_delay, parse_duration(t)))
        .default("1s")
        .variable("XPORT_RETRY_DELAY")
        .help("Wait this long before each retry")
        .more("With --retry forever, at least 10ms."),
    flag(Ipv4, "4", |o| o.ipv4 = true)
        .short('4')
        .word("ipv4")
        .variable("XPORT_IPV4")
        .not_with(Ipv6)
        .help("Use IPv4 only"),
    flag(Ipv6, "6", |o| o.ipv6 = true).short('6').word("ipv6").variable("XPORT_IPV6").help("Use IPv6 only"),
    flag(Numeric, "numeric", |o| o.dial.numeric = true)
        .short('n')
        .variable("XPORT_NUMERIC")
        .help("Do not look up host names")
        .more("Every host must be an IP address or localhost."),
    text(Source, "source", "ADDR", |o, t| {
        put(&mut o.dial.source, parse_source(t).map(|source| numeric_addresses(&source)))
    })
    .variable("XPORT_SOURCE")
    .top(47)
    .help("Connect from this local address")
    .more("ADDR is IP, IP:PORT, [V6]:PORT or :PORT.")
    .instead(&[(Topic::Datagrams, "Send from this local address", "ADDR is IP, IP:PORT, [V6]:PORT or :PORT.")]),
    number(Keepalive, "keepalive", "DUR|off", |o, t| put(&mut o.dial.keepalive, parse_keepalive(t)))
        .default("60s")
        .variable("XPORT_KEEPALIVE")
        .expert()
        .help("Probe a TCP peer after this long without traffic")
        .more(
            "The connection fails if no answer comes for as long again. It does not fail if the peer answers but does \
             not read. 'off' disables probes. An idle connection then never fails.",
        ),
    word(
        Nodelay,
        "nodelay",
        "WHEN",
        &[
            ("on", "Each write is sent at once", |o| o.dial.socket.nodelay = Some(true)),
            ("off", "Small writes are gathered (Nagle's algorithm)", |o| o.dial.socket.nodelay = Some(false)),
        ],
    )
    .variable("XPORT_NODELAY")
    .expert()
    .help("Send small TCP writes at once, or gather them")
    .more("The default is on. An inherited socket keeps its own setting."),
    number(RecvBuffer, "recv-buffer", "SIZE", |o, t| {
        put(&mut o.dial.socket.recv_buffer, parse_positive_size(t).map(Some))
    })
    .variable("XPORT_RECV_BUFFER")
    .expert()
    .help("Size of the kernel's receive buffer [default: the kernel adapts it]")
    .more(
        "With this option, the kernel no longer adapts the buffer. A small buffer makes TCP slow over long distances. \
         -v reports if the kernel grants less (net.core.rmem_max).",
    )
    .instead(&[(
        Topic::Datagrams,
        "Size of the kernel's receive buffer [default: 4M]",
        "Datagrams that arrive while the buffer is full are lost. -v reports if the kernel grants less \
                 (net.core.rmem_max).",
    )]),
    number(SendBuffer, "send-buffer", "SIZE", |o, t| {
        put(&mut o.dial.socket.send_buffer, parse_positive_size(t).map(Some))
    })
    .variable("XPORT_SEND_BUFFER")
    .expert()
    .help("Size of the kernel's send buffer [default: the kernel chooses it]")
    .more("The kernel then no longer adapts this buffer. -v reports if the kernel grants less (net.core.wmem_max)."),
    text(BindDevice, "bind-device", "IF", |o, t| put(&mut o.dial.socket.bind_device, parse_device(t).map(Some)))
        .variable("XPORT_BIND_DEVICE")
        .expert()
        .help("Send and receive through this network interface only")
        .more("Before Linux 5.7, this needs root or CAP_NET_RAW. Name look-ups can use any interface."),
    number(Tos, "tos", "N", |o, t| put(&mut o.dial.socket.tos, parse_tos(t).map(Some)))
        .variable("XPORT_TOS")
        .expert()
        .help("Type of service (IPv4) or traffic class (IPv6) of packets")
        .more("N is 0 to 255, or 0x00 to 0xff. Over TCP, the kernel sets the two lowest bits itself."),
    number(Ttl, "ttl", "N", |o, t| put(&mut o.dial.socket.ttl, parse_number(t, 1..=255).map(Some)))
        .variable("XPORT_TTL")
        .expert()
        .help("How many routers a packet may pass, 1 to 255")
        .more("This is the time to live of IPv4 and the hop limit of IPv6.")
        .instead(&[(
            Topic::Datagrams,
            "How many routers a datagram may pass, 1 to 255",
            "This is the time to live of IPv4 and the hop limit of IPv6. It applies to multicast too. The default \
                 is 64, or 1 for a multicast group.",
        )]),
];
