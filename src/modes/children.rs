//! Starts children: which program, with which environment, and what a failed start means.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::child_streams::stderr_beside_stdout;
use super::config::{ChildConfig, Program};
use crate::protocols::pair::Inbound;
use crate::protocols::report::{Cause, Failure};
use crate::transports::error::{describe, is_lack_of_resources};
use crate::transports::id::Id;
use crate::transports::info::Peer;
use crate::transports::net::Net;
use crate::transports::out_buf::WaterMarks;
use crate::transports::process::command::{Command, PATH_DEFAULT, Standing, places};
use crate::transports::process::opening::{ChildStdio, PtyModel, SHELL, WindowSize, shell_command};
use crate::transports::protocol::SubprocessProtocol;
use crate::transports::text::{Escaped, EscapedOs};
use crate::transports::tls::certificate;

/// The statuses of `env(1)` and `timeout(1)`.
pub(super) const FAILED: u8 = 125;
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;

/// The variables of the environment that a child gets. Other variables can hold secrets.
const ENVIRONMENT: [&str; 11] =
    ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "TZ", "TMPDIR", "PWD", "XDG_RUNTIME_DIR"];

/// A program that can be started many times.
#[derive(Clone, Debug)]
pub(super) struct Child {
    config: ChildConfig,
    environment: Vec<(OsString, OsString)>,
    /// The path of the program, if it has been looked for and found.
    path: Option<PathBuf>,
    stdio: [ChildStdio; 3],
    standing: Standing,
}

impl Child {
    /// A program that need not exist. Starting it shows whether it does.
    pub(super) fn new(config: &ChildConfig) -> Self {
        let mut child = Self::unresolved(config);
        child.path = child.find().unwrap_or_default();
        child
    }

    /// A program that must exist, as far as xport can check this without running it.
    pub(super) fn checked(config: &ChildConfig) -> Result<Self, Failure> {
        let mut child = Self::unresolved(config);
        child.path = child.find().map_err(|error| cannot_run(&child.name(), &error))?;
        Ok(child)
    }

    /// Takes the allowed variables from the environment. It does not look for the program.
    fn unresolved(config: &ChildConfig) -> Self {
        let allowed =
            |name: &OsString| name.to_str().is_some_and(|name| ENVIRONMENT.contains(&name) || name.starts_with("LC_"));
        let mut environment = Vec::from_iter(std::env::vars_os().filter(|(name, _)| allowed(name)));
        environment.extend(config.environment.iter().cloned());
        let stdio = if config.pty {
            on_terminal(PtyModel::New(WindowSize::default()), config.stderr)
        } else {
            [ChildStdio::Pipe, ChildStdio::Pipe, config.stderr.unwrap_or(ChildStdio::Inherit)]
        };
        // A program on a connection must not have the terminal: it could type there for its peer (TIOCSTI).
        Self { config: config.clone(), environment, path: None, stdio, standing: Standing::OwnSession }
    }

    /// Sets the standard streams, and the process group or session.
    pub(super) fn with_stdio(self, stdio: [ChildStdio; 3], standing: Standing) -> Self {
        Self { stdio, standing, ..self }
    }

    /// Notes that the stdout of the child goes to the stdout of xport. Its stderr must stay in order with that.
    pub(super) fn beside_our_stdout(mut self) -> Self {
        if self.config.stderr.is_none() && !self.config.pty {
            self.stdio[2] = stderr_beside_stdout();
        }
        self
    }

    /// The path of a program. There is none to look for if the shell runs a line.
    fn find(&self) -> io::Result<Option<PathBuf>> {
        let Program::Argv { program, .. } = &self.config.program else { return Ok(None) };
        let path = self.environment.iter().rev().find(|(name, _)| name == "PATH").map(|(_, path)| path.as_os_str());
        find(program, path.unwrap_or_else(|| OsStr::new(PATH_DEFAULT))).map(Some)
    }

