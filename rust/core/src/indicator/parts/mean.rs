//! Simple moving average of what no ring has.

use bytemuck::{Pod, Zeroable};

use super::total::Total;
use crate::indicator::ring::Past;

/// A simple moving average that keeps its own window in the indicator's own words.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Mean {
    seen: u64,
    total: Total,
}

impl Mean {
    /// Own words for a window of `n`.
    pub const fn words(n: usize) -> usize {
        Past::words(n)
    }

    /// The mean of the last `n`, NaN before there are `n`.
    #[inline(always)]
    pub fn next(&mut self, window: &mut [f64], n: usize, x: f64) -> f64 {
        self.sum(window, n, x) * (1.0 / n as f64)
    }

    /// Their sum.
    #[inline(always)]
    pub fn sum(&mut self, window: &mut [f64], n: usize, x: f64) -> f64 {
        self.seen += 1;
        let seen = self.seen as usize;
        let past = Past::put(window, seen, x);
        self.total.next(n, seen, |k| past.lag(k))
    }
}
