//! One indicator over one bar each of many blocks: what one step costs beside the indicator is paid once for all of them.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};

use crate::fetch::fetch;

use super::Indicator;
use super::input::{Input, Pasts, Tick};
use super::ring::Span;

/// The words of one set of indicators for one symbol and interval. Clone it to rewind to it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block(Box<[Line]>);

/// The words of one cache line: what one instruction takes of a block lies in one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([f64; 8]);

impl Block {
    /// So many words that are zero, to the end of a line.
    pub(super) fn zeroed(words: usize) -> Self {
        Self(vec![Line::default(); words.div_ceil(8)].into())
    }

    /// A block of these words.
    pub(super) fn of(words: &[f64]) -> Self {
        let mut block = Self::zeroed(words.len());
        block.words_mut()[..words.len()].copy_from_slice(words);
        block
    }

    /// Asks for all of it.
    #[inline]
    pub(crate) fn fetch(&self) {
        self.0.iter().for_each(fetch);
    }

    /// All words, and what is left of the last line.
    #[inline]
    pub(super) fn words(&self) -> &[f64] {
        bytemuck::cast_slice(&self.0)
    }

    /// The same, to be stepped with others.
    #[inline]
    pub fn words_mut(&mut self) -> &mut [f64] {
        bytemuck::cast_slice_mut(&mut self.0)
    }
}

/// Where an indicator has its words.
#[derive(Debug, Clone)]
pub(super) struct Area {
    pub(super) rings: [Span; Input::MAX_PAST],
    /// Within the areas: state, then own words.
    pub(super) words: Range<usize>,
    pub(super) state_words: usize,
    /// Within the outputs.
    pub(super) out: Range<usize>,
}

/// Where the parts of a block begin: what lies before are the outputs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) areas: usize,
    /// One word: how many bars there have been.
    pub(super) seen: usize,
    pub(super) firsts: usize,
    pub(super) rings: usize,
}

/// A bar each of some blocks.
#[derive(Debug)]
pub(super) struct Steps<'a> {
    pub(super) parts: Parts,
    pub(super) ticks: &'a [Tick],
    /// What the indicator reads of each.
    pub(super) xs: &'a [f64],
    /// How many values it was given with that; 0 where it is not given any.
    pub(super) seen: &'a [u64],
}

/// The loop for one kind of indicator, the `index`-th of its set. Whether it has given any its first value.
#[inline(never)]
pub(super) fn run<I: Indicator>(
    kernel: &I,
    index: usize,
    area: &Area,
    blocks: &mut [&mut [f64]],
    steps: &Steps<'_>,
) -> bool {
    let mut is_news = false;
    let Parts { areas, seen: count, firsts, rings } = steps.parts;
    let each = blocks.iter_mut().zip(steps.ticks).zip(steps.xs.iter().zip(steps.seen));
    for ((block, tick), (&x, &seen)) in each {
        if seen == 0 {
            continue;
        }
        let (rest, rings) = block.split_at_mut(rings);
        let (rest, firsts) = rest.split_at_mut(firsts);
        let count = rest[count];
        let (outputs, areas) = rest.split_at_mut(areas);
        let pasts = Pasts::Rings(rings, &area.rings);
        let input = Input { tick, bar: &tick.bar, x, seen: seen as usize, settled: false, pasts };
        let (state, own) = areas[area.words.clone()].split_at_mut(area.state_words);
        let out = &mut outputs[area.out.clone()];
        kernel.update(bytemuck::from_bytes_mut(bytemuck::cast_slice_mut(state)), own, &input, out);
        if firsts[index].to_bits() == 0 && !out[0].is_nan() {
            firsts[index] = count;
            is_news = true;
        }
    }
    is_news
}

/// No value.
pub(super) fn clear(area: &Area, blocks: &mut [&mut [f64]]) -> bool {
    for block in blocks {
        block[area.out.clone()].fill(f64::NAN);
    }
    false
}
