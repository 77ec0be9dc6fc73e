//! Looks up the addresses of a host without connecting to it. asyncio's `getaddrinfo`.

use super::error::ConnectError;
use super::resolver::Answer;
use super::{NOT_NUMERIC, numeric_addresses};
use crate::transports::address::{Family, Host, HostPort};
use crate::transports::ctx::{Call, Ctx};
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::net::Net;

impl Transport<'_> {
    /// Looks up the addresses of a host, in the order in which the system prefers them. The protocol gets the answer by
    /// [`resolved`](crate::transports::protocol::Protocol::resolved); the port of each address is 0. With `numeric`, a
    /// name is an error. A second question replaces the first one. The system sets the time limit, which can be a
    /// minute. asyncio's `getaddrinfo`.
    #[doc(alias = "getaddrinfo")]
    pub fn look_up(&mut self, host: &Host, family: Family, numeric: bool) {
        let host = HostPort { host: host.clone(), port: 0 };
        let answer = match look_up(&mut self.net.cx, self.id, &host, family, numeric) {
            None => return,
            Some(Ok(addresses)) if !addresses.iter().any(|address| family.admits(address)) => {
                Err(ConnectError::new("no address of that family".to_owned()))
            }
            Some(answer) => answer.map(|addresses| addresses.into_iter().filter(|one| family.admits(one)).collect()),
        };
        self.net.cx.calls.push_back((self.id, Call::Resolved(answer)));
    }
}

/// Looks up the addresses of a host for a transport. `None` means that the resolver answers later. The addresses of a
/// host that is no name can be of either family.
pub(super) fn look_up(cx: &mut Ctx, id: Id, host: &HostPort, family: Family, numeric: bool) -> Option<Answer> {
    let Host::Name(name) = &host.host else { return Some(Ok(numeric_addresses(host))) };
    if numeric {
        return Some(Err(ConnectError::resolve(name, NOT_NUMERIC)));
    }
    let asked = cx.resolver.look_up(&cx.registry, id, name, host.port, family);
    asked.err().map(|error| Err(ConnectError::no_resolver(name, error)))
}

impl Net {
    /// Hands an answer on: to the transport that connects, or to the protocol that has asked.
    pub(crate) fn resolved(&mut self, id: Id, answer: Answer) {
        if self.slots.stream(id).is_some_and(|stream| stream.connecting.is_none()) {
            self.cx.calls.push_back((id, Call::Resolved(answer)));
        } else {
            self.with_connecting(id, |transport| transport.resolved(answer));
        }
    }
}
