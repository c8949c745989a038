//! A bar each of many blocks: those indicators that can go side by side first, then the others one after the other.

use std::cell::RefCell;
use std::ops::Range;

use super::{Area, Block, Item, Parts, Plan, Read};
use crate::indicator::abreast::{BATCH, Bars, Row, Steps, gather, scatter};
use crate::indicator::input::{Field, Tick};
use crate::indicator::ring::Span;

/// Fewer blocks are not worth setting out in rows.
const WORTHWHILE: usize = 6;

/// Which indicators of a plan go side by side. The outputs of all stand in the first rows, their words in those behind, and in the
/// last how many bars there have been.
#[derive(Debug, Clone, Default)]
pub(super) struct Abreast {
    steps: Vec<Step>,
    /// The rows of outputs.
    outputs: usize,
    /// The last row.
    seen: usize,
    /// What is set out.
    words: Vec<Run>,
    /// What is put back.
    all: Vec<Run>,
    /// What leaves these windows is read, each once: a ring, and how many bars back; in the order of the rings.
    windows: Vec<(Span, usize)>,
}

#[derive(Debug, Clone)]
struct Step {
    item: usize,
    reads: Field,
    /// Which of the windows.
    window: Option<usize>,
    /// Which rows.
    words: Range<usize>,
    out: Range<usize>,
}

/// Words that stand one behind the other.
#[derive(Debug, Clone)]
struct Run {
    /// In a block.
    block: Range<usize>,
    /// Which rows.
    rows: Range<usize>,
}

/// Room to work in, kept from call to call.
#[derive(Debug, Default)]
struct Room {
    bars: Bars,
    old: Vec<Row>,
    rows: Vec<Row>,
    /// What is left to be done: steps, and of which blocks.
    rare: Vec<(usize, u32)>,
}

thread_local! {
    static ROOM: RefCell<Room> = RefCell::default();
}

impl Abreast {
    pub(super) fn of(items: &[Item], parts: Parts) -> Self {
        let steps = items.iter().enumerate().filter_map(|(index, item)| match item.reads {
            Read::Field(reads) if item.kernel.is_abreast() && Bars::has(reads) => Some((index, item, reads)),
            _ => None,
        });
        let window = |item: &Item| Some((item.area.rings[0], item.kernel.lookbacks().first()?.bars));
        let mut windows: Vec<_> = steps.clone().filter_map(|(_, item, _)| window(item)).collect();
        windows.sort_unstable_by_key(|(ring, bars)| (ring.end(), *bars));
        windows.dedup();
        let outputs = steps.clone().map(|(_, item, _)| item.area.out.len()).sum();
        let (mut out_row, mut word_row) = (0, outputs);
        let mut abreast = Self { outputs, ..Self::default() };
        for (index, item, reads) in steps {
            let window = window(item).and_then(|window| windows.iter().position(|w| *w == window));
            let Area { words, out, .. } = &item.area;
            let step = Step {
                item: index,
                reads,
                window,
                words: word_row..word_row + words.len(),
                out: out_row..out_row + out.len(),
            };
            (out_row, word_row) = (step.out.end, step.words.end);
            Run { block: out.clone(), rows: step.out.clone() }.join(&mut abreast.all);
            Run { block: shifted(words, parts.areas), rows: step.words.clone() }.join(&mut abreast.words);
            abreast.steps.push(step);
        }
        Run { block: parts.seen..parts.seen + 1, rows: word_row..word_row + 1 }.join(&mut abreast.words);
        abreast.words.iter().for_each(|run| run.clone().join(&mut abreast.all));
        Self { windows, seen: word_row, ..abreast }
    }

    fn has(&self, item: usize) -> bool {
        self.steps.iter().any(|step| step.item == item)
    }
}

impl Run {
    /// Puts it behind others: into the last, if it goes on where that ends.
    fn join(self, runs: &mut Vec<Self>) {
        match runs.last_mut() {
            Some(last) if (last.block.end, last.rows.end) == (self.block.start, self.rows.start) => {
                (last.block.end, last.rows.end) = (self.block.end, self.rows.end);
            }
            _ => runs.push(self),
        }
    }
}

