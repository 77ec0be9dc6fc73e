//! The rows of options for listening and connecting.

use super::spec::*;
use super::typed::Opt::*;
use super::typed::Options;
use crate::cli::address::parse_source;
use crate::cli::owner::parse_owner;
use crate::cli::values::{
    parse_device, parse_duration, parse_keepalive, parse_mode, parse_network, parse_number, parse_positive_duration,
    parse_positive_size, parse_retry, parse_tos,
};

fn set_nodelay(options: &mut Options, text: &str) -> Result<(), String> {
    options.socket.nodelay = Some(match text {
        "on" => true,
        "off" => false,
        _ => return Err(String::new()),
    });
    Ok(())
}

pub(super) static LISTENING: &[OptSpec] = &[
    raw(ListenAddress, "listen", "ADDR", |o, t| o.listen.push(t.to_owned()))
        .repeat(Repeat::Yes)
        .help("Address to listen on, besides a bare ADDRESS; may be repeated"),
    raw(ListenEndpoint, "listen", "EP", |o, t| o.listen.push(t.to_owned()))
        .repeat(Repeat::Yes)
        .help("Run a program for each connection that EP accepts; may be repeated")
        .more(
            "EP is an address: TCP unless it begins with tls:, unix: or fd:, or is a path. Options for this endpoint \
             alone follow after commas, as in unix:./sock,mode=0660 or tls:7000,cert=FILE. Such an option overrides \
             that of the command line; networks of allow and deny are added. 'xport relay --help' lists the options \
             of tcp-listen:, tls-listen: and unix-listen:.",
        ),
    number(Grace, "grace", "DUR", |o, t| put(&mut o.grace, parse_duration(t)))
        .default("10s")
        .variable("XPORT_GRACE")
        .help("After the first SIGTERM, let sessions go on for at most this long")
        .instead(Topic::Datagrams, "After the first SIGTERM, spend at most this long on writing buffered data"),
    number(Backlog, "backlog", "N", |o, t| put(&mut o.backlog, parse_number(t, 1..=i32::MAX as u32)))
        .default("4096")
        .variable("XPORT_BACKLOG")
        .help("Let at most N connections wait to be accepted; the kernel can lower the limit"),
    flag(KeepOpen, "keep-open", |o| o.keep_open = true).short('k').help("Accept the next client when one has left"),
    flag(Once, "once", |o| o.once = true)
        .help("Serve one client, then exit")
        .instead(Topic::Relay, "Serve one client of LEFT, then exit"),
    number(MaxConns, "max-conns", "N", |o, t| {
        // A number that this machine cannot count to is no limit.
        put(&mut o.max_conns, parse_number(t, 1..=u32::MAX).map(|max| usize::try_from(max).ok()))
    })
    .variable("XPORT_MAX_CONNS")
    .help("Serve at most N clients at once; other clients wait to be accepted")
    .instead(Topic::Exec, "Serve at most N clients at once; other clients wait to be accepted [default: 100]"),
    text(Allow, "allow", "CIDR", |o, t| push(&mut o.allow, parse_network(t)))
        .repeat(Repeat::List)
        .variable("XPORT_ALLOW")
        .help("Accept clients from these networks only, such as 10.0.0.0/8,::1; may be repeated"),
    text(Deny, "deny", "CIDR", |o, t| push(&mut o.deny, parse_network(t)))
        .repeat(Repeat::List)
        .variable("XPORT_DENY")
        .help("Reject clients from these networks, even if --allow has them; may be repeated"),
    file(PortFile, "port-file", |o| &mut o.port_file)
        .variable("XPORT_PORT_FILE")
        .help("Write the port to this file once listening; remove the file at the end")
        .more(
            "An existing regular file is replaced, not overwritten. Anything else, such as a symbolic link, is \
             refused.",
        ),
    number(Mode, "mode", "MODE", |o, t| put(&mut o.mode, parse_mode(t).map(Some)))
        .variable("XPORT_MODE")
        .help("Permission bits of the socket, in octal [default: 0600]"),
    text(Owner, "owner", "USER[:GROUP]", |o, t| put(&mut o.owner, parse_owner(t)))
        .variable("XPORT_OWNER")
        .help("User and group of the socket, as chown takes them: USER, USER:, USER:GROUP or :GROUP")
        .more(
            "Each is a name or a number. 'USER:' is the user with the user's own group. The socket has its owner \
             before a client can connect. Only root can name another user, or a group that it is not in.",
        ),
    flag(ReplaceStale, "replace-stale", |o| o.replace_stale = true)
        .variable("XPORT_REPLACE_STALE")
        .help("Replace a socket that no process serves any more; never a live socket, never another kind of file"),
    number(AcceptTimeout, "accept-timeout", "DUR", |o, t| {
        put(&mut o.accept_timeout, parse_positive_duration(t).map(Some))
    })
    .variable("XPORT_ACCEPT_TIMEOUT")
    .help("Exit with 124 if no client has come this long after the start")
    .more(
        "A client of TLS has come once its handshake is done. A client that --allow or --deny keeps out has not come. \
         Once a first client has come, the option has no further effect, in a server of many too.",
    ),
];

