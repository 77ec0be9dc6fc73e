//! Connects streams and datagram sockets: looks up names, repeats failed tries, and limits the time of each try.
//! `state.rs` has the states, with a diagram.
//!
//! The two carriers differ only in their use of the addresses of the peer. A stream races them (`streams.rs`,
//! `race.rs`, `attempt.rs`). A datagram socket takes the first one, and goes on to the next if that one refuses
//! (`datagram/opening.rs`, `datagram/fallback.rs`). The trait `Connect` has the part that they share.

mod attempt;
pub(crate) mod error;
mod look_up;
pub(crate) mod options;
pub(crate) mod race;
pub(crate) mod resolver;
pub(crate) mod state;
mod streams;

use std::net::SocketAddr;

use socket2::{SockAddr, Type};

pub(crate) use self::attempt::bind_source;
pub use self::error::{ConnectError, ConnectErrorKind};
use self::look_up::look_up;
pub use self::options::{Dialing, Retry};
use self::resolver::Answer;
use self::state::{ConnectStep, Connecting};
use super::address::{Address, Family, Host, HostPort, numeric_addresses};
use super::ctx::{Call, Ctx, DatagramRef, Installed, StreamRef};
use super::id::Id;
use super::net::{Net, Slot};
use super::number::Number;
use super::state::State;
use super::timers::{Alarm, Due, shown};

const NOT_NUMERIC: &str = "not a numeric address";

/// The parts of a transport that connecting needs.
pub(crate) struct ConnectParts<'a> {
    pub(crate) id: Id,
    pub(crate) number: Number,
    pub(crate) state: &'a mut State,
    /// Its state while it connects.
    pub(crate) connecting: &'a mut Option<Box<Connecting>>,
    pub(crate) cx: &'a mut Ctx,
}

/// A transport that connects: a stream or a datagram socket.
pub(crate) trait Connect {
    fn parts(&mut self) -> ConnectParts<'_>;

    /// The kind of its sockets.
    fn kind(&self) -> Type;

    /// Tries the addresses of the peer. There is at least one.
    fn try_addresses(&mut self, addresses: Vec<SockAddr>);

    /// Starts the next attempt of a race.
    fn next_attempt(&mut self);

    /// Begins to connect.
    fn connect(&mut self, target: Address, options: Dialing) {
        *self.parts().connecting = Some(Connecting::new(target, options));
        self.start_try();
    }

    /// Starts a try: arms its time limit, and looks up the addresses of the peer.
    fn start_try(&mut self) {
        let ConnectParts { id, connecting: Some(connecting), cx, .. } = self.parts() else { return };
        connecting.step = ConnectStep::Resolving;
        let options = &connecting.options;
        connecting.limit = Some(cx.timers.arm(options.timeout, Due::Slot(id, Alarm::ConnectTimeout)));
        let found = match &connecting.target {
            Address::Inet(host) => match look_up(cx, id, host, options.family, options.numeric) {
                Some(answer) => answer.map(sock_addrs),
                None => return,
            },
            other => match other.sock_addr() {
                Ok(address) => Ok(vec![address]),
                Err(error) => Err(ConnectError::of_attempt(other, error)),
            },
        };
        self.try_allowed(found);
    }

    /// The resolver has answered.
    fn resolved(&mut self, answer: Answer) {
        if let ConnectParts { number, connecting: Some(connecting), .. } = self.parts()
            && let Ok(addresses) = &answer
        {
            log::debug!("{number}{} has the addresses {addresses:?}", connecting.target);
        }
        self.try_allowed(answer.map(sock_addrs));
    }

    /// Tries the addresses that the options allow.
    fn try_allowed(&mut self, found: Result<Vec<SockAddr>, ConnectError>) {
        let kind = self.kind();
        let ConnectParts { connecting: Some(connecting), cx, .. } = self.parts() else { return };
        let Connecting { options, target, .. } = &mut **connecting;
        let admitted = found.and_then(|addresses| options.admitted(target, addresses));
        let elsewhere = |addresses| {
            if options.avoids_own_listeners { cx.elsewhere(kind, target, addresses) } else { Ok(addresses) }
        };
        match admitted.and_then(elsewhere) {
            Ok(addresses) => self.try_addresses(addresses),
            Err(error) => self.try_failed(error),
        }
    }

