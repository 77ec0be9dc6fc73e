//! What the options of other programs mean: a job, a medium, a program, or an option of xport.
//!
//! `wish.rs` puts the meanings of a line together.

/// The job of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Job {
    #[default]
    Connect,
    Listen,
    Echo,
    /// Find out whether a port is open.
    Try,
}

/// What carries the bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Medium {
    #[default]
    Tcp,
    Tls,
    Udp,
    Unix,
}

impl Medium {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Udp => "udp",
            Self::Unix => "unix",
        }
    }
}

/// A program on the connection.
#[derive(Clone, Debug, Default)]
pub(super) enum Runs {
    #[default]
    Nothing,
    Words(Vec<String>),
    Shell(String),
}

/// What an option of another program means.
#[derive(Clone, Copy, Debug)]
pub(super) enum Means {
    /// xport does so without an option, or the option does nothing for it.
    Nothing,
    /// xport cannot do it, for this reason.
    Absent(&'static str),
    /// This option of xport, with the same value.
    Same(&'static str),
    /// This option of xport, with a value of its own.
    Fixed(&'static str, &'static str),
    Listen,
    Udp,
    Unix,
    Tls,
    Try,
    Keep,
    /// A server stays for the next client. A client of TLS does not verify the server, as with curl.
    KeepOrInsecure,
    Program,
    ShellLine,
    /// The port of a listener, or the local port of a client.
    Port,
    /// The port to connect to.
    PeerPort,
    /// The address of a listener, or the local address of a client.
    Source,
    /// The time limit of `-w`.
    Wait,
    /// The time after the end of stdin.
    Quit,
    MaxConns,
    /// The file of the authorities that verify the peer.
    Authorities,
    /// The certificate of the peer is verified.
    Verify,
    /// The address that curl uses for a host.
    Resolved,
    /// The unix socket that curl uses instead of the host.
    Socket,
    /// The operand of a client.
    Place,
    /// The operand of a server.
    Accept,
    /// A file for nmap's ncat, a proxy for other netcats.
    DumpOrProxy,
}
