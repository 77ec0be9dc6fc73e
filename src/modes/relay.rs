//! `relay`: two endpoints joined. `exec` on connections: the same, with a child on the right.

use std::cell::Cell;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use super::config::{
    ConnectConfig, DatagramConnectConfig, DatagramListenConfig, DialConfig, Endpoint, LeftEndpoint, ListenConfig,
    RelayConfig, StreamConfig, StreamPeer,
};
use super::{Outbound, Run, adopt, children, connect, dialing, listen, marks, tls};
use crate::protocols::lifecycle::Lifecycle;
use crate::protocols::relay::child::ChildEnd;
use crate::protocols::relay::datagrams::DatagramSide;
use crate::protocols::relay::flows::{Flows, FlowsSide};
use crate::protocols::relay::stream::StreamSide;
use crate::protocols::relay::{End, Left, Opener, Terms};
use crate::protocols::report::{Cause, Failure};
use crate::sys::limits;
use crate::transports::address::HostPort;
use crate::transports::datagram::opening::DatagramOptions;
use crate::transports::error::describe;
use crate::transports::id::Id;
use crate::transports::keepalive::KeepAlive;
use crate::transports::net::Net;
use crate::transports::opening::Stdio;
use crate::transports::out_buf::WaterMarks;
use crate::transports::protocol::factory;
use crate::transports::tls::TlsClient;

/// Children that are run at once for those who connect, likewise: each is a process, and often several.
const CHILDREN_MAX: usize = 100;
/// Senders to a UDP socket that are served at once, unless `max-conns` says otherwise: each has a descriptor and mostly
/// a port.
const FLOWS_MAX: usize = 8192;
/// Descriptors that are for something else.
const OTHER_DESCRIPTORS: usize = 64;
/// How long a peer of a UDP socket may be silent, and so may whoever answers it, unless `--idle-timeout` says
/// otherwise.
const DEFAULT_IDLE_TIMEOUT: Duration = Duration::from_secs(60);

