//! Trading sessions as data: the engine knows no exchange, only the segments it was given.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::time::{Day, Nanos};

/// A stretch of uninterrupted trading, `[open, close)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// The session's date.
    pub date: Day,
    pub open: Nanos,
    pub close: Nanos,
    /// Of the regular session; extended hours otherwise.
    pub regular: bool,
    /// Local time minus UTC at the open, in nanoseconds.
    pub utc_offset: i64,
}

/// The segments of one date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub date: Day,
    pub segments: Range<usize>,
    /// Open of the first and close of the last segment, extended hours included.
    pub first_open: Nanos,
    pub last_close: Nanos,
    /// Open of the first and close of the last regular segment.
    pub open: Nanos,
    pub close: Nanos,
}

/// The sessions of one exchange, in order.
#[derive(Debug, Clone)]
pub struct Calendar {
    name: String,
    segments: Vec<Segment>,
    /// For each segment, the regular open of its session.
    opens: Vec<Nanos>,
    sessions: Vec<Session>,
}

impl Calendar {
    /// A calendar of these segments, which must be in order and must not overlap; every date needs a regular one.
    pub fn new(name: &str, segments: Vec<Segment>) -> Result<Self> {
        let refused = |reason: String| Error::Calendar { calendar: name.to_owned(), reason };
        let mut sessions: Vec<Session> = Vec::new();
        let mut last_close = Nanos::MIN;
        for (i, segment) in segments.iter().enumerate() {
            if segment.close <= segment.open || segment.open < last_close {
                return Err(refused(format!(
                    "segment {i} of day {} is empty, overlaps or is out of order",
                    segment.date
                )));
            }
            last_close = segment.close;
            match sessions.last_mut().filter(|s| s.date == segment.date) {
                Some(session) => {
                    session.segments.end = i + 1;
                    session.last_close = segment.close;
                }
                None => sessions.push(Session {
                    date: segment.date,
                    segments: i..i + 1,
                    first_open: segment.open,
                    last_close: segment.close,
                    open: Nanos::MAX,
                    close: Nanos::MIN,
                }),
            }
            if let Some(session) = sessions.last_mut().filter(|_| segment.regular) {
                session.open = session.open.min(segment.open);
                session.close = segment.close;
            }
        }
        if let Some(session) = sessions.iter().find(|s| s.close < s.open) {
            return Err(refused(format!("day {} has no regular segment", session.date)));
        }
        if sessions.windows(2).any(|w| w[1].date <= w[0].date) {
            return Err(refused("dates are out of order".to_owned()));
        }
        let opens = sessions.iter().flat_map(|s| s.segments.clone().map(|_| s.open)).collect();
        Ok(Self { name: name.to_owned(), segments, opens, sessions })
    }