    /// The time limit of a try has passed.
    fn connect_timed_out(&mut self) {
        let Some(connecting) = self.parts().connecting else { return };
        let operation = if matches!(connecting.step, ConnectStep::Resolving) { "resolve" } else { "connect" };
        let (target, limit) = (&connecting.target, connecting.options.timeout);
        let message = format!("{operation} {target}: timed out after {}", shown(limit));
        // A unix socket makes a client wait only if a server has it and does not accept.
        let is_absent = matches!(connecting.step, ConnectStep::Racing(_)) && target.family().is_tcp;
        let kind = ConnectErrorKind::TimedOut;
        self.try_failed(ConnectError { kind, is_absent, ..ConnectError::new(message) });
    }

    /// The pause before the next try, or before the next attempt of a race, is over.
    fn connect_next(&mut self) {
        let Some(connecting) = self.parts().connecting else { return };
        connecting.next = None;
        match connecting.step {
            ConnectStep::Pausing => self.start_try(),
            ConnectStep::Racing(_) => self.next_attempt(),
            ConnectStep::Resolving => (),
        }
    }

    /// A try has failed. The next one follows after a pause. After the last one, the protocol gets the error.
    fn try_failed(&mut self, error: ConnectError) {
        let ConnectParts { id, number, connecting: Some(connecting), cx, .. } = self.parts() else { return };
        cx.resolver.give_up(id);
        if connecting.pause(&mut cx.timers) {
            let delay = connecting.options.pause();
            if connecting.failed == 1 {
                log::warn!("{number}{error}; trying again every {}", shown(delay));
            } else {
                log::info!("{number}{error}; trying again in {}", shown(delay));
            }
            connecting.next = Some(cx.timers.arm(delay, Due::Slot(id, Alarm::ConnectNext)));
            return;
        }
        cx.calls.push_back((id, Call::ConnectionFailed(error)));
        self.end_connecting();
        self.parts().state.lose();
    }

    /// Drops the state of connecting, and returns it: the transport is open, or is lost. Legal at any time.
    fn end_connecting(&mut self) -> Option<Box<Connecting>> {
        let ConnectParts { id, connecting, cx, .. } = self.parts();
        let mut connecting = connecting.take()?;
        cx.resolver.give_up(id);
        connecting.cancel_timers(&mut cx.timers);
        Some(connecting)
    }
}

impl Net {
    /// Adds a transport that connects to `target`, and installs its protocol.
    pub(crate) fn add_connecting(&mut self, slot: Slot, target: Address, options: Dialing, protocol: Installed) -> Id {
        self.cx.foreground += 1;
        let id = self.slots.insert(slot);
        self.cx.calls.push_back((id, Call::Install(protocol)));
        self.with_connecting(id, |transport| transport.connect(target, options));
        id
    }

    /// Calls `f` with a transport that can connect.
    pub(crate) fn with_connecting(&mut self, id: Id, f: impl FnOnce(&mut dyn Connect)) {
        let cx = &mut self.cx;
        match self.slots.get_mut(id) {
            Some(Slot::Stream(stream)) => f(&mut StreamRef { id, slot: stream, cx }),
            Some(Slot::Datagram(datagram)) => f(&mut DatagramRef { id, slot: datagram, cx }),
            Some(Slot::Listener(_) | Slot::Process(_)) | None => (),
        }
    }
}

impl Ctx {
    /// Those of `addresses` that do not lead back to a listener of this loop.
    fn elsewhere(
        &mut self,
        kind: Type,
        target: &Address,
        mut addresses: Vec<SockAddr>,
    ) -> Result<Vec<SockAddr>, ConnectError> {
        addresses.retain(|address| !self.admissions.own.serve(kind, address, self.now));
        let leads_back = || ConnectError::connect(target, "it leads back to the listener of this process");
        if addresses.is_empty() { Err(leads_back()) } else { Ok(addresses) }
    }
}

fn sock_addrs(addresses: Vec<SocketAddr>) -> Vec<SockAddr> {
    addresses.into_iter().map(SockAddr::from).collect()
}

/// The addresses that a listener on `host` binds. A name is looked up on this thread, however long that takes.
///
/// # Errors
/// `resolve NAME: …` if the name has no address.
pub fn listen_addresses(host: &HostPort, family: Family, numeric: bool) -> Result<Vec<SocketAddr>, ConnectError> {
    let mut addresses = match &host.host {
        Host::Name(name) if numeric => return Err(ConnectError::resolve(name, NOT_NUMERIC)),
        Host::Name(name) => {
            resolver::resolve(name, host.port, family).map_err(|why| ConnectError::unresolved(name, &why))?
        }
        _ => numeric_addresses(host),
    };
    addresses.retain(|address| family.admits(address));
    if addresses.is_empty() {
        return Err(ConnectError::new(format!("listen {host}: no address of that family")));
    }
    Ok(addresses)
}
