//! A longer interval of one symbol: its bar in progress and its closed bars.

use crate::bar::Bar;
use crate::calendar::Calendar;
use crate::derive::Grid;
use crate::indicator::Tick;
use crate::interval::Interval;
use crate::series::{Kind, Place, Program, Repaired, Series};
use crate::symbol::SymbolId;
use crate::time::{Day, Nanos};

use super::event::{EventKind, Events};

/// What a step knows besides the bar.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) calendar: &'a Calendar,
    pub(super) clock: Nanos,
    /// History is being loaded: the ring does not evict and nothing is told.
    pub(super) loading: bool,
    pub(super) events: &'a mut Events,
    /// The earliest end of a bar in progress: when the clock must look again.
    pub(super) due: &'a mut Nanos,
    /// Set when a bar that indicators had seen was changed.
    pub(super) revised: bool,
    /// Set when a bar closed, or anything else that can be read changed.
    pub(super) changed: bool,
}

/// A longer interval of the symbol.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(super) struct Derived {
    pub(super) forming: Option<Forming>,
    pub(super) grid: Grid,
    pub(super) series: Series,
    /// What bars that have left the base ring add to the bucket they were in.
    pub(super) head: Option<Bar>,
}

/// A bar in progress.
#[derive(Debug, Clone, Copy)]
pub(super) struct Forming {
    pub(super) bar: Bar,
    pub(super) end: Nanos,
}

/// Bars of earlier sessions as indicators take them; those in no session are left out.
pub(super) fn ticks<'a>(bars: impl Iterator<Item = &'a Bar>, calendar: &Calendar) -> Vec<Tick> {
    let mut hint = 0;
    let mut ticks = Vec::new();
    for bar in bars {
        if let Some(segment) = calendar.segment_at(bar.ts, hint) {
            hint = segment;
            ticks.push(Tick::new(*bar, calendar.segment(segment).date, calendar, Some(segment)));
        }
    }
    ticks
}

impl Derived {
    /// Days and weeks are made of the regular session.
    pub(super) fn takes(&self, regular: bool) -> bool {
        regular || self.grid.interval().is_intraday()
    }

    /// Takes a base bar that is newer than all.
    #[inline]
    pub(super) fn append(
        &mut self,
        id: SymbolId,
        tick: &Tick,
        segment: usize,
        watermark: Nanos,
        context: &mut Context<'_>,
    ) {
        if !self.takes(tick.regular) {
            return;
        }
        let bar = &tick.bar;
        match &mut self.forming {
            Some(forming) if bar.ts < forming.end => forming.bar.fold(bar),
            _ => {
                self.close(id, tick.session, context);
                let bucket = self.grid.bucket(context.calendar, segment, bar.ts);
                let newer = self.series.newest().is_none_or(|newest| newest.ts < bucket.start);
                if let Some(place) = (!newer).then(|| self.series.find(bucket.start).ok()).flatten() {
                    // The clock closed the bucket before this bar came.
                    context.settle(id, &mut self.series, tick.session, segment);
                    let old = *self.series.bar(place);
                    let mut bar_now = old;
                    bar_now.fold(bar);
                    self.series.replace(place, bar_now);
                    context.bar_revised(id, self.series.interval(), Some(old), &bar_now);
                    return;
                }
                self.forming = Some(Forming { bar: Bar { ts: bucket.start, ..*bar }, end: bucket.end });
                if bucket.end > watermark {
                    *context.due = bucket.end.min(*context.due);
                }
            }
        }
        if self.forming.as_ref().is_some_and(|f| f.end <= watermark) {
            self.close(id, tick.session, context);
        }
    }

    /// Closes the bar in progress, if there is one.
    pub(super) fn close(&mut self, id: SymbolId, date: Day, context: &mut Context<'_>) {
        let Some(forming) = self.forming.take() else { return };
        let bar = forming.bar;
        self.series.push(&bar);
        context.bar_closed(id, self.series.interval(), &bar);
        if !context.loading && self.series.has_outgrown() {
            context.settle(id, &mut self.series, date, usize::MAX);
            // What leaves a derived ring is in no one's bucket.
            self.series.evict();
        }
    }

    /// Takes a bar away of which no base bar is left.
    fn withdraw(&mut self, id: SymbolId, start: Nanos, context: &mut Context<'_>) {
        self.forming = self.forming.filter(|f| f.bar.ts != start);
        if let Some(old) = self.series.take_out(start) {
            context.bar_withdrawn(id, self.series.interval(), &old);
        }
    }

