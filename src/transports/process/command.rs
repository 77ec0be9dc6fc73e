//! What a child runs, and with what: program, arguments, environment, working directory, and its place among the processes.
//!
//! It is built as one builds a command of the standard library, which cannot be asked for all that it was told. How it is started
//! is `opening.rs`, and `sys/spawn.rs` below.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{CString, OsStr, OsString};
use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::sys::spawn::{NotStarted, Place};

/// Where programs are looked for without a `PATH`, as `execvp(3)` does.
pub const PATH_DEFAULT: &str = "/bin:/usr/bin";

/// A program to be run, as `std::process::Command` has it; its standard streams are given to [`Net::spawn`].
///
/// [`Net::spawn`]: crate::transports::net::Net::spawn
#[derive(Clone, Debug)]
pub struct Command {
    program: OsString,
    /// Its own name first.
    arguments: Vec<OsString>,
    without_ours: bool,
    /// What it gets, or does not get, whatever our environment says.
    changes: BTreeMap<OsString, Option<OsString>>,
    directory: Option<PathBuf>,
    standing: Standing,
}

/// Where a child stands among the processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It leads a group of its own in our session. Signals can be sent to all of the group. Of our terminal, if we have one, it is in
    /// the background.
    #[default]
    OwnGroup,
    /// It leads a session of its own, and has no terminal. asyncio's `start_new_session=True`.
    OwnSession,
    /// It stays in our group, and has the keys of our terminal as we do. Signals go to the child alone.
    OurGroup,
}

impl Command {
    /// A program: a path, or a name that is looked for in the `PATH` that the child gets. It has our environment and our working
    /// directory, and leads a group of its own.
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
        }
    }

    /// One more argument.
    pub fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// More arguments.
    pub fn args<A: AsRef<OsStr>>(&mut self, arguments: impl IntoIterator<Item = A>) -> &mut Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// What it is told as its own name, where that is not the program's.
    pub fn arg0(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.arguments[0] = name.as_ref().to_owned();
        self
    }

    /// Gives it a variable.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.changes.insert(name.as_ref().to_owned(), Some(value.as_ref().to_owned()));
        self
    }

    /// Gives it variables. The last one of a name counts.
    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(&mut self, variables: impl IntoIterator<Item = (N, V)>) -> &mut Self {
        for (name, value) in variables {
            self.env(name, value);
        }
        self
    }

    /// Keeps a variable of ours from it.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.changes.insert(name.as_ref().to_owned(), None);
        self
    }

    /// Gives it none of our environment, and none of the variables that were given so far.
    pub fn env_clear(&mut self) -> &mut Self {
        self.without_ours = true;
        self.changes.clear();
        self
    }

    /// Its working directory. A relative path of the program is looked for from there.
    pub fn current_dir(&mut self, directory: impl AsRef<Path>) -> &mut Self {
        self.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// Where it stands among the processes. A child on a terminal of its own always leads a session.
    pub fn standing(&mut self, standing: Standing) -> &mut Self {
        self.standing = standing;
        self
    }

    /// The name by which a user knows it.
    pub(crate) fn name(&self) -> String {
        Path::new(&self.program).file_name().unwrap_or(&self.program).to_string_lossy().into_owned()
    }

    /// Whether a signal to its group does not reach us.
    pub(crate) fn leads_a_group(&self) -> bool {
        self.standing != Standing::OurGroup
    }

    pub(crate) fn place<'a>(&self, terminal: Option<BorrowedFd<'a>>) -> Place<'a> {
        match (terminal, self.standing) {
            (Some(terminal), _) => Place::OwnTerminal(terminal),
            (None, Standing::OwnGroup) => Place::OwnGroup,
            (None, Standing::OwnSession) => Place::OwnSession,
            (None, Standing::OurGroup) => Place::OurGroup,
        }
    }

    /// Everything as the system takes it. A text with a NUL in it is `InvalidInput`.
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

/// The same as the system takes it.
pub(crate) struct Compiled {
    pub(crate) programs: Vec<CString>,
    pub(crate) arguments: Vec<CString>,
    pub(crate) environment: Vec<CString>,
    pub(crate) directory: Option<CString>,
}

/// Where a program may be, in the order in which it is looked for. `execvp(3)`.
pub(crate) fn places(program: &OsStr, path: &OsStr) -> Vec<PathBuf> {
    if program.as_bytes().contains(&b'/') {
        return vec![PathBuf::from(program)];
    }
    if program.is_empty() {
        return Vec::new();
    }
    // An empty entry is the present directory, which has to be named.
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

/// What it was that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// The program: it is not there, or the system does not run it.
    Program,
    /// A pipe, or another descriptor for it.
    Pipe,
    /// A terminal of its own.
    Terminal,
    /// A process for it.
    Process,
    /// A way to hear of its end.
    Watch,
}

impl SpawnError {
    pub(crate) fn new(what: Failed, source: io::Error) -> Self {
        Self { what, source }
    }

    /// Whether it is the program that cannot be run. Else it is we who could not start any, and it has done nothing.
    #[must_use]
    pub fn is_of_program(&self) -> bool {
        self.what == Failed::Program
    }

    /// What the system said.
    #[must_use]
    pub fn error(&self) -> &io::Error {
        &self.source
    }

    /// The kind of what the system said.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

impl From<NotStarted> for SpawnError {
    fn from(error: NotStarted) -> Self {
        match error {
            NotStarted::NoProcess(source) => Self::new(Failed::Process, source),
            NotStarted::NotWatched(source) => Self::new(Failed::Watch, source),
            NotStarted::NoProgram(source) => Self::new(Failed::Program, source),
        }
    }
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = crate::transports::error::describe(&self.source);
        match self.what {
            Failed::Program | Failed::Pipe | Failed::Process => f.write_str(&text),
            Failed::Terminal => write!(f, "no terminal for it: {text}"),
            Failed::Watch => write!(f, "no way to hear of its end: {text}"),
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
