//! Look-ups that hang, fail or come late, with a resolver of the test.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::*;
use crate::transports::id::Arena;

/// Longer than any step takes. Only a hang reaches it.
const DEADLINE: Duration = Duration::from_secs(60);

/// Names that hang, and how many threads look up each. Every test has its own names.
static HUNG: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());
static CHANGED: Condvar = Condvar::new();

fn hung() -> MutexGuard<'static, BTreeMap<String, usize>> {
    HUNG.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A name that begins with `mute` hangs until it is released, and then fails. Other names have an address.
fn look_up(name: &str, _family: Family) -> Result<Vec<SocketAddr>, NoAddress> {
    if !name.starts_with("mute") {
        return Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))]);
    }
    let mut names = hung();
    *names.entry(name.to_owned()).or_default() += 1;
    CHANGED.notify_all();
    while names.contains_key(name) {
        names = CHANGED.wait(names).unwrap_or_else(PoisonError::into_inner);
    }
    Err(NoAddress { text: "no answer".to_owned(), is_certain: false })
}

fn release(name: &str) {
    hung().remove(name);
    CHANGED.notify_all();
}

/// Waits until this many of these names are being looked up, each by one thread.
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

    /// Waits until the last look-up is over. No client is left that gets its answer.
    fn await_idle(&mut self) {
        let end = Instant::now() + DEADLINE;
        while !self.resolver.is_idle() {
            assert!(self.resolver.next_answer().is_none() && Instant::now() < end);
        }
    }
}

impl Resolver {
    /// Whether no look-up is under way, and no client waits.
    pub(crate) fn is_idle(&self) -> bool {
        let Self { lookups, queue, clients, answers, running, wanted, .. } = self;
        [lookups.len(), queue.len(), clients.len(), answers.len(), *running, *wanted] == [0; 6]
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
    // The clients came during the look-up, so they get another one.
    while !hung().contains_key("mute.crowd") {
        assert!(bench.resolver.next_answer().is_none());
    }
    await_threads("mute.crowd", 1);
    release("mute.crowd");
    let told = Vec::from_iter(crowd[2990..].iter().map(|_| bench.answer()));
    assert!(told.iter().all(|(_, answer)| answer.is_err()));
    let told = Vec::from_iter(told.into_iter().map(|(id, _)| id));
    assert_eq!(told, crowd[2990..]);
    assert!(bench.resolver.is_idle());
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
    // A client that gives up removes its question, unless the look-up runs.
    waiting.iter().for_each(|id| bench.resolver.give_up(*id));
    assert_eq!((bench.resolver.queue.len(), bench.resolver.lookups.len()), (1, AT_ONCE + 1));
    bench.resolver.give_up(first[0]);
    assert_eq!(bench.answer().0, works);
    // The number of look-ups without clients is limited, too.
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
    bench.await_idle();
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
    // A client that asks again joins the running look-up.
    bench.resolver.give_up(late);
    bench.ask_for(late, "mute.late", 80);
    assert_eq!((bench.resolver.running, bench.resolver.wanted), (1, 1));
    bench.resolver.give_up(late);
    release("mute.late");
    bench.await_idle();
}
