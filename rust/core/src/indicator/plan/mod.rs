//! A set of indicators compiled to offsets, and the blocks of words they work on.
//!
//! A block is laid out as `[seen | rings | outputs | when each had its first value | one area an indicator]`, an area as
//! `[state | own words]`.

mod build;
mod columns;

use std::ops::Range;

use crate::error::{Error, Result};

use super::definition::Definition;
use super::input::{Field, Input, Pasts, Tick};
use super::registry::Kernel;
use super::ring::{Past, Span};

/// The words of one set of indicators for one symbol and interval. Clone it to rewind to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Block(Box<[f64]>);

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
    rings: [Span; Input::MAX_PAST],
    /// Within the areas: state, then own words. For what reads an output, how many values it was given stands just before.
    area: Range<usize>,
    state_words: usize,
    /// Within the outputs.
    out: Range<usize>,
    /// Which of the outputs of all it reads.
    parts: Box<[usize]>,
}

/// A set of indicators over the bars of one interval, shared by all the symbols that have it.
#[derive(Debug, Clone)]
pub struct Plan {
    definitions: Vec<Definition>,
    items: Vec<Item>,
    rings: Vec<Ring>,
    ring_words: usize,
    outputs: usize,
    words: usize,
}

impl Plan {
    /// The indicators, in the order of their outputs.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// A block that has seen nothing.
    pub fn block(&self) -> Block {
        let mut words = vec![0.0; self.words].into_boxed_slice();
        words[self.outputs_at()].fill(f64::NAN);
        Block(words)
    }

    fn outputs_at(&self) -> Range<usize> {
        1 + self.ring_words..1 + self.ring_words + self.outputs
    }

    /// Takes a bar.
    #[inline]
    pub fn update(&self, block: &mut Block, tick: &Tick) {
        let Some((count, words)) = block.0.split_first_mut() else { return };
        let seen = count.to_bits() + 1;
        *count = f64::from_bits(seen);
        let (rings, rest) = words.split_at_mut(self.ring_words);
        let (outputs, rest) = rest.split_at_mut(self.outputs);
        let (firsts, areas) = rest.split_at_mut(self.items.len());
        for ring in &self.rings {
            if let Read::Field(field) = ring.of {
                Past::push(&mut rings[ring.span.range()], field.of(&tick.bar));
            }
        }
        for (index, (item, first)) in self.items.iter().zip(firsts).enumerate() {
            let (x, seen_here) = match item.reads {
                Read::Field(field) => (field.of(&tick.bar), seen),
                Read::Output(output) => match self.take_output(index, output, outputs, rings, areas) {
                    Some(taken) => taken,
                    None => continue,
                },
                Read::Parts => {
                    self.evaluate(index, tick, outputs);
                    (f64::NAN, seen)
                }
            };
            let input = Input {
                tick,
                bar: &tick.bar,
                x,
                seen: seen_here as usize,
                pasts: Pasts::Rings(rings, &item.rings),
            };
            let (state, own) = areas[item.area.clone()].split_at_mut(item.state_words);
            item.kernel.update(state, own, &input, &mut outputs[item.out.clone()]);
            if first.to_bits() == 0 && !outputs[item.out.start].is_nan() {
                *first = f64::from_bits(seen);
            }
        }
    }

    #[inline(never)]
    fn evaluate(&self, index: usize, tick: &Tick, outputs: &mut [f64]) {
        let item = &self.items[index];
        if let Kernel::Expression(expression) = &item.kernel {
            outputs[item.out.start] = expression.value(&tick.bar, outputs, &item.parts);
        }
    }

    /// What an indicator reads of another, and how many such values it has been given with it; none at a bar at which the
    /// other has no value: that is no bar for it.
    #[inline(never)]
    fn take_output(
        &self,
        index: usize,
        output: usize,
        outputs: &mut [f64],
        rings: &mut [f64],
        areas: &mut [f64],
    ) -> Option<(f64, u64)> {
        let item = &self.items[index];
        let x = outputs[output];
        if x.is_nan() {
            outputs[item.out.clone()].fill(f64::NAN);
            return None;
        }
        // The first of those that read it.
        if self.items[..index].iter().all(|before| before.reads != item.reads) {
            for ring in self.rings.iter().filter(|ring| ring.of == item.reads) {
                Past::push(&mut rings[ring.span.range()], x);
            }
        }
        let count = &mut areas[item.area.start - 1];
        let given = count.to_bits() + 1;
        *count = f64::from_bits(given);
        Some((x, given))
    }

