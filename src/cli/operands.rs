//! The table of operands: the arguments of a mode that are neither options nor their values. The usage of a mode comes
//! from this table.

use clap::ValueHint;

use crate::cli::modes::{Action, ModeSpec};

/// A positional argument.
pub(super) struct Operand {
    pub(super) id: &'static str,
    pub(super) shown: &'static str,
    /// What completes it. [`ValueHint::Unknown`] stands for an endpoint.
    pub(super) hint: ValueHint,
    pub(super) is_list: bool,
    pub(super) help: &'static str,
    pub(super) more: &'static str,
}

const INET_PEER: Operand = Operand {
    id: "address",
    shown: "ADDRESS",
    hint: ValueHint::Hostname,
    is_list: false,
    help: "HOST:PORT, [V6]:PORT, or :PORT on this machine",
    more: "PORT is a number or a service name. An IPv6 address is in brackets. A link-local address needs its \
           interface, as in [fe80::1%eth0]:80. fd:N is an inherited socket.",
};
const INET_LISTENER: Operand = Operand {
    help: ":PORT (loopback), *:PORT (every interface), or IP:PORT",
    more: "A bare PORT or :PORT means the loopback of IPv4 and IPv6, so that nothing is exposed by accident. PORT is \
           a number or a service name. With port 0, the kernel chooses a port. An IPv6 address is in brackets, as in \
           [::1]:80. fd:N is an inherited socket.",
    ..INET_PEER
};
pub(super) const PORT: Operand = Operand {
    id: "port",
    shown: "PORT",
    hint: ValueHint::Other,
    help: "Port, if ADDRESS is only a host",
    more: "",
    ..INET_PEER
};
const UNIX_ADDRESS: Operand = Operand {
    hint: ValueHint::FilePath,
    help: "A path, @name (abstract) or fd:N",
    more: "An abstract name is not in the file system and has no permissions. Any program on the machine can connect. \
           fd:N is an inherited socket.",
    ..INET_PEER
};
const LEFT: Operand = Operand {
    id: "left",
    shown: "LEFT",
    hint: ValueHint::Unknown,
    help: "KIND:ADDRESS[,OPTION]...; a listener serves many clients",
    more: "The kinds of endpoints are listed below.",
    ..PORT
};
const RIGHT: Operand = Operand {
    id: "right",
    shown: "RIGHT",
    help: "The other endpoint, opened once for each client of LEFT",
    more: "RIGHT cannot listen.",
    ..LEFT
};
const ENDPOINT: Operand = Operand {
    id: "endpoint",
    shown: "ENDPOINT",
    help: "tcp:ADDRESS, tls:ADDRESS, unix:PATH, udp:ADDRESS or fd:N",
    more: "A bare address means tcp:, and a path means unix:. Options of an endpoint follow after commas, as in \
           tls:host:443,ca=FILE. 'xport relay --help' lists the endpoints and their options.",
    ..LEFT
};
const ENDPOINTS: Operand = Operand {
    help: "Where to listen, as in tcp-listen:80 or unix-listen:./s",
    more: "The kinds are tcp-listen:, tls-listen:, unix-listen:, udp-listen: and fd:. tcp:, tls:, unix:, udp:, a bare \
           address and a path connect in other modes, and listen here. Options of an endpoint follow after commas, as \
           in tcp-listen:*:80,max-conns=9. 'xport relay --help' lists the endpoints and their options.",
    is_list: true,
    ..ENDPOINT
};
const AWAITED: Operand = Operand {
    help: "HOST:PORT, tls:ADDRESS, a path, udp:ADDRESS or http://...",
    more: "Options of an endpoint follow after commas, as in tls:host:443,ca=FILE.",
    is_list: true,
    ..ENDPOINT
};
const PROGRAM: Operand =
    Operand { id: PROGRAM_ID, shown: "CMD", help: "Program that xport becomes once all are up", ..CMD };
const CMD: Operand = Operand {
    id: "command",
    shown: "CMD",
    hint: ValueHint::CommandWithArguments,
    is_list: true,
    help: "Program and its arguments; no shell reads them",
    more: "",
};
const HOST: Operand = Operand {
    id: "host",
    shown: "HOST",
    hint: ValueHint::Hostname,
    help: "Host name or IP address",
    more: "If a name has several addresses, xport scans the first one of each family.",
    ..PORT
};
const PORTS: Operand = Operand {
    id: "ports",
    shown: "PORTS",
    help: "Ports, ranges and service names: 22,80,8000-8010 or ssh",
    more: "stdout has one line for each open port, in order: its number, and the name of its service if there is one. \
           A closed port refuses, and a filtered port does not answer; -v reports these on stderr. Status 0 means \
           that a port is open, 3 that none is. xport sends no data. It cannot scan UDP, because an open UDP port \
           need not answer.",
    is_list: true,
    ..PORT
};

/// The operand that follows `--` and nothing else.
pub(super) const PROGRAM_ID: &str = "program";

/// The operands of a mode.
pub(super) fn operands_of(mode: &ModeSpec) -> &'static [Operand] {
    match (mode.verb.action, mode.scheme) {
        (Action::Relay, _) => &[LEFT, RIGHT],
        (Action::Scan, _) => &[HOST, PORTS],
        (Action::Exec, _) => &[CMD],
        (Action::Connect, None) => &[ENDPOINT],
        (Action::Wait, _) => &[AWAITED, PROGRAM],
        (_, None) => &[ENDPOINTS],
        (_, Some(scheme)) if scheme.is_unix() => &[UNIX_ADDRESS],
        (_, Some(scheme)) if scheme.listens() => &[INET_LISTENER, PORT],
        _ => &[INET_PEER, PORT],
    }
}

/// The usage of a mode.
pub(super) fn usage_of(mode: &ModeSpec) -> String {
    let operands = operands_of(mode).iter().map(|operand| match (operand.id, operand.is_list) {
        ("command", _) => "-- CMD [ARG]...".to_owned(),
        (PROGRAM_ID, _) => "[-- CMD [ARG]...]".to_owned(),
        (id, _) if id == PORT.id => "[PORT]".to_owned(),
        (_, true) => format!("{}...", operand.shown),
        (_, false) => operand.shown.to_owned(),
    });
    format!("xport {} [OPTIONS] {}", mode.name, Vec::from_iter(operands).join(" "))
}
