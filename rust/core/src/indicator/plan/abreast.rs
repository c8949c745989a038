//! A bar each of many blocks: those indicators that can go side by side first, then the others one after the other.

use std::cell::RefCell;
use std::ops::Range;

use super::{Item, Plan, Read};
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
}

/// Steps whose words and outputs stand one behind the other.
#[derive(Debug, Clone)]
struct Run {
    steps: Range<usize>,
    /// Within the areas.
    words: Range<usize>,
    out: Range<usize>,
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
        for (index, item, reads) in steps {
            let window = window(item).and_then(|window| abreast.windows.iter().position(|w| *w == window));
            let (at, words, out) = (abreast.steps.len(), item.area.words.clone(), item.area.out.clone());
            abreast.steps.push(Step { item: index, reads, window });
            match abreast.runs.last_mut() {
                Some(run) if run.words.end == words.start && run.out.end == out.start => {
                    (run.steps.end, run.words.end, run.out.end) = (at + 1, words.end, out.end);
                }
                _ => abreast.runs.push(Run { steps: at..at + 1, words, out }),
            }
        }
        abreast
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
            if apart {
                blocks.iter_mut().zip(ticks).for_each(|(block, tick)| self.push(block, tick));
            } else {
                is_news |= ROOM.with_borrow_mut(|room| self.step_abreast(room, blocks, ticks));
            }
            if apart || self.abreast.steps.len() < self.items.len() {
                let rest = (0..self.items.len()).filter(|&item| apart || !self.abreast.has(item));
                is_news |= self.step_across(rest, blocks, ticks, u32::MAX);
            }
        }
        is_news
    }

    fn step_abreast(&self, room: &mut Room, blocks: &mut [&mut [f64]], ticks: &[Tick]) -> bool {
        let Room { bars, old, words, outputs, rare } = room;
        let Abreast { steps, runs, windows } = &self.abreast;
        bars.fill(ticks);
        old.resize(old.len().max(windows.len()), [0.0; BATCH]);
        for (seen, block) in bars.seen.iter_mut().zip(&mut *blocks) {
            *seen = block[0].to_bits() + 1;
            block[0] = f64::from_bits(*seen);
        }
        for ring in &self.rings {
            let Read::Field(field) = ring.of else { continue };
            let words = shifted(&ring.span.range(), 1);
            for (block, tick) in blocks.iter_mut().zip(ticks) {
                Past::push(&mut block[words.clone()], field.of(&tick.bar));
            }
        }
        for (row, (ring, bars)) in old.iter_mut().zip(windows) {
            let words = shifted(&ring.range(), 1);
            for (old, block) in row.iter_mut().zip(&*blocks) {
                *old = Past::view(&block[words.clone()]).lag(*bars);
            }
        }
        let parts = self.parts();
        for run in runs {
            let (in_block, out_block) = (shifted(&run.words, parts.areas), shifted(&run.out, parts.outputs));
            words.resize(words.len().max(run.words.len()), [0.0; BATCH]);
            outputs.resize(outputs.len().max(run.out.len()), [0.0; BATCH]);
            gather(blocks, &in_block, words);
            for (index, step) in steps[run.steps.clone()].iter().enumerate() {
                let item = &self.items[step.item];
                let xs = bars.row(step.reads);
                let given = Steps { bars, xs, old: step.window.map_or(xs, |window| &old[window]) };
                let words = &mut words[item.area.words.start - run.words.start..];
                let outputs = &mut outputs[item.area.out.start - run.out.start..];
                let left = item.kernel.abreast(&given, words, outputs);
                if left != 0 {
                    rare.push((run.steps.start + index, left));
                }
            }
            scatter(blocks, &in_block, words);
            scatter(blocks, &out_block, outputs);
        }
        rare.drain(..).fold(false, |is_news, (step, left)| {
            is_news | self.step_across(std::iter::once(steps[step].item), blocks, ticks, left)
        })
    }
}

fn shifted(range: &Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}