pub(super) fn relay(config: &RelayConfig) -> anyhow::Result<()> {
    let right = || Right::new(&config.right, marks(&config.stream)?);
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

/// A right end for each client of what listens.
pub(super) fn serve(lefts: &[ListenConfig], ready: Vec<listen::Ready>, right: Right) -> anyhow::Result<()> {
    let mut run = Run::new()?;
    let Some(first) = lefts.first() else { return Ok(()) };
    let lifecycle = Lifecycle::server(first.grace, first.stream.timeout, run.reporter.clone());
    run.watch(if first.keep_open { lifecycle } else { lifecycle.for_one_client() })?;
    if !right.is_child() {
        // As many clients as the system allows. Not for children, which would inherit that.
        let _ = limits::raise_open_files();
    }
    let terms = terms(&first.stream, (!first.keep_open).then_some(&run));
    let is_child = right.is_child();
    let opener = right.opener(terms.clone());
    let limit = |end: &ListenConfig| end.max_conns.or_else(|| is_child.then_some(CHILDREN_MAX));
    let _port_files = listen::open_all(run.event_loop.net(), lefts, ready, limit, || {
        let (opener, terms) = (opener.clone(), terms.clone());
        factory(move || StreamSide::left(opener.clone(), terms.clone()))
    })?;
    run.run()
}

/// A right end for each peer of a UDP socket.
fn flows(config: &DatagramListenConfig, ready: listen::DatagramReady, right: Right) -> anyhow::Result<()> {
    let mut run = Run::new()?;
    run.watch(Lifecycle::server(config.grace, config.stream.timeout, run.reporter.clone()))?;
    if !right.is_child() {
        let _ = limits::raise_open_files();
    }
    let idle_timeout = config.stream.idle_timeout.unwrap_or(DEFAULT_IDLE_TIMEOUT);
    // The socket itself sees to it.
    let terms = Terms { idle_timeout: None, ..terms(&config.stream, None) };
    let most = if right.is_child() {
        CHILDREN_MAX
    } else {
        limits::open_files().saturating_sub(OTHER_DESCRIPTORS).clamp(1, FLOWS_MAX)
    };
    let opener = right.opener(terms.clone());
    let flows = Flows::new(opener, terms, idle_timeout, config.max_conns.unwrap_or(most));
    let net = run.event_loop.net();
    let ends = std::slice::from_ref(config);
    let ids = listen::open_datagrams(net, ends, vec![ready], || FlowsSide::new(&flows))?;
    let _port_files = listen::announce_datagrams(net, ends, &ids)?;
    run.run()
}

/// One left end, one right end.
pub(super) fn pair(left: &Endpoint, stream: &StreamConfig, right: Right) -> anyhow::Result<()> {
    let tls = match left {
        Endpoint::Connect(config) => tls::client(config.tls.as_ref())?,
        _ => None,
    };
    let mut run = Run::new()?;
    let has_child = right.is_child() || matches!(left, Endpoint::Child(_));
    let lifecycle = Lifecycle::client(stream.timeout, run.reporter.clone());
    if has_child { run.watch(lifecycle) } else { run.watch_client(lifecycle) }?;
    let terms = terms(stream, Some(&run));
    let right_is_stdio = matches!(right.kind, Kind::Stdio { .. });
    let opener = right.opener(terms.clone());
    let marks = marks(stream)?;
    let net = run.event_loop.net();
    match left {
        Endpoint::Stdio => {
            let console = net.stdio(Stdio::Both, StreamSide::left(opener, terms));
            let console = console.map_err(|error| Failure::new(Cause::Local, describe(&error)))?;
            net.transport(console).set_write_buffer_limits(marks);
        }
        Endpoint::Connect(config) => {
            let outbound = Outbound::new(&config.target)?;
            outbound.open(net, &config.dial, tls.as_ref(), marks, StreamSide::left(opener, terms))?;
        }
        Endpoint::Datagrams(config) => {
            send_to(net, config, marks, DatagramSide::left(opener, terms));
        }
        Endpoint::Child(config) => {
            let child = children::Child::new(config);
            let child = if right_is_stdio { child.beside_our_stdout() } else { child };
            children::start(net, &child, Vec::new(), marks, ChildEnd::left(opener, terms))?;
        }
    }
    run.run()
}

fn terms(stream: &StreamConfig, run: Option<&Run>) -> Terms {
    Terms {
        half_close: stream.half_close,
        idle_timeout: stream.idle_timeout,
        linger: stream.linger,
        reporter: run.map(|run| run.reporter.clone()),
    }
}

/// What the right ends of a run are, made ready as far as that can be done once.
pub(super) struct Right {
    kind: Kind,
    marks: WaterMarks,
}

enum Kind {
    /// For the first left end only, as is the next one.
    Stdio {
        taken: Cell<bool>,
    },
    Connect(StreamPeer, DialConfig, Option<TlsClient>),
    Inherited(Cell<Option<OwnedFd>>, KeepAlive, Option<TlsClient>),
    Datagrams(DatagramConnectConfig<HostPort>),
    Child(children::Child),
}

impl Right {
    /// Makes it ready. What is inherited is taken over, before we open anything that could have the same number.
    pub(super) fn new(endpoint: &Endpoint, marks: WaterMarks) -> anyhow::Result<Self> {
        let kind = match endpoint {
            Endpoint::Stdio => Kind::Stdio { taken: Cell::new(false) },
            Endpoint::Connect(ConnectConfig { target, dial, tls, .. }) => {
                let tls = tls::client(tls.as_ref())?;
                match Outbound::new(target)? {
                    Outbound::Peer(peer) => Kind::Connect(peer, dial.clone(), tls),
                    Outbound::Inherited(connection) => {
                        Kind::Inherited(Cell::new(Some(connection)), dial.keepalive, tls)
                    }
                }
            }
            Endpoint::Datagrams(config) => Kind::Datagrams(config.clone()),
            Endpoint::Child(config) => Kind::Child(children::Child::checked(config)?),
        };
        Ok(Self { kind, marks })
    }

    /// The child that it is, if it is one.
    pub(super) fn child(config: children::Child, marks: WaterMarks) -> Self {
        Self { kind: Kind::Child(config), marks }
    }

    fn is_child(&self) -> bool {
        matches!(self.kind, Kind::Child(_))
    }

    /// Says that what comes from this end goes to our stdout.
    fn beside_our_stdout(self) -> Self {
        match self.kind {
            Kind::Child(child) => Self { kind: Kind::Child(child.beside_our_stdout()), ..self },
            _ => self,
        }
    }

    /// What opens one for each left end.
    pub(super) fn opener(self, terms: Terms) -> Opener {
        let right = Rc::new(self);
        Opener::new(move |net, left| right.open(net, left, terms.clone()))
    }

    fn open(&self, net: &mut Net, left: Left, terms: Terms) -> Result<End, Failure> {
        match &self.kind {
            Kind::Stdio { taken } => {
                if taken.replace(true) {
                    return Err(Failure::new(Cause::Unavailable, "stdin and stdout are for one client"));
                }
                let console = net.stdio(Stdio::Both, StreamSide::right(left, terms));
                let console = console.map_err(|error| Failure::new(Cause::Local, describe(&error)))?;
                net.transport(console).set_write_buffer_limits(self.marks);
                Ok(End::Stream(console))
            }
            Kind::Connect(peer, dial, tls) => {
                let side = StreamSide::right(left, terms);
                Ok(End::Stream(connect(net, peer, dial, tls.as_ref(), self.marks, side)))
            }
            Kind::Inherited(fd, keepalive, tls) => {
                let taken = || Failure::new(Cause::Unavailable, "an inherited connection is for one client");
                let connection = fd.take().ok_or_else(taken)?;
                let side = StreamSide::right(left, terms);
                Ok(End::Stream(adopt(net, connection, *keepalive, tls.as_ref(), self.marks, side)?))
            }
            Kind::Datagrams(config) => {
                Ok(End::Datagrams(send_to(net, config, self.marks, DatagramSide::right(left, terms))))
            }
            Kind::Child(child) => {
                let about = children::about(&left);
                let connection = match left.end {
                    End::Stream(id) => Some(id),
                    _ => None,
                };
                let side = ChildEnd::right(left, terms);
                let id = children::start(net, child, about, self.marks, side)?;
                if let Some(connection) = connection {
                    net.count_child_instead(connection, id);
                }
                Ok(End::Child(id))
            }
        }
    }
}

/// Opens a socket that sends to the peer of `config`.
fn send_to(net: &mut Net, config: &DatagramConnectConfig<HostPort>, marks: WaterMarks, side: DatagramSide) -> Id {
    let options = DatagramOptions { marks, broadcast: config.broadcast, traffic_class: None };
    net.connect_udp(config.target.clone(), dialing(&config.dial), options, side)
}
