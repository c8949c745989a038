//! The bars of one symbol and interval, with the indicators over them.

mod lots;
mod stack;

use std::collections::VecDeque;
use std::sync::Arc;

pub use stack::{Entry, Kind, Program, Put, Stack};

use lots::Lots;

use crate::bar::Bar;
use crate::calendar::Calendar;
use crate::fetch::fetch;
use crate::indicator::plan::Block;
use crate::indicator::{Definition, Tick};
use crate::interval::Interval;
use crate::time::{Day, Nanos};

/// Indicator states are kept every so many bars, to rewind to. As many bars leave the ring at a time, so that a state is always at
/// hand for its oldest bar.
pub const MARK_EVERY: usize = 4 * lots::LOT;

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
    /// The segment that is tried first.
    pub segment: usize,
}

impl<'a> Place<'a> {
    /// The bar as indicators take it.
    #[inline]
    pub(crate) fn tick(&self, bar: &Bar) -> Tick {
        Tick::new(*bar, self.date, self.calendar, self.calendar.segment_at(bar.ts, self.segment))
    }

    /// Bars that follow each other, as indicators take them.
    fn ticks<'b, I: Iterator<Item = &'b Bar>>(self, bars: I) -> Ticks<'a, I> {
        Ticks { place: self, bars }
    }
}

/// Bars that follow each other, as indicators take them.
struct Ticks<'a, I> {
    place: Place<'a>,
    bars: I,
}

impl<'b, I: Iterator<Item = &'b Bar>> Iterator for Ticks<'_, I> {
    type Item = Tick;

    // Who takes them needs few of their words: the others are not to be written.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "measured: a twentieth of the instructions of a backtest")]
    fn next(&mut self) -> Option<Tick> {
        let bar = self.bars.next()?;
        let Place { calendar, date, segment } = &mut self.place;
        let found = calendar.segment_at(bar.ts, *segment);
        *segment = found.unwrap_or(*segment);
        Some(Tick::new(*bar, *date, calendar, found))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.bars.size_hint()
    }
}

/// What indicators took when they were brought up to date.
#[derive(Debug)]
pub(crate) struct Repaired {
    /// How many of the newest bars are new to them.
    pub(crate) bars: usize,
    /// Those that had no value, and have one since a bar before these: which stack, how many bars back, and which of its
    /// indicators.
    pub(crate) late: Vec<(usize, usize, usize)>,
}

impl Repaired {
    /// So many new bars, and nothing late.
    pub(crate) fn of(bars: usize) -> Self {
        Self { bars, late: Vec::new() }
    }
}

/// Closed bars: this session's in a ring, earlier sessions' apart. What a new bar reads and changes comes first.
#[derive(Debug, Clone)]
#[repr(C)]
pub struct Series {
    bars: Lots,
    stacks: Vec<Stack>,
    /// How many bars of this session have left the ring.
    evicted: usize,
    /// How many bars of this session the indicators have taken.
    taken: usize,
    /// The first of those (counted from the session's first) that is not as they took it.
    stale_from: Option<usize>,
    capacity: usize,
    interval: Interval,
    keep_sessions: usize,
    /// The bars that have left the ring, if the session is to be kept when it has ended.
    gone: Vec<Bar>,
    past: VecDeque<PastSession>,
}

