//! Names to addresses, off the loop: `getaddrinfo(3)` can take minutes and cannot be cancelled.
//!
//! Look-ups run on threads, a few at a time, and the others wait in a queue. Clients that ask for the same name share
//! one look-up. What is done with the addresses, and the time limits, are
//! `mod.rs`.
//!
//! ```text
//!   Queued ---a thread takes it---> Running ---answer---> its clients are told
//!     |                               |
//!     +-- no client left: dropped     +-- no client left: it goes on, and no longer counts
//! ```
//!
//! A name that hangs takes one thread, however many clients want it. When its clients have given up, another look-up
//! gets its turn, up to [`THREADS_MAX`] in all. Beyond that many names that hang at once, the others wait until
//! `getaddrinfo` gives up one of them, which the system's `resolv.conf(5)` says when.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use dns_lookup::AddrInfoHints;

use super::error::ConnectError;
use crate::transports::address::Family;
use crate::transports::error::describe;
use crate::transports::id::Id;

/// The token of the waker, which no id packs to: no slot has this index.
pub(crate) const WAKE: mio::Token = mio::Token(usize::MAX);

/// Look-ups with clients that run at once.
const AT_ONCE: usize = 4;

/// Look-ups that run at once, those without clients included.
const THREADS_MAX: usize = 16;

/// The answer to one look-up: addresses in the system's order of preference.
pub(crate) type Answer = Result<Vec<SocketAddr>, ConnectError>;

/// A function that looks a name up on the present thread, and gives addresses without a port or the system's words.
type LookUp = fn(&str, Family) -> Result<Vec<SocketAddr>, String>;

/// Look-ups that wait or run. Costs nothing until the first one.
#[derive(Debug)]
pub(crate) struct Resolver {
    how: LookUp,
    lines: Option<Lines>,
    lookups: HashMap<Question, Lookup>,
    /// Those that wait, in the order of their first client.
    queue: VecDeque<Question>,
    /// What each client has asked.
    clients: HashMap<Id, Question>,
    /// Answers that the loop has not fetched yet.
    answers: VecDeque<(Id, Answer)>,
    /// Look-ups that run.
    running: usize,
    /// Those of them that have clients.
    wanted: usize,
}

/// What the loop and the threads tell each other by.
#[derive(Debug)]
struct Lines {
    waker: Arc<mio::Waker>,
    sender: Sender<Found>,
    receiver: Receiver<Found>,
}

/// What a thread has found.
type Found = (Question, Result<Vec<SocketAddr>, String>);

/// What is looked up. The port plays no part in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Question {
    name: String,
    family: Family,
}

/// One look-up.
#[derive(Debug, Default)]
struct Lookup {
    is_running: bool,
    clients: Vec<Client>,
}

/// One client of a look-up.
#[derive(Clone, Copy, Debug)]
struct Client {
    id: Id,
    port: u16,
    /// It has come when the look-up was running already. An error may be older than its question, so it is not told of
    /// it.
    is_late: bool,
}

impl Default for Resolver {
    fn default() -> Self {
        Self::new(ask_system)
    }
}

impl Resolver {
    fn new(how: LookUp) -> Self {
        Self {
            how,
            lines: None,
            lookups: HashMap::new(),
            queue: VecDeque::new(),
            clients: HashMap::new(),
            answers: VecDeque::new(),
            running: 0,
            wanted: 0,
        }
    }

    /// Begins to look up `name` for `id`, which asks for one name at a time.
    pub(crate) fn look_up(
        &mut self,
        registry: &mio::Registry,
        id: Id,
        name: &str,
        port: u16,
        family: Family,
    ) -> io::Result<()> {
        if self.lines.is_none() {
            let (sender, receiver) = mpsc::channel();
            let waker = Arc::new(mio::Waker::new(registry, WAKE)?);
            self.lines = Some(Lines { waker, sender, receiver });
        }
        self.give_up(id);
        let question = Question { name: name.to_owned(), family };
        self.clients.insert(id, question.clone());
        self.ask(question, Client { id, port, is_late: false });
        self.run_more();
        Ok(())
    }

    /// Adds a client to the look-up of its question.
    fn ask(&mut self, question: Question, client: Client) {
        if let Some(lookup) = self.lookups.get_mut(&question) {
            self.wanted += usize::from(lookup.is_running && lookup.clients.is_empty());
            lookup.clients.push(Client { is_late: lookup.is_running, ..client });
        } else {
            self.queue.push_back(question.clone());
            self.lookups.insert(question, Lookup { is_running: false, clients: vec![client] });
        }
    }