    fn command(&self, variables: Vec<(&'static str, String)>) -> Command {
        let mut command = match &self.config.program {
            Program::Argv { program, arguments } => {
                let mut command = Command::new(self.path.as_deref().unwrap_or_else(|| Path::new(program)));
                command.arg0(program).args(arguments);
                command
            }
            Program::Shell(text) => shell_command(text),
        };
        command.env_clear().envs(variables).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.standing(self.standing).dies_with_us(true);
        command
    }

    fn name(&self) -> String {
        match &self.config.program {
            Program::Argv { program, .. } => EscapedOs(program).to_string(),
            Program::Shell(_) => SHELL.to_owned(),
        }
    }
}

/// The failure of a program that the system cannot run.
pub(super) fn cannot_run(name: &str, error: &io::Error) -> Failure {
    let cause = match error.kind() {
        io::ErrorKind::NotFound => Cause::Child(NOT_FOUND),
        io::ErrorKind::WouldBlock => Cause::Local,
        _ if is_lack_of_resources(error) => Cause::Local,
        _ => Cause::Child(NOT_EXECUTABLE),
    };
    let is_line = cause == Cause::Child(NOT_FOUND) && name.contains(char::is_whitespace);
    let hint = if is_line { " (this is one word: --shell runs a command line, and shell: in a relay)" } else { "" };
    Failure::new(cause, format!("exec {}: {}{hint}", Escaped(name), describe(error)))
}

/// A program on a terminal has the terminal as stdin, stdout and stderr.
pub(super) fn on_terminal(model: PtyModel, stderr: Option<ChildStdio>) -> [ChildStdio; 3] {
    let pty = ChildStdio::Pty(model);
    [pty, pty, if stderr == Some(ChildStdio::Null) { ChildStdio::Null } else { pty }]
}

/// Starts a child with pipes to it. `variables` tell the child of its peer.
pub(super) fn start(
    net: &mut Net,
    child: &Child,
    variables: Vec<(&'static str, String)>,
    marks: WaterMarks,
    protocol: impl SubprocessProtocol + 'static,
) -> Result<Id, Failure> {
    let spawned = net.spawn(child.command(variables), child.stdio, protocol);
    let id = spawned.map_err(|error| match error.is_of_program() {
        true => cannot_run(&child.name(), error.error()),
        // xport has failed, not the program.
        false => Failure::new(Cause::Local, format!("exec {}: {error}", Escaped(&child.name()))),
    })?;
    net.subprocess_transport(id).set_kill_after(child.config.kill_after);
    for fd in 0..=2 {
        if let Some(pipe) = net.subprocess_transport(id).pipe_transport(fd) {
            net.transport(pipe).set_write_buffer_limits(marks);
        }
    }
    Ok(id)
}

/// The variables that tell a child of its connection: numbers only, and nothing that a peer could choose.
pub(super) fn peer_variables(left: &Inbound) -> Vec<(&'static str, String)> {
    let mut variables = Vec::new();
    if let Some(peer) = &left.info.peer {
        let protocol = match peer {
            Peer::Ip(_) if left.info.tls.is_some() => "tls",
            Peer::Ip(_) if left.end.has_datagrams() => "udp",
            _ => peer.kind(),
        };
        variables.push(("XPORT_PROTO", protocol.to_owned()));
    }
    for (end, [address, port]) in [
        (&left.info.peer, ["XPORT_REMOTE_ADDR", "XPORT_REMOTE_PORT"]),
        (&left.info.local, ["XPORT_LOCAL_ADDR", "XPORT_LOCAL_PORT"]),
    ] {
        if let Some(Peer::Ip(end)) = end {
            variables.extend([(address, end.ip().to_string()), (port, end.port().to_string())]);
        }
    }
    let tls = left.info.tls.as_ref().filter(|tls| tls.is_verified);
    let certificate = tls.and_then(|tls| tls.peer_chain.first());
    if let Some(pin) = certificate.and_then(|der| certificate::pin(der)) {
        variables.push(("XPORT_PEER_PIN", pin.to_string()));
    }
    variables
}

/// Looks for a program as `execvp(3)` does.
pub(super) fn find(program: &OsStr, path: &OsStr) -> io::Result<PathBuf> {
    if program.as_encoded_bytes().contains(&b'/') {
        return executable(PathBuf::from(program));
    }
    let mut verdict = Err(io::Error::from_raw_os_error(libc::ENOENT));
    for place in places(program, path) {
        match executable(place) {
            Ok(path) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => verdict = Err(error),
            Err(_) => (),
        }
    }
    verdict
}

fn executable(path: PathBuf) -> io::Result<PathBuf> {
    let file = path.metadata()?;
    let runs = file.is_file() && file.permissions().mode() & 0o111 != 0;
    if runs { Ok(path) } else { Err(io::Error::from_raw_os_error(libc::EACCES)) }
}
