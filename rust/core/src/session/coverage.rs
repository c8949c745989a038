//! Which bars were expected and which are there.

use crate::calendar::Calendar;
use crate::derive::{Bucket, Grid};
use crate::time::{Day, Nanos};

/// Expected base bars of one session: a bit each. What a new bar changes comes first.
#[derive(Debug, Clone, Default)]
#[repr(C)]
pub(super) struct Presence {
    /// The last segment that was asked for, as it stands in `segments`.
    segment: (usize, usize),
    /// The word that was last written, and which one it is: most bars follow each other, and what they change is at hand.
    word: u64,
    at: usize,
    bits: Vec<u64>,
    /// Segment index and number of its first slot.
    segments: Vec<(usize, usize)>,
}

/// The bits of an earlier session: where they stand follows from the calendar. Days have few, and many days are kept.
#[derive(Debug, Clone)]
pub(super) struct PastPresence {
    pub(super) session: u32,
    bits: Bits,
}

#[derive(Debug, Clone)]
enum Bits {
    Few(u64),
    Many(Box<[u64]>),
}

impl PastPresence {
    pub(super) fn new(session: usize, presence: &Presence) -> Self {
        let bits = match presence.bits.len() {
            0 | 1 => Bits::Few(presence.word),
            _ => Bits::Many(presence.words().collect()),
        };
        Self { session: session as u32, bits }
    }

    /// As it was when the session was the current one.
    pub(super) fn restored(&self, calendar: &Calendar, grid: &Grid) -> Presence {
        let mut presence = Presence::new(calendar, self.session as usize, grid);
        match &self.bits {
            Bits::Few(bits) => presence.bits.iter_mut().for_each(|word| *word = *bits),
            Bits::Many(bits) => presence.bits.copy_from_slice(bits),
        }
        presence.word = presence.bits.first().copied().unwrap_or(0);
        presence
    }
}

/// A range of missing bars, `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    pub start: Nanos,
    pub end: Nanos,
    pub bars: usize,
}

/// Expected and present bars of the regular session up to some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    pub date: Day,
    pub expected: usize,
    pub present: usize,
    pub gaps: Vec<Gap>,
}

impl Presence {
    pub(super) fn new(calendar: &Calendar, session: usize, grid: &Grid) -> Self {
        let mut segments = Vec::new();
        let mut slots = 0;
        for (index, _) in calendar.segments_of(session) {
            segments.push((index, slots));
            slots += grid.slots(calendar, index);
        }
        let segment = segments.first().copied().unwrap_or_default();
        Self { segment, word: 0, at: 0, bits: vec![0; slots.div_ceil(64)], segments }
    }

    /// The bar of that slot of a segment is there.
    #[inline]
    pub(super) fn set(&mut self, segment: usize, slot: usize) {
        let slot = self.turn_to(segment, slot);
        self.word |= 1 << (slot % 64);
    }

    /// So many bars from that slot of a segment on are there.
    pub(super) fn set_run(&mut self, segment: usize, slot: usize, count: usize) {
        let mut done = 0;
        while done < count {
            let from = self.turn_to(segment, slot + done) % 64;
            let bits = (count - done).min(64 - from);
            self.word |= (u64::MAX >> (64 - bits)) << from;
            done += bits;
        }
    }

    /// The bar of that slot of a segment is not there any more.
    pub(super) fn unset(&mut self, segment: usize, slot: usize) {
        let slot = self.turn_to(segment, slot);
        self.word &= !(1 << (slot % 64));
    }

    /// The number of that slot of a segment, with its word at hand.
    #[inline]
    fn turn_to(&mut self, segment: usize, slot: usize) -> usize {
        if segment != self.segment.0 {
            let found = self.segments.iter().find(|(index, _)| *index == segment);
            self.segment = (segment, found.map_or(0, |(_, slot)| *slot));
        }
        let slot = self.segment.1 + slot;
        if slot / 64 != self.at {
            self.bits[self.at] = self.word;
            self.at = slot / 64;
            self.word = self.bits[self.at];
        }
        slot
    }

