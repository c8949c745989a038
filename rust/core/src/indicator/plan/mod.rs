//! A set of indicators compiled to offsets, and the blocks of words they work on.
//!
//! A block is laid out as `[outputs | one area an indicator | seen | when each had its first value | rings]`, an area as
//! `[state | own words]`: what each bar changes comes first.

mod abreast;
mod build;
mod columns;
mod stretch;
mod worked;

use std::ops::Range;
use std::slice;

use crate::digest::Digest;
use crate::error::{Error, Result};

pub use super::abreast::BATCH;
pub use super::across::Block;
use super::across::{Area, Parts, Steps};
use super::definition::Definition;
use super::input::{Field, Tick};
use super::registry::Kernel;
use super::ring::Span;
use abreast::Abreast;

/// Where a value comes from at each bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    Field(Field),
    /// One of the outputs of all.
    Output(usize),
    /// An expression's: fields and outputs.
    Parts,
}

#[derive(Debug, Clone)]
struct Ring {
    of: Read,
    span: Span,
    bars: usize,
}

#[derive(Debug, Clone)]
struct Item {
    kernel: Kernel,
    reads: Read,
    /// For what reads an output, how many values it was given stands just before its words.
    area: Area,
    /// Which of the outputs of all it reads.
    parts: Box<[usize]>,
}

/// A set of indicators over the bars of one interval, shared by all the symbols that have it.
#[derive(Debug, Clone)]
pub struct Plan {
    definitions: Vec<Definition>,
    items: Vec<Item>,
    rings: Vec<Ring>,
    outputs: usize,
    area_words: usize,
    ring_words: usize,
    abreast: Abreast,
}

impl Plan {
    /// The indicators, in the order of their outputs.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// A block that has seen nothing.
    pub fn block(&self) -> Block {
        let mut block = Block::zeroed(self.words());
        block.words_mut()[..self.outputs].fill(f64::NAN);
        block
    }

    #[inline]
    fn parts(&self) -> Parts {
        let areas = self.outputs;
        let seen = areas + self.area_words;
        Parts { areas, seen, firsts: seen + 1, rings: seen + 1 + self.items.len() }
    }

    /// Takes a bar.
    pub fn update(&self, block: &mut Block, tick: &Tick) {
        let block = block.words_mut();
        self.push(block, tick);
        let parts = self.parts();
        for (index, item) in self.items.iter().enumerate() {
            let (x, seen) = self.read(index, block, tick);
            let steps = Steps { parts, ticks: slice::from_ref(tick), xs: &[x], seen: &[seen] };
            item.kernel.across(index, &item.area, &mut [&mut *block], &steps);
        }
    }

    /// Takes some indicators one after the other through a bar each of those blocks that have a bit. Whether any may have had its
    /// first value.
    fn step_across(
        &self,
        items: impl Iterator<Item = usize>,
        blocks: &mut [&mut [f64]],
        ticks: &[Tick],
        bits: u32,
    ) -> bool {
        let mut is_news = false;
        let (mut xs, mut seen) = ([0.0; BATCH], [0; BATCH]);
        let (parts, mut last) = (self.parts(), None);
        for index in items {
            let item = &self.items[index];
            // Those that read the same field as the one before read the same values.
            if last != Some(item.reads) || !matches!(item.reads, Read::Field(_)) {
                last = Some(item.reads);
                let each = blocks.iter_mut().zip(ticks).zip(xs.iter_mut().zip(&mut seen)).enumerate();
                for (i, ((block, tick), (x, seen))) in each {
                    (*x, *seen) = if bits >> i & 1 == 1 { self.read(index, block, tick) } else { (0.0, 0) };
                }
            }
            let steps = Steps { parts, ticks, xs: &xs, seen: &seen };
            is_news |= item.kernel.across(index, &item.area, blocks, &steps) | (item.reads == Read::Parts);
        }
        is_news
    }

    /// Counts a bar, and puts it into the rings of fields.
    #[inline]
    fn push(&self, block: &mut [f64], tick: &Tick) {
        let Parts { seen, rings, .. } = self.parts();
        let count = block[seen].to_bits() + 1;
        block[seen] = f64::from_bits(count);
        for ring in &self.rings {
            if let Read::Field(field) = ring.of {
                block[rings + ring.span.place(count)] = field.of(&tick.bar);
            }
        }
    }

    /// What an indicator reads of a bar, and how many values it has been given with that; 0 where it is given none.
    #[inline]
    fn read(&self, index: usize, block: &mut [f64], tick: &Tick) -> (f64, u64) {
        match self.items[index].reads {
            Read::Field(field) => (field.of(&tick.bar), block[self.parts().seen].to_bits()),
            Read::Output(output) => self.take_output(index, output, block),
            Read::Parts => {
                self.evaluate(index, block, tick);
                (f64::NAN, 0)
            }
        }
    }

    #[inline(never)]
    fn evaluate(&self, index: usize, block: &mut [f64], tick: &Tick) {
        let item = &self.items[index];
        if let Kernel::Expression(expression) = &item.kernel {
            let Parts { areas, seen, firsts, .. } = self.parts();
            let value = expression.value(&tick.bar, &block[..areas], &item.parts);
            block[item.area.out.start] = value;
            if block[firsts + index].to_bits() == 0 && !value.is_nan() {
                block[firsts + index] = block[seen];
            }
        }
    }