impl Plan {
    /// Takes a bar each of many blocks: as [`Self::update`] with each, in less time. Whether any of their indicators may have had
    /// its first value.
    pub fn update_across(&self, blocks: &mut [&mut [f64]], ticks: &[Tick]) -> bool {
        let mut is_news = false;
        for (blocks, ticks) in blocks.chunks_mut(BATCH).zip(ticks.chunks(BATCH)) {
            let apart = blocks.len() < WORTHWHILE || self.abreast.steps.is_empty();
            let some_apart = apart || self.abreast.steps.len() < self.items.len();
            if some_apart {
                // A word of each cache line of all: what they wait for memory passes together, not block by block.
                let lines = blocks.iter().flat_map(|block| block.iter().step_by(8));
                std::hint::black_box(lines.fold(0, |sum, word| sum ^ word.to_bits()));
            }
            if apart {
                blocks.iter_mut().zip(ticks).for_each(|(block, tick)| self.push(block, tick));
            } else {
                is_news |= ROOM.with_borrow_mut(|room| self.step_abreast(room, blocks, ticks));
            }
            if some_apart {
                let rest = (0..self.items.len()).filter(|&item| apart || !self.abreast.has(item));
                is_news |= self.step_across(rest, blocks, ticks, u32::MAX);
            }
        }
        is_news
    }

    fn step_abreast(&self, room: &mut Room, blocks: &mut [&mut [f64]], ticks: &[Tick]) -> bool {
        self.set_out(room, blocks);
        room.bars.set_all(ticks);
        self.step_rows::<true>(room, blocks, u32::MAX);
        self.put_back(room, blocks);
        let mut is_news = false;
        for (step, left) in room.rare.drain(..) {
            let item = self.abreast.steps[step].item;
            is_news |= self.step_across(std::iter::once(item), blocks, ticks, left);
        }
        is_news
    }

    /// Whether all indicators can go side by side over several bars of a block.
    pub fn is_abreast(&self, block: &Block) -> bool {
        let seen = self.seen(block);
        let started = |item: &Item| seen >= item.kernel.first() as u64;
        self.abreast.steps.len() == self.items.len() && self.items.iter().all(started)
    }

    /// Takes several bars each of at most [`BATCH`] blocks that [are abreast](Self::is_abreast), in less time than
    /// [`Self::update_along`] with each: so many of `ticks`, at least one. Gives copies of blocks as they were after so many bars
    /// where `is_kept` says so, and whether any indicator may have had its first value.
    pub fn update_grid(
        &self,
        blocks: &mut [&mut [f64]],
        ticks: &mut [(usize, impl Iterator<Item = Tick>)],
        is_kept: impl Fn(usize, usize) -> bool,
    ) -> (Vec<(usize, usize, Block)>, bool) {
        ROOM.with_borrow_mut(|room| self.step_grid(room, blocks, ticks, is_kept))
    }

    fn step_grid(
        &self,
        room: &mut Room,
        blocks: &mut [&mut [f64]],
        ticks: &mut [(usize, impl Iterator<Item = Tick>)],
        is_kept: impl Fn(usize, usize) -> bool,
    ) -> (Vec<(usize, usize, Block)>, bool) {
        let (mut kept, mut is_news) = (Vec::new(), false);
        self.set_out(room, blocks);
        for taken in 1..=ticks.iter().map(|(count, _)| *count).max().unwrap_or(0) {
            let mut there = 0;
            for (i, (_, ticks)) in ticks.iter_mut().enumerate().filter(|(_, (count, _))| taken <= *count) {
                if let Some(tick) = ticks.next() {
                    room.bars.set(i, &tick);
                    there |= 1 << i;
                }
            }
            self.step_rows::<false>(room, blocks, there);
            if !room.rare.is_empty() {
                is_news |= self.step_rare(room, blocks);
            }
            for (i, (count, _)) in ticks.iter().enumerate().filter(|(_, (count, _))| taken <= *count) {
                let is_kept = is_kept(i, taken);
                if is_kept || taken == *count {
                    self.put_back_one(room, blocks, i);
                }
                if is_kept {
                    kept.push((i, taken, Block::of(blocks[i])));
                }
            }
        }
        (kept, is_news)
    }

    /// Sets the words out in rows.
    fn set_out(&self, room: &mut Room, blocks: &[&mut [f64]]) {
        room.bars.count = blocks.len();
        room.rows.resize(room.rows.len().max(self.abreast.seen + 1), Row::default());
        room.old.resize(room.old.len().max(self.abreast.windows.len()), Row::default());
        for run in &self.abreast.words {
            gather(blocks, &run.block, &mut room.rows[run.rows.clone()]);
        }
    }

