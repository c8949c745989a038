//! The bars of one symbol and interval, with the indicators over them.

mod stack;

use std::collections::VecDeque;
use std::sync::Arc;

pub use stack::{Entry, Kind, Program, Stack};

use crate::bar::Bar;
use crate::calendar::Calendar;
use crate::indicator::{Definition, Tick};
use crate::interval::Interval;
use crate::time::{Day, Nanos};

/// Indicator states are kept every so many bars, to rewind to. Bars leave the ring in lots of this size, so that a
/// state is always at hand for its oldest bar.
pub const MARK_EVERY: usize = 64;

/// The bars of an earlier session.
#[derive(Debug, Clone)]
pub struct PastSession {
    /// Index in the calendar.
    pub session: usize,
    pub date: Day,
    pub bars: Box<[Bar]>,
}

/// Where the bars of a series stand: what an indicator wants to know besides the bar.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub calendar: &'a Calendar,
    pub date: Day,
}

impl Place<'_> {
    /// The bar as indicators take it; `hint` is the segment that is tried first.
    fn tick(&self, bar: &Bar, hint: &mut usize) -> Tick {
        let segment = self.calendar.segment_at(bar.ts, *hint);
        *hint = segment.unwrap_or(*hint);
        Tick::new(*bar, self.date, self.calendar, segment)
    }

    /// The bar as indicators take it, wherever it stands.
    pub(crate) fn tick_of(&self, bar: &Bar) -> Tick {
        Tick::new(*bar, self.date, self.calendar, self.calendar.segment_at(bar.ts, usize::MAX))
    }
}

/// Closed bars: this session's in a ring, earlier sessions' apart.
#[derive(Debug, Clone)]
pub struct Series {
    interval: Interval,
    capacity: usize,
    keep_sessions: usize,
    bars: VecDeque<Bar>,
    /// How many bars of this session have left the ring.
    evicted: usize,
    past: VecDeque<PastSession>,
    stacks: Vec<Stack>,
    /// The first bar (counted from the session's first) whose indicators are not up to date.
    stale_from: Option<usize>,
}

impl Series {
    pub fn new(interval: Interval, capacity: usize, keep_sessions: usize, stacks: Vec<Stack>) -> Self {
        Self {
            interval,
            capacity,
            keep_sessions,
            bars: VecDeque::new(),
            evicted: 0,
            past: VecDeque::new(),
            stacks,
            stale_from: None,
        }
    }

    pub fn interval(&self) -> Interval {
        self.interval
    }

    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether bars of this session have left the ring.
    pub fn has_evicted(&self) -> bool {
        self.evicted > 0
    }

    pub fn stacks(&self) -> &[Stack] {
        &self.stacks
    }

    /// Adds a set of indicators, warmed up with `before` and then with the bars of this session that are held.
    pub(crate) fn attach(&mut self, program: Arc<Program>, before: &[Tick], place: Place<'_>) {
        self.repair(place);
        let mut stack = Stack::new(program);
        for tick in before {
            stack.warm(tick);
        }
        stack.begin(self.evicted);
        let mut segment = 0;
        for (ordinal, bar) in (self.evicted..).zip(&self.bars) {
            stack.step(&place.tick(bar, &mut segment), ordinal + 1);
        }
        self.stacks.push(stack);
    }

    /// Whether there are indicators whose values come from outside.
    pub(crate) fn has_custom(&self) -> bool {
        self.stacks.iter().any(|stack| stack.program().kind == Kind::Custom)
    }

