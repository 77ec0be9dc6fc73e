//! Looks up names on threads of their own, as `getaddrinfo(3)` can take minutes and cannot be cancelled.
//!
//! A few look-ups run at the same time, and the others wait in a queue. Clients that ask for the same name share one
//! look-up. Time limits, and what happens with the addresses, are in `mod.rs`.
//!
//! ```text
//!   Queued ---a thread takes it---> Running ---answer---> its clients are told
//!     |                               |
//!     +-- no client left: dropped     +-- no client left: it goes on, and no longer counts
//! ```
//!
//! A name that hangs takes one thread, however many clients ask for it. When these clients have given up, the next
//! look-up may start, up to [`THREADS_MAX`] threads in all. While that many names hang, further look-ups wait until
//! `getaddrinfo` gives up one of them. The limit for that is in `resolv.conf(5)`.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use dns_lookup::{AddrInfoHints, LookupErrorKind};

use super::error::ConnectError;
use crate::transports::address::Family;
use crate::transports::error::describe;
use crate::transports::id::Id;

/// The token of the waker. No slot has this index, so it is not an id.
pub(crate) const WAKE: mio::Token = mio::Token(usize::MAX);

/// How many look-ups with clients run at the same time.
const AT_ONCE: usize = 4;

/// How many look-ups run at the same time, including those without clients.
const THREADS_MAX: usize = 16;

/// The answer to a look-up: addresses, in the order in which the system prefers them.
pub(crate) type Answer = Result<Vec<SocketAddr>, ConnectError>;

/// Looks up a name on the present thread. Returns addresses without a port, or the reason why there are none.
type ResolveFn = fn(&str, Family) -> Result<Vec<SocketAddr>, NoAddress>;

/// The reason why a name has no addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoAddress {
    /// The message of the system, such as `Name or service not known`.
    pub(super) text: String,
    /// Whether an answer said so. Otherwise, the name can have addresses: no name server has answered.
    pub(super) is_certain: bool,
}

/// The look-ups that wait or run. A resolver without look-ups costs nothing.
#[derive(Debug)]
pub(crate) struct Resolver {
    resolve: ResolveFn,
    link: Option<ThreadLink>,
    lookups: HashMap<Question, Lookup>,
    /// The questions that wait, in the order of their first clients.
    queue: VecDeque<Question>,
    /// The question of each client.
    clients: HashMap<Id, Question>,
    /// Answers that the loop has not taken yet.
    answers: VecDeque<(Id, Answer)>,
    /// How many look-ups run.
    running: usize,
    /// How many running look-ups have clients.
    wanted: usize,
}

/// The connection between the threads and the loop.
#[derive(Debug)]
struct ThreadLink {
    waker: Arc<mio::Waker>,
    sender: Sender<Found>,
    receiver: Receiver<Found>,
}

/// The result of a thread.
type Found = (Question, Result<Vec<SocketAddr>, NoAddress>);

/// The question of a look-up. The port makes no difference to the answer.
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
    /// The look-up was running already when the client came. An error of this look-up can be older than the question,
    /// so the client does not get it.
    is_late: bool,
}

impl Default for Resolver {
    fn default() -> Self {
        Self::new(ask_system)
    }
}

impl Resolver {
    fn new(resolve: ResolveFn) -> Self {
        Self {
            resolve,
            link: None,
            lookups: HashMap::new(),
            queue: VecDeque::new(),
            clients: HashMap::new(),
            answers: VecDeque::new(),
            running: 0,
            wanted: 0,
        }
    }

    /// Starts to look up `name` for `id`. A client has one question at a time.
    pub(crate) fn look_up(
        &mut self,
        registry: &mio::Registry,
        id: Id,
        name: &str,
        port: u16,
        family: Family,
    ) -> io::Result<()> {
        if self.link.is_none() {
            let (sender, receiver) = mpsc::channel();
            let waker = Arc::new(mio::Waker::new(registry, WAKE)?);
            self.link = Some(ThreadLink { waker, sender, receiver });
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

    /// Removes a client that no longer waits. Legal at any time.
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

    /// Takes the next answer, if there is one. To be called after each wake-up until there is none.
    pub(crate) fn next_answer(&mut self) -> Option<(Id, Answer)> {
        while self.answers.is_empty() {
            let (question, found) = self.link.as_ref()?.receiver.try_recv().ok()?;
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

    /// Gives what a thread has found to the clients. After an error, late clients ask again.
    fn found(&mut self, question: Question, found: Result<Vec<SocketAddr>, NoAddress>) {
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
                Err(why) => {
                    self.answers.push_back((client.id, Err(ConnectError::unresolved(&question.name, why))));
                }
            }
        }
    }

    /// Starts look-ups that wait, within the limits.
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
                // The next thread that ends leads to another try.
                Err(_) if self.running > 0 => return self.queue.push_front(question),
                Err(error) => self.cannot_start(&question, &error),
            }
        }
    }

    /// Starts a thread for a look-up.
    fn start(&self, question: &Question) -> io::Result<()> {
        let Some(link) = &self.link else { return Ok(()) };
        let (waker, sender) = (Arc::clone(&link.waker), link.sender.clone());
        let (resolve, question) = (self.resolve, question.clone());
        let job = move || {
            let found = resolve(&question.name, question.family);
            // Both fail only if the loop is gone, and then no client waits.
            let _ = sender.send((question, found));
            let _ = waker.wake();
        };
        std::thread::Builder::new().name("resolver".to_owned()).spawn(job).map(drop)
    }

    /// Tells the clients of `question` that the system starts no thread.
    fn cannot_start(&mut self, question: &Question, error: &io::Error) {
        let clients = self.lookups.remove(question).map(|lookup| lookup.clients).unwrap_or_default();
        for client in clients {
            // An `io::Error` cannot be cloned, but each client gets one.
            let error = io::Error::new(error.kind(), describe(error));
            self.answers.push_back((client.id, Err(ConnectError::no_resolver(&question.name, error))));
        }
        if let Some(link) = &self.link {
            // Waking fails only if the loop is gone.
            let _ = link.waker.wake();
        }
    }
}

/// Looks up `name` on this thread, however long that takes.
///
/// # Errors
/// The name has no addresses, or no answer has come.
pub(super) fn resolve(name: &str, port: u16, family: Family) -> Result<Vec<SocketAddr>, NoAddress> {
    let mut addresses = ask_system(name, family)?;
    addresses.iter_mut().for_each(|address| address.set_port(port));
    Ok(addresses)
}

/// `getaddrinfo(3)`.
fn ask_system(name: &str, family: Family) -> Result<Vec<SocketAddr>, NoAddress> {
    let address = match family {
        Family::Any => 0,
        Family::V4 => libc::AF_INET,
        Family::V6 => libc::AF_INET6,
    };
    let hints = AddrInfoHints { socktype: libc::SOCK_STREAM, address, ..AddrInfoHints::default() };
    let found = dns_lookup::getaddrinfo(Some(name), None, Some(hints)).map_err(|error| {
        let is_certain = matches!(error.kind(), LookupErrorKind::NoName | LookupErrorKind::NoData);
        let text = io::Error::from(error).to_string();
        // The standard library puts this before the message of getaddrinfo.
        let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned();
        NoAddress { text, is_certain }
    })?;
    let mut addresses = Vec::new();
    for info in found.flatten() {
        if !addresses.contains(&info.sockaddr) {
            addresses.push(info.sockaddr);
        }
    }
    if addresses.is_empty() {
        return Err(NoAddress { text: "no address found".to_owned(), is_certain: true });
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests;