    /// Puts the bucket of a changed base bar together again.
    pub(super) fn revise(
        &mut self,
        id: SymbolId,
        (date, segment): (Day, usize),
        ts: Nanos,
        (base, watermark): (&Series, Nanos),
        context: &mut Context<'_>,
    ) {
        context.settle(id, &mut self.series, date, segment);
        let bucket = self.grid.bucket(context.calendar, segment, ts);
        let mut sum = self.head.filter(|head| head.ts == bucket.start);
        let mut hint = segment;
        for bar in base.held_within(bucket.start, bucket.end) {
            hint = context.calendar.segment_at(bar.ts, hint).unwrap_or(hint);
            if !self.takes(context.calendar.segment(hint).regular) {
                continue;
            }
            match &mut sum {
                Some(sum) => sum.fold(bar),
                None => sum = Some(Bar { ts: bucket.start, ..*bar }),
            }
        }
        let Some(bar) = sum else {
            self.withdraw(id, bucket.start, context);
            return;
        };
        if let Some(forming) = self.forming.as_mut().filter(|f| f.bar.ts == bucket.start) {
            forming.bar = bar;
            return;
        }
        if bucket.end > watermark {
            // The newer bars that there are, of extended hours, are none of its own.
            self.close(id, date, context);
            self.forming = Some(Forming { bar, end: bucket.end });
            *context.due = bucket.end.min(*context.due);
            return;
        }
        let old = match self.series.find(bucket.start) {
            Ok(place) if self.series.bar(place).same(&bar) => return,
            Ok(place) => {
                let old = *self.series.bar(place);
                self.series.replace(place, bar);
                Some(old)
            }
            Err(_) if self.series.is_too_old(bucket.start) => return,
            Err(place) => {
                self.series.insert(place, bar);
                None
            }
        };
        context.bar_revised(id, self.series.interval(), old, &bar);
    }
}

impl Context<'_> {
    #[inline]
    pub(super) fn bar_closed(&mut self, id: SymbolId, interval: Interval, bar: &Bar) {
        self.changed = true;
        if !self.loading {
            self.events.bar_closed(id, interval, bar);
        }
    }

    /// The same of bars that follow each other.
    pub(super) fn bars_closed<'b>(
        &mut self,
        id: SymbolId,
        interval: Interval,
        bars: impl Iterator<Item = &'b Bar>,
    ) {
        self.changed = true;
        if !self.loading && self.events.mask.wants(EventKind::BarClosed, interval) {
            bars.for_each(|bar| self.events.bar_closed(id, interval, bar));
        }
    }

    /// Brings the indicators of a series up to date, and tells of those that have their first value.
    pub(super) fn settle(&mut self, id: SymbolId, series: &mut Series, date: Day, segment: usize) {
        if series.is_behind() {
            let repaired = series.repair(Place { calendar: self.calendar, date, segment });
            self.tell_valid(id, series, &repaired);
        }
    }

    /// Tells of the indicators that have their first value.
    pub(super) fn tell_valid(&mut self, id: SymbolId, series: &Series, repaired: &Repaired) {
        let interval = series.interval();
        if self.loading || !self.events.mask.wants(EventKind::IndicatorValid, interval) {
            return;
        }
        // Values from outside are told of when they come.
        let told = |program: &Program| !program.historical && program.kind == Kind::Plan;
        for (place, stack) in series.stacks().iter().enumerate().filter(|(_, stack)| told(stack.program())) {
            let late = repaired.late.iter().filter(|(which, ..)| *which == place);
            let late = late.map(|&(_, back, index)| (back, index));
            for (back, index) in stack.just_valid(repaired.bars).chain(late) {
                if let Some(bar) = series.held().rev().nth(back) {
                    self.events.indicator_valid(id, interval, bar, &stack.program().keys[index]);
                }
            }
        }
    }

    pub(super) fn bar_withdrawn(&mut self, id: SymbolId, interval: Interval, old: &Bar) {
        self.revised = true;
        self.changed = true;
        if !self.loading {
            self.events.bar_withdrawn(id, interval, old);
        }
    }

    pub(super) fn bar_revised(&mut self, id: SymbolId, interval: Interval, old: Option<Bar>, bar: &Bar) {
        self.revised = true;
        self.changed = true;
        if !self.loading {
            self.events.bar_revised(id, interval, old, bar);
        }
    }
}
