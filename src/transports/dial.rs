//! One connection in the making: which address next, who is racing, what has failed. RFC 8305, "Happy Eyeballs".
//!
//! Addresses of both families take turns; the next one starts 250 ms after the last one, or as soon as that has failed;
//! the first to connect wins. Time and sockets come from outside (`dialing.rs`), so the race can be tested without
//! either. Deviations from the RFC: `getaddrinfo` answers for both families at once, so there is no resolution delay.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockAddr, Socket};

use super::address::{Address, Family};
use super::error::{describe, is_handshake_timeout, is_lack_of_resources, is_tls};
use super::keepalive::KeepAlive;
use super::timers::TimerId;

/// RFC 8305, section 5: "Connection Attempt Delay", recommended value.
pub(crate) const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// How to connect.
#[derive(Clone, Debug)]
pub struct Dialing {
    /// Which families may be tried.
    pub family: Family,
    /// No look-ups: a name that is no address fails.
    pub numeric: bool,
    /// Local addresses to connect from: the first one of the target's family is used. Port 0 lets the kernel choose.
    pub source: Vec<SocketAddr>,
    /// For resolving and connecting together.
    pub timeout: Duration,
    /// Further tries after a failed one.
    pub retry: u32,
    /// The pause between tries.
    pub retry_delay: Duration,
    /// When a TCP peer that is silent counts as gone.
    pub keepalive: KeepAlive,
}

impl Default for Dialing {
    fn default() -> Self {
        Self {
            family: Family::Any,
            numeric: false,
            source: Vec::new(),
            timeout: Duration::from_secs(10),
            retry: 0,
            retry_delay: Duration::from_secs(1),
            keepalive: KeepAlive::default(),
        }
    }
}

impl Dialing {
    /// Whether an address may be tried: where there are sources, one must be of its family.
    pub(crate) fn admits(&self, address: &SocketAddr) -> bool {
        let from = |source: &SocketAddr| source.is_ipv4() == address.is_ipv4();
        self.family.admits(address) && (self.source.is_empty() || self.source.iter().any(from))
    }

    /// Why none of the addresses of a target may be tried.
    pub(crate) fn no_address(&self, target: &dyn fmt::Display) -> ConnectError {
        let text = match &self.source[..] {
            [source] => {
                let family = if source.is_ipv4() { "IPv4" } else { "IPv6" };
                format!("connect {target}: it has no {family} address, and the source {} needs one", source.ip())
            }
            _ => format!("connect {target}: no address of that family"),
        };
        ConnectError::new(text)
    }
}

/// A connection in the making.
#[derive(Debug)]
pub(crate) struct Dial {
    pub(crate) target: Address,
    pub(crate) options: Dialing,
    pub(crate) race: Race<Attempt>,
    pub(crate) retries_left: u32,
    /// The next attempt or the next try.
    pub(crate) next_timer: Option<TimerId>,
}

/// A socket that is connecting.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) socket: Socket,
    pub(crate) address: SockAddr,
}

/// The order of attempts and their outcomes.
#[derive(Debug)]
pub(crate) struct Race<T> {
    waiting: VecDeque<SockAddr>,
    pub(crate) running: Vec<T>,
    failures: Vec<(String, io::Error)>,
}

impl<T> Race<T> {
    /// A race over `addresses`, given in order of preference; the families take turns from the preferred one on.
    pub(crate) fn new(addresses: Vec<SockAddr>) -> Self {
        let first = addresses.first().map(SockAddr::family);
        let (mut one, mut other): (VecDeque<_>, VecDeque<_>) =
            addresses.into_iter().partition(|address| Some(address.family()) == first);
        let mut waiting = VecDeque::new();
        while !(one.is_empty() && other.is_empty()) {
            waiting.extend(one.pop_front());
            waiting.extend(other.pop_front());
        }
        Self { waiting, running: Vec::new(), failures: Vec::new() }
    }

    /// The next address to try.
    pub(crate) fn next(&mut self) -> Option<SockAddr> {
        self.waiting.pop_front()
    }

    /// Puts an address back to the front: its time has not come yet.
    pub(crate) fn put_back(&mut self, address: SockAddr) {
        self.waiting.push_front(address);
    }

