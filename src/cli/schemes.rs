//! The table of schemes. A scheme is the word before the colon of an endpoint.
//!
//! A row says how the address looks, whether there are streams or datagrams, and which options can follow a comma. The
//! table of endpoints in help, manual page and `docs/`, the completions, and messages that list schemes are made of
//! these rows. A new scheme begins with a row here. `cli/endpoint.rs` parses endpoints.

use std::fmt;

use crate::cli::address::{Parser, parse_inet, parse_unix, parse_with};
use crate::cli::options::{Opt, OptSpec, row};
use Opt::*;

/// What an endpoint does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Connect,
    Listen,
    /// The endpoint is a program, which is started.
    Run,
    /// stdin and stdout of this process.
    Stdio,
}

/// Whether an endpoint has streams or datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    Stream,
    Datagrams,
}

/// The form of the text after the colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Nothing,
    /// Host and port.
    Inet,
    /// A path or an abstract name.
    Unix,
    /// The number of an inherited descriptor.
    Descriptor,
    /// A program and its arguments, split as a shell splits words.
    Words,
    /// A line for the shell.
    Line,
    /// The URL of a page.
    Url,
}

/// One row of the table.
pub(super) struct Scheme {
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) carrier: Carrier,
    pub(super) form: Form,
    pub(super) is_tls: bool,
    /// The parser of the address, if the endpoint has one.
    pub(super) parse: Parser,
    /// The options that can follow the address after a comma.
    pub(super) options: SchemeOptions,
    /// The scheme that the same word means where a listener is expected.
    pub(super) listening: Option<&'static Self>,
    /// The form of an endpoint, for the table.
    pub(super) term: &'static str,
    /// The description for the table. The options are added to it.
    pub(super) help: &'static str,
}

/// The options of a scheme, in the order of help, and as a set. Each run asks the set about every option.
pub(super) struct SchemeOptions {
    groups: &'static [&'static [Opt]],
    /// The bit of an option is that of its number.
    set: u128,
}

impl SchemeOptions {
    const fn new(groups: &'static [&'static [Opt]]) -> Self {
        let (mut set, mut group) = (0, 0);
        while group < groups.len() {
            let mut at = 0;
            while at < groups[group].len() {
                set |= 1 << groups[group][at] as u8;
                at += 1;
            }
            group += 1;
        }
        Self { groups, set }
    }
}

impl Scheme {
    /// The rows of the options of this scheme.
    pub(super) fn rows(&self) -> impl Iterator<Item = &'static OptSpec> {
        self.options.groups.iter().copied().flatten().copied().map(row)
    }

    pub(super) fn has(&self, opt: Opt) -> bool {
        self.options.set & 1 << opt as u8 != 0
    }

    pub(super) fn listens(&self) -> bool {
        self.role == Role::Listen
    }

    pub(super) fn is_socket(&self) -> bool {
        matches!(self.role, Role::Connect | Role::Listen)
    }

    /// Whether it is the scheme of a page, which only `wait` takes.
    pub(super) fn is_page(&self) -> bool {
        self.form == Form::Url
    }

    pub(super) fn is_unix(&self) -> bool {
        self.form == Form::Unix
    }

    pub(super) fn has_datagrams(&self) -> bool {
        self.carrier == Carrier::Datagrams
    }

    /// The names of the options of this scheme, for a list.
    pub(super) fn option_names(&self) -> String {
        Vec::from_iter(self.rows().map(|row| row.name)).join(", ")
    }
}

impl fmt::Debug for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ({:?})", self.name, self.role)
    }
}

impl PartialEq for Scheme {
    fn eq(&self, other: &Self) -> bool {
        (self.name, self.role) == (other.name, other.role)
    }
}

/// Options that do nothing for an inherited socket, which is open already.
pub(super) const NOT_FOR_DESCRIPTORS: &[Opt] =
    &[Backlog, BindDevice, ConnectTimeout, Ipv4, Ipv6, Numeric, RecvBuffer, Retry, RetryDelay, SendBuffer, Source];

const CONNECT: &[Opt] = &[ConnectTimeout, Retry, RetryDelay];
const DIAL: &[Opt] = &[Source, Keepalive];
const PROBE: &[Opt] = &[Keepalive];
const FAMILY: &[Opt] = &[Ipv4, Ipv6, Numeric];
/// Options that are set before a socket listens or connects.
const BUFFERS: &[Opt] = &[RecvBuffer, SendBuffer, BindDevice];
/// Options of TCP that an open socket takes too.
const PACKETS: &[Opt] = &[Nodelay, Tos, Ttl];
const LINES: &[Opt] = &[Crlf];
const ACCEPT: &[Opt] = &[Backlog, MaxConns];
const ADMIT: &[Opt] = &[Allow, Deny, PortFile];
const TRUST: &[Opt] = &[Ca, ServerName, Pin, Insecure];
const IDENTITY: &[Opt] = &[Cert, Key];
const SERVER_TLS: &[Opt] = &[Cert, Key, SelfSigned, ClientCa];
const TLS_COMMON: &[Opt] = &[Alpn, TlsMin, TlsMax, HandshakeTimeout, AllowTruncation, Keylog];

