//! How a plan is made, and made smaller.

use super::abreast::Abreast;
use super::{Area, Block, Item, Parts, Plan, Read, Ring};
use crate::indicator::definition::Definition;
use crate::indicator::input::Field;
use crate::indicator::registry::Kernel;
use crate::indicator::ring::{Past, Span};
use crate::indicator::source::Source;

impl Plan {
    /// A plan of these indicators and their sources, each once.
    pub fn new(definitions: Vec<Definition>) -> Self {
        let definitions = in_order(definitions);
        let mut plan = Self {
            definitions,
            items: Vec::new(),
            rings: Vec::new(),
            outputs: 0,
            area_words: 0,
            ring_words: 0,
            abreast: Abreast::default(),
        };
        let slots: Vec<Vec<usize>> = (0..plan.definitions.len()).map(|index| plan.add_item(index)).collect();
        for ring in &mut plan.rings {
            ring.span = Span::new(plan.ring_words, Past::words(ring.bars));
            plan.ring_words = ring.span.end();
        }
        for (item, slots) in plan.items.iter_mut().zip(slots) {
            for (span, slot) in item.area.rings.iter_mut().zip(slots) {
                *span = plan.rings[slot].span;
            }
        }
        plan.lay_out();
        plan
    }

    /// Adds the item of a definition, behind those of its source; gives the rings that it looks back on.
    fn add_item(&mut self, index: usize) -> Vec<usize> {
        let definition = &self.definitions[index];
        let parts: Box<[usize]> =
            definition.sources().map(|(source, output)| self.place_of(source) + output).collect();
        let reads = match (definition.kernel(), definition.source()) {
            (Kernel::Expression(_), _) => Read::Parts,
            (_, Source::Field(field)) => Read::Field(*field),
            (_, Source::Output(..)) => Read::Output(parts[0]),
        };
        let kernel = definition.kernel().clone();
        let counts = usize::from(matches!(reads, Read::Output(_)));
        let area = self.items.last().map_or(0, |last| last.area.words.end);
        let words = area + counts..area + counts + kernel.state_words() + kernel.own_words();
        let out = self.outputs..self.outputs + definition.spec().outputs.len();
        self.outputs = out.end;
        let slots = kernel.lookbacks().into_iter().map(|lookback| {
            let of = if lookback.field == Field::Source { reads } else { Read::Field(lookback.field) };
            let index = self.rings.iter().position(|r| r.of == of).unwrap_or_else(|| {
                self.rings.push(Ring { of, span: Span::default(), bars: 0 });
                self.rings.len() - 1
            });
            self.rings[index].bars = self.rings[index].bars.max(lookback.bars);
            index
        });
        let slots = slots.collect();
        let area = Area { rings: Default::default(), words, state_words: kernel.state_words(), out };
        self.items.push(Item { kernel, reads, area, parts });
        slots
    }

    /// Where the outputs of an indicator of the plan begin.
    fn place_of(&self, definition: &Definition) -> usize {
        let text = definition.text();
        let index = self.definitions.iter().position(|d| d.text() == text);
        self.items[index.expect("sources stand before what reads them")].area.out.start
    }

    fn lay_out(&mut self) {
        self.area_words = self.items.last().map_or(0, |last| last.area.words.end);
        self.abreast = Abreast::of(&self.items, self.parts());
    }

    /// These of its indicators, and those that they read; in order.
    pub fn with_sources(&self, kept: &[usize]) -> Vec<usize> {
        let mut wanted: Vec<bool> = (0..self.items.len()).map(|i| kept.contains(&i)).collect();
        // What is read stands before what reads it.
        for index in (0..self.items.len()).rev() {
            if !wanted[index] {
                continue;
            }
            for part in &self.items[index].parts {
                if let Some(source) = self.items.iter().position(|item| item.area.out.contains(part)) {
                    wanted[source] = true;
                }
            }
        }
        (0..self.items.len()).filter(|&i| wanted[i]).collect()
    }

    /// The plan of these of its indicators only, sources included. Rings stay as they are, so that blocks can be carried
    /// over.
    #[must_use]
    pub fn keep(&self, kept: &[usize]) -> Self {
        let mut plan = Self { definitions: Vec::new(), items: Vec::new(), outputs: 0, ..self.clone() };
        let mut area = 0;
        // Where each of the outputs stands now; those that are gone, nowhere.
        let mut moved = vec![GONE; self.outputs];
        for &index in kept {
            let mut item = self.items[index].clone();
            moved[item.area.out.clone()].iter_mut().zip(plan.outputs..).for_each(|(place, now)| *place = now);
            item.area.out = plan.outputs..plan.outputs + item.area.out.len();
            let counts = item.words().len() - item.area.words.len();
            item.area.words = area + counts..area + item.words().len();
            item.parts.iter_mut().for_each(|part| *part = moved[*part]);
            if let Read::Output(output) = &mut item.reads {
                *output = moved[*output];
            }
            plan.outputs = item.area.out.end;
            area = item.area.words.end;
            plan.items.push(item);
            plan.definitions.push(self.definitions[index].clone());
        }
        for ring in &mut plan.rings {
            if let Read::Output(output) = &mut ring.of {
                *output = moved.get(*output).copied().unwrap_or(GONE);
            }
        }
        plan.lay_out();
        plan
    }

    /// A block of this plan as a block of what [`Self::keep`] made of it.
    pub fn carry(&self, block: &Block, kept: &[usize]) -> Block {
        let Parts { areas, seen, firsts, rings } = self.parts();
        let block = &block.words()[..self.words()];
        let outputs = kept.iter().flat_map(|&i| &block[self.items[i].area.out.clone()]);
        let states = kept.iter().flat_map(|&i| &block[areas..][self.items[i].words()]);
        let firsts = kept.iter().map(|&i| &block[firsts + i]);
        let words = outputs.chain(states).chain([&block[seen]]).chain(firsts).chain(&block[rings..]);
        Block::of(&words.copied().collect::<Vec<_>>())
    }
}

/// The place of an output that is no more. The ring of what was read of it stays, and nothing goes into it.
const GONE: usize = usize::MAX;

/// The definitions and their sources, each once, sources first.
fn in_order(definitions: Vec<Definition>) -> Vec<Definition> {
    fn put(definition: Definition, direct: &mut Vec<Definition>, indirect: &mut Vec<Definition>) {
        let text = definition.text();
        if direct.iter().chain(&*indirect).any(|there| there.text() == text) {
            return;
        }
        if definition.sources().next().is_none() {
            direct.push(definition);
            return;
        }
        definition.sources().for_each(|(source, _)| put(source.clone(), direct, indirect));
        indirect.push(definition);
    }
    let (mut direct, mut indirect) = (Vec::new(), Vec::new());
    definitions.into_iter().for_each(|definition| put(definition, &mut direct, &mut indirect));
    direct.append(&mut indirect);
    direct
}
