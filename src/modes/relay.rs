//! `relay`: two endpoints joined. `exec` on connections: the same, with a child on the right.

use std::cell::Cell;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use super::config::{ConnectConfig, DatagramConfig, Endpoint, ListenConfig, RelayConfig, StreamConfig};
use super::{Run, adopt, children, connect, dialing, listen, marks, take_over, tls};
use crate::protocols::lifecycle::Lifecycle;
use crate::protocols::loop_guard::MARK;
use crate::protocols::relay::child::ChildEnd;
use crate::protocols::relay::datagrams::DatagramSide;
use crate::protocols::relay::flows::Flows;
use crate::protocols::relay::flows_side::FlowsSide;
use crate::protocols::relay::stream::StreamSide;
use crate::protocols::relay::{Connector, End, Inbound, PairOptions};
use crate::protocols::report::{Cause, Failure};
use crate::sys::limits;
use crate::transports::address::Address;
use crate::transports::datagram::opening::{DatagramOptions, DatagramService};
use crate::transports::error::describe;
use crate::transports::info::Peer;
use crate::transports::keepalive::KeepAlive;
use crate::transports::listener::Listening;
use crate::transports::net::Net;
use crate::transports::opening::{Inherited, Stdio};
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
    let ready = match &config.left {
        Endpoint::Listen(listen) | Endpoint::DatagramListen(listen, _) => Some(listen::resolve(listen)?),
        _ => None,
    };
    let right = Right::new(&config.right, marks(&config.stream)?)?;
    let right = if matches!(config.left, Endpoint::Stdio) { right.beside_our_stdout() } else { right };
    match (&config.left, ready) {
        (Endpoint::Listen(listen), Some(ready)) => serve(std::slice::from_ref(listen), vec![ready], right),
        (Endpoint::DatagramListen(listen, datagrams), Some(ready)) => flows(listen, datagrams, ready, right),
        _ => pair(&config.left, &config.stream, right),
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
    let connector = right.connector(terms.clone());
    let mut port_files: Vec<(Option<&Path>, Vec<Peer>)> = Vec::new();
    let mut of_clients = Vec::new();
    for (config, ready) in lefts.iter().zip(ready) {
        let listening = Listening {
            backlog: config.backlog,
            limit: config.max_conns.or_else(|| is_child.then_some(CHILDREN_MAX)),
            access: config.access.clone(),
            marks: marks(&config.stream)?,
            once: !config.keep_open,
            tls: None,
            keepalive: config.keepalive,
        };
        let tls = ready.tls.clone();
        let names = listen::open(run.event_loop.net(), config, ready, &listening, || {
            let (connector, terms) = (connector.clone(), terms.clone());
            factory(move || StreamSide::left(connector.clone(), terms.clone()))
        })?;
        of_clients.push((config, tls, names.clone()));
        let port_file = config.port_file.as_deref();
        match port_files.iter_mut().find(|(path, _)| *path == port_file) {
            Some((_, of_path)) => of_path.extend(names),
            None => port_files.push((port_file, names)),
        }
    }
    let announce = |(path, names): &(Option<&Path>, Vec<Peer>)| listen::announce(names, *path);
    let _port_files = port_files.iter().map(announce).collect::<anyhow::Result<Vec<_>>>()?;
    of_clients.iter().for_each(|(config, tls, names)| tls::tell_clients(config, tls.as_ref(), names));
    run.run()
}