    fn get(&self, slot: usize) -> bool {
        let word = if slot / 64 == self.at { self.word } else { self.bits[slot / 64] };
        word & (1 << (slot % 64)) != 0
    }

    /// A bit each slot.
    pub(super) fn words(&self) -> impl Iterator<Item = u64> + '_ {
        let word = |(at, word): (usize, &u64)| if at == self.at { self.word } else { *word };
        self.bits.iter().enumerate().map(word)
    }

    /// How many of so many slots from one on are there.
    fn count(&self, first: usize, slots: usize) -> usize {
        let words = self.words().enumerate().skip(first / 64).take_while(|(at, _)| at * 64 < first + slots);
        let inside = words.map(|(at, word)| {
            let (from, to) = (first.saturating_sub(at * 64), (first + slots - at * 64).min(64));
            word & (u64::MAX << from) & (u64::MAX >> (64 - to))
        });
        inside.map(|word| word.count_ones() as usize).sum()
    }

    /// What [`Self::coverage`] of the base's own buckets comes to, in percent, without its gaps.
    pub(super) fn percent(&self, calendar: &Calendar, date: Day, base: &Grid, until: Nanos) -> Option<f64> {
        if !base.interval().is_intraday() {
            return self.coverage(calendar, date, base, base, until).percent();
        }
        let (mut expected, mut present) = (0, 0);
        for &(index, first) in &self.segments {
            let segment = calendar.segment(index);
            if !segment.regular || until <= segment.open {
                continue;
            }
            let ended = if until < segment.close {
                base.locate(calendar, index, until).1
            } else {
                base.slots(calendar, index)
            };
            expected += ended;
            present += self.count(first, ended);
        }
        percent(present, expected)
    }

    /// Coverage of `shown` buckets (the base's own or a longer interval's) that ended by `until`.
    pub(super) fn coverage(
        &self,
        calendar: &Calendar,
        date: Day,
        base: &Grid,
        shown: &Grid,
        until: Nanos,
    ) -> Coverage {
        let mut coverage = Coverage { date, expected: 0, present: 0, gaps: Vec::new() };
        let mut last: Option<(Nanos, Nanos, bool)> = None;
        for &(index, first) in &self.segments {
            let segment = calendar.segment(index);
            if !segment.regular {
                continue;
            }
            let slots = base.slots(calendar, index);
            // Most segments have all: then there is nothing to look at one by one. A day spans its segments.
            let apart = shown == base && base.interval().is_intraday();
            if apart && segment.close <= until && (first..first + slots).all(|slot| self.get(slot)) {
                coverage.close(last.take(), until);
                coverage.expected += slots;
                coverage.present += slots;
                continue;
            }
            let (mut ts, mut slot) = (segment.open, first);
            while ts < segment.close {
                // Only the first bucket of a segment may start off the grid.
                let end = if ts == segment.open || !base.interval().is_intraday() {
                    base.bucket(calendar, index, ts).end
                } else {
                    (ts + base.step()).min(segment.close)
                };
                let bucket =
                    if apart { Bucket { start: ts, end } } else { shown.bucket(calendar, index, ts) };
                // Buckets of a day span the segments; each bucket is counted when its last base bar is reached.
                match &mut last {
                    Some((start, _, present)) if *start == bucket.start => *present |= self.get(slot),
                    _ => {
                        coverage.close(last.take(), until);
                        last = Some((bucket.start, bucket.end, self.get(slot)));
                    }
                }
                ts = end;
                slot += 1;
            }
        }
        coverage.close(last, until);
        coverage
    }
}

impl Coverage {
    fn close(&mut self, bucket: Option<(Nanos, Nanos, bool)>, until: Nanos) {
        let Some((start, end, present)) = bucket.filter(|(_, end, _)| *end <= until) else { return };
        self.expected += 1;
        if present {
            self.present += 1;
            return;
        }
        match self.gaps.last_mut().filter(|gap| gap.end == start) {
            Some(gap) => {
                gap.end = end;
                gap.bars += 1;
            }
            None => self.gaps.push(Gap { start, end, bars: 1 }),
        }
    }