impl Series {
    pub fn new(interval: Interval, capacity: usize, keep_sessions: usize, stacks: Vec<Stack>) -> Self {
        Self {
            interval,
            capacity,
            keep_sessions,
            bars: Lots::default(),
            evicted: 0,
            gone: Vec::new(),
            past: VecDeque::new(),
            stacks,
            taken: 0,
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

    /// Asks for what a new bar reads and changes.
    #[inline]
    pub(crate) fn fetch(&self) {
        fetch(&self.bars);
        fetch(&self.taken);
    }

    /// The same of what stands behind its pointers.
    #[inline]
    pub(crate) fn fetch_behind(&self) {
        self.newest().into_iter().for_each(fetch);
        self.stacks.iter().for_each(fetch);
    }

    /// The same of the indicators' words.
    #[inline]
    pub(crate) fn fetch_blocks(&self) {
        self.stacks.iter().for_each(|stack| stack.working().fetch());
    }

    pub fn stacks(&self) -> &[Stack] {
        &self.stacks
    }

    /// Adds a set of indicators, warmed up with `before` and then with the bars of this session that are held.
    pub(crate) fn attach(&mut self, program: Arc<Program>, before: &[Tick], place: Place<'_>) {
        self.repair(place);
        let mut stack = Stack::new(program);
        stack.warm(before);
        stack.begin(self.evicted);
        stack.take(&self.ticks(self.evicted, place), self.evicted);
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
        let logs = custom.map(|stack| (Arc::clone(stack.shared_program()), stack.take_log()));
        logs.filter(|(_, log)| !log.is_empty()).collect()
    }

    /// Gives an indicator that the plan does not work out the values of the newest bar; none if it is not there.
    pub(crate) fn put(&mut self, key: &str, values: &[f64]) -> Option<Put> {
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
        self.bars.from(self.hidden())
    }

    /// All bars of the session that are still held, the few beyond the capacity included.
    pub fn held(&self) -> impl DoubleEndedIterator<Item = &Bar> + ExactSizeIterator {
        self.bars.from(0)
    }

    /// The held bars within `[start, end)`.
    pub fn held_within(&self, start: Nanos, end: Nanos) -> impl Iterator<Item = &Bar> {
        self.bars.from(self.bars.place_of(start)).take_while(move |b| b.ts < end)
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
        self.bars.last()
    }

    pub fn past(&self) -> impl DoubleEndedIterator<Item = &PastSession> + ExactSizeIterator {
        self.past.iter()
    }

    /// The bar of exactly that time among the held ones: `Ok` with its place, or `Err` with where it would stand.
    pub fn find(&self, ts: Nanos) -> Result<usize, usize> {
        let place = self.bars.place_of(ts);
        if self.bars.get(place).is_some_and(|bar| bar.ts == ts) { Ok(place) } else { Err(place) }
    }

    pub fn bar(&self, place: usize) -> &Bar {
        &self.bars[place]
    }

    /// Whether the ring is full and has moved past a time.
    pub fn is_too_old(&self, ts: Nanos) -> bool {
        self.count() >= self.capacity && self.bars.get(self.hidden()).is_some_and(|oldest| ts < oldest.ts)
    }

    /// Appends a bar that is newer than all. The indicators are behind until [`Self::repair`].
    #[inline]
    pub fn push(&mut self, bar: &Bar) {
        self.bars.push(bar);
    }

    /// Appends bars, each of which is newer than those before. The indicators are behind until [`Self::repair`].
    pub fn extend<'a>(&mut self, bars: impl ExactSizeIterator<Item = &'a Bar>) {
        self.bars.extend(bars);
    }

    /// The bars from an ordinal on, as indicators take them.
    fn ticks(&self, from: usize, place: Place<'_>) -> Vec<Tick> {
        place.ticks(self.bars.from(from - self.evicted)).collect()
    }

    /// Replaces a held bar. The indicators are behind until [`Self::repair`].
    pub fn replace(&mut self, place: usize, bar: Bar) {
        self.bars.replace(place, bar);
        self.mark_stale(place);
    }

    /// Inserts a bar between held ones. The indicators are behind until [`Self::repair`].
    pub fn insert(&mut self, place: usize, bar: Bar) {
        self.bars.insert(place, bar);
        self.mark_stale(place);
    }

    /// Takes the bar of exactly that time out, if it is held. The indicators are behind until [`Self::repair`].
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

    /// Whether there are indicators, and bars that they have not taken, or not as they are.
    #[inline]
    pub fn is_behind(&self) -> bool {
        !self.stacks.is_empty() && (self.stale_from.is_some() || self.taken < self.count())
    }

    /// Brings the indicators to what they would be had all bars come in order.
    pub(crate) fn repair(&mut self, place: Place<'_>) -> Repaired {
        let (taken, count) = (self.taken, self.count());
        let mut repaired = Repaired::of(count.saturating_sub(taken));
        self.taken = count;
        if let Some(from) = self.stale_from.take() {
            for index in 0..self.stacks.len() {
                let before = self.stacks[index].without_value();
                let start = self.stacks[index].rewind(from.min(taken));
                let ticks = self.ticks(start, place);
                let stack = &mut self.stacks[index];
                stack.take(&ticks, start);
                let now = stack.just_valid(usize::MAX).filter(|(back, _)| *back >= repaired.bars);
                repaired.late.extend(
                    now.filter(|(_, which)| before.contains(which)).map(|(back, which)| (index, back, which)),
                );
            }
            return repaired;
        }
        match self.bars.last() {
            Some(newest) if taken + 1 == count => {
                let tick = place.tick(newest);
                self.stacks.iter_mut().for_each(|stack| stack.take(&[tick], taken));
            }
            _ if taken < count => {
                let ticks = self.ticks(taken, place);
                self.stacks.iter_mut().for_each(|stack| stack.take(&ticks, taken));
            }
            _ => {}
        }
        repaired
    }

    /// Whether the newest bar is all that the indicators have not taken, and the plan works all of them out.
    pub(crate) fn awaits_one(&self) -> bool {
        self.taken + 1 == self.count() && self.is_plain()
    }

    /// The same where these are the programs of another that awaits one; not where there are none.
    #[inline]
    pub(crate) fn awaits_one_of(&self, programs: &[Arc<Program>]) -> bool {
        self.taken + 1 == self.count()
            && self.stale_from.is_none()
            && !programs.is_empty()
            && self.has_programs(programs)
    }

    /// Whether several bars are all that the indicators have not taken, and all of them can take these side by side with those
    /// of other symbols.
    pub(crate) fn awaits_several(&self) -> bool {
        let abreast = |stack: &Stack| stack.program().plan.is_abreast(stack.working());
        self.taken + 1 < self.count() && self.is_plain() && self.stacks.iter().all(abreast)
    }

    /// Whether the plan works all indicators out, and no bar that they have taken has changed.
    fn is_plain(&self) -> bool {
        let plain = |stack: &Stack| stack.program().kind == Kind::Plan;
        self.stale_from.is_none() && !self.stacks.is_empty() && self.stacks.iter().all(plain)
    }

    /// How many bars the indicators have taken, and have not.
    pub(crate) fn awaited(&self) -> (usize, usize) {
        (self.taken, self.count() - self.taken)
    }

    pub(crate) fn programs(&self) -> Vec<Arc<Program>> {
        self.stacks.iter().map(|stack| Arc::clone(stack.shared_program())).collect()
    }

    /// Whether these are its programs.
    #[inline]
    pub(crate) fn has_programs(&self, programs: &[Arc<Program>]) -> bool {
        let mut pairs = self.stacks.iter().zip(programs);
        self.stacks.len() == programs.len() && pairs.all(|(s, p)| Arc::ptr_eq(s.shared_program(), p))
    }

    /// The words of all stacks, to be stepped with the newest bar.
    #[inline]
    pub(crate) fn blocks_mut(&mut self) -> impl Iterator<Item = &mut [f64]> {
        self.stacks.iter_mut().map(|stack| stack.block_mut().words_mut())
    }

    /// The same to be stepped with the bars that they have not taken, which an iterator gives to each.
    pub(crate) fn steps<'a>(
        &'a mut self,
        place: Place<'a>,
    ) -> impl Iterator<Item = (&'a mut [f64], impl Iterator<Item = Tick> + 'a)> {
        let bars = self.bars.from(self.taken - self.evicted);
        self.stacks.iter_mut().map(move |stack| (stack.block_mut().words_mut(), place.ticks(bars.clone())))
    }

