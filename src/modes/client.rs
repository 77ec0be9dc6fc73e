//! `tcp-client`, `tls-client`, `unix-client`: stdin goes to the peer, what it sends goes to stdout.

use super::config::ConnectConfig;
use super::{Run, adopt, connect, console_of, marks, session_options, take_over, tls};
use crate::protocols::half_close::{HalfClose, SILENCE};
use crate::protocols::lifecycle::Lifecycle;
use crate::protocols::report::{Cause, Failure};
use crate::protocols::session::{IdleStdio, PeerSide, SessionOptions};
use crate::protocols::starttls::StartTlsSide;
use crate::transports::address::Address;
use crate::transports::error::describe;
use crate::transports::opening::Inherited;
use crate::transports::protocol::Handler;

pub(super) fn client(config: &ConnectConfig) -> anyhow::Result<()> {
    let tls = tls::client(config.tls.as_ref())?;
    // Before we open anything that could have the same number.
    let inherited = match &config.address {
        Address::Fd(number) => Some(take_over(*number, "a connection", |socket| match socket {
            Inherited::Connection(fd) => Some(fd),
            Inherited::Listener(_) | Inherited::Datagrams(_) => None,
        })?),
        Address::Inet(_) | Address::Unix(_) => None,
    };
    let mut run = Run::new()?;
    run.watch_client(Lifecycle::client(config.stream.timeout, run.reporter.clone()))?;
    let marks = marks(&config.stream)?;
    let reporter = run.reporter.clone();
    let net = run.event_loop.net();

    let console = net
        .stdio(console_of(&config.stream), IdleStdio::new(reporter.clone()))
        .map_err(|error| Failure::new(Cause::Local, describe(&error)))?;
    net.transport(console).set_write_buffer_limits(marks);
    let starttls = config.tls.as_ref().and_then(|tls| tls.starttls);
    let mut options = session_options(&config.stream, false);
    if let (Some(_), HalfClose::Auto) = (starttls, options.half_close) {
        // Servers of these protocols answer the last command, and take an end before that for a hang-up.
        options = SessionOptions { half_close: HalfClose::After(SILENCE), ..options };
    }
    let session = PeerSide::new(console, options, reporter.clone());
    // What asks for TLS in its own protocol, starts it itself.
    let (tls, protocol) = match (starttls, tls) {
        (Some(starttls), Some(tls)) => (None, Handler::new(StartTlsSide::new(starttls, tls, session, reporter))),
        (_, tls) => (tls, Handler::new(session)),
    };
    match inherited {
        Some(connection) => adopt(net, connection, config.keepalive, tls.as_ref(), marks, protocol)?,
        None => connect(net, config, tls.as_ref(), marks, protocol),
    };
    run.run()
}