    fn put_back(&self, room: &Room, blocks: &mut [&mut [f64]]) {
        for run in &self.abreast.all {
            scatter(blocks, &run.block, &room.rows[run.rows.clone()]);
        }
    }

    fn put_back_one(&self, room: &Room, blocks: &mut [&mut [f64]], i: usize) {
        for run in &self.abreast.all {
            put(&room.rows[run.rows.clone()], i, &mut blocks[i][run.block.clone()]);
        }
    }

    /// Takes the bars that are set through all steps, of all blocks or those that have a bit; what is left is in `rare`.
    fn step_rows<const ALL: bool>(&self, room: &mut Room, blocks: &mut [&mut [f64]], there: u32) {
        let Room { bars, old, rows, rare } = room;
        let is_there = |i: usize| ALL || there >> i & 1 == 1;
        let parts = self.parts();
        let more = |i: usize| if ALL { 1 } else { u64::from(there >> i & 1) };
        for (i, (seen, word)) in bars.seen.iter_mut().zip(rows[self.abreast.seen].iter_mut()).enumerate() {
            *seen = word.to_bits().wrapping_add(more(i));
            *word = f64::from_bits(*seen);
        }
        let mut windows = old.iter_mut().zip(&self.abreast.windows).peekable();
        for ring in &self.rings {
            let Read::Field(field) = ring.of else { continue };
            let (seen, row, span) = (bars.seen, bars.all_of(field), ring.span);
            let each = blocks.iter_mut().zip(seen.iter().zip(row.iter())).enumerate();
            for (_, (block, (seen, x))) in each.filter(|(i, _)| is_there(*i)) {
                block[parts.rings + span.place(*seen)] = *x;
            }
            while let Some((row, &(_, back))) = windows.next_if(|(_, (ring, _))| *ring == span) {
                let each = blocks.iter().zip(seen.iter().zip(row.iter_mut())).enumerate();
                for (_, (block, (seen, old))) in each.filter(|(i, _)| is_there(*i)) {
                    *old = block[parts.rings + span.place(seen.wrapping_sub(back as u64))];
                }
            }
        }
        let (outputs, words) = rows.split_at_mut(self.abreast.outputs);
        for (index, step) in self.abreast.steps.iter().enumerate() {
            let xs = bars.row(step.reads);
            let given = Steps { bars, xs, old: step.window.map_or(xs, |window| &old[window]) };
            let (words, outputs) =
                (&mut words[step.words.start - self.abreast.outputs..], &mut outputs[step.out.start..]);
            let left = self.items[step.item].kernel.abreast(&given, words, outputs) & there;
            if left != 0 {
                rare.push((index, left));
            }
        }
    }

    /// Does what is left, in the blocks, of which the rows have the newest words.
    #[cold]
    fn step_rare(&self, room: &mut Room, blocks: &mut [&mut [f64]]) -> bool {
        let parts = self.parts();
        let ticks: Vec<Tick> = (0..blocks.len()).map(|i| room.bars.tick(i)).collect();
        let mut is_news = false;
        for (step, left) in room.rare.drain(..) {
            let Step { item, words, out, .. } = &self.abreast.steps[step];
            let area = &self.items[*item].area;
            let in_block = shifted(&area.words, parts.areas);
            let each = || (0..BATCH).filter(|i| left >> i & 1 == 1);
            for i in each() {
                put(&room.rows[words.clone()], i, &mut blocks[i][in_block.clone()]);
                blocks[i][parts.seen] = room.rows[self.abreast.seen][i];
            }
            is_news |= self.step_across(std::iter::once(*item), blocks, &ticks, left);
            for i in each() {
                take(&mut room.rows[words.clone()], i, &blocks[i][in_block.clone()]);
                take(&mut room.rows[out.clone()], i, &blocks[i][area.out.clone()]);
            }
        }
        is_news
    }
}

/// One block's words of rows.
fn put(rows: &[Row], i: usize, words: &mut [f64]) {
    words.iter_mut().zip(rows).for_each(|(word, row)| *word = row[i]);
}

fn take(rows: &mut [Row], i: usize, words: &[f64]) {
    rows.iter_mut().zip(words).for_each(|(row, word)| row[i] = *word);
}

fn shifted(range: &Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}
