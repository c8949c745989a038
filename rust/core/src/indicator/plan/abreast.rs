//! A bar each of many blocks: those indicators that can go side by side first, then the others one after the other.

use std::cell::RefCell;
use std::ops::Range;

use super::{Block, Item, Plan, Read};
use crate::indicator::abreast::{BATCH, Bars, Row, Steps, gather, scatter};
use crate::indicator::input::{Field, Tick};
use crate::indicator::ring::{Past, Span};

/// Fewer blocks are not worth setting out in rows.
const WORTHWHILE: usize = 6;

/// Which indicators of a plan go side by side.
#[derive(Debug, Clone, Default)]
pub(super) struct Abreast {
    steps: Vec<Step>,
    runs: Vec<Run>,
    /// What leaves these windows is read, each once: a ring, and how many bars back.
    windows: Vec<(Span, usize)>,
}

#[derive(Debug, Clone)]
struct Step {
    item: usize,
    reads: Field,
    /// Which of the windows.
    window: Option<usize>,
    /// Where its rows begin, of words and of outputs.
    words: usize,
    out: usize,
}

/// Steps whose words and outputs stand one behind the other.
#[derive(Debug, Clone)]
struct Run {
    /// Within the areas.
    words: Range<usize>,
    out: Range<usize>,
    /// Which rows.
    word_rows: Range<usize>,
    out_rows: Range<usize>,
}

/// Room to work in, kept from call to call.
#[derive(Debug, Default)]
struct Room {
    bars: Bars,
    old: Vec<Row>,
    words: Vec<Row>,
    outputs: Vec<Row>,
    /// What is left to be done: steps, and of which blocks.
    rare: Vec<(usize, u32)>,
}

thread_local! {
    static ROOM: RefCell<Room> = RefCell::default();
}

impl Abreast {
    pub(super) fn of(items: &[Item]) -> Self {
        let steps = items.iter().enumerate().filter_map(|(index, item)| match item.reads {
            Read::Field(reads) if item.kernel.is_abreast() && Bars::has(reads) => Some((index, item, reads)),
            _ => None,
        });
        let window = |item: &Item| Some((item.area.rings[0], item.kernel.lookbacks().first()?.bars));
        let mut windows: Vec<_> = steps.clone().filter_map(|(_, item, _)| window(item)).collect();
        windows.sort_unstable_by_key(|(ring, bars)| (ring.end(), *bars));
        windows.dedup();
        let mut abreast = Self { windows, ..Self::default() };
        let (mut word_rows, mut out_rows) = (0, 0);
        for (index, item, reads) in steps {
            let window = window(item).and_then(|window| abreast.windows.iter().position(|w| *w == window));
            let (words, out) = (item.area.words.clone(), item.area.out.clone());
            abreast.steps.push(Step { item: index, reads, window, words: word_rows, out: out_rows });
            let rows = (word_rows..word_rows + words.len(), out_rows..out_rows + out.len());
            (word_rows, out_rows) = (rows.0.end, rows.1.end);
            match abreast.runs.last_mut() {
                Some(run) if run.words.end == words.start && run.out.end == out.start => {
                    (run.words.end, run.out.end) = (words.end, out.end);
                    (run.word_rows.end, run.out_rows.end) = (word_rows, out_rows);
                }
                _ => abreast.runs.push(Run { words, out, word_rows: rows.0, out_rows: rows.1 }),
            }
        }
        abreast
    }

    fn rows(&self) -> (usize, usize) {
        self.runs.last().map_or((0, 0), |run| (run.word_rows.end, run.out_rows.end))
    }

