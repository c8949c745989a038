//! One bar, its checks, and how bars add up.

mod check;
mod columns;
mod saved;

use bytemuck::{Pod, Zeroable};

pub use check::{Refusal, check};
pub use columns::Columns;
pub use saved::{restore, save};

use crate::time::Nanos;

/// A bar in one cache line. `ts` is the open time; membership is `[ts, end)`.
///
/// The bar's own vwap is carried as notional (`vwap * volume`), so that it adds up. An absent vwap or trade count is
/// NaN, and stays NaN in every sum that contains it: a partly known sum is not a sum.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Bar {
    pub ts: Nanos,
    pub open: f64,
    pub high: f64,
    pub low: f64,
    pub close: f64,
    pub volume: f64,
    pub notional: f64,
    pub trade_count: f64,
}

impl Bar {
    /// A bar from the fields as a source gives them; NaN for an absent vwap or trade count.
    pub fn new(ts: Nanos, ohlc: [f64; 4], volume: f64, vwap: f64, trade_count: f64) -> Self {
        let [open, high, low, close] = ohlc;
        // Nothing traded: the bar adds nothing to a vwap, whatever the source wrote.
        let notional = if volume == 0.0 { 0.0 } else { vwap * volume };
        Self { ts, open, high, low, close, volume, notional, trade_count }
    }

    /// Volume-weighted average price as the source gave it, NaN if absent or nothing traded.
    pub fn vwap(&self) -> f64 {
        self.notional / self.volume
    }

    /// Adds a later bar.
    #[inline]
    pub fn fold(&mut self, later: &Self) {
        // Prices are finite: `max` and `min` would look whether they are.
        self.high = if later.high > self.high { later.high } else { self.high };
        self.low = if later.low < self.low { later.low } else { self.low };
        self.close = later.close;
        self.volume += later.volume;
        self.notional += later.notional;
        self.trade_count += later.trade_count;
    }

    /// Whether two bars are the same, bit for bit.
    pub fn same(&self, other: &Self) -> bool {
        bytemuck::bytes_of(self) == bytemuck::bytes_of(other)
    }
}

impl AsRef<Self> for Bar {
    #[inline]
    fn as_ref(&self) -> &Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_one_cache_line() {
        assert_eq!(size_of::<Bar>(), 64);
    }

    #[test]
    fn folding_adds_up_and_keeps_absence() {
        let mut sum = Bar::new(0, [10.0, 11.0, 9.0, 10.5], 100.0, 10.2, 3.0);
        sum.fold(&Bar::new(60, [10.5, 12.0, 10.0, 11.0], 300.0, 11.2, 5.0));
        assert_eq!((sum.open, sum.high, sum.low, sum.close, sum.volume), (10.0, 12.0, 9.0, 11.0, 400.0));
        assert!((sum.vwap() - (10.2 * 100.0 + 11.2 * 300.0) / 400.0).abs() < 1e-12);
        assert_eq!(sum.trade_count, 8.0);
        sum.fold(&Bar::new(120, [11.0; 4], 1.0, f64::NAN, f64::NAN));
        assert!(sum.vwap().is_nan() && sum.trade_count.is_nan());
    }

    #[test]
    fn a_bar_without_trades_leaves_the_vwap_alone() {
        let mut sum = Bar::new(0, [10.0; 4], 100.0, 10.0, f64::NAN);
        sum.fold(&Bar::new(60, [11.0; 4], 0.0, f64::NAN, f64::NAN));
        assert_eq!(sum.vwap(), 10.0);
        assert!(Bar::new(0, [10.0; 4], 0.0, f64::NAN, f64::NAN).vwap().is_nan());
    }
}
