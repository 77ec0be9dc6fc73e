//! Names to addresses, off the loop: `getaddrinfo(3)` can take seconds and cannot be cancelled.
//!
//! A thread per look-up sends its answer through a channel and wakes the loop. A look-up that nobody waits for any more
//! answers into the void. What is done with the addresses is `dialing.rs`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use dns_lookup::AddrInfoHints;

use super::address::Family;
use super::id::Id;

/// The token of the waker, which no id packs to: no slot has this index.
pub(crate) const WAKE: mio::Token = mio::Token(usize::MAX);

/// The answer to one look-up: addresses in the system's order of preference, or the system's words.
pub(crate) type Answer = Result<Vec<SocketAddr>, String>;

/// Look-ups under way. Costs nothing until the first one.
#[derive(Debug, Default)]
pub(crate) struct Resolver {
    lines: Option<Lines>,
}

#[derive(Debug)]
struct Lines {
    waker: Arc<mio::Waker>,
    sender: Sender<(Id, Answer)>,
    receiver: Receiver<(Id, Answer)>,
}

impl Resolver {
    /// Begins to look up `name`; the answer will be for `id`.
    pub(crate) fn look_up(
        &mut self,
        registry: &mio::Registry,
        id: Id,
        name: String,
        port: u16,
        family: Family,
    ) -> io::Result<()> {
        let lines = match &mut self.lines {
            Some(lines) => lines,
            empty => {
                let (sender, receiver) = mpsc::channel();
                let waker = Arc::new(mio::Waker::new(registry, WAKE)?);
                empty.insert(Lines { waker, sender, receiver })
            }
        };
        let (waker, sender) = (Arc::clone(&lines.waker), lines.sender.clone());
        let job = move || {
            // Neither fails unless the loop is gone, and then nobody asks any more.
            let _ = sender.send((id, resolve(&name, port, family)));
            let _ = waker.wake();
        };
        std::thread::Builder::new().name("resolver".to_owned()).spawn(job).map(drop)
    }

    /// The next answer, if there is one. Call until there is none after each wake-up.
    pub(crate) fn next_answer(&mut self) -> Option<(Id, Answer)> {
        self.lines.as_ref()?.receiver.try_recv().ok()
    }
}

/// Looks up `name` on this thread, however long it takes. `getaddrinfo(3)`.
///
/// # Errors
/// The system's words, such as `Name or service not known`.
pub(super) fn resolve(name: &str, port: u16, family: Family) -> Answer {
    let address = match family {
        Family::Any => 0,
        Family::V4 => libc::AF_INET,
        Family::V6 => libc::AF_INET6,
    };
    let hints = AddrInfoHints { socktype: libc::SOCK_STREAM, address, ..AddrInfoHints::default() };
    let found = dns_lookup::getaddrinfo(Some(name), None, Some(hints)).map_err(|error| {
        let text = io::Error::from(error).to_string();
        // The standard library's own prefix for what getaddrinfo says.
        text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned()
    })?;
    let mut addresses = Vec::new();
    for info in found.flatten() {
        let mut address = info.sockaddr;
        address.set_port(port);
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err("no address found".to_owned()) } else { Ok(addresses) }
}
