//! Properties of forwarded streams on any network: random faults, from a seed.
//!
//! Streams in memory have no descriptors, so all bytes are copied here. `tests/it/streams/forwarding.rs` tests moves by
//! the kernel with the real program.

use super::*;

/// The most bytes of a script.
const LENGTHS: [usize; 5] = [0, 1, 100, 5000, 30_000];
const HIGH_WATER: usize = 1000;
/// The most bytes that one read can add to a buffer that was not over high water.
const CHUNK_MAX: usize = SCRATCH_BYTES;

/// A call of a protocol.
#[derive(Debug, PartialEq, Eq)]
enum SideCall {
    Data(Vec<u8>),
    /// The end, with the bytes received by then and the bytes passed to the other side.
    End {
        received: u64,
        handed_on: u64,
    },
    Lost(Option<io::ErrorKind>),
}

/// One of two sides: passes the end on, closes both once both have ended, and resets the other if it fails.
struct Side {
    other: Id,
    log: Log<SideCall>,
}

impl Protocol for Side {
    fn data_received(&mut self, _t: &mut Transport<'_>, data: &[u8]) {
        self.log.add(SideCall::Data(data.into()));
    }
    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        let received = t.info().totals.received;
        let mut other = t.peer(self.other);
        let handed_on = other.info().totals.sent + other.write_buffer_size() as u64;
        self.log.add(SideCall::End { received, handed_on });
        other.write_eof();
        if !other.is_at_eof() {
            return Eof::KeepOpen;
        }
        other.close();
        Eof::Close
    }
    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        let mut other = t.peer(self.other);
        match error {
            Some(_) => other.close_by_reset(),
            None => other.close(),
        }
        self.log.add(SideCall::Lost(error.map(|error| error.kind())));
    }
}

/// An unreliable stream with the other side `other`, and its calls.
fn side(sim: &mut Sim, other: Id) -> (Id, Log<SideCall>) {
    let log = Log::new();
    let id = sim.stream(0, Side { other, log: log.clone() });
    sim.spoil(id);
    (id, log)
}

/// Two unreliable streams that are forwarded to each other, with small buffers.
fn pair(sim: &mut Sim) -> ([Id; 2], [Log<SideCall>; 2]) {
    let first = sim.stream(0, Recorder::new());
    sim.spoil(first);
    let (second, second_log) = side(sim, first);
    let log = Log::new();
    sim.transport(first).set_protocol(Side { other: second, log: log.clone() });
    for (from, to) in [(first, second), (second, first)] {
        sim.transport(from).set_write_buffer_limits(marks(HIGH_WATER));
        sim.transport(from).forward_to(to);
    }
    ([first, second], [log, second_log])
}

fn marks(high: usize) -> WaterMarks {
    WaterMarks::new(high, None).expect("marks")
}

/// Bytes to send into a stream, piece by piece.
struct Script<'a> {
    from: Id,
    rest: &'a [u8],
    ended: bool,
}

impl<'a> Script<'a> {
    fn new(from: Id, data: &'a [u8]) -> Self {
        Self { from, rest: data, ended: false }
    }

    /// Sends the next piece, or the end after the last one. Returns false after the end.
    fn step(&mut self, sim: &mut Sim) -> bool {
        if self.ended {
            return false;
        }
        let (piece, rest) = self.rest.split_at(sim.below(self.rest.len() + 1));
        self.rest = rest;
        sim.feed(self.from, piece);
        if rest.is_empty() {
            sim.feed_end(self.from);
            self.ended = true;
        }
        true
    }
}

/// Makes a turn, gives one of the streams some room, and checks the bound on memory.
fn turn(sim: &mut Sim, ids: &[Id]) {
    sim.turn();
    let id = ids[sim.below(ids.len())];
    let room = sim.below(3000);
    sim.give_room(id, room);
    ids.iter().for_each(|id| assert_bounded(sim, *id, HIGH_WATER));
}

