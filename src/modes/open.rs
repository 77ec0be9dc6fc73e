//! Prepares and opens one end of a pair, left or right.

use std::cell::Cell;
use std::os::fd::OwnedFd;

use super::children::{self, Child};
use super::config::{ConnectConfig, DatagramConnectConfig, DialConfig, Endpoint, StreamPeer, Target};
use super::tls::Greeting;
use super::{dialing, local, stdio, take_over, tls};
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
use crate::transports::tls::TlsClient;

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
            Endpoint::Connect(ConnectConfig { target, dial, tls, crlf, .. }) => {
                let setup = Setup { tls: tls::client(tls.as_ref(), greeting)?, crlf: *crlf };
                match target {
                    Target::Peer(peer) => Self::Connect(peer.clone(), dial.clone(), setup),
                    Target::Inherited(number) => {
                        let connection = take_over(*number, "a connection", |socket| match socket {
                            Inherited::Connection(fd) => Some(fd),
                            Inherited::Listener(_) | Inherited::Datagrams(_) => None,
                        })?;
                        Self::Inherited(Cell::new(Some(connection)), dial.clone(), setup)
                    }
                }
            }
            Endpoint::Datagrams(config) => Self::Datagrams(config.clone()),
            Endpoint::Child(config) => Self::Child(Child::checked(config)?),
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
            Self::Connect(peer, dial, setup) => {
                let (dialing, side) = (dialing(dial), StreamSide::new(other, options));
                let id = match peer {
                    StreamPeer::Inet(target) => net.connect_tcp(target.clone(), dialing, side),
                    StreamPeer::Unix(target) => net.connect_unix(target.clone(), dialing, side),
                };
                setup.apply(net, id, marks);
                Ok(End::Stream(id))
            }
            Self::Inherited(fd, dial, setup) => {
                let taken = || Failure::new(Cause::Unavailable, "an inherited connection can serve only one client");
                let connection = fd.take().ok_or_else(taken)?;
                let opened = net.adopt(connection, StreamSide::new(other, options));
                let id = opened.map_err(|error| local("adopt", &error))?;
                net.transport(id).set_keepalive(dial.keepalive).map_err(|error| local("keepalive", &error))?;
                net.transport(id)
                    .set_socket_options(&dial.socket)
                    .map_err(|error| local("inherited socket", &error))?;
                setup.apply(net, id, marks);
                Ok(End::Stream(id))
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
