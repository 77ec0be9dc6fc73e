//! `wait`: tries services until they are up or gone, then ends or becomes another program.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use super::children;
use super::config::{AwaitedKind, AwaitedService, TlsConnect, WaitConfig};
use super::run::{Run, end_by_signals, local};
use super::tls::{self, Greeting};
use crate::protocols::report::Failure;
use crate::protocols::wait::{Proof, Service, Watch, WatchOptions};
use crate::sys::{limits, signals};
use crate::transports::process::command::{Command, PATH_DEFAULT};
use crate::transports::text::EscapedOs;
use crate::transports::tls::TlsClient;

/// The signals that end the run.
const ENDING: [i32; 3] = [signals::SIGINT, signals::SIGTERM, signals::SIGHUP];

/// The most tries at the same time.
const TRIES_MAX: usize = 256;
/// Descriptors that are left for other uses, such as looking up names.
const OTHER_DESCRIPTORS: usize = 24;
/// Descriptors of one try. A try connects to two addresses of a host at the same time.
const DESCRIPTORS_OF_TRY: usize = 2;

pub(super) fn wait(config: &WaitConfig) -> anyhow::Result<()> {
    // A program that is not there is no reason to wait first.
    config.command.as_ref().map(|(program, _)| check(program)).transpose()?;
    let services = config.services.iter().map(prepare).collect::<anyhow::Result<_>>()?;
    let mut run = Run::new(&config.stream)?;
    let free = limits::open_files().saturating_sub(OTHER_DESCRIPTORS);
    let options = WatchOptions {
        limit: config.limit,
        every: config.every,
        any: config.any,
        gone: config.gone,
        at_once: (free / DESCRIPTORS_OF_TRY).clamp(1, TRIES_MAX),
    };
    let watch = Watch::new(services, options, run.reporter.clone());
    run.watch(&ENDING, watch)?;
    let Some((program, arguments)) = &config.command else { return run.run() };
    run.event_loop.run().map_err(|error| local("event loop", &error))?;
    run.reports.verdict()?;
    // A signal that has come before this line is read below. A later one ends this process.
    end_by_signals(&ENDING);
    run.event_loop.poll_once(Some(Duration::ZERO)).map_err(|error| local("event loop", &error))?;
    run.reports.verdict()?;
    drop(run);
    let error = Command::new(program).args(arguments).exec();
    Err(children::cannot_run(&EscapedOs(program).to_string(), error.error()).into())
}

/// Checks that a program is there, as far as this can be told without running it.
fn check(program: &OsString) -> Result<(), Failure> {
    let path = std::env::var_os("PATH");
    let found = children::find(program, path.as_deref().unwrap_or_else(|| OsStr::new(PATH_DEFAULT)));
    found.map(drop).map_err(|error| children::cannot_run(&EscapedOs(program).to_string(), &error))
}

/// Prepares a service as far as is possible before anything is opened.
fn prepare(awaited: &AwaitedService) -> anyhow::Result<Service> {
    let client = |config: &Option<TlsConnect>| -> anyhow::Result<Option<TlsClient>> {
        tls::client(config.as_ref(), Greeting::Dropped, None)
    };
    let (dial, proof) = match &awaited.kind {
        AwaitedKind::Connects(at, dial, tls) => (dial, Proof::Stream(at.clone(), client(tls)?)),
        AwaitedKind::Answers(at, dial, tls, get) => (dial, Proof::Http(at.clone(), client(tls)?, get.clone())),
        AwaitedKind::Replies(at, dial, text) => (dial, Proof::Datagram(at.clone(), text.clone())),
    };
    Ok(Service { name: awaited.name.clone(), dialing: dial.clone(), proof })
}
