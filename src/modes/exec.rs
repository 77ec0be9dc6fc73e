//! `exec`: a child process on stdin and stdout.

use std::ffi::OsString;
use std::io;
use std::process::Command;
use std::rc::Rc;

use super::config::{ChildConfig, ExecConfig, ExecPlace, Program};
use super::{Run, marks};
use crate::protocols::child::{ChildSide, Ends, Forward, InputSide, OutputSide};
use crate::protocols::report::{Cause, Failure};
use crate::sys::signals::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use crate::transports::error::{describe, is_lack_of_resources};
use crate::transports::opening::Stdio;
use crate::transports::process::opening::{ChildStdio, SHELL, shell_command};

/// Statuses as `env(1)` and `timeout(1)` have them.
const FAILED: u8 = 125;
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;

/// What a child gets of our environment; the rest may hold what is not meant for it.
const ENVIRONMENT: [&str; 11] =
    ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "TZ", "TMPDIR", "PWD", "XDG_RUNTIME_DIR"];

pub(super) fn exec(config: &ExecConfig) -> anyhow::Result<()> {
    let outcome = match &config.place {
        ExecPlace::Stdio => run(config),
        ExecPlace::Listen(_) | ExecPlace::Connect(_) => anyhow::bail!("in the making"),
    };
    outcome.map_err(|error| match error.downcast::<Failure>() {
        // A status of 1 would be taken for the child's.
        Ok(Failure { cause: Cause::Local, message }) => Failure::new(Cause::Child(FAILED), message).into(),
        Ok(failure) => failure.into(),
        Err(error) => error,
    })
}

fn run(config: &ExecConfig) -> anyhow::Result<()> {
    let mut run = Run::new()?;
    let ends = Rc::new(Ends::default());
    let forward = Forward::new(Rc::clone(&ends), config.child.kill_after, config.stream.timeout, run.reporter.clone());
    // The child's group is not that of the terminal: what the keys of the terminal send comes to us.
    run.watch_for(&[SIGINT, SIGQUIT, SIGTERM, SIGHUP], forward)?;
    let marks = marks(&config.stream)?;
    let reporter = run.reporter.clone();

    let net = run.event_loop.net();
    // Two streams, not one: a stdin that cannot be read is no reason to lose what the child has to say.
    let local = |error| Failure::new(Cause::Local, describe(&error));
    let stdin = net.stdio(Stdio::InputOnly, InputSide::new(Rc::clone(&ends))).map_err(local)?;
    let output = OutputSide::new(Rc::clone(&ends), reporter.clone());
    let stdout = net.stdio(Stdio::OutputOnly, output).map_err(local)?;
    net.transport(stdout).set_write_buffer_limits(marks);
    for console in [stdin, stdout] {
        // The child is what the run is about.
        net.transport(console).set_background(true);
    }
    ends.set_console(stdin, stdout);

    let stdio = [ChildStdio::Pipe, ChildStdio::Pipe, config.child.stderr];
    let side = ChildSide::new(Rc::clone(&ends), reporter);
    let child =
        net.spawn(command(&config.child), stdio, side).map_err(|error| cannot_start(&config.child.program, &error))?;
    for fd in 0..=2 {
        if let Some(pipe) = net.subprocess_transport(child).pipe_transport(fd) {
            net.transport(pipe).set_write_buffer_limits(marks);
        }
    }
    ends.set_child(child);
    run.run()
}

fn command(config: &ChildConfig) -> Command {
    let mut command = match &config.program {
        Program::Argv { program, arguments } => {
            let mut command = Command::new(program);
            command.args(arguments);
            command
        }
        Program::Shell(text) => shell_command(text),
    };
    let allowed =
        |name: &OsString| name.to_str().is_some_and(|name| ENVIRONMENT.contains(&name) || name.starts_with("LC_"));
    command.env_clear().envs(std::env::vars_os().filter(|(name, _)| allowed(name)));
    command.envs(config.environment.iter().map(|(name, value)| (name, value)));
    command
}

fn cannot_start(program: &Program, error: &io::Error) -> Failure {
    let status = match error.kind() {
        io::ErrorKind::NotFound => NOT_FOUND,
        io::ErrorKind::WouldBlock => FAILED,
        _ if is_lack_of_resources(error) => FAILED,
        _ => NOT_EXECUTABLE,
    };
    let name = match program {
        Program::Argv { program, .. } => program.to_string_lossy().into_owned(),
        Program::Shell(_) => SHELL.to_owned(),
    };
    Failure::new(Cause::Child(status), format!("exec {}: {}", name.escape_debug(), describe(error)))
}
