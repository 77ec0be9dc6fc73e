//! `exec`: a child process on stdin and stdout. On connections it is a relay with the child on the right.

use std::rc::Rc;

use super::children::{self, Child, on_terminal};
use super::config::{ChildConfig, Endpoint, ExecConfig, ExecPlace};
use super::open::PreparedEnd;
use super::pair::{RightEnds, serve, single};
use super::parts::{marks, prepare_stdio, stdio};
use super::run::Run;
use super::{child_streams, terminal};
use crate::protocols::forwarder::Forwarder;
use crate::protocols::pair::child::ChildEnd;
use crate::protocols::pair::end::End;
use crate::protocols::pair::exec::{ExecChild, ExecStream};
use crate::protocols::report::{Cause, Failure};
use crate::protocols::signals::Signals;
use crate::sys::signals::{DELIBERATE, SIGCHLD, SIGCONT, SIGTSTP, SIGWINCH, stop};
use crate::sys::stdio::{replace_by_null, stdin_is_terminal};
use crate::transports::opening::Stdio;
use crate::transports::process::command::Standing;
use crate::transports::process::opening::{ChildStdio, PtyModel};

pub(super) fn exec(config: &ExecConfig) -> anyhow::Result<()> {
    let Err(error) = at_place(config) else { return Ok(()) };
    let mut failure = error.downcast::<Failure>()?;
    if failure.cause == Cause::Local {
        // A status of 1 could be that of the child.
        failure.cause = Cause::Child(children::FAILED);
    }
    Err(failure.into())
}

fn at_place(config: &ExecConfig) -> anyhow::Result<()> {
    match &config.place {
        ExecPlace::Stdio => on_stdio(config),
        ExecPlace::Listen(lefts) => {
            let child = Child::checked(&config.child)?;
            serve(lefts, || Ok(RightEnds::Each(PreparedEnd::Child(child))))
        }
        ExecPlace::Connect(left) => {
            let right = RightEnds::Each(PreparedEnd::Child(Child::checked(&config.child)?));
            single(&Endpoint::Connect(left.clone()), &config.stream, right)
        }
    }
}

fn on_stdio(config: &ExecConfig) -> anyhow::Result<()> {
    let mut run = Run::new(&config.stream)?;
    let exec = Rc::new(ExecChild::default());
    let streams = Streams::of(&config.child);
    let (signals, forwarder) = forwarding(&config.child, &streams, Rc::clone(&exec));
    if streams.standing == Standing::OurGroup {
        exec.has_our_keys.set(true);
    }
    run.watch(&signals, Signals::of_exec(forwarder, config.stream.timeout, run.reporter.clone()))?;
    let marks = marks(&config.stream)?;

    let net = run.event_loop.net();
    let stream = |fd| ExecStream::new(Rc::clone(&exec), fd, run.reporter.clone());
    let stdout = stdio(net, Stdio::OutputOnly, marks, stream(1))?;
    let (mut stdin, mut stderr) = (None, None);
    if streams.reads_stdin() {
        stdin = Some(stdio(net, Stdio::InputOnly, marks, stream(0))?);
    }
    if streams.stdio[2] == ChildStdio::Pipe {
        let opened = net.stderr(stream(2));
        stderr = Some(prepare_stdio(net, opened, marks)?);
    }
    for id in [stdin, Some(stdout), stderr].into_iter().flatten() {
        // The child alone keeps the run going.
        net.transport(id).set_background(true);
    }
    exec.stderr.set(stderr);
    let side = ChildEnd::of_exec(End::Stdio { stdin, stdout }, run.reporter.clone(), Rc::clone(&exec));
    let child = Child::new(&config.child).with_stdio(streams.stdio, streams.standing);
    exec.child.set(Some(children::start(net, &child, Vec::new(), marks, side)?));
    if streams.stdio[0] == ChildStdio::Inherit {
        // The writer of a pipe has to notice when the child closes its stdin. Without a descriptor for this, the pipe
        // stays open.
        let _ = replace_by_null(0);
    }
    // Raw mode begins only now, because a child that failed to start does not need it.
    let _raw = streams.passes_keys.then(terminal::TerminalGuard::entered);
    run.run()
}

/// The signals that xport catches, and the forwarder that passes them on to the child.
fn forwarding(config: &ChildConfig, streams: &Streams, exec: Rc<ExecChild>) -> (Vec<i32>, Forwarder) {
    let forwarder = Forwarder::new(exec, config.kill_after);
    let mut signals = DELIBERATE.to_vec();
    if streams.passes_keys {
        signals.extend([SIGWINCH, SIGCONT]);
        return (signals, forwarder.with_terminal(terminal::refresh));
    }
    if config.pty {
        return (signals, forwarder);
    }
    // The child is not in the foreground group of the terminal, so the signals of its keys come to xport alone.
    signals.extend([SIGTSTP, SIGCONT, SIGCHLD]);
    (signals, forwarder.with_job_control(stop))
}

/// The standard streams of the child.
struct Streams {
    stdio: [ChildStdio; 3],
    standing: Standing,
    /// Whether keys of the terminal of xport are passed on to the terminal of the child.
    passes_keys: bool,
}

impl Streams {
    fn of(config: &ChildConfig) -> Self {
        if config.pty {
            let mut stdio = on_terminal(PtyModel::Stdin, config.stderr);
            if config.stdin == Some(ChildStdio::Null) {
                stdio[0] = ChildStdio::Null;
            }
            let passes_keys = stdio[0] != ChildStdio::Null && stdin_is_terminal();
            return Self { stdio, standing: Standing::OwnSession, passes_keys };
        }
        let (stdin, standing) = child_streams::stdin(config);
        let stderr = child_streams::stderr(config, standing);
        Self { stdio: [stdin, ChildStdio::Pipe, stderr], standing, passes_keys: false }
    }

    /// Whether xport reads stdin for the child.
    fn reads_stdin(&self) -> bool {
        matches!(self.stdio[0], ChildStdio::Pipe | ChildStdio::Pty(_))
    }
}