/// The base of the rows below.
const CLIENT: Scheme = Scheme {
    name: "",
    role: Role::Connect,
    carrier: Carrier::Stream,
    form: Form::Inet,
    is_tls: false,
    parse: |text| parse_with(text, parse_inet),
    options: SchemeOptions::new(&[]),
    listening: None,
    term: "",
    help: "",
};
const SERVER: Scheme = Scheme { role: Role::Listen, ..CLIENT };

pub(super) static STDIO: Scheme = Scheme {
    name: "-",
    role: Role::Stdio,
    form: Form::Nothing,
    term: "-, stdio",
    help: "stdin and stdout of xport; on one side only",
    ..CLIENT
};
pub(super) static TCP: Scheme = Scheme {
    name: "tcp",
    options: SchemeOptions::new(&[CONNECT, DIAL, PACKETS, BUFFERS, FAMILY, LINES]),
    listening: Some(&TCP_LISTEN),
    term: "tcp:ADDRESS",
    help: "connect over TCP; a bare address means the same",
    ..CLIENT
};
pub(super) static TCP_LISTEN: Scheme = Scheme {
    name: "tcp-listen",
    options: SchemeOptions::new(&[ACCEPT, ADMIT, PROBE, PACKETS, BUFFERS, FAMILY, LINES]),
    term: "tcp-listen:ADDRESS",
    help: "listen on TCP; max-conns defaults to 100 if RIGHT is a program",
    ..SERVER
};
pub(super) static TLS: Scheme = Scheme {
    name: "tls",
    is_tls: true,
    options: SchemeOptions::new(&[
        CONNECT,
        DIAL,
        PACKETS,
        BUFFERS,
        FAMILY,
        LINES,
        TRUST,
        IDENTITY,
        TLS_COMMON,
        &[Starttls],
    ]),
    listening: Some(&TLS_LISTEN),
    term: "tls:ADDRESS",
    help: "connect over TLS and verify the server; fd:N needs server-name",
    ..CLIENT
};
pub(super) static TLS_LISTEN: Scheme = Scheme {
    name: "tls-listen",
    is_tls: true,
    options: SchemeOptions::new(&[ACCEPT, ADMIT, PROBE, PACKETS, BUFFERS, FAMILY, LINES, SERVER_TLS, TLS_COMMON]),
    term: "tls-listen:ADDRESS",
    help: "listen for TLS, with cert=FILE or self-signed; max-conns defaults to 100 if RIGHT is a program",
    ..SERVER
};
pub(super) static UNIX: Scheme = Scheme {
    name: "unix",
    form: Form::Unix,
    parse: parse_unix,
    options: SchemeOptions::new(&[CONNECT, &[SendBuffer], LINES]),
    listening: Some(&UNIX_LISTEN),
    term: "unix:PATH, unix:@NAME",
    help: "connect to a unix socket; a bare /path, ./path, ../path or @name means the same",
    ..CLIENT
};
pub(super) static UNIX_LISTEN: Scheme = Scheme {
    name: "unix-listen",
    form: Form::Unix,
    parse: parse_unix,
    options: SchemeOptions::new(&[ACCEPT, &[Mode, Owner, ReplaceStale, SendBuffer], LINES]),
    term: "unix-listen:PATH",
    help: "listen on a unix socket",
    ..SERVER
};
pub(super) static UDP: Scheme = Scheme {
    name: "udp",
    carrier: Carrier::Datagrams,
    options: SchemeOptions::new(&[CONNECT, &[Source, Tos, Ttl], BUFFERS, FAMILY, &[Broadcast]]),
    listening: Some(&UDP_LISTEN),
    term: "udp:ADDRESS",
    help: "send datagrams to a peer",
    ..CLIENT
};
pub(super) static UDP_LISTEN: Scheme = Scheme {
    name: "udp-listen",
    carrier: Carrier::Datagrams,
    // Services mark their datagrams by the traffic class, so that they do not answer each other.
    options: SchemeOptions::new(&[&[MaxConns], ADMIT, &[Join, Ttl], BUFFERS, FAMILY]),
    term: "udp-listen:ADDRESS",
    help: "receive datagrams; each sender is a client. max-conns limits the senders (default: 8192, or 100 if RIGHT \
           is a program); beyond the limit, a new sender replaces the one that has been silent longest",
    ..SERVER
};
pub(super) static FD: Scheme = Scheme {
    name: "fd",
    form: Form::Descriptor,
    options: SchemeOptions::new(&[PROBE, PACKETS, LINES]),
    listening: Some(&FD_LISTEN),
    term: "fd:N",
    help: "an inherited stream socket; it has the option crlf, and keepalive, nodelay, tos and ttl if it is TCP. \
           Where xport accepts clients, it can be a listener, and then also has max-conns, allow, deny and port-file",
    ..CLIENT
};
pub(super) static FD_LISTEN: Scheme = Scheme {
    name: "fd",
    form: Form::Descriptor,
    options: SchemeOptions::new(&[&[MaxConns], ADMIT, PROBE, PACKETS, LINES]),
    ..SERVER
};
pub(super) static EXEC: Scheme = Scheme {
    name: "exec",
    role: Role::Run,
    form: Form::Words,
    term: "exec:CMD ARG...",
    help: "run a program; words are split as a shell splits them, but no shell runs",
    ..CLIENT
};
pub(super) static SHELL: Scheme = Scheme {
    name: "shell",
    role: Role::Run,
    form: Form::Line,
    term: "shell:CMD",
    help: "run a shell command",
    ..CLIENT
};

