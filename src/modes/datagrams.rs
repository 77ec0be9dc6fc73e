//! Datagrams with an echo, or with stdin and stdout: `udp-echo`, `udp-server`, `udp-client` and their verbs.

use std::os::fd::{OwnedFd, RawFd};

use super::config::{
    DatagramAddress, DatagramConnectConfig, DatagramListenConfig, DatagramRun, DialConfig, StreamConfig,
};
use super::{Run, dialing, listen, local, marks, stdio, stdio_of, take_over};
use crate::protocols::conversation::{Conversation, ConversationOptions, SocketSide};
use crate::protocols::conversation_stdio::ConversationStdio;
use crate::protocols::datagram_echo::DatagramEcho;
use crate::protocols::lifecycle::Lifecycle;
use crate::protocols::quota::CountLimit;
use crate::protocols::report::{Cause, Failure};
use crate::transports::address::HostPort;
use crate::transports::datagram::opening::{DatagramOptions, DatagramService};
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::opening::Inherited;
use crate::transports::out_buf::WaterMarks;
use crate::transports::protocol::{DatagramProtocol, Handler};

pub(super) fn echo(ends: &[DatagramListenConfig], options: DatagramRun) -> anyhow::Result<()> {
    let Some(first) = ends.first() else { return Ok(()) };
    let ready = ends.iter().map(listen::resolve_datagrams).collect::<anyhow::Result<_>>()?;
    let mut run = Run::new(&first.stream)?;
    run.watch(Lifecycle::server(first.grace, first.stream.timeout, run.reporter.clone()))?;
    let quota = CountLimit::new(options.count);
    let net = run.event_loop.net();
    let ids = listen::open_datagrams(net, ends, ready, || DatagramEcho::new(quota.clone()))?;
    let _port_files = listen::announce_datagrams(net, ends, &ids)?;
    run.run()
}

pub(super) fn server(ends: &[DatagramListenConfig], options: DatagramRun) -> anyhow::Result<()> {
    let Some(first) = ends.first() else { return Ok(()) };
    let ready = ends.iter().map(listen::resolve_datagrams).collect::<anyhow::Result<_>>()?;
    let mut run = Run::new(&first.stream)?;
    let options = conversation_options(&first.stream, options, true);
    let lifecycle = Lifecycle::server(first.grace, first.stream.timeout, run.reporter.clone());
    run.watch(lifecycle.for_datagrams(options.quota.clone()))?;
    let shared = Conversation::new(options, run.reporter.clone());

    let net = run.event_loop.net();
    let ids = listen::open_datagrams(net, ends, ready, || SocketSide::new(&shared))?;
    let side = Handler::buffered(ConversationStdio::new(&shared, ids.concat()));
    let console = stdio(net, stdio_of(&first.stream), marks(&first.stream)?, side)?;
    // stdin and stdout alone do not keep the run going.
    net.transport(console).set_background(true);
    shared.set_console(console);
    let _port_files = listen::announce_datagrams(net, ends, &ids)?;
    run.run()
}

pub(super) fn client(
    config: &DatagramConnectConfig<DatagramAddress>,
    options: DatagramRun,
    stream: &StreamConfig,
) -> anyhow::Result<()> {
    let DatagramConnectConfig { target, dial, broadcast } = config;
    // This comes first, because a descriptor that we open could have the same number.
    let outbound = DatagramOutbound::new(target)?;
    let mut run = Run::new(stream)?;
    run.watch_client(Lifecycle::client(stream.timeout, run.reporter.clone()))?;
    let marks = marks(stream)?;
    let shared = Conversation::new(conversation_options(stream, options, false), run.reporter.clone());

    let net = run.event_loop.net();
    let socket = outbound.open(net, dial, marks, *broadcast, SocketSide::new(&shared))?;
    let side = Handler::buffered(ConversationStdio::new(&shared, vec![socket]));
    let console = stdio(net, stdio_of(stream), marks, side)?;
    shared.set_console(console);
    // The run ends with the socket, and not with stdin and stdout.
    net.transport(console).set_background(true);
    run.run()
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
                let service = DatagramService { options, ..DatagramService::default() };
                let id = net.adopt_udp(socket, service, protocol).map_err(|error| local("adopt", &error))?;
                match net.datagram_transport(id).info().peer {
                    Some(_) => Ok(id),
                    None => Err(Failure::new(Cause::Unavailable, format!("fd:{number}: not connected"))),
                }
            }
        }
    }
}

fn conversation_options(stream: &StreamConfig, options: DatagramRun, serves: bool) -> ConversationOptions {
    ConversationOptions {
        serves,
        send_only: stream.send_only,
        recv_only: stream.recv_only,
        lines: options.lines,
        quota: CountLimit::new(options.count),
        linger: stream.linger,
        idle_timeout: stream.idle_timeout,
    }
}