    pub(crate) fn has_more(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(crate) fn failed(&mut self, name: String, error: io::Error) {
        self.failures.push((name, error));
    }

    /// Whether nobody is running and nobody is left.
    pub(crate) fn is_lost(&self) -> bool {
        self.waiting.is_empty() && self.running.is_empty()
    }

    /// What it means, as far as the last attempt tells.
    pub(crate) fn kind(&self) -> ConnectErrorKind {
        match self.failures.last() {
            Some((_, error)) if error.kind() == io::ErrorKind::ConnectionReset => ConnectErrorKind::Reset,
            Some((_, error)) if is_lack_of_resources(error) => ConnectErrorKind::Local,
            _ => ConnectErrorKind::Unavailable,
        }
    }

    /// Every attempt once, in one line; a single one, or several with the same cause, say it once.
    pub(crate) fn verdict(&self) -> String {
        let mut texts: Vec<String> = self.failures.iter().map(|(_, error)| describe(error)).collect();
        texts.dedup();
        match (&texts[..], &self.failures[..]) {
            ([], _) => "no address to try".to_owned(),
            ([text], [_]) => text.clone(),
            ([text], several) => {
                let names: Vec<&str> = several.iter().map(|(name, _)| name.as_str()).collect();
                format!("{text} ({})", names.join(", "))
            }
            _ => {
                let each: Vec<String> =
                    self.failures.iter().map(|(name, error)| format!("{name}: {}", describe(error))).collect();
                each.join("; ")
            }
        }
    }
}

/// Why a connection could not be made.
#[derive(Debug)]
pub struct ConnectError {
    message: String,
    kind: ConnectErrorKind,
    is_given_up: bool,
}

/// What a failed connection means to whoever wanted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectErrorKind {
    /// It could not be made: nobody answers there, or there is no such place.
    Unavailable,
    /// The caller's own time limit has passed.
    TimedOut,
    /// This machine lacks what it takes: descriptors, memory.
    Local,
    /// It was made, and reset before the stream was open. A refusal is another error.
    Reset,
    /// It was made, but TLS was not.
    Tls,
}

impl ConnectError {
    pub(crate) fn new(message: String) -> Self {
        Self { message, kind: ConnectErrorKind::Unavailable, is_given_up: false }
    }

    pub(crate) fn with_kind(self, kind: ConnectErrorKind) -> Self {
        Self { kind, ..self }
    }

    /// The connection with `peer` was made, and the stream did not become open. `what` is the part that has failed.
    pub(crate) fn of_opening(what: &str, peer: &dyn fmt::Display, error: io::Error) -> Self {
        let kind = match &error {
            error if is_handshake_timeout(error) => ConnectErrorKind::TimedOut,
            error if is_tls(error) => ConnectErrorKind::Tls,
            _ => ConnectErrorKind::Reset,
        };
        Self::new(format!("{what} with {peer}: {}", describe(&error))).with_kind(kind)
    }

    pub(crate) fn given_up() -> Self {
        Self { is_given_up: true, ..Self::new("closed before it was connected".to_owned()) }
    }

    /// Whether it was we who did not want it any more.
    #[must_use]
    pub fn is_given_up(&self) -> bool {
        self.is_given_up
    }

    /// What it means.
    #[must_use]
    pub fn kind(&self) -> ConnectErrorKind {
        self.kind
    }
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        Self::new(describe(&error))
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConnectError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SockAddr {
        text.parse::<SocketAddr>().expect("an address").into()
    }

    #[test]
    fn families_take_turns_from_the_preferred_one_on() {
        let mut race: Race<()> =
            Race::new(["[::1]:1", "[::2]:1", "[::3]:1", "10.0.0.1:1"].into_iter().map(address).collect());
        let mut order = Vec::new();
        while let Some(next) = race.next() {
            order.push(next.as_socket().expect("an address").to_string());
        }
        assert_eq!(order, ["[::1]:1", "10.0.0.1:1", "[::2]:1", "[::3]:1"]);
        assert!(race.is_lost());
    }

    #[test]
    fn a_verdict_says_each_thing_once() {
        let mut race: Race<()> = Race::new(Vec::new());
        assert_eq!(race.verdict(), "no address to try");
        race.failed("[::1]:1".to_owned(), io::Error::from_raw_os_error(libc::ECONNREFUSED));
        assert_eq!(race.verdict(), "Connection refused");
        race.failed("127.0.0.1:1".to_owned(), io::Error::from_raw_os_error(libc::ECONNREFUSED));
        assert_eq!(race.verdict(), "Connection refused ([::1]:1, 127.0.0.1:1)");
        race.failed("10.0.0.1:1".to_owned(), io::Error::from_raw_os_error(libc::ENETUNREACH));
        assert_eq!(
            race.verdict(),
            "[::1]:1: Connection refused; 127.0.0.1:1: Connection refused; 10.0.0.1:1: Network is unreachable"
        );
    }
}
