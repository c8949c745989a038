//! A batch of bars as columns.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::symbol::SymbolId;
use crate::time::Nanos;

use super::{Bar, Refusal, check};

/// Rows that are looked at together.
const TOGETHER: usize = 512;

/// Columns of equal length, one row a bar; vwap and trade count may be absent.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    pub symbol: &'a [SymbolId],
    pub ts: &'a [Nanos],
    pub open: &'a [f64],
    pub high: &'a [f64],
    pub low: &'a [f64],
    pub close: &'a [f64],
    pub volume: &'a [f64],
    pub vwap: Option<&'a [f64]>,
    pub trade_count: Option<&'a [f64]>,
}

impl<'a> Columns<'a> {
    /// How many rows.
    pub fn len(&self) -> usize {
        self.ts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ts.is_empty()
    }

    /// Refuses columns of unequal length, and more rows than a batch can hold.
    pub fn check(&self) -> Result<()> {
        let rows = self.len();
        let lengths = [
            ("symbol", self.symbol.len()),
            ("open", self.open.len()),
            ("high", self.high.len()),
            ("low", self.low.len()),
            ("close", self.close.len()),
            ("volume", self.volume.len()),
            ("vwap", self.vwap.map_or(rows, <[f64]>::len)),
            ("trade_count", self.trade_count.map_or(rows, <[f64]>::len)),
        ];
        if let Some((name, length)) = lengths.iter().find(|(_, length)| *length != rows) {
            return Err(Error::Columns { reason: format!("{name} has {length} rows, ts has {rows}") });
        }
        if u32::try_from(rows).is_err() {
            return Err(Error::Columns {
                reason: format!("{rows} rows are more than one batch takes (2^32 - 1)"),
            });
        }
        Ok(())
    }

    /// The rows that are no bars, and why, in order. All times must be whole multiples of `step`.
    pub fn refused(&self, step: Nanos) -> Vec<(u32, Refusal)> {
        let mut refused = Vec::new();
        for start in (0..self.len()).step_by(TOGETHER) {
            let rows = start..self.len().min(start + TOGETHER);
            if !self.are_fine(rows.clone(), step) {
                let reason = |row: usize| {
                    let aligned = self.ts[row] % step == 0;
                    if aligned { check(&self.bar(row)).err() } else { Some(Refusal::Unaligned) }
                };
                refused.extend(rows.filter_map(|row| Some((row as u32, reason(row)?))));
            }
        }
        refused
    }

    /// Whether there is surely nothing to refuse: looked at column by column, several rows by one instruction.
    fn are_fine(&self, rows: Range<usize>, step: Nanos) -> bool {
        let part = |column: &'a [f64]| column[rows.clone()].iter();
        let prices = part(self.open).zip(part(self.high)).zip(part(self.low)).zip(part(self.close));
        // Counted, since what is counted goes four by four.
        let bad = prices.zip(part(self.volume)).map(|((((open, high), low), close), volume)| {
            let ordered = (low <= open) & (open <= high) & (low <= close) & (close <= high);
            u64::from(!(ordered & ((high - low + volume).abs() < f64::INFINITY) & (*volume >= 0.0)))
        });
        let mut bad: u64 = bad.sum();
        if let Some(vwap) = self.vwap {
            let pairs = part(vwap).zip(part(self.volume));
            bad += pairs.map(|(vwap, volume)| u64::from((vwap * volume).abs() == f64::INFINITY)).sum::<u64>();
        }
        if let Some(counts) = self.trade_count {
            let bad_count = |count: &f64| u64::from((*count < 0.0) | (*count == f64::INFINITY));
            bad += part(counts).map(bad_count).sum::<u64>();
        }
        // Most times are that of the row before or the next: of those there is nothing to divide.
        let mut last = 0;
        let aligned = self.ts[rows.clone()].iter().all(|&ts| {
            let aligned = ts == last || ts == last.wrapping_add(step) || ts % step == 0;
            last = ts;
            aligned
        });
        bad == 0 && aligned
    }

    /// The bar of a row.
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "it is made where it is to stand: what is written number by number and then read in one piece waits"
    )]
    pub fn bar(&self, row: usize) -> Bar {
        let absent = |column: Option<&[f64]>| column.map_or(f64::NAN, |c| c[row]);
        let ohlc = [self.open[row], self.high[row], self.low[row], self.close[row]];
        Bar::new(self.ts[row], ohlc, self.volume[row], absent(self.vwap), absent(self.trade_count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_refused_as_one_by_one() {
        let mut state = 7_u64;
        let mut draw = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % bound
        };
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e308, -1e308, 0.0];
        for (rows, rare) in [(0, 1), (1, 2), (511, 40), (513, 4000), (5_000, 3_000), (20_000, 100)] {
            let mut column = |plain: f64| -> Vec<f64> {
                let value = |draw: &mut dyn FnMut(u64) -> u64| match draw(rare) {
                    0 => odd[draw(7) as usize],
                    _ => plain,
                };
                (0..rows).map(|_| value(&mut draw)).collect()
            };
            let [open, high, low, close, volume, vwap, trade_count] =
                [10.0, 12.0, 9.0, 11.0, 5.0, 10.5, 3.0].map(&mut column);
            let ts: Vec<Nanos> =
                (0..rows as i64).map(|row| row / 3 * 60 + i64::from(draw(rare) == 0) * 30 - 600).collect();
            let symbol = vec![0; rows];
            let all = Columns {
                symbol: &symbol,
                ts: &ts,
                open: &open,
                high: &high,
                low: &low,
                close: &close,
                volume: &volume,
                vwap: Some(&vwap),
                trade_count: Some(&trade_count),
            };
            for columns in [all, Columns { vwap: None, trade_count: None, ..all }] {
                let slow = |row: usize| match columns.ts[row] % 60 {
                    0 => check(&columns.bar(row)).err().map(|refusal| (row as u32, refusal)),
                    _ => Some((row as u32, Refusal::Unaligned)),
                };
                assert_eq!(columns.refused(60), (0..rows).filter_map(slow).collect::<Vec<_>>());
            }
        }
    }
}
