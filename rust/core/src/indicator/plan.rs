//! A set of indicators compiled to offsets, and the blocks of words they work on.
//!
//! A block is laid out as `[seen | rings | outputs | when each had its first value | one area an indicator]`, an area as
//! `[state | own words]`.

use std::ops::Range;

use crate::error::{Error, Result};

use super::definition::Definition;
use super::input::{Field, Input, Tick};
use super::registry::Kernel;
use super::ring::{Past, Span};

/// The words of one set of indicators for one symbol and interval. Clone it to rewind to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Block(Box<[f64]>);

#[derive(Debug, Clone)]
struct Ring {
    field: Field,
    span: Span,
    bars: usize,
}

#[derive(Debug, Clone)]
struct Item {
    kernel: Kernel,
    reads: Field,
    rings: [Span; Input::MAX_PAST],
    /// Within the areas: state, then own words.
    area: Range<usize>,
    state_words: usize,
    /// Within the outputs.
    out: Range<usize>,
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
    pub fn new(definitions: Vec<Definition>) -> Self {
        let mut rings: Vec<Ring> = Vec::new();
        let mut readers = Vec::with_capacity(definitions.len());
        for definition in &definitions {
            let reads = definition.spec().reads;
            let slots: Vec<usize> = definition
                .kernel()
                .lookbacks()
                .into_iter()
                .map(|lookback| {
                    let field = if lookback.field == Field::Source { reads } else { lookback.field };
                    let index = rings.iter().position(|r| r.field == field).unwrap_or_else(|| {
                        rings.push(Ring { field, span: Span::default(), bars: 0 });
                        rings.len() - 1
                    });
                    rings[index].bars = rings[index].bars.max(lookback.bars);
                    index
                })
                .collect();
            readers.push(slots);
        }
        let mut ring_words = 0;
        for ring in &mut rings {
            ring.span = Span::new(ring_words, Past::words(ring.bars));
            ring_words = ring.span.end();
        }
        let mut items = Vec::with_capacity(definitions.len());
        let (mut outputs, mut area) = (0, 0);
        for (definition, slots) in definitions.iter().zip(readers) {
            let kernel = definition.kernel();
            let mut spans = [Span::default(); Input::MAX_PAST];
            for (span, slot) in spans.iter_mut().zip(slots) {
                *span = rings[slot].span;
            }
            let area_end = area + kernel.state_words() + kernel.own_words();
            let out = outputs..outputs + definition.spec().outputs.len();
            outputs = out.end;
            items.push(Item {
                kernel: kernel.clone(),
                reads: definition.spec().reads,
                rings: spans,
                area: area..area_end,
                state_words: kernel.state_words(),
                out,
            });
            area = area_end;
        }
        let definitions_len = items.len();
        Self {
            definitions,
            items,
            rings,
            ring_words,
            outputs,
            words: 1 + ring_words + outputs + definitions_len + area,
        }
    }

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

    /// The plan of these of its indicators only. Rings stay as they are, so that blocks can be carried over.
    #[must_use]
    pub fn keep(&self, kept: &[usize]) -> Self {
        let mut plan = Self { definitions: Vec::new(), items: Vec::new(), outputs: 0, ..self.clone() };
        let mut area = 0;
        for &index in kept {
            let mut item = self.items[index].clone();
            item.out = plan.outputs..plan.outputs + item.out.len();
            item.area = area..area + item.area.len();
            plan.outputs = item.out.end;
            area = item.area.end;
            plan.items.push(item);
            plan.definitions.push(self.definitions[index].clone());
        }
        plan.words = 1 + plan.ring_words + plan.outputs + plan.items.len() + area;
        plan
    }

