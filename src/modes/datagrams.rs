//! Serves and sends datagrams: `udp-echo`, `udp-server`, `udp-client` and their verbs.

use std::os::fd::{OwnedFd, RawFd};
use std::rc::Rc;

use super::config::{DatagramConnectConfig, DatagramListenConfig, DatagramRun, StreamConfig};
use super::listen;
use super::parts::{marks, pair_options, session_options, stdio, stdio_of, take_over, unusable};
use super::run::Run;
use crate::protocols::datagram_echo::DatagramEcho;
use crate::protocols::pair::conversation::{Conversation, ConversationOptions, SocketSide};
use crate::protocols::pair::lines::ConversationStdio;
use crate::protocols::quota::CountLimit;
use crate::protocols::signals::Wanted;
use crate::transports::address::{HostPort, Place};
use crate::transports::datagram::opening::{DatagramOptions, DatagramService};
use crate::transports::error::describe;
use crate::transports::id::Id;
use crate::transports::opening::Inherited;
use crate::transports::protocol::Handler;

/// `udp-echo`: sends each datagram back.
pub(super) fn echo(ends: &[DatagramListenConfig], options: DatagramRun) -> anyhow::Result<()> {
    let Some(first) = ends.first() else { return Ok(()) };
    let ready = listen::resolve_datagrams(ends)?;
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
    let ready = listen::resolve_datagrams(ends)?;
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
    config: &DatagramConnectConfig<Place<HostPort>>,
    options: DatagramRun,
    stream: &StreamConfig,
) -> anyhow::Result<()> {
    // An inherited descriptor is taken over first, because a new descriptor could get the same number.
    let peer = match &config.target {
        Place::Address(target) => PeerSocket::New(target.clone()),
        Place::Inherited(number) => match take_over(*number)? {
            Inherited::Datagrams(socket) => PeerSocket::Inherited(*number, socket),
            _ => return Err(unusable(*number, "not a datagram socket").into()),
        },
    };
    let mut run = Run::of_client(stream, false)?;
    let shared = conversation(&run, stream, false, options.lines, CountLimit::new(options.count));
    let options = DatagramOptions { marks: marks(stream)?, broadcast: config.broadcast, traffic_class: None };
    let (net, side) = (run.event_loop.net(), SocketSide::new(&shared));
    let socket = match peer {
        PeerSocket::New(target) => net.connect_udp(target, config.dial.clone(), options, side),
        PeerSocket::Inherited(number, socket) => {
            let service = DatagramService { options, socket: config.dial.socket.clone(), ..DatagramService::default() };
            let opened = net.adopt_udp(socket, service, side);
            let id = opened.map_err(|error| unusable(number, &describe(&error)))?;
            if net.datagram_transport(id).info().peer.is_none() {
                return Err(unusable(number, "not connected").into());
            }
            id
        }
    };
    join_stdio(&mut run, &shared, vec![socket], stream)?;
    run.run()
}

/// The socket of a client.
enum PeerSocket {
    New(HostPort),
    Inherited(RawFd, OwnedFd),
}

fn conversation(run: &Run, stream: &StreamConfig, serves: bool, lines: bool, quota: CountLimit) -> Rc<Conversation> {
    let pair = pair_options(stream, None, Some(session_options(stream, false)));
    Conversation::new(ConversationOptions { serves, lines, quota }, pair, run.reporter.clone())
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