/// Runs until the streams have read everything, with room for all of it.
fn drain(sim: &mut Sim, ids: &[Id]) {
    sim.run();
    ids.iter().for_each(|id| sim.give_room(*id, 1 << 20));
    sim.run();
}

#[track_caller]
fn assert_bounded(sim: &mut Sim, id: Id, high: usize) {
    let buffered = sim.transport(id).write_buffer_size();
    assert!(buffered <= high + CHUNK_MAX, "{buffered} bytes are buffered");
}

/// Expects that an unread stream has a reason: it is empty, its sink has no room, or it is paused.
#[track_caller]
fn assert_rested(sim: &mut Sim, from: Id, to: Id) {
    let wire = sim.wire(from);
    let is_drained = wire.inbound.is_empty();
    drop(wire);
    let net = sim.net();
    let Some(stream) = net.slots.stream(from) else { return };
    if is_drained || stream.gate.paused || !stream.state.delivers() {
        return;
    }
    assert!(stream.gate.blocked_by_sink, "{from:?} has bytes to read, and nobody reads it");
    let takes = net.slots.stream(to).is_some_and(|sink| sink.state.accepts_writes());
    let is_full = sim.wire(to).room == 0;
    assert!(!takes || is_full, "{from:?} is held, although {to:?} has room");
}

/// The bytes in the calls of a protocol, in order.
fn data_of(log: &Log<SideCall>) -> Vec<u8> {
    let data =
        log.take().into_iter().filter_map(|told| if let SideCall::Data(data) = told { Some(data) } else { None });
    data.flatten().collect()
}

#[test]
fn both_directions_arrive_whole_and_the_end_comes_after_the_last_byte() {
    for_each_seed(|sim| {
        let (ids, logs) = pair(sim);
        let data = [sim.some_bytes(LENGTHS), sim.some_bytes(LENGTHS)];
        let mut scripts = [Script::new(ids[0], &data[0]), Script::new(ids[1], &data[1])];
        while scripts.iter().any(|script| !script.ended) {
            let which = sim.below(2);
            scripts[which].step(sim);
            (0..sim.below(4)).for_each(|_| turn(sim, &ids));
        }
        sim.run();
        for (from, to) in [(ids[0], ids[1]), (ids[1], ids[0])] {
            assert_rested(sim, from, to);
            assert!(sim.sent(to).len() <= data[usize::from(from == ids[1])].len());
        }
        drain(sim, &ids);
        for which in 0..2 {
            assert!(sim.sent(ids[1 - which]) == data[which], "not the same bytes");
            assert!(sim.wire(ids[which]).outbound_end);
            let all = data[which].len() as u64;
            assert_eq!(logs[which].take(), [SideCall::End { received: all, handed_on: all }, SideCall::Lost(None)]);
        }
    });
}

/// Bytes that do not fit stay at their source.
#[test]
fn no_more_is_read_than_the_buffer_takes() {
    for_each_seed(|sim| {
        let (ids, _logs) = pair(sim);
        let high = [0, 1, HIGH_WATER, CHUNK_MAX][sim.below(4)];
        sim.transport(ids[1]).set_write_buffer_limits(marks(high));
        for id in ids {
            let seed = sim.below(1 << 30) as u64;
            let chunk_max = [0, 10_000, 200_000][sim.below(3)];
            sim.wire(id).faults = Faults { seed, chunk_max, not_now_one_in: 0 };
        }
        let data = vec![7; 3 * CHUNK_MAX];
        sim.feed(ids[0], &data);
        sim.feed_end(ids[0]);
        for _ in 0..sim.below(6) {
            sim.run();
            assert_bounded(sim, ids[1], high);
            assert_rested(sim, ids[0], ids[1]);
            let room = sim.below(CHUNK_MAX);
            sim.give_room(ids[1], room);
        }
        sim.give_room(ids[1], data.len());
        sim.feed_end(ids[1]);
        sim.run();
        assert!(sim.sent(ids[1]) == data, "not as many bytes");
    });
}

