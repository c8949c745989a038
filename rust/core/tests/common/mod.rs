//! Rows as columns.

use openbell_core::bar::{Bar, Columns};
use openbell_core::session::Row;

pub(crate) struct Table {
    symbol: Vec<u32>,
    ts: Vec<i64>,
    numbers: [Vec<f64>; 5],
}

impl Table {
    pub(crate) fn new(rows: &[Row]) -> Self {
        let number = |of: fn(&Bar) -> f64| rows.iter().map(|row| of(&row.bar)).collect();
        Self {
            symbol: rows.iter().map(|row| row.symbol).collect(),
            ts: rows.iter().map(|row| row.bar.ts).collect(),
            numbers: [
                number(|b| b.open),
                number(|b| b.high),
                number(|b| b.low),
                number(|b| b.close),
                number(|b| b.volume),
            ],
        }
    }

    pub(crate) fn columns(&self) -> Columns<'_> {
        let [open, high, low, close, volume] = &self.numbers;
        Columns {
            symbol: &self.symbol,
            ts: &self.ts,
            open,
            high,
            low,
            close,
            volume,
            vwap: None,
            trade_count: None,
        }
    }
}
