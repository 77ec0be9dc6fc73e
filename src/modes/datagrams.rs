//! `udp-echo`: echo for whoever sends. `udp-server`, `udp-client`: stdin and stdout over datagrams.

use super::config::{ConnectConfig, DatagramConfig, ListenConfig, StreamConfig};
use super::{Run, console_of, dialing, listen, local, marks, take_over};
use crate::protocols::conversation::{Conversation, ConversationOptions, SocketSide};
use crate::protocols::conversation_stdio::ConversationStdio;
use crate::protocols::datagram_echo::DatagramEcho;
use crate::protocols::lifecycle::Lifecycle;
use crate::protocols::loop_guard::MARK;
use crate::protocols::quota::CountLimit;
use crate::protocols::report::{Cause, Failure};
use crate::transports::address::Address;
use crate::transports::datagram::opening::{DatagramOptions, DatagramService};
use crate::transports::error::describe;
use crate::transports::opening::Inherited;
use crate::transports::protocol::Handler;

pub(super) fn echo(config: &ListenConfig, datagrams: &DatagramConfig) -> anyhow::Result<()> {
    let ready = listen::resolve(config)?;
    let mut run = Run::new()?;
    run.watch(Lifecycle::server(config.grace, config.stream.timeout, run.reporter.clone()))?;
    let service = service(config, datagrams, MARK)?;
    let quota = CountLimit::new(datagrams.count);
    let net = run.event_loop.net();
    let ids = listen::open_datagrams(net, config, ready, &service, || DatagramEcho::new(quota.clone()))?;
    let names = ids.into_iter().filter_map(|id| net.listening_on(id)).collect::<Vec<_>>();
    let _port_file = listen::announce(&names, config.port_file.as_deref())?;
    run.run()
}

pub(super) fn server(config: &ListenConfig, datagrams: &DatagramConfig) -> anyhow::Result<()> {
    let ready = listen::resolve(config)?;
    let mut run = Run::new()?;
    let options = options(&config.stream, datagrams, true);
    let lifecycle = Lifecycle::server(config.grace, config.stream.timeout, run.reporter.clone());
    run.watch(lifecycle.for_datagrams(options.quota.clone()))?;
    let service = service(config, datagrams, MARK)?;
    let shared = Conversation::new(options, run.reporter.clone());

    let net = run.event_loop.net();
    let ids = listen::open_datagrams(net, config, ready, &service, || SocketSide::new(&shared))?;
    let names = ids.iter().filter_map(|id| net.listening_on(*id)).collect::<Vec<_>>();
    let console = net
        .stdio(console_of(&config.stream), Handler::buffered(ConversationStdio::new(&shared, ids)))
        .map_err(|error| Failure::new(Cause::Local, describe(&error)))?;
    net.transport(console).set_write_buffer_limits(service.options.marks);
    // A console without a socket is nothing to stay for.
    net.transport(console).set_background(true);
    shared.set_console(console);
    let _port_file = listen::announce(&names, config.port_file.as_deref())?;
    run.run()
}

pub(super) fn client(config: &ConnectConfig, datagrams: &DatagramConfig) -> anyhow::Result<()> {
    // Before we open anything that could have the same number.
    let inherited = match &config.address {
        Address::Fd(number) => Some(take_over(*number, "a datagram socket", |socket| match socket {
            Inherited::Datagrams(fd) => Some(fd),
            Inherited::Listener(_) | Inherited::Connection(_) => None,
        })?),
        Address::Inet(_) | Address::Unix(_) => None,
    };
    let mut run = Run::new()?;
    run.watch_client(Lifecycle::client(config.stream.timeout, run.reporter.clone()))?;
    let marks = marks(&config.stream)?;
    let options_of_socket = DatagramOptions { marks, broadcast: datagrams.broadcast, traffic_class: None };
    let shared = Conversation::new(options(&config.stream, datagrams, false), run.reporter.clone());

    let net = run.event_loop.net();
    let side = SocketSide::new(&shared);
    let socket = match (&config.address, inherited) {
        (_, Some(fd)) => {
            let service = DatagramService { options: options_of_socket, ..DatagramService::default() };
            let id = net.adopt_udp(fd, service, side).map_err(|error| local("adopt", &error))?;
            if net.datagram_transport(id).info().peer.is_none() {
                return Err(Failure::new(Cause::Unavailable, format!("{}: it is not connected", config.address)).into());
            }
            id
        }
        (Address::Inet(target), None) => net.connect_udp(target.clone(), dialing(config), options_of_socket, side),
        (Address::Unix(_) | Address::Fd(_), None) => unreachable!("the command line gives no such address here"),
    };
    let console = net
        .stdio(console_of(&config.stream), Handler::buffered(ConversationStdio::new(&shared, vec![socket])))
        .map_err(|error| Failure::new(Cause::Local, describe(&error)))?;
    net.transport(console).set_write_buffer_limits(marks);
    shared.set_console(console);
    // The socket is what the run is about.
    net.transport(console).set_background(true);
    run.run()
}

fn service(config: &ListenConfig, datagrams: &DatagramConfig, traffic_class: u8) -> anyhow::Result<DatagramService> {
    Ok(DatagramService {
        access: config.access.clone(),
        groups: datagrams.groups.clone(),
        options: DatagramOptions {
            marks: marks(&config.stream)?,
            broadcast: false,
            traffic_class: Some(traffic_class),
        },
    })
}

fn options(stream: &StreamConfig, datagrams: &DatagramConfig, serves: bool) -> ConversationOptions {
    ConversationOptions {
        serves,
        send_only: stream.send_only,
        recv_only: stream.recv_only,
        lines: datagrams.lines,
        quota: CountLimit::new(datagrams.count),
        linger: stream.linger,
        idle_timeout: stream.idle_timeout,
    }
}