    /// A block of this plan as a block of what [`Self::keep`] made of it.
    pub fn carry(&self, block: &Block, kept: &[usize]) -> Block {
        let firsts = self.outputs_at().end;
        let areas = firsts + self.items.len();
        let outputs = kept.iter().flat_map(|&i| &block.0[self.outputs_at()][self.items[i].out.clone()]);
        let states = kept.iter().flat_map(|&i| &block.0[areas..][self.items[i].area.clone()]);
        let valid = kept.iter().map(|&i| &block.0[firsts + i]);
        Block(
            block.0[..self.outputs_at().start]
                .iter()
                .chain(outputs)
                .chain(valid)
                .chain(states)
                .copied()
                .collect(),
        )
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
            Past::push(&mut rings[ring.span.range()], ring.field.of(&tick.bar));
        }
        for (item, first) in self.items.iter().zip(firsts) {
            let input = Input {
                bar: &tick.bar,
                x: item.reads.of(&tick.bar),
                session: tick.session,
                regular: tick.regular,
                since_open: tick.since_open,
                seen: seen as usize,
                rings,
                spans: &item.rings,
            };
            let (state, own) = areas[item.area.clone()].split_at_mut(item.state_words);
            item.kernel.update(state, own, &input, &mut outputs[item.out.clone()]);
            if first.to_bits() == 0 && !outputs[item.out.start].is_nan() {
                *first = f64::from_bits(seen);
            }
        }
    }

    /// What the outputs would be after one more bar. The block is as before.
    pub fn peek(&self, block: &Block, tick: &Tick) -> Vec<f64> {
        let mut ahead = block.clone();
        self.update(&mut ahead, tick);
        self.outputs(&ahead).to_vec()
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
            eat(definition.spec().name.as_bytes());
            definition.params().values().iter().for_each(|v| eat(&v.to_le_bytes()));
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

/// Changes with every change of any state's layout or meaning.
const SAVE_VERSION: u8 = 3;

#[cfg(test)]
mod tests {
    //! What must hold for every indicator, by one loop over the registry.

    use super::super::registry::SPECS;
    use super::super::spec::Spec;
    use super::*;
    use crate::bar::Bar;

    /// All indicators with their defaults; those that want many sessions, with one.
    fn definitions() -> Vec<Definition> {
        let given = |s: &Spec| s.params.iter().find(|p| p.name == "sessions").map(|p| (p.name, 1.0));
        SPECS.iter().map(|s| Definition::new(s.name, given(s)).expect(s.name)).collect()
    }

    /// A walk in cents over three sessions, with ties, flat stretches and bars without volume.
    fn ticks(count: i64) -> Vec<Tick> {
        let mut state = 42_u64;
        let mut next = |bound: i64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as i64 % bound
        };
        let mut cents = 10_000;
        (0..count)
            .map(|i| {
                let open = cents;
                cents += if i % 50 < 8 { 0 } else { next(21) - 10 };
                let (high, low) = (open.max(cents) + next(5), open.min(cents) - next(5));
                let ohlc = [open, high, low, cents].map(|c| c as f64 / 100.0);
                let volume = if i % 17 == 0 { 0.0 } else { next(10_000) as f64 };
                let bar = Bar::new(i * 60, ohlc, volume, f64::NAN, f64::NAN);
                let since_open = (i % 390 - 5) * 60_000_000_000;
                Tick { bar, session: (i / 390) as i32, regular: since_open >= 0, since_open }
            })
            .collect()
    }

    fn bits(values: &[f64]) -> Vec<u64> {
        values.iter().map(|v| v.to_bits()).collect()
    }

    #[test]
    fn the_first_value_comes_where_the_indicator_says() {
        for definition in definitions() {
            let plan = Plan::new(vec![definition.clone()]);
            let mut block = plan.block();
            let first = definition.kernel().first();
            if definition.kernel().waits() {
                continue;
            }
            for (i, tick) in ticks(400)
                .iter()
                .map(|t| Tick { regular: true, since_open: t.since_open.max(0), ..*t })
                .enumerate()
            {
                let tick = Tick { bar: Bar { volume: 100.0, ..tick.bar }, ..tick };
                plan.update(&mut block, &tick);
                let (name, valid) = (definition.spec().name, !plan.outputs(&block)[0].is_nan());
                assert_eq!(valid, i + 1 >= first, "{name} at bar {} (first {first})", i + 1);
            }
            assert!(definition.kernel().warm() >= first);
        }
    }

    #[test]
    fn what_waits_for_a_session_has_a_value_in_the_second() {
        let waiting: Vec<Definition> = definitions().into_iter().filter(|d| d.kernel().waits()).collect();
        assert!(waiting.len() > 5);
        for definition in waiting {
            assert!(definition.kernel().sessions() <= 1);
            let plan = Plan::new(vec![definition]);
            let mut block = plan.block();
            let mut told = 0;
            for tick in ticks(800) {
                plan.update(&mut block, &tick);
                told += plan.just_valid(&block).count();
            }
            let name = plan.definitions()[0].spec().name;
            assert!(!plan.outputs(&block)[0].is_nan(), "{name}");
            assert_eq!(told, 1, "{name} is told once");
        }
    }

    #[test]
    fn together_is_the_same_as_alone() {
        let together = Plan::new(definitions());
        let mut block = together.block();
        let alone: Vec<Plan> = definitions().into_iter().map(|d| Plan::new(vec![d])).collect();
        let mut blocks: Vec<Block> = alone.iter().map(Plan::block).collect();
        for tick in ticks(1_000) {
            together.update(&mut block, &tick);
            for (i, (plan, own)) in alone.iter().zip(&mut blocks).enumerate() {
                plan.update(own, &tick);
                let shared = &together.outputs(&block)[together.output_range(i)];
                assert_eq!(bits(shared), bits(plan.outputs(own)), "{}", plan.definitions()[0].spec().name);
            }
        }
    }

    #[test]
    fn a_rewound_or_restored_block_goes_on_with_the_same_bits() {
        let plan = Plan::new(definitions());
        let ticks = ticks(1_000);
        let mut block = plan.block();
        for stop in [0, 1, 13, 14, 40, 399, 777] {
            let mut here = plan.block();
            ticks[..stop].iter().for_each(|t| plan.update(&mut here, t));
            let mut restored = plan.restore(&plan.save(&here)).expect("own bytes");
            let mut copied = here.clone();
            for tick in &ticks[stop..] {
                plan.update(&mut here, tick);
                plan.update(&mut restored, tick);
                plan.update(&mut copied, tick);
            }
            assert_eq!(plan.save(&restored), plan.save(&here));
            assert_eq!(plan.save(&copied), plan.save(&here));
            block = here;
        }
        let mut fresh = plan.block();
        ticks.iter().for_each(|t| plan.update(&mut fresh, t));
        assert_eq!(plan.save(&fresh), plan.save(&block));
    }

    #[test]
    fn foreign_and_torn_states_are_refused() {
        let plan = Plan::new(definitions());
        let saved = plan.save(&plan.block());
        let other = Plan::new(vec![Definition::new("sma", [("period", 21.0)]).expect("sma")]);
        let sma = Plan::new(vec![Definition::new("sma", []).expect("sma")]);
        assert!(sma.restore(&other.save(&other.block())).is_err());
        for cut in [0, 1, 5, 9, saved.len() - 1] {
            assert!(plan.restore(&saved[..cut]).is_err(), "cut at {cut}");
        }
        let mut newer = saved.clone();
        newer[0] += 1;
        assert!(plan.restore(&newer).is_err());
        assert!(plan.restore(&saved).is_ok());
    }

    #[test]
    fn peeking_changes_nothing_and_foretells_the_commit() {
        let plan = Plan::new(definitions());
        let mut block = plan.block();
        for tick in ticks(600) {
            let before = plan.save(&block);
            let foretold = plan.peek(&block, &tick);
            assert_eq!(plan.save(&block), before);
            plan.update(&mut block, &tick);
            assert_eq!(bits(&foretold), bits(plan.outputs(&block)));
        }
    }

    #[test]
    fn extreme_and_flat_prices_give_numbers_or_nothing() {
        for (price, volume) in [(0.0, 0.0), (1e-9, 1.0), (1e12, 1e12), (37.0, 0.0), (37.0, 5.0), (-3.0, 2.0)]
        {
            for definition in definitions() {
                let plan = Plan::new(vec![definition]);
                let mut block = plan.block();
                for i in 0..300 {
                    let bar = Bar::new(i, [price; 4], volume, f64::NAN, f64::NAN);
                    plan.update(&mut block, &Tick { bar, session: 1, regular: true, since_open: i * 60 });
                    let infinite = plan.outputs(&block).iter().any(|v| v.is_infinite());
                    assert!(!infinite, "{} at a price of {price}", plan.definitions()[0].spec().name);
                }
            }
        }
    }

    #[test]
    fn every_spec_reads_well() {
        for (i, spec) in SPECS.iter().enumerate() {
            assert!(SPECS[..i].iter().all(|s| s.name != spec.name), "{} stands twice", spec.name);
            assert!(
                !spec.title.is_empty()
                    && !spec.formula.is_empty()
                    && !spec.source.is_empty()
                    && !spec.outputs.is_empty()
            );
            assert!(spec.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
            for param in spec.params {
                assert!((param.min..=param.max).contains(&param.default), "{} {}", spec.name, param.name);
            }
        }
    }
}
