//! Indicators over whole columns.

use super::Plan;
use super::worked::Worked;
use crate::indicator::along::{Columns, MOST_OUTPUTS, Stretch};
use crate::indicator::definition::Definition;
use crate::indicator::input::Field;
use crate::indicator::parts::Finite;
use crate::indicator::source::Source;

impl Definition {
    /// Writes one column an output, as long as the bars'; NaN where there is no value.
    ///
    /// Gives the first row with what is no finite number: nothing is written from there on.
    pub fn bulk(&self, columns: &Columns<'_>, outputs: &mut [&mut [f64]]) -> Result<(), usize> {
        if let Source::Field(reads) = self.source() {
            return self.bulk_of(*reads, columns, outputs);
        }
        let plan = Plan::new(vec![self.clone()]);
        let mut block = plan.block();
        let place = plan.output_range(plan.definitions().len() - 1);
        let distinct = columns.distinct();
        for row in 0..columns.close.len() {
            if distinct.iter().any(|column| !column[row].is_finite()) {
                return Err(row);
            }
            plan.update(&mut block, &columns.tick(row));
            for (column, value) in outputs.iter_mut().zip(&plan.outputs(&block)[place.clone()]) {
                column[row] = *value;
            }
        }
        Ok(())
    }

    fn bulk_of(&self, reads: Field, columns: &Columns<'_>, outputs: &mut [&mut [f64]]) -> Result<(), usize> {
        let (kernel, distinct, rows) = (self.kernel(), columns.distinct(), columns.close.len());
        let mut worked = Worked::new(kernel, reads, columns);
        let looked: Vec<_> = if kernel.is_window() { &[] } else { kernel.looks() }
            .iter()
            .copied()
            .chain(worked.looks())
            .filter_map(|field| columns.column(if field == Field::Source { reads } else { field }))
            .collect();
        let is_looked = |column: &&&[f64]| looked.iter().any(|looked| looked.as_ptr() == column.as_ptr());
        let others: Vec<&[f64]> = distinct.iter().filter(|column| !is_looked(column)).copied().collect();
        let mut words = vec![0.0; kernel.state_words()];
        let mut own = vec![0.0; kernel.own_words()];
        // What is gone over anew with each stretch is no longer than the stretch.
        let length = if worked.is_ahead() { STRETCH_AHEAD } else { STRETCH };
        let length = worked.longest().max(length / distinct.len().min(4));
        // What nothing is gone over anew of takes all the rest at once, once there is a past.
        let is_once = others.is_empty() && !worked.is_ahead();
        let mut from = 0;
        while from < rows {
            let stretch = from..if is_once && from > 0 { rows } else { rows.min(from + length) };
            let count = outputs.len();
            let mut parts: [&mut [f64]; MOST_OUTPUTS] = Default::default();
            parts
                .iter_mut()
                .zip(&mut *outputs)
                .for_each(|(part, column)| *part = &mut column[stretch.clone()]);
            let mut finite;
            if kernel.is_window() {
                finite = worked.take(stretch.clone(), Some(&mut *parts[0]));
                kernel.finish(parts[0]);
            } else {
                finite = worked.take(stretch.clone(), None);
                let mut ahead = Default::default();
                worked.columns(&stretch, &mut ahead);
                let given = Stretch {
                    columns: columns.rows(stretch.clone()),
                    source: worked.source(&stretch),
                    table: worked.table(&stretch),
                    seen: from,
                    ahead: Some(&ahead),
                };
                finite &= kernel.along(&given, &mut words, &mut own, &mut parts[..count]);
            }
            // Looked at while they are at hand; the first row has not been looked at by what begins with the second.
            let others = if from == 0 { &distinct } else { &others };
            if !others.is_empty() {
                let mut rest = Finite::default();
                others.iter().for_each(|column| rest.look(&column[stretch.clone()]));
                finite &= rest.is_all();
            }
            if !finite {
                let finite = |row: &usize| distinct.iter().all(|column| column[*row].is_finite());
                if let Some(row) = stretch.clone().find(|row| !finite(row)) {
                    return Err(row);
                }
            }
            from = stretch.end;
        }
        Ok(())
    }
}

