//! Naps between turns, for peers that keep many small requests in flight.
//!
//! Such a peer writes its requests one after the other. A loop that is faster than the peer reads each request alone,
//! so that both sides pay a wake-up and two system calls for each. With a nap of 50 µs between turns, requests arrive
//! in batches. That gives 1.5 times the throughput for two thirds of the CPU, measured with 64 clients of 16 requests
//! in flight. For peers that wait for each answer, the same nap would cost a fifth of the throughput.
//!
//! The sign of such peers is that the same stream is read many times in a row although others are active. If the sign
//! shows, the loop naps for two epochs on trial. It goes on napping only if that moved more bytes, and tries the
//! opposite from time to time. Without the sign, and with a single peer, the loop never naps.
//!
//! Datagrams are similar. Those that arrive together are received by one call, answered by one call, and pass through
//! the kernel as one message for each peer. Their sign is that several arrive in one call without a nap. A nap saves a
//! third of the CPU and costs 50 µs at most, so it goes on unless it moves notably less.

use std::time::{Duration, Instant};

use crate::transports::id::Id;

/// The nap to ask for. The timer slack of the kernel makes it about 55 µs.
const NAP: Duration = Duration::from_micros(1);
/// The time over which reads are counted. Trials are measured in epochs.
const EPOCH: Duration = Duration::from_millis(10);
/// Epochs of a trial. As many before the trial are compared with them.
const SAMPLE_EPOCHS: u32 = 2;
/// Epochs from the end of a trial to the next trial.
const SETTLED_EPOCHS: u32 = 50;
/// Epochs before the first trial.
const FIRST_EPOCHS: u32 = 4;
/// With fewer reads in an epoch, the loop is not busy.
const BUSY_READS: u64 = 200;
/// With fewer changes between streams in an epoch, only one peer matters.
const SWITCHES_MIN: u64 = 20;
/// With this many reads of one stream in a row, on average, requests are in flight together.
const REPEATS_MIN: u64 = 2;
/// With more bytes in a read, on average, requests are not small.
const SMALL_BYTES: u64 = 4096;
/// Naps must move this many percent of what is moved without.
const GAIN_PERCENT: u64 = 115;
/// Percent of a datagram that a call must receive, on average, for the sign of datagrams.
const BATCH_PERCENT: u64 = 125;
/// The same as `GAIN_PERCENT`, if most reads are of datagrams.
const DATAGRAM_GAIN_PERCENT: u64 = 92;

/// Counts what a loop reads, and says when to nap.
#[derive(Debug)]
pub(super) struct Pace {
    naps: bool,
    stage: Stage,
    /// Epochs of the present stage so far.
    epochs: u32,
    /// Bytes in the last `SAMPLE_EPOCHS` epochs before the trial, and in the trial.
    before: u64,
    trial: u64,
    gain_percent: u64,
    epoch: Epoch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The loop naps or does not nap, as the last trial has shown to be better.
    Settled,
    /// The loop does the opposite, to compare.
    Trial,
}

#[derive(Clone, Copy, Debug, Default)]
struct Epoch {
    start: Option<Instant>,
    reads: u64,
    bytes: u64,
    /// How many of the reads are datagrams, and how many calls received them.
    datagrams: u64,
    batches: u64,
    /// Reads of another stream than the one before.
    switches: u64,
    last: Option<Id>,
}

impl Pace {
    pub(super) fn new() -> Self {
        let epochs = SETTLED_EPOCHS - FIRST_EPOCHS;
        Self {
            naps: false,
            stage: Stage::Settled,
            epochs,
            before: 0,
            trial: 0,
            gain_percent: GAIN_PERCENT,
            epoch: Epoch::default(),
        }
    }

    /// Notes one read.
    pub(super) fn note_read(&mut self, id: Id, bytes: usize) {
        self.epoch.reads += 1;
        self.epoch.bytes += bytes as u64;
        self.epoch.switches += u64::from(self.epoch.last.replace(id) != Some(id));
    }

    /// Notes one call that received `count` datagrams.
    pub(super) fn note_datagrams(&mut self, count: usize, bytes: usize) {
        self.epoch.reads += count as u64;
        self.epoch.datagrams += count as u64;
        self.epoch.batches += 1;
        self.epoch.bytes += bytes as u64;
    }

