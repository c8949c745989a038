//! Indicators over whole columns.

use super::Plan;
use crate::indicator::bulk::Columns;
use crate::indicator::definition::Definition;
use crate::indicator::source::Source;

impl Definition {
    /// Writes one column an output, as long as the bars'; NaN where there is no value.
    ///
    /// Gives the first row with what is no finite number: nothing is written from there on.
    pub fn bulk(&self, columns: &Columns<'_>, outputs: &mut [&mut [f64]]) -> Result<(), usize> {
        if let Source::Field(reads) = self.source() {
            return self.kernel().bulk(*reads, columns, outputs);
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
        for spec in SPECS {
            let definition = Definition::new(spec.name, []).expect(spec.name);
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