    /// All stacks take the newest bar: it is for the caller to step them. Whether it is to [`Self::mark`] them then.
    #[inline]
    pub(crate) fn takes_one(&mut self) -> bool {
        self.taken = self.count();
        self.taken.is_multiple_of(MARK_EVERY)
    }

    /// All stacks have taken all bars, and these of them are to be gone back to: which, after how many bars, and what they were.
    pub(crate) fn took(&mut self, marks: impl Iterator<Item = (usize, usize, Block)>) {
        self.taken = self.count();
        marks.for_each(|(stack, count, block)| self.stacks[stack].keep(count, block));
    }

    /// Keeps what all stacks are now, to go back to, if it is time to.
    #[cold]
    pub(crate) fn mark(&mut self) {
        self.stacks.iter_mut().for_each(|stack| stack.mark(self.taken));
    }

    /// Whether the ring has outgrown its capacity by as many bars as leave it at a time.
    #[inline]
    pub fn has_outgrown(&self) -> bool {
        self.room() == 0
    }

    /// How many bars may come before it has.
    #[inline]
    pub fn room(&self) -> usize {
        (self.capacity + MARK_EVERY).saturating_sub(self.bars.len())
    }

    /// Takes the oldest [`MARK_EVERY`] bars out. The indicators must not be behind.
    pub fn evict(&mut self) -> Vec<Bar> {
        debug_assert!(!self.is_behind());
        self.evicted += MARK_EVERY;
        for stack in &mut self.stacks {
            stack.forget_before(self.evicted);
        }
        let oldest = self.bars.take_oldest(MARK_EVERY / lots::LOT);
        if self.keep_sessions > 0 {
            self.gone.extend_from_slice(&oldest);
        }
        oldest
    }

    /// Ends the session: its bars become history, the indicators go on from where they are. They must not be behind.
    pub fn roll(&mut self, ended: usize, date: Day, next: usize) {
        debug_assert!(!self.is_behind());
        if self.keep_sessions > 0 && !self.bars.is_empty() {
            let bars = self.gone.drain(..).chain(self.bars.from(0).copied()).collect();
            // As many as are kept, not twice as many: most of what ten thousand symbols weigh is history.
            self.past.reserve_exact((self.keep_sessions + 1).min(64).saturating_sub(self.past.len()));
            self.past.push_back(PastSession { session: ended, date, bars });
        }
        self.bars.clear();
        self.gone = Vec::new();
        while self.past.front().is_some_and(|p| p.session + self.keep_sessions < next) {
            self.past.pop_front();
        }
        (self.evicted, self.taken) = (0, 0);
        for stack in &mut self.stacks {
            stack.begin(0);
        }
    }

    /// Indicator outputs bar by bar over the held bars of this session, from the state before the oldest of them.
    pub fn trace(&self, stack: usize, place: Place<'_>) -> Vec<Vec<f64>> {
        let stack = &self.stacks[stack];
        let plan = &stack.program().plan;
        let mut block = stack.oldest().clone();
        place
            .ticks(self.bars.from(0))
            .map(|tick| {
                plan.update(&mut block, &tick);
                plan.outputs(&block).to_vec()
            })
            .collect()
    }
}
