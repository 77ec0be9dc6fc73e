//! The simulator: the real loop on streams in memory, with a clock and a network that a seed rules.
//!
//! A test scripts the other end of each stream; [`Sim::run`] then turns the loop until nothing can happen any more,
//! jumping the clock from timer to timer. Nothing is mocked above the bare reads and writes.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::EventLoop;
use super::dispatch::Ready;
use crate::transports::id::{Half, Id};
use crate::transports::io::Io;
use crate::transports::memory::{Faults, Memory, Wire};
use crate::transports::net::{Call, Net};
use crate::transports::protocol::Handler;
use crate::transports::state::Phase;
use crate::transports::stream::Stream;

/// Turns after which a run that has not come to rest is a run that never will.
const TURNS_MAX: usize = 1_000_000;

/// A loop in a test tube.
pub(crate) struct Sim {
    pub(crate) event_loop: EventLoop,
    wires: Vec<(Id, Arc<Mutex<Wire>>)>,
    dice: Faults,
    /// Nothing goes wrong.
    calm: bool,
    started: Instant,
}

impl Sim {
    /// A simulator in which nothing goes wrong.
    pub(crate) fn new() -> Self {
        Self::with_seed(0)
    }

    /// A simulator whose misfortunes follow from `seed`.
    pub(crate) fn with_seed(seed: u64) -> Self {
        let event_loop = EventLoop::new().expect("a loop");
        let started = event_loop.net.now;
        Self { event_loop, wires: Vec::new(), dice: Faults { seed, ..Faults::default() }, calm: seed == 0, started }
    }

    pub(crate) fn net(&mut self) -> &mut Net {
        &mut self.event_loop.net
    }

    /// A connected stream with room for `room` bytes in its "kernel".
    pub(crate) fn stream(&mut self, room: usize, protocol: impl Into<Handler>) -> Id {
        let wire = Arc::new(Mutex::new(Wire { room, ..Wire::default() }));
        let io = Io::Memory(Memory::new(Arc::clone(&wire)));
        let net = &mut self.event_loop.net;
        let id = net.add_stream(Stream::new(io, Phase::Open, net.now)).expect("memory registers");
        net.calls.push_back((id, Call::SetProtocol(protocol.into())));
        net.calls.push_back((id, Call::ConnectionMade));
        self.wires.push((id, wire));
        id
    }

    /// Makes a stream behave as badly as the dice say.
    pub(crate) fn spoil(&mut self, id: Id) {
        let seed = self.dice.next();
        let chunk_max = [0, 1, 7, 1000, 100_000][self.dice.below(5)];
        let not_now_one_in = [0, 0, 3, 20][self.dice.below(4)];
        self.wire(id).faults = Faults { seed, chunk_max, not_now_one_in };
    }

