//! Names to addresses, off the loop: `getaddrinfo(3)` can take minutes and cannot be cancelled.
//!
//! Look-ups run on threads, a few at a time, and the others wait in a queue. Clients that ask for the same name share one
//! look-up. What is done with the addresses is `dialing.rs`, which also keeps the time limits.
//!
//! ```text
//!   Queued ---a thread takes it---> Running ---answer---> its clients are told
//!     |                               |
//!     +-- no client left: dropped     +-- no client left: it goes on, and no longer counts
//! ```
//!
//! A name that hangs takes one thread, however many clients want it. When its clients have given up, another look-up gets
//! its turn, up to [`THREADS_MAX`] in all. Beyond that many names that hang at once, the others wait until `getaddrinfo`
//! gives up one of them, which the system's `resolv.conf(5)` says when.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use dns_lookup::AddrInfoHints;

use super::address::Family;
use super::dial::{ConnectError, ConnectErrorKind};
use super::error::describe;
use super::id::Id;

/// The token of the waker, which no id packs to: no slot has this index.
pub(crate) const WAKE: mio::Token = mio::Token(usize::MAX);

/// Look-ups with clients that run at once.
const AT_ONCE: usize = 4;

/// Look-ups that run at once, those without clients included.
const THREADS_MAX: usize = 16;

/// The answer to one look-up: addresses in the system's order of preference.
pub(crate) type Answer = Result<Vec<SocketAddr>, Unresolved>;

/// Why a name has no addresses.
#[derive(Clone, Debug)]
pub(crate) struct Unresolved {
    text: String,
    is_local: bool,
}

impl Unresolved {
    /// The same as the failure of a connection to `name`.
    pub(crate) fn about(self, name: &str) -> ConnectError {
        let error = ConnectError::new(format!("resolve {name}: {}", self.text));
        if self.is_local { error.with_kind(ConnectErrorKind::Local) } else { error }
    }
}

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
    /// It has come when the look-up was running already. An error may be older than its question, so it is not told of it.
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
                    let error = Unresolved { text: text.clone(), is_local: false };
                    self.answers.push_back((client.id, Err(error)));
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
        let error = Unresolved { text: describe(error), is_local: true };
        let clients = self.lookups.remove(question).map(|lookup| lookup.clients).unwrap_or_default();
        self.answers.extend(clients.iter().map(|client| (client.id, Err(error.clone()))));
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
mod tests {
    use std::collections::BTreeMap;
    use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::transports::id::Arena;

    /// Longer than anything here takes: only a hang gets there.
    const DEADLINE: Duration = Duration::from_secs(60);

