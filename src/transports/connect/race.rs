//! The order in which a stream tries the addresses of its peer, and the result of each attempt. RFC 8305, "Happy
//! Eyeballs".
//!
//! Addresses of both families take turns. The next attempt starts 250 ms after the one before, or as soon as that has
//! failed. The first attempt that connects wins. `streams.rs` arms the timer, so a race can be tested without sockets
//! and time. The RFC's resolution delay does not apply, because `getaddrinfo` answers for both families at once.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::time::Duration;

use socket2::SockAddr;

use super::attempt::Attempt;
use super::error::{ConnectError, ConnectErrorKind, says_absent};
use crate::transports::error::describe;

/// RFC 8305, section 5: "Connection Attempt Delay", recommended value.
pub(crate) const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// A race of attempts.
#[derive(Debug, Default)]
pub(crate) struct Race {
    pub(super) waiting: VecDeque<SockAddr>,
    pub(super) running: Vec<Attempt>,
    failures: Vec<(String, io::Error)>,
}

impl Race {
    /// A race over `addresses`, the preferred one first. Its family has the first turn.
    pub(super) fn new(addresses: Vec<SockAddr>) -> Self {
        let first = addresses.first().map(SockAddr::family);
        let (mut one, mut other): (VecDeque<_>, VecDeque<_>) =
            addresses.into_iter().partition(|address| Some(address.family()) == first);
        let mut waiting = VecDeque::new();
        while !(one.is_empty() && other.is_empty()) {
            waiting.extend(one.pop_front());
            waiting.extend(other.pop_front());
        }
        Self { waiting, ..Self::default() }
    }

    /// Takes out the next address.
    pub(super) fn next(&mut self) -> Option<SockAddr> {
        self.waiting.pop_front()
    }

    /// Notes that the attempt at `address` has failed.
    pub(super) fn failed(&mut self, address: String, error: io::Error) {
        self.failures.push((address, error));
    }

    /// Whether an attempt has failed.
    pub(super) fn has_failed(&self) -> bool {
        !self.failures.is_empty()
    }

    /// Whether every attempt has failed.
    pub(super) fn is_lost(&self) -> bool {
        self.waiting.is_empty() && self.running.is_empty()
    }

    /// The error of a lost race, with the kind of the last failure.
    pub(super) fn verdict(mut self, target: &dyn fmt::Display) -> ConnectError {
        let lost = ConnectError::connect(target, &self.failures_in_words());
        let error = ConnectError { is_absent: self.is_peer_absent(), ..lost };
        let Some((_, last)) = self.failures.pop() else { return error };
        ConnectError { kind: ConnectErrorKind::of(&last), source: Some(last), ..error }
    }

    /// Whether the failures say that no peer answers at any address that this machine can use.
    fn is_peer_absent(&self) -> bool {
        let mut errors = self.failures.iter().map(|(_, error)| error);
        let is_known = |error: &io::Error| says_absent(error) || is_unusable_here(error);
        errors.clone().all(is_known) && errors.any(says_absent)
    }

    /// All failures in one line. A cause that all attempts share is written once.
    fn failures_in_words(&self) -> String {
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
                let each = self.failures.iter().map(|(name, error)| format!("{name}: {}", describe(error)));
                Vec::from_iter(each).join("; ")
            }
        }
    }
}

/// Whether this machine cannot use the peer's address: it has no address of that family, or no route, as without IPv6.
fn is_unusable_here(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT | libc::ENETUNREACH))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn address(text: &str) -> SockAddr {
        text.parse::<SocketAddr>().expect("an address").into()
    }

    #[test]
    fn families_take_turns_from_the_preferred_one_on() {
        let mut race = Race::new(["[::1]:1", "[::2]:1", "[::3]:1", "10.0.0.1:1"].into_iter().map(address).collect());
        let mut order = Vec::new();
        while let Some(next) = race.next() {
            order.push(next.as_socket().expect("an address").to_string());
        }
        assert_eq!(order, ["[::1]:1", "10.0.0.1:1", "[::2]:1", "[::3]:1"]);
        assert!(race.is_lost());
    }

    #[test]
    fn a_verdict_says_each_thing_once() {
        let mut race = Race::default();
        assert_eq!(race.failures_in_words(), "no address to try");
        race.failed("[::1]:1".to_owned(), io::Error::from_raw_os_error(libc::ECONNREFUSED));
        assert_eq!(race.failures_in_words(), "Connection refused");
        race.failed("127.0.0.1:1".to_owned(), io::Error::from_raw_os_error(libc::ECONNREFUSED));
        assert_eq!(race.failures_in_words(), "Connection refused ([::1]:1, 127.0.0.1:1)");
        race.failed("10.0.0.1:1".to_owned(), io::Error::from_raw_os_error(libc::ENETUNREACH));
        assert_eq!(
            race.failures_in_words(),
            "[::1]:1: Connection refused; 127.0.0.1:1: Connection refused; 10.0.0.1:1: Network is unreachable"
        );
    }

    #[test]
    fn a_peer_is_absent_if_no_usable_address_answers() {
        use libc::{EACCES, EADDRNOTAVAIL, ECONNREFUSED, ECONNRESET, EHOSTUNREACH, EMFILE, ENETUNREACH, ENOENT};
        for (errors, is_absent) in [
            (&[][..], false),
            (&[ECONNREFUSED], true),
            (&[EHOSTUNREACH], true),
            (&[ENOENT], true),
            (&[ECONNREFUSED, EADDRNOTAVAIL], true),
            (&[ECONNREFUSED, ENETUNREACH], true),
            (&[EADDRNOTAVAIL, ENETUNREACH], false),
            (&[ENETUNREACH], false),
            (&[EADDRNOTAVAIL], false),
            (&[ECONNREFUSED, EACCES], false),
            (&[EMFILE, ECONNREFUSED], false),
            (&[ECONNREFUSED, ECONNRESET], false),
        ] {
            let mut race = Race::default();
            errors.iter().for_each(|code| race.failed("a".to_owned(), io::Error::from_raw_os_error(*code)));
            assert_eq!(race.verdict(&"a").is_absent(), is_absent, "{errors:?}");
        }
    }
}
