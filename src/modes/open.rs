//! Prepares and opens one end of a pair, left or right.

use std::cell::Cell;
use std::os::fd::OwnedFd;

use super::children::{self, Child};
use super::config::{ConnectConfig, DatagramConnectConfig, Endpoint};
use super::parts::{stdio, take_over, unusable};
use super::run::local;
use super::tls;
use super::tls::Greeting;
use crate::protocols::pair::child::ChildEnd;
use crate::protocols::pair::datagram::DatagramSide;
use crate::protocols::pair::stream::StreamSide;
use crate::protocols::pair::{End, OtherEnd, PairOptions};
use crate::protocols::report::{Cause, Failure};
use crate::transports::address::{HostPort, Place};
use crate::transports::datagram::opening::DatagramOptions;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::opening::{Inherited, Stdio};
use crate::transports::out_buf::WaterMarks;
use crate::transports::protocol::Protocol;
use crate::transports::tls::TlsClient;
use crate::transports::tls::show::SeenChain;

/// An end, prepared as far as is possible before anything is opened. It can be opened several times.
#[expect(clippy::large_enum_variant, reason = "a run has two")]
pub(super) enum PreparedEnd {
    Stdio,
    Connect(Connection),
    Datagrams(DatagramConnectConfig<HostPort>),
    Child(Child),
}

impl PreparedEnd {
    /// Prepares the end. With STARTTLS, `greeting` says whether the other end gets the greeting of the server.
    pub(super) fn new(endpoint: &Endpoint, greeting: Greeting) -> anyhow::Result<Self> {
        Ok(match endpoint {
            Endpoint::Stdio => Self::Stdio,
            Endpoint::Connect(config) => Self::Connect(Connection::new(config, greeting, None)?),
            Endpoint::Datagrams(config) => Self::Datagrams(config.clone()),
            Endpoint::Child(config) => Self::Child(Child::checked(config)?),
        })
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
        Ok(match self {
            Self::Stdio => End::Stream(stdio(net, Stdio::Both, marks, StreamSide::new(other, options))?),
            Self::Connect(connection) => End::Stream(connection.open(net, StreamSide::new(other, options), marks)?),
            Self::Datagrams(DatagramConnectConfig { target, dial, broadcast }) => {
                let socket = DatagramOptions { marks, broadcast: *broadcast, traffic_class: None };
                let side = DatagramSide::new(other, options);
                End::Datagrams(net.connect_udp(target.clone(), dial.clone(), socket, side))
            }
            Self::Child(child) => {
                End::Child(children::start(net, child, variables, marks, ChildEnd::new(other, options))?)
            }
        })
    }
}

/// A connection, prepared in the same way.
pub(super) struct Connection {
    config: ConnectConfig,
    tls: Option<TlsClient>,
    /// An inherited connection, taken over before a new descriptor could get the same number. It can be opened once.
    inherited: Cell<Option<OwnedFd>>,
}

impl Connection {
    /// Prepares a connection. The certificates of its peer go into `seen`.
    pub(super) fn new(config: &ConnectConfig, greeting: Greeting, seen: Option<SeenChain>) -> anyhow::Result<Self> {
        let tls = tls::client(config.tls.as_ref(), greeting, seen)?;
        let inherited = match config.target {
            Place::Address(_) => None,
            Place::Inherited(number) => match take_over(number)? {
                Inherited::Connection(fd) => Some(fd),
                _ => return Err(unusable(number, "not a connection").into()),
            },
        };
        Ok(Self { config: config.clone(), tls, inherited: Cell::new(inherited) })
    }

    /// Opens the connection with this protocol.
    pub(super) fn open(
        &self,
        net: &mut Net,
        protocol: impl Protocol + 'static,
        marks: WaterMarks,
    ) -> Result<Id, Failure> {
        let ConnectConfig { target, dial, crlf, .. } = &self.config;
        let id = match target {
            Place::Address(target) => net.connect_stream(target.clone(), dial.clone(), protocol),
            Place::Inherited(_) => {
                let taken = || Failure::new(Cause::Unavailable, "an inherited connection can serve only one client");
                let opened = net.adopt(self.inherited.take().ok_or_else(taken)?, protocol);
                let id = opened.map_err(|error| local("adopt", &error))?;
                net.transport(id).set_keepalive(dial.keepalive).map_err(|error| local("keepalive", &error))?;
                let prepared = net.transport(id).set_socket_options(&dial.socket);
                prepared.map_err(|error| local("inherited socket", &error))?;
                id
            }
        };
        let mut t = net.transport(id);
        t.set_write_buffer_limits(marks);
        if *crlf {
            t.send_crlf();
        }
        if let Some(tls) = &self.tls {
            t.require_tls(tls.clone());
        }
        Ok(id)
    }
}
