//! Which bars were expected and which are there.

use crate::calendar::Calendar;
use crate::derive::{Bucket, Grid};
use crate::time::{Day, Nanos};

/// Expected base bars of one session: a bit each.
#[derive(Debug, Clone, Default)]
pub(super) struct Presence {
    /// Segment index and number of its first slot.
    segments: Vec<(usize, usize)>,
    bits: Vec<u64>,
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
        let bits = match presence.bits[..] {
            [] => Bits::Few(0),
            [bits] => Bits::Few(bits),
            _ => Bits::Many(presence.bits.clone().into_boxed_slice()),
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
        Self { segments, bits: vec![0; slots.div_ceil(64)] }
    }

    /// The bar of that slot of a segment is there.
    #[inline]
    pub(super) fn set(&mut self, segment: usize, slot: usize) {
        let first = self.segments.iter().find(|(index, _)| *index == segment).map_or(0, |(_, slot)| *slot);
        let slot = first + slot;
        self.bits[slot / 64] |= 1 << (slot % 64);
    }

    /// The bar of that slot of a segment is not there any more.
    pub(super) fn unset(&mut self, segment: usize, slot: usize) {
        let first = self.segments.iter().find(|(index, _)| *index == segment).map_or(0, |(_, slot)| *slot);
        let slot = first + slot;
        self.bits[slot / 64] &= !(1 << (slot % 64));
    }

    fn get(&self, slot: usize) -> bool {
        self.bits[slot / 64] & (1 << (slot % 64)) != 0
    }

    /// Whether every slot is as in the other.
    pub(super) fn bits(&self) -> &[u64] {
        &self.bits
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
            let (mut ts, mut slot) = (segment.open, first);
            while ts < segment.close {
                // Only the first bucket of a segment may start off the grid.
                let end = if ts == segment.open || !base.interval().is_intraday() {
                    base.bucket(calendar, index, ts).end
                } else {
                    (ts + base.step()).min(segment.close)
                };
                let bucket =
                    if shown == base { Bucket { start: ts, end } } else { shown.bucket(calendar, index, ts) };
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

    /// Present in percent of expected; none before anything was expected.
    pub fn percent(&self) -> Option<f64> {
        (self.expected > 0).then(|| 100.0 * self.present as f64 / self.expected as f64)
    }
}