/// Moves some bytes from the first stream towards the second one.
fn begin(sim: &mut Sim, [_, sink]: [Id; 2], script: &mut Script<'_>) {
    for _ in 0..sim.below(8) {
        script.step(sim);
        turn(sim, &[sink]);
    }
}

#[test]
fn a_source_that_resets_has_sent_a_prefix_and_its_sink_is_reset_after_the_last_byte() {
    for_each_seed(|sim| {
        let (ids, logs) = pair(sim);
        let data = sim.some_bytes(LENGTHS);
        let mut script = Script::new(ids[0], &data);
        begin(sim, ids, &mut script);
        let fed = data.len() - script.rest.len();
        sim.reset(ids[0]);
        drain(sim, &ids[1..]);
        let ended = logs[0].take().iter().any(|told| matches!(told, SideCall::End { .. }));
        let sent = sim.sent(ids[1]);
        assert!(sent == data[..fed] || ended, "{} bytes of {fed} had come before the reset", sent.len());
        let closed = sim.wire(ids[1]).closed;
        assert!(closed == Some(Closed::Reset) || ended && closed.is_some(), "{closed:?}");
    });
}

#[test]
fn a_sink_that_fails_ends_both_and_has_taken_a_prefix() {
    for_each_seed(|sim| {
        let (ids, logs) = pair(sim);
        let data = sim.some_bytes(LENGTHS);
        begin(sim, ids, &mut Script::new(ids[0], &data));
        sim.reset(ids[1]);
        sim.run();
        assert!(data.starts_with(&sim.sent(ids[1])));
        assert_eq!(logs[1].take().last(), Some(&SideCall::Lost(Some(io::ErrorKind::ConnectionReset))));
    });
}

#[test]
fn a_paused_source_is_not_read_and_goes_on_where_it_stood() {
    for_each_seed(|sim| {
        let (ids, logs) = pair(sim);
        let data = sim.some_bytes(LENGTHS);
        let mut script = Script::new(ids[0], &data);
        while script.step(sim) {
            let paused = sim.below(2) == 0;
            let mut source = sim.transport(ids[0]);
            if paused {
                source.pause_reading()
            } else {
                source.resume_reading()
            }
            let before = sim.wire(ids[0]).inbound.len();
            (0..sim.below(4)).for_each(|_| turn(sim, &ids[1..]));
            assert!(!paused || sim.wire(ids[0]).inbound.len() == before, "a paused source was read");
        }
        sim.transport(ids[0]).pause_reading();
        sim.give_room(ids[1], 1 << 20);
        let before = sim.wire(ids[0]).inbound.len();
        sim.run();
        assert_eq!(sim.wire(ids[0]).inbound.len(), before);
        sim.transport(ids[0]).resume_reading();
        sim.feed_end(ids[1]);
        sim.run();
        assert!(sim.sent(ids[1]) == data, "not the same bytes");
        assert_eq!(logs[0].take().last(), Some(&SideCall::Lost(None)));
    });
}

#[test]
fn what_comes_after_stop_forwarding_is_the_protocols() {
    for_each_seed(|sim| {
        let (ids, logs) = pair(sim);
        let data = sim.some_bytes(LENGTHS);
        let mut script = Script::new(ids[0], &data);
        begin(sim, ids, &mut script);
        sim.transport(ids[0]).stop_forwarding();
        while script.step(sim) {
            sim.turn();
        }
        sim.feed_end(ids[1]);
        drain(sim, &ids[1..]);
        let all = [sim.sent(ids[1]), data_of(&logs[0])].concat();
        assert!(all == data, "not the same bytes");
    });
}