/// The two schemes of pages, which only `wait` takes. They are not in the table of endpoints.
pub(super) static HTTP: Scheme = Scheme {
    name: "http",
    form: Form::Url,
    options: SchemeOptions::new(&[&[ConnectTimeout, Source, BindDevice, Tos, Ttl], FAMILY, &[Status]]),
    term: "http://HOST/PATH",
    ..CLIENT
};
pub(super) static HTTPS: Scheme = Scheme {
    name: "https",
    is_tls: true,
    options: SchemeOptions::new(&[
        &[ConnectTimeout, Source, BindDevice, Tos, Ttl],
        FAMILY,
        TRUST,
        IDENTITY,
        TLS_COMMON,
        &[Status],
    ]),
    term: "https://HOST/PATH",
    ..HTTP
};

/// The schemes of pages.
pub(super) static PAGES: &[&Scheme] = &[&HTTP, &HTTPS];

/// The table, in the order of help. [`FD_LISTEN`] is not in it, because it is the listening form of [`FD`].
pub(super) static SCHEMES: &[&Scheme] =
    &[&STDIO, &TCP, &TCP_LISTEN, &TLS, &TLS_LISTEN, &UNIX, &UNIX_LISTEN, &UDP, &UDP_LISTEN, &FD, &EXEC, &SHELL];

/// All schemes, with those that are not in the table.
pub(super) fn schemes() -> impl Iterator<Item = &'static Scheme> {
    SCHEMES.iter().copied().chain([&FD_LISTEN]).chain(PAGES.iter().copied())
}

/// The schemes with a name before a colon.
pub(super) fn named() -> impl Iterator<Item = &'static Scheme> {
    SCHEMES.iter().copied().filter(|scheme| scheme.form != Form::Nothing)
}

/// The scheme with this name before a colon.
pub(super) fn scheme_called(name: &str) -> Option<&'static Scheme> {
    named().find(|scheme| scheme.name == name)
}

/// Finds the scheme that has an option of TLS. Many options are on both sides, and `listens` tells which side is meant.
pub(super) fn tls_scheme_with(row: &OptSpec, listens: bool) -> Option<&'static Scheme> {
    let plain = [&TCP, &TCP_LISTEN];
    let schemes = if listens { [&TLS_LISTEN, &TLS] } else { [&TLS, &TLS_LISTEN] };
    schemes.into_iter().find(|scheme| scheme.has(row.id) && !plain.iter().any(|plain| plain.has(row.id)))
}

/// The table for help and manual page: the form of an endpoint, and its description.
pub(super) fn table() -> Vec<(&'static str, String)> {
    let meaning = |scheme: &Scheme| match scheme.option_names() {
        names if names.is_empty() || scheme.form == Form::Descriptor => scheme.help.to_owned(),
        names => format!("{}. Options: {names}", scheme.help),
    };
    SCHEMES.iter().map(|scheme| (scheme.term, meaning(scheme))).collect()
}

/// The table for `docs/relays.md`, in markdown.
#[must_use]
pub fn markdown() -> String {
    let mut text = "| endpoint | what it is | options behind a comma |\n|---|---|---|\n".to_owned();
    for scheme in SCHEMES {
        let terms = Vec::from_iter(scheme.term.split(", ").map(|term| format!("`{term}`"))).join(", ");
        let options = Vec::from_iter(scheme.rows().map(|row| format!("`{}`", row.name))).join(" ");
        text.push_str(&format!("| {terms} | {} | {options} |\n", scheme.help));
    }
    text
}
