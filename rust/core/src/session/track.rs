//! One symbol: its base bars and everything that follows from them.
//!
//! The state is a function of the base bars and of one time, the *watermark*: the later of the clock and the end of the
//! symbol's newest base bar. A derived bar is closed if and only if its bucket ends at or before the watermark. Whatever
//! order bars arrive in, the same bars and the same watermark give the same state.

use crate::bar::{Bar, Refusal, check};
use crate::calendar::Calendar;
use crate::derive::{Align, Grid};
use crate::indicator::Tick;
use crate::interval::Interval;
use crate::series::{PastSession, Place, Series};
use crate::symbol::SymbolId;
use crate::time::{Day, Nanos};
use crate::trade::{Quote, Trade};

use super::book::Book;
use super::coverage::{Coverage, PastPresence, Presence};
use super::derived::{Context, Derived, ticks};
use super::layout::{IntervalRequest, Layout};
use super::metrics::Metrics;
use super::programs::{IndicatorRequest, Programs};
use super::report::{Counts, Outcome};

/// What a new bar reads and changes stands together, in as few cache lines as it takes: six, with the series' first two.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(super) struct Track {
    pub(super) id: SymbolId,
    date: Day,
    pub(super) calendar: usize,
    /// Index of the current session in the calendar.
    pub(super) session: Option<usize>,
    /// The segment of the last bar, tried first for the next.
    pub(super) segment: usize,
    /// End of the newest base bar that there was.
    pub(super) newest_end: Nanos,
    /// Its segment and its slot there.
    pub(super) newest_slot: (usize, usize),
    pub(super) grid: Grid,
    pub(super) derived: Vec<Derived>,
    /// How many series there are up to the last that has indicators.
    pub(super) indicated: u32,
    /// Whether there are indicators whose values come from outside.
    pub(super) custom: bool,
    pub(super) counts: Counts,
    pub(super) metrics: Metrics,
    pub(super) base: Series,
    pub(super) presence: Presence,
    /// Another number whenever series or indicators come or go.
    pub(super) shape: u64,
    /// End of the newest base bar that was loaded as history.
    pub(super) loaded_end: Nanos,
    /// The metrics of the bars that have left the ring.
    metrics_head: Metrics,
    past_presence: Vec<PastPresence>,
    /// Its trades, if it has any.
    pub(super) book: Option<Box<Book>>,
    pub(super) quote: Option<Quote>,
    /// The newest trade, if bars are not made of trades.
    pub(super) noted: Option<Trade>,
}

impl Track {
    pub(super) fn new(id: SymbolId, calendar: usize, layout: &Layout, capacity: usize, shape: u64) -> Self {
        let (base, derived) = layout.series.split_first().expect("a layout has a base");
        let mut track = Self {
            id,
            calendar,
            session: None,
            date: 0,
            segment: 0,
            grid: base.grid,
            base: base.build(capacity),
            derived: derived
                .iter()
                .map(|d| Derived { series: d.build(capacity), grid: d.grid, head: None, forming: None })
                .collect(),
            metrics: Metrics::default(),
            metrics_head: Metrics::default(),
            presence: Presence::default(),
            past_presence: Vec::new(),
            newest_end: Nanos::MIN,
            newest_slot: (usize::MAX, 0),
            loaded_end: Nanos::MIN,
            counts: Counts::default(),
            book: None,
            quote: None,
            noted: None,
            shape,
            indicated: 0,
            custom: false,
        };
        track.reshaped();
        track
    }

    /// Takes note that series or indicators came or went.
    fn reshaped(&mut self) {
        self.shape += 1;
        let custom = self.series().any(Series::has_custom);
        let last = self.series().zip(1..).filter(|(series, _)| !series.stacks().is_empty()).last();
        let indicated = last.map_or(0, |(_, count)| count);
        (self.custom, self.indicated) = (custom, indicated);
    }