    /// `id` waits no more. Legal at any time.
    pub(crate) fn give_up(&mut self, id: Id) {
        let Some(question) = self.clients.remove(&id) else { return };
        let Some(lookup) = self.lookups.get_mut(&question) else { return };
        lookup.clients.retain(|client| client.id != id);
        if !lookup.clients.is_empty() {
            return;
        }
        if lookup.is_running {
            self.wanted -= 1;
            self.run_more();
        } else {
            self.lookups.remove(&question);
            self.queue.retain(|waiting| *waiting != question);
        }
    }

    /// The next answer, if there is one. Call until there is none after each wake-up.
    pub(crate) fn next_answer(&mut self) -> Option<(Id, Answer)> {
        while self.answers.is_empty() {
            let (question, found) = self.lines.as_ref()?.receiver.try_recv().ok()?;
            self.running -= 1;
            self.found(question, found);
            self.run_more();
        }
        let answer = self.answers.pop_front();
        if let Some((id, _)) = &answer {
            self.clients.remove(id);
        }
        answer
    }

    /// A thread has found out about a name: tells its clients. Those that came late ask once more after an error.
    fn found(&mut self, question: Question, found: Result<Vec<SocketAddr>, String>) {
        let Some(lookup) = self.lookups.remove(&question) else { return };
        self.wanted -= usize::from(!lookup.clients.is_empty());
        for client in lookup.clients {
            match &found {
                Ok(addresses) => {
                    let mut addresses = addresses.clone();
                    addresses.iter_mut().for_each(|address| address.set_port(client.port));
                    self.answers.push_back((client.id, Ok(addresses)));
                }
                Err(_) if client.is_late => self.ask(question.clone(), Client { is_late: false, ..client }),
                Err(text) => {
                    self.answers.push_back((client.id, Err(ConnectError::resolve(&question.name, text))));
                }
            }
        }
    }

    /// Starts what waits, as far as there is room for it.
    fn run_more(&mut self) {
        while self.wanted < AT_ONCE && self.running < THREADS_MAX {
            let Some(question) = self.queue.pop_front() else { return };
            match self.start(&question) {
                Ok(()) => {
                    self.running += 1;
                    self.wanted += 1;
                    if let Some(lookup) = self.lookups.get_mut(&question) {
                        lookup.is_running = true;
                    }
                }
                // Its turn comes when another thread has ended.
                Err(_) if self.running > 0 => return self.queue.push_front(question),
                Err(error) => self.cannot_start(&question, &error),
            }
        }
    }

    /// Starts a thread for a look-up.
    fn start(&self, question: &Question) -> io::Result<()> {
        let Some(lines) = &self.lines else { return Ok(()) };
        let (waker, sender) = (Arc::clone(&lines.waker), lines.sender.clone());
        let (how, question) = (self.how, question.clone());
        let job = move || {
            let found = how(&question.name, question.family);
            // Neither fails unless the loop is gone, and then nobody asks any more.
            let _ = sender.send((question, found));
            let _ = waker.wake();
        };
        std::thread::Builder::new().name("resolver".to_owned()).spawn(job).map(drop)
    }

    /// This machine has no thread for us.
    fn cannot_start(&mut self, question: &Question, error: &io::Error) {
        let clients = self.lookups.remove(question).map(|lookup| lookup.clients).unwrap_or_default();
        for client in clients {
            // An `io::Error` cannot be cloned, but each client gets one.
            let error = io::Error::new(error.kind(), describe(error));
            self.answers.push_back((client.id, Err(ConnectError::no_resolver(&question.name, error))));
        }
        if let Some(lines) = &self.lines {
            // It fails only where the loop is gone.
            let _ = lines.waker.wake();
        }
    }
}

/// Looks up `name` on this thread, however long it takes.
///
/// # Errors
/// The system's words, such as `Name or service not known`.
pub(super) fn resolve(name: &str, port: u16, family: Family) -> Result<Vec<SocketAddr>, String> {
    let mut addresses = ask_system(name, family)?;
    addresses.iter_mut().for_each(|address| address.set_port(port));
    Ok(addresses)
}

/// `getaddrinfo(3)`.
fn ask_system(name: &str, family: Family) -> Result<Vec<SocketAddr>, String> {
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
        if !addresses.contains(&info.sockaddr) {
            addresses.push(info.sockaddr);
        }
    }
    if addresses.is_empty() { Err("no address found".to_owned()) } else { Ok(addresses) }
}

#[cfg(test)]
mod tests;
