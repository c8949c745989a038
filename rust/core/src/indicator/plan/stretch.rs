//! Many bars of one block: indicator by indicator, not bar by bar.

use super::{Block, Plan, Read};
use crate::indicator::along::{Columns, Stretch};
use crate::indicator::input::{Column, Field, Input, Tick};
use crate::indicator::ring::Past;

/// Fewer bars are taken one by one: to set out columns costs as much as some steps.
const WORTHWHILE: usize = 4;

/// Bars as columns.
#[derive(Debug, Default)]
struct Table {
    numbers: [Vec<f64>; 6],
    session: Vec<i64>,
    regular: Vec<bool>,
    since_open: Vec<i64>,
    ts: Vec<i64>,
}

impl Table {
    fn new(ticks: &[Tick]) -> Self {
        let number = |of: fn(&Tick) -> f64| ticks.iter().map(of).collect();
        Self {
            numbers: [
                number(|t| t.bar.open),
                number(|t| t.bar.high),
                number(|t| t.bar.low),
                number(|t| t.bar.close),
                number(|t| t.bar.volume),
                number(|t| t.other),
            ],
            session: ticks.iter().map(|t| i64::from(t.session)).collect(),
            regular: ticks.iter().map(|t| t.regular).collect(),
            since_open: ticks.iter().map(|t| t.since_open).collect(),
            ts: ticks.iter().map(|t| t.bar.ts).collect(),
        }
    }

    fn columns(&self) -> Columns<'_> {
        let [open, high, low, close, volume, other] = &self.numbers;
        Columns {
            open,
            high,
            low,
            close,
            volume,
            session: Some(&self.session),
            regular: Some(&self.regular),
            since_open: Some(&self.since_open),
            ts: Some(&self.ts),
            other: Some(other),
        }
    }
}

impl Plan {
    /// Takes bars that follow each other: as [`Self::update`] with each, in less time.
    pub fn update_along(&self, block: &mut Block, ticks: &[Tick]) {
        let direct = self.items.iter().all(|item| matches!(item.reads, Read::Field(_)));
        if ticks.len() < WORTHWHILE || !direct {
            ticks.iter().for_each(|tick| self.update(block, tick));
            return;
        }
        let table = Table::new(ticks);
        let columns = table.columns();
        let parts = self.parts();
        let before = block.0[0].to_bits();
        let made = |field: Field| {
            let mut values = Vec::new();
            columns.make(field, &mut values);
            values
        };
        // Each ring as a column: what it held, then what comes.
        let mut pasts: Vec<(Read, usize, Vec<f64>)> = Vec::with_capacity(self.rings.len());
        for ring in &self.rings {
            let Read::Field(field) = ring.of else { continue };
            let words = &mut block.0[1..][ring.span.range()];
            let mut values: Vec<f64> = Past::view(words).last(ring.bars).collect();
            values.extend(made(field));
            values[ring.bars..].iter().for_each(|&value| Past::push(words, value));
            pasts.push((ring.of, ring.bars, values));
        }
        let mut scratch = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            let Read::Field(reads) = item.reads else { continue };
            let mut views = [Column::default(); Input::MAX_PAST];
            for (view, lookback) in views.iter_mut().zip(item.kernel.lookbacks()) {
                let field = if lookback.field == Field::Source { reads } else { lookback.field };
                let past = pasts.iter().find(|(of, ..)| *of == Read::Field(field));
                *view = past
                    .map_or_else(Column::default, |(_, before, values)| Column { values, before: *before });
            }
            let values;
            let source = if let Some(column) = columns.column(reads) {
                column
            } else {
                values = made(reads);
                &values
            };
            let outputs = item.area.out.len();
            scratch.clear();
            scratch.resize(outputs * ticks.len(), f64::NAN);
            let mut rows: Vec<&mut [f64]> = scratch.chunks_mut(ticks.len()).collect();
            let stretch = Stretch { columns, source, pasts: views, seen: before as usize };
            let words = &mut block.0[parts.areas..][item.area.words.clone()];
            let (state, own) = words.split_at_mut(item.area.state_words);
            item.kernel.along(&stretch, state, own, &mut rows);
            let first = &mut block.0[parts.firsts + index];
            if first.to_bits() == 0
                && let Some(place) = rows[0].iter().position(|value| !value.is_nan())
            {
                *first = f64::from_bits(before + 1 + place as u64);
            }
            for (out, row) in block.0[parts.outputs..][item.area.out.clone()].iter_mut().zip(&rows) {
                *out = row[ticks.len() - 1];
            }
        }
        block.0[0] = f64::from_bits(before + ticks.len() as u64);
    }
}
