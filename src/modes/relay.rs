//! `relay` joins two endpoints. `exec` on connections is a relay with a child on the right.

use std::cell::Cell;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use super::config::{
    DatagramConnectConfig, DatagramListenConfig, DialConfig, Endpoint, LeftEndpoint, ListenConfig, RelayConfig,
    StreamConfig, StreamPeer,
};
use super::{Outbound, Run, Setup, adopt, children, connect, dialing, listen, marks, pair_options, stdio};
use crate::protocols::pair::child::ChildEnd;
use crate::protocols::pair::datagram::DatagramSide;
use crate::protocols::pair::flows::Flows;
use crate::protocols::pair::flows_side::FlowsSide;
use crate::protocols::pair::stream::StreamSide;
use crate::protocols::pair::{Connector, End, Inbound, PairOptions};
use crate::protocols::report::{Cause, Failure};
use crate::protocols::signals::Wanted;
use crate::sys::limits;
use crate::transports::address::HostPort;
use crate::transports::datagram::opening::DatagramOptions;
use crate::transports::id::Id;
use crate::transports::keepalive::KeepAlive;
use crate::transports::net::Net;
use crate::transports::opening::Stdio;
use crate::transports::out_buf::WaterMarks;
use crate::transports::protocol::factory;

/// How many children run at once for clients, unless `max-conns` says otherwise. A child is often several processes.
const CHILDREN_MAX: usize = 100;
/// How many senders to a UDP socket are served at once, unless `max-conns` says otherwise. Each needs a descriptor, and
/// mostly a port.
const FLOWS_MAX: usize = 8192;
/// How many descriptors are left for other things.
const OTHER_DESCRIPTORS: usize = 64;
/// How long a sender to a UDP socket and its right end may be silent, unless `--idle-timeout` says otherwise.
const DEFAULT_IDLE_TIMEOUT: Duration = Duration::from_secs(60);

pub(super) fn relay(config: &RelayConfig) -> anyhow::Result<()> {
    let right = || RightEnds::new(&config.right, marks(&config.stream)?);
    match &config.left {
        LeftEndpoint::Listen(listen) => {
            let ready = listen::resolve(listen)?;
            serve(std::slice::from_ref(listen), vec![ready], right()?)
        }
        LeftEndpoint::DatagramListen(listen) => {
            let ready = listen::resolve_datagrams(listen)?;
            flows(listen, ready, right()?)
        }
        LeftEndpoint::Single(Endpoint::Stdio) => pair(&Endpoint::Stdio, &config.stream, right()?.beside_our_stdout()),
        LeftEndpoint::Single(left) => pair(left, &config.stream, right()?),
    }
}

/// Opens a right end for each client of the listeners.
pub(super) fn serve(
    lefts: &[ListenConfig],
    ready: Vec<listen::PreparedListeners>,
    right: RightEnds,
) -> anyhow::Result<()> {
    let Some(first) = lefts.first() else { return Ok(()) };
    let wanted = if first.keep_open { Wanted::Nothing } else { Wanted::Client };
    let mut run = Run::of_server(first.grace, &first.stream, wanted)?;
    if !right.is_child() {
        // Each client needs a descriptor. Children would inherit the limit, so it stays as it is for them.
        let _ = limits::raise_open_files();
    }
    let options = pair_options(&first.stream, (!first.keep_open).then(|| run.reporter.clone()));
    let is_child = right.is_child();
    let connector = right.connector(options.clone());
    let limit = |end: &ListenConfig| end.max_conns.or_else(|| is_child.then_some(CHILDREN_MAX));
    let _port_files = listen::open_all(run.event_loop.net(), lefts, ready, limit, || {
        let (connector, options) = (connector.clone(), options.clone());
        factory(move || StreamSide::left(connector.clone(), options.clone()))
    })?;
    run.run()
}

/// Opens a right end for each sender to a UDP socket.
fn flows(config: &DatagramListenConfig, ready: listen::PreparedDatagrams, right: RightEnds) -> anyhow::Result<()> {
    let mut run = Run::of_server(config.grace, &config.stream, Wanted::Nothing)?;
    if !right.is_child() {
        let _ = limits::raise_open_files();
    }
    let idle_timeout = config.stream.idle_timeout.unwrap_or(DEFAULT_IDLE_TIMEOUT);
    // The table of flows applies the idle timeout itself.
    let options = PairOptions { idle_timeout: None, ..pair_options(&config.stream, None) };
    let most = if right.is_child() {
        CHILDREN_MAX
    } else {
        limits::open_files().saturating_sub(OTHER_DESCRIPTORS).clamp(1, FLOWS_MAX)
    };
    let connector = right.connector(options.clone());
    let flows = Flows::new(connector, options, idle_timeout, config.max_conns.unwrap_or(most));
    let net = run.event_loop.net();
    let ends = std::slice::from_ref(config);
    let ids = listen::open_datagrams(net, ends, vec![ready], || FlowsSide::new(&flows))?;
    let _port_files = listen::announce_datagrams(net, ends, &ids)?;
    run.run()
}

