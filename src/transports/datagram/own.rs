//! Datagrams that claim to come from the very socket that receives them. They are forged (a LAND attack): a service
//! that answers one sends its answer to itself, and that one's answer too, for ever.
//!
//! Answers that go round between several services are for `protocols/loop_guard.rs`.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use crate::sys::datagram::Remote;
use crate::sys::names::local_addresses;

/// The addresses of a machine seldom change. They are asked for only where a sender has our port.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// The address of a socket that nobody shares.
#[derive(Debug)]
pub(crate) struct Own {
    port: u16,
    /// Unspecified where it is every address of this machine.
    ip: IpAddr,
    machine: Vec<IpAddr>,
    asked: Option<Instant>,
}

impl Own {
    pub(crate) fn new(local: SocketAddr) -> Self {
        Self { port: local.port(), ip: local.ip().to_canonical(), machine: Vec::new(), asked: None }
    }

    /// Whether a sender's address is that of the socket.
    pub(crate) fn is(&mut self, from: &Remote, now: Instant) -> bool {
        if from.address().port() != self.port {
            return false;
        }
        let ip = from.address().ip().to_canonical();
        if !self.ip.is_unspecified() {
            return ip == self.ip;
        }
        if self.ip.is_ipv4() && ip.is_ipv6() {
            return false;
        }
        if ip.is_loopback() || from.local().is_some_and(|local| local.to_canonical() == ip) {
            return true;
        }
        if self.asked.is_none_or(|asked| now.duration_since(asked) >= ASK_AGAIN) {
            self.asked = Some(now);
            // Without an answer the old one is the best there is.
            self.machine = local_addresses().unwrap_or_else(|_| std::mem::take(&mut self.machine));
        }
        self.machine.contains(&ip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(local: &str, from: &str) -> bool {
        let from: SocketAddr = from.parse().expect("an address");
        Own::new(local.parse().expect("an address")).is(&Remote::from(from), Instant::now())
    }

    #[test]
    fn a_socket_of_one_address_is_that_address_and_port_only() {
        assert!(is("127.0.0.1:5", "127.0.0.1:5"));
        assert!(!is("127.0.0.1:5", "127.0.0.1:6"));
        assert!(!is("127.0.0.1:5", "127.0.0.2:5"));
        assert!(is("[::1]:5", "[::1]:5"));
        assert!(is("127.0.0.1:5", "[::ffff:127.0.0.1]:5"));
    }

    #[test]
    fn a_socket_of_every_address_is_each_of_this_machine() {
        for (local, from) in [
            ("0.0.0.0:5", "127.0.0.1:5"),
            ("0.0.0.0:5", "127.9.9.9:5"),
            ("[::]:5", "[::1]:5"),
            ("[::]:5", "[::ffff:127.0.0.1]:5"),
        ] {
            assert!(is(local, from), "{local} {from}");
        }
        for (local, from) in [
            ("0.0.0.0:5", "127.0.0.1:6"),
            ("0.0.0.0:5", "198.51.100.1:5"),
            ("[::]:5", "[2001:db8::1]:5"),
            ("0.0.0.0:5", "[::1]:5"),
        ] {
            assert!(!is(local, from), "{local} {from}");
        }
        for ip in local_addresses().expect("addresses") {
            let any = if ip.is_ipv4() { "0.0.0.0:5" } else { "[::]:5" };
            assert!(is(any, &SocketAddr::new(ip, 5).to_string()), "{ip}");
        }
    }
}
