//! Properties of streams on any network: random scripts and random faults, from a seed.
//!
//! Every run tries 256 seeds. `XPORT_SIM_SEED=0x…` replays one of them.

use super::*;

/// The most bytes of a script.
pub(super) const LENGTHS: [usize; 5] = [0, 1, 100, 5000, 100_000];
const HIGH_WATER: usize = 1000;
/// The most bytes that one read can add to a buffer that was not over high water.
const CHUNK_MAX: usize = SCRATCH_BYTES;

/// Sends `data` into `from` in pieces, reads from `to` in pieces, and checks the bound on memory.
pub(super) fn shovel(sim: &mut Sim, from: Id, data: &[u8], to: Id) {
    let mut rest = data;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(1 + sim.below(rest.len()));
        sim.feed(from, piece);
        rest = after;
        for _ in 0..sim.below(4) {
            sim.turn();
            assert!(sim.transport(to).write_buffer_size() <= HIGH_WATER + CHUNK_MAX);
            let room = sim.below(3000);
            sim.give_room(to, room);
        }
    }
}

fn marks() -> WaterMarks {
    WaterMarks::new(HIGH_WATER, None).expect("marks")
}

/// Ends or resets the peer of an echo that owes `wire`, and checks what the echo has sent.
pub(super) fn echo_ends(sim: &mut Sim, id: Id, wire: &[u8], resets: bool) {
    if resets {
        sim.reset(id);
        sim.run();
        assert!(wire.starts_with(&sim.sent(id)));
    } else {
        sim.feed_end(id);
        sim.give_room(id, wire.len());
        sim.run();
        assert!(sim.sent(id) == wire && sim.wire(id).outbound_end, "other bytes, or no end");
    }
}

#[test]
fn echo_gives_back_what_it_got() {
    for_each_seed(|sim| {
        for resets in [false, true] {
            let id = sim.stream(0, Echo::default());
            sim.transport(id).set_write_buffer_limits(marks());
            sim.spoil(id);
            let data = sim.some_bytes(LENGTHS);
            shovel(sim, id, &data, id);
            echo_ends(sim, id, &data, resets);
        }
    });
}

fn options(sim: &mut Sim, half_close: bool, reuse_stdio: bool, reporter: Reporter) -> PairOptions {
    let in_time = [HalfClose::Now, HalfClose::Auto, HalfClose::After(Duration::from_secs(1))][sim.below(3)];
    let half_close = if half_close { in_time } else { HalfClose::Never };
    let session = Some(SessionOptions { reuse_stdio, ..SessionOptions::default() });
    PairOptions { half_close, idle_timeout: None, linger: None, quit_after: None, reporter: Some(reporter), session }
}

/// The connection of a session with `console`.
pub(super) fn joined_with(console: Id, options: PairOptions) -> StreamSide {
    StreamSide::new(session_connector(console, options.clone()), options)
}

/// A console and a connection, joined as a client joins them.
fn session(sim: &mut Sim, half_close: bool) -> (Id, Id, Reports) {
    let (reporter, reports) = report::channel();
    let console = sim.stream(0, IdleStdio::new(reporter.clone()));
    sim.transport(console).pause_reading();
    let options = options(sim, half_close, false, reporter);
    let peer = sim.connection(0, joined_with(console, options));
    for id in [console, peer] {
        sim.transport(id).set_write_buffer_limits(marks());
        sim.spoil(id);
    }
    (console, peer, reports)
}

#[test]
fn a_session_carries_both_directions_and_each_end() {
    for_each_seed(|sim| {
        let (console, peer, reports) = session(sim, true);
        let (up, down) = (sim.some_bytes(LENGTHS), sim.some_bytes(LENGTHS));
        if sim.below(2) == 0 {
            shovel(sim, console, &up, peer);
            sim.feed_end(console);
            shovel(sim, peer, &down, console);
            sim.feed_end(peer);
        } else {
            shovel(sim, peer, &down, console);
            sim.feed_end(peer);
            shovel(sim, console, &up, peer);
            sim.feed_end(console);
        }
        sim.give_room(peer, up.len());
        sim.give_room(console, down.len());
        sim.run();
        assert_eq!(sim.sent(peer), up);
        assert_eq!(sim.sent(console), down);
        assert!(reports.verdict().is_ok());
    });
}

