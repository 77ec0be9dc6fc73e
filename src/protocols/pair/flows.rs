//! A UDP socket that serves many, as the left end of a relay: each sender has a right end of its own.
//!
//! Datagrams have no end that could be passed on, so a flow is over when nothing has moved in it for a while. Senders
//! can be forged. So the number of flows has a limit, and so has everything that waits for right ends that are not open
//! yet.
//!
//! ```text
//!                        place free                      idle, or its right end goes
//!   unknown sender ---------------------------> Served ------------------------------> unknown
//!        |                                       ^  |
//!        |  no place: another makes room         |  +--- makes room: its right end leaves ---> unknown
//!        +----------------> Newcomer ------------+
//!                                place free
//! ```
//!
//! A right end keeps its place until it is gone, which takes a child or a connection some time. What a newcomer sends
//! waits until then. `ages.rs` decides which flow makes room. All sockets of a run share one table.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use super::ages::{Age, Ages, source};
use super::waiting::{FlowPlace, FlowPlaces, Gone, Kept, Key};
use super::{Connector, End, Inbound, PairOptions, Waiting};
use crate::transports::datagram::Remote;
use crate::transports::datagram::handle::DatagramTransport;
use crate::transports::id::Id;
use crate::transports::info::{Info, Peer, canonical};
use crate::transports::net::Net;
use crate::transports::number::Number;
use crate::transports::timers::TimerId;

/// The most senders that wait for a place.
const NEWCOMERS_MAX: usize = 512;
/// The most senders of one address among them, once half of the room is taken.
const NEWCOMERS_FEW: usize = 16;

/// A warning is repeated if its cause comes back after this time.
const EPISODE: Duration = Duration::from_secs(60);

/// The flows of all sockets of a run.
#[derive(Debug)]
pub struct Flows {
    connector: Connector,
    options: PairOptions,
    idle_timeout: Duration,
    /// The most flows, as the user or the mode has set it.
    limit: usize,
    /// How many flows there were when this machine last ran out of descriptors.
    room: usize,
    places: Rc<FlowPlaces>,
    table: HashMap<Key, Flow>,
    ages: Ages,
    /// Senders that wait for a place, in the order of their first datagrams.
    newcomers: VecDeque<Newcomer>,
    kept: HashMap<Key, Weak<Kept>>,
    /// Right ends that have made room and are not gone yet. What they still send goes to their senders.
    leaving: HashMap<Number, (Id, End)>,
    /// Bytes for right ends that are not open yet.
    waiting: Rc<Cell<usize>>,
    pub(super) sweep_timer: Option<TimerId>,
    losses: Losses,
}

/// The state of one sender.
#[derive(Debug)]
struct Flow {
    right: End,
    /// The number of the flow in messages. Another flow of the same sender has another number.
    number: Number,
    /// Datagrams for a right end that is not open yet.
    kept: Weak<Kept>,
    /// The time of the sender's last datagram.
    heard: Instant,
    age: Age,
}

/// A sender that waits for a place.
#[derive(Debug)]
struct Newcomer {
    key: Key,
    remote: Remote,
    waiting: Waiting,
}

/// The losses by too many senders.
#[derive(Debug, Default)]
struct Losses {
    datagrams: u64,
    /// Flows that have made room for others.
    reclaimed: u64,
    /// When each kind of loss last happened.
    crowd: Option<Instant>,
    slowness: Option<Instant>,
    room: Option<Instant>,
    loop_seen: bool,
}

impl Flow {
    fn last_activity(&self, net: &mut Net) -> Instant {
        self.right.last_activity(net).map_or(self.heard, |moved| moved.max(self.heard))
    }
}

/// Whether this is the first loss of its kind for a while.
fn is_new_episode(last: &mut Option<Instant>, now: Instant) -> bool {
    last.replace(now).is_none_or(|last| now.duration_since(last) >= EPISODE)
}

