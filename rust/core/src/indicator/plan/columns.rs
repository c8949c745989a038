//! Indicators over whole columns.

use super::Plan;
use crate::indicator::along::{Columns, MOST_OUTPUTS, Stretch};
use crate::indicator::definition::Definition;
use crate::indicator::input::{Column, Field, Table};
use crate::indicator::parts::{Highest, Lowest, Sliding};
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
        let mut words = vec![0.0; kernel.state_words()];
        let mut own = vec![0.0; kernel.own_words()];
        let lookbacks = kernel.lookbacks();
        let field = |field: Field| if field == Field::Source { reads } else { field };
        let mut made = vec![Vec::new(); 1 + lookbacks.len()];
        let extremes = kernel.extremes();
        let (mut sliding, mut found) = (Sliding::default(), vec![Vec::new(); extremes.len()]);
        // What is gone over anew with each stretch is no longer than the stretch.
        let length = lookbacks.iter().map(|lookback| lookback.bars).fold(STRETCH, usize::max);
        let mut from = 0;
        while from < rows {
            let stretch = from..rows.min(from + length);
            // Looked at where they are about to be read, they are in the cache then.
            if !distinct.iter().all(|column| all_finite(&column[stretch.clone()])) {
                let finite = |row: &usize| distinct.iter().all(|column| column[*row].is_finite());
                return stretch.clone().find(|row| !finite(row)).map_or(Ok(()), Err);
            }
            let (source, made) = made.split_at_mut(1);
            let mut table = Table::default();
            for ((past, lookback), made) in table.pasts.iter_mut().zip(&lookbacks).zip(made) {
                let field = field(lookback.field);
                *past = columns.column(field).map_or_else(
                    || {
                        let before = lookback.bars.min(from);
                        columns.rows(from - before..stretch.end).make(field, made);
                        Column { values: made, before }
                    },
                    |values| Column { values, before: from },
                );
            }
            for (extremum, found) in extremes.iter().zip(&mut found) {
                let Column { values, before } = table.pasts[extremum.past];
                let rows = before..before + stretch.len();
                if extremum.highest {
                    sliding.extremes::<Highest>(values, extremum.bars, rows, found);
                } else {
                    sliding.extremes::<Lowest>(values, extremum.bars, rows, found);
                }
            }
            table.extremes.iter_mut().zip(&found).for_each(|(column, found)| *column = found);
            let here = columns.rows(stretch.clone());
            let source = here.column(reads).unwrap_or_else(|| {
                here.make(reads, &mut source[0]);
                &source[0]
            });
            let count = outputs.len();
            let mut parts: [&mut [f64]; MOST_OUTPUTS] = Default::default();
            parts
                .iter_mut()
                .zip(&mut *outputs)
                .for_each(|(part, column)| *part = &mut column[stretch.clone()]);
            let given = Stretch { columns: here, source, table, seen: from };
            kernel.along(&given, &mut words, &mut own, &mut parts[..count]);
            from = stretch.end;
        }
        Ok(())
    }
}

/// How many rows, at least, are looked at before they are read.
const STRETCH: usize = 256;

/// Zero times what is no finite number is none; several are looked at in one step.
fn all_finite(values: &[f64]) -> bool {
    let mut zeros = [0.0; 16];
    let chunks = values.chunks_exact(zeros.len());
    let rest = chunks.remainder().iter().all(|x| x.is_finite());
    for chunk in chunks {
        for (zero, x) in zeros.iter_mut().zip(chunk) {
            *zero = x.mul_add(0.0, *zero);
        }
    }
    rest && zeros.iter().sum::<f64>() == 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::registry::SPECS;

    #[test]
    fn equals_bar_by_bar() {
        let rows = 600;
        let wave = |step: f64, size: f64| -> Vec<f64> {
            (0..rows)
                .map(|i| (f64::from(i) * step).sin() * size)
                .map(|x| (x * 100.0).round() / 100.0)
                .collect()
        };
        let close: Vec<f64> =
            wave(0.7, 5.0).iter().zip(wave(0.11, 9.0)).map(|(a, b)| 100.0 + a + b).collect();
        let open: Vec<f64> = close.iter().zip(wave(1.3, 1.0)).map(|(a, b)| a + b).collect();
        let high: Vec<f64> =
            close.iter().zip(&open).zip(wave(0.9, 0.5)).map(|((a, b), c)| a.max(*b) + c.abs()).collect();
        let low: Vec<f64> =
            close.iter().zip(&open).zip(wave(1.7, 0.5)).map(|((a, b), c)| a.min(*b) - c.abs()).collect();
        let volume: Vec<f64> =
            (0..rows).map(|i| if i % 17 == 0 { 0.0 } else { f64::from(i * 37 % 1000) }).collect();
        let session: Vec<i64> = (0..rows).map(|i| i64::from(i / 150)).collect();
        let regular: Vec<bool> = (0..rows).map(|i| i % 150 >= 10).collect();
        let since_open: Vec<i64> = (0..i64::from(rows)).map(|i| (i % 150 - 10) * 60_000_000_000).collect();
        let ts: Vec<i64> = (0..i64::from(rows)).map(|i| i * 60_000_000_000).collect();
        let columns = Columns {
            open: &open,
            high: &high,
            low: &low,
            close: &close,
            volume: &volume,
            session: Some(&session),
            regular: Some(&regular),
            since_open: Some(&since_open),
            ts: Some(&ts),
            other: Some(&open),
        };
        // Windows that are longer than what is gone over at once, too.
        let long = [("max", "period", 400.0), ("awesome", "slow", 300.0), ("sma", "period", 400.0)];
        let defaults = SPECS.iter().map(|spec| Definition::new(spec.name, []));
        let long = long.iter().map(|&(name, param, value)| Definition::new(name, [(param, value)]));
        for definition in defaults.chain(long) {
            let definition = definition.expect("a definition");
            let spec = definition.spec();
            let mut bulk = vec![vec![0.0; rows as usize]; spec.outputs.len()];
            let mut outputs: Vec<&mut [f64]> = bulk.iter_mut().map(Vec::as_mut_slice).collect();
            definition.bulk(&columns, &mut outputs).expect("finite");
            let plan = Plan::new(vec![definition]);
            let mut block = plan.block();
            for i in 0..rows as usize {
                plan.update(&mut block, &columns.tick(i));
                for (column, value) in bulk.iter().zip(plan.outputs(&block)) {
                    assert_eq!(column[i].to_bits(), value.to_bits(), "{} at {i}", spec.name);
                }
            }
        }
    }
}
