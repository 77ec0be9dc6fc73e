//! Whether sending or copying takes a file to a receiver on this machine faster. Each file has its own trial.
//!
//! `sendfile(2)` makes packets of the pages in which the system keeps the file. If these are single pages, a local
//! receiver is slower with them than with a copy in large pieces. If these are large folios, the copy is slower. That
//! depends on the kernel and on the file system, so the loop measures the time:
//!
//! ```text
//!   sendfile ---> copy ---is not faster---> sendfile, for the rest of the file
//!     8 MB   <-+  8 MB
//!              |    |
//!              +----+---three times---> the faster one, for the rest of the file
//! ```
//!
//! The first half of each part is not timed, as the receiver may still be busy with the part before. A shorter file
//! goes partly by one method and partly by the other.

use std::fmt;
use std::time::{Duration, Instant};

use super::amounts::{Size, Span};

/// Bytes of a part that are not timed, and bytes that are timed. The first is as much as a socket buffer holds.
const UNTIMED_BYTES: usize = 4 * 1024 * 1024;
const TIMED_BYTES: usize = 4 * 1024 * 1024;
/// How many parts there are. The methods alternate. The best time of each method counts, as a worse time has other
/// causes.
const PARTS: u8 = 6;

/// By how many hundredths copying must be faster. A copy costs more CPU, and times are inexact on a busy machine. If
/// `sendfile` is slow at all, it takes twice as long.
const MARGIN: u32 = 150;

/// A method to take a file to a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Send,
    Copy,
}

/// The trial of one file.
#[derive(Debug, Default)]
pub(crate) struct Trial {
    part: u8,
    /// Bytes of this part so far.
    bytes: usize,
    /// When the timed bytes began.
    began: Option<Instant>,
    best: [Option<Duration>; 2],
}

impl Trial {
    /// The method for the next bytes.
    pub(super) fn method(&self) -> Method {
        if self.part.is_multiple_of(2) { Method::Send } else { Method::Copy }
    }

    /// Notes that `bytes` have gone by `method`. Returns the winner once there is one.
    pub(super) fn note(&mut self, method: Method, bytes: usize, now: Instant) -> Option<Method> {
        if method != self.method() {
            // Bytes that were copied before are still going out.
            return None;
        }
        self.bytes += bytes;
        if self.bytes < UNTIMED_BYTES {
            return None;
        }
        let began = *self.began.get_or_insert(now);
        if self.bytes < UNTIMED_BYTES + TIMED_BYTES {
            return None;
        }
        let time = now.duration_since(began);
        let best = &mut self.best[usize::from(self.part % 2)];
        *best = Some(best.map_or(time, |before| before.min(time)));
        self.part += 1;
        (self.bytes, self.began) = (0, None);
        let [Some(send), Some(copy)] = self.best else { return None };
        if method == Method::Send || (copy < send && self.part < PARTS) {
            return None;
        }
        Some(if copy * MARGIN < send * 100 { Method::Copy } else { Method::Send })
    }
}

impl fmt::Display for Trial {
    /// The best times so far.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [send, copy] = self.best.map(|time| Span(time.unwrap_or_default()));
        write!(f, "{} takes {send} by sendfile, {copy} by copying", Size(TIMED_BYTES as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The winner if a megabyte takes this long, by each method, in each part.
    fn winner(times: [u64; PARTS as usize]) -> Method {
        const PIECE: usize = 1024 * 1024;
        let mut trial = Trial::default();
        let mut now = Instant::now();
        for (part, time) in times.into_iter().enumerate() {
            let method = if part % 2 == 0 { Method::Send } else { Method::Copy };
            assert_eq!(trial.method(), method);
            // The first bytes of a part do not count.
            now += Duration::from_secs(7);
            for piece in 1..=(UNTIMED_BYTES + TIMED_BYTES) / PIECE {
                if piece * PIECE > UNTIMED_BYTES {
                    now += Duration::from_micros(time);
                }
                assert_eq!(trial.note(other(method), PIECE, now), None, "it does not count");
                if let Some(winner) = trial.note(method, PIECE, now) {
                    return winner;
                }
            }
        }
        panic!("no winner")
    }

    fn other(method: Method) -> Method {
        if method == Method::Send { Method::Copy } else { Method::Send }
    }

    #[test]
    fn the_faster_way_wins() {
        assert_eq!(winner([400, 200, 400, 200, 400, 200]), Method::Copy);
        assert_eq!(winner([200, 400, 200, 400, 200, 400]), Method::Send);
    }

    #[test]
    fn a_part_that_was_held_up_does_not_count() {
        assert_eq!(winner([9000, 300, 200, 300, 200, 300]), Method::Send);
        assert_eq!(winner([400, 200, 400, 9000, 400, 9000]), Method::Copy);
    }

    #[test]
    fn a_copy_that_is_no_faster_is_not_tried_again() {
        // Later parts would have another result.
        assert_eq!(winner([200, 201, 900, 100, 900, 100]), Method::Send);
    }

    #[test]
    fn a_copy_must_be_worth_its_cost() {
        assert_eq!(winner([200, 140, 200, 140, 200, 140]), Method::Send);
    }
}
