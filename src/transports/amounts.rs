//! Sizes, rates and measured times as people read them: `3.1 GB`, `1.5 GB/s`, `3 min 5 s`.
//!
//! A limit of the user is not shown by this file but as the user writes it, `10s` (`timers::shown`).

use std::fmt;
use std::time::Duration;

/// Decimal units. A `u64` holds less than 19 EB.
const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];

/// The rate of a shorter time, or of fewer bytes, says nothing about the connection.
const RATE_TIME_MIN: Duration = Duration::from_millis(10);
const RATE_BYTES_MIN: u64 = 10_000;

/// A number of bytes: `84 B`, `12.3 kB`, `3.1 GB`.
#[derive(Clone, Copy, Debug)]
pub struct Size(pub u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1000 {
            return write!(f, "{} B", self.0);
        }
        let mut unit = 1000;
        for (index, name) in UNITS.iter().enumerate() {
            let tenths = (u128::from(self.0) * 10 + unit / 2) / unit;
            // What would be rounded to 1000 is 1 of the next unit.
            if tenths < 10_000 || index + 1 == UNITS.len() {
                return write!(f, "{}.{} {name}", tenths / 10, tenths % 10);
            }
            unit *= 1000;
        }
        Ok(())
    }
}

/// A measured time: `350 ms`, `2.1 s`, `3 min 5 s`.
#[derive(Clone, Copy, Debug)]
pub struct Span(pub Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (millis, seconds) = ((self.0.as_micros() + 500) / 1000, self.0.as_secs());
        let tenths = (self.0.as_millis() + 50) / 100;
        match (millis, tenths) {
            _ if self.0.is_zero() => f.write_str("0 s"),
            (0, _) => f.write_str("1 ms"),
            (..1000, _) => write!(f, "{millis} ms"),
            (_, ..600) => write!(f, "{}.{} s", tenths / 10, tenths % 10),
            _ => match seconds.max(60) {
                s @ ..3_600 => write!(f, "{} min {} s", s / 60, s % 60),
                s @ ..86_400 => write!(f, "{} h {} min", s / 3_600, s % 3_600 / 60),
                s => write!(f, "{} d {} h", s / 86_400, s % 86_400 / 3_600),
            },
        }
    }
}

/// Bytes that have moved in one direction within a time: `3.1 GB in (1.5 GB/s)`. The rate is left out where it says
/// nothing.
#[derive(Clone, Copy, Debug)]
pub struct Moved {
    /// The bytes.
    pub bytes: u64,
    /// The direction: `in`, `out`.
    pub direction: &'static str,
    /// The time.
    pub time: Duration,
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, direction, time } = self;
        write!(f, "{} {direction}", Size(*bytes))?;
        if *time < RATE_TIME_MIN || *bytes < RATE_BYTES_MIN {
            return Ok(());
        }
        let rate = u128::from(*bytes) * 1_000_000_000 / time.as_nanos().max(1);
        write!(f, " ({}/s)", Size(u64::try_from(rate).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_at_the_edges_of_their_units() {
        let cases = [
            (0, "0 B"),
            (84, "84 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1049, "1.0 kB"),
            (1050, "1.1 kB"),
            (12_345, "12.3 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (3_100_000_000, "3.1 GB"),
            (999_949_999_999_999_999, "999.9 PB"),
            (1_000_000_000_000_000_000, "1.0 EB"),
            (u64::MAX, "18.4 EB"),
        ];
        for (bytes, shown) in cases {
            assert_eq!(Size(bytes).to_string(), shown, "{bytes}");
        }
    }

    #[test]
    fn times_at_the_edges_of_their_units() {
        let cases = [
            (0, "0 s"),
            (1, "1 ms"),
            (1_499, "1 ms"),
            (1_500, "2 ms"),
            (350_000, "350 ms"),
            (999_499, "999 ms"),
            (999_500, "1.0 s"),
            (2_149_000, "2.1 s"),
            (2_150_000, "2.2 s"),
            (59_949_000, "59.9 s"),
            (59_950_000, "1 min 0 s"),
            (185_900_000, "3 min 5 s"),
            (3_599_999_000, "59 min 59 s"),
            (3_600_000_000, "1 h 0 min"),
            (86_399_000_000, "23 h 59 min"),
            (90_000_000_000, "1 d 1 h"),
        ];
        for (micros, shown) in cases {
            assert_eq!(Span(Duration::from_micros(micros)).to_string(), shown, "{micros}");
        }
        assert_eq!(Span(Duration::from_nanos(1)).to_string(), "1 ms");
        assert_eq!(Span(Duration::MAX).to_string(), "213503982334601 d 7 h");
    }

    #[test]
    fn a_rate_is_shown_only_where_it_says_something() {
        let moved = |bytes, millis| Moved { bytes, direction: "in", time: Duration::from_millis(millis) }.to_string();
        assert_eq!(moved(3_100_000_000, 2_100), "3.1 GB in (1.5 GB/s)");
        assert_eq!(moved(84, 2_100), "84 B in");
        assert_eq!(moved(9_999, 2_100), "10.0 kB in");
        assert_eq!(moved(10_000, 10), "10.0 kB in (1.0 MB/s)");
        assert_eq!(moved(10_000, 9), "10.0 kB in");
        assert_eq!(moved(u64::MAX, 0), "18.4 EB in");
        assert_eq!(moved(u64::MAX, 10), "18.4 EB in (18.4 EB/s)");
        assert_eq!(moved(10_000, 100_000_000_000), "10.0 kB in (0 B/s)");
    }
}