    /// What an indicator reads of another, and how many such values it has been given with it; none at a bar at which the
    /// other has no value: that is no bar for it.
    #[inline(never)]
    fn take_output(&self, index: usize, output: usize, block: &mut [f64]) -> (f64, u64) {
        let item = &self.items[index];
        let Parts { areas, rings, .. } = self.parts();
        let x = block[output];
        if x.is_nan() {
            block[item.area.out.clone()].fill(f64::NAN);
            return (x, 0);
        }
        let count = &mut block[areas + item.area.words.start - 1];
        let given = count.to_bits() + 1;
        *count = f64::from_bits(given);
        // The first of those that read it.
        if self.items[..index].iter().all(|before| before.reads != item.reads) {
            for ring in self.rings.iter().filter(|ring| ring.of == item.reads) {
                block[rings + ring.span.place(given)] = x;
            }
        }
        (x, given)
    }

    /// What the outputs would be after one more bar. The block is as before.
    pub fn peek(&self, block: &Block, tick: &Tick) -> Vec<f64> {
        let mut ahead = block.clone();
        self.update(&mut ahead, tick);
        self.outputs(&ahead).to_vec()
    }

    /// Gives an indicator the values of the bar just taken, which come from outside; whether others were there before.
    pub fn put(&self, block: &mut Block, index: usize, values: &[f64]) -> bool {
        let shown = &mut block.words_mut()[self.output_range(index)];
        let is_new = shown.iter().zip(values).any(|(old, new)| old.to_bits() != new.to_bits());
        shown.copy_from_slice(values);
        is_new
    }

    /// All outputs, one indicator after the other.
    pub fn outputs<'b>(&self, block: &'b Block) -> &'b [f64] {
        &block.words()[..self.outputs]
    }

    /// Where an indicator's outputs stand among all.
    pub fn output_range(&self, index: usize) -> Range<usize> {
        self.items[index].area.out.clone()
    }

    /// How many bars a block has been given.
    pub fn seen(&self, block: &Block) -> u64 {
        block.words()[self.parts().seen].to_bits()
    }

    /// Which indicators had their first value with one of the newest bars: how many bars back, and which. Not of those whose values
    /// come from outside.
    pub fn valid_within<'b>(
        &'b self,
        block: &'b Block,
        bars: usize,
    ) -> impl Iterator<Item = (usize, usize)> + 'b {
        let seen = self.seen(block);
        let firsts = self.firsts(block).enumerate().filter(|(_, first)| *first > 0);
        let backs = firsts.map(move |(index, first)| (seen.saturating_sub(first) as usize, index));
        backs.filter(move |(back, _)| *back < bars)
    }

    /// Those that have had none.
    pub fn without_value<'b>(&'b self, block: &'b Block) -> impl Iterator<Item = usize> + 'b {
        self.firsts(block).enumerate().filter(|(_, first)| *first == 0).map(|(index, _)| index)
    }

    /// After how many bars each had its first value, 0 if it has had none.
    fn firsts<'b>(&self, block: &'b Block) -> impl Iterator<Item = u64> + use<'b> {
        let Parts { firsts, rings, .. } = self.parts();
        block.words()[firsts..rings].iter().map(|first| first.to_bits())
    }

    /// Of a block.
    fn words(&self) -> usize {
        self.parts().rings + self.ring_words
    }

    /// Identifies the layout: indicators, parameters and words.
    pub fn layout(&self) -> u64 {
        let mut digest = Digest::new();
        digest.bytes(&[SAVE_VERSION]);
        for definition in &self.definitions {
            digest.bytes(definition.text().as_bytes());
            digest.bytes(&[0xff]);
        }
        digest.bytes(&(self.words() as u64).to_le_bytes());
        digest.value()
    }

    /// The block as bytes: version, layout, words, and a digest of these, all little-endian.
    pub fn save(&self, block: &Block) -> Vec<u8> {
        let mut bytes = vec![SAVE_VERSION];
        bytes.extend(self.layout().to_le_bytes());
        let words = &block.words()[..self.words()];
        words.iter().for_each(|word| bytes.extend(word.to_bits().to_le_bytes()));
        bytes.extend(sealed(&bytes));
        bytes
    }

    /// The block that [`Self::save`] wrote, refused if it is of another version or layout, or is not whole.
    pub fn restore(&self, bytes: &[u8]) -> Result<Block> {
        let refused = |reason: &str| Error::Saved { reason: reason.to_owned() };
        let (&version, rest) = bytes.split_first().ok_or_else(|| refused("it is empty"))?;
        if version != SAVE_VERSION {
            return Err(refused(&format!("it has version {version}, this is version {SAVE_VERSION}")));
        }
        let (layout, rest) = rest.split_at_checked(8).ok_or_else(|| refused("it is cut short"))?;
        if layout != self.layout().to_le_bytes() {
            return Err(refused("it belongs to other indicators or parameters"));
        }
        let (words, seal) =
            rest.split_at_checked(self.words() * 8).ok_or_else(|| refused("it is cut short"))?;
        if sealed(&bytes[..bytes.len() - seal.len()]) != seal {
            return Err(refused("it is cut short, or bytes of it have changed"));
        }
        let word = |bytes: &[u8]| f64::from_bits(u64::from_le_bytes(bytes.try_into().unwrap_or_default()));
        Ok(Block::of(&words.chunks_exact(8).map(word).collect::<Vec<_>>()))
    }
}

/// What is written behind bytes, so that it shows if they have changed.
fn sealed(bytes: &[u8]) -> [u8; 8] {
    let mut digest = Digest::new();
    digest.bytes(bytes);
    digest.value().to_le_bytes()
}

impl Item {
    /// Within the areas: all that it keeps.
    fn words(&self) -> Range<usize> {
        let counts = usize::from(matches!(self.reads, Read::Output(_)));
        self.area.words.start - counts..self.area.words.end
    }
}

/// Changes with every change of any state's layout or meaning.
const SAVE_VERSION: u8 = 11;

#[cfg(test)]
mod lopsided;
#[cfg(test)]
mod tests;
