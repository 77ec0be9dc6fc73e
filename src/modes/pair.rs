//! Two ends that are joined: `relay`, clients and servers with stdin and stdout, `exec` on connections.

use std::cell::Cell;
use std::time::Duration;

use super::config::{
    ConnectConfig, DatagramListenConfig, Endpoint, LeftEndpoint, ListenConfig, RelayConfig, StreamConfig,
};
use super::open::PreparedEnd;
use super::parts::{marks, pair_options, session_options, stdio, stdio_of};
use super::run::Run;
use super::terminal::{self, TerminalGuard};
use super::tls::Greeting;
use super::{children, listen};
use crate::protocols::pair::flows::Flows;
use crate::protocols::pair::flows_side::FlowsSide;
use crate::protocols::pair::session::IdleStdio;
use crate::protocols::pair::stdio::session_connector;
use crate::protocols::pair::stream::StreamSide;
use crate::protocols::pair::{Connector, End, Inbound, PairOptions};
use crate::protocols::report::{Cause, Failure};
use crate::protocols::signals::Wanted;
use crate::sys::limits;
use crate::transports::net::Net;
use crate::transports::opening::Stdio;
use crate::transports::out_buf::WaterMarks;
use crate::transports::protocol::factory;

/// The most children at once for clients, unless `max-conns` says otherwise. A child is often several processes.
const CHILDREN_MAX: usize = 100;
/// The most senders to a UDP socket at once, unless `max-conns` says otherwise. Each sender needs a descriptor, and
/// mostly a port.
const FLOWS_MAX: usize = 8192;
/// Descriptors that are left for other uses.
const OTHER_DESCRIPTORS: usize = 64;
/// How long a sender to a UDP socket and its right end may be silent, unless `--idle-timeout` says otherwise.
const DEFAULT_IDLE_TIMEOUT: Duration = Duration::from_secs(60);

pub(super) fn relay(config: &RelayConfig) -> anyhow::Result<()> {
    let right = || RightEnds::new(&config.right);
    match &config.left {
        LeftEndpoint::Listen(listen) => serve(std::slice::from_ref(listen), right),
        LeftEndpoint::DatagramListen(listen) => flows(listen, right),
        LeftEndpoint::Single(Endpoint::Stdio) => single(&Endpoint::Stdio, &config.stream, right()?.beside_our_stdout()),
        LeftEndpoint::Single(left) => single(left, &config.stream, right()?),
    }
}

/// `tcp-client` and its like: a connection with stdin and stdout.
pub(super) fn client(config: &ConnectConfig) -> anyhow::Result<()> {
    let _raw = config.stream.keys.map(|_| TerminalGuard::for_keys()).transpose()?;
    let outcome = single(&Endpoint::Connect(config.clone()), &config.stream, RightEnds::Session);
    if config.stream.keys.is_some() {
        terminal::session_is_over(outcome.is_err());
    }
    outcome
}

/// `tcp-server` and its like: one client at a time with stdin and stdout. The next client waits in the backlog.
pub(super) fn server(ends: &[ListenConfig]) -> anyhow::Result<()> {
    serve(ends, || Ok(RightEnds::Session))
}

/// Opens a right end for each client of the listeners. The listeners are prepared before the right ends.
pub(super) fn serve(lefts: &[ListenConfig], right: impl FnOnce() -> anyhow::Result<RightEnds>) -> anyhow::Result<()> {
    let Some(first) = lefts.first() else { return Ok(()) };
    let ready = listen::resolve(lefts)?;
    let right = right()?;
    let wanted = if first.keep_open { Wanted::Nothing } else { Wanted::Client };
    let mut run = Run::of_server(first.grace, first.accept_timeout, &first.stream, wanted)?;
    if !right.is_child() {
        // Each client needs a descriptor. Children would inherit the limit, so it stays as it is for them.
        let _ = limits::raise_open_files();
    }
    let limit = right.limit();
    let options = right.options(&run, &first.stream, first.keep_open);
    let connector = right.connector(&mut run, &first.stream, options.clone())?;
    let net = run.event_loop.net();
    let _port_files = listen::open_all(
        net,
        lefts,
        ready,
        |end| limit(end.max_conns),
        || {
            let (connector, options) = (connector.clone(), options.clone());
            factory(move || StreamSide::new(connector.clone(), options.clone()))
        },
    )?;
    run.run()
}

/// Opens a right end for each sender to a UDP socket.
fn flows(config: &DatagramListenConfig, right: impl FnOnce() -> anyhow::Result<RightEnds>) -> anyhow::Result<()> {
    let ends = std::slice::from_ref(config);
    let ready = listen::resolve_datagrams(ends)?;
    let right = right()?;
    let mut run = Run::of_server(config.grace, None, &config.stream, Wanted::Nothing)?;
    if !right.is_child() {
        let _ = limits::raise_open_files();
    }
    let idle_timeout = config.stream.idle_timeout.unwrap_or(DEFAULT_IDLE_TIMEOUT);
    // The table of flows applies the idle timeout itself.
    let options = PairOptions { idle_timeout: None, ..right.options(&run, &config.stream, true) };
    let most = if right.is_child() {
        CHILDREN_MAX
    } else {
        limits::open_files().saturating_sub(OTHER_DESCRIPTORS).clamp(1, FLOWS_MAX)
    };
    let connector = right.connector(&mut run, &config.stream, options.clone())?;
    let flows = Flows::new(connector, options, idle_timeout, config.max_conns.unwrap_or(most));
    let net = run.event_loop.net();
    let ids = listen::open_datagrams(net, ends, ready, || FlowsSide::new(&flows))?;
    let _port_files = listen::announce_datagrams(net, ends, &ids)?;
    run.run()
}

