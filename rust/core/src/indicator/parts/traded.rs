//! What was paid on average.

use bytemuck::{Pod, Zeroable};

use super::sum::Sum;
use crate::bar::Bar;

/// The volume-weighted average of typical prices.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Traded {
    notional: Sum,
    volume: Sum,
}

impl Traded {
    #[inline]
    pub fn add(&mut self, bar: &Bar) {
        self.notional.add((bar.high + bar.low + bar.close) / 3.0 * bar.volume);
        self.volume.add(bar.volume);
    }

    /// Whether something was traded.
    #[inline]
    pub fn has_price(&self) -> bool {
        self.volume.value() > 0.0
    }

    /// NaN until something was traded.
    #[inline]
    pub fn price(&self) -> f64 {
        let volume = self.volume.value();
        if volume > 0.0 { self.notional.value() / volume } else { f64::NAN }
    }
}
