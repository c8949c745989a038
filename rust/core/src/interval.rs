//! Bar lengths, parsed once at the edge.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::time::{DAY_NS, SECOND_NS};

const EXPECTED: &str = "write a count and a unit of s, m, h, d or w, such as \"5m\" or \"1d\"";

/// The unit an interval is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
}

impl Unit {
    pub const fn letter(self) -> char {
        match self {
            Unit::Second => 's',
            Unit::Minute => 'm',
            Unit::Hour => 'h',
            Unit::Day => 'd',
            Unit::Week => 'w',
        }
    }

    const fn nanos(self) -> i64 {
        match self {
            Unit::Second => SECOND_NS,
            Unit::Minute => 60 * SECOND_NS,
            Unit::Hour => 3_600 * SECOND_NS,
            Unit::Day => DAY_NS,
            Unit::Week => 7 * DAY_NS,
        }
    }
}

/// A bar length in its shortest spelling: `60s` is `1m`, `60m` is `1h`. Ordered by length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interval {
    count: u32,
    unit: Unit,
}

impl Interval {
    /// The interval of `count` units, in its shortest spelling.
    pub fn new(count: u32, unit: Unit) -> Result<Self> {
        let refused = |expected| Err(Error::Interval { got: format!("{count}{}", unit.letter()), expected });
        if count == 0 {
            return refused("the count must be at least 1");
        }
        let (mut count, mut unit) = (count, unit);
        while matches!(unit, Unit::Second | Unit::Minute) && count.is_multiple_of(60) {
            count /= 60;
            unit = if unit == Unit::Second { Unit::Minute } else { Unit::Hour };
        }
        if unit < Unit::Day && i64::from(count) * unit.nanos() >= DAY_NS {
            return refused("intraday intervals are shorter than a day; for a session write \"1d\"");
        }
        if unit >= Unit::Day && count > 366 {
            return refused("at most 366 days or weeks");
        }
        Ok(Self { count, unit })
    }

    pub const fn count(self) -> u32 {
        self.count
    }

    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// Whether bars of this interval lie within one session segment.
    pub fn is_intraday(self) -> bool {
        self.unit < Unit::Day
    }

    /// The nominal length; a day counts 24 hours whatever its session.
    pub const fn nanos(self) -> i64 {
        self.count as i64 * self.unit.nanos()
    }

    /// Whether bars of this interval can be put together from `base` bars.
    pub fn check_derivable_from(self, base: Self) -> Result<()> {
        let refused =
            |reason| Err(Error::NotDerivable { interval: self.to_string(), base: base.to_string(), reason });
        if self.nanos() <= base.nanos() {
            return refused("it must be longer than the base");
        }
        if self.is_intraday() && self.nanos() % base.nanos() != 0 {
            return refused("it must be a whole multiple of the base");
        }
        if base.unit == Unit::Week && self.unit == Unit::Day {
            return refused("days cannot be put together from weeks");
        }
        if !base.is_intraday() && self.nanos() % base.nanos() != 0 {
            return refused("it must be a whole multiple of the base");
        }
        Ok(())
    }
}

impl Ord for Interval {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // 7d and 1w have one length but are aligned apart.
        (self.nanos(), self.unit).cmp(&(other.nanos(), other.unit))
    }
}

impl PartialOrd for Interval {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, self.unit.letter())
    }
}

impl FromStr for Interval {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || Error::Interval { got: text.to_owned(), expected: EXPECTED };
        let unit = match text.as_bytes().last() {
            Some(b's') => Unit::Second,
            Some(b'm') => Unit::Minute,
            Some(b'h') => Unit::Hour,
            Some(b'd') => Unit::Day,
            Some(b'w') => Unit::Week,
            _ => return Err(refused()),
        };
        let digits = &text[..text.len() - 1];
        if digits.is_empty() || digits.starts_with('0') || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refused());
        }
        Self::new(digits.parse().map_err(|_| refused())?, unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Interval> {
        text.parse()
    }

    #[test]
    fn parses_and_prints_the_shortest_spelling() {
        for (text, shown) in [
            ("1s", "1s"),
            ("60s", "1m"),
            ("90s", "90s"),
            ("60m", "1h"),
            ("90m", "90m"),
            ("3600s", "1h"),
            ("1d", "1d"),
            ("2w", "2w"),
        ] {
            assert_eq!(parse(text).expect(text).to_string(), shown);
        }
    }

    #[test]
    fn refuses_what_is_not_an_interval() {
        for text in [
            "",
            "m",
            "0m",
            "05m",
            "-5m",
            "5",
            "5x",
            "5M",
            " 5m",
            "5 m",
            "1.5h",
            "24h",
            "1440m",
            "99999999999m",
            "400d",
            "５m",
        ] {
            assert!(matches!(parse(text), Err(Error::Interval { .. })), "{text:?} was taken");
        }
    }

    #[test]
    fn orders_by_length() {
        let mut all: Vec<Interval> =
            ["1w", "1d", "4h", "1h", "90s", "1m"].iter().map(|t| parse(t).expect(t)).collect();
        all.sort();
        let shown: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["1m", "90s", "1h", "4h", "1d", "1w"]);
    }

    #[test]
    fn derivable_means_a_whole_multiple_of_the_base() {
        let check = |a: &str, b: &str| parse(a).expect(a).check_derivable_from(parse(b).expect(b));
        for (a, b) in [
            ("5m", "1m"),
            ("7m", "1m"),
            ("1h", "1m"),
            ("1d", "1m"),
            ("1d", "7m"),
            ("1w", "1d"),
            ("90s", "30s"),
        ] {
            assert!(check(a, b).is_ok(), "{a} from {b}");
        }
        for (a, b) in [("1m", "5m"), ("5m", "5m"), ("7m", "5m"), ("90s", "1m"), ("3d", "2d"), ("8d", "1w")] {
            assert!(check(a, b).is_err(), "{a} from {b}");
        }
    }
}
