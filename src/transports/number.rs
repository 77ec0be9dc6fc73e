//! The numbers of connections in messages and in dumps: `#3`.
//!
//! Everything that belongs to one connection has one number: both ends of a pair, a child with its pipes, a datagram
//! socket. A socket that serves many senders has a number, and so has each of its senders that has a right end.
//! Listeners, signals, stdin and stdout have none.

use std::fmt;

/// The number of a connection. The first one of a loop is 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Number(u64);

impl Number {
    /// The number of transports that belong to no connection. It is not shown.
    pub const NONE: Self = Self(0);

    /// The number itself. 0 stands for [`NONE`](Self::NONE).
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Number {
    /// `#3 `, with the space, for the beginning of a message. It is empty unless the messages of `-v` are written,
    /// which introduce the numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NONE || !log::log_enabled!(target: "xport::event_loop", log::Level::Info) {
            return Ok(());
        }
        write!(f, "#{} ", self.0)
    }
}

/// Gives numbers to the connections of a loop.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    last: u64,
    /// The connection that newly opened transports belong to.
    pub(crate) shared: Number,
}

impl Numbers {
    /// The number of a transport that is opened now.
    pub(crate) fn next(&mut self) -> Number {
        if self.shared == Number::NONE { self.new_one() } else { self.shared }
    }

    /// A number that nothing has yet.
    pub(crate) fn new_one(&mut self) -> Number {
        self.last += 1;
        Number(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_connection_has_a_number_of_its_own_unless_it_is_shared() {
        let mut numbers = Numbers::default();
        assert_eq!([numbers.next(), numbers.next()], [Number(1), Number(2)]);
        numbers.shared = Number(1);
        assert_eq!([numbers.next(), numbers.next(), numbers.new_one()], [Number(1), Number(1), Number(3)]);
        numbers.shared = Number::NONE;
        assert_eq!(numbers.next(), Number(4));
    }

    #[test]
    fn no_number_is_shown_without_the_messages_that_introduce_it() {
        assert_eq!(format!("{}{}", Number(7), Number::NONE), "");
    }
}