    /// The indicators that compare with another symbol.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &Definition)> {
        let programs = self.stacks.iter().map(Stack::program).filter(|program| program.kind == Kind::Pair);
        programs.flat_map(|p| p.keys.iter().map(String::as_str).zip(p.plan.definitions()))
    }

    /// What happened to the bars of each program of such indicators since this was last asked for.
    pub(crate) fn take_logs(&mut self) -> Vec<(Arc<Program>, Vec<Entry>)> {
        let custom = self.stacks.iter_mut().filter(|stack| stack.program().kind == Kind::Custom);
        let logs = custom.map(|stack| (stack.shared_program(), stack.take_log()));
        logs.filter(|(_, log)| !log.is_empty()).collect()
    }

    /// Gives an indicator that the plan does not work out the values of the newest bar; whether they are its first, or none if it is not there.
    pub(crate) fn put(&mut self, key: &str, values: &[f64]) -> Option<bool> {
        let mut outside = self.stacks.iter_mut().filter(|stack| stack.program().kind != Kind::Plan);
        outside.find_map(|stack| stack.program().position(key).map(|index| stack.put(index, values)))
    }

    /// Takes indicators away.
    pub(crate) fn detach(&mut self, gone: &[String]) {
        self.stacks.retain_mut(|stack| stack.detach(gone));
    }

    /// Takes all indicators away.
    pub(crate) fn detach_all(&mut self) {
        self.stacks.clear();
    }

    /// Puts bars of earlier sessions in the place of those that are kept, and keeps as many sessions from now on.
    pub(crate) fn put_past(&mut self, past: Vec<PastSession>, keep_sessions: usize) {
        self.past = past.into();
        self.keep_sessions = keep_sessions;
    }

    pub fn keep_sessions(&self) -> usize {
        self.keep_sessions
    }

    /// This session's bars that can be read, oldest first: at most the capacity.
    pub fn bars(&self) -> impl DoubleEndedIterator<Item = &Bar> + ExactSizeIterator {
        self.bars.range(self.hidden()..)
    }

    /// All bars of the session that are still held, the few beyond the capacity included.
    pub fn held(&self) -> impl DoubleEndedIterator<Item = &Bar> + ExactSizeIterator {
        self.bars.iter()
    }

    /// The held bars within `[start, end)`.
    pub fn held_within(&self, start: Nanos, end: Nanos) -> impl Iterator<Item = &Bar> {
        let from = self.bars.partition_point(|b| b.ts < start);
        self.bars.range(from..).take_while(move |b| b.ts < end)
    }

    /// How many bars the session has had, those that left the ring included.
    pub fn count(&self) -> usize {
        self.evicted + self.bars.len()
    }

    fn hidden(&self) -> usize {
        self.bars.len().saturating_sub(self.capacity)
    }

    /// This session's newest bar.
    #[inline]
    pub fn newest(&self) -> Option<&Bar> {
        self.bars.back()
    }

    pub fn past(&self) -> impl DoubleEndedIterator<Item = &PastSession> + ExactSizeIterator {
        self.past.iter()
    }

    /// The bar of exactly that time among the held ones: `Ok` with its place, or `Err` with where it would stand.
    pub fn find(&self, ts: Nanos) -> Result<usize, usize> {
        self.bars.binary_search_by_key(&ts, |b| b.ts)
    }

    pub fn bar(&self, place: usize) -> &Bar {
        &self.bars[place]
    }

    /// Whether the ring is full and has moved past a time.
    pub fn is_too_old(&self, ts: Nanos) -> bool {
        self.count() >= self.capacity && self.bars.get(self.hidden()).is_some_and(|oldest| ts < oldest.ts)
    }

    /// Appends a bar that is newer than all, and steps the indicators.
    #[inline]
    pub fn push(&mut self, tick: &Tick) {
        self.bars.push_back(tick.bar);
        if self.stale_from.is_none() {
            let count = self.count();
            for stack in &mut self.stacks {
                stack.step(tick, count);
            }
        }
    }

    /// Replaces a held bar. The indicators are stale from there on until [`Self::repair`].
    pub fn replace(&mut self, place: usize, bar: Bar) {
        self.bars[place] = bar;
        self.mark_stale(place);
    }

    /// Inserts a bar between held ones. The indicators are stale from there on until [`Self::repair`].
    pub fn insert(&mut self, place: usize, bar: Bar) {
        self.bars.insert(place, bar);
        self.mark_stale(place);
    }

    /// Takes the bar of exactly that time out, if it is held. The indicators are stale from there on until [`Self::repair`].
    pub fn take_out(&mut self, ts: Nanos) -> Option<Bar> {
        let place = self.find(ts).ok()?;
        let bar = self.bars.remove(place);
        self.mark_stale(place);
        bar
    }

    fn mark_stale(&mut self, place: usize) {
        let ordinal = self.evicted + place;
        self.stale_from = Some(self.stale_from.map_or(ordinal, |from| from.min(ordinal)));
    }

    pub fn is_stale(&self) -> bool {
        self.stale_from.is_some()
    }

    /// Brings the indicators to what they would be had all bars come in order.
    pub fn repair(&mut self, place: Place<'_>) {
        let Some(from) = self.stale_from.take() else { return };
        for stack in &mut self.stacks {
            let start = stack.rewind(from);
            let mut segment = 0;
            for (ordinal, bar) in (start..).zip(self.bars.range(start - self.evicted..)) {
                stack.step(&place.tick(bar, &mut segment), ordinal + 1);
            }
        }
    }

    /// Takes the oldest bars out of a ring that has outgrown its capacity, a lot at a time.
    #[inline]
    pub fn evict(&mut self, place: Place<'_>) -> Vec<Bar> {
        if self.bars.len() < self.capacity + MARK_EVERY {
            return Vec::new();
        }
        self.repair(place);
        self.evicted += MARK_EVERY;
        for stack in &mut self.stacks {
            stack.forget_before(self.evicted);
        }
        self.bars.drain(..MARK_EVERY).collect()
    }

    /// Ends the session: its bars become history, the indicators go on from where they are.
    pub fn roll(&mut self, ended: usize, place: Place<'_>, next: usize) {
        self.repair(place);
        if self.keep_sessions > 0 && !self.bars.is_empty() {
            let bars = self.bars.iter().copied().collect();
            // As many as are kept, not twice as many: most of what ten thousand symbols weigh is history.
            self.past.reserve_exact((self.keep_sessions + 1).min(64).saturating_sub(self.past.len()));
            self.past.push_back(PastSession { session: ended, date: place.date, bars });
        }
        self.bars.clear();
        while self.past.front().is_some_and(|p| p.session + self.keep_sessions < next) {
            self.past.pop_front();
        }
        self.evicted = 0;
        for stack in &mut self.stacks {
            stack.begin(0);
        }
    }

    /// Indicator outputs bar by bar over the held bars of this session, from the state before the oldest of them.
    pub fn trace(&self, stack: usize, place: Place<'_>) -> Vec<Vec<f64>> {
        let stack = &self.stacks[stack];
        let plan = &stack.program().plan;
        let mut block = stack.oldest().clone();
        let mut segment = 0;
        self.bars
            .iter()
            .map(|bar| {
                plan.update(&mut block, &place.tick(bar, &mut segment));
                plan.outputs(&block).to_vec()
            })
            .collect()
    }
}