    /// Names that hang, and how many threads ask for each. Every test has names of its own.
    static HUNG: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());
    static CHANGED: Condvar = Condvar::new();

    fn hung() -> MutexGuard<'static, BTreeMap<String, usize>> {
        HUNG.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name that begins with `mute` hangs until it is released, and then fails; the others have an address.
    fn look_up(name: &str, _family: Family) -> Result<Vec<SocketAddr>, String> {
        if !name.starts_with("mute") {
            return Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))]);
        }
        let mut names = hung();
        *names.entry(name.to_owned()).or_default() += 1;
        CHANGED.notify_all();
        while names.contains_key(name) {
            names = CHANGED.wait(names).unwrap_or_else(PoisonError::into_inner);
        }
        Err("no answer".to_owned())
    }

    fn release(name: &str) {
        hung().remove(name);
        CHANGED.notify_all();
    }

    /// Waits until so many of these names are being looked up, each by one thread.
    #[track_caller]
    fn await_threads(prefix: &str, count: usize) {
        let end = Instant::now() + DEADLINE;
        let mut names = hung();
        loop {
            let threads: usize = names.iter().filter(|(name, _)| name.starts_with(prefix)).map(|(_, n)| n).sum();
            if threads == count {
                return;
            }
            assert!(threads < count && Instant::now() < end, "{threads} threads instead of {count}");
            names = CHANGED.wait_timeout(names, Duration::from_secs(1)).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    struct Bench {
        poll: mio::Poll,
        resolver: Resolver,
        ids: Arena<()>,
    }

    impl Bench {
        fn new() -> Self {
            let poll = mio::Poll::new().expect("a poll");
            Self { poll, resolver: Resolver::new(look_up), ids: Arena::new() }
        }

        fn ask(&mut self, name: &str, port: u16) -> Id {
            let id = self.ids.insert(());
            self.ask_for(id, name, port);
            id
        }

        fn ask_for(&mut self, id: Id, name: &str, port: u16) {
            self.resolver.look_up(self.poll.registry(), id, name, port, Family::Any).expect("a waker");
        }

        #[track_caller]
        fn answer(&mut self) -> (Id, Answer) {
            let end = Instant::now() + DEADLINE;
            let mut events = mio::Events::with_capacity(8);
            loop {
                if let Some(answer) = self.resolver.next_answer() {
                    return answer;
                }
                assert!(Instant::now() < end, "no answer");
                self.poll.poll(&mut events, Some(Duration::from_millis(100))).expect("it polls");
            }
        }

        fn is_empty(&self) -> bool {
            let Resolver { lookups, queue, clients, answers, running, wanted, .. } = &self.resolver;
            lookups.is_empty()
                && queue.is_empty()
                && clients.is_empty()
                && answers.is_empty()
                && (*running, *wanted) == (0, 0)
        }
    }

    #[test]
    fn many_clients_of_a_name_that_hangs_take_one_thread_and_keep_no_other_name_waiting() {
        let mut bench = Bench::new();
        let crowd = Vec::from_iter((0..3000).map(|_| bench.ask("mute.crowd", 80)));
        await_threads("mute.crowd", 1);
        let other = bench.ask("works", 443);
        let (id, answer) = bench.answer();
        assert_eq!((id, answer.expect("it is known")), (other, vec![SocketAddr::from(([127, 0, 0, 1], 443))]));
        for id in &crowd[..2990] {
            bench.resolver.give_up(*id);
        }
        release("mute.crowd");
        // They came when the look-up was running already, so they have one more.
        while !hung().contains_key("mute.crowd") {
            assert!(bench.resolver.next_answer().is_none());
        }
        await_threads("mute.crowd", 1);
        release("mute.crowd");
        let told = Vec::from_iter(crowd[2990..].iter().map(|_| bench.answer()));
        assert!(told.iter().all(|(_, answer)| answer.is_err()));
        let told = Vec::from_iter(told.into_iter().map(|(id, _)| id));
        assert_eq!(told, crowd[2990..]);
        assert!(bench.is_empty());
    }

    #[test]
    fn names_that_hang_have_a_limit_and_give_up_their_places_with_their_clients() {
        let mut bench = Bench::new();
        let mute = |n: usize| format!("mute.limit.{n}");
        let first = Vec::from_iter((0..AT_ONCE).map(|n| bench.ask(&mute(n), 80)));
        await_threads("mute.limit", AT_ONCE);
        let works = bench.ask("works", 80);
        let waiting = Vec::from_iter((10..20).map(|n| bench.ask(&mute(n), 80)));
        assert_eq!((bench.resolver.running, bench.resolver.queue.len()), (AT_ONCE, 11));
        // A client that gives up takes its question along, unless that is being asked.
        waiting.iter().for_each(|id| bench.resolver.give_up(*id));
        assert_eq!((bench.resolver.queue.len(), bench.resolver.lookups.len()), (1, AT_ONCE + 1));
        bench.resolver.give_up(first[0]);
        assert_eq!(bench.answer().0, works);
        // Those that go on in vain are not too many either.
        first[1..].iter().for_each(|id| bench.resolver.give_up(*id));
        for n in 20..100 {
            let id = bench.ask(&mute(n), 80);
            bench.resolver.give_up(id);
        }
        await_threads("mute.limit", THREADS_MAX);
        assert_eq!((bench.resolver.running, bench.resolver.wanted), (THREADS_MAX, 0));
        let last = bench.ask("works", 80);
        release(&mute(0));
        assert_eq!(bench.answer().0, last);
        (1..100).for_each(|n| release(&mute(n)));
        let end = Instant::now() + DEADLINE;
        while !bench.is_empty() {
            assert!(bench.resolver.next_answer().is_none() && Instant::now() < end);
        }
    }

    #[test]
    fn a_client_that_comes_late_is_not_told_of_an_older_error() {
        let mut bench = Bench::new();
        let early = bench.ask("mute.late", 80);
        await_threads("mute.late", 1);
        let late = bench.ask("mute.late", 80);
        release("mute.late");
        let (id, answer) = bench.answer();
        assert!(id == early && answer.is_err());
        await_threads("mute.late", 1);
        // One that asks again has the look-up that is running already.
        bench.resolver.give_up(late);
        bench.ask_for(late, "mute.late", 80);
        assert_eq!((bench.resolver.running, bench.resolver.wanted), (1, 1));
        bench.resolver.give_up(late);
        release("mute.late");
        let end = Instant::now() + DEADLINE;
        while !bench.is_empty() {
            assert!(bench.resolver.next_answer().is_none() && Instant::now() < end);
        }
    }
}