impl Flows {
    /// A right end of `connector` for each sender, at most `limit` at once. A flow is over when nothing has moved in it
    /// for `idle_timeout`.
    #[must_use]
    pub fn new(connector: Connector, options: PairOptions, idle_timeout: Duration, limit: usize) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self {
            connector,
            options,
            idle_timeout,
            limit,
            room: limit,
            places: Rc::default(),
            table: HashMap::new(),
            ages: Ages::default(),
            newcomers: VecDeque::new(),
            kept: HashMap::new(),
            leaving: HashMap::new(),
            waiting: Rc::default(),
            sweep_timer: None,
            losses: Losses::default(),
        }))
    }

    /// Passes a datagram on to the right end of its sender. A new sender gets a right end, or waits for a place.
    pub(super) fn receive(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], from: &Remote) {
        let (key, now) = (Key { socket: t.id(), address: from.address() }, t.net().now());
        let Some(flow) = self.table.get_mut(&key) else { return self.receive_from_unknown(t, key, data, from) };
        if !flow.right.takes_input(t.net()) {
            if !flow.right.is_there(t.net()) {
                self.forget(&key);
                self.receive_from_unknown(t, key, data, from);
            }
            // Otherwise the right end takes nothing more but is still there: a child that has closed its stdin, for
            // example.
            return;
        }
        flow.heard = now;
        let is_taken = match flow.kept.upgrade() {
            Some(kept) => kept.keep(data),
            None if flow.right.is_full(t.net()) => false,
            None => {
                flow.right.pass(t.net(), data);
                true
            }
        };
        if !is_taken {
            self.lost_by_slowness(from, now);
        }
    }

    /// A datagram of a sender without a right end.
    fn receive_from_unknown(&mut self, t: &mut DatagramTransport<'_>, key: Key, data: &[u8], from: &Remote) {
        let now = t.net().now();
        if let Some(kept) = self.kept.get(&key).and_then(Weak::upgrade) {
            if !kept.keep(data) {
                self.lost_by_crowd(1, now);
            }
            return;
        }
        let (waiting, kept) = Waiting::begin(Rc::clone(&self.waiting));
        let is_admitted = self.admits(key);
        if !is_admitted || !kept.upgrade().is_some_and(|kept| kept.keep(data)) {
            self.lost_by_crowd(1, now);
        }
        if !is_admitted {
            return;
        }
        self.kept.insert(key, kept);
        self.newcomers.push_back(Newcomer { key, remote: *from, waiting });
        self.serve_newcomers(t.net());
        self.arm_sweep(t);
    }

    /// The most flows at present.
    fn capacity(&self) -> usize {
        self.limit.min(self.room)
    }

    /// Whether another sender may wait for a place.
    fn admits(&self, key: Key) -> bool {
        if self.newcomers.len() < NEWCOMERS_MAX / 2 {
            return true;
        }
        let from = source(key.address);
        let of_one = self.newcomers.iter().filter(|newcomer| source(newcomer.key.address) == from).count();
        self.newcomers.len() < NEWCOMERS_MAX && of_one < NEWCOMERS_FEW
    }

    /// Gives free places to newcomers, and has other flows make room for the rest of them.
    fn serve_newcomers(&mut self, net: &mut Net) {
        while self.places.taken() < self.capacity() {
            let Some(newcomer) = self.newcomers.pop_front() else { return };
            self.open(net, newcomer);
        }
        while self.leaving.len() < self.newcomers.len() {
            let Some(key) = self.next_to_leave(net) else { return };
            self.make_room(net, &key);
        }
    }

    /// Opens the right end of a newcomer, for which there is a place.
    fn open(&mut self, net: &mut Net, newcomer: Newcomer) {
        let Newcomer { key, remote, waiting } = newcomer;
        let kept = self.kept.remove(&key).unwrap_or_default();
        let number = net.new_number();
        log::info!("{number}datagrams from {remote}");
        let place = FlowPlace::new(key, number, &self.places);
        let (datagrams, now) = (waiting.len() as u64, net.now());
        let end = End::Flow { socket: key.socket, remote };
        let info = Info { number, ..sender_info(net, key.socket, &remote) };
        let left = Inbound { end, info, waiting, place: Some(place) };
        match self.connector.open(net, left) {
            Ok(right) => {
                let age = self.ages.insert(key, now);
                self.table.insert(key, Flow { right, number, kept, heard: now, age });
            }
            Err(failure) => {
                self.losses.datagrams += datagrams;
                self.options.fail(number, failure);
            }
        }
    }

    /// The flow that has to make room next, if there is one. This updates ages on the way. A flow whose right end is
    /// not open yet stays, because datagrams wait for that end.
    fn next_to_leave(&mut self, net: &mut Net) -> Option<Key> {
        loop {
            let (age, key) = self.ages.next()?;
            let flow = self.table.get_mut(&key)?;
            let is_open = flow.kept.strong_count() == 0;
            let active = if is_open { flow.last_activity(net) } else { net.now() };
            if active <= age.0 {
                return is_open.then_some(key);
            }
            flow.age = self.ages.touch(age, active);
        }
    }

    /// Ends the flow of a sender in favour of another sender.
    fn make_room(&mut self, net: &mut Net, key: &Key) {
        let now = net.now();
        if is_new_episode(&mut self.losses.room, now) {
            let most = self.capacity();
            log::warn!("limit of {most} senders reached: a new sender replaces the one that has been silent longest");
        }
        self.losses.reclaimed += 1;
        self.leave(net, key);
    }

    /// Ends the flow of a sender.
    fn leave(&mut self, net: &mut Net, key: &Key) {
        let Some(flow) = self.forget(key) else { return };
        let unsent = flow.kept.upgrade().map_or(0, |kept| kept.len());
        if unsent > 0 {
            self.lost_by_crowd(unsent as u64, net.now());
        }
        self.leaving.insert(flow.number, (key.socket, flow.right));
        flow.right.finish(net);
    }

    /// Removes a flow from the table. Its right end keeps its place until it is gone.
    fn forget(&mut self, key: &Key) -> Option<Flow> {
        let flow = self.table.remove(key)?;
        self.ages.remove(flow.age);
        Some(flow)
    }

    /// Right ends have gone, and their places are free; or right ends have opened, and can make room.
    pub(super) fn look_at_places(&mut self, net: &mut Net) {
        for Gone { key, number, unsent } in self.places.take_gone() {
            self.leaving.remove(&number);
            if self.table.get(&key).is_some_and(|flow| flow.number == number) {
                self.forget(&key);
            }
            if let Some((remote, waiting)) = unsent {
                self.try_again(net, key, remote, waiting);
            }
        }
        self.serve_newcomers(net);
    }

    /// A right end could not be opened because this machine lacked descriptors or the like. Another flow makes room, if
    /// there is one.
    fn try_again(&mut self, net: &mut Net, key: Key, remote: Remote, waiting: Waiting) {
        let datagrams = waiting.len() as u64;
        if self.table.is_empty() || self.kept.contains_key(&key) || self.table.contains_key(&key) || !self.admits(key) {
            return self.lost_by_crowd(datagrams, net.now());
        }
        self.room = self.table.len();
        self.kept.insert(key, waiting.half());
        self.newcomers.push_front(Newcomer { key, remote, waiting });
    }

    /// Counts datagrams for which there was no room, and warns at the first loss for a while.
    fn lost_by_crowd(&mut self, datagrams: u64, now: Instant) {
        self.losses.datagrams += datagrams;
        if is_new_episode(&mut self.losses.crowd, now) {
            let most = self.capacity();
            log::warn!("datagrams are lost: limit of {most} senders reached, and too many new senders wait");
        }
    }

    /// Counts a datagram that a right end did not take, and warns at the first loss for a while.
    fn lost_by_slowness(&mut self, from: &Remote, now: Instant) {
        self.losses.datagrams += 1;
        if is_new_episode(&mut self.losses.slowness, now) {
            log::warn!("datagrams from {from} are lost: the other side does not take them in time");
        }
    }

    /// Refuses a datagram that a service like this one has sent as an answer, or that is forged.
    pub(super) fn refuse(&mut self, t: &DatagramTransport<'_>, from: &Remote) {
        // A stranger must not be able to fill a log with warnings.
        let is_first = !std::mem::replace(&mut self.losses.loop_seen, true);
        let level = if is_first { log::Level::Warn } else { log::Level::Info };
        let number = t.number();
        log::log!(level, "{number}refused a datagram from {from}: another server sent it as an answer");
    }

    /// Arms the timer of the next sweep, if it is not armed.
    fn arm_sweep(&mut self, t: &mut DatagramTransport<'_>) {
        if self.sweep_timer.is_none() {
            // A flow stays for at most half as long again.
            self.sweep_timer = Some(t.call_later(self.idle_timeout / 2));
        }
    }

    /// Ends the flows that are over or idle for too long.
    pub(super) fn sweep(&mut self, t: &mut DatagramTransport<'_>) {
        let (now, limit) = (t.net().now(), self.idle_timeout);
        // There may be more room by now.
        self.room = self.limit;
        let is_over = |key: &Key, flow: &Flow, net: &mut Net| {
            let is_idle = now.duration_since(flow.last_activity(net)) >= limit;
            if is_idle {
                log::info!("{}{}: idle for {limit:?}", flow.number, key.address);
            }
            is_idle || !flow.right.takes_input(net)
        };
        let over = self.table.iter().filter(|(key, flow)| is_over(key, flow, t.net()));
        for key in over.map(|(key, _)| *key).collect::<Vec<_>>() {
            self.leave(t.net(), &key);
        }
        self.serve_newcomers(t.net());
        if !self.table.is_empty() || !self.leaving.is_empty() || !self.newcomers.is_empty() {
            self.arm_sweep(t);
        }
    }

    /// The right ends of one socket, including those that are about to end.
    pub(super) fn rights_of(&self, socket: Id) -> Vec<End> {
        let served = self.table.iter().map(|(key, flow)| (key.socket, flow.right));
        let rights = served.chain(self.leaving.values().copied());
        rights.filter(|(of, _)| *of == socket).map(|(_, right)| right).collect()
    }

    /// Logs how many datagrams and flows were lost to the crowd of senders, once.
    pub(super) fn log_losses(&mut self) {
        let left = self.newcomers.drain(..).map(|newcomer| newcomer.waiting.len() as u64).sum::<u64>();
        let lost = std::mem::take(&mut self.losses.datagrams) + left;
        if lost > 0 {
            log::warn!("{lost} datagrams are lost: there was no room for them");
        }
        let reclaimed = std::mem::take(&mut self.losses.reclaimed);
        if reclaimed > 0 {
            log::info!("{reclaimed} senders were replaced by new ones");
        }
    }
}

/// The facts about a sender, and the address that it wrote to.
fn sender_info(net: &mut Net, socket: Id, remote: &Remote) -> Info {
    let mut info = net.datagram_transport(socket).info();
    if let (Some(ip), Some(Peer::Ip(bound))) = (remote.local(), &mut info.local) {
        bound.set_ip(ip);
    }
    info.peer = Some(Peer::Ip(canonical(remote.address())));
    info
}