pub(super) static CONNECTION: &[OptSpec] = &[
    raw(ConnectAddress, "connect", "ADDR", |o, t| o.connect = Some(t.to_owned()))
        .help("Address to connect to; same as a bare ADDRESS"),
    raw(ConnectEndpoint, "connect", "EP", |o, t| o.connect = Some(t.to_owned()))
        .not_with(ListenEndpoint)
        .help("Run the program on one connection to EP")
        .more(
            "EP is an address: TCP unless it begins with tls:, unix: or fd:, or is a path. Its options follow after \
             commas, as in host:7000,source=:99,4. 'xport relay --help' lists the options of tcp:, tls: and unix:.",
        ),
    number(ConnectTimeout, "connect-timeout", "DUR", |o, t| put(&mut o.connect_timeout, parse_positive_duration(t)))
        .default("10s")
        .variable("XPORT_CONNECT_TIMEOUT")
        .help("Limit the time of each attempt to connect, name look-up included")
        .instead(Topic::Datagrams, "Limit the time of the name look-up")
        .instead(Topic::Wait, "Limit the time of each try to connect, name look-up included, and that of its answer"),
    number(Retry, "retry", "N|forever", |o, t| put(&mut o.retry, parse_retry(t)))
        .default("0")
        .variable("XPORT_RETRY")
        .help("Retry a failed connect up to N times, or for ever")
        .more("Only connecting is retried; a failed TLS handshake is not.")
        .instead(Topic::Datagrams, "Retry a failed name look-up up to N times, or for ever"),
    number(RetryDelay, "retry-delay", "DUR", |o, t| put(&mut o.retry_delay, parse_duration(t)))
        .default("1s")
        .variable("XPORT_RETRY_DELAY")
        .help("Wait this long before each retry"),
    flag(Ipv4, "4", |o| o.ipv4 = true).short('4').word("ipv4").variable("XPORT_IPV4").not_with(Ipv6).help("IPv4 only"),
    flag(Ipv6, "6", |o| o.ipv6 = true).short('6').word("ipv6").variable("XPORT_IPV6").help("IPv6 only"),
    flag(Numeric, "numeric", |o| o.numeric = true)
        .short('n')
        .variable("XPORT_NUMERIC")
        .help("Do not look up host names; every host must be an IP address"),
    text(Source, "source", "ADDR", |o, t| put(&mut o.source, parse_source(t).map(Some)))
        .variable("XPORT_SOURCE")
        .help("Connect from this local address: IP, IP:PORT, [V6]:PORT or :PORT")
        .instead(Topic::Datagrams, "Send from this local address: IP, IP:PORT, [V6]:PORT or :PORT"),
    number(Keepalive, "keepalive", "DUR|off", |o, t| put(&mut o.keepalive, parse_keepalive(t)))
        .default("60s")
        .variable("XPORT_KEEPALIVE")
        .help(
            "Probe a TCP peer after this long without traffic, and give up after as long again without an answer; \
             'off' disables probes",
        )
        .more(
            "A host that loses its power or its network sends nothing. A peer that does not acknowledge data is given \
             up after the same time. A peer that answers is kept, even if it does not read for a long time. With \
             'off', an idle connection is never given up.",
        ),
    word(
        Nodelay,
        "nodelay",
        "WHEN",
        &[("on", "Each write is sent at once"), ("off", "Small writes are gathered (Nagle's algorithm)")],
        set_nodelay,
    )
    .variable("XPORT_NODELAY")
    .help("Send small writes over TCP at once, or gather them [default: on; as it is for an inherited socket]"),
    number(RecvBuffer, "recv-buffer", "SIZE", |o, t| {
        put(&mut o.socket.recv_buffer, parse_positive_size(t).map(Some))
    })
    .variable("XPORT_RECV_BUFFER")
    .help("Size of the kernel's receive buffer of each socket [default: the kernel adapts it]")
    .more(
        "The buffer keeps this size. It limits the speed of a TCP connection over a long way. -v tells if the kernel \
         gives less (net.core.rmem_max).",
    )
    .instead_with(
        Topic::Datagrams,
        "Size of the kernel's receive buffer of each socket [default: 4M]",
        "Datagrams that arrive while the buffer is full are lost. -v tells if the kernel gives less \
         (net.core.rmem_max).",
    ),
    number(SendBuffer, "send-buffer", "SIZE", |o, t| {
        put(&mut o.socket.send_buffer, parse_positive_size(t).map(Some))
    })
    .variable("XPORT_SEND_BUFFER")
    .help("Size of the kernel's send buffer of each socket [default: the kernel chooses it]")
    .more("The buffer keeps this size. -v tells if the kernel gives less (net.core.wmem_max)."),
    text(BindDevice, "bind-device", "IF", |o, t| put(&mut o.socket.bind_device, parse_device(t).map(Some)))
        .variable("XPORT_BIND_DEVICE")
        .help("Send and receive through this network interface only")
        .more("Linux before 5.7 allows this only to root and with CAP_NET_RAW. Names are looked up on any interface."),
    number(Tos, "tos", "N", |o, t| put(&mut o.socket.tos, parse_tos(t).map(Some)))
        .variable("XPORT_TOS")
        .help("Type of service (IPv4) and traffic class (IPv6) of sent packets: 0 to 255, or 0x00 to 0xff")
        .more("Over TCP, the two lowest bits belong to the kernel and stay as they are."),
    number(Ttl, "ttl", "N", |o, t| put(&mut o.socket.ttl, parse_number(t, 1..=255).map(Some)))
        .variable("XPORT_TTL")
        .help("How many routers a sent packet can pass: time to live (IPv4), hop limit (IPv6), 1 to 255")
        .instead(
            Topic::Datagrams,
            "How many routers a sent datagram can pass: time to live (IPv4), hop limit (IPv6), 1 to 255; to a \
             multicast group too [default: 64; 1 to a group]",
        ),
];