/// A right end for each peer of a UDP socket.
fn flows(config: &ListenConfig, datagrams: &DatagramConfig, ready: listen::Ready, right: Right) -> anyhow::Result<()> {
    let mut run = Run::new()?;
    run.watch(Lifecycle::server(config.grace, config.stream.timeout, run.reporter.clone()))?;
    if !right.is_child() {
        let _ = limits::raise_open_files();
    }
    let idle_timeout = config.stream.idle_timeout.unwrap_or(DEFAULT_IDLE_TIMEOUT);
    // The socket itself sees to it.
    let terms = PairOptions { idle_timeout: None, ..terms(&config.stream, None) };
    let most = if right.is_child() {
        CHILDREN_MAX
    } else {
        limits::open_files().saturating_sub(OTHER_DESCRIPTORS).clamp(1, FLOWS_MAX)
    };
    let connector = right.connector(terms.clone());
    let service = DatagramService {
        access: config.access.clone(),
        groups: datagrams.groups.clone(),
        options: DatagramOptions { marks: marks(&config.stream)?, broadcast: false, traffic_class: Some(MARK) },
    };
    let flows = Flows::new(connector, terms, idle_timeout, config.max_conns.unwrap_or(most));
    let net = run.event_loop.net();
    let ids = listen::open_datagrams(net, config, ready, &service, || FlowsSide::new(&flows))?;
    let names = ids.into_iter().filter_map(|id| net.listening_on(id)).collect::<Vec<_>>();
    let _port_file = listen::announce(&names, config.port_file.as_deref())?;
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
    let connector = right.connector(terms.clone());
    let marks = marks(stream)?;
    let net = run.event_loop.net();
    match left {
        Endpoint::Stdio => {
            let console = net.stdio(Stdio::Both, StreamSide::left(connector, terms));
            let console = console.map_err(|error| Failure::new(Cause::Local, describe(&error)))?;
            net.transport(console).set_write_buffer_limits(marks);
        }
        Endpoint::Connect(config) => {
            let side = StreamSide::left(connector, terms);
            if let Address::Fd(number) = config.address {
                adopt(net, inherited_connection(number)?, config.keepalive, tls.as_ref(), marks, side)?;
            } else {
                connect(net, config, tls.as_ref(), marks, side);
            }
        }
        Endpoint::DatagramConnect(config, datagrams) => {
            let Address::Inet(target) = &config.address else { unreachable!("the command line gives no other here") };
            let options = DatagramOptions { marks, broadcast: datagrams.broadcast, traffic_class: None };
            net.connect_udp(target.clone(), dialing(config), options, DatagramSide::left(connector, terms));
        }
        Endpoint::Child(config) => {
            let child = children::Child::new(config);
            let child = if right_is_stdio { child.beside_our_stdout() } else { child };
            children::start(net, &child, Vec::new(), marks, ChildEnd::left(connector, terms))?;
        }
        Endpoint::Listen(_) | Endpoint::DatagramListen(..) => unreachable!("they have a service of their own"),
    }
    run.run()
}

fn terms(stream: &StreamConfig, run: Option<&Run>) -> PairOptions {
    PairOptions {
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
    Connect(ConnectConfig, Option<TlsClient>),
    Inherited(Cell<Option<OwnedFd>>, KeepAlive, Option<TlsClient>),
    Datagrams(ConnectConfig, DatagramConfig),
    Child(children::Child),
}

impl Right {
    /// Makes it ready. What is inherited is taken over, before we open anything that could have the same number.
    pub(super) fn new(endpoint: &Endpoint, marks: WaterMarks) -> anyhow::Result<Self> {
        let kind = match endpoint {
            Endpoint::Stdio => Kind::Stdio { taken: Cell::new(false) },
            Endpoint::Connect(ConnectConfig { address: Address::Fd(number), keepalive, tls, .. }) => {
                let tls = tls::client(tls.as_ref())?;
                Kind::Inherited(Cell::new(Some(inherited_connection(*number)?)), *keepalive, tls)
            }
            Endpoint::Connect(config) => Kind::Connect(config.clone(), tls::client(config.tls.as_ref())?),
            Endpoint::DatagramConnect(config, datagrams) => Kind::Datagrams(config.clone(), datagrams.clone()),
            Endpoint::Child(config) => Kind::Child(children::Child::checked(config)?),
            Endpoint::Listen(_) | Endpoint::DatagramListen(..) => unreachable!("only the left one listens"),
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
    pub(super) fn connector(self, terms: PairOptions) -> Connector {
        let right = Rc::new(self);
        Connector::new(move |net, left| right.open(net, left, terms.clone()))
    }

    fn open(&self, net: &mut Net, left: Inbound, terms: PairOptions) -> Result<End, Failure> {
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
            Kind::Connect(config, tls) => {
                let side = StreamSide::right(left, terms);
                Ok(End::Stream(connect(net, config, tls.as_ref(), self.marks, side)))
            }
            Kind::Inherited(fd, keepalive, tls) => {
                let taken = || Failure::new(Cause::Unavailable, "an inherited connection is for one client");
                let connection = fd.take().ok_or_else(taken)?;
                let side = StreamSide::right(left, terms);
                Ok(End::Stream(adopt(net, connection, *keepalive, tls.as_ref(), self.marks, side)?))
            }
            Kind::Datagrams(config, datagrams) => {
                let Address::Inet(target) = &config.address else {
                    unreachable!("the command line gives no other here")
                };
                let options =
                    DatagramOptions { marks: self.marks, broadcast: datagrams.broadcast, traffic_class: None };
                let side = DatagramSide::right(left, terms);
                Ok(End::Datagrams(net.connect_udp(target.clone(), dialing(config), options, side)))
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

fn inherited_connection(number: i32) -> anyhow::Result<OwnedFd> {
    take_over(number, "a connection", |socket| match socket {
        Inherited::Connection(fd) => Some(fd),
        Inherited::Listener(_) | Inherited::Datagrams(_) => None,
    })
}
