//! Streams that connect: their addresses race, and the winner becomes the socket of the stream.
//!
//! All sockets of a race are registered under the id of the stream, so the winner needs no new registration.

use std::time::Duration;

use socket2::SockAddr;

use super::attempt::{self, Attempt, Started};
use super::options::Dialing;
use super::race::{ATTEMPT_DELAY, Race};
use super::state::{ConnectStep, ConnectTarget, Connecting};
use crate::transports::address::{HostPort, UnixName};
use crate::transports::call::{Call, Installed};
use crate::transports::error::describe;
use crate::transports::id::Id;
use crate::transports::info::Peer;
use crate::transports::io::Io;
use crate::transports::net::{Net, Slot};
use crate::transports::protocol::Handler;
use crate::transports::state::Phase;
use crate::transports::stream::Stream;
use crate::transports::timers::Alarm;

/// The pause before a unix socket with a full backlog is tried again. No event tells of room there.
const BACKLOG_DELAY: Duration = Duration::from_millis(10);

impl Net {
    /// Connects to a TCP host and port. asyncio's `create_connection`.
    ///
    /// Returns at once; `connection_made` or `connection_failed` tells the outcome.
    pub fn connect_tcp(&mut self, target: HostPort, options: Dialing, protocol: impl Into<Handler>) -> Id {
        self.connect_stream(ConnectTarget::Inet(target), options, protocol.into())
    }

    /// Connects to a unix socket. asyncio's `create_unix_connection`.
    ///
    /// Returns at once, as [`connect_tcp`](Self::connect_tcp) does.
    pub fn connect_unix(&mut self, target: UnixName, options: Dialing, protocol: impl Into<Handler>) -> Id {
        self.connect_stream(ConnectTarget::Unix(target), options, protocol.into())
    }

    fn connect_stream(&mut self, target: ConnectTarget, options: Dialing, protocol: Handler) -> Id {
        let mut stream = Stream::new(Io::Connecting, Phase::Connecting, self.cx.now);
        self.cx.tap(&mut stream, None);
        self.connect(Slot::Stream(stream), target, options, Installed::Protocol(protocol))
    }

    /// Starts the race over `addresses`.
    pub(super) fn race(&mut self, id: Id, addresses: Vec<SockAddr>) {
        if let Some(connecting) = self.connecting_stream(id) {
            connecting.step = ConnectStep::Racing(Race::new(addresses));
            self.next_attempt(id);
        }
    }

    /// Starts attempts until one is under way, and arms the timer for the next. The try has failed once the race is
    /// lost.
    pub(super) fn next_attempt(&mut self, id: Id) {
        loop {
            let Some(Slot::Stream(stream)) = self.slots.get_mut(id) else { return };
            let Some(Connecting { step: ConnectStep::Racing(race), next, options, target, .. }) =
                stream.connecting.as_deref_mut()
            else {
                return;
            };
            if let Some(timer) = next.take() {
                self.cx.timers.cancel(timer);
            }
            let Some(address) = race.next() else {
                if race.is_lost() {
                    let error = std::mem::take(race).verdict(target);
                    self.try_failed(id, error);
                }
                return;
            };
            log::debug!("connecting to {}", Peer::from_sock_addr(&address));
            match attempt::start(&self.cx.registry, id, &address, options) {
                Ok(Started::Connected(socket)) => return self.race_won(id, Attempt { socket, address }),
                Ok(Started::UnderWay(socket)) => {
                    race.running.push(Attempt { socket, address });
                    if race.has_more() {
                        *next = Some(self.cx.timers.arm(ATTEMPT_DELAY, Some(id), Alarm::ConnectNext));
                    }
                    return;
                }
                Ok(Started::BacklogFull) => {
                    race.put_back(address);
                    *next = Some(self.cx.timers.arm(BACKLOG_DELAY, Some(id), Alarm::ConnectNext));
                    return;
                }
                Err(error) => race.failed(Peer::from_sock_addr(&address).to_string(), error),
            }
        }
    }

    /// An event has come for one of the sockets in the race. All of them are asked, as they are few.
    pub(crate) fn race_ready(&mut self, id: Id) {
        let Some(race) = self.connecting_stream(id).and_then(Connecting::race) else { return };
        let mut has_failed = false;
        for index in (0..race.running.len()).rev() {
            match race.running[index].outcome() {
                Ok(true) => {
                    let winner = race.running.swap_remove(index);
                    return self.race_won(id, winner);
                }
                Ok(false) => (),
                Err(error) => {
                    let name = Peer::from_sock_addr(&race.running.swap_remove(index).address).to_string();
                    log::debug!("connect {name}: {}", describe(&error));
                    race.failed(name, error);
                    has_failed = true;
                }
            }
        }
        if has_failed {
            self.next_attempt(id);
        }
    }

    /// One attempt has won: the stream is open.
    fn race_won(&mut self, id: Id, winner: Attempt) {
        let Some(connecting) = self.end_connecting(id) else { return };
        let Some(mut stream) = self.stream_mut(id) else { return };
        stream.peer = Some(Box::new(Peer::from_sock_addr(&winner.address)));
        stream.io = Io::Socket(winner.socket);
        stream.last_activity = stream.cx.now;
        // It may stem from an attempt that has lost.
        stream.rdhup_seen = false;
        stream.state.opened();
        stream.watch_peer(connecting.options.keepalive);
        if stream.is_opening() {
            return stream.next_opening();
        }
        stream.call(Call::ConnectionMade);
    }

    fn connecting_stream(&mut self, id: Id) -> Option<&mut Connecting> {
        let stream = self.stream_mut(id)?.stream;
        stream.connecting.as_deref_mut()
    }
}
