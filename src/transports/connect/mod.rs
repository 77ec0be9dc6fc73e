//! Connecting, for streams and datagram sockets: names are looked up, failed tries are repeated, each try has a time
//! limit. The states are `state.rs`, with a diagram.
//!
//! The two carriers differ only in what they do with the addresses of their peer. A stream races them (`streams.rs`,
//! `race.rs`, `attempt.rs`). A datagram socket takes the first one, and goes on to the next where that refuses
//! (`datagram/opening.rs`, `datagram/fallback.rs`). Both report failures here (`try_failed`).

mod attempt;
pub(crate) mod error;
pub(crate) mod options;
pub(crate) mod race;
pub(crate) mod resolver;
pub(crate) mod state;
mod streams;

use std::net::SocketAddr;

use socket2::SockAddr;

pub(crate) use self::attempt::bind_source;
pub use self::error::{ConnectError, ConnectErrorKind};
pub use self::options::Dialing;
use self::resolver::Answer;
use self::state::{ConnectStep, ConnectTarget, Connecting};
use super::address::{Family, Host, HostPort};
use super::call::{Call, Installed};
use super::id::Id;
use super::net::{Net, Slot};
pub use super::sockaddr::source_addresses;
use super::sockaddr::{numeric_addresses, unix_address};
use super::timers::{Alarm, shown};

const NOT_NUMERIC: &str = "not a numeric address";

impl Net {
    /// Begins to connect `slot`, and installs its protocol.
    pub(crate) fn connect(&mut self, mut slot: Slot, target: ConnectTarget, options: Dialing, to: Installed) -> Id {
        if let Some(place) = slot.connecting() {
            *place = Some(Connecting::new(target, options));
        }
        let id = self.insert(slot);
        self.cx.calls.push_back((id, Call::Install(to)));
        self.start_try(id);
        id
    }

    /// Starts a try: its time limit runs, and its addresses are looked for.
    fn start_try(&mut self, id: Id) {
        let Self { slots, cx, .. } = self;
        let Some(connecting) = connecting(slots.get_mut(id)) else { return };
        connecting.step = ConnectStep::Resolving;
        let options = &connecting.options;
        connecting.limit = Some(cx.timers.arm(options.timeout, Some(id), Alarm::ConnectTimeout));
        let found = match &connecting.target {
            ConnectTarget::Inet(HostPort { host: Host::Name(name), .. }) if options.numeric => {
                Err(ConnectError::resolve(name, NOT_NUMERIC))
            }
            ConnectTarget::Inet(HostPort { host: Host::Name(name), port }) => {
                match cx.resolver.look_up(&cx.registry, id, name, *port, options.family) {
                    Ok(()) => return,
                    Err(error) => Err(ConnectError::no_resolver(name, error)),
                }
            }
            ConnectTarget::Inet(inet) => Ok(numeric_addresses(inet)),
            ConnectTarget::Unix(name) => match unix_address(name) {
                Ok(address) => return self.found(id, Ok(vec![address])),
                Err(error) => Err(ConnectError::of_attempt(&connecting.target, error)),
            },
        };
        self.found(id, found.map(sock_addrs));
    }

    /// Takes the next answer of the resolver, if there is one.
    pub(crate) fn take_answer(&mut self) -> bool {
        let Some((id, answer)) = self.cx.resolver.next_answer() else { return false };
        self.answered(id, answer);
        true
    }

    fn answered(&mut self, id: Id, answer: Answer) {
        let Some(connecting) = connecting(self.slots.get_mut(id)) else { return };
        if let Ok(addresses) = &answer {
            log::debug!("{} is {addresses:?}", connecting.target);
        }
        self.found(id, answer.map(sock_addrs));
    }

