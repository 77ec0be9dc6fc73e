//! Serves and sends datagrams: `udp-echo`, `udp-server`, `udp-client` and their verbs.

use std::os::fd::{OwnedFd, RawFd};
use std::rc::Rc;

use super::config::{
    DatagramAddress, DatagramConnectConfig, DatagramListenConfig, DatagramRun, DialConfig, StreamConfig,
};
use super::listen;
use super::parts::{dialing, marks, pair_options, session_options, stdio, stdio_of, take_over, unusable};
use super::run::{Run, local};
use crate::protocols::datagram_echo::DatagramEcho;
use crate::protocols::pair::conversation::{Conversation, ConversationOptions, SocketSide};
use crate::protocols::pair::lines::ConversationStdio;
use crate::protocols::quota::CountLimit;
use crate::protocols::report::Failure;
use crate::protocols::signals::Wanted;
use crate::transports::address::HostPort;
use crate::transports::datagram::opening::{DatagramOptions, DatagramService};
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::opening::Inherited;
use crate::transports::out_buf::WaterMarks;
use crate::transports::protocol::{DatagramProtocol, Handler};

/// `udp-echo`: sends each datagram back.
pub(super) fn echo(ends: &[DatagramListenConfig], options: DatagramRun) -> anyhow::Result<()> {
    let Some(first) = ends.first() else { return Ok(()) };
    let ready = ends.iter().map(listen::resolve_datagrams).collect::<anyhow::Result<_>>()?;
    let mut run = Run::of_server(first.grace, None, &first.stream, Wanted::Nothing)?;
    let quota = CountLimit::new(options.count);
    let net = run.event_loop.net();
    let ids = listen::open_datagrams(net, ends, ready, || DatagramEcho::new(quota.clone()))?;
    let _port_files = listen::announce_datagrams(net, ends, &ids)?;
    run.run()
}

/// `udp-server`: stdin goes to the sender of the last datagram.
pub(super) fn server(ends: &[DatagramListenConfig], options: DatagramRun) -> anyhow::Result<()> {
    let Some(first) = ends.first() else { return Ok(()) };
    let ready = ends.iter().map(listen::resolve_datagrams).collect::<anyhow::Result<_>>()?;
    let wanted = CountLimit::new(options.count);
    let mut run = Run::of_server(first.grace, None, &first.stream, Wanted::Datagrams(wanted.clone()))?;
    let shared = conversation(&run, &first.stream, true, options.lines, wanted);
    let net = run.event_loop.net();
    let ids = listen::open_datagrams(net, ends, ready, || SocketSide::new(&shared))?;
    join_stdio(&mut run, &shared, ids.concat(), &first.stream)?;
    let _port_files = listen::announce_datagrams(run.event_loop.net(), ends, &ids)?;
    run.run()
}

/// `udp-client`: one peer with stdin and stdout.
pub(super) fn client(
    config: &DatagramConnectConfig<DatagramAddress>,
    options: DatagramRun,
    stream: &StreamConfig,
) -> anyhow::Result<()> {
    let DatagramConnectConfig { target, dial, broadcast } = config;
    // An inherited descriptor is taken over first, because a new descriptor could get the same number.
    let outbound = DatagramOutbound::new(target)?;
    let mut run = Run::of_client(stream, false)?;
    let marks = marks(stream)?;
    let shared = conversation(&run, stream, false, options.lines, CountLimit::new(options.count));
    let net = run.event_loop.net();
    let socket = outbound.open(net, dial, marks, *broadcast, SocketSide::new(&shared))?;
    join_stdio(&mut run, &shared, vec![socket], stream)?;
    run.run()
}

fn conversation(run: &Run, stream: &StreamConfig, serves: bool, lines: bool, quota: CountLimit) -> Rc<Conversation> {
    let pair = pair_options(stream, None, Some(session_options(stream, false)));
    Conversation::new(ConversationOptions { serves, lines, quota }, &pair, run.reporter.clone())
}

/// Opens stdin and stdout for a conversation over `sockets`.
fn join_stdio(run: &mut Run, shared: &Rc<Conversation>, sockets: Vec<Id>, stream: &StreamConfig) -> anyhow::Result<()> {
    let net = run.event_loop.net();
    let side = Handler::buffered(ConversationStdio::new(shared, sockets));
    let id = stdio(net, stdio_of(stream), marks(stream)?, side)?;
    // The run ends with its sockets, and not with stdin and stdout.
    net.transport(id).set_background(true);
    run.show_progress(id, stream);
    shared.stdio.set(Some(id));
    Ok(())
}

/// The socket of a client, prepared as far as is possible before anything is opened.
enum DatagramOutbound {
    Inet(HostPort),
    Inherited(RawFd, OwnedFd),
}

impl DatagramOutbound {
    fn new(target: &DatagramAddress) -> anyhow::Result<Self> {
        Ok(match target {
            DatagramAddress::Inet(target) => Self::Inet(target.clone()),
            DatagramAddress::Inherited(number) => {
                let socket = take_over(*number, "a datagram socket", |socket| match socket {
                    Inherited::Datagrams(fd) => Some(fd),
                    Inherited::Listener(_) | Inherited::Connection(_) => None,
                })?;
                Self::Inherited(*number, socket)
            }
        })
    }

    fn open(
        self,
        net: &mut Net,
        dial: &DialConfig,
        marks: WaterMarks,
        broadcast: bool,
        protocol: impl DatagramProtocol + 'static,
    ) -> Result<Id, Failure> {
        let options = DatagramOptions { marks, broadcast, traffic_class: None };
        match self {
            Self::Inet(target) => Ok(net.connect_udp(target, dialing(dial), options, protocol)),
            Self::Inherited(number, socket) => {
                let socket_options = dial.socket.clone();
                let service = DatagramService { options, socket: socket_options, ..DatagramService::default() };
                let id = net.adopt_udp(socket, service, protocol).map_err(|error| local("adopt", &error))?;
                match net.datagram_transport(id).info().peer {
                    Some(_) => Ok(id),
                    None => Err(unusable(number, "not connected")),
                }
            }
        }
    }
}
