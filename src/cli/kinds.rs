//! What ends and modes there are: the kinds of endpoints by name, what carries the bytes, what a mode does with them.
//!
//! Which options they have is in `cli/args.rs` and `cli/endpoint.rs`.

/// What an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `-`: our stdin and stdout.
    Stdio,
    /// `tcp:`, and an address alone.
    Tcp,
    /// `tcp-listen:`.
    TcpListen,
    /// `tls:`.
    Tls,
    /// `tls-listen:`.
    TlsListen,
    /// `unix:`, and a path or `@name` alone.
    Unix,
    /// `unix-listen:`.
    UnixListen,
    /// `udp:`.
    Udp,
    /// `udp-listen:`.
    UdpListen,
    /// `fd:`, where nothing listens: a socket that is connected.
    Fd,
    /// `fd:`, where a socket may listen.
    FdListen,
    /// `exec:`.
    Exec,
    /// `shell:`.
    Shell,
}

/// The kinds by the names that they have before the colon.
pub(super) const KINDS: [(&str, Kind); 11] = [
    ("tcp", Kind::Tcp),
    ("tcp-listen", Kind::TcpListen),
    ("tls", Kind::Tls),
    ("tls-listen", Kind::TlsListen),
    ("unix", Kind::Unix),
    ("unix-listen", Kind::UnixListen),
    ("udp", Kind::Udp),
    ("udp-listen", Kind::UdpListen),
    ("fd", Kind::Fd),
    ("exec", Kind::Exec),
    ("shell", Kind::Shell),
];

/// Options that do nothing for a socket which is open already.
pub(super) const NOT_FOR_DESCRIPTORS: [&str; 8] =
    ["backlog", "connect_timeout", "ipv4", "ipv6", "numeric", "retry", "retry_delay", "source"];

impl Kind {
    /// The name before the colon.
    pub(super) fn name(self) -> &'static str {
        match (self, KINDS.iter().find(|(_, kind)| *kind == self)) {
            (_, Some((name, _))) => name,
            (Self::FdListen, _) => "fd",
            _ => "stdio",
        }
    }

    /// Whether clients come to it.
    pub(super) fn listens(self) -> bool {
        matches!(self, Self::TcpListen | Self::TlsListen | Self::UnixListen | Self::UdpListen | Self::FdListen)
    }

    /// Whether it is a process.
    pub(super) fn is_child(self) -> bool {
        matches!(self, Self::Exec | Self::Shell)
    }
}

/// What carries the bytes of a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Tcp,
    Tls,
    Unix,
    Udp,
    /// Whatever its endpoints say.
    Any,
}

/// What a mode does with them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Echo,
    Server,
    Client,
    Exec,
    Relay,
}
