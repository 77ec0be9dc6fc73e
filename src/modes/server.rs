//! `tcp-echo`, `tls-echo`, `unix-echo`: echo for any number of clients. `tcp-server`, `tls-server`, `unix-server`:
//! stdin and stdout for one client at a time.

use super::config::ListenConfig;
use super::{Run, console_of, listen, marks, session_options, tls};
use crate::protocols::echo::Echo;
use crate::protocols::lifecycle::Lifecycle;
use crate::protocols::report::{Cause, Failure};
use crate::protocols::session::{IdleStdio, PeerSide};
use crate::sys::limits;
use crate::transports::error::describe;
use crate::transports::listener::Listening;
use crate::transports::protocol::factory;

pub(super) fn echo(config: &ListenConfig) -> anyhow::Result<()> {
    let ready = listen::resolve(config)?;
    let tls = ready.tls.clone();
    let mut run = Run::new()?;
    run.watch(Lifecycle::server(config.grace, config.stream.timeout, run.reporter.clone()))?;
    // As many clients as the system allows; if it does not allow more, there are as many as there were.
    let _ = limits::raise_open_files();
    let idle_timeout = config.stream.idle_timeout;
    let listening = listening(config, config.max_conns)?;
    let reporter = (!config.keep_open).then(|| run.reporter.clone());
    let names = listen::open(run.event_loop.net(), config, ready, &listening, || {
        let reporter = reporter.clone();
        factory(move || Echo::new(idle_timeout, reporter.clone()))
    })?;
    let _port_file = listen::announce(&names, config.port_file.as_deref())?;
    tls::tell_clients(config, tls.as_ref(), &names);
    run.run()
}

pub(super) fn server(config: &ListenConfig) -> anyhow::Result<()> {
    let ready = listen::resolve(config)?;
    let tls = ready.tls.clone();
    let mut run = Run::new()?;
    let lifecycle = Lifecycle::server(config.grace, config.stream.timeout, run.reporter.clone());
    run.watch(if config.keep_open { lifecycle } else { lifecycle.for_one_client() })?;
    let reporter = run.reporter.clone();
    // stdin and stdout are for one client at a time: the next one waits in the backlog.
    let listening = listening(config, Some(1))?;
    let options = session_options(&config.stream, config.keep_open);

    let net = run.event_loop.net();
    let console = net
        .stdio(console_of(&config.stream), IdleStdio::new(reporter.clone()))
        .map_err(|error| Failure::new(Cause::Local, describe(&error)))?;
    net.transport(console).set_write_buffer_limits(listening.marks);
    // A console without a client is nothing to stay for.
    net.transport(console).set_background(true);
    let names = listen::open(net, config, ready, &listening, || {
        let reporter = reporter.clone();
        factory(move || PeerSide::new(console, options, reporter.clone()))
    })?;
    let _port_file = listen::announce(&names, config.port_file.as_deref())?;
    tls::tell_clients(config, tls.as_ref(), &names);
    run.run()
}

fn listening(config: &ListenConfig, limit: Option<usize>) -> anyhow::Result<Listening> {
    Ok(Listening {
        backlog: config.backlog,
        limit,
        access: config.access.clone(),
        marks: marks(&config.stream)?,
        once: !config.keep_open,
        tls: None,
        keepalive: config.keepalive,
    })
}