    /// Closes a session before its time. What it had after is left without length, so that numbers of segments stay.
    pub fn close_early(&mut self, session: usize, at: Nanos) -> Result<()> {
        let whole = &self.sessions[session];
        if at <= whole.open || at > whole.last_close {
            let reason = format!("day {} cannot close at {at}: that is outside its hours", whole.date);
            return Err(Error::Calendar { calendar: self.name.clone(), reason });
        }
        for segment in &mut self.segments[whole.segments.clone()] {
            segment.close = segment.close.min(at).max(segment.open);
        }
        let whole = &mut self.sessions[session];
        whole.last_close = at;
        whole.close = whole.close.min(at);
        Ok(())
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    pub fn segment(&self, index: usize) -> &Segment {
        &self.segments[index]
    }

    /// The regular open of a segment's session.
    #[inline]
    pub fn regular_open(&self, segment: usize) -> Nanos {
        self.opens[segment]
    }

    /// The segments of a session with their indices.
    pub fn segments_of(&self, session: usize) -> impl Iterator<Item = (usize, &Segment)> {
        let range = self.sessions[session].segments.clone();
        range.clone().zip(&self.segments[range])
    }

    /// The segment that holds a time; `hint` is tried first.
    #[inline]
    pub fn segment_at(&self, ts: Nanos, hint: usize) -> Option<usize> {
        if let Some(segment) = self.segments.get(hint)
            && (segment.open..segment.close).contains(&ts)
        {
            return Some(hint);
        }
        let after = self.segments.partition_point(|s| s.open <= ts);
        after.checked_sub(1).filter(|&i| ts < self.segments[i].close)
    }

    /// The segment that holds a time, or else the first thereafter.
    pub fn segment_from(&self, ts: Nanos) -> Option<usize> {
        let segment = self.segments.partition_point(|s| s.close <= ts);
        (segment < self.segments.len()).then_some(segment)
    }

    /// The session of a segment.
    pub fn session_of(&self, segment: usize) -> usize {
        self.sessions.partition_point(|s| s.segments.end <= segment)
    }

    /// The session of a date.
    pub fn session_on(&self, date: Day) -> Option<usize> {
        self.sessions.binary_search_by_key(&date, |s| s.date).ok()
    }

    /// The last session that has begun at a time, extended hours included. One that opens at the very close of the
    /// session before, as around the clock, begins just after: at the close, the old session can still be looked at.
    pub fn session_begun(&self, now: Nanos) -> Option<usize> {
        let last = self.sessions.partition_point(|s| s.first_open <= now).checked_sub(1)?;
        let adjoins =
            last > 0 && self.sessions[last].first_open == now && self.sessions[last - 1].last_close == now;
        Some(if adjoins { last - 1 } else { last })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::time::DAY_NS;

    const HOUR: i64 = 3_600_000_000_000;

    pub(crate) fn segment(date: Day, from_hour: f64, to_hour: f64, regular: bool) -> Segment {
        let at = |hour: f64| i64::from(date) * DAY_NS + (hour * HOUR as f64) as i64;
        Segment { date, open: at(from_hour), close: at(to_hour), regular, utc_offset: -5 * HOUR }
    }

    #[test]
    fn times_find_their_segment_and_session() {
        let calendar = Calendar::new(
            "TEST",
            vec![segment(0, 9.0, 14.5, false), segment(0, 14.5, 21.0, true), segment(4, 14.5, 18.0, true)],
        )
        .expect("in order");
        let at = |day: i64, hour: f64| calendar.segment_at(day * DAY_NS + (hour * HOUR as f64) as i64, 1);
        assert_eq!(at(0, 8.9), None);
        assert_eq!(at(0, 9.0), Some(0));
        assert_eq!(at(0, 14.5), Some(1));
        assert_eq!(at(0, 21.0), None);
        assert_eq!(at(4, 17.9), Some(2));
        assert_eq!((calendar.session_of(0), calendar.session_of(1), calendar.session_of(2)), (0, 0, 1));
        let session = &calendar.sessions()[0];
        assert_eq!((session.first_open, session.open), (9 * HOUR, 14 * HOUR + HOUR / 2));
        assert_eq!(calendar.session_on(4), Some(1));
        let begun = |day: i64, hour: f64| calendar.session_begun(day * DAY_NS + (hour * HOUR as f64) as i64);
        assert_eq!(
            (begun(0, 8.9), begun(0, 9.0), begun(4, 14.4), begun(4, 14.5)),
            (None, Some(0), Some(0), Some(1))
        );
        assert_eq!(calendar.session_on(3), None);
    }

    #[test]
    fn a_session_that_opens_at_the_close_of_another_begins_just_after() {
        let around = vec![segment(0, 0.0, 24.0, true), segment(1, 0.0, 24.0, true)];
        let calendar = Calendar::new("TEST", around).expect("in order");
        assert_eq!(calendar.session_begun(DAY_NS - 1), Some(0));
        assert_eq!(calendar.session_begun(DAY_NS), Some(0));
        assert_eq!(calendar.session_begun(DAY_NS + 1), Some(1));
    }

    #[test]
    fn a_session_may_close_before_its_time() {
        let segments =
            vec![segment(0, 14.5, 21.0, true), segment(0, 21.0, 25.0, false), segment(4, 14.5, 21.0, true)];
        let mut calendar = Calendar::new("TEST", segments).expect("in order");
        assert!(calendar.close_early(0, 14 * HOUR).is_err());
        assert!(calendar.close_early(0, 26 * HOUR).is_err());
        calendar.close_early(0, 16 * HOUR).expect("within its hours");
        let at = |day: i64, hour: i64| calendar.segment_at(day * DAY_NS + hour * HOUR, 1);
        assert_eq!((at(0, 15), at(0, 16), at(0, 22), at(4, 15)), (Some(0), None, None, Some(2)));
        let session = &calendar.sessions()[0];
        assert_eq!((session.close, session.last_close), (16 * HOUR, 16 * HOUR));
    }

    #[test]
    fn disorder_is_refused() {
        let one = segment(1, 10.0, 12.0, true);
        for segments in [
            vec![one, one],
            vec![segment(1, 12.0, 10.0, true)],
            vec![segment(1, 10.0, 12.0, false)],
            vec![segment(2, 10.0, 12.0, true), segment(1, 10.0, 12.0, true)],
        ] {
            assert!(matches!(Calendar::new("TEST", segments), Err(Error::Calendar { .. })));
        }
    }
}