    pub(super) fn place<'a>(&self, calendar: &'a Calendar) -> Place<'a> {
        Place { calendar, date: self.date, segment: self.segment }
    }

    pub(super) fn watermark(&self, clock: Nanos) -> Nanos {
        clock.max(self.newest_end)
    }

    /// Takes one base bar. Indicators may be stale afterwards: see [`Self::repair`].
    #[inline]
    pub(super) fn apply(&mut self, bar: &Bar, context: &mut Context<'_>) -> Outcome {
        let outcome = self.place_bar(bar, context);
        self.counts.count(outcome);
        outcome
    }

    #[inline]
    fn place_bar(&mut self, bar: &Bar, context: &mut Context<'_>) -> Outcome {
        if let Err(refusal) = check(bar) {
            return Outcome::Refused(refusal);
        }
        let calendar = context.calendar;
        let Some(segment) = calendar.segment_at(bar.ts, self.segment) else {
            return Outcome::OutsideSession;
        };
        if segment != self.segment || self.session.is_none() {
            let session = calendar.session_of(segment);
            match self.session {
                Some(current) if session < current => return Outcome::TooOld,
                Some(current) if session == current => {}
                _ => self.begin_session(session, context),
            }
            self.segment = segment;
        }
        // Most bars follow the newest one, without a gap or after a few that are missing: then nothing is to be looked up.
        let step = self.grid.step();
        let after = if self.newest_slot.0 == segment { bar.ts - self.newest_end } else { -1 };
        // Divided always: whether bars are missing cannot be guessed.
        let missing = after as u64 / step as u64;
        let (end, slot) = if after >= 0 && missing * step as u64 == after as u64 {
            let close = calendar.segment(segment).close;
            ((bar.ts + step).min(close), self.newest_slot.1 + missing as usize + 1)
        } else {
            let (bucket, slot) = self.grid.locate(calendar, segment, bar.ts);
            if bucket.start != bar.ts {
                return Outcome::Refused(Refusal::Unaligned);
            }
            (bucket.end, slot)
        };
        // To look at the newest bar itself would be to wait for it.
        if bar.ts < self.newest_end && self.base.newest().is_some_and(|newest| bar.ts <= newest.ts) {
            return self.revise(bar, (segment, slot), context);
        }
        // Newer bars may have been there of which all trades were taken back: what they closed stays closed.
        if end > self.newest_end {
            (self.newest_end, self.newest_slot) = (end, (segment, slot));
        }
        self.append(bar, (segment, slot), context);
        Outcome::Appended
    }

    #[inline]
    fn append(&mut self, bar: &Bar, (segment, slot): (usize, usize), context: &mut Context<'_>) {
        let tick = Tick::new(*bar, self.date, context.calendar, Some(segment));
        self.presence.set(segment, slot);
        self.metrics.fold(bar, tick.regular);
        self.base.push(bar);
        context.bar_closed(self.id, self.grid.interval(), bar);
        let watermark = self.watermark(context.clock);
        for derived in &mut self.derived {
            derived.append(self.id, &tick, segment, watermark, context);
        }
        if context.loading {
            self.loaded_end = self.newest_end;
        } else if self.base.has_outgrown() {
            self.evict(context);
        }
    }

    #[cold]
    pub(super) fn evict(&mut self, context: &mut Context<'_>) {
        context.settle(self.id, &mut self.base, self.date, self.segment);
        let evicted = self.base.evict();
        self.absorb(&evicted, context.calendar);
    }

    /// Keeps what evicted base bars add to metrics and to buckets that still need them.
    fn absorb(&mut self, evicted: &[Bar], calendar: &Calendar) {
        let mut hint = 0;
        for bar in evicted {
            hint = calendar.segment_at(bar.ts, hint).unwrap_or(hint);
            let regular = calendar.segment(hint).regular;
            self.metrics_head.fold(bar, regular);
            for derived in self.derived.iter_mut().filter(|d| d.takes(regular)) {
                let start = derived.grid.bucket(calendar, hint, bar.ts).start;
                match derived.head.as_mut().filter(|head| head.ts == start) {
                    Some(head) => head.fold(bar),
                    None => derived.head = Some(Bar { ts: start, ..*bar }),
                }
            }
        }
    }

    #[cold]
    fn revise(&mut self, bar: &Bar, (segment, slot): (usize, usize), context: &mut Context<'_>) -> Outcome {
        if self.base.is_too_old(bar.ts) {
            return Outcome::TooOld;
        }
        // What comes before is told before.
        context.settle(self.id, &mut self.base, self.date, self.segment);
        let (old, outcome) = match self.base.find(bar.ts) {
            Ok(place) if self.base.bar(place).same(bar) => return Outcome::Identical,
            Ok(place) => {
                let old = *self.base.bar(place);
                self.base.replace(place, *bar);
                (Some(old), Outcome::Corrected)
            }
            Err(place) => {
                self.base.insert(place, *bar);
                self.presence.set(segment, slot);
                (None, Outcome::Inserted)
            }
        };
        context.bar_revised(self.id, self.base.interval(), old, bar);
        self.recount(context.calendar);
        let regular = context.calendar.segment(segment).regular;
        let base = (&self.base, self.watermark(context.clock));
        for derived in self.derived.iter_mut().filter(|d| d.takes(regular)) {
            derived.revise(self.id, (self.date, segment), bar.ts, base, context);
        }
        if !context.loading && self.base.has_outgrown() {
            self.evict(context);
        }
        outcome
    }

    /// Takes a base bar away of which no trade is left.
    #[cold]
    pub(super) fn withdraw(&mut self, ts: Nanos, context: &mut Context<'_>) {
        context.settle(self.id, &mut self.base, self.date, self.segment);
        let Some(old) = self.base.take_out(ts) else { return };
        let calendar = context.calendar;
        let Some(segment) = calendar.segment_at(ts, self.segment) else { return };
        let (_, slot) = self.grid.locate(calendar, segment, ts);
        self.presence.unset(segment, slot);
        context.bar_withdrawn(self.id, self.base.interval(), &old);
        self.recount(calendar);
        let regular = calendar.segment(segment).regular;
        let base = (&self.base, self.watermark(context.clock));
        for derived in self.derived.iter_mut().filter(|d| d.takes(regular)) {
            derived.revise(self.id, (self.date, segment), ts, base, context);
        }
    }

    /// The metrics from the bars, after one of them changed.
    fn recount(&mut self, calendar: &Calendar) {
        let mut metrics = self.metrics_head;
        metrics.previous_close = self.metrics.previous_close;
        let mut hint = 0;
        for bar in self.base.held() {
            hint = calendar.segment_at(bar.ts, hint).unwrap_or(hint);
            metrics.fold(bar, calendar.segment(hint).regular);
        }
        self.metrics = metrics;
    }

    /// Adds an interval that the symbol does not have, from the base bars that it holds: those of the earlier sessions that
    /// are kept, and the session's. A bar whose first base bars have left the ring is not shown.
    pub(super) fn add_interval(&mut self, request: IntervalRequest, align: Align, context: &mut Context<'_>) {
        let calendar = context.calendar;
        let grid = Grid::new(request.interval, align);
        let series = request.series(self.base.capacity());
        let mut derived = Derived { series, grid, head: None, forming: None };
        let loading = std::mem::replace(&mut context.loading, true);
        let mut next = self.base.past().map(|p| p.session).skip(1).chain(self.session);
        for past in self.base.past() {
            for tick in ticks(past.bars.iter(), calendar) {
                let segment = calendar.segment_at(tick.bar.ts, usize::MAX).unwrap_or_default();
                derived.append(self.id, &tick, segment, Nanos::MIN, context);
            }
            let next = next.next().unwrap_or(past.session + 1);
            let ends = calendar.sessions().get(next).map_or(Nanos::MAX, |s| s.first_open);
            if derived.forming.as_ref().is_some_and(|f| f.end <= ends) {
                derived.close(self.id, past.date, context);
            }
            derived.head = derived.forming.as_ref().map(|f| f.bar);
            derived.series.repair(Place { calendar, date: past.date, segment: usize::MAX });
            derived.series.roll(past.session, past.date, next);
        }
        let watermark = self.watermark(context.clock);
        // What the ring has lost makes the bucket of its oldest bar incomplete.
        let whole_from =
            if self.base.has_evicted() { self.base.held().next().map(|bar| bar.ts) } else { None };
        for tick in ticks(self.base.held(), calendar) {
            let segment = calendar.segment_at(tick.bar.ts, usize::MAX).unwrap_or_default();
            let bucket = derived.grid.bucket(calendar, segment, tick.bar.ts);
            if whole_from.is_none_or(|from| bucket.start >= from) {
                derived.append(self.id, &tick, segment, watermark, context);
            }
        }
        context.loading = loading;
        drop(next);
        let after = self.derived.partition_point(|d| d.series.interval() < request.interval);
        self.derived.insert(after, derived);
        self.reshaped();
    }

    /// Puts bars of earlier sessions in the place of those that are kept.
    pub(super) fn put_history(&mut self, interval: Interval, bars: &[Bar], keep: usize, calendar: &Calendar) {
        let mut past: Vec<(usize, Day, Vec<Bar>)> = Vec::new();
        for tick in ticks(bars.iter(), calendar) {
            let segment = calendar.segment_at(tick.bar.ts, usize::MAX).unwrap_or_default();
            let session = calendar.session_of(segment);
            match past.last_mut().filter(|(last, ..)| *last == session) {
                Some((.., bars)) => bars.push(tick.bar),
                None => past.push((session, tick.session, vec![tick.bar])),
            }
        }
        let past =
            past.into_iter().map(|(session, date, bars)| PastSession { session, date, bars: bars.into() });
        if let Some(series) = self.series_mut().find(|series| series.interval() == interval) {
            series.put_past(past.collect(), keep);
        }
    }

    /// Adds indicators that the symbol does not have; gives how many.
    pub(super) fn add_indicators(
        &mut self,
        requests: &[IndicatorRequest],
        history: &[(Interval, Vec<Bar>)],
        calendar: &Calendar,
        programs: &mut Programs,
    ) -> usize {
        let place = self.place(calendar);
        let all = std::iter::once(&mut self.base).chain(self.derived.iter_mut().map(|d| &mut d.series));
        let mut added = 0;
        for series in all {
            let interval = series.interval();
            let given = history.iter().find(|(i, _)| *i == interval).map(|(_, bars)| bars.as_slice());
            for program in programs.of(requests, interval) {
                added += program.shown.len();
                let before = match given {
                    Some(bars) => ticks(bars.iter(), calendar),
                    None => ticks(series.past().flat_map(|p| &p.bars), calendar),
                };
                series.attach(program, &before, place);
            }
        }
        self.reshaped();
        added
    }

    pub(super) fn series(&self) -> impl Iterator<Item = &Series> {
        std::iter::once(&self.base).chain(self.derived.iter().map(|d| &d.series))
    }

    pub(super) fn series_mut(&mut self) -> impl Iterator<Item = &mut Series> {
        std::iter::once(&mut self.base).chain(self.derived.iter_mut().map(|d| &mut d.series))
    }

    /// The base, or one of the longer intervals.
    #[inline]
    pub(super) fn nth_series_mut(&mut self, index: usize) -> Option<&mut Series> {
        match index.checked_sub(1) {
            None => Some(&mut self.base),
            Some(index) => self.derived.get_mut(index).map(|derived| &mut derived.series),
        }
    }

    /// Takes indicators away, and longer intervals with all that is over them.
    pub(super) fn reduce(&mut self, keys: &[String], intervals: &[Interval]) {
        self.derived.retain(|d| !intervals.contains(&d.series.interval()));
        self.series_mut().for_each(|series| series.detach(keys));
        self.reshaped();
    }

    pub(super) fn remove_indicators(&mut self) {
        self.series_mut().for_each(Series::detach_all);
        self.reshaped();
    }

    /// Brings all indicators up to date.
    pub(super) fn settle(&mut self, context: &mut Context<'_>) {
        (0..self.indicated as usize).for_each(|index| self.settle_nth(index, context));
    }

    /// Brings those of one series up to date.
    pub(super) fn settle_nth(&mut self, index: usize, context: &mut Context<'_>) {
        let (id, date, segment) = (self.id, self.date, self.segment);
        if let Some(series) = self.nth_series_mut(index) {
            context.settle(id, series, date, segment);
        }
    }

    /// Closes the bars in progress that ended by now.
    pub(super) fn tick(&mut self, context: &mut Context<'_>) {
        self.bars_from_trades(context);
        for derived in &mut self.derived {
            if let Some(forming) = &derived.forming {
                if forming.end <= context.clock {
                    derived.close(self.id, self.date, context);
                } else {
                    *context.due = forming.end.min(*context.due);
                }
            }
        }
    }

    /// Ends the current session, if there is one, and begins another.
    pub(super) fn begin_session(&mut self, session: usize, context: &mut Context<'_>) {
        context.changed = true;
        let calendar = context.calendar;
        let next = &calendar.sessions()[session];
        if let Some(ended) = self.session {
            let date = self.date;
            self.settle(context);
            // A bar in progress with which history ended is not news.
            let loading = context.loading;
            context.loading |= self.newest_end == self.loaded_end;
            for derived in &mut self.derived {
                if derived.forming.as_ref().is_some_and(|f| f.end <= next.first_open) {
                    derived.close(self.id, date, context);
                    context.settle(self.id, &mut derived.series, date, self.segment);
                }
                // A bucket that goes on keeps what this session added to it: the base bars are about to leave.
                derived.head = derived.forming.as_ref().map(|f| f.bar);
                derived.series.roll(ended, date, session);
            }
            context.loading = loading;
            self.base.roll(ended, date, session);
            let keep = self.series().map(Series::keep_sessions).max().unwrap_or(0);
            self.past_presence.retain(|past| past.session as usize + keep >= session);
            if ended + keep >= session {
                self.past_presence.reserve_exact(keep.saturating_sub(self.past_presence.len()));
                self.past_presence.push(PastPresence::new(ended, &self.presence));
            }
            self.metrics = self.metrics.next_session();
            self.metrics_head = Metrics::default();
        }
        self.presence = Presence::new(calendar, session, &self.grid);
        self.session = Some(session);
        self.date = next.date;
        self.segment = next.segments.start;
    }

    /// Expected and present bars of an interval that ended by some time, this session's.
    pub(super) fn coverage(&self, calendar: &Calendar, shown: &Grid, until: Nanos) -> Option<Coverage> {
        self.session?;
        Some(self.presence.coverage(calendar, self.date, &self.grid, shown, until))
    }

    /// Present in percent of expected base bars, up to the watermark; none before anything was expected.
    pub(super) fn quality(&self, calendar: &Calendar, clock: Nanos) -> Option<f64> {
        self.session?;
        self.presence.percent(calendar, self.date, &self.grid, self.watermark(clock))
    }

    /// Expected and present bars of the earlier sessions that are kept.
    pub(super) fn past_coverage(&self, calendar: &Calendar, shown: &Grid) -> Vec<Coverage> {
        self.past_presence
            .iter()
            .map(|past| {
                let date = calendar.sessions()[past.session as usize].date;
                let presence = past.restored(calendar, &self.grid);
                presence.coverage(calendar, date, &self.grid, shown, Nanos::MAX)
            })
            .collect()
    }

    pub(super) fn presence(&self) -> &Presence {
        &self.presence
    }

    /// End of the newest base bar.
    pub(super) fn newest_end(&self) -> Nanos {
        self.newest_end
    }

    pub(super) fn grid(&self) -> &Grid {
        &self.grid
    }

    pub(super) fn date(&self) -> Option<Day> {
        self.session.map(|_| self.date)
    }

    /// The same, or 0.
    #[inline]
    pub(super) fn day(&self) -> Day {
        self.date
    }
}
