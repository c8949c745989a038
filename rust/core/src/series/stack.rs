//! A set of indicators over one series, and the states it can be rewound to.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::bar::Bar;
use crate::indicator::Tick;
use crate::indicator::plan::{Block, Plan};

use super::MARK_EVERY;

/// Indicators with their keys, shared by all symbols that have them.
#[derive(Debug)]
pub struct Program {
    pub plan: Plan,
    /// One key an indicator of the plan.
    pub keys: Vec<String>,
    /// Those that were asked for, in that order; the others are there as sources.
    pub shown: Vec<usize>,
    /// Whether values are those of the completed earlier sessions, fixed during a session.
    pub historical: bool,
    pub kind: Kind,
}

/// Who works the values of a program out. Indicators of a kind have programs of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The plan, bar by bar.
    Plan,
    /// Whoever is told of the bars by the log.
    Custom,
    /// The session, which has the other symbol at hand.
    Pair,
}

/// What happened to the bars of a stack, for whoever works its values out.
#[derive(Debug, Clone, Copy)]
pub enum Entry {
    /// The stack was made: it has seen nothing. This is a mark too.
    New,
    Bar(Bar),
    /// All that there is after the bar before is kept, to go back to.
    Mark(usize),
    /// A session begins, or what is held of it: so many of its bars were before. This is the only mark now.
    Begin(usize),
    /// All is as it was at the mark after so many bars of the session; later marks are gone.
    Back(usize),
}

impl Program {
    /// The indicator of a key.
    pub fn position(&self, key: &str) -> Option<usize> {
        self.keys.iter().position(|k| k == key).filter(|index| self.shown.contains(index))
    }
}

/// The state of a program for one symbol.
#[derive(Debug, Clone)]
pub struct Stack {
    program: Arc<Program>,
    block: Block,
    /// States by the number of bars of this session they have seen; the oldest is never ahead of the oldest held bar.
    marks: VecDeque<(usize, Block)>,
    /// What has not been asked for yet; of programs of the custom only.
    log: Vec<Entry>,
    /// Which indicators have had a value from outside; none where the plan works them out. What goes back to earlier bars does
    /// not forget it.
    valued: Vec<bool>,
}

/// What became of values from outside.
#[derive(Debug, Clone, Copy)]
pub struct Put {
    /// Whether the indicator had none before.
    pub is_first: bool,
    /// Whether others were shown before.
    pub is_new: bool,
}

impl Stack {
    pub fn new(program: Arc<Program>) -> Self {
        let block = program.plan.block();
        let log = if program.kind == Kind::Custom { vec![Entry::New] } else { Vec::new() };
        let valued = if program.kind == Kind::Plan { Vec::new() } else { vec![false; program.keys.len()] };
        Self { program, marks: VecDeque::from([(0, block.clone())]), block, log, valued }
    }

    pub fn program(&self) -> &Program {
        &self.program
    }

    pub(super) fn shared_program(&self) -> &Arc<Program> {
        &self.program
    }

    /// The state that readers see: for historical indicators, that of the session's start.
    pub fn block(&self) -> &Block {
        if self.program.historical { self.oldest() } else { &self.block }
    }

    /// The oldest state that is kept.
    pub fn oldest(&self) -> &Block {
        // A mark is made at the start of a session and is dropped only when a later one stands behind it.
        self.marks.front().map_or(&self.block, |(_, block)| block)
    }

    /// Takes indicators away; false if none is left.
    pub(super) fn detach(&mut self, gone: &[String]) -> bool {
        let program = &self.program;
        let asked = program.shown.iter().copied();
        let stays: Vec<usize> = asked.filter(|&i| !gone.contains(&program.keys[i])).collect();
        if stays.len() < program.shown.len() {
            let plan = &program.plan;
            let kept = plan.with_sources(&stays);
            self.block = plan.carry(&self.block, &kept);
            for (_, block) in &mut self.marks {
                *block = plan.carry(block, &kept);
            }
            if !self.valued.is_empty() {
                self.valued = kept.iter().map(|&i| self.valued[i]).collect();
            }
            let keys = kept.iter().map(|&i| program.keys[i].clone()).collect();
            let shown = stays.iter().filter_map(|stays| kept.iter().position(|i| i == stays)).collect();
            let Program { historical, kind, .. } = **program;
            self.program = Arc::new(Program { plan: plan.keep(&kept), keys, shown, historical, kind });
        }
        !stays.is_empty()
    }

