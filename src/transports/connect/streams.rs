//! Streams that connect: their addresses race, and the winner becomes the socket of the stream.
//!
//! All sockets of a race are registered under the id of the stream, so the winner needs no new registration.

use std::time::Duration;

use socket2::{SockAddr, Type};

use super::attempt::{self, Attempt, Started};
use super::options::Dialing;
use super::race::{ATTEMPT_DELAY, Race};
use super::state::{ConnectStep, Connecting};
use super::{Connect, ConnectParts};
use crate::transports::address::{Address, HostPort};
use crate::transports::ctx::{Call, Installed, StreamRef};
use crate::transports::error::describe;
use crate::transports::id::Id;
use crate::transports::info::Peer;
use crate::transports::io::Io;
use crate::transports::net::{Net, Slot};
use crate::transports::protocol::Handler;
use crate::transports::state::Phase;
use crate::transports::stream::Stream;
use crate::transports::timers::{Alarm, Due};

/// The pause before a unix socket with a full backlog is tried again. No event reports room in the backlog.
const BACKLOG_DELAY: Duration = Duration::from_millis(10);

impl Net {
    /// Connects to a TCP host and port. asyncio's `create_connection`.
    ///
    /// Returns at once; `connection_made` or `connection_failed` tells the outcome.
    #[doc(alias = "create_connection")]
    pub fn connect_tcp(&mut self, target: HostPort, options: Dialing, protocol: impl Into<Handler>) -> Id {
        self.connect_stream(target, options, protocol)
    }

    /// Connects a stream to an address of any kind. asyncio's `create_unix_connection` for a unix socket.
    ///
    /// Returns at once, as [`connect_tcp`](Self::connect_tcp) does.
    #[doc(alias = "create_unix_connection")]
    pub fn connect_stream(&mut self, target: impl Into<Address>, options: Dialing, protocol: impl Into<Handler>) -> Id {
        let mut stream = Stream::new(Io::Connecting, Phase::Connecting, self.cx.now);
        self.cx.introduce(&mut stream);
        let protocol = Installed::Protocol(protocol.into());
        self.add_connecting(Slot::Stream(stream), target.into(), options, protocol)
    }
}

impl Connect for StreamRef<'_> {
    fn parts(&mut self) -> ConnectParts<'_> {
        let Stream { number, state, connecting, .. } = &mut *self.slot;
        ConnectParts { id: self.id, number: *number, state, connecting, cx: self.cx }
    }

    fn kind(&self) -> Type {
        Type::STREAM
    }

    fn try_addresses(&mut self, addresses: Vec<SockAddr>) {
        if let Some(connecting) = &mut self.connecting {
            connecting.step = ConnectStep::Racing(Race::new(addresses));
            self.next_attempt();
        }
    }

    /// Starts attempts until one is under way, and arms the timer for the next. The try has failed once the race is
    /// lost.
    fn next_attempt(&mut self) {
        loop {
            let ConnectParts { id, number, connecting: Some(connecting), cx, .. } = self.parts() else { return };
            let Connecting { step: ConnectStep::Racing(race), next, options, target, .. } = &mut **connecting else {
                return;
            };
            if let Some(timer) = next.take() {
                cx.timers.cancel(timer);
            }
            let Some(address) = race.next() else {
                if race.is_lost() {
                    let error = std::mem::take(race).verdict(target);
                    self.try_failed(error);
                }
                return;
            };
            log::debug!("{number}connecting to {}", Peer::from_sock_addr(&address));
            match attempt::start(&cx.registry, id, &address, options) {
                Ok(Started::Connected(socket)) => return self.race_won(Attempt { socket, address }),
                Ok(Started::UnderWay(socket)) => {
                    race.running.push(Attempt { socket, address });
                    if !race.waiting.is_empty() {
                        *next = Some(cx.timers.arm(ATTEMPT_DELAY, Due::Slot(id, Alarm::ConnectNext)));
                    }
                    return;
                }
                Ok(Started::BacklogFull) => {
                    race.waiting.push_front(address);
                    *next = Some(cx.timers.arm(BACKLOG_DELAY, Due::Slot(id, Alarm::ConnectNext)));
                    return;
                }
                Err(error) => race.failed(Peer::from_sock_addr(&address).to_string(), error),
            }
        }
    }
}

impl StreamRef<'_> {
    /// An event has come for one of the sockets in the race. All of them are checked, because they are few.
    pub(crate) fn race_ready(&mut self) {
        let number = self.number;
        let Some(race) = self.connecting.as_mut().and_then(|connecting| connecting.race()) else { return };
        let mut has_failed = false;
        for index in (0..race.running.len()).rev() {
            match race.running[index].outcome() {
                Ok(true) => {
                    let winner = race.running.swap_remove(index);
                    return self.race_won(winner);
                }
                Ok(false) => (),
                Err(error) => {
                    let name = Peer::from_sock_addr(&race.running.swap_remove(index).address).to_string();
                    // The only failure of a try is the error of the try.
                    if race.has_failed() || !race.is_lost() {
                        log::debug!("{number}connect {name}: {}", describe(&error));
                    }
                    race.failed(name, error);
                    has_failed = true;
                }
            }
        }
        if has_failed {
            self.next_attempt();
        }
    }

    /// One attempt has won: the stream is open.
    fn race_won(&mut self, winner: Attempt) {
        let Some(connecting) = self.end_connecting() else { return };
        self.peer = Some(Box::new(Peer::from_sock_addr(&winner.address)));
        self.io = Io::Socket(winner.socket);
        (self.last_activity, self.opened) = (self.cx.now, self.cx.now);
        // An event of an attempt that has lost may have set this.
        self.ready.read_ended = false;
        self.state.opened();
        self.watch_peer(connecting.options.keepalive);
        if self.is_opening() {
            return self.next_opening();
        }
        self.call(Call::ConnectionMade);
    }
}
