//! The command of a child: program, arguments, environment, working directory, and process group or session.
//!
//! A command is built like `std::process::Command`. That type hides some of its settings, and so cannot be used here.
//! `opening.rs` starts a command through `sys/spawn.rs`.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{CString, OsStr, OsString};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use crate::sys::spawn::Failed;
pub use crate::sys::spawn::Standing;
use crate::sys::spawn::{Compiled, replace_process};
use crate::transports::text::EscapedOs;

/// Where programs are looked for without a `PATH`, as `execvp(3)` does.
pub const PATH_DEFAULT: &str = "/bin:/usr/bin";

/// A program to be run. The standard streams are given to [`Net::spawn`].
///
/// [`Net::spawn`]: crate::transports::net::Net::spawn
#[derive(Clone, Debug)]
pub struct Command {
    program: OsString,
    /// The first one is the name of the program.
    arguments: Vec<OsString>,
    without_ours: bool,
    /// Variables that are set, or kept from the child (`None`).
    changes: BTreeMap<OsString, Option<OsString>>,
    directory: Option<PathBuf>,
    pub(super) standing: Standing,
    /// Descriptors, by the number that each has in the child.
    descriptors: BTreeMap<RawFd, Arc<OwnedFd>>,
    pub(super) dies_with_us: bool,
}

impl Command {
    /// A program: a path, or a name that is looked for in the `PATH` of the child. By default, the child has the
    /// environment and the working directory of this process, and leads its own group.
    #[must_use]
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let program = program.as_ref().to_owned();
        Self {
            arguments: vec![program.clone()],
            program,
            without_ours: false,
            changes: BTreeMap::new(),
            directory: None,
            standing: Standing::default(),
            descriptors: BTreeMap::new(),
            dies_with_us: false,
        }
    }

    /// Adds an argument.
    pub fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(&mut self, arguments: impl IntoIterator<Item = A>) -> &mut Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets the name that the program is given as its own.
    pub fn arg0(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.arguments[0] = name.as_ref().to_owned();
        self
    }

    /// Sets a variable of the environment.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.changes.insert(name.as_ref().to_owned(), Some(value.as_ref().to_owned()));
        self
    }

    /// Sets variables. If a name comes twice, the last value counts.
    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(&mut self, variables: impl IntoIterator<Item = (N, V)>) -> &mut Self {
        for (name, value) in variables {
            self.env(name, value);
        }
        self
    }

    /// Keeps a variable of the environment from the child.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.changes.insert(name.as_ref().to_owned(), None);
        self
    }

    /// Keeps the whole environment from the child, and forgets the variables that were set so far.
    pub fn env_clear(&mut self) -> &mut Self {
        self.without_ours = true;
        self.changes.clear();
        self
    }

    /// Sets the working directory. A relative path of the program starts there.
    #[doc(alias = "cwd")]
    pub fn current_dir(&mut self, directory: impl AsRef<Path>) -> &mut Self {
        self.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// Sets the process group and the session. A child on a terminal of its own always leads a session.
    pub fn standing(&mut self, standing: Standing) -> &mut Self {
        self.standing = standing;
        self
    }

    /// Gives the child a descriptor, which has this number there: a file for a standard stream (0, 1 or 2), or a
    /// further descriptor. It takes precedence over what [`Net::spawn`] is told of that standard stream. The descriptor
    /// is closed in this process once no clone of the command has it. asyncio's `stdin=file` and `pass_fds`.
    ///
    /// ```
    /// # use xport::prelude::*;
    /// # struct Quiet;
    /// # impl SubprocessProtocol for Quiet {}
    /// let mut log = tempfile::tempfile()?;
    /// let (mut reader, writer) = std::io::pipe()?;
    /// let mut command = Command::new("sh");
    /// command.args(["-c", "echo one; echo two >&3"]).fd(1, log.try_clone()?).fd(3, writer);
    ///
    /// let mut event_loop = EventLoop::new()?;
    /// event_loop.net().spawn(command, [ChildStdio::Null, ChildStdio::Inherit, ChildStdio::Inherit], Quiet)?;
    /// event_loop.run()?;
    /// # use std::io::{Read, Seek};
    /// # let mut text = String::new();
    /// # log.rewind()?;
    /// # log.read_to_string(&mut text)?;
    /// # reader.read_to_string(&mut text)?;
    /// assert_eq!(text, "one\ntwo\n");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// [`Net::spawn`]: crate::transports::net::Net::spawn
    #[doc(alias = "pass_fds")]
    pub fn fd(&mut self, number: RawFd, descriptor: impl Into<OwnedFd>) -> &mut Self {
        self.descriptors.insert(number, Arc::new(descriptor.into()));
        self
    }

    /// Whether the system kills the child by SIGKILL when this process ends, in whatever way. This holds only if the
    /// main thread starts the child, and not for a set-user-ID program. `PR_SET_PDEATHSIG`, `prctl(2)`. Off by default.
    pub fn dies_with_us(&mut self, dies: bool) -> &mut Self {
        self.dies_with_us = dies;
        self
    }

    /// Replaces this process by the program, which keeps the number, the standard streams and the open files of this
    /// process, except those that are marked close-on-exec, as all files of this library are. Only the program, its
    /// arguments and its environment count; the other settings are for children. `execve(2)`.
    ///
    /// Returns only if the program cannot be run. [`SpawnError::is_of_program`] is true then, unless memory is short.
    pub fn exec(&self) -> SpawnError {
        match self.compile() {
            Ok(compiled) => SpawnError::new(Failed::Program, replace_process(&compiled)),
            Err(error) => SpawnError::new(Failed::Program, error),
        }
    }

    /// The name for messages.
    pub(crate) fn name(&self) -> String {
        EscapedOs(Path::new(&self.program).file_name().unwrap_or(&self.program)).to_string()
    }

    /// The descriptor that the child gets under this number, if there is one.
    pub(crate) fn descriptor(&self, number: RawFd) -> Option<&OwnedFd> {
        self.descriptors.get(&number).map(|descriptor| &**descriptor)
    }

    /// The descriptors of the child besides its standard streams.
    pub(crate) fn further_descriptors(&self) -> impl Iterator<Item = (RawFd, BorrowedFd<'_>)> {
        // A negative number stays, so that the start fails: no child can have it.
        let is_further = |(number, _): &(&RawFd, &Arc<OwnedFd>)| !(0..=2).contains(*number);
        self.descriptors.iter().filter(is_further).map(|(number, descriptor)| (*number, descriptor.as_fd()))
    }

    /// The command in the form that system calls take. A text with a NUL in it is `InvalidInput`.
    pub(crate) fn compile(&self) -> io::Result<Compiled> {
        let environment = self.environment();
        let path = environment.get(OsStr::new("PATH")).map_or_else(|| OsStr::new(PATH_DEFAULT), OsString::as_os_str);
        let programs = places(&self.program, path).into_iter().map(|place| c_string(place.into_os_string()));
        let variables = environment.iter().map(|(name, value)| c_string(variable(name, value)));
        Ok(Compiled {
            programs: programs.collect::<io::Result<_>>()?,
            arguments: self.arguments.iter().cloned().map(c_string).collect::<io::Result<_>>()?,
            environment: variables.collect::<io::Result<_>>()?,
            directory: self.directory.clone().map(|path| c_string(path.into_os_string())).transpose()?,
        })
    }

    fn environment(&self) -> BTreeMap<OsString, OsString> {
        let ours = if self.without_ours { None } else { Some(env::vars_os()) };
        let mut environment: BTreeMap<_, _> = ours.into_iter().flatten().collect();
        for (name, value) in &self.changes {
            match value {
                Some(value) => environment.insert(name.clone(), value.clone()),
                None => environment.remove(name),
            };
        }
        environment
    }
}

