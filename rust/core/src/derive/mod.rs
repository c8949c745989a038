//! Longer bars from shorter ones: which bucket a bar belongs to.

use crate::calendar::{Calendar, Segment};
use crate::interval::{Interval, Unit};
use crate::time::{DAY_NS, Day, Nanos};

/// What intraday buckets are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// The open of each session segment.
    #[default]
    Session,
    /// Local midnight.
    Clock,
    /// 1970-01-01 UTC.
    Epoch,
}

/// A stretch of time that one bar covers, `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    pub start: Nanos,
    pub end: Nanos,
}

/// The buckets of one interval. They never cross a segment: the first and the last of one are cut off at its ends.
/// Buckets of days and weeks run from the first regular open to the last regular close of their sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    interval: Interval,
    align: Align,
    step: i64,
}

impl Grid {
    pub fn new(interval: Interval, align: Align) -> Self {
        Self { interval, align, step: interval.nanos() }
    }

    pub fn interval(&self) -> Interval {
        self.interval
    }

    fn anchor(&self, segment: &Segment) -> Nanos {
        match self.align {
            Align::Session => segment.open,
            Align::Clock => {
                (segment.open + segment.utc_offset).div_euclid(DAY_NS) * DAY_NS - segment.utc_offset
            }
            Align::Epoch => 0,
        }
    }

    /// The bucket of a time within a segment.
    #[inline]
    pub fn bucket(&self, calendar: &Calendar, segment: usize, ts: Nanos) -> Bucket {
        self.locate(calendar, segment, ts).0
    }

    /// The days or weeks around a session.
    fn period(&self, calendar: &Calendar, session: usize) -> Bucket {
        let sessions = calendar.sessions();
        let number = |date: Day| self.period_number(date);
        let this = number(sessions[session].date);
        let first = sessions[..session].iter().rposition(|s| number(s.date) != this).map_or(0, |i| i + 1);
        let last = sessions[session..]
            .iter()
            .position(|s| number(s.date) != this)
            .map_or(sessions.len(), |i| session + i)
            - 1;
        Bucket { start: sessions[first].open, end: sessions[last].close }
    }

    /// Days are counted from 1970-01-01, weeks from a Monday.
    fn period_number(&self, date: Day) -> i32 {
        let count = self.interval.count() as i32;
        match self.interval.unit() {
            // 1969-12-29 was a Monday.
            Unit::Week => (date + 3).div_euclid(7 * count),
            _ => date.div_euclid(count),
        }
    }

    /// The length of an intraday bucket that is not cut off.
    pub fn step(&self) -> i64 {
        self.step
    }

    /// The bucket of a time within a segment, and which one of the segment's it is, from 0.
    #[inline]
    pub fn locate(&self, calendar: &Calendar, segment: usize, ts: Nanos) -> (Bucket, usize) {
        if !self.interval.is_intraday() {
            return (self.period(calendar, calendar.session_of(segment)), 0);
        }
        let segment = calendar.segment(segment);
        let anchor = self.anchor(segment);
        let number = (ts - anchor).div_euclid(self.step);
        let start = anchor + number * self.step;
        let bucket = Bucket { start: start.max(segment.open), end: (start + self.step).min(segment.close) };
        // Where they are counted from the open, the first is the first.
        let first = if anchor == segment.open { 0 } else { (segment.open - anchor).div_euclid(self.step) };
        (bucket, (number - first) as usize)
    }

    /// When the bucket ends that holds a time, or else the first thereafter; `Nanos::MAX` if the calendar ends before.
    pub fn next_end(&self, calendar: &Calendar, now: Nanos) -> Nanos {
        let end = |segment| self.bucket(calendar, segment, now.max(calendar.segment(segment).open)).end;
        calendar.segment_from(now).map_or(Nanos::MAX, end)
    }