/// Joins one left end and one right end.
pub(super) fn pair(left: &Endpoint, stream: &StreamConfig, right: RightEnds) -> anyhow::Result<()> {
    let marks = marks(stream)?;
    let setup = match left {
        Endpoint::Connect(config) => Setup::new(config, marks)?,
        _ => Setup { tls: None, crlf: false, marks },
    };
    let mut run = Run::of_client(stream, right.is_child() || matches!(left, Endpoint::Child(_)))?;
    let options = pair_options(stream, Some(run.reporter.clone()));
    let right_is_stdio = matches!(right.kind, RightKind::Stdio { .. });
    let connector = right.connector(options.clone());
    let net = run.event_loop.net();
    match left {
        Endpoint::Stdio => {
            stdio(net, Stdio::Both, marks, StreamSide::left(connector, options))?;
        }
        Endpoint::Connect(config) => {
            let outbound = Outbound::new(&config.target)?;
            outbound.open(net, &config.dial, &setup, StreamSide::left(connector, options))?;
        }
        Endpoint::Datagrams(config) => {
            send_to(net, config, marks, DatagramSide::left(connector, options));
        }
        Endpoint::Child(config) => {
            let child = children::Child::new(config);
            let child = if right_is_stdio { child.beside_our_stdout() } else { child };
            children::start(net, &child, Vec::new(), marks, ChildEnd::left(connector, options))?;
        }
    }
    run.run()
}

/// The right ends of a run, prepared as far as can be done once for all of them.
pub(super) struct RightEnds {
    kind: RightKind,
    marks: WaterMarks,
}

enum RightKind {
    /// Only the first left end gets stdin and stdout. So it is with an inherited connection.
    Stdio {
        taken: Cell<bool>,
    },
    Connect(StreamPeer, DialConfig, Setup),
    Inherited(Cell<Option<OwnedFd>>, KeepAlive, Setup),
    Datagrams(DatagramConnectConfig<HostPort>),
    Child(children::Child),
}

impl RightEnds {
    /// Prepares the right ends. An inherited descriptor is taken over before we open one that could have the same
    /// number.
    pub(super) fn new(endpoint: &Endpoint, marks: WaterMarks) -> anyhow::Result<Self> {
        let kind = match endpoint {
            Endpoint::Stdio => RightKind::Stdio { taken: Cell::new(false) },
            Endpoint::Connect(config) => {
                let (setup, dial) = (Setup::new(config, marks)?, &config.dial);
                match Outbound::new(&config.target)? {
                    Outbound::Peer(peer) => RightKind::Connect(peer, dial.clone(), setup),
                    Outbound::Inherited(connection) => {
                        RightKind::Inherited(Cell::new(Some(connection)), dial.keepalive, setup)
                    }
                }
            }
            Endpoint::Datagrams(config) => RightKind::Datagrams(config.clone()),
            Endpoint::Child(config) => RightKind::Child(children::Child::checked(config)?),
        };
        Ok(Self { kind, marks })
    }

    /// A child for each left end.
    pub(super) fn child(config: children::Child, marks: WaterMarks) -> Self {
        Self { kind: RightKind::Child(config), marks }
    }

    fn is_child(&self) -> bool {
        matches!(self.kind, RightKind::Child(_))
    }

    /// Notes that the output of a child goes to our stdout.
    fn beside_our_stdout(self) -> Self {
        match self.kind {
            RightKind::Child(child) => Self { kind: RightKind::Child(child.beside_our_stdout()), ..self },
            _ => self,
        }
    }

    /// A connector, which opens a right end for each left end.
    pub(super) fn connector(self, options: PairOptions) -> Connector {
        let right = Rc::new(self);
        Connector::new(move |net, left| right.open(net, left, options.clone()))
    }

    fn open(&self, net: &mut Net, left: Inbound, options: PairOptions) -> Result<End, Failure> {
        match &self.kind {
            RightKind::Stdio { taken } => {
                if taken.replace(true) {
                    return Err(Failure::new(Cause::Unavailable, "stdin and stdout can serve only one client"));
                }
                Ok(End::Stream(stdio(net, Stdio::Both, self.marks, StreamSide::right(left, options))?))
            }
            RightKind::Connect(peer, dial, setup) => {
                let side = StreamSide::right(left, options);
                Ok(End::Stream(connect(net, peer, dial, setup, side)))
            }
            RightKind::Inherited(fd, keepalive, setup) => {
                let taken = || Failure::new(Cause::Unavailable, "an inherited connection can serve only one client");
                let connection = fd.take().ok_or_else(taken)?;
                let side = StreamSide::right(left, options);
                Ok(End::Stream(adopt(net, connection, *keepalive, setup, side)?))
            }
            RightKind::Datagrams(config) => {
                Ok(End::Datagrams(send_to(net, config, self.marks, DatagramSide::right(left, options))))
            }
            RightKind::Child(child) => {
                let about = children::about(&left);
                let connection = match left.end {
                    End::Stream(id) => Some(id),
                    _ => None,
                };
                let side = ChildEnd::right(left, options);
                let id = children::start(net, child, about, self.marks, side)?;
                if let Some(connection) = connection {
                    net.count_child_instead(connection, id);
                }
                Ok(End::Child(id))
            }
        }
    }
}

/// Opens a datagram socket for a peer.
fn send_to(net: &mut Net, config: &DatagramConnectConfig<HostPort>, marks: WaterMarks, side: DatagramSide) -> Id {
    let options = DatagramOptions { marks, broadcast: config.broadcast, traffic_class: None };
    net.connect_udp(config.target.clone(), dialing(&config.dial), options, side)
}
