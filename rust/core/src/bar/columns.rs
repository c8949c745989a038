//! A batch of bars as columns.

use crate::error::{Error, Result};
use crate::symbol::SymbolId;
use crate::time::Nanos;

use super::Bar;

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

impl Columns<'_> {
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