/// The places where a program may be, in the order of the search. `execvp(3)`.
pub(crate) fn places(program: &OsStr, path: &OsStr) -> Vec<PathBuf> {
    if program.as_bytes().contains(&b'/') {
        return vec![PathBuf::from(program)];
    }
    if program.is_empty() {
        return Vec::new();
    }
    // An empty entry means the present directory, which has to be named.
    let directory = |entry: PathBuf| if entry.as_os_str().is_empty() { PathBuf::from(".") } else { entry };
    env::split_paths(path).map(|entry| directory(entry).join(program)).collect()
}

fn variable(name: &OsStr, value: &OsStr) -> OsString {
    OsString::from_vec([name.as_bytes(), b"=", value.as_bytes()].concat())
}

fn c_string(text: OsString) -> io::Result<CString> {
    CString::new(text.into_vec()).map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a NUL byte in its text"))
}

/// Why a child was not started.
#[derive(Debug)]
pub struct SpawnError {
    what: Failed,
    source: io::Error,
}

impl SpawnError {
    pub(crate) fn new(what: Failed, source: io::Error) -> Self {
        Self { what, source }
    }

    /// Whether the program itself cannot be run. Otherwise this process could not start any program. In both cases the
    /// program has done nothing.
    #[must_use]
    pub fn is_of_program(&self) -> bool {
        self.what == Failed::Program
    }

    /// The error of the system.
    #[must_use]
    pub fn error(&self) -> &io::Error {
        &self.source
    }

    /// The kind of the error of the system.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

impl From<(Failed, io::Error)> for SpawnError {
    fn from((what, source): (Failed, io::Error)) -> Self {
        Self { what, source }
    }
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = crate::transports::error::describe(&self.source);
        match self.what {
            Failed::Program | Failed::Pipe | Failed::Process => f.write_str(&text),
            Failed::Terminal => write!(f, "no terminal for it: {text}"),
            Failed::Watch => write!(f, "cannot watch the child: {text}"),
        }
    }
}

impl std::error::Error for SpawnError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

impl From<SpawnError> for io::Error {
    fn from(error: SpawnError) -> Self {
        Self::new(error.source.kind(), error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(strings: &[CString]) -> Vec<&str> {
        strings.iter().map(|string| string.to_str().expect("text")).collect()
    }

    #[test]
    fn a_command_is_what_it_was_told() {
        let mut command = Command::new("date");
        command.arg0("clock").args(["-u", "+%s"]).env("A", "0").env_clear();
        command.envs([("PATH", "/a::/b"), ("B", "1"), ("B", "2")]).env_remove("C");
        let compiled = command.compile().expect("no NUL");
        assert_eq!(texts(&compiled.arguments), ["clock", "-u", "+%s"]);
        assert_eq!(texts(&compiled.environment), ["B=2", "PATH=/a::/b"]);
        assert_eq!(texts(&compiled.programs), ["/a/date", "./date", "/b/date"]);
        command.env_remove("PATH");
        assert_eq!(texts(&command.compile().expect("no NUL").programs), ["/bin/date", "/usr/bin/date"]);
        assert_eq!(texts(&Command::new("./date").compile().expect("no NUL").programs), ["./date"]);
        assert!(Command::new("").compile().expect("no NUL").programs.is_empty());
        let error = Command::new("date").arg("a\0b").compile().err().expect("a NUL");
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}
