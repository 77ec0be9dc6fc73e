//! The simulator: the real loop on streams and datagram sockets in memory, with a clock and a network that follow from
//! a seed.
//!
//! A test scripts the other ends. [`Sim::run`] turns the loop until nothing more can happen, and moves the clock
//! from timer to timer. Only the system calls are replaced: those of streams in `transports/tests/memory.rs`, those of
//! datagrams in `transports/tests/network.rs`.

use super::*;
use std::env;

use crate::transports::admission::Admissions;
use crate::transports::ctx::Ctx;
use crate::transports::net::Slot;
use crate::transports::tests::network::Memory as Socket;

/// After this many turns, a run that has not come to rest never will.
const TURNS_MAX: usize = 1_000_000;

/// How many seeds every run tries.
const SEEDS: u64 = 256;

/// Tries a property with many seeds, or with the one of `XPORT_SIM_SEED`.
pub(crate) fn for_each_seed(property: fn(&mut Sim)) {
    let only = env::var("XPORT_SIM_SEED").ok().map(|text| {
        let digits = text.trim_start_matches("0x");
        u64::from_str_radix(digits, 16).expect("XPORT_SIM_SEED is a hexadecimal number")
    });
    for seed in only.map_or(1..=SEEDS, |seed| seed..=seed) {
        let outcome = std::panic::catch_unwind(|| property(&mut Sim::with_seed(seed)));
        assert!(outcome.is_ok(), "replay with XPORT_SIM_SEED={seed:#x}");
    }
}

/// A loop in the simulator.
pub(crate) struct Sim {
    pub(crate) event_loop: EventLoop,
    wires: Vec<(Id, Arc<Mutex<Wire>>)>,
    networks: Vec<(Id, Arc<Mutex<Network>>)>,
    logs: Vec<(Id, Log)>,
    dice: Faults,
    /// Without faults.
    calm: bool,
    started: Instant,
}

impl Sim {
    /// A simulator without faults.
    pub(crate) fn new() -> Self {
        Self::with_seed(0)
    }

    /// A simulator with faults that follow from `seed`.
    pub(crate) fn with_seed(seed: u64) -> Self {
        let mut event_loop = EventLoop::new().expect("a loop");
        let started = event_loop.net.cx.now;
        event_loop.net.cx.timers.clock = Clock::Manual(started);
        let dice = Faults { seed, ..Faults::default() };
        Self { event_loop, wires: Vec::new(), networks: Vec::new(), logs: Vec::new(), dice, calm: seed == 0, started }
    }

    /// The same with one open stream.
    pub(crate) fn with_stream(room: usize, protocol: impl Into<Handler>) -> (Self, Id) {
        let mut sim = Self::new();
        let id = sim.stream(room, protocol);
        sim.settle();
        (sim, id)
    }

    pub(crate) fn net(&mut self) -> &mut Net {
        &mut self.event_loop.net
    }

