//! Bars of one symbol that follow each other without a gap: what each would look up is looked up once, and what each would change
//! is changed once.

use crate::bar::{Bar, check};
use crate::indicator::Tick;
use crate::symbol::SymbolId;
use crate::time::Day;

use super::derived::{Context, Derived, Forming};
use super::report::Outcome;
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
    /// Takes bars in the order given, and tells of each that did not just follow what became of it; gives how many did.
    pub(super) fn apply_all<B: AsRef<Bar>>(
        &mut self,
        bars: &[B],
        context: &mut Context<'_>,
        mut tell: impl FnMut(usize, Outcome),
    ) -> usize {
        let (mut next, mut followed) = (0, 0);
        while let Some(bar) = bars.get(next) {
            let run = self.apply_run(&bars[next..], context);
            if run == 0 {
                tell(next, self.apply(bar.as_ref(), context));
            }
            followed += run;
            next += run.max(1);
        }
        followed
    }

    /// Takes as many of the first bars as follow the newest bar, and each other, in its segment, as [`Self::apply`] takes them one
    /// by one; gives how many. What is not that plain is left.
    fn apply_run<B: AsRef<Bar>>(&mut self, bars: &[B], context: &mut Context<'_>) -> usize {
        let bars = &bars[..self.run(bars, context)];
        let [first, .., last] = bars else { return 0 };
        let Self { id, segment, .. } = *self;
        let (step, calendar) = (self.grid.step(), context.calendar);
        let slot = self.newest_slot.1 + 1 + ((first.as_ref().ts - self.newest_end) / step) as usize;
        self.presence.set_run(segment, slot, bars.len());
        self.metrics.fold_all(each(bars), calendar.segment(segment).regular);
        self.base.extend(each(bars));
        context.bars_closed(id, self.base.interval(), each(bars));
        let stretch = Stretch { id, date: self.day(), segment, step };
        for derived in &mut self.derived {
            derived.append_run(bars, stretch, context);
        }
        self.newest_end = (last.as_ref().ts + step).min(calendar.segment(segment).close);
        self.newest_slot = (segment, slot + bars.len() - 1);
        self.counts.appended += bars.len() as u64;
        if context.loading {
            self.loaded_end = self.newest_end;
        } else if self.base.has_outgrown() {
            self.evict(context);
        }
        bars.len()
    }

    /// How many of the first bars are a run.
    fn run<B: AsRef<Bar>>(&self, bars: &[B], context: &Context<'_>) -> usize {
        let Self { segment, newest_slot: (newest, _), newest_end, .. } = *self;
        let plain = newest == segment && self.session.is_some() && self.grid.interval().is_intraday();
        let Some(mut ts) = bars.first().map(|bar| bar.as_ref().ts).filter(|&ts| plain && ts >= newest_end)
        else {
            return 0;
        };
        let step = self.grid.step();
        if ts != newest_end && (ts - newest_end) % step != 0 {
            return 0;
        }
        let close = context.calendar.segment(segment).close;
        let room = if context.loading { usize::MAX } else { self.base.room() };
        let follows = |bar: &&Bar| {
            let follows = bar.ts == ts && ts < close && check(bar).is_ok();
            ts += step;
            follows
        };
        each(bars).take(room).take_while(follows).count()
    }
}

impl Derived {
    /// Takes the bars of a run.
    fn append_run<B: AsRef<Bar>>(&mut self, bars: &[B], stretch: Stretch, context: &mut Context<'_>) {
        let Stretch { id, date, segment, step } = stretch;
        let calendar = context.calendar;
        let (close, clock) = (calendar.segment(segment).close, context.clock);
        if !self.takes(calendar.segment(segment).regular) {
            return;
        }
        let mut rest = bars;
        // Where the bucket before ended: there the next begins, with nothing to divide.
        let mut ended = None;
        while let Some(bar) = rest.first().map(AsRef::as_ref) {
            let taken = match &mut self.forming {
                Some(forming) if bar.ts < forming.end => {
                    let inside = each(rest).take_while(|bar| bar.ts < forming.end).count();
                    each(&rest[..inside]).for_each(|bar| forming.bar.fold(bar));
                    inside
                }
                None if ended == Some(bar.ts) => {
                    let end = (bar.ts + self.grid.step()).min(close);
                    self.forming = Some(Forming { bar: *bar, end });
                    1
                }
                _ => {
                    let tick = Tick::new(*bar, date, calendar, Some(segment));
                    self.append(id, &tick, segment, clock.max((bar.ts + step).min(close)), context);
                    rest = &rest[1..];
                    continue;
                }
            };
            let seen = rest[taken - 1].as_ref().ts + step;
            rest = &rest[taken..];
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

fn each<B: AsRef<Bar>>(bars: &[B]) -> impl ExactSizeIterator<Item = &Bar> {
    bars.iter().map(AsRef::as_ref)
}

#[cfg(test)]
mod tests {
    use super::super::layout::{IntervalRequest, Layout};
    use super::super::store::{Row, Session, Settings};
    use super::*;
    use crate::calendar::{Calendar, Segment};
    use crate::derive::Align;
    use crate::series::MARK_EVERY;

    const MINUTE: i64 = 60_000_000_000;

    #[test]
    fn a_run_takes_a_ring_no_further_than_single_bars_do() {
        let segment = Segment { date: 1, open: 0, close: 1_000 * MINUTE, regular: true, utc_offset: 0 };
        let rows: Vec<Row> = (0..1_000)
            .map(|minute| Row { symbol: 0, bar: Bar::new(minute * MINUTE, [1.0; 4], 1.0, 1.0, 1.0) })
            .collect();
        for (lot, most) in [(1, 10), (1_000, 10), (333, 200)] {
            let mut session = Session::new(Settings { capacity: most, align: Align::Session });
            let calendar = session.add_calendar(Calendar::new("TEST", vec![segment]).expect("in order"));
            let base = IntervalRequest { interval: "1m".parse().expect("an interval"), keep_sessions: 0 };
            let layout = Layout::new(base, &[], &[], Align::Session).expect("a layout");
            session.register(["A"], calendar, &layout).expect("a name");
            rows.chunks(lot)
                .for_each(|rows| assert_eq!(session.apply(rows).counts.appended, rows.len() as u64));
            let held = session.tracks[0].as_ref().map_or(0, |track| track.base.held().len());
            assert!(
                (most..most + MARK_EVERY).contains(&held),
                "{held} bars are held of {most}, {lot} at a time"
            );
        }
    }
}