    /// Takes bars of the session, the first of which is that of the ordinal.
    pub(super) fn take(&mut self, ticks: &[Tick], ordinal: usize) {
        let (mut count, mut rest) = (ordinal, ticks);
        while !rest.is_empty() {
            let (ticks, later) = rest.split_at(rest.len().min(MARK_EVERY - count % MARK_EVERY));
            self.warm(ticks);
            (count, rest) = (count + ticks.len(), later);
            self.mark(count);
        }
    }

    #[inline]
    pub(super) fn mark(&mut self, count: usize) {
        if count.is_multiple_of(MARK_EVERY) {
            self.keep(count, self.block.clone());
        }
    }

    /// Keeps what it was after so many bars, to go back to.
    pub(super) fn keep(&mut self, count: usize, block: Block) {
        self.marks.push_back((count, block));
        if self.program.kind == Kind::Custom {
            self.log.push(Entry::Mark(count));
        }
    }

    /// The state that takes bars.
    pub(super) fn working(&self) -> &Block {
        &self.block
    }

    pub(super) fn block_mut(&mut self) -> &mut Block {
        &mut self.block
    }

    /// Goes back to a state that has not seen the bar of that ordinal; gives how many bars it has seen.
    pub(super) fn rewind(&mut self, ordinal: usize) -> usize {
        while self.marks.len() > 1 && self.marks.back().is_some_and(|(count, _)| *count > ordinal) {
            self.marks.pop_back();
        }
        match self.marks.back() {
            Some((count, block)) => {
                self.block.clone_from(block);
                if self.program.kind == Kind::Custom {
                    self.log.push(Entry::Back(*count));
                }
                *count
            }
            None => ordinal,
        }
    }

    pub(super) fn forget_before(&mut self, ordinal: usize) {
        if self.program.historical {
            return;
        }
        while self.marks.len() > 1 && self.marks.front().is_some_and(|(count, _)| *count < ordinal) {
            self.marks.pop_front();
        }
    }

    /// Takes bars, such as those of earlier sessions.
    pub(super) fn warm(&mut self, ticks: &[Tick]) {
        if self.program.kind == Kind::Pair {
            return;
        }
        self.program.plan.update_along(&mut self.block, ticks);
        if self.program.kind == Kind::Custom {
            self.log.extend(ticks.iter().map(|tick| Entry::Bar(tick.bar)));
        }
    }

    /// The indicators that had their first value with one of the newest bars: how many bars back, and which.
    pub(crate) fn just_valid(&self, bars: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let program = &self.program;
        program.plan.valid_within(&self.block, bars).filter(|(_, index)| program.shown.contains(index))
    }

    /// The indicators that have had no value.
    pub(super) fn without_value(&self) -> Vec<usize> {
        self.program.plan.without_value(&self.block).collect()
    }

    pub(super) fn take_log(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.log)
    }

    /// Gives an indicator its values.
    pub(super) fn put(&mut self, index: usize, values: &[f64]) -> Put {
        let is_new = self.program.plan.put(&mut self.block, index, values);
        let is_first = !self.valued[index] && !values[0].is_nan();
        self.valued[index] |= is_first;
        Put { is_first, is_new }
    }

    /// Starts a session, or goes on with one that has lost its first `count` bars.
    pub(super) fn begin(&mut self, count: usize) {
        self.marks.clear();
        self.marks.push_back((count, self.block.clone()));
        if self.program.kind == Kind::Custom {
            self.log.push(Entry::Begin(count));
        }
    }
}
