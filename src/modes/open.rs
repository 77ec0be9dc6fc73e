//! Prepares and opens one end of a pair, left or right.

use std::cell::Cell;
use std::os::fd::OwnedFd;

use super::children::{self, Child};
use super::config::{ConnectConfig, DatagramConnectConfig, DialConfig, Endpoint, StreamPeer, Target};
use super::parts::{dialing, stdio, take_over};
use super::run::local;
use super::tls;
use super::tls::Greeting;
use crate::protocols::pair::child::ChildEnd;
use crate::protocols::pair::datagram::DatagramSide;
use crate::protocols::pair::stream::StreamSide;
use crate::protocols::pair::{End, OtherEnd, PairOptions};
use crate::protocols::report::{Cause, Failure};
use crate::transports::address::HostPort;
use crate::transports::datagram::opening::DatagramOptions;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::opening::{Inherited, Stdio};
use crate::transports::out_buf::WaterMarks;
use crate::transports::protocol::Protocol;
use crate::transports::tls::TlsClient;
use crate::transports::tls::show::SeenChain;

/// An end, prepared as far as is possible before anything is opened. It can be opened several times.
pub(super) enum PreparedEnd {
    Stdio,
    Connect(StreamPeer, DialConfig, Setup),
    /// The connection was taken over before a new descriptor could get the same number. It can be opened once.
    Inherited(Cell<Option<OwnedFd>>, DialConfig, Setup),
    Datagrams(DatagramConnectConfig<HostPort>),
    Child(Child),
}

impl PreparedEnd {
    /// Prepares the end. With STARTTLS, `greeting` says whether the other end gets the greeting of the server.
    pub(super) fn new(endpoint: &Endpoint, greeting: Greeting) -> anyhow::Result<Self> {
        Ok(match endpoint {
            Endpoint::Stdio => Self::Stdio,
            Endpoint::Connect(config) => Self::connection(config, tls::client(config.tls.as_ref(), greeting)?)?,
            Endpoint::Datagrams(config) => Self::Datagrams(config.clone()),
            Endpoint::Child(config) => Self::Child(Child::checked(config)?),
        })
    }

    /// Prepares a connection. The certificates of its peer go into `seen`.
    pub(super) fn noting(config: &ConnectConfig, seen: &SeenChain) -> anyhow::Result<Self> {
        Self::connection(config, tls::noting(config.tls.as_ref(), Greeting::Dropped, Some(seen.clone()))?)
    }

    fn connection(config: &ConnectConfig, tls: Option<TlsClient>) -> anyhow::Result<Self> {
        let ConnectConfig { target, dial, crlf, .. } = config;
        let setup = Setup { tls, crlf: *crlf };
        Ok(match target {
            Target::Peer(peer) => Self::Connect(peer.clone(), dial.clone(), setup),
            Target::Inherited(number) => {
                let connection = take_over(*number, "a connection", |socket| match socket {
                    Inherited::Connection(fd) => Some(fd),
                    Inherited::Listener(_) | Inherited::Datagrams(_) => None,
                })?;
                Self::Inherited(Cell::new(Some(connection)), dial.clone(), setup)
            }
        })
    }

    pub(super) fn is_child(&self) -> bool {
        matches!(self, Self::Child(_))
    }

    /// Notes that the output of a child goes to the stdout of xport.
    pub(super) fn beside_our_stdout(self) -> Self {
        match self {
            Self::Child(child) => Self::Child(child.beside_our_stdout()),
            end => end,
        }
    }

    /// Opens the end. A child gets `variables`.
    pub(super) fn open(
        &self,
        net: &mut Net,
        other: impl Into<OtherEnd>,
        variables: Vec<(&'static str, String)>,
        marks: WaterMarks,
        options: PairOptions,
    ) -> Result<End, Failure> {
        match self {
            Self::Stdio => Ok(End::Stream(stdio(net, Stdio::Both, marks, StreamSide::new(other, options))?)),
            Self::Connect(..) | Self::Inherited(..) => {
                Ok(End::Stream(self.open_stream(net, StreamSide::new(other, options), marks)?))
            }
            Self::Datagrams(DatagramConnectConfig { target, dial, broadcast, .. }) => {
                let socket = DatagramOptions { marks, broadcast: *broadcast, traffic_class: None };
                let side = DatagramSide::new(other, options);
                Ok(End::Datagrams(net.connect_udp(target.clone(), dialing(dial), socket, side)))
            }
            Self::Child(child) => {
                Ok(End::Child(children::start(net, child, variables, marks, ChildEnd::new(other, options))?))
            }
        }
    }
}

impl PreparedEnd {
    /// Opens the end, which is a connection, with this protocol.
    pub(super) fn open_stream(
        &self,
        net: &mut Net,
        protocol: impl Protocol + 'static,
        marks: WaterMarks,
    ) -> Result<Id, Failure> {
        let (id, setup) = match self {
            Self::Connect(StreamPeer::Inet(target), dial, setup) => {
                (net.connect_tcp(target.clone(), dialing(dial), protocol), setup)
            }
            Self::Connect(StreamPeer::Unix(target), dial, setup) => {
                (net.connect_unix(target.clone(), dialing(dial), protocol), setup)
            }
            Self::Inherited(fd, dial, setup) => {
                let taken = || Failure::new(Cause::Unavailable, "an inherited connection can serve only one client");
                let opened = net.adopt(fd.take().ok_or_else(taken)?, protocol);
                let id = opened.map_err(|error| local("adopt", &error))?;
                net.transport(id).set_keepalive(dial.keepalive).map_err(|error| local("keepalive", &error))?;
                let prepared = net.transport(id).set_socket_options(&dial.socket);
                prepared.map_err(|error| local("inherited socket", &error))?;
                (id, setup)
            }
            Self::Stdio | Self::Datagrams(_) | Self::Child(_) => {
                return Err(Failure::new(Cause::Local, "this end is not a connection"));
            }
        };
        setup.apply(net, id, marks);
        Ok(id)
    }
}

/// What a connection gets before it is open.
pub(super) struct Setup {
    tls: Option<TlsClient>,
    crlf: bool,
}

impl Setup {
    fn apply(&self, net: &mut Net, id: Id, marks: WaterMarks) {
        let mut t = net.transport(id);
        t.set_write_buffer_limits(marks);
        if self.crlf {
            t.send_crlf();
        }
        if let Some(tls) = &self.tls {
            // This fails only if the stream has failed already. The protocol hears of that failure anyway.
            let _ = t.start_tls(tls.clone());
        }
    }
}