    /// What the outputs would be after one more bar. The block is as before.
    pub fn peek(&self, block: &Block, tick: &Tick) -> Vec<f64> {
        let mut ahead = block.clone();
        self.update(&mut ahead, tick);
        self.outputs(&ahead).to_vec()
    }

    /// Gives an indicator the values of the bar just taken, which come from outside; whether they are its first.
    pub fn put(&self, block: &mut Block, index: usize, values: &[f64]) -> bool {
        let first = self.outputs_at().end + index;
        block.0[self.outputs_at()][self.output_range(index)].copy_from_slice(values);
        let is_first = block.0[first].to_bits() == 0 && !values[0].is_nan();
        if is_first {
            // Not the bar's number: many bars may have come before their values do.
            block.0[first] = PUT;
        }
        is_first
    }

    /// All outputs, one indicator after the other.
    pub fn outputs<'b>(&self, block: &'b Block) -> &'b [f64] {
        &block.0[self.outputs_at()]
    }

    /// Where an indicator's outputs stand among all.
    pub fn output_range(&self, index: usize) -> Range<usize> {
        self.items[index].out.clone()
    }

    /// How many bars a block has been given.
    pub fn seen(&self, block: &Block) -> u64 {
        block.0[0].to_bits()
    }

    /// Which indicators had their first value with the bar just taken.
    pub fn just_valid<'b>(&'b self, block: &'b Block) -> impl Iterator<Item = usize> + 'b {
        let seen = self.seen(block);
        let firsts = self.outputs_at().end;
        (0..self.items.len()).filter(move |&i| block.0[firsts + i].to_bits() == seen)
    }

    /// Identifies the layout: indicators, parameters and words. FNV-1a over their text.
    pub fn layout(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut eat = |bytes: &[u8]| {
            for &byte in bytes {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        eat(&[SAVE_VERSION]);
        for definition in &self.definitions {
            eat(definition.text().as_bytes());
            eat(&[0xff]);
        }
        eat(&(self.words as u64).to_le_bytes());
        hash
    }

    /// The block as bytes: version, layout, words, all little-endian.
    pub fn save(&self, block: &Block) -> Vec<u8> {
        let mut bytes = vec![SAVE_VERSION];
        bytes.extend(self.layout().to_le_bytes());
        block.0.iter().for_each(|word| bytes.extend(word.to_bits().to_le_bytes()));
        bytes
    }

    /// The block that [`Self::save`] wrote, refused if it is of another version or layout.
    pub fn restore(&self, bytes: &[u8]) -> Result<Block> {
        let refused = |reason: &str| Error::Saved { reason: reason.to_owned() };
        let (&version, rest) = bytes.split_first().ok_or_else(|| refused("it is empty"))?;
        if version != SAVE_VERSION {
            return Err(refused(&format!("it has version {version}, this is version {SAVE_VERSION}")));
        }
        let (layout, words) = rest.split_at_checked(8).ok_or_else(|| refused("it is cut short"))?;
        if layout != self.layout().to_le_bytes() {
            return Err(refused("it belongs to other indicators or parameters"));
        }
        if words.len() != self.words * 8 {
            return Err(refused("it is cut short"));
        }
        let word = |bytes: &[u8]| f64::from_bits(u64::from_le_bytes(bytes.try_into().unwrap_or_default()));
        Ok(Block(words.chunks_exact(8).map(word).collect()))
    }
}

impl Item {
    /// Within the areas: all that it keeps.
    fn words(&self) -> Range<usize> {
        let counts = usize::from(matches!(self.reads, Read::Output(_)));
        self.area.start - counts..self.area.end
    }
}

/// Stands for the bar of the first value where values come from outside.
const PUT: f64 = 1.0;

/// Changes with every change of any state's layout or meaning.
const SAVE_VERSION: u8 = 4;

#[cfg(test)]
mod tests;
