//! Recognises datagrams that claim to come from the socket that receives them. Such a datagram is forged (a LAND
//! attack): a service that answers it sends the answer to itself, then the answer to that, without end.
//!
//! `protocols/loop_guard.rs` guards against loops between several services.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use crate::sys::datagram::Remote;
use crate::sys::names::local_addresses;

/// How long the list of the machine's addresses is used. The system is asked only if a sender has our port.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// The address of a socket that shares it with no other socket.
#[derive(Debug)]
pub(crate) struct OwnAddress {
    port: u16,
    /// Unspecified if the socket is bound to every address of this machine.
    ip: IpAddr,
    machine: Vec<IpAddr>,
    asked: Option<Instant>,
}

impl OwnAddress {
    pub(crate) fn new(local: SocketAddr) -> Self {
        Self { port: local.port(), ip: local.ip().to_canonical(), machine: Vec::new(), asked: None }
    }

    /// Whether the address of a sender is that of the socket.
    pub(crate) fn is_sender(&mut self, from: &Remote, now: Instant) -> bool {
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
            // If the system does not answer, the old list stays in use.
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
        OwnAddress::new(local.parse().expect("an address")).is_sender(&Remote::from(from), Instant::now())
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
