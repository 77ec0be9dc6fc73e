//! `tcp-client`, `unix-client`: stdin goes to the peer, what it sends goes to stdout.

use std::os::fd::{OwnedFd, RawFd};

use super::config::ConnectConfig;
use super::{Run, console_of, local, marks, session_options};
use crate::protocols::lifecycle::Lifecycle;
use crate::protocols::report::{Cause, Failure};
use crate::protocols::session::{PeerSide, Waiting};
use crate::transports::address::Address;
use crate::transports::dial::Dialing;
use crate::transports::dialing::source_addresses;
use crate::transports::error::describe;
use crate::transports::opening::{Inherited, inherit};

pub(super) fn client(config: &ConnectConfig) -> anyhow::Result<()> {
    // Before we open anything that could have the same number.
    let inherited = match &config.address {
        Address::Fd(number) => Some(take_over(&config.address, *number)?),
        Address::Tcp(_) | Address::Unix(_) => None,
    };
    let mut run = Run::new()?;
    run.watch(Lifecycle::client(config.stream.timeout, run.reporter.clone()))?;
    let marks = marks(&config.stream)?;
    let reporter = run.reporter.clone();
    let net = run.event_loop.net();

    let console = net
        .stdio(console_of(&config.stream), Waiting::new(reporter.clone()))
        .map_err(|error| Failure::new(Cause::Local, describe(&error)))?;
    net.transport(console).set_write_buffer_limits(marks);
    let protocol = PeerSide::new(console, session_options(&config.stream, false), reporter);
    let dialing = Dialing {
        family: config.family,
        numeric: config.numeric,
        source: config.source.as_ref().map(source_addresses).unwrap_or_default(),
        timeout: config.connect_timeout,
        retry: config.retry,
        retry_delay: config.retry_delay,
    };
    let peer = match (&config.address, inherited) {
        (_, Some(connection)) => net.adopt(connection, protocol).map_err(|error| local("adopt", &error))?,
        (Address::Tcp(target), None) => net.connect_tcp(target.clone(), dialing, protocol),
        (Address::Unix(target), None) => net.connect_unix(target.clone(), dialing, protocol),
        (Address::Fd(_), None) => unreachable!("an inherited descriptor has been taken over above"),
    };
    net.transport(peer).set_write_buffer_limits(marks);
    run.run()
}

/// An inherited descriptor that is a connection.
fn take_over(name: &Address, number: RawFd) -> anyhow::Result<OwnedFd> {
    let unusable = |why: &str| Failure::new(Cause::Unavailable, format!("{name}: {why}"));
    match inherit(number).map_err(|error| unusable(&describe(&error)))? {
        Inherited::Connection(fd) => Ok(fd),
        Inherited::Listener(_) => Err(unusable("it listens, and a client needs a connection").into()),
    }
}