/// How many values are gone over at once: as many as stay at hand, fewer where something is worked out ahead of them. While that
/// is done, the processor reads on in the columns by itself, but no further than some lines: so what comes next must begin soon.
const STRETCH: usize = 2048;
const STRETCH_AHEAD: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bar::Bar;
    use crate::indicator::Tick;
    use crate::indicator::plan::lopsided::lopsided;
    use crate::indicator::plan::stretch;
    use crate::indicator::registry::SPECS;

    /// Bars of several sessions.
    fn bars(rows: i32) -> Vec<Tick> {
        let wave =
            |i: i32, step: f64, size: f64| ((f64::from(i) * step).sin() * size * 100.0).round() / 100.0;
        let bar = |i: i32| {
            let close = 100.0 + wave(i, 0.7, 5.0) + wave(i, 0.11, 9.0);
            let open = close + wave(i, 1.3, 1.0);
            let (high, low) =
                (close.max(open) + wave(i, 0.9, 0.5).abs(), close.min(open) - wave(i, 1.7, 0.5).abs());
            let volume = if i % 17 == 0 { 0.0 } else { f64::from(i * 37 % 1000) };
            Bar::new(i64::from(i) * 60_000_000_000, [open, high, low, close], volume, f64::NAN, f64::NAN)
        };
        let tick = |i: i32| Tick {
            bar: bar(i),
            session: i / 150,
            regular: i % 150 >= 10,
            since_open: i64::from(i % 150 - 10) * 60_000_000_000,
            other: 100.0 + wave(i, 0.3, 7.0),
        };
        (0..rows).map(tick).collect()
    }

    fn bulk(definition: &Definition, bars: &stretch::Table) -> Result<Vec<Vec<f64>>, usize> {
        let columns = bars.columns();
        let mut found = vec![vec![0.0; columns.close.len()]; definition.spec().outputs.len()];
        let mut outputs: Vec<&mut [f64]> = found.iter_mut().map(Vec::as_mut_slice).collect();
        definition.bulk(&columns, &mut outputs).map(|()| found)
    }

    #[test]
    fn equals_bar_by_bar() {
        // More than one stretch, and windows that are longer than one.
        let (ticks, mut table) = (bars(2500), stretch::Table::default());
        table.fill(&ticks);
        let long = [
            ("max", "period", 1400.0),
            ("awesome", "slow", 1300.0),
            ("sma", "period", 1400.0),
            ("mom", "period", 1400.0),
            ("mom", "period", 2200.0),
            ("coppock", "long", 600.0),
        ];
        let defaults = SPECS.iter().map(|spec| Definition::new(spec.name, []));
        let long = long.iter().map(|&(name, param, value)| Definition::new(name, [(param, value)]));
        let hl2 = SPECS.iter().filter_map(|spec| {
            Definition::new(spec.name, [])
                .and_then(|definition| definition.of(Source::Field(Field::Hl2)))
                .ok()
        });
        for definition in defaults.chain(long).map(|d| d.expect("a definition")).chain(hl2) {
            assert_bar_by_bar(definition, &ticks, &table);
        }
    }

    #[test]
    fn equals_bar_by_bar_whichever_window_is_the_longest() {
        let (ticks, mut table) = (bars(2000), stretch::Table::default());
        table.fill(&ticks);
        lopsided(600.0).into_iter().for_each(|definition| assert_bar_by_bar(definition, &ticks, &table));
    }

    fn assert_bar_by_bar(definition: Definition, ticks: &[Tick], table: &stretch::Table) {
        let text = definition.text();
        let found = bulk(&definition, table).expect("finite");
        let plan = Plan::new(vec![definition]);
        let mut block = plan.block();
        for (i, tick) in ticks.iter().enumerate() {
            plan.update(&mut block, tick);
            for (column, value) in found.iter().zip(plan.outputs(&block)) {
                assert_eq!(column[i].to_bits(), value.to_bits(), "{text} at {i}");
            }
        }
    }

    #[test]
    fn equals_bar_by_bar_where_squares_are_no_numbers() {
        let (mut ticks, mut table) = (bars(700), stretch::Table::default());
        for (i, tick) in ticks.iter_mut().enumerate() {
            let size = if i % 90 < 40 { 1e160 } else { 1.0 };
            let [open, high, low, close] =
                [tick.bar.open, tick.bar.high, tick.bar.low, tick.bar.close].map(|x| x * size);
            tick.bar = Bar::new(0, [open, high, low, close], tick.bar.volume, f64::NAN, f64::NAN);
        }
        table.fill(&ticks);
        for name in ["variance", "stddev", "bbands", "zscore", "kama", "cmf", "vortex", "stochrsi", "ultosc"]
        {
            assert_bar_by_bar(Definition::new(name, []).expect("defaults"), &ticks, &table);
        }
    }

    #[test]
    fn what_is_no_number_is_found() {
        // Indicators go through it before it is looked for, and must come out of that.
        let ticks = bars(2500);
        for spec in SPECS {
            let definition = Definition::new(spec.name, []).expect("defaults");
            for (row, bad) in [
                (0, f64::NAN),
                (31, f64::INFINITY),
                (1023, f64::NEG_INFINITY),
                (1100, f64::NAN),
                (2400, f64::INFINITY),
            ] {
                for column in 0..6 {
                    let mut table = stretch::Table::default();
                    table.fill(&ticks);
                    table.numbers[column][row] = bad;
                    assert_eq!(
                        bulk(&definition, &table),
                        Err(row),
                        "{} with {bad} in column {column}",
                        spec.name
                    );
                }
            }
        }
    }

    #[test]
    fn a_sum_of_prices_that_is_no_number_is_not_the_prices_fault() {
        let (mut ticks, mut table) = (bars(300), stretch::Table::default());
        ticks[100].bar = Bar::new(0, [1.7e308; 4], 1.0, f64::NAN, f64::NAN);
        table.fill(&ticks);
        for name in ["ema", "variance", "sma", "mom"] {
            let definition = Definition::new(name, []).and_then(|d| d.of(Source::Field(Field::Ohlc4)));
            assert!(bulk(&definition.expect("of a sum"), &table).is_ok(), "{name}");
        }
    }
}