    /// How many buckets a segment has.
    pub fn slots(&self, calendar: &Calendar, segment: usize) -> usize {
        self.locate(calendar, segment, calendar.segment(segment).close - 1).1 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::tests::segment;

    const MINUTE: i64 = 60_000_000_000;
    const HOUR: i64 = 60 * MINUTE;

    fn grid(interval: &str, align: Align) -> Grid {
        Grid::new(interval.parse().expect(interval), align)
    }

    fn calendar() -> Calendar {
        // Thursday 1970-01-01 with a break, Friday, and Monday with an early close.
        let segments = vec![
            segment(0, 14.5, 17.0, true),
            segment(0, 18.0, 21.0, true),
            segment(1, 14.5, 21.0, true),
            segment(4, 14.5, 18.0, true),
        ];
        Calendar::new("TEST", segments).expect("in order")
    }

    fn starts(grid: &Grid, calendar: &Calendar, index: usize) -> Vec<(i64, i64)> {
        let (mut found, mut ts) = (Vec::new(), calendar.segment(index).open);
        while ts < calendar.segment(index).close {
            let bucket = grid.bucket(calendar, index, ts);
            let day = calendar.segment(index).open.div_euclid(DAY_NS) * DAY_NS;
            found.push(((bucket.start - day) / MINUTE, (bucket.end - day) / MINUTE));
            ts = bucket.end;
        }
        found
    }

    #[test]
    fn hours_count_from_the_open_and_are_cut_at_the_close() {
        let calendar = calendar();
        assert_eq!(starts(&grid("1h", Align::Session), &calendar, 0), [(870, 930), (930, 990), (990, 1020)]);
        assert_eq!(
            starts(&grid("1h", Align::Session), &calendar, 1),
            [(1080, 1140), (1140, 1200), (1200, 1260)]
        );
        assert_eq!(starts(&grid("2h", Align::Session), &calendar, 3), [(870, 990), (990, 1080)]);
    }

    #[test]
    fn clock_hours_start_on_the_hour_and_are_cut_at_both_ends() {
        let calendar = calendar();
        let cut = [(870, 900), (900, 960), (960, 1020)];
        assert_eq!(starts(&grid("1h", Align::Clock), &calendar, 0), cut);
        assert_eq!(starts(&grid("1h", Align::Epoch), &calendar, 0), cut);
        // Five hours west of Greenwich, four-hour buckets start at 09:00 and 13:00 local, 14:00 and 18:00 UTC.
        assert_eq!(starts(&grid("4h", Align::Clock), &calendar, 2), [(870, 1020), (1020, 1260)]);
        assert_eq!(starts(&grid("4h", Align::Epoch), &calendar, 2), [(870, 960), (960, 1200), (1200, 1260)]);
    }

    #[test]
    fn a_day_spans_its_segments_and_a_week_its_days() {
        let calendar = calendar();
        let day = grid("1d", Align::Session).bucket(&calendar, 1, calendar.segment(1).open);
        assert_eq!((day.start, day.end), (14 * HOUR + HOUR / 2, 21 * HOUR));
        let week = grid("1w", Align::Session).bucket(&calendar, 0, calendar.segment(0).open);
        assert_eq!((week.start, week.end), (14 * HOUR + HOUR / 2, DAY_NS + 21 * HOUR));
        let next = grid("1w", Align::Session).bucket(&calendar, 3, calendar.segment(3).open);
        assert_eq!((next.start, next.end), (4 * DAY_NS + 14 * HOUR + HOUR / 2, 4 * DAY_NS + 18 * HOUR));
    }

    #[test]
    fn slots_number_the_buckets_of_a_segment() {
        let calendar = calendar();
        for align in [Align::Session, Align::Clock, Align::Epoch] {
            for interval in ["1m", "7m", "1h"] {
                let grid = grid(interval, align);
                for index in 0..4 {
                    let (mut ts, mut expected) = (calendar.segment(index).open, 0);
                    while ts < calendar.segment(index).close {
                        assert_eq!(grid.locate(&calendar, index, ts).1, expected);
                        ts = grid.bucket(&calendar, index, ts).end;
                        expected += 1;
                    }
                    assert_eq!(grid.slots(&calendar, index), expected);
                }
            }
        }
    }
}