    pub(crate) fn transport(&mut self, id: Id) -> Transport<'_> {
        self.net().transport(id)
    }

    pub(crate) fn datagram(&mut self, id: Id) -> DatagramTransport<'_> {
        self.net().datagram_transport(id)
    }

    /// The calls of a [`Recorder`] since the last question, once the loop has come to rest.
    pub(crate) fn told(&mut self, id: Id) -> Vec<String> {
        self.settle();
        self.told_so_far(id)
    }

    /// The same without waiting for the loop.
    pub(crate) fn told_so_far(&self, id: Id) -> Vec<String> {
        self.logs.iter().find(|(of, _)| *of == id).expect("it has a recorder").1.take()
    }

    /// A connected stream with room for `room` bytes in its "kernel".
    pub(crate) fn stream(&mut self, room: usize, protocol: impl Into<Handler>) -> Id {
        self.open(room, protocol.into(), |_| ())
    }

    /// A stream that has a peer, likewise.
    pub(crate) fn connection(&mut self, room: usize, protocol: impl Into<Handler>) -> Id {
        self.open(room, protocol.into(), |stream| stream.peer = Some(Box::new(Peer::Unnamed)))
    }

    /// The write end of a pipe, likewise.
    pub(crate) fn write_end(&mut self, room: usize, protocol: impl Into<Handler>) -> Id {
        self.open(room, protocol.into(), |stream| stream.state.write_only())
    }

    fn open(&mut self, room: usize, protocol: Handler, prepare: impl FnOnce(&mut Stream)) -> Id {
        let wire = Arc::new(Mutex::new(Wire { room, ..Wire::default() }));
        let io = Io::Memory(Memory::new(Arc::clone(&wire)));
        let net = &mut self.event_loop.net;
        let mut stream = Stream::new(io, Phase::Open, net.cx.now);
        prepare(&mut stream);
        net.cx.introduce(&mut stream);
        let id = net.add(Slot::Stream(stream)).expect("memory registers");
        let protocol_of: &dyn Any = match &protocol {
            Handler::Plain(protocol) => &**protocol,
            Handler::Buffered(protocol) => &**protocol,
        };
        self.logs.extend(protocol_of.downcast_ref().map(|recorder: &Recorder| (id, recorder.log())));
        net.cx.calls.push_back((id, Call::Install(Installed::Protocol(protocol))));
        net.cx.calls.push_back((id, Call::ConnectionMade));
        self.wires.push((id, wire));
        id
    }

    /// A datagram socket with room for `room` messages in its "kernel". A connected one has one peer, and gets errors.
    pub(crate) fn socket(&mut self, room: usize, connected: bool, protocol: impl DatagramProtocol + 'static) -> Id {
        let network = Arc::new(Mutex::new(Network::new(room, connected)));
        let net = &mut self.event_loop.net;
        let io = DatagramIo::Memory(Socket::new(Arc::clone(&network)));
        let mut socket = Datagram::new(io, Phase::Open, net.cx.now);
        socket.connected = connected;
        let id = net.add(Slot::Datagram(Box::new(socket))).expect("memory registers");
        let recorder = (&protocol as &dyn Any).downcast_ref::<DatagramRecorder>();
        self.logs.extend(recorder.map(|recorder| (id, recorder.log())));
        net.cx.calls.push_back((id, Call::Install(Installed::Datagram(Box::new(protocol)))));
        net.cx.calls.push_back((id, Call::ConnectionMade));
        self.networks.push((id, network));
        id
    }

    /// Makes a stream unreliable, by chance.
    pub(crate) fn spoil(&mut self, id: Id) {
        let seed = self.dice.next();
        let chunk_max = [0, 1, 7, 1000, 100_000][self.dice.below(5)];
        let not_now_one_in = [0, 0, 3, 20][self.dice.below(4)];
        self.wire(id).faults = Faults { seed, chunk_max, not_now_one_in };
    }

    /// Makes a socket and its network unreliable, by chance.
    pub(crate) fn spoil_socket(&mut self, id: Id) {
        let seed = self.dice.next();
        let chunk_max = [0, 1, 7, 64][self.dice.below(4)];
        let not_now_one_in = [0, 0, 3, 20][self.dice.below(4)];
        let astray_one_in = [0, 2, 10][self.dice.below(3)];
        let returned_one_in = [0, 2, 10][self.dice.below(3)];
        let no_segments = [None, None, Some(libc::EIO), Some(libc::EINVAL)][self.dice.below(4)];
        let bytes_max = [1000, 9000, 65_507][self.dice.below(3)];
        let mut network = self.network(id);
        network.faults = Faults { seed, chunk_max, not_now_one_in };
        network.astray_one_in = astray_one_in;
        network.returned_one_in = if network.connected { returned_one_in } else { 0 };
        (network.no_segments, network.bytes_max) = (no_segments, bytes_max);
    }

    /// The other ends of a datagram socket.
    pub(crate) fn network(&self, id: Id) -> MutexGuard<'_, Network> {
        let (_, network) = self.networks.iter().find(|(of, _)| *of == id).expect("a socket of this simulator");
        network.lock().expect("no test panics while it holds a network")
    }

    /// A peer sends to a socket.
    pub(crate) fn feed_from(&self, id: Id, data: &[u8], from: Remote) {
        self.network(id).feed(data, from);
    }

    /// Gives a socket room for `n` more messages.
    pub(crate) fn give_socket_room(&self, id: Id, n: usize) {
        let mut network = self.network(id);
        network.room = network.room.saturating_add(n);
        network.writable_edge = true;
    }

    /// The datagrams that a socket has sent, in order, with their destinations.
    pub(crate) fn sent_to(&self, id: Id) -> Vec<(Vec<u8>, Option<Remote>)> {
        let network = self.network(id);
        let each = network.outbound.iter().flat_map(|message| message.datagrams.iter().map(|data| (data, message.to)));
        each.map(|(data, to)| (data.clone(), to)).collect()
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

    /// The other end resets: reads fail after the bytes that have arrived, and writes fail at once.
    pub(crate) fn reset(&self, id: Id) {
        let mut wire = self.wire(id);
        wire.read_error = Some(io::ErrorKind::ConnectionReset);
        wire.write_error = Some(io::ErrorKind::ConnectionReset);
        (wire.readable_edge, wire.writable_edge) = (true, true);
    }

    /// The other end reads, which gives room for `n` more bytes.
    pub(crate) fn give_room(&self, id: Id, n: usize) {
        let mut wire = self.wire(id);
        wire.room = wire.room.saturating_add(n);
        wire.writable_edge = true;
    }

    pub(crate) fn sent(&self, id: Id) -> Vec<u8> {
        self.wire(id).outbound.clone()
    }

    /// A random number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.dice.below(n)
    }

    /// A pattern of at most one of these lengths.
    pub(crate) fn some_bytes(&mut self, most: [usize; 5]) -> Vec<u8> {
        let most = most[self.below(5)];
        let n = self.below(most + 1);
        let salt = self.below(1 << 20);
        (0..n).map(|i| ((i + salt).wrapping_mul(2_654_435_761) >> 13) as u8).collect()
    }

    fn set_clock(&mut self, now: Instant) {
        self.event_loop.net.cx.now = now;
        self.event_loop.net.cx.timers.clock = Clock::Manual(now);
    }

    /// How much time has passed.
    pub(crate) fn elapsed(&self) -> Duration {
        self.event_loop.net.cx.now.duration_since(self.started)
    }

    /// One turn of the loop: pending edges, some spurious ones, and the run queue. Returns whether anything happened.
    pub(crate) fn turn(&mut self) -> bool {
        let now = self.event_loop.net.cx.now;
        self.event_loop.begin_turn(now);
        let mut events = Vec::new();
        for (id, wire) in &self.wires {
            let mut wire = wire.lock().expect("no test panics while it holds a wire");
            let readable = std::mem::take(&mut wire.readable_edge);
            let writable = std::mem::take(&mut wire.writable_edge);
            if wire.closed.is_none() && (readable || writable) {
                let ended = wire.inbound_end || wire.read_error.is_some();
                events.push(Event { write_dead: wire.write_error.is_some(), ..ready(*id, readable, writable, ended) });
            }
        }
        for (id, network) in &self.networks {
            let mut network = network.lock().expect("no test panics while it holds a network");
            let readable = std::mem::take(&mut network.readable_edge);
            let writable = std::mem::take(&mut network.writable_edge);
            if !network.closed && (readable || writable) {
                events.push(ready(*id, readable, writable, network.error.is_some()));
            }
        }
        let happened = !events.is_empty();
        // Events can be spurious, and about transports that are gone.
        for _ in 0..self.dice.below(3) {
            let n = self.wires.len() + self.networks.len();
            if n == 0 || self.calm {
                break;
            }
            let which = self.dice.below(n);
            let id = self.wires.get(which).map_or_else(|| self.networks[which - self.wires.len()].0, |(id, _)| *id);
            events.push(ready(id, self.dice.below(2) == 0, self.dice.below(2) == 0, false));
        }
        while !events.is_empty() {
            let next = self.dice.below(events.len());
            self.event_loop.event(events.swap_remove(next));
        }
        let due = self.event_loop.net.cx.timers.next_deadline().is_some_and(|deadline| deadline <= now);
        self.event_loop.fire_timers();
        self.event_loop.end_turn();
        assert!(!self.event_loop.has_panicked, "a callback has panicked");
        let net = &self.event_loop.net;
        due || happened || !net.cx.calls.is_empty() || !net.cx.ready.is_empty() || !net.cx.cork.sockets.is_empty()
    }

    /// Turns the loop until nothing is left to do now. The clock stands still.
    pub(crate) fn settle(&mut self) {
        self.event_loop.run_calls();
        for _ in 0..TURNS_MAX {
            if !self.turn() {
                return;
            }
        }
        panic!("the loop does not come to rest");
    }

    /// Turns the loop until nothing will ever happen, and moves the clock from timer to timer.
    pub(crate) fn run(&mut self) {
        for _ in 0..TURNS_MAX {
            self.settle();
            let Some(deadline) = self.event_loop.net.cx.timers.next_deadline() else { return };
            self.set_clock(self.event_loop.net.cx.now.max(deadline));
        }
        panic!("the timers never end");
    }

    /// Lets `time` pass, with all timers in it.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.event_loop.net.cx.now + time;
        self.settle();
        while let Some(deadline) = self.event_loop.net.cx.timers.next_deadline().filter(|deadline| *deadline <= end) {
            self.set_clock(self.event_loop.net.cx.now.max(deadline));
            self.settle();
        }
        self.set_clock(end);
        self.settle();
    }

    /// Ends what a test leaves open.
    pub(crate) fn abort_all(&mut self) {
        let streams = self.wires.iter().map(|(id, _)| *id);
        let ids = Vec::from_iter(streams.chain(self.networks.iter().map(|(id, _)| *id)));
        for id in ids {
            self.transport(id).abort();
            self.datagram(id).abort();
        }
        self.run();
    }

    /// Expects that nothing is left: no slot, no call, no timer, no pipe, no id on a list, no open socket.
    #[track_caller]
    fn assert_nothing_left(&self) {
        let net = &self.event_loop.net;
        let Ctx { calls, ready, timers, pipes, rearm, looks, resolver, admissions, cork, foreground, .. } = &net.cx;
        assert_eq!(net.slots.iter().count(), 0, "slots are left: {net:?}");
        assert_eq!((calls.len(), &ready[..], timers.len()), (0, &[][..], 0), "calls or timers are left: {net:?}");
        assert_eq!(*foreground, 0, "the count of what keeps the loop running is off");
        assert_eq!(admissions.taken, 0, "the count of accepted connections is off");
        let Admissions { listeners, own, pending, waiters, .. } = admissions;
        assert!(listeners.is_empty() && own.is_empty() && pending.is_empty() && waiters.is_empty(), "{net:?} waits");
        assert!(rearm.streams.is_empty() && rearm.timer.is_none(), "a stream is still to be looked at: {net:?}");
        assert!(looks.next.is_none() && looks.under_way.is_empty(), "a peer is still to be looked at: {net:?}");
        assert!(resolver.is_idle(), "someone waits for an answer: {net:?}");
        assert_eq!((pipes.in_use(), cork.sockets.len(), cork.kept_bytes), (0, 0, 0), "pipes or datagrams are kept");
        for (id, wire) in &self.wires {
            assert!(wire.lock().expect("no test panics while it holds a wire").closed.is_some(), "{id:?} is open");
        }
        for (id, network) in &self.networks {
            assert!(network.lock().expect("no test panics while it holds a network").closed, "{id:?} is open");
        }
    }
}

/// Each test ends with everything that can still happen, and leaves nothing.
impl Drop for Sim {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.run();
            self.assert_nothing_left();
            self.event_loop.run().expect("a run ends at once");
        }
    }
}

fn ready(id: Id, readable: bool, writable: bool, read_ended: bool) -> Event {
    Event { id, direction: Direction::Read, readable, writable, read_ended, write_dead: false }
}
