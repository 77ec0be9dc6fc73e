//! `exec`: a child process on stdin and stdout. On connections it is a relay with the child on the right.

use std::rc::Rc;

use super::children::{self, Child};
use super::config::{Endpoint, ExecConfig, ExecPlace};
use super::relay::{Right, pair, serve};
use super::{Run, listen, marks, terminal};
use crate::protocols::child::{ChildSide, Ends, Forward, InputSide, OutputSide};
use crate::protocols::report::{Cause, Failure};
use crate::sys::signals::{DELIBERATE, SIGCONT, SIGWINCH};
use crate::sys::stdio::stdin_is_terminal;
use crate::transports::error::describe;
use crate::transports::opening::Stdio;

pub(super) fn exec(config: &ExecConfig) -> anyhow::Result<()> {
    at_its_place(config).map_err(|error| match error.downcast::<Failure>() {
        // A status of 1 would be taken for the child's.
        Ok(Failure { cause: Cause::Local, message }) => Failure::new(Cause::Child(children::FAILED), message).into(),
        Ok(failure) => failure.into(),
        Err(error) => error,
    })
}

fn at_its_place(config: &ExecConfig) -> anyhow::Result<()> {
    match &config.place {
        ExecPlace::Stdio => on_stdio(config),
        ExecPlace::Listen(lefts) => {
            let child = Child::checked(&config.child)?;
            let ready = lefts.iter().map(listen::resolve).collect::<anyhow::Result<Vec<_>>>()?;
            serve(lefts, ready, Right::child(child, marks(&config.stream)?))
        }
        ExecPlace::Connect(left) => {
            let right = Right::child(Child::checked(&config.child)?, marks(&config.stream)?);
            pair(&Endpoint::Connect(left.clone()), &config.stream, right)
        }
    }
}

fn on_stdio(config: &ExecConfig) -> anyhow::Result<()> {
    let mut run = Run::new()?;
    let ends = Rc::new(Ends::default());
    let mut forward =
        Forward::new(Rc::clone(&ends), config.child.kill_after, config.stream.timeout, run.reporter.clone());
    // The child's group is not that of the terminal: what the keys of the terminal send comes to us.
    let mut signals = DELIBERATE.to_vec();
    let on_our_terminal = config.child.pty && stdin_is_terminal();
    if on_our_terminal {
        forward = forward.with_terminal(terminal::look);
        signals.extend([SIGWINCH, SIGCONT]);
    }
    run.watch_for(&signals, forward)?;
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

    let side = ChildSide::new(Rc::clone(&ends), reporter);
    let child = Child::new(&config.child).on_terminal_like_ours();
    ends.set_child(children::start(net, &child, Vec::new(), marks, side)?);
    // Not before: what cannot be started has no use for it.
    let _raw = on_our_terminal.then(terminal::Raw::enter);
    run.run()
}