    /// The addresses of a peer are known: the carrier tries those that the options admit.
    fn found(&mut self, id: Id, found: Result<Vec<SockAddr>, ConnectError>) {
        let Some(connecting) = connecting(self.slots.get_mut(id)) else { return };
        let admitted = found.and_then(|addresses| connecting.options.admitted(&connecting.target, addresses));
        match (admitted, self.slots.get(id)) {
            (Err(error), _) => self.try_failed(id, error),
            (Ok(addresses), Some(Slot::Datagram(_))) => {
                self.open_peer(id, addresses.iter().filter_map(SockAddr::as_socket).collect());
            }
            (Ok(addresses), _) => self.race(id, addresses),
        }
    }

    /// The time limit of a try has passed.
    pub(crate) fn connect_timed_out(&mut self, id: Id) {
        let Some(connecting) = connecting(self.slots.get_mut(id)) else { return };
        let operation = if matches!(connecting.step, ConnectStep::Resolving) { "resolve" } else { "connect" };
        let (target, limit) = (&connecting.target, connecting.options.timeout);
        let error = ConnectError::new(format!("{operation} {target}: timed out after {limit:?}"));
        self.try_failed(id, error.with_kind(ConnectErrorKind::TimedOut));
    }

    /// The pause before the next try, or before the next attempt of a race, is over.
    pub(crate) fn connect_next(&mut self, id: Id) {
        let Some(connecting) = connecting(self.slots.get_mut(id)) else { return };
        connecting.next = None;
        match connecting.step {
            ConnectStep::Pausing => self.start_try(id),
            ConnectStep::Racing(_) => self.next_attempt(id),
            ConnectStep::Resolving => (),
        }
    }

    /// A try has failed. The next one follows after a pause; after the last one the protocol is told.
    pub(crate) fn try_failed(&mut self, id: Id, error: ConnectError) {
        let Self { slots, cx, .. } = self;
        cx.resolver.give_up(id);
        let Some(connecting) = connecting(slots.get_mut(id)) else { return };
        if connecting.pause(&mut cx.timers) {
            let (delay, is_first) =
                (connecting.options.retry_delay, connecting.retries_left + 1 == connecting.options.retry);
            if is_first {
                log::warn!("{error}; trying again every {}", shown(delay));
            } else {
                log::info!("{error}; trying again in {}", shown(delay));
            }
            connecting.next = Some(cx.timers.arm(delay, Some(id), Alarm::ConnectNext));
            return;
        }
        match slots.get_mut(id) {
            Some(Slot::Stream(stream)) => {
                stream.connecting = None;
                stream.state.lose();
            }
            Some(Slot::Datagram(datagram)) => {
                datagram.connecting = None;
                datagram.lose();
            }
            _ => return,
        }
        cx.calls.push_back((id, Call::ConnectionFailed(error)));
    }

    /// Takes out what is kept while a connection is made: the transport is open, or is given up. Legal at any time.
    pub(crate) fn end_connecting(&mut self, id: Id) -> Option<Box<Connecting>> {
        let mut connecting = self.slots.get_mut(id)?.connecting()?.take()?;
        self.cx.resolver.give_up(id);
        connecting.cancel_timers(&mut self.cx.timers);
        Some(connecting)
    }
}

impl Slot {
    /// Where the slot keeps the state of its connecting.
    fn connecting(&mut self) -> Option<&mut Option<Box<Connecting>>> {
        match self {
            Self::Stream(stream) => Some(&mut stream.connecting),
            Self::Datagram(datagram) => Some(&mut datagram.connecting),
            Self::Listener(_) | Self::Process(_) => None,
        }
    }
}

/// What is kept of a slot that connects.
fn connecting(slot: Option<&mut Slot>) -> Option<&mut Connecting> {
    slot?.connecting()?.as_deref_mut()
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
            resolver::resolve(name, host.port, family).map_err(|text| ConnectError::resolve(name, &text))?
        }
        _ => numeric_addresses(host),
    };
    addresses.retain(|address| family.admits(address));
    if addresses.is_empty() {
        return Err(ConnectError::new(format!("listen {host}: no address of that family")));
    }
    Ok(addresses)
}