    /// Notes the end of a turn that began at `now`. Returns how long to nap before the next turn.
    pub(super) fn end_turn(&mut self, now: Instant) -> Option<Duration> {
        let start = *self.epoch.start.get_or_insert(now);
        if now.duration_since(start) >= EPOCH {
            self.end_epoch();
            self.epoch = Epoch { start: Some(now), ..Epoch::default() };
        }
        let napping = self.naps != (self.stage == Stage::Trial);
        napping.then_some(NAP)
    }

    fn end_epoch(&mut self) {
        let Epoch { reads, bytes, datagrams, batches, switches, .. } = self.epoch;
        let of_datagrams = datagrams * 2 > reads;
        let busy = reads >= BUSY_READS && bytes <= reads * SMALL_BYTES && (of_datagrams || switches >= SWITCHES_MIN);
        let shows_sign =
            if of_datagrams { datagrams * 100 >= batches * BATCH_PERCENT } else { reads >= switches * REPEATS_MIN };
        // Naps hide the sign. Only a trial without naps tells whether it is still there.
        let sign = self.naps || self.stage == Stage::Trial || shows_sign;
        self.gain_percent = if of_datagrams { DATAGRAM_GAIN_PERCENT } else { GAIN_PERCENT };
        if !(busy && sign) {
            *self = Self::new();
            return;
        }
        self.epochs += 1;
        match self.stage {
            Stage::Settled => {
                if self.epochs > SETTLED_EPOCHS - SAMPLE_EPOCHS {
                    self.before += bytes;
                }
                if self.epochs == SETTLED_EPOCHS {
                    self.begin(Stage::Trial);
                }
            }
            Stage::Trial => {
                self.trial += bytes;
                if self.epochs == SAMPLE_EPOCHS {
                    let (with, without) = if self.naps { (self.before, self.trial) } else { (self.trial, self.before) };
                    self.naps = with * 100 > without * self.gain_percent;
                    self.begin(Stage::Settled);
                }
            }
        }
    }

    fn begin(&mut self, stage: Stage) {
        self.stage = stage;
        self.epochs = 0;
        if stage == Stage::Settled {
            (self.before, self.trial) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `epochs` epochs from `start` on. Each turn reads `repeats` times from each of `peers` peers, or with a nap
    /// `percent` of the `bytes` at once. Returns how many turns of the last third napped, in percent.
    fn run(pace: &mut Pace, start: Instant, peers: usize, repeats: usize, bytes: usize, percent: usize) -> u32 {
        const EPOCHS: u32 = 150;
        const TURNS: u32 = 100;
        let (mut napped, mut napping) = (0, false);
        for turn in 0..EPOCHS * TURNS {
            for peer in 0..peers {
                let (id, _) = Id::from_token(mio::Token(peer * 2));
                if napping {
                    pace.note_read(id, repeats * bytes * percent / 100);
                } else {
                    (0..repeats).for_each(|_| pace.note_read(id, bytes));
                }
            }
            napping = pace.end_turn(start + EPOCH / TURNS * turn).is_some();
            napped += u32::from(napping && turn >= EPOCHS * TURNS * 2 / 3);
        }
        napped * 100 / (EPOCHS * TURNS / 3)
    }

    #[test]
    fn naps_where_they_move_more_and_nowhere_else() {
        let now = Instant::now();
        assert!(run(&mut Pace::new(), now, 10, 7, 64, 150) > 80, "half as much again");
        assert!(run(&mut Pace::new(), now, 10, 7, 64, 80) < 20, "a fifth less");
        assert!(run(&mut Pace::new(), now, 10, 7, 64, 100) < 20, "all the same");
    }

    #[test]
    fn never_naps_without_the_sign() {
        let now = Instant::now();
        assert_eq!(run(&mut Pace::new(), now, 10, 1, 64, 150), 0, "each peer waits for its answer");
        assert_eq!(run(&mut Pace::new(), now, 1, 7, 64, 150), 0, "one peer");
        assert_eq!(run(&mut Pace::new(), now, 10, 7, 100_000, 150), 0, "bulk");
    }

    #[test]
    fn naps_end_with_the_load() {
        let (mut pace, now) = (Pace::new(), Instant::now());
        assert!(run(&mut pace, now, 10, 7, 64, 150) > 80);
        assert_eq!(run(&mut pace, now + Duration::from_secs(10), 1, 7, 64, 150), 0);
    }
}