    fn has(&self, item: usize) -> bool {
        self.steps.iter().any(|step| step.item == item)
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
        for (i, tick) in ticks.iter().enumerate() {
            room.bars.set(i, tick);
        }
        self.step_rows(room, blocks, u32::MAX);
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
        let started = |item: &Item| block.0[0].to_bits() >= item.kernel.first() as u64;
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
            self.step_rows(room, blocks, there);
            if !room.rare.is_empty() {
                is_news |= self.step_rare(room, blocks);
            }
            for (i, (count, _)) in ticks.iter().enumerate().filter(|(_, (count, _))| taken <= *count) {
                let is_kept = is_kept(i, taken);
                if is_kept || taken == *count {
                    self.put_back_one(room, blocks, i);
                }
                if is_kept {
                    kept.push((i, taken, Block(Box::from(&*blocks[i]))));
                }
            }
        }
        (kept, is_news)
    }

    /// Sets the words out in rows.
    fn set_out(&self, room: &mut Room, blocks: &[&mut [f64]]) {
        let (words, outputs) = self.abreast.rows();
        room.bars.count = blocks.len();
        room.words.resize(room.words.len().max(words), [0.0; BATCH]);
        room.outputs.resize(room.outputs.len().max(outputs), [0.0; BATCH]);
        room.old.resize(room.old.len().max(self.abreast.windows.len()), [0.0; BATCH]);
        for run in &self.abreast.runs {
            let words = &mut room.words[run.word_rows.clone()];
            gather(blocks, &shifted(&run.words, self.parts().areas), words);
        }
    }

    fn put_back(&self, room: &Room, blocks: &mut [&mut [f64]]) {
        let parts = self.parts();
        for run in &self.abreast.runs {
            scatter(blocks, &shifted(&run.words, parts.areas), &room.words[run.word_rows.clone()]);
            scatter(blocks, &shifted(&run.out, parts.outputs), &room.outputs[run.out_rows.clone()]);
        }
    }

    fn put_back_one(&self, room: &Room, blocks: &mut [&mut [f64]], i: usize) {
        let parts = self.parts();
        for run in &self.abreast.runs {
            put(&room.words[run.word_rows.clone()], i, &mut blocks[i][parts.areas..][run.words.clone()]);
            put(&room.outputs[run.out_rows.clone()], i, &mut blocks[i][parts.outputs..][run.out.clone()]);
        }
    }

    /// Takes the bars that are set through all steps, of those blocks that have a bit; what is left is in `rare`.
    fn step_rows(&self, room: &mut Room, blocks: &mut [&mut [f64]], there: u32) {
        let Room { bars, old, words, outputs, rare } = room;
        let is_there = |(i, _): &(usize, _)| there >> i & 1 == 1;
        for (i, block) in blocks.iter_mut().enumerate().filter(|(i, _)| there >> i & 1 == 1) {
            bars.seen[i] = block[0].to_bits() + 1;
            block[0] = f64::from_bits(bars.seen[i]);
        }
        for ring in &self.rings {
            let Read::Field(field) = ring.of else { continue };
            let words = shifted(&ring.span.range(), 1);
            for (i, block) in blocks.iter_mut().enumerate().filter(|(i, _)| there >> i & 1 == 1) {
                Past::push(&mut block[words.clone()], bars.field(field, i));
            }
        }
        for (row, (ring, bars)) in old.iter_mut().zip(&self.abreast.windows) {
            let words = shifted(&ring.range(), 1);
            for (i, block) in blocks.iter().enumerate().filter(is_there) {
                row[i] = Past::view(&block[words.clone()]).lag(*bars);
            }
        }
        for (index, step) in self.abreast.steps.iter().enumerate() {
            let xs = bars.row(step.reads);
            let given = Steps { bars, xs, old: step.window.map_or(xs, |window| &old[window]) };
            let (words, outputs) = (&mut words[step.words..], &mut outputs[step.out..]);
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
            let Step { item, words, out, .. } = self.abreast.steps[step];
            let area = &self.items[item].area;
            let (words, out) = (words..words + area.words.len(), out..out + area.out.len());
            let each = || (0..BATCH).filter(|i| left >> i & 1 == 1);
            for i in each() {
                put(&room.words[words.clone()], i, &mut blocks[i][parts.areas..][area.words.clone()]);
            }
            is_news |= self.step_across(std::iter::once(item), blocks, &ticks, left);
            for i in each() {
                take(&mut room.words[words.clone()], i, &blocks[i][parts.areas..][area.words.clone()]);
                take(&mut room.outputs[out.clone()], i, &blocks[i][parts.outputs..][area.out.clone()]);
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