#[test]
fn the_end_of_stdin_reaches_the_peer_while_its_answer_is_awaited() {
    for_each_seed(|sim| {
        let (console, peer, _reports) = session(sim, true);
        let up = sim.some_bytes(LENGTHS);
        shovel(sim, console, &up, peer);
        sim.feed_end(console);
        sim.give_room(peer, up.len());
        sim.run();
        assert_eq!(sim.sent(peer), up);
        assert!(sim.wire(peer).outbound_end, "the half-close has gone out");
        assert_eq!(sim.wire(peer).closed, None, "and the answer is awaited");
        sim.feed(peer, b"late answer");
        sim.feed_end(peer);
        sim.give_room(console, 100);
        sim.run();
        assert_eq!(sim.sent(console), b"late answer");
    });
}

#[test]
fn without_half_close_the_peer_decides_about_the_end() {
    for_each_seed(|sim| {
        let (console, peer, reports) = session(sim, false);
        sim.give_room(peer, 100);
        sim.feed(console, b"question");
        sim.feed_end(console);
        sim.run();
        assert!(!sim.wire(peer).outbound_end);
        sim.feed_end(peer);
        sim.run();
        assert_eq!(sim.sent(peer), b"question");
        assert!(reports.verdict().is_ok());
    });
}

#[test]
fn a_session_whose_peer_resets_delivers_what_came_and_says_so() {
    for_each_seed(|sim| {
        let (console, peer, reports) = session(sim, true);
        let down = sim.some_bytes(LENGTHS);
        shovel(sim, peer, &down, console);
        sim.reset(peer);
        sim.give_room(console, down.len());
        sim.run();
        assert_eq!(sim.sent(console), down);
        assert_eq!(reports.verdict().map_err(|failure| failure.cause), Err(Cause::Broken));
    });
}

#[test]
fn a_session_after_one_that_has_left_stdout_full_waits_for_it() {
    for_each_seed(|sim| {
        let (reporter, reports) = report::channel();
        let console = sim.stream(0, IdleStdio::new(reporter.clone()));
        sim.transport(console).pause_reading();
        sim.transport(console).set_write_buffer_limits(marks());
        let options = options(sim, true, true, reporter);
        sim.feed_end(console);
        let first = sim.connection(100, joined_with(console, options.clone()));
        sim.feed(first, &[1; 5000]);
        sim.settle();
        sim.transport(first).abort();
        sim.settle();
        let second = sim.connection(100, joined_with(console, options));
        sim.feed(second, &[2; 1 << 20]);
        sim.feed_end(second);
        sim.run();
        assert!(sim.transport(console).write_buffer_size() <= HIGH_WATER + CHUNK_MAX);
        assert!(!sim.event_loop.is_over(), "stdout has still to take what it got");
        sim.give_room(console, 2 << 20);
        sim.run();
        assert_eq!(sim.sent(console).len(), 5000 + (1 << 20));
        assert!(sim.event_loop.is_over() && reports.verdict().is_ok());
        sim.abort_all();
    });
}

#[test]
fn callbacks_alternate_and_end_exactly_once() {
    for_each_seed(|sim| {
        let polite = Recorder::new().echoing().on("eof", |t, _| t.write(b"end"));
        let polite = polite.on("pause", |t, _| t.pause_reading()).on("resume", |t, _| t.resume_reading());
        let id = sim.stream(0, polite);
        sim.transport(id).set_write_buffer_limits(marks());
        sim.spoil(id);
        let data = sim.some_bytes(LENGTHS);
        shovel(sim, id, &data, id);
        match sim.below(3) {
            0 => sim.feed_end(id),
            1 => sim.reset(id),
            _ => sim.transport(id).abort(),
        }
        sim.give_room(id, data.len() + 3);
        sim.run();
        let told = sim.told(id);
        let of = |calls: &[&str]| {
            let words = told.iter().enumerate().map(|(at, told)| (at, told.split([' ', ':']).next().expect("a word")));
            words.filter(|(_, word)| calls.contains(word)).collect::<Vec<_>>()
        };
        assert_eq!((of(&["made"]), of(&["lost"])), (vec![(0, "made")], vec![(told.len() - 1, "lost")]));
        let (data, ends) = (of(&["data"]), of(&["eof"]));
        assert!(ends.len() <= 1 && ends.iter().all(|end| data.last().is_none_or(|last| last < end)), "{told:?}");
        assert!(!told.contains(&"data ".to_owned()));
        for (number, (_, call)) in of(&["pause", "resume"]).into_iter().enumerate() {
            assert_eq!(call, ["pause", "resume"][number % 2], "{told:?}");
        }
    });
}