/// Joins one left end and one right end.
pub(super) fn single(left: &Endpoint, stream: &StreamConfig, right: RightEnds) -> anyhow::Result<()> {
    let greeting = match right {
        RightEnds::Session => Greeting::Dropped,
        RightEnds::Stdio | RightEnds::Each(_) => Greeting::HandedOn,
    };
    let left = PreparedEnd::new(left, greeting)?;
    let left = if matches!(right, RightEnds::Stdio) { left.beside_our_stdout() } else { left };
    let mut run = Run::of_client(stream, right.is_child() || matches!(left, PreparedEnd::Child(_)))?;
    let options = right.options(&run, stream, false);
    let connector = right.connector(&mut run, stream, options.clone())?;
    let opened = left.open(run.event_loop.net(), connector, Vec::new(), marks(stream)?, options)?;
    if let (PreparedEnd::Stdio, End::Stream(stdio)) = (&left, opened) {
        run.show_progress(stdio, stream);
    }
    run.run()
}

/// The right ends of a run, prepared as far as one preparation serves all of them.
#[expect(clippy::large_enum_variant, reason = "a run has one")]
pub(super) enum RightEnds {
    /// stdin and stdout, for the first left end only.
    Stdio,
    /// stdin and stdout, for one connection at a time.
    Session,
    /// Each left end gets a right end of its own.
    Each(PreparedEnd),
}

impl RightEnds {
    fn new(endpoint: &Endpoint) -> anyhow::Result<Self> {
        Ok(match PreparedEnd::new(endpoint, Greeting::HandedOn)? {
            PreparedEnd::Stdio => Self::Stdio,
            end => Self::Each(end),
        })
    }

    fn is_child(&self) -> bool {
        matches!(self, Self::Each(PreparedEnd::Child(_)))
    }

    /// How many left ends there can be at once. This is a function, because each listener has its own `max-conns`.
    fn limit(&self) -> fn(Option<usize>) -> Option<usize> {
        match self {
            Self::Session => |_| Some(1),
            Self::Each(PreparedEnd::Child(_)) => |asked| asked.or(Some(CHILDREN_MAX)),
            Self::Stdio | Self::Each(_) => |asked| asked,
        }
    }

    /// The options of each pair. The failure of one pair of many is not the failure of the run.
    fn options(&self, run: &Run, stream: &StreamConfig, is_one_of_many: bool) -> PairOptions {
        let session = matches!(self, Self::Session).then(|| session_options(stream, is_one_of_many));
        let has_reporter = session.is_some() || !is_one_of_many;
        pair_options(stream, has_reporter.then(|| run.reporter.clone()), session)
    }

    /// Notes that the output of a child goes to the stdout of xport.
    fn beside_our_stdout(self) -> Self {
        match self {
            Self::Each(end) => Self::Each(end.beside_our_stdout()),
            right => right,
        }
    }

    /// A connector, which opens a right end for each left end. stdin and stdout are opened now.
    fn connector(self, run: &mut Run, stream: &StreamConfig, options: PairOptions) -> anyhow::Result<Connector> {
        let marks = marks(stream)?;
        let (net, reporter) = (run.event_loop.net(), run.reporter.clone());
        let (which, is_for_one) = match self {
            Self::Each(right) => {
                return Ok(Connector::new(move |net, left| open_for(net, &right, left, marks, options.clone())));
            }
            Self::Session => (stdio_of(stream), false),
            Self::Stdio => (Stdio::Both, true),
        };
        let id = stdio(net, which, marks, IdleStdio::new(reporter))?;
        // stdin and stdout alone do not keep the run going.
        net.transport(id).set_background(true);
        run.show_progress(id, stream);
        let connector = session_connector(id, options);
        let is_taken = Cell::new(false);
        Ok(Connector::new(move |net, left| {
            if is_for_one && is_taken.replace(true) {
                return Err(Failure::new(Cause::Unavailable, "stdin and stdout can serve only one client"));
            }
            connector.open(net, left)
        }))
    }
}

/// Opens the right end of `left`. A child gets variables about its peer, and counts as the client instead of the
/// connection.
fn open_for(
    net: &mut Net,
    right: &PreparedEnd,
    left: Inbound,
    marks: WaterMarks,
    options: PairOptions,
) -> Result<End, Failure> {
    let variables = if matches!(right, PreparedEnd::Child(_)) { children::peer_variables(&left) } else { Vec::new() };
    let client = left.end;
    let end = right.open(net, left, variables, marks, options)?;
    if let (End::Stream(connection), End::Child(child)) = (client, end) {
        net.count_child_instead(connection, child);
    }
    Ok(end)
}
