//! What a line of another program asks for.
//!
//! `reader.rs` reads such lines, one option after the other, and `line.rs` makes the line of xport.

use super::words::{option_called, port_of, url};
use crate::cli::kinds::NO_PROXY;
use crate::cli::modes::{Action, ModeSpec};
use crate::cli::options::{Heading, OptSpec};
use crate::cli::schemes::Form;

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
    /// It changes what the line asks for.
    Asks(fn(&mut Wish, String)),
    /// The value and the rest of the line say what is meant. Alone, the option means this option of xport, if any.
    Depends(&'static str, fn(&mut Wish, String) -> Option<()>),
}

/// A line that was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Wish {
    pub(super) job: Job,
    pub(super) medium: Medium,
    pub(super) runs: Runs,
    /// The operands.
    pub(super) place: Vec<String>,
    /// Options of xport.
    pub(super) options: Vec<String>,
    /// Why xport cannot do it, if the user should know the reason.
    pub(super) lacks: Option<&'static str>,
    /// Whether a mode or a program said what is done.
    pub(super) is_named: bool,
    /// The port that the program takes if none is written.
    pub(super) usual_port: Option<&'static str>,
    pub(super) port: Option<String>,
    pub(super) source: Option<String>,
    pub(super) wait: Option<String>,
    pub(super) quit: Option<String>,
    pub(super) max_conns: Option<String>,
    pub(super) keeps: bool,
    pub(super) authorities: Option<String>,
    pub(super) verifies: bool,
    /// `HOST:PORT:ADDRESS`: the address that a host stands for.
    pub(super) resolved: Vec<String>,
    /// The path of the unix socket that is used instead of the host.
    pub(super) socket: Option<String>,
}

impl Wish {
    /// What a mode does, or a program without options. `None` if no netcat does what the mode does.
    pub(super) fn of(mode: Option<&ModeSpec>, program: Option<&str>) -> Option<Self> {
        let is_server = program == Some("s_server");
        let job = match mode.map(|mode| mode.verb.action) {
            None if is_server => Job::Listen,
            None | Some(Action::Connect) => Job::Connect,
            Some(Action::Listen) => Job::Listen,
            Some(Action::Echo) => Job::Echo,
            Some(_) => return None,
        };
        let medium = match mode.and_then(|mode| mode.scheme) {
            Some(scheme) if scheme.is_tls => Medium::Tls,
            Some(scheme) if scheme.form == Form::Unix => Medium::Unix,
            Some(scheme) if scheme.has_datagrams() => Medium::Udp,
            _ => Medium::Tcp,
        };
        Some(Self {
            job,
            medium,
            is_named: mode.is_some(),
            usual_port: program.map(port_of),
            keeps: is_server,
            ..Self::default()
        })
    }

    /// Takes an operand. The kind of a URL says which mode is meant.
    pub(super) fn take_place(&mut self, word: &str) {
        match url(word) {
            Some((is_tls, address)) => {
                self.medium = if is_tls { Medium::Tls } else { Medium::Tcp };
                self.place.push(address);
            }
            None => self.place.push(word.to_owned()),
        }
    }

    /// Takes an option. Its value is empty if it has none.
    pub(super) fn take(&mut self, means: Means, value: String) -> Option<()> {
        match means {
            Means::Nothing => Some(()),
            Means::Absent(reason) => self.lack(reason),
            Means::Same(name) => self.push(name, value),
            Means::Fixed(name, value) => self.push(name, value.to_owned()),
            Means::Depends(_, take) => take(self, value),
            Means::Asks(take) => {
                take(self, value);
                Some(())
            }
        }
    }

    /// An address can be attached to `--listen`.
    pub(super) fn listen(&mut self, address: String) {
        if self.job != Job::Echo {
            self.job = Job::Listen;
        }
        self.place.extend((!address.is_empty()).then_some(address));
    }

    /// Takes the operand of a server.
    pub(super) fn accept(&mut self, address: String) {
        self.job = Job::Listen;
        self.place.insert(0, address);
    }

    /// A server stays for the next client. A client of TLS does not verify the server, as with curl.
    pub(super) fn keep_or_insecure(&mut self, value: String) -> Option<()> {
        if self.is_named && (self.job, self.medium) == (Job::Connect, Medium::Tls) {
            return self.push("insecure", value);
        }
        self.keeps = true;
        Some(())
    }

    pub(super) fn program(&mut self, line: String) -> Option<()> {
        self.runs = Runs::Words(shell_words::split(&line).ok()?);
        Some(())
    }

    /// A line without the limit is shown for a server of one client. So a wrong limit is found here.
    pub(super) fn max_conns(&mut self, limit: String) -> Option<()> {
        limit.parse().ok().filter(|limit: &u32| *limit > 0)?;
        self.max_conns = Some(limit);
        Some(())
    }

    /// Takes the file of the authorities that verify the peer.
    pub(super) fn authorities(&mut self, file: String) -> Option<()> {
        (self.medium, self.authorities) = (Medium::Tls, Some(file));
        Some(())
    }

    /// The certificate of the peer is verified. The depth can be missing, and an address can follow.
    pub(super) fn verify(&mut self, depth: String) {
        (self.medium, self.verifies) = (Medium::Tls, true);
        self.place.extend((depth.parse::<u8>().is_err() && !depth.is_empty()).then_some(depth));
    }

    /// A file for nmap's ncat, a proxy for other netcats.
    pub(super) fn dump_or_proxy(&mut self, value: String) -> Option<()> {
        let is_file = value.contains('/') || [".hex", ".txt", ".log", ".dump"].iter().any(|end| value.ends_with(end));
        if is_file { self.push("dump", value) } else { self.lack(NO_PROXY) }
    }

    /// Notes why xport cannot do what is asked for.
    pub(super) fn lack<T>(&mut self, why: &'static str) -> Option<T> {
        self.lacks = Some(why);
        None
    }

    /// Adds an option of xport.
    pub(super) fn push(&mut self, name: &str, value: String) -> Option<()> {
        let spec = option_called(name)?;
        self.note(spec);
        self.options.push(spec.flag());
        if spec.takes_value() {
            self.options.push(value);
        }
        Some(())
    }

    /// An option of TLS means that there is TLS.
    pub(super) fn note(&mut self, spec: &OptSpec) {
        if spec.heading() == Heading::Tls && self.medium == Medium::Tcp {
            self.medium = Medium::Tls;
        }
    }
}