#[test]
fn another_target_gets_what_comes_next_and_the_old_one_what_came_before() {
    for_each_seed(|sim| {
        let nobody = sim.stream(1 << 20, Recorder::new());
        let (source, log) = side(sim, nobody);
        let targets: Vec<Id> = (0..3).map(|_| sim.stream(0, Recorder::new())).collect();
        let data = sim.some_bytes(LENGTHS);
        let mut script = Script::new(source, &data);
        for target in &targets {
            sim.spoil(*target);
            sim.transport(*target).set_write_buffer_limits(marks(HIGH_WATER));
        }
        for target in &targets {
            sim.transport(source).forward_to(*target);
            for _ in 0..sim.below(6) {
                script.step(sim);
                turn(sim, &targets);
            }
        }
        while script.step(sim) {}
        targets.iter().for_each(|id| sim.give_room(*id, 1 << 20));
        sim.run();
        let all: Vec<u8> = targets.iter().flat_map(|id| sim.sent(*id)).collect();
        assert!(all == data, "not the same bytes");
        assert!(matches!(log.take().first(), Some(SideCall::End { .. })));
        sim.abort_all();
    });
}

#[test]
fn bytes_that_were_handed_back_go_first() {
    for_each_seed(|sim| {
        let (ids, _logs) = pair(sim);
        let data = sim.some_bytes(LENGTHS);
        let (back, fresh) = data.split_at(sim.below(data.len() + 1));
        sim.feed(ids[0], fresh);
        sim.feed_end(ids[0]);
        sim.feed_end(ids[1]);
        let (first, second) = back.split_at(sim.below(back.len() + 1));
        let mut source = sim.transport(ids[0]);
        source.unread(second);
        source.unread(first);
        drain(sim, &ids[1..]);
        assert!(sim.sent(ids[1]) == data, "not the same bytes");
    });
}

#[test]
fn a_buffer_of_nothing_carries_everything() {
    for_each_seed(|sim| {
        let (ids, _logs) = pair(sim);
        let data = sim.some_bytes(LENGTHS);
        let mut script = Script::new(ids[0], &data);
        for id in ids {
            sim.transport(id).set_write_buffer_limits(marks(0));
        }
        while script.step(sim) {
            turn(sim, &ids[1..]);
            assert_bounded(sim, ids[1], 0);
        }
        sim.feed_end(ids[1]);
        sim.run();
        assert_rested(sim, ids[0], ids[1]);
        drain(sim, &ids[1..]);
        assert!(sim.sent(ids[1]) == data, "not the same bytes");
    });
}

/// The protocol gets the bytes that are forwarded to a stream that is gone, and those that it has handed back before.
#[test]
fn a_target_that_is_gone_swallows_nothing() {
    for_each_seed(|sim| {
        let gone = sim.stream(0, Recorder::new());
        sim.settle();
        sim.transport(gone).abort();
        sim.settle();
        let nobody = sim.stream(1 << 20, Recorder::new());
        let (source, log) = side(sim, nobody);
        let data = sim.some_bytes(LENGTHS);
        let (back, fresh) = data.split_at(sim.below(data.len() + 1));
        sim.settle();
        sim.transport(source).unread(back);
        sim.transport(source).forward_to(gone);
        sim.feed(source, fresh);
        sim.run();
        assert!(data_of(&log) == data, "not the same bytes");
        sim.abort_all();
    });
}

#[test]
fn bytes_that_were_handed_back_respect_high_water() {
    let mut sim = Sim::new();
    let (ids, _logs) = pair(&mut sim);
    ids.iter().for_each(|id| sim.wire(*id).faults = Faults::default());
    sim.settle();
    sim.transport(ids[0]).unread(&vec![7; 4 * CHUNK_MAX]);
    sim.run();
    assert_bounded(&mut sim, ids[1], HIGH_WATER);
    sim.give_room(ids[1], 8 * CHUNK_MAX);
    sim.run();
    assert_eq!(sim.sent(ids[1]).len(), 4 * CHUNK_MAX);
    sim.abort_all();
}