    /// The other end of a stream.
    pub(crate) fn wire(&self, id: Id) -> MutexGuard<'_, Wire> {
        let (_, wire) = self.wires.iter().find(|(of, _)| *of == id).expect("a stream of this simulator");
        wire.lock().expect("no test panics while it holds a wire")
    }

    /// The other end sends.
    pub(crate) fn feed(&self, id: Id, data: &[u8]) {
        let mut wire = self.wire(id);
        wire.inbound.extend(data);
        wire.readable_edge = true;
    }

    /// The other end ends its direction.
    pub(crate) fn feed_end(&self, id: Id) {
        let mut wire = self.wire(id);
        wire.inbound_end = true;
        wire.readable_edge = true;
    }

    /// The other end resets: reads fail once what has arrived is read, and writes fail at once.
    pub(crate) fn reset(&self, id: Id) {
        let mut wire = self.wire(id);
        wire.read_error = Some(io::ErrorKind::ConnectionReset);
        wire.write_error = Some(io::ErrorKind::ConnectionReset);
        (wire.readable_edge, wire.writable_edge) = (true, true);
    }

    /// The other end reads: there is room for `n` more bytes.
    pub(crate) fn give_room(&self, id: Id, n: usize) {
        let mut wire = self.wire(id);
        wire.room = wire.room.saturating_add(n);
        wire.writable_edge = true;
    }

    pub(crate) fn sent(&self, id: Id) -> Vec<u8> {
        self.wire(id).outbound.clone()
    }

    /// A number below `n`, as the seed has it.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.dice.below(n)
    }

    /// How much time has passed.
    pub(crate) fn elapsed(&self) -> Duration {
        self.event_loop.net.now.duration_since(self.started)
    }

    /// One turn of the loop: pending edges, some that are none, and what was left over. Whether anything happened.
    pub(crate) fn turn(&mut self) -> bool {
        let now = self.event_loop.net.now;
        self.event_loop.begin_turn(now);
        let mut events = Vec::new();
        for (id, wire) in &self.wires {
            let mut wire = wire.lock().expect("no test panics while it holds a wire");
            let readable = std::mem::take(&mut wire.readable_edge);
            let writable = std::mem::take(&mut wire.writable_edge);
            if wire.closed.is_none() && (readable || writable) {
                let ended = wire.inbound_end || wire.read_error.is_some();
                events.push(Ready { write_dead: wire.write_error.is_some(), ..ready(*id, readable, writable, ended) });
            }
        }
        let happened = !events.is_empty();
        // Events may be spurious, and may be about what is gone.
        for _ in 0..self.dice.below(3) {
            if self.wires.is_empty() || self.calm {
                break;
            }
            let (id, _) = self.wires[self.dice.below(self.wires.len())];
            events.push(ready(id, self.dice.below(2) == 0, self.dice.below(2) == 0, false));
        }
        while !events.is_empty() {
            let next = self.dice.below(events.len());
            self.event_loop.event(events.swap_remove(next));
        }
        let due = self.event_loop.net.timers.next_deadline().is_some_and(|deadline| deadline <= now);
        self.event_loop.fire_timers();
        self.event_loop.end_turn();
        due || happened || !self.event_loop.net.calls.is_empty() || !self.event_loop.net.again.is_empty()
    }

    /// Turns the loop until nothing is left to do now; the clock stands still.
    pub(crate) fn settle(&mut self) {
        self.event_loop.run_calls();
        for _ in 0..TURNS_MAX {
            if !self.turn() {
                return;
            }
        }
        panic!("the loop does not come to rest");
    }

    /// Turns the loop until nothing will ever happen, jumping the clock from timer to timer.
    pub(crate) fn run(&mut self) {
        for _ in 0..TURNS_MAX {
            self.settle();
            let Some(deadline) = self.event_loop.net.timers.next_deadline() else { return };
            self.event_loop.net.now = self.event_loop.net.now.max(deadline);
        }
        panic!("the timers never end");
    }

    /// Lets `time` pass, and whatever is due in it.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.event_loop.net.now + time;
        self.settle();
        while let Some(deadline) = self.event_loop.net.timers.next_deadline().filter(|deadline| *deadline <= end) {
            self.event_loop.net.now = self.event_loop.net.now.max(deadline);
            self.settle();
        }
        self.event_loop.net.now = end;
        self.settle();
    }

    /// Asserts that nothing is left behind: no slot, no call, no timer, nobody on a list.
    #[track_caller]
    pub(crate) fn assert_nothing_left(&self) {
        let net = &self.event_loop.net;
        assert_eq!(net.slots.iter().count(), 0, "slots are left: {net:?}");
        assert!(net.calls.is_empty() && net.again.is_empty(), "calls are left: {net:?}");
        assert_eq!(net.timers.len(), 0, "timers are left: {net:?}");
        assert_eq!(net.foreground, 0, "the count of what keeps the loop running is off");
    }
}

fn ready(id: Id, readable: bool, writable: bool, read_ended: bool) -> Ready {
    Ready { id, half: Half::Read, readable, writable, read_ended, write_dead: false }
}
