//! Looks up the addresses of a host without connecting to it. asyncio's `getaddrinfo`.

use super::error::ConnectError;
use super::resolver::Answer;
use super::{NOT_NUMERIC, numeric_addresses};
use crate::transports::address::{Family, Host, HostPort};
use crate::transports::ctx::Call;
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
        let cx = &mut self.net.cx;
        let answer = match host {
            Host::Name(name) if numeric => Err(ConnectError::resolve(name, NOT_NUMERIC)),
            Host::Name(name) => match cx.resolver.look_up(&cx.registry, self.id, name, 0, family) {
                Ok(()) => return,
                Err(error) => Err(ConnectError::no_resolver(name, error)),
            },
            _ => {
                let host = HostPort { host: host.clone(), port: 0 };
                let mut addresses = numeric_addresses(&host);
                addresses.retain(|address| family.admits(address));
                let none = || ConnectError::new("no address of that family".to_owned());
                if addresses.is_empty() { Err(none()) } else { Ok(addresses) }
            }
        };
        cx.calls.push_back((self.id, Call::Resolved(answer)));
    }
}

impl Net {
    /// Hands an answer on: to the transport that connects, or to the protocol that has asked.
    pub(crate) fn resolved(&mut self, id: Id, answer: Answer) {
        if self.stream(id).is_some_and(|stream| stream.connecting.is_none()) {
            self.cx.calls.push_back((id, Call::Resolved(answer)));
        } else {
            self.with_connecting(id, |transport| transport.resolved(answer));
        }
    }
}
