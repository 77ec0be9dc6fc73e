//! When it pays to let a moment pass before the next turn: peers that keep many small requests in flight.
//!
//! Such a peer writes its requests one after the other, and a loop that is quicker than the peer reads each of them
//! alone: both sides then pay a wake-up and two system calls for every one. With a nap of 50 µs between turns they
//! arrive in batches: 1.5 times the throughput, at two thirds of the CPU (measured with 64 clients of 16 requests in
//! flight). Against peers that wait for each answer the same nap would cost a fifth of the throughput.
//!
//! The sign of it is that the same stream is read many times in a row although others are active. Where it shows, the
//! loop naps for two epochs on trial, and goes on only if that moved more bytes; now and then it tries the opposite.
//! Without the sign, and with a single peer, there is never a nap.
//!
//! Datagrams are the same at a smaller scale: what arrives together is received by one call, answered by another, and
//! passes through the kernel as one message for each peer. Their sign is that lots of more than one arrive by
//! themselves, and as a nap saves a third of the CPU and costs at most 50 µs, it only must not move notably less.

use std::time::{Duration, Instant};

use crate::transports::id::Id;

/// The nap that is asked for. The kernel's timer slack makes it about 55 µs.
const NAP: Duration = Duration::from_micros(1);
/// The unit of measurement.
const EPOCH: Duration = Duration::from_millis(10);
/// Epochs whose mean is compared.
const SAMPLE: u32 = 2;
/// Epochs between two trials.
const SETTLED: u32 = 50;
/// Epochs before the first one.
const FIRST: u32 = 4;
/// Reads in an epoch under which the loop is not busy.
const BUSY_READS: u64 = 200;
/// Changes from one stream to another in an epoch under which there is only one peer that matters.
const SWITCHES_MIN: u64 = 20;
/// Reads of the same stream in a row, in the mean, from which on requests are taken to be in flight together.
const REPEATS_MIN: u64 = 2;
/// Mean bytes of a read over which requests are not small.
const SMALL_BYTES: u64 = 4096;
/// A nap must move so much more than none, in percent.
const GAIN_PERCENT: u64 = 115;
/// Datagrams that a call must receive in the mean, in percent, for that to be their sign.
const LOT_PERCENT: u64 = 125;
/// A nap must move so much of what is moved without, in percent, where most reads are of datagrams.
const DATAGRAM_GAIN_PERCENT: u64 = 92;

/// Counts what a loop reads, and says when to nap.
#[derive(Debug)]
pub(super) struct Pace {
    naps: bool,
    stage: Stage,
    /// Epochs of the stage that are over.
    epochs: u32,
    /// Bytes in the last `SAMPLE` epochs before the trial, and in the trial.
    before: u64,
    trial: u64,
    gain_percent: u64,
    epoch: Epoch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Keeping to what was found best.
    Settled,
    /// Doing the opposite, to compare.
    Trial,
}

#[derive(Clone, Copy, Debug, Default)]
struct Epoch {
    start: Option<Instant>,
    reads: u64,
    bytes: u64,
    /// How many of the reads are datagrams, and in how many lots they came.
    datagrams: u64,
    lots: u64,
    /// Reads of another stream than the one before.
    switches: u64,
    last: Option<Id>,
}

impl Pace {
    pub(super) fn new() -> Self {
        let epochs = SETTLED - FIRST;
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

    /// Notes one call that received a lot of datagrams.
    pub(super) fn note_datagrams(&mut self, count: usize, bytes: usize) {
        self.epoch.reads += count as u64;
        self.epoch.datagrams += count as u64;
        self.epoch.lots += 1;
        self.epoch.bytes += bytes as u64;
    }

    /// Notes the end of a turn that began at `now`; how long to nap before the next one.
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
        let Epoch { reads, bytes, datagrams, lots, switches, .. } = self.epoch;
        let of_datagrams = datagrams * 2 > reads;
        let busy = reads >= BUSY_READS && bytes <= reads * SMALL_BYTES && (of_datagrams || switches >= SWITCHES_MIN);
        let shows = if of_datagrams { datagrams * 100 >= lots * LOT_PERCENT } else { reads >= switches * REPEATS_MIN };
        // Naps make the sign go away, and only a trial without them tells whether it would be back.
        let sign = self.naps || self.stage == Stage::Trial || shows;
        self.gain_percent = if of_datagrams { DATAGRAM_GAIN_PERCENT } else { GAIN_PERCENT };
        if !(busy && sign) {
            *self = Self::new();
            return;
        }
        self.epochs += 1;
        match self.stage {
            Stage::Settled => {
                if self.epochs > SETTLED - SAMPLE {
                    self.before += bytes;
                }
                if self.epochs == SETTLED {
                    self.begin(Stage::Trial);
                }
            }
            Stage::Trial => {
                self.trial += bytes;
                if self.epochs == SAMPLE {
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

    /// Runs `epochs` epochs from `start` on. Each turn reads `repeats` times from each of `peers` peers, or `percent`
    /// of the `bytes` at once where it naps. How many of the turns of the last third napped, in percent.
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
