//! Bars of one symbol that follow each other without a gap: what each would look up is looked up once, and what each would change
//! is changed once.

use crate::bar::{Bar, check};
use crate::indicator::Tick;
use crate::symbol::SymbolId;
use crate::time::Day;

use super::derived::{Context, Derived, Forming};
use super::feed::FeedRow;
use super::track::Track;

/// Where the bars of a run stand: all in one segment.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    id: SymbolId,
    date: Day,
    segment: usize,
    /// The length of a bar.
    step: i64,
}

impl Track {
    /// Takes as many of the first rows as follow the newest bar, and each other, in its segment, as [`Self::apply`] takes them one
    /// by one while nobody looks on; gives how many. What is not that plain is left.
    pub(super) fn apply_run(&mut self, rows: &[FeedRow], context: &mut Context<'_>) -> usize {
        let rows = &rows[..self.run(rows, context)];
        let [first, .., last] = rows else { return 0 };
        let Self { id, segment, .. } = *self;
        let (step, calendar) = (self.grid.step(), context.calendar);
        let slot = self.newest_slot.1 + 1 + ((first.bar.ts - self.newest_end) / step) as usize;
        self.presence.set_run(segment, slot, rows.len());
        self.metrics.fold_all(bars(rows), calendar.segment(segment).regular);
        self.base.extend(bars(rows));
        let stretch = Stretch { id, date: self.day(), segment, step };
        for derived in &mut self.derived {
            derived.append_run(rows, stretch, context);
        }
        self.newest_end = (last.bar.ts + step).min(calendar.segment(segment).close);
        self.newest_slot = (segment, slot + rows.len() - 1);
        self.counts.appended += rows.len() as u64;
        context.changed = true;
        if self.base.has_outgrown() {
            self.evict(context);
        }
        rows.len()
    }

    /// How many of the first rows are a run.
    fn run(&self, rows: &[FeedRow], context: &Context<'_>) -> usize {
        let Self { segment, newest_slot: (newest, _), newest_end, .. } = *self;
        let plain = !context.loading && context.events.mask.is_empty() && self.grid.interval().is_intraday();
        let Some(first) = rows.first().filter(|row| plain && newest == segment && row.bar.ts >= newest_end)
        else {
            return 0;
        };
        let (step, mut ts) = (self.grid.step(), first.bar.ts);
        if self.session.is_none() || (ts != newest_end && (ts - newest_end) % step != 0) {
            return 0;
        }
        let close = context.calendar.segment(segment).close;
        let follows = |row: &&FeedRow| {
            let follows = row.bar.ts == ts && ts < close && check(&row.bar).is_ok();
            ts += step;
            follows
        };
        rows.iter().take(self.base.room()).take_while(follows).count()
    }
}

impl Derived {
    /// Takes the bars of a run.
    fn append_run(&mut self, rows: &[FeedRow], stretch: Stretch, context: &mut Context<'_>) {
        let Stretch { id, date, segment, step } = stretch;
        let calendar = context.calendar;
        let (close, clock) = (calendar.segment(segment).close, context.clock);
        if !self.takes(calendar.segment(segment).regular) {
            return;
        }
        let mut rows = rows;
        // Where the bucket before ended: there the next begins, with nothing to divide.
        let mut ended = None;
        while let Some((row, rest)) = rows.split_first() {
            let taken = match &mut self.forming {
                Some(forming) if row.bar.ts < forming.end => {
                    let inside = rows.iter().take_while(|row| row.bar.ts < forming.end).count();
                    bars(&rows[..inside]).for_each(|bar| forming.bar.fold(bar));
                    inside
                }
                None if ended == Some(row.bar.ts) => {
                    let end = (row.bar.ts + self.grid.step()).min(close);
                    self.forming = Some(Forming { bar: row.bar, end });
                    1
                }
                _ => {
                    let tick = Tick::new(row.bar, date, calendar, Some(segment));
                    self.append(id, &tick, segment, clock.max((row.bar.ts + step).min(close)), context);
                    rows = rest;
                    continue;
                }
            };
            let seen = rows[taken - 1].bar.ts + step;
            rows = &rows[taken..];
            let Some(Forming { end, .. }) = self.forming else { continue };
            if seen < end {
                *context.due = end.min(*context.due);
            } else {
                ended = Some(end);
                self.close(id, date, context);
            }
        }
    }
}

fn bars(rows: &[FeedRow]) -> impl ExactSizeIterator<Item = &Bar> {
    rows.iter().map(|row| &row.bar)
}