    /// How many of the first gaps are those of another.
    pub fn same_gaps(&self, other: &Self) -> usize {
        self.gaps.iter().zip(&other.gaps).take_while(|(gap, other)| gap == other).count()
    }

    /// Present in percent of expected; none before anything was expected.
    pub fn percent(&self) -> Option<f64> {
        percent(self.present, self.expected)
    }
}

fn percent(present: usize, expected: usize) -> Option<f64> {
    (expected > 0).then(|| 100.0 * present as f64 / expected as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::tests::segment;
    use crate::derive::Align;

    /// A day with a break, and one without.
    fn calendar() -> Calendar {
        let segments = [(0, 14.5, 17.0), (0, 18.0, 21.0), (1, 14.5, 21.0)];
        let segments = segments.map(|(date, from, to)| segment(date, from, to, true));
        Calendar::new("TEST", segments.to_vec()).expect("in order")
    }

    fn grid(text: &str) -> Grid {
        Grid::new(text.parse().expect(text), Align::Session)
    }

    #[test]
    fn whole_segments_count_as_those_with_gaps_do() {
        let (calendar, minute) = (calendar(), grid("1m"));
        for missing in [None, Some((0, 0)), Some((0, 149)), Some((1, 70))] {
            let mut presence = Presence::new(&calendar, 0, &minute);
            for (index, slots) in [(0, 150), (1, 180)] {
                (0..slots).for_each(|slot| presence.set(index, slot));
            }
            if let Some((index, slot)) = missing {
                presence.unset(index, slot);
            }
            let coverage = presence.coverage(&calendar, 0, &minute, &minute, Nanos::MAX);
            assert_eq!((coverage.expected, coverage.present), (330, 330 - usize::from(missing.is_some())));
            let start =
                missing.map(|(index, slot)| calendar.segment(index).open + slot as i64 * minute.step());
            assert_eq!(coverage.gaps.first().map(|gap| (gap.start, gap.bars)), start.map(|start| (start, 1)));
            // Of what has not ended, nothing is expected.
            let half = calendar.segment(0).open + 100 * minute.step();
            assert_eq!(presence.coverage(&calendar, 0, &minute, &minute, half).expected, 100);
        }
    }

    #[test]
    fn a_percentage_is_that_of_the_coverage() {
        let calendar = calendar();
        let mut state = 7_u64;
        let mut draw = |bound: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % bound
        };
        for (text, align) in [("1m", Align::Session), ("7m", Align::Clock), ("1h", Align::Epoch)] {
            let base = Grid::new(text.parse().expect(text), align);
            for _ in 0..200 {
                let mut presence = Presence::new(&calendar, 0, &base);
                let share = draw(4);
                for index in 0..2 {
                    let there = (0..base.slots(&calendar, index)).filter(|_| draw(3) < share);
                    there.collect::<Vec<_>>().into_iter().for_each(|slot| presence.set(index, slot));
                }
                let open = calendar.segment(0).open;
                let until = open + (draw(7 * 60 * 60) as i64 - 60) * 1_000_000_000;
                let until = if draw(3) == 0 { until / base.step() * base.step() } else { until };
                let whole = presence.coverage(&calendar, 0, &base, &base, until).percent();
                assert_eq!(presence.percent(&calendar, 0, &base, until), whole, "{text} {until}");
            }
        }
    }

    #[test]
    fn a_day_with_a_break_is_one_bar() {
        let (calendar, day) = (calendar(), grid("1d"));
        let mut presence = Presence::new(&calendar, 0, &day);
        presence.set(0, 0);
        let coverage = presence.coverage(&calendar, 0, &day, &day, Nanos::MAX);
        assert_eq!((coverage.expected, coverage.present, coverage.gaps.len()), (1, 1, 0));
    }
}
