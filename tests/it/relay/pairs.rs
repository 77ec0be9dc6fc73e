//! Tests `relay` between ends of all kinds: every byte arrives, and ends, resets and blocked readers are passed on.

use crate::harness::*;

const LEFTS: [Kind; 6] = [Stdio, Tcp, Unix, Child, TcpListen, UnixListen];
const RIGHTS: [Kind; 4] = [Stdio, Tcp, Unix, Child];

/// Every left end with every right end that it can join.
fn pairs() -> impl Iterator<Item = (Kind, Kind)> {
    let all = LEFTS.into_iter().flat_map(|left| RIGHTS.into_iter().map(move |right| (left, right)));
    all.filter(|pair| *pair != (Stdio, Stdio))
}

#[test]
fn every_pair_carries_both_directions_and_the_left_may_end_first() {
    for_each(pairs(), |(left, right)| converse(left, right, true, true));
}

#[test]
fn every_pair_carries_both_directions_and_the_right_may_end_first() {
    for_each(pairs(), |(left, right)| converse(left, right, false, true));
}

/// Waits until nothing more is taken for a while, and returns the count.
fn stuck(sent: &AtomicUsize) -> usize {
    const WINDOW: Duration = Duration::from_millis(300);
    eventually("nothing is taken any more", || {
        let before = sent.load(Ordering::Relaxed);
        pass(WINDOW, "a window in which a byte would be taken");
        (before > 0 && sent.load(Ordering::Relaxed) == before).then_some(before)
    })
}

/// An answer long after the end of the question is not cut.
#[test]
fn an_answer_may_take_its_time() {
    let started = [(TcpListen, Tcp), (Stdio, Tcp), (Tcp, Unix), (Child, Unix), (UnixListen, Child)].map(|kinds| {
        let mut pair = Pair::start(kinds.0, kinds.1, &[]);
        pair.left.write(b"question");
        pair.left.end();
        pair.right.expect(b"question");
        pair.right.expect_end();
        pair
    });
    pass(Duration::from_millis(1500), "longer than any wait for an end that would not be passed on");
    for mut pair in started {
        pair.right.write(b"answer");
        pair.right.end();
        pair.left.expect(b"answer");
        pair.left.expect_end();
        pair.ends_well();
    }
}

#[test]
fn with_no_half_close_an_end_is_not_passed_on() {
    for kinds in [(TcpListen, Tcp), (Stdio, Unix), (UnixListen, Tcp)] {
        let mut pair = Pair::start(kinds.0, kinds.1, &["--no-half-close"]);
        pair.left.write(b"question");
        pair.left.end();
        pair.right.expect(b"question");
        pair.right.write(b"answer");
        pair.left.expect(b"answer");
        // A window in which the end would come.
        pair.right.has_nothing(Duration::from_millis(200));
        pair.right.end();
        pair.left.expect_end();
        pair.right.expect_end();
        pair.ends_well();
    }
}

/// A reset is passed on after all earlier bytes. An end without TCP only gets an end.
#[test]
fn a_reset_is_passed_on_behind_the_bytes_before_it() {
    const SIZE: usize = 200_000;
    let data = pattern(SIZE);
    for (left, right) in pairs() {
        for left_resets in [true, false] {
            let (from, to) = if left_resets { (left, right) } else { (right, left) };
            if !matches!(from, Tcp | TcpListen) {
                continue;
            }
            println!("{left:?} {right:?}, left resets: {left_resets}");
            let mut pair = Pair::start(left, right, &[]);
            let (source, sink) = pair.sides(left_resets);
            source.write(&data);
            source.is_acknowledged();
            source.reset();
            sink.expect(&data);
            if matches!(to, Tcp | TcpListen) {
                sink.expect_reset()
            } else {
                sink.expect_end()
            }
            pair.fails(4, "Connection reset by peer");
        }
    }
}

/// Everything that was sent arrives, and then no more.
#[track_caller]
fn arrives(leg: &mut Leg, data: &[u8], sending: &Sending) {
    // The reader makes the room for the last part.
    let least = sending.taken.load(Ordering::Relaxed);
    leg.expect(&data[..least]);
    eventually("the last part is written", || sending.is_over().then_some(()));
    leg.expect(&data[least..sending.taken.load(Ordering::Relaxed)]);
}

/// If the reader takes nothing, the program must not read its source, and goes on later.
#[test]
fn a_reader_that_takes_nothing_stops_the_source() {
    const SIZE: usize = 48 << 20;
    let data = Arc::new(pattern(SIZE));
    thread::scope(|scope| {
        for (left, right) in pairs() {
            let data = Arc::clone(&data);
            scope.spawn(move || {
                let mut pair = Pair::start(left, right, &[]);
                let before = pair.program.peak_kib();
                let sending = [pair.left.sends(&data), pair.right.sends(&data)];
                let sent = sending.each_ref().map(|sending| stuck(&sending.taken));
                assert!(
                    sent.iter().all(|&sent| sent < SIZE),
                    "{left:?} {right:?}: {sent:?} bytes were taken, that is all"
                );
                let more = pair.program.peak_kib() - before;
                assert!(more < 3 << 10, "{left:?} {right:?}: {more} KiB more than at the start");
                // The buffers are full. What waits for room still comes, and the rest of the data would show no more.
                sending.iter().for_each(Sending::stop);
                let [from_left, from_right] = sending;
                thread::scope(|scope| {
                    scope.spawn(|| arrives(&mut pair.right, &data, &from_left));
                    scope.spawn(|| arrives(&mut pair.left, &data, &from_right));
                });
                pair.ends_one_by_one();
            });
        }
    });
}

/// A line without what stands in parentheses.
fn without_rates(line: &str) -> String {
    let parts = line.split(" (").map(|part| part.split_once(')').map_or(part, |(_, rest)| rest));
    parts.collect()
}

/// `-v` reports the bytes of a connection, whichever way they took.
#[test]
fn totals_are_right_however_the_bytes_were_moved() {
    const SIZE: usize = 12 << 20;
    for kinds in [(TcpListen, Unix), (Stdio, Tcp), (Tcp, Child)] {
        let mut pair = Pair::start(kinds.0, kinds.1, &["-v"]);
        let data = pattern(SIZE);
        for round in 0..10 {
            pair.right.write(&data[..round]);
            pair.left.expect(&data[..round]);
        }
        pair.left.send(data.clone(), true);
        pair.right.expect(&data);
        pair.right.expect_end();
        pair.right.end();
        pair.left.expect_end();
        assert!(pair.program.wait().success());
        let lines = pair.program.all_lines();
        let closed: Vec<_> = lines.iter().filter(|line| line.contains("closed ")).collect();
        // stdin, stdout and a child have no such line.
        let (left, right) = (!matches!(kinds.0, Stdio), !matches!(kinds.1, Child));
        let totals = [(left, "12.6 MB", "45 B"), (right, "45 B", "12.6 MB")].into_iter().filter(|(told, ..)| *told);
        let totals: Vec<_> = totals.map(|(_, received, sent)| format!("{received} in, {sent} out")).collect();
        assert_eq!(closed.len(), totals.len(), "{lines:?}");
        for total in totals {
            let is_told =
                |line: &&String| line.contains("closed cleanly after ") && without_rates(line).ends_with(&total);
            assert!(closed.iter().any(is_told), "no {total:?} in {lines:?}");
        }
    }
}
